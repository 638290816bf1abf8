#include "collector/engine/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "collector/engine/report/read_bundle.h"
#include "collector/engine/report/summary.h"
#include "tests/builders/fake_windows.h"
#include "tests/builders/regf_builder.h"
#include "tests/engine/run_bundle.h"

namespace hozen {
namespace {

using test::Json;
using test::run_bundle;
using test::RunBundle;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;

struct Row {
  std::string mount;
};
constexpr std::array<Field<Row>, 1> kFields{
    {{{"mount", "Where the hive is mounted."},
      [](const Row& row, Cell& cell) { cell.text(row.mount); }}}};
constexpr auto kColumns = columns_of(kFields);
constexpr std::array<Kind, 1> kKinds{{{"hive", "A hive.", kColumns}}};

/// A record for each hive; a finding and a file for the first.
Result<void> list_hives(ModuleContext& context) {
  bool first = true;
  return context.registry()->each_hive(
      {},
      [&](RegistryHive& hive) {
        Envelope envelope;
        envelope.origin = {hive.artifact, hive.mount, {}};
        const std::string id = context.emit(kKinds[0], kFields, Row{hive.mount}, envelope);
        if (first) {
          Finding finding;
          finding.rule = "hives.first";
          finding.title = "First hive";
          finding.subject = hive.mount;
          finding.why.push_back({"It is there.", 45, Family::location, {id}});
          context.report(finding);
          context.collect(*EvidencePath::parse("C:\\Windows\\notepad.exe"), id, Priority::high);
        }
        first = false;
        return true;
      },
      [&](const EvidencePath&, HiveRole, const Error& error) { context.note(error); });
}
Result<void> throw_something(ModuleContext&) { throw std::runtime_error{"boom"}; }
Result<void> fail_politely(ModuleContext&) { return Error{Errc::io, "the thing"}; }

Result<void> wait_for_the_end(ModuleContext& context) {
  while (!context.stop().stop_requested()) std::this_thread::yield();
  return Error{Errc::cancelled, "the run was stopped"};
}

Result<void> say_nothing(ModuleContext&) { return {}; }

/// An event of this host and one of another.
Result<void> state_events(ModuleContext& context) {
  if (!context.reads_files()) return {};
  for (const char* computer : {"FAKEPC.corp", "SRV"}) {
    Fact fact;
    fact.kind = FactKind::service;
    fact.subject = computer;
    context.state(std::move(fact), {computer, {}, 7, false});
  }
  return {};
}
Result<void> judge_events(ModuleContext& context) {
  for (const Fact& fact : context.facts().facts(FactKind::service)) {
    Finding finding;
    finding.rule = "judges.it";
    finding.title = "Seen on this host";
    finding.subject = fact.subject;
    finding.why.push_back(
        {"It is there.", 45, Family::location, {context.emit(kKinds[0], kFields, Row{"x"}, {})}});
    context.report(std::move(finding));
  }
  return {};
}
const ModuleSpec kJudges{"judges",     "Judges.", kKinds, {},          {},
                         state_events, {},        false,  judge_events};

std::stop_source& of_the_operator() {
  static std::stop_source stop{std::nostopstate};
  return stop;
}
Result<void> interrupt(ModuleContext&) {
  of_the_operator().request_stop();
  return {};
}
const ModuleSpec kInterrupts{"interrupts", "Interrupts the run.", {}, {}, {}, interrupt};

const ModuleSpec kSilent{"silent", "Says nothing.", {}, {}, {}, say_nothing};
const ModuleSpec kHives{"hives", "Lists hives.", kKinds, {}, {}, list_hives};
const ModuleSpec kWaits{"waits", "Waits.", {}, {}, {}, wait_for_the_end};
const ModuleSpec kThrows{"throws", "Throws.", {}, {}, {}, throw_something};
const ModuleSpec kFails{"fails", "Fails.", {}, {}, {}, fail_politely};

class RunnerTest : public ::testing::Test {
 protected:
  RunnerTest() {
    windows.user("alice");
    windows.value("HKU\\alice\\Software\\Test", "name", fake::sz("text"));
    windows.program("C:\\Windows\\notepad.exe");
    windows.file("C:\\Windows\\System32\\drivers\\etc\\hosts", "127.0.0.1 localhost");
    use({&kHives});
    target("%SystemRoot%\\System32\\drivers\\etc\\*", Priority::normal);
  }
  void use(std::vector<const ModuleSpec*> modules) {
    setup.modules = std::move(modules);
    setup.options.profile.modules.clear();
    for (const ModuleSpec* module : setup.modules)
      setup.options.profile.modules.push_back({std::string{module->name}});
  }
  void target(const std::string& pattern, Priority priority) {
    FileTarget target;
    target.pattern = *parse_path_pattern(pattern);
    target.category = "test";
    target.reason = "Because.";
    target.priority = priority;
    setup.options.profile.targets.push_back(std::move(target));
  }
  RunBundle run() {
    const auto source = windows.source();
    return run_bundle(*source, setup);
  }

