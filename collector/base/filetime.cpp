#include "collector/base/filetime.h"

#include <algorithm>
#include <array>
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

/// "00" to "99": times are written by the million.
constexpr auto kTwoDigits = [] {
  std::array<char, 200> digits{};
  for (std::size_t i = 0; i < 100; ++i) {
    digits[2 * i] = static_cast<char>('0' + i / 10);
    digits[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return digits;
}();

/// `value` below 100.
inline void put_two(char* out, std::uint32_t value) {
  out[0] = kTwoDigits[std::size_t{value} * 2];
  out[1] = kTwoDigits[std::size_t{value} * 2 + 1];
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

char* FileTime::write_iso8601(char* out) const {
  const std::uint64_t seconds = ticks / kTicksPerSecond;
  const auto fraction = static_cast<std::uint32_t>(ticks - seconds * kTicksPerSecond);
  const auto since_epoch = static_cast<std::uint32_t>(seconds / kSecondsPerDay);
  const auto second = static_cast<std::uint32_t>(seconds - since_epoch * kSecondsPerDay);
  const std::uint32_t days = since_epoch + static_cast<std::uint32_t>(kMarchEpochDays);

  // Civil date from a day count whose years begin in March, so that leap days come last.
  constexpr auto kEraDays = static_cast<std::uint32_t>(kDaysIn400Years);
  const std::uint32_t day_of_era = days % kEraDays;
  const std::uint32_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::uint32_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint32_t march_month = (5 * day_of_year + 2) / 153;
  const std::uint32_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  const std::uint32_t year = days / kEraDays * 400 + year_of_era + (month <= 2 ? 1 : 0);

  if (year > 9999) *out++ = static_cast<char>('0' + year / 10'000);
  constexpr std::string_view kForm = "YYYY-MM-DDTHH:MM:SS.fffffffZ";
  std::copy(kForm.begin(), kForm.end(), out);
  put_two(out, year / 100 % 100);
  put_two(out + 2, year % 100);
  put_two(out + 5, month);
  put_two(out + 8, day_of_year - (153 * march_month + 2) / 5 + 1);
  put_two(out + 11, second / 3600);
  put_two(out + 14, second / 60 % 60);
  put_two(out + 17, second % 60);
  put_two(out + 20, fraction / 100'000);
  put_two(out + 22, fraction / 1000 % 100);
  put_two(out + 24, fraction / 10 % 100);
  out[26] = static_cast<char>('0' + fraction % 10);
  return out + kForm.size();
}

void FileTime::append_iso8601(std::string& out) const {
  std::array<char, kIsoBytes> text;
  out.append(text.data(), static_cast<std::size_t>(write_iso8601(text.data()) - text.data()));
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
