// The one time type: 100 ns ticks since 1601, as Windows stores it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hozen {

/// An instant as Windows stores it: 100 ns ticks since 1601-01-01T00:00:00Z (MS-DTYP 2.3.3).
/// Kept as the raw count from the evidence to the bundle; never rounded, never local time.
struct FileTime {
  std::uint64_t ticks = 0;

  /// Zero and 0x7FFFFFFFFFFFFFFF both mean "no time" in Windows structures.
  constexpr bool is_set() const { return ticks != 0 && ticks != 0x7FFF'FFFF'FFFF'FFFFu; }
  /// "2026-11-22T01:44:39.1234567Z"; years past 9999 are printed with all their digits.
  std::string iso8601() const;
  /// Appends iso8601() to `out` without allocating for the text itself.
  void append_iso8601(std::string& out) const;
  /// The longest that it can be.
  static constexpr std::size_t kIsoBytes = 29;
  /// Writes iso8601() to `out`, which has room for kIsoBytes; returns its end.
  char* write_iso8601(char* out) const;
  friend constexpr auto operator<=>(FileTime, FileTime) = default;
};

constexpr std::uint64_t kTicksPerSecond = 10'000'000;
/// Seconds from 1601-01-01 to 1970-01-01.
constexpr std::int64_t kUnixEpochSeconds = 11'644'473'600;

/// `seconds` and `nanoseconds` since 1970 as a FileTime; what lies before 1601 becomes 0.
/// Nanoseconds below 100 are lost.
FileTime filetime_from_unix(std::int64_t seconds, std::uint32_t nanoseconds);
/// A FAT date (years since 1980, month, day) and time (hours, minutes, two-second steps), taken as
/// UTC; nothing when a part is out of range or the date is 0.
std::optional<FileTime> filetime_from_fat(std::uint16_t date, std::uint16_t time);
/// The reverse of iso8601(), with 0 to 7 decimals; nothing when the text is not of that form.
std::optional<FileTime> parse_iso8601(std::string_view text);

}  // namespace hozen
