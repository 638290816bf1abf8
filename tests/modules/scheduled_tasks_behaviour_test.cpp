// What a task does, whatever it is registered as.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/modules/ordinary_task.h"

namespace hozen {
namespace {

struct BehaviourCase {
  const char* name;
  TaskSpec spec;
  const char* rule;  ///< "": none
  Severity at_least = Severity::low;
  Severity at_most = Severity::critical;
};

constexpr const char* kElevated = "<UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel>";

const BehaviourCase kBehaviour[] = {
    {"Atexec",
     {.path = "\\CYAlyNSS",
      .command = "cmd.exe",
      .arguments = "/C tasklist > %windir%\\Temp\\CYAlyNSS.tmp 2>&1"},
     "remote_command",
     Severity::high},
    {"AtexecUnderAnotherName",
     {.path = "\\Backup",
      .command = "C:\\Windows\\System32\\cmd.exe",
      .arguments = "/C whoami > C:\\Windows\\Temp\\abCDefGH.tmp 2>&1"},
     "remote_command",
     Severity::medium},
    {"ALogOfAnOrdinaryScript",
     {.path = "\\Backup", .command = "cmd.exe", .arguments = "/C dir > C:\\Windows\\Temp\\x.log"},
     "elevated_shell",
     Severity::low,
     Severity::low},
    {"TheSameOfAUser",
     {.path = "\\Backup",
      .command = "cmd.exe",
      .arguments = "/C dir > C:\\Windows\\Temp\\x.log",
      .principal = "<UserId>alice</UserId><RunLevel>LeastPrivilege</RunLevel>"},
     ""},
    {"AScriptOfAVendorAsSystem",
     {.path = "\\Backup",
      .command = "cmd.exe",
      .arguments = R"(/C "C:\Program Files\Vendor\backup.cmd" > C:\Windows\Temp\x.log)"},
     ""},
    {"AnAccountAsSystem",
     {.path = "\\Plain",
      .command = "cmd.exe",
      .arguments = "/c net user evil P@ss1 /add",
      .principal = kElevated},
     "account_added",
     Severity::high},
    {"AnAccountAmongTheTasksOfWindows",
     {.path = "\\Microsoft\\Windows\\Foo\\A",
      .command = "%windir%\\System32\\cmd.exe",
      .arguments = "/c net user evil P@ss1 /add",
      .principal = kElevated},
     "account_added",
     Severity::high},
    {"AnAccountByNetItself",
     {.path = "\\Microsoft\\Windows\\Foo\\A",
      .command = "%windir%\\System32\\net.exe",
      .arguments = "localgroup Administrators evil /add"},
     "account_rights",
     Severity::medium},
    {"AnotherCommandAmongTheTasksOfWindows",
     {.path = "\\Microsoft\\Windows\\Foo\\A",
      .command = "%windir%\\System32\\cmd.exe",
      .arguments = "/c whoami",
      .principal = kElevated},
     "elevated_shell",
     Severity::low,
     Severity::low},
    {"PowerShellOfAProgramOfWindows",
     {.path = "\\Microsoft\\Windows\\Foo\\A",
      .command = "powershell.exe",
      .arguments = "-Command C:\\Windows\\System32\\whoami.exe",
      .principal = kElevated},
     "elevated_shell",
     Severity::low,
     Severity::low},
    {"CaretsOfCmd",
     {.path = "\\A", .command = "cmd.exe", .arguments = "/c C:\\m.exe sekurlsa^::logonpasswords"},
     "credential_tool",
     Severity::medium},
    {"AtexecWithCarets",
     {.path = "\\CYAlyNSS",
      .command = "cmd.exe",
      .arguments = "/C tasklist > %windir%\\Te^mp\\CYAl^yNSS.tmp 2>&1"},
     "remote_command",
     Severity::high},
    {"Comsvcs",
     {.path = "\\A",
      .command = "rundll32.exe",
      .arguments = "C:\\Windows\\System32\\comsvcs.dll, MiniDump 624 C:\\a.dmp full"},
     "credential_tool",
     Severity::medium},
    {"Procdump",
     {.path = "\\A", .command = "C:\\Tools\\procdump64.exe", .arguments = "-ma lsass.exe l.dmp"},
     "credential_tool",
     Severity::medium},
    {"ShortRepetitionOfAUsersProgram",
     {.path = "\\A",
      .command = "C:\\Users\\alice\\AppData\\Local\\a.exe",
      .triggers = "<TimeTrigger><Repetition><Interval>PT5M</Interval></Repetition></TimeTrigger>"},
     "short_repetition"},
    {"RepetitionThatEnds",
     {.path = "\\A",
      .command = std::string{kAgent},
      .triggers = "<TimeTrigger><Repetition><Interval>PT5M</Interval><Duration>P1D</Duration>"
                  "</Repetition></TimeTrigger>"},
     ""},
    {"Quasar",
     {.path = "\\Quasar Client Startup",
      .command = "C:\\Users\\alice\\AppData\\Roaming\\SubDir\\Client.exe",
      .principal = "<UserId>alice</UserId><RunLevel>HighestAvailable</RunLevel>"},
     "elevated_at_logon",
     Severity::medium},
    {"AForeignProgramAmongThoseOfWindows",
     {.path = "\\Microsoft\\Windows\\Wininet\\Update", .command = "C:\\ProgramData\\w.exe"},
     "borrowed_folder",
     Severity::medium},
    {"HiddenSetting",
     {.path = "\\A", .command = std::string{kAgent}, .settings = "<Hidden>true</Hidden>"},
     "hidden_setting",
     Severity::low,
     Severity::low},
    {"PowerShell",
     {.path = "\\A",
      .command = "powershell.exe",
      .arguments = "-nop -w hidden -enc SQBFAFgAIAAoAGkAdwByACAAaAB0AHQAcAA6AC8ALwBlAC8AYQApAA=="},
     "powershell_evasion",
     Severity::medium},
    {"ElevatedProxy",
     {.path = "\\A",
      .command = "rundll32.exe",
      .arguments = "C:\\Data\\x.dll,Run",
      .principal = "<UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel>"},
     "proxy_execution"},
    {"AnOrdinaryTaskOfWindows",
     {.path = "\\Microsoft\\Windows\\Application Experience\\PcaPatchDbTask",
      .command = "%windir%\\system32\\rundll32.exe",
      .arguments = "%windir%\\system32\\PcaSvc.dll,PcaPatchSdbTask",
      .settings = "<Hidden>true</Hidden>"},
     ""},
    {"AnotherOfALaterWindows",
     {.path = "\\Microsoft\\Windows\\New\\Thing",
      .command = "%SystemRoot%\\System32\\new.exe",
      .settings = "<Hidden>true</Hidden>"},
     ""},
    {"GoogleUpdate",
     {.path = "\\GoogleUpdateTaskMachineUA{1}",
      .command = "C:\\Program Files (x86)\\Google\\Update\\GoogleUpdate.exe",
      .arguments = "/ua /installsource scheduler",
      .principal = "<UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel>"},
     ""},
    {"OfficeAndAdobe",
     {.path = "\\Microsoft\\Office\\Office Automatic Updates 2.0",
      .command =
          "C:\\Program Files\\Common Files\\Microsoft Shared\\ClickToRun\\OfficeC2RClient.exe",
      .settings = "<Hidden>true</Hidden>"},
     ""},
    {"OneDrive",
     {.path = "\\OneDrive Standalone Update Task-S-1-5-21-1000-2000-3000-1001",
      .command = "%localappdata%\\Microsoft\\OneDrive\\OneDriveStandaloneUpdater.exe",
      .principal = "<UserId>alice</UserId>"},
     "writable_location",
     Severity::low,
     Severity::low},
};

class ScheduledTaskBehaviour : public testing::TestWithParam<BehaviourCase> {};

TEST_P(ScheduledTaskBehaviour, IsJudged) {
  const BehaviourCase& one = GetParam();
  TaskMachine machine;
  machine.add_file(one.spec);
  fake::Context& context = machine.run();
  if (*one.rule == '\0') {
    for (const auto& finding : context.findings)
      EXPECT_LE(severity_of(finding), Severity::info) << rules_of(context);
    return;
  }
  ASSERT_EQ(context.findings.size(), 1u);
  const Finding& finding = context.findings[0];
  EXPECT_EQ(finding.rule, "scheduled_tasks." + std::string{one.rule});
  EXPECT_GE(severity_of(finding), one.at_least) << score_of(finding);
  EXPECT_LE(severity_of(finding), one.at_most) << score_of(finding);
}

INSTANTIATE_TEST_SUITE_P(Table, ScheduledTaskBehaviour, testing::ValuesIn(kBehaviour),
                         [](const auto& param) { return std::string{param.param.name}; });

TEST(ScheduledTasks, AnOrdinaryTaskOfWindowsThatStartsSomethingElseIsNoLongerOne) {
  TaskMachine machine;
  machine.add_file({.path = "\\Microsoft\\Windows\\Application Experience\\PcaPatchDbTask",
                    .command = "C:\\Users\\Public\\a.exe"});
  fake::Context& context = machine.run();
  EXPECT_EQ(
      record_of(context,
                "\\Microsoft\\Windows\\Application Experience\\PcaPatchDbTask")["usual_value"],
      "false");
  const Finding* finding = context.finding("scheduled_tasks.borrowed_folder");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(severity_of(*finding), Severity::medium);
}

TEST(ScheduledTasks, UsualIsWhatTasksOfThatFolderStart) {
  struct {
    const char* path;
    const char* command;
    const char* arguments;
    bool usual;
  } const cases[] = {
      {"\\Microsoft\\Windows\\Foo\\A", "%windir%\\System32\\new.exe", "/x", true},
      {"\\Microsoft\\Windows\\Foo\\A", "%windir%\\System32\\sc.exe", "start newsvc", true},
      {"\\Microsoft\\Windows\\Foo\\A", "%windir%\\System32\\sc.exe", "create x binpath= y", false},
      {"\\Microsoft\\Windows\\Foo\\A", "%windir%\\System32\\rundll32.exe",
       "%windir%\\System32\\new.dll,Run", true},
      {"\\Microsoft\\Windows\\Foo\\A", "%windir%\\System32\\rundll32.exe",
       "C:\\Users\\Public\\new.dll,Run", false},
      {"\\Microsoft\\Windows\\Foo\\A", "%windir%\\System32\\cmd.exe",
       "/d /c %windir%\\System32\\new.cmd publish", true},
      {"\\Microsoft\\Windows\\Foo\\A", "%windir%\\System32\\cmd.exe", "/c net user", false},
      {"\\Microsoft\\Windows\\Foo\\A", "%windir%\\System32\\cmd.exe",
       "/c %windir%\\System32\\new.cmd & C:\\x.exe", false},
      {"\\Microsoft\\Windows\\Foo\\A", "%windir%\\System32\\net.exe", "user", false},
      {"\\Microsoft\\Windows\\Foo\\A", "%windir%\\System32\\mshta.exe", "vbscript:x", false},
      {"\\Microsoft\\Windows\\Foo\\A", "C:\\Program Files\\Windows Defender\\a.exe", "", true},
      {"\\Microsoft\\Windows\\Foo\\A", "C:\\Program FilesX\\Windows Defender\\a.exe", "", false},
      {"\\Microsoft\\Office\\E", "C:\\Program Files\\Microsoft Office\\e.exe", "", true},
      {"\\Microsoft\\Office\\E", "C:\\Program Files (x86)\\Microsoft Office\\root\\Office16\\e.exe",
       "/x", true},
      {"\\Microsoft\\Office\\E", "C:\\Program FilesX\\Microsoft Office\\e.exe", "", false},
      {"\\Microsoft\\Office\\E", "C:\\Program Files\\X\\Microsoft Office\\e.exe", "", false},
      {"\\Microsoft\\Office\\E", "cmd.exe", "/c \"C:\\Program Files\\Microsoft Office\\e.exe\"",
       false},
      {"\\Adobe Flash Player Updater", "C:\\Windows\\SysWOW64\\Macromed\\Flash\\f.exe", "", true},
      {"\\Adobe Flash Player Updater", "C:\\Windows\\Spool\\Macromed\\Flash\\f.exe", "", false},
      {"\\GoogleUpdaterTaskSystem1", "C:\\Program Files\\Google\\GoogleUpdater\\1.2\\updater.exe",
       "", true},
      {"\\GoogleUpdaterTaskSystem1",
       "C:\\Program Files\\Google\\GoogleUpdater\\1.2\\x\\updater.exe", "", false},
      {"\\OneDrive Reporting Task",
       "C:\\Users\\alice\\AppData\\Local\\Microsoft\\OneDrive\\24.1\\o.exe", "", true},
      {"\\OneDrive Reporting Task", "C:\\Users\\a\\b\\AppData\\Local\\Microsoft\\OneDrive\\o.exe",
       "", false},
  };
  for (const auto& one : cases) {
    TaskMachine machine;
    for (const auto* file : {"new.exe", "new.dll", "new.cmd", "cmd.exe", "sc.exe", "net.exe",
                             "rundll32.exe", "mshta.exe"})
      machine.windows.program(std::string{"C:\\Windows\\System32\\"} + file);
    machine.add_file({.path = one.path, .command = one.command, .arguments = one.arguments});
    EXPECT_EQ(record_of(machine.run(), one.path)["usual_value"], one.usual ? "true" : "false")
        << one.command << ' ' << one.arguments;
  }
}

TEST(ScheduledTasks, AUsersWindirLeadsATaskOfWindowsAstray) {
  TaskMachine machine;
  machine.windows.value("HKU\\alice\\Environment", "windir", fake::sz("C:\\Users\\alice\\w"));
  machine.add_file({.path = "\\Microsoft\\Windows\\DiskCleanup\\SilentCleanup",
                    .command = "%windir%\\system32\\cleanmgr.exe",
                    .arguments = "/autoclean /d %systemdrive%",
                    .principal = "<UserId>alice</UserId><RunLevel>HighestAvailable</RunLevel>"});
  fake::Context& context = machine.run();
  EXPECT_NE(context.finding("scheduled_tasks.borrowed_folder"), nullptr) << rules_of(context);
}

TEST(ScheduledTasks, EveryFindingCarriesOnlyTechniquesOfTheModule) {
  TaskMachine machine;
  for (const auto& one : kBehaviour) machine.add_file(one.spec);
  machine.add(ordinary());
  const auto known = modules::scheduled_tasks.attack;
  for (const auto& finding : machine.run().findings)
    for (const auto& id : finding.attack)
      EXPECT_NE(std::find(known.begin(), known.end(), id), known.end()) << id;
}

}  // namespace
}  // namespace hozen
