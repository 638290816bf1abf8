// Events that rules join with other evidence, as facts: which they are, and which of their values
// they bring.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "collector/base/function_ref.h"
#include "collector/module/fact.h"

namespace hozen {

/// Events of one channel as facts. Values that have no name in the log are called param1, param2.
struct EventFactRule {
  std::string_view channel;  ///< as in System/Channel, in any case
  std::span<const std::uint32_t> ids;
  FactKind kind{};
  std::string_view subject;                  ///< name of the value that becomes the subject
  std::span<const std::string_view> values;  ///< of which the fact has those that are there
  std::string_view provider{};               ///< as EventTopic::provider
};

std::span<const EventFactRule> event_fact_rules();
/// The same of the log Security of Windows XP and before.
std::span<const EventFactRule> old_event_fact_rules();

/// An event as it is asked for a fact.
struct EventView {
  std::string_view channel, user_sid;
  std::uint32_t event_id = 0;
  FileTime time{};
  bool is_live = true;  ///< false: found in slack or behind damage
  /// The text of a value; nothing when the event has none of that name.
  FunctionRef<std::optional<std::string>(std::string_view name)> value;
  bool is_old = false;      ///< of a log of Windows XP and before
  bool is_failure = false;  ///< an audit that tells an attempt that failed
  std::string_view computer{}, provider{};
};

/// Nothing when no rule joins such an event, or when it is one of the many that say nothing of
/// other hosts: logons of services and of Windows' own accounts, ordinary shares, corrections of
/// the clock by less than a minute. Besides the values of its rule a fact may have `UserSid`
/// (System/Security/@UserID), `Place` ("recovered"), `Audit` ("failure": what was audited was
/// refused; logons have an event of their own for that), for tasks `Command` and `Arguments` (of
/// the first action that has them), for scripts `Signs` (words of tools that take credentials, of
/// all of its text), and for logons of old logs `Computer` and `OldEvent` (its
/// number there: for refused ones the reason). Its event_id is that of Windows Vista and later (528
/// is 4624); an attempt that failed to start a program or install a service is no fact.
std::optional<Fact> fact_of_event(const EventView& event);

}  // namespace hozen
