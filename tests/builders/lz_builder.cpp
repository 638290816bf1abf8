#include "tests/builders/lz_builder.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <random>

namespace hozen::builders {
namespace {

std::size_t common_length(std::span<const std::byte> data, std::size_t earlier, std::size_t here,
                          std::size_t longest) {
  std::size_t length = 0;
  while (length < longest && here + length < data.size() &&
         data[earlier + length] == data[here + length])
    ++length;
  return length;
}

/// Lengths of Huffman's own code, however long.
std::vector<unsigned> depths(const std::vector<std::uint32_t>& counts) {
  struct Node {
    std::uint64_t count;
    std::vector<std::size_t> symbols;
  };
  std::vector<unsigned> lengths(counts.size());
  std::vector<Node> nodes;
  for (std::size_t symbol = 0; symbol < counts.size(); ++symbol)
    if (counts[symbol] != 0) nodes.push_back({counts[symbol], {symbol}});
  const auto rarer = [](const Node& a, const Node& b) { return a.count > b.count; };
  std::ranges::make_heap(nodes, rarer);
  while (nodes.size() > 1) {
    std::ranges::pop_heap(nodes, rarer);
    const Node last = std::move(nodes.back());
    nodes.pop_back();
    std::ranges::pop_heap(nodes, rarer);
    Node& joined = nodes.back();
    joined.count += last.count;
    joined.symbols.insert(joined.symbols.end(), last.symbols.begin(), last.symbols.end());
    for (const std::size_t symbol : joined.symbols) ++lengths[symbol];
    std::ranges::push_heap(nodes, rarer);
  }
  return lengths;
}

}  // namespace

LzTokens lz_literals(std::span<const std::byte> data) {
  LzTokens tokens;
  for (const std::byte literal : data) tokens.push_back({.literal = literal});
  return tokens;
}

LzTokens lz_matches(std::span<const std::byte> data, const LzLimits& limits) {
  LzTokens tokens;
  std::map<std::array<std::byte, 3>, std::size_t> last;
  for (std::size_t here = 0; here < data.size();) {
    LzToken token{.literal = data[here]};
    if (here + 3 <= data.size()) {
      const auto [place, is_new] =
          last.try_emplace({data[here], data[here + 1], data[here + 2]}, here);
      if (!is_new && here - place->second <= limits.farthest) {
        token.length = common_length(data, place->second, here, limits.longest);
        token.distance = here - place->second;
      }
      place->second = here;
    }
    if (token.length < limits.shortest) token.length = 0;
    here += std::max<std::size_t>(token.length, 1);
    tokens.push_back(token);
  }
  return tokens;
}

std::vector<std::uint8_t> huffman_lengths(std::vector<std::uint32_t> counts, unsigned longest) {
  const auto used = std::ranges::count_if(counts, [](std::uint32_t count) { return count != 0; });
  if (used == 1) counts[counts[0] != 0 ? 1 : 0] = 1;
  for (;;) {
    const auto lengths = depths(counts);
    if (std::ranges::max(lengths) <= longest) return {lengths.begin(), lengths.end()};
    for (std::uint32_t& count : counts) count = (count + 1) / 2;
  }
}

std::vector<std::uint32_t> huffman_codes(const std::vector<std::uint8_t>& lengths) {
  std::vector<std::uint32_t> codes(lengths.size());
  std::uint32_t code = 0;
  for (unsigned length = 1; length <= 16; ++length, code <<= 1)
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol)
      if (lengths[symbol] == length) codes[symbol] = code++;
  return codes;
}

UnitWriter::UnitWriter(LzBytes& out, unsigned ahead) : out_{out}, ahead_{ahead} {
  for (unsigned i = 0; i < ahead; ++i) {
    places_.push_back(out_.size());
    out_.resize(out_.size() + 2);
  }
}

void UnitWriter::bits(std::uint32_t value, unsigned count) {
  buffer_ = buffer_ << count | value;
  count_ += count;
  // A reader that is ahead takes its next unit with the first bit behind a whole one, not before.
  while (ahead_ != 0 ? count_ > 16 : count_ >= 16) {
    count_ -= 16;
    unit(static_cast<std::uint32_t>(buffer_ >> count_ & 0xFFFF));
  }
}

void UnitWriter::unit(std::uint32_t value) {
  places_.push_back(out_.size());
  out_.resize(out_.size() + 2);
  const std::size_t place = places_.front();
  places_.erase(places_.begin());
  out_[place] = static_cast<std::byte>(value & 0xFF);
  out_[place + 1] = static_cast<std::byte>(value >> 8);
}

void UnitWriter::byte(std::size_t value) { out_.push_back(static_cast<std::byte>(value & 0xFF)); }

void UnitWriter::finish() {
  if (count_ == 0) return;
  const auto value = static_cast<std::uint32_t>(buffer_ << (16 - count_) & 0xFFFF);
  count_ = 0;
  if (ahead_ == 0) return unit(value);
  out_[places_.front()] = static_cast<std::byte>(value & 0xFF);
  out_[places_.front() + 1] = static_cast<std::byte>(value >> 8);
}

LzBytes lz_text(std::size_t size, std::uint32_t seed) {
  std::mt19937 random{seed};
  std::vector<LzBytes> words;
  for (unsigned i = 0; i < 200; ++i) words.push_back(lz_noise(2 + random() % 9, seed + i + 1));
  LzBytes text;
  while (text.size() < size) {
    const auto kind = random() % 64;
    if (kind == 0) {
      text.insert(text.end(), random() % 700, static_cast<std::byte>(random() & 0xFF));
    } else if (kind == 1) {
      const LzBytes noise = lz_noise(random() % 60, static_cast<std::uint32_t>(random()));
      text.insert(text.end(), noise.begin(), noise.end());
    } else {
      const LzBytes& word = words[std::min(random() % 200, random() % 200)];
      text.insert(text.end(), word.begin(), word.end());
    }
  }
  text.resize(size);
  return text;
}

LzBytes lz_noise(std::size_t size, std::uint32_t seed) {
  std::mt19937 random{seed};
  LzBytes bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() & 0xFF);
  return bytes;
}

}  // namespace hozen::builders
