// Event logs of Windows 2000 to Server 2003: the ring and its ends, fields, damage.
#include "collector/formats/evt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/builders/evt_builder.h"
#include "tests/formats/evt_reading.h"

namespace hozen::evt {
namespace {

using builders::evt_sid;
using builders::EvtBuilder;
using builders::EvtBytes;
using builders::EvtEvent;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::uint32_t> numbers(const LogRead& log, RecordPlace place = RecordPlace::live) {
  std::vector<std::uint32_t> found;
  for (const EventRead& event : log.events)
    if (event.head.place == place) found.push_back(event.head.record_number);
  return found;
}

std::vector<std::string> faults(const LogRead& log) {
  std::vector<std::string> found;
  for (const EventRead& event : log.events)
    if (!event.fault.empty()) found.push_back(event.fault);
  return found;
}

std::vector<std::string> whats(const LogRead& log) {
  std::vector<std::string> found;
  for (const Error& problem : log.problems) found.push_back(problem.what);
  return found;
}

LogRead read(const EvtBuilder& builder, const ReadOptions& options = {}) {
  auto log = read_log(builder.bytes(), options);
  EXPECT_TRUE(log);
  return log ? *std::move(log) : LogRead{};
}

EvtEvent text(const std::string& string) { return {.strings = {string}}; }

TEST(Evt, ReadsAllFieldsOfARecord) {
  const auto builder = EvtBuilder{}.event({.source = "Security",
                                           .computer = "XP-1",
                                           .event_id = 0xC000'0210,
                                           .type = 16,
                                           .category = 2,
                                           .strings = {"eve", "", "(0x0,0x3E7)", "\xC3\xA9"},
                                           .sid = evt_sid({21, 1, 2, 3, 500}),
                                           .data = {std::byte{1}, std::byte{0}, std::byte{2}},
                                           .generated = 1'000'000'000,
                                           .written = 1'000'000'001});
  const LogRead log = read(builder);
  EXPECT_THAT(whats(log), IsEmpty());
  ASSERT_EQ(log.events.size(), 1u);
  const EventRead& event = log.events[0];
  EXPECT_EQ(event.fault, "");
  EXPECT_EQ(event.head.record_number, 1u);
  EXPECT_EQ(event.head.generated.iso8601(), "2001-09-09T01:46:40.0000000Z");
  EXPECT_EQ(event.head.written.iso8601(), "2001-09-09T01:46:41.0000000Z");
  EXPECT_EQ(event.head.code(), 0x210);
  EXPECT_EQ(event.head.qualifiers(), 0xC000);
  EXPECT_EQ(type_text(event.head.type), "failure_audit");
  EXPECT_EQ(event.head.category, 2);
  EXPECT_EQ(event.source, "Security");
  EXPECT_EQ(event.computer, "XP-1");
  EXPECT_EQ(event.sid, "S-1-5-21-1-2-3-500");
  EXPECT_THAT(event.strings, ElementsAre("eve", "", "(0x0,0x3E7)", "\xC3\xA9"));
  EXPECT_THAT(event.data, ElementsAre(std::byte{1}, std::byte{0}, std::byte{2}));
  EXPECT_EQ(event.head.file_offset, 48u);
  EXPECT_EQ(event.head.size, builder.record_bytes(0));
}

TEST(Evt, TellsItsHeader) {
  const LogRead log = read(EvtBuilder{}.event({}).event({}).dirty());
  EXPECT_TRUE(log.header.present);
  EXPECT_TRUE(log.header.is_dirty());
  EXPECT_FALSE(log.header.is_wrapped());
  EXPECT_EQ(log.header.major, 1u);
  EXPECT_EQ(log.header.oldest_record, 1u);
  EXPECT_EQ(log.header.next_record, 3u);
  EXPECT_EQ(log.header.max_bytes, 4096u);
  EXPECT_EQ(log.header.retention_s, 604'800u);
  ASSERT_TRUE(log.end);
  EXPECT_EQ(log.end->next_record, 3u);
}

TEST(Evt, AnEmptyLogHasNoRecords) {
  const LogRead log = read(EvtBuilder{});
  EXPECT_THAT(log.events, IsEmpty());
  EXPECT_THAT(whats(log), IsEmpty());
}

TEST(Evt, ReadsRoundTheEndOfTheFile) {
  // However the records come to lie at the end: each is read once, the last of them too.
  for (std::size_t extra = 0; extra < 60; ++extra) {
    EvtBuilder builder{1024};
    builder.event(text(std::string(extra, 'x')));
    for (std::size_t i = 0; i < 20; ++i) builder.event(text("record " + std::to_string(i)));
    const LogRead log = read(builder);
    EXPECT_THAT(whats(log), IsEmpty()) << extra;
    EXPECT_THAT(faults(log), IsEmpty()) << extra;
    const auto live = numbers(log);
    ASSERT_GE(live.size(), 4u);
    EXPECT_EQ(live.back(), 21u);
    EXPECT_EQ(live.front() + live.size(), 22u);
    for (const EventRead& event : log.events) {
      if (event.head.place == RecordPlace::live && event.head.record_number > 1) {
        EXPECT_THAT(event.strings,
                    ElementsAre("record " + std::to_string(event.head.record_number - 2)));
      }
    }
  }
}

TEST(Evt, TellsWhichRecordGoesRoundTheEnd) {
  std::size_t round = 0;
  for (std::size_t bytes = 1024; bytes < 1124; bytes += 4) {
    EvtBuilder builder{bytes};
    for (int i = 0; i < 20; ++i) builder.event(text("record"));
    for (const EventRead& event : read(builder).events) {
      if (!event.head.wraps() || event.head.place != RecordPlace::live) continue;
      ++round;
      EXPECT_EQ(event.head.file_offset + event.head.before_wrap, bytes);
      EXPECT_GE(event.head.before_wrap, kRecordHeadBytes);
      EXPECT_EQ(event.head.offset_in_file(event.head.before_wrap), 48u);
    }
  }
  EXPECT_GT(round, 5u);
}

TEST(Evt, FindsTheEndWhenTheHeaderIsStale) {
  EvtBuilder builder{1024};
  builder.event({}).event({}).stale_header();
  for (int i = 0; i < 18; ++i) builder.event({});
  const LogRead log = read(builder);
  EXPECT_TRUE(log.header.is_dirty());
  EXPECT_EQ(log.header.next_record, 3u);
  EXPECT_EQ(numbers(log).back(), 20u);
  EXPECT_THAT(whats(log), IsEmpty());
}

TEST(Evt, AnEndRecordInTheDataOfAnotherIsNotBelieved) {
  EvtBuilder builder;
  builder.event({}).stale_header();
  EvtBytes copy(40);  // what an end record says elsewhere
  const EvtBytes other = EvtBuilder{}.bytes();
  std::copy_n(other.begin() + 48, copy.size(), copy.begin());
  builder.event({.data = copy}).event({});
  const LogRead log = read(builder);
  EXPECT_THAT(numbers(log), ElementsAre(1, 2, 3));
  EXPECT_THAT(whats(log), IsEmpty());
  EXPECT_EQ(log.events[1].data, copy);
}

TEST(Evt, ACleanHeaderThatDiffersIsTold) {
  auto builder = EvtBuilder{}.event({}).event({});
  builder.set_u32(24, 9);
  const LogRead log = read(builder);
  EXPECT_THAT(numbers(log), ElementsAre(1, 2));
  EXPECT_THAT(whats(log), ElementsAre("event log header that differs from the end record"));
}

TEST(Evt, RecoversWhatWasThereBeforeItWasCleared) {
  EvtBuilder builder;
  for (int i = 0; i < 5; ++i) builder.event(text("old " + std::to_string(i)));
  builder.cleared().event(text("new"));
  const LogRead log = read(builder);
  EXPECT_THAT(numbers(log), ElementsAre(1));
  // The end record stands on the second of the old ones.
  EXPECT_THAT(numbers(log, RecordPlace::slack), ElementsAre(3, 4, 5));
  EXPECT_THAT(log.events[1].strings, ElementsAre("old 2"));
  EXPECT_THAT(whats(log), IsEmpty());
  EXPECT_EQ(log.counts.records, 1u);
  EXPECT_EQ(log.counts.recovered, 3u);
  EXPECT_EQ(read(builder, {.recover = false}).events.size(), 1u);
}

TEST(Evt, GoesOnBehindDamage) {
  EvtBuilder builder;
  for (int i = 0; i < 4; ++i) builder.event(text("record"));
  builder.fill(builder.record_offset(1), builder.record_bytes(1), 0x55);
  const LogRead log = read(builder);
  EXPECT_THAT(numbers(log), ElementsAre(1));
  EXPECT_THAT(numbers(log, RecordPlace::behind_damage), ElementsAre(3, 4));
  ASSERT_EQ(log.problems.size(), 1u);
  EXPECT_EQ(log.problems[0].offset, builder.record_offset(1));
  EXPECT_THAT(log.problems[0].what,
              HasSubstr(std::to_string(builder.record_bytes(1)) + " bytes that are no whole"));
  EXPECT_EQ(log.counts.damaged_areas, 1u);
}

TEST(Evt, ARecordWithoutItsEndIsRead) {
  EvtBuilder builder;
  for (int i = 0; i < 3; ++i) builder.event(text("record"));
  builder.set_u32(builder.record_offset(1) + builder.record_bytes(1) - 4, 0);
  const LogRead log = read(builder);
  EXPECT_THAT(numbers(log), ElementsAre(1, 2, 3));
  EXPECT_THAT(faults(log), ElementsAre("event record whose end does not repeat its size"));
  EXPECT_EQ(log.events[1].fault_offset, builder.record_offset(1) + builder.record_bytes(1) - 4);
  EXPECT_THAT(log.events[1].strings, ElementsAre("record"));
}

TEST(Evt, ARecordOfWrongSizeHidesNoOther) {
  EvtBuilder builder;
  for (int i = 0; i < 4; ++i) builder.event(text("record"));
  builder.set_u32(builder.record_offset(1), 1000);
  const LogRead log = read(builder);
  EXPECT_THAT(numbers(log), ElementsAre(1));
  EXPECT_THAT(numbers(log, RecordPlace::behind_damage), ElementsAre(2, 3, 4));
  EXPECT_EQ(log.events[1].fault, "event record that another was written over");
  EXPECT_THAT(log.events[1].strings, ElementsAre("record"));
}

TEST(Evt, WithoutEndRecordTheRunOfNumbersCounts) {
  EvtBuilder builder;
  for (int i = 0; i < 3; ++i) builder.event({});
  builder.fill(builder.end_offset(), 40, 0);
  const LogRead log = read(builder);
  EXPECT_FALSE(log.end);
  EXPECT_THAT(numbers(log), ElementsAre(1, 2, 3));
  ASSERT_EQ(log.problems.size(), 1u);
  EXPECT_THAT(log.problems[0].what, HasSubstr("without its end record"));
}

TEST(Evt, WithoutEndRecordTheRunGoesOnRoundTheEndOfTheFile) {
  for (std::size_t bytes = 1024; bytes < 1224; bytes += 4) {
    EvtBuilder builder{bytes};
    for (int i = 0; i < 20; ++i) builder.event(text("record"));
    const auto whole = numbers(read(builder));
    builder.fill(builder.end_offset(), 4, 0);
    EXPECT_THAT(numbers(read(builder)), ::testing::ContainerEq(whole)) << bytes;
  }
}

TEST(Evt, ARecordWithoutItsEndDoesNotReachIntoTheEndRecord) {
  EvtBuilder builder;
  for (int i = 0; i < 2; ++i) builder.event(text("record"));
  builder.set_u32(builder.record_offset(1), 400).set_u32(builder.end_offset() + 24, 0);
  const LogRead log = read(builder);
  EXPECT_FALSE(log.end);
  ASSERT_EQ(log.events.size(), 2u);
  EXPECT_EQ(log.events[1].head.place, RecordPlace::slack);
  EXPECT_EQ(log.events[1].fault, "event record that another was written over");
  EXPECT_EQ(log.events[1].fault_offset, builder.end_offset());
}

TEST(Evt, AStringWithoutItsNulIsTold) {
  auto builder = EvtBuilder{}.event({.strings = {"abc"}, .data = EvtBytes(4, std::byte{1})});
  builder.set_u32(builder.record_offset(0) + 56 + 54 + 2 + 4, 0x0064'0063);
  const LogRead log = read(builder);
  EXPECT_EQ(log.events[0].fault, "event string");
  EXPECT_THAT(log.events[0].strings, ElementsAre("abcd"));
}

TEST(Evt, ADamagedHeaderHidesNoRecords) {
  const LogRead log = read(EvtBuilder{}.event({}).event({}).fill(0, 48, 0xFF));
  EXPECT_FALSE(log.header.present);
  EXPECT_THAT(numbers(log), ElementsAre(1, 2));
  EXPECT_THAT(whats(log), ElementsAre("event log header"));
}

TEST(Evt, ReadsWhatATruncatedLogStillHas) {
  EvtBuilder builder;
  for (int i = 0; i < 4; ++i) builder.event(text("record"));
  builder.truncate_at(builder.record_offset(2) + 70);
  const LogRead log = read(builder);
  EXPECT_THAT(numbers(log), ElementsAre(1, 2));
  EXPECT_THAT(numbers(log, RecordPlace::slack), ElementsAre(3));
  EXPECT_FALSE(log.end);
}

TEST(Evt, OffsetsOutsideTheRecordAreFaults) {
  struct Case {
    std::size_t field;
    std::uint32_t value;
    const char* fault;
  };
  constexpr Case kCases[] = {{36, 0, "event strings"},        {36, 0xFFFF'FFFC, "event strings"},
                             {40, 0xFFFF'FFFF, "event SID"},  {44, 4000, "event SID"},
                             {48, 0xFFFF'FFFF, "event data"}, {52, 4000, "event data"},
                             {52, 8, "event data"},           {24, 0xFFFF'0004, "event strings"}};
  for (const Case& one : kCases) {
    auto builder = EvtBuilder{}.event(
        {.strings = {"a"}, .sid = evt_sid({18}), .data = EvtBytes(4, std::byte{1})});
    builder.set_u32(48 + one.field, one.value);
    const LogRead log = read(builder);
    ASSERT_EQ(log.events.size(), 1u);
    EXPECT_THAT(log.events[0].fault, HasSubstr(one.fault)) << one.field;
    EXPECT_LE(log.events[0].fault_offset, 4096u);
  }
}

TEST(Evt, LoneSurrogatesAndTimeZeroAreKept) {
  const LogRead log = read(EvtBuilder{}.event({.strings = {"\xED\xA0\x80"}, .generated = 0}));
  EXPECT_THAT(log.events[0].strings, ElementsAre("\xED\xA0\x80"));
  EXPECT_FALSE(log.events[0].head.generated.is_set());
  EXPECT_EQ(log.events[0].fault, "");
}

TEST(Evt, LastSecondOfTheClock) {
  const LogRead log = read(EvtBuilder{}.event({.generated = 0xFFFF'FFFF}));
  EXPECT_EQ(log.events[0].head.generated.iso8601(), "2106-02-07T06:28:15.0000000Z");
}

TEST(Evt, RejectsWhatIsNoLog) {
  EXPECT_FALSE(read_log({}));
  EXPECT_FALSE(read_log(EvtBytes(4096)));
  EXPECT_FALSE(looks_like_event_log(Bytes{EvtBytes(4096)}));
  const EvtBytes log = EvtBuilder{}.bytes();
  EXPECT_TRUE(looks_like_event_log(Bytes{log}));
  EXPECT_FALSE(looks_like_event_log(Bytes{log}.head(47)));
}

TEST(Evt, EndsAtAnyLength) {
  const EvtBytes whole = EvtBuilder{256}.event(text("a")).bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto log = read_log({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
    EXPECT_EQ(log.has_value(), size >= 48) << size;
    if (log && size < 48 + 100) {
      EXPECT_FALSE(log->problems.empty()) << size;
    }
  }
}

TEST(Evt, AVisitorMayEndIt) {
  MemorySource source{EvtBuilder{}.event({}).event({}).event({}).bytes()};
  auto log = EventLog::open(source);
  ASSERT_TRUE(log);
  int seen = 0;
  const auto event = [&](Event&) { return ++seen < 2; };
  const auto problem = [](const Error&) { FAIL(); };
  log->for_each_record({event, problem});
  EXPECT_EQ(seen, 2);
}

TEST(Evt, ReadsAcrossWindows) {
  EvtBuilder builder{3u << 20};
  for (int i = 0; i < 1200; ++i) builder.event({.strings = {std::string(1500, 'x')}});
  const LogRead log = read(builder);
  EXPECT_THAT(whats(log), IsEmpty());
  EXPECT_EQ(numbers(log).back(), 1200u);
  EXPECT_GT(numbers(log).size(), 900u);
  for (const EventRead& event : log.events)
    if (event.head.place == RecordPlace::live) {
      EXPECT_EQ(event.strings.at(0).size(), 1500u);
    }
}

}  // namespace
}  // namespace hozen::evt
