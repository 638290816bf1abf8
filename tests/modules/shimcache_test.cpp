#include <gtest/gtest.h>

#include "tests/builders/shimcache_builder.h"
#include "tests/modules/execution_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec shimcache;
}  // namespace modules
namespace {

using Form = ShimCacheForm;

constexpr std::string_view kKey =
    "HKLM\\SYSTEM\\ControlSet001\\Control\\Session Manager\\AppCompatCache";

fake::Data cache(Form form) {
  return fake::binary(builders::shimcache(
      form, false,
      {{.path = "C:\\Temp\\a.exe", .modified = fake::at(-100), .insert_flags = 2},
       {.path = "C:\\Temp\\b.exe", .modified = fake::at(-200)}}));
}

TEST(ShimCacheModule, TellsPresenceNotExecution) {
  fake::FakeWindows windows;
  windows.value(kKey, "AppCompatCache", cache(Form::windows_10_1703), fake::at(50));
  const ModuleRun run = run_module(modules::shimcache, windows);
  const auto found = records_of(run, "shimcache");
  ASSERT_EQ(found.size(), 2u);
  const fake::Record& record = *found[0];
  EXPECT_EQ(record["path"], "C:\\Temp\\a.exe");
  EXPECT_EQ(record["proves"], "presence");
  EXPECT_EQ(record["position"], "0");
  EXPECT_EQ(record["file_modified"], fake::at(-100).iso8601());
  EXPECT_EQ(record.json_of("executed"), "null");
  EXPECT_EQ(record["form"], "windows_10_1703");
  EXPECT_EQ(record["control_set"], "ControlSet001");
  EXPECT_EQ(record["current_control_set"], "true");
  EXPECT_EQ(record["value_offset"], "52");
  EXPECT_EQ(record.key, kKey);
  EXPECT_EQ(time_of(record, "file_modified"), fake::at(-100));
  EXPECT_EQ(time_of(record, "key_last_written"), fake::at(50));
  EXPECT_TRUE(record.artifact.has_value());
  EXPECT_TRUE(run.context->findings.empty());
  EXPECT_TRUE(run.context->notes.empty());
}

TEST(ShimCacheModule, TellsExecutionWhereTheFlagIsSet) {
  fake::FakeWindows windows;
  windows.value(kKey, "AppCompatCache", cache(Form::windows_7));
  const ModuleRun run = run_module(modules::shimcache, windows);
  const auto found = records_of(run, "shimcache");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ((*found[0])["proves"], "execution");
  EXPECT_EQ((*found[0])["executed"], "true");
  EXPECT_EQ((*found[1])["proves"], "presence");
  EXPECT_EQ((*found[1])["executed"], "false");
}

TEST(ShimCacheModule, ReadsEveryControlSetAndThePlaceOfWindowsXp) {
  fake::FakeWindows windows;
  windows.value(kKey, "AppCompatCache", cache(Form::windows_7));
  windows.value("HKLM\\SYSTEM\\ControlSet002\\Control\\Session Manager\\AppCompatibility",
                "AppCompatCache", cache(Form::windows_xp));
  const ModuleRun run = run_module(modules::shimcache, windows);
  const auto found = records_of(run, "shimcache");
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ((*found[2])["control_set"], "ControlSet002");
  EXPECT_EQ((*found[2])["current_control_set"], "false");
  EXPECT_EQ((*found[2])["form"], "windows_xp");
}

TEST(ShimCacheModule, NotesWhatItCannotRead) {
  fake::FakeWindows windows;
  windows.value(kKey, "AppCompatCache", fake::binary("01 02 03 04"));
  const ModuleRun run = run_module(modules::shimcache, windows);
  EXPECT_TRUE(records_of(run, "shimcache").empty());
  ASSERT_EQ(run.context->notes.size(), 1u);
  EXPECT_EQ(run.context->notes[0].what,
            std::string{kKey} + "\\AppCompatCache: shimcache signature");
}

}  // namespace
}  // namespace hozen
