#include "collector/formats/partition_table.h"

#include <gtest/gtest.h>

#include <random>

#include "collector/formats/volume_kind.h"
#include "tests/builders/disk_builder.h"

namespace hozen {
namespace {

using builders::boot_sector;
using builders::DiskBuilder;

constexpr std::size_t kMiB = 1 << 20;
constexpr std::size_t kSector = 512;
constexpr std::uint32_t kSignature = 0x1234ABCD;

PartitionTable read(const DiskBuilder& disk) {
  MemorySource source{disk.bytes()};
  return read_partition_table(source);
}

/// One line a partition: number, place in sectors of 512, type, origin.
std::vector<std::string> lines(const PartitionTable& table) {
  std::vector<std::string> out;
  for (const Partition& part : table.partitions) {
    std::string line = std::to_string(part.number) + " " + std::to_string(part.offset_bytes / 512);
    line += "+" + std::to_string(part.size_bytes / 512) + " " + part.type_id + " ";
    line += to_text(part.origin);
    out.push_back(line);
  }
  return out;
}

std::vector<std::string> problems(const PartitionTable& table) {
  std::vector<std::string> out;
  for (const Error& problem : table.problems) out.push_back(problem.text());
  return out;
}

using Lines = std::vector<std::string>;

TEST(PartitionTable, ReadsPrimaryPartitions) {
  const auto table = read(DiskBuilder{8 * kMiB}
                              .mbr(kSignature)
                              .primary(1, 0x07, 2048, 4096, 0x80)
                              .primary(3, 0x27, 8192, 2048));
  EXPECT_EQ(to_text(table.kind), "mbr");
  EXPECT_EQ(table.disk_id(), "0x1234ABCD");
  EXPECT_EQ(table.sector_bytes, 512u);
  EXPECT_EQ(lines(table), (Lines{"1 2048+4096 0x07 mbr", "3 8192+2048 0x27 mbr"}));
  EXPECT_EQ(problems(table), Lines{});
  const Partition& first = table.partitions.front();
  EXPECT_EQ(first.type, "NTFS, exFAT or ReFS");
  EXPECT_EQ(first.attributes, 0x80u);
  EXPECT_EQ(first.entry_offset, 446u);
  EXPECT_EQ(first.available_bytes, first.size_bytes);
  EXPECT_EQ(table.partitions.back().role, PartitionRole::recovery);
  EXPECT_TRUE(table.partitions.back().may_hold_volume());
}

DiskBuilder with_logical() {
  return DiskBuilder{8 * kMiB}
      .mbr(kSignature)
      .primary(1, 0x07, 2048, 2048)
      .extended(2, 4096, 8192)
      .logical(0x07, 4097, 1000)
      .logical(0x83, 6144, 2000, 63)
      .logical(0x0C, 9000, 1000);
}

TEST(PartitionTable, FollowsLogicalDrives) {
  const auto table = read(with_logical());
  EXPECT_EQ(lines(table),
            (Lines{"1 2048+2048 0x07 mbr", "2 4096+8192 0x0F mbr", "5 4097+1000 0x07 logical",
                   "6 6144+2000 0x83 logical", "7 9000+1000 0x0C logical"}));
  EXPECT_EQ(problems(table), Lines{});
  EXPECT_FALSE(table.partitions[1].may_hold_volume());
}

TEST(PartitionTable, LeavesCirclesOfBootRecords) {
  const std::size_t second_record = (6144 - 63) * kSector;
  // Its next record: the first one again (0 sectors from the start of the extended partition).
  const auto table = read(with_logical().set_u32(second_record + 462 + 8, 0));
  EXPECT_EQ(lines(table).size(), 4u);
  EXPECT_EQ(problems(table), Lines{"extended boot record: malformed at offset 0x200000 (was there "
                                   "before: a circle)"});
}

TEST(PartitionTable, KeepsWhatStandsBeforeABrokenBootRecord) {
  const std::size_t second_record = (6144 - 63) * kSector;
  auto table = read(with_logical().wipe(second_record, kSector));
  EXPECT_EQ(lines(table).size(), 3u);
  EXPECT_EQ(problems(table),
            Lines{"extended boot record: malformed at offset 0x2f8200 (no signature)"});
  table = read(with_logical().set_u32(second_record + 462 + 8, 0x00FFFFFF));
  EXPECT_EQ(lines(table).size(), 4u);
  EXPECT_EQ(problems(table),
            Lines{"extended boot record: truncated at offset 0x2001ffe00 (behind the end of the "
                  "image)"});
}

TEST(PartitionTable, CapsLogicalDrives) {
  auto disk = DiskBuilder{8 * kMiB}.extended(1, 2048, 14336);
  for (std::uint32_t i = 0; i < 200; ++i) disk.logical(0x07, 2049 + i * 8, 4);
  const auto table = read(disk);
  EXPECT_EQ(table.partitions.size(), 1 + kMaxLogicalDrives);
  ASSERT_EQ(table.problems.size(), 1u);
  EXPECT_EQ(table.problems[0].code, Errc::limit);
}

TEST(PartitionTable, ListsDrivesInEntriesThatABootRecordDoesNotHave) {
  const std::size_t record = 4096 * kSector;
  const auto hidden =
      with_logical().set_u8(record + 446 + 32 + 4, 0x07).set_u32(record + 446 + 32 + 8, 6000);
  EXPECT_EQ(lines(read(hidden)).size(), 5u) << "no sectors";
  auto seen = hidden;
  const auto table = read(seen.set_u32(record + 446 + 32 + 12, 20));
  EXPECT_EQ(lines(table)[3], "6 10096+20 0x07 logical");
  EXPECT_EQ(problems(table)[0],
            "extended boot record: malformed at offset 0x2001de (more than two entries)");
}

TEST(PartitionTable, KeepsPartitionsBehindTheEndOfTheImage) {
  const auto table =
      read(DiskBuilder{2 * kMiB}.primary(1, 0x07, 63, 160587, 0x80).primary(2, 0x07, 200000, 10));
  ASSERT_EQ(table.partitions.size(), 2u);
  EXPECT_TRUE(table.partitions[0].is_cut());
  EXPECT_EQ(table.partitions[0].available_bytes, 2 * kMiB - 63 * kSector);
  EXPECT_EQ(table.partitions[1].available_bytes, 0u);
  EXPECT_EQ(problems(table),
            (Lines{"partition 1: truncated at offset 0x1be (the image ends before it)",
                   "partition 2: truncated at offset 0x1ce (the image ends before it)"}));
}

TEST(PartitionTable, ListsOverlaps) {
  const auto table = read(DiskBuilder{8 * kMiB}
                              .primary(1, 0x07, 2048, 6000)
                              .primary(2, 0x07, 3000, 100)
                              .primary(3, 0x07, 8047, 100)
                              .primary(4, 0x07, 8147, 100));
  EXPECT_EQ(problems(table),
            (Lines{"partition 2: malformed at offset 0x1ce (overlaps partition 1)",
                   "partition 3: malformed at offset 0x1de (overlaps partition 1)"}));
}

TEST(PartitionTable, ListsEntriesThatAreNotWhole) {
  const auto table = read(DiskBuilder{8 * kMiB}
                              .primary(1, 0x07, 2048, 100, 0x12)
                              .primary(2, 0x00, 4096, 100)
                              .primary(3, 0x0C, 6000, 100)
                              .set_u8(446 + 48 + 4, 0x07));
  EXPECT_EQ(lines(table).size(), 3u);
  EXPECT_EQ(problems(table),
            (Lines{"mbr entry: malformed at offset 0x1be (neither active nor inactive)",
                   "mbr entry: malformed at offset 0x1ce (marked as unused, but with sectors)",
                   "mbr entry: malformed at offset 0x1ee (a partition without sectors)"}));
}

TEST(PartitionTable, FindsAPartitionWhoseTypeWasWiped) {
  const auto table = read(DiskBuilder{8 * kMiB}.mbr(kSignature).primary(1, 0x00, 2048, 100));
  EXPECT_EQ(lines(table), Lines{"1 2048+100 0x00 mbr"});
  EXPECT_EQ(problems(table),
            Lines{"mbr entry: malformed at offset 0x1be (marked as unused, but with sectors)"});
  EXPECT_EQ(lines(read(DiskBuilder{kMiB}.mbr(kSignature).primary(1, 0x00, 2048, 100))), Lines{})
      << "behind the end of the disk: other bytes";
}

class BareVolume : public testing::TestWithParam<VolumeKind> {};

TEST_P(BareVolume, IsNoTable) {
  auto disk = DiskBuilder{8 * kMiB}.put(0, boot_sector(GetParam()));
  for (std::size_t at = 446; at < 508; at += 4) disk.set_u32(at, 0x6C206B73);  // words of a message
  const auto table = read(disk);
  EXPECT_EQ(to_text(table.kind), "none");
  EXPECT_EQ(table.disk_id(), "");
  EXPECT_EQ(lines(table), Lines{});
  EXPECT_EQ(problems(table), Lines{});
}

INSTANTIATE_TEST_SUITE_P(Kinds, BareVolume,
                         testing::Values(VolumeKind::ntfs, VolumeKind::bitlocker, VolumeKind::refs,
                                         VolumeKind::exfat, VolumeKind::fat12, VolumeKind::fat16,
                                         VolumeKind::fat32),
                         [](const auto& kind) { return std::string{to_text(kind.param)}; });

TEST(PartitionTable, DoubtsAVolumeWithATable) {
  auto disk = DiskBuilder{8 * kMiB};
  disk.put(0, boot_sector(VolumeKind::ntfs)).primary(1, 0x07, 2048, 4096);
  auto table = read(disk);
  EXPECT_EQ(to_text(table.kind), "none");
  EXPECT_EQ(problems(table),
            Lines{"first sector: malformed at offset 0x1be (a volume's boot sector "
                  "that also holds a partition table)"});
}

TEST(PartitionTable, IsFooledByNoNameAlone) {
  // "NTFS    " without a geometry: boot code that somebody signed.
  auto disk = DiskBuilder{8 * kMiB}.primary(1, 0x07, 2048, 4096);
  const std::string_view name = "NTFS    ";
  for (std::size_t i = 0; i < name.size(); ++i)
    disk.set_u8(3 + i, static_cast<std::uint8_t>(name[i]));
  EXPECT_EQ(lines(read(disk)), Lines{"1 2048+4096 0x07 mbr"});
}

TEST(PartitionTable, TakesBootCodeForNoTable) {
  auto disk = DiskBuilder{8 * kMiB}.mbr(kSignature);
  for (std::size_t at = 0; at < 508; at += 4) disk.set_u32(at, 0x6C206B73);
  const auto table = read(disk);
  EXPECT_EQ(to_text(table.kind), "none");
  EXPECT_EQ(problems(table), Lines{"mbr: malformed at offset 0x1be (no possible entry)"});
}

TEST(PartitionTable, FindsNothingOnAnEmptyDisk) {
  const auto table = read(DiskBuilder{8 * kMiB});
  EXPECT_EQ(to_text(table.kind), "none");
  EXPECT_EQ(problems(table), Lines{});
}

TEST(PartitionTable, CountsInLargeSectorsWhenOnlyLogicalDrivesSaySo) {
  const auto disk = DiskBuilder{16 * kMiB, 4096}
                        .mbr(kSignature)
                        .extended(1, 2, 1500)
                        .logical(0x07, 10, 1000, 8)
                        .put(std::size_t{10} * 4096, boot_sector(VolumeKind::ntfs));
  const auto table = read(disk);
  EXPECT_EQ(table.sector_bytes, 4096u);
  ASSERT_EQ(table.partitions.size(), 2u);
  EXPECT_EQ(table.partitions[1].offset_bytes, 10u * 4096);
  EXPECT_EQ(problems(table), Lines{});
  // A record that tells no possible drive decides nothing.
  const auto wiped = read(DiskBuilder{disk}.wipe(2 * 4096 + 446, 64));
  EXPECT_EQ(wiped.sector_bytes, 512u);
  const auto small = read(
      DiskBuilder{16 * kMiB}.mbr(kSignature).extended(1, 2, 15'000).logical(0x07, 10, 1000, 8));
  EXPECT_EQ(small.sector_bytes, 512u);
  EXPECT_EQ(small.partitions.size(), 2u);
}

TEST(PartitionTable, CountsInLargeSectorsWhenVolumesLieThere) {
  auto disk = DiskBuilder{16 * kMiB, 4096};
  disk.primary(1, 0x07, 256, 1024)
      .extended(2, 2048, 2048)
      .logical(0x07, 2304, 512, 256)
      .put(kMiB, boot_sector(VolumeKind::ntfs));
  const auto table = read(disk);
  EXPECT_EQ(table.sector_bytes, 4096u);
  ASSERT_EQ(table.partitions.size(), 3u);
  EXPECT_EQ(table.partitions[0].offset_bytes, 256u * 4096);
  EXPECT_EQ(table.partitions[0].size_bytes, 1024u * 4096);
  EXPECT_EQ(table.partitions[2].offset_bytes, 2304u * 4096);
  EXPECT_EQ(problems(table), Lines{});
}

TEST(PartitionTable, NamesWhatHoldsNoVolume) {
  const auto table = read(DiskBuilder{8 * kMiB}
                              .primary(1, 0x42, 63, 1000)
                              .primary(2, 0xE7, 2048, 1000)
                              .primary(3, 0xEF, 4096, 1000)
                              .primary(4, 0x99, 6000, 1000));
  ASSERT_EQ(table.partitions.size(), 4u);
  EXPECT_EQ(table.partitions[0].role, PartitionRole::dynamic);
  EXPECT_EQ(table.partitions[0].type, "dynamic disk (LDM)");
  EXPECT_EQ(table.partitions[1].role, PartitionRole::storage_space);
  EXPECT_EQ(table.partitions[2].role, PartitionRole::efi_system);
  EXPECT_EQ(table.partitions[3].type, "unknown");
  EXPECT_EQ(table.partitions[3].type_id, "0x99");
}

TEST(PartitionTable, EndsWithAProblemAtEveryLengthOfAShortImage) {
  for (std::size_t size = 0; size < 512; ++size) {
    const auto table = read(DiskBuilder{1024}.primary(1, 0x07, 2048, 4096).truncate_at(size));
    EXPECT_EQ(to_text(table.kind), "none");
    EXPECT_EQ(table.problems.size(), 1u) << size;
  }
}

TEST(PartitionTable, EndsOnAnyBytes) {
  std::mt19937 random{7};
  const auto whole = with_logical().bytes();
  for (int round = 0; round < 300; ++round) {
    auto bytes = whole;
    for (int i = 0; i < 8; ++i) bytes[440 + random() % 72] = static_cast<std::byte>(random());
    for (int i = 0; i < 8; ++i)
      bytes[4096 * kSector + 440 + random() % 72] = static_cast<std::byte>(random());
    MemorySource source{std::move(bytes)};
    const auto table = read_partition_table(source);
    EXPECT_LE(table.partitions.size(), 4 + kMaxLogicalDrives);
    for (const Error& problem : table.problems) EXPECT_TRUE(problem.offset.has_value());
  }
}

/// A disk whose first sector the system does not give out.
class BadFirstSector final : public ByteSource {
 public:
  explicit BadFirstSector(std::vector<std::byte> bytes) : inner_{std::move(bytes)} {}
  std::uint64_t size() const override { return inner_.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset < kSector) return Error{Errc::io, "read disk", offset, "bad sector"};
    return inner_.read_some(offset, out);
  }

 private:
  MemorySource inner_;
};

TEST(PartitionTable, ReadsAGptBehindAFirstSectorThatCannotBeRead) {
  BadFirstSector disk{DiskBuilder{8 * kMiB}
                          .gpt(builders::guid_of("{00000001-0000-0000-0000-000000000000}"))
                          .entry({.first = 2048, .last = 4095})
                          .bytes()};
  const auto table = read_partition_table(disk);
  EXPECT_EQ(to_text(table.kind), "gpt");
  EXPECT_EQ(table.partitions.size(), 1u);
  EXPECT_EQ(problems(table), Lines{"first sector: read disk: io at offset 0x0 (bad sector)"});
}

}  // namespace
}  // namespace hozen
