// SHA-256, SHA-1 and MD5, in one pass over the data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace hozen {

using Sha256Digest = std::array<std::byte, 32>;

struct Digests {
  Sha256Digest sha256{};
  std::array<std::byte, 20> sha1{};
  std::array<std::byte, 16> md5{};
};

/// Feeds all three digests block by block, so that each block is in the cache once.
class MultiHash {
 public:
  MultiHash();
  ~MultiHash();
  MultiHash(MultiHash&&) noexcept;
  MultiHash& operator=(MultiHash&&) noexcept;
  void update(std::span<const std::byte> data);
  /// The digests of all that was fed; the object starts anew.
  Digests finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::span<const std::byte> data);
  Sha256Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Sha256Digest sha256(std::span<const std::byte> data);

}  // namespace hozen
