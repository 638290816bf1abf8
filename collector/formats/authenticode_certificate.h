// X.509 certificates, as signatures of files carry them, and the chains that they make up to roots
// that are known. Nothing comes from the system's store and nothing is asked of the network.
//
// Source: RFC 5280; extended key usages of Microsoft: "Object IDs associated with Microsoft
// cryptography".
// Not read: name constraints, policies, revocation lists (the operator's list of thumbprints
// stands for them).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/filetime.h"
#include "collector/base/hash.h"

namespace hozen::authenticode {

constexpr std::size_t kMaxCertificateBytes = 64u << 10;
/// Certificates of one signature; those of Microsoft have five.
constexpr std::size_t kMaxCertificates = 64;
/// From a signer to its root; real ones have five at most.
constexpr std::size_t kMaxChain = 10;

struct Name {
  std::string common_name{}, organization{};  ///< "" where it has none
  std::string text{};                         ///< "CN=a, O=b, C=US", the last part first
  std::vector<std::byte> der{};
};

struct Certificate {
  std::vector<std::byte> der{};
  Name subject{}, issuer{};
  std::string serial{};                     ///< hex, lower case
  std::vector<std::byte> key_identifier{};  ///< of the subject; empty where it has none
  FileTime not_before{}, not_after{};
  Sha1Digest sha1{};            ///< of `der`: the thumbprint that Windows shows
  Sha256Digest sha256{};        ///< of `der`
  std::string key_algorithm{};  ///< "RSA", "EC", else the number of the object
  std::uint32_t key_bits = 0;
  std::string signature_algorithm{};  ///< "sha256WithRSAEncryption"
  bool is_authority = false;          ///< may issue others; also those of version 1
  /// Authorities that may stand between it and a signer, those of its own name not counted.
  std::optional<std::uint32_t> path_length{};
  bool is_self_issued = false;  ///< subject and issuer are the same
  bool may_sign_code = false;   ///< says so itself: extended key usage code signing
  bool may_timestamp = false;
  bool is_lifetime_signing = false;   ///< signatures end with the certificate, timestamp or not
  std::vector<std::string> usages{};  ///< extended key usages, as dotted numbers
};

/// Errc::malformed, Errc::limit. DER only; nothing may follow it.
Result<Certificate> parse_certificate(Bytes der);

/// Certificates that were parsed: the files of a computer carry the same few over and over, and
/// their keys take long to read. Not safe for two threads at once.
class CertificateCache {
 public:
  CertificateCache();
  ~CertificateCache();
  CertificateCache(CertificateCache&&) noexcept;
  CertificateCache& operator=(CertificateCache&&) noexcept;
  Result<Certificate> parse(Bytes der);

  struct Parts;
  Parts& parts() const { return *parts_; }

 private:
  std::unique_ptr<Parts> parts_;
};
/// Certificates of a file: DER, PEM with one or many, or PKCS #7 with certificates only.
Result<std::vector<Certificate>> parse_certificates(Bytes file);
/// The certificate in the value Blob of SystemCertificates\<store>\Certificates\<thumbprint>;
/// Errc::not_found where it holds none.
Result<Bytes> certificate_in_blob(Bytes blob);

/// A root (or an authority below one) that we know by its thumbprint.
struct KnownAuthority {
  std::string_view sha256{};  ///< hex, lower case
  std::string_view name{};
  bool is_microsoft = false;  ///< a root of Microsoft's own products
};
/// nullptr for others.
const KnownAuthority* known_authority(const Sha256Digest& sha256);
std::span<const KnownAuthority> known_authorities();

/// Certificates that are trusted, those that help to build a chain, and thumbprints of those that
/// are not to be believed. Keeps what it verified: not safe for two threads at once.
class TrustStore {
 public:
  TrustStore();
  ~TrustStore();
  TrustStore(TrustStore&&) noexcept;
  TrustStore& operator=(TrustStore&&) noexcept;

  /// May stand in a chain; ends one only when it is a known authority.
  void add(const Certificate& certificate);
  /// Ends chains: the operator says so.
  void trust(const Certificate& certificate);
  /// SHA-1 or SHA-256 thumbprint, or serial number, hex of any case.
  void revoke(std::string_view thumbprint);
  /// The same by the host itself: `store` names which of its stores has it.
  void disallow(std::string_view sha1, std::string store);

  bool is_trusted(const Certificate& certificate) const;
  bool is_revoked(const Certificate& certificate) const;
  /// nullptr for none.
  const std::string* disallowed_by(const Certificate& certificate) const;

  struct Parts;
  Parts& parts() const { return *parts_; }

 private:
  std::unique_ptr<Parts> parts_;
};

enum class Purpose : std::uint8_t { code_signing, timestamping, any };

struct Chain {
  std::vector<Certificate> certificates{};  ///< from the signer up; each signed the one before
  bool is_complete = false;                 ///< ends with a certificate that signed itself
  bool is_trusted = false;                  ///< ends with one that is trusted
  bool is_microsoft = false;                ///< ... which is a known root of Microsoft
  bool is_revoked = false;                  ///< one of them stands in the list
  std::string disallowed_by{};              ///< store of the host that one of them stands in
  bool has_purpose = false;                 ///< the signer may do this, and nobody above forbids it
  bool may_issue = false;                   ///< all above the signer are authorities
  bool has_weak_key = false;                ///< shorter than what Windows takes
  bool has_weak_digest = false;             ///< one below the root is signed with MD5, or older
  bool is_lifetime_signing = false;
  /// When all of the chain but its root are valid; `valid_from` above `valid_to` for never.
  FileTime valid_from{}, valid_to{};
  std::string root{};                  ///< common name of the last one that is complete or trusted
  std::vector<std::string> remarks{};  ///< what is odd, in sentences

  bool valid_at(FileTime at) const { return valid_from <= at && at <= valid_to; }
};

/// The best chain: trusted before complete before broken, and of those that are trusted one that is
/// valid `at` this time.
Chain build_chain(const Certificate& signer, std::span<const Certificate> given,
                  const TrustStore& trust, FileTime at, Purpose purpose);

}  // namespace hozen::authenticode
