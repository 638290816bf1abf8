#include "collector/formats/ntfs_boot.h"

#include <bit>

namespace hozen::ntfs {
namespace {

constexpr std::uint64_t kSignatureOffset = 3;
constexpr std::string_view kSignature = "NTFS    ";

/// A size that is a count of `unit_bytes` when positive, else the negative logarithm of bytes; 0
/// when it is neither.
std::uint32_t size_of(std::int8_t stored, std::uint32_t unit_bytes) {
  constexpr int kMaxLog2 = 31;
  if (stored > 0) return static_cast<std::uint32_t>(stored) * unit_bytes;
  return stored < 0 && -stored <= kMaxLog2 ? std::uint32_t{1} << -stored : 0;
}

bool is_size(std::uint32_t value, std::uint32_t least, std::uint32_t most) {
  return std::has_single_bit(value) && value >= least && value <= most;
}

Error malformed(const char* what, std::uint64_t offset) { return {Errc::malformed, what, offset}; }

}  // namespace

std::uint32_t cluster_bytes_of(std::uint8_t stored, std::uint32_t sector_bytes) {
  constexpr std::uint8_t kLargestCount = 128;
  constexpr int kMaxLog2 = 13;  // 2 MiB in sectors of 256 bytes
  const int log2 = 256 - stored;
  std::uint64_t bytes = sector_bytes;
  if (stored <= kLargestCount)
    bytes *= stored;
  else
    bytes = log2 <= kMaxLog2 ? bytes << log2 : 0;
  return std::has_single_bit(bytes) && bytes <= kMaxClusterBytes ? static_cast<std::uint32_t>(bytes)
                                                                 : 0;
}

bool looks_like_ntfs(Bytes sector) {
  return sector.tail(kSignatureOffset).head(kSignature.size()).chars() == kSignature;
}

Result<BootSector> read_boot_sector(Bytes sector) {
  HOZEN_TRY(const auto fields, sector.fixed<kBootSectorBytes>(0, "ntfs boot sector"));
  const std::uint64_t base = sector.base();
  if (!looks_like_ntfs(sector)) return malformed("ntfs boot sector signature", base + 3);
  BootSector boot;
  boot.sector_bytes = fields.u16<11>();
  if (!is_size(boot.sector_bytes, 256, 4096)) return malformed("ntfs bytes per sector", base + 11);
  boot.cluster_bytes = cluster_bytes_of(fields.u8<13>(), boot.sector_bytes);
  if (boot.cluster_bytes == 0) return malformed("ntfs sectors per cluster", base + 13);
  boot.total_sectors = fields.u64<40>();
  if (boot.total_sectors == 0 || boot.total_sectors > (std::uint64_t{1} << 63) / boot.sector_bytes)
    return malformed("ntfs total sectors", base + 40);
  boot.mft_lcn = fields.u64<48>();
  boot.mirror_lcn = fields.u64<56>();
  boot.record_bytes = size_of(static_cast<std::int8_t>(fields.u8<64>()), boot.cluster_bytes);
  if (!is_size(boot.record_bytes, kMinRecordBytes, kMaxRecordBytes))
    return malformed("ntfs file record size", base + 64);
  boot.index_bytes = size_of(static_cast<std::int8_t>(fields.u8<68>()), boot.cluster_bytes);
  if (!is_size(boot.index_bytes, kMinRecordBytes, kMaxRecordBytes))
    return malformed("ntfs index block size", base + 68);
  boot.serial = fields.u64<72>();
  return boot;
}

}  // namespace hozen::ntfs
