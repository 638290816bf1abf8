// Where a deflate stream that ends too early can be ended by hand.
//
// Source: RFC 1951 (blocks; the empty final block of fixed codes); zlib.h, Z_BLOCK and data_type.
#pragma once

#include <cstdint>
#include <string_view>

#include "collector/base/byte_source.h"

namespace hozen {

/// A whole block without content that ends a stream which stands on a byte.
constexpr std::string_view kDeflateEnd{"\x03\x00", 2};

struct DeflateCut {
  std::uint64_t stored_size = 0;  ///< bytes of the stream up to there
  std::uint64_t size = 0;         ///< what they hold, uncompressed
  std::uint64_t ended = 0;        ///< bytes of the stream where it says itself that it ends; else 0
};

struct DeflateCutLimits {
  std::uint64_t size;  ///< uncompressed bytes
  /// Where the source is taken to end: before a tail of zeros, which a stored block would take in.
  std::uint64_t end = ~std::uint64_t{0};
  /// Uncompressed bytes after which the writer always began anew, on a byte; 0: not known.
  std::uint64_t unit = 0;
};

/// The last place up to which the stream at `offset` of `source` is whole: behind a block that ends
/// on a byte. Where not the end of the source is what stops it, but what cannot be a stream, and
/// the unit is known, behind the last unit that is sure to end before that: deflate has no
/// checksum, and what a damage made of a block is not seen before the next one. {0, 0} where there
/// is none. Errc::limit past the size.
Result<DeflateCut> find_deflate_cut(ByteSource& source, std::uint64_t offset,
                                    const DeflateCutLimits& limits);

/// A file up to `end`, which is inside a deflate stream, and behind that what ends the stream.
class EndedDeflate final : public ByteSource {
 public:
  /// `file` must outlive it.
  EndedDeflate(ByteSource& file, std::uint64_t end) : file_{file}, end_{end} {}
  std::uint64_t size() const override { return end_ + kDeflateEnd.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override;

 private:
  ByteSource& file_;
  std::uint64_t end_;
};

}  // namespace hozen
