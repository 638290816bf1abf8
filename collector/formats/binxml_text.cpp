#include "collector/formats/binxml_text.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>

namespace hozen::evtx {
namespace {

using namespace value_type;

constexpr std::size_t kNumberRoom = 32;

template <class T>
char* write_number(char* out, T value, int base = 10) {
  return std::to_chars(out, out + kNumberRoom, value, base).ptr;
}

template <class Float>
char* write_float(char* out, Float value) {
  if (std::isfinite(value)) return std::to_chars(out, out + kNumberRoom, value).ptr;
  const std::string_view word = std::isnan(value) ? "NaN" : value > 0 ? "INF" : "-INF";
  return out + word.copy(out, word.size());
}

char* write_hex_number(char* out, std::uint64_t value) {
  *out++ = '0';
  *out++ = 'x';
  return write_number(out, value, 16);
}

char* write_bytes(char* out, Bytes data, HexCase hex) {
  const char* const digits = hex == HexCase::upper ? "0123456789ABCDEF" : "0123456789abcdef";
  for (const std::byte b : data.span()) {
    *out++ = digits[std::to_integer<unsigned>(b) >> 4];
    *out++ = digits[std::to_integer<unsigned>(b) & 15];
  }
  return out;
}

char* write_guid(char* out, Bytes data) {
  constexpr std::array<std::uint8_t, 16> kOrder{3, 2, 1,  0,  5,  4,  7,  6,
                                                8, 9, 10, 11, 12, 13, 14, 15};
  constexpr char kDigits[] = "0123456789ABCDEF";
  const auto* const bytes = data.span().data();
  *out++ = '{';
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
    const auto b = std::to_integer<unsigned>(bytes[kOrder[i]]);
    *out++ = kDigits[b >> 4];
    *out++ = kDigits[b & 15];
  }
  *out++ = '}';
  return out;
}

/// Nothing when the bytes are not one whole SID.
char* write_sid(char* out, Bytes data) {
  constexpr std::uint8_t kMaxSubAuthorities = 15;
  const auto* const bytes = data.span().data();
  if (data.size() < 8 || bytes[0] != std::byte{1}) return nullptr;
  const auto count = std::to_integer<std::uint8_t>(bytes[1]);
  if (count > kMaxSubAuthorities || data.size() != 8 + 4 * std::size_t{count}) return nullptr;
  std::uint64_t authority = 0;
  for (std::size_t i = 2; i < 8; ++i)
    authority = authority << 8 | std::to_integer<std::uint64_t>(bytes[i]);
  for (const char c : {'S', '-', '1', '-'}) *out++ = c;
  // MS-DTYP 2.4.2.1: 2^32 and above in hexadecimal.
  out = authority >> 32 != 0 ? write_hex_number(out, authority) : write_number(out, authority);
  for (std::size_t i = 0; i < count; ++i) {
    *out++ = '-';
    out = write_number(out, *data.get<std::uint32_t>(8 + 4 * i));
  }
  return out;
}

char* write_digits(char* out, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return out + digits;
}

/// SYSTEMTIME (MS-DTYP 2.3.13); nothing when a part is out of range.
char* write_system_time(char* out, Bytes data) {
  const auto part = [&](std::size_t i) { return unsigned{*data.get<std::uint16_t>(2 * i)}; };
  const unsigned year = part(0), month = part(1), day = part(3), hour = part(4), minute = part(5),
                 second = part(6), milliseconds = part(7);
  if (year > 9999 || month > 12 || day > 31 || hour > 23 || minute > 59 || second > 59 ||
      milliseconds > 999)
    return nullptr;
  out = write_digits(out, year, 4);
  *out++ = '-';
  out = write_digits(out, month, 2);
  *out++ = '-';
  out = write_digits(out, day, 2);
  *out++ = 'T';
  out = write_digits(out, hour, 2);
  *out++ = ':';
  out = write_digits(out, minute, 2);
  *out++ = ':';
  out = write_digits(out, second, 2);
  *out++ = '.';
  out = write_digits(out, milliseconds, 3);
  *out++ = 'Z';
  return out;
}

char* write_bool(char* out, std::uint32_t value) {
  const std::string_view word = value == 0 ? "false" : "true";
  return out + word.copy(out, word.size());
}

template <class T>
T get(Bytes data) {
  return *data.get<T>(0);
}

/// Nothing for what has another size than its type.
char* write_typed(char* out, std::uint8_t type, Bytes data) {
  switch (data.size()) {
    case 1:
      if (type == kInt8) return write_number(out, int{get<std::int8_t>(data)});
      if (type == kUint8) return write_number(out, unsigned{get<std::uint8_t>(data)});
      return nullptr;
    case 2:
      if (type == kInt16) return write_number(out, int{get<std::int16_t>(data)});
      if (type == kUint16) return write_number(out, unsigned{get<std::uint16_t>(data)});
      return nullptr;
    case 4:
      if (type == kInt32) return write_number(out, get<std::int32_t>(data));
      if (type == kUint32) return write_number(out, get<std::uint32_t>(data));
      if (type == kHex32 || type == kSizeT) return write_hex_number(out, get<std::uint32_t>(data));
      if (type == kBool) return write_bool(out, get<std::uint32_t>(data));
      if (type == kFloat32) return write_float(out, get<float>(data));
      return nullptr;
    case 8:
      if (type == kInt64) return write_number(out, get<std::int64_t>(data));
      if (type == kUint64) return write_number(out, get<std::uint64_t>(data));
      if (type == kHex64 || type == kSizeT) return write_hex_number(out, get<std::uint64_t>(data));
      if (type == kFileTime) return FileTime{get<std::uint64_t>(data)}.write_iso8601(out);
      if (type == kFloat64) return write_float(out, get<double>(data));
      break;
    case 16:
      if (type == kGuid) return write_guid(out, data);
      if (type == kSystemTime) return write_system_time(out, data);
      break;
    default:
      break;
  }
  return type == kSid ? write_sid(out, data) : nullptr;
}

}  // namespace

std::size_t plain_bytes(const Value& value) { return 256 + 2 * value.data.size(); }

char* write_plain(char* out, const Value& value, HexCase hex) {
  char* const end = write_typed(out, value.type, value.data);
  return end != nullptr ? end : write_bytes(out, value.data, hex);
}

bool is_bare_json(const Value& value) {
  const std::size_t size = value.data.size();
  switch (value.type) {
    case kInt8:
    case kUint8:
      return size == 1;
    case kInt16:
    case kUint16:
      return size == 2;
    case kInt32:
    case kUint32:
    case kBool:
      return size == 4;
    case kInt64:
    case kUint64:
      return size == 8;
    case kFloat32:
      return size == 4 && std::isfinite(get<float>(value.data));
    case kFloat64:
      return size == 8 && std::isfinite(get<double>(value.data));
    default:
      return false;
  }
}

}  // namespace hozen::evtx
