// What is suspicious about a scheduled task: hidden or orphaned entries, views that contradict each
// other, what it starts and how.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/module/finding.h"
#include "collector/module/rules.h"
#include "collector/module/task_entry.h"

namespace hozen {

struct TaskCase {
  const ScheduledTask* task = nullptr;
  const TaskViews* views = nullptr;
  std::string record;  ///< id of the task's record
  EvidencePath windows{};
  FileTime reference_time{};
  std::vector<std::optional<FileInfo>> files{};  ///< of the task's targets, as far as known
};

/// What the views say by themselves and against each other: T01 to T09 of the rules of tasks.
std::vector<RuleHit> registration_hits(const TaskCase& one);
/// What the task starts, when and as whom: T10, T12 to T15, T17, T18.
std::vector<RuleHit> behaviour_hits(const TaskCase& one);
/// Comparisons that could not be made and would have changed the score.
std::vector<std::string> comparisons_left(const TaskCase& one);

/// One finding for one task: the rules above and the shared rules over each of its commands.
/// Nothing when nothing scores.
std::optional<Finding> judge_task(const TaskCase& one);

}  // namespace hozen
