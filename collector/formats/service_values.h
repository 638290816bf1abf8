// Binary values of a service's registry key: what happens when it fails, and what starts it.
//
// Source: SERVICE_FAILURE_ACTIONS, SC_ACTION, SERVICE_TRIGGER and
// SERVICE_TRIGGER_SPECIFIC_DATA_ITEM of winsvc.h; their form in the registry observed in SYSTEM
// hives of Windows 7 (x86) and Windows 10 (x64): pointers take 4 bytes on both, hold whatever
// memory held, and the actions follow the header. Triggers are keys `TriggerInfo\<n>` with Type,
// Action, Guid and pairs Data<i>, DataType<i>.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/guid.h"

namespace hozen {

enum class FailureActionType : std::uint32_t { none = 0, restart = 1, reboot = 2, run_command = 3 };
/// "restart"; "unknown" for a number without a name.
std::string_view failure_action_text(std::uint32_t type);

struct FailureAction {
  std::uint32_t type = 0;  ///< FailureActionType or any other number
  std::uint32_t delay_ms = 0;
  bool operator==(const FailureAction&) const = default;
};

struct FailureActions {
  std::uint32_t reset_period_s = 0;  ///< 0xFFFFFFFF: never
  std::vector<FailureAction> actions;
  /// Why not all actions that are counted were read: Errc::truncated or Errc::limit.
  std::optional<Error> problem{};
  bool runs_command() const;
};

/// The service manager takes no more (its dialogue offers three).
constexpr std::size_t kMaxFailureActions = 1'024;

/// The data of `FailureActions`: up to the first counted action that is not there, and at most
/// kMaxFailureActions. Errc::truncated when not even the header is.
Result<FailureActions> parse_failure_actions(Bytes data);

/// What SERVICE_TRIGGER calls dwTriggerType: "device_arrival"; "unknown" for a number without a
/// name.
std::string_view trigger_type_text(std::uint32_t type);
/// dwAction: "start", "stop"; "unknown".
std::string_view trigger_action_text(std::uint32_t action);
/// What a known subtype stands for ("first_ip_address"); "" for device classes, ETW providers and
/// the like.
std::string_view trigger_subtype_text(const Guid& guid);

/// One data item of a trigger as text: strings (joined by "; "), numbers, hexadecimal digits for
/// binary data. At most kMaxTriggerData bytes of `data` are looked at.
std::string trigger_data_text(std::uint32_t data_type, Bytes data);
constexpr std::size_t kMaxTriggerData = 4'096;

}  // namespace hozen
