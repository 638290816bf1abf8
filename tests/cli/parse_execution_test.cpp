// hozen parse over traces of execution.
#include <gtest/gtest.h>

#include <fstream>

#include "collector/base/bytes.h"
#include "tests/builders/json.h"
#include "tests/builders/jump_list_builder.h"
#include "tests/builders/lnk_builder.h"
#include "tests/builders/prefetch_builder.h"
#include "tests/builders/program.h"
#include "tests/builders/recent_file_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using namespace builders;
using test::Ended;
using test::Json;

class ParseExecutionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
  }
  void write(const std::string& name, const std::vector<std::byte>& bytes) {
    std::ofstream file{folder.path() / name, std::ios::binary};
    file << Bytes{bytes}.chars();
  }
  Ended parse(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "parse");
    Ended ended = test::run_program(arguments, folder.text());
    records = test::parse_json_lines(ended.output);
    return ended;
  }

  TempFolder folder;
  std::vector<Json> records;
};

PrefetchBuilder sample() {
  return PrefetchBuilder{30}
      .program("\\DEVICE\\HARDDISKVOLUME1\\A.EXE", "A.EXE")
      .hash(0x12345678)
      .run(FileTime{132'000'000'000'000'000});
}

TEST_F(ParseExecutionTest, ReadsPrefetchFiles) {
  write("A.EXE-12345678.pf", sample().packed().bytes());
  write("other", sample().bytes());
  EXPECT_EQ(parse({"A.EXE-12345678.pf", "other"}).exit_code, 0);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].at("kind"), "prefetch");
  EXPECT_EQ(records[0].at("executable"), "A.EXE");
  EXPECT_EQ(records[0].at("run_count"), 1);
  EXPECT_EQ(records[0].at("runs").size(), 1u);
  EXPECT_EQ(records[0].at("packed"), true);
  EXPECT_EQ(records[0].at("hash_in_name_agrees"), true);
  EXPECT_EQ(records[0].at("files").at(0).at("path"), "\\DEVICE\\HARDDISKVOLUME1\\A.EXE");
  EXPECT_EQ(records[1].at("hash_in_name_agrees"), nullptr);
  EXPECT_EQ(records[1].at("packed"), false);
}

TEST_F(ParseExecutionTest, DamagedPrefetchFilesAreProblemsAndOne) {
  auto bytes = sample().bytes();
  bytes.resize(bytes.size() - 4);
  write("cut.pf", bytes);
  EXPECT_EQ(parse({"cut.pf"}).exit_code, 1);
  EXPECT_EQ(records.at(0).at("executable"), "A.EXE");
  EXPECT_EQ(records.at(1).at("kind"), "problem");
  write("none.pf", {std::byte{'M'}, std::byte{'A'}, std::byte{'M'}, std::byte{4}});
  EXPECT_EQ(parse({"none.pf"}).exit_code, 1);
  EXPECT_EQ(records.at(0).at("reason"), "truncated");
}

TEST_F(ParseExecutionTest, ReadsJumpListsShortcutsAndTheCacheOfWindows7) {
  const auto link = LnkBuilder{}.local_path("C:\\a.txt").bytes();
  write("f01b4d95cf55d32a.automaticDestinations-ms",
        compound_file({{"1", link}, {"DestList", dest_list(4, {{.number = 1, .path = "C:\\a"}})}}));
  write("x.customDestinations-ms", custom_destinations({{"", {link}}}));
  write("a.lnk", link);
  write("RecentFileCache.bcf", recent_file_cache({"c:\\a.exe"}));
  EXPECT_EQ(parse({"f01b4d95cf55d32a.automaticDestinations-ms", "x.customDestinations-ms", "a.lnk",
                   "RecentFileCache.bcf"})
                .exit_code,
            0);
  ASSERT_EQ(records.size(), 4u);
  EXPECT_EQ(records[0].at("kind"), "jump_list_entry");
  EXPECT_EQ(records[0].at("app_id"), "f01b4d95cf55d32a");
  EXPECT_EQ(records[0].at("target"), "C:\\a.txt");
  EXPECT_EQ(records[1].at("list"), "custom");
  EXPECT_EQ(records[2].at("kind"), "lnk");
  EXPECT_EQ(records[2].at("target"), "C:\\a.txt");
  EXPECT_EQ(records[3].at("kind"), "recent_file_cache");
  EXPECT_EQ(records[3].at("path"), "c:\\a.exe");
}

}  // namespace
}  // namespace hozen
