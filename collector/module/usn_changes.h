// What of a change journal rules join with other evidence: archives that were made, renamed and
// deleted, and bursts of copies into folders where nobody works. One fact for each act of a file,
// not for each record.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "collector/formats/usn_journal.h"
#include "collector/module/fact.h"

namespace hozen {

/// Facts file_change {path} have `reason`: "created" (with `closed`, the time of the last write),
/// "renamed" (with `from`; archivers under other names too), "deleted" (with `created`, when that
/// is in the journal), or "burst": {folder} with `count`, `documents`, `last` and `names`.
class UsnChanges {
 public:
  /// Facts of one journal, the newest; of .zip, .cab and their like as many again.
  static constexpr std::size_t kMaxFacts = 10'000;
  /// Files that are followed from one record to the next.
  static constexpr std::size_t kMaxFiles = 50'000;
  /// Folders in which files are counted.
  static constexpr std::size_t kMaxFolders = 20'000;
  /// A burst: so many files, none of them later than this after the one before.
  static constexpr std::uint64_t kBurstFiles = 10;
  static constexpr std::uint64_t kBurstGap = 5 * (60 * kTicksPerSecond);

  /// Gives the id of the record that shows a change: asked only for what a fact may come of.
  using RecordId = std::function<std::string()>;

  /// In the order of the journal. `path` as UsnRow has it, "" when it is not known.
  void add(const ntfs::UsnRecord& record, std::string_view path, const RecordId& record_id);
  /// Those of the whole journal; nothing is to be added afterwards.
  void finish(const std::function<void(Fact)>& state);
  /// Facts, files and folders that had no room.
  std::uint64_t left_out() const { return left_out_; }

 private:
  struct File {
    std::string path, record;
    FileTime created{}, written{};
    bool is_deleted = false;
  };
  struct Folder {
    bool counts = false;
    std::uint64_t files = 0, documents = 0;
    FileTime first{}, last{};
    std::string path{}, record{}, names{};
  };

  File* follow(std::uint64_t file);
  void keep(Fact fact);
  void state_created(const File& file);
  void renamed(const ntfs::UsnRecord& record, std::string_view path, const RecordId& id);
  void deleted(const ntfs::UsnRecord& record, std::string_view path, const RecordId& id);
  void count_copy(const ntfs::UsnRecord& record, std::string_view path, const RecordId& id);
  void end_burst(Folder& folder);

  std::unordered_map<std::uint64_t, File> files_;
  std::unordered_map<std::uint64_t, Folder> folders_;
  std::unordered_set<std::uint64_t> told_programs_;  ///< archivers whose new name was told
  std::uint64_t renamed_file_ = 0;                   ///< the last that lost its name
  std::string old_path_;
  std::array<std::deque<Fact>, 2> facts_;  ///< of everyday archives, and others
  std::uint64_t left_out_ = 0;
};

}  // namespace hozen
