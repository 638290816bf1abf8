// What tools that take credentials leave: files, drivers, services, settings.
#include <algorithm>
#include <iterator>
#include <map>

#include "collector/base/text.h"
#include "collector/module/credential_content.h"
#include "collector/module/credential_signs.h"
#include "collector/module/credential_theft.h"
#include "collector/module/lateral.h"

namespace hozen::credentials {
namespace {

using Text = std::string_view;
constexpr std::size_t kMaxFindings = 200, kMaxTold = 20;

Finding begun(Text rule, Text title, const std::string& subject, Text attack) {
  Finding finding;
  finding.rule = std::string{rule};
  finding.title = std::string{title};
  finding.subject = subject;
  finding.attack = {std::string{attack}};
  return finding;
}

std::string when(const Fact& fact) {
  return fact.time.is_set() ? "At " + fact.time.iso8601() + " " : "";
}

/// One sentence of a file.
std::string file_text(const Fact& fact) {
  std::string text = fact.subject;
  if (fact.event_id == 11)
    text = when(fact) + std::string{fact.values["Image"]} + " wrote " + text;
  else if (fact.event_id == 23 || fact.event_id == 26)
    text = when(fact) + std::string{fact.values["Image"]} + " deleted " + text;
  else if (fact.kind == FactKind::share)
    text = when(fact) + account_in(fact) + " opened " + std::string{fact.values["ShareName"]} +
           "\\" + text + " from " + std::string{fact.values["IpAddress"]};
  else if (const Text what = fact.values["what"]; !what.empty())
    text +=
        " " + std::string{what} + (fact.time.is_set() ? ", created" + lateral::at(fact.time) : "");
  else if (fact.kind == FactKind::file_change)
    text = when(fact) + "the change journal names " + text;
  else
    text += " is there";
  return text;
}

class Leftovers {
 public:
  Leftovers(const FactBook& book, const Told& told) : book_{book}, told_{told} {}

  std::vector<Finding> judge() {
    for (const FactKind kind : {FactKind::file, FactKind::file_change, FactKind::share})
      for (const Fact& fact : book_.facts(kind)) file(fact);
    for (const Fact& fact : book_.facts(FactKind::service)) service(fact, "was installed");
    for (const Fact& fact : book_.facts(FactKind::service_entry)) service(fact, "is set up");
    for (const Fact& fact : book_.facts(FactKind::registry)) key(fact);
    for (const Fact& fact : book_.facts(FactKind::module_load)) load(fact);
    std::vector<Finding> all;
    all.reserve(found_.size());
    for (auto& [subject, finding] : found_) all.push_back(std::move(finding));
    return all;
  }

 private:
  Finding* open(const std::string& key, Text rule, Text title, const std::string& subject,
                Text attack) {
    const auto found = found_.find(key);
    if (found != found_.end()) return &found->second;
    if (found_.size() >= kMaxFindings) return nullptr;
    return &found_.emplace(key, begun(rule, title, subject, attack)).first->second;
  }

  static void tell(Finding& finding, std::string text, int weight, Family family,
                   const Fact& fact) {
    for (const Why& why : finding.why)
      if (why.family == family && why.weight > 0) weight = 0;
    if (finding.why.size() < kMaxTold)
      finding.why.push_back({std::move(text), weight, family, {fact.record}});
  }

