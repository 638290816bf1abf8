// Command lines and scripts that take credentials.
#include <algorithm>
#include <map>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/credential_signs.h"
#include "collector/module/credential_theft.h"
#include "collector/module/lateral.h"

namespace hozen::credentials {
namespace {

using Text = std::string_view;

/// Findings, and commands that one of them tells: a log can be made to hold any number.
constexpr std::size_t kMaxFindings = 200, kMaxTold = 20;
constexpr int kMaxScriptWeight = 35;
/// Points of what is no everyday act of administrators by itself.
constexpr int kLeastOfNote = 40;

struct About {
  Text rule, title, benign, next;
};
About about(Act act) {
  switch (act) {
    case Act::tool:
      return {
          "credential_theft.tool_commands", "Commands of a tool that takes credentials",
          "Somebody who tests the defences of this host, or a script that looks for such words.",
          "Which accounts were logged on then: their passwords, hashes and tickets are known "
          "to whoever ran this."};
    case Act::memory:
      return {"credential_theft.memory_dump",
              "A command that writes the memory of lsass, or of "
              "another process, into a file",
              "Support may ask for a dump of a program that fails.",
              "The file: where it was written, and where it went."};
    case Act::hives:
      return {"credential_theft.hive_copy", "A command that copies hives with password hashes",
              "Scripts that back up the registry.",
              "The copies: where they were written and went."};
    case Act::directory:
      return {"credential_theft.directory_copy",
              "A command that copies the database of Active Directory",
              "Media to set up another domain controller from (install from media).",
              "The copy: every password hash of the domain is in it."};
    case Act::shadow_copy:
      return {"credential_theft.shadow_copy",
              "A command that makes or reads a shadow copy, where locked files can be taken from",
              "Backup programs and their scripts.", "What was copied out of it."};
    case Act::stored:
      return {"credential_theft.stored_passwords", "A command that looks for stored passwords",
              "Administrators who look for the same weakness.", "What it found."};
    case Act::setting:
      return {"credential_theft.setting_command", "A command that makes credentials easier to take",
              "Old programs that need WDigest; an administrator who turns a protection off to find "
              "a fault.",
              "Logons after it."};
    case Act::lookup:
      return {"credential_theft.lsass_lookup", "A command asked which number the process lsass has",
              "Administrators list processes too.", "Dumps of that process afterwards."};
  }
  return {};
}

/// The text of a fact that may hold a command.
std::string text_of(const Fact& fact) {
  switch (fact.kind) {
    case FactKind::process:
      return std::string{fact.values["CommandLine"]};
    case FactKind::script:
      return std::string{fact.values["ScriptBlockText"]};
    case FactKind::task:
      return std::string{fact.values["Command"]} + " " + std::string{fact.values["Arguments"]};
    default:
      return std::string{fact.values[fact.event_id == 4697 ? "ServiceFileName" : "ImagePath"]};
  }
}

/// A command that a user typed into PowerShell, of its history.
bool is_typed(const Fact& fact) { return fact.values["source"] == "powershell_history"; }
bool is_script(const Fact& fact) { return fact.kind == FactKind::script && !is_typed(fact); }

Text kind_text(const Fact& fact) {
  if (is_typed(fact)) return "a command that was typed into PowerShell";
  switch (fact.kind) {
    case FactKind::process:
      return "a command";
    case FactKind::script:
      return "a script";
    case FactKind::task:
      return "a task's command";
    default:
      return "a service's command";
  }
}

/// What Defender runs to look at the host holds such words.
bool is_of_defender(const Fact& fact) {
  return contains_fold(fact.subject, "\\ProgramData\\Microsoft\\Windows Defender");
}

/// Words of tools in a script may be what somebody looks for; several of them are the tool.
std::vector<Sign> signs_of_script(const Fact& fact, const std::string& text) {
  std::vector<Sign> signs = signs_in(text, {});
  const Text words = fact.values["Signs"];
  const auto count = std::count(words.begin(), words.end(), ',') + (words.empty() ? 0 : 1);
  std::erase_if(signs, [](const Sign& sign) {
    return sign.act == Act::tool || sign.act == Act::lookup || sign.act == Act::shadow_copy ||
           sign.act == Act::setting;
  });
  // Scripts are long, and words that say much in one command stand apart in them.
  for (Sign& sign : signs) sign.weight = std::min(sign.weight, kMaxScriptWeight);
  if (count > 0)
    signs.push_back({Act::tool, "has words of a tool that takes credentials", count > 1 ? 75 : 55,
                     "T1003.001"});
  return signs;
}

class Commands {
 public:
  Commands(const FactBook& book, const Told& told) : book_{book}, told_{told} {}

