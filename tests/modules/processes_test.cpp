// Live states made by hand: what a running system would tell.
#include <gmock/gmock.h>

#include "collector/source/live_state.h"
#include "tests/modules/judge_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec credential_theft, processes;
}  // namespace modules
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kTemp = "C:\\Users\\alice\\AppData\\Local\\Temp\\";

LiveModule image(std::string path, std::uint64_t base = 0x180000000) {
  LiveModule module;
  module.path = std::move(path);
  module.base = base;
  module.size_bytes = 0x6000;
  module.in_loader_list = module.is_mapped = true;
  return module;
}

LiveProcess process(std::uint32_t pid, std::string path, std::uint32_t parent = 0) {
  LiveProcess one;
  one.pid = pid;
  one.parent_pid = parent;
  one.name = path.substr(path.rfind('\\') + 1);
  one.command_line = path;
  one.started = fake::at(pid);
  one.modules.push_back(image(path, 0x140000000));
  one.path = std::move(path);
  return one;
}

/// What every Windows runs.
LiveState clean_state() {
  LiveState state;
  LiveProcess system;
  system.pid = 4;
  system.name = "System";
  state.processes.push_back(std::move(system));
  const std::string system32 = "C:\\Windows\\System32\\";
  state.processes.push_back(process(80, system32 + "wininit.exe", 70));
  state.processes.push_back(process(100, system32 + "services.exe", 80));
  state.processes.push_back(process(104, system32 + "lsass.exe", 80));
  state.processes.back().modules.clear();
  state.processes.back().modules_whole = false;
  state.processes.push_back(process(200, system32 + "svchost.exe", 100));
  state.processes.back().command_line = system32 + "svchost.exe -k netsvcs -p";
  state.processes.push_back(process(300, system32 + "taskhostw.exe", 200));
  state.processes.push_back(process(400, "C:\\Windows\\explorer.exe", 390));
  state.processes.push_back(process(500, "C:\\Program Files\\Vendor\\app.exe", 400));
  for (LiveProcess& one : state.processes)
    if (!one.modules.empty()) one.modules.push_back(image(system32 + "ntdll.dll", 0x7FF800000000));
  return state;
}

class ProcessesTest : public testing::Test {
 protected:
  ProcessesTest() : state{clean_state()} { windows.user("alice"); }

  fake::Context& run() {
    machine = std::make_unique<fake::Machine>(windows.machine());
    machine->source->be_live(*machine->registry, &state);
    machine->source->have_host(host);
    context = std::make_unique<fake::Context>(*machine);
    context->signed_files.known = signatures;
    EXPECT_TRUE(modules::processes.run(*context));
    context->stated.settle();
    return *context;
  }
  std::string found() { return fake::summary_of(run().findings); }
  LiveProcess& last() { return state.processes.back(); }
  const Finding& only() {
    EXPECT_EQ(context->findings.size(), 1u) << fake::summary_of(context->findings);
    static const Finding kNone;
    return context->findings.empty() ? kNone : context->findings[0];
  }

  fake::FakeWindows windows;
  LiveState state;
  HostFacts host;
  std::map<std::string, FileSignature> signatures;
  std::unique_ptr<fake::Machine> machine;
  std::unique_ptr<fake::Context> context;
};

std::vector<const fake::Record*> of_kind(const fake::Context& context, std::string_view kind) {
  std::vector<const fake::Record*> found;
  for (const fake::Record& record : context.records)
    if (record.kind == kind) found.push_back(&record);
  return found;
}

TEST_F(ProcessesTest, ACleanSystemHasRecordsAndNoFindings) {
  EXPECT_EQ(found(), "");
  EXPECT_EQ(of_kind(*context, "process").size(), state.processes.size());
  const fake::Record* svchost = context->record({{"pid", "200"}});
  ASSERT_NE(svchost, nullptr);
  EXPECT_EQ((*svchost)["name"], "svchost.exe");
  EXPECT_EQ((*svchost)["parent_path"], "C:\\Windows\\System32\\services.exe");
  EXPECT_EQ((*svchost)["command_line"], "C:\\Windows\\System32\\svchost.exe -k netsvcs -p");
  EXPECT_EQ(time_of(*svchost, "started"), fake::at(200));
  EXPECT_THAT(context->notes, IsEmpty());
}

