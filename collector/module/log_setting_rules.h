// What is suspicious in how one Windows is told to log (log_setting.h).
//
// Source: MITRE ATT&CK T1562.002; M. Graeber and L. Christensen, "Tampering with Windows Event
// Tracing" (2018: autologger sessions and their providers); Sigma, "Disable Security Events Logging
// Adding Reg Key MiniNt"; Microsoft, about_Logging_Windows (PowerShell).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/finding.h"
#include "collector/module/log_setting.h"

namespace hozen {

/// A channel that Windows, or what brings it, has switched on from its installation on.
struct DefaultChannel {
  std::string_view name;
  std::uint32_t first_build;  ///< Windows of which that is known; 0: of each that has it
  int weight;                 ///< points of it being off
  std::string_view holds;     ///< what is in it
};
/// Of the many that are on, those that tell of an intruder and of which it is shown: by the logs of
/// two hosts with Windows 10, by JPCERT/CC's "Tool Analysis Result Sheet" (what remote desktop
/// leaves with standard settings), by Yamato Security's guide to Windows event logs (defaults).
/// TaskScheduler/Operational is none of them: many Windows have it off.
std::span<const DefaultChannel> default_channels();
/// That of this name; nullptr for others.
const DefaultChannel* default_channel(std::string_view log);
/// Logs that every Windows keeps and has on.
bool is_classic_log(std::string_view log);
/// Whether the rules look at this log at all; other logs need not be kept for them.
bool is_judged_log(std::string_view log);
/// The name of a provider that an intruder would silence; "" for others. `guid` with braces.
std::string_view judged_provider(std::string_view guid);

/// How one installation is told to log, in one view of the registry.
struct LoggingMachine {
  std::string windows{};      ///< C:\Windows
  bool has_software = false;  ///< its SOFTWARE hive could be read
  bool is_pe = false;         ///< Windows PE, or its recovery environment
  std::uint32_t build = 0;    ///< 0 when not known
  std::vector<LogSetting> settings{};
  std::vector<LogSession> sessions{};
  std::vector<LogSwitch> switches{};
};

/// Findings about the current control set and the SOFTWARE hive.
std::vector<Finding> judge_logging(const LoggingMachine& machine);

}  // namespace hozen
