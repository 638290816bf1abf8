// A RAR archive and what is in it, as records: what `hozen parse` writes of one.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "collector/base/json_object.h"
#include "collector/formats/rar.h"
#include "collector/module/cells.h"

namespace hozen {

namespace rar_rows {

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

using A = Field<rar::Archive>;
using E = Field<rar::Entry>;

}  // namespace rar_rows

inline constexpr std::array kRarArchiveFields{
    rar_rows::A{{"format", "`rar`."}, [](const rar::Archive&, Cell& c) { c.text("rar"); }},
    rar_rows::A{{"version", "Generation of the format: `1.5-4` or `5-7`."},
                [](const rar::Archive& r, Cell& c) { c.text(to_text(r.version)); }},
    rar_rows::A{{"offset", "Where the archive begins; above 0 behind a program (self-extracting)."},
                [](const rar::Archive& r, Cell& c) { c.number(r.offset); }},
    rar_rows::A{{"end", "Where the last block and its data end."},
                [](const rar::Archive& r, Cell& c) { c.number(r.end); }},
    rar_rows::A{{"entries", "Files and folders listed."},
                [](const rar::Archive& r, Cell& c) { c.number(r.entries); }},
    rar_rows::A{{"headers_encrypted", "Whether names are encrypted: nothing can be listed."},
                [](const rar::Archive& r, Cell& c) { c.boolean(r.headers_encrypted); }},
    rar_rows::A{{"is_volume", "Whether it is one part of several."},
                [](const rar::Archive& r, Cell& c) { c.boolean(r.is_volume); }},
    rar_rows::A{{"volume_number", "Which part, from 0."},
                [](const rar::Archive& r, Cell& c) { number_or_absent(c, r.volume_number); }},
    rar_rows::A{{"is_first_volume", "Whether it is the first part."},
                [](const rar::Archive& r, Cell& c) { flag_or_absent(c, r.is_first_volume); }},
    rar_rows::A{{"has_next_volume", "Whether another part follows, by the end block."},
                [](const rar::Archive& r, Cell& c) { flag_or_absent(c, r.has_next_volume); }},
    rar_rows::A{{"is_solid", "Whether files were compressed as one stream."},
                [](const rar::Archive& r, Cell& c) { c.boolean(r.is_solid); }},
    rar_rows::A{{"is_locked", "Whether RAR refuses to change it."},
                [](const rar::Archive& r, Cell& c) { c.boolean(r.is_locked); }},
    rar_rows::A{{"has_recovery", "Whether it holds recovery data."},
                [](const rar::Archive& r, Cell& c) { c.boolean(r.has_recovery); }},
    rar_rows::A{{"is_signed", "RAR 1.5 to 4: whether it has authenticity information."},
                [](const rar::Archive& r, Cell& c) { c.boolean(r.is_signed); }},
    rar_rows::A{{"has_comment", "Whether it has a comment."},
                [](const rar::Archive& r, Cell& c) { c.boolean(r.has_comment); }},
    rar_rows::A{{"comment", "The comment, where it is neither compressed nor encrypted."},
                [](const rar::Archive& r, Cell& c) {
                  text_or_absent(c, r.comment,
                                 r.has_comment ? Absent::unparsable : Absent::not_present);
                }},
    rar_rows::A{{"original_name", "RAR 7: the name that the archive was made with."},
                [](const rar::Archive& r, Cell& c) { text_or_absent(c, r.original_name); }},
    rar_rows::A{{"created", "RAR 7: when it was made."},
                [](const rar::Archive& r, Cell& c) { time_or_absent(c, r.created); }},
    rar_rows::A{{"has_end", "Whether its end block is there: without one it may be cut."},
                [](const rar::Archive& r, Cell& c) { c.boolean(r.has_end); }},
};

inline constexpr std::array kRarEntryFields{
    rar_rows::E{{"name", "Name in the archive, `/` between its parts; never a path to open."},
                [](const rar::Entry& r, Cell& c) { c.text(r.name); }},
    rar_rows::E{{"name_encoding", "How the bytes of the name were read, where they do not say it."},
                [](const rar::Entry& r, Cell& c) { c.text(to_text(r.name_encoding)); }},
    rar_rows::E{{"name_bytes", "The bytes themselves in hex, where that is an assumption."},
                [](const rar::Entry& r, Cell& c) {
                  r.name_bytes.empty() ? c.absent(Absent::not_present) : c.bytes(r.name_bytes);
                }},
    rar_rows::E{{"is_directory", "Whether it is a folder."},
                [](const rar::Entry& r, Cell& c) { c.boolean(r.is_directory); }},
    rar_rows::E{{"is_encrypted", "Whether its content is encrypted."},
                [](const rar::Entry& r, Cell& c) { c.boolean(r.is_encrypted); }},
    rar_rows::E{{"size_bytes", "Size when unpacked."},
                [](const rar::Entry& r, Cell& c) { number_or_absent(c, r.size); }},
    rar_rows::E{{"packed_bytes", "Size in this volume."},
                [](const rar::Entry& r, Cell& c) { c.number(r.packed_size); }},
    rar_rows::E{{"continues_before", "Whether it begins in the volume before."},
                [](const rar::Entry& r, Cell& c) { c.boolean(r.continues_before); }},
    rar_rows::E{{"continues_after", "Whether it goes on in the next volume."},
                [](const rar::Entry& r, Cell& c) { c.boolean(r.continues_after); }},
    rar_rows::E{{"crc32", "CRC-32 of the file, or of its part in this volume."},
                [](const rar::Entry& r, Cell& c) { number_or_absent(c, r.crc); }},
    rar_rows::E{{"crc32_is_keyed", "Whether that was changed with the password: not the file's."},
                [](const rar::Entry& r, Cell& c) { c.boolean(r.crc_is_keyed); }},
    rar_rows::E{{"blake2sp", "BLAKE2sp of the file, in hex."},
                [](const rar::Entry& r, Cell& c) { text_or_absent(c, r.blake2sp); }},
    rar_rows::E{{"method", "0 stored, 1 fastest to 5 best."},
                [](const rar::Entry& r, Cell& c) { c.number(r.method); }},
    rar_rows::E{{"host_os", "System that packed it: `windows`, `unix`, `dos`, …"},
                [](const rar::Entry& r, Cell& c) { c.text(host_os_text(r.version, r.host_os)); }},
    rar_rows::E{{"attributes", "Attributes of Windows, or mode of Unix, as stored."},
                [](const rar::Entry& r, Cell& c) { c.number(r.attributes); }},
    rar_rows::E{{"times_are_local",
                 "RAR 1.5 to 4: times are the local ones of the machine that packed, read as UTC."},
                [](const rar::Entry& r, Cell& c) { c.boolean(r.times_are_local); }},
    rar_rows::E{{"modified", "Time of modification of the file that was packed."},
                [](const rar::Entry& r, Cell& c) { time_or_absent(c, r.modified); }},
    rar_rows::E{{"created", "Time of its creation."},
                [](const rar::Entry& r, Cell& c) { time_or_absent(c, r.created); }},
    rar_rows::E{{"accessed", "Time of its last access."},
                [](const rar::Entry& r, Cell& c) { time_or_absent(c, r.accessed); }},
    rar_rows::E{{"link", "`none`, `symbolic_link`, `windows_symbolic_link`, `junction`, …"},
                [](const rar::Entry& r, Cell& c) { c.text(to_text(r.link)); }},
    rar_rows::E{{"link_target", "Where it leads."},
                [](const rar::Entry& r, Cell& c) { text_or_absent(c, r.link_target); }},
    rar_rows::E{{"user", "Owner's name, on Unix."},
                [](const rar::Entry& r, Cell& c) { text_or_absent(c, r.user); }},
    rar_rows::E{{"group", "Group's name, on Unix."},
                [](const rar::Entry& r, Cell& c) { text_or_absent(c, r.group); }},
    rar_rows::E{{"uid", "Owner's number, on Unix."},
                [](const rar::Entry& r, Cell& c) { number_or_absent(c, r.uid); }},
    rar_rows::E{{"gid", "Group's number, on Unix."},
                [](const rar::Entry& r, Cell& c) { number_or_absent(c, r.gid); }},
    rar_rows::E{{"file_version", "Number of an older version of a file that is kept."},
                [](const rar::Entry& r, Cell& c) { number_or_absent(c, r.file_version); }},
    rar_rows::E{{"streams", "Alternate data streams packed with it: `name`, `size_bytes`."},
                [](const rar::Entry& r, Cell& c) { rar_rows::write_streams(c, r.streams); }},
    rar_rows::E{{"checksum_ok", "Whether the header's checksum fits."},
                [](const rar::Entry& r, Cell& c) { c.boolean(r.checksum_ok); }},
    rar_rows::E{{"offset", "Of its header."},
                [](const rar::Entry& r, Cell& c) { c.number(r.offset); }},
};

}  // namespace hozen
