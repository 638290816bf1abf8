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

/// Clocks and time zones differ; a timestamp that is a day ahead of the evidence was not made yet.
constexpr std::uint64_t kClockTolerance = 24 * (3600 * kTicksPerSecond);
/// Microsoft security advisory 2862973: signatures from before March 2009 are still taken.
constexpr std::string_view kMd5Ends = "2009-03-01T00:00:00Z";

bool is_in_future(FileTime at, FileTime now) {
  return now.is_set() && at.ticks > now.ticks && at.ticks - now.ticks > kClockTolerance;
}

bool is_believed(const Chain& chain, FileTime at) {
  return chain.is_trusted && chain.may_issue && chain.has_purpose && !chain.is_revoked &&
         chain.disallowed_by.empty() && chain.valid_at(at);
}

std::string why_not_believed(const Countersignature& one, const Chain& chain) {
  if (one.error) return one.error->text();
  if (chain.is_revoked) return "its certificate stands in the list of revoked ones";
  if (!chain.disallowed_by.empty()) return "its certificate stands in " + chain.disallowed_by;
  if (!chain.is_trusted) return "its chain ends at nobody who is known";
  if (!chain.may_issue || !chain.has_purpose) return "its certificate is not for that";
  return "its certificate was not valid then";
}

/// The earliest of those that are believed.
void read_time(const Signature& signature, const TrustStore& trust, FileTime now,
               Verdict& verdict) {
  for (const Countersignature& one : signature.countersignatures) {
    Chain chain;
    if (one.time.is_set() && is_in_future(one.time, now)) {
      add_remark(verdict,
                 "The timestamp of " + one.time.iso8601() +
                     " proves nothing: it lies in the future of this evidence, which ends " +
                     now.iso8601() + ".");
      continue;
    }
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

/// Whether the certificates were valid when they had to be.
void judge_time(Verdict& verdict, FileTime now) {
  const Chain& chain = verdict.chain;
  const FileTime at = verdict.signed_at;
  const auto doubt = [&](Doubt which, std::string why) {
    verdict.status = Status::valid_expired_untimestamped;
    verdict.doubt = which;
    verdict.why = std::move(why);
  };
  const std::string begin = chain.valid_from.iso8601(), end = chain.valid_to.iso8601();
  if (at.is_set() && at > chain.valid_to)
    return doubt(Doubt::stamped_too_late, "its timestamp proves that it was signed " +
                                              at.iso8601() + ", after its certificate had ended " +
                                              end);
  if (at.is_set() && at < chain.valid_from)
    return doubt(Doubt::stamped_too_early, "its timestamp is of " + at.iso8601() +
                                               ", before its certificate was valid, from " + begin);
  if (chain.valid_at(now)) {
    verdict.status = Status::valid;
  } else if (!at.is_set() && now < chain.valid_from) {
    doubt(Doubt::not_yet_valid, "its certificate is not valid before " + begin +
                                    ", which is later than this evidence, " + now.iso8601());
  } else if (!at.is_set()) {
    doubt(Doubt::expired,
          "its certificate ended " + end + ", and nothing proves that it was signed before");
  } else if (chain.is_lifetime_signing) {
    doubt(Doubt::ends_with_certificate,
          "its certificate ended " + end + ", and its signatures end with it, timestamp or not");
  } else {
    verdict.status = Status::valid_timestamped_expired;
  }
}

bool has_weak_digest(const Signature& signature, const Chain& chain) {
  return chain.has_weak_digest || signature.algorithm == Algorithm::md5 ||
         signature.digest.algorithm == Algorithm::md5;
}
bool is_before_md5_ended(FileTime at) {
  const auto end = parse_iso8601(kMd5Ends);
  return at.is_set() && end && at < *end;
}

/// Whether the chain counts at all; true without a doubt.
bool judge_chain(const Signature& signature, Verdict& verdict) {
  const Chain& chain = verdict.chain;
  const auto doubt = [&](Status status, Doubt which, std::string why) {
    verdict.status = status;
    verdict.doubt = which;
    verdict.why = std::move(why);
    return false;
  };
  if (chain.is_revoked)
    return doubt(Status::revoked_by_list, Doubt::revoked,
                 "its certificate, or one above it, stands in the list of revoked ones");
  if (!chain.disallowed_by.empty())
    return doubt(Status::revoked_by_list, Doubt::disallowed,
                 "its certificate, or one above it, stands in " + chain.disallowed_by +
                     ", the host's own store of what is not allowed");
  if (!chain.is_trusted)
    return doubt(Status::untrusted_root, Doubt::unknown_root,
                 chain.root.empty() ? "its chain leads to no root that is there"
                                    : "its chain ends at \"" + chain.root +
                                          "\", which is no root that is known here");
  if (chain.has_weak_key)
    return doubt(Status::untrusted_root, Doubt::weak_key,
                 "a key of its chain is shorter than what Windows takes, 1024 bits");
  if (!chain.may_issue)
    return doubt(Status::untrusted_root, Doubt::bad_issuer,
                 "a certificate of its chain was issued by one that may not issue any");
  if (!chain.has_purpose)
    return doubt(Status::untrusted_root, Doubt::wrong_purpose,
                 "its certificate is not one for signing code");
  if (has_weak_digest(signature, chain) && !is_before_md5_ended(verdict.signed_at))
    return doubt(
        Status::untrusted_root, Doubt::weak_digest,
        "it is made with MD5, with which signatures can be forged, and nothing proves that "
        "it is from before March 2009");
  return true;
}

/// All but what the signature is of.
Verdict judge(const Signature& signature, const TrustStore& trust, FileTime now, Verdict verdict) {
  read_time(signature, trust, now, verdict);
  const FileTime at = verdict.signed_at.is_set() ? verdict.signed_at : now;
  verdict.chain =
      build_chain(*signature.signer, signature.certificates, trust, at, Purpose::code_signing);
  for (const std::string& one : verdict.chain.remarks) add_remark(verdict, one);
  if (signature.digest.algorithm == Algorithm::md5 || signature.algorithm == Algorithm::md5)
    add_remark(verdict, "It is made with MD5, which does not protect any more.");
  if (judge_chain(signature, verdict)) judge_time(verdict, now);
  if (!verdict.why.empty()) add_remark(verdict, "Of its signature: " + verdict.why + ".");
  return verdict;
}

/// Whose it was: of a file that is not what was signed.
Verdict judged_changed(const Signature& signature, const TrustStore& trust, FileTime now,
                       Verdict verdict) {
  verdict = judge(signature, trust, now, std::move(verdict));
  verdict.status = Status::digest_mismatch;
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
                            " bytes lie in the certificate table besides what its signatures "
                            "need: nobody signed them.");
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
    return judged_changed(signature, trust, now, std::move(verdict));
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
  if (!is_same) return judged_changed(signature, trust, now, std::move(verdict));
  return judge(signature, trust, now, std::move(verdict));
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
