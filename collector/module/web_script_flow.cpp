#include "collector/module/web_script_flow.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace hozen::script_flow {
namespace {

using Text = std::string_view;

constexpr Text kInputs[] = {"$_post[", "$_get[", "$_request[", "$_cookie["};
/// How far a name, a key or a list reaches, and how often one name is looked for.
constexpr std::size_t kReach = 1024, kLongestName = 64, kMostTimes = 200;

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }
char at(Text text, std::size_t i) { return i < text.size() ? text[i] : '\0'; }
bool begins_at(Text text, std::size_t i, Text part) {
  return i <= text.size() && text.substr(i).starts_with(part);
}

/// Behind the opening quote at `begin`: past the closing one; npos where the text is put together.
std::size_t end_of_literal(Text text, std::size_t begin) {
  const char quote = text[begin];
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == quote) return i + 1;
    if (text[i] == '\\')
      ++i;
    else if (quote == '"' && text[i] == '$')
      return Text::npos;
  }
  return Text::npos;
}
bool is_quote(char c) { return c == '"' || c == '\''; }

/// The variable that ends at `end`, with its dollar; "" for none.
Text variable_before(Text text, std::size_t end) {
  std::size_t begin = end;
  while (begin > 0 && is_word(text[begin - 1]) && end - begin < kLongestName) --begin;
  if (begin == 0 || begin == end || text[begin - 1] != '$') return {};
  return text.substr(begin - 1, end - begin + 1);
}

/// Calls back with where the value begins of each `name=`, until one returns false.
template <class Visit>
bool each_value(Text text, Text name, Visit visit) {
  std::size_t times = 0;
  for (std::size_t i = text.find(name); i != Text::npos && times < kMostTimes;
       i = text.find(name, i + 1)) {
    const std::size_t end = i + name.size();
    if (at(text, end) != '=' || at(text, end + 1) == '=' || at(text, end + 1) == '>') continue;
    ++times;
    if (!visit(end + 1)) return false;
  }
  return times > 0;
}

/// `["a"=>"b"]` or `array(...)` at `begin`, of nothing but literals, none of which is a function
/// that runs commands.
bool is_fixed_list(Text text, std::size_t begin) {
  const bool is_call = begins_at(text, begin, "array(");
  if (!is_call && at(text, begin) != '[') return false;
  const Text rest = text.substr(begin + (is_call ? 6 : 1), kReach);
  const std::size_t end = rest.find(is_call ? ')' : ']');
  if (end == Text::npos) return false;
  const Text list = rest.substr(0, end);
  constexpr Text kRunning[] = {"system",    "exec",    "passthru", "popen",
                               "proc_open", "assert",  "eval",     "create_function",
                               "call_user", "include", "base64"};
  return list.find_first_of("$.(") == Text::npos &&
         std::none_of(std::begin(kRunning), std::end(kRunning),
                      [&](Text one) { return list.find(one) != Text::npos; });
}

/// Whether all values that a variable gets are taken out of lists that stand in the script.
bool is_of_fixed_list(Text text, Text variable) {
  return each_value(text, variable, [&](std::size_t value) {
    const std::size_t bracket = text.find('[', value);
    if (bracket == Text::npos || bracket - value > kLongestName) return false;
    const Text list = variable_before(text, bracket);
    if (list.empty() || list.starts_with("$_") || bracket - list.size() != value) return false;
    return each_value(text, list, [&](std::size_t begin) { return is_fixed_list(text, begin); });
  });
}

/// Whether the script fills the array itself, or any of its variables may be a client's.
bool is_filled_here(Text text, Text table) {
  for (const Text all : {Text{"extract("}, Text{"parse_str("}, Text{"$$"}})
    if (text.find(all) != Text::npos) return true;
  std::size_t times = 0;
  for (std::size_t i = text.find(table); i != Text::npos; i = text.find(table, i + 1)) {
    if (++times > kMostTimes) return true;
    const Text statement = text.substr(i, std::min(text.find(';', i) - i, kReach));
    const std::size_t end = statement.find("]=");
    const bool sets_element = end != Text::npos && at(statement, end + 2) != '=';
    if (at(statement, table.size()) == '=' || sets_element) return true;
  }
  return false;
}

