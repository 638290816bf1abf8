#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/modules/lateral_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec clock_changes;
}  // namespace modules
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kHours = 3600;

struct Who {
  std::string sid, name, program;
};
const Who kUser{"S-1-5-21-1-2-3-1001", "eve", "C:\\Windows\\System32\\cmd.exe"};
const Who kTimeService{"S-1-5-19", "LOCAL SERVICE", "C:\\Windows\\System32\\svchost.exe"};
const Who kTools{"S-1-5-18", "PC$", "C:\\Program Files\\VMware\\VMware Tools\\vmtoolsd.exe"};

Texts audit(double before, double after, const Who& who) {
  return {{"SubjectUserSid", who.sid},
          {"SubjectUserName", who.name},
          {"SubjectDomainName", "CORP"},
          {"PreviousTime", EventWorld::moment(before).iso8601()},
          {"NewTime", EventWorld::moment(after).iso8601()},
          {"ProcessName", who.program}};
}
Texts kernel(double before, double after, const std::string& reason, const std::string& program) {
  return {{"NewTime", EventWorld::moment(after).iso8601()},
          {"OldTime", EventWorld::moment(before).iso8601()},
          {"Reason", reason},
          {"ProcessName", program}};
}

ModuleRun judge(EventWorld& world) { return world.run(modules::clock_changes); }

TEST(ClockChanges, TwoLogsTellOneChange) {
  EventWorld world;
  world.security(4616, 0, audit(0, 2 * kHours, kUser))
      .add("System", 1, 0,
           kernel(0, 2 * kHours, "1", "\\Device\\HarddiskVolume3\\Windows\\System32\\cmd.exe"));
  const ModuleRun run = judge(world);
  const auto changes = records_of(run, "clock_change");
  ASSERT_THAT(changes, SizeIs(1));
  const fake::Record& change = *changes[0];
  EXPECT_EQ(change["moved_seconds"], "7200");
  EXPECT_EQ(change["changed_by"], "program");
  EXPECT_EQ(change["account"], "CORP\\eve");
  EXPECT_EQ(change["account_sid"], "S-1-5-21-1-2-3-1001");
  EXPECT_EQ(change["program"], "C:\\Windows\\System32\\cmd.exe");
  EXPECT_EQ(change["old_time"], EventWorld::moment(0).iso8601());
  EXPECT_EQ(change["new_time"], EventWorld::moment(2 * kHours).iso8601());
  const auto events = records_of(run, "event");
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_THAT(change.json_of("records"), HasSubstr(events[0]->id));
  EXPECT_THAT(change.json_of("records"), HasSubstr(events[1]->id));
  ASSERT_THAT(rules_of(run), ElementsAre("clock_changes.set low"));
  const Why& why = run.context->findings[0].why[0];
  EXPECT_THAT(why.fact, HasSubstr("set 2 h forward, from "));
  EXPECT_THAT(why.fact, HasSubstr("by CORP\\eve, with C:\\Windows\\System32\\cmd.exe."));
  EXPECT_THAT(why.records, ElementsAre(events[0]->id, events[1]->id, change.id));
}

TEST(ClockChanges, AForwardedEventHasTimesOfNineDecimals) {
  const auto nine = [](double seconds) {
    std::string text = EventWorld::moment(seconds).iso8601();
    return text.insert(text.size() - 1, "00");
  };
  Texts texts = audit(0, 2 * kHours, kUser);
  for (auto& [name, value] : texts) {
    if (name == "PreviousTime") value = nine(0);
    if (name == "NewTime") value = nine(2 * kHours);
  }
  EventWorld world;
  world.security(4616, 0, texts);
  const ModuleRun run = judge(world);
  const auto changes = records_of(run, "clock_change");
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ((*changes[0])["moved_seconds"], "7200");
}

TEST(ClockChanges, AFalseTimeThatWasPutRightAgainIsMedium) {
  EventWorld world;
  world.security(4616, 0, audit(30 * kHours, 0, kUser))
      .security(4616, 1000, audit(1000, 30 * kHours + 1030, kUser));
  const ModuleRun run = judge(world);
  EXPECT_THAT(records_of(run, "clock_change"), SizeIs(2));
  ASSERT_THAT(rules_of(run), ElementsAre("clock_changes.set medium"));
  const std::string story =
      run.context->findings[0].why[0].fact + run.context->findings[0].why[1].fact;
  EXPECT_THAT(story, HasSubstr("set 1 d 6 h back"));
  EXPECT_THAT(story, HasSubstr("happened 1 d 6 h later than that"));
  EXPECT_THAT(story, HasSubstr(EventWorld::moment(1000).iso8601()));
}

