// What the content and the name of a script of a web server say: whether it runs what a client
// sends.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/finding.h"

namespace hozen {

/// Languages as letters of a set: a ASP, x ASP.NET, p PHP, j JSP, c ColdFusion, g pictures.
/// One sign. Alternatives are separated by `|`; all columns that are not "" have to be there. Texts
/// are held against the script in lower case, with white space between words alone.
struct ScriptSign {
  std::string_view id, languages;
  std::string_view text;  ///< where it begins with a letter: not behind a letter, digit or _
  std::string_view also, and_also;
  std::size_t max_bytes = 0;  ///< only in scripts that are smaller; 0: in all
  int weight = 0;
  std::string_view meaning;  ///< "It …"
};

/// By the file's extension: one of the letters, 0 for what is no script.
char script_language(std::string_view file_name);
/// Signs of the content; `text` is what was read of it.
std::vector<const ScriptSign*> script_signs(std::string_view text, char language);
/// nullptr for an unknown one.
const ScriptSign* script_sign(std::string_view id);

/// What is odd about a script's name: two extensions, letters at random. nothing for an ordinary
/// one.
struct OddName {
  int weight = 0;
  std::string_view meaning;
};
OddName odd_script_name(std::string_view file_name);

}  // namespace hozen
