#include "collector/source/live_processes_win32.h"

#include <windows.h>
// After windows.h.
#include <tlhelp32.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <set>

#include "collector/base/bytes.h"
#include "collector/base/native_win32.h"
#include "collector/base/sid.h"
#include "collector/base/system_dll_win32.h"
#include "collector/base/text.h"
#include "collector/source/live_modules_win32.h"
#include "collector/source/process_table.h"

namespace hozen {
namespace {

constexpr std::size_t kMaxTableBytes = std::size_t{64} << 20;
/// Between two questions the table may grow.
constexpr int kMaxTries = 8;
constexpr std::size_t kMaxPath = 32'768;
/// Numbers of processes are multiples of four, and Windows gives low ones again before it takes
/// higher ones: those up to so far above the highest known one are tried, and none above the last.
constexpr std::uint32_t kPidStep = 4, kPidsAbove = 4096, kLastTriedPid = 262'144;

/// Lets processes of others be read while it lives, where the operator may do that.
class DebugPrivilege {
 public:
  DebugPrivilege() {
    HANDLE handle = nullptr;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &handle))
      return;
    token_ = OwnedHandle{handle};
    TOKEN_PRIVILEGES wanted{};
    wanted.PrivilegeCount = 1;
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    DWORD size = sizeof before_;
    if (!LookupPrivilegeValueW(nullptr, L"SeDebugPrivilege", &wanted.Privileges[0].Luid) ||
        !AdjustTokenPrivileges(token_.get(), FALSE, &wanted, sizeof before_, &before_, &size))
      before_.PrivilegeCount = 0;
  }
  ~DebugPrivilege() {
    if (before_.PrivilegeCount != 0)
      AdjustTokenPrivileges(token_.get(), FALSE, &before_, 0, nullptr, nullptr);
  }
  DebugPrivilege(const DebugPrivilege&) = delete;
  DebugPrivilege& operator=(const DebugPrivilege&) = delete;

 private:
  OwnedHandle token_{};
  TOKEN_PRIVILEGES before_{};
};

Result<std::vector<LiveProcess>> process_list() {
  constexpr int kProcessInformation = 5;
  auto* query = system_function_as<LONG WINAPI(int, void*, ULONG, ULONG*)>(
      L"ntdll.dll", "NtQuerySystemInformation");
  if (query == nullptr) return Error{Errc::unsupported, "processes"};
  constexpr LONG kLengthMismatch = static_cast<LONG>(0xC0000004);
  // Of a type that aligns the table as the system wants it.
  std::vector<std::uint64_t> table(64 * 1024);
  for (int tries = 0; tries < kMaxTries; ++tries) {
    const std::size_t size = table.size() * sizeof(std::uint64_t);
    ULONG needed = 0;
    const LONG status = query(kProcessInformation, table.data(), static_cast<ULONG>(size), &needed);
    if (status == 0)
      return parse_process_table(Bytes{std::as_bytes(std::span{table})},
                                 std::bit_cast<std::uint64_t>(table.data()));
    if (status != kLengthMismatch) return nt_error("processes", "NtQuerySystemInformation", status);
    const std::size_t wanted = std::max<std::size_t>(2 * size, needed);
    if (wanted > kMaxTableBytes) break;
    table.resize(wanted / sizeof(std::uint64_t));
  }
  return Error{Errc::limit, "processes"};
}

Result<std::map<std::uint32_t, LiveProcess>> snapshot() {
  const OwnedHandle handle{CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0)};
  if (!handle) return win32_error("processes", "CreateToolhelp32Snapshot", GetLastError());
  std::map<std::uint32_t, LiveProcess> found;
  PROCESSENTRY32W entry{};
  entry.dwSize = sizeof entry;
  for (BOOL more = Process32FirstW(handle.get(), &entry); more && found.size() < kMaxLiveProcesses;
       more = Process32NextW(handle.get(), &entry)) {
    LiveProcess process;
    process.pid = entry.th32ProcessID;
    process.parent_pid = entry.th32ParentProcessID;
    process.name = wtf8_from_wide(entry.szExeFile);
    found.emplace(process.pid, std::move(process));
  }
  return found;
}

FileTime time_of(const FILETIME& time) {
  return FileTime{(std::uint64_t{time.dwHighDateTime} << 32u) | time.dwLowDateTime};
}

/// Runs still: one that has ended stays as long as somebody has it open.
bool is_running(HANDLE process, FileTime& started) {
  FILETIME created{}, ended{}, kernel{}, user{};
  if (!GetProcessTimes(process, &created, &ended, &kernel, &user)) return false;
  started = time_of(created);
  return time_of(ended).ticks == 0;
}

/// Processes of which only their numbers tell, none of the lists.
void add_unlisted(std::vector<LiveProcess>& processes) {
  const auto numbers_of = [](const std::vector<LiveProcess>& list) {
    std::set<std::uint32_t> numbers;
    for (const LiveProcess& process : list) numbers.insert(process.pid);
    return numbers;
  };
  const std::set<std::uint32_t> known = numbers_of(processes);
  const std::uint32_t last =
      std::min(known.empty() ? 0 : *known.rbegin(), kLastTriedPid) + kPidsAbove;
  std::vector<LiveProcess> unlisted;
  for (std::uint32_t pid = kPidStep; pid <= last; pid += kPidStep) {
    if (known.contains(pid)) continue;
    const OwnedHandle handle{OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid)};
    LiveProcess process;
    process.pid = pid;
    process.missing_in = "process_list";
    if (handle && is_running(handle.get(), process.started)) unlisted.push_back(std::move(process));
  }
  if (unlisted.empty()) return;
  // It may have begun since.
  const auto again = process_list();
  if (!again) return;
  const std::set<std::uint32_t> begun = numbers_of(*again);
  for (LiveProcess& process : unlisted)
    if (!begun.contains(process.pid)) processes.push_back(std::move(process));
}

