// What the compressors of the tests share: matches, Huffman codes, a writer of 16-bit units.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hozen::builders {

using LzBytes = std::vector<std::byte>;

/// A byte of its own, or `length` bytes that stood `distance` before.
struct LzToken {
  std::byte literal{};
  std::size_t length = 0;  ///< 0: the literal
  std::size_t distance = 0;
};
using LzTokens = std::vector<LzToken>;

struct LzLimits {
  std::size_t shortest = 3, longest = 0, farthest = 0;
};

LzTokens lz_literals(std::span<const std::byte> data);
/// Takes the match with the last place where the next three bytes stood.
LzTokens lz_matches(std::span<const std::byte> data, const LzLimits& limits);

/// Lengths of a complete code of at most `longest` bits; of two symbols at least, of none when none
/// is used.
std::vector<std::uint8_t> huffman_lengths(std::vector<std::uint32_t> counts, unsigned longest);
/// The canonical codes.
std::vector<std::uint32_t> huffman_codes(const std::vector<std::uint8_t>& lengths);

/// 16-bit units, their highest bit first. `ahead`: units whose place is set before the bits that
/// they hold, as the decoder of XPRESS reads ahead (2 there, 0 in LZX).
class UnitWriter {
 public:
  UnitWriter(LzBytes& out, unsigned ahead);
  void bits(std::uint32_t value, unsigned count);
  void byte(std::size_t value);  ///< between the units
  void finish();                 ///< fills the last unit with zeros
  unsigned pending() const { return count_; }

 private:
  void unit(std::uint32_t value);
  LzBytes& out_;
  std::vector<std::size_t> places_;
  unsigned ahead_;
  std::uint64_t buffer_ = 0;
  unsigned count_ = 0;
};

/// Words of a small vocabulary, runs and noise: the same bytes each time.
LzBytes lz_text(std::size_t size, std::uint32_t seed = 1);
LzBytes lz_noise(std::size_t size, std::uint32_t seed = 1);

}  // namespace hozen::builders
