#include "collector/module/log_setting_rules.h"
#include "tests/modules/log_settings_cases.h"

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::string kService = "HKLM\\SYSTEM\\ControlSet001\\Services\\EventLog";
const std::string kControl = "HKLM\\SYSTEM\\ControlSet001\\Control\\";
const std::string kSessions = kControl + "WMI\\Autologger\\";
const std::string kPolicies = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\";
const std::string kVersion = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
const std::string kSysmon = "Microsoft-Windows-Sysmon/Operational";
const std::string kLogs = "%SystemRoot%\\System32\\winevt\\Logs\\";

ModuleRun run(const fake::FakeWindows& windows) {
  return run_module(modules::log_settings, windows);
}

/// A Windows whose settings are those that Windows makes.
fake::FakeWindows ordinary(fake::Options options = {}) {
  fake::FakeWindows windows{std::move(options)};
  windows.value(kService, "Start", fake::dword(2));
  for (const char* log : {"Security", "System", "Application"}) {
    const std::string key = kService + "\\" + log;
    windows.value(key, "File", fake::expand_sz((kLogs + log).append(".evtx")))
        .value(key, "MaxSize", fake::dword(0x1400000))
        .value(key, "Retention", fake::dword(0))
        .value((kSessions + "EventLog-").append(log), "Start", fake::dword(1));
  }
  windows.value(kSessions + "EventLog-System\\{11cd958a-c507-4ef3-b3f2-5fd9dfbd2c78}", "Enabled",
                fake::dword(1));
  for (const DefaultChannel& channel : default_channels())
    windows.value(kChannels + std::string{channel.name}, "Enabled", fake::dword(1))
        .value(kChannels + std::string{channel.name}, "MaxSize", fake::dword(0x101000));
  windows.value(kChannels + "Microsoft-Windows-TaskScheduler/Operational", "Enabled",
                fake::dword(0));
  return windows;
}

TEST(LogSettings, AnOrdinaryWindowsGivesRecordsAndNoFinding) {
  const ModuleRun found = run(ordinary());
  EXPECT_THAT(rules_of(found), IsEmpty());
  EXPECT_THAT(found.context->notes, IsEmpty());
  EXPECT_THAT(records_of(found, "log_setting"), SizeIs(3 + default_channels().size() + 1));
  EXPECT_THAT(records_of(found, "log_session"), SizeIs(3));
  EXPECT_THAT(records_of(found, "log_switch"), SizeIs(1));
}

TEST(LogSettings, IsSilentWithoutSettings) {
  const ModuleRun found = run(fake::FakeWindows{});
  EXPECT_THAT(found.context->records, IsEmpty());
  EXPECT_THAT(found.context->findings, IsEmpty());
  EXPECT_THAT(found.context->notes, IsEmpty());
}

TEST(LogSettings, AChannelIsARecordWithItsValues) {
  fake::FakeWindows windows;
  const std::string key = kChannels + kPowerShell;
  windows.value(key, "Enabled", fake::dword(1))
      .value(key, "Type", fake::dword(1))
      .value(key, "MaxSize", fake::dword(5))
      .value(key, "MaxSizeUpper", fake::dword(1))
      .value(key, "File", fake::expand_sz(kLogs + "x.evtx"))
      .value(key, "Retention", fake::dword(0xFFFFFFFF))
      .value(key, "AutoBackup", fake::dword(1))
      .value(key, "ChannelAccess", fake::sz("O:BAG:SYD:(A;;0xf0007;;;SY)"))
      .value(key, "OwningPublisher", fake::sz("{a0c1853b-5c40-4b15-8766-3cf1c58f985a}"),
             fake::at(-5));
  const ModuleRun found = run(windows);
  const auto records = records_of(found, "log_setting");
  ASSERT_THAT(records, SizeIs(1));
  const fake::Record& record = *records[0];
  EXPECT_EQ(record["log"], kPowerShell);
  EXPECT_EQ(record["place"], "channel");
  EXPECT_EQ(record["enabled"], "true");
  EXPECT_EQ(record["type"], "operational");
  EXPECT_EQ(record["max_size_bytes"], "4294967301");
  EXPECT_EQ(record["file"], kLogs + "x.evtx");
  EXPECT_EQ(record["retention"], "4294967295");
  EXPECT_EQ(record["auto_backup_log_files"], "true");
  EXPECT_EQ(record["channel_access"], "O:BAG:SYD:(A;;0xf0007;;;SY)");
  EXPECT_EQ(record["owning_publisher"], "{a0c1853b-5c40-4b15-8766-3cf1c58f985a}");
  EXPECT_EQ(record["odd_values"], "null");
  EXPECT_EQ(record["control_set"], "null");
  EXPECT_EQ(record.key, key);
  EXPECT_EQ(time_of(record, "key_last_written"), fake::at(-5));
}

