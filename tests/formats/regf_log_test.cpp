// Transaction logs: both formats, one and two logs, what must not be applied.
#include "collector/formats/regf_log.h"

#include <gtest/gtest.h>

#include "tests/builders/regf_builder.h"
#include "tests/formats/regf_walk.h"

namespace hozen::regf {
namespace {

using namespace builders;

RegfBuilder stage(int number) {
  auto builder = RegfBuilder{}.key("K").value("stage", dword(static_cast<std::uint32_t>(number)));
  for (int i = 0; i < number * 60; ++i) builder.key("grown\\" + std::to_string(i));
  return builder;
}

/// The hive as it was written down, sequences as Windows leaves them when it is cut off.
std::vector<std::byte> dirty(int number, std::uint32_t primary, std::uint32_t secondary) {
  return stage(number).sequences(primary, secondary).bytes();
}

std::uint32_t stage_of(const Hive& hive) {
  const auto key = hive.root()->find("K");
  const auto value = key ? key->value("stage") : std::nullopt;
  return value ? Bytes{value->data}.get<std::uint32_t>(0).value_or(99) : 99;
}

void expect_bins_of(const Hive& hive, const std::vector<std::byte>& image) {
  const Bytes ours = Bytes{hive.bytes()}.tail(kBaseBlockBytes);
  EXPECT_TRUE(ours.chars() == Bytes{image}.tail(kBaseBlockBytes).chars());
}

void expect_untouched(const Hive& hive, const std::vector<std::byte>& before) {
  EXPECT_EQ(hive.bytes(), before);
  EXPECT_FALSE(hive.replay());
  EXPECT_EQ(hive.state(), State::dirty);
}

TEST(RegfLogChecksum, IsTheOneThatWindowsWrote) {
  // The first 32 bytes of a log entry written by Windows 10; its Hash-2 follows them in the file.
  const auto header = binary(
      "48 76 4c 45  00 1e 00 00"    // "HvLE", 7680 bytes
      "00 00 00 00  03 00 00 00"    // flags, sequence 3
      "00 50 00 00  01 00 00 00"    // 20480 bytes of bins, 1 page
      "5d 1e 70 07  17 a8 46 47");  // Hash-1
  EXPECT_EQ(log_checksum(Bytes{header.bytes}), 0xE637DCAFF6877267u);
}

TEST(RegfLogChecksum, TakesLengthsThatAreNotMultiplesOfFour) {
  // From an implementation of Marvin32 in another language.
  EXPECT_EQ(log_checksum(Bytes{}), 0xB39EFCA403966E08u);
  EXPECT_EQ(log_checksum(bytes_of("a")), 0x21A013C726F292F4u);
  EXPECT_EQ(log_checksum(bytes_of("abcd")), 0x20094FB11A6CD086u);
  EXPECT_EQ(log_checksum(bytes_of("hivebin")), 0xBB890DD0BA57C5D7u);
}

TEST(RegfNewLog, TakesTheHiveToItsLastEntry) {
  const auto before = dirty(1, 6, 5);
  const auto log = log_new(before, {stage(2).bytes(), stage(3).bytes()}, 5);
  const auto hive = open_hive(before, {{log, "LOG1"}});
  EXPECT_EQ(hive->state(), State::replayed);
  ASSERT_TRUE(hive->replay());
  EXPECT_EQ(hive->replay()->entries_applied, 2u);
  EXPECT_EQ(hive->replay()->logs_used, 1u);
  EXPECT_EQ(hive->replay()->last_sequence, 6u);
  EXPECT_EQ(stage_of(*hive), 3u);
  EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
  expect_bins_of(*hive, stage(3).bytes());
}

TEST(RegfNewLog, LeavesASoundBaseBlockBehind) {
  const auto before = dirty(1, 6, 5);
  const auto hive = open_hive(before, {{log_new(before, {stage(3).bytes()}, 5), "LOG1"}});
  const auto base = read_base_block(Bytes{hive->bytes()});
  ASSERT_TRUE(base);
  EXPECT_TRUE(base->checksum_ok);
  EXPECT_EQ(base->sequence1, 5u);
  EXPECT_EQ(base->sequence2, 5u);
  EXPECT_EQ(base->type, 0u);
  EXPECT_EQ(base->bins_size, hive->effective_bins_size());
  EXPECT_EQ(hive->base_block().sequence1, 6u) << "what is asked for is the stored one";
}

TEST(RegfNewLog, OfTwoAreUsedInTheOrderOfTheirSequences) {
  const auto before = dirty(1, 6, 5);
  const auto two = stage(2).bytes(), three = stage(3).bytes(), four = stage(4).bytes();
  const Log first{log_new(before, {two, three}, 5), "LOG1"};
  const Log second{log_new(three, {four}, 7), "LOG2"};
  for (const auto& logs : {std::vector<Log>{first, second}, std::vector<Log>{second, first}}) {
    const auto hive = open_hive(before, logs);
    EXPECT_EQ(hive->replay()->entries_applied, 3u);
    EXPECT_EQ(hive->replay()->logs_used, 2u);
    EXPECT_EQ(stage_of(*hive), 4u);
    expect_bins_of(*hive, four);
  }
}

TEST(RegfNewLog, EntriesThatTheHiveHoldsAlreadyAreLeftOut) {
  const auto one = stage(1).bytes(), two = stage(2).bytes(), three = stage(3).bytes();
  const auto before = dirty(2, 7, 6);
  const auto hive = open_hive(before, {{log_new(one, {two, three}, 5), "LOG1"}});
  EXPECT_EQ(hive->replay()->entries_applied, 1u);
  EXPECT_EQ(hive->replay()->last_sequence, 6u);
  expect_bins_of(*hive, three);
}

TEST(RegfNewLog, ThatHoldsNothingNewerIsNotUsed) {
  const auto before = dirty(2, 9, 8);
  const auto hive = open_hive(before, {{log_new(before, {stage(3).bytes()}, 5), "LOG1"}});
  expect_untouched(*hive, before);
  EXPECT_TRUE(has_problem(*hive, "LOG1: log entries that follow the hive", Errc::not_found));
}

TEST(RegfNewLog, ASecondLogAfterAGapIsNotUsed) {
  const auto before = dirty(1, 6, 5);
  const auto two = stage(2).bytes();
  const auto hive = open_hive(
      before, {{log_new(before, {two}, 5), "LOG1"}, {log_new(two, {stage(3).bytes()}, 7), "LOG2"}});
  EXPECT_EQ(hive->replay()->entries_applied, 1u);
  EXPECT_TRUE(has_problem(*hive, "LOG2: log that does not follow the other", Errc::malformed));
  expect_bins_of(*hive, two);
}

TEST(RegfNewLog, OlderEntriesBehindTheLastAreNoProblem) {
  const auto before = dirty(1, 6, 5);
  auto log = log_new(before, {stage(2).bytes()}, 5);
  const auto stale = log_new(before, {stage(3).bytes()}, 2);
  log.insert(log.end(), stale.begin() + 512, stale.end());
  const auto hive = open_hive(before, {{log, "LOG1"}});
  EXPECT_EQ(hive->replay()->entries_applied, 1u);
  EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
}

TEST(RegfNewLog, EndsAtAnEntryWhoseHashIsWrongWhateverByteItIs) {
  const auto before = dirty(1, 6, 5);
  const auto two = stage(2).bytes();
  const auto first = log_new(before, {two}, 5);
  const auto both = log_new(before, {two, stage(3).bytes()}, 5);
  for (std::size_t at = first.size(); at < both.size(); at += at < first.size() + 48 ? 1u : 997u) {
    auto log = both;
    log[at] ^= std::byte{0x40};
    const auto hive = open_hive(before, {{log, "LOG1"}});
    ASSERT_TRUE(hive->replay()) << at;
    EXPECT_EQ(hive->replay()->entries_applied, 1u) << at;
    expect_bins_of(*hive, two);
  }
}

TEST(RegfNewLog, CutAtAnyByteAppliesWholeEntriesOnly) {
  const auto before = dirty(1, 6, 5);
  const auto two = stage(2).bytes();
  const auto first = log_new(before, {two}, 5);
  const auto both = log_new(before, {two, stage(3).bytes()}, 5);
  for (std::size_t size = 0; size < both.size(); size += 211) {
    const std::vector<std::byte> log{both.begin(),
                                     both.begin() + static_cast<std::ptrdiff_t>(size)};
    const auto hive = open_hive(before, {{log, "LOG1"}});
    if (size < first.size())
      expect_untouched(*hive, before);
    else
      expect_bins_of(*hive, two);
  }
}

TEST(RegfNewLog, WithoutASoundBaseBlockIsNotUsed) {
  const auto before = dirty(1, 6, 5);
  auto log = log_new(before, {stage(2).bytes()}, 5);
  log[508] ^= std::byte{1};
  const auto hive = open_hive(before, {{log, "LOG1"}});
  expect_untouched(*hive, before);
  EXPECT_TRUE(has_problem(*hive, "LOG1: checksum of the base block of the log", Errc::malformed));
}

TEST(RegfNewLog, MayNotGrowTheHiveByMoreThanTheLogsHold) {
  const auto before = dirty(1, 6, 5);
  auto after = stage(2).bytes();
  const auto huge = RegfBuilder{}.set_u32(40, 0x40000000).bytes();
  std::copy(huge.begin() + 40, huge.begin() + 44, after.begin() + 40);
  const auto hive = open_hive(before, {{log_new(before, {after}, 5), "LOG1"}});
  expect_untouched(*hive, before);
  EXPECT_TRUE(has_problem(*hive, "LOG1: size of the hive in a log entry", Errc::limit));
}

TEST(RegfNewLog, RepairsABaseBlockWhoseChecksumIsWrongFromTheLatestLog) {
  auto before = dirty(1, 6, 5);
  const auto two = stage(2).bytes(), three = stage(3).bytes();
  const Log first{log_new(before, {two}, 5), "LOG1"};
  const Log second{log_new(two, {three}, 6), "LOG2"};
  before[24] = std::byte{1};  // version 1.1, and the checksum no longer fits
  const auto hive = open_hive(before, {first, second});
  EXPECT_EQ(hive->state(), State::replayed);
  EXPECT_EQ(hive->replay()->logs_used, 1u);
  EXPECT_EQ(hive->replay()->last_sequence, 6u);
  EXPECT_EQ(hive->base_block().minor, 1u);
  EXPECT_EQ(read_base_block(Bytes{hive->bytes()})->minor, 5u);
}

TEST(RegfLog, OfACleanHiveIsIgnored) {
  const auto before = stage(1).sequences(5, 5).bytes();
  const auto hive = open_hive(before, {{log_new(before, {stage(2).bytes()}, 5), "LOG1"}});
  EXPECT_EQ(hive->state(), State::clean);
  EXPECT_EQ(hive->bytes(), before);
}

TEST(RegfLog, ThatWasNeverUsedIsNoProblem) {
  const auto before = dirty(1, 6, 5);
  const auto log = log_new(before, {stage(2).bytes()}, 5);
  for (const auto& unused : {std::vector<std::byte>{}, std::vector<std::byte>(65536)}) {
    const auto hive = open_hive(before, {{log, "LOG1"}, {unused, "LOG2"}});
    EXPECT_EQ(hive->state(), State::replayed);
    EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
  }
}

TEST(RegfLog, OfAnotherTypeOrUnfinishedIsNotUsed) {
  const auto before = dirty(1, 6, 5);
  auto unfinished = log_new(before, {stage(2).bytes()}, 5);
  unfinished[4] = std::byte{6};
  auto hive_as_log = before;
  for (const auto& log : {unfinished, hive_as_log}) {
    const auto hive = open_hive(before, {{log, "LOG1"}});
    expect_untouched(*hive, before);
    EXPECT_EQ(hive->problem_count(), 1u);
  }
}

TEST(RegfOldLog, TakesTheHiveToItsState) {
  const auto before = stage(1).version(1, 3).sequences(6, 5).bytes();
  const auto after = stage(3).version(1, 3).bytes();
  const auto hive = open_hive(before, {{log_old(before, after), "LOG1"}});
  EXPECT_EQ(hive->state(), State::replayed);
  EXPECT_EQ(hive->replay()->entries_applied, 1u);
  EXPECT_EQ(hive->replay()->last_sequence, 6u);
  EXPECT_EQ(stage_of(*hive), 3u);
  expect_bins_of(*hive, after);
  EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
}

TEST(RegfOldLog, OfAnotherTimeIsNotUsed) {
  const auto before = stage(1).sequences(6, 5).bytes();
  const auto other = stage(1).sequences(6, 5).hive_written_at(FileTime{131'000'000'000'000'000});
  const auto hive = open_hive(before, {{log_old(other.bytes(), stage(2).bytes()), "LOG1"}});
  expect_untouched(*hive, before);
  EXPECT_TRUE(has_problem(*hive, "LOG1: log of another state of the hive", Errc::malformed));
}

TEST(RegfOldLog, TheMoreRecentOfTwoIsUsed) {
  const auto before = stage(1).sequences(6, 5).bytes();
  const auto older = log_old(stage(1).sequences(5, 5).bytes(), stage(2).bytes());
  const auto newer = log_old(before, stage(3).bytes());
  const auto hive = open_hive(before, {{older, "LOG1"}, {newer, "LOG2"}});
  EXPECT_EQ(stage_of(*hive), 3u);
}

TEST(RegfOldLog, WithoutItsDirtyVectorOrPagesLeavesTheHiveAsItWas) {
  const auto before = stage(1).sequences(6, 5).bytes();
  const auto log = log_old(before, stage(3).bytes());
  auto no_vector = log;
  no_vector[512] = std::byte{'I'};
  expect_untouched(*open_hive(before, {{no_vector, "LOG1"}}), before);
  for (std::size_t size = 0; size < log.size(); size += 173) {
    const std::vector<std::byte> cut{log.begin(), log.begin() + static_cast<std::ptrdiff_t>(size)};
    expect_untouched(*open_hive(before, {{cut, "LOG1"}}), before);
  }
}

TEST(RegfOldLog, WhosePagesBreakTheBinsIsTakenBack) {
  const auto before = stage(3).sequences(6, 5).bytes();
  auto after = stage(3).value("more", dword(1)).bytes();
  after.resize(before.size());
  auto log = log_old(before, after);
  const auto page = Bytes{log}.chars().find("hbin");
  if (page != std::string_view::npos) log[page] = std::byte{'x'};
  auto broken = before;
  broken[kBaseBlockBytes + 4096] = std::byte{'x'};
  const auto hive = open_hive(before, {{log_old(before, broken), "LOG1"}});
  expect_untouched(*hive, before);
  EXPECT_TRUE(has_problem(*hive, "LOG1: hive bins of the log", Errc::malformed));
}

TEST(RegfOldLog, RepairsABaseBlockWhoseChecksumIsWrong) {
  auto before = stage(1).sequences(6, 5).bytes();
  const auto log = log_old(before, stage(2).bytes());
  before[24] = std::byte{1};
  const auto hive = open_hive(before, {{log, "LOG1"}});
  EXPECT_EQ(hive->state(), State::replayed);
  EXPECT_EQ(read_base_block(Bytes{hive->bytes()})->minor, 5u);
  EXPECT_EQ(stage_of(*hive), 2u);
}

}  // namespace
}  // namespace hozen::regf