  void file(const Fact& fact) {
    if (told_.contains(fact.record)) return;
    const Text content = fact.values["content"];
    const auto named = file_named(fact.subject);
    if ((!named && content.empty()) || homes_.contains(fold_case(fact.subject))) return;
    const Text holds = fact.values["holds"];
    const bool is_hive = holds == kHoldsHive, is_ticket = holds == kHoldsTicket;
    Finding* finding = open("file " + fold_case(fact.subject), "credential_theft.file",
                            content.empty() ? "A file that tools leave which take credentials"
                            : is_hive       ? "A copy of a hive with password hashes"
                            : is_ticket     ? "A file with Kerberos tickets lies here"
                                            : "A memory dump of lsass lies here",
                            fact.subject,
                            named     ? named->attack
                            : is_hive ? "T1003.002"
                                      : "T1003.001");
    if (finding == nullptr) return;
    if (finding->why.empty()) {
      finding->benign = {
          "A dump that support asked for; tickets or libraries of somebody who tests "
          "the defences.",
          "Another file of that name."};
      if (is_hive)
        finding->benign = {"A backup of the registry, or media for a domain controller."};
      finding->not_checked = {
          content.empty() ? "What the file holds: only its name was looked at."
          : is_hive ? "Whether the hashes in it were read; they are of use with the hive SYSTEM."
          : is_ticket
              ? "Whose tickets they are and how long they were good: the first bytes of the "
                "file were looked at."
              : "Whether the passwords in it were read."};
      finding->next = {"What wrote it, and where it went; which accounts were logged on then."};
    }
    const int alone = is_hive ? 60 : 75;
    const int weight = named && (named->is_hive || named->is_weak) ? 20 : alone;
    if (!content.empty()) tell(*finding, std::string{content}, weight, Family::content, fact);
    if (!named) return;
    tell(*finding, file_text(fact) + ": " + std::string{named->what} + ".", named->weight,
         Family::name, fact);
    const bool by_lsass = ends_with_fold(fact.values["Image"], "\\lsass.exe");
    if (by_lsass && !named->is_dump)
      tell(*finding, "lsass wrote it itself, as it does with the code of mimikatz in it.", 20,
           Family::content, fact);
  }

  void service(const Fact& fact, Text what) {
    Text path = fact.values["ImagePath"];
    if (path.empty()) path = fact.values["ServiceFileName"];
    mimidrv(fact, fact.subject, path, what);
  }

  void mimidrv(const Fact& fact, Text service, Text path, Text what) {
    const bool named = equals_fold(service, "mimidrv");
    if (!named && !contains_fold(path, "mimidrv.sys")) return;
    Finding* finding =
        open("mimidrv", "credential_theft.mimikatz_driver",
             "The driver of mimikatz, which takes the protection of lsass away, was set up",
             "mimidrv", "T1003.001");
    if (finding == nullptr) return;
    if (finding->why.empty()) {
      finding->attack.emplace_back("T1543.003");
      finding->benign = {"Somebody who tests the defences of this host."};
      finding->not_checked = {"The file: its name and that of the service were seen."};
      finding->next = {"Who was logged on then: passwords of those accounts are to be changed."};
    }
    tell(*finding,
         when(fact) + "the service '" + std::string{service} + "' with the program " +
             std::string{path} + " " + std::string{what} + ".",
         80, Family::registry_state, fact);
  }

  void key(const Fact& fact) {
    constexpr Text kService = "\\Services\\mimidrv\\";
    if (contains_fold(fact.subject, kService))
      mimidrv(fact, "mimidrv",
              ends_with_fold(fact.subject, "\\ImagePath") ? fact.values["Details"]
                                                          : Text{"mimidrv.sys"},
              "was written to the registry");
  }

  void load(const Fact& fact) {
    const Text signer = fact.values["Signature"];
    const bool named = equals_fold(lateral::file_name(fact.subject), "mimidrv.sys") ||
                       equals_fold(lateral::file_name(fact.subject), "mimilib.dll");
    const bool signed_by = contains_fold(signer, "Benjamin Delpy");
    const bool version = contains_fold(fact.values["Description"], "mimikatz") ||
                         contains_fold(fact.values["Product"], "mimikatz") ||
                         contains_fold(fact.values["Company"], "gentilkiwi");
    if (named || signed_by || version) {
      Finding* finding =
          open("load " + fold_case(fact.subject), "credential_theft.mimikatz_loaded",
               "A driver or library of mimikatz was loaded", fact.subject, "T1003.001");
      if (finding == nullptr) return;
      if (finding->why.empty()) finding->benign = {"Somebody who tests the defences of this host."};
      tell(*finding,
           when(fact) + fact.subject + " was loaded" +
               (fact.values["Image"].empty() ? std::string{}
                                             : " by " + std::string{fact.values["Image"]}) +
               (signed_by ? "; it is signed by " + std::string{signer} : std::string{}) +
               (version ? "; its version resource names mimikatz" : "") + ".",
           80, signed_by || version ? Family::signature : Family::name, fact);
      return;
    }
    in_lsass(fact);
  }

