// Keys of the running system's registry through the native calls, which, unlike those of Win32,
// show names with NUL in them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "collector/source/registry.h"

namespace hozen {

/// Opens a key for reading: `native_path` as the kernel names it ("\Registry\Machine\SOFTWARE"), of
/// which only the last component may be a link and is then opened itself; `shown_path` as records
/// name it ("HKLM\SOFTWARE"). The 64-bit view; 32-bit ones are below WOW6432Node. Errc::not_found,
/// or Errc::io with call and status in `detail`.
/// A key that the access list denies is opened for backup where SeBackupPrivilege is enabled. A
/// subkey that cannot be opened is handed out all the same: its name and time are known, and every
/// attempt to read it says why not.
Result<std::unique_ptr<RegistryKey>> open_live_key(std::string_view native_path,
                                                   std::string shown_path);

}  // namespace hozen
