// What is known about the signature of a file of the evidence: embedded, or by a catalog of the
// evidence's own CatRoot. Checked by ourselves, never by asking the system alone.
//
// A good signature says who signed and that nothing was changed since. It does not say that the
// file is harmless: certificates are stolen, and signed programs load whatever lies beside them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/filetime.h"
#include "collector/base/hash.h"
#include "collector/base/result.h"
#include "collector/source/evidence_path.h"

namespace hozen {

/// Which case of a status it is, is said by SignatureDoubt.
enum class SignatureStatus : std::uint8_t {
  valid,                        ///< within the certificates' time, or countersigned within it
  valid_expired_untimestamped,  ///< good but for the time
  valid_timestamped_expired,    ///< expired by now, signed before: good, unless lifetime signing
  digest_mismatch,              ///< the file is not what was signed
  untrusted_root,               ///< good, but the chain does not count
  revoked_by_list,  ///< a certificate of it stands in the operator's list, or the host's own
  malformed,        ///< there is something, and it cannot be read or does not hold
  not_signed,
  not_checked,  ///< the file could not be read (`error`)
};
std::string_view to_text(SignatureStatus status);

/// Signed by somebody known, and unchanged: valid or valid_timestamped_expired.
bool is_sound(SignatureStatus status);

/// What stands against a signature whose bytes hold.
enum class SignatureDoubt : std::uint8_t {
  none,
  expired,                ///< and nothing proves that it was signed before
  not_yet_valid,          ///< its certificate begins later than the evidence ends
  stamped_too_late,       ///< proven to be signed after its certificate ended
  stamped_too_early,      ///< proven to be signed before its certificate began
  ends_with_certificate,  ///< lifetime signing: a timestamp does not help
  unknown_root,
  wrong_purpose,  ///< the certificate is not one for signing code
  bad_issuer,     ///< somebody in the chain may not issue certificates
  weak_key,
  weak_digest,  ///< MD5
  revoked,      ///< by the operator's list
  disallowed,   ///< by the host's own store of certificates that are not allowed
};

struct FileSignature {
  SignatureStatus status = SignatureStatus::not_checked;
  bool by_catalog = false;
  std::string catalog{};       ///< path in the evidence, "" when embedded
  std::string signer{};        ///< common name of who signed: "Microsoft Windows"
  std::string organization{};  ///< "Microsoft Corporation"
  std::string issuer{};        ///< common name
  std::string root{};          ///< common name of where the chain ends, "" when that is not there
  std::string serial{};        ///< hex, lower case
  std::string thumbprint{};    ///< SHA-1 of the certificate, hex, as Windows shows it
  FileTime not_before{}, not_after{};
  SignatureDoubt doubt = SignatureDoubt::none;
  /// `doubt` as part of a sentence: "its certificate is not one for signing code"; "" for none.
  std::string why{};
  FileTime signed_at{};       ///< as a countersignature proves; unset without one
  bool is_microsoft = false;  ///< chain ends at a root of Microsoft that is known to us
  /// Of untrusted_root: that root stands among those which the host itself trusts.
  bool host_trusts_root = false;
  /// In the certificate table, besides what a signature needs and padding.
  std::uint64_t hidden_bytes = 0;
  Sha256Digest sha256{};       ///< of the file
  std::string authentihash{};  ///< SHA-256, hex; "" for what is no PE
  std::uint64_t size_bytes = 0;
  std::vector<std::string> remarks{};  ///< what is odd about it, in sentences
  std::optional<Error> error{};        ///< why it was not checked, or what is malformed
};

/// Whom a file says that it is signed by; nobody checked whether it is.
struct NamedSigner {
  std::string signer{}, organization{}, issuer{}, serial{};  ///< as of FileSignature
  std::string thumbprint{};
  FileTime not_before{}, not_after{};
  bool is_revoked = false;  ///< it, or a certificate beside it, stands in a list of revoked ones
};

/// One for a run: what was asked once is kept.
class SignatureBook {
 public:
  virtual ~SignatureBook() = default;
  /// Reads the file whole the first time. Valid as long as the book.
  virtual const FileSignature& of(const EvidencePath& file) = 0;
  /// False where the evidence has no CatRoot: files of Windows seem unsigned then.
  virtual bool has_catalogs() = 0;
  /// Catalogs that cannot be read whole, or whose list is not what was signed: a file that they
  /// name may seem unsigned. Known once a file was looked up in them.
  virtual std::size_t damaged_catalogs() { return 0; }
  /// Reads nothing but the certificate table, and keeps nothing. Nobody for what has none.
  virtual std::vector<NamedSigner> named_signers(const EvidencePath& /*file*/) { return {}; }

  struct Entry {
    EvidencePath file;
    const FileSignature* signature = nullptr;
  };
  /// Of all files that were asked for, in the order of their paths.
  virtual std::vector<Entry> all() const = 0;
};

}  // namespace hozen
