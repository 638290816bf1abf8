// Uses of PsExec and tools like it, told by logs, prefetch files and the registry together.
#include <gmock/gmock.h>

#include "collector/module/remote_use.h"
#include "tests/modules/psexec_cases.h"

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class PsExecTest : public PsExecCase {};

TEST_F(PsExecTest, AnInstalledServiceAloneIsLow) {
  log("System", {install(0)});
  const ModuleRun run = judge();
  const auto uses = findings_of(run, "psexec.use");
  ASSERT_EQ(uses.size(), 1u);
  EXPECT_EQ(severity_of(*uses[0]), Severity::low);
  EXPECT_THAT(uses[0]->attack, ElementsAre("T1569.002", "T1021.002"));
  EXPECT_THAT(uses[0]->why[0].records,
              testing::Contains(records_of(run, "remote_execution").at(0)->id));
  EXPECT_THAT(uses[0]->not_checked, testing::Contains(HasSubstr("servers keep none")));
  EXPECT_THAT(uses[0]->not_checked, testing::Contains(HasSubstr("No logon over the network")));
  const auto records = records_of(run, "remote_execution");
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ((*records[0])["tool"], "PsExec");
  EXPECT_EQ((*records[0])["renamed"], "false");
  EXPECT_EQ(time_of(*records[0], "started"), time(0));
}

TEST_F(PsExecTest, TellsTheWholeStoryOfAUse) {
  log("System", {install(10),
                 text_event("System", 7036, 11, {{"param1", "PSEXESVC"}, {"param2", "running"}})});
  log("Security", {logon(9, "10.0.0.7"), share(9.5, "ADMIN$", "PSEXESVC.exe"),
                   share(12, "IPC$", "PSEXESVC-WS-07-4711-stdin"),
                   share(12.1, "IPC$", "PSEXESVC-WS-07-4711-stdout")});
  log("Sysmon", {process(11, "C:\\Windows\\PSEXESVC.exe", "C:\\Windows\\PSEXESVC.exe", "800"),
                 process(13, "C:\\Windows\\System32\\cmd.exe", "cmd /c whoami", "801",
                         "C:\\Windows\\PSEXESVC.exe", "800")});
  builders::PrefetchBuilder file{30};
  file.program(kImage, "PSEXESVC.EXE").run(time(10.016));
  windows.file("C:\\Windows\\Prefetch\\PSEXESVC.EXE-AD70946C.pf", "").bytes = file.bytes();
  const ModuleRun run = judge();
  const auto uses = findings_of(run, "psexec.use");
  ASSERT_EQ(uses.size(), 1u) << fake::summary_of(run.context->findings);
  EXPECT_GE(severity_of(*uses[0]), Severity::high);
  const std::string story = story_of(*uses[0]);
  EXPECT_THAT(story, HasSubstr("CORP\\adm was logged on (type 3, NTLM) from 10.0.0.7"));
  EXPECT_THAT(story, HasSubstr("in the same logon session"));
  EXPECT_THAT(story, HasSubstr("The file PSEXESVC.exe of the share ADMIN$ was opened"));
  EXPECT_THAT(story, HasSubstr("WS-07, and the process there, 4711"));
  EXPECT_THAT(story, HasSubstr("It ran: cmd /c whoami"));
  EXPECT_THAT(story, HasSubstr("16 ms from it"));
  EXPECT_THAT(story, HasSubstr("The service said 'running'"));
  EXPECT_THAT(uses[0]->not_checked, IsEmpty());
  const fake::Record& use = *records_of(run, "remote_execution").at(0);
  EXPECT_EQ(use["account"], "CORP\\adm");
  EXPECT_EQ(use["source_host"], "WS-07");
  EXPECT_EQ(use["source_address"], "10.0.0.7");
  EXPECT_EQ(use.json_of("commands"), R"(["cmd /c whoami"])");
  EXPECT_EQ(use["prefetch_run"], time(10.016).iso8601());
}

