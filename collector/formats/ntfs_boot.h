// The boot sector of an NTFS volume: its geometry and where the file table lies.
//
// Source: Linux NTFS documentation ("Boot sector ($Boot)"), libyal/libfsntfs "New Technologies File
// System (NTFS)", "The volume header"; checked with volumes of Windows 2000 to 11, mkntfs and
// ntfsinfo. Not read: the boot code.
#pragma once

#include <cstdint>

#include "collector/base/bytes.h"

namespace hozen::ntfs {

constexpr std::size_t kBootSectorBytes = 512;
/// 2 MiB clusters are the largest that Windows 10 makes.
constexpr std::uint32_t kMaxClusterBytes = 2u << 20;
constexpr std::uint32_t kMinRecordBytes = 512, kMaxRecordBytes = 65'536;

struct BootSector {
  std::uint32_t sector_bytes = 0;   ///< 256 to 4096, a power of two
  std::uint32_t cluster_bytes = 0;  ///< up to kMaxClusterBytes
  std::uint64_t total_sectors = 0;  ///< the copy of the boot sector that follows them aside
  std::uint64_t mft_lcn = 0, mirror_lcn = 0;
  std::uint32_t record_bytes = 0;  ///< of a file record: 1024, on 4Kn disks 4096
  std::uint32_t index_bytes = 0;   ///< of an index block, usually 4096
  std::uint64_t serial = 0;

  std::uint64_t volume_bytes() const { return total_sectors * sector_bytes; }
  std::uint64_t total_clusters() const { return volume_bytes() / cluster_bytes; }
  bool operator==(const BootSector&) const = default;
};

/// Bytes of a cluster that byte 13 of a boot sector says: a count of sectors, or from 0xF3 on the
/// negative logarithm of it (clusters of more than 64 KiB). 0 when NTFS can have none such.
std::uint32_t cluster_bytes_of(std::uint8_t stored, std::uint32_t sector_bytes);

/// True when the signature of NTFS stands where it belongs.
bool looks_like_ntfs(Bytes sector);

/// Errc::truncated for less than 512 bytes, Errc::malformed when the signature or a size is not one
/// that NTFS can have.
Result<BootSector> read_boot_sector(Bytes sector);

}  // namespace hozen::ntfs
