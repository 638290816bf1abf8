#include "collector/base/text.h"

#include <gtest/gtest.h>

#include <random>

namespace hozen {
namespace {

std::string from_units(std::initializer_list<char16_t> units) {
  return wtf8_from_utf16(std::u16string{units});
}

Bytes bytes_of_units(const std::u16string& units) {
  return Bytes{std::as_bytes(std::span{units.data(), units.size()})};
}

/// What the fast conversion must agree with: one unit at a time, no shortcut.
std::string naive_wtf8(const std::u16string& units, bool until_nul) {
  std::string out;
  const auto put = [&](unsigned byte) { out += static_cast<char>(byte); };
  for (std::size_t i = 0; i < units.size(); ++i) {
    std::uint32_t c = units[i];
    if (until_nul && c == 0) break;
    if (c >= 0xD800 && c < 0xDC00 && i + 1 < units.size() && units[i + 1] >= 0xDC00 &&
        units[i + 1] < 0xE000)
      c = 0x10000 + ((c - 0xD800) << 10) + (units[++i] - 0xDC00u);
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xC0 + c / 64), put(0x80 + c % 64);
    } else if (c < 0x10000) {
      put(0xE0 + c / 4096), put(0x80 + c / 64 % 64), put(0x80 + c % 64);
    } else {
      put(0xF0 + c / 262144), put(0x80 + c / 4096 % 64), put(0x80 + c / 64 % 64),
          put(0x80 + c % 64);
    }
  }
  return out;
}

TEST(Wtf8, EverySingleUnitRoundTrips) {
  for (std::uint32_t unit = 0; unit <= 0xFFFF; ++unit) {
    const std::u16string text(1, static_cast<char16_t>(unit));
    const std::string wtf8 = wtf8_from_utf16(text);
    ASSERT_EQ(wtf8, naive_wtf8(text, false)) << std::hex << unit;
    ASSERT_EQ(utf16_from_wtf8(wtf8), text) << std::hex << unit;
    ASSERT_TRUE(is_wtf8(wtf8)) << std::hex << unit;
    ASSERT_EQ(is_utf8(wtf8), unit < 0xD800 || unit > 0xDFFF) << std::hex << unit;
  }
}

TEST(Wtf8, RandomPairsOfUnitsRoundTrip) {
  std::mt19937 random{1};
  for (int i = 0; i < 300'000; ++i) {
    std::u16string text;
    // Every second unit is a surrogate, so that all four orders of high and low come up.
    for (int n = 0; n < 2; ++n)
      text += static_cast<char16_t>(random() % 2 != 0 ? random() : 0xD800 + random() % 0x800);
    const std::string wtf8 = wtf8_from_utf16(text);
    ASSERT_EQ(wtf8, naive_wtf8(text, false));
    ASSERT_EQ(utf16_from_wtf8(wtf8), text);
    ASSERT_TRUE(is_wtf8(wtf8));
  }
}

TEST(Wtf8, LongMixedTextsAgreeWithTheNaiveModel) {
  std::mt19937 random{2};
  for (int i = 0; i < 20'000; ++i) {
    std::u16string text;
    const std::size_t length = random() % 40;
    const unsigned rare = 1 + static_cast<unsigned>(random() % 30);
    while (text.size() < length) {
      const unsigned kind = static_cast<unsigned>(random()) % rare;
      text += static_cast<char16_t>(kind == 1 ? random() : kind == 2 ? 0 : 'a' + random() % 26);
    }
    for (const bool until_nul : {false, true}) {
      const std::string wtf8 = wtf8_from_utf16le(bytes_of_units(text), until_nul);
      ASSERT_EQ(wtf8, naive_wtf8(text, until_nul));
      ASSERT_EQ(utf16_from_wtf8(wtf8), until_nul ? text.substr(0, text.find(u'\0')) : text);
    }
  }
}

TEST(Wtf8, DropsAnOddLastByte) {
  EXPECT_EQ(wtf8_from_utf16le(bytes_of(std::string_view{"a\0b\0c", 5})), "ab");
  EXPECT_EQ(wtf8_from_utf16le(bytes_of("a")), "");
  EXPECT_EQ(wtf8_from_utf16le(Bytes{}), "");
}

TEST(Wtf8, AppendsBehindWhatIsThere) {
  std::string out = "C:\\";
  const std::u16string name = u"日本語.exe";
  append_wtf8_from_utf16le(out, bytes_of_units(name));
  EXPECT_EQ(out, "C:\\日本語.exe");
}

TEST(Wtf8, AppendingTheOtherHalfOfAPairMakesTheCharacter) {
  std::string out;
  append_wtf8_from_utf16le(out, bytes_of_units({u'\xD83D'}));
  append_wtf8_from_utf16le(out, bytes_of_units({u'\xDE00', u'x'}));
  EXPECT_EQ(out, "😀x");
}

