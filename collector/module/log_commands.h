// Commands that clear event logs or switch logging off, in process creation events (Security 4688,
// Sysmon 1): they tell of it also where the log that would tell went with it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/module/fact.h"
#include "collector/module/finding.h"

namespace hozen {

/// What a command line does to logs.
struct LogCommand {
  std::string what{};  ///< "clears the log Security"; "" for nothing
  int weight = 0;
};

/// wevtutil, PowerShell, wmic, auditpol, fsutil, and the deletion of files of logs, anywhere in the
/// command line: also behind `cmd /c` or in a loop.
LogCommand log_command(std::string_view command_line);

/// One finding for each account that ran such commands.
std::vector<Finding> judge_log_commands(const FactBook& book);

}  // namespace hozen
