// The text that goes into an incident ticket: Markdown, under 4,000 characters.
#pragma once

#include <string>
#include <string_view>

#include "collector/engine/report/bundle_summary.h"

namespace hozen {

/// Without a seal (inside the bundle itself) the ticket says where the seal is found.
std::string ticket_text(const BundleSummary& summary);

/// Text from evidence for Markdown: control characters and bidi marks shown as in printable(),
/// everything that formats, links or mentions made plain.
std::string markdown_text(std::string_view wtf8);
/// The same as a code span.
std::string markdown_code(std::string_view wtf8);

}  // namespace hozen
