// Names of tools that run programs on other hosts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/module/remote_tools.h"

namespace hozen {
namespace {

std::string tool_of(std::string_view name, std::string_view image,
                    ServiceStart start = ServiceStart::demand) {
  const auto found = remote_service(name, image, start);
  return found ? std::string{found->tool->name} : std::string{};
}

TEST(RemoteService, IsKnownByItsNames) {
  EXPECT_EQ(tool_of("PSEXESVC", "%SystemRoot%\\PSEXESVC.exe"), "PsExec");
  EXPECT_EQ(tool_of("PsExec", "%SystemRoot%\\PSEXESVC.EXE"), "PsExec") << "7045 has display names";
  EXPECT_EQ(tool_of("RemComSvc", "\"C:\\Windows\\System32\\RemComSvc.exe\""), "RemCom");
  EXPECT_EQ(tool_of("csexecsvc", "%SystemRoot%\\csexecsvc.exe"), "CSExec");
  EXPECT_EQ(tool_of("winexesvc", "winexesvc.exe"), "Winexe");
  const auto paexec = remote_service("PAExec-4711-WS-07", "%SystemRoot%\\PAExec-4711-WS-07.exe",
                                     ServiceStart::demand);
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

TEST(RemoteService, IsAShellByItsWholeNameOnly) {
  EXPECT_EQ(tool_of("Foo", "\"C:\\Program Files\\Foo\\FooCmd.exe\" -service"), "");
  EXPECT_EQ(tool_of("Foo", "C:\\Program Files\\Foo\\FooCmd.exe -service"), "");
  for (const char* shell :
       {"cmd /c x.exe", "%ComSpec% /c x", "\"C:\\Windows\\System32\\cmd.exe\" /c x",
        "C:\\Windows\\System32\\cmd /c x.exe", "CMD.EXE"})
    EXPECT_EQ(tool_of("x", shell), "a shell as a service") << shell;
}

TEST(RemoteService, IsOrdinaryWhereOthersSetItUpSoToo) {
  EXPECT_TRUE(
      remote_service("x", "cmd.exe /c \"C:\\J\\run.bat\"", ServiceStart::automatic)->is_ordinary);
  EXPECT_FALSE(
      remote_service("x", "cmd.exe /c \"C:\\J\\run.bat\"", ServiceStart::demand)->is_ordinary);
  EXPECT_TRUE(remote_service("x", "nvsvc.exe", ServiceStart::automatic)->is_ordinary);
  for (const char* other : {"cmd.exe", "cmd.exe /c x", "calc.exe", "powershell.exe",
                            "cmd.exe /c echo x > C:\\x.bat & C:\\x.bat"})
    EXPECT_FALSE(remote_service("x", other, ServiceStart::automatic)->is_ordinary) << other;
}

TEST(RemoteService, IsKnownByTheFormOfRandomNames) {
  EXPECT_EQ(tool_of("kBcV", "%systemroot%\\QwErTzUi.exe"), "Metasploit or Impacket psexec");
  EXPECT_EQ(tool_of("kBcV", "%systemroot%\\QwErTzUi.exe", ServiceStart::automatic), "")
      << "started by Windows";
  EXPECT_EQ(tool_of("PsShutdown", "%SystemRoot%\\PSSDNSVC.EXE"), "") << "a product's";
  EXPECT_EQ(tool_of("KmSvcABC", "%SystemRoot%\\KmSvcABC.exe"), "") << "called alike";
  EXPECT_EQ(tool_of("4f2a9c1", "\\\\PC\\ADMIN$\\4f2a9c1.exe"), "Cobalt Strike psexec");
}

TEST(RemoteService, AStartThatIsNotToldNeitherRaisesNorHides) {
  for (const char* words : {"Manuell starten", "\u0410\u0432\u0442\u043e\u043c\u0430\u0442", ""})
    EXPECT_EQ(service_start(words), ServiceStart::unknown) << words;
  EXPECT_EQ(service_start("2"), ServiceStart::automatic);
  EXPECT_EQ(service_start("Demand start"), ServiceStart::demand);
  EXPECT_EQ(service_start("4"), ServiceStart::disabled);
  const auto random = remote_service("kBcV", "%systemroot%\\QwErTzUi.exe", ServiceStart::unknown);
  ASSERT_TRUE(random);
  EXPECT_FALSE(random->is_start_known);
  EXPECT_THAT(random->because, testing::HasSubstr("another language"));
  EXPECT_TRUE(remote_service("x", "nvsvc.exe", ServiceStart::unknown)->is_ordinary);
  EXPECT_TRUE(
      remote_service("x", "cmd.exe /c \"C:\\J\\run.bat\"", ServiceStart::unknown)->is_ordinary);
  EXPECT_FALSE(remote_service("x", "cmd.exe /c x", ServiceStart::unknown)->is_ordinary);
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
  const auto plain = session_pipes("blabla-NLLT108334-37048-stderr");
  ASSERT_EQ(plain.size(), 1u);
  EXPECT_EQ(plain[0].service, "blabla");
  EXPECT_EQ(plain[0].source_host, "NLLT108334");
  EXPECT_EQ(plain[0].source_process, 37048u);
  for (const char* other :
       {"svcctl", "PSEXESVC", "a-b-stdin", "a--1-stdin", "-a-1-stdin", "a-1-stdin", "a-b-1-stdinx",
        "a-b-12345678-stdin", "a-b-1x-stdin", "-stdin", "stdin", ""})
    EXPECT_TRUE(session_pipes(other).empty()) << other;
  EXPECT_TRUE(session_pipes(std::string(100'000, '-') + "1-stdin").empty());
}

TEST(SessionPipe, IsPartedInEveryWay) {
  const auto ways = session_pipes("\\PSEXESVC-WS-07-4711-stdin");
  ASSERT_EQ(ways.size(), 2u);
  EXPECT_EQ(ways[0].service, "PSEXESVC");
  EXPECT_EQ(ways[0].source_host, "WS-07");
  EXPECT_EQ(ways[1].service, "PSEXESVC-WS");
  EXPECT_EQ(ways[1].source_host, "07");
  const auto far = session_pipes("a-quite-long-name-of-it-WS7-1-stdin");
  for (const SessionPipe& way : far) EXPECT_LE(way.source_host.size(), 15u) << way.source_host;
  EXPECT_EQ(far.back().source_host, "WS7");
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
  EXPECT_EQ(asked.target(), "srv01");
  EXPECT_TRUE(asked.is_for_others({}));
  EXPECT_FALSE(asked.is_for_this_host({}));
  EXPECT_EQ(asked.account, "CORP\\adm");
  EXPECT_TRUE(asked.as_system);
  EXPECT_EQ(asked.command, "cmd.exe /c \"dir c:\\\"");
  const ClientCommand local = client_command("p.exe -accepteula -s cmd");
  EXPECT_EQ(local.target(), "");
  EXPECT_TRUE(local.is_for_this_host({}));
  EXPECT_FALSE(local.is_for_others({}));
  EXPECT_EQ(local.command, "cmd");
  EXPECT_EQ(client_command("").command, "");
  EXPECT_EQ(client_command("psexec -u").account, "");
}

TEST(ClientCommand, TellsSeveralHostsAndLists) {
  const ClientCommand several = client_command("psexec \\\\a,\\\\b,localhost -i 1 cmd.exe");
  EXPECT_THAT(several.targets, testing::ElementsAre("a", "b", "localhost"));
  EXPECT_EQ(several.command, "cmd.exe");
  EXPECT_TRUE(several.is_for_others({}));
  EXPECT_TRUE(several.is_for_this_host({}));
  EXPECT_EQ(client_command("psexec \\\\a -i cmd.exe").command, "cmd.exe");
  EXPECT_EQ(client_command("psexec \\\\a -i").command, "");
  const ClientCommand list = client_command("psexec @\"my hosts.txt\" -c evil.exe");
  EXPECT_EQ(list.command.empty(), false);
  EXPECT_EQ(client_command("psexec @hosts.txt -c evil.exe").target(), "@hosts.txt");
  EXPECT_FALSE(client_command("psexec @hosts.txt -c evil.exe").is_for_this_host({}));
  EXPECT_TRUE(client_command("psexec \\\\127.0.0.1 cmd").is_for_this_host({}));
  EXPECT_EQ(client_command("psexec \\\\srv\\share\\x.exe").target(), "");
  EXPECT_EQ(client_command("psexec \\\\" + std::string(100'000, ',')).target(), "");
}

TEST(Images, NamesOfClients) {
  for (const char* name :
       {"PsExec.exe", "psexec64.exe", "psexec (2).exe", "PsExec-v2.43.exe", "paexec.exe", "psexec"})
    EXPECT_TRUE(is_client_name(name)) << name;
  for (const char* name : {"PSEXESVC.exe", "psexec_viewer.exe", "PAExec-12-HOST.exe", "p.exe", ""})
    EXPECT_FALSE(is_client_name(name)) << name;
}

TEST(Images, StemAndFolder) {
  EXPECT_EQ(image_stem("%SystemRoot%\\PSEXESVC.EXE"), "PSEXESVC");
  EXPECT_EQ(image_stem("\"C:\\a b\\c.exe\" -k"), "C");
  EXPECT_EQ(image_stem("\\DEVICE\\HARDDISKVOLUME3\\WINDOWS\\PSEXESVC.EXE"), "PSEXESVC");
  EXPECT_TRUE(is_in_windows_root("\\DEVICE\\HARDDISKVOLUME3\\WINDOWS\\PSEXESVC.EXE"));
  EXPECT_EQ(image_stem("C:\\Windows\\cmd.exe /c \"C:\\J\\run.bat\""), "CMD");
  EXPECT_EQ(image_stem("C:\\a b\\c.exe /x"), "C");
  EXPECT_EQ(image_stem("MY TOOL.EXE"), "MY TOOL");
  EXPECT_TRUE(is_in_windows_root("%SystemRoot%\\x.exe"));
  EXPECT_TRUE(is_in_windows_root("C:\\Windows\\x.exe"));
  EXPECT_FALSE(is_in_windows_root("C:\\Windows\\System32\\x.exe"));
  EXPECT_FALSE(is_in_windows_root("x.exe"));
}

}  // namespace
}  // namespace hozen
