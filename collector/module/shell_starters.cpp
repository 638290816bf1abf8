#include "collector/module/shell_starters.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "collector/base/base64.h"
#include "collector/base/bytes.h"
#include "collector/base/text.h"
#include "collector/module/command_line_words.h"
#include "collector/module/shell_commands.h"

namespace hozen {
namespace {

using command_line::is_one_of;
using Words = std::vector<std::string>;

constexpr std::string_view kPsExec[] = {"psexec", "psexec64", "paexec", "remcom", "csexec"};

std::string quoted(std::string_view word) {
  const bool plain = word.find_first_of(" \t") == std::string_view::npos || word.starts_with('"');
  return plain ? std::string{word} : "\"" + std::string{word} + "\"";
}

std::string rest_of(const Words& words, std::size_t first) {
  std::string line;
  for (std::size_t i = first; i < words.size(); ++i)
    line += (line.empty() ? "" : " ") + quoted(words[i]);
  return line;
}

/// The word behind the first of these options.
std::optional<std::size_t> behind(const Words& words, std::string_view option) {
  for (std::size_t i = 1; i + 1 < words.size(); ++i)
    if (equals_fold(words[i], option)) return i + 1;
  return std::nullopt;
}

/// Start-Process [-FilePath] program [[-ArgumentList] a, b]. Source: Microsoft, "Start-Process".
std::string of_start_process(const Words& words) {
  constexpr std::string_view kWithValue[] = {"-workingdirectory",
                                             "-windowstyle",
                                             "-verb",
                                             "-credential",
                                             "-redirectstandardoutput",
                                             "-redirectstandarderror",
                                             "-redirectstandardinput"};
  std::string program;
  std::string arguments;
  bool is_list = false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    std::string_view word = words[i];
    if ((word.size() > 2 && starts_with_fold("-argumentlist", word)) ||
        equals_fold(word, "-args")) {
      is_list = true;
    } else if (starts_with_fold(word, "-file") || starts_with_fold(word, "-path")) {
      continue;
    } else if (!is_list && is_one_of(to_lower_ascii(word), kWithValue)) {
      ++i;
    } else if (program.empty()) {
      program = word;
    } else if (is_list || !word.starts_with('-')) {
      const bool more = word.ends_with(',');
      while (word.ends_with(',')) word.remove_suffix(1);
      while (word.starts_with("@(") || word.starts_with('(')) word.remove_prefix(1);
      while (word.ends_with(')')) word.remove_suffix(1);
      std::string text{word};
      // 'a','b' without blanks is one word.
      for (std::size_t at = text.find("','"); at != std::string::npos; at = text.find("','"))
        text.replace(at, 3, " ");
      std::erase(text, '\'');
      // "a","b" without blanks too, and its quotes are gone: a verb or an option begins it.
      const bool is_joined =
          (text.size() > 2 && text[1] == ',') || text.find(",-") != std::string::npos;
      if (is_joined) std::replace(text.begin(), text.end(), ',', ' ');
      arguments += " " + text;
      is_list = more;
      if (!more) break;
    }
  }
  return program.empty() || arguments.empty() ? std::string{} : quoted(program) + arguments;
}

/// start ["title"] [/options] program arguments, of cmd: a title is quoted, so that the quotes are
/// gone here; what begins with '/' are options.
std::string of_start(const Words& words) {
  std::size_t first = 1;
  while (first < words.size() && (words[first].empty() || words[first].starts_with('/')))
    first += equals_fold(words[first], "/d") ? std::size_t{2} : std::size_t{1};
  return rest_of(words, first);
}

/// at [\\host] time [/every:...] command. Source: Microsoft, "at".
std::string of_at(const Words& words) {
  std::size_t first = 1;
  if (first < words.size() && words[first].starts_with("\\\\")) ++first;
  if (first >= words.size() || words[first].find(':') == std::string::npos) return {};
  ++first;
  while (first < words.size() && words[first].starts_with('/')) ++first;
  return rest_of(words, first);
}

/// for %f in (*.pdf) do command
std::string of_for(const Words& words) {
  for (std::size_t i = 1; i + 1 < words.size(); ++i)
    if (equals_fold(words[i], "do")) {
      std::string line = rest_of(words, i + 1);
      line.erase(0, line.find_first_not_of("@( "));
      return line;
    }
  return {};
}

/// -EncodedCommand, and every beginning of it. Source: Microsoft, "about_PowerShell_exe".
std::string of_encoded(const Words& words) {
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    const std::string lower = to_lower_ascii(words[i]);
    if (lower.size() < 2 || (lower[0] != '-' && lower[0] != '/')) continue;
    const std::string_view name = std::string_view{lower}.substr(1);
    if (name != "ec" && !std::string_view{"encodedcommand"}.starts_with(name)) continue;
    const auto bytes = decode_base64(words[i + 1]);
    if (!bytes || bytes->size() < 4) return {};
    return wtf8_from_utf16le(bytes_of(*bytes));
  }
  return {};
}

/// A command that is handed over as one word is a line already.
std::string line_from(const Words& words, std::size_t first) {
  return first + 1 == words.size() ? words[first] : rest_of(words, first);
}

/// Invoke-Expression [-Command] "line".
std::string of_expression(const Words& words) {
  const bool is_named = words.size() > 2 && equals_fold(words[1], "-command");
  return line_from(words, is_named ? 2 : 1);
}

