// Hives made to hurt a reader: cycles, shared cells, counts and sizes out of all bounds.
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <set>

#include "collector/formats/regf.h"
#include "tests/builders/regf_builder.h"
#include "tests/formats/regf_walk.h"

namespace hozen::regf {
namespace {

using namespace builders;

std::uint32_t cell_of(std::uint64_t data_offset) {
  return static_cast<std::uint32_t>(data_offset - 4 - kBaseBlockBytes);
}

TEST(RegfHostile, ACycleOfKeysEnds) {
  const auto hive =
      open_hive(RegfBuilder{}.key("A\\B\\C\\D").value("v", dword(1)).cycle("A\\B\\C", "A").bytes());
  const auto tree = tree_of(*hive);
  EXPECT_EQ(tree.size(), 4u);  // root, A, B, C
  EXPECT_TRUE(has_problem(*hive, "key of another parent", Errc::malformed));
}

TEST(RegfHostile, AKeyThatListsItselfOrTheRootEnds) {
  for (const std::string_view listed : {"A", ""}) {
    const auto hive = open_hive(RegfBuilder{}.key("A\\B").cycle("A", listed).bytes());
    EXPECT_EQ(tree_of(*hive).size(), 2u) << listed;
    EXPECT_GE(hive->problem_count(), 1u);
  }
}

TEST(RegfHostile, ACycleThatEveryParentFieldConfirmsEnds) {
  // root -> A -> B -> root, and the root's parent field names B.
  auto builder = RegfBuilder{}.key("A\\B\\C");
  builder.cycle("A\\B", "")
      .set_u32(builder.offset_of_key("") + 16, cell_of(builder.offset_of_key("A\\B")));
  const auto hive = open_hive(builder.bytes());
  EXPECT_EQ(tree_of(*hive).size(), 3u);
}

TEST(RegfHostile, AKeyWithAWrongParentFieldIsReadAndReported) {
  auto builder = RegfBuilder{}.key("A\\B\\C").value("v", sz("still read"));
  builder.set_u32(builder.offset_of_key("A\\B") + 16, 0xFFFFFFFF);
  const auto hive = open_hive(builder.bytes());
  const auto key = hive->root()->find("A\\B\\C");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->path(), "A\\B\\C");
  EXPECT_EQ(tree_of(*hive).size(), 4u);
  EXPECT_TRUE(has_problem(*hive, "parent of the key", Errc::malformed));
}

TEST(RegfHostile, AKeyListedByTwoOthersIsReadBelowItsParentOnly) {
  auto builder = RegfBuilder{}.key("A\\X").key("B\\Y");
  builder.cycle("B", "A\\X");
  const auto hive = open_hive(builder.bytes());
  const auto tree = tree_of(*hive);
  EXPECT_TRUE(tree.contains("A\\X"));
  EXPECT_FALSE(tree.contains("B\\X"));
  EXPECT_EQ(tree.size(), 4u);
}

TEST(RegfHostile, AKeyListedTwiceIsReadOnce) {
  auto builder = RegfBuilder{}.key("A\\X").key("A\\Y").value("v", dword(1));
  const std::uint64_t list = builder.offset_of_subkey_list("A");
  builder.set_u32(list + 4 + 8, cell_of(builder.offset_of_key("A\\X")));
  const auto hive = open_hive(builder.bytes());
  EXPECT_EQ(subkeys_of(*hive->root()->find("A")), std::vector<std::string>{"X"});
  EXPECT_TRUE(has_problem(*hive, "key listed twice", Errc::malformed));
}

TEST(RegfHostile, ChainsAreFollowedToTheDepthThatWindowsAllows) {
  std::vector<std::string> path;
  for (int i = 0; i < 600; ++i) path.push_back("k");
  const auto hive = open_hive(RegfBuilder{}.key_at(path).bytes());
  std::size_t keys = 0;
  const auto visit = [&](const auto& self, const Key& key) -> void {
    ++keys;
    key.each_subkey([&](const Key& subkey) {
      self(self, subkey);
      return true;
    });
  };
  visit(visit, *hive->root());
  EXPECT_EQ(keys, kMaxKeyDepth + 1u);
  EXPECT_TRUE(has_problem(*hive, "key depth", Errc::limit));
}

TEST(RegfHostile, CountsOfAllOnesAreCutToWhatIsThere) {
  auto builder = RegfBuilder{}.key("A\\B").value("v", sz("some text")).key("A\\C");
  const std::uint64_t key = builder.offset_of_key("A");
  const std::uint64_t list = builder.offset_of_subkey_list("A");
  builder.set_u32(key + 20, 0xFFFFFFFF);
  builder.set_u16(list + 2, 0xFFFF);
  builder.set_u32(builder.offset_of_key("A\\B") + 36, 0xFFFFFFFF);
  const auto hive = open_hive(builder.bytes());
  const auto tree = tree_of(*hive);
  EXPECT_TRUE(tree.contains("A\\B"));
  EXPECT_TRUE(tree.contains("A\\C"));
  EXPECT_TRUE(has_problem(*hive, "subkey list", Errc::truncated));
  EXPECT_TRUE(has_problem(*hive, "value list", Errc::truncated));
}

TEST(RegfHostile, OffsetsOutsideTheHiveAreProblemsOfTheirKey) {
  for (const std::uint32_t offset : {0xFFFFFFFFu, 0xFFFFFFF8u, 0x7FFFFFF8u, 0x00000023u, 0u}) {
    auto builder = RegfBuilder{}.key("A\\B").value("v", sz("some text")).key("C");
    builder.set_u32(builder.offset_of_key("A") + 28, offset);
    builder.set_u32(builder.offset_of_key("A\\B") + 40, offset);
    const auto hive = open_hive(builder.bytes());
    EXPECT_EQ(tree_of(*hive).size(), 3u) << offset;
    ASSERT_FALSE(hive->problems().empty());
    EXPECT_EQ(hive->problems().front().key_path, "A");
    EXPECT_EQ(hive->problems().front().offset, std::uint64_t{kBaseBlockBytes} + offset);
  }
}

/// A hive in which `keys` keys use the list, values or data of the first of them.
RegfBuilder crowd(int keys, std::size_t values, std::size_t data_bytes) {
  auto builder = RegfBuilder{}.version(1, 3).key("K\\0");
  for (std::size_t i = 0; i < values; ++i)
    builder.value(std::to_string(i), binary(std::vector<std::byte>(data_bytes, std::byte{1})));
  for (int i = 1; i < keys; ++i) builder.key("K\\" + std::to_string(i)).value("own", dword(1));
  return builder;
}

std::uint64_t bytes_handed_out(const Hive& hive) {
  std::uint64_t bytes = 0;
  const auto visit = [&](const auto& self, const Key& key) -> void {
    key.visit_values([&](const ValueView& value) {
      bytes += 20 + value.data.size();
      return true;
    });
    key.each_subkey([&](const Key& subkey) {
      self(self, subkey);
      return true;
    });
  };
  visit(visit, *hive.root());
  return bytes;
}

TEST(RegfHostile, AValueListSharedByManyKeysIsReadABoundedNumberOfTimes) {
  auto builder = crowd(2000, 2000, 8);
  const std::uint32_t list = cell_of(builder.offset_of_value_list("K\\0"));
  auto bytes = builder.bytes();
  const auto sound = open_hive(bytes);
  const std::uint64_t honest = bytes_handed_out(*sound);
  sound->root()->find("K")->each_subkey([&](const Key& key) {
    const std::uint64_t nk = key.file_offset() + 4;
    const std::uint32_t count = 2000;
    std::memcpy(bytes.data() + nk + 36, &count, 4);
    std::memcpy(bytes.data() + nk + 40, &list, 4);
    return true;
  });
  const auto hive = open_hive(bytes);
  EXPECT_LE(bytes_handed_out(*hive), honest + 4 * (bytes.size() + (1u << 20)));
  EXPECT_LE(bytes_handed_out(*hive), honest + 8 * (bytes.size() + (1u << 20))) << "read again";
  EXPECT_TRUE(has_problem(*hive, "value that several keys use", Errc::limit) ||
              has_problem(*hive, "value list that several keys use", Errc::limit));
}

TEST(RegfHostile, DataSharedByManyValuesIsHandedOutABoundedNumberOfTimes) {
  auto builder = crowd(1, 1, 400'000);
  for (int i = 0; i < 3000; ++i)
    builder.key("K\\more").value("m" + std::to_string(i), binary("0102030405"));
  const std::uint32_t data = cell_of(builder.offset_of_data("K\\0", "0"));
  auto bytes = builder.bytes();
  open_hive(bytes)->root()->find("K\\more")->visit_values([&](const ValueView& value) {
    const std::uint64_t vk = value.file_offset + 4;
    const std::uint32_t size = 400'000;
    std::memcpy(bytes.data() + vk + 4, &size, 4);
    std::memcpy(bytes.data() + vk + 8, &data, 4);
    return true;
  });
  const auto hive = open_hive(bytes);
  EXPECT_LE(bytes_handed_out(*hive), 4 * (bytes.size() + (1u << 20)));
  EXPECT_TRUE(has_problem(*hive, "value data that several values use", Errc::limit));
}

TEST(RegfHostile, ASubkeyListSharedByManyKeysEnds) {
  auto builder = RegfBuilder{};
  for (int i = 0; i < 1500; ++i) builder.key("big\\" + std::to_string(i));
  for (int i = 0; i < 1500; ++i) builder.key("K\\" + std::to_string(i) + "\\x");
  const std::uint32_t list = cell_of(builder.offset_of_subkey_list("big"));
  auto bytes = builder.bytes();
  open_hive(bytes)->root()->find("K")->each_subkey([&](const Key& key) {
    std::memcpy(bytes.data() + key.file_offset() + 4 + 28, &list, 4);
    return true;
  });
  const auto hive = open_hive(bytes);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(tree_of(*hive).size(), 3003u);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{20});
}

TEST(RegfHostile, ProblemsAreCountedBeyondThoseThatAreKept) {
  auto builder = RegfBuilder{}.key("K");
  for (int i = 0; i < 3000; ++i) builder.value(std::to_string(i), dword(1));
  auto bytes = builder.bytes();
  open_hive(bytes)->root()->find("K")->visit_values([&](const ValueView& value) {
    bytes[value.file_offset + 4] = std::byte{'x'};
    return true;
  });
  const auto hive = open_hive(bytes);
  EXPECT_TRUE(tree_of(*hive)["K"].empty());
  EXPECT_EQ(hive->problem_count(), 3000u);
  EXPECT_LE(hive->problems().size(), kMaxStoredProblems);
  EXPECT_GE(hive->problems().size(), kMaxStoredProblems / 2);
  EXPECT_TRUE(tree_of(*hive)["K"].empty());
  EXPECT_EQ(hive->problem_count(), 3000u) << "the same problems again";
}

RegfBuilder varied_hive() {
  return RegfBuilder{}
      .key("A\\B")
      .value("x", sz("text"))
      .value("big", binary(std::vector<std::byte>(20'000, std::byte{2})))
      .value("gone", sz("deleted text"))
      .deleted_value()
      .key("A\\C")
      .class_name("class")
      .key("D\\1")
      .key("D\\2")
      .key("D\\3")
      .key("D")
      .subkey_list(SubkeyList::ri_of_lh, 2)
      .key("E\\F")
      .value("v", dword(1))
      .key("E")
      .deleted();
}

TEST(RegfHostile, AnyByteMayHoldAnything) {
  const auto whole = varied_hive().bytes();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    const bool in_text = whole[at] == std::byte{0} || whole[at] == std::byte{2};
    if (in_text && at % 61 != 0) continue;  // padding and data: samples
    for (const unsigned value : {0x00u, 0x01u, 0x7Fu, 0x80u, 0xFFu}) {
      auto bytes = whole;
      bytes[at] = static_cast<std::byte>(value);
      const auto hive = Hive::open(std::move(bytes));
      if (!hive) continue;
      EXPECT_LT(read_everything(**hive), 1000u) << at;
    }
  }
}

TEST(RegfHostile, WordsOfOtherPlacesLeadNowhereForEver) {
  const auto whole = varied_hive().bytes();
  std::mt19937 random{7};
  std::vector<std::uint32_t> words{0, 0xFFFFFFFF, 0x80000000, 0x7FFFFFFF};
  for (const std::string_view path : {"", "A", "A\\B", "D", "D\\1"}) {
    const auto builder = varied_hive();
    words.push_back(cell_of(builder.offset_of_key(path)));
    words.push_back(cell_of(builder.offset_of_subkey_list(path)));
  }
  for (int round = 0; round < 3000; ++round) {
    auto bytes = whole;
    for (int i = 0; i < 4; ++i) {
      const std::size_t at = 4096 + random() % ((bytes.size() - 4096) / 4) * 4;
      std::memcpy(bytes.data() + at, &words[random() % words.size()], 4);
    }
    const auto hive = Hive::open(std::move(bytes));
    if (!hive) continue;
    EXPECT_LT(read_everything(**hive), 1000u) << round;
  }
}

}  // namespace
}  // namespace hozen::regf
