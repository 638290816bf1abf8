#include "collector/formats/service_values.h"

#include <algorithm>
#include <utility>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::size_t kFailureHeaderBytes = 20;  ///< reset, two pointers, count, pointer
constexpr std::size_t kFailureActionBytes = 8;

/// SERVICE_TRIGGER_DATA_TYPE_*; 1 is binary.
constexpr std::uint32_t kStringData = 2, kLevelData = 3, kKeywordAnyData = 4, kKeywordAllData = 5;

constexpr std::pair<std::uint32_t, std::string_view> kTriggerTypes[] = {
    {1, "device_arrival"}, {2, "ip_address_availability"},
    {3, "domain_join"},    {4, "firewall_port"},
    {5, "group_policy"},   {6, "network_endpoint"},
    {7, "custom_state"},   {20, "etw_event"},
    {30, "aggregate"},
};

constexpr std::pair<std::string_view, std::string_view> kTriggerSubtypes[] = {
    {"{4F27F2DE-14E2-430B-A549-7CD48CBC8245}", "first_ip_address"},
    {"{CC4BA62A-162E-4648-847A-B6BDF993E335}", "last_ip_address_removed"},
    {"{1CE20ABA-9851-4421-9430-1DDEB766E809}", "domain_joined"},
    {"{DDAF516E-58C2-4866-9574-C3B615D42EA1}", "domain_left"},
    {"{B7569E07-8421-4EE0-AD10-86915AFDAD09}", "port_opened"},
    {"{A144ED38-8E12-4DE4-9D96-E64740B1A524}", "port_closed"},
    {"{659FCAE6-5BDB-4DA9-B1FF-CA2A178D46E0}", "machine_policy_present"},
    {"{54FB46C8-F089-464C-B1FD-59D1B62C3B50}", "user_policy_present"},
    {"{BC90D167-9470-4139-A9BA-BE0BBBF5B74D}", "rpc_interface"},
    {"{1F81D131-3FAC-4537-9E0C-7E7B0C2F4B55}", "named_pipe"},
};

}  // namespace

std::string_view failure_action_text(std::uint32_t type) {
  switch (static_cast<FailureActionType>(type)) {
    case FailureActionType::none:
      return "none";
    case FailureActionType::restart:
      return "restart";
    case FailureActionType::reboot:
      return "reboot";
    case FailureActionType::run_command:
      return "run_command";
  }
  return "unknown";
}

bool FailureActions::runs_command() const {
  return std::any_of(actions.begin(), actions.end(), [](const FailureAction& action) {
    return action.type == static_cast<std::uint32_t>(FailureActionType::run_command);
  });
}

Result<FailureActions> parse_failure_actions(Bytes data) {
  HOZEN_TRY(const auto header, data.fixed<kFailureHeaderBytes>(0, "failure actions"));
  FailureActions failure;
  failure.reset_period_s = header.u32<0>();
  const std::uint32_t count = header.u32<12>();
  if (count > kMaxFailureActions)
    failure.problem = Error{Errc::limit, "failure action count", data.base() + 12};
  for (std::uint32_t i = 0; i < std::min<std::size_t>(count, kMaxFailureActions); ++i) {
    const std::uint64_t offset = kFailureHeaderBytes + std::uint64_t{kFailureActionBytes} * i;
    const auto action = data.fixed<kFailureActionBytes>(offset, "failure action");
    if (!action) {
      failure.problem = action.error();
      break;
    }
    failure.actions.push_back({action->u32<0>(), action->u32<4>()});
  }
  return failure;
}

std::string_view trigger_type_text(std::uint32_t type) {
  for (const auto& [number, text] : kTriggerTypes)
    if (number == type) return text;
  return "unknown";
}

std::string_view trigger_action_text(std::uint32_t action) {
  return action == 1 ? "start" : action == 2 ? "stop" : "unknown";
}

std::string_view trigger_subtype_text(const Guid& guid) {
  const std::string text = guid.text();
  for (const auto& [known, meaning] : kTriggerSubtypes)
    if (known == text) return meaning;
  return {};
}

std::string trigger_data_text(std::uint32_t data_type, Bytes data) {
  const Bytes part = data.head(kMaxTriggerData);
  if (data_type == kStringData) {
    std::string text;
    std::string_view separator;
    const std::string all = wtf8_from_utf16le(part);
    for (std::size_t begin = 0; begin < all.size();) {
      const std::size_t end = std::min(all.find('\0', begin), all.size());
      if (end > begin) {
        text += separator;
        text.append(all, begin, end - begin);
        separator = "; ";
      }
      begin = end + 1;
    }
    return text;
  }
  if (data_type == kLevelData && part.size() == 1)
    return std::to_string(part.get<std::uint8_t>(0).value_or(0));
  const bool keyword = data_type == kKeywordAnyData || data_type == kKeywordAllData;
  if (keyword && part.size() == 8) return std::to_string(part.get<std::uint64_t>(0).value_or(0));
  return to_hex(part.span());
}

}  // namespace hozen