/// runas [/options] /user:name "line". Source: Microsoft, "Runas".
std::string of_runas(const Words& words) {
  std::size_t first = 1;
  while (first < words.size() && (words[first].starts_with('/') || words[first].starts_with('-')))
    ++first;
  return first < words.size() ? line_from(words, first) : std::string{};
}

/// wmic [/node:...] process call create "line"[,"folder"]. Source: Microsoft, "wmic",
/// Win32_Process.
std::string of_wmic(const Words& words) {
  for (std::size_t i = 1; i + 2 < words.size(); ++i)
    if (equals_fold(words[i], "call") && equals_fold(words[i + 1], "create"))
      return line_from(words, i + 2);
  return {};
}

/// Invoke-WmiMethod -Class Win32_Process -Name Create -ArgumentList "line", and
/// Invoke-CimMethod -ClassName Win32_Process -MethodName Create -Arguments @{CommandLine="line"}.
std::string of_wmi_method(const Words& words) {
  const auto has = [&](std::string_view one) {
    return std::any_of(words.begin(), words.end(),
                       [&](const std::string& word) { return equals_fold(word, one); });
  };
  if (!has("Win32_Process") || !has("Create")) return {};
  constexpr std::string_view kName = "commandline";
  std::string line;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t at = to_lower_ascii(words[i]).find(kName);
    if (at != std::string::npos) {
      line = words[i].substr(at + kName.size());
      for (std::size_t k = i + 1; k < words.size() && (line.empty() || line == "="); ++k)
        line += words[k];
      line.erase(0, line.find_first_not_of("=; "));
    } else if (i + 1 < words.size() && words[i].size() > 2 &&
               (starts_with_fold("-argumentlist", words[i]) || equals_fold(words[i], "-args"))) {
      line = words[i + 1];
    }
  }
  while (!line.empty() && (line.ends_with('}') || line.ends_with(' '))) line.pop_back();
  return line;
}

/// Invoke-Command [-ComputerName host] [-ScriptBlock] { commands }.
std::string of_script_block(const Words& words) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!words[i].starts_with('{')) continue;
    std::string line = words[i].substr(1) + " " + rest_of(words, i + 1);
    while (!line.empty() && (line.ends_with('}') || line.ends_with(' '))) line.pop_back();
    return line;
  }
  return {};
}

std::string without_port(std::string_view host) {
  if (const std::size_t scheme = host.find("://"); scheme != std::string_view::npos)
    host.remove_prefix(scheme + 3);
  return std::string{host.substr(0, host.find_first_of("\\/,:"))};
}

}  // namespace

std::string started_line(const Words& words) {
  if (words.size() < 2) return {};
  const std::string stem = program_stem(words[0]);
  if (stem == "start-process" || stem == "saps") return of_start_process(words);
  if (stem == "start") return of_start(words);
  if (stem == "at") return of_at(words);
  if (stem == "for") return of_for(words);
  if (stem == "powershell" || stem == "pwsh") return of_encoded(words);
  if (stem == "iex" || stem == "invoke-expression") return of_expression(words);
  if (stem == "runas") return of_runas(words);
  if (stem == "wmic") return of_wmic(words);
  constexpr std::string_view kWmi[] = {"invoke-wmimethod", "iwmi", "invoke-cimmethod", "icim"};
  if (is_one_of(stem, kWmi)) return of_wmi_method(words);
  if (stem == "invoke-command" || stem == "icm") return of_script_block(words);
  const bool tasks = stem == "schtasks";
  if (!tasks && stem != "forfiles") return {};
  const auto command = behind(words, tasks ? "/tr" : "/c");
  return command ? words[*command] : std::string{};
}

std::string host_of(const Words& words) {
  constexpr std::string_view kHere[] = {".", "127.0.0.1", "localhost", "::1"};
  constexpr std::string_view kOptions[] = {"/node:", "-r:", "/r:", "-remote:", "/remote:"};
  constexpr std::string_view kCmdlets[] = {"invoke-command", "icm",  "invoke-wmimethod",
                                           "iwmi",           "icim", "invoke-cimmethod"};
  if (words.empty()) return {};
  const std::string stem = program_stem(words[0]);
  const bool psexec = is_one_of(stem, kPsExec);
  std::string host;
  if (stem == "schtasks") {
    if (const auto named = behind(words, "/s")) host = words[*named];
  } else if (psexec || stem == "at") {
    for (std::size_t i = 1; i < words.size() && host.empty(); ++i) {
      if (words[i].starts_with("\\\\") && words[i].size() > 2) host = words[i].substr(2);
      // What stands behind the program is that program's.
      if (ends_with_fold(words[i], ".exe")) break;
    }
  } else if (is_one_of(stem, kCmdlets)) {
    for (const std::string_view option : {"-computername", "-cn"})
      if (const auto named = behind(words, option)) host = words[*named];
  } else if (stem == "winrs" || stem == "wmic") {
    for (const std::string& word : words)
      for (const std::string_view option : kOptions)
        if (host.empty() && starts_with_fold(word, option)) host = word.substr(option.size());
  }
  host = without_port(host);
  return is_one_of(host, kHere) ? std::string{} : host;
}

}  // namespace hozen
