#include "collector/module/command_line_words.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen::command_line {

bool is_one_of(std::string_view text, Names names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return equals_fold(text, name); });
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  for (std::size_t i = 0; i < text.size();) {
    if (is_space(text[i])) {
      ++i;
      continue;
    }
    Word word{i, i};
    bool quoted = false;
    for (std::size_t slashes = 0; i < text.size() && (quoted || !is_space(text[i])); ++i) {
      if (text[i] == '"' && slashes % 2 == 0) quoted = !quoted;
      slashes = text[i] == '\\' ? slashes + 1 : 0;
    }
    word.end = i;
    words.push_back(word);
  }
  return words;
}

std::string_view bare(std::string_view word) {
  constexpr std::string_view kAround = "\"'`(),;";
  while (!word.empty() && kAround.find(word.front()) != std::string_view::npos)
    word.remove_prefix(1);
  while (!word.empty() && kAround.find(word.back()) != std::string_view::npos)
    word.remove_suffix(1);
  return word;
}

std::string tool_of(std::string_view word) {
  word = bare(word);
  const std::size_t slash = word.find_last_of("\\/");
  if (slash != std::string_view::npos) word.remove_prefix(slash + 1);
  if (ends_with_fold(word, ".exe")) word.remove_suffix(4);
  return to_lower_ascii(word);
}

std::optional<Option> option_of(std::string_view word) {
  std::size_t begin = 0;
  while (begin < word.size() && (word[begin] == '"' || word[begin] == '(')) ++begin;
  if (begin >= word.size() || (word[begin] != '-' && word[begin] != '/')) return std::nullopt;
  begin += word.substr(begin).starts_with("--") ? 2U : 1U;
  const std::size_t end = word.find_first_of(":=", begin);
  Option option{word.substr(begin, end == std::string_view::npos ? end : end - begin)};
  if (end != std::string_view::npos) option.value = end + 1;
  while (option.name.ends_with('"')) option.name.remove_suffix(1);
  if (option.name.empty() || option.name.find_first_of("\\/") != std::string_view::npos)
    return std::nullopt;
  return option;
}

bool is_literal(std::string_view text) {
  if (text.starts_with('\\')) text.remove_prefix(1);
  return text.starts_with('"') || text.starts_with('\'');
}

}  // namespace hozen::command_line
