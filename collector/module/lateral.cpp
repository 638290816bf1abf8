#include "collector/module/lateral.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "collector/base/text.h"
#include "collector/module/passwords.h"

namespace hozen::lateral {
namespace {

std::optional<std::array<std::uint8_t, 4>> ipv4(std::string_view text) {
  std::array<std::uint8_t, 4> parts{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i != 0 && (at == end || *at++ != '.')) return std::nullopt;
    const auto [next, error] = std::from_chars(at, end, parts[i]);
    if (error != std::errc{}) return std::nullopt;
    at = next;
  }
  return at == end ? std::optional{parts} : std::nullopt;
}

bool is_public_ipv4(const std::array<std::uint8_t, 4>& a) {
  return !(a[0] == 0 || a[0] == 10 || a[0] == 127 || a[0] >= 224 ||
           (a[0] == 100 && a[1] >= 64 && a[1] < 128) || (a[0] == 169 && a[1] == 254) ||
           (a[0] == 172 && a[1] >= 16 && a[1] < 32) || (a[0] == 192 && a[1] == 168));
}

struct Account {
  std::string_view domain, user;
};
Account account_in(std::string_view text) {
  if (const std::size_t slash = text.find('\\'); slash != std::string_view::npos)
    return {text.substr(0, slash), account_in(text.substr(slash + 1)).user};
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return {{}, text};
  return {text.substr(at + 1), text.substr(0, at)};
}

}  // namespace

std::string_view plain_address(std::string_view address) {
  constexpr std::string_view kMapped = "::ffff:";
  if (starts_with_fold(address, kMapped) && ipv4(address.substr(kMapped.size())))
    address.remove_prefix(kMapped.size());
  return address;
}

std::string_view without_port(std::string_view address) {
  if (address.starts_with('[')) {
    const std::size_t close = address.find(']');
    return close == std::string_view::npos ? address : address.substr(1, close - 1);
  }
  const std::size_t colon = address.find(':');
  return colon != std::string_view::npos && address.find(':', colon + 1) == std::string_view::npos
             ? address.substr(0, colon)
             : address;
}

bool is_public_address(std::string_view address) {
  address = plain_address(without_port(address));
  if (const auto parts = ipv4(address)) return is_public_ipv4(*parts);
  // Global unicast of IPv6 is 2000::/3.
  return address.find(':') != std::string_view::npos &&
         (address.front() == '2' || address.front() == '3') && address.find(':') == 4;
}

bool is_own_host(std::string_view host, std::string_view own) {
  while (host.starts_with('\\')) host.remove_prefix(1);
  if (is_local_address(host) || equals_fold(host, "localhost") || host == ".") return true;
  return !ipv4(host) && is_same_computer(host, own);
}

bool is_one_of_own(std::string_view host, std::span<const std::string> own) {
  return is_own_host(host, {}) || std::any_of(own.begin(), own.end(), [&](const std::string& name) {
           return is_own_host(host, name);
         });
}

bool same_user(std::string_view a, std::string_view b) {
  return equals_fold(account_in(a).user, account_in(b).user);
}

bool same_account(std::string_view a, std::string_view b) {
  const Account first = account_in(a), second = account_in(b);
  return !first.user.empty() && equals_fold(first.user, second.user) &&
         (first.domain.empty() || second.domain.empty() ||
          is_same_computer(first.domain, second.domain));
}

std::string_view one_of_names(std::string_view path, std::span<const std::string_view> names) {
  const std::string_view name = file_name(path);
  const auto found = std::find_if(names.begin(), names.end(),
                                  [&](std::string_view known) { return equals_fold(name, known); });
  return found == names.end() ? std::string_view{} : *found;
}

bool is_server_program(std::string_view path) {
  constexpr std::string_view kServers[] = {"w3wp.exe",           "sqlservr.exe", "httpd.exe",
                                           "php-cgi.exe",        "tomcat9.exe",  "nginx.exe",
                                           "UMWorkerProcess.exe"};
  return !one_of_names(path, kServers).empty();
}

int credentials_weight(std::string_view path) {
  constexpr std::string_view kLoaders[] = {"rundll32.exe",    "regsvr32.exe", "mshta.exe",
                                           "wscript.exe",     "cscript.exe",  "msbuild.exe",
                                           "installutil.exe", "wmic.exe"};
  constexpr std::string_view kTools[] = {
      "psexec.exe", "psexec64.exe", "paexec.exe", "powershell.exe", "pwsh.exe", "cmd.exe",
      "net.exe",    "net1.exe",     "sc.exe",     "schtasks.exe",   "at.exe",   "winrs.exe"};
  if (is_server_program(path)) return 45;
  if (!one_of_names(path, kLoaders).empty()) return 40;
  return one_of_names(path, kTools).empty() ? 0 : 25;
}

FileTime last_start(const FactBook& book, FileTime time) {
  const auto starts = book.between(FactKind::start, {}, time);
  return starts.empty() ? FileTime{} : starts.back().time;
}

