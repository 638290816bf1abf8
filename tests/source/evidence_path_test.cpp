#include "collector/source/evidence_path.h"

#include <gtest/gtest.h>

#include <random>

namespace hozen {
namespace {

struct Case {
  std::string text;
  std::string parsed;  // "" when it has to be refused
};
class EvidencePathParse : public testing::TestWithParam<Case> {};

TEST_P(EvidencePathParse, Table) {
  const auto path = EvidencePath::parse(GetParam().text);
  if (GetParam().parsed.empty()) {
    ASSERT_FALSE(path.has_value()) << path->text();
    EXPECT_EQ(path.error().code, Errc::malformed);
  } else {
    ASSERT_TRUE(path.has_value()) << path.error().text();
    EXPECT_EQ(path->text(), GetParam().parsed);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Accepted, EvidencePathParse,
    testing::Values(Case{"C:\\a\\b", "C:\\a\\b"}, Case{"c:/a//b/", "C:\\a\\b"}, Case{"C:", "C:\\"},
                    Case{"C:\\", "C:\\"}, Case{"volume1\\a", "volume1\\a"},
                    Case{"volume12", "volume12\\"}, Case{"\\\\?\\C:\\a", "C:\\a"},
                    Case{"\\\\.\\C:\\a", "C:\\a"}, Case{"//?/C:/a", "C:\\a"},
                    Case{"\\??\\d:\\a", "D:\\a"}, Case{"\\DosDevices\\C:\\a", "C:\\a"},
                    Case{"C:\\a\\.\\b", "C:\\a\\b"}, Case{"C:\\a\\..\\b", "C:\\b"},
                    Case{"C:\\..\\..\\b", "C:\\b"}, Case{"C:\\a. ", "C:\\a. "},
                    Case{"C:\\...\\a", "C:\\...\\a"}, Case{"C:\\a:s", "C:\\a:s"},
                    Case{"C:\\a:s:$DATA", "C:\\a:s"}, Case{"C:\\a::$data", "C:\\a"},
                    Case{"C:\\:root", "C:\\:root"}, Case{"C:\\w::$INDEX_ALLOCATION\\x", "C:\\w\\x"},
                    Case{"C:\\w:$i30:$Index_Allocation", "C:\\w"}, Case{"C:\\a:s\\..\\b", "C:\\b"},
                    Case{"C:\\a\\b\\..::$INDEX_ALLOCATION\\c", "C:\\a\\c"}));

INSTANTIATE_TEST_SUITE_P(
    Refused, EvidencePathParse,
    testing::Values(Case{"", ""}, Case{"a", ""}, Case{"a\\b", ""}, Case{"\\a", ""},
                    Case{"\\\\server\\share\\a", ""}, Case{"\\\\?\\UNC\\server\\share", ""},
                    Case{"\\\\.\\PhysicalDrive0", ""}, Case{"\\\\.\\C:", ""},
                    Case{"\\Device\\HarddiskVolume1\\a", ""}, Case{"\\\\?\\Volume{1}\\a", ""},
                    Case{"C:a", ""}, Case{"volume\\a", ""}, Case{"volumeX\\a", ""},
                    Case{"CC:\\a", ""}, Case{"C:\\a:s\\b", ""}, Case{"\\??\\", ""},
                    Case{"1:\\a", ""}, Case{"C:\\a\\..:s", ""}));

TEST(EvidencePath, AppendsComponentsAndNeverLeavesTheRoot) {
  const EvidencePath root{"c:"};
  EXPECT_EQ((root / "a\\b/c").text(), "C:\\a\\b\\c");
  EXPECT_EQ((root / "a" / "..\\..\\..\\b").text(), "C:\\b");
  EXPECT_EQ((root / "a:b").stream(), "");
  EXPECT_EQ(((root / "a").with_stream("s") / "b").text(), "C:\\a\\b");
}

TEST(EvidencePath, ChildTakesNamesAsTheyAre) {
  const EvidencePath path = EvidencePath{"C:"}.child("a\\..").child("x:y");
  EXPECT_EQ(path.components(), (std::vector<std::string>{"a\\..", "x:y"}));
  EXPECT_EQ(path.name(), "x:y");
}

TEST(EvidencePath, ParentNameAndStream) {
  const auto path = *EvidencePath::parse("C:\\a\\b:s");
  EXPECT_EQ(path.name(), "b");
  EXPECT_EQ(path.stream(), "s");
  EXPECT_EQ(path.parent().text(), "C:\\a");
  EXPECT_EQ(path.parent().parent().parent().text(), "C:\\");
  EXPECT_EQ(path.with_stream("").text(), "C:\\a\\b");
  EXPECT_TRUE(EvidencePath{}.empty());
  EXPECT_EQ(EvidencePath{}.text(), "");
}

TEST(EvidencePath, IsBelowComparesWholeComponentsWithoutCase) {
  const auto windows = *EvidencePath::parse("C:\\Windows");
  EXPECT_TRUE(EvidencePath::parse("c:\\WINDOWS\\System32")->is_below(windows));
  EXPECT_TRUE(windows.is_below(windows));
  EXPECT_TRUE(windows.is_below(EvidencePath{"C:"}));
  EXPECT_FALSE(EvidencePath::parse("C:\\WindowsApps")->is_below(windows));
  EXPECT_FALSE(EvidencePath::parse("D:\\Windows")->is_below(windows));
  EXPECT_FALSE(EvidencePath{"C:"}.is_below(windows));
}

TEST(EvidencePath, FoldedIsEqualForEverySpelling) {
  EXPECT_EQ(EvidencePath::parse("c:\\wInDoWs\\x")->folded(),
            EvidencePath::parse("\\\\?\\C:\\Windows\\X")->folded());
}

/// Whatever text comes in: no ".." or "." survives, and what parses prints as something that parses
/// to the same path.
TEST(EvidencePath, RandomTextNeverEscapesAndPrintsBack) {
  const std::vector<std::string> pieces{
      "C:",           "\\",  "/", "..", ".",       "a", "B b", ":",     "..",
      "\\",           "\\",  "?", "??", "volume3", "*", " ",   "$DATA", ":$INDEX_ALLOCATION",
      "\xED\xA0\x80", "\xFF"};
  std::mt19937 random{20240301};
  std::uniform_int_distribution<std::size_t> pick{0, pieces.size() - 1};
  std::size_t parsed = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string text = round % 3 == 0 ? "" : "C:\\";
    for (std::size_t n = pick(random) / 2; n > 0; --n) text += pieces[pick(random)];
    const auto path = EvidencePath::parse(text);
    if (!path) continue;
    ++parsed;
    for (const std::string& component : path->components()) {
      ASSERT_NE(component, "..") << text;
      ASSERT_NE(component, ".") << text;
      ASSERT_FALSE(component.empty()) << text;
      ASSERT_EQ(component.find_first_of("\\/:"), std::string::npos) << text;
    }
    const auto again = EvidencePath::parse(path->text());
    ASSERT_TRUE(again.has_value()) << text << " -> " << path->text();
    ASSERT_EQ(again->components(), path->components()) << text;
  }
  EXPECT_GT(parsed, 5'000u);
}

}  // namespace
}  // namespace hozen
