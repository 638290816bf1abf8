#include <algorithm>

#include "collector/base/text.h"
#include "collector/source/command_line_cmd.h"

namespace hozen::resolver {
namespace {

/// Elements of a loop that are looked at; the rest is a step.
constexpr std::size_t kMaxLoopElements = 8;
/// Bytes of a line that variables are filled into: about twice what cmd.exe takes.
constexpr std::size_t kMaxText = 65'536;

constexpr std::string_view kBuiltins[] = {
    "assoc",    "break",    "cd",     "chdir", "cls",   "color", "copy",  "date",   "del",   "dir",
    "echo",     "erase",    "exit",   "ftype", "goto",  "md",    "mkdir", "mklink", "move",  "path",
    "pause",    "popd",     "prompt", "pushd", "rd",    "rem",   "ren",   "rename", "rmdir", "set",
    "setlocal", "endlocal", "shift",  "time",  "title", "type",  "ver",   "verify", "vol"};

/// What stands behind the name of a command of cmd.exe without a blank.
constexpr std::string_view kBuiltinEnds = ".:\\/+[]()\"";

/// `for … %i in (list) do command` taken apart.
struct Loop {
  std::string_view mode;      ///< "/f", "/l", "/r", "/d" or ""
  std::string_view options;   ///< of /f
  std::string_view variable;  ///< "%i" or "%%i"
  std::string_view list, command;
};

/// False when it is no loop.
bool read_loop(std::string_view text, Loop& loop) {
  text = trim(text);
  while (text.starts_with('/')) {
    loop.mode = take_word(text);
    if (text.starts_with('"')) loop.options = take_word(text);
    if (!text.starts_with('%') && !text.starts_with('/')) take_word(text);  // the folder of /r
  }
  loop.variable = take_word(text);
  for (std::size_t at = text.find(')'); at != std::string_view::npos; at = text.find(')', at + 1)) {
    const std::string_view rest = trim(text.substr(at + 1));
    if (!starts_with_fold(rest, "do") || (rest.size() > 2 && rest[2] != '(' &&
                                          kCmdSeparators.find(rest[2]) == std::string_view::npos))
      continue;
    loop.command = trim(rest.substr(2));
    const std::size_t open = text.find('(');
    if (open < at) loop.list = trim(text.substr(open + 1, at - open - 1));
    return true;
  }
  return false;
}

/// The elements that stand in the line; none for numbers, patterns, files and output of commands.
std::vector<std::string_view> literal_elements(const Loop& loop) {
  std::vector<std::string_view> elements;
  std::string_view list = loop.list;
  if (equals_fold(loop.mode, "/f")) {
    const bool text = list.size() > 1 && list.front() == '"' && list.back() == '"';
    if (!text || !loop.options.empty()) return {};
    // Of a text the first word, unless options say otherwise.
    elements.push_back(first_word(trim(list.substr(1, list.size() - 2))));
    return elements;
  }
  if (!loop.mode.empty() || list.find_first_of("*?") != std::string_view::npos) return {};
  for (list = without_separators(list); !list.empty(); list = without_separators(list)) {
    const std::size_t before = list.size();
    elements.push_back(take_word(list));
    if (list.size() == before) list.remove_prefix(1);  // a bracket ends a word and is none
  }
  return elements;
}

/// `command` with `element` in place of `%i` and `%~i`, as far as it does not grow beyond measure.
std::string with_element(std::string_view command, char letter, std::string_view element) {
  std::string out;
  for (std::size_t at = 0; at < command.size();) {
    std::size_t name = at;
    while (name < command.size() && name < at + 2 && command[name] == '%') ++name;
    const bool bare = name > at && name < command.size() && command[name] == '~';
    if (bare) ++name;
    if (name == at || name >= command.size() || command[name] != letter || out.size() > kMaxText) {
      out += command[at++];
      continue;
    }
    out += bare ? unquote(element) : element;
    at = name + 1;
  }
  return out;
}

}  // namespace

std::string_view without_separators(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(kCmdSeparators), text.size()));
}

std::size_t builtin_length(std::string_view word) {
  for (const std::string_view name : kBuiltins) {
    if (!starts_with_fold(word, name)) continue;
    const std::string_view rest = word.substr(name.size());
    if (rest.empty()) return name.size();
    const bool file = rest.front() == '.' && has_program_extension(word) &&
                      rest.find_first_of(kBuiltinEnds, 1) == std::string_view::npos;
    if (kBuiltinEnds.find(rest.front()) != std::string_view::npos && !file) return name.size();
  }
  return 0;
}

