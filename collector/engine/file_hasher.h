// The digests of one file after the other, spread over the workers.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <span>

#include "collector/base/hash.h"
#include "collector/engine/block_pool.h"
#include "collector/engine/worker_pool.h"

namespace hozen {

/// Not for use by two threads at once.
class FileHasher {
 public:
  explicit FileHasher(WorkerPool& pool);

  /// The digests of a whole file that lies in memory. Of a larger one a worker, if one is free,
  /// computes the slowest meanwhile.
  Digests hash(std::span<const std::byte> data);

  /// Appends to the file being hashed and returns at once; each digest has its own chain of blocks.
  void add(const BlockRef& block);
  /// The digests of all that was added; waits for them, and starts anew.
  Digests finish();

 private:
  struct Chain;
  WorkerPool& pool_;
  MultiHash small_;
  Sha256 sha256_;
  Sha1 sha1_;
  std::array<std::shared_ptr<Chain>, 3> chains_;
};

}  // namespace hozen
