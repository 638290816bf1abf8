// MUICache: names that Explorer took out of the version resources of programs when it started or
// showed them. It proves that the program was there and that Explorer of this user looked at it;
// not when. The name is the file's own: a renamed tool still says what it is.
#include <array>
#include <map>
#include <string>

#include "collector/base/text.h"
#include "collector/module/cells.h"
#include "collector/module/execution_registry.h"

namespace hozen::modules {
namespace {

struct Row {
  std::string path, friendly_name, company;
};

using F = Field<Row>;
constexpr std::array kFields{
    F{{"path", "Path of the program."}, [](const Row& r, Cell& c) { c.text(r.path); }},
    F{{"proves",
       "What the entry is evidence of: `presence` of the program, mostly because it was started."},
      [](const Row&, Cell& c) { c.text("presence"); }},
    F{{"friendly_name", "Description in its version resource then."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.friendly_name); }},
    F{{"company", "Company in its version resource then."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.company); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kMuiCache{"muicache",
                         "One program whose names Explorer kept: it was there, mostly because it "
                         "was started; no time is known.",
                         kColumns, "MuiCache: {path}"};
constexpr std::array kKinds{kMuiCache};

constexpr std::string_view kReferences[] = {
    "https://github.com/libyal/winreg-kb/blob/main/docs/sources/explorer-keys/MUI-cache.md",
    "https://github.com/ForensicArtifacts/artifacts/blob/main/artifacts/data/windows.yaml"};

constexpr std::string_view kFriendly = ".FriendlyAppName", kCompany = ".ApplicationCompany";

/// "C:\a.exe" of "C:\a.exe.FriendlyAppName"; the name itself on Windows XP. "" for resources of
/// Windows (@shell32.dll,-1) and settings.
std::string_view path_of(std::string_view name) {
  if (name.starts_with('@') || equals_fold(name, "LangID") || name.empty()) return {};
  for (const std::string_view end : {kFriendly, kCompany})
    if (ends_with_fold(name, end)) return name.substr(0, name.size() - end.size());
  const bool is_path = name.find('\\') != std::string_view::npos;
  return is_path ? name : std::string_view{};
}

void read_key(ModuleContext& context, RegistryHive& hive, RegistryKey& key) {
  struct Found {
    Row row;
    Envelope envelope;
  };
  std::map<std::string, Found> programs;  // both names of a program are one record
  each_value(context, key, [&](const RegistryValue& value) {
    const std::string_view path = path_of(value.name);
    const auto text = value.text();
    if (path.empty() || !text) return;
    const auto [at, is_new] = programs.try_emplace(fold_case(path));
    if (is_new) at->second = {{std::string{path}, {}, {}}, key_envelope(hive, key, &value)};
    (ends_with_fold(value.name, kCompany) ? at->second.row.company : at->second.row.friendly_name) =
        *text;
  });
  for (const auto& [folded, found] : programs) {
    Fact fact = trace_fact(FactKind::presence, "muicache", found.row.path, {},
                           context.emit(kMuiCache, kFields, found.row, found.envelope));
    fact.values.add("Description", found.row.friendly_name);
    fact.values.add("user", found.envelope.user_name);
    context.state(std::move(fact));
  }
}

Result<void> run(ModuleContext& context) {
  return each_trace_hive(
      context, {HiveRole::user, HiveRole::user_classes}, [&](RegistryHive& hive) {
        for (const std::string_view place :
             {"Local Settings\\Software\\Microsoft\\Windows\\Shell\\MuiCache",
              "Software\\Classes\\Local Settings\\Software\\Microsoft\\Windows\\Shell\\MuiCache",
              "Software\\Microsoft\\Windows\\ShellNoRoam\\MUICache"})
          if (const auto key = key_at(hive, place)) read_key(context, hive, *key);
      });
}

}  // namespace

extern const ModuleSpec muicache;
const ModuleSpec muicache{
    "muicache",
    "MUICache: programs that Explorer of every user looked at, with the names "
    "in their version resources.",
    kKinds,
    kReferences,
    {},
    run};

}  // namespace hozen::modules
