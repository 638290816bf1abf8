// Sizes as people write and read them: "512 MiB".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hozen {

/// "512 MiB", "512M" (both 2^20), "10 MB" (10^6), "4096": a whole number and at most one unit,
/// case-insensitive. Nothing for other text, and for what does not fit 63 bits.
std::optional<std::uint64_t> parse_byte_size(std::string_view text);

/// "1.4 GiB", "812 bytes": for people, not exact.
std::string byte_size_text(std::uint64_t bytes);

}  // namespace hozen
