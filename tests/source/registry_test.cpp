#include "collector/source/registry.h"

#include <gtest/gtest.h>

#include "tests/builders/fake_source.h"

namespace hozen {
namespace {

/// UTF-16LE of ASCII text; '|' stands for NUL.
std::vector<std::byte> utf16(std::string_view text) {
  std::vector<std::byte> bytes;
  for (const char c : text) {
    bytes.push_back(static_cast<std::byte>(c == '|' ? 0 : c));
    bytes.push_back(std::byte{0});
  }
  return bytes;
}

RegistryValue value(RegType type, std::vector<std::byte> data) {
  RegistryValue value;
  value.type = static_cast<std::uint32_t>(type);
  value.data = std::move(data);
  return value;
}

TEST(RegistryTypes, NumbersWithoutANameAreHex) {
  EXPECT_EQ(reg_type_text(1), "REG_SZ");
  EXPECT_EQ(reg_type_text(11), "REG_QWORD");
  EXPECT_EQ(reg_type_text(12), "REG_0xC");
  EXPECT_EQ(reg_type_text(0xFFFF0012), "REG_0xFFFF0012");
}

TEST(RegistryValue, TextStopsAtTheFirstNulAndTheRestIsTheHiddenTail) {
  const auto plain = value(RegType::sz, utf16("a.exe|"));
  EXPECT_EQ(plain.text(), "a.exe");
  EXPECT_EQ(plain.hidden_tail(), std::nullopt);
  const auto hidden = value(RegType::expand_sz, utf16("a.exe|evil.exe|"));
  EXPECT_EQ(hidden.text(), "a.exe");
  EXPECT_EQ(hidden.hidden_tail(), std::string("evil.exe\0", 9));
  EXPECT_EQ(value(RegType::binary, utf16("a|")).text(), std::nullopt);
}

TEST(RegistryValue, TextWithoutTerminatorOrWithAnOddByteIsRead) {
  EXPECT_EQ(value(RegType::sz, utf16("abc")).text(), "abc");
  auto odd = utf16("abc");
  odd.push_back(std::byte{'d'});
  EXPECT_EQ(value(RegType::sz, odd).text(), "abc");
  EXPECT_EQ(value(RegType::sz, odd).hidden_tail(), std::nullopt);
  EXPECT_EQ(value(RegType::sz, {}).text(), "");
}

struct MultiCase {
  std::string_view data;
  std::vector<std::string> strings;
};
class RegistryMultiSz : public testing::TestWithParam<MultiCase> {};
TEST_P(RegistryMultiSz, Splits) {
  EXPECT_EQ(value(RegType::multi_sz, utf16(GetParam().data)).strings(), GetParam().strings);
}
INSTANTIATE_TEST_SUITE_P(Forms, RegistryMultiSz,
                         testing::Values(MultiCase{"", {}}, MultiCase{"|", {}}, MultiCase{"||", {}},
                                         MultiCase{"a||", {"a"}}, MultiCase{"a|b||", {"a", "b"}},
                                         MultiCase{"a||b||", {"a", "", "b"}},
                                         MultiCase{"a|b", {"a", "b"}},
                                         MultiCase{"|b||", {"", "b"}}));

TEST(RegistryValue, NumbersOfEveryWidthAndOrder) {
  const auto bytes = [](std::initializer_list<int> list) {
    std::vector<std::byte> result;
    for (const int b : list) result.push_back(static_cast<std::byte>(b));
    return result;
  };
  EXPECT_EQ(value(RegType::dword, bytes({1, 2, 0, 0})).number(), 0x201u);
  EXPECT_EQ(value(RegType::dword_big_endian, bytes({0, 0, 2, 1})).number(), 0x201u);
  EXPECT_EQ(value(RegType::qword, bytes({1, 0, 0, 0, 1, 0, 0, 0})).number(), 0x1'0000'0001u);
  EXPECT_EQ(value(RegType::dword, bytes({1, 2, 0})).number(), std::nullopt);
  EXPECT_EQ(value(RegType::qword, bytes({1, 2, 0, 0})).number(), std::nullopt);
  EXPECT_EQ(value(RegType::binary, bytes({1, 2, 0, 0})).number(), std::nullopt);
}

}  // namespace
}  // namespace hozen
