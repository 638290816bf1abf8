// Logs of remote access programs: who came in, and when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/filetime.h"

namespace hozen::remote_access {

/// One connection, as a log tells it.
struct Connection {
  std::string direction;  ///< "incoming", "outgoing", "" where the log does not say
  std::string peer;       ///< number or address of the other side
  std::string peer_name, account, mode, text;
  FileTime started{}, ended{};  ///< unset where the log's times are of no known zone
  std::string time_text;        ///< the time as it stands there
  std::uint64_t line = 0;
};

/// TeamViewer's Connections_incoming.txt and Connections.txt: columns behind tabs, times in UTC.
std::vector<Connection> parse_teamviewer(std::string_view text, bool is_incoming);
/// AnyDesk's connection_trace.txt. Its times stand without a zone.
std::vector<Connection> parse_anydesk_connections(std::string_view text);
/// AnyDesk's ad.trace and ad_svc.trace: sessions asked for, and from which address; times in UTC.
std::vector<Connection> parse_anydesk_trace(std::string_view text);

}  // namespace hozen::remote_access
