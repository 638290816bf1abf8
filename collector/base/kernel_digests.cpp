#include "collector/base/kernel_digests.h"

#include <algorithm>

namespace hozen {
namespace {

template <std::size_t N, std::size_t M>
void put_words(const std::array<std::uint32_t, N>& words, bool high_first,
               std::array<std::byte, M>& out) {
  static_assert(N * 4 == M);
  for (std::size_t i = 0; i < M; ++i) {
    const std::size_t shift = 8 * (high_first ? 3 - i % 4 : i % 4);
    out[i] = static_cast<std::byte>(words[i / 4] >> shift & 0xFF);
  }
}

}  // namespace

/// Takes what completes the block that was begun, and returns what is left.
std::span<const std::byte> KernelDigests::complete_block(std::span<const std::byte> data) {
  if (waiting_ == 0) return data;
  const auto part = data.first(std::min(data.size(), kDigestBlockBytes - waiting_));
  std::copy(part.begin(), part.end(), rest_.begin() + static_cast<std::ptrdiff_t>(waiting_));
  waiting_ += part.size();
  size_ += part.size();
  if (waiting_ == kDigestBlockBytes) {
    hash_blocks(state_, rest_);
    waiting_ = 0;
  }
  return data.subspan(part.size());
}

void KernelDigests::update(std::span<const std::byte> data) {
  data = complete_block(data);
  if (data.empty()) return;
  size_ += data.size();
  waiting_ = data.size() % kDigestBlockBytes;
  hash_blocks(state_, data.first(data.size() - waiting_));
  std::copy(data.end() - static_cast<std::ptrdiff_t>(waiting_), data.end(), rest_.begin());
}

void KernelDigests::update_two(KernelDigests& first, std::span<const std::byte> first_data,
                               KernelDigests& second, std::span<const std::byte> second_data) {
  first_data = first.complete_block(first_data);
  second_data = second.complete_block(second_data);
  const std::size_t both =
      std::min(first_data.size(), second_data.size()) / kDigestBlockBytes * kDigestBlockBytes;
  hash_blocks_of_two(first.state_, first_data.first(both), second.state_, second_data.first(both));
  first.size_ += both;
  second.size_ += both;
  first.update(first_data.subspan(both));
  second.update(second_data.subspan(both));
}

/// The three pad the last block alike (RFC 1321, 3.1 and FIPS 180-4, 5.1.1): one bit, zeros, and
/// the length in bits in the last 8 bytes; only its byte order differs.
Digests KernelDigests::finish() {
  constexpr std::size_t kLengthAt = kDigestBlockBytes - 8;
  rest_[waiting_++] = std::byte{0x80};
  if (waiting_ > kLengthAt) {
    std::fill(rest_.begin() + static_cast<std::ptrdiff_t>(waiting_), rest_.end(), std::byte{});
    hash_blocks(state_, rest_);
    waiting_ = 0;
  }
  std::fill(rest_.begin() + static_cast<std::ptrdiff_t>(waiting_), rest_.end(), std::byte{});
  const std::uint64_t bits = size_ * 8;
  for (std::size_t i = 0; i < 8; ++i)
    rest_[kLengthAt + i] = static_cast<std::byte>(bits >> (8 * i) & 0xFF);
  HashState low_first = state_;
  hash_blocks(low_first, rest_);
  std::reverse(rest_.begin() + kLengthAt, rest_.end());
  hash_blocks(state_, rest_);
  Digests digests;
  put_words(state_.sha256, true, digests.sha256);
  put_words(state_.sha1, true, digests.sha1);
  put_words(low_first.md5, false, digests.md5);
  state_ = {};
  size_ = waiting_ = 0;
  return digests;
}

}  // namespace hozen
