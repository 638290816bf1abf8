// The memory a bundle writer works in: a fixed number of blocks, and a cap on what waits to be
// written.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "collector/base/page_buffer.h"
#include "collector/formats/zip_form.h"

namespace hozen {

/// The block buffer: what fits it is hashed before anything is written, and may be stored as it is.
constexpr std::size_t kBlockBytes = kZipBufferedBytes;

/// Uncompressed bytes on their way through hashes, encoder and writer.
struct Block {
  PageBuffer buffer;
  std::size_t size = 0;
  std::span<const std::byte> bytes() const { return std::span{buffer}.first(size); }
};
using BlockRef = std::shared_ptr<Block>;

/// Compressed bytes are kept in pieces of this size, used again and again: what the heap holds is
/// then what the cap allows, however the sizes change from block to block.
constexpr std::size_t kPackedChunkBytes = 16 << 10;

class BlockPool;

/// Compressed bytes of one block. Moves only.
class PackedBytes {
 public:
  PackedBytes() = default;
  PackedBytes(PackedBytes&& other) noexcept { swap(other); }
  PackedBytes& operator=(PackedBytes&& other) noexcept {
    PackedBytes taken{std::move(other)};
    swap(taken);
    return *this;
  }
  ~PackedBytes();

  std::size_t size() const { return size_; }
  std::size_t held_bytes() const { return chunks_.size() * kPackedChunkBytes; }  ///< of memory
  std::size_t chunks() const { return chunks_.size(); }
  std::span<const std::byte> chunk(std::size_t index) const {
    const std::size_t begin = index * kPackedChunkBytes;
    return {chunks_[index].get(), std::min(kPackedChunkBytes, size_ - begin)};
  }

 private:
  friend class BlockPool;
  using Chunk = std::unique_ptr<std::byte[]>;
  void swap(PackedBytes& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(size_, other.size_);
    chunks_.swap(other.chunks_);
  }

  BlockPool* pool_ = nullptr;
  std::size_t size_ = 0;
  std::vector<Chunk> chunks_;
};

/// Hands out blocks of kBlockBytes and memory for what they are compressed to. It must outlive
/// both.
class BlockPool {
 public:
  explicit BlockPool(std::size_t blocks) : blocks_{blocks} {}

  /// A block; waits while all are in use, or while those in use could, compressed, lift what waits
  /// to be written above the cap. It comes back when its last reference goes.
  BlockRef acquire();
  /// A copy of `bytes`.
  PackedBytes pack(std::span<const std::byte> bytes);
  /// Waits while more waits to be written than the cap allows.
  void wait_for_room();
  /// Memory of compressed bytes that wait to be written, in entries whose turn can come.
  void add_waiting(std::size_t bytes);
  void remove_waiting(std::size_t bytes);

 private:
  friend class PackedBytes;
  void release(Block* block);
  void release(std::vector<PackedBytes::Chunk> chunks);
  std::size_t cap_bytes() const { return (blocks_ + 2) * kBlockBytes; }

  const std::size_t blocks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Block>> free_;
  std::vector<PackedBytes::Chunk> free_chunks_;
  std::size_t in_use_ = 0;
  std::size_t waiting_bytes_ = 0;
};

}  // namespace hozen
