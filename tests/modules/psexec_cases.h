// Events and a machine for tests of the module psexec.
#pragma once

#include <string>
#include <vector>

#include "tests/builders/prefetch_builder.h"
#include "tests/modules/judge_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec event_logs, prefetch, psexec, services;
}  // namespace modules

using builders::EvtxBuilder;
using builders::EvtxEvent;

constexpr std::string_view kSysmon = "Microsoft-Windows-Sysmon/Operational";
constexpr std::string_view kImage = "\\DEVICE\\HARDDISKVOLUME2\\WINDOWS\\PSEXESVC.EXE";

inline EvtxEvent install(double seconds, const std::string& name = "PSEXESVC",
                         const std::string& image = "%SystemRoot%\\PSEXESVC.exe",
                         const std::string& start = "demand start") {
  return text_event("System", 7045, seconds,
                    {{"ServiceName", name},
                     {"ImagePath", image},
                     {"ServiceType", "user mode service"},
                     {"StartType", start},
                     {"AccountName", "LocalSystem"}},
                    "Service Control Manager");
}
inline EvtxEvent logon(double seconds, const std::string& address, const std::string& id = "0x1234",
                       const std::string& user = "adm", const std::string& sid = "S-1-5-21-1-1001",
                       const std::string& host = "WS-07") {
  return text_event("Security", 4624, seconds,
                    {{"TargetUserSid", sid},
                     {"TargetUserName", user},
                     {"TargetDomainName", "CORP"},
                     {"TargetLogonId", id},
                     {"LogonType", "3"},
                     {"AuthenticationPackageName", "NTLM"},
                     {"WorkstationName", host},
                     {"IpAddress", address}});
}
inline EvtxEvent share(double seconds, const std::string& name, const std::string& target,
                       const std::string& id = "0x1234", const std::string& user = "adm",
                       const std::string& address = "10.0.0.7") {
  return text_event("Security", 5145, seconds,
                    {{"SubjectUserName", user},
                     {"SubjectDomainName", "CORP"},
                     {"SubjectLogonId", id},
                     {"IpAddress", address},
                     {"ShareName", "\\\\*\\" + name},
                     {"RelativeTargetName", target}});
}
inline EvtxEvent process(double seconds, const std::string& image, const std::string& line,
                         const std::string& number, const std::string& parent = "",
                         const std::string& parent_number = "", const std::string& original = "") {
  return text_event(std::string{kSysmon}, 1, seconds,
                    {{"Image", image},
                     {"CommandLine", line},
                     {"ProcessId", number},
                     {"ParentImage", parent},
                     {"ParentProcessId", parent_number},
                     {"OriginalFileName", original},
                     {"User", "CORP\\adm"}});
}

class PsExecCase : public testing::Test {
 protected:
  void log(const std::string& name, const std::vector<EvtxEvent>& events) {
    EvtxBuilder log;
    for (const EvtxEvent& event : events) log.event(event);
    windows.file("C:\\Windows\\System32\\winevt\\Logs\\" + name + ".evtx", "").bytes = log.bytes();
  }
  ModuleRun judge() {
    return run_and_judge({&modules::event_logs, &modules::prefetch, &modules::psexec}, windows);
  }
  static FileTime time(double seconds) { return text_event("", 0, seconds, {}).time; }
  fake::FakeWindows windows;
};

}  // namespace hozen