  fake::FakeWindows windows;
  test::RunSetup setup;
};

TEST_F(RunnerTest, WritesABundleThatStandsAlone) {
  setup.options.case_id = "42";
  setup.options.operator_name = "A. Sato";
  setup.options.command_line = {"hozen", "collect"};
  const RunBundle bundle = run();
  ASSERT_FALSE(bundle.error);
  EXPECT_THAT(bundle.name, MatchesRegex("FAKEPC-........T......Z\\.zip"));
  ASSERT_FALSE(bundle.order.empty());
  EXPECT_EQ(bundle.order.front(), "start.json");
  EXPECT_EQ(bundle.order.back(), "manifest.json");
  EXPECT_THAT(
      bundle.order,
      ::testing::IsSupersetOf(
          {"evidence/C/Windows/System32/config/SYSTEM",
           "evidence/C/Windows/System32/config/SOFTWARE", "evidence/C/Users/alice/NTUSER.DAT",
           "evidence/C/Windows/notepad.exe", "evidence/C/Windows/System32/drivers/etc/hosts",
           "records/hives.jsonl", "findings.jsonl", "artifacts.jsonl", "log.jsonl", "ticket.md"}));
  const Json manifest = bundle.json("manifest.json");
  EXPECT_EQ(manifest["collection"]["case"], "42");
  EXPECT_EQ(manifest["collection"]["operator"], "A. Sato");
  EXPECT_EQ(manifest["collection"]["outcome"], "complete");
  EXPECT_EQ(manifest["host"]["name"], "FAKEPC");
  EXPECT_EQ(manifest["source"]["kind"], "folder");
  EXPECT_EQ(manifest["counts"]["findings_medium"], 1);
  EXPECT_THAT(manifest["clock"]["reference_origin"].get<std::string>(), Not(IsEmpty()));
  EXPECT_EQ(bundle.json("start.json")["plan"]["modules"][0], "hives");
  EXPECT_LT(bundle.entries.at("ticket.md").size(), 4000u);
}

TEST_F(RunnerTest, JudgesEachHostOnItsOwn) {
  use({&kJudges});
  const RunBundle bundle = run();
  const auto records = bundle.rows("records/judges");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_FALSE(records[0].contains("other_host"));
  EXPECT_EQ(records[1]["other_host"], "SRV");
  std::vector<std::string> titles;
  for (const Json& finding : bundle.rows("findings"))
    titles.push_back(finding["title"].get<std::string>() + ": " +
                     finding["subject"].get<std::string>());
  EXPECT_THAT(bundle.entries.at("findings.jsonl"), Not(HasSubstr("the run was stopped")));
  EXPECT_THAT(titles, ::testing::UnorderedElementsAre("Seen on this host: FAKEPC.corp",
                                                      "Seen on the computer SRV: SRV (on SRV)"));
}

TEST_F(RunnerTest, EveryHiveIsListedWithItsState) {
  const auto hive = [] { return builders::RegfBuilder{}.key("Software\\Test").sequences(2, 1); };
  windows.user("bob").hive_bytes("HKU\\bob", hive().bytes());
  const RunBundle bundle = run();
  std::map<std::string, std::string> states;
  for (const auto& row : bundle.rows("records/registry_hives")) {
    EXPECT_EQ(row["kind"], "registry_hive");
    EXPECT_TRUE(row["source"]["artifact"].is_number());
    states[row["file"]] = row["state"];
  }
  EXPECT_EQ(states["C:\\Windows\\System32\\config\\SOFTWARE"], "clean");
  EXPECT_EQ(states["C:\\Users\\bob\\NTUSER.DAT"], "dirty");
  // What its log would have told is missing: that is told, and no run that lacks it is complete.
  EXPECT_EQ(bundle.json("manifest.json")["collection"]["outcome"], "with_errors");
  EXPECT_THAT(bundle.entries.at("records/problems.jsonl"), HasSubstr("no transaction log"));
}

TEST_F(RunnerTest, AHiveThatIsNoneIsNothingComplete) {
  windows.user("bob").hive_bytes("HKU\\bob", std::vector<std::byte>(65536));
  const RunBundle bundle = run();
  EXPECT_EQ(bundle.json("manifest.json")["collection"]["outcome"], "with_errors");
  EXPECT_THAT(bundle.entries.at("records/problems.jsonl"), HasSubstr("bob"));
}

TEST_F(RunnerTest, RecordsNameTheArtifactsTheyWereReadFrom) {
  const RunBundle bundle = run();
  const auto artifacts = bundle.rows("artifacts");
  const auto records = bundle.rows("records/hives");
  ASSERT_THAT(records, Not(IsEmpty()));
  EXPECT_EQ(records[0]["record"], "hives-1");
  EXPECT_EQ(records[0]["view"], "raw");
  EXPECT_EQ(records[0]["mount"], "HKLM\\SYSTEM");
  for (const auto& record : records) {
    const auto row = std::find_if(artifacts.begin(), artifacts.end(), [&](const Json& artifact) {
      return artifact["id"] == record["source"]["artifact"];
    });
    ASSERT_NE(row, artifacts.end()) << record;
    EXPECT_EQ((*row)["outcome"], "complete");
    EXPECT_EQ((*row)["module"], "source");
  }
}

TEST_F(RunnerTest, AModuleThatFailsDoesNotStopTheRun) {
  use({&kThrows, &kFails, &kHives});
  const RunBundle bundle = run();
  ASSERT_FALSE(bundle.error);
  EXPECT_EQ(bundle.json("manifest.json")["collection"]["outcome"], "with_errors");
  EXPECT_THAT(bundle.rows("records/hives"), Not(IsEmpty()));
  std::string problems;
  for (const auto& row : bundle.rows("records/problems")) problems += test::dumped(row) + "\n";
  EXPECT_THAT(problems, HasSubstr("boom"));
  EXPECT_THAT(problems, HasSubstr("the thing"));
}

TEST_F(RunnerTest, CollectsTheMostValuableFilesFirst) {
  target("C:\\bulk.bin", Priority::bulk);
  target("C:\\jewel.bin", Priority::crown_jewels);
  windows.file("C:\\bulk.bin", "b");
  windows.file("C:\\jewel.bin", "j");
  const RunBundle bundle = run();
  const auto at = [&](const std::string& name) {
    return std::find(bundle.order.begin(), bundle.order.end(), name) - bundle.order.begin();
  };
  EXPECT_LT(at("evidence/C/jewel.bin"), at("evidence/C/Windows/notepad.exe"));
  EXPECT_LT(at("evidence/C/Windows/notepad.exe"),
            at("evidence/C/Windows/System32/drivers/etc/hosts"));
  EXPECT_LT(at("evidence/C/Windows/System32/drivers/etc/hosts"), at("evidence/C/bulk.bin"));
  EXPECT_LT(at("findings.jsonl"), at("evidence/C/jewel.bin"));
}

TEST_F(RunnerTest, AFailedFileIsListedAndChangesTheOutcome) {
  windows.file("C:\\locked.bin", "x").unreadable =
      Error{Errc::io, "C:\\locked.bin", {}, "open: 32"};
  target("C:\\locked.bin", Priority::high);
  const RunBundle bundle = run();
  EXPECT_EQ(bundle.json("manifest.json")["collection"]["outcome"], "with_errors");
  EXPECT_EQ(bundle.result.summary.left_out, 1u);
  EXPECT_THAT(bundle.entries.at("ticket.md"), HasSubstr("locked.bin"));
}

TEST_F(RunnerTest, AStopEndsWithACompleteBundle) {
  setup.stop.request_stop();
  const RunBundle bundle = run();
  ASSERT_FALSE(bundle.error);
  EXPECT_EQ(bundle.order.back(), "manifest.json");
  EXPECT_EQ(bundle.json("manifest.json")["collection"]["outcome"], "interrupted");
}

TEST_F(RunnerTest, WhatWasReadIsJudgedAlsoWhenTheRunIsStopped) {
  of_the_operator() = setup.stop;
  use({&kJudges, &kInterrupts, &kHives});
  const RunBundle bundle = run();
  ASSERT_FALSE(bundle.error);
  EXPECT_EQ(bundle.json("manifest.json")["collection"]["outcome"], "interrupted");
  const auto findings = bundle.rows("findings");
  ASSERT_EQ(findings.size(), 2u);
  for (const Json& finding : findings)
    EXPECT_THAT(finding["not_checked"].at(0).get<std::string>(),
                HasSubstr("because the run was stopped"));
  std::string problems;
  for (const Json& row : bundle.rows("records/problems")) problems += test::dumped(row) + "\n";
  EXPECT_THAT(problems, HasSubstr("saw only what was read until then"));
  EXPECT_THAT(problems, Not(HasSubstr("rules of module")));
}

TEST_F(RunnerTest, PastItsTimeLimitARunListsWhatItLeavesOut) {
  setup.options.time_limit_ticks = 1;  // 100 ns
  use({&kWaits, &kHives});
  const RunBundle bundle = run();
  ASSERT_FALSE(bundle.error);
  EXPECT_EQ(bundle.json("manifest.json")["collection"]["outcome"], "with_errors");
  std::string problems;
  for (const Json& row : bundle.rows("records/problems")) problems += test::dumped(row) + "\n";
  EXPECT_THAT(problems, HasSubstr("module waits"));
  EXPECT_THAT(problems, HasSubstr("module hives"));
  EXPECT_THAT(problems, HasSubstr("search for files: %SystemRoot%\\\\System32\\\\drivers"));
  EXPECT_THAT(problems, HasSubstr("the time limit of"));
  EXPECT_FALSE(setup.stop.stop_requested());
}

TEST_F(RunnerTest, ATimeLimitThatIsNotReachedChangesNothing) {
  setup.options.time_limit_ticks = 3600ull * 10'000'000;
  const RunBundle bundle = run();
  EXPECT_EQ(bundle.json("manifest.json")["collection"]["outcome"], "complete");
}

TEST_F(RunnerTest, AFullDiskIsAnErrorOfTheOutput) {
  for (const std::uint64_t room : {0u, 100u, 3000u, 9000u}) {
    test::RunSetup full = setup;
    full.stop = std::stop_source{};
    full.fail_at = room;
    const auto source = windows.source();
    const RunBundle bundle = run_bundle(*source, full);
    ASSERT_TRUE(bundle.error) << room;
    EXPECT_THAT(bundle.error->detail, HasSubstr("No space left")) << room;
  }
}

TEST_F(RunnerTest, ASourceWithoutWindowsIsSaidToHaveNone) {
  fake::FakeSource empty;
  empty.add_file(*EvidencePath::parse("C:\\readme.txt"), fake::bytes_from("x"));
  const RunBundle bundle = run_bundle(empty, setup);
  ASSERT_FALSE(bundle.error);
  EXPECT_THAT(bundle.name, HasSubstr("UNKNOWN-"));
  EXPECT_EQ(bundle.json("manifest.json")["source"]["hives_not_read"][0]["reason"],
            "no Windows was found there");
  EXPECT_THAT(bundle.entries.at("ticket.md"), HasSubstr("no Windows was found there"));
  EXPECT_THAT(bundle.entries.at("records/problems.jsonl"), HasSubstr("a Windows installation"));
  EXPECT_EQ(bundle.json("manifest.json")["collection"]["outcome"], "with_errors");
}

TEST_F(RunnerTest, ACopyOfVolumesNeedsNoWindows) {
  ModuleSpec copies = kSilent;
  copies.name = "volume_copy";
  fake::FakeSource empty;
  empty.add_file(*EvidencePath::parse("C:\\readme.txt"), fake::bytes_from("x"));
  use({&copies});
  setup.options.profile.targets.clear();
  const RunBundle bundle = run_bundle(empty, setup);
  ASSERT_FALSE(bundle.error);
  EXPECT_EQ(bundle.json("manifest.json")["collection"]["outcome"], "complete");
  EXPECT_EQ(bundle.json("manifest.json")["source"]["hives_not_read"][0]["reason"],
            "no Windows was found there");
  // Nor one whose hives are all there.
  fake::FakeSource half;
  half.add_file(*EvidencePath::parse("C:\\Windows\\explorer.exe"), fake::bytes_from("x"));
  half.add_folder(*EvidencePath::parse("C:\\Windows\\System32\\config"));
  const RunBundle part = run_bundle(half, setup);
  EXPECT_EQ(part.json("manifest.json")["collection"]["outcome"], "complete");
  EXPECT_EQ(part.json("manifest.json")["source"]["hives_not_read"][0]["hive"], "SYSTEM");
  // Of the volumes with a Windows there is none to copy.
  setup.options.profile.modules[0].options = {{"volumes", "system"}};
  EXPECT_EQ(run_bundle(empty, setup).json("manifest.json")["collection"]["outcome"], "with_errors");
  setup.options.profile.modules[0].options = {{"volumes", "every"}};
  target("%SystemRoot%\\x", Priority::high);
  EXPECT_EQ(run_bundle(empty, setup).json("manifest.json")["collection"]["outcome"], "with_errors");
}

/// What a run without these files tells of them: "hive path", one a line.
std::string unread_of(const RunBundle& bundle) {
  std::string text;
  const Json source = bundle.json("manifest.json")["source"];
  EXPECT_EQ(bundle.json("start.json")["source"].value("hives_not_read", Json::array()),
            source.value("hives_not_read", Json::array()));
  for (const Json& unread : source.value("hives_not_read", Json::array())) {
    EXPECT_THAT(unread.value("not_looked_at", ""), Not(IsEmpty()));
    text += unread.value("hive", "none") + " " + unread.value("path", "") + "\n";
  }
  return text;
}

struct Lacking {
  std::string name, mount, told, not_looked_at;
};
class RunnerWithoutHive : public RunnerTest, public ::testing::WithParamInterface<Lacking> {};

TEST_P(RunnerWithoutHive, IsNotCompleteAndEveryFormSaysWhatWasNotLookedAt) {
  const Lacking& lacking = GetParam();
  windows.without_hive(lacking.mount);
  use({&kSilent});
  const RunBundle bundle = run();
  ASSERT_FALSE(bundle.error);
  const std::string path = windows.hive_file(lacking.mount).text();
  EXPECT_EQ(unread_of(bundle), lacking.told + " " + path + "\n");
  EXPECT_EQ(bundle.json("manifest.json")["collection"]["outcome"], "with_errors");
  EXPECT_THAT(bundle.entries.at("records/problems.jsonl"),
              HasSubstr("a hive that should be there"));
  const auto names_it = ::testing::AllOf(HasSubstr(path), HasSubstr("not in the source"),
                                         HasSubstr(lacking.not_looked_at));
  const std::string& ticket = bundle.entries.at("ticket.md");
  EXPECT_THAT(ticket, names_it);
  EXPECT_THAT(ticket, HasSubstr("suspicious in what was read"));
  MemorySource source{bundle.bytes};
  const auto read = read_bundle_summary(source);
  ASSERT_TRUE(read);
  for (const BundleSummary& summary : {bundle.result.summary, *read}) {
    const std::string text = summary_text(summary, 5);
    EXPECT_THAT(text, names_it);
    EXPECT_THAT(text, HasSubstr("in what was read, but hives were missing"));
    EXPECT_THAT(text, Not(HasSubstr("everything that was asked for")));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, RunnerWithoutHive,
    ::testing::Values(Lacking{"System", "HKLM\\SYSTEM", "SYSTEM", "services"},
                      Lacking{"Software", "HKLM\\SOFTWARE", "SOFTWARE", "Run keys"},
                      Lacking{"LocalSystem", "HKU\\.DEFAULT", "DEFAULT", "LocalSystem"},
                      Lacking{"User", "HKU\\alice", "NTUSER.DAT", "HKCU"}),
    [](const auto& parameter) { return parameter.param.name; });

TEST_F(RunnerTest, AnEmptyOrBrokenHiveIsSaidToHaveToldNothing) {
  windows.hive_bytes("HKLM\\SOFTWARE", {});
  windows.hive_bytes("HKLM\\SYSTEM", std::vector<std::byte>(8192));
  const RunBundle bundle = run();
  EXPECT_EQ(unread_of(bundle),
            "SYSTEM C:\\Windows\\System32\\config\\SYSTEM\n"
            "SOFTWARE C:\\Windows\\System32\\config\\SOFTWARE\n");
  EXPECT_THAT(bundle.entries.at("ticket.md"), HasSubstr("the file is empty"));
  EXPECT_THAT(bundle.entries.at("ticket.md"), HasSubstr("it could not be read"));
  EXPECT_EQ(bundle.json("manifest.json")["collection"]["outcome"], "with_errors");
}

TEST_F(RunnerTest, AUserOfWhomAnotherHiveTellsIsNotMissed) {
  windows.file("C:\\Users\\alice\\NTUSER.MAN", "no hive");
  const RunBundle bundle = run();
  EXPECT_EQ(unread_of(bundle), "");
  EXPECT_EQ(bundle.json("manifest.json")["collection"]["outcome"], "with_errors");
}

TEST_F(RunnerTest, AWindowsWithoutAnyHiveIsMissedBesideAWholeOne) {
  windows.volume("D:").folder("D:\\Windows\\System32\\config");
  EXPECT_EQ(unread_of(run()),
            "SYSTEM D:\\Windows\\System32\\config\\SYSTEM\n"
            "SOFTWARE D:\\Windows\\System32\\config\\SOFTWARE\n"
            "DEFAULT D:\\Windows\\System32\\config\\DEFAULT\n");
}

TEST_F(RunnerTest, NothingIsMissedThatNobodyNeeds) {
  // An account that never logged on, one whose folder was deleted, a volume without Windows.
  windows.folder("C:\\Users\\never\\Documents");
  windows.volume("D:").folder("D:\\Windows\\Temp").folder("D:\\Users\\shared\\music");
  windows.value(
      "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\S-1-5-21-1-2-3-1009",
      "ProfileImagePath", fake::expand_sz("C:\\Users\\deleted"));
  windows.without_hive("HKLM\\SAM").without_hive("HKLM\\SECURITY");
  use({&kSilent});
  const RunBundle bundle = run();
  EXPECT_EQ(unread_of(bundle), "");
  EXPECT_EQ(bundle.json("manifest.json")["collection"]["outcome"], "complete");
  EXPECT_THAT(bundle.entries.at("ticket.md"), HasSubstr("No rule found anything suspicious.\n"));
  EXPECT_THAT(bundle.entries.at("ticket.md"), Not(HasSubstr("not be looked at")));
}

TEST_F(RunnerTest, ManyMissingHivesLeaveTheTicketShort) {
  for (int i = 0; i < 40; ++i) {
    const std::string name = std::string(80, 'u') + std::to_string(i);
    windows.user(name).without_hive("HKU\\" + name);
  }
  windows.without_hive("HKLM\\SYSTEM").without_hive("HKU\\.DEFAULT");
  const RunBundle bundle = run();
  const std::string& ticket = bundle.entries.at("ticket.md");
  EXPECT_LT(ticket.size(), 4000u);
  EXPECT_THAT(ticket, HasSubstr("39 further hives"));
  EXPECT_THAT(ticket, HasSubstr("### Next"));
}

TEST_F(RunnerTest, ProfilesThatOnlyFilesShowAreCollectedFromARunningSystemToo) {
  const fake::Machine api = windows.machine();
  windows.file("C:\\Users\\ghost\\note.txt", "1");
  windows.file("C:\\Users\\alice\\note.txt", "2");
  target("%UserProfile%\\note.txt", Priority::high);
  const auto source = windows.source();
  source->be_live(*api.registry);
  const RunBundle bundle = run_bundle(*source, setup);
  EXPECT_THAT(bundle.order, ::testing::IsSupersetOf({"evidence/C/Users/ghost/note.txt",
                                                     "evidence/C/Users/alice/note.txt"}));
}

TEST_F(RunnerTest, TheSummaryReadBackIsTheSummaryOfTheRun) {
  windows.file("C:\\locked.bin", "x").unreadable =
      Error{Errc::io, "C:\\locked.bin", {}, "open: 32"};
  target("C:\\locked.bin", Priority::high);
  const RunBundle bundle = run();
  MemorySource source{bundle.bytes};
  const auto read = read_bundle_summary(source);
  ASSERT_TRUE(read) << read.error().text();
  const BundleSummary& expected = bundle.result.summary;
  EXPECT_EQ(read->seal, expected.seal);
  EXPECT_EQ(read->by_severity, expected.by_severity);
  EXPECT_EQ(read->stored_files, expected.stored_files);
  EXPECT_EQ(read->left_out, expected.left_out);
  ASSERT_THAT(read->failures, SizeIs(1));
  EXPECT_EQ(read->failures[0].path, "C:\\locked.bin");
  ASSERT_THAT(read->findings, SizeIs(1));
  EXPECT_EQ(read->findings[0].finding.title, "First hive");
  EXPECT_EQ(read->findings[0].finding.why[0].fact, "It is there.");
  EXPECT_EQ(read->manifest.host->facts.name, "FAKEPC");
  EXPECT_EQ(read->bundle_bytes, bundle.bytes.size());
}

TEST_F(RunnerTest, ADamagedBundleIsReportedAsSuchAtEveryLength) {
  const RunBundle bundle = run();
  for (std::size_t length = 0; length < bundle.bytes.size(); length += 97) {
    MemorySource cut{
        {bundle.bytes.begin(), bundle.bytes.begin() + static_cast<std::ptrdiff_t>(length)}};
    EXPECT_FALSE(read_bundle_summary(cut)) << length;
  }
}

}  // namespace
}  // namespace hozen
