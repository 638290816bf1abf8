#include "collector/formats/binxml_value.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "collector/base/ansi_text.h"
#include "collector/base/guid.h"
#include "collector/base/json_text.h"
#include "collector/base/sid.h"
#include "collector/base/text.h"
#include "collector/base/time_text.h"
#include "collector/formats/binxml_text.h"

namespace hozen::evtx {
namespace {

using namespace value_type;

/// Bytes of an item where the type fixes it, 0 otherwise.
std::size_t item_bytes(std::uint8_t type, std::size_t size) {
  constexpr std::array<std::uint8_t, 0x16> kBytes{0, 0, 0, 1, 1,  2, 2, 4,  4, 8, 8,
                                                  4, 8, 4, 0, 16, 0, 8, 16, 0, 4, 8};
  if (type == kSizeT) return size % 8 == 0 ? 8 : 4;  // of the system that wrote it
  return type < kBytes.size() ? kBytes[type] : 0;
}

/// Bytes of the SID that `data` begins with; 0 when it is not all there.
std::size_t sid_bytes(Bytes data) {
  const auto count = data.get<std::uint8_t>(1);
  if (!count) return 0;
  const std::size_t bytes = 8 + 4 * std::size_t{*count};
  return bytes <= data.size() ? bytes : 0;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <class T>
std::optional<std::uint64_t> extended(Bytes data) {
  if (data.size() != sizeof(T)) return std::nullopt;
  return static_cast<std::uint64_t>(std::int64_t{*data.get<T>(0)});
}

std::optional<std::uint64_t> unsigned_number(Bytes data) {
  switch (data.size()) {
    case 1:
      return *data.get<std::uint8_t>(0);
    case 2:
      return *data.get<std::uint16_t>(0);
    case 4:
      return *data.get<std::uint32_t>(0);
    case 8:
      return *data.get<std::uint64_t>(0);
    default:
      return std::nullopt;
  }
}

/// Items of an array of texts: each ends with a NUL, the last one may not.
void each_text(const Value& array, FunctionRef<void(const Value&)> visit) {
  const std::size_t unit = array.type == (kUtf16 | kArray) ? 2 : 1;
  const auto type = static_cast<std::uint8_t>(array.type & ~kArray);
  const Bytes data = array.data.head(array.data.size() / unit * unit);
  std::size_t from = 0;
  for (std::size_t at = 0; at < data.size(); at += unit) {
    const bool is_nul =
        unit == 2 ? *data.get<std::uint16_t>(at) == 0 : data.span()[at] == std::byte{0};
    if (!is_nul) continue;
    visit({type, data.tail(from).head(at - from)});
    from = at + unit;
  }
  if (from < data.size()) visit({type, data.tail(from)});
}

}  // namespace

Bytes strip_nuls(Bytes text, std::size_t unit) {
  std::size_t size = text.size() / unit * unit;
  const auto* const data = text.span().data();
  while (size >= unit && data[size - 1] == std::byte{0} && data[size - unit] == std::byte{0})
    size -= unit;
  return text.head(size);
}

bool can_be_cut(const Value& value) {
  if (!value.is_array()) return false;
  const auto type = static_cast<std::uint8_t>(value.type & ~kArray);
  const std::size_t size = value.data.size();
  if (type == kUtf16 || type == kAnsi) return true;
  if (type == kSid) {
    for (std::size_t at = 0; at < size;) {
      const std::size_t one = sid_bytes(value.data.tail(at));
      if (one == 0) return false;
      at += one;
    }
    return true;
  }
  const std::size_t one = item_bytes(type, size);
  return one != 0 && size % one == 0;
}

void Value::each_item(FunctionRef<void(const Value&)> visit) const {
  if (!can_be_cut(*this)) return visit(*this);
  const auto item = static_cast<std::uint8_t>(type & ~kArray);
  if (item == kUtf16 || item == kAnsi) return each_text(*this, visit);
  const std::size_t fixed = item == kSid ? 0 : item_bytes(item, data.size());
  for (std::size_t at = 0; at < data.size();) {
    const std::size_t one = fixed != 0 ? fixed : sid_bytes(data.tail(at));
    visit({item, data.tail(at).head(one)});
    at += one;
  }
}

std::optional<std::uint64_t> Value::number() const {
  switch (type) {
    case kInt8:
      return extended<std::int8_t>(data);
    case kInt16:
      return extended<std::int16_t>(data);
    case kInt32:
      return extended<std::int32_t>(data);
    case kInt64:
    case kUint8:
    case kUint16:
    case kUint32:
    case kUint64:
    case kBool:
    case kHex32:
    case kHex64:
    case kSizeT:
      return unsigned_number(data);
    case kUtf16:
    case kAnsi:
      return data.size() <= 64 ? parse_number(text()) : std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<FileTime> Value::time() const {
  if (type == kFileTime && data.size() == 8) return FileTime{*data.get<std::uint64_t>(0)};
  if (type == kSystemTime || type == kUtf16) return parse_rendered_time(text());
  return std::nullopt;
}

std::string Value::text() const {
  std::string out;
  if (is_array()) {
    bool first = true;
    if (!can_be_cut(*this)) return to_hex(data.span());
    each_item([&](const Value& item) {
      if (!first) out += '\n';
      first = false;
      out += item.text();
    });
  } else if (type == kUtf16) {
    append_wtf8_from_utf16le(out, without_nuls(data, 2));
  } else if (type == kAnsi) {
    out = decode_ansi(without_nuls(data, 1), false).text;
  } else if (type != kNull) {
    out.resize(plain_bytes(*this));
    out.resize(
        static_cast<std::size_t>(write_plain(out.data(), *this, HexCase::upper) - out.data()));
  }
  return out;
}

bool Value::equals(std::string_view ascii) const {
  if (type != kUtf16) return text() == ascii;
  const Bytes units = without_nuls(data, 2);
  if (units.size() != 2 * ascii.size()) return false;
  for (std::size_t i = 0; i < ascii.size(); ++i)
    if (*units.get<std::uint16_t>(2 * i) != static_cast<std::uint8_t>(ascii[i])) return false;
  return true;
}

}  // namespace hozen::evtx
