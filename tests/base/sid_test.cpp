#include "collector/base/sid.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

std::string sid_bytes(std::uint8_t revision, std::string_view authority,
                      std::initializer_list<std::uint32_t> sub_authorities) {
  std::string out{static_cast<char>(revision), static_cast<char>(sub_authorities.size())};
  out += authority;
  for (const std::uint32_t value : sub_authorities)
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xFF);
  return out;
}

constexpr std::string_view kNtAuthority{"\0\0\0\0\0\5", 6};

TEST(Sid, PrintsAccounts) {
  EXPECT_EQ(*parse_sid(bytes_of(sid_bytes(1, kNtAuthority, {18}))), "S-1-5-18");
  EXPECT_EQ(*parse_sid(bytes_of(sid_bytes(1, kNtAuthority, {21, 1, 0xFFFFFFFF, 3, 1001}))),
            "S-1-5-21-1-4294967295-3-1001");
  EXPECT_EQ(*parse_sid(bytes_of(sid_bytes(1, {"\0\0\0\0\0\1", 6}, {0}))), "S-1-1-0");
  EXPECT_EQ(*parse_sid(bytes_of(sid_bytes(1, kNtAuthority, {}))), "S-1-5");
}

TEST(Sid, PrintsLargeAuthoritiesInHexadecimal) {
  EXPECT_EQ(*parse_sid(bytes_of(sid_bytes(1, {"\0\0\xFF\xFF\xFF\xFF", 6}, {1}))),
            "S-1-4294967295-1");
  EXPECT_EQ(*parse_sid(bytes_of(sid_bytes(1, {"\0\1\0\0\0\0", 6}, {1}))), "S-1-0x100000000-1");
}

TEST(Sid, IgnoresWhatFollows) {
  EXPECT_EQ(*parse_sid(bytes_of(sid_bytes(1, kNtAuthority, {18}) + "tail")), "S-1-5-18");
}

TEST(Sid, EveryShorterFormIsTruncated) {
  const std::string whole = sid_bytes(1, kNtAuthority, {21, 1, 2});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto sid = parse_sid(bytes_of(std::string_view{whole}.substr(0, length)));
    ASSERT_FALSE(sid) << length;
    EXPECT_EQ(sid.error().code, Errc::truncated) << length;
  }
}

TEST(Sid, RefusesOtherRevisionsAndTooManySubAuthorities) {
  EXPECT_EQ(parse_sid(bytes_of(sid_bytes(2, kNtAuthority, {18}))).error().code, Errc::malformed);
  std::string many = sid_bytes(1, kNtAuthority, {});
  many[1] = 16;
  many += std::string(64, '\1');
  EXPECT_EQ(parse_sid(bytes_of(many)).error().code, Errc::malformed);
  many[1] = 15;
  EXPECT_TRUE(parse_sid(bytes_of(many)));
}

}  // namespace
}  // namespace hozen
