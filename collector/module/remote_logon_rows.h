// Rows of the module remote_logons: logons from other hosts and credentials that were used against
// other hosts, each counted.
#pragma once

#include <array>
#include <set>
#include <string>
#include <vector>

#include "collector/module/cells.h"
#include "collector/module/fact.h"

namespace hozen {

/// Events that are alike.
struct CountedEvents {
  static constexpr std::size_t kMaxRecords = 20;
  FileTime first{}, last{};
  std::uint64_t times = 0;
  std::vector<std::string> records{};
  void add(const Fact& fact) {
    if (times++ == 0) first = fact.time;
    last = fact.time;
    if (records.size() < kMaxRecords) records.push_back(fact.record);
  }
  Envelope envelope() const {
    Envelope envelope;
    envelope.timestamps.emplace_back("first", first);
    envelope.timestamps.emplace_back("last", last);
    return envelope;
  }
};

struct RemoteLogonRow {
  std::string account, sid, address, host, type, package, process;
  bool machine = false, no_session_key = false;
  std::uint64_t succeeded = 0, refused = 0;
  std::set<std::string> status{};
  CountedEvents counted{};
};
inline constexpr std::array kRemoteLogonFields{
    Field<RemoteLogonRow>{{"account", "Account, with its domain where the events tell it."},
                          [](const RemoteLogonRow& r, Cell& c) { c.text(r.account); }},
    Field<RemoteLogonRow>{{"account_sid", "SID of the account, of logons that succeeded."},
                          [](const RemoteLogonRow& r, Cell& c) { text_or_absent(c, r.sid); }},
    Field<RemoteLogonRow>{{"machine_account", "Whether it is the account of a computer."},
                          [](const RemoteLogonRow& r, Cell& c) { c.boolean(r.machine); }},
    Field<RemoteLogonRow>{{"source_address", "Address that it came from."},
                          [](const RemoteLogonRow& r, Cell& c) { text_or_absent(c, r.address); }},
    Field<RemoteLogonRow>{{"source_host", "Name that the other host gave itself."},
                          [](const RemoteLogonRow& r, Cell& c) { text_or_absent(c, r.host); }},
    Field<RemoteLogonRow>{
        {"logon_type",
         "Number of Windows: 3 network, 8 network with password in clear, 9 other "
         "credentials for the network, 10 remote desktop."},
        [](const RemoteLogonRow& r, Cell& c) { text_or_absent(c, r.type); }},
    Field<RemoteLogonRow>{{"package", "What authenticated it: NTLM, Kerberos, Negotiate."},
                          [](const RemoteLogonRow& r, Cell& c) { text_or_absent(c, r.package); }},
    Field<RemoteLogonRow>{{"logon_process", "Part of Windows that asked for it."},
                          [](const RemoteLogonRow& r, Cell& c) { text_or_absent(c, r.process); }},
    Field<RemoteLogonRow>{
        {"no_session_key", "Whether NTLM was used and one of the logons had no session key."},
        [](const RemoteLogonRow& r, Cell& c) { c.boolean(r.no_session_key); }},
    Field<RemoteLogonRow>{{"succeeded", "Logons."},
                          [](const RemoteLogonRow& r, Cell& c) { c.number(r.succeeded); }},
    Field<RemoteLogonRow>{{"refused", "Attempts that were refused."},
                          [](const RemoteLogonRow& r, Cell& c) { c.number(r.refused); }},
    Field<RemoteLogonRow>{
        {"status",
         "Codes with which they were refused; of events of Windows XP and before, which have none, "
         "their "
         "number."},
        [](const RemoteLogonRow& r, Cell& c) {
          c.texts(std::vector<std::string>{r.status.begin(), r.status.end()});
        }},
    Field<RemoteLogonRow>{{"records", "The first of the records that were counted."},
                          [](const RemoteLogonRow& r, Cell& c) { c.texts(r.counted.records); }},
};
struct CredentialsRow {
  std::string account, by, target, target_info, process;
  CountedEvents counted{};
};
inline constexpr std::array kCredentialsFields{
    Field<CredentialsRow>{{"account", "Account whose credentials were given."},
                          [](const CredentialsRow& r, Cell& c) { c.text(r.account); }},
    Field<CredentialsRow>{{"used_by", "Account that gave them."},
                          [](const CredentialsRow& r, Cell& c) { text_or_absent(c, r.by); }},
    Field<CredentialsRow>{{"target_host", "Host that they were for."},
                          [](const CredentialsRow& r, Cell& c) { text_or_absent(c, r.target); }},
    Field<CredentialsRow>{
        {"target_service", "Service there, as the event names it."},
        [](const CredentialsRow& r, Cell& c) { text_or_absent(c, r.target_info); }},
    Field<CredentialsRow>{{"process", "Program on this host that used them."},
                          [](const CredentialsRow& r, Cell& c) { text_or_absent(c, r.process); }},
    Field<CredentialsRow>{{"times", "How often."},
                          [](const CredentialsRow& r, Cell& c) { c.number(r.counted.times); }},
    Field<CredentialsRow>{{"records", "The first of the records that were counted."},
                          [](const CredentialsRow& r, Cell& c) { c.texts(r.counted.records); }},
};

}  // namespace hozen
