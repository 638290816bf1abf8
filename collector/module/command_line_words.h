// Words, names of tools and options of a command line within any text, for passwords.cpp: as
// Windows and its shells divide one, and never more than that a sentence around it allows.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hozen::command_line {

using Names = std::span<const std::string_view>;
bool is_one_of(std::string_view text, Names names);
bool is_space(char c);

struct Word {
  std::size_t begin = 0, end = 0;  ///< in the text, quotes included
};
/// Quotes hold words together as Windows does it: `\"` is none.
std::vector<Word> words_of(std::string_view text);

/// Without what may stand around a word in a sentence.
std::string_view bare(std::string_view word);

/// "psexec" of `"C:\a b\PsExec.exe"`; lower case.
std::string tool_of(std::string_view word);

struct Option {
  std::string_view name;
  std::size_t value = std::string_view::npos;  ///< where a joined value begins, in the word
};
/// The name of an option: "p" of `-p`, "password" of `--password=x`; nothing for other words.
std::optional<Option> option_of(std::string_view word);

/// Whether it begins with a quote, which may be one in quotes.
bool is_literal(std::string_view text);

}  // namespace hozen::command_line
