#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "collector/engine/byte_size.h"
#include "collector/engine/suggest.h"
#include "collector/engine/time_span.h"

namespace hozen {
namespace {

TEST(ByteSize, ReadsWhatPeopleWrite) {
  EXPECT_EQ(parse_byte_size("4096"), 4096u);
  EXPECT_EQ(parse_byte_size(" 512 MiB "), 512u << 20);
  EXPECT_EQ(parse_byte_size("512m"), 512u << 20);
  EXPECT_EQ(parse_byte_size("10 MB"), 10'000'000u);
  EXPECT_EQ(parse_byte_size("1TiB"), 1ull << 40);
  EXPECT_EQ(parse_byte_size("0"), 0u);
  EXPECT_EQ(parse_byte_size("9223372036854775807"), (1ull << 63) - 1);
  for (const char* bad : {"", "MiB", "-1", "1.5 GiB", "1 XB", "1 2", "0x10", "9223372036854775808",
                          "9007199254740992 KiB", "99999999999999999999999"})
    EXPECT_FALSE(parse_byte_size(bad)) << bad;
}

TEST(ByteSize, WritesForPeople) {
  EXPECT_EQ(byte_size_text(0), "0 bytes");
  EXPECT_EQ(byte_size_text(1), "1 byte");
  EXPECT_EQ(byte_size_text(1023), "1023 bytes");
  EXPECT_EQ(byte_size_text(1536), "1.5 KiB");
  EXPECT_EQ(byte_size_text(10ull << 30), "10.0 GiB");
  EXPECT_EQ(byte_size_text(~0ull), "16384.0 PiB");
}

TEST(TimeSpan, ReadsWhatPeopleWrite) {
  constexpr std::uint64_t kSecond = 10'000'000;
  EXPECT_EQ(parse_time_span("90"), 90 * kSecond);
  EXPECT_EQ(parse_time_span(" 90s "), 90 * kSecond);
  EXPECT_EQ(parse_time_span("30M"), 1800 * kSecond);
  EXPECT_EQ(parse_time_span("30 min"), 1800 * kSecond);
  EXPECT_EQ(parse_time_span("2h"), 7200 * kSecond);
  EXPECT_EQ(parse_time_span("366d"), 366 * 86'400 * kSecond);
  for (const char* bad : {"", "m", "-1", "1.5h", "1w", "1h30m", "367d", "99999999999999999999"})
    EXPECT_FALSE(parse_time_span(bad)) << bad;
}

TEST(TimeSpan, WritesForPeople) {
  constexpr std::uint64_t kSecond = 10'000'000;
  EXPECT_EQ(time_span_text(kSecond / 2), "0.5 s");
  EXPECT_EQ(time_span_text(90 * kSecond), "90 s");
  EXPECT_EQ(time_span_text(1800 * kSecond), "30 min");
  EXPECT_EQ(time_span_text(7200 * kSecond), "2 h");
  EXPECT_EQ(time_span_text(3900 * kSecond), "1 h 5 min");
}

TEST(Suggest, FindsTheNearestNameAndNothingFarAway) {
  const std::vector<std::string> names{"run_keys", "autostarts", "full"};
  EXPECT_EQ(closest("run_kesy", names), "run_keys");
  EXPECT_EQ(closest("RUNKEYS", names), "run_keys");
  EXPECT_EQ(closest("autostart", names), "autostarts");
  EXPECT_EQ(closest("zzzz", names), "");
  EXPECT_EQ(closest("", names), "");
  EXPECT_EQ(closest(std::string(100'000, 'a'), names), "");
  EXPECT_EQ(suggestion("ful", names), " (did you mean \"full\"?)");
}

}  // namespace
}  // namespace hozen
