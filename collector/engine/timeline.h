// timeline.jsonl: every time of every record, sorted, one JSON object a line as Timesketch imports
// it.
//
//   {"datetime":…,"timestamp_desc":…,"message":…,"record":…,"kind":…,"user":…}
//
// Source: "Create timeline from JSONL or CSV file" of Timesketch (datetime, timestamp_desc and
// message are required), and timesketch/lib/utils.py, which reads datetime with dateutil (7
// decimals are cut to 6 there) and makes `timestamp` of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/filetime.h"
#include "collector/engine/line_sorter.h"
#include "collector/module/module.h"

namespace hozen {

constexpr std::string_view kTimelineStream = "timeline";

class Timeline {
 public:
  /// `modules` tell what to say of the records of their kinds; of others their kind and record id
  /// are said.
  Timeline(std::span<const ModuleSpec* const> modules, ScratchFactory scratch,
           const SortLimits& limits = {});

  /// Takes the times of one record, a line of `records/`, whole and valid JSON. Times of one record
  /// that are equal are one entry, which names them all. Errc::io once the scratch file failed:
  /// then there will be no timeline.
  Result<void> add(std::string_view record_json);
  /// Hands out the entries by their times, those of one time in the order of the records.
  Result<void> finish(LineSorter::Output output);

  std::uint64_t entries() const { return entries_; }
  std::uint64_t scratch_bytes() const { return sorter_.scratch_bytes(); }

 private:
  struct Words {
    std::string_view kind, message;
    std::span<const std::string_view> times;
    std::vector<std::string_view> columns{};  ///< that are looked for, those of `times` last
  };
  struct Time {
    FileTime time{};
    std::string_view text;            ///< with its quotes
    std::string_view column{}, name;  ///< "fn" and "created"; of `timestamps` only the name
  };
  const Words* words_of(std::string_view kind);
  void add_words(const Kind& kind);
  void read_values(std::string_view json, const Words& words);
  std::string_view value_of(std::string_view column) const;
  void add_time(std::string_view column, std::string_view name, std::string_view json);
  void add_times(std::string_view column, std::string_view json);
  Result<void> write_entries();
  void append_names(std::size_t first);

  std::vector<Words> words_;
  const Words* last_ = nullptr;  ///< records of one kind come one behind the other
  LineSorter sorter_;
  std::uint64_t entries_ = 0;
  // Of one record, kept for their memory.
  std::string_view record_, kind_, timestamps_, user_;
  std::vector<std::string_view> values_;
  std::vector<Time> times_;
  std::string tail_, line_;
};

}  // namespace hozen
