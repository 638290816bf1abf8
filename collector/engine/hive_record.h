// What was made of each registry hive, as records of their own: records/registry_hives.jsonl.
#pragma once

#include <cstddef>
#include <string>

#include "collector/module/record.h"
#include "collector/source/offline_registry.h"

namespace hozen {

constexpr std::string_view kHiveTimes[] = {"last_written"};
/// What the timeline says of these records. They have no columns: `append_hive_record` writes them.
constexpr Kind kHiveKind{"registry_hive",
                         "One registry hive that was read.",
                         {},
                         "Registry hive {file}, {state}",
                         kHiveTimes};

/// Appends the record of a hive as one JSON object; `number` counts from 1.
void append_hive_record(std::string& json, std::size_t number, const HiveRead& hive);

}  // namespace hozen
