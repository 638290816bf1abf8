#include "collector/formats/ntfs_bitmap.h"

#include <gtest/gtest.h>

#include <random>

namespace hozen::ntfs {
namespace {

ClusterBitmap bitmap_of(std::vector<std::byte> bytes) {
  return ClusterBitmap{std::make_unique<MemorySource>(std::move(bytes))};
}

TEST(NtfsBitmap, CountsTheLowestBitFirst) {
  ClusterBitmap bitmap = bitmap_of({std::byte{0b0000'0101}, std::byte{0x80}});
  EXPECT_EQ(*bitmap.count_used(0, 1), 1u);
  EXPECT_EQ(*bitmap.count_used(1, 1), 0u);
  EXPECT_EQ(*bitmap.count_used(0, 3), 2u);
  EXPECT_EQ(*bitmap.count_used(3, 12), 0u);
  EXPECT_EQ(*bitmap.count_used(3, 13), 1u);
  EXPECT_EQ(*bitmap.count_used(0, 16), 3u);
  EXPECT_EQ(*bitmap.count_used(16, 0), 0u);
}

TEST(NtfsBitmap, AgreesWithCountingBitByBit) {
  std::mt19937 random{7};
  std::vector<std::byte> bytes(50'000);  // several slices
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  std::vector<std::uint64_t> before{0};
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit)
    before.push_back(before.back() + (std::to_integer<unsigned>(bytes[bit / 8]) >> bit % 8 & 1));
  ClusterBitmap bitmap = bitmap_of(bytes);
  for (int i = 0; i < 300; ++i) {
    const std::uint64_t first = random() % (before.size() - 1);
    const std::uint64_t count = random() % (before.size() - first);
    EXPECT_EQ(*bitmap.count_used(first, count), before[first + count] - before[first])
        << first << " " << count;
  }
}

TEST(NtfsBitmap, SaysWhenItEndsBeforeTheClusters) {
  ClusterBitmap bitmap = bitmap_of(std::vector<std::byte>(4));
  EXPECT_EQ(*bitmap.count_used(0, 32), 0u);
  for (const auto& [first, count] :
       {std::pair<std::uint64_t, std::uint64_t>{0, 33}, {32, 1}, {33, 0}, {~0ull, 2}, {1, ~0ull}}) {
    const auto counted = bitmap.count_used(first, count);
    ASSERT_FALSE(counted) << first << " " << count;
    EXPECT_EQ(counted.error().code, Errc::truncated);
  }
}

}  // namespace
}  // namespace hozen::ntfs
