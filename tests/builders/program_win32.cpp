#include <windows.h>

#include <cstdlib>
#include <iterator>

#include "collector/base/native_win32.h"
#include "tests/builders/file_text.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"

namespace hozen::test {
namespace {

HANDLE inheritable_file(const std::filesystem::path& path) {
  SECURITY_ATTRIBUTES inherit{sizeof inherit, nullptr, TRUE};
  return CreateFileW(path.c_str(), GENERIC_WRITE, FILE_SHARE_READ, &inherit, CREATE_ALWAYS, 0,
                     nullptr);
}

/// As CommandLineToArgvW takes apart: backslashes count only before a quote.
void append_quoted(std::wstring& line, const std::wstring& argument) {
  line += L" \"";
  std::size_t backslashes = 0;
  for (const wchar_t c : argument) {
    if (c == L'"') line.append(backslashes + 1, L'\\');
    backslashes = c == L'\\' ? backslashes + 1 : 0;
    line += c;
  }
  line.append(backslashes, L'\\');
  line += L'"';
}

}  // namespace

std::string program_path() {
  const char* path = std::getenv("HOZEN_PROGRAM");
  return path != nullptr && std::filesystem::exists(path) ? path : "";
}

Ended run_program(const std::vector<std::string>& arguments, const std::string& folder,
                  const std::function<void(int)>& meanwhile) {
  const TempFolder streams;
  const auto output = streams.path() / "output", error = streams.path() / "error";
  Ended ended;
  std::wstring line = L"\"" + wide_from_wtf8(program_path()) + L"\"";
  for (const auto& argument : arguments) append_quoted(line, wide_from_wtf8(argument));
  STARTUPINFOW start{};
  start.cb = sizeof start;
  start.dwFlags = STARTF_USESTDHANDLES;
  start.hStdOutput = inheritable_file(output);
  start.hStdError = inheritable_file(error);
  PROCESS_INFORMATION process{};
  // A busy Wine now and then does not get a process going; that says nothing of the program.
  constexpr int kTries = 3;
  constexpr DWORD kPauseMs = 300;
  BOOL started = 0;
  for (int i = 0; i < kTries && started == 0; ++i) {
    if (i != 0) Sleep(kPauseMs);
    started = CreateProcessW(nullptr, line.data(), nullptr, nullptr, TRUE, 0, nullptr,
                             wide_from_wtf8(folder).c_str(), &start, &process);
  }
  const DWORD failure = GetLastError();
  CloseHandle(start.hStdOutput);
  CloseHandle(start.hStdError);
  if (started == 0) {
    ended.error = "the program was not started: CreateProcessW: error " + std::to_string(failure);
    return ended;
  }
  if (meanwhile) meanwhile(static_cast<int>(process.dwProcessId));
  WaitForSingleObject(process.hProcess, INFINITE);
  DWORD code = 0;
  GetExitCodeProcess(process.hProcess, &code);
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
  ended.exit_code = static_cast<int>(code);
  ended.output = file_text(output);
  ended.error = file_text(error);
  return ended;
}

}  // namespace hozen::test
