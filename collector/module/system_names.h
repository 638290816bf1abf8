// Names of Windows' own programs: where each belongs, and what imitates one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collector/source/evidence_path.h"

namespace hozen {

/// True for the name of a Windows program ("svchost.exe"), case-insensitive.
bool is_system_program_name(std::string_view file_name);

/// True when `path` has the name of a Windows program but lies where Windows never puts that one.
/// `windows` is the installation's folder; WinSxS, servicing, Windows.old and the copies that XP
/// keeps (dllcache, ServicePackFiles) are legal for all names.
bool is_system_name_elsewhere(const EvidencePath& path, const EvidencePath& windows);

/// The Windows program whose name `file_name` imitates by letters that look alike (1 for l, 0 for
/// o, rn for m, vv for w) or by one changed, missing, added or swapped letter; nothing for the name
/// itself and for names of known programs that are merely near.
std::optional<std::string> imitated_system_name(std::string_view file_name);

}  // namespace hozen
