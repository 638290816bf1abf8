#include <gtest/gtest.h>

#include "tests/builders/lnk_builder.h"
#include "tests/builders/task_builder.h"
#include "tests/modules/execution_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec recent_docs;
}  // namespace modules
namespace {

using builders::TaskBlob;
using builders::TaskBytes;

constexpr std::string_view kExplorer =
    "HKU\\alice\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\";

/// The items of a shortcut, as they stand alone in the registry.
TaskBytes items() {
  const auto link = builders::LnkBuilder{}
                        .computer()
                        .drive("D:\\")
                        .file({.short_name = "PLAN~1.DOC", .long_name = "plan.docx"})
                        .bytes();
  const std::size_t size =
      std::to_integer<std::size_t>(link[0x4C]) | std::to_integer<std::size_t>(link[0x4D]) << 8;
  return {link.begin() + 0x4E, link.begin() + 0x4E + static_cast<std::ptrdiff_t>(size)};
}

fake::Data order(const std::vector<std::uint32_t>& numbers) {
  TaskBlob blob;
  for (const std::uint32_t number : numbers) blob.u32(number);
  return fake::binary(blob.u32(0xFFFF'FFFF).bytes());
}

TEST(RecentDocsModule, TellsDocumentsInTheirOrder) {
  fake::FakeWindows windows;
  windows.user("alice");
  const std::string key = std::string{kExplorer} + "RecentDocs\\.docx";
  windows.value(key, "MRUListEx", order({1, 0}), fake::at(9));
  windows.value(key, "0", fake::binary(TaskBlob{}.utf16("old.docx").u16(0).u16(0).bytes()),
                fake::at(9));
  windows.value(key, "1", fake::binary(TaskBlob{}.utf16("new.docx").u16(0).u16(0).bytes()),
                fake::at(9));
  const ModuleRun run = run_module(modules::recent_docs, windows);
  ASSERT_EQ(records_of(run, "recent_doc").size(), 2u);
  const fake::Record* last = run.context->record({{"position", "0"}});
  ASSERT_NE(last, nullptr);
  EXPECT_EQ((*last)["name"], "new.docx");
  EXPECT_EQ((*last)["list"], "recent_docs");
  EXPECT_EQ((*last)["group"], ".docx");
  EXPECT_EQ((*last)["proves"], "use");
  EXPECT_EQ(last->user_name, "alice");
  EXPECT_EQ(time_of(*last, "last_used"), fake::at(9));
  const fake::Record* before = run.context->record({{"name", "old.docx"}});
  ASSERT_NE(before, nullptr);
  EXPECT_FALSE(time_of(*before, "last_used").is_set());
}

TEST(RecentDocsModule, TellsFilesOfDialogs) {
  fake::FakeWindows windows;
  windows.user("alice");
  windows.value(std::string{kExplorer} + "ComDlg32\\OpenSavePidlMRU\\docx", "0",
                fake::binary(items()));
  TaskBlob visited;
  windows.value(std::string{kExplorer} + "ComDlg32\\LastVisitedPidlMRU", "0",
                fake::binary(visited.utf16("winword.exe").u16(0).raw(items()).bytes()));
  const ModuleRun run = run_module(modules::recent_docs, windows);
  const fake::Record* saved = run.context->record({{"list", "open_save"}});
  ASSERT_NE(saved, nullptr);
  EXPECT_EQ((*saved)["path"], "D:\\plan.docx");
  EXPECT_EQ((*saved)["name"], "plan.docx");
  EXPECT_EQ((*saved)["group"], "docx");
  const fake::Record* visit = run.context->record({{"list", "last_visited"}});
  ASSERT_NE(visit, nullptr);
  EXPECT_EQ((*visit)["program"], "winword.exe");
  EXPECT_EQ((*visit)["path"], "D:\\plan.docx");
}

}  // namespace
}  // namespace hozen
