#include "collector/base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "collector/base/hash_kernel.h"

namespace hozen {
namespace {

/// A block that three digests read in turn; small enough for the first-level cache, large enough
/// that the cost of a call (about 50 ns) does not show.
constexpr std::size_t kBlockBytes = 16 * 1024;

/// The library has no memory or no digest: nothing that is collected could be proven.
[[noreturn]] void end_without_digests() {
  std::fputs("hozen: the cryptographic library cannot compute digests\n", stderr);
  std::abort();
}

void require(bool done) {
  if (!done) end_without_digests();
}

struct Algorithms {
  EVP_MD* sha256;
  EVP_MD* sha1;
  EVP_MD* md5;
};

/// Fetched once for the life of the program. No configuration file is read, so that nothing on the
/// host (openssl.cnf, engines) steers the run.
const Algorithms& algorithms() {
  static const Algorithms fetched = [] {
    require(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT |
                                    OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS,
                                nullptr) == 1);
    const Algorithms found{EVP_MD_fetch(nullptr, "SHA2-256", nullptr),
                           EVP_MD_fetch(nullptr, "SHA1", nullptr),
                           EVP_MD_fetch(nullptr, "MD5", nullptr)};
    require(found.sha256 != nullptr && found.sha1 != nullptr && found.md5 != nullptr);
    return found;
  }();
  return fetched;
}

class Digest {
 public:
  explicit Digest(const EVP_MD* algorithm) : algorithm_{algorithm} {
    require(context_ != nullptr);
    restart();
  }
  void update(std::span<const std::byte> data) {
    require(EVP_DigestUpdate(context_.get(), data.data(), data.size()) == 1);
  }
  template <std::size_t N>
  void finish(std::array<std::byte, N>& out) {
    require(EVP_MD_get_size(algorithm_) == static_cast<int>(N));
    auto* bytes = static_cast<unsigned char*>(static_cast<void*>(out.data()));
    require(EVP_DigestFinal_ex(context_.get(), bytes, nullptr) == 1);
    restart();
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  void restart() { require(EVP_DigestInit_ex2(context_.get(), algorithm_, nullptr) == 1); }

  const EVP_MD* algorithm_;
  std::unique_ptr<EVP_MD_CTX, Free> context_{EVP_MD_CTX_new()};
};

}  // namespace

/// Who computes the three digests of a MultiHash.
class MultiHash::State {
 public:
  virtual ~State() = default;
  virtual void update(std::span<const std::byte> data) = 0;
  virtual Digests finish() = 0;
};

namespace {

/// The library's, one after the other.
class LibraryDigests final : public MultiHash::State {
 public:
  void update(std::span<const std::byte> data) override {
    while (!data.empty()) {
      const auto block = data.first(std::min(data.size(), kBlockBytes));
      sha256_.update(block);
      sha1_.update(block);
      md5_.update(block);
      data = data.subspan(block.size());
    }
  }
  Digests finish() override {
    Digests digests;
    sha256_.finish(digests.sha256);
    sha1_.finish(digests.sha1);
    md5_.finish(digests.md5);
    return digests;
  }

 private:
  Digest sha256_{algorithms().sha256};
  Digest sha1_{algorithms().sha1};
  Digest md5_{algorithms().md5};
};

template <std::size_t N, std::size_t M>
void put_words(const std::array<std::uint32_t, N>& words, bool high_first,
               std::array<std::byte, M>& out) {
  static_assert(N * 4 == M);
  for (std::size_t i = 0; i < M; ++i) {
    const std::size_t shift = 8 * (high_first ? 3 - i % 4 : i % 4);
    out[i] = static_cast<std::byte>(words[i / 4] >> shift & 0xFF);
  }
}

/// All three at once. They pad the last block alike (RFC 1321, 3.1 and FIPS 180-4, 5.1.1): one bit,
/// zeros, and the length in bits in the last 8 bytes; only its byte order differs.
class KernelDigests final : public MultiHash::State {
 public:
  void update(std::span<const std::byte> data) override {
    size_ += data.size();
    if (waiting_ != 0) {
      const auto part = data.first(std::min(data.size(), kDigestBlockBytes - waiting_));
      std::copy(part.begin(), part.end(), rest_.begin() + static_cast<std::ptrdiff_t>(waiting_));
      waiting_ += part.size();
      data = data.subspan(part.size());
      if (waiting_ < kDigestBlockBytes) return;
      hash_blocks(state_, rest_);
    }
    waiting_ = data.size() % kDigestBlockBytes;
    hash_blocks(state_, data.first(data.size() - waiting_));
    std::copy(data.end() - static_cast<std::ptrdiff_t>(waiting_), data.end(), rest_.begin());
  }

