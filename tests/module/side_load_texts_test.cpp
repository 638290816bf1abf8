#include "collector/module/side_load_texts.h"

#include <gtest/gtest.h>

namespace hozen::side_load {
namespace {

FileWords words_of(std::string_view text, std::uint64_t cap = 1U << 20U) {
  std::vector<std::byte> bytes;
  for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
  MemorySource source{std::move(bytes)};
  return FileWords{source, cap};
}

std::string wide(std::string_view text) {
  std::string two;
  for (const char c : text) two += std::string{c, '\0'};
  return two;
}

TEST(SideLoadTexts, WholeWordsInEitherCaseAndWidth) {
  const FileWords plain = words_of({"x\0GoopDate.DLL\0", 15});
  EXPECT_TRUE(plain.has("goopdate.dll"));
  EXPECT_TRUE(plain.has("goopdate"));
  EXPECT_FALSE(plain.has("oopdate.dll"));
  EXPECT_FALSE(plain.has("goopdat"));
  for (const std::string before : {"", "x"}) {
    const FileWords two = words_of(before + wide({"\0plugins\\GoopDate\0", 18}));
    EXPECT_TRUE(two.has("goopdate"));
    EXPECT_TRUE(two.has("plugins"));
  }
  // The name of a library counts in a sentence; another word only at the end of a text.
  EXPECT_TRUE(words_of("Cannot load core.dll, sorry").has("core.dll"));
  EXPECT_FALSE(words_of("Cannot load core, sorry").has("core"));
  EXPECT_TRUE(words_of("log.dll").has("log.dll"));
  EXPECT_FALSE(words_of("log.dll").has("log"));
}

TEST(SideLoadTexts, OverBlocksAndNoFurtherThanAsked) {
  const std::string text = std::string((1U << 18U) - 5, '\0') + "goopdate.dll";
  EXPECT_TRUE(words_of(text).has("goopdate.dll"));
  EXPECT_TRUE(words_of(std::string((1U << 18U) - 5, '\0') + wide("goopdate.dll")).has("goopdate"));
  EXPECT_FALSE(words_of(text, 1U << 18U).has("goopdate.dll"));
  EXPECT_EQ(words_of(std::string(5'000, 'a')).size(), 0u);
}

TEST(SideLoadTexts, HasRoomForSoManyWordsOnly) {
  std::string text;
  for (std::uint32_t i = 0; i < 400'000; ++i) (text += std::to_string(1'000'000 + i)) += '\0';
  EXPECT_LE(words_of(text, text.size()).size(), std::size_t{1} << 18U);
}

}  // namespace
}  // namespace hozen::side_load
