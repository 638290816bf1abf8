#include "collector/module/zerologon_rules.h"

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

/// The attack takes 256 tries on average, and seconds.
constexpr std::uint64_t kBurst = 10, kBurstTicks = kMinute;
/// What belongs to a change of the password lies within so much before it.
constexpr std::uint64_t kBefore = 10 * kMinute;
constexpr std::size_t kMaxFindings = 20, kMaxTold = 20, kMaxAccounts = 10'000;

struct Refusals {
  std::string computer;
  std::vector<const Fact*> facts;
};

class Judge {
 public:
  explicit Judge(ModuleContext& context) : context_{context}, book_{context.facts()} {}

  void judge() {
    for (const Fact& fact : book_.facts(FactKind::secure_channel)) sort_in(fact);
    judge_passwords();
    for (const auto& [name, refusals] : refused_) judge_refusals(refusals);
    for (const Fact* fact : bursts_) judge_burst(*fact);
    judge_weak();
    if (left_out_ != 0)
      context_.note({Errc::limit, "zerologon: " + std::to_string(left_out_) +
                                      " events or findings of further accounts are left out"});
  }

 private:
  static std::string_view bare(std::string_view account) {
    if (account.ends_with('$')) account.remove_suffix(1);
    return account;
  }
  /// A computer's name or account that is that of the host which wrote the event.
  bool is_own(std::string_view account) const {
    const std::string_view name = bare(account);
    return !name.empty() &&
           std::any_of(book_.names().begin(), book_.names().end(),
                       [&](const std::string& own) { return is_same_computer(name, own); });
  }

  void sort_in(const Fact& fact) {
    if (fact.event_id == 0) return void(bursts_.push_back(&fact));
    if (fact.event_id >= 5827) return void(weak_.push_back(&fact));
    if (fact.event_id != 5805 && fact.event_id != 5723) return;
    const std::string computer{fact.values["param1"]};
    auto found = refused_.find(fold_case(computer));
    if (found == refused_.end()) {
      if (refused_.size() >= kMaxAccounts) return void(++left_out_);
      found = refused_.emplace(fold_case(computer), Refusals{computer, {}}).first;
    }
    found->second.facts.push_back(&fact);
  }

  /// Where not all events were kept, that one is not found says nothing.
  void report(Finding finding) {
    if (++reported_ > kMaxFindings) return void(++left_out_);
    finding.attack = {"T1210", "T1068"};
    const std::string lost =
        not_kept(book_, {FactKind::account_change, FactKind::secure_channel, FactKind::logon});
    if (!lost.empty()) finding.not_checked.push_back("Whether there are more such events." + lost);
    finding.next.emplace_back(
        "What was done with the account afterwards: directory replication (4662), logons of the "
        "computer account from other hosts, new administrators, services.");
    finding.next.emplace_back(
        "If it was ZeroLogon: all secrets of the domain are known to somebody else (krbtgt too), "
        "and the domain controller's password no longer is what it believes.");
    context_.report(std::move(finding));
  }

  // ZL01

  void judge_passwords() {
    for (const Fact& fact : book_.facts(FactKind::account_change))
      if (fact.event_id == 4742 && is_anonymous(fact) && !is_refused(fact) &&
          !fact.values["PasswordLastSet"].empty() && is_own(fact.subject))
        judge_password(fact);
  }

  static bool is_anonymous(const Fact& fact) {
    return fact.values["SubjectUserSid"] == "S-1-5-7" ||
           equals_fold(fact.values["SubjectUserName"], "ANONYMOUS LOGON");
  }

  void judge_password(const Fact& change) {
    passwords_.push_back(change.time);
    Finding finding;
    finding.rule = "zerologon.password_set";
    finding.title = "The password of this domain controller's account was set anonymously";
    finding.subject = change.subject;
    finding.why.push_back({"At " + change.time.iso8601() +
                               " the password of the computer account " + change.subject +
                               ", which is that of this host, was set by " +
                               "ANONYMOUS LOGON: a domain controller does that itself, as SYSTEM.",
                           75,
                           Family::content,
                           {change.record}});
    tell_logons(finding, change.time);
    tell_refusals(finding, change);
    tell_use(finding, change);
    finding.benign = {
        "Other computers of the domain change their passwords so; for the domain controller that "
        "writes the event no ordinary way is known."};
    finding.not_checked.emplace_back(
        "Whether the password was empty, and whether it has been put back.");
    report(std::move(finding));
  }

