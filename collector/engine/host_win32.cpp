#include <windows.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>

#include "collector/base/native_win32.h"
#include "collector/base/system_dll_win32.h"
#include "collector/engine/host.h"

namespace hozen {
namespace {

constexpr UINT kExitInterrupted = 130;
constexpr DWORD kCleanUpMilliseconds = 20'000;  ///< the system ends the process earlier if it likes
/// To read any file and key whatever its access list says; to read access lists of auditing.
constexpr std::array<const wchar_t*, 2> kWantedPrivileges = {L"SeBackupPrivilege",
                                                             L"SeSecurityPrivilege"};

std::uint64_t ticks_of(const FILETIME& time) {
  return (std::uint64_t{time.dwHighDateTime} << 32) | time.dwLowDateTime;
}

OwnedHandle own_token(DWORD access) {
  HANDLE token = nullptr;
  if (OpenProcessToken(GetCurrentProcess(), access, &token) == 0) return {};
  return OwnedHandle{token};
}

std::optional<LUID> privilege_id(const wchar_t* name) {
  LUID id{};
  if (LookupPrivilegeValueW(nullptr, name, &id) == 0) return std::nullopt;
  return id;
}

bool enable(HANDLE token, const wchar_t* name) {
  const auto id = privilege_id(name);
  if (!id) return false;
  TOKEN_PRIVILEGES wanted{};
  wanted.PrivilegeCount = 1;
  wanted.Privileges[0].Luid = *id;
  wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
  // The call succeeds also when the token does not hold it: that is ERROR_NOT_ALL_ASSIGNED.
  return AdjustTokenPrivileges(token, FALSE, &wanted, 0, nullptr, nullptr) != 0 &&
         GetLastError() == ERROR_SUCCESS;
}

std::string privilege_name(LUID id) {
  std::array<wchar_t, 128> name{};
  DWORD length = static_cast<DWORD>(name.size());
  if (LookupPrivilegeNameW(nullptr, &id, name.data(), &length) == 0) return {};
  return wtf8_from_wide({name.data(), std::min<std::size_t>(length, name.size())});
}

std::vector<std::string> enabled_privileges(HANDLE token) {
  // TOKEN_PRIVILEGES holds one; there are some forty privileges in all.
  struct {
    DWORD count;
    std::array<LUID_AND_ATTRIBUTES, 128> privileges;
  } held{};
  static_assert(offsetof(TOKEN_PRIVILEGES, Privileges) == sizeof(DWORD));
  std::vector<std::string> names;
  DWORD size = 0;
  if (GetTokenInformation(token, TokenPrivileges, &held, sizeof held, &size) == 0) return names;
  const std::size_t count = std::min<std::size_t>(held.count, held.privileges.size());
  for (std::size_t i = 0; i < count; ++i) {
    if ((held.privileges[i].Attributes & SE_PRIVILEGE_ENABLED) == 0) continue;
    if (std::string name = privilege_name(held.privileges[i].Luid); !name.empty())
      names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool is_elevated(HANDLE token) {
  TOKEN_ELEVATION elevation{};
  DWORD size = 0;
  return GetTokenInformation(token, TokenElevation, &elevation, sizeof elevation, &size) != 0 &&
         elevation.TokenIsElevated != 0;
}

std::string own_image() {
  std::wstring path(32768, L'\0');
  DWORD length = static_cast<DWORD>(path.size());
  if (QueryFullProcessImageNameW(GetCurrentProcess(), 0, path.data(), &length) == 0) return {};
  path.resize(length);
  return wtf8_from_wide(path);
}

/// "DOMAIN\name", told by the logon itself: no domain controller is asked.
std::string own_user() {
  constexpr int kNameSamCompatible = 2;
  std::wstring name(512, L'\0');
  ULONG length = static_cast<ULONG>(name.size());
  auto* get_name =
      system_function_as<BOOLEAN WINAPI(int, wchar_t*, ULONG*)>(L"secur32.dll", "GetUserNameExW");
  if (get_name != nullptr && get_name(kNameSamCompatible, name.data(), &length) != 0) {
    name.resize(length);
    return wtf8_from_wide(name);
  }
  DWORD with_nul = static_cast<DWORD>(name.size());
  if (GetUserNameW(name.data(), &with_nul) == 0 || with_nul == 0) return {};
  name.resize(with_nul - 1);
  return wtf8_from_wide(name);
}

std::stop_source& interruption() {
  static std::stop_source source{std::nostopstate};
  return source;
}

/// Runs in a thread of its own that the system starts.
BOOL WINAPI on_console_event(DWORD event) {
  static std::atomic<bool> asked{false};
  if (asked.exchange(true)) {
    DWORD written = 0;
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), kEndedAtOnce.data(),
              static_cast<DWORD>(kEndedAtOnce.size()), &written, nullptr);
    TerminateProcess(GetCurrentProcess(), kExitInterrupted);
  }
  interruption().request_stop();
  // When the window is closed or the session ends, the process is ended as soon as this returns.
  if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT) Sleep(kCleanUpMilliseconds);
  return TRUE;
}

}  // namespace

