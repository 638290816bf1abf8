#include "collector/formats/ntfs_boot_search.h"

#include <algorithm>
#include <vector>

namespace hozen::ntfs {
namespace {

constexpr std::uint64_t kLeastSector = kBootSectorBytes, kLargestSector = 4096;
constexpr std::uint64_t kBlockBytes = 1u << 20;

/// Up to a whole block from `offset` on; without what cannot be read.
std::span<const std::byte> read_block(ByteSource& volume, std::uint64_t offset, std::uint64_t size,
                                      std::vector<std::byte>& buffer) {
  buffer.resize(static_cast<std::size_t>(size));
  const auto count = volume.read_some(offset, buffer);
  return std::span{buffer}.first(count ? *count : 0);
}

}  // namespace

Result<BootSector> read_boot_at(ByteSource& volume, std::uint64_t offset) {
  std::vector<std::byte> sector(kBootSectorBytes);
  HOZEN_CHECK(volume.read(offset, sector));
  return read_boot_sector(Bytes{sector, offset});
}

void each_boot_copy(ByteSource& volume,
                    FunctionRef<bool(const BootSector& copy, std::uint64_t offset)> visit) {
  const std::uint64_t size = volume.size();
  std::vector<std::uint64_t> visited;
  for (std::uint64_t sector = kLeastSector; sector <= kLargestSector; sector *= 2) {
    if (size < 2 * sector) break;
    const std::uint64_t offset = size / sector * sector - sector;
    const auto copy = read_boot_at(volume, offset);
    if (copy && !visit(*copy, offset)) return;
    visited.push_back(offset);
  }
  const std::uint64_t stop = size > kBootSearchBytes ? size - kBootSearchBytes : 0;
  std::vector<std::byte> buffer;
  for (std::uint64_t end = size / kLeastSector * kLeastSector; end > stop;) {
    const std::uint64_t begin = end - std::min(kBlockBytes, end - stop);
    const auto block = read_block(volume, begin, end - begin, buffer);
    for (std::size_t at = block.size() / kBootSectorBytes * kBootSectorBytes; at != 0;) {
      at -= kBootSectorBytes;
      const Bytes sector{block.subspan(at, kBootSectorBytes), begin + at};
      const std::uint64_t offset = begin + at;
      if (offset == 0 || !looks_like_ntfs(sector)) continue;
      if (std::find(visited.begin(), visited.end(), offset) != visited.end()) continue;
      const auto copy = read_boot_sector(sector);
      if (copy && copy->volume_bytes() == offset && !visit(*copy, offset)) return;
    }
    end = begin;
  }
}

}  // namespace hozen::ntfs
