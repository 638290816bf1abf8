// Which clusters of an NTFS volume are in use: $Bitmap, one bit a cluster, the lowest bit first.
//
// Source: Linux NTFS documentation ("$Bitmap"), libyal/libfsntfs "Bitmap"; compared with blkstat of
// sleuthkit.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "collector/base/byte_source.h"

namespace hozen::ntfs {

/// Reads slices of the bitmap and keeps the last one: what it says is of the moment in which it is
/// read. Not safe for two threads at once.
class ClusterBitmap {
 public:
  /// `bytes`: the content of $Bitmap.
  explicit ClusterBitmap(std::unique_ptr<ByteSource> bytes) : bytes_{std::move(bytes)} {}

  /// Of so many clusters, the first ones, it says something.
  std::uint64_t clusters() const { return bytes_->size() * 8; }
  /// How many of `count` clusters from `first` on are in use. Errc::truncated where the bitmap ends
  /// before them, Errc::io.
  Result<std::uint64_t> count_used(std::uint64_t first, std::uint64_t count);

 private:
  Result<void> load(std::uint64_t slice);

  std::unique_ptr<ByteSource> bytes_;
  std::vector<std::byte> slice_;
  std::uint64_t loaded_ = ~std::uint64_t{0};
};

}  // namespace hozen::ntfs
