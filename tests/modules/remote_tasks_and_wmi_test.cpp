#include "tests/modules/judge_cases.h"
#include "tests/modules/remote_action_cases.h"

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::string_view kWinRm = "Microsoft-Windows-WinRM/Operational";

Texts task(const std::string& name, const std::string& command, const std::string& arguments) {
  return {
      {"SubjectUserName", "eve"},
      {"SubjectDomainName", "CORP"},
      {"SubjectLogonId", "0x77"},
      {"TaskName", name},
      {"TaskContent",
       "<?xml version=\"1.0\" encoding=\"UTF-16\"?>"
       "<Task version=\"1.2\" "
       "xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\"><Actions><Exec>"
       "<Command>" +
           command + "</Command><Arguments>" + arguments + "</Arguments></Exec></Actions></Task>"}};
}
Texts logon(const std::string& type) {
  return {{"TargetUserName", "eve"},
          {"TargetDomainName", "CORP"},
          {"TargetLogonId", "0x77"},
          {"LogonType", type},
          {"IpAddress", "10.0.0.5"},
          {"WorkstationName", "PC1"},
          {"AuthenticationPackageName", "NTLM"}};
}
Texts share(const std::string& name, const std::string& target) {
  return {{"SubjectUserName", "eve"},
          {"SubjectDomainName", "CORP"},
          {"ShareName", "\\\\*\\" + name},
          {"RelativeTargetName", target},
          {"IpAddress", "10.0.0.5"}};
}
const std::string kAtexec = "/C tasklist &gt; %windir%\\Temp\\AbCdEfGh.tmp 2&gt;&amp;1";

TEST(RemoteTasks, AtexecWithItsLogon) {
  EventWorld world;
  world.security(4624, 0, logon("3"))
      .security(5145, 0.5, share("IPC$", "atsvc"))
      .security(4698, 1, task("\\AbCdEfGh", "cmd.exe", kAtexec))
      .security(4699, 2, task("\\AbCdEfGh", "cmd.exe", kAtexec))
      .security(5145, 3, share("ADMIN$", "Temp\\AbCdEfGh.tmp"));
  const ModuleRun run = judge_remote(world);
  ASSERT_EQ(run.context->findings.size(), 1u);
  const Finding& finding = run.context->findings[0];
  EXPECT_EQ(finding.rule, "remote_tasks_and_wmi.task_atexec");
  EXPECT_GE(severity_of(finding), Severity::high);
  EXPECT_THAT(finding.why, SizeIs(6));
  EXPECT_THAT(finding.subject, HasSubstr("by CORP\\eve from 10.0.0.5"));
  const fake::Record& row = *records_of(run, "remote_action").at(0);
  EXPECT_EQ(row["name"], "\\AbCdEfGh");
  EXPECT_EQ(row["source_host"], "PC1");
  EXPECT_EQ(row["command"], "cmd.exe /C tasklist > %windir%\\Temp\\AbCdEfGh.tmp 2>&1");
  EXPECT_EQ(time_of(row, "first"), EventWorld::moment(1));
}

TEST(RemoteTasks, AnAccountAloneJoinsNoPipe) {
  for (const char* session : {"0x77", "0x78"}) {
    EventWorld world;
    Texts pipe = share("IPC$", "atsvc");
    pipe.emplace_back("SubjectLogonId", session);
    world.security(5145, 0, pipe).security(4698, 1, task("\\x", "cmd.exe", "/c x"));
    EXPECT_EQ(told(world).empty(), std::string_view{session} == "0x78") << session;
  }
}

TEST(RemoteTasks, WhatAtexecFetchesIsEnough) {
  EventWorld world;
  world.security(5145, 0, share("IPC$", "atsvc"))
      .security(5145, 1, share("ADMIN$", "Temp\\AbCdEfGh.tmp"));
  EXPECT_THAT(told(world), ElementsAre("task_atexec high"));
  EventWorld other;
  other.security(5145, 1, share("ADMIN$", "Temp\\setup_1.tmp"))
      .security(5145, 2, share("C$", "Temp\\AbCdEfGh.tmp"));
  EXPECT_THAT(told(other), IsEmpty());
}

