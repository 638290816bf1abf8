// Folders that were moved and left a link behind: Windows finds what is in them, and so must a
// collection.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "collector/engine/bundle_reader.h"
#include "tests/builders/evtx_builder.h"
#include "tests/builders/fake_windows.h"
#include "tests/builders/file_text.h"
#include "tests/builders/prefetch_builder.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"
#include "tests/modules/task_machine.h"

namespace hozen {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class LinksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
    fake::FakeWindows windows;
    windows.user("alice");
    windows.program("C:\\Users\\alice\\a.exe");
    windows.value("HKU\\alice\\Software\\Microsoft\\Windows\\CurrentVersion\\Run", "a",
                  fake::sz("C:\\Users\\alice\\a.exe"));
    windows.file("C:\\Windows\\System32\\winevt\\Logs\\Security.evtx", "").bytes =
        builders::EvtxBuilder{}.event({}).bytes();
    windows.file("C:\\Windows\\Prefetch\\A.pf", "").bytes =
        builders::PrefetchBuilder{30}.program("\\A.EXE", "A.EXE").bytes();
    windows.file(TaskMachine::file_of("\\Updater"), "").bytes =
        TaskMachine::xml_of({.path = "\\Updater", .command = "C:\\Users\\alice\\a.exe"});
    fs::create_directories(root);
    ASSERT_TRUE(windows.write_to(folder.text() + "/root"));
  }
  /// Moves a folder of the volume to `to` and leaves a link in its place.
  void move_away(const std::string& from, const std::string& to, const std::string& link) {
    fs::create_directories((root / to).parent_path());
    fs::rename(root / from, root / to);
    fs::create_symlink(link, root / from);
  }
  /// Lines of all streams whose names begin so.
  std::string lines(std::string_view stream) {
    const std::string content = test::file_text(folder.path() / "b.zip");
    const auto bytes = std::as_bytes(std::span{content});
    MemorySource source{{bytes.begin(), bytes.end()}};
    std::string text;
    const auto reader = BundleReader::open(source);
    EXPECT_TRUE(reader);
    if (reader)
      (void)reader->each_line(stream, [&](std::string_view line) {
        text += std::string{line} + "\n";
        return Result<void>{};
      });
    return text;
  }
  test::Ended collect() {
    return test::run_program(
        {"collect", "--root", "root", "--profile", "full", "--output", "b.zip"}, folder.text());
  }

  TempFolder folder;
  fs::path root = folder.path() / "root";
};

TEST_F(LinksTest, WhatLiesBehindLinksWithinTheEvidenceIsCollected) {
  move_away("Users/alice", "data/u", "../data/u");
  move_away("Windows/System32/winevt/Logs", "data/logs", "../../../data/logs");
  move_away("Windows/Prefetch", "data/prefetch", "../data/prefetch");
  move_away("Windows/System32/Tasks", "data/tasks", "../../data/tasks");
  const auto ended = collect();
  EXPECT_EQ(ended.exit_code, 0) << ended.output << ended.error;
  const std::string artifacts = lines("artifacts");
  for (const char* name : {"NTUSER.DAT", "Security.evtx", "A.pf", "Updater", "a.exe"})
    EXPECT_THAT(artifacts, HasSubstr(name));
  EXPECT_THAT(lines("records/event_logs"), HasSubstr("Security.evtx"));
  EXPECT_THAT(lines("records/run_keys"), HasSubstr("a.exe"));
  EXPECT_THAT(lines("records/scheduled_tasks"), HasSubstr("\\\\Updater"));
}

TEST_F(LinksTest, ALinkThatLeadsOutIsAProblem) {
  fs::create_directories(folder.path() / "outside");
  fs::remove_all(root / "Windows/Prefetch");
  fs::create_symlink("../../../outside", root / "Windows/Prefetch");
  const auto ended = collect();
  EXPECT_EQ(ended.exit_code, 1) << ended.output << ended.error;
  EXPECT_THAT(lines("records/problems"), HasSubstr("Prefetch"));
}

TEST_F(LinksTest, LoopsAndTheLinksOfOldProgramsEnd) {
  fs::create_symlink("alice", root / "Users/Default User");
  fs::create_symlink("../Users", root / "Windows/Prefetch/up");
  fs::create_symlink("..", root / "Users/alice/loop");
  fs::create_symlink("loop2", root / "Users/loop2");
  fs::create_symlink("Users", root / "Documents and Settings");
  const auto ended = collect();
  EXPECT_TRUE(ended.exit_code == 0 || ended.exit_code == 1) << ended.error;
  const std::string records = lines("records/run_keys");
  const auto first = records.find("a.exe");
  ASSERT_NE(first, std::string::npos);
  // The user is one user, however many ways lead there.
  std::set<std::string> users;
  for (auto at = records.find("\"sid\":\""); at != std::string::npos;
       at = records.find("\"sid\":\"", at + 1))
    users.insert(records.substr(at, 40));
  EXPECT_EQ(users.size(), 1u) << records;
}

}  // namespace
}  // namespace hozen
