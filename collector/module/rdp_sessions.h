// Sessions of remote desktop on this host, joined from the events of the session manager (21 to
// 25), of connections (1149, 131, 140) and of the Security log (4624 type 10, 4778, 4779).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "collector/module/fact.h"
#include "collector/module/finding.h"

namespace hozen {

/// One stay of a user, from its logon or first connection until logoff.
struct RdpSession {
  std::string user, session_id, address, client, logon_id;
  FileTime started{}, disconnected{}, ended{}, last{};
  std::uint64_t connections = 0;  ///< the first one, and each reconnection
  std::vector<Why> why{};         ///< the story
  std::vector<std::string> missing{};
  bool closed = false;
};

/// Connections of one address, whether anybody was logged on or not.
struct RdpSource {
  std::uint64_t tried = 0, refused = 0, accepted = 0;
  FileTime first{}, last{};
  std::vector<std::string> records{};
};

struct RdpSessions {
  std::vector<RdpSession> sessions{};          ///< in the order of their beginnings
  std::map<std::string, RdpSource> sources{};  ///< by address
  std::uint64_t left_out = 0;                  ///< events beyond the limits
};
inline constexpr std::size_t kMaxRdpSessions = 10'000;

/// Sessions at the host itself (LOCAL) are none of them, a loopback address is one.
RdpSessions find_rdp_sessions(const FactBook& book);

/// 127.0.0.1, ::1: what came through a tunnel that ends on this host.
bool is_loopback(std::string_view address);

}  // namespace hozen
