#include "collector/module/event_fact.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "collector/base/bytes.h"
#include "collector/base/text.h"
#include "collector/base/time_text.h"
#include "collector/formats/task_xml.h"
#include "collector/module/event_table.h"

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
};

// Log Security of Windows XP and before; Microsoft, "Mapping pre-Vista Security Event IDs to
// Security Event IDs in Vista+" (Eric Fitzgerald, 2009).
struct OldId {
  Id old = 0, since_vista = 0;
};
constexpr OldId kOldIds[] = {{528, 4624}, {540, 4624}, {529, 4625}, {530, 4625}, {531, 4625},
                             {532, 4625}, {533, 4625}, {534, 4625}, {535, 4625}, {536, 4625},
                             {539, 4625}, {552, 4648}, {680, 4776}, {681, 4776}, {682, 4778},
                             {683, 4779}, {601, 4697}, {592, 4688}, {517, 1102}, {512, 4608}};
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

Id since_vista(const EventView& event) {
  if (!event.is_old || !equals_fold(event.channel, "Security")) return event.event_id;
  const auto found = std::find_if(std::begin(kOldIds), std::end(kOldIds),
                                  [&](const OldId& one) { return one.old == event.event_id; });
  return found == std::end(kOldIds) ? event.event_id : found->since_vista;
}

/// Logons that every host has by the thousand: of services, at start, of the accounts that draw
/// the desktop, of SYSTEM's privileges.
bool is_everyday_logon(const Fact& fact) {
  const FactValues& values = fact.values;
  const std::string_view type = values["LogonType"];
  if (fact.event_id == 4624 && (type == "5" || type == "0")) return true;
  if (fact.event_id == 4672) return values["SubjectUserSid"].starts_with("S-1-5-18");
  // A domain controller gives out tickets all day; those it refused tell of guessing.
  if (fact.event_id == 4768) return values["Status"] == "0x0";
  const std::string_view sid = values["TargetUserSid"];
  return sid.starts_with("S-1-5-90-") || sid.starts_with("S-1-5-96-");
}

/// Sysmon may be set up to tell every key that is made, and each start of each program writes to
/// one. A key that counts by being there is told by nothing else.
bool is_everyday_key(const Fact& fact) {
  return (fact.values["EventType"] == "CreateKey" &&
          !ends_with_fold(fact.subject, "\\Control\\MiniNt")) ||
         contains_fold(fact.subject, "\\bam\\State\\UserSettings\\");
}

/// Clocks are corrected by parts of a second all day, and other events of System are called 1.
bool is_clock_change(const Fact& fact) {
  constexpr std::uint64_t kLeast = 60 * kTicksPerSecond;
  const bool audit = fact.event_id == 4616;
  const auto before = parse_rendered_time(fact.values[audit ? "PreviousTime" : "OldTime"]);
  const auto after = parse_rendered_time(fact.values["NewTime"]);
  return before && after &&
         std::max(before->ticks, after->ticks) - std::min(before->ticks, after->ticks) >= kLeast;
}

bool is_kept(const Fact& fact) {
  switch (fact.kind) {
    case FactKind::logon:
      return !is_everyday_logon(fact);
    case FactKind::share:  // 5142 and 5144 tell of shares made and removed: all of them
      return fact.event_id < 5145 && fact.event_id != 5140
                 ? true
                 : fact.values["ShareName"].ends_with('$');
    case FactKind::service_state:
      return fact.event_id != 4674 || equals_fold(fact.values["ObjectServer"], "SC Manager");
    case FactKind::registry:
      return !is_everyday_key(fact);
    case FactKind::clock:
      return is_clock_change(fact);
    case FactKind::remoting:
      return fact.event_id != 400 ||
             fact.values["param3"].find("ServerRemoteHost") != std::string_view::npos;
    default:
      return true;
  }
}

/// Values are cut, and a filter may be long: what the consumer runs must not be cut off.
std::string consumer_first(const std::string& cause) {
  constexpr std::string_view kConsumer = "\nPerm. Consumer:";  // MOF has no line ends in strings
  const std::size_t at = cause.find(kConsumer);
  return at == std::string::npos ? cause : cause.substr(at + 1) + "\n" + cause.substr(0, at);
}

void add_value(Fact& fact, Name name, const std::string& value) {
  if (value != "-") fact.values.add(name, name == "PossibleCause" ? consumer_first(value) : value);
}

/// What the first action of a task starts.
void add_command(Fact& fact, std::string_view xml) {
  const auto task = parse_task_xml(bytes_of(xml));
  if (!task) return;
  const auto action = std::find_if(task->actions.begin(), task->actions.end(),
                                   [](const TaskAction& one) { return !one.command.empty(); });
  if (action == task->actions.end()) return;
  fact.values.add("Command", action->command);
  fact.values.add("Arguments", action->arguments);
}

const EventFactRule* rule_of(const EventView& event) {
  const bool is_old = event.is_old && equals_fold(event.channel, "Security");
  for (const EventFactRule& rule : is_old ? old_event_fact_rules() : event_fact_rules())
    if (std::find(rule.ids.begin(), rule.ids.end(), event.event_id) != rule.ids.end() &&
        equals_fold(rule.channel, event.channel) && is_provider(rule.provider, event.provider))
      return &rule;
  return nullptr;
}

}  // namespace

std::span<const EventFactRule> event_fact_rules() { return kRules; }
std::span<const EventFactRule> old_event_fact_rules() { return kOldRules; }

std::optional<Fact> fact_of_event(const EventView& event) {
  const EventFactRule* rule = rule_of(event);
  if (rule == nullptr) return std::nullopt;
  Fact fact;
  fact.kind = rule->kind;
  const bool is_act = rule->kind == FactKind::service || rule->kind == FactKind::process;
  if (is_act && event.is_failure) return std::nullopt;
  fact.event_id = since_vista(event);
  fact.time = event.time;
  for (const Name name : rule->values) {
    const auto value = event.value(name);
    if (!value) continue;
    if (name == rule->subject) fact.subject = *value;
    add_value(fact, name, *value);
  }
  // An old event whose strings are not known by name.
  if (event.is_old && !rule->subject.empty() && fact.subject.empty()) return std::nullopt;
  fact.values.add("UserSid", event.user_sid);
  if (event.is_old && rule->kind == FactKind::logon) {
    fact.values.add("Computer", event.computer);
    fact.values.add("OldEvent", std::to_string(event.event_id));
  }
  if (!event.is_live) fact.values.add("Place", "recovered");
  if (event.is_failure && rule->kind != FactKind::logon) fact.values.add("Audit", "failure");
  if (fact.kind == FactKind::logon && fact.subject.ends_with('$'))
    fact.kind = FactKind::machine_logon;
  if (!is_kept(fact)) return std::nullopt;
  if (fact.kind == FactKind::task)
    if (const auto xml = event.value(event.event_id == 4702 ? "TaskContentNew" : "TaskContent"))
      add_command(fact, *xml);
  return fact;
}

}  // namespace hozen
