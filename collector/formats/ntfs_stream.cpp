#include "collector/formats/ntfs_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "collector/base/read_before_fault.h"
#include "collector/formats/lznt1.h"

namespace hozen::ntfs {
namespace {

std::span<std::byte> head(std::span<std::byte> bytes, std::uint64_t size) {
  return bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(size, bytes.size())));
}

}  // namespace

RunSource::RunSource(std::shared_ptr<ByteSource> volume, std::uint32_t cluster_bytes,
                     StreamLayout layout)
    : volume_{std::move(volume)}, cluster_bytes_{cluster_bytes}, layout_{std::move(layout)} {}

const Run* RunSource::find_run(std::uint64_t vcn) {
  const auto holds = [&](const Run& run) { return vcn >= run.vcn && vcn - run.vcn < run.clusters; };
  for (const std::size_t guess : {last_run_, last_run_ + 1})
    if (guess < layout_.runs.size() && holds(layout_.runs[guess])) {
      last_run_ = guess;
      return &layout_.runs[guess];
    }
  const auto after = std::upper_bound(layout_.runs.begin(), layout_.runs.end(), vcn,
                                      [](std::uint64_t v, const Run& run) { return v < run.vcn; });
  if (after == layout_.runs.begin() || !holds(*std::prev(after))) return nullptr;
  last_run_ = static_cast<std::size_t>(std::prev(after) - layout_.runs.begin());
  return &layout_.runs[last_run_];
}

Result<std::size_t> RunSource::read_some(std::uint64_t offset, std::span<std::byte> out) {
  if (offset >= layout_.size_bytes) return std::size_t{0};
  out = head(out, layout_.size_bytes - offset);
  std::size_t done = 0;
  while (done < out.size()) {
    const auto count = read_piece(offset + done, out.subspan(done));
    if (!count && done == 0) return count.error();
    if (!count) break;
    done += *count;
  }
  return done;
}

Result<std::size_t> RunSource::read_piece(std::uint64_t offset, std::span<std::byte> out) {
  if (offset >= layout_.initialized_bytes) {
    // What was not written yet has its clusters all the same: a size beyond them is damage.
    const std::uint64_t known = known_bytes();
    if (offset >= known)
      return Error{Errc::malformed, "ntfs stream: no clusters known here", offset};
    out = head(out, known - offset);
    std::fill(out.begin(), out.end(), std::byte{0});
    return out.size();
  }
  out = head(out, layout_.initialized_bytes - offset);
  return layout_.unit_clusters == 0 ? read_plain(offset, out) : read_compressed(offset, out);
}

/// The first byte of the first run behind `vcn`, or the end of the stream.
std::uint64_t RunSource::next_run_at(std::uint64_t vcn) const {
  const auto next = std::upper_bound(layout_.runs.begin(), layout_.runs.end(), vcn,
                                     [](std::uint64_t v, const Run& run) { return v < run.vcn; });
  if (next == layout_.runs.end() || next->vcn > ~std::uint64_t{0} / cluster_bytes_)
    return layout_.size_bytes;
  return next->vcn * cluster_bytes_;
}

std::uint64_t RunSource::resumes_at(std::uint64_t offset) {
  const std::uint64_t end = layout_.size_bytes;
  if (offset >= layout_.initialized_bytes) return end;
  const std::uint64_t vcn = offset / cluster_bytes_;
  const Run* const run = find_run(vcn);
  const std::uint64_t behind_gap = run == nullptr ? next_run_at(vcn) : offset;
  if (layout_.unit_clusters != 0) {
    const std::uint64_t unit_bytes = layout_.unit_clusters * cluster_bytes_;
    const std::uint64_t inside = offset % unit_bytes;
    if (offset / unit_bytes == loaded_unit_)
      for (const BadPart& bad : bad_parts_)
        if (inside >= bad.first && inside < bad.end)
          return std::min(offset - inside + bad.end, end);
    const std::uint64_t next_unit = (offset / unit_bytes + 1) * unit_bytes;
    return std::min(std::max(next_unit, behind_gap / unit_bytes * unit_bytes), end);
  }
  if (run == nullptr || run->is_sparse()) return std::min(behind_gap, end);
  const std::uint64_t into_run = offset - run->vcn * cluster_bytes_;
  const std::uint64_t place = run->lcn * cluster_bytes_ + into_run;
  const std::uint64_t run_bytes =
      std::min(run->clusters, ~std::uint64_t{0} / cluster_bytes_) * cluster_bytes_;
  const std::uint64_t step =
      place >= volume_->size() ? run_bytes : behind_piece(place, volume_->size()) - place;
  return std::min(offset + std::min(step, run_bytes - into_run), end);
}

