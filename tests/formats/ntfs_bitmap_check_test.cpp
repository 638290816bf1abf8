#include "collector/formats/ntfs_bitmap_check.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "collector/formats/ntfs_record.h"
#include "tests/builders/ntfs_builder.h"

namespace hozen::ntfs {
namespace {

using builders::NtfsBuilder;
using builders::NtfsRecordBuilder;

constexpr std::uint64_t kClusters = 4096;

void add(NtfsBuilder& disk, std::vector<Run> runs, std::uint16_t flags = FileRecord::kInUse) {
  NtfsRecordBuilder record;
  record.name(disk.root(), "x").flags(flags);
  record.non_resident({attribute_type::kData, "", std::move(runs), 4096, 4096, 4096});
  disk.add(std::move(record));
}

/// All clusters below 1000 are in use: those of the table and of what the builder stores.
Result<UnmarkedClusters> find(const NtfsBuilder& disk, std::size_t bitmap_bytes = kClusters / 8) {
  MemorySource table{disk.table()};
  std::vector<std::byte> bitmap(bitmap_bytes);
  std::fill_n(bitmap.begin(), std::min<std::size_t>(1000 / 8, bitmap_bytes), std::byte{0xFF});
  return find_unmarked_clusters(table, 1024, std::make_unique<MemorySource>(std::move(bitmap)),
                                kClusters);
}

std::string text_of(const Result<UnmarkedClusters>& found) {
  if (!found) return found.error().text();
  std::string text = std::to_string(found->clusters);
  for (const ClusterRun& run : found->runs)
    text += " " + std::to_string(run.first) + "+" + std::to_string(run.clusters);
  return text;
}

TEST(NtfsBitmapCheck, FindsClustersOfFilesInUseThatAreCalledFree) {
  NtfsBuilder disk;
  add(disk, {{0, 996, 8}});                        // half of it
  add(disk, {{0, 500, 3}, {3, 2000, 2}});          // its second run
  add(disk, {{0, 2002, 1}, {1, kSparseLcn, 50}});  // touches the one before
  add(disk, {{0, 3000, 5}}, 0);                    // deleted
  EXPECT_EQ(text_of(find(disk)), "7 996+8 2000+3");
}

TEST(NtfsBitmapCheck, IsContentWithASoundVolume) {
  NtfsBuilder disk;
  add(disk, {{0, 900, 100}});
  EXPECT_EQ(text_of(find(disk)), "0");
}

TEST(NtfsBitmapCheck, DoesNotLookAtClustersBehindTheEndOfTheBitmap) {
  NtfsBuilder disk;
  add(disk, {{0, 900, 4}});
  add(disk, {{0, 798, 4}});  // the first two of them are covered
  EXPECT_EQ(text_of(find(disk, 100)), "0");
}

/// Counts reads of pieces.
struct CountedBitmap final : ByteSource {
  explicit CountedBitmap(int& count) : reads{count} {}
  std::uint64_t size() const override { return kBytes; }
  Result<std::size_t> read_some(std::uint64_t, std::span<std::byte> out) override {
    ++reads;
    std::fill(out.begin(), out.end(), std::byte{0xFF});
    return out.size();
  }
  static constexpr std::uint64_t kBytes = 64u << 10;
  int& reads;
};

TEST(NtfsBitmapCheck, ReadsEachPieceOfTheBitmapOnceWhereverTheRunsLead) {
  NtfsBuilder disk;
  constexpr std::uint64_t kEnd = CountedBitmap::kBytes * 8;
  std::vector<ntfs::Run> runs;
  for (std::uint64_t i = 0; i < 50; ++i) runs.push_back({i, i % 2 == 0 ? i + 1 : kEnd - i - 1, 1});
  add(disk, runs);
  MemorySource table{disk.table()};
  int reads = 0;
  EXPECT_EQ(
      text_of(find_unmarked_clusters(table, 1024, std::make_unique<CountedBitmap>(reads), kEnd)),
      "0");
  EXPECT_LE(reads, 4);
}

TEST(NtfsBitmapCheck, EndsWhenItIsToStop) {
  NtfsBuilder disk;
  add(disk, {{0, 900, 4}});
  MemorySource table{disk.table()};
  const auto found = find_unmarked_clusters(
      table, 1024, std::make_unique<MemorySource>(std::vector<std::byte>(kClusters / 8)), kClusters,
      [] { return true; });
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::cancelled);
}

TEST(NtfsBitmapCheck, GivesUpOnATableThatClaimsTheSameAgainAndAgain) {
  NtfsBuilder disk;
  for (int i = 0; i < 5; ++i) add(disk, {{0, 0, kClusters - 1}});
  const auto found = find(disk);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::limit);
}

