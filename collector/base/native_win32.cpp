#include "collector/base/native_win32.h"

#include <windows.h>

#include <array>
#include <cstdio>
#include <utility>

#include "collector/base/text.h"

namespace hozen {
namespace {

// NTSTATUS codes (MS-ERREF 2.3.1) that mean "there is no such thing".
constexpr std::array<std::uint32_t, 5> kMissingStatus = {
    0xC0000034,  // STATUS_OBJECT_NAME_NOT_FOUND
    0xC000003A,  // STATUS_OBJECT_PATH_NOT_FOUND
    0xC000000F,  // STATUS_NO_SUCH_FILE
    0xC0000033,  // STATUS_OBJECT_NAME_INVALID
    0xC0000039,  // STATUS_OBJECT_PATH_INVALID
};

bool is_missing(DWORD code) {
  return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND || code == ERROR_INVALID_NAME;
}

}  // namespace

static_assert(sizeof(wchar_t) == sizeof(char16_t));

std::wstring wide_from_wtf8(std::string_view text) {
  const std::u16string units = utf16_from_wtf8(text);
  return {units.begin(), units.end()};
}

std::string wtf8_from_wide(std::wstring_view text) {
  return wtf8_from_utf16(std::u16string{text.begin(), text.end()});
}

Error win32_error(std::string what, std::string_view call, std::uint32_t code) {
  Error error{is_missing(code) ? Errc::not_found : Errc::io, std::move(what)};
  error.detail = std::string{call} + ": error " + std::to_string(code);
  return error;
}

Error nt_error(std::string what, std::string_view call, std::int32_t status) {
  const auto code = static_cast<std::uint32_t>(status);
  Error error{Errc::io, std::move(what)};
  for (const std::uint32_t missing : kMissingStatus)
    if (code == missing) error.code = Errc::not_found;
  std::array<char, 32> number{};
  std::snprintf(number.data(), number.size(), ": status 0x%08lx", static_cast<unsigned long>(code));
  error.detail = std::string{call} + number.data();
  return error;
}

OwnedHandle::OwnedHandle(void* handle)
    : handle_{handle == INVALID_HANDLE_VALUE ? nullptr : handle} {}

OwnedHandle& OwnedHandle::operator=(OwnedHandle&& other) noexcept {
  if (this != &other) {
    reset();
    handle_ = other.release();
  }
  return *this;
}

void* OwnedHandle::release() { return std::exchange(handle_, nullptr); }

void OwnedHandle::reset() {
  if (void* handle = release(); handle != nullptr) CloseHandle(handle);
}

}  // namespace hozen
