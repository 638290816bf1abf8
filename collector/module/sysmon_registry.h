// Keys and values of the registry as Sysmon writes them in events 12 to 14.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collector/source/registry.h"

namespace hozen {

/// How the paths of all users begin in SysmonKey::key.
inline constexpr std::string_view kSysmonUserMount = "HKU\\user",
                                  kSysmonClassesMount = "HKU\\user_Classes";

/// A path of Sysmon, its last name apart.
struct SysmonKey {
  HiveRole role = HiveRole::software;
  std::string key;    ///< from its mount on: "HKLM\\SOFTWARE\\…", or as above
  std::string value;  ///< "" for the one without a name, which Sysmon calls "(Default)"
};
/// Of `TargetObject`; nothing when that is no such path.
std::optional<SysmonKey> sysmon_key(std::string_view target_object);

/// Of `Details`: "DWORD (0x00000001)" as a number, everything else as text. Nothing where Sysmon
/// does not show the data ("Binary Data").
std::optional<RegistryValue> sysmon_value(const std::string& name, std::string_view details);

/// Sysmon doubles percent signs.
std::string single_percents(std::string_view text);

}  // namespace hozen
