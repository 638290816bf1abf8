// Words and lines that the summary and the ticket share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collector/engine/report/bundle_summary.h"

namespace hozen {

/// "1,234,567".
std::string grouped(std::uint64_t number);
/// "1 file", "12 files".
std::string counted(std::uint64_t number, std::string_view noun);
/// The first `max_bytes` of UTF-8 text, cut between characters, with "…" where something is
/// missing.
std::string shortened(std::string text, std::size_t max_bytes);
/// The text in lines of at most `width` bytes, broken at spaces; lines after the first begin with
/// `indent` blanks. A longer word stays whole.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);
/// "1 critical, 2 high, 12 low"; "none".
std::string severities_text(const BundleSummary& summary);
/// "FAKEPC (Windows 10 Pro, build 19045, domain corp.example)", from the evidence: not escaped yet.
std::string host_text(const BundleSummary& summary);
/// One sentence on how the run ended.
std::string outcome_text(const BundleSummary& summary);
/// The first digits of a revision, and what stands behind all of them: "b5e7ad8af919+modified".
std::string short_revision(std::string_view revision);
/// "2026-03-01 12:00:05 UTC".
std::string time_text(FileTime time);

}  // namespace hozen
