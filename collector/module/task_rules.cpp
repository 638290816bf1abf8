// Views of a task: what each says of it, and where they contradict each other.
#include "collector/module/task_rules.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen {
namespace {

/// Rights to read a task: data, the descriptor itself, and what holds both.
constexpr std::uint32_t kReadRights = 0x1 | 0x20000 | 0x10000000 | 0x80000000;
/// Administrators, and those whom each of them belongs to.
constexpr std::string_view kAdministrators[] = {"S-1-5-32-544", "S-1-1-0", "S-1-5-11"};
/// Those whom an administrator at the screen belongs to: INTERACTIVE and Users.
constexpr std::string_view kInteractive[] = {"S-1-5-4", "S-1-5-32-545"};

/// What netero1010/GhostTask gives each task it writes into the registry: nobody may read it.
constexpr std::string_view kGhostTask = "O:BAG:SYD:";

std::string quote(std::string_view text) { return "'" + printable(text) + "'"; }

RuleHit hit(std::string rule, std::string title, std::string fact, int weight, std::string attack,
            bool innocent = false) {
  return {std::move(rule),
          std::move(title),
          {std::move(fact), weight, Family::registry_state, {}},
          std::move(attack),
          innocent};
}

template <class List>
bool is_one_of(const List& list, std::string_view sid) {
  return std::find(std::begin(list), std::end(list), sid) != std::end(list);
}

void judge_hiding(const TaskCase& one, std::vector<RuleHit>& hits) {
  const ScheduledTask& task = *one.task;
  if (task.lacks_descriptor(*one.views))
    hits.push_back(hit("no_security_descriptor", "Task hidden by a missing security descriptor",
                       quote(task.tree->key_path) +
                           " has no value SD: the Task Scheduler and schtasks do not list the "
                           "task, Windows runs it all the same.",
                       60, "T1564"));
  if (task.lacks_index(*one.views))
    hits.push_back(hit(
        "index_removed", "Task hidden by its index",
        quote(task.tree->key_path) + " has " +
            (task.tree->index ? "the Index 0" : "no value Index") +
            ": the Task Scheduler and schtasks do not list the task, Windows runs it all the same.",
        60, "T1564"));
}

void judge_links(const TaskCase& one, std::vector<RuleHit>& hits) {
  const ScheduledTask& task = *one.task;
  const auto judge = [&](const auto& entry) {
    if (!entry || !entry->link_target) return;
    hits.push_back(hit("linked_key", "Task key that is a symbolic link",
                       quote(entry->key_path) + " is a symbolic link to " +
                           quote(*entry->link_target) +
                           ": what Windows reads there lies elsewhere.",
                       40, "T1112"));
  };
  judge(task.tree);
  judge(task.cache);
}

void judge_descriptor(const TaskCase& one, std::vector<RuleHit>& hits) {
  const ScheduledTask& task = *one.task;
  if (!task.tree || !task.tree->descriptor || !task.tree->descriptor->dacl) return;
  const auto& dacl = *task.tree->descriptor->dacl;
  const auto concerns = [](const AccessEntry& entry) {
    return (entry.mask & kReadRights) != 0 &&
           (is_one_of(kAdministrators, entry.sid) || is_one_of(kInteractive, entry.sid));
  };
  const auto denied = std::find_if(dacl.begin(), dacl.end(), [&](const AccessEntry& entry) {
    return entry.denies() &&
           (concerns(entry) || ((entry.mask & kReadRights) != 0 && entry.sid == "S-1-5-18"));
  });
  const bool allowed = std::any_of(dacl.begin(), dacl.end(), [&](const AccessEntry& entry) {
    return entry.allows() && concerns(entry);
  });
  if (denied == dacl.end() && allowed) return;
  const std::string why = denied != dacl.end()
                              ? "denies " + std::string{sddl_sid(denied->sid)} + " to read it"
                              : "lets no administrator read it";
  const std::string text = task.tree->descriptor->sddl();
  hits.push_back(hit("descriptor_denies_reading", "Task hidden by its security descriptor",
                     "The security descriptor of the task " + why + ": " + printable(text) +
                         (text == kGhostTask ? ", as the tool GhostTask writes it." : "."),
                     50, "T1564"));
}

/// An administrator may read the task, so the Task Scheduler must list it.
bool must_be_listed(const ScheduledTask& task) {
  if (!task.tree || !task.cache || task.is_linked()) return false;
  if (!task.tree->descriptor || !task.tree->descriptor->dacl) return true;
  const auto& dacl = *task.tree->descriptor->dacl;
  return std::any_of(dacl.begin(), dacl.end(), [](const AccessEntry& entry) {
    return entry.allows() && (entry.mask & kReadRights) != 0 &&
           is_one_of(kAdministrators, entry.sid);
  });
}

/// Some tasks of Windows have no file, on every machine; without actions there is nothing that sets
/// this one apart from them.
bool is_inbox_without_actions(const ScheduledTask& task) {
  return task.inbox_path && !task.file && task.targets.empty();
}

void judge_unreadable(const TaskCase& one, std::vector<RuleHit>& hits) {
  const ScheduledTask& task = *one.task;
  if (task.tree && task.tree->has_descriptor && !task.tree->descriptor)
    hits.push_back(hit("descriptor_unreadable", "Task whose security descriptor is none",
                       "The value SD of " + quote(task.tree->key_path) +
                           " holds no security descriptor: the Task Scheduler may not list the "
                           "task.",
                       50, "T1564"));
  if (one.views->registry_whole && task.cache && task.cache->actions &&
      !task.cache->actions->complete) {
    const bool inbox = is_inbox_without_actions(task);
    hits.push_back(hit("actions_unreadable", "Task whose actions in the registry are damaged",
                       "The value Actions of " + quote(task.cache->key_path) +
                           " could be read in part only: what it starts may be more than what is "
                           "told here.",
                       inbox ? 10 : 40, "T1053.005", inbox));
  }
}

void judge_listing(const TaskCase& one, std::vector<RuleHit>& hits) {
  const ScheduledTask& task = *one.task;
  if (task.listed.value_or(true) || !must_be_listed(task)) return;
  hits.push_back(hit("not_listed", "Task that the running Task Scheduler does not show",
                     "The registry holds the task " + quote(task.path) +
                         ", which the running Task Scheduler leaves out of its list.",
                     60, "T1564"));
}

void judge_registration(const TaskCase& one, std::vector<RuleHit>& hits) {
  const ScheduledTask& task = *one.task;
  const bool whole = one.views->registry_whole;
  if (task.tree && !task.tree->link_target && !task.cache && whole && one.views->tasks_whole)
    hits.push_back(hit("ghost_entry", "Listed task without its definition in the registry",
                       quote(task.tree->key_path) + " names the task " +
                           (task.tree->id.empty() ? "without an identifier" : task.tree->id) +
                           ", for which there is no key below TaskCache\\Tasks.",
                       25, "T1564"));
  if (task.cache && !task.tree && !task.cache->is_remnant && whole && one.views->tree_whole)
    hits.push_back(hit("orphaned_task", "Task that is listed nowhere",
                       quote(task.cache->key_path) +
                           " defines a task that no key below TaskCache\\Tree lists: the Task "
                           "Scheduler does not show it.",
                       25, "T1564"));
  if (task.cache && task.tree && !task.cache->path.empty() &&
      !equals_fold(task.cache->path, task.path))
    hits.push_back(hit("path_differs", "Task whose two registry entries name different paths",
                       "TaskCache\\Tree lists " + quote(task.path) + ", its key below Tasks says " +
                           quote(task.cache->path) + ".",
                       25, "T1564"));
}

/// Entries that lost what names or keeps them.
void judge_remnants(const TaskCase& one, std::vector<RuleHit>& hits) {
  const ScheduledTask& task = *one.task;
  if (!one.views->registry_whole) return;
  if (task.tree && !task.tree->link_target && task.cache && task.tree->id.empty())
    hits.push_back(hit("id_removed", "Listed task without its identifier",
                       quote(task.tree->key_path) + " has no value Id; the task of this path is " +
                           quote(task.cache->key_path) + ".",
                       40, "T1564"));
  if (task.cache && task.cache->is_remnant && one.views->tasks_whole && one.views->tree_whole)
    hits.push_back(hit("remnant", "Trace of a task whose keys were deleted",
                       quote(task.cache->key_path) +
                           " names a task that has keys neither below TaskCache\\Tasks nor below "
                           "Tree.",
                       20, "T1564", true));
}

void judge_presence(const TaskCase& one, std::vector<RuleHit>& hits) {
  const ScheduledTask& task = *one.task;
  const TaskViews& views = *one.views;
  // What is listed nowhere is known by the path that it gives itself.
  const bool orphaned = !task.tree && views.registry_whole && views.tree_whole && task.cache &&
                        !task.cache->is_remnant && !task.cache->path.empty();
  if (task.cache && (task.tree || orphaned) && !task.file && !task.file_taken &&
      views.files_whole && views.registry) {
    const bool inbox = task.known != TaskDefault::no || is_inbox_without_actions(task) ||
                       (orphaned && task.inbox_path);
    RuleHit missing = hit(orphaned ? "orphaned_task" : "file_missing",
                          orphaned ? "Task that is listed nowhere and has no file"
                                   : "Registered task without its file",
                          "The registry holds the task, but there is no file " +
                              quote("System32\\Tasks" + task.path) + ".",
                          inbox ? 10 : 40, "T1053.005", inbox);
    hits.push_back(std::move(missing));
  }
  if (!task.tree && !task.cache && task.xml() != nullptr && !task.path_registered &&
      views.registry_whole && views.tree_whole && views.tasks_whole) {
    RuleHit left = hit("not_registered", "Task file that is not registered",
                       "The registry has no task " + quote(task.path) +
                           ": the file alone starts nothing until it is registered.",
                       25, "T1053.005", true);
    hits.push_back(std::move(left));
  }
}

/// What the registry sets otherwise than the file, apart from the actions.
void judge_settings(const ScheduledTask& task, std::vector<RuleHit>& hits) {
  if (!task.principal_matches().value_or(true)) {
    const TaskPrincipal& named = *task.xml()->principal();
    const std::string& account = named.user.empty() ? named.group : named.user;
    const bool other_account = !task.account_matches().value_or(true);
    hits.push_back(
        hit("principal_differs", "Task whose registry names another account or run level",
            "By the registry, which Windows goes by, the task runs as " +
                quote(task.registered_account()) + " with " + task.run_level() + ", by " +
                quote(task.file->file.path.text()) + " as " + quote(account) + " with " +
                (named.run_level.empty() ? "LeastPrivilege" : printable(named.run_level)) + ".",
            other_account ? 60 : 30, "T1053.005"));
  }
  if (!task.enabled_matches().value_or(true))
    hits.push_back(
        hit("enabled_differs", "Task that is switched on in one place and off in another",
            std::string{"By the registry, which Windows goes by, the task is switched "} +
                (task.enabled() ? "on" : "off") + ", by " + quote(task.file->file.path.text()) +
                " it is not.",
            25, "T1053.005", true));
}

void judge_contents(const TaskCase& one, std::vector<RuleHit>& hits) {
  const ScheduledTask& task = *one.task;
  if (!one.views->registry_whole) return;
  const bool hash_differs = !task.hash_matches().value_or(true);
  const bool crc_differs = !task.crc_matches().value_or(true);
  if (hash_differs || crc_differs) {
    const std::string which = hash_differs && crc_differs
                                  ? "Hash and CRC in the registry are not those of "
                              : hash_differs ? "Hash in the registry is not that of "
                                             : "CRC in the registry is not that of ";
    RuleHit changed = hit("file_changed", "Task file that is not the registered one",
                          which + quote(task.file->file.path.text()) +
                              ": file or registry were changed without the Task Scheduler.",
                          40, "T1053.005");
    changed.why.family = Family::content;
    hits.push_back(std::move(changed));
  }
  if (!task.actions_match().value_or(true))
    hits.push_back(hit("actions_differ", "Task whose registry runs something else than its file",
                       "The actions in the registry, which Windows runs, are not those of " +
                           quote(task.file->file.path.text()) + ".",
                       60, "T1053.005"));
  judge_settings(task, hits);
}

void judge_uri(const TaskCase& one, std::vector<RuleHit>& hits) {
  const ScheduledTask& task = *one.task;
  const auto bare = [](std::string_view path) {
    while (path.starts_with('\\')) path.remove_prefix(1);
    return path;
  };
  const std::string uri = task.uri();
  const std::string_view path = bare(task.path);
  // A task of the registry that is listed nowhere has no path of its own.
  if (uri.empty() || (!task.tree && !task.file) || equals_fold(bare(uri), path)) return;
  // Names that Windows takes from its own libraries: "$(@%SystemRoot%\…)".
  if (uri.starts_with("$(")) return;
  RuleHit differs = hit("uri_differs", "Task that calls itself by another path",
                        "The definition of " + quote(task.path) + " gives its path as " +
                            quote(uri) + ", as one that was copied does.",
                        15, "T1036.004", true);
  differs.why.family = Family::name;
  hits.push_back(std::move(differs));
}

}  // namespace

