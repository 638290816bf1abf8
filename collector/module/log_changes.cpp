#include "collector/module/log_changes.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/lateral.h"
#include "collector/module/log_setting_rules.h"
#include "collector/module/service_start.h"
#include "collector/module/sysmon_registry.h"

namespace hozen {
namespace {

/// Events of one setting that are told one by one.
constexpr std::size_t kMaxTold = 30;
/// Settings that are told: a log can be made to hold any number.
constexpr std::size_t kMaxSettings = 1000;
constexpr int kByTool = 20;

struct Change {
  std::string what;  ///< what it does, a clause
  int weight = 0;
  bool is_direction_known = true;  ///< false: whether off or on is not told
};

/// What follows the last `above` in `key`, where it is one name; "" else.
std::string_view name_below(std::string_view key, std::string_view above) {
  const std::size_t slash = key.rfind('\\');
  if (slash == std::string_view::npos || !ends_with_fold(key.substr(0, slash), above)) return {};
  return key.substr(slash + 1);
}

std::optional<Change> service_change(std::uint64_t start) {
  if (start == 4) return Change{"the Event Log service does not start any more", 60};
  if (start == 3) return Change{"the Event Log service is started by hand only", 25};
  return std::nullopt;
}

std::optional<Change> enabled_change(std::string_view key) {
  constexpr int kClassicOff = 40;
  std::string_view channel = name_below(key, "\\WINEVT\\Channels");
  if (const DefaultChannel* known = default_channel(channel))
    return Change{"the channel " + std::string{channel} + ", which holds " +
                      std::string{known->holds} + ", was switched off",
                  known->weight};
  if (channel.empty()) channel = name_below(key, "\\Services\\EventLog");
  if (is_classic_log(channel))
    return Change{"the log " + std::string{channel} +
                      ", which every Windows has on, was told to be off (Enabled 0)",
                  kClassicOff};
  if (const auto log = name_below(key, "\\Policies\\Microsoft\\Windows\\EventLog"); !log.empty())
    return Change{"a policy switches the log " + std::string{log} + " off", 20};
  const std::size_t session = key.rfind('\\');
  const std::string_view provider = session == std::string_view::npos
                                        ? std::string_view{}
                                        : judged_provider(key.substr(session + 1));
  const std::string_view name =
      provider.empty() ? std::string_view{}
                       : name_below(key.substr(0, session), "\\Control\\WMI\\Autologger");
  if (starts_with_fold(name, "EventLog-"))
    return Change{"the trace session " + std::string{name} + " takes no events from " +
                      std::string{provider} + " after the next start",
                  40};
  return std::nullopt;
}

std::optional<Change> powershell_change(std::string_view key, std::string_view value) {
  const bool is_policy = contains_fold(key, "\\Policies\\Microsoft\\Windows\\PowerShell\\") ||
                         contains_fold(key, "\\Policies\\Microsoft\\PowerShellCore\\");
  if (!is_policy) return std::nullopt;
  if (equals_fold(value, "EnableScriptBlockLogging"))
    return Change{"PowerShell logs no script blocks, not even suspicious ones", 20};
  if (equals_fold(value, "EnableModuleLogging")) return Change{"PowerShell logs no modules", 15};
  if (equals_fold(value, "EnableTranscripting"))
    return Change{"PowerShell writes no transcripts", 15};
  return std::nullopt;
}

std::optional<Change> value_change(const SysmonKey& path, std::uint64_t number) {
  if (equals_fold(path.value, "Start") && ends_with_fold(path.key, "\\Services\\EventLog"))
    return service_change(number);
  if (number != 0) return std::nullopt;
  if (equals_fold(path.value, "Enabled")) return enabled_change(path.key);
  const std::string_view session = name_below(path.key, "\\Control\\WMI\\Autologger");
  if (equals_fold(path.value, "Start") && starts_with_fold(session, "EventLog-"))
    return Change{"the trace session " + std::string{session} +
                      ", from which logs are written, is not started with Windows any more",
                  50};
  return powershell_change(path.key, path.value);
}

std::optional<Change> registry_change(const Fact& fact) {
  if (ends_with_fold(fact.subject, "\\Control\\MiniNt"))
    return fact.event_id == 12 && fact.values["EventType"] == "CreateKey"
               ? std::optional{Change{"Windows takes itself for Windows PE, and logs nothing to "
                                      "Security after the next start of the Event Log service",
                                      60}}
               : std::nullopt;
  const auto path = fact.event_id == 13 ? sysmon_key(fact.subject) : std::nullopt;
  const auto value = path ? sysmon_value(path->value, fact.values["Details"]) : std::nullopt;
  const auto number = value ? value->number() : std::nullopt;
  return number ? value_change(*path, *number) : std::nullopt;
}

/// Texts of 7040 are in the language of Windows; a service's key is not, nor what Sysmon tells.
std::optional<Change> start_change(const FactBook& book, const Fact& fact) {
  if (fact.event_id != 7040 || !equals_fold(fact.values["param4"], "EventLog")) return std::nullopt;
  const std::string from{fact.values["param2"]}, to{fact.values["param3"]};
  ServiceStart start = service_start(to);
  if (start == ServiceStart::unknown)
    start = written_start(book, "HKLM\\System\\CurrentControlSet\\Services\\EventLog", fact.time);
  if (start == ServiceStart::automatic) return std::nullopt;
  std::string what =
      "the start type of the service EventLog was changed from '" + from + "' to '" + to + "'";
  if (start == ServiceStart::unknown)
    what +=
        "; these words are in the language of Windows, and do not tell whether it was switched "
        "off or on";
  return Change{std::move(what), start == ServiceStart::disabled ? 60 : 25,
                start != ServiceStart::unknown};
}

/// Policies and the Event Log service itself write through svchost.
bool is_tool(std::string_view image) {
  constexpr std::string_view kTools[] = {
      "reg.exe",   "powershell.exe", "pwsh.exe",     "cmd.exe",      "wscript.exe", "cscript.exe",
      "mshta.exe", "rundll32.exe",   "regsvr32.exe", "wmiprvse.exe", "regedit.exe", "python.exe"};
  return !lateral::one_of_names(image, kTools).empty();
}

class Changes {
 public:
  void take(const Fact& fact, const Change& change, std::string subject) {
    const std::string folded = fold_case(subject);
    if (!findings_.contains(folded) && findings_.size() >= kMaxSettings) return;
    Finding& finding = findings_[folded];
    if (finding.why.empty()) {
      start(finding, std::move(subject));
      if (!change.is_direction_known) start_untold(finding);
    }
    if (finding.why.size() >= kMaxTold) return;
    const std::string_view image = fact.values["Image"], user = fact.values["User"];
    std::string text = "At " + fact.time.iso8601() + ": " + change.what;
    if (!image.empty()) text += "; written by " + std::string{image};
    if (!user.empty()) text += " as " + std::string{user};
    add(finding, text + ".", change.weight, Family::registry_state, fact);
    if (is_tool(image))
      add(finding, std::string{image} + " is no part of Windows that sets logs up.", kByTool,
          Family::path, fact);
  }

