// Logs of the DHCP server of Windows (DhcpSrvLog-Mon.log, DhcpV6SrvLog-Mon.log): which computer had
// which address.
//
// Source: Microsoft, "Analyze DHCP server log files"; logs of Windows Server 2003 to 2022. Below a
// heading that explains the numbers stand lines "ID,Date,Time,Description,IP Address,Host Name,MAC
// Address,...", dates as MM/DD/YY in local time. A file is that of a day of the week: it holds the
// last such day, and is written over a week later.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "collector/module/local_time.h"

namespace hozen {

struct DhcpEvent {
  std::uint32_t id = 0;  ///< 10 a new lease, 11 renewed, 12 released, 15 denied, 17 expired, ...
  LocalTime time{};
  std::string_view description, address, host, hardware;
  std::uint32_t line = 0;
};

struct DhcpLogEnd {
  bool has_more = false;  ///< there were too many lines
  /// Lines that begin like an event, and whose time is in no form that is known.
  std::uint64_t unread_lines = 0;
};

/// Calls `visit` with each event until it returns false; the texts live as long as `text`.
DhcpLogEnd each_dhcp_event(std::string_view text,
                           const std::function<bool(const DhcpEvent&)>& visit);

}  // namespace hozen
