// What antivirus programs found that takes credentials, or is a tool of intruders.
#include <algorithm>
#include <iterator>
#include <map>

#include "collector/base/text.h"
#include "collector/module/credential_signs.h"
#include "collector/module/credential_theft.h"
#include "collector/module/lateral.h"

namespace hozen::credentials {
namespace {

using Text = std::string_view;
/// Threats, and detections of each that are told.
constexpr std::size_t kMaxFindings = 200, kMaxTold = 20;

bool has_any(Text name, std::span<const Text> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](Text word) { return contains_fold(name, word); });
}

/// Points of a threat by its name; 0 for what is no tool of this kind. Names: Microsoft, "Malware
/// names", and its threat encyclopedia.
int weight_of(Text name) {
  constexpr Text kCredentials[] = {"mikatz",     "lsass",      "dumplsa",  "credential", "pwdump",
                                   "pswdump",    "lazagne",    "gsecdump", "kerberoast", "rubeus",
                                   "safetykatz", "sharpdump",  "nanodump", "samdump",    "hashdump",
                                   "dumphash",   "secretdump", "wincred",  "passview",   "dcsync"};
  // What unpaid programs are unlocked with is called a hack tool too.
  constexpr Text kUnlocking[] = {"AutoKMS",  "Keygen",  "KMS",    "Crack",
                                 "GameHack", "Patcher", "Activat"};
  if (has_any(name, kCredentials)) return 60;
  if (!starts_with_fold(name, "HackTool")) return 0;
  return has_any(name, kUnlocking) ? 15 : 45;
}

/// Defender names what runs so, beside files.
bool was_running(Text path) {
  constexpr Text kRunning[] = {"behavior:_", "process:_", "amsi:_", "internalbehavior:_",
                               "CmdLine:_"};
  return has_any(path, kRunning);
}

void begin(Finding& finding, const Fact& fact, int weight) {
  finding.rule = "credential_theft.detection";
  finding.title = "An antivirus program found a tool that takes credentials or serves intruders";
  finding.subject = fact.subject;
  finding.attack = {weight >= 60 ? "T1003" : "T1588.002"};
  finding.benign = {
      "Somebody who tests the defences of this host; the name is a guess of the "
      "antivirus program, which may err."};
  finding.not_checked = {"The file: what was found may be in quarantine.",
                         "Whether the tool had been used before it was found."};
  finding.next = {"How the file came here, and what the account did before and after."};
}

}  // namespace

std::vector<Finding> judge_detections(const FactBook& book) {
  std::map<std::string, Finding> found;  // by folded name of the threat
  std::map<std::string, bool> running;
  for (const Fact& fact : book.facts(FactKind::detection)) {
    const int weight = weight_of(fact.subject);
    const std::string key = fold_case(fact.subject);
    if (weight == 0 || (!found.contains(key) && found.size() >= kMaxFindings)) continue;
    Finding& finding = found[key];
    const bool is_first = finding.rule.empty();
    if (is_first) begin(finding, fact, weight);
    const Text path = fact.values["Path"], program = fact.values["Process Name"];
    const std::string user = account_in(fact);
    const bool told = std::any_of(finding.why.begin(), finding.why.end(), [&](const Why& why) {
      return why.fact.find(shortened(path)) != std::string::npos;
    });
    // A detection is told again with each step that is taken.
    if (told || finding.why.size() >= kMaxTold) continue;
    finding.why.push_back({"At " + fact.time.iso8601() + " " + fact.subject + " was found in " +
                               shortened(path) +
                               (program.empty() || program == "Unknown"
                                    ? ""
                                    : ", in the hands of " + std::string{program}) +
                               (user.empty() ? "" : ", account " + user) + ".",
                           is_first ? weight : 0,
                           Family::indicator,
                           {fact.record}});
    if (was_running(path) && weight > 15 && !running[key]) {
      running[key] = true;
      finding.why.push_back({"It was found by what it did, not as a file: it ran.",
                             20,
                             Family::content,
                             {fact.record}});
    }
  }
  std::vector<Finding> all;
  all.reserve(found.size());
  for (auto& [key, finding] : found) all.push_back(std::move(finding));
  return all;
}

}  // namespace hozen::credentials
