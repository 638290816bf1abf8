// What was made of each registry hive, as records of their own: records/registry_hives.jsonl.
#pragma once

#include <cstddef>
#include <string>

#include "collector/source/offline_registry.h"

namespace hozen {

/// Appends the record of a hive as one JSON object; `number` counts from 1.
void append_hive_record(std::string& json, std::size_t number, const HiveRead& hive);

}  // namespace hozen
