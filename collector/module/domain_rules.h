// What changes of accounts and of the directory say of an intrusion.
#pragma once

#include "collector/module/module.h"

namespace hozen {

/// Reports, of the facts of one host: members of groups of administrators who were new or stayed
/// for hours, the password for restoring the directory, SID history, many accounts that one account
/// changed at once, and objects of the directory by which others become administrators.
void judge_domain(ModuleContext& context);

}  // namespace hozen
