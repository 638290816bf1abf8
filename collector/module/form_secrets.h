// Passwords, keys and tickets that are known by the form of the command around them, for
// passwords.cpp: of Kerberos tools, curl, FTP, shells and packers that are handed them from
// outside.
#pragma once

#include <string>
#include <string_view>

namespace hozen {

/// `text` without them. Linear but for variables, of which some few are followed.
std::string without_form_secrets(std::string_view text);

}  // namespace hozen
