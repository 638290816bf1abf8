#include <windows.h>
#include <winioctl.h>

#include <boost/filesystem/operations.hpp>
#include <memory>
#include <utility>

#include "collector/base/native_path.h"
#include "collector/base/native_win32.h"
#include "collector/base/text.h"
#include "collector/engine/entry_name.h"
#include "collector/engine/output_tree.h"

namespace hozen {
namespace {

constexpr std::size_t kNameUnits = 255;  ///< longest name of NTFS, in UTF-16 units

FILETIME filetime_of(FileTime time) {
  return {static_cast<DWORD>(time.ticks), static_cast<DWORD>(time.ticks >> 32)};
}

/// Whether the system removes the file when its handle is closed, by whatever ends the program.
bool set_removal(HANDLE file, bool removed) {
  FILE_DISPOSITION_INFO wish{};
  wish.DeleteFile = removed ? TRUE : FALSE;
  return SetFileInformationByHandle(file, FileDispositionInfo, &wish, sizeof wish) != 0;
}

class WindowsOutputFile final : public OutputFile {
 public:
  WindowsOutputFile(OwnedHandle file, NativePath path)
      : file_{std::move(file)},
        path_{std::move(path)},
        removed_by_system_{set_removal(file_.get(), true)} {}
  ~WindowsOutputFile() override {
    file_.reset();
    if (!complete_ && !removed_by_system_) DeleteFileW(path_.c_str());
  }

  Result<void> write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      DWORD count = 0;
      constexpr std::size_t kMost = 64 << 20;
      const auto wanted = static_cast<DWORD>(bytes.size() < kMost ? bytes.size() : kMost);
      if (!WriteFile(file_.get(), bytes.data(), wanted, &count, nullptr))
        return win32_error("write " + native_text(path_), "WriteFile", GetLastError());
      bytes = bytes.subspan(count);
    }
    return {};
  }

  Result<void> skip(std::uint64_t bytes) override {
    DWORD got = 0;
    // A file system without sparse files takes room for the zeros.
    if (!std::exchange(sparse_, true))
      DeviceIoControl(file_.get(), FSCTL_SET_SPARSE, nullptr, 0, nullptr, 0, &got, nullptr);
    constexpr std::uint64_t kMostSkipped = 1ull << 62;
    LARGE_INTEGER distance{};
    distance.QuadPart = static_cast<LONGLONG>(bytes < kMostSkipped ? bytes : kMostSkipped);
    if (!SetFilePointerEx(file_.get(), distance, nullptr, FILE_CURRENT))
      return win32_error("write " + native_text(path_), "SetFilePointerEx", GetLastError());
    if (!SetEndOfFile(file_.get()))
      return win32_error("write " + native_text(path_), "SetEndOfFile", GetLastError());
    return {};
  }

  Result<void> set_times(const OutputTimes& times) override {
    const FILETIME created = filetime_of(times.created), accessed = filetime_of(times.accessed),
                   modified = filetime_of(times.modified);
    if (!SetFileTime(file_.get(), times.created.is_set() ? &created : nullptr,
                     times.accessed.is_set() ? &accessed : nullptr,
                     times.modified.is_set() ? &modified : nullptr))
      return win32_error("set the times of " + native_text(path_), "SetFileTime", GetLastError());
    return {};
  }

  Result<void> complete() override {
    if (removed_by_system_ && !set_removal(file_.get(), false))
      return win32_error("keep " + native_text(path_), "SetFileInformationByHandle",
                         GetLastError());
    complete_ = true;
    return {};
  }

 private:
  OwnedHandle file_;
  NativePath path_;
  bool removed_by_system_;
  bool complete_ = false, sparse_ = false;
};

class WindowsOutputTree final : public OutputTree {
 public:
  explicit WindowsOutputTree(NativePath root) : root_{std::move(root)} {}

  bool allows(std::string_view name) const override {
    return is_windows_file_name(name) && utf16_from_wtf8(name).size() <= kNameUnits;
  }

  Result<std::unique_ptr<OutputFile>> create(const std::vector<std::string>& components) override {
    if (components.empty()) return Error{Errc::malformed, "create a file without a name"};
    for (const std::string& name : components)
      if (!allows(name)) return Error{Errc::malformed, "create " + name};
    const std::vector<std::string> folders(components.begin(), components.end() - 1);
    if (folders != held_names_) HOZEN_CHECK(hold_folders(folders));
    NativePath path = native_child(held_path_, components.back());
    OwnedHandle file{CreateFileW(path.c_str(), GENERIC_WRITE | DELETE, FILE_SHARE_READ, nullptr,
                                 CREATE_NEW, FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT,
                                 nullptr)};
    if (!file) return win32_error("create " + native_text(path), "CreateFileW", GetLastError());
    return std::unique_ptr<OutputFile>{
        std::make_unique<WindowsOutputFile>(std::move(file), std::move(path))};
  }

  /// Goes down folder by folder, none of them a link. Each stays open without the sharing that
  /// renaming or deleting it needs, so that nobody puts a link in its place meanwhile.
  Result<void> hold_folders(const std::vector<std::string>& names) {
    held_.clear();
    held_names_.clear();
    held_path_ = root_;
    HOZEN_CHECK(hold(held_path_, false));
    for (const std::string& name : names) {
      held_path_ = native_child(held_path_, name);
      if (!CreateDirectoryW(held_path_.c_str(), nullptr) && GetLastError() != ERROR_ALREADY_EXISTS)
        return win32_error("create folder " + name, "CreateDirectoryW", GetLastError());
      HOZEN_CHECK(hold(held_path_, true));
    }
    held_names_ = names;
    return {};
  }

 private:
  Result<void> hold(const NativePath& path, bool refuse_links) {
    OwnedHandle folder{CreateFileW(
        path.c_str(), FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
        OPEN_EXISTING,
        FILE_FLAG_BACKUP_SEMANTICS | (refuse_links ? FILE_FLAG_OPEN_REPARSE_POINT : 0u), nullptr)};
    BY_HANDLE_FILE_INFORMATION facts{};
    if (!folder || !GetFileInformationByHandle(folder.get(), &facts))
      return win32_error("open folder " + native_text(path), "CreateFileW", GetLastError());
    if ((facts.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0 ||
        (refuse_links && (facts.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0))
      return Error{Errc::io, "open folder " + native_text(path), std::nullopt,
                   "it is not a folder, or a link"};
    held_.push_back(std::move(folder));
    return {};
  }

  NativePath root_, held_path_ = root_;
  std::vector<std::string> held_names_{""};  // no folder yet: differs from every list of names
  std::vector<OwnedHandle> held_;
};

}  // namespace

Result<std::unique_ptr<OutputTree>> OutputTree::open(const std::string& path) {
  const NativePath native = native_path(path);
  boost::system::error_code error;
  boost::filesystem::create_directories(native, error);
  auto tree = std::make_unique<WindowsOutputTree>(native);
  HOZEN_CHECK(tree->hold_folders({}));
  return std::unique_ptr<OutputTree>{std::move(tree)};
}

}  // namespace hozen
