// windows.h first: the others need its types.
#include <windows.h>
//
#include <sddl.h>

#include <algorithm>
#include <utility>

#include "collector/base/native_path.h"
#include "collector/base/native_win32.h"
#include "collector/engine/file_sink.h"

namespace hozen {
namespace {

/// Full access for the owner, administrators and the system; for nobody else; nothing inherited.
constexpr const wchar_t* kOwnerOnly = L"D:P(A;;FA;;;OW)(A;;FA;;;BA)(A;;FA;;;SY)";
/// Most bytes in one WriteFile call.
constexpr std::size_t kWriteBytes = 64 << 20;

class HandleSink : public BundleOutput {
 public:
  HandleSink(void* handle, std::string name) : handle_{handle}, name_{std::move(name)} {}

  Result<void> write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      DWORD count = 0;
      const auto wanted = static_cast<DWORD>(std::min(bytes.size(), kWriteBytes));
      if (!WriteFile(handle_, bytes.data(), wanted, &count, nullptr))
        return win32_error("write " + name_, "WriteFile", GetLastError());
      bytes = bytes.subspan(count);
    }
    return {};
  }

  Result<void> flush() override {
    // Pipes and consoles have nothing to flush to.
    if (GetFileType(handle_) != FILE_TYPE_DISK) return {};
    if (!FlushFileBuffers(handle_))
      return win32_error("write " + name_, "FlushFileBuffers", GetLastError());
    return {};
  }

  Result<void> complete() override { return flush(); }
  std::string path() const override { return name_; }
  void discard() override {}

 protected:
  void* handle_;
  std::string name_;
};

class FileSink final : public HandleSink {
 public:
  FileSink(OwnedHandle file, const std::string& final_name)
      : HandleSink{file.get(), final_name + ".partial"},
        file_{std::move(file)},
        final_name_{final_name} {}

  Result<void> complete() override {
    HOZEN_CHECK(flush());
    file_.reset();
    if (!MoveFileExW(native_path(name_).c_str(), native_path(final_name_).c_str(),
                     MOVEFILE_WRITE_THROUGH))
      return win32_error("rename to " + final_name_, "MoveFileExW", GetLastError());
    name_ = final_name_;
    return {};
  }

  void discard() override {
    file_.reset();
    if (name_ != final_name_) DeleteFileW(native_path(name_).c_str());
  }

 private:
  OwnedHandle file_;
  std::string final_name_;
};

}  // namespace

Result<std::unique_ptr<BundleOutput>> create_output_file(const std::string& path) {
  if (GetFileAttributesW(native_path(path).c_str()) != INVALID_FILE_ATTRIBUTES)
    return win32_error("create " + path, "CreateFileW", ERROR_FILE_EXISTS);
  SECURITY_ATTRIBUTES security{sizeof(SECURITY_ATTRIBUTES), nullptr, FALSE};
  if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
          kOwnerOnly, SDDL_REVISION_1, &security.lpSecurityDescriptor, nullptr))
    return win32_error("create " + path, "ConvertStringSecurityDescriptorToSecurityDescriptorW",
                       GetLastError());
  const std::string partial = path + ".partial";
  OwnedHandle file{CreateFileW(native_path(partial).c_str(), GENERIC_WRITE, FILE_SHARE_READ,
                               &security, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr)};
  const DWORD code = GetLastError();
  LocalFree(security.lpSecurityDescriptor);
  if (!file) return win32_error("create " + partial, "CreateFileW", code);
  return std::unique_ptr<BundleOutput>{std::make_unique<FileSink>(std::move(file), path)};
}

Result<std::unique_ptr<BundleOutput>> open_standard_output() {
  void* const handle = GetStdHandle(STD_OUTPUT_HANDLE);
  if (handle == nullptr || handle == INVALID_HANDLE_VALUE)
    return win32_error("write standard output", "GetStdHandle", GetLastError());
  return std::unique_ptr<BundleOutput>{std::make_unique<HandleSink>(handle, "-")};
}

}  // namespace hozen
