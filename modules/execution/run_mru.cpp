// RunMRU: what a user typed into the Run dialog (Windows+R), and the order in which it was used
// last. It proves that this user entered the command; the key's last write is the time of the first
// one in the order, the others were entered before.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/cells.h"
#include "collector/module/execution_registry.h"
#include "collector/module/remote_tools.h"

namespace hozen::modules {
namespace {

struct Row {
  std::string command, value_name;
  std::optional<std::uint64_t> position{};
};

using F = Field<Row>;
constexpr std::array kFields{
    F{{"command", "What was entered."}, [](const Row& r, Cell& c) { c.text(r.command); }},
    F{{"proves", "What the entry is evidence of: `entered`, by this user."},
      [](const Row&, Cell& c) { c.text("entered"); }},
    F{{"position", "Place in the order of use, 0 for the last one."},
      [](const Row& r, Cell& c) { number_or_absent(c, r.position); }},
    F{{"value_name", "Name of the value."}, [](const Row& r, Cell& c) { c.text(r.value_name); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kRunMru{"run_mru", "One command that a user entered into the Run dialog.", kColumns,
                       "Run dialog: {command}"};
constexpr std::array kKinds{kRunMru};

constexpr std::string_view kReferences[] = {
    "https://github.com/libyal/winreg-kb/blob/main/docs/sources/explorer-keys/"
    "Most-recently-used.md",
    "https://github.com/ForensicArtifacts/artifacts/blob/main/artifacts/data/windows.yaml"};

constexpr std::string_view kKey = "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RunMRU";
constexpr std::string_view kOrder = "MRUList";
constexpr std::string_view kEnd = "\\1";  // behind every command

void read_key(ModuleContext& context, RegistryHive& hive, RegistryKey& key) {
  std::string order;
  if (const auto value = key.value(kOrder)) order = value->text().value_or("");
  each_value(context, key, [&](const RegistryValue& value) {
    const auto text = value.text();
    if (equals_fold(value.name, kOrder) || !text || value.name.empty()) return;
    Row row{*text, value.name, {}};
    if (row.command.ends_with(kEnd)) row.command.resize(row.command.size() - kEnd.size());
    const std::size_t at = value.name.size() == 1 ? order.find(value.name) : std::string::npos;
    if (at != std::string::npos) row.position = at;
    Envelope envelope = key_envelope(hive, key, &value);
    if (at == 0) envelope.timestamps.emplace_back("entered", key.last_written());
    std::string record = context.emit(kRunMru, kFields, row, envelope);
    const std::vector<std::string> words = command_words(row.command);
    if (words.empty()) return;
    Fact fact = trace_fact(FactKind::execution, "run_mru", words.front(),
                           at == 0 ? key.last_written() : FileTime{}, std::move(record));
    fact.values.add("CommandLine", row.command);
    fact.values.add("user", envelope.user_name);
    context.state(std::move(fact));
  });
}

Result<void> run(ModuleContext& context) {
  return each_trace_hive(context, {HiveRole::user, HiveRole::default_user},
                         [&](RegistryHive& hive) {
                           if (const auto key = key_at(hive, kKey)) read_key(context, hive, *key);
                         });
}

}  // namespace

extern const ModuleSpec run_mru;
const ModuleSpec run_mru{"run_mru", "RunMRU: commands that every user entered into the Run dialog.",
                         kKinds,    kReferences,
                         {},        run};

}  // namespace hozen::modules
