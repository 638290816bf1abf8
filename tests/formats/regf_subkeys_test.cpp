// Keys: lists of every form, names, lookups, class names, security descriptors.
#include <gtest/gtest.h>

#include <algorithm>

#include "collector/formats/regf.h"
#include "tests/builders/regf_builder.h"
#include "tests/formats/regf_walk.h"

namespace hozen::regf {
namespace {

using namespace builders;

RegfBuilder numbered(SubkeyList kind, int count, std::size_t keys_a_leaf = 7) {
  auto builder = RegfBuilder{};
  for (int i = 0; i < count; ++i) builder.key("K\\" + std::to_string(i));
  return builder.key("K").subkey_list(kind, keys_a_leaf);
}

class RegfSubkeyList : public testing::TestWithParam<SubkeyList> {};

TEST_P(RegfSubkeyList, GivesEveryKeyInStoredOrder) {
  const auto hive = open_hive(numbered(GetParam(), 40).bytes());
  const auto key = hive->root()->find("K");
  std::vector<std::string> expected;
  for (int i = 0; i < 40; ++i) expected.push_back(std::to_string(i));
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(subkeys_of(*key), expected);
  EXPECT_EQ(key->stated_subkeys(), 40u);
  EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
}

TEST_P(RegfSubkeyList, IsSearchedByName) {
  const auto hive = open_hive(numbered(GetParam(), 40).bytes());
  for (int i = 0; i < 40; ++i) {
    const auto key = hive->root()->find("k\\" + std::to_string(i));
    ASSERT_TRUE(key) << i;
    EXPECT_EQ(key->name(), std::to_string(i));
  }
  EXPECT_FALSE(hive->root()->find("K\\40"));
  EXPECT_FALSE(hive->root()->find("K\\4\\x"));
}

INSTANTIATE_TEST_SUITE_P(Forms, RegfSubkeyList,
                         testing::Values(SubkeyList::lf, SubkeyList::lh, SubkeyList::li,
                                         SubkeyList::ri_of_lf, SubkeyList::ri_of_lh,
                                         SubkeyList::ri_of_li));

TEST(RegfSubkeys, RefusesAnIndexRootInsideAnIndexRoot) {
  const auto hive = open_hive(numbered(SubkeyList::ri_of_ri, 40).bytes());
  EXPECT_TRUE(subkeys_of(*hive->root()->find("K")).empty());
  EXPECT_TRUE(has_problem(*hive, "index root inside an index root", Errc::malformed));
}

TEST(RegfSubkeys, StopsWhenTheCallbackSaysSo) {
  const auto hive = open_hive(numbered(SubkeyList::lh, 40).bytes());
  int seen = 0;
  EXPECT_FALSE(hive->root()->find("K")->each_subkey([&](const Key&) { return ++seen < 3; }));
  EXPECT_EQ(seen, 3);
}

TEST(RegfSubkeys, MayBeEnumeratedInsideTheirOwnEnumeration) {
  const auto hive = open_hive(numbered(SubkeyList::lf, 20).bytes());
  const auto key = *hive->root()->find("K");
  std::size_t pairs = 0;
  key.each_subkey([&](const Key& outer) {
    EXPECT_TRUE(hive->root()->find("K\\" + outer.name()));
    pairs += subkeys_of(key).size();
    return true;
  });
  EXPECT_EQ(pairs, 400u);
  EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
}

TEST(RegfSubkeys, AHashThatLiesHidesNoKey) {
  auto builder = numbered(SubkeyList::lh, 40);
  const std::uint64_t list = builder.offset_of_subkey_list("K");
  for (std::uint64_t i = 0; i < 40; ++i) builder.set_u32(list + 4 + 8 * i + 4, 0xDEADBEEF);
  const auto hive = open_hive(builder.bytes());
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(hive->root()->find("K\\" + std::to_string(i))) << i;
}

TEST(RegfSubkeys, AHashOfAnotherKeyDoesNotPassForIt) {
  auto builder = RegfBuilder{}.key("K\\aaa").key("K\\bbb");
  const std::uint64_t list = builder.offset_of_subkey_list("K");
  const auto bytes = builder.bytes();
  const std::uint32_t hash_of_b = *Bytes{bytes}.get<std::uint32_t>(list + 4 + 8 + 4);
  const auto hive = open_hive(builder.set_u32(list + 4 + 4, hash_of_b).bytes());
  EXPECT_EQ(hive->root()->find("K\\bbb")->name(), "bbb");
  EXPECT_EQ(hive->root()->find("K\\aaa")->name(), "aaa");
}

TEST(RegfSubkeys, KeepNamesOfEveryKind) {
  const std::vector<std::string> names{
      "plain",
      "\xC3\xA4\xC3\xB6\xC3\xBC",  // äöü: Latin-1
      "weird\xE2\x84\xA2",         // ™: UTF-16
      std::string{"zero\0key", 8},
      "line\r\nbreak",
      "\xF0\x90\x90\x80",  // U+10400
      "\xED\xA0\x80",      // a lone high surrogate
      "\xED\xB0\x80 low",  // a lone low one
      std::string(255, 'n'),
  };
  auto builder = RegfBuilder{};
  for (const std::string& name : names) builder.key_at({name, "below"});
  const auto hive = open_hive(builder.bytes());
  std::vector<std::string> read = subkeys_of(*hive->root());
  std::vector<std::string> expected = names;
  std::sort(read.begin(), read.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(read, expected);
  for (const std::string& name : names) {
    const auto key = hive->root()->subkey(name);
    ASSERT_TRUE(key) << name;
    EXPECT_EQ(key->path(), name);
    EXPECT_EQ(key->subkey("BELOW")->path(), name + "\\below");
  }
}

TEST(RegfSubkeys, FoldCaseAsWindowsDoes) {
  const auto hive = open_hive(RegfBuilder{}
                                  .key("\xD0\x9F\xD1\x80\xD0\xB8")  // При
                                  .key("\xEF\xBC\xA1")              // full-width A
                                  .key("\xF0\x90\x90\x80")          // Deseret capital long I
                                  .bytes());
  EXPECT_TRUE(hive->root()->subkey("\xD0\xBF\xD1\x80\xD0\x98"));
  EXPECT_TRUE(hive->root()->subkey("\xEF\xBD\x81"));
  EXPECT_FALSE(hive->root()->subkey("\xF0\x90\x90\xA8")) << "outside the plane: not folded";
}

TEST(RegfSubkeys, FindANameThatHoldsABackslash) {
  const auto hive = open_hive(RegfBuilder{}.key_at({"a\\b", "c"}).bytes());
  ASSERT_TRUE(hive->root()->subkey("A\\B"));
  EXPECT_FALSE(hive->root()->find("a\\b"));
}

TEST(RegfSubkeys, ReadLatin1AndUtf16FormsOfOneNameAlike) {
  const auto hive = open_hive(RegfBuilder{}
                                  .key("latin")
                                  .key("wide")
                                  .utf16_name()
                                  .value("v", none())
                                  .utf16_value_name()
                                  .bytes());
  EXPECT_TRUE(hive->root()->find("LATIN")->has_latin1_name());
  EXPECT_FALSE(hive->root()->find("WIDE")->has_latin1_name());
  EXPECT_TRUE(hive->root()->find("WIDE")->value("V"));
}

TEST(RegfSubkeys, GiveClassNameLinkFlagAndSecurity) {
  const std::vector<std::byte> descriptor(36, std::byte{0x11});
  const auto hive = open_hive(RegfBuilder{}
                                  .key("K")
                                  .class_name("class of it")
                                  .security(descriptor)
                                  .key("L")
                                  .symbolic_link("\\Registry\\Machine\\X")
                                  .bytes());
  const auto key = hive->root()->find("K");
  EXPECT_EQ(key->class_name(), "class of it");
  EXPECT_TRUE(key->view().has_class_name);
  ASSERT_TRUE(key->security_descriptor());
  EXPECT_EQ(key->security_descriptor()->size(), 36u);
  EXPECT_FALSE(key->is_symbolic_link());
  const auto symbolic = hive->root()->find("L");
  EXPECT_TRUE(symbolic->is_symbolic_link());
  EXPECT_EQ(symbolic->value("SymbolicLinkValue")->type, 6u);
  EXPECT_EQ(symbolic->class_name(), "");
}

TEST(RegfSubkeys, MaskTheUserFlagsOfWindowsXp) {
  auto builder = RegfBuilder{}.key("K");
  builder.set_u16(builder.offset_of_key("K") + 2, 0xF020);
  EXPECT_EQ(open_hive(builder.bytes())->root()->find("K")->flags(), 0x0020);
}

TEST(RegfSubkeys, ReportACountThatIsNotTheLists) {
  auto builder = numbered(SubkeyList::lh, 5);
  builder.set_u32(builder.offset_of_key("K") + 20, 9);
  const auto hive = open_hive(builder.bytes());
  EXPECT_EQ(subkeys_of(*hive->root()->find("K")).size(), 5u);
  EXPECT_TRUE(has_problem(*hive, "count of subkeys", Errc::malformed));
}

TEST(RegfSubkeys, ReportTwoKeysOfOneName) {
  auto builder = RegfBuilder{}.key("K\\aa").key("K\\ab");
  builder.set_u8(builder.offset_of_key("K\\ab") + 77, 'A');
  const auto hive = open_hive(builder.bytes());
  EXPECT_EQ(subkeys_of(*hive->root()->find("K")), (std::vector<std::string>{"aa", "aA"}));
  EXPECT_TRUE(has_problem(*hive, "two keys of one name", Errc::malformed));
}

}  // namespace
}  // namespace hozen::regf