TEST_F(ProcessesTest, AnImageIsToldOnceWithItsProcesses) {
  run();
  const fake::Record* ntdll = context->record({{"path", "C:\\Windows\\System32\\ntdll.dll"}});
  ASSERT_NE(ntdll, nullptr);
  EXPECT_EQ((*ntdll)["processes"], "6");
  EXPECT_EQ(ntdll->json_of("pids"), R"(["80","100","200","300","400","500"])");
  EXPECT_EQ((*ntdll)["is_program"], "false");
  EXPECT_EQ(of_kind(*context, "loaded_module").size(), 7u);
}

TEST_F(ProcessesTest, OnlyTheFirstHundredProcessesOfAnImageAreNamed) {
  for (std::uint32_t pid = 1000; pid < 1300; ++pid)
    state.processes.push_back(process(pid, "C:\\Program Files\\Vendor\\worker.exe"));
  run();
  const fake::Record* worker = context->record(
      {{"kind", "\"loaded_module\""}, {"path", "C:\\Program Files\\Vendor\\worker.exe"}});
  if (worker == nullptr)
    for (const fake::Record* record : of_kind(*context, "loaded_module"))
      if ((*record)["path"] == "C:\\Program Files\\Vendor\\worker.exe") worker = record;
  ASSERT_NE(worker, nullptr);
  EXPECT_EQ((*worker)["processes"], "300");
  EXPECT_THAT(worker->json_of("pids"), Not(HasSubstr("\"1100\"")));
  EXPECT_THAT(worker->json_of("pids"), HasSubstr("\"1099\""));
}

TEST_F(ProcessesTest, TheUserIsNamed) {
  last().user_sid = "S-1-5-21-1000-2000-3000-1001";
  run();
  const fake::Record* app = context->record({{"pid", "500"}});
  ASSERT_NE(app, nullptr);
  EXPECT_EQ(app->user_sid, "S-1-5-21-1000-2000-3000-1001");
  EXPECT_EQ(app->user_name, "alice");
}

TEST_F(ProcessesTest, ALibraryThatTheLoaderDoesNotListIsFound) {
  const std::string path = std::string{kTemp} + "x.dll";
  windows.file(path, "MZ");
  last().modules.push_back(image(path));
  last().modules.back().in_loader_list = false;
  last().modules.back().has_bound_imports = true;
  run();
  const Finding& finding = only();
  EXPECT_EQ(finding.rule, "processes.unlinked_module");
  EXPECT_EQ(finding.subject, path);
  EXPECT_EQ(severity_of(finding), Severity::medium);
  EXPECT_THAT(story_of(finding), HasSubstr("app.exe (process 500)"));
  EXPECT_TRUE(context->has_collected(path));
  const auto loads = context->stated.facts(FactKind::module_load);
  ASSERT_EQ(loads.size(), 1u);
  EXPECT_EQ(loads[0].subject, path);
  EXPECT_EQ(loads[0].values["unlinked"], "true");
  EXPECT_EQ(loads[0].values["source"], "live");
  EXPECT_EQ(loads[0].values["Image"], "C:\\Program Files\\Vendor\\app.exe");
  EXPECT_EQ(loads[0].values["ProcessId"], "500");
}

TEST_F(ProcessesTest, ASignedOneOfAProtectionIsLow) {
  const std::string path = "C:\\Program Files\\Guard\\guard.dll";
  last().modules.push_back(image(path));
  last().modules.back().in_loader_list = false;
  last().modules.back().has_bound_imports = true;
  signatures[EvidencePath::parse(path)->folded()].status = SignatureStatus::valid;
  run();
  EXPECT_LE(severity_of(only()), Severity::low);
  signatures.clear();
  run();
  EXPECT_LE(severity_of(only()), Severity::low);
}