/// Whether all values that a variable gets are looked up in an array that is filled elsewhere:
/// `$hooks[$a]`, `$GLOBALS["x"][$a]`.
bool is_of_table(Text text, Text variable) {
  return each_value(text, variable, [&](std::size_t value) {
    const std::size_t bracket = text.find('[', value);
    if (bracket == Text::npos || bracket - value > kLongestName) return false;
    const Text table = variable_before(text, bracket);
    if (table.empty() || bracket - table.size() != value) return false;
    if (table == "$globals") {
      // A table within it, by a name that stands there.
      if (!is_quote(at(text, bracket + 1))) return false;
      const std::size_t end = end_of_literal(text, bracket + 1);
      return end != Text::npos && begins_at(text, end, "][") && !is_filled_here(text, table);
    }
    if (table.starts_with("$_")) return false;
    return !is_filled_here(text, table);
  });
}

/// Past what a client sends and functions that only decode it, which begin at `begin`; npos where
/// something else stands there.
std::size_t end_of_input(Text text, std::size_t begin) {
  constexpr Text kDecoders[] = {"base64_decode(", "trim(",         "urldecode(", "stripslashes(",
                                "strrev(",        "rawurldecode(", "(string)",   "@",
                                "str_rot13(",     "hex2bin("};
  constexpr int kMostDecoders = 8;
  for (int i = 0; i < kMostDecoders; ++i)
    for (const Text decoder : kDecoders)
      if (begins_at(text, begin, decoder)) begin += decoder.size();
  std::size_t end = Text::npos;
  constexpr Text kBodies[] = {"file_get_contents(\"php://input\")",
                              "file_get_contents('php://input')"};
  for (const Text body : kBodies)
    if (begins_at(text, begin, body)) end = begin + body.size();
  const bool is_input = begins_at(text, begin, "$_server[\"http_") ||
                        begins_at(text, begin, "$_server['http_") ||
                        std::any_of(std::begin(kInputs), std::end(kInputs),
                                    [&](Text input) { return begins_at(text, begin, input); });
  if (is_input) {
    end = text.find(']', begin);
    if (end == Text::npos || end - begin > kLongestName) return Text::npos;
    ++end;
  }
  while (end != Text::npos && at(text, end) == ')') ++end;
  return end;
}

bool is_run(Text text, Text variable) {
  constexpr Text kRunners[] = {"system(", "passthru(", "shell_exec(",
                               "exec(",   "popen(",    "proc_open("};
  return std::any_of(std::begin(kRunners), std::end(kRunners), [&](Text runner) {
    const std::string call = std::string{runner} + std::string{variable};
    std::size_t times = 0;
    for (std::size_t i = text.find(call); i != Text::npos && times < kMostTimes;
         i = text.find(call, i + 1), ++times) {
      const char before = i > 0 ? text[i - 1] : ' ', behind = at(text, i + call.size());
      // `$db->exec($query)` is of an object.
      if (!is_word(before) && before != '>' && before != ':' &&
          (behind == ')' || behind == ',' || behind == '.'))
        return true;
    }
    return false;
  });
}

/// The function in whose brackets `i` stands.
Text function_around(Text text, std::size_t i) {
  int depth = 0;
  for (std::size_t steps = 0; i > 0 && steps < kReach; ++steps) {
    --i;
    if (text[i] == ')') ++depth;
    if (text[i] != '(' || depth-- > 0) continue;
    std::size_t begin = i;
    while (begin > 0 && is_word(text[begin - 1])) --begin;
    return text.substr(begin, i - begin);
  }
  return {};
}

/// Whether a value of the array `copy` is handed on as a function.
bool is_called_back(Text text, Text copy) {
  const std::string key = std::string{copy} + "[";
  std::size_t times = 0;
  for (std::size_t i = text.find(key); i != Text::npos && times < kMostTimes;
       i = text.find(key, i + 1), ++times) {
    constexpr Text kFirst[] = {"array_map", "call_user_func", "call_user_func_array"};
    constexpr Text kLast[] = {"array_filter", "array_walk", "usort",
                              "uasort",       "uksort",     "array_reduce"};
    const auto is_of = [&](const auto& names) {
      const Text function = function_around(text, i);
      return std::find(std::begin(names), std::end(names), function) != std::end(names);
    };
    if (i > 0 && text[i - 1] == '(' && is_of(kFirst)) return true;
    if (i > 0 && text[i - 1] == ',' && is_of(kLast)) return true;
  }
  return false;
}

}  // namespace

