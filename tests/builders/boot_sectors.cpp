#include <cstring>

#include "collector/base/bytes.h"
#include "tests/builders/disk_builder.h"

namespace hozen::builders {
namespace {

using std::string_view_literals::operator""sv;

class Head {
 public:
  Head& text(std::size_t at, std::string_view text) {
    std::memcpy(bytes_.data() + at, text.data(), text.size());
    return *this;
  }
  template <class T>
  Head& value(std::size_t at, T value) {
    std::memcpy(bytes_.data() + at, &value, sizeof value);
    return *this;
  }
  Head& boot(std::string_view oem) {
    return text(0, "\xEB\x58\x90").text(3, oem).text(510, "\x55\xAA");
  }
  DiskBytes bytes() const { return bytes_; }

 private:
  DiskBytes bytes_ = DiskBytes(kVolumeHeadBytes);
};

constexpr std::uint16_t kSector = 512;
constexpr std::uint8_t kFixedDisk = 0xF8;

/// A FAT volume of `sectors`, whose table has `table` sectors.
Head fat(std::uint32_t sectors, std::uint32_t table, std::uint8_t per_cluster, bool is_fat32) {
  Head head;
  head.boot("MSDOS5.0").value(11, kSector).value(13, per_cluster);
  head.value(14, std::uint16_t{is_fat32 ? std::uint16_t{32} : std::uint16_t{1}});
  head.value(16, std::uint8_t{2}).value(21, kFixedDisk).value(32, sectors);
  if (is_fat32) return head.value(36, table).text(82, "FAT32   ");
  return head.value(17, std::uint16_t{512}).value(22, static_cast<std::uint16_t>(table));
}

DiskBytes windows_volume(VolumeKind kind) {
  switch (kind) {
    case VolumeKind::ntfs:
      return Head{}
          .boot("NTFS    ")
          .value(11, kSector)
          .value(13, std::uint8_t{8})
          .value(21, kFixedDisk)
          .value(40, std::uint64_t{20479})
          .value(48, std::uint64_t{853})
          .value(56, std::uint64_t{2})
          .value(64, std::uint8_t{0xF6})
          .value(68, std::uint8_t{1})
          .bytes();
    case VolumeKind::bitlocker:
      return Head{}.boot("-FVE-FS-").value(11, kSector).value(13, std::uint8_t{8}).bytes();
    case VolumeKind::bitlocker_to_go: {
      const Guid mark = guid_of("{4967D63B-2E29-4AD8-8399-F6A339E3D001}");
      return fat(2'000'000, 1954, 8, true).text(3, "MSWIN4.1").value(424, mark.bytes).bytes();
    }
    case VolumeKind::refs:
      return Head{}.text(3, "ReFS\0\0\0\0"sv).text(16, "FSRS").value(24, std::uint64_t{1}).bytes();
    case VolumeKind::exfat:
      return Head{}
          .boot("EXFAT   ")
          .value(72, std::uint64_t{20480})
          .value(108, std::uint8_t{9})
          .value(109, std::uint8_t{3})
          .bytes();
    case VolumeKind::fat12:
      return fat(8000, 12, 2, false).bytes();
    case VolumeKind::fat16:
      return fat(80'000, 80, 4, false).bytes();
    default:
      return fat(2'000'000, 1954, 8, true).bytes();
  }
}

}  // namespace

DiskBytes boot_sector(VolumeKind kind) {
  switch (kind) {
    case VolumeKind::unknown:
      return Head{}.text(0, "something else").bytes();
    case VolumeKind::empty:
      return Head{}.bytes();
    case VolumeKind::ext:
      return Head{}.value(1024 + 24, std::uint32_t{2}).text(1024 + 56, "\x53\xEF").bytes();
    case VolumeKind::swap:
      return Head{}.text(4086, "SWAPSPACE2").bytes();
    case VolumeKind::lvm:
      return Head{}.text(512, "LABELONE").text(512 + 24, "LVM2 001").bytes();
    case VolumeKind::luks:
      return Head{}.text(0, "LUKS\xBA\xBE\0\1"sv).bytes();
    case VolumeKind::hfs_plus:
      return Head{}.text(1024, "H+\0\4"sv).bytes();
    case VolumeKind::apfs:
      return Head{}.text(32, "NXSB").bytes();
    default:
      return windows_volume(kind);
  }
}

DiskBytes vhd_footer(std::uint64_t disk_bytes) {
  constexpr std::size_t kSize = 48, kType = 60, kSum = 64;
  DiskBytes footer(static_cast<std::size_t>(kVhdFooterBytes));
  std::memcpy(footer.data(), "conectix", 8);
  for (std::size_t i = 0; i < 8; ++i)  // big-endian, like everything in it
    footer[kSize + i] = static_cast<std::byte>(disk_bytes >> (56 - 8 * i));
  footer[kType + 3] = std::byte{2};
  std::uint32_t sum = 0;
  for (const std::byte value : footer) sum += static_cast<std::uint8_t>(value);
  for (std::size_t i = 0; i < 4; ++i)
    footer[kSum + i] = static_cast<std::byte>(~sum >> (24 - 8 * i));
  return footer;
}

}  // namespace hozen::builders
