#include "collector/engine/timeline_message.h"

#include <algorithm>
#include <cstddef>

#include "collector/engine/json_scan.h"

namespace hozen {
namespace {

using ValueOf = FunctionRef<std::string_view(std::string_view)>;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; }

/// The escape or character that begins a text.
std::string_view first_unit(std::string_view content) {
  std::size_t end = 1;
  if (content.front() == '\\') {
    end = content.size() > 1 && content[1] == 'u' ? std::size_t{6} : std::size_t{2};
  } else {
    while (end < content.size() && is_continuation(content[end])) ++end;
  }
  return content.substr(0, end);
}

/// Appends the content of a JSON string up to `room` bytes, no escape and no character cut in two.
/// Line ends and tabs become one space.
void append_content(std::string& out, std::string_view content, std::size_t room) {
  if (content.size() <= room && content.find('\\') == content.npos) {
    out += content;
    return;
  }
  const std::size_t start = out.size();
  while (!content.empty()) {
    std::string_view unit = first_unit(content);
    content.remove_prefix(unit.size());
    if (unit == "\\r" || unit == "\\n" || unit == "\\t") {
      if (out.size() > start && out.back() == ' ') continue;
      unit = " ";
    }
    if (out.size() - start + unit.size() > room) {
      out += "...";
      return;
    }
    out += unit;
  }
}

/// {"a":"b","c":[1]} as a=b, c=[1].
void append_nested(std::string& out, std::string_view json) {
  const std::size_t limit = out.size() + kMaxMessageValue;
  json.remove_prefix(1);
  if (!json.empty()) json.remove_suffix(1);
  for (std::size_t at = 0; at < json.size();) {
    if (out.size() >= limit) {
      out += "...";
      return;
    }
    const char c = json[at];
    if (c == '"') {
      const std::size_t end = skip_json_string(json, at);
      append_content(out, json_string_content(json.substr(at, end - at)), limit - out.size());
      at = end;
      continue;
    }
    ++at;
    if (c == ',')
      out += ", ";
    else if (c == ':')
      out += '=';
    else if (static_cast<unsigned char>(c) >= ' ' && c != '\\')
      out += c;
  }
}

void append_value(std::string& out, std::string_view json) {
  if (json.empty() || json == "null") return;
  if (json.front() == '"') return append_content(out, json_string_content(json), kMaxMessageValue);
  if (json.front() == '{' || json.front() == '[') return append_nested(out, json);
  append_content(out, json, kMaxMessageValue);
}

/// The first of `a|b|c` that has a value.
void append_column(std::string& out, std::string_view columns, ValueOf value_of) {
  const std::size_t before = out.size();
  while (!columns.empty() && out.size() == before) {
    const std::size_t bar = std::min(columns.find('|'), columns.size());
    append_value(out, value_of(columns.substr(0, bar)));
    columns.remove_prefix(std::min(bar + 1, columns.size()));
  }
}

/// Words without brackets. False when a column had no value.
bool append_words(std::string& out, std::string_view words, ValueOf value_of) {
  bool all = true;
  while (!words.empty()) {
    const std::size_t open = std::min(words.find('{'), words.size());
    out += words.substr(0, open);
    words.remove_prefix(open);
    if (words.empty()) break;
    const std::size_t close = std::min(words.find('}'), words.size());
    const std::size_t before = out.size();
    append_column(out, words.substr(1, close - 1), value_of);
    all = all && out.size() != before;
    words.remove_prefix(std::min(close + 1, words.size()));
  }
  return all;
}

/// What stands in brackets: left out when it lacks a value, or its condition does not hold.
void append_group(std::string& out, std::string_view words, ValueOf value_of) {
  if (const std::size_t colon = words.find(':'); words.starts_with('?') && colon != words.npos) {
    const std::string_view condition = words.substr(1, colon - 1);
    const std::size_t equals = std::min(condition.find('='), condition.size());
    const std::string_view wanted = condition.substr(std::min(equals + 1, condition.size()));
    if (value_of(condition.substr(0, equals)) != wanted) return;
    words.remove_prefix(colon + 1);
  }
  const std::size_t before = out.size();
  if (!append_words(out, words, value_of)) out.resize(before);
}

}  // namespace

void append_message(std::string& out, std::string_view words, ValueOf value_of) {
  const std::size_t start = out.size();
  while (!words.empty() && out.size() - start < kMaxMessageBytes) {
    const std::size_t open = std::min(words.find('['), words.size());
    append_words(out, words.substr(0, open), value_of);
    words.remove_prefix(open);
    if (words.empty()) break;
    const std::size_t close = std::min(words.find(']'), words.size());
    append_group(out, words.substr(1, close - 1), value_of);
    words.remove_prefix(std::min(close + 1, words.size()));
  }
}

bool each_message_column(std::string_view words, FunctionRef<void(std::string_view)> column) {
  for (std::size_t at = 0; (at = words.find_first_of("[]{}", at)) != words.npos;) {
    const char open = words[at];
    if (open != '{' && open != '[') return false;
    const std::size_t end = words.find(open == '{' ? '}' : ']', at);
    if (end == words.npos) return false;
    std::string_view inner = words.substr(at + 1, end - at - 1);
    at = end + 1;
    if (open == '[') {
      if (inner.starts_with('?')) {
        column(inner.substr(1, std::min(inner.find('='), inner.size()) - 1));
        inner.remove_prefix(std::min(inner.find(':'), inner.size()));
      }
      if (inner.find('[') != inner.npos || !each_message_column(inner, column)) return false;
      continue;
    }
    while (!inner.empty()) {
      const std::size_t bar = std::min(inner.find('|'), inner.size());
      column(inner.substr(0, bar));
      inner.remove_prefix(std::min(bar + 1, inner.size()));
    }
  }
  return true;
}

}  // namespace hozen
