// The writer behind BundleWriter: what its parts share.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/engine/block_pool.h"
#include "collector/engine/bundle.h"
#include "collector/engine/bundle_reader.h"
#include "collector/engine/entry_name.h"
#include "collector/engine/entry_pipe.h"
#include "collector/engine/entry_table.h"
#include "collector/engine/file_reader.h"
#include "collector/engine/line_streams.h"
#include "collector/engine/worker_pool.h"

namespace hozen {

/// A file up to this size is hashed and compressed where it was read: a worker would cost more than
/// it saves.
constexpr std::size_t kInlineBytes = 16 << 10;
/// Blocks beyond one for each worker: read, waiting for a hash, waiting for their turn.
constexpr unsigned kSpareBlocks = 6;

/// The first one or two blocks of a file: enough to know how its entry is written.
struct Beginning {
  BlockRef first, second;  ///< second: nullptr when the file fits the first
};

class ZipBundleWriter final : public BundleWriter {
 public:
  ZipBundleWriter(ByteSink& sink, const BundleOptions& options, unsigned workers)
      : options_{options},
        blocks_{workers + kSpareBlocks},
        pipe_{sink, table_, blocks_},
        own_worker_{make_worker(options)},
        streams_{pipe_, blocks_, [this](std::string_view name) { return claim(name); },
                 [this](BlockRef block, bool last) { return compress(std::move(block), last); }} {}

  Result<void> start(unsigned workers) {
    HOZEN_CHECK(pipe_.start());
    HOZEN_TRY(pool_, WorkerPool::start(workers, options_));
    return {};
  }

  Result<StartedFile> start_file(const EntryPath& path, ByteSource& content, FileTime modified,
                                 std::uint64_t max_bytes) override;
  Result<std::unique_ptr<VolumeWriter>> start_volume(const std::string& volume) override;
  Result<void> add_entry(std::string_view name, std::span<const std::byte> content,
                         FileTime modified) override;
  Result<void> append_lines(std::string_view stream, std::string_view lines,
                            FileTime now) override {
    HOZEN_CHECK(ready());
    return streams_.append(stream, lines, now);
  }
  Result<void> close_segment(std::string_view stream, FileTime now) override;
  Result<void> settle() override {
    HOZEN_CHECK(ready());
    return pipe_.settle();
  }
  void each_entry(const std::function<void(const BundleEntry&)>& entry) override {
    const std::size_t count = table_.size();
    for (std::size_t row = 0; row < count; ++row)
      entry(table_.entry(static_cast<EntryTable::Row>(row)));
  }
  Result<Sha256Digest> finish(const Manifest& manifest, FileTime now) override;
  std::uint64_t bytes_written() const override { return pipe_.bytes_written(); }

 private:
  class ZipVolumeWriter;
  Result<void> ready() const {
    if (finished_) return Error{Errc::malformed, "the bundle is already finished"};
    return pipe_.failure();
  }
  bool claim(std::string_view name) {
    return name != kManifestName && is_portable_entry_name(name) && names_.claim_exact(name);
  }
  Beginning read_beginning(FileReader& reader);
  bool may_be_stored(std::uint64_t size, const Block& first);
  PendingDigests expect_digests();
  void await_digests();
  Result<std::optional<StoredFile>> find_large_duplicate(ByteSource& content,
                                                         std::uint64_t max_bytes);
  void store_small_file(StartedFile& started, const EntryPath& path, FileTime modified,
                        const BlockRef& block);
  void store_new(const std::string& name, FileTime modified, const BlockRef& block,
                 const PendingDigests& digests);
  Result<void> store_large_file(StartedFile& started, const EntryPath& path, FileTime modified,
                                FileReader& reader, Beginning beginning);
  PieceRef compress(BlockRef block, bool last);
  void compress_into(Piece& piece, const BlockRef& block, bool last, Worker& worker);
  void submit(const PieceRef& piece, BlockRef block, bool last,
              const std::optional<PendingDigests>& digests);
  EntryTable::Row store_small(std::string name, FileTime modified, const BlockRef& block,
                              const Sha256Digest& sha256,
                              const std::optional<PendingDigests>& digests);
  /// Every block goes to `hashed` in order. The entry is left to be sealed.
  Result<EntryRef> store_large(std::string name, FileTime modified, FileReader& reader,
                               Beginning beginning,
                               const std::function<void(const BlockRef&)>& hashed);

  const BundleOptions options_;
  // In the order of need: workers go first, the blocks they hold last.
  BlockPool blocks_;
  EntryTable table_;
  EntryPipe pipe_;
  Worker own_worker_;
  std::unique_ptr<WorkerPool> pool_;
  EntryNames names_;
  HashSet seen_files_;                      // of size and first block; none that was hashed inline
  std::vector<PendingDigests> unfinished_;  // files that cannot be found as duplicates yet
  LineStreams streams_;
  bool finished_ = false;
};

}  // namespace hozen