  /// Anonymous logons with NTLM from another host, seconds before.
  void tell_logons(Finding& finding, FileTime time) const {
    std::set<std::string> addresses;
    std::vector<std::string> records;
    for (const Fact& fact : book_.between(FactKind::logon, earlier(time, kMinute), time)) {
      const std::string_view address = plain_address(fact.values["IpAddress"]);
      const bool anonymous =
          fact.values["TargetUserSid"] == "S-1-5-7" || equals_fold(fact.subject, "ANONYMOUS LOGON");
      if (fact.event_id != 4624 || !anonymous || fact.values["LogonType"] != "3" ||
          is_local_address(address))
        continue;
      addresses.insert(text_of(address));
      if (records.size() < kMaxTold) records.push_back(fact.record);
    }
    if (addresses.empty()) {
      finding.not_checked.emplace_back(
          "From where: no anonymous logon over the network is told in the minute before.");
      return;
    }
    finding.why.push_back({"In the minute before, anonymous logons over the network came from " +
                               listed({addresses.begin(), addresses.end()}) + ".",
                           15, Family::time, std::move(records)});
  }

  void tell_refusals(Finding& finding, const Fact& change) const {
    for (const auto& [name, refusals] : refused_) {
      if (!is_own(refusals.computer)) continue;
      std::vector<std::string> records;
      for (const Fact* fact : refusals.facts)
        if (fact->time <= later(change.time, kMinute) &&
            apart(fact->time, change.time) <= kBefore && records.size() < kMaxTold)
          records.push_back(fact->record);
      if (records.empty()) continue;
      finding.why.push_back({"Secure channels in the name of " + refusals.computer +
                                 ", this host itself, had been refused just before.",
                             20, Family::name, std::move(records)});
    }
  }

  /// The account of a computer that is used from another one.
  void tell_use(Finding& finding, const Fact& change) const {
    std::set<std::string> addresses;
    std::vector<std::string> records;
    for (const Fact& fact :
         book_.between(FactKind::machine_logon, change.time, later(change.time, kHour))) {
      const std::string_view address = plain_address(fact.values["IpAddress"]);
      if (fact.event_id != 4624 || !is_own(fact.subject) || is_local_address(address) ||
          !starts_with_fold(fact.values["AuthenticationPackageName"], "NTLM"))
        continue;
      addresses.insert(text_of(address));
      if (records.size() < kMaxTold) records.push_back(fact.record);
    }
    if (addresses.empty()) return;
    finding.why.push_back({"Within an hour " + change.subject + " was logged on with NTLM from " +
                               listed({addresses.begin(), addresses.end()}) + ".",
                           15, Family::path, std::move(records)});
  }

  // ZL02

  /// The most of them that lie within a minute.
  static std::size_t densest(const std::vector<const Fact*>& facts) {
    std::size_t most = 0, first = 0;
    for (std::size_t last = 0; last < facts.size(); ++last) {
      while (apart(facts[first]->time, facts[last]->time) > kBurstTicks) ++first;
      most = std::max(most, last - first + 1);
    }
    return most;
  }

  bool is_told(const std::vector<const Fact*>& facts) const {
    return std::all_of(facts.begin(), facts.end(), [&](const Fact* fact) {
      return std::any_of(passwords_.begin(), passwords_.end(),
                         [&](FileTime set) { return apart(fact->time, set) <= kBefore; });
    });
  }

  void judge_refusals(const Refusals& refusals) {
    constexpr std::string_view kTools[] = {"kali", "mimikatz"};  // names that tools give or have
    const bool own = is_own(refusals.computer);
    const bool tool = std::any_of(std::begin(kTools), std::end(kTools), [&](auto name) {
      return equals_fold(bare(refusals.computer), name);
    });
    const std::size_t dense = densest(refusals.facts);
    if ((!own && !tool && dense < kBurst) || (own && is_told(refusals.facts))) return;
    std::vector<std::string> records;
    for (const Fact* fact : refusals.facts)
      if (records.size() < kMaxTold) records.push_back(fact->record);
    Finding finding;
    finding.rule = "zerologon.refused_channels";
    finding.title = own ? "Secure channels in this domain controller's own name were refused"
                        : "Secure channels of a computer were refused";
    finding.subject = refusals.computer;
    finding.why.push_back({counted(refusals.facts.size(), "time") +
                               " this domain controller refused a secure channel to a computer "
                               "that called itself " +
                               refusals.computer + ", first at " +
                               refusals.facts.front()->time.iso8601() + ".",
                           dense >= kBurst ? 20 : 5, Family::time, records});
    if (own)
      finding.why.push_back(
          {"That is its own name: it has no channel to itself to set up, and "
           "ZeroLogon asks for one in its name. Windows tells only the first of "
           "many refusals.",
           40, Family::name, records});
    if (tool)
      finding.why.push_back({"'" + refusals.computer +
                                 "' is the name of a tool of intruders, or of a system for them.",
                             40, Family::name, records});
    finding.benign = {
        "Computers that were put back to an older state (a snapshot, a backup) or whose account "
        "was "
        "made anew are refused again and again, domain controllers too.",
        "Scanners try whether a domain controller is open to ZeroLogon."};
    finding.not_checked = {"Whether it succeeded: no event tells that the password was set then.",
                           "From where: the events tell no address."};
    report(std::move(finding));
  }

