#include "collector/source/live_services_win32.h"

#include <windows.h>

#include <cstddef>

#include "collector/base/native_win32.h"

namespace hozen {
namespace {

/// Bytes: the most that EnumServicesStatusEx takes, and that QueryServiceConfig gives.
constexpr DWORD kListBytes = 256 * 1024, kConfigBytes = 8 * 1024;

class ServiceHandle {
 public:
  explicit ServiceHandle(SC_HANDLE handle) : handle_{handle} {}
  ~ServiceHandle() {
    if (handle_ != nullptr) CloseServiceHandle(handle_);
  }
  ServiceHandle(const ServiceHandle&) = delete;
  ServiceHandle& operator=(const ServiceHandle&) = delete;
  explicit operator bool() const { return handle_ != nullptr; }
  SC_HANDLE get() const { return handle_; }

 private:
  SC_HANDLE handle_;
};

std::string text_of(const wchar_t* text) { return text == nullptr ? "" : wtf8_from_wide(text); }

void read_config(SC_HANDLE manager, const wchar_t* name, std::vector<std::byte>& buffer,
                 LiveService& service) {
  const ServiceHandle handle{OpenServiceW(manager, name, SERVICE_QUERY_CONFIG)};
  if (!handle) {
    service.unreadable = win32_error("service configuration", "OpenServiceW", GetLastError());
    return;
  }
  auto* config = static_cast<QUERY_SERVICE_CONFIGW*>(static_cast<void*>(buffer.data()));
  DWORD needed = 0;
  if (!QueryServiceConfigW(handle.get(), config, kConfigBytes, &needed)) {
    service.unreadable =
        win32_error("service configuration", "QueryServiceConfigW", GetLastError());
    return;
  }
  service.start = config->dwStartType;
  service.image_path = text_of(config->lpBinaryPathName);
  service.account = text_of(config->lpServiceStartName);
}

}  // namespace

Result<void> list_live_services(LiveState& state) {
  const ServiceHandle manager{
      OpenSCManagerW(nullptr, nullptr, SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE)};
  if (!manager) return win32_error("service manager", "OpenSCManagerW", GetLastError());
  std::vector<std::byte> list(kListBytes), config(kConfigBytes);
  DWORD resume = 0;
  for (bool more = true; more;) {
    DWORD needed = 0, count = 0;
    more = false;
    if (!EnumServicesStatusExW(manager.get(), SC_ENUM_PROCESS_INFO, SERVICE_WIN32 | SERVICE_DRIVER,
                               SERVICE_STATE_ALL,
                               static_cast<BYTE*>(static_cast<void*>(list.data())), kListBytes,
                               &needed, &count, &resume, nullptr)) {
      if (GetLastError() != ERROR_MORE_DATA)
        return win32_error("services", "EnumServicesStatusExW", GetLastError());
      more = count > 0;
    }
    const auto* found =
        static_cast<const ENUM_SERVICE_STATUS_PROCESSW*>(static_cast<const void*>(list.data()));
    for (DWORD i = 0; i < count; ++i) {
      LiveService service;
      service.name = text_of(found[i].lpServiceName);
      service.display_name = text_of(found[i].lpDisplayName);
      service.type = found[i].ServiceStatusProcess.dwServiceType;
      service.state = found[i].ServiceStatusProcess.dwCurrentState;
      service.pid = found[i].ServiceStatusProcess.dwProcessId;
      read_config(manager.get(), found[i].lpServiceName, config, service);
      if (!state.add(std::move(service))) return {};
    }
  }
  return {};
}

}  // namespace hozen
