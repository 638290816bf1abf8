// One file or folder of an NTFS file table as a record: what the module file_table and
// `hozen parse` write.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "collector/formats/ntfs_table.h"
#include "collector/module/record.h"

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
};

/// The columns, for the catalog of kinds.
std::span<const Column> file_columns();
/// Appends ,"path":…,…
void write_file_fields(const FileRow& row, std::string& json);

/// A hostile table can repeat long paths, so that its text would be hundreds of times as long as
/// itself; a real one takes less than one byte of path for each of its own. A record of 1024 bytes
/// can always have the longest path that Windows allows.
constexpr std::uint64_t kPathBytesPerTableByte = 128;
/// The same for the further hard links, all together and of one file: 1,023 of them are allowed.
constexpr std::uint64_t kLinkBytesPerTableByte = 64, kMaxLinkBytesOfAFile = 8u << 20;

/// Puts the rows of one table together, reusing its buffers. When paths become longer than the
/// table can honestly have, further hard links are left out, and at last the folders of a path:
/// `\$Orphan\name`, state `limit`.
class FileRowMaker {
 public:
  FileRowMaker(ntfs::FileTable& table, std::uint64_t table_bytes, std::uint32_t record_bytes)
      : table_{table},
        record_bytes_{record_bytes},
        path_budget_{table_bytes * kPathBytesPerTableByte},
        link_budget_{table_bytes * kLinkBytesPerTableByte} {}
  /// Valid until the next call.
  const FileRow& make(const ntfs::File& file);

 private:
  void add_path(const ntfs::FileName& name);
  void add_other_names(const ntfs::File& file);

  ntfs::FileTable& table_;
  std::uint32_t record_bytes_;
  FileRow row_;
  std::string path_;
  std::vector<std::string> other_paths_;
  std::uint64_t path_budget_, link_budget_;
};

}  // namespace hozen
