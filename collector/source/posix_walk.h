// Everything below an open folder. Only *_posix.cpp files include this.
#pragma once

#include <functional>

#include "collector/source/posix_folder.h"

namespace hozen::posix {

/// Calls back for each entry below `folder`, whose place in the evidence is `path`, in the order of
/// Listing; as EvidenceSource::walk. Costs memory for the names of the folders on the way down, and
/// no stack.
Result<void> walk_folder(Descriptor folder, const EvidencePath& path, const Capabilities& can,
                         const std::function<Visit(const FileInfo&)>& visit,
                         const std::function<void(const EvidencePath&, Error)>& problem);

}  // namespace hozen::posix
