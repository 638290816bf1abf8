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

void Cell::text(std::string_view wtf8) {
  if (append_json_string(json_, wtf8)) return;
  open_companion("_utf16");
  append_json_utf16_hex(json_, wtf8);
}

void Cell::optional_text(const std::optional<std::string>& value, Absent otherwise) {
  if (value) {
    text(*value);
  } else {
    absent(otherwise);
  }
}

void Cell::texts(std::span<const std::string> values) {
  bool exact = true;
  json_ += '[';
  for (const auto& value : values) {
    if (json_.back() != '[') json_ += ',';
    exact = append_json_string(json_, value) && exact;
  }
  json_ += ']';
  if (exact) return;
  open_companion("_utf16");
  json_ += '[';
  for (const auto& value : values) {
    if (json_.back() != '[') json_ += ',';
    append_json_utf16_hex(json_, value);
  }
  json_ += ']';
}

void Cell::open_companion(std::string_view suffix) {
  json_ += ",\"";
  json_ += column_;
  json_ += suffix;
  json_ += "\":";
}

}  // namespace hozen
