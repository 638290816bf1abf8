#include "collector/module/shell_commands.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"
#include "collector/module/command_line_words.h"
#include "collector/module/shell_starters.h"

namespace hozen {
namespace {

using command_line::is_one_of;
using command_line::Word;

constexpr int kMaxDepth = 4;
constexpr std::string_view kShells[] = {"cmd", "powershell", "pwsh", "%comspec%"};
constexpr std::string_view kToRun[] = {"/c",       "/k",       "/r",   "-c",
                                       "-command", "/command", "-com", "-comm"};

/// Quotes taken off, as the C library of most programs does it; single ones are PowerShell's.
std::string unquoted(std::string_view word) {
  std::string result;
  const bool single = word.size() > 1 && word.starts_with('\'') && word.ends_with('\'');
  if (single) word = word.substr(1, word.size() - 2);
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool escaped = word[i] == '\\' && i + 1 < word.size() && word[i + 1] == '"';
    // "C:\x\" ends with a quote that is one.
    if (escaped && i + 2 < word.size()) continue;
    if (word[i] != '"') result += word[i];
  }
  return result;
}

/// As Windows divides words; PowerShell's single quotes hold words together too, where they stand
/// around whole ones.
std::vector<Word> words_in(std::string_view text) {
  std::vector<Word> words;
  for (const Word& word : command_line::words_of(text)) {
    if (!words.empty()) {
      Word& last = words.back();
      const std::string_view word_so_far = text.substr(last.begin, last.end - last.begin);
      const bool open = word_so_far[0] == '\'' &&
                        std::count(word_so_far.begin(), word_so_far.end(), '\'') % 2 == 1;
      const bool closes = text.find('\'', word.begin) != std::string_view::npos;
      if (open && closes) {
        last.end = word.end;
        continue;
      }
    }
    words.push_back(word);
  }
  return words;
}

/// Around the file that output is sent to, until its command is divided. Taken out of lines.
constexpr char kOutputBegins = '\x1e', kOutputEnds = '\x1f';

/// `text` with what its output is sent to marked, which is no word of the command: `> a`, `>>a`,
/// `2>&1`, `*> a`.
std::string with_marked_output(std::string_view text) {
  std::string out;
  bool quoted = false;
  bool single = false;
  std::size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    if (c == '"') quoted = !quoted;
    if (c == '\'' && !quoted) single = !single;
    if (c != '>' || quoted || single) {
      if (c != kOutputBegins && c != kOutputEnds) out += c;
      ++i;
      continue;
    }
    // The number of what is sent is a word of its own; "-->" of a script is none of this.
    const bool numbered = !out.empty() &&
                          (out.back() == '*' || (out.back() >= '0' && out.back() <= '9')) &&
                          (out.size() == 1 || command_line::is_space(out[out.size() - 2]));
    if (numbered) out.pop_back();
    if (!numbered && (out.ends_with('-') || out.ends_with('='))) {
      out += c;
      ++i;
      continue;
    }
    while (i < text.size() && text[i] == '>') ++i;
    if (i < text.size() && text[i] == '&') {
      i = std::min(i + 2, text.size());
      out += ' ';
      continue;
    }
    while (i < text.size() && (text[i] == ' ' || text[i] == '\t')) ++i;
    bool in_quotes = false;
    const std::size_t file = i;
    for (; i < text.size(); ++i) {
      if (text[i] == '"') in_quotes = !in_quotes;
      const bool ends =
          command_line::is_space(text[i]) || text[i] == '&' || text[i] == '|' || text[i] == ')' ||
          (text[i] == ';' && (i + 1 == text.size() || command_line::is_space(text[i + 1])));
      if (ends && !in_quotes) break;
    }
    out += ' ';
    out += kOutputBegins;
    out += unquoted(text.substr(file, i - file));
    out += kOutputEnds;
  }
  return out;
}

/// Takes the marked files out of a command; returns the last of them.
std::string take_output(std::string& command) {
  std::string output;
  for (std::size_t at = command.find(kOutputBegins); at != std::string::npos;
       at = command.find(kOutputBegins)) {
    const std::size_t end = std::min(command.find(kOutputEnds, at), command.size());
    if (end > at + 1) output = command.substr(at + 1, end - at - 1);
    command.erase(at, end + 1 - at);
  }
  return output;
}

