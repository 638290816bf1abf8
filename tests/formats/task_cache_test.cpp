#include "collector/formats/task_cache.h"

#include <gtest/gtest.h>

#include "tests/builders/task_builder.h"

namespace hozen {
namespace {

using builders::ActionsBuilder;
using builders::dynamic_info;
using builders::TaskBytes;
using builders::TriggersBuilder;

constexpr FileTime kTime{133'537'680'000'000'000};  // 2024-03-01T12:00:00Z

CachedActions actions_of(const TaskBytes& bytes) {
  auto actions = parse_cached_actions(Bytes{bytes});
  EXPECT_TRUE(actions);
  return actions ? *std::move(actions) : CachedActions{};
}

CachedTriggers triggers_of(const TaskBytes& bytes) {
  auto triggers = parse_cached_triggers(Bytes{bytes});
  EXPECT_TRUE(triggers) << (triggers ? "" : triggers.error().text());
  return triggers ? *std::move(triggers) : CachedTriggers{};
}

ActionsBuilder every_action(std::uint16_t version) {
  return ActionsBuilder{version, "LocalSystem"}
      .exec("C:\\a.exe", "-x", "C:\\w")
      .com(0x11, "data")
      .mail("subject")
      .message("caption", "text");
}

TEST(TaskCacheActions, ReadsEveryKindInEveryVersion) {
  for (const auto version : std::initializer_list<std::uint16_t>{1, 2, 3}) {
    const CachedActions read = actions_of(every_action(version).bytes());
    EXPECT_TRUE(read.complete) << version;
    EXPECT_TRUE(read.problems.empty()) << version;
    EXPECT_EQ(read.version, version);
    EXPECT_EQ(read.context, version == 1 ? "" : "LocalSystem");
    ASSERT_EQ(read.actions.size(), 4u) << version;
    EXPECT_EQ(read.actions[0].kind, TaskActionKind::exec);
    EXPECT_EQ(read.actions[0].command, "C:\\a.exe");
    EXPECT_EQ(read.actions[0].arguments, "-x");
    EXPECT_EQ(read.actions[0].working_directory, "C:\\w");
    EXPECT_EQ(read.actions[1].class_id, "{11111111-1111-1111-1111-111111111111}");
    EXPECT_EQ(read.actions[1].data, "data");
    EXPECT_EQ(read.actions[2].title, "subject");
    EXPECT_EQ(read.actions[2].server, "server");
    EXPECT_EQ(read.actions[2].attachments, std::vector<std::string>{"C:\\a.txt"});
    EXPECT_EQ(read.actions[2].headers.at(0).first, "X-Name");
    EXPECT_EQ(read.actions[3].body, "text");
  }
}

TEST(TaskCacheActions, AValueThatEndsInsideTheLastFlagsKeepsItsCommand) {
  auto bytes = ActionsBuilder{}.exec("C:\\a.exe").bytes();
  bytes.pop_back();
  const CachedActions read = actions_of(bytes);
  ASSERT_EQ(read.actions.size(), 1u);
  EXPECT_EQ(read.actions[0].command, "C:\\a.exe");
  EXPECT_TRUE(read.complete);
  EXPECT_EQ(read.problems.at(0).code, Errc::truncated);
}

TEST(TaskCacheActions, AValueInTheFormOfAnotherVersionIsReadAndIsAProblem) {
  auto bytes = ActionsBuilder{1}.exec("C:\\a.exe").bytes();
  bytes[0] = std::byte{3};  // says 3, but has neither context nor flags
  const CachedActions read = actions_of(bytes);
  ASSERT_EQ(read.actions.size(), 1u);
  EXPECT_EQ(read.actions[0].command, "C:\\a.exe");
  EXPECT_TRUE(read.complete);
  EXPECT_EQ(read.problems.at(0).code, Errc::unsupported);
}

TEST(TaskCacheActions, OddAndOversizedLengthsEndTheList) {
  for (const std::uint32_t length : {0xFFFFFFFFu, 3u}) {
    builders::TaskBlob blob;
    blob.u16(3).text("Author").u16(0x6666).text("").u32(length).utf16("C:\\a.exe");
    const CachedActions read = actions_of(blob.bytes());
    EXPECT_FALSE(read.complete) << length;
    EXPECT_TRUE(read.actions.empty()) << length;
  }
}

TEST(TaskCacheActions, TheirNumberIsCapped) {
  ActionsBuilder builder;
  for (std::size_t i = 0; i < kMaxTaskActions + 5; ++i) builder.exec("a");
  const CachedActions read = actions_of(builder.bytes());
  EXPECT_EQ(read.actions.size(), kMaxTaskActions);
  EXPECT_EQ(read.problems.at(0).code, Errc::limit);
}

TEST(TaskCacheActions, AnEmptyValueIsAnError) { EXPECT_FALSE(parse_cached_actions(Bytes{})); }

TriggersBuilder every_trigger(std::uint8_t version) {
  return TriggersBuilder{version}
      .flags(task_flag::kEnabled | task_flag::kHidden | task_flag::kS4u)
      .crc(0x12345678)
      .logon("PC\\alice")
      .boot()
      .session(6)
      .event("<QueryList/>")
      .wnf(0x41C64E6DA3BC0875)
      .time(kTime, 0, 300)
      .time(kTime, 1, 0, true)
      .time(kTime, 2)
      .time(kTime, 3)
      .time(kTime, 4);
}

TEST(TaskCacheTriggers, ReadsWhatStandsBeforeTheTriggers) {
  for (const auto version : std::initializer_list<std::uint8_t>{0x15, 0x16, 0x17}) {
    const CachedTriggers read = triggers_of(every_trigger(version).bytes());
    EXPECT_TRUE(read.complete) << (read.problems.empty() ? "" : read.problems[0].text());
    EXPECT_EQ(read.version, version);
    EXPECT_EQ(read.crc32, 0x12345678u);
    EXPECT_TRUE(read.has(task_flag::kHidden));
    EXPECT_FALSE(read.has(task_flag::kHighestRunLevel));
    EXPECT_EQ(read.logon_type(), "S4U");
    EXPECT_EQ(read.principal_id, version >= 0x16 ? "Author" : "");
    EXPECT_EQ(read.display_name, version >= 0x17 ? "Display" : "");
    EXPECT_EQ(read.user_sid, "S-1-5-18");
    EXPECT_EQ(read.user_name, "SYSTEM");
    EXPECT_EQ(read.execution_time_limit_s, 259'200u);
    EXPECT_EQ(read.priority, 7u);
    EXPECT_EQ(read.triggers.size(), 10u);
  }
}

TEST(TaskCacheTriggers, ReadsEveryKind) {
  const CachedTriggers read = triggers_of(every_trigger(0x17).bytes());
  ASSERT_EQ(read.triggers.size(), 10u);
  const auto& t = read.triggers;
  EXPECT_EQ(t[0].kind, "LogonTrigger");
  EXPECT_EQ(t[0].user, "PC\\alice");
  EXPECT_EQ(t[0].id, "t1");
  EXPECT_EQ(t[0].delay_s, 30u);
  EXPECT_EQ(t[0].execution_time_limit_s, std::nullopt);
  EXPECT_EQ(t[0].start, "");
  EXPECT_EQ(t[0].end, "");
  EXPECT_EQ(t[0].enabled, true);
  EXPECT_EQ(t[1].kind, "BootTrigger");
  EXPECT_EQ(t[2].state_change, "SessionUnlock");
  EXPECT_EQ(t[3].subscription, "<QueryList/>");
  EXPECT_EQ(t[3].value_queries.at(0).second, "Event/System/EventID");
  EXPECT_EQ(t[4].state_name, "0x41C64E6DA3BC0875");
  EXPECT_EQ(t[5].kind, "TimeTrigger");
  EXPECT_EQ(t[5].start, "2024-03-01T12:00:00.0000000Z");
  EXPECT_TRUE(t[5].repeats_within(600));
  EXPECT_FALSE(t[5].repeats_within(299));
  EXPECT_EQ(t[5].random_delay_s, 60u);
  EXPECT_EQ(t[6].start, "2024-03-01T12:00:00.0000000") << "local time has no Z";
  EXPECT_EQ(t[6].schedule, "ScheduleByDay DaysInterval=1");
  EXPECT_EQ(t[7].schedule, "ScheduleByWeek WeeksInterval=1 DaysOfWeek=0x2");
  EXPECT_EQ(t[8].schedule, "ScheduleByMonth DaysOfMonth=0x20001 Months=0x3");
  EXPECT_EQ(t[9].schedule, "ScheduleByMonthDayOfWeek DaysOfWeek=0x1 Weeks=0x2 Months=0x3");
}

TEST(TaskCacheTriggers, AnUnknownKindEndsTheListAndIsAProblem) {
  auto bytes = TriggersBuilder{}.boot().bytes();
  builders::TaskBlob unknown;
  unknown.u32(0x1234).fill();
  bytes.insert(bytes.end(), unknown.bytes().begin(), unknown.bytes().end());
  const CachedTriggers read = triggers_of(bytes);
  EXPECT_EQ(read.triggers.size(), 1u);
  EXPECT_FALSE(read.complete);
  EXPECT_EQ(read.problems.at(0).code, Errc::malformed);
}

TEST(TaskCacheTriggers, AnOlderVersionIsNamedAsUnsupported) {
  auto bytes = TriggersBuilder{}.bytes();
  bytes[0] = std::byte{0x14};
  const auto read = parse_cached_triggers(Bytes{bytes});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::unsupported);
}

TEST(TaskCacheTriggers, TheirNumberIsCapped) {
  TriggersBuilder builder;
  for (std::size_t i = 0; i < kMaxTaskTriggers + 5; ++i) builder.boot();
  const CachedTriggers read = triggers_of(builder.bytes());
  EXPECT_EQ(read.triggers.size(), kMaxTaskTriggers);
  EXPECT_EQ(read.problems.at(0).code, Errc::limit);
}

TEST(TaskCacheDynamicInfo, ReadsBothSizes) {
  const FileTime success{kTime.ticks + 5};
  for (const auto* last : {static_cast<const FileTime*>(nullptr), &success}) {
    const auto bytes = dynamic_info(kTime, {kTime.ticks + 1}, 0x80070002, last);
    EXPECT_EQ(bytes.size(), last == nullptr ? 28u : 36u);
    const auto read = parse_task_dynamic_info(Bytes{bytes});
    ASSERT_TRUE(read);
    EXPECT_EQ(read->registered, kTime);
    EXPECT_EQ(read->last_run.ticks, kTime.ticks + 1);
    EXPECT_EQ(read->last_error, 0x80070002u);
    EXPECT_EQ(read->last_success.has_value(), last != nullptr);
  }
}

TEST(TaskCacheDynamicInfo, RefusesOtherMagicAndShortValues) {
  auto bytes = dynamic_info(kTime, kTime, 0, nullptr);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(parse_task_dynamic_info(Bytes{bytes}.head(size))) << size;
  bytes[0] = std::byte{4};
  const auto read = parse_task_dynamic_info(Bytes{bytes});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::malformed);
}

TEST(TaskCache, CutAtEveryLengthAndChangedAtEveryByteItNeverCrashes) {
  const auto both = [](Bytes bytes) {
    static_cast<void>(parse_cached_actions(bytes));
    static_cast<void>(parse_cached_triggers(bytes));
  };
  for (auto bytes : {every_action(3).bytes(), every_trigger(0x17).bytes()}) {
    for (std::size_t size = 0; size < bytes.size(); ++size) both(Bytes{bytes}.head(size));
    for (auto& byte : bytes)
      for (const int change : {0x01, 0x80, 0xFF}) {
        const std::byte before = byte;
        byte ^= static_cast<std::byte>(change);
        both(Bytes{bytes});
        byte = before;
      }
  }
}

}  // namespace
}  // namespace hozen
