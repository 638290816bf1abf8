#include "collector/base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "collector/base/kernel_digests.h"

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

/// All three at once.
class InterleavedDigests final : public MultiHash::State {
 public:
  void update(std::span<const std::byte> data) override { kernel_.update(data); }
  Digests finish() override { return kernel_.finish(); }

 private:
  KernelDigests kernel_;
};

bool are_same(const Digests& a, const Digests& b) {
  return a.sha256 == b.sha256 && a.sha1 == b.sha1 && a.md5 == b.md5;
}

/// Before the kernel is trusted with evidence it shows, on this processor, what the library says.
bool agrees_with_library() {
  std::array<std::byte, 5 * kDigestBlockBytes + 61> sample{};
  std::uint32_t value = 1;
  for (std::byte& byte : sample) {
    value = value * 1'664'525 + 1'013'904'223;
    byte = static_cast<std::byte>(value >> 24);
  }
  KernelDigests kernel, other;
  LibraryDigests library;
  const auto of_library = [&](std::span<const std::byte> data) {
    library.update(data);
    return library.finish();
  };
  for (const std::size_t size : {sample.size(), std::size_t{3}}) {
    const auto part = std::span<const std::byte>{sample}.first(size);
    kernel.update(part);
    if (!are_same(kernel.finish(), of_library(part))) return false;
  }
  const std::span<const std::byte> whole{sample}, rest = whole.subspan(kDigestBlockBytes - 1);
  KernelDigests::update_two(kernel, whole, other, rest);
  return are_same(kernel.finish(), of_library(whole)) && are_same(other.finish(), of_library(rest));
}

}  // namespace

bool MultiHash::is_interleaved() {
  static const bool usable = has_hash_kernel() && agrees_with_library();
  return usable;
}

MultiHash::MultiHash(Kind kind) {
  if (kind == Kind::fastest && is_interleaved()) {
    state_ = std::make_unique<InterleavedDigests>();
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
