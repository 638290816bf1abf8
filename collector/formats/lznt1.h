// LZNT1: how NTFS compresses the units of a compressed attribute.
//
// Source: MS-XCA 2.5 (LZNT1 Algorithm Details); libyal/libfwnt, "LZNT1 compression"; for chunks
// that give less than 4096 bytes with another one behind them (zeros up to the next 4096) the
// documentation of the Linux NTFS project, "Compression". Checked with volumes of ntfs-3g and with
// libfwnt (tests/oracle/lznt1_posix_test.cpp).
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "collector/base/bytes.h"
#include "collector/base/function_ref.h"

namespace hozen {

constexpr std::size_t kLznt1ChunkBytes = 4096;  ///< that a chunk decompresses to

/// Decompresses the chunks of `in` until they end (a header of zero, or the end of `in`) or `out`
/// is full, and returns how many bytes of `out` were produced; what the rest of `out` holds is not
/// defined. Errc::truncated when a chunk or a token is cut, Errc::malformed when a chunk lacks its
/// signature, or refers back to before its start or runs past 4096 bytes. `in` and `out` must not
/// overlap.
Result<std::size_t> decompress_lznt1(Bytes in, std::span<std::byte> out);

/// What was decompressed of damaged chunks.
struct Lznt1End {
  std::size_t produced = 0;     ///< bytes of `out`, those of bad chunks included
  std::optional<Error> lost{};  ///< why nothing follows, where that is no regular end
};

/// The same, going on behind a chunk that cannot be decompressed where the headers of those behind
/// it lead to the end: `bad` is told where in `out` it
/// begins and why; its kLznt1ChunkBytes, or less at the end of `out`, are zeros.
Lznt1End decompress_lznt1(Bytes in, std::span<std::byte> out,
                          FunctionRef<void(std::size_t first, Error why)> bad);

}  // namespace hozen
