// Changes of what Windows logs, as logs tell of them: Sysmon 12 and 13 (registry), System 7040
// (start type of a service). They tell when and with which program, which the registry does not.
#pragma once

#include <vector>

#include "collector/module/fact.h"
#include "collector/module/finding.h"

namespace hozen {

/// One finding for each setting that was switched off.
std::vector<Finding> judge_log_changes(const FactBook& book);

}  // namespace hozen
