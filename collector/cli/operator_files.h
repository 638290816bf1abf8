// Files that the operator gives to judge by: --trust-roots, --revoked, --hijacklibs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/engine/runner.h"

namespace hozen::cli {

struct OperatorFiles {
  std::vector<std::string> trust_roots, revoked;  ///< paths as given
  std::optional<std::string> hijack_list{};
};

/// Reads all of them into `collection`, with what the manifest says of them; else what is wrong
/// with the first that cannot be taken. What of a list of DLLs cannot be read is told on standard
/// error, and the rest of it used.
std::optional<std::string> read_operator_files(const OperatorFiles& files,
                                               CollectOptions& collection);

}  // namespace hozen::cli
