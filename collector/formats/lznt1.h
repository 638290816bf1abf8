// LZNT1: how NTFS compresses the units of a compressed attribute.
//
// Source: MS-XCA 2.5 (LZNT1 Algorithm Details); libyal/libfwnt, "LZNT1 compression"; for chunks
// that give less than 4096 bytes with another one behind them (zeros up to the next 4096) the
// documentation of the Linux NTFS project, "Compression". Checked with volumes of ntfs-3g and with
// libfwnt (tests/oracle/lznt1_posix_test.cpp).
#pragma once

#include <cstddef>
#include <span>

#include "collector/base/bytes.h"

namespace hozen {

/// Decompresses the chunks of `in` until they end (a header of zero, or the end of `in`) or `out`
/// is full, and returns how many bytes of `out` were produced; what the rest of `out` holds is not
/// defined. Errc::truncated when a chunk or a token is cut, Errc::malformed when a chunk lacks its
/// signature, or refers back to before its start or runs past 4096 bytes. `in` and `out` must not
/// overlap.
Result<std::size_t> decompress_lznt1(Bytes in, std::span<std::byte> out);

}  // namespace hozen