TEST(NtfsBitmapCheck, TellsATableThatCannotBeRead) {
  struct Broken final : ByteSource {
    std::uint64_t size() const override { return 1 << 20; }
    Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte>) override {
      return Error{Errc::io, "bad sector", offset};
    }
  } table;
  EXPECT_FALSE(find_unmarked_clusters(
      table, 1024, std::make_unique<MemorySource>(std::vector<std::byte>(9)), kClusters));
}

TEST(NtfsBitmapCheck, KnowsNothingWhereARecordOrRunlistIsDamaged) {
  NtfsBuilder disk;
  add(disk, {{0, 996, 8}});
  std::vector<std::byte> table = disk.table();
  std::memcpy(&table[24 * 1024], "BAAD", 4);
  MemorySource damaged{table};
  const auto check = [&](ByteSource& source) {
    return find_unmarked_clusters(
        source, 1024, std::make_unique<MemorySource>(std::vector<std::byte>(kClusters / 8)),
        kClusters);
  };
  EXPECT_EQ(check(damaged).error().code, Errc::malformed);
  std::memcpy(&table[24 * 1024], "FILE", 4);
  table[24 * 1024 + 1022] ^= std::byte{1};  // torn: its end is of another time
  MemorySource torn{table};
  EXPECT_EQ(check(torn).error().code, Errc::malformed);
  NtfsBuilder outside;
  add(outside, {{0, kClusters + 5, 1}});
  MemorySource lying{outside.table()};
  EXPECT_EQ(check(lying).error().code, Errc::malformed);
}

/// "whole 900+8": the runs below 900, the builder's own, left out.
std::string used_of(std::vector<std::byte> bytes) {
  MemorySource table{std::move(bytes)};
  const auto used = list_used_clusters(table, 1024, kClusters);
  if (!used) return used.error().text();
  std::string text = used->is_whole ? "whole" : "part";
  for (const ClusterRun& run : used->runs)
    if (run.first >= 900)
      text += " " + std::to_string(run.first) + "+" + std::to_string(run.clusters);
  return text;
}

TEST(NtfsBitmapCheck, ListsTheClustersOfFilesInUse) {
  NtfsBuilder disk;
  add(disk, {{0, 996, 8}});
  add(disk, {{0, 2000, 2}, {2, kSparseLcn, 50}});
  add(disk, {{0, 2002, 1}});     // touches the one before
  add(disk, {{0, 1000, 2}});     // within the first
  add(disk, {{0, 3000, 5}}, 0);  // deleted
  EXPECT_EQ(used_of(disk.table()), "whole 996+8 2000+3");
}

TEST(NtfsBitmapCheck, TellsThatItMayNotKnowAllClustersOfFilesInUse) {
  NtfsBuilder disk;
  add(disk, {{0, 996, 8}});
  std::vector<std::byte> table = disk.table();
  std::memcpy(&table[24 * 1024], "BAAD", 4);
  EXPECT_EQ(used_of(table), "part");
  std::memcpy(&table[24 * 1024], "FILE", 4);
  table[24 * 1024 + 510] ^= std::byte{1};  // torn: its end is of another time
  EXPECT_EQ(used_of(table), "part 996+8");
  add(disk, {{0, kClusters + 5, 1}});
  EXPECT_EQ(used_of(disk.table()), "part 996+8");
  struct Broken final : ByteSource {
    std::uint64_t size() const override { return 1 << 20; }
    Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte>) override {
      return Error{Errc::io, "bad sector", offset};
    }
  } unreadable;
  const auto nothing = list_used_clusters(unreadable, 1024, kClusters);
  EXPECT_TRUE(nothing && !nothing->is_whole);
}

}  // namespace
}  // namespace hozen::ntfs
