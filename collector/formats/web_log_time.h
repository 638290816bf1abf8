// Times as logs of web servers and proxies write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "collector/base/filetime.h"

namespace hozen::web_log {

/// What says how the time of a line relates to UTC.
enum class Zone : std::uint8_t {
  none,           ///< there is no time
  utc,            ///< the format: it is UTC
  in_line,        ///< the line has the offset
  assumed_local,  ///< nothing: taken as the local time that the reader was told, else as UTC
};
std::string_view to_text(Zone zone);

struct Stamp {
  FileTime time{};
  bool has_offset = false;  ///< `time` is UTC; else it is as written
};

/// "10/Oct/2000:13:55:36 -0700" as Apache, nginx and Squid write it, also without the offset or
/// with "GMT" in its place.
std::optional<Stamp> parse_clf_time(std::string_view text);
/// A date as "2024-03-01" or "2024/03/01" and a time of day as "12:00:00" with up to 7 decimals or
/// more.
std::optional<FileTime> parse_day_and_time(std::string_view day, std::string_view time);
/// "2024-03-01T12:00:00.000Z", also with a space for T, without Z, or with "+09:00" for it.
std::optional<Stamp> parse_iso_time(std::string_view text);
/// Seconds since 1970 with decimals: "1286536309.450".
std::optional<FileTime> parse_epoch(std::string_view text);
/// `time` as written, that is `offset_minutes` ahead of UTC.
FileTime to_utc(FileTime time, int offset_minutes);

}  // namespace hozen::web_log
