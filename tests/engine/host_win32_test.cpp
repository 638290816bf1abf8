#include <gtest/gtest.h>
#include <windows.h>

#include "collector/engine/host.h"

namespace hozen {
namespace {

TEST(Host, LowersThePriorityOfTheProcess) {
  const DWORD before = GetPriorityClass(GetCurrentProcess());
  EXPECT_TRUE(lower_priority());
  EXPECT_EQ(GetPriorityClass(GetCurrentProcess()), DWORD{IDLE_PRIORITY_CLASS});
  SetPriorityClass(GetCurrentProcess(), before);
}

}  // namespace
}  // namespace hozen
