// Times of log files that are written as the clock on the wall shows them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "collector/module/module.h"

namespace hozen {

/// A date and time without a time zone.
struct LocalTime {
  std::uint32_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;

  /// "2020-09-14 12:33:07".
  std::string text() const;
};

/// Minutes from local time to UTC (UTC = local + minutes) as each installation had them last:
/// TimeZoneInformation\ActiveTimeBias. Nothing for one where that is not known.
std::vector<std::optional<std::int64_t>> time_biases(ModuleContext& context);

/// Nothing for a date that there is not.
std::optional<FileTime> utc_of(const LocalTime& local, std::int64_t bias_minutes);

/// The year of a date whose log tells none: the last one in which it is not after the log's last
/// change (a day is allowed for time zones). 0 where the change is not known.
std::uint32_t year_before(const LocalTime& local, FileTime last_change);

}  // namespace hozen