std::vector<RuleHit> registration_hits(const TaskCase& one) {
  std::vector<RuleHit> hits;
  judge_links(one, hits);
  judge_hiding(one, hits);
  judge_descriptor(one, hits);
  judge_unreadable(one, hits);
  judge_listing(one, hits);
  judge_registration(one, hits);
  judge_remnants(one, hits);
  judge_presence(one, hits);
  judge_contents(one, hits);
  judge_uri(one, hits);
  return hits;
}

std::vector<std::string> comparisons_left(const TaskCase& one) {
  const ScheduledTask& task = *one.task;
  const TaskViews& views = *one.views;
  std::vector<std::string> left;
  if (!views.registry)
    left.emplace_back(
        "The registry's view of the task (hidden, orphaned, other actions than the file): "
        "TaskCache was not there to be read.");
  else if (!views.registry_whole)
    left.emplace_back(
        "Whether the registry lacks or contradicts the task: its hive is damaged, or its newest "
        "changes were not to be had.");
  if (views.registry && (!views.tree_whole || !views.tasks_whole))
    left.emplace_back(
        "Whether the registry lacks a key of the task: not all of TaskCache could be looked at.");
  if (!task.file && !views.files_whole)
    left.emplace_back(
        "The file of the task (missing, changed, other actions than the registry): not all of "
        "System32\\Tasks was there to be read.");
  if (!views.scheduler)
    left.emplace_back(
        "Whether the running Task Scheduler lists the task: it was not asked; a task that it "
        "leaves "
        "out would raise the score.");
  return left;
}

}  // namespace hozen
