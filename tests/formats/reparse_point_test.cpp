#include "collector/formats/reparse_point.h"

#include <gtest/gtest.h>

#include "tests/builders/reparse_builder.h"

namespace hozen {
namespace {

TEST(ReparsePoint, JunctionsAndSymbolicLinksTellTheirTarget) {
  const auto junction = parse_reparse_point(Bytes{builders::junction("\\??\\C:\\Users")});
  ASSERT_TRUE(junction.has_value());
  EXPECT_EQ(junction->tag, kReparseTagMountPoint);
  EXPECT_EQ(junction->target, "\\??\\C:\\Users");
  EXPECT_FALSE(junction->relative);
  const auto link = parse_reparse_point(Bytes{builders::symbolic_link("..\\käse", true)});
  ASSERT_TRUE(link.has_value());
  EXPECT_EQ(link->target, "..\\käse");
  EXPECT_TRUE(link->relative);
  EXPECT_FALSE(parse_reparse_point(Bytes{builders::symbolic_link("\\??\\C:\\x", false)})->relative);
}

TEST(ReparsePoint, OtherTagsHaveNoTarget) {
  const auto cloud = parse_reparse_point(Bytes{builders::reparse_point(0x9000001A, {})});
  ASSERT_TRUE(cloud.has_value());
  EXPECT_EQ(cloud->target, "");
  EXPECT_FALSE(is_name_surrogate(cloud->tag));
  EXPECT_TRUE(is_name_surrogate(kReparseTagMountPoint));
  EXPECT_TRUE(is_name_surrogate(kReparseTagSymbolicLink));
}

TEST(ReparsePoint, TruncatedAtEveryLengthIsAnError) {
  for (const auto& whole :
       {builders::junction("\\??\\C:\\Users"), builders::symbolic_link("a", true)})
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto result = parse_reparse_point(Bytes{std::span{whole}.first(size)});
      ASSERT_FALSE(result.has_value()) << size;
      EXPECT_EQ(result.error().code, Errc::truncated);
    }
}

TEST(ReparsePoint, NamesOutsideTheDataAreAnError) {
  for (const std::size_t field : {8u, 10u}) {  // offset and length of the substitute name
    auto bytes = builders::junction("\\??\\C:\\Users");
    bytes[field] = bytes[field + 1] = std::byte{0xFF};
    EXPECT_FALSE(parse_reparse_point(Bytes{bytes}).has_value()) << field;
  }
}

}  // namespace
}  // namespace hozen
