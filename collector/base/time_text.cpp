#include "collector/base/time_text.h"

#include <string>

namespace hozen {

std::optional<FileTime> parse_rendered_time(std::string_view text) {
  constexpr std::size_t kDecimals = 7, kMost = 9;
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return parse_iso8601(text);
  const std::size_t begin = dot + 1, end = text.find_first_not_of("0123456789", begin);
  const std::size_t count = end == std::string_view::npos ? 0 : end - begin;
  if (count <= kDecimals || count > kMost) return parse_iso8601(text);
  return parse_iso8601(std::string{text.substr(0, begin + kDecimals)} +
                       std::string{text.substr(end)});
}

}  // namespace hozen
