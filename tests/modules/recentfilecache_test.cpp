#include <gtest/gtest.h>

#include "tests/builders/recent_file_builder.h"
#include "tests/modules/execution_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec recentfilecache;
}  // namespace modules
namespace {

constexpr std::string_view kFile = "C:\\Windows\\AppCompat\\Programs\\RecentFileCache.bcf";

TEST(RecentFileCacheModule, TellsProgramsThatWereNew) {
  fake::FakeWindows windows;
  windows.file(kFile, "").bytes = builders::recent_file_cache({"c:\\temp\\a.exe", "c:\\日本.exe"});
  const ModuleRun run = run_module(modules::recentfilecache, windows);
  const auto found = records_of(run, "recent_file_cache");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ((*found[0])["path"], "c:\\temp\\a.exe");
  EXPECT_EQ((*found[0])["proves"], "presence");
  EXPECT_EQ(found[0]->offset, std::optional<std::uint64_t>{20});
  EXPECT_EQ((*found[1])["path"], "c:\\日本.exe");
  EXPECT_TRUE(run.context->has_collected(kFile));
  EXPECT_TRUE(run.context->notes.empty());
}

TEST(RecentFileCacheModule, NotesDamage) {
  fake::FakeWindows windows;
  auto bytes = builders::recent_file_cache({"c:\\a.exe", "c:\\b.exe"});
  bytes.resize(bytes.size() - 3);
  windows.file(kFile, "").bytes = bytes;
  const ModuleRun run = run_module(modules::recentfilecache, windows);
  EXPECT_EQ(records_of(run, "recent_file_cache").size(), 1u);
  EXPECT_EQ(run.context->notes.size(), 1u);
}

}  // namespace
}  // namespace hozen
