// What modules state, and how rules find it again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/module/event_fact.h"
#include "collector/module/event_table.h"
#include "collector/module/fact_store.h"
#include "collector/module/finding.h"

namespace hozen {
namespace {

Fact fact_at(std::uint64_t ticks, std::string subject = {}, FactKind kind = FactKind::service) {
  Fact fact;
  fact.kind = kind;
  fact.time = FileTime{ticks};
  fact.subject = std::move(subject);
  return fact;
}

TEST(FactValues, AreFoundByName) {
  FactValues values;
  values.add("IpAddress", "10.0.0.1");
  values.add("Empty", "");
  values.add("IpPort", std::string(300, 'x'));
  EXPECT_EQ(values["IpAddress"], "10.0.0.1");
  EXPECT_EQ(values["IpPort"], std::string(300, 'x'));
  EXPECT_EQ(values["Empty"], "");
  EXPECT_EQ(values["Ip"], "");
  EXPECT_EQ(FactValues{}["IpAddress"], "");
}

TEST(FactValues, LongOnesAreCutBetweenCharacters) {
  FactValues values;
  std::string text(FactValues::kMaxValue - 1, 'a');
  values.add("x", text + "\xE4\xBF\x9D\xE5\x85\xA8");  // 保全
  EXPECT_EQ(values["x"], text);
  values.add("y", text + "b");
  EXPECT_EQ(values["y"], text + "b");
}

TEST(FactStore, KeepsThemInTheOrderOfTheirTimes) {
  FactStore store;
  store.add(fact_at(30, "c"));
  store.add(fact_at(10, "a"));
  store.add(fact_at(10, "b"));
  store.add(fact_at(5, "x", FactKind::pipe));
  store.settle();
  std::string order;
  for (const Fact& fact : store.facts(FactKind::service)) order += fact.subject;
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(store.facts(FactKind::pipe).size(), 1u);
  EXPECT_EQ(store.between(FactKind::service, FileTime{10}, FileTime{29}).size(), 2u);
  EXPECT_EQ(store.between(FactKind::service, FileTime{31}, FileTime{99}).size(), 0u);
  EXPECT_EQ(store.dropped(FactKind::service), 0u);
}

TEST(FactStore, OfTooManyTheFirstGoAndAreCounted) {
  FactStore store{10 * sizeof(Fact)};
  for (std::uint64_t i = 0; i < 100; ++i) store.add(fact_at(i));
  store.add(fact_at(7, "p", FactKind::pipe));
  store.settle();
  ASSERT_EQ(store.facts(FactKind::service).size(), 10u);
  EXPECT_EQ(store.facts(FactKind::service).front().time.ticks, 90u);
  EXPECT_EQ(store.dropped(FactKind::service), 90u);
  EXPECT_EQ(store.facts(FactKind::pipe).size(), 1u) << "another kind has room of its own";
}

/// Blocks in memory; each() fails from one on.
class MemoryOverflow final : public FactOverflow {
 public:
  Result<void> put(std::string_view block) override {
    if (full) return Error{Errc::io, "no space"};
    blocks.emplace_back(block);
    return {};
  }
  Result<void> each(FunctionRef<void(std::string_view)> take) override {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (i == unreadable) return Error{Errc::io, "gone"};
      take(blocks[i]);
    }
    return {};
  }
  std::vector<std::string> blocks;
  bool full = false;
  std::size_t unreadable = ~std::size_t{0};
};

Fact logon_at(std::uint64_t minutes, const std::string& user, std::string_view session = {}) {
  Fact fact = fact_at(minutes * 60 * kTicksPerSecond, user, FactKind::logon);
  fact.record = "event_logs-" + user;
  fact.values.add("TargetLogonId", session);
  fact.values.add("LogonType", "3");
  return fact;
}

class FactsThatHaveNoRoom : public ::testing::Test {
 protected:
  /// A use at minute 100, the logon of its session long before it, one near it, and a flood.
  void fill() {
    store.add(logon_at(1, "far"));
    store.add(logon_at(2, "session", "0xabc"));
    store.add(logon_at(3, "system", "0x3e7"));
    store.add(logon_at(95, "near"), {"PC1", "Security", 7, false});
    for (std::uint64_t i = 0; i < 3000; ++i) store.add(logon_at(1000 + i, "flood"));
    Fact use = fact_at(std::uint64_t{100} * 60 * kTicksPerSecond, "PSEXESVC");
    use.values.add("SubjectLogonId", "0xabc");
    use.values.add("LogonId", "0x3e7");
    store.add(use);
    store.settle("PC1");
  }
  std::string logons() const {
    std::string all;
    for (const Fact& fact : store.facts(FactKind::logon))
      if (fact.subject != "flood") all += fact.subject + " ";
    return all;
  }
  MemoryOverflow overflow;
  FactStore store{std::size_t{32} << 10u, &overflow};
};

TEST_F(FactsThatHaveNoRoom, ComeBackWhereTheyStandNearRareOnes) {
  fill();
  EXPECT_GT(overflow.blocks.size(), 1u);
  EXPECT_EQ(logons(), "session near ");
  EXPECT_GT(store.left_out(FactKind::logon), 2000u);
  EXPECT_EQ(store.dropped(FactKind::logon), 0u);
  EXPECT_EQ(store.left_out(FactKind::logon) + store.facts(FactKind::logon).size(), 3004u);
  const Fact& back = store.facts(FactKind::logon)[1];
  EXPECT_EQ(back.record, "event_logs-near");
  EXPECT_EQ(back.values["LogonType"], "3");
  EXPECT_EQ(back.time.ticks, std::uint64_t{95} * 60 * kTicksPerSecond);
}

TEST_F(FactsThatHaveNoRoom, AreCountedWhereTheyCannotBePutAway) {
  overflow.full = true;
  fill();
  EXPECT_EQ(logons(), "");
  EXPECT_EQ(store.dropped(FactKind::logon), store.left_out(FactKind::logon));
  EXPECT_EQ(store.left_out(FactKind::logon) + store.facts(FactKind::logon).size(), 3004u);
}

TEST_F(FactsThatHaveNoRoom, AreCountedWhereTheyCannotBeReadAgain) {
  overflow.unreadable = 1;
  fill();
  EXPECT_EQ(logons(), "session near ");
  EXPECT_GT(store.dropped(FactKind::logon), 0u);
  EXPECT_EQ(store.left_out(FactKind::logon) + store.facts(FactKind::logon).size(), 3004u);
}

/// An intruder may flood the minutes of his use.
TEST_F(FactsThatHaveNoRoom, AFloodNearAUseIsBoundedAndCounted) {
  for (std::uint64_t i = 0; i < 3000; ++i) store.add(logon_at(99, "flood"));
  fill();
  EXPECT_LT(store.facts(FactKind::logon).size(), 1000u);
  EXPECT_GT(store.dropped(FactKind::logon), 0u);
}

std::string subjects(const FactBook& book) {
  std::string all;
  for (const Fact& fact : book.facts(FactKind::service)) all += fact.subject;
  return all;
}

/// Facts of events, each called by a letter.
class FactHosts : public ::testing::Test {
 protected:
  void add(std::string_view computer, std::string_view own_log, std::string subject,
           std::uint64_t number = 0, bool recovered = false) {
    const std::uint64_t ticks = 100 + number;
    store.add(fact_at(ticks, std::move(subject)), {computer, own_log, number, recovered});
  }
  FactStore store;
};

TEST_F(FactHosts, EventsOfOthersAreNotOfTheHost) {
  store.add(fact_at(1, "p"));
  add("PC1.corp.local", "System", "a");
  add("PC2.corp.local", {}, "b");
  add("pc2.CORP.local", {}, "c");
  add("PC3", {}, "d");
  store.settle("PC1");
  EXPECT_EQ(subjects(store), "pa");
  EXPECT_EQ(store.computer(), "");
  ASSERT_EQ(store.others().size(), 2u);
  EXPECT_EQ(store.others()[0].computer(), "PC2.corp.local");
  EXPECT_EQ(subjects(store.others()[0]), "bc");
  EXPECT_EQ(subjects(store.others()[1]), "d");
}

TEST_F(FactHosts, ARenamedHostIsOne) {
  add("WIN-SETUP", "System", "a");
  add("PC1", "System", "b");
  add("PC9", "Security", "x");  // a log of another host in the place of this one's
  store.settle("PC1");
  EXPECT_EQ(subjects(store), "ab");
  ASSERT_EQ(store.others().size(), 1u);
  EXPECT_EQ(store.others()[0].computer(), "PC9");
}

TEST_F(FactHosts, WithoutANameItIsWhatItsOwnLogsSay) {
  for (int i = 0; i < 3; ++i) add("OTHER", {}, "o");
  add("PC1", "System", "a");
  store.settle();
  EXPECT_EQ(subjects(store), "a");
}

TEST_F(FactHosts, CopiesOfLogsAloneAreOfTheOneMostAreOf) {
  add("PC1", {}, "a");
  add("PC2", {}, "b");
  add("PC2", {}, "c");
  store.settle();
  EXPECT_EQ(subjects(store), "bc");
}

TEST_F(FactHosts, CopiesOfOtherHostsAreNoneOfAHostWhoseNameIsKnown) {
  add("PC2", {}, "b");
  store.settle("PC1");
  EXPECT_EQ(subjects(store), "");
  ASSERT_EQ(store.others().size(), 1u);
}

TEST_F(FactHosts, LongNamesAreCutInTheRegistry) {
  add("A-LONG-NAME-OF-A-SERVER.corp", "System", "a");
  store.settle("A-LONG-NAME-OF-");
  EXPECT_EQ(subjects(store), "a");
}

/// Some programs write the first label of a computer's name alone.
TEST_F(FactHosts, ABareNameAndAFullOneAreOneHost) {
  add("WS1.corp.local", "Security", "a");
  add("ws1", {}, "b");
  add("WS2", {}, "c");
  add("WS2.corp.local", {}, "d");
  store.settle();
  EXPECT_EQ(subjects(store), "ab");
  EXPECT_THAT(store.names(), testing::ElementsAre("WS1.corp.local", "ws1"));
  ASSERT_EQ(store.others().size(), 1u);
  EXPECT_EQ(store.others()[0].computer(), "WS2.corp.local");
  EXPECT_EQ(subjects(store.others()[0]), "cd");
}

TEST_F(FactHosts, ABareNameOfTwoHostsIsOfNone) {
  add("WS1.corp.local", "Security", "a");
  add("WS1.lab.local", {}, "b");
  add("WS1", {}, "c");
  store.settle();
  EXPECT_EQ(subjects(store), "a");
  EXPECT_EQ(store.others().size(), 2u);
}

TEST(ComputerNames, AreCompared) {
  EXPECT_TRUE(is_same_computer("ws1", "WS1"));
  EXPECT_TRUE(is_same_computer("WS1", "ws1.corp.local"));
  EXPECT_TRUE(is_same_computer("SRV-APPLICATION1.corp", "SRV-APPLICATION"));
  EXPECT_FALSE(is_same_computer("ws1.corp.local", "ws1.lab.local"));
  EXPECT_FALSE(is_same_computer("WS1", "WS11.corp.local"));
  EXPECT_FALSE(is_same_computer("SRV-APPLICATION1", "SRV-APPLICATION2"));
  EXPECT_FALSE(is_same_computer("", ""));
}

TEST_F(FactHosts, TooManyComputersAreCounted) {
  for (std::size_t i = 0; i < FactStore::kMaxComputers + 3; ++i)
    add("PC" + std::to_string(i), {}, "a");
  store.settle("PC0");
  EXPECT_EQ(store.others().size(), FactStore::kMaxComputers - 1);
  EXPECT_EQ(store.dropped(FactKind::service), 3u);
}

/// A host that collects the events of others has them in a log that is read before its own.
TEST_F(FactHosts, TheHostItselfIsNoneTooMany) {
  for (std::size_t i = 0; i < FactStore::kMaxComputers + 6; ++i)
    add("WS" + std::to_string(i), {}, "f");
  add("WEC.corp", "System", "a");
  store.settle("WEC");
  EXPECT_EQ(subjects(store), "a");
  EXPECT_EQ(store.unknown_computers(), 6u);
}

TEST_F(FactHosts, AnEventIsThereOnce) {
  add("PC1", "System", "s", 7, true);  // what slack has of it
  add("PC1", "System", "a", 7);
  add("PC1", {}, "c", 7);  // a copy of the log
  add("PC1", "System", "b", 8);
  add("PC2", {}, "x", 7);
  store.add(fact_at(1, "p"));
  store.add(fact_at(1, "p"));  // no event: nobody knows that it is the same
  store.settle("PC1");
  EXPECT_EQ(subjects(store), "ppab");
  EXPECT_EQ(subjects(store.others()[0]), "x");
}

TEST(EventFact, NumbersAreAProvidersOwn) {
  const auto value = [](std::string_view name) -> std::optional<std::string> {
    return name == "ServiceName" ? std::optional<std::string>{"x"} : std::nullopt;
  };
  EventView view{"System", {}, 7045, FileTime{9}, true, value};
  EXPECT_TRUE(fact_of_event(view)) << "a provider that could not be read may be any";
  view.provider = "service control manager";
  EXPECT_TRUE(fact_of_event(view));
  view.provider = "Contoso-Backup";
  EXPECT_FALSE(fact_of_event(view));
}

TEST(EventTable, NumbersAreAProvidersOwn) {
  EXPECT_EQ(topic_of_event("System", "Microsoft-Windows-Eventlog", 104), "log");
  EXPECT_EQ(topic_of_event("System", "Contoso-Backup", 104), "");
  EXPECT_EQ(topic_of_event("System", "", 104), "log");
  EXPECT_EQ(topic_of_event("System", "Service Control Manager", 7001), "service");
  EXPECT_EQ(topic_of_event("System", "Microsoft-Windows-Winlogon", 7001), "logon");
  EXPECT_EQ(topic_of_event("Application", "MsiInstaller", 1034), "installer");
  EXPECT_EQ(topic_of_event("Application", "Software Protection Platform Service", 1034), "");
  EXPECT_EQ(topic_of_old_event("System", "W32Time", 35), "clock");
  EXPECT_EQ(topic_of_old_event("System", "Print", 35), "");
}

TEST(FindingOfAnotherHost, NamesIt) {
  Finding finding;
  finding.title = "PsExec was used on this host";
  finding.subject = "a.exe";
  finding.why.push_back({"It ran on this host, on this host.", 45, Family::content, {}});
  name_host(finding, "PC2");
  EXPECT_EQ(finding.title, "PsExec was used on the computer PC2");
  EXPECT_EQ(finding.why[0].fact, "It ran on the computer PC2, on the computer PC2.");
  EXPECT_EQ(finding.subject, "a.exe (on PC2)");
  EXPECT_EQ(finding.not_checked.size(), 1u);
}

/// An event of these values as a fact.
std::optional<Fact> fact_of(std::string_view channel, std::uint32_t id,
                            const std::vector<std::pair<std::string, std::string>>& values,
                            std::string_view user = {}) {
  const auto value = [&](std::string_view name) -> std::optional<std::string> {
    for (const auto& [known, text] : values)
      if (known == name) return text;
    return std::nullopt;
  };
  return fact_of_event({channel, user, id, FileTime{9}, true, value});
}

TEST(EventFact, HasTheValuesThatRulesAskFor) {
  const auto fact =
      fact_of("System", 7045, {{"ServiceName", "PSEXESVC"}, {"ImagePath", "x.exe"}, {"Other", "y"}},
              "S-1-5-21-1");
  ASSERT_TRUE(fact);
  EXPECT_EQ(fact->kind, FactKind::service);
  EXPECT_EQ(fact->event_id, 7045u);
  EXPECT_EQ(fact->subject, "PSEXESVC");
  EXPECT_EQ(fact->values["ImagePath"], "x.exe");
  EXPECT_EQ(fact->values["UserSid"], "S-1-5-21-1");
  EXPECT_EQ(fact->values["Other"], "");
  EXPECT_FALSE(fact_of("Application", 7045, {{"ServiceName", "PSEXESVC"}}));
  EXPECT_FALSE(fact_of("System", 7046, {}));
}

TEST(EventFact, SaysThatAccessWasRefused) {
  const auto value = [](std::string_view name) -> std::optional<std::string> {
    if (name == "ShareName") return "\\\\*\\ADMIN$";
    return std::nullopt;
  };
  EventView view{"Security", {}, 5145, FileTime{9}, true, value};
  EXPECT_EQ(fact_of_event(view)->values["Audit"], "");
  view.is_failure = true;
  EXPECT_EQ(fact_of_event(view)->values["Audit"], "failure");
  view.event_id = 4697;
  EXPECT_FALSE(fact_of_event(view)) << "nothing was installed";
  view.event_id = 4625;
  EXPECT_EQ(fact_of_event(view)->values["Audit"], "") << "the event says it itself";
}

/// The same of a log of Windows XP and before.
std::optional<Fact> old_fact_of(std::string_view channel, std::uint32_t id, bool is_failure,
                                const std::vector<std::pair<std::string, std::string>>& values) {
  const auto value = [&](std::string_view name) -> std::optional<std::string> {
    for (const auto& [known, text] : values)
      if (known == name) return text;
    return std::nullopt;
  };
  EventView view{channel, {}, id, FileTime{9}, true, value};
  view.is_old = true;
  view.is_failure = is_failure;
  view.computer = "XP-1";
  return fact_of_event(view);
}

TEST(EventFact, OldEventsHaveTheNumbersOfToday) {
  const auto logon =
      old_fact_of("Security", 540, false, {{"TargetUserName", "eve"}, {"LogonType", "3"}});
  ASSERT_TRUE(logon);
  EXPECT_EQ(logon->kind, FactKind::logon);
  EXPECT_EQ(logon->event_id, 4624u);
  EXPECT_EQ(logon->values["OldEvent"], "540");
  EXPECT_EQ(logon->values["Computer"], "XP-1");
  const auto service = old_fact_of("Security", 601, false, {{"ServiceName", "x"}});
  ASSERT_TRUE(service);
  EXPECT_EQ(service->event_id, 4697u);
  EXPECT_FALSE(old_fact_of("Security", 601, true, {{"ServiceName", "x"}}));
  EXPECT_TRUE(old_fact_of("Security", 529, true, {{"TargetUserName", "eve"}}));
  EXPECT_EQ(old_fact_of("System", 7036, false, {{"param1", "x"}})->event_id, 7036u);
}

TEST(EventFact, OldAndNewNumbersAreNotMixed) {
  EXPECT_FALSE(fact_of("Security", 540, {{"TargetUserName", "eve"}, {"LogonType", "3"}}));
  EXPECT_FALSE(old_fact_of("Security", 4624, false, {{"TargetUserName", "eve"}}));
  // Strings without names say nothing of who it was.
  EXPECT_FALSE(old_fact_of("Security", 540, false, {{"param1", "eve"}}));
}

TEST(EventFact, EverydayLogonsAreLeftOut) {
  const auto logon = [](const char* type, const char* sid, const char* name) {
    return fact_of("Security", 4624,
                   {{"LogonType", type}, {"TargetUserSid", sid}, {"TargetUserName", name}});
  };
  EXPECT_FALSE(logon("5", "S-1-5-18", "SYSTEM"));
  EXPECT_FALSE(logon("2", "S-1-5-90-0-1", "DWM-1"));
  const auto network = logon("3", "S-1-5-21-1-1001", "eve");
  ASSERT_TRUE(network);
  EXPECT_EQ(network->kind, FactKind::logon);
  const auto machine = logon("3", "S-1-5-21-1-1002", "PC$");
  ASSERT_TRUE(machine);
  EXPECT_EQ(machine->kind, FactKind::machine_logon);
}

TEST(EventFact, OfSharesOnlyAdministrativeOnesAndChangesCount) {
  EXPECT_FALSE(fact_of("Security", 5145, {{"ShareName", "\\\\*\\SYSVOL"}}));
  EXPECT_TRUE(fact_of("Security", 5145, {{"ShareName", "\\\\*\\IPC$"}}));
  EXPECT_TRUE(fact_of("Security", 5142, {{"ShareName", "\\\\*\\data"}}));
}

TEST(EventFact, TasksTellWhatTheyStart) {
  const auto fact = fact_of(
      "Security", 4698,
      {{"TaskName", "\\x"},
       {"TaskContent",
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n<Task version=\"1.2\" "
        "xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\"><Actions><Exec>"
        "<Command>cmd.exe</Command><Arguments>/C whoami</Arguments></Exec></Actions></Task>"}});
  ASSERT_TRUE(fact);
  EXPECT_EQ(fact->values["Command"], "cmd.exe");
  EXPECT_EQ(fact->values["Arguments"], "/C whoami");
}

}  // namespace
}  // namespace hozen
