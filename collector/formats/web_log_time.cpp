#include "collector/formats/web_log_time.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace hozen::web_log {
namespace {

constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::int64_t kDaySeconds = 86'400;

/// All of `text` as a number of at most `digits` digits.
std::optional<std::uint32_t> number(std::string_view text, std::size_t digits) {
  if (text.empty() || text.size() > digits) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return value;
}

/// Days from 1970-01-01 in the Gregorian calendar; nothing for a day that there is not.
std::optional<std::int64_t> days_of(std::uint32_t year, std::uint32_t month, std::uint32_t day) {
  constexpr std::array<std::uint32_t, 12> kBefore{0,   31,  59,  90,  120, 151,
                                                  181, 212, 243, 273, 304, 334};
  constexpr std::array<std::uint32_t, 12> kLength{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 ||
      day > kLength.at(month - 1))
    return std::nullopt;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (month == 2 && day == 29 && !leap) return std::nullopt;
  const std::int64_t past = std::int64_t{year} - 1;
  constexpr std::int64_t kTo1970 = 719'162;  // days from 0001-01-01
  return past * 365 + past / 4 - past / 100 + past / 400 - kTo1970 + kBefore.at(month - 1) +
         (leap && month > 2 ? 1 : 0) + day - 1;
}

std::optional<std::uint32_t> ticks_of_decimals(std::string_view decimals) {
  std::uint32_t ticks = 0, unit = 1'000'000;
  for (const char c : decimals) {
    if (c < '0' || c > '9') return std::nullopt;
    ticks += static_cast<std::uint32_t>(c - '0') * unit;
    unit /= 10;
  }
  return ticks;
}

/// "13:55:36", with decimals; in ticks.
std::optional<std::int64_t> ticks_of_day(std::string_view text) {
  if (text.size() < 7) return std::nullopt;
  const std::size_t first = text.find(':'), second = text.find(':', first + 1);
  if (first == text.npos || second == text.npos) return std::nullopt;
  const std::size_t dot = std::min(text.find('.', second), text.size());
  const auto hours = number(text.substr(0, first), 2);
  const auto minutes = number(text.substr(first + 1, second - first - 1), 2);
  const auto seconds = number(text.substr(second + 1, dot - second - 1), 2);
  const auto rest = ticks_of_decimals(dot == text.size() ? "" : text.substr(dot + 1));
  // 60: a leap second.
  if (!hours || !minutes || !seconds || !rest || *hours > 23 || *minutes > 59 || *seconds > 60)
    return std::nullopt;
  return (std::int64_t{*hours} * 3600 + *minutes * 60 + *seconds) *
             static_cast<std::int64_t>(kTicksPerSecond) +
         *rest;
}

std::optional<FileTime> joined(std::optional<std::int64_t> days,
                               std::optional<std::int64_t> ticks) {
  if (!days || !ticks) return std::nullopt;
  const std::int64_t seconds = *days * kDaySeconds + kUnixEpochSeconds;
  return FileTime{
      static_cast<std::uint64_t>(seconds * static_cast<std::int64_t>(kTicksPerSecond) + *ticks)};
}

/// "+0900", "+09:00", "-0700", "Z", "GMT", "UTC"; in minutes.
std::optional<int> offset_of(std::string_view text) {
  if (text == "Z" || text == "GMT" || text == "UTC") return 0;
  if (text.size() < 5 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const auto hours = number(text.substr(1, 2), 2);
  const auto minutes = number(text.substr(text[3] == ':' ? 4 : 3), 2);
  if (!hours || !minutes || *hours > 14 || *minutes > 59) return std::nullopt;
  const int offset = static_cast<int>(*hours * 60 + *minutes);
  return text[0] == '-' ? -offset : offset;
}

/// `zone` may be empty.
std::optional<Stamp> with_zone(std::optional<FileTime> time, std::string_view zone) {
  if (!time) return std::nullopt;
  if (zone.empty()) return Stamp{*time, false};
  const auto offset = offset_of(zone);
  if (!offset) return std::nullopt;
  return Stamp{to_utc(*time, *offset), true};
}

}  // namespace

std::string_view to_text(Zone zone) {
  switch (zone) {
    case Zone::utc:
      return "utc";
    case Zone::in_line:
      return "in_line";
    case Zone::assumed_local:
      return "assumed_local";
    case Zone::none:
      break;
  }
  return "none";
}

FileTime to_utc(FileTime time, int offset_minutes) {
  const std::int64_t shift =
      std::int64_t{offset_minutes} * 60 * static_cast<std::int64_t>(kTicksPerSecond);
  const std::int64_t ticks = static_cast<std::int64_t>(time.ticks) - shift;
  return FileTime{ticks < 0 ? 0 : static_cast<std::uint64_t>(ticks)};
}

std::optional<Stamp> parse_clf_time(std::string_view text) {
  // dd/Mon/yyyy:HH:MM:SS zone; Blue Coat may write dd/MM/yyyy.
  const std::size_t first = text.find('/'), second = text.find('/', first + 1);
  if (first == text.npos || second == text.npos) return std::nullopt;
  const std::size_t colon = text.find(':', second);
  if (colon == text.npos) return std::nullopt;
  const std::string_view month_text = text.substr(first + 1, second - first - 1);
  auto month = number(month_text, 2);
  if (month_text.size() == 3) {
    const std::size_t at = kMonths.find(month_text);
    if (at == kMonths.npos || at % 3 != 0) return std::nullopt;
    month = static_cast<std::uint32_t>(at / 3 + 1);
  }
  const auto day = number(text.substr(0, first), 2);
  const auto year = number(text.substr(second + 1, colon - second - 1), 4);
  if (!day || !month || !year) return std::nullopt;
  const std::string_view rest = text.substr(colon + 1);
  const std::size_t space = std::min(rest.find(' '), rest.size());
  return with_zone(joined(days_of(*year, *month, *day), ticks_of_day(rest.substr(0, space))),
                   space == rest.size() ? std::string_view{} : rest.substr(space + 1));
}

std::optional<FileTime> parse_day_and_time(std::string_view day, std::string_view time) {
  if (day.size() != 10 || (day[4] != '-' && day[4] != '/') || day[7] != day[4]) return std::nullopt;
  const auto year = number(day.substr(0, 4), 4);
  const auto month = number(day.substr(5, 2), 2);
  const auto date = number(day.substr(8), 2);
  if (!year || !month || !date) return std::nullopt;
  return joined(days_of(*year, *month, *date), ticks_of_day(time));
}

std::optional<Stamp> parse_iso_time(std::string_view text) {
  if (text.size() < 19 || (text[10] != 'T' && text[10] != ' ')) return std::nullopt;
  const std::string_view time = text.substr(11);
  const std::size_t end = std::min(time.find_first_not_of("0123456789:.,"), time.size());
  return with_zone(parse_day_and_time(text.substr(0, 10), time.substr(0, end)), time.substr(end));
}

std::optional<FileTime> parse_epoch(std::string_view text) {
  const std::size_t dot = std::min(text.find('.'), text.size());
  constexpr std::size_t kMinDigits = 9, kMaxDigits = 10;  // 1973 to 2286
  if (dot < kMinDigits || dot > kMaxDigits) return std::nullopt;
  std::uint64_t seconds = 0;
  for (const char c : text.substr(0, dot)) {
    if (c < '0' || c > '9') return std::nullopt;
    seconds = seconds * 10 + static_cast<std::uint64_t>(c - '0');
  }
  const auto rest = ticks_of_decimals(dot == text.size() ? "" : text.substr(dot + 1));
  if (!rest) return std::nullopt;
  return FileTime{(seconds + static_cast<std::uint64_t>(kUnixEpochSeconds)) * kTicksPerSecond +
                  *rest};
}

}  // namespace hozen::web_log
