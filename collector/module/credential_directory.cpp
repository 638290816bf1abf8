// Active Directory's secrets taken by replication, and copies of its database.
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
constexpr std::size_t kMaxFindings = 200, kMaxRecords = 10;

// Control access rights, MS-ADTS 5.1.3.2.1.
constexpr Text kGetChanges = "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2",
               kGetChangesAll = "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2",
               kGetFiltered = "89e95b76-444d-4c62-991a-0facbeda640c";

struct Replication {
  std::string account;
  FileTime first{}, last{};
  std::uint64_t times = 0;
  bool all = false;
  std::string from{};
  std::vector<std::string> records{};
};

/// Accounts that synchronise a directory with the cloud (Microsoft Entra Connect).
bool is_synchroniser(Text user) {
  return starts_with_fold(user, "MSOL_") || starts_with_fold(user, "AAD_") ||
         contains_fold(user, "ADSync");
}

Finding finding_of(const FactBook& book, const Replication& one) {
  Finding finding;
  const bool sync = is_synchroniser(lateral::file_name(one.account));
  finding.rule = "credential_theft.dcsync";
  finding.title =
      "An account that is no domain controller asked for the directory's secrets by "
      "replication (DCSync)";
  finding.subject = one.account;
  finding.why.push_back({one.account + " used the right to replicate the directory " +
                             (one.all ? "with its secrets (DS-Replication-Get-Changes-All) "
                                      : "without its secrets ") +
                             lateral::counted(one.times, "time") + " between " +
                             one.first.iso8601() + " and " + one.last.iso8601() +
                             (one.from.empty() ? "." : ". " + one.from),
                         !one.all ? 25
                         : sync   ? 30
                                  : 75,
                         Family::content, one.records});
  if (sync)
    finding.why.push_back(
        {"An account of this name belongs to the program that synchronises the "
         "directory with the cloud, which does so all day.",
         0,
         Family::name,
         {}});
  finding.attack = {"T1003.006"};
  finding.benign = {
      "Microsoft Entra Connect and other programs that synchronise passwords; tools "
      "that examine the quality of passwords, run by administrators."};
  finding.not_checked = {
      "Computers' accounts (name$) were taken for domain controllers: that one "
      "of them is none does not show here." +
      lateral::not_kept(book, {FactKind::directory})};
  finding.next = {
      "From which host: 4624 of the same logon session. Whose secrets they were is not "
      "told; krbtgt's are worth most."};
  return finding;
}

/// A file of the directory's database in the values of an event of its engine.
std::string database_in(const Fact& fact) {
  for (int i = 1; i <= 7; ++i) {
    const Text value = fact.values["param" + std::to_string(i)];
    if (value.find('\\') != Text::npos && equals_fold(lateral::file_name(value), "ntds.dit"))
      return std::string{value};
  }
  return {};
}

}  // namespace

std::vector<Finding> judge_replication(const FactBook& book) {
  std::map<std::string, Replication> found;
  const lateral::LogonSessions sessions{book};
  for (const Fact& fact : book.facts(FactKind::directory)) {
    if (fact.event_id != 4662 || lateral::is_refused(fact)) continue;
    const Text properties = fact.values["Properties"], user = fact.values["SubjectUserName"];
    const bool all =
        contains_fold(properties, kGetChangesAll) || contains_fold(properties, kGetFiltered);
    if (!all && !contains_fold(properties, kGetChanges)) continue;
    if (user.empty() || user.ends_with('$') || fact.values["SubjectUserSid"] == "S-1-5-18")
      continue;
    const std::string account = account_in(fact), key = fold_case(account);
    if (!found.contains(key) && found.size() >= kMaxFindings) continue;
    Replication& one = found[key];
    if (one.times++ == 0) {
      one.account = account;
      one.first = fact.time;
      if (const Fact* logon =
              sessions.logon_of(fact.values["SubjectLogonId"], fact.time, account)) {
        one.from = lateral::logon_text(*logon);
        one.records.push_back(logon->record);
      }
    }
    one.last = fact.time;
    one.all = one.all || all;
    if (one.records.size() < kMaxRecords) one.records.push_back(fact.record);
  }
  std::vector<Finding> findings;
  findings.reserve(found.size());
  for (const auto& [key, one] : found) findings.push_back(finding_of(book, one));
  return findings;
}

