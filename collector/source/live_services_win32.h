// The service manager's view of services and drivers.
#pragma once

#include "collector/source/live_state.h"

namespace hozen {

/// Adds all of them, running or not, to `state`. Those whose security denies it to us are not
/// listed: that is what the comparison with the registry is for. Asks only; nothing is started or
/// changed.
Result<void> list_live_services(LiveState& state);

}  // namespace hozen
