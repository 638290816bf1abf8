// The registry as the API of the running Windows tells it.
#pragma once

#include <memory>

#include "collector/source/registry.h"

namespace hozen {

/// HKLM\SYSTEM, SOFTWARE, SAM and SECURITY (as far as the token allows), HKU\.DEFAULT and each
/// hive loaded below HKU with its `_Classes`. Links are opened, not followed: keys of the current
/// control set have the paths they have in the hive file. users() has every profile of ProfileList,
/// loaded or not, and hives that are loaded without being in it. Windows only.
std::unique_ptr<Registry> make_live_registry();

}  // namespace hozen
