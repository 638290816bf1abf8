// The names of an NTFS volume in memory: which entries each folder has, found from the file table
// in one pass. What is deleted is not among them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
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
    /// Entries that have the very name of an earlier one, another file; and the first of them by
    /// what path_name() says, folded.
    std::unordered_set<std::uint32_t> twins{};
    std::unordered_map<std::string, std::uint32_t> twin_names{};
  };
  /// So many entries of one name but for case are given at most.
  static constexpr std::size_t kMaxFound = 257;

  /// Of the folder in the root below which lies what cannot be reached from there: its folder is
  /// gone, or lies below itself. No file has this number.
  static constexpr std::uint32_t kOrphanRecord = 0xFFFF'FFFF;
  static constexpr std::string_view kOrphanName = ntfs::kOrphanFolder.substr(1);

  /// Reads the table, whose index() was done. Errc::limit for more names than can be numbered.
  Result<void> read(ntfs::FileTable& table);

  const Folder& folder(std::uint32_t record);
  /// Entries of the folder `record` of this name but for case. A short name gives the entry of the
  /// long one, what path_name() says the one that it says it of.
  std::vector<std::uint32_t> find(std::uint32_t record, std::string_view name);
  const Entry& operator[](std::uint32_t index) const { return entries_[index]; }
  std::string_view name(const Entry& entry) const {
    return std::string_view{text_}.substr(entry.name_offset, entry.name_bytes);
  }
  /// The name by which a path names the entry: its own, or, where an earlier entry of the folder
  /// has this very name, one with the number of its record: "evil<1234>.exe". Windows allows no
  /// such character in names.
  std::string path_name(std::uint32_t index);
  bool is_twin(std::uint32_t index);
  /// What path_name() makes of the name of such an entry.
  static std::string with_record(std::string_view name, std::uint32_t record);
  std::size_t size() const { return entries_.size(); }
  /// Names of files in use that cannot be reached from the root, all levels below the orphan folder
  /// together; files in use without any name; files in use with damage in their records.
  std::uint64_t lost_names() const { return lost_; }
  std::uint64_t nameless_files() const { return nameless_; }
  std::uint64_t damaged_files() const { return damaged_; }
  const std::optional<Error>& first_damage() const { return first_damage_; }

 private:
  bool add(const ntfs::File& file, ntfs::FileTable& table);
  void add_twin(Folder& folder, std::uint32_t index) const;
  std::vector<std::uint32_t> find_named(const Folder& known, std::string_view wanted) const;
  bool add_name(const ntfs::File& file, const ntfs::FileName& name, bool has_folder);
  void sort();
  std::pair<std::size_t, std::size_t> range_of(std::uint32_t parent) const;
  void find_orphans();
  std::uint64_t mark_below(std::uint32_t folder, std::vector<bool>& reached) const;
  std::unordered_set<std::uint32_t> break_loops(std::vector<bool>& reached) const;

  std::vector<Entry> entries_;  // by parent
  std::string text_;
  std::unordered_map<std::uint32_t, Folder> folders_;  // those looked into
  std::uint64_t lost_ = 0, nameless_ = 0, damaged_ = 0;
  std::optional<Error> first_damage_{};
};

}  // namespace hozen
