// Keys and names that tests of the module log_settings share.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/modules/lateral_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec log_settings;
}  // namespace modules

inline const std::string kChannels =
    "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WINEVT\\Channels\\";
inline const std::string kPowerShell = "Microsoft-Windows-PowerShell/Operational";

}  // namespace hozen
