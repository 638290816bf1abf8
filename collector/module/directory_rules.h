// What changed objects of Active Directory say of an intrusion (Security 5136, 5137, 4742).
#pragma once

#include "collector/module/module.h"

namespace hozen {

/// Reports changes of AdminSDHolder, of attributes by which others act as an account, of SPNs of a
/// domain controller that is none, and of group policies.
void judge_directory(ModuleContext& context);

}  // namespace hozen
