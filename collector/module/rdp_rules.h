// What changes of settings, programs, files and connections say of remote desktop.
#pragma once

#include <vector>

#include "collector/module/fact.h"
#include "collector/module/finding.h"

namespace hozen {

/// Findings of the rules rdp.settings, rdp.port_forward, rdp.session_taken, rdp.shadowing,
/// rdp.tunnel_connection, rdp.typed_commands, rdp.client_started and rdp.file_from_session.
std::vector<Finding> judge_rdp_traces(const FactBook& book);

}  // namespace hozen
