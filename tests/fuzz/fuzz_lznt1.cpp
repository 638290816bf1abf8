// LZNT1, compared with a decoder that does the same byte by byte. The first two bytes say how much
// room there is.
#include <cstdlib>
#include <optional>
#include <vector>

#include "collector/formats/lznt1.h"

namespace {

using namespace hozen;
using Data = std::vector<std::byte>;

constexpr std::size_t kChunk = 4096;

void require(bool holds) {
  if (!holds) std::abort();
}

std::size_t size_bits(std::size_t position) {
  std::size_t bits = 12;
  for (std::size_t i = position - 1; i >= 16; i /= 2) --bits;
  return bits;
}

/// One compressed chunk; false where the real one must fail.
bool chunk(Bytes in, std::size_t room, Data& out) {
  Data part;
  const std::size_t end = std::min(kChunk, room);
  for (std::size_t at = 0; at < in.size() && part.size() < end;) {
    const unsigned flags = *in.get<std::uint8_t>(at++);
    for (unsigned bit = 0; bit < 8 && at < in.size() && part.size() < end; ++bit) {
      if ((flags >> bit & 1) == 0) {
        part.push_back(in.span()[at++]);
        continue;
      }
      const auto token = in.get<std::uint16_t>(at);
      if (!token || part.empty()) return false;
      at += 2;
      const std::size_t bits = size_bits(part.size());
      const std::size_t distance = (*token >> bits) + std::size_t{1};
      const std::size_t length = (*token & ((1u << bits) - 1)) + std::size_t{3};
      if (distance > part.size() || (part.size() + length > end && end == kChunk)) return false;
      for (std::size_t i = 0; i < length && part.size() < end; ++i)
        part.push_back(part[part.size() - distance]);
    }
  }
  out.insert(out.end(), part.begin(), part.end());
  return true;
}

std::optional<Data> slowly(Bytes in, std::size_t room) {
  Data out;
  for (std::size_t at = 0; at < in.size() && out.size() < room;) {
    const auto header = in.get<std::uint16_t>(at);
    if (!header) return std::nullopt;
    if (*header == 0) break;
    const auto data = in.slice(at + 2, (*header & 0xFFFu) + std::uint64_t{1}, "chunk");
    if ((*header & 0x7000) != 0x3000 || !data) return std::nullopt;
    at += 2 + data->size();
    while (out.size() % kChunk != 0 && out.size() < room) out.emplace_back();
    if (out.size() == room) break;
    if ((*header & 0x8000) != 0) {
      if (!chunk(*data, room - out.size(), out)) return std::nullopt;
    } else {
      if (data->size() < kChunk && in.get<std::uint16_t>(at).value_or(0) != 0) return std::nullopt;
      const auto part = data->head(room - out.size()).span();
      out.insert(out.end(), part.begin(), part.end());
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes all{std::as_bytes(std::span{data, size})};
  const Bytes in = all.tail(2);
  Data out(all.get<std::uint16_t>(0).value_or(0) + std::size_t{1});
  const auto produced = decompress_lznt1(in, out);
  const auto expected = slowly(in, out.size());
  Data repaired(out.size());
  bool is_damaged = false;
  std::size_t last = 0;
  const Lznt1End end = decompress_lznt1(in, repaired, [&](std::size_t first, const Error& why) {
    require(first % kChunk == 0 && first < repaired.size() && (!is_damaged || first > last));
    require(why.offset.has_value());
    is_damaged = true;
    last = first;
  });
  require(end.produced <= repaired.size());
  require(produced.has_value() == (!is_damaged && !end.lost));
  require(!produced || std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(*produced),
                                  repaired.begin()));
  require(produced.has_value() == expected.has_value());
  if (!produced) {
    require(produced.error().offset.has_value() && *produced.error().offset <= all.size());
    return 0;
  }
  require(*produced == expected->size());
  require(std::equal(expected->begin(), expected->end(), out.begin()));
  return 0;
}
