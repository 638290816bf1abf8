// Deleted files of an image through the program: collected, verified, unpacked, and not taken for
// files that are there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "collector/base/bytes.h"
#include "tests/builders/file_text.h"
#include "tests/builders/ntfs_builder.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using builders::NtfsBuilder;
using test::Ended;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class DeletedFilesCommand : public testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
    folder.write("mine.xml", R"(<?xml version="1.0" encoding="UTF-8"?>
<profile version="1" summary="Deleted files">
  <module name="deleted_files"/>
  <target category="programs" reason="Tools"><path>%EveryVolume%\Users\**\*.exe</path></target>
</profile>)");
  }
  Ended run(const std::vector<std::string>& arguments) {
    return test::run_program(arguments, folder.text());
  }
  Ended collect(const std::string& what, const std::string& of, const std::string& output) {
    folder.make_folder(output);
    return run({"collect", what, of, "--profile", "mine.xml", "--output", output, "--case", "1",
                "--operator", "x"});
  }
  std::string bundle_in(const std::string& output) const {
    for (const auto& entry : fs::directory_iterator{folder.path() / output})
      if (entry.path().extension() == ".zip")
        return output + "/" + entry.path().filename().string();
    return {};
  }

  TempFolder folder;
};

TEST_F(DeletedFilesCommand, AreCollectedVerifiedAndUnpackedApart) {
  NtfsBuilder disk;
  const auto users = disk.folder(disk.root(), "Users");
  const auto evil = disk.file(users, "evil.exe", std::string(3000, 'e'));
  disk.file(users, "kept.exe", std::string(2000, 'k'));
  disk.remove(evil).bitmap({});
  const auto volume = disk.volume();
  folder.write("disk.dd", Bytes{volume}.chars());
  const Ended collected = collect("--image", "disk.dd", "out");
  EXPECT_LE(collected.exit_code, 1) << collected.error;
  const std::string bundle = bundle_in("out");
  ASSERT_NE(bundle, "") << collected.error;
  EXPECT_EQ(run({"verify", bundle}).exit_code, 0);
  const Ended unpacked = run({"extract", bundle, "files"});
  EXPECT_EQ(unpacked.exit_code, 0) << unpacked.error << unpacked.output;
  EXPECT_THAT(unpacked.output, HasSubstr("1 deleted file of them"));
  const std::string place = "deleted/C/" + std::to_string(evil.record) + "-2/Users/evil.exe";
  EXPECT_EQ(test::file_text(folder.path() / "files" / place), std::string(3000, 'e'));
  EXPECT_TRUE(fs::exists(folder.path() / "files/C/Users/kept.exe"));
  EXPECT_FALSE(fs::exists(folder.path() / "files/C/Users/evil.exe"));
  // Again, from the folder: the deleted file is none of it.
  const Ended again = collect("--root", "files", "again");
  const std::string second = bundle_in("again");
  ASSERT_NE(second, "") << again.error;
  const Ended listed = run({"extract", second, "second"});
  EXPECT_TRUE(fs::exists(folder.path() / "second/C/Users/kept.exe")) << listed.output;
  for (const auto& entry : fs::recursive_directory_iterator{folder.path() / "second"})
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr("evil"))) << entry.path();
}

TEST_F(DeletedFilesCommand, AreNoVolumeOfAFolder) {
  folder.write("files/deleted/C/70-2/Users/evil.exe", "x");
  const Ended alone = collect("--root", "files", "out");
  EXPECT_EQ(alone.exit_code, 4);
  EXPECT_THAT(alone.error, HasSubstr("only deleted files"));
  // A folder that is only called so is read.
  folder.write("other/deleted/C/70-x/Users/evil.exe", "x");
  const Ended read = collect("--root", "other", "other out");
  EXPECT_LE(read.exit_code, 1) << read.error;
}

}  // namespace
}  // namespace hozen
