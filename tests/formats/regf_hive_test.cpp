// Opening: base block, versions, state, root, what is no hive at all.
#include <gtest/gtest.h>

#include "collector/formats/regf.h"
#include "tests/builders/regf_builder.h"
#include "tests/formats/regf_walk.h"

namespace hozen::regf {
namespace {

using namespace builders;

constexpr FileTime kTime{132'000'000'000'000'000};

RegfBuilder small_hive() {
  return RegfBuilder{}.key("A\\B").value("x", sz("text")).value("n", dword(7)).key("C");
}

TEST(RegfHive, ReadsWhatTheBaseBlockSays) {
  const auto hive = open_hive(RegfBuilder{}
                                  .version(1, 3)
                                  .sequences(41, 41)
                                  .hive_written_at(kTime)
                                  .embedded_name("\\??\\C:\\Users\\x\\ntuser.dat")
                                  .bytes());
  const BaseBlock& base = hive->base_block();
  EXPECT_EQ(base.sequence1, 41u);
  EXPECT_EQ(base.sequence2, 41u);
  EXPECT_EQ(base.last_written, kTime);
  EXPECT_EQ(base.major, 1u);
  EXPECT_EQ(base.minor, 3u);
  EXPECT_EQ(base.embedded_name, "\\??\\C:\\Users\\x\\ntuser.dat");
  EXPECT_TRUE(base.checksum_ok);
  EXPECT_EQ(base.bins_size, hive->effective_bins_size());
  EXPECT_EQ(hive->state(), State::clean);
}

TEST(RegfHive, HoldsOnlyARootWhenEmpty) {
  const auto hive = open_hive(RegfBuilder{}.bytes());
  const auto root = hive->root();
  ASSERT_TRUE(root);
  EXPECT_EQ(root->name(), "ROOT");
  EXPECT_EQ(root->path(), "");
  EXPECT_EQ(tree_of(*hive).size(), 1u);
  EXPECT_EQ(hive->problem_count(), 0u);
}

class RegfVersion : public testing::TestWithParam<std::uint32_t> {};

TEST_P(RegfVersion, IsReadWhole) {
  const std::vector<std::byte> big(50'000, std::byte{0x5A});
  auto builder = RegfBuilder{}.version(1, GetParam()).key("K").value("big", binary(big));
  for (int i = 0; i < 600; ++i) builder.key("K\\" + std::to_string(i));
  const auto hive = open_hive(builder.bytes());
  EXPECT_EQ(hive->state(), State::clean);
  const auto key = hive->root()->find("K");
  ASSERT_TRUE(key);
  EXPECT_EQ(subkeys_of(*key).size(), 600u);
  EXPECT_EQ(key->value("big")->data, big);
  EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
}
INSTANTIATE_TEST_SUITE_P(Supported, RegfVersion, testing::Values(3u, 4u, 5u, 6u));

TEST(RegfHive, NamesVersionsOfNt3AsUnsupported) {
  for (const std::uint32_t minor : {0u, 1u, 2u}) {
    const auto hive = Hive::open(RegfBuilder{}.version(1, minor).bytes());
    ASSERT_FALSE(hive);
    EXPECT_EQ(hive.error().code, Errc::unsupported);
    EXPECT_EQ(hive.error().what, "registry hive version 1." + std::to_string(minor));
  }
  const auto other_major = Hive::open(RegfBuilder{}.version(2, 5).bytes());
  ASSERT_FALSE(other_major);
  EXPECT_EQ(other_major.error().code, Errc::unsupported);
}

TEST(RegfHive, ReadsANewerVersionAndSaysSo) {
  const auto hive = open_hive(small_hive().version(1, 7).bytes());
  EXPECT_EQ(tree_of(*hive).size(), 4u);
  EXPECT_TRUE(has_problem(*hive, "version of the base block", Errc::unsupported));
}

TEST(RegfHive, RefusesWhatIsNoHive) {
  for (const std::string_view text : {"", "r", "regf", "CREG", "MZ"}) {
    std::vector<std::byte> bytes;
    for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
    EXPECT_FALSE(Hive::open(bytes)) << text;
    bytes.resize(8192);
    EXPECT_EQ(Hive::open(bytes).has_value(), text == "regf") << text;
  }
}

TEST(RegfHive, SaysThatALogIsNoHive) {
  const auto before = RegfBuilder{}.bytes();
  for (const auto& log : {log_new(before, {before}, 1), log_old(before, before)}) {
    const auto hive = Hive::open(log);
    ASSERT_FALSE(hive);
    EXPECT_EQ(hive.error().code, Errc::unsupported);
  }
}

TEST(RegfHive, IsDirtyWhenSequencesDiffer) {
  const auto hive = open_hive(small_hive().sequences(5, 4).bytes());
  EXPECT_EQ(hive->state(), State::dirty);
  EXPECT_EQ(tree_of(*hive).size(), 4u);
  EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
}

TEST(RegfHive, IsDirtyWhenTheChecksumIsWrong) {
  const auto hive = open_hive(small_hive().set_u32(508, 0x12345678).bytes());
  EXPECT_EQ(hive->state(), State::dirty);
  EXPECT_FALSE(hive->base_block().checksum_ok);
  EXPECT_EQ(tree_of(*hive).size(), 4u);
  EXPECT_TRUE(has_problem(*hive, "checksum of the base block", Errc::malformed));
}

TEST(RegfHive, TakesTheChainOfBinsWhenTheBaseBlockIsNotToBeTrusted) {
  const auto sound = small_hive().bytes();
  const auto hive = open_hive(small_hive().set_u32(40, 0x7FFF'F000).bytes());
  EXPECT_EQ(hive->effective_bins_size(), sound.size() - kBaseBlockBytes);
  EXPECT_EQ(tree_of(*hive).size(), 4u);
}

TEST(RegfHive, FindsTheRootByItsFlagWhenTheOffsetIsWrong) {
  const auto hive = open_hive(small_hive().set_u32(36, 0x400).fix_checksum().bytes());
  EXPECT_EQ(hive->state(), State::corrupt);
  EXPECT_TRUE(has_problem(*hive, "root key", Errc::malformed));
  EXPECT_EQ(tree_of(*hive).size(), 4u);
}

TEST(RegfHive, ReadsTheBinsWhenTheBaseBlockIsGone) {
  auto bytes = small_hive().bytes();
  std::fill(bytes.begin(), bytes.begin() + kBaseBlockBytes, std::byte{0});
  const auto hive = open_hive(bytes);
  EXPECT_EQ(hive->state(), State::corrupt);
  EXPECT_EQ(tree_of(*hive).size(), 4u);
}

TEST(RegfHive, OpensWithoutARootWhenThereIsNone) {
  auto bytes = small_hive().bytes();
  std::fill(bytes.begin() + kBaseBlockBytes + 32, bytes.end(), std::byte{0});
  const auto hive = open_hive(bytes);
  EXPECT_EQ(hive->state(), State::corrupt);
  EXPECT_FALSE(hive->root());
  EXPECT_EQ(read_everything(*hive), 0u);
}

TEST(RegfHive, GoesOnBehindABinWhoseHeaderIsDamaged) {
  auto builder = RegfBuilder{};
  for (int i = 0; i < 200; ++i) builder.key("key " + std::to_string(i)).value("v", dword(1));
  const auto hive = open_hive(builder.set_u32(kBaseBlockBytes + 4096, 0).bytes());
  EXPECT_EQ(hive->state(), State::corrupt);
  EXPECT_TRUE(has_problem(*hive, "hbin header", Errc::malformed));
  EXPECT_EQ(tree_of(*hive).size(), 201u) << "cells of the bin are reached all the same";
}

TEST(RegfHive, CutAtAnyByteIsAnErrorOrSaidToBeCorrupt) {
  const auto whole = small_hive().bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto hive =
        Hive::open({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
    if (!hive) continue;
    EXPECT_GE(size, kBaseBlockBytes);
    EXPECT_EQ((*hive)->state(), State::corrupt) << size;
    read_everything(**hive);
    EXPECT_GT((*hive)->problem_count(), 0u) << size;
  }
}

TEST(RegfHive, ReadsWhatABinCutShortStillHolds) {
  auto builder = RegfBuilder{};
  for (int i = 0; i < 200; ++i) builder.key("key " + std::to_string(i));
  const auto bytes = builder.bytes();
  const auto hive = open_hive(builder.truncate_at(bytes.size() - 4096).bytes());
  EXPECT_EQ(hive->state(), State::corrupt);
  EXPECT_TRUE(has_problem(*hive, "hive bins", Errc::truncated));
}

TEST(RegfHive, KeepsTimesAtTheirLimits) {
  const auto hive = open_hive(RegfBuilder{}
                                  .key("zero")
                                  .written_at(FileTime{0})
                                  .key("most")
                                  .written_at(FileTime{~std::uint64_t{0}})
                                  .bytes());
  EXPECT_EQ(hive->root()->find("zero")->last_written().ticks, 0u);
  EXPECT_EQ(hive->root()->find("most")->last_written().ticks, ~std::uint64_t{0});
}

}  // namespace
}  // namespace hozen::regf
