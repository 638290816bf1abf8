#include "collector/engine/time_span.h"

#include <array>
#include <cstdio>

#include "collector/base/filetime.h"
#include "collector/engine/quantity.h"

namespace hozen {
namespace {

constexpr std::array<QuantityUnit, 8> kUnits{{{"", 1},
                                              {"s", 1},
                                              {"sec", 1},
                                              {"m", 60},
                                              {"min", 60},
                                              {"h", 3'600},
                                              {"d", 86'400},
                                              {"day", 86'400}}};
constexpr std::uint64_t kMaxSeconds = 366 * 86'400;

}  // namespace

std::optional<std::uint64_t> parse_time_span(std::string_view text) {
  const auto seconds = parse_quantity(text, kUnits, kMaxSeconds);
  if (!seconds) return std::nullopt;
  return *seconds * kTicksPerSecond;
}

std::string time_span_text(std::uint64_t ticks) {
  const std::uint64_t seconds = ticks / kTicksPerSecond;
  const std::uint64_t hours = seconds / 3'600, minutes = seconds / 60 % 60;
  std::array<char, 48> text{};
  if (hours > 0 && minutes > 0)
    std::snprintf(text.data(), text.size(), "%llu h %llu min",
                  static_cast<unsigned long long>(hours), static_cast<unsigned long long>(minutes));
  else if (hours > 0)
    std::snprintf(text.data(), text.size(), "%llu h", static_cast<unsigned long long>(hours));
  else if (minutes > 0 && seconds % 60 == 0)
    std::snprintf(text.data(), text.size(), "%llu min", static_cast<unsigned long long>(minutes));
  else if (ticks % kTicksPerSecond == 0)
    std::snprintf(text.data(), text.size(), "%llu s", static_cast<unsigned long long>(seconds));
  else
    std::snprintf(text.data(), text.size(), "%.1f s",
                  static_cast<double>(ticks) / static_cast<double>(kTicksPerSecond));
  return text.data();
}

}  // namespace hozen
