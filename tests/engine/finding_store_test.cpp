#include "collector/engine/finding_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hozen {
namespace {

using ::testing::ElementsAre;

Finding finding(const std::string& rule, const std::string& subject, int weight,
                const std::string& fact = "A fact.", const std::string& record = "run_keys-1") {
  Finding made;
  made.rule = rule;
  made.title = "Title";
  made.subject = subject;
  made.why.push_back({fact, weight, Family::path, {record}});
  return made;
}

TEST(FindingStore, OrdersBySeverityScoreRuleAndSubject) {
  FindingStore store;
  store.add(finding("b.rule", "x", 20));
  store.add(finding("a.rule", "y", 20));
  store.add(finding("a.rule", "x", 20));
  store.add(finding("z.rule", "x", 75));
  std::vector<std::string> order;
  for (const auto& ranked : store.sorted())
    order.push_back(ranked.id + " " + ranked.finding.rule + " " + ranked.finding.subject);
  EXPECT_THAT(order, ElementsAre("finding-1 z.rule x", "finding-2 a.rule x", "finding-3 a.rule y",
                                 "finding-4 b.rule x"));
  EXPECT_THAT(store.by_severity(), ElementsAre(0, 3, 0, 1, 0));
}

TEST(FindingStore, UnitesTheSameRuleAndSubjectWithoutCountingTwice) {
  FindingStore store;
  store.add(finding("a.rule", "HKLM\\Run\\x", 30, "In Temp.", "run_keys-1"));
  store.add(finding("a.rule", "HKLM\\RUN\\X", 30, "In Temp.", "run_keys-9"));
  store.add(finding("a.rule", "HKLM\\Run\\x", 30, "In TEMP (other view).", "run_keys-9"));
  ASSERT_EQ(store.size(), 1u);
  const RankedFinding& only = store.sorted().front();
  EXPECT_EQ(only.score, 30);
  ASSERT_EQ(only.finding.why.size(), 2u);
  EXPECT_THAT(only.finding.why[0].records, ElementsAre("run_keys-1", "run_keys-9"));
  EXPECT_EQ(only.finding.why[1].weight, 0);
}

TEST(FindingStore, EscapesWhatTextOfTheEvidenceWouldDoToTheReader) {
  FindingStore store;
  Finding made =
      finding("a.rule", "C:\\a\u202Egpj.exe", 30, "'C:\\b\u2028\xC2\x9B\x1B[2J' lies in \u3042.");
  made.title = "T\u200B";
  made.not_checked = {"Signature of 'x\n'"};
  made.next = {"y\u202E"};
  store.add(made);
  store.add(made);
  ASSERT_EQ(store.size(), 1u);
  const Finding& kept = store.sorted().front().finding;
  EXPECT_EQ(kept.subject, "C:\\a\\u{202E}gpj.exe");
  ASSERT_EQ(kept.why.size(), 1u);
  EXPECT_EQ(kept.why[0].fact, "'C:\\b\\u{2028}\\u{009B}\\u{001B}[2J' lies in \u3042.");
  EXPECT_EQ(kept.title, "T\\u{200B}");
  EXPECT_THAT(kept.not_checked, ElementsAre("Signature of 'x\\u{000A}'"));
  EXPECT_THAT(kept.next, ElementsAre("y\\u{202E}"));
}

TEST(FindingStore, TakesTheHigherScoreOfTwoThatAreTheSame) {
  FindingStore store;
  store.add(finding("a.rule", "x", 20, "Weak."));
  store.add(finding("a.rule", "x", 60, "Strong."));
  const RankedFinding& only = store.sorted().front();
  EXPECT_EQ(only.score, 60);
  EXPECT_EQ(only.severity, Severity::medium);
  EXPECT_EQ(only.finding.why.front().fact, "Strong.");
}

TEST(FindingStore, KeepsTheImportantOnesOfAFlood) {
  FindingStore store;
  store.add(finding("a.rule", "needle", 80));
  for (int i = 0; i < 50'000; ++i) store.add(finding("a.rule", "x" + std::to_string(i), 1));
  EXPECT_LE(store.size(), 8'000u);
  EXPECT_EQ(store.size() + store.dropped(), 50'001u);
  EXPECT_EQ(store.sorted().front().finding.subject, "needle");
}

TEST(FindingStore, WritesALineInTheFormOfTheBundle) {
  FindingStore store;
  Finding made = finding("a.rule", "C:\\x \"y\"", 45);
  made.attack = {"T1547.001"};
  made.not_checked = {"Signature."};
  made.benign = {"An updater."};
  made.next = {"Look."};
  store.add(made);
  std::string json;
  append_finding(json, store.sorted().front());
  EXPECT_EQ(
      json,
      R"({"id":"finding-1","rule":"a.rule","title":"Title","severity":"medium","score":45,)"
      R"("attack":["T1547.001"],"subject":"C:\\x \"y\"","why":[{"fact":"A fact.","weight":45,)"
      R"("family":"path","records":["run_keys-1"]}],"not_checked":["Signature."],)"
      R"("benign":["An updater."],"next":["Look."]})");
}

}  // namespace
}  // namespace hozen
