// Whom the executables of all folders name in their own signatures. No file is read whole, and
// nothing is believed: that is what SignatureBook::of is for.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "collector/module/module.h"
#include "collector/module/signature.h"

namespace hozen {

/// Executables that are opened; a machine with much software has 100,000.
constexpr std::size_t kMaxNamedFiles = 400'000;

using VisitSigned = std::function<void(const EvidencePath&, std::vector<NamedSigner>&)>;
/// Walks every volume once, but for the stores from which Windows repairs itself. Files that name
/// nobody are left out; what cannot be read is noted.
void each_signed_file(ModuleContext& context, const VisitSigned& visit);

}  // namespace hozen
