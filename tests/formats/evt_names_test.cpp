#include "collector/formats/evt_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace hozen::evt {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(EvtNames, KnowsALogonOfEachWindows) {
  EXPECT_THAT(string_names("Security", 528, 7),
              ElementsAre("TargetUserName", "TargetDomainName", "TargetLogonId", "LogonType",
                          "LogonProcessName", "AuthenticationPackageName", "WorkstationName"));
  EXPECT_EQ(string_names("Security", 540, 8).back(), "LogonGuid");
  EXPECT_EQ(string_names("SECURITY", 540, 15)[13], "IpAddress");
  EXPECT_EQ(string_names("Security", 529, 13)[11], "IpAddress");
  EXPECT_EQ(string_names("Security", 601, 8)[1], "ServiceFileName");
  EXPECT_EQ(string_names("Security", 592, 6)[1], "NewProcessName");
  EXPECT_EQ(string_names("Security", 517, 6)[3], "SubjectUserName");
  EXPECT_EQ(string_names("Security", 636, 9)[2], "TargetUserName");
}

TEST(EvtNames, GuessesNothing) {
  EXPECT_THAT(string_names("Security", 528, 9), IsEmpty());
  EXPECT_THAT(string_names("Security", 528, 0), IsEmpty());
  EXPECT_THAT(string_names("Security", 7036, 2), IsEmpty());
  EXPECT_THAT(string_names("Some program", 528, 7), IsEmpty());
}

TEST(EvtNames, NoNameStandsTwice) {
  for (std::uint16_t code = 500; code < 700; ++code)
    for (std::size_t count = 0; count < 40; ++count) {
      const auto names = string_names("Security", code, count);
      const std::set<std::string_view> different{names.begin(), names.end()};
      EXPECT_EQ(different.size(), names.size()) << code;
      EXPECT_TRUE(names.empty() || names.size() == count) << code;
    }
}

}  // namespace
}  // namespace hozen::evt