TEST(RemoteTasks, OnlyTheExactFormIsAtexec) {
  const auto by = [](const std::string& command, const std::string& arguments) {
    EventWorld world;
    world.security(4698, 0, task("\\VendorUpdate", command, arguments));
    return told(world);
  };
  for (const char* target : {"%windir%\\Temp\\", "C:\\Windows\\Temp\\", "%SystemRoot%\\temp\\"})
    EXPECT_THAT(by("cmd.exe", "/C whoami &gt; " + std::string{target} + "AbCdEfGh.tmp 2&gt;&amp;1"),
                ElementsAre("task_atexec high"))
        << target;
  EXPECT_THAT(by("C:\\Windows\\System32\\cmd.exe", kAtexec), ElementsAre("task_atexec high"));
  for (const char* arguments :
       {"/c copy C:\\Temp\\a.tmp C:\\b &gt; nul", "/c dir &gt; C:\\Temp\\AbCdEfGh.tmp",
        "/c type %windir%\\Temp\\AbCdEfGh.tmp &gt; C:\\b", "/c x &gt; %windir%\\Temp\\setup12.tmp",
        "/c x &gt; %windir%\\Temp\\AbCdEfGhI.tmp", "/c x &gt; %windir%\\Temp\\AbCdEfGh.tmp.log",
        "/c x &gt;", "/c x &gt; \"%windir%"})
    EXPECT_THAT(by("cmd.exe", arguments), IsEmpty()) << arguments;
  EXPECT_THAT(by("C:\\Program Files\\cmdr\\cmdr.exe", kAtexec), IsEmpty());
}

TEST(RemoteTasks, WhatIsRefusedIsAnAttempt) {
  EventWorld world;
  world.refused(5145, 0, share("IPC$", "atsvc"))
      .refused(5145, 1, share("ADMIN$", "Temp\\AbCdEfGh.tmp"))
      .refused(5145, 2, share("IPC$", "svcctl"))
      .refused(5145, 3, share("IPC$", "winreg"));
  EXPECT_THAT(told(world),
              ElementsAre("task_output_refused low", "access_refused low", "access_refused low"));
  EXPECT_THAT(story_of(judge_remote(world).context->findings[1]), HasSubstr("and was refused"));
  // A refused pipe joins no task.
  EventWorld task_of_host;
  task_of_host.refused(5145, 0, share("IPC$", "atsvc"))
      .security(4698, 1, task("\\x", "cmd.exe", "/c x"));
  EXPECT_THAT(told(task_of_host), IsEmpty());
}

TEST(RemoteTasks, ACopyOfARecordIsToldOnce) {
  EventWorld world;
  world.security(4698, 0, task("\\AbCdEfGh", "cmd.exe", kAtexec))
      .security(4698, 0, task("\\AbCdEfGh", "cmd.exe", kAtexec));
  const ModuleRun run = judge_remote(world);
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_THAT(run.context->findings[0].why, SizeIs(2));
}

TEST(RemoteTasks, TasksOfOneRunAndThoseThatStay) {
  EventWorld world;
  world.security(4698, 0, task("\\x", "C:\\Windows\\Temp\\a.bat", ""))
      .security(4699, 1, task("\\x", "C:\\Windows\\Temp\\a.bat", ""));
  const ModuleRun run = judge_remote(world);
  ASSERT_THAT(rules_of(run), ElementsAre("remote_tasks_and_wmi.task_run_once medium"));
  EXPECT_THAT(run.context->findings[0].not_checked, SizeIs(1));
  EventWorld quiet;
  quiet.security(4698, 0, task("\\stays", "cmd.exe", "/c x"))
      .security(4698, 5, task("\\own", "C:\\Program Files\\a\\a.exe", ""))
      .security(4699, 6, task("\\own", "C:\\Program Files\\a\\a.exe", ""))
      .security(4698, 7, task("\\Microsoft\\Windows\\U", "cmd.exe", ""))
      .security(4699, 8, task("\\Microsoft\\Windows\\U", "cmd.exe", ""))
      .security(4699, 9, task("\\old", "cmd.exe", ""));
  EXPECT_THAT(told(quiet), IsEmpty());
  EventWorld slow;
  slow.security(4698, 0, task("\\x", "cmd.exe", ""))
      .security(4699, 300, task("\\x", "cmd.exe", ""));
  EXPECT_THAT(told(slow), ElementsAre("task_run_once low"));
}

TEST(RemoteTasks, OneMadeOverTheNetwork) {
  EventWorld world;
  world.security(4624, 0, logon("3")).security(4698, 1, task("\\x", "cmd.exe", "/c x"));
  EXPECT_THAT(told(world), ElementsAre("task_from_afar medium"));
  EventWorld here;
  here.security(4624, 0, logon("2")).security(4698, 1, task("\\x", "cmd.exe", "/c x"));
  EXPECT_THAT(told(here), IsEmpty());
}

