// Who used PsExec, and from where: told for sure only where the evidence links it.
#include <gmock/gmock.h>

#include "collector/module/remote_use.h"
#include "tests/modules/psexec_cases.h"

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class PsExecWho : public PsExecCase {
 protected:
  static std::string account_in(const ModuleRun& run) {
    return (*records_of(run, "remote_execution").at(0))["account"];
  }
};

TEST_F(PsExecWho, ALogonThatOnlyStandsNearIsPerhapsIt) {
  log("System", {install(5)});
  log("Security", {logon(0, "10.0.0.5"),
                   logon(4, "10.0.0.77", "0x2222", "ANONYMOUS LOGON", "S-1-5-7", "PRINTER")});
  const ModuleRun run = judge();
  const Finding& use = *findings_of(run, "psexec.use").at(0);
  EXPECT_THAT(use.subject, Not(HasSubstr(" by ")));
  EXPECT_THAT(story_of(use), HasSubstr("Perhaps the logon that it belongs to: CORP\\adm"));
  EXPECT_THAT(story_of(use), Not(HasSubstr("ANONYMOUS")));
  EXPECT_EQ(severity_of(use), Severity::low);
  EXPECT_EQ(account_in(run), "null");
  EXPECT_THAT(use.not_checked, testing::Contains(HasSubstr("4697 and 5145")));
}

TEST_F(PsExecWho, OfSeveralLogonsNoneIsTaken) {
  log("System", {install(30)});
  std::vector<EvtxEvent> logons;
  logons.reserve(12);
  for (int i = 0; i < 12; ++i)
    logons.push_back(logon(i, "10.0.1." + std::to_string(i), "0x1", "user" + std::to_string(i)));
  log("Security", logons);
  const ModuleRun run = judge();
  const Finding& use = *findings_of(run, "psexec.use").at(0);
  EXPECT_EQ(score_of(use), 25);
  EXPECT_THAT(story_of(use), HasSubstr("12 logons over the network stand in the minute before it, "
                                       "and which of them it belongs to, if any, is not told"));
  EXPECT_EQ(account_in(run), "null");
}

TEST_F(PsExecWho, ALogonOfThisHostIsNoneOverTheNetwork) {
  log("System", {install(1)});
  log("Security", {logon(0, "::ffff:127.0.0.1")});
  EXPECT_THAT(story_of(*findings_of(judge(), "psexec.use").at(0)), Not(HasSubstr("logged on")));
}

TEST_F(PsExecWho, ALogonThatNamesAHostAndNoAddressMayBeIt) {
  log("System", {install(1)});
  log("Security", {logon(0, "-", "0x1", "adm", "S-1-5-21-1", "ATTACKER")});
  EXPECT_THAT(story_of(*findings_of(judge(), "psexec.use").at(0)),
              HasSubstr("CORP\\adm was logged on (type 3, NTLM) from ATTACKER"));
  log("Security", {logon(0, "-", "0x1", "adm", "S-1-5-21-1", "")});
  EXPECT_THAT(story_of(*findings_of(judge(), "psexec.use").at(0)), Not(HasSubstr("logged on")));
}

TEST_F(PsExecWho, AComputersAccountIsToldToo) {
  log("System", {install(1)});
  log("Security", {logon(0, "::ffff:10.0.0.1", "0x1", "DC1$")});
  EXPECT_THAT(story_of(*findings_of(judge(), "psexec.use").at(0)),
              HasSubstr("Perhaps the logon that it belongs to: CORP\\DC1$ was logged on (type 3, "
                        "NTLM) from 10.0.0.1"));
}

TEST_F(PsExecWho, ALogonOfAnotherAccountThanTheFilesIsNoCandidate) {
  log("Security",
      {share(1, "ADMIN$", "PSEXESVC.exe", "0x77"), logon(0, "10.0.0.9", "0x88", "eve")});
  const ModuleRun run = judge();
  EXPECT_THAT(story_of(*findings_of(run, "psexec.use").at(0)), Not(HasSubstr("eve")));
  EXPECT_EQ(account_in(run), "CORP\\adm");
}

