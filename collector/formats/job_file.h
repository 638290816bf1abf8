// Scheduled tasks of the old kind: C:\Windows\Tasks\*.job of Windows XP, and of at.exe since.
//
// Source: MS-TSCH 2.4, libyal/dtformats "Job file format".
// Not read: the user data and the signature (their sizes are).
#pragma once

#include <string>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/guid.h"
#include "collector/formats/task_definition.h"

namespace hozen {

namespace job_flag {
constexpr std::uint32_t kDisabled = 0x4;
constexpr std::uint32_t kHidden = 0x200;
constexpr std::uint32_t kOnlyIfLoggedOn = 0x2000;
}  // namespace job_flag

struct JobFile {
  std::uint16_t product_version = 0;  ///< of Windows: 0x0501 XP, 0x0601 7, 0x0A00 10
  Guid id{};
  std::uint32_t priority_class = 0;
  std::uint32_t max_run_time_ms = 0;
  std::uint32_t exit_code = 0;
  std::uint32_t status = 0;  ///< SCHED_S_*: 0x41300 ready, 0x41301 running, …
  std::uint32_t flags = 0;   ///< job_flag
  std::string last_run{};    ///< ISO 8601 in local time, "" when never
  std::string application{}, parameters{}, working_directory{};
  std::string author{};  ///< "NetScheduleJobAdd": made by at.exe or remotely
  std::string comment{};
  std::uint32_t user_data_bytes = 0;
  std::optional<std::uint32_t> start_error{};
  std::vector<TaskTrigger> triggers{};
  bool signature = false;

  std::vector<Error> problems{};  ///< what was not as it should be; the rest was read

  bool has(std::uint32_t flag) const { return (flags & flag) != 0; }
  bool made_by_at() const { return author == "NetScheduleJobAdd"; }
};

/// Errc::truncated for less than the fixed part, Errc::malformed when it is not that of a job.
Result<JobFile> parse_job_file(Bytes file);
/// True when the bytes begin as a job of a known Windows does.
bool looks_like_job_file(Bytes head);

}  // namespace hozen
