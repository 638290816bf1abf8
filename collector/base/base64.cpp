#include "collector/base/base64.h"

#include <cstdint>

namespace hozen {
namespace {

std::optional<std::uint32_t> value_of(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a') + 26;
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0') + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view kPassed = " \t\r\n\v\f\"'";
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    const auto value = value_of(c);
    if (!value && kPassed.find(c) == std::string_view::npos) return std::nullopt;
    if (!value) continue;
    bits = bits << 6U | *value;
    if (++count % 4 != 1)
      bytes += static_cast<char>(bits >> static_cast<unsigned>(6 - 2 * ((count + 3) % 4)) & 0xFFU);
  }
  return bytes;
}

}  // namespace hozen
