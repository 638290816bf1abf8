#include "collector/module/transfer_jobs.h"

#include <utility>

#include "collector/base/text.h"
#include "collector/module/lateral.h"

namespace hozen::packing {

bool TransferJobs::add(Transfer step) {
  auto& steps = step.command.step == JobStep::file_was_added ? added_ : made_;
  if (steps.size() >= kMaxCommands) return false;
  steps.push_back(std::move(step));
  return true;
}

/// The last before it that made a job of that name; a job belongs to one user.
const Transfer* TransferJobs::made_of(const Transfer& added) const {
  const Transfer* found = nullptr;
  for (const Transfer& made : made_) {
    if (!equals_fold(made.command.job, added.command.job)) continue;
    const bool is_later =
        made.time.is_set() && added.time.is_set() && made.time.ticks > added.time.ticks + kSecond;
    const bool is_another =
        !made.user.empty() && !added.user.empty() && !lateral::same_user(made.user, added.user);
    if (is_later || is_another) continue;
    if (found == nullptr || !made.time.is_set() || found->time <= made.time) found = &made;
  }
  return found;
}

std::vector<Transfer> TransferJobs::take_sent(
    const std::function<bool(const Transfer&)>& was_packed) {
  std::vector<Transfer> sent;
  for (Transfer& added : added_) {
    const Transfer* made = made_of(added);
    if (made != nullptr) {
      if (made->command.step != JobStep::made_to_send) continue;
      added.line += " (the job was made to send by: " + made->line + ")";
    } else {
      if (!was_packed(added)) continue;
      added.line += " (of a file that was packed here before)";
    }
    added.command.step = JobStep::none;
    sent.push_back(std::move(added));
  }
  added_.clear();
  return sent;
}

}  // namespace hozen::packing
