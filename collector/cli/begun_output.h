// What became of a bundle that was begun and could not be finished.
#pragma once

#include <memory>
#include <string>

#include "collector/engine/file_sink.h"

namespace hozen::cli {

struct BegunOutput {
  std::string path;          ///< where the bytes went; "" when nothing was begun
  bool all_written = false;  ///< only the file's name was still to be taken
};

/// `output`, which tells `begun` how far it came; `begun` lives longer.
std::unique_ptr<BundleOutput> tracked_output(std::unique_ptr<BundleOutput> output,
                                             BegunOutput& begun);

/// Where what was written is, and what can be done with it: a line, "" when there is nothing to
/// tell.
std::string what_is_left(const BegunOutput& begun);

}  // namespace hozen::cli
