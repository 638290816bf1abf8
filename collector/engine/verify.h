// Proves a bundle intact: rebuilds every header from the manifest, and hashes every byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/engine/manifest.h"

namespace hozen {

/// One fault: where it lies and what is wrong there.
struct VerifyProblem {
  std::string where;  ///< "local header of start.json", "data of evidence/…", "end record"
  std::string what;
  std::uint64_t offset = 0, length = 0;  ///< bytes from the start of the file; length 0: a place

  /// One line for a person, safe for a terminal.
  std::string text() const;
};

struct VerifyOptions {
  std::size_t max_problems = 1000;  ///< the check ends with this many
};

struct VerifyReport {
  std::vector<VerifyProblem> problems;
  bool ended_early = false;            ///< max_problems was reached: there may be more
  std::optional<Sha256Digest> seal{};  ///< SHA-256 of manifest.json, when there is one
  std::optional<Manifest> manifest{};
  std::uint64_t entries = 0;  ///< that the manifest lists
  std::uint64_t bytes = 0, stored_bytes = 0;
  std::uint64_t artifacts = 0;  ///< rows of artifacts.jsonl

  bool intact() const { return problems.empty(); }
};

/// Checks the whole of `source`. Fails only when it cannot be read (Errc::io); all that is wrong
/// with the bundle is in the report. Holds the manifest and about 100 bytes and the name for each
/// entry.
Result<VerifyReport> verify_bundle(ByteSource& source, const VerifyOptions& options = {});

}  // namespace hozen
