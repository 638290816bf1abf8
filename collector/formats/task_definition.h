// What a scheduled task starts and when: the same for task XML, the registry's cache and .job
// files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hozen {

enum class TaskActionKind : std::uint8_t { exec, com_handler, email, message, other };
std::string_view to_text(TaskActionKind kind);

/// One action; the texts of other kinds are empty.
struct TaskAction {
  TaskActionKind kind = TaskActionKind::other;
  std::string element{};  ///< `other`: name of the element, or number in hex
  std::string id{};
  // exec
  std::string command{}, arguments{}, working_directory{};
  // com_handler
  std::string class_id{};  ///< "{…}" as written
  std::string data{};
  // email, message: `title` is the subject or the caption
  std::string title{}, body{};
  std::string server{}, from{}, to{}, cc{}, bcc{}, reply_to{};
  std::vector<std::string> attachments{};
  std::vector<std::pair<std::string, std::string>> headers{};

  bool operator==(const TaskAction&) const = default;
};

/// One trigger. A duration that is not there, or without end, has no value.
struct TaskTrigger {
  std::string kind{};  ///< name of the element of task XML: "LogonTrigger", "TimeTrigger", …
  std::string id{};
  std::optional<bool> enabled{};
  /// ISO 8601; without `Z` or an offset it is the local time of the machine.
  std::string start{}, end{};
  std::optional<std::uint64_t> delay_s{}, random_delay_s{}, execution_time_limit_s{};
  std::optional<std::uint64_t> repetition_interval_s{}, repetition_duration_s{};
  bool stop_at_duration_end = false;
  std::string user{};          ///< LogonTrigger, SessionStateChangeTrigger: SID or name
  std::string state_change{};  ///< SessionStateChangeTrigger
  std::string subscription{};  ///< EventTrigger: the query
  std::vector<std::pair<std::string, std::string>> value_queries{};
  std::string state_name{};  ///< WnfStateChangeTrigger
  std::string schedule{};  ///< CalendarTrigger: "ScheduleByWeek WeeksInterval=1 DaysOfWeek=Monday"

  /// Repeated without end, at most every `seconds`.
  bool repeats_within(std::uint64_t seconds) const {
    return repetition_interval_s && *repetition_interval_s > 0 &&
           *repetition_interval_s <= seconds && !repetition_duration_s;
  }
};

/// On whose behalf a task runs.
struct TaskPrincipal {
  std::string id{}, user{}, group{}, display_name{};
  std::string logon_type{};  ///< "S4U", "Password", "InteractiveToken", …
  std::string run_level{};   ///< "LeastPrivilege" | "HighestAvailable"
  std::string token_sid_type{};
  std::vector<std::string> privileges{};
};

/// Triggers and actions after which the rest is left out: Windows takes 48 and 32.
constexpr std::size_t kMaxTaskTriggers = 256;
constexpr std::size_t kMaxTaskActions = 256;

/// "PT1H30M" in seconds, a month taken as 30 days and a year as 365; nothing for anything else.
std::optional<std::uint64_t> parse_duration(std::string_view text);

}  // namespace hozen
