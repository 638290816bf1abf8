// The names of an NTFS volume in memory: which entries each folder has, found from the file table
// in one pass. What is deleted is not among them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collector/base/function_ref.h"
#include "collector/formats/ntfs_table.h"

namespace hozen {

class NtfsNames {
 public:
  /// About 24 bytes and its spelling for each name, and as much again for folders looked into.
  struct Entry {
    std::uint32_t parent = 0, record = 0, name_offset = 0;
    std::uint16_t name_bytes = 0;
    bool directory = false;
    bool short_name = false;  ///< 8.3: found when asked for, not listed
    bool internal = false;    ///< of NTFS itself ($MFT, $Extend): found when asked for, not listed
  };
  /// Entries of a folder by folded spelling, then by spelling; `folded` runs beside `entries`.
  struct Folder {
    std::vector<std::uint32_t> entries{};
    std::vector<std::string> folded{};
    std::unordered_map<std::uint32_t, std::uint32_t> long_names{};  ///< of files with a short name
  };
  /// So many entries of one name but for case are given at most.
  static constexpr std::size_t kMaxFound = 257;

  /// Reads the table, whose index() was done. Errc::limit for more names than can be numbered;
  /// names whose folder is not there any more are counted.
  Result<void> read(ntfs::FileTable& table);

  const Folder& folder(std::uint32_t record);
  /// Entries of the folder `record` of this name but for case. A short name gives the entry of the
  /// long one.
  std::vector<std::uint32_t> find(std::uint32_t record, std::string_view name);
  const Entry& operator[](std::uint32_t index) const { return entries_[index]; }
  std::string_view name(const Entry& entry) const {
    return std::string_view{text_}.substr(entry.name_offset, entry.name_bytes);
  }
  std::size_t size() const { return entries_.size(); }
  /// Names of files in use whose folder is not there, and files in use without any name.
  std::uint64_t lost_names() const { return lost_; }
  std::uint64_t nameless_files() const { return nameless_; }

 private:
  bool add(const ntfs::File& file, ntfs::FileTable& table);

  std::vector<Entry> entries_;  // by parent
  std::string text_;
  std::unordered_map<std::uint32_t, Folder> folders_;  // those looked into
  std::uint64_t lost_ = 0, nameless_ = 0;
};

}  // namespace hozen
