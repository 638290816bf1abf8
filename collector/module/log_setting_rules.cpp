#include "collector/module/log_setting_rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "collector/base/text.h"

namespace hozen {
namespace {

/// Nothing that is read in the registry alone, however much of it, is more than medium.
constexpr int kMostPoints = 65, kMostLowPoints = 39;
constexpr int kFurtherPoints = 10;
/// Below every default: 1 MiB since Vista (other than XP's 512 KiB).
constexpr std::uint64_t kSmallBytes = 0x10'0000, kSmallOldBytes = 0x8'0000;
constexpr std::uint64_t kServiceManual = 3, kServiceDisabled = 4;

/// Until when it was set, at the latest.
std::string written_text(FileTime written) {
  if (!written.is_set()) return " (its key does not say when it was last written)";
  return " (its key was last written at " + written.iso8601() + ", so it was set not later)";
}

std::string count_text(std::uint64_t bytes) { return std::to_string(bytes) + " bytes"; }

/// What holds for every finding here.
Finding begin(const LoggingMachine& machine, std::string_view rule, std::string title) {
  Finding finding;
  finding.rule = "log_settings." + std::string{rule};
  finding.title = std::move(title);
  finding.subject = machine.windows;
  finding.attack = {"T1562.002"};
  finding.not_checked = {
      "Who set it and when: the time is that of the last change of any value of the key, and "
      "programs can write keys without it."};
  return finding;
}

/// The first ones of what a finding is about follow the Windows that it is about.
void name_in_subject(Finding& finding, std::string_view what) {
  constexpr std::size_t kMostNamed = 3;
  const std::size_t named = finding.why.size();
  if (named < kMostNamed)
    finding.subject += (named == 0 ? ": " : ", ") + std::string{what};
  else if (named == kMostNamed)
    finding.subject += " and others";
}

/// `what` is the log, session or value that it is about.
void add(Finding& finding, std::string_view what, std::string fact, int weight,
         const LogSettingOrigin& origin) {
  constexpr std::string_view kNotWhole =
      "What was changed last: the hive was not closed properly, and no transaction log that fits "
      "was there.";
  name_in_subject(finding, what);
  finding.why.push_back({std::move(fact), weight, Family::registry_state, {origin.record}});
  if (!origin.is_whole && finding.not_checked.back() != kNotWhole)
    finding.not_checked.emplace_back(kNotWhole);
}

/// The weightiest counts in full, each other one a little, up to `most`.
void limit_points(Finding& finding, int most) {
  const auto first = std::ranges::max_element(finding.why, {}, &Why::weight);
  int sum = first->weight;
  for (auto why = finding.why.begin(); why != finding.why.end(); ++why) {
    if (why == first) continue;
    why->weight = std::min({why->weight, kFurtherPoints, std::max(most - sum, 0)});
    sum += why->weight;
  }
}

void give(std::vector<Finding>& findings, Finding finding, int most = kMostPoints) {
  if (finding.why.empty()) return;
  limit_points(finding, most);
  findings.push_back(std::move(finding));
}

// ---- logs and channels

void judge_channels(const LoggingMachine& machine, std::vector<Finding>& findings) {
  Finding finding =
      begin(machine, "channel_off", "Logs that Windows keeps by default are switched off");
  constexpr int kClassicOff = 40;
  bool has_sysmon = false, is_heeded = true;
  for (const LogSetting& one : machine.settings) {
    if (one.place == LogPlace::policy || one.enabled != 0u || !one.origin.is_current) continue;
    if (is_classic_log(one.log)) {
      add(finding, one.log,
          "The log " + one.log + " is told to be off (Enabled 0)" +
              written_text(one.origin.written) + "; every Windows has it on.",
          kClassicOff, one.origin);
      is_heeded = false;
      continue;
    }
    const DefaultChannel* channel = default_channel(one.log);
    if (one.place != LogPlace::channel || channel == nullptr ||
        machine.build < channel->first_build)
      continue;
    add(finding, one.log,
        "The channel " + one.log + ", which holds " + std::string{channel->holds} +
            ", is switched off (Enabled 0)" + written_text(one.origin.written) + "; it is on " +
            (channel->first_build == 0 ? "when it is installed." : "by default."),
        channel->weight, one.origin);
    has_sysmon = has_sysmon || channel->first_build == 0;
  }
  finding.benign = {
      "Administrators, and tools that are to make Windows faster or more private, switch channels "
      "off: ask who did."};
  if (has_sysmon)
    finding.benign.emplace_back("A Sysmon that was removed may leave the key of its channel.");
  if (!is_heeded)
    finding.not_checked.emplace_back(
        "Whether the Event Log service heeds Enabled for a log of its own: the last events of it "
        "tell.");
  finding.next = {
      "The last events of these logs (records of the kind event_log tell how far each reaches): "
      "what came after was not logged.",
      "wevtutil, reg and PowerShell among the programs that ran before it."};
  give(findings, std::move(finding));
}

/// XP's default is 512 KiB, and its logs end in .evt. A channel is held against what is known of
/// it.
bool is_small(const LogSetting& one) {
  const bool is_known =
      one.place == LogPlace::channel ? default_channel(one.log) != nullptr : is_judged_log(one.log);
  if (!one.max_size_bytes || !is_known) return false;
  const bool is_later = one.place != LogPlace::classic || ends_with_fold(one.file, ".evtx");
  return *one.max_size_bytes < (is_later ? kSmallBytes : kSmallOldBytes);
}

void judge_sizes(const LoggingMachine& machine, std::vector<Finding>& findings) {
  Finding finding = begin(machine, "small_log", "Logs are kept smaller than Windows keeps them");
  for (const LogSetting& one : machine.settings)
    if (one.origin.is_current && is_small(one))
      add(finding, one.log,
          (one.place == LogPlace::policy ? "A policy lets the log " : "The log ") + one.log +
              (one.place == LogPlace::policy ? " grow to " : " may grow to ") +
              count_text(*one.max_size_bytes) + " only" + written_text(one.origin.written) +
              ": old events are soon overwritten, or new ones dropped.",
          one.place == LogPlace::policy ? 15 : 25, one.origin);
  finding.benign = {"Machines with little space are set up so."};
  finding.not_checked.emplace_back(
      "Whether Windows keeps to it: later Windows takes no size below 1 MiB from its tools.");
  finding.next = {"How far each log reaches (records of the kind event_log)."};
  give(findings, std::move(finding), kMostLowPoints);
}

const LogSetting* policy_for(const LoggingMachine& machine, std::string_view log) {
  const auto found = std::ranges::find_if(machine.settings, [&](const LogSetting& one) {
    return one.place == LogPlace::policy && equals_fold(one.log, log);
  });
  return found != machine.settings.end() ? &*found : nullptr;
}

/// Whether a full log takes no new events: old ones are kept, and it is not put aside either. A
/// policy decides where it says something, and has its own place.
bool stops_when_full(const LoggingMachine& machine, const LogSetting& one) {
  constexpr std::uint64_t kKeepAll = 0xFFFF'FFFF, kPolicyKeepsAll = 1;
  const bool is_policy = one.place == LogPlace::policy;
  if (!one.origin.is_current || !is_judged_log(one.log)) return false;
  if (one.retention != (is_policy ? kPolicyKeepsAll : kKeepAll)) return false;
  const LogSetting* policy = is_policy ? nullptr : policy_for(machine, one.log);
  if (policy != nullptr && policy->retention) return false;
  const auto of_policy = policy != nullptr ? policy->auto_backup : std::nullopt;
  return of_policy.value_or(one.auto_backup.value_or(0)) == 0;
}

void judge_retention(const LoggingMachine& machine, std::vector<Finding>& findings) {
  Finding finding = begin(machine, "stops_when_full", "Logs take no new events when they are full");
  for (const LogSetting& one : machine.settings)
    if (stops_when_full(machine, one))
      add(finding, one.log,
          (one.place == LogPlace::policy ? "A policy has the log " : "The log ") + one.log +
              (one.place == LogPlace::policy ? " keep" : " keeps") + " all old events (Retention " +
              std::to_string(*one.retention) + "), and it is not put aside when it is full" +
              written_text(one.origin.written) +
              ": from then on nothing is logged. By default old events are overwritten.",
          one.place == LogPlace::policy ? 15 : 25, one.origin);
  finding.benign = {
      "Rules for some servers ask that no event be overwritten: then somebody saves and clears the "
      "log, or has it sent elsewhere."};
  finding.not_checked.emplace_back("Whether a log was full: its size against the largest tells.");
  finding.next = {"How far each log reaches (records of the kind event_log)."};
  give(findings, std::move(finding), kMostLowPoints);
}

bool has_policy_for_file(const LoggingMachine& machine, std::string_view log) {
  return std::ranges::any_of(machine.settings, [&](const LogSetting& one) {
    return one.place == LogPlace::policy && !one.file.empty() && equals_fold(one.log, log);
  });
}

void judge_files(const LoggingMachine& machine, std::vector<Finding>& findings) {
  for (const LogSetting& one : machine.settings) {
    if (!one.origin.is_current || one.file_elsewhere.empty() || !is_judged_log(one.log)) continue;
    const bool is_policy = one.place == LogPlace::policy;
    // A policy decides, and has its own finding.
    if (!is_policy && has_policy_for_file(machine, one.log)) continue;
    Finding finding = begin(machine, "redirected_file", "A log is written to another place");
    add(finding, one.log,
        "The log " + one.log + " is written to " + one.file_elsewhere +
            (is_policy ? " by policy" : "") + written_text(one.origin.written) +
            ", not to the folder in which Windows keeps logs.",
        is_policy ? 10 : 30, one.origin);
    if (!one.writable_because.empty())
      finding.why.push_back(
          {"Ordinary users can write there, as Windows sets it up: " + one.writable_because + ".",
           is_policy ? 5 : 15,
           Family::location,
           {one.origin.record}});
    finding.benign = {"Servers keep large logs on another volume."};
    finding.not_checked.emplace_back("Whether the file is there and holds what it should.");
    finding.next = {
        "The file there, and the one in the usual folder: its last events are the time "
        "of the change."};
    findings.push_back(std::move(finding));
  }
}

void judge_policies(const LoggingMachine& machine, std::vector<Finding>& findings) {
  Finding finding = begin(machine, "policy_off", "A policy switches a log off");
  for (const LogSetting& one : machine.settings)
    if (one.place == LogPlace::policy && one.enabled == 0u)
      add(finding, one.log,
          "The policy for the log " + one.log + " says Enabled 0" +
              written_text(one.origin.written) + ".",
          20, one.origin);
  finding.benign = {"Policies are set by administrators: is it in those of the domain?"};
  give(findings, std::move(finding), kMostLowPoints);
}

// ---- sessions

void judge_sessions(const LoggingMachine& machine, std::vector<Finding>& findings) {
  Finding off = begin(machine, "session_off", "Logs get no events after the next start");
  Finding silenced = begin(machine, "provider_off", "A provider of events is silenced");
  for (const LogSession& one : machine.sessions) {
    if (!one.origin.is_current) continue;
    if (one.start == 0u)
      add(off, one.session,
          "The trace session " + one.session +
              ", from which the Event Log service writes logs, is not started with Windows "
              "(Start 0)" +
              written_text(one.origin.written) + ".",
          50, one.origin);
    for (const LogSession::Provider& provider : one.disabled)
      if (const std::string_view name = judged_provider(provider.guid); !name.empty())
        add(silenced, one.session + " without " + std::string{name},
            "The trace session " + one.session + " takes no events from " + std::string{name} +
                " (" + provider.guid + ", Enabled 0)" + written_text(provider.written) + ".",
            40, one.origin);
  }
  for (Finding* finding : {&off, &silenced}) {
    finding->benign = {"No setting of Windows' own tools is known to do it to this log."};
    finding->not_checked.emplace_back(
        "Whether Windows was started since: until then the session runs as before.");
    finding->next = {"The starts of Windows after that time, and whether the logs go on there."};
  }
  silenced.benign = {"Windows does so itself when each channel of the provider is switched off."};
  give(findings, std::move(off));
  give(findings, std::move(silenced));
}

// ---- switches

void judge_service(const LoggingMachine& machine, std::vector<Finding>& findings) {
  Finding finding = begin(machine, "service_off", "The Event Log service does not start");
  for (const LogSwitch& one : machine.switches) {
    if (one.setting != kSwitchService || !one.origin.is_current) continue;
    if (one.number == kServiceDisabled)
      add(finding, "service EventLog",
          "The service EventLog is disabled (Start 4)" + written_text(one.origin.written) +
              ": Windows logs nothing from the next start on.",
          60, one.origin);
    if (one.number == kServiceManual)
      add(finding, "service EventLog",
          "The service EventLog is started by hand only (Start 3)" +
              written_text(one.origin.written) + "; by default it starts with Windows (Start 2).",
          25, one.origin);
  }
  finding.benign = {"Tools that are to make Windows faster have switched it off."};
  finding.next = {"System 7040 tells who changed the start type of a service, if it was logged.",
                  "The last events of all logs."};
  give(findings, std::move(finding));
}

void judge_mini_nt(const LoggingMachine& machine, std::vector<Finding>& findings) {
  if (machine.is_pe) return;
  Finding finding = begin(machine, "mini_nt", "Windows is told that it is Windows PE");
  for (const LogSwitch& one : machine.switches)
    if (one.setting == kSwitchMiniNt && one.origin.is_current)
      add(finding, "key Control\\MiniNt",
          "The key Control\\MiniNt is there" + written_text(one.origin.written) +
              ": Windows takes itself for Windows PE, and the Event Log service writes nothing to "
              "Security from its next start on.",
          60, one.origin);
  finding.attack.emplace_back("T1112");
  finding.benign = {"Windows PE and the recovery environment have it."};
  if (!machine.has_software) {
    finding.innocent_explanation_unchecked = true;
    finding.not_checked.emplace_back(
        "Whether this is Windows PE: its SOFTWARE hive, which tells, could not be read.");
  }
  finding.next = {"The last events of Security.", "Programs that wrote to the registry then."};
  give(findings, std::move(finding));
}

struct PowerShellSwitch {
  std::string_view setting, words;
  int weight;
};
/// Only the first changes anything: without a policy the others are off, and PowerShell logs
/// suspicious script blocks.
constexpr std::array kPowerShell{
    PowerShellSwitch{kSwitchScriptBlocks,
                     "logging of script blocks, also of those that PowerShell logs by itself "
                     "because they are suspicious",
                     20},
    PowerShellSwitch{kSwitchModules, "logging of modules", 15},
    PowerShellSwitch{kSwitchTranscripts, "transcripts", 15}};

void judge_powershell(const LoggingMachine& machine, std::vector<Finding>& findings) {
  Finding finding =
      begin(machine, "powershell_policy_off", "A policy switches logging of PowerShell off");
  for (const LogSwitch& one : machine.switches)
    for (const PowerShellSwitch& known : kPowerShell)
      if (one.setting == known.setting && one.number == 0u)
        add(finding, one.value_name,
            (one.origin.user.empty() ? "A policy switches off "
                                     : "A policy of " + one.origin.user + " switches off ") +
                std::string{known.words} + " (" + one.value_name + " 0)" +
                written_text(one.origin.written) + ".",
            known.weight, one.origin);
  finding.benign = {
      "Some lists of recommended settings (older ones of CIS) have these policies switched off: "
      "are "
      "they in the policies of the domain?"};
  finding.next = {"Records of the module powershell_history tell what was typed."};
  give(findings, std::move(finding), kMostLowPoints);
}

}  // namespace

std::vector<Finding> judge_logging(const LoggingMachine& machine) {
  std::vector<Finding> findings;
  judge_channels(machine, findings);
  judge_sizes(machine, findings);
  judge_retention(machine, findings);
  judge_files(machine, findings);
  judge_policies(machine, findings);
  judge_sessions(machine, findings);
  judge_service(machine, findings);
  judge_mini_nt(machine, findings);
  judge_powershell(machine, findings);
  return findings;
}

}  // namespace hozen
