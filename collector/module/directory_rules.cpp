#include "collector/module/directory_rules.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/lateral.h"

namespace hozen {
namespace {

using namespace lateral;  // NOLINT(google-build-using-namespace): helpers of rules over facts

constexpr std::uint64_t kDay = 24 * kHour;
constexpr std::size_t kMaxFindings = 50, kMaxTold = 20;
/// The service that replicates the directory (Microsoft, MS-DRSR 2.2.3.2): who has it is a domain
/// controller.
constexpr std::string_view kReplicationService = "E3514235-4B06-11D1-AB04-00C04FC2DCD2/";
/// A domain controller keeps it; DCShadow takes it away when it has done its work.
constexpr std::uint64_t kShadow = 10 * kMinute;

std::string subject_of(const Fact& fact) {
  return account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]);
}
bool is_attribute(const Fact& fact, std::string_view name) {
  return equals_fold(fact.values["AttributeLDAPDisplayName"], name);
}
/// OperationType of event 5136: %%14674 a value was added, %%14675 deleted.
bool is_deleted_value(const Fact& fact) {
  return fact.values["OperationType"].find("14675") != std::string_view::npos;
}
/// "DC01" of "CN=DC01,OU=Domain Controllers,DC=corp".
std::string_view common_name(std::string_view name) {
  if (!starts_with_fold(name, "CN=")) return {};
  name.remove_prefix(3);
  return name.substr(0, std::min(name.find(','), name.size()));
}
/// A computer that changes its own object.
bool is_itself(const Fact& fact) {
  std::string_view name = fact.values["SubjectUserName"];
  if (!name.ends_with('$')) return false;
  name.remove_suffix(1);
  return is_same_computer(name, common_name(fact.values["ObjectDN"]));
}

class Directory {
 public:
  explicit Directory(ModuleContext& context) : context_{context}, book_{context.facts()} {}

  void judge() {
    for (const Fact& fact : book_.facts(FactKind::directory)) {
      if (is_refused(fact)) continue;
      if (fact.event_id == 5136 && !is_deleted_value(fact)) judge_added(fact);
      if (equals_fold(fact.values["ObjectClass"], "groupPolicyContainer") && fact.event_id != 4662)
        add_policy(fact);
    }
    judge_services();
    report_policies();
    if (left_out_ != 0)
      context_.note({Errc::limit, "domain_controller: " + std::to_string(left_out_) +
                                      " findings about further objects are left out"});
  }

 private:
  void report(Finding finding) {
    if (++reported_ > kMaxFindings) return void(++left_out_);
    const std::string lost = not_kept(book_, {FactKind::directory, FactKind::account_change});
    if (!lost.empty()) finding.not_checked.push_back("Whether there are more such events." + lost);
    context_.report(std::move(finding));
  }

  /// One finding for the same attribute of the same object by the same account.
  bool is_new(const Fact& fact) {
    return seen_
        .insert(fold_case(subject_of(fact)) + "|" + fold_case(fact.values["ObjectDN"]) + "|" +
                fold_case(fact.values["AttributeLDAPDisplayName"]))
        .second;
  }

  static Finding finding_of(const Fact& fact, std::string rule, std::string title, int weight) {
    Finding finding;
    finding.rule = "domain_controller." + std::move(rule);
    finding.title = std::move(title);
    finding.subject = text_of(fact.values["ObjectDN"]);
    finding.why.push_back({"At " + fact.time.iso8601() + " " + subject_of(fact) + " set " +
                               text_of(fact.values["AttributeLDAPDisplayName"]) + " of " +
                               finding.subject + " (" + text_of(fact.values["ObjectClass"]) + ").",
                           weight,
                           Family::content,
                           {fact.record}});
    finding.attack = {"T1098"};
    finding.next = {"Logons of the account that did it, from where, and what it did besides."};
    return finding;
  }

