#include <gtest/gtest.h>

#include "tests/modules/execution_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec powershell_history;
}  // namespace modules
namespace {

constexpr std::string_view kFile =
    "C:\\Users\\alice\\AppData\\Roaming\\Microsoft\\Windows\\PowerShell\\PSReadLine\\"
    "ConsoleHost_history.txt";

ModuleRun run_on(std::string_view content) {
  fake::FakeWindows windows;
  windows.user("alice");
  windows.file(kFile, content);
  return run_module(modules::powershell_history, windows);
}

TEST(PowerShellHistoryModule, TellsCommandsInTheirOrder) {
  const ModuleRun run = run_on("whoami\r\nforeach ($i in 1) {`\r\n  $i`\r\n}\r\nGet-Date\r\n");
  const auto found = records_of(run, "powershell_command");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ((*found[0])["command"], "whoami");
  EXPECT_EQ((*found[0])["proves"], "entered");
  EXPECT_EQ((*found[0])["is_last"], "false");
  EXPECT_EQ((*found[0])["path"], kFile);
  EXPECT_TRUE(found[0]->timestamps.empty());
  EXPECT_EQ(found[0]->user_name, "alice");
  EXPECT_EQ(found[1]->json_of("command"), R"("foreach ($i in 1) {\n  $i\n}")");
  EXPECT_EQ((*found[1])["line"], "2");
  EXPECT_EQ((*found[2])["command"], "Get-Date");
  EXPECT_EQ((*found[2])["line"], "5");
  EXPECT_EQ((*found[2])["is_last"], "true");
  EXPECT_EQ(time_of(*found[2], "trace_modified"), fake::default_time());
  EXPECT_TRUE(run.context->has_collected(kFile));
}

TEST(PowerShellHistoryModule, ReadsThatOfTheSystem) {
  for (const std::string folder : {"System32", "SysWOW64"}) {
    fake::FakeWindows windows;
    windows.file("C:\\Windows\\" + folder +
                     "\\config\\systemprofile\\AppData\\Roaming\\Microsoft\\Windows\\PowerShell\\"
                     "PSReadLine\\ConsoleHost_history.txt",
                 "whoami");
    const ModuleRun run = run_module(modules::powershell_history, windows);
    EXPECT_EQ(records_of(run, "powershell_command").size(), 1u) << folder;
  }
}

TEST(PowerShellHistoryModule, ReadsFilesThatEndAnywhere) {
  EXPECT_TRUE(run_on("").context->records.empty());
  const ModuleRun cut = run_on("a`");
  ASSERT_EQ(cut.context->records.size(), 1u);
  EXPECT_EQ(cut.context->records[0].json_of("command"), R"("a\n")");
  const ModuleRun blank = run_on("a\n\nb\n\n");
  ASSERT_EQ(blank.context->records.size(), 2u);
  EXPECT_EQ(blank.context->records[1]["is_last"], "true");
}

}  // namespace
}  // namespace hozen
