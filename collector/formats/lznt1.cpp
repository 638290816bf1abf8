#include "collector/formats/lznt1.h"

#include <bit>

#include "collector/formats/lz_match.h"

namespace hozen {
namespace {

constexpr std::size_t kChunk = kLznt1ChunkBytes;  ///< no match leaves it
constexpr unsigned kHeaderSize = 0x0FFF;          ///< bytes behind the header, less one
constexpr unsigned kHeaderSignature = 0x7000;
constexpr unsigned kSignature = 0x3000;
constexpr unsigned kHeaderCompressed = 0x8000;
constexpr unsigned kItems = 8;  ///< literals and tokens behind a flag byte
constexpr std::size_t kShortestMatch = 3;

/// How a token divides into distance and length: the further from the chunk's start, the more bits
/// the distance has.
class TokenSplit {
 public:
  void advance_to(std::size_t from_start) {
    while (from_start > limit_) {
      limit_ *= 2;
      --length_bits_;
    }
  }
  std::size_t distance(unsigned token) const { return (token >> length_bits_) + std::size_t{1}; }
  std::size_t length(unsigned token) const {
    return (token & ((1u << length_bits_) - 1)) + kShortestMatch;
  }

 private:
  std::size_t limit_ = 16;  ///< last position with this division
  unsigned length_bits_ = 12;
};

/// One compressed chunk into out[start, end).
class ChunkDecoder {
 public:
  ChunkDecoder(Bytes in, std::span<std::byte> out, std::size_t start)
      : in_{in},
        out_{out},
        start_{start},
        end_{start + std::min(kChunk, out.size() - start)},
        produced_{start} {}

  /// Returns the end of what it produced.
  Result<std::size_t> run() {
    while (position_ < in_.size() && produced_ < end_) {
      const unsigned flags = static_cast<unsigned>(in_.span()[position_++]);
      if (flags == 0 && has_word()) {
        lz::copy_word(in_.span(), position_, out_, produced_);
        position_ += kItems;
        produced_ += kItems;
        continue;
      }
      HOZEN_CHECK(read_group(flags));
    }
    return produced_;
  }

 private:
  bool has_word() const {
    return in_.size() - position_ >= lz::kWord && end_ - produced_ >= lz::kWord;
  }
  bool is_done() const { return position_ == in_.size() || produced_ == end_; }

  Result<void> read_group(unsigned flags) {
    for (unsigned left = kItems; left > 0 && !is_done(); --left) {
      const auto literals = static_cast<unsigned>(std::countr_zero(flags | 1u << left));
      if (literals > 0) {
        copy_literals(literals);
        left -= literals;
        flags >>= literals;
        if (left == 0 || is_done()) break;
      }
      HOZEN_CHECK(read_match());
      flags >>= 1;
    }
    return {};
  }

  void copy_literals(std::size_t count) {
    if (has_word()) {
      lz::copy_word(in_.span(), position_, out_, produced_);
    } else {
      count = std::min({count, in_.size() - position_, end_ - produced_});
      std::memcpy(out_.data() + produced_, in_.span().data() + position_, count);
    }
    position_ += count;
    produced_ += count;
  }

  Result<void> read_match() {
    const auto token = in_.get<std::uint16_t>(position_);
    if (!token) return error(Errc::truncated, "lznt1 token");
    split_.advance_to(produced_ - start_);
    const std::size_t distance = split_.distance(*token);
    std::size_t length = split_.length(*token);
    if (distance > produced_ - start_) return error(Errc::malformed, "lznt1 back reference");
    if (length > end_ - produced_) {
      if (end_ - start_ == kChunk) return error(Errc::malformed, "lznt1 match length");
      length = end_ - produced_;  // `out` ends before the chunk does
    }
    lz::copy_match(out_, produced_, distance, length);
    position_ += sizeof *token;
    produced_ += length;
    return {};
  }

  Error error(Errc code, const char* what) const { return {code, what, in_.base() + position_}; }

  Bytes in_;
  std::span<std::byte> out_;
  std::size_t start_;
  std::size_t end_;
  std::size_t produced_;
  std::size_t position_ = 0;
  TokenSplit split_;
};

/// `is_last`: no other chunk follows.
Result<std::size_t> read_chunk(unsigned header, Bytes data, std::span<std::byte> out,
                               std::size_t start, bool is_last) {
  if ((header & kHeaderCompressed) != 0) return ChunkDecoder{data, out, start}.run();
  // A chunk is stored as it is where it cannot be made smaller: whole.
  if (data.size() < kChunk && !is_last)
    return Error{Errc::malformed, "lznt1 stored chunk of less than 4096 bytes", data.base()};
  const std::size_t count =
      std::min({static_cast<std::size_t>(data.size()), kChunk, out.size() - start});
  std::memcpy(out.data() + start, data.span().data(), count);
  return start + count;
}

bool ends_at(Bytes in, std::uint64_t position) {
  return in.get<std::uint16_t>(position).value_or(0) == 0;
}

/// Whether all headers from here on lead to the end: else what follows a bad chunk may not be where
/// its size says, and what is decompressed there was never in the file.
bool leads_to_end(Bytes in, std::uint64_t position) {
  while (!ends_at(in, position)) {
    const unsigned header = in.get<std::uint16_t>(position).value_or(0);
    if ((header & kHeaderSignature) != kSignature) return false;
    position += sizeof(std::uint16_t) + (header & kHeaderSize) + std::uint64_t{1};
  }
  return position <= in.size();
}

}  // namespace

Lznt1End decompress_lznt1(Bytes in, std::span<std::byte> out,
                          FunctionRef<void(std::size_t, Error)> bad) {
  Lznt1End end;
  std::size_t& produced = end.produced;
  const auto fill_to = [&](std::size_t until) {
    until = std::min(until, out.size());
    std::ranges::fill(out.subspan(produced, until - produced), std::byte{0});
    produced = until;
  };
  for (std::uint64_t position = 0; position < in.size() && produced < out.size();) {
    const auto header = in.get<std::uint16_t>(position);
    if (!header) end.lost = Error{Errc::truncated, "lznt1 chunk header", in.base() + position};
    if (header && *header == 0) break;
    if (header && (*header & kHeaderSignature) != kSignature)
      end.lost = Error{Errc::malformed, "lznt1 chunk signature", in.base() + position};
    if (end.lost) break;
    position += sizeof *header;
    const auto data = in.slice(position, (*header & kHeaderSize) + std::uint64_t{1}, "lznt1 chunk");
    if (!data) end.lost = data.error();
    if (!data) break;
    position += data->size();
    // A chunk that another one follows stands for 4096 bytes, however few it gives.
    fill_to((produced + kChunk - 1) / kChunk * kChunk);
    if (produced == out.size()) break;
    const std::size_t start = produced;
    auto read = read_chunk(*header, *data, out, start, ends_at(in, position));
    if (read) {
      produced = *read;
      continue;
    }
    if (!leads_to_end(in, position)) {
      end.lost = std::move(read).error();
      break;
    }
    bad(start, std::move(read).error());
    fill_to(start + kChunk);
  }
  if (end.lost) fill_to((produced + kChunk - 1) / kChunk * kChunk);
  return end;
}

Result<std::size_t> decompress_lznt1(Bytes in, std::span<std::byte> out) {
  std::optional<Error> first;
  const Lznt1End end = decompress_lznt1(in, out, [&](std::size_t /*first*/, Error why) {
    if (!first) first = std::move(why);
  });
  if (!first) first = end.lost;
  if (first) return *std::move(first);
  return end.produced;
}

}  // namespace hozen
