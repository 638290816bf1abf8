// What the facts of one host say of ZeroLogon (CVE-2020-1472).
#pragma once

#include "collector/module/module.h"

namespace hozen {

/// Reports the passwords of the host's own account that were set anonymously (rule ZL01), refused
/// secure channels in bursts or in its own name (ZL02), and weak ones (ZL03).
void judge_zerologon(ModuleContext& context);

}  // namespace hozen
