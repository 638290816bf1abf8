#include "collector/module/domain_rules.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/directory_rules.h"
#include "collector/module/lateral.h"

namespace hozen {
namespace {

using namespace lateral;  // NOLINT(google-build-using-namespace): helpers of rules over facts

constexpr std::uint64_t kDay = 24 * kHour;
constexpr std::size_t kMaxFindings = 50, kMaxTold = 20;
/// Who is made a member of a group that often is so by a rule of the house.
constexpr std::size_t kRoutine = 3;
constexpr std::size_t kMany = 20;
constexpr std::uint64_t kAtOnce = 10 * kMinute;

/// Groups whose members can do everything (Microsoft, "Security identifiers").
std::string_view group_of(std::string_view sid) {
  constexpr std::pair<std::string_view, std::string_view> kGroups[] = {
      {"-512", "Domain Admins"}, {"-518", "Schema Admins"}, {"-519", "Enterprise Admins"}};
  if (sid == "S-1-5-32-544") return "Administrators";
  if (!sid.starts_with("S-1-5-21-")) return {};
  for (const auto& [end, name] : kGroups)
    if (sid.ends_with(end)) return name;
  return {};
}

bool is_added(std::uint32_t id) { return id == 4728 || id == 4732 || id == 4756; }
bool is_removed(std::uint32_t id) { return id == 4729 || id == 4733 || id == 4757; }

std::string subject_of(const Fact& fact) {
  return account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]);
}

/// Administrators themselves, and groups that setup puts into others.
bool is_born_member(std::string_view sid) {
  return sid.ends_with("-500") || sid.ends_with("-512") || sid.ends_with("-519") ||
         !sid.starts_with("S-1-5-21-");
}

class Accounts {
 public:
  explicit Accounts(ModuleContext& context)
      : context_{context}, all_{context.facts().facts(FactKind::account_change)} {}

  void judge() {
    for (const Fact& fact : all_) sort_in(fact);
    for (const Fact* fact : added_) judge_member(*fact);
    for (const Fact& fact : all_) {
      if (fact.event_id == 4794) judge_restore_password(fact);
      if (!fact.values["SidHistory"].empty()) judge_history(fact);
    }
    judge_bursts();
    if (left_out_ != 0)
      context_.note({Errc::limit, "domain_controller: " + std::to_string(left_out_) +
                                      " findings about further accounts are left out"});
  }

 private:
  void sort_in(const Fact& fact) {
    if (is_refused(fact)) return;
    const std::string sid{fact.values["TargetSid"]};
    if (fact.event_id == 4720) created_[sid] = &fact;
    if (fact.event_id == 4726) deleted_[sid] = &fact;
    if (group_of(sid).empty()) return;
    const std::pair key{std::string{fact.values["MemberSid"]}, sid};
    if (is_added(fact.event_id)) {
      added_.push_back(&fact);
      ++times_added_[key];
    }
    if (is_removed(fact.event_id)) removed_[key].push_back(&fact);
  }

  void report(Finding finding) {
    if (++reported_ > kMaxFindings) return void(++left_out_);
    const std::string lost = not_kept(context_.facts(), {FactKind::account_change});
    if (!lost.empty()) finding.not_checked.push_back("Whether there are more such events." + lost);
    context_.report(std::move(finding));
  }

  static void add(Finding& finding, std::string text, int weight, Family family, const Fact& fact) {
    finding.why.push_back({std::move(text), weight, family, {fact.record}});
  }

  static const Fact* find(const std::map<std::string, const Fact*>& facts, const std::string& sid) {
    const auto found = facts.find(sid);
    return found == facts.end() ? nullptr : found->second;
  }

  /// The first removal of the member within a day after `fact`.
  const Fact* removal_after(const Fact& fact,
                            const std::pair<std::string, std::string>& key) const {
    const auto found = removed_.find(key);
    if (found == removed_.end()) return nullptr;
    for (const Fact* one : found->second)
      if (one->time >= fact.time && apart(one->time, fact.time) <= kDay) return one;
    return nullptr;
  }

