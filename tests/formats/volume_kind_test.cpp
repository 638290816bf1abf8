#include "collector/formats/volume_kind.h"

#include <gtest/gtest.h>

#include <cstring>

#include "collector/formats/ntfs_boot.h"
#include "tests/builders/disk_builder.h"

namespace hozen {
namespace {

using builders::boot_sector;
using builders::DiskBuilder;
using builders::DiskBytes;
using std::string_view_literals::operator""sv;

constexpr std::size_t kMiB = 1 << 20;

VolumeHead head_of(const DiskBuilder& volume) {
  MemorySource source{volume.bytes()};
  const auto head = read_volume_kind(source);
  EXPECT_TRUE(head);
  return head ? *head : VolumeHead{};
}

TEST(VolumeKind, IsToldByTheFirstSectors) {
  for (int i = 0; i <= static_cast<int>(VolumeKind::apfs); ++i) {
    const auto kind = static_cast<VolumeKind>(i);
    const VolumeHead head = head_of(DiskBuilder{kMiB}.put(0, boot_sector(kind)));
    EXPECT_EQ(to_text(head.kind), to_text(kind));
    EXPECT_FALSE(head.from_backup);
    EXPECT_FALSE(describe(kind).empty());
  }
}

TEST(VolumeKind, IsNotToldByANameAlone) {
  // Bytes per sector, sectors per cluster, total sectors, place of the $MFT.
  for (const std::size_t field : {11u, 13u, 40u, 48u})
    EXPECT_EQ(to_text(head_of(DiskBuilder{4096}
                                  .put(0, boot_sector(VolumeKind::ntfs))
                                  .set_u8(field, 0)
                                  .set_u8(field + 1, 0))
                          .kind),
              "unknown")
        << field;
  EXPECT_EQ(
      to_text(
          head_of(DiskBuilder{kMiB}.put(0, boot_sector(VolumeKind::exfat)).set_u8(108, 33)).kind),
      "unknown");
  EXPECT_EQ(
      to_text(head_of(DiskBuilder{kMiB}.put(0, boot_sector(VolumeKind::exfat)).set_u8(30, 1)).kind),
      "unknown");
}

TEST(VolumeKind, CountsClustersOfFat) {
  const auto fat = [](std::uint32_t sectors) {
    return to_text(
        head_of(DiskBuilder{kMiB}.put(0, boot_sector(VolumeKind::fat12)).set_u32(32, sectors))
            .kind);
  };
  // 1 reserved, 2 tables of 12, 32 of the root folder: 57 sectors before the clusters of 2.
  EXPECT_EQ(fat(57), "unknown");
  EXPECT_EQ(fat(57 + 4084 * 2 + 1), "fat12");
  EXPECT_EQ(fat(57 + 4085 * 2), "fat16");
  EXPECT_EQ(fat(57 + 65524 * 2 + 1), "fat16");
  EXPECT_EQ(fat(57 + 65525 * 2), "unknown");
}

TEST(VolumeKind, FindsLargeClustersOfNtfs) {
  const auto ntfs = [](std::uint8_t per_cluster) {
    return to_text(
        head_of(DiskBuilder{4096}.put(0, boot_sector(VolumeKind::ntfs)).set_u8(13, per_cluster))
            .kind);
  };
  EXPECT_EQ(ntfs(0x80), "ntfs");
  EXPECT_EQ(ntfs(0xF4), "ntfs");     // 2^12 sectors: 2 MiB
  EXPECT_EQ(ntfs(0xF3), "unknown");  // 2^13: 4 MiB
  EXPECT_EQ(ntfs(0x81), "unknown");
}

TEST(VolumeKind, IsNtfsWithTheClustersThatItsReaderTakes) {
  for (const std::uint16_t sector :
       std::initializer_list<std::uint16_t>{256, 512, 1024, 2048, 4096})
    for (int cluster = 0; cluster < 256; ++cluster) {
      DiskBytes boot = boot_sector(VolumeKind::ntfs);
      std::memcpy(boot.data() + 11, &sector, sizeof sector);
      boot[13] = static_cast<std::byte>(cluster);
      boot[64] = std::byte{0xF6};
      boot[68] = std::byte{0xF4};
      EXPECT_EQ(volume_kind_of(Bytes{boot}) == VolumeKind::ntfs,
                ntfs::read_boot_sector(Bytes{boot}).has_value())
          << sector << " " << cluster;
    }
}

TEST(VolumeKind, FindsTheBackupOfANtfsBootSector) {
  DiskBytes sector = boot_sector(VolumeKind::ntfs);
  sector.resize(512);
  auto head = head_of(DiskBuilder{kMiB}.put(kMiB - 512, sector));
  EXPECT_EQ(to_text(head.kind), "ntfs");
  EXPECT_TRUE(head.from_backup);
  head = head_of(DiskBuilder{kMiB}.put(kMiB - 4096, sector));
  EXPECT_TRUE(head.from_backup);
  for (const std::uint64_t size : {1024u, 2048u}) {
    head = head_of(DiskBuilder{kMiB}.put(kMiB - size, sector));
    EXPECT_TRUE(head.from_backup) << size;
  }
  head = head_of(DiskBuilder{kMiB}.put(kMiB - 512, sector).put(32, boot_sector(VolumeKind::luks)));
  EXPECT_TRUE(head.from_backup);
  head = head_of(DiskBuilder{kMiB}.put(kMiB - 512, sector).put(0, boot_sector(VolumeKind::fat32)));
  EXPECT_EQ(to_text(head.kind), "fat32");
}

TEST(VolumeKind, IsTheSameOrNotKnownFromLess) {
  for (int i = 0; i <= static_cast<int>(VolumeKind::apfs); ++i) {
    const auto expected = static_cast<VolumeKind>(i);
    const DiskBytes whole = boot_sector(expected);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const VolumeKind kind = volume_kind_of(Bytes{whole}.head(size));
      const bool says_nothing = kind == VolumeKind::unknown || kind == VolumeKind::empty;
      EXPECT_TRUE(kind == expected || says_nothing) << to_text(expected) << " " << size;
      EXPECT_FALSE(size < 512 && has_boot_sector(kind)) << to_text(expected) << " " << size;
    }
  }
  EXPECT_EQ(to_text(volume_kind_of(Bytes{})), "unknown");
}

std::string container_of(std::string_view head, std::size_t at = 0, std::size_t size = 4096) {
  DiskBytes bytes(size);
  const auto text = bytes_of(head).span();
  std::copy(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  MemorySource source{std::move(bytes)};
  const auto container = read_image_container(source);
  EXPECT_TRUE(container);
  return container && *container ? std::string{to_text(**container)} : "";
}

struct ContainerCase {
  std::string_view name, head;
  std::size_t at = 0;
};
class Container : public testing::TestWithParam<ContainerCase> {};

TEST_P(Container, IsNamed) {
  const auto& [name, head, at] = GetParam();
  EXPECT_EQ(container_of(head, at), name);
  EXPECT_EQ(container_of(head.substr(0, head.size() - 1), at, at + head.size() - 1), "");
}

INSTANTIATE_TEST_SUITE_P(
    Signatures, Container,
    testing::Values(ContainerCase{"vhd", "conectix"}, ContainerCase{"vhdx", "vhdxfile"},
                    ContainerCase{"ewf", "EVF\x09\x0d\x0a\xff\x00"sv},
                    ContainerCase{"ewf", "EVF2\x0d\x0a\x81\x00"sv},
                    ContainerCase{"ewf_logical", "LVF\x09\x0d\x0a\xff\x00"sv},
                    ContainerCase{"vmdk", "KDMV"}, ContainerCase{"vmdk", "# Disk DescriptorFile"},
                    ContainerCase{"qcow", "QFI\xfb"}, ContainerCase{"vdi", "\x7f\x10\xda\xbe", 64},
                    ContainerCase{"zip", "PK\3\4"}, ContainerCase{"gzip", "\x1f\x8b\x08"},
                    ContainerCase{"xz",
                                  "\xfd"
                                  "7zXZ\0"sv},
                    ContainerCase{"seven_zip", "7z\xbc\xaf\x27\x1c"}));

TEST(ImageContainer, SaysWhatToDo) {
  for (int i = 0; i <= static_cast<int>(ImageContainer::seven_zip); ++i)
    EXPECT_GT(describe(static_cast<ImageContainer>(i)).size(), 20u);
  EXPECT_NE(describe(ImageContainer::ewf).find("ewfexport"), std::string_view::npos);
  EXPECT_NE(describe(ImageContainer::vhdx).find("qemu-img convert"), std::string_view::npos);
}

TEST(ImageContainer, IsAVhdOfFixedSizeByItsFooter) {
  const auto container = [](const DiskBuilder& disk) -> std::string {
    MemorySource source{disk.bytes()};
    const auto found = read_image_container(source);
    EXPECT_TRUE(found);
    return found && *found ? std::string{to_text(**found)} : "";
  };
  const auto disk = [] { return DiskBuilder{kMiB + 512}.put(kMiB, builders::vhd_footer(kMiB)); };
  EXPECT_EQ(container(disk()), "vhd_fixed");
  EXPECT_EQ(container(disk().set_u8(kMiB + 100, 1)), "") << "checksum";
  EXPECT_EQ(container(DiskBuilder{kMiB + 512}.put(kMiB, builders::vhd_footer(2 * kMiB))), "")
      << "of another disk";
  EXPECT_EQ(container(DiskBuilder{kMiB}), "");
  EXPECT_EQ(container(DiskBuilder{0}), "");
}

}  // namespace
}  // namespace hozen
