// The single commands of a line: divided as shells do it, opened where one is handed to a shell.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace hozen {

/// Calls back with the words of each command in `line`, quotes taken off: of `a & b`, `a | b`,
/// lines of a script, and of what cmd, PowerShell and their like are given to run. At most
/// kMaxShellCommands, quotes in quotes four deep.
void each_shell_command(std::string_view line,
                        const std::function<void(const std::vector<std::string>&)>& visit);
/// The same with the host that PsExec, WinRS or WMIC are told to run the command on; "" for this
/// one.
void each_shell_command_on(
    std::string_view line,
    const std::function<void(const std::vector<std::string>&, const std::string& host)>& visit);
inline constexpr std::size_t kMaxShellCommands = 256;

/// "rar" of `C:\x\Rar.exe`, lower case.
std::string program_stem(std::string_view word);

}  // namespace hozen
