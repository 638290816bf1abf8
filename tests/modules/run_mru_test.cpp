#include <gtest/gtest.h>

#include "tests/modules/execution_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec run_mru;
}  // namespace modules
namespace {

TEST(RunMruModule, TellsCommandsInTheirOrder) {
  fake::FakeWindows windows;
  windows.user("alice");
  const std::string key =
      "HKU\\alice\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RunMRU";
  windows.value(key, "a", fake::sz("cmd /k whoami\\1"), fake::at(5));
  windows.value(key, "b", fake::sz("\\\\srv\\c$\\1"), fake::at(5));
  windows.value(key, "c", fake::sz("not in the order"), fake::at(5));
  windows.value(key, "MRUList", fake::sz("ba"), fake::at(5));
  const ModuleRun run = run_module(modules::run_mru, windows);
  ASSERT_EQ(records_of(run, "run_mru").size(), 3u);
  const fake::Record* last = run.context->record({{"position", "0"}});
  ASSERT_NE(last, nullptr);
  EXPECT_EQ((*last)["command"], "\\\\srv\\c$");
  EXPECT_EQ((*last)["proves"], "entered");
  EXPECT_EQ((*last)["value_name"], "b");
  EXPECT_EQ(last->user_name, "alice");
  EXPECT_EQ(time_of(*last, "entered"), fake::at(5));
  const fake::Record* before = run.context->record({{"position", "1"}});
  ASSERT_NE(before, nullptr);
  EXPECT_EQ((*before)["command"], "cmd /k whoami");
  EXPECT_FALSE(time_of(*before, "entered").is_set());
  const fake::Record* other = run.context->record({{"command", "not in the order"}});
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(other->json_of("position"), "null");
}

TEST(RunMruModule, TellsCommandsOfTheSystem) {
  fake::FakeWindows windows;
  windows.value("HKU\\.DEFAULT\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RunMRU",
                "a", fake::sz("cmd\\1"));
  const ModuleRun run = run_module(modules::run_mru, windows);
  ASSERT_EQ(records_of(run, "run_mru").size(), 1u);
  EXPECT_EQ((*records_of(run, "run_mru")[0])["command"], "cmd");
}

}  // namespace
}  // namespace hozen