using Visit = std::function<void(const ShellCommand&)>;

class Divider {
 public:
  explicit Divider(const Visit& visit) : visit_{visit} {}

  /// Of the shell or starter that `all` was handed to.
  struct Outer {
    std::string host{}, output{};
  };

  void line(std::string_view all, int depth, const Outer& outer) {
    const std::string text = with_marked_output(all);
    bool quoted = false;
    bool single = false;
    bool marked = false;
    std::size_t begin = 0;
    std::vector<std::string> input;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      const char c = i < text.size() ? text[i] : '\n';
      if (c == kOutputBegins || c == kOutputEnds) marked = c == kOutputBegins;
      if (c == '"' && !marked) quoted = !quoted;
      if (c == '\'' && !quoted && !marked) single = !single;
      const char next = i + 1 < text.size() ? text[i + 1] : '\n';
      const bool ends =
          c == '\n' || c == '\r' || (!quoted && !single && !marked && is_divider(c, next));
      if (!ends) continue;
      const bool pipes = c == '|' && next != '|';
      std::vector<std::string> words =
          command(std::string_view{text}.substr(begin, i - begin), depth, outer, input);
      // What comes first in a row of pipes is what they are about.
      if (!pipes)
        input.clear();
      else if (input.empty())
        input = std::move(words);
      begin = i + 1;
      quoted = false;
      single = false;
      marked = false;
    }
  }

 private:
  static bool is_divider(char c, char next) {
    return c == '&' || c == '|' || (c == ';' && command_line::is_space(next));
  }

  std::vector<std::string> command(std::string_view with_output, int depth, const Outer& outer,
                                   const std::vector<std::string>& input) {
    std::string plain{with_output};
    std::string output = take_output(plain);
    if (output.empty()) output = outer.output;
    std::string_view text = trim(plain);
    while (text.starts_with('(') || text.starts_with('@') || text.starts_with('{'))
      text = trim(text.substr(1));
    if (text.empty() || count_ >= kMaxShellCommands) return {};
    const std::vector<Word> words = words_in(text);
    ShellCommand one;
    one.words.reserve(words.size());
    for (const Word& word : words)
      one.words.push_back(unquoted(text.substr(word.begin, word.end - word.begin)));
    if (set_variable(one.words)) return {};
    for (std::string& word : one.words) word = with_variables(std::move(word));
    const std::string named = host_of(one.words);
    one.host = named.empty() ? outer.host : named;
    one.output = with_variables(output);
    if (depth < kMaxDepth) {
      if (const std::string_view inner = for_shell(text, words); !inner.empty())
        return line(inner, depth + 1, {one.host, one.output}), one.words;
      if (const std::string inner = started_line_of(one.words, input); !inner.empty()) {
        line(inner, depth + 1, {one.host, one.output});
        return one.words;
      }
    }
    ++count_;
    if (const auto folder = changed_folder(one.words, folder_)) folder_ = *folder;
    one.folder = folder_;
    one.input = input;
    visit_(one);
    return one.words;
  }

  /// `"line" | iex` hands over what the pipe begins with.
  static std::string started_line_of(const std::vector<std::string>& words,
                                     const std::vector<std::string>& input) {
    constexpr std::string_view kExpression[] = {"iex", "invoke-expression"};
    if (words.size() == 1 && input.size() == 1 && is_one_of(words[0], kExpression)) return input[0];
    return started_line(words);
  }

  /// `$a = "x"` and `set a=x`, of which later commands of the line speak.
  bool set_variable(const std::vector<std::string>& words) {
    constexpr std::size_t kMostVariables = 64, kMostBytes = 1024;
    std::string name;
    std::string value;
    const std::size_t equals = words[0].find('=');
    if (words.size() == 3 && words[0].starts_with('$') && words[1] == "=") {
      name = words[0];
      value = words[2];
    } else if (words.size() == 1 && words[0].starts_with('$') && equals != std::string::npos) {
      name = words[0].substr(0, equals);
      value = words[0].substr(equals + 1);
    } else if (words.size() == 2 && equals_fold(words[0], "set")) {
      const std::size_t at = words[1].find('=');
      if (at == std::string::npos) return false;
      name = "%" + words[1].substr(0, at) + "%";
      value = words[1].substr(at + 1);
    }
    if (name.size() < 2 || value.empty() || value.size() > kMostBytes) return false;
    // PowerShell's variables end where their name does.
    const bool is_name = std::all_of(name.begin() + 1, name.end() - 1, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
    if (!is_name || variables_.size() >= kMostVariables) return false;
    variables_.emplace_back(to_lower_ascii(name), std::move(value));
    return true;
  }
  std::string with_variables(std::string word) const {
    constexpr std::size_t kMostBytes = 4096;
    if (variables_.empty() || word.find_first_of("$%") == std::string::npos) return word;
    // The last that was set counts.
    for (auto one = variables_.rbegin(); one != variables_.rend(); ++one) {
      const auto& [name, value] = *one;
      std::string lower = to_lower_ascii(word);
      for (std::size_t at = lower.find(name); at != std::string::npos && word.size() < kMostBytes;
           at = lower.find(name, at)) {
        const std::size_t end = at + name.size();
        const char next = end < word.size() ? lower[end] : ' ';
        const bool goes_on = name[0] == '$' && ((next >= 'a' && next <= 'z') || next == '_' ||
                                                (next >= '0' && next <= '9'));
        if (goes_on) {
          at = end;
          continue;
        }
        word.replace(at, name.size(), value);
        lower = to_lower_ascii(word);
        at += value.size();
      }
    }
    return word;
  }

  /// What a shell in `text` is to run; "" when there is none.
  static std::string_view for_shell(std::string_view text, const std::vector<Word>& words) {
    bool has_shell = false;
    for (const Word& word : words) {
      const std::string_view part = text.substr(word.begin, word.end - word.begin);
      if (is_one_of(program_stem(unquoted(part)), kShells)) has_shell = true;
      if (!has_shell) continue;
      const bool joined =
          part.size() > 2 && (starts_with_fold(part, "/c\"") || starts_with_fold(part, "/c,"));
      if (!joined && !is_one_of(part, kToRun)) continue;
      return without_outer_quotes(trim(text.substr(joined ? word.begin + 2 : word.end)));
    }
    return {};
  }

  /// `"a "b c" d"` and `""a b" c"` are quoted as a whole, `"a b" "c d"` is not.
  static std::string_view without_outer_quotes(std::string_view text) {
    if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) return text;
    const std::size_t second = text.find('"', 1);
    const bool opens = second == 1 || command_line::is_space(text[second - 1]);
    return second + 1 == text.size() || opens ? text.substr(1, text.size() - 2) : text;
  }

  const Visit& visit_;
  std::string folder_{};
  std::vector<std::pair<std::string, std::string>> variables_{};  // by "$name" or "%name%"
  std::size_t count_ = 0;
};

}  // namespace