TEST_F(PsExecTest, EachInstallationIsAUseAndEachRunJoinsOne) {
  std::vector<EvtxEvent> installs;
  installs.reserve(12);
  builders::PrefetchBuilder file{30};
  file.program(kImage, "PSEXESVC.EXE").run_count(12);
  for (int i = 11; i >= 4; --i) file.run(time(i * 0.4 + 0.01));
  for (int i = 0; i < 12; ++i) installs.push_back(install(i * 0.4));
  log("System", installs);
  windows.file("C:\\Windows\\Prefetch\\PSEXESVC.EXE-AD70946C.pf", "").bytes = file.bytes();
  const ModuleRun run = judge();
  EXPECT_EQ(findings_of(run, "psexec.use").size(), 12u);
  std::size_t joined = 0, told = 0;
  for (const auto* record : records_of(run, "remote_execution")) {
    joined += record->json_of("prefetch_run") != "null" ? 1u : 0u;
    told +=
        record->json_of("missing").find("keeps the times of the last 8 only") != std::string::npos
            ? 1u
            : 0u;
  }
  EXPECT_EQ(joined, 8u);
  EXPECT_EQ(told, 4u) << "the uses whose runs the file does not keep any more";
}

TEST_F(PsExecTest, TheSameInstallationInTwoLogsIsOneUse) {
  log("System", {install(0)});
  log("Security", {text_event("Security", 4697, 0.2,
                              {{"SubjectUserName", "adm"},
                               {"SubjectDomainName", "CORP"},
                               {"SubjectLogonId", "0x1"},
                               {"ServiceName", "PSEXESVC"},
                               {"ServiceFileName", "%SystemRoot%\\PSEXESVC.exe"},
                               {"ServiceStartType", "3"}})});
  const ModuleRun run = judge();
  ASSERT_EQ(findings_of(run, "psexec.use").size(), 1u);
  EXPECT_EQ((*records_of(run, "remote_execution")[0])["account"], "CORP\\adm");
}

TEST_F(PsExecTest, AnotherNameIsSeenByThePipesOfItsSession) {
  log("Security", {share(0, "ADMIN$", "blabla.exe"), share(1, "IPC$", "svcctl"),
                   share(2, "IPC$", "blabla"), share(3, "IPC$", "blabla-NLLT108334-37048-stdin"),
                   share(3, "IPC$", "blabla-NLLT108334-37048-stderr")});
  const ModuleRun run = judge();
  const auto uses = findings_of(run, "psexec.use");
  ASSERT_EQ(uses.size(), 1u) << fake::summary_of(run.context->findings);
  EXPECT_EQ(uses[0]->title, "PsExec was used under another name");
  EXPECT_GE(severity_of(*uses[0]), Severity::high);
  EXPECT_THAT(story_of(*uses[0]), HasSubstr("blabla.exe of the share ADMIN$"));
  EXPECT_EQ((*records_of(run, "remote_execution")[0])["source_host"], "NLLT108334");
}

TEST_F(PsExecTest, ARenamedServiceIsNotTheProgramOfWindowsOfThatName) {
  log("Sysmon",
      {text_event(std::string{kSysmon}, 17, 0,
                  {{"PipeName", "\\svchost-WS-1-77-stdin"}, {"Image", "C:\\Windows\\svchost.exe"}}),
       process(60, "C:\\Windows\\System32\\svchost.exe", "svchost -k x", "9")});
  const ModuleRun run = judge();
  ASSERT_EQ(findings_of(run, "psexec.use").size(), 1u);
  EXPECT_THAT(story_of(*findings_of(run, "psexec.use")[0]), Not(HasSubstr("System32")));
}

EvtxEvent key_file(std::uint16_t id, double seconds, const std::string& folder) {
  return text_event(std::string{kSysmon}, id, seconds,
                    {{"TargetFilename", folder + "PSEXEC-WS-07-1A2B3C4D.key"}});
}

TEST_F(PsExecTest, DeletingItsKeyFileLaterIsNoSecondUse) {
  log("Sysmon", {key_file(11, 0, "C:\\Windows\\"), key_file(23, 3600, "C:\\Windows\\")});
  const ModuleRun run = judge();
  ASSERT_EQ(findings_of(run, "psexec.use").size(), 1u);
  EXPECT_THAT(story_of(*findings_of(run, "psexec.use")[0]), HasSubstr("deleted"));
  EXPECT_EQ((*records_of(run, "remote_execution")[0])["source_host"], "WS-07");
}

