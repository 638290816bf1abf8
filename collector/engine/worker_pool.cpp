#include "collector/engine/worker_pool.h"

#include <system_error>
#include <utility>

#include "collector/engine/block_pool.h"

namespace hozen {
namespace {

/// Tasks that may wait for each worker before submit() waits.
constexpr std::size_t kQueuedPerWorker = 2;

}  // namespace

Worker make_worker(const BundleOptions& options) {
  return {make_deflater(options.encoder), std::vector<std::byte>(kBlockBytes),
          MultiHash{options.hashes}};
}

Result<std::unique_ptr<WorkerPool>> WorkerPool::start(unsigned threads,
                                                      const BundleOptions& options) {
  std::unique_ptr<WorkerPool> pool{new WorkerPool{options}};
  try {
    for (unsigned i = 0; i < threads; ++i) pool->threads_.emplace_back([&p = *pool] { p.work(); });
  } catch (const std::system_error& error) {
    // Fewer workers are as good; none is not.
    if (pool->threads_.empty())
      return Error{Errc::io, "start a worker thread", std::nullopt, error.what()};
  }
  return pool;
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  queued_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::submit_urgent(Task task) {
  {
    const std::lock_guard lock{mutex_};
    urgent_.push_back(std::move(task));
  }
  queued_.notify_one();
}

void WorkerPool::submit(Task task) {
  {
    std::unique_lock lock{mutex_};
    taken_.wait(lock, [this] { return tasks_.size() < kQueuedPerWorker * threads_.size(); });
    tasks_.push_back(std::move(task));
  }
  queued_.notify_one();
}

void WorkerPool::work() {
  Worker worker = make_worker(options_);
  std::unique_lock lock{mutex_};
  for (;;) {
    queued_.wait(lock, [this] { return stopping_ || !urgent_.empty() || !tasks_.empty(); });
    if (stopping_) return;
    std::deque<Task>& queue = urgent_.empty() ? tasks_ : urgent_;
    Task task = std::move(queue.front());
    queue.pop_front();
    if (&queue == &tasks_) taken_.notify_one();
    lock.unlock();
    task(worker);
    task = nullptr;  // what it holds goes outside the lock
    lock.lock();
  }
}

}  // namespace hozen