bool runs_only_literals(Text text, std::span<const Text> runners) {
  for (const Text runner : runners)
    for (std::size_t i = text.find(runner); i != Text::npos; i = text.find(runner, i + 1)) {
      if (i != 0 && is_word(runner.front()) && is_word(text[i - 1])) continue;
      const std::size_t begin = i + runner.size();
      if (!is_quote(at(text, begin))) return false;
      const std::size_t end = end_of_literal(text, begin);
      if (end == Text::npos || (at(text, end) != ')' && at(text, end) != ',')) return false;
    }
  return true;
}

bool calls_variable(Text text) {
  std::size_t times = 0;
  for (const Text input : kInputs)
    for (std::size_t i = text.find(input, 1); i != Text::npos && times < kMostTimes;
         i = text.find(input, i + 1), ++times) {
      if (text[i - 1] != '(') continue;
      const Text name = variable_before(text, i - 1);
      if (!name.empty() && !is_of_fixed_list(text, name)) return true;
    }
  return false;
}

bool calls_looked_up(Text text) {
  std::size_t times = 0;
  bool is_any = false;
  for (const Text input : kInputs)
    for (std::size_t i = text.find(input, 1); i != Text::npos && times < kMostTimes;
         i = text.find(input, i + 1), ++times) {
      if (text[i - 1] != '(') continue;
      const Text name = variable_before(text, i - 1);
      if (name.empty() || is_of_fixed_list(text, name)) continue;
      if (!is_of_table(text, name)) return false;
      is_any = true;
    }
  return is_any;
}

bool calls_extracted(Text text) {
  constexpr Text kAll[] = {"extract($_post", "extract($_get", "extract($_request",
                           "extract($_cookie"};
  if (std::none_of(std::begin(kAll), std::end(kAll),
                   [&](Text all) { return text.find(all) != Text::npos; }))
    return false;
  std::size_t times = 0;
  for (std::size_t i = text.find("($"); i != Text::npos && times < kMostTimes;
       i = text.find("($", i + 1), ++times)
    if (!variable_before(text, i).empty()) return true;
  return false;
}

bool runs_variable(Text text) {
  std::size_t times = 0;
  for (std::size_t i = text.find('='); i != Text::npos && times < kMostTimes;
       i = text.find('=', i + 1)) {
    const Text name = variable_before(text, i);
    if (name.empty()) continue;
    const std::size_t end = end_of_input(text, i + 1);
    if (end == Text::npos || (at(text, end) != ';' && at(text, end) != '?')) continue;
    ++times;
    // One that is compared with a list, or made harmless.
    const bool is_checked = text.find("in_array(" + std::string{name}) != Text::npos ||
                            text.find("escapeshellcmd(" + std::string{name}) != Text::npos ||
                            text.find("preg_match(") != Text::npos;
    if (!is_checked && is_run(text, name)) return true;
  }
  return false;
}

bool calls_back_copy(Text text) {
  constexpr Text kAll[] = {"=$_request;", "=$_post;", "=$_get;", "=$_cookie;"};
  std::size_t times = 0;
  for (const Text all : kAll)
    for (std::size_t i = text.find(all); i != Text::npos && times < kMostTimes;
         i = text.find(all, i + 1), ++times) {
      const Text copy = variable_before(text, i);
      if (!copy.empty() && is_called_back(text, copy)) return true;
    }
  return false;
}

bool uploads_with_fixed_extension(Text text) {
  constexpr Text kExtensions[] = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".pdf",
                                  ".csv", ".txt",  ".xml", ".zip", ".xlsx", ".docx"};
  constexpr Text kUploaded = "tmp_name";
  bool is_any = false;
  for (std::size_t i = text.find(kUploaded); i != Text::npos; i = text.find(kUploaded, i + 1)) {
    const std::size_t name = i + kUploaded.size() + 1;  // behind the quote: "],"
    if (!begins_at(text, name, "],")) continue;
    const std::size_t input = name + 2;
    if (std::none_of(std::begin(kInputs), std::end(kInputs),
                     [&](Text one) { return begins_at(text, input, one); }))
      continue;
    const std::size_t key = text.find(']', input);
    if (key == Text::npos || at(text, key + 1) != '.' || !is_quote(at(text, key + 2))) return false;
    const std::size_t end = end_of_literal(text, key + 2);
    if (end == Text::npos || at(text, end) != ')') return false;
    const Text literal = text.substr(key + 3, end - key - 4);
    if (std::none_of(std::begin(kExtensions), std::end(kExtensions),
                     [&](Text one) { return literal.ends_with(one); }))
      return false;
    is_any = true;
  }
  return is_any;
}

}  // namespace hozen::script_flow
