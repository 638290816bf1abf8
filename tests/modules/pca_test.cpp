#include <gtest/gtest.h>

#include "tests/builders/task_builder.h"
#include "tests/modules/execution_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec pca;
}  // namespace modules
namespace {

constexpr std::string_view kFolder = "C:\\Windows\\appcompat\\pca\\";

TEST(PcaModule, ReadsBothKindsOfFiles) {
  fake::FakeWindows windows;
  windows.file(std::string{kFolder} + "PcaAppLaunchDic.txt",
               "C:\\Temp\\a.exe|2024-02-29 11:22:33.456\r\n");
  windows.file(std::string{kFolder} + "PcaGeneralDb0.txt", "").bytes = builders::utf16_file(
      "2024-02-29 11:22:34.000|2|%USERPROFILE%\\b.exe|a tool|Maker|1.2|0006abc|Abnormal process "
      "exit with code 0x1\r\n");
  const ModuleRun run = run_module(modules::pca, windows);
  const auto found = records_of(run, "pca");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ((*found[0])["path"], "C:\\Temp\\a.exe");
  EXPECT_EQ((*found[0])["proves"], "execution");
  EXPECT_EQ((*found[0])["time"], "2024-02-29T11:22:33.4560000Z");
  EXPECT_EQ((*found[0])["file"], "launch");
  EXPECT_EQ(time_of(*found[0], "last_run").iso8601(), "2024-02-29T11:22:33.4560000Z");
  EXPECT_EQ((*found[1])["path"], "%USERPROFILE%\\b.exe");
  EXPECT_EQ((*found[1])["run_status"], "2");
  EXPECT_EQ((*found[1])["vendor"], "Maker");
  EXPECT_EQ((*found[1])["program_id"], "0006abc");
  EXPECT_EQ((*found[1])["outcome"], "Abnormal process exit with code 0x1");
  EXPECT_EQ((*found[1])["line"], "1");
  EXPECT_TRUE(run.context->notes.empty());
}

TEST(PcaModule, NotesLinesOfAnotherForm) {
  fake::FakeWindows windows;
  windows.file(std::string{kFolder} + "PcaAppLaunchDic.txt",
               "nonsense\nC:\\a.exe|no time\n\nC:\\b.exe|2024-02-29 11:22:33.456");
  const ModuleRun run = run_module(modules::pca, windows);
  const auto found = records_of(run, "pca");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0]->json_of("time"), "null");
  EXPECT_EQ((*found[1])["line"], "4");
  ASSERT_EQ(run.context->notes.size(), 1u);
  EXPECT_TRUE(run.context->notes[0].what.ends_with("line 1"));
}

}  // namespace
}  // namespace hozen