TEST_F(ProcessesTest, WhatIsMappedForItsResourcesIsNone) {
  const auto add = [&](std::string path, std::optional<bool> bound) {
    last().modules.push_back(image(std::move(path)));
    last().modules.back().in_loader_list = false;
    last().modules.back().has_bound_imports = bound;
  };
  add(std::string{kTemp} + "setup.exe", false);  // LOAD_LIBRARY_AS_IMAGE_RESOURCE
  add(std::string{kTemp} + "Some.Net.dll", std::nullopt);
  add("C:\\Windows\\assembly\\NativeImages\\x.ni.dll", true);
  EXPECT_EQ(found(), "");
  EXPECT_EQ(context->stated.facts(FactKind::module_load)[0].values["unlinked"], "resource");
}

TEST_F(ProcessesTest, ListsThatAreNotWholeAreNotCompared) {
  last().modules.push_back(image(std::string{kTemp} + "x.dll"));
  last().modules.back().in_loader_list = false;
  last().modules.back().has_bound_imports = true;
  last().modules_whole = false;
  last().unreadable = Error{Errc::io, "list of the loader"};
  EXPECT_EQ(found(), "");
  EXPECT_THAT((*context->record({{"pid", "500"}}))["unreadable"], HasSubstr("list of the loader"));
  EXPECT_EQ(context->stated.facts(FactKind::module_load)[0].values["unlinked"], "");
}

TEST_F(ProcessesTest, WhatIsGoneIsLow) {
  state.processes.push_back(process(600, std::string{kTemp} + "a.exe", 400));
  last().is_deleted = true;
  last().modules[0].is_deleted = true;
  last().modules.push_back(image(std::string{kTemp} + "b.dll"));
  last().modules.back().is_deleted = true;
  EXPECT_EQ(found(), "processes.deleted_program low 35 " + std::string{kTemp} +
                         "a.exe (process 600)\n" + "processes.deleted_module low 35 " +
                         std::string{kTemp} + "b.dll\n");
  EXPECT_THAT(context->artifacts, IsEmpty());
}

TEST_F(ProcessesTest, AnImageThatPassesForOneOfWindowsIsFound) {
  const std::string path = "C:\\ProgramData\\x.exe";
  state.processes.push_back(process(600, path, 400));
  last().modules[0].loader_path = "C:\\Windows\\System32\\notepad.exe";
  run();
  EXPECT_EQ(only().rule, "processes.other_file");
  EXPECT_EQ(severity_of(only()), Severity::high);
}

TEST_F(ProcessesTest, OtherNamesOfTheSameFileAreNone) {
  const auto add = [&](std::string path, std::string loader) {
    last().modules.push_back(image(std::move(path)));
    last().modules.back().loader_path = std::move(loader);
  };
  add("C:\\Windows\\SysWOW64\\a.dll", "C:\\Windows\\System32\\a.dll");
  add("C:\\Program Files\\Vendor\\b.dll", "C:\\PROGRA~1\\Vendor\\b.dll");
  add("C:\\Program Files\\Vendor\\long name.dll", "C:\\PROGRA~1\\Vendor\\LONGNA~1.DLL");
  add("D:\\data\\c.dll", "C:\\link\\c.dll");
  add("\\\\server\\share\\d.dll", "Z:\\d.dll");
  add("C:\\Windows\\WinSxS\\x\\e.dll", "C:\\Windows\\System32\\e.dll");
  EXPECT_EQ(found(), "");
}

TEST_F(ProcessesTest, OneThatWasRenamedInUseIsLow) {
  last().modules.push_back(image("C:\\Config.Msi\\1a2b.rbf"));
  last().modules.back().loader_path = "C:\\Program Files\\Vendor\\lib.dll";
  EXPECT_EQ(found(), "processes.other_file low 15 C:\\Config.Msi\\1a2b.rbf\n");
}

