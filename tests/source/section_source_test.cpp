#include "collector/source/section_source.h"

#include <gtest/gtest.h>

#include <limits>

namespace hozen {
namespace {

std::shared_ptr<ByteSource> numbers(std::size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i);
  return std::make_shared<MemorySource>(std::move(bytes));
}

TEST(SectionSource, IsAPartOfTheWhole) {
  SectionSource section{numbers(100), 10, 20};
  EXPECT_EQ(section.size(), 20u);
  EXPECT_EQ(section.offset(), 10u);
  std::byte out[8];
  ASSERT_TRUE(section.read(3, out));
  EXPECT_EQ(out[0], std::byte{13});
  EXPECT_EQ(*section.read_some(15, out), 5u) << "not past the end of the section";
  EXPECT_EQ(out[4], std::byte{29});
  EXPECT_EQ(*section.read_some(20, out), 0u);
  EXPECT_EQ(*section.read_some(std::numeric_limits<std::uint64_t>::max(), out), 0u);
}

TEST(SectionSource, EndsWhereTheWholeEnds) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ((SectionSource{numbers(100), 90, 20}.size()), 10u);
  EXPECT_EQ((SectionSource{numbers(100), 90, kMost}.size()), 10u);
  EXPECT_EQ((SectionSource{numbers(100), 100, 1}.size()), 0u);
  EXPECT_EQ((SectionSource{numbers(100), kMost, kMost}.size()), 0u);
  SectionSource behind{numbers(100), 500, 10};
  std::byte out[1];
  EXPECT_EQ(*behind.read_some(0, out), 0u);
}

TEST(SectionSource, KeepsTheWholeAlive) {
  auto whole = numbers(10);
  SectionSource section{whole, 5, 5};
  whole.reset();
  std::byte out[5];
  ASSERT_TRUE(section.read(0, out));
  EXPECT_EQ(out[4], std::byte{9});
}

}  // namespace
}  // namespace hozen
