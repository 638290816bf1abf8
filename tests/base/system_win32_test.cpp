#include <gtest/gtest.h>
#include <windows.h>

#include "collector/base/native_win32.h"
#include "collector/base/system_dll_win32.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

using namespace std::string_literals;

TEST(SystemDll, FindsFunctionsOfSystem32Only) {
  EXPECT_NE(system_function(L"ntdll.dll", "NtOpenKey"), nullptr);
  EXPECT_NE(system_function(L"iphlpapi.dll", "GetAdaptersAddresses"), nullptr);
  EXPECT_EQ(system_function(L"ntdll.dll", "NoSuchFunction"), nullptr);
  EXPECT_EQ(system_function(L"no-such-library.dll", "Function"), nullptr);
}

TEST(SystemDll, TakesNoneFromTheFolderOfTheProgramOrTheCurrentOne) {
  // A copy of a system library under a name that System32 does not have.
  std::wstring system(MAX_PATH, L'\0');
  system.resize(GetSystemDirectoryW(system.data(), MAX_PATH));
  std::wstring program(32768, L'\0');
  program.resize(GetModuleFileNameW(nullptr, program.data(), static_cast<DWORD>(program.size())));
  const std::wstring planted = program.substr(0, program.rfind(L'\\') + 1) + L"hozen-planted.dll";
  ASSERT_TRUE(CopyFileW((system + L"\\version.dll").c_str(), planted.c_str(), FALSE));
  EXPECT_EQ(system_function(L"hozen-planted.dll", "GetFileVersionInfoW"), nullptr);
  DeleteFileW(planted.c_str());
}

TEST(SystemDll, StillFindsThemWhenTheSearchIsRestricted) {
  restrict_dll_search();
  auto* version = system_function_as<DWORD WINAPI()>(L"kernel32.dll", "GetVersion");
  ASSERT_NE(version, nullptr);
  EXPECT_NE(version(), 0u);
  EXPECT_NE(system_function(L"netapi32.dll", "NetApiBufferFree"), nullptr);
}

TEST(WideText, KeepsWhatUtf16CannotSay) {
  const std::wstring wide{L'a', L'\0', static_cast<wchar_t>(0xD800), L'証', L'z'};
  const std::string text = wtf8_from_wide(wide);
  EXPECT_TRUE(is_wtf8(text));
  EXPECT_EQ(wide_from_wtf8(text), wide);
}

TEST(SystemErrors, TellMissingFromRefused) {
  EXPECT_EQ(win32_error("x", "CreateFileW", ERROR_FILE_NOT_FOUND).code, Errc::not_found);
  EXPECT_EQ(win32_error("x", "CreateFileW", ERROR_PATH_NOT_FOUND).code, Errc::not_found);
  const Error refused = win32_error("C:\\a", "CreateFileW", ERROR_SHARING_VIOLATION);
  EXPECT_EQ(refused.code, Errc::io);
  EXPECT_EQ(refused.text(), "C:\\a: io (CreateFileW: error 32)");
  EXPECT_EQ(nt_error("k", "NtOpenKey", static_cast<std::int32_t>(0xC0000034)).code,
            Errc::not_found);
  EXPECT_EQ(nt_error("k", "NtOpenKey", static_cast<std::int32_t>(0xC0000022)).text(),
            "k: io (NtOpenKey: status 0xc0000022)");
}

TEST(OwnedHandle, ClosesOnceAndKnowsNoHandle) {
  EXPECT_FALSE(OwnedHandle{});
  EXPECT_FALSE(OwnedHandle{INVALID_HANDLE_VALUE});
  HANDLE raw = CreateEventW(nullptr, FALSE, FALSE, nullptr);
  DWORD flags = 0;
  {
    OwnedHandle first{raw};
    OwnedHandle second{std::move(first)};
    EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that is what is tested
    EXPECT_TRUE(GetHandleInformation(raw, &flags));
  }
  EXPECT_FALSE(GetHandleInformation(raw, &flags));
}

}  // namespace
}  // namespace hozen
