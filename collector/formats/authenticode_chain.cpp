// Chains of certificates and whom to believe.
#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <unordered_map>

#include "collector/base/text.h"
#include "collector/formats/authenticode_certificate.h"
#include "collector/formats/authenticode_crypto.h"

namespace hozen::authenticode {
namespace {

/// Of one search: names repeat in a hostile file, and each has many certificates.
constexpr std::size_t kMaxSteps = 300;
constexpr std::size_t kMaxKnownLinks = 100'000, kMaxStored = 20'000;
constexpr std::uint32_t kLeastRsaBits = 1024;  ///< what Windows takes, KB2661254

std::string key_of(const Name& name) { return to_lower_ascii(name.text); }

std::string link_key(const Certificate& child, const Certificate& issuer) {
  std::string key;
  key += Bytes{child.sha256}.chars();
  key += Bytes{issuer.sha256}.chars();
  return key;
}

bool allows(const Certificate& certificate, Purpose purpose) {
  if (purpose == Purpose::any || certificate.usages.empty()) return true;
  return purpose == Purpose::code_signing ? certificate.may_sign_code : certificate.may_timestamp;
}

/// With MD5 certificates were forged (Flame, 2012).
bool has_weak_digest(const Certificate& certificate) {
  return contains_fold(certificate.signature_algorithm, "md5") ||
         contains_fold(certificate.signature_algorithm, "md4") ||
         contains_fold(certificate.signature_algorithm, "md2");
}

bool is_weak(const Certificate& certificate) {
  return certificate.key_algorithm == "RSA" && certificate.key_bits < kLeastRsaBits;
}

std::string shown(const Certificate& certificate) {
  const Name& name = certificate.subject;
  return printable(!name.common_name.empty()    ? name.common_name
                   : !name.organization.empty() ? name.organization
                                                : name.text);
}

}  // namespace

struct TrustStore::Parts {
  std::vector<Certificate> certificates{};
  std::set<Sha256Digest> stored{}, trusted{};
  std::unordered_map<std::string, std::vector<std::size_t>> by_subject{};
  std::set<std::string, std::less<>> revoked{};
  std::map<std::string, std::string> disallowed{};  // by SHA-1
  std::unordered_map<std::string, bool> links{};

  bool is_link(const Certificate& child, const Certificate& issuer) {
    std::string key = link_key(child, issuer);
    if (const auto known = links.find(key); known != links.end()) return known->second;
    const X509Pointer below = parse_x509(Bytes{child.der}), above = parse_x509(Bytes{issuer.der});
    const bool holds = below && above && is_signed_by(*below, *above);
    if (links.size() == kMaxKnownLinks) links.clear();
    links.emplace(std::move(key), holds);
    return holds;
  }
};

TrustStore::TrustStore() : parts_{std::make_unique<Parts>()} {}
TrustStore::~TrustStore() = default;
TrustStore::TrustStore(TrustStore&&) noexcept = default;
TrustStore& TrustStore::operator=(TrustStore&&) noexcept = default;

void TrustStore::add(const Certificate& certificate) {
  if (parts_->certificates.size() == kMaxStored ||
      !parts_->stored.insert(certificate.sha256).second)
    return;
  parts_->by_subject[key_of(certificate.subject)].push_back(parts_->certificates.size());
  parts_->certificates.push_back(certificate);
}

void TrustStore::trust(const Certificate& certificate) {
  add(certificate);
  parts_->trusted.insert(certificate.sha256);
}

void TrustStore::revoke(std::string_view thumbprint) {
  std::string hex;
  for (const char c : to_lower_ascii(thumbprint))
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) hex += c;
  if (!hex.empty()) parts_->revoked.insert(std::move(hex));
}

void TrustStore::disallow(std::string_view sha1, std::string store) {
  if (parts_->disallowed.size() < kMaxStored)
    parts_->disallowed.emplace(to_lower_ascii(sha1), std::move(store));
}

const std::string* TrustStore::disallowed_by(const Certificate& certificate) const {
  if (parts_->disallowed.empty()) return nullptr;
  const auto found = parts_->disallowed.find(to_hex(certificate.sha1));
  return found == parts_->disallowed.end() ? nullptr : &found->second;
}

bool TrustStore::is_trusted(const Certificate& certificate) const {
  return parts_->trusted.contains(certificate.sha256) ||
         known_authority(certificate.sha256) != nullptr;
}

bool TrustStore::is_revoked(const Certificate& certificate) const {
  if (parts_->revoked.empty()) return false;
  return parts_->revoked.contains(to_hex(certificate.sha1)) ||
         parts_->revoked.contains(to_hex(certificate.sha256)) ||
         parts_->revoked.contains(certificate.serial);
}

namespace {

using Path = std::vector<const Certificate*>;

class Search {
 public:
  Search(std::span<const Certificate> given, const TrustStore& trust, FileTime at, Purpose purpose)
      : given_{given}, trust_{trust}, at_{at}, purpose_{purpose} {}

  Chain best(const Certificate& signer) {
    path_.push_back(&signer);
    climb();
    return std::move(best_);
  }

