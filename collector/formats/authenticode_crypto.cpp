#include "collector/formats/authenticode_crypto.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace hozen::authenticode {
namespace {

[[noreturn]] void end_without_library() {
  std::fputs("hozen: the cryptographic library cannot compute digests\n", stderr);
  std::abort();
}

void require(bool done) {
  if (!done) end_without_library();
}

/// Before anything else is asked of the library, as in hash.cpp.
void start_library() {
  static const bool started =
      OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr) == 1;
  require(started);
}

/// What fails leaves messages that nobody reads.
struct QuietErrors {
  QuietErrors() { start_library(); }
  ~QuietErrors() { ERR_clear_error(); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
};

struct FreeRevocationList {
  void operator()(X509_CRL* list) const { X509_CRL_free(list); }
};

struct FreeKeyContext {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};

bool set_padding(EVP_PKEY_CTX* context, EVP_PKEY* key, std::string_view signature_algorithm) {
  constexpr std::string_view kPss = "1.2.840.113549.1.1.10";
  if (EVP_PKEY_is_a(key, "RSA") != 1) return true;
  const bool is_pss = signature_algorithm == kPss;
  if (EVP_PKEY_CTX_set_rsa_padding(context, is_pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) <=
      0)
    return false;
  return !is_pss || EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_AUTO) > 0;
}

}  // namespace

X509Pointer parse_x509(Bytes der) {
  const QuietErrors quiet;
  if (der.size() > kMaxCertificateBytes) return nullptr;
  const unsigned char* at = chars_of(der.span());
  X509Pointer certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
  if (!certificate || at != chars_of(der.span()) + der.size()) return nullptr;
  return certificate;
}

bool is_signed_by(X509& child, X509& issuer) {
  const QuietErrors quiet;
  EVP_PKEY* const key = X509_get0_pubkey(&issuer);
  return key != nullptr && X509_verify(&child, key) == 1;
}

bool is_revocation_list_of(Bytes list, X509& issuer) {
  const QuietErrors quiet;
  const unsigned char* at = chars_of(list.span());
  const std::unique_ptr<X509_CRL, FreeRevocationList> parsed{
      d2i_X509_CRL(nullptr, &at, static_cast<long>(list.size()))};
  EVP_PKEY* const key = X509_get0_pubkey(&issuer);
  return parsed && at == chars_of(list.span()) + list.size() && key != nullptr &&
         X509_CRL_verify(parsed.get(), key) == 1;
}

bool verify_digest(X509& signer, const Digest& digest, Bytes signature,
                   std::string_view signature_algorithm) {
  const QuietErrors quiet;
  EVP_PKEY* const key = X509_get0_pubkey(&signer);
  const EVP_MD* const method = library_digest(digest.algorithm);
  if (key == nullptr || method == nullptr || digest.bytes.empty()) return false;
  const auto verify = [&](const EVP_MD* named) {
    const std::unique_ptr<EVP_PKEY_CTX, FreeKeyContext> context{EVP_PKEY_CTX_new(key, nullptr)};
    return context && EVP_PKEY_verify_init(context.get()) > 0 &&
           set_padding(context.get(), key, signature_algorithm) &&
           (named == nullptr || EVP_PKEY_CTX_set_signature_md(context.get(), named) > 0) &&
           EVP_PKEY_verify(context.get(), chars_of(signature.span()), signature.size(),
                           chars_of(digest.bytes), digest.bytes.size()) == 1;
  };
  // Symantec's timestamps have the bare digest in the place of a DigestInfo; Windows takes both.
  return verify(method) || (EVP_PKEY_is_a(key, "RSA") == 1 && verify(nullptr));
}

const EVP_MD* library_digest(Algorithm algorithm) {
  static const std::array<const EVP_MD*, kAlgorithms> fetched = [] {
    start_library();
    std::array<const EVP_MD*, kAlgorithms> methods{};
    const auto fetch = [&](Algorithm one, const char* name) {
      const EVP_MD* const method = EVP_MD_fetch(nullptr, name, nullptr);
      require(method != nullptr);
      methods.at(static_cast<std::size_t>(one)) = method;
    };
    fetch(Algorithm::md5, "MD5");
    fetch(Algorithm::sha1, "SHA1");
    fetch(Algorithm::sha256, "SHA2-256");
    fetch(Algorithm::sha384, "SHA2-384");
    fetch(Algorithm::sha512, "SHA2-512");
    return methods;
  }();
  return fetched.at(static_cast<std::size_t>(algorithm));
}

RunningDigest::RunningDigest(Algorithm algorithm)
    : algorithm_{algorithm}, context_{EVP_MD_CTX_new()} {
  require(context_ != nullptr &&
          EVP_DigestInit_ex2(context_.get(), library_digest(algorithm), nullptr) == 1);
}

void RunningDigest::update(std::span<const std::byte> data) {
  require(EVP_DigestUpdate(context_.get(), data.data(), data.size()) == 1);
}

RunningDigest RunningDigest::copy() const {
  RunningDigest other{algorithm_};
  require(EVP_MD_CTX_copy_ex(other.context_.get(), context_.get()) == 1);
  return other;
}

Digest RunningDigest::finish() {
  Digest digest{algorithm_, std::vector<std::byte>(static_cast<std::size_t>(
                                EVP_MD_get_size(library_digest(algorithm_))))};
  auto* const out = static_cast<unsigned char*>(static_cast<void*>(digest.bytes.data()));
  require(EVP_DigestFinal_ex(context_.get(), out, nullptr) == 1);
  return digest;
}

Digest digest_of(Algorithm algorithm, std::initializer_list<std::span<const std::byte>> pieces) {
  if (algorithm == Algorithm::unknown) return {};
  RunningDigest running{algorithm};
  for (const std::span<const std::byte> piece : pieces) running.update(piece);
  return running.finish();
}

}  // namespace hozen::authenticode
