// Who came from where: logons from other hosts, refused ones, and credentials that were used
// against other hosts, from the events of the Security log (4624, 4625, 4648, 4768, 4771, 4776). A
// record counts what is alike: one account, one source, one type of logon. That a log tells no
// logon proves nothing: it may not have been audited, overwritten, or cleared. Addresses are what
// the client said of itself where it used NTLM's workstation name, and those of a proxy or tunnel
// where it came through one.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/cells.h"
#include "collector/module/lateral.h"
#include "collector/module/logon_guesses.h"
#include "collector/module/module.h"
#include "collector/module/remote_logon_rows.h"

namespace hozen::modules {
namespace {

using namespace lateral;  // NOLINT(google-build-using-namespace): helpers of these modules
constexpr std::size_t kMaxRows = 20'000, kMaxRecords = 20, kMaxNames = 100;

constexpr auto kLogonColumns = columns_of(kRemoteLogonFields);
constexpr Kind kLogon{"remote_logon", "Logons of one account from one source in one way, counted.",
                      kLogonColumns,
                      "{account} logged on[ from {source_address|source_host}], type {logon_type}"};

constexpr auto kUseColumns = columns_of(kCredentialsFields);
constexpr Kind kUse{"explicit_credentials",
                    "Credentials of another account that a program on this host used, counted.",
                    kUseColumns,
                    "Credentials of {account} used[ by {used_by}][ for {target_host}]"};
constexpr std::array kKinds{kLogon, kUse};

constexpr std::string_view kReferences[] = {
    "https://learn.microsoft.com/previous-versions/windows/it-pro/windows-10/security/"
    "threat-protection/auditing/event-4624",
    "https://learn.microsoft.com/previous-versions/windows/it-pro/windows-10/security/"
    "threat-protection/auditing/event-4648",
    "https://jpcertcc.github.io/ToolAnalysisResultSheet/"};
constexpr std::string_view kAttack[] = {"T1550.002", "T1110.001", "T1110.003", "T1078",
                                        "T1021",     "T1047",     "T1133"};

class Logons {
 public:
  explicit Logons(ModuleContext& context) : context_{context}, book_{context.facts()} {}

  void judge() {
    for (const FactKind kind : {FactKind::logon, FactKind::machine_logon})
      for (const Fact& fact : book_.facts(kind)) look_at(fact, kind == FactKind::machine_logon);
    emit_logons();
    emit_uses();
    judge_pass_the_hash();
    judge_guesses();
    judge_public();
    if (left_out_ != 0)
      context_.note({Errc::limit, "remote_logons: " + std::to_string(left_out_) +
                                      " events of further accounts and sources are not counted"});
  }

 private:
  /// Where not all logons were kept, counts are too low, and none being told says nothing.
  void report(Finding finding) {
    const std::string lost = not_kept(book_, {FactKind::logon, FactKind::machine_logon});
    if (!lost.empty()) finding.not_checked.push_back("Whether there are more such logons." + lost);
    context_.report(std::move(finding));
  }

  void look_at(const Fact& fact, bool machine) {
    if (fact.event_id == 4648) return add_use(fact, machine);
    const bool refused = is_refused_logon(fact);
    if (!refused && fact.event_id != 4624) return;
    const std::string_view address = plain_address(fact.values["IpAddress"]);
    const std::string_view type = fact.values["LogonType"];
    if (!machine && type == "9" && starts_with_fold(fact.values["LogonProcessName"], "seclogo"))
      other_credentials_.push_back(&fact);
    const bool from_afar = !is_local_address(address) || type == "10" || is_of_old_client(fact);
    if (!refused && !from_afar && type != "8" && type != "9") return;
    RemoteLogonRow row;
    row.account = account_of(fact.values["TargetDomainName"], fact.subject);
    row.address = address;
    row.host = fact.values["WorkstationName"].empty() ? fact.values["Workstation"]
                                                      : fact.values["WorkstationName"];
    row.type = type;
    row.package = fact.values["AuthenticationPackageName"];
    row.process = trim(fact.values["LogonProcessName"]);
    const Key key{fold_case(row.account), row.address, fold_case(row.host), row.type,
                  fold_case(row.package + row.process)};
    auto found = logons_.find(key);
    if (found == logons_.end()) {
      if (logons_.size() >= kMaxRows) return void(++left_out_);
      row.machine = machine;
      found = logons_.emplace(key, std::move(row)).first;
    }
    count(found->second, fact, refused);
  }

  /// Windows XP and before tell no address: of a logon over the network (540) the client's name.
  static bool is_of_old_client(const Fact& fact) {
    const std::string_view own = fact.values["Computer"], host = fact.values["WorkstationName"];
    return fact.values["LogonType"] == "3" && fact.values["IpAddress"].empty() && !own.empty() &&
           !is_own_host(host, own);
  }

  static void count(RemoteLogonRow& row, const Fact& fact, bool refused) {
    row.counted.add(fact);
    ++(refused ? row.refused : row.succeeded);
    if (!refused && row.sid.empty()) row.sid = fact.values["TargetUserSid"];
    if (refused && row.status.size() < kMaxNames) row.status.insert(status_of(fact));
    row.no_session_key |= !refused && row.type == "3" && fact.values["KeyLength"] == "0" &&
                          starts_with_fold(row.package, "NTLM");
  }

