// Copies within a decompressor's output: what LZNT1, XPRESS and LZX share. The one place that
// writes without a check of its own, so that it can write words: each function says what its caller
// checks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace hozen::lz {

constexpr std::size_t kWord = sizeof(std::uint64_t);

/// Copies eight bytes. The caller has checked that both places have them.
inline void copy_word(std::span<const std::byte> from, std::size_t source, std::span<std::byte> to,
                      std::size_t target) {
  std::uint64_t word = 0;
  std::memcpy(&word, from.data() + source, kWord);
  std::memcpy(to.data() + target, &word, kWord);
}

/// As copy_match(), writing nothing behind the match. A match that overlaps itself repeats: each
/// copy of what there is doubles the part that repeats.
inline void copy_match_exactly(std::span<std::byte> out, std::size_t position, std::size_t distance,
                               std::size_t length) {
  const std::size_t source = position - distance;
  const std::size_t end = position + length;
  while (position < end) {
    const std::size_t count = std::min(position - source, end - position);
    std::memcpy(out.data() + position, out.data() + source, count);
    position += count;
  }
}

/// Repeats `length` bytes of `out` that stand `distance` before `position`; up to seven bytes of
/// `out` behind them may be overwritten. The caller has checked that distance is 1 to `position`
/// and length at most out.size() - position.
inline void copy_match(std::span<std::byte> out, std::size_t position, std::size_t distance,
                       std::size_t length) {
  if (distance < kWord || out.size() - position - length < kWord)
    return copy_match_exactly(out, position, distance, length);
  std::size_t source = position - distance;
  const std::size_t end = position + length;
  do {
    copy_word(out, source, out, position);
    source += kWord;
    position += kWord;
  } while (position < end);
}

}  // namespace hozen::lz
