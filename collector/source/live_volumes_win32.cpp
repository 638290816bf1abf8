#include "collector/source/live_volumes_win32.h"

#include <windows.h>

#include <array>
#include <cstdio>

#include "collector/base/native_win32.h"

namespace hozen {
namespace {

constexpr std::size_t kMaxVolumes = 4096;

/// Keeps an empty card reader from asking for a medium in a dialog.
class QuietErrors {
 public:
  QuietErrors() { SetThreadErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX, &before_); }
  ~QuietErrors() { SetThreadErrorMode(before_, nullptr); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;

 private:
  DWORD before_ = 0;
};

/// `root`: with a final backslash.
void describe_volume(const std::wstring& root, VolumeInfo& volume) {
  std::array<wchar_t, MAX_PATH + 1> file_system{};
  DWORD serial = 0;
  if (!GetVolumeInformationW(root.c_str(), nullptr, 0, &serial, nullptr, nullptr,
                             file_system.data(), static_cast<DWORD>(file_system.size()))) {
    volume.unreadable =
        win32_error("volume " + volume.name, "GetVolumeInformationW", GetLastError());
    volume.unreadable->code = Errc::io;
    return;
  }
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04lX-%04lX", serial >> 16, serial & 0xFFFF);
  volume.serial = text.data();
  volume.file_system = wtf8_from_wide(file_system.data());
}

/// "\\?\Volume{…}" of a drive letter; empty for what is no local volume.
std::wstring volume_name(const std::wstring& root) {
  std::array<wchar_t, MAX_PATH> name{};
  if (!GetVolumeNameForVolumeMountPointW(root.c_str(), name.data(),
                                         static_cast<DWORD>(name.size())))
    return {};
  std::wstring text = name.data();
  if (text.ends_with(L'\\')) text.pop_back();
  return text;
}

/// How the reparse points of mounted volumes spell it: "\??\Volume{…}".
std::string link_spelling(std::wstring name) {
  if (name.starts_with(L"\\\\?\\")) name[1] = L'?';
  return wtf8_from_wide(name);
}

/// The folder a letter stands for (subst); "" for a device.
std::string substituted_folder(const std::wstring& letter) {
  std::array<wchar_t, 1024> target{};
  if (QueryDosDeviceW(letter.c_str(), target.data(), static_cast<DWORD>(target.size())) == 0)
    return {};
  const std::wstring text = target.data();
  // Devices are below \Device; \??\C:\folder is a folder.
  return text.starts_with(L"\\??\\") && text.size() > 6 && text[5] == L':'
             ? wtf8_from_wide(text.substr(4))
             : std::string{};
}

void add_letter(wchar_t letter, LiveVolumes& volumes) {
  const std::wstring name{letter, L':'};
  const std::wstring root = name + L"\\";
  VolumeInfo volume;
  volume.name = wtf8_from_wide(name);
  std::vector<std::string> aliases;
  if (GetDriveTypeW(root.c_str()) == DRIVE_REMOTE) {
    volume.unreadable = Error{Errc::unsupported, "network drive " + volume.name, {}, {}};
  } else if (std::string folder = substituted_folder(name); !folder.empty()) {
    volume.unreadable =
        Error{Errc::unsupported, "drive " + volume.name, {}, "stands for the folder " + folder};
  } else {
    describe_volume(root, volume);
    volumes.devices[volume.name] = L"\\\\.\\" + name;
    if (const std::wstring guid = volume_name(root); !guid.empty())
      aliases.push_back(link_spelling(guid));
  }
  if (!volume.unreadable)
    volumes.readable.push_back({volume.name, L"\\\\?\\" + name, {}, std::move(aliases)});
  volumes.known.push_back(std::move(volume));
}

bool has_letter(const std::wstring& guid_root) {
  std::vector<wchar_t> names(1024);
  DWORD length = 0;
  if (!GetVolumePathNamesForVolumeNameW(guid_root.c_str(), names.data(),
                                        static_cast<DWORD>(names.size()), &length)) {
    if (GetLastError() != ERROR_MORE_DATA || length > (1 << 20)) return false;
    names.resize(length);
    if (!GetVolumePathNamesForVolumeNameW(guid_root.c_str(), names.data(),
                                          static_cast<DWORD>(names.size()), &length))
      return false;
  }
  // Strings one after the other, an empty one at the end; "C:\" is a letter, "C:\mnt\" a folder.
  for (std::size_t start = 0; start < names.size() && names[start] != L'\0';) {
    const std::wstring name = &names[start];
    if (name.size() == 3 && name[1] == L':') return true;
    start += name.size() + 1;
  }
  return false;
}

void add_without_letters(LiveVolumes& volumes) {
  std::array<wchar_t, MAX_PATH> name{};
  HANDLE search = FindFirstVolumeW(name.data(), static_cast<DWORD>(name.size()));
  if (search == INVALID_HANDLE_VALUE) return;
  int number = 0;
  do {
    std::wstring root = name.data();
    if (has_letter(root)) continue;
    VolumeInfo volume;
    volume.name = "volume" + std::to_string(++number);
    describe_volume(root, volume);
    if (root.ends_with(L'\\')) root.pop_back();
    volumes.devices[volume.name] = root;
    if (!volume.unreadable)
      volumes.readable.push_back({volume.name, root, {}, {link_spelling(root)}});
    volumes.known.push_back(std::move(volume));
  } while (volumes.known.size() < kMaxVolumes &&
           FindNextVolumeW(search, name.data(), static_cast<DWORD>(name.size())));
  FindVolumeClose(search);
}

}  // namespace

LiveVolumes list_live_volumes() {
  const QuietErrors quiet;
  LiveVolumes volumes;
  const DWORD letters = GetLogicalDrives();
  for (unsigned i = 0; i < 26; ++i)
    if ((letters & (1u << i)) != 0) add_letter(static_cast<wchar_t>(L'A' + i), volumes);
  add_without_letters(volumes);
  return volumes;
}

}  // namespace hozen