  /// The numbers of old events are their reasons.
  static std::string status_of(const Fact& fact) {
    const std::string_view reason = fact.values["SubStatus"], status = fact.values["Status"];
    if (!reason.empty() && reason != "0x0") return std::string{reason};
    const std::string_view old = fact.values["OldEvent"];
    return status.empty() && !old.empty() ? "event " + std::string{old} : std::string{status};
  }

  void add_use(const Fact& fact, bool machine) {
    CredentialsRow row;
    row.account = account_of(fact.values["TargetDomainName"], fact.subject);
    row.by = account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]);
    row.target = fact.values["TargetServerName"];
    row.target_info = fact.values["TargetInfo"];
    row.process = fact.values["ProcessName"];
    // Windows' own: logon screens, services and tasks that run as an account.
    if (machine || (is_own_host(row.target, {}) && !is_server_program(row.process))) return;
    const Key key{fold_case(row.account), fold_case(row.by), fold_case(row.target),
                  fold_case(row.target_info), fold_case(row.process)};
    auto found = uses_.find(key);
    if (found == uses_.end()) {
      if (uses_.size() >= kMaxRows) return void(++left_out_);
      found = uses_.emplace(key, std::move(row)).first;
    }
    found->second.counted.add(fact);
  }

  void emit_logons() {
    for (const auto& [key, row] : logons_) {
      const std::string record =
          context_.emit(kLogon, kRemoteLogonFields, row, row.counted.envelope());
      const bool anonymous = row.sid == "S-1-5-7" || ends_with_fold(row.account, "ANONYMOUS LOGON");
      if (row.no_session_key && !row.machine && !anonymous) judge_no_key(row, record);
      if (row.succeeded != 0 && !row.machine && is_public_address(row.address)) {
        Public& source = public_[row.address];
        source.times += row.succeeded;
        if (source.accounts.size() < kMaxNames)
          source.accounts.insert(row.account + " (type " + row.type + ", " +
                                 std::to_string(row.succeeded) + " times from " +
                                 row.counted.first.iso8601() + ")");
        if (source.records.size() < kMaxRecords) source.records.push_back(record);
      }
    }
  }

  void judge_no_key(const RemoteLogonRow& row, const std::string& record) {
    Finding finding;
    finding.rule = "remote_logons.ntlm_without_session_key";
    finding.title = "An account came over the network with NTLM and without a session key";
    finding.subject = row.account + " from " + row.address;
    finding.why.push_back({row.account + " was logged on from " + row.address +
                               (row.host.empty() ? "" : " (" + row.host + ")") +
                               " over NTLM with KeyLength 0; such "
                               "logons were made between " +
                               row.counted.first.iso8601() + " and " + row.counted.last.iso8601() +
                               ".",
                           15,
                           Family::content,
                           {record}});
    finding.attack = {"T1550.002"};
    finding.benign = {
        "Programs that use NTLM without signing leave the same: this alone is a hint "
        "at pass-the-hash and nothing more."};
    finding.next = {"Whether this account ordinarily comes from there, and with Kerberos."};
    report(std::move(finding));
  }

  /// One finding for each account, user and program: the targets stand in it.
  void emit_uses() {
    std::map<std::tuple<std::string, std::string, std::string>, Finding> findings;
    for (const auto& [key, row] : uses_) {
      const std::string record =
          context_.emit(kUse, kCredentialsFields, row, row.counted.envelope());
      const int weight = credentials_weight(row.process);
      const bool own = is_one_of_own(row.target, book_.names());
      if (weight == 0 || (own && !is_server_program(row.process))) continue;
      Finding& finding =
          findings[{fold_case(file_name(row.account)), fold_case(row.by), fold_case(row.process)}];
      if (finding.why.size() >= kMaxRecords) continue;
      Why why{row.by + " gave credentials of " + row.account + " to " + row.process + " for " +
                  (row.target.empty() ? "a host that is not named" : row.target) +
                  (row.target_info.empty() ? "" : " (" + row.target_info + ")") +
                  at(row.counted.first) +
                  (row.counted.times == 1 ? "."
                                          : ", " + std::to_string(row.counted.times) +
                                                " times until " + row.counted.last.iso8601() + "."),
              finding.why.empty() ? weight : 0, Family::command_line, row.counted.records};
      why.records.push_back(record);
      finding.why.push_back(std::move(why));
      if (!finding.rule.empty()) continue;
      finding.rule = "remote_logons.explicit_credentials";
      finding.title = is_server_program(row.process)
                          ? "A server program used the credentials of a user"
                          : "A program used other credentials against another host";
      finding.subject = row.account + " by " + std::string{file_name(row.process)};
      finding.attack = {"T1078", "T1021"};
      if (ends_with_fold(row.process, "wmic.exe")) finding.attack.emplace_back("T1047");
      finding.benign = {"Administrators work so with their second account."};
      finding.not_checked = {"What was done there: only the other host tells."};
      finding.next = {
          "The same minutes on the other host: logons of type 3, services, tasks and "
          "programs.",
          "What started " + row.process + " here."};
    }
    for (auto& [key, finding] : findings) report(std::move(finding));
  }

