#include "collector/formats/gpt.h"

#include <gtest/gtest.h>

#include "collector/formats/volume_kind.h"
#include "tests/builders/disk_builder.h"

namespace hozen {
namespace {

using builders::DiskBuilder;
using builders::guid_of;
using Lines = std::vector<std::string>;

constexpr std::size_t kMiB = 1 << 20;
constexpr std::size_t kSector = 512;
constexpr std::size_t kSectors = 8 * kMiB / kSector;
constexpr std::size_t kBackupHeader = (kSectors - 1) * kSector;
constexpr std::size_t kBackupArray = (kSectors - 33) * kSector;
constexpr std::string_view kDisk = "{6F1C4A5B-0102-0304-0506-0708090A0B0C}";
constexpr std::string_view kFirst = "{11111111-2222-3333-4444-555555555555}";
constexpr std::string_view kSecond = "{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}";

PartitionTable read(const DiskBuilder& disk) {
  MemorySource source{disk.bytes()};
  return read_partition_table(source);
}

Lines problems(const PartitionTable& table) {
  Lines out;
  for (const Error& problem : table.problems) out.push_back(problem.text());
  return out;
}

DiskBuilder two_partitions(std::size_t bytes = 8 * kMiB, std::uint32_t sector = 512) {
  return DiskBuilder{bytes, sector}
      .gpt(guid_of(kDisk))
      .entry({.type = builders::kEfiSystem,
              .unique = guid_of(kFirst),
              .first = 256,
              .last = 511,
              .attributes = 1,
              .name = u"EFI system partition"})
      .entry({})
      .entry({.unique = guid_of(kSecond), .first = 512, .last = 1023, .name = u"Données"});
}

void expect_two(const PartitionTable& table, std::string_view origin, std::uint64_t sector = 512) {
  EXPECT_EQ(to_text(table.kind), "gpt");
  EXPECT_EQ(table.disk_id(), kDisk);
  EXPECT_EQ(table.sector_bytes, sector);
  ASSERT_EQ(table.partitions.size(), 2u);
  const Partition& first = table.partitions[0];
  EXPECT_EQ(first.number, 1u);
  EXPECT_EQ(first.offset_bytes, 256 * sector);
  EXPECT_EQ(first.size_bytes, 256 * sector);
  EXPECT_EQ(first.type, "EFI system (ESP)");
  EXPECT_EQ(first.type_id, builders::kEfiSystem);
  EXPECT_EQ(first.role, PartitionRole::efi_system);
  EXPECT_EQ(first.name, "EFI system partition");
  EXPECT_EQ(first.attributes, 1u);
  EXPECT_EQ(first.unique->text(), kFirst);
  EXPECT_EQ(to_text(first.origin), origin);
  const Partition& second = table.partitions[1];
  EXPECT_EQ(second.number, 3u);
  EXPECT_EQ(second.offset_bytes, 512 * sector);
  EXPECT_EQ(second.size_bytes, 512 * sector);
  EXPECT_EQ(second.name, "Données");
  EXPECT_EQ(second.unique->text(), kSecond);
}

TEST(Gpt, ReadsThePrimaryCopy) {
  const auto table = read(two_partitions());
  expect_two(table, "gpt_primary");
  EXPECT_EQ(problems(table), Lines{});
  EXPECT_EQ(table.partitions[1].entry_offset, 2 * kSector + 256);
}

TEST(Gpt, ReadsLargeSectors) {
  const auto table = read(two_partitions(16 * kMiB, 4096));
  expect_two(table, "gpt_primary", 4096);
  EXPECT_EQ(problems(table), Lines{});
}

TEST(Gpt, FallsBackToTheCopyAtTheEnd) {
  auto table = read(two_partitions().wipe(kSector, kSector));
  expect_two(table, "gpt_backup");
  EXPECT_EQ(problems(table), Lines{"gpt primary header: malformed at offset 0x200 (not there)"});
  table = read(two_partitions(16 * kMiB, 4096).wipe(4096, 8192));
  expect_two(table, "gpt_backup", 4096);
  table = read(two_partitions().set_u8(2 * kSector + 40, 7));
  expect_two(table, "gpt_backup");
  EXPECT_EQ(problems(table), Lines{"gpt entries: malformed at offset 0x400 (wrong checksum)"});
  table = read(two_partitions().set_u8(kSector + 60, 7));
  expect_two(table, "gpt_backup");
  EXPECT_EQ(problems(table), Lines{"gpt header: malformed at offset 0x200 (wrong checksum)"});
}

TEST(Gpt, NeedsNoProtectiveMbr) {
  auto table = read(two_partitions().wipe(0, 2 * kSector));
  expect_two(table, "gpt_backup");
  EXPECT_EQ(problems(table), (Lines{"gpt primary header: malformed at offset 0x200 (not there)",
                                    "protective mbr: malformed at offset 0x1fe (not there)"}));
  table = read(two_partitions().wipe(446, 64));
  expect_two(table, "gpt_primary");
  EXPECT_EQ(problems(table), Lines{"protective mbr: malformed at offset 0x1be (not there)"});
}

TEST(Gpt, FindsTheBackupOfADiskThatGrew) {
  const auto grown =
      DiskBuilder{10 * kMiB}
          .gpt_sectors(kSectors)
          .gpt(guid_of(kDisk))
          .entry({.type = builders::kEfiSystem,
                  .unique = guid_of(kFirst),
                  .first = 256,
                  .last = 511,
                  .attributes = 1,
                  .name = u"EFI system partition"})
          .entry({})
          .entry({.unique = guid_of(kSecond), .first = 512, .last = 1023, .name = u"Données"});
  EXPECT_EQ(problems(read(grown)), Lines{}) << "where the primary copy says";
  auto wiped = grown;
  expect_two(read(wiped.wipe(kSector, kSector)), "gpt_backup");  // where the protective MBR ends
}

TEST(Gpt, SaysThatTheImageIsCut) {
  const auto table = read(two_partitions().truncate_at(2 * kMiB));
  expect_two(table, "gpt_primary");
  EXPECT_EQ(problems(table), Lines{"gpt backup header: truncated at offset 0x200000 (behind the "
                                   "end of the image)"});
}

TEST(Gpt, SaysWhenTheBackupIsNotThereOrDamaged) {
  EXPECT_EQ(problems(read(two_partitions().wipe(kBackupHeader, kSector))),
            Lines{"gpt backup header: malformed at offset 0x7ffe00 (not there)"});
  EXPECT_EQ(problems(read(two_partitions().set_u8(kBackupArray + 3, 1))),
            Lines{"gpt entries: malformed at offset 0x7fbe00 (wrong checksum)"});
}

TEST(Gpt, SaysWhenTheCopiesDiffer) {
  const auto table = read(two_partitions().backup_entry(
      {.unique = guid_of(kFirst), .first = 256, .last = 511, .name = u"was here before"}));
  expect_two(table, "gpt_primary");
  EXPECT_EQ(problems(table),
            Lines{"gpt backup: malformed at offset 0x7ffe00 (differs from the primary copy)"});
}

TEST(Gpt, TakesDamagedCopiesWhenThereIsNoOther) {
  const auto table = read(two_partitions().set_u8(kSector + 48, 7).set_u8(kBackupHeader + 48, 7));
  EXPECT_EQ(to_text(table.kind), "gpt");
  EXPECT_EQ(table.partitions.size(), 2u);
  EXPECT_EQ(problems(table)[0], "gpt header: malformed at offset 0x200 (wrong checksum)");
}

TEST(Gpt, RefusesAHeaderOfAnotherSector) {
  const DiskBuilder disk = two_partitions();
  const auto bytes = disk.bytes();
  const builders::DiskBytes moved{bytes.begin() + kBackupHeader, bytes.end()};
  // The backup copied over the primary header: its checksum is right, its place is not.
  auto changed = bytes;
  std::copy(moved.begin(), moved.end(), changed.begin() + kSector);
  MemorySource source{std::move(changed)};
  const auto table = read_partition_table(source);
  expect_two(table, "gpt_backup");
  EXPECT_EQ(problems(table)[0], "gpt header: malformed at offset 0x218 (made for another sector)");
}

TEST(Gpt, CapsEntries) {
  auto disk = DiskBuilder{8 * kMiB}.gpt(guid_of(kDisk)).entry_form(3000, 128);
  for (std::uint64_t i = 0; i < 2000; ++i) disk.entry({.first = 2048 + i, .last = 2048 + i});
  const auto table = read(disk);
  EXPECT_EQ(table.partitions.size(), gpt::kMaxEntries);
  EXPECT_EQ(problems(table)[0], "gpt entries: limit at offset 0x250 (more than are looked at)");
}

TEST(Gpt, ReadsLargeEntries) {
  auto disk = DiskBuilder{8 * kMiB}.gpt(guid_of(kDisk)).entry_form(64, 512);
  disk.entry({.first = 2048, .last = 2049}).entry({.first = 2050, .last = 2059});
  const auto table = read(disk);
  ASSERT_EQ(table.partitions.size(), 2u);
  EXPECT_EQ(table.partitions[1].offset_bytes, 2050 * kSector);
  EXPECT_EQ(problems(table), Lines{});
}

TEST(Gpt, SurvivesEveryNumber) {
  for (const std::size_t field : {12u, 24u, 32u, 40u, 48u, 72u, 80u, 84u})
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0xFFFFFFFF},
                                      std::uint64_t{1} << 55, ~std::uint64_t{0}}) {
      const auto table = read(
          two_partitions().set_u64(kSector + field, value).set_u64(kBackupHeader + field, value));
      EXPECT_FALSE(table.problems.empty()) << field;
      EXPECT_LE(table.partitions.size(), gpt::kMaxEntries);
    }
}