  /// Security packages and password filters of others are signed, as lsass demands it where it is
  /// protected.
  void in_lsass(const Fact& fact) {
    if (fact.event_id != 7 ||
        !ends_with_fold(fact.values["Image"], "\\Windows\\System32\\lsass.exe"))
      return;
    const bool is_signed =
        fact.values["Signed"] == "true" && fact.values["SignatureStatus"] == "Valid";
    const Place place = place_of(fact.subject);
    const bool odd = place == Place::user_folder || place == Place::share || place == Place::other;
    if (is_signed && !odd) return;
    Finding* finding = open("lsass " + fold_case(fact.subject), "credential_theft.loaded_by_lsass",
                            "lsass loaded a library that is not signed, or lies in an odd place",
                            fact.subject, "T1547.008");
    if (finding == nullptr) return;
    if (finding->why.empty()) {
      finding->attack.emplace_back("T1547.005");
      finding->benign = {
          "A password filter, an authentication package or a smart card driver of "
          "another maker."};
    }
    if (!is_signed)
      tell(*finding,
           when(fact) + "lsass loaded " + fact.subject + ", which has no valid signature.", 35,
           Family::signature, fact);
    if (odd)
      tell(*finding,
           when(fact) + "lsass loaded " + fact.subject +
               ", which lies outside the folders "
               "of Windows and of installed programs.",
           35, Family::location, fact);
  }

  const FactBook& book_;
  const Told& told_;
  const std::set<std::string> homes_ = homes_of_directory(book_);
  std::map<std::string, Finding> found_;
};

struct Setting {
  Text suffix, data, meaning, attack;
  int weight = 0;
};
// Microsoft: KB 2871997 (WDigest), "Configuring Additional LSA Protection", "Monitoring Silent
// Process Exit".
constexpr Setting kSettings[] = {
    {"\\SecurityProviders\\WDigest\\UseLogonCredential", "(0x00000001)",
     "Windows keeps passwords in memory as they are from the next logon on (WDigest)", "T1112", 60},
    {"\\Control\\Lsa\\RunAsPPL", "(0x00000000)", "the protection of lsass is switched off",
     "T1562.001", 45},
    {"\\Control\\Lsa\\DisableRestrictedAdmin", "(0x00000000)",
     "remote desktop accepts hashes in place of passwords (restricted admin)", "T1550.002", 35},
    {"\\SilentProcessExit\\lsass.exe\\", "", "Windows writes a dump when lsass is asked to end",
     "T1003.001", 70},
};

}  // namespace

std::vector<Finding> judge_leftovers(const FactBook& book, const Told& told) {
  return Leftovers{book, told}.judge();
}

std::vector<Finding> judge_setting_changes(const FactBook& book) {
  std::map<Text, Finding> found;
  for (const Fact& fact : book.facts(FactKind::registry)) {
    const Text details = fact.values["Details"];
    for (const Setting& setting : kSettings) {
      const bool is_value = !setting.data.empty();
      const bool holds = is_value ? ends_with_fold(fact.subject, setting.suffix) &&
                                        details.find(setting.data) != Text::npos
                                  : contains_fold(fact.subject, setting.suffix);
      if (!holds || fact.event_id != 13) continue;
      Finding& finding = found[setting.suffix];
      if (finding.rule.empty()) {
        finding = begun("credential_theft.setting_changed",
                        "A setting was changed so that credentials are easier to take",
                        fact.subject, setting.attack);
        finding.benign = {"An administrator who needs it for an old program or to find a fault."};
        finding.next = {"What the same program and account did besides, and logons after it."};
      }
      if (finding.why.size() < kMaxTold)
        finding.why.push_back({when(fact) + std::string{fact.values["Image"]} + " set " +
                                   fact.subject + " to " + std::string{details} + ": " +
                                   std::string{setting.meaning} + ".",
                               finding.why.empty() ? setting.weight : 0,
                               Family::registry_state,
                               {fact.record}});
    }
  }
  std::vector<Finding> all;
  all.reserve(found.size());
  for (auto& [suffix, finding] : found) all.push_back(std::move(finding));
  return all;
}

}  // namespace hozen::credentials
