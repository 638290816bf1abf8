// Reads back from a finished bundle what a summary needs. Not a verification: that is `hozen
// verify`.
#pragma once

#include "collector/base/byte_source.h"
#include "collector/engine/report/bundle_summary.h"

namespace hozen {

/// Errc::not_found or Errc::malformed when it is not a bundle, Errc::unsupported for one of another
/// format.
Result<BundleSummary> read_bundle_summary(ByteSource& bundle);

}  // namespace hozen
