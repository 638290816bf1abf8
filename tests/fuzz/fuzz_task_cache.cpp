// The values of the registry's task cache: Actions, Triggers, DynamicInfo.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/task_cache.h"

namespace {

using namespace hozen;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes{std::as_bytes(std::span{data, size})};
  if (const auto actions = parse_cached_actions(bytes)) {
    require(actions->actions.size() <= kMaxTaskActions);
    require(actions->complete || !actions->problems.empty());
    for (const auto& action : actions->actions)
      require(is_wtf8(action.command) && is_wtf8(action.data) && is_wtf8(action.title));
  }
  if (const auto triggers = parse_cached_triggers(bytes)) {
    require(triggers->triggers.size() <= kMaxTaskTriggers);
    require(triggers->complete || !triggers->problems.empty());
    triggers->logon_type();
    for (const auto& trigger : triggers->triggers)
      require(!trigger.kind.empty() && is_wtf8(trigger.id) && is_wtf8(trigger.subscription));
  }
  if (const auto info = parse_task_dynamic_info(bytes)) info->last_run.iso8601();
  return 0;
}
