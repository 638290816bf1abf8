// The digests of a file, which workers may still be computing.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "collector/base/hash.h"

namespace hozen {

/// Copies share one answer. Safe for use by several threads.
class PendingDigests {
 public:
  PendingDigests() : state_{std::make_shared<State>()} {}

  /// Once, by whoever computes them.
  void set(const Digests& digests) const;
  bool is_set() const;
  /// Waits until they are set.
  Digests get() const;

 private:
  // Not std::future: it reports what cannot happen here by an exception.
  struct State {
    mutable std::mutex mutex;
    mutable std::condition_variable changed;
    std::optional<Digests> digests;
  };
  std::shared_ptr<State> state_;
};

}  // namespace hozen
