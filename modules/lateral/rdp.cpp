// Remote desktop, both ways. On this host: sessions that came over the network, joined from the
// events of the session manager, of connections, and of the Security log; connections that were
// refused; changes of its settings. From this host: hosts that users connected to, from the
// client's key of every user and the client's log. A session's address is that of the last hop: a
// tunnel, gateway or proxy hides the rest. Entries of the client say that a user gave the address
// there, and Servers\<host> that a connection got as far as asking for the account; neither says
// when, but for the key's time.
#include <array>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/cells.h"
#include "collector/module/execution_registry.h"
#include "collector/module/lateral.h"
#include "collector/module/rdp_rules.h"
#include "collector/module/rdp_sessions.h"

namespace hozen::modules {
namespace {

using lateral::at;
using lateral::text_of;
constexpr std::size_t kMaxRows = 10'000, kMaxRecords = 20;

using S = Field<RdpSession>;
constexpr std::array kSessionFields{
    S{{"account", "Account."}, [](const RdpSession& r, Cell& c) { text_or_absent(c, r.user); }},
    S{{"session_id", "Number of the session."},
      [](const RdpSession& r, Cell& c) { text_or_absent(c, r.session_id); }},
    S{{"source_address", "Address that it came from last."},
      [](const RdpSession& r, Cell& c) { text_or_absent(c, r.address); }},
    S{{"client_name", "Name that the client gave itself."},
      [](const RdpSession& r, Cell& c) { text_or_absent(c, r.client); }},
    S{{"logon_id", "Logon session, as other events of the Security log name it."},
      [](const RdpSession& r, Cell& c) { text_or_absent(c, r.logon_id); }},
    S{{"connections", "How often somebody connected to it."},
      [](const RdpSession& r, Cell& c) { c.number(r.connections); }},
    S{{"story", "What it rests on, a sentence each."},
      [](const RdpSession& r, Cell& c) { c.texts(lateral::sentences(r.why)); }},
    S{{"missing", "What could have told more and is not there."},
      [](const RdpSession& r, Cell& c) { c.texts(r.missing); }},
    S{{"records", "Records that it was put together from."},
      [](const RdpSession& r, Cell& c) { c.texts(lateral::record_ids(r.why)); }},
};
constexpr auto kSessionColumns = columns_of(kSessionFields);
constexpr Kind kSession{"rdp_session",
                        "One stay of a user on this host over remote desktop, put together from "
                        "other records.",
                        kSessionColumns,
                        "Remote desktop[ of {account}][ from {source_address}][ ({client_name})]"};

struct Destination {
  std::string host, user_hint, seen_in;
  std::optional<std::uint64_t> position;
  std::uint64_t times = 1;
  std::vector<std::string> records{};
  FileTime first{}, last{};
};
using D = Field<Destination>;
constexpr std::array kDestinationFields{
    D{{"host", "Host or address, as it was given."},
      [](const Destination& r, Cell& c) { c.text(r.host); }},
    D{{"user_hint", "Account that was used there last."},
      [](const Destination& r, Cell& c) { text_or_absent(c, r.user_hint); }},
    D{{"seen_in",
       "Default: the list of addresses; Servers: hosts that were connected to; or the "
       "event of the client's log."},
      [](const Destination& r, Cell& c) { c.text(r.seen_in); }},
    D{{"position", "Place in the list, 0 for the last one given."},
      [](const Destination& r, Cell& c) {
        number_or_absent(c, r.position, Absent::not_applicable);
      }},
    D{{"times", "How many events tell it; 1 for an entry of the registry."},
      [](const Destination& r, Cell& c) { c.number(r.times); }},
    D{{"records", "The first of the events that were counted."},
      [](const Destination& r, Cell& c) { c.texts(r.records); }},
};
constexpr auto kDestinationColumns = columns_of(kDestinationFields);
constexpr Kind kDestination{"rdp_destination",
                            "A host that a user of this one connected to, or tried to, over remote "
                            "desktop.",
                            kDestinationColumns, "Remote desktop to {host}[ as {user_hint}]"};
constexpr std::array kKinds{kSession, kDestination};

constexpr std::string_view kReferences[] = {
    "https://learn.microsoft.com/troubleshoot/windows-server/remote/"
    "remove-entries-from-remote-desktop-connection-computer",
    "https://jpcertcc.github.io/ToolAnalysisResultSheet/details/mstsc.htm",
    "https://github.com/0xthirteen/SharpRDP", "https://github.com/stascorp/rdpwrap"};
constexpr std::string_view kAttack[] = {"T1021.001", "T1572",     "T1110.001", "T1133",
                                        "T1112",     "T1090.001", "T1563.002", "T1543.003",
                                        "T1547.001", "T1059"};

// ---- run

constexpr std::string_view kClientKey = "Software\\Microsoft\\Terminal Server Client";

void read_list(ModuleContext& context, RegistryHive& hive, RegistryKey& key) {
  each_value(context, key, [&](const RegistryValue& value) {
    const auto text = value.text();
    if (!text || !starts_with_fold(value.name, "MRU")) return;
    Destination row{*text, {}, "Default", {}};
    const std::string_view number = std::string_view{value.name}.substr(3);
    if (number.size() == 1 && number[0] >= '0' && number[0] <= '9')
      row.position = static_cast<std::uint64_t>(number[0] - '0');
    Envelope envelope = key_envelope(hive, key, &value);
    if (row.position == 0u) envelope.timestamps.emplace_back("entered", key.last_written());
    context.emit(kDestination, kDestinationFields, row, envelope);
  });
}

void read_servers(ModuleContext& context, RegistryHive& hive, RegistryKey& key) {
  each_subkey(context, key, [&](RegistryKey& server) {
    Destination row{server.name(), {}, "Servers", {}};
    const auto hint = server.value("UsernameHint");
    if (hint) row.user_hint = hint->text().value_or("");
    context.emit(kDestination, kDestinationFields, row, key_envelope(hive, server));
  });
}

Result<void> run(ModuleContext& context) {
  return each_trace_hive(context, {HiveRole::user, HiveRole::default_user},
                         [&](RegistryHive& hive) {
                           const std::string client{kClientKey};
                           if (const auto key = key_at(hive, client + "\\Default"))
                             read_list(context, hive, *key);
                           if (const auto key = key_at(hive, client + "\\Servers"))
                             read_servers(context, hive, *key);
                         });
}

// ---- judge

/// 1024 and 1102 of the client's log: the host or address that it connects to.
void tell_destinations(ModuleContext& context) {
  std::map<std::tuple<std::string, std::string, std::uint32_t>, Destination> rows;
  for (const Fact& fact : context.facts().facts(FactKind::session)) {
    if (fact.event_id != 1024 && fact.event_id != 1102) continue;
    const std::string host{fact.values["Value"]}, sid{fact.values["UserSid"]};
    if (host.empty()) continue;
    const auto [found, is_new] = rows.try_emplace({fold_case(host), sid, fact.event_id});
    Destination& row = found->second;
    row.times = is_new ? 1 : row.times + 1;
    if (is_new) {
      row.host = host;
      row.seen_in = "event " + std::to_string(fact.event_id);
      row.first = fact.time;
    }
    row.last = fact.time;
    if (row.records.size() < kMaxRecords) row.records.push_back(fact.record);
    if (rows.size() >= kMaxRows) break;
  }
  for (const auto& [key, row] : rows) {
    Envelope envelope;
    envelope.user_sid = std::get<1>(key);
    envelope.timestamps.emplace_back("first", row.first);
    envelope.timestamps.emplace_back("last", row.last);
    context.emit(kDestination, kDestinationFields, row, envelope);
  }
}

/// A session through a tunnel is a finding by itself.
void report_tunnel(ModuleContext& context, const RdpSession& session, const std::string& record) {
  Finding finding;
  finding.rule = "rdp.tunnel";
  finding.title = "Remote desktop was reached through a tunnel that ends on this host";
  finding.subject = session.user + at(session.started);
  finding.why = session.why;
  finding.why.insert(
      finding.why.begin(),
      {session.user + " came over remote desktop from " + session.address + at(session.started) +
           ", which is this host itself: a program here passed the connection on.",
       50,
       Family::location,
       {record}});
  finding.attack = {"T1572", "T1021.001"};
  finding.benign = {"Somebody who forwards remote desktop over ssh on purpose."};
  finding.not_checked = session.missing;
  finding.next = {
      "Which program was connected to port 3389 then: ssh, plink, web servers, remote "
      "access tools; and to whom outside."};
  context.report(std::move(finding));
}

/// All stays of one user from one address.
struct Visits {
  std::string user, address;
  std::vector<std::string> records{};
  FileTime first{}, last{};
  std::uint64_t times = 0, connections = 0;
};

void report_visits(ModuleContext& context, const Visits& visits, const RdpSource* source) {
  Finding finding;
  finding.rule = "rdp.session";
  finding.title = "A user worked on this host over remote desktop";
  finding.subject = visits.user + " from " + visits.address;
  const bool is_public = lateral::is_public_address(visits.address);
  finding.why.push_back({visits.user + " came from " + visits.address + " " +
                             lateral::counted(visits.times, "time") + " between " +
                             visits.first.iso8601() + " and " + visits.last.iso8601() + ", with " +
                             lateral::counted(visits.connections, "connection") +
                             (is_public ? ", an address of the internet." : "."),
                         is_public ? 35 : 10, Family::location, visits.records});
  if (source != nullptr && source->refused >= 5)
    finding.why.push_back({std::to_string(source->refused) +
                               " connections from there were refused "
                               "for a wrong name or password from " +
                               source->first.iso8601() + " on.",
                           35, Family::content, source->records});
  finding.attack = {"T1021.001"};
  if (is_public) finding.attack.emplace_back("T1133");
  finding.benign = {
      "Administrators and users work so: is the account, the address and the time "
      "theirs?"};
  finding.next = {"What was started in these times (records of processes, prefetch, logon_id)."};
  context.report(std::move(finding));
}

void report_refused(ModuleContext& context, const std::string& address, const RdpSource& source) {
  Finding finding;
  finding.rule = "rdp.refused";
  finding.title = "Remote desktop refused many connections from one address";
  finding.subject = address;
  finding.why.push_back({std::to_string(source.refused) + " connections from " + address +
                             " were refused for a wrong name or password, between " +
                             source.first.iso8601() + " and " + source.last.iso8601() + "; " +
                             std::to_string(source.accepted) + " were accepted.",
                         source.refused >= 50 ? 40 : 25, Family::content, source.records});
  finding.attack = {"T1110.001"};
  finding.benign = {
      "Hosts that the internet reaches are tried all day: it tells that this one is "
      "reached."};
  finding.not_checked = {"Which accounts were tried: Security 4625 tells."};
  context.report(std::move(finding));
}

Result<void> judge(ModuleContext& context) {
  const RdpSessions found = find_rdp_sessions(context.facts());
  std::map<std::pair<std::string, std::string>, Visits> visits;
  for (const RdpSession& session : found.sessions) {
    Envelope envelope;
    envelope.timestamps.emplace_back("started", session.started);
    envelope.timestamps.emplace_back("disconnected", session.disconnected);
    envelope.timestamps.emplace_back("ended", session.ended);
    const std::string record = context.emit(kSession, kSessionFields, session, envelope);
    if (is_loopback(session.address)) {
      report_tunnel(context, session, record);
      continue;
    }
    Visits& one = visits[{fold_case(lateral::file_name(session.user)), session.address}];
    if (one.times++ == 0) {
      one.user = session.user;
      one.address = session.address;
      one.first = session.started;
    }
    one.last = session.last;
    one.connections += session.connections;
    if (one.records.size() < kMaxRecords) one.records.push_back(record);
  }
  for (const auto& [key, one] : visits) {
    const auto source = found.sources.find(one.address);
    report_visits(context, one, source == found.sources.end() ? nullptr : &source->second);
  }
  for (const auto& [address, source] : found.sources)
    if (source.refused >= 10) report_refused(context, address, source);
  for (Finding& finding : judge_rdp_traces(context.facts())) context.report(std::move(finding));
  tell_destinations(context);
  if (found.left_out != 0)
    context.note({Errc::limit, "rdp: " + std::to_string(found.left_out) +
                                   " events of further sessions and addresses are left out"});
  return {};
}

}  // namespace

extern const ModuleSpec rdp;
const ModuleSpec rdp{"rdp",
                     "Remote desktop: sessions that came to this host, hosts that its users "
                     "connected to, and changes of its settings.",
                     kKinds,
                     kReferences,
                     kAttack,
                     run,
                     {},
                     false,
                     judge};

}  // namespace hozen::modules