TEST_F(PsExecTest, ADeletedKeyFileAloneIsAUse) {
  log("Sysmon", {key_file(23, 3600, "C:\\Windows\\")});
  EXPECT_EQ(findings_of(judge(), "psexec.use").size(), 1u);
}

TEST_F(PsExecTest, WhatIsDeletedIsOfNoLaterUse) {
  log("Sysmon",
      {key_file(23, 0, "C:\\Windows\\"),
       text_event(std::string{kSysmon}, 23, 1, {{"TargetFilename", "C:\\Windows\\PSEXESVC.exe"}}),
       text_event(std::string{kSysmon}, 23, 4000,
                  {{"TargetFilename", "C:\\Windows\\PSEXESVC.exe"}})});
  log("System", {install(20)});
  const ModuleRun run = judge();
  const auto uses = findings_of(run, "psexec.use");
  ASSERT_EQ(uses.size(), 2u);
  EXPECT_THAT(story_of(*uses[1]), Not(HasSubstr("WS-07")));
  EXPECT_THAT(story_of(*uses[1]), Not(HasSubstr("deleted at " + time(1).iso8601())));
  EXPECT_THAT(story_of(*uses[1]), HasSubstr("deleted at " + time(4000).iso8601()));
  EXPECT_THAT(findings_of(run, "psexec.leftover"), IsEmpty());
}

TEST_F(PsExecTest, AFileOfThatNameElsewhereIsNoKeyFile) {
  log("Sysmon", {key_file(11, 0, "C:\\Users\\x\\Windows\\"), key_file(11, 9, "C:\\Temp\\")});
  EXPECT_THAT(findings_of(judge(), "psexec.use"), IsEmpty());
}

TEST_F(PsExecTest, CommandsAsServicesAreUsesOfOtherTools) {
  log("System", {install(0, "BTOBTO",
                         "%COMSPEC% /Q /c echo dir ^> \\\\127.0.0.1\\C$\\__output 2^>^&1 > x.bat & "
                         "%COMSPEC% /Q /c x.bat & del x.bat"),
                 text_event("System", 7009, 30, {{"param1", "30000"}, {"param2", "BTOBTO"}})});
  const ModuleRun run = judge();
  const auto uses = findings_of(run, "psexec.clone_use");
  ASSERT_EQ(uses.size(), 1u);
  EXPECT_GE(severity_of(*uses[0]), Severity::high);
  EXPECT_THAT(uses[0]->title, HasSubstr("Impacket smbexec"));
  EXPECT_THAT(uses[0]->benign, IsEmpty());
}

TEST_F(PsExecTest, OrdinaryServicesMakeNone) {
  log("System", {install(0, "Everything", "\"C:\\Program Files\\Everything\\Everything.exe\" -svc"),
                 install(1, "Sysmon64", "C:\\Windows\\Sysmon64.exe"),
                 install(2, "vmci", "System32\\drivers\\vmci.sys")});
  log("Security", {logon(0, "10.0.0.7"), share(1, "IPC$", "svcctl")});
  const ModuleRun run = judge();
  EXPECT_THAT(run.context->findings, IsEmpty());
  EXPECT_THAT(records_of(run, "remote_execution"), IsEmpty());
}

TEST_F(PsExecTest, AServiceThatIsSetUpIsTold) {
  const std::string key = "HKLM\\SYSTEM\\ControlSet001\\Services\\PSEXESVC";
  windows.value(key, "ImagePath", fake::expand_sz("%SystemRoot%\\PSEXESVC.EXE"));
  windows.value(key, "Type", fake::dword(16));
  windows.value(key, "Start", fake::dword(3));
  const std::string other = "HKLM\\SYSTEM\\ControlSet002\\Services\\PSEXESVC";
  windows.value(other, "ImagePath", fake::expand_sz("%SystemRoot%\\PSEXESVC.EXE"));
  windows.value(other, "Type", fake::dword(16));
  windows.value(other, "Start", fake::dword(3));
  const ModuleRun run = run_and_judge({&modules::services, &modules::psexec}, windows);
  const auto entries = findings_of(run, "psexec.service_entry");
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(severity_of(*entries[0]), Severity::medium);
  EXPECT_THAT(story_of(*entries[0]), HasSubstr("in other control sets too: " + other));
  EXPECT_THAT(findings_of(run, "psexec.use"), IsEmpty());
}

