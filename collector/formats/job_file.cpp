#include "collector/formats/job_file.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::size_t kFixedBytes = 68, kTriggerBytes = 48, kSignatureBytes = 68;
/// Where the application's name begins: behind the fixed part and the number of instances.
constexpr std::uint64_t kApplicationOffset = 70;
/// Windows NT 4 to 10: the versions whose scheduler writes such files.
constexpr std::uint16_t kProductVersions[] = {0x0400, 0x0500, 0x0501, 0x0502, 0x0600,
                                              0x0601, 0x0602, 0x0603, 0x0A00};
constexpr std::uint16_t kFormatVersion = 1;

std::string local_time(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute,
                       unsigned second) {
  if (year == 0) return {};
  char text[64];
  std::snprintf(text, sizeof text, "%04u-%02u-%02uT%02u:%02u:%02u", year, month, day, hour, minute,
                second);
  return text;
}

std::string hex(std::uint32_t number) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%X", static_cast<unsigned>(number));
  return text;
}

/// Characters with the terminator, then UTF-16.
Result<std::string> text_at(Cursor& cursor, std::string_view what) {
  HOZEN_TRY(const auto count, cursor.u16(what));
  HOZEN_TRY(const auto bytes, cursor.take(std::uint64_t{count} * 2, what));
  return wtf8_from_utf16le(bytes, true);
}

std::string schedule_of(std::uint32_t type, std::uint16_t a, std::uint16_t b, std::uint16_t c) {
  switch (type) {
    case 1:
      return "ScheduleByDay DaysInterval=" + std::to_string(a);
    case 2:
      return "ScheduleByWeek WeeksInterval=" + std::to_string(a) + " DaysOfWeek=" + hex(b);
    case 3:
      return "ScheduleByMonth DaysOfMonth=" + hex(a | std::uint32_t{b} << 16) + " Months=" + hex(c);
    case 4:
      return "ScheduleByMonthDayOfWeek Week=" + std::to_string(a) + " DaysOfWeek=" + hex(b) +
             " Months=" + hex(c);
    default:
      return {};
  }
}

std::string kind_of(std::uint32_t type) {
  constexpr std::array<std::string_view, 8> kKinds{
      "TimeTrigger",     "CalendarTrigger", "CalendarTrigger", "CalendarTrigger",
      "CalendarTrigger", "IdleTrigger",     "BootTrigger",     "LogonTrigger"};
  return type < kKinds.size() ? std::string{kKinds[type]} : "type " + hex(type);
}

TaskTrigger trigger_from(const Fixed<kTriggerBytes>& t) {
  constexpr std::uint32_t kHasEnd = 1, kKillAtEnd = 2, kTriggerDisabled = 4;
  constexpr std::uint64_t kMinute = 60;
  const std::uint32_t flags = t.u32<28>();
  const std::uint32_t type = t.u32<32>();
  TaskTrigger trigger;
  trigger.kind = kind_of(type);
  trigger.enabled = (flags & kTriggerDisabled) == 0;
  trigger.start = local_time(t.u16<4>(), t.u16<6>(), t.u16<8>(), t.u16<16>(), t.u16<18>(), 0);
  if ((flags & kHasEnd) != 0)
    trigger.end = local_time(t.u16<10>(), t.u16<12>(), t.u16<14>(), 0, 0, 0);
  if (t.u32<24>() != 0) trigger.repetition_interval_s = t.u32<24>() * kMinute;
  if (t.u32<20>() != 0) trigger.repetition_duration_s = t.u32<20>() * kMinute;
  trigger.stop_at_duration_end = (flags & kKillAtEnd) != 0;
  trigger.schedule = schedule_of(type, t.u16<36>(), t.u16<38>(), t.u16<40>());
  return trigger;
}

Result<void> read_texts(Cursor& cursor, JobFile& job) {
  for (const auto& [part, what] : {std::pair{&job.application, "job application"},
                                   {&job.parameters, "job parameters"},
                                   {&job.working_directory, "job working directory"},
                                   {&job.author, "job author"},
                                   {&job.comment, "job comment"}}) {
    HOZEN_TRY(*part, text_at(cursor, what));
  }
  HOZEN_TRY(job.user_data_bytes, cursor.u16("job user data"));
  HOZEN_TRY([[maybe_unused]] const auto data, cursor.take(job.user_data_bytes, "job user data"));
  HOZEN_TRY(const auto size, cursor.u16("job reserved data"));
  HOZEN_TRY(const auto reserved, cursor.take(size, "job reserved data"));
  job.start_error = reserved.get<std::uint32_t>(0);
  return {};
}

Result<void> read_triggers(Cursor& cursor, JobFile& job) {
  HOZEN_TRY(const auto count, cursor.u16("job triggers"));
  for (std::uint16_t i = 0; i < count; ++i) {
    if (i >= kMaxTaskTriggers) return Error{Errc::limit, "job triggers"};
    const auto at = cursor.position();
    HOZEN_TRY(const auto bytes, cursor.take(kTriggerBytes, "job trigger"));
    HOZEN_TRY(const auto trigger, bytes.fixed<kTriggerBytes>(0, "job trigger"));
    if (trigger.u16<0>() != kTriggerBytes) return Error{Errc::malformed, "job trigger size", at};
    job.triggers.push_back(trigger_from(trigger));
  }
  if (cursor.remaining() == 0) return {};
  job.signature = cursor.remaining() == kSignatureBytes;
  if (!job.signature) return Error{Errc::malformed, "bytes behind a job", cursor.position()};
  return {};
}

}  // namespace

bool looks_like_job_file(Bytes head) {
  const auto product = head.get<std::uint16_t>(0);
  const auto format = head.get<std::uint16_t>(2);
  const auto application = head.get<std::uint16_t>(20);
  return product && format == kFormatVersion && application == kApplicationOffset &&
         std::find(std::begin(kProductVersions), std::end(kProductVersions), *product) !=
             std::end(kProductVersions);
}

Result<JobFile> parse_job_file(Bytes file) {
  HOZEN_TRY(const auto fixed, file.fixed<kFixedBytes>(0, "job"));
  if (fixed.u16<2>() != kFormatVersion)
    return Error{Errc::malformed, "job format version", 2, hex(fixed.u16<2>())};
  JobFile job;
  job.product_version = fixed.u16<0>();
  job.id = Guid::from(fixed.raw<4, 16>());
  job.priority_class = fixed.u32<32>();
  job.max_run_time_ms = fixed.u32<36>();
  job.exit_code = fixed.u32<40>();
  job.status = fixed.u32<44>();
  job.flags = fixed.u32<48>();
  job.last_run = local_time(fixed.u16<52>(), fixed.u16<54>(), fixed.u16<58>(), fixed.u16<60>(),
                            fixed.u16<62>(), fixed.u16<64>());
  const auto take = [&](const Result<void>& part) {
    if (!part) job.problems.push_back(part.error());
  };
  Cursor cursor{file};
  const auto texts = cursor.seek(fixed.u16<20>(), "job application");
  take(texts ? read_texts(cursor, job) : texts);
  const auto triggers = cursor.seek(fixed.u16<22>(), "job triggers");
  take(triggers ? read_triggers(cursor, job) : triggers);
  return job;
}

}  // namespace hozen
