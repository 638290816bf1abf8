#include "collector/source/mounted_devices.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/builders/disk_builder.h"

namespace hozen {
namespace {

using builders::guid_of;
using Data = std::vector<std::byte>;

constexpr std::string_view kUnique = "{11111111-2222-3333-4444-555555555555}";

Data mbr_form(std::uint32_t signature, std::uint64_t offset) {
  Data data(12);
  std::memcpy(data.data(), &signature, 4);
  std::memcpy(data.data() + 4, &offset, 8);
  return data;
}

Data gpt_form(std::string_view guid) {
  Data data(24);
  std::memcpy(data.data(), "DMIO:ID:", 8);
  const Guid unique = guid_of(guid);
  std::memcpy(data.data() + 8, unique.bytes.data(), 16);
  return data;
}

TEST(MountedDevices, TellTheLettersOfPartitionsOfAnMbr) {
  const Data c = mbr_form(0x1234ABCD, 1'048'576), d = mbr_form(0x1234ABCD, 32'256),
             other = mbr_form(0x99999999, 1'048'576);
  const MountedValue values[] = {{"\\DosDevices\\C:", Bytes{c}},
                                 {"\\DosDevices\\E:", Bytes{d}},
                                 {"\\dosdevices\\d:", Bytes{d}},
                                 {"\\DosDevices\\F:", Bytes{other}},
                                 {"\\??\\Volume{4f1a23b0-0000}", Bytes{c}}};
  const auto mounted = parse_mounted_devices(values);
  ASSERT_EQ(mounted.devices.size(), 5u);
  EXPECT_EQ(mounted.devices[0].letter, 'C');
  EXPECT_EQ(mounted.devices[0].disk_signature, 0x1234ABCDu);
  EXPECT_EQ(mounted.devices[0].offset_bytes, 1'048'576u);
  EXPECT_EQ(mounted.devices[4].letter, '\0');
  EXPECT_TRUE(mounted.devices[4].is_partition());

  MemorySource disk{builders::DiskBuilder{8 << 20}
                        .mbr(0x1234ABCD)
                        .primary(1, 0x07, 2048, 100)
                        .primary(2, 0x07, 63, 100)
                        .primary(3, 0x07, 4096, 100)
                        .bytes()};
  const auto table = read_partition_table(disk);
  ASSERT_EQ(table.partitions.size(), 3u);
  EXPECT_EQ(letters_of(mounted, table, table.partitions[0]), "C");
  EXPECT_EQ(letters_of(mounted, table, table.partitions[1]), "DE");
  EXPECT_EQ(letters_of(mounted, table, table.partitions[2]), "");
}

TEST(MountedDevices, TellTheLettersOfPartitionsOfAGpt) {
  const Data c = gpt_form(kUnique), d = mbr_form(0, 1'048'576);
  const MountedValue values[] = {{"\\DosDevices\\C:", Bytes{c}}, {"\\DosDevices\\D:", Bytes{d}}};
  const auto mounted = parse_mounted_devices(values);
  MemorySource disk{builders::DiskBuilder{8 << 20}
                        .gpt(guid_of("{00000001-0000-0000-0000-000000000000}"))
                        .entry({.unique = guid_of(kUnique), .first = 2048, .last = 4095})
                        .entry({.unique = guid_of("{22222222-0000-0000-0000-000000000000}"),
                                .first = 4096,
                                .last = 5000})
                        .bytes()};
  const auto table = read_partition_table(disk);
  ASSERT_EQ(table.partitions.size(), 2u);
  EXPECT_EQ(letters_of(mounted, table, table.partitions[0]), "C")
      << "not D, which is of an MBR disk with the same offset";
  EXPECT_EQ(letters_of(mounted, table, table.partitions[1]), "");
}

TEST(MountedDevices, ListWhatIsNotAPartition) {
  const Data usb(150), dos = gpt_form(kUnique);
  Data wrong_mark = dos;
  wrong_mark[0] = std::byte{'X'};
  const Data short_form(11);
  const MountedValue values[] = {{"\\DosDevices\\G:", Bytes{usb}},
                                 {"\\DosDevices\\H:", Bytes{wrong_mark}},
                                 {"\\DosDevices\\I:", Bytes{short_form}},
                                 {"\\DosDevices\\J:", Bytes{}},
                                 {"\\DosDevices\\1:", Bytes{dos}},
                                 {"\\DosDevices\\CC:", Bytes{dos}},
                                 {"", Bytes{dos}}};
  const auto mounted = parse_mounted_devices(values);
  ASSERT_EQ(mounted.devices.size(), 7u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_FALSE(mounted.devices[i].is_partition()) << i;
  for (std::size_t i = 4; i < 7; ++i) EXPECT_EQ(mounted.devices[i].letter, '\0') << i;
}

TEST(MountedDevices, AreCapped) {
  const std::vector<MountedValue> values(kMaxMountedDevices + 3);
  const auto mounted = parse_mounted_devices(values);
  EXPECT_EQ(mounted.devices.size(), kMaxMountedDevices);
  EXPECT_EQ(mounted.left_out, 3u);
}

}  // namespace
}  // namespace hozen
