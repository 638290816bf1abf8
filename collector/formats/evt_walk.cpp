#include "collector/formats/evt_walk.h"

#include <algorithm>
#include <string>
#include <utility>

namespace hozen::evt {
namespace {

/// Where fewer than kRecordHeadBytes are left before the end of the file no record begins.
constexpr std::uint32_t kPadding = 0x27;

}  // namespace

const std::string_view kEndSignature{
    "\x28\0\0\0\x11\x11\x11\x11\x22\x22\x22\x22\x33\x33\x33\x33\x44\x44\x44\x44", 20};

std::uint64_t find_in_ring(Ring& ring, std::uint64_t position, std::uint64_t limit,
                           std::string_view bytes) {
  while (position < limit) {
    const Bytes window = ring.window_at(position).head(limit - position);
    if (window.size() < bytes.size()) return limit;
    for (std::size_t at = 0; (at = window.chars().find(bytes, at)) != std::string_view::npos; ++at)
      if (ring.offset_in_file(position + at) % 4 == 0) return position + at;
    // What stands across the end of the window comes again.
    const std::size_t step = window.size() - bytes.size() + 1;
    position += std::max<std::size_t>(step / 4 * 4, 4);
  }
  return limit;
}

std::optional<EndRecord> end_record_at(Ring& ring, std::uint64_t position) {
  const Bytes bytes = ring.at(position, kEndRecordBytes);
  const auto fields = bytes.fixed<kEndRecordBytes>(0, "event log end record");
  if (!fields || !bytes.chars().starts_with(kEndSignature)) return std::nullopt;
  EndRecord end;
  end.file_offset = ring.offset_in_file(position);
  end.start_offset = fields->u32<20>();
  end.end_offset = fields->u32<24>();
  end.next_record = fields->u32<28>();
  end.oldest_record = fields->u32<32>();
  const bool agrees = fields->u32<36>() == kEndRecordBytes && end.end_offset == end.file_offset &&
                      ring.contains(end.start_offset);
  return agrees ? std::optional{end} : std::nullopt;
}

std::uint64_t LogWalk::behind_padding(std::uint64_t position) const {
  const std::uint64_t left = ring_.before_wrap(position);
  return left < kRecordHeadBytes ? position + left : position;
}

/// The record at `position`, which ends before `limit` unless it is cut off: then by the next
/// record or end record that stands in it.
std::optional<LogWalk::Found> LogWalk::record_at(std::uint64_t position, std::uint64_t limit) {
  if (ring_.before_wrap(position) < kRecordHeadBytes) return std::nullopt;
  auto head = read_head(ring_.at(position, kRecordHeadBytes));
  if (!head) return std::nullopt;
  head->file_offset = ring_.offset_in_file(position);
  head->before_wrap =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(head->size, ring_.before_wrap(position)));
  Found found{*head};
  const std::uint64_t end = position + head->size;
  if (end <= limit) {
    found.bytes = head->size;
    found.is_whole = ring_.at(end - 4, 4).get<std::uint32_t>(0) == head->size;
    if (found.is_whole) return found;
  }
  if (!is_plausible(*head)) return std::nullopt;
  const std::uint64_t behind = std::min(end, limit), first = position + kRecordHeadBytes;
  std::uint64_t cut = next_record(std::min(first, behind), behind);
  cut = std::min(cut, find_in_ring(ring_, std::min(first, behind), cut, kEndSignature));
  if (cut < first) return std::nullopt;
  found.bytes = static_cast<std::uint32_t>(cut - position);
  return found;
}

/// The next place where a head stands that can be one.
std::uint64_t LogWalk::next_record(std::uint64_t position, std::uint64_t limit) {
  while (position < limit) {
    const std::uint64_t at = find_in_ring(ring_, position + 4, limit, kSignature);
    if (at >= limit) return limit;
    position = at - 4;
    if (ring_.before_wrap(position) >= kRecordHeadBytes &&
        read_head(ring_.at(position, kRecordHeadBytes)))
      return position;
    position += 4;
  }
  return limit;
}

