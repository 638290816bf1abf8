#include "tests/builders/evtx_builder.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "collector/base/bytes.h"
#include "collector/base/text.h"

namespace hozen::builders {
namespace {

constexpr std::size_t kChunk = 65536, kHeader = 4096;

EvtxBytes little_endian(std::uint64_t value, std::size_t size) {
  EvtxBytes bytes(size);
  if (size != 0) std::memcpy(bytes.data(), &value, size);
  return bytes;
}

EvtxBytes utf16(std::string_view text) {
  const std::u16string units = utf16_from_wtf8(text);
  const auto bytes = std::as_bytes(std::span{units.data(), units.size()});
  return {bytes.begin(), bytes.end()};
}

void set(EvtxBytes& bytes, std::size_t offset, std::uint64_t value, std::size_t size) {
  std::memcpy(bytes.data() + offset, &value, size);
}

std::uint32_t crc(std::uint32_t before, const EvtxBytes& bytes, std::size_t from, std::size_t to) {
  const auto* data = static_cast<const Bytef*>(static_cast<const void*>(bytes.data() + from));
  return static_cast<std::uint32_t>(crc32_z(before, data, to - from));
}

/// The same text for the same element.
std::string key_of(const EvtxElement& element);
std::string key_of(const std::vector<EvtxPart>& parts) {
  std::string key;
  for (const EvtxPart& part : parts) {
    key += std::to_string(static_cast<int>(part.kind)) + part.text + ";" +
           std::to_string(part.number) + (part.optional ? "o" : "n") + std::to_string(part.type);
    if (part.element) key += "(" + key_of(*part.element) + ")";
  }
  return key;
}
std::string key_of(const EvtxElement& element) {
  std::string key = element.name + "[";
  for (const EvtxAttribute& one : element.attributes) key += one.name + "=" + key_of(one.parts);
  return key + "]" + key_of(element.content);
}

EvtxPart leaf(std::string_view name, EvtxPart content, std::vector<EvtxAttribute> attributes = {}) {
  return evtx_element({std::string{name}, std::move(attributes), {std::move(content)}});
}

/// Event with System and, as value 8, the section.
EvtxElement standard_event() {
  EvtxElement system{"System", {}, {}};
  system.content = {
      evtx_element({"Provider", {{"Name", {evtx_substitution(0)}}}, {}}),
      leaf("EventID", evtx_substitution(1)),
      leaf("Level", evtx_substitution(2)),
      leaf("Keywords", evtx_substitution(3)),
      evtx_element({"TimeCreated", {{"SystemTime", {evtx_substitution(4)}}}, {}}),
      leaf("EventRecordID", evtx_substitution(5)),
      evtx_element({"Correlation", {{"ActivityID", {evtx_substitution(9, true)}}}, {}}),
      leaf("Channel", evtx_substitution(6)),
      leaf("Computer", evtx_substitution(7)),
  };
  const EvtxAttribute space{
      "xmlns", {evtx_constant("http://schemas.microsoft.com/win/2004/08/events/event")}};
  return {"Event", {space}, {evtx_element(std::move(system)), evtx_substitution(8)}};
}

EvtxValue section_of(const EvtxEvent& event) {
  EvtxElement section{event.section, {}, {}};
  std::vector<EvtxValue> values;
  for (const auto& [name, value] : event.data) {
    const auto number = static_cast<std::uint16_t>(values.size());
    if (event.section != "EventData")
      section.content.push_back(leaf(name, evtx_substitution(number)));
    else
      section.content.push_back(name.empty() ? leaf("Data", evtx_substitution(number))
                                             : evtx_data(name, number));
    values.push_back(value);
  }
  if (event.section == "UserData")
    section.content = {evtx_element({"EventXML", {}, std::move(section.content)})};
  return evtx_embedded(std::move(section), std::move(values));
}

}  // namespace

std::string usual_provider(std::string_view channel, std::uint32_t event_id) {
  if (channel == "Security")
    return event_id == 1102 ? "Microsoft-Windows-Eventlog" : "Microsoft-Windows-Security-Auditing";
  if (channel != "System") return std::string{channel.substr(0, channel.find('/'))};
  if (event_id == 104) return "Microsoft-Windows-Eventlog";
  return event_id == 1 ? "Microsoft-Windows-Kernel-General" : "Service Control Manager";
}

EvtxPart evtx_constant(std::string_view text) { return {.text = std::string{text}}; }
EvtxPart evtx_substitution(std::uint16_t number, bool optional) {
  return {.kind = EvtxPart::Kind::value, .number = number, .optional = optional};
}
EvtxPart evtx_element(EvtxElement element) {
  return {.kind = EvtxPart::Kind::element,
          .element = std::make_shared<EvtxElement>(std::move(element))};
}
EvtxPart evtx_data(std::string_view name, std::uint16_t number) {
  return leaf("Data", evtx_substitution(number), {{"Name", {evtx_constant(name)}}});
}

EvtxValue evtx_null() { return {}; }
EvtxValue evtx_text(std::string_view text) { return {.type = 1, .bytes = utf16(text)}; }
EvtxValue evtx_number(std::uint8_t type, std::uint64_t value, std::size_t bytes) {
  return {.type = type, .bytes = little_endian(value, bytes)};
}
EvtxValue evtx_raw(std::uint8_t type, EvtxBytes bytes) {
  return {.type = type, .bytes = std::move(bytes)};
}
EvtxValue evtx_time(FileTime time) { return evtx_number(0x11, time.ticks, 8); }
EvtxValue evtx_guid(const Guid& guid) {
  return {.type = 0x0F, .bytes = {guid.bytes.begin(), guid.bytes.end()}};
}
EvtxValue evtx_sid(std::uint64_t authority, const std::vector<std::uint32_t>& parts) {
  EvtxBytes bytes{std::byte{1}, static_cast<std::byte>(parts.size())};
  for (int shift = 40; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<std::byte>(authority >> shift & 0xFF));
  for (const std::uint32_t part : parts)
    for (const std::byte b : little_endian(part, 4)) bytes.push_back(b);
  return {.type = 0x13, .bytes = std::move(bytes)};
}
EvtxValue evtx_texts(const std::vector<std::string>& texts) {
  EvtxValue value{.type = 0x81};
  for (const std::string& text : texts) {
    const EvtxBytes units = utf16(text);
    value.bytes.insert(value.bytes.end(), units.begin(), units.end());
    value.bytes.resize(value.bytes.size() + 2);
  }
  return value;
}
EvtxValue evtx_embedded(EvtxElement fragment, std::vector<EvtxValue> values, bool as_template) {
  return {.type = 0x21,
          .fragment = std::make_shared<EvtxElement>(std::move(fragment)),
          .as_template = as_template,
          .values = std::move(values)};
}

EvtxBuilder::Chunk& EvtxBuilder::chunk() {
  if (chunks_.empty()) chunks_.emplace_back();
  return chunks_.back();
}

void EvtxBuilder::put(std::uint64_t value, std::size_t size) {
  put_bytes(little_endian(value, size));
}
void EvtxBuilder::put_bytes(const EvtxBytes& bytes) {
  chunk().bytes.insert(chunk().bytes.end(), bytes.begin(), bytes.end());
}
void EvtxBuilder::put_units(std::string_view text) {
  const EvtxBytes units = utf16(text);
  put(units.size() / 2, 2);
  put_bytes(units);
}

void EvtxBuilder::put_name(std::string_view name) {
  auto& names = chunk().names;
  const auto here = static_cast<std::uint32_t>(chunk().bytes.size() + 4);
  const auto [found, is_new] = names.try_emplace(std::string{name}, here);
  put(found->second, 4);
  if (!is_new) return;
  std::uint32_t hash = 0;
  for (const char c : name) hash = hash * 65599u + static_cast<unsigned char>(c);
  put(0, 4);
  put(hash & 0xFFFF, 2);
  put_units(name);
  put(0, 2);
}

void EvtxBuilder::put_part(const EvtxPart& part, bool in_value) {
  switch (part.kind) {
    case EvtxPart::Kind::text:
      put(0x0105, 2);
      return put_units(part.text);
    case EvtxPart::Kind::cdata:
      put(0x07, 1);
      return put_units(part.text);
    case EvtxPart::Kind::character:
      put(0x08, 1);
      return put(part.number, 2);
    case EvtxPart::Kind::entity:
      put(0x09, 1);
      return put_name(part.text);
    case EvtxPart::Kind::instruction:
      put(0x0A, 1);
      put_name(part.text);
      put(0x0B, 1);
      return put_units("data");
    case EvtxPart::Kind::value:
      put(part.optional ? 0x0E : 0x0D, 1);
      put(part.number, 2);
      return put(part.type, 1);
    case EvtxPart::Kind::element:
      return put_element(*part.element, in_value);
  }
}

void EvtxBuilder::put_parts(const std::vector<EvtxPart>& parts, bool in_value) {
  for (const EvtxPart& part : parts) put_part(part, in_value);
}

void EvtxBuilder::put_element(const EvtxElement& element, bool in_value) {
  put(element.attributes.empty() ? 0x01 : 0x41, 1);
  if (!in_value) put(0xFFFF, 2);
  const std::size_t size_at = chunk().bytes.size();
  put(0, 4);
  put_name(element.name);
  if (!element.attributes.empty()) {
    const std::size_t list_at = chunk().bytes.size();
    put(0, 4);
    for (const EvtxAttribute& one : element.attributes) {
      put(&one == &element.attributes.back() ? 0x06 : 0x46, 1);
      put_name(one.name);
      put_parts(one.parts, in_value);
    }
    set(chunk().bytes, list_at, chunk().bytes.size() - list_at - 4, 4);
  }
  if (element.content.empty()) {
    put(0x03, 1);
  } else {
    put(0x02, 1);
    put_parts(element.content, in_value);
    put(0x04, 1);
  }
  set(chunk().bytes, size_at, chunk().bytes.size() - size_at - 4, 4);
}

void EvtxBuilder::put_fragment_header() { put(0x0001010F, 4); }

void EvtxBuilder::put_instance(const EvtxElement& root, const std::vector<EvtxValue>& values) {
  const std::string key = key_of(root);
  const auto* const octets = static_cast<const Bytef*>(static_cast<const void*>(key.data()));
  const std::uint64_t id = crc32_z(0, octets, key.size());
  put(0x010C, 2);
  put(id, 4);
  const auto here = static_cast<std::uint32_t>(chunk().bytes.size() + 4);
  const auto [found, is_new] = chunk().templates.try_emplace(key, here);
  put(found->second, 4);
  if (is_new) {
    put(0, 4);
    put(id, 8);  // GUID
    put(0, 8);
    put(0, 4);
    const std::size_t begin = chunk().bytes.size();
    put_fragment_header();
    put_element(root, false);
    put(0, 1);
    set(chunk().bytes, begin - 4, chunk().bytes.size() - begin, 4);
  }
  put(values.size(), 4);
  std::size_t entry = chunk().bytes.size();
  put_bytes(EvtxBytes(4 * values.size()));
  for (const EvtxValue& value : values) {
    const std::size_t begin = chunk().bytes.size();
    put_value(value);
    set(chunk().bytes, entry, chunk().bytes.size() - begin, 2);
    set(chunk().bytes, entry + 2, value.type, 2);
    entry += 4;
  }
}

void EvtxBuilder::put_value(const EvtxValue& value) {
  if (!value.fragment) return put_bytes(value.bytes);
  put_fragment_header();
  if (value.as_template)
    put_instance(*value.fragment, value.values);
  else
    put_element(*value.fragment, true);
  put(0, 1);
}

void EvtxBuilder::begin_record(FileTime written, std::optional<std::uint64_t> id) {
  Chunk& now = chunk();
  record_at_ = static_cast<std::uint32_t>(now.bytes.size());
  const std::uint64_t number = id.value_or(next_id_);
  next_id_ = number + 1;
  if (now.records.empty()) now.first_id = number;
  now.last_id = number;
  now.last_record = record_at_;
  now.records.push_back(record_at_);
  put(0x2A2A, 4);
  put(0, 4);
  put(number, 8);
  put(written.ticks, 8);
}

void EvtxBuilder::end_record() {
  EvtxBytes& bytes = chunk().bytes;
  bytes.resize((bytes.size() + 4 + 7) / 8 * 8 - 4);
  const std::size_t size = bytes.size() + 4 - record_at_;
  put(size, 4);
  set(bytes, record_at_ + 4, size, 4);
  places_.emplace_back(kHeader + (chunks_.size() - 1) * kChunk + record_at_, size);
}

EvtxBuilder& EvtxBuilder::record(const EvtxElement& root, const std::vector<EvtxValue>& values,
                                 FileTime written, std::optional<std::uint64_t> id) {
  begin_record(written, id);
  put_fragment_header();
  put_instance(root, values);
  end_record();
  return *this;
}

EvtxBuilder& EvtxBuilder::plain_record(const EvtxElement& root) {
  begin_record(FileTime{133'000'000'000'000'000}, {});
  put_fragment_header();
  put_element(root, true);
  put(0, 1);
  end_record();
  return *this;
}

EvtxBuilder& EvtxBuilder::raw_record(const EvtxBytes& content) {
  begin_record(FileTime{133'000'000'000'000'000}, {});
  put_bytes(content);
  end_record();
  return *this;
}

EvtxBuilder& EvtxBuilder::event(const EvtxEvent& event) {
  const std::uint64_t id = event.record_id.value_or(next_id_);
  return record(
      standard_event(),
      {evtx_text(event.provider.empty() ? usual_provider(event.channel, event.event_id)
                                        : event.provider),
       evtx_number(0x06, event.event_id, 2), evtx_number(0x04, 4, 1),
       evtx_number(0x15, event.keywords, 8), evtx_time(event.time), evtx_number(0x0A, id, 8),
       evtx_text(event.channel), evtx_text(event.computer), section_of(event), evtx_null()},
      event.time, id);
}

EvtxBuilder& EvtxBuilder::hidden(const EvtxEvent& event) {
  const std::uint32_t around = chunk().records.back();
  EvtxBuilder::event(event);
  Chunk& now = chunk();
  const std::size_t size = now.bytes.size() - around;
  set(now.bytes, around + 4, size, 4);
  set(now.bytes, now.bytes.size() - 4, size, 4);
  now.records.pop_back();
  now.last_record = around;
  return *this;
}

EvtxBuilder& EvtxBuilder::new_chunk() {
  chunk();
  chunks_.emplace_back();
  return *this;
}

EvtxBuilder& EvtxBuilder::zero_chunk() {
  new_chunk();
  chunk().zero = true;
  return new_chunk();
}

EvtxBuilder& EvtxBuilder::free_at_last(std::size_t records) {
  const auto& all = chunk().records;
  chunk().free = all.at(all.size() - records);
  chunk().last_record = all.size() > records ? all.at(all.size() - records - 1) : 512;
  return *this;
}

EvtxBuilder& EvtxBuilder::counted_chunks(std::uint16_t count) {
  counted_ = count;
  return *this;
}
EvtxBuilder& EvtxBuilder::at_zero() {
  chunk().bytes.clear();
  return *this;
}
EvtxBuilder& EvtxBuilder::dirty() {
  dirty_ = true;
  return *this;
}
EvtxBuilder& EvtxBuilder::set_u32(std::size_t offset, std::uint32_t value) {
  patches_.push_back({offset, 4, value});
  return *this;
}
EvtxBuilder& EvtxBuilder::set_u64(std::size_t offset, std::uint64_t value) {
  patches_.push_back({offset, 8, value});
  return *this;
}
EvtxBuilder& EvtxBuilder::truncate_at(std::size_t size) {
  truncate_at_ = size;
  return *this;
}

EvtxBytes EvtxBuilder::finished(const Chunk& chunk, std::uint64_t& number) const {
  EvtxBytes bytes = chunk.bytes;
  const std::uint64_t free = chunk.free.value_or(static_cast<std::uint32_t>(bytes.size()));
  bytes.resize(kChunk);
  if (chunk.zero) return bytes;
  std::memcpy(bytes.data(), "ElfChnk", 8);
  set(bytes, 8, number, 8);
  number += chunk.records.size();
  set(bytes, 16, number - 1, 8);
  set(bytes, 24, chunk.first_id, 8);
  set(bytes, 32, chunk.last_id, 8);
  set(bytes, 40, 128, 4);
  set(bytes, 44, chunk.last_record, 4);
  set(bytes, 48, free, 4);
  set(bytes, 52, crc(0, bytes, 512, free), 4);
  set(bytes, 124, crc(crc(0, bytes, 0, 120), bytes, 128, 512), 4);
  return bytes;
}

EvtxBytes EvtxBuilder::bytes() const {
  EvtxBytes file(kHeader);
  std::uint64_t number = 1;
  for (const Chunk& one : chunks_) {
    const EvtxBytes bytes = finished(one, number);
    file.insert(file.end(), bytes.begin(), bytes.end());
  }
  std::memcpy(file.data(), "ElfFile", 8);
  set(file, 16, chunks_.empty() ? 0 : chunks_.size() - 1, 8);
  set(file, 24, next_id_, 8);
  set(file, 32, 128, 4);
  set(file, 36, 1, 2);
  set(file, 38, 3, 2);
  set(file, 40, kHeader, 2);
  set(file, 42, counted_.value_or(static_cast<std::uint16_t>(chunks_.size())), 2);
  set(file, 120, dirty_ ? 1 : 0, 4);
  set(file, 124, crc(0, file, 0, 120), 4);
  for (const Patch& patch : patches_) set(file, patch.offset, patch.value, patch.size);
  if (truncate_at_) file.resize(std::min(*truncate_at_, file.size()));
  return file;
}

}  // namespace hozen::builders
