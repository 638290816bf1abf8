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
using Sha1Digest = std::array<std::byte, 20>;
using Md5Digest = std::array<std::byte, 16>;

struct Digests {
  Sha256Digest sha256{};
  Sha1Digest sha1{};
  Md5Digest md5{};
};

/// All three digests in one pass.
class MultiHash {
 public:
  enum class Kind : std::uint8_t {
    fastest,  ///< interleaved where the processor has the SHA instructions, else the library's
    library,  ///< the reference: block by block one after the other
  };
  explicit MultiHash(Kind kind = Kind::fastest);
  ~MultiHash();
  MultiHash(MultiHash&&) noexcept;
  MultiHash& operator=(MultiHash&&) noexcept;
  void update(std::span<const std::byte> data);
  /// The digests of all that was fed; the object starts anew.
  Digests finish();

  /// True when the fastest is the interleaved one: then nothing is gained by computing the digests
  /// of one file on several threads.
  static bool is_interleaved();

  class State;

 private:
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

/// For whoever computes the three digests of one file on several threads.
class Sha1 {
 public:
  Sha1();
  ~Sha1();
  Sha1(Sha1&&) noexcept;
  Sha1& operator=(Sha1&&) noexcept;
  void update(std::span<const std::byte> data);
  Sha1Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class Md5 {
 public:
  Md5();
  ~Md5();
  Md5(Md5&&) noexcept;
  Md5& operator=(Md5&&) noexcept;
  void update(std::span<const std::byte> data);
  Md5Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Sha256Digest sha256(std::span<const std::byte> data);

}  // namespace hozen
