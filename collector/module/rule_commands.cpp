#include "collector/module/rule_commands.h"

#include <algorithm>

namespace hozen {

void judge_obfuscation(const ResolvedCommand& command, std::vector<RuleHit>& hits) {
  if (!command.has_flag(command_flag::kObfuscated)) return;
  const auto runs = [&](std::string_view name) {
    return std::any_of(command.hosts.begin(), command.hosts.end(),
                       [&](const HostProgram& host) { return host.name == name; });
  };
  if (!runs("cmd.exe") || runs("powershell.exe") || runs("pwsh.exe")) return;
  hits.push_back({"obfuscated_command",
                  "Shell command written so as not to be read",
                  {"The command line puts words together from parts of variables or hides them "
                   "behind carets, as ordinary entries do not.",
                   30,
                   Family::command_line,
                   {}},
                  "T1027.010"});
}

}  // namespace hozen
