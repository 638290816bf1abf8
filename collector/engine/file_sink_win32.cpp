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

/// Held while a file is created. Fails only where memory does.
class OwnerOnly {
 public:
  OwnerOnly() {
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
            kOwnerOnly, SDDL_REVISION_1, &attributes_.lpSecurityDescriptor, nullptr))
      error_ = GetLastError();
  }
  ~OwnerOnly() { LocalFree(attributes_.lpSecurityDescriptor); }
  OwnerOnly(const OwnerOnly&) = delete;
  OwnerOnly& operator=(const OwnerOnly&) = delete;
  SECURITY_ATTRIBUTES* attributes() { return &attributes_; }
  DWORD error() const { return error_; }

 private:
  SECURITY_ATTRIBUTES attributes_{sizeof(SECURITY_ATTRIBUTES), nullptr, FALSE};
  DWORD error_ = ERROR_SUCCESS;
};

Error no_descriptor(const std::string& path, DWORD code) {
  return win32_error("create " + path, "ConvertStringSecurityDescriptorToSecurityDescriptorW",
                     code);
}

class HandleScratch final : public ScratchFile {
 public:
  explicit HandleScratch(OwnedHandle file) : file_{std::move(file)} {}

  Result<void> append(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      DWORD count = 0;
      const auto wanted = static_cast<DWORD>(std::min(bytes.size(), kWriteBytes));
      OVERLAPPED place = place_of(end_);
      if (!WriteFile(file_.get(), bytes.data(), wanted, &count, &place))
        return win32_error("write a temporary file", "WriteFile", GetLastError());
      bytes = bytes.subspan(count);
      end_ += count;
    }
    return {};
  }

  Result<void> read(std::uint64_t offset, std::span<std::byte> out) override {
    while (!out.empty()) {
      DWORD count = 0;
      const auto wanted = static_cast<DWORD>(std::min(out.size(), kWriteBytes));
      OVERLAPPED place = place_of(offset);
      if (!ReadFile(file_.get(), out.data(), wanted, &count, &place))
        return win32_error("read a temporary file", "ReadFile", GetLastError());
      if (count == 0) return Error{Errc::truncated, "a temporary file"};
      out = out.subspan(count);
      offset += count;
    }
    return {};
  }

 private:
  static OVERLAPPED place_of(std::uint64_t offset) {
    OVERLAPPED place{};
    place.Offset = static_cast<DWORD>(offset);
    place.OffsetHigh = static_cast<DWORD>(offset >> 32);
    return place;
  }

  OwnedHandle file_;
  std::uint64_t end_ = 0;
};

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

  Result<std::unique_ptr<ScratchFile>> open_scratch() override {
    const std::string path = final_name_ + ".sort";
    OwnerOnly security;
    if (security.error() != ERROR_SUCCESS) return no_descriptor(path, security.error());
    OwnedHandle file{CreateFileW(native_path(path).c_str(), GENERIC_READ | GENERIC_WRITE | DELETE,
                                 0, security.attributes(), CREATE_NEW,
                                 FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, nullptr)};
    if (!file) return win32_error("create " + path, "CreateFileW", GetLastError());
    return std::unique_ptr<ScratchFile>{std::make_unique<HandleScratch>(std::move(file))};
  }

 private:
  OwnedHandle file_;
  std::string final_name_;
};

}  // namespace

Result<std::unique_ptr<BundleOutput>> create_output_file(const std::string& path) {
  if (GetFileAttributesW(native_path(path).c_str()) != INVALID_FILE_ATTRIBUTES)
    return win32_error("create " + path, "CreateFileW", ERROR_FILE_EXISTS);
  OwnerOnly security;
  if (security.error() != ERROR_SUCCESS) return no_descriptor(path, security.error());
  const std::string partial = path + ".partial";
  OwnedHandle file{CreateFileW(native_path(partial).c_str(), GENERIC_WRITE, FILE_SHARE_READ,
                               security.attributes(), CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr)};
  if (!file) return win32_error("create " + partial, "CreateFileW", GetLastError());
  return std::unique_ptr<BundleOutput>{std::make_unique<FileSink>(std::move(file), path)};
}

Result<std::unique_ptr<BundleOutput>> open_standard_output() {
  void* const handle = GetStdHandle(STD_OUTPUT_HANDLE);
  if (handle == nullptr || handle == INVALID_HANDLE_VALUE)
    return win32_error("write standard output", "GetStdHandle", GetLastError());
  return std::unique_ptr<BundleOutput>{std::make_unique<HandleSink>(handle, "-")};
}

}  // namespace hozen
