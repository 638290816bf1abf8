// What must hold of each decompressor whose output has a known size.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "collector/base/bytes.h"

namespace hozen::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

/// Nothing depends on what `out` held or on what lies behind the input: `decompress` gives the same
/// where the end of the input is far, though it reads words there that it cannot read here.
template <class Decompress>
void check_decompression(Bytes in, std::size_t size, Decompress decompress) {
  std::vector<std::byte> out(size, std::byte{0x55});
  const Result<void> done = decompress(in, out);
  if (!done) {
    require(done.error().offset.has_value() && *done.error().offset <= in.base() + in.size());
    return;
  }
  std::vector<std::byte> longer{in.span().begin(), in.span().end()};
  longer.insert(longer.end(), 64, std::byte{0xAA});
  std::vector<std::byte> again(size, std::byte{0xCC});
  require(decompress(Bytes{longer}, again).has_value());
  require(out == again);
}

}  // namespace hozen::fuzz
