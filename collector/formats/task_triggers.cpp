// The value Triggers of the registry's task cache. Everything in it is aligned to 8 bytes; what
// fills the gaps (0x48 or what was in memory) says nothing.
#include <array>
#include <cstdio>

#include "collector/base/sid.h"
#include "collector/base/text.h"
#include "collector/formats/task_cache.h"

namespace hozen {
namespace {

constexpr std::uint8_t kOldestVersion = 0x15, kWithIds = 0x16, kWithDisplayName = 0x17;
constexpr std::uint64_t kAlignment = 8;
constexpr std::uint32_t kNoNumber = 0xFFFF'FFFF;

enum Magic : std::uint32_t {
  kWnf = 0x6666,
  kSession = 0x7777,
  kRegistration = 0x8888,
  kLogon = 0xAAAA,
  kEvent = 0xCCCC,
  kTime = 0xDDDD,
  kIdle = 0xEEEE,
  kBoot = 0xFFFF,
};

std::string hex(std::uint64_t number) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llX", static_cast<unsigned long long>(number));
  return text;
}

/// 0 and all ones: without end.
std::optional<std::uint64_t> seconds(std::uint32_t number) {
  if (number == 0 || number == kNoNumber) return {};
  return number;
}

struct UserInfo {
  std::string sid, name;
};

class TriggersReader {
 public:
  explicit TriggersReader(Bytes value) : cursor_{value} {}

  Result<CachedTriggers> read() {
    CachedTriggers result;
    HOZEN_TRY(result.version, byte("task triggers version"));
    version_ = result.version;
    if (version_ < kOldestVersion)
      return Error{Errc::unsupported, "task triggers version", {}, hex(version_)};
    HOZEN_TRY(result.earliest_start, time("task triggers start"));
    HOZEN_TRY(result.latest_end, time("task triggers end"));
    HOZEN_CHECK(read_bucket(result));
    const auto whole = read_triggers(result);
    if (!whole) {
      result.complete = false;
      result.problems.push_back(whole.error());
    }
    return result;
  }

 private:
  // ---- aligned primitives
  Result<void> align() {
    const auto gap = (kAlignment - cursor_.position() % kAlignment) % kAlignment;
    // Nothing has to follow the last part.
    if (gap > cursor_.remaining() && cursor_.remaining() == 0) return {};
    HOZEN_TRY([[maybe_unused]] const auto filler, cursor_.take(gap, "task triggers alignment"));
    return {};
  }
  Result<std::uint8_t> byte(std::string_view what) {
    HOZEN_TRY(const auto value, cursor_.u8(what));
    HOZEN_CHECK(align());
    return value;
  }
  Result<std::uint32_t> number(std::string_view what) {
    HOZEN_TRY(const auto value, cursor_.u32(what));
    HOZEN_CHECK(align());
    return value;
  }
  Result<Bytes> block(std::string_view what) {
    HOZEN_TRY(const auto size, number(what));
    HOZEN_TRY(const auto bytes, cursor_.take(size, what));
    HOZEN_CHECK(align());
    return bytes;
  }
  Result<std::string> text(std::string_view what) {
    HOZEN_TRY(const auto bytes, block(what));
    return wtf8_from_utf16le(bytes, true);
  }
  /// Counted in characters; a terminator follows unless there are none.
  Result<std::string> counted_text(std::string_view what) {
    HOZEN_TRY(const auto count, number(what));
    if (count == 0) return std::string{};
    HOZEN_TRY(const auto bytes, cursor_.take(2 * (std::uint64_t{count} + 1), what));
    HOZEN_CHECK(align());
    return wtf8_from_utf16le(bytes, true);
  }
  Result<std::string> time(std::string_view what) {
    HOZEN_TRY(const auto is_local, byte(what));
    HOZEN_TRY(const auto ticks, cursor_.u64(what));
    const FileTime time{ticks};
    if (!time.is_set() || ticks == ~std::uint64_t{0}) return std::string{};
    std::string text = time.iso8601();
    if (is_local != 0) text.pop_back();
    return text;
  }

  // ---- parts
  Result<UserInfo> user() {
    UserInfo result;
    HOZEN_TRY(const auto skip, byte("task user"));
    if (skip != 0) return result;
    HOZEN_TRY(const auto skip_sid, byte("task user SID"));
    if (skip_sid == 0) {
      HOZEN_TRY([[maybe_unused]] const auto type, number("task user SID type"));
      HOZEN_TRY(const auto bytes, block("task user SID"));
      if (auto sid = parse_sid(bytes)) result.sid = *std::move(sid);
    }
    HOZEN_TRY(result.name, text("task user name"));
    return result;
  }

