// Where a bundle goes, from --output DIR|FILE|-.
#pragma once

#include <string>

#include "collector/base/result.h"
#include "collector/engine/runner.h"

namespace hozen::cli {

/// Whether what is written to `output` would lie in the folder `root` or below it, by whatever
/// links, spelling or mount the two are named. False for standard output.
bool lies_inside(const std::string& output, const std::string& root);

/// Looked at before anything is collected: an existing folder, a folder to be made, a file to be
/// made (and its folder), or standard output. Errc::io when the folder cannot be written to;
/// Errc::malformed when a file of that name is there already.
Result<OutputFactory> choose_output(const std::string& given);

}  // namespace hozen::cli
