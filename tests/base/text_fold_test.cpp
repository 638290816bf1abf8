#include <gtest/gtest.h>

#include <random>

#include "collector/base/hash.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

std::string one_unit(std::uint32_t unit) {
  return wtf8_from_utf16(std::u16string(1, static_cast<char16_t>(unit)));
}

TEST(FoldCase, IsTheUpcaseTableOfNtfs) {
  std::u16string table;
  for (std::uint32_t unit = 0; unit <= 0xFFFF; ++unit) {
    const std::u16string folded = utf16_from_wtf8(fold_case(one_unit(unit)));
    ASSERT_EQ(folded.size(), 1u) << std::hex << unit;
    table += folded;
  }
  // SHA-256 of $UpCase as mkntfs (ntfs-3g 2022.10.3) writes it for Windows Vista and later.
  EXPECT_EQ(to_hex(sha256(std::as_bytes(std::span{table.data(), table.size()}))),
            "41c26bc7a12bdaeb26025c93118697c7e3ef81ee048b00fe5cce2a472e0e0742");
}

TEST(FoldCase, KnownLetters) {
  EXPECT_EQ(fold_case("abcXYZ019_{[`"), "ABCXYZ019_{[`");
  EXPECT_EQ(fold_case("straße éñ ÿ"), "STRAßE ÉÑ Ÿ");
  EXPECT_EQ(fold_case("ａｂｃ ａ"), "ＡＢＣ Ａ");  // full-width
  EXPECT_EQ(fold_case("привет ελλας"), "ПРИВЕТ ΕΛΛΑς");
  EXPECT_EQ(fold_case("ı ſ µ ǅ"), "ı ſ µ ǅ");
  EXPECT_EQ(fold_case("ɫ"), "Ɫ");  // two bytes become three
  EXPECT_EQ(fold_case("𐐨"), "𐐨");  // outside the Basic Multilingual Plane nothing changes
}

TEST(FoldCase, KeepsLoneSurrogatesAndBadBytes) {
  EXPECT_EQ(fold_case("a\xED\xA0\x80z"), "A\xED\xA0\x80Z");
  EXPECT_EQ(fold_case("a\xFFz"), "A\xFFZ");
}

TEST(EqualsFold, ComparesWholeTexts) {
  EXPECT_TRUE(equals_fold("System32", "SYSTEM32"));
  EXPECT_TRUE(equals_fold("ɫÉ", "Ɫé"));
  EXPECT_TRUE(equals_fold("", ""));
  EXPECT_FALSE(equals_fold("a", "ab"));
  EXPECT_FALSE(equals_fold("ab", "a"));
  EXPECT_FALSE(equals_fold("ı", "I"));
  EXPECT_FALSE(equals_fold("\xFE", "\xFF"));
}

TEST(CompareFold, OrdersByFoldedUtf16Units) {
  EXPECT_EQ(compare_fold("a", "A"), 0);
  EXPECT_LT(compare_fold("a", "B"), 0);
  EXPECT_GT(compare_fold("_", "a"), 0);  // '_' is behind 'A', before 'a'
  EXPECT_LT(compare_fold("A", "aa"), 0);
  EXPECT_GT(compare_fold("aa", "A"), 0);
  // U+FF21 is above the surrogates of U+1F600, though its code point is lower.
  EXPECT_GT(compare_fold("Ａ", "😀"), 0);
}

TEST(CompareFold, AgreesWithComparingTheFoldedUnits) {
  std::mt19937 random{3};
  constexpr char16_t kUnits[] = {u'a', u'A', u'_', u'é', u'É', 0xD83D, 0xDE00, 0xE000, u'ａ', 0};
  const auto any = [&] {
    std::u16string text;
    for (std::size_t n = random() % 4; n > 0; --n) text += kUnits[random() % std::size(kUnits)];
    return wtf8_from_utf16(text);
  };
  for (int i = 0; i < 50'000; ++i) {
    const std::string a = any(), b = any();
    const int model = utf16_from_wtf8(fold_case(a)).compare(utf16_from_wtf8(fold_case(b)));
    const int ours = compare_fold(a, b);
    ASSERT_EQ(ours < 0, model < 0) << printable(a) << ' ' << printable(b);
    ASSERT_EQ(ours > 0, model > 0) << printable(a) << ' ' << printable(b);
    ASSERT_EQ(equals_fold(a, b), model == 0) << printable(a) << ' ' << printable(b);
  }
}

TEST(StartsWithFold, MatchesPrefixes) {
  EXPECT_TRUE(starts_with_fold("SystemRoot", "SYSTEM"));
  EXPECT_TRUE(starts_with_fold("Éa", "é"));
  EXPECT_TRUE(starts_with_fold("a", ""));
  EXPECT_FALSE(starts_with_fold("sys", "system"));
}

TEST(EndsWithFold, MatchesSuffixes) {
  EXPECT_TRUE(ends_with_fold("a.EXE", ".exe"));
  EXPECT_TRUE(ends_with_fold("xɫ", "Ɫ"));
  EXPECT_TRUE(ends_with_fold("a", ""));
  EXPECT_FALSE(ends_with_fold("exe", ".exe"));
  EXPECT_FALSE(ends_with_fold("éxe", "axe"));
}

struct Glob {
  const char* pattern;
  const char* text;
  bool matches;
};
class GlobMatch : public testing::TestWithParam<Glob> {};

TEST_P(GlobMatch, Table) {
  EXPECT_EQ(glob_match_fold(GetParam().pattern, GetParam().text), GetParam().matches)
      << GetParam().pattern << " on " << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    , GlobMatch,
    testing::Values(Glob{"", "", true}, Glob{"", "a", false}, Glob{"*", "", true},
                    Glob{"*", "a\\b", true}, Glob{"?", "", false}, Glob{"?", "日", true},
                    Glob{"?", "😀", true}, Glob{"??", "日", false}, Glob{"*.EXE", "a.exe", true},
                    Glob{"*.exe", "a.exe.txt", false}, Glob{"*.e*e", "x.exee", true},
                    Glob{"NTUSER.DAT*", "ntuser.dat.LOG1", true}, Glob{"a*b*c", "aXbXbc", true},
                    Glob{"a*b*c", "aXbXb", false}, Glob{"**a", "ba", true}, Glob{"a*", "b", false},
                    Glob{"É*", "é1", true}, Glob{"*日?語*", "x日本語", true},
                    Glob{"a**", "a", true}, Glob{"[a]", "a", false}));

TEST(GlobMatchCost, ManyStarsDoNotExplode) {
  std::string pattern, text(20'000, 'a');
  for (int i = 0; i < 30; ++i) pattern += "*a";
  EXPECT_FALSE(glob_match_fold(pattern + "b", text));
}

}  // namespace
}  // namespace hozen
