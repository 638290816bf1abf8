#include "collector/engine/line_sorter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

namespace hozen {
namespace {

using Lines = std::vector<std::pair<std::uint64_t, std::string>>;

class MemoryScratch final : public ScratchFile {
 public:
  explicit MemoryScratch(std::size_t room) : room_{room} {}
  Result<void> append(std::span<const std::byte> bytes) override {
    if (bytes_.size() + bytes.size() > room_)
      return Error{Errc::io, "scratch", {}, "No space left on device"};
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return {};
  }
  Result<void> read(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset)
      return Error{Errc::truncated, "scratch"};
    std::memcpy(out.data(), bytes_.data() + offset, out.size());
    return {};
  }

 private:
  std::size_t room_;
  std::vector<std::byte> bytes_;
};

ScratchFactory scratch(std::size_t room) {
  return [room]() -> Result<std::unique_ptr<ScratchFile>> {
    return std::unique_ptr<ScratchFile>{std::make_unique<MemoryScratch>(room)};
  };
}

ScratchFactory no_scratch() {
  return []() -> Result<std::unique_ptr<ScratchFile>> { return Error{Errc::unsupported, "place"}; };
}

constexpr std::size_t kRoom = 64u << 20;
/// Small enough that some thousand lines are merged more than once.
constexpr SortLimits kSmall{2000, 4000, 300, 4};

Lines some_lines(std::size_t count) {
  std::mt19937 random{7};
  Lines lines;
  for (std::size_t i = 0; i < count; ++i)
    lines.emplace_back(random() % 50 * 0x100000001ull,
                       std::to_string(i) + std::string(random() % 90, 'x'));
  return lines;
}

std::vector<std::string> naively_sorted(Lines lines) {
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> texts;
  for (auto& [key, text] : lines) texts.push_back(std::move(text));
  return texts;
}

Result<std::vector<std::string>> sorted(LineSorter& sorter, const Lines& lines) {
  for (const auto& [key, text] : lines) HOZEN_CHECK(sorter.add(key, text));
  std::vector<std::string> texts;
  HOZEN_CHECK(sorter.finish([&](std::string_view line) { texts.emplace_back(line); }));
  return texts;
}

TEST(LineSorter, SortsInMemoryAndKeepsTheOrderOfEqualKeys) {
  const Lines lines = some_lines(3000);
  LineSorter sorter{no_scratch()};
  const auto texts = sorted(sorter, lines);
  ASSERT_TRUE(texts);
  EXPECT_EQ(*texts, naively_sorted(lines));
  EXPECT_EQ(sorter.scratch_bytes(), 0u);
}

TEST(LineSorter, SortsTheSameThroughManyRunsAndAFile) {
  for (const std::size_t count : {10u, 60u, 200u, 777u, 5000u}) {
    const Lines lines = some_lines(count);
    LineSorter sorter{scratch(kRoom), kSmall};
    const auto texts = sorted(sorter, lines);
    ASSERT_TRUE(texts) << texts.error().text();
    EXPECT_EQ(*texts, naively_sorted(lines)) << count;
    EXPECT_EQ(sorter.scratch_bytes() != 0, count >= 777) << count;
  }
}

TEST(LineSorter, KeepsRunsInMemoryAsLongAsTheyFit) {
  SortLimits limits = kSmall;
  limits.kept_bytes = kRoom;
  const Lines lines = some_lines(5000);
  LineSorter sorter{no_scratch(), limits};
  const auto texts = sorted(sorter, lines);
  ASSERT_TRUE(texts);
  EXPECT_EQ(*texts, naively_sorted(lines));
}

TEST(LineSorter, SortsLinesLongerThanARun) {
  Lines lines{{3, std::string(9000, 'a')}, {1, std::string(5000, 'b')}, {2, "c"}, {1, ""}};
  LineSorter sorter{scratch(kRoom), kSmall};
  const auto texts = sorted(sorter, lines);
  ASSERT_TRUE(texts);
  EXPECT_EQ(*texts, naively_sorted(lines));
}

TEST(LineSorter, HasNothingToSay) {
  LineSorter sorter{no_scratch()};
  const auto texts = sorted(sorter, {});
  ASSERT_TRUE(texts);
  EXPECT_TRUE(texts->empty());
}

TEST(LineSorter, FailsWithItsFile) {
  LineSorter full{scratch(1000), kSmall};
  const auto none = sorted(full, some_lines(5000));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::io);
  LineSorter nowhere{no_scratch(), kSmall};
  const auto nothing = sorted(nowhere, some_lines(5000));
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, Errc::unsupported);
}

}  // namespace
}  // namespace hozen
