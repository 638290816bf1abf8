// Files that an entry leads to in less usual ways: named in arguments, by a device, a stream, a
// library's bare name; and what is said of a folder and of a script that only administrators write.
#include <gtest/gtest.h>

#include "tests/modules/persistence_cases.h"

namespace hozen {
namespace {

constexpr std::string_view kRun = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run";
constexpr std::string_view kControl = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\";

fake::FakeWindows machine() {
  fake::FakeWindows windows;
  windows.user("alice");
  windows.program("C:\\Windows\\System32\\ftp.exe");
  return windows;
}

ModuleRun run_with(fake::FakeWindows& windows, const std::string& command) {
  windows.value(std::string{kRun}, "x", fake::sz(command));
  return run_module(modules::run_keys, windows);
}

TEST(NamedFiles, ArePreservedWhicheverProgramIsStarted) {
  for (const char* command :
       {"C:\\Windows\\System32\\ftp.exe -s:C:/Users/Public/e.txt",
        "cmd.exe /c set x=C:\\Users\\Public\\e.txt& call %x%",
        "cmd.exe /c,C:\\Users\\Public\\e.txt", "cmd.exe < C:\\Users\\Public\\e.txt",
        "cmd /c type C:\\Users\\Public\\e.txt | powershell -",
        "cmd /c for %i in (C:\\Users\\Public\\e.txt) do %i"}) {
    fake::FakeWindows windows = machine();
    windows.file("C:\\Users\\Public\\e.txt", "x");
    EXPECT_TRUE(run_with(windows, command).context->has_collected("C:\\Users\\Public\\e.txt"))
        << command;
  }
  fake::FakeWindows windows = machine();
  windows.file("C:\\Users\\Public\\e f.txt", "x");
  const ModuleRun run =
      run_with(windows, "ftp.exe C:\\Windows\\System32\\ftp.exe C:\\Users\\Public\\e f.txt -q");
  const auto* record = run.context->record({{"value_name", "x"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->json_of("named_files"), "[\"C:\\\\Users\\\\Public\\\\e f.txt\"]");
}

TEST(NamedFiles, AreCapped) {
  fake::FakeWindows windows = machine();
  std::string command = "ftp.exe";
  for (int i = 0; i < 20; ++i) {
    const std::string path = "C:\\Users\\Public\\" + std::to_string(i) + ".txt";
    windows.file(path, "x");
    command += " \"" + path + "\"";
  }
  const ModuleRun run = run_with(windows, command);
  EXPECT_TRUE(run.context->has_collected("C:\\Users\\Public\\7.txt"));
  EXPECT_FALSE(run.context->has_collected("C:\\Users\\Public\\8.txt"));
}

TEST(Devices, AVolumeIsTheDriveThatTheRegistryGivesItElseAFinding) {
  const std::string volume = "\\??\\Volume{11111111-2222-3333-4444-555555555555}";
  const std::string path = "\\\\?\\Volume{11111111-2222-3333-4444-555555555555}\\TMP\\a.exe";
  fake::FakeWindows windows = machine();
  windows.program("C:\\TMP\\a.exe");
  ModuleRun run = run_with(windows, path);
  EXPECT_NE(run.context->finding("run_keys.device_path"), nullptr);
  windows.value("HKLM\\SYSTEM\\MountedDevices", volume, fake::binary("01 02 03"))
      .value("HKLM\\SYSTEM\\MountedDevices", "\\DosDevices\\C:", fake::binary("01 02 03"));
  run = run_with(windows, path);
  EXPECT_EQ(run.context->finding("run_keys.device_path"), nullptr);
  EXPECT_TRUE(run.context->has_collected("C:\\TMP\\a.exe"));
  run = run_with(windows, "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume3\\TMP\\a.exe");
  const auto* finding = run.context->finding("run_keys.device_path");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(severity_of(*finding), Severity::low);
}

TEST(Streams, TheFileThatHoldsAnUnlistedStreamIsPreserved) {
  fake::FakeWindows windows = machine();
  windows.program("C:\\TMP\\a.exe");
  EXPECT_TRUE(run_with(windows, "C:\\TMP\\a.exe:ads.exe").context->has_collected("C:\\TMP\\a.exe"));
}

TEST(Folders, AreToldAsFolders) {
  fake::FakeWindows windows = machine();
  windows.program("C:\\Program Files\\Vendor\\sub\\a.exe");
  const ModuleRun run = run_with(windows, "\"C:\\Program Files\\Vendor\\sub\"");
  const auto* record = run.context->record({{"value_name", "x"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["image_existence"], "folder");
  EXPECT_EQ(run.context->finding("run_keys.missing_target"), nullptr);
}

TEST(ProtectedScripts, StayLowUnlessTheLineHidesWhatItDoes) {
  const std::string start =
      "powershell -NoProfile -ExecutionPolicy Bypass -WindowStyle Hidden -File ";
  const auto severity = [&](const std::string& script) {
    fake::FakeWindows windows = machine();
    windows.file(script, "x");
    const ModuleRun run = run_with(windows, start + "\"" + script + "\"");
    EXPECT_EQ(run.context->findings.size(), 1u);
    return severity_of(run.context->findings.at(0));
  };
  EXPECT_EQ(severity("C:\\Program Files\\Corp\\inventory.ps1"), Severity::low);
  EXPECT_GE(severity("C:\\Users\\Public\\inventory.ps1"), Severity::medium);
}

TEST(Libraries, ThatAValueNamesWithoutAFolderAreFound) {
  fake::FakeWindows windows = machine();
  windows.program("C:\\Windows\\System32\\evil.dll");
  windows.program("C:\\Windows\\System32\\spool\\prtprocs\\x64\\evilpp.dll");
  windows.program("C:\\TMP\\ie.exe");
  windows.file("C:\\TMP\\x.sct", "x");
  windows
      .value(std::string{kControl} + "Session Manager\\SubSystems", "Windows",
             fake::expand_sz("%SystemRoot%\\system32\\csrss.exe ServerDll=evil,1"))
      .value(std::string{kControl} + "Print\\Environments\\Windows x64\\Print Processors\\p",
             "Driver", fake::sz("evilpp.dll"))
      .value(
          "HKLM\\SOFTWARE\\Microsoft\\Internet Explorer\\Extensions\\"
          "{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}",
          "Exec", fake::sz("C:\\TMP\\ie.exe"))
      .value("HKLM\\SOFTWARE\\Classes\\CLSID\\{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}\\ScriptletURL",
             "", fake::sz("file:///C:/TMP/x.sct"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  for (const char* path : {"C:\\Windows\\System32\\evil.dll",
                           "C:\\Windows\\System32\\spool\\prtprocs\\x64\\evilpp.dll",
                           "C:\\TMP\\ie.exe", "C:\\TMP\\x.sct"})
    EXPECT_TRUE(run.context->has_collected(path)) << path;
}

TEST(Lists, ABlankInsideAPathSeparatesNothing) {
  const std::string key = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Windows";
  const auto lines = [&](const char* text, bool present) {
    fake::FakeWindows windows = machine();
    if (present) windows.program("C:\\Program Files\\My App\\a b.exe");
    windows.value(key, "Load", fake::sz(text));
    const ModuleRun run = run_module(modules::autostarts, windows);
    std::vector<std::string> found;
    for (const auto& record : run.context->records)
      if (record["location"] == "windows_load_run") found.push_back(record["command_line"]);
    return found;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(lines("C:\\Program Files\\My App\\a b.exe", true),
            Texts{"C:\\Program Files\\My App\\a b.exe"});
  EXPECT_EQ(lines("C:\\Program Files\\My App\\a.exe calc.exe", false),
            (Texts{"C:\\Program Files\\My App\\a.exe", "calc.exe"}));
  EXPECT_EQ(lines("C:\\a.exe C:\\b.exe,c.exe sub\\d.exe", false),
            (Texts{"C:\\a.exe", "C:\\b.exe", "c.exe", "sub\\d.exe"}));
}

}  // namespace
}  // namespace hozen
