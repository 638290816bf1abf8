// Deflate, one block at a time: each is compressed by itself, so that blocks can be compressed at
// once and then stand one behind the other in one stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "collector/engine/bundle.h"

namespace hozen {

/// Not for use by two threads at once.
class Deflater {
 public:
  virtual ~Deflater() = default;
  /// Compresses `in` into `out` and returns the bytes used, or 0 when `out` is too small for it.
  /// The result ends on a byte and refers to nothing before `in`; `last` ends the stream as well.
  virtual std::size_t deflate(std::span<const std::byte> in, bool last,
                              std::span<std::byte> out) = 0;
};

std::unique_ptr<Deflater> make_deflater(DeflateEncoder encoder);

/// Ends a deflate stream that stands on a byte: an empty block with fixed codes, marked as the
/// last.
constexpr std::string_view kDeflateEnd{"\x03\x00", 2};
/// Most bytes in one stored block (RFC 1951, 3.2.4).
constexpr std::size_t kDeflateStoredBytes = 65'535;
/// Header of a stored block, not the last, of `size` bytes, in a stream that stands on a byte.
std::string deflate_stored_header(std::size_t size);

}  // namespace hozen
