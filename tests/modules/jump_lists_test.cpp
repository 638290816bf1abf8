#include <gtest/gtest.h>

#include "tests/builders/jump_list_builder.h"
#include "tests/builders/lnk_builder.h"
#include "tests/modules/execution_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec jump_lists;
}  // namespace modules
namespace {

using builders::LnkBuilder;

constexpr std::string_view kRecent =
    "C:\\Users\\alice\\AppData\\Roaming\\Microsoft\\Windows\\Recent\\";

builders::ListBytes link() {
  return LnkBuilder{}
      .local_path("E:\\secret\\plan.docx")
      .volume(2, 0x1A484CB6, "STICK")
      .target_times(fake::at(-30), fake::at(-20), fake::at(-25))
      .target_size(77)
      .bytes();
}

TEST(JumpListsModule, TellsWhatWasOpenedWithWhichProgram) {
  fake::FakeWindows windows;
  windows.user("alice");
  const std::string path =
      std::string{kRecent} + "AutomaticDestinations\\f01b4d95cf55d32a.automaticDestinations-ms";
  windows.file(path, "").bytes = builders::compound_file(
      {{"1", link()},
       {"DestList", builders::dest_list(4, {{.number = 1,
                                             .path = "E:\\secret\\plan.docx",
                                             .host = "pc1",
                                             .last_used = fake::at(-3),
                                             .use_count = 5}})}});
  const ModuleRun run = run_module(modules::jump_lists, windows);
  const auto found = records_of(run, "jump_list_entry");
  ASSERT_EQ(found.size(), 1u);
  const fake::Record& record = *found[0];
  EXPECT_EQ(record["app_id"], "f01b4d95cf55d32a");
  EXPECT_EQ(record["program"], "Windows Explorer (Windows 8 and later)");
  EXPECT_EQ(record["proves"], "use");
  EXPECT_EQ(record["list"], "automatic");
  EXPECT_EQ(record["path"], "E:\\secret\\plan.docx");
  EXPECT_EQ(record["last_used"], fake::at(-3).iso8601());
  EXPECT_EQ(record["use_count"], "5");
  EXPECT_EQ(record["host_name"], "pc1");
  EXPECT_EQ(record["target"], "E:\\secret\\plan.docx");
  EXPECT_EQ(record["target_source"], "local");
  EXPECT_EQ(record["target_size"], "77");
  EXPECT_EQ(record["drive_type"], "2");
  EXPECT_EQ(record["volume_serial"], "1A484CB6");
  EXPECT_EQ(record["volume_label"], "STICK");
  EXPECT_EQ(time_of(record, "last_used"), fake::at(-3));
  EXPECT_EQ(time_of(record, "target_modified"), fake::at(-25));
  EXPECT_EQ(record.user_name, "alice");
  EXPECT_TRUE(run.context->has_collected(path));
  EXPECT_TRUE(run.context->notes.empty());
}

TEST(JumpListsModule, ReadsCustomLists) {
  fake::FakeWindows windows;
  windows.user("alice");
  windows.file(std::string{kRecent} + "CustomDestinations\\abc.customDestinations-ms", "").bytes =
      builders::custom_destinations({{"Pages", {link()}}});
  const ModuleRun run = run_module(modules::jump_lists, windows);
  const auto found = records_of(run, "jump_list_entry");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ((*found[0])["list"], "custom");
  EXPECT_EQ((*found[0])["proves"], "offers");
  EXPECT_EQ((*found[0])["category"], "Pages");
  EXPECT_TRUE(found[0]->offset.has_value());
}

TEST(JumpListsModule, NotesWhatIsNone) {
  fake::FakeWindows windows;
  windows.user("alice");
  windows.file(std::string{kRecent} + "AutomaticDestinations\\a.automaticDestinations-ms", "x");
  const ModuleRun run = run_module(modules::jump_lists, windows);
  EXPECT_TRUE(run.context->records.empty());
  EXPECT_EQ(run.context->notes.size(), 1u);
}

}  // namespace
}  // namespace hozen
