// Whether a signature is to be believed: its file unchanged, its chain known, its time right.
//
// Source: Microsoft "Windows Authenticode Portable Executable Signature Format", "Time Stamping
// Authenticode Signatures" (lifetime signing).
#pragma once

#include "collector/formats/authenticode.h"

namespace hozen::authenticode {

enum class Status : std::uint8_t {
  valid,                        ///< within the certificates' time, or countersigned within it
  valid_expired_untimestamped,  ///< good but for the time: Doubt tells what of it
  valid_timestamped_expired,    ///< expired by now, signed before
  digest_mismatch,              ///< the file is not what was signed
  untrusted_root,               ///< good, but the chain does not count: Doubt tells why
  revoked_by_list,              ///< a certificate of it stands in a list of the TrustStore
  malformed,                    ///< cannot be read, or does not hold
};
std::string_view to_text(Status status);

/// What stands against one whose bytes hold.
enum class Doubt : std::uint8_t {
  none,
  expired,                ///< and nothing proves that it was signed before
  not_yet_valid,          ///< a certificate of it begins later than now
  stamped_too_late,       ///< signed after a certificate ended, as a timestamp proves
  stamped_too_early,      ///< signed before a certificate began, as a timestamp proves
  ends_with_certificate,  ///< lifetime signing
  unknown_root,
  wrong_purpose,
  bad_issuer,
  weak_key,
  weak_digest,
  revoked,
  disallowed,
};

struct Verdict {
  Status status = Status::malformed;
  Doubt doubt = Doubt::none;
  std::string why{};  ///< the same as part of a sentence; "" for none
  Chain chain{};
  FileTime signed_at{};     ///< as a countersignature proves that is believed; unset without one
  Chain timestamp_chain{};  ///< of that countersignature
  std::vector<std::string> remarks{};  ///< what is odd, in sentences
  std::optional<Error> error{};        ///< why it is malformed
};

/// `digests` is of the file that is signed. `now` is when expiry is asked for.
Verdict verify(const Signature& signature, const FileDigests& digests, const TrustStore& trust,
               FileTime now);
/// Of a signature whose content is its own: a catalog.
Verdict verify_content(const Signature& signature, const TrustStore& trust, FileTime now);

/// The signature of a file that counts.
struct FileVerdict {
  const Signature* signature = nullptr;  ///< in the table; never nullptr
  Verdict verdict{};
  std::uint64_t others = 0;  ///< further signatures
};
/// One that was made for other bytes makes the file one that was changed, whatever else stands
/// beside it; else the best of them. Nothing for a table without signatures.
std::optional<FileVerdict> verify(const SignatureTable& table, const FileDigests& digests,
                                  const TrustStore& trust, FileTime now);

}  // namespace hozen::authenticode
