// The running Task Scheduler's own list of tasks, as plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hozen {

/// One task as the Task Scheduler lists it.
struct LiveTask {
  std::string path;  ///< "\Folder\Name"
  std::optional<bool> enabled{};
  std::uint32_t state = 0;  ///< TASK_STATE: 1 disabled, 2 queued, 3 ready, 4 running
};

/// Tasks after which the rest is left out; a full Windows has some 300.
constexpr std::size_t kMaxLiveTasks = 50'000;

struct LiveTasks {
  std::vector<LiveTask> tasks;
  /// Every folder could be listed, and we may see what an administrator may: what is not here is
  /// not listed.
  bool whole = false;
  bool cut = false;  ///< by kMaxLiveTasks; then it is not whole either

  bool full() const { return tasks.size() >= kMaxLiveTasks; }
  void cut_off() {
    cut = true;
    whole = false;
  }
  void add(LiveTask task) { full() ? cut_off() : tasks.push_back(std::move(task)); }
};

}  // namespace hozen
