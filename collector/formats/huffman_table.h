// Decoding of canonical Huffman codes, as XPRESS and LZX have them: codes of one length follow each
// other in the order of their symbols, shorter ones before longer ones.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "collector/formats/lz_bits.h"

namespace hozen::lz {

/// Codes of up to `TableBits` bits are looked up, longer ones (each rarer than one in 2^TableBits)
/// are found by comparing. Not usable before build().
template <std::size_t Symbols, unsigned TableBits, unsigned MaxBits>
class HuffmanTable {
 public:
  static_assert(TableBits <= MaxBits && MaxBits <= 16 && Symbols <= 512);
  static constexpr unsigned kNone = 0xFFFF;  ///< what decode() returns for bits that are no code

  /// `lengths`: bits of each symbol's code, at most MaxBits, 0 for none. False when they are no
  /// code: too many, or bits left that mean nothing. Allowed are no codes at all (a code that the
  /// block does not use) and one code of one bit.
  bool build(std::span<const std::uint8_t, Symbols> lengths) {
    std::array<std::uint16_t, MaxBits + 1> counts{};
    for (const std::uint8_t length : lengths) ++counts[length];
    counts[0] = 0;
    std::uint32_t code = 0;  // left-justified in MaxBits
    std::uint16_t first = 0;
    std::array<std::uint16_t, MaxBits + 1> next{};
    for (unsigned length = 1; length <= MaxBits; ++length) {
      next[length] = first;
      starts_[length] = first - (code >> (MaxBits - length));
      code += std::uint32_t{counts[length]} << (MaxBits - length);
      limits_[length] = code;
      first = static_cast<std::uint16_t>(first + counts[length]);
    }
    const bool only_one = first == 1 && counts[1] == 1;
    if (code != kAllCodes && !only_one && first != 0) return false;
    for (std::size_t symbol = 0; symbol < Symbols; ++symbol)
      if (lengths[symbol] != 0)
        symbols_[next[lengths[symbol]]++] = static_cast<std::uint16_t>(symbol);
    fill(counts);
    return true;
  }

  /// The next symbol, or kNone. MaxBits bits must be there.
  unsigned decode(BitReader& bits) const {
    unsigned entry = table_[bits.peek(TableBits)];
    if (entry == 0) [[unlikely]]
      entry = find_long(bits.peek(MaxBits));
    bits.skip(entry & kLengthMask);
    return entry >> kLengthBits;
  }

 private:
  static constexpr std::uint32_t kAllCodes = 1u << MaxBits;
  static constexpr unsigned kLengthBits = 5;
  static constexpr unsigned kLengthMask = (1u << kLengthBits) - 1;

  void fill(const std::array<std::uint16_t, MaxBits + 1>& counts) {
    auto entry = table_.begin();
    std::size_t index = 0;
    for (unsigned length = 1; length <= TableBits; ++length) {
      const std::size_t entries = std::size_t{1} << (TableBits - length);
      for (unsigned i = 0; i < counts[length]; ++i)
        entry = std::fill_n(
            entry, entries,
            static_cast<std::uint16_t>(unsigned{symbols_[index++]} << kLengthBits | length));
    }
    std::fill(entry, table_.end(), std::uint16_t{0});
  }

  /// The entry of a code that is not in table_. What is none takes all the bits: where the data
  /// ends before them, it is the data that is too short.
  [[gnu::noinline]] unsigned find_long(std::uint32_t code) const {
    for (unsigned length = TableBits + 1; length <= MaxBits; ++length) {
      if (code >= limits_[length]) continue;
      // What was subtracted beyond zero is added again: unsigned numbers wrap.
      const std::uint32_t index = starts_[length] + (code >> (MaxBits - length));
      const unsigned symbol = symbols_[index];
      return symbol << kLengthBits | length;
    }
    return kNone << kLengthBits | MaxBits;
  }

  std::array<std::uint16_t, std::size_t{1} << TableBits> table_;  ///< symbol and length; 0: longer
  std::array<std::uint16_t, Symbols> symbols_;                    ///< in the order of their codes
  std::array<std::uint32_t, MaxBits + 1> limits_;  ///< first code behind those of a length
  std::array<std::uint32_t, MaxBits + 1> starts_;  ///< index of a code in symbols_, less its number
};

}  // namespace hozen::lz
