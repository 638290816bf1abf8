// What PsExec left that belongs to no use, licences, and attempts that were refused.
#include <gmock/gmock.h>

#include "collector/module/remote_use.h"
#include "tests/modules/psexec_cases.h"

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class PsExecLeftover : public PsExecCase {
 protected:
  void prefetch_of(const std::vector<double>& runs, std::uint32_t counted = 0) {
    builders::PrefetchBuilder file{30};
    file.program(kImage, "PSEXESVC.EXE");
    for (const double seconds : runs) file.run(time(seconds));
    if (counted != 0) file.run_count(counted);
    windows.file("C:\\Windows\\Prefetch\\PSEXESVC.EXE-AD70946C.pf", "").bytes = file.bytes();
  }
};

TEST_F(PsExecLeftover, PrefetchFilesAndLicencesNeverMakeAUse) {
  builders::PrefetchBuilder file{30};
  file.program(kImage, "PSEXESVC.EXE").run(time(0)).run(time(-100));
  windows.file("C:\\Windows\\Prefetch\\PSEXESVC.EXE-AD70946C.pf", "").bytes = file.bytes();
  windows.user("alice").value("HKU\\alice\\Software\\Sysinternals\\PsExec", "EulaAccepted",
                              fake::dword(1), fake::at(3));
  windows.value("HKU\\alice\\Software\\Sysinternals\\Autoruns", "EulaAccepted", fake::dword(1));
  const ModuleRun run = judge();
  EXPECT_THAT(findings_of(run, "psexec.use"), IsEmpty());
  EXPECT_EQ(records_of(run, "sysinternals_eula").size(), 2u);
  const auto licences = findings_of(run, "psexec.licence");
  ASSERT_EQ(licences.size(), 1u);
  EXPECT_EQ(licences[0]->subject, "alice");
  EXPECT_EQ(severity_of(*licences[0]), Severity::low);
}

TEST_F(PsExecLeftover, FilesThatAreLeftArePreservedAndNameTheHost) {
  windows.file("C:\\Windows\\PSEXEC-WS-07-1A2B3C4D.key", "x");
  windows.file("C:\\Windows\\PSEXESVC.exe", "MZ");
  const ModuleRun run = judge();
  EXPECT_TRUE(run.context->has_collected("C:\\Windows\\PSEXEC-WS-07-1A2B3C4D.key"));
  EXPECT_TRUE(run.context->has_collected("C:\\Windows\\PSEXESVC.exe"));
  const fake::Record* key = run.context->record({{"source_host", "WS-07"}});
  ASSERT_NE(key, nullptr);
  ASSERT_EQ(findings_of(run, "psexec.use").size(), 1u) << "a key file is written at each use";
  EXPECT_THAT(story_of(*findings_of(run, "psexec.use")[0]), HasSubstr("came from: WS-07"));
}

TEST_F(PsExecLeftover, RunsWithoutAnEventAreOneFinding) {
  prefetch_of({0, -100, -200}, 5);
  windows.file("C:\\Windows\\PSEXESVC.exe", "MZ").facts.si.created = {};
  const ModuleRun run = judge();
  EXPECT_THAT(records_of(run, "remote_execution"), IsEmpty());
  const auto left = findings_of(run, "psexec.leftover");
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(severity_of(*left[0]), Severity::medium);
  EXPECT_EQ(left[0]->subject, "PSEXESVC: 3 runs, the last at " + time(0).iso8601());
  const std::string story = story_of(*left[0]);
  EXPECT_THAT(story, HasSubstr("counts 5 runs"));
  EXPECT_THAT(story, HasSubstr(time(-200).iso8601()));
  EXPECT_THAT(story, HasSubstr("2 runs whose time it does not keep"));
  EXPECT_THAT(story, HasSubstr("C:\\Windows\\PSEXESVC.exe, lies there"));
  EXPECT_THAT(left[0]->not_checked, ElementsAre(HasSubstr("Logs may have been cleared")));
}

TEST_F(PsExecLeftover, ALogThatWasClearedSinceIsTold) {
  prefetch_of({0});
  EvtxEvent cleared =
      text_event("System", 104, 50,
                 {{"SubjectUserName", "adm"}, {"SubjectDomainName", "CORP"}, {"Channel", "System"}},
                 "Microsoft-Windows-Eventlog");
  cleared.section = "UserData";
  log("System", {cleared});
  const ModuleRun run = judge();
  EXPECT_THAT(story_of(*findings_of(run, "psexec.leftover").at(0)),
              HasSubstr("The log System was cleared at " + time(50).iso8601() + " by CORP\\adm"));
}

