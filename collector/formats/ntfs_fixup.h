// The update sequence array that guards multi-sector structures of NTFS: file records, index
// blocks, $LogFile pages.
//
// Source: the documentation of the Linux NTFS project ("Concept - Fixup") and
// libyal/libfsntfs, "New Technologies File System (NTFS)", "The fix-up values". Checked with
// records of Windows and of mkntfs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "collector/base/bytes.h"

namespace hozen::ntfs {

/// Bytes that one entry of the array guards, whatever the sector size of the disk.
constexpr std::size_t kFixupStride = 512;

enum class Fixup : std::uint8_t {
  intact,     ///< every stride ended with the update sequence number; the bytes are put back
  torn,       ///< some stride did not (a write that was cut); those that did are put back
  malformed,  ///< the array lies outside the structure or does not cover it; nothing was changed
};

/// Puts back the last two bytes of each stride of `block`, a structure that starts with a four-byte
/// signature, the array's offset (u16 at 4) and its count (u16 at 6, one more than strides).
/// `block` must be a whole number of strides, else malformed.
Fixup apply_fixup(std::span<std::byte> block);

}  // namespace hozen::ntfs
