// Passwords, hashes and tickets that were taken: out of the memory of lsass, out of hives, out of
// Active Directory, out of policies. Joins what all modules found (who opened lsass, commands,
// scripts, files, drivers, replication of the directory) and looks for what tools leave: memory
// dumps of lsass under any name, files that mimikatz writes, settings that keep passwords in
// memory. That credentials were taken does not show which: all that were in use on the host then
// count.
#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/cells.h"
#include "collector/module/credential_content.h"
#include "collector/module/credential_signs.h"
#include "collector/module/credential_theft.h"
#include "collector/module/execution_files.h"
#include "collector/module/execution_registry.h"
#include "collector/module/lateral.h"

namespace hozen::modules {
namespace {

// ---- records

struct FileRow {
  std::string path, what, content;
  std::uint64_t size = 0;
};
using F = Field<FileRow>;
constexpr std::array kFileFields{
    F{{"path", "Where it lies."}, [](const FileRow& r, Cell& c) { c.text(r.path); }},
    F{{"what", "What it is by its name."},
      [](const FileRow& r, Cell& c) { text_or_absent(c, r.what); }},
    F{{"content", "What its content tells."},
      [](const FileRow& r, Cell& c) { text_or_absent(c, r.content); }},
    F{{"size_bytes", "Its size."}, [](const FileRow& r, Cell& c) { c.number(r.size); }},
};
constexpr auto kFileColumns = columns_of(kFileFields);
constexpr Kind kFile{"credential_file",
                     "A file that tools leave which take credentials, or that holds a password "
                     "which anybody can read.",
                     kFileColumns, "{path}[: {content|what}]"};

struct SettingRow {
  std::string setting, control_set;
  std::uint64_t value = 0;
  bool is_current = true;
};
using S = Field<SettingRow>;
constexpr std::array kSettingFields{
    S{{"setting", "Name of the key and value."},
      [](const SettingRow& r, Cell& c) { c.text(r.setting); }},
    S{{"data", "What it is set to."}, [](const SettingRow& r, Cell& c) { c.number(r.value); }},
    S{{"control_set", "The control set that it stands in."},
      [](const SettingRow& r, Cell& c) { text_or_absent(c, r.control_set); }},
    S{{"is_current", "Whether Windows runs from that control set."},
      [](const SettingRow& r, Cell& c) { c.boolean(r.is_current); }},
};
constexpr auto kSettingColumns = columns_of(kSettingFields);
constexpr Kind kSetting{"credential_setting",
                        "A setting that says how well Windows keeps credentials.", kSettingColumns,
                        "Setting {setting} = {data}"};
constexpr std::array kKinds{kFile, kSetting};

constexpr std::string_view kReferences[] = {
    "https://github.com/gentilkiwi/mimikatz/wiki",
    "https://jpcertcc.github.io/ToolAnalysisResultSheet/",
    "https://learn.microsoft.com/windows/win32/api/minidumpapiset/",
    "https://learn.microsoft.com/openspecs/windows_protocols/ms-adts/"
    "1522b774-6464-41a3-87a5-1e5633c3fbbb",
    "https://learn.microsoft.com/windows-server/security/credentials-protection-and-management/"
    "configuring-additional-lsa-protection"};
constexpr std::string_view kAttack[] = {
    "T1003",     "T1003.001", "T1003.002", "T1003.003", "T1003.004", "T1003.006", "T1006",
    "T1055",     "T1057",     "T1112",     "T1210",     "T1543.003", "T1547.005", "T1547.008",
    "T1550.002", "T1552.006", "T1555.004", "T1555.005", "T1556",     "T1556.002", "T1556.008",
    "T1558",     "T1558.003", "T1562.001", "T1588.002"};

// ---- run: files

/// Files of one pattern after which the rest is not looked at.
constexpr std::size_t kMaxFilesLookedAt = 5'000;
constexpr std::uint64_t kMaxPolicyBytes = 1u << 20;

// Where dumps and results are put: what users and services may write to, and where mimikatz writes.
constexpr std::string_view kFolders[] = {
    "%SystemRoot%\\*", "%SystemRoot%\\System32\\*.log", "%SystemRoot%\\System32\\mimi*",
    "%SystemRoot%\\System32\\*lsass*.*dmp", "%SystemDrive%\\*\\*.*dmp",
    "%SystemDrive%\\inetpub\\wwwroot\\*", "%SystemDrive%\\inetpub\\wwwroot\\*\\*",
    // What ntdsutil makes (install from media), and copies beside it.
    "%SystemDrive%\\*\\ntds.dit", "%SystemDrive%\\*\\*\\ntds.dit",
    "%SystemDrive%\\*\\*\\Active Directory\\ntds.dit",
    "%SystemDrive%\\*\\registry\\{SAM,SECURITY,SYSTEM}",
    "%SystemDrive%\\*\\*\\registry\\{SAM,SECURITY,SYSTEM}", "%SystemRoot%\\Temp\\*",
    "%SystemRoot%\\Tasks\\*", "%SystemRoot%\\debug\\*", "%SystemDrive%\\*",
    "%SystemDrive%\\Temp\\*", "%SystemDrive%\\Tmp\\*", "%SystemDrive%\\PerfLogs\\*",
    "%SystemDrive%\\Tools\\*", "%ProgramData%\\*", "%ProgramData%\\Temp\\*",
    "%SystemDrive%\\Users\\Public\\*",
    "%SystemDrive%\\Users\\Public\\{Documents,Downloads,Music,Pictures,Videos,Desktop}\\*",
    "%UserProfile%\\*", "%UserProfile%\\{Desktop,Downloads,Documents,Music,Pictures,Videos}\\*",
    "%UserProfile%\\{Desktop,Downloads,Documents}\\*\\*", "%LocalAppData%\\*",
    "%LocalAppData%\\Temp\\*", "%AppData%\\*"};

void state_file(ModuleContext& context, const FileInfo& file, FileRow row, std::string_view holds,
                std::string_view reason) {
  const auto artifact = context.collect(file.path, reason, Priority::high);
  Envelope envelope;
  envelope.origin.artifact = artifact.row;
  envelope.timestamps.emplace_back("file_created", file.si.created);
  envelope.timestamps.emplace_back("file_modified", file.si.modified);
  Fact fact;
  fact.kind = FactKind::file;
  fact.time = file.si.created;
  fact.subject = row.path;
  fact.values.add("what", "is there");
  fact.values.add("content", row.content);
  fact.values.add("holds", holds);
  fact.record = context.emit(kFile, kFileFields, row, envelope);
  context.state(std::move(fact));
}

bool look_at(ModuleContext& context, const FileInfo& file) {
  const auto named = credentials::file_named(file.path.text());
  const auto content = credentials::may_hold_credentials(file)
                           ? credentials::credential_content(context, file)
                           : std::nullopt;
  const bool holds_nothing = content && content->holds.empty();
  if (holds_nothing && named && (named->is_hive || named->is_weak)) return true;
  FileRow row{file.path.text(), named ? std::string{named->what} : "",
              content ? content->text : std::string{}, file.size};
  if (row.what.empty() && row.content.empty()) return true;
  state_file(context, file, std::move(row), content ? content->holds : std::string_view{},
             "left by tools that take credentials");
  return true;
}

void read_folders(ModuleContext& context) {
  std::set<std::string> seen;  // folders are named more than once
  for (const std::string_view pattern : kFolders) {
    std::size_t count = 0;
    each_trace_name(context, pattern, [&](const FileInfo& file, const UserProfile*, std::size_t) {
      if (file.is_directory) return true;
      if (++count > kMaxFilesLookedAt) {
        context.note({Errc::limit, std::string{pattern} + ": further files"});
        return false;
      }
      return seen.insert(file.path.folded()).second ? look_at(context, file) : true;
    });
  }
}

// ---- run: passwords in policies

/// MS-GPPREF 2.2: elements of these files may have a password whose key Microsoft published.
bool may_have_password(std::string_view name) {
  constexpr std::string_view kNames[] = {"Groups.xml",      "Services.xml", "ScheduledTasks.xml",
                                         "DataSources.xml", "Printers.xml", "Drives.xml"};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&](std::string_view known) { return equals_fold(known, name); });
}

