#include <windows.h>

#include <algorithm>
#include <utility>

#include "collector/base/native_file.h"
#include "collector/base/native_path.h"
#include "collector/base/native_win32.h"
#include "collector/base/read_before_fault.h"

namespace hozen {
namespace {

class NativeFile final : public ByteSource {
 public:
  NativeFile(OwnedHandle handle, std::uint64_t size, std::string name)
      : handle_{std::move(handle)}, size_{size}, name_{std::move(name)} {}

  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    return read_before_fault(
        [this](std::uint64_t at, std::span<std::byte> part) { return read_once(at, part); }, offset,
        out);
  }

 private:
  Result<std::size_t> read_once(std::uint64_t offset, std::span<std::byte> out) {
    constexpr std::size_t kMaxRead = 1 << 30;
    OVERLAPPED position{};
    position.Offset = static_cast<DWORD>(offset);
    position.OffsetHigh = static_cast<DWORD>(offset >> 32);
    DWORD got = 0;
    if (ReadFile(handle_.get(), out.data(), static_cast<DWORD>(std::min(out.size(), kMaxRead)),
                 &got, &position))
      return std::size_t{got};
    const DWORD code = GetLastError();
    if (code == ERROR_HANDLE_EOF) return std::size_t{0};
    Error error = win32_error("read " + name_, "ReadFile", code);
    error.offset = offset;
    return error;
  }

  OwnedHandle handle_;
  std::uint64_t size_;
  std::string name_;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_native_file(std::string_view path) {
  const NativePath native = native_path(path);
  const std::string name = native_text(native);
  OwnedHandle handle{CreateFileW(native.c_str(), GENERIC_READ,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                 OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr)};
  if (!handle) return win32_error("open " + name, "CreateFileW", GetLastError());
  LARGE_INTEGER size{};
  if (GetFileType(handle.get()) != FILE_TYPE_DISK || !GetFileSizeEx(handle.get(), &size))
    return Error{Errc::io, "open " + name, std::nullopt, "not a regular file"};
  return std::unique_ptr<ByteSource>{std::make_unique<NativeFile>(
      std::move(handle), static_cast<std::uint64_t>(size.QuadPart), name)};
}

}  // namespace hozen
