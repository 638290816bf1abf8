// What Windows was told to log, by the registry: channels and logs, the trace sessions behind them,
// the Event Log service, policies. An intruder who switches a channel off, makes a log small or
// leads it elsewhere leaves no gap inside a log, but the setting. A setting shows how it was when
// the hive was read, and the time of its key when any value of it was last changed: not by whom,
// nor that events are missing because of it. Logs that tell of a change tell more. The audit policy
// (SECURITY\Policy\PolAdtEv), whose form Microsoft does not publish, is not read.
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/execution_registry.h"
#include "collector/module/log_changes.h"
#include "collector/module/log_setting.h"
#include "collector/module/log_setting_rules.h"
#include "collector/module/rules.h"

namespace hozen::modules {
namespace {

constexpr std::string_view kChannelsKey = "Microsoft\\Windows\\CurrentVersion\\WINEVT\\Channels",
                           kEventLogPolicies = "Policies\\Microsoft\\Windows\\EventLog",
                           kAuditPolicies =
                               "Microsoft\\Windows\\CurrentVersion\\Policies\\System\\Audit",
                           kVersionKey = "Microsoft\\Windows NT\\CurrentVersion";
/// Data of one odd value that is shown, characters or bytes.
constexpr std::size_t kMaxShown = 256;
constexpr std::size_t kMaxDisabled = 100;
constexpr std::uint64_t kDwordMax = std::numeric_limits<std::uint32_t>::max();

constexpr auto kSettingColumns = columns_of(kLogSettingFields);
constexpr Kind kSetting{"log_setting", "How one event log or channel is set up.", kSettingColumns,
                        "Settings of the log {log} ({place})[?enabled=false: : switched off]"};
constexpr auto kSessionColumns = columns_of(kLogSessionFields);
constexpr Kind kSession{"log_session",
                        "A trace session that the Event Log service writes logs from, as Windows "
                        "starts it.",
                        kSessionColumns,
                        "Settings of the trace session {session}[?start=false: : not started]"};
constexpr auto kSwitchColumns = columns_of(kLogSwitchFields);
constexpr Kind kSwitch{"log_switch", "A setting that switches logging of Windows on or off.",
                       kSwitchColumns, "Setting {setting}[: {value_name} = {data}]"};
constexpr std::array kKinds{kSetting, kSession, kSwitch};

constexpr std::string_view kAboutLogging =
    "https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/"
    "about_logging_windows";
constexpr std::string_view kMiniNtRule =
    "https://github.com/SigmaHQ/sigma/blob/master/rules/windows/registry/registry_event/"
    "registry_event_disable_security_events_logging_adding_reg_key_minint.yml";
constexpr std::string_view kReferences[] = {
    "https://learn.microsoft.com/windows/win32/eventlog/eventlog-key",
    "https://learn.microsoft.com/windows/win32/etw/configuring-and-starting-an-autologger-session",
    "https://learn.microsoft.com/windows/client-management/mdm/policy-csp-admx-eventlog",
    kAboutLogging,
    "https://github.com/Yamato-Security/EnableWindowsLogSettings",
    "https://jpcertcc.github.io/ToolAnalysisResultSheet/details/mstsc.htm",
    kMiniNtRule,
    "https://attack.mitre.org/techniques/T1562/002/"};
constexpr std::string_view kAttack[] = {"T1562.002", "T1112"};

/// "Enabled (REG_SZ): no".
std::string shown(const RegistryValue& value) {
  const auto text = value.text();
  std::string data =
      text ? *text
           : to_hex(std::span{value.data}.first(std::min(value.data.size(), kMaxShown / 2)));
  if (data.size() > kMaxShown) data = data.substr(0, kMaxShown) + "...";
  return value.name + " (" + reg_type_text(value.type) + "): " + to_wtf8_lossy(data);
}

std::optional<std::uint64_t> decimal(std::string_view text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, number);
  return failed == std::errc{} && stop == end ? std::optional{number} : std::nullopt;
}

/// Values of one key as Windows types them; others, and empty texts, are listed as odd.
class Values {
 public:
  Values(RegistryKey& key, std::vector<std::string>& odd) : key_{key}, odd_{odd} {}

