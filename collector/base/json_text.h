// The one place that turns values into JSON text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "collector/base/bytes.h"
#include "collector/base/filetime.h"

namespace hozen {

/// Appends `wtf8` as a quoted JSON string: control characters escaped, U+FFFD for each lone
/// surrogate or byte that is not WTF-8. Returns false when something had to be replaced, so that
/// the caller adds the exact form.
bool append_json_string(std::string& out, std::string_view wtf8);
/// The longest text that write_json_short() takes.
constexpr std::size_t kJsonShortBytes = 250;
/// The most that it writes of `bytes`, with what it may write beyond the end that it returns.
constexpr std::size_t json_short_bytes(std::size_t bytes) { return 2 * bytes + 2 + 8; }
/// append_json_string of names and paths, by the million: to `out`, which has room for
/// json_short_bytes(). Returns the end; nullptr for a text that is longer or in which more must be
/// escaped than backslashes, of which nothing counts then.
char* write_json_short(char* out, std::string_view text);
/// What append_json_utf16le took.
struct JsonUtf16 {
  std::size_t units = 0;  ///< before the NUL, or all
  bool exact = true;      ///< false: a lone surrogate was replaced, as append_json_string does
};
/// append_json_string over UTF-16LE bytes in one pass. An odd last byte is dropped; with
/// `until_nul` it stops before the first NUL.
JsonUtf16 append_json_utf16le(std::string& out, Bytes text, bool until_nul);
/// The most that write_json_utf16le writes for `units` UTF-16 units.
constexpr std::size_t json_utf16_bytes(std::size_t units) { return 6 * units + 2; }
/// append_json_utf16le of all units, for text by the million: to `out`, which has room for
/// json_utf16_bytes(). Returns the end; `exact` becomes false when a lone surrogate was replaced.
char* write_json_utf16le(char* out, Bytes text, bool& exact);
void append_json_number(std::string& out, std::uint64_t value);
void append_json_number(std::string& out, std::int64_t value);
/// ISO 8601 with seven decimals in quotes; null when unset.
void append_json_time(std::string& out, FileTime value);
/// Lower-case hex in quotes.
void append_json_hex(std::string& out, std::span<const std::byte> value);
/// The exact UTF-16LE units of `wtf8` as hex in quotes: what `<column>_utf16` holds.
void append_json_utf16_hex(std::string& out, std::string_view wtf8);

}  // namespace hozen