Texts process(const std::string& image, const std::string& command, const std::string& parent,
              const std::string& parent_command = "") {
  return {{"Image", "C:\\Windows\\System32\\" + image},
          {"CommandLine", command},
          {"ParentImage", "C:\\Windows\\System32\\" + parent},
          {"ParentCommandLine", parent_command},
          {"User", "CORP\\eve"},
          {"LogonId", "0x77"}};
}
const std::string kWmiexec = "cmd.exe /Q /c whoami 1> \\\\127.0.0.1\\ADMIN$\\__1700000000.12 2>&1";

TEST(RemoteWmi, Wmiexec) {
  EventWorld world;
  world.security(4624, 0, logon("3"))
      .sysmon(1, 1, process("cmd.exe", kWmiexec, "wbem\\WmiPrvSE.exe"));
  const ModuleRun run = judge_remote(world);
  ASSERT_EQ(run.context->findings.size(), 1u);
  const Finding& finding = run.context->findings[0];
  EXPECT_EQ(finding.rule, "remote_tasks_and_wmi.wmi_process_exec");
  EXPECT_GE(severity_of(finding), Severity::medium);
  EXPECT_THAT(finding.attack, ElementsAre("T1047", "T1021.002"));
  EXPECT_THAT(finding.why.back().fact, HasSubstr("the session it ran in"));
}

TEST(RemoteWmi, ProgramsByTheirParents) {
  const auto by = [](const std::string& image, const std::string& parent,
                     const std::string& parent_command = "") {
    EventWorld world;
    world.sysmon(1, 0, process(image, image, parent, parent_command));
    return told(world);
  };
  EXPECT_THAT(by("cmd.exe", "wbem\\WmiPrvSE.exe"), ElementsAre("wmi_process medium"));
  EXPECT_THAT(by("calc.exe", "wbem\\WmiPrvSE.exe"), ElementsAre("wmi_process low"));
  EXPECT_THAT(by("cmd.exe", "winrshost.exe"), ElementsAre("winrm medium"));
  EXPECT_THAT(by("calc.exe", "wbem\\scrcons.exe"), ElementsAre("wmi_script_consumer medium"));
  EXPECT_THAT(by("cmd.exe", "mmc.exe", "mmc.exe -Embedding"), ElementsAre("dcom medium"));
  EXPECT_THAT(by("calc.exe", "explorer.exe", "explorer /factory,{x} -Embedding"),
              ElementsAre("dcom low"));
  EXPECT_THAT(by("cmd.exe", "mmc.exe", "mmc.exe eventvwr.msc"), IsEmpty());
  EXPECT_THAT(by("cmd.exe", "explorer.exe"), IsEmpty());
  EXPECT_THAT(by("conhost.exe", "winrshost.exe"), IsEmpty());
}

TEST(RemoteWmi, ParentsOfWindowsSevenByNumber) {
  EventWorld world;
  world
      .security(4688, 0,
                {{"NewProcessId", "0xae8"},
                 {"ProcessId", "0x1"},
                 {"NewProcessName", "C:\\Windows\\System32\\wbem\\WmiPrvSE.exe"}})
      .security(4624, 1, logon("3"))
      .security(4688, 2,
                {{"NewProcessId", "0x424"},
                 {"ProcessId", "0xae8"},
                 {"SubjectUserName", "PC$"},
                 {"NewProcessName", "C:\\Windows\\System32\\calc.exe"}});
  const ModuleRun run = judge_remote(world);
  ASSERT_THAT(rules_of(run), ElementsAre("remote_tasks_and_wmi.wmi_process medium"));
  // Nothing but the time joins the logon: it is told and accuses nobody.
  EXPECT_THAT(run.context->findings[0].subject, Not(HasSubstr("eve")));
  EXPECT_THAT(run.context->findings[0].why.back().fact,
              HasSubstr("Perhaps of it, by the time alone: CORP\\eve was logged on"));
  EXPECT_EQ((*records_of(run, "remote_action").at(0))["account"], "PC$");
}

Texts by_agent(const std::string& image, const std::string& command) {
  Texts texts = process(image, command, "wbem\\WmiPrvSE.exe");
  texts[4].second = "NT AUTHORITY\\SYSTEM";
  texts[5].second = "0x3e7";
  return texts;
}

TEST(RemoteWmi, AgentsThatManageTheHost) {
  EventWorld world;
  world.security(4624, 0, logon("3"))
      .sysmon(1, 1, by_agent("cmd.exe", "cmd.exe /c C:\\Windows\\CCM\\inventory.bat"));
  const ModuleRun run = judge_remote(world);
  ASSERT_THAT(rules_of(run), ElementsAre("remote_tasks_and_wmi.wmi_process low"));
  EXPECT_THAT(run.context->findings[0].benign.at(0), HasSubstr("Configuration Manager"));
  // What wmiexec writes is none of an agent's.
  EventWorld attack;
  attack.sysmon(1, 1, by_agent("cmd.exe", kWmiexec));
  EXPECT_THAT(told(attack), ElementsAre("wmi_process_exec high"));
}

