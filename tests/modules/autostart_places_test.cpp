// Where an entry stands and where it leads: control sets, scripts of group policy, the 32-bit twins
// of programs.
#include <gtest/gtest.h>

#include "tests/modules/persistence_cases.h"

namespace hozen {
namespace {

constexpr std::string_view kScripts =
    "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\System\\Scripts\\Startup\\0";
constexpr std::string_view kRun32 =
    "HKLM\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Run";

fake::FakeWindows machine() {
  fake::FakeWindows windows;
  windows.user("alice");
  return windows;
}

TEST(AutostartControlSets, TheSetOfTheNextStartIsJudgedToo) {
  fake::FakeWindows windows = machine();
  windows.program("C:\\TMP\\a.dll");
  windows.value("HKLM\\SYSTEM\\Select", "Default", fake::dword(2));
  windows.value("HKLM\\SYSTEM\\ControlSet002\\Control\\Session Manager\\AppCertDlls", "x",
                fake::sz("C:\\TMP\\a.dll"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  ASSERT_EQ(run.context->findings.size(), 1u) << fake::summary_of(run.context->findings);
  const Finding& finding = run.context->findings[0];
  EXPECT_EQ(finding.rule, "autostarts.app_cert_dlls");
  EXPECT_TRUE(finding.title.starts_with("At the next start: ")) << finding.title;
  EXPECT_NE(finding.subject.find("ControlSet002"), std::string::npos) << finding.subject;
  EXPECT_NE(finding.why.back().fact.find("control set 2"), std::string::npos);
  EXPECT_EQ(finding.why.back().weight, 0);
}

/// A library in AppCertDlls of ControlSet002, which is neither the current set nor the next one;
/// `current`: what ControlSet001 has there.
std::vector<Finding> findings_of_former_set(const char* current,
                                            std::uint32_t last_known_good = 2) {
  constexpr std::string_view kDlls = "\\Control\\Session Manager\\AppCertDlls";
  fake::FakeWindows windows = machine();
  windows.program("C:\\TMP\\a.dll");
  windows.value("HKLM\\SYSTEM\\Select", "LastKnownGood", fake::dword(last_known_good));
  windows.value("HKLM\\SYSTEM\\ControlSet002" + std::string{kDlls}, "x",
                fake::sz("C:\\TMP\\a.dll"));
  if (current != nullptr)
    windows.value("HKLM\\SYSTEM\\ControlSet001" + std::string{kDlls}, "x", fake::sz(current));
  std::vector<Finding> found;
  const ModuleRun run = run_module(modules::autostarts, windows);
  for (const Finding& finding : run.context->findings)
    if (finding.subject.find("ControlSet002") != std::string::npos) found.push_back(finding);
  return found;
}

TEST(AutostartControlSets, WhatOnlyASetThatIsNotInUseHasIsLow) {
  for (const char* current : {static_cast<const char*>(nullptr), "C:\\TMP\\b.dll"}) {
    const auto found = findings_of_former_set(current);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].rule, "autostarts.app_cert_dlls");
    EXPECT_EQ(severity_of(found[0]), Severity::low);
    EXPECT_GE(score_of(found[0]), 40);
    EXPECT_TRUE(found[0].title.starts_with("In a control set that is not in use: "));
    EXPECT_NE(found[0].why.back().fact.find("control set 2 (LastKnownGood)"), std::string::npos);
    EXPECT_NE(found[0].benign.back().find("former state"), std::string::npos);
  }
  const auto found = findings_of_former_set(nullptr, 1);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].why.back().fact.find("LastKnownGood"), std::string::npos);
}

TEST(AutostartControlSets, WhatTheCurrentSetSaysTooIsToldOnce) {
  EXPECT_TRUE(findings_of_former_set("C:\\TMP\\a.dll").empty());
}