FileTime utc_now() {
  static auto* const precise = system_function_as<void WINAPI(FILETIME*)>(
      L"kernel32.dll", "GetSystemTimePreciseAsFileTime");  // Windows 8 and later
  FILETIME now{};
  if (precise != nullptr)
    precise(&now);
  else
    GetSystemTimeAsFileTime(&now);
  return FileTime{ticks_of(now)};
}

std::uint64_t monotonic_ticks() {
  LARGE_INTEGER count{}, frequency{};
  QueryPerformanceCounter(&count);
  QueryPerformanceFrequency(&frequency);
  const auto counted = static_cast<std::uint64_t>(count.QuadPart);
  const auto each_second = static_cast<std::uint64_t>(frequency.QuadPart);
  if (each_second == 0) return 0;
  return counted / each_second * kTicksPerSecond +
         counted % each_second * kTicksPerSecond / each_second;
}

Privileges enable_privileges() {
  Privileges privileges;
  const OwnedHandle token = own_token(TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES);
  if (!token) return privileges;
  privileges.elevated = is_elevated(token.get());
  for (const wchar_t* name : kWantedPrivileges)
    if (!enable(token.get(), name)) privileges.refused.push_back(wtf8_from_wide(name));
  privileges.enabled = enabled_privileges(token.get());
  return privileges;
}

Result<void> lower_priority() {
  // Not PROCESS_MODE_BACKGROUND_BEGIN: it would also keep the working set at 32 MiB.
  constexpr int kIoPriority = 33;  // ProcessIoPriority
  ULONG very_low = 0;
  auto* set = system_function_as<LONG WINAPI(HANDLE, int, void*, ULONG)>(L"ntdll.dll",
                                                                         "NtSetInformationProcess");
  const bool disk =
      set != nullptr && set(GetCurrentProcess(), kIoPriority, &very_low, sizeof very_low) == 0;
  const bool processor = SetPriorityClass(GetCurrentProcess(), IDLE_PRIORITY_CLASS) != 0;
  if (disk || processor) return {};
  return win32_error("priority", "SetPriorityClass", GetLastError());
}

ProcessFacts this_process() {
  ProcessFacts facts;
  facts.pid = GetCurrentProcessId();
  FILETIME created{}, exited{}, kernel{}, user{};
  if (GetProcessTimes(GetCurrentProcess(), &created, &exited, &kernel, &user) != 0)
    facts.started = FileTime{ticks_of(created)};
  facts.image = own_image();
  facts.user = own_user();
  return facts;
}

std::string machine_name() {
  std::wstring name(MAX_COMPUTERNAME_LENGTH + 1, L'\0');
  DWORD length = static_cast<DWORD>(name.size());
  if (GetComputerNameW(name.data(), &length) == 0) return {};
  name.resize(length);
  return wtf8_from_wide(name);
}

void stop_on_interrupt(std::stop_source source) {
  interruption() = std::move(source);
  SetConsoleCtrlHandler(on_console_event, TRUE);
}

std::uint64_t peak_memory_bytes() {
  struct Counters {  // PROCESS_MEMORY_COUNTERS
    DWORD size, page_faults;
    SIZE_T peak_working_set, rest[7];
  } counters{};
  counters.size = sizeof counters;
  auto* const query = system_function_as<BOOL WINAPI(HANDLE, Counters*, DWORD)>(
      L"kernel32.dll", "K32GetProcessMemoryInfo");
  if (query == nullptr || query(GetCurrentProcess(), &counters, sizeof counters) == 0) return 0;
  return counters.peak_working_set;
}

}  // namespace hozen
