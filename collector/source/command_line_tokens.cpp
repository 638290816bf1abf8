#include "collector/source/command_line_tokens.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/source/command_line.h"

namespace hozen {
namespace {

constexpr std::string_view kDashes[] = {"-", "/", "\u2013", "\u2014", "\u2015"};

/// Reads one argument from `at` on and moves behind it.
Argument read_argument(std::string_view text, std::size_t& at) {
  Argument argument;
  argument.begin = at;
  argument.quoted = text[at] == '"';
  bool in_quotes = false;
  while (at < text.size()) {
    const std::size_t run_end = std::min(text.find_first_not_of('\\', at), text.size());
    const std::size_t backslashes = run_end - at;
    if (run_end < text.size() && text[run_end] == '"') {
      argument.text.append(backslashes / 2, '\\');
      at = run_end + 1;
      if (backslashes % 2 != 0) {
        argument.text += '"';
      } else if (in_quotes && at < text.size() && text[at] == '"') {
        argument.text += '"';  // a doubled quote inside quotes is one
        ++at;
      } else {
        in_quotes = !in_quotes;
      }
      continue;
    }
    if (backslashes > 0) {
      argument.text.append(backslashes, '\\');
      at = run_end;
      continue;
    }
    if (!in_quotes && kArgumentBlanks.find(text[at]) != std::string_view::npos) break;
    argument.text += text[at++];
  }
  argument.end = at;
  return argument;
}

}  // namespace

Arguments split_arguments(std::string_view text) {
  Arguments arguments;
  std::size_t at = 0;
  while (arguments.size() < kMaxArguments) {
    at = text.find_first_not_of(kArgumentBlanks, at);
    if (at == std::string_view::npos) break;
    arguments.push_back(read_argument(text, at));
  }
  return arguments;
}

std::string_view rest_from(std::string_view text, const Arguments& arguments, std::size_t index) {
  if (index >= arguments.size()) return {};
  return trim(text.substr(arguments[index].begin));
}

bool is_switch(std::string_view argument) {
  return std::any_of(std::begin(kDashes), std::end(kDashes),
                     [&](std::string_view dash) { return argument.starts_with(dash); });
}

std::string_view switch_name(std::string_view argument) {
  for (int dashes = 0; dashes < 2; ++dashes) {
    for (const std::string_view dash : kDashes) {
      if (!argument.starts_with(dash)) continue;
      argument.remove_prefix(dash.size());
      break;
    }
  }
  return argument;
}

bool is_any_of(std::string_view text, std::initializer_list<std::string_view> choices) {
  return std::any_of(choices.begin(), choices.end(),
                     [&](std::string_view choice) { return equals_fold(text, choice); });
}

std::optional<std::size_t> first_plain(const Arguments& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (!is_switch(arguments[i].text)) return i;
  return std::nullopt;
}

std::optional<std::size_t> last_plain(const Arguments& arguments) {
  for (std::size_t i = arguments.size(); i-- > 0;)
    if (!is_switch(arguments[i].text)) return i;
  return std::nullopt;
}

std::optional<std::size_t> find_switch(const Arguments& arguments,
                                       std::initializer_list<std::string_view> names) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!is_switch(arguments[i].text)) continue;
    std::string_view name = switch_name(arguments[i].text);
    if (is_any_of(name.substr(0, name.find_first_of(":=")), names)) return i;
  }
  return std::nullopt;
}

std::string_view glued_value(std::string_view argument) {
  const std::size_t at = argument.find_first_of(":=");
  return at == std::string_view::npos ? std::string_view{} : argument.substr(at + 1);
}

std::string_view unquote(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    return trim(text.substr(1, text.size() - 2));
  if (text.starts_with('"')) return trim(text.substr(1));
  return text;
}

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find_first_of(kArgumentBlanks));
}

std::string_view file_name_of(std::string_view path) {
  const std::size_t separator = path.find_last_of("\\/");
  if (separator != std::string_view::npos) return path.substr(separator + 1);
  if (path.size() >= 2 && path[1] == ':') return path.substr(2);
  return path;
}

std::string_view extension_of(std::string_view path) {
  std::string_view name = file_name_of(path);
  name = name.substr(0, name.find(':'));
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(dot);
}

std::string with_backslashes(std::string_view path) {
  std::string out{path};
  std::replace(out.begin(), out.end(), '/', '\\');
  return out;
}

std::string_view take_until(std::string_view& text, std::string_view separators) {
  const std::size_t end = text.find_first_of(separators);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

std::vector<std::string> split_command_list(std::string_view text, bool spaces_separate) {
  std::vector<std::string> elements;
  std::size_t begin = 0;
  bool in_quotes = false;
  const auto take = [&](std::size_t end) {
    const std::string_view element = trim(text.substr(begin, end - begin));
    if (!element.empty()) elements.emplace_back(element);
    begin = end + 1;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') in_quotes = !in_quotes;
    if (in_quotes) continue;
    const bool blank = kArgumentBlanks.find(c) != std::string_view::npos || c == '\0';
    if (c == ',' || (spaces_separate && blank)) take(at);
  }
  take(text.size());
  return elements;
}

}  // namespace hozen
