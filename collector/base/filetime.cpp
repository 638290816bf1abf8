#include "collector/base/filetime.h"

#include <charconv>
#include <limits>

namespace hozen {
namespace {

constexpr std::uint64_t kSecondsPerDay = 86'400;
constexpr std::uint64_t kDaysIn400Years = 146'097;
/// Days from 0000-03-01 (of the proleptic Gregorian calendar) to 1601-01-01.
constexpr std::uint64_t kMarchEpochDays = 584'694;

/// Days since 1601-01-01 of a date; `year` counts from 0, and the date is not before 1601.
constexpr std::uint64_t days_from_date(std::uint64_t year, unsigned month, unsigned day) {
  if (month <= 2) --year;
  const std::uint64_t year_of_era = year % 400;
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return year / 400 * kDaysIn400Years + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
         day_of_year - kMarchEpochDays;
}
static_assert(days_from_date(1601, 1, 1) == 0);
static_assert(days_from_date(1970, 1, 1) * kSecondsPerDay == kUnixEpochSeconds);

constexpr bool is_leap(std::uint64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

constexpr unsigned days_in_month(std::uint64_t year, unsigned month) {
  constexpr unsigned char kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[month - 1];
}

void put_digits(char* out, std::uint64_t value, std::size_t digits) {
  for (std::size_t i = digits; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

/// Reads numbers and separators front to back; once something does not fit, all is failed.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_{text} {}
  bool failed() const { return failed_; }
  bool at_end() const { return at_ == text_.size(); }
  bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
  void expect(char c) {
    if (!next_is(c)) {
      failed_ = true;
    } else {
      ++at_;
    }
  }
  /// A number of `min` to `max` digits; `digits` receives how many there were.
  std::uint64_t number(std::size_t min, std::size_t max, std::size_t* digits = nullptr) {
    const std::size_t from = at_;
    std::uint64_t value = 0;
    while (at_ < text_.size() && at_ - from < max && text_[at_] >= '0' && text_[at_] <= '9')
      value = value * 10 + static_cast<std::uint64_t>(text_[at_++] - '0');
    if (at_ - from < min) failed_ = true;
    if (digits != nullptr) *digits = at_ - from;
    return value;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace

void FileTime::append_iso8601(std::string& out) const {
  const std::uint64_t seconds = ticks / kTicksPerSecond;
  const std::uint64_t days = seconds / kSecondsPerDay + kMarchEpochDays;
  const std::uint64_t second_of_day = seconds % kSecondsPerDay;

  // Civil date from a day count whose years begin in March, so that leap days come last.
  const std::uint64_t day_of_era = days % kDaysIn400Years;
  const std::uint64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::uint64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint64_t march_month = (5 * day_of_year + 2) / 153;
  const std::uint64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  const std::uint64_t year = days / kDaysIn400Years * 400 + year_of_era + (month <= 2 ? 1 : 0);

  char buffer[] = "YYYYY-MM-DDTHH:MM:SS.fffffffZ";
  const std::size_t year_digits = year > 9999 ? 5 : 4;
  put_digits(buffer, year, 5);
  put_digits(buffer + 6, month, 2);
  put_digits(buffer + 9, day_of_year - (153 * march_month + 2) / 5 + 1, 2);
  put_digits(buffer + 12, second_of_day / 3600, 2);
  put_digits(buffer + 15, second_of_day / 60 % 60, 2);
  put_digits(buffer + 18, second_of_day % 60, 2);
  put_digits(buffer + 21, ticks % kTicksPerSecond, 7);
  out.append(buffer + (5 - year_digits), sizeof buffer - 1 - (5 - year_digits));
}

std::string FileTime::iso8601() const {
  std::string out;
  append_iso8601(out);
  return out;
}

FileTime filetime_from_unix(std::int64_t seconds, std::uint32_t nanoseconds) {
  constexpr auto kMost =
      static_cast<std::int64_t>(std::numeric_limits<std::uint64_t>::max() / kTicksPerSecond);
  if (seconds > kMost) return FileTime{~std::uint64_t{0}};
  seconds += nanoseconds / 1'000'000'000u;
  if (seconds < -kUnixEpochSeconds) return FileTime{0};
  if (seconds >= kMost - kUnixEpochSeconds) return FileTime{~std::uint64_t{0}};
  return FileTime{static_cast<std::uint64_t>(seconds + kUnixEpochSeconds) * kTicksPerSecond +
                  nanoseconds % 1'000'000'000u / 100};
}

std::optional<FileTime> filetime_from_fat(std::uint16_t date, std::uint16_t time) {
  const unsigned year = 1980u + (date >> 9), month = date >> 5 & 15u, day = date & 31u;
  const unsigned hour = time >> 11, minute = time >> 5 & 63u, second = (time & 31u) * 2;
  if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
      minute > 59 || second > 59)
    return std::nullopt;
  const std::uint64_t seconds =
      days_from_date(year, month, day) * kSecondsPerDay + hour * 3600 + minute * 60 + second;
  return FileTime{seconds * kTicksPerSecond};
}

std::optional<FileTime> parse_iso8601(std::string_view text) {
  Scanner scan{text};
  const std::uint64_t year = scan.number(4, 5);
  scan.expect('-');
  const std::uint64_t month = scan.number(2, 2);
  scan.expect('-');
  const std::uint64_t day = scan.number(2, 2);
  scan.expect('T');
  const std::uint64_t hour = scan.number(2, 2);
  scan.expect(':');
  const std::uint64_t minute = scan.number(2, 2);
  scan.expect(':');
  const std::uint64_t second = scan.number(2, 2);
  std::uint64_t fraction = 0;
  if (scan.next_is('.')) {
    scan.expect('.');
    std::size_t digits = 0;
    fraction = scan.number(1, 7, &digits);
    for (; digits < 7; ++digits) fraction *= 10;
  }
  scan.expect('Z');
  if (scan.failed() || !scan.at_end()) return std::nullopt;
  if (year < 1601 || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59 ||
      day < 1 || day > days_in_month(year, static_cast<unsigned>(month)))
    return std::nullopt;
  const std::uint64_t seconds =
      days_from_date(year, static_cast<unsigned>(month), static_cast<unsigned>(day)) *
          kSecondsPerDay +
      hour * 3600 + minute * 60 + second;
  if (seconds > (~std::uint64_t{0} - fraction) / kTicksPerSecond) return std::nullopt;
  return FileTime{seconds * kTicksPerSecond + fraction};
}

}  // namespace hozen