  void judge_added(const Fact& fact) {
    if (starts_with_fold(fact.values["ObjectDN"], "CN=AdminSDHolder,"))
      judge_admin_holder(fact);
    else if (is_attribute(fact, "msDS-AllowedToActOnBehalfOfOtherIdentity"))
      judge_delegation(fact);
    else if (is_attribute(fact, "msDS-KeyCredentialLink"))
      judge_key(fact);
    else if (is_attribute(fact, "servicePrincipalName"))
      judge_service_name(fact);
  }

  void judge_admin_holder(const Fact& fact) {
    if (!is_attribute(fact, "nTSecurityDescriptor") || !is_new(fact)) return;
    Finding finding = finding_of(fact, "admin_holder",
                                 "The rights on all administrators of the domain were changed", 45);
    finding.benign = {
        "The setup of Exchange does that, and administrators who give helpers rights."};
    finding.not_checked = {"What the rights were before, and who has more of them now."};
    report(std::move(finding));
  }

  /// A computer that `fact`'s account had made within a day before.
  const Fact* computer_made_before(const Fact& fact) const {
    const auto made = book_.between(FactKind::account_change, earlier(fact.time, kDay), fact.time);
    for (const Fact& one : made)
      if (one.event_id == 4741 && equals_fold(subject_of(one), subject_of(fact))) return &one;
    return nullptr;
  }

  void judge_delegation(const Fact& fact) {
    if (!is_new(fact)) return;
    Finding finding = finding_of(
        fact, "delegation", "Others were allowed to act on a computer in the name of anybody", 30);
    if (const Fact* made = computer_made_before(fact))
      finding.why.push_back({"The same account had made the computer " + made->subject + " at " +
                                 made->time.iso8601() + ".",
                             20,
                             Family::time,
                             {made->record}});
    if (is_itself(fact))
      finding.why.push_back(
          {"The computer's own account did it, which others relay to the "
           "directory for this.",
           20,
           Family::name,
           {fact.record}});
    finding.benign = {"Clusters and administrators of services use delegation of this kind."};
    finding.not_checked = {"To whom: the value tells it."};
    report(std::move(finding));
  }

  void judge_key(const Fact& fact) {
    if (is_itself(fact) || !is_new(fact)) return;
    const std::string_view by = fact.values["SubjectUserName"];
    // Microsoft Entra Connect writes the keys of users.
    const bool is_sync = starts_with_fold(by, "MSOL_") || starts_with_fold(by, "ADSync") ||
                         starts_with_fold(by, "AAD_");
    const bool computer = equals_fold(fact.values["ObjectClass"], "computer");
    if (is_sync && !computer) return;
    Finding finding = finding_of(fact, "key_credential",
                                 "A key was added with which one can log on as another account",
                                 computer ? 45 : 25);
    finding.benign = {"Windows Hello for Business adds keys, by services of its own."};
    finding.not_checked = {"Whose key it is."};
    report(std::move(finding));
  }

  void judge_service_name(const Fact& fact) {
    if (!equals_fold(fact.values["ObjectClass"], "user") || !is_new(fact)) return;
    Finding finding = finding_of(fact, "service_name", "A user was given a service name", 20);
    finding.attack = {"T1558.003"};
    finding.benign = {"Accounts of services have such names, set when the service is set up."};
    finding.not_checked = {"Whether the account is one of a service."};
    finding.innocent_explanation_unchecked = true;
    report(std::move(finding));
  }

  /// A name of a domain controller is gone that the account had.
  static bool has_less(std::string_view names, const Fact& before) {
    constexpr std::string_view kCatalog = "GC/";  // of the global catalog
    return !contains_fold(names, kReplicationService) ||
           (contains_fold(before.values["ServicePrincipalNames"], kCatalog) &&
            !contains_fold(names, kCatalog));
  }

