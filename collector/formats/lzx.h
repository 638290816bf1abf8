// LZX as WIM files and WOF have it: chunks of up to 32 KiB, each for itself.
//
// Source: Microsoft's "LZX Data Compression Format" (Cabinet SDK), MS-PATCH 2 where that is wrong,
// and what wimlib's documentation says of the WIM flavour: the block size's first bit, the
// translation of CALL targets always with a file size of 12,000,000. Checked with wimlib
// (tests/oracle/wim_posix_test.cpp).
// Not read: windows of more than 32 KiB (WOF has none).
#pragma once

#include <cstddef>
#include <span>

#include "collector/base/bytes.h"

namespace hozen {

constexpr std::size_t kLzxWindow = 32768;  ///< bytes; the most that a chunk decompresses to

/// Fills `out` from one chunk. Errc::truncated when `in` ends before `out` is full, Errc::malformed
/// when a block, a code or a match is none, Errc::unsupported when `out` is larger than kLzxWindow;
/// what `out` holds then is not defined.
Result<void> decompress_lzx(Bytes in, std::span<std::byte> out);

}  // namespace hozen
