// From the services of one control set and the rules that held to findings.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/module/finding.h"
#include "collector/module/service_rules.h"

namespace hozen {

/// One finding for one service, nothing when nothing scores. `record` is the id of its record.
std::optional<Finding> judge_service(const ServiceCase& one, const std::string& record);

/// Judges every service of a control set that Windows runs from or starts from next, and reports.
void report_services(ModuleContext& context, ServiceReader& reader, const ServiceBaseline& baseline,
                     const ServiceManagerView& manager, const ServiceSet& set);

/// A service of the service manager that has no key in the registry.
Finding judge_keyless_service(const LiveService& service, const std::string& record);

}  // namespace hozen
