#include "collector/formats/ntfs_ea.h"

#include <gtest/gtest.h>

#include "tests/builders/ntfs_side_builder.h"

namespace hozen::ntfs {
namespace {

using builders::extended_attribute;
using builders::NtfsBytes;

NtfsBytes joined(NtfsBytes first, const NtfsBytes& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

TEST(NtfsEa, ReadsTheChain) {
  const auto found = parse_extended_attributes(
      Bytes{joined(extended_attribute("PAYLOAD", 60'000), extended_attribute("$LXUID", 4))});
  ASSERT_EQ(found.entries.size(), 2u);
  EXPECT_EQ(found.entries[0].name, "PAYLOAD");
  EXPECT_EQ(found.entries[0].value_bytes, 60'000u);
  EXPECT_EQ(found.entries[0].value_offset, 16u);
  EXPECT_EQ(found.entries[1].name, "$LXUID");
  EXPECT_EQ(found.entries[1].value_bytes, 4u);
  EXPECT_FALSE(found.problem);
  EXPECT_TRUE(parse_extended_attributes({}).entries.empty());
}

TEST(NtfsEa, ANextOfZeroEndsIt) {
  NtfsBytes data = extended_attribute("A", 3);
  builders::put_u32(data, 0, 0);
  EXPECT_FALSE(parse_extended_attributes(Bytes{data}).problem);
  data.resize(data.size() + 8);
  EXPECT_FALSE(parse_extended_attributes(Bytes{data}).problem) << "zeros";
  data.back() = std::byte{1};
  const auto found = parse_extended_attributes(Bytes{data});
  EXPECT_EQ(found.entries.size(), 1u);
  ASSERT_TRUE(found.problem);
  EXPECT_EQ(found.problem->code, Errc::malformed) << "something is kept behind the last";
}

TEST(NtfsEa, KeepsWhatCameBeforeDamage) {
  const NtfsBytes whole = joined(extended_attribute("A", 3), extended_attribute("B", 100));
  for (std::size_t cut = 13; cut < whole.size() - 3; ++cut) {
    const auto found = parse_extended_attributes(Bytes{whole}.head(cut));
    EXPECT_EQ(found.entries.size(), 1u) << cut;
    EXPECT_EQ(found.problem.has_value(), cut > 16) << cut;
  }
  for (const std::uint32_t next : {1u, 8u, 12u}) {
    NtfsBytes data = whole;
    builders::put_u32(data, 0, next);
    const auto found = parse_extended_attributes(Bytes{data});
    EXPECT_EQ(found.entries.size(), 1u);
    ASSERT_TRUE(found.problem) << next;
    EXPECT_EQ(found.problem->code, Errc::malformed);
  }
}

TEST(NtfsEa, ReadsNoMoreThanWindowsAllows) {
  NtfsBytes data = joined(extended_attribute("A", 60'000), extended_attribute("B", 60'000));
  const auto found = parse_extended_attributes(Bytes{data});
  EXPECT_EQ(found.entries.size(), 1u);
  ASSERT_TRUE(found.problem);
}

}  // namespace
}  // namespace hozen::ntfs
