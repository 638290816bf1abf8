#include "collector/base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

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

struct MultiHash::State {
  Digest sha256{algorithms().sha256};
  Digest sha1{algorithms().sha1};
  Digest md5{algorithms().md5};
};

MultiHash::MultiHash() : state_{std::make_unique<State>()} {}
MultiHash::~MultiHash() = default;
MultiHash::MultiHash(MultiHash&&) noexcept = default;
MultiHash& MultiHash::operator=(MultiHash&&) noexcept = default;

void MultiHash::update(std::span<const std::byte> data) {
  while (!data.empty()) {
    const auto block = data.first(std::min(data.size(), kBlockBytes));
    state_->sha256.update(block);
    state_->sha1.update(block);
    state_->md5.update(block);
    data = data.subspan(block.size());
  }
}

Digests MultiHash::finish() {
  Digests digests;
  state_->sha256.finish(digests.sha256);
  state_->sha1.finish(digests.sha1);
  state_->md5.finish(digests.md5);
  return digests;
}

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
