#include "collector/base/ansi_text.h"

#include <optional>

#include "collector/base/text.h"
#include "collector/base/wtf8_decode.h"

namespace hozen {
namespace {

// Lead bytes 0x81-0x9F, 0xE0-0xEF, 0xFA-0xFC.
constexpr std::u16string_view kCp932Rows[] = {
#include "collector/base/cp932_rows.inc"
};
static_assert(std::size(kCp932Rows) == 31 + 16 + 3);
constexpr std::size_t kCellsInRow = 188;

// 0x80-0x9F; 0 where no character stands.
constexpr char16_t kWindows1252[] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

/// The character of a lead and a trail byte; 0 when there is none.
char32_t cp932_pair(std::uint8_t lead, std::uint8_t trail) {
  if (trail < 0x40 || trail == 0x7F || trail > 0xFC) return 0;
  const std::size_t cell = trail - 0x40u - (trail > 0x7F ? 1 : 0);
  std::size_t row = 0;
  if (lead >= 0x81 && lead <= 0x9F) {
    row = lead - 0x81u;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    row = 31 + (lead - 0xE0u);
  } else if (lead >= 0xF0 && lead <= 0xF9) {
    return static_cast<char32_t>(0xE000 + (lead - 0xF0u) * kCellsInRow + cell);  // user-defined
  } else if (lead >= 0xFA && lead <= 0xFC) {
    row = 47 + (lead - 0xFAu);
  } else {
    return 0;
  }
  const std::u16string_view cells = kCp932Rows[row];
  if (cell >= cells.size() || cells[cell] == kReplacement) return 0;
  return cells[cell];
}

/// Nothing when the bytes are not valid code page 932, or may as well be accented letters of a
/// western code page: no lead byte below 0xA0 and never three bytes above ASCII in a row.
std::optional<std::string> decode_cp932(std::string_view bytes) {
  std::string out;
  bool japanese = false;
  std::size_t run = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const auto byte = static_cast<std::uint8_t>(bytes[at]);
    run = byte < 0x80 ? 0 : run + 1;
    if (byte < 0x80) {
      out += bytes[at];
    } else if (byte >= 0xA1 && byte <= 0xDF) {
      append_wtf8(out, 0xFF61u + (byte - 0xA1u));  // half-width katakana
    } else {
      if (at + 1 == bytes.size()) return std::nullopt;
      const auto trail = static_cast<std::uint8_t>(bytes[at + 1]);
      const char32_t c = cp932_pair(byte, trail);
      if (c == 0) return std::nullopt;
      append_wtf8(out, c);
      ++at;
      if (byte < 0xA0) japanese = true;
      run = trail < 0x80 ? 0 : run + 1;
    }
    if (run >= 3) japanese = true;
  }
  if (!japanese) return std::nullopt;
  return out;
}

std::optional<std::string> decode_windows1252(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    const char32_t decoded = byte >= 0x80 && byte < 0xA0 ? kWindows1252[byte - 0x80] : byte;
    if (decoded == 0 && byte != 0) return std::nullopt;
    append_wtf8(out, decoded);
  }
  return out;
}

}  // namespace

std::string_view to_text(TextEncoding encoding) {
  switch (encoding) {
    case TextEncoding::utf16:
      return "utf16";
    case TextEncoding::ascii:
      return "ascii";
    case TextEncoding::assumed_cp932:
      return "assumed_cp932";
    case TextEncoding::assumed_windows1252:
      return "assumed_windows1252";
    case TextEncoding::unknown:
      break;
  }
  return "unknown";
}

DecodedText decode_ansi(Bytes text, bool until_nul) {
  std::string_view bytes = text.chars();
  if (until_nul) bytes = bytes.substr(0, bytes.find('\0'));
  if (ascii_prefix(bytes) == bytes.size()) return {std::string{bytes}, TextEncoding::ascii};
  const auto kept = text.head(bytes.size()).span();
  DecodedText decoded{{}, TextEncoding::unknown, {kept.begin(), kept.end()}};
  if (auto japanese = decode_cp932(bytes)) {
    decoded.text = *std::move(japanese);
    decoded.encoding = TextEncoding::assumed_cp932;
  } else if (auto western = decode_windows1252(bytes)) {
    decoded.text = *std::move(western);
    decoded.encoding = TextEncoding::assumed_windows1252;
  } else {
    append_wtf8_from_latin1(decoded.text, text.head(bytes.size()));
  }
  return decoded;
}

DecodedText decode_utf16(Bytes text, bool until_nul) {
  return {wtf8_from_utf16le(text, until_nul), TextEncoding::utf16};
}

}  // namespace hozen
