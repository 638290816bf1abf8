// Values: data in place, in cells, in segments; names; damaged cells.
#include <gtest/gtest.h>

#include "collector/formats/regf.h"
#include "tests/builders/regf_builder.h"
#include "tests/formats/regf_walk.h"

namespace hozen::regf {
namespace {

using namespace builders;

std::vector<std::byte> pattern(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 256);
  return bytes;
}

TEST(RegfValues, KeepTypeAndDataOfEveryKind) {
  const std::vector<std::pair<std::string, RegData>> values{
      {"", sz("default")},
      {"sz", sz("C:\\a.exe")},
      {"expand", expand_sz("%TEMP%\\a")},
      {"empty", raw_data(1, {})},
      {"binary", binary("00 ff 10")},
      {"dword", dword(0xFFFFFFFF)},
      {"be", dword_big_endian(0x01020304)},
      {"link", link("\\Registry\\Machine")},
      {"multi", multi_sz({"one", "", "three"})},
      {"qword", qword(0x0102030405060708)},
      {"rid", raw_data(0x3E9, {})},
      {"devprop", raw_data(0xFFFF0012, pattern(9))},
      {"none", none()},
  };
  auto builder = RegfBuilder{}.key("K");
  for (const auto& [name, data] : values) builder.value(name, data);
  const auto hive = open_hive(builder.bytes());
  std::size_t index = 0;
  hive->root()->find("K")->each_value([&](const Value& value) {
    EXPECT_EQ(value.name, values[index].first);
    EXPECT_EQ(value.type, values[index].second.type) << value.name;
    EXPECT_EQ(value.data, values[index].second.bytes) << value.name;
    EXPECT_EQ(value.stated_size, value.data.size());
    EXPECT_FALSE(value.incomplete);
    EXPECT_FALSE(value.deleted);
    EXPECT_EQ(value.file_offset + 4, builder.offset_of_value("K", value.name));
    ++index;
    return true;
  });
  EXPECT_EQ(index, values.size());
  EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
}

TEST(RegfValues, MayBeLookedUpWhileTheyAreVisited) {
  const auto hive = open_hive(
      RegfBuilder{}.key("K").value("a", sz("1")).value("b", sz("2")).value("c", sz("3")).bytes());
  const auto key = *hive->root()->find("K");
  std::string names;
  key.each_value([&](const Value& value) {
    names += value.name;
    EXPECT_TRUE(key.value("c"));
    return true;
  });
  EXPECT_EQ(names, "abc");
  EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
}

class RegfValueSize : public testing::TestWithParam<std::size_t> {};

TEST_P(RegfValueSize, IsReadWhole) {
  for (const std::uint32_t minor : {3u, 5u}) {
    const auto data = pattern(GetParam());
    const auto hive =
        open_hive(RegfBuilder{}.version(1, minor).key("K").value("v", binary(data)).bytes());
    const auto value = hive->root()->find("K")->value("V");
    ASSERT_TRUE(value);
    EXPECT_EQ(value->data, data);
    EXPECT_FALSE(value->incomplete);
    EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
  }
}
// 4 bytes lie in the vk cell; above 16344 the data of version 1.4 and later is split.
INSTANTIATE_TEST_SUITE_P(Edges, RegfValueSize,
                         testing::Values(0, 1, 3, 4, 5, 16343, 16344, 16345, 32688, 32689,
                                         200'000));

TEST(RegfValues, AreFoundWhateverTheCaseAndTheDefaultByAnEmptyName) {
  const auto hive = open_hive(RegfBuilder{}
                                  .key("K")
                                  .value("Name", dword(1))
                                  .value("", dword(2))
                                  .value(std::string{"nul\0 inside", 11}, dword(3))
                                  .value("\xED\xA0\xBD", dword(4))
                                  .bytes());
  const auto key = *hive->root()->find("K");
  EXPECT_EQ(key.value("nAME")->data, dword(1).bytes);
  EXPECT_EQ(key.value("")->data, dword(2).bytes);
  EXPECT_EQ(key.value(std::string{"nul\0 inside", 11})->data, dword(3).bytes);
  EXPECT_EQ(key.value("\xED\xA0\xBD")->data, dword(4).bytes);
  EXPECT_FALSE(key.value("nul"));
  EXPECT_FALSE(key.value("absent"));
}

TEST(RegfValues, ViewsLieInTheHive) {
  const auto hive = open_hive(RegfBuilder{}.key("K").value("v", sz("a text of its own")).bytes());
  hive->root()->find("K")->visit_values([&](const ValueView& value) {
    EXPECT_GE(value.data.span().data(), hive->bytes().data());
    EXPECT_LT(value.data.span().data(), hive->bytes().data() + hive->bytes().size());
    std::string name;
    value.append_name(name);
    EXPECT_EQ(name, "v");
    return true;
  });
}

TEST(RegfValues, MayBeLookedUpBeforeTheyAreEnumerated) {
  const auto hive =
      open_hive(RegfBuilder{}.key("K").value("a", dword(1)).value("b", sz("longer text")).bytes());
  const auto key = *hive->root()->find("K");
  EXPECT_TRUE(key.value("a"));
  EXPECT_EQ(tree_of(*hive)["K"], (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(tree_of(*hive)["K"], (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
}

TEST(RegfValues, OfAPredefinedHandleAreNone) {
  auto builder = RegfBuilder{}.key("K").value("v", dword(1)).key_flags(0x40);
  builder.set_u32(builder.offset_of_key("K") + 36, 0x80000002);  // a handle where the count stands
  const auto hive = open_hive(builder.bytes());
  EXPECT_TRUE(tree_of(*hive)["K"].empty());
  EXPECT_EQ(hive->problem_count(), 0u);
}

TEST(RegfValues, AreIncompleteWhenTheCellIsTooSmall) {
  auto builder = RegfBuilder{}.key("K").value("v", binary(pattern(40))).value("w", dword(1));
  builder.set_u32(builder.offset_of_value("K", "v") + 4, 4000);
  const auto hive = open_hive(builder.bytes());
  const auto value = hive->root()->find("K")->value("v");
  EXPECT_TRUE(value->incomplete);
  EXPECT_EQ(value->stated_size, 4000u);
  EXPECT_LT(value->data.size(), 4000u);
  EXPECT_TRUE(has_problem(*hive, "value data", Errc::truncated));
  EXPECT_EQ(tree_of(*hive)["K"].size(), 2u);
}

TEST(RegfValues, InPlaceOfMoreThanFourBytesAreCut) {
  auto builder = RegfBuilder{}.key("K").value("v", dword(0x01020304));
  builder.set_u32(builder.offset_of_value("K", "v") + 4, 0x80000009);
  const auto hive = open_hive(builder.bytes());
  const auto value = hive->root()->find("K")->value("v");
  EXPECT_EQ(value->data, dword(0x01020304).bytes);
  EXPECT_TRUE(value->incomplete);
}

TEST(RegfValues, OfStatedSizesUpTo4GiBCostNothing) {
  for (const std::uint32_t size : {0x7FFFFFFFu, 0x04000001u, 0x00100000u}) {
    auto builder = RegfBuilder{}.key("K").value("v", binary(pattern(100)));
    builder.set_u32(builder.offset_of_value("K", "v") + 4, size);
    const auto hive = open_hive(builder.bytes());
    const auto value = hive->root()->find("K")->value("v");
    EXPECT_TRUE(value->incomplete);
    EXPECT_LE(value->data.size(), 104u);
  }
}

TEST(RegfValues, WithAMissingSegmentKeepWhatComesBefore) {
  const auto data = pattern(40'000);
  auto builder = RegfBuilder{}.key("K").value("v", binary(data));
  const auto bytes = builder.bytes();
  const std::uint64_t db = builder.offset_of_data("K", "v");
  const std::uint64_t list = kBaseBlockBytes + 4 + *Bytes{bytes}.get<std::uint32_t>(db + 4);
  const auto hive = open_hive(builder.set_u32(list + 4, 0xFFFFFFF8).bytes());
  const auto value = hive->root()->find("K")->value("v");
  EXPECT_EQ(value->data, std::vector<std::byte>(data.begin(), data.begin() + 16344));
  EXPECT_TRUE(value->incomplete);
  EXPECT_TRUE(has_problem(*hive, "big data segment", Errc::truncated));
}

TEST(RegfValues, ListedMoreOftenThanTheCellHoldsAreCut) {
  auto builder = RegfBuilder{}.key("K").value("a", dword(1)).value("b", dword(2));
  builder.set_u32(builder.offset_of_key("K") + 36, 0xFFFFFFFF);
  const auto hive = open_hive(builder.bytes());
  EXPECT_EQ(tree_of(*hive)["K"].size(), 2u);
  EXPECT_TRUE(has_problem(*hive, "value list", Errc::truncated));
}

TEST(RegfValues, KeepANameThatIsCutByItsCell) {
  auto builder = RegfBuilder{}.key("K").value("name", dword(1));
  builder.set_u16(builder.offset_of_value("K", "name") + 2, 0xFFFF);
  const auto hive = open_hive(builder.bytes());
  EXPECT_EQ(tree_of(*hive)["K"].front().substr(0, 4), "name");
  EXPECT_TRUE(has_problem(*hive, "value name", Errc::truncated));
}

}  // namespace
}  // namespace hozen::regf
