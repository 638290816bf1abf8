#include "collector/module/logon_guesses.h"

#include <algorithm>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/lateral.h"

namespace hozen {
namespace {

using lateral::kHour;
constexpr std::size_t kMaxRecords = 20, kManyAccounts = 5, kManyAttempts = 10;
/// At the host itself people mistype, and services have old passwords: nobody does so that often.
constexpr std::uint64_t kManyHere = 100;
constexpr std::string_view kHere = "this host itself";

/// Refused at the host's own screen, or of a service or task of its own (batch, service, unlock,
/// kept credentials): no source is told, or a loopback address.
bool is_of_this_host(const Fact& fact) {
  constexpr std::string_view kTypes[] = {"2", "4", "5", "7", "11", "13"};
  return std::find(std::begin(kTypes), std::end(kTypes), fact.values["LogonType"]) !=
             std::end(kTypes) &&
         lateral::is_local_address(lateral::plain_address(fact.values["IpAddress"]));
}

std::string source_of(const Fact& fact, const std::map<std::string, std::string>& addresses) {
  if (is_of_this_host(fact)) return std::string{kHere};
  const std::string_view address = lateral::plain_address(fact.values["IpAddress"]);
  if (!lateral::is_local_address(address)) return std::string{address};
  const std::string_view host = fact.values["WorkstationName"].empty()
                                    ? fact.values["Workstation"]
                                    : fact.values["WorkstationName"];
  const auto known = addresses.find(fold_case(host));
  return known == addresses.end() ? std::string{host} : known->second;
}

class GuessFinder {
 public:
  explicit GuessFinder(const FactBook& book) : book_{book} {}

  std::vector<GuessBurst> find() {
    for (const Fact& fact : book_.facts(FactKind::logon)) {
      const std::string_view address = lateral::plain_address(fact.values["IpAddress"]);
      const std::string_view host = fact.values["WorkstationName"];
      if (!host.empty() && !lateral::is_local_address(address))
        addresses_.emplace(fold_case(host), address);
    }
    for (const Fact& fact : book_.facts(FactKind::logon)) {
      if (is_refused_logon(fact)) add(fact);
      if (fact.event_id == 4624) add_success(fact);
    }
    for (auto& [source, burst] : open_) close(std::move(burst));
    std::sort(found_.begin(), found_.end(),
              [](const GuessBurst& a, const GuessBurst& b) { return a.first < b.first; });
    return std::move(found_);
  }

 private:
  void add(const Fact& fact) {
    const std::string source = source_of(fact, addresses_);
    const std::string key = fold_case(source);
    auto found = open_.find(key);
    if (found != open_.end() && lateral::apart(found->second.last, fact.time) > kHour) {
      close(std::move(found->second));
      open_.erase(found);
      found = open_.end();
    }
    if (found == open_.end()) {
      if (open_.size() >= kMaxGuessBursts) return;
      found = open_.emplace(key, GuessBurst{}).first;
      found->second.source = source;
      found->second.first = fact.time;
    }
    GuessBurst& burst = found->second;
    burst.last = fact.time;
    ++burst.events[fact.event_id];
    const std::string account = fold_case(fact.subject);
    if (burst.accounts.contains(account) || burst.accounts.size() < kMaxGuessAccounts)
      ++burst.accounts[account];
    else
      ++burst.unnamed_accounts;
    if (burst.records.size() < kMaxRecords) burst.records.push_back(fact.record);
  }

  void add_success(const Fact& fact) {
    const auto found = open_.find(fold_case(source_of(fact, addresses_)));
    if (found == open_.end() || found->second.success != nullptr) return;
    GuessBurst& burst = found->second;
    const auto account = burst.accounts.find(fold_case(fact.subject));
    // One mistyped password before the right one is everybody's.
    const bool tried = account != burst.accounts.end() &&
                       (account->second >= 3 || burst.accounts.size() >= kManyAccounts);
    if (tried && lateral::apart(burst.last, fact.time) <= kHour) burst.success = &fact;
  }

  void close(GuessBurst burst) {
    const bool enough = burst.source == kHere ? burst.attempts() >= kManyHere
                                              : burst.accounts.size() >= kManyAccounts ||
                                                    burst.attempts() >= kManyAttempts;
    if (enough && found_.size() < kMaxGuessBursts) found_.push_back(std::move(burst));
  }

  const FactBook& book_;
  std::map<std::string, std::string> addresses_;  // by workstation
  std::map<std::string, GuessBurst> open_;        // by source
  std::vector<GuessBurst> found_;
};

}  // namespace

std::uint64_t GuessBurst::attempts() const {
  std::uint64_t most = 0, kerberos = 0;
  for (const auto& [event, count] : events) {
    most = std::max(most, count);
    if (event == 4768 || event == 4771) kerberos += count;
  }
  return std::max(most, kerberos);
}

std::pair<std::string, std::uint64_t> GuessBurst::most_tried() const {
  const auto most =
      std::max_element(accounts.begin(), accounts.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == accounts.end()) return {};
  return *most;
}

bool is_refused_logon(const Fact& fact) {
  const std::string_view status = fact.values["Status"];
  switch (fact.event_id) {
    case 4625:
      return true;
    case 4768:  // KDC_ERR_C_PRINCIPAL_UNKNOWN, KDC_ERR_CLIENT_REVOKED
      return status == "0x6" || status == "0x12";
    case 4771:  // KDC_ERR_PREAUTH_FAILED
      return status == "0x18";
    case 4776:
      return !status.empty() && status != "0x0";
    default:
      return false;
  }
}

Finding guess_finding(const GuessBurst& burst) {
  using lateral::at;
  using lateral::listed;
  using lateral::logon_text;
  const bool spray = burst.accounts.size() >= 5;
  const auto [account, most] = burst.most_tried();
  const std::string source = burst.source.empty() ? "a source that is not named" : burst.source;
  std::vector<std::string> names;
  for (const auto& [name, count] : burst.accounts) names.push_back(name);
  Finding finding;
  finding.rule = spray ? "remote_logons.password_spraying" : "remote_logons.password_guessing";
  finding.title = spray ? "Passwords of many accounts were tried from one source"
                        : "The password of an account was tried many times";
  finding.subject = source + at(burst.first);
  const std::uint64_t attempts = burst.attempts();
  const int weight = spray ? (names.size() >= 20 ? 60 : 45) : attempts >= 50 ? 45 : 20;
  finding.why.push_back({std::to_string(attempts) + " logons from " + source +
                             " were refused between " + burst.first.iso8601() + " and " +
                             burst.last.iso8601() + ", of " + std::to_string(names.size()) +
                             " accounts (" + listed(names) + "); most often " + account + ", " +
                             std::to_string(most) + " times.",
                         weight, Family::content, burst.records});
  if (burst.success != nullptr)
    finding.why.push_back(
        {"Afterwards " + logon_text(*burst.success) + ": the password may have been found.",
         30,
         Family::time,
         {burst.success->record}});
  finding.attack = {spray ? "T1110.003" : "T1110.001"};
  finding.benign = {
      "A service, task or telephone with an old password fails again and again; "
      "scanners of one's own try many accounts."};
  finding.not_checked = {"Accounts that the log no longer tells of."};
  finding.next = {"What the source is, and which of these accounts were logged on afterwards."};
  return finding;
}

std::vector<GuessBurst> find_guesses(const FactBook& book) { return GuessFinder{book}.find(); }

}  // namespace hozen
