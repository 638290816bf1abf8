// cmd.exe: its switches, quotes, operators, and the commands that start others.
#include <algorithm>

#include "collector/base/text.h"
#include "collector/source/command_line_cmd.h"

namespace hozen::resolver {
namespace {

/// Commands in one line; the rest is one more command, as text, and flagged.
constexpr std::size_t kMaxCommands = 32;
/// `call call call …`, `if … if …`: each takes a word off, real lines have one or two.
constexpr int kMaxPrefixes = 16;

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
    text = without_separators(text);
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

/// Without the brackets, `@` and separators around a command.
std::string_view without_brackets(std::string_view text) {
  text = trim(without_separators(text));
  while (!text.empty() && (text.front() == '(' || text.front() == '@'))
    text = without_separators(text.substr(1));
  while (!text.empty() && text.back() == ')' && text.find('(') == std::string_view::npos)
    text = trim(text.substr(0, text.size() - 1));
  return text;
}

/// What ends the name of a program without being a blank goes to its arguments.
std::string with_blank_behind_program(std::string_view text) {
  const std::size_t end =
      text.starts_with('"') ? std::string_view::npos : text.find_first_of(kCmdSeparators);
  const bool blank = end == std::string_view::npos || text[end] == ' ' || text[end] == '\t';
  // Not inside a variable that is not known: %x:a=b%.
  if (blank || has_changed_variable(text)) return std::string{text};
  return std::string{text.substr(0, end)} + ' ' + std::string{text.substr(end)};
}

/// The commands of one line, with the variables that the line sets on the way.
class CommandLine {
 public:
  CommandLine(Resolution& resolution, bool delayed)
      : resolution_{resolution}, variables_{resolution}, delayed_{delayed} {}

  /// Takes brackets, `@`, call, start, if and for off the front of a command. What else it runs
  /// joins `more`.
  Command simplify(std::string_view given, std::vector<std::string>& more) {
    Command command{without_else(without_redirections(resolution_, given), more), false, false};
    for (int prefixes = 0; prefixes < kMaxPrefixes; ++prefixes) {
      if (delayed_) command.text = variables_.delayed_filled_in(resolution_, command.text);
      const std::string_view text = without_brackets(command.text);
      std::string_view rest = text;
      const std::string_view word = unquote(take_word(rest));
      std::string next;
      if (equals_fold(word, "call")) {
        next = called(rest);
      } else if (equals_fold(word, "start")) {
        next = behind_start(resolution_, rest);
      } else if (equals_fold(word, "if")) {
        next = behind_if(rest);
      } else if (equals_fold(word, "for")) {
        next = behind_for(resolution_, rest, more);
      } else {
        finish(command, std::string{text});
        return command;
      }
      command.text = std::move(next);
    }
    resolution_.flag(command_flag::kNestingLimit);
    command.builtin = true;
    return command;
  }

 private:
  /// `call` fills variables in once more, so also those that the line has set by then.
  std::string called(std::string_view text) {
    std::string out{without_separators(text)};
    if (!variables_.any()) return out;
    std::string filled = variables_.filled_in(resolution_, out);
    if (filled != out) {
      resolution_.flag(command_flag::kObfuscated);
      resolution_.step("call fills in what the line has set: " + filled);
    }
    return filled;
  }

  void finish(Command& command, std::string text) {
    std::string_view rest = text;
    const std::string_view word = unquote(take_word(rest));
    const std::size_t length = builtin_length(word);
    command.builtin = word.empty() || length != 0;
    std::string_view stem = file_name_of(word);
    if (ends_with_fold(stem, ".exe") || ends_with_fold(stem, ".com")) stem.remove_suffix(4);
    command.preparing = is_one_of(stem, kPreparing) || begins_with_loop_variable(text);
    if (command.builtin) {
      const std::string_view name = word.substr(0, length);
      note_folder(resolution_, name, length < word.size() ? word.substr(length) : rest);
      if (equals_fold(name, "set")) variables_.set(rest);
    } else if (equals_fold(stem, "cmd") && variables_.any()) {
      // The shell inside inherits what the line has set.
      text = variables_.filled_in(resolution_, text);
    }
    command.text = command.builtin ? text : with_blank_behind_program(text);
  }

  Resolution& resolution_;
  LineVariables variables_;
  const bool delayed_;
};

/// `!x!`: values that exist only while the line runs.
void note_delayed(Resolution& resolution, std::string_view text) {
  const std::size_t mark = text.find('!');
  if (mark == std::string_view::npos || text.find('!', mark + 1) == std::string_view::npos) return;
  resolution.flag(command_flag::kObfuscated);
  resolution.step("holds variables that cmd.exe puts together while the line runs");
}

}  // namespace

bool unwrap_cmd(Resolution& resolution, std::string_view arguments) {
  const Switches switches = read_switches(arguments);
  if (!switches.found_command || trim(switches.command).empty()) return false;
  resolution.in_cmd = true;
  const std::string expanded =
      with_cmd_variables(resolution, switches.command, resolution.context().environment);
  const std::string text =
      without_carets(resolution, without_outer_quotes(resolution, expanded, switches.strip_quotes));
  if (switches.delayed) note_delayed(resolution, text);

  std::optional<Command> chosen;
  std::string folder;  // that `cd` makes current counts for the commands behind it only
  std::vector<std::string> parts = split_commands(resolution, text);
  CommandLine line{resolution, switches.delayed};
  for (std::size_t i = 0; i < parts.size() && i < 2 * kMaxCommands; ++i) {
    const std::string part = parts[i];
    Command command = line.simplify(part, parts);
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
  if (begins_with_loop_variable(chosen->text)) {
    resolution.step("what runs is known only while cmd.exe runs the line: " + chosen->text);
    resolution.set_payload_text("inline", chosen->text);
    return true;
  }
  resolution.step("cmd.exe runs: " + chosen->text);
  resolution.run_command(chosen->text);
  return true;
}

}  // namespace hozen::resolver
