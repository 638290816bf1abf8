// Where texts of a script go: from what a client sends to what runs it, or from the script itself.
// All of it by looks, over the squeezed text that web_script_signs.cpp makes (lower case, blanks
// only between words): assignments and calls of usual forms, no language is understood.
#pragma once

#include <span>
#include <string_view>

namespace hozen::script_flow {

/// Whether every call of `runners` ("system(") has a literal alone as what it is to run: nothing of
/// a client's is in it. True where there is no such call.
bool runs_only_literals(std::string_view text, std::span<const std::string_view> runners);

// PHP.

/// $f($_POST['a']): a function whose name a variable holds is handed what a client sends; not where
/// the variable is one of a list that stands in the script ($f = $pages[$_GET['p']]).
bool calls_variable(std::string_view text);
/// extract($_POST); $f($x): any variable is a client's, and one names a function.
bool calls_extracted(std::string_view text);
/// Whether all those functions are looked up in tables that other scripts fill ($f = $hooks[$a]),
/// as content systems call what was registered.
bool calls_looked_up(std::string_view text);
/// $c = $_POST['c']; system($c): a command that a client sends is run through a variable.
bool runs_variable(std::string_view text);
/// $a = $_POST; array_filter($x, $a['f']): a function's name is taken out of a copy of all that a
/// client sends.
bool calls_back_copy(std::string_view text);
/// Whether what is uploaded always gets the extension of a picture or a text, whatever name a
/// client sends.
bool uploads_with_fixed_extension(std::string_view text);

}  // namespace hozen::script_flow
