#include "collector/formats/lzx.h"

#include "collector/formats/huffman_table.h"
#include "collector/formats/lz_match.h"

namespace hozen {
namespace {

constexpr unsigned kLiterals = 256;
constexpr unsigned kSlots = 30;  ///< classes of distances in a window of 32 KiB
constexpr unsigned kLengthHeaders =
    8;  ///< lengths that the main symbol tells; the last: more follow
constexpr unsigned kMainSymbols = kLiterals + kSlots * kLengthHeaders;
constexpr unsigned kLengthSymbols = 249;
constexpr unsigned kAlignedSymbols = 8;
constexpr unsigned kPreSymbols = 20;
constexpr unsigned kLongestCode = 16;        ///< bits, of the main and the length code
constexpr unsigned kLongestAlignedCode = 7;  ///< bits
constexpr unsigned kLongestPreCode = 15;     ///< bits
constexpr unsigned kAlignedBits = 3;  ///< low bits of a distance that have a code of their own
constexpr std::size_t kShortestMatch = 2;
constexpr unsigned kRecent = 3;
constexpr std::size_t kWholeBlock = 32768;      ///< bytes, when the size's first bit is set
constexpr std::size_t kNotTranslated = 10;      ///< bytes at the end of a chunk
constexpr std::int32_t kFileSize = 12'000'000;  ///< that the translation of CALL assumes
constexpr char kCall = '\xE8';

enum BlockType : unsigned { verbatim = 1, aligned = 2, uncompressed = 3 };

constexpr std::uint32_t kSlotBias = 2;
struct Slot {
  std::uint16_t base;  ///< first distance, plus kSlotBias
  std::uint8_t bits;   ///< that follow and are added
};

constexpr std::array<Slot, kSlots> make_slots() {
  std::array<Slot, kSlots> slots{};
  unsigned base = 0;
  for (unsigned i = 0; i < kSlots; ++i) {
    const unsigned bits = i < 4 ? 0 : i / 2 - 1;
    slots[i] = {static_cast<std::uint16_t>(base), static_cast<std::uint8_t>(bits)};
    base += 1u << bits;
  }
  return slots;
}
constexpr std::array<Slot, kSlots> kSlotTable = make_slots();
static_assert(kSlotTable[kSlots - 1].base == 24576 && kSlotTable[kSlots - 1].bits == 13);
static_assert(2 * kLongestCode + 13 - kAlignedBits + kLongestAlignedCode <=
                  lz::BitReader::kRefilled,
              "a match at one refill");

class LzxDecoder {
 public:
  LzxDecoder(Bytes in, std::span<std::byte> out) : bits_{in, 0}, in_{in}, out_{out} {}

  Result<void> run() {
    while (produced_ < out_.size()) {
      HOZEN_CHECK(read_block());
      if (bits_.has_overrun()) return bits_.error("lzx data");
    }
    return {};
  }

 private:
  Result<void> read_block() {
    bits_.refill();
    const unsigned type = bits_.read(3);
    const std::size_t size = bits_.read(1) != 0 ? kWholeBlock : bits_.read(16);
    if (size == 0 || size > out_.size() - produced_) return bits_.error("lzx block size");
    const std::size_t end = produced_ + size;
    if (type == uncompressed) return read_uncompressed(size);
    if (type != verbatim && type != aligned) return bits_.error("lzx block type");
    if (type == aligned && !read_aligned_code()) return bits_.error("lzx aligned code");
    if (!read_lengths(std::span{main_lengths_}.first(kLiterals)) ||
        !read_lengths(std::span{main_lengths_}.subspan(kLiterals)) || !main_.build(main_lengths_))
      return bits_.error("lzx main code");
    if (!read_lengths(length_lengths_) || !length_.build(length_lengths_))
      return bits_.error("lzx length code");
    // Copies, as bytes written to the output might change members for all that the compiler knows.
    lz::BitReader bits = bits_;
    std::size_t produced = produced_;
    const bool done = type == aligned ? read_symbols<true>(bits, produced, end)
                                      : read_symbols<false>(bits, produced, end);
    bits_ = bits;
    produced_ = produced;
    if (!done) return bits_.error("lzx match");
    return {};
  }

  /// The header ends with at least one bit of padding; then everything is whole bytes.
  Result<void> read_uncompressed(std::size_t size) {
    bits_.refill();
    const bool whole_unit = bits_.valid_bits() % 16 == 0;
    bits_.give_back(0);
    bits_.seek(bits_.position() + (whole_unit ? 2 : 0));
    for (std::uint32_t& distance : recent_) distance = bits_.take<std::uint32_t>();
    if (bits_.has_overrun()) return bits_.error("lzx recent distances");
    HOZEN_TRY(const Bytes data, in_.slice(bits_.position(), size, "lzx uncompressed block"));
    if (std::ranges::find(recent_, 0u) != recent_.end()) return bits_.error("lzx recent distances");
    std::memcpy(out_.data() + produced_, data.span().data(), size);
    produced_ += size;
    // A last block may lack the byte that makes it even.
    bits_.seek(std::min(bits_.position() + size + size % 2, in_.size()));
    return {};
  }

  bool read_aligned_code() {
    bits_.refill();
    std::array<std::uint8_t, kAlignedSymbols> lengths{};
    for (std::uint8_t& length : lengths) length = static_cast<std::uint8_t>(bits_.read(3));
    return aligned_.build(lengths);
  }

