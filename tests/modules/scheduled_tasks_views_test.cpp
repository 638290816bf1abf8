// Where file, tree and cache of a task contradict each other in more than its actions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/modules/ordinary_task.h"

namespace hozen {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kBob = "S-1-5-21-1-2-3-1001";

std::string facts_of(const fake::Context& context) {
  std::string text;
  for (const auto& finding : context.findings)
    for (const auto& why : finding.why) text += finding.rule + ": " + why.fact + "\n";
  return text;
}

/// The ordinary task, whose registry says these principal and flags.
std::string add_with(TaskMachine& machine, const TaskSpec& spec, std::string_view sid,
                     std::uint32_t flags) {
  const std::string id = machine.add(spec);
  const auto xml = TaskMachine::xml_of(spec);
  machine.windows.value(std::string{kCache} + "Tasks\\" + id, "Triggers",
                        TaskMachine::data(builders::TriggersBuilder{}
                                              .principal(sid, "")
                                              .flags(flags)
                                              .crc(task_crc32(Bytes{xml}))
                                              .bytes()));
  return id;
}

TEST(TaskViews, TheAccountOfTheRegistryIsRecordedAndItsDifferenceReported) {
  TaskMachine machine;
  TaskSpec spec = ordinary();
  spec.principal = "<UserId>" + std::string{kBob} + "</UserId><RunLevel>LeastPrivilege</RunLevel>";
  add_with(machine, spec, "S-1-5-18", task_flag::kEnabled | task_flag::kHighestRunLevel);
  fake::Context& context = machine.run();
  const auto& record = record_of(context, spec.path);
  EXPECT_EQ(record["principal_user"], "S-1-5-18");
  EXPECT_EQ(record["run_level"], "HighestAvailable");
  EXPECT_EQ(record["principal_match"], "false");
  EXPECT_EQ(record["file_principal"], std::string{kBob} + ", LeastPrivilege");
  EXPECT_EQ(record["hash_match"], "true");
  const Finding* finding = context.finding("scheduled_tasks.principal_differs");
  ASSERT_NE(finding, nullptr) << rules_of(context);
  EXPECT_EQ(severity_of(*finding), Severity::medium);
}

TEST(TaskViews, AnotherRunLevelAloneStaysLow) {
  TaskMachine machine;
  add_with(machine, ordinary(), "S-1-5-18", task_flag::kEnabled | task_flag::kHighestRunLevel);
  const Finding* finding = machine.run().finding("scheduled_tasks.principal_differs");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(severity_of(*finding), Severity::low);
}

TEST(TaskViews, OneAccountInTwoFormsIsTheSame) {
  for (const char* user : {"NT AUTHORITY\\SYSTEM", "LocalSystem", "s-1-5-18"}) {
    TaskMachine machine;
    TaskSpec spec = ordinary();
    spec.principal = std::string{"<UserId>"} + user + "</UserId>";
    add_with(machine, spec, "S-1-5-18", task_flag::kEnabled);
    fake::Context& context = machine.run();
    EXPECT_EQ(record_of(context, spec.path)["principal_match"], "true") << user;
    EXPECT_EQ(record_of(context, spec.path)["principal_user"], user);
    EXPECT_EQ(rules_of(context), "") << user;
  }
}

TEST(TaskViews, AnAccountNamedWithoutSidIsNotCompared) {
  // The second has a name like one of Windows' own, in another domain.
  for (const char* user : {"PC\\bob", "CORP\\LOCAL SERVICE"}) {
    TaskMachine machine;
    TaskSpec spec = ordinary();
    spec.principal = std::string{"<UserId>"} + user + "</UserId>";
    add_with(machine, spec, kBob, task_flag::kEnabled);
    fake::Context& context = machine.run();
    EXPECT_THAT(record_of(context, spec.path).json_of("not_compared"), HasSubstr("principal"));
    EXPECT_EQ(record_of(context, spec.path)["principal_user"], kBob);
    EXPECT_EQ(rules_of(context), "") << user;
  }
}

TEST(TaskViews, ATaskThatIsSwitchedOnInOnePlaceOnlyIsReportedLow) {
  TaskMachine machine;
  TaskSpec spec = ordinary();
  spec.settings = "<Enabled>false</Enabled>";
  machine.add(spec);
  fake::Context& context = machine.run();
  EXPECT_EQ(record_of(context, spec.path)["enabled_match"], "false");
  const Finding* finding = context.finding("scheduled_tasks.enabled_differs");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(severity_of(*finding), Severity::low);
}

TEST(TaskViews, ActionsOfADamagedValueAreStillTheOnesThatAreTold) {
  for (const bool cut : {false, true}) {
    TaskMachine machine;
    machine.windows.program("C:\\Windows\\Temp\\evil.exe");
    const std::string id = machine.add(ordinary());
    auto bytes = builders::ActionsBuilder{}.exec("C:\\Windows\\Temp\\evil.exe").bytes();
    cut ? bytes.pop_back() : bytes.push_back(std::byte{1});
    machine.windows.value(std::string{kCache} + "Tasks\\" + id, "Actions",
                          TaskMachine::data(bytes));
    fake::Context& context = machine.run();
    const auto& record = record_of(context, "\\Vendor\\Agent");
    EXPECT_THAT(record.json_of("actions"), HasSubstr("evil.exe")) << cut;
    EXPECT_THAT(record.json_of("file_actions"), HasSubstr("agent.exe")) << cut;
    EXPECT_EQ(record["actions_match"], "false");
    EXPECT_TRUE(context.has_collected("C:\\Windows\\Temp\\evil.exe"));
    EXPECT_TRUE(context.has_collected(kAgent));
    EXPECT_THAT(facts_of(context), HasSubstr("are not those of"));
    EXPECT_EQ(facts_of(context).find("in part only") != std::string::npos, !cut);
    EXPECT_FALSE(context.notes.empty());
  }
}

TEST(TaskViews, AValueSdThatIsNoDescriptorIsReported) {
  TaskMachine machine;
  machine.add({.path = "\\Other", .command = std::string{kAgent}});
  machine.add(ordinary());
  machine.windows.value(std::string{kCache} + "Tree\\Vendor\\Agent", "SD",
                        TaskMachine::data({std::byte{1}}));
  fake::Context& context = machine.run();
  const Finding* finding = context.finding("scheduled_tasks.descriptor_unreadable");
  ASSERT_NE(finding, nullptr) << rules_of(context);
  EXPECT_EQ(severity_of(*finding), Severity::medium);
  ASSERT_EQ(context.notes.size(), 1u);
}

TEST(TaskViews, AnEntryWithoutItsIdIsJoinedByItsPath) {
  TaskMachine machine;
  machine.add(ordinary());
  machine.windows.remove_value(std::string{kCache} + "Tree\\Vendor\\Agent", "Id");
  fake::Context& context = machine.run();
  EXPECT_EQ(record_of(context, "\\Vendor\\Agent").json_of("source_views"),
            R"(["xml","tree","tasks"])");
  const Finding* finding = context.finding("scheduled_tasks.id_removed");
  ASSERT_NE(finding, nullptr) << rules_of(context);
  EXPECT_EQ(severity_of(*finding), Severity::medium);
}

TEST(TaskViews, AGroupThatNamesADeletedTaskIsARemnant) {
  TaskMachine machine;
  machine.add(ordinary());
  const std::string gone = TaskMachine::guid(90), ghost = TaskMachine::guid(91);
  machine.windows.key(std::string{kCache} + "Boot\\" + gone);
  machine.windows.key(std::string{kCache} + "Plain\\" + ghost);
  machine.add_tree("\\Ghost", ghost);
  fake::Context& context = machine.run();
  EXPECT_EQ(record_of(context, gone)["state"], "remnant");
  EXPECT_EQ(record_of(context, gone).json_of("groups"), R"(["Boot"])");
  EXPECT_EQ(record_of(context, "\\Ghost")["state"], "ghost");
  const Finding* finding = context.finding("scheduled_tasks.remnant");
  ASSERT_NE(finding, nullptr) << rules_of(context);
  EXPECT_EQ(severity_of(*finding), Severity::low);
}

TEST(TaskViews, ACacheWithoutTreeIsReadAndAProblem) {
  TaskMachine machine;
  machine.add_cache(ordinary(), TaskMachine::guid(1));
  fake::Context& context = machine.run();
  EXPECT_EQ(record_of(context, "\\Vendor\\Agent")["state"], "orphaned");
  EXPECT_FALSE(context.notes.empty());
}

TEST(TaskViews, AnAccountOfADomainIsNoUserOfThisHost) {
  for (const char* user : {"CORP\\alice", "alice", ".\\alice"}) {
    TaskMachine machine;
    machine.windows.program("C:\\Users\\alice\\AppData\\Roaming\\a.exe");
    machine.add_file({.path = "\\T",
                      .command = "%APPDATA%\\a.exe",
                      .principal = std::string{"<UserId>"} + user + "</UserId>"});
    fake::Context& context = machine.run();
    const auto& record = record_of(context, "\\T");
    EXPECT_THAT(record.json_of("targets"), HasSubstr("Roaming")) << user;
    EXPECT_EQ(record.user_sid.empty(), std::string_view{user}.starts_with("CORP")) << user;
    EXPECT_EQ(record["principal_user"], user);
  }
}

TEST(TaskViews, AProgramOfTheWindowsFolderIsPreservedUnlessItIsTheTasksOwn) {
  TaskMachine machine;
  machine.windows.program("C:\\Windows\\System32\\evil.exe");
  machine.add_file(
      {.path = "\\Microsoft\\Windows\\Maint\\Upd", .command = "C:\\Windows\\System32\\evil.exe"});
  EXPECT_TRUE(machine.run().has_collected("C:\\Windows\\System32\\evil.exe"));
}

TEST(TaskViews, AKeyOfTheCacheThatIsALinkIsReportedAndTheFileIsJudged) {
  TaskMachine machine;
  machine.add({.path = "\\Other", .command = std::string{kAgent}});
  const std::string id = machine.add(ordinary());
  const std::string key = std::string{kCache} + "Tasks\\" + id;
  machine.windows.remove_key(key).value(key, "SymbolicLinkValue",
                                        builders::link("\\Registry\\Machine\\SOFTWARE\\Elsewhere"));
  fake::Context& context = machine.run();
  const auto& record = record_of(context, "\\Vendor\\Agent");
  EXPECT_EQ(record["state"], "linked");
  EXPECT_EQ(record.json_of("source_views"), R"(["xml","tree","tasks"])");
  EXPECT_THAT(record.json_of("linked_keys"), HasSubstr(id));
  EXPECT_THAT(record.json_of("actions"), HasSubstr("agent.exe"));
  EXPECT_EQ(record_of(context, "\\Other").json_of("linked_keys"), "[]");
  ASSERT_EQ(context.findings.size(), 1u) << rules_of(context);
  const Finding& finding = context.findings[0];
  EXPECT_EQ(finding.rule, "scheduled_tasks.linked_key");
  EXPECT_EQ(severity_of(finding), Severity::medium);
  EXPECT_EQ(finding.why.size(), 1u) << facts_of(context);
  EXPECT_THAT(finding.why[0].fact, HasSubstr("\\SOFTWARE\\Elsewhere"));
  EXPECT_THAT(finding.attack, testing::Contains("T1112"));
  EXPECT_TRUE(context.notes.empty());
}

TEST(TaskViews, AKeyOfTheTreeThatIsALinkIsReportedAndNotFollowed) {
  TaskMachine machine;
  machine.add({.path = "\\Other", .command = std::string{kAgent}});
  machine.add(ordinary());
  for (const std::string path : {"Vendor\\Agent", "Folder"}) {
    const std::string key = std::string{kCache} + "Tree\\" + path;
    machine.windows.remove_key(key)
        .value(key, "SymbolicLinkValue", builders::link("\\Registry\\Machine\\SOFTWARE\\X"))
        .value(key + "\\Below", "Id", fake::sz(TaskMachine::guid(9)));
  }
  fake::Context& context = machine.run();
  EXPECT_EQ(context.records.size(), 3u);
  EXPECT_EQ(record_of(context, "\\Vendor\\Agent").json_of("source_views"),
            R"(["xml","tree","tasks"])");
  EXPECT_EQ(record_of(context, "\\Folder")["state"], "linked");
  ASSERT_EQ(context.findings.size(), 2u) << rules_of(context);
  for (const auto& finding : context.findings) {
    EXPECT_EQ(finding.rule, "scheduled_tasks.linked_key");
    EXPECT_EQ(finding.why.size(), 1u) << facts_of(context);
  }
}

TEST(TaskViews, ACacheThatIsItselfALinkIsAProblem) {
  for (const std::string part : {"Tree", "Tasks"}) {
    TaskMachine machine;
    machine.add(ordinary());
    machine.windows.remove_key(std::string{kCache} + part)
        .value(std::string{kCache} + part, "SymbolicLinkValue", builders::link("\\Registry\\X"));
    fake::Context& context = machine.run();
    ASSERT_EQ(context.notes.size(), 1u);
    EXPECT_THAT(context.notes[0].what, HasSubstr("TaskCache\\" + part + ": a link"));
  }
}

TEST(TaskViews, AHashOfFourBytesIsTheCrcOfTheFile) {
  const auto xml = TaskMachine::xml_of(ordinary());
  const std::uint32_t inverted = task_crc32(Bytes{xml});
  const struct {
    std::uint32_t hash;
    bool same;
  } cases[] = {{inverted, true}, {~inverted, true}, {inverted + 1, false}};
  for (const auto& one : cases) {
    TaskMachine machine;
    const std::string id = machine.add(ordinary());
    machine.windows.value(std::string{kCache} + "Tasks\\" + id, "Hash",
                          TaskMachine::data(builders::TaskBlob{}.u32(one.hash).bytes()));
    fake::Context& context = machine.run();
    EXPECT_EQ(record_of(context, "\\Vendor\\Agent")["hash_match"], one.same ? "true" : "false");
    const Finding* finding = context.finding("scheduled_tasks.file_changed");
    ASSERT_EQ(finding == nullptr, one.same) << rules_of(context);
    if (finding != nullptr) {
      EXPECT_THAT(finding->why[0].fact, HasSubstr("Hash in the registry"));
    }
  }
}

TEST(TaskViews, AHashOfAnotherLengthIsNotCompared) {
  TaskMachine machine;
  const std::string id = machine.add(ordinary());
  machine.windows.value(std::string{kCache} + "Tasks\\" + id, "Hash",
                        TaskMachine::data(builders::TaskBlob{}.u32(1).u8(2).bytes()));
  fake::Context& context = machine.run();
  EXPECT_THAT(record_of(context, "\\Vendor\\Agent").json_of("not_compared"), HasSubstr("hash"));
  EXPECT_EQ(rules_of(context), "");
}

TEST(TaskViews, AnOrphanWithoutItsFileIsReported) {
  for (const bool inbox : {false, true}) {
    const std::string path = inbox ? "\\Microsoft\\Windows\\Clip\\License Validation" : "\\Odd";
    TaskMachine machine;
    machine.add(ordinary());
    machine.add_cache({.path = path, .command = std::string{kAgent}}, TaskMachine::guid(9));
    fake::Context& context = machine.run();
    EXPECT_EQ(record_of(context, path)["state"], "orphaned");
    ASSERT_EQ(context.findings.size(), 1u) << rules_of(context);
    EXPECT_EQ(severity_of(context.findings[0]), inbox ? Severity::low : Severity::medium);
    EXPECT_THAT(facts_of(context), HasSubstr("lists: the Task"));
    EXPECT_THAT(facts_of(context), HasSubstr("no file 'System32\\Tasks" + path + "'"));
  }
}

TEST(TaskViews, AnOrphanWhoseFileIsThereOrNotToBeToldLacksNone) {
  const std::string id = TaskMachine::guid(9);
  const auto low = [](TaskMachine& machine) {
    fake::Context& context = machine.run();
    const Finding* finding = context.finding("scheduled_tasks.orphaned_task");
    ASSERT_NE(finding, nullptr) << rules_of(context);
    EXPECT_EQ(severity_of(*finding), Severity::low);
    EXPECT_EQ(finding->why.size(), 1u) << facts_of(context);
  };
  TaskMachine of_another;  // the file of its path is that of the task that is listed
  of_another.add(ordinary());
  of_another.add_cache(ordinary(), id);
  low(of_another);
  TaskMachine its_own;
  its_own.add({.path = "\\Other", .command = std::string{kAgent}});
  its_own.add_file(ordinary());
  its_own.add_cache(ordinary(), id);
  low(its_own);
  TaskMachine nameless;
  nameless.add({.path = "\\Other", .command = std::string{kAgent}});
  nameless.add_cache(ordinary(), id);
  nameless.windows.remove_value(std::string{kCache} + "Tasks\\" + id, "Path");
  low(nameless);
}

TEST(TaskViews, ATaskOfWindowsWithoutFileAndActionsStaysLow) {
  for (const std::string path :
       {"\\Microsoft\\Windows\\Clip\\License Validation",
        "\\Microsoft\\Windows\\Multimedia\\SystemSoundsService", "\\Vendor\\Else"})
    for (const bool damaged : {false, true}) {
      TaskMachine machine;
      machine.add(ordinary());
      machine.add_tree(path, TaskMachine::guid(9));
      machine.add_cache({.path = path, .command = std::string{kAgent}}, TaskMachine::guid(9));
      const std::string key = std::string{kCache} + "Tasks\\" + TaskMachine::guid(9);
      machine.windows.remove_value(key, "Actions");
      if (damaged)
        machine.windows.value(
            key, "Actions",
            TaskMachine::data(builders::TaskBlob{}.u16(3).u32(0).u16(0x6666).bytes()));
      fake::Context& context = machine.run();
      ASSERT_EQ(context.findings.size(), 1u) << rules_of(context);
      EXPECT_EQ(severity_of(context.findings[0]) > Severity::low, path.starts_with("\\Vendor"))
          << path << damaged << facts_of(context);
    }
}

struct UnknownProgram {
  const char* path;
  const char* program;  ///< of System32
  const char* lacks;    ///< "", "file", "SD", "Index", "tree", or "folder" for all files
  bool usual;
};

TEST(TaskViews, AnUnknownProgramOfWindowsIsUsualInATaskThatIsSetUpWhollyOnly) {
  constexpr const char* kOwn = "\\Microsoft\\Windows\\Maint\\Upd";
  constexpr const char* kClip = "\\Microsoft\\Windows\\Clip\\License Validation";
  for (const auto& one : {UnknownProgram{kOwn, "evil.exe", "", true},
                          {kOwn, "evil.exe", "folder", true},
                          {kOwn, "evil.exe", "file", false},
                          {kOwn, "evil.exe", "SD", false},
                          {kOwn, "evil.exe", "Index", false},
                          {kOwn, "evil.exe", "tree", false},
                          {kClip, "ClipUp.exe", "file", true},
                          {kClip, "ClipUp.exe", "SD", true},
                          {kClip, "evil.exe", "file", false}}) {
    const std::string lacks = one.lacks,
                      program = std::string{"C:\\Windows\\System32\\"} + one.program;
    const std::string tree = std::string{kCache} + "Tree" + one.path;
    TaskMachine machine;
    machine.windows.program(program);
    const TaskSpec spec{.path = one.path, .command = program};
    if (lacks != "folder") machine.add(ordinary());
    if (lacks != "folder" && lacks != "file") machine.add_file(spec);
    machine.add_tree("\\Other", TaskMachine::guid(8));
    if (lacks != "tree") machine.add_tree(one.path, TaskMachine::guid(9));
    machine.add_cache(spec, TaskMachine::guid(9));
    machine.windows.remove_value(tree, lacks);
    fake::Context& context = machine.run();
    const auto& record = record_of(context, one.path);
    EXPECT_EQ(record["usual_value"], one.usual ? "true" : "false") << one.program << lacks;
    EXPECT_EQ(record["default_value"], "false");
  }
}

TEST(TaskViews, AHiddenProgramOfWindowsIsReportedAboveLow) {
  TaskMachine machine;
  machine.add(ordinary());
  machine.windows.program("C:\\Windows\\System32\\evil.exe");
  const std::string path = "\\Microsoft\\Windows\\Maint\\Upd";
  machine.add_tree(path, TaskMachine::guid(9));
  machine.add_cache({.path = path, .command = "C:\\Windows\\System32\\evil.exe"},
                    TaskMachine::guid(9));
  const Finding* finding = machine.run().finding("scheduled_tasks.file_missing");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(severity_of(*finding), Severity::medium);
}

}  // namespace
}  // namespace hozen