  Result<void> read_bucket(CachedTriggers& result) {
    HOZEN_TRY(result.flags, number("task flags"));
    HOZEN_TRY(result.crc32, number("task CRC"));
    if (version_ >= kWithIds) {
      HOZEN_TRY(result.principal_id, text("task principal"));
    }
    if (version_ >= kWithDisplayName) {
      HOZEN_TRY(result.display_name, text("task display name"));
    }
    HOZEN_TRY(UserInfo owner, user());
    result.user_sid = std::move(owner.sid);
    result.user_name = std::move(owner.name);
    HOZEN_TRY(const auto settings, block("task optional settings"));
    constexpr std::uint64_t kExecutionLimit = 8, kPriority = 16;
    if (const auto limit = settings.get<std::uint32_t>(kExecutionLimit))
      result.execution_time_limit_s = seconds(*limit);
    result.priority = settings.get<std::uint32_t>(kPriority);
    return {};
  }

  Result<void> read_triggers(CachedTriggers& result) {
    while (cursor_.remaining() > 0) {
      if (result.triggers.size() >= kMaxTaskTriggers) return Error{Errc::limit, "task triggers"};
      HOZEN_TRY(const auto magic, number("task trigger"));
      TaskTrigger trigger;
      HOZEN_CHECK(read_trigger(magic, trigger));
      result.triggers.push_back(std::move(trigger));
    }
    return {};
  }

  Result<void> read_trigger(std::uint32_t magic, TaskTrigger& trigger) {
    switch (magic) {
      case kTime:
        return read_schedule(trigger);
      case kWnf:
        trigger.kind = "WnfStateChangeTrigger";
        HOZEN_CHECK(read_generic(trigger));
        return read_state(trigger);
      case kSession:
        trigger.kind = "SessionStateChangeTrigger";
        HOZEN_CHECK(read_generic(trigger));
        return read_session(trigger);
      case kLogon:
        trigger.kind = "LogonTrigger";
        HOZEN_CHECK(read_generic(trigger));
        return read_user(trigger);
      case kEvent:
        trigger.kind = "EventTrigger";
        HOZEN_CHECK(read_generic(trigger));
        return read_event(trigger);
      case kRegistration:
        trigger.kind = "RegistrationTrigger";
        return read_generic(trigger);
      case kIdle:
        trigger.kind = "IdleTrigger";
        return read_generic(trigger);
      case kBoot:
        trigger.kind = "BootTrigger";
        return read_generic(trigger);
      default:
        return Error{Errc::malformed, "task trigger kind", cursor_.position(), hex(magic)};
    }
  }

  Result<void> read_generic(TaskTrigger& trigger) {
    HOZEN_TRY(trigger.start, time("task trigger start"));
    HOZEN_TRY(trigger.end, time("task trigger end"));
    HOZEN_TRY(const auto bytes, cursor_.take(24, "task trigger"));
    HOZEN_TRY(const auto fields, bytes.fixed<24>(0, "task trigger"));
    trigger.delay_s = seconds(fields.u32<0>());
    trigger.execution_time_limit_s = seconds(fields.u32<4>());
    trigger.repetition_interval_s = seconds(fields.u32<8>());
    trigger.repetition_duration_s = seconds(fields.u32<12>());
    trigger.stop_at_duration_end = fields.u8<20>() != 0;
    HOZEN_TRY(const auto enabled, byte("task trigger switch"));
    trigger.enabled = enabled != 0;
    HOZEN_TRY([[maybe_unused]] const auto unknown, cursor_.take(8, "task trigger"));
    return read_id(trigger);
  }

  /// Byte length and text, filled up together.
  Result<void> read_id(TaskTrigger& trigger) {
    if (version_ < kWithIds) return {};
    HOZEN_TRY(const auto size, cursor_.u32("task trigger id"));
    HOZEN_TRY(const auto bytes, cursor_.take(size, "task trigger id"));
    trigger.id = wtf8_from_utf16le(bytes, true);
    return align();
  }

  Result<void> read_state(TaskTrigger& trigger) {
    HOZEN_TRY(const auto name, cursor_.u64("task trigger state"));
    trigger.state_name = hex(name);
    HOZEN_TRY([[maybe_unused]] const auto data, block("task trigger state data"));
    return {};
  }

