#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>

#include "collector/engine/host.h"

namespace hozen {
namespace {

TEST(HostDeathTest, LowersThePriorityOfTheProcess) {
  EXPECT_EXIT(
      {
        const bool lowered = lower_priority().has_value();
        std::_Exit(lowered ? ::getpriority(PRIO_PROCESS, 0) : 0);
      },
      testing::ExitedWithCode(19), "");
}

}  // namespace
}  // namespace hozen
