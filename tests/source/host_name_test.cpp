#include "collector/source/host_name.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "collector/base/text.h"

namespace hozen {
namespace {

TEST(HostName, KeepsValidNames) {
  for (const std::string name :
       {"a.txt", "käse", "\xF0\x9F\x98\x80", "x\xED\xA0\x80y", "con", " "}) {
    EXPECT_EQ(name_from_host(name).text, name);
    EXPECT_FALSE(name_from_host(name).escaped);
  }
}

TEST(HostName, EscapesBytesThatAreNoTextAndSeparators) {
  const HostName latin1 = name_from_host("k\xE4se");
  EXPECT_TRUE(latin1.escaped);
  EXPECT_EQ(latin1.text, "k\xED\xB3\xA4se");  // U+DCE4
  EXPECT_EQ(name_from_host("a\\b:c").text,
            "a\xED\xB1\x9C"
            "b\xED\xB0\xBA"
            "c");  // U+DC5C, U+DC3A
}

TEST(HostName, ARealSurrogateThatLooksLikeAnEscapeIsEscapedItself) {
  const std::string real = "\xED\xB3\xA4";  // U+DCE4 as ntfs-3g writes it
  const HostName name = name_from_host(real);
  EXPECT_TRUE(name.escaped);
  EXPECT_NE(name.text, name_from_host("\xE4").text);
  EXPECT_EQ(host_from_name(name.text), real);
}

TEST(HostName, IsReversibleForRandomBytesAndNeverTheSameTwice) {
  std::mt19937 random{7};
  const std::string alphabet = "aZ.\\:\xE4\xED\xB3\xA4\xA0\x80\xC3\xF0\x9F\x98\xFF";
  std::uniform_int_distribution<std::size_t> pick{0, alphabet.size() - 1};
  std::map<std::string, std::string> seen;
  for (int round = 0; round < 100'000; ++round) {
    std::string bytes;
    for (std::size_t n = 1 + pick(random) / 2; n > 0; --n) bytes += alphabet[pick(random)];
    const HostName name = name_from_host(bytes);
    ASSERT_TRUE(is_wtf8(name.text)) << to_hex(std::as_bytes(std::span{bytes}));
    ASSERT_EQ(name.text.find_first_of("\\:"), std::string::npos);
    ASSERT_EQ(host_from_name(name.text), bytes);
    ASSERT_EQ(seen.try_emplace(name.text, bytes).first->second, bytes);
    // Through UTF-16 and back, as a path that went through the records.
    ASSERT_EQ(wtf8_from_utf16(utf16_from_wtf8(name.text)), name.text);
  }
}

}  // namespace
}  // namespace hozen
