// What the modules over logons and remote use share: addresses, times and stories in sentences.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/module/fact.h"
#include "collector/module/finding.h"
#include "collector/module/remote_use_finder.h"

namespace hozen::lateral {

using remote_use::account_of;
using remote_use::apart;
using remote_use::at;
using remote_use::earlier;
using remote_use::file_name;
using remote_use::is_local_address;
using remote_use::later;

constexpr std::uint64_t kSecond = kTicksPerSecond;
constexpr std::uint64_t kMinute = 60 * kSecond;
constexpr std::uint64_t kHour = 60 * kMinute;

/// An IPv4 address that Windows wrote as IPv6 ("::ffff:10.0.0.1"), as IPv4; others as they are.
std::string_view plain_address(std::string_view address);
/// An address of the public internet: no name, none of RFC 1918, 3927, 4193, 4291, 6598, none of
/// this host. Port and brackets are allowed.
bool is_public_address(std::string_view address);
/// The address without a port: "10.0.0.1:3389", "[::1]:3389".
std::string_view without_port(std::string_view address);

/// Whether a host's name is this one: "", "localhost", loopback, or another form of `own`.
bool is_own_host(std::string_view host, std::string_view own);
/// The same where the host has several names, as FactBook::names() tells them.
bool is_one_of_own(std::string_view host, std::span<const std::string> own);

/// Whether two accounts may be one: domains have a short and a long name, and a user may stand with
/// his domain in front ("CORP\adm", "corp.example\adm"), behind ("adm@corp.example") or without it.
/// "" is no account.
bool same_account(std::string_view a, std::string_view b);
/// The same without the domains, whose names need not resemble each other.
bool same_user(std::string_view a, std::string_view b);

/// The first of `names` that is the file name of `path`; "" when none is.
std::string_view one_of_names(std::string_view path, std::span<const std::string_view> names);

/// A server of the web or a database, which has no business with credentials of users.
bool is_server_program(std::string_view path);
/// What it says that a program used other credentials against another host: points, 0 for nothing.
int credentials_weight(std::string_view path);

/// The last start of Windows that is told up to `time`, unset when none is.
FileTime last_start(const FactBook& book, FileTime time);
/// The logons of a book by their sessions. The book must outlive it.
class LogonSessions {
 public:
  explicit LogonSessions(const FactBook& book);
  /// The last 4624 of that logon session up to `time`, nullptr when there is none since Windows
  /// started: numbers of sessions come again then. `account`: whose it must be, "" where another
  /// may act in it.
  const Fact* logon_of(std::string_view logon_id, FileTime time,
                       std::string_view account = {}) const;

 private:
  /// A session and the name of a user without his domain, in one case; "" for whoever it is.
  using Key = std::pair<std::string, std::string>;
  const FactBook& book_;
  std::map<Key, std::vector<const Fact*>> logons_;  // in the order of their times
};
/// "EXAMPLE\eve was logged on (type 3, NTLM) from 10.0.0.1 (PC) at ...".
std::string logon_text(const Fact& logon);

/// The logons over the network from other hosts in the minute before `time` that may belong to
/// something of that time when no session tells which: one for each account and address, the last
/// of each, anonymous ones left out. Of more than 5,000 logons the last.
std::vector<const Fact*> logons_before(const FactBook& book, FileTime time);
/// "Perhaps of it: EXAMPLE\eve was logged on ..."; of several the accounts. "" for none.
std::string perhaps_text(const std::vector<const Fact*>& logons);
/// An audit failure: what the event tells was tried and refused.
inline bool is_refused(const Fact& fact) { return fact.values["Audit"] == "failure"; }
/// " N of those events were not kept, ..." where facts of these kinds were dropped, so that nothing
/// follows from none being found; "" where all are there.
std::string not_kept(const FactBook& book, std::initializer_list<FactKind> kinds);

/// Sentences of a story, without passwords, and the records that show them.
std::vector<std::string> sentences(const std::vector<Why>& why);
std::vector<std::string> record_ids(const std::vector<Why>& why);

/// "A, B, C and 7 more".
std::string listed(const std::vector<std::string>& texts, std::size_t most = 8);

/// "1 time", "2 times".
std::string counted(std::uint64_t number, std::string_view what);

inline std::string text_of(std::string_view text) { return std::string{text}; }

}  // namespace hozen::lateral
