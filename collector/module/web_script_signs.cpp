#include "collector/module/web_script_signs.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/module/web_script_flow.h"

namespace hozen {
namespace {

constexpr ScriptSign kSigns[] = {
#include "collector/module/web_script_signs.inc"
};
/// $_POST['a']($_POST['b']): a name and what it is handed, both from a client.
constexpr ScriptSign kFunctionFromInput{
    "function_of_input",
    "p",
    "",
    "",
    "",
    0,
    75,
    "It calls a function whose name a client sends, with what the client sends"};

/// The same where the name may come from elsewhere: ordinary in large programs.
constexpr ScriptSign kVariableFunction{
    "variable_function",
    "p",
    "",
    "",
    "",
    2048,
    55,
    "It is small and hands what a client sends to a function whose name a variable holds"};

/// The same where every such name is looked up in a table: as hooks of content systems are.
constexpr ScriptSign kRegisteredFunction{
    "registered_function",
    "p",
    "",
    "",
    "",
    2048,
    30,
    "It is small and hands what a client sends to a function that it looks up in a table"};

constexpr ScriptSign kExtractedFunction{
    "extracted_function",
    "p",
    "",
    "",
    "",
    2048,
    60,
    "It is small, makes variables of all that a client sends, and calls a function by one"};

constexpr ScriptSign kCommandOfInput{
    "command_of_input",
    "p",
    "",
    "",
    "",
    0,
    70,
    "It runs as a command what a client sends, through a variable"};

/// A script in a configuration that maps no handler to it: whether it ever runs is not told there.
constexpr ScriptSign kConfigText{
    "config_with_script_text",
    "w",
    "",
    "",
    "",
    0,
    30,
    "It is a configuration and has the text of a script in it, but no handler that would run it"};

struct Extension {
  std::string_view text;
  char language;
};
constexpr Extension kExtensions[] = {
    {".asp", 'a'},  {".asa", 'a'},  {".cer", 'a'},  {".cdx", 'a'},    {".aspx", 'x'},
    {".ashx", 'x'}, {".asmx", 'x'}, {".ascx", 'x'}, {".cshtml", 'x'}, {".soap", 'x'},
    {".svc", 'x'},  {".php", 'p'},  {".php3", 'p'}, {".php4", 'p'},   {".php5", 'p'},
    {".php7", 'p'}, {".php8", 'p'}, {".pht", 'p'},  {".phtml", 'p'},  {".phar", 'p'},
    {".jsp", 'j'},  {".jspx", 'j'}, {".jspf", 'j'}, {".cfm", 'c'},    {".jpg", 'g'},
    {".jpeg", 'g'}, {".gif", 'g'},  {".png", 'g'},  {".ico", 'g'},    {".config", 'w'}};

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

/// Lower case, with one space where white space parts two words, and no other; without NULs (UTF-16
/// of ASCII reads as such).
std::string squeezed(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool space = false;
  for (const char c : text) {
    if (c == '\0') continue;
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      space = true;
      continue;
    }
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (space && is_word(lower) && !out.empty() && is_word(out.back())) out += ' ';
    space = false;
    out += lower;
  }
  return out;
}

/// "un"+"safe" as "unsafe".
std::string joined(std::string text) {
  for (const std::string_view seam : {"\"+\"", "'+'"}) {
    std::string out;
    std::size_t begin = 0;
    for (std::size_t at = text.find(seam); at != text.npos; at = text.find(seam, begin)) {
      out.append(text, begin, at - begin);
      begin = at + seam.size();
    }
    text = out.append(text, begin, text.npos);
  }
  return text;
}

/// The pattern, where it begins with a letter not as the end of a longer word.
bool has_word(std::string_view text, std::string_view pattern) {
  for (std::size_t at = text.find(pattern); at != text.npos; at = text.find(pattern, at + 1))
    if (!is_word(pattern.front()) || at == 0 || !is_word(text[at - 1])) return true;
  return false;
}

bool has_any(std::string_view text, std::string_view alternatives, bool words) {
  while (!alternatives.empty()) {
    const std::size_t end = std::min(alternatives.find('|'), alternatives.size());
    const std::string_view one = alternatives.substr(0, end);
    if (words ? has_word(text, one) : text.find(one) != text.npos) return true;
    alternatives.remove_prefix(std::min(end + 1, alternatives.size()));
  }
  return false;
}

constexpr std::string_view kInputs[] = {"$_post[", "$_get[", "$_request[", "$_cookie["};

/// A superglobal of PHP, its key, and at once the bracket of a call.
bool calls_input(std::string_view text) {
  constexpr std::size_t kMaxKey = 64;
  for (const std::string_view input : kInputs)
    for (std::size_t at = text.find(input); at != text.npos; at = text.find(input, at + 1)) {
      const std::size_t end = text.find(']', at);
      if (end != text.npos && end - at < kMaxKey && text.substr(end, 3) == "]($") return true;
    }
  return false;
}

constexpr std::string_view kCommandsOfPhp[] = {"system(", "passthru(", "shell_exec(", "popen(",
                                               "proc_open("};
constexpr std::string_view kCommandsOfJava[] = {"getruntime().exec(", "processbuilder("};
constexpr std::string_view kLoadersOfNet[] = {"assembly.load("};

/// Whether what stands in the script explains a sign: nothing of a client's reaches it.
bool is_explained(const ScriptSign& sign, std::string_view text) {
  if (sign.id == "command_and_input") return script_flow::runs_only_literals(text, kCommandsOfPhp);
  if (sign.id == "runtime_exec") return script_flow::runs_only_literals(text, kCommandsOfJava);
  if (sign.id == "assembly_from_request")
    return script_flow::runs_only_literals(text, kLoadersOfNet);
  if (sign.id == "callback_of_inputs") return !script_flow::calls_back_copy(text);
  if (sign.id == "upload_anywhere") return script_flow::uploads_with_fixed_extension(text);
  return false;
}

/// Something that runs what it is given, whoever maps a handler to it.
bool runs_something(std::string_view text) {
  return has_any(text, "eval|execute|executeglobal|wscript.shell|createobject", true);
}

/// Whether a handler of a configuration is for configurations themselves, or for all files.
bool maps_configurations(std::string_view text) {
  for (const char quote : {'"', '\''}) {
    const std::string begin = std::string{"path="} + quote;
    for (std::size_t at = text.find(begin); at != text.npos; at = text.find(begin, at + 1)) {
      const std::string_view rest = text.substr(at + begin.size());
      const std::string_view path = rest.substr(0, rest.find(quote));
      if (path == "*" || path == "*.*" || path.find(".config") != path.npos) return true;
    }
  }
  return false;
}

/// PHP opens with "<?php" alone: "<? php" is none.
bool opens_script(std::string_view text) {
  return contains_fold(text, "<?php") || text.find("<%") != text.npos;
}

bool is_of(const ScriptSign& sign, std::string_view text, std::size_t size, char language) {
  return sign.languages.find(language) != std::string_view::npos &&
         (sign.max_bytes == 0 || size <= sign.max_bytes) && has_any(text, sign.text, true) &&
         (sign.also.empty() || has_any(text, sign.also, false)) &&
         (sign.and_also.empty() || has_any(text, sign.and_also, false));
}

char language_of_extension(std::string_view extension) {
  for (const Extension& known : kExtensions)
    if (known.text == extension) return known.language;
  return 0;
}

}  // namespace

