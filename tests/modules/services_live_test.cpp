#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <initializer_list>

#include "collector/source/live_state.h"
#include "tests/modules/service_cases.h"

namespace hozen {
namespace {

/// The machine as a running system whose registry API shows what its hives hold.
struct LiveRun {
  fake::Machine machine;
  LiveState state;
  std::unique_ptr<fake::Context> context;
};

std::unique_ptr<LiveRun> run_live(const fake::FakeWindows& windows, LiveState state,
                                  HostFacts host = {}) {
  auto run = std::make_unique<LiveRun>(LiveRun{windows.machine(), std::move(state), nullptr});
  run->machine.source->be_live(*run->machine.registry, &run->state);
  run->machine.source->have_host(std::move(host));
  run->context = std::make_unique<fake::Context>(run->machine);
  EXPECT_TRUE(modules::services.run(*run->context).has_value());
  return run;
}

LiveState state_of(std::vector<LiveService> services) {
  LiveState state;
  state.services = std::move(services);
  return state;
}

LiveState failed_state() {
  LiveState state;
  state.services_failed = Error{Errc::io, "service manager"};
  return state;
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
  const auto run = run_live(two_services(), state_of({listed("One"), listed("TWO")}));
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
  const auto run = run_live(two_services(), state_of({listed("One")}));
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
  const auto run = run_live(windows, state_of({listed("One"), listed("Two")}));
  EXPECT_EQ(fake::summary_of(run->context->findings), "");
}

TEST(LiveServices, AServiceWithoutAKeyIsReported) {
  const auto run = run_live(
      two_services(),
      state_of({listed("One"), listed("Two"), listed("Ghost", "\\??\\C:\\Windows\\Temp\\g.sys")}));
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
  const auto failed = run_live(two_services(), failed_state());
  EXPECT_EQ(fake::summary_of(failed->context->findings), "");
  ASSERT_EQ(failed->context->notes.size(), 1u);
  fake::FakeWindows no_system = two_services();
  no_system.without_hive("HKLM\\SYSTEM");
  const auto blind = run_live(no_system, state_of({listed("One")}));
  EXPECT_EQ(fake::summary_of(blind->context->findings), "");
}

TEST(LiveServices, AListThatWasCutOffMissesNothing) {
  LiveState state = state_of({listed("One")});
  state.services_whole = false;
  const auto run = run_live(two_services(), std::move(state));
  EXPECT_EQ(fake::summary_of(run->context->findings), "");
  ASSERT_EQ(run->context->notes.size(), 1u);
  EXPECT_EQ(run->context->notes[0].code, Errc::limit);
}

TEST(LiveServices, WhatIsNotCheckedAgainstAListThatWasCutOffIsTold) {
  fake::FakeWindows windows = two_services();
  add(windows, "Three", "cmd.exe /c C:\\Users\\Public\\x.bat");
  LiveState state = state_of({listed("One")});
  state.services_whole = false;
  const auto run = run_live(windows, std::move(state));
  ASSERT_EQ(run->context->findings.size(), 1u);
  const auto& left = run->context->findings[0].not_checked;
  EXPECT_TRUE(std::any_of(left.begin(), left.end(), [](const std::string& text) {
    return text.find("service manager lists 'Three'") != std::string::npos;
  }));
}

TEST(LiveServices, TheListIsCutAtItsLimitAndSaysSo) {
  LiveState state;
  for (std::size_t i = 0; i < kMaxLiveServices; ++i) ASSERT_TRUE(state.add(LiveService{}));
  EXPECT_TRUE(state.services_whole);
  EXPECT_FALSE(state.add(LiveService{}));
  EXPECT_FALSE(state.services_whole);
  EXPECT_EQ(state.services.size(), kMaxLiveServices);
}

/// One, which the service manager has with other values than its key.
std::unique_ptr<LiveRun> run_differing(const std::function<void(LiveService&)>& change,
                                       FileTime last_boot = {}) {
  LiveService one = listed("One");
  change(one);
  HostFacts host;
  host.last_boot = last_boot;
  return run_live(two_services(), state_of({std::move(one), listed("Two")}), host);
}

TEST(LiveServices, WhatTheServiceManagerHasOtherwiseThanTheKeyIsReported) {
  fake::FakeWindows windows = two_services();
  windows.program("C:\\Program Files\\Evil\\evil.exe");
  add(windows, "RvSvc", "C:\\Program Files\\Evil\\evil.exe");
  windows.value(key_of("RvSvc"), "ObjectName", fake::sz("NT AUTHORITY\\LocalService"));
  LiveService before = listed("RvSvc", "C:\\Program Files\\Good\\good.exe");
  before.start = 3;
  const auto run = run_live(windows, state_of({listed("One"), listed("Two"), before}));
  const Finding* finding = run->context->finding("services.service_views_differ");
  ASSERT_NE(finding, nullptr) << fake::summary_of(run->context->findings);
  EXPECT_EQ(severity_of(*finding), Severity::medium);
  const auto why = std::find_if(finding->why.begin(), finding->why.end(), [](const Why& one) {
    return one.fact.find("service manager") != std::string::npos;
  });
  ASSERT_NE(why, finding->why.end());
  EXPECT_EQ(why->weight, 50);
  for (const std::string_view text :
       {"3 (demand)", "2 (auto)", "'C:\\Program Files\\Good\\good.exe'",
        "'C:\\Program Files\\Evil\\evil.exe'", "'LocalSystem'", "'NT AUTHORITY\\LocalService'"})
    EXPECT_NE(why->fact.find(text), std::string::npos) << text << " in " << why->fact;
  // Both records show it.
  const auto* key = run->context->record({{"name", "RvSvc"}, {"start_name", "auto"}});
  const auto* live = run->context->record({{"name", "RvSvc"}, {"state", "running"}});
  ASSERT_TRUE(key != nullptr && live != nullptr);
  EXPECT_EQ(why->records, (std::vector<std::string>{key->id, live->id}));
  EXPECT_FALSE(finding->benign.at(0).empty());
}

TEST(LiveServices, ADisabledStartThatWaitsForTheNextStartStaysLow) {
  const auto start = [](LiveService& one) { one.start = 3; };
  const auto pending = run_differing(start, fake::at(-60));
  ASSERT_EQ(pending->context->findings.size(), 1u);
  EXPECT_EQ(pending->context->findings[0].rule, "services.service_views_differ");
  EXPECT_EQ(severity_of(pending->context->findings[0]), Severity::low);
  // The key has not been written since the last start: the service manager has read it.
  const auto read = run_differing(start, fake::at(60));
  ASSERT_EQ(read->context->findings.size(), 1u);
  EXPECT_EQ(severity_of(read->context->findings[0]), Severity::medium);
}

TEST(LiveServices, EveryPartIsCompared) {
  for (const auto& change : std::initializer_list<std::function<void(LiveService&)>>{
           [](LiveService& one) { one.start = 4; }, [](LiveService& one) { one.type = 1; },
           [](LiveService& one) { one.account = "NT AUTHORITY\\NetworkService"; },
           [](LiveService& one) { one.image_path += " -x"; }}) {
    const auto run = run_differing(change);
    ASSERT_EQ(run->context->findings.size(), 1u);
    EXPECT_EQ(run->context->findings[0].rule, "services.service_views_differ");
  }
  const auto unreadable = run_differing([](LiveService& one) {
    one.start.reset();
    one.image_path = one.account = "";
    one.unreadable = Error{Errc::io, "service configuration"};
  });
  EXPECT_EQ(fake::summary_of(unreadable->context->findings), "");
}

TEST(LiveServices, SpellingsOfTheSameAreNoDifference) {
  fake::FakeWindows windows;
  windows.program("C:\\Program Files\\Vendor\\x.exe");
  windows.program("C:\\Windows\\System32\\drivers\\one.sys");
  windows.program("C:\\Windows\\System32\\drivers\\two.sys");
  add(windows, "One", "System32\\drivers\\one.sys", 1, 3);
  add(windows, "Two", "", 1, 3);
  windows.remove_value(key_of("One"), "ObjectName");
  add(windows, "Share", "\"%ProgramFiles%\\Vendor\\x.exe\" -run", 0x20);
  windows.value(key_of("Share"), "ObjectName", fake::sz("NT AUTHORITY\\LOCAL SERVICE"))
      .value(key_of("Share"), "DelayedAutostart", fake::dword(1))
      .value(key_of("Share"), "DisplayName", fake::sz("@x.dll,-1"));
  add(windows, "Sync_1d05b", "\"C:\\Program Files\\Vendor\\x.exe\"", 0xD0);
  LiveService one = listed("One", "\\SystemRoot\\system32\\DRIVERS\\one.sys");
  LiveService two = listed("Two", "");
  for (LiveService* driver : {&one, &two}) {
    driver->type = 1;
    driver->start = 3;
    driver->account = "\\Driver\\One";
  }
  LiveService share = listed("Share", "C:\\program files\\vendor\\X.EXE -run");
  share.type = 0x30;  // a shared one that was given a process of its own
  share.account = "NT AUTHORITY\\LocalService";
  share.display_name = "Shared service";
  LiveService sync = listed("Sync_1d05b", "\\??\\C:\\Program Files\\Vendor\\x.exe");
  sync.type = 0xF0;
  sync.account = "";
  const auto run = run_live(windows, state_of({one, two, share, sync}));
  EXPECT_EQ(fake::summary_of(run->context->findings), "");
}

TEST(LiveServices, AnotherDisplayNameAloneStaysLow) {
  fake::FakeWindows windows = two_services();
  windows.value(key_of("One"), "DisplayName", fake::sz("Vendor updates"));
  const auto run = run_live(windows, state_of({listed("One"), listed("Two")}));
  ASSERT_EQ(run->context->findings.size(), 1u);
  EXPECT_EQ(severity_of(run->context->findings[0]), Severity::low);
}

TEST(LiveServices, OwnProgramsOfWineAreKnownOnlyWhereTheRunningSystemIsWine) {
  fake::FakeWindows windows;
  windows.program("C:\\Windows\\System32\\rpcss.exe");
  windows.program("C:\\Windows\\Temp\\rpcss.exe");
  add(windows, "RpcSs", "C:\\windows\\system32\\rpcss.exe");
  const LiveState state = state_of({listed("RpcSs", "C:\\windows\\system32\\rpcss.exe")});
  HostFacts wine;
  wine.emulator = "Wine 8.0";
  EXPECT_EQ(fake::summary_of(run_live(windows, state, wine)->context->findings), "");
  const auto on_windows = run_live(windows, state);
  ASSERT_EQ(on_windows->context->findings.size(), 1u);
  EXPECT_EQ(on_windows->context->findings[0].rule, "services.swapped_service_program");
  add(windows, "RpcSs", "C:\\windows\\temp\\rpcss.exe");
  const auto elsewhere = run_live(windows, state, wine);
  ASSERT_EQ(elsewhere->context->findings.size(), 1u);
  EXPECT_EQ(elsewhere->context->findings[0].rule, "services.swapped_service_program");
}

TEST(LiveServices, DriversOfWineNeedNoKey) {
  HostFacts wine;
  wine.emulator = "Wine 8.0";
  const LiveState state =
      state_of({listed("One"), listed("Two"),
                listed("Winedevice1", "C:\\windows\\system32\\winedevice.exe")});
  EXPECT_EQ(fake::summary_of(run_live(two_services(), state, wine)->context->findings), "");
  const auto on_windows = run_live(two_services(), state);
  ASSERT_EQ(on_windows->context->findings.size(), 1u);
  EXPECT_EQ(on_windows->context->findings[0].rule, "services.service_without_key");
}

}  // namespace
}  // namespace hozen
