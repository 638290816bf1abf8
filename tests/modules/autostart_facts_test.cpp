// What the modules of autostarts state of the files that start by themselves.
#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>

#include "collector/base/text.h"
#include "collector/module/service_entry.h"
#include "tests/modules/ordinary_task.h"
#include "tests/modules/service_cases.h"

namespace hozen {
namespace {

constexpr std::string_view kTemp = "C:\\Users\\alice\\AppData\\Local\\Temp\\";
constexpr std::string_view kUserRun =
    "HKU\\alice\\Software\\Microsoft\\Windows\\CurrentVersion\\Run";
constexpr std::string_view kControl = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\";

fake::FakeWindows one_user() {
  fake::FakeWindows windows;
  windows.user("alice");
  return windows;
}

std::span<const Fact> facts_of(const fake::Context& context) {
  return context.facts().facts(FactKind::autostart);
}

ModuleRun run_settled(const ModuleSpec& module, const fake::FakeWindows& windows) {
  ModuleRun run = run_module(module, windows);
  run.context->stated.settle();
  return run;
}

/// The only fact of that file, of what starts by itself; an empty one where there is none.
Fact fact_of_file(const fake::Context& context, std::string_view path, std::string_view source) {
  Fact found;
  std::size_t count = 0;
  for (const Fact& fact : facts_of(context))
    if (fact.subject == path && fact.values["source"] == source && ++count == 1) found = fact;
  EXPECT_EQ(count, 1u) << path;
  return found;
}

std::size_t count_of(const fake::Context& context, std::string_view part) {
  std::size_t count = 0;
  for (const Fact& fact : facts_of(context))
    if (contains_fold(fact.subject, part)) ++count;
  return count;
}

TEST(AutostartFacts, OfARunKeyNameTheFileAndTheEntry) {
  fake::FakeWindows windows = one_user();
  const std::string program = std::string{kTemp} + "a.exe";
  windows.program(program);
  windows.value(kUserRun, "a", fake::sz('"' + program + "\" -q"), fake::at(60));
  ModuleRun run = run_settled(modules::run_keys, windows);
  const Fact fact = fact_of_file(*run.context, program, "run_keys");
  EXPECT_EQ(fact.values["location"], "run");
  EXPECT_EQ(fact.values["entry"], "HKU\\" + windows.sid_of("alice") +
                                      "\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\a");
  EXPECT_EQ(fact.values["text"], '"' + program + "\" -q");
  EXPECT_EQ(fact.values["user"], "alice");
  EXPECT_EQ(fact.values["existence"], "exists");
  EXPECT_EQ(fact.values["enabled"], "");
  EXPECT_EQ(fact.time, fake::at(60));
  const auto* record = run.context->record({{"value_name", "a"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(fact.record, record->id);
}

TEST(AutostartFacts, OfAHostedLibraryNameTheLibraryAndItsHost) {
  fake::FakeWindows windows = one_user();
  const std::string library = std::string{kTemp} + "a.dll";
  windows.program(library);
  windows.program("C:\\Windows\\System32\\rundll32.exe");
  windows.value(kUserRun, "a", fake::sz("rundll32.exe " + library + ",Go"));
  ModuleRun run = run_settled(modules::run_keys, windows);
  EXPECT_EQ(fact_of_file(*run.context, library, "run_keys").values["host"], "rundll32.exe");
  EXPECT_EQ(count_of(*run.context, "rundll32"), 0u);  // of Windows: it is nobody's
}

TEST(AutostartFacts, OfACopyOfAHostNameTheCopyToo) {
  fake::FakeWindows windows = one_user();
  windows.program(std::string{kTemp} + "a.dll");
  windows.program(std::string{kTemp} + "rundll32.exe");
  windows.value(kUserRun, "a",
                fake::sz(std::string{kTemp} + "rundll32.exe " + std::string{kTemp} + "a.dll,Go"));
  ModuleRun run = run_settled(modules::run_keys, windows);
  EXPECT_EQ(count_of(*run.context, "a.dll"), 1u);
  EXPECT_EQ(count_of(*run.context, "rundll32"), 1u);
}

TEST(AutostartFacts, AreNotOfWhatNothingStarts) {
  fake::FakeWindows windows = one_user();
  const std::string program = std::string{kTemp} + "a.exe";
  windows.program(program);
  const std::string current = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\";
  windows.value(current + "App Paths\\a.exe", "", fake::sz(program))
      .value(current + "Uninstall\\A", "UninstallString", fake::sz(program))
      .value(std::string{kControl} + "Session Manager", "PendingFileRenameOperations",
             fake::multi_sz({"\\??\\" + program, ""}))
      .value("HKU\\alice\\Environment", "PATH", fake::sz(std::string{kTemp}));
  windows.deleted_value("HKU\\alice\\Control Panel\\Desktop", "SCRNSAVE.EXE", fake::sz(program));
  ModuleRun run = run_settled(modules::autostarts, windows);
  EXPECT_FALSE(facts_of(*run.context).empty());  // those of a fresh Windows
  EXPECT_EQ(count_of(*run.context, kTemp), 0u);
}

TEST(AutostartFacts, OfSlotsSayWhatIsUsualThere) {
  fake::FakeWindows windows = one_user();
  windows.program("C:\\Windows\\System32\\evil.dll");
  windows.value(std::string{kControl} + "Lsa", "Notification Packages",
                fake::multi_sz({"scecli", "evil"}));
  ModuleRun run = run_settled(modules::autostarts, windows);
  const Fact evil = fact_of_file(*run.context, "C:\\Windows\\System32\\evil.dll", "autostarts");
  EXPECT_EQ(evil.values["location"], "lsa_notification_packages");
  EXPECT_EQ(evil.values["value"], "Notification Packages");
  EXPECT_EQ(evil.values["text"], "evil");
  EXPECT_EQ(evil.values["known"], "");
  EXPECT_EQ(evil.values["windows"], "C:\\Windows");
  EXPECT_EQ(
      fact_of_file(*run.context, "C:\\Windows\\System32\\scecli.dll", "autostarts").values["known"],
      "exact");
}

TEST(AutostartFacts, OfAClassOfAUserNameTheOneOfTheMachine) {
  fake::FakeWindows windows = one_user();
  const std::string clsid = "{11111111-2222-3333-4444-555555555555}";
  windows.program("C:\\Windows\\System32\\real.dll");
  windows.program(std::string{kTemp} + "a.dll");
  windows.value("HKLM\\SOFTWARE\\Classes\\CLSID\\" + clsid + "\\InprocServer32", "",
                fake::sz("C:\\Windows\\System32\\real.dll"));
  windows.value("HKU\\alice_Classes\\CLSID\\" + clsid + "\\InprocServer32", "",
                fake::sz(std::string{kTemp} + "a.dll"));
  ModuleRun run = run_settled(modules::autostarts, windows);
  const Fact fact = fact_of_file(*run.context, std::string{kTemp} + "a.dll", "autostarts");
  EXPECT_EQ(fact.values["location"], "com_user_dll");
  EXPECT_EQ(fact.values["clsid"], clsid);
  EXPECT_EQ(fact.values["machine_server"], "C:\\Windows\\System32\\real.dll");
}

TEST(AutostartFacts, OfServicesNameTheLibraryAndItsHost) {
  fake::FakeWindows windows;
  windows.program("C:\\Windows\\System32\\svchost.exe");
  windows.program("C:\\Windows\\System32\\evil.dll");
  windows.program("C:\\Program Files\\Vendor\\agent.exe");
  add_shared(windows, "Evil", "%SystemRoot%\\System32\\evil.dll")
      .value(key_of("Evil", "\\Parameters"), "ServiceMain", fake::sz("Go"));
  add(windows, "Agent", "\"C:\\Program Files\\Vendor\\agent.exe\" -run", 0x10, kStartDisabled);
  add(windows, "Driver", "System32\\drivers\\x.sys", 1);
  ModuleRun run = run_settled(modules::services, windows);
  const Fact evil = fact_of_file(*run.context, "C:\\Windows\\System32\\evil.dll", "services");
  EXPECT_EQ(evil.values["location"], "service_dll");
  EXPECT_EQ(evil.values["host"], "svchost.exe");
  EXPECT_EQ(evil.values["service"], "Evil");
  EXPECT_EQ(evil.values["export"], "Go");
  EXPECT_EQ(evil.values["start"], "auto");
  EXPECT_EQ(evil.values["enabled"], "");
  EXPECT_EQ(evil.values["entry"], "HKLM\\SYSTEM\\ControlSet001\\Services\\Evil");
  EXPECT_EQ(evil.record, record_of(run, "Evil").id);
  EXPECT_EQ(count_of(*run.context, "svchost.exe"), 0u);  // one for each service says nothing
  const Fact agent = fact_of_file(*run.context, "C:\\Program Files\\Vendor\\agent.exe", "services");
  EXPECT_EQ(agent.values["location"], "service_program");
  EXPECT_EQ(agent.values["enabled"], "no");
  EXPECT_EQ(fact_of_file(*run.context, "C:\\Windows\\System32\\drivers\\x.sys", "services")
                .values["location"],
            "driver");
}

TEST(AutostartFacts, OfServicesNameACopyOfSvchostToo) {
  fake::FakeWindows windows;
  windows.program("C:\\ProgramData\\svchost.exe");
  windows.program("C:\\Windows\\System32\\evil.dll");
  add(windows, "Evil", "C:\\ProgramData\\svchost.exe -k netsvcs", 0x20);
  windows.value(key_of("Evil", "\\Parameters"), "ServiceDll",
                fake::expand_sz("%SystemRoot%\\System32\\evil.dll"));
  ModuleRun run = run_settled(modules::services, windows);
  EXPECT_EQ(count_of(*run.context, "C:\\ProgramData\\svchost.exe"), 1u);
}

TEST(AutostartFacts, OfTasksNameTheirTargets) {
  TaskMachine machine;
  machine.add(ordinary());
  machine.add({.path = "\\Off",
               .command = "C:\\ProgramData\\off.exe",
               .settings = "<Enabled>false</Enabled>",
               .flags = 0});
  fake::Context& context = machine.run();
  context.stated.settle();
  const Fact agent = fact_of_file(context, kAgent, "scheduled_tasks");
  EXPECT_EQ(agent.values["location"], "scheduled_task");
  EXPECT_EQ(agent.values["entry"], "\\Vendor\\Agent");
  EXPECT_EQ(agent.values["enabled"], "");
  EXPECT_EQ(agent.record, record_of(context, "\\Vendor\\Agent").id);
  EXPECT_EQ(fact_of_file(context, "C:\\ProgramData\\off.exe", "scheduled_tasks").values["enabled"],
            "no");
}

TEST(AutostartFacts, AreBoundedForOneEntry) {
  fake::FakeWindows windows = one_user();
  std::string line = "cmd.exe /c ";
  for (int i = 0; i < 100; ++i) {
    const std::string program = std::string{kTemp} + "a" + std::to_string(i) + ".exe";
    windows.program(program);
    line += (i == 0 ? "" : " & ") + program;
  }
  windows.value(kUserRun, "a", fake::sz(line));
  ModuleRun run = run_settled(modules::run_keys, windows);
  EXPECT_EQ(count_of(*run.context, kTemp), 16u);
  for (const Fact& fact : facts_of(*run.context)) EXPECT_LE(fact.values["text"].size(), 512u);
}

}  // namespace
}  // namespace hozen
