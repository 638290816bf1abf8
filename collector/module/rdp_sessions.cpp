#include "collector/module/rdp_sessions.h"

#include <algorithm>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/lateral.h"

namespace hozen {
namespace {

using lateral::text_of;
constexpr std::size_t kMaxWhy = 40, kMaxRecords = 20;
/// Several logs tell one connection within this time.
constexpr std::uint64_t kTogether = 60 * lateral::kSecond;

std::string_view name_only(std::string_view account) { return lateral::file_name(account); }

/// Digits of an address of IPv4 or IPv6, with or without a zone: no word of any language.
bool is_address(std::string_view text) {
  text = text.substr(0, text.find('%'));
  return text.find_first_of(".:") != std::string_view::npos &&
         text.find_first_not_of("0123456789abcdefABCDEF.:") == std::string_view::npos;
}

struct Sign {
  const Fact* fact = nullptr;
  std::string user{}, session_id{}, address{}, client{};
};

Sign sign_of(const Fact& fact) {
  const FactValues& values = fact.values;
  Sign sign{&fact};
  switch (fact.event_id) {
    case 1149:
      sign.user = lateral::account_of(values["Param2"], values["Param1"]);
      sign.address = lateral::plain_address(values["Param3"]);
      break;
    case 4778:
    case 4779:
      sign.user = lateral::account_of(values["AccountDomain"], values["AccountName"]);
      sign.address = lateral::plain_address(values["ClientAddress"]);
      sign.client = values["ClientName"];
      break;
    case 4624:
      sign.user = lateral::account_of(values["TargetDomainName"], values["TargetUserName"]);
      sign.address = lateral::plain_address(values["IpAddress"]);
      break;
    default:
      sign.user = values["User"];
      sign.address = lateral::plain_address(values["Address"]);
      sign.session_id = values["SessionID"];
  }
  return sign;
}

std::string text_of_event(const Sign& sign) {
  const std::string who = sign.user.empty() ? "A user" : sign.user;
  const std::string from = sign.address.empty() ? "" : " from " + sign.address;
  const std::string when = lateral::at(sign.fact->time) + ".";
  switch (sign.fact->event_id) {
    case 21:
      return who + " was logged on to session " + sign.session_id + from + when;
    case 22:
      return "The shell of session " + sign.session_id + " was started" + when;
    case 23:
      return who + " logged off from session " + sign.session_id + when;
    case 24:
      return "Session " + sign.session_id + " was disconnected" + from + when;
    case 25:
      return who + " was connected again to session " + sign.session_id + from + when;
    case 1149:
      return "A connection of " + who + from + " was accepted" + when;
    case 4778:
      return who + " was connected again" + from + " (client " + sign.client + ")" + when;
    case 4779:
      return who + " was disconnected" + from + " (client " + sign.client + ")" + when;
    default:
      return lateral::logon_text(*sign.fact) + ".";
  }
}

class SessionFinder {
 public:
  RdpSessions find(const FactBook& book) {
    std::vector<const Fact*> facts;
    for (const Fact& fact : book.facts(FactKind::session)) facts.push_back(&fact);
    for (const Fact& fact : book.facts(FactKind::logon))
      if (fact.event_id == 4624 && fact.values["LogonType"] == "10") facts.push_back(&fact);
    std::stable_sort(facts.begin(), facts.end(),
                     [](const Fact* a, const Fact* b) { return a->time < b->time; });
    for (const Fact* fact : facts) add(*fact);
    for (RdpSession& session : result_.sessions) tell_missing(session);
    return std::move(result_);
  }

 private:
  void add(const Fact& fact) {
    switch (fact.event_id) {
      case 131:
        return count(lateral::without_port(fact.values["ClientIP"]), fact, &RdpSource::tried);
      case 140:
        return count(fact.values["IPString"], fact, &RdpSource::refused);
      case 1149:
        count(lateral::plain_address(fact.values["Param3"]), fact, &RdpSource::accepted);
        return add_sign(sign_of(fact));
      case 21:
      case 22:
      case 23:
      case 24:
      case 25:
      case 4624:
      case 4778:
      case 4779:
        return add_sign(sign_of(fact));
      default:
        return;
    }
  }