  std::optional<std::uint64_t> number(std::string_view name, bool may_be_text = false) {
    const auto value = key_.value(name);
    if (!value) return std::nullopt;
    if (const auto number = value->number()) return number;
    if (const auto text = value->text(); text && may_be_text)
      if (const auto number = decimal(*text)) return number;
    odd_.push_back(shown(*value));
    return std::nullopt;
  }

  std::string text(std::string_view name) {
    const auto value = key_.value(name);
    if (!value) return {};
    if (auto text = value->text(); text && !text->empty()) return *std::move(text);
    odd_.push_back(shown(*value));
    return {};
  }

 private:
  RegistryKey& key_;
  std::vector<std::string>& odd_;
};

/// MaxSize has its upper half in a value of its own; policies count in KiB.
std::optional<std::uint64_t> max_size_of(Values& values, LogPlace place,
                                         std::vector<std::string>& odd) {
  const auto size = values.number("MaxSize");
  const auto upper = values.number("MaxSizeUpper");
  if (!size) return std::nullopt;
  const bool is_policy = place == LogPlace::policy;
  if (*size > kDwordMax || upper.value_or(0) > kDwordMax) {
    odd.push_back("MaxSize: " + std::to_string(*size) + " and " +
                  std::to_string(upper.value_or(0)));
    return std::nullopt;
  }
  return is_policy ? *size * 1024 : (*size | (upper.value_or(0) << 32u));
}

LogSetting setting_of(RegistryKey& key, LogPlace place) {
  LogSetting row;
  row.log = key.name();
  row.place = place;
  Values values{key, row.odd_values};
  const bool is_policy = place == LogPlace::policy;
  row.enabled = values.number("Enabled", is_policy);
  if (place == LogPlace::channel) row.type = values.number("Type");
  row.max_size_bytes = max_size_of(values, place, row.odd_values);
  row.retention = values.number("Retention", is_policy);
  row.auto_backup = values.number("AutoBackupLogFiles", is_policy);
  if (!row.auto_backup) row.auto_backup = values.number("AutoBackup", is_policy);
  row.restrict_guest_access = values.number("RestrictGuestAccess", is_policy);
  row.file = values.text("File");
  row.channel_access = values.text("ChannelAccess");
  if (row.channel_access.empty()) row.channel_access = values.text("CustomSD");
  row.owning_publisher = values.text("OwningPublisher");
  return row;
}

/// Keys of the service itself beside its logs have none of the values.
bool is_log(const LogSetting& row) {
  return row.place != LogPlace::classic || row.enabled || row.max_size_bytes || row.retention ||
         row.auto_backup || row.restrict_guest_access || !row.file.empty() ||
         !row.channel_access.empty() || !row.odd_values.empty();
}

class LogSettings {
 public:
  explicit LogSettings(ModuleContext& context) : context_{context} {}

  Result<void> run() {
    const std::vector<HiveRole> roles{HiveRole::system, HiveRole::software, HiveRole::user,
                                      HiveRole::default_user};
    auto read = each_trace_hive(context_, roles, [&](RegistryHive& hive) { read_hive(hive); });
    // What was read counts also where the run was stopped.
    for (const auto& [installation, machine] : machines_)
      for (Finding& finding : judge_logging(machine)) context_.report(std::move(finding));
    return read;
  }

 private:
  void read_hive(RegistryHive& hive) {
    LoggingMachine& machine = machines_[hive.installation];
    const auto& installations = context_.registry()->installations();
    if (hive.installation < installations.size())
      machine.windows = installations[hive.installation].windows.text();
    switch (hive.role) {
      case HiveRole::system:
        return read_system(hive, machine);
      case HiveRole::software:
        return read_software(hive, machine);
      default:
        return read_powershell(hive, "Software\\", machine);
    }
  }

