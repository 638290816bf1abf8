#include "collector/base/json_text.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "collector/base/text.h"

namespace hozen {
namespace {

std::string json(std::string_view wtf8, bool exact = true) {
  std::string out;
  EXPECT_EQ(append_json_string(out, wtf8), exact);
  return out;
}

TEST(JsonString, EscapesWhatJsonAsksFor) {
  EXPECT_EQ(json("C:\\a \"b\""), R"("C:\\a \"b\"")");
  EXPECT_EQ(json("\b\f\n\r\t\x1F\x7F"), "\"\\b\\f\\n\\r\\t\\u001f\x7F\"");
  EXPECT_EQ(json(std::string_view{"\0", 1}), R"("\u0000")");
  EXPECT_EQ(json("日本語 😀"), "\"日本語 😀\"");
  EXPECT_EQ(json(""), "\"\"");
}

TEST(JsonString, EveryAsciiCharacterAtEveryPlaceOfAWord) {
  for (int c = 0; c < 0x80; ++c) {
    for (std::size_t at = 0; at < 17; ++at) {
      std::string text(17, 'x');
      text[at] = static_cast<char>(c);
      const auto parsed = nlohmann::json::parse(json(text));
      ASSERT_EQ(parsed.get<std::string>(), text) << c << " at " << at;
    }
  }
}

TEST(JsonString, ReplacesWhatIsNotUtf8AndSaysSo) {
  EXPECT_EQ(json("a\xED\xA0\x80z", false), "\"a\uFFFDz\"");
  EXPECT_EQ(json("a\xFFz", false), "\"a\uFFFDz\"");
  EXPECT_EQ(json("\xE3\x81", false), "\"\uFFFD\uFFFD\"");
}

TEST(JsonString, AnyBytesGiveValidJson) {
  std::mt19937 random{7};
  for (int i = 0; i < 50'000; ++i) {
    std::string bytes(random() % 24, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % 3 == 0 ? random() : 'a' + random() % 26);
    std::string out;
    const bool exact = append_json_string(out, bytes);
    ASSERT_EQ(exact, is_utf8(bytes));
    const auto parsed = nlohmann::json::parse(out, nullptr, false);
    ASSERT_TRUE(parsed.is_string());
    if (exact) {
      ASSERT_EQ(parsed.get<std::string>(), bytes);
    }
  }
}

TEST(JsonNumber, PrintsExtremes) {
  std::string out;
  append_json_number(out, std::numeric_limits<std::uint64_t>::max());
  out += ' ';
  append_json_number(out, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(out, "18446744073709551615 -9223372036854775808");
}

TEST(JsonTime, IsNullWhenUnset) {
  std::string out;
  append_json_time(out, FileTime{0});
  append_json_time(out, FileTime{0x7FFFFFFFFFFFFFFF});
  append_json_time(out, FileTime{116444736000000001});
  EXPECT_EQ(out, "nullnull\"1970-01-01T00:00:00.0000001Z\"");
}

TEST(JsonHex, WritesBytesAndUtf16) {
  std::string out;
  append_json_hex(out, bytes_of(std::string_view{"\x00\xFF", 2}).span());
  append_json_hex(out, {});
  append_json_utf16_hex(out, "a\xED\xA0\x80😀");
  EXPECT_EQ(out, "\"00ff\"\"\"\"610000d83dd800de\"");
}

}  // namespace
}  // namespace hozen
