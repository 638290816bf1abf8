// Texts in Base64 within addresses of requests.
#pragma once

#include <string>
#include <string_view>

namespace hozen::coded_text {

/// The readable text that a parameter's value is in Base64 (RFC 4648, also that for addresses), ""
/// for others: tokens are of random bytes.
std::string readable(std::string_view value);

/// The same of a value as it stands in an address, %HH and all.
std::string readable_parameter(std::string_view value);

/// Whether a text has what commands have: a blank, a slash or a backslash.
bool may_be_command(std::string_view text);
/// Whether it is more than the path, the address or the object that pages hand each other so.
bool is_no_address(std::string_view text);
/// Whether it is a command of the system, or a piece of a program that scripts run.
bool is_command(std::string_view text);

/// Whether a value is so long and of such characters that it may be anything, coded or encrypted.
bool is_long_code(std::string_view value);

/// Calls back with the name and the value of each parameter of a query, as they stand there, until
/// a call returns true; whether one did.
template <class Visit>
bool any_value(std::string_view query, Visit visit) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view one = query.substr(0, end);
    const std::size_t equal = one.find('=');
    if (equal != one.npos && visit(one.substr(0, equal), one.substr(equal + 1))) return true;
    query = end == query.npos ? std::string_view{} : query.substr(end + 1);
  }
  return false;
}

}  // namespace hozen::coded_text
