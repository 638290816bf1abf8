// The certificates that a host keeps for building chains, read from its registry.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "collector/base/hash.h"
#include "collector/formats/authenticode_certificate.h"
#include "collector/source/registry.h"

namespace hozen {

/// Of all stores of a host together; a Windows has some 400.
constexpr std::size_t kMaxHostCertificates = 4096;

struct HostCertificates {
  std::vector<authenticode::Certificate> all{};
  /// Which of them the host takes for roots. Whoever is administrator can add one.
  std::set<Sha256Digest> roots{};
  /// Those that the host does not allow, by SHA-1 thumbprint in hex, and the path of the store.
  std::map<std::string, std::string> disallowed{};
};

/// Of every installation: HKLM\SOFTWARE\Microsoft\SystemCertificates\{ROOT, AuthRoot, CA,
/// TrustedPublisher}, and what policies and the directory add to them. Each certificate once.
/// What is in its stores Disallowed is no part of them; users' own stores of that name count too.
/// What cannot be read is added to `problems`. Other stores of single users are not read.
HostCertificates read_host_certificates(Registry& registry, std::vector<Error>& problems);

}  // namespace hozen