TEST(AutostartControlSets, MembersOfAListAreComparedOneByOne) {
  fake::FakeWindows windows = machine();
  for (const char* library : {"C:\\Windows\\System32\\old.dll", "C:\\Windows\\System32\\same.dll"})
    windows.program(library);
  windows.value("HKLM\\SYSTEM\\ControlSet001\\Control\\Lsa", "Security Packages",
                fake::multi_sz({"same"}));
  windows.value("HKLM\\SYSTEM\\ControlSet002\\Control\\Lsa", "Security Packages",
                fake::multi_sz({"same", "old"}));
  std::string told;
  const ModuleRun run = run_module(modules::autostarts, windows);
  for (const Finding& finding : run.context->findings)
    if (finding.subject.find("\\Lsa") != std::string::npos) told += finding.subject + "\n";
  EXPECT_NE(told.find("ControlSet001\\Control\\Lsa"), std::string::npos) << told;
  EXPECT_NE(told.find("old.dll"), std::string::npos) << told;
  EXPECT_EQ(told.find("same.dll"), told.rfind("same.dll")) << told;
}

TEST(AutostartControlSets, FindingsOfTheCurrentSetSayNothingOfIt) {
  fake::FakeWindows windows = machine();
  windows.value("HKLM\\SYSTEM\\ControlSet001\\Control\\Session Manager\\AppCertDlls", "x",
                fake::sz("C:\\TMP\\a.dll"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(run.context->findings[0].title.find("next start"), std::string::npos);
  for (const auto& why : run.context->findings[0].why)
    EXPECT_EQ(why.fact.find("control set"), std::string::npos) << why.fact;
}

TEST(GroupPolicyScripts, ABareNameLiesInThePolicysFolder) {
  fake::FakeWindows windows = machine();
  windows.value(std::string{kScripts}, "FileSysPath",
                fake::sz("C:\\Windows\\System32\\GroupPolicy\\Machine"));
  windows.value(std::string{kScripts} + "\\0", "Script", fake::sz("set up.ps1"))
      .value(std::string{kScripts} + "\\0", "Parameters", fake::sz("-q"));
  windows.value(std::string{kScripts} + "\\1", "Script", fake::sz("sub\\two.bat"));
  const std::string folder = "C:\\Windows\\System32\\GroupPolicy\\Machine\\Scripts\\Startup\\";
  windows.file(folder + "set up.ps1", "hello");
  windows.file(folder + "sub\\two.bat", "hello");
  const ModuleRun run = run_module(modules::autostarts, windows);
  const auto* script = run.context->record({{"command_line", "set up.ps1 -q"}});
  ASSERT_NE(script, nullptr);
  EXPECT_EQ((*script)["target"], folder + "set up.ps1");
  EXPECT_EQ((*script)["image_existence"], "exists");
  EXPECT_EQ((*script)["arguments"], "-q");
  EXPECT_TRUE(run.context->has_collected(folder + "set up.ps1"));
  EXPECT_TRUE(run.context->has_collected(folder + "sub\\two.bat"));
}

TEST(GroupPolicyScripts, LogonScriptsOfAUserLieInTheirPolicysFolder) {
  fake::FakeWindows windows = machine();
  const std::string key =
      "HKU\\alice\\Software\\Microsoft\\Windows\\CurrentVersion\\Group Policy\\Scripts\\Logon\\0";
  windows.value(key, "FileSysPath", fake::sz("C:\\Windows\\System32\\GroupPolicy\\User\\"));
  windows.value(key + "\\0", "Script", fake::sz("l.cmd"));
  windows.file("C:\\Windows\\System32\\GroupPolicy\\User\\Scripts\\Logon\\l.cmd", "hello");
  const ModuleRun run = run_module(modules::autostarts, windows);
  EXPECT_TRUE(run.context->has_collected(
      "C:\\Windows\\System32\\GroupPolicy\\User\\Scripts\\Logon\\l.cmd"));
}

TEST(GroupPolicyScripts, ABareNameInScriptsIniLiesInTheFolderOfItsSection) {
  fake::FakeWindows windows = machine();
  const std::string folder = "C:\\Windows\\System32\\GroupPolicy\\Machine\\Scripts\\";
  windows.file(folder + "scripts.ini",
               "\r\n[Startup]\r\n0CmdLine=set up.bat\r\n0Parameters=/x\r\n"
               "1CmdLine=C:\\TMP\\whole.bat\r\n1Parameters=\r\n"
               "[Shutdown]\r\n0CmdLine=down.ps1\r\n0Parameters=\r\n");
  for (const auto& file : {folder + "Startup\\set up.bat", folder + "Shutdown\\down.ps1",
                           std::string{"C:\\TMP\\whole.bat"}})
    windows.file(file, "hello");
  const ModuleRun run = run_module(modules::autostarts, windows);
  const auto* first = run.context->record({{"command_line", "set up.bat /x"}});
  ASSERT_NE(first, nullptr);
  EXPECT_EQ((*first)["target"], folder + "Startup\\set up.bat");
  EXPECT_EQ((*first)["arguments"], "/x");
  for (const auto& file : {folder + "Startup\\set up.bat", folder + "Shutdown\\down.ps1",
                           std::string{"C:\\TMP\\whole.bat"}})
    EXPECT_TRUE(run.context->has_collected(file)) << file;
}

TEST(GroupPolicyScripts, ABareProgramThatTheScriptFolderLacksIsLookedFor) {
  fake::FakeWindows windows = machine();
  windows.value(std::string{kScripts}, "FileSysPath",
                fake::sz("C:\\Windows\\System32\\GroupPolicy\\Machine"));
  windows.value(std::string{kScripts} + "\\0", "Script", fake::sz("powershell.exe"))
      .value(std::string{kScripts} + "\\0", "Parameters",
             fake::sz("-File \\\\corp\\sysvol\\corp\\scripts\\s.ps1"));
  windows.value(std::string{kScripts} + "\\1", "Script", fake::sz("wscript.exe"))
      .value(std::string{kScripts} + "\\1", "Parameters", fake::sz("C:\\Program Files\\c\\x.vbs"));
  windows.value(std::string{kScripts} + "\\2", "Script", fake::sz("cmd.exe"))
      .value(std::string{kScripts} + "\\2", "Parameters", fake::sz("/c C:\\TMP\\whole.bat"));
  windows.file("C:\\TMP\\whole.bat", "hello");
  windows.file("C:\\Windows\\System32\\GroupPolicy\\Machine\\Scripts\\scripts.ini",
               "[Startup]\r\n0Parameters=-File C:\\TMP\\whole.bat\r\n0CmdLine=powershell.exe\r\n"
               "[Shutdown]\r\n0CmdLine=a.bat\r\n");
  const ModuleRun run = run_module(modules::autostarts, windows);
  EXPECT_TRUE(run.context->has_collected("C:\\TMP\\whole.bat"));
  for (const auto& finding : run.context->findings) {
    EXPECT_LE(severity_of(finding), Severity::medium) << finding.subject;
    for (const auto& why : finding.why) {
      EXPECT_EQ(why.fact.find("has the name of a Windows program"), std::string::npos) << why.fact;
      EXPECT_EQ(why.fact.find("Scripts\\Startup\\"), std::string::npos) << why.fact;
    }
  }
  const auto* line = run.context->record({{"line", "0CmdLine"}, {"image", "powershell.exe"}});
  ASSERT_NE(line, nullptr);
  EXPECT_EQ((*line)["command_line"], "powershell.exe -File C:\\TMP\\whole.bat");
  EXPECT_EQ((*line)["target"], "C:\\TMP\\whole.bat");
}

TEST(GroupPolicyScripts, AProgramOfWindowsThatLiesInTheScriptFolderIsTakenFromThere) {
  fake::FakeWindows windows = machine();
  const std::string planted =
      "C:\\Windows\\System32\\GroupPolicy\\Machine\\Scripts\\Startup\\svchost.exe";
  windows.value(std::string{kScripts}, "FileSysPath",
                fake::sz("C:\\Windows\\System32\\GroupPolicy\\Machine"));
  windows.value(std::string{kScripts} + "\\0", "Script", fake::sz("svchost.exe"));
  windows.program(planted);
  const ModuleRun run = run_module(modules::autostarts, windows);
  EXPECT_TRUE(run.context->has_collected(planted));
  EXPECT_NE(run.context->finding("autostarts.system_name_elsewhere"), nullptr)
      << fake::summary_of(run.context->findings);
}

TEST(GroupPolicyScripts, AWholePathIsTakenAsItIs) {
  fake::FakeWindows windows = machine();
  windows.value(std::string{kScripts}, "FileSysPath",
                fake::sz("C:\\Windows\\System32\\GroupPolicy\\Machine"));
  windows.value(std::string{kScripts} + "\\0", "Script", fake::sz("C:\\TMP\\x.bat"));
  windows.value(std::string{kScripts} + "\\1", "Script", fake::sz("%SystemRoot%\\y.bat"));
  windows.value(std::string{kScripts} + "\\2", "Script", fake::sz("\\\\server\\share\\z.bat"));
  windows.value(std::string{kScripts} + "\\3", "Script", fake::sz(""));
  windows.file("C:\\TMP\\x.bat", "hello");
  const ModuleRun run = run_module(modules::autostarts, windows);
  for (const auto* image : {"C:\\TMP\\x.bat", "C:\\Windows\\y.bat", "\\\\server\\share\\z.bat"})
    EXPECT_NE(run.context->record({{"location", "group_policy_scripts"}, {"image", image}}),
              nullptr)
        << image;
  const auto* empty =
      run.context->record({{"location", "group_policy_scripts"}, {"command_line", ""}});
  ASSERT_NE(empty, nullptr);
  EXPECT_EQ(empty->json_of("image"), "null");
}

TEST(GroupPolicyScripts, WithoutThePolicysFolderABareNameStaysBare) {
  fake::FakeWindows windows = machine();
  windows.value(std::string{kScripts} + "\\0", "Script", fake::sz("x.bat"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  const auto* script = run.context->record({{"location", "group_policy_scripts"}});
  ASSERT_NE(script, nullptr);
  EXPECT_EQ((*script)["image"], "x.bat");
}

TEST(Wow64Twins, TheTwinOfAProgramIsPreservedToo) {
  fake::FakeWindows windows = machine();
  windows.program("C:\\Windows\\System32\\twin.exe");
  windows.program("C:\\Windows\\SysWOW64\\twin.exe");
  windows.value(std::string{kRun32}, "x", fake::sz("C:\\Windows\\System32\\twin.exe"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_TRUE(run.context->has_collected("C:\\Windows\\System32\\twin.exe"));
  EXPECT_TRUE(run.context->has_collected("C:\\Windows\\SysWOW64\\twin.exe"));
}

TEST(Wow64Twins, TheTwinOfAHostIsNot) {
  fake::FakeWindows windows = machine();
  windows.program("C:\\Windows\\System32\\cmd.exe");
  windows.program("C:\\Windows\\SysWOW64\\cmd.exe");
  windows.program("C:\\TMP\\x.exe");
  windows.value(std::string{kRun32}, "x",
                fake::sz("C:\\Windows\\System32\\cmd.exe /c C:\\TMP\\x.exe"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_TRUE(run.context->has_collected("C:\\TMP\\x.exe"));
  EXPECT_FALSE(run.context->has_collected("C:\\Windows\\SysWOW64\\cmd.exe"));
}

TEST(Wow64Twins, NothingReadsTheTwinOfANativeEntry) {
  fake::FakeWindows windows = machine();
  windows.program("C:\\Windows\\System32\\twin.exe");
  windows.program("C:\\Windows\\SysWOW64\\twin.exe");
  windows.value("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run", "x",
                fake::sz("C:\\Windows\\System32\\twin.exe"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_FALSE(run.context->has_collected("C:\\Windows\\SysWOW64\\twin.exe"));
}

/// The hive of alice with one Run entry, as the content of a file.
std::string hive_with_run_entry(std::string_view name) {
  fake::FakeWindows other = machine();
  other.value("HKU\\alice\\Software\\Microsoft\\Windows\\CurrentVersion\\Run", std::string{name},
              fake::sz("C:\\TMP\\x.exe"));
  std::string content;
  for (const std::byte byte : other.hive_image("HKU\\alice")) content += static_cast<char>(byte);
  return content;
}

TEST(MandatoryProfile, ItsHiveIsReportedAndReadAsTheUsers) {
  fake::FakeWindows windows = machine();
  windows.file("C:\\Users\\alice\\ntuser.man", hive_with_run_entry("planted"));
  windows.value("HKU\\alice\\Software\\Microsoft\\Windows\\CurrentVersion\\Run", "own",
                fake::sz("C:\\TMP\\y.exe"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  ASSERT_EQ(run.context->findings.size(), 1u) << fake::summary_of(run.context->findings);
  EXPECT_EQ(run.context->findings[0].rule, "autostarts.mandatory_profile");
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::medium);
  EXPECT_TRUE(run.context->has_collected("C:\\Users\\alice\\NTUSER.MAN"));
  const ModuleRun keys = run_module(modules::run_keys, windows);
  for (const auto* name : {"planted", "own"}) {
    const auto* record = keys.context->record({{"value_name", name}});
    ASSERT_NE(record, nullptr) << name;
    EXPECT_EQ(record->user_name, "alice");
  }
}

TEST(MandatoryProfile, WithoutNtuserDatItIsTheOnlyHiveOfTheUser) {
  fake::FakeWindows windows = machine();
  windows.without_hive("HKU\\alice");
  windows.file("C:\\Users\\alice\\NTUSER.MAN", hive_with_run_entry("planted"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  const auto* record = run.context->record({{"value_name", "planted"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->user_name, "alice");
  EXPECT_EQ(record->user_sid, windows.sid_of("alice"));
  EXPECT_TRUE(run.context->notes.empty());
}

TEST(MandatoryProfile, AFileOfThatNameWhichIsNoHiveIsReportedAndAProblem) {
  fake::FakeWindows windows = machine();
  windows.file("C:\\Users\\alice\\NTUSER.MAN", "no hive");
  const ModuleRun run = run_module(modules::autostarts, windows);
  EXPECT_NE(run.context->finding("autostarts.mandatory_profile"), nullptr);
  EXPECT_FALSE(run.context->notes.empty());
}

TEST(NamedFiles, WhatAnInterpreterIsToldToLoadIsPreserved) {
  fake::FakeWindows windows = machine();
  const std::string key = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run";
  const std::pair<const char*, const char*> commands[] = {
      {"powershell -nop -c \"IEX (gc C:\\TMP\\1.txt -Raw)\"", "C:\\TMP\\1.txt"},
      {"powershell . C:\\TMP\\2.ps1", "C:\\TMP\\2.ps1"},
      {"powershell -c \"& 'C:\\TMP\\3.ps1'\"", "C:\\TMP\\3.ps1"},
      {"javaw -cp C:\\TMP\\4.jar;C:\\TMP Main", "C:\\TMP\\4.jar"},
      {"java -jar C:\\TMP\\5.jar", "C:\\TMP\\5.jar"}};
  for (const auto& [command, file] : commands) {
    windows.file(file, "hello");
    windows.value(key, file, fake::sz(command));
  }
  const ModuleRun run = run_module(modules::run_keys, windows);
  for (const auto& [command, file] : commands) {
    EXPECT_TRUE(run.context->has_collected(file)) << command;
    EXPECT_NE(run.context->record({{"target", file}}), nullptr) << command;
  }
}

TEST(Wow64Twins, NeitherOfADefaultIsPreserved) {
  fake::FakeWindows windows = machine();
  windows.program("C:\\Windows\\System32\\mctadmin.exe");
  windows.program("C:\\Windows\\SysWOW64\\mctadmin.exe");
  windows.value("HKLM\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\RunOnce", "x",
                fake::expand_sz("%SystemRoot%\\system32\\mctadmin.exe"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_FALSE(run.context->has_collected("C:\\Windows\\SysWOW64\\mctadmin.exe"));
  EXPECT_FALSE(run.context->has_collected("C:\\Windows\\System32\\mctadmin.exe"));
}

}  // namespace
}  // namespace hozen
