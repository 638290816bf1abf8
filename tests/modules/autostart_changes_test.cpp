// Autostarts, services, tasks and accounts that logs tell were set up.
#include <gmock/gmock.h>

#include "tests/modules/judge_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec autostart_changes, event_logs;
}  // namespace modules
namespace {

using builders::EvtxBuilder;
using builders::EvtxEvent;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kSysmon = "Microsoft-Windows-Sysmon/Operational";
constexpr const char* kRun = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run\\";

class AutostartChangesTest : public testing::Test {
 protected:
  ModuleRun judge(const std::vector<EvtxEvent>& events) {
    EvtxBuilder log;
    for (const EvtxEvent& event : events) log.event(event);
    windows.file("C:\\Windows\\System32\\winevt\\Logs\\x.evtx", "").bytes = log.bytes();
    return run_and_judge({&modules::event_logs, &modules::autostart_changes}, windows);
  }
  static EvtxEvent written(const std::string& object, const std::string& details,
                           const std::string& image = "C:\\Windows\\System32\\msiexec.exe",
                           double seconds = 0) {
    return text_event(kSysmon, 13, seconds,
                      {{"EventType", "SetValue"},
                       {"TargetObject", object},
                       {"Details", details},
                       {"Image", image},
                       {"User", "PC\\eve"}});
  }
  fake::FakeWindows windows;
};

TEST_F(AutostartChangesTest, AnInstallerThatWritesARunValueIsARecordOnly) {
  windows.file("C:\\Program Files\\App\\app.exe", "MZ");
  const ModuleRun run =
      judge({written(std::string{kRun} + "App", "\"C:\\Program Files\\App\\app.exe\" -start")});
  const auto changes = records_of(run, "autostart_change");
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ((*changes[0])["what"], "value");
  EXPECT_EQ((*changes[0])["location"], "run");
  EXPECT_EQ((*changes[0])["image"], "C:\\Program Files\\App\\app.exe");
  EXPECT_EQ((*changes[0])["written_by"], "C:\\Windows\\System32\\msiexec.exe");
  EXPECT_EQ((*changes[0])["account"], "PC\\eve");
  EXPECT_EQ((*changes[0])["told_by"], records_of(run, "event").at(0)->id);
  EXPECT_THAT(run.context->findings, IsEmpty());
}

TEST_F(AutostartChangesTest, AProgramOfAUserThatWritesOneIsAFinding) {
  const ModuleRun run = judge({written(std::string{kRun} + "x", "C:\\Users\\Public\\x.exe",
                                       "C:\\Users\\eve\\Downloads\\a.exe")});
  ASSERT_EQ(run.context->findings.size(), 1u);
  const Finding& finding = run.context->findings[0];
  EXPECT_GE(severity_of(finding), Severity::medium);
  EXPECT_THAT(finding.attack, Contains("T1547.001"));
  EXPECT_THAT(story_of(finding), HasSubstr("C:\\Users\\eve\\Downloads\\a.exe wrote it"));
  EXPECT_THAT(finding.why[0].records, Contains(records_of(run, "autostart_change")[0]->id));
  EXPECT_THAT(finding.why[0].records, Contains(records_of(run, "event")[0]->id));
}

TEST_F(AutostartChangesTest, AClassThatIsWrittenIsToldAndEndsNothing) {
  const std::string machine = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\";
  const ModuleRun run = judge(
      {written(machine + "ShellServiceObjectDelayLoad\\x", "{01234567-89ab-cdef-0123-456789abcdef}",
               "C:\\Users\\eve\\Downloads\\a.exe"),
       written(machine + "Explorer\\SharedTaskScheduler\\{01234567-89ab-cdef-0123-456789abcdef}",
               "x", "C:\\Users\\eve\\Downloads\\a.exe"),
       written(std::string{kRun} + "x", "C:\\Users\\Public\\x.exe",
               "C:\\Users\\eve\\Downloads\\a.exe")});
  EXPECT_THAT(run.context->notes, IsEmpty());
  EXPECT_GE(records_of(run, "autostart_change").size(), 2u);
}

TEST_F(AutostartChangesTest, ANameThatBeginsWithNulIsFound) {
  const ModuleRun run = judge({written(kRun, "\"c:\\windows\\tasks\\taskhost.exe\"")});
  EXPECT_EQ(findings_of(run, "autostart_changes.hidden_name").size(), 1u);
}

TEST_F(AutostartChangesTest, KeysOfUsersClassesAndControlSetsAreKnown) {
  const std::string user = "HKU\\S-1-5-21-1-2-3-1001";
  const ModuleRun run = judge(
      {written(user + "\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\Shell",
               "x.exe"),
       written(user + "_CLASSES\\mscfile\\shell\\open\\command\\(Default)",
               "C:\\Windows\\System32\\cmd.exe"),
       written("HKLM\\System\\CurrentControlSet\\Control\\Print\\Monitors\\x\\Driver", "x.dll"),
       written("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution "
               "Options\\sethc.exe\\Debugger",
               "cmd.exe"),
       written("HKLM\\SOFTWARE\\Microsoft\\Nothing\\x", "cmd.exe")});
  EXPECT_EQ(records_of(run, "autostart_change").size(), 4u);
  EXPECT_EQ(findings_of(run, "autostart_changes.accessibility_debugger").size(), 1u);
  EXPECT_EQ(findings_of(run, "autostart_changes.class_elevation").size(), 1u);
}

TEST_F(AutostartChangesTest, TheSameValueWrittenAgainIsToldOnce) {
  const std::string value = std::string{kRun} + "x";
  const ModuleRun run = judge({written(value, "C:\\a.exe"), written(value, "C:\\a.exe", "", 9),
                               written(value, "C:\\b.exe")});
  EXPECT_EQ(records_of(run, "autostart_change").size(), 3u) << "another writer counts";
}

TEST_F(AutostartChangesTest, ServicesFromFoldersOfUsersAreFindings) {
  const auto service = [](const std::string& name, const std::string& image) {
    return text_event("System", 7045, 0,
                      {{"ServiceName", name}, {"ImagePath", image}, {"StartType", "auto start"}});
  };
  const ModuleRun run =
      judge({service("Everything", "\"C:\\Program Files\\Everything\\Everything.exe\" -svc"),
             service("vmci", "System32\\drivers\\vmci.sys"),
             service("bad", "C:\\Users\\Public\\svc.exe")});
  EXPECT_EQ(records_of(run, "autostart_change").size(), 3u);
  ASSERT_EQ(run.context->findings.size(), 1u) << fake::summary_of(run.context->findings);
  EXPECT_THAT(run.context->findings[0].subject, HasSubstr("bad at 2022-"));
  EXPECT_THAT(run.context->findings[0].attack, Contains("T1543.003"));
}

TEST_F(AutostartChangesTest, DriversFromFoldersOfUsersAreFindings) {
  const auto driver = [](const std::string& name, const std::string& image) {
    return text_event("System", 7045, 0,
                      {{"ServiceName", name},
                       {"ImagePath", image},
                       {"ServiceType", "kernel mode driver"},
                       {"StartType", "demand start"}});
  };
  const ModuleRun run = judge({driver("vmci", "\\SystemRoot\\System32\\drivers\\vmci.sys"),
                               driver("MpKslDrv",
                                      "C:\\ProgramData\\Microsoft\\Windows Defender\\Definition "
                                      "Updates\\{1}\\MpKslDrv.sys"),
                               driver("npcap", "C:\\Program Files\\Npcap\\npcap.sys"),
                               driver("mimidrv", "C:\\TOOLS\\x64\\mimidrv.sys")});
  ASSERT_EQ(run.context->findings.size(), 1u) << fake::summary_of(run.context->findings);
  const Finding& finding = run.context->findings[0];
  EXPECT_EQ(finding.rule, "autostart_changes.driver_elsewhere");
  EXPECT_EQ(severity_of(finding), Severity::medium);
  EXPECT_THAT(finding.subject, HasSubstr("mimidrv"));
  EXPECT_THAT(finding.attack, Contains("T1543.003"));
}

TEST_F(AutostartChangesTest, TasksAreJudgedByWhatTheyStart) {
  const auto task = [](const std::string& name, const std::string& command) {
    return text_event("Security", 4698, 0,
                      {{"TaskName", name},
                       {"SubjectUserName", "eve"},
                       {"TaskContent",
                        "<Task xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">"
                        "<Actions><Exec><Command>" +
                            command + "</Command></Exec></Actions></Task>"}});
  };
  const ModuleRun run = judge({task("\\good", "C:\\Windows\\System32\\defrag.exe"),
                               task("\\bad", "C:\\Users\\Public\\x.exe")});
  EXPECT_EQ(records_of(run, "autostart_change").size(), 2u);
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_THAT(run.context->findings[0].subject, HasSubstr("\\bad"));
  EXPECT_THAT(run.context->findings[0].attack, Contains("T1053.005"));
}

TEST_F(AutostartChangesTest, TasksMadeByCommandsAreTold) {
  const auto process = [](const std::string& line) {
    return text_event(kSysmon, 1, 0,
                      {{"Image", "C:\\Windows\\System32\\schtasks.exe"},
                       {"CommandLine", line},
                       {"ParentImage", "C:\\Windows\\System32\\rundll32.exe"}});
  };
  const ModuleRun run = judge(
      {process("schtasks /Create /f /XML C:\\Users\\eve\\AppData\\Local\\Temp\\a.tmp /TN Data"),
       process("schtasks /query /tn Data"),
       process("schtasks.exe /create /tn x /tr \"mshta.exe https://example.org/a.txt\"")});
  EXPECT_EQ(records_of(run, "autostart_change").size(), 2u);
  ASSERT_EQ(findings_of(run, "autostart_changes.task_from_file").size(), 1u);
  EXPECT_EQ(run.context->findings.size(), 2u) << fake::summary_of(run.context->findings);
}

TEST_F(AutostartChangesTest, HiddenTasksAndAccountsAreFound) {
  const ModuleRun run = judge(
      {text_event(kSysmon, 12, 0,
                  {{"EventType", "DeleteValue"},
                   {"TargetObject",
                    "HKLM\\SOFTWARE\\Microsoft\\Windows "
                    "NT\\CurrentVersion\\Schedule\\TaskCache\\Tree\\Bad\\SD"},
                   {"Image", "C:\\Windows\\System32\\reg.exe"}}),
       written("HKLM\\SAM\\SAM\\Domains\\Account\\Users\\Names\\hideme$\\(Default)", "Binary Data"),
       written("HKLM\\SAM\\SAM\\Domains\\Account\\Users\\Names\\alice\\(Default)", "Binary Data"),
       written("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\SpecialAccounts"
               "\\Userlist\\eve",
               "DWORD (0x00000000)")});
  EXPECT_EQ(findings_of(run, "autostart_changes.task_hidden").size(), 1u);
  const auto accounts = findings_of(run, "autostart_changes.account_hidden");
  ASSERT_EQ(accounts.size(), 2u);
  EXPECT_THAT(accounts[0]->attack, Contains("T1136.001"));
  EXPECT_THAT(accounts[1]->attack, Contains("T1564.002"));
}

}  // namespace
}  // namespace hozen
