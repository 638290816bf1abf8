// Entries that name a folder: recorded as a folder, never as a file that the name could be
// completed to; what lies in it is preserved where it is not Windows' own.
#include <gtest/gtest.h>

#include "tests/modules/persistence_cases.h"

namespace hozen {
namespace {

constexpr std::string_view kKnown =
    "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\KnownDLLs";
constexpr std::string_view kWord = "HKU\\alice\\Software\\Microsoft\\Office\\16.0\\Word\\Options";
constexpr std::string_view kExcel = "HKU\\alice\\Software\\Microsoft\\Office\\16.0\\Excel\\Options";

fake::FakeWindows machine() {
  fake::FakeWindows windows;
  windows.user("alice");
  windows.program("C:\\Users\\Public\\known\\kernel32.dll");
  windows.program("C:\\Users\\Public.dll");
  windows.file("C:\\Users\\Public\\w\\start.dotm", "macros");
  windows.file("C:\\Users\\Public\\w\\below\\deep.dotm", "macros");
  windows.program("C:\\Users\\Public\\w.exe");
  windows.file("C:\\Users\\alice\\AppData\\Roaming\\Microsoft\\Word\\STARTUP\\own.dotm", "macros");
  return windows;
}

std::size_t count(const ModuleRun& run, std::string_view kind, std::string_view location) {
  return static_cast<std::size_t>(std::count_if(
      run.context->records.begin(), run.context->records.end(), [&](const fake::Record& record) {
        return record.kind == kind && record["location"] == location;
      }));
}

TEST(AutostartFolders, TheFoldersOfKnownDllsAreNoLibraries) {
  fake::FakeWindows windows = machine();
  windows.value(std::string{kKnown}, "DllDirectory", fake::expand_sz("%SystemRoot%\\system32"));
  windows.value(std::string{kKnown}, "DllDirectory32", fake::sz("C:\\Windows\\syswow64"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  EXPECT_EQ(fake::summary_of(run.context->findings), "");
  const auto* record =
      run.context->record({{"location", "known_dlls_folders"}, {"value_name", "DllDirectory"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["image"], "C:\\Windows\\system32");
  EXPECT_EQ((*record)["image_existence"], "exists");
  EXPECT_EQ((*record)["default_value"], "true");
  EXPECT_EQ(count(run, "autostart_file", "known_dlls_folders"), 0u);
  EXPECT_EQ(run.context->record({{"location", "known_dlls"}, {"value_name", "DllDirectory"}}),
            nullptr);
}

TEST(AutostartFolders, AnotherFolderOfKnownDllsIsAFindingAndItsFilesArePreserved) {
  fake::FakeWindows windows = machine();
  windows.value(std::string{kKnown}, "DllDirectory", fake::sz("C:\\Users\\Public\\known"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  ASSERT_EQ(run.context->findings.size(), 1u) << fake::summary_of(run.context->findings);
  EXPECT_EQ(run.context->findings[0].rule, "autostarts.known_dlls_folders");
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::medium);
  EXPECT_TRUE(run.context->has_collected("C:\\Users\\Public\\known\\kernel32.dll"));
  EXPECT_NE(run.context->record({{"location", "known_dlls_folders"},
                                 {"path", "C:\\Users\\Public\\known\\kernel32.dll"}}),
            nullptr);
  EXPECT_TRUE(run.context->notes.empty());
}

TEST(AutostartFolders, AFolderIsNotTakenForTheProgramBesideIt) {
  fake::FakeWindows windows = machine();
  windows.value(std::string{kKnown}, "DllDirectory", fake::sz("C:\\Users\\Public"));
  windows.value(std::string{kWord}, "STARTUP-PATH", fake::sz("C:\\Users\\Public\\w"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  EXPECT_FALSE(run.context->has_collected("C:\\Users\\Public.dll"));
  // It lies in the other folder, and is recorded as a file of that one.
  EXPECT_TRUE(run.context->has_collected("C:\\Users\\Public\\w.exe"));
  const auto* record =
      run.context->record({{"location", "office_startup_folders"}, {"value_name", "STARTUP-PATH"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["image"], "C:\\Users\\Public\\w");
  EXPECT_EQ((*record)["image_existence"], "exists");
}

TEST(AutostartFolders, FilesOfWordsStartupFolderArePreserved) {
  fake::FakeWindows windows = machine();
  windows.value(std::string{kWord}, "STARTUP-PATH", fake::sz("C:\\Users\\Public\\w"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  ASSERT_EQ(run.context->findings.size(), 1u) << fake::summary_of(run.context->findings);
  EXPECT_EQ(run.context->findings[0].rule, "autostarts.office_startup_folders");
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::low);
  EXPECT_TRUE(run.context->has_collected("C:\\Users\\Public\\w\\start.dotm"));
  EXPECT_FALSE(run.context->has_collected("C:\\Users\\Public\\w\\below\\deep.dotm"));
  EXPECT_FALSE(run.context->has_collected("C:\\Users\\Public\\w.exe"));
  const auto* file = run.context->record(
      {{"location", "office_startup_folders"}, {"path", "C:\\Users\\Public\\w\\start.dotm"}});
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->kind, "autostart_file");
  EXPECT_EQ(file->user_name, "alice");
}

TEST(AutostartFolders, WordsUsualFolderIsNoFinding) {
  for (const auto* folder : {"%APPDATA%\\Microsoft\\Word\\STARTUP",
                             "C:\\Users\\alice\\AppData\\Roaming\\Microsoft\\Word\\STARTUP"}) {
    fake::FakeWindows windows = machine();
    windows.value(std::string{kWord}, "STARTUP-PATH", fake::expand_sz(folder));
    const ModuleRun run = run_module(modules::autostarts, windows);
    EXPECT_EQ(fake::summary_of(run.context->findings), "") << folder;
    EXPECT_EQ(count(run, "autostart_file", "office_startup_folders"), 0u) << folder;
    EXPECT_EQ(count(run, "autostart_file", "office_startup_files"), 1u) << folder;
  }
}

TEST(AutostartFolders, AFolderThatIsNotThereIsSaidToBeMissing) {
  fake::FakeWindows windows = machine();
  windows.value(std::string{kExcel}, "AltStartup", fake::sz("C:\\Users\\Public\\gone"));
  windows.program("C:\\Users\\Public\\gone.exe");
  windows.program("C:\\Users\\Public\\x.exe");
  const ModuleRun run = run_module(modules::autostarts, windows);
  const auto* record =
      run.context->record({{"location", "office_startup_folders"}, {"value_name", "AltStartup"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["image"], "C:\\Users\\Public\\gone");
  EXPECT_EQ((*record)["image_existence"], "missing");
  EXPECT_FALSE(run.context->has_collected("C:\\Users\\Public\\gone.exe"));
  EXPECT_TRUE(run.context->notes.empty());
}

TEST(AutostartFolders, AFolderOnAShareIsNamedAndNotLookedFor) {
  fake::FakeWindows windows = machine();
  windows.value(std::string{kWord}, "STARTUP-PATH", fake::sz("\\\\server\\share\\word"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  ASSERT_EQ(run.context->findings.size(), 1u) << fake::summary_of(run.context->findings);
  const auto* record =
      run.context->record({{"location", "office_startup_folders"}, {"value_name", "STARTUP-PATH"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["image_existence"], "unknown");
  EXPECT_TRUE(run.context->notes.empty());
}

TEST(AutostartFolders, ManyMissingFilesOfOneFolderCostOneLookIntoIt) {
  fake::FakeWindows windows = machine();
  for (int i = 0; i < 200; ++i)
    windows.value("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32",
                  "x" + std::to_string(i),
                  fake::sz("C:\\Users\\Public\\known\\gone" + std::to_string(i) + ".dll"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  const auto* record = run.context->record({{"value_name", "x199"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["image_existence"], "missing");
  EXPECT_LT(run.machine.source->walked(), 150u);
}

}  // namespace
}  // namespace hozen
