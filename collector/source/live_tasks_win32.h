// Asks the running Task Scheduler for its list of tasks.
#pragma once

#include "collector/base/result.h"
#include "collector/source/live_tasks.h"

namespace hozen {

/// What ITaskService enumerates, hidden tasks included. taskschd.dll is loaded from System32 by its
/// full path and asked for its class object directly: what the registry says of the class, which a
/// user can override, is never followed. Asks only; nothing is started or changed.
Result<LiveTasks> list_live_tasks();

}  // namespace hozen
