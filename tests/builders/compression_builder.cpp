#include "tests/builders/compression_builder.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "tests/builders/reparse_builder.h"

namespace hozen::builders {
namespace {

void put(LzBytes& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i)
    out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFF));
}

void append(LzBytes& out, std::span<const std::byte> more) {
  out.insert(out.end(), more.begin(), more.end());
}

// LZNT1

struct Lznt1Writer {
  LzBytes out{};
  std::size_t flags_at = 0;
  unsigned items = 8;

  void item(bool is_match) {
    if (items == 8) {
      flags_at = out.size();
      out.push_back({});
      items = 0;
    }
    if (is_match) out[flags_at] |= std::byte{1} << items;
    ++items;
  }
};

LzBytes lznt1_chunk(std::span<const std::byte> data, const LzTokens& tokens) {
  Lznt1Writer writer;
  std::size_t position = 0;
  for (const LzToken& token : tokens) {
    for (std::size_t left = std::max<std::size_t>(token.length, 1); left > 0;) {
      // Position 1 to 16: 4 bits of distance, to 32: 5, and so on.
      unsigned distance_bits = 4;
      while (position > std::size_t{1} << distance_bits) ++distance_bits;
      const unsigned length_bits = 16 - distance_bits;
      const std::size_t length = std::min(left, (std::size_t{1} << length_bits) + 2);
      writer.item(token.length != 0 && length >= 3);
      if (token.length != 0 && length >= 3) {
        put(writer.out, (token.distance - 1) << length_bits | (length - 3), 2);
        position += length;
        left -= length;
      } else {
        writer.out.push_back(data[position++]);
        --left;
      }
    }
  }
  return writer.out;
}

// XPRESS

unsigned xpress_symbol(const LzToken& token) {
  if (token.length == 0) return static_cast<unsigned>(token.literal);
  const auto distance_bits = static_cast<unsigned>(std::bit_width(token.distance) - 1);
  return 256 + distance_bits * 16 +
         static_cast<unsigned>(std::min<std::size_t>(token.length - 3, 15));
}

void xpress_length(UnitWriter& writer, std::size_t length) {
  if (length < 15) return;
  writer.byte(std::min<std::size_t>(length - 15, 255));
  if (length - 15 < 255) return;
  const bool wide = length > 0xFFFF;
  writer.byte(wide ? 0 : length);
  writer.byte(wide ? 0 : length >> 8);
  for (unsigned i = 0; wide && i < 4; ++i) writer.byte(length >> (8 * i));
}

void xpress_block(LzBytes& out, std::span<const LzToken> tokens) {
  std::vector<std::uint32_t> counts(512);
  for (const LzToken& token : tokens) ++counts[xpress_symbol(token)];
  ++counts[256];  // the end of the data, which Windows writes; a code has two symbols with it
  const auto lengths = huffman_lengths(counts, 15);
  const auto codes = huffman_codes(lengths);
  for (std::size_t i = 0; i < lengths.size(); i += 2)
    out.push_back(static_cast<std::byte>(lengths[i] | lengths[i + 1] << 4));
  UnitWriter writer{out, 2};
  for (const LzToken& token : tokens) {
    const unsigned symbol = xpress_symbol(token);
    writer.bits(codes[symbol], lengths[symbol]);
    if (token.length == 0) continue;
    xpress_length(writer, token.length - 3);
    const unsigned distance_bits = (symbol - 256) / 16;
    writer.bits(static_cast<std::uint32_t>(token.distance - (std::size_t{1} << distance_bits)),
                distance_bits);
  }
  writer.finish();
}

// LZX

struct LzxSlot {
  unsigned slot, bits, value;
};

/// `formatted`: the distance plus two.
LzxSlot lzx_slot(std::size_t formatted) {
  LzxSlot slot{0, 0, 0};
  for (std::size_t base = 0;; ++slot.slot) {
    slot.bits = slot.slot < 4 ? 0 : slot.slot / 2 - 1;
    if (formatted < base + (std::size_t{1} << slot.bits)) {
      slot.value = static_cast<unsigned>(formatted - base);
      return slot;
    }
    base += std::size_t{1} << slot.bits;
  }
}

}  // namespace

