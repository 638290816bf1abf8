#include "collector/formats/shimcache.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/builders/shimcache_builder.h"

namespace hozen {
namespace {

using builders::shimcache;
using builders::ShimCacheItem;
using Form = ShimCacheForm;

constexpr FileTime kTime{132'000'000'000'000'001}, kUpdated{132'000'000'000'000'002};

std::vector<ShimCacheItem> items() {
  return {{.path = "\\??\\C:\\Windows\\a.exe",
           .modified = kTime,
           .insert_flags = 2,
           .shim_flags = 1,
           .file_size = 70'000,
           .updated = kUpdated,
           .package = {},
           .last_number = 1},
          {.path = "C:\\日本\\b.exe", .modified = kUpdated, .file_size = 5}};
}

class EachShimCacheForm : public testing::TestWithParam<std::pair<Form, bool>> {};

TEST_P(EachShimCacheForm, IsRead) {
  const auto [form, is_64_bit] = GetParam();
  const auto data = shimcache(form, is_64_bit, items());
  const auto cache = parse_shimcache(Bytes{data});
  ASSERT_TRUE(cache) << cache.error().text();
  EXPECT_EQ(cache->form, form);
  EXPECT_EQ(cache->is_64_bit, is_64_bit);
  EXPECT_TRUE(cache->problems.empty());
  ASSERT_EQ(cache->entries.size(), 2u);
  const ShimCacheEntry& first = cache->entries[0];
  EXPECT_EQ(first.path, "\\??\\C:\\Windows\\a.exe");
  EXPECT_EQ(first.file_modified, kTime);
  EXPECT_EQ(first.position, 0u);
  EXPECT_EQ(cache->entries[1].path, "C:\\日本\\b.exe");
  EXPECT_EQ(cache->entries[1].position, 1u);
  const bool has_size = form == Form::windows_xp || form == Form::windows_2003;
  const bool is_10 = form == Form::windows_10 || form == Form::windows_10_1703;
  EXPECT_EQ(first.file_size, has_size ? std::optional<std::uint64_t>{70'000} : std::nullopt);
  EXPECT_EQ(first.executed(), has_size || is_10 ? std::nullopt : std::optional{true});
  if (!has_size && !is_10) {
    EXPECT_EQ(cache->entries[1].executed(), std::optional{false});
  }
  EXPECT_EQ(first.last_number, is_10 ? std::optional<std::uint32_t>{1} : std::nullopt);
  EXPECT_EQ(first.updated, form == Form::windows_xp ? kUpdated : FileTime{});
}

TEST_P(EachShimCacheForm, IsAnErrorOrHasProblemsOneByteShort) {
  const auto [form, is_64_bit] = GetParam();
  const auto whole = shimcache(form, is_64_bit, items());
  // Windows XP has room for 96 entries, of which most are empty; a NUL behind the last path is not
  // looked at.
  constexpr std::size_t kNul = 2;
  for (std::size_t size = 0; size + kNul < whole.size(); ++size) {
    const auto cache = parse_shimcache(Bytes{std::span{whole}.first(size)});
    if (!cache) continue;
    EXPECT_LE(cache->entries.size(), 2u);
    if (cache->problems.empty() && form != Form::windows_xp) {
      EXPECT_LT(cache->entries.size(), 2u) << size;
    }
  }
}

TEST_P(EachShimCacheForm, MayBeEmpty) {
  const auto [form, is_64_bit] = GetParam();
  const auto data = shimcache(form, is_64_bit, {});
  const auto cache = parse_shimcache(Bytes{data});
  ASSERT_TRUE(cache);
  EXPECT_TRUE(cache->entries.empty());
  EXPECT_TRUE(cache->problems.empty());
}

INSTANTIATE_TEST_SUITE_P(
    ShimCache, EachShimCacheForm,
    testing::Values(std::pair{Form::windows_xp, false}, std::pair{Form::windows_2003, false},
                    std::pair{Form::windows_2003, true}, std::pair{Form::windows_vista, false},
                    std::pair{Form::windows_vista, true}, std::pair{Form::windows_7, false},
                    std::pair{Form::windows_7, true}, std::pair{Form::windows_8, false},
                    std::pair{Form::windows_8_1, false}, std::pair{Form::windows_10, false},
                    std::pair{Form::windows_10_1703, false}));

TEST(ShimCacheData, OfWindowsXpKeepsWhatTheListOfUseLacks) {
  auto data = shimcache(Form::windows_xp, false, items());
  constexpr std::uint32_t kOne = 1, kNone = 0xFFFF'FFFF;
  std::memcpy(data.data() + 8, &kOne, sizeof kOne);
  const auto cut = parse_shimcache(Bytes{data});
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->entries.size(), 2u);
  EXPECT_EQ(cut->entries[0].path, "\\??\\C:\\Windows\\a.exe");
  EXPECT_TRUE(cut->problems.empty());
  std::memcpy(data.data() + 16, &kNone, sizeof kNone);
  const auto lost = parse_shimcache(Bytes{data});
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->entries.size(), 2u);
  EXPECT_EQ(lost->problems.size(), 1u);
}

TEST(ShimCacheData, OfAppsHasAPackageInsteadOfAPath) {
  const auto data = shimcache(Form::windows_10_1703, false,
                              {{.path = "00000009\t000b0000\tMicrosoft.App", .modified = kTime}});
  const auto cache = parse_shimcache(Bytes{data});
  ASSERT_TRUE(cache && cache->entries.size() == 1);
  EXPECT_EQ(cache->entries[0].path, "");
  EXPECT_EQ(cache->entries[0].package, "00000009\t000b0000\tMicrosoft.App");
}

TEST(ShimCacheData, OfAnotherSignatureIsUnsupported) {
  const std::vector<std::byte> data(64, std::byte{7});
  EXPECT_EQ(parse_shimcache(Bytes{data}).error().code, Errc::unsupported);
  EXPECT_EQ(parse_shimcache(Bytes{}).error().code, Errc::truncated);
}

TEST(ShimCacheData, WithALyingCountKeepsWhatIsThere) {
  auto data = shimcache(Form::windows_7, true, items());
  constexpr std::uint32_t kMany = 0xFFFF'FFFF;
  std::memcpy(data.data() + 4, &kMany, sizeof kMany);
  const auto cache = parse_shimcache(Bytes{data});
  ASSERT_TRUE(cache);
  EXPECT_EQ(cache->entries[0].path, "\\??\\C:\\Windows\\a.exe");
  EXPECT_FALSE(cache->problems.empty());
}

TEST(ShimCacheData, WithDamageBetweenEntriesSaysWhere) {
  auto data = shimcache(Form::windows_10_1703, false, items());
  data[0x34] = std::byte{'x'};
  const auto cache = parse_shimcache(Bytes{data});
  ASSERT_TRUE(cache);
  ASSERT_EQ(cache->problems.size(), 1u);
  EXPECT_EQ(cache->problems[0].offset, 0x34u);
}

// Every entry points to the same long path.
TEST(ShimCacheData, PathsThatOverlapAreCapped) {
  std::vector<ShimCacheItem> many(1000, {.path = std::string(100, 'a')});
  auto data = shimcache(Form::windows_7, false, many);
  for (std::size_t i = 0; i < many.size(); ++i) {
    constexpr std::uint16_t kSize = 60'000;
    constexpr std::uint32_t kOffset = 128;
    std::memcpy(data.data() + 128 + 32 * i, &kSize, sizeof kSize);
    std::memcpy(data.data() + 128 + 32 * i + 4, &kOffset, sizeof kOffset);
  }
  const auto cache = parse_shimcache(Bytes{data});
  ASSERT_TRUE(cache);
  std::size_t bytes = 0;
  for (const ShimCacheEntry& entry : cache->entries) bytes += entry.path.size();
  EXPECT_LE(bytes, 2 * data.size());
}

}  // namespace
}  // namespace hozen