bool has_password(std::string_view xml) {
  constexpr std::string_view kName = "cpassword=\"";
  for (std::size_t at = xml.find(kName); at != std::string_view::npos; at = xml.find(kName, at + 1))
    if (at + kName.size() < xml.size() && xml[at + kName.size()] != '"') return true;
  return false;
}

void report_policy(ModuleContext& context, const TraceFile& file, const std::string& record) {
  Finding finding;
  finding.rule = "credential_theft.password_in_policy";
  finding.title = "A policy of the domain holds a password that every user can read";
  finding.subject = file.info.path.text();
  finding.why.push_back(
      {"The file has a password (cpassword) under a key that Microsoft has "
       "published.",
       25,
       Family::content,
       {record}});
  finding.attack = {"T1552.006"};
  finding.benign = {"It was set before 2014 and forgotten: that it is there is no attack."};
  finding.next = {"Whether the account is in use, and logons with it."};
  context.report(std::move(finding));
}

void read_policies(ModuleContext& context) {
  // What each host keeps of them; those of a domain controller are read by domain_controller.
  constexpr std::string_view kPlaces[] = {"%ProgramData%\\Microsoft\\Group Policy\\History\\**"};
  for (const std::string_view place : kPlaces)
    each_trace_name(
        context, place,
        [&](const FileInfo& file, const UserProfile* user, std::size_t installation) {
          if (file.is_directory || !may_have_password(file.path.name())) return true;
          const auto artifact =
              context.collect(file.path, "policies that may hold passwords", Priority::normal);
          const auto bytes = context.read(artifact, kMaxPolicyBytes);
          if (!bytes) {
            note_problems(context, file.path, {bytes.error()});
            return true;
          }
          if (!has_password(Bytes{*bytes}.chars())) return true;
          const TraceFile trace{file, user, installation, artifact.row};
          const FileRow row{file.path.text(), "a policy with a password", "", file.size};
          report_policy(context, trace, context.emit(kFile, kFileFields, row, trace.envelope()));
          return true;
        });
}

