#include "collector/source/environment.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

class EnvironmentExpand : public testing::Test {
 protected:
  EnvironmentExpand() {
    environment_.set("SystemRoot", "C:\\Windows");
    environment_.set("windir", "%SystemRoot%");
    environment_.set("Empty", "");
    environment_.set("日本", "値");
  }
  Environment environment_;
};

TEST_F(EnvironmentExpand, ReplacesNamesInAnyCase) {
  EXPECT_EQ(environment_.expand("%SYSTEMROOT%\\x;%systemroot%"), "C:\\Windows\\x;C:\\Windows");
  EXPECT_EQ(environment_.expand("[%Empty%]"), "[]");
  EXPECT_EQ(environment_.expand("%日本%"), "値");
}

TEST_F(EnvironmentExpand, ReplacesVariablesInsideValues) {
  EXPECT_EQ(environment_.expand("%windir%\\System32"), "C:\\Windows\\System32");
}

TEST_F(EnvironmentExpand, LeavesUnknownNamesAndSaysWhich) {
  std::vector<std::string> unknown;
  EXPECT_EQ(environment_.expand("%Nope%\\%windir%\\%NOPE%\\%Other%", &unknown),
            "%Nope%\\C:\\Windows\\%NOPE%\\%Other%");
  EXPECT_EQ(unknown, (std::vector<std::string>{"Nope", "Other"}));
}

TEST_F(EnvironmentExpand, AnUnknownNameEndsWhereTheNextMayBegin) {
  EXPECT_EQ(environment_.expand("50%windir%"), "50C:\\Windows");
  EXPECT_EQ(environment_.expand("50% x%windir%"), "50% xC:\\Windows");
  EXPECT_EQ(environment_.expand("%nope%windir%"), "%nopeC:\\Windows");
  EXPECT_EQ(environment_.expand("100%"), "100%");
  EXPECT_EQ(environment_.expand("%%"), "%%");
  EXPECT_EQ(environment_.expand("%"), "%");
}

TEST_F(EnvironmentExpand, TextBetweenPercentSignsThatIsNoNameIsNotReported) {
  std::vector<std::string> unknown;
  environment_.expand("50% of 100% and %a:~1,2%", &unknown);
  EXPECT_TRUE(unknown.empty());
}

TEST_F(EnvironmentExpand, CyclesAndSelfReferencesEnd) {
  environment_.set("a", "%b%");
  environment_.set("b", "%a%x");
  environment_.set("self", "%self%;more");
  EXPECT_LT(environment_.expand("%a%").size(), 100u);
  EXPECT_LT(environment_.expand("%self%").size(), 200u);
}

TEST_F(EnvironmentExpand, VariablesThatMultiplyEachOtherEnd) {
  std::string many_next, many_empty;
  for (int i = 0; i < 1000; ++i) many_next += "%bomb%x", many_empty += "%hollow%";
  environment_.set("bomb", many_next);
  environment_.set("hollow", many_empty);
  EXPECT_LT(environment_.expand("%bomb%").size(), 1'000'000u);
  EXPECT_LT(environment_.expand("%hollow%").size(), 1'000'000u);
}

TEST(EnvironmentValues, AreFoundInAnyCase) {
  Environment environment;
  environment.set("Path", "a");
  environment.set("PATH", "b");
  EXPECT_EQ(environment.get("path"), "b");
  EXPECT_EQ(environment.get("nope"), std::nullopt);
  EXPECT_EQ(environment.folded_values().size(), 1u);
}

}  // namespace
}  // namespace hozen
