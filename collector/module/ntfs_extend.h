// What NTFS keeps below $Extend: no file system shows it, the index of that folder names it.
#pragma once

#include <cstddef>
#include <vector>

#include "collector/base/function_ref.h"
#include "collector/source/source.h"

namespace hozen {

/// Honest volumes have some ten files there, a few more while transactions are open.
constexpr std::size_t kMaxExtendFiles = 500;

/// Paths of the files below `$Extend` of the volume `root`, folder by folder; empty where the
/// source does not show it. What cannot be read or is left out is told to `problem`.
std::vector<EvidencePath> list_extend_files(EvidenceSource& source, const EvidencePath& root,
                                            FunctionRef<void(Error)> problem);

}  // namespace hozen
