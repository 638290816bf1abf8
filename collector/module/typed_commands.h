// Programs that users started by typing into PowerShell, as its history keeps the lines.
#pragma once

#include <functional>
#include <string>

#include "collector/module/fact.h"

namespace hozen {

/// Whether a fact is a line that a user typed into PowerShell (module powershell_history).
bool is_typed_command(const Fact& fact);

/// Calls back with each command of such a line, as the start of a process would be stated: subject
/// the program as it was typed, values CommandLine, User, source, and CurrentDirectory and Output
/// (the file that it was sent to) where the line tells them. What it is that was typed, a program
/// or a command of PowerShell, nobody knows. Other facts have none.
void each_typed_command(const Fact& fact, const std::function<void(const Fact&)>& visit);

/// The same of a process that is a shell and was told to write what others say into files.
void each_redirected_command(const Fact& process, const std::function<void(const Fact&)>& visit);

}  // namespace hozen
