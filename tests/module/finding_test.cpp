#include "collector/module/finding.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

Finding finding_of(std::vector<Why> why) {
  Finding finding;
  finding.why = std::move(why);
  return finding;
}

Why why(int weight, Family family) { return {"fact", weight, family, {}}; }

TEST(Severity, FollowsTheScoreAtEachBorder) {
  const std::pair<int, Severity> borders[] = {
      {-5, Severity::info},   {0, Severity::info},  {14, Severity::info},
      {15, Severity::low},    {39, Severity::low},  {40, Severity::medium},
      {69, Severity::medium}, {70, Severity::high}, {89, Severity::high}};
  for (const auto& [score, severity] : borders)
    EXPECT_EQ(severity_of(finding_of({why(score, Family::path)})), severity) << score;
}

TEST(Severity, ScoreIsTheSumClampedToHundred) {
  EXPECT_EQ(score_of(finding_of({why(80, Family::path), why(60, Family::name)})), 100);
  EXPECT_EQ(score_of(finding_of({why(10, Family::path), why(-30, Family::signature)})), 0);
}

TEST(Severity, CriticalNeedsThreeFamiliesOrAnExactIndicator) {
  auto finding = finding_of({why(60, Family::path), why(40, Family::name)});
  EXPECT_EQ(severity_of(finding), Severity::high);
  finding.exact_indicator = true;
  EXPECT_EQ(severity_of(finding), Severity::critical);
  finding.exact_indicator = false;
  finding.why.push_back(why(1, Family::command_line));
  EXPECT_EQ(severity_of(finding), Severity::critical);
}

TEST(Severity, FamiliesThatDoNotScoreDoNotCount) {
  const auto finding = finding_of({why(60, Family::path), why(45, Family::name),
                                   why(0, Family::time), why(-5, Family::content)});
  EXPECT_EQ(severity_of(finding), Severity::high);
}

TEST(Severity, FewerFamiliesThanDemandedLowerItOneStep) {
  auto finding = finding_of({why(50, Family::path)});
  finding.families_demanded = 2;
  EXPECT_EQ(severity_of(finding), Severity::low);
  finding.why.push_back(why(5, Family::name));
  EXPECT_EQ(severity_of(finding), Severity::medium);
}

TEST(Severity, StaysLowWhileTheInnocentExplanationIsUnchecked) {
  auto finding = finding_of({why(80, Family::path)});
  finding.innocent_explanation_unchecked = true;
  EXPECT_EQ(severity_of(finding), Severity::low);
  finding.why = {why(5, Family::path)};
  EXPECT_EQ(severity_of(finding), Severity::info);
}

}  // namespace
}  // namespace hozen
