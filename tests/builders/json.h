// Reads JSON that tests look into. Parsing is compiled once, here: the templates of the library are
// large.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace hozen::test {

/// Keeps the order of members.
using Json = nlohmann::ordered_json;

/// Throws for text that is no JSON, which fails the test.
Json parse_json(std::string_view text);
/// One value for each line.
std::vector<Json> parse_json_lines(std::string_view text);
std::string dumped(const Json& value, int indent = -1);  ///< indent -1: one line

}  // namespace hozen::test
