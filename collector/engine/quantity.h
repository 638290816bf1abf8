// A whole number with a unit, as operators write sizes and times.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace hozen {

struct QuantityUnit {
  std::string_view name;  ///< lower case; "" for a number alone
  std::uint64_t factor;
};

/// `text` is a number, blanks or none, and one of `units` in any case. Nothing for other text and
/// for more than `most`.
std::optional<std::uint64_t> parse_quantity(std::string_view text,
                                            std::span<const QuantityUnit> units,
                                            std::uint64_t most);

}  // namespace hozen
