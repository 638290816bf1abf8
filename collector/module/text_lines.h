// Text files of evidence, line by line.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "collector/base/function_ref.h"

namespace hozen {

/// Lines of one file after which the rest is left out.
constexpr std::uint32_t kMaxTextLines = 1'000'000;

/// UTF-16 by its mark or by NULs in every second byte of its beginning, else UTF-8, else the code
/// page of the system (ansi_text.h).
std::string decode_text_file(std::span<const std::byte> content);

/// Calls `visit` with each line, without its end, and its number from 1, until it returns false.
/// False when there were more than kMaxTextLines.
bool each_text_line(std::string_view text,
                    FunctionRef<bool(std::string_view line, std::uint32_t number)> visit);

}  // namespace hozen