/// What only one of two lists has that were asked for one after the other, and a third that was
/// asked for afterwards agrees with.
void compare_lists(std::vector<LiveProcess>& processes) {
  auto other = snapshot();
  const auto later = other ? process_list() : other.error();
  if (!other || !later || other->empty()) return;
  std::set<std::uint32_t> still;
  for (const LiveProcess& process : *later) still.insert(process.pid);
  for (LiveProcess& process : processes) {
    if (process.pid != 0 && !other->contains(process.pid) && still.contains(process.pid))
      process.missing_in = "snapshot";
    other->erase(process.pid);
  }
  for (auto& [pid, process] : *other) {
    const OwnedHandle handle{OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid)};
    if (pid == 0 || still.contains(pid) || !handle || !is_running(handle.get(), process.started))
      continue;
    process.missing_in = "process_list";
    processes.push_back(std::move(process));
  }
}

std::string image_path(HANDLE process) {
  // The second as the kernel noted it when the process began: of a file that is gone there is no
  // other.
  for (const DWORD form : {DWORD{0}, DWORD{PROCESS_NAME_NATIVE}}) {
    std::wstring path(kMaxPath, L'\0');
    auto length = static_cast<DWORD>(path.size());
    if (!QueryFullProcessImageNameW(process, form, path.data(), &length)) continue;
    path.resize(length);
    return wtf8_from_wide(path);
  }
  return {};
}

/// Windows 8.1 and later; "" on others, where the process is read.
std::string command_line(HANDLE process) {
  constexpr int kCommandLineInformation = 60;
  auto* query = system_function_as<LONG WINAPI(HANDLE, int, void*, ULONG, ULONG*)>(
      L"ntdll.dll", "NtQueryInformationProcess");
  if (query == nullptr) return {};
  // A UNICODE_STRING, and its text behind it.
  constexpr std::size_t kText = 16;
  std::vector<std::byte> bytes(kText + 2 * kMaxPath);
  ULONG got = 0;
  if (query(process, kCommandLineInformation, bytes.data(), static_cast<ULONG>(bytes.size()),
            &got) != 0)
    return {};
  const Bytes all{bytes};
  const auto text = all.slice(kText, all.get<std::uint16_t>(0).value_or(0), "command line");
  return text ? wtf8_from_utf16le(*text) : std::string{};
}

std::string user_sid(HANDLE process) {
  HANDLE handle = nullptr;
  if (!OpenProcessToken(process, TOKEN_QUERY, &handle)) return {};
  const OwnedHandle token{handle};
  // TOKEN_USER: pointer to the SID, attributes; the SID behind them.
  constexpr std::size_t kSid = 16;
  std::array<std::byte, kSid + SECURITY_MAX_SID_SIZE> bytes{};
  DWORD size = 0;
  if (!GetTokenInformation(token.get(), TokenUser, bytes.data(), bytes.size(), &size)) return {};
  auto sid = parse_sid(Bytes{bytes}.tail(kSid));
  return sid ? *std::move(sid) : std::string{};
}

/// lsass.exe is not read: whoever reads it looks like one who steals passwords.
bool may_be_read(const LiveProcess& process) {
  return !equals_fold(process.name, "lsass.exe") && !equals_fold(process.name, "lsaiso.exe") &&
         !ends_with_fold(process.path, "\\lsass.exe");
}

void describe(LiveProcess& process, LiveModuleLister& modules) {
  constexpr std::uint32_t kSystem = 4;  // the kernel itself, which has no image; 0 is idleness
  if (process.pid == 0 || process.pid == kSystem) return;
  const OwnedHandle handle{OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process.pid)};
  if (!handle) {
    process.modules_whole = false;
    process.unreadable = win32_error("process", "OpenProcess", GetLastError());
    return;
  }
  process.path = modules.paths().windows_path(image_path(handle.get()));
  process.is_deleted = modules.is_gone(process.path);
  process.command_line = command_line(handle.get());
  process.user_sid = user_sid(handle.get());
  BOOL is_wow64 = FALSE;
  process.is_wow64 = IsWow64Process(handle.get(), &is_wow64) && is_wow64;
  if (process.name.empty()) process.name = process.path.substr(process.path.rfind('\\') + 1);
  if (may_be_read(process))
    modules.list(process);
  else
    process.modules_whole = false;
}

}  // namespace

Result<void> list_live_processes(LiveState& state) {
  const DebugPrivilege debug;
  state.own_pid = GetCurrentProcessId();
  HOZEN_TRY(state.processes, process_list());
  compare_lists(state.processes);
  add_unlisted(state.processes);
  LiveModuleLister modules;
  for (LiveProcess& process : state.processes) describe(process, modules);
  return {};
}

}  // namespace hozen
