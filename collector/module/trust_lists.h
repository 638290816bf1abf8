// Files with which the operator says what to trust: certificates of roots, and thumbprints of
// certificates that were stolen or revoked.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/result.h"

namespace hozen {

/// Certificates that one file may give; a system's whole list of roots has some 400.
constexpr std::size_t kMaxGivenCertificates = 4096;
/// Lines of a list of thumbprints; Microsoft's own list of what it distrusts has some 1,000.
constexpr std::size_t kMaxGivenThumbprints = 1'000'000;

/// The certificates (DER) of a file: as authenticode::parse_certificates, and one at least.
/// Errc::malformed, Errc::limit above kMaxGivenCertificates.
Result<std::vector<std::vector<std::byte>>> read_certificates(Bytes file);

/// Thumbprints (SHA-1 or SHA-256, hex, lower case), each once: one a line, with or without blanks
/// and colons, as Windows and OpenSSL show them; what follows `#` or `;` is a comment. UTF-8 or
/// UTF-16 with its mark. Errc::malformed with the line that is none, Errc::limit.
Result<std::vector<std::string>> read_thumbprints(Bytes file);

}  // namespace hozen
