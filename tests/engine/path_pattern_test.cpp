#include "collector/engine/path_pattern.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hozen {
namespace {

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> names;
  std::size_t start = 0;
  while (start <= path.size() && !path.empty()) {
    const std::size_t end = std::min(path.find('\\', start), path.size());
    names.push_back(path.substr(start, end - start));
    start = end + 1;
  }
  return names;
}

struct MatchCase {
  std::string pattern, path;
  bool matches, may_match_below;
};
class PathPatternMatch : public ::testing::TestWithParam<MatchCase> {};

TEST_P(PathPatternMatch, AgreesWithTheTable) {
  const auto& [text, path, matches, below] = GetParam();
  const auto pattern = parse_path_pattern(text);
  ASSERT_TRUE(pattern) << pattern.error().text();
  EXPECT_EQ(pattern_matches(*pattern, split(path)), matches) << text << " " << path;
  EXPECT_EQ(pattern_may_match_below(*pattern, split(path)), below) << text << " " << path;
}

INSTANTIATE_TEST_SUITE_P(
    Table, PathPatternMatch,
    ::testing::Values(MatchCase{R"(C:\a\b.txt)", R"(A\B.TXT)", true, false},
                      MatchCase{R"(C:\a\b.txt)", "a", false, true},
                      MatchCase{R"(C:\a\b.txt)", "", false, true},
                      MatchCase{R"(C:\a\b.txt)", "x", false, false},
                      MatchCase{R"(C:\a\*.txt)", R"(a\c.txt)", true, false},
                      MatchCase{R"(C:\a\*.txt)", R"(a\b\c.txt)", false, false},
                      MatchCase{R"(C:\*\x)", R"(日本\x)", true, false},
                      MatchCase{R"(C:\a\**\c)", R"(a\c)", true, true},
                      MatchCase{R"(C:\a\**\c)", R"(a\1\2\3\c)", true, true},
                      MatchCase{R"(C:\a\**\c)", R"(a\1\2)", false, true},
                      MatchCase{R"(C:\a\**\c)", R"(b\c)", false, false},
                      MatchCase{R"(C:\a\**)", R"(a\1\2)", true, true},
                      MatchCase{R"(C:\a\**)", "a", false, true},
                      MatchCase{R"(C:\**\**\b\**\*.x)", R"(q\b\r\s.x)", true, true},
                      MatchCase{R"(C:\**\a\**\b\**\c)", R"(a\a\b\b\c\d)", false, true},
                      MatchCase{R"(C:\a?\b)", R"(a1\b)", true, false},
                      MatchCase{R"(C:\a?\b)", R"(a\b)", false, false}));

TEST(PathPattern, KnowsRootLiteralPrefixAndStream) {
  const auto journal = parse_path_pattern(R"(%EVERYVOLUME%\$Extend\$UsnJrnl:$J)");
  ASSERT_TRUE(journal);
  EXPECT_EQ(journal->root, PatternRoot::every_volume);
  EXPECT_EQ(journal->components, (std::vector<std::string>{"$Extend", "$UsnJrnl"}));
  EXPECT_EQ(journal->stream, "$J");
  EXPECT_FALSE(journal->has_wildcard());

  const auto logs = parse_path_pattern(R"(d:\Logs\2026\*\a.log)");
  ASSERT_TRUE(logs);
  EXPECT_EQ(logs->volume, "d:");
  EXPECT_EQ(logs->literal_prefix(), 2u);
  EXPECT_TRUE(logs->has_wildcard());
}

TEST(PathPattern, StaysQuickOnPatternsMadeToBacktrack) {
  std::string text = "C:";
  for (int i = 0; i < 20; ++i) text += "\\**\\a";
  const auto pattern = parse_path_pattern(text + "\\b");
  ASSERT_TRUE(pattern);
  EXPECT_FALSE(pattern_matches(*pattern, std::vector<std::string>(1000, "a")));
}

}  // namespace
}  // namespace hozen