/// Up to where the runs reach, in whole compression units.
std::uint64_t RunSource::known_bytes() const {
  if (layout_.runs.empty()) return 0;
  const std::uint64_t unit = std::max(layout_.unit_clusters, 1u);
  const std::uint64_t clusters = (layout_.runs.back().end_vcn() - 1) / unit * unit + unit;
  return std::min(clusters, ~std::uint64_t{0} / cluster_bytes_) * cluster_bytes_;
}

Result<std::size_t> RunSource::read_plain(std::uint64_t offset, std::span<std::byte> out) {
  const Run* const run = find_run(offset / cluster_bytes_);
  if (run == nullptr) return Error{Errc::malformed, "ntfs stream: no clusters known here", offset};
  const std::uint64_t into_run = offset - run->vcn * cluster_bytes_;
  // A sparse run can be longer than 64 bits of bytes.
  const std::uint64_t most = ~std::uint64_t{0} / cluster_bytes_;
  out = head(out, std::min(run->clusters, most) * cluster_bytes_ - into_run);
  if (run->is_sparse()) {
    std::fill(out.begin(), out.end(), std::byte{0});
    return out.size();
  }
  const std::uint64_t place = run->lcn * cluster_bytes_ + into_run;
  HOZEN_TRY(const std::size_t count, volume_->read_some(place, out));
  if (count == 0) return Error{Errc::truncated, "ntfs stream: clusters behind the end", place};
  return count;
}

Result<std::size_t> RunSource::read_compressed(std::uint64_t offset, std::span<std::byte> out) {
  const std::uint64_t unit_bytes = layout_.unit_clusters * cluster_bytes_;
  if (unit_bytes > kMaxUnitBytes)
    return Error{Errc::unsupported, "ntfs compression unit of more than 1 MiB", offset};
  const std::uint64_t unit = offset / unit_bytes;
  if (unit != loaded_unit_) HOZEN_CHECK(load_unit(unit));
  const auto inside = static_cast<std::size_t>(offset % unit_bytes);
  std::span<std::byte> part = std::span{unit_}.subspan(inside);
  for (const BadPart& bad : bad_parts_) {
    if (inside >= bad.end) continue;
    if (inside >= bad.first)
      return Error{Errc::malformed, "ntfs compression unit", offset - inside + bad.first,
                   bad.why.text()};
    part = part.first(bad.first - inside);
    break;
  }
  out = head(out, part.size());
  std::memcpy(out.data(), part.data(), out.size());
  return out.size();
}

Result<RunSource::Gathered> RunSource::gather_unit(std::uint64_t first_vcn,
                                                   std::span<std::byte> out) {
  Gathered gathered;
  const std::uint64_t end_vcn = first_vcn + layout_.unit_clusters;
  for (std::uint64_t vcn = first_vcn; vcn < end_vcn;) {
    const Run* const run = find_run(vcn);
    if (run == nullptr) {
      // The last unit of a file need not be allocated to its end.
      if (vcn != first_vcn && vcn * cluster_bytes_ >= layout_.size_bytes) break;
      return Error{Errc::malformed, "ntfs stream: no clusters known here", vcn * cluster_bytes_};
    }
    gathered.has_hole = run->is_sparse();
    if (gathered.has_hole) break;
    const std::uint64_t clusters = std::min(run->end_vcn(), end_vcn) - vcn;
    const auto part =
        out.subspan(gathered.bytes, static_cast<std::size_t>(clusters * cluster_bytes_));
    HOZEN_CHECK(volume_->read((run->lcn + (vcn - run->vcn)) * cluster_bytes_, part));
    gathered.bytes += part.size();
    vcn += clusters;
  }
  return gathered;
}

Result<void> RunSource::load_unit(std::uint64_t unit) {
  const auto unit_bytes = static_cast<std::size_t>(layout_.unit_clusters * cluster_bytes_);
  loaded_unit_ = ~std::uint64_t{0};
  bad_parts_.clear();
  unit_.resize(unit_bytes);
  packed_.resize(unit_bytes);
  HOZEN_TRY(const Gathered gathered, gather_unit(unit * layout_.unit_clusters, packed_));
  std::size_t made = gathered.bytes;
  if (!gathered.has_hole) {
    unit_.swap(packed_);
  } else if (gathered.bytes != 0) {
    Lznt1End end = decompress_lznt1(
        Bytes{std::span{packed_}.first(gathered.bytes)}, unit_, [&](std::size_t first, Error why) {
          bad_parts_.push_back(
              {first, std::min(first + kLznt1ChunkBytes, unit_bytes), std::move(why)});
        });
    made = end.produced;
    if (end.lost) bad_parts_.push_back({made, unit_bytes, *std::move(end.lost)});
  }
  std::fill(unit_.begin() + static_cast<std::ptrdiff_t>(made), unit_.end(), std::byte{0});
  loaded_unit_ = unit;
  return {};
}

}  // namespace hozen::ntfs
