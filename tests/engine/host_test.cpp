#include "collector/engine/host.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "collector/base/text.h"

namespace hozen {
namespace {

TEST(Host, TellsTheTimeAndHowItPasses) {
  using namespace std::chrono_literals;
  const FileTime before = utc_now();
  const std::uint64_t monotonic = monotonic_ticks();
  std::this_thread::sleep_for(20ms);
  const std::uint64_t passed = monotonic_ticks() - monotonic;
  EXPECT_GE(passed, 150'000u);  // 15 ms in ticks
  EXPECT_LT(passed, 60 * kTicksPerSecond);
  EXPECT_GT(utc_now(), before);
  const auto unix_seconds = std::chrono::duration_cast<std::chrono::seconds>(
                                std::chrono::system_clock::now().time_since_epoch())
                                .count();
  const FileTime now = utc_now();
  const auto difference =
      static_cast<std::int64_t>(now.ticks / kTicksPerSecond) - kUnixEpochSeconds - unix_seconds;
  EXPECT_LE(difference, 1);
  EXPECT_GE(difference, -1);
}

TEST(Host, DescribesThisProcess) {
  const ProcessFacts process = this_process();
  EXPECT_NE(process.pid, 0u);
  EXPECT_LE(process.started, utc_now());
  EXPECT_GT(process.started.ticks + 3600 * kTicksPerSecond, utc_now().ticks);
  EXPECT_NE(process.image.find("hozen_engine_test"), std::string::npos) << process.image;
  EXPECT_FALSE(process.user.empty());
}

TEST(Host, HasAName) { EXPECT_FALSE(machine_name().empty()); }

TEST(Host, MeasuresItsMemory) {
  EXPECT_GT(peak_memory_bytes(), 100'000u);
  EXPECT_LT(peak_memory_bytes(), std::uint64_t{1} << 36);
}

TEST(Host, PrivilegesAreEnabledOrRefused) {
  const Privileges privileges = enable_privileges();
  for (const std::string& name : privileges.refused)
    EXPECT_EQ(std::count(privileges.enabled.begin(), privileges.enabled.end(), name), 0);
#ifdef _WIN32
  const auto& enabled = privileges.enabled;
  EXPECT_TRUE(std::is_sorted(enabled.begin(), enabled.end()));
  if (privileges.elevated) {
    EXPECT_EQ(std::count(enabled.begin(), enabled.end(), "SeBackupPrivilege"), 1);
  }
  EXPECT_GE(privileges.refused.size() + enabled.size(), 2u);
#endif
  const Privileges again = enable_privileges();
  EXPECT_EQ(again.enabled, privileges.enabled);
  EXPECT_EQ(again.elevated, privileges.elevated);
}

}  // namespace
}  // namespace hozen
