// The binary values of a service's key: failure actions and trigger data.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/service_values.h"

namespace {

using namespace hozen;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes{std::as_bytes(std::span{data, size})};
  if (const auto failure = parse_failure_actions(bytes)) {
    require(failure->actions.size() <= kMaxFailureActions);
    failure->runs_command();
    for (const auto& action : failure->actions) require(!failure_action_text(action.type).empty());
  }
  for (std::uint32_t type = 0; type < 7; ++type) {
    const std::string text = trigger_data_text(type, bytes);
    require(is_wtf8(text));
    require(text.size() <= 2 * kMaxTriggerData);
  }
  if (const auto guid = bytes.fixed<16>(0, "guid"))
    trigger_subtype_text(Guid::from(guid->raw<0, 16>()));
  return 0;
}
