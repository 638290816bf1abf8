// Files on their way into the bundle: asked for once each, collected in order of value, a row of
// artifacts.jsonl for every one.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collector/engine/artifact_row.h"
#include "collector/engine/bundle_feed.h"
#include "collector/engine/path_index.h"
#include "collector/engine/profile.h"
#include "collector/engine/progress.h"
#include "collector/engine/run_stop.h"
#include "collector/module/module.h"
#include "collector/source/deleted_file.h"
#include "collector/source/offline_registry.h"

namespace hozen {

/// Who wants which file and why.
struct FileRequest {
  EvidencePath path;
  std::string_view module;    ///< "" for a target; must outlive the store, as must category
  std::string_view category;  ///< of a target; "" for what only a module asks for
  std::string reason;
  Priority priority = Priority::normal;
  std::uint64_t max_bytes = 0;  ///< 0: as the limits say
  bool expected = true;         ///< when it does not exist, a row says so
  bool beyond_total = false;    ///< a hive, which modules read: taken whatever the sum of bytes
  std::optional<std::uint64_t> disk_offset{};
  std::optional<DeletedFile> deleted{};  ///< `path` is its path then
};

struct FileCounts {
  std::uint64_t complete = 0, truncated = 0, incomplete = 0, changed = 0;
  std::uint64_t missing = 0, failed = 0, skipped = 0;
  std::uint64_t left_out =
      0;  ///< what should be in the bundle and is not there as a whole: for the exit code
  std::uint64_t bytes_read = 0;
  std::uint64_t compared = 0, differing = 0;         ///< read in both ways, and not the same
  std::uint64_t volume_parts = 0, volume_bytes = 0;  ///< stored, of copies of volumes

  std::uint64_t stored() const { return complete + truncated + incomplete + changed; }
};

/// A file that could not be had, for the summary.
struct FileFailure {
  std::string path;
  std::string outcome;  ///< "failed", "truncated", …
  std::string reason;   ///< the error's text, "limit"
};

class ArtifactStore {
 public:
  /// All references must outlive the store.
  ArtifactStore(EvidenceSource& source, const Limits& limits, const RunStop& stop,
                ProgressState& progress, ProgressListener& listener);

  /// Until this call nothing can be written: files that were read before are preserved now, and
  /// compared with what was read then.
  void open(BundleFeed& feed);
  /// Files of this name that were written since then are the run's own output: reading it would
  /// make it grow without end.
  void leave_out_own(std::string_view name, FileTime since) {
    own_name_ = name;
    own_since_ = since;
  }

  /// Queues a file. The same path again gives the same artifact, whoever asks.
  ArtifactId request(FileRequest request);
  /// Reads a whole file now and preserves exactly these bytes, as far as its limit goes; when that
  /// was done before, reads it again and fails with Errc::io when the bytes differ. Errc::limit
  /// above `cap_bytes`, Errc::not_found, Errc::io.
  Result<PreservedFile> preserve(FileRequest request, std::uint64_t cap_bytes);
  /// The same for a file that a module asked for.
  Result<std::vector<std::byte>> read(ArtifactId id, std::uint64_t cap_bytes);
  /// The first bytes of a file that a module asked for, which is preserved as far as its limit
  /// goes.
  Result<FileBeginning> read_beginning(ArtifactId id, std::uint64_t max_bytes);

  /// Begins a copy of a volume; the limit of bytes altogether holds for it too. Errc::io when the
  /// output has failed.
  Result<std::unique_ptr<VolumeCopy>> copy_volume(const std::string& volume);

  /// Collects what is queued up to this priority: by priority, then by place on the disk.
  void drain(Priority last);
  std::size_t queued() const { return queue_.size(); }

  const FileCounts& counts() const { return counts_; }
  /// The first hundred; counts().left_out has their number.
  const std::vector<FileFailure>& failures() const { return failures_; }
  /// Files that are another when they are read the other way; the first hundred.
  const std::vector<Error>& differences() const { return differences_; }

 private:
  struct Queued {
    std::uint32_t id = 0;
    FileRequest request;
  };
  /// What was asked for by name: a module may read it later.
  struct Named {
    EvidencePath path;
    std::optional<DeletedFile> deleted{};
    bool collected = false;
    std::optional<Sha256Digest>
        sha256{};  ///< of the preserved bytes, or of those read before open()
    /// The file is preserved in part: the digest is that of its first bytes, so many.
    std::optional<std::uint64_t> kept{};
    std::optional<Error> error{};  ///< why there are none
  };
  /// A file whose row waits for its digests.
  struct Unwritten {
    Queued queued;
    ArtifactRow row;
    std::optional<PendingDigests> digests{};
  };
  class WatchedSource;
  class WatchedCopy;
  enum class Extent : std::uint8_t { whole, beginning };

  // Of a file that is there, or a deleted one.
  std::string key_of(const FileRequest& request);
  Result<FileInfo> facts_of(const FileRequest& request);
  Result<std::unique_ptr<ByteSource>> open_content(const EvidencePath& path,
                                                   const std::optional<DeletedFile>& deleted);

  void join(std::uint32_t id, const FileRequest& request);
  Result<FileBeginning> read_part(ArtifactId id, std::uint64_t max_bytes, Extent extent);
  static Result<FileBeginning> read_from(ByteSource& file, std::uint64_t max_bytes, Extent extent);
  Result<FileBeginning> read_beside(Named& named, std::uint64_t max_bytes, Extent extent);
  Result<FileBeginning> read_queued(std::size_t position, std::uint64_t max_bytes, Extent extent);
  void collect(Queued queued);
  Priority middle_priority();
  /// What is known of the file, or nothing when the row is already complete: missing, failed or
  /// skipped.
  std::optional<FileInfo> examine(const Queued& queued, ArtifactRow& row);
  /// `content`: what is stored; `file_bytes`: where it was read from.
  void store(Unwritten& file, ByteSource& content, const GapSource& file_bytes);
  void detect_change(const Queued& queued, ArtifactRow& row);
  void compare_with_read(const Queued& queued, ArtifactRow& row);
  bool is_sample(const Unwritten& file);
  void compare_ways(Unwritten& file);
  void tell_difference(const ArtifactRow& row, std::string what);
  void tell_uncompared(const ArtifactRow& row, const Error& why);
  Result<Sha256Digest> hash_of(ByteSource& content, const EvidencePath& path);
  void write_later(Unwritten file);
  void write_all();
  void write_first();
  void write(const Queued& queued, ArtifactRow& row);
  void count(const Queued& queued, const ArtifactRow& row);
  std::uint64_t cap_for(const FileRequest& request) const;
  bool was_read(std::uint32_t id) const;
  ArtifactRow row_for(const Queued& queued) const;

  EvidenceSource& source_;
  const Limits limits_;
  const RunStop& stop_;
  ProgressState& progress_;
  ProgressListener& listener_;
  std::string own_name_;
  FileTime own_since_{};
  BundleFeed* feed_ = nullptr;
  PathIndex index_;
  std::uint32_t last_id_ = 0;
  std::vector<Queued> queue_;
  std::deque<Unwritten> unwritten_;
  std::uint64_t unwritten_files_ = 0, unwritten_bytes_ = 0;
  std::unordered_map<std::uint32_t, Named> named_;
  FileCounts counts_;
  std::vector<FileFailure> failures_;
  std::vector<Error> differences_;
  std::uint64_t candidates_ = 0, compared_bytes_ = 0;  // for comparison
  std::string json_;
};

}  // namespace hozen
