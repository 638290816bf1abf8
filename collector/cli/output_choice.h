// Where a bundle goes, from --output DIR|FILE|-.
#pragma once

#include <string>

#include "collector/base/result.h"
#include "collector/engine/runner.h"

namespace hozen::cli {

/// Looked at before anything is collected: an existing folder, a folder to be made, a file to be
/// made (and its folder), or standard output. Errc::io when the folder cannot be written to;
/// Errc::malformed when a file of that name is there already.
Result<OutputFactory> choose_output(const std::string& given);

}  // namespace hozen::cli
