// PsExec started on this host: against others, and for itself.
#include <gmock/gmock.h>

#include "collector/module/remote_use.h"
#include "tests/modules/psexec_cases.h"

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class PsExecStart : public PsExecCase {};

TEST_F(PsExecStart, ClientAndServiceOnTheSameHostAreOneUse) {
  log("System", {install(1)});
  log("Sysmon", {process(0, "C:\\TMP\\p.exe", "p.exe -accepteula -s cmd /c systeminfo", "5", "", "",
                         "psexec.c")});
  const ModuleRun run = judge();
  ASSERT_EQ(findings_of(run, "psexec.use").size(), 1u);
  EXPECT_THAT(story_of(*findings_of(run, "psexec.use")[0]),
              HasSubstr("C:\\TMP\\p.exe, which is PsExec by its version resource"));
  EXPECT_THAT(findings_of(run, "psexec.used_from_here"), IsEmpty());
}

TEST_F(PsExecStart, TellsAgainstWhichHostItWasStartedHere) {
  log("Sysmon",
      {process(0, "C:\\x\\psexec64.exe", "psexec64 \\\\srv01 -u CORP\\adm -p pw cmd", "5"),
       process(1, "C:\\x\\p.exe", "p \\\\srv02 cmd", "6", "", "", "psexec.c"),
       process(2, "C:\\x\\other.exe", "other \\\\srv03 cmd", "7")});
  const ModuleRun run = judge();
  const auto starts = findings_of(run, "psexec.used_from_here");
  ASSERT_EQ(starts.size(), 2u);
  EXPECT_THAT(starts[0]->subject, HasSubstr("srv01"));
  EXPECT_EQ(severity_of(*starts[0]), Severity::low);
  EXPECT_EQ(severity_of(*starts[1]), Severity::high) << "renamed";
  EXPECT_THAT(story_of(*starts[0]), Not(HasSubstr("pw")));
  EXPECT_EQ((*records_of(run, "remote_execution_start").at(0))["target_account"], "CORP\\adm");
}

TEST_F(PsExecStart, AListOfHostsIsTold) {
  log("Sysmon",
      {process(0, "C:\\x\\PsExec.exe", "psexec @hosts.txt -u CORP\\adm -p Secret -c evil.exe", "5"),
       process(9, "C:\\x\\PsExec.exe", "psexec \\\\srv01,srv02 -i 1 cmd.exe", "6"),
       process(20, "C:\\x\\PsExec.exe", "psexec \\\\* -s ipconfig", "7")});
  const ModuleRun run = judge();
  const auto starts = findings_of(run, "psexec.used_from_here");
  ASSERT_EQ(starts.size(), 3u);
  EXPECT_EQ(starts[0]->title, "PsExec was started here to run something on several hosts");
  EXPECT_THAT(story_of(*starts[0]), HasSubstr("the hosts that the file hosts.txt lists, to run: "
                                              "evil.exe"));
  EXPECT_THAT(story_of(*starts[0]), Not(HasSubstr("Secret")));
  EXPECT_THAT(starts[0]->not_checked, ElementsAre(HasSubstr("hosts.txt was not read")));
  EXPECT_THAT(story_of(*starts[1]), HasSubstr("the hosts srv01, srv02, to run: cmd.exe."));
  EXPECT_THAT(story_of(*starts[2]), HasSubstr("all hosts of the domain"));
  EXPECT_EQ((*records_of(run, "remote_execution_start").at(0))["target"], "@hosts.txt");
}

TEST_F(PsExecStart, APathIsNoHost) {
  log("Sysmon",
      {process(0, "C:\\x\\psexec_viewer.exe", "psexec_viewer \\\\srv\\share\\a.txt", "5")});
  EXPECT_THAT(judge().context->findings, IsEmpty());
}

TEST_F(PsExecStart, AProgramOfASimilarNameAskedForNothing) {
  log("System", {install(1)});
  log("Sysmon", {process(0, "C:\\x\\psexec_viewer.exe", "psexec_viewer", "5")});
  EXPECT_EQ(records_of(judge(), "remote_execution").at(0)->json_of("client"), "null");
}

TEST_F(PsExecStart, AnotherNameOfThisHostIsThisHost) {
  log("System", {install(1)});
  log("Sysmon", {process(0, "C:\\x\\PsExec.exe", "psexec \\\\localhost -s cmd.exe", "5")});
  log("Security", {logon(-30, "10.0.0.50")});
  const ModuleRun run = judge();
  EXPECT_THAT(findings_of(run, "psexec.used_from_here"), IsEmpty());
  const auto uses = findings_of(run, "psexec.use");
  ASSERT_EQ(uses.size(), 1u);
  EXPECT_THAT(uses[0]->subject, HasSubstr("by CORP\\adm on this host itself"));
  EXPECT_THAT(story_of(*uses[0]), Not(HasSubstr("10.0.0.50"))) << "nothing to do with it";
  EXPECT_THAT(uses[0]->next, testing::Contains(HasSubstr("What started C:\\x\\PsExec.exe")));
  EXPECT_THAT(uses[0]->next, Not(testing::Contains(HasSubstr("the host it came from"))));
  EXPECT_THAT(uses[0]->not_checked, Not(testing::Contains(HasSubstr("logon"))));
}