  Result<void> read_user(TaskTrigger& trigger) {
    HOZEN_TRY(UserInfo who, user());
    trigger.user = who.name.empty() ? std::move(who.sid) : std::move(who.name);
    return {};
  }

  Result<void> read_session(TaskTrigger& trigger) {
    constexpr std::array<std::string_view, 9> kChanges{"",
                                                       "ConsoleConnect",
                                                       "ConsoleDisconnect",
                                                       "RemoteConnect",
                                                       "RemoteDisconnect",
                                                       "SessionLock",
                                                       "SessionUnlock",
                                                       "SessionLock",
                                                       "SessionUnlock"};
    HOZEN_TRY(const auto state, number("task trigger session change"));
    trigger.state_change = state > 0 && state < kChanges.size() ? kChanges[state] : hex(state);
    return read_user(trigger);
  }

  Result<void> read_event(TaskTrigger& trigger) {
    HOZEN_TRY(trigger.subscription, counted_text("task trigger subscription"));
    HOZEN_TRY([[maybe_unused]] const auto unknown, cursor_.take(8, "task trigger event"));
    HOZEN_TRY([[maybe_unused]] const auto more, counted_text("task trigger event"));
    HOZEN_TRY(const auto count, number("task trigger queries"));
    for (std::uint32_t i = 0; i < count; ++i) {
      if (i >= kMaxTaskTriggers) return Error{Errc::limit, "task trigger queries"};
      HOZEN_TRY(auto name, counted_text("task trigger query"));
      HOZEN_TRY(auto value, counted_text("task trigger query"));
      trigger.value_queries.emplace_back(std::move(name), std::move(value));
    }
    return {};
  }

  Result<void> read_schedule(TaskTrigger& trigger) {
    HOZEN_TRY(trigger.start, time("task schedule start"));
    HOZEN_TRY(trigger.end, time("task schedule end"));
    HOZEN_TRY([[maybe_unused]] const auto unknown, time("task schedule"));
    HOZEN_TRY(const auto bytes, cursor_.take(40, "task schedule"));
    HOZEN_TRY(const auto fields, bytes.fixed<40>(0, "task schedule"));
    trigger.repetition_interval_s = seconds(fields.u32<0>());
    trigger.repetition_duration_s = seconds(fields.u32<4>());
    trigger.execution_time_limit_s = seconds(fields.u32<8>());
    trigger.stop_at_duration_end = fields.u8<24>() != 0;
    trigger.enabled = fields.u8<25>() != 0;
    trigger.random_delay_s = seconds(fields.u32<32>());
    const std::uint32_t mode = fields.u32<12>();
    trigger.kind = mode == 0 ? "TimeTrigger" : "CalendarTrigger";
    trigger.schedule = schedule_text(mode, fields.u16<16>(), fields.u16<18>(), fields.u16<20>());
    return read_id(trigger);
  }

  static std::string schedule_text(std::uint32_t mode, std::uint16_t first, std::uint16_t second,
                                   std::uint16_t third) {
    switch (mode) {
      case 0:
        return {};
      case 1:
        return "ScheduleByDay DaysInterval=" + std::to_string(first);
      case 2:
        return "ScheduleByWeek WeeksInterval=" + std::to_string(first) +
               " DaysOfWeek=" + hex(second);
      case 3:
        return "ScheduleByMonth DaysOfMonth=" + hex(first | std::uint32_t{second} << 16) +
               " Months=" + hex(third);
      case 4:
        return "ScheduleByMonthDayOfWeek DaysOfWeek=" + hex(first) + " Weeks=" + hex(second) +
               " Months=" + hex(third);
      default:
        return "mode " + std::to_string(mode);
    }
  }

  Cursor cursor_;
  std::uint8_t version_ = 0;
};

}  // namespace

std::string_view CachedTriggers::logon_type() const {
  if (has(task_flag::kS4u)) return "S4U";
  if (has(task_flag::kInteractiveToken)) return "InteractiveToken";
  if (has(task_flag::kPassword)) return "Password";
  if (has(task_flag::kInteractiveOrPassword)) return "InteractiveTokenOrPassword";
  return {};
}

Result<CachedTriggers> parse_cached_triggers(Bytes value) { return TriggersReader{value}.read(); }

}  // namespace hozen
