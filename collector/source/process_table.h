// What NtQuerySystemInformation and GetExtendedTcpTable and its like give, read from their bytes.
//
// Source: SYSTEM_PROCESS_INFORMATION of ntdll's public symbols (64-bit, the same from Windows XP to
// 11); Microsoft, "MIB_TCPROW_OWNER_PID", "MIB_TCP6ROW_OWNER_PID", "MIB_UDPROW_OWNER_PID",
// "MIB_UDP6ROW_OWNER_PID" (iphlpapi).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/result.h"
#include "collector/source/live_state.h"

namespace hozen {

/// The processes of class SystemProcessInformation: number, parent, session, name and start.
/// `address`: where the table lay when the system wrote it, as names are pointers into it.
/// Errc::truncated or Errc::malformed; at most kMaxLiveProcesses, then Errc::limit.
Result<std::vector<LiveProcess>> parse_process_table(Bytes table, std::uint64_t address);

enum class ConnectionTable : std::uint8_t { tcp, tcp6, udp, udp6 };

/// Adds the rows of a table with owners. Errc::truncated when it ends before its rows do: those
/// before are added; Errc::limit beyond kMaxLiveConnections.
Result<void> parse_connections(Bytes table, ConnectionTable kind,
                               std::vector<LiveConnection>& connections);

/// "10.0.0.1" of 4 bytes; "fe80::1" of 16, as RFC 5952 has it.
std::string address_text(std::span<const std::byte> address);

}  // namespace hozen
