// What every *_win32.cpp needs: wide text, the system's errors as Error, handles that close
// themselves.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collector/base/result.h"

namespace hozen {

std::wstring wide_from_wtf8(std::string_view text);
std::string wtf8_from_wide(std::wstring_view text);

/// An error code of Win32 (GetLastError) as an Error: not_found for a missing file, path, key or
/// value, io for the rest; `detail` is call and code ("CreateFileW: error 32").
Error win32_error(std::string what, std::string_view call, std::uint32_t code);
/// The same for the NTSTATUS of a native call ("NtCreateFile: status 0xc0000043").
Error nt_error(std::string what, std::string_view call, std::int32_t status);

/// A kernel handle, closed with CloseHandle. Neither null nor INVALID_HANDLE_VALUE counts as one.
class OwnedHandle {
 public:
  OwnedHandle() = default;
  explicit OwnedHandle(void* handle);
  ~OwnedHandle() { reset(); }
  OwnedHandle(OwnedHandle&& other) noexcept : handle_{other.release()} {}
  OwnedHandle& operator=(OwnedHandle&& other) noexcept;
  OwnedHandle(const OwnedHandle&) = delete;
  OwnedHandle& operator=(const OwnedHandle&) = delete;

  explicit operator bool() const { return handle_ != nullptr; }
  void* get() const { return handle_; }
  void* release();
  void reset();

 private:
  void* handle_ = nullptr;
};

}  // namespace hozen
