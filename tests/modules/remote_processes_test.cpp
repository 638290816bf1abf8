// Whose session a program that WMI or WinRM started ran in, as events 4688 and 1 tell it.
#include "tests/modules/judge_cases.h"
#include "tests/modules/remote_action_cases.h"

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kSystem32 = "C:\\Windows\\System32\\";

Texts logon(const std::string& user, const std::string& session, const std::string& address,
            const std::string& host, const std::string& type = "3") {
  return {{"TargetUserName", user},
          {"TargetDomainName", "CORP"},
          {"TargetLogonId", session},
          {"LogonType", type},
          {"IpAddress", address},
          {"WorkstationName", host},
          {"AuthenticationPackageName", "NTLM"}};
}

/// Version 2 of the event: of a program of another than who started it.
Texts by_wmi(const std::string& user, const std::string& session,
             const std::string& subject_session = "0x3e4") {
  return {{"SubjectUserName", "WS1$"},
          {"SubjectDomainName", "CORP"},
          {"SubjectLogonId", subject_session},
          {"NewProcessId", "0x500"},
          {"NewProcessName", kSystem32 + "cmd.exe"},
          {"ProcessId", "0x400"},
          {"CommandLine", "cmd.exe /c ipconfig"},
          {"TargetUserName", user},
          {"TargetDomainName", user == "-" ? "-" : "CORP"},
          {"TargetLogonId", session},
          {"ParentProcessName", kSystem32 + "wbem\\WmiPrvSE.exe"}};
}
Texts by_winrm(const std::string& user, const std::string& session) {
  return {{"SubjectUserName", user},
          {"SubjectDomainName", "CORP"},
          {"SubjectLogonId", session},
          {"NewProcessId", "0x500"},
          {"NewProcessName", kSystem32 + "cmd.exe"},
          {"ProcessId", "0x400"},
          {"CommandLine", "cmd /c x"},
          {"ParentProcessName", kSystem32 + "wsmprovhost.exe"}};
}

std::string missing_of(const Finding& finding) {
  std::string all;
  for (const std::string& one : finding.not_checked) all += one + "\n";
  return all;
}

TEST(RemoteProcesses, WmiOfWindowsTenNamesTheSession) {
  EventWorld world;
  world.security(4624, 0, logon("alice", "0xa1", "10.0.0.7", "WS7"))
      .security(4624, 1, logon("backup", "0xb1", "10.0.0.20", "BACKUP1"))
      .security(4688, 2, by_wmi("alice", "0xa1"));
  const ModuleRun run = judge_remote(world);
  ASSERT_THAT(rules_of(run), ElementsAre("remote_tasks_and_wmi.wmi_process medium"));
  const Finding& finding = run.context->findings[0];
  EXPECT_THAT(finding.subject, HasSubstr("by CORP\\alice from 10.0.0.7"));
  EXPECT_THAT(story_of(finding), HasSubstr("(WS7)"));
  EXPECT_THAT(story_of(finding), HasSubstr("the session it ran in"));
  EXPECT_THAT(story_of(finding), Not(HasSubstr("backup")));
  EXPECT_THAT(missing_of(finding), Not(HasSubstr("Where it came from")));
}

TEST(RemoteProcesses, WinRmIsOfTheSessionOfItsSubject) {
  EventWorld world;
  world.security(4624, 0, logon("alice", "0xa1", "10.0.0.66", "KALI"))
      .security(4624, 601, logon("backup", "0xb1", "10.0.0.20", "BACKUP1"))
      .security(4688, 602, by_winrm("alice", "0xa1"));
  const ModuleRun run = judge_remote(world);
  ASSERT_THAT(rules_of(run), ElementsAre("remote_tasks_and_wmi.winrm medium"));
  EXPECT_THAT(run.context->findings[0].subject, HasSubstr("by CORP\\alice from 10.0.0.66"));
  EXPECT_THAT(story_of(run.context->findings[0]), Not(HasSubstr("backup")));
}

TEST(RemoteProcesses, NoLogonIsGuessedForAKnownSession) {
  for (const Texts& texts : {by_winrm("alice", "0xa1"), by_wmi("alice", "0xa1")}) {
    EventWorld world;
    world.security(4624, 0, logon("backup", "0xb1", "10.0.0.20", "BACKUP1"))
        .security(4624, 0, logon("alice", "0xb2", "10.0.0.21", "OTHER"))
        .security(4688, 1, texts);
    const ModuleRun run = judge_remote(world);
    ASSERT_EQ(run.context->findings.size(), 1u);
    const Finding& finding = run.context->findings[0];
    EXPECT_THAT(story_of(finding), Not(HasSubstr("was logged on")));
    EXPECT_THAT(missing_of(finding), HasSubstr("of its session, 0xa1, is told"));
  }
}

