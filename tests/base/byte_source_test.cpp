#include "collector/base/byte_source.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

/// Says one size and gives another number of bytes, a few at a time.
class OddSource final : public ByteSource {
 public:
  OddSource(std::uint64_t claimed, std::size_t actual) : claimed_{claimed}, actual_{actual} {}
  std::uint64_t size() const override { return claimed_; }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= actual_) return std::size_t{0};
    const std::size_t count =
        std::min({out.size(), std::size_t{7}, actual_ - static_cast<std::size_t>(offset)});
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::byte>(offset + i);
    return count;
  }

 private:
  std::uint64_t claimed_;
  std::size_t actual_;
};

TEST(ReadAll, ReadsToTheEndWhateverTheSizeSaid) {
  for (const std::uint64_t claimed : {0u, 10u, 50u, 100u}) {
    OddSource source{claimed, 50};
    const auto bytes = read_all(source, 1000);
    ASSERT_TRUE(bytes);
    ASSERT_EQ(bytes->size(), 50u);
    EXPECT_EQ((*bytes)[49], std::byte{49});
  }
}

TEST(ReadAll, StopsAtTheCap) {
  OddSource exact{50, 50}, longer{10, 51};
  EXPECT_TRUE(read_all(exact, 50));
  const auto capped = read_all(longer, 50);
  ASSERT_FALSE(capped);
  EXPECT_EQ(capped.error().code, Errc::limit);
}

TEST(ByteSource, ReadFillsEntirelyOrFails) {
  OddSource source{50, 50};
  std::vector<std::byte> out(20);
  ASSERT_TRUE(source.read(30, out));
  EXPECT_EQ(out[19], std::byte{49});
  const auto past = source.read(31, out);
  ASSERT_FALSE(past);
  EXPECT_EQ(past.error().code, Errc::truncated);
  EXPECT_EQ(past.error().offset, 50u);
}

TEST(MemorySource, ReadsInsideOnly) {
  MemorySource source{std::vector<std::byte>(4, std::byte{9})};
  std::vector<std::byte> out(8);
  EXPECT_EQ(*source.read_some(1, out), 3u);
  EXPECT_EQ(*source.read_some(4, out), 0u);
  EXPECT_EQ(*source.read_some(~std::uint64_t{0}, out), 0u);
}

}  // namespace
}  // namespace hozen
