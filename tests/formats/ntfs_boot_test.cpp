#include "collector/formats/ntfs_boot.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace hozen::ntfs {
namespace {

class Boot {
 public:
  Boot() : bytes_(kBootSectorBytes) {
    std::memcpy(bytes_.data() + 3, "NTFS    ", 8);
    set(11, std::uint16_t{512}).set(13, std::uint8_t{8});  // clusters of 4096 bytes
    set(40, std::uint64_t{1'000'000}).set(48, std::uint64_t{786'432}).set(56, std::uint64_t{2});
    set(64, std::uint8_t{0xF6}).set(68, std::uint8_t{1});  // records of 2^10 bytes, blocks of a
    set(72, std::uint64_t{0x1122'3344'70EC'FA33});         // cluster
  }
  template <class T>
  Boot& set(std::size_t offset, T value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
    return *this;
  }
  Bytes bytes(std::uint64_t base = 0) const { return Bytes{bytes_, base}; }

 private:
  std::vector<std::byte> bytes_;
};

TEST(NtfsBoot, TellsTheGeometry) {
  const Boot sector;
  const auto boot = read_boot_sector(sector.bytes());
  ASSERT_TRUE(boot) << boot.error().text();
  EXPECT_EQ(boot->sector_bytes, 512u);
  EXPECT_EQ(boot->cluster_bytes, 4096u);
  EXPECT_EQ(boot->total_sectors, 1'000'000u);
  EXPECT_EQ(boot->volume_bytes(), 512'000'000u);
  EXPECT_EQ(boot->total_clusters(), 125'000u);
  EXPECT_EQ(boot->mft_lcn, 786'432u);
  EXPECT_EQ(boot->mirror_lcn, 2u);
  EXPECT_EQ(boot->record_bytes, 1024u);
  EXPECT_EQ(boot->index_bytes, 4096u);
  EXPECT_EQ(boot->serial, 0x1122'3344'70EC'FA33u);
}

TEST(NtfsBoot, ReadsBothFormsOfEverySize) {
  struct Case {
    std::uint16_t sector;
    std::uint8_t cluster, record;
    std::uint32_t cluster_bytes, record_bytes;
  };
  for (const Case& c : {
           Case{512, 1, 2, 512, 1024},            // records of two clusters
           Case{512, 128, 0xF6, 65'536, 1024},    // the largest count of sectors
           Case{512, 0xF8, 0xF6, 131'072, 1024},  // 2^8 sectors: 128 KiB clusters of Windows 10
           Case{512, 0xF4, 0xF6, 2'097'152, 1024},
           Case{4096, 1, 1, 4096, 4096},  // 4Kn
           Case{4096, 1, 0xF4, 4096, 4096},
           Case{256, 1, 2, 256, 512},
       }) {
    const auto boot = read_boot_sector(
        Boot{}.set(11, c.sector).set(13, c.cluster).set(64, c.record).set(68, c.record).bytes());
    ASSERT_TRUE(boot) << c.sector << " " << int{c.cluster} << ": " << boot.error().text();
    EXPECT_EQ(boot->cluster_bytes, c.cluster_bytes);
    EXPECT_EQ(boot->record_bytes, c.record_bytes);
  }
}

TEST(NtfsBoot, RefusesSizesThatCannotBe) {
  const auto offset_of = [](const Boot& boot) -> std::uint64_t {
    const auto read = read_boot_sector(boot.bytes(0x1000));
    if (read) return 0;
    EXPECT_EQ(read.error().code, Errc::malformed);
    return read.error().offset.value_or(0);
  };
  EXPECT_EQ(offset_of(Boot{}.set(3, 'X')), 0x1003u);
  for (const int sector : {0, 1, 128, 513, 8192, 0xFFFF})
    EXPECT_EQ(offset_of(Boot{}.set(11, static_cast<std::uint16_t>(sector))), 0x100Bu) << sector;
  // 0xF3: 2^13 sectors are 4 MiB; 0x81 to 0xF2 are neither.
  for (const int cluster : {0, 3, 0x81, 0xE0, 0xF2, 0xF3})
    EXPECT_EQ(offset_of(Boot{}.set(13, static_cast<std::uint8_t>(cluster))), 0x100Du) << cluster;
  for (const std::uint64_t sectors : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{1} << 60})
    EXPECT_EQ(offset_of(Boot{}.set(40, sectors)), 0x1028u) << sectors;
  // 2^8 bytes, 2^17, 2^31, 2^128, 3 clusters.
  for (const int size : {0, 0xF8, 0xEF, 0xE1, 0x80, 3, 127})
    EXPECT_EQ(offset_of(Boot{}.set(64, static_cast<std::uint8_t>(size))), 0x1040u) << size;
  EXPECT_EQ(offset_of(Boot{}.set(68, std::uint8_t{0})), 0x1044u);
}

TEST(NtfsBoot, IsRefusedAtEveryTruncation) {
  const Boot whole;
  for (std::size_t size = 0; size < kBootSectorBytes; ++size) {
    const auto boot = read_boot_sector(whole.bytes().head(size));
    ASSERT_FALSE(boot) << size;
    EXPECT_EQ(boot.error().code, Errc::truncated);
  }
}

TEST(NtfsBoot, SizesThatAreReadCannotOverflow) {
  for (int cluster = 0; cluster < 256; ++cluster)
    for (int record = 0; record < 256; ++record) {
      const auto boot = read_boot_sector(Boot{}
                                             .set(13, static_cast<std::uint8_t>(cluster))
                                             .set(64, static_cast<std::uint8_t>(record))
                                             .set(40, (std::uint64_t{1} << 63) / 512)
                                             .bytes());
      if (!boot) continue;
      EXPECT_LE(boot->cluster_bytes, kMaxClusterBytes);
      EXPECT_LE(boot->record_bytes, kMaxRecordBytes);
      EXPECT_EQ(boot->volume_bytes(), std::uint64_t{1} << 63);
    }
}

}  // namespace
}  // namespace hozen::ntfs