namespace {

/// The copies of one path, or the shadow copy that it was taken from.
struct Copy {
  Finding finding{};
  FileTime first{};
};

constexpr const char* kMade = "A copy of the database of Active Directory was made";

Finding begun_copy(const std::string& path) {
  Finding finding;
  finding.rule = "credential_theft.directory_copy";
  finding.title =
      "The database of Active Directory was opened or closed in a place that is not its own";
  finding.subject = path;
  finding.attack = {"T1003.003"};
  finding.benign = {
      "Media to set up another domain controller from (ntdsutil, install from media), and backups "
      "that mount a snapshot."};
  finding.not_checked = {
      "Who did it: the database engine does not tell. Its process number and the events of "
      "processes "
      "may."};
  finding.next = {"The file and where it went: every password hash of the domain is in it.",
                  "Commands with ntdsutil, vssadmin or diskshadow at that time."};
  return finding;
}

std::string text_of(const Fact& fact, const std::string& path) {
  return "At " + fact.time.iso8601() + " the database engine " +
         (fact.event_id == 325   ? "made "
          : fact.event_id == 326 ? "opened "
                                 : "closed ") +
         path;
}

class Copies {
 public:
  explicit Copies(const FactBook& book) : book_{book}, homes_{homes_of_directory(book)} {}

  std::vector<Finding> judge() {
    // Shadow copies last: they belong to the copies that were taken from them.
    for (const bool is_snapshot : {false, true})
      for (const Fact& fact : book_.facts(FactKind::database)) {
        if (fact.event_id < 325 || fact.event_id > 327) continue;
        const std::string path = database_in(fact);
        if (path.empty() || is_in_snapshot(path) != is_snapshot) continue;
        is_snapshot ? snapshot(fact, path) : copy(fact, path);
      }
    std::vector<Finding> findings;
    findings.reserve(found_.size());
    for (auto& [key, one] : found_) findings.push_back(std::move(one.finding));
    return findings;
  }

 private:
  static bool is_in_snapshot(Text path) {
    return contains_fold(path, "\\$SNAP_") || contains_fold(path, "HarddiskVolumeShadowCopy");
  }

  Copy* open(const Fact& fact, const std::string& path) {
    const std::string key = fold_case(path);
    if (!found_.contains(key) && found_.size() >= kMaxFindings) return nullptr;
    Copy& one = found_[key];
    if (one.finding.rule.empty()) {
      one.finding = begun_copy(path);
      one.first = fact.time;
    }
    return one.finding.why.size() < kMaxRecords ? &one : nullptr;
  }

  void copy(const Fact& fact, const std::string& path) {
    // The engine keeps databases of others too, and the directory's own lies in its place.
    const auto named = homes_.contains(fold_case(path)) ? std::nullopt : file_named(path);
    Copy* one = named ? open(fact, path) : nullptr;
    if (one == nullptr) return;
    if (fact.event_id == 325) one->finding.title = kMade;
    const bool is_new = one->finding.why.empty();
    const int weight = named->weight - (fact.event_id == 325 ? 0 : 20);
    one->finding.why.push_back(
        {text_of(fact, path) + ".", is_new ? weight : 0, Family::content, {fact.record}});
    if (is_new && place_of(path) == Place::user_folder)
      one->finding.why.push_back(
          {"It lies in a folder that users may write to, where no domain controller has its "
           "database.",
           20,
           Family::location,
           {}});
  }

  void snapshot(const Fact& fact, const std::string& path) {
    constexpr std::uint64_t kTogether = 10 * lateral::kMinute;
    for (auto& [key, one] : found_) {
      if (is_in_snapshot(one.finding.subject) || lateral::apart(one.first, fact.time) > kTogether)
        continue;
      if (one.finding.why.size() < kMaxRecords)
        one.finding.why.push_back(
            {text_of(fact, path) + ", in a shadow copy.", 0, Family::content, {fact.record}});
      return;
    }
    if (Copy* one = open(fact, path))
      one->finding.why.push_back({text_of(fact, path) + ", in a shadow copy.",
                                  one->finding.why.empty() ? 30 : 0,
                                  Family::content,
                                  {fact.record}});
  }