  /// A computer that was a domain controller for minutes: DCShadow.
  void judge_services() {
    std::map<std::string, const Fact*> begun;  // by account
    for (const Fact& fact : book_.facts(FactKind::account_change)) {
      if (fact.event_id != 4742 || is_refused(fact)) continue;
      const std::string_view names = fact.values["ServicePrincipalNames"];
      if (names.empty()) continue;
      const std::string key = fold_case(fact.subject);
      const auto found = begun.find(key);
      if (found == begun.end()) {
        if (contains_fold(names, kReplicationService)) begun[key] = &fact;
        continue;
      }
      if (!has_less(names, *found->second)) continue;
      if (apart(found->second->time, fact.time) <= kShadow) report_shadow(*found->second, fact);
      begun.erase(found);
    }
  }

  void report_shadow(const Fact& begun, const Fact& ended) {
    Finding finding;
    finding.rule = "domain_controller.shadow";
    finding.title = "A computer was a domain controller for a moment";
    finding.subject = begun.subject;
    finding.why.push_back({"At " + begun.time.iso8601() + " " + subject_of(begun) + " gave " +
                               begun.subject +
                               " the service name by which domain controllers "
                               "replicate.",
                           45,
                           Family::content,
                           {begun.record}});
    finding.why.push_back({"At " + ended.time.iso8601() +
                               " one of the names of a domain controller was gone again: what it "
                               "wrote into the directory in between "
                               "stands in no log.",
                           35,
                           Family::time,
                           {ended.record}});
    finding.attack = {"T1207"};
    finding.benign = {"A promotion to a domain controller that was broken off."};
    finding.next = {"Metadata of replication: which attributes of which objects changed then."};
    report(std::move(finding));
  }

  struct Policies {
    std::vector<std::string> records;
    std::set<std::string> objects;
    std::uint64_t changes = 0;
    bool starts_something = false;
    FileTime first{};
  };

  void add_policy(const Fact& fact) {
    // Client-side extensions of scheduled tasks and scripts (Microsoft, MS-GPPREF, MS-GPSCR).
    constexpr std::string_view kStarting[] = {"{AADCED64-746C-4633-A97C-D61349046527}",
                                              "{42B5FAAE-6536-11D2-AE5A-0000F87571E3}"};
    constexpr std::size_t kMaxAccounts = 1'000;
    const std::string by = subject_of(fact);
    if (policies_.size() >= kMaxAccounts && !policies_.contains(by)) return void(++left_out_);
    Policies& policies = policies_[by];
    if (policies.changes++ == 0) policies.first = fact.time;
    if (policies.objects.size() < kMaxTold) policies.objects.emplace(fact.values["ObjectDN"]);
    if (policies.records.size() < kMaxTold) policies.records.push_back(fact.record);
    for (const std::string_view extension : kStarting)
      policies.starts_something |=
          !is_deleted_value(fact) && contains_fold(fact.values["AttributeValue"], extension);
  }

  void report_policies() {
    for (auto& [by, policies] : policies_) {
      Finding finding;
      finding.rule = "domain_controller.group_policy";
      finding.title = policies.starts_something
                          ? "A group policy was changed that starts something on computers"
                          : "Group policies were changed";
      finding.subject = by;
      finding.why.push_back(
          {by + " changed " + listed({policies.objects.begin(), policies.objects.end()}) + " (" +
               counted(policies.changes, "time") + "), first at " + policies.first.iso8601() + ".",
           10, Family::content, policies.records});
      if (policies.starts_something)
        finding.why.push_back(
            {"Among that are scheduled tasks or scripts, which run on every "
             "computer that the policy is for.",
             15, Family::command_line, policies.records});
      finding.attack = {"T1484.001"};
      finding.benign = {"Administrators change policies all the time."};
      finding.not_checked = {"What the policy does: its files lie in SYSVOL."};
      finding.next = {"The files of that policy, among the records sysvol_file."};
      finding.innocent_explanation_unchecked = true;
      report(std::move(finding));
    }
  }

  ModuleContext& context_;
  const FactBook& book_;
  std::set<std::string> seen_;
  std::map<std::string, Policies> policies_;
  std::size_t reported_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace

void judge_directory(ModuleContext& context) { Directory{context}.judge(); }

}  // namespace hozen
