// What the running Task Scheduler lists, against the registry.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/modules/ordinary_task.h"

namespace hozen {
namespace {

using ::testing::HasSubstr;

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

TEST(LiveScheduledTasks, AListThatWasCutAtItsLimitMissesNothing) {
  TaskMachine machine;
  machine.add(ordinary());
  LiveState state;
  state.tasks.whole = true;
  for (std::size_t i = 0; i < kMaxLiveTasks; ++i)
    state.tasks.add({"\\Other\\" + std::to_string(i), true, 3});
  EXPECT_TRUE(state.tasks.whole);
  state.tasks.add({"\\Vendor\\Agent", true, 3});
  EXPECT_FALSE(state.tasks.whole);
  EXPECT_EQ(state.tasks.tasks.size(), kMaxLiveTasks);
  fake::Context& context = machine.run(&state);
  EXPECT_EQ(record_of(context, "\\Vendor\\Agent").json_of("listed"), "null");
  EXPECT_EQ(context.finding("scheduled_tasks.not_listed"), nullptr) << rules_of(context);
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_EQ(context.notes[0].code, Errc::limit);
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

}  // namespace
}  // namespace hozen