  Digests finish() override {
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

 private:
  HashState state_;
  std::array<std::byte, kDigestBlockBytes> rest_{};
  std::size_t waiting_ = 0;  ///< bytes in rest_
  std::uint64_t size_ = 0;
};

/// Before the kernel is trusted with evidence it shows, on this processor, what the library says.
bool agrees_with_library() {
  std::array<std::byte, 5 * kDigestBlockBytes + 61> sample{};
  std::uint32_t value = 1;
  for (std::byte& byte : sample) {
    value = value * 1'664'525 + 1'013'904'223;
    byte = static_cast<std::byte>(value >> 24);
  }
  KernelDigests kernel;
  LibraryDigests library;
  for (const std::size_t size : {sample.size(), std::size_t{3}}) {
    kernel.update(std::span{sample}.first(size));
    library.update(std::span{sample}.first(size));
    const Digests ours = kernel.finish(), theirs = library.finish();
    if (ours.sha256 != theirs.sha256 || ours.sha1 != theirs.sha1 || ours.md5 != theirs.md5)
      return false;
  }
  return true;
}

}  // namespace

bool MultiHash::is_interleaved() {
  static const bool usable = has_hash_kernel() && agrees_with_library();
  return usable;
}

MultiHash::MultiHash(Kind kind) {
  if (kind == Kind::fastest && is_interleaved()) {
    state_ = std::make_unique<KernelDigests>();
  } else {
    state_ = std::make_unique<LibraryDigests>();
  }
}
MultiHash::~MultiHash() = default;
MultiHash::MultiHash(MultiHash&&) noexcept = default;
MultiHash& MultiHash::operator=(MultiHash&&) noexcept = default;

void MultiHash::update(std::span<const std::byte> data) { state_->update(data); }

Digests MultiHash::finish() { return state_->finish(); }

struct Sha256::State {
  Digest digest{algorithms().sha256};
};

Sha256::Sha256() : state_{std::make_unique<State>()} {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> data) { state_->digest.update(data); }

Sha256Digest Sha256::finish() {
  Sha256Digest out{};
  state_->digest.finish(out);
  return out;
}

struct Sha1::State {
  Digest digest{algorithms().sha1};
};

Sha1::Sha1() : state_{std::make_unique<State>()} {}
Sha1::~Sha1() = default;
Sha1::Sha1(Sha1&&) noexcept = default;
Sha1& Sha1::operator=(Sha1&&) noexcept = default;

void Sha1::update(std::span<const std::byte> data) { state_->digest.update(data); }

Sha1Digest Sha1::finish() {
  Sha1Digest out{};
  state_->digest.finish(out);
  return out;
}

struct Md5::State {
  Digest digest{algorithms().md5};
};

Md5::Md5() : state_{std::make_unique<State>()} {}
Md5::~Md5() = default;
Md5::Md5(Md5&&) noexcept = default;
Md5& Md5::operator=(Md5&&) noexcept = default;

void Md5::update(std::span<const std::byte> data) { state_->digest.update(data); }

Md5Digest Md5::finish() {
  Md5Digest out{};
  state_->digest.finish(out);
  return out;
}

Sha256Digest sha256(std::span<const std::byte> data) {
  Sha256 hash;
  hash.update(data);
  return hash.finish();
}

}  // namespace hozen
