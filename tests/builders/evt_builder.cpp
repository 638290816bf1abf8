#include "tests/builders/evt_builder.h"

#include <algorithm>
#include <array>

#include "collector/base/text.h"

namespace hozen::builders {
namespace {

constexpr std::size_t kHeader = 48, kEnd = 40, kHead = 56;

void put(EvtBytes& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

void put_text(EvtBytes& out, std::string_view text) {
  for (const char16_t unit : utf16_from_wtf8(text)) put(out, unit, 2);
  put(out, 0, 2);
}

void align(EvtBytes& out) {
  while (out.size() % 4 != 0) out.push_back(std::byte{0});
}

void set_u32(EvtBytes& out, std::size_t offset, std::size_t value) {
  for (std::size_t i = 0; i < 4; ++i) out.at(offset + i) = static_cast<std::byte>(value >> (8 * i));
}

/// The order of texts, SID, strings and data is that of Windows.
EvtBytes record(const EvtEvent& event, std::uint32_t number) {
  EvtBytes out;
  put(out, 0, 4);
  for (const char c : std::string_view{"LfLe"}) put(out, static_cast<std::uint8_t>(c), 1);
  put(out, number, 4);
  put(out, event.generated, 4);
  put(out, event.written.value_or(event.generated), 4);
  put(out, event.event_id, 4);
  put(out, event.type, 2);
  put(out, event.strings.size(), 2);
  put(out, event.category, 2);
  put(out, 0, 2);  // flags
  put(out, 0, 8);  // closing record number, offset of the strings
  put(out, event.sid.size(), 4);
  put(out, 0, 4);
  put(out, event.data.size(), 4);
  put(out, 0, 4);
  put_text(out, event.source);
  put_text(out, event.computer);
  align(out);
  set_u32(out, 44, out.size());
  out.insert(out.end(), event.sid.begin(), event.sid.end());
  set_u32(out, 36, out.size());
  for (const std::string& text : event.strings) put_text(out, text);
  set_u32(out, 52, out.size());
  out.insert(out.end(), event.data.begin(), event.data.end());
  align(out);
  put(out, out.size() + 4, 4);
  set_u32(out, 0, out.size());
  return out;
}

}  // namespace

EvtBytes evt_sid(const std::vector<std::uint32_t>& parts) {
  EvtBytes out;
  put(out, 1, 1);
  put(out, parts.size(), 1);
  put(out, 0, 5);
  put(out, 5, 1);
  for (const std::uint32_t part : parts) put(out, part, 4);
  return out;
}

EvtBuilder::EvtBuilder(std::size_t file_bytes) : file_(file_bytes) { write_end(); }

/// Writes round the end of the file.
void EvtBuilder::write(std::size_t& at, const EvtBytes& bytes) {
  for (const std::byte one : bytes) {
    if (at == file_.size()) {
      at = kHeader;
      flags_ |= 2;
    }
    file_[at++] = one;
  }
}

/// Gives up the oldest records until `needed` bytes are free behind the newest.
void EvtBuilder::make_room(std::size_t needed) {
  const std::size_t ring = file_.size() - kHeader;
  std::size_t used = 0;
  for (const Live& one : live_) used += one.bytes;
  while (!live_.empty() && ring - used < needed) {
    used -= live_.front().bytes;
    live_.pop_front();
  }
}

EvtBuilder& EvtBuilder::event(const EvtEvent& event) {
  const std::uint32_t number = event.record_number.value_or(next_);
  const EvtBytes bytes = record(event, number);
  // A head is never split: what is too small for one is padded.
  const std::size_t left = file_.size() - end_;
  const std::size_t padding = left < kHead ? left : 0;
  make_room(padding + bytes.size() + kEnd);
  std::size_t at = end_;
  for (std::size_t i = 0; i < padding; i += 4) {
    EvtBytes unit;
    put(unit, 0x27, 4);
    write(at, unit);
  }
  if (at == file_.size()) {
    at = kHeader;
    flags_ |= 2;
  }
  if (!live_.empty()) live_.back().bytes += padding;
  live_.push_back({number, at, bytes.size()});
  places_.emplace_back(at, bytes.size());
  write(at, bytes);
  if (at == file_.size()) {
    at = kHeader;
    flags_ |= 2;
  }
  end_ = at;
  next_ = number + 1;
  write_end();
  return *this;
}

void EvtBuilder::write_end() {
  EvtBytes out;
  put(out, kEnd, 4);
  for (const std::uint32_t mark : {0x11111111u, 0x22222222u, 0x33333333u, 0x44444444u})
    put(out, mark, 4);
  put(out, live_.empty() ? end_ : live_.front().offset, 4);
  put(out, end_, 4);
  put(out, next_, 4);
  put(out, live_.empty() ? 0 : live_.front().number, 4);
  put(out, kEnd, 4);
  std::size_t at = end_;
  write(at, out);
}

EvtBytes EvtBuilder::header() const {
  EvtBytes out;
  put(out, kHeader, 4);
  for (const char c : std::string_view{"LfLe"}) put(out, static_cast<std::uint8_t>(c), 1);
  put(out, 1, 4);
  put(out, 1, 4);
  put(out, live_.empty() ? end_ : live_.front().offset, 4);
  put(out, end_, 4);
  put(out, next_, 4);
  put(out, live_.empty() ? 0 : live_.front().number, 4);
  put(out, file_.size(), 4);
  put(out, flags_, 4);
  put(out, 604'800, 4);  // a week
  put(out, kHeader, 4);
  return out;
}

EvtBuilder& EvtBuilder::stale_header() {
  flags_ |= 1;
  kept_header_ = header();
  return *this;
}

EvtBuilder& EvtBuilder::dirty() {
  flags_ |= 1;
  return *this;
}

EvtBuilder& EvtBuilder::cleared() {
  live_.clear();
  end_ = kHeader;
  next_ = 1;
  flags_ = 0;
  write_end();
  return *this;
}

EvtBuilder& EvtBuilder::set_u32(std::size_t offset, std::uint32_t value) {
  patches_.push_back({Patch::Kind::number, offset, 4, value});
  return *this;
}
EvtBuilder& EvtBuilder::fill(std::size_t offset, std::size_t bytes, std::uint8_t value) {
  patches_.push_back({Patch::Kind::fill, offset, bytes, value});
  return *this;
}
EvtBuilder& EvtBuilder::truncate_at(std::size_t size) {
  patches_.push_back({Patch::Kind::cut, 0, size, 0});
  return *this;
}
EvtBuilder& EvtBuilder::append(std::size_t zeros) {
  patches_.push_back({Patch::Kind::append, 0, zeros, 0});
  return *this;
}

EvtBytes EvtBuilder::bytes() const {
  EvtBytes out = file_;
  const EvtBytes head = kept_header_.value_or(header());
  std::copy(head.begin(), head.end(), out.begin());
  for (const Patch& patch : patches_) switch (patch.kind) {
      case Patch::Kind::number:
        builders::set_u32(out, patch.offset, patch.value);
        break;
      case Patch::Kind::fill:
        for (std::size_t i = 0; i < patch.bytes; ++i)
          out.at(patch.offset + i) = static_cast<std::byte>(patch.value);
        break;
      case Patch::Kind::cut:
        out.resize(std::min(out.size(), patch.bytes));
        break;
      case Patch::Kind::append:
        out.resize(out.size() + patch.bytes);
        break;
    }
  return out;
}

}  // namespace hozen::builders