EvtxEvent state(double seconds, const std::string& said, const std::string& name = "PSEXESVC") {
  return text_event("System", 7036, seconds, {{"param1", name}, {"param2", said}},
                    "Service Control Manager");
}

TEST_F(PsExecLeftover, StatesOfTheServiceAloneAreTold) {
  log("System", {state(0, "running"), state(9, "stopped"), state(50, "running"),
                 state(60, "running", "Spooler")});
  const ModuleRun run = judge();
  EXPECT_THAT(findings_of(run, "psexec.use"), IsEmpty());
  const auto left = findings_of(run, "psexec.leftover");
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(severity_of(*left[0]), Severity::low);
  EXPECT_EQ(left[0]->subject, "PSEXESVC");
  ASSERT_EQ(left[0]->why.size(), 2u);
  EXPECT_EQ(left[0]->why[0].fact,
            "The service manager told that the service PSEXESVC is 'running' (event 7036), at " +
                time(0).iso8601() + ", " + time(50).iso8601() + ".");
  EXPECT_EQ(left[0]->why[0].records.size(), 2u);
  EXPECT_THAT(left[0]->why[1].fact, HasSubstr("'stopped'"));
  EXPECT_EQ(left[0]->why[1].weight, 0);
}

TEST_F(PsExecLeftover, NothingIsSaidToBeMissingThatIsThere) {
  prefetch_of({0, -100});
  log("System", {state(0.1, "running")});
  const ModuleRun run = judge();
  const auto left = findings_of(run, "psexec.leftover");
  ASSERT_EQ(left.size(), 1u);
  const std::string story = story_of(*left[0]);
  EXPECT_THAT(story, HasSubstr("No use that events tell of began near these"));
  EXPECT_THAT(story, HasSubstr("'running' (event 7036)"));
  EXPECT_THAT(left[0]->not_checked, ElementsAre(HasSubstr("no installation (System 7045")));
}

TEST_F(PsExecLeftover, StatesOfUsesAreNone) {
  log("System", {install(0), state(1, "running"), state(4000, "stopped")});
  EXPECT_THAT(findings_of(judge(), "psexec.leftover"), IsEmpty());
  // Its service was there still, and was started again.
  log("System", {install(0), state(1, "running"), state(4000, "running")});
  EXPECT_THAT(story_of(*findings_of(judge(), "psexec.leftover").at(0)),
              HasSubstr("at " + time(4000).iso8601()));
}

TEST_F(PsExecLeftover, WhatItsProgramStartedIsTold) {
  log("Sysmon", {process(0, "C:\\Windows\\System32\\cmd.exe", "cmd.exe /c net user bob S3cret /add",
                         "77", "C:\\Windows\\PSEXESVC.exe", "66"),
                 process(9, "C:\\Windows\\System32\\cmd.exe", "cmd.exe", "78",
                         "C:\\Windows\\explorer.exe", "67")});
  const ModuleRun run = judge();
  const auto left = findings_of(run, "psexec.leftover");
  ASSERT_EQ(left.size(), 1u);
  EXPECT_THAT(story_of(*left[0]), HasSubstr("PSEXESVC.exe ran: cmd.exe /c net user bob"));
  EXPECT_THAT(story_of(*left[0]), Not(HasSubstr("explorer")));
  log("System", {install(-3)});
  EXPECT_THAT(findings_of(judge(), "psexec.leftover"), IsEmpty()) << "a use has it";
}

TEST_F(PsExecLeftover, ChangesOfItsKeyAndItsConnectionsAreTold) {
  const auto key = [](double seconds, const std::string& name) {
    return text_event(std::string{kSysmon}, 12, seconds,
                      {{"EventType", "DeleteKey"},
                       {"Image", "C:\\Windows\\System32\\services.exe"},
                       {"TargetObject", "HKLM\\System\\CurrentControlSet\\Services\\" + name}});
  };
  const auto connection = [](double seconds, const std::string& image) {
    return text_event(std::string{kSysmon}, 3, seconds,
                      {{"Image", image}, {"DestinationIp", "10.0.0.9"}});
  };
  log("Sysmon", {key(0, "PSEXESVC"), key(9, "Spooler"), connection(18, "C:\\Windows\\PSEXESVC.exe"),
                 connection(27, "C:\\Windows\\a.exe")});
  const ModuleRun run = judge();
  const auto left = findings_of(run, "psexec.leftover");
  ASSERT_EQ(left.size(), 1u);
  ASSERT_EQ(left[0]->why.size(), 2u);
  EXPECT_THAT(left[0]->why[0].fact, HasSubstr("Services\\PSEXESVC (event 12)"));
  EXPECT_THAT(left[0]->why[1].fact, HasSubstr("had a connection with 10.0.0.9 (event 3)"));
}

