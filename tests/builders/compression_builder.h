// Small compressors of the formats that NTFS stores: LZNT1, XPRESS with Huffman codes, LZX, and the
// stream of a WOF file.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "collector/formats/wof.h"
#include "tests/builders/lz_builder.h"

namespace hozen::builders {

enum class Lznt1Chunks { stored, literals, matches };
/// Chunks of 4096 bytes; without a header of zero at the end.
LzBytes lznt1(std::span<const std::byte> data, Lznt1Chunks chunks);

/// Blocks of 64 KiB that end where a token does.
LzBytes xpress_huffman(const LzTokens& tokens);
LzTokens xpress_matches(std::span<const std::byte> data);

/// One chunk of LZX, block by block.
class LzxBuilder {
 public:
  LzxBuilder() = default;
  LzxBuilder(const LzxBuilder&) = delete;
  LzxBuilder& operator=(const LzxBuilder&) = delete;
  LzxBuilder& verbatim(const LzTokens& tokens) { return coded(1, tokens); }
  LzxBuilder& aligned(const LzTokens& tokens) { return coded(2, tokens); }
  LzxBuilder& uncompressed(std::span<const std::byte> data);
  /// Whatever bits are asked for.
  LzxBuilder& bits(std::uint32_t value, unsigned count);
  /// The recent distances that the next uncompressed block gives.
  LzxBuilder& recent(const std::array<std::uint32_t, 3>& distances);
  LzBytes bytes();

 private:
  struct Code {
    std::vector<std::uint8_t> lengths;
    std::vector<std::uint32_t> codes;
  };
  struct Item {
    unsigned main, slot_bits, slot_value;
    int length;  ///< symbol of the length code, -1 for none
  };
  LzxBuilder& coded(unsigned type, const LzTokens& tokens);
  void header(unsigned type, std::size_t size);
  Item item(const LzToken& token);
  void code_lengths(std::vector<std::uint8_t>& before, const std::vector<std::uint8_t>& lengths,
                    std::size_t first, std::size_t last);
  void pre_symbol(unsigned symbol);
  void symbol(const Code& code, unsigned symbol);

  LzBytes out_;
  UnitWriter writer_{out_, 0};
  std::array<std::uint32_t, 3> recent_{1, 1, 1};
  std::vector<std::uint8_t> main_ = std::vector<std::uint8_t>(496);
  std::vector<std::uint8_t> length_ = std::vector<std::uint8_t>(249);
};
LzTokens lzx_matches(std::span<const std::byte> data);
/// What LZX does to x86 code before it compresses.
LzBytes lzx_translated(std::span<const std::byte> data);

/// One chunk as WOF stores it, if that is shorter than the data; else the data.
LzBytes wof_chunk(std::span<const std::byte> data, WofAlgorithm algorithm);
/// The stream WofCompressedData of a file of less than 4 GiB.
LzBytes wof_stream(std::span<const std::byte> data, WofAlgorithm algorithm);
/// The reparse point, header and all.
LzBytes wof_reparse_point(std::uint32_t version, std::uint32_t provider,
                          std::uint32_t provider_version, std::uint32_t algorithm);

}  // namespace hozen::builders
