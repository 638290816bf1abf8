// The summary of a bundle for a terminal, and as JSON for programs.
#pragma once

#include <string>

#include "collector/engine/report/bundle_summary.h"

namespace hozen {

/// Plain text for somebody who runs the program once, under stress. At most `max_findings` are told
/// in full.
std::string summary_text(const BundleSummary& summary, std::size_t max_findings);

/// One JSON object: the manifest without its entries, findings and failures as far as the summary
/// holds them.
std::string summary_json(const BundleSummary& summary);

}  // namespace hozen
