// Makes a valid bundle of what an interrupted run left.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/engine/manifest.h"

namespace hozen {

class ByteSink;

/// What a walk through the remainder found: entries that are whole, one behind the other from the
/// first byte on; of a part of a volume that was being written, the blocks that are whole. What
/// comes after the first that is not is never looked at: evidence may hold what looks like an
/// entry.
struct Remainder {
  struct Entry {
    BundleEntry facts;  ///< `modified` to two seconds, as the header has it
    std::uint32_t crc = 0;
  };
  std::vector<Entry> entries;  ///< without manifest.json
  /// manifest.json as the run wrote it, and its entry: the run was through, and only the end of the
  /// file is missing.
  std::optional<std::string> manifest_json{};
  Entry manifest_entry{};
  /// Bytes behind the end of a bundle that is there: not looked at.
  std::uint64_t behind = 0;
  RunStart start;                ///< as start.json, the first entry, tells
  std::uint64_t size = 0;        ///< of the remainder
  Sha256Digest sha256{};         ///< of all of it
  std::uint64_t used = 0;        ///< where the last whole entry ends, or block of the last one
  std::string ending;            ///< what ends the last entry behind `used` when it was cut there
  std::optional<Error> fault{};  ///< why the walk ended there; unset when nothing is behind it
  /// The fault is that the file ends: what every interruption looks like. Otherwise bytes were
  /// damaged, and whole entries may lie behind them.
  bool is_cut = false;
  std::vector<std::string> missing;       ///< steps of the plan that no record says were finished
  std::uint64_t entries_without_row = 0;  ///< evidence that no row of artifacts.jsonl names
};

/// Errc::malformed when the first entry is not the whole start.json of a run: nothing can be
/// recovered. Reads the remainder twice.
Result<Remainder> examine_remainder(ByteSource& partial);

/// The manifest of the bundle to be: that of the run, as far as start.json has it, and how it was
/// recovered.
Manifest recovered_manifest(const Remainder& remainder, ManifestRecovery recovery);

/// Copies the entries as they are and writes the end behind them; `manifest` is not used where the
/// run wrote its own. Returns the seal. Errc::io when a read or write fails.
Result<Sha256Digest> write_recovered(ByteSource& partial, const Remainder& remainder,
                                     const Manifest& manifest, ByteSink& sink);

}  // namespace hozen
