// The statements of a PowerShell text, and what each starts.
#include <algorithm>

#include "collector/base/text.h"
#include "collector/source/command_line_impl.h"

namespace hozen::resolver {
namespace {

/// Takes one quoted or bare word off a script text.
std::string_view take_script_word(std::string_view& text) {
  text = trim(text);
  if (!text.empty() && (text[0] == '\'' || text[0] == '"')) {
    const std::size_t end = text.find(text[0], 1);
    const std::string_view word = text.substr(1, end == std::string_view::npos ? end : end - 1);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return word;
  }
  const std::size_t end = std::min(text.find_first_of(" \t\r\n;|)}"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

/// Words behind which a file is read, and whether that alone makes it run.
struct Reader {
  std::string_view word;
  bool loads;
};
constexpr Reader kReaders[] = {
    {"get-content", false}, {"gc", false},           {"cat", false},          {"type", false},
    {"readalltext", false}, {"readalllines", false}, {"import-module", true}, {"ipmo", true}};
/// Their parameters whose value is no file.
constexpr std::string_view kReaderValues[] = {"-encoding",  "-totalcount", "-tail",  "-readcount",
                                              "-delimiter", "-scope",      "-prefix"};

/// Parameters looked at before the file: there are not more.
constexpr std::size_t kMaxReaderParameters = 16;

/// The file behind a reading word, "" when it is none that is named in full.
std::string_view file_read(std::string_view text, bool loads) {
  text = trim(text);
  while (text.starts_with('(')) text = trim(text.substr(1));
  std::string_view word = take_script_word(text);
  for (std::size_t i = 0; i < kMaxReaderParameters && word.starts_with('-'); ++i) {
    const bool takes_value =
        std::any_of(std::begin(kReaderValues), std::end(kReaderValues),
                    [&](std::string_view parameter) { return equals_fold(parameter, word); });
    if (takes_value) take_script_word(text);
    word = take_script_word(text);
  }
  const bool is_path = word.find_first_of(loads ? "\\/" : "\\/.") != std::string_view::npos;
  return is_path && word.find_first_of("$(*?") == std::string_view::npos ? word
                                                                         : std::string_view{};
}

}  // namespace

std::vector<std::string_view> files_loaded(std::string_view text, bool evaluates) {
  std::vector<std::pair<std::size_t, std::string_view>> found;  // by place in the text
  const std::string folded = to_lower_ascii(text);
  for (const Reader& reader : kReaders) {
    if (!reader.loads && !evaluates) continue;
    for (std::size_t at = folded.find(reader.word); at != std::string::npos;
         at = folded.find(reader.word, at + 1)) {
      const std::size_t end = at + reader.word.size();
      const bool begins =
          at == 0 || (!is_script_word_character(folded[at - 1]) &&
                      std::string_view{"\\/.$"}.find(folded[at - 1]) == std::string_view::npos);
      if (!begins || end == folded.size() ||
          std::string_view{" \t('\""}.find(folded[end]) == std::string_view::npos)
        continue;
      const std::string_view file = file_read(text.substr(end), reader.loads);
      if (!file.empty() && found.size() <= kMaxOtherCommands) found.emplace_back(at, file);
    }
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string_view> files;
  files.reserve(found.size());
  for (const auto& [at, file] : found) files.push_back(file);
  return files;
}

bool is_script_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

Started started_by(std::string_view text, bool quotes_call) {
  text = trim(text);
  if (text.starts_with('$')) {
    const std::size_t equals = text.find('=');
    const std::size_t name = static_cast<std::size_t>(
        std::find_if_not(text.begin() + 1, text.end(), is_script_word_character) - text.begin());
    if (equals == std::string_view::npos || text.find_first_not_of(" \t", name) != equals)
      return {};
    text = trim(text.substr(equals + 1));
    quotes_call = false;
  }
  while (!text.empty() && (text[0] == '&' || text[0] == '(')) {
    quotes_call = quotes_call || text[0] == '&';
    text = trim(text.substr(1));
  }
  if (text.starts_with(". ")) {
    text = trim(text.substr(1));
    quotes_call = true;
  }
  const bool quoted = !text.empty() && (text[0] == '\'' || text[0] == '"');
  if (quoted && !quotes_call) return {};
  std::string_view word = take_script_word(text);
  if (!quoted &&
      (equals_fold(word, "start-process") || equals_fold(word, "saps") ||
       equals_fold(word, "start") || equals_fold(word, "invoke-item") || equals_fold(word, "ii"))) {
    word = take_script_word(text);
    if (equals_fold(word, "-filepath") || equals_fold(word, "-file") || equals_fold(word, "-path"))
      word = take_script_word(text);
  }
  const bool is_file = word.find_first_of("$(") == std::string_view::npos &&
                       (has_program_extension(word) || word.substr(0, 3).ends_with(":\\") ||
                        find_host(word) != nullptr);
  if (!is_file) return {};
  return {word, trim(text)};
}

std::vector<std::string_view> split_statements(Resolution& resolution, std::string_view text) {
  std::vector<std::string_view> statements;
  std::size_t begin = 0;
  char quote = 0;
  const auto take = [&](std::size_t end, std::size_t next) {
    const std::string_view statement = trim(text.substr(begin, end - begin));
    if (!statement.empty() && statement != "&") statements.push_back(statement);
    begin = next;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (statements.size() >= kMaxOtherCommands) {
      resolution.flag(command_flag::kNestingLimit);
      resolution.step("more statements than " + std::to_string(kMaxOtherCommands));
      break;
    }
    const char c = text[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '`') {
      ++at;
    } else if (c == '\'' || c == '"') {
      // An apostrophe inside a word is no quote.
      if (c == '"' || at == 0 || !is_script_word_character(text[at - 1])) quote = c;
    } else if (std::string_view{";|{}\n\r"}.find(c) != std::string_view::npos) {
      take(at, at + 1);
    } else if (c == '&' && (at == 0 || text[at - 1] != '>')) {
      take(at, at);
    }
  }
  take(text.size(), text.size());
  return statements;
}

bool only_prepares(std::string_view statement) {
  constexpr std::string_view kPreparing[] = {"start-sleep",
                                             "sleep",
                                             "set-location",
                                             "cd",
                                             "sl",
                                             "push-location",
                                             "chdir",
                                             "cls",
                                             "clear-host",
                                             "write-host",
                                             "write-output",
                                             "echo",
                                             "set-executionpolicy"};
  const std::string_view word = take_script_word(statement);
  return std::any_of(std::begin(kPreparing), std::end(kPreparing),
                     [&](std::string_view one) { return equals_fold(one, word); });
}

}  // namespace hozen::resolver
