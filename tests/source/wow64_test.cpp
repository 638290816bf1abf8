#include "collector/source/wow64.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

struct Case {
  HiveRole role;
  std::string path;
  std::string wow64;  // "" when there is one view only
};
class BothViews : public testing::TestWithParam<Case> {};

TEST_P(BothViews, NativeFirstThenTheRedirectedOne) {
  const auto views = both_views(GetParam().role, GetParam().path);
  ASSERT_EQ(views.size(), GetParam().wow64.empty() ? 1u : 2u);
  EXPECT_EQ(views[0].path, GetParam().path);
  if (views.size() == 2) {
    EXPECT_EQ(views[0].bitness, Bitness::native);
    EXPECT_EQ(views[1].bitness, Bitness::wow64);
    EXPECT_EQ(views[1].path, GetParam().wow64);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Roots, BothViews,
    testing::Values(
        Case{HiveRole::software, "Microsoft\\Windows", "WOW6432Node\\Microsoft\\Windows"},
        Case{HiveRole::software, "Classes\\CLSID", "Classes\\WOW6432Node\\CLSID"},
        Case{HiveRole::software, "classes", "classes\\WOW6432Node"},
        Case{HiveRole::software, "ClassesOf", "WOW6432Node\\ClassesOf"},
        Case{HiveRole::software, "", "WOW6432Node"},
        Case{HiveRole::user, "Software\\Microsoft", "Software\\WOW6432Node\\Microsoft"},
        Case{HiveRole::user, "Software\\Classes\\CLSID", "Software\\Classes\\WOW6432Node\\CLSID"},
        Case{HiveRole::default_user, "software\\Microsoft", "software\\WOW6432Node\\Microsoft"},
        Case{HiveRole::user, "Control Panel\\Desktop", ""},
        Case{HiveRole::user_classes, "CLSID", "WOW6432Node\\CLSID"},
        Case{HiveRole::system, "ControlSet001\\Services", ""}));

TEST(BothViews, APathThatNamesTheNodeHasOneView) {
  const auto views = both_views(HiveRole::software, "Wow6432Node\\Microsoft");
  ASSERT_EQ(views.size(), 1u);
  EXPECT_EQ(views[0].bitness, Bitness::wow64);
}

TEST(IsWow64Path, LooksAtWholeComponents) {
  EXPECT_TRUE(is_wow64_path("HKLM\\SOFTWARE\\Wow6432Node\\Microsoft"));
  EXPECT_TRUE(is_wow64_path("WowAA32Node"));
  EXPECT_FALSE(is_wow64_path("HKLM\\SOFTWARE\\Wow6432Nodes"));
  EXPECT_FALSE(is_wow64_path(""));
}

}  // namespace
}  // namespace hozen
