// Command lines of Windows' own tools that act on another host.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hozen {

struct RemoteCommand {
  std::string_view tool{};       ///< file name of the program, in lower case
  std::string_view technique{};  ///< of ATT&CK
  int weight = 0;
  /// As they are written; "@file": those that a file lists. Empty where a variable or a session
  /// has them.
  std::vector<std::string> hosts{};

  /// Whether some host may be another than this one, whose names are `own`.
  bool is_for_others(std::span<const std::string> own) const;
};

/// What a command line asks of a host that it names: wmic, schtasks, at, sc, winrs, reg, net use,
/// copies to administrative shares, and cmdlets of PowerShell (Microsoft, their references). Words
/// inside of quotes are of other commands. Nothing where no host is named.
std::optional<RemoteCommand> remote_command(std::string_view image, std::string_view command_line);

}  // namespace hozen
