#include "collector/module/shell_commands.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"
#include "collector/module/command_line_words.h"

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
      const bool open =
          text[last.begin] == '\'' && (last.end - last.begin == 1 || text[last.end - 1] != '\'');
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

/// The host that a command is sent to; "" for this one, and when it is not named.
std::string host_of(const std::vector<std::string>& words) {
  constexpr std::string_view kPsExec[] = {"psexec", "psexec64", "paexec", "remcom", "csexec"};
  constexpr std::string_view kHere[] = {".", "127.0.0.1", "localhost", "::1"};
  constexpr std::string_view kOptions[] = {"/node:", "-r:", "/r:", "-remote:", "/remote:"};
  if (words.empty()) return {};
  const std::string stem = program_stem(words[0]);
  const bool psexec = is_one_of(stem, kPsExec);
  if (!psexec && stem != "winrs" && stem != "wmic") return {};
  std::string_view host;
  for (std::size_t i = 1; i < words.size() && host.empty(); ++i) {
    const std::string_view word = words[i];
    if (psexec && word.starts_with("\\\\") && word.size() > 2) host = word.substr(2);
    for (const std::string_view option : kOptions)
      if (!psexec && starts_with_fold(word, option)) host = word.substr(option.size());
    // What stands behind the program is that program's.
    if (psexec && ends_with_fold(word, ".exe")) break;
  }
  if (const std::size_t scheme = host.find("://"); scheme != std::string_view::npos)
    host.remove_prefix(scheme + 3);
  host = host.substr(0, host.find_first_of("\\/,:"));
  return is_one_of(host, kHere) ? std::string{} : std::string{host};
}

using Visit = std::function<void(const std::vector<std::string>&, const std::string&)>;

class Divider {
 public:
  explicit Divider(const Visit& visit) : visit_{visit} {}

  void line(std::string_view text, int depth, const std::string& host = {}) {
    bool quoted = false;
    bool single = false;
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      const char c = i < text.size() ? text[i] : '\n';
      if (c == '"') quoted = !quoted;
      if (c == '\'' && !quoted) single = !single;
      const char next = i + 1 < text.size() ? text[i + 1] : '\n';
      const bool ends = c == '\n' || c == '\r' || (!quoted && !single && is_divider(c, next));
      if (!ends) continue;
      command(text.substr(begin, i - begin), depth, host);
      begin = i + 1;
      quoted = false;
      single = false;
    }
  }

 private:
  static bool is_divider(char c, char next) {
    return c == '&' || c == '|' || (c == ';' && command_line::is_space(next));
  }

  void command(std::string_view text, int depth, const std::string& outer) {
    text = trim(text);
    while (text.starts_with('(') || text.starts_with('@') || text.starts_with('{'))
      text = trim(text.substr(1));
    if (text.empty() || count_ >= kMaxShellCommands) return;
    const std::vector<Word> words = words_in(text);
    std::vector<std::string> parts;
    parts.reserve(words.size());
    for (const Word& word : words)
      parts.push_back(unquoted(text.substr(word.begin, word.end - word.begin)));
    const std::string named = host_of(parts);
    const std::string& host = named.empty() ? outer : named;
    if (depth < kMaxDepth)
      if (const std::string_view inner = for_shell(text, words); !inner.empty())
        return line(inner, depth + 1, host);
    ++count_;
    visit_(parts, host);
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
  std::size_t count_ = 0;
};

}  // namespace

void each_shell_command(std::string_view line,
                        const std::function<void(const std::vector<std::string>&)>& visit) {
  each_shell_command_on(
      line, [&](const std::vector<std::string>& words, const std::string&) { visit(words); });
}

void each_shell_command_on(
    std::string_view line,
    const std::function<void(const std::vector<std::string>&, const std::string& host)>& visit) {
  Divider{visit}.line(line, 0);
}

std::string program_stem(std::string_view word) {
  std::string stem = to_lower_ascii(name_of_path(word));
  for (const std::string_view end : {".exe", ".com", ".scr"})
    if (stem.ends_with(end)) stem.resize(stem.size() - end.size());
  return stem;
}

}  // namespace hozen
