// The commands of cmd.exe that run others: how to get at what they run.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/source/command_line_impl.h"

namespace hozen::resolver {

/// What cmd.exe passes over in front of a command, and what ends its name.
constexpr std::string_view kCmdSeparators = " \t\v\f,;=";
/// Without kCmdSeparators in front.
std::string_view without_separators(std::string_view text);
/// Takes one word, quoted or not, off the front.
std::string_view take_word(std::string_view& text);
/// The length of the name of a command of cmd.exe itself at the front of `word`, 0 when there is
/// none: `echo`, `echo.`, `echo(x`, `cd\x`, but not `echoupd.exe`.
std::size_t builtin_length(std::string_view word);

/// `start ["title"] [switches] command`: the command.
std::string_view behind_start(Resolution& resolution, std::string_view text);
/// `if [/i] [not] exist x | defined x | errorlevel n | a==b | a equ b`: the command behind it.
std::string_view behind_if(std::string_view text);
/// `… ) else …`: what stands before it; the other branch joins `more`.
std::string without_else(std::string text, std::vector<std::string>& more);
/// `for [switches] %i in (…) do command`: the command, with the first element of a list that stands
/// in the line in place of the variable; with the others it joins `more`. So does a command in
/// quotes between the brackets, which runs too.
std::string behind_for(Resolution& resolution, std::string_view text,
                       std::vector<std::string>& more);
/// `%i`, `%%i` or `%~i` with nothing to end a name: a variable of a loop that is not known.
bool begins_with_loop_variable(std::string_view command);

/// Variables that the line itself sets, on top of those of the evidence.
class LineVariables {
 public:
  explicit LineVariables(const Resolution& resolution);
  /// `name=value` or `"name=value"` behind `set`.
  void set(std::string_view text);
  bool any() const { return own_.has_value(); }
  /// `%x%` as `call` fills it in while the line runs.
  std::string filled_in(Resolution& resolution, std::string_view text) const;
  /// `!x!` as it is filled in where delayed expansion is on.
  std::string delayed_filled_in(Resolution& resolution, std::string_view text) const;

 private:
  const Environment* evidence_;       ///< may be nullptr
  std::optional<Environment> own_{};  ///< the evidence's and those that were set
};

}  // namespace hozen::resolver
