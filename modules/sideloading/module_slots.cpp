// Slots by which a library gets into somebody else's program: ServiceDlls, print monitors and
// processors, packages of the LSA, helpers of netsh, time and network providers, COM classes of a
// user in front of the machine's, AppInit and AppCert libraries, profilers of .NET. The modules
// that read these entries tell what is unusual about them; this one looks at the file behind: who
// signed it, what it says to be, whether it is what belongs there. Beside that, settings that
// change where libraries are looked for. A record proves that the file lay there when the evidence
// was taken; not that it was loaded.
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/cells.h"
#include "collector/module/execution_registry.h"
#include "collector/module/module_slot.h"

namespace hozen::modules {
namespace {

using slots::Entry, slots::Group;

/// One entry and the file that it leads to.
struct Row {
  const Group& group;
  const Entry& entry;
};

std::string_view status_of(const Row& row) {
  const FileSignature* signature = row.group.file.signature;
  return signature == nullptr ? std::string_view{} : to_text(signature->status);
}

std::vector<std::string> found_exports(const Row& row) {
  std::vector<std::string> found;
  for (std::string& name : row.entry.needed_exports())
    if (row.group.file.has_export(name)) found.push_back(std::move(name));
  return found;
}

using F = Field<Row>;
constexpr std::array kFields{
    F{{"slot", "Kind of entry, an identifier of the autostart locations or of services."},
      [](const Row& r, Cell& c) { c.text(r.entry.slot->location); }},
    F{{"loader", "Program that loads the file."},
      [](const Row& r, Cell& c) { c.text(r.entry.slot->loader); }},
    F{{"path", "File that the entry leads to."},
      [](const Row& r, Cell& c) { c.text(r.group.path.text()); }},
    F{{"entry", "Where the entry stands: key and value, or file."},
      [](const Row& r, Cell& c) { c.text(r.entry.place); }},
    F{{"text", "What the entry says, cut."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.entry.text); }},
    F{{"service", "Service that it is an entry of."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.entry.service, Absent::not_applicable); }},
    F{{"entry_user", "Account whose entry it is, where it is one account's."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.entry.user, Absent::not_applicable); }},
    F{{"clsid", "COM class that it serves."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.entry.clsid, Absent::not_applicable); }},
    F{{"machine_server", "File of the machine's own class that a user's class takes the place of."},
      [](const Row& r, Cell& c) {
        text_or_absent(c, r.entry.machine_server, Absent::not_applicable);
      }},
    F{{"bitness", "Programs that it is loaded into: native or wow64."},
      [](const Row& r, Cell& c) { c.text(r.entry.bitness.empty() ? "native" : r.entry.bitness); }},
    F{{"enabled", "Whether the entry is switched on."},
      [](const Row& r, Cell& c) { c.boolean(r.entry.enabled); }},
    F{{"known",
       "How usual the file is here: exact, Windows itself has this very file here; usual, by its "
       "place; absent where Windows does not bring the entry along."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.entry.known); }},
    F{{"expected", "What Windows has in the place of it."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.entry.expected, Absent::not_applicable); }},
    F{{"existence", "Whether the file exists: exists, missing or unknown."},
      [](const Row& r, Cell& c) { c.text(r.group.file.info ? "exists" : r.entry.existence); }},
    F{{"signature", "Status of its signature."},
      [](const Row& r, Cell& c) { text_or_absent(c, status_of(r), Absent::not_applicable); }},
    F{{"signer", "Who signed it."},
      [](const Row& r, Cell& c) {
        const auto* signature = r.group.file.signature;
        text_or_absent(c, signature != nullptr ? signature->signer : std::string{});
      }},
    F{{"by_catalog", "Whether a catalog has the signature, not the file itself."},
      [](const Row& r, Cell& c) {
        const auto* signature = r.group.file.signature;
        signature != nullptr && !signature->signer.empty() ? c.boolean(signature->by_catalog)
                                                           : c.absent(Absent::not_applicable);
      }},
    F{{"of_microsoft", "Whether it is soundly signed by Microsoft."},
      [](const Row& r, Cell& c) {
        r.group.file.signature != nullptr ? c.boolean(r.group.file.is_of_microsoft())
                                          : c.absent(Absent::not_applicable);
      }},
    F{{"company", "Who made it, as its version information says."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.group.file.company); }},
    F{{"description", "What it is, as its version information says."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.group.file.description); }},
    F{{"file_version", "Its version, as its version information says."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.group.file.version); }},
    F{{"original_name", "What it was called, as its version information says."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.group.file.original_name); }},
    F{{"exports_needed", "Exports of which the loader calls one at least, where they are known."},
      [](const Row& r, Cell& c) { c.texts(r.entry.needed_exports()); }},
    F{{"exports_found", "Those of them that it has."},
      [](const Row& r, Cell& c) { c.texts(found_exports(r)); }},
    F{{"exports", "How many exports it has."},
      [](const Row& r, Cell& c) {
        r.group.file.is_executable ? c.number(r.group.file.exports)
                                   : c.absent(Absent::not_applicable);
      }},
    F{{"exports_forwarded", "How many of them it hands on to other libraries."},
      [](const Row& r, Cell& c) {
        r.group.file.is_executable ? c.number(r.group.file.forwarded)
                                   : c.absent(Absent::not_applicable);
      }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kSlot{
    "module_slot",
    "A library that Windows, or a program of Windows, loads because an entry says so.", kColumns,
    "Slot {slot}: {path}[, signed by {signer}]"};

struct Setting {
  std::string name, value, of;
};
using S = Field<Setting>;
constexpr std::array kSettingFields{
    S{{"setting", "Name of the value or variable."},
      [](const Setting& s, Cell& c) { c.text(s.name); }},
    S{{"value", "What it is set to."}, [](const Setting& s, Cell& c) { c.text(s.value); }},
    S{{"of", "Whose setting it is: machine, user, or the name of a service."},
      [](const Setting& s, Cell& c) { c.text(s.of); }},
};
constexpr auto kSettingColumns = columns_of(kSettingFields);
constexpr Kind kSetting{"library_search_setting",
                        "A setting or variable that changes which libraries programs load.",
                        kSettingColumns, "{setting} of {of} = {value}"};
constexpr std::array kKinds{kSlot, kSetting};

constexpr std::string_view kReferences[] = {
    "https://attack.mitre.org/techniques/T1547/",
    "https://learn.microsoft.com/windows/win32/dlls/dynamic-link-library-search-order",
    "https://learn.microsoft.com/windows-hardware/drivers/print/print-monitors",
    "https://learn.microsoft.com/windows/win32/secmgmt/"
    "installing-and-registering-a-password-filter-dll",
    "https://learn.microsoft.com/dotnet/api/system.appdomainmanager"};
constexpr std::string_view kAttack[] = {
    "T1137.002", "T1137.006", "T1176",     "T1505.004", "T1543.003", "T1546",     "T1546.007",
    "T1546.009", "T1546.010", "T1546.012", "T1546.015", "T1547",     "T1547.002", "T1547.003",
    "T1547.004", "T1547.005", "T1547.008", "T1547.010", "T1547.012", "T1553.002", "T1553.003",
    "T1554",     "T1556",     "T1556.002", "T1556.008", "T1562.001", "T1574",     "T1574.001",
    "T1574.007", "T1574.012", "T1574.014"};

// ---- Settings

Finding begun(std::string_view rule, std::string title, std::string subject, std::string fact,
              int weight, std::string_view attack, const std::string& record) {
  Finding finding;
  finding.rule = rule;
  finding.title = std::move(title);
  finding.subject = std::move(subject);
  finding.why.push_back({std::move(fact), weight, Family::registry_state, {record}});
  finding.attack = {std::string{attack}};
  finding.benign = {"A setting that a product or an administrator made on purpose."};
  finding.not_checked = {"Which programs it had an effect on."};
  finding.next = {
      "Who wrote the key and when; libraries of that name in the folders that are looked at "
      "first."};
  return finding;
}

/// An assembly of somebody's that .NET loads into every program of it before its own.
void tell_manager(ModuleContext& context, const Setting& setting, const std::string& record) {
  if (!equals_fold(setting.name, "APPDOMAIN_MANAGER_ASM")) return;
  context.report(begun(
      "module_slots.appdomain_manager", "A variable has .NET load an assembly into its programs",
      setting.name + " of " + setting.of,
      "APPDOMAIN_MANAGER_ASM of " + setting.of + " is '" + printable(setting.value) +
          "': .NET loads that assembly into each program before it starts.",
      45, "T1574.014", record));
}

constexpr std::string_view kManagers[] = {"APPDOMAIN_MANAGER_ASM", "APPDOMAIN_MANAGER_TYPE"};

void read_variables(ModuleContext& context, RegistryHive& hive, std::string_view path,
                    const std::string& of) {
  const auto key = key_at(hive, path);
  if (key == nullptr) return;
  for (const std::string_view name : kManagers) {
    const auto value = key->value(name);
    if (!value || value->text().value_or("").empty()) continue;
    const Setting setting{std::string{name}, *value->text(), of};
    tell_manager(
        context, setting,
        context.emit(kSetting, kSettingFields, setting, key_envelope(hive, *key, &*value)));
  }
}

/// Microsoft, "Dynamic-link library search order": SafeDllSearchMode is on unless it is 0.
void read_search_order(ModuleContext& context, RegistryHive& hive, RegistryKey& set) {
  const auto key = set.open("Control\\Session Manager");
  if (!key) return;
  for (const std::string_view name : {"SafeDllSearchMode", "CWDIllegalInDllSearch"}) {
    const auto value = (*key)->value(name);
    if (!value || !value->number()) continue;
    const Setting setting{std::string{name}, std::to_string(*value->number()), "machine"};
    const std::string record =
        context.emit(kSetting, kSettingFields, setting, key_envelope(hive, **key, &*value));
    if (name == "SafeDllSearchMode" && *value->number() == 0)
      context.report(begun("module_slots.search_order",
                           "Libraries are looked for in the current folder before Windows' own",
                           (*key)->path() + "\\SafeDllSearchMode",
                           "SafeDllSearchMode is 0: programs look into their current folder before "
                           "System32.",
                           25, "T1574.001", record));
  }
}

Result<void> run(ModuleContext& context) {
  return each_trace_hive(
      context, {HiveRole::system, HiveRole::default_user, HiveRole::user}, [&](RegistryHive& hive) {
        if (hive.role == HiveRole::system)
          return each_control_set(hive, [&](RegistryKey& set, bool is_current) {
            if (!is_current) return;
            read_search_order(context, hive, set);
            read_variables(context, hive, set.name() + "\\Control\\Session Manager\\Environment",
                           "machine");
          });
        read_variables(context, hive, "Environment", "user");
      });
}

/// Variables that only Windows itself sets, in the environment of one service.
void tell_service_variables(ModuleContext& context, const Fact& fact) {
  constexpr std::string_view kFolders[] = {"SystemRoot", "windir", "SystemDrive"};
  if (!fact.values["what"].empty()) return;  // deleted
  std::string_view rest = fact.values["Environment"];
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const Setting setting{std::string{trim(line.substr(0, equals))},
                          std::string{trim(line.substr(equals + 1))}, "service " + fact.subject};
    const auto is_any_of = [&](const auto& names) {
      for (const std::string_view name : names)
        if (equals_fold(name, setting.name)) return true;
      return false;
    };
    const bool is_folder = is_any_of(kFolders);
    if (!is_folder && !is_any_of(kManagers)) continue;
    Envelope envelope;
    envelope.origin.key = fact.values["key"];
    envelope.timestamps.emplace_back("key_last_written", fact.time);
    const std::string record = context.emit(kSetting, kSettingFields, setting, envelope);
    tell_manager(context, setting, record);
    if (!is_folder) continue;
    Finding finding = begun(
        "module_slots.service_environment",
        "The environment of a service moves a folder of Windows", setting.of + ": " + setting.name,
        "For the " + setting.of + ' ' + setting.name + " is '" + printable(setting.value) +
            "': libraries and programs that it names by this variable are taken from there.",
        50, "T1574.007", record);
    finding.why.front().records.push_back(fact.record);
    context.report(std::move(finding));
  }
}

