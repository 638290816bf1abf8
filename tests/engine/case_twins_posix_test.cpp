// A whole run over a tree that only a case-sensitive file system can hold: nothing of it is lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "collector/engine/embedded_profiles.h"
#include "collector/source/folder_source.h"
#include "tests/builders/fake_windows.h"
#include "tests/builders/temp_folder.h"
#include "tests/engine/run_bundle.h"

namespace hozen {
namespace {

using test::Json;
using test::RunBundle;

const std::string kStartup = "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup/";

RunBundle run(const TempFolder& folder, std::string_view target) {
  const auto source = make_folder_source(folder.text());
  EXPECT_TRUE(source) << source.error().text();
  const std::vector<ProfileText> texts{*embedded_profile_text(embedded_profiles(), "persistence")};
  ProfileReading reading = read_profiles(texts, embedded_profiles(), known_modules(all_modules()));
  EXPECT_TRUE(reading.problems.empty());
  test::RunSetup setup;
  setup.options.profile = std::move(reading.profile);
  FileTarget more;
  more.pattern = *parse_path_pattern(target);
  more.category = "more";
  setup.options.profile.targets.push_back(std::move(more));
  setup.modules = {all_modules().begin(), all_modules().end()};
  return test::run_bundle(**source, setup);
}

/// The bytes that the bundle preserves of the file at exactly this path.
std::string preserved(const RunBundle& bundle, const std::string& path) {
  for (const Json& row : bundle.rows("artifacts"))
    if (row["path"] == path && row.contains("entry"))
      return bundle.entries.at(row["entry"].get<std::string>());
  return "(not preserved)";
}

/// The record of the startup item at exactly this path.
Json startup_item(const RunBundle& bundle, const std::string& path) {
  for (const Json& row : bundle.rows("records/run_keys"))
    if (row["kind"] == "startup_item" &&
        test::dumped(row).find(test::dumped(Json(path))) != std::string::npos)
      return row;
  return {};
}

std::string problems(const RunBundle& bundle) {
  std::string all;
  for (const Json& row : bundle.rows("records/problems")) all += test::dumped(row) + "\n";
  return all;
}

TEST(CaseTwins, FilesThatDifferInCaseOnlyAreBothPreserved) {
  const TempFolder folder;
  fake::FakeWindows windows;
  windows.user("alice");
  windows.value("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run", "m",
                fake::sz("C:\\tools\\tOOL.exe"));
  ASSERT_TRUE(windows.write_to(folder.text()));
  folder.write("Users/alice/" + kStartup + "Case.exe", "one");
  folder.write("Users/alice/" + kStartup + "CASE.EXE", "two");
  folder.write("Users/alice/note.txt", "three");
  folder.write("Users/alice/NOTE.txt", "four");
  folder.write("tools/Tool.exe", "five");
  folder.write("tools/TOOL.exe", "six");
  const RunBundle bundle = run(folder, "%UserProfile%\\note.txt");
  ASSERT_FALSE(bundle.error);
  const std::string startup =
      "C:\\Users\\alice\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup\\";
  EXPECT_EQ(preserved(bundle, startup + "Case.exe"), "one");
  EXPECT_EQ(preserved(bundle, startup + "CASE.EXE"), "two");
  EXPECT_EQ(startup_item(bundle, startup + "Case.exe")["user"]["name"], "alice");
  EXPECT_EQ(startup_item(bundle, startup + "CASE.EXE")["user"]["name"], "alice");
  EXPECT_EQ(preserved(bundle, "C:\\Users\\alice\\note.txt"), "three");
  EXPECT_EQ(preserved(bundle, "C:\\Users\\alice\\NOTE.txt"), "four");
  // What the command means is not clear: the first is taken, and that is said.
  EXPECT_EQ(preserved(bundle, "C:\\tools\\TOOL.exe"), "six");
  EXPECT_NE(problems(bundle).find("TOOL.exe is taken, not"), std::string::npos);
}

TEST(CaseTwins, FoldersThatDifferInCaseOnlyAreBothWalked) {
  const TempFolder folder;
  fake::FakeWindows windows;
  windows.user("alice").user("zed");
  windows.value("HKU\\zed\\Software\\Microsoft\\Windows\\CurrentVersion\\Run", "r",
                fake::sz("C:\\Users\\zed\\run.exe"));
  windows.file("C:\\Users\\zed\\run.exe", "run");
  ASSERT_TRUE(windows.write_to(folder.text()));
  const auto root = folder.path();
  std::filesystem::create_directory(root / "users");
  std::filesystem::rename(root / "Users/zed", root / "users/zed");
  folder.write("Users/alice/" + kStartup + "a.exe", "one");
  folder.write("users/alice/" + kStartup + "a.exe", "two");
  folder.write("Users/alice/appdata/roaming/Microsoft/Windows/Start Menu/Programs/Startup/b.exe",
               "three");
  folder.write("programdata/Microsoft/Windows/Start Menu/Programs/Startup/c.exe", "four");
  folder.write("ProgramData/x", "");
  folder.write("Users/bob/note.txt", "five");
  folder.write("users/bob/note.txt", "six");
  const RunBundle bundle = run(folder, "C:\\Users\\*\\note.txt");
  ASSERT_FALSE(bundle.error);

  const std::string startup = "\\Microsoft\\Windows\\Start Menu\\Programs\\Startup\\";
  const std::string own = "C:\\Users\\alice\\AppData\\Roaming" + startup + "a.exe";
  const std::string other = "C:\\users\\alice\\AppData\\Roaming" + startup + "a.exe";
  const std::string lower = "C:\\Users\\alice\\appdata\\roaming" + startup + "b.exe";
  const std::string common = "C:\\programdata" + startup + "c.exe";
  EXPECT_EQ(preserved(bundle, own), "one");
  EXPECT_EQ(preserved(bundle, other), "two");
  EXPECT_EQ(preserved(bundle, lower), "three");
  EXPECT_EQ(preserved(bundle, common), "four");
  EXPECT_EQ(startup_item(bundle, own)["user"]["sid"], windows.sid_of("alice"));
  EXPECT_FALSE(startup_item(bundle, other)["user"].contains("sid"));  // nobody's profile
  EXPECT_EQ(startup_item(bundle, lower)["user"]["sid"], windows.sid_of("alice"));
  EXPECT_FALSE(startup_item(bundle, common).is_null());
  EXPECT_EQ(preserved(bundle, "C:\\Users\\bob\\note.txt"), "five");
  EXPECT_EQ(preserved(bundle, "C:\\users\\bob\\note.txt"), "six");
  // ProfileList and the Run value say C:\Users\zed.
  EXPECT_EQ(preserved(bundle, "C:\\users\\zed\\run.exe"), "run");
  const auto records = bundle.rows("records/run_keys");
  EXPECT_TRUE(std::any_of(records.begin(), records.end(), [&](const Json& row) {
    return test::dumped(row).find("HKU\\\\" + windows.sid_of("zed") + "\\\\Software") !=
           std::string::npos;
  }));
}

}  // namespace
}  // namespace hozen
