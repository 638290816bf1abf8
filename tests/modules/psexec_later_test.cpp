// What PsExec's service did long after its use began: of the use where that is certain, told of as
// left over where it is not.
#include <gmock/gmock.h>

#include "tests/modules/psexec_cases.h"

namespace hozen {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class PsExecLater : public PsExecCase {};

EvtxEvent state(double seconds, const std::string& said) {
  return text_event("System", 7036, seconds, {{"param1", "PSEXESVC"}, {"param2", said}},
                    "Service Control Manager");
}

TEST_F(PsExecLater, StatesInAnotherLanguage) {
  const std::string runs = "\u5b9f\u884c\u4e2d", stops = "\u505c\u6b62";
  log("System", {install(0), state(1, runs), state(4000, stops)});
  EXPECT_THAT(findings_of(judge(), "psexec.leftover"), IsEmpty()) << "it went on for an hour";
  log("System",
      {install(0), state(1, runs), state(9, stops), state(4000, runs), state(4009, stops)});
  const ModuleRun run = judge();
  EXPECT_THAT(story_of(*findings_of(run, "psexec.leftover").at(0)),
              HasSubstr("at " + time(4000).iso8601()));
  EXPECT_THAT(story_of(*findings_of(run, "psexec.use").at(0)),
              Not(HasSubstr(time(4009).iso8601())));
  log("System", {install(0), state(4000, runs)});
  EXPECT_EQ(findings_of(judge(), "psexec.leftover").size(), 1u) << "it may be a start";
}

constexpr const char* kServiceFile = "C:\\Windows\\PSEXESVC.exe";

EvtxEvent started(double seconds, const std::string& line, const std::string& parent_number) {
  return process(seconds, "C:\\Windows\\System32\\cmd.exe", line, "900", kServiceFile,
                 parent_number);
}

TEST_F(PsExecLater, WhatTheServiceRanHoursLaterIsOfItsUse) {
  log("System", {install(0)});
  log("Sysmon", {process(1, kServiceFile, kServiceFile, "700"), started(2, "cmd /c ver", "700"),
                 started(360, "nltest /dclist:", "700"), started(90'000, "vssadmin list", "700"),
                 started(90'001, "whoami /all", "701")});
  const ModuleRun run = judge();
  const auto uses = findings_of(run, "psexec.use");
  ASSERT_EQ(uses.size(), 1u);
  EXPECT_THAT(story_of(*uses[0]), HasSubstr("nltest /dclist:"));
  EXPECT_THAT(story_of(*uses[0]), HasSubstr("vssadmin list"));
  EXPECT_THAT(story_of(*uses[0]), Not(HasSubstr("whoami"))) << "another process";
  const auto left = findings_of(run, "psexec.leftover");
  ASSERT_EQ(left.size(), 1u);
  EXPECT_THAT(story_of(*left[0]), HasSubstr("whoami /all"));
  EXPECT_THAT(story_of(*left[0]), Not(HasSubstr("nltest")));
}

TEST_F(PsExecLater, WhatIsTooMuchToListIsCounted) {
  std::vector<EvtxEvent> events{process(1, kServiceFile, kServiceFile, "700")};
  for (int i = 0; i < 70; ++i)
    events.push_back(started(1000 + i, "cmd /c " + std::to_string(i), "700"));
  log("System", {install(0)});
  log("Sysmon", events);
  const ModuleRun run = judge();
  EXPECT_THAT(findings_of(run, "psexec.leftover"), IsEmpty());
  EXPECT_THAT(findings_of(run, "psexec.use").at(0)->not_checked,
              testing::Contains(HasSubstr("12 more signs of it")));
}

TEST_F(PsExecLater, ProcessNumbersOfAnotherStartOfWindowsAreNotItsOwn) {
  log("System",
      {install(0), text_event("System", 12, 500, {}, "Microsoft-Windows-Kernel-General")});
  log("Sysmon", {process(1, kServiceFile, kServiceFile, "700"), started(1000, "whoami", "700")});
  const ModuleRun run = judge();
  EXPECT_THAT(story_of(*findings_of(run, "psexec.use").at(0)), Not(HasSubstr("whoami")));
  EXPECT_THAT(story_of(*findings_of(run, "psexec.leftover").at(0)), HasSubstr("whoami"));
}

EvtxEvent connection(double seconds, const std::string& number, const std::string& initiated) {
  return text_event(std::string{kSysmon}, 3, seconds,
                    {{"Image", kServiceFile},
                     {"ProcessId", number},
                     {"Initiated", initiated},
                     {"SourceIp", "10.0.0.66"},
                     {"DestinationIp", "10.0.0.9"}});
}

TEST_F(PsExecLater, ConnectionsHoursLater) {
  log("System", {install(0)});
  log("Sysmon", {process(1, kServiceFile, kServiceFile, "700"), connection(20'000, "700", "true"),
                 connection(20'001, "701", "false")});
  const ModuleRun run = judge();
  EXPECT_THAT(story_of(*findings_of(run, "psexec.use").at(0)),
              HasSubstr("had a connection with 10.0.0.9"));
  const auto left = findings_of(run, "psexec.leftover");
  ASSERT_EQ(left.size(), 1u);
  EXPECT_THAT(story_of(*left[0]), HasSubstr("had a connection with 10.0.0.66"));
}

TEST_F(PsExecLater, ChangesOfItsKeyHoursLater) {
  const auto key = [](double seconds, std::uint16_t id, const std::string& type,
                      const std::string& name) {
    return text_event(
        std::string{kSysmon}, id, seconds,
        {{"EventType", type},
         {"TargetObject", "HKLM\\System\\CurrentControlSet\\Services\\PSEXESVC" + name}});
  };
  log("System", {install(0)});
  log("Sysmon", {key(0, 13, "SetValue", "\\Start"), key(4000, 12, "DeleteKey", "")});
  EXPECT_THAT(findings_of(judge(), "psexec.leftover"), IsEmpty());
  log("Sysmon", {key(4000, 13, "SetValue", "\\Start")});
  EXPECT_EQ(findings_of(judge(), "psexec.leftover").size(), 1u);
}

/// As Windows 7 to 2012 R2 write it: the number of the parent and not its name.
EvtxEvent audited(double seconds, const std::string& image, const std::string& number,
                  const std::string& parent, const std::string& line) {
  return text_event("Security", 4688, seconds,
                    {{"NewProcessId", number},
                     {"NewProcessName", image},
                     {"ProcessId", parent},
                     {"CommandLine", line}});
}

TEST_F(PsExecLater, TheNumberOfTheParentAloneTellsWhatItRan) {
  const std::string shell = "C:\\Windows\\System32\\cmd.exe";
  log("System", {install(0)});
  log("Security",
      {audited(1, kServiceFile, "0x400", "0x200", ""), audited(2, shell, "0x500", "0x400", "evil"),
       audited(3, shell, "0x504", "0x404", "of another"),
       audited(900, shell, "0x508", "0x400", "later"),
       audited(901, "C:\\Windows\\explorer.exe", "0x400", "0x200", ""),
       audited(902, shell, "0x50c", "0x400", "of explorer")});
  const ModuleRun run = judge();
  const auto uses = findings_of(run, "psexec.use");
  ASSERT_EQ(uses.size(), 1u);
  const std::string story = story_of(*uses[0]);
  EXPECT_THAT(story, HasSubstr("It ran: evil"));
  EXPECT_THAT(story, HasSubstr("It ran: later"));
  EXPECT_THAT(story, Not(HasSubstr("of another")));
  EXPECT_THAT(story, Not(HasSubstr("of explorer")));
}

TEST_F(PsExecLater, ANumberOfTheStartBeforeTellsNothing) {
  log("System",
      {install(0), text_event("System", 12, 500, {}, "Microsoft-Windows-Kernel-General")});
  log("Security", {audited(1, kServiceFile, "0x400", "0x200", ""),
                   audited(900, "C:\\Windows\\System32\\cmd.exe", "0x500", "0x400", "evil")});
  EXPECT_THAT(story_of(*findings_of(judge(), "psexec.use").at(0)), Not(HasSubstr("evil")));
}

EvtxEvent program_set(double seconds, const std::string& program) {
  return text_event(
      std::string{kSysmon}, 13, seconds,
      {{"EventType", "SetValue"},
       {"Image", "C:\\Windows\\system32\\services.exe"},
       {"TargetObject", "HKLM\\System\\CurrentControlSet\\Services\\Sensor\\ImagePath"},
       {"Details", program}});
}

TEST_F(PsExecLater, AServiceWhoseProgramIsSetWasNotInstalled) {
  const std::string shell = "%%COMSPEC%% /c start C:\\x.exe";
  log("Sysmon", {program_set(0, shell)});
  const ModuleRun alone = judge();
  const Finding& set = *findings_of(alone, "psexec.clone_use").at(0);
  EXPECT_THAT(story_of(set), HasSubstr("The service 'Sensor' was set to the program %COMSPEC% /c"));
  EXPECT_THAT(story_of(set), Not(HasSubstr("installed")));
  EXPECT_EQ((*records_of(alone, "remote_execution").at(0))["installed"], "false");
  EXPECT_THAT(set.not_checked, testing::Contains(HasSubstr("or the service was there already")));
  log("System", {install(-90'000, "Sensor", "C:\\Windows\\System32\\sensor.exe")});
  const ModuleRun run = judge();
  const Finding& changed = *findings_of(run, "psexec.clone_use").at(0);
  EXPECT_THAT(story_of(changed),
              HasSubstr("was there before: it was installed at " + time(-90'000).iso8601()));
  EXPECT_THAT(changed.not_checked, Not(testing::Contains(HasSubstr("No event tells"))));
}

TEST_F(PsExecLater, AnInstallationThatSysmonTellsTooIsOne) {
  const std::string shell = "cmd.exe /c start C:\\x.exe";
  log("System", {install(0, "Sensor", shell)});
  log("Sysmon", {program_set(0.1, shell)});
  const ModuleRun run = judge();
  ASSERT_EQ(findings_of(run, "psexec.clone_use").size(), 1u);
  EXPECT_THAT(story_of(*findings_of(run, "psexec.clone_use")[0]), HasSubstr("was installed"));
  EXPECT_EQ((*records_of(run, "remote_execution").at(0))["installed"], "true");
}

}  // namespace
}  // namespace hozen
