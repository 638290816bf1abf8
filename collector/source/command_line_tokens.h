// Command-line text taken apart: arguments as the C runtime sees them, words, lists of switches.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hozen {

/// Blanks that separate arguments.
constexpr std::string_view kArgumentBlanks = " \t\r\n\v\f";

/// One argument: what the program sees, and where it stands in the text (bytes).
struct Argument {
  std::string text;
  std::size_t begin = 0, end = 0;
  bool quoted = false;  ///< begins with a quote
};

using Arguments = std::vector<Argument>;

/// The arguments of `text` by the rules of CommandLineToArgvW (backslashes before quotes, doubled
/// quotes). At most `kMaxArguments`; the rest is left out.
Arguments split_arguments(std::string_view text);
constexpr std::size_t kMaxArguments = 1024;  ///< more than any host program is given

/// `text` from the beginning of argument `index` on, as written; "" when there is none.
std::string_view rest_from(std::string_view text, const Arguments& arguments, std::size_t index);

/// True for `/x`, `-x`, `–x`, `—x`, `―x` (PowerShell takes all of them).
bool is_switch(std::string_view argument);
/// The argument without the characters that make it a switch.
std::string_view switch_name(std::string_view argument);

bool is_any_of(std::string_view text, std::initializer_list<std::string_view> choices);
/// Index of the first argument that is no switch; nothing when there is none.
std::optional<std::size_t> first_plain(const Arguments& arguments);
std::optional<std::size_t> last_plain(const Arguments& arguments);
/// Index of the switch of one of these names, with or without a value glued by `:` or `=`.
std::optional<std::size_t> find_switch(const Arguments& arguments,
                                       std::initializer_list<std::string_view> names);
/// What follows the `:` or `=` of a switch.
std::string_view glued_value(std::string_view argument);

/// Without one pair of surrounding quotes, and blanks around.
std::string_view unquote(std::string_view text);
/// The part of `text` before the first blank, quotes not looked at.
std::string_view first_word(std::string_view text);
/// The last component of a path: what follows the last `\`, `/` or `:` behind the second character.
std::string_view file_name_of(std::string_view path);
/// With its dot, as written; "" when the last component has none.
std::string_view extension_of(std::string_view path);

/// With every `/` made a `\`.
std::string with_backslashes(std::string_view path);

/// The part before the first `,` (or the end), which `text` is left behind.
std::string_view take_until(std::string_view& text, std::string_view separators);

}  // namespace hozen
