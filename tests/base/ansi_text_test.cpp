#include "collector/base/ansi_text.h"

#include <gtest/gtest.h>

#include "collector/base/hash.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

struct AnsiCase {
  const char* bytes;
  const char* text;
  TextEncoding encoding;
};
class AnsiText : public testing::TestWithParam<AnsiCase> {};

TEST_P(AnsiText, IsReadAsWhatItLooksLike) {
  const DecodedText decoded = decode_ansi(bytes_of(GetParam().bytes), false);
  EXPECT_EQ(decoded.text, GetParam().text);
  EXPECT_EQ(decoded.encoding, GetParam().encoding) << to_text(decoded.encoding);
  EXPECT_EQ(decoded.bytes.empty(), decoded.encoding == TextEncoding::ascii);
}

INSTANTIATE_TEST_SUITE_P(
    , AnsiText,
    testing::Values(AnsiCase{"", "", TextEncoding::ascii},
                    AnsiCase{"C:\\a b", "C:\\a b", TextEncoding::ascii},
                    AnsiCase{"C:\\\x83\x66\x81\x5B\x83\x5E\\\x93\xFA\x96\x7B.exe",
                             "C:\\データ\\日本.exe", TextEncoding::assumed_cp932},
                    // 0x5C, a backslash, as second byte.
                    AnsiCase{"\x94\x5C\x97\xCD", "能力", TextEncoding::assumed_cp932},
                    AnsiCase{"\xC3\xDE\xB0\xC0", "ﾃﾞｰﾀ", TextEncoding::assumed_cp932},
                    AnsiCase{"\x87\x40\xFA\x40\xF0\x40", "①ⅰ\uE000", TextEncoding::assumed_cp932},
                    AnsiCase{"caf\xE9", "café", TextEncoding::assumed_windows1252},
                    AnsiCase{"Pr\xE9sident", "Président", TextEncoding::assumed_windows1252},
                    AnsiCase{"\x93quoted\x94", "“quoted”", TextEncoding::assumed_windows1252},
                    AnsiCase{"\x80 100", "€ 100", TextEncoding::assumed_windows1252},
                    AnsiCase{"a\x81", "a\u0081", TextEncoding::unknown},
                    AnsiCase{"\x81\x20", "\u0081 ", TextEncoding::unknown}));

TEST(AnsiTextEnd, IsTheFirstNulWhenAsked) {
  EXPECT_EQ(decode_ansi(bytes_of(std::string_view{"ab\0cd", 5}), true).text, "ab");
  EXPECT_EQ(decode_ansi(bytes_of(std::string_view{"ab\0cd", 5}), false).text,
            (std::string{"ab\0cd", 5}));
  EXPECT_EQ(decode_ansi(bytes_of(std::string_view{"\xE9 \0\x81", 4}), true).bytes.size(), 2u);
}

TEST(Cp932, EveryPairIsThatOfTheCodecOfPython) {
  // SHA-256 of the UTF-8 of bytes([lead, trail]).decode("cp932") for all pairs that decode, in
  // order, each preceded by あ (82 A0), so that none is taken for western text.
  std::string all;
  std::size_t pairs = 0;
  for (unsigned lead = 0x81; lead <= 0xFC; ++lead) {
    if (lead >= 0xA0 && lead <= 0xDF) continue;
    for (unsigned trail = 0; trail <= 0xFF; ++trail) {
      const std::string bytes{'\x82', '\xA0', static_cast<char>(lead), static_cast<char>(trail)};
      const DecodedText decoded = decode_ansi(bytes_of(bytes), false);
      if (decoded.encoding != TextEncoding::assumed_cp932) continue;
      ++pairs;
      all += decoded.text;
    }
  }
  EXPECT_EQ(pairs, 9604u);
  EXPECT_EQ(to_hex(sha256(bytes_of(all).span())),
            "5865f560511af5f317f9e2e7a516c12da90bbd993f897fc2a0510dc94ea77f63");
}

}  // namespace
}  // namespace hozen
