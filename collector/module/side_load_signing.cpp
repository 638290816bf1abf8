// What signatures say of a pair.
#include <algorithm>

#include "collector/base/text.h"
#include "collector/module/side_load_pair.h"

namespace hozen::side_load {
namespace {

using S = SignatureStatus;

std::string who(const FileSignature& signature) {
  return signature.organization.empty() ? signature.signer : signature.organization;
}

/// Signed by somebody, whether the chain is known or the time is over.
bool is_unbroken(const FileSignature& signature) {
  return is_sound(signature.status) || signature.status == S::valid_expired_untimestamped ||
         signature.status == S::untrusted_root || signature.status == S::revoked_by_list;
}

std::string how(const FileSignature& signature) {
  switch (signature.status) {
    case S::valid:
      return "soundly signed by ";
    case S::valid_timestamped_expired:
      return "soundly signed, when its certificate was valid, by ";
    case S::valid_expired_untimestamped:
      return "signed without proof of when, with a certificate that is expired, by ";
    case S::untrusted_root:
      return "signed, with a chain that ends at nobody known here, by ";
    case S::revoked_by_list:
      return "signed with a certificate of the list of revoked ones by ";
    case S::digest_mismatch:
      return "not what was signed by ";
    default:
      return "";
  }
}

}  // namespace

bool is_signed_program(const FileSignature& signature) { return is_unbroken(signature); }

bool same_publisher(const FileSignature& a, const FileSignature& b) {
  if (!a.thumbprint.empty() && a.thumbprint == b.thumbprint) return true;
  return !who(a).empty() && equals_fold(who(a), who(b));
}

std::string signature_text(const Side& side) {
  const std::string name = "'" + side.lower_name() + "' is ";
  if (side.signature == nullptr) return name + "not looked at for a signature";
  const FileSignature& one = *side.signature;
  if (!one.why.empty() && is_unbroken(one))
    return name + "signed by '" + (one.signer.empty() ? who(one) : one.signer) + "', but " +
           one.why;
  const std::string signed_how = how(one);
  if (signed_how.empty())
    return name + (one.status == S::not_signed ? "not signed" : "without a signature that holds");
  return name + signed_how + "'" + (one.signer.empty() ? who(one) : one.signer) + "'" +
         (one.by_catalog ? " (by a catalog of this host)" : "");
}

const FileSignature* Scorer::signature_of(const EvidencePath& file) {
  const FileSignature& signature = context_.signatures().of(file);
  if (is_unbroken(signature)) signed_by_[fold_case(who(signature))][file.folded()] = true;
  return &signature;
}

void Scorer::sign(Pair& pair) {
  if (!pair.host.is_here() || !pair.dll.is_here()) return;
  pair.host.signature = signature_of(pair.host.place);
  pair.dll.signature = signature_of(pair.dll.place);
  const FileSignature& dll = *pair.dll.signature;
  if (dll.status == S::not_checked) {
    pair.not_checked.push_back("The signature of the DLL: " +
                               (dll.error ? dll.error->text() : std::string{"not read"}) + ".");
    return;
  }
  if (dll.status == S::not_signed)
    dll_not_signed(pair);
  else
    dll_signed(pair);
  constexpr std::uint64_t kHidden = 512;
  if (dll.hidden_bytes >= kHidden)
    pair.items.add("S7", std::to_string(dll.hidden_bytes) +
                             " bytes in its table of certificates belong to no signature.");
  same_as_own(pair);
  // What its maker did says nothing of a file that was changed since.
  if (!pair.items.has("S2") && !pair.items.has("S5") && !pair.items.has("S7")) return;
  for (const std::string_view id : {"C1", "C5", "C8", "C8T", "C9"}) pair.items.drop(id);
}

void Scorer::dll_not_signed(Pair& pair) {
  const FileSignature& host = *pair.host.signature;
  const bool catalogs = context_.signatures().has_catalogs();
  const std::string text = signature_text(pair.host) + ", " + signature_text(pair.dll) + ".";
  if (is_unbroken(host)) {
    const bool may_be_own = !catalogs && (pair.items.has("N1") || pair.items.has("N1R"));
    pair.items.add(may_be_own ? "S1H" : "S1",
                   may_be_own ? text +
                                    " The evidence has no catalogs: files of Windows seem not "
                                    "signed."
                              : text);
  } else if (!catalogs && pair.items.has("P1")) {
    pair.items.add("S1H", text +
                              " The evidence has no catalogs, with which programs of Windows are "
                              "signed.");
  } else if (host.status == S::not_signed) {
    pair.items.add("C6", text);
  }
  if (is_microsoft_runtime_name(pair.dll.lower_name()))
    pair.items.add("S4", "Microsoft signs every '" + pair.dll.lower_name() +
                             "' that it gives away; this one is not signed.");
  if (!catalogs)
    pair.not_checked.push_back(
        "Catalogs: the evidence has none, and files of Windows are signed by them.");
  else if (context_.signatures().damaged_catalogs() != 0)
    pair.not_checked.push_back("Whether a damaged catalog of the evidence has the DLL (" +
                               std::to_string(context_.signatures().damaged_catalogs()) +
                               " of them could not be read whole).");
}

void Scorer::dll_signed(Pair& pair) {
  const FileSignature& host = *pair.host.signature;
  const FileSignature& dll = *pair.dll.signature;
  const std::string text = signature_text(pair.host) + ", " + signature_text(pair.dll) + ".";
  if (dll.status == S::digest_mismatch || dll.status == S::malformed) {
    pair.items.add("S2", signature_text(pair.dll) +
                             (dll.error ? " (" + dll.error->text() + ")" : std::string{}) + ".");
  } else if (dll.status == S::revoked_by_list) {
    pair.items.add("S5", signature_text(pair.dll) + ".");
  } else if (is_sound(dll.status) && is_sound(host.status) && same_publisher(host, dll)) {
    pair.items.add("C1", text);
  } else if (is_sound(dll.status) && dll.is_microsoft) {
    pair.items.add("C3", text);
  } else if (dll.status == S::untrusted_root && host.status == S::untrusted_root &&
             same_publisher(host, dll) && host.issuer == dll.issuer) {
    pair.items.add("C1U", text);
  } else if (dll.status == S::untrusted_root && !dll.host_trusts_root && is_sound(host.status)) {
    pair.items.add("S1", text);
  }
  // S3 is for finish(): who else is signed by that publisher is known then.
}

void Scorer::same_as_own(Pair& pair) {
  if (!pair.items.has("N1") && !pair.items.has("N1R")) return;
  const auto copy = machine_.own_copy(pair.dll.lower_name(), pair.dll.place, pair.dll.head->is_64);
  if (!copy) return;
  const auto info = context_.source().stat(*copy);
  if (!info || info->size != pair.dll.size) return;
  const FileSignature& own = context_.signatures().of(info->path);
  if (own.status != S::not_checked && own.sha256 == pair.dll.signature->sha256 &&
      own.sha256 != Sha256Digest{})
    pair.items.add("C2", "It is the same file as " + info->path.text() + ".");
}

}  // namespace hozen::side_load
