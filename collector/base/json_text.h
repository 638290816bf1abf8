// The one place that turns values into JSON text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "collector/base/filetime.h"

namespace hozen {

/// Appends `wtf8` as a quoted JSON string: control characters escaped, U+FFFD for each lone surrogate
/// or byte that is not WTF-8. Returns false when something had to be replaced, so that the caller adds the exact form.
bool append_json_string(std::string& out, std::string_view wtf8);
void append_json_number(std::string& out, std::uint64_t value);
void append_json_number(std::string& out, std::int64_t value);
/// ISO 8601 with seven decimals in quotes; null when unset.
void append_json_time(std::string& out, FileTime value);
/// Lower-case hex in quotes.
void append_json_hex(std::string& out, std::span<const std::byte> value);
/// The exact UTF-16LE units of `wtf8` as hex in quotes: what `<column>_utf16` holds.
void append_json_utf16_hex(std::string& out, std::string_view wtf8);

}  // namespace hozen
