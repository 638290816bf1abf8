// Whose a service is that was installed from another host, and that each trace is told once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/modules/remote_service_cases.h"

namespace hozen {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kVendor = "C:\\Program Files\\V\\v.exe";

/// All sentences of the first finding.
std::string story(EventWorld& world) {
  const ModuleRun run = world.run(modules::remote_tasks_and_wmi);
  std::string text;
  if (run.context->findings.empty()) return text;
  for (const Why& why : run.context->findings[0].why) text += why.fact + "\n";
  return text;
}

TEST(RemoteServicesWho, AnotherUseNearInTimeHidesNoPipe) {
  EventWorld world;
  world.add("System", 7045, 0, service("PSEXESVC", "%SystemRoot%\\PSEXESVC.exe"))
      .security(5145, 30, share("IPC$", "svcctl", "0x2", "0xbad", "mallory", "10.6.6.6"));
  EXPECT_THAT(told(world), ElementsAre("service_control low", HasSubstr("+psexec.use")));
}

TEST(RemoteServicesWho, AUseOfPsExecTellsItsOwnPipe) {
  // Of its session, and in another session of the same account and address.
  for (const char* session : {"0x77", "0x78"}) {
    EventWorld world;
    world.security(5145, 0, share("ADMIN$", "PSEXESVC.exe"))
        .security(5145, 1, share("IPC$", "svcctl", "0x2", session))
        .add("System", 7045, 2, service("PSEXESVC", "%SystemRoot%\\PSEXESVC.exe"));
    EXPECT_THAT(told(world), ElementsAre(HasSubstr("+psexec.use")));
    const ModuleRun run = world.run(modules::psexec);
    EXPECT_THAT(
        run.context->findings.at(0).why,
        Contains(testing::Field(&Why::fact, HasSubstr("(svcctl) was opened by CORP\\eve"))));
  }
}

TEST(RemoteServicesWho, AnAccountAloneIsNotTheSame) {
  EventWorld world;
  world.security(5145, 0, share("IPC$", "svcctl", "0x2", "0x99", "eve", "10.0.0.99"))
      .security(4697, 60, audited("u", kVendor, "2"));
  EXPECT_THAT(told(world), ElementsAre("service_control low"));
  EventWorld same;
  same.security(4624, 0, logon())
      .security(5145, 0, share("IPC$", "svcctl", "0x2", "0x99"))
      .security(4697, 60, audited("u", kVendor, "2"));
  EXPECT_THAT(told(same), ElementsAre("service_from_afar medium"));
  EXPECT_THAT(story(same), HasSubstr("svcctl"));
}

TEST(RemoteServicesWho, ASessionAloneIsNotPsExecsWay) {
  EventWorld world;
  world.security(4624, 0, logon()).security(4697, 60, audited("u", kVendor, "2"));
  const ModuleRun run = world.run(modules::remote_tasks_and_wmi);
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_THAT(run.context->findings[0].title, HasSubstr("in a logon session"));
  EXPECT_THAT(run.context->findings[0].attack, Not(Contains("T1021.002")));
}

TEST(RemoteServicesWho, AComputersLogonIsJoinedByItsSession) {
  EventWorld world;
  world.security(4624, 0, logon("3", "0x77", "SCCM$"))
      .security(5145, 1, share("ADMIN$", "ccmsetup\\ccmsetup.exe", "0x2", "0x77", "SCCM$"))
      .add("System", 7045, 3,
           service("ccmsetup", "\"C:\\Windows\\ccmsetup\\ccmsetup.exe\" /runservice"));
  EXPECT_THAT(story(world), HasSubstr("CORP\\SCCM$ was logged on"));
  EventWorld other;
  other.security(4624, 0, logon("3", "0x79", "DC1$"))
      .security(5145, 1, share("ADMIN$", "ccmsetup\\ccmsetup.exe", "0x2", "0x77", "SCCM$"))
      .add("System", 7045, 3,
           service("ccmsetup", "\"C:\\Windows\\ccmsetup\\ccmsetup.exe\" /runservice"));
  EXPECT_THAT(story(other), Not(HasSubstr("DC1$")));
}

/// Numbers of sessions come again; when Windows started is not always told.
TEST(RemoteServicesWho, ASessionOfAnotherUserIsAnotherSession) {
  EventWorld world;
  world.security(4624, -5'000'000, logon("3", "0x77", "olduser"))
      .security(5145, 1, share("ADMIN$", "update.exe"))
      .add("System", 7045, 3, service("u", kFile));
  EXPECT_THAT(story(world), Not(HasSubstr("olduser was logged on")));
}

TEST(RemoteServicesWho, ACommandsFilesAreStagesOfAUse) {
  EventWorld world;
  world.security(5145, 1, share("ADMIN$", "u.bat"))
      .security(5145, 2, share("IPC$", "svcctl"))
      .add("System", 7045, 3, service("upd", "cmd.exe /c start C:\\Windows\\u.bat"));
  EXPECT_THAT(told(world), ElementsAre("+psexec.clone_use high"));
  const ModuleRun run = world.run(modules::psexec);
  EXPECT_THAT(run.context->findings.at(0).subject, HasSubstr("by CORP\\eve (10.0.0.5)"));
  EventWorld other;
  other.security(5145, 1, share("ADMIN$", "v.bat"))
      .security(5145, 2, share("IPC$", "svcctl"))
      .add("System", 7045, 3, service("upd", "cmd.exe /c start C:\\Windows\\u.bat"));
  EXPECT_THAT(told(other), ElementsAre("service_control low", "+psexec.clone_use high"));
}

TEST(RemoteServicesWho, APipeThatOnlyTheTimeJoinsIsPerhapsIt) {
  EventWorld world;
  world.security(5145, 0, share("IPC$", "svcctl", "0x2", "0x99", "prtg"))
      .add("System", 7045, 30, service("Vendor Helper", "C:\\Windows\\VendorHelper.exe"));
  EXPECT_THAT(told(world), ElementsAre("service_in_windows_folder low", "service_control low"));
  EXPECT_THAT(story(world),
              HasSubstr("Perhaps of it, by the time alone: the pipe of the services"));
}

EventWorld nightly(int nights, int other = -1) {
  EventWorld world;
  for (int i = 0; i < nights; ++i) {
    const double night = i * 86'400;
    const std::string id = "0x10" + std::to_string(i);
    const std::string user = i == other ? "bob" : "eve";
    world.security(4624, night, logon("3", id, user))
        .security(5145, night + 1, share("ADMIN$", "P\\p.exe", "0x2", id, user))
        .security(5145, night + 2, share("IPC$", "svcctl", "0x2", id, user))
        .add("System", 7045, night + 3, service("P", "C:\\Windows\\P\\p.exe"));
  }
  return world;
}

TEST(RemoteServicesWho, WhatIsDoneAlikeEachNightIsOneFinding) {
  EventWorld world = nightly(20);
  const ModuleRun run = world.run(modules::remote_tasks_and_wmi);
  ASSERT_THAT(rules_of(run), ElementsAre("remote_tasks_and_wmi.service_from_afar high"));
  const Finding& finding = run.context->findings[0];
  EXPECT_THAT(finding.subject, HasSubstr(", 20 times until "));
  std::string text;
  std::size_t records = 0;
  for (const Why& why : finding.why) {
    text += why.fact;
    if (why.weight == 0) records += why.records.size();
  }
  EXPECT_THAT(text, HasSubstr("was done 20 times"));
  for (int i = 0; i < 20; ++i)
    EXPECT_THAT(text, HasSubstr(EventWorld::moment(i * 86'400 + 1).iso8601()));
  EXPECT_EQ(records, 19u * 4u);
}

TEST(RemoteServicesWho, WhatDiffersIsAnotherFinding) {
  EventWorld account = nightly(4, 2);
  EXPECT_THAT(told(account), ElementsAre("service_from_afar high", "service_from_afar high"));
  EventWorld command = nightly(4);
  command.sysmon(1, 2 * 86'400 + 4,
                 {{"Image", "C:\\Windows\\System32\\cmd.exe"},
                  {"CommandLine", "cmd.exe /c whoami"},
                  {"ParentImage", "C:\\Windows\\P\\p.exe"}});
  EXPECT_EQ(told(command).size(), 2u);
}

TEST(RemoteServicesWho, PipesThatOnlyTheTimeJoinsStayToldOfThoseThatAreAlike) {
  EventWorld world;
  for (int i = 0; i < 3; ++i) {
    const std::string user = "user" + std::to_string(i);
    world.security(5145, i * 9'000, share("IPC$", "svcctl", "0x2", "0x9", user))
        .add("System", 7045, i * 9'000 + 30, service("V", "C:\\Windows\\V.exe"));
  }
  EXPECT_THAT(told(world), ElementsAre("service_in_windows_folder low", "service_control low",
                                       "service_control low", "service_control low"));
  for (const char* user : {"user0", "user1", "user2"}) EXPECT_THAT(story(world), HasSubstr(user));
}

TEST(RemoteServicesWho, FilesThatTheCommandNamesAreItsToo) {
  EventWorld world;
  world.security(5145, 1, share("ADMIN$", "u.dll"))
      .security(5145, 2, share("IPC$", "svcctl"))
      .add("System", 7045, 3, service("u", "rundll32.exe C:\\Windows\\u.dll,Start"));
  EXPECT_THAT(told(world), ElementsAre("service_from_afar high"));
  EXPECT_THAT(story(world), HasSubstr("A file that its command names was written"));
  EventWorld other;
  other.security(5145, 1, share("ADMIN$", "v.dll"))
      .add("System", 7045, 3, service("u", "rundll32.exe C:\\Windows\\u.dll,Start"));
  EXPECT_THAT(told(other), IsEmpty());
}

TEST(RemoteServicesWho, ADotHidesNoFolder) {
  EventWorld world;
  world.add("System", 7045, 3, service("upd", "C:\\Windows\\.\\System32\\..\\u.exe"));
  EXPECT_THAT(told(world), ElementsAre("service_in_windows_folder low"));
}

TEST(RemoteServicesWho, AServiceThatIsSetToAnotherProgram) {
  const auto set = [](const std::string& path) -> Texts {
    return {{"EventType", "SetValue"},
            {"Image", "C:\\Windows\\system32\\services.exe"},
            {"TargetObject", "HKLM\\System\\CurrentControlSet\\Services\\Sensor\\ImagePath"},
            {"Details", path}};
  };
  EventWorld world;
  world.security(5145, 1, share("ADMIN$", "Temp\\e.exe"))
      .security(5145, 2, share("IPC$", "svcctl"))
      .sysmon(13, 3, set("C:\\Windows\\Temp\\e.exe"));
  EXPECT_THAT(told(world), ElementsAre("service_from_afar high"));
  EventWorld alone;
  alone.security(5145, 2, share("IPC$", "svcctl")).sysmon(13, 3, set("C:\\Windows\\Temp\\e.exe"));
  EXPECT_THAT(told(alone), ElementsAre("service_control low"));
}

}  // namespace
}  // namespace hozen