  std::vector<Finding> all() {
    std::vector<Finding> findings;
    findings.reserve(findings_.size());
    for (auto& [subject, finding] : findings_) findings.push_back(std::move(finding));
    return findings;
  }

 private:
  static void start(Finding& finding, std::string subject) {
    finding.rule = "log_settings.switched_off";
    finding.title = "Logging of Windows was switched off";
    finding.subject = std::move(subject);
    finding.attack = {"T1562.002"};
    finding.benign = {
        "Administrators, and tools that are to make Windows faster or more private, do so: is the "
        "account one of theirs?"};
    finding.not_checked = {"Whether it was switched on again later, and whether it took effect."};
    finding.next = {
        "What is set now: records of the kinds log_setting, log_session and "
        "log_switch.",
        "What that program was started by, and what else it did."};
  }

  /// A change that may as well have switched it on.
  static void start_untold(Finding& finding) {
    finding.rule = "log_settings.start_type_changed";
    finding.title =
        "The start type of the Event Log service was changed, whether off or on is not told";
    finding.next.push_back("What these words mean in the language of that Windows.");
  }

  /// The weightiest of each side counts, whatever the number of events.
  static void add(Finding& finding, std::string text, int weight, Family family, const Fact& fact) {
    int counted = 0;
    for (const Why& why : finding.why)
      if (why.family == family) counted += why.weight;
    finding.why.push_back({std::move(text), std::max(weight - counted, 0), family, {fact.record}});
  }

  std::map<std::string, Finding> findings_;  // by folded subject
};

}  // namespace

std::vector<Finding> judge_log_changes(const FactBook& book) {
  Changes changes;
  for (const Fact& fact : book.facts(FactKind::registry))
    if (const auto change = registry_change(fact)) changes.take(fact, *change, fact.subject);
  for (const Fact& fact : book.facts(FactKind::service_state))
    if (const auto change = start_change(book, fact))
      changes.take(
          fact, *change,
          change->is_direction_known ? "service EventLog" : "start type of the service EventLog");
  return changes.all();
}

}  // namespace hozen
