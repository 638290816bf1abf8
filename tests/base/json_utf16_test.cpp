// append_json_utf16le against the two steps that it replaces.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "collector/base/json_text.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

struct Written {
  std::string text;
  bool exact = false;
  std::size_t units = 0;
  bool operator==(const Written&) const = default;
};

Bytes bytes_of_units(std::u16string_view units) {
  return Bytes{std::as_bytes(std::span{units.data(), units.size()})};
}

Written in_one_pass(std::u16string_view units, bool until_nul) {
  Written written;
  const JsonUtf16 result = append_json_utf16le(written.text, bytes_of_units(units), until_nul);
  written.exact = result.exact;
  written.units = result.units;
  return written;
}

Written in_two_steps(std::u16string_view units, bool until_nul) {
  Written written;
  if (until_nul) units = units.substr(0, units.find(u'\0'));
  written.exact = append_json_string(written.text, wtf8_from_utf16(units));
  written.units = units.size();
  return written;
}

TEST(JsonUtf16Text, IsThatOfTheTwoStepsForEverySingleUnit) {
  for (unsigned unit = 0; unit <= 0xFFFF; ++unit) {
    const std::u16string text(1, static_cast<char16_t>(unit));
    for (const bool until_nul : {false, true})
      ASSERT_EQ(in_one_pass(text, until_nul), in_two_steps(text, until_nul)) << unit;
  }
}

TEST(JsonUtf16Text, IsThatOfTheTwoStepsForRandomText) {
  std::mt19937 random{5};
  const std::u16string kinds{u'a',      u'Z',      u'\\',    u'"',     u'\n',     u'\0',
                             u'\x7F',   u'\x80',   u'\x7FF', u'\x800', u'\xFFFF', u'\xD83D',
                             u'\xDE00', u'\xD800', u'\x1F',  u' '};
  for (int round = 0; round < 20'000; ++round) {
    std::u16string text;
    const std::size_t length = random() % 300;
    const std::size_t spread = 1 + random() % kinds.size();
    for (std::size_t i = 0; i < length; ++i) text += kinds[random() % spread];
    for (const bool until_nul : {false, true})
      ASSERT_EQ(in_one_pass(text, until_nul), in_two_steps(text, until_nul)) << round;
  }
}

TEST(JsonUtf16Text, AppendsAndDropsAnOddByte) {
  std::string out = "x";
  const auto result = append_json_utf16le(out, bytes_of(std::string_view{"a\0b\0c", 5}), false);
  EXPECT_EQ(out, "x\"ab\"");
  EXPECT_EQ(result.units, 2u);
  EXPECT_TRUE(result.exact);
}

}  // namespace
}  // namespace hozen
