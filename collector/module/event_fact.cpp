#include "collector/module/event_fact.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "collector/base/bytes.h"
#include "collector/base/text.h"
#include "collector/base/time_text.h"
#include "collector/formats/task_xml.h"
#include "collector/module/credential_signs.h"
#include "collector/module/event_table.h"

namespace hozen {
namespace {

using Id = std::uint32_t;
using Name = std::string_view;

// Log Security of Windows XP and before; Microsoft, "Mapping pre-Vista Security Event IDs to
// Security Event IDs in Vista+" (Eric Fitzgerald, 2009).
struct OldId {
  Id old = 0, since_vista = 0;
};
constexpr OldId kOldIds[] = {{528, 4624}, {540, 4624}, {529, 4625}, {530, 4625}, {531, 4625},
                             {532, 4625}, {533, 4625}, {534, 4625}, {535, 4625}, {536, 4625},
                             {539, 4625}, {552, 4648}, {680, 4776}, {681, 4776}, {682, 4778},
                             {683, 4779}, {601, 4697}, {592, 4688}, {517, 1102}, {512, 4608}};
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

/// A domain controller tells each use of an object; the rights that copy the directory's secrets to
/// another one are few (Microsoft, MS-ADTS 5.1.3.2.1, control access rights).
bool is_directory_fact(const Fact& fact) {
  constexpr std::string_view kReplication[] = {
      "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2",   // DS-Replication-Get-Changes
      "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2",   // DS-Replication-Get-Changes-All
      "89e95b76-444d-4c62-991a-0facbeda640c"};  // DS-Replication-Get-Changes-In-Filtered-Set
  if (fact.event_id != 4662) return true;
  const std::string_view properties = fact.values["Properties"];
  return std::any_of(std::begin(kReplication), std::end(kReplication),
                     [&](auto right) { return contains_fold(properties, right); });
}

/// Processes open each other all day; the one that holds the secrets of accounts is lsass.
bool is_process_access(const Fact& fact) {
  if (fact.event_id == 8) return true;
  if (fact.event_id != 10 && fact.values["ObjectType"] != "Process") return false;
  return ends_with_fold(fact.subject, "\\lsass.exe");
}

/// Sound DLLs of Windows are loaded by the thousand.
bool is_load_of_note(const Fact& fact) {
  if (fact.values["Signed"] != "true" || fact.values["SignatureStatus"] != "Valid") return true;
  return fact.subject.size() < 3 || !starts_with_fold(fact.subject.substr(1), ":\\Windows\\");
}

/// What updates come from is not kept: BITS fetches them all day.
bool is_transfer_of_note(const Fact& fact) {
  constexpr Name kUpdates[] = {
      "microsoft.com", "windowsupdate.com", "windows.com", "msedge.net",
      "office.net",    "office.com",        "live.com",    "gvt1.com",
      "google.com",    "googleapis.com",    "mozilla.net", "mozilla.org",
      "adobe.com",     "visualstudio.com",  "skype.com",   "akamaized.net"};
  constexpr Id kFirstOfBits = 59;
  if (fact.event_id < kFirstOfBits) return true;
  const Name url = fact.values["url"];
  const std::size_t scheme = url.find("://");
  if (scheme == Name::npos) return true;  // a file of this host or of a share
  Name host = url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/:?"));
  return std::none_of(std::begin(kUpdates), std::end(kUpdates), [&](Name known) {
    return ends_with_fold(host, known) &&
           (host.size() == known.size() || host[host.size() - known.size() - 1] == '.');
  });
}

/// Installed programs use privileges all day; of others it is a trace that they ran.
bool is_use_of_privilege(const Fact& fact) {
  using credentials::Place;
  const Place place = credentials::place_of(fact.subject);
  const std::string_view privileges = fact.values["PrivilegeList"];
  return (contains_fold(privileges, "SeTcbPrivilege") ||
          contains_fold(privileges, "SeDebugPrivilege")) &&
         place != Place::windows && place != Place::program_files &&
         place != Place::security_product;
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
    case FactKind::directory:
      return is_directory_fact(fact);
    case FactKind::process_access:
      return is_process_access(fact);
    case FactKind::execution:
      return is_use_of_privilege(fact);
    case FactKind::module_load:
      return is_load_of_note(fact);
    case FactKind::network:
      return is_transfer_of_note(fact);
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

/// Scripts are long and values are cut: by which words of tools it is known stands beside it.
void add_signs(Fact& fact, std::string_view script) {
  if (const std::string words = credentials::telling_words(script); !words.empty())
    fact.values.add("Signs", words);
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
    if (name == "ScriptBlockText") add_signs(fact, *value);
  }
  // An old event whose strings are not known by name.
  if (event.is_old && !rule->subject.empty() && fact.subject.empty()) return std::nullopt;
  fact.values.add("UserSid", event.user_sid);
  if (event.is_old && rule->kind == FactKind::logon) {
    fact.values.add("Computer", event.computer);
    fact.values.add("OldEvent", std::to_string(event.event_id));
  }
  if (fact.kind == FactKind::execution) fact.values.add("source", "privilege_use");
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
