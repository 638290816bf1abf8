// Text from evidence for a person's eyes: nothing in it moves the cursor, hides or reorders text.
#include <charconv>

#include "collector/base/text.h"
#include "collector/base/wtf8_decode.h"

namespace hozen {
namespace {

struct Span {
  char32_t first, last;
};
// Sorted. Controls; soft hyphen, joiners and fillers without width; bidirectional controls; line
// and paragraph separators; surrogates; byte order mark; interlinear annotation; noncharacters;
// tags.
constexpr Span kInvisible[] = {
    {0x0000, 0x001F}, {0x007F, 0x009F}, {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x061C, 0x061C},
    {0x115F, 0x1160}, {0x17B4, 0x17B5}, {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F}, {0x3164, 0x3164}, {0xD800, 0xDFFF},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
    {0xFFF9, 0xFFFB}, {0xFFFE, 0xFFFF}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE00FF},
};

bool is_invisible(char32_t c) {
  if (c >= 0x20 && c < 0x7F) return false;
  for (const Span& span : kInvisible)
    if (c >= span.first && c <= span.last) return true;
  return false;
}

void append_escape(std::string& out, char kind, char32_t value) {
  char digits[8];
  const auto end =
      std::to_chars(digits, digits + sizeof digits, static_cast<std::uint32_t>(value), 16).ptr;
  out += '\\';
  out += kind;
  out += '{';
  for (auto length = end - digits; kind == 'u' && length < 4; ++length) out += '0';
  for (const char* digit = digits; digit != end; ++digit)
    out += *digit >= 'a' ? static_cast<char>(*digit - ('a' - 'A')) : *digit;
  out += '}';
}

void append_printable(std::string& out, std::string_view wtf8, bool escape_quotes) {
  for (std::size_t at = 0; at < wtf8.size();) {
    const Decoded c = decode_wtf8(wtf8, at);
    if (!c.well_formed) {
      append_escape(out, 'x', static_cast<std::uint8_t>(wtf8[at]));
    } else if (is_invisible(c.code_point) || (escape_quotes && c.code_point == U'"')) {
      append_escape(out, 'u', c.code_point);
    } else {
      out.append(wtf8, at, c.length);
    }
    at += c.length;
  }
}

}  // namespace

std::string printable(std::string_view wtf8) {
  std::string out;
  out.reserve(wtf8.size());
  append_printable(out, wtf8, false);
  return out;
}

std::string quoted(std::string_view wtf8) {
  std::string out;
  out.reserve(wtf8.size() + 2);
  out += '"';
  append_printable(out, wtf8, true);
  out += '"';
  return out;
}

}  // namespace hozen