 private:
  void climb() {
    const Certificate& last = *path_.back();
    const bool is_root = last.is_self_issued && trust_.parts().is_link(last, last);
    const bool is_trusted = trust_.is_trusted(last);
    bool has_issuer = false;
    // Above one that signed itself there is nothing, but there may be others of its name.
    if (path_.size() < kMaxChain && !is_root) {
      for (const Certificate& one : given_) has_issuer |= step(last, one);
      const auto& names = trust_.parts().by_subject;
      if (const auto found = names.find(key_of(last.issuer)); found != names.end())
        for (const std::size_t index : found->second)
          has_issuer |= step(last, trust_.parts().certificates[index]);
    }
    if (is_root || is_trusted || !has_issuer) consider(is_root, is_trusted);
  }

  bool step(const Certificate& child, const Certificate& issuer) {
    if (steps_ == kMaxSteps || key_of(issuer.subject) != key_of(child.issuer)) return false;
    const bool is_there = std::ranges::any_of(
        path_, [&](const Certificate* one) { return one->sha256 == issuer.sha256; });
    if (is_there) return false;
    ++steps_;
    if (!trust_.parts().is_link(child, issuer)) return false;
    path_.push_back(&issuer);
    climb();
    path_.pop_back();
    return true;
  }

  void consider(bool is_root, bool is_trusted) {
    Chain chain = described(is_root, is_trusted);
    const int score = (chain.is_trusted ? 32 : 0) + (chain.may_issue ? 16 : 0) +
                      (chain.has_purpose ? 8 : 0) + (chain.valid_at(at_) ? 4 : 0) +
                      (chain.is_complete ? 2 : 0) + (chain.is_microsoft ? 1 : 0);
    if (score <= best_score_) return;
    best_score_ = score;
    best_ = std::move(chain);
  }

  Chain described(bool is_root, bool is_trusted) const {
    Chain chain;
    const Certificate &signer = *path_.front(), &last = *path_.back();
    chain.is_complete = is_root;
    chain.is_trusted = is_trusted;
    const KnownAuthority* const known = known_authority(last.sha256);
    // A root that the operator trusts is who it says it is. The name of an authority below one is
    // no proof: whoever has a certificate that may issue others can give any name.
    chain.is_microsoft = known != nullptr
                             ? known->is_microsoft
                             : is_trusted && last.subject.organization == "Microsoft Corporation";
    if (is_root || is_trusted)
      chain.root = known != nullptr ? std::string{known->name} : shown(last);
    chain.is_lifetime_signing = signer.is_lifetime_signing;
    // RFC 3161 2.3: who stamps times says so; code may be signed by what says nothing.
    chain.has_purpose = purpose_ != Purpose::timestamping || signer.may_timestamp;
    chain.may_issue = true;
    chain.valid_to = FileTime{UINT64_MAX};
    std::uint32_t between = 0;
    for (std::size_t i = 0; i < path_.size(); ++i) {
      const Certificate& one = *path_[i];
      chain.certificates.push_back(one);
      const bool is_anchor = i > 0 && i + 1 == path_.size() && (is_root || is_trusted);
      if (!is_anchor) {
        chain.valid_from = std::max(chain.valid_from, one.not_before);
        chain.valid_to = std::min(chain.valid_to, one.not_after);
      }
      // What a root may do is said by who trusts it.
      if (!is_anchor || !one.is_self_issued)
        chain.has_purpose = chain.has_purpose && allows(one, purpose_);
      if (trust_.is_revoked(one)) {
        chain.is_revoked = true;
        chain.remarks.push_back("The certificate \"" + shown(one) +
                                "\" stands in the list of revoked ones.");
      }
      if (const std::string* const store = trust_.disallowed_by(one)) {
        if (chain.disallowed_by.empty()) chain.disallowed_by = *store;
        chain.remarks.push_back("The certificate \"" + shown(one) +
                                "\" is one that the host does not allow: it stands in " + *store +
                                ".");
      }
      judge_strength(one, is_anchor, chain);
      if (i == 0) continue;
      if (!one.is_authority || (one.path_length && between > *one.path_length)) {
        chain.may_issue = false;
        chain.remarks.push_back("\"" + shown(one) + "\" may not issue the certificate below it.");
      }
      if (!one.is_self_issued) ++between;
    }
    return chain;
  }

  static void judge_strength(const Certificate& one, bool is_anchor, Chain& chain) {
    if (is_weak(one)) {
      chain.has_weak_key = chain.has_weak_key || !is_anchor;
      chain.may_issue = chain.may_issue && is_anchor;
      chain.remarks.push_back("The key of \"" + shown(one) + "\" has only " +
                              std::to_string(one.key_bits) + " bits.");
    }
    if (is_anchor || !has_weak_digest(one)) return;
    chain.has_weak_digest = true;
    chain.remarks.push_back("The certificate \"" + shown(one) + "\" is signed with " +
                            one.signature_algorithm + ".");
  }

  std::span<const Certificate> given_;
  const TrustStore& trust_;
  FileTime at_;
  Purpose purpose_;
  Path path_{};
  std::size_t steps_ = 0;
  int best_score_ = -1;
  Chain best_{};
};

}  // namespace

Chain build_chain(const Certificate& signer, std::span<const Certificate> given,
                  const TrustStore& trust, FileTime at, Purpose purpose) {
  return Search{given, trust, at, purpose}.best(signer);
}

}  // namespace hozen::authenticode
