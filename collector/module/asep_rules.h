// Rules that belong to one autostart location and need more than its table row: neighbours of the
// value, the name of the key, a number, the machine's entry for the same class.
#pragma once

#include <vector>

#include "collector/module/asep_entry.h"
#include "collector/module/rules.h"

namespace hozen {

/// What holds for the entry by the rule of its location, in order of weight or importance. `hit` is
/// its place in the open hive, nullptr for entries recovered from free cells and for files: rules
/// that need the neighbours are silent then.
std::vector<RuleHit> location_hits(const AsepEntry& entry, const AsepHit* hit,
                                   const Installation& installation);

}  // namespace hozen
