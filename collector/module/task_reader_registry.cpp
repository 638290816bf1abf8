// The registry's side: TaskCache\Tree, \Tasks and its groups.
#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/task_reader.h"

namespace hozen {
namespace {

constexpr std::string_view kTaskCache =
    "Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache";
constexpr std::array<std::string_view, 4> kGroups{"Boot", "Logon", "Plain", "Maintenance"};

/// Where the key leads to, "" when that cannot be read; nothing for a key that is no link.
std::optional<std::string> link_target_of(RegistryKey& key) {
  if (!key.is_symbolic_link()) return {};
  const auto target = key.value("SymbolicLinkValue");
  return target ? target->text().value_or("") : std::string{};
}

/// Values by name, so that each key is read once.
class Values {
 public:
  explicit Values(RegistryKey& key) {
    const auto listed = key.each_value([&](const RegistryValue& value) {
      values_.emplace(to_lower_ascii(value.name), value);
      return true;
    });
    complete_ = listed.has_value();  // why not is among the hive's own problems
  }
  bool complete() const { return complete_; }
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
  bool complete_ = true;
};

}  // namespace

void TaskReader::read_cache(RegistryHive& hive) {
  auto cache = hive.root->open(kTaskCache);
  if (!cache) return;  // Windows XP has none
  Machine& machine = machines_[hive.installation];
  auto tree = (*cache)->open("Tree");
  auto tasks = (*cache)->open("Tasks");
  for (const auto* part : {&cache, &tree, &tasks})
    if (*part && (**part)->is_symbolic_link())
      note((**part)->path(), Error{Errc::unsupported, "a link, not followed"});
  if (!tree && !tasks) return;
  // A cache with one of the two only is read as far as it goes: everything in it stands out then.
  if (!tree) note("TaskCache\\Tree", tree.error());
  if (!tasks) note("TaskCache\\Tasks", tasks.error());
  machine.views.registry = true;
  machine.views.registry_whole = hive.state == HiveState::clean ||
                                 hive.state == HiveState::replayed || hive.state == HiveState::live;
  Tree listed;
  if (tree) listed = read_tree(**tree, machine);
  auto definitions = read_tasks(**cache, machine);
  join(hive, machine, listed, std::move(definitions));
}

/// A key of Tree on the way to the one that is looked at.
struct TaskReader::TreeFolder {
  struct Subkey {
    std::string name;
    TaskTreeEntry entry;
  };
  std::unique_ptr<RegistryKey> key{};  ///< nullptr for Tree itself
  std::string path{};
  std::vector<Subkey> left{};  ///< still to be looked at, the next one last
};

/// As deep as the registry lets keys lie, which is more than a call stack may bear: the way to each
/// key is a list of its own.
TaskReader::Tree TaskReader::read_tree(RegistryKey& root, Machine& machine) {
  Tree tree;
  std::size_t keys = 0;
  std::vector<TreeFolder> way(1);
  list_folder(root, way.back(), keys, machine);
  while (!way.empty() && !stopped()) {
    TreeFolder& folder = way.back();
    if (folder.left.empty()) {
      way.pop_back();
      continue;
    }
    TreeFolder::Subkey next = std::move(folder.left.back());
    folder.left.pop_back();
    const std::string path = folder.path + "\\" + next.name;
    const bool is_link = next.entry.link_target.has_value();
    // Folders have neither; a link may be one.
    if (!next.entry.id.empty() || next.entry.index || is_link) {
      tree.entries.push_back(std::move(next.entry));
      tree.paths.push_back(path);
    } else {
      tree.folders.emplace(fold_case(path), std::move(next.entry));
    }
    if (is_link) continue;
    if (tree.entries.size() >= kMaxTasks) {
      cut_tree(machine, Error{Errc::limit, "tasks of the registry", {}, path});
      break;
    }
    auto key = (folder.key ? *folder.key : root).open(next.name);
    if (!key) {
      cut_tree(machine, key.error());
      continue;
    }
    TreeFolder below{*std::move(key), path};
    list_folder(*below.key, below, keys, machine);
    if (!below.left.empty()) way.push_back(std::move(below));
  }
  return tree;
}

void TaskReader::list_folder(RegistryKey& key, TreeFolder& folder, std::size_t& keys,
                             Machine& machine) {
  const auto listed = key.each_subkey([&](RegistryKey& subkey) {
    if (keys >= kMaxTreeKeys) {
      cut_tree(machine, Error{Errc::limit, "registry keys of scheduled tasks", {}, folder.path});
      return false;
    }
    ++keys;
    folder.left.push_back({subkey.name(), tree_entry(subkey, machine)});
    return !stopped();
  });
  if (!listed) cut_tree(machine, listed.error());
  std::reverse(folder.left.begin(), folder.left.end());
}

/// What would follow from a key's absence in Tree does not when not all of it was looked at.
void TaskReader::cut_tree(Machine& machine, const Error& error) {
  if (machine.views.tree_whole) note("registry keys of scheduled tasks", error);
  machine.views.tree_whole = false;
}

TaskTreeEntry TaskReader::tree_entry(RegistryKey& key, Machine& machine) {
  TaskTreeEntry entry;
  entry.key_path = key.path();
  entry.written = key.last_written();
  entry.offset = key.offset();
  entry.link_target = link_target_of(key);
  if (entry.link_target) return entry;
  const Values values{key};
  entry.incomplete = !values.complete();
  entry.id = values.text("id");
  if (const auto* index = values.find("index")) entry.index = index->number();
  if (const auto* descriptor = values.find("sd")) {
    entry.has_descriptor = !descriptor->data.empty();
    auto parsed = parse_security_descriptor(Bytes{descriptor->data});
    if (parsed)
      entry.descriptor = *std::move(parsed);
    else if (entry.has_descriptor)  // without an entry it is that of a folder
      note(key.path() + " SD", parsed.error());
  }
  machine.views.keeps_descriptors = machine.views.keeps_descriptors || entry.has_descriptor;
  machine.views.keeps_indexes = machine.views.keeps_indexes || entry.index.value_or(0) != 0;
  return entry;
}

std::vector<TaskCacheEntry> TaskReader::read_tasks(RegistryKey& cache, Machine& machine) {
  std::vector<TaskCacheEntry> entries;
  struct Membership {
    std::string guid;  // as stored
    std::vector<std::string> groups;
  };
  std::map<std::string, Membership> members;  // by folded GUID
  for (const std::string_view group : kGroups) {
    auto key = cache.open(group);
    if (!key) continue;
    const auto listed = (*key)->each_subkey([&](RegistryKey& member) {
      Membership& membership = members[fold_case(member.name())];
      membership.guid = member.name();
      membership.groups.emplace_back(group);
      return members.size() < kMaxTasks;
    });
    if (!listed) note("registry keys of scheduled tasks", listed.error());
  }
  if (auto tasks = cache.open("Tasks")) {
    const auto listed = (*tasks)->each_subkey([&](RegistryKey& key) {
      entries.push_back(cache_entry(key));
      if (const auto at = members.find(fold_case(key.name())); at != members.end()) {
        entries.back().groups = std::move(at->second.groups);
        members.erase(at);
      }
      return !stopped() && entries.size() < kMaxTasks;
    });
    if (!listed) note("registry keys of scheduled tasks", listed.error());
    machine.views.tasks_whole = listed && entries.size() < kMaxTasks;
  }
  // What is left names tasks whose definitions are gone.
  for (auto& [folded, member] : members) {
    if (entries.size() >= kMaxTasks) break;
    TaskCacheEntry entry;
    entry.is_remnant = true;
    entry.guid = member.guid;
    entry.key_path = cache.path() + "\\" + member.groups.front() + "\\" + member.guid;
    entry.groups = std::move(member.groups);
    entries.push_back(std::move(entry));
  }
  if (entries.size() >= kMaxTasks)
    context_.note(Error{Errc::limit, "registry keys of scheduled tasks"});
  return entries;
}

TaskCacheEntry TaskReader::cache_entry(RegistryKey& key) {
  TaskCacheEntry entry;
  entry.key_path = key.path();
  entry.guid = key.name();
  entry.written = key.last_written();
  entry.offset = key.offset();
  entry.link_target = link_target_of(key);
  if (entry.link_target) return entry;
  const Values values{key};
  entry.incomplete = !values.complete();
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

void TaskReader::join(RegistryHive& hive, Machine& machine, const Tree& tree,
                      std::vector<TaskCacheEntry> cache) {
  std::map<std::string, std::size_t> by_guid, by_path;
  for (std::size_t i = 0; i < cache.size(); ++i) {
    by_guid.emplace(fold_case(cache[i].guid), i);
    if (!cache[i].path.empty()) by_path.emplace(fold_case(cache[i].path), i);
  }
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
  for (std::size_t i = 0; i < tree.entries.size(); ++i) {
    const TaskTreeEntry& entry = tree.entries[i];
    ScheduledTask task;
    task.path = tree.paths[i];
    task.tree = entry;
    // Without its identifier an entry is joined by its path.
    const auto& index = entry.id.empty() ? by_path : by_guid;
    const auto at = index.find(fold_case(entry.id.empty() ? task.path : entry.id));
    if (at != index.end()) {
      listed[at->second] = true;
      if (!cache[at->second].is_remnant) task.cache = cache[at->second];
    }
    add(std::move(task));
  }
  for (std::size_t i = 0; i < cache.size(); ++i) {
    if (listed[i]) continue;
    ScheduledTask task;
    task.path = cache[i].path.empty() ? cache[i].guid : cache[i].path;
    if (const auto at = tree.folders.find(fold_case(cache[i].path));
        at != tree.folders.end() && !cache[i].is_remnant)
      task.tree = at->second;
    task.cache = std::move(cache[i]);
    add(std::move(task));
  }
}

}  // namespace hozen
