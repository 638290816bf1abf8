#include "collector/module/text_lines.h"

#include <algorithm>

#include "collector/base/ansi_text.h"
#include "collector/base/bytes.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::uint16_t kMark = 0xFEFF;
constexpr std::string_view kMark8 = "\xEF\xBB\xBF";

/// Latin letters and digits in UTF-16: the upper byte of the first units is 0.
bool looks_like_utf16(Bytes bytes) {
  constexpr std::uint64_t kLookedAt = 8;
  if (bytes.size() < kLookedAt || bytes.size() % 2 != 0) return false;
  for (std::uint64_t at = 0; at < kLookedAt; at += 2)
    if (bytes.get<std::uint8_t>(at) == 0u || bytes.get<std::uint8_t>(at + 1) != 0u) return false;
  return true;
}

}  // namespace

std::string decode_text_file(std::span<const std::byte> content) {
  Bytes bytes{content};
  if (bytes.get<std::uint16_t>(0) == kMark) return wtf8_from_utf16le(bytes.tail(2));
  if (looks_like_utf16(bytes)) return wtf8_from_utf16le(bytes);
  if (bytes.chars().starts_with(kMark8)) bytes = bytes.tail(kMark8.size());
  if (is_utf8(bytes.chars())) return std::string{bytes.chars()};
  return decode_ansi(bytes, false).text;
}

bool each_text_line(std::string_view text,
                    FunctionRef<bool(std::string_view line, std::uint32_t number)> visit) {
  std::uint32_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (++number > kMaxTextLines) return false;
    if (!visit(line, number)) return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

}  // namespace hozen
