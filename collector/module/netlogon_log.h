// %SystemRoot%\debug\netlogon.log, which a domain controller writes where DBFlag asks for it: who
// set up a secure channel for which computer's account, and who was refused.
//
// Source: Microsoft, "Enable debug logging for Netlogon service", and logs that Windows Server 2008
// to 2019 wrote. A line is "MM/DD HH:MM:SS [CATEGORY] [thread] DOMAIN: text"; the thread is missing
// before Windows Server 2008 R2, the address before 2012. There is no year.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/local_time.h"

namespace hozen {

/// Tries to set up the secure channel of one account that follow each other within a minute.
struct NetlogonBurst {
  std::string account;           ///< "DC01$"
  std::string client, address;   ///< what the client calls itself, and where it is ("" if not told)
  std::string flags;             ///< that it asked for, in hexadecimal digits
  LocalTime first{}, last{};     ///< without year
  std::uint32_t first_line = 0;  ///< from 1, in what was read
  std::uint64_t attempts = 0, refused = 0;
  bool succeeded = false;     ///< after those refused
  bool password_set = false;  ///< was asked for after it had succeeded
};

struct NetlogonLog {
  std::vector<NetlogonBurst> bursts;  ///< of at least kLeastNetlogonBurst attempts, in order
  std::uint64_t lines = 0;
  std::uint64_t left_out = 0;  ///< lines of further accounts and clients
  bool has_times = false;
  LocalTime first{}, last{};  ///< of all lines, without year
  bool is_whole = true;       ///< false: there were too many lines
};

/// A computer whose password is right needs one; one whose password is wrong tries a few times.
constexpr std::uint64_t kLeastNetlogonBurst = 10;

NetlogonLog parse_netlogon_log(std::string_view text);

/// NETLOGON_NEG flag W (MS-NRPC 3.1.4.2): authenticated RPC, which every Windows since XP asks for.
bool asks_for_secure_rpc(std::string_view flags);

}  // namespace hozen
