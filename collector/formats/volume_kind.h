// What the first sectors of a volume say it is, and what a file is that is no raw image.
//
// Source: NTFS, FAT: Microsoft "FAT: General Overview of On-Disk Format" 1.03 (cluster counts
// decide between FAT12, FAT16 and FAT32) and libyal/libfsntfs; exFAT: Microsoft "exFAT file system
// specification" 3.1; ReFS: libyal/libfsrefs (`ReFS` at 3, `FSRS` at 16); BitLocker: libyal/libbde
// (`-FVE-FS-` at 3; To Go: a FAT32 boot sector with the identifier at 424); ext, swap, LVM2, LUKS,
// HFS+, APFS: the signatures in their own documentation. Containers: Microsoft "Virtual Hard Disk
// Image Format Specification" (footer), MS-VHDX 2.2, libyal/libewf, VMware "Virtual Disk Format
// 5.0", QEMU "qcow2", VirtualBox VDI, AFF4 standard 1.0 (a zip file).
// Not read: what follows the first sectors: whether a volume can be read, its reader says. Swap of
// machines whose pages are not 4 KiB stays unknown.
#pragma once

#include <optional>
#include <string_view>

#include "collector/base/byte_source.h"
#include "collector/base/bytes.h"

namespace hozen {

enum class VolumeKind : std::uint8_t {
  unknown,
  empty,  ///< nothing but zeros at its beginning (and no copy of an NTFS boot sector near its end)
  ntfs,
  bitlocker,
  bitlocker_to_go,  ///< a removable drive: the FAT32 one sees holds the reader program only
  refs,
  exfat,
  fat12,
  fat16,
  fat32,
  ext,
  swap,
  lvm,
  luks,
  hfs_plus,
  apfs,
};

/// "ntfs", "bitlocker_to_go".
std::string_view to_text(VolumeKind kind);
/// For the operator: what it is, and for an encrypted or composed volume what must be done before
/// it can be read. One sentence without its full stop.
std::string_view describe(VolumeKind kind);

/// Bytes at the beginning of a volume that decide: the last signature ends there (swap).
constexpr std::size_t kVolumeHeadBytes = 4096;

/// What `head`, the first kVolumeHeadBytes of a volume or less, says. A boot sector must name the
/// file system and have a possible geometry.
VolumeKind volume_kind_of(Bytes head);
/// True for those whose first sector is a boot sector that ends, like an MBR, with 55 AA.
bool has_boot_sector(VolumeKind kind);

struct VolumeHead {
  VolumeKind kind = VolumeKind::unknown;
  bool from_backup = false;  ///< the first sector says nothing, and a copy of an NTFS one is there
};
/// The same for a volume that is the whole of `volume` (a disk: only when it has no partition
/// table, as its last sector may be that of a volume). Errc::io when it cannot be read.
Result<VolumeHead> read_volume_kind(ByteSource& volume);

/// A file that holds a disk in another form than its bytes.
enum class ImageContainer : std::uint8_t {
  vhd_fixed,  ///< the raw disk with a footer of 512 bytes behind it
  vhd,        ///< dynamic or differencing
  vhdx,
  ewf,          ///< EnCase .E01 and .Ex01
  ewf_logical,  ///< EnCase .L01 and .Lx01: files, not a disk
  vmdk,
  qcow,
  vdi,
  aff,  ///< AFF version 1 to 3
  zip,  ///< also AFF4
  wim,  ///< files, not a disk
  gzip,
  xz,
  bzip2,
  zstd,
  seven_zip,
};
constexpr std::uint64_t kVhdFooterBytes = 512;

/// "vhdx".
std::string_view to_text(ImageContainer container);
/// For the operator: what it is and how it becomes a raw image. One sentence without its full stop.
std::string_view describe(ImageContainer container);

/// What `file` is when it is not the bytes of a disk, from its first and last sectors; a footer of
/// a VHD counts only when its checksum and its size are right. Errc::io when it cannot be read.
Result<std::optional<ImageContainer>> read_image_container(ByteSource& file);

}  // namespace hozen
