#include "collector/engine/file_hasher.h"

#include <atomic>
#include <utility>

namespace hozen {
namespace {

/// Below this, handing a digest to another thread costs more than it saves.
constexpr std::size_t kSplitBytes = 64 << 10;

enum ChainIndex : std::size_t { kSha256, kSha1, kMd5 };

/// MD5 of a buffer, computed by whoever comes first: a worker, or the thread that waits for it.
/// Not std::atomic::wait: where the system has no futex (MinGW, GCC 12) it looks at the value
/// outside its lock, misses the notification, and waits for ever.
struct Md5Job {
  std::span<const std::byte> data;
  std::array<std::byte, 16> digest{};
  std::atomic<bool> claimed{false};
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;

  bool claim() { return !claimed.exchange(true); }
  void run() {
    Md5 md5;
    md5.update(data);
    const std::lock_guard lock{mutex};
    digest = md5.finish();
    done = true;
    changed.notify_one();
  }
  void wait() {
    std::unique_lock lock{mutex};
    changed.wait(lock, [this] { return done; });
  }
};

}  // namespace

/// One digest of the file being hashed. At most one worker runs it at any time.
struct FileHasher::Chain {
  explicit Chain(ChainIndex index) : kind{index} {}
  const ChainIndex kind;
  Sha256 sha256;
  Sha1 sha1;
  Md5 md5;
  std::mutex mutex;
  std::condition_variable idle;
  std::deque<BlockRef> blocks;
  bool running = false;

  void update(std::span<const std::byte> data) {
    if (kind == kSha256) sha256.update(data);
    if (kind == kSha1) sha1.update(data);
    if (kind == kMd5) md5.update(data);
  }

  void run() {
    std::unique_lock lock{mutex};
    while (!blocks.empty()) {
      BlockRef block = std::move(blocks.front());
      blocks.pop_front();
      lock.unlock();
      update(block->bytes());
      block.reset();
      lock.lock();
    }
    running = false;
    idle.notify_one();
  }

  /// True when a worker has to be asked to run it.
  bool push(const BlockRef& block) {
    const std::lock_guard lock{mutex};
    blocks.push_back(block);
    return !std::exchange(running, true);
  }

  void wait() {
    std::unique_lock lock{mutex};
    idle.wait(lock, [this] { return !running; });
  }
};

FileHasher::FileHasher(WorkerPool& pool) : pool_{pool} {
  for (const ChainIndex index : {kSha256, kSha1, kMd5})
    chains_[index] = std::make_shared<Chain>(index);
}

Digests FileHasher::hash(std::span<const std::byte> data) {
  if (data.size() < kSplitBytes || pool_.threads() < 2) {
    small_.update(data);
    return small_.finish();
  }
  // Shared: the task may come to run when this call is long over, and then finds itself claimed.
  const auto md5 = std::make_shared<Md5Job>();
  md5->data = data;
  pool_.submit_urgent([md5](Worker&) {
    if (md5->claim()) md5->run();
  });
  Digests digests;
  sha256_.update(data);
  digests.sha256 = sha256_.finish();
  sha1_.update(data);
  digests.sha1 = sha1_.finish();
  if (md5->claim()) md5->run();
  md5->wait();
  digests.md5 = md5->digest;
  return digests;
}

void FileHasher::add(const BlockRef& block) {
  // The slowest first.
  for (const ChainIndex index : {kMd5, kSha1, kSha256}) {
    const std::shared_ptr<Chain>& chain = chains_[index];
    if (chain->push(block)) pool_.submit_urgent([chain](Worker&) { chain->run(); });
  }
}

Digests FileHasher::finish() {
  for (const auto& chain : chains_) chain->wait();
  return {chains_[kSha256]->sha256.finish(), chains_[kSha1]->sha1.finish(),
          chains_[kMd5]->md5.finish()};
}

}  // namespace hozen
