#include "collector/module/service_views.h"

#include <algorithm>
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

ViewFact fact_of(const ServiceEntry& entry, std::string_view kind, std::string record) {
  ViewFact fact;
  fact.kind = kind;
  fact.key = entry.key_path;
  fact.record = std::move(record);
  fact.partial = entry.incomplete;
  fact.written = std::max(
      {entry.written, entry.parameters_written, entry.security_written, entry.performance_written});
  const auto text = [&](std::string_view name, std::string value) {
    fact.values.emplace_back(name, std::move(value));
  };
  const auto number = [&](std::string_view name, const std::optional<std::uint64_t>& value) {
    text(name, value ? std::to_string(*value) : "");
  };
  std::string environment;
  for (const auto& variable : entry.environment) environment += variable + '\n';
  number("type", entry.type);
  number("start", entry.start);
  text("image_path", entry.image_is_default ? "" : entry.image.text);
  text("account", entry.account);
  text("service_dll", entry.library.text);
  text("unused_service_dll", entry.unused_library.text);
  text("service_main", entry.service_main);
  text("failure_command", entry.failure.text);
  text("performance_library", entry.performance.text);
  text("environment", std::move(environment));
  text("security", entry.security ? entry.security->sddl() : "");
  return fact;
}

std::string_view service_state_text(std::uint32_t state) {
  return state < std::size(kStates) ? kStates[state] : std::string_view{};
}

}  // namespace hozen
