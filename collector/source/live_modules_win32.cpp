#include "collector/source/live_modules_win32.h"

#include <windows.h>

#include <algorithm>
#include <array>
#include <bit>

#include "collector/base/bytes.h"
#include "collector/base/native_win32.h"
#include "collector/base/system_dll_win32.h"
#include "collector/source/loaded_modules.h"

namespace hozen {
namespace {

/// Regions of one process after which the rest is left out; browsers have some ten thousand.
constexpr std::size_t kMaxRegions = 1'000'000;

using QueryProcess = LONG WINAPI(HANDLE, int, void*, ULONG, ULONG*);
constexpr int kBasicInformation = 0, kWow64Information = 26;

const void* pointer_to(std::uint64_t address) { return std::bit_cast<const void*>(address); }
std::uint64_t address_of(const void* pointer) { return std::bit_cast<std::uint64_t>(pointer); }

Result<std::vector<std::byte>> read_memory(HANDLE process, std::uint64_t address,
                                           std::size_t size) {
  std::vector<std::byte> bytes(size);
  SIZE_T got = 0;
  if (!ReadProcessMemory(process, pointer_to(address), bytes.data(), size, &got) || got != size)
    return win32_error("memory of the process", "ReadProcessMemory", GetLastError());
  return bytes;
}

/// Address of the process environment block; of a WOW64 process the one of 64 bits.
Result<std::uint64_t> environment_block(HANDLE process) {
  auto* query = system_function_as<QueryProcess>(L"ntdll.dll", "NtQueryInformationProcess");
  if (query == nullptr) return Error{Errc::unsupported, "process environment block"};
  std::array<std::byte, 48> basic{};  // PROCESS_BASIC_INFORMATION: PebBaseAddress @8
  const LONG status = query(process, kBasicInformation, basic.data(), basic.size(), nullptr);
  if (status != 0)
    return nt_error("process environment block", "NtQueryInformationProcess", status);
  return Bytes{basic}.get<std::uint64_t>(8).value_or(0);
}

/// 0 for a process that is no WOW64 one.
std::uint64_t environment_block_32(HANDLE process) {
  auto* query = system_function_as<QueryProcess>(L"ntdll.dll", "NtQueryInformationProcess");
  std::uint64_t address = 0;
  if (query == nullptr || query(process, kWow64Information, &address, sizeof address, nullptr) != 0)
    return 0;
  return address;
}

/// No more rights than the question needs: Windows before 10 wants all of PROCESS_QUERY_INFORMATION
/// before it tells of memory.
Result<OwnedHandle> open_to_read(std::uint32_t pid) {
  for (const DWORD rights : {DWORD{PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_VM_READ},
                             DWORD{PROCESS_QUERY_INFORMATION | PROCESS_VM_READ}}) {
    OwnedHandle process{OpenProcess(rights, FALSE, pid)};
    MEMORY_BASIC_INFORMATION region{};
    if (process && VirtualQueryEx(process.get(), nullptr, &region, sizeof region) != 0)
      return process;
  }
  return win32_error("modules", "OpenProcess", GetLastError());
}

class MappedImages {
 public:
  MappedImages(HANDLE process, const DevicePaths& paths) : process_{process}, paths_{paths} {}

  Result<std::vector<ImageRange>> list() {
    std::uint64_t address = 0;
    for (std::size_t count = 0; count < kMaxRegions; ++count) {
      MEMORY_BASIC_INFORMATION region{};
      if (VirtualQueryEx(process_, pointer_to(address), &region, sizeof region) == 0) {
        // What lies behind the last address is a parameter that is none.
        if (GetLastError() == ERROR_INVALID_PARAMETER) return std::move(images_);
        return win32_error("mapped images", "VirtualQueryEx", GetLastError());
      }
      if (region.State == MEM_COMMIT && region.Type == MEM_IMAGE) add(region);
      const std::uint64_t next = address_of(region.BaseAddress) + region.RegionSize;
      if (next <= address) return std::move(images_);
      if (images_.size() >= kMaxLiveModules) break;
      address = next;
    }
    return Error{Errc::limit, "mapped images"};
  }

