// What to ask a device for: it reads whole sectors only, and none behind its end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace hozen {

constexpr std::uint64_t kDeviceAlignment = 4096;  ///< a multiple of every sector size there is
constexpr std::uint64_t kSmallestSector = 512;

struct AlignedRead {
  std::uint64_t start = 0;
  std::size_t bytes = 0;
};

/// The sectors that hold `wanted` bytes at `offset` of a device of `size` bytes, at most
/// `max_bytes` of them, a multiple of kDeviceAlignment. The last read ends with the device, whose
/// own sectors are then smaller than kDeviceAlignment.
constexpr AlignedRead aligned_read(std::uint64_t offset, std::size_t wanted, std::uint64_t size,
                                   std::size_t max_bytes) {
  const auto round_up = [](std::uint64_t value, std::uint64_t unit) {
    return (value + unit - 1) / unit * unit;
  };
  const std::uint64_t start = offset / kDeviceAlignment * kDeviceAlignment;
  const std::uint64_t whole = round_up(offset - start + wanted, kDeviceAlignment);
  const std::uint64_t there = round_up(size, kSmallestSector) - start;
  return {start, static_cast<std::size_t>(
                     std::min(std::min(whole, there), static_cast<std::uint64_t>(max_bytes)))};
}

}  // namespace hozen