char script_language(std::string_view file_name) {
  const std::string folded = to_lower_ascii(file_name);
  const std::size_t dot = folded.rfind('.');
  if (dot == folded.npos) return 0;
  return language_of_extension(std::string_view{folded}.substr(dot));
}

std::vector<const ScriptSign*> script_signs(std::string_view text, char language) {
  const std::string squeezed_text = language == 'x' ? joined(squeezed(text)) : squeezed(text);
  std::vector<const ScriptSign*> found;
  for (const ScriptSign& sign : kSigns)
    if (is_of(sign, squeezed_text, text.size(), language) && !is_explained(sign, squeezed_text)) {
      if (sign.id == "picture_with_script" && !opens_script(text)) continue;
      const bool is_text = sign.id == "config_with_script" && !runs_something(squeezed_text) &&
                           !maps_configurations(squeezed_text);
      found.push_back(is_text ? &kConfigText : &sign);
    }
  if (language == 'p' && calls_input(squeezed_text)) found.push_back(&kFunctionFromInput);
  if (language == 'p' && text.size() <= kVariableFunction.max_bytes &&
      script_flow::calls_variable(squeezed_text))
    found.push_back(script_flow::calls_looked_up(squeezed_text) ? &kRegisteredFunction
                                                                : &kVariableFunction);
  if (language == 'p' && text.size() <= kExtractedFunction.max_bytes &&
      script_flow::calls_extracted(squeezed_text))
    found.push_back(&kExtractedFunction);
  if (language == 'p' && script_flow::runs_variable(squeezed_text))
    found.push_back(&kCommandOfInput);
  std::stable_sort(found.begin(), found.end(),
                   [](const ScriptSign* a, const ScriptSign* b) { return a->weight > b->weight; });
  return found;
}

const ScriptSign* script_sign(std::string_view id) {
  for (const ScriptSign* const sign :
       {&kFunctionFromInput, &kVariableFunction, &kRegisteredFunction, &kExtractedFunction,
        &kCommandOfInput, &kConfigText})
    if (id == sign->id) return sign;
  for (const ScriptSign& sign : kSigns)
    if (sign.id == id) return &sign;
  return nullptr;
}

OddName odd_script_name(std::string_view file_name) {
  const std::string folded = to_lower_ascii(file_name);
  const std::size_t dot = folded.rfind('.');
  if (dot == folded.npos || dot == 0) return {};
  const std::string_view stem = std::string_view{folded}.substr(0, dot);
  const std::size_t before = stem.rfind('.');
  if (before != stem.npos && language_of_extension(stem.substr(before)) == 'g')
    return {20, "behind the extension of a picture stands that of a script"};
  if (folded.find(".asp;") != folded.npos)
    return {25, "old IIS runs a name with `.asp;` in it as a script"};
  constexpr std::size_t kMinRandom = 6;
  if (stem.size() < kMinRandom ||
      stem.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") != stem.npos)
    return {};
  std::size_t changes = 0, vowels = 0;
  for (std::size_t i = 0; i < stem.size(); ++i) {
    const bool digit = stem[i] >= '0' && stem[i] <= '9';
    if (i != 0 && digit != (stem[i - 1] >= '0' && stem[i - 1] <= '9')) ++changes;
    if (std::string_view{"aeiouy"}.find(stem[i]) != std::string_view::npos) ++vowels;
  }
  if (changes >= 3 || vowels == 0) return {10, "its name looks like letters at random"};
  return {};
}

}  // namespace hozen
