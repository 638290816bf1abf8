// CRC-32 as zlib, ZIP, gzip, GPT and event logs use it: polynomial 0xEDB88320, reflected, begins
// and ends with all bits turned (ITU-T V.42, 8.1.1.6.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace hozen {

/// The checksum of `data`, or of what had the checksum `before` and `data` behind it.
std::uint32_t crc32_of(std::span<const std::byte> data, std::uint32_t before = 0);

/// The checksum of two pieces, one behind the other.
std::uint32_t combine_crc32(std::uint32_t first, std::uint32_t second, std::uint64_t second_size);

}  // namespace hozen
