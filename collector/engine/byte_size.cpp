#include "collector/engine/byte_size.h"

#include <array>
#include <cstdio>

#include "collector/engine/quantity.h"

namespace hozen {
namespace {

constexpr std::array<QuantityUnit, 14> kUnits{{{"", 1},
                                               {"b", 1},
                                               {"k", 1ull << 10},
                                               {"kib", 1ull << 10},
                                               {"kb", 1'000},
                                               {"m", 1ull << 20},
                                               {"mib", 1ull << 20},
                                               {"mb", 1'000'000},
                                               {"g", 1ull << 30},
                                               {"gib", 1ull << 30},
                                               {"gb", 1'000'000'000},
                                               {"t", 1ull << 40},
                                               {"tib", 1ull << 40},
                                               {"tb", 1'000'000'000'000}}};
constexpr std::uint64_t kMaxBytes = (1ull << 63) - 1;

}  // namespace

std::optional<std::uint64_t> parse_byte_size(std::string_view text) {
  return parse_quantity(text, kUnits, kMaxBytes);
}

std::string byte_size_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kNames{"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
  double value = static_cast<double>(bytes) / 1024;
  std::size_t name = 0;
  while (value >= 1024 && name + 1 < kNames.size()) {
    value /= 1024;
    ++name;
  }
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.1f ", value);
  return buffer.data() + std::string{kNames[name]};
}

}  // namespace hozen
