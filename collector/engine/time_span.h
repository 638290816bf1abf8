// Time spans as people write and read them: "30m".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hozen {

/// "90", "90s", "30m", "2h", "1d": a whole number of seconds, or with a unit, case-insensitive. In
/// ticks of 100 ns; nothing for other text and for more than a year.
std::optional<std::uint64_t> parse_time_span(std::string_view text);

/// "30 min", "1 h 5 min", "0.5 s": for people.
std::string time_span_text(std::uint64_t ticks);

}  // namespace hozen