TEST(Gpt, ListsEntriesThatCannotBe) {
  const auto table = read(DiskBuilder{8 * kMiB}
                              .gpt(guid_of(kDisk))
                              .entry({.first = 4000, .last = 3999})
                              .entry({.first = 2048, .last = std::uint64_t{1} << 60})
                              .entry({.first = 3, .last = 3})
                              .entry({.first = 5000, .last = 5999})
                              .entry({.first = 5999, .last = 6000}));
  ASSERT_EQ(table.partitions.size(), 3u);
  EXPECT_EQ(problems(table),
            (Lines{"gpt entry: malformed at offset 0x400 (place of the partition)",
                   "gpt entry: malformed at offset 0x480 (place of the partition)",
                   "gpt entry: malformed at offset 0x500 (outside of what the header calls usable)",
                   "partition 5: malformed at offset 0x600 (overlaps partition 4)"}));
}

TEST(Gpt, ListsAProtectiveMbrWithoutGpt) {
  const auto table = read(DiskBuilder{8 * kMiB}.primary(1, 0xEE, 1, 16383));
  EXPECT_EQ(to_text(table.kind), "mbr");
  ASSERT_EQ(table.partitions.size(), 1u);
  EXPECT_EQ(table.partitions[0].role, PartitionRole::protective);
  EXPECT_EQ(problems(table), Lines{"gpt header: malformed at offset 0x200 (not there)"});
}

