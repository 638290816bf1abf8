// Variables that move the folders of users and ProgramData: what lies in the usual places is found
// all the same.
#include <gtest/gtest.h>

#include "tests/modules/persistence_cases.h"

namespace hozen {
namespace {

constexpr std::string_view kStartup = "Microsoft\\Windows\\Start Menu\\Programs\\Startup\\";

fake::FakeWindows machine() {
  fake::FakeWindows windows;
  windows.user("alice");
  windows.file("C:\\Users\\alice\\AppData\\Roaming\\" + std::string{kStartup} + "evil.vbs", "x");
  windows.file("C:\\ProgramData\\" + std::string{kStartup} + "all.vbs", "x");
  return windows;
}

bool has_item(const ModuleRun& run, std::string_view name) {
  return std::any_of(
      run.context->records.begin(), run.context->records.end(),
      [&](const fake::Record& record) { return record.json.find(name) != std::string::npos; });
}

TEST(MovedFolders, StartupFoldersOfTheUsualPlacesAreReadAllTheSame) {
  fake::FakeWindows windows = machine();
  windows.value("HKU\\alice\\Environment", "USERPROFILE", fake::sz("C:\\Nowhere"));
  windows.value("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment",
                "ProgramData", fake::sz("C:\\Nowhere"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_TRUE(has_item(run, "evil.vbs"));
  EXPECT_TRUE(has_item(run, "all.vbs"));
}

TEST(MovedFolders, AreReadOnceWhereNothingWasMoved) {
  const fake::FakeWindows windows = machine();
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_EQ(std::count_if(run.context->records.begin(), run.context->records.end(),
                          [](const fake::Record& record) {
                            return record.json.find("evil.vbs") != std::string::npos;
                          }),
            1);
}

TEST(MovedFolders, AreFindings) {
  fake::FakeWindows windows = machine();
  windows.value("HKU\\alice\\Environment", "USERPROFILE", fake::sz("C:\\Nowhere"));
  windows.value("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment",
                "ProgramData", fake::sz("C:\\Nowhere"));
  const ModuleRun run = run_module(modules::autostarts, windows);
  const auto found = std::count_if(
      run.context->findings.begin(), run.context->findings.end(),
      [](const Finding& finding) { return finding.rule == "autostarts.environment_hijack"; });
  EXPECT_EQ(found, 2) << fake::summary_of(run.context->findings);
}

}  // namespace
}  // namespace hozen
