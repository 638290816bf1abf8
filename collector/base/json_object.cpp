#include "collector/base/json_object.h"

#include "collector/base/json_text.h"

namespace hozen {

std::string& JsonObject::key(std::string_view name) {
  if (!first_) out_ += ',';
  first_ = false;
  append_json_string(out_, name);
  out_ += ':';
  return out_;
}

void JsonObject::text(std::string_view name, std::string_view wtf8) {
  if (wtf8.empty()) return;
  if (append_json_string(key(name), wtf8)) return;
  append_json_utf16_hex(key(std::string{name} + "_utf16"), wtf8);
}

void JsonObject::number(std::string_view name, const std::optional<std::uint64_t>& value) {
  if (value) append_json_number(key(name), *value);
}

void JsonObject::boolean(std::string_view name, const std::optional<bool>& value) {
  if (value) key(name) += *value ? "true" : "false";
}

void JsonObject::time(std::string_view name, FileTime value) {
  if (value.is_set()) append_json_time(key(name), value);
}

void JsonObject::bytes(std::string_view name, std::span<const std::byte> value) {
  if (!value.empty()) append_json_hex(key(name), value);
}

void JsonObject::texts(std::string_view name, std::span<const std::string> values) {
  list(name, values, [this](const std::string& value) { append_json_string(out_, value); });
}

}  // namespace hozen
