// Globally unique identifiers as Windows stores them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace hozen {

/// MS-DTYP 2.3.4.2: three little-endian integers, then eight bytes as they stand.
struct Guid {
  std::array<std::byte, 16> bytes{};

  static Guid from(std::span<const std::byte, 16> stored);
  bool is_null() const { return *this == Guid{}; }
  /// "{20D04FE0-3AEA-1069-A2D8-08002B30309D}", as the registry spells it.
  std::string text() const;
  /// Of a version 1 identifier (time and network card): "70:5a:b6:16:a5:f3"; nothing for others and
  /// for a node that was made up (its multicast bit is set).
  std::optional<std::string> mac_address() const;
  friend bool operator==(const Guid&, const Guid&) = default;
};

}  // namespace hozen
