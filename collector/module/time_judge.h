// What is told of files whose times contradict each other (time_rules.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/formats/ntfs_file.h"
#include "collector/module/finding.h"
#include "collector/module/time_rules.h"

namespace hozen {

/// One file as the rules look at it.
struct TimeSuspect {
  const ntfs::File* file = nullptr;
  const ntfs::FileName* name = nullptr;
  TimeEvidence times{};
  TimeSigns signs{};
  bool is_program = false;
  std::string_view windows_folder{};  ///< of a program of Windows: "System32\\"
  const SystemTimes::Owner* copied_from = nullptr;
  bool among_newer = false;  ///< its record lies among those of files made later
  bool alone = false;        ///< no crowd of files shows the same signs

  bool counts_in_crowd() const { return signs.before_name || signs.in_future; }
  bool is_odd() const { return counts_in_crowd() || copied_from != nullptr; }
  /// What no archive, installer or copy is known to leave.
  bool is_strong() const { return signs.were_set() || copied_from != nullptr; }
};

/// Files with the same sign at one time, told as one.
struct TimeGroup {
  std::string place{};
  std::vector<std::string> examples{}, records{};
  std::uint64_t files = 0, programs = 0;
  FileTime first{}, last{};  ///< when their names were made
  bool were_set = false;     ///< all of them, and as no archive leaves them
};

/// `path` as shown; `record`: the id that shows the times.
Finding time_finding(const TimeSuspect& one, std::string_view path, const std::string& record);
/// Quiet but for times that were set: what a crowd shows is an archive, an installer or a copy.
Finding time_finding(const TimeGroup& group);

}  // namespace hozen