  // ---- SYSTEM

  void read_system(RegistryHive& hive, LoggingMachine& machine) {
    each_control_set(hive, [&](RegistryKey& set, bool is_current) {
      LogSettingOrigin origin;
      origin.control_set = set.name();
      origin.is_current = is_current;
      if (const auto key = set.open("Services\\EventLog")) {
        read_switch(hive, **key, "Start", kSwitchService, origin, machine);
        read_logs(hive, **key, LogPlace::classic, origin, machine);
      }
      if (const auto key = set.open("Control\\MiniNt"))
        add(hive, **key, nullptr, {origin, std::string{kSwitchMiniNt}}, machine);
      read_sessions(hive, set, origin, machine);
    });
  }

  void read_sessions(RegistryHive& hive, RegistryKey& set, const LogSettingOrigin& origin,
                     LoggingMachine& machine) {
    const auto key = set.open("Control\\WMI\\Autologger");
    if (!key) return;
    each_subkey(context_, **key, [&](RegistryKey& session) {
      if (!starts_with_fold(session.name(), "EventLog-")) return;
      LogSession row;
      row.origin = origin_of(hive, session, origin);
      row.session = session.name();
      row.start = Values{session, row.odd_values}.number("Start");
      each_subkey(context_, session, [&](RegistryKey& provider) { count(row, provider); });
      row.origin.record =
          context_.emit(kSession, kLogSessionFields, row, key_envelope(hive, session));
      machine.sessions.push_back(std::move(row));
    });
  }

  static void count(LogSession& row, RegistryKey& provider) {
    ++row.providers;
    const auto value = provider.value("Enabled");
    if (!value || value->number() != 0u) return;
    ++row.disabled_providers;
    // Those that count are kept, however many others there are.
    if (row.disabled.size() < kMaxDisabled || !judged_provider(provider.name()).empty())
      row.disabled.push_back({provider.name(), provider.last_written()});
  }

  // ---- SOFTWARE and users

  void read_software(RegistryHive& hive, LoggingMachine& machine) {
    if (const auto key = key_at(hive, kVersionKey)) {
      const auto text = [&](std::string_view name) {
        const auto value = key->value(name);
        return value ? value->text().value_or("") : std::string{};
      };
      machine.has_software = true;
      const auto build = decimal(text("CurrentBuildNumber"));
      machine.build = build && *build <= kDwordMax ? static_cast<std::uint32_t>(*build) : 0;
      machine.is_pe = equals_fold(text("EditionID"), "WindowsPE") ||
                      equals_fold(text("InstallationType"), "WindowsPE");
    }
    if (const auto key = key_at(hive, kChannelsKey))
      read_logs(hive, *key, LogPlace::channel, {}, machine);
    if (const auto key = key_at(hive, kEventLogPolicies))
      read_logs(hive, *key, LogPlace::policy, {}, machine);
    if (const auto key = key_at(hive, kAuditPolicies))
      read_switch(hive, *key, "ProcessCreationIncludeCmdLine_Enabled", kSwitchCommandLines, {},
                  machine);
    read_powershell(hive, "", machine);
  }

  void read_powershell(RegistryHive& hive, std::string_view above, LoggingMachine& machine) {
    struct Known {
      std::string_view key, value, setting;
    };
    constexpr std::array kKnown{
        Known{"ScriptBlockLogging", "EnableScriptBlockLogging", kSwitchScriptBlocks},
        Known{"ModuleLogging", "EnableModuleLogging", kSwitchModules},
        Known{"Transcription", "EnableTranscripting", kSwitchTranscripts}};
    for (const std::string_view product :
         {"Policies\\Microsoft\\Windows\\PowerShell\\",
          "Wow6432Node\\Policies\\Microsoft\\Windows\\PowerShell\\",
          "Policies\\Microsoft\\PowerShellCore\\"})
      for (const Known& known : kKnown)
        if (const auto key = key_at(hive, std::string{above}.append(product).append(known.key)))
          read_switch(hive, *key, known.value, known.setting, {}, machine);
  }

