#include <gtest/gtest.h>

#include "tests/builders/task_builder.h"
#include "tests/modules/execution_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec bam;
}  // namespace modules
namespace {

fake::Data entry(FileTime time, std::uint32_t kind) {
  return fake::binary(builders::TaskBlob{}.u64(time.ticks).u64(0).u32(kind).u32(2).bytes());
}

TEST(BamModule, TellsWhoRanWhatWhenLast) {
  fake::FakeWindows windows;
  windows.user("alice");
  const std::string key =
      "HKLM\\SYSTEM\\ControlSet001\\Services\\bam\\State\\UserSettings\\" + windows.sid_of("alice");
  windows.value(key, "\\Device\\HarddiskVolume3\\Temp\\a.exe", entry(fake::at(-7), 0));
  windows.value(key, "Microsoft.App_8wekyb3d8bbwe", entry(fake::at(-8), 1));
  windows.value(key, "Version", fake::dword(1));
  windows.value("HKLM\\SYSTEM\\ControlSet001\\Services\\dam\\UserSettings\\S-1-5-18",
                "\\Device\\HarddiskVolume3\\b.exe", entry(fake::at(-9), 0));
  const ModuleRun run = run_module(modules::bam, windows);
  const auto found = records_of(run, "bam");
  ASSERT_EQ(found.size(), 3u);
  const fake::Record* record =
      run.context->record({{"program", "\\Device\\HarddiskVolume3\\Temp\\a.exe"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["proves"], "execution");
  EXPECT_EQ((*record)["last_run"], fake::at(-7).iso8601());
  EXPECT_EQ((*record)["is_app"], "false");
  EXPECT_EQ((*record)["service"], "bam");
  EXPECT_EQ((*record)["account_sid"], windows.sid_of("alice"));
  EXPECT_EQ((*record)["control_set"], "ControlSet001");
  EXPECT_EQ((*record)["current_control_set"], "true");
  EXPECT_EQ(record->user_name, "alice");
  EXPECT_EQ(record->user_sid, windows.sid_of("alice"));
  EXPECT_EQ(time_of(*record, "last_run"), fake::at(-7));
  EXPECT_NE(run.context->record({{"is_app", "true"}}), nullptr);
  EXPECT_NE(run.context->record({{"service", "dam"}, {"account_sid", "S-1-5-18"}}), nullptr);
}

TEST(BamModule, IsSilentWithoutIt) {
  const ModuleRun run = run_module(modules::bam, fake::FakeWindows{});
  EXPECT_TRUE(run.context->records.empty());
  EXPECT_TRUE(run.context->notes.empty());
}

}  // namespace
}  // namespace hozen
