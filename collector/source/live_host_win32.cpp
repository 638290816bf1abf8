#include "collector/source/live_host_win32.h"

// winsock2.h comes before windows.h, and the others need both.
#include <winsock2.h>

#include <windows.h>

#include <iphlpapi.h>
#include <ws2tcpip.h>

#include <array>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/native_win32.h"
#include "collector/base/system_dll_win32.h"

namespace hozen {
namespace {

constexpr std::size_t kMaxAddresses = 1024;
constexpr ULONG kMaxAdapterBytes = 8 << 20;

std::string computer_name(COMPUTER_NAME_FORMAT format) {
  std::wstring name(256, L'\0');
  DWORD length = static_cast<DWORD>(name.size());
  if (!GetComputerNameExW(format, name.data(), &length)) return {};
  name.resize(length);
  return wtf8_from_wide(name);
}

/// The domain's short name, for a machine that knows no DNS name of it; "" in a workgroup.
std::string joined_domain() {
  constexpr int kJoinedDomain = 3;  // NetSetupDomainName
  auto* join_information = system_function_as<DWORD WINAPI(const wchar_t*, wchar_t**, int*)>(
      L"netapi32.dll", "NetGetJoinInformation");
  auto* free_buffer = system_function_as<DWORD WINAPI(void*)>(L"netapi32.dll", "NetApiBufferFree");
  if (join_information == nullptr || free_buffer == nullptr) return {};
  wchar_t* name = nullptr;
  int status = 0;
  if (join_information(nullptr, &name, &status) != 0 || name == nullptr) return {};
  std::string domain = status == kJoinedDomain ? wtf8_from_wide(name) : std::string{};
  free_buffer(name);
  return domain;
}

/// Version and role as the kernel knows them.
void apply_version(HostFacts& facts) {
  auto* get_version =
      system_function_as<LONG WINAPI(OSVERSIONINFOEXW*)>(L"ntdll.dll", "RtlGetVersion");
  OSVERSIONINFOEXW version{};
  version.dwOSVersionInfoSize = sizeof version;
  if (get_version == nullptr || get_version(&version) != 0) return;
  const std::string kernel = std::to_string(version.dwMajorVersion) + "." +
                             std::to_string(version.dwMinorVersion) + "." +
                             std::to_string(version.dwBuildNumber);
  if (facts.build.empty()) facts.build = kernel;
  if (!facts.build.starts_with(kernel)) facts.build = kernel + " (registry: " + facts.build + ")";
  if (version.wProductType == VER_NT_WORKSTATION) facts.role = "workstation";
  if (version.wProductType == VER_NT_SERVER) facts.role = "server";
  if (version.wProductType == VER_NT_DOMAIN_CONTROLLER) facts.role = "domain_controller";
}

FileTime boot_time() {
  constexpr int kTimeOfDay = 3;  // SystemTimeOfDayInformation: time of the start @0
  auto* query = system_function_as<LONG WINAPI(int, void*, ULONG, ULONG*)>(
      L"ntdll.dll", "NtQuerySystemInformation");
  std::array<std::byte, 48> information{};
  ULONG got = 0;
  if (query == nullptr ||
      query(kTimeOfDay, information.data(), static_cast<ULONG>(information.size()), &got) != 0)
    return {};
  return FileTime{Bytes{information}.get<std::uint64_t>(0).value_or(0)};
}

std::string address_text(Bytes socket_address) {
  // SOCKADDR: family @0; IPv4 address @4; IPv6 address @8.
  const auto family = socket_address.get<std::uint16_t>(0);
  std::array<wchar_t, 64> text{};
  if (family == std::uint16_t{AF_INET}) {
    auto* format = system_function_as<wchar_t * WINAPI(const void*, wchar_t*)>(
        L"ntdll.dll", "RtlIpv4AddressToStringW");
    const auto address = socket_address.slice(4, 4, "IPv4 address");
    if (format != nullptr && address) format(address->span().data(), text.data());
  } else if (family == std::uint16_t{AF_INET6}) {
    auto* format = system_function_as<wchar_t * WINAPI(const void*, wchar_t*)>(
        L"ntdll.dll", "RtlIpv6AddressToStringW");
    const auto address = socket_address.slice(8, 16, "IPv6 address");
    if (format != nullptr && address) format(address->span().data(), text.data());
  }
  return wtf8_from_wide(text.data());
}

std::vector<std::string> addresses() {
  using GetAdaptersAddressesType = ULONG WINAPI(ULONG, ULONG, void*, IP_ADAPTER_ADDRESSES*, ULONG*);
  auto* get_addresses =
      system_function_as<GetAdaptersAddressesType>(L"iphlpapi.dll", "GetAdaptersAddresses");
  std::vector<std::string> found;
  if (get_addresses == nullptr) return found;
  constexpr ULONG kFlags = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST |
                           GAA_FLAG_SKIP_DNS_SERVER | GAA_FLAG_SKIP_FRIENDLY_NAME;
  ULONG size = 32 * 1024;
  // Elements of the list's own type, so that it is aligned.
  std::vector<IP_ADAPTER_ADDRESSES> buffer;
  ULONG answer = ERROR_BUFFER_OVERFLOW;
  while (answer == ERROR_BUFFER_OVERFLOW && size <= kMaxAdapterBytes) {
    buffer.resize(size / sizeof(IP_ADAPTER_ADDRESSES) + 1);
    size = static_cast<ULONG>(buffer.size() * sizeof(IP_ADAPTER_ADDRESSES));
    answer = get_addresses(AF_UNSPEC, kFlags, nullptr, buffer.data(), &size);
  }
  if (answer != NO_ERROR) return found;
  for (const IP_ADAPTER_ADDRESSES* adapter = buffer.data(); adapter != nullptr;
       adapter = adapter->Next) {
    if (adapter->IfType == IF_TYPE_SOFTWARE_LOOPBACK) continue;
    for (const auto* unicast = adapter->FirstUnicastAddress;
         unicast != nullptr && found.size() < kMaxAddresses; unicast = unicast->Next) {
      const SOCKET_ADDRESS& address = unicast->Address;
      if (address.lpSockaddr == nullptr || address.iSockaddrLength <= 0) continue;
      const auto length = static_cast<std::size_t>(address.iSockaddrLength);
      std::string text = address_text(Bytes{std::as_bytes(std::span{
          static_cast<const char*>(static_cast<const void*>(address.lpSockaddr)), length})});
      if (!text.empty()) found.push_back(std::move(text));
    }
  }
  return found;
}

}  // namespace

// Wine says so itself, in a function that Windows' own ntdll.dll does not have.
std::string emulator_name() {
  auto* version = system_function_as<const char* __cdecl()>(L"ntdll.dll", "wine_get_version");
  return version == nullptr ? std::string{} : std::string{"Wine "} + version();
}

HostFacts complete_host_facts(HostFacts facts) {
  if (std::string name = computer_name(ComputerNameNetBIOS); !name.empty())
    facts.name = std::move(name);
  if (std::string domain = computer_name(ComputerNameDnsDomain); !domain.empty())
    facts.domain = std::move(domain);
  if (facts.domain.empty()) facts.domain = joined_domain();
  apply_version(facts);
  facts.emulator = emulator_name();
  facts.last_boot = boot_time();
  facts.addresses = addresses();
  return facts;
}

bool keeps_access_times_up_to_date() {
  // NtfsDisableLastAccessUpdate: bit 0 says "disabled"; the bits above, who decided. Windows
  // without the value disables it.
  DWORD value = 1;
  DWORD size = sizeof value;
  const LSTATUS status =
      RegGetValueW(HKEY_LOCAL_MACHINE, L"SYSTEM\\CurrentControlSet\\Control\\FileSystem",
                   L"NtfsDisableLastAccessUpdate", RRF_RT_REG_DWORD, nullptr, &value, &size);
  return status == ERROR_SUCCESS && (value & 1) == 0;
}

}  // namespace hozen
