#include "collector/source/aligned_read.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

constexpr std::size_t kMost = 1u << 20;

void expect_read(std::uint64_t offset, std::size_t wanted, std::uint64_t size, std::uint64_t start,
                 std::size_t bytes) {
  const AlignedRead read = aligned_read(offset, wanted, size, kMost);
  EXPECT_EQ(read.start, start) << offset << ' ' << wanted << ' ' << size;
  EXPECT_EQ(read.bytes, bytes) << offset << ' ' << wanted << ' ' << size;
}

TEST(AlignedRead, TakesWholePiecesAroundWhatIsWanted) {
  constexpr std::uint64_t kSize = 1u << 30;
  expect_read(0, 1, kSize, 0, 4096);
  expect_read(4095, 2, kSize, 0, 8192);
  expect_read(4096, 4096, kSize, 4096, 4096);
  expect_read(5000, 3u << 20, kSize, 4096, kMost);
}

TEST(AlignedRead, EndsWithTheDevice) {
  // 4096 * 3 + 3 sectors: the last of them holds the copy of the boot sector.
  constexpr std::uint64_t kSize = 12288 + 1536;
  expect_read(12288, 4096, kSize, 12288, 1536);
  expect_read(13312, 512, kSize, 12288, 1536);
  expect_read(0, 1u << 20, kSize, 0, kSize);
  expect_read(8192, 4096, kSize, 8192, 4096);
  expect_read(12288, 100, 12288 + 100, 12288, 512);
}

}  // namespace
}  // namespace hozen
