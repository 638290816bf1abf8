// The processes of the Windows (or Wine prefix) that runs the tests, this one first of all.
#include "collector/source/live_processes_win32.h"

#include <gtest/gtest.h>
#include <windows.h>

#include <algorithm>
#include <bit>

#include "collector/base/native_win32.h"
#include "collector/base/system_dll_win32.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

const LiveState& listed() {
  static const LiveState state = [] {
    LiveState listed;
    const auto done = list_live_processes(listed);
    EXPECT_TRUE(done) << done.error().text();
    return listed;
  }();
  return state;
}

const LiveProcess* own() {
  const auto& all = listed().processes;
  const auto found = std::find_if(all.begin(), all.end(), [](const LiveProcess& process) {
    return process.pid == GetCurrentProcessId();
  });
  return found == all.end() ? nullptr : &*found;
}

std::string own_path() {
  std::wstring path(32'768, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  return wtf8_from_wide(path);
}

TEST(LiveProcesses, DescribeThisOne) {
  EXPECT_EQ(listed().own_pid, GetCurrentProcessId());
  const LiveProcess* process = own();
  ASSERT_NE(process, nullptr);
  EXPECT_TRUE(equals_fold(process->path, own_path())) << process->path;
  EXPECT_TRUE(equals_fold(process->name, own_path().substr(own_path().rfind('\\') + 1)));
  EXPECT_EQ(process->command_line, wtf8_from_wide(GetCommandLineW()));
  EXPECT_TRUE(process->user_sid.starts_with("S-1-5-")) << process->user_sid;
  EXPECT_GT(process->started, FileTime{132'000'000'000'000'000});
  EXPECT_FALSE(process->is_wow64);
  EXPECT_EQ(process->missing_in, "");
  EXPECT_FALSE(process->unreadable) << process->unreadable->text();
}

TEST(LiveProcesses, AreInBothListsAndOnceEach) {
  std::vector<std::uint32_t> numbers;
  for (const LiveProcess& process : listed().processes) {
    EXPECT_EQ(process.missing_in, "") << process.pid << process.name;
    numbers.push_back(process.pid);
  }
  std::sort(numbers.begin(), numbers.end());
  EXPECT_EQ(std::adjacent_find(numbers.begin(), numbers.end()), numbers.end());
}

TEST(LiveProcesses, HaveTheirModulesInBothLists) {
  const LiveProcess* process = own();
  ASSERT_NE(process, nullptr);
  EXPECT_TRUE(process->modules_whole);
  const auto module_of = [&](const void* base) -> const LiveModule* {
    for (const LiveModule& module : process->modules)
      if (module.base == std::bit_cast<std::uint64_t>(base)) return &module;
    return nullptr;
  };
  for (const wchar_t* name :
       {static_cast<const wchar_t*>(nullptr), L"kernel32.dll", L"ntdll.dll"}) {
    const LiveModule* module = module_of(GetModuleHandleW(name));
    ASSERT_NE(module, nullptr);
    EXPECT_TRUE(module->in_loader_list) << module->path;
    EXPECT_TRUE(module->is_mapped) << module->path;
    EXPECT_FALSE(module->is_deleted) << module->path;
    EXPECT_EQ(module->path.substr(1, 2), ":\\") << module->path;
    EXPECT_GT(module->size_bytes, 0x1000u);
  }
  EXPECT_TRUE(equals_fold(module_of(GetModuleHandleW(nullptr))->path, own_path()));
  std::string odd;
  // What Wine maps in place of Windows' own libraries lies elsewhere.
  const bool is_wine = system_function(L"ntdll.dll", "wine_get_version") != nullptr;
  for (const LiveModule& module : process->modules)
    if (is_wine && starts_with_fold(module.loader_path, "C:\\windows\\"))
      EXPECT_TRUE(module.in_loader_list && module.is_mapped) << module.path;
    else if (!module.in_loader_list || !module.is_mapped || !module.loader_path.empty())
      odd += module.path + " | " + module.loader_path + "\n";
  EXPECT_EQ(odd, "");
}

TEST(LiveProcesses, TheConnectionsAreListed) {
  LiveState state;
  const auto done = list_live_connections(state);
  EXPECT_TRUE(done) << done.error().text();
  for (const LiveConnection& one : state.connections)
    EXPECT_FALSE(one.local_address.empty()) << one.protocol;
}

}  // namespace
}  // namespace hozen
