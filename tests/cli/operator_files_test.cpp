// Lists that the operator gives with `collect`: read before anything else, and told in the bundle.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "collector/base/native_file.h"
#include "collector/base/text.h"
#include "collector/engine/bundle_reader.h"
#include "tests/builders/fake_windows.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using test::Ended;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class OperatorFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
    folder.make_folder("root");
    fake::FakeWindows windows;
    ASSERT_TRUE(windows.write_to(folder.text() + "/root"));
  }
  Ended collect(const std::vector<std::string>& options) {
    std::vector<std::string> arguments{"collect", "--root",  "root",     "--output",
                                       "out.zip", "--quiet", "--module", "run_keys"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return test::run_program(arguments, folder.text());
  }

  TempFolder folder;
};

TEST_F(OperatorFilesTest, WhatCannotBeUsedEndsTheRunBeforeItBegins) {
  folder.write("bad.txt", "# stolen\n1234\n");
  folder.write("bad.pem", "no certificate\n");
  const Ended line = collect({"--revoked", "bad.txt"});
  EXPECT_EQ(line.exit_code, 2);
  EXPECT_THAT(line.error, AllOf(HasSubstr("--revoked bad.txt"), HasSubstr("line 2")));
  const Ended root = collect({"--trust-roots", "bad.pem"});
  EXPECT_EQ(root.exit_code, 2);
  EXPECT_THAT(root.error, HasSubstr("--trust-roots bad.pem"));
  const Ended missing = collect({"--revoked", "nowhere.txt"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.error, HasSubstr("nowhere.txt"));
  folder.write("bad.yml", "nothing of a list\n");
  const Ended dlls = collect({"--hijacklibs", "bad.yml"});
  EXPECT_EQ(dlls.exit_code, 2);
  EXPECT_THAT(dlls.error, HasSubstr("--hijacklibs bad.yml"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "out.zip"));
}

TEST_F(OperatorFilesTest, TheBundleTellsWhatWasGiven) {
  folder.write("a.txt", std::string(40, 'a') + "\n" + std::string(40, 'b') + "\n");
  folder.write("b.txt", std::string(64, 'c'));
  folder.write("dlls.yml",
               "Name: version.dll\nVendor: Microsoft\nExpectedLocations:\n  - '%SYSTEM32%'\n"
               "VulnerableExecutables:\n  - Path: '%PROGRAMFILES%\\a\\a.exe'\n"
               "    Type: Sideloading\n");
  const Ended ended =
      collect({"--revoked", "a.txt", "--revoked", "b.txt", "--hijacklibs", "dlls.yml"});
  ASSERT_THAT(ended.exit_code, AnyOf(0, 1)) << ended.error;
  const auto file = open_native_file(folder.text() + "/out.zip");
  ASSERT_TRUE(file) << file.error().text();
  const auto bundle = BundleReader::open(**file);
  ASSERT_TRUE(bundle) << bundle.error().text();
  const auto& lists = bundle->manifest().collection.lists;
  ASSERT_THAT(lists, SizeIs(3));
  EXPECT_EQ(lists[0].use, "revoked");
  EXPECT_EQ(lists[0].file, "a.txt");
  EXPECT_EQ(lists[0].entries, 2u);
  EXPECT_EQ(lists[1].entries, 1u);
  EXPECT_EQ(lists[2].use, "hijacklibs");
  EXPECT_EQ(lists[2].entries, 1u);
  // printf 'c%.0s' {1..64} | sha256sum
  EXPECT_EQ(to_hex(lists[1].sha256),
            "52b6419d27bd7f547cee3b92f8c17a908b8a49601ecbec161e5030de1dfe9e0a");
}

}  // namespace
}  // namespace hozen
