#include "collector/base/guid.h"

#include <algorithm>

namespace hozen {
namespace {

void append_hex(std::string& out, std::byte value, const char* digits) {
  out += digits[static_cast<std::uint8_t>(value) >> 4];
  out += digits[static_cast<std::uint8_t>(value) & 15];
}

}  // namespace

Guid Guid::from(std::span<const std::byte, 16> stored) {
  Guid guid;
  std::copy(stored.begin(), stored.end(), guid.bytes.begin());
  return guid;
}

std::string Guid::text() const {
  constexpr std::uint8_t kOrder[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  std::string out = "{";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    append_hex(out, bytes[kOrder[i]], "0123456789ABCDEF");
  }
  return out += '}';
}

std::optional<std::string> Guid::mac_address() const {
  const bool version1 = static_cast<std::uint8_t>(bytes[7]) >> 4 == 1;
  const bool multicast = (static_cast<std::uint8_t>(bytes[10]) & 1) != 0;
  if (!version1 || multicast) return std::nullopt;
  std::string out;
  for (std::size_t i = 10; i < bytes.size(); ++i) {
    if (i > 10) out += ':';
    append_hex(out, bytes[i], "0123456789abcdef");
  }
  return out;
}

}  // namespace hozen
