// The way of compressed entries to the sink: one thread writes them in order, as they get ready.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "collector/engine/block_pool.h"
#include "collector/engine/bundle.h"
#include "collector/engine/entry_table.h"

namespace hozen {

/// One block after compression.
struct Piece {
  std::uint64_t size = 0;  ///< uncompressed
  std::uint32_t crc = 0;
  PackedBytes deflated;
  BlockRef raw;              ///< set instead when compression does not pay
  bool ends_stream = false;  ///< its deflate block is the last of the stream
  // Of the pipe, under its lock:
  bool done = false;
  bool enqueued = false;  ///< its entry is
  bool counted = false;
};
using PieceRef = std::shared_ptr<Piece>;

/// One entry on its way. Between enqueue() and the end only the pipe touches it.
struct PipedEntry {
  std::string name;
  FileTime modified{};
  std::uint64_t size = 0;  ///< at enqueue() final, or, when streamed, above kZipBufferedBytes
  bool streamed = false;   ///< the form whose sizes follow the data
  bool sealed = false;     ///< no further piece comes, size and sha256 are final
  Sha256Digest sha256{};
  std::deque<PieceRef> pieces;
  EntryTable::Row row = 0;
  bool enqueued = false;
};
using EntryRef = std::shared_ptr<PipedEntry>;

/// enqueue(), append(), settle(), write() and flush() are called by one thread; complete() and
/// seal() (after the entry's last append()) by any.
class EntryPipe {
 public:
  EntryPipe(ByteSink& sink, EntryTable& table, BlockPool& blocks);
  /// What is not written yet is dropped.
  ~EntryPipe();
  Result<void> start();

  /// Next in bundle order; gives it its row. A `lazy` one may wait for company before it is
  /// written.
  EntryTable::Row enqueue(const EntryRef& entry, bool lazy);
  /// One more piece of an entry; of one that is not enqueued yet, too.
  void append(const EntryRef& entry, const PieceRef& piece);
  void seal(const EntryRef& entry, const Sha256Digest& sha256, std::uint64_t size);
  /// The piece is compressed.
  void complete(Piece& piece);
  /// Flushes the sink once all that was enqueued before is written.
  void enqueue_flush();

  Result<void> settle();
  Result<void> failure() const;  ///< the sink's first error
  std::uint64_t bytes_written() const { return offset_.load(); }

  /// After settle(): writes behind all entries, in the caller's thread.
  Result<void> write(std::string_view bytes);
  Result<void> flush();

 private:
  void run();
  bool head_is_ready() const;
  void write_head(std::unique_lock<std::mutex>& lock);
  void write_buffered(PipedEntry& entry, const std::deque<PieceRef>& pieces);
  void write_streamed(std::unique_lock<std::mutex>& lock, const EntryRef& entry);
  void put_piece(const Piece& piece);
  void put_data(std::span<const std::byte> bytes);
  void put(std::span<const std::byte> bytes);
  void put_text(std::string_view text) { put(std::as_bytes(std::span{text})); }
  void flush_buffer();
  void fail(Error error);
  void count(Piece& piece);

  ByteSink& sink_;
  EntryTable& table_;
  BlockPool& blocks_;

  mutable std::mutex mutex_;
  std::condition_variable work_, settled_;
  std::deque<EntryRef> queue_;  // nullptr: flush the sink
  bool busy_ = false, stopping_ = false;
  std::optional<Error> failure_;
  std::atomic<bool> failed_{false};

  // Of the thread that writes while `busy_` is set; after settle() of its caller:
  std::vector<std::byte> buffer_;
  std::atomic<std::uint64_t> offset_{0};
  Sha256 stored_hash_;
  std::uint64_t stored_size_ = 0;
  std::thread thread_;
};

}  // namespace hozen
