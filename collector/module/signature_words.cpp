#include "collector/module/signature_words.h"

#include <algorithm>
#include <utility>

#include "collector/base/text.h"

namespace hozen {

using authenticode::Certificate;

SignatureStatus to_status(authenticode::Status status) {
  switch (status) {
    case authenticode::Status::valid:
      return SignatureStatus::valid;
    case authenticode::Status::valid_expired_untimestamped:
      return SignatureStatus::valid_expired_untimestamped;
    case authenticode::Status::valid_timestamped_expired:
      return SignatureStatus::valid_timestamped_expired;
    case authenticode::Status::digest_mismatch:
      return SignatureStatus::digest_mismatch;
    case authenticode::Status::untrusted_root:
      return SignatureStatus::untrusted_root;
    case authenticode::Status::revoked_by_list:
      return SignatureStatus::revoked_by_list;
    case authenticode::Status::malformed:
      return SignatureStatus::malformed;
  }
  return SignatureStatus::malformed;
}

SignatureDoubt to_doubt(authenticode::Doubt doubt) {
  using enum authenticode::Doubt;
  switch (doubt) {
    case none:
      return SignatureDoubt::none;
    case expired:
      return SignatureDoubt::expired;
    case not_yet_valid:
      return SignatureDoubt::not_yet_valid;
    case stamped_too_late:
      return SignatureDoubt::stamped_too_late;
    case stamped_too_early:
      return SignatureDoubt::stamped_too_early;
    case ends_with_certificate:
      return SignatureDoubt::ends_with_certificate;
    case unknown_root:
      return SignatureDoubt::unknown_root;
    case wrong_purpose:
      return SignatureDoubt::wrong_purpose;
    case bad_issuer:
      return SignatureDoubt::bad_issuer;
    case weak_key:
      return SignatureDoubt::weak_key;
    case weak_digest:
      return SignatureDoubt::weak_digest;
    case revoked:
      return SignatureDoubt::revoked;
    case disallowed:
      return SignatureDoubt::disallowed;
  }
  return SignatureDoubt::none;
}

void name_signer(FileSignature& signature, const Certificate& signer) {
  signature.signer =
      signer.subject.common_name.empty() ? signer.subject.organization : signer.subject.common_name;
  signature.organization = signer.subject.organization;
  signature.issuer =
      signer.issuer.common_name.empty() ? signer.issuer.organization : signer.issuer.common_name;
  signature.serial = signer.serial;
  signature.thumbprint = to_hex(signer.sha1);
  signature.not_before = signer.not_before;
  signature.not_after = signer.not_after;
}

NamedSigner named_signer(const authenticode::NamedSigner& one,
                         const authenticode::TrustStore& store) {
  FileSignature signature;
  name_signer(signature, one.signer);
  NamedSigner out;
  out.signer = std::move(signature.signer);
  out.organization = std::move(signature.organization);
  out.issuer = std::move(signature.issuer);
  out.serial = std::move(signature.serial);
  out.thumbprint = std::move(signature.thumbprint);
  out.not_before = signature.not_before;
  out.not_after = signature.not_after;
  out.is_revoked =
      std::any_of(one.beside.begin(), one.beside.end(), [&](const Certificate& certificate) {
        return store.is_revoked(certificate) || store.disallowed_by(certificate) != nullptr;
      });
  return out;
}

}  // namespace hozen
