#include <gtest/gtest.h>

#include <set>

#include "tests/builders/task_builder.h"
#include "tests/modules/execution_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec userassist;
}  // namespace modules
namespace {

using builders::TaskBlob;

constexpr std::string_view kKey =
    "HKU\\alice\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\UserAssist";
constexpr std::string_view kGroup = "{CEBFF5CD-ACE2-4F4F-9178-9926F41749EA}";

fake::Data version_5(std::uint32_t count, FileTime last_run) {
  TaskBlob blob;
  blob.u32(3).u32(count).u32(4).u32(60'000);
  while (blob.size() < 60) blob.u8(0);
  return fake::binary(blob.u64(last_run.ticks).u32(0).bytes());
}

std::string count_key() { return std::string{kKey} + "\\" + std::string{kGroup} + "\\Count"; }

fake::FakeWindows one_user() {
  fake::FakeWindows windows;
  windows.user("alice");
  return windows;
}

TEST(UserAssistModule, DecodesWhatAUserStarted) {
  fake::FakeWindows windows = one_user();
  // {1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\cmd.exe
  windows.value(count_key(), "{1NP14R77-02R7-4R5Q-O744-2RO1NR5198O7}\\pzq.rkr",
                version_5(7, fake::at(-5)), fake::at(1));
  windows.value(count_key(), "HRZR_PGYFRFFVBA", version_5(99, {}));
  const ModuleRun run = run_module(modules::userassist, windows);
  const auto found = records_of(run, "userassist");
  ASSERT_EQ(found.size(), 1u);
  const fake::Record& record = *found[0];
  EXPECT_EQ(record["path"], "C:\\Windows\\System32\\cmd.exe");
  EXPECT_EQ(record["name"], "{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\cmd.exe");
  EXPECT_EQ(record["proves"], "execution");
  EXPECT_EQ(record["run_count"], "7");
  EXPECT_EQ(record["last_run"], fake::at(-5).iso8601());
  EXPECT_EQ(record["focus_count"], "4");
  EXPECT_EQ(record["focus_ms"], "60000");
  EXPECT_EQ(record["group"], kGroup);
  EXPECT_EQ(record.user_name, "alice");
  EXPECT_EQ(record.user_sid, windows.sid_of("alice"));
  EXPECT_EQ(time_of(record, "last_run"), fake::at(-5));
  EXPECT_EQ(time_of(record, "key_last_written"), fake::at(1));
}

TEST(UserAssistModule, FoldersOf32BitWindows) {
  for (const bool is_64_bit : {true, false}) {
    fake::FakeWindows windows{{.is_64_bit = is_64_bit}};
    windows.user("alice");
    // {D65231B0-…}\\cmd.exe, {7C5A40EF-…}\\a.exe and {6D809377-…}\\a.exe.
    windows.value(count_key(), "{Q65231O0-O2S1-4857-N4PR-N8R7P6RN7Q27}\\pzq.rkr",
                  version_5(1, fake::at(-5)));
    windows.value(count_key(), "{7P5N40RS-N0SO-4OSP-874N-P0S2R0O9SN8R}\\n.rkr",
                  version_5(1, fake::at(-5)));
    windows.value(count_key(), "{6Q809377-6NS0-444O-8957-N3773S02200R}\\n.rkr",
                  version_5(1, fake::at(-5)));
    const ModuleRun run = run_module(modules::userassist, windows);
    std::set<std::string> paths;
    for (const auto* record : records_of(run, "userassist")) paths.insert((*record)["path"]);
    EXPECT_EQ(
        paths,
        is_64_bit
            ? (std::set<std::string>{"C:\\Windows\\SysWOW64\\cmd.exe",
                                     "C:\\Program Files (x86)\\a.exe", "C:\\Program Files\\a.exe"})
            : (std::set<std::string>{"C:\\Windows\\System32\\cmd.exe", "C:\\Program Files\\a.exe",
                                     "{6D809377-6AF0-444B-8957-A3773F02200E}\\a.exe"}));
  }
}

TEST(UserAssistModule, ReadsTheFormOfWindowsXp) {
  fake::FakeWindows windows = one_user();
  windows.value(count_key(), "HRZR_EHACNGU:P:\\n.rkr",
                fake::binary(TaskBlob{}.u32(1).u32(6).u64(fake::at(-9).ticks).bytes()));
  const ModuleRun run = run_module(modules::userassist, windows);
  const auto found = records_of(run, "userassist");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ((*found[0])["name"], "UEME_RUNPATH:C:\\a.exe");
  EXPECT_EQ((*found[0])["run_count"], "1");
  EXPECT_EQ((*found[0])["stored_count"], "6");
  EXPECT_EQ((*found[0])["last_run"], fake::at(-9).iso8601());
  EXPECT_EQ(found[0]->json_of("focus_count"), "null");
}

TEST(UserAssistModule, LeavesNamesThatAreNotEncoded) {
  fake::FakeWindows windows = one_user();
  windows.value(std::string{kKey} + "\\Settings", "NoEncrypt", fake::dword(1));
  windows.value(count_key(), "C:\\a.exe", version_5(1, fake::at(0)));
  const ModuleRun run = run_module(modules::userassist, windows);
  const auto found = records_of(run, "userassist");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ((*found[0])["name"], "C:\\a.exe");
  EXPECT_EQ((*found[0])["is_encoded"], "false");
}

TEST(UserAssistModule, KeepsEntriesTooShortToHoldNumbers) {
  fake::FakeWindows windows = one_user();
  windows.value(count_key(), "n", fake::binary("01 02"));
  const ModuleRun run = run_module(modules::userassist, windows);
  const auto found = records_of(run, "userassist");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]->json_of("run_count"), "null");
}

}  // namespace
}  // namespace hozen
