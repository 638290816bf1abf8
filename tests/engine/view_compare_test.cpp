#include "collector/engine/view_compare.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/builders/fake_context.h"

namespace hozen {
namespace {

constexpr std::string_view kRoot = "HKLM\\SYSTEM\\ControlSet001\\Services";

ViewFact fact(std::string key, std::string record, std::string start = "2",
              FileTime written = fake::at(0)) {
  ViewFact fact;
  fact.kind = "service";
  fact.key = std::string{kRoot} + "\\" + std::move(key);
  fact.written = written;
  fact.record = std::move(record);
  fact.values = {{"start", std::move(start)}, {"image_path", "C:\\x.exe"}};
  return fact;
}

class ViewCompareTest : public ::testing::Test {
 protected:
  std::vector<Finding> findings() {
    std::vector<Finding> all;
    result = compare.report([&](Finding found) { all.push_back(std::move(found)); });
    return all;
  }
  void both_whole() {
    compare.whole(View::raw, "service", kRoot);
    compare.whole(View::api, "service", kRoot);
  }

  ViewCompare compare{"services", fake::at(86'400)};
  Result<void> result{};
};

TEST_F(ViewCompareTest, TheSameInBothViewsIsNoFinding) {
  compare.add(View::raw, fact("A", "r-1"));
  compare.whole(View::raw, "service", kRoot);
  compare.add(View::api, fact("a", "r-2"));
  compare.whole(View::api, "service", kRoot);
  EXPECT_TRUE(findings().empty());
  EXPECT_TRUE(result.has_value());
}

TEST_F(ViewCompareTest, AValueThatDiffersNamesBothValuesAndBothRecords) {
  compare.add(View::raw, fact("A", "r-1", "2"));
  compare.whole(View::raw, "service", kRoot);
  compare.add(View::api, fact("A", "r-2", "4"));
  compare.whole(View::api, "service", kRoot);
  const auto all = findings();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].rule, "services.hive_differs");
  EXPECT_EQ(severity_of(all[0]), Severity::medium);
  ASSERT_EQ(all[0].why.size(), 1u);
  EXPECT_NE(all[0].why[0].fact.find("'2' in the hive, '4' by the API"), std::string::npos)
      << all[0].why[0].fact;
  EXPECT_EQ(all[0].why[0].records, (std::vector<std::string>{"r-1", "r-2"}));
}

TEST_F(ViewCompareTest, WhatOneViewAloneShowsIsAFinding) {
  compare.add(View::raw, fact("Hidden", "r-1"));
  compare.whole(View::raw, "service", kRoot);
  compare.add(View::api, fact("Volatile", "r-2"));
  compare.whole(View::api, "service", kRoot);
  const auto all = findings();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].rule, "services.not_in_hive");
  EXPECT_EQ(severity_of(all[0]), Severity::low);
  EXPECT_EQ(all[0].why[0].records, std::vector<std::string>{"r-2"});
  EXPECT_EQ(all[1].rule, "services.hidden_from_api");
  EXPECT_EQ(severity_of(all[1]), Severity::medium);
  EXPECT_EQ(all[1].why[0].records, std::vector<std::string>{"r-1"});
  EXPECT_NE(all[1].subject.find("Hidden"), std::string::npos);
}

TEST_F(ViewCompareTest, AViewThatWasNotReadWholeSaysNothing) {
  for (const View read : {View::raw, View::api}) {
    ViewCompare one{"services", fake::at(0)};
    one.add(View::raw, fact("A", "r-1"));
    one.add(View::raw, fact("B", "r-2", "2"));
    one.whole(read, "service", kRoot);
    one.whole(View::raw, "task", kRoot);
    one.whole(View::raw, "service", "HKLM\\SYSTEM\\ControlSet002\\Services");
    one.whole(View::raw, "service", "HKLM\\SYSTEM\\ControlSet001\\Serv");
    one.add(View::api, fact("B", "r-3", "4"));
    one.add(View::api, fact("C", "r-4"));
    EXPECT_TRUE(one.report([](Finding found) { ADD_FAILURE() << found.rule; }).has_value());
  }
}

TEST_F(ViewCompareTest, AChangeThatMayNotHaveReachedTheHiveStaysLow) {
  const struct {
    FileTime raw, api;
    Severity severity;
  } cases[] = {{fake::at(0), fake::at(86'000), Severity::low},
               {fake::at(0), fake::at(90'000), Severity::low},
               {fake::at(0), fake::at(80'000), Severity::medium},
               {fake::at(86'000), fake::at(86'000), Severity::medium},
               {fake::at(86'100), fake::at(86'000), Severity::medium}};
  for (const auto& one : cases) {
    ViewCompare views{"services", fake::at(86'400)};
    views.add(View::raw, fact("A", "r-1", "2", one.raw));
    views.whole(View::raw, "service", kRoot);
    views.add(View::api, fact("A", "r-2", "4", one.api));
    views.whole(View::api, "service", kRoot);
    int count = 0;
    EXPECT_TRUE(views
                    .report([&](Finding found) {
                      ++count;
                      EXPECT_EQ(severity_of(found), one.severity);
                    })
                    .has_value());
    EXPECT_EQ(count, 1);
  }
}

TEST_F(ViewCompareTest, AValueDeletedAShortWhileAgoStaysLow) {
  ViewFact gone = fact("A", "r-1");
  gone.name = "gone";
  compare.add(View::raw, gone);
  compare.whole(View::raw, "service", kRoot);
  ViewFact other = fact("A", "r-2", "2", fake::at(86'300));
  other.name = "other";
  compare.add(View::raw, other);
  compare.add(View::api, other);
  compare.whole(View::api, "service", kRoot);
  const auto all = findings();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].rule, "services.hidden_from_api");
  EXPECT_EQ(severity_of(all[0]), Severity::low);
  EXPECT_TRUE(all[0].subject.ends_with("\\A\\gone")) << all[0].subject;
}

TEST_F(ViewCompareTest, WhatCouldBeReadInPartOnlyIsComparedByItsPresence) {
  ViewFact partial = fact("A", "r-1", "");
  partial.partial = true;
  compare.add(View::raw, partial);
  both_whole();
  compare.add(View::api, fact("A", "r-2"));
  EXPECT_TRUE(findings().empty());
}

TEST_F(ViewCompareTest, LongValuesAreComparedWhole) {
  const std::string text(100'000, 'x');
  compare.add(View::raw, fact("A", "r-1", text + "a"));
  compare.add(View::raw, fact("B", "r-2", text));
  both_whole();
  compare.add(View::api, fact("A", "r-3", text + "b"));
  compare.add(View::api, fact("B", "r-4", text));
  const auto all = findings();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_LT(all[0].why[0].fact.size(), 2'000u);
  EXPECT_NE(all[0].why[0].fact.find("100001 bytes, SHA-256"), std::string::npos);
}

TEST_F(ViewCompareTest, TooManyDifferencesAreALimitNotAFlood) {
  both_whole();
  for (std::size_t i = 0; i <= kMaxViewDifferences; ++i)
    compare.add(View::api, fact(std::to_string(i), "r-1"));
  EXPECT_TRUE(findings().empty());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, Errc::limit);
}

}  // namespace
}  // namespace hozen
