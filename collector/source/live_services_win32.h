// The service manager's view of services and drivers.
#pragma once

#include <vector>

#include "collector/source/live_state.h"

namespace hozen {

/// All of them, running or not. Those whose security denies it to us are not listed: that is what
/// the comparison with the registry is for. Asks only; nothing is started or changed.
Result<std::vector<LiveService>> list_live_services();

}  // namespace hozen
