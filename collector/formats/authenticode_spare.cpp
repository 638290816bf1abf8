#include "collector/formats/authenticode_spare.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/formats/authenticode.h"
#include "collector/formats/authenticode_crypto.h"

namespace hozen::authenticode {
namespace {

/// Which of `certificates` lead from those that signed to a root. Links are verified: any name can
/// be given.
std::vector<bool> led_to(const std::vector<Certificate>& certificates,
                         const std::vector<const Certificate*>& signers, CertificateCache& cache) {
  std::vector<bool> is_needed(certificates.size());
  std::vector<const Certificate*> open = signers;
  while (!open.empty()) {
    const Certificate& child = *open.back();
    open.pop_back();
    for (std::size_t i = 0; i < certificates.size(); ++i) {
      const Certificate& one = certificates[i];
      if (is_needed[i]) continue;
      if (one.sha256 == child.sha256) is_needed[i] = true;
      if (is_needed[i] || !equals_fold(one.subject.text, child.issuer.text)) continue;
      const auto below = parse_x509(Bytes{child.der}, child.sha256, cache);
      const auto above = parse_x509(Bytes{one.der}, one.sha256, cache);
      if (!below || !above || !is_signed_by(*below, *above)) continue;
      is_needed[i] = true;
      open.push_back(&one);
    }
  }
  return is_needed;
}

}  // namespace

std::uint64_t needless_bytes(const std::vector<Certificate>& certificates,
                             const std::vector<const Certificate*>& signers,
                             CertificateCache& cache) {
  const auto is_large = [](const Certificate& one) { return one.der.size() > kLeastSpareBytes; };
  if (std::ranges::none_of(certificates, is_large)) return 0;
  const std::vector<bool> is_needed = led_to(certificates, signers, cache);
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < certificates.size(); ++i)
    if (!is_needed[i] && is_large(certificates[i])) bytes += certificates[i].der.size();
  return bytes;
}

std::uint64_t unsigned_lists(const SignedData& data, const std::vector<Certificate>& certificates,
                             CertificateCache& cache) {
  std::uint64_t bytes = 0;
  for (const Bytes list : data.revocation_lists) {
    const bool is_signed = std::ranges::any_of(certificates, [&](const Certificate& one) {
      const auto issuer = parse_x509(Bytes{one.der}, one.sha256, cache);
      return issuer && is_revocation_list_of(list, *issuer);
    });
    if (!is_signed) bytes += list.size();
  }
  return bytes;
}

std::uint64_t unreadable_bytes(const SignedData& data, const std::vector<Certificate>& read) {
  std::uint64_t bytes = 0;
  for (const Bytes one : data.certificates) bytes += one.size();
  for (const Certificate& one : read) bytes -= one.der.size();
  return bytes;
}

}  // namespace hozen::authenticode
