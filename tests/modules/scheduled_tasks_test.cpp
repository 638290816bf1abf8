#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/base/text.h"
#include "tests/modules/task_machine.h"

namespace hozen {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kAgent = "C:\\Program Files\\Vendor\\agent.exe";

TaskSpec ordinary() { return {.path = "\\Vendor\\Agent", .command = std::string{kAgent}}; }

const fake::Record& record_of(const fake::Context& context, std::string_view path) {
  const auto* record = context.record({{"task_path", path}});
  EXPECT_NE(record, nullptr) << path;
  static const fake::Record kNone;
  return record != nullptr ? *record : kNone;
}

std::string rules_of(const fake::Context& context) { return fake::summary_of(context.findings); }

TEST(ScheduledTasks, JoinsFileTreeAndCacheToOneRecord) {
  TaskMachine machine;
  TaskSpec spec = ordinary();
  spec.arguments = "-q";
  spec.principal =
      "<UserId>S-1-5-18</UserId><LogonType>S4U</LogonType><RunLevel>HighestAvailable</RunLevel>";
  const std::string id = machine.add(spec);
  fake::Context& context = machine.run();
  ASSERT_EQ(context.records.size(), 1u);
  const fake::Record& record = context.records[0];
  EXPECT_EQ(record.kind, "scheduled_task");
  EXPECT_EQ(record["task_path"], "\\Vendor\\Agent");
  EXPECT_EQ(record["guid"], id);
  EXPECT_EQ(record.json_of("source_views"), "[\"xml\",\"tree\",\"tasks\"]");
  EXPECT_EQ(record["state"], "visible");
  EXPECT_EQ(record.json_of("not_compared"), "[]");
  EXPECT_EQ(record["uri"], "\\Vendor\\Agent");
  EXPECT_EQ(record["author"], "PC\\alice");
  EXPECT_EQ(record["registration_date"], "2024-03-01T12:00:00");
  EXPECT_EQ(record["principal_user"], "S-1-5-18");
  EXPECT_EQ(record["logon_type"], "S4U");
  EXPECT_EQ(record["run_level"], "HighestAvailable");
  EXPECT_THAT(record.json_of("triggers"), HasSubstr("LogonTrigger"));
  EXPECT_THAT(record.json_of("actions"), HasSubstr("\"arguments\":\"-q\""));
  EXPECT_EQ(record.json_of("file_actions"), "null");
  EXPECT_EQ(record["hidden"], "false");
  EXPECT_EQ(record["enabled"], "true");
  EXPECT_EQ(record["last_error"], "1");
  EXPECT_EQ(record.json_of("targets"), "[\"C:\\\\Program Files\\\\Vendor\\\\agent.exe\"]");
  EXPECT_EQ(record.json_of("target_existence"), "[\"exists\"]");
  EXPECT_EQ(record["xml_path"], "C:\\Windows\\System32\\Tasks\\Vendor\\Agent");
  EXPECT_EQ(record["xml_sha256"], record["hash_registry"]);
  EXPECT_EQ(record["hash_match"], "true");
  EXPECT_EQ(record["crc_match"], "true");
  EXPECT_EQ(record["actions_match"], "true");
  EXPECT_EQ(record["sd_sddl"], "O:SYD:(A;;FA;;;BA)(A;;FA;;;SY)");
  EXPECT_EQ(record["index"], "3");
  EXPECT_EQ(record.json_of("groups"), "[\"Plain\"]");
  EXPECT_EQ(record["tasks_path"], "\\Vendor\\Agent");
  EXPECT_EQ(record["default_value"], "false");
  std::map<std::string, FileTime> times(record.timestamps.begin(), record.timestamps.end());
  EXPECT_EQ(times["registered"], fake::at(10));
  EXPECT_EQ(times["last_run"], fake::at(20));
  EXPECT_EQ(times["last_success"], fake::at(30));
  EXPECT_TRUE(times.contains("xml_modified") && times.contains("tree_key_last_written") &&
              times.contains("tasks_key_last_written"));
  EXPECT_TRUE(record.artifact);
  EXPECT_TRUE(context.has_collected(kAgent));
  EXPECT_TRUE(context.has_collected("C:\\Windows\\System32\\Tasks\\Vendor\\Agent"));
  EXPECT_EQ(rules_of(context), "");
  EXPECT_TRUE(context.notes.empty());
}

TEST(ScheduledTasks, ATaskWithoutSecurityDescriptorIsHidden) {
  for (const bool empty : {false, true}) {
    TaskMachine machine;
    machine.add({.path = "\\Other", .command = std::string{kAgent}});
    machine.add(ordinary());
    const std::string key = std::string{kCache} + "Tree\\Vendor\\Agent";
    machine.windows.remove_value(key, "SD");
    if (empty) machine.windows.value(key, "SD", TaskMachine::data({}));
    fake::Context& context = machine.run();
    EXPECT_EQ(record_of(context, "\\Vendor\\Agent")["state"], "hidden");
    EXPECT_EQ(record_of(context, "\\Other")["state"], "visible");
    const Finding* finding = context.finding("scheduled_tasks.no_security_descriptor");
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(severity_of(*finding), Severity::medium);
    EXPECT_THAT(finding->subject, HasSubstr("\\Vendor\\Agent"));
    EXPECT_EQ(finding->why.at(0).records,
              std::vector<std::string>{record_of(context, "\\Vendor\\Agent").id});
    EXPECT_FALSE(finding->benign.empty() || finding->next.empty());
    EXPECT_EQ(context.findings.size(), 1u) << rules_of(context);
  }
}

TEST(ScheduledTasks, AWindowsThatWritesNoDescriptorHidesNothing) {
  TaskMachine machine;
  machine.add(ordinary());
  const std::string key = std::string{kCache} + "Tree\\Vendor\\Agent";
  machine.windows.remove_value(key, "SD").remove_value(key, "Index");
  fake::Context& context = machine.run();
  EXPECT_EQ(record_of(context, "\\Vendor\\Agent")["state"], "visible");
  EXPECT_EQ(rules_of(context), "");
}

TEST(ScheduledTasks, ATaskWithIndexZeroOrNoneIsHidden) {
  for (const bool missing : {false, true}) {
    TaskMachine machine;
    machine.add({.path = "\\Other", .command = std::string{kAgent}});
    machine.add(ordinary());
    const std::string key = std::string{kCache} + "Tree\\Vendor\\Agent";
    if (missing)
      machine.windows.remove_value(key, "Index");
    else
      machine.windows.value(key, "Index", fake::dword(0));
    fake::Context& context = machine.run();
    EXPECT_EQ(record_of(context, "\\Vendor\\Agent")["state"], "hidden");
    const Finding* finding = context.finding("scheduled_tasks.index_removed");
    ASSERT_NE(finding, nullptr) << missing;
    EXPECT_EQ(severity_of(*finding), Severity::medium);
  }
}

TEST(ScheduledTasks, GhostsAndOrphansAreCalledSo) {
  TaskMachine machine;
  machine.add(ordinary());
  machine.add_tree("\\Ghost", TaskMachine::guid(77));
  machine.add_cache({.path = "\\Orphan", .command = std::string{kAgent}}, TaskMachine::guid(78));
  fake::Context& context = machine.run();
  EXPECT_EQ(record_of(context, "\\Ghost")["state"], "ghost");
  EXPECT_EQ(record_of(context, "\\Orphan")["state"], "orphaned");
  ASSERT_NE(context.finding("scheduled_tasks.ghost_entry"), nullptr);
  ASSERT_NE(context.finding("scheduled_tasks.orphaned_task"), nullptr);
  EXPECT_EQ(severity_of(*context.finding("scheduled_tasks.orphaned_task")), Severity::low);
}

TEST(ScheduledTasks, APathThatTheTwoKeysSpellDifferentlyIsReported) {
  TaskMachine machine;
  const std::string id = machine.add(ordinary());
  machine.windows.value(std::string{kCache} + "Tasks\\" + id, "Path", fake::sz("\\Elsewhere"));
  EXPECT_NE(machine.run().finding("scheduled_tasks.path_differs"), nullptr);
}

TEST(ScheduledTasks, ATaskWithoutFileIsReportedAndAFileWithoutTaskStaysLow) {
  TaskMachine machine;
  machine.add(ordinary());
  machine.add_tree("\\NoFile", TaskMachine::guid(50));
  machine.add_cache({.path = "\\NoFile", .command = std::string{kAgent}}, TaskMachine::guid(50));
  machine.add_file({.path = "\\Left", .command = std::string{kAgent}});
  fake::Context& context = machine.run();
  const Finding* missing = context.finding("scheduled_tasks.file_missing");
  ASSERT_NE(missing, nullptr);
  EXPECT_THAT(missing->subject, HasSubstr("\\NoFile"));
  EXPECT_EQ(severity_of(*missing), Severity::medium);
  const Finding* left = context.finding("scheduled_tasks.not_registered");
  ASSERT_NE(left, nullptr);
  EXPECT_EQ(severity_of(*left), Severity::low);
  EXPECT_EQ(record_of(context, "\\Left")["state"], "file_only");
}

TEST(ScheduledTasks, AFileChangedByHandIsReported) {
  TaskMachine machine;
  machine.add(ordinary());
  auto& file = machine.windows.entry(TaskMachine::file_of("\\Vendor\\Agent"));
  file.bytes = builders::utf16_file(
      builders::TaskXmlText{.uri = "\\Vendor\\Agent", .author = "PC\\mallory"}.exec(kAgent).text());
  fake::Context& context = machine.run();
  EXPECT_EQ(record_of(context, "\\Vendor\\Agent")["hash_match"], "false");
  EXPECT_EQ(record_of(context, "\\Vendor\\Agent")["crc_match"], "false");
  EXPECT_EQ(record_of(context, "\\Vendor\\Agent")["actions_match"], "true");
  const Finding* finding = context.finding("scheduled_tasks.file_changed");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(severity_of(*finding), Severity::medium);
}

TEST(ScheduledTasks, ActionsThatDifferFromTheFileAreReportedAndBothArePreserved) {
  TaskMachine machine;
  machine.windows.program("C:\\Windows\\Temp\\evil.exe");
  const std::string id = machine.add(ordinary());
  machine.windows.value(
      std::string{kCache} + "Tasks\\" + id, "Actions",
      TaskMachine::data(builders::ActionsBuilder{}.exec("C:\\Windows\\Temp\\evil.exe").bytes()));
  fake::Context& context = machine.run();
  const fake::Record& record = record_of(context, "\\Vendor\\Agent");
  EXPECT_THAT(record.json_of("actions"), HasSubstr("evil.exe"));
  EXPECT_THAT(record.json_of("file_actions"), HasSubstr("agent.exe"));
  EXPECT_EQ(record["actions_match"], "false");
  const Finding* finding = context.finding("scheduled_tasks.actions_differ");
  ASSERT_NE(finding, nullptr);
  EXPECT_GE(severity_of(*finding), Severity::medium);
  EXPECT_TRUE(context.has_collected("C:\\Windows\\Temp\\evil.exe"));
  EXPECT_TRUE(context.has_collected(kAgent));
}

TEST(ScheduledTasks, WithoutTheRegistryNothingIsComparedAndTheFindingSaysSo) {
  TaskMachine machine;
  machine.add_file({.path = "\\T",
                    .command = "C:\\TMP\\mim.exe",
                    .arguments = "sekurlsa::LogonPasswords > C:\\TMP\\o.txt"});
  fake::Context& context = machine.run();
  EXPECT_EQ(record_of(context, "\\T").json_of("not_compared"),
            "[\"registry\",\"hash\",\"crc\",\"actions\"]");
  ASSERT_EQ(context.findings.size(), 1u) << rules_of(context);
  const Finding& finding = context.findings[0];
  EXPECT_EQ(finding.rule, "scheduled_tasks.credential_tool");
  EXPECT_THAT(finding.not_checked, testing::Contains(HasSubstr("TaskCache was not there")));
}

TEST(ScheduledTasks, WithoutTheTaskFolderNoFileIsMissed) {
  TaskMachine machine;
  machine.add_tree("\\T", TaskMachine::guid(1));
  machine.add_cache({.path = "\\T", .command = std::string{kAgent}}, TaskMachine::guid(1));
  fake::Context& context = machine.run();
  EXPECT_EQ(rules_of(context), "");
  EXPECT_EQ(record_of(context, "\\T").json_of("not_compared"),
            "[\"file\",\"hash\",\"crc\",\"actions\"]");
}

TEST(ScheduledTasks, ADirtyHiveIsNoWitnessOfWhatIsMissing) {
  TaskMachine machine;
  machine.add(ordinary());
  machine.add_file({.path = "\\Newest", .command = std::string{kAgent}});
  auto image = machine.windows.hive_image("HKLM\\SOFTWARE");
  image[4] ^= std::byte{1};  // the first sequence number: writing had not ended
  machine.windows.hive_bytes("HKLM\\SOFTWARE", image);
  fake::Context& context = machine.run();
  EXPECT_EQ(context.finding("scheduled_tasks.not_registered"), nullptr) << rules_of(context);
  EXPECT_THAT(record_of(context, "\\Newest").json_of("not_compared"), HasSubstr("registry"));
}

TEST(ScheduledTasks, ADescriptorThatDeniesReadingIsReported) {
  TaskMachine machine;
  machine.add(ordinary());
  machine.windows.value(std::string{kCache} + "Tree\\Vendor\\Agent", "SD",
                        TaskMachine::data(task_descriptor(true)));
  const Finding* finding = machine.run().finding("scheduled_tasks.descriptor_denies_reading");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(severity_of(*finding), Severity::medium);
}

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

TEST(ScheduledTasks, AClassLeadsToItsServerWhichIsPreserved) {
  const std::string id = "{11111111-2222-3333-4444-555555555555}";
  TaskMachine machine;
  machine.windows.program("C:\\ProgramData\\evil.dll");
  machine.windows.value("HKLM\\SOFTWARE\\Classes\\CLSID\\" + id + "\\InprocServer32", "",
                        fake::sz("C:\\ProgramData\\evil.dll"));
  machine.add_file({.path = "\\Com", .command = "", .class_id = id});
  fake::Context& context = machine.run();
  EXPECT_EQ(record_of(context, "\\Com").json_of("targets"), "[\"C:\\\\ProgramData\\\\evil.dll\"]");
  EXPECT_TRUE(context.has_collected("C:\\ProgramData\\evil.dll"));
  EXPECT_NE(context.finding("scheduled_tasks.writable_location"), nullptr);
}

TEST(ScheduledTasks, FilesOfTheThirtyTwoBitFolderAreReadToo) {
  TaskMachine machine;
  machine.add(ordinary());
  machine.windows.file("C:\\Windows\\SysWOW64\\Tasks\\Vendor\\Agent", "").bytes =
      TaskMachine::xml_of(ordinary());
  fake::Context& context = machine.run();
  EXPECT_EQ(context.records.size(), 2u);
  EXPECT_EQ(rules_of(context), "") << "the registry has a task of this path";
  EXPECT_TRUE(context.has_collected("C:\\Windows\\SysWOW64\\Tasks\\Vendor\\Agent"));
}

TEST(ScheduledTasks, ASecondInstallationIsReadByItself) {
  TaskMachine machine;
  machine.add(ordinary());
  TaskMachine old;
  old.windows = fake::FakeWindows{{.windows_folder = "Windows.old\\Windows"}};
  old.windows.file("C:\\Windows.old\\Windows\\System32\\Tasks\\Old", "").bytes =
      TaskMachine::xml_of({.path = "\\Old", .command = std::string{kAgent}});
  machine.windows.merge(old.windows);
  fake::Context& context = machine.run();
  EXPECT_EQ(record_of(context, "\\Old")["installation"], "C:\\Windows.old\\Windows");
  EXPECT_EQ(record_of(context, "\\Old")["state"], "file_only");
  EXPECT_EQ(record_of(context, "\\Vendor\\Agent")["state"], "visible");
}

TEST(ScheduledTasks, WhatIsNoDefinitionIsARecordAndAProblem) {
  TaskMachine machine;
  machine.windows.file(TaskMachine::file_of("\\Odd"), "not xml");
  fake::Context& context = machine.run();
  EXPECT_EQ(record_of(context, "\\Odd")["state"], "file_only");
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_THAT(context.notes[0].what, HasSubstr("\\Odd"));
  EXPECT_EQ(rules_of(context), "");
}

TEST(ScheduledTasks, DamagedValuesOfTheCacheAreProblemsAndTheRestIsRead) {
  TaskMachine machine;
  const std::string id = machine.add(ordinary());
  const std::string key = std::string{kCache} + "Tasks\\" + id;
  machine.windows.value(key, "Actions", TaskMachine::data({std::byte{3}}))
      .value(key, "Triggers", TaskMachine::data({std::byte{0x17}}))
      .value(key, "DynamicInfo", TaskMachine::data({}));
  fake::Context& context = machine.run();
  EXPECT_EQ(context.notes.size(), 3u);
  const fake::Record& record = record_of(context, "\\Vendor\\Agent");
  EXPECT_EQ(record["hash_match"], "true");
  EXPECT_EQ(record.json_of("actions_match"), "null");
  EXPECT_THAT(record.json_of("actions"), HasSubstr("agent.exe")) << "those of the file";
  EXPECT_EQ(rules_of(context), "");
}

TEST(ScheduledTasks, JobsOfTheOldKindAreRecordedJudgedAndPreserved) {
  TaskMachine machine;
  machine.windows.program("C:\\Windows\\Temp\\a.exe");
  machine.windows.file("C:\\Windows\\Tasks\\At1.job", "").bytes =
      builders::JobText{.application = "C:\\Windows\\Temp\\a.exe",
                        .parameters = "-x",
                        .author = "NetScheduleJobAdd"}
          .bytes();
  machine.windows.file("C:\\Windows\\Tasks\\SchedLgU.txt", "log");
  machine.windows.file("C:\\Windows\\SchedLgU.txt", "log");
  fake::Context& context = machine.run();
  const auto* record = context.record({{"path", "C:\\Windows\\Tasks\\At1.job"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->kind, "legacy_task");
  EXPECT_EQ((*record)["author"], "NetScheduleJobAdd");
  EXPECT_EQ((*record)["command_line"], "C:\\Windows\\Temp\\a.exe -x");
  EXPECT_EQ((*record)["target"], "C:\\Windows\\Temp\\a.exe");
  EXPECT_EQ((*record)["last_run_local"], "2024-03-01T12:30:15");
  for (const auto* path : {"C:\\Windows\\Tasks\\At1.job", "C:\\Windows\\Temp\\a.exe",
                           "C:\\Windows\\Tasks\\SchedLgU.txt", "C:\\Windows\\SchedLgU.txt"})
    EXPECT_TRUE(context.has_collected(path)) << path;
  EXPECT_NE(context.finding("scheduled_tasks.writable_location"), nullptr);
}

TEST(ScheduledTasks, ScheduledJobsOfPowerShellArePreserved) {
  TaskMachine machine;
  const std::string path =
      "C:\\Users\\alice\\AppData\\Local\\Microsoft\\Windows\\PowerShell\\ScheduledJobs\\J\\"
      "ScheduledJobDefinition.xml";
  machine.windows.file(path, "<x/>");
  EXPECT_TRUE(machine.run().has_collected(path));
}

LiveState live_state(std::vector<std::string> paths, bool whole = true) {
  LiveState state;
  for (auto& path : paths) state.tasks.tasks.push_back({std::move(path), true, 3});
  state.tasks.whole = whole;
  return state;
}

TEST(LiveScheduledTasks, ATaskThatTheSchedulerLeavesOutIsReported) {
  TaskMachine machine;
  machine.add(ordinary());
  machine.add({.path = "\\Hidden", .command = std::string{kAgent}});
  const LiveState state = live_state({"\\vendor\\AGENT"});
  fake::Context& context = machine.run(&state);
  EXPECT_EQ(record_of(context, "\\Vendor\\Agent")["listed"], "true");
  EXPECT_EQ(record_of(context, "\\Hidden")["listed"], "false");
  ASSERT_EQ(context.findings.size(), 1u) << rules_of(context);
  const Finding& finding = context.findings[0];
  EXPECT_EQ(finding.rule, "scheduled_tasks.not_listed");
  EXPECT_THAT(finding.subject, HasSubstr("\\Hidden"));
  EXPECT_EQ(severity_of(finding), Severity::medium);
  for (const auto& text : finding.not_checked)
    EXPECT_EQ(text.find("running Task Scheduler"), std::string::npos) << text;
}

TEST(LiveScheduledTasks, ATaskHiddenByItsMissingDescriptorIsReportedOnceWithBothReasons) {
  TaskMachine machine;
  machine.add(ordinary());
  machine.add({.path = "\\Hidden", .command = std::string{kAgent}});
  machine.windows.remove_value(std::string{kCache} + "Tree\\Hidden", "SD");
  const LiveState state = live_state({"\\Vendor\\Agent"});
  fake::Context& context = machine.run(&state);
  ASSERT_EQ(context.findings.size(), 1u) << rules_of(context);
  EXPECT_EQ(context.findings[0].why.size(), 2u);
  EXPECT_EQ(severity_of(context.findings[0]), Severity::high);
}

TEST(LiveScheduledTasks, AListThatIsNotWholeMissesNothing) {
  TaskMachine machine;
  machine.add(ordinary());
  const LiveState state = live_state({}, false);
  fake::Context& context = machine.run(&state);
  EXPECT_EQ(record_of(context, "\\Vendor\\Agent").json_of("listed"), "null");
  EXPECT_EQ(rules_of(context), "");
}

TEST(LiveScheduledTasks, ATaskThatAdministratorsMayNotReadNeedNotBeListed) {
  TaskMachine machine;
  machine.add(ordinary());
  auto descriptor = task_descriptor();
  // Header 20, owner 12, ACL 8, then the ACE of Administrators: its last number is the group's.
  constexpr std::size_t kGroup = 20 + 12 + 8 + 20;
  descriptor.at(kGroup) = std::byte{0x22};
  machine.windows.value(std::string{kCache} + "Tree\\Vendor\\Agent", "SD",
                        TaskMachine::data(descriptor));
  const LiveState state = live_state({});
  fake::Context& context = machine.run(&state);
  EXPECT_EQ(context.finding("scheduled_tasks.not_listed"), nullptr) << rules_of(context);
}

TEST(LiveScheduledTasks, ATaskWithoutKeysIsARecordAndStaysLow) {
  TaskMachine machine;
  machine.add(ordinary());
  const LiveState state = live_state({"\\Vendor\\Agent", "\\Loaded"});
  fake::Context& context = machine.run(&state);
  const auto* record = context.record({{"task_path", "\\Loaded"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->kind, "unregistered_task");
  EXPECT_EQ((*record)["state"], "3");
  const Finding* finding = context.finding("scheduled_tasks.unregistered");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(severity_of(*finding), Severity::low);
}

TEST(LiveScheduledTasks, ASchedulerThatDoesNotAnswerIsAProblem) {
  TaskMachine machine;
  machine.add(ordinary());
  LiveState state;
  state.tasks_failed = Error{Errc::io, "Task Scheduler", {}, "ITaskService::Connect: 0x80041315"};
  fake::Context& context = machine.run(&state);
  EXPECT_EQ(record_of(context, "\\Vendor\\Agent").json_of("listed"), "null");
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_EQ(rules_of(context), "");
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

TEST(ScheduledTasks, AStoppedRunEndsAsCancelled) {
  TaskMachine machine;
  machine.add(ordinary());
  fake::Machine built = machine.windows.machine();
  fake::Context context{built};
  context.stopper.request_stop();
  const auto result = modules::scheduled_tasks.run(context);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::cancelled);
}

}  // namespace
}  // namespace hozen
