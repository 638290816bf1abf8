#include <gtest/gtest.h>

#include "tests/modules/persistence_cases.h"

namespace hozen {
namespace {

constexpr std::string_view kWinlogon =
    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon";
constexpr std::string_view kNt = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\";
constexpr std::string_view kControl = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\";
constexpr std::string_view kServices = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\";
constexpr std::string_view kGuid = "{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}";

std::string in(std::string_view root, std::string_view key) {
  return std::string{root} + std::string{key};
}

/// A machine with one user, and the programs that the tests name.
fake::FakeWindows one_user() {
  fake::FakeWindows windows;
  windows.user("alice");
  for (const auto* name : {"a.exe", "a.dll", "x.tlb", "bho.dll", "procexp64.exe"})
    windows.program("C:\\Program Files\\Vendor\\" + std::string{name});
  for (const auto* path :
       {"C:\\TMP\\a.dll", "C:\\TMP\\time.dll", "C:\\Users\\alice\\AppData\\ssp.dll",
        "C:\\ProgramData\\a.exe", "C:\\ProgramData\\a.dll", "C:\\ProgramData\\iis.dll",
        "C:\\TMP\\two.bat", "C:\\Windows\\System32\\iedkcs32.dll",
        "C:\\Windows\\System32\\usbmon.dll", "C:\\Windows\\System32\\termsrv.dll",
        "C:\\Windows\\System32\\wintrust.dll"})
    windows.program(path);
  return windows;
}

/// One value and what it must lead to.
struct Planted {
  std::string key;
  const char* name;
  fake::Data data;
  const char* rule;  ///< "" for no finding at all
  Severity severity = Severity::info;
};

void expect(const Planted& planted) {
  fake::FakeWindows windows = one_user();
  windows.value(planted.key, planted.name, planted.data);
  const ModuleRun run = run_module(modules::autostarts, windows);
  const std::string what = planted.key + "\\" + planted.name;
  EXPECT_TRUE(run.context->notes.empty()) << what;
  if (std::string_view{planted.rule}.empty()) {
    EXPECT_EQ(fake::summary_of(run.context->findings), "") << what;
    return;
  }
  ASSERT_EQ(run.context->findings.size(), 1u) << what << "\n"
                                              << fake::summary_of(run.context->findings);
  const Finding& finding = run.context->findings[0];
  EXPECT_EQ(finding.rule, "autostarts." + std::string{planted.rule}) << what;
  EXPECT_EQ(to_text(severity_of(finding)), to_text(planted.severity))
      << what << ": " << score_of(finding);
  EXPECT_FALSE(finding.title.empty()) << what;
  EXPECT_FALSE(finding.attack.empty()) << what;
  EXPECT_FALSE(finding.benign.empty()) << what;
  EXPECT_FALSE(finding.next.empty()) << what;
  for (const auto& why : finding.why) {
    ASSERT_EQ(why.records.size(), 1u) << what;
    EXPECT_TRUE(why.fact.ends_with('.')) << why.fact;
  }
}

TEST(Autostarts, AFreshWindowsHasNoFindings) {
  const ModuleRun run = run_module(modules::autostarts, one_user());
  EXPECT_EQ(fake::summary_of(run.context->findings), "");
  EXPECT_TRUE(run.context->notes.empty());
  for (const auto& record : run.context->records)
    EXPECT_EQ(record["default_value"], "true") << record.json;
}

TEST(Autostarts, PlacesThatWindowsLeavesEmpty) {
  const fake::Data program = fake::sz("C:\\Program Files\\Vendor\\a.exe");
  const fake::Data library = fake::sz("C:\\Program Files\\Vendor\\a.dll");
  const Planted planted[] = {
      {in(kNt, "Windows"), "Load", fake::sz("C:\\ProgramData\\a.exe"), "windows_load_run",
       Severity::medium},
      {"HKU\\alice\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Windows", "Run",
       fake::sz("C:\\ProgramData\\a.exe"), "windows_load_run", Severity::medium},
      {in(kControl, "Session Manager\\AppCertDlls"), "x", library, "app_cert_dlls",
       Severity::medium},
      {"HKU\\alice\\Environment", "UserInitMprLogonScript", program, "logon_script",
       Severity::medium},
      {"HKLM\\SOFTWARE\\Microsoft\\Office test\\Special\\Perf", "", library, "office_test",
       Severity::medium},
      {in(kServices, "DNS\\Parameters"), "ServerLevelPluginDll", library, "dns_plugin",
       Severity::medium},
      {in(kControl, "BootVerificationProgram"), "ImagePath", program, "boot_verification",
       Severity::medium},
      {"HKLM\\SOFTWARE\\Microsoft\\Command Processor", "AutoRun", program,
       "command_processor_autorun", Severity::low},
      {in(kServices, "PortProxy\\v4tov4\\tcp"), "0.0.0.0/8080", fake::sz("10.0.0.1/3389"),
       "port_proxy", Severity::medium},
      {in(kServices, "PortProxy\\v4tov6\\tcp"), "*/443", fake::sz("203.0.113.9/443"), "port_proxy",
       Severity::medium},
      {in(kServices, "PortProxy\\v6tov4\\tcp"), "*/9100", fake::sz("10.0.0.1/9100"), "port_proxy",
       Severity::low},
  };
  for (const auto& one : planted) expect(one);
}

TEST(Autostarts, DefaultsAreNoFindingsAndChangesAre) {
  const Planted planted[] = {
      {std::string{kWinlogon}, "Shell", fake::sz("C:\\Windows\\explorer.exe"), ""},
      {std::string{kWinlogon}, "Shell", fake::sz("explorer.exe,C:\\Program Files\\Vendor\\a.exe"),
       "winlogon_shell", Severity::medium},
      {std::string{kWinlogon}, "Userinit", fake::sz("%SystemRoot%\\system32\\userinit.exe"), ""},
      {std::string{kWinlogon}, "Userinit",
       fake::sz("C:\\Windows\\system32\\userinit.exe,C:\\Program Files\\Vendor\\a.exe,"),
       "winlogon_userinit", Severity::medium},
      {in(kControl, "Session Manager"), "BootExecute",
       fake::multi_sz({"autocheck autochk /q /v *"}), ""},
      {in(kControl, "Session Manager"), "BootExecute",
       fake::multi_sz({"autocheck autochk *", "evil"}), "boot_programs", Severity::medium},
      {in(kControl, "SafeBoot"), "AlternateShell", fake::sz("cmd.exe"), ""},
      {in(kControl, "SafeBoot"), "AlternateShell", fake::sz("C:\\Program Files\\Vendor\\a.exe"),
       "safe_boot_shell", Severity::medium},
      {in(kServices, "TermService\\Parameters"), "ServiceDll",
       fake::expand_sz("%SystemRoot%\\System32\\termsrv.dll"), ""},
      {in(kServices, "TermService\\Parameters"), "ServiceDll",
       fake::expand_sz("%ProgramFiles%\\RDP Wrapper\\rdpwrap.dll"), "termsrv_dll",
       Severity::medium},
      {in(kControl, "Print\\Monitors\\x"), "Driver", fake::sz("usbmon.dll"), ""},
  };
  for (const auto& one : planted) expect(one);
}

TEST(Autostarts, LibrariesThatOnlyASignatureCouldExplainStayLow) {
  const Planted planted[] = {
      {in(kControl, "Lsa"), "Security Packages", fake::multi_sz({"kerberos", "mimilib"}),
       "lsa_security_packages", Severity::low},
      {in(kControl, "Lsa"), "Notification Packages", fake::multi_sz({"scecli", "evil"}),
       "lsa_notification_packages", Severity::low},
      {in(kControl, "Print\\Monitors\\x"), "Driver", fake::sz("vendormon.dll"), "print_monitors",
       Severity::low},
      {"HKLM\\SOFTWARE\\Microsoft\\NetSh", "x", fake::sz("vendorhelp.dll"), "netsh_helpers",
       Severity::low},
  };
  for (const auto& one : planted) expect(one);
}

TEST(Autostarts, SystemLibrariesFromAUsersFolderDoNotStayLow) {
  expect({in(kControl, "Lsa"), "Security Packages",
          fake::multi_sz({"C:\\Users\\alice\\AppData\\ssp.dll"}), "lsa_security_packages",
          Severity::high});
  expect({in(kServices, "W32Time\\TimeProviders\\x"), "DllName", fake::sz("C:\\TMP\\time.dll"),
          "time_providers", Severity::medium});
}

TEST(Autostarts, DebuggersByWhatTheyReplace) {
  const auto options = [](std::string_view program) {
    return in(kNt, "Image File Execution Options\\") + std::string{program};
  };
  const Planted planted[] = {
      {options("sethc.exe"), "Debugger", fake::sz("cmd.exe"), "accessibility_debugger",
       Severity::high},
      {options("Utilman.exe"), "Debugger", fake::sz("C:\\Program Files\\Vendor\\a.exe"),
       "accessibility_debugger", Severity::medium},
      {options("MsMpEng.exe"), "Debugger", fake::sz("systray.exe"), "ifeo_debugger",
       Severity::medium},
      {options("svchost.exe"), "Debugger", fake::sz("C:\\Program Files\\Vendor\\a.exe"),
       "ifeo_debugger", Severity::medium},
      {options("game.exe"), "Debugger", fake::sz("C:\\Program Files\\Vendor\\a.exe"),
       "ifeo_debugger", Severity::low},
      {options("taskmgr.exe"), "Debugger", fake::sz("\"C:\\Program Files\\Vendor\\procexp64.exe\""),
       "ifeo_debugger", Severity::low},
      {options("game.exe"), "Debugger", fake::sz(""), ""},
      {options("game.exe"), "VerifierDlls", fake::sz("evil.dll"), "ifeo_verifier",
       Severity::medium},
      {options("game.exe"), "VerifierDlls", fake::sz("vrfcore.dll"), ""},
      {options("game.exe"), "GlobalFlag", fake::dword(0x200), ""},
  };
  for (const auto& one : planted) expect(one);
}

TEST(Autostarts, TheDebuggerOfA32BitProgramIsFoundToo) {
  expect(
      {"HKLM\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution "
       "Options\\osk.exe",
       "Debugger", fake::sz("cmd.exe"), "accessibility_debugger", Severity::high});
}

TEST(Autostarts, SilentProcessExitNeedsTheGlobalFlag) {
  fake::FakeWindows windows = one_user();
  windows.value(in(kNt, "SilentProcessExit\\notepad.exe"), "MonitorProcess",
                fake::sz("C:\\Program Files\\Vendor\\a.exe"));
  EXPECT_EQ(severity_of(run_module(modules::autostarts, windows).context->findings.at(0)),
            Severity::low);
  windows.value(in(kNt, "Image File Execution Options\\notepad.exe"), "GlobalFlag",
                fake::dword(0x200));
  const ModuleRun run = run_module(modules::autostarts, windows);
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(run.context->findings[0].rule, "autostarts.silent_process_exit");
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::medium);
  for (const auto& [text, severity] : {std::pair{"0x200", Severity::medium},
                                       {"512", Severity::medium},
                                       {"0x100", Severity::low},
                                       {"0x200 x", Severity::low},
                                       {"", Severity::low}}) {
    windows.value(in(kNt, "Image File Execution Options\\notepad.exe"), "GlobalFlag",
                  fake::sz(text));
    EXPECT_EQ(
        to_text(severity_of(run_module(modules::autostarts, windows).context->findings.at(0))),
        to_text(severity))
        << text;
  }
}

TEST(Autostarts, ExcelOpensFilesBehindSwitches) {
  const std::string key = "HKU\\alice\\Software\\Microsoft\\Office\\16.0\\Excel\\Options";
  for (const char* text :
       {"/R \"C:\\TMP\\a b.xll\"", "/A C:\\TMP\\a b.xll", "/F /R \"C:\\TMP\\a b.xll\"",
        "\"C:\\TMP\\a b.xll\"", "C:\\TMP\\a b.xll", "/R\"C:\\TMP\\a b.xll\""}) {
    fake::FakeWindows windows = one_user();
    windows.program("C:\\TMP\\a b.xll");
    windows.value(key, "OPEN1", fake::sz(text));
    const ModuleRun run = run_module(modules::autostarts, windows);
    const auto* record = run.context->record({{"location", "office_startup_paths"}});
    ASSERT_NE(record, nullptr) << text;
    EXPECT_EQ((*record)["target"], "C:\\TMP\\a b.xll") << text;
    EXPECT_EQ((*record)["command_line"], text);
    EXPECT_TRUE(run.context->has_collected("C:\\TMP\\a b.xll")) << text;
  }
  fake::FakeWindows windows = one_user();
  windows.value(key, "OPEN", fake::sz("/F"));
  EXPECT_EQ(fake::summary_of(run_module(modules::autostarts, windows).context->findings), "");
}

TEST(Autostarts, DumpsOfLsassBySilentProcessExit) {
  expect({in(kNt, "SilentProcessExit\\lsass.exe"), "LocalDumpFolder", fake::sz("C:\\temp"),
          "silent_process_exit", Severity::medium});
  expect({in(kNt, "SilentProcessExit\\notepad.exe"), "LocalDumpFolder", fake::sz("C:\\temp"), ""});
}

TEST(Autostarts, AppInitLibrariesCountWhenTheyAreLoaded) {
  fake::FakeWindows windows = one_user();
  windows.value(in(kNt, "Windows"), "AppInit_DLLs", fake::sz("a.dll b.dll"))
      .value(in(kNt, "Windows"), "LoadAppInit_DLLs", fake::dword(1));
  const ModuleRun active = run_module(modules::autostarts, windows);
  ASSERT_EQ(active.context->findings.size(), 2u) << fake::summary_of(active.context->findings);
  EXPECT_EQ(severity_of(active.context->findings[0]), Severity::medium);
  windows.value(in(kNt, "Windows"), "LoadAppInit_DLLs", fake::dword(0));
  const ModuleRun idle = run_module(modules::autostarts, windows);
  for (const auto& finding : idle.context->findings)
    EXPECT_EQ(severity_of(finding), Severity::info) << finding.subject;
}

TEST(Autostarts, SwitchesThatOpenCredentials) {
  const Planted planted[] = {
      {in(kControl, "SecurityProviders\\WDigest"), "UseLogonCredential", fake::dword(1),
       "clear_text_credentials", Severity::low},
      {in(kControl, "SecurityProviders\\WDigest"), "UseLogonCredential", fake::dword(0), ""},
      {in(kControl, "Lsa"), "DsrmAdminLogonBehavior", fake::dword(2), "dsrm_logon",
       Severity::medium},
      {in(kControl, "Lsa"), "DsrmAdminLogonBehavior", fake::dword(1), "dsrm_logon", Severity::low},
      {in(kControl, "Lsa"), "DsrmAdminLogonBehavior", fake::dword(0), ""},
      {in(kControl, "Lsa"), "RunAsPPL", fake::dword(0), ""},
      {in(kControl, "Session Manager"), "GlobalFlag", fake::dword(0x100), "global_flag",
       Severity::low},
      {in(kControl, "Session Manager"), "GlobalFlag", fake::dword(0), ""},
  };
  for (const auto& one : planted) expect(one);
}

TEST(Autostarts, EnvironmentVariablesThatRedirectPrograms) {
  const std::string user = "HKU\\alice\\Environment";
  const std::string machine = in(kControl, "Session Manager\\Environment");
  const Planted planted[] = {
      {user, "windir", fake::sz("cmd /c start x &&"), "environment_hijack", Severity::medium},
      {user, "COR_PROFILER", fake::sz(kGuid), "environment_hijack", Severity::medium},
      {user, "DOTNET_STARTUP_HOOKS", fake::sz("C:\\Program Files\\Vendor\\a.dll"),
       "environment_hijack", Severity::medium},
      {user, "COR_ENABLE_PROFILING", fake::sz("1"), ""},
      {user, "Path", fake::sz("%USERPROFILE%\\AppData\\Local\\Microsoft\\WindowsApps;"), ""},
      {machine, "COR_PROFILER", fake::sz(kGuid), "environment_hijack", Severity::low},
      {machine, "ComSpec", fake::sz("C:\\Program Files\\Vendor\\a.exe"), "environment_hijack",
       Severity::medium},
      {machine, "Path", fake::expand_sz("C:\\Tools;%SystemRoot%\\system32;%SystemRoot%"),
       "path_before_system", Severity::low},
      {machine, "Path", fake::expand_sz("%SystemRoot%\\system32;%SystemRoot%;C:\\Tools"), ""},
      {machine, "Path", fake::expand_sz("C:\\Program Files\\x;%SystemRoot%\\system32"), ""},
  };
  for (const auto& one : planted) expect(one);
}

TEST(Autostarts, ActiveSetupFromAnUnusualFolder) {
  const std::string key =
      "HKLM\\SOFTWARE\\Microsoft\\Active Setup\\Installed Components\\" + std::string{kGuid};
  expect({key, "StubPath", fake::sz("\"C:\\Program Files\\Vendor\\a.exe\" --x"), ""});
  expect({key, "StubPath",
          fake::sz("C:\\Windows\\System32\\rundll32.exe C:\\Windows\\System32\\iedkcs32.dll,x"),
          ""});
  expect({key, "StubPath", fake::sz("C:\\ProgramData\\a.exe"), "active_setup", Severity::medium});
}

TEST(Autostarts, AUserThatHasAClassOfWindowsTreatedAsHisOwn) {
  constexpr std::string_view kOwn = "{99999999-2222-3333-4444-555555555555}";
  const auto key = [](std::string_view hive, std::string_view id, std::string_view below) {
    return std::string{hive} + "\\CLSID\\" + std::string{id} + "\\" + std::string{below};
  };
  fake::FakeWindows windows = one_user();
  windows.program("C:\\Users\\alice\\AppData\\Local\\ta.dll");
  windows
      .value(key("HKLM\\SOFTWARE\\Classes", kGuid, "InprocServer32"), "",
             fake::expand_sz("%SystemRoot%\\System32\\shell32.dll"))
      .value(key("HKU\\alice_Classes", kGuid, "TreatAs"), "", fake::sz(kOwn))
      .value(key("HKU\\alice_Classes", kOwn, "InprocServer32"), "",
             fake::sz("C:\\Users\\alice\\AppData\\Local\\ta.dll"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  const Finding* finding = run.context->finding("autostarts.com_override");
  ASSERT_NE(finding, nullptr) << fake::summary_of(run.context->findings);
  EXPECT_EQ(severity_of(*finding), Severity::high);
  EXPECT_NE(finding->why[0].fact.find(kGuid), std::string::npos) << finding->why[0].fact;
}

TEST(Autostarts, AWindowsFolderNamedAsItsOwnVariableEndsTheSearchToo) {
  fake::FakeWindows windows{{.windows_folder = "%SystemRoot%"}};
  windows.value("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment", "Path",
                fake::expand_sz("%SystemRoot%\\system32;%SystemRoot%"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  EXPECT_FALSE(run.context->records.empty());
}

TEST(Autostarts, AUsersClassThatOverridesOneOfWindows) {
  const std::string machine =
      "HKLM\\SOFTWARE\\Classes\\CLSID\\" + std::string{kGuid} + "\\InprocServer32";
  const std::string user = "HKU\\alice_Classes\\CLSID\\" + std::string{kGuid} + "\\InprocServer32";
  fake::FakeWindows windows = one_user();
  windows.value(machine, "", fake::expand_sz("%SystemRoot%\\System32\\shell32.dll"));
  windows.program("C:\\Users\\alice\\AppData\\Roaming\\evil.dll");
  windows.value(user, "", fake::sz("C:\\Users\\alice\\AppData\\Roaming\\evil.dll"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  ASSERT_EQ(run.context->findings.size(), 1u) << fake::summary_of(run.context->findings);
  const Finding& finding = run.context->findings[0];
  EXPECT_EQ(finding.rule, "autostarts.com_override");
  EXPECT_EQ(severity_of(finding), Severity::high);
  const auto* record = run.context->record({{"location", "com_user_dll"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["machine_server"], "C:\\Windows\\System32\\shell32.dll");
  EXPECT_EQ((*record)["clsid"], kGuid);
  EXPECT_EQ(record->user_name, "alice");
  EXPECT_TRUE(run.context->has_collected("C:\\Users\\alice\\AppData\\Roaming\\evil.dll"));
}

TEST(Autostarts, AUsersOwnClassOverridesNothing) {
  fake::FakeWindows windows = one_user();
  windows.value(
      "HKU\\alice_Classes\\CLSID\\" + std::string{kGuid} + "\\InprocServer32", "",
      fake::sz("C:\\Users\\alice\\AppData\\Local\\Microsoft\\OneDrive\\x\\FileSyncShell64.dll"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  for (const auto& finding : run.context->findings)
    EXPECT_LE(severity_of(finding), Severity::low) << fake::summary_of(run.context->findings);
}

TEST(Autostarts, TheSameProductForMachineAndUserStaysLow) {
  fake::FakeWindows windows = one_user();
  windows.value("HKLM\\SOFTWARE\\Classes\\CLSID\\" + std::string{kGuid} + "\\InprocServer32", "",
                fake::sz("C:\\Program Files\\Microsoft OneDrive\\FileSyncShell64.dll"));
  windows.value(
      "HKU\\alice_Classes\\CLSID\\" + std::string{kGuid} + "\\InprocServer32", "",
      fake::sz("C:\\Users\\alice\\AppData\\Local\\Microsoft\\OneDrive\\FileSyncShell64.dll"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::low);
}

TEST(Autostarts, MachineClassesAreRecordedOnlyFromUnusualFolders) {
  const std::string clsid = "HKLM\\SOFTWARE\\Classes\\CLSID\\";
  fake::FakeWindows windows = one_user();
  windows
      .value(clsid + "{00000000-0000-0000-0000-000000000001}\\InprocServer32", "",
             fake::sz("shell32.dll"))
      .value(clsid + "{00000000-0000-0000-0000-000000000002}\\InprocServer32", "",
             fake::expand_sz("%SystemRoot%\\System32\\a.dll"))
      .value(clsid + "{00000000-0000-0000-0000-000000000003}\\LocalServer32", "",
             fake::sz("\"C:\\Program Files (x86)\\v\\a.exe\" /automation"))
      .value(clsid + "{00000000-0000-0000-0000-000000000004}\\InprocServer32", "",
             fake::sz("C:\\ProgramData\\a.dll"))
      .value(clsid + "{00000000-0000-0000-0000-000000000005}\\LocalServer32", "",
             fake::sz("C:\\Users\\Public\\b.exe -Embedding"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  std::vector<std::string> targets;
  for (const auto& record : run.context->records)
    if (record["location"] == "com_machine_servers") targets.push_back(record["target"]);
  EXPECT_EQ(targets,
            (std::vector<std::string>{"C:\\ProgramData\\a.dll", "C:\\Users\\Public\\b.exe"}));
}

TEST(Autostarts, AClassNamedByOneHiveIsFoundInAnother) {
  fake::FakeWindows windows = one_user();
  windows.value("HKLM\\SOFTWARE\\Classes\\CLSID\\" + std::string{kGuid} + "\\InprocServer32", "",
                fake::sz("C:\\Program Files\\Vendor\\bho.dll"));
  windows.key(
      "HKU\\alice\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\Browser Helper "
      "Objects\\" +
      std::string{kGuid});
  windows.value("HKLM\\SOFTWARE\\Classes\\Vendor.Addin\\CLSID", "", fake::sz(kGuid));
  windows.value("HKU\\alice\\Software\\Microsoft\\Office\\Outlook\\Addins\\Vendor.Addin",
                "LoadBehavior", fake::dword(3));
  const ModuleRun run = run_module(modules::autostarts, windows);
  const auto* bho = run.context->record({{"location", "browser_helper_objects"}});
  ASSERT_NE(bho, nullptr);
  EXPECT_EQ((*bho)["target"], "C:\\Program Files\\Vendor\\bho.dll");
  EXPECT_EQ((*bho)["value_name"], "null");
  const auto* addin = run.context->record({{"location", "office_addins"}});
  ASSERT_NE(addin, nullptr);
  EXPECT_EQ((*addin)["target"], "C:\\Program Files\\Vendor\\bho.dll");
  EXPECT_EQ((*addin)["enabled"], "true");
}

TEST(Autostarts, TypeLibrariesAndScriptletsThatRunScripts) {
  expect({"HKU\\alice_Classes\\TypeLib\\" + std::string{kGuid} + "\\1.0\\0\\win64", "",
          fake::sz("script:C:\\ProgramData\\x.sct"), "type_libraries", Severity::medium});
  expect({"HKU\\alice_Classes\\TypeLib\\" + std::string{kGuid} + "\\1.0\\0\\win64", "",
          fake::sz("C:\\Program Files\\Vendor\\x.tlb"), ""});
  expect({"HKU\\alice_Classes\\CLSID\\" + std::string{kGuid} + "\\ScriptletURL", "",
          fake::sz("http://evil.example/x.sct"), "com_scriptlet", Severity::medium});
}

TEST(Autostarts, FileClassesThatWindowsElevates) {
  expect({"HKU\\alice_Classes\\ms-settings\\shell\\open\\command", "",
          fake::sz("C:\\Program Files\\Vendor\\a.exe"), "class_elevation", Severity::medium});
  expect({"HKU\\alice_Classes\\mscfile\\shell\\open\\command", "", fake::sz("cmd.exe"),
          "class_elevation", Severity::medium});
  expect({"HKU\\alice_Classes\\Vendor.Document\\shell\\open\\command", "",
          fake::sz("\"C:\\Program Files\\Vendor\\a.exe\" \"%1\""), ""});
  expect({"HKLM\\SOFTWARE\\Classes\\exefile\\shell\\open\\command", "", fake::sz("\"%1\" %*"), ""});
  expect({"HKLM\\SOFTWARE\\Classes\\exefile\\shell\\open\\command", "",
          fake::sz("\"C:\\Program Files\\Vendor\\a.exe\" \"%1\" %*"), "file_association_machine",
          Severity::medium});
}

TEST(Autostarts, SignatureProvidersMadeToAcceptEverything) {
  const std::string key =
      "HKLM\\SOFTWARE\\Microsoft\\Cryptography\\OID\\EncodingType "
      "0\\CryptSIPDllVerifyIndirectData\\" +
      std::string{kGuid};
  expect({key, "Dll", fake::sz("WINTRUST.DLL"), ""});
  expect(
      {key, "Dll", fake::sz("C:\\Windows\\System32\\ntdll.dll"), "sip_providers", Severity::high});
}

TEST(Autostarts, SetupCommandLineCountsWhileSetupTypeIsSet) {
  fake::FakeWindows windows = one_user();
  windows.value("HKLM\\SYSTEM\\Setup", "CmdLine", fake::sz("oobe\\windeploy.exe"))
      .value("HKLM\\SYSTEM\\Setup", "SetupType", fake::dword(0));
  EXPECT_EQ(fake::summary_of(run_module(modules::autostarts, windows).context->findings), "");
  windows.value("HKLM\\SYSTEM\\Setup", "SetupType", fake::dword(2));
  const ModuleRun run = run_module(modules::autostarts, windows);
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(run.context->findings[0].rule, "autostarts.setup_command");
}

TEST(Autostarts, AnAccountThatActsAsAnother) {
  std::vector<std::byte> f(0x50);
  f[0x30] = std::byte{0xF4};  // 500, the built-in administrator
  f[0x31] = std::byte{0x01};
  expect({"HKLM\\SAM\\SAM\\Domains\\Account\\Users\\000001F4", "F", fake::binary(f), ""});
  expect({"HKLM\\SAM\\SAM\\Domains\\Account\\Users\\000003E9", "F", fake::binary(f),
          "account_number", Severity::high});
}

TEST(Autostarts, HiddenNamesAndDataAreFindings) {
  expect({in(kControl, "Session Manager\\Environment"), "ComSpec",
          fake::raw_data(2, fake::expand_sz(std::string{"%SystemRoot%\\system32\\cmd.exe"} + '\0' +
                                            "secret text")
                                .bytes),
          "hidden_data", Severity::low});
  fake::FakeWindows windows = one_user();
  windows.value(in(kControl, "Session Manager\\KnownDLLs"), std::string_view{"\0hidden", 7},
                fake::sz("kernel32.dll"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  ASSERT_EQ(run.context->findings.size(), 1u) << fake::summary_of(run.context->findings);
  EXPECT_EQ(run.context->findings[0].rule, "autostarts.hidden_value_name");
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::medium);
}

TEST(Autostarts, ControlSetsNotInUseAreRecordedAndStayLow) {
  fake::FakeWindows windows = one_user();
  windows.value("HKLM\\SYSTEM\\ControlSet002\\Control\\Session Manager\\AppCertDlls", "x",
                fake::sz("C:\\TMP\\a.dll"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  const auto* record = run.context->record({{"location", "app_cert_dlls"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["control_set"], "2");
  EXPECT_EQ((*record)["current_control_set"], "false");
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::low);
}

TEST(Autostarts, ListsGiveOneRecordAnElement) {
  fake::FakeWindows windows = one_user();
  windows.value(std::string{kWinlogon}, "Userinit",
                fake::sz("C:\\Windows\\system32\\userinit.exe, a.exe,"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  const auto* first = run.context->record({{"location", "winlogon_userinit"}, {"element", "0"}});
  const auto* second = run.context->record({{"location", "winlogon_userinit"}, {"element", "1"}});
  ASSERT_TRUE(first != nullptr && second != nullptr);
  EXPECT_EQ((*first)["default_value"], "true");
  EXPECT_EQ((*first)["data"], "C:\\Windows\\system32\\userinit.exe, a.exe,");
  EXPECT_EQ((*second)["command_line"], "a.exe");
  EXPECT_EQ((*second)["data"], "null");
}

TEST(Autostarts, NetworkProvidersLeadToTheirServices) {
  fake::FakeWindows windows = one_user();
  windows.value(in(kControl, "NetworkProvider\\Order"), "ProviderOrder", fake::sz("RDPNP,NPPSpy"))
      .value(in(kServices, "RDPNP\\NetworkProvider"), "ProviderPath",
             fake::expand_sz("%SystemRoot%\\System32\\drprov.dll"))
      .value(in(kServices, "NPPSpy\\NetworkProvider"), "ProviderPath",
             fake::sz("C:\\TMP\\NPPSPY.dll"));
  windows.program("C:\\TMP\\NPPSPY.dll");
  const ModuleRun run = run_module(modules::autostarts, windows);
  ASSERT_EQ(run.context->findings.size(), 1u) << fake::summary_of(run.context->findings);
  EXPECT_EQ(run.context->findings[0].rule, "autostarts.network_providers");
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::medium);
  EXPECT_TRUE(run.context->has_collected("C:\\TMP\\NPPSPY.dll"));
}

TEST(Autostarts, PendingOperationsAreReadInPairs) {
  fake::FakeWindows windows = one_user();
  windows.value(in(kControl, "Session Manager"), "PendingFileRenameOperations",
                fake::multi_sz({"\\??\\C:\\a.tmp", "", "\\??\\C:\\b.tmp", "!\\??\\C:\\c.exe"}));
  const ModuleRun run = run_module(modules::autostarts, windows);
  EXPECT_NE(run.context->record({{"command_line", "C:\\a.tmp is deleted"}}), nullptr);
  EXPECT_NE(run.context->record({{"command_line", "C:\\b.tmp becomes C:\\c.exe"}}), nullptr);
}

TEST(Autostarts, GroupPolicyScriptsOfTheRegistryAndOfFiles) {
  fake::FakeWindows windows = one_user();
  const std::string key =
      "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\System\\Scripts\\Startup\\0\\0";
  windows.value(key, "Script", fake::sz("C:\\TMP\\start up.bat"))
      .value(key, "Parameters", fake::sz("-q"));
  windows.file("C:\\TMP\\start up.bat", "@echo off");
  windows.file("C:\\Windows\\System32\\GroupPolicy\\Machine\\Scripts\\scripts.ini",
               "[Startup]\r\n0CmdLine=C:\\TMP\\two.bat\r\n0Parameters=/x\r\n");
  const ModuleRun run = run_module(modules::autostarts, windows);
  const auto* script = run.context->record({{"location", "group_policy_scripts"}});
  ASSERT_NE(script, nullptr);
  EXPECT_EQ((*script)["target"], "C:\\TMP\\start up.bat");
  EXPECT_EQ((*script)["arguments"], "-q");
  EXPECT_TRUE(run.context->has_collected("C:\\TMP\\start up.bat"));
  const auto* line =
      run.context->record({{"location", "group_policy_script_files"}, {"line", "0CmdLine"}});
  ASSERT_NE(line, nullptr);
  EXPECT_EQ(line->kind, "autostart_file");
  EXPECT_EQ((*line)["command_line"], "C:\\TMP\\two.bat /x");
}

TEST(Autostarts, NativeModulesOfTheWebServer) {
  fake::FakeWindows windows = one_user();
  windows.file(
      "C:\\Windows\\System32\\inetsrv\\config\\applicationHost.config",
      "<configuration><system.webServer><globalModules>\n"
      "<add name=\"StaticFileModule\" image=\"%windir%\\System32\\inetsrv\\static.dll\" />\n"
      "<add name=\"x\"\n\timage='C:\\ProgramData&#x5C;iis.dll'/>\n"
      "</globalModules></system.webServer><other image=\"C:\\no.dll\" /></configuration>");
  const ModuleRun run = run_module(modules::autostarts, windows);
  EXPECT_NE(run.context->record({{"line", "image"}, {"target", "C:\\ProgramData\\iis.dll"}}),
            nullptr);
  EXPECT_EQ(run.context->record({{"target", "C:\\no.dll"}}), nullptr);
  ASSERT_EQ(run.context->findings.size(), 1u) << fake::summary_of(run.context->findings);
  EXPECT_EQ(run.context->findings[0].rule, "autostarts.iis_modules");
}

TEST(Autostarts, FilesThatAreAbsentByDefault) {
  fake::FakeWindows windows = one_user();
  windows.file("C:\\Users\\alice\\Documents\\WindowsPowerShell\\Microsoft.PowerShell_profile.ps1",
               "iex x");
  windows.file("C:\\Windows\\System32\\Tasks\\Microsoft\\Windows\\x\\Task", "<Task/>");
  const ModuleRun run = run_module(modules::autostarts, windows);
  ASSERT_EQ(run.context->findings.size(), 1u) << fake::summary_of(run.context->findings);
  EXPECT_EQ(run.context->findings[0].rule, "autostarts.powershell_profiles");
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::low);
  const auto* profile = run.context->record({{"location", "powershell_profiles"}});
  ASSERT_NE(profile, nullptr);
  EXPECT_EQ(profile->user_name, "alice");
  EXPECT_TRUE(
      run.context->has_collected("C:\\Windows\\System32\\Tasks\\Microsoft\\Windows\\x\\Task"));
}

TEST(Autostarts, RecoveredValuesAreRecordedAndStayLow) {
  fake::FakeWindows windows = one_user();
  windows.value(in(kControl, "Session Manager\\AppCertDlls"), "other", fake::sz(""));
  windows.deleted_value(in(kControl, "Session Manager\\AppCertDlls"), "x",
                        fake::sz("C:\\TMP\\a.dll"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  const auto* record = run.context->record({{"location", "app_cert_dlls"}, {"deleted", "true"}});
  ASSERT_NE(record, nullptr) << fake::summary_of(run.context->findings);
  for (const auto& finding : run.context->findings) EXPECT_LE(severity_of(finding), Severity::low);
}

TEST(Autostarts, AStoppedRunEndsEarly) {
  fake::FakeWindows windows = one_user();
  fake::Machine machine = windows.machine();
  fake::Context context{machine};
  context.stopper.request_stop();
  const auto result = modules::autostarts.run(context);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::cancelled);
}

TEST(Autostarts, AHiveThatCannotBeReadIsANoteNotAnEnd) {
  fake::FakeWindows windows = one_user();
  windows.hive_bytes("HKU\\alice", fake::bytes_from("no hive"));
  windows.value(in(kControl, "Session Manager\\AppCertDlls"), "x", fake::sz("a.dll"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  EXPECT_FALSE(run.context->notes.empty());
  EXPECT_NE(run.context->finding("autostarts.app_cert_dlls"), nullptr);
}

TEST(Autostarts, HostileValuesAreRead) {
  fake::FakeWindows windows = one_user();
  const std::string key = in(kControl, "Session Manager\\AppCertDlls");
  windows.value(key, "long", fake::sz(std::string(200'000, 'a')))
      .value(key, "odd", fake::raw_data(1, {std::byte{0x41}}))
      .value(key, "unterminated", fake::raw_data(7, fake::bytes_from("a")))
      .value(key, "binary", fake::binary({std::byte{0xFF}, std::byte{0xD8}}))
      .value(key, "surrogate", fake::raw_data(1, {std::byte{0x00}, std::byte{0xD8}}))
      .value(key, "strange", fake::raw_data(0x12345678, fake::bytes_from("abc")));
  const ModuleRun run = run_module(modules::autostarts, windows);
  std::size_t count = 0;
  for (const auto& record : run.context->records)
    if (record["location"] == "app_cert_dlls") {
      ++count;
      EXPECT_LT(record.json.size(), 500'000u);
    }
  EXPECT_EQ(count, 6u);
}

}  // namespace
}  // namespace hozen
