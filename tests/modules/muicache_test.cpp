#include <gtest/gtest.h>

#include "tests/modules/execution_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec muicache;
}  // namespace modules
namespace {

TEST(MuiCacheModule, JoinsBothNamesOfAProgram) {
  fake::FakeWindows windows;
  windows.user("alice");
  const std::string key =
      "HKU\\alice_Classes\\Local Settings\\Software\\Microsoft\\Windows\\Shell\\MuiCache";
  windows.value(key, "LangID", fake::binary("09 04"));
  windows.value(key, "@shell32.dll,-1", fake::sz("Windows' own"));
  windows.value(key, "C:\\Temp\\svchost.exe.FriendlyAppName", fake::sz("Command line RAR"));
  windows.value(key, "C:\\Temp\\svchost.exe.ApplicationCompany", fake::sz("Alexander Roshal"));
  const ModuleRun run = run_module(modules::muicache, windows);
  const auto found = records_of(run, "muicache");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ((*found[0])["path"], "C:\\Temp\\svchost.exe");
  EXPECT_EQ((*found[0])["proves"], "presence");
  EXPECT_EQ((*found[0])["friendly_name"], "Command line RAR");
  EXPECT_EQ((*found[0])["company"], "Alexander Roshal");
  EXPECT_EQ(found[0]->user_name, "alice");
}

TEST(MuiCacheModule, ReadsThePlaceOfWindowsXp) {
  fake::FakeWindows windows;
  windows.user("alice");
  windows.value("HKU\\alice\\Software\\Microsoft\\Windows\\ShellNoRoam\\MUICache",
                "C:\\Temp\\a.exe", fake::sz("Tool"));
  const ModuleRun run = run_module(modules::muicache, windows);
  const auto found = records_of(run, "muicache");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ((*found[0])["path"], "C:\\Temp\\a.exe");
  EXPECT_EQ((*found[0])["friendly_name"], "Tool");
  EXPECT_EQ(found[0]->json_of("company"), "null");
}

}  // namespace
}  // namespace hozen
