// BAM and DAM (Background and Desktop Activity Moderator), Windows 10 1709 and later: when each
// account last ran which program. It proves execution by that account. Entries that were not
// renewed for seven days go at the next start; programs on shares and removable volumes do not
// appear.
#include <array>
#include <string>

#include "collector/base/text.h"
#include "collector/module/cells.h"
#include "collector/module/execution_registry.h"

namespace hozen::modules {
namespace {

struct Row {
  std::string program, service, sid, control_set;
  bool is_current = false;
  FileTime last_run{};
  std::optional<std::uint32_t> kind{};
};

using F = Field<Row>;
constexpr std::array kFields{
    F{{"program", "Path of the program on its device, or name of an app of the store."},
      [](const Row& r, Cell& c) { c.text(r.program); }},
    F{{"proves", "What the entry is evidence of: `execution`, by this account."},
      [](const Row&, Cell& c) { c.text("execution"); }},
    F{{"last_run", "When it last ran."},
      [](const Row& r, Cell& c) { time_or_absent(c, r.last_run, Absent::unparsable); }},
    F{{"is_app", "Whether it is an app of the store."},
      [](const Row& r, Cell& c) {
        flag_or_absent(c, r.kind ? std::optional{*r.kind == 1} : std::nullopt);
      }},
    F{{"service", "Which of both keeps it: bam or dam."},
      [](const Row& r, Cell& c) { c.text(r.service); }},
    F{{"account_sid", "Account that ran it."}, [](const Row& r, Cell& c) { c.text(r.sid); }},
    F{{"control_set", "Control set that holds the entry."},
      [](const Row& r, Cell& c) { c.text(r.control_set); }},
    F{{"current_control_set", "Whether Windows runs from it."},
      [](const Row& r, Cell& c) { c.boolean(r.is_current); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kBam{"bam", "One program that an account ran, and when last.", kColumns,
                    "Background Activity Moderator: {program}"};
constexpr std::array kKinds{kBam};

constexpr std::string_view kReferences[] = {
    "https://github.com/libyal/winreg-kb/blob/main/docs/sources/system-keys/"
    "Background-activity-moderator.md",
    "https://github.com/ForensicArtifacts/artifacts/blob/main/artifacts/data/windows.yaml"};

constexpr std::size_t kEntryBytes = 24;

/// The account's name, where the evidence holds its profile.
std::string name_of(const Registry& registry, std::string_view sid) {
  for (const UserProfile& user : registry.users())
    if (equals_fold(user.sid, sid)) return user.name;
  return {};
}

void read_account(ModuleContext& context, RegistryHive& hive, RegistryKey& account, Row row) {
  row.sid = account.name();
  each_value(context, account, [&](const RegistryValue& value) {
    if (value.data.size() < kEntryBytes) return;  // Version, SequenceNumber
    row.program = value.name;
    const Bytes data{value.data};
    row.last_run = FileTime{data.get<std::uint64_t>(0).value_or(0)};
    row.kind = data.get<std::uint32_t>(16);
    Envelope envelope = key_envelope(hive, account, &value);
    envelope.user_sid = row.sid;
    envelope.user_name = name_of(*context.registry(), row.sid);
    if (row.last_run.is_set()) envelope.timestamps.emplace_back("last_run", row.last_run);
    std::string record = context.emit(kBam, kFields, row, envelope);
    Fact fact =
        trace_fact(FactKind::execution, "bam", row.program, row.last_run, std::move(record));
    fact.values.add("user", envelope.user_name.empty() ? row.sid : envelope.user_name);
    context.state(std::move(fact));
  });
}

Result<void> run(ModuleContext& context) {
  return each_trace_hive(context, {HiveRole::system}, [&](RegistryHive& hive) {
    each_control_set(hive, [&](RegistryKey& set, bool is_current) {
      for (const std::string_view service : {"bam", "dam"})
        for (const std::string_view place : {"\\State\\UserSettings", "\\UserSettings"}) {
          const auto key = set.open(std::string{"Services\\"}.append(service).append(place));
          if (!key) continue;
          Row row;
          row.service = service;
          row.control_set = set.name();
          row.is_current = is_current;
          each_subkey(context, **key,
                      [&](RegistryKey& account) { read_account(context, hive, account, row); });
        }
    });
  });
}

}  // namespace

extern const ModuleSpec bam;
const ModuleSpec bam{"bam",
                     "BAM and DAM: which account last ran which program when (Windows 10 1709 and "
                     "later).",
                     kKinds,
                     kReferences,
                     {},
                     run};

}  // namespace hozen::modules
