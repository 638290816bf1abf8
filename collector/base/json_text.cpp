#include "collector/base/json_text.h"

#include <array>
#include <bit>
#include <charconv>
#include <cstring>

#include "collector/base/text.h"
#include "collector/base/wtf8_decode.h"

namespace hozen {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

/// True for a byte that stands in a JSON string as it is and is one character.
constexpr bool is_plain(std::uint8_t c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

/// Zero when every byte of the word is plain. Otherwise the lowest bit that is set is the highest
/// of the first byte that is not; those above it may be wrong, as subtractions borrow.
constexpr std::uint64_t special_bits(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101u;
  constexpr std::uint64_t kHigh = 0x8080'8080'8080'8080u;
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t backslash = word ^ (kOnes * '\\');
  return ((word - kOnes * 0x20) | (quote - kOnes) | (backslash - kOnes) | word) & kHigh;
}

/// Length of the run of plain bytes from `at` on.
std::size_t plain_run(std::string_view text, std::size_t at) {
  const std::size_t from = at;
  for (; text.size() - at >= 8; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if (special_bits(word) != 0) break;
  }
  while (at < text.size() && is_plain(static_cast<std::uint8_t>(text[at]))) ++at;
  return at - from;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  out += "\\u00";
  out += kHexDigits[static_cast<std::uint8_t>(c) >> 4];
  out += kHexDigits[static_cast<std::uint8_t>(c) & 15];
}

template <class T>
void append_integer(std::string& out, T value) {
  char buffer[24];
  const char* const end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  out.append(buffer, static_cast<std::size_t>(end - buffer));
}

}  // namespace

char* write_json_short(char* out, std::string_view text) {
  if (text.size() > kJsonShortBytes) return nullptr;
  *out++ = '"';
  const char* at = text.data();
  const char* const end = at + text.size();
  // Names and paths: eight bytes at a time, and straight on behind a backslash.
  while (end - at >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    std::memcpy(out, at, sizeof word);
    const std::uint64_t special = special_bits(word);
    const int plain = special == 0 ? 8 : std::countr_zero(special) / 8;
    out += plain;
    at += plain;
    if (special == 0) continue;
    if (*at++ != '\\') return nullptr;
    *out++ = '\\';
    *out++ = '\\';
  }
  for (; at != end; ++at) {
    *out++ = *at;
    if (is_plain(static_cast<std::uint8_t>(*at))) continue;
    if (*at != '\\') return nullptr;
    *out++ = '\\';
  }
  *out++ = '"';
  return out;
}

bool append_json_string(std::string& out, std::string_view wtf8) {
  std::array<char, json_short_bytes(kJsonShortBytes)> text;  // not set: filled as far as it is used
  if (const char* const end = write_json_short(text.data(), wtf8); end != nullptr) {
    out.append(text.data(), static_cast<std::size_t>(end - text.data()));
    return true;
  }
  bool exact = true;
  out += '"';
  for (std::size_t at = 0; at < wtf8.size();) {
    const std::size_t run = plain_run(wtf8, at);
    out.append(wtf8, at, run);
    at += run;
    if (at == wtf8.size()) break;
    if (static_cast<std::uint8_t>(wtf8[at]) < 0x80) {
      append_escaped(out, wtf8[at++]);
      continue;
    }
    const Decoded c = decode_wtf8(wtf8, at);
    if (c.well_formed && !is_surrogate(c.code_point)) {
      out.append(wtf8, at, c.length);
    } else {
      exact = false;
      append_wtf8(out, kReplacement);
    }
    at += c.length;
  }
  out += '"';
  return exact;
}

void append_json_number(std::string& out, std::uint64_t value) { append_integer(out, value); }
void append_json_number(std::string& out, std::int64_t value) { append_integer(out, value); }

void append_json_time(std::string& out, FileTime value) {
  if (!value.is_set()) {
    out += "null";
    return;
  }
  std::array<char, 2 + FileTime::kIsoBytes> text;
  text[0] = '"';
  char* const end = value.write_iso8601(text.data() + 1);
  *end = '"';
  out.append(text.data(), static_cast<std::size_t>(end + 1 - text.data()));
}

void append_json_hex(std::string& out, std::span<const std::byte> value) {
  const std::size_t before = out.size();
  out.resize(before + 2 * value.size() + 2);
  char* at = out.data() + before;
  *at++ = '"';
  for (const std::byte b : value) {
    *at++ = kHexDigits[static_cast<std::uint8_t>(b) >> 4];
    *at++ = kHexDigits[static_cast<std::uint8_t>(b) & 15];
  }
  *at = '"';
}

void append_json_utf16_hex(std::string& out, std::string_view wtf8) {
  const std::u16string units = utf16_from_wtf8(wtf8);
  append_json_hex(out, std::as_bytes(std::span{units.data(), units.size()}));
}

}  // namespace hozen
