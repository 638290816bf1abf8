// Security descriptors as Windows stores them (MS-DTYP 2.4.6, self-relative).
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "collector/base/guid.h"

namespace hozen::builders {

using SecurityBytes = std::vector<std::byte>;

/// The binary form of "S-1-5-32-544".
SecurityBytes sid_bytes(std::string_view text);

class SecurityBuilder {
 public:
  SecurityBuilder& owner(std::string_view sid);
  SecurityBuilder& group(std::string_view sid);
  /// Bits besides those that follow from what is there.
  SecurityBuilder& control(std::uint16_t bits);
  SecurityBuilder& allow(std::string_view sid, std::uint32_t mask, std::uint8_t flags = 0);
  SecurityBuilder& deny(std::string_view sid, std::uint32_t mask, std::uint8_t flags = 0);
  /// Of any type, with what follows the SID.
  SecurityBuilder& entry(std::uint8_t type, std::string_view sid, std::uint32_t mask,
                         std::uint8_t flags = 0, const SecurityBytes& data = {});
  SecurityBuilder& object_entry(std::uint8_t type, std::string_view sid, std::uint32_t mask,
                                const std::optional<Guid>& object,
                                const std::optional<Guid>& inherited);
  SecurityBuilder& audit(std::string_view sid, std::uint32_t mask, std::uint8_t flags);
  /// An entry of the SACL of any type.
  SecurityBuilder& label(std::string_view sid, std::uint32_t mask);
  SecurityBuilder& empty_dacl();
  SecurityBuilder& null_dacl();
  SecurityBytes bytes() const;

 private:
  std::uint16_t control_ = 0x8000;
  SecurityBytes owner_, group_;
  std::vector<SecurityBytes> dacl_, sacl_;
  bool has_dacl_ = false, null_dacl_ = false, has_sacl_ = false;
};

}  // namespace hozen::builders
