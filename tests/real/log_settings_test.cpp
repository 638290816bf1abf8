// Log settings of the real SYSTEM hives (Windows 7 x86; Windows 10 1709, dirty, with both logs;
// Windows XP, damaged), and whether channels that are taken to be on by default were on two hosts
// with Windows 10. Numbers are those of reglookup, which refuses the hive of Windows XP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "collector/module/log_setting_rules.h"
#include "tests/builders/real_windows.h"
#include "tests/modules/execution_cases.h"
#include "tests/real/real_evidence.h"

namespace hozen {
namespace modules {
extern const ModuleSpec log_settings;
}  // namespace modules
namespace real {
namespace {

std::size_t count(const ModuleRun& run, std::string_view kind, std::string_view control_set) {
  std::size_t found = 0;
  for (const auto* record : records_of(run, kind))
    if ((*record)["control_set"] == control_set) ++found;
  return found;
}

const fake::Record& one(const ModuleRun& run,
                        const std::vector<std::pair<std::string_view, std::string_view>>& columns) {
  const auto* record = run.context->record(columns);
  EXPECT_NE(record, nullptr) << columns.at(0).second;
  static const fake::Record none;
  return record != nullptr ? *record : none;
}

TEST_F(RealEvidence, LogSettingsOfWindows7) {
  const ModuleRun run = run_module(modules::log_settings, real_windows());
  EXPECT_TRUE(run.context->findings.empty()) << fake::summary_of(run.context->findings);
  for (const char* set : {"ControlSet001", "ControlSet002"}) {
    EXPECT_EQ(count(run, "log_setting", set), 9u) << set;
    EXPECT_EQ(count(run, "log_session", set), 3u) << set;
    EXPECT_EQ(count(run, "log_switch", set), 1u) << set;
  }
  const auto& security = one(run, {{"log", "Security"}, {"current_control_set", "true"}});
  EXPECT_EQ(security["control_set"], "ControlSet001");
  EXPECT_EQ(security["max_size_bytes"], "4194304");
  EXPECT_EQ(security["retention"], "4294967295");
  EXPECT_EQ(security["auto_backup_log_files"], "true");
  EXPECT_EQ(security["file"], "%SystemRoot%\\System32\\winevt\\Logs\\Security.evtx");
  EXPECT_EQ(security["odd_values"], "null");
  const auto& session =
      one(run, {{"session", "EventLog-Application"}, {"current_control_set", "true"}});
  EXPECT_EQ(session["start"], "true");
  EXPECT_EQ(session["providers"], "113");
  EXPECT_EQ(session["disabled_providers"], "0");
  EXPECT_TRUE(time_of(session, "key_last_written").iso8601().starts_with("2011-09-17T13:44:10"));
  EXPECT_EQ(one(run, {{"setting", "event_log_service"}})["data"], "2");
}

TEST_F(RealEvidence, LogSettingsOfWindows10) {
  const ModuleRun run = run_module(modules::log_settings, real_second_windows());
  EXPECT_TRUE(run.context->findings.empty()) << fake::summary_of(run.context->findings);
  EXPECT_EQ(count(run, "log_setting", "ControlSet001"), 8u);
  EXPECT_EQ(count(run, "log_session", "ControlSet001"), 3u);
  const auto& security = one(run, {{"log", "Security"}});
  EXPECT_EQ(security["max_size_bytes"], "20971520");
  EXPECT_EQ(security["restrict_guest_access"], "true");
  EXPECT_EQ(one(run, {{"session", "EventLog-System"}})["disabled_providers"], "0");
}

TEST_F(RealEvidence, LogSettingsOfADamagedWindowsXp) {
  fake::FakeWindows windows{{.windows_folder = "WINDOWS",
                             .product = "Microsoft Windows XP",
                             .build = 2600,
                             .is_64_bit = false}};
  windows.hive_bytes("HKLM\\SYSTEM", evidence("hives/regipy/corrupted_system_hive"));
  const ModuleRun run = run_module(modules::log_settings, windows);
  EXPECT_TRUE(run.context->findings.empty()) << fake::summary_of(run.context->findings);
  EXPECT_EQ(count(run, "log_setting", "ControlSet001"), 3u);
  EXPECT_EQ(count(run, "log_session", "ControlSet001"), 0u);
  for (const char* log : {"Application", "Security", "System"})
    EXPECT_EQ(one(run, {{"log", log}})["max_size_bytes"], "524288") << log;
  EXPECT_EQ(one(run, {{"log", "Security"}})["file"],
            "%SystemRoot%\\System32\\config\\SecEvent.Evt");
}

/// Events in each log of a host, by the name of the channel.
std::map<std::string, std::uint64_t> logs_of(std::string_view host) {
  std::map<std::string, std::uint64_t> logs;
  for (const Row& row : facts("evtx_sets.tsv")) {
    const std::size_t name = row.at(0).find("::");
    if (row[0].find(host) == std::string::npos || name == std::string::npos) continue;
    std::string channel = row[0].substr(name + 2, row[0].rfind('.') - name - 2);
    if (const std::size_t slash = channel.find("%4"); slash != std::string::npos)
      channel.replace(slash, 2, "/");
    logs[channel] = std::stoull(row.at(1));
  }
  return logs;
}

TEST_F(RealEvidence, ChannelsThatAreOnByDefaultHaveEvents) {
  for (const char* host : {"APTSimulatorVM", "RathbunVM"}) {
    const auto logs = logs_of(host);
    ASSERT_GT(logs.size(), 80u) << host;
    for (const DefaultChannel& channel : default_channels()) {
      // Sysmon is on one of them only; nobody came to either by remote desktop.
      if (channel.first_build == 0 ||
          channel.name.find("RemoteConnectionManager") != std::string_view::npos)
        continue;
      const auto log = logs.find(std::string{channel.name});
      ASSERT_NE(log, logs.end()) << host << " " << channel.name;
      EXPECT_GT(log->second, 0u) << host << " " << channel.name;
    }
    EXPECT_FALSE(logs.contains("Microsoft-Windows-TaskScheduler/Operational")) << host;
    EXPECT_FALSE(logs.contains("Microsoft-Windows-DNS-Client/Operational")) << host;
  }
}

}  // namespace
}  // namespace real
}  // namespace hozen
