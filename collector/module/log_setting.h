// Rows of the module log_settings: what the registry tells Windows to log, and where to.
//
// Source: Microsoft, "Eventlog Key" and "Channel configuration properties"
// (EVT_CHANNEL_CONFIG_PROPERTY_ID), "Configuring and Starting an AutoLogger Session"; EventLog.admx
// (policies: MaxSize in KiB, Retention and AutoBackupLogFiles as text "0" and "1"); values of
// SYSTEM hives of Windows 7 and 10.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/filetime.h"
#include "collector/module/cells.h"

namespace hozen {

/// Which registry key tells it.
enum class LogPlace : std::uint8_t { channel, classic, policy };
std::string_view to_text(LogPlace place);

/// Where an entry was read, for the rules.
struct LogSettingOrigin {
  std::string control_set{};  ///< "" below SOFTWARE
  bool is_current = true;     ///< no other control set's
  std::string user{};         ///< whose hive it is, "" for the machine
  bool is_whole = true;       ///< its hive was read with all that its transaction logs hold
  FileTime written{};         ///< last write of the key
  std::string record{};       ///< id of the record that shows it
};

/// One log or channel. Numbers are absent where there is no value, or none that is a number: those
/// stand in `odd_values`.
struct LogSetting {
  LogSettingOrigin origin{};
  std::string log;
  LogPlace place = LogPlace::channel;
  std::optional<std::uint64_t> enabled{}, type{}, max_size_bytes{}, retention{}, auto_backup{},
      restrict_guest_access{};
  std::string file{}, channel_access{}, owning_publisher{};
  std::vector<std::string> odd_values{};
  /// `file` with its variables filled in where it does not lead to a folder in which Windows keeps
  /// logs; else "".
  std::string file_elsewhere{};
  std::string writable_because{};  ///< why ordinary users may write there; "" when they may not
};

/// A trace session that EventLog writes logs from, as it is started with Windows.
struct LogSession {
  struct Provider {
    std::string guid;
    FileTime written{};
  };
  LogSettingOrigin origin{};
  std::string session;
  std::optional<std::uint64_t> start{};
  std::uint64_t providers = 0;
  std::vector<Provider> disabled{};
  std::uint64_t disabled_providers = 0;  ///< `disabled` holds the first of them
  std::vector<std::string> odd_values{};
};

/// One value, or key, that turns logging of Windows on or off.
struct LogSwitch {
  LogSettingOrigin origin{};
  std::string setting;       ///< kSwitch..., below
  std::string value_name{};  ///< "" where the key alone counts
  std::string value_type{}, data{};
  std::optional<std::uint64_t> number{};
};
inline constexpr std::string_view kSwitchService = "event_log_service", kSwitchMiniNt = "mini_nt",
                                  kSwitchScriptBlocks = "script_block_logging",
                                  kSwitchModules = "module_logging",
                                  kSwitchTranscripts = "transcription",
                                  kSwitchCommandLines = "process_command_lines";

namespace log_fields {

inline void control_set(const LogSettingOrigin& origin, Cell& cell) {
  text_or_absent(cell, origin.control_set, Absent::not_applicable);
}
inline void is_current(const LogSettingOrigin& origin, Cell& cell) {
  origin.control_set.empty() ? cell.absent(Absent::not_applicable)
                             : cell.boolean(origin.is_current);
}
/// Why there is no value of this name: it is not there, or stands among the odd ones.
Absent why_absent(const std::vector<std::string>& odd_values, std::string_view name);

template <class Row>
void write_number(const Row& row, Cell& cell, const std::optional<std::uint64_t>& number,
                  std::string_view name) {
  number ? cell.number(*number) : cell.absent(why_absent(row.odd_values, name));
}
template <class Row>
void write_flag(const Row& row, Cell& cell, const std::optional<std::uint64_t>& number,
                std::string_view name) {
  number ? cell.boolean(*number != 0) : cell.absent(why_absent(row.odd_values, name));
}
template <class Row>
void write_text(const Row& row, Cell& cell, std::string_view text, std::string_view name) {
  text_or_absent(cell, text, why_absent(row.odd_values, name));
}
inline void optional_texts(const std::vector<std::string>& texts, Cell& cell) {
  texts.empty() ? cell.absent(Absent::not_present) : cell.texts(texts);
}
/// "admin", "operational", "analytic", "debug"; any other number as it is.
void write_type(const LogSetting& row, Cell& cell);
void write_access(const LogSetting& row, Cell& cell);
void write_disabled(const LogSession& row, Cell& cell);

}  // namespace log_fields

inline constexpr std::array kLogSettingFields{
    Field<LogSetting>{{"log", "Log or channel, as its key is called."},
                      [](const LogSetting& r, Cell& c) { c.text(r.log); }},
    Field<LogSetting>{{"place",
                       "Which key tells it: channel (WINEVT\\Channels), classic "
                       "(Services\\EventLog) or policy, which the others give way to."},
                      [](const LogSetting& r, Cell& c) { c.text(to_text(r.place)); }},
    Field<LogSetting>{
        {"enabled", "Enabled: whether events are written to it."},
        [](const LogSetting& r, Cell& c) { log_fields::write_flag(r, c, r.enabled, "Enabled"); }},
    Field<LogSetting>{{"type", "Type of a channel: admin, operational, analytic or debug."},
                      log_fields::write_type},
    Field<LogSetting>{
        {"file", "File as stored; Windows chooses it where there is none."},
        [](const LogSetting& r, Cell& c) { log_fields::write_text(r, c, r.file, "File"); }},
    Field<LogSetting>{{"max_size_bytes", "MaxSize, in bytes also where a policy counts in KiB."},
                      [](const LogSetting& r, Cell& c) {
                        log_fields::write_number(r, c, r.max_size_bytes, "MaxSize");
                      }},
    Field<LogSetting>{{"retention",
                       "Retention as stored: 0 overwrites old events, 4294967295 (in a policy "
                       "1) keeps them and drops new ones, other numbers are seconds."},
                      [](const LogSetting& r, Cell& c) {
                        log_fields::write_number(r, c, r.retention, "Retention");
                      }},
    Field<LogSetting>{{"auto_backup_log_files",
                       "AutoBackupLogFiles: whether a full log is put aside as Archive-*.evtx."},
                      [](const LogSetting& r, Cell& c) {
                        log_fields::write_flag(r, c, r.auto_backup, "AutoBackup");
                      }},
    Field<LogSetting>{
        {"restrict_guest_access", "RestrictGuestAccess: whether guests are kept out."},
        [](const LogSetting& r, Cell& c) {
          log_fields::write_flag(r, c, r.restrict_guest_access, "RestrictGuestAccess");
        }},
    Field<LogSetting>{{"channel_access", "ChannelAccess or CustomSD: who may read, write, clear."},
                      [](const LogSetting& r, Cell& c) { log_fields::write_access(r, c); }},
    Field<LogSetting>{{"owning_publisher", "OwningPublisher: provider that defined the channel."},
                      [](const LogSetting& r, Cell& c) {
                        log_fields::write_text(r, c, r.owning_publisher, "OwningPublisher");
                      }},
    Field<LogSetting>{
        {"odd_values",
         "Values of these names that are empty, too large or of a type that Windows does not "
         "write."},
        [](const LogSetting& r, Cell& c) { log_fields::optional_texts(r.odd_values, c); }},
    Field<LogSetting>{{"control_set", "Control set that holds the entry."},
                      [](const LogSetting& r, Cell& c) { log_fields::control_set(r.origin, c); }},
    Field<LogSetting>{{"current_control_set", "Whether Windows runs from it."},
                      [](const LogSetting& r, Cell& c) { log_fields::is_current(r.origin, c); }},
};

inline constexpr std::array kLogSessionFields{
    Field<LogSession>{{"session", "Name of the trace session."},
                      [](const LogSession& r, Cell& c) { c.text(r.session); }},
    Field<LogSession>{
        {"start", "Start: whether it is started with Windows."},
        [](const LogSession& r, Cell& c) { log_fields::write_flag(r, c, r.start, "Start"); }},
    Field<LogSession>{{"providers", "Providers that it takes events from."},
                      [](const LogSession& r, Cell& c) { c.number(r.providers); }},
    Field<LogSession>{{"disabled_providers", "How many of them have Enabled 0."},
                      [](const LogSession& r, Cell& c) { c.number(r.disabled_providers); }},
    Field<LogSession>{{"disabled", "GUIDs of those, the first 100."}, log_fields::write_disabled},
    Field<LogSession>{
        {"odd_values",
         "Values of these names that are empty, too large or of a type that Windows does not "
         "write."},
        [](const LogSession& r, Cell& c) { log_fields::optional_texts(r.odd_values, c); }},
    Field<LogSession>{{"control_set", "Control set that holds the entry."},
                      [](const LogSession& r, Cell& c) { log_fields::control_set(r.origin, c); }},
    Field<LogSession>{{"current_control_set", "Whether Windows runs from it."},
                      [](const LogSession& r, Cell& c) { log_fields::is_current(r.origin, c); }},
};

inline constexpr std::array kLogSwitchFields{
    Field<LogSwitch>{{"setting",
                      "What it switches: event_log_service, mini_nt (Windows takes itself for "
                      "Windows PE), script_block_logging, module_logging, transcription or "
                      "process_command_lines."},
                     [](const LogSwitch& r, Cell& c) { c.text(r.setting); }},
    Field<LogSwitch>{
        {"value_name", "Name of the value; none where it counts that the key is there."},
        [](const LogSwitch& r, Cell& c) {
          text_or_absent(c, r.value_name, Absent::not_applicable);
        }},
    Field<LogSwitch>{{"value_type", "Type of the value."},
                     [](const LogSwitch& r, Cell& c) {
                       text_or_absent(c, r.value_type, Absent::not_applicable);
                     }},
    Field<LogSwitch>{{"data", "Its data: a number, text, or the bytes in hex."},
                     [](const LogSwitch& r, Cell& c) {
                       r.value_type.empty() ? c.absent(Absent::not_applicable) : c.text(r.data);
                     }},
    Field<LogSwitch>{{"control_set", "Control set that holds the entry."},
                     [](const LogSwitch& r, Cell& c) { log_fields::control_set(r.origin, c); }},
    Field<LogSwitch>{{"current_control_set", "Whether Windows runs from it."},
                     [](const LogSwitch& r, Cell& c) { log_fields::is_current(r.origin, c); }},
};

}  // namespace hozen