TEST_F(ProcessesTest, ANameOfWindowsInAnotherFolderIsFound) {
  const std::string path = std::string{kTemp} + "svchost.exe";
  state.processes.push_back(process(600, path, 400));
  last().command_line = path + " -u admin --password hunter2";
  run();
  EXPECT_EQ(only().rule, "processes.system_name");
  EXPECT_EQ(severity_of(only()), Severity::medium);
  EXPECT_THAT(story_of(only()), HasSubstr("lies where users may write"));
  EXPECT_THAT(only().attack, Contains("T1036.005"));
  state.processes.back() = process(600, "C:\\ProgramData\\scvhost.exe", 400);
  run();
  EXPECT_THAT(story_of(only()), HasSubstr("looks like 'svchost.exe'"));
}

TEST_F(ProcessesTest, TheWindowsOfAContainerIsLow) {
  const std::string layer = "C:\\ProgramData\\docker\\windowsfilter\\0123\\Files";
  state.processes.push_back(process(600, layer + "\\Windows\\System32\\svchost.exe", 500));
  last().modules.push_back(image(layer + "\\Windows\\System32\\ntdll.dll"));
  for (LiveModule& module : last().modules)
    module.loader_path = module.path.substr(layer.size()).insert(0, "C:");
  for (const Finding& finding : run().findings)
    EXPECT_LE(severity_of(finding), Severity::low) << finding.rule;
  EXPECT_EQ(context->findings.size(), 3u);
}

TEST_F(ProcessesTest, WhatWindowsDoesNotStartSoIsFound) {
  const std::string svchost = "C:\\Windows\\System32\\svchost.exe";
  state.processes.push_back(process(600, svchost, 500));
  run();
  EXPECT_EQ(only().rule, "processes.parent");
  EXPECT_EQ(severity_of(only()), Severity::high);
  EXPECT_THAT(story_of(only()), HasSubstr("names no group of services"));
  EXPECT_EQ(only().why[0].records.size(), 2u);
  last().command_line = svchost + " -k x --password hunter2";
  run();
  EXPECT_EQ(severity_of(only()), Severity::medium);
  last().command_line = svchost + " --password hunter2";
  run();
  EXPECT_THAT(story_of(only()), Not(HasSubstr("hunter2")));
  EXPECT_THAT((*context->record({{"pid", "600"}}))["command_line"], HasSubstr("hunter2"));
}

TEST_F(ProcessesTest, ANumberThatWasGivenAgainIsNoParent) {
  state.processes.push_back(process(600, "C:\\Windows\\System32\\svchost.exe", 700));
  last().command_line += " -k netsvcs";
  state.processes.push_back(process(700, "C:\\Program Files\\Vendor\\late.exe"));
  EXPECT_EQ(found(), "");
  EXPECT_EQ(context->record({{"pid", "600"}})->json_of("parent_path"), "null");
}

TEST_F(ProcessesTest, WhereTheCommandLineCannotBeReadNothingIsSaidOfIt) {
  state.processes.push_back(process(600, "C:\\Windows\\System32\\svchost.exe", 100));
  last().command_line.clear();
  last().unreadable = Error{Errc::io, "modules", {}, "OpenProcess: error 5"};
  EXPECT_EQ(found(), "");
}

TEST_F(ProcessesTest, EmulatorsKeepTheirProgramsElsewhere) {
  host.emulator = "Wine 8.0";
  state.processes.push_back(process(600, "C:\\Windows\\System32\\explorer.exe", 500));
  state.processes.push_back(process(604, "C:\\Windows\\System32\\services.exe", 500));
  last().modules.push_back(image("Z:\\usr\\lib\\wine\\version.dll"));
  last().modules.back().loader_path = "C:\\Windows\\System32\\version.dll";
  EXPECT_EQ(found(), "");
  EXPECT_THAT(context->stated.facts(FactKind::module_load), IsEmpty());
  host.emulator.clear();
  EXPECT_THAT(found(), HasSubstr("processes.other_file"));
  host.emulator = "Wine 8.0";
  state.processes.push_back(process(608, "C:\\Temp\\explorer.exe", 500));
  EXPECT_THAT(found(), HasSubstr("processes.system_name"));
}