  void judge_member(const Fact& fact) {
    const std::string member{fact.values["MemberSid"]}, group{fact.values["TargetSid"]};
    if (member.empty() || is_born_member(member)) return;
    const bool local = group == "S-1-5-32-544";
    const Fact* created = find(created_, member);
    const bool is_new =
        created != nullptr && created->time <= fact.time && apart(created->time, fact.time) <= kDay;
    const Fact* removed = removal_after(fact, {member, group});
    const Fact* deleted = find(deleted_, member);
    const bool is_gone =
        deleted != nullptr && deleted->time >= fact.time && apart(deleted->time, fact.time) <= kDay;
    // Setup and deployment make accounts administrators of one computer, as SYSTEM.
    const bool by_system = fact.values["SubjectUserSid"].starts_with("S-1-5-18");
    if (local && by_system && removed == nullptr && !is_gone) return;
    if (times_added_.at({member, group}) >= kRoutine) return;
    const std::string name = member_name(fact, created);
    Finding finding;
    finding.rule = "domain_controller.new_administrator";
    finding.title = "An account was made an administrator";
    finding.subject = name;
    add(finding,
        name + " was made a member of " + text_of(group_of(group)) + " (" + group + ") at " +
            fact.time.iso8601() + " by " + subject_of(fact) + ".",
        20, Family::content, fact);
    if (is_new)
      add(finding,
          "The account was not a day old: it was made at " + created->time.iso8601() + " by " +
              subject_of(*created) + ".",
          local ? 15 : 25, Family::time, *created);
    if (removed != nullptr)
      add(finding, "It was taken out of the group again at " + removed->time.iso8601() + ".",
          local ? 15 : 25, Family::time, *removed);
    if (is_gone)
      add(finding, "The account was deleted at " + deleted->time.iso8601() + ", within a day.", 15,
          Family::name, *deleted);
    if (is_new || removed != nullptr || is_gone)
      finding.title = "An account was an administrator for a short time, or as soon as it was made";
    finding.attack = {"T1098"};
    if (is_new) finding.attack.emplace_back("T1136.002");
    finding.benign = {"Administrators make others administrators, some for hours only, by rule."};
    finding.not_checked = {"What the account did."};
    finding.next = {"Logons of the account, and of the one that made it an administrator."};
    report(std::move(finding));
  }

  static std::string member_name(const Fact& fact, const Fact* created) {
    if (created != nullptr)
      return account_of(created->values["TargetDomainName"], created->subject);
    return fact.values["MemberName"].empty() ? text_of(fact.values["MemberSid"])
                                             : text_of(fact.values["MemberName"]);
  }

  void judge_restore_password(const Fact& fact) {
    Finding finding;
    finding.rule = "domain_controller.restore_password";
    finding.title = "The password for restoring the directory was set";
    finding.subject = subject_of(fact);
    const std::string_view status = fact.values["Status"];
    const bool failed = is_refused(fact) || (!status.empty() && status != "0x0");
    add(finding,
        "At " + fact.time.iso8601() + " " + subject_of(fact) + (failed ? " tried to set" : " set") +
            " the password of the account for restoring the directory (DSRM)" +
            (fact.values["Workstation"].empty()
                 ? "."
                 : ", from " + text_of(fact.values["Workstation"]) + "."),
        35, Family::content, fact);
    finding.attack = {"T1098"};
    finding.benign = {
        "Administrators change it by rule, mostly on all domain controllers at once."};
    finding.not_checked = {
        "Whether the account may log on while the domain controller runs "
        "(DsrmAdminLogonBehavior is 2 then)."};
    finding.next = {"Logons of the local Administrator of the domain controller."};
    report(std::move(finding));
  }

  /// The domain part of a SID: all but its last number.
  static std::string_view domain_of(std::string_view sid) {
    return sid.substr(0, std::min(sid.rfind('-'), sid.size()));
  }

  /// SIDs as the event lists them: "%{S-1-5-21-...-500}" or plain, one or several.
  static std::vector<std::string> sids_in(std::string_view text) {
    std::vector<std::string> sids;
    for (std::size_t at = text.find("S-1-"); at != std::string_view::npos && sids.size() < kMaxTold;
         at = text.find("S-1-", at + 1)) {
      const std::size_t end = text.find_first_not_of("S-0123456789", at);
      sids.emplace_back(text.substr(at, end == std::string_view::npos ? end : end - at));
    }
    return sids;
  }

