// The processes of the running system with their modules.
#pragma once

#include "collector/source/live_state.h"

namespace hozen {

/// Adds all of them to `state`. Two lists of the system and the numbers that processes can have are
/// compared. Asks only: processes are opened with the right to be asked and, for their modules, to
/// be read; lsass.exe with the first alone. What one of them refuses stands in its `unreadable`.
Result<void> list_live_processes(LiveState& state);

/// Adds the connections of TCP and UDP with the processes that own them to `state`.
Result<void> list_live_connections(LiveState& state);

}  // namespace hozen
