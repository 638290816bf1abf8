// What logs tell of changes of log settings; the settings themselves: log_settings_test.cpp.
#include "tests/modules/log_settings_cases.h"

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Texts written(const std::string& target, const std::string& details,
              const std::string& image = "C:\\Windows\\system32\\svchost.exe") {
  return {{"EventType", "SetValue"},
          {"TargetObject", target},
          {"Details", details},
          {"Image", image},
          {"User", "CORP\\eve"}};
}
const std::string kReg = "C:\\Windows\\system32\\reg.exe";
const std::string kOff = "DWORD (0x00000000)";
const std::string kLive = "HKLM\\System\\CurrentControlSet\\";
const std::string kScriptBlocks =
    "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\PowerShell\\ScriptBlockLogging\\"
    "EnableScriptBlockLogging";

struct Told {
  const char* name;
  Texts texts;
  std::vector<std::string> rules;
  std::uint16_t id = 13;
};
class LogChange : public testing::TestWithParam<Told> {};
TEST_P(LogChange, IsJudgedByWhatItSwitchesOff) {
  EventWorld world;
  world.sysmon(GetParam().id, 0, GetParam().texts);
  EXPECT_EQ(rules_of(world.run(modules::log_settings)), GetParam().rules);
}
const std::vector<std::string> kMedium{"log_settings.switched_off medium"};
const std::vector<std::string> kLow{"log_settings.switched_off low"};
const Told kTold[] = {
    {"Channel", written(kChannels + kPowerShell + "\\Enabled", kOff), kMedium},
    {"LessTellingChannel",
     written(kChannels + "Microsoft-Windows-Bits-Client/Operational\\Enabled", kOff), kLow},
    {"LogOfTheService", written(kChannels + "Security\\Enabled", kOff), kMedium},
    {"LogBelowItsKey", written(kLive + "Services\\EventLog\\System\\Enabled", kOff, kReg), kMedium},
    {"LogOfAVendor", written(kLive + "Services\\EventLog\\Vendor\\Enabled", kOff, kReg), {}},
    {"ChannelOn", written(kChannels + kPowerShell + "\\Enabled", "DWORD (0x00000001)"), {}},
    {"OtherChannel",
     written(kChannels + "Microsoft-Windows-TaskScheduler/Operational\\Enabled", kOff),
     {}},
    {"OtherValue", written(kChannels + kPowerShell + "\\Type", kOff), {}},
    {"NotTheChannels", written("HKLM\\SOFTWARE\\X\\" + kPowerShell + "\\Enabled", kOff), {}},
    {"Text", written(kChannels + kPowerShell + "\\Enabled", "0"), {}},
    {"Binary", written(kChannels + kPowerShell + "\\Enabled", "Binary Data"), {}},
    {"Service", written(kLive + "Services\\EventLog\\Start", "DWORD (0x00000004)"), kMedium},
    {"ServiceByHand", written(kLive + "Services\\EventLog\\Start", "DWORD (0x00000003)"), kLow},
    {"ServiceOn", written(kLive + "Services\\EventLog\\Start", "DWORD (0x00000002)"), {}},
    {"OtherService", written(kLive + "Services\\Spooler\\Start", "DWORD (0x00000004)"), {}},
    {"Session", written(kLive + "Control\\WMI\\Autologger\\EventLog-System\\Start", kOff), kMedium},
    {"OtherSession", written(kLive + "Control\\WMI\\Autologger\\DiagLog\\Start", kOff), {}},
    {"Provider",
     written(kLive + "Control\\WMI\\Autologger\\EventLog-Application\\"
                     "{a0c1853b-5c40-4b15-8766-3cf1c58f985a}\\Enabled",
             kOff),
     kMedium},
    {"OtherProvider",
     written(kLive + "Control\\WMI\\Autologger\\EventLog-Application\\"
                     "{00000000-0000-0000-0000-000000000000}\\Enabled",
             kOff),
     {}},
    {"PolicyOfALog",
     written("HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\EventLog\\Setup\\Enabled", kOff), kLow},
    {"PolicyOfPowerShell", written(kScriptBlocks, kOff), kLow},
    {"PolicyOfPowerShellByHand", written(kScriptBlocks, kOff, kReg), kMedium},
    {"PolicyOn", written(kScriptBlocks, "DWORD (0x00000001)", kReg), {}},
    {"MiniNt",
     {{"EventType", "CreateKey"}, {"TargetObject", kLive + "Control\\MiniNt"}, {"Image", kReg}},
     {"log_settings.switched_off high"},
     12},
    {"MiniNtTakenAway",
     {{"EventType", "DeleteKey"}, {"TargetObject", kLive + "Control\\MiniNt"}, {"Image", kReg}},
     {},
     12},
    {"NoKey", written("x", kOff), {}},
};
INSTANTIATE_TEST_SUITE_P(LogChanges, LogChange, testing::ValuesIn(kTold),
                         [](const auto& one) { return std::string{one.param.name}; });

TEST(LogChanges, ManyEventsOfOneSettingAreOneFinding) {
  EventWorld world;
  for (int i = 0; i < 50; ++i) world.sysmon(13, i, written(kScriptBlocks, kOff, kReg));
  const ModuleRun found = world.run(modules::log_settings);
  ASSERT_THAT(rules_of(found), ElementsAre("log_settings.switched_off medium"));
  const Finding& finding = found.context->findings[0];
  EXPECT_EQ(score_of(finding), 40);
  EXPECT_LE(finding.why.size(), 31u);
  EXPECT_EQ(finding.subject, kScriptBlocks);
  EXPECT_THAT(finding.why[0].fact, HasSubstr("At " + EventWorld::moment(0).iso8601()));
  EXPECT_THAT(finding.why[0].fact, HasSubstr("written by " + kReg + " as CORP\\eve."));
  EXPECT_THAT(finding.why[0].records, ElementsAre(records_of(found, "event").at(0)->id));
}

TEST(LogChanges, TheServiceManagerTellsOfTheService) {
  const auto start_type = [](const char* name, const char* from, const char* to) {
    EventWorld world;
    world.add("System", 7040, 0,
              {{"param1", "x"}, {"param2", from}, {"param3", to}, {"param4", name}});
    return rules_of(world.run(modules::log_settings));
  };
  EXPECT_EQ(start_type("EventLog", "auto start", "disabled"), kMedium);
  const std::vector<std::string> untold{"log_settings.start_type_changed low"};
  EXPECT_EQ(start_type("EventLog", "Automatisch starten", "Deaktiviert"), untold);
  EXPECT_EQ(start_type("EventLog", "Manuell starten", "Automatisch starten"), untold);
  EXPECT_THAT(start_type("EventLog", "disabled", "auto start"), IsEmpty());
  EXPECT_THAT(start_type("BITS", "auto start", "disabled"), IsEmpty());
}

TEST(LogChanges, SysmonTellsWhatWordsOfAnotherLanguageDoNot) {
  const auto with_sysmon = [](const char* details) {
    EventWorld world;
    world.add("System", 7040, 0,
              {{"param1", "x"}, {"param2", "a"}, {"param3", "b"}, {"param4", "EventLog"}});
    world.sysmon(13, 0.1, written(kLive + "Services\\EventLog\\Start", details));
    return rules_of(world.run(modules::log_settings));
  };
  EXPECT_THAT(with_sysmon("DWORD (0x00000002)"), IsEmpty());
  EXPECT_EQ(with_sysmon("DWORD (0x00000004)").size(), 2u) << "the value, and the service";
}

}  // namespace
}  // namespace hozen
