#include "collector/engine/quantity.h"

#include <charconv>
#include <string>

#include "collector/base/text.h"

namespace hozen {

std::optional<std::uint64_t> parse_quantity(std::string_view text,
                                            std::span<const QuantityUnit> units,
                                            std::uint64_t most) {
  text = trim(text);
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{}) return std::nullopt;
  const std::string name =
      to_lower_ascii(trim(text.substr(static_cast<std::size_t>(end - text.data()))));
  for (const QuantityUnit& unit : units) {
    if (unit.name != name) continue;
    if (number > most / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

}  // namespace hozen
