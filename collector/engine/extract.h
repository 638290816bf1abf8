// Unpacks the evidence of a bundle into a folder: safely, with exact names and times where the
// system allows them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collector/engine/bundle_reader.h"
#include "collector/engine/extract_volumes.h"

namespace hozen {

struct ExtractRequest {
  std::string folder;             ///< made when it does not exist
  std::vector<std::string> only;  ///< globs (`*`, `?`) over Windows paths; empty: everything
};

/// A file that could not be given its exact name.
struct RenamedFile {
  std::string path;     ///< of the evidence, WTF-8
  std::string written;  ///< below the folder, with slashes
};

/// A file that is not there now, and why.
struct UnwrittenFile {
  std::string path;
  Error error;
  bool damaged = false;  ///< its bytes in the bundle are not those of the manifest
};

struct ExtractResult {
  std::uint64_t matched = 0;  ///< files and volumes that `only` asks for
  std::uint64_t files = 0, bytes = 0;
  std::uint64_t deleted = 0;  ///< of the files: deleted ones, in a folder of their own
  std::vector<RenamedFile> renamed;
  /// Entries without a row whose name is no longer the file's path: unpacked under that name.
  std::vector<std::string> nameless;
  std::vector<UnwrittenFile> unwritten;
  std::vector<RestoredVolume> volumes;
  std::vector<Error> problems;   ///< of the bundle as a whole
  std::optional<Error> stopped;  ///< why the folder took no more: the rest is not unpacked
};

/// Writes `C:\Windows\x` as `<folder>/C/Windows/x`, so that `collect --root <folder>` reads it
/// again; the copy of volume C: as `<folder>/C.raw`, and a deleted file of that path as
/// `<folder>/deleted/C/<record>-<sequence>/Windows/x`, which that does not read. Never leaves the
/// folder, follows no link, overwrites nothing; each file's SHA-256 is checked, and one that does
/// not have it is not kept. Fails when the folder cannot be made.
Result<ExtractResult> extract_evidence(const BundleReader& bundle, const ExtractRequest& request);

}  // namespace hozen
