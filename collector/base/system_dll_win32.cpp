#include "collector/base/system_dll_win32.h"

#include <windows.h>

#include <string>

namespace hozen {
namespace {

constexpr DWORD kSearchSystem32 = 0x800;  // LOAD_LIBRARY_SEARCH_SYSTEM32
constexpr int kImageLoadPolicy = 10;      // ProcessImageLoadPolicy of SetProcessMitigationPolicy
// PROCESS_MITIGATION_IMAGE_LOAD_POLICY (Windows 10): NoRemoteImages, NoLowMandatoryLabelImages,
// PreferSystem32Images.
constexpr DWORD kImageLoadFlags = 0x1 | 0x2 | 0x4;

std::wstring system_directory() {
  std::wstring path(MAX_PATH, L'\0');
  const UINT length = GetSystemDirectoryW(path.data(), static_cast<UINT>(path.size()));
  path.resize(length < path.size() ? length : 0);
  return path;
}

HMODULE load_system_dll(const wchar_t* dll) {
  static const std::wstring directory = system_directory();
  if (directory.empty()) return nullptr;
  const std::wstring path = directory + L'\\' + dll;
  // A DLL already in the process is taken only when it is the one of System32.
  if (HMODULE loaded = GetModuleHandleW(path.c_str()); loaded != nullptr) return loaded;
  return LoadLibraryExW(path.c_str(), nullptr, LOAD_WITH_ALTERED_SEARCH_PATH);
}

}  // namespace

AnyFunction system_function(const wchar_t* dll, const char* name) {
  HMODULE module = load_system_dll(dll);
  if (module == nullptr) return nullptr;
  return std::bit_cast<AnyFunction>(GetProcAddress(module, name));
}

void restrict_dll_search() {
  SetDllDirectoryW(L"");
  if (auto* set_default =
          system_function_as<BOOL WINAPI(DWORD)>(L"kernel32.dll", "SetDefaultDllDirectories"))
    set_default(kSearchSystem32);
  if (auto* set_policy = system_function_as<BOOL WINAPI(int, const void*, SIZE_T)>(
          L"kernel32.dll", "SetProcessMitigationPolicy"))
    set_policy(kImageLoadPolicy, &kImageLoadFlags, sizeof kImageLoadFlags);
}

}  // namespace hozen
