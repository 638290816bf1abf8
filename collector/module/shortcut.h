// What opening a shortcut starts.
#pragma once

#include <cstdint>
#include <string>

#include "collector/formats/lnk.h"

namespace hozen {

/// A shortcut or address file is a few KiB; what is larger is none.
constexpr std::uint64_t kMaxShortcutBytes = 1u << 20;

/// As a command line; "" when it points nowhere.
inline std::string shortcut_command(const Link& link) {
  const LinkTarget target = target_of(link);
  if (target.path.empty()) return {};
  std::string command = '"' + target.path + '"';
  if (link.arguments && !link.arguments->text.empty()) command += ' ' + link.arguments->text;
  return command;
}

}  // namespace hozen