 private:
  void add(const MEMORY_BASIC_INFORMATION& region) {
    const std::uint64_t base = address_of(region.AllocationBase);
    const std::uint64_t end = address_of(region.BaseAddress) + region.RegionSize;
    if (images_.empty() || images_.back().base != base) images_.push_back({base, 0, name(base)});
    images_.back().size_bytes = end - base;
  }
  std::string name(std::uint64_t base) const {
    static auto* get_name = system_function_as<DWORD WINAPI(HANDLE, void*, wchar_t*, DWORD)>(
        L"kernel32.dll", "K32GetMappedFileNameW");
    std::wstring text(32'768, L'\0');
    if (get_name == nullptr) return {};
    const DWORD length = get_name(process_, std::bit_cast<void*>(base), text.data(),
                                  static_cast<DWORD>(text.size()));
    text.resize(std::min<std::size_t>(length, text.size()));
    return paths_.windows_path(wtf8_from_wide(text));
  }

  HANDLE process_;
  const DevicePaths& paths_;
  std::vector<ImageRange> images_{};
};

}  // namespace

LiveModuleLister::LiveModuleLister() {
  for (wchar_t letter = L'A'; letter <= L'Z'; ++letter) {
    const std::wstring name{letter, L':'};
    std::array<wchar_t, 1024> target{};
    if (QueryDosDeviceW(name.c_str(), target.data(), static_cast<DWORD>(target.size())) != 0)
      paths_.add(wtf8_from_wide(target.data()), wtf8_from_wide(name));
  }
}

bool LiveModuleLister::is_gone(const std::string& path) {
  // Never a share: asking for a file there goes over the network.
  if (path.size() < 3 || path[1] != ':' || path[2] != '\\') return false;
  const auto [place, is_new] = gone_.try_emplace(path, false);
  if (!is_new) return place->second;
  const std::wstring root = wide_from_wtf8(path.substr(0, 3));
  if (const UINT kind = GetDriveTypeW(root.c_str()); kind != DRIVE_FIXED && kind != DRIVE_REMOVABLE)
    return false;
  if (GetFileAttributesW((L"\\\\?\\" + wide_from_wtf8(path)).c_str()) == INVALID_FILE_ATTRIBUTES) {
    const DWORD error = GetLastError();
    place->second = error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND;
  }
  return place->second;
}

void LiveModuleLister::list(LiveProcess& process) {
  const auto failed = [&](const Error& error) {
    process.modules_whole = false;
    if (!process.unreadable) process.unreadable = error;
  };
  const auto handle = open_to_read(process.pid);
  if (!handle) return failed(handle.error());
  const auto read = [&](std::uint64_t address, std::size_t size) {
    return read_memory(handle->get(), address, size);
  };
  const auto block = environment_block(handle->get());
  if (!block) return failed(block.error());
  if (process.command_line.empty())
    if (auto line = read_command_line(read, *block)) process.command_line = *std::move(line);
  std::vector<ImageRange> listed, mapped;
  const std::uint64_t block_32 = environment_block_32(handle->get());
  const auto add_listed = [&] {
    if (auto done = read_loader_list(read, *block, PointerSize::eight, listed); !done)
      failed(done.error());
    if (block_32 == 0) return;
    if (auto done = read_loader_list(read, block_32, PointerSize::four, listed); !done)
      failed(done.error());
  };
  add_listed();
  if (auto found = MappedImages{handle->get(), paths_}.list())
    mapped = *std::move(found);
  else
    failed(found.error());
  // What was loaded meanwhile is listed by now, and what was unloaded was listed before.
  if (process.modules_whole) add_listed();
  process.modules = merge_modules(listed, mapped);
  for (LiveModule& module : process.modules) {
    module.is_deleted = is_gone(module.path);
    if (module.is_mapped && !module.in_loader_list)
      module.has_bound_imports = has_bound_imports(read, module.base);
  }
}

}  // namespace hozen
