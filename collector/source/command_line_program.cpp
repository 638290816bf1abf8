// Where the program ends and its arguments begin.
#include <algorithm>

#include "collector/base/text.h"
#include "collector/source/command_line_impl.h"

namespace hozen::resolver {
namespace {

/// Places at which an unquoted path may end. Longer ones exist only in texts that are no path.
constexpr std::size_t kMaxCandidates = 32;
/// The same for a name without a folder: each is looked for in the whole search path.
constexpr std::size_t kMaxBareCandidates = 4;

bool is_blank(char c) { return kArgumentBlanks.find(c) != std::string_view::npos; }

/// Ends of the words of `text` that a file name may reach to: before each run of blanks, and at the
/// end; not past a character that no file name holds.
std::vector<std::size_t> word_ends(std::string_view text, std::size_t cap) {
  const std::string_view region =
      text.substr(0, std::min(text.find_first_of("\"<>|*\n\r", 0), text.size()));
  std::vector<std::size_t> ends;
  for (std::size_t at = 1; at <= region.size() && ends.size() < cap; ++at) {
    const bool at_end = at == region.size() || is_blank(region[at]);
    if (at_end && !is_blank(region[at - 1])) ends.push_back(at);
  }
  if (ends.empty()) ends.push_back(first_word(text).size());
  return ends;
}

/// True when `word` looks like an argument rather than like a part of a path.
bool begins_argument(std::string_view word) {
  if (word.empty()) return false;
  if (word.front() == '/' || word.starts_with("\\\\")) return true;
  if (word.front() == '-' && word.size() > 1) return true;
  return word.size() > 2 && word[1] == ':' && word[2] == '\\';
}

/// Index of the end that the author of the text meant: the first one behind an extension of a
/// program, else the last word with a backslash before anything that looks like an argument.
std::size_t intended_end(std::string_view text, const std::vector<std::size_t>& ends) {
  std::size_t last_with_separator = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    const std::string_view word = trim(text.substr(begin, ends[i] - begin));
    if (i > 0 && begins_argument(word)) break;
    if (has_program_extension(text.substr(0, ends[i]))) return i;
    if (word.find('\\') != std::string_view::npos) last_with_separator = i;
  }
  return last_with_separator;
}

/// `cmd/c x`: a host's name with a switch glued to it. Length of the name, 0 when it is none.
std::size_t glued_host(std::string_view text) {
  const std::string_view word = first_word(text);
  const std::size_t slash = word.find('/');
  if (slash == std::string_view::npos || slash == 0) return 0;
  const std::string_view name = word.substr(0, slash);
  if (name.find('/') != std::string_view::npos) return 0;
  return find_host(file_name_of(name)) != nullptr ? slash : 0;
}

}  // namespace

Program Resolution::take_program(std::string_view text) {
  text = trim(text);
  if (text.starts_with('"')) return take_quoted(text);
  if (is_url(text) && !starts_with_fold(text, "file:")) {
    const std::string_view url = first_word(text);
    flag(command_flag::kUrl);
    step("a URL: the program registered for its scheme starts");
    return {{std::string{url}, std::nullopt, Existence::unknown},
            std::string{trim(text.substr(url.size()))}};
  }
  if (const std::size_t length = glued_host(text); length > 0) {
    step("switch glued to the program's name");
    return {find_file(text.substr(0, length), Lookup::program),
            std::string{trim(text.substr(length))}};
  }
  return take_unquoted(text, true);
}

Program Resolution::take_quoted(std::string_view text) {
  const std::size_t quotes = std::min(text.find_first_not_of('"'), text.size());
  if (quotes == text.size() && quotes % 2 == 0) {
    step("nothing between the quotes");
    return {};
  }
  text.remove_prefix(quotes);
  const std::size_t end = text.find('"');
  if (end == std::string_view::npos) {
    flag(command_flag::kUnterminatedQuote);
    step("no closing quote: all of the rest is the program");
  } else {
    step("quoted program");
  }
  const std::string_view inside = text.substr(0, end);
  const std::string_view behind =
      end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  const std::size_t steps = out_.steps.size(), flags = out_.flags.size();
  Program program{find_file(inside, Lookup::program), std::string{trim(behind)}};
  if (program.file.exists() || has_program_extension(inside) ||
      trim(inside).find_first_of(kArgumentBlanks) == std::string_view::npos)
    return program;
  // `"C:\a.exe -x"` does not start by itself, but it says what was meant.
  const ResolvedCommand before = out_;
  out_.steps.resize(steps);
  out_.flags.resize(flags);
  const std::string_view meant = trim(inside);
  Program parted = take_unquoted(meant, false);
  // Only a program that is spelled out: `"C:\gone thing.bin"` does not mean C:\gone.exe.
  const std::string_view spelled =
      trim(meant.substr(0, meant.size() - std::min(meant.size(), parted.arguments.size())));
  if (parted.arguments.empty() || !has_program_extension(spelled)) {
    out_ = before;
    return program;
  }
  flag(command_flag::kQuotedArguments);
  step("no such file: arguments stand inside the quotes");
  if (!behind.empty()) (parted.arguments += ' ') += trim(behind);
  return parted;
}

Program Resolution::take_unquoted(std::string_view text, bool note_earlier) {
  const std::string_view first = first_word(text);
  const bool has_folder = first.find_first_of("\\/") != std::string_view::npos;
  const auto ends = word_ends(text, has_folder ? kMaxCandidates : kMaxBareCandidates);
  const std::size_t intended = intended_end(text, ends);

  std::vector<FoundFile> files;
  std::optional<std::size_t> winner;
  for (std::size_t i = 0; i < ends.size() && !winner; ++i) {
    if (i > 0 && !has_folder && has_program_extension(first)) break;
    const std::size_t steps = out_.steps.size(), flags = out_.flags.size();
    files.push_back(find_file(text.substr(0, ends[i]), Lookup::program));
    if (files.back().exists()) {
      winner = i;
    } else if (i != intended) {
      out_.steps.resize(steps);
      out_.flags.resize(flags);
    }
  }
  const std::size_t taken = winner.value_or(std::min(intended, files.size() - 1));
  if (!winner && has_folder && ends.size() > 1)
    step("no file exists at any place where the path may end; the likeliest is taken");
  if (note_earlier && has_folder && outermost_) {
    const std::string_view skipped =
        intended > taken ? text.substr(ends[taken], ends[intended] - ends[taken]) : "";
    const bool hijacked = winner && skipped.find('\\') != std::string_view::npos;
    note_earlier_candidates(files, hijacked ? taken + 1 : taken, hijacked);
  }
  return {files[taken], std::string{trim(text.substr(ends[taken]))}};
}

void Resolution::note_earlier_candidates(const std::vector<FoundFile>& files, std::size_t count,
                                         bool hijacked) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!files[i].path) return;  // no path of a volume: nobody else can put a file there
    out_.earlier_candidates.push_back({files[i].text, files[i].existence});
    step("unquoted path: " + files[i].text + " comes first (" +
         std::string{to_text(files[i].existence)} + ")");
  }
  if (count > 0) flag(command_flag::kUnquotedPath);
  if (hijacked) flag(command_flag::kUnquotedPathHijack);
}

}  // namespace hozen::resolver
