#include "collector/module/time_rules.h"

#include <gtest/gtest.h>

#include "collector/formats/reparse_point.h"

namespace hozen {
namespace {

constexpr std::uint64_t kSecond = kTicksPerSecond, kDay = 86'400 * kSecond;
constexpr FileTime kOld{150'000 * kDay};              ///< a whole even second
constexpr FileTime kNamed{150'900 * kDay + 1234567};  ///< as a clock gives it

FileTime later(FileTime time, std::uint64_t ticks) { return {time.ticks + ticks}; }

TimeEvidence evidence(const Times& si) { return {si, kNamed, {}, {}, false}; }

/// Set by a program: whole seconds, as no archive holds them.
constexpr Times kSet{kOld, {kOld.ticks + 3 * kSecond}, kNamed, {kOld.ticks + 5 * kSecond}};

TEST(TimeSigns, CreatedBeforeItsNameInWholeSeconds) {
  EXPECT_TRUE(time_signs(evidence(kSet)).before_name);
  Times si = kSet;
  si.created = later(kOld, 1);
  EXPECT_FALSE(time_signs(evidence(si)).before_name) << "a copy from NTFS keeps 100 ns";
  si.created = {kNamed.ticks - kNamed.ticks % kSecond};
  EXPECT_FALSE(time_signs(evidence(si)).before_name) << "within a second";
  si.created = later(si.created, kDay);
  EXPECT_FALSE(time_signs(evidence(si)).before_name);
  si.created = FileTime{};
  EXPECT_FALSE(time_signs(evidence(si)).before_name) << "unset";
  TimeEvidence renamed = evidence(kSet);
  renamed.named = later(kOld, kDay);
  EXPECT_FALSE(time_signs(renamed).before_name) << "a name's whole second was copied at a rename";
}

TEST(TimeSigns, AllTimesSet) {
  EXPECT_TRUE(time_signs(evidence(kSet)).were_set());
  Times si = kSet;
  si.accessed = {kNamed.ticks - kNamed.ticks % kSecond - 60 * kSecond};
  EXPECT_FALSE(time_signs(evidence(si)).all_set) << "accessed when it was unpacked";
  si = kSet;
  si.modified = later(si.modified, 1);
  EXPECT_FALSE(time_signs(evidence(si)).all_set);
  si = kSet;
  si.modified = later(kOld, 2000 * kDay);
  EXPECT_FALSE(time_signs(evidence(si)).all_set) << "modified after its name was made";
}

TEST(TimeSigns, AnArchiveHoldsOneEvenSecond) {
  const FileTime second = later(kOld, 2 * kSecond);
  const TimeSigns zip = time_signs(evidence({second, second, kNamed, second}));
  EXPECT_TRUE(zip.all_set);
  EXPECT_FALSE(zip.were_set());
  const FileTime odd = later(kOld, kSecond), even = later(kOld, 2 * kSecond);
  EXPECT_TRUE(time_signs(evidence({odd, odd, kNamed, odd})).were_set());
  EXPECT_FALSE(time_signs(evidence({even, even, kNamed, even})).were_set());
  EXPECT_FALSE(time_signs(evidence({even, even, kNamed, odd})).were_set());
}

TEST(TimeSigns, AWholeMinuteIsTyped) {
  const FileTime minute = later(kOld, 60 * 17 * kSecond);
  const TimeSigns typed = time_signs(evidence({minute, minute, kNamed, minute}));
  EXPECT_TRUE(typed.were_set());
  EXPECT_TRUE(typed.on_minute);
  EXPECT_FALSE(time_signs(evidence({minute, minute, kNamed, later(minute, kSecond)})).were_set());
  const FileTime first{119'600'064'000'000'000};  // of ZIP files: 1980-01-01
  EXPECT_FALSE(time_signs(evidence({first, first, kNamed, first})).were_set());
}

TEST(TimeSigns, AnArchiveOfAccessTimesThatTarUnpacked) {
  const FileTime odd = later(kOld, kSecond);
  EXPECT_FALSE(time_signs(evidence({odd, odd, kNamed, later(odd, kDay)})).were_set());
  EXPECT_TRUE(time_signs(evidence({odd, odd, kNamed, {odd.ticks - kDay}})).were_set())
      << "accessed before it was modified";
}

TEST(TimeSigns, ACloudBringsAllTimesAlong) {
  TimeEvidence one = evidence(kSet);
  one.synchronised = true;
  EXPECT_TRUE(time_signs(one).all_set);
  EXPECT_FALSE(time_signs(one).were_set());
  EXPECT_TRUE(is_cloud_tag(0x9000'001A));
  EXPECT_TRUE(is_cloud_tag(0x9000'F01A));
  EXPECT_FALSE(is_cloud_tag(0xA000'000C)) << "symbolic link";
  EXPECT_FALSE(is_cloud_tag(0x9000'001B));
}

TEST(TimeSigns, InTheFuture) {
  TimeEvidence one = evidence(kSet);
  EXPECT_FALSE(time_signs(one).in_future) << "no reference";
  one.reference = later(kNamed, kDay);
  EXPECT_FALSE(time_signs(one).in_future);
  one.si.modified = later(one.reference, kClockSlackTicks);
  EXPECT_FALSE(time_signs(one).in_future) << "another time zone";
  one.si.modified = later(one.reference, kClockSlackTicks + 1);
  EXPECT_TRUE(time_signs(one).in_future);
  one.named = later(one.si.modified, 0);
  EXPECT_FALSE(time_signs(one).in_future) << "Windows' own clock was there";
  one.named = kNamed;
  one.si.modified = FileTime{0x7FFF'FFFF'FFFF'FFFF};
  EXPECT_FALSE(time_signs(one).in_future) << "no time";
}

TEST(TimeSigns, BeforeItsVolume) {
  TimeEvidence one = evidence(kSet);
  EXPECT_FALSE(time_signs(one).before_volume) << "not known";
  one.volume_created = later(kOld, kSecond);
  EXPECT_FALSE(time_signs(one).before_volume) << "within a second";
  one.volume_created = later(kOld, kSecond + 1);
  EXPECT_TRUE(time_signs(one).before_volume);
}

TEST(TimeRules, KnowsProgramsByTheirNames) {
  for (const char* name : {"a.exe", "A.DLL", "x.y.ps1", "shell.aspx", "d.SYS"})
    EXPECT_TRUE(is_program_name(name)) << name;
  for (const char* name : {"a", "exe", "a.txt", "a.exe.mui", "a.", ""})
    EXPECT_FALSE(is_program_name(name)) << name;
}

TEST(SystemTimes, FindsWhoseTimesWereTaken) {
  const Times times{later(kOld, 7), later(kOld, 9), {}, {}};
  SystemTimes system;
  ASSERT_TRUE(system.add(times, {100, "kernel32.dll", kOld}));
  const SystemTimes::Owner copy{200, "winupd.exe", kNamed};
  const SystemTimes::Owner* const owner = system.find(times, copy, false);
  ASSERT_NE(owner, nullptr);
  EXPECT_EQ(owner->name, "kernel32.dll");
  EXPECT_EQ(system.find(times, {200, "KERNEL32.dll", kNamed}, false), nullptr) << "a copy of it";
  EXPECT_EQ(system.find(times, {200, "b.dll", later(kOld, 3600 * kSecond)}, false), nullptr)
      << "installed together";
  EXPECT_EQ(system.find(times, {100, "link.dll", kNamed}, true), nullptr) << "itself";
  EXPECT_EQ(system.find({times.created, kOld, {}, {}}, copy, false), nullptr);
  ASSERT_TRUE(system.add(times, {150, "Kernel32.dll", kOld})) << "of 32 bits";
  EXPECT_NE(system.find(times, copy, false), nullptr);
  // In System32 the copy is among those counted.
  ASSERT_TRUE(system.add(times, copy));
  EXPECT_NE(system.find(times, copy, true), nullptr);
  ASSERT_TRUE(system.add(times, {300, "third.dll", kNamed}));
  EXPECT_EQ(system.find(times, copy, true), nullptr) << "shared by several";
}

TEST(SystemTimes, WholeSecondsTellNothing) {
  const Times times{kOld, kOld, {}, {}};
  SystemTimes system;
  ASSERT_TRUE(system.add(times, {100, "kernel32.dll", kOld}));
  EXPECT_EQ(system.find(times, {200, "b.exe", kNamed}, false), nullptr);
}

TEST(SystemTimes, TakesNoMoreThanAnHonestWindowsHas) {
  SystemTimes system;
  bool all = true;
  for (std::uint64_t i = 0; i < 60'000; ++i)
    all = system.add({later(kOld, i), kOld, {}, {}}, {i, "x", kOld}) && all;
  EXPECT_FALSE(all);
}

TEST(TimeCrowd, CountsTenMinutesAndThoseBesideThem) {
  constexpr std::uint64_t kSlice = TimeCrowd::kTicksPerSlice;
  const FileTime start{1'000'000 * kSlice};
  TimeCrowd crowd;
  EXPECT_EQ(crowd.in_folder(5, start, CrowdOf::all), 0u);
  TimeSigns plain, unpacked, set;
  unpacked.all_set = unpacked.brought_along = set.all_set = true;
  for (std::uint64_t i = 0; i < 4; ++i)
    crowd.add(5, later(start, i * kSlice), i == 0 ? unpacked : i == 1 ? set : plain);
  crowd.add(6, start, plain);
  EXPECT_EQ(crowd.in_folder(5, start, CrowdOf::all), 2u);
  EXPECT_EQ(crowd.in_folder(5, later(start, kSlice), CrowdOf::all), 3u);
  EXPECT_EQ(crowd.in_folder(5, later(start, kSlice), CrowdOf::all_set), 2u);
  EXPECT_EQ(crowd.in_folder(5, later(start, kSlice), CrowdOf::were_set), 1u)
      << "what was set, by itself";
  EXPECT_EQ(crowd.on_volume(start, CrowdOf::all), 3u);
  EXPECT_EQ(crowd.event_slice(5, later(start, 3 * kSlice)), 1'000'000u);
  EXPECT_EQ(crowd.event_slice(6, start), 1'000'000u);
  for (std::uint64_t i = 4; i < 1000; ++i) crowd.add(5, later(start, i * kSlice), plain);
  EXPECT_EQ(crowd.event_slice(5, later(start, 999 * kSlice)), 1'000'999u - 144) << "a day back";
}

TEST(TimeCrowd, IsBounded) {
  TimeCrowd crowd;
  bool all = true;
  for (std::uint64_t i = 0; i < 210'000; ++i) all = crowd.add(i, kNamed, {}) && all;
  EXPECT_FALSE(all);
  EXPECT_EQ(crowd.in_folder(209'999, kNamed, CrowdOf::all), 0u);
}

}  // namespace
}  // namespace hozen
