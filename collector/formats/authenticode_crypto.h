// The crypto library behind authenticode_*.cpp: certificates parsed, signatures verified, digests
// computed. No configuration of the host, no store, no network.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

#include "collector/formats/authenticode_certificate.h"
#include "collector/formats/authenticode_digest.h"

namespace hozen::authenticode {

struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using X509Pointer = std::unique_ptr<X509, FreeX509>;

/// nullptr for what is no certificate, or has something behind it.
X509Pointer parse_x509(Bytes der);

/// The same certificate of a cache, parsed once; nullptr for what is none.
std::shared_ptr<X509> parse_x509(Bytes der, const Sha256Digest& sha256, CertificateCache& cache);

/// Whether the key of `issuer` made the signature of `child`. Signatures with MD5 and short keys
/// are verified as well: what they are worth is for others to say.
bool is_signed_by(X509& child, X509& issuer);
/// Whether `list` is a revocation list, whole, that the key of `issuer` signed.
bool is_revocation_list_of(Bytes list, X509& issuer);
/// Whether the key of `signer` made `signature` over bytes whose digest is `digest`.
bool verify_digest(X509& signer, const Digest& digest, Bytes signature,
                   std::string_view signature_algorithm);

const EVP_MD* library_digest(Algorithm algorithm);  ///< nullptr for unknown
/// Of pieces one behind the other; empty bytes for an unknown algorithm.
Digest digest_of(Algorithm algorithm, std::initializer_list<std::span<const std::byte>> pieces);

inline const unsigned char* chars_of(std::span<const std::byte> bytes) {
  return static_cast<const unsigned char*>(static_cast<const void*>(bytes.data()));
}
inline std::span<const std::byte> bytes_from(const unsigned char* data, int size) {
  return std::as_bytes(std::span{data, size > 0 ? static_cast<std::size_t>(size) : 0});
}

/// One running digest.
class RunningDigest {
 public:
  explicit RunningDigest(Algorithm algorithm);
  void update(std::span<const std::byte> data);
  Digest finish();
  RunningDigest copy() const;

 private:
  struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  Algorithm algorithm_;
  std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
};

}  // namespace hozen::authenticode