// ---- run: settings

struct Setting {
  std::string_view key, value;
  std::uint64_t weak = 0;  ///< what makes credentials easier to take
  int weight = 0;
  std::string_view attack, meaning, benign;
};
/// That passwords are kept as they are (WDigest) and that lsass is dumped at its end
/// (SilentProcessExit) is judged by autostarts.
constexpr Setting kSettings[] = {
    {"Control\\Lsa", "RunAsPPL", 0, 15, "T1562.001",
     "the protection of lsass is switched off by "
     "name",
     "Drivers of smart cards and old security packages that cannot be loaded otherwise."},
    {"Control\\Lsa", "DisableRestrictedAdmin", 0, 25, "T1550.002",
     "remote desktop to this host accepts a hash in place of a password (restricted admin)",
     "Administrators who use restricted admin mode, so that their passwords are not on this host."},
};

void read_setting(ModuleContext& context, const RegistryHive& hive, RegistryKey& set,
                  bool is_current, const Setting& setting) {
  const auto key = set.open(setting.key);
  if (!key) return;
  const auto value = (*key)->value(setting.value);
  if (!value || !value->number()) return;
  const SettingRow row{std::string{setting.key} + "\\" + std::string{setting.value}, set.name(),
                       *value->number(), is_current};
  const std::string record =
      context.emit(kSetting, kSettingFields, row, key_envelope(hive, **key, &*value));
  if (!is_current || row.value != setting.weak) return;
  Finding finding;
  finding.rule = "credential_theft.setting";
  finding.title = "A setting makes credentials easier to take";
  finding.subject = (*key)->path() + "\\" + std::string{setting.value};
  finding.why.push_back({std::string{setting.value} + " is " + std::to_string(row.value) + ": " +
                             std::string{setting.meaning} + ". The key was last written at " +
                             (*key)->last_written().iso8601() + ".",
                         setting.weight,
                         Family::registry_state,
                         {record}});
  finding.attack = {std::string{setting.attack}};
  finding.benign = {std::string{setting.benign}};
  finding.not_checked = {
      "When this value was set: the key's time is that of its last change of any "
      "value."};
  finding.next = {"Logons since then: their passwords count as known where lsass was read."};
  context.report(std::move(finding));
}

/// Where a domain controller has its database: events about that one are of no copy.
void read_directory(ModuleContext& context, const RegistryHive& hive, RegistryKey& set) {
  const auto key = set.open("Services\\NTDS\\Parameters");
  if (!key) return;
  const auto value = (*key)->value("DSA Database file");
  if (!value || value->text().value_or("").empty()) return;
  const FileRow row{*value->text(), "the database of Active Directory of this domain controller",
                    "", 0};
  Fact fact;
  fact.kind = FactKind::database;
  fact.subject = row.path;
  fact.values.add("own_database", row.path);
  fact.record = context.emit(kFile, kFileFields, row, key_envelope(hive, **key, &*value));
  context.state(std::move(fact));
}

Result<void> run(ModuleContext& context) {
  if (context.reads_files()) {
    read_folders(context);
    read_policies(context);
  }
  HOZEN_CHECK(each_trace_hive(context, {HiveRole::system}, [&](RegistryHive& hive) {
    each_control_set(hive, [&](RegistryKey& set, bool is_current) {
      for (const Setting& setting : kSettings)
        read_setting(context, hive, set, is_current, setting);
      if (is_current) read_directory(context, hive, set);
    });
  }));
  return {};
}

// ---- judge

Result<void> judge(ModuleContext& context) {
  const FactBook& book = context.facts();
  credentials::Told told;
  const auto report = [&](std::vector<Finding> findings) {
    for (Finding& finding : findings) context.report(std::move(finding));
  };
  report(credentials::judge_process_access(book, told));
  report(credentials::judge_copies_of_lsass(book));
  report(credentials::judge_commands(book, told));
  report(credentials::judge_leftovers(book, told));
  report(credentials::judge_setting_changes(book));
  report(credentials::judge_replication(book));
  report(credentials::judge_databases(book));
  report(credentials::judge_remote_hives(book));
  report(credentials::judge_detections(book));
  return {};
}

}  // namespace

extern const ModuleSpec credential_theft;
const ModuleSpec credential_theft{
    "credential_theft",
    "Passwords, hashes and tickets that were taken: from lsass, hives, Active Directory and "
    "policies, and what tools for that leave.",
    kKinds,
    kReferences,
    kAttack,
    run,
    {},
    false,
    judge};

}  // namespace hozen::modules
