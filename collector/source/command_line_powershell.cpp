// powershell.exe and pwsh.exe: switches, encoded commands, and what a script text starts.
#include <algorithm>
#include <array>

#include "collector/base/base64.h"
#include "collector/base/text.h"
#include "collector/source/command_line_impl.h"

namespace hozen::resolver {
namespace {

enum class Switch : std::uint8_t {
  other,  ///< without a value
  value,  ///< with a value of no interest
  file,
  command,
  encoded_command,
  execution_policy,
  window_style,
  no_profile,
  non_interactive,
  version,
};

struct SwitchName {
  std::string_view name;
  std::string_view shortest;  ///< the fewest letters that mean it
  Switch meaning;
};
// As the console host compares them: a given name means the first entry it is a prefix of, and is
// no shorter than `shortest`.
constexpr SwitchName kSwitches[] = {
    {"file", "f", Switch::file},
    {"command", "c", Switch::command},
    {"encodedcommand", "e", Switch::encoded_command},
    {"ec", "ec", Switch::encoded_command},
    {"encodedarguments", "encodeda", Switch::value},
    {"ea", "ea", Switch::value},
    {"executionpolicy", "ex", Switch::execution_policy},
    {"ep", "ep", Switch::execution_policy},
    {"windowstyle", "w", Switch::window_style},
    {"noprofile", "nop", Switch::no_profile},
    {"noninteractive", "noni", Switch::non_interactive},
    {"nologo", "nol", Switch::other},
    {"noexit", "noe", Switch::other},
    {"version", "v", Switch::version},
    {"inputformat", "inp", Switch::value},
    {"if", "if", Switch::value},
    {"outputformat", "o", Switch::value},
    {"of", "of", Switch::value},
    {"psconsolefile", "psc", Switch::value},
    {"configurationname", "config", Switch::value},
    {"configurationfile", "configurationf", Switch::value},
    {"custompipename", "cus", Switch::value},
    {"settingsfile", "settings", Switch::value},
    {"workingdirectory", "wo", Switch::value},
    {"wd", "wd", Switch::value},
};

Switch meaning_of(std::string_view name) {
  name = name.substr(0, name.find(':'));
  for (const SwitchName& known : kSwitches) {
    if (name.size() >= known.shortest.size() && starts_with_fold(known.name, name))
      return known.meaning;
  }
  return Switch::other;
}

void note_execution_policy(Resolution& resolution, std::string_view policy) {
  if (equals_fold(policy, "bypass") || equals_fold(policy, "unrestricted"))
    resolution.flag(command_flag::kExecutionPolicyBypass);
}

void note_window_style(Resolution& resolution, std::string_view style) {
  if (!style.empty() && (starts_with_fold("hidden", style) || style == "1"))
    resolution.flag(command_flag::kHiddenWindow);
}

struct Word {
  std::string_view text;
  std::string_view flag;
};
constexpr Word kScriptWords[] = {
    {"invoke-expression", command_flag::kInvokeExpression},
    {"iex", command_flag::kInvokeExpression},
    {"downloadstring", command_flag::kDownload},
    {"downloadfile", command_flag::kDownload},
    {"downloaddata", command_flag::kDownload},
    {"openread", command_flag::kDownload},
    {"net.webclient", command_flag::kDownload},
    {"invoke-webrequest", command_flag::kDownload},
    {"invoke-restmethod", command_flag::kDownload},
    {"start-bitstransfer", command_flag::kDownload},
    {"iwr", command_flag::kDownload},
    {"irm", command_flag::kDownload},
    {"frombase64string", command_flag::kBase64InScript},
};

bool has_word(std::string_view folded_text, std::string_view word) {
  const std::string folded_word = to_lower_ascii(word);
  for (std::size_t at = folded_text.find(folded_word); at != std::string_view::npos;
       at = folded_text.find(folded_word, at + 1)) {
    const std::size_t end = at + folded_word.size();
    if ((at == 0 || !is_script_word_character(folded_text[at - 1])) &&
        (end == folded_text.size() || !is_script_word_character(folded_text[end])))
      return true;
  }
  return false;
}

/// True for a text that runs what other statements of it make or read.
bool evaluates_text(std::string_view text) {
  const std::string plain = to_lower_ascii(text);
  return has_word(plain, "iex") || has_word(plain, "invoke-expression") ||
         has_word(plain, "scriptblock");
}

void note_script_words(Resolution& resolution, std::string_view text) {
  std::string plain;
  std::size_t backticks = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    // A backtick inside a word escapes nothing and only hides it.
    const bool inside = text[i] == '`' && i > 0 && i + 1 < text.size() &&
                        is_script_word_character(text[i - 1]) &&
                        is_script_word_character(text[i + 1]);
    if (inside) {
      ++backticks;
    } else {
      plain += text[i];
    }
  }
  plain = to_lower_ascii(plain);
  if (backticks >= 2 || plain.find("'+'") != std::string::npos ||
      plain.find("' + '") != std::string::npos || plain.find("[char]") != std::string::npos) {
    resolution.flag(command_flag::kObfuscated);
    resolution.step("words of the script are written in pieces");
  }
  for (const Word& word : kScriptWords)
    if (has_word(plain, word.text)) resolution.flag(word.flag);
  if (plain.find("http://") != std::string::npos || plain.find("https://") != std::string::npos)
    resolution.flag(command_flag::kUrlArgument);
}

/// The text with `$env:NAME` and `${env:NAME}` replaced where the evidence knows the variable.
std::string with_environment(Resolution& resolution, std::string_view text) {
  std::string out;
  const Environment* environment = resolution.context().environment;
  while (!text.empty()) {
    const std::size_t at = text.find('$');
    out += text.substr(0, at);
    if (at == std::string_view::npos) break;
    text.remove_prefix(at);
    const bool braces = text.starts_with("${");
    const std::string_view behind = text.substr(braces ? 2 : 1);
    std::string_view name;
    if (starts_with_fold(behind, "env:")) {
      const auto end =
          braces ? behind.find('}')
                 : static_cast<std::size_t>(std::find_if_not(behind.begin() + 4, behind.end(),
                                                             [](char c) {
                                                               return is_script_word_character(c) &&
                                                                      c != '-';
                                                             }) -
                                            behind.begin());
      if (end != std::string_view::npos) name = behind.substr(4, end - 4);
    }
    const auto value =
        environment == nullptr || name.empty() ? std::nullopt : environment->get(name);
    if (value) {
      out += environment->expand(*value);
      text.remove_prefix((braces ? 3 : 1) + 4 + name.size());
    } else {
      out += '$';
      text.remove_prefix(1);
    }
  }
  return out;
}

/// -EncodedCommand: base64 of UTF-16LE.
bool run_encoded(Resolution& resolution, std::string_view value) {
  resolution.flag(command_flag::kEncodedPowershell);
  const auto bytes = decode_base64(value);
  if (!bytes || bytes->size() < 2) {
    resolution.step("the encoded command is not base64");
    resolution.set_payload_text("inline", value);
    return true;
  }
  std::string text = wtf8_from_utf16le(bytes_of(*bytes));
  resolution.step("encoded command decoded");
  std::string& decoded = resolution.out().decoded;
  if (!decoded.empty()) decoded += '\n';
  decoded += text;
  run_powershell_text(resolution, resolution.with_folders(resolution.with_letters(text)));
  return true;
}

bool run_script_file(Resolution& resolution, std::string_view text, const Arguments& arguments,
                     std::size_t index) {
  if (index >= arguments.size()) return false;
  std::string_view file = unquote(arguments[index].text);
  if (file == "-") {
    resolution.set_payload_text("inline", "(standard input)");
    return true;
  }
  resolution.set_payload_url_or_file("script", file, rest_from(text, arguments, index + 1));
  return true;
}

bool unwrap(Resolution& resolution, std::string_view text, bool bare_is_file) {
  const auto arguments = split_arguments(text);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i].text;
    if (!is_switch(argument)) {
      if (bare_is_file) return run_script_file(resolution, text, arguments, i);
      run_powershell_text(resolution, rest_from(text, arguments, i));
      return true;
    }
    // The value is the next argument, or glued by a colon.
    const std::size_t colon = argument.find(':');
    const bool glued = colon != std::string_view::npos;
    std::string_view value;
    if (glued) {
      value = argument.substr(colon + 1);
    } else if (i + 1 < arguments.size()) {
      value = arguments[i + 1].text;
    }
    const std::size_t behind_value = glued ? i : i + 1;
    switch (meaning_of(switch_name(argument))) {
      case Switch::file:
        return run_script_file(resolution, text, arguments, i + 1);
      case Switch::command:
        if (value.empty()) return false;
        run_powershell_text(resolution, rest_from(text, arguments, i + 1));
        return true;
      case Switch::encoded_command:
        if (value.empty()) return false;
        return run_encoded(resolution, value);
      case Switch::execution_policy:
        note_execution_policy(resolution, value);
        i = behind_value;
        break;
      case Switch::window_style:
        note_window_style(resolution, value);
        i = behind_value;
        break;
      case Switch::version:
        if (value == "2" || value == "2.0") resolution.flag(command_flag::kPowershellVersion2);
        i = behind_value;
        break;
      case Switch::no_profile:
        resolution.flag(command_flag::kNoProfile);
        break;
      case Switch::non_interactive:
        resolution.flag(command_flag::kNonInteractive);
        break;
      case Switch::value:
        i = behind_value;
        break;
      case Switch::other:
        break;
    }
  }
  return false;
}

}  // namespace

