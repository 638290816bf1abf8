// How tests look at what the module remote_tasks_and_wmi tells of events.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/modules/lateral_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec remote_tasks_and_wmi;
}  // namespace modules

inline ModuleRun judge_remote(EventWorld& world) {
  return world.run(modules::remote_tasks_and_wmi);
}

namespace remote_action_cases {

/// Rules without the module's name, with their severities. remote_service_cases.h has another.
inline std::vector<std::string> told(EventWorld& world) {
  std::vector<std::string> rules;
  for (const std::string& rule : rules_of(judge_remote(world)))
    rules.push_back(rule.substr(std::string_view{"remote_tasks_and_wmi."}.size()));
  return rules;
}

}  // namespace remote_action_cases
using remote_action_cases::told;

}  // namespace hozen
