#include "collector/engine/block_pool.h"

#include <utility>

namespace hozen {

BlockRef BlockPool::acquire() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] {
    return in_use_ < blocks_ &&
           (in_use_ == 0 || waiting_bytes_ + (in_use_ + 1) * kBlockBytes <= cap_bytes());
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
