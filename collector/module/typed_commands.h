// Programs that users started by typing into PowerShell, as its history keeps the lines.
#pragma once

#include <functional>
#include <string>

#include "collector/module/fact.h"

namespace hozen {

/// Whether a fact is a line that a user typed into PowerShell (module powershell_history).
bool is_typed_command(const Fact& fact);

/// Calls back with each command of such a line, as the start of a process would be stated: subject
/// the program as it was typed, values CommandLine, User and source. What it is that was typed, a
/// program or a command of PowerShell, nobody knows. Other facts have none.
void each_typed_command(const Fact& fact, const std::function<void(const Fact&)>& visit);

}  // namespace hozen