LzBytes lznt1(std::span<const std::byte> data, Lznt1Chunks chunks) {
  LzBytes out;
  while (!data.empty()) {
    const auto chunk = data.first(std::min<std::size_t>(data.size(), 4096));
    data = data.subspan(chunk.size());
    LzBytes packed;
    if (chunks != Lznt1Chunks::stored)
      packed = lznt1_chunk(chunk, chunks == Lznt1Chunks::literals
                                      ? lz_literals(chunk)
                                      : lz_matches(chunk, {.longest = 4096, .farthest = 4096}));
    const bool stored = packed.empty() || packed.size() > 4096;
    if (stored) packed.assign(chunk.begin(), chunk.end());
    put(out, (packed.size() - 1) | 0x3000u | (stored ? 0u : 0x8000u), 2);
    append(out, packed);
  }
  return out;
}

LzTokens xpress_matches(std::span<const std::byte> data) {
  return lz_matches(data, {.longest = data.size(), .farthest = 65535});
}

LzBytes xpress_huffman(const LzTokens& tokens) {
  LzBytes out;
  LzTokens block;
  std::size_t produced = 0;
  for (LzToken token : tokens) {
    block.push_back(token);
    produced += std::max<std::size_t>(token.length, 1);
    if (produced < 65536) continue;
    xpress_block(out, block);
    block.clear();
    produced = 0;
  }
  if (!block.empty()) xpress_block(out, block);
  return out;
}

LzTokens lzx_matches(std::span<const std::byte> data) {
  return lz_matches(data, {.longest = 257, .farthest = 32768 - 3});
}

void LzxBuilder::header(unsigned type, std::size_t size) {
  writer_.bits(type, 3);
  writer_.bits(size == 32768 ? 1 : 0, 1);
  if (size != 32768) writer_.bits(static_cast<std::uint32_t>(size), 16);
}

LzxBuilder& LzxBuilder::bits(std::uint32_t value, unsigned count) {
  writer_.bits(value, count);
  return *this;
}

LzxBuilder& LzxBuilder::recent(const std::array<std::uint32_t, 3>& distances) {
  recent_ = distances;
  return *this;
}

LzxBuilder& LzxBuilder::uncompressed(std::span<const std::byte> data) {
  header(3, data.size());
  if (writer_.pending() == 0) {
    writer_.bits(0, 16);
  } else {
    writer_.finish();
  }
  for (const std::uint32_t distance : recent_) put(out_, distance, 4);
  append(out_, data);
  if (data.size() % 2 != 0) out_.push_back({});
  return *this;
}

LzxBuilder::Item LzxBuilder::item(const LzToken& token) {
  if (token.length == 0) return {static_cast<unsigned>(token.literal), 0, 0, -1};
  LzxSlot slot{0, 0, 0};
  const auto known = std::ranges::find(recent_, static_cast<std::uint32_t>(token.distance));
  if (known != recent_.end()) {
    slot.slot = static_cast<unsigned>(known - recent_.begin());
    std::swap(recent_[0], *known);
  } else {
    slot = lzx_slot(token.distance + 2);
    recent_ = {static_cast<std::uint32_t>(token.distance), recent_[0], recent_[1]};
  }
  const auto length = static_cast<unsigned>(token.length - 2);
  const unsigned main = 256 + slot.slot * 8 + std::min(length, 7u);
  return {main, slot.bits, slot.value, length < 7 ? -1 : static_cast<int>(length - 7)};
}

/// The code of the code lengths is always the same: twelve symbols of 4 bits, eight of 5.
void LzxBuilder::pre_symbol(unsigned symbol) {
  if (symbol < 12) return writer_.bits(symbol, 4);
  writer_.bits(24 + symbol - 12, 5);
}

void LzxBuilder::code_lengths(std::vector<std::uint8_t>& before,
                              const std::vector<std::uint8_t>& lengths, std::size_t first,
                              std::size_t last) {
  for (unsigned i = 0; i < 20; ++i) writer_.bits(i < 12 ? 4 : 5, 4);
  for (std::size_t i = first; i < last;) {
    std::size_t run = 1;
    while (i + run < last && lengths[i + run] == lengths[i]) ++run;
    const unsigned difference = (before[i] + 17u - lengths[i]) % 17;
    if (lengths[i] == 0 && run >= 20) {
      run = std::min<std::size_t>(run, 51);
      pre_symbol(18);
      writer_.bits(static_cast<std::uint32_t>(run - 20), 5);
    } else if (lengths[i] == 0 && run >= 4) {
      pre_symbol(17);
      writer_.bits(static_cast<std::uint32_t>(run - 4), 4);
    } else if (run >= 4) {
      run = std::min<std::size_t>(run, 5);
      pre_symbol(19);
      writer_.bits(static_cast<std::uint32_t>(run - 4), 1);
      pre_symbol(difference);
    } else {
      run = 1;
      pre_symbol(difference);
    }
    i += run;
  }
  std::copy(lengths.begin() + static_cast<std::ptrdiff_t>(first),
            lengths.begin() + static_cast<std::ptrdiff_t>(last),
            before.begin() + static_cast<std::ptrdiff_t>(first));
}