TEST(LogSettings, AClassicLogOfEachControlSetIsARecord) {
  fake::FakeWindows windows;
  for (const std::string set : {"ControlSet001", "ControlSet002"}) {
    const std::string key = "HKLM\\SYSTEM\\" + set + "\\Services\\EventLog";
    windows.value(key + "\\Security", "RestrictGuestAccess", fake::dword(1))
        .value(key + "\\Internet Explorer", "CustomSD", fake::sz("O:BA"))
        .key(key + "\\Parameters");
  }
  const ModuleRun found = run(windows);
  EXPECT_THAT(records_of(found, "log_setting"), SizeIs(4));
  const auto* record =
      found.context->record({{"log", "Security"}, {"control_set", "ControlSet002"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["place"], "classic");
  EXPECT_EQ((*record)["restrict_guest_access"], "true");
  EXPECT_EQ((*record)["current_control_set"], "false");
  EXPECT_NE(found.context->record({{"channel_access", "O:BA"}, {"current_control_set", "true"}}),
            nullptr);
}

TEST(LogSettings, APolicyCountsInKibAndWritesTexts) {
  fake::FakeWindows windows;
  windows.value(kPolicies + "EventLog\\Security", "MaxSize", fake::dword(196'608))
      .value(kPolicies + "EventLog\\Security", "Retention", fake::sz("0"));
  const ModuleRun found = run(windows);
  const auto* record = found.context->record({{"place", "policy"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["max_size_bytes"], "201326592");
  EXPECT_EQ((*record)["retention"], "0");
  EXPECT_EQ((*record)["odd_values"], "null");
  EXPECT_THAT(rules_of(found), IsEmpty());
}

TEST(LogSettings, OddValuesAreToldAndNotJudged) {
  fake::FakeWindows windows;
  windows.value(kChannels + kPowerShell, "Enabled", fake::sz("0"))
      .value(kChannels + kPowerShell, "MaxSize", fake::qword(~0ull))
      .value(kChannels + kPowerShell, "File", fake::dword(7))
      .value(kChannels + kSysmon, "Enabled", fake::raw_data(4, {}))
      .value(kChannels + kSysmon, "OwningPublisher", fake::sz(std::string(70'000, 'x')))
      .value(kChannels + "Other", "Type", fake::dword(9))
      .value(kChannels + "Other", "File", fake::sz(""))
      .value(kPolicies + "EventLog\\System", "Enabled", fake::sz("no"))
      .value(kPolicies + "EventLog\\System", "MaxSize", fake::qword(~0ull))
      .value(kService, "Start", fake::sz("4"))
      .value(kSessions + "EventLog-Security", "Start", fake::binary("00 00 00 00"))
      .value(kPolicies + "PowerShell\\ScriptBlockLogging", "EnableScriptBlockLogging",
             fake::sz("0"));
  const ModuleRun found = run(windows);
  EXPECT_THAT(rules_of(found), IsEmpty());
  const auto* shell = found.context->record({{"log", kPowerShell}});
  ASSERT_NE(shell, nullptr);
  EXPECT_EQ((*shell)["enabled"], "null");
  EXPECT_EQ((*shell)["max_size_bytes"], "null");
  for (const char* name : {"enabled", "max_size_bytes", "file"})
    EXPECT_THAT(shell->json, HasSubstr(std::string{name} + "_absent\":\"unparsable\""));
  EXPECT_THAT(shell->json, HasSubstr("retention_absent\":\"not_present\""));
  EXPECT_THAT(shell->json_of("odd_values"), HasSubstr("Enabled (REG_SZ): 0"));
  EXPECT_THAT(shell->json_of("odd_values"), HasSubstr("MaxSize: 18446744073709551615 and 0"));
  EXPECT_THAT(shell->json_of("odd_values"), HasSubstr("File (REG_DWORD): 07000000"));
  const auto* sysmon = found.context->record({{"log", kSysmon}});
  ASSERT_NE(sysmon, nullptr);
  EXPECT_THAT(sysmon->json_of("odd_values"), HasSubstr("Enabled (REG_DWORD): "));
  EXPECT_EQ((*sysmon)["owning_publisher"].size(), 70'000u);
  const auto* other = found.context->record({{"log", "Other"}, {"type", "9"}});
  ASSERT_NE(other, nullptr);
  EXPECT_THAT(other->json_of("odd_values"), HasSubstr("File (REG_SZ): "));
  const auto* policy = found.context->record({{"place", "policy"}});
  ASSERT_NE(policy, nullptr);
  EXPECT_THAT(policy->json_of("odd_values"), HasSubstr("Enabled (REG_SZ): no"));
  const auto* session = found.context->record({{"session", "EventLog-Security"}});
  ASSERT_NE(session, nullptr);
  EXPECT_EQ((*session)["start"], "null");
  EXPECT_THAT(session->json_of("odd_values"), HasSubstr("Start (REG_BINARY): 00000000"));
  EXPECT_NE(found.context->record({{"setting", "event_log_service"}, {"data", "4"}}), nullptr);
}

TEST(LogSettings, ALongOddValueIsCut) {
  fake::FakeWindows windows;
  windows.value(kChannels + kPowerShell, "Enabled", fake::sz(std::string(1000, 'a')))
      .value(kChannels + kPowerShell, "MaxSize",
             fake::binary(std::vector<std::byte>(1000, std::byte{1})));
  const ModuleRun found = run(windows);
  const auto* record = found.context->record({{"log", kPowerShell}});
  ASSERT_NE(record, nullptr);
  EXPECT_LT(record->json_of("odd_values").size(), 700u);
}

// ---- channels

TEST(LogSettings, AChannelThatIsOnByDefaultAndOffIsReported) {
  fake::FakeWindows windows = ordinary();
  windows.value(kChannels + kPowerShell, "Enabled", fake::dword(0), fake::at(-60));
  const ModuleRun found = run(windows);
  ASSERT_THAT(rules_of(found), ElementsAre("log_settings.channel_off medium"));
  const Finding& finding = found.context->findings[0];
  EXPECT_EQ(finding.subject, "C:\\Windows: " + kPowerShell);
  ASSERT_THAT(finding.why, SizeIs(1));
  EXPECT_THAT(finding.why[0].fact, HasSubstr(kPowerShell));
  EXPECT_THAT(finding.why[0].fact, HasSubstr("last written at " + fake::at(-60).iso8601() +
                                             ", so it was set not later"));
  const auto* record = found.context->record({{"log", kPowerShell}});
  ASSERT_NE(record, nullptr);
  EXPECT_THAT(finding.why[0].records, ElementsAre(record->id));
  EXPECT_THAT(finding.not_checked, Not(IsEmpty()));
  EXPECT_THAT(finding.benign, SizeIs(1));
  EXPECT_THAT(finding.attack, ElementsAre("T1562.002"));
}

class EachChannel : public testing::TestWithParam<DefaultChannel> {};
TEST_P(EachChannel, IsReportedOnlyWhereItIsKnownToBeOn) {
  const DefaultChannel& channel = GetParam();
  for (const std::uint32_t build : {6002u, 7601u, 19045u}) {
    fake::FakeWindows windows = ordinary({.build = build});
    windows.value(kChannels + std::string{channel.name}, "Enabled", fake::dword(0));
    EXPECT_EQ(rules_of(run(windows)).size(), build >= channel.first_build ? 1u : 0u) << build;
  }
}
INSTANTIATE_TEST_SUITE_P(LogSettings, EachChannel,
                         testing::ValuesIn(default_channels().begin(), default_channels().end()),
                         [](const auto& one) { return std::to_string(one.index); });

TEST(LogSettings, AllChannelsOffStayAtMedium) {
  fake::FakeWindows windows = ordinary();
  for (const DefaultChannel& channel : default_channels())
    windows.value(kChannels + std::string{channel.name}, "Enabled", fake::dword(0));
  const ModuleRun found = run(windows);
  ASSERT_THAT(rules_of(found), ElementsAre("log_settings.channel_off medium"));
  EXPECT_EQ(score_of(found.context->findings[0]), 65);
  EXPECT_THAT(found.context->findings[0].why, SizeIs(default_channels().size()));
  EXPECT_THAT(found.context->findings[0].benign, SizeIs(2));  // a Sysmon that was removed
  EXPECT_THAT(found.context->findings[0].subject, testing::EndsWith(" and others"));
}

TEST(LogSettings, OneLessTellingChannelIsLow) {
  fake::FakeWindows windows = ordinary();
  windows.value(kChannels + "Microsoft-Windows-Bits-Client/Operational", "Enabled", fake::dword(0));
  EXPECT_THAT(rules_of(run(windows)), ElementsAre("log_settings.channel_off low"));
}

TEST(LogSettings, ChannelsThatAreOffByDefaultGiveNothing) {
  fake::FakeWindows windows = ordinary();
  for (const char* name :
       {"Microsoft-Windows-TaskScheduler/Operational", "Microsoft-Windows-PrintService/Operational",
        "Microsoft-Windows-DriverFrameworks-UserMode/Operational",
        "Microsoft-Windows-WMI-Activity/Trace", "Microsoft-Windows-PowerShell/Analytic",
        "Microsoft-Windows-DNS-Client/Operational", "Microsoft-Windows-PowerShell",
        "Microsoft-Windows-PowerShell/Operational "})
    windows.value(kChannels + name, "Enabled", fake::dword(0));
  windows.remove_value(kChannels + kPowerShell, "Enabled");
  EXPECT_THAT(rules_of(run(windows)), IsEmpty());
}

TEST(LogSettings, ALogOfTheServiceItselfThatIsOffIsReported) {
  for (const std::string& key : {kChannels + "Security", kService + "\\Security"}) {
    fake::FakeWindows windows = ordinary();
    windows.value(key, "Enabled", fake::dword(0));
    const ModuleRun found = run(windows);
    ASSERT_THAT(rules_of(found), ElementsAre("log_settings.channel_off medium")) << key;
    EXPECT_EQ(found.context->findings[0].subject, "C:\\Windows: Security");
    EXPECT_THAT(found.context->findings[0].not_checked.back(), HasSubstr("heeds Enabled"));
    windows.value(key, "Enabled", fake::dword(1));
    EXPECT_THAT(rules_of(run(windows)), IsEmpty());
  }
}

TEST(LogSettings, AWindowsOfUnknownBuildIsNotJudgedByIts) {
  fake::FakeWindows windows = ordinary();
  windows.value(kVersion, "CurrentBuildNumber", fake::sz("x"))
      .value(kChannels + kPowerShell, "Enabled", fake::dword(0));
  EXPECT_THAT(rules_of(run(windows)), IsEmpty());
}

// ---- sizes

struct Size {
  const char* name;
  std::string key;
  std::uint32_t bytes;
  std::string file;  ///< "" for none
  std::vector<std::string> rules;
};
class LogSize : public testing::TestWithParam<Size> {};
TEST_P(LogSize, IsJudgedByWhatWindowsHas) {
  const Size& size = GetParam();
  fake::FakeWindows windows = ordinary();
  windows.value(size.key, "MaxSize", fake::dword(size.bytes));
  if (!size.file.empty()) windows.value(size.key, "File", fake::expand_sz(size.file));
  EXPECT_EQ(rules_of(run(windows)), size.rules);
}
const std::vector<std::string> kSmall{"log_settings.small_log low"};
const std::string kOldLog = "%SystemRoot%\\System32\\config\\SecEvent.Evt";
const Size kSizes[] = {
    {"Security", kService + "\\Security", 0x10000, "", kSmall},
    {"JustBelow", kService + "\\Security", 0xFFFFF, "", kSmall},
    {"Allowed", kService + "\\Security", 0x100000, "", {}},
    {"RealOfWindows7", kService + "\\Security", 0x400000, "", {}},
    {"OfficeMakesItsOwnSmall", kService + "\\OAlerts", 0x20000, kLogs + "OAlerts.evtx", {}},
    {"WindowsXp", kService + "\\Security", 0x80000, kOldLog, {}},
    {"WindowsXpMadeSmall", kService + "\\Security", 0x10000, kOldLog, kSmall},
    {"Channel", kChannels + kPowerShell, 0x10000, "", kSmall},
    {"OtherChannel", kChannels + "Microsoft-Windows-Other/Operational", 0x10000, "", {}},
    {"Policy", kPolicies + "EventLog\\Security", 64, "", kSmall},
    {"OrdinaryPolicy", kPolicies + "EventLog\\Security", 196'608, "", {}},
    {"Largest", kService + "\\Security", 0xFFFFFFFF, "", {}},
};
INSTANTIATE_TEST_SUITE_P(LogSettings, LogSize, testing::ValuesIn(kSizes),
                         [](const auto& one) { return std::string{one.param.name}; });

TEST(LogSettings, AllLogsSmallStayAtLow) {
  fake::FakeWindows windows = ordinary();
  for (const DefaultChannel& channel : default_channels())
    windows.value(kChannels + std::string{channel.name}, "MaxSize", fake::dword(0x10000));
  const ModuleRun found = run(windows);
  EXPECT_THAT(rules_of(found), ElementsAre("log_settings.small_log low"));
  EXPECT_THAT(found.context->findings[0].why[0].fact, HasSubstr("65536 bytes only"));
}

// ---- full logs

TEST(LogSettings, ALogThatStopsWhenItIsFullIsReported) {
  fake::FakeWindows windows = ordinary();
  windows.value(kService + "\\Security", "Retention", fake::dword(0xFFFFFFFF), fake::at(-7));
  const ModuleRun found = run(windows);
  ASSERT_THAT(rules_of(found), ElementsAre("log_settings.stops_when_full low"));
  const Finding& finding = found.context->findings[0];
  EXPECT_EQ(finding.subject, "C:\\Windows: Security");
  EXPECT_THAT(finding.why[0].fact, HasSubstr("keeps all old events (Retention 4294967295)"));
  EXPECT_THAT(finding.why[0].fact, HasSubstr(fake::at(-7).iso8601()));
  EXPECT_THAT(finding.why[0].records,
              ElementsAre(found.context->record({{"log", "Security"}})->id));
}

struct Full {
  const char* name;
  std::string key;
  std::uint32_t retention;
  std::vector<std::string> rules;
};
class FullLog : public testing::TestWithParam<Full> {};
TEST_P(FullLog, IsJudgedByWhatIsKept) {
  fake::FakeWindows windows = ordinary();
  windows.value(GetParam().key, "Retention", fake::dword(GetParam().retention));
  EXPECT_EQ(rules_of(run(windows)), GetParam().rules);
  // As Windows 7 has Security: what is full is put aside.
  windows.value(GetParam().key, "AutoBackupLogFiles", fake::dword(1));
  EXPECT_THAT(rules_of(run(windows)), IsEmpty());
}
const std::vector<std::string> kStops{"log_settings.stops_when_full low"};
const Full kFull[] = {
    {"System", kService + "\\System", 0xFFFFFFFF, kStops},
    {"OfSevenDays", kService + "\\System", 604'800, {}},
    {"One", kService + "\\System", 1, {}},
    {"OtherLog", kService + "\\OAlerts", 0xFFFFFFFF, {}},
    {"Channel", kChannels + kPowerShell, 0xFFFFFFFF, kStops},
    {"Policy", kPolicies + "EventLog\\Security", 1, kStops},
};
INSTANTIATE_TEST_SUITE_P(LogSettings, FullLog, testing::ValuesIn(kFull),
                         [](const auto& one) { return std::string{one.param.name}; });

TEST(LogSettings, APolicyDecidesWhetherOldEventsAreKept) {
  fake::FakeWindows windows = ordinary();
  windows.value(kService + "\\Security", "Retention", fake::dword(0xFFFFFFFF))
      .value(kPolicies + "EventLog\\Security", "Retention", fake::sz("0"));
  EXPECT_THAT(rules_of(run(windows)), IsEmpty());
  windows.value(kPolicies + "EventLog\\Security", "Retention", fake::sz("1"))
      .value(kPolicies + "EventLog\\Security", "AutoBackupLogFiles", fake::sz("1"));
  EXPECT_THAT(rules_of(run(windows)), IsEmpty());
}

// ---- files

struct Place {
  const char* name;
  const char* file;
  std::vector<std::string> rules;
};
class LogFile : public testing::TestWithParam<Place> {};
TEST_P(LogFile, LiesWhereWindowsKeepsLogs) {
  fake::FakeWindows windows = ordinary();
  windows.value(kService + "\\System", "File", fake::expand_sz(GetParam().file));
  EXPECT_EQ(rules_of(run(windows)), GetParam().rules);
}
const std::vector<std::string> kElsewhere{"log_settings.redirected_file low"};
const std::vector<std::string> kWritable{"log_settings.redirected_file medium"};
const Place kPlaces[] = {
    {"Default", "%SystemRoot%\\system32\\winevt\\Logs\\System.evtx", {}},
    {"Spelled", "c:\\WINDOWS\\SYSTEM32\\WINEVT\\LOGS\\System.evtx", {}},
    {"OfTheNativeApi", "\\SystemRoot\\System32\\Config\\SysEvent.Evt", {}},
    {"Long", "\\??\\C:\\Windows\\System32\\winevt\\Logs\\System.evtx", {}},
    {"Climbing", "%SystemRoot%\\system32\\winevt\\Logs\\..\\..\\x.evtx", kElsewhere},
    {"OtherVolume", "D:\\Logs\\System.evtx", kElsewhere},
    {"Share", "\\\\server\\share\\System.evtx", kElsewhere},
    {"BelowTheRoot", "C:\\Logs\\System.evtx", kWritable},
    {"OfASystem", "C:\\Windows\\System32\\x\\System.evtx", kElsewhere},
    {"Temporary", "C:\\Windows\\Temp\\System.evtx", kWritable},
    {"OfEverybody", "C:\\Users\\Public\\System.evtx", kWritable},
    {"Empty", "", {}},
};
INSTANTIATE_TEST_SUITE_P(LogSettings, LogFile, testing::ValuesIn(kPlaces),
                         [](const auto& one) { return std::string{one.param.name}; });

TEST(LogSettings, ARedirectedLogSaysWhere) {
  fake::FakeWindows windows = ordinary();
  windows.value(kService + "\\Security", "File", fake::sz("D:\\x.evtx"), fake::at(-3));
  const ModuleRun found = run(windows);
  ASSERT_THAT(found.context->findings, SizeIs(1));
  const Finding& finding = found.context->findings[0];
  EXPECT_EQ(finding.subject, "C:\\Windows: Security");
  EXPECT_THAT(finding.why[0].fact, HasSubstr("written to D:\\x.evtx"));
  EXPECT_THAT(finding.why[0].fact, HasSubstr(fake::at(-3).iso8601()));
  EXPECT_THAT(finding.why[0].records,
              ElementsAre(found.context->record({{"log", "Security"}})->id));
}

TEST(LogSettings, AChannelsFileIsJudgedWhereTheChannelMatters) {
  fake::FakeWindows windows = ordinary();
  windows.value(kChannels + kSysmon, "File", fake::sz("D:\\x.evtx"))
      .value(kChannels + "Vendor/Log", "File", fake::sz("D:\\y.evtx"))
      .value(kService + "\\Vendor", "File", fake::sz("D:\\z.evtx"));
  const ModuleRun found = run(windows);
  ASSERT_THAT(rules_of(found), ElementsAre("log_settings.redirected_file low"));
  EXPECT_THAT(found.context->findings[0].subject, HasSubstr(kSysmon));
}

TEST(LogSettings, APolicyThatLeadsALogElsewhereIsNoMoreThanInformation) {
  fake::FakeWindows windows = ordinary();
  windows.value(kPolicies + "EventLog\\Security", "File", fake::sz("D:\\Logs\\Security.evtx"))
      .value(kService + "\\Security", "File", fake::sz("D:\\Logs\\Security.evtx"));
  const ModuleRun found = run(windows);
  ASSERT_THAT(rules_of(found), ElementsAre("log_settings.redirected_file info"));
  EXPECT_THAT(found.context->findings[0].why[0].fact, HasSubstr("by policy"));
}

TEST(LogSettings, APolicyThatSwitchesALogOffIsLow) {
  fake::FakeWindows windows = ordinary();
  windows.value(kPolicies + "EventLog\\Setup", "Enabled", fake::sz("0"));
  EXPECT_THAT(rules_of(run(windows)), ElementsAre("log_settings.policy_off low"));
  windows.value(kPolicies + "EventLog\\Setup", "Enabled", fake::dword(1));
  EXPECT_THAT(rules_of(run(windows)), IsEmpty());
}

// ---- sessions

TEST(LogSettings, ASessionThatIsNotStartedIsReported) {
  fake::FakeWindows windows = ordinary();
  windows.value(kSessions + "EventLog-Security", "Start", fake::dword(0), fake::at(-9));
  const ModuleRun found = run(windows);
  ASSERT_THAT(rules_of(found), ElementsAre("log_settings.session_off medium"));
  EXPECT_THAT(found.context->findings[0].why[0].fact, HasSubstr("EventLog-Security"));
  EXPECT_THAT(found.context->findings[0].why[0].fact, HasSubstr(fake::at(-9).iso8601()));
  EXPECT_NE(found.context->record({{"session", "EventLog-Security"}, {"start", "false"}}), nullptr);
}

TEST(LogSettings, OtherSessionsAreNotLookedAt) {
  fake::FakeWindows windows = ordinary();
  windows.value(kSessions + "DiagLog", "Start", fake::dword(0))
      .value(kSessions + "AITEventLog", "Start", fake::dword(0));
  const ModuleRun found = run(windows);
  EXPECT_THAT(rules_of(found), IsEmpty());
  EXPECT_THAT(records_of(found, "log_session"), SizeIs(3));
}

TEST(LogSettings, AProviderThatIsSilencedIsReported) {
  fake::FakeWindows windows = ordinary();
  const std::string session = kSessions + "EventLog-Application\\";
  windows
      .value(session + "{A0C1853B-5C40-4B15-8766-3CF1C58F985A}", "Enabled", fake::dword(0),
             fake::at(-4))
      .value(session + "{00000000-0000-0000-0000-000000000001}", "Enabled", fake::dword(0))
      .value(session + "{00000000-0000-0000-0000-000000000002}", "Enabled", fake::dword(1))
      .value(session + "{00000000-0000-0000-0000-000000000003}", "Enabled", fake::sz("0"));
  const ModuleRun found = run(windows);
  ASSERT_THAT(rules_of(found), ElementsAre("log_settings.provider_off medium"));
  ASSERT_THAT(found.context->findings[0].why, SizeIs(1));
  EXPECT_THAT(found.context->findings[0].why[0].fact,
              HasSubstr("no events from Microsoft-Windows-PowerShell"));
  EXPECT_THAT(found.context->findings[0].why[0].fact, HasSubstr(fake::at(-4).iso8601()));
  const auto* record = found.context->record({{"session", "EventLog-Application"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["providers"], "4");
  EXPECT_EQ((*record)["disabled_providers"], "2");
  EXPECT_THAT(record->json_of("disabled"), HasSubstr("{A0C1853B-5C40-4B15-8766-3CF1C58F985A}"));
}

TEST(LogSettings, ASilencedProviderIsFoundAmongManyOthers) {
  fake::FakeWindows windows = ordinary();
  const std::string session = kSessions + "EventLog-Application\\";
  for (int i = 0; i < 150; ++i)
    windows.value(session + "{00000000-" + std::to_string(1000 + i) + "}", "Enabled",
                  fake::dword(0));
  windows.value(session + "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}", "Enabled", fake::dword(0));
  const ModuleRun found = run(windows);
  ASSERT_THAT(rules_of(found), ElementsAre("log_settings.provider_off medium"));
  const auto* record = found.context->record({{"session", "EventLog-Application"}});
  EXPECT_EQ((*record)["disabled_providers"], "151");
}

// ---- switches

TEST(LogSettings, ADisabledServiceIsReported) {
  fake::FakeWindows windows = ordinary();
  windows.value(kService, "Start", fake::dword(4), fake::at(-2));
  const ModuleRun found = run(windows);
  ASSERT_THAT(rules_of(found), ElementsAre("log_settings.service_off medium"));
  EXPECT_THAT(found.context->findings[0].why[0].fact, HasSubstr(fake::at(-2).iso8601()));
  const auto* record = found.context->record({{"setting", "event_log_service"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["value_name"], "Start");
  EXPECT_EQ((*record)["value_type"], "REG_DWORD");
  EXPECT_EQ((*record)["data"], "4");
  EXPECT_THAT(found.context->findings[0].why[0].records, ElementsAre(record->id));
}

TEST(LogSettings, AServiceStartedByHandIsLow) {
  fake::FakeWindows windows = ordinary();
  windows.value(kService, "Start", fake::dword(3));
  EXPECT_THAT(rules_of(run(windows)), ElementsAre("log_settings.service_off low"));
}

TEST(LogSettings, OnlyTheCurrentControlSetIsJudged) {
  fake::FakeWindows windows = ordinary();
  const std::string other = "HKLM\\SYSTEM\\ControlSet002\\";
  windows.value(other + "Services\\EventLog", "Start", fake::dword(4))
      .value(other + "Services\\EventLog\\Security", "MaxSize", fake::dword(1))
      .value(other + "Services\\EventLog\\Security", "File", fake::sz("D:\\x.evtx"))
      .value(other + "Control\\WMI\\Autologger\\EventLog-System", "Start", fake::dword(0))
      .key(other + "Control\\MiniNt");
  const ModuleRun found = run(windows);
  EXPECT_THAT(rules_of(found), IsEmpty());
  EXPECT_NE(found.context->record({{"setting", "mini_nt"}, {"current_control_set", "false"}}),
            nullptr);
}

TEST(LogSettings, MiniNtIsReported) {
  fake::FakeWindows windows = ordinary();
  windows.key(kControl + "MiniNT", fake::at(-1));
  const ModuleRun found = run(windows);
  ASSERT_THAT(rules_of(found), ElementsAre("log_settings.mini_nt medium"));
  EXPECT_THAT(found.context->findings[0].why[0].fact, HasSubstr(fake::at(-1).iso8601()));
  const auto* record = found.context->record({{"setting", "mini_nt"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["value_name"], "null");
  EXPECT_EQ((*record)["data"], "null");
}

TEST(LogSettings, WindowsPeHasMiniNt) {
  fake::FakeWindows windows = ordinary();
  windows.key(kControl + "MiniNt").value(kVersion, "EditionID", fake::sz("WindowsPE"));
  const ModuleRun found = run(windows);
  EXPECT_THAT(rules_of(found), IsEmpty());
  EXPECT_NE(found.context->record({{"setting", "mini_nt"}}), nullptr);
}

TEST(LogSettings, WithoutSoftwareItMayBeWindowsPe) {
  fake::FakeWindows windows = ordinary();
  windows.key(kControl + "MiniNt").without_hive("HKLM\\SOFTWARE");
  const ModuleRun found = run(windows);
  ASSERT_THAT(rules_of(found), ElementsAre("log_settings.mini_nt low"));
  EXPECT_THAT(found.context->findings[0].not_checked.back(), HasSubstr("SOFTWARE"));
}

TEST(LogSettings, PoliciesAgainstLoggingOfPowerShellAreLow) {
  fake::FakeWindows windows = ordinary();
  windows.user("alice");
  const std::string below = "PowerShell\\ScriptBlockLogging";
  windows.value(kPolicies + below, "EnableScriptBlockLogging", fake::dword(0), fake::at(-6));
  ModuleRun found = run(windows);
  ASSERT_THAT(rules_of(found), ElementsAre("log_settings.powershell_policy_off low"));
  EXPECT_EQ(score_of(found.context->findings[0]), 20);
  EXPECT_THAT(found.context->findings[0].why[0].fact, HasSubstr("EnableScriptBlockLogging 0"));
  windows.value(kPolicies + "PowerShell\\ModuleLogging", "EnableModuleLogging", fake::dword(0))
      .value(kPolicies + "PowerShell\\Transcription", "EnableTranscripting", fake::dword(0))
      .value("HKLM\\SOFTWARE\\Policies\\Microsoft\\PowerShellCore\\ScriptBlockLogging",
             "EnableScriptBlockLogging", fake::dword(0))
      .value("HKU\\alice\\Software\\Policies\\Microsoft\\Windows\\" + below,
             "EnableScriptBlockLogging", fake::dword(0));
  found = run(windows);
  ASSERT_THAT(rules_of(found), ElementsAre("log_settings.powershell_policy_off low"));
  ASSERT_THAT(found.context->findings[0].why, SizeIs(5));
  EXPECT_EQ(score_of(found.context->findings[0]), 39);
  EXPECT_THAT(found.context->findings[0].why.back().fact, HasSubstr("A policy of alice"));
}

TEST(LogSettings, APolicyFor32BitPowerShellCountsToo) {
  fake::FakeWindows windows = ordinary();
  windows.value(
      "HKLM\\SOFTWARE\\Wow6432Node\\Policies\\Microsoft\\Windows\\PowerShell\\ModuleLogging",
      "EnableModuleLogging", fake::dword(0));
  EXPECT_THAT(rules_of(run(windows)), ElementsAre("log_settings.powershell_policy_off low"));
}

TEST(LogSettings, PoliciesThatSwitchLoggingOnAreRecords) {
  fake::FakeWindows windows = ordinary();
  windows
      .value(kPolicies + "PowerShell\\ScriptBlockLogging", "EnableScriptBlockLogging",
             fake::dword(1))
      .value("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System\\Audit",
             "ProcessCreationIncludeCmdLine_Enabled", fake::dword(0))
      .key(kPolicies + "PowerShell\\ModuleLogging");
  const ModuleRun found = run(windows);
  EXPECT_THAT(rules_of(found), IsEmpty());
  EXPECT_THAT(records_of(found, "log_switch"), SizeIs(3));
  EXPECT_NE(found.context->record({{"setting", "process_command_lines"}, {"data", "0"}}), nullptr);
  EXPECT_NE(found.context->record({{"setting", "script_block_logging"}, {"data", "1"}}), nullptr);
}

TEST(LogSettings, ADamagedHiveIsNotedAndTheOtherIsRead) {
  fake::FakeWindows windows = ordinary();
  windows.value(kService, "Start", fake::dword(4))
      .hive_bytes("HKLM\\SOFTWARE", std::vector<std::byte>(8192));
  const ModuleRun found = run(windows);
  EXPECT_THAT(rules_of(found), ElementsAre("log_settings.service_off medium"));
  EXPECT_THAT(found.context->notes, Not(IsEmpty()));
}

TEST(LogSettings, AHiveWithoutItsTransactionLogsIsSaidToMissTheLastChanges) {
  LoggingMachine machine;
  machine.windows = "C:\\Windows";
  machine.build = 19045;
  for (const DefaultChannel& channel : default_channels()) {
    LogSetting off;
    off.log = channel.name;
    off.enabled = 0;
    off.origin.is_whole = false;
    machine.settings.push_back(off);
  }
  const std::vector<Finding> findings = judge_logging(machine);
  ASSERT_THAT(findings, SizeIs(1));
  ASSERT_THAT(findings[0].not_checked, SizeIs(2));
  EXPECT_THAT(findings[0].not_checked[1], HasSubstr("transaction log"));
  EXPECT_THAT(findings[0].why[0].fact, HasSubstr("does not say when it was last written"));
}

TEST(LogSettings, EachWindowsIsJudgedByItself) {
  fake::FakeWindows windows = ordinary();
  fake::FakeWindows old = ordinary({.windows_folder = "Windows.old\\Windows"});
  old.value(kService, "Start", fake::dword(4));
  windows.merge(old);
  const ModuleRun found = run(windows);
  ASSERT_THAT(rules_of(found), ElementsAre("log_settings.service_off medium"));
  EXPECT_EQ(found.context->findings[0].subject, "C:\\Windows.old\\Windows: service EventLog");
}

}  // namespace
}  // namespace hozen
