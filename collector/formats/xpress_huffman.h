// XPRESS with Huffman codes (MS-XCA LZ77+Huffman): WOF and WIM chunks, prefetch files (MAM).
//
// Source: MS-XCA 2.1 and 2.2 (LZ77+Huffman compression and decompression). Checked with wimlib
// (tests/oracle/wim_posix_test.cpp) and with prefetch files of Windows 10 and 11
// (tests/real/xpress_test.cpp).
#pragma once

#include <cstddef>
#include <span>

#include "collector/base/bytes.h"

namespace hozen {

/// Fills `out` from `in`. Each 64 KiB of output are a block with a table of its own; matches refer
/// back across blocks. Bytes of `in` behind the last block that is needed are not looked at.
/// Errc::truncated when `in` ends before `out` is full, Errc::malformed when a table is no code or
/// a match refers to before the start of `out` or past its end; what `out` holds then is not
/// defined.
Result<void> decompress_xpress_huffman(Bytes in, std::span<std::byte> out);

}  // namespace hozen
