#include "collector/formats/evt_event.h"

#include <algorithm>

#include "collector/base/sid.h"
#include "collector/base/text.h"

namespace hozen::evt {
namespace {

/// 0 says that there is no time.
FileTime time_of(std::uint32_t seconds) {
  return seconds == 0 ? FileTime{} : filetime_from_unix(std::int64_t{seconds}, 0);
}

/// SIDs have at most 15 parts (MS-DTYP 2.4.2).
constexpr std::uint32_t kMaxSidBytes = 8 + 15 * 4;

}  // namespace

std::string_view to_text(RecordPlace place) {
  constexpr std::string_view kTexts[] = {"live", "behind_damage", "slack"};
  return kTexts[static_cast<std::size_t>(place)];
}

std::string_view type_text(std::uint16_t type) {
  switch (type) {
    case 0:
      return "success";
    case 1:
      return "error";
    case 2:
      return "warning";
    case 4:
      return "information";
    case 8:
      return "success_audit";
    case 16:
      return "failure_audit";
    default:
      return {};
  }
}

std::optional<RecordHead> read_head(Bytes bytes) {
  const auto fields = bytes.fixed<kRecordHeadBytes>(0, "event record");
  if (!fields || bytes.tail(4).head(4).chars() != kSignature) return std::nullopt;
  RecordHead head;
  head.size = fields->u32<0>();
  if (head.size < kMinRecordBytes || head.size > kMaxRecordBytes || head.size % 4 != 0)
    return std::nullopt;
  head.record_number = fields->u32<8>();
  head.generated = time_of(fields->u32<12>());
  head.written = time_of(fields->u32<16>());
  head.event_id = fields->u32<20>();
  head.type = fields->u16<24>();
  head.strings = fields->u16<26>();
  head.category = fields->u16<28>();
  head.reserved_flags = fields->u16<30>();
  head.closing_record_number = fields->u32<32>();
  head.string_offset = fields->u32<36>();
  head.sid_bytes = fields->u32<40>();
  head.sid_offset = fields->u32<44>();
  head.data_bytes = fields->u32<48>();
  head.data_offset = fields->u32<52>();
  head.file_offset = bytes.base();
  head.before_wrap = head.size;
  return head;
}

bool is_plausible(const RecordHead& head) {
  const auto inside = [&](std::uint32_t offset, std::uint32_t bytes) {
    return bytes == 0 ||
           (offset >= kRecordHeadBytes && offset <= head.size && bytes <= head.size - offset);
  };
  return !type_text(head.type).empty() && inside(head.string_offset, head.strings) &&
         head.sid_bytes <= kMaxSidBytes && inside(head.sid_offset, head.sid_bytes) &&
         inside(head.data_offset, head.data_bytes);
}

void Event::load(const RecordHead& head, Bytes bytes) {
  head_ = head;
  bytes_ = bytes.head(head.size);
  fault_.reset();
  string_count_ = 0;
  data_ = {};
  sid_.clear();
  // The size stands again at the end; what is before it may be text or data.
  end_ = std::min<std::size_t>(bytes_.size(), head.size - 4);
  if (bytes_.size() < head.size)
    add_fault(Errc::truncated, "event record that another was written over", bytes_.size());
  else if (bytes_.get<std::uint32_t>(end_) != head.size)
    add_fault(Errc::malformed, "event record whose end does not repeat its size", end_);
  const std::size_t computer = read_text(kRecordHeadBytes, end_, source_, "event source");
  read_text(computer, end_, computer_, "event computer");
  read_sid();
  read_strings();
  read_data();
}

void Event::add_fault(Errc code, std::string_view what, std::uint64_t offset) {
  if (!fault_) fault_ = Error{code, std::string{what}, head_.offset_in_file(offset)};
}

/// The text at `offset` up to its NUL; returns the place behind that, `end` when there is none.
std::size_t Event::read_text(std::uint64_t offset, std::size_t end, std::string& out,
                             std::string_view what) {
  out.clear();
  if (offset >= end) {
    add_fault(Errc::truncated, what, std::min<std::uint64_t>(offset, end_));
    return end;
  }
  const Bytes area = bytes_.head(end).tail(offset);
  std::size_t units = 0;
  while (area.get<std::uint16_t>(2 * units).value_or(0) != 0) ++units;
  append_wtf8_from_utf16le(out, area.head(2 * units));
  const std::size_t behind = static_cast<std::size_t>(offset) + 2 * units + 2;
  if (behind <= end) return behind;
  add_fault(Errc::truncated, what, end);
  return end;
}

void Event::read_sid() {
  if (head_.sid_bytes == 0) return;
  const auto bytes = bytes_.head(end_).slice(head_.sid_offset, head_.sid_bytes, "event SID");
  if (!bytes)
    return add_fault(Errc::truncated, "event SID", std::min<std::uint64_t>(head_.sid_offset, end_));
  auto sid = parse_sid(*bytes);
  if (!sid) return add_fault(Errc::malformed, "event SID", head_.sid_offset);
  sid_ = *std::move(sid);
}

void Event::read_strings() {
  if (head_.strings == 0) return;
  std::size_t end = end_;
  // Data stands behind them; what the log says of data that is not there is not believed.
  if (head_.data_bytes != 0 && head_.data_offset > head_.string_offset)
    end = std::min<std::size_t>(end, head_.data_offset);
  if (head_.string_offset < kRecordHeadBytes)
    return add_fault(Errc::malformed, "event strings", head_.string_offset);
  std::uint64_t at = head_.string_offset;
  while (string_count_ < head_.strings) {
    if (at >= end)
      return add_fault(Errc::truncated, "event strings", std::min<std::uint64_t>(at, end_));
    if (string_count_ == strings_.size()) strings_.emplace_back();
    at = read_text(at, end, strings_[string_count_++], "event string");
  }
}

void Event::read_data() {
  if (head_.data_bytes == 0) return;
  const Bytes area = bytes_.head(end_);
  data_ = area.tail(head_.data_offset).head(head_.data_bytes);
  if (head_.data_offset < kRecordHeadBytes) {
    data_ = {};
    return add_fault(Errc::malformed, "event data", head_.data_offset);
  }
  if (data_.size() < head_.data_bytes)
    add_fault(Errc::truncated, "event data", std::min<std::uint64_t>(head_.data_offset, end_));
}

}  // namespace hozen::evt