std::string_view take_word(std::string_view& text) {
  text = trim(text);
  const std::size_t end = text.starts_with('"')
                              ? std::min(text.find('"', 1), text.size() - 1) + 1
                              : std::min(text.find_first_of(" \t,;=("), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  text = trim(text);
  return word;
}

std::string_view behind_start(Resolution& resolution, std::string_view text) {
  bool has_title = false;
  while (true) {
    text = without_separators(text);
    if (text.starts_with('"') && !has_title) {
      // The first word is a title when it stands in quotes, unless it is all there is.
      std::string_view rest = text;
      take_word(rest);
      if (without_separators(rest).empty()) return text;
      has_title = true;
      text = rest;
      continue;
    }
    if (!text.starts_with('/')) return text;
    const std::string_view name = take_word(text).substr(1);
    if (equals_fold(name, "min") || equals_fold(name, "b"))
      resolution.step("started minimised or without a window of its own");
    if (equals_fold(name, "d")) {
      resolution.current_directory = unquote(take_word(text));
    } else if (starts_with_fold(name, "d") && name.size() > 1) {
      resolution.current_directory = unquote(name.substr(1));
    } else if (equals_fold(name, "affinity") || equals_fold(name, "node")) {
      take_word(text);
    }
  }
}

std::string_view behind_if(std::string_view text) {
  while (text.starts_with('/')) take_word(text);
  std::string_view word = take_word(text);
  if (equals_fold(word, "not")) word = take_word(text);
  if (equals_fold(word, "exist") || equals_fold(word, "defined") ||
      equals_fold(word, "errorlevel") || equals_fold(word, "cmdextversion")) {
    take_word(text);
    return text;
  }
  if (text.starts_with('=')) {
    text = trim(text.substr(std::min(text.find_first_not_of('='), text.size())));
    take_word(text);
    return text;
  }
  take_word(text);  // equ, neq, …
  take_word(text);
  return text;
}

std::string without_else(std::string text, std::vector<std::string>& more) {
  bool in_quotes = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') in_quotes = !in_quotes;
    if (in_quotes || text[at] != ')') continue;
    const std::string_view rest = trim(std::string_view{text}.substr(at + 1));
    if (!starts_with_fold(rest, "else") || (rest.size() > 4 && rest[4] != ' ' && rest[4] != '('))
      continue;
    more.emplace_back(trim(rest.substr(4)));
    text.resize(at);
    break;
  }
  return text;
}

std::string behind_for(Resolution& resolution, std::string_view text,
                       std::vector<std::string>& more) {
  const std::size_t open = text.find("('"), close = text.find("')");
  if (open != std::string_view::npos && close != std::string_view::npos && open + 2 < close)
    more.emplace_back(trim(text.substr(open + 2, close - open - 2)));
  Loop loop;
  if (!read_loop(text, loop)) return {};
  const std::size_t letter = loop.variable.find_first_not_of('%');
  const bool named =
      letter != std::string_view::npos && letter > 0 && letter + 1 == loop.variable.size();
  const auto elements = named ? literal_elements(loop) : std::vector<std::string_view>{};
  if (elements.empty() || with_element(loop.command, loop.variable.back(), "") == loop.command) {
    resolution.step("loop: its command is taken once");
    return std::string{loop.command};
  }
  resolution.step("loop over " + std::string{loop.list} + ": its command is taken for each");
  const std::size_t count = std::min(elements.size(), kMaxLoopElements);
  if (count < elements.size())
    resolution.step("only the first " + std::to_string(count) + " elements are looked at");
  for (std::size_t i = 1; i < count; ++i)
    more.push_back(with_element(loop.command, loop.variable.back(), elements[i]));
  return with_element(loop.command, loop.variable.back(), elements.front());
}

bool begins_with_loop_variable(std::string_view command) {
  std::string_view rest = trim(command);
  if (!rest.starts_with('%')) return false;
  rest.remove_prefix(std::min(rest.find_first_not_of('%'), rest.size()));
  return rest.substr(0, rest.find_first_of(" \t")).find('%') == std::string_view::npos;
}

LineVariables::LineVariables(const Resolution& resolution)
    : evidence_{resolution.context().environment} {}

void LineVariables::set(std::string_view text) {
  text = trim(text);
  if (text.starts_with('"')) text = text.substr(1, text.rfind('"') - 1);
  const std::size_t equals = text.find('=');
  if (text.starts_with('/') || equals == 0 || equals == std::string_view::npos) return;
  if (!own_) own_ = evidence_ != nullptr ? *evidence_ : Environment{};
  own_->set(text.substr(0, equals), text.substr(equals + 1));
}

std::string LineVariables::filled_in(Resolution& resolution, std::string_view text) const {
  return with_cmd_variables(resolution, text, own_ ? &*own_ : evidence_);
}

std::string LineVariables::delayed_filled_in(Resolution& resolution, std::string_view text) const {
  std::string out;
  while (!text.empty()) {
    const std::size_t mark = text.find('!');
    const std::size_t end =
        mark == std::string_view::npos ? std::string_view::npos : text.find('!', mark + 1);
    if (end == std::string_view::npos || out.size() > kMaxText) break;
    out += text.substr(0, mark);
    const std::string reference = '%' + std::string{text.substr(mark + 1, end - mark - 1)} + '%';
    const std::string value = filled_in(resolution, reference);
    out += value == reference ? text.substr(mark, end - mark + 1) : std::string_view{value};
    text.remove_prefix(end + 1);
  }
  out += text;
  return out;
}

}  // namespace hozen::resolver
