// One file or folder of an NTFS file table as a record: what the module file_table and
// `hozen parse` write.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/formats/ntfs_ea.h"
#include "collector/formats/ntfs_table.h"
#include "collector/module/record.h"
#include "collector/source/source.h"

namespace hozen {

/// Views: whoever makes a row keeps what it shows until it is written.
struct FileRow {
  const ntfs::File* file = nullptr;
  const ntfs::FileName* name =
      nullptr;  ///< the one that `path` ends with; nullptr when it has none
  std::string_view path{};
  ntfs::PathState path_state = ntfs::PathState::exact;
  std::span<const std::string> other_paths{};  ///< of further hard links
  std::string_view short_name{};
  std::optional<std::string_view> owner_sid{};
  std::uint64_t offset = 0;        ///< of the base record in $MFT
  std::size_t names_left_out = 0;  ///< hard links missing in `other_paths`, see FileRowMaker
  std::optional<std::uint32_t> reparse_tag{};
  std::string_view link_target{};  ///< of a symbolic link or junction
  std::span<const ntfs::ExtendedAttribute> extended_attributes{};
  bool reparse_point_unread = false;        ///< there is one, which was not read
  bool extended_attributes_unread = false;  ///< there are some, whose names could not be read
  std::span<const Error> problems{};        ///< beside those of `file`; offsets in $MFT
};

namespace file_fields {

template <class T>
void number_or_absent(Cell& cell, const std::optional<T>& value) {
  value ? cell.number(*value) : cell.absent(Absent::not_present);
}
/// {"created":…,"modified":…,"changed":…,"accessed":…}
void write_times(const std::optional<Times>& times, Cell& cell);
void write_si(const FileRow& row, Cell& cell);
void write_fn(const FileRow& row, Cell& cell);
/// Alternate data streams; the unnamed one stands in the row itself.
void write_streams(const FileRow& row, Cell& cell);
void put_flags(RowText& row, const ntfs::FileStream& stream);
void write_extended_attributes(const FileRow& row, Cell& cell);
/// A reparse point outside of the record may be there and not be read: of a table by itself.
Absent why_no_link(const FileRow& row);

}  // namespace file_fields

inline constexpr std::array kFileFields{
    Field<FileRow>{
        {"path", "Path from the volume's root; below \\$Orphan where its folder is not known."},
        [](const FileRow& r, Cell& c) {
          r.name == nullptr ? c.absent(Absent::not_present) : c.text(r.path);
        }},
    Field<FileRow>{
        {"path_state",
         "Whether the folders of the path are those meant: exact, deleted_parent, orphan, limit."},
        [](const FileRow& r, Cell& c) {
          r.name == nullptr ? c.absent(Absent::not_applicable) : c.text(to_text(r.path_state));
        }},
    Field<FileRow>{{"other_paths", "Paths of its further hard links."},
                   [](const FileRow& r, Cell& c) { c.texts(r.other_paths); }},
    Field<FileRow>{{"short_name", "Its name in 8.3 form, where it has one beside the long name."},
                   [](const FileRow& r, Cell& c) {
                     r.short_name.empty() ? c.absent(Absent::not_present) : c.text(r.short_name);
                   }},
    Field<FileRow>{{"mft_record", "Number of its base record in $MFT."},
                   [](const FileRow& r, Cell& c) { c.number(r.file->number); }},
    Field<FileRow>{{"sequence", "How often that record was used; raised when a file is deleted."},
                   [](const FileRow& r, Cell& c) { c.number(r.file->sequence); }},
    Field<FileRow>{
        {"record_state", "Whether the record is intact: record, or torn when its fixup is not."},
        [](const FileRow& r, Cell& c) { c.text(to_text(r.file->state)); }},
    Field<FileRow>{{"allocated", "Whether the record is in use; otherwise the file is deleted."},
                   [](const FileRow& r, Cell& c) { c.boolean(r.file->in_use()); }},
    Field<FileRow>{{"directory", "Whether it is a folder."},
                   [](const FileRow& r, Cell& c) { c.boolean(r.file->is_directory()); }},
    Field<FileRow>{{"size", "Bytes of its unnamed stream; absent when it has none."},
                   [](const FileRow& r, Cell& c) {
                     const ntfs::FileStream* data = r.file->data();
                     data == nullptr ? c.absent(Absent::not_present) : c.number(data->size_bytes);
                   }},
    Field<FileRow>{{"allocated_size", "Bytes that its unnamed stream takes on the volume."},
                   [](const FileRow& r, Cell& c) {
                     const ntfs::FileStream* data = r.file->data();
                     data == nullptr ? c.absent(Absent::not_present)
                                     : c.number(data->allocated_bytes);
                   }},
    Field<FileRow>{{"data_flags",
                    "How the unnamed stream is stored: resident, compressed, encrypted, sparse."},
                   [](const FileRow& r, Cell& c) {
                     const ntfs::FileStream* data = r.file->data();
                     data == nullptr ? c.absent(Absent::not_present)
                                     : file_fields::put_flags(c.row(), *data);
                   }},
    Field<FileRow>{{"first_cluster", "First cluster of the unnamed stream."},
                   [](const FileRow& r, Cell& c) {
                     const ntfs::FileStream* data = r.file->data();
                     data == nullptr || !data->first_lcn ? c.absent(Absent::not_present)
                                                         : c.number(*data->first_lcn);
                   }},
    Field<FileRow>{{"si", "Times of $STANDARD_INFORMATION, which programs can set."},
                   file_fields::write_si},
    Field<FileRow>{{"fn", "Times of $FILE_NAME, set when the name was made, moved or renamed."},
                   file_fields::write_fn},
    Field<FileRow>{{"attributes", "FILE_ATTRIBUTE_ flags of $STANDARD_INFORMATION, as a number."},
                   [](const FileRow& r, Cell& c) {
                     r.file->standard ? c.number(r.file->standard->attributes)
                                      : c.absent(Absent::not_present);
                   }},
    Field<FileRow>{{"links", "Number of names as the record counts them, short names included."},
                   [](const FileRow& r, Cell& c) { c.number(r.file->links); }},
    Field<FileRow>{{"streams", "Alternate data streams: name, size, allocated_size, flags."},
                   file_fields::write_streams},
    Field<FileRow>{{"reparse_tag", "Tag of its reparse point, as a number."},
                   [](const FileRow& r, Cell& c) {
                     r.reparse_tag ? c.number(*r.reparse_tag)
                                   : c.absent(file_fields::why_no_link(r));
                   }},
    Field<FileRow>{
        {"link_target", "Where a symbolic link or junction leads, as its reparse point says."},
        [](const FileRow& r, Cell& c) {
          r.link_target.empty() ? c.absent(file_fields::why_no_link(r)) : c.text(r.link_target);
        }},
    Field<FileRow>{{"object_id",
                    "Identifier by which links find the file again; it often tells the network "
                    "card and the start of the machine."},
                   [](const FileRow& r, Cell& c) {
                     r.file->object_id ? c.text(r.file->object_id->text())
                                       : c.absent(Absent::not_present);
                   }},
    Field<FileRow>{
        {"extended_attributes",
         "Its extended attributes: name, size of the value; unreadable when their place is not "
         "known, as in a file table by itself."},
        file_fields::write_extended_attributes},
    Field<FileRow>{
        {"ea_size", "Bytes of its extended attributes, unpacked."},
        [](const FileRow& r, Cell& c) { file_fields::number_or_absent(c, r.file->ea_bytes); }},
    Field<FileRow>{{"security_id", "Number of its security descriptor in $Secure."},
                   [](const FileRow& r, Cell& c) {
                     r.file->standard
                         ? file_fields::number_or_absent(c, r.file->standard->security_id)
                         : c.absent(Absent::not_present);
                   }},
    Field<FileRow>{{"owner_sid", "Owner as its security descriptor says."},
                   [](const FileRow& r, Cell& c) {
                     r.owner_sid ? c.text(*r.owner_sid) : c.absent(Absent::not_present);
                   }},
    Field<FileRow>{{"usn", "Position in the change journal of its last entry there."},
                   [](const FileRow& r, Cell& c) {
                     r.file->standard ? file_fields::number_or_absent(c, r.file->standard->usn)
                                      : c.absent(Absent::not_present);
                   }},
    Field<FileRow>{{"lsn", "Sequence number in $LogFile of the record's last change."},
                   [](const FileRow& r, Cell& c) { c.number(r.file->lsn); }},
    Field<FileRow>{{"offset", "Bytes from the start of $MFT to its base record."},
                   [](const FileRow& r, Cell& c) { c.number(r.offset); }},
};
/// A hostile table can repeat long paths, so that its text would be hundreds of times as long as
/// itself; a real one takes less than one byte of path for each of its own. A record of 1024 bytes
/// can always have the longest path that Windows allows.
constexpr std::uint64_t kPathBytesPerTableByte = 128;
/// The same for the further hard links, all together and of one file: 1,023 of them are allowed.
constexpr std::uint64_t kLinkBytesPerTableByte = 64, kMaxLinkBytesOfAFile = 8u << 20;

/// Reads an attribute that does not lie in its file's record: a reparse point or $EA.
using AttributeReader =
    std::function<Result<std::vector<std::byte>>(const FileRow& row, std::uint32_t type)>;

/// Puts the rows of one table together, reusing its buffers. When paths become longer than the
/// table can honestly have, further hard links are left out, and at last the folders of a path:
/// `\$Orphan\name`, state `limit`.
class FileRowMaker {
 public:
  /// `volume` stands in front of every path: "C:", or nothing.
  FileRowMaker(ntfs::FileTable& table, std::uint64_t table_bytes, std::uint32_t record_bytes,
               std::string volume = {}, AttributeReader reader = {})
      : table_{table},
        record_bytes_{record_bytes},
        volume_{std::move(volume)},
        reader_{std::move(reader)},
        path_budget_{table_bytes * kPathBytesPerTableByte},
        link_budget_{table_bytes * kLinkBytesPerTableByte} {}
  /// Valid until the next call.
  const FileRow& make(const ntfs::File& file);

 private:
  void add_path(const ntfs::FileName& name);
  void add_other_names(const ntfs::File& file);
  void add_paths(const ntfs::File& file);
  void add_link(const ntfs::File& file);
  void add_extended_attributes(const ntfs::File& file);
  void tell(const Error& problem);

  ntfs::FileTable& table_;
  std::uint32_t record_bytes_;
  std::string volume_;
  AttributeReader reader_;
  FileRow row_;
  std::string path_;
  std::vector<std::string> other_paths_;
  std::string link_target_;
  ntfs::ExtendedAttributes extended_attributes_;
  std::vector<Error> problems_;
  std::uint64_t path_budget_, link_budget_;
};

}  // namespace hozen