/// A collector of logs, or a log that was copied here.
TEST_F(PsExecTest, EventsOfAnotherHostAreNotOfThisOne) {
  log("System", {text_event("System", 7036, 0, {{"param1", "Spooler"}, {"param2", "running"}})});
  EvtxEvent forwarded = install(1);
  forwarded.computer = "JUMP01.corp";
  log("ForwardedEvents", {forwarded});
  const ModuleRun run = judge();
  EXPECT_THAT(findings_of(run, "psexec.use"), IsEmpty());
  ASSERT_EQ(run.context->stated.others().size(), 1u);
  EXPECT_EQ(find_remote_uses(run.context->stated.others()[0]).size(), 1u);
}

/// Windows puts a full log aside; what the host was called then does not matter.
TEST_F(PsExecTest, ALogThatWasPutAsideIsTheHostsOwn) {
  EvtxEvent old = install(-1000);
  old.computer = "OLDNAME";
  EvtxEvent renamed = text_event("System", 7036, -900, {{"param1", "x"}, {"param2", "running"}});
  renamed.computer = "NEWNAME";
  log("Archive-System-2024-02-01-00-00-00-000", {old, renamed});
  EvtxEvent now = text_event("System", 7036, 0, {{"param1", "x"}, {"param2", "running"}});
  now.computer = "NEWNAME";
  log("System", {now});
  const ModuleRun run = judge();
  EXPECT_EQ(findings_of(run, "psexec.use").size(), 1u);
  EXPECT_TRUE(run.context->stated.others().empty());
}

/// A host may have its own events forwarded to itself; the log they come to has its own numbers.
TEST_F(PsExecTest, AForwardedCopyOfAnEventIsThatEvent) {
  EvtxEvent first = text_event("System", 7036, 0, {{"param1", "x"}, {"param2", "running"}});
  log("System", {first, install(1)});
  log("Backup", {first, install(1)});
  const ModuleRun run = judge();
  EXPECT_EQ(run.context->stated.facts(FactKind::service).size(), 1u);
}

/// The name of the file decides: a channel's slashes are %4 in it.
TEST_F(PsExecTest, ALogOfAnotherNameIsACopy) {
  const auto process_of = [](const std::string& computer, double seconds) {
    EvtxEvent event = process(seconds, "C:\\x.exe", "x", "1");
    event.computer = computer;
    return event;
  };
  log("Microsoft-Windows-Sysmon%4Operational", {process_of("PC1", 0)});
  log("Microsoft-Windows-Sysmon%4Operational (2)", {process_of("PC2", 1), process_of("PC2", 2)});
  const ModuleRun run = judge();
  EXPECT_EQ(run.context->stated.facts(FactKind::process).size(), 1u);
}

TEST_F(PsExecTest, AFloodOfInstallationsIsBounded) {
  FactStore store{std::size_t{64} << 20u};
  for (std::uint64_t i = 0; i < kMaxRemoteUses + 50; ++i) {
    Fact fact;
    fact.kind = FactKind::service;
    fact.event_id = 7045;
    fact.time = FileTime{1'000'000'000 + i * kTicksPerSecond * 400};
    fact.subject = "PSEXESVC";
    fact.values.add("ServiceName", "PSEXESVC");
    fact.values.add("ImagePath", "%SystemRoot%\\PSEXESVC.exe");
    store.add(std::move(fact));
  }
  store.settle();
  EXPECT_EQ(find_remote_uses(store).size(), kMaxRemoteUses);
}

}  // namespace
}  // namespace hozen