  const FactBook& book_;
  const std::set<std::string> homes_;  // folded
  std::map<std::string, Copy> found_;  // by folded path
};

}  // namespace

std::set<std::string> homes_of_directory(const FactBook& book) {
  std::set<std::string> homes;
  for (const Fact& fact : book.facts(FactKind::database))
    if (const Text path = fact.values["own_database"]; fact.event_id == 0 && !path.empty())
      homes.insert(fold_case(path));
  return homes;
}

std::vector<Finding> judge_databases(const FactBook& book) { return Copies{book}.judge(); }

std::vector<Finding> judge_remote_hives(const FactBook& book) {
  struct Saved {
    FileTime first{};
    std::string account, address;
    std::set<Text> hives{};
    std::vector<std::string> files{}, records{};
    bool registry = false;
  };
  constexpr std::uint64_t kTogether = 10 * lateral::kMinute;
  std::map<std::string, FileTime> pipes;  // the last time that an account used the registry
  std::map<std::string, std::string> pipe_records;
  std::map<std::pair<std::string, std::string>, Saved> saved;  // by account and folder
  for (const Fact& fact : book.facts(FactKind::share)) {
    if (fact.event_id != 5145 || lateral::is_refused(fact)) continue;
    const Text path = fact.values["RelativeTargetName"];
    const std::string account = account_in(fact), key = fold_case(account);
    if (equals_fold(path, "winreg")) {
      pipes[key] = fact.time;
      pipe_records[key] = fact.record;
      continue;
    }
    const auto registry = pipes.find(key);
    if (registry == pipes.end() || lateral::apart(registry->second, fact.time) > kTogether)
      continue;
    const Text name = lateral::file_name(path);
    Text hive;
    for (const Text one : {Text{"SAM"}, Text{"SECURITY"}, Text{"SYSTEM"}})
      if (const Text stem = name.substr(0, name.find('.'));
          ends_with_fold(stem, one) && stem.size() <= one.size() + 3)
        hive = one;
    // Impacket saves them under eight letters and fetches them (secretsdump.py).
    const bool is_random = name.size() == 12 && ends_with_fold(name, ".tmp") &&
                           std::all_of(name.begin(), name.begin() + 8, [](char c) {
                             return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                           });
    if ((hive.empty() && !is_random) || saved.size() >= kMaxFindings) continue;
    const Text folder = path.substr(0, path.size() - name.size());
    Saved& one = saved[{key, fold_case(folder)}];
    if (one.records.empty()) {
      one.first = fact.time;
      one.account = account;
      one.address = std::string{fact.values["IpAddress"]};
      one.records.push_back(pipe_records[key]);
    }
    one.hives.insert(hive.empty() ? name : hive);
    const std::string file = std::string{fact.values["ShareName"]} + "\\" + std::string{path};
    if (std::find(one.files.begin(), one.files.end(), file) == one.files.end() &&
        one.files.size() < kMaxRecords) {
      one.files.push_back(file);
      one.records.push_back(fact.record);
    }
  }
  std::vector<Finding> findings;
  findings.reserve(saved.size());
  for (const auto& [key, one] : saved) {
    if (one.hives.size() < 2) continue;
    Finding finding;
    finding.rule = "credential_theft.remote_hives";
    finding.title = "Hives with password hashes were saved from another host";
    finding.subject = one.account;
    finding.why.push_back({one.account + " opened this host's registry from " + one.address +
                               " and then the files " + lateral::listed(one.files) + ", from " +
                               one.first.iso8601() + " on.",
                           75, Family::content, one.records});
    finding.attack = {"T1003.002", "T1003.004"};
    finding.benign = {"A backup of the registry over the network."};
    finding.not_checked = {"What the files hold: only their names are told."};
    finding.next = {
        "Logons with local accounts of this host, and with accounts of its services, "
        "on other hosts."};
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace hozen::credentials
