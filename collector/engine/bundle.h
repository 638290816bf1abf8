// Writes the evidence bundle: a ZIP, front to back, compressed on all processors. Format: docs/bundle.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/base/filetime.h"
#include "collector/base/hash.h"
#include "collector/source/evidence_path.h"

namespace hozen {

/// Where the bytes of the bundle go: a file, a pipe. Called from one thread, in order.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual Result<void> write(std::span<const std::byte> bytes) = 0;
  virtual Result<void> flush() = 0;  ///< to the disk where there is one
};

struct BundleOptions {
  unsigned threads = 0;        ///< workers; 0: one a processor
};

enum class FileOutcome : std::uint8_t { complete, truncated, changed_while_reading, missing, failed, skipped };
std::string_view to_text(FileOutcome outcome);

/// What became of one file that was put into the bundle.
struct StoredFile {
  FileOutcome outcome = FileOutcome::complete;
  std::string entry;                   ///< name in the ZIP; that of the earlier one for a duplicate; "" when nothing was stored
  bool duplicate = false;
  std::uint64_t size = 0;              ///< bytes read from the source
  std::optional<Digests> digests{};    ///< of the bytes read
  std::optional<Error> error{};        ///< read error that cut it short
};

/// An entry as the manifest lists it.
struct BundleEntry {
  std::string name;
  std::uint16_t method = 8;            ///< 0 stored, 8 deflate
  FileTime modified{};
  std::uint64_t size = 0, stored_size = 0;
  Sha256Digest sha256{}, stored_sha256{};
};

class BundleWriter {
 public:
  static Result<std::unique_ptr<BundleWriter>> create(ByteSink& sink, const BundleOptions& options);
  virtual ~BundleWriter() = default;

  /// Streams a file of the evidence in as `evidence/…`: hashed here, compressed by the workers, stored once per content. Fails only when the sink
  /// does; what happened to the file itself is in the answer. At most `max_bytes` are read (then: truncated).
  virtual Result<StoredFile> add_file(const EvidencePath& path, ByteSource& content, FileTime modified, std::uint64_t max_bytes) = 0;
  /// An entry of our own making with this exact name ("start.json", "records/run_keys.jsonl").
  virtual Result<void> add_entry(std::string_view name, std::span<const std::byte> content, FileTime modified) = 0;
  /// Appends complete lines to a JSON line stream; segments (`records/x.jsonl`, `records/x.2.jsonl`) are cut at about 4 MiB.
  virtual Result<void> append_lines(std::string_view stream, std::string_view lines, FileTime now) = 0;
  /// Closes the open segment of a stream (end of a module, every 30 s), or of all streams when empty.
  virtual Result<void> close_segment(std::string_view stream, FileTime now) = 0;
  /// Waits until everything is written and returns every entry so far, in bundle order: what the manifest lists.
  virtual Result<std::vector<BundleEntry>> settle() = 0;
  /// Writes manifest.json (stored) and the directory. Returns the seal: the SHA-256 of the manifest.
  virtual Result<Sha256Digest> finish(std::string_view manifest_json, FileTime now) = 0;
  virtual std::uint64_t bytes_written() const = 0;
};

/// The name of an entry for a path of the evidence, before case-fold collisions are looked at (bundle.md "Names").
std::string entry_name_for(const EvidencePath& path);

}  // namespace hozen
