// Autostart settings in files, and what is said of an entry beside its score.
#include <gtest/gtest.h>

#include "tests/modules/persistence_cases.h"

namespace hozen {
namespace {

fake::FakeWindows one_user() {
  fake::FakeWindows windows;
  windows.user("alice");
  return windows;
}

TEST(Autostarts, ProcessExplorerMayReplaceTheTaskManagerWhereverItLies) {
  const std::string key =
      "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options\\";
  struct Case {
    const char *program, *debugger;
    Severity severity;
  };
  const Case cases[] = {
      {"taskmgr.exe", "\"C:\\Tools\\procexp64.exe\"", Severity::low},
      {"taskmgr.exe", "C:\\Tools\\PROCEXP.EXE", Severity::low},
      {"taskmgr.exe", "C:\\Tools\\evil.exe", Severity::high},
      {"taskmgr.exe", "C:\\Tools\\procexp\\evil.exe", Severity::high},
      {"taskmgr.exe", "C:\\Tools\\evil.exe procexp.exe", Severity::high},
      {"taskmgr.exe", "cmd /c C:\\Tools\\procexp.exe", Severity::high},
      {"lsass.exe", "C:\\Tools\\procexp64.exe", Severity::high},
  };
  for (const Case& one : cases) {
    fake::FakeWindows windows = one_user();
    for (const char* file : {"procexp64.exe", "procexp.exe", "evil.exe", "procexp\\evil.exe"})
      windows.program("C:\\Tools\\" + std::string{file});
    windows.value(key + one.program, "Debugger", fake::sz(one.debugger));
    const ModuleRun run = run_module(modules::autostarts, windows);
    const Finding* finding = run.context->finding("autostarts.ifeo_debugger");
    ASSERT_NE(finding, nullptr) << one.debugger;
    EXPECT_EQ(severity_of(*finding), one.severity)
        << one.debugger << fake::summary_of(run.context->findings);
  }
}

TEST(Autostarts, NobodyIsSentToACopyThatWasNotMade) {
  const std::string processors =
      "HKLM\\SYSTEM\\ControlSet001\\Control\\Print\\Environments\\Windows x64\\Print Processors\\p";
  struct Case {
    const char *file, *driver, *next;
  };
  const Case cases[] = {
      {"C:\\Windows\\System32\\spool\\prtprocs\\x64\\e.dll", "e.dll", "The preserved target file"},
      {"C:\\Windows\\System32\\spool\\prtprocs\\x64\\e.dll", "gone.dll",
       "Deleted files of that path"},
      {"C:\\Windows\\System32\\spool\\prtprocs\\x64\\e.dll", "%NONE%\\e.dll", "The entry itself"},
  };
  for (const Case& one : cases) {
    fake::FakeWindows windows = one_user();
    windows.program(one.file);
    windows.value(processors, "Driver", fake::sz(one.driver));
    const ModuleRun run = run_module(modules::autostarts, windows);
    ASSERT_FALSE(run.context->findings.empty()) << one.driver;
    for (const auto& finding : run.context->findings) {
      ASSERT_FALSE(finding.next.empty());
      EXPECT_EQ(finding.next[0].find(one.next), 0u)
          << one.driver << ": " << finding.rule << ' ' << finding.next[0];
    }
  }
}

TEST(Autostarts, IniSettingsCountInTheirSectionOnly) {
  fake::FakeWindows windows = one_user();
  windows.program("C:\\Users\\Public\\evil.exe");
  windows.file(
      "C:\\Windows\\win.ini",
      "; for 16-bit app support\r\nload=a.exe\r\n[MyApp]\r\nrun=1\r\nload=yes\r\n[boot]\r\n"
      "shell=foo.exe\r\n[Windows]\r\nload=\r\nrun=C:\\Users\\Public\\evil.exe\r\n");
  windows.file("C:\\Windows\\system.ini",
               "[app]\r\nshell=x\r\n[windows]\r\nrun=y.exe\r\n[BOOT]\r\n"
               "shell=explorer.exe C:\\Users\\Public\\evil.exe\r\n");
  const ModuleRun run = run_module(modules::autostarts, windows);
  std::string lines;
  for (const auto& record : run.context->records)
    if (record.kind == "autostart_file" && record.json_of("line") != "null")
      lines += record["section"] + " " + record["line"] + "=" + record["command_line"] + "\n";
  EXPECT_EQ(lines,
            "Windows load=\nWindows run=C:\\Users\\Public\\evil.exe\n"
            "BOOT shell=explorer.exe C:\\Users\\Public\\evil.exe\n");
  const Finding* shell = run.context->finding("autostarts.system_ini_shell");
  ASSERT_NE(shell, nullptr) << fake::summary_of(run.context->findings);
  EXPECT_GE(severity_of(*shell), Severity::medium);
  EXPECT_EQ(shell->subject.find("C:\\Windows\\system.ini [BOOT] shell"), 0u) << shell->subject;
  const Finding* started = run.context->finding("autostarts.startup_ini_files");
  ASSERT_NE(started, nullptr);
  EXPECT_GE(severity_of(*started), Severity::medium);
}

TEST(Autostarts, TheOrdinaryShellOfSystemIniIsNoFinding) {
  for (const char* shell : {"Explorer.exe", "C:\\Windows\\explorer.exe", ""}) {
    fake::FakeWindows windows = one_user();
    windows.file("C:\\Windows\\system.ini", "[boot]\r\nshell=" + std::string{shell} + "\r\n");
    const ModuleRun run = run_module(modules::autostarts, windows);
    EXPECT_EQ(fake::summary_of(run.context->findings), "") << shell;
  }
}

}  // namespace
}  // namespace hozen
