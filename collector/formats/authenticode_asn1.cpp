#include "collector/formats/authenticode_asn1.h"

#include <algorithm>
#include <array>

#include "collector/base/text.h"

namespace hozen::asn1 {
namespace {

struct Head {
  std::uint8_t tag = 0;
  std::size_t bytes = 0;                  ///< of tag and length
  std::optional<std::uint64_t> length{};  ///< nothing where it is indefinite
};

Error malformed(std::string_view what, Bytes data) {
  return {Errc::malformed, std::string{what}, data.base()};
}

Result<Head> read_head(Bytes data, std::string_view what) {
  Cursor cursor{data};
  Head head;
  HOZEN_TRY(head.tag, cursor.u8(what));
  constexpr std::uint8_t kLongTag = 0x1F;
  if ((head.tag & kLongTag) == kLongTag) return malformed(what, data);
  HOZEN_TRY(const std::uint8_t first, cursor.u8(what));
  if (first == 0x80) {
    if ((head.tag & kConstructed) == 0) return malformed(what, data);
  } else if (first < 0x80) {
    head.length = first;
  } else {
    const std::uint8_t count = first & 0x7F;
    if (count > 8) return malformed(what, data);
    std::uint64_t length = 0;
    for (std::uint8_t i = 0; i < count; ++i) {
      HOZEN_TRY(const std::uint8_t byte, cursor.u8(what));
      length = length << 8 | byte;
    }
    head.length = length;
  }
  head.bytes = static_cast<std::size_t>(cursor.position());
  return head;
}

/// Bytes of what `data` begins with, its end mark included.
Result<std::uint64_t> whole_size(Bytes data, std::string_view what, std::size_t depth) {
  HOZEN_TRY(const Head head, read_head(data, what));
  if (head.length) {
    if (!data.contains(head.bytes, *head.length))
      return Error{Errc::truncated, std::string{what}, data.base()};
    return head.bytes + *head.length;
  }
  if (depth == kMaxIndefinite) return Error{Errc::limit, std::string{what}, data.base()};
  for (std::uint64_t at = head.bytes;;) {
    const auto mark = data.get<std::uint16_t>(at);
    if (!mark) return Error{Errc::truncated, std::string{what}, data.base() + at};
    if (*mark == 0) return at + 2;
    HOZEN_TRY(const std::uint64_t size, whole_size(data.tail(at), what, depth + 1));
    at += size;
  }
}

std::optional<unsigned> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  unsigned value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

constexpr std::size_t kMaxPieces = 100'000;

Result<void> append_octets(const Node& node, std::string_view what, std::size_t depth,
                           std::size_t& pieces, std::vector<std::byte>& out) {
  if (depth > kMaxIndefinite || ++pieces > kMaxPieces)
    return Error{Errc::limit, std::string{what}, node.whole.base()};
  if (!node.has_parts()) {
    out.insert(out.end(), node.content.span().begin(), node.content.span().end());
    return {};
  }
  Parts parts{node.content};
  while (!parts.empty()) {
    HOZEN_TRY(const Node piece, parts.next(what));
    HOZEN_CHECK(append_octets(piece, what, depth + 1, pieces, out));
  }
  return {};
}

}  // namespace

Result<Node> read_node(Bytes data, std::string_view what) {
  HOZEN_TRY(const Head head, read_head(data, what));
  HOZEN_TRY(const std::uint64_t size, whole_size(data, what, 0));
  Node node{head.tag, data.head(size), {}};
  node.content = node.whole.tail(head.bytes).head(size - head.bytes - (head.length ? 0 : 2));
  return node;
}

Result<Node> Parts::next(std::string_view what) {
  auto node = read_node(rest_, what);
  if (node) rest_ = rest_.tail(node->whole.size());
  return node;
}

Result<Node> Parts::next(std::uint8_t tag, std::string_view what) {
  const auto first = rest_.get<std::uint8_t>(0);
  if (!first) return Error{Errc::truncated, std::string{what}, rest_.base()};
  if (*first != tag) return malformed(what, rest_);
  return next(what);
}

std::optional<Node> Parts::next_if(std::uint8_t tag) {
  if (rest_.get<std::uint8_t>(0) != tag) return std::nullopt;
  auto node = next("");
  if (!node) return std::nullopt;
  return *node;
}

std::string object_text(Bytes content) {
  if (content.empty() || content.size() > kMaxObjectBytes) return {};
  std::string text;
  std::uint64_t value = 0;
  bool is_first = true, is_open = false;
  for (const char c : content.chars()) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (value >> 56 != 0) return {};
    value = value << 7 | (byte & 0x7Fu);
    is_open = (byte & 0x80) != 0;
    if (is_open) continue;
    if (is_first) {
      const std::uint64_t top = value < 80 ? value / 40 : 2;
      text = std::to_string(top) + '.' + std::to_string(value - top * 40);
      is_first = false;
    } else {
      text += '.' + std::to_string(value);
    }
    value = 0;
  }
  return is_open ? std::string{} : text;
}

std::optional<FileTime> time_of(const Node& node) {
  const std::string_view text = node.content.chars();
  const bool is_short = node.tag == kUtcTime;
  if (!is_short && node.tag != kGeneralizedTime) return std::nullopt;
  const std::size_t year_digits = is_short ? 2 : 4;
  auto year = digits(text, 0, year_digits);
  std::array<unsigned, 5> fields{};  // month, day, hour, minute, second
  std::size_t at = year_digits;
  for (std::size_t i = 0; i < fields.size(); ++i, at += 2) {
    const auto value = digits(text, at, 2);
    if (!value && i == 4) break;  // seconds may be left out
    if (!value) return std::nullopt;
    fields.at(i) = *value;
  }
  if (!year) return std::nullopt;
  if (is_short) *year += *year < 50 ? 2000u : 1900u;  // RFC 5280 4.1.2.5.1
  std::string fraction;
  if (at < text.size() && text[at] == '.')
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
      if (fraction.size() < 7) fraction += text[at];
  if (text.substr(at) != "Z") return std::nullopt;
  const auto padded = [](unsigned value, std::size_t width) {
    std::string digits_of = std::to_string(value);
    return std::string(width - std::min(width, digits_of.size()), '0') + digits_of;
  };
  std::string iso = padded(*year, 4) + '-' + padded(fields[0], 2) + '-' + padded(fields[1], 2) +
                    'T' + padded(fields[2], 2) + ':' + padded(fields[3], 2) + ':' +
                    padded(fields[4], 2);
  if (!fraction.empty()) iso += '.' + fraction;
  return parse_iso8601(iso + 'Z');
}

std::string text_of(const Node& node) {
  std::string text;
  if (node.tag == kBmp || node.tag == context(0)) {
    std::u16string units;
    for (std::size_t i = 0; i + 1 < node.content.size(); i += 2) {
      const auto high = static_cast<std::uint8_t>(node.content.chars()[i]);
      const auto low = static_cast<std::uint8_t>(node.content.chars()[i + 1]);
      units += static_cast<char16_t>(high << 8 | low);
    }
    return wtf8_from_utf16(units);
  }
  if (node.has_parts()) return {};
  if (is_utf8(node.content.chars())) return std::string{node.content.chars()};
  append_wtf8_from_latin1(text, node.content);
  return text;
}

Result<std::vector<std::byte>> octets_of(const Node& node, std::string_view what) {
  std::vector<std::byte> octets;
  std::size_t pieces = 0;
  HOZEN_CHECK(append_octets(node, what, 0, pieces, octets));
  return octets;
}

}  // namespace hozen::asn1
