#include "tests/builders/security_builder.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace hozen::builders {
namespace {

void put(SecurityBytes& out, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i)
    out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFF));
}

void append(SecurityBytes& out, const SecurityBytes& more) {
  out.insert(out.end(), more.begin(), more.end());
}

SecurityBytes ace(std::uint8_t type, std::uint8_t flags, std::uint32_t mask,
                  const SecurityBytes& rest) {
  SecurityBytes out;
  put(out, type, 1);
  put(out, flags, 1);
  put(out, 8 + rest.size(), 2);
  put(out, mask, 4);
  append(out, rest);
  return out;
}

SecurityBytes acl(const std::vector<SecurityBytes>& entries) {
  std::size_t size = 8;
  for (const auto& entry : entries) size += entry.size();
  SecurityBytes out;
  put(out, 2, 2);  // revision, filler
  put(out, size, 2);
  put(out, entries.size(), 4);
  for (const auto& entry : entries) append(out, entry);
  return out;
}

}  // namespace

SecurityBytes sid_bytes(std::string_view text) {
  std::vector<std::uint64_t> numbers;
  std::size_t at = 2;  // behind "S-"
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('-', at), text.size());
    std::uint64_t number = 0;
    std::from_chars(text.data() + at, text.data() + end, number);
    numbers.push_back(number);
    at = end + 1;
  }
  SecurityBytes out;
  put(out, numbers.at(0), 1);
  put(out, numbers.size() - 2, 1);
  for (int shift = 40; shift >= 0; shift -= 8) put(out, numbers.at(1) >> shift & 0xFF, 1);
  for (std::size_t i = 2; i < numbers.size(); ++i) put(out, numbers[i], 4);
  return out;
}

SecurityBuilder& SecurityBuilder::owner(std::string_view sid) {
  owner_ = sid_bytes(sid);
  return *this;
}

SecurityBuilder& SecurityBuilder::group(std::string_view sid) {
  group_ = sid_bytes(sid);
  return *this;
}

SecurityBuilder& SecurityBuilder::control(std::uint16_t bits) {
  control_ = static_cast<std::uint16_t>(control_ | bits);
  return *this;
}

SecurityBuilder& SecurityBuilder::allow(std::string_view sid, std::uint32_t mask,
                                        std::uint8_t flags) {
  return entry(0, sid, mask, flags);
}

SecurityBuilder& SecurityBuilder::deny(std::string_view sid, std::uint32_t mask,
                                       std::uint8_t flags) {
  return entry(1, sid, mask, flags);
}

SecurityBuilder& SecurityBuilder::entry(std::uint8_t type, std::string_view sid, std::uint32_t mask,
                                        std::uint8_t flags, const SecurityBytes& data) {
  SecurityBytes rest = sid_bytes(sid);
  append(rest, data);
  dacl_.push_back(ace(type, flags, mask, rest));
  has_dacl_ = true;
  return *this;
}

SecurityBuilder& SecurityBuilder::object_entry(std::uint8_t type, std::string_view sid,
                                               std::uint32_t mask,
                                               const std::optional<Guid>& object,
                                               const std::optional<Guid>& inherited) {
  SecurityBytes rest;
  put(rest, (object ? 1u : 0u) | (inherited ? 2u : 0u), 4);
  for (const auto& guid : {object, inherited})
    if (guid) rest.insert(rest.end(), guid->bytes.begin(), guid->bytes.end());
  append(rest, sid_bytes(sid));
  dacl_.push_back(ace(type, 0, mask, rest));
  has_dacl_ = true;
  return *this;
}

SecurityBuilder& SecurityBuilder::audit(std::string_view sid, std::uint32_t mask,
                                        std::uint8_t flags) {
  sacl_.push_back(ace(2, flags, mask, sid_bytes(sid)));
  has_sacl_ = true;
  return *this;
}

SecurityBuilder& SecurityBuilder::label(std::string_view sid, std::uint32_t mask) {
  sacl_.push_back(ace(17, 0, mask, sid_bytes(sid)));
  has_sacl_ = true;
  return *this;
}

SecurityBuilder& SecurityBuilder::empty_dacl() {
  has_dacl_ = true;
  return *this;
}

SecurityBuilder& SecurityBuilder::null_dacl() {
  null_dacl_ = true;
  return *this;
}

SecurityBytes SecurityBuilder::bytes() const {
  const std::uint32_t control =
      control_ | (has_dacl_ || null_dacl_ ? 0x4u : 0u) | (has_sacl_ ? 0x10u : 0u);
  SecurityBytes body;
  const auto place = [&](const SecurityBytes& part) -> std::uint64_t {
    if (part.empty()) return 0;
    const std::size_t offset = 20 + body.size();
    append(body, part);
    return offset;
  };
  const std::uint64_t sacl = has_sacl_ ? place(acl(sacl_)) : 0;
  const std::uint64_t dacl = has_dacl_ && !null_dacl_ ? place(acl(dacl_)) : 0;
  const std::uint64_t owner = place(owner_), group = place(group_);
  SecurityBytes out;
  put(out, 1, 2);
  put(out, control, 2);
  for (const std::uint64_t offset : {owner, group, sacl, dacl}) put(out, offset, 4);
  append(out, body);
  return out;
}

}  // namespace hozen::builders
