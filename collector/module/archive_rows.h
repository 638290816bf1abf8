// An archive and what is in it, as records: what `hozen parse` writes of one.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "collector/base/json_object.h"
#include "collector/formats/archive.h"
#include "collector/module/cells.h"

namespace hozen {

namespace archive_rows {

inline void write_streams(Cell& cell, const std::vector<rar::Stream>& streams) {
  std::string& json = cell.raw();
  json += '[';
  for (const rar::Stream& stream : streams) {
    if (json.back() != '[') json += ',';
    JsonObject object{json};
    (void)append_json_string(object.key("name"), stream.name);
    append_json_number(object.key("size_bytes"), stream.size);
  }
  json += ']';
}

using A = Field<archive::Archive>;
using E = Field<archive::Entry>;

}  // namespace archive_rows

inline constexpr std::array kArchiveFields{
    archive_rows::A{
        {"format",
         "`rar`, `zip`, `7z`, `cab`, `arj`, `tar`, `gzip` and others, of which no names are read."},
        [](const archive::Archive& r, Cell& c) { c.text(to_text(r.format)); }},
    archive_rows::A{{"version",
                     "Version of the format, `1.5-4` or `5-7` for RAR; for ZIP the newest that an "
                     "entry needs."},
                    [](const archive::Archive& r, Cell& c) { text_or_absent(c, r.version); }},
    archive_rows::A{
        {"offset", "Where the archive begins; above 0 behind a program (self-extracting)."},
        [](const archive::Archive& r, Cell& c) { c.number(r.offset); }},
    archive_rows::A{{"end", "Where the last that was found of it ends."},
                    [](const archive::Archive& r, Cell& c) { c.number(r.end); }},
    archive_rows::A{{"entries", "Files and folders listed."},
                    [](const archive::Archive& r, Cell& c) { c.number(r.entries); }},
    archive_rows::A{
        {"entries_stated", "How many there are, as the archive says."},
        [](const archive::Archive& r, Cell& c) { number_or_absent(c, r.entries_stated); }},
    archive_rows::A{{"unpacked_bytes", "Sizes of those listed, when unpacked."},
                    [](const archive::Archive& r, Cell& c) { c.number(r.unpacked_bytes); }},
    archive_rows::A{{"names",
                     "Whether names were read: `read`, `encrypted`, `packed` (7z: unpacking would "
                     "tell) or `not_supported`."},
                    [](const archive::Archive& r, Cell& c) { c.text(to_text(r.names)); }},
    archive_rows::A{{"any_encrypted", "Whether the content of one of those listed is encrypted."},
                    [](const archive::Archive& r, Cell& c) { c.boolean(r.any_encrypted); }},
    archive_rows::A{{"headers_encrypted", "Whether names are encrypted: nothing can be listed."},
                    [](const archive::Archive& r, Cell& c) { c.boolean(r.headers_encrypted); }},
    archive_rows::A{{"is_volume", "Whether it is one part of several."},
                    [](const archive::Archive& r, Cell& c) { c.boolean(r.is_volume); }},
    archive_rows::A{
        {"volume_number", "Which part, from 0."},
        [](const archive::Archive& r, Cell& c) { number_or_absent(c, r.volume_number); }},
    archive_rows::A{
        {"is_first_volume", "Whether it is the first part."},
        [](const archive::Archive& r, Cell& c) { flag_or_absent(c, r.is_first_volume); }},
    archive_rows::A{
        {"has_next_volume", "Whether another part follows, as the archive says."},
        [](const archive::Archive& r, Cell& c) { flag_or_absent(c, r.has_next_volume); }},
    archive_rows::A{{"set_number", "Cabinets: the number that all of a set have."},
                    [](const archive::Archive& r, Cell& c) { number_or_absent(c, r.set_number); }},
    archive_rows::A{
        {"previous_volume", "Cabinets: name of the one before."},
        [](const archive::Archive& r, Cell& c) { text_or_absent(c, r.previous_volume); }},
    archive_rows::A{{"next_volume", "Cabinets: name of the next one."},
                    [](const archive::Archive& r, Cell& c) { text_or_absent(c, r.next_volume); }},
    archive_rows::A{{"is_solid", "Whether files were compressed as one stream."},
                    [](const archive::Archive& r, Cell& c) { c.boolean(r.is_solid); }},
    archive_rows::A{{"is_locked", "Whether RAR refuses to change it."},
                    [](const archive::Archive& r, Cell& c) { c.boolean(r.is_locked); }},
    archive_rows::A{{"has_recovery", "Whether it holds recovery data."},
                    [](const archive::Archive& r, Cell& c) { c.boolean(r.has_recovery); }},
    archive_rows::A{{"is_signed", "RAR 1.5 to 4 and ARJ: whether it has authenticity information."},
                    [](const archive::Archive& r, Cell& c) { c.boolean(r.is_signed); }},
    archive_rows::A{{"has_comment", "Whether it has a comment."},
                    [](const archive::Archive& r, Cell& c) { c.boolean(r.has_comment); }},
    archive_rows::A{{"comment", "The comment, where it is neither compressed nor encrypted."},
                    [](const archive::Archive& r, Cell& c) {
                      text_or_absent(c, r.comment,
                                     r.has_comment ? Absent::unparsable : Absent::not_present);
                    }},
    archive_rows::A{{"original_name", "RAR 7 and ARJ: the name that the archive was made with."},
                    [](const archive::Archive& r, Cell& c) { text_or_absent(c, r.original_name); }},
    archive_rows::A{{"created", "RAR 7 and ARJ: when it was made."},
                    [](const archive::Archive& r, Cell& c) { time_or_absent(c, r.created); }},
    archive_rows::A{
        {"has_end",
         "Whether its end is there, where the format marks it: without one it may be cut."},
        [](const archive::Archive& r, Cell& c) { flag_or_absent(c, r.has_end); }},
    archive_rows::A{
        {"missing_bytes", "Bytes that its headers tell beyond the end of the file."},
        [](const archive::Archive& r, Cell& c) { number_or_absent(c, r.missing_bytes); }},
};

inline constexpr std::array kArchiveEntryFields{
    archive_rows::E{{"name", "Name in the archive, `/` between its parts; never a path to open."},
                    [](const archive::Entry& r, Cell& c) { c.text(r.name); }},
    archive_rows::E{
        {"name_encoding", "How the bytes of the name were read, where they do not say it."},
        [](const archive::Entry& r, Cell& c) { c.text(to_text(r.name_encoding)); }},
    archive_rows::E{{"name_bytes", "The bytes themselves in hex, where that is an assumption."},
                    [](const archive::Entry& r, Cell& c) {
                      r.name_bytes.empty() ? c.absent(Absent::not_present) : c.bytes(r.name_bytes);
                    }},
    archive_rows::E{{"is_directory", "Whether it is a folder."},
                    [](const archive::Entry& r, Cell& c) { c.boolean(r.is_directory); }},
    archive_rows::E{{"is_encrypted", "Whether its content is encrypted."},
                    [](const archive::Entry& r, Cell& c) { c.boolean(r.is_encrypted); }},
    archive_rows::E{{"size_bytes", "Size when unpacked."},
                    [](const archive::Entry& r, Cell& c) { number_or_absent(c, r.size); }},
    archive_rows::E{
        {"packed_bytes", "Size in this volume, where it is not part of a stream of several."},
        [](const archive::Entry& r, Cell& c) { number_or_absent(c, r.packed_size); }},
    archive_rows::E{{"continues_before", "Whether it begins in the volume before."},
                    [](const archive::Entry& r, Cell& c) { c.boolean(r.continues_before); }},
    archive_rows::E{{"continues_after", "Whether it goes on in the next volume."},
                    [](const archive::Entry& r, Cell& c) { c.boolean(r.continues_after); }},
    archive_rows::E{{"crc32", "CRC-32 of the file, or of its part in this volume."},
                    [](const archive::Entry& r, Cell& c) { number_or_absent(c, r.crc); }},
    archive_rows::E{
        {"crc32_is_keyed", "Whether that was changed with the password: not the file's."},
        [](const archive::Entry& r, Cell& c) { c.boolean(r.crc_is_keyed); }},
    archive_rows::E{{"blake2sp", "BLAKE2sp of the file, in hex."},
                    [](const archive::Entry& r, Cell& c) { text_or_absent(c, r.blake2sp); }},
    archive_rows::E{
        {"method", "How it was packed, as the archive says: of RAR 0 stored, 1 fastest to 5 best."},
        [](const archive::Entry& r, Cell& c) { text_or_absent(c, r.method); }},
    archive_rows::E{{"host_os", "System that packed it: `windows`, `unix`, `dos`, …"},
                    [](const archive::Entry& r, Cell& c) { text_or_absent(c, r.host_os); }},
    archive_rows::E{{"attributes", "Attributes of Windows, or mode of Unix, as stored."},
                    [](const archive::Entry& r, Cell& c) { number_or_absent(c, r.attributes); }},
    archive_rows::E{{"times_are_local",
                     "Whether times are the local ones of the machine that packed, read as UTC."},
                    [](const archive::Entry& r, Cell& c) { c.boolean(r.times_are_local); }},
    archive_rows::E{{"modified", "Time of modification of the file that was packed."},
                    [](const archive::Entry& r, Cell& c) { time_or_absent(c, r.modified); }},
    archive_rows::E{{"created", "Time of its creation."},
                    [](const archive::Entry& r, Cell& c) { time_or_absent(c, r.created); }},
    archive_rows::E{{"accessed", "Time of its last access."},
                    [](const archive::Entry& r, Cell& c) { time_or_absent(c, r.accessed); }},
    archive_rows::E{{"link", "`none`, `symbolic_link`, `windows_symbolic_link`, `junction`, …"},
                    [](const archive::Entry& r, Cell& c) { c.text(to_text(r.link)); }},
    archive_rows::E{{"link_target", "Where it leads."},
                    [](const archive::Entry& r, Cell& c) { text_or_absent(c, r.link_target); }},
    archive_rows::E{{"user", "Owner's name, on Unix."},
                    [](const archive::Entry& r, Cell& c) { text_or_absent(c, r.user); }},
    archive_rows::E{{"group", "Group's name, on Unix."},
                    [](const archive::Entry& r, Cell& c) { text_or_absent(c, r.group); }},
    archive_rows::E{{"uid", "Owner's number, on Unix."},
                    [](const archive::Entry& r, Cell& c) { number_or_absent(c, r.uid); }},
    archive_rows::E{{"gid", "Group's number, on Unix."},
                    [](const archive::Entry& r, Cell& c) { number_or_absent(c, r.gid); }},
    archive_rows::E{{"file_version", "Number of an older version of a file that is kept."},
                    [](const archive::Entry& r, Cell& c) { number_or_absent(c, r.file_version); }},
    archive_rows::E{
        {"streams", "Alternate data streams packed with it: `name`, `size_bytes`."},
        [](const archive::Entry& r, Cell& c) { archive_rows::write_streams(c, r.streams); }},
    archive_rows::E{{"checksum_ok", "Whether the header's checksum fits."},
                    [](const archive::Entry& r, Cell& c) { c.boolean(r.checksum_ok); }},
    archive_rows::E{{"offset", "Of its header."},
                    [](const archive::Entry& r, Cell& c) { c.number(r.offset); }},
};

}  // namespace hozen
