#include <gtest/gtest.h>

#include "collector/formats/security_descriptor.h"
#include "tests/builders/security_builder.h"
#include "tests/modules/service_cases.h"

namespace hozen {
namespace {

using builders::SecurityBuilder;

struct RuleCase {
  const char* name;
  const char* image;
  const char* finding;
  std::uint32_t type = 0x10, start = 2;
};

TEST(Services, ReportsWhatIsSuspiciousAboutTheProgram) {
  const RuleCase cases[] = {
      {"x", "%COMSPEC% /c ping -n 1 127.0.0.1 > \\\\.\\pipe\\x",
       "services.shell_as_service medium"},
      {"x", "cmd.exe /c net user evil P@ss1 /add", "services.shell_as_service high"},
      {"x", "net.exe localgroup Administrators evil /add", "services.account_rights medium"},
      {"x", "cmd.exe /c start C:\\Windows\\a.exe", "services.shell_as_service medium"},
      {"x", "powershell.exe -nop -w hidden -enc SQBFAFgAIAAoAEkAVwBSACAAaAB0AHQAcAA6AC8ALwBlAA==",
       "services.shell_as_service high"},
      {"x", "rundll32.exe C:\\Windows\\System32\\x.dll,Run", "services.shell_as_service medium"},
      {"x", "C:\\Users\\alice\\AppData\\Local\\x.exe", "services.service_folder medium"},
      {"x", "\\\\127.0.0.1\\ADMIN$\\x.exe", "services.service_folder high"},
      {"x", "C:\\Windows\\svchost.exe -k netsvcs", "services.system_name_elsewhere medium"},
      {"BTOBTO", "%systemroot%\\aBcDeFgH.exe", "", 0x10, 3},
      {"kqjw", "%systemroot%\\aBcDeFgH.exe", "services.made_up_service medium", 0x10, 3},
      {"kqjwkqjw", "%systemroot%\\aBcDeFgH.exe", "services.made_up_service medium", 0x10, 3},
      {"kqjw", "%systemroot%\\aBcDeFgH.exe", "services.made_up_service high", 0x110, 3},
      {"kqjw", "%systemroot%\\aBcDeFgH.exe", "", 0x20, 3},
      {"kqjw", "%systemroot%\\aBcDeFgH.exe", "", 0x10, 2},
      {"kqjw", "%systemroot%\\System32\\aBcDeFgH.exe", "", 0x10, 3},
      {"kqjw", "%systemroot%\\aBcDeF12.exe", "", 0x10, 3},
      {"PSEXESVC", "%SystemRoot%\\PSEXESVC.EXE", "services.psexec_service low", 0x10, 3},
      {"x", "C:\\Users\\alice\\AppData\\Local\\Temp\\x.sys", "services.driver_elsewhere medium", 1},
      {"x", "\\??\\C:\\TMP\\x.sys", "services.driver_elsewhere medium", 1},
      {"x", "\\??\\C:\\Program Files\\Vendor\\x.sys", "services.driver_elsewhere low", 1},
      {"x", "System32\\x.sys", "services.driver_elsewhere low", 1},
      {"x", "System32\\drivers\\x.sys", "", 1},
      {"x", "\\SystemRoot\\System32\\DriverStore\\FileRepository\\x.inf_1\\x.sys", "", 1},
      {"x", "\"C:\\Program Files\\Vendor\\x.exe\" /svc", ""},
      {"x", "C:\\Program Files\\Vendor\\x.exe", ""},
      {"x", "C:\\Program Files\\Vendor\\gone.exe", "services.missing_target low"},
  };
  for (const auto& one : cases) {
    fake::FakeWindows windows;
    windows.user("alice");
    for (const auto* file :
         {"Windows\\aBcDeFgH.exe", "Windows\\System32\\aBcDeFgH.exe", "Windows\\aBcDeF12.exe",
          "Windows\\PSEXESVC.exe", "Windows\\a.exe", "Windows\\svchost.exe",
          "Windows\\System32\\x.dll", "Users\\alice\\AppData\\Local\\x.exe",
          "Users\\alice\\AppData\\Local\\Temp\\x.sys", "TMP\\x.sys", "Program Files\\Vendor\\x.sys",
          "Windows\\System32\\x.sys", "Windows\\System32\\drivers\\x.sys",
          "Program Files\\Vendor\\x.exe",
          "Windows\\System32\\DriverStore\\FileRepository\\x.inf_1\\x.sys"})
      windows.program(std::string{"C:\\"} + file);
    windows.value(kSvchostKey, "netsvcs", fake::multi_sz({"x"}));
    add(windows, one.name, one.image, one.type, one.start);
    EXPECT_EQ(only_finding(run_services(windows)), one.finding) << one.name << " " << one.image;
  }
}

TEST(Services, AServiceOutsideOfItsSvchostGroupIsReported) {
  fake::FakeWindows windows;
  windows.program("C:\\Windows\\System32\\x.dll");
  add(windows, "Sample", kNetsvcs, 0x20);
  windows
      .value(key_of("Sample", "\\Parameters"), "ServiceDll",
             fake::expand_sz("%SystemRoot%\\System32\\x.dll"))
      .value(kSvchostKey, "netsvcs", fake::multi_sz({"Schedule"}));
  EXPECT_EQ(only_finding(run_services(windows)), "services.not_in_svchost_group low");
  windows.value(kSvchostKey, "netsvcs", fake::multi_sz({"schedule", "SAMPLE"}));
  EXPECT_EQ(only_finding(run_services(windows)), "");
  windows.remove_value(kSvchostKey, "netsvcs")
      .value(kSvchostKey, "LocalService", fake::multi_sz({"Sample"}));
  EXPECT_EQ(only_finding(run_services(windows)), "services.not_in_svchost_group low");
}

TEST(Services, WithoutSoftwareTheGroupIsNotCheckedAndSaidSo) {
  fake::FakeWindows windows;
  windows.program("C:\\TMP\\x.dll");
  add_shared(windows, "Sample", "C:\\TMP\\x.dll");
  windows.without_hive("HKLM\\SOFTWARE");
  const ModuleRun run = run_services(windows);
  ASSERT_EQ(run.context->findings.size(), 1u);
  const auto& not_checked = run.context->findings[0].not_checked;
  EXPECT_TRUE(std::any_of(not_checked.begin(), not_checked.end(), [](const std::string& text) {
    return text.find("svchost group") != std::string::npos;
  }));
}

TEST(Services, ANameThatWindowsLeftFreeIsReportedWhenItIsTaken) {
  fake::FakeWindows windows;
  windows.program("C:\\Windows\\System32\\x.dll");
  add_shared(windows, "Ias", "%SystemRoot%\\System32\\x.dll");
  EXPECT_EQ(only_finding(run_services(windows)), "services.claimed_svchost_slot low");
  fake::FakeWindows libraries;
  libraries.program("C:\\Windows\\System32\\x.dll");
  add_shared(libraries, "Nla", "%SystemRoot%\\System32\\x.dll");  // of XP: mswsock.dll
  EXPECT_EQ(only_finding(run_services(libraries)), "services.swapped_service_dll medium");
}

TEST(Services, AFailureCommandIsReportedWhenAnActionRunsIt) {
  fake::FakeWindows windows;
  windows.program("C:\\Program Files\\Vendor\\x.exe");
  windows.program("C:\\Program Files\\Vendor\\fix.exe");
  add(windows, "Sample", "\"C:\\Program Files\\Vendor\\x.exe\"");
  windows
      .value(key_of("Sample"), "FailureCommand", fake::sz("\"C:\\Program Files\\Vendor\\fix.exe\""))
      .value(key_of("Sample"), "FailureActions", fake::binary(kCommandAfterRestart));
  ModuleRun run = run_services(windows);
  EXPECT_EQ(only_finding(run), "services.failure_command low");
  EXPECT_TRUE(run.context->has_collected("C:\\Program Files\\Vendor\\fix.exe"));
  EXPECT_EQ(record_of(run, "Sample")["failure_target"], "C:\\Program Files\\Vendor\\fix.exe");
  windows.value(key_of("Sample"), "FailureCommand", fake::sz("C:\\Users\\Public\\x.exe"));
  windows.program("C:\\Users\\Public\\x.exe");
  EXPECT_EQ(only_finding(run_services(windows)), "services.failure_command low");
  windows.value(key_of("Sample"), "FailureCommand",
                fake::sz("powershell -w hidden -enc SQBFAFgAIAAoAEkAVwBSACAAaAB0AHQAcAA6AC8A"));
  EXPECT_EQ(only_finding(run_services(windows)), "services.powershell_evasion high");
  windows.value(key_of("Sample"), "FailureActions",
                fake::binary("00 00 00 00 00 00 00 00 01 00 00 00 01 00 00 00 14 00 00 00 "
                             "01 00 00 00 60 ea 00 00"));
  EXPECT_EQ(only_finding(run_services(windows)), "");
}

struct SecurityCase {
  SecurityBuilder security;
  const char* finding;
};

TEST(Services, SecurityThatHidesOrGivesAwayAServiceIsReported) {
  const auto ordinary = [] {
    return SecurityBuilder{}
        .owner("S-1-5-18")
        .allow("S-1-5-18", 0x2019D)
        .allow("S-1-5-32-544", 0xF01FF);
  };
  const SecurityCase cases[] = {
      {ordinary(), ""},
      {ordinary().allow("S-1-5-4", 0x2018D).allow("S-1-5-6", 0x2018D), ""},
      {ordinary().deny("S-1-5-32-544", 0xD0172), ""},  // self-protection: change, stop, delete
      {ordinary().deny("S-1-5-4", 0x5), "services.hidden_by_security medium"},
      {ordinary().deny("S-1-5-32-544", 0x8), "services.hidden_by_security medium"},
      {ordinary().deny("S-1-1-0", 0x80000000), "services.hidden_by_security medium"},
      {ordinary().deny("S-1-5-4", 0x5, kAceInheritOnly), ""},
      {ordinary().deny("S-1-5-21-1-2-3-1001", 0x5), ""},
      {ordinary().deny("S-1-5-21-1-2-3-512", 0x4), "services.hidden_by_security medium"},
      {ordinary().deny("S-1-5-21-1-2-3-500", 0x4), "services.hidden_by_security medium"},
      {ordinary().deny("S-1-5-2", 0x4), "services.hidden_by_security medium"},
      {ordinary().deny("S-1-5-2", 0x2), ""},
      {ordinary().deny("S-1-5-99-1-512", 0x4), ""},
      {SecurityBuilder{}.allow("S-1-5-18", 0xF01FF), "services.hidden_by_security medium"},
      {SecurityBuilder{}.allow("S-1-5-18", 0xF01FF).allow("S-1-5-32-544", 0x20000),
       "services.hidden_by_security medium"},
      {SecurityBuilder{}.allow("S-1-5-18", 0xF01FF).allow("S-1-5-4", 0x4), ""},
      {SecurityBuilder{}.empty_dacl(), "services.hidden_by_security medium"},
      {ordinary().allow("S-1-5-11", 0x2), "services.weak_service_security low"},
      {ordinary().allow("S-1-1-0", 0xF01FF), "services.weak_service_security low"},
      {SecurityBuilder{}.null_dacl(), "services.weak_service_security low"},
  };
  for (const auto& one : cases) {
    fake::FakeWindows windows;
    windows.program("C:\\Program Files\\Vendor\\x.exe");
    add(windows, "Sample", "\"C:\\Program Files\\Vendor\\x.exe\"");
    windows.value(key_of("Sample", "\\Security"), "Security", fake::binary(one.security.bytes()));
    const ModuleRun run = run_services(windows);
    EXPECT_EQ(only_finding(run), one.finding) << record_of(run, "Sample")["security"];
  }
}

TEST(Services, LibrariesThatAnEnvironmentHasDotNetLoadAreReportedAndPreserved) {
  fake::FakeWindows windows;
  for (const auto* file : {"C:\\Stage\\p.dll", "C:\\Stage\\hook.dll",
                           "C:\\Program Files\\Vendor\\apm.dll", "C:\\Windows\\ok.exe"})
    windows.program(file);
  add(windows, "Web", "C:\\Windows\\ok.exe");
  const auto run_with = [&](const std::vector<std::string>& variables) {
    windows.value(key_of("Web"), "Environment", fake::multi_sz(variables));
    return run_services(windows);
  };
  ModuleRun run = run_with({"COR_ENABLE_PROFILING=1", "cor_profiler_path_64=C:\\Stage\\p.dll",
                            "DOTNET_STARTUP_HOOKS=;C:\\Stage\\hook.dll;C:\\Stage\\gone.dll"});
  EXPECT_EQ(only_finding(run), "services.environment_library medium");
  EXPECT_EQ(record_of(run, "Web").json_of("environment_libraries"),
            "[\"C:\\\\Stage\\\\p.dll\",\"C:\\\\Stage\\\\hook.dll\",\"C:\\\\Stage\\\\gone.dll\"]");
  EXPECT_TRUE(run.context->has_collected("C:\\Stage\\p.dll"));
  EXPECT_TRUE(run.context->has_collected("C:\\Stage\\hook.dll"));
  run = run_with({"CORECLR_PROFILER_PATH=C:\\Program Files\\Vendor\\apm.dll"});
  EXPECT_EQ(only_finding(run), "services.environment_library low");
  EXPECT_TRUE(run.context->has_collected("C:\\Program Files\\Vendor\\apm.dll"));
  run = run_with({"PATH=C:\\Stage", "COR_PROFILER_PATH", "COR_PROFILER_PATH= "});
  EXPECT_EQ(run.context->findings.size(), 0u);
}

TEST(Services, ASecondLibraryInTheKeyItselfIsToldAndPreserved) {
  fake::FakeWindows windows;
  windows.program("C:\\Windows\\System32\\seclogon.dll");
  windows.program("C:\\evil\\x.dll");
  add_shared(windows, "seclogon", "%windir%\\system32\\seclogon.dll");
  windows.value(key_of("seclogon"), "ServiceDll", fake::expand_sz("%SystemDrive%\\evil\\x.dll"));
  ModuleRun run = run_services(windows);
  const auto& record = record_of(run, "seclogon");
  EXPECT_EQ(record["service_dll_path"], "C:\\Windows\\system32\\seclogon.dll");
  EXPECT_EQ(record["inbox"], "usual");
  EXPECT_EQ(record["unused_service_dll"], "%SystemDrive%\\evil\\x.dll");
  EXPECT_EQ(record["unused_service_dll_path"], "C:\\evil\\x.dll");
  EXPECT_NE(record.json_of("unused_service_dll_artifact"), "null");
  EXPECT_TRUE(run.context->has_collected("C:\\evil\\x.dll"));
  EXPECT_EQ(only_finding(run), "services.second_service_dll low");
  EXPECT_NE(run.context->findings[0].subject.find("C:\\evil\\x.dll"), std::string::npos);
  // The same file twice, however it is spelled, is nothing to tell.
  windows.value(key_of("seclogon"), "ServiceDll", fake::sz("c:\\WINDOWS\\System32\\seclogon.dll"));
  run = run_services(windows);
  EXPECT_EQ(only_finding(run), "");
  EXPECT_EQ(record_of(run, "seclogon").json_of("unused_service_dll_artifact"), "null");
}

TEST(Services, ASwappedLibraryIsJudgedWhateverTheKeyItselfNames) {
  fake::FakeWindows windows;
  windows.program("C:\\evil\\x.dll");
  add_shared(windows, "seclogon", "C:\\evil\\x.dll");
  windows.value(key_of("seclogon"), "ServiceDll",
                fake::expand_sz("%SystemRoot%\\system32\\seclogon.dll"));
  const ModuleRun run = run_services(windows);
  EXPECT_EQ(record_of(run, "seclogon")["inbox"], "differs");
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(run.context->findings[0].rule, "services.swapped_service_dll");
  EXPECT_TRUE(has_rule_text(run.context->findings[0], "ServiceDll of the service's own key is"));
}

TEST(Services, LibrariesOutsideOfTheUsualFoldersAreReported) {
  fake::FakeWindows windows;
  windows.program("C:\\Vendor\\a.dll");
  windows.program("C:\\Windows\\System32\\perf.dll");
  add_shared(windows, "Sample", "C:\\Vendor\\a.dll");
  windows.value(key_of("Counters", "\\Performance"), "Library", fake::sz("perf.dll"));
  ModuleRun run = run_services(windows);
  EXPECT_EQ(only_finding(run), "services.service_dll_elsewhere low");
  windows.remove_key(key_of("Sample"));
  windows.value(key_of("Counters", "\\Performance"), "Library", fake::sz("C:\\Vendor\\a.dll"));
  run = run_services(windows);
  EXPECT_EQ(only_finding(run), "services.performance_library_elsewhere low");
  EXPECT_EQ(record_of(run, "Counters")["performance_path"], "C:\\Vendor\\a.dll");
  EXPECT_TRUE(run.context->has_collected("C:\\Vendor\\a.dll"));
}

TEST(Services, ATextTakenFromAWindowsServiceIsReported) {
  fake::FakeWindows windows;
  windows.program("C:\\Program Files\\Vendor\\x.exe");
  windows.program("C:\\Program Files\\Vendor\\y.exe");
  add(windows, "Spooler", "%SystemRoot%\\System32\\spoolsv.exe", 0x110);
  add(windows, "Sample", "\"C:\\Program Files\\Vendor\\x.exe\"");
  add(windows, "Other", "\"C:\\Program Files\\Vendor\\y.exe\"");
  windows.program("C:\\Windows\\System32\\spoolsv.exe");
  windows
      .value(key_of("Spooler"), "DisplayName", fake::sz("@%systemroot%\\system32\\spoolsv.exe,-1"))
      .value(key_of("Sample"), "DisplayName", fake::sz("@%SystemRoot%\\System32\\spoolsv.exe,-1"));
  const ModuleRun run = run_services(windows);
  EXPECT_EQ(only_finding(run), "services.copied_text low");
  EXPECT_NE(run.context->findings.at(0).subject.find("Sample"), std::string::npos);
  windows.value(key_of("Sample"), "DisplayName", fake::sz("Sample"))
      .value(key_of("Sample"), "Description", fake::sz("Same words."))
      .value(key_of("Other"), "Description", fake::sz("Same words."));
  EXPECT_EQ(only_finding(run_services(windows)), "");  // both of a vendor
}

TEST(Services, AnUnquotedPathIsReportedWhereUsersCanWriteOrAFileWins) {
  fake::FakeWindows windows;
  windows.program("C:\\Vendor Tools\\My App\\x.exe");
  add(windows, "Sample", "C:\\Vendor Tools\\My App\\x.exe");
  const auto rules = [&] {
    const ModuleRun run = run_services(windows);
    std::string all;
    for (const auto& finding : run.context->findings)
      for (const auto& why : finding.why) all += std::to_string(why.weight) + " ";
    return all;
  };
  EXPECT_EQ(rules(), "15 15 ");  // a top-level folder, and C:\Vendor Tools\My.exe
  windows.program("C:\\Vendor.exe");
  const ModuleRun run = run_services(windows);
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(run.context->findings[0].rule, "services.unquoted_path_taken");
}

}  // namespace
}  // namespace hozen
