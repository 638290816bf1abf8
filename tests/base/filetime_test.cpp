#include "collector/base/filetime.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace hozen {
namespace {

struct TimeCase {
  std::uint64_t ticks;
  const char* text;
};
class FileTimeText : public testing::TestWithParam<TimeCase> {};

TEST_P(FileTimeText, PrintsAndParsesBack) {
  EXPECT_EQ(FileTime{GetParam().ticks}.iso8601(), GetParam().text);
  EXPECT_EQ(parse_iso8601(GetParam().text), FileTime{GetParam().ticks});
}

INSTANTIATE_TEST_SUITE_P(
    , FileTimeText,
    testing::Values(TimeCase{0, "1601-01-01T00:00:00.0000000Z"},
                    TimeCase{1, "1601-01-01T00:00:00.0000001Z"},
                    TimeCase{116444736000000000, "1970-01-01T00:00:00.0000000Z"},
                    TimeCase{125963423999999999, "2000-02-29T23:59:59.9999999Z"},
                    TimeCase{125963424000000000, "2000-03-01T00:00:00.0000000Z"},
                    TimeCase{94379040000000000, "1900-01-29T00:00:00.0000000Z"},
                    TimeCase{94405824000000000, "1900-03-01T00:00:00.0000000Z"},
                    TimeCase{0x7FFFFFFFFFFFFFFF, "30828-09-14T02:48:05.4775807Z"},
                    TimeCase{0x8000000000000000, "30828-09-14T02:48:05.4775808Z"},
                    TimeCase{0xFFFFFFFFFFFFFFFF, "60056-05-28T05:36:10.9551615Z"}));

TEST(FileTimeModel, RandomTicksRoundTrip) {
  std::mt19937_64 random{4};
  for (int i = 0; i < 100'000; ++i) {
    const FileTime time{random() >> (random() % 20)};
    ASSERT_EQ(parse_iso8601(time.iso8601()), time) << time.ticks;
  }
}

TEST(FileTimeModel, EveryDayOfFiveCenturiesFollowsTheOther) {
  constexpr std::uint64_t kDay = 86'400 * kTicksPerSecond;
  std::string before;
  for (std::uint64_t day = 0; day < 500 * 366; ++day) {
    const std::string text = FileTime{day * kDay}.iso8601();
    ASSERT_LT(before, text);
    ASSERT_EQ(parse_iso8601(text), FileTime{day * kDay});
    before = text;
  }
}

TEST(FileTimeModel, AppendsBehindWhatIsThere) {
  std::string out = "t=";
  FileTime{0}.append_iso8601(out);
  EXPECT_EQ(out, "t=1601-01-01T00:00:00.0000000Z");
}

TEST(FileTime, ZeroAndTheMaximumAreUnset) {
  EXPECT_FALSE(FileTime{0}.is_set());
  EXPECT_FALSE(FileTime{0x7FFFFFFFFFFFFFFF}.is_set());
  EXPECT_TRUE(FileTime{1}.is_set());
  EXPECT_TRUE(FileTime{0xFFFFFFFFFFFFFFFF}.is_set());
}

TEST(ParseIso8601, TakesFewerDecimals) {
  const FileTime second{116444736000000000};
  EXPECT_EQ(parse_iso8601("1970-01-01T00:00:00Z"), second);
  EXPECT_EQ(parse_iso8601("1970-01-01T00:00:00.5Z"), FileTime{second.ticks + 5'000'000});
  EXPECT_EQ(parse_iso8601("1970-01-01T00:00:00.000001Z"), FileTime{second.ticks + 10});
}

class NotATime : public testing::TestWithParam<const char*> {};
TEST_P(NotATime, IsRefused) { EXPECT_EQ(parse_iso8601(GetParam()), std::nullopt); }
INSTANTIATE_TEST_SUITE_P(
    , NotATime,
    testing::Values("", "2020", "2020-01-01", "2020-01-01T00:00:00", "2020-01-01T00:00:00.Z",
                    "2020-01-01T00:00:00.12345678Z", "2020-01-01 00:00:00Z", "2020-13-01T00:00:00Z",
                    "2020-00-01T00:00:00Z", "2020-01-00T00:00:00Z", "2020-01-32T00:00:00Z",
                    "2021-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2020-01-01T24:00:00Z",
                    "2020-01-01T00:60:00Z", "2020-01-01T00:00:60Z", "1600-12-31T00:00:00Z",
                    "2020-01-01T00:00:00ZZ", "2020-01-01T00:00:00+00:00", "-020-01-01T00:00:00Z",
                    "60056-05-28T05:36:10.9551616Z", "99999-01-01T00:00:00Z",
                    " 2020-01-01T00:00:00Z", "202-01-01T00:00:00Z"));

TEST(FileTimeFromFat, ReadsDateAndTime) {
  const auto fat = [](unsigned year, unsigned month, unsigned day) {
    return static_cast<std::uint16_t>((year - 1980) << 9 | month << 5 | day);
  };
  EXPECT_EQ(filetime_from_fat(fat(2012, 2, 29), 23 << 11 | 59 << 5 | 29)->iso8601(),
            "2012-02-29T23:59:58.0000000Z");
  EXPECT_EQ(filetime_from_fat(fat(1980, 1, 1), 0)->iso8601(), "1980-01-01T00:00:00.0000000Z");
  EXPECT_EQ(filetime_from_fat(fat(2107, 12, 31), 0)->iso8601(), "2107-12-31T00:00:00.0000000Z");
  EXPECT_EQ(filetime_from_fat(0, 0), std::nullopt);
  EXPECT_EQ(filetime_from_fat(fat(2011, 2, 29), 0), std::nullopt);
  EXPECT_EQ(filetime_from_fat(fat(2011, 13, 1), 0), std::nullopt);
  EXPECT_EQ(filetime_from_fat(fat(2011, 1, 1), 24 << 11), std::nullopt);
  EXPECT_EQ(filetime_from_fat(fat(2011, 1, 1), 30), std::nullopt);
}

TEST(FileTimeFromUnix, CoversAllSeconds) {
  EXPECT_EQ(filetime_from_unix(0, 0).ticks, 116444736000000000u);
  EXPECT_EQ(filetime_from_unix(1, 123'456'789).ticks, 116444736011234567u);
  EXPECT_EQ(filetime_from_unix(-kUnixEpochSeconds, 100).ticks, 1u);
  EXPECT_EQ(filetime_from_unix(-kUnixEpochSeconds - 1, 999'999'999).ticks, 0u);
  EXPECT_EQ(filetime_from_unix(0, 4'000'000'000u).ticks, 116444736040000000u);
  EXPECT_EQ(filetime_from_unix(std::numeric_limits<std::int64_t>::min(), 0).ticks, 0u);
  EXPECT_EQ(filetime_from_unix(std::numeric_limits<std::int64_t>::max(), 4'000'000'000u).ticks,
            ~std::uint64_t{0});
}

}  // namespace
}  // namespace hozen
