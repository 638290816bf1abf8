#include "collector/formats/volume_kind.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "collector/base/guid.h"
#include "collector/formats/ntfs_boot_search.h"

namespace hozen {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kBootSectorBytes = 512;

bool has_at(Bytes data, std::uint64_t offset, std::string_view text) {
  return data.contains(offset, text.size()) &&
         data.chars().substr(static_cast<std::size_t>(offset), text.size()) == text;
}

bool all_zero(Bytes data) {
  return std::all_of(data.span().begin(), data.span().end(),
                     [](std::byte value) { return value == std::byte{0}; });
}

bool is_power_between(std::uint32_t value, std::uint32_t least, std::uint32_t most) {
  return std::has_single_bit(value) && value >= least && value <= most;
}

// ---- boot sectors

bool is_ntfs(Fixed<kBootSectorBytes> boot) {
  const std::uint32_t sector = boot.u16<11>();
  return is_power_between(sector, 256, 4096) &&
         ntfs::cluster_bytes_of(boot.u8<13>(), sector) != 0 && boot.u64<40>() != 0 &&
         boot.u64<48>() != 0;
}

bool is_exfat(Fixed<kBootSectorBytes> boot) {
  const std::uint8_t sector_shift = boot.u8<108>();
  constexpr std::size_t kFirstUnused = 11, kUnused = 53;  // where FAT has its geometry: all zero
  return all_zero(Bytes{boot.raw<kFirstUnused, kUnused>()}) && sector_shift >= 9 &&
         sector_shift <= 12;
}

/// The geometry that all FAT boot sectors share.
bool has_fat_geometry(Fixed<kBootSectorBytes> boot) {
  const bool jump = boot.u8<0>() == 0xE9 || (boot.u8<0>() == 0xEB && boot.u8<2>() == 0x90);
  const std::uint8_t media = boot.u8<21>(), fats = boot.u8<16>();
  return jump && is_power_between(boot.u16<11>(), 128, 4096) &&
         is_power_between(boot.u8<13>(), 1, 128) && boot.u16<14>() != 0 && fats >= 1 && fats <= 2 &&
         (media == 0xF0 || media >= 0xF8);
}

VolumeKind fat_kind(Fixed<kBootSectorBytes> boot) {
  constexpr std::uint64_t kEntryBytes = 32, kMinFat16Clusters = 4085, kMinFat32Clusters = 65525;
  if (!has_fat_geometry(boot)) return VolumeKind::unknown;
  const std::uint64_t sector = boot.u16<11>();
  const std::uint64_t total = boot.u16<19>() != 0 ? boot.u16<19>() : boot.u32<32>();
  const std::uint64_t table = boot.u16<22>() != 0 ? boot.u16<22>() : boot.u32<36>();
  const std::uint64_t root = (boot.u16<17>() * kEntryBytes + sector - 1) / sector;
  const std::uint64_t before = boot.u16<14>() + boot.u8<16>() * table + root;
  if (table == 0 || total <= before) return VolumeKind::unknown;
  const std::uint64_t clusters = (total - before) / boot.u8<13>();
  if (boot.u16<22>() == 0) return VolumeKind::fat32;
  if (clusters < kMinFat16Clusters) return VolumeKind::fat12;
  return clusters < kMinFat32Clusters ? VolumeKind::fat16 : VolumeKind::unknown;
}

bool has_bitlocker_identifier(Fixed<kBootSectorBytes> boot) {
  return Guid::from(boot.raw<424, 16>()).text() == "{4967D63B-2E29-4AD8-8399-F6A339E3D001}";
}

VolumeKind boot_sector_kind(Bytes head) {
  const auto boot = head.fixed<kBootSectorBytes>(0, "boot sector");
  if (!boot) return VolumeKind::unknown;
  if (has_at(head, 3, "-FVE-FS-")) return VolumeKind::bitlocker;
  if (has_at(head, 3, "NTFS    ")) return is_ntfs(*boot) ? VolumeKind::ntfs : VolumeKind::unknown;
  if (has_at(head, 3, "EXFAT   ")) return is_exfat(*boot) ? VolumeKind::exfat : VolumeKind::unknown;
  if (has_at(head, 3, "ReFS\0\0\0\0"sv) && has_at(head, 16, "FSRS")) return VolumeKind::refs;
  const VolumeKind fat = fat_kind(*boot);
  if (fat == VolumeKind::fat32 && has_bitlocker_identifier(*boot))
    return VolumeKind::bitlocker_to_go;
  return fat;
}

// ---- the others

bool is_lvm(Bytes head) {
  constexpr std::uint64_t kLabelSectors = 4;  // the label may lie in any of them
  for (std::uint64_t sector = 0; sector < kLabelSectors; ++sector)
    if (has_at(head, sector * 512, "LABELONE") && has_at(head, sector * 512 + 24, "LVM2 001"))
      return true;
  return false;
}

bool is_ext(Bytes head) {
  constexpr std::uint64_t kSuperblock = 1024;
  constexpr std::uint32_t kMaxBlockShift = 6;  ///< 1 KiB << 6: 64 KiB
  const auto shift = head.get<std::uint32_t>(kSuperblock + 24);
  return has_at(head, kSuperblock + 56, "\x53\xEF") && shift && *shift <= kMaxBlockShift;
}

bool is_hfs_plus(Bytes head) {
  return has_at(head, 1024, "H+\0\4"sv) || has_at(head, 1024, "HX\0\5"sv);
}

bool is_swap(Bytes head) {
  constexpr std::uint64_t kSignature = kVolumeHeadBytes - 10;  ///< the last bytes of the first page
  return has_at(head, kSignature, "SWAPSPACE2") || has_at(head, kSignature, "SWAP-SPACE");
}

VolumeKind other_kind(Bytes head) {
  if (has_at(head, 0, "LUKS\xBA\xBE")) return VolumeKind::luks;
  if (has_at(head, 32, "NXSB")) return VolumeKind::apfs;
  if (is_lvm(head)) return VolumeKind::lvm;
  if (is_ext(head)) return VolumeKind::ext;
  if (is_hfs_plus(head)) return VolumeKind::hfs_plus;
  if (is_swap(head)) return VolumeKind::swap;
  if (!head.empty() && all_zero(head)) return VolumeKind::empty;
  return VolumeKind::unknown;
}

/// Up to `size` bytes at `offset`.
Result<std::vector<std::byte>> read_up_to(ByteSource& source, std::uint64_t offset,
                                          std::size_t size) {
  const std::uint64_t there = source.size() > offset ? source.size() - offset : 0;
  std::vector<std::byte> bytes(static_cast<std::size_t>(std::min<std::uint64_t>(size, there)));
  HOZEN_TRY(const std::size_t count, source.read_some(offset, bytes));
  bytes.resize(count);
  return bytes;
}

bool has_ntfs_backup(ByteSource& volume) {
  if (volume.size() < 2 * kVolumeHeadBytes) return false;
  bool found = false;
  ntfs::each_boot_copy(volume, [&](const ntfs::BootSector& /*copy*/, std::uint64_t /*offset*/) {
    found = true;
    return false;
  });
  return found;
}

struct KindText {
  std::string_view name, description;
};

/// In the order of the enumeration.
constexpr std::array kKinds{
    KindText{"unknown", "no file system that is known here"},
    KindText{"empty",
             "nothing but zeros at its beginning, and no copy of an NTFS boot sector in its last "
             "64 MiB"},
    KindText{"ntfs", "NTFS"},
    KindText{
        "bitlocker",
        "encrypted with BitLocker: make an image of the unlocked volume, or decrypt it with the "
        "recovery key (manage-bde, dislocker)"},
    KindText{"bitlocker_to_go",
             "encrypted with BitLocker To Go: make an image of the unlocked volume, or decrypt it "
             "with the recovery key (manage-bde, dislocker)"},
    KindText{"refs", "ReFS, which is not read here"},
    KindText{"exfat", "exFAT, which is not read here"},
    KindText{"fat12", "FAT12, which is not read here"},
    KindText{"fat16", "FAT16, which is not read here"},
    KindText{"fat32", "FAT32, which is not read here"},
    KindText{"ext", "a Linux file system (ext2, ext3, ext4), which is not read here"},
    KindText{"swap", "Linux swap space"},
    KindText{"lvm", "a physical volume of Linux LVM: its logical volumes are not read here"},
    KindText{"luks", "encrypted with Linux LUKS"},
    KindText{"hfs_plus", "HFS+ of macOS, which is not read here"},
    KindText{"apfs", "APFS of macOS, which is not read here"},
};
static_assert(kKinds.size() == static_cast<std::size_t>(VolumeKind::apfs) + 1);

/// In the order of the enumeration.
constexpr std::array kContainers{
    KindText{"vhd_fixed", "a VHD of fixed size: the raw disk with a footer behind it"},
    KindText{"vhd",
             "a VHD that grows or that holds differences: convert it to a raw image first, for "
             "example with \"qemu-img convert -O raw\" (a differencing one with its parents)"},
    KindText{
        "vhdx",
        "a VHDX: convert it to a raw image first, for example with \"qemu-img convert -O raw\""},
    KindText{
        "ewf",
        "an EnCase image (EWF): convert it to a raw image first, for example with \"ewfexport\" "
        "or FTK Imager"},
    KindText{
        "ewf_logical",
        "a logical EnCase image (files, not a disk): export its files first and read them as a "
        "folder"},
    KindText{"vmdk",
             "a VMware disk (VMDK): convert it to a raw image first, for example with \"qemu-img "
             "convert -O raw\"; of a disk with a descriptor and flat files, the -flat.vmdk is raw"},
    KindText{
        "qcow",
        "a QEMU disk (QCOW): convert it to a raw image first with \"qemu-img convert -O raw\""},
    KindText{
        "vdi",
        "a VirtualBox disk (VDI): convert it to a raw image first, for example with \"qemu-img "
        "convert -O raw\""},
    KindText{"aff",
             "an AFF image: convert it to a raw image first, for example with \"affconvert -r\""},
    KindText{"zip",
             "a zip file, as AFF4 images are: unpack it, or convert the AFF4 image to a raw one "
             "first, for example with \"aff4imager -e\""},
    KindText{"wim",
             "a Windows image (WIM: files, not a disk): apply it first, for example with "
             "\"wimlib-imagex apply\", and read the folder"},
    KindText{"gzip", "compressed with gzip: unpack it first, for example with \"gzip -d\""},
    KindText{"xz", "compressed with xz: unpack it first, for example with \"xz -d\""},
    KindText{"bzip2", "compressed with bzip2: unpack it first, for example with \"bzip2 -d\""},
    KindText{"zstd", "compressed with zstd: unpack it first, for example with \"zstd -d\""},
    KindText{"seven_zip", "a 7z archive: unpack it first, for example with \"7z x\""},
};
static_assert(kContainers.size() == static_cast<std::size_t>(ImageContainer::seven_zip) + 1);

struct Signature {
  std::uint64_t offset;
  std::string_view bytes;
  ImageContainer container;
};

constexpr std::array kSignatures{
    Signature{0, "conectix", ImageContainer::vhd},
    Signature{0, "vhdxfile", ImageContainer::vhdx},
    Signature{0, "EVF\x09\x0D\x0A\xFF\x00"sv, ImageContainer::ewf},
    Signature{0, "EVF2\x0D\x0A\x81\x00"sv, ImageContainer::ewf},
    Signature{0, "LVF\x09\x0D\x0A\xFF\x00"sv, ImageContainer::ewf_logical},
    Signature{0, "LEF2\x0D\x0A\x81\x00"sv, ImageContainer::ewf_logical},
    Signature{0, "KDMV", ImageContainer::vmdk},
    Signature{0, "COWD", ImageContainer::vmdk},
    Signature{0, "# Disk DescriptorFile", ImageContainer::vmdk},
    Signature{0, "QFI\xFB", ImageContainer::qcow},
    Signature{0x40, "\x7F\x10\xDA\xBE", ImageContainer::vdi},
    Signature{0, "AFF10\r\n\0"sv, ImageContainer::aff},
    Signature{0, "PK\3\4", ImageContainer::zip},
    Signature{0, "MSWIM\0\0\0"sv, ImageContainer::wim},
    Signature{0, "\x1F\x8B\x08", ImageContainer::gzip},
    Signature{0, "\xFD\x37zXZ\0"sv, ImageContainer::xz},
    Signature{0, "BZh", ImageContainer::bzip2},
    Signature{0, "\x28\xB5\x2F\xFD", ImageContainer::zstd},
    Signature{0, "7z\xBC\xAF\x27\x1C", ImageContainer::seven_zip},
};

std::uint64_t big_endian(Bytes data, std::uint64_t offset, std::uint64_t size) {
  std::uint64_t value = 0;
  for (std::uint64_t i = 0; i < size; ++i)
    value = value << 8 | data.get<std::uint8_t>(offset + i).value_or(0);
  return value;
}

/// Of a VHD that is not of fixed size the copy at the beginning speaks.
bool is_fixed_vhd_footer(Bytes footer, std::uint64_t file_bytes) {
  constexpr std::uint64_t kSizeOffset = 48, kTypeOffset = 60, kSumOffset = 64, kFixed = 2;
  if (!has_at(footer, 0, "conectix") || big_endian(footer, kTypeOffset, 4) != kFixed) return false;
  if (big_endian(footer, kSizeOffset, 8) != file_bytes - kVhdFooterBytes) return false;
  std::uint32_t sum = 0;
  for (std::uint64_t i = 0; i < kVhdFooterBytes; ++i)
    if (i < kSumOffset || i >= kSumOffset + 4) sum += footer.get<std::uint8_t>(i).value_or(0);
  return big_endian(footer, kSumOffset, 4) == (~sum & 0xFFFF'FFFFu);
}

}  // namespace

std::string_view to_text(VolumeKind kind) { return kKinds[static_cast<std::size_t>(kind)].name; }
std::string_view describe(VolumeKind kind) {
  return kKinds[static_cast<std::size_t>(kind)].description;
}

VolumeKind volume_kind_of(Bytes head) {
  const VolumeKind kind = boot_sector_kind(head);
  return kind != VolumeKind::unknown ? kind : other_kind(head.head(kVolumeHeadBytes));
}

bool has_boot_sector(VolumeKind kind) {
  return kind >= VolumeKind::ntfs && kind <= VolumeKind::fat32;
}

Result<VolumeHead> read_volume_kind(ByteSource& volume) {
  HOZEN_TRY(const auto head, read_up_to(volume, 0, kVolumeHeadBytes));
  const VolumeKind kind = volume_kind_of(Bytes{head});
  if (kind != VolumeKind::unknown && kind != VolumeKind::empty) return VolumeHead{kind, false};
  return has_ntfs_backup(volume) ? VolumeHead{VolumeKind::ntfs, true} : VolumeHead{kind, false};
}

std::string_view to_text(ImageContainer container) {
  return kContainers[static_cast<std::size_t>(container)].name;
}
std::string_view describe(ImageContainer container) {
  return kContainers[static_cast<std::size_t>(container)].description;
}

Result<std::optional<ImageContainer>> read_image_container(ByteSource& file) {
  constexpr std::size_t kHeadBytes = 512;
  HOZEN_TRY(const auto head, read_up_to(file, 0, kHeadBytes));
  for (const Signature& signature : kSignatures)
    if (has_at(Bytes{head}, signature.offset, signature.bytes))
      return std::optional{signature.container};
  if (file.size() < 2 * kVhdFooterBytes) return std::optional<ImageContainer>{};
  HOZEN_TRY(const auto footer,
            read_up_to(file, file.size() - kVhdFooterBytes, std::size_t{kVhdFooterBytes}));
  if (is_fixed_vhd_footer(Bytes{footer}, file.size()))
    return std::optional{ImageContainer::vhd_fixed};
  return std::optional<ImageContainer>{};
}

}  // namespace hozen
