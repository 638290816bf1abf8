// The form of fuzz_ntfs_index's input, which its seeds share: lengths of the root's value and the
// bitmap (u16 each), the block size as a power of two (0: detected), a byte that says what there is
// (1 root, 2 bitmap), then root, bitmap and blocks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hozen::ntfs::fuzz {

constexpr std::size_t kHeaderBytes = 6;
constexpr std::uint8_t kHasRoot = 1, kHasBitmap = 2;

}  // namespace hozen::ntfs::fuzz
