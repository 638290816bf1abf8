// Zeros between the structures of NTFS, passed over quickly.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "collector/base/bytes.h"

namespace hozen::ntfs {

/// True when there is nothing else; also for no bytes at all.
inline bool is_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

/// How many bytes from `at` on are zero, as whole words of 8.
inline std::size_t zeros_at(Bytes bytes, std::size_t at) {
  constexpr std::size_t kBlock = 64, kWord = 8;
  const std::size_t start = at;
  while (bytes.contains(at, kBlock)) {
    const auto block = bytes.fixed<kBlock>(at, "");
    const std::uint64_t low =
        block->u64<0>() | block->u64<8>() | block->u64<16>() | block->u64<24>();
    const std::uint64_t high =
        block->u64<32>() | block->u64<40>() | block->u64<48>() | block->u64<56>();
    if ((low | high) != 0) break;
    at += kBlock;
  }
  while (bytes.get<std::uint64_t>(at) == std::uint64_t{0}) at += kWord;
  return at - start;
}

}  // namespace hozen::ntfs
