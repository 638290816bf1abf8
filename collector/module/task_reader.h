// Reads the scheduled tasks of the evidence from every side and puts together what belongs
// together.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/asep_evidence.h"
#include "collector/module/task_entry.h"
#include "collector/source/live_tasks.h"

namespace hozen {

/// A task that Windows brings along: its path and its one action, a command line or a class.
struct InboxTask {
  std::string_view path, action;
};

/// Tasks of one registry, and files of one installation, after which the rest is left out.
constexpr std::size_t kMaxTasks = 50'000;
/// Keys below TaskCache\Tree that are looked at, folders too; a machine has some hundred.
constexpr std::size_t kMaxTreeKeys = 100'000;

class TaskReader {
 public:
  /// `views` may still grow while files are read: what they lack is final for tasks without a file.
  using OnTask = std::function<void(ScheduledTask&, const TaskViews&)>;

  TaskReader(ModuleContext& context, std::span<const InboxTask> inbox)
      : context_{context}, evidence_{context}, inbox_{inbox} {}

  /// The registry first, then each file with what the registry says of it, then what has no file.
  /// Files are read only where the context says so. Errc::cancelled when the run is stopped.
  Result<void> read(const OnTask& on_task);
  /// What the running Task Scheduler lists and the registry does not hold; filled by read().
  const std::vector<LiveTask>& unregistered() const { return unregistered_; }
  /// How far the registry of the first installation, the running one on a live system, was read.
  const TaskViews& views() { return machines_[0].views; }
  AsepEvidence& evidence() { return evidence_; }

 private:
  struct Machine {
    TaskViews views;
    std::vector<ScheduledTask> tasks;                         // of the registry
    std::map<std::string, std::vector<std::size_t>> by_path;  // folded; tasks not yet handed out
    std::set<std::string> paths;                              // folded, of all
  };

  Result<void> read_hives();
  void ask_scheduler();
  void read_cache(RegistryHive& hive);
  /// What TaskCache\Tree lists, each entry with its path below that.
  struct Tree {
    std::vector<TaskTreeEntry> entries;
    std::vector<std::string> paths;
    /// Keys with neither Id nor Index, by folded path: folders, and tasks that lost both.
    std::map<std::string, TaskTreeEntry> folders;
  };
  struct TreeFolder;

  Tree read_tree(RegistryKey& root, Machine& machine);
  void list_folder(RegistryKey& key, TreeFolder& folder, std::size_t& keys, Machine& machine);
  void cut_tree(Machine& machine, const Error& error);
  std::vector<TaskCacheEntry> read_tasks(RegistryKey& cache, Machine& machine);
  TaskTreeEntry tree_entry(RegistryKey& key, Machine& machine);
  TaskCacheEntry cache_entry(RegistryKey& key);
  void join(RegistryHive& hive, Machine& machine, const Tree& tree,
            std::vector<TaskCacheEntry> cache);
  void read_files(std::size_t installation, const OnTask& on_task);
  void read_file(std::size_t installation, const EvidencePath& root, const FileInfo& file,
                 bool registered, const OnTask& on_task);
  TaskFile load(const FileInfo& file, const std::string& path);
  void hand_out(ScheduledTask& task, const TaskViews& views, const OnTask& on_task);
  void resolve(ScheduledTask& task);
  TaskTarget target_of(const ScheduledTask& task, const TaskAction& action);
  void preserve(ScheduledTask& task);
  void note(std::string what, const Error& error);
  bool stopped() const { return context_.stop().stop_requested(); }

  ModuleContext& context_;
  AsepEvidence evidence_;
  std::span<const InboxTask> inbox_;
  std::map<std::size_t, Machine> machines_;  // by installation
  std::vector<LiveTask> unregistered_;
};

/// What Windows brings along under this path; nullptr for nothing.
const InboxTask* find_inbox(std::string_view path, std::span<const InboxTask> inbox);
/// How far `task`, whose targets are resolved, is what Windows or a well-known program sets up.
TaskDefault default_of(const ScheduledTask& task, const TaskViews& views,
                       std::span<const InboxTask> inbox, const EvidencePath& windows);

}  // namespace hozen