  std::vector<Finding> judge() {
    for (const FactKind kind :
         {FactKind::process, FactKind::script, FactKind::task, FactKind::service})
      for (const Fact& fact : book_.facts(kind)) add(fact);
    std::vector<Finding> all;
    all.reserve(found_.size());
    for (auto& [key, one] : found_) {
      if (one.left_out != 0)
        one.finding.why.push_back({"There are " + std::to_string(one.left_out) + " more of them.",
                                   0,
                                   Family::command_line,
                                   {}});
      all.push_back(std::move(one.finding));
    }
    return all;
  }

 private:
  struct Found {
    Finding finding{};
    int score = 0;
    std::uint64_t left_out = 0;
    std::set<Text> whats{};
  };

  void add(const Fact& fact) {
    if (told_.contains(fact.record) || is_of_defender(fact)) return;
    const std::string text = text_of(fact);
    if (text.size() < 2) return;
    const auto signs = is_script(fact)
                           ? signs_of_script(fact, text)
                           : signs_in(text, is_typed(fact) ? std::string_view{} : fact.subject);
    const std::string account = account_in(fact);
    // One command line is one act: what weighs most names it, and the others are told with it.
    const auto main =
        std::max_element(signs.begin(), signs.end(),
                         [](const Sign& a, const Sign& b) { return a.weight < b.weight; });
    if (main == signs.end()) return;
    const auto key = std::pair{main->act, fold_case(account)};
    if (!found_.contains(key) && found_.size() >= kMaxFindings) return;
    Found& one = found_[key];
    if (one.finding.rule.empty()) begin(one.finding, main->act, account);
    tell(one, fact, text, signs);
  }

  void begin(Finding& finding, Act act, const std::string& account) const {
    const About words = about(act);
    finding.rule = std::string{words.rule};
    finding.title = std::string{words.title};
    finding.subject = account.empty() ? "an account that is not named" : account;
    finding.benign = {std::string{words.benign}};
    finding.not_checked = {"Whether it worked: that a command was run does not tell." +
                           lateral::not_kept(book_, {FactKind::process, FactKind::script})};
    finding.next = {std::string{words.next}, "What started it, and what the account did besides."};
  }

  /// The first command that does a thing counts for it; each further thing adds a little.
  void tell(Found& one, const Fact& fact, const std::string& text, const std::vector<Sign>& signs) {
    int weight = 0;
    std::string what;
    for (const Sign& sign : signs) {
      what += (what.empty() ? "" : ", and ") + std::string{sign.what};
      auto& attack = one.finding.attack;
      if (std::find(attack.begin(), attack.end(), sign.attack) == attack.end())
        attack.emplace_back(sign.attack);
      const bool is_new = one.whats.insert(sign.what).second;
      const int before = one.score;
      const int most = std::max(before, sign.weight);
      // What is ordinary by itself does not become an attack by being done in two ways.
      one.score = most + (is_new && before > 0 && most >= kLeastOfNote ? 10 : 0);
      weight += one.score - before;
    }
    if (one.finding.why.size() >= kMaxTold && weight == 0) {
      ++one.left_out;
      return;
    }
    std::string shown = is_script(fact) ? std::string{fact.subject} : shortened(text);
    if (is_script(fact)) {
      if (const Text words = fact.values["Signs"]; !words.empty())
        shown += (shown.empty() ? "" : " ") + ("(words: " + std::string{words} + ")");
      if (shown.empty()) shown = shortened(text);
    }
    const std::string when = fact.time.is_set() ? "At " + fact.time.iso8601() + " " : "";
    one.finding.why.push_back({when + std::string{kind_text(fact)} + " " + what + ": " + shown,
                               weight,
                               Family::command_line,
                               {fact.record}});
  }

  const FactBook& book_;
  const Told& told_;
  std::map<std::pair<Act, std::string>, Found> found_;
};

}  // namespace

std::vector<Finding> judge_commands(const FactBook& book, const Told& told) {
  return Commands{book, told}.judge();
}

}  // namespace hozen::credentials
