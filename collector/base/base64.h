// Base64 as commands and scripts hold it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hozen {

/// Bytes of base64 text, blanks and quotes left out, up to its first '='; nothing when another
/// character stands in it. Source: RFC 4648, section 4.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace hozen