TEST(RemoteProcesses, WindowsItselfIsNobody) {
  for (const char* session : {"0x3e4", "0x3e7"}) {
    EventWorld world;
    world.security(4624, 0, logon("backup", "0xb1", "10.0.0.20", "BACKUP1"))
        .security(4688, 1, by_wmi("-", "0x0", session));
    const ModuleRun run = judge_remote(world);
    ASSERT_EQ(run.context->findings.size(), 1u);
    EXPECT_THAT(story_of(run.context->findings[0]), Not(HasSubstr("backup"))) << session;
    EXPECT_THAT(missing_of(run.context->findings[0]), HasSubstr("a session of Windows itself"));
  }
}

TEST(RemoteProcesses, WithoutASessionOnlyTheAccountMayBeGuessed) {
  Texts texts = by_winrm("alice", "");
  EventWorld world;
  world.security(4624, 0, logon("backup", "0xb1", "10.0.0.20", "BACKUP1"))
      .security(4624, 1, logon("alice", "0xa1", "10.0.0.7", "WS7"))
      .security(4688, 2, texts);
  const std::string story = story_of(judge_remote(world).context->findings.at(0));
  EXPECT_THAT(story, HasSubstr("Perhaps of it, by the time alone: CORP\\alice"));
  EXPECT_THAT(story, Not(HasSubstr("backup")));
}

TEST(RemoteProcesses, TwoSourcesOfOneAccountAreTwo) {
  for (const auto& by : {by_winrm, +[](const std::string&user, const std::string&session) {
                           return by_wmi(user, session);
                         }}) {
    EventWorld world;
    world.security(4624, 0, logon("alice", "0xa1", "10.0.0.7", "WS7"))
        .security(4688, 1, by("alice", "0xa1"))
        .security(4624, 300, logon("alice", "0xa2", "10.0.0.99", "KALI"))
        .security(4688, 301, by("alice", "0xa2"));
    const ModuleRun run = judge_remote(world);
    ASSERT_EQ(run.context->findings.size(), 2u);
    EXPECT_THAT(run.context->findings[0].subject, HasSubstr("from 10.0.0.7"));
    EXPECT_THAT(run.context->findings[1].subject, HasSubstr("from 10.0.0.99"));
  }
}

TEST(RemoteProcesses, TwoSessionsOfOneSourceAreOne) {
  EventWorld world;
  world.security(4624, 0, logon("alice", "0xa1", "10.0.0.7", "WS7"))
      .security(4688, 1, by_winrm("alice", "0xa1"))
      .security(4624, 300, logon("alice", "0xa2", "10.0.0.7", "WS7"))
      .security(4688, 301, by_winrm("alice", "0xa2"));
  const ModuleRun run = judge_remote(world);
  ASSERT_EQ(run.context->findings.size(), 1u);
  // Each session is told.
  EXPECT_EQ(run.context->findings[0].why.size(), 4u);
}

TEST(RemoteProcesses, ASessionAtTheConsoleIsNoSource) {
  EventWorld world;
  world.security(4624, 0, logon("alice", "0xa1", "127.0.0.1", "WS1", "2"))
      .security(4624, 1, logon("backup", "0xb1", "10.0.0.20", "BACKUP1"))
      .security(4688, 2, by_wmi("alice", "0xa1"));
  const ModuleRun run = judge_remote(world);
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_THAT(run.context->findings[0].subject, Not(HasSubstr("from")));
  EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("(type 2"));
  EXPECT_THAT(story_of(run.context->findings[0]), Not(HasSubstr("backup")));
}