  /// Code lengths, as differences from those of the block before; false when they are malformed.
  bool read_lengths(std::span<std::uint8_t> lengths) {
    std::array<std::uint8_t, kPreSymbols> pre_lengths{};
    for (std::uint8_t& length : pre_lengths) {
      bits_.refill();
      length = static_cast<std::uint8_t>(bits_.read(4));
    }
    if (!pre_.build(pre_lengths)) return false;
    for (std::size_t i = 0; i < lengths.size();) {
      bits_.refill();
      std::size_t run = 1;
      unsigned symbol = pre_.decode(bits_);
      const bool zeros = symbol == 17 || symbol == 18;
      if (symbol == 17) {
        run = 4 + std::size_t{bits_.read(4)};
      } else if (symbol == 18) {
        run = 20 + std::size_t{bits_.read(5)};
      } else if (symbol == 19) {
        run = 4 + std::size_t{bits_.read(1)};
        symbol = pre_.decode(bits_);
      }
      if (run > lengths.size() - i || (!zeros && symbol > kLongestCode)) return false;
      const unsigned length = zeros ? 0 : (lengths[i] + kLongestCode + 1 - symbol) % 17;
      std::ranges::fill(lengths.subspan(i, run), static_cast<std::uint8_t>(length));
      i += run;
    }
    return true;
  }

  template <bool Aligned>
  bool read_symbols(lz::BitReader& bits, std::size_t& produced, std::size_t end) {
    const std::span<std::byte> out = out_;
    while (produced < end) {
      bits.refill();
      unsigned symbol = main_.decode(bits);
      if (symbol < kLiterals) {
        out[produced++] = static_cast<std::byte>(symbol);
        if (produced == end) break;
        symbol = main_.decode(bits);
        if (symbol < kLiterals) {
          out[produced++] = static_cast<std::byte>(symbol);
          continue;
        }
        bits.refill();
      }
      if (symbol == Main::kNone) return false;
      const std::size_t length = read_length(bits, symbol % kLengthHeaders);
      const std::size_t distance =
          read_distance<Aligned>(bits, (symbol - kLiterals) / kLengthHeaders);
      if (distance > produced || length > end - produced) return false;
      lz::copy_match(out, produced, distance, length);
      produced += length;
    }
    return true;
  }

  /// Bits that are no code give a length that no chunk has.
  std::size_t read_length(lz::BitReader& bits, unsigned header) const {
    if (header < kLengthHeaders - 1) return header + kShortestMatch;
    return header + kShortestMatch + length_.decode(bits);
  }

  template <bool Aligned>
  std::uint32_t read_distance(lz::BitReader& bits, unsigned slot_number) {
    if (slot_number < kRecent) {
      std::swap(recent_[0], recent_[slot_number]);
      return recent_[0];
    }
    const Slot slot = kSlotTable[slot_number];
    std::uint32_t distance = slot.base - kSlotBias;
    if (Aligned && slot.bits >= kAlignedBits) {
      distance += bits.read(slot.bits - kAlignedBits) << kAlignedBits;
      distance += aligned_.decode(bits);  // no code: a distance that no chunk has
    } else {
      distance += bits.read(slot.bits);
    }
    recent_ = {distance, recent_[0], recent_[1]};
    return distance;
  }

  using Main = lz::HuffmanTable<kMainSymbols, 11, kLongestCode>;
  using Length = lz::HuffmanTable<kLengthSymbols, 9, kLongestCode>;

  lz::BitReader bits_;
  Bytes in_;
  std::span<std::byte> out_;
  std::size_t produced_ = 0;
  std::array<std::uint32_t, kRecent> recent_{1, 1, 1};
  std::array<std::uint8_t, kMainSymbols> main_lengths_{};
  std::array<std::uint8_t, kLengthSymbols> length_lengths_{};
  Main main_;
  Length length_;
  lz::HuffmanTable<kAlignedSymbols, kLongestAlignedCode, kLongestAlignedCode> aligned_;
  lz::HuffmanTable<kPreSymbols, 8, kLongestPreCode> pre_;
};

/// Compressors replace the relative targets of CALL instructions by absolute ones; this undoes it.
void restore_calls(std::span<std::byte> out) {
  if (out.size() <= kNotTranslated) return;
  const std::size_t end = out.size() - kNotTranslated;
  const std::string_view text = Bytes{out}.chars().substr(0, end);
  for (std::size_t i = 0; (i = text.find(kCall, i)) != text.npos;) {
    const auto position = static_cast<std::int32_t>(i);
    std::int32_t target = 0;
    std::memcpy(&target, out.data() + i + 1, sizeof target);
    if (target >= 0 && target < kFileSize) {
      target -= position;
    } else if (target < 0 && target >= -position) {
      target += kFileSize;
    }
    std::memcpy(out.data() + i + 1, &target, sizeof target);
    i += 1 + sizeof target;
  }
}

}  // namespace

Result<void> decompress_lzx(Bytes in, std::span<std::byte> out) {
  if (out.size() > kLzxWindow)
    return Error{Errc::unsupported, "lzx chunk of more than 32 KiB", in.base()};
  HOZEN_CHECK((LzxDecoder{in, out}.run()));
  restore_calls(out);
  return {};
}

}  // namespace hozen