TEST_F(ProcessesTest, WhatAListDoesNotShowIsFound) {
  last().missing_in = "process_list";
  run();
  EXPECT_EQ(only().rule, "processes.hidden");
  EXPECT_EQ(severity_of(only()), Severity::medium);
  EXPECT_THAT(only().attack, ElementsAre("T1014"));
}

TEST_F(ProcessesTest, TheCollectorItselfIsARecordAndNothingElse) {
  state.own_pid = 600;
  state.processes.push_back(process(600, std::string{kTemp} + "svchost.exe", 400));
  EXPECT_EQ(found(), "");
  EXPECT_EQ((*context->record({{"pid", "600"}}))["is_own"], "true");
  for (const Fact& fact : context->stated.facts(FactKind::process))
    EXPECT_NE(fact.values["ProcessId"], "600");
}

TEST_F(ProcessesTest, ConnectionsHaveTheirProcessAndDirection) {
  const auto add = [&](std::string state_text, std::uint16_t port, std::string remote,
                       std::uint16_t remote_port) {
    LiveConnection one;
    one.protocol = "tcp";
    one.local_address = "10.0.0.1";
    one.local_port = port;
    one.remote_address = std::move(remote);
    one.remote_port = remote_port;
    one.state = std::move(state_text);
    one.pid = 500;
    state.connections.push_back(std::move(one));
  };
  add("listen", 3389, "", 0);
  add("established", 3389, "198.51.100.7", 50'000);
  add("established", 50'001, "203.0.113.9", 443);
  run();
  const auto rows = of_kind(*context, "connection");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0]->json_of("direction"), "null");
  EXPECT_EQ((*rows[1])["direction"], "in");
  EXPECT_EQ((*rows[2])["direction"], "out");
  EXPECT_EQ((*rows[2])["path"], "C:\\Program Files\\Vendor\\app.exe");
  const auto facts = context->stated.facts(FactKind::network);
  ASSERT_EQ(facts.size(), 2u);
  EXPECT_EQ(facts[0].values["SourceIp"], "198.51.100.7");
  EXPECT_EQ(facts[0].values["DestinationPort"], "3389");
  EXPECT_EQ(facts[0].values["Initiated"], "false");
  EXPECT_EQ(facts[1].values["DestinationIp"], "203.0.113.9");
  EXPECT_EQ(facts[1].values["DestinationPort"], "443");
  EXPECT_EQ(facts[1].values["Initiated"], "true");
}

TEST_F(ProcessesTest, WhatCouldNotBeListedIsNoted) {
  state.processes_failed = Error{Errc::io, "processes"};
  state.connections_failed = Error{Errc::io, "connections"};
  run();
  EXPECT_EQ(context->notes.size(), 2u);
}

TEST_F(ProcessesTest, AFolderHasNoProcesses) {
  machine = std::make_unique<fake::Machine>(windows.machine());
  context = std::make_unique<fake::Context>(*machine);
  EXPECT_TRUE(modules::processes.run(*context));
  EXPECT_THAT(context->records, IsEmpty());
  EXPECT_THAT(context->notes, IsEmpty());
}

TEST_F(ProcessesTest, FactsOfACleanSystemLeadToNothingElsewhere) {
  run();
  EXPECT_TRUE(modules::credential_theft.judge(*context));
  EXPECT_THAT(context->findings, IsEmpty());
  for (LiveProcess& one : state.processes)
    if (one.name == "lsass.exe") one.parent_pid = 100;
  run();
  EXPECT_TRUE(modules::credential_theft.judge(*context));
  EXPECT_THAT(fake::summary_of(context->findings), HasSubstr("credential_theft.lsass_copy"));
}

}  // namespace
}  // namespace hozen