TEST_F(PsExecWho, TwoSessionsAreTwoUses) {
  log("Security", {share(0, "IPC$", "PSEXESVC-WS7-1234-stdin", "0xa", "alice", "10.0.0.7"),
                   share(1, "IPC$", "PSEXESVC-WS7-1234-stdout", "0xa", "alice", "10.0.0.7"),
                   share(119, "IPC$", "PSEXESVC", "0xb", "mallory", "10.0.0.9"),
                   share(120, "IPC$", "PSEXESVC-WS9-5678-stdin", "0xb", "mallory", "10.0.0.9")});
  const ModuleRun run = judge();
  const auto uses = findings_of(run, "psexec.use");
  ASSERT_EQ(uses.size(), 2u);
  EXPECT_THAT(uses[0]->subject, HasSubstr("by CORP\\alice from WS7 (10.0.0.7)"));
  EXPECT_THAT(uses[1]->subject, HasSubstr("by CORP\\mallory from WS9 (10.0.0.9)"));
  EXPECT_THAT(story_of(*uses[0]), Not(HasSubstr("WS9")));
  EXPECT_THAT(uses[1]->not_checked, testing::Contains(HasSubstr("The logon of CORP\\mallory")));
}

/// A process of the client that runs for long: its number tells that it is the same.
TEST_F(PsExecWho, TheSameProcessLaterIsTheSameUse) {
  log("System", {install(0)});
  log("Security",
      {share(1, "IPC$", "PSEXESVC-WS7-7-stdin"), share(421, "IPC$", "PSEXESVC-WS7-7-stdout")});
  EXPECT_EQ(findings_of(judge(), "psexec.use").size(), 1u);
  log("Security",
      {share(1, "IPC$", "PSEXESVC-WS7-7-stdin"), share(421, "IPC$", "PSEXESVC-WS7-8-stdout")});
  EXPECT_EQ(findings_of(judge(), "psexec.use").size(), 2u);
  log("Security",
      {share(1, "IPC$", "PSEXESVC-WS7-7-stdin"), share(9'000, "IPC$", "PSEXESVC-WS7-7-stdin")});
  EXPECT_EQ(findings_of(judge(), "psexec.use").size(), 2u) << "numbers come again";
}

TEST_F(PsExecWho, WhoWroteTheProgramInstalledIt) {
  log("System", {install(1)});
  log("Security", {share(0, "ADMIN$", "PSEXESVC.exe", "0xb", "mallory", "10.0.0.9"),
                   share(2, "IPC$", "PSEXESVC-WS7-1234-stdin", "0xa", "alice", "10.0.0.7"),
                   share(3, "IPC$", "PSEXESVC-WS9-77-stdin", "0xb", "mallory", "10.0.0.9")});
  const ModuleRun run = judge();
  const auto uses = findings_of(run, "psexec.use");
  ASSERT_EQ(uses.size(), 2u);
  EXPECT_THAT(uses[0]->subject, HasSubstr("by CORP\\mallory from WS9"));
  EXPECT_THAT(story_of(*uses[0]), HasSubstr("was installed"));
  EXPECT_THAT(uses[1]->subject, HasSubstr("by CORP\\alice from WS7"));
  EXPECT_THAT(story_of(*uses[1]), Not(HasSubstr("was installed")));
}

TEST_F(PsExecWho, WhoUsedAServiceNeedNotHaveInstalledIt) {
  log("System", {install(0)});
  log("Security", {share(20, "IPC$", "PSEXESVC-WS7-1234-stdin", "0xa", "alice")});
  EXPECT_THAT(findings_of(judge(), "psexec.use").at(0)->not_checked,
              testing::Contains(HasSubstr("Whether CORP\\alice is who installed its service")));
  log("Security", {share(-1, "ADMIN$", "PSEXESVC.exe", "0xa", "alice"),
                   share(20, "IPC$", "PSEXESVC-WS7-1234-stdin", "0xa", "alice")});
  EXPECT_THAT(findings_of(judge(), "psexec.use").at(0)->not_checked,
              Not(testing::Contains(HasSubstr("installed its service:"))));
}

/// Files are written before the service is there, and deleted in the same session after it.
TEST_F(PsExecWho, AFileThatIsDeletedIsOfTheUseBefore) {
  log("System", {install(1), install(31)});
  EvtxEvent deleted = share(25, "ADMIN$", "PSEXESVC.exe", "0xa", "alice");
  deleted.data.emplace_back("AccessMask", builders::evtx_text("0x10000"));
  log("Security", {share(0, "ADMIN$", "PSEXESVC.exe", "0xa", "alice"), deleted,
                   share(30, "ADMIN$", "PSEXESVC.exe", "0xb", "mallory")});
  const ModuleRun run = judge();
  const auto uses = findings_of(run, "psexec.use");
  ASSERT_EQ(uses.size(), 2u) << fake::summary_of(run.context->findings);
  EXPECT_THAT(uses[0]->subject, HasSubstr("by CORP\\alice"));
  EXPECT_THAT(uses[1]->subject, HasSubstr("by CORP\\mallory"));
}

EvtxEvent deleted(double seconds, const std::string& target, const std::string& id,
                  const std::string& user, const std::string& address = "10.0.0.7") {
  EvtxEvent event = share(seconds, "ADMIN$", target, id, user, address);
  event.data.emplace_back("AccessMask", builders::evtx_text("0x10080"));
  return event;
}

TEST_F(PsExecWho, AUseThatLastsLongIsOneUse) {
  for (const char* file : {"PSEXESVC.exe", "PSEXEC-WS7-1A2B3C4D.key"})
    for (const char* session : {"0xa", "0xc"}) {
      log("System", {install(1), install(1229)});
      log("Security", {share(0, "ADMIN$", "PSEXESVC.exe", "0xa", "alice"),
                       share(2, "IPC$", "PSEXESVC-WS7-7-stdin", "0xa", "alice"),
                       deleted(1200, file, session, "alice")});
      const ModuleRun run = judge();
      const auto uses = findings_of(run, "psexec.use");
      ASSERT_EQ(uses.size(), 2u) << file << session;
      EXPECT_THAT(uses[0]->subject, HasSubstr("by CORP\\alice from WS7 (10.0.0.7)"));
      EXPECT_THAT(uses[1]->subject, Not(HasSubstr("alice"))) << "of somebody else";
      EXPECT_EQ(time_of(*records_of(run, "remote_execution").at(0), "last_sign"), time(1200));
      EXPECT_THAT(findings_of(run, "psexec.leftover"), IsEmpty());
    }
}

TEST_F(PsExecWho, TheEndOfAUseTakesNoInstallationOfAnother) {
  log("System", {install(1), install(31)});
  log("Security", {share(0, "ADMIN$", "PSEXESVC.exe", "0xa", "alice"),
                   deleted(20, "PSEXESVC.exe", "0xc", "alice"),
                   share(30, "ADMIN$", "PSEXESVC.exe", "0xb", "mallory", "10.0.0.9")});
  const ModuleRun run = judge();
  const auto uses = findings_of(run, "psexec.use");
  ASSERT_EQ(uses.size(), 2u);
  for (const Finding* use : uses) EXPECT_THAT(story_of(*use), HasSubstr("was installed"));
  EXPECT_THAT(uses[1]->subject, HasSubstr("by CORP\\mallory"));
}

TEST_F(PsExecWho, WhatOnlyDeletesIsNoUse) {
  log("System", {install(1), install(1205)});
  log("Security", {share(0, "ADMIN$", "PSEXESVC.exe", "0xa", "alice"),
                   deleted(1200, "PSEXESVC.exe", "0xb", "bob", "10.0.0.9"),
                   deleted(1201, "PSEXEC-WS9-1A2B3C4D.key", "0xb", "bob", "10.0.0.9"),
                   deleted(1202, "notes.exe", "0xb", "bob", "10.0.0.9")});
  const ModuleRun run = judge();
  EXPECT_EQ(findings_of(run, "psexec.use").size(), 2u);
  for (const Finding* use : findings_of(run, "psexec.use"))
    EXPECT_THAT(use->subject, Not(HasSubstr("bob")));
  const auto left = findings_of(run, "psexec.leftover");
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(severity_of(*left[0]), Severity::low);
  EXPECT_THAT(story_of(*left[0]),
              HasSubstr("PSEXESVC.exe of the share ADMIN$ was opened without the right to write, "
                        "as for deleting it, from 10.0.0.9 by CORP\\bob"));
  EXPECT_THAT(story_of(*left[0]), HasSubstr("PSEXEC-WS9-1A2B3C4D.key"));
  EXPECT_THAT(story_of(*left[0]), Not(HasSubstr("notes")));
}

TEST_F(PsExecWho, OneSessionIsOneAccountHoweverItsDomainIsSpelled) {
  const auto audit = [](const std::string& id) {
    return text_event("Security", 4697, 0,
                      {{"SubjectUserName", "adm"},
                       {"SubjectDomainName", "EXAMPLE.ORG"},
                       {"SubjectLogonId", id},
                       {"ServiceName", "PSEXESVC"},
                       {"ServiceFileName", "%SystemRoot%\\PSEXESVC.exe"},
                       {"ServiceStartType", "3"}});
  };
  log("Security", {audit("0x1234"), share(1, "IPC$", "PSEXESVC-WS7-1-stdin")});
  EXPECT_EQ(findings_of(judge(), "psexec.use").size(), 1u);
  log("Security", {audit("0x9"), share(1, "IPC$", "PSEXESVC-WS7-1-stdin")});
  EXPECT_EQ(findings_of(judge(), "psexec.use").size(), 2u);
}

TEST_F(PsExecWho, ADomainHasAShortAndALongName) {
  log("System", {install(2)});
  EvtxEvent known = share(1, "ADMIN$", "PSEXESVC.exe", "0xa", "alice");
  log("Security", {logon(0, "10.0.0.7", "0xc", "alice@corp.example"), known});
  EXPECT_THAT(story_of(*findings_of(judge(), "psexec.use").at(0)),
              HasSubstr("Perhaps the logon that it belongs to"));
}

EvtxEvent made_pipe(double seconds, const std::string& name, const std::string& image) {
  return text_event(std::string{kSysmon}, 17, seconds,
                    {{"EventType", "CreatePipe"}, {"PipeName", "\\" + name}, {"Image", image}});
}

TEST_F(PsExecWho, OnePipeOfThatFormIsDoubtful) {
  log("Sysmon", {made_pipe(0, "runner-PC1-4711-stdout", "")});
  const ModuleRun run = judge();
  const Finding& use = *findings_of(run, "psexec.use").at(0);
  EXPECT_EQ(use.title, "A pipe was called as those of PsExec's sessions are");
  EXPECT_LE(severity_of(use), Severity::low);
  EXPECT_EQ(records_of(run, "remote_execution").at(0)->json_of("source_host"), "null");
}

TEST_F(PsExecWho, PipesThatAnotherProgramMadeAreNotPsExecs) {
  const std::string image = "C:\\GitLab-Runner\\gitlab-runner.exe";
  log("Sysmon", {made_pipe(0, "gitlab-runner-4711-stdin", image),
                 made_pipe(0, "gitlab-runner-4711-stdout", image),
                 made_pipe(0, "gitlab-runner-4711-stderr", image)});
  EXPECT_THAT(judge().context->findings, IsEmpty());
}

TEST_F(PsExecWho, ThreePipesOrItsProgramAreCertain) {
  log("Sysmon",
      {made_pipe(0, "runner-PC1-4711-stdin", ""), made_pipe(0, "runner-PC1-4711-stdout", ""),
       made_pipe(0, "runner-PC1-4711-stderr", "")});
  EXPECT_EQ(findings_of(judge(), "psexec.use").at(0)->title, "PsExec was used under another name");
  log("Sysmon", {made_pipe(0, "runner-PC1-4711-stdin", "C:\\Windows\\runner.exe")});
  EXPECT_EQ(findings_of(judge(), "psexec.use").at(0)->title, "PsExec was used under another name");
}

TEST_F(PsExecWho, ACommandOfASharedServiceIsOfTheLastUse) {
  log("Security", {share(0, "IPC$", "PSEXESVC-WS7-1-stdin", "0xa", "alice"),
                   share(100, "IPC$", "PSEXESVC-WS9-2-stdin", "0xb", "mallory")});
  log("Sysmon", {process(0, "C:\\Windows\\PSEXESVC.exe", "C:\\Windows\\PSEXESVC.exe", "800"),
                 process(101, "C:\\Windows\\System32\\cmd.exe", "cmd /c whoami", "801",
                         "C:\\Windows\\PSEXESVC.exe", "800")});
  const ModuleRun run = judge();
  const auto uses = findings_of(run, "psexec.use");
  ASSERT_EQ(uses.size(), 2u);
  EXPECT_THAT(story_of(*uses[0]), Not(HasSubstr("whoami")));
  EXPECT_THAT(story_of(*uses[1]), HasSubstr("its service ran other uses too"));
}

TEST_F(PsExecWho, OneSessionInTwoLogonsIsOneUse) {
  log("Security", {share(0, "IPC$", "PSEXESVC-WS7-1234-stdin", "0xa"),
                   share(1, "IPC$", "PSEXESVC-WS7-1234-stdout", "0xb")});
  EXPECT_EQ(findings_of(judge(), "psexec.use").size(), 1u);
}

TEST_F(PsExecWho, TheServiceManagersOwnAccountIsNoSecondUser) {
  log("Security", {text_event("Security", 4697, 0,
                              {{"SubjectUserName", "PC$"},
                               {"SubjectDomainName", "CORP"},
                               {"SubjectLogonId", "0x3e7"},
                               {"ServiceName", "PSEXESVC"},
                               {"ServiceFileName", "%SystemRoot%\\PSEXESVC.exe"},
                               {"ServiceStartType", "3"}}),
                   share(1, "IPC$", "PSEXESVC-WS7-1-stdin")});
  const ModuleRun run = judge();
  EXPECT_EQ(findings_of(run, "psexec.use").size(), 1u);
  EXPECT_EQ(account_in(run), "CORP\\adm");
}

TEST_F(PsExecWho, ADashInTheServiceIsKnownFromTheService) {
  log("System", {install(1, "my-svc", "%SystemRoot%\\my-svc.exe")});
  log("Security",
      {share(2, "IPC$", "my-svc-WS7-1234-stdin"), share(2, "IPC$", "my-svc-WS7-1234-stdout")});
  const ModuleRun run = judge();
  ASSERT_EQ(records_of(run, "remote_execution").size(), 1u);
  const fake::Record& use = *records_of(run, "remote_execution")[0];
  EXPECT_EQ(use["source_host"], "WS7");
  EXPECT_EQ(use["service"], "my-svc");
  EXPECT_EQ(use["installed"], "true");
}

TEST_F(PsExecWho, ADashIsKnownFromTheBarePipeTheFileOrTheHost) {
  for (const EvtxEvent& hint : {share(0, "IPC$", "my-svc"), share(0, "ADMIN$", "my-svc.exe"),
                                logon(0, "10.0.0.7", "0x1", "adm", "S-1-5-21-1", "WS7")}) {
    log("Security", {hint, share(2, "IPC$", "my-svc-WS7-1234-stdin")});
    EXPECT_EQ((*records_of(judge(), "remote_execution").at(0))["source_host"], "WS7");
  }
}

TEST_F(PsExecWho, ADashOfWhichNothingTellsIsNotGuessed) {
  log("Security", {share(2, "IPC$", "my-svc-WS7-1234-stdin")});
  const ModuleRun run = judge();
  EXPECT_EQ(records_of(run, "remote_execution").at(0)->json_of("source_host"), "null");
  EXPECT_THAT(story_of(*findings_of(run, "psexec.use").at(0)),
              HasSubstr("in my-svc-WS7 it is not told where the service's name ends"));
}

TEST_F(PsExecWho, ALogonThatWasNotKeptIsNotCalledAbsent) {
  FactStore store{2'000};
  for (std::uint64_t i = 0; i < 100; ++i) {
    Fact fact;
    fact.kind = FactKind::logon;
    fact.event_id = 4624;
    fact.time = FileTime{900'000'000'000 + i * kTicksPerSecond * 70};
    fact.subject = "user";
    store.add(std::move(fact));
  }
  Fact fact;
  fact.kind = FactKind::service;
  fact.event_id = 7045;
  fact.time = FileTime{900'000'000'000};
  fact.subject = "PSEXESVC";
  fact.values.add("ServiceName", "PSEXESVC");
  fact.values.add("ImagePath", "%SystemRoot%\\PSEXESVC.exe");
  store.add(std::move(fact));
  store.settle();
  const auto uses = find_remote_uses(store);
  ASSERT_EQ(uses.size(), 1u);
  EXPECT_THAT(uses[0].missing, testing::Contains(HasSubstr("events of logons were not kept")));
  EXPECT_THAT(uses[0].missing, Not(testing::Contains(HasSubstr("No logon"))));
}

TEST_F(PsExecWho, ServicesThatWindowsStartsAreOrdinary) {
  log("System", {install(0, "Foo", "\"C:\\Program Files\\Foo\\FooCmd.exe\" -service", "auto start"),
                 install(9, "NVIDIA", "nvsvc.exe", "auto start"),
                 install(18, "Jenkins", "C:\\Windows\\system32\\cmd.exe /c \"C:\\J\\run.bat\"",
                         "auto start")});
  const ModuleRun run = judge();
  const auto uses = findings_of(run, "psexec.clone_use");
  ASSERT_EQ(uses.size(), 2u);
  for (const Finding* use : uses) {
    EXPECT_EQ(severity_of(*use), Severity::low) << use->subject;
    EXPECT_THAT(use->benign, ElementsAre(HasSubstr("Windows starts it by itself")));
    EXPECT_THAT(use->next, ElementsAre(HasSubstr("what installed it")));
  }
}

TEST_F(PsExecWho, AShellThatCameOverTheNetworkIsNotOrdinary) {
  log("System", {install(18, "x", "cmd.exe /c C:\\J\\run.bat", "auto start")});
  log("Security", {logon(17, "10.0.0.7", "0x1234"),
                   text_event("Security", 4697, 18,
                              {{"SubjectUserName", "adm"},
                               {"SubjectDomainName", "CORP"},
                               {"SubjectLogonId", "0x1234"},
                               {"ServiceName", "x"},
                               {"ServiceFileName", "cmd.exe /c C:\\J\\run.bat"},
                               {"ServiceStartType", "2"}})});
  const ModuleRun run = judge();
  ASSERT_EQ(findings_of(run, "psexec.clone_use").size(), 1u);
  EXPECT_GE(severity_of(*findings_of(run, "psexec.clone_use")[0]), Severity::high);
}

TEST_F(PsExecWho, SysmonTellsThatWindowsStartsAService) {
  const auto set = [](double seconds, const std::string& name, const std::string& details) {
    return text_event(std::string{kSysmon}, 13, seconds,
                      {{"EventType", "SetValue"},
                       {"Image", "C:\\Windows\\system32\\services.exe"},
                       {"TargetObject", "HKLM\\System\\CurrentControlSet\\Services\\J\\" + name},
                       {"Details", details}});
  };
  for (const char* start : {"DWORD (0x00000002)", "DWORD (0x00000003)"}) {
    log("Sysmon", {set(0, "Start", start), set(0, "ImagePath", "cmd.exe /c C:\\J\\run.bat")});
    const ModuleRun run = judge();
    EXPECT_EQ(severity_of(*findings_of(run, "psexec.clone_use").at(0)),
              start[16] == '2' ? Severity::low : Severity::high);
  }
}

}  // namespace
}  // namespace hozen
