#include "collector/source/image_parts.h"

#include <algorithm>

namespace hozen {
namespace {

constexpr std::uint64_t kLetters = 26;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_small(char c) { return c >= 'a' && c <= 'z'; }

}  // namespace

std::optional<std::string> PartName::at(std::uint64_t part_number) const {
  const std::uint64_t base = letters ? kLetters : 10;
  const char zero = letters ? 'a' : '0';
  std::string ending;
  for (std::uint64_t rest = part_number; rest != 0 || ending.size() < width; rest /= base)
    ending.insert(ending.begin(), static_cast<char>(zero + static_cast<char>(rest % base)));
  if (letters && ending.size() > width) return std::nullopt;
  return stem + ending;
}

std::optional<PartName> parse_part_name(std::string_view name) {
  constexpr std::size_t kMinWidth = 2, kMaxDigits = 9, kMaxLetters = 3;
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view ending = name.substr(dot + 1);
  if (ending.size() < kMinWidth) return std::nullopt;
  const bool digits =
      ending.size() <= kMaxDigits && std::all_of(ending.begin(), ending.end(), is_digit);
  const bool letters =
      ending.size() <= kMaxLetters && std::all_of(ending.begin(), ending.end(), is_small);
  if (!digits && !letters) return std::nullopt;
  PartName part{std::string{name.substr(0, dot + 1)}, ending.size(), letters, 0};
  for (const char c : ending)
    part.number = part.number * (letters ? kLetters : 10) +
                  static_cast<std::uint64_t>(c - (letters ? 'a' : '0'));
  return part;
}

}  // namespace hozen
