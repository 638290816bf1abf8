#include "collector/module/remote_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> hosts_of(std::string_view image, std::string_view line) {
  const auto found = remote_command("C:\\Windows\\System32\\" + std::string{image}, line);
  return found ? found->hosts : std::vector<std::string>{};
}

TEST(RemoteCommand, NamesItsHosts) {
  EXPECT_THAT(hosts_of("WMIC.exe", "wmic /node:\"SRV1\",\"SRV2\" process call create x"),
              ElementsAre("SRV1", "SRV2"));
  EXPECT_THAT(hosts_of("wmic.exe", "wmic /NODE:@hosts.txt os"), ElementsAre("@hosts.txt"));
  EXPECT_THAT(hosts_of("schtasks.exe", "SCHTASKS /S SRV1 /Create /tn x"), ElementsAre("SRV1"));
  EXPECT_THAT(hosts_of("schtasks.exe", "schtasks /run /tn x /s \\\\SRV1"), ElementsAre("SRV1"));
  EXPECT_THAT(hosts_of("at.exe", "at \\\\SRV1 10:00 cmd"), ElementsAre("SRV1"));
  EXPECT_THAT(hosts_of("sc.exe", "sc \\\\SRV1 create x binPath= y"), ElementsAre("SRV1"));
  EXPECT_THAT(hosts_of("winrs.exe", "winrs -remote:SRV1 cmd"), ElementsAre("SRV1"));
  EXPECT_THAT(hosts_of("winrs.exe", "winrs /r:http://SRV1:5985/wsman cmd"), ElementsAre("SRV1"));
  EXPECT_THAT(hosts_of("reg.exe", "reg add \"\\\\SRV1\\HKLM\\x y\""), ElementsAre("SRV1"));
  EXPECT_THAT(hosts_of("net1.exe", "net1 use z: \\\\SRV1\\C$ /user:a"), ElementsAre("SRV1"));
}

TEST(RemoteCommand, CopiesToAdministrativeShares) {
  EXPECT_THAT(hosts_of("cmd.exe", "cmd /c copy x.exe \\\\SRV1\\ADMIN$\\x.exe"),
              ElementsAre("SRV1"));
  EXPECT_THAT(hosts_of("cmd.exe", "cmd /c \"copy x.exe \\\\SRV1\\c$\\x.exe\""),
              ElementsAre("SRV1"));
  EXPECT_THAT(hosts_of("xcopy.exe", "xcopy x \\\\SRV1\\d$\\"), ElementsAre("SRV1"));
  EXPECT_THAT(hosts_of("powershell.exe", "powershell Copy-Item x \\\\SRV1\\C$\\x"),
              ElementsAre("SRV1"));
  EXPECT_THAT(hosts_of("cmd.exe", "cmd /c copy x \\\\FS1\\share\\x"), IsEmpty());
  EXPECT_THAT(hosts_of("cmd.exe", "cmd /c dir \\\\SRV1\\ADMIN$"), IsEmpty());
  EXPECT_THAT(hosts_of("xcopy.exe", "xcopy x \\\\?\\C:\\x"), IsEmpty());
}

TEST(RemoteCommand, CmdletsOfPowerShell) {
  for (const char* line :
       {"pwsh -c Invoke-Command -ComputerName SRV1 {1}", "pwsh -c \"icm -cn 'SRV1' {1}\"",
        "pwsh New-PSSession -ComputerName:SRV1;", "pwsh -c \"Enter-PSSession SRV1\"",
        "pwsh invoke-wmimethod -class x -computername (SRV1) -name create"})
    EXPECT_THAT(hosts_of("pwsh.exe", line), ElementsAre("SRV1")) << line;
  for (const char* line : {"pwsh -c Invoke-Command {1}", "pwsh -c Get-Service -ComputerName SRV1",
                           "pwsh -c x-icm SRV1", "pwsh -c New-PSSession",
                           "pwsh Invoke-WmiMethod -class x", "pwsh Enter-PSSession -VMName x"})
    EXPECT_THAT(hosts_of("powershell.exe", line), IsEmpty()) << line;
}

TEST(RemoteCommand, PartsOfOtherWordsNameNobody) {
  EXPECT_THAT(hosts_of("schtasks.exe", "schtasks /create /tn x /tr \"cmd /s /c dir\" /sc daily"),
              IsEmpty());
  EXPECT_THAT(hosts_of("schtasks.exe",
                       "schtasks /create /tn x /tr \"\\\"C:\\a b\\x.exe\\\" /s SRV1\" /sc daily"),
              IsEmpty());
  EXPECT_THAT(hosts_of("schtasks.exe", "schtasks /query /s SRV1"), IsEmpty());
  EXPECT_THAT(hosts_of("sc.exe", "sc create x binPath= \\\\SRV1\\share\\x.exe"), IsEmpty());
  EXPECT_THAT(hosts_of("reg.exe", "reg query \\\\SRV1\\HKLM\\x"), IsEmpty());
  EXPECT_THAT(hosts_of("net.exe", "net use Z: \\\\FS1\\share pa$$"), IsEmpty());
  EXPECT_THAT(hosts_of("notepad.exe", "notepad \\\\SRV1\\C$\\x"), IsEmpty());
  for (const char* line : {"", "\"", "sc", "sc \\", "\\\"", "\\"})
    for (const char* image :
         {"sc.exe", "schtasks.exe", "wmic.exe", "reg.exe", "cmd.exe", "pwsh.exe"})
      EXPECT_THAT(hosts_of(image, line), IsEmpty()) << line;
}

TEST(RemoteCommand, TheHostItselfIsNoOther) {
  const std::vector<std::string> own{"WS1", "WS1.corp.example"};
  const auto is_for_others = [&](std::string_view image, std::string_view line) {
    const auto found = remote_command(image, line);
    return found && found->is_for_others(own);
  };
  for (const char* host : {"localhost", "127.0.0.1", "ws1", "%COMPUTERNAME%", ".", "::1"})
    EXPECT_FALSE(is_for_others("winrs.exe", "winrs -r:" + std::string{host} + " x")) << host;
  EXPECT_FALSE(is_for_others("sc.exe", "sc \\\\localhost query"));
  EXPECT_FALSE(is_for_others("pwsh.exe", "pwsh icm -ComputerName $env:COMPUTERNAME {1}"));
  EXPECT_TRUE(is_for_others("wmic.exe", "wmic /node:ws1,srv2 os"));
  EXPECT_TRUE(is_for_others("wmic.exe", "wmic /node:@hosts os"));
  EXPECT_TRUE(is_for_others("pwsh.exe", "pwsh icm -ComputerName $servers {1}"));
}

}  // namespace
}  // namespace hozen
