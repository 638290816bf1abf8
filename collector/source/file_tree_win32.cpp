// windows.h comes first: it has to be told what to leave out.
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

#include <array>
#include <cstdio>

#include "collector/base/native_path.h"
#include "collector/base/text.h"
#include "collector/source/file_tree.h"
#include "collector/source/win32_files_win32.h"

namespace hozen {
namespace {

std::wstring native_folder(const std::string& root, const TreeMount& plan) {
  const NativePath path = native_path(root);
  return plan.folder.empty() ? path.wstring() : native_child(path, plan.folder).wstring();
}

std::string from_wide(const wchar_t* text) {
  std::u16string units;
  for (; *text != L'\0'; ++text) units += static_cast<char16_t>(*text);
  return wtf8_from_utf16(units);
}

/// Serial and file system when `folder` is the root of a volume; in a copy they are not evidence.
void add_volume_facts(const std::wstring& folder, VolumeInfo& info) {
  std::wstring root = folder;
  if (!root.ends_with(L'\\')) root += L'\\';
  std::array<wchar_t, MAX_PATH + 1> volume{};
  std::array<wchar_t, MAX_PATH + 1> file_system{};
  if (::GetVolumePathNameW(root.c_str(), volume.data(), static_cast<DWORD>(volume.size())) == 0)
    return;
  if (::CompareStringOrdinal(volume.data(), -1, root.c_str(), -1, TRUE) != CSTR_EQUAL) return;
  DWORD serial = 0;
  if (::GetVolumeInformationW(root.c_str(), nullptr, 0, &serial, nullptr, nullptr,
                              file_system.data(), static_cast<DWORD>(file_system.size())) == 0)
    return;
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04lX-%04lX", serial >> 16, serial & 0xFFFFul);
  info.serial = text.data();
  info.file_system = from_wide(file_system.data());
}

class Win32Tree final : public FileTree {
 public:
  Win32Tree(std::string root, std::vector<win32::Mount> mounts)
      : root_{std::move(root)}, tree_{std::move(mounts), true} {}

  Result<FileInfo> stat(const EvidencePath& path) override { return tree_.stat(path); }
  Result<EvidencePath> real_folder(const EvidencePath& path) override {
    return tree_.real_folder(path);
  }
  Result<void> walk(const EvidencePath& directory,
                    const std::function<Visit(const FileInfo&)>& visit,
                    const std::function<void(const EvidencePath&, Error)>& problem) override {
    return tree_.walk(directory, visit, problem);
  }
  Result<std::unique_ptr<ByteSource>> open(const EvidencePath& path) override {
    return tree_.open(path);
  }
  VolumeInfo volume_info(const TreeMount& mount) override {
    VolumeInfo info{mount.volume, std::nullopt, "", std::nullopt};
    if (mount.below.empty()) add_volume_facts(native_folder(root_, mount), info);
    return info;
  }

 private:
  std::string root_;
  win32::Tree tree_;
};

/// Fails when the folder that stands for the mount cannot be listed.
Result<void> check_mount(FileTree& tree, const TreeMount& plan) {
  EvidencePath folder{plan.volume};
  for (const std::string& component : plan.below) folder = folder.child(component);
  return tree.walk(
      folder, [](const FileInfo&) { return Visit::stop; },
      [](const EvidencePath&, const Error&) {});
}

}  // namespace

Result<std::unique_ptr<FileTree>> open_file_tree(std::string_view root,
                                                 std::vector<TreeMount> plans) {
  const std::string text{root};
  if (text.empty()) return Error{Errc::not_found, "root", std::nullopt, "no folder given"};
  std::vector<win32::Mount> mounts;
  for (const TreeMount& plan : plans)
    mounts.push_back({plan.volume, native_folder(text, plan), plan.below, {}});
  auto tree = std::make_unique<Win32Tree>(text, std::move(mounts));
  for (const TreeMount& plan : plans) HOZEN_CHECK(check_mount(*tree, plan));
  return std::unique_ptr<FileTree>{std::move(tree)};
}

}  // namespace hozen
