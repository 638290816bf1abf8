// The memory a bundle writer works in: a fixed number of blocks, and a cap on what waits to be
// written.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
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

/// Hands out blocks of kBlockBytes. It must outlive them.
class BlockPool {
 public:
  explicit BlockPool(std::size_t blocks) : blocks_{blocks} {}

  /// A block; waits while all are in use, or while those in use could, compressed, lift what waits
  /// to be written above the cap. It comes back when its last reference goes.
  BlockRef acquire();
  /// Waits while more waits to be written than the cap allows.
  void wait_for_room();
  /// Compressed bytes that wait to be written, in entries whose turn can come.
  void add_waiting(std::size_t bytes);
  void remove_waiting(std::size_t bytes);

 private:
  void release(Block* block);
  std::size_t cap_bytes() const { return (blocks_ + 4) * kBlockBytes; }

  const std::size_t blocks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Block>> free_;
  std::size_t in_use_ = 0;
  std::size_t waiting_bytes_ = 0;
};

}  // namespace hozen
