// Threads that hash and compress for the bundle writer.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "collector/base/hash.h"
#include "collector/engine/deflater.h"

namespace hozen {

/// What a worker owns and lends to a task.
struct Worker {
  std::unique_ptr<Deflater> deflater;
  std::vector<std::byte> scratch;  ///< kBlockBytes, for compressed bytes
  MultiHash hash;
};
Worker make_worker(const BundleOptions& options);

class WorkerPool {
 public:
  using Task = std::function<void(Worker&)>;

  /// Errc::io when the system gives no thread.
  static Result<std::unique_ptr<WorkerPool>> start(unsigned threads, const BundleOptions& options);
  /// Waits for the tasks that run; those that wait are dropped.
  ~WorkerPool();

  /// Runs before all that is not urgent: what somebody waits for.
  void submit_urgent(Task task);
  /// Waits while more tasks than the workers soon get to are queued.
  void submit(Task task);
  std::size_t threads() const { return threads_.size(); }

 private:
  explicit WorkerPool(const BundleOptions& options) : options_{options} {}
  void work();

  const BundleOptions options_;
  std::mutex mutex_;
  std::condition_variable queued_, taken_;
  std::deque<Task> urgent_, tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace hozen