bool LogWalk::is_followed(std::uint64_t position, std::uint64_t limit) {
  position = behind_padding(position);
  if (position >= limit) return position == limit || is_known_end_;
  return read_head(ring_.at(position, kRecordHeadBytes)).has_value();
}

/// Whether there is nothing but what Windows pads with, or zeros.
bool LogWalk::is_filler(std::uint64_t position, std::uint64_t end) {
  while (position < end) {
    const Bytes window = ring_.window_at(position).head(end - position);
    if (window.size() < 4) return false;
    for (std::size_t at = 0; at + 4 <= window.size(); at += 4)
      if (const auto unit = window.get<std::uint32_t>(at); unit != kPadding && unit != 0u)
        return false;
    position += window.size() / 4 * 4;
  }
  return true;
}

bool LogWalk::visit(std::uint64_t position, Found found, RecordPlace place) {
  found.head.place = place;
  event_.load(found.head, ring_.at(position, found.bytes));
  ++(place == RecordPlace::live ? counts_.records : counts_.recovered);
  return visitor_.event(event_);
}

bool LogWalk::read_live(const Bounds& bounds) {
  ring_.set_origin(bounds.start);
  is_known_end_ = bounds.end.has_value();
  const std::uint64_t limit = bounds.end ? ring_.position_of(*bounds.end) : ring_.size();
  rest_ = bounds.end ? limit + kEndRecordBytes : 0;
  Step step = Step::go_on;
  while (step == Step::go_on && at_ < limit && !ring_.error())
    step = is_known_end_ ? step_live(limit) : step_unbounded(limit);
  if (!is_known_end_) rest_ = at_;
  return step != Step::stopped;
}

/// Reads the record at at_, or goes on behind what is none.
LogWalk::Step LogWalk::step_live(std::uint64_t limit) {
  at_ = behind_padding(at_);
  if (at_ >= limit) return Step::end;
  const auto found = record_at(at_, limit);
  if (found && (found->is_whole ||
                (found->bytes == found->head.size && is_followed(at_ + found->head.size, limit))))
    return take(*found, is_damaged_ ? RecordPlace::behind_damage : RecordPlace::live);
  const std::uint64_t from = at_;
  at_ = next_record(at_ + 4, limit);
  if (!found && is_filler(from, at_)) return Step::go_on;
  is_damaged_ = true;
  ++counts_.damaged_areas;
  visitor_.problem({Errc::malformed,
                    "event log: " + std::to_string(at_ - from) + " bytes that are no whole record",
                    ring_.offset_in_file(from)});
  if (found && !visit(from, *found, RecordPlace::behind_damage)) return Step::stopped;
  return Step::go_on;
}

/// The same where the end is not known: the first gap, in numbers too, is taken for it.
LogWalk::Step LogWalk::step_unbounded(std::uint64_t limit) {
  const std::uint64_t position = behind_padding(at_);
  if (position >= limit) return Step::end;
  const auto found = record_at(position, limit);
  if (!found || !found->is_whole ||
      (last_number_ && found->head.record_number != *last_number_ + 1))
    return Step::end;
  at_ = position;
  last_number_ = found->head.record_number;
  return take(*found, RecordPlace::live);
}

LogWalk::Step LogWalk::take(const Found& found, RecordPlace place) {
  const std::uint64_t position = at_;
  at_ += found.bytes;
  return visit(position, found, place) ? Step::go_on : Step::stopped;
}

bool LogWalk::scan(std::uint64_t position, std::uint64_t limit, RecordPlace place) {
  while ((position = next_record(position, limit)) < limit && !ring_.error()) {
    const auto found = record_at(position, limit);
    if (!found) {
      position += 4;
      continue;
    }
    if (!visit(position, *found, place)) return false;
    position += std::max<std::uint32_t>(found->bytes, 4);
  }
  return true;
}

bool LogWalk::recover() {
  return rest_ >= ring_.size() || scan(rest_, ring_.size(), RecordPlace::slack);
}

}  // namespace hozen::evt
