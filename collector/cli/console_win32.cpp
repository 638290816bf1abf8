#include <windows.h>
// shellapi.h needs windows.h before it.
#include <shellapi.h>

#include <array>
#include <cstdlib>

#include "collector/base/system_dll_win32.h"
#include "collector/base/text.h"
#include "collector/cli/console.h"

namespace hozen::cli {
namespace {

/// The console takes at most some 32 KiB a call (WriteConsole), a pipe anything.
constexpr std::size_t kMaxWriteUnits = 8192;

bool write_console(HANDLE handle, std::u16string_view text) {
  while (!text.empty()) {
    const auto part =
        static_cast<DWORD>(text.size() < kMaxWriteUnits ? text.size() : kMaxWriteUnits);
    DWORD written = 0;
    const void* units = text.data();
    if (::WriteConsoleW(handle, units, part, &written, nullptr) == 0 || written == 0) return false;
    text.remove_prefix(written);
  }
  return true;
}

bool write_file(HANDLE handle, std::string_view text) {
  while (!text.empty()) {
    DWORD written = 0;
    const auto part = static_cast<DWORD>(text.size() < 0x1000'0000 ? text.size() : 0x1000'0000);
    if (::WriteFile(handle, text.data(), part, &written, nullptr) == 0 || written == 0)
      return false;
    text.remove_prefix(written);
  }
  return true;
}

bool is_console(HANDLE handle) {
  DWORD mode = 0;
  return ::GetConsoleMode(handle, &mode) != 0;
}

bool write_to(DWORD standard_handle, std::string_view text) {
  const HANDLE handle = ::GetStdHandle(standard_handle);
  if (handle == nullptr || handle == INVALID_HANDLE_VALUE) return false;
  return is_console(handle) ? write_console(handle, utf16_from_wtf8(text))
                            : write_file(handle, text);
}

}  // namespace

void prepare_console() {
  restrict_dll_search();
  // Our own text goes to a console as UTF-16; the log's bytes are UTF-8 and need its code page.
  static const UINT before = ::GetConsoleOutputCP();
  if (before == 0 || before == CP_UTF8 || ::SetConsoleOutputCP(CP_UTF8) == 0) return;
  std::atexit([] { ::SetConsoleOutputCP(before); });
}

std::vector<std::string> command_line(int, char**) {
  std::vector<std::string> arguments;
  int count = 0;
  wchar_t** const wide = ::CommandLineToArgvW(::GetCommandLineW(), &count);
  for (int i = 0; wide != nullptr && i < count; ++i) {
    const std::wstring_view argument{wide[i]};
    arguments.push_back(wtf8_from_utf16(std::u16string{argument.begin(), argument.end()}));
  }
  ::LocalFree(static_cast<HLOCAL>(wide));
  return arguments;
}

bool print(std::string_view utf8) { return write_to(STD_OUTPUT_HANDLE, utf8); }

void print_error(std::string_view utf8) { (void)write_to(STD_ERROR_HANDLE, utf8); }

bool error_is_terminal() { return is_console(::GetStdHandle(STD_ERROR_HANDLE)); }

std::size_t terminal_width() {
  CONSOLE_SCREEN_BUFFER_INFO info{};
  if (::GetConsoleScreenBufferInfo(::GetStdHandle(STD_ERROR_HANDLE), &info) == 0) return 80;
  const int columns = info.srWindow.Right - info.srWindow.Left;
  return columns > 0 ? static_cast<std::size_t>(columns) : 80;
}

}  // namespace hozen::cli