TEST_F(PsExecStart, TheHostsOwnNamesAreThisHost) {
  for (const char* name : {"ws1", "WS1.corp.local"}) {
    EvtxEvent service = install(1);
    service.computer = "WS1.corp.local";
    EvtxEvent client =
        process(0, "C:\\x\\PsExec.exe", "psexec \\\\" + std::string{name} + " -s cmd.exe", "5");
    client.computer = "WS1.corp.local";
    log("System", {service});
    log("Sysmon", {client});
    const ModuleRun run = judge();
    EXPECT_THAT(findings_of(run, "psexec.used_from_here"), IsEmpty()) << name;
    EXPECT_THAT(findings_of(run, "psexec.use").at(0)->subject, HasSubstr("on this host itself"));
  }
  EvtxEvent client = process(0, "C:\\x\\PsExec.exe", "psexec \\\\ws1.lab.local cmd.exe", "5");
  client.computer = "WS1.corp.local";
  log("Sysmon", {client});
  EXPECT_EQ(findings_of(judge(), "psexec.used_from_here").size(), 1u) << "another domain";
}

TEST_F(PsExecStart, ACommandOfClientAndServiceIsToldOnce) {
  log("System", {install(1)});
  log("Sysmon", {process(0, "C:\\x\\PsExec.exe", "psexec -s cmd.exe /c dir", "5"),
                 process(1.1, "C:\\Windows\\PSEXESVC.exe", "C:\\Windows\\PSEXESVC.exe", "8"),
                 process(1.2, "C:\\Windows\\System32\\cmd.exe", "\"cmd.exe\" /c  dir", "9",
                         "C:\\Windows\\PSEXESVC.exe", "8")});
  const ModuleRun run = judge();
  EXPECT_EQ(records_of(run, "remote_execution").at(0)->json_of("commands"),
            R"(["\"cmd.exe\" /c  dir"])");
}

TEST_F(PsExecStart, AUseOfAnotherHostIsNotThatOfALocalClient) {
  log("System", {install(5)});
  log("Sysmon", {process(0, "C:\\x\\PsExec.exe", "psexec -s cmd.exe", "5")});
  log("Security", {share(6, "IPC$", "PSEXESVC-WS9-77-stdin", "0x9", "eve", "10.0.0.9")});
  const ModuleRun run = judge();
  EXPECT_THAT(findings_of(run, "psexec.use").at(0)->subject, HasSubstr("by CORP\\eve from WS9"));
}

/// The events are those of the host PC.
TEST_F(PsExecStart, PipesThatNameThisHostComeFromNoOther) {
  log("System", {install(1)});
  log("Security", {share(0, "ADMIN$", "PSEXESVC.exe", "0x9", "bob", "127.0.0.1"),
                   share(2, "IPC$", "PSEXESVC-PC-77-stdin", "0x9", "bob", "127.0.0.1")});
  const ModuleRun here = judge();
  const Finding& own = *findings_of(here, "psexec.use").at(0);
  EXPECT_THAT(own.subject, testing::EndsWith("by CORP\\bob from a host called as this one, PC"));
  EXPECT_EQ(severity_of(own), Severity::medium);
  EXPECT_THAT(own.next.at(0), HasSubstr("Which program of this host asked for it"));
  // Whoever calls his host so is not hidden by it.
  log("Security", {share(0, "ADMIN$", "PSEXESVC.exe", "0x9", "bob", "10.0.0.77"),
                   share(2, "IPC$", "PSEXESVC-PC-77-stdin", "0x9", "bob", "10.0.0.77")});
  const ModuleRun run = judge();
  const Finding& use = *findings_of(run, "psexec.use").at(0);
  EXPECT_THAT(use.subject, testing::EndsWith("from a host called as this one, PC (10.0.0.77)"));
  EXPECT_GT(score_of(use), score_of(own));
  EXPECT_THAT(use.not_checked,
              testing::Contains(HasSubstr("Whether 10.0.0.77 is an address of this host")));
  log("Security", {share(2, "IPC$", "PSEXESVC-WS9-77-stdin", "0x9", "bob", "10.0.0.77")});
  EXPECT_THAT(findings_of(judge(), "psexec.use").at(0)->subject,
              testing::EndsWith("by CORP\\bob from WS9 (10.0.0.77)"));
}

TEST_F(PsExecStart, OneStartInTwoLogsIsOne) {
  log("Sysmon", {process(0, "C:\\x\\PsExec.exe", "psexec \\\\srv01 cmd", "5")});
  log("Security", {text_event("Security", 4688, 0.01,
                              {{"NewProcessName", "C:\\x\\PsExec.exe"},
                               {"NewProcessId", "0x5"},
                               {"CommandLine", "psexec \\\\srv01 cmd"},
                               {"SubjectUserName", "adm"},
                               {"SubjectDomainName", "CORP"}})});
  EXPECT_EQ(findings_of(judge(), "psexec.used_from_here").size(), 1u);
}

TEST_F(PsExecStart, TheClientOfPAExecIsNoUseOfThisHost) {
  log("Sysmon", {process(0, "C:\\x\\paexec.exe", "paexec \\\\srv01 -s -to 5 cmd", "5")});
  const ModuleRun run = judge();
  EXPECT_THAT(findings_of(run, "psexec.clone_use"), IsEmpty());
  EXPECT_THAT(story_of(*findings_of(run, "psexec.used_from_here").at(0)), HasSubstr("run: cmd."));
}

}  // namespace
}  // namespace hozen
