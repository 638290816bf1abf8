#include <windows.h>
// shellapi.h needs windows.h before it.
#include <shellapi.h>

#include <array>

#include "collector/base/native_win32.h"
#include "collector/cli/console.h"
#include "collector/cli/interactive_start.h"

namespace hozen::cli {
namespace {

/// True when this process is the only one in its console: the window was opened for it.
bool has_own_console() {
  std::array<DWORD, 2> processes{};
  return GetConsoleProcessList(processes.data(), static_cast<DWORD>(processes.size())) == 1;
}

std::optional<std::string> read_line() {
  const HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
  FlushConsoleInputBuffer(input);  // keys pressed while nobody asked are no answer
  std::array<wchar_t, 256> buffer{};
  DWORD got = 0;
  if (ReadConsoleW(input, buffer.data(), static_cast<DWORD>(buffer.size()), &got, nullptr) == 0 ||
      got == 0)
    return std::nullopt;
  return wtf8_from_wide({buffer.data(), got});
}

Relaunch relaunch_elevated(const std::string& image, const std::string& folder) {
  const std::wstring file = wide_from_wtf8(image);
  const std::wstring directory = wide_from_wtf8(folder);
  SHELLEXECUTEINFOW start{};
  start.cbSize = sizeof start;
  start.fMask = SEE_MASK_NOASYNC | SEE_MASK_FLAG_NO_UI;
  start.lpVerb = L"runas";
  start.lpFile = file.c_str();
  start.lpDirectory = directory.c_str();
  start.nShow = SW_SHOWNORMAL;
  if (ShellExecuteExW(&start) != 0) return Relaunch::started;
  return GetLastError() == ERROR_CANCELLED ? Relaunch::declined : Relaunch::failed;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.find_last_of("\\/");
  if (slash == std::string::npos) return ".";
  // The root of a drive keeps its backslash: "C:" alone means the current folder there.
  return path.substr(0, slash == 2 ? 3 : slash);
}

}  // namespace

std::optional<int> start_by_double_click(
    const std::vector<std::string>& arguments,
    const std::function<int(const std::vector<std::string>&)>& run) {
  if (arguments.size() > 1 || !has_own_console()) return std::nullopt;
  const std::string image = this_process().image;
  InteractiveDesk desk;
  desk.privileges = enable_privileges();
  desk.folder = folder_of(image);
  desk.say = print_error;
  desk.read_line = read_line;
  desk.relaunch_elevated = [&] { return relaunch_elevated(image, desk.folder); };
  desk.run = run;
  return interactive_start(desk);
}

}  // namespace hozen::cli
