#include "collector/engine/gap_source.h"

#include <algorithm>
#include <utility>

namespace hozen {
namespace {

bool begins_behind(std::uint64_t offset, const FileGap& gap) { return offset < gap.offset; }

}  // namespace

const FileGap* GapSource::gap_at(std::uint64_t offset) const {
  const auto next = std::upper_bound(gaps_.begin(), gaps_.end(), offset, begins_behind);
  if (next == gaps_.begin()) return nullptr;
  const FileGap& gap = *std::prev(next);
  return offset - gap.offset < gap.size ? &gap : nullptr;
}

/// Where something can be read again.
std::optional<std::uint64_t> GapSource::find_end(std::uint64_t offset) {
  for (std::uint64_t at = offset; attempts_ < kMaxAttempts; ++attempts_) {
    const std::uint64_t next = inner_.resumes_at(at);
    if (next <= at || next >= inner_.size()) return std::nullopt;
    if (gap_at(next) != nullptr) return next;
    std::byte probe{};
    const auto count = inner_.read_some(next, {&probe, 1});
    if (count && *count == 0) return std::nullopt;
    if (count) return next;
    at = next;
  }
  return std::nullopt;
}

void GapSource::add(FileGap gap) {
  const auto next = std::upper_bound(gaps_.begin(), gaps_.end(), gap.offset, begins_behind);
  if (next != gaps_.begin() && std::prev(next)->offset + std::prev(next)->size == gap.offset)
    std::prev(next)->size += gap.size;
  else
    gaps_.insert(next, gap);
}

Result<std::size_t> GapSource::read_some(std::uint64_t offset, std::span<std::byte> out) {
  if (stops_ && stops_()) return inner_.read_some(offset, out);
  const FileGap* gap = gap_at(offset);
  if (gap == nullptr) {
    auto read = inner_.read_some(offset, out);
    if (read || gaps_.size() >= kMaxGaps) return read;
    const auto end = find_end(offset);
    if (!end) return read;
    if (!first_error_) first_error_ = std::move(read).error();
    add({offset, *end - offset});
    gap = gap_at(offset);
  }
  const std::uint64_t left = gap->offset + gap->size - offset;
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left));
  std::fill_n(out.begin(), count, std::byte{0});
  return count;
}

}  // namespace hozen
