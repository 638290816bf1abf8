// Shared rules over what a command line says, whatever program says it.
#pragma once

#include <vector>

#include "collector/module/rules.h"

namespace hozen {

/// A line for cmd.exe that is written so as not to be read. PowerShell has a rule of its own.
void judge_obfuscation(const ResolvedCommand& command, std::vector<RuleHit>& hits);
/// A command that makes an account, or gives one rights, without anybody at the keyboard.
void judge_accounts(const ResolvedCommand& command, std::vector<RuleHit>& hits);

}  // namespace hozen
