#include "collector/formats/ntfs_claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "tests/builders/ntfs_builder.h"

namespace hozen::ntfs {
namespace {

using builders::NtfsBuilder;
using builders::NtfsRecordBuilder;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Pairs = std::set<std::pair<std::uint64_t, std::uint64_t>>;

FileReference deleted(NtfsBuilder& disk, std::vector<Run> runs) {
  NtfsRecordBuilder record;
  record.name(disk.root(), "x").flags(0);
  record.non_resident({attribute_type::kData, "", std::move(runs), 4096, 4096, 4096});
  return disk.add(std::move(record));
}

Pairs shared(const NtfsBuilder& disk, std::vector<ClusterClaim> claims) {
  MemorySource table{disk.table()};
  Pairs pairs;
  for (ClusterClaim& claim : claims) claim.id = claim.record;
  EXPECT_TRUE(find_shared_clusters(
      table, 1024, std::move(claims),
      [&](const SharedClusters& found) { pairs.emplace(found.id, found.other); }));
  return pairs;
}

TEST(NtfsClaims, FindsOtherDeletedFilesOnTheSameClusters) {
  NtfsBuilder disk;
  const auto first = deleted(disk, {{0, 1000, 4}});
  const auto inside = deleted(disk, {{0, 50, 1}, {1, 1003, 1}});
  deleted(disk, {{0, 1004, 4}});  // begins behind it
  deleted(disk, {{0, 996, 4}});   // ends before it
  const auto around = deleted(disk, {{0, 900, 400}});
  EXPECT_THAT(shared(disk, {{1000, 4, first.record}}),
              UnorderedElementsAre(std::pair{first.record, inside.record},
                                   std::pair{first.record, around.record}));
  // What claims several pieces is found in each.
  EXPECT_THAT(shared(disk, {{50, 1, inside.record}, {1003, 1, inside.record}}),
              UnorderedElementsAre(std::pair{inside.record, first.record},
                                   std::pair{inside.record, around.record}));
  EXPECT_THAT(shared(disk, {}), IsEmpty());
}

TEST(NtfsClaims, TellsFilesInUseFromDeletedOnes) {
  NtfsBuilder disk;
  const auto mine = deleted(disk, {{0, 1000, 4}});
  const auto used = deleted(disk, {{0, 1000, 1}});
  disk.record(used).flags(FileRecord::kInUse);
  const auto other = deleted(disk, {{0, 1001, 1}});
  MemorySource table{disk.table()};
  std::set<std::pair<std::uint64_t, bool>> found;
  EXPECT_TRUE(find_shared_clusters(table, 1024, {{1000, 4, mine.record, 7}},
                                   [&](const SharedClusters& shared) {
                                     EXPECT_EQ(shared.id, 7u);
                                     found.emplace(shared.other, shared.in_use);
                                   }));
  EXPECT_THAT(found,
              UnorderedElementsAre(std::pair{used.record, true}, std::pair{other.record, false}));
}

TEST(NtfsClaims, LooksAtAllThatFilesInUseHaveOnClusters) {
  NtfsBuilder disk;
  const auto mine = deleted(disk, {{0, 1000, 4}});
  for (const std::uint16_t flags : {FileRecord::kInUse, std::uint16_t{0}}) {
    NtfsRecordBuilder folder;
    folder.name(disk.root(), "folder").flags(flags);
    folder.non_resident(
        {attribute_type::kIndexAllocation, "$I30", {{0, 1002, 1}}, 4096, 4096, 4096});
    disk.add(std::move(folder));
  }
  EXPECT_EQ(shared(disk, {{1000, 4, mine.record}}).size(), 1u);
}

TEST(NtfsClaims, LeavesResidentAndSparseOnesAlone) {
  NtfsBuilder disk;
  const auto mine = deleted(disk, {{0, 1000, 4}});
  disk.remove(disk.file(disk.root(), "small", "resident"));
  deleted(disk, {{0, kSparseLcn, 2000}});
  EXPECT_THAT(shared(disk, {{1000, 4, mine.record}}), IsEmpty());
}

TEST(NtfsClaims, NamesTheBaseRecordOfAPieceInAnother) {
  NtfsBuilder disk;
  const auto mine = deleted(disk, {{0, 1000, 4}});
  NtfsRecordBuilder piece;
  piece.base({77, 3}).flags(0);
  NtfsRecordBuilder::NonResident data{attribute_type::kData, "", {{90, 1001, 1}}};
  data.first_vcn = 90;
  piece.non_resident(data);
  disk.add(std::move(piece));
  EXPECT_THAT(shared(disk, {{1000, 4, mine.record}}),
              UnorderedElementsAre(std::pair{mine.record, std::uint64_t{77}}));
}

TEST(NtfsClaims, GivesUpOnATableThatClaimsTheSameAgainAndAgain) {
  NtfsBuilder disk{4096};
  std::vector<ClusterClaim> claims;
  for (std::uint64_t i = 0; i < 200'000; ++i) claims.push_back({0, 1'000'000, i});
  for (int i = 0; i < 100; ++i) deleted(disk, {{0, 5, 1}, {1, 7, 1}});
  MemorySource table{disk.table()};
  std::uint64_t found = 0;
  EXPECT_FALSE(find_shared_clusters(table, 1024, std::move(claims),
                                    [&](const SharedClusters&) { ++found; }));
  EXPECT_LE(found, kMaxClaimSteps);
}

}  // namespace
}  // namespace hozen::ntfs
