#include "collector/base/text.h"

#include <algorithm>

#include "collector/base/wtf8_decode.h"

namespace hozen {
namespace {

std::uint16_t unit_at(Bytes text, std::size_t index) {
  std::uint16_t unit = 0;
  std::memcpy(&unit, text.span().data() + 2 * index, 2);
  return unit;
}

/// True when any of the four 16-bit lanes is zero.
constexpr bool has_zero_lane(std::uint64_t word) {
  return ((word - 0x0001'0001'0001'0001u) & ~word & 0x8000'8000'8000'8000u) != 0;
}

/// Copies the leading ASCII units to `out` and returns how many there are; stops before a NUL when
/// asked to.
std::size_t copy_ascii_units(char* out, Bytes text, std::size_t units, bool until_nul) {
  std::size_t done = 0;
  for (; units - done >= 4; done += 4) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.span().data() + 2 * done, 8);
    if ((word & 0xFF80'FF80'FF80'FF80u) != 0 || (until_nul && has_zero_lane(word))) break;
    word = (word | (word >> 8)) & 0x0000'FFFF'0000'FFFFu;
    const auto packed = static_cast<std::uint32_t>(word | (word >> 16));
    std::memcpy(out + done, &packed, 4);
  }
  for (; done < units; ++done) {
    const std::uint16_t unit = unit_at(text, done);
    if (unit >= 0x80 || (until_nul && unit == 0)) break;
    out[done] = static_cast<char>(unit);
  }
  return done;
}

/// When `out` ends with a lone high surrogate and `low` completes it, replaces it by the pair.
bool join_pair(std::string& out, char32_t low) {
  if (!is_low_surrogate(low) || out.size() < 3) return false;
  const Decoded last = decode_wtf8(out, out.size() - 3);
  if (!last.well_formed || last.length != 3 || !is_high_surrogate(last.code_point)) return false;
  out.resize(out.size() - 3);
  append_wtf8(out, 0x10000 + ((last.code_point - 0xD800) << 10) + (low - 0xDC00));
  return true;
}

/// Units from `at` on, whatever they are.
void append_units(std::string& out, Bytes text, std::size_t at, std::size_t units, bool until_nul) {
  const std::size_t before = out.size();
  out.resize(before + 3 * (units - at));
  char* end = out.data() + before;
  while (at < units) {
    end += [&] {
      const std::size_t ascii = copy_ascii_units(end, text.tail(2 * at), units - at, until_nul);
      at += ascii;
      return ascii;
    }();
    if (at == units) break;
    char32_t c = unit_at(text, at);
    if (until_nul && c == 0) break;
    ++at;
    if (is_high_surrogate(c) && at < units && is_low_surrogate(unit_at(text, at))) {
      c = 0x10000 + ((c - 0xD800) << 10) + (unit_at(text, at) - 0xDC00u);
      ++at;
    }
    end = encode_wtf8(end, c);
  }
  out.resize(static_cast<std::size_t>(end - out.data()));
}

}  // namespace

void append_wtf8_from_utf16le(std::string& out, Bytes text, bool until_nul) {
  std::size_t units = text.size() / 2;
  if (units == 0) return;
  const std::size_t before = out.size();
  out.resize(before + units);
  const std::size_t ascii = copy_ascii_units(out.data() + before, text, units, until_nul);
  out.resize(before + ascii);
  if (ascii == units || (until_nul && unit_at(text, ascii) == 0)) return;
  const std::size_t joined = ascii == 0 && join_pair(out, unit_at(text, 0)) ? 1 : 0;
  append_units(out, text, ascii + joined, units, until_nul);
}

std::string wtf8_from_utf16le(Bytes text, bool until_nul) {
  std::string out;
  append_wtf8_from_utf16le(out, text, until_nul);
  return out;
}

std::string wtf8_from_utf16(std::u16string_view text) {
  return wtf8_from_utf16le(Bytes{std::as_bytes(std::span{text.data(), text.size()})});
}

void append_wtf8_from_latin1(std::string& out, Bytes text) {
  const std::string_view chars = text.chars();
  const std::size_t ascii = ascii_prefix(chars);
  out.append(chars.substr(0, ascii));
  for (const char c : chars.substr(ascii)) append_wtf8(out, static_cast<std::uint8_t>(c));
}

std::uint64_t utf16_length(std::string_view wtf8) {
  std::uint64_t units = 0;
  for (const char c : wtf8) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) units += byte >= 0xF0 ? 2 : 1;
  }
  return units;
}

std::u16string utf16_from_wtf8(std::string_view text) {
  std::u16string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Decoded c = decode_wtf8(text, at);
    at += c.length;
    if (c.code_point >= 0x10000) {
      out += static_cast<char16_t>(0xD800 + ((c.code_point - 0x10000) >> 10));
      out += static_cast<char16_t>(0xDC00 + ((c.code_point - 0x10000) & 0x3FF));
    } else {
      out += static_cast<char16_t>(c.code_point);
    }
  }
  return out;
}

bool is_wtf8(std::string_view text) {
  for (std::size_t at = ascii_prefix(text); at < text.size();) {
    const Decoded c = decode_wtf8(text, at);
    if (!c.well_formed) return false;
    at += c.length;
  }
  return true;
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = ascii_prefix(text); at < text.size();) {
    const Decoded c = decode_wtf8(text, at);
    if (!c.well_formed || is_surrogate(c.code_point)) return false;
    at += c.length;
  }
  return true;
}

std::string to_wtf8_lossy(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const Decoded c = decode_wtf8(bytes, at);
    append_wtf8(out, c.code_point);
    at += c.length;
  }
  return out;
}

std::string to_lower_ascii(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank{" \t\r\n\v\f\0", 7};
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string to_hex(std::span<const std::byte> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out(2 * bytes.size(), '0');
  std::size_t at = 0;
  for (const std::byte b : bytes) {
    out[at++] = kDigits[static_cast<std::uint8_t>(b) >> 4];
    out[at++] = kDigits[static_cast<std::uint8_t>(b) & 15];
  }
  return out;
}

}  // namespace hozen
