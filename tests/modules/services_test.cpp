#include <gtest/gtest.h>

#include "collector/formats/security_descriptor.h"
#include "collector/source/live_state.h"
#include "tests/builders/security_builder.h"
#include "tests/modules/persistence_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec services;
}  // namespace modules
namespace {

using builders::SecurityBuilder;

constexpr std::string_view kServices = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\";
constexpr std::string_view kSvchostKey =
    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Svchost";
constexpr std::string_view kNetsvcs = "%SystemRoot%\\system32\\svchost.exe -k netsvcs -p";
/// A failure command is the second action.
constexpr std::string_view kCommandAfterRestart =
    "80 51 01 00 00 00 00 00 01 00 00 00 02 00 00 00 14 00 00 00 "
    "01 00 00 00 60 ea 00 00 03 00 00 00 00 00 00 00";

std::string key_of(std::string_view name, std::string_view below = "") {
  return std::string{kServices} + std::string{name} + std::string{below};
}

/// A service as installers make it.
fake::FakeWindows& add(fake::FakeWindows& windows, std::string_view name, std::string_view image,
                       std::uint32_t type = 0x10, std::uint32_t start = 2) {
  if (!image.empty()) windows.value(key_of(name), "ImagePath", fake::expand_sz(image));
  return windows.value(key_of(name), "Type", fake::dword(type))
      .value(key_of(name), "Start", fake::dword(start))
      .value(key_of(name), "ErrorControl", fake::dword(1))
      .value(key_of(name), "ObjectName", fake::sz("LocalSystem"));
}

/// A service of svchost.exe, listed in its group.
fake::FakeWindows& add_shared(fake::FakeWindows& windows, std::string_view name,
                              std::string_view library) {
  add(windows, name, kNetsvcs, 0x20);
  return windows.value(key_of(name, "\\Parameters"), "ServiceDll", fake::expand_sz(library))
      .value(kSvchostKey, "netsvcs", fake::multi_sz({std::string{name}, "Ias", "Nla"}));
}

const fake::Record& record_of(const ModuleRun& run, std::string_view name) {
  const auto* record = run.context->record({{"name", name}});
  EXPECT_NE(record, nullptr) << name;
  static const fake::Record kNone;
  return record != nullptr ? *record : kNone;
}

ModuleRun run_services(const fake::FakeWindows& windows) {
  return run_module(modules::services, windows);
}

/// Rule and severity of the only finding, "" when there is none.
std::string only_finding(const ModuleRun& run) {
  if (run.context->findings.empty()) return "";
  if (run.context->findings.size() > 1) return fake::summary_of(run.context->findings);
  const Finding& finding = run.context->findings[0];
  return finding.rule + " " + std::string{to_text(severity_of(finding))};
}

bool has_rule_text(const Finding& finding, std::string_view text) {
  return std::any_of(finding.why.begin(), finding.why.end(),
                     [&](const Why& why) { return why.fact.find(text) != std::string::npos; });
}

// ---- Records ------------------------------------------------------------------------------------

TEST(Services, RecordsWhatTheKeysSay) {
  fake::FakeWindows windows;
  windows.program("C:\\Program Files\\Vendor\\agent.exe");
  add(windows, "Agent", "\"C:\\Program Files\\Vendor\\agent.exe\" -run", 0x110);
  windows.value(key_of("Agent"), "DisplayName", fake::sz("Vendor Agent"))
      .value(key_of("Agent"), "Description", fake::sz("Watches."))
      .value(key_of("Agent"), "Group", fake::sz("NetworkProvider"))
      .value(key_of("Agent"), "Tag", fake::dword(7))
      .value(key_of("Agent"), "DelayedAutostart", fake::dword(1))
      .value(key_of("Agent"), "ServiceSidType", fake::dword(1))
      .value(key_of("Agent"), "LaunchProtected", fake::dword(3))
      .value(key_of("Agent"), "DependOnService", fake::multi_sz({"RpcSs", "Tcpip"}))
      .value(key_of("Agent"), "DependOnGroup", fake::multi_sz({"TDI"}))
      .value(key_of("Agent"), "RequiredPrivileges", fake::multi_sz({"SeTcbPrivilege"}))
      .value(key_of("Agent"), "Environment", fake::multi_sz({"A=b"}), fake::at(60));
  const ModuleRun run = run_services(windows);
  const fake::Record& record = record_of(run, "Agent");
  EXPECT_EQ(record.kind, "service");
  EXPECT_EQ(record["key_path"], "HKLM\\SYSTEM\\ControlSet001\\Services\\Agent");
  EXPECT_EQ(record["control_set"], "1");
  EXPECT_EQ(record["current_control_set"], "true");
  EXPECT_EQ(record["deleted"], "false");
  EXPECT_EQ(record["display_name"], "Vendor Agent");
  EXPECT_EQ(record["description"], "Watches.");
  EXPECT_EQ(record["type"], "272");
  EXPECT_EQ(record.json_of("type_names"), "[\"own_process\",\"interactive\"]");
  EXPECT_EQ(record["start"], "2");
  EXPECT_EQ(record["start_name"], "auto");
  EXPECT_EQ(record["delayed_start"], "1");
  EXPECT_EQ(record["error_control"], "1");
  EXPECT_EQ(record["account"], "LocalSystem");
  EXPECT_EQ(record["group"], "NetworkProvider");
  EXPECT_EQ(record["tag"], "7");
  EXPECT_EQ(record.json_of("depends_on"), "[\"RpcSs\",\"Tcpip\",\"+TDI\"]");
  EXPECT_EQ(record["launch_protected"], "3");
  EXPECT_EQ(record["sid_type"], "1");
  EXPECT_EQ(record.json_of("privileges"), "[\"SeTcbPrivilege\"]");
  EXPECT_EQ(record.json_of("environment"), "[\"A=b\"]");
  EXPECT_EQ(record["image_path"], "\"C:\\Program Files\\Vendor\\agent.exe\" -run");
  EXPECT_EQ(record["image"], "C:\\Program Files\\Vendor\\agent.exe");
  EXPECT_EQ(record["image_existence"], "exists");
  EXPECT_EQ(record["arguments"], "-run");
  EXPECT_EQ(record["inbox"], "unknown");
  ASSERT_EQ(record.timestamps.size(), 1u);
  EXPECT_EQ(record.timestamps[0].second, fake::at(60));
  EXPECT_TRUE(run.context->has_collected("C:\\Program Files\\Vendor\\agent.exe"));
  EXPECT_NE(record["image_artifact"], "null");
  EXPECT_EQ(only_finding(run), "services.interactive_system_service info");
}

struct ImageCase {
  const char* text;
  const char* image;
  std::uint32_t type;
};

TEST(Services, ResolvesImagePathsAsTheLoaderAndTheServiceManagerDo) {
  const ImageCase cases[] = {
      {"\\SystemRoot\\System32\\drivers\\x.sys", "C:\\Windows\\System32\\drivers\\x.sys", 1},
      {"System32\\drivers\\x.sys", "C:\\Windows\\System32\\drivers\\x.sys", 1},
      {"system32\\DRIVERS\\x.sys", "C:\\Windows\\system32\\DRIVERS\\x.sys", 2},
      {"\\??\\C:\\Program Files\\a b\\x.sys", "C:\\Program Files\\a b\\x.sys", 1},
      {"", "C:\\Windows\\System32\\drivers\\Sample.sys", 1},
      {"%SystemRoot%\\System32\\x.exe", "C:\\Windows\\System32\\x.exe", 0x10},
      {"C:\\Program Files\\a b\\x.exe -k y", "C:\\Program Files\\a b\\x.exe", 0x10},
  };
  for (const auto& one : cases) {
    fake::FakeWindows windows;
    windows.program("C:\\Program Files\\a b\\x.exe");
    add(windows, "Sample", one.text, one.type);
    EXPECT_EQ(record_of(run_services(windows), "Sample")["image"], one.image) << one.text;
  }
}

TEST(Services, A32BitServiceOfA64BitWindowsRunsFromSysWow64) {
  fake::FakeWindows windows;
  windows.program("C:\\Windows\\SysWOW64\\x.exe");
  add(windows, "Sample", "%SystemRoot%\\System32\\x.exe");
  windows.value(key_of("Sample"), "WOW64", fake::dword(1));
  EXPECT_EQ(record_of(run_services(windows), "Sample")["image"], "C:\\Windows\\SysWOW64\\x.exe");
}

TEST(Services, TheLibraryIsReadFromParametersThenFromTheKeyItself) {
  fake::FakeWindows windows;
  windows.program("C:\\Program Files\\Vendor\\a.dll");
  windows.program("C:\\Program Files\\Vendor\\b.dll");
  add_shared(windows, "Sample", "%ProgramFiles%\\Vendor\\a.dll");
  windows.value(key_of("Sample", "\\Parameters"), "ServiceMain", fake::sz("Run"), fake::at(90))
      .value(key_of("Sample"), "ServiceDll", fake::sz("C:\\Program Files\\Vendor\\b.dll"));
  ModuleRun run = run_services(windows);
  EXPECT_EQ(record_of(run, "Sample")["service_dll_path"], "C:\\Program Files\\Vendor\\a.dll");
  EXPECT_EQ(record_of(run, "Sample")["service_dll_key"],
            "HKLM\\SYSTEM\\ControlSet001\\Services\\Sample\\Parameters");
  EXPECT_EQ(record_of(run, "Sample")["service_main"], "Run");
  EXPECT_EQ(record_of(run, "Sample")["svchost_group"], "netsvcs");
  EXPECT_EQ(record_of(run, "Sample").timestamps.at(1).second, fake::at(90));
  EXPECT_TRUE(run.context->has_collected("C:\\Program Files\\Vendor\\a.dll"));
  EXPECT_FALSE(run.context->has_collected("C:\\Windows\\System32\\svchost.exe"));
  windows.remove_value(key_of("Sample", "\\Parameters"), "ServiceDll");
  run = run_services(windows);
  EXPECT_EQ(record_of(run, "Sample")["service_dll_path"], "C:\\Program Files\\Vendor\\b.dll");
  EXPECT_EQ(record_of(run, "Sample")["service_dll_key"],
            "HKLM\\SYSTEM\\ControlSet001\\Services\\Sample");
}

TEST(Services, FailureActionsTriggersFiltersAndSecurityAreDecoded) {
  fake::FakeWindows windows;
  add(windows, "Sample", "System32\\drivers\\x.sys", 2);
  windows.value(key_of("Sample"), "FailureActions", fake::binary(kCommandAfterRestart))
      .value(key_of("Sample", "\\TriggerInfo\\0"), "Type", fake::dword(4))
      .value(key_of("Sample", "\\TriggerInfo\\0"), "Action", fake::dword(1))
      .value(key_of("Sample", "\\TriggerInfo\\0"), "Guid",
             fake::binary("07 9e 56 b7 21 84 e0 4e ad 10 86 91 5a fd ad 09"))
      .value(key_of("Sample", "\\TriggerInfo\\0"), "Data0",
             fake::binary(fake::multi_sz({"139", "TCP"}).bytes))
      .value(key_of("Sample", "\\TriggerInfo\\0"), "DataType0", fake::dword(2))
      .value(key_of("Sample", "\\Instances\\Top"), "Altitude", fake::sz("385000"))
      .value(key_of("Sample", "\\Instances\\Top"), "Flags", fake::dword(0))
      .value(key_of("Sample", "\\Security"), "Security",
             fake::binary(SecurityBuilder{}.owner("S-1-5-18").allow("S-1-5-18", 1).bytes()));
  const ModuleRun run = run_services(windows);
  const fake::Record& record = record_of(run, "Sample");
  EXPECT_EQ(
      record.json_of("failure_actions"),
      "[{\"type\":\"restart\",\"delay_ms\":60000},{\"type\":\"run_command\",\"delay_ms\":0}]");
  EXPECT_EQ(record["failure_reset_s"], "86400");
  EXPECT_EQ(record.json_of("triggers"),
            "[{\"type\":\"firewall_port\",\"type_number\":4,\"action\":\"start\",\"subtype\":\""
            "{B7569E07-8421-4EE0-AD10-86915AFDAD09}\",\"meaning\":\"port_opened\",\"data\":[\"139; "
            "TCP\"]}]");
  EXPECT_EQ(record.json_of("filter_instances"),
            "[{\"name\":\"Top\",\"altitude\":\"385000\",\"flags\":0}]");
  EXPECT_EQ(record["security"], "O:SYD:(A;;CC;;;SY)");
}

TEST(Services, UserServicesAreTemplatesAndInstances) {
  fake::FakeWindows windows;
  add(windows, "CDPUserSvc", "%SystemRoot%\\system32\\svchost.exe -k UnistackSvcGroup", 0x60);
  add(windows, "CDPUserSvc_1d05b", "C:\\Windows\\system32\\svchost.exe -k UnistackSvcGroup", 0xE0);
  windows.value(kSvchostKey, "UnistackSvcGroup", fake::multi_sz({"CDPUserSvc"}));
  const ModuleRun run = run_services(windows);
  EXPECT_EQ(record_of(run, "CDPUserSvc")["user_service"], "template");
  EXPECT_EQ(record_of(run, "CDPUserSvc_1d05b")["user_service"], "instance");
  EXPECT_EQ(record_of(run, "CDPUserSvc_1d05b")["inbox"], "usual");
  EXPECT_EQ(only_finding(run), "");
}

TEST(Services, GroupsOfSvchostTellTheirFreeSlots) {
  fake::FakeWindows windows;
  add_shared(windows, "Schedule", "%SystemRoot%\\system32\\schedsvc.dll");
  const ModuleRun run = run_services(windows);
  const auto* group = run.context->record({{"name", "netsvcs"}});
  ASSERT_NE(group, nullptr);
  EXPECT_EQ(group->kind, "svchost_group");
  EXPECT_EQ(group->json_of("services"), "[\"Schedule\",\"Ias\",\"Nla\"]");
  EXPECT_EQ(group->json_of("without_service"), "[\"Ias\",\"Nla\"]");
  EXPECT_EQ(only_finding(run), "");
}

TEST(Services, EveryControlSetIsRecordedButOnlyThoseOfUseAreJudged) {
  fake::FakeWindows windows;
  for (const auto* set : {"ControlSet001", "ControlSet002", "ControlSet003"})
    windows
        .value(std::string{"HKLM\\SYSTEM\\"} + set + "\\Services\\x", "ImagePath",
               fake::sz("cmd.exe /c calc.exe"))
        .value(std::string{"HKLM\\SYSTEM\\"} + set + "\\Services\\x", "Type", fake::dword(0x10));
  windows.value("HKLM\\SYSTEM\\Select", "Default", fake::dword(3));
  const ModuleRun run = run_services(windows);
  EXPECT_NE(run.context->record({{"name", "x"}, {"control_set", "2"}}), nullptr);
  ASSERT_EQ(run.context->findings.size(), 2u) << fake::summary_of(run.context->findings);
  EXPECT_EQ(run.context->findings[0].title, "Service that runs a command");
  EXPECT_EQ(run.context->findings[1].title, "At the next start: Service that runs a command");
}

TEST(Services, ARemovedServiceIsPutTogetherFromItsValues) {
  fake::FakeWindows windows;
  windows.value(key_of("Gone"), "DisplayName", fake::sz("x"));
  windows.deleted_value(key_of("Gone"), "ImagePath", fake::sz("%SystemRoot%\\gone.exe"))
      .deleted_value(key_of("Gone"), "Type", fake::dword(0x10));
  const ModuleRun run = run_services(windows);
  const auto* record = run.context->record({{"name", "Gone"}, {"deleted", "true"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["image"], "C:\\Windows\\gone.exe");
  EXPECT_EQ(only_finding(run), "");
}

// ---- Services of Windows ------------------------------------------------------------------------

TEST(Services, OrdinaryServicesOfWindowsGiveNoFinding) {
  fake::FakeWindows windows;
  add(windows, "Spooler", "%SystemRoot%\\System32\\spoolsv.exe", 0x110);
  add(windows, "COMSysApp",
      "%SystemRoot%\\system32\\dllhost.exe /Processid:{02D4B3F1-FD88-11D1-960D-00805FC79235}");
  add(windows, "msiserver", "%systemroot%\\system32\\msiexec.exe /V");
  add(windows, "WSearch", "%systemroot%\\system32\\SearchIndexer.exe /Embedding");
  add(windows, "WinDefend",
      "\"C:\\ProgramData\\Microsoft\\Windows Defender\\platform\\4.18.24090.11-0\\MsMpEng.exe\"");
  add(windows, "MpKslb17392d7",
      "\\??\\C:\\ProgramData\\Microsoft\\Windows Defender\\Definition "
      "Updates\\{D04C61E7-0810-4ADB-8675-B55F469E20CF}\\MpKslb17392d7.sys",
      1);
  add(windows, "CLFS", "System32\\CLFS.sys", 1, 0);
  add(windows, "Beep", "", 1, 1);
  add(windows, "3ware", "System32\\drivers\\3ware.sys", 1, 3);
  add(windows, "BasicDisplay",
      "\\SystemRoot\\System32\\DriverStore\\FileRepository\\basicdisplay.inf_amd64_1\\x.sys", 1, 3);
  add(windows, "MSiSCSI", kNetsvcs, 0x20);
  windows
      .value(key_of("MSiSCSI", "\\Parameters"), "ServiceDll",
             fake::expand_sz("%systemroot%\\system32\\iscsiexe.dll"))
      .value(key_of("MSiSCSI"), "FailureCommand", fake::sz("customScript.cmd"))
      .value(key_of("MSiSCSI"), "FailureActions", fake::binary(kCommandAfterRestart))
      .value(kSvchostKey, "netsvcs", fake::multi_sz({"MSiSCSI"}));
  const ModuleRun run = run_services(windows);
  EXPECT_EQ(only_finding(run), "");
  EXPECT_EQ(record_of(run, "Spooler")["inbox"], "usual");
  EXPECT_EQ(record_of(run, "MSiSCSI")["inbox"], "usual");
  EXPECT_TRUE(run.context->notes.empty());
}

TEST(Services, ASwappedLibraryOfAWindowsServiceIsFound) {
  fake::FakeWindows windows;
  windows.program("C:\\ProgramData\\Vendor\\wu.dll");
  add_shared(windows, "wuauserv", "C:\\ProgramData\\Vendor\\wu.dll");
  windows.key(key_of("wuauserv", "\\Parameters"), fake::at(77));
  const ModuleRun run = run_services(windows);
  EXPECT_EQ(only_finding(run), "services.swapped_service_dll high");
  const Finding& finding = run.context->findings.at(0);
  EXPECT_TRUE(has_rule_text(finding, "C:\\Windows\\System32\\wuaueng.dll"));
  EXPECT_TRUE(has_rule_text(finding, "C:\\ProgramData\\Vendor\\wu.dll"));
  EXPECT_TRUE(has_rule_text(finding, fake::at(77).iso8601()));
  EXPECT_EQ(finding.why.at(0).records, std::vector<std::string>{record_of(run, "wuauserv").id});
  EXPECT_NE(std::find(finding.attack.begin(), finding.attack.end(), "T1543.003"),
            finding.attack.end());
  EXPECT_FALSE(finding.not_checked.empty());
  EXPECT_EQ(record_of(run, "wuauserv")["inbox"], "differs");
  EXPECT_EQ(record_of(run, "wuauserv").json_of("expected"),
            "[\"C:\\\\Windows\\\\System32\\\\wuaueng.dll\"]");
  EXPECT_TRUE(run.context->has_collected("C:\\ProgramData\\Vendor\\wu.dll"));
}

struct SwapCase {
  const char* name;
  const char* library;
  const char* finding;
  std::uint32_t build;
};

TEST(Services, LibrariesAreComparedByVersionOfWindows) {
  const SwapCase cases[] = {
      {"Schedule", "%SystemRoot%\\system32\\SCHEDSVC.DLL", "", 19045},
      {"Schedule", "%windir%\\System32\\schedsvc.dll", "", 2600},
      {"Schedule", "C:\\Windows\\System32\\schedsvc2.dll", "services.swapped_service_dll medium",
       19045},
      {"Schedule", "%SystemRoot%\\SysWOW64\\schedsvc.dll", "services.swapped_service_dll medium",
       19045},
      {"Schedule", "C:\\Windows\\Temp\\schedsvc.dll", "services.swapped_service_dll high", 19045},
      {"Schedule", "C:\\Windows\\System32\\schedsvc.dll:x", "services.swapped_service_dll high",
       19045},
      // The table does not know LSM of Windows 11: in Windows' folders that is a hint only.
      {"LSM", "%SystemRoot%\\System32\\lsm.dll", "", 22631},
      {"LSM", "%SystemRoot%\\System32\\lsm2.dll", "services.swapped_service_dll low", 22631},
      {"LSM", "C:\\Users\\Public\\lsm.dll", "services.swapped_service_dll high", 22631},
      {"LSM", "%SystemRoot%\\System32\\lsm2.dll", "services.swapped_service_dll medium", 16299},
      {"Themes", "%SystemRoot%\\System32\\shsvcs.dll", "", 2600},
  };
  for (const auto& one : cases) {
    fake::FakeWindows windows{{.build = one.build}};
    for (const auto* file :
         {"System32\\schedsvc.dll", "System32\\schedsvc2.dll", "SysWOW64\\schedsvc.dll",
          "Temp\\schedsvc.dll", "System32\\lsm.dll", "System32\\lsm2.dll", "System32\\shsvcs.dll"})
      windows.program(std::string{"C:\\Windows\\"} + file);
    windows.program("C:\\Users\\Public\\lsm.dll");
    add_shared(windows, one.name, one.library);
    EXPECT_EQ(only_finding(run_services(windows)), one.finding)
        << one.name << " " << one.library << " " << one.build;
  }
}

TEST(Services, ASwappedProgramOfAWindowsServiceIsFound) {
  fake::FakeWindows windows;
  windows.program("C:\\Program Files\\Vendor\\x.exe");
  windows.program("C:\\Windows\\System32\\drivers\\x.sys");
  add(windows, "Spooler", "C:\\Program Files\\Vendor\\x.exe");
  ModuleRun run = run_services(windows);
  EXPECT_EQ(only_finding(run), "services.swapped_service_program medium");
  EXPECT_TRUE(has_rule_text(run.context->findings.at(0), "C:\\Windows\\System32\\spoolsv.exe"));
  add(windows, "Spooler", "%SystemRoot%\\System32\\spoolsv.exe");
  add(windows, "Beep", "System32\\drivers\\x.sys", 1, 1);
  EXPECT_EQ(only_finding(run_services(windows)), "services.swapped_service_program medium");
}

TEST(Services, FilesOfWindowsAreNotPreservedOthersAre) {
  fake::FakeWindows windows;
  for (const auto* file : {"System32\\schedsvc.dll", "System32\\drivers\\beep.sys",
                           "System32\\drivers\\vendor.sys", "System32\\vendor.dll"})
    windows.program(std::string{"C:\\Windows\\"} + file);
  add_shared(windows, "Schedule", "%SystemRoot%\\system32\\schedsvc.dll");
  add(windows, "Beep", "", 1, 1);
  add(windows, "Vendor", "System32\\drivers\\vendor.sys", 1, 1);
  add_shared(windows, "VendorSvc", "%SystemRoot%\\system32\\vendor.dll");
  const ModuleRun run = run_services(windows);
  EXPECT_FALSE(run.context->has_collected("C:\\Windows\\system32\\schedsvc.dll"));
  EXPECT_FALSE(run.context->has_collected("C:\\Windows\\System32\\drivers\\Beep.sys"));
  EXPECT_TRUE(run.context->has_collected("C:\\Windows\\System32\\drivers\\vendor.sys"));
  EXPECT_TRUE(run.context->has_collected("C:\\Windows\\system32\\vendor.dll"));
}

// ---- Rules --------------------------------------------------------------------------------------

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
  EXPECT_EQ(only_finding(run_services(libraries)), "services.swapped_service_dll low");
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

// ---- The running system -------------------------------------------------------------------------

/// The machine as a running system whose registry API shows what its hives hold.
struct LiveRun {
  fake::Machine machine;
  LiveState state;
  std::unique_ptr<fake::Context> context;
};

std::unique_ptr<LiveRun> run_live(const fake::FakeWindows& windows, LiveState state) {
  auto run = std::make_unique<LiveRun>(LiveRun{windows.machine(), std::move(state), nullptr});
  run->machine.source->be_live(*run->machine.registry, &run->state);
  run->context = std::make_unique<fake::Context>(run->machine);
  EXPECT_TRUE(modules::services.run(*run->context).has_value());
  return run;
}

LiveService listed(std::string name, std::string image = "C:\\Program Files\\Vendor\\x.exe") {
  LiveService service;
  service.display_name = service.name = std::move(name);
  service.type = 0x10;
  service.state = 4;
  service.pid = 1234;
  service.start = 2;
  service.image_path = std::move(image);
  service.account = "LocalSystem";
  return service;
}

fake::FakeWindows two_services() {
  fake::FakeWindows windows;
  windows.program("C:\\Program Files\\Vendor\\x.exe");
  add(windows, "One", "\"C:\\Program Files\\Vendor\\x.exe\"");
  add(windows, "Two", "\"C:\\Program Files\\Vendor\\x.exe\"");
  return windows;
}

TEST(LiveServices, AreRecordedAndAgreeWithTheRegistry) {
  const auto run = run_live(two_services(), {.services = {listed("One"), listed("TWO")}});
  EXPECT_EQ(fake::summary_of(run->context->findings), "");
  const auto* record = run->context->record({{"name", "TWO"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->kind, "live_service");
  EXPECT_EQ((*record)["state"], "running");
  EXPECT_EQ((*record)["pid"], "1234");
  EXPECT_EQ((*record)["start"], "2");
  EXPECT_EQ((*record)["image_path"], "C:\\Program Files\\Vendor\\x.exe");
  EXPECT_EQ((*record)["in_registry"], "true");
}

TEST(LiveServices, AServiceThatTheServiceManagerDoesNotListIsReported) {
  const auto run = run_live(two_services(), {.services = {listed("One")}});
  ASSERT_EQ(run->context->findings.size(), 1u);
  EXPECT_EQ(run->context->findings[0].rule, "services.not_in_service_manager");
  EXPECT_EQ(severity_of(run->context->findings[0]), Severity::medium);
  EXPECT_NE(run->context->findings[0].subject.find("Two"), std::string::npos);
}

TEST(LiveServices, KeysThatAreNoServicesAndServicesOfUsersNeedNotBeListed) {
  fake::FakeWindows windows = two_services();
  windows.value(key_of("Parameters only", "\\Parameters"), "x", fake::dword(1));
  add(windows, "CDPUserSvc", "%SystemRoot%\\system32\\svchost.exe -k UnistackSvcGroup", 0x60);
  add(windows, "CDPUserSvc_1d05b", "C:\\Windows\\system32\\svchost.exe -k UnistackSvcGroup", 0xE0);
  windows.value(kSvchostKey, "UnistackSvcGroup", fake::multi_sz({"CDPUserSvc"}))
      .value("HKLM\\SYSTEM\\ControlSet002\\Services\\Old", "Type", fake::dword(0x10));
  const auto run = run_live(windows, {.services = {listed("One"), listed("Two")}});
  EXPECT_EQ(fake::summary_of(run->context->findings), "");
}

TEST(LiveServices, AServiceWithoutAKeyIsReported) {
  const auto run =
      run_live(two_services(), {.services = {listed("One"), listed("Two"),
                                             listed("Ghost", "\\??\\C:\\Windows\\Temp\\g.sys")}});
  ASSERT_EQ(run->context->findings.size(), 1u);
  const Finding& finding = run->context->findings[0];
  EXPECT_EQ(finding.rule, "services.service_without_key");
  EXPECT_EQ(severity_of(finding), Severity::medium);
  const auto* record = run->context->record({{"name", "Ghost"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["in_registry"], "false");
  EXPECT_EQ(finding.why.at(0).records, std::vector<std::string>{record->id});
}

TEST(LiveServices, AViewThatCouldNotBeReadIsNotComparedButNoted) {
  const auto failed = run_live(
      two_services(), {.services = {}, .services_failed = Error{Errc::io, "service manager"}});
  EXPECT_EQ(fake::summary_of(failed->context->findings), "");
  ASSERT_EQ(failed->context->notes.size(), 1u);
  fake::FakeWindows no_system = two_services();
  no_system.without_hive("HKLM\\SYSTEM");
  const auto blind = run_live(no_system, {.services = {listed("One")}});
  EXPECT_EQ(fake::summary_of(blind->context->findings), "");
}

// ---- Hostile evidence ---------------------------------------------------------------------------

TEST(Services, BrokenValuesAreNotedAndTheServiceIsStillRecorded) {
  fake::FakeWindows windows;
  add(windows, "Sample", "\"C:\\Windows\\System32\\cmd.exe\"");
  windows.value(key_of("Sample"), "FailureActions", fake::binary("01 02"))
      .value(key_of("Sample", "\\Security"), "Security", fake::binary("01 00 04 80 00"))
      .value(key_of("Sample", "\\TriggerInfo\\0"), "Guid", fake::binary("01"))
      .value(key_of("Sample"), "Start", fake::sz("2"));
  const ModuleRun run = run_services(windows);
  EXPECT_EQ(run.context->notes.size(), 2u);
  const fake::Record& record = record_of(run, "Sample");
  EXPECT_EQ(record.json_of("failure_actions"), "null");
  EXPECT_EQ(record.json_of("start"), "null");
  EXPECT_EQ(record.json_of("security"), "null");
}

TEST(Services, HiddenNamesAndTextsAreReported) {
  fake::FakeWindows windows;
  windows.program("C:\\Program Files\\Vendor\\x.exe");
  add(windows, "Sample", "");
  auto text = fake::sz("\"C:\\Program Files\\Vendor\\x.exe\"");
  const auto tail = builders::utf16le("evil.exe");
  text.bytes.insert(text.bytes.end(), tail.begin(), tail.end());
  windows.value(key_of("Sample"), "ImagePath", text);
  const ModuleRun run = run_services(windows);
  EXPECT_EQ(only_finding(run), "services.hidden_data low");
  EXPECT_EQ(record_of(run, "Sample").json_of("hidden_data"),
            "[{\"value\":\"ImagePath\",\"text\":\"evil.exe\"}]");
  fake::FakeWindows named;
  named.program("C:\\Program Files\\Vendor\\x.exe");
  add(named, std::string_view{"a\0b", 3}, "\"C:\\Program Files\\Vendor\\x.exe\"");
  EXPECT_EQ(only_finding(run_services(named)), "services.hidden_service_name medium");
}

TEST(Services, AKeyOfThousandsOfTriggersIsCut) {
  fake::FakeWindows windows;
  add(windows, "Sample", "System32\\drivers\\x.sys", 1);
  for (int i = 0; i < 400; ++i)
    windows.value(key_of("Sample", "\\TriggerInfo\\" + std::to_string(i)), "Type", fake::dword(20));
  const ModuleRun run = run_services(windows);
  const std::string triggers = record_of(run, "Sample").json_of("triggers");
  std::size_t count = 0;
  for (auto at = triggers.find("etw_event"); at != std::string::npos;
       at = triggers.find("etw_event", at + 1))
    ++count;
  EXPECT_EQ(count, 256u);
}

TEST(Services, AStoppedRunEndsAsCancelled) {
  fake::FakeWindows windows;
  fake::Machine machine = windows.machine();
  fake::Context context{machine};
  context.stopper.request_stop();
  const auto result = modules::services.run(context);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, Errc::cancelled);
}

}  // namespace
}  // namespace hozen
