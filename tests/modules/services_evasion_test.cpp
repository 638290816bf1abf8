// Services whose keys are made so that what they load is overlooked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/builders/security_builder.h"
#include "tests/modules/service_cases.h"

namespace hozen {
namespace {

using builders::SecurityBuilder;
using ::testing::HasSubstr;

void set_build(fake::FakeWindows& windows, const char* build) {
  windows.value("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", "CurrentBuildNumber",
                fake::sz(build));
}

TEST(ServiceEvasion, ALibraryBehindThousandsOfValuesIsFound) {
  fake::FakeWindows windows;
  windows.program("C:\\Windows\\System32\\evil.dll");
  add(windows, "wuauserv", kNetsvcs, 0x20);
  for (int i = 0; i < 4'200; ++i)
    windows.value(key_of("wuauserv", "\\Parameters"), "A" + std::to_string(i), fake::dword(1));
  windows.value(key_of("wuauserv", "\\Parameters"), "ServiceDll",
                fake::expand_sz("%SystemRoot%\\System32\\evil.dll"));
  const ModuleRun run = run_services(windows);
  EXPECT_THAT(record_of(run, "wuauserv")["service_dll"], HasSubstr("evil.dll"));
  EXPECT_EQ(record_of(run, "wuauserv")["inbox"], "differs");
  EXPECT_NE(run.context->finding("services.swapped_service_dll"), nullptr);
  EXPECT_TRUE(run.context->has_collected("C:\\Windows\\System32\\evil.dll"));
  EXPECT_FALSE(run.context->notes.empty());
}

TEST(ServiceEvasion, AServiceOfWindowsWithoutItsLibraryIsNotUsual) {
  fake::FakeWindows windows;
  set_build(windows, "19045");
  add(windows, "Themes", kNetsvcs, 0x20);
  EXPECT_EQ(record_of(run_services(windows), "Themes")["inbox"], "unknown");
}

TEST(ServiceEvasion, ALibraryOfNoServiceIsMediumWhateverTheVersion) {
  fake::FakeWindows windows;
  set_build(windows, "26100");
  for (const char* library : {"evil.dll", "dosvc.dll"})
    windows.program(std::string{"C:\\Windows\\System32\\"} + library);
  add_shared(windows, "LSM", "%SystemRoot%\\System32\\evil.dll");
  const ModuleRun run = run_services(windows);
  const Finding* finding = run.context->finding("services.swapped_service_dll");
  ASSERT_NE(finding, nullptr);
  EXPECT_GE(severity_of(*finding), Severity::medium);
  EXPECT_TRUE(has_rule_text(*finding, "no service of any version"));
}

TEST(ServiceEvasion, SecurityThatLetsOnlyAStrangerSeeTheServiceHidesIt) {
  for (const char* who : {"S-1-5-21-1-2-3-500", "S-1-5-32-544"}) {
    fake::FakeWindows windows;
    windows.program("C:\\Program Files\\Vendor\\x.exe");
    add(windows, "Sample", "\"C:\\Program Files\\Vendor\\x.exe\"");
    windows.value(key_of("Sample", "\\Security"), "Security",
                  fake::binary(SecurityBuilder{}.owner("S-1-5-18").allow(who, 0xF01FF).bytes()));
    const bool hidden = std::string_view{who} != "S-1-5-32-544";
    EXPECT_EQ(only_finding(run_services(windows)),
              hidden ? "services.hidden_by_security medium" : "")
        << who;
  }
}

TEST(ServiceEvasion, AShareIsReportedInWhateverFormItIsWritten) {
  struct Case {
    const char* image;
    std::uint32_t type;
    const char* rule;
    const char* fact;
  };
  const Case cases[] = {
      {"\\\\?\\UNC\\10.0.0.5\\s\\e.exe", 0x10, "services.remote_target", "'\\\\10.0.0.5"},
      {"\\??\\UNC\\10.0.0.5\\s\\e.exe", 0x10, "services.remote_target", "'\\\\10.0.0.5"},
      {"\\\\.\\UNC\\10.0.0.5\\s\\e.exe", 0x10, "services.remote_target", "'\\\\10.0.0.5"},
      {"//10.0.0.5/s/e.exe", 0x10, "services.remote_target", "'\\\\10.0.0.5"},
      {"\\\\?\\GLOBALROOT\\Device\\Mup\\10.0.0.5\\s\\e.exe", 0x10, "services.remote_target",
       "'\\\\10.0.0.5"},
      {"\\\\?\\UNC\\127.0.0.1\\ADMIN$\\e.exe", 0x10, "services.service_folder", "share of the own"},
      {"\\\\?\\UNC\\localhost\\C$\\Windows\\ok.exe", 0x10, "services.service_folder",
       "share of the own"},
      {"\\??\\UNC\\10.0.0.5\\s\\x.sys", 1, "services.driver_elsewhere", "another machine"},
  };
  for (const Case& one : cases) {
    fake::FakeWindows windows;
    windows.program("C:\\Windows\\ok.exe");
    add(windows, "Sample", one.image, one.type);
    const ModuleRun run = run_services(windows);
    ASSERT_EQ(run.context->findings.size(), 1u) << one.image;
    EXPECT_EQ(run.context->findings[0].rule, one.rule) << one.image;
    EXPECT_TRUE(has_rule_text(run.context->findings[0], one.fact)) << one.image;
  }
}

TEST(ServiceEvasion, LibrariesOnAShareAreReported) {
  for (const char* library : {"\\\\?\\UNC\\10.0.0.5\\s\\e.dll", "\\\\10.0.0.5\\s\\e.dll"}) {
    fake::FakeWindows windows;
    windows.program("C:\\Program Files\\Vendor\\x.exe");
    add_shared(windows, "Sample", library);
    ModuleRun run = run_services(windows);
    EXPECT_EQ(only_finding(run), "services.remote_target medium") << library;
    windows.remove_key(key_of("Sample"));
    add(windows, "Sample", "\"C:\\Program Files\\Vendor\\x.exe\"");
    windows.value(key_of("Sample", "\\Performance"), "Library", fake::sz(library));
    run = run_services(windows);
    EXPECT_EQ(only_finding(run), "services.remote_target medium") << library;
  }
  fake::FakeWindows windows;
  add(windows, "Sample", "");
  windows.value(key_of("Sample", "\\Performance"), "Library", fake::sz("gone.dll"));
  EXPECT_EQ(only_finding(run_services(windows)), "");
}

TEST(ServiceEvasion, ASecurityValueThatIsNoDescriptorIsAFinding) {
  for (const char* bytes : {"01 02 03", ""}) {
    fake::FakeWindows windows;
    windows.program("C:\\Program Files\\Vendor\\x.exe");
    add(windows, "Sample", "\"C:\\Program Files\\Vendor\\x.exe\"");
    windows.value(key_of("Sample", "\\Security"), "Security", fake::binary(bytes));
    const ModuleRun run = run_services(windows);
    EXPECT_EQ(only_finding(run), "services.descriptor_unreadable medium") << bytes;
    EXPECT_EQ(run.context->notes.size(), 1u);
  }
  // What Windows itself keeps for CryptSvc.
  fake::FakeWindows windows;
  windows.program("C:\\Program Files\\Vendor\\x.exe");
  add(windows, "Sample", "\"C:\\Program Files\\Vendor\\x.exe\"");
  windows.value(key_of("Sample", "\\Security"), "Security", fake::binary("00 00 0e 00 01"));
  EXPECT_EQ(only_finding(run_services(windows)), "");
}

TEST(ServiceEvasion, FailureActionsThatAreCutStillRunTheirCommand) {
  for (const char* count : {"03 00 00 00", "88 13 00 00"}) {
    fake::FakeWindows windows;
    windows.program("C:\\Program Files\\Vendor\\x.exe");
    add(windows, "Sample", "\"C:\\Program Files\\Vendor\\x.exe\"");
    windows.value(key_of("Sample"), "FailureCommand", fake::sz("C:\\Program Files\\Vendor\\x.exe"))
        .value(key_of("Sample"), "FailureActions",
               fake::binary("00 00 00 00 00 00 00 00 00 00 00 00 " + std::string{count} +
                            " 14 00 00 00 03 00 00 00 00 00 00 00"));
    const ModuleRun run = run_services(windows);
    EXPECT_EQ(only_finding(run), "services.failure_command low") << count;
    EXPECT_EQ(run.context->notes.size(), 1u) << count;
  }
}

TEST(ServiceEvasion, ALibraryIsExpandedWithTheVariablesOfItsService) {
  fake::FakeWindows windows;
  windows.program("C:\\Users\\Public\\e.dll");
  windows.program("C:\\Windows\\System32\\ok.dll");
  add_shared(windows, "Sample", "%Evil%\\e.dll");
  windows.value(key_of("Sample"), "Environment", fake::multi_sz({"=x", "EVIL=%PUBLIC%"}));
  ModuleRun run = run_services(windows);
  EXPECT_EQ(record_of(run, "Sample")["service_dll_path"], "C:\\Users\\Public\\e.dll");
  EXPECT_TRUE(run.context->has_collected("C:\\Users\\Public\\e.dll"));
  windows.remove_value(key_of("Sample"), "Environment");
  EXPECT_EQ(only_finding(run_services(windows)), "services.unknown_variable low");
  windows.value(key_of("Sample", "\\Parameters"), "ServiceDll",
                fake::expand_sz("%SystemRoot%\\System32\\ok.dll"));
  EXPECT_EQ(only_finding(run_services(windows)), "");
}

TEST(ServiceEvasion, AProgramBehindAVariableThatNobodyHasIsReported) {
  fake::FakeWindows windows;
  windows.program("C:\\Program Files\\Vendor\\x.exe");
  add(windows, "Sample", "%Evil%\\e.exe");
  EXPECT_EQ(only_finding(run_services(windows)), "services.unknown_variable low");
  add(windows, "Sample", "\"C:\\Program Files\\Vendor\\x.exe\" /log %Evil%");
  EXPECT_EQ(only_finding(run_services(windows)), "");
}

TEST(ServiceEvasion, The32BitSvchostRunsOnly32BitServices) {
  fake::FakeWindows windows;
  windows.program("C:\\Windows\\SysWOW64\\svchost.exe");
  windows.program("C:\\Program Files\\Vendor\\x.dll");
  add_shared(windows, "Sample", "C:\\Program Files\\Vendor\\x.dll");
  EXPECT_EQ(only_finding(run_services(windows)), "");
  add(windows, "Sample", "%SystemRoot%\\SysWOW64\\svchost.exe -k netsvcs", 0x20);
  EXPECT_EQ(only_finding(run_services(windows)), "services.wow64_svchost low");
  windows.value(key_of("Sample"), "WOW64", fake::dword(1));
  EXPECT_EQ(only_finding(run_services(windows)), "");
}

TEST(ServiceEvasion, PerformanceLibrariesOfTheWindowsFolderArePreserved) {
  fake::FakeWindows windows;
  windows.program("C:\\Windows\\System32\\evilperf.dll");
  windows.program("C:\\Program Files\\Vendor\\x.exe");
  add(windows, "Sample", "\"C:\\Program Files\\Vendor\\x.exe\"");
  windows.value(key_of("Sample", "\\Performance"), "Library", fake::sz("evilperf.dll"));
  EXPECT_TRUE(run_services(windows).context->has_collected("C:\\Windows\\System32\\evilperf.dll"));
}

}  // namespace
}  // namespace hozen
