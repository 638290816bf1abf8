// A part of a volume as it is copied: what is in use, and zeros for the rest and for what cannot be
// read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/formats/ntfs_bitmap_check.h"

namespace hozen {

struct VolumeRange {
  std::uint64_t offset = 0, size = 0;
};

/// Unreadable places of one part that are told one by one.
constexpr std::size_t kMaxUnreadableRanges = 1000;

/// Which clusters are in use, as $Bitmap says: a bit a cluster, lowest bit first.
class ClusterMap {
 public:
  /// `bitmap` may be nullptr: everything is in use.
  ClusterMap(ByteSource* bitmap, std::uint64_t cluster_bytes, std::uint64_t total_clusters)
      : bitmap_{bitmap}, cluster_bytes_{cluster_bytes}, total_{total_clusters} {}

  /// These are in use too, whatever $Bitmap says; in order.
  void add(std::vector<ntfs::ClusterRun> runs) { more_ = std::move(runs); }

  /// Loads what is needed for `size` bytes at `offset`, which begins a cluster whose number is a
  /// multiple of 8. What fails leaves all of it in use.
  Result<void> load(std::uint64_t offset, std::uint64_t size);
  bool is_used(std::uint64_t offset) const;
  /// Up to where all is used, or not used, as it is at `offset`; at most `end`.
  std::uint64_t same_until(std::uint64_t offset, std::uint64_t end) const;
  /// Bytes in use of those loaded.
  std::uint64_t used_bytes(std::uint64_t begin, std::uint64_t end) const;

 private:
  void add_more(std::uint64_t clusters);

  ByteSource* bitmap_;
  std::uint64_t cluster_bytes_, total_, first_ = 0;
  std::vector<std::byte> bits_;
  std::vector<ntfs::ClusterRun> more_;
};

/// The bytes of one part, which `map` has loaded.
class VolumePart final : public ByteSource {
 public:
  VolumePart(ByteSource& volume, const ClusterMap& map, std::uint64_t offset, std::uint64_t size)
      : volume_{volume}, map_{map}, offset_{offset}, size_{size} {}

  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override;
  std::vector<VolumeRange> take_unreadable() { return std::move(unreadable_); }
  /// Places beyond those of take_unreadable().
  std::uint64_t more_unreadable() const { return more_unreadable_; }
  std::uint64_t unreadable_bytes() const { return unreadable_bytes_; }
  const std::optional<Error>& first_error() const { return first_error_; }

 private:
  Result<std::size_t> read_used(std::uint64_t at, std::span<std::byte> out);
  std::size_t leave_out(std::uint64_t at, std::span<std::byte> lost, const Error& why);
  void note_unreadable(VolumeRange range, const Error& why);

  ByteSource& volume_;
  const ClusterMap& map_;
  const std::uint64_t offset_, size_;
  std::vector<VolumeRange> unreadable_;
  std::uint64_t unreadable_bytes_ = 0, more_unreadable_ = 0;
  std::uint64_t careful_until_ = 0;                   // up to there in small pieces
  std::uint64_t unreadable_end_ = ~std::uint64_t{0};  // of the last one
  std::optional<Error> first_error_;
};

}  // namespace hozen
