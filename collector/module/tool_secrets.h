// Keys, tokens and passwords of single tools, for passwords.cpp: headers of requests, parameters of
// addresses, options that one tool has.
#pragma once

#include <string>
#include <string_view>

namespace hozen {

/// `text` without them. Linear but for variables of PowerShell, of which some few are followed.
std::string without_tool_secrets(std::string_view text);

}  // namespace hozen
