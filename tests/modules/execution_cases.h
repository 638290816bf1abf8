// Helpers for the tests of modules over traces of execution.
#pragma once

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "tests/modules/persistence_cases.h"

namespace hozen {

inline std::vector<const fake::Record*> records_of(const ModuleRun& run, std::string_view kind) {
  std::vector<const fake::Record*> found;
  for (const fake::Record& record : run.context->records)
    if (record.kind == kind) found.push_back(&record);
  return found;
}

/// The time of that name; unset when there is none.
inline FileTime time_of(const fake::Record& record, std::string_view name) {
  for (const auto& [known, time] : record.timestamps)
    if (known == name) return time;
  return {};
}

}  // namespace hozen
