#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "collector/engine/byte_size.h"
#include "collector/engine/suggest.h"

namespace hozen {
namespace {

TEST(ByteSize, ReadsWhatPeopleWrite) {
  EXPECT_EQ(parse_byte_size("4096"), 4096u);
  EXPECT_EQ(parse_byte_size(" 512 MiB "), 512u << 20);
  EXPECT_EQ(parse_byte_size("512m"), 512u << 20);
  EXPECT_EQ(parse_byte_size("10 MB"), 10'000'000u);
  EXPECT_EQ(parse_byte_size("1TiB"), 1ull << 40);
  EXPECT_EQ(parse_byte_size("0"), 0u);
  EXPECT_EQ(parse_byte_size("9223372036854775807"), (1ull << 63) - 1);
  for (const char* bad : {"", "MiB", "-1", "1.5 GiB", "1 XB", "1 2", "0x10", "9223372036854775808",
                          "9007199254740992 KiB", "99999999999999999999999"})
    EXPECT_FALSE(parse_byte_size(bad)) << bad;
}

TEST(ByteSize, WritesForPeople) {
  EXPECT_EQ(byte_size_text(0), "0 bytes");
  EXPECT_EQ(byte_size_text(1), "1 byte");
  EXPECT_EQ(byte_size_text(1023), "1023 bytes");
  EXPECT_EQ(byte_size_text(1536), "1.5 KiB");
  EXPECT_EQ(byte_size_text(10ull << 30), "10.0 GiB");
  EXPECT_EQ(byte_size_text(~0ull), "16384.0 PiB");
}

TEST(Suggest, FindsTheNearestNameAndNothingFarAway) {
  const std::vector<std::string> names{"run_keys", "autostarts", "full"};
  EXPECT_EQ(closest("run_kesy", names), "run_keys");
  EXPECT_EQ(closest("RUNKEYS", names), "run_keys");
  EXPECT_EQ(closest("autostart", names), "autostarts");
  EXPECT_EQ(closest("zzzz", names), "");
  EXPECT_EQ(closest("", names), "");
  EXPECT_EQ(closest(std::string(100'000, 'a'), names), "");
  EXPECT_EQ(suggestion("ful", names), " (did you mean \"full\"?)");
}

}  // namespace
}  // namespace hozen
