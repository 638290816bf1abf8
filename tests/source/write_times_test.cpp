#include "collector/source/write_times.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

constexpr std::uint64_t kHour = kTicksPerSecond * 3600;
constexpr FileTime kEver{0x7000'0000'0000'0000};

TEST(WriteTimes, ThreeWritesVouchForATime) {
  WriteTimes times;
  EXPECT_EQ(times.newest(kEver), std::nullopt);
  for (const std::uint64_t ticks : {50u, 10u, 40u, 20u, 30u}) times.add(FileTime{ticks * kHour});
  EXPECT_EQ(times.newest(kEver), FileTime{30 * kHour});
  EXPECT_EQ(times.newest(FileTime{45 * kHour}), FileTime{20 * kHour});
}

TEST(WriteTimes, EqualTimesAreWitnessesToo) {
  WriteTimes times;
  for (int i = 0; i < 3; ++i) times.add(FileTime{7 * kHour});
  times.add(FileTime{9 * kHour});
  EXPECT_EQ(times.newest(kEver), FileTime{7 * kHour});
}

TEST(WriteTimes, WithFewerWritesTheOldestIsTaken) {
  WriteTimes times;
  times.add(FileTime{20});
  times.add(FileTime{10});
  EXPECT_EQ(times.newest(kEver), FileTime{10});
  EXPECT_EQ(times.newest(FileTime{5}), std::nullopt);
}

TEST(WriteTimes, UnsetTimesDoNotCount) {
  WriteTimes times;
  times.add(FileTime{});
  times.add(FileTime{0x7FFF'FFFF'FFFF'FFFF});
  EXPECT_EQ(times.newest(FileTime{0x7FFF'FFFF'FFFF'FFFF}), std::nullopt);
}

TEST(WriteTimes, TheNewestHoursStayWhateverTheOrder) {
  constexpr std::uint64_t kHours = WriteTimes::kMaxHours + 500;
  WriteTimes up;
  WriteTimes down;
  for (std::uint64_t hour = 1; hour <= kHours; ++hour) {
    up.add(FileTime{hour * kHour});
    down.add(FileTime{(kHours + 1 - hour) * kHour});
  }
  EXPECT_EQ(up.newest(kEver), FileTime{(kHours - 2) * kHour});
  EXPECT_EQ(down.newest(kEver), FileTime{(kHours - 2) * kHour});
  EXPECT_EQ(down.newest(FileTime{400 * kHour}), std::nullopt);
}

}  // namespace
}  // namespace hozen
