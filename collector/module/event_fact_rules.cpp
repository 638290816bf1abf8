// Which events are facts, and which of their values: tables alone.
#include "collector/module/event_fact.h"

namespace hozen {
namespace {

using Id = std::uint32_t;
using Name = std::string_view;

// Security. Names of values: Microsoft, "Advanced security audit policy settings"; logs of Windows
// 7 to 11.
constexpr Id kLogonIds[] = {4624, 4625, 4648, 4672, 4768, 4771, 4776};
constexpr Name kLogonValues[] = {"TargetUserSid",
                                 "TargetUserName",
                                 "TargetDomainName",
                                 "TargetLogonId",
                                 "LogonType",
                                 "LogonProcessName",
                                 "AuthenticationPackageName",
                                 "WorkstationName",
                                 "IpAddress",
                                 "IpPort",
                                 "KeyLength",
                                 "SubjectUserSid",
                                 "SubjectUserName",
                                 "SubjectDomainName",
                                 "SubjectLogonId",
                                 "ProcessName",
                                 "TargetServerName",
                                 "TargetInfo",
                                 "TargetOutboundUserName",
                                 "Workstation",
                                 "Status",
                                 "SubStatus"};
constexpr Id kReconnectIds[] = {4778, 4779};
constexpr Name kReconnectValues[] = {"AccountName", "AccountDomain", "LogonID",
                                     "SessionName", "ClientName",    "ClientAddress"};
constexpr Id kServiceAuditIds[] = {4697};
constexpr Name kServiceAuditValues[] = {"SubjectUserSid", "SubjectUserName",  "SubjectDomainName",
                                        "SubjectLogonId", "ServiceName",      "ServiceFileName",
                                        "ServiceType",    "ServiceStartType", "ServiceAccount"};
constexpr Id kServiceAccessIds[] = {4674};
constexpr Name kServiceAccessValues[] = {"SubjectUserName", "SubjectDomainName", "SubjectLogonId",
                                         "ObjectServer",    "ObjectName",        "AccessMask"};
constexpr Id kShareIds[] = {5140, 5142, 5144, 5145};
constexpr Name kShareValues[] = {
    "SubjectUserSid", "SubjectUserName", "SubjectDomainName", "SubjectLogonId",     "IpAddress",
    "IpPort",         "ShareName",       "ShareLocalPath",    "RelativeTargetName", "AccessMask"};
constexpr Id kProcessIds[] = {4688};
constexpr Name kProcessValues[] = {"SubjectUserSid",   "SubjectUserName", "SubjectDomainName",
                                   "SubjectLogonId",   "NewProcessId",    "NewProcessName",
                                   "ProcessId",        "CommandLine",     "TargetUserName",
                                   "TargetDomainName", "TargetLogonId",   "ParentProcessName"};
constexpr Id kTaskAuditIds[] = {4698, 4699, 4700, 4701, 4702};
constexpr Name kTaskAuditValues[] = {"SubjectUserSid", "SubjectUserName", "SubjectDomainName",
                                     "SubjectLogonId", "TaskName",        "ClientProcessId"};
constexpr Id kSecurityClearedIds[] = {1102};
constexpr Name kClearedValues[] = {"SubjectUserSid", "SubjectUserName", "SubjectDomainName",
                                   "Channel"};

// System, provider Service Control Manager.
constexpr Id kServiceIds[] = {7045};
constexpr Name kServiceValues[] = {"ServiceName", "ImagePath", "ServiceType", "StartType",
                                   "AccountName"};
constexpr Id kServiceStateIds[] = {7000, 7009, 7031, 7034, 7035, 7036, 7040};
constexpr Name kParams[] = {"param1", "param2", "param3", "param4"};
constexpr Id kSystemClearedIds[] = {104};

// Changes of the clock: Microsoft, event 4616; provider Microsoft-Windows-Kernel-General, event 1.
constexpr Id kClockAuditIds[] = {4616};
constexpr Name kClockAuditValues[] = {"SubjectUserSid", "SubjectUserName", "SubjectDomainName",
                                      "PreviousTime",   "NewTime",         "ProcessId",
                                      "ProcessName"};
constexpr Id kClockIds[] = {1};
constexpr Name kClockValues[] = {"OldTime", "NewTime", "Reason", "ProcessName"};

// Microsoft, event 4608; provider Microsoft-Windows-Kernel-General, event 12.
constexpr Id kStartAuditIds[] = {4608};
constexpr Id kStartIds[] = {12};

constexpr Id kTaskIds[] = {106, 140, 141, 142};
constexpr Name kTaskValues[] = {"TaskName", "UserContext", "UserName"};
constexpr Id kTaskRunIds[] = {129, 200};
constexpr Name kTaskRunValues[] = {"TaskName", "Path", "ActionName", "ProcessID"};

constexpr Id kWmiIds[] = {5858, 5859, 5860, 5861};
constexpr Name kWmiValues[] = {
    "NamespaceName", "Namespace", "User",     "ClientMachine", "Operation",       "Query",
    "ESS",           "CONSUMER",  "Consumer", "PossibleCause", "ClientProcessId", "ResultCode"};

// Sysmon: Microsoft Sysinternals, "Sysmon", events.
constexpr Id kSysmonProcessIds[] = {1};
constexpr Name kSysmonProcessValues[] = {"Image",
                                         "CommandLine",
                                         "ParentImage",
                                         "ParentCommandLine",
                                         "User",
                                         "LogonId",
                                         "ProcessId",
                                         "ParentProcessId",
                                         "OriginalFileName",
                                         "Description",
                                         "Company",
                                         "Product",
                                         "CurrentDirectory",
                                         "Hashes"};
constexpr Id kSysmonNetworkIds[] = {3};
constexpr Name kSysmonNetworkValues[] = {"Image",           "User",          "SourceIp",
                                         "SourceHostname",  "DestinationIp", "DestinationHostname",
                                         "DestinationPort", "Initiated",     "ProcessId"};
constexpr Id kSysmonFileIds[] = {11, 23, 26};
constexpr Name kSysmonFileValues[] = {"Image", "TargetFilename", "User", "Hashes", "ProcessId"};
constexpr Id kSysmonRegistryIds[] = {12, 13, 14};
constexpr Name kSysmonRegistryValues[] = {"EventType", "TargetObject", "Details",
                                          "Image",     "NewName",      "User"};
constexpr Id kSysmonPipeIds[] = {17, 18};
constexpr Name kSysmonPipeValues[] = {"EventType", "PipeName", "Image", "User", "ProcessId"};
constexpr Id kSysmonWmiIds[] = {19, 20, 21};
constexpr Name kSysmonWmiValues[] = {"Operation", "User",        "Name",
                                     "Type",      "Destination", "Query",
                                     "Consumer",  "Filter",      "EventNamespace"};

// Remote desktop.
constexpr Id kSessionIds[] = {21, 22, 23, 24, 25, 39, 40};
constexpr Name kSessionValues[] = {"User",   "SessionID", "Address",
                                   "Source", "Reason",    "TargetSession"};
constexpr Id kConnectionIds[] = {261, 1149};
constexpr Name kConnectionValues[] = {"Param1", "Param2", "Param3", "listenerName"};
constexpr Id kRdpCoreIds[] = {131, 140};
constexpr Name kRdpCoreValues[] = {"ConnType", "ClientIP", "IPString"};
constexpr Id kRdpClientIds[] = {1024, 1027, 1029, 1102};
constexpr Name kRdpClientValues[] = {"Name", "Value", "DomainName", "TraceMessage", "SessionId"};

constexpr Id kWinRmIds[] = {6, 91, 168, 169};
constexpr Name kWinRmValues[] = {"connection",  "username", "authenticationMechanism",
                                 "resourceUri", "shellId",  "operationName"};
constexpr Id kPowerShellIds[] = {400};

constexpr Id kAccountIds[] = {4720, 4722, 4723, 4724, 4725, 4726, 4728, 4729, 4732,
                              4733, 4738, 4741, 4742, 4743, 4756, 4757, 4781, 4794};
constexpr Name kAccountValues[] = {
    "TargetUserName",  "TargetDomainName",    "TargetSid",
    "SubjectUserSid",  "SubjectUserName",     "SubjectDomainName",
    "SubjectLogonId",  "MemberName",          "MemberSid",
    "SamAccountName",  "OldTargetUserName",   "NewTargetUserName",
    "PasswordLastSet", "UserAccountControl",  "OldUacValue",
    "NewUacValue",     "AllowedToDelegateTo", "ServicePrincipalNames",
    "SidHistory",      "Workstation",         "Status"};
// Microsoft, events 4662, 5136, 5137, 5139 and 5141.
constexpr Id kDirectoryIds[] = {4662, 5136, 5137, 5139, 5141};
constexpr Name kDirectoryValues[] = {"SubjectUserSid",
                                     "SubjectUserName",
                                     "SubjectDomainName",
                                     "SubjectLogonId",
                                     "ObjectServer",
                                     "ObjectType",
                                     "ObjectName",
                                     "OperationType",
                                     "AccessMask",
                                     "Properties",
                                     "ObjectDN",
                                     "ObjectClass",
                                     "AttributeLDAPDisplayName",
                                     "AttributeValue",
                                     "OldObjectDN",
                                     "NewObjectDN"};
constexpr Id kObjectIds[] = {4656, 4663};
constexpr Name kObjectValues[] = {"SubjectUserSid", "SubjectUserName", "SubjectDomainName",
                                  "SubjectLogonId", "ObjectType",      "ObjectName",
                                  "ProcessName",    "ProcessId",       "AccessMask"};

constexpr Id kPrivilegeIds[] = {4673};
constexpr Name kPrivilegeValues[] = {"SubjectUserSid", "SubjectUserName", "SubjectDomainName",
                                     "SubjectLogonId", "PrivilegeList",   "ProcessName"};

// Provider NETLOGON: Microsoft, KB 4557222 (5827 to 5831); 5722, 5723 and 5805.
constexpr Id kNetlogonIds[] = {5722, 5723, 5805, 5827, 5828, 5829, 5830, 5831};
constexpr Name kSevenParams[] = {"param1", "param2", "param3", "param4",
                                 "param5", "param6", "param7"};

// Provider ESENT: databases and their backups; VSSAudit: shadow copies.
constexpr Id kDatabaseIds[] = {216, 325, 326, 327, 2001, 2003, 2005, 2006};
constexpr Id kShadowCopyIds[] = {8222};

constexpr Id kSysmonAccessIds[] = {8, 10};
constexpr Name kSysmonAccessValues[] = {
    "SourceImage", "SourceProcessId", "TargetImage", "TargetProcessId", "GrantedAccess",
    "CallTrace",   "SourceUser",      "TargetUser",  "StartModule",     "StartFunction"};
constexpr Id kSysmonLoadIds[] = {6, 7};
constexpr Name kSysmonLoadValues[] = {
    "Image",      "ImageLoaded",     "ProcessId",        "User",        "Hashes",  "Signed",
    "Signature",  "SignatureStatus", "OriginalFileName", "Description", "Product", "Company",
    "FileVersion"};
// Microsoft, "Review event logs and error codes to troubleshoot issues with Microsoft Defender
// Antivirus".
constexpr Id kDefenderIds[] = {1006, 1007, 1008, 1015, 1116, 1117, 1118, 1119};
constexpr Name kDefenderValues[] = {"Threat Name", "Severity Name", "Category Name",
                                    "Path",        "Process Name",  "Detection User",
                                    "Action Name", "Detection ID",  "Detection Time"};
constexpr Id kScriptIds[] = {4104};
constexpr Name kScriptValues[] = {"Path", "ScriptBlockText", "ScriptBlockId", "MessageNumber",
                                  "MessageTotal"};

// Provider Microsoft-Windows-Bits-Client: a transfer was started, ended, failed.
constexpr Id kBitsIds[] = {59, 60, 61};
constexpr Name kBitsValues[] = {"name", "url", "fileLength", "bytesTotal", "bytesTransferred",
                                "hr"};

constexpr Name kSysmon = "Microsoft-Windows-Sysmon/Operational";
constexpr EventFactRule kRules[] = {
    {"Security", kLogonIds, FactKind::logon, "TargetUserName", kLogonValues},
    {"Security", kReconnectIds, FactKind::session, "AccountName", kReconnectValues},
    {"Security", kServiceAuditIds, FactKind::service, "ServiceName", kServiceAuditValues},
    {"Security", kServiceAccessIds, FactKind::service_state, "ObjectName", kServiceAccessValues},
    {"Security", kShareIds, FactKind::share, "RelativeTargetName", kShareValues},
    {"Security", kProcessIds, FactKind::process, "NewProcessName", kProcessValues},
    {"Security", kTaskAuditIds, FactKind::task, "TaskName", kTaskAuditValues},
    {"Security", kSecurityClearedIds, FactKind::log_cleared, {}, kClearedValues},
    {"System", kServiceIds, FactKind::service, "ServiceName", kServiceValues,
     "Service Control Manager"},
    {"System", kServiceStateIds, FactKind::service_state, "param1", kParams,
     "Service Control Manager"},
    {"System", kSystemClearedIds, FactKind::log_cleared, "Channel", kClearedValues,
     "Microsoft-Windows-Eventlog"},
    {"Security", kClockAuditIds, FactKind::clock, "SubjectUserName", kClockAuditValues},
    {"System", kClockIds, FactKind::clock, {}, kClockValues, "Microsoft-Windows-Kernel-General"},
    {"Security", kStartAuditIds, FactKind::start, {}, {}},
    {"System", kStartIds, FactKind::start, {}, {}, "Microsoft-Windows-Kernel-General"},
    {"Microsoft-Windows-TaskScheduler/Operational", kTaskIds, FactKind::task, "TaskName",
     kTaskValues},
    {"Microsoft-Windows-TaskScheduler/Operational", kTaskRunIds, FactKind::task_run, "TaskName",
     kTaskRunValues},
    {"Microsoft-Windows-WMI-Activity/Operational", kWmiIds, FactKind::wmi, "CONSUMER", kWmiValues},
    {kSysmon, kSysmonProcessIds, FactKind::process, "Image", kSysmonProcessValues},
    {kSysmon, kSysmonNetworkIds, FactKind::network, "Image", kSysmonNetworkValues},
    {kSysmon, kSysmonFileIds, FactKind::file, "TargetFilename", kSysmonFileValues},
    {kSysmon, kSysmonRegistryIds, FactKind::registry, "TargetObject", kSysmonRegistryValues},
    {kSysmon, kSysmonPipeIds, FactKind::pipe, "PipeName", kSysmonPipeValues},
    {kSysmon, kSysmonWmiIds, FactKind::wmi, "Name", kSysmonWmiValues},
    {"Microsoft-Windows-TerminalServices-LocalSessionManager/Operational", kSessionIds,
     FactKind::session, "User", kSessionValues},
    {"Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational", kConnectionIds,
     FactKind::session, "Param1", kConnectionValues},
    {"Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational",
     kRdpCoreIds,
     FactKind::session,
     {},
     kRdpCoreValues},
    {"Microsoft-Windows-TerminalServices-RDPClient/Operational",
     kRdpClientIds,
     FactKind::session,
     {},
     kRdpClientValues},
    {"Microsoft-Windows-WinRM/Operational", kWinRmIds, FactKind::remoting, {}, kWinRmValues},
    {"Windows PowerShell", kPowerShellIds, FactKind::remoting, {}, kParams},
    {"Security", kAccountIds, FactKind::account_change, "TargetUserName", kAccountValues},
    {"Security", kDirectoryIds, FactKind::directory, "ObjectName", kDirectoryValues},
    {"Security", kObjectIds, FactKind::process_access, "ObjectName", kObjectValues},
    {"Security", kPrivilegeIds, FactKind::execution, "ProcessName", kPrivilegeValues},
    {"Security", kShadowCopyIds, FactKind::database, {}, kSevenParams},
    {"System", kNetlogonIds, FactKind::secure_channel, {}, kSevenParams, "NETLOGON"},
    {"Application", kDatabaseIds, FactKind::database, {}, kSevenParams, "ESENT"},
    {kSysmon, kSysmonAccessIds, FactKind::process_access, "TargetImage", kSysmonAccessValues},
    {kSysmon, kSysmonLoadIds, FactKind::module_load, "ImageLoaded", kSysmonLoadValues},
    {"Microsoft-Windows-Windows Defender/Operational", kDefenderIds, FactKind::detection,
     "Threat Name", kDefenderValues},
    {"Microsoft-Windows-PowerShell/Operational", kScriptIds, FactKind::script, "Path",
     kScriptValues},
    {"Microsoft-Windows-Bits-Client/Operational", kBitsIds, FactKind::network, {}, kBitsValues},
    {"PowerShellCore/Operational", kScriptIds, FactKind::script, "Path", kScriptValues},
};

constexpr Id kOldLogonIds[] = {528, 540, 529, 530, 531, 532, 533,
                               534, 535, 536, 539, 552, 680, 681};
constexpr Id kOldReconnectIds[] = {682, 683};
constexpr Id kOldServiceIds[] = {601};
constexpr Id kOldProcessIds[] = {592};
constexpr Id kOldClearedIds[] = {517};
constexpr Id kOldStartIds[] = {512};
constexpr EventFactRule kOldRules[] = {
    {"Security", kOldLogonIds, FactKind::logon, "TargetUserName", kLogonValues},
    {"Security", kOldReconnectIds, FactKind::session, "AccountName", kReconnectValues},
    {"Security", kOldServiceIds, FactKind::service, "ServiceName", kServiceAuditValues},
    {"Security", kOldProcessIds, FactKind::process, "NewProcessName", kProcessValues},
    {"Security", kOldClearedIds, FactKind::log_cleared, {}, kClearedValues},
    {"Security", kOldStartIds, FactKind::start, {}, {}},
};

}  // namespace

std::span<const EventFactRule> event_fact_rules() { return kRules; }
std::span<const EventFactRule> old_event_fact_rules() { return kOldRules; }

}  // namespace hozen
