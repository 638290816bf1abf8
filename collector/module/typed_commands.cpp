#include "collector/module/typed_commands.h"

#include <algorithm>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/command_line_words.h"
#include "collector/module/shell_commands.h"

namespace hozen {
namespace {

using command_line::is_one_of;
using Words = std::vector<std::string>;

void add_word(std::string& line, const std::string& word) {
  if (!line.empty()) line += ' ';
  const bool has_blank = std::any_of(word.begin(), word.end(), command_line::is_space);
  line += has_blank ? "\"" + word + "\"" : word;
}

/// Start-Process's own options taken away, and its lists of arguments as words of a line:
/// `saps a.exe -ArgumentList '-x','1'` is `a.exe -x 1`.
std::string line_of_start_process(const Words& words) {
  constexpr std::string_view kFollowed[] = {"-WorkingDirectory",
                                            "-WindowStyle",
                                            "-Verb",
                                            "-Credential",
                                            "-RedirectStandardOutput",
                                            "-RedirectStandardError",
                                            "-RedirectStandardInput"};
  constexpr std::string_view kAlone[] = {"-FilePath", "-ArgumentList", "-Args",
                                         "-Wait",     "-NoNewWindow",  "-PassThru"};
  std::string line;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (is_one_of(words[i], kFollowed)) {
      ++i;
      continue;
    }
    if (is_one_of(words[i], kAlone)) continue;
    if (line.empty()) {
      add_word(line, words[i]);
      continue;
    }
    std::string arguments = words[i];
    std::replace_if(
        arguments.begin(), arguments.end(), [](char c) { return c == ',' || c == '\''; }, ' ');
    line += " " + arguments;
  }
  return line;
}

std::string line_of(const Words& words) {
  constexpr std::string_view kStarts[] = {"Start-Process", "saps", "start"};
  if (is_one_of(words.front(), kStarts)) return line_of_start_process(words);
  std::string line;
  for (const std::string& word : words) add_word(line, word);
  return line;
}

/// The first word of a line, without its quotes.
std::string program_of(std::string_view line) {
  const bool quoted = line.starts_with('"');
  if (quoted) line.remove_prefix(1);
  return std::string{line.substr(0, line.find(quoted ? '"' : ' '))};
}

void each_command(const Fact& fact, std::string_view text,
                  const std::function<void(const Fact&)>& visit) {
  each_shell_command(text, [&](const ShellCommand& command) {
    const Words& words = command.words;
    if (words.empty()) return;
    const std::string line = line_of(words);
    if (line.empty()) return;
    Fact one;
    one.kind = FactKind::process;
    one.time = fact.time;
    one.record = fact.record;
    one.subject = program_of(line);
    one.values.add("CommandLine", line);
    one.values.add("User", fact.values["User"]);
    one.values.add("source", fact.values["source"]);
    if (!command.folder.empty()) one.values.add("CurrentDirectory", command.folder);
    if (!command.output.empty()) one.values.add("Output", command.output);
    visit(one);
  });
}

}  // namespace

bool is_typed_command(const Fact& fact) {
  return fact.kind == FactKind::script && fact.values["source"] == "powershell_history";
}

void each_typed_command(const Fact& fact, const std::function<void(const Fact&)>& visit) {
  if (!is_typed_command(fact)) return;
  each_command(fact, fact.values["ScriptBlockText"], visit);
}

void each_redirected_command(const Fact& process, const std::function<void(const Fact&)>& visit) {
  const std::string_view line = process.values["CommandLine"];
  if (line.find('>') == std::string_view::npos) return;
  each_command(process, line, [&](const Fact& one) {
    if (!one.values["Output"].empty()) visit(one);
  });
}

}  // namespace hozen