TEST(Wtf8, LoneSurrogatesHaveTheirThreeByteForm) {
  EXPECT_EQ(from_units({0xD800}), "\xED\xA0\x80");
  EXPECT_EQ(from_units({0xDFFF, 'a'}),
            "\xED\xBF\xBF"
            "a");
  EXPECT_EQ(from_units({0xD83D, 0xDE00}), "\xF0\x9F\x98\x80");
}

struct BadText {
  const char* name;
  std::string_view text;
  std::u16string_view utf16;
};
class BadWtf8 : public testing::TestWithParam<BadText> {};

TEST_P(BadWtf8, BecomesReplacementCharacters) {
  EXPECT_FALSE(is_wtf8(GetParam().text));
  EXPECT_FALSE(is_utf8(GetParam().text));
  EXPECT_EQ(utf16_from_wtf8(GetParam().text), GetParam().utf16);
  EXPECT_TRUE(is_wtf8(to_wtf8_lossy(GetParam().text)));
  EXPECT_EQ(utf16_from_wtf8(to_wtf8_lossy(GetParam().text)), GetParam().utf16);
}

INSTANTIATE_TEST_SUITE_P(
    , BadWtf8,
    testing::Values(BadText{"continuation", "a\x80z", u"a\uFFFDz"},
                    BadText{"overlong2", "\xC0\xAF", u"\uFFFD\uFFFD"},
                    BadText{"overlong3", "\xE0\x80\xAF", u"\uFFFD\uFFFD\uFFFD"},
                    BadText{"overlong4", "\xF0\x80\x80\xAF", u"\uFFFD\uFFFD\uFFFD\uFFFD"},
                    BadText{"above_10FFFF", "\xF4\x90\x80\x80", u"\uFFFD\uFFFD\uFFFD\uFFFD"},
                    BadText{"lead_FF", "\xFF", u"\uFFFD"}, BadText{"cut2", "\xC3", u"\uFFFD"},
                    BadText{"cut3", "\xE3\x81", u"\uFFFD\uFFFD"},
                    BadText{"cut4", "\xF0\x9F\x98", u"\uFFFD\uFFFD\uFFFD"},
                    BadText{"cut_by_ascii",
                            "\xE3\x81"
                            "a",
                            u"\uFFFD\uFFFDa"},
                    BadText{"pair_in_two_parts", "\xED\xA0\xBD\xED\xB8\x80",
                            u"\xD83D\uFFFD\uFFFD\uFFFD"}),
    [](const auto& test) { return test.param.name; });

TEST(Latin1, HighBytesBecomeTheirCodePoints) {
  std::string out;
  append_wtf8_from_latin1(out, bytes_of("caf\xE9\xFF longer text behind it"));
  EXPECT_EQ(out, "café\xC3\xBF longer text behind it");
}

TEST(TrimText, TakesWhiteSpaceAndNulsOffBothEnds) {
  EXPECT_EQ(trim(std::string_view{" \t\0a b\r\n\0", 9}), "a b");
  EXPECT_EQ(trim(std::string_view{"\0 \0", 3}), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Hex, IsLowerCase) {
  EXPECT_EQ(to_hex(bytes_of(std::string_view{"\x00\x9A\xFF", 3}).span()), "009aff");
  EXPECT_EQ(to_hex({}), "");
}

TEST(LowerAscii, LeavesOtherCharacters) { EXPECT_EQ(to_lower_ascii("ABZ[Ä"), "abz[Ä"); }

TEST(Printable, EscapesWhatActsOnATerminalOrHides) {
  EXPECT_EQ(printable("a\x1B[2Jb\r\n"), "a\\u{001B}[2Jb\\u{000D}\\u{000A}");
  EXPECT_EQ(printable("gpj.\u202Eexe"), "gpj.\\u{202E}exe");
  EXPECT_EQ(printable("a\u200Bb\u0085\uFEFF\U000E0041"), "a\\u{200B}b\\u{0085}\\u{FEFF}\\u{E0041}");
  EXPECT_EQ(printable("\xED\xA0\x80\xFF"), "\\u{D800}\\x{FF}");
  EXPECT_EQ(printable(std::string_view{"\0", 1}), "\\u{0000}");
  EXPECT_EQ(printable("C:\\\"日本\" é"), "C:\\\"日本\" é");
}

TEST(Quoted, HasNoInnerQuoteAndNoLineEnd) {
  EXPECT_EQ(quoted("a\" key=\"b\n"), "\"a\\u{0022} key=\\u{0022}b\\u{000A}\"");
  EXPECT_EQ(quoted("C:\\a b\\"), "\"C:\\a b\\\"");
  EXPECT_EQ(quoted(""), "\"\"");
}

TEST(Text, LengthInUtf16IsThatOfTheConvertedText) {
  for (const std::string_view text : {"", "a", "\u00E9\u3042", "\U0001F600x", "\xED\xA0\x80"})
    EXPECT_EQ(utf16_length(text), utf16_from_wtf8(text).size()) << text;
}

}  // namespace
}  // namespace hozen
