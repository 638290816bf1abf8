#include "collector/formats/evt_ring.h"

#include <algorithm>
#include <span>

namespace hozen::evt {

Ring::Ring(ByteSource& file)
    : file_{file},
      size_{file.size() > kHeaderBytes ? (file.size() - kHeaderBytes) / 4 * 4 : 0},
      extent_{size_ == 0 ? 0 : size_ + kEndRecordBytes},
      window_(static_cast<std::size_t>(std::min<std::uint64_t>(extent_, kWindowBytes))) {}

void Ring::set_origin(std::uint64_t file_offset) {
  origin_ = file_offset - kHeaderBytes;
  window_size_ = 0;
}

std::uint64_t Ring::offset_in_file(std::uint64_t position) const {
  return kHeaderBytes + (origin_ + position) % size_;
}

std::uint64_t Ring::position_of(std::uint64_t file_offset) const {
  return (file_offset - kHeaderBytes + size_ - origin_) % size_;
}

/// In as many parts as the end of the file makes of it.
void Ring::load(std::uint64_t position) {
  window_at_ = position;
  window_size_ = 0;
  const auto room =
      static_cast<std::size_t>(std::min<std::uint64_t>(window_.size(), extent_ - position));
  while (window_size_ < room) {
    const std::uint64_t now = position + window_size_;
    const auto part =
        static_cast<std::size_t>(std::min<std::uint64_t>(room - window_size_, before_wrap(now)));
    const auto count =
        file_.read_some(offset_in_file(now), std::span{window_}.subspan(window_size_, part));
    if (!count || *count == 0) {
      error_ = count ? Error{Errc::truncated, "event log"} : count.error();
      error_->offset = offset_in_file(now);
      return;
    }
    window_size_ += *count;
  }
}

Bytes Ring::window_at(std::uint64_t position) {
  if (position >= extent_) return Bytes{{}, position};
  const std::uint64_t needed = std::min<std::uint64_t>(kMaxRecordBytes, extent_ - position);
  const bool there = position >= window_at_ && position + needed <= window_at_ + window_size_;
  if (!there && !error_) load(position);
  if (position < window_at_) return Bytes{{}, position};
  return Bytes{std::span{window_}.first(window_size_), window_at_}.tail(position - window_at_);
}

Bytes Ring::at(std::uint64_t position, std::uint64_t wanted) {
  return window_at(position).head(wanted);
}

}  // namespace hozen::evt
