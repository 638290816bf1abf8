#include <gtest/gtest.h>

#include "tests/builders/security_builder.h"
#include "tests/modules/service_cases.h"

namespace hozen {
namespace {

using builders::SecurityBuilder;

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
  EXPECT_EQ(record_of(run, "Sample")["unused_service_dll"], "C:\\Program Files\\Vendor\\b.dll");
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
  EXPECT_EQ(record_of(run, "Sample").json_of("unused_service_dll"), "null");
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

TEST(Services, RulesSeeAServiceOfSeveralControlSetsOnce) {
  const auto image_in = [](fake::FakeWindows& windows, const char* set, const char* image) {
    const std::string key = std::string{"HKLM\\SYSTEM\\"} + set + "\\Services\\PSEXESVC";
    windows.value(key, "Type", fake::dword(0x10), fake::at(-9))
        .value(key, "ImagePath", fake::sz(image), fake::at(-9));
  };
  fake::FakeWindows windows;
  image_in(windows, "ControlSet001", "%SystemRoot%\\PSEXESVC.EXE");
  image_in(windows, "ControlSet002", "%SystemRoot%\\psexesvc.exe");
  windows.value("HKLM\\SYSTEM\\Select", "Current", fake::dword(2));
  const ModuleRun run = run_services(windows);
  run.context->stated.settle();
  const auto facts = run.context->stated.facts(FactKind::service_entry);
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts[0].values["key"], "HKLM\\SYSTEM\\ControlSet002\\Services\\PSEXESVC");
  EXPECT_EQ(facts[0].values["also"], "HKLM\\SYSTEM\\ControlSet001\\Services\\PSEXESVC (record " +
                                         run.context->record({{"control_set", "1"}})->id +
                                         ", last written at " + fake::at(-9).iso8601() + ")");
  // Another program is another service.
  image_in(windows, "ControlSet001", "C:\\other.exe");
  const ModuleRun other = run_services(windows);
  other.context->stated.settle();
  EXPECT_EQ(other.context->stated.facts(FactKind::service_entry).size(), 2u);
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
      // The table does not know LSM of Windows 11: in Windows' folders another service's library is
      // a hint only, one of no service is more.
      {"LSM", "%SystemRoot%\\System32\\lsm.dll", "", 22631},
      {"LSM", "%SystemRoot%\\System32\\lsm2.dll", "services.swapped_service_dll medium", 22631},
      {"LSM", "%SystemRoot%\\System32\\schedsvc.dll", "services.swapped_service_dll low", 22631},
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

TEST(Services, AProgramOfAWindowsServiceThatIsToldToDoSomethingElseIsFound) {
  struct {
    const char* name;
    const char* image;
    const char* finding;
    std::uint32_t build = 19045;
  } const cases[] = {
      {"msiserver", "%systemroot%\\system32\\msiexec.exe /V", ""},
      {"msiserver", "%systemroot%\\system32\\msiexec.exe   /v ", ""},
      {"msiserver", "%systemroot%\\system32\\msiexec.exe", ""},
      {"msiserver", "%systemroot%\\system32\\msiexec.exe /i http://203.0.113.5/a.msi /q",
       "services.misused_service_program critical"},
      {"msiserver", "%systemroot%\\system32\\msiexec.exe /V /i C:\\Windows\\Temp\\a.msi",
       "services.misused_service_program high"},
      {"msiserver", "msiexec.exe /y C:\\ProgramData\\a.dll",
       "services.misused_service_program high"},
      {"COMSysApp",
       "%SystemRoot%\\system32\\dllhost.exe /Processid:{02D4B3F1-FD88-11D1-960D-00805FC79235}", ""},
      {"COMSysApp",
       "%SystemRoot%\\system32\\dllhost.exe /Processid:{11111111-1111-1111-1111-111111111111}",
       "services.misused_service_program medium"},
      // Of each XP its own number; later Windows have no program for this service.
      {"SwPrv",
       "C:\\Windows\\system32\\dllhost.exe /Processid:{11111111-1111-1111-1111-111111111111}", "",
       2600},
      {"SwPrv",
       "C:\\Windows\\system32\\dllhost.exe /Processid:{11111111-1111-1111-1111-111111111111}",
       "services.misused_service_program medium"},
      {"SwPrv", "C:\\Windows\\system32\\dllhost.exe /Processid:evil",
       "services.misused_service_program medium", 2600},
  };
  for (const auto& one : cases) {
    fake::FakeWindows windows{{.build = one.build}};
    for (const auto* file : {"System32\\msiexec.exe", "System32\\dllhost.exe"})
      windows.program(std::string{"C:\\Windows\\"} + file);
    for (const auto* file : {"Windows\\Temp\\a.msi", "ProgramData\\a.dll"})
      windows.program(std::string{"C:\\"} + file);
    add(windows, one.name, one.image);
    const ModuleRun run = run_services(windows);
    EXPECT_EQ(only_finding(run), one.finding) << one.image << " " << one.build;
    EXPECT_EQ(record_of(run, one.name)["inbox"], *one.finding == '\0' ? "usual" : "differs");
    for (const auto& finding : run.context->findings)
      EXPECT_TRUE(has_rule_text(finding, "Windows\\System32\\")) << one.image;
  }
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
