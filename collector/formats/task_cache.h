// What the registry keeps of a scheduled task: the values Actions, Triggers and DynamicInfo of
// SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tasks\{GUID}.
//
// Source: GDATAAdvancedAnalytics/winreg-tasks (kaitai/*.ksy), libyal/winreg-kb,
// netero1010/GhostTask; nine tasks that a Windows 10 wrote. Not read: the privileges, maintenance
// period and deadline of the optional settings.
#pragma once

#include <string>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/filetime.h"
#include "collector/formats/task_definition.h"

namespace hozen {

/// Value `Actions`.
struct CachedActions {
  std::uint16_t version = 0;  ///< 1: Windows 7 and 8.1; 2, 3: Windows 10 and later
  std::string context{};      ///< id of the principal; "" in version 1, which has none
  std::vector<TaskAction> actions{};
  bool complete = true;  ///< every byte was understood
  std::vector<Error> problems{};
};

/// Errc::truncated without a version. What cannot be decoded ends the list and is a problem. A
/// value of a later version that only makes sense in the form of an earlier one is read in that.
Result<CachedActions> parse_cached_actions(Bytes value);

namespace task_flag {
constexpr std::uint32_t kEnabled = 0x400000;
constexpr std::uint32_t kHidden = 0x800000;
constexpr std::uint32_t kHighestRunLevel = 0x1000000;
constexpr std::uint32_t kS4u = 0x4000;
constexpr std::uint32_t kInteractiveToken = 0x10000;
constexpr std::uint32_t kPassword = 0x40000;
constexpr std::uint32_t kInteractiveOrPassword = 0x80000;
}  // namespace task_flag

/// Value `Triggers`.
struct CachedTriggers {
  std::uint8_t version = 0;                    ///< 0x15: Windows 8.1, 0x16, 0x17: 10 and later
  std::string earliest_start{}, latest_end{};  ///< as TaskTrigger::start
  std::uint32_t flags = 0;                     ///< task_flag
  std::uint32_t crc32 = 0;                     ///< task_crc32 of the XML file
  std::string principal_id{}, display_name{};
  std::string user_sid{}, user_name{};  ///< whom the task runs as; "" when not said
  std::optional<std::uint64_t> execution_time_limit_s{};
  std::optional<std::uint32_t> priority{};
  std::vector<TaskTrigger> triggers{};
  bool complete = true;  ///< every byte was understood
  std::vector<Error> problems{};

  bool has(std::uint32_t flag) const { return (flags & flag) != 0; }
  /// As task XML spells it, "" when no flag says.
  std::string_view logon_type() const;
};

/// Errc::truncated when not even the part before the first trigger is there, Errc::unsupported for
/// versions before 0x15.
Result<CachedTriggers> parse_cached_triggers(Bytes value);

/// Value `DynamicInfo`.
struct TaskDynamicInfo {
  FileTime registered{};                   ///< created, or registered last
  FileTime last_run{};                     ///< started last
  std::uint32_t state = 0;                 ///< not used by recent Windows
  std::uint32_t last_error = 0;            ///< result of the last run
  std::optional<FileTime> last_success{};  ///< ended well last; Windows 8 and later
};

/// 28 or 36 bytes; Errc::truncated below, Errc::malformed for another magic number.
Result<TaskDynamicInfo> parse_task_dynamic_info(Bytes value);

}  // namespace hozen
