// What a person has to know of a bundle: filled by the run itself, or read back from a bundle.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/engine/artifact_store.h"
#include "collector/engine/finding_store.h"
#include "collector/engine/manifest.h"
#include "collector/engine/problem_log.h"

namespace hozen {

struct BundleSummary {
  Manifest manifest;                   ///< without its entries
  std::optional<Sha256Digest> seal{};  ///< nothing while the bundle is being written
  std::string bundle_path;             ///< "" when it went to standard output
  std::uint64_t bundle_bytes = 0;
  std::uint64_t entries = 0, entry_bytes = 0;  ///< of the bundle; bytes before compression
  std::uint64_t stored_files = 0;
  std::uint64_t volume_parts = 0, volume_bytes = 0;  ///< of copies of volumes
  std::array<std::uint64_t, 5> by_severity{};        ///< number of findings, indexed by Severity
  std::vector<RankedFinding> findings;  ///< the most important ones first, at most kSummaryFindings
  std::uint64_t left_out = 0;           ///< files that are not there as a whole
  std::vector<FileFailure> failures;    ///< the first of them
  std::uint64_t problem_count = 0;     ///< lines of records/problems.jsonl and those beyond its cap
  std::vector<NotedProblem> problems;  ///< the first of them
};

/// Findings that a summary tells; the rest stands in findings.jsonl.
constexpr std::size_t kSummaryFindings = 200;

}  // namespace hozen
