// Members of parsed JSON by name and type; what is absent or of another type is nothing.
// For configuration-size JSON and single lines.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/filetime.h"
#include "collector/base/hash.h"

namespace hozen {

/// Keeps the order of members.
using Json = nlohmann::ordered_json;

/// Discarded (no object, no array, nothing) where the text is no JSON, or none that this program
/// writes: more than 32 levels, 1,000 members of one object, 2^20 values, 2^16 objects.
Json parse_json(std::string_view text);
/// `filter` sees each value as it ends and says whether it is kept. Elements of the array
/// `streamed` of the outermost object may be any number, which it should not keep.
Json parse_json(std::string_view text, std::string_view streamed,
                const Json::parser_callback_t& filter);
std::string indented_json(const Json& value);
const Json* json_member(const Json& object, const char* name);  ///< nullptr when absent
std::string json_text(const Json& object, const char* name);    ///< "" when absent
std::optional<std::uint64_t> json_number(const Json& object, const char* name);
FileTime json_time(const Json& object, const char* name);  ///< ISO 8601; unset when absent
std::optional<std::vector<std::byte>> json_bytes(const Json& object, const char* name);  ///< hex
std::optional<Sha256Digest> json_sha256(const Json& object, const char* name);
std::vector<std::string> json_texts(const Json& object, const char* name);

}  // namespace hozen
