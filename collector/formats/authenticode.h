// Signatures of Microsoft's making: PKCS #7 SignedData, as embedded in executables and as catalogs
// are. What they say, and whether they hold by themselves; whom to believe is said by
// authenticode_verify.h.
//
// Source: Microsoft "Windows Authenticode Portable Executable Signature Format" (2008), RFC 2315
// and 5652 (SignedData), RFC 2985 (countersignature), RFC 3161 (timestamp); nested signatures and
// page hashes: osslsigncode's documentation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/filetime.h"
#include "collector/formats/authenticode_certificate.h"
#include "collector/formats/authenticode_digest.h"
#include "collector/formats/pe.h"

namespace hozen::authenticode {

/// Of one PKCS #7 in a file; largest of real ones: 40 KiB with page hashes of 1 MiB.
constexpr std::size_t kMaxSignatureBytes = 16u << 20;
/// Signatures within signatures.
constexpr std::size_t kMaxNesting = 4;
/// Of one PKCS #7, nested ones counted; and entries of a certificate table.
constexpr std::size_t kMaxSignatures = 32;
/// Signers, countersignatures, attributes of one signature.
constexpr std::size_t kMaxSigners = 8, kMaxCountersignatures = 8, kMaxAttributes = 64;
constexpr std::size_t kMaxRemarks = 32;
/// Real signatures carry a certificate or two that they do not need, and marks of their tools.
constexpr std::uint64_t kLeastSpareBytes = 4096;

/// Says that the signature was there at a time.
struct Countersignature {
  enum class Kind : std::uint8_t { pkcs9, rfc3161 };
  Kind kind = Kind::pkcs9;
  FileTime time{};
  Algorithm algorithm = Algorithm::unknown;  ///< what the countersigned bytes were hashed with
  std::optional<Certificate> signer{};
  /// Its own, for RFC 3161; PKCS #9 uses those of the signature.
  std::vector<Certificate> certificates{};
  bool holds = false;             ///< made by `signer`, over this signature
  std::optional<Error> error{};   ///< why it does not hold, or could not be read
  std::uint64_t spare_bytes = 0;  ///< as of Signature
};
std::string_view to_text(Countersignature::Kind kind);  ///< "pkcs9", "rfc3161"

struct Signature {
  std::uint64_t file_offset = 0, size_bytes = 0;  ///< of the PKCS #7; nested: 0 and its size
  std::size_t depth = 0;                          ///< 0: not nested
  std::string content_type{};  ///< dotted number: 1.3.6.1.4.1.311.2.1.4 for a file's digest
  Digest digest{};             ///< of the file that was signed; of unknown algorithm in catalogs
  Algorithm algorithm = Algorithm::unknown;  ///< what the signer hashed with
  std::optional<Certificate> signer{};       ///< nothing where its certificate is not there
  std::size_t signers = 0;                   ///< as counted; only the first is read
  std::vector<Certificate> certificates{};   ///< all, the signer's among them
  std::string program_name{}, more_info{};   ///< what the signer calls it; URL
  FileTime claimed_time{};                   ///< signed attribute signingTime: the signer's word
  Algorithm page_hashes =
      Algorithm::unknown;            ///< there are some, of this kind; they are not proven
  std::uint64_t unsigned_bytes = 0;  ///< unsigned attributes that nobody knows: data may hide there
  /// All that no verifier needs, those among them: certificates that cannot be read or lead
  /// nowhere, lists of revoked ones that nobody signed, parts of unknown kinds. Nested ones have
  /// their own.
  std::uint64_t spare_bytes = 0;
  bool content_holds = false;    ///< messageDigest is that of the content
  bool signature_holds = false;  ///< made with the key of `signer`
  std::vector<Countersignature> countersignatures{};
  std::vector<Signature> nested{};
  std::vector<std::string> remarks{};  ///< what is odd, in sentences
  std::optional<Error> error{};        ///< it could not be read whole, or does not hold

  bool holds() const { return content_holds && signature_holds && !error; }
};

/// What a PKCS #7 says. `content` of detached or unusual kinds is not interpreted. Never fails:
/// Signature::error tells.
Signature parse_signature(Bytes pkcs7);
Signature parse_signature(Bytes pkcs7, CertificateCache& cache);
/// The content of it without its tag and length (a catalog's list); Errc::malformed, Errc::limit.
Result<Bytes> signed_content(Bytes pkcs7);

/// All that the certificate table of an executable holds.
struct SignatureTable {
  std::uint64_t file_offset = 0, size_bytes = 0;
  std::vector<Signature> signatures{};  ///< in order of the table; nested ones within
  /// Bytes in the table that are neither a signature nor zeros that fill up to eight bytes, and
  /// those of signatures that no verifier needs, from kLeastSpareBytes on: they are not part of
  /// what is signed.
  std::uint64_t hidden_bytes = 0;
  std::uint64_t bytes_behind = 0;  ///< of the file, behind the table: these are signed
  bool overlaps_image = false;     ///< the table lies within a section or the headers
  std::vector<Error> problems{};

  /// Algorithms of all signatures, for digest_file.
  Algorithms algorithms() const;
};
/// Nothing where the file has none. Reads the table only.
std::optional<SignatureTable> read_signatures(pe::Image& image);
std::optional<SignatureTable> read_signatures(pe::Image& image, CertificateCache& cache);

/// Whom a file says that it is signed by; nothing is verified.
struct NamedSigner {
  Certificate signer{};
  std::vector<Certificate> beside{};  ///< all of its signature, itself among them
};
/// Reads the certificate table only, nested signatures as well; at most kMaxSignatures.
std::vector<NamedSigner> named_signers(pe::Image& image, CertificateCache& cache);

}  // namespace hozen::authenticode
