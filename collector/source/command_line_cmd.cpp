// cmd.exe: its switches, quotes, operators, and the commands that start others.
#include <algorithm>

#include "collector/base/text.h"
#include "collector/source/command_line_impl.h"

namespace hozen::resolver {
namespace {

/// Commands in one line; the rest is one more command, as text, and flagged.
constexpr std::size_t kMaxCommands = 32;
/// `call call call …`, `if … if …`: each takes a word off, real lines have one or two.
constexpr int kMaxPrefixes = 16;

constexpr std::string_view kBuiltins[] = {
    "assoc", "break",    "cd",       "chdir",  "cls",   "color", "copy", "date",  "del",    "dir",
    "echo",  "echo.",    "erase",    "exit",   "ftype", "goto",  "md",   "mkdir", "mklink", "move",
    "path",  "pause",    "popd",     "prompt", "pushd", "rd",    "rem",  "ren",   "rename", "rmdir",
    "set",   "setlocal", "endlocal", "shift",  "time",  "title", "type", "ver",   "verify", "vol"};
/// Programs that only wait or prepare: what comes behind them is the purpose of the line.
constexpr std::string_view kPreparing[] = {"ping", "timeout", "choice", "chcp", "attrib", "mode"};

template <std::size_t N>
bool is_one_of(std::string_view word, const std::string_view (&known)[N]) {
  return std::any_of(std::begin(known), std::end(known),
                     [&](std::string_view one) { return equals_fold(one, word); });
}

struct Switches {
  bool found_command = false;
  bool strip_quotes = false;  ///< /s
  bool delayed = false;       ///< /v: !x! is a variable
  std::string_view command;
};

/// Everything up to /c, /k or /r, whose letter the command may be glued to.
Switches read_switches(std::string_view text) {
  Switches switches;
  while (true) {
    text = trim(text);
    if (!text.starts_with('/') || text.size() < 2) return switches;
    const char letter = static_cast<char>(text[1] | 0x20);
    if (letter == 'c' || letter == 'k' || letter == 'r') {
      switches.found_command = true;
      switches.command = text.substr(2);
      return switches;
    }
    if (letter == 's') switches.strip_quotes = true;
    if (letter == 'v') switches.delayed = !starts_with_fold(text, "/v:off");
    const std::size_t end = text.find_first_of("/ \t", 2);
    if (end == std::string_view::npos) return switches;
    text.remove_prefix(end);
  }
}

/// A path with blanks to a program, not a command with arguments: `C:\Program Files\a.exe`. cmd
/// looks whether there is such a file; a command line in quotes often ends with one, too.
bool is_path_of_program(std::string_view text) {
  if (!has_program_extension(text)) return false;
  const std::string_view first = text.substr(0, text.find_first_of(" \t"));
  const bool is_path = first.find('\\') != std::string_view::npos || first.starts_with('%') ||
                       first.size() == text.size();
  return is_path && (first.size() == text.size() || !has_program_extension(first));
}

/// The rule of `cmd /?`: the first and the last quote go, unless there are exactly two, without
/// special characters between them, around the name of a program.
std::string without_outer_quotes(Resolution& resolution, std::string_view text, bool strip) {
  text = trim(text);
  if (!text.starts_with('"')) return std::string{text};
  const std::size_t last = text.rfind('"');
  if (last == 0) return std::string{text.substr(1)};
  const bool two = text.find('"', 1) == last;
  const std::string_view inside = text.substr(1, last - 1);
  const bool plain = inside.find_first_of("&<>()@^|") == std::string_view::npos;
  if (!strip && two && plain && is_path_of_program(inside)) return std::string{text};
  resolution.step("outer quotes taken off");
  return std::string{inside} + std::string{text.substr(last + 1)};
}

/// Copies the text without carets outside quotes.
std::string without_carets(Resolution& resolution, std::string_view text) {
  std::string out;
  bool in_quotes = false, inside_word = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') in_quotes = !in_quotes;
    if (text[i] == '^' && !in_quotes && i + 1 < text.size()) {
      const char next = text[++i];
      const auto letter = static_cast<char>(next | 0x20);
      // An escaped operator is kept escaped, so that it does not separate commands later.
      if (std::string_view{"&|<>"}.find(next) != std::string_view::npos) out += '^';
      inside_word = inside_word || (letter >= 'a' && letter <= 'z');
      out += next;
      continue;
    }
    out += text[i];
  }
  if (inside_word) {
    resolution.flag(command_flag::kObfuscated);
    resolution.step("carets inside words taken off: " + out);
  }
  return out;
}

/// The commands between unquoted `&`, `&&`, `|`, `||` and line ends.
std::vector<std::string> split_commands(Resolution& resolution, std::string_view text) {
  std::vector<std::string> commands;
  bool in_quotes = false;
  std::size_t begin = 0;
  const auto take = [&](std::size_t end) {
    const std::string_view command = trim(text.substr(begin, end - begin));
    if (!command.empty()) commands.emplace_back(command);
    begin = end + 1;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (commands.size() + 1 >= kMaxCommands) {
      resolution.flag(command_flag::kNestingLimit);
      resolution.step("more commands than " + std::to_string(kMaxCommands) + " in one line");
      break;
    }
    const char c = text[at];
    if (c == '"') in_quotes = !in_quotes;
    if (in_quotes) continue;
    if (c == '^') {
      ++at;
    } else if (c == '|' || c == '\n' || (c == '&' && (at == 0 || text[at - 1] != '>'))) {
      take(at);
    }
  }
  take(text.size());
  return commands;
}

/// Copies a command without `> file`, `2>&1`, `< file`, and says where its output goes.
std::string without_redirections(Resolution& resolution, std::string_view command) {
  std::string out;
  bool in_quotes = false;
  for (std::size_t at = 0; at < command.size(); ++at) {
    const char c = command[at];
    if (c == '"') in_quotes = !in_quotes;
    if (c == '^' && !in_quotes && at + 1 < command.size()) {
      out += command[++at];
      continue;
    }
    if (in_quotes || (c != '>' && c != '<')) {
      out += c;
      continue;
    }
    // A digit before the sign, standing alone, is a handle.
    if (!out.empty() && out.back() >= '0' && out.back() <= '9' &&
        (out.size() == 1 || out[out.size() - 2] == ' '))
      out.pop_back();
    std::size_t from = std::min(command.find_first_not_of("><& \t", at), command.size());
    std::size_t end = command[std::min(from, command.size() - 1)] == '"'
                          ? command.find('"', from + 1)
                          : command.find_first_of(" \t><", from);
    end = std::min(end, command.size());
    const std::string_view target = unquote(command.substr(from, end - from));
    if (!target.empty() && !equals_fold(target, "nul") && target != "1" && target != "2")
      resolution.step((c == '>' ? "output goes to " : "input comes from ") + std::string{target});
    if (end < command.size() && command[end] == '"') ++end;
    at = end - 1;
    out += ' ';
  }
  return std::string{trim(out)};
}

/// Takes one word, quoted or not, off the front.
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

/// `start ["title"] [switches] command`: the command.
std::string_view behind_start(Resolution& resolution, std::string_view text) {
  while (true) {
    text = trim(text);
    if (text.starts_with('"')) {
      // The first quoted word is a title, unless it is all there is.
      std::string_view rest = text;
      const std::string_view title = unquote(take_word(rest));
      if (rest.empty() || (!title.empty() && has_program_extension(title))) return text;
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

/// `if [/i] [not] exist x | defined x | errorlevel n | a==b | a equ b`: the command behind it.
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

/// `… ) else …`: what stands before it; the other branch joins `more`.
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

/// `for … in (…) do command`: the command. A command in quotes between the brackets runs too: it
/// joins `more`.
std::string_view behind_for(Resolution& resolution, std::string_view text,
                            std::vector<std::string>& more) {
  const std::string lower = to_lower_ascii(text);
  const std::size_t open = lower.find("('"), close = lower.find("')");
  if (open != std::string::npos && close != std::string::npos && open + 2 < close)
    more.emplace_back(trim(text.substr(open + 2, close - open - 2)));
  const std::size_t at = lower.find(") do");
  if (at == std::string::npos) return {};
  resolution.step("loop: its command is taken once");
  return trim(text.substr(at + 4));
}

/// One command of the line as it is looked at.
struct Command {
  std::string text;
  bool builtin = false;  ///< starts no program
  bool preparing = false;
};

void note_folder(Resolution& resolution, std::string_view word, std::string_view rest) {
  if (!equals_fold(word, "cd") && !equals_fold(word, "chdir") && !equals_fold(word, "pushd"))
    return;
  if (starts_with_fold(rest, "/d")) rest = trim(rest.substr(2));
  rest = unquote(rest);
  if (rest.size() < 2 || rest[1] != ':') return;
  resolution.current_directory = rest;
  resolution.step("current folder: " + resolution.current_directory);
}

/// Takes brackets, `@`, call, start, if and for off the front of a command. What else it runs joins
/// `more`.
Command simplify(Resolution& resolution, std::string_view given, std::vector<std::string>& more) {
  Command command{without_else(without_redirections(resolution, given), more), false, false};
  for (int prefixes = 0; prefixes < kMaxPrefixes; ++prefixes) {
    std::string_view text = trim(command.text);
    while (!text.empty() && (text.front() == '(' || text.front() == '@'))
      text = trim(text.substr(1));
    while (!text.empty() && text.back() == ')' && text.find('(') == std::string_view::npos)
      text = trim(text.substr(0, text.size() - 1));
    std::string_view rest = text;
    const std::string_view word = unquote(take_word(rest));
    if (equals_fold(word, "call")) {
      text = rest;
    } else if (equals_fold(word, "start")) {
      text = behind_start(resolution, rest);
    } else if (equals_fold(word, "if")) {
      text = behind_if(rest);
    } else if (equals_fold(word, "for")) {
      text = behind_for(resolution, rest, more);
    } else {
      command.builtin = word.empty() || is_one_of(word, kBuiltins) || word.starts_with("echo");
      std::string_view stem = file_name_of(word);
      if (ends_with_fold(stem, ".exe") || ends_with_fold(stem, ".com")) stem.remove_suffix(4);
      command.preparing = is_one_of(stem, kPreparing);
      if (command.builtin) note_folder(resolution, word, rest);
      command.text = std::string{text};
      return command;
    }
    command.text = std::string{text};
  }
  resolution.flag(command_flag::kNestingLimit);
  command.builtin = true;
  return command;
}

/// `!x!`: values that exist only while the line runs.
void note_delayed(Resolution& resolution, std::string_view text) {
  const std::size_t mark = text.find('!');
  if (mark == std::string_view::npos || text.find('!', mark + 1) == std::string_view::npos) return;
  resolution.flag(command_flag::kObfuscated);
  resolution.step("holds variables that only cmd.exe can put together; left as they are");
}

}  // namespace

bool unwrap_cmd(Resolution& resolution, std::string_view arguments) {
  const Switches switches = read_switches(arguments);
  if (!switches.found_command || trim(switches.command).empty()) return false;
  resolution.in_cmd = true;
  const std::string expanded = with_cmd_variables(resolution, switches.command);
  const std::string text =
      without_carets(resolution, without_outer_quotes(resolution, expanded, switches.strip_quotes));
  if (switches.delayed) note_delayed(resolution, text);

  std::optional<Command> chosen;
  std::string folder;  // that `cd` makes current counts for the commands behind it only
  std::vector<std::string> parts = split_commands(resolution, text);
  for (std::size_t i = 0; i < parts.size() && i < 2 * kMaxCommands; ++i) {
    const std::string part = parts[i];
    Command command = simplify(resolution, part, parts);
    if (command.builtin || command.text.empty()) continue;
    if (chosen && !chosen->preparing) {
      resolution.add_other(command.text);
      continue;
    }
    if (chosen) resolution.add_other(chosen->text);
    chosen = std::move(command);
    folder = resolution.current_directory;
  }
  resolution.current_directory = folder;
  if (!chosen) {
    resolution.set_payload_text("inline", trim(text));
    return true;
  }
  resolution.step("cmd.exe runs: " + chosen->text);
  resolution.run_command(chosen->text);
  return true;
}

}  // namespace hozen::resolver
