// The two places a registry location has on 64-bit Windows: the native one and the one 32-bit
// programs see.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/source/registry.h"

namespace hozen {

enum class Bitness : std::uint8_t { native, wow64 };
std::string_view to_text(Bitness bitness);  ///< "native", "wow64"

struct KeyView {
  Bitness bitness = Bitness::native;
  std::string path;  ///< relative to the hive's root key
};

/// `path` (relative to the root of a hive of `role`) in both views: itself, then its WOW6432Node
/// copy where redirection knows one:
///  - SOFTWARE: `WOW6432Node\…`; below `Classes`: `Classes\WOW6432Node\…`
///  - a user's hive: `Software\WOW6432Node\…`; below `Software\Classes`:
///  `Software\Classes\WOW6432Node\…`
///  - a user's classes (UsrClass.dat): `WOW6432Node\…`
/// Hives without redirection (SYSTEM, SAM, …) and paths that name WOW6432Node themselves have one
/// view.
std::vector<KeyView> both_views(HiveRole role, std::string_view path);

/// True when a key path (as mounted or relative) runs through WOW6432Node: its reader was a 32-bit
/// program.
bool is_wow64_path(std::string_view key_path);

}  // namespace hozen
