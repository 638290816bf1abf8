// What the registry's keys of a task say, for comparison of the hive with the running system's API.
#pragma once

#include <string>
#include <string_view>

#include "collector/module/task_entry.h"

namespace hozen {

/// States the task's keys in this view: the one below Tree and the one below Tasks, each for
/// itself. DynamicInfo, which every run of the task changes, is left aside.
void state_task(ModuleContext& context, const ScheduledTask& task, std::string_view kind,
                const std::string& record);

}  // namespace hozen
