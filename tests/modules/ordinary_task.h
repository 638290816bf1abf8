// What the tests of scheduled tasks share: a task that is no finding, and how results are asked
// for.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/modules/task_machine.h"

namespace hozen {

inline constexpr std::string_view kAgent = "C:\\Program Files\\Vendor\\agent.exe";

/// A task of a vendor that is no finding.
inline TaskSpec ordinary() { return {.path = "\\Vendor\\Agent", .command = std::string{kAgent}}; }

inline const fake::Record& record_of(const fake::Context& context, std::string_view path) {
  const auto* record = context.record({{"task_path", path}});
  EXPECT_NE(record, nullptr) << path;
  static const fake::Record kNone;
  return record != nullptr ? *record : kNone;
}

inline std::string rules_of(const fake::Context& context) {
  return fake::summary_of(context.findings);
}

}  // namespace hozen
