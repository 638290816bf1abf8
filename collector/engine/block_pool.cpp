#include "collector/engine/block_pool.h"

#include <iterator>
#include <utility>

namespace hozen {

BlockRef BlockPool::acquire() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] {
    return in_use_ < blocks_ && waiting_bytes_ + (in_use_ + 1) * kBlockBytes <= cap_bytes();
  });
  ++in_use_;
  std::unique_ptr<Block> block;
  if (free_.empty()) {
    block = std::make_unique<Block>();
    block->buffer.resize(kBlockBytes);
  } else {
    block = std::move(free_.back());
    free_.pop_back();
  }
  block->size = 0;
  return BlockRef{block.release(), [this](Block* done) { release(done); }};
}

void BlockPool::release(Block* block) {
  const std::lock_guard lock{mutex_};
  free_.emplace_back(block);
  --in_use_;
  changed_.notify_one();
}

PackedBytes BlockPool::pack(std::span<const std::byte> bytes) {
  PackedBytes packed;
  packed.pool_ = this;
  packed.size_ = bytes.size();
  packed.chunks_.resize((bytes.size() + kPackedChunkBytes - 1) / kPackedChunkBytes);
  {
    const std::lock_guard lock{mutex_};
    for (auto& chunk : packed.chunks_) {
      if (free_chunks_.empty()) break;
      chunk = std::move(free_chunks_.back());
      free_chunks_.pop_back();
    }
  }
  for (auto& chunk : packed.chunks_) {
    if (chunk == nullptr) chunk = std::make_unique_for_overwrite<std::byte[]>(kPackedChunkBytes);
    const auto part = bytes.first(std::min(bytes.size(), kPackedChunkBytes));
    std::copy(part.begin(), part.end(), chunk.get());
    bytes = bytes.subspan(part.size());
  }
  return packed;
}

PackedBytes::~PackedBytes() {
  if (!chunks_.empty()) pool_->release(std::move(chunks_));
}

void BlockPool::release(std::vector<PackedBytes::Chunk> chunks) {
  const std::lock_guard lock{mutex_};
  std::move(chunks.begin(), chunks.end(), std::back_inserter(free_chunks_));
}

void BlockPool::wait_for_room() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return waiting_bytes_ <= cap_bytes(); });
}

void BlockPool::add_waiting(std::size_t bytes) {
  const std::lock_guard lock{mutex_};
  waiting_bytes_ += bytes;
}

void BlockPool::remove_waiting(std::size_t bytes) {
  const std::lock_guard lock{mutex_};
  waiting_bytes_ -= bytes;
  changed_.notify_one();
}

}  // namespace hozen
