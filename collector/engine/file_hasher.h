// The digests of one file of many blocks, computed by the workers while it is read.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "collector/base/hash.h"
#include "collector/engine/block_pool.h"
#include "collector/engine/worker_pool.h"

namespace hozen {

/// One object a file. Not for use by two threads at once. Nobody has to wait for the digests: the
/// next file can be read meanwhile.
class FileHasher {
 public:
  using Done = std::function<void(const Digests&)>;
  enum class Wanted : std::uint8_t { all, sha256 };  ///< sha256: the others stay zero

  explicit FileHasher(WorkerPool& pool, MultiHash::Kind kind = MultiHash::Kind::fastest,
                      Wanted wanted = Wanted::all);
  ~FileHasher();
  FileHasher(const FileHasher&) = delete;
  FileHasher& operator=(const FileHasher&) = delete;

  /// Appends to the file and returns at once.
  void add(const BlockRef& block);
  /// No block follows: a worker calls `done` when all before are hashed.
  void end(Done done);

 private:
  enum class Algorithms : std::uint8_t;
  struct Chain;
  struct State;
  void push(Chain& chain, const BlockRef& block);

  WorkerPool& pool_;
  const std::shared_ptr<State> state_;
};

}  // namespace hozen
