// winsock2.h comes before windows.h, and iphlpapi.h needs both.
#include <winsock2.h>

#include <windows.h>

#include <iphlpapi.h>

#include "collector/base/native_win32.h"
#include "collector/base/system_dll_win32.h"
#include "collector/source/live_processes_win32.h"
#include "collector/source/process_table.h"

namespace hozen {
namespace {

constexpr DWORD kMaxTableBytes = 16 << 20;
/// Between two questions the table may grow.
constexpr int kMaxTries = 8;

using GetTable = DWORD WINAPI(void*, DWORD*, BOOL, ULONG, int, ULONG);

Result<void> add_table(const char* function, ULONG family, int which, ConnectionTable kind,
                       LiveState& state) {
  auto* get_table = system_function_as<GetTable>(L"iphlpapi.dll", function);
  if (get_table == nullptr) return Error{Errc::unsupported, "connections", {}, function};
  std::vector<std::byte> table(64 * 1024);
  for (int tries = 0; tries < kMaxTries; ++tries) {
    auto size = static_cast<DWORD>(table.size());
    const DWORD answer = get_table(table.data(), &size, FALSE, family, which, 0);
    if (answer == NO_ERROR) return parse_connections(Bytes{table}, kind, state.connections);
    if (answer != ERROR_INSUFFICIENT_BUFFER) return win32_error("connections", function, answer);
    if (size > kMaxTableBytes) break;
    table.resize(size + 4096);
  }
  return Error{Errc::limit, "connections", {}, function};
}

}  // namespace

Result<void> list_live_connections(LiveState& state) {
  constexpr const char *kTcp = "GetExtendedTcpTable", *kUdp = "GetExtendedUdpTable";
  constexpr int kTcpOwners = TCP_TABLE_OWNER_PID_ALL, kUdpOwners = UDP_TABLE_OWNER_PID;
  Result<void> result;
  const auto add = [&](const char* function, ULONG family, int which, ConnectionTable kind) {
    auto added = add_table(function, family, which, kind, state);
    if (!added && result) result = added.error();
  };
  add(kTcp, AF_INET, kTcpOwners, ConnectionTable::tcp);
  add(kTcp, AF_INET6, kTcpOwners, ConnectionTable::tcp6);
  add(kUdp, AF_INET, kUdpOwners, ConnectionTable::udp);
  add(kUdp, AF_INET6, kUdpOwners, ConnectionTable::udp6);
  return result;
}

}  // namespace hozen
