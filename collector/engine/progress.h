// What a run is doing, for whoever watches it.
#pragma once

#include <cstdint>
#include <string>

namespace hozen {

struct ProgressState {
  std::string phase;        ///< "run_keys (raw)", "files: high", "writing the bundle"
  std::uint64_t files = 0;  ///< preserved so far
  std::uint64_t bytes = 0;  ///< read from the evidence so far
  std::uint64_t records = 0, findings = 0;
};

/// Called often, by the thread that runs the collection; must be quick.
class ProgressListener {
 public:
  virtual ~ProgressListener() = default;
  virtual void update(const ProgressState& state) = 0;
};

}  // namespace hozen