TEST(Gpt, IsNotBelievedBehindAnMbrThatDoesNotPointToIt) {
  const auto table = read(two_partitions().set_u8(446 + 4, 0x07));
  EXPECT_EQ(to_text(table.kind), "mbr");
  EXPECT_EQ(problems(table),
            Lines{"gpt header: malformed at offset 0x200 (a GPT behind an MBR that "
                  "does not point to it; not listed)"});
}

TEST(Gpt, OfAHybridMbrListsWhatIsNotInTheGpt) {
  // The first partition once more, and two that the GPT does not have, one with a logical drive.
  const auto table = read(two_partitions()
                              .primary(2, 0xEF, 256, 256)
                              .primary(3, 0x07, 2048, 512)
                              .extended(4, 4096, 2048)
                              .logical(0x07, 4160, 512));
  ASSERT_EQ(table.partitions.size(), 5u);
  EXPECT_EQ(to_text(table.kind), "gpt");
  const auto line = [&](std::size_t i) {
    const Partition& part = table.partitions[i];
    return std::to_string(part.number) + " " + std::to_string(part.offset_bytes / kSector) + " " +
           std::string{to_text(part.origin)};
  };
  const std::uint32_t last = table.partitions[1].number;
  EXPECT_EQ(line(2), std::to_string(last + 1) + " 2048 mbr");
  EXPECT_EQ(line(3), std::to_string(last + 2) + " 4096 mbr");
  EXPECT_EQ(line(4), std::to_string(last + 3) + " 4160 logical");
  const auto told = problems(table);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0],
            "protective mbr: malformed at offset 0x1de (a partition that the GPT does not "
            "list (hybrid): partition " +
                std::to_string(last + 1) + ")");
}

TEST(Gpt, OfAHybridMbrThatSaysTheSameNothingIsTold) {
  const auto table = read(two_partitions().primary(2, 0xEF, 256, 256));
  expect_two(table, "gpt_primary");
  EXPECT_EQ(problems(table), Lines{});
}

TEST(Gpt, OfAHybridMbrThatSaysAnotherSizeListsThePartitionOnce) {
  const auto table = read(two_partitions().primary(2, 0xEF, 256, 128));
  expect_two(table, "gpt_primary");
  EXPECT_EQ(problems(table),
            Lines{"protective mbr: malformed at offset 0x1ce (another size of partition 1 than the "
                  "GPT says)"});
}

struct TypeCase {
  std::string_view guid, text, role;
};
class GptTypes : public testing::TestWithParam<TypeCase> {};

TEST_P(GptTypes, AreNamed) {
  const auto table = read(DiskBuilder{8 * kMiB}
                              .gpt(guid_of(kDisk))
                              .entry({.type = GetParam().guid, .first = 2048, .last = 4095}));
  ASSERT_EQ(table.partitions.size(), 1u);
  EXPECT_EQ(table.partitions[0].type, GetParam().text);
  EXPECT_EQ(to_text(table.partitions[0].role), GetParam().role);
}

INSTANTIATE_TEST_SUITE_P(
    Known, GptTypes,
    testing::Values(
        TypeCase{"{EBD0A0A2-B9E5-4433-87C0-68B6B72699C7}", "basic data", "volume"},
        TypeCase{"{E3C9E316-0B5C-4DB8-817D-F92DF00215AE}", "Microsoft reserved (MSR)", "reserved"},
        TypeCase{"{DE94BBA4-06D1-4D40-A16A-BFD50179D6AC}", "Windows RE", "recovery"},
        TypeCase{"{5808C8AA-7E8F-42E0-85D2-E1E90434CFB3}", "dynamic disk (LDM) metadata",
                 "dynamic"},
        TypeCase{"{AF9B60A0-1431-4F62-BC68-3311714A69AD}", "dynamic disk (LDM) data", "dynamic"},
        TypeCase{"{E75CAF8F-F680-4CEE-AFA3-B001E56EFC2D}", "Storage Spaces", "storage_space"},
        TypeCase{"{99999999-0000-0000-0000-000000000000}", "unknown", "volume"}));

}  // namespace
}  // namespace hozen
