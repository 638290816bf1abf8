// The source that the options name.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "collector/source/source.h"

namespace hozen::cli {

/// True where the running system itself can be collected from.
bool has_live_source();

/// The folder `root`, or the running system when none is given.
Result<std::unique_ptr<EvidenceSource>> open_source(const std::optional<std::string>& root);

}  // namespace hozen::cli