  void judge_history(const Fact& fact) {
    const std::vector<std::string> sids = sids_in(fact.values["SidHistory"]);
    if (sids.empty() || is_refused(fact)) return;
    const auto any = [&](auto holds) { return std::any_of(sids.begin(), sids.end(), holds); };
    const bool power = any([](const std::string& sid) {
      return !group_of(sid).empty() || (sid.starts_with("S-1-5-21-") && sid.ends_with("-500"));
    });
    const bool same = any([&](const std::string& sid) {
      return equals_fold(domain_of(sid), domain_of(fact.values["TargetSid"]));
    });
    Finding finding;
    finding.rule = "domain_controller.sid_history";
    finding.title = "An account was given the SID of another one";
    finding.subject = account_of(fact.values["TargetDomainName"], fact.subject);
    add(finding,
        finding.subject + " was given the SID history " + listed(sids) + " at " +
            fact.time.iso8601() + " by " + subject_of(fact) + ".",
        25, Family::content, fact);
    if (power) add(finding, "That is the SID of administrators.", 50, Family::name, fact);
    if (same)
      add(finding, "It is a SID of the account's own domain, which no migration gives.", 40,
          Family::registry_state, fact);
    finding.attack = {"T1134.005"};
    finding.benign = {"Migrations of accounts from another domain leave their old SIDs."};
    finding.not_checked = {"Whether a migration was going on."};
    report(std::move(finding));
  }

  /// Many accounts that one account deleted, disabled or gave new passwords within minutes.
  void judge_bursts() {
    std::map<std::pair<std::string, std::uint32_t>, std::vector<const Fact*>> groups;
    for (const Fact& fact : all_) {
      const bool kind = fact.event_id == 4724 || fact.event_id == 4725 || fact.event_id == 4726;
      if (kind && !is_refused(fact) && !fact.subject.ends_with('$'))
        groups[{fold_case(subject_of(fact)), fact.event_id}].push_back(&fact);
    }
    for (const auto& [key, facts] : groups) judge_burst(key.second, facts);
  }

  void judge_burst(std::uint32_t id, const std::vector<const Fact*>& facts) {
    std::size_t most = 0, first = 0, begin = 0;
    for (std::size_t last = 0; last < facts.size(); ++last) {
      while (apart(facts[first]->time, facts[last]->time) > kAtOnce) ++first;
      if (last - first + 1 <= most) continue;
      most = last - first + 1;
      begin = first;
    }
    if (most < kMany) return;
    Finding finding;
    finding.rule = "domain_controller.many_accounts";
    finding.title = "Many accounts were changed at once";
    finding.subject = subject_of(*facts.front());
    std::vector<std::string> records;
    for (std::size_t i = begin; i < begin + most && records.size() < kMaxTold; ++i)
      records.push_back(facts[i]->record);
    const std::string_view what = id == 4724   ? "gave new passwords to"
                                  : id == 4725 ? "disabled"
                                               : "deleted";
    finding.why.push_back({finding.subject + " " + text_of(what) + " " + counted(most, "account") +
                               " within ten minutes, from " + facts[begin]->time.iso8601() + ".",
                           25, Family::time, std::move(records)});
    finding.attack = {"T1531"};
    finding.benign = {"Scripts of administrators do that when a year or a contract ends."};
    finding.not_checked = {"Whether these were accounts in use."};
    report(std::move(finding));
  }

  ModuleContext& context_;
  std::span<const Fact> all_;
  std::map<std::string, const Fact*> created_, deleted_;  // by SID
  std::vector<const Fact*> added_;
  std::map<std::pair<std::string, std::string>, std::size_t> times_added_;  // member and group
  std::map<std::pair<std::string, std::string>, std::vector<const Fact*>> removed_;
  std::size_t reported_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace

void judge_domain(ModuleContext& context) {
  Accounts{context}.judge();
  judge_directory(context);
}

}  // namespace hozen
