// The single commands of a line: divided as shells do it, opened where one is handed to a shell or
// to a program that starts others.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hozen {

struct ShellCommand {
  /// Quotes taken off; where output was sent (`> file`, `2>&1`) left out.
  std::vector<std::string> words{};
  std::string host{};    ///< that PsExec, WinRS, WMIC, SC or AT are told to run it on; "": this one
  std::string folder{};  ///< that the line changed to before; relative where it says no more
  std::string output{};  ///< file that its output was sent to, the last of several
  /// Words of the command whose output it reads (`a | b`).
  std::vector<std::string> input{};
};

/// Calls back with each command in `line`: of `a & b`, `a | b`, lines of a script, and of what cmd,
/// PowerShell (-EncodedCommand too), Start-Process, schtasks, at, runas, wmic and their like are
/// given to run. At most kMaxShellCommands, quotes in quotes four deep.
void each_shell_command(std::string_view line,
                        const std::function<void(const ShellCommand&)>& visit);
inline constexpr std::size_t kMaxShellCommands = 256;

/// The folder that a command changes to, when the shell was in `folder`; nothing for other
/// commands.
std::optional<std::string> changed_folder(const std::vector<std::string>& words,
                                          const std::string& folder);

/// "rar" of `C:\x\Rar.exe`, lower case.
std::string program_stem(std::string_view word);

}  // namespace hozen
