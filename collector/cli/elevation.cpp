#include "collector/cli/elevation.h"

#include <algorithm>

namespace hozen::cli {

std::string out_of_reach(const Privileges& privileges) {
  std::string text;
  if (!privileges.elevated)
    text +=
        "  - files and registry of other users, and of services\n"
        "  - the machine's protected files (System32\\config and the like)\n"
        "  - the registry's SAM and SECURITY: accounts and their rights\n";
  const auto& refused = privileges.refused;
  if (privileges.elevated &&
      std::find(refused.begin(), refused.end(), "SeBackupPrivilege") != refused.end())
    text += "  - what its access list denies to administrators (no SeBackupPrivilege)\n";
  return text;
}

std::optional<std::string> refuse_without_rights(bool live, bool unprivileged,
                                                 const Privileges& privileges) {
  if (!live || unprivileged || privileges.elevated) return std::nullopt;
  return "collecting from this computer needs administrator rights, which this process does not "
         "have.\nWithout them these would be missing:\n" +
         out_of_reach(privileges) +
         "Open a Command Prompt with \"Run as administrator\" and give the same command there,\n"
         "or add --unprivileged to collect only what this account can read.";
}

}  // namespace hozen::cli
