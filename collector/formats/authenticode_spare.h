// What of a signature no verifier needs: room for data that nobody signed.
#pragma once

#include <cstdint>
#include <vector>

#include "collector/formats/authenticode_certificate.h"
#include "collector/formats/authenticode_pkcs7.h"

namespace hozen::authenticode {

/// Bytes of the certificates that are larger than any real one, and lead from no signer to a root.
std::uint64_t needless_bytes(const std::vector<Certificate>& certificates,
                             const std::vector<const Certificate*>& signers,
                             CertificateCache& cache);
/// Bytes of the lists of revoked certificates that none of `certificates` signed.
std::uint64_t unsigned_lists(const SignedData& data, const std::vector<Certificate>& certificates,
                             CertificateCache& cache);
/// Bytes that stand among the certificates and are none; `read`: those that are.
std::uint64_t unreadable_bytes(const SignedData& data, const std::vector<Certificate>& read);

}  // namespace hozen::authenticode
