#include "collector/module/service_views.h"

#include <iterator>
#include <utility>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::string_view kStates[] = {
    "",        "stopped",          "start_pending", "stop_pending",
    "running", "continue_pending", "pause_pending", "paused"};
/// Kernel and file system drivers, recognizers, both kinds of processes: what is asked for when
/// services are listed.
constexpr std::uint64_t kListedTypes = 0x1 | 0x2 | 0x8 | 0x10 | 0x20;

}  // namespace

ServiceManagerView::ServiceManagerView(const LiveState* state)
    : known_{state != nullptr && !state->services_failed && !state->services.empty()} {
  if (!known_) return;
  whole_ = state->services_whole;
  for (const auto& service : state->services) by_name_.emplace(fold_case(service.name), &service);
}

const LiveService* ServiceManagerView::find(std::string_view name) const {
  const auto at = by_name_.find(fold_case(name));
  return at != by_name_.end() ? at->second : nullptr;
}

void ServiceManagerView::set_record(std::string_view name, std::string record) {
  records_.insert_or_assign(fold_case(name), std::move(record));
}

const std::string& ServiceManagerView::record_of(std::string_view name) const {
  static const std::string kNone;
  const auto at = records_.find(fold_case(name));
  return at != records_.end() ? at->second : kNone;
}

bool must_be_listed(const ServiceEntry& entry) {
  constexpr std::uint64_t kOfUsers = service_type::kUserService | service_type::kUserInstance;
  return !entry.deleted && entry.current_control_set && entry.type && entry.start &&
         entry.error_control && (*entry.type & kListedTypes) != 0 && (*entry.type & kOfUsers) == 0;
}

std::string_view service_state_text(std::uint32_t state) {
  return state < std::size(kStates) ? kStates[state] : std::string_view{};
}

}  // namespace hozen