  void count(std::string_view address, const Fact& fact, std::uint64_t RdpSource::*what) {
    address = lateral::plain_address(address);
    if (address.empty()) return;
    const auto known = result_.sources.find(std::string{address});
    if (known == result_.sources.end() && result_.sources.size() >= kMaxRdpSessions)
      return void(++result_.left_out);
    RdpSource& source = result_.sources[std::string{address}];
    ++(source.*what);
    if (!source.first.is_set()) source.first = fact.time;
    source.last = fact.time;
    if (source.records.size() < kMaxRecords) source.records.push_back(fact.record);
  }

  /// The session that this belongs to: of the same number, else of the same user and address at
  /// about the same time.
  RdpSession* session_of(const Sign& sign) {
    constexpr std::size_t kLookBack = 500;  // sessions that are open at a time are far fewer
    std::size_t looked = 0;
    for (auto at = result_.sessions.rbegin(); at != result_.sessions.rend() && looked < kLookBack;
         ++at, ++looked) {
      RdpSession& known = *at;
      const bool same_user =
          sign.user.empty() || equals_fold(name_only(known.user), name_only(sign.user));
      if (!same_user) continue;
      const bool near = lateral::apart(known.last, sign.fact->time) <= kTogether;
      const bool same_id = !sign.session_id.empty() && sign.session_id == known.session_id;
      const bool open_id = sign.session_id.empty() || known.session_id.empty();
      const bool same_address = sign.address.empty() || sign.address == known.address;
      if (!known.closed && (same_id || (open_id && same_address && near))) return &known;
      if (known.closed && near && open_id && same_address) return &known;
    }
    return nullptr;
  }

  void add_sign(const Sign& sign) {
    const std::uint32_t id = sign.fact->event_id;
    RdpSession* session = session_of(sign);
    if (session == nullptr) {
      // A loopback address is a tunnel's; none, and LOCAL in the language of Windows, are the
      // host's own screen.
      const bool from_afar = is_address(sign.address);
      if (!from_afar || id == 22 || id == 23 || id == 24 || id == 4779) return;
      if (result_.sessions.size() >= kMaxRdpSessions) return void(++result_.left_out);
      session = &result_.sessions.emplace_back();
      session->user = sign.user;
      session->address = sign.address;
      session->started = sign.fact->time;
      ++session->connections;
    }
    update(*session, sign);
    if (session->why.size() < kMaxWhy)
      session->why.push_back({text_of_event(sign), 0, Family::content, {sign.fact->record}});
  }

  static void update(RdpSession& session, const Sign& sign) {
    const std::uint32_t id = sign.fact->event_id;
    const FileTime time = sign.fact->time;
    if (session.session_id.empty()) session.session_id = sign.session_id;
    if (session.client.empty()) session.client = sign.client;
    if (id == 4624 && session.logon_id.empty())
      session.logon_id = sign.fact->values["TargetLogonId"];
    if (sign.user.find('\\') != std::string::npos && session.user.find('\\') == std::string::npos)
      session.user = sign.user;
    const bool again =
        (id == 25 || id == 4778) && session.disconnected.is_set() && session.disconnected < time;
    if (again) {
      ++session.connections;
      session.disconnected = {};
      if (!sign.address.empty()) session.address = sign.address;
    }
    if (id == 24 || id == 4779) session.disconnected = time;
    if (id == 23) {
      session.ended = time;
      session.closed = true;
    }
    session.last = std::max(session.last, time);
  }

  static void tell_missing(RdpSession& session) {
    if (!session.ended.is_set())
      session.missing.push_back(
          "No logoff: the session was still there, or the log ends before it, or the host went "
          "down.");
    if (session.session_id.empty())
      session.missing.push_back(
          "No event of the session manager (21, 25): its log is overwritten, cleared or was not "
          "there; a connection that was accepted (1149) may have ended before any desktop.");
    if (session.logon_id.empty())
      session.missing.push_back(
          "No logon of type 10 (Security 4624): not audited, overwritten, or told as type 7 when "
          "a session was taken up again.");
  }

  RdpSessions result_;
};

}  // namespace

bool is_loopback(std::string_view address) {
  address = lateral::plain_address(address);
  return address == "::1" || address.starts_with("127.");
}

RdpSessions find_rdp_sessions(const FactBook& book) { return SessionFinder{}.find(book); }

}  // namespace hozen
