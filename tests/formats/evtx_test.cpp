// Event logs: which records are found where, what a judge can ask of them, and damage.
#include "collector/formats/evtx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/builders/evtx_builder.h"
#include "tests/formats/evtx_reading.h"

namespace hozen::evtx {
namespace {

using namespace builders;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr FileTime kTime{133'000'000'000'000'000};

EvtxEvent service(std::string_view name) {
  return {.data = {{"ServiceName", evtx_text(name)}, {"StartType", evtx_number(8, 3, 4)}}};
}

std::vector<std::uint64_t> ids(const LogRead& log, RecordPlace place = RecordPlace::live) {
  std::vector<std::uint64_t> found;
  for (const EventRead& event : log.events)
    if (event.place == place) found.push_back(event.id);
  return found;
}

LogRead read(const EvtxBuilder& builder, const ReadOptions& options = {}) {
  auto log = read_log(builder.bytes(), options);
  EXPECT_TRUE(log);
  return log ? *std::move(log) : LogRead{};
}

TEST(EventLog, ReadsRecordsOfSeveralChunks) {
  const LogRead log = read(EvtxBuilder{}
                               .event(service("a"))
                               .event(service("b"))
                               .new_chunk()
                               .event(service("c"))
                               .zero_chunk()
                               .event(service("d")));
  EXPECT_THAT(ids(log), ElementsAre(1, 2, 3, 4));
  EXPECT_TRUE(log.problems.empty());
  EXPECT_EQ(log.counts.chunks, 3u);
  EXPECT_EQ(log.counts.records, 4u);
  ASSERT_EQ(log.chunks.size(), 3u);
  EXPECT_EQ(log.chunks[2].first_id, 4u);
  EXPECT_EQ(log.chunks[2].file_offset, 4096u + 3 * 65536);
  for (const ChunkInfo& chunk : log.chunks)
    EXPECT_TRUE(chunk.header_checksum_ok && chunk.records_checksum_ok && chunk.counted);
  EXPECT_THAT(log.events[3].json, HasSubstr("\"ServiceName\":\"d\",\"StartType\":3"));
}

TEST(EventLog, TellsItsHeader) {
  MemorySource source{EvtxBuilder{}.event({}).dirty().bytes()};
  const auto log = EventLog::open(source);
  ASSERT_TRUE(log);
  EXPECT_EQ(log->header().major, 3);
  EXPECT_EQ(log->header().minor, 1);
  EXPECT_EQ(log->header().chunks, 1);
  EXPECT_EQ(log->header().next_record_id, 2u);
  EXPECT_TRUE(log->header().is_dirty());
  EXPECT_TRUE(log->header().checksum_ok);
}

TEST(EventLog, ReadsChunksThatTheHeaderDoesNotCount) {
  const LogRead log = read(EvtxBuilder{}.event({}).new_chunk().event({}).counted_chunks(1).dirty());
  EXPECT_THAT(ids(log), ElementsAre(1, 2));
  EXPECT_EQ(log.counts.uncounted_chunks, 1u);
  EXPECT_TRUE(log.chunks[0].counted);
  EXPECT_FALSE(log.chunks[1].counted);
}

TEST(EventLog, RecoversWhatLiesBehindTheUsedPart) {
  const auto builder = EvtxBuilder{}.event({}).event({}).event({}).free_at_last(2);
  const LogRead log = read(builder);
  EXPECT_THAT(ids(log), ElementsAre(1));
  EXPECT_THAT(ids(log, RecordPlace::slack), ElementsAre(2, 3));
  EXPECT_TRUE(log.problems.empty());
  EXPECT_EQ(log.counts.recovered, 2u);
  EXPECT_THAT(ids(read(builder, {.recover = false})), ElementsAre(1));
  EXPECT_EQ(read(builder, {.recover = false}).events.size(), 1u);
}

TEST(EventLog, DoesNotReadAnOldRecordByAnotherTemplate) {
  auto builder = EvtxBuilder{}.event({}).event({}).free_at_last(1);
  // The template of both records, at its first use: another one now.
  const std::size_t definition = builder.record_offset(0) + 24 + 4 + 10;
  builder.set_u32(definition + 4, 0x12345678);
  const LogRead log = read(builder.dirty());
  ASSERT_EQ(log.events.size(), 2u);
  EXPECT_EQ(log.events[1].fault, "binxml template definition of another template");
  EXPECT_THAT(log.events[1].json, HasSubstr("\"data\":null,\"System\":null,\"values\":["
                                            "\"Service Control Manager\",7045,4,"));
  EXPECT_EQ(log.events[1].xml, "");
}

TEST(EventLog, GoesOnBehindARecordOfWrongSize) {
  auto builder = EvtxBuilder{}.event({}).event({}).event({});
  builder.set_u32(builder.record_offset(1) + 4, 0);
  const LogRead log = read(builder.dirty());
  EXPECT_THAT(ids(log), ElementsAre(1));
  EXPECT_THAT(ids(log, RecordPlace::behind_damage), ElementsAre(3));
  ASSERT_EQ(log.problems.size(), 2u);
  EXPECT_EQ(log.problems[0].what, "event record size");
  EXPECT_EQ(log.problems[0].offset, builder.record_offset(1) + 4);
}

TEST(EventLog, ReadsARecordThatAnotherWasGrownOver) {
  const LogRead log =
      read(EvtxBuilder{}.event(service("first")).hidden(service("hidden")).event(service("last")));
  EXPECT_THAT(ids(log), ElementsAre(1, 3));
  EXPECT_THAT(ids(log, RecordPlace::hidden), ElementsAre(2));
  EXPECT_EQ(log.events[1].hidden_in, 1u);
  EXPECT_THAT(log.events[1].json, HasSubstr("\"ServiceName\":\"hidden\""));
  EXPECT_THAT(log.events[0].json, HasSubstr("\"ServiceName\":\"first\""));
}

TEST(EventLog, CarvesAChunkWithoutItsSignature) {
  const LogRead log =
      read(EvtxBuilder{}.event({}).new_chunk().event({}).event({}).set_u32(4096 + 65536, 0));
  EXPECT_THAT(ids(log), ElementsAre(1));
  EXPECT_THAT(ids(log, RecordPlace::damaged_chunk), ElementsAre(2, 3));
  ASSERT_EQ(log.problems.size(), 1u);
  EXPECT_EQ(log.problems[0].offset, 4096u + 65536);
}

TEST(EventLog, FindsChunksThatAreNotInTheirPlace) {
  EvtxBytes bytes = EvtxBuilder{}.event({}).new_chunk().event({}).bytes();
  bytes.insert(bytes.begin() + 4096 + 65536, 1024, std::byte{0});
  const auto log = read_log(bytes);
  ASSERT_TRUE(log);
  EXPECT_THAT(ids(*log), ElementsAre(1, 2));
  EXPECT_TRUE(log->problems.empty() || log->problems[0].code == Errc::truncated);
}

TEST(EventLog, AChunkOutOfPlaceDoesNotHideTheNext) {
  EvtxBytes bytes = EvtxBuilder{}.event({}).new_chunk().event({}).new_chunk().event({}).bytes();
  const EvtxBytes chunk{bytes.begin() + 4096, bytes.begin() + 4096 + 4096};
  // The second chunk loses its head, and has one in its middle.
  std::fill_n(bytes.begin() + 4096 + 65536, 16384, std::byte{1});
  std::copy(chunk.begin(), chunk.end(), bytes.begin() + 4096 + 65536 + 32768);
  const auto log = read_log(bytes);
  ASSERT_TRUE(log);
  EXPECT_THAT(ids(*log), ElementsAre(1, 1, 3));
}

TEST(EventLog, ReadsAFileThatBeginsWithAChunkOrWithZeros) {
  EvtxBytes bytes = EvtxBuilder{}.event({}).bytes();
  const auto bare = read_log({bytes.begin() + 4096, bytes.end()});
  ASSERT_TRUE(bare);
  EXPECT_THAT(ids(*bare), ElementsAre(1));
  std::fill_n(bytes.begin(), 4096, std::byte{0});
  const auto headless = read_log(bytes);
  ASSERT_TRUE(headless);
  EXPECT_THAT(ids(*headless), ElementsAre(1));
  EXPECT_EQ(headless->problems.size(), 1u);
  EXPECT_FALSE(read_log(EvtxBytes(8192)));
  EXPECT_FALSE(read_log({}));
}

TEST(EventLog, WrongChecksumsAreProblemsOfACleanLog) {
  auto builder = EvtxBuilder{}.event({});
  const std::size_t name = builder.record_offset(0) + builder.record_bytes(0) - 8;
  builder.set_u32(name, 0x41414141);
  const LogRead log = read(builder);
  ASSERT_EQ(log.problems.size(), 1u);
  EXPECT_EQ(log.problems[0].what, "event log chunk records checksum");
  EXPECT_FALSE(log.chunks[0].records_checksum_ok);
  EXPECT_TRUE(log.chunks[0].header_checksum_ok);
  EXPECT_THAT(read(builder.dirty()).problems, IsEmpty());
}

TEST(EventLog, EndsWhenTheVisitorSaysSo) {
  MemorySource source{EvtxBuilder{}.event({}).event({}).new_chunk().event({}).bytes()};
  auto log = EventLog::open(source);
  ASSERT_TRUE(log);
  int seen = 0;
  const auto event = [&](Event&) { return ++seen < 2; };
  const auto chunk = [](const ChunkInfo&) {};
  const auto problem = [](const Error&) {};
  EXPECT_EQ(log->for_each_record({event, chunk, problem}).records, 2u);
  EXPECT_EQ(seen, 2);
}

TEST(EventLog, ReadsEveryBeginningOfALog) {
  const EvtxBytes bytes = EvtxBuilder{}.event(service("a")).event(service("b")).bytes();
  for (std::size_t size = 0; size < 4096 + 3500; ++size) {
    const auto log = read_log({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)});
    EXPECT_EQ(static_cast<bool>(log), size >= 128) << size;
    EXPECT_LE(log ? log->events.size() : 0, 2u) << size;
  }
}

// What a judge asks.

TEST(Event, AnswersWhatAJudgeAsks) {
  MemorySource source{EvtxBuilder{}
                          .event({.provider = "P",
                                  .event_id = 4624,
                                  .channel = "Security",
                                  .computer = "HOST",
                                  .data = {{"LogonType", evtx_number(8, 3, 4)},
                                           {"IpAddress", evtx_text("10.0.0.1")},
                                           {"", evtx_texts({"one", "two"})},
                                           {"Sid", evtx_sid(5, {18})}}})
                          .bytes()};
  auto log = EventLog::open(source);
  ASSERT_TRUE(log);
  int seen = 0;
  const auto event = [&](Event& one) {
    ++seen;
    EXPECT_EQ(one.event_id(), 4624u);
    EXPECT_EQ(one.provider(), "P");
    EXPECT_EQ(one.channel(), "Security");
    EXPECT_EQ(one.computer(), "HOST");
    EXPECT_EQ(one.time_created(), kTime);
    EXPECT_EQ(one.system(SystemField::level).number(), 4u);
    EXPECT_TRUE(one.system(SystemField::user_id).is_null());
    EXPECT_EQ(one.data("LogonType")->number(), 3u);
    EXPECT_TRUE(one.data("IpAddress")->equals("10.0.0.1"));
    EXPECT_FALSE(one.data("IpAddress")->equals("10.0.0.2"));
    EXPECT_EQ(one.data("param2")->text(), "two");
    EXPECT_EQ(one.data("Sid")->text(), "S-1-5-18");
    EXPECT_FALSE(one.data("None"));
    EXPECT_FALSE(one.data("param3"));
    std::string names;
    one.each_data([&](std::string_view name, const Value&) {
      names += std::string{name} + " ";
      return true;
    });
    EXPECT_EQ(names, "LogonType IpAddress param1 param2 Sid ");
    return true;
  };
  const auto chunk = [](const ChunkInfo&) {};
  const auto problem = [](const Error&) {};
  log->for_each_record({event, chunk, problem});
  EXPECT_EQ(seen, 1);
}

TEST(Value, ReadsNumbersAndTimesOfText) {
  const auto value = [](const EvtxValue& one) { return Value{one.type, Bytes{one.bytes}}; };
  const EvtxValue decimal = evtx_text("12"), hex = evtx_text("0x1F"), word = evtx_text("12a"),
                  negative = evtx_number(7, 0xFFFFFFFF, 4),
                  time = evtx_text("2022-06-18T04:26:40.0000000Z");
  EXPECT_EQ(value(decimal).number(), 12u);
  EXPECT_EQ(value(hex).number(), 31u);
  EXPECT_EQ(value(word).number(), std::nullopt);
  EXPECT_EQ(value(negative).number(), ~std::uint64_t{0});
  EXPECT_EQ(value(time).time()->iso8601(), "2022-06-18T04:26:40.0000000Z");
}

}  // namespace
}  // namespace hozen::evtx