void run_powershell_text(Resolution& resolution, std::string_view text) {
  std::string_view script = trim(text);
  // A whole command inside one pair of quotes.
  if (script.size() > 1 && script.front() == '"' && script.find('"', 1) == script.size() - 1)
    script = unquote(script);
  note_script_words(resolution, script);
  const std::string replaced = with_environment(resolution, script);
  std::optional<std::string> first;
  std::vector<std::string> others;
  bool prepared = true;
  for (const std::string_view statement : split_statements(resolution, replaced)) {
    const Started started = started_by(statement, statement.data() == replaced.data());
    if (started.file.empty()) {
      prepared = prepared && only_prepares(statement);
      continue;
    }
    std::string command = "\"" + std::string{started.file} + "\"";
    if (!started.arguments.empty()) (command += ' ') += started.arguments;
    if (!first && prepared) {
      first = std::move(command);
    } else {
      others.push_back(std::move(command));
    }
  }
  std::vector<std::string_view> loaded = files_loaded(replaced, evaluates_text(replaced));
  const bool only_loads = !first && others.empty() && !loaded.empty();
  for (std::size_t i = only_loads ? 1 : 0; i < loaded.size(); ++i)
    others.push_back("\"" + std::string{loaded[i]} + "\"");
  for (const std::string& other : others) {
    resolution.step("the script text also starts " + other);
    resolution.add_other(other);
  }
  if (only_loads) {
    resolution.step("the script text runs what it reads: " + std::string{loaded[0]});
    resolution.set_payload_file("script", loaded[0], Lookup::exact);
    return;
  }
  if (!first) {
    resolution.set_payload_text("inline", script);
    return;
  }
  resolution.step("the script text starts " + *first);
  resolution.run_command(*first);
}

bool unwrap_powershell(Resolution& resolution, std::string_view arguments) {
  return unwrap(resolution, arguments, false);
}

bool unwrap_pwsh(Resolution& resolution, std::string_view arguments) {
  return unwrap(resolution, arguments, true);
}

}  // namespace hozen::resolver
