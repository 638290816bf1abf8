#include "collector/formats/xpress_huffman.h"

#include "collector/formats/huffman_table.h"
#include "collector/formats/lz_match.h"

namespace hozen {
namespace {

constexpr std::size_t kSymbols = 512;
constexpr unsigned kLiterals = 256;       ///< symbols below it are bytes, the others matches
constexpr std::size_t kTableBytes = 256;  ///< two code lengths a byte, the lower half first
constexpr std::size_t kBlock = 65536;     ///< bytes of output that share a table
constexpr unsigned kLongestCode = 15;     ///< bits
constexpr unsigned kTableBits = 11;       ///< bits looked up at once: 4 KiB stay in the L1 cache
constexpr unsigned kKeptAhead = 16;       ///< bits that the format reads ahead before whole bytes
constexpr std::size_t kShortestMatch = 3;
constexpr std::size_t kLengthInByte = 15;    ///< in the symbol: what exceeds it follows in a byte
constexpr std::size_t kLengthInWords = 255;  ///< in that byte: the length follows in a u16

static_assert(3 * kLongestCode <= lz::BitReader::kRefilled, "a literal and a match at one refill");

using Table = lz::HuffmanTable<kSymbols, kTableBits, kLongestCode>;

bool build(Table& table, Bytes packed) {
  std::array<std::uint8_t, kSymbols> lengths{};
  std::size_t symbol = 0;
  for (const std::byte pair : packed.span()) {
    lengths[symbol++] = static_cast<std::uint8_t>(pair & std::byte{0x0F});
    lengths[symbol++] = static_cast<std::uint8_t>(pair >> 4);
  }
  return table.build(lengths);
}

/// One block: bytes of out[produced, end), and beyond `end` when its last match goes on.
class BlockDecoder {
 public:
  BlockDecoder(Bytes in, std::size_t position, std::span<std::byte> out, std::size_t produced)
      : bits_{in, position},
        out_{out},
        produced_{produced},
        end_{produced + std::min(kBlock, out.size() - produced)} {}

  Result<void> run(const Table& table) {
    // Copies, as bytes written to the output might change members for all that the compiler knows.
    lz::BitReader bits = bits_;
    std::size_t produced = produced_;
    const bool done = read_symbols(table, bits, produced);
    bits_ = bits;
    produced_ = produced;
    if (!done) return bits_.error("xpress match");
    if (bits_.has_overrun()) return bits_.error("xpress data");
    return {};
  }

  std::size_t produced() const { return produced_; }
  /// Where the next block's table is.
  std::size_t end_position() {
    bits_.refill();
    bits_.give_back(kKeptAhead);
    return bits_.position();
  }

 private:
  bool read_symbols(const Table& table, lz::BitReader& bits, std::size_t& produced) const {
    const std::span<std::byte> out = out_;
    const std::size_t end = end_;
    while (produced < end) {
      bits.refill();
      unsigned symbol = table.decode(bits);
      if (symbol < kLiterals) {
        out[produced++] = static_cast<std::byte>(symbol);
        if (produced == end) break;
        symbol = table.decode(bits);
        if (symbol < kLiterals) {
          out[produced++] = static_cast<std::byte>(symbol);
          continue;
        }
      }
      if (symbol == Table::kNone) return false;
      const unsigned distance_bits = symbol / 16 % 16;
      std::size_t length = symbol % 16;
      if (length == kLengthInByte) length = read_length(bits);
      length += kShortestMatch;
      const std::size_t distance = std::size_t{1} << distance_bits | bits.read(distance_bits);
      if (distance > produced || length > out.size() - produced) return false;
      lz::copy_match(out, produced, distance, length);
      produced += length;
    }
    return true;
  }

  /// A length that the symbol has no room for stands in whole bytes between the units.
  static std::size_t read_length(lz::BitReader& bits) {
    bits.refill();
    bits.give_back(kKeptAhead);
    const std::size_t more = bits.take<std::uint8_t>();
    if (more < kLengthInWords) return more + kLengthInByte;
    const std::size_t word = bits.take<std::uint16_t>();
    const std::size_t length = word != 0 ? word : bits.take<std::uint32_t>();
    return length >= kLengthInByte ? length : kNoLength;
  }

  static constexpr std::size_t kNoLength = std::size_t{1} << 40;  ///< longer than any output

  lz::BitReader bits_;
  std::span<std::byte> out_;
  std::size_t produced_;
  std::size_t end_;
};

}  // namespace

Result<void> decompress_xpress_huffman(Bytes in, std::span<std::byte> out) {
  Table table;
  std::size_t position = 0;
  for (std::size_t produced = 0; produced < out.size();) {
    HOZEN_TRY(const Bytes packed, in.slice(position, kTableBytes, "xpress code lengths"));
    if (!build(table, packed)) return Error{Errc::malformed, "xpress code lengths", packed.base()};
    BlockDecoder block{in, position + kTableBytes, out, produced};
    HOZEN_CHECK(block.run(table));
    produced = block.produced();
    // What is read ahead may lie behind the end, which is an error only where there is a next
    // block.
    position = std::min(block.end_position(), in.size());
  }
  return {};
}

}  // namespace hozen