// ---- Slots

Envelope envelope_of(const Row& row) {
  Envelope envelope;
  envelope.origin.key = row.entry.place;
  envelope.timestamps.emplace_back("key_last_written", row.entry.written);
  if (row.group.file.info) {
    envelope.timestamps.emplace_back("file_created", row.group.file.info->si.created);
    envelope.timestamps.emplace_back("file_modified", row.group.file.info->si.modified);
  }
  return envelope;
}

void look_at(ModuleContext& context, Group& group) {
  group.file = slots::read_slot_file(context.source(), group.path, group.wanted_exports());
  const bool is_elsewhere = group.file.problem && group.file.problem->code == Errc::unsupported &&
                            !group.file.is_executable;
  if (!group.file.info) return;
  if (group.file.problem && group.file.problem->code == Errc::io)
    context.note(Error{group.file.problem->code,
                       group.path.text() + ": " + group.file.problem->what,
                       group.file.problem->offset, group.file.problem->detail});
  if (!is_elsewhere) group.file.signature = &context.signatures().of(group.path);
}

void tell(ModuleContext& context, const Group& group, const slots::Known& known) {
  std::vector<std::string> records;
  for (const Entry& entry : group.entries) {
    const Row row{group, entry};
    records.push_back(context.emit(kSlot, kFields, row, envelope_of(row)));
  }
  auto finding = slots::judge(group, known, {records.front()});
  if (!finding) return;
  (void)context.collect(group.path, "library in a slot: " + group.path.text(), Priority::high);
  context.report(*std::move(finding));
}

Result<void> judge(ModuleContext& context) {
  if (!context.facts().computer().empty()) return {};
  for (const Fact& fact : context.facts().facts(FactKind::service_entry))
    tell_service_variables(context, fact);
  std::uint64_t left_out = 0;
  std::map<std::string, Group> groups = slots::groups_of(context.facts(), left_out);
  if (left_out != 0)
    context.note(Error{Errc::limit, "entries of slots: " + std::to_string(left_out) + " left out"});
  for (auto& [key, group] : groups) {
    if (context.stop().stop_requested()) return Error{Errc::cancelled, "slots of libraries"};
    look_at(context, group);
  }
  slots::Known known =
      slots::known_of(groups, context.signatures().has_catalogs(), context.reference_time());
  known.damaged_catalogs = context.signatures().damaged_catalogs();
  for (const auto& [key, group] : groups) tell(context, group, known);
  return {};
}

}  // namespace

extern const ModuleSpec module_slots;
const ModuleSpec module_slots{
    "module_slots",
    "Libraries that are loaded into programs of Windows because an entry says so, held against "
    "what belongs there.",
    kKinds,
    kReferences,
    kAttack,
    run,
    {},
    false,
    judge};

}  // namespace hozen::modules