TEST(ClockChanges, WhatTheTimeServicePutsRightIsLow) {
  EventWorld world;
  world.security(4616, 0, audit(30 * kHours, 0, kUser))
      .security(4616, 1000, audit(1000, 30 * kHours + 1000, kTimeService));
  const ModuleRun run = judge(world);
  ASSERT_THAT(rules_of(run), ElementsAre("clock_changes.set low"));
  EXPECT_THAT(run.context->findings[0].why[1].fact, HasSubstr("by time_service"));
}

TEST(ClockChanges, AChangeBackMuchLaterUndoesNothing) {
  EventWorld world;
  world.security(4616, 0, audit(2 * kHours, 0, kUser))
      .security(4616, 1000, audit(24 * 8 * kHours, 24 * 8 * kHours + 2 * kHours, kUser));
  const ModuleRun run = judge(world);
  ASSERT_THAT(rules_of(run), ElementsAre("clock_changes.set low"));
  EXPECT_THAT(run.context->findings[0].why.back().fact, HasSubstr("2 changes"));
}

struct Quiet {
  const char* name;
  const char* channel;
  std::uint16_t id;
  Texts texts;
  const char* by;  ///< "": no record
};
class QuietClock : public testing::TestWithParam<Quiet> {};
TEST_P(QuietClock, IsNoFinding) {
  const Quiet& quiet = GetParam();
  EventWorld world;
  world.add(quiet.channel, quiet.id, 0, quiet.texts);
  const ModuleRun run = judge(world);
  EXPECT_THAT(rules_of(run), IsEmpty());
  const auto changes = records_of(run, "clock_change");
  const bool is_told = !std::string_view{quiet.by}.empty();
  ASSERT_EQ(changes.size(), is_told ? 1u : 0u);
  if (!is_told) return;
  EXPECT_EQ((*changes[0])["changed_by"], quiet.by);
}
const Quiet kQuiet[] = {
    {"TimeService", "Security", 4616, audit(0, -3 * kHours, kTimeService), "time_service"},
    {"VirtualMachine", "Security", 4616, audit(0, 90 * kHours, kTools), "virtual_machine"},
    {"WakeUp", "System", 1, kernel(0, 38 * kHours, "2", ""), "hardware_clock"},
    {"Setup", "System", 1,
     kernel(0, -3 * kHours, "1", "\\Device\\HarddiskVolume3\\Windows\\System32\\oobe\\msoobe.exe"),
     "setup"},
    {"Windows7NamesNoProgram",
     "System",
     1,
     {{"NewTime", EventWorld::moment(kHours).iso8601()},
      {"OldTime", EventWorld::moment(0).iso8601()}},
     "unknown"},
    {"AMinute", "Security", 4616, audit(0, 61, kUser), "program"},
    {"LessThanAMinute", "Security", 4616, audit(0, 59, kUser), ""},
    {"AnotherEvent1OfSystem", "System", 1, {{"DeviceTime", "2098-12-15T08:56:43Z"}}, ""},
    {"NoTime", "System", 1, {{"OldTime", "x"}, {"NewTime", "y"}}, ""},
};
INSTANTIATE_TEST_SUITE_P(ClockChanges, QuietClock, testing::ValuesIn(kQuiet),
                         [](const auto& one) { return std::string{one.param.name}; });

TEST(ClockChanges, NamesOfTheTimeServiceElsewhereAreNotBelieved) {
  for (const char* program :
       {"C:\\Users\\eve\\svchost.exe", "C:\\Windows\\svchost.exe", "C:\\Users\\eve\\vmtoolsd.exe",
        "svchost.exe", "C:\\Users\\Windows\\System32\\svchost.exe"}) {
    EventWorld world;
    world.security(4616, 0, audit(0, kHours, {"S-1-5-18", "PC$", program}));
    EXPECT_THAT(rules_of(judge(world)), ElementsAre("clock_changes.set low")) << program;
  }
}

TEST(ClockChanges, ManyOfOneUserAreOneFinding) {
  EventWorld world;
  for (int i = 0; i < 50; ++i)
    world.security(4616, i, audit(i * 100 * kHours, i * 100 * kHours + kHours, kUser));
  const ModuleRun run = judge(world);
  EXPECT_THAT(records_of(run, "clock_change"), SizeIs(50));
  ASSERT_THAT(rules_of(run), ElementsAre("clock_changes.set low"));
  EXPECT_LE(run.context->findings[0].why.size(), 30u);
  EXPECT_THAT(run.context->findings[0].why.back().fact, HasSubstr("50 changes of this kind"));
}

}  // namespace
}  // namespace hozen
