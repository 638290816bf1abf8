#include "collector/engine/json_read.h"

#include <algorithm>
#include <charconv>

namespace hozen {

Json parse_json(std::string_view text, const Json::parser_callback_t& filter) {
  return Json::parse(text, filter, false);
}

std::string indented_json(const Json& value) { return value.dump(2); }

const Json* json_member(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto at = object.find(name);
  return at == object.end() ? nullptr : &*at;
}

std::string json_text(const Json& object, const char* name) {
  const Json* value = json_member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string{};
}

std::optional<std::uint64_t> json_number(const Json& object, const char* name) {
  const Json* value = json_member(object, name);
  if (value == nullptr || !value->is_number_unsigned()) return std::nullopt;
  return value->get<std::uint64_t>();
}

FileTime json_time(const Json& object, const char* name) {
  return parse_iso8601(json_text(object, name)).value_or(FileTime{});
}

std::optional<std::vector<std::byte>> json_bytes(const Json& object, const char* name) {
  const Json* value = json_member(object, name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const std::string hex = value->get<std::string>();
  if (hex.size() % 2 != 0) return std::nullopt;
  std::vector<std::byte> bytes(hex.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char* const from = hex.data() + 2 * i;
    std::uint8_t octet = 0;
    const auto [end, error] = std::from_chars(from, from + 2, octet, 16);
    if (error != std::errc{} || end != from + 2) return std::nullopt;
    bytes[i] = std::byte{octet};
  }
  return bytes;
}

std::optional<Sha256Digest> json_sha256(const Json& object, const char* name) {
  const auto bytes = json_bytes(object, name);
  Sha256Digest digest{};
  if (!bytes || bytes->size() != digest.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

std::vector<std::string> json_texts(const Json& object, const char* name) {
  std::vector<std::string> texts;
  if (const Json* list = json_member(object, name); list != nullptr && list->is_array())
    for (const Json& value : *list)
      if (value.is_string()) texts.push_back(value.get<std::string>());
  return texts;
}

}  // namespace hozen
