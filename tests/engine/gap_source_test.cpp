#include "collector/engine/gap_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "tests/builders/fake_source.h"

namespace hozen {
namespace {

using ::testing::SizeIs;

/// The letters of the alphabet, over and over; those in `bad` cannot be read, and reading is tried
/// again after `step` bytes.
class Letters final : public ByteSource {
 public:
  Letters(std::uint64_t size, std::vector<FileGap> bad, std::uint64_t step = 1)
      : size_{size}, bad_{std::move(bad)}, step_{step} {}
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    std::size_t count = 0;
    for (; count < out.size() && offset + count < size_; ++count) {
      if (is_bad(offset + count)) break;
      out[count] = static_cast<std::byte>('a' + (offset + count) % 26);
    }
    if (count == 0 && !out.empty() && offset < size_)
      return Error{Errc::io, "letters", offset, "bad"};
    return count;
  }
  std::uint64_t resumes_at(std::uint64_t offset) override {
    return std::min(size_, offset / step_ * step_ + step_);
  }

 private:
  bool is_bad(std::uint64_t at) const {
    return std::any_of(bad_.begin(), bad_.end(), [at](const FileGap& gap) {
      return at >= gap.offset && at - gap.offset < gap.size;
    });
  }
  std::uint64_t size_;
  std::vector<FileGap> bad_;
  std::uint64_t step_;
};

std::string text_of(ByteSource& source) {
  const auto bytes = read_all(source, 1u << 20);
  if (!bytes) return bytes.error().text();
  std::string text;
  for (const std::byte b : *bytes) text += b == std::byte{0} ? '-' : static_cast<char>(b);
  return text;
}

std::string text_of(const std::vector<FileGap>& gaps) {
  std::string text;
  for (const FileGap& gap : gaps)
    text += std::to_string(gap.offset) + "+" + std::to_string(gap.size) + ";";
  return text;
}

TEST(GapSource, GivesZerosForWhatCannotBeRead) {
  Letters letters{12, {{0, 2}, {5, 1}, {8, 3}}};
  GapSource source{letters};
  EXPECT_EQ(text_of(source), "--cde-gh---l");
  EXPECT_EQ(text_of(source.gaps()), "0+2;5+1;8+3;");
  ASSERT_TRUE(source.first_error());
  EXPECT_EQ(source.first_error()->offset, 0u);
  EXPECT_EQ(text_of(source), "--cde-gh---l") << "the second time too";
  EXPECT_EQ(text_of(source.gaps()), "0+2;5+1;8+3;");
}

TEST(GapSource, IsWholeWhereNothingIsWrong) {
  Letters letters{5, {}};
  GapSource source{letters};
  EXPECT_EQ(text_of(source), "abcde");
  EXPECT_THAT(source.gaps(), SizeIs(0));
  EXPECT_FALSE(source.first_error());
}

TEST(GapSource, MakesNoZerosBehindTheLastByteThatCanBeRead) {
  Letters letters{9, {{4, 5}}};
  GapSource source{letters};
  std::vector<std::byte> out(9);
  EXPECT_EQ(*source.read_some(0, out), 4u);
  const auto behind = source.read_some(4, out);
  ASSERT_FALSE(behind);
  EXPECT_EQ(behind.error().offset, 4u);
  EXPECT_THAT(source.gaps(), SizeIs(0));
  Letters nothing{9, {{0, 9}}};
  GapSource unreadable{nothing};
  EXPECT_FALSE(unreadable.read_some(0, out));
}

TEST(GapSource, ReadFromTheMiddleTellsEachPartOnce) {
  Letters letters{12, {{2, 6}}};
  GapSource source{letters};
  std::vector<std::byte> out(3);
  EXPECT_EQ(*source.read_some(5, out), 3u);
  EXPECT_EQ(text_of(source.gaps()), "5+3;");
  EXPECT_EQ(text_of(source), "ab------ijkl");
  EXPECT_EQ(text_of(source.gaps()), "2+3;5+3;");
}

TEST(GapSource, AStopIsSeenWithinALongGap) {
  constexpr std::uint64_t kLong = std::uint64_t{1} << 40;
  Letters letters{kLong + 10, {{4, kLong / 2}}, kLong / 2};
  bool stops = false;
  GapSource source{letters, [&] { return stops; }};
  std::vector<std::byte> out(100);
  EXPECT_EQ(*source.read_some(4, out), 100u);
  EXPECT_EQ(*source.read_some(1000, out), 100u);
  stops = true;
  const auto stopped = source.read_some(2000, out);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().what, "letters");
  EXPECT_THAT(source.gaps(), SizeIs(1));
}

TEST(GapSource, GivesUpAfterSoManyGapsAndAttempts) {
  std::vector<FileGap> bad;
  for (std::uint64_t i = 0; i <= GapSource::kMaxGaps; ++i) bad.push_back({2 * i + 1, 1});
  Letters many{4 * GapSource::kMaxGaps, bad};
  GapSource source{many};
  EXPECT_FALSE(read_all(source, 1u << 20));
  EXPECT_THAT(source.gaps(), SizeIs(GapSource::kMaxGaps));
  Letters long_one{3 * GapSource::kMaxAttempts, {{1, 2 * GapSource::kMaxAttempts}}};
  GapSource gives_up{long_one};
  EXPECT_FALSE(read_all(gives_up, 1u << 20));
  Letters in_steps{3 * GapSource::kMaxAttempts, {{1, 2 * GapSource::kMaxAttempts}}, 4};
  GapSource goes_on{in_steps};
  EXPECT_TRUE(read_all(goes_on, 1u << 20));
}

}  // namespace
}  // namespace hozen
