#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "collector/base/text.h"
#include "tests/builders/security_builder.h"
#include "tests/modules/ordinary_task.h"

namespace hozen {
namespace {

using ::testing::HasSubstr;

TEST(ScheduledTasks, JoinsFileTreeAndCacheToOneRecord) {
  TaskMachine machine;
  TaskSpec spec = ordinary();
  spec.arguments = "-q";
  spec.principal =
      "<UserId>S-1-5-18</UserId><LogonType>S4U</LogonType><RunLevel>HighestAvailable</RunLevel>";
  spec.flags = task_flag::kEnabled | task_flag::kHighestRunLevel | task_flag::kS4u;
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
  EXPECT_EQ(severity_of(*context.finding("scheduled_tasks.orphaned_task")), Severity::medium);
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
            "[\"registry\",\"hash\",\"crc\",\"actions\",\"principal\",\"enabled\"]");
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
            "[\"file\",\"hash\",\"crc\",\"actions\",\"principal\",\"enabled\"]");
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

TEST(ScheduledTasks, WhoMayReadATaskDecidesWhetherItIsHidden) {
  constexpr std::uint32_t kAll = 0x1F01FF;
  using builders::SecurityBuilder;
  const struct {
    SecurityBuilder descriptor;
    bool hidden;
  } cases[] = {
      {SecurityBuilder{}.owner("S-1-5-18").allow("S-1-5-18", kAll), true},
      {SecurityBuilder{}.owner("S-1-5-18").allow("S-1-5-18", kAll).allow("S-1-5-4", kAll), false},
      {SecurityBuilder{}.allow("S-1-5-18", kAll).allow("S-1-5-32-545", 0x1), false},
      {SecurityBuilder{}.allow("S-1-5-18", kAll).allow("S-1-1-0", 0x10000), true},
      {SecurityBuilder{}.deny("S-1-5-4", kAll).allow("S-1-5-32-544", kAll), true},
      {SecurityBuilder{}.deny("S-1-5-32-545", kAll).allow("S-1-5-32-544", kAll), true},
      {SecurityBuilder{}.deny("S-1-5-32-545", 0x10000).allow("S-1-5-32-544", kAll), false},
  };
  for (const auto& one : cases) {
    TaskMachine machine;
    machine.add(ordinary());
    machine.windows.value(std::string{kCache} + "Tree\\Vendor\\Agent", "SD",
                          TaskMachine::data(one.descriptor.bytes()));
    fake::Context& context = machine.run();
    EXPECT_EQ(context.finding("scheduled_tasks.descriptor_denies_reading") != nullptr, one.hidden)
        << record_of(context, "\\Vendor\\Agent")["sd_sddl"];
  }
}

TEST(ScheduledTasks, TheDescriptorOfGhostTaskIsNamed) {
  TaskMachine machine;
  machine.add_tree("\\T", TaskMachine::guid(1));
  machine.add_cache({.path = "\\T", .command = std::string{kAgent}}, TaskMachine::guid(1));
  const auto descriptor =
      builders::SecurityBuilder{}.owner("S-1-5-32-544").group("S-1-5-18").empty_dacl().bytes();
  machine.windows.value(std::string{kCache} + "Tree\\T", "SD", TaskMachine::data(descriptor));
  const Finding* finding = machine.run().finding("scheduled_tasks.descriptor_denies_reading");
  ASSERT_NE(finding, nullptr);
  EXPECT_GE(severity_of(*finding), Severity::medium);
  EXPECT_THAT(finding->why.front().fact, HasSubstr("O:BAG:SYD:, as the tool GhostTask writes it."));
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
  ASSERT_EQ(context.findings.size(), 1u);
  EXPECT_TRUE(std::any_of(
      context.findings[0].why.begin(), context.findings[0].why.end(),
      [](const Why& why) { return why.fact.find("NetScheduleJobAdd") != std::string::npos; }));
  EXPECT_TRUE(std::any_of(
      context.findings[0].why.begin(), context.findings[0].why.end(),
      [](const Why& why) { return why.fact.find("C:\\Windows\\Temp") != std::string::npos; }));
}

TEST(ScheduledTasks, RelativeNamesStartInTheWorkingDirectory) {
  TaskMachine machine;
  machine.windows.program("C:\\Windows\\System32\\wscript.exe");
  machine.windows.file("C:\\ProgramData\\Evil\\evil.vbs", "x");
  const TaskSpec spec{.path = "\\Registered",
                      .command = "wscript.exe",
                      .arguments = "evil.vbs",
                      .folder = "%ProgramData%\\Evil"};
  machine.add(spec);
  TaskSpec alone = spec;
  alone.path = "\\FileOnly";
  machine.add_file(alone);
  machine.windows.file("C:\\Windows\\Tasks\\a.job", "").bytes =
      builders::JobText{
          .application = "wscript.exe", .parameters = "evil.vbs", .folder = "C:\\ProgramData\\Evil"}
          .bytes();
  fake::Context& context = machine.run();
  for (const char* path : {"\\Registered", "\\FileOnly"})
    EXPECT_EQ(record_of(context, path).json_of("targets"),
              "[\"C:\\\\ProgramData\\\\Evil\\\\evil.vbs\"]");
  const auto* job = context.record({{"path", "C:\\Windows\\Tasks\\a.job"}});
  ASSERT_NE(job, nullptr);
  EXPECT_EQ((*job)["target"], "C:\\ProgramData\\Evil\\evil.vbs");
  EXPECT_TRUE(context.has_collected("C:\\ProgramData\\Evil\\evil.vbs"));
  EXPECT_NE(context.finding("scheduled_tasks.proxy_execution"), nullptr) << rules_of(context);
}

TEST(ScheduledTasks, ScheduledJobsOfPowerShellArePreserved) {
  TaskMachine machine;
  const std::string path =
      "C:\\Users\\alice\\AppData\\Local\\Microsoft\\Windows\\PowerShell\\ScheduledJobs\\J\\"
      "ScheduledJobDefinition.xml";
  machine.windows.file(path, "<x/>");
  EXPECT_TRUE(machine.run().has_collected(path));
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
