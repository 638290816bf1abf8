#include "tests/builders/planted_win32.h"

#include <gtest/gtest.h>
#include <windows.h>

#include <atomic>

#include "collector/base/native_win32.h"

namespace hozen::planted {
namespace {

void remove_below(const std::wstring& folder) {
  WIN32_FIND_DATAW found{};
  HANDLE search = FindFirstFileW((folder + L"\\*").c_str(), &found);
  if (search == INVALID_HANDLE_VALUE) return;
  do {
    const std::wstring name = found.cFileName;
    if (name == L"." || name == L"..") continue;
    const std::wstring path = folder + L"\\" + name;
    SetFileAttributesW(path.c_str(), FILE_ATTRIBUTE_NORMAL);
    if ((found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
      DeleteFileW(path.c_str());
      continue;
    }
    if ((found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0) remove_below(path);
    RemoveDirectoryW(path.c_str());
  } while (FindNextFileW(search, &found));
  FindClose(search);
}

}  // namespace

Folder::Folder() {
  static std::atomic<unsigned> count{0};
  std::wstring temp(MAX_PATH, L'\0');
  temp.resize(GetTempPathW(static_cast<DWORD>(temp.size()), temp.data()));
  root_ = L"\\\\?\\" + temp + L"hozen-" + std::to_wstring(GetCurrentProcessId()) + L"-" +
          std::to_wstring(++count);
  EXPECT_TRUE(CreateDirectoryW(root_.c_str(), nullptr)) << GetLastError();
}

Folder::~Folder() {
  remove_below(root_);
  RemoveDirectoryW(root_.c_str());
}

std::string Folder::path() const { return wtf8_from_wide(root_.substr(4)); }

std::wstring Folder::wide(std::string_view name) const {
  return name.empty() ? root_ : root_ + L"\\" + wide_from_wtf8(name);
}

void Folder::folder(std::string_view name) const {
  for (std::size_t end = name.find('\\');; end = name.find('\\', end + 1)) {
    CreateDirectoryW(wide(name.substr(0, end)).c_str(), nullptr);
    if (end == std::string_view::npos) break;
  }
}

void Folder::file(std::string_view name, std::string_view content) const {
  if (const auto slash = name.rfind('\\'); slash != std::string_view::npos)
    folder(name.substr(0, slash));
  OwnedHandle handle{CreateFileW(wide(name).c_str(), GENERIC_WRITE, FILE_SHARE_READ, nullptr,
                                 CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr)};
  ASSERT_TRUE(handle) << name << ": error " << GetLastError();
  DWORD written = 0;
  ASSERT_TRUE(WriteFile(handle.get(), content.data(), static_cast<DWORD>(content.size()), &written,
                        nullptr));
}

Held::Held(const std::wstring& path)
    : handle_{CreateFileW(path.c_str(), GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr)} {
  EXPECT_NE(handle_, INVALID_HANDLE_VALUE) << GetLastError();
}
Held::~Held() { CloseHandle(handle_); }

void set_times(const std::wstring& path, std::uint64_t created, std::uint64_t accessed,
               std::uint64_t modified) {
  const auto filetime = [](std::uint64_t ticks) {
    return FILETIME{static_cast<DWORD>(ticks), static_cast<DWORD>(ticks >> 32)};
  };
  OwnedHandle handle{CreateFileW(path.c_str(), FILE_WRITE_ATTRIBUTES, FILE_SHARE_READ, nullptr,
                                 OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr)};
  const FILETIME c = filetime(created), a = filetime(accessed), m = filetime(modified);
  EXPECT_TRUE(handle && SetFileTime(handle.get(), &c, &a, &m)) << GetLastError();
}

}  // namespace hozen::planted
