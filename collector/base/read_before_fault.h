// Reading from what has bad places: the system fails a whole read for one bad sector in it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "collector/base/result.h"

namespace hozen {

/// What cannot be read is taken as whole pieces of so many bytes: no disk has larger sectors.
constexpr std::size_t kReadPieceBytes = 4096;

/// ByteSource::resumes_at() of a file or device of `size` bytes: behind the piece.
constexpr std::uint64_t behind_piece(std::uint64_t offset, std::uint64_t size) {
  return offset < size
             ? std::min(size, offset / kReadPieceBytes * kReadPieceBytes + kReadPieceBytes)
             : size;
}

/// read(offset, out) as ByteSource::read_some(); where that fails with Errc::io, what lies before
/// the bad place, in pieces of kReadPieceBytes. The fault is the answer when it comes first.
template <class Read>
Result<std::size_t> read_before_fault(const Read& read, std::uint64_t offset,
                                      std::span<std::byte> out) {
  Result<std::size_t> whole = read(offset, out);
  if (whole || whole.error().code != Errc::io) return whole;
  std::size_t filled = 0;
  while (filled < out.size()) {
    const auto to_boundary =
        static_cast<std::size_t>(kReadPieceBytes - (offset + filled) % kReadPieceBytes);
    if (filled == 0 && to_boundary >= out.size()) return whole;
    Result<std::size_t> piece =
        read(offset + filled, out.subspan(filled, std::min(to_boundary, out.size() - filled)));
    if (!piece && filled == 0) return piece;
    if (!piece || *piece == 0) break;
    filled += *piece;
  }
  return filled;
}

}  // namespace hozen
