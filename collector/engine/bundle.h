// Writes the evidence bundle: a ZIP, front to back, compressed on all processors. Format:
// docs/bundle.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "collector/base/byte_source.h"
#include "collector/base/filetime.h"
#include "collector/base/hash.h"
#include "collector/engine/entry_path.h"
#include "collector/engine/manifest.h"
#include "collector/engine/pending_digests.h"
#include "collector/source/evidence_path.h"

namespace hozen {

/// Where the bytes of the bundle go: a file, a pipe. Called by one thread at a time, in order.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual Result<void> write(std::span<const std::byte> bytes) = 0;
  virtual Result<void> flush() = 0;  ///< to the disk where there is one
};

/// Who compresses. Every encoder writes a bundle that any unzip program opens.
enum class DeflateEncoder : std::uint8_t {
  fastest,  ///< isa-l where the build has it, zlib otherwise
  zlib,     ///< the reference
};

/// A worker and its blocks need up to 3.6 MiB, and a run has 64 for all it does.
constexpr unsigned kMaxBundleThreads = 10;

struct BundleOptions {
  unsigned threads = 0;  ///< workers, up to kMaxBundleThreads; 0: one a processor
  DeflateEncoder encoder = DeflateEncoder::fastest;
  MultiHash::Kind hashes = MultiHash::Kind::fastest;
};

enum class FileOutcome : std::uint8_t {
  complete,
  truncated,
  incomplete,
  changed_while_reading,
  missing,
  failed,
  skipped
};
std::string_view to_text(FileOutcome outcome);

/// What became of one file that was put into the bundle.
struct StoredFile {
  /// complete; truncated: at `max_bytes`, or by the read error in `error`; incomplete: the
  /// content had zeros for parts that could not be read (GapSource); changed_while_reading:
  /// it ended elsewhere than its size as opened said; failed: not a byte could be read.
  FileOutcome outcome = FileOutcome::complete;
  std::string entry;  ///< name in the ZIP; that of the earlier one for a duplicate; "" when nothing
                      ///< was stored
  bool duplicate = false;
  std::uint64_t size = 0;            ///< bytes read from the source, and stored
  std::optional<Digests> digests{};  ///< of the bytes read; nothing when nothing was stored
  std::optional<Error> error{};      ///< read error that cut it short
};

/// A file that is in the bundle, or on its way into it: all is known but, maybe, its digests.
struct StartedFile {
  StoredFile file;                          ///< its digests only when `pending` is not set
  std::optional<PendingDigests> pending{};  ///< to be waited for before the writer goes

  /// Waits for the digests.
  StoredFile finish() && {
    if (pending) file.digests = pending->get();
    return std::move(file);
  }
};

/// What became of a part of a volume.
struct StoredPart {
  std::string entry;             ///< "" when nothing was stored
  std::uint64_t size = 0;        ///< bytes read and stored
  Sha256Digest sha256{};         ///< of them
  std::optional<Error> error{};  ///< of reading, that cut it short
};

/// A copy of a volume on its way into the bundle. Used by the thread that uses the writer, which
/// must outlive it. Fails only when the sink does.
class VolumeWriter {
 public:
  virtual ~VolumeWriter() = default;
  /// Stores `part`, the bytes of the volume from `offset` on, as an entry of its own. Parts come in
  /// the order of their offsets.
  virtual Result<StoredPart> add(std::uint64_t offset, ByteSource& part, FileTime modified) = 0;
  /// The SHA-256 of the volume's first `size` bytes, what was not added taken as zeros.
  virtual Result<Sha256Digest> finish(std::uint64_t size) = 0;
};

/// Not for use by two threads at once. Once the sink has failed, every call returns its error.
class BundleWriter {
 public:
  /// `sink` must outlive the writer.
  static Result<std::unique_ptr<BundleWriter>> create(ByteSink& sink, const BundleOptions& options);
  /// Without finish() the bundle stays without a directory: what was settled can be recovered.
  virtual ~BundleWriter() = default;

  /// Streams a file of the evidence in as `evidence/…` or `deleted/…`: hashed and compressed by the
  /// workers, stored once per content. `content` is read to its end before the call returns. Fails
  /// only when the sink does; what happened to the file itself is in the answer. At most
  /// `max_bytes` are read (then: truncated).
  virtual Result<StartedFile> start_file(const EntryPath& path, ByteSource& content,
                                         FileTime modified, std::uint64_t max_bytes) = 0;
  /// The same for whoever needs the digests at once.
  Result<StoredFile> add_file(const EntryPath& path, ByteSource& content, FileTime modified,
                              std::uint64_t max_bytes) {
    HOZEN_TRY(StartedFile started, start_file(path, content, modified, max_bytes));
    return std::move(started).finish();
  }
  /// Begins the copy of a volume of the evidence ("C:").
  virtual Result<std::unique_ptr<VolumeWriter>> start_volume(const std::string& volume) = 0;
  /// An entry of our own making with this exact name ("start.json", "ticket.md").
  /// Errc::malformed when the name is taken or not one that can be unpacked everywhere.
  virtual Result<void> add_entry(std::string_view name, std::span<const std::byte> content,
                                 FileTime modified) = 0;
  /// Appends complete lines to the JSON line stream `stream` ("records/run_keys", "artifacts",
  /// "log"); segments (`records/run_keys.jsonl`, `records/run_keys.2.jsonl`) are cut between calls
  /// at about 4 MiB.
  virtual Result<void> append_lines(std::string_view stream, std::string_view lines,
                                    FileTime now) = 0;
  /// Closes the open segment of a stream (end of a module); with an empty name (every 30 s) of all
  /// streams, and then flushes the sink. A stream without an open segment is left alone.
  virtual Result<void> close_segment(std::string_view stream, FileTime now) = 0;
  /// Waits until everything handed over is written.
  virtual Result<void> settle() = 0;
  /// After settle(): every entry so far, in bundle order.
  virtual void each_entry(const std::function<void(const BundleEntry&)>& entry) = 0;
  /// Closes all segments, writes manifest.json (with the entries) and the directory, and flushes
  /// the sink. Returns the seal: the SHA-256 of manifest.json. Nothing can be added afterwards.
  virtual Result<Sha256Digest> finish(const Manifest& manifest, FileTime now) = 0;
  virtual std::uint64_t bytes_written() const = 0;
};

/// The name of an entry for a path of the evidence, before case-fold collisions are looked at
/// (bundle.md "Names").
std::string entry_name_for(const EntryPath& place);

}  // namespace hozen