TEST_F(PsExecLeftover, RunsOfUsesThatEventsTellAreNone) {
  prefetch_of({0.01, 100.01}, 3);
  log("System", {install(0), install(100), install(-500)});
  const ModuleRun run = judge();
  EXPECT_EQ(findings_of(run, "psexec.use").size(), 3u);
  EXPECT_THAT(findings_of(run, "psexec.leftover"), IsEmpty());
}

TEST_F(PsExecLeftover, ARunBesideThoseOfUsesIsTold) {
  prefetch_of({0.01, -5000}, 2);
  log("System", {install(0)});
  const ModuleRun run = judge();
  ASSERT_EQ(findings_of(run, "psexec.leftover").size(), 1u);
  EXPECT_THAT(findings_of(run, "psexec.leftover")[0]->subject, HasSubstr(time(-5000).iso8601()));
}

TEST_F(PsExecLeftover, AKeyFileWithoutATimeNamesTheHost) {
  windows.file("C:\\Windows\\PSEXEC-EVILPC-1A2B3C4D.key", "x").facts.si.created = {};
  const ModuleRun run = judge();
  const auto left = findings_of(run, "psexec.leftover");
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0]->subject, "PsExec from EVILPC");
  EXPECT_EQ(severity_of(*left[0]), Severity::low);
  EXPECT_THAT(findings_of(run, "psexec.use"), IsEmpty());
}

TEST_F(PsExecLeftover, AKeyFileOfAHostWhoseUseIsToldIsNone) {
  windows.file("C:\\Windows\\PSEXEC-WS9-1A2B3C4D.key", "x").facts.si.created = {};
  log("Security", {share(0, "IPC$", "PSEXESVC-WS9-77-stdin")});
  EXPECT_THAT(findings_of(judge(), "psexec.leftover"), IsEmpty());
}

TEST_F(PsExecLeftover, OtherTracesCountWhereThereIsNoUse) {
  FactStore store;
  store.add(trace_fact(FactKind::presence, "amcache", "C:\\Windows\\PSEXESVC.exe", time(0), "a"));
  store.add(trace_fact(FactKind::execution, "bam", "C:\\Windows\\PSEXESVC.exe", time(9), "b"));
  store.add(trace_fact(FactKind::execution, "bam", "C:\\Windows\\paexec.exe", time(9), "c"));
  store.settle();
  const auto left = find_remote_leftovers(store, find_remote_uses(store));
  ASSERT_EQ(left.size(), 1u);
  ASSERT_EQ(left[0].why.size(), 2u);
  EXPECT_EQ(left[0].why[0].fact,
            "bam knows C:\\Windows\\PSEXESVC.exe, which ran at " + time(9).iso8601() + ".");
  EXPECT_EQ(left[0].why[1].fact, "amcache knows C:\\Windows\\PSEXESVC.exe, which was there.");
  EXPECT_EQ(left[0].why[1].weight, 0);
}

TEST_F(PsExecLeftover, OtherProgramsLeaveNone) {
  builders::PrefetchBuilder file{30};
  file.program("\\DEVICE\\HARDDISKVOLUME2\\TOOLS\\PAEXEC.EXE", "PAEXEC.EXE").run(time(0));
  windows.file("C:\\Windows\\Prefetch\\PAEXEC.EXE-AD70946C.pf", "").bytes = file.bytes();
  windows.file("C:\\Windows\\explorer.exe", "MZ");
  EXPECT_THAT(judge().context->findings, IsEmpty()) << "its client";
}

constexpr const char* kLicences = "HKU\\alice\\Software\\Sysinternals\\";

TEST_F(PsExecLeftover, ALicenceThatWasNotAcceptedProvesNothing) {
  windows.user("alice").value(std::string{kLicences} + "PsExec", "EulaAccepted", fake::dword(0));
  const ModuleRun run = judge();
  EXPECT_EQ((*records_of(run, "sysinternals_eula").at(0))["proves"], "nothing");
  EXPECT_THAT(run.context->findings, IsEmpty());
}