void each_shell_command(std::string_view line,
                        const std::function<void(const ShellCommand&)>& visit) {
  Divider{visit}.line(line, 0, {});
}

std::optional<std::string> changed_folder(const std::vector<std::string>& words,
                                          const std::string& folder) {
  constexpr std::string_view kChanges[] = {
      "cd", "chdir", "pushd", "sl", "set-location", "popd", "push-location", "pop-location"};
  if (words.empty() || !is_one_of(to_lower_ascii(words[0]), kChanges)) return std::nullopt;
  std::string to;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const bool is_option = equals_fold(words[i], "/d") || words[i].starts_with('-');
    if (is_option) continue;
    if (!to.empty()) to += ' ';  // cmd takes names with blanks without quotes
    to += words[i];
  }
  if (to.empty()) return words[0].starts_with('p') || words[0].starts_with('P') ? "" : folder;
  std::replace(to.begin(), to.end(), '/', '\\');
  while (to.size() > 3 && to.ends_with('\\')) to.pop_back();
  const bool is_whole = to.starts_with('\\') || (to.size() > 1 && to[1] == ':');
  if (is_whole || folder.empty()) return to;
  if (to == ".") return folder;
  if (to == "..") return folder.substr(0, std::min(folder.rfind('\\'), folder.size()));
  return folder + (folder.ends_with('\\') ? "" : "\\") + to;
}

std::string program_stem(std::string_view word) {
  std::string stem = to_lower_ascii(name_of_path(word));
  for (const std::string_view end : {".exe", ".com", ".scr"})
    if (stem.ends_with(end)) stem.resize(stem.size() - end.size());
  return stem;
}

}  // namespace hozen
