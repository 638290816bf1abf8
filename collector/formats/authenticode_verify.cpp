#include "collector/formats/authenticode_verify.h"

#include <algorithm>
#include <array>

#include "collector/base/text.h"

namespace hozen::authenticode {
namespace {

constexpr std::string_view kIndirectData = "1.3.6.1.4.1.311.2.1.4",
                           kTrustList = "1.3.6.1.4.1.311.10.1";

void add_remark(Verdict& verdict, std::string text) {
  if (verdict.remarks.size() < kMaxRemarks) verdict.remarks.push_back(std::move(text));
}

Verdict malformed(Verdict verdict, Error error) {
  verdict.status = Status::malformed;
  verdict.error = std::move(error);
  return verdict;
}

/// The signer signed another content than the one that is there: somebody put it in its place.
bool is_exchanged(const Signature& signature) {
  return signature.signer && signature.signature_holds && !signature.content_holds;
}

/// Whether the digest that is signed is that of the file.
bool is_of(const Digest& digest, const FileDigests& file) {
  if (file.is_image) return file.is_image_digest(digest);
  return (digest.algorithm == Algorithm::sha256 && std::ranges::equal(digest.bytes, file.sha256)) ||
         (digest.algorithm == Algorithm::sha1 && std::ranges::equal(digest.bytes, file.sha1));
}

bool is_believed(const Chain& chain, FileTime at) {
  return chain.is_trusted && chain.may_issue && chain.has_purpose && !chain.is_revoked &&
         chain.valid_at(at);
}

std::string why_not_believed(const Countersignature& one, const Chain& chain) {
  if (one.error) return one.error->text();
  if (chain.is_revoked) return "its certificate stands in the list of revoked ones";
  if (!chain.is_trusted) return "its chain ends at nobody who is known";
  if (!chain.may_issue || !chain.has_purpose) return "its certificate is not for that";
  return "its certificate was not valid then";
}

/// The earliest of those that are believed.
void read_time(const Signature& signature, const TrustStore& trust, Verdict& verdict) {
  for (const Countersignature& one : signature.countersignatures) {
    Chain chain;
    if (one.holds && one.signer && one.time.is_set()) {
      std::vector<Certificate> given = one.certificates;
      given.insert(given.end(), signature.certificates.begin(), signature.certificates.end());
      chain = build_chain(*one.signer, given, trust, one.time, Purpose::timestamping);
      if (is_believed(chain, one.time)) {
        if (verdict.signed_at.is_set() && verdict.signed_at <= one.time) continue;
        verdict.signed_at = one.time;
        verdict.timestamp_chain = std::move(chain);
        continue;
      }
    }
    add_remark(verdict, "The timestamp of " +
                            (one.time.is_set() ? one.time.iso8601() : std::string{"no time"}) +
                            " proves nothing: " + why_not_believed(one, chain) + ".");
  }
}

Status status_of_time(const Chain& chain, FileTime signed_at, FileTime now) {
  if (chain.valid_at(now) && (!signed_at.is_set() || chain.valid_at(signed_at)))
    return Status::valid;
  if (signed_at.is_set() && chain.valid_at(signed_at) && !chain.is_lifetime_signing)
    return Status::valid_timestamped_expired;
  return Status::valid_expired_untimestamped;
}

/// All but what the signature is of.
Verdict judge(const Signature& signature, const TrustStore& trust, FileTime now, Verdict verdict) {
  read_time(signature, trust, verdict);
  const FileTime at = verdict.signed_at.is_set() ? verdict.signed_at : now;
  verdict.chain =
      build_chain(*signature.signer, signature.certificates, trust, at, Purpose::code_signing);
  const Chain& chain = verdict.chain;
  for (const std::string& one : chain.remarks) add_remark(verdict, one);
  if (!chain.has_purpose) add_remark(verdict, "The certificate is not one for signing code.");
  if (signature.digest.algorithm == Algorithm::md5 || signature.algorithm == Algorithm::md5)
    add_remark(verdict, "It is made with MD5, which does not protect any more.");
  if (chain.is_revoked) {
    verdict.status = Status::revoked_by_list;
  } else if (!chain.is_trusted || !chain.may_issue || !chain.has_purpose) {
    verdict.status = Status::untrusted_root;
  } else {
    verdict.status = status_of_time(chain, verdict.signed_at, now);
    if (verdict.signed_at.is_set() && !chain.valid_at(verdict.signed_at))
      add_remark(verdict, "It was signed when its certificates were not valid.");
    if (chain.is_lifetime_signing && !chain.valid_at(now))
      add_remark(verdict, "Its certificate ends with its validity, timestamp or not.");
  }
  return verdict;
}

/// How much one is worth when a file has several.
int rank(Status status) {
  constexpr std::array kOrder{Status::malformed,
                              Status::untrusted_root,
                              Status::valid_expired_untimestamped,
                              Status::valid_timestamped_expired,
                              Status::valid,
                              Status::revoked_by_list,
                              Status::digest_mismatch};
  return static_cast<int>(std::ranges::find(kOrder, status) - kOrder.begin());
}

void flatten(const std::vector<Signature>& signatures, std::vector<const Signature*>& out) {
  for (const Signature& one : signatures) {
    out.push_back(&one);
    flatten(one.nested, out);
  }
}

void add_file_remarks(const SignatureTable& table, Verdict& verdict) {
  if (table.hidden_bytes != 0)
    add_remark(verdict, std::to_string(table.hidden_bytes) +
                            " bytes lie in the certificate table besides the signatures: nobody "
                            "signed them.");
  if (table.bytes_behind != 0)
    add_remark(verdict,
               std::to_string(table.bytes_behind) + " bytes lie behind the certificate table.");
}

}  // namespace

std::string_view to_text(Status status) {
  constexpr std::array<std::string_view, 7> kNames{"valid",
                                                   "valid_expired_untimestamped",
                                                   "valid_timestamped_expired",
                                                   "digest_mismatch",
                                                   "untrusted_root",
                                                   "revoked_by_list",
                                                   "malformed"};
  return kNames.at(static_cast<std::size_t>(status));
}

Verdict verify(const Signature& signature, const FileDigests& digests, const TrustStore& trust,
               FileTime now) {
  Verdict verdict;
  verdict.remarks = signature.remarks;
  if (is_exchanged(signature)) {
    add_remark(verdict, "The digest in the signature is not the one that was signed.");
    verdict = judge(signature, trust, now, std::move(verdict));
    verdict.status = Status::digest_mismatch;
    return verdict;
  }
  if (!signature.holds() || !signature.signer)
    return malformed(std::move(verdict),
                     signature.error.value_or(Error{Errc::malformed, "signature"}));
  if (signature.content_type != kIndirectData)
    return malformed(
        std::move(verdict),
        {Errc::malformed, "signature of something else than a file", {}, signature.content_type});
  const bool is_same = is_of(signature.digest, digests);
  const Digest* const whole = digests.image_digest(signature.digest.algorithm);
  if (is_same && digests.is_image && (whole == nullptr || *whole != signature.digest))
    add_remark(verdict, "It is of the sections in order of their place, not of the file as it is.");
  verdict = judge(signature, trust, now, std::move(verdict));
  if (!is_same) verdict.status = Status::digest_mismatch;
  return verdict;
}

Verdict verify_content(const Signature& signature, const TrustStore& trust, FileTime now) {
  Verdict verdict;
  verdict.remarks = signature.remarks;
  if (!signature.holds() || !signature.signer)
    return malformed(std::move(verdict),
                     signature.error.value_or(Error{Errc::malformed, "signature"}));
  if (signature.content_type != kTrustList)
    return malformed(
        std::move(verdict),
        {Errc::malformed, "signature of something else than a list", {}, signature.content_type});
  return judge(signature, trust, now, std::move(verdict));
}

std::optional<FileVerdict> verify(const SignatureTable& table, const FileDigests& digests,
                                  const TrustStore& trust, FileTime now) {
  std::vector<const Signature*> all;
  flatten(table.signatures, all);
  std::optional<FileVerdict> best;
  for (const Signature* const one : all) {
    Verdict verdict = verify(*one, digests, trust, now);
    // Where the table lies over the image, what is loaded is not what is hashed.
    if (table.overlaps_image && verdict.status != Status::digest_mismatch)
      verdict =
          malformed(std::move(verdict),
                    {Errc::malformed, "certificate table within the image", table.file_offset});
    if (!best || rank(verdict.status) > rank(best->verdict.status))
      best = FileVerdict{one, std::move(verdict), 0};
  }
  if (!best) return std::nullopt;
  best->others = all.size() - 1;
  add_file_remarks(table, best->verdict);
  return best;
}

}  // namespace hozen::authenticode
