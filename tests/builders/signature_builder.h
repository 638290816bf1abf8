// Signatures of a made authority: certificates, PKCS #7, timestamps, catalogs, and executables that
// carry them. Keys are made anew for each run.
//
//   const Identity root = Identity::root("Made Root");
//   const Identity signer = root.issue({"Made Corp"});
//   const PeBytes file = sign(PeBuilder{}.bytes(), [&](const Digest& digest) {
//     return SignatureBuilder{signer}.of_file(digest).with(root).bytes(); });
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/filetime.h"
#include "collector/formats/authenticode_digest.h"
#include "tests/builders/pe_builder.h"

namespace hozen::builders {

using Der = std::vector<std::byte>;

constexpr std::string_view kCodeSigning = "1.3.6.1.5.5.7.3.3", kTimestamping = "1.3.6.1.5.5.7.3.8",
                           kLifetimeSigning = "1.3.6.1.4.1.311.10.3.13";

/// A key and its certificate.
class Identity {
 public:
  struct Wish {
    std::string name{};
    std::string from = "20200101000000Z", to = "20400101000000Z";
    std::vector<std::string> usages{std::string{kCodeSigning}};
    bool is_authority = false;
    bool is_rsa = false;  ///< 2048 bits; else a curve, which is made faster
    std::string organization = "Made Corporation";
  };
  static Identity root(std::string name);
  static Identity self_signed(const Wish& wish);
  Identity issue(const Wish& wish) const;

  const Der& certificate() const { return certificate_; }
  std::string certificate_pem() const;
  std::string key_pem() const;
  bool is_rsa() const;
  /// The signature of `content`.
  Der sign(const Der& content, authenticode::Algorithm algorithm) const;
  Der issuer_name() const;  ///< DER
  Der serial() const;       ///< DER

 private:
  struct Key;
  static Identity make(const Wish& wish, const Identity* issuer);
  std::shared_ptr<Key> key_;
  Der certificate_;
};

/// One PKCS #7 SignedData.
class SignatureBuilder {
 public:
  explicit SignatureBuilder(Identity signer,
                            authenticode::Algorithm algorithm = authenticode::Algorithm::sha256)
      : signer_{std::move(signer)}, algorithm_{algorithm} {}
  /// What it is of: the digest of a file, or (type, SEQUENCE) anything.
  SignatureBuilder& of_file(const authenticode::Digest& digest, bool page_hashes = false);
  SignatureBuilder& of_content(std::string_view type, Der sequence);
  SignatureBuilder& with(const Identity& identity);  ///< its certificate goes along
  SignatureBuilder& with_bytes(Der der);             ///< among the certificates
  SignatureBuilder& with_revocation_lists(Der der);  ///< without their tag
  SignatureBuilder& without_own_certificate();
  SignatureBuilder& program(std::string_view name, std::string_view url);
  SignatureBuilder& claims(std::string_view utc_time);  ///< signed attribute signingTime
  SignatureBuilder& pkcs9_timestamp(const Identity& authority, std::string_view utc_time);
  SignatureBuilder& rfc3161_timestamp(const Identity& authority, std::string_view time);
  SignatureBuilder& timestamp_of_another(const Identity& authority, std::string_view time);
  SignatureBuilder& nested(Der pkcs7);
  SignatureBuilder& unsigned_attribute(std::string_view type, const Der& value);
  SignatureBuilder& exchange_content(Der sequence);  ///< after it was signed
  SignatureBuilder& damage_signature();
  Der bytes() const;

 private:
  struct Timestamp {
    Identity authority;
    std::string time;
    bool is_rfc3161 = false, is_of_another = false;
  };
  Der signer_info() const;
  Identity signer_;
  authenticode::Algorithm algorithm_;
  std::string type_;
  Der content_, exchanged_, revocation_lists_;
  std::vector<Der> certificates_, nested_, attributes_, unsigned_;
  std::vector<Timestamp> timestamps_;
  bool own_certificate_ = true, damaged_ = false;
};

struct CatalogEntry {
  authenticode::Digest digest{};
  std::string file{};        ///< attribute File; "" for none
  bool is_tag_only = false;  ///< the second kind: the digest stands in the tag alone
};
/// The list of a catalog, for SignatureBuilder::of_content(kCatalogType, …).
Der catalog_list(const std::vector<CatalogEntry>& entries);
constexpr std::string_view kCatalogType = "1.3.6.1.4.1.311.10.1";

/// The digest of an executable as it is to be signed, padded to eight bytes.
authenticode::Digest image_digest(
    PeBytes file, authenticode::Algorithm algorithm = authenticode::Algorithm::sha256);
/// Pads the file, puts the certificate table behind it and names it in the headers.
PeBytes add_table(PeBytes file, const std::vector<Der>& signatures, std::string_view hidden = "");
using MakeSignature = std::function<Der(const authenticode::Digest&)>;
PeBytes sign(const PeBytes& file, const MakeSignature& make);

/// DER, for what the tests make wrong by hand.
Der tlv(std::uint8_t tag, const Der& content);
Der sequence(const std::vector<Der>& parts);
Der object(std::string_view dotted);
Der octets(const Der& content);

}  // namespace hozen::builders
