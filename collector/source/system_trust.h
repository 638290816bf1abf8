// What a running Windows itself says of a file's signature: a second opinion beside our own.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "collector/base/result.h"
#include "collector/source/evidence_path.h"

namespace hozen {

struct SystemVerdict {
  std::uint32_t code = 0;  ///< of WinVerifyTrust: 0 for a good signature, else why not (winerror.h)
  std::string catalog{};   ///< path of the catalog that names the file, "" when embedded or none

  static constexpr std::uint32_t kNoSignature = 0x800B0100;    ///< TRUST_E_NOSIGNATURE
  static constexpr std::uint32_t kBadDigest = 0x80096010;      ///< TRUST_E_BAD_DIGEST
  static constexpr std::uint32_t kUntrustedRoot = 0x800B0109;  ///< CERT_E_UNTRUSTEDROOT
  static constexpr std::uint32_t kRevoked = 0x800B010C;        ///< CERT_E_REVOKED
  static constexpr std::uint32_t kDistrusted = 0x800B0111;     ///< TRUST_E_EXPLICIT_DISTRUST
  bool trusts() const { return code == 0; }
};

/// Asks about a file of the running system. Errc::unsupported where the system has nothing to ask,
/// Errc::io when the file cannot be opened.
using SystemTrust = std::function<Result<SystemVerdict>(const EvidencePath& file)>;

}  // namespace hozen
