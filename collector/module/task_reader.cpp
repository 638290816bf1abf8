#include "collector/module/task_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "collector/base/hash.h"
#include "collector/base/text.h"
#include "collector/module/asep_elements.h"
#include "collector/module/asep_files.h"
#include "collector/module/rules.h"
#include "collector/module/task_json.h"
#include "collector/source/live_state.h"

namespace hozen {
namespace {

constexpr std::string_view kTaskCache =
    "Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache";
constexpr std::array<std::string_view, 4> kGroups{"Boot", "Logon", "Plain", "Maintenance"};

/// Values by name, so that each key is read once.
class Values {
 public:
  explicit Values(RegistryKey& key) {
    const auto listed = key.each_value([&](const RegistryValue& value) {
      values_.emplace(to_lower_ascii(value.name), value);
      return true;
    });
    static_cast<void>(listed);  // what could not be listed is among the hive's own problems
  }
  const RegistryValue* find(std::string_view lower_name) const {
    const auto at = values_.find(std::string{lower_name});
    return at == values_.end() ? nullptr : &at->second;
  }
  std::string text(std::string_view lower_name) const {
    const auto* value = find(lower_name);
    return value != nullptr ? value->text().value_or("") : std::string{};
  }

 private:
  std::map<std::string, RegistryValue> values_;
};

/// The account that a task runs as, where the evidence holds its profile.
const UserProfile* find_user(const Registry& registry, std::string_view account) {
  if (account.empty()) return nullptr;
  const auto at = account.rfind('\\');
  const std::string_view name = at == std::string_view::npos ? account : account.substr(at + 1);
  for (const auto& user : registry.users())
    if (equals_fold(user.sid, account) || (!user.name.empty() && equals_fold(user.name, name)))
      return &user;
  return nullptr;
}

/// Command and arguments stand apart: blanks in the command end nothing.
std::string command_line_of(const TaskAction& action) {
  const std::string_view command = trim(action.command);
  std::string line{command};
  if (command.find('"') == std::string_view::npos) line = '"' + line + '"';
  if (!action.arguments.empty()) line += ' ' + action.arguments;
  return line;
}

}  // namespace

Result<void> TaskReader::read(const OnTask& on_task) {
  if (context_.registry() == nullptr) return {};
  HOZEN_CHECK(read_hives());
  ask_scheduler();
  for (std::size_t i = 0; i < context_.registry()->installations().size(); ++i) {
    if (context_.reads_files()) read_files(i, on_task);
    Machine& machine = machines_[i];
    for (auto& task : machine.tasks) {
      if (stopped()) return Error{Errc::cancelled, "scheduled tasks"};
      if (!task.file) hand_out(task, machine.views, on_task);
    }
  }
  return {};
}

/// On a live system files are read with the registry of the API, the view to compare with what the
/// scheduler says: hive files may be behind.
void TaskReader::ask_scheduler() {
  const LiveState* state = context_.source().live_state();
  if (state == nullptr || !context_.reads_files()) return;
  Machine& machine = machines_[0];
  if (!machine.views.registry) return;  // nothing to compare with
  if (state->tasks_failed) return context_.note(*state->tasks_failed);
  machine.views.scheduler = state->tasks.whole;
  std::set<std::string> listed;
  for (const LiveTask& task : state->tasks.tasks) {
    const std::string folded = fold_case(task.path);
    if (!machine.paths.contains(folded)) unregistered_.push_back(task);
    listed.insert(folded);
  }
  for (auto& task : machine.tasks) {
    const bool found = listed.contains(fold_case(task.path));
    if (found || state->tasks.whole) task.listed = found;
  }
}

Result<void> TaskReader::read_hives() {
  HOZEN_CHECK(context_.registry()->each_hive(
      {HiveRole::software, HiveRole::user_classes},
      [&](RegistryHive& hive) {
        evidence_.gather_app_paths(hive);
        evidence_.gather_classes(hive);
        if (hive.role == HiveRole::software && hive.root != nullptr) read_cache(hive);
        return !stopped();
      },
      [&](const EvidencePath& file, HiveRole role, const Error& error) {
        if (error.code == Errc::not_found) return;  // an answer, not a problem
        note(std::string{to_text(role)} + " hive " + file.text(), error);
      }));
  if (stopped()) return Error{Errc::cancelled, "scheduled tasks"};
  return {};
}

void TaskReader::read_cache(RegistryHive& hive) {
  auto cache = hive.root->open(kTaskCache);
  if (!cache) return;  // Windows XP has none
  Machine& machine = machines_[hive.installation];
  auto tree = (*cache)->open("Tree");
  auto tasks = (*cache)->open("Tasks");
  if (!tree || !tasks) return;
  machine.views.registry = true;
  machine.views.registry_whole = hive.state == HiveState::clean ||
                                 hive.state == HiveState::replayed || hive.state == HiveState::live;
  std::vector<TaskTreeEntry> tree_entries;
  std::vector<std::string> paths;
  read_tree(**tree, "", 0, machine, tree_entries, paths);
  std::vector<TaskCacheEntry> cache_entries;
  read_tasks(**cache, cache_entries);
  join(hive, machine, tree_entries, paths, std::move(cache_entries));
}

void TaskReader::read_tree(RegistryKey& key, const std::string& path, std::size_t depth,
                           Machine& machine, std::vector<TaskTreeEntry>& entries,
                           std::vector<std::string>& paths) {
  if (depth > kMaxTaskDepth || entries.size() >= kMaxTasks)
    return context_.note(Error{Errc::limit, "registry keys of scheduled tasks", {}, path});
  const auto listed = key.each_subkey([&](RegistryKey& subkey) {
    const std::string name = path + "\\" + subkey.name();
    if (subkey.is_symbolic_link()) return true;
    TaskTreeEntry entry = tree_entry(subkey, machine);
    if (!entry.id.empty()) {
      entries.push_back(std::move(entry));
      paths.push_back(name);
    }
    read_tree(subkey, name, depth + 1, machine, entries, paths);
    return !stopped() && entries.size() < kMaxTasks;
  });
  if (!listed) note("registry keys of scheduled tasks", listed.error());
}

TaskTreeEntry TaskReader::tree_entry(RegistryKey& key, Machine& machine) {
  const Values values{key};
  TaskTreeEntry entry;
  entry.key_path = key.path();
  entry.written = key.last_written();
  entry.offset = key.offset();
  entry.id = values.text("id");
  if (const auto* index = values.find("index")) entry.index = index->number();
  if (const auto* descriptor = values.find("sd")) {
    entry.has_descriptor = !descriptor->data.empty();
    if (auto parsed = parse_security_descriptor(Bytes{descriptor->data}))
      entry.descriptor = *std::move(parsed);
  }
  machine.views.keeps_descriptors = machine.views.keeps_descriptors || entry.has_descriptor;
  machine.views.keeps_indexes = machine.views.keeps_indexes || entry.index.value_or(0) != 0;
  return entry;
}

void TaskReader::read_tasks(RegistryKey& cache, std::vector<TaskCacheEntry>& entries) {
  std::map<std::string, std::vector<std::string>> groups;  // by folded GUID
  for (const std::string_view group : kGroups) {
    auto key = cache.open(group);
    if (!key) continue;
    const auto listed = (*key)->each_subkey([&](RegistryKey& member) {
      groups[fold_case(member.name())].emplace_back(group);
      return groups.size() < kMaxTasks;
    });
    if (!listed) note("registry keys of scheduled tasks", listed.error());
  }
  auto tasks = cache.open("Tasks");
  if (!tasks) return;
  const auto listed = (*tasks)->each_subkey([&](RegistryKey& key) {
    entries.push_back(cache_entry(key));
    if (const auto at = groups.find(fold_case(key.name())); at != groups.end())
      entries.back().groups = at->second;
    return !stopped() && entries.size() < kMaxTasks;
  });
  if (!listed) note("registry keys of scheduled tasks", listed.error());
  if (entries.size() >= kMaxTasks)
    context_.note(Error{Errc::limit, "registry keys of scheduled tasks"});
}

TaskCacheEntry TaskReader::cache_entry(RegistryKey& key) {
  const Values values{key};
  TaskCacheEntry entry;
  entry.key_path = key.path();
  entry.guid = key.name();
  entry.written = key.last_written();
  entry.offset = key.offset();
  entry.path = values.text("path");
  entry.uri = values.text("uri");
  entry.author = values.text("author");
  entry.date = values.text("date");
  entry.description = values.text("description");
  entry.source = values.text("source");
  entry.security_descriptor = values.text("securitydescriptor");
  const auto parse = [&](std::string_view name, auto& member, auto parser) {
    const auto* value = values.find(name);
    if (value == nullptr) return;
    auto parsed = parser(Bytes{value->data});
    if (!parsed) return note(key.path() + " " + value->name, parsed.error());
    member = *std::move(parsed);
    if constexpr (requires { member->problems; })
      for (const Error& problem : member->problems) note(key.path() + " " + value->name, problem);
  };
  parse("actions", entry.actions, parse_cached_actions);
  parse("triggers", entry.triggers, parse_cached_triggers);
  parse("dynamicinfo", entry.info, parse_task_dynamic_info);
  if (const auto* hash = values.find("hash")) entry.hash = hash->data;
  return entry;
}

void TaskReader::join(RegistryHive& hive, Machine& machine, const std::vector<TaskTreeEntry>& tree,
                      const std::vector<std::string>& paths, std::vector<TaskCacheEntry> cache) {
  std::map<std::string, std::size_t> by_guid;
  for (std::size_t i = 0; i < cache.size(); ++i) by_guid.emplace(fold_case(cache[i].guid), i);
  std::vector<bool> listed(cache.size());
  const auto add = [&](ScheduledTask task) {
    task.installation_index = hive.installation;
    task.installation = context_.registry()->installations()[hive.installation].label;
    task.hive_artifact = hive.artifact;
    const std::string folded = fold_case(task.path);
    machine.by_path[folded].push_back(machine.tasks.size());
    machine.paths.insert(folded);
    machine.tasks.push_back(std::move(task));
  };
  for (std::size_t i = 0; i < tree.size(); ++i) {
    ScheduledTask task;
    task.path = paths[i];
    task.tree = tree[i];
    if (const auto at = by_guid.find(fold_case(tree[i].id)); at != by_guid.end()) {
      listed[at->second] = true;
      task.cache = cache[at->second];
    }
    add(std::move(task));
  }
  for (std::size_t i = 0; i < cache.size(); ++i) {
    if (listed[i]) continue;
    ScheduledTask task;
    task.path = cache[i].path.empty() ? cache[i].guid : cache[i].path;
    task.cache = std::move(cache[i]);
    add(std::move(task));
  }
}

void TaskReader::read_files(std::size_t installation, const OnTask& on_task) {
  const EvidencePath windows = evidence_.windows(installation);
  TaskViews& views = machines_[installation].views;
  for (const std::string_view folder : {"System32\\Tasks", "SysWOW64\\Tasks"}) {
    const auto root = context_.source().real_folder(windows / folder);
    if (!root) {
      if (root.error().code != Errc::not_found) context_.note(root.error());
      continue;
    }
    if (folder.starts_with("System32")) views.files = views.files_whole = true;
    each_matching_file(
        context_.source(), "%SystemRoot%\\" + std::string{folder} + "\\**",
        evidence_.environment(installation, nullptr), nullptr,
        [&](const FileInfo& file) {
          read_file(installation, *root, file, on_task);
          return !stopped();
        },
        [&](Error error) {
          views.files_whole = false;
          context_.note(std::move(error));
        });
  }
}

void TaskReader::read_file(std::size_t installation, const EvidencePath& root, const FileInfo& file,
                           const OnTask& on_task) {
  std::string path;
  const auto& components = file.path.components();
  for (std::size_t i = root.components().size(); i < components.size(); ++i)
    path += "\\" + components[i];
  Machine& machine = machines_[installation];
  const std::string folded = fold_case(path);
  ScheduledTask alone;
  ScheduledTask* task = &alone;
  if (const auto at = machine.by_path.find(folded); at != machine.by_path.end()) {
    task = &machine.tasks[at->second.front()];  // the one that the tree lists, if any
    machine.by_path.erase(at);
  } else {
    alone.installation_index = installation;
    alone.installation = context_.registry()->installations()[installation].label;
    alone.path = path;
    alone.path_registered = machine.paths.contains(folded);
  }
  task->file = load(file, path);
  hand_out(*task, machine.views, on_task);
  task->file->xml.reset();  // files are read one after another, not all kept
}

TaskFile TaskReader::load(const FileInfo& file, const std::string& path) {
  TaskFile result;
  result.file = file;
  if (file.is_link) {
    note("scheduled task " + path, Error{Errc::unsupported, "a link, not followed"});
    return result;
  }
  const auto artifact =
      context_.collect(file.path, "scheduled task " + path, Priority::crown_jewels);
  result.artifact = artifact.row;
  const auto content = context_.read(artifact, kMaxTaskXmlBytes);
  if (!content) {
    note("scheduled task " + path, content.error());
    return result;
  }
  const Bytes bytes{*content};
  result.sha256 = to_hex(sha256(hashed_part(bytes).span()));
  result.crc32 = task_crc32(bytes);
  auto xml = parse_task_xml(bytes);
  if (!xml) {
    note("scheduled task " + path, xml.error());
    return result;
  }
  for (const Error& problem : xml->problems) note("scheduled task " + path, problem);
  result.xml = *std::move(xml);
  return result;
}

void TaskReader::hand_out(ScheduledTask& task, const TaskViews& views, const OnTask& on_task) {
  resolve(task);
  task.known = default_of(task, inbox_, evidence_.windows(task.installation_index));
  preserve(task);
  on_task(task, views);
  task.targets.clear();
}

void TaskReader::resolve(ScheduledTask& task) {
  task.user = find_user(*context_.registry(), task.principal_user());
  for (const auto& action : task.actions()) task.targets.push_back(target_of(task, action));
  if (task.actions_match().value_or(true)) return;
  for (const auto& action : task.xml()->actions) {
    task.targets.push_back(target_of(task, action));
    task.targets.back().from_file = true;
  }
}

TaskTarget TaskReader::target_of(const ScheduledTask& task, const TaskAction& action) {
  TaskTarget target;
  target.text = task_action_text(action);
  const auto resolver = evidence_.resolver(task.installation_index, task.user, false, true);
  if (action.kind == TaskActionKind::exec) {
    target.command = resolve_command_line(command_line_of(action), resolver);
  } else if (action.kind == TaskActionKind::com_handler) {
    const auto guid = find_guid(action.class_id);
    const auto server = guid
                            ? evidence_.find_class(*guid, task.installation_index, task.user, false)
                            : std::nullopt;
    if (server)
      target.command = server->kind == ServerKind::dll
                           ? resolve_dll(server->text, resolver)
                           : resolve_command_line(server->text, resolver);
  }
  return target;
}

void TaskReader::preserve(ScheduledTask& task) {
  const EvidencePath windows = evidence_.windows(task.installation_index);
  const auto collect = [&](const EvidencePath& path) {
    const std::string reason = "target of scheduled task " + task.path;
    if (!path.stream().empty()) context_.collect(path.with_stream(""), reason, Priority::high);
    return context_.collect(path, reason, Priority::high);
  };
  const auto is_known = [&](const EvidencePath& path) {
    return task.known != TaskDefault::no && is_windows_folder(path, windows);
  };
  const auto preserve_one = [&](const ResolvedCommand& command) -> std::optional<ArtifactId> {
    std::optional<ArtifactId> artifact;
    if (command.target_path() && command.target_existence() == Existence::exists &&
        !is_known(*command.target_path()))
      artifact = collect(*command.target_path());
    if (command.payload_path && command.image_path &&
        command.image_existence == Existence::exists &&
        !is_windows_folder(*command.image_path, windows))
      collect(*command.image_path);
    return artifact;
  };
  for (auto& target : task.targets) {
    target.artifact = preserve_one(target.command);
    for (const auto& other : target.command.others) preserve_one(other);
  }
}

void TaskReader::note(std::string what, const Error& error) {
  context_.note(Error{error.code, std::move(what) + ": " + error.what, error.offset, error.detail});
}

}  // namespace hozen
