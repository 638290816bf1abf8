// Tasks that are made so that what they start is overlooked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/module/task_rules.h"
#include "tests/modules/ordinary_task.h"

namespace hozen {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kCacheTask = "\\Microsoft\\Windows\\Wininet\\CacheTask";
constexpr std::string_view kCacheClass = "{0358B920-0AC7-461F-98F4-58E32CD89148}";

struct ServerCase {
  const char* name;
  const char* server;  ///< "": the class is in no hive
  Severity severity;   ///< info: no finding
};
const ServerCase kServers[] = {
    {"Share", "\\\\10.0.0.1\\s\\x.dll", Severity::medium},
    {"Device", "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy1\\x.dll", Severity::medium},
    {"UnknownVariable", "%EVIL%\\x.dll", Severity::medium},
    {"NameFoundNowhere", "x.dll", Severity::low},
    {"UsersFile", "C:\\Users\\Public\\x.dll", Severity::medium},
    {"OwnFile", "%SystemRoot%\\System32\\wininet.dll", Severity::info},
    {"OwnFileByName", "wininet.dll", Severity::info},
    {"None", "", Severity::info},
};

class ServerOfATaskOfWindows : public testing::TestWithParam<ServerCase> {};

TEST_P(ServerOfATaskOfWindows, IsFollowed) {
  const ServerCase& one = GetParam();
  TaskMachine machine;
  machine.windows.program("C:\\Windows\\System32\\wininet.dll");
  if (*one.server != '\0')
    machine.windows.value(
        "HKLM\\SOFTWARE\\Classes\\CLSID\\" + std::string{kCacheClass} + "\\InprocServer32", "",
        fake::expand_sz(one.server));
  machine.add_file(
      {.path = std::string{kCacheTask}, .command = "", .class_id = std::string{kCacheClass}});
  machine.add_tree(std::string{kCacheTask}, TaskMachine::guid(7));
  machine.windows.value(std::string{kCache} + "Tasks\\" + TaskMachine::guid(7), "Path",
                        fake::sz(kCacheTask));
  fake::Context& context = machine.run();
  if (one.severity == Severity::info) {
    for (const auto& finding : context.findings)
      EXPECT_THAT(finding.subject, testing::Not(HasSubstr("CacheTask"))) << rules_of(context);
    return;
  }
  const Finding* finding = context.finding("scheduled_tasks.borrowed_folder");
  if (finding == nullptr) finding = context.finding("scheduled_tasks.remote_target");
  ASSERT_NE(finding, nullptr) << rules_of(context);
  EXPECT_EQ(severity_of(*finding), one.severity) << score_of(*finding);
  EXPECT_NE(record_of(context, kCacheTask)["default_value"], "true");
}

INSTANTIATE_TEST_SUITE_P(Table, ServerOfATaskOfWindows, testing::ValuesIn(kServers),
                         [](const auto& param) { return std::string{param.param.name}; });

TEST(TaskEvasion, AFileOfTheThirtyTwoBitFolderIsNotThatOfARegisteredTask) {
  for (const bool decoy : {false, true}) {
    TaskMachine machine;
    const TaskSpec spec = ordinary();
    const std::string id = TaskMachine::guid(1);
    machine.add_tree(spec.path, id);
    machine.add_cache(spec, id);
    machine.add({.path = "\\Vendor\\Other", .command = std::string{kAgent}});
    if (decoy)
      machine.windows.file("C:\\Windows\\SysWOW64\\Tasks\\Vendor\\Agent", "").bytes =
          TaskMachine::xml_of(spec);
    fake::Context& context = machine.run();
    const Finding* finding = context.finding("scheduled_tasks.file_missing");
    ASSERT_NE(finding, nullptr) << decoy << rules_of(context);
    EXPECT_EQ(severity_of(*finding), Severity::medium);
    EXPECT_EQ(context.findings.size(), 1u) << rules_of(context);
    EXPECT_EQ(context.records.size(), decoy ? 3u : 2u);
  }
}

/// Whose profile is not in the evidence.
constexpr std::string_view kStranger = "S-1-5-21-9-9-9-1007";

TaskSpec of_stranger(std::string command) {
  TaskSpec spec{.path = "\\Updater", .command = std::move(command)};
  spec.principal =
      "<UserId>" + std::string{kStranger} + "</UserId><RunLevel>HighestAvailable</RunLevel>";
  spec.flags = task_flag::kEnabled | task_flag::kHighestRunLevel;
  return spec;
}

struct VariableCase {
  const char* name;
  const char* command;
  const char* rule;  ///< "": none
  Severity severity;
};
const VariableCase kVariables[] = {
    {"Quasar", "%APPDATA%\\SubDir\\Client.exe", "elevated_at_logon", Severity::medium},
    {"QuasarQuoted", "\"%appdata%\\SubDir\\Client.exe\"", "elevated_at_logon", Severity::medium},
    {"QuasarByProfile", "%USERPROFILE%\\AppData\\Roaming\\SubDir\\Client.exe", "elevated_at_logon",
     Severity::medium},
    {"DeeperDown", "%APPDATA%\\A\\B\\Client.exe", "unknown_variable", Severity::low},
    {"AnotherFolderOfTheUser", "%LOCALAPPDATA%\\a.exe", "unknown_variable", Severity::low},
    {"NobodysVariable", "%EVIL%\\a.exe", "unknown_variable", Severity::low},
    {"InTheArgumentsOnly", "C:\\Program Files\\Vendor\\agent.exe /x %EVIL%", "", Severity::info},
    {"KnownVariable", "%ProgramFiles%\\Vendor\\agent.exe", "", Severity::info},
    {"OfAnotherWindows", "%ProgramFiles(Arm)%\\agent.exe", "", Severity::info},
};

class VariableOfATask : public testing::TestWithParam<VariableCase> {};

TEST_P(VariableOfATask, IsJudged) {
  const VariableCase& one = GetParam();
  TaskMachine machine;
  TaskSpec spec = of_stranger(one.command);
  if (const auto at = spec.command.find(" /x"); at != std::string::npos) {
    spec.arguments = spec.command.substr(at + 1);
    spec.command.resize(at);
  }
  const std::string id = machine.add(spec);
  const auto xml = TaskMachine::xml_of(spec);
  machine.windows.value(std::string{kCache} + "Tasks\\" + id, "Triggers",
                        TaskMachine::data(builders::TriggersBuilder{}
                                              .principal(kStranger, "")
                                              .flags(spec.flags)
                                              .crc(task_crc32(Bytes{xml}))
                                              .logon()
                                              .bytes()));
  fake::Context& context = machine.run();
  if (*one.rule == '\0') {
    for (const auto& finding : context.findings)
      EXPECT_LE(severity_of(finding), Severity::info) << rules_of(context);
    return;
  }
  const Finding* finding = context.finding("scheduled_tasks." + std::string{one.rule});
  ASSERT_NE(finding, nullptr) << rules_of(context);
  EXPECT_EQ(severity_of(*finding), one.severity) << score_of(*finding);
}

INSTANTIATE_TEST_SUITE_P(Table, VariableOfATask, testing::ValuesIn(kVariables),
                         [](const auto& param) { return std::string{param.param.name}; });

TEST(TaskEvasion, WithoutTheRegistryOnlyFoldersOfUsersAreToldByTheirVariable) {
  for (const bool of_user : {true, false}) {
    TaskMachine machine;
    machine.add_file(of_stranger(of_user ? "%APPDATA%\\a.exe" : "%OWN%\\a.exe"));
    EXPECT_EQ(machine.run().finding("scheduled_tasks.unknown_variable") != nullptr, of_user);
  }
}

TEST(TaskEvasion, AUsersProgramBehindAVariableIsStartedEveryFewMinutes) {
  TaskMachine machine;
  TaskSpec spec = of_stranger("%LOCALAPPDATA%\\a.exe");
  spec.triggers = "<TimeTrigger><Repetition><Interval>PT5M</Interval></Repetition></TimeTrigger>";
  machine.add_file(spec);
  EXPECT_NE(machine.run().finding("scheduled_tasks.short_repetition"), nullptr);
}

TEST(TaskEvasion, ATaskInManyFoldersIsFoundWhereverItIsListed) {
  for (const int depth : {36, 300}) {
    TaskMachine machine;
    TaskSpec spec = ordinary();
    spec.path.clear();
    for (int i = 0; i < depth; ++i) spec.path += "\\f";
    spec.path += "\\Deep";
    machine.add(spec);
    fake::Context& context = machine.run();
    EXPECT_EQ(rules_of(context), "") << depth;
    EXPECT_EQ(record_of(context, spec.path)["state"], "visible") << depth;
    EXPECT_EQ(record_of(context, spec.path).json_of("tree_key").empty(), false);
  }
}

TEST(TaskEvasion, WhatWasNotLookedAtIsNotSaidToBeMissing) {
  TaskViews views;
  views.registry = views.registry_whole = true;
  ScheduledTask listed, defined;
  listed.path = defined.path = "\\A";
  listed.tree.emplace().id = TaskMachine::guid(1);
  listed.tree->has_descriptor = true;
  listed.tree->descriptor.emplace();
  listed.tree->index = 3;
  defined.cache.emplace().path = "\\A";
  const auto rules = [&](const ScheduledTask& task) {
    TaskCase one;
    one.task = &task;
    one.views = &views;
    std::string names;
    for (const auto& hit : registration_hits(one)) names += hit.rule + " ";
    return names;
  };
  EXPECT_EQ(rules(listed), "ghost_entry ");
  EXPECT_EQ(rules(defined), "orphaned_task ");
  EXPECT_EQ(defined.state(views), "orphaned");
  EXPECT_EQ(listed.state(views), "ghost");
  views.tree_whole = views.tasks_whole = false;
  EXPECT_EQ(rules(listed), "");
  EXPECT_EQ(rules(defined), "");
  EXPECT_EQ(defined.state(views), "unknown");
  EXPECT_EQ(listed.state(views), "unknown");
}

TEST(TaskEvasion, WhichOfTheTwoDigestsIsWrongIsSaid) {
  struct {
    bool hash, crc;
    const char* fact;
  } const cases[] = {{true, false, "Hash in the registry is not that of '"},
                     {false, true, "CRC in the registry is not that of '"},
                     {true, true, "Hash and CRC in the registry are not those of '"}};
  for (const auto& one : cases) {
    TaskMachine machine;
    const TaskSpec spec = ordinary();
    const std::string key = std::string{kCache} + "Tasks\\" + machine.add(spec);
    if (one.hash) machine.windows.value(key, "Hash", TaskMachine::data(builders::TaskBytes(32)));
    if (one.crc)
      machine.windows.value(
          key, "Triggers",
          TaskMachine::data(builders::TriggersBuilder{}.flags(spec.flags).crc(1).logon().bytes()));
    const Finding* finding = machine.run().finding("scheduled_tasks.file_changed");
    ASSERT_NE(finding, nullptr);
    EXPECT_THAT(finding->why.front().fact, testing::StartsWith(one.fact));
  }
}

TEST(TaskEvasion, AKeyThatLostWhatMakesItATaskIsTold) {
  for (const bool without_descriptor : {false, true}) {
    TaskMachine machine;
    const TaskSpec spec = ordinary();
    machine.add(spec);
    machine.add({.path = "\\Vendor\\Other", .command = std::string{kAgent}});
    const std::string key = std::string{kCache} + "Tree" + spec.path;
    machine.windows.remove_value(key, "Id").remove_value(key, "Index");
    if (without_descriptor) machine.windows.remove_value(key, "SD");
    fake::Context& context = machine.run();
    ASSERT_EQ(context.findings.size(), 1u) << rules_of(context);
    const Finding& finding = context.findings[0];
    EXPECT_GE(severity_of(finding), Severity::high);
    std::string facts;
    for (const auto& why : finding.why) facts += why.fact + "\n";
    EXPECT_THAT(facts, HasSubstr("has no value Id"));
    EXPECT_THAT(facts, HasSubstr("has no value Index"));
    EXPECT_EQ(facts.find("has no value SD") != std::string::npos, without_descriptor);
    EXPECT_EQ(facts.find("no key below TaskCache"), std::string::npos);
    EXPECT_EQ(record_of(context, spec.path)["state"], "hidden");
    EXPECT_EQ(record_of(context, spec.path)["tree_key"], key);
  }
}

TEST(TaskEvasion, AFolderIsNoTaskThatLostItsValues) {
  TaskMachine machine;
  machine.add(ordinary());  // \Vendor is a folder of Tree
  TaskSpec stranger = ordinary();
  stranger.path = "\\Gone";
  machine.add_cache(stranger, TaskMachine::guid(9));
  fake::Context& context = machine.run();
  ASSERT_EQ(context.findings.size(), 1u) << rules_of(context);
  EXPECT_EQ(context.findings[0].rule, "scheduled_tasks.orphaned_task");
  EXPECT_EQ(record_of(context, "\\Gone")["state"], "orphaned");
}

}  // namespace
}  // namespace hozen
