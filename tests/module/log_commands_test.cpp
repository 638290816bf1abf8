#include "collector/module/log_commands.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace hozen {
namespace {

struct Case {
  std::string_view line, what;
  int weight = 0;
};

TEST(LogCommand, SaysWhatIsClearedOrSwitchedOff) {
  constexpr Case kCases[] = {
      {"wevtutil cl Security", "clears the log Security", 50},
      {"\"C:\\Windows\\System32\\wevtutil.exe\" clear-log \"Windows PowerShell\" /bu:x.evtx",
       "clears the log Windows PowerShell", 50},
      {"wevtutil.exe cl Application", "clears the log Application", 20},
      {"cmd.exe /c for /F %x in ('wevtutil el') do wevtutil cl \"%x\"", "clears logs", 50},
      {"cmd /c \"wevtutil cl System & exit\"", "clears the log System", 50},
      {"wevtutil sl Microsoft-Windows-Sysmon/Operational /e:false",
       "switches the log Microsoft-Windows-Sysmon/Operational off", 50},
      {"powershell -c \"Clear-EventLog -LogName Security\"", "clears the log Security", 50},
      {"powershell Remove-EventLog -LogName Vendor", "removes the log Vendor", 20},
      {"powershell -c \"[System.Diagnostics.Eventing.Reader.EventLogSession]::GlobalSession."
       "ClearLog('Security')\"",
       "clears a log", 50},
      {"wmic nteventlog where filename='security' cleareventlog", "clears a log", 50},
      {"auditpol /clear /y", "removes the audit policy: Security is told hardly anything any more",
       50},
      {"fsutil.exe usn deletejournal /D C:", "deletes the change journal of a volume", 40},
      {"cmd /c del /f C:\\Windows\\System32\\winevt\\Logs\\Security.evtx",
       "deletes files of event logs", 50},
  };
  for (const Case& one : kCases) {
    const LogCommand found = log_command(one.line);
    EXPECT_EQ(found.what, one.what) << one.line;
    EXPECT_EQ(found.weight, one.weight) << one.line;
  }
}

TEST(LogCommand, IsNoneWhereLogsAreReadOnly) {
  for (const std::string_view line :
       {"", "wevtutil", "wevtutil qe Security", "wevtutil gl Security",
        "wevtutil sl Security /ms:1", "wevtutil epl Security C:\\x.evtx",
        "powershell Get-EventLog Security", "powershell Get-WinEvent -LogName Security",
        "auditpol /get /category:*", "auditpol /set /subcategory:Logon /success:enable",
        "fsutil usn queryjournal C:", "wmic nteventlog list",
        "cmd /c dir C:\\Windows\\System32\\winevt\\Logs", "cmd /c del C:\\Temp\\Security.evtx",
        "notepad clear-log.txt", "C:\\Tools\\cl.exe /c a.cpp"})
    EXPECT_EQ(log_command(line).what, "") << line;
}

}  // namespace
}  // namespace hozen
