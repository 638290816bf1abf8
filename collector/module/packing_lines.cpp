// Lines that may hold commands: whose they are, and how they are shown.
#include <algorithm>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"
#include "collector/module/command_line_words.h"
#include "collector/module/lateral.h"
#include "collector/module/packing.h"
#include "collector/module/passwords.h"

namespace hozen::packing {
namespace {

/// Info-ZIP takes the word behind -P, which may be the last of several letters.
std::string without_zip_passwords(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r\n\"";
  std::string out;
  bool is_secret = false;
  while (!line.empty()) {
    const std::size_t begin = std::min(line.find_first_not_of(kBlanks), line.size());
    out += line.substr(0, begin);
    line.remove_prefix(begin);
    const bool is_quoted = is_secret && out.ends_with('"');
    const std::string_view word =
        line.substr(0, is_quoted ? line.find('"') : line.find_first_of(kBlanks));
    line.remove_prefix(word.size());
    if (word.empty()) break;
    out += is_secret ? kPasswordLeftOut : word;
    constexpr std::size_t kMostLetters = 8;
    is_secret = word.size() <= kMostLetters && word[0] == '-' && word.ends_with('P');
  }
  return out;
}

/// What was not seen to be a password where it stands, as in the arguments of Start-Process.
std::string without_secrets(std::string text, const std::vector<std::string>& secrets) {
  // Shorter ones would take half of the words with them.
  constexpr std::size_t kShortest = 3;
  for (const std::string& secret : secrets) {
    if (secret.size() < kShortest) continue;
    std::size_t at = text.find(secret);
    while (at != std::string::npos) {
      const std::size_t mask = text.rfind(kPasswordLeftOut, at);
      const bool is_masked = mask != std::string::npos && at < mask + kPasswordLeftOut.size();
      if (!is_masked) text.replace(at, secret.size(), kPasswordLeftOut);
      at = text.find(secret,
                     is_masked ? mask + kPasswordLeftOut.size() : at + kPasswordLeftOut.size());
    }
  }
  return text;
}

}  // namespace

bool is_this_host(std::string_view share) {
  while (share.starts_with('\\')) share.remove_prefix(1);
  const std::string_view host = share.substr(0, share.find('\\'));
  return equals_fold(host, "localhost") || host.starts_with("127.") || host == "::1" ||
         host == "." || host == "?";
}

bool is_bundled(std::string_view path) {
  const std::string folded = fold_case(below_volume(path));
  const std::string_view name = name_of_path(folded);
  return folded.starts_with("\\PROGRAM FILES") ||
         folded.starts_with("\\PROGRAMDATA\\PACKAGE CACHE") ||
         name.find("7Z") != std::string_view::npos || name.find("RAR") != std::string_view::npos ||
         name.find("ZIP") != std::string_view::npos;
}

std::string sources_of(const ArchiveCommand& command) {
  std::vector<std::string> all = command.sources;
  all.insert(all.end(), command.masks.begin(), command.masks.end());
  for (const std::string& list : command.lists) all.push_back("the list " + list);
  return all.empty() ? std::string{"the current folder"} : lateral::listed(all);
}

std::string user_of(const Fact& fact) {
  if (const auto user = fact.values["User"]; !user.empty()) return std::string{user};
  if (const auto user = fact.values["user"]; !user.empty()) return std::string{user};
  if (fact.kind == FactKind::process && !fact.values["TargetUserName"].empty())
    return lateral::account_of(fact.values["TargetDomainName"], fact.values["TargetUserName"]);
  return lateral::account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]);
}

CommandLine line_of(const Fact& fact) {
  const auto value = [&](std::string_view name) { return std::string{fact.values[name]}; };
  switch (fact.kind) {
    case FactKind::process:
      return {value("CommandLine"), "a program's start"};
    case FactKind::script:
      if (fact.values["source"] == "powershell_history")
        return {value("ScriptBlockText"), "PowerShell's history"};
      return {value("ScriptBlockText"), "a script"};
    case FactKind::execution:
      return {value("CommandLine"), "the Run dialog"};
    case FactKind::task:
      if (fact.values["Command"].empty()) return {};
      return {"\"" + value("Command") + "\" " + value("Arguments"), "a scheduled task"};
    case FactKind::service:
      return {value(fact.values["ServiceFileName"].empty() ? "ImagePath" : "ServiceFileName"),
              "a service"};
    default:
      return {};
  }
}

std::string without_archive_passwords(std::string_view line,
                                      const std::vector<std::string>& secrets) {
  std::string out;
  std::size_t done = 0;
  for (const command_line::Word& word : command_line::words_of(line)) {
    const std::string_view text = std::string_view{line}.substr(word.begin, word.end - word.begin);
    const std::size_t start = text.find_first_not_of("\"'");
    if (start == std::string_view::npos || (text[start] != '-' && text[start] != '/')) continue;
    const std::string_view name = text.substr(start + 1);
    constexpr std::string_view kOther[] = {"path",    "passthru", "property", "process",
                                           "profile", "pattern",  "port",     "prefix"};
    if (command_line::is_one_of(name.substr(0, name.find_first_of(":=")), kOther)) continue;
    const std::size_t letters = starts_with_fold(name, "hp")  ? 2
                                : starts_with_fold(name, "p") ? 1
                                                              : 0;
    if (letters == 0 || name.size() == letters) continue;
    out += line.substr(done, word.begin + start + 1 + letters - done);
    out += kPasswordLeftOut;
    done = word.end;
  }
  out += line.substr(done);
  out = without_passwords(contains_fold(line, "zip") ? without_zip_passwords(out) : out);
  return without_secrets(std::move(out), secrets);
}

}  // namespace hozen::packing
