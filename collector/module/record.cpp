#include "collector/module/record.h"

namespace hozen {

std::string_view to_text(Absent reason) {
  switch (reason) {
    case Absent::not_present:
      return "not_present";
    case Absent::unreadable:
      return "unreadable";
    case Absent::unparsable:
      return "unparsable";
    case Absent::not_applicable:
      return "not_applicable";
  }
  return "not_present";
}

void Cell::add_exact_text(std::string_view wtf8) {
  open_companion("_utf16");
  append_json_utf16_hex(row_.line(), wtf8);
}

void Cell::optional_text(const std::optional<std::string>& value, Absent otherwise) {
  if (value) {
    text(*value);
  } else {
    absent(otherwise);
  }
}

void Cell::texts(std::span<const std::string> values) {
  if (values.empty()) return row_.put("[]");
  bool exact = true;
  std::string& json = row_.line();
  json += '[';
  for (const auto& value : values) {
    if (json.back() != '[') json += ',';
    exact = append_json_string(json, value) && exact;
  }
  json += ']';
  if (exact) return;
  open_companion("_utf16");
  json += '[';
  for (const auto& value : values) {
    if (json.back() != '[') json += ',';
    append_json_utf16_hex(json, value);
  }
  json += ']';
}

void Cell::open_companion(std::string_view suffix) {
  std::string& json = row_.line();
  json += ",\"";
  json += column_;
  json += suffix;
  json += "\":";
}

}  // namespace hozen
