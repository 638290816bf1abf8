// Files that the operator gives to judge by: --trust-roots, --revoked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/engine/runner.h"

namespace hozen::cli {

struct OperatorFiles {
  std::vector<std::string> trust_roots, revoked;  ///< paths as given
};

/// Reads all of them into `collection`, with what the manifest says of them; else what is wrong
/// with the first that cannot be taken.
std::optional<std::string> read_operator_files(const OperatorFiles& files,
                                               CollectOptions& collection);

}  // namespace hozen::cli
