#include "collector/module/signer_kinds.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "collector/base/text.h"

namespace hozen {
namespace {

/// Whose name people trust without a look: makers of what is on most hosts.
constexpr std::string_view kVendors[] = {
    "Microsoft", "Google",    "Adobe",       "Apple",    "Intel",    "NVIDIA",
    "Oracle",    "VMware",    "Cisco",       "Citrix",   "Symantec", "McAfee",
    "ESET",      "Kaspersky", "Sophos",      "Mozilla",  "Lenovo",   "Hewlett",
    "Dell",      "Realtek",   "Trend Micro", "Fortinet", "Palo Alto"};
/// Roots of versions of Windows that Microsoft gives out for trial: not trusted, and not forged.
constexpr std::string_view kTrialRoots[] = {"Microsoft Testing Root Certificate Authority 2010",
                                            "Microsoft Development Root Certificate Authority 2014",
                                            "Microsoft Test Root Authority"};

}  // namespace

bool claims_vendor(const FileSignature& signature) {
  return std::any_of(std::begin(kVendors), std::end(kVendors), [&](std::string_view vendor) {
    return starts_with_fold(signature.signer, vendor) ||
           starts_with_fold(signature.organization, vendor);
  });
}
bool is_of_trial(const FileSignature& signature) {
  return std::find(std::begin(kTrialRoots), std::end(kTrialRoots), signature.root) !=
         std::end(kTrialRoots);
}

bool is_out_of_time(const FileSignature& signature) {
  return signature.doubt == SignatureDoubt::not_yet_valid ||
         signature.doubt == SignatureDoubt::stamped_too_late ||
         signature.doubt == SignatureDoubt::stamped_too_early;
}
bool is_unfit(const FileSignature& signature) {
  return signature.doubt == SignatureDoubt::wrong_purpose ||
         signature.doubt == SignatureDoubt::bad_issuer ||
         signature.doubt == SignatureDoubt::weak_key ||
         signature.doubt == SignatureDoubt::weak_digest;
}

}  // namespace hozen
