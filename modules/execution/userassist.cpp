// UserAssist: programs and shortcuts that a user started through Explorer (start menu, desktop,
// double click), with how often and when last. It proves that this user started them in this way;
// programs that are started from a command line, by a service or by another program do not appear.
// Windows XP counts from 5 on. Names are stored in ROT13.
#include <array>
#include <optional>
#include <span>
#include <string>

#include "collector/base/text.h"
#include "collector/module/cells.h"
#include "collector/module/execution_registry.h"

namespace hozen::modules {
namespace {

struct Row {
  std::string path, name, group;
  bool is_encoded = true;
  std::optional<std::uint32_t> session{}, stored_count{}, run_count{}, focus_count{}, focus_ms{};
  FileTime last_run{};
};

using F = Field<Row>;
constexpr std::array kFields{
    F{{"path", "What was started, with known folders as paths."},
      [](const Row& r, Cell& c) { c.text(r.path); }},
    F{{"name", "The same as it stands there, decoded."},
      [](const Row& r, Cell& c) { c.text(r.name); }},
    F{{"proves", "What the entry is evidence of: `execution`, by this user, through Explorer."},
      [](const Row&, Cell& c) { c.text("execution"); }},
    F{{"run_count", "How often it was started; 0 where it was only in the foreground."},
      [](const Row& r, Cell& c) { number_or_absent(c, r.run_count, Absent::unparsable); }},
    F{{"last_run", "When it was last started."},
      [](const Row& r, Cell& c) { time_or_absent(c, r.last_run); }},
    F{{"focus_count", "How often its window came to the front, since Windows 7."},
      [](const Row& r, Cell& c) { number_or_absent(c, r.focus_count); }},
    F{{"focus_ms", "How long it was in front, in milliseconds, since Windows 7."},
      [](const Row& r, Cell& c) { number_or_absent(c, r.focus_ms); }},
    F{{"session", "Number of the session in which it was last counted."},
      [](const Row& r, Cell& c) { number_or_absent(c, r.session); }},
    F{{"stored_count", "The count as stored: Windows XP begins with 5."},
      [](const Row& r, Cell& c) { number_or_absent(c, r.stored_count); }},
    F{{"group", "Identifier of the list that holds it."},
      [](const Row& r, Cell& c) { c.text(r.group); }},
    F{{"is_encoded", "Whether the name is stored in ROT13."},
      [](const Row& r, Cell& c) { c.boolean(r.is_encoded); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kUserAssist{"userassist",
                           "One program or shortcut that a user started through Explorer.",
                           kColumns, "UserAssist: {path|name}[, run count {run_count}]"};
constexpr std::array kKinds{kUserAssist};

constexpr std::string_view kReferences[] = {
    "https://github.com/libyal/winreg-kb/blob/main/docs/sources/explorer-keys/User-assist.md",
    "https://learn.microsoft.com/windows/win32/shell/knownfolderid"};

constexpr std::string_view kKey =
    "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\UserAssist";

struct KnownFolder {
  std::string_view guid, path;
};
constexpr KnownFolder kFolders[] = {
    {"{6D809377-6AF0-444B-8957-A3773F02200E}", "%ProgramW6432%"},
    {"{7C5A40EF-A0FB-4BFC-874A-C0F2E0B9FA8E}", "%ProgramFiles(x86)%"},
    {"{905E63B6-C1BF-494E-B29C-65B732D3D21A}", "%ProgramFiles%"},
    {"{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}", "%SystemRoot%\\System32"},
    {"{D65231B0-B2F1-4857-A4CE-A8E7C6EA7D27}", "%SystemRoot%\\SysWOW64"},
    {"{F38BF404-1D43-42F2-9305-67DE0B28FC23}", "%SystemRoot%"},
    {"{62AB5D82-FDC1-4DC3-A9DD-070D1D495D97}", "%ProgramData%"},
    {"{0139D44E-6AFE-49F2-8690-3DAFCAE6FFB8}",
     "%ProgramData%\\Microsoft\\Windows\\Start Menu\\Programs"},
    {"{A77F5D77-2E2B-44C3-A6A2-ABA601054A51}",
     "%AppData%\\Microsoft\\Windows\\Start Menu\\Programs"},
    {"{9E3995AB-1F9C-4F13-B827-48B24B6C7174}",
     "%AppData%\\Microsoft\\Internet Explorer\\Quick Launch\\User Pinned"},
    {"{5E6C858F-0E22-4760-9AFE-EA3317B67173}", "%UserProfile%"},
    {"{3EB685DB-65F9-4CF6-A03A-E3EF65729F3D}", "%AppData%"},
    {"{F1B32785-6FBA-4FCF-9D55-7B8E7F157091}", "%LocalAppData%"},
    {"{B4BFCC3A-DB2C-424C-B029-7FE99A87C641}", "%UserProfile%\\Desktop"},
    {"{374DE290-123F-4565-9164-39C4925E467B}", "%UserProfile%\\Downloads"},
    {"{FDD39AD0-238F-46AF-ADB4-6C85480369C7}", "%UserProfile%\\Documents"},
};

char rot13(char c) {
  if (c >= 'a' && c <= 'z') return static_cast<char>('a' + (c - 'a' + 13) % 26);
  if (c >= 'A' && c <= 'Z') return static_cast<char>('A' + (c - 'A' + 13) % 26);
  return c;
}

std::string decoded(std::string name) {
  for (char& c : name) c = rot13(c);
  return name;
}

/// On 32-bit Windows these are the folders of the only kind of programs that it has; that of 64-bit
/// programs is none there. Source: Microsoft, "KNOWNFOLDERID", remarks of the folders.
constexpr KnownFolder kFolders32[] = {
    {"{7C5A40EF-A0FB-4BFC-874A-C0F2E0B9FA8E}", "%ProgramFiles%"},
    {"{D65231B0-B2F1-4857-A4CE-A8E7C6EA7D27}", "%SystemRoot%\\System32"},
};
constexpr std::string_view kPrograms64 = "{6D809377-6AF0-444B-8957-A3773F02200E}";

/// A name that begins with the identifier of a folder, as a path.
std::string with_folder(const std::string& name, const Environment& environment) {
  const auto in = [&](std::span<const KnownFolder> folders) -> std::optional<std::string> {
    for (const KnownFolder& folder : folders)
      if (starts_with_fold(name, folder.guid))
        return environment.expand(folder.path) + name.substr(folder.guid.size());
    return std::nullopt;
  };
  if (equals_fold(environment.get("PROCESSOR_ARCHITECTURE").value_or(""), "x86")) {
    if (starts_with_fold(name, kPrograms64)) return name;
    if (auto path = in(kFolders32)) return *std::move(path);
  }
  return in(kFolders).value_or(name);
}

// Version 5 (Windows 7 and later) and 3 (before).
constexpr std::size_t kBytes5 = 72, kBytes3 = 16;
constexpr std::uint32_t kFirstCount3 = 5;

void read_numbers(Row& row, Bytes data) {
  row.session = data.get<std::uint32_t>(0);
  row.stored_count = data.get<std::uint32_t>(4);
  if (data.size() >= kBytes5) {
    row.run_count = row.stored_count;
    row.focus_count = data.get<std::uint32_t>(8);
    row.focus_ms = data.get<std::uint32_t>(12);
    row.last_run = FileTime{data.get<std::uint64_t>(60).value_or(0)};
  } else if (data.size() >= kBytes3) {
    const std::uint32_t count = row.stored_count.value_or(0);
    row.run_count = count >= kFirstCount3 ? count - kFirstCount3 : 0;
    row.last_run = FileTime{data.get<std::uint64_t>(8).value_or(0)};
  }
}

void read_group(ModuleContext& context, RegistryHive& hive, RegistryKey& group, bool is_encoded) {
  const auto key = group.open("Count");
  if (!key) return;
  const Environment& environment = context.registry()->environment(hive.installation, hive.user);
  each_value(context, **key, [&](const RegistryValue& value) {
    Row row;
    row.group = group.name();
    row.is_encoded = is_encoded;
    row.name = is_encoded ? decoded(value.name) : value.name;
    if (row.name.starts_with("UEME_CTL") || value.name.empty()) return;  // settings of the list
    row.path = with_folder(row.name, environment);
    read_numbers(row, Bytes{value.data});
    Envelope envelope = key_envelope(hive, **key, &value);
    if (row.last_run.is_set()) envelope.timestamps.emplace_back("last_run", row.last_run);
    std::string record = context.emit(kUserAssist, kFields, row, envelope);
    Fact fact =
        trace_fact(FactKind::execution, "userassist", row.path, row.last_run, std::move(record));
    fact.values.add("user", envelope.user_name);
    context.state(std::move(fact));
  });
}

Result<void> run(ModuleContext& context) {
  return each_trace_hive(
      context, {HiveRole::user, HiveRole::default_user}, [&](RegistryHive& hive) {
        const auto key = key_at(hive, kKey);
        if (!key) return;
        bool is_encoded = true;
        if (const auto settings = key->open("Settings"))
          if (const auto value = (*settings)->value("NoEncrypt"))
            is_encoded = value->number().value_or(0) == 0;
        each_subkey(context, *key,
                    [&](RegistryKey& group) { read_group(context, hive, group, is_encoded); });
      });
}

}  // namespace

extern const ModuleSpec userassist;
const ModuleSpec userassist{"userassist",
                            "UserAssist: what every user started through Explorer, how often and "
                            "when last.",
                            kKinds,
                            kReferences,
                            {},
                            run};

}  // namespace hozen::modules