void LzxBuilder::symbol(const Code& code, unsigned symbol) {
  writer_.bits(code.codes[symbol], code.lengths[symbol]);
}

LzxBuilder& LzxBuilder::coded(unsigned type, const LzTokens& tokens) {
  std::size_t size = 0;
  std::vector<Item> items;
  std::vector<std::uint32_t> main_counts(496), length_counts(249), aligned_counts(8);
  for (const LzToken& token : tokens) {
    size += std::max<std::size_t>(token.length, 1);
    items.push_back(item(token));
    ++main_counts[items.back().main];
    if (items.back().length >= 0) ++length_counts[static_cast<std::size_t>(items.back().length)];
    if (items.back().slot_bits >= 3) ++aligned_counts[items.back().slot_value % 8];
  }
  Code main{huffman_lengths(main_counts, 16), {}}, length{huffman_lengths(length_counts, 16), {}},
      low{huffman_lengths(aligned_counts, 7), {}};
  for (Code* const code : {&main, &length, &low}) code->codes = huffman_codes(code->lengths);

  header(type, size);
  if (type == 2)
    for (const std::uint8_t bits : low.lengths) writer_.bits(bits, 3);
  code_lengths(main_, main.lengths, 0, 256);
  code_lengths(main_, main.lengths, 256, 496);
  code_lengths(length_, length.lengths, 0, 249);
  for (const Item& one : items) {
    symbol(main, one.main);
    if (one.length >= 0) symbol(length, static_cast<unsigned>(one.length));
    if (type == 2 && one.slot_bits >= 3) {
      writer_.bits(one.slot_value >> 3, one.slot_bits - 3);
      symbol(low, one.slot_value % 8);
    } else {
      writer_.bits(one.slot_value, one.slot_bits);
    }
  }
  return *this;
}

LzBytes LzxBuilder::bytes() {
  writer_.finish();
  return out_;
}

LzBytes lzx_translated(std::span<const std::byte> data) {
  constexpr std::int32_t kFileSize = 12'000'000;
  LzBytes out{data.begin(), data.end()};
  for (std::size_t i = 0; i + 10 < out.size(); ++i) {
    if (out[i] != std::byte{0xE8}) continue;
    const auto here = static_cast<std::int32_t>(i);
    std::int32_t target = 0;
    std::memcpy(&target, &out[i + 1], sizeof target);
    if (target >= -here && target < kFileSize)
      target = target < kFileSize - here ? target + here : target - kFileSize;
    std::memcpy(&out[i + 1], &target, sizeof target);
    i += 4;
  }
  return out;
}

LzBytes wof_chunk(std::span<const std::byte> data, WofAlgorithm algorithm) {
  LzBytes packed = algorithm == WofAlgorithm::lzx
                       ? LzxBuilder{}.verbatim(lzx_matches(lzx_translated(data))).bytes()
                       : xpress_huffman(xpress_matches(data));
  if (packed.size() >= data.size()) packed.assign(data.begin(), data.end());
  return packed;
}

LzBytes wof_stream(std::span<const std::byte> data, WofAlgorithm algorithm) {
  LzBytes table, chunks;
  while (!data.empty()) {
    const auto chunk = data.first(std::min(data.size(), chunk_bytes(algorithm)));
    data = data.subspan(chunk.size());
    append(chunks, wof_chunk(chunk, algorithm));
    if (!data.empty()) put(table, chunks.size(), 4);
  }
  append(table, chunks);
  return table;
}

LzBytes wof_reparse_point(std::uint32_t version, std::uint32_t provider,
                          std::uint32_t provider_version, std::uint32_t algorithm) {
  LzBytes data;
  for (const std::uint32_t field : {version, provider, provider_version, algorithm})
    put(data, field, 4);
  return reparse_point(kReparseTagWof, data);
}

}  // namespace hozen::builders
