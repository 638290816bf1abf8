#include "tests/builders/planted_win32.h"

#include <gtest/gtest.h>
#include <windows.h>
#include <winternl.h>

#include <atomic>
#include <cstring>

#include "collector/base/native_win32.h"
#include "collector/base/system_dll_win32.h"
#include "collector/base/text.h"

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

std::wstring temporary_folder() {
  std::wstring path(MAX_PATH, L'\0');
  path.resize(GetTempPathW(static_cast<DWORD>(path.size()), path.data()));
  return path;
}

}  // namespace

Folder::Folder(std::wstring parent) {
  static std::atomic<unsigned> count{0};
  root_ = L"\\\\?\\" + parent + L"hozen-" + std::to_wstring(GetCurrentProcessId()) + L"-" +
          std::to_wstring(++count);
  remove_below(root_);  // left by a run that was ended
  RemoveDirectoryW(root_.c_str());
  EXPECT_TRUE(CreateDirectoryW(root_.c_str(), nullptr)) << GetLastError();
}

Folder::Folder() : Folder{temporary_folder()} {}

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

namespace {

using NtCreateKeyType = NTSTATUS NTAPI(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG,
                                       PUNICODE_STRING, ULONG, PULONG);
using NtSetValueKeyType = NTSTATUS NTAPI(HANDLE, PUNICODE_STRING, ULONG, ULONG, void*, ULONG);
using NtKeyType = NTSTATUS NTAPI(HANDLE);
using NtDeleteValueKeyType = NTSTATUS NTAPI(HANDLE, PUNICODE_STRING);
using NtEnumerateKeyType = NTSTATUS NTAPI(HANDLE, ULONG, int, void*, ULONG, PULONG);

template <class Function>
Function* nt(const char* name) {
  return system_function_as<Function>(L"ntdll.dll", name);
}

struct Name {
  explicit Name(std::wstring name) : text{std::move(name)} {
    string.Buffer = text.data();
    string.Length = string.MaximumLength = static_cast<USHORT>(text.size() * sizeof(wchar_t));
  }
  std::wstring text;
  UNICODE_STRING string{};
};

constexpr ULONG kCreateLink = 2;    // REG_OPTION_CREATE_LINK
constexpr ULONG kOpenLink = 0x100;  // OBJ_OPENLINK

OwnedHandle create_key(HANDLE parent, std::wstring text, ULONG options) {
  Name name{std::move(text)};
  OBJECT_ATTRIBUTES attributes{};
  attributes.Length = sizeof attributes;
  attributes.RootDirectory = parent;
  attributes.ObjectName = &name.string;
  attributes.Attributes = OBJ_CASE_INSENSITIVE | kOpenLink;
  HANDLE handle = nullptr;
  const NTSTATUS status = nt<NtCreateKeyType>("NtCreateKey")(
      &handle, KEY_ALL_ACCESS | KEY_WOW64_64KEY, &attributes, 0, nullptr, options, nullptr);
  EXPECT_EQ(status, 0) << std::hex << status;
  return OwnedHandle{handle};
}

void delete_below(HANDLE key) {
  // KEY_BASIC_INFORMATION: name length @12, name @16.
  struct {
    ULONG head[3];
    ULONG name_bytes;
    wchar_t name[512];
  } info{};
  ULONG got = 0;
  while (nt<NtEnumerateKeyType>("NtEnumerateKey")(key, 0, 0, &info, sizeof info, &got) == 0) {
    const OwnedHandle child =
        create_key(key, std::wstring(info.name, info.name_bytes / sizeof(wchar_t)), 0);
    delete_below(child.get());
    if (nt<NtKeyType>("NtDeleteKey")(child.get()) != 0) return;
  }
}

std::string unused_name() {
  static std::atomic<unsigned> count{0};
  return "hozen-" + std::to_string(GetCurrentProcessId()) + "-" + std::to_string(++count);
}

}  // namespace

Key::Key(Root root) : Key{root, unused_name()} {}

Key::Key(Root root, std::string name) : name_{std::move(name)} {
  HKEY key = nullptr;
  EXPECT_EQ(RegCreateKeyExW(root == Root::machine ? HKEY_LOCAL_MACHINE : HKEY_CURRENT_USER,
                            (L"Software\\" + wide_from_wtf8(name_)).c_str(), 0, nullptr, 0,
                            KEY_ALL_ACCESS | KEY_WOW64_64KEY, nullptr, &key, nullptr),
            ERROR_SUCCESS);
  root_ = key;
  delete_below(key);  // left by a run that was ended
}

Key::~Key() {
  delete_below(root_);
  nt<NtKeyType>("NtDeleteKey")(root_);
  CloseHandle(root_);
}

void Key::value(const std::vector<std::string>& subkeys, std::string_view value, std::uint32_t type,
                std::string_view data) const {
  OwnedHandle owned;
  HANDLE key = root_;
  for (const std::string& subkey : subkeys) {
    owned = create_key(key, wide_from_wtf8(subkey), 0);
    key = owned.get();
  }
  Name name{wide_from_wtf8(value)};
  std::string bytes{data};
  EXPECT_EQ(nt<NtSetValueKeyType>("NtSetValueKey")(key, &name.string, 0, type, bytes.data(),
                                                   static_cast<ULONG>(bytes.size())),
            0);
}

void Key::link(std::string_view subkey, std::string_view native_target) const {
  const OwnedHandle key = create_key(root_, wide_from_wtf8(subkey), kCreateLink);
  Name name{L"SymbolicLinkValue"};
  std::wstring target = wide_from_wtf8(native_target);
  EXPECT_EQ(
      nt<NtSetValueKeyType>("NtSetValueKey")(key.get(), &name.string, 0, REG_LINK, target.data(),
                                             static_cast<ULONG>(target.size() * sizeof(wchar_t))),
      0);
}

Value::Value(const std::wstring& key, std::string_view name, std::uint32_t type,
             std::string_view data)
    : name_{wide_from_wtf8(name)} {
  HKEY opened = nullptr;
  EXPECT_EQ(RegCreateKeyExW(HKEY_CURRENT_USER, key.c_str(), 0, nullptr, 0,
                            KEY_ALL_ACCESS | KEY_WOW64_64KEY, nullptr, &opened, nullptr),
            ERROR_SUCCESS);
  key_ = opened;
  Name native{name_};
  std::string bytes{data};
  EXPECT_EQ(nt<NtSetValueKeyType>("NtSetValueKey")(key_, &native.string, 0, type, bytes.data(),
                                                   static_cast<ULONG>(bytes.size())),
            0);
}

Value::~Value() {
  Name native{name_};
  nt<NtDeleteValueKeyType>("NtDeleteValueKey")(key_, &native.string);
  CloseHandle(key_);
}

std::string sz(std::string_view text) {
  std::u16string units = utf16_from_wtf8(text);
  units += u'\0';
  std::string bytes(units.size() * sizeof(char16_t), '\0');
  std::memcpy(bytes.data(), units.data(), bytes.size());
  return bytes;
}

}  // namespace hozen::planted
