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
  std::uint64_t offset = 0;  ///< of the base record in $MFT
};

/// The columns, for the catalog of kinds.
std::span<const Column> file_columns();
/// Appends ,"path":…,…
void write_file_fields(const FileRow& row, std::string& json);

/// Puts the rows of one table together, reusing its buffers.
class FileRowMaker {
 public:
  explicit FileRowMaker(ntfs::FileTable& table, std::uint32_t record_bytes)
      : table_{table}, record_bytes_{record_bytes} {}
  /// Valid until the next call.
  const FileRow& make(const ntfs::File& file);
  /// Bytes of paths put together so far.
  std::uint64_t path_bytes() const { return path_bytes_; }

 private:
  ntfs::FileTable& table_;
  std::uint32_t record_bytes_;
  FileRow row_;
  std::string path_;
  std::vector<std::string> other_paths_;
  std::uint64_t path_bytes_ = 0;
};

}  // namespace hozen