  /// Whether the user typed runas, which makes such a logon too (/netonly).
  const Fact* runas_before(const Fact& logon) const {
    constexpr std::string_view kRunas[] = {"runas.exe"};
    const Fact* found = nullptr;
    for (const Fact& fact : book_.between(FactKind::process, earlier(logon.time, 5 * kMinute),
                                          later(logon.time, kSecond)))
      if (!one_of_names(fact.subject, kRunas).empty()) found = &fact;
    return found;
  }
  const Fact* started_with(const Fact& logon) const {
    for (const Fact& fact :
         book_.between(FactKind::process, earlier(logon.time, kSecond), later(logon.time, kMinute)))
      if (fact.values["TargetLogonId"] == logon.values["TargetLogonId"]) return &fact;
    return nullptr;
  }

  Why pass_the_hash(const Fact& logon) const {
    const std::string account =
        account_of(logon.values["TargetDomainName"], logon.values["TargetUserName"]);
    const std::string_view outbound = logon.values["TargetOutboundUserName"];
    return {account + " opened a logon session (" + text_of(logon.values["TargetLogonId"]) +
                ") with other credentials for the network" +
                (outbound.empty() ? "" : ", those of " + text_of(outbound) + ",") + at(logon.time) +
                " (type 9, through " + text_of(trim(logon.values["LogonProcessName"])) + ").",
            45,
            Family::content,
            {logon.record}};
  }

  void judge_pass_the_hash() {
    std::map<std::string, Finding> findings;
    for (const Fact* logon : other_credentials_) {
      const std::string account = account_of(logon->values["TargetDomainName"], logon->subject);
      Finding& finding = findings[fold_case(account)];
      if (finding.why.size() >= kMaxRecords) continue;
      Why why = pass_the_hash(*logon);
      if (!finding.why.empty()) why.weight = 0;
      finding.why.push_back(std::move(why));
      if (const Fact* start = started_with(*logon))
        finding.why.push_back(
            {"In it " + text_of(start->subject) + " was started" + at(start->time) + ".",
             0,
             Family::command_line,
             {start->record}});
      if (const Fact* runas = runas_before(*logon))
        finding.why.push_back(
            {"runas.exe was started" + at(runas->time) + ", which makes the same with /netonly.",
             finding.why.size() <= 2 ? -20 : 0,
             Family::command_line,
             {runas->record}});
      if (!finding.rule.empty()) continue;
      finding.rule = "remote_logons.other_credentials";
      finding.title = "A session with other credentials was made, as pass-the-hash does";
      finding.subject = account + at(logon->time);
      finding.attack = {"T1550.002"};
      finding.benign = {"runas /netonly makes the same session."};
      finding.not_checked = {
          "Whether a password or a hash was given: no event tells. Of the "
          "account that was used the other hosts tell (4624 type 3)."};
      finding.next = {"Access to lsass.exe just before (Sysmon 10), and tools on this host.",
                      "Logons that came from this host on others in the same hour."};
    }
    for (auto& [account, finding] : findings) report(std::move(finding));
  }

  void judge_guesses() {
    for (const GuessBurst& burst : find_guesses(book_)) report(guess_finding(burst));
  }

  void judge_public() {
    for (auto& [address, source] : public_) {
      Finding finding;
      finding.rule = "remote_logons.public_address";
      finding.title = "Accounts were logged on from an address of the internet";
      finding.subject = address;
      finding.why.push_back({std::to_string(source.times) + " logons came from " + address + ": " +
                                 listed({source.accounts.begin(), source.accounts.end()}) + ".",
                             25, Family::location, source.records});
      finding.attack = {"T1133", "T1078"};
      finding.benign = {
          "Networks that use public addresses inside, and hosts that are meant to be "
          "reached from outside."};
      finding.next = {"Whose address it is, and whether this host is meant to be reached by it."};
      report(std::move(finding));
    }
  }

  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string>;
  struct Public {
    std::uint64_t times = 0;
    std::set<std::string> accounts{};
    std::vector<std::string> records{};
  };
  ModuleContext& context_;
  const FactBook& book_;
  std::map<Key, RemoteLogonRow> logons_;
  std::map<Key, CredentialsRow> uses_;
  std::vector<const Fact*> other_credentials_;
  std::map<std::string, Public> public_;
  std::uint64_t left_out_ = 0;
};

Result<void> run(ModuleContext& /*context*/) { return {}; }

Result<void> judge(ModuleContext& context) {
  Logons{context}.judge();
  return {};
}

}  // namespace

extern const ModuleSpec remote_logons;
const ModuleSpec remote_logons{
    "remote_logons",
    "Logons from other hosts, refused logons, and credentials used against other hosts: who came "
    "from where.",
    kKinds,
    kReferences,
    kAttack,
    run,
    {},
    false,
    judge};

}  // namespace hozen::modules
