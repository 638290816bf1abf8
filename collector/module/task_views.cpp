#include "collector/module/task_views.h"

#include "collector/base/text.h"
#include "collector/module/task_json.h"

namespace hozen {
namespace {

ViewFact tree_fact(const TaskTreeEntry& tree) {
  ViewFact fact;
  fact.key = tree.key_path;
  fact.written = tree.written;
  fact.partial = tree.incomplete;
  fact.values = {{"id", tree.id},
                 {"index", tree.index ? std::to_string(*tree.index) : ""},
                 {"sd_sddl", tree.descriptor       ? tree.descriptor->sddl()
                             : tree.has_descriptor ? "unreadable"
                                                   : ""},
                 {"link_target", tree.link_target.value_or("")}};
  return fact;
}

std::string account_of(const TaskCacheEntry& cache) {
  if (!cache.triggers) return {};
  return cache.triggers->user_sid.empty() ? cache.triggers->user_name : cache.triggers->user_sid;
}

ViewFact cache_fact(const TaskCacheEntry& cache) {
  ViewFact fact;
  fact.key = cache.key_path;
  fact.written = cache.written;
  fact.partial = cache.incomplete;
  std::string actions, triggers, groups;
  if (cache.actions) append_task_actions(actions, cache.actions->actions);
  if (cache.triggers) append_task_triggers(triggers, cache.triggers->triggers);
  for (const auto& group : cache.groups) groups += (groups.empty() ? "" : ", ") + group;
  fact.values = {{"tasks_path", cache.path},
                 {"actions", std::move(actions)},
                 {"principal_user", account_of(cache)},
                 {"flags", cache.triggers ? std::to_string(cache.triggers->flags) : ""},
                 {"triggers", std::move(triggers)},
                 {"hash_registry", to_hex(cache.hash)},
                 {"groups", std::move(groups)},
                 {"uri", cache.uri},
                 {"link_target", cache.link_target.value_or("")}};
  return fact;
}

}  // namespace

void state_task(ModuleContext& context, const ScheduledTask& task, std::string_view kind,
                const std::string& record) {
  if (task.installation_index != 0) return;
  const auto state = [&](ViewFact fact) {
    fact.kind = kind;
    fact.record = record;
    context.state(std::move(fact));
  };
  if (task.tree) state(tree_fact(*task.tree));
  if (task.cache) state(cache_fact(*task.cache));
}

}  // namespace hozen