TEST(RemoteShares, NewSharesAndPipes) {
  EventWorld world;
  world.security(5142, 0, {{"ShareName", "\\\\*\\WMI_SHARE"}, {"SubjectUserName", "eve"}})
      .security(5145, 500, share("IPC$", "svcctl"))
      .security(5145, 501, share("IPC$", "winreg"));
  EXPECT_THAT(told(world),
              ElementsAre("new_share high", "service_control low", "remote_registry low"));
  EventWorld registry;
  const std::string key = "HKLM\\System\\CurrentControlSet\\Services\\LanmanServer\\Shares\\";
  registry.sysmon(13, 0, {{"TargetObject", key + "staging"}, {"Image", "svchost.exe"}})
      .sysmon(13, 1, {{"TargetObject", key + "Security\\staging"}, {"Image", "svchost.exe"}});
  EXPECT_THAT(told(registry), ElementsAre("new_share low"));
}

TEST(RemoteShares, FilesThatComeIntoStartup) {
  const auto wrote = [](const std::string& image) {
    EventWorld world;
    world.sysmon(
        11, 0,
        {{"Image", image}, {"TargetFilename", "C:\\U\\Start Menu\\Programs\\Startup\\x.exe"}});
    return told(world);
  };
  EXPECT_THAT(wrote("System"), ElementsAre("startup_file medium"));
  EXPECT_THAT(wrote("C:\\Windows\\explorer.exe"), IsEmpty());
  const auto from = [](const std::vector<std::string>& addresses) {
    EventWorld world;
    world.sysmon(
        11, 0,
        {{"Image", "System"}, {"TargetFilename", "C:\\U\\Start Menu\\Programs\\Startup\\x.exe"}});
    for (const std::string& address : addresses)
      world.sysmon(3, 1,
                   {{"Image", "System"},
                    {"Initiated", "false"},
                    {"SourceIp", address},
                    {"SourceHostname", "PC1"},
                    {"DestinationPort", "445"}});
    const ModuleRun run = judge_remote(world);
    return (*records_of(run, "remote_action").at(0)).json_of("source_address");
  };
  EXPECT_EQ(from({"10.0.0.5", "10.0.0.5"}), "\"10.0.0.5\"");
  EXPECT_EQ(from({"10.0.0.5", "10.0.0.6"}), "null");
}

TEST(RemoteShares, ToolsUsedAgainstOthers) {
  const auto ran = [](const std::string& image, const std::string& command) {
    EventWorld world;
    world.sysmon(1, 0, process(image, command, "cmd.exe"));
    return told(world);
  };
  EXPECT_THAT(ran("wbem\\WMIC.exe", "wmic /node:srv process call create x"),
              ElementsAre("used_from_here medium"));
  EXPECT_THAT(ran("schtasks.exe", "schtasks /create /s srv /tn x"),
              ElementsAre("used_from_here low"));
  EXPECT_THAT(ran("reg.exe", "reg add \\\\srv\\HKLM\\x"), ElementsAre("used_from_here low"));
  EXPECT_THAT(ran("reg.exe", "reg add \"HKLM\\\\SOFTWARE\" /d \\\\srv\\x"), IsEmpty());
  EXPECT_THAT(ran("schtasks.exe", "schtasks /create /tn x"), IsEmpty());
  EXPECT_THAT(ran("wbem\\WMIC.exe", "wmic /node:localhost os"), IsEmpty());
  EXPECT_THAT(ran("schtasks.exe", "schtasks /create /tn x /tr \"cmd /s /c dir\""), IsEmpty());
  EXPECT_THAT(ran("pwsh.exe", "pwsh -c Enter-PSSession srv"), ElementsAre("used_from_here low"));
}

TEST(RemoteWinRm, SessionsBothWays) {
  EventWorld world;
  world.add(kWinRm, 169, 0, {{"username", "CORP\\eve"}, {"authenticationMechanism", "NTLM"}})
      .add(kWinRm, 169, 1, {{"username", "CORP\\eve"}, {"authenticationMechanism", "NTLM"}})
      .add(kWinRm, 6, 2, {{"connection", "srv/wsman"}});
  EXPECT_THAT(told(world), ElementsAre("winrm_session low", "winrm_used_from_here low"));
}

}  // namespace
}  // namespace hozen
