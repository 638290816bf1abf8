#include "collector/module/rule_commands.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::size_t kMaxQuotedText = 200;

/// Commands of PowerShell that do what `net … /add` does.
struct AccountCommand {
  std::string_view word, attack;
};
constexpr AccountCommand kScriptCommands[] = {{"New-LocalUser", "T1136.001"},
                                              {"New-ADUser", "T1136.002"},
                                              {"Add-LocalGroupMember", "T1098"},
                                              {"Add-ADGroupMember", "T1098"}};

using Words = std::vector<std::string>;

/// The words of a shell's or a script's text without quotes and carets; what ends a command is a
/// word of its own.
Words words_of(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\"'(){},`", kEnds = "&|;\n";
  Words words{""};
  for (const char c : text) {
    const bool ends = kEnds.find(c) != std::string_view::npos;
    if (c == '^') continue;
    if (!ends && kBlanks.find(c) == std::string_view::npos) {
      words.back() += c;
      continue;
    }
    if (!words.back().empty()) words.emplace_back();
    if (!ends) continue;
    words.back() = c;
    words.emplace_back();
  }
  return words;
}

bool is_net(std::string_view word) {
  word = word.substr(std::min(word.find_last_of("\\/") + 1, word.size()));
  if (ends_with_fold(word, ".exe")) word.remove_suffix(4);
  return equals_fold(word, "net") || equals_fold(word, "net1");
}

bool is_end(std::string_view word) {
  return word.empty() || word == "&" || word == "|" || word == ";" || word == "\n";
}

/// The technique of `net user x /add` and its kin, whose words these are behind `net`.
std::string_view technique_of(Words::const_iterator first, Words::const_iterator last) {
  const auto has = [&](std::initializer_list<std::string_view> switches) {
    return std::any_of(first, last, [&](std::string_view word) {
      return std::any_of(switches.begin(), switches.end(),
                         [&](std::string_view one) { return equals_fold(one, word); });
    });
  };
  if (first == last) return {};
  const bool user = equals_fold(*first, "user") || equals_fold(*first, "users");
  const bool group = equals_fold(*first, "localgroup") || equals_fold(*first, "group");
  if (user && has({"/add", "/ad"})) return has({"/domain"}) ? "T1136.002" : "T1136.001";
  if (group && has({"/add", "/ad"})) return "T1098";
  return user && has({"/active:yes"}) ? "T1098" : "";
}

void add_hit(std::string_view attack, std::string_view text, std::vector<RuleHit>& hits) {
  const bool rights = attack == "T1098";
  RuleHit hit{rights ? "account_rights" : "account_added",
              rights ? "Entry that gives an account rights" : "Entry that makes an account",
              {"The command line " +
                   std::string{rights ? "switches an account on or puts it in a group"
                                      : "makes an account"} +
                   ": '" + printable(text.substr(0, kMaxQuotedText)) + "'.",
               45,
               Family::command_line,
               {}},
              std::string{attack}};
  const bool known = std::any_of(hits.begin(), hits.end(),
                                 [&](const RuleHit& other) { return other.rule == hit.rule; });
  if (!known) hits.push_back(std::move(hit));
}

void judge_text(std::string_view text, std::vector<RuleHit>& hits) {
  const Words words = words_of(text);
  for (auto word = words.begin(); word != words.end(); ++word) {
    const auto* script =
        std::find_if(std::begin(kScriptCommands), std::end(kScriptCommands),
                     [&](const auto& one) { return equals_fold(one.word, *word); });
    if (script != std::end(kScriptCommands)) add_hit(script->attack, *word, hits);
    if (!is_net(*word)) continue;
    const auto end = std::find_if(word, words.end(), is_end);
    // `Start-Process net -ArgumentList 'user', …`
    const auto first = std::find_if(std::next(word), end,
                                    [](std::string_view next) { return !next.starts_with('-'); });
    const std::string_view attack = technique_of(first, end);
    if (attack.empty()) continue;
    std::string shown = "net";
    for (auto part = first; part != end; ++part) (shown += ' ') += *part;
    add_hit(attack, shown, hits);
  }
}

}  // namespace

void judge_obfuscation(const ResolvedCommand& command, std::vector<RuleHit>& hits) {
  if (!command.has_flag(command_flag::kObfuscated)) return;
  const auto runs = [&](std::string_view name) {
    return std::any_of(command.hosts.begin(), command.hosts.end(),
                       [&](const HostProgram& host) { return host.name == name; });
  };
  if (!runs("cmd.exe") || runs("powershell.exe") || runs("pwsh.exe")) return;
  hits.push_back({"obfuscated_command",
                  "Shell command written so as not to be read",
                  {"The command line puts words together from parts of variables or hides them "
                   "behind carets, as ordinary entries do not.",
                   30,
                   Family::command_line,
                   {}},
                  "T1027.010"});
}

void judge_accounts(const ResolvedCommand& command, std::vector<RuleHit>& hits) {
  judge_text(command.expanded, hits);
  judge_text(command.decoded, hits);
  // As the shells inside leave it: variables and other names of the program resolved.
  if (!command.payload.empty()) {
    const auto name = command.payload.rfind('\\');
    judge_text((name == std::string::npos ? command.payload : command.payload.substr(name + 1)) +
                   ' ' + command.payload_arguments,
               hits);
  }
}

}  // namespace hozen
