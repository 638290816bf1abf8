#include "collector/formats/ntfs_bitmap.h"

#include <algorithm>
#include <bit>

namespace hozen::ntfs {
namespace {

/// Clusters of a file mostly lie near each other: 16 KiB tell of 512 MiB.
constexpr std::uint64_t kSliceBytes = 16u << 10;
constexpr std::uint64_t kSliceClusters = kSliceBytes * 8;

/// Bits set in `bytes` from bit `first` to before bit `end`.
std::uint64_t count_bits(std::span<const std::byte> bytes, std::uint64_t first, std::uint64_t end) {
  std::uint64_t used = 0;
  for (std::uint64_t bit = first; bit < end;) {
    auto value = std::to_integer<unsigned>(bytes[static_cast<std::size_t>(bit / 8)]);
    const std::uint64_t next = std::min((bit / 8 + 1) * 8, end);
    value >>= bit % 8;
    value &= (1u << (next - bit)) - 1;
    used += static_cast<std::uint64_t>(std::popcount(value));
    bit = next;
  }
  return used;
}

}  // namespace

Result<void> ClusterBitmap::load(std::uint64_t slice) {
  if (slice == loaded_) return {};
  loaded_ = ~std::uint64_t{0};
  const std::uint64_t offset = slice * kSliceBytes;
  const std::uint64_t size = bytes_->size();
  slice_.resize(static_cast<std::size_t>(size > offset ? std::min(size - offset, kSliceBytes) : 0));
  HOZEN_CHECK(bytes_->read(offset, slice_));
  loaded_ = slice;
  return {};
}

Result<std::uint64_t> ClusterBitmap::count_used(std::uint64_t first, std::uint64_t count) {
  const Error short_bitmap{Errc::truncated, "ntfs $Bitmap", bytes_->size()};
  if (first > clusters() || count > clusters() - first) return short_bitmap;
  std::uint64_t used = 0;
  for (const std::uint64_t end = first + count; first < end;) {
    const std::uint64_t slice = first / kSliceClusters;
    const std::uint64_t stop = std::min((slice + 1) * kSliceClusters, end);
    HOZEN_CHECK(load(slice));
    used += count_bits(slice_, first - slice * kSliceClusters, stop - slice * kSliceClusters);
    first = stop;
  }
  return used;
}

}  // namespace hozen::ntfs