  // ---- all

  static LogSettingOrigin origin_of(const RegistryHive& hive, const RegistryKey& key,
                                    LogSettingOrigin origin) {
    origin.is_whole = is_whole(hive.state);
    origin.written = key.last_written();
    if (hive.user != nullptr)
      origin.user = hive.user->name.empty() ? hive.user->sid : hive.user->name;
    return origin;
  }

  void read_logs(RegistryHive& hive, RegistryKey& logs, LogPlace place,
                 const LogSettingOrigin& origin, LoggingMachine& machine) {
    each_subkey(context_, logs, [&](RegistryKey& key) {
      LogSetting row = setting_of(key, place);
      if (!is_log(row)) return;
      row.origin = origin_of(hive, key, origin);
      row.origin.record = context_.emit(kSetting, kLogSettingFields, row, key_envelope(hive, key));
      if (!is_judged_log(row.log)) return;
      locate(hive, row);
      machine.settings.push_back(std::move(row));
    });
  }

  /// Whether the file lies where Windows keeps logs.
  void locate(const RegistryHive& hive, LogSetting& row) {
    const Registry& registry = *context_.registry();
    if (row.file.empty() || hive.installation >= registry.installations().size()) return;
    const Installation& installation = registry.installations()[hive.installation];
    constexpr std::string_view kNtRoot = "\\SystemRoot\\";
    std::string file = row.file;
    if (starts_with_fold(file, kNtRoot)) file = "%SystemRoot%\\" + file.substr(kNtRoot.size());
    file = installation.paths.expand(file, registry.environment(hive.installation, nullptr));
    const auto path = EvidencePath::parse(file);
    const EvidencePath system32 = installation.windows / "System32";
    if (path &&
        (path->is_below(system32 / "winevt" / "Logs") || path->is_below(system32 / "config")))
      return;
    row.file_elsewhere = file;
    // Of other volumes nothing is known: servers keep logs there.
    if (path && equals_fold(path->volume(), installation.windows.volume()))
      row.writable_because = writable_because(*path, installation.windows).value_or("");
  }

  void read_switch(RegistryHive& hive, RegistryKey& key, std::string_view name,
                   std::string_view setting, const LogSettingOrigin& origin,
                   LoggingMachine& machine) {
    const auto value = key.value(name);
    if (value) add(hive, key, &*value, {origin, std::string{setting}}, machine);
  }

  void add(RegistryHive& hive, RegistryKey& key, const RegistryValue* value, LogSwitch row,
           LoggingMachine& machine) {
    row.origin = origin_of(hive, key, row.origin);
    if (value != nullptr) {
      row.value_name = value->name;
      row.value_type = reg_type_text(value->type);
      row.number = value->number();
      row.data = row.number ? std::to_string(*row.number) : data_of(*value);
    }
    row.origin.record =
        context_.emit(kSwitch, kLogSwitchFields, row, key_envelope(hive, key, value));
    machine.switches.push_back(std::move(row));
  }

  static std::string data_of(const RegistryValue& value) {
    if (auto text = value.text()) return *std::move(text);
    return to_hex(std::span{value.data}.first(std::min(value.data.size(), kMaxShown / 2)));
  }

  ModuleContext& context_;
  std::map<std::size_t, LoggingMachine> machines_;  // by installation
};

Result<void> run(ModuleContext& context) { return LogSettings{context}.run(); }

Result<void> judge(ModuleContext& context) {
  for (Finding& finding : judge_log_changes(context.facts())) context.report(std::move(finding));
  return {};
}

}  // namespace

extern const ModuleSpec log_settings;
const ModuleSpec log_settings{"log_settings",
                              "What Windows is told to log, and where logging was switched off, "
                              "made small or led elsewhere.",
                              kKinds,
                              kReferences,
                              kAttack,
                              run,
                              {},
                              false,
                              judge};

}  // namespace hozen::modules
