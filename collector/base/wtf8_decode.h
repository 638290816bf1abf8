// One character of WTF-8 at a time: what the text functions are built on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace hozen {

constexpr char32_t kReplacement = 0xFFFD;

constexpr bool is_high_surrogate(char32_t c) { return c >= 0xD800 && c <= 0xDBFF; }
constexpr bool is_low_surrogate(char32_t c) { return c >= 0xDC00 && c <= 0xDFFF; }
constexpr bool is_surrogate(char32_t c) { return c >= 0xD800 && c <= 0xDFFF; }

struct Decoded {
  char32_t code_point = kReplacement;
  std::uint8_t length = 1;  ///< bytes taken; 1 when ill-formed
  bool well_formed = false;
};

/// The character at `at`, which is inside `text`. A surrogate is well-formed here, but for a low
/// one behind a high one: WTF-8 writes a pair as one four-byte character.
inline Decoded decode_wtf8(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[at + i]); };
  const auto continued = [&](std::size_t i) {
    return i < text.size() - at && (byte(i) & 0xC0) == 0x80;
  };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  if (lead < 0xC2 || lead > 0xF4) return {};
  const auto bits = [&](std::size_t i) { return static_cast<char32_t>(byte(i) & 0x3F); };
  if (lead < 0xE0) {
    if (!continued(1)) return {};
    return {(static_cast<char32_t>(lead & 0x1F) << 6) | bits(1), 2, true};
  }
  if (lead < 0xF0) {
    if (!continued(1) || !continued(2)) return {};
    const char32_t c = (static_cast<char32_t>(lead & 0x0F) << 12) | (bits(1) << 6) | bits(2);
    if (c < 0x800) return {};
    const bool after_high = at >= 3 && static_cast<std::uint8_t>(text[at - 3]) == 0xED &&
                            (static_cast<std::uint8_t>(text[at - 2]) & 0xF0) == 0xA0;
    if (is_low_surrogate(c) && after_high) return {};
    return {c, 3, true};
  }
  if (!continued(1) || !continued(2) || !continued(3)) return {};
  const char32_t c =
      (static_cast<char32_t>(lead & 0x07) << 18) | (bits(1) << 12) | (bits(2) << 6) | bits(3);
  if (c < 0x10000 || c > 0x10FFFF) return {};
  return {c, 4, true};
}

/// Writes `c` (a surrogate too) at `out` and returns the position behind it; up to 4 bytes.
inline char* encode_wtf8(char* out, char32_t c) {
  const auto put = [&](char32_t value) { *out++ = static_cast<char>(value); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
  return out;
}

inline void append_wtf8(std::string& out, char32_t c) {
  char buffer[4];
  out.append(buffer, encode_wtf8(buffer, c));
}

/// Length of the run of ASCII bytes that `text` begins with.
inline std::size_t ascii_prefix(std::string_view text) {
  std::size_t at = 0;
  for (; text.size() - at >= 8; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if ((word & 0x8080'8080'8080'8080u) != 0) break;
  }
  while (at < text.size() && static_cast<std::uint8_t>(text[at]) < 0x80) ++at;
  return at;
}

}  // namespace hozen
