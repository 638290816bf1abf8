// The volumes of the running Windows.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "collector/source/source.h"
#include "collector/source/win32_files_win32.h"

namespace hozen {

struct LiveVolumes {
  std::vector<VolumeInfo> known;                  ///< readable or not
  std::vector<win32::Mount> readable;             ///< where the readable ones are
  std::map<std::string, std::wstring> devices{};  ///< of local volumes, readable or not, by name
};

/// Every drive letter, and every volume without one as "volume1", "volume2", … in the system's
/// order. Not read, with the reason in `unreadable`: network drives, letters that stand for a
/// folder (subst), drives without a medium, locked volumes.
LiveVolumes list_live_volumes();

}  // namespace hozen
