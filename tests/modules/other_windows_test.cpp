// A second Windows in the evidence: its entries are read as it meant them, judged as those of any
// Windows, and never taken for those of the first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/modules/persistence_cases.h"

namespace hozen {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kVersion = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
constexpr std::string_view kWinlogon =
    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon";
constexpr std::string_view kRun = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run";

/// Where a Windows that called its folder C:\Windows lies in the evidence.
struct Place {
  const char *volume, *folder, *beside;
};
constexpr Place kPlaces[] = {{"C:", "Windows.old\\Windows", "C:\\Windows.old"},
                             {"D:", "Windows", "D:"},
                             {"volume1", "Windows", "volume1"}};

/// With what every Windows has in its registry, spelled out as some write it.
fake::FakeWindows ordinary(const Place& place) {
  fake::FakeWindows windows{{.volume = place.volume, .windows_folder = place.folder}};
  windows.value(kVersion, "SystemRoot", fake::sz("C:\\Windows"))
      .value("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion", "ProgramFilesDir",
             fake::sz("C:\\Program Files"))
      .value(kWinlogon, "Userinit", fake::sz("C:\\Windows\\system32\\userinit.exe,"))
      .value(kWinlogon, "Shell", fake::sz("explorer.exe"))
      .value("HKLM\\SOFTWARE\\Microsoft\\Active Setup\\Installed Components\\{1}", "StubPath",
             fake::sz("C:\\Windows\\System32\\Rundll32.exe "
                      "C:\\Windows\\System32\\mscories.dll,Install"))
      .value(kRun, "ctfmon", fake::sz("C:\\Windows\\System32\\ctfmon.exe"))
      .value(kRun, "nv", fake::sz("rundll32.exe C:\\Windows\\System32\\nvspcap64.dll,x"))
      .value(kRun, "vendor", fake::sz("\"C:\\Program Files\\V\\v.exe\" -x"));
  const std::string beside{place.beside};
  for (const char* file : {"Windows\\explorer.exe", "Windows\\System32\\userinit.exe",
                           "Windows\\System32\\rundll32.exe", "Windows\\System32\\mscories.dll",
                           "Windows\\System32\\ctfmon.exe", "Windows\\System32\\nvspcap64.dll",
                           "Program Files\\V\\v.exe"})
    windows.program(beside + "\\" + file);
  return windows;
}

std::vector<ModuleRun> both_modules(const fake::FakeWindows& windows) {
  std::vector<ModuleRun> runs;
  runs.push_back(run_module(modules::run_keys, windows));
  runs.push_back(run_module(modules::autostarts, windows));
  return runs;
}

TEST(OtherWindows, ItsOrdinaryEntriesAreNoFindings) {
  for (const Place& place : kPlaces)
    for (const bool second : {false, true}) {
      fake::FakeWindows windows = ordinary(place);
      if (second) {
        windows = ordinary({"C:", "Windows", "C:"});
        windows.merge(ordinary(place));
      }
      for (const ModuleRun& run : both_modules(windows)) {
        EXPECT_FALSE(run.context->records.empty());
        for (const Finding& finding : run.context->findings)
          EXPECT_LT(severity_of(finding), Severity::medium)
              << place.beside << ": " << fake::summary_of(run.context->findings);
      }
    }
}

TEST(OtherWindows, ItsEntriesLeadToItsOwnFiles) {
  fake::FakeWindows windows = ordinary({"C:", "Windows", "C:"});
  windows.merge(ordinary(kPlaces[0]));
  const ModuleRun run = run_module(modules::run_keys, windows);
  const auto* record =
      run.context->record({{"value_name", "vendor"}, {"installation", "C:\\Windows.old\\Windows"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["target"], "C:\\Windows.old\\Program Files\\V\\v.exe");
  EXPECT_EQ((*record)["command_line"], "\"C:\\Program Files\\V\\v.exe\" -x");
  EXPECT_TRUE(run.context->has_collected("C:\\Windows.old\\Program Files\\V\\v.exe"));
}

TEST(OtherWindows, ItsFindingsSayWhoseTheyAre) {
  fake::FakeWindows windows = ordinary({"C:", "Windows", "C:"});
  fake::FakeWindows old = ordinary(kPlaces[0]);
  for (fake::FakeWindows* one : {&windows, &old})
    one->value(kWinlogon, "Shell", fake::sz("C:\\Users\\Public\\evil.exe"));
  windows.merge(old);
  const ModuleRun run = run_module(modules::autostarts, windows);
  std::vector<std::string> subjects;
  for (const Finding& finding : run.context->findings)
    if (finding.subject.find("evil.exe") != std::string::npos) subjects.push_back(finding.subject);
  ASSERT_EQ(subjects.size(), 2u) << fake::summary_of(run.context->findings);
  EXPECT_THAT(subjects, testing::UnorderedElementsAre(
                            StartsWith("HKLM\\"), StartsWith("C:\\Windows.old\\Windows: HKLM\\")));
}

TEST(OtherWindows, AProgramOfAnotherVolumeIsNoDefault) {
  for (const Place& place : {Place{"C:", "Windows", "C:"}, kPlaces[1]}) {
    fake::FakeWindows windows = ordinary(place);
    const bool of_c = std::string_view{place.volume} == "C:";
    const std::string evil = of_c ? "D:\\Windows\\explorer.exe" : "E:\\Windows\\explorer.exe";
    windows.volume(evil.substr(0, 2)).program(evil);
    for (const std::string& shell : {evil, std::string{"D:\\Windows\\explorer.exe"}}) {
      windows.value(kWinlogon, "Shell", fake::sz(shell));
      const ModuleRun run = run_module(modules::autostarts, windows);
      const Finding* finding = run.context->finding("autostarts.winlogon_shell");
      ASSERT_NE(finding, nullptr) << shell << fake::summary_of(run.context->findings);
      EXPECT_GE(severity_of(*finding), Severity::medium);
      EXPECT_EQ(run.context->has_collected(evil), shell == evil) << shell;
    }
  }
}

TEST(OtherWindows, RunKeysOfAnotherVolumeAreNoProgramsOfWindows) {
  for (const char* file : {"D:\\Windows\\System32\\x.exe", "D:\\Program Files\\V\\x.exe"}) {
    fake::FakeWindows windows;
    windows.volume("D:").program(file);
    windows.value(kRun, "x", fake::sz(file));
    const ModuleRun run = run_module(modules::run_keys, windows);
    const Finding* finding = run.context->finding("run_keys.writable_location");
    ASSERT_NE(finding, nullptr) << file;
    EXPECT_THAT(finding->why[0].fact, HasSubstr("on which this Windows does not lie"));
  }
}

TEST(DefaultShell, OfSystem32IsNone) {
  for (const char* shell : {"C:\\Windows\\System32\\explorer.exe", "explorer.exe"}) {
    fake::FakeWindows windows;
    windows.program("C:\\Windows\\System32\\explorer.exe");
    windows.program("C:\\Windows\\explorer.exe");
    windows.value(kWinlogon, "Shell", fake::sz(shell));
    const ModuleRun run = run_module(modules::autostarts, windows);
    ASSERT_EQ(run.context->findings.size(), 1u) << shell;
    EXPECT_GE(severity_of(run.context->findings[0]), Severity::medium) << shell;
    EXPECT_TRUE(run.context->has_collected("C:\\Windows\\System32\\explorer.exe")) << shell;
  }
  fake::FakeWindows windows;
  windows.program("C:\\Windows\\explorer.exe");
  windows.value(kWinlogon, "Shell", fake::sz("explorer.exe"));
  EXPECT_TRUE(run_module(modules::autostarts, windows).context->findings.empty());
}

}  // namespace
}  // namespace hozen