TEST_F(PsExecLeftover, LicencesSetAtOnceDoNotProveThatAToolRan) {
  windows.user("alice");
  for (const char* tool : {"PsExec", "Autoruns", "Handle", "ProcDump", "Strings"})
    windows.value(kLicences + std::string{tool}, "EulaAccepted", fake::dword(1), fake::at(3));
  const ModuleRun run = judge();
  for (const fake::Record* record : records_of(run, "sysinternals_eula"))
    EXPECT_EQ((*record)["proves"], "licence");
  const auto found = findings_of(run, "psexec.licence");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(severity_of(*found[0]), Severity::info);
  EXPECT_THAT(story_of(*found[0]), HasSubstr("That PsExec was run does not follow"));
}

TEST_F(PsExecLeftover, LicencesOfDifferentTimesProveEachRun) {
  windows.user("alice");
  int seconds = 0;
  for (const char* tool : {"PsExec", "Autoruns", "Handle", "ProcDump", "Strings"})
    windows.value(kLicences + std::string{tool}, "EulaAccepted", fake::dword(1),
                  fake::at(seconds += 2));
  const ModuleRun run = judge();
  for (const fake::Record* record : records_of(run, "sysinternals_eula"))
    EXPECT_EQ((*record)["proves"], "execution");
  EXPECT_EQ(findings_of(run, "psexec.licence").at(0)->title, "A user ran PsExec");
}

EvtxEvent licence(double seconds, const std::string& key, const std::string& details,
                  const std::string& image = "C:\\x.exe") {
  return text_event(std::string{kSysmon}, 13, seconds,
                    {{"EventType", "SetValue"},
                     {"Image", image},
                     {"TargetObject", "HKU\\S-1-5-21-1\\Software\\" + key + "\\EulaAccepted"},
                     {"Details", details}});
}

TEST_F(PsExecLeftover, SysmonTellsLicencesOfSysinternalsOnly) {
  log("Sysmon", {licence(0, "Contoso\\App", "DWORD (0x00000001)"),
                 licence(9, "Sysinternals\\PsExec", "DWORD (0x00000000)"),
                 licence(18, "Sysinternals\\PsExec", "DWORD (0x00000001)"),
                 licence(27, "Sysinternals\\Handle", "DWORD (0x00000001)",
                         "C:\\Windows\\System32\\reg.exe")});
  const ModuleRun run = judge();
  const auto found = findings_of(run, "psexec.tool_of_sysinternals");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_THAT(found[0]->subject, HasSubstr("PsExec at " + time(18).iso8601()));
  EXPECT_EQ(severity_of(*found[0]), Severity::low);
  EXPECT_EQ(severity_of(*found[1]), Severity::info) << "set by a program that sets values";
}

TEST_F(PsExecLeftover, SysmonLicencesAtOnceAreOneFinding) {
  std::vector<EvtxEvent> events;
  for (const char* tool : {"PsExec", "Autoruns", "Handle", "ProcDump", "Strings"})
    events.push_back(licence(static_cast<double>(events.size()) * 0.01,
                             "Sysinternals\\" + std::string{tool}, "DWORD (0x00000001)"));
  log("Sysmon", events);
  const ModuleRun run = judge();
  const auto found = findings_of(run, "psexec.tool_of_sysinternals");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(severity_of(*found[0]), Severity::info);
  EXPECT_THAT(found[0]->subject, HasSubstr("5 tools"));
}

TEST_F(PsExecLeftover, WhatWasRefusedIsAnAttemptAndNoUse) {
  std::vector<EvtxEvent> events{share(0, "ADMIN$", "PSEXESVC.exe"), share(1, "IPC$", "PSEXESVC"),
                                share(2, "IPC$", "my-svc-WS7-1-stdin"),
                                share(3, "ADMIN$", "notes.txt")};
  for (EvtxEvent& event : events) event.keywords = 0x8010000000000000;
  log("Security", events);
  const ModuleRun run = judge();
  EXPECT_THAT(records_of(run, "remote_execution"), IsEmpty());
  const auto tried = findings_of(run, "psexec.refused");
  ASSERT_EQ(tried.size(), 1u);
  EXPECT_EQ(severity_of(*tried[0]), Severity::low);
  EXPECT_THAT(tried[0]->subject, HasSubstr("CORP\\adm from 10.0.0.7"));
  EXPECT_THAT(story_of(*tried[0]), HasSubstr("asked 3 times for PSEXESVC, PSEXESVC.exe, "));
  for (EvtxEvent& event : events) event.keywords = 0x8020000000000000;
  log("Security", events);
  EXPECT_THAT(findings_of(judge(), "psexec.refused"), IsEmpty());
}

}  // namespace
}  // namespace hozen
