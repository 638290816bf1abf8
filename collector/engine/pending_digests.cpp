#include "collector/engine/pending_digests.h"

namespace hozen {

void PendingDigests::set(const Digests& digests) const {
  {
    const std::lock_guard lock{state_->mutex};
    state_->digests = digests;
  }
  state_->changed.notify_all();
}

bool PendingDigests::is_set() const {
  const std::lock_guard lock{state_->mutex};
  return state_->digests.has_value();
}

Digests PendingDigests::get() const {
  std::unique_lock lock{state_->mutex};
  state_->changed.wait(lock, [this] { return state_->digests.has_value(); });
  return *state_->digests;
}

}  // namespace hozen