LogonSessions::LogonSessions(const FactBook& book) : book_{book} {
  for (const FactKind kind : {FactKind::logon, FactKind::machine_logon})
    for (const Fact& fact : book.facts(kind)) {
      const std::string id{fact.values["TargetLogonId"]};
      if (fact.event_id != 4624 || id.empty()) continue;
      logons_[{id, {}}].push_back(&fact);
      if (const std::string_view user = account_in(fact.subject).user; !user.empty())
        logons_[{id, fold_case(user)}].push_back(&fact);
    }
  for (auto& [key, logons] : logons_)
    std::stable_sort(logons.begin(), logons.end(),
                     [](const Fact* a, const Fact* b) { return a->time < b->time; });
}

const Fact* LogonSessions::logon_of(std::string_view logon_id, FileTime time,
                                    std::string_view account) const {
  if (logon_id.empty() || logon_id == "0x0" || logon_id == "0x3e7") return nullptr;
  const std::string user = fold_case(account_in(account).user);
  if (user.empty() && !account.empty()) return nullptr;
  const auto known = logons_.find({text_of(logon_id), user});
  if (known == logons_.end()) return nullptr;
  const auto& logons = known->second;
  const auto after =
      std::upper_bound(logons.begin(), logons.end(), later(time, 2 * kSecond),
                       [](FileTime end, const Fact* logon) { return end < logon->time; });
  if (after == logons.begin()) return nullptr;
  const Fact* found = *std::prev(after);
  return found->time < last_start(book_, time) ? nullptr : found;
}

std::string logon_text(const Fact& logon) {
  const FactValues& values = logon.values;
  const std::string_view address = plain_address(values["IpAddress"]);
  const std::string_view host = values["WorkstationName"];
  std::string text = account_of(values["TargetDomainName"], values["TargetUserName"]) +
                     " was logged on (type " + text_of(values["LogonType"]) + ", " +
                     text_of(values["AuthenticationPackageName"]) + ")";
  if (!address.empty()) text += " from " + text_of(address);
  if (!host.empty())
    text += address.empty() ? " from " + text_of(host) : " (" + text_of(host) + ")";
  return text + at(logon.time);
}

std::vector<const Fact*> logons_before(const FactBook& book, FileTime time) {
  constexpr std::size_t kMaxLooked = 5'000;
  std::map<std::string, const Fact*> last;
  auto facts = book.between(FactKind::logon, earlier(time, kMinute), later(time, 2 * kSecond));
  facts = facts.last(std::min(facts.size(), kMaxLooked));
  for (const Fact& fact : facts) {
    const std::string_view address = plain_address(fact.values["IpAddress"]);
    if (fact.event_id != 4624 || fact.values["LogonType"] != "3" || is_local_address(address) ||
        fact.values["TargetUserSid"] == "S-1-5-7" ||
        ends_with_fold(fact.subject, "ANONYMOUS LOGON"))
      continue;
    last[fold_case(account_of(fact.values["TargetDomainName"], fact.subject)) + " " +
         text_of(address)] = &fact;
  }
  std::vector<const Fact*> logons;
  logons.reserve(last.size());
  for (const auto& [who, fact] : last) logons.push_back(fact);
  return logons;
}

std::string perhaps_text(const std::vector<const Fact*>& logons) {
  if (logons.empty()) return {};
  if (logons.size() == 1)
    return "Perhaps of it, by the time alone: " + logon_text(*logons.front()) + ".";
  std::vector<std::string> who;
  who.reserve(logons.size());
  for (const Fact* logon : logons)
    who.push_back(account_of(logon->values["TargetDomainName"], logon->subject) + " from " +
                  text_of(plain_address(logon->values["IpAddress"])));
  return std::to_string(logons.size()) +
         " accounts came over the network in the minute before; which of them it was, if any, is "
         "not told: " +
         listed(who) + ".";
}

std::string not_kept(const FactBook& book, std::initializer_list<FactKind> kinds) {
  std::uint64_t dropped = 0;
  for (const FactKind kind : kinds) dropped += book.dropped(kind);
  if (dropped == 0) return {};
  return " " + std::to_string(dropped) +
         " of those events were read and not kept for joining, because there are too many: it may "
         "be among them (the records of the logs have them all).";
}

std::vector<std::string> sentences(const std::vector<Why>& why) {
  std::vector<std::string> texts;
  texts.reserve(why.size());
  for (const Why& one : why) texts.push_back(without_passwords(one.fact));
  return texts;
}

std::vector<std::string> record_ids(const std::vector<Why>& why) {
  std::set<std::string> ids;
  for (const Why& one : why) ids.insert(one.records.begin(), one.records.end());
  return {ids.begin(), ids.end()};
}

std::string counted(std::uint64_t number, std::string_view what) {
  return std::to_string(number) + " " + text_of(what) + (number == 1 ? "" : "s");
}

std::string listed(const std::vector<std::string>& texts, std::size_t most) {
  std::string list;
  for (std::size_t i = 0; i < std::min(most, texts.size()); ++i)
    list += (i == 0 ? "" : ", ") + texts[i];
  return texts.size() > most ? list + " and " + std::to_string(texts.size() - most) + " more"
                             : list;
}

}  // namespace hozen::lateral
