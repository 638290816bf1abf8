#include "collector/module/volume_part.h"

#include <algorithm>

#include "collector/base/read_before_fault.h"

namespace hozen {

Result<void> ClusterMap::load(std::uint64_t offset, std::uint64_t size) {
  bits_.clear();
  if (bitmap_ == nullptr) return {};
  first_ = offset / cluster_bytes_;
  const std::uint64_t clusters = (size + cluster_bytes_ - 1) / cluster_bytes_;
  // What $Bitmap does not cover counts as used.
  bits_.assign(static_cast<std::size_t>((clusters + 7) / 8), std::byte{0xFF});
  const std::uint64_t at = first_ / 8;
  if (at >= bitmap_->size()) return {};
  const auto there =
      static_cast<std::size_t>(std::min<std::uint64_t>(bits_.size(), bitmap_->size() - at));
  if (auto read = bitmap_->read(at, std::span{bits_}.first(there)); !read) {
    std::fill(bits_.begin(), bits_.end(), std::byte{0xFF});
    return read;
  }
  add_more(clusters);
  return {};
}

bool ClusterMap::is_used(std::uint64_t offset) const {
  if (bitmap_ == nullptr) return true;
  const std::uint64_t cluster = offset / cluster_bytes_;
  // Behind the last cluster lie the copy of the boot sector and what a program may have hidden.
  if (cluster >= total_) return true;
  const std::uint64_t bit = cluster - first_;
  return (std::to_integer<unsigned>(bits_[static_cast<std::size_t>(bit / 8)]) >> (bit % 8) & 1) !=
         0;
}

std::uint64_t ClusterMap::same_until(std::uint64_t offset, std::uint64_t end) const {
  if (bitmap_ == nullptr) return end;
  const bool used = is_used(offset);
  std::uint64_t at = offset;
  while (at < end && is_used(at) == used) at = (at / cluster_bytes_ + 1) * cluster_bytes_;
  return std::min(at, end);
}

std::uint64_t ClusterMap::used_bytes(std::uint64_t begin, std::uint64_t end) const {
  std::uint64_t used = 0;
  for (std::uint64_t at = begin; at < end;) {
    const std::uint64_t next = same_until(at, end);
    if (is_used(at)) used += next - at;
    at = next;
  }
  return used;
}

/// Sets the bits of `more_` among the `clusters` loaded.
void ClusterMap::add_more(std::uint64_t clusters) {
  const auto behind = [](const ntfs::ClusterRun& run, std::uint64_t first) {
    return run.first + run.clusters <= first;
  };
  auto run = std::lower_bound(more_.begin(), more_.end(), first_, behind);
  for (; run != more_.end() && run->first < first_ + clusters; ++run) {
    const std::uint64_t end = std::min(run->first + run->clusters, first_ + clusters);
    for (std::uint64_t at = std::max(run->first, first_); at < end; ++at)
      bits_[static_cast<std::size_t>((at - first_) / 8)] |= std::byte{1}
                                                            << static_cast<int>((at - first_) % 8);
  }
}

Result<std::size_t> VolumePart::read_some(std::uint64_t offset, std::span<std::byte> out) {
  if (offset >= size_ || out.empty()) return std::size_t{0};
  const std::uint64_t begin = offset_ + offset;
  const std::uint64_t end = begin + std::min<std::uint64_t>(out.size(), size_ - offset);
  const std::uint64_t stop = map_.same_until(begin, end);
  const auto piece = out.first(static_cast<std::size_t>(stop - begin));
  if (map_.is_used(begin)) return read_used(begin, piece);
  std::fill(piece.begin(), piece.end(), std::byte{0});
  return piece.size();
}

Result<std::size_t> VolumePart::read_used(std::uint64_t at, std::span<std::byte> out) {
  const auto piece = out.first(static_cast<std::size_t>(
      std::min<std::uint64_t>(out.size(), kReadPieceBytes - at % kReadPieceBytes)));
  const auto asked = at < careful_until_ ? piece : out;
  auto got = volume_.read_some(at, asked);
  if (got && *got != 0) return got;
  if (got) return leave_out(at, out, {Errc::truncated, "volume", at, "it ends here"});
  if (asked.size() > piece.size()) {
    // A large read can fail as a whole, for one sector anywhere in it: only small ones tell which.
    careful_until_ = at + asked.size();
    return read_used(at, piece);
  }
  return leave_out(at, piece, got.error());
}

/// Zeros instead of what cannot be read.
std::size_t VolumePart::leave_out(std::uint64_t at, std::span<std::byte> lost, const Error& why) {
  std::fill(lost.begin(), lost.end(), std::byte{0});
  note_unreadable({at, lost.size()}, why);
  return lost.size();
}

void VolumePart::note_unreadable(VolumeRange range, const Error& why) {
  if (!first_error_) first_error_ = why;
  unreadable_bytes_ += range.size;
  if (range.offset == unreadable_end_) {
    if (more_unreadable_ == 0) unreadable_.back().size += range.size;
  } else if (unreadable_.size() < kMaxUnreadableRanges) {
    unreadable_.push_back(range);
  } else {
    ++more_unreadable_;
  }
  unreadable_end_ = range.offset + range.size;
}

}  // namespace hozen
