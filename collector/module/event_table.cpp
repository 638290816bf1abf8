#include "collector/module/event_table.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen {
namespace {

using Id = std::uint32_t;

// Security: Microsoft, "Advanced security audit policy settings"; JPCERT/CC, "Detecting Lateral
// Movement through Tracking Event Logs".
constexpr Id kLogon[] = {4624, 4625, 4634, 4647, 4648, 4672, 4776, 4778, 4779, 4964};
constexpr Id kKerberos[] = {4768, 4769, 4770, 4771, 4772};
constexpr Id kProcess[] = {4688, 4689, 4696};
constexpr Id kSecurityService[] = {4697, 4674};
constexpr Id kSecurityTask[] = {4698, 4699, 4700, 4701, 4702};
constexpr Id kAccount[] = {4720, 4722, 4723, 4724, 4725, 4726, 4728, 4729, 4732, 4733, 4738,
                           4740, 4741, 4742, 4743, 4756, 4757, 4767, 4781, 4794, 4798, 4799};
constexpr Id kShare[] = {5140, 5142, 5143, 5144, 5145};
constexpr Id kDirectory[] = {4662, 5136, 5137, 5138, 5139, 5141};
constexpr Id kObject[] = {4656, 4657, 4663, 4661};
constexpr Id kPrivilege[] = {4673};
constexpr Id kPolicy[] = {4704, 4705, 4717, 4719, 4739, 4902, 4904, 4905, 4907, 4912};
constexpr Id kSecurityFirewall[] = {4946, 4947, 4948, 4950, 5024, 5025, 5156, 5157};
constexpr Id kCredentials[] = {5379, 5381, 5382};
constexpr Id kClock[] = {4616};
constexpr Id kSecurityLog[] = {1100, 1102, 1104, 1105};
constexpr Id kSecurityStart[] = {4608, 4609};
constexpr Id kSecurityWmi[] = {5861};
constexpr Id kShadowCopy[] = {8222};

constexpr Id kSystemService[] = {7000, 7001, 7009, 7011, 7022, 7023, 7024, 7026, 7030,
                                 7031, 7032, 7034, 7035, 7036, 7040, 7043, 7045};
constexpr Id kLogCleared[] = {104};
constexpr Id kLogService[] = {6005, 6006};
constexpr Id kKernelStart[] = {12, 13};
constexpr Id kPowerLost[] = {41};
constexpr Id kShutDown[] = {1074, 1076};
constexpr Id kLogStart[] = {6008, 6009, 6013};
constexpr Id kWinlogon[] = {7001, 7002};
constexpr Id kNetlogon[] = {5719, 5720, 5721, 5722, 5723, 5805, 5827, 5828, 5829, 5830, 5831};
constexpr Id kDevice[] = {20001, 20003};
constexpr Id kKernelClock[] = {1};
constexpr Id kTimeService[] = {35, 37};

constexpr Id kApplicationError[] = {1000};
constexpr Id kErrorReport[] = {1001};
constexpr Id kApplicationHang[] = {1002};
constexpr Id kNetRuntime[] = {1026};
constexpr Id kInstaller[] = {1033, 1034, 1035, 1040, 1042, 11707, 11708, 11724};
constexpr Id kDatabase[] = {216, 325, 326, 327, 2001, 2003, 2005, 2006};

constexpr Id kSysmon[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                          16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 255};
constexpr Id kPowerShell[] = {4100, 4103, 4104, 4105, 4106, 40961, 53504};
constexpr Id kClassicPowerShell[] = {400, 403, 600, 800};
constexpr Id kTask[] = {100, 101, 102, 103, 106, 107, 108, 110, 118,
                        119, 129, 140, 141, 142, 200, 201, 325};
constexpr Id kWmi[] = {5857, 5858, 5859, 5860, 5861};
constexpr Id kBits[] = {3, 4, 59, 60, 61, 16403};
constexpr Id kSession[] = {21, 22, 23, 24, 25, 39, 40};
constexpr Id kRemoteConnection[] = {261, 1149};
constexpr Id kRdpClient[] = {1024, 1026, 1027, 1028, 1029, 1102, 1105};
constexpr Id kRdpCore[] = {65, 66, 98, 102, 103, 131, 140};
constexpr Id kSmbSecurity[] = {551, 1006, 1009};
constexpr Id kSmbAudit[] = {3000};
constexpr Id kSmbClient[] = {30803, 30804, 30805, 30806, 30807, 30808, 31001, 31010, 31017};
constexpr Id kWinRm[] = {6, 8, 15, 16, 33, 91, 132, 142, 168, 169};
constexpr Id kDefender[] = {1006, 1007, 1008, 1009, 1010, 1011, 1013, 1015, 1116, 1117, 1118, 1119,
                            1120, 1121, 1122, 2050, 3002, 5001, 5004, 5007, 5010, 5012, 5013, 5101};
constexpr Id kFirewall[] = {2003, 2004, 2005, 2006, 2033, 2097, 2099};
constexpr Id kCodeIntegrity[] = {3001, 3002, 3003, 3004, 3023, 3033, 3034, 3076, 3077};
constexpr Id kAppLocker[] = {8002, 8003, 8004, 8005, 8006, 8007};
constexpr Id kNtlm[] = {8001, 8002, 8003, 8004};
constexpr Id kDns[] = {3006, 3008};
constexpr Id kShell[] = {9707, 9708};
constexpr Id kPrint[] = {307, 316, 808};
constexpr Id kDisk[] = {1006};
constexpr Id kVhd[] = {1, 2, 12};

constexpr EventTopic kTopics[] = {
    {"Security", "logon", kLogon},
    {"Security", "kerberos", kKerberos},
    {"Security", "process", kProcess},
    {"Security", "service", kSecurityService},
    {"Security", "task", kSecurityTask},
    {"Security", "account", kAccount},
    {"Security", "share", kShare},
    {"Security", "directory", kDirectory},
    {"Security", "privilege", kPrivilege},
    {"Security", "object", kObject},
    {"Security", "policy", kPolicy},
    {"Security", "firewall", kSecurityFirewall},
    {"Security", "credentials", kCredentials},
    {"Security", "clock", kClock},
    {"Security", "log", kSecurityLog},
    {"Security", "start", kSecurityStart},
    {"Security", "wmi", kSecurityWmi},
    {"Security", "shadow_copy", kShadowCopy},
    {"System", "service", kSystemService, "Service Control Manager"},
    {"System", "logon", kWinlogon, "Microsoft-Windows-Winlogon"},
    {"System", "log", kLogCleared, "Microsoft-Windows-Eventlog"},
    {"System", "log", kLogService, "EventLog"},
    {"System", "start", kKernelStart, "Microsoft-Windows-Kernel-General"},
    {"System", "start", kPowerLost, "Microsoft-Windows-Kernel-Power"},
    {"System", "start", kShutDown, "User32"},
    {"System", "start", kLogStart, "EventLog"},
    {"System", "netlogon", kNetlogon, "NETLOGON"},
    {"System", "device", kDevice, "Microsoft-Windows-UserPnp"},
    {"System", "clock", kKernelClock, "Microsoft-Windows-Kernel-General"},
    {"System", "clock", kTimeService, "Microsoft-Windows-Time-Service"},
    {"Application", "application", kApplicationError, "Application Error"},
    {"Application", "application", kErrorReport, "Windows Error Reporting"},
    {"Application", "application", kApplicationHang, "Application Hang"},
    {"Application", "application", kNetRuntime, ".NET Runtime"},
    {"Application", "installer", kInstaller, "MsiInstaller"},
    {"Application", "database", kDatabase, "ESENT"},
    {"Microsoft-Windows-Sysmon/Operational", "sysmon", kSysmon},
    {"Microsoft-Windows-PowerShell/Operational", "powershell", kPowerShell},
    {"PowerShellCore/Operational", "powershell", kPowerShell},
    {"Windows PowerShell", "powershell", kClassicPowerShell},
    {"Microsoft-Windows-TaskScheduler/Operational", "task", kTask},
    {"Microsoft-Windows-WMI-Activity/Operational", "wmi", kWmi},
    {"Microsoft-Windows-Bits-Client/Operational", "bits", kBits},
    {"Microsoft-Windows-TerminalServices-LocalSessionManager/Operational", "rdp", kSession},
    {"Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational", "rdp",
     kRemoteConnection},
    {"Microsoft-Windows-TerminalServices-RDPClient/Operational", "rdp_client", kRdpClient},
    {"Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational", "rdp", kRdpCore},
    {"Microsoft-Windows-SMBServer/Security", "share", kSmbSecurity},
    {"Microsoft-Windows-SMBServer/Audit", "share", kSmbAudit},
    {"Microsoft-Windows-SmbClient/Security", "share_client", kSmbClient},
    {"Microsoft-Windows-SMBClient/Connectivity", "share_client", kSmbClient},
    {"Microsoft-Windows-WinRM/Operational", "winrm", kWinRm},
    {"Microsoft-Windows-Windows Defender/Operational", "defender", kDefender},
    {"Microsoft-Windows-Windows Firewall With Advanced Security/Firewall", "firewall", kFirewall},
    {"Microsoft-Windows-CodeIntegrity/Operational", "code_integrity", kCodeIntegrity},
    {"Microsoft-Windows-AppLocker/EXE and DLL", "applocker", kAppLocker},
    {"Microsoft-Windows-AppLocker/MSI and Script", "applocker", kAppLocker},
    {"Microsoft-Windows-NTLM/Operational", "ntlm", kNtlm},
    {"Microsoft-Windows-DNS-Client/Operational", "dns", kDns},
    {"Microsoft-Windows-Shell-Core/Operational", "autostart", kShell},
    {"Microsoft-Windows-PrintService/Admin", "print", kPrint},
    {"Microsoft-Windows-PrintService/Operational", "print", kPrint},
    {"Microsoft-Windows-Partition/Diagnostic", "device", kDisk},
    {"Microsoft-Windows-VHDMP-Operational", "virtual_disk", kVhd},
};

}  // namespace

std::span<const EventTopic> event_topics() { return kTopics; }

bool is_provider(std::string_view wanted, std::string_view provider) {
  return wanted.empty() || provider.empty() || equals_fold(wanted, provider);
}

std::string_view topic_of_event(std::string_view channel, std::string_view provider,
                                std::uint32_t id) {
  for (const EventTopic& topic : kTopics)
    if (std::find(topic.ids.begin(), topic.ids.end(), id) != topic.ids.end() &&
        equals_fold(topic.channel, channel) && is_provider(topic.provider, provider))
      return topic.topic;
  return {};
}

}  // namespace hozen
