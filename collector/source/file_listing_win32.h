// The entries of one open folder of Windows.
#pragma once

#include <functional>

#include "collector/source/source.h"

namespace hozen {

/// Calls back for each entry of `handle` (opened to list `directory`) until it returns false:
/// times, size, attributes and, where the file system tells, file reference and reparse tag. An
/// entry that makes no sense goes to `problem`.
Result<void> list_directory(void* handle, const EvidencePath& directory,
                            const std::function<bool(FileInfo)>& visit,
                            const std::function<void(const EvidencePath&, Error)>& problem);

}  // namespace hozen
