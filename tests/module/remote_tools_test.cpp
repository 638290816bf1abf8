// Names of tools that run programs on other hosts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/module/remote_tools.h"

namespace hozen {
namespace {

std::string tool_of(std::string_view name, std::string_view image, bool demand = true) {
  const auto found = remote_service(name, image, demand);
  return found ? std::string{found->tool->name} : std::string{};
}

TEST(RemoteService, IsKnownByItsNames) {
  EXPECT_EQ(tool_of("PSEXESVC", "%SystemRoot%\\PSEXESVC.exe"), "PsExec");
  EXPECT_EQ(tool_of("PsExec", "%SystemRoot%\\PSEXESVC.EXE"), "PsExec") << "7045 has display names";
  EXPECT_EQ(tool_of("RemComSvc", "\"C:\\Windows\\System32\\RemComSvc.exe\""), "RemCom");
  EXPECT_EQ(tool_of("csexecsvc", "%SystemRoot%\\csexecsvc.exe"), "CSExec");
  EXPECT_EQ(tool_of("winexesvc", "winexesvc.exe"), "Winexe");
  const auto paexec =
      remote_service("PAExec-4711-WS-07", "%SystemRoot%\\PAExec-4711-WS-07.exe", true);
  ASSERT_TRUE(paexec);
  EXPECT_EQ(paexec->tool->name, "PAExec");
  EXPECT_EQ(paexec->source_host, "WS-07");
}

TEST(RemoteService, IsKnownByItsCommand) {
  const std::string_view smbexec =
      "%COMSPEC% /Q /c echo whoami ^> \\\\127.0.0.1\\C$\\__output 2^>^&1 > %TEMP%\\execute.bat & "
      "%COMSPEC% /Q /c %TEMP%\\execute.bat & del %TEMP%\\execute.bat";
  EXPECT_EQ(tool_of("BTOBTO", smbexec), "Impacket smbexec");
  EXPECT_EQ(tool_of("xyz", "cmd.exe /c echo xyz > \\\\.\\pipe\\xyz"),
            "getsystem of Metasploit or Cobalt Strike");
  EXPECT_EQ(tool_of("qwertz", "%COMSPEC% /b /c start /b /min powershell.exe -nop -w hidden -c x"),
            "Metasploit psexec with PowerShell");
  EXPECT_EQ(tool_of("spoolsv", "cmd.exe"), "a shell as a service");
  EXPECT_EQ(tool_of("remotesvc", "calc.exe"), "a program as a service");
}

TEST(RemoteService, IsKnownByTheFormOfRandomNames) {
  EXPECT_EQ(tool_of("kBcV", "%systemroot%\\QwErTzUi.exe"), "Metasploit or Impacket psexec");
  EXPECT_EQ(tool_of("kBcV", "%systemroot%\\QwErTzUi.exe", false), "") << "started by Windows";
  EXPECT_EQ(tool_of("4f2a9c1", "\\\\PC\\ADMIN$\\4f2a9c1.exe"), "Cobalt Strike psexec");
}

TEST(RemoteService, OrdinaryServicesAreNone) {
  EXPECT_EQ(tool_of("Spooler", "%SystemRoot%\\System32\\spoolsv.exe"), "");
  EXPECT_EQ(tool_of("Everything", "\"C:\\Program Files\\Everything\\Everything.exe\" -svc"), "");
  EXPECT_EQ(tool_of("print", "%SystemRoot%\\system32\\svchost.exe -k print"), "");
  EXPECT_EQ(tool_of("vmci", "System32\\drivers\\vmci.sys"), "");
  EXPECT_EQ(tool_of("Sysmon64", "C:\\Windows\\Sysmon64.exe"), "");
  EXPECT_EQ(tool_of("VSS provider", "C:\\Windows\\system32\\dllhost.exe /Processid:{B343F955}"),
            "");
  EXPECT_EQ(tool_of("x", std::string(100'000, 'a')), "");
}

TEST(SessionPipe, NamesTheHostThatItCameFrom) {
  const auto pipe = session_pipe("\\PSEXESVC-WS-07-4711-stdin");
  ASSERT_TRUE(pipe);
  EXPECT_EQ(pipe->service, "PSEXESVC");
  EXPECT_EQ(pipe->source_host, "WS-07");
  EXPECT_EQ(pipe->source_process, 4711u);
  EXPECT_TRUE(session_pipe("blabla-NLLT108334-37048-stderr"));
  for (const char* other :
       {"svcctl", "PSEXESVC", "a-b-stdin", "a--1-stdin", "-a-1-stdin", "a-1-stdin", "a-b-1-stdinx",
        "a-b-12345678-stdin", "a-b-1x-stdin", "-stdin", ""})
    EXPECT_FALSE(session_pipe(other)) << other;
}

TEST(KeyFile, NamesTheHostThatItCameFrom) {
  EXPECT_EQ(host_of_key_file("PSEXEC-WS-07-1A2B3C4D.key"), "WS-07");
  EXPECT_EQ(host_of_key_file("psexec-host-00000000.KEY"), "host");
  for (const char* other : {"PSEXEC-1A2B3C4D.key", "PSEXEC-HOST-1A2B.key", "x-HOST-1A2B3C4D.key",
                            "PSEXEC-HOST-1A2B3C4D.exe", ""})
    EXPECT_FALSE(host_of_key_file(other)) << other;
}

TEST(ClientCommand, TellsHostAccountAndCommandButNoPassword) {
  const ClientCommand asked = client_command(
      "\"C:\\tools\\psexec.exe\" \\\\srv01 -u CORP\\adm -p Secret1 -s -d cmd.exe /c \"dir c:\\\"");
  EXPECT_EQ(asked.target, "srv01");
  EXPECT_EQ(asked.account, "CORP\\adm");
  EXPECT_TRUE(asked.as_system);
  EXPECT_EQ(asked.command, "cmd.exe /c \"dir c:\\\"");
  const ClientCommand local = client_command("p.exe -accepteula -s cmd");
  EXPECT_EQ(local.target, "");
  EXPECT_EQ(local.command, "cmd");
  EXPECT_EQ(client_command("").command, "");
  EXPECT_EQ(client_command("psexec -u").account, "");
}

TEST(Images, StemAndFolder) {
  EXPECT_EQ(image_stem("%SystemRoot%\\PSEXESVC.EXE"), "PSEXESVC");
  EXPECT_EQ(image_stem("\"C:\\a b\\c.exe\" -k"), "C");
  EXPECT_EQ(image_stem("\\DEVICE\\HARDDISKVOLUME3\\WINDOWS\\PSEXESVC.EXE"), "PSEXESVC");
  EXPECT_TRUE(is_in_windows_root("\\DEVICE\\HARDDISKVOLUME3\\WINDOWS\\PSEXESVC.EXE"));
  EXPECT_TRUE(is_in_windows_root("%SystemRoot%\\x.exe"));
  EXPECT_TRUE(is_in_windows_root("C:\\Windows\\x.exe"));
  EXPECT_FALSE(is_in_windows_root("C:\\Windows\\System32\\x.exe"));
  EXPECT_FALSE(is_in_windows_root("x.exe"));
}

}  // namespace
}  // namespace hozen