  void judge_burst(const Fact& fact) {
    const bool own = is_own(fact.subject), weak = fact.values["secure_rpc"] == "false";
    const bool succeeded = fact.values["succeeded"] == "true";
    const bool zero = weak && (own || succeeded);
    Finding finding;
    finding.rule = "zerologon.guessed_channel";
    finding.title = zero ? "The secure channel of a computer's account was tried until it opened"
                         : "The secure channel of a computer's account was tried many times";
    if (zero && !succeeded) finding.title = "ZeroLogon was tried on this domain controller";
    finding.subject = fact.subject;
    const auto add = [&](std::string text, int weight, Family family) {
      finding.why.push_back({std::move(text), weight, family, {fact.record}});
    };
    add("netlogon.log tells " + text_of(fact.values["attempts"]) +
            " tries to set up a secure channel for " + fact.subject + " by " +
            text_of(fact.values["client"]) + (fact.values["address"].empty() ? "" : " from ") +
            text_of(fact.values["address"]) + ", from " + text_of(fact.values["first"]) + " to " +
            text_of(fact.values["last"]) + " local time; " + text_of(fact.values["refused"]) +
            " were refused.",
        20, Family::time);
    if (weak && zero)
      add("They asked for no secure RPC (flags " + text_of(fact.values["flags"]) +
              "), which every Windows since XP asks for and ZeroLogon must not.",
          20, Family::content);
    if (own) add("It is the account of this host itself.", 20, Family::name);
    if (succeeded && zero)
      add(std::string{"After the refusals one succeeded"} +
              (fact.values["password_set"] == "true" ? ", and a new password was asked for." : "."),
          25, Family::content);
    finding.benign = {
        "A computer whose account is out of step (put back to an older state) is refused many "
        "times, in the way of Windows, and does not succeed by trying."};
    finding.not_checked = {
        "The year of the times, which stands nowhere in the log: it is taken from the file's last "
        "change."};
    report(std::move(finding));
  }

  // ZL03

  struct Weak {
    std::vector<std::string> records;
    std::uint64_t count = 0;
  };

  /// 5827 to 5831: whose weak channel was refused, or allowed.
  void judge_weak() {
    std::map<std::string, Weak> allowed, own_denied;
    for (const Fact* fact : weak_) {
      const bool is_trust = fact->event_id == 5828 || fact->event_id == 5831;
      const std::string name{fact->values[is_trust ? "param2" : "param1"]};
      const bool denied = fact->event_id == 5827 || fact->event_id == 5828;
      if (denied && !is_own(name)) continue;
      auto& group = denied ? own_denied : allowed;
      if (group.size() >= kMaxAccounts && !group.contains(name)) {
        ++left_out_;
        continue;
      }
      Weak& weak = group[name];
      ++weak.count;
      if (weak.records.size() < kMaxTold) weak.records.push_back(fact->record);
    }
    report_weak(own_denied, true);
    report_weak(allowed, false);
  }

  void report_weak(const std::map<std::string, Weak>& group, bool denied) {
    if (group.empty()) return;
    Finding finding;
    finding.rule = denied ? "zerologon.own_channel_denied" : "zerologon.weak_channels";
    finding.title = denied ? "A weak secure channel in this domain controller's own name was denied"
                           : "This domain controller allows weak secure channels";
    std::vector<std::string> names;
    for (const auto& [name, weak] : group) {
      names.push_back(name);
      if (finding.why.size() >= kMaxTold) continue;
      finding.why.push_back({counted(weak.count, "connection") + " of " + name +
                                 (denied ? " without secure RPC, denied."
                                         : " without secure RPC, "
                                           "allowed."),
                             finding.why.empty() ? (denied ? 45 : 25) : 0,
                             denied ? Family::name : Family::content, weak.records});
    }
    finding.subject = listed(names);
    finding.benign = {"Old devices and storage systems know no secure RPC."};
    finding.innocent_explanation_unchecked = !denied;
    report(std::move(finding));
  }

  ModuleContext& context_;
  const FactBook& book_;
  std::map<std::string, Refusals> refused_;
  std::vector<const Fact*> bursts_, weak_;
  std::vector<FileTime> passwords_;
  std::size_t reported_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace

void judge_zerologon(ModuleContext& context) { Judge{context}.judge(); }

}  // namespace hozen