TEST(RemoteProcesses, TheCommandOfWmiexecIsEnough) {
  const auto by = [](const std::string& command, const std::string& parent = "") {
    Texts texts{{"SubjectUserName", "WS1$"},
                {"SubjectDomainName", "CORP"},
                {"SubjectLogonId", "0x3e4"},
                {"NewProcessId", "0x500"},
                {"NewProcessName", kSystem32 + "cmd.exe"},
                {"ProcessId", "0x400"},
                {"CommandLine", command}};
    if (!parent.empty()) texts.emplace_back("ParentProcessName", kSystem32 + parent);
    EventWorld world;
    world.security(4688, 0, texts);
    return judge_remote(world);
  };
  const std::string output = "\\__1700000000.5 2>&1";
  for (const char* share : {"ADMIN$", "C$"}) {
    const ModuleRun run =
        by("cmd.exe /Q /c cd \\ 1> \\\\127.0.0.1\\" + std::string{share} + output);
    ASSERT_THAT(rules_of(run), ElementsAre("remote_tasks_and_wmi.wmi_command_exec high")) << share;
    const Finding& finding = run.context->findings[0];
    EXPECT_THAT(finding.subject, testing::StartsWith("cmd.exe"));
    EXPECT_THAT(story_of(finding), HasSubstr("cmd.exe was started"));
    EXPECT_THAT(missing_of(finding), HasSubstr("What started it"));
  }
  EXPECT_THAT(rules_of(by("cmd /c x 1> \\\\127.0.0.1\\ADMIN$" + output, "wbem\\WmiPrvSE.exe")),
              ElementsAre("remote_tasks_and_wmi.wmi_process_exec high"));
  for (const char* other :
       {"cmd /c x 1> \\\\127.0.0.1\\ADMIN$\\__output 2>&1", "cmd /c x 1> C:\\__1700000000.5 2>&1",
        "cmd /c x 1> \\\\127.0.0.1\\ADMIN$\\__1700000000.5", "cmd /c x 1> \\\\127.0.0.1\\",
        "cmd /c x 1> \\\\127.0.0.1\\ADMIN$\\__.5 2>&1", "cmd /c x 1> \\\\127.0.0.1\\a b\\__1 2>&1",
        "cmd /c x 1> \\\\10.0.0.1\\share\\__1700000000.5 2>&1"})
    EXPECT_THAT(rules_of(by(other)), testing::IsEmpty()) << other;
}

Texts started(const std::string& command, const std::string& parent,
              const std::string& image = "cmd.exe") {
  return {{"Image", kSystem32 + image},
          {"CommandLine", command},
          {"ParentImage", kSystem32 + parent},
          {"User", "NT AUTHORITY\\SYSTEM"},
          {"LogonId", "0x3e7"}};
}
const std::string kAtexecCommand = "cmd.exe /C whoami > C:\\Windows\\Temp\\AbCdEfGh.tmp 2>&1";

TEST(RemoteTasks, WhatTheSchedulerStartsIsEnough) {
  for (const char* parent : {"svchost.exe", "taskeng.exe"}) {
    EventWorld world;
    world.sysmon(1, 0, started(kAtexecCommand, parent));
    const ModuleRun run = judge_remote(world);
    ASSERT_THAT(rules_of(run), ElementsAre("remote_tasks_and_wmi.task_atexec high"));
    EXPECT_THAT(run.context->findings[0].subject, testing::StartsWith("\\AbCdEfGh at"));
    EXPECT_THAT(missing_of(run.context->findings[0]), HasSubstr("Who had it run"));
  }
  for (const Texts& other :
       {started(kAtexecCommand, "cmd.exe"), started(kAtexecCommand, "svchost.exe", "where.exe"),
        started("cmd.exe /C whoami > C:\\Temp\\AbCdEfGh.tmp", "svchost.exe"),
        started("cmd.exe /C type C:\\Windows\\Temp\\AbCdEfGh.tmp", "svchost.exe")}) {
    EventWorld world;
    world.sysmon(1, 0, other);
    EXPECT_THAT(told(world), testing::IsEmpty());
  }
}

TEST(RemoteTasks, AProcessIsOfItsTask) {
  const Texts fetched{{"SubjectUserName", "eve"},
                      {"SubjectDomainName", "CORP"},
                      {"ShareName", "\\\\*\\ADMIN$"},
                      {"RelativeTargetName", "Temp\\AbCdEfGh.tmp"},
                      {"IpAddress", "10.0.0.5"}};
  EventWorld world;
  world.sysmon(1, 0, started(kAtexecCommand, "svchost.exe")).security(5145, 1, fetched);
  const ModuleRun run = judge_remote(world);
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_THAT(run.context->findings[0].subject, HasSubstr("by CORP\\eve from 10.0.0.5"));
  EventWorld later;
  later.sysmon(1, 0, started(kAtexecCommand, "svchost.exe")).security(5145, 900, fetched);
  EXPECT_EQ(told(later).size(), 2u);
}

}  // namespace
}  // namespace hozen
