#include "collector/engine/file_hasher.h"

#include <atomic>
#include <deque>
#include <mutex>
#include <utility>

namespace hozen {

enum class FileHasher::Algorithms : std::uint8_t { all, md5, shas, sha256 };

/// A queue of blocks that at most one worker works off at any time.
struct FileHasher::Chain {
  explicit Chain(Algorithms which) : algorithms{which} {}
  const Algorithms algorithms;
  std::mutex mutex;
  std::deque<BlockRef> blocks;  // nullptr: the end of the file
  bool running = false;
};

/// One chain, or, where that is slower, two: MD5 takes as long as the others together.
struct FileHasher::State {
  State(MultiHash::Kind kind, Wanted wanted) {
    if (wanted == Wanted::sha256) {
      chains.emplace_back(Algorithms::sha256);
    } else if (kind == MultiHash::Kind::fastest && MultiHash::is_interleaved()) {
      chains.emplace_back(Algorithms::all);
    } else {
      chains.emplace_back(Algorithms::md5);
      chains.emplace_back(Algorithms::shas);
    }
    chains_left = chains.size();
  }

  MultiHash all;
  Sha256 sha256;
  Sha1 sha1;
  Md5 md5;
  std::deque<Chain> chains;
  Digests digests;
  std::atomic<std::size_t> chains_left;
  Done done;

  void update(const Chain& chain, std::span<const std::byte> data) {
    switch (chain.algorithms) {
      case Algorithms::all:
        all.update(data);
        return;
      case Algorithms::md5:
        md5.update(data);
        return;
      case Algorithms::shas:
        sha256.update(data);
        sha1.update(data);
        return;
      case Algorithms::sha256:
        sha256.update(data);
        return;
    }
  }

  void finish(const Chain& chain) {
    switch (chain.algorithms) {
      case Algorithms::all:
        digests = all.finish();
        break;
      case Algorithms::md5:
        digests.md5 = md5.finish();
        break;
      case Algorithms::shas:
        digests.sha256 = sha256.finish();
        digests.sha1 = sha1.finish();
        break;
      case Algorithms::sha256:
        digests.sha256 = sha256.finish();
        break;
    }
    if (--chains_left == 0) done(digests);
  }

  void run(Chain& chain) {
    std::unique_lock lock{chain.mutex};
    while (!chain.blocks.empty()) {
      BlockRef block = std::move(chain.blocks.front());
      chain.blocks.pop_front();
      lock.unlock();
      if (block == nullptr) {
        finish(chain);
        return;
      }
      update(chain, block->bytes());
      block.reset();
      lock.lock();
    }
    chain.running = false;
  }
};

FileHasher::FileHasher(WorkerPool& pool, MultiHash::Kind kind, Wanted wanted)
    : pool_{pool}, state_{std::make_shared<State>(kind, wanted)} {}
FileHasher::~FileHasher() = default;

void FileHasher::push(Chain& chain, const BlockRef& block) {
  {
    const std::lock_guard lock{chain.mutex};
    chain.blocks.push_back(block);
    if (std::exchange(chain.running, true)) return;
  }
  pool_.submit_urgent([state = state_, &chain](Worker&) { state->run(chain); });
}

void FileHasher::add(const BlockRef& block) {
  for (Chain& chain : state_->chains) push(chain, block);
}

void FileHasher::end(Done done) {
  state_->done = std::move(done);
  add(nullptr);
}

}  // namespace hozen
