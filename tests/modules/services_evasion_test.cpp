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
