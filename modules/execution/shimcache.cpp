// The application compatibility cache (ShimCache): programs whose compatibility Windows looked up,
// newest first, in every control set. Windows looks at a program when it starts, but also when a
// folder that holds it is shown: an entry proves that the file was there, with that time of its
// last change; that it ran only where Windows Vista to 8.1 set the flag. The time is the file's
// own, not that of a run. The cache is written when Windows shuts down: what came after the last
// start is in memory only.
#include "collector/formats/shimcache.h"

#include <array>
#include <string>

#include "collector/module/cells.h"
#include "collector/module/execution_registry.h"

namespace hozen::modules {
namespace {

struct Row {
  const ShimCacheEntry& entry;
  const ShimCache& cache;
  std::string control_set;
  bool is_current = false;
};

using F = Field<Row>;
constexpr std::array kFields{
    F{{"path", "Path as stored."}, [](const Row& r, Cell& c) { text_or_absent(c, r.entry.path); }},
    F{{"package", "App of the store, as its fields stand there."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.entry.package); }},
    F{{"proves",
       "What the entry is evidence of: `presence` of the file, or `execution` where the flag of "
       "Windows Vista to 8.1 is set."},
      [](const Row& r, Cell& c) {
        c.text(r.entry.executed().value_or(false) ? "execution" : "presence");
      }},
    F{{"position", "Place in the cache, 0 for what was looked up last."},
      [](const Row& r, Cell& c) { c.number(r.entry.position); }},
    F{{"file_modified", "Time of the file's last change ($STANDARD_INFORMATION), not of a run."},
      [](const Row& r, Cell& c) { time_or_absent(c, r.entry.file_modified); }},
    F{{"executed", "The flag for execution, which Windows Vista to 8.1 have."},
      [](const Row& r, Cell& c) { flag_or_absent(c, r.entry.executed(), Absent::not_applicable); }},
    F{{"entry_updated", "When the entry was last changed, on Windows XP: near a run."},
      [](const Row& r, Cell& c) { time_or_absent(c, r.entry.updated, Absent::not_applicable); }},
    F{{"file_size", "Size of the file in bytes, on Windows XP and 2003."},
      [](const Row& r, Cell& c) {
        number_or_absent(c, r.entry.file_size, Absent::not_applicable);
      }},
    F{{"insert_flags", "InsertFlags of the entry."},
      [](const Row& r, Cell& c) {
        number_or_absent(c, r.entry.insert_flags, Absent::not_applicable);
      }},
    F{{"shim_flags", "ShimFlags of the entry."},
      [](const Row& r, Cell& c) {
        number_or_absent(c, r.entry.shim_flags, Absent::not_applicable);
      }},
    F{{"last_number",
       "Windows 10 and later: the last number of the entry's data; some take 1 for execution, "
       "which nothing confirms."},
      [](const Row& r, Cell& c) {
        number_or_absent(c, r.entry.last_number, Absent::not_applicable);
      }},
    F{{"form",
       "Windows that writes this form: windows_xp, windows_2003, windows_vista, windows_7, "
       "windows_8, windows_8_1, windows_10, windows_10_1703 (and later)."},
      [](const Row& r, Cell& c) { c.text(to_text(r.cache.form)); }},
    F{{"control_set", "Control set that holds the cache."},
      [](const Row& r, Cell& c) { c.text(r.control_set); }},
    F{{"current_control_set", "Whether Windows runs from it."},
      [](const Row& r, Cell& c) { c.boolean(r.is_current); }},
    F{{"value_offset", "Bytes from the start of the value's data."},
      [](const Row& r, Cell& c) { c.number(r.entry.offset); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kShimCache{"shimcache",
                          "One entry of the application compatibility cache: the file was there; "
                          "whether it ran stands in `proves`.",
                          kColumns, "ShimCache: {path|package}"};
constexpr std::array kKinds{kShimCache};

constexpr std::string_view kReferences[] = {
    "https://github.com/libyal/winreg-kb/blob/main/docs/sources/system-keys/"
    "Application-compatibility-cache.md",
    "https://www.mandiant.com/resources/blog/caching-out-the-val"};

void read_value(ModuleContext& context, const RegistryHive& hive, const RegistryKey& key,
                const RegistryValue& value, const RegistryKey& set, bool is_current) {
  const std::string place = key.path() + "\\" + value.name + ": ";
  const auto cache = parse_shimcache(Bytes{value.data});
  if (!cache) {
    if (!value.data.empty())
      context.note({cache.error().code, place + cache.error().what, cache.error().offset,
                    cache.error().detail});
    return;
  }
  for (const ShimCacheEntry& entry : cache->entries) {
    if (context.stop().stop_requested()) return;
    Envelope envelope = key_envelope(hive, key, &value);
    if (entry.file_modified.is_set())
      envelope.timestamps.emplace_back("file_modified", entry.file_modified);
    if (entry.updated.is_set()) envelope.timestamps.emplace_back("entry_updated", entry.updated);
    std::string record =
        context.emit(kShimCache, kFields, Row{entry, *cache, set.name(), is_current}, envelope);
    context.state(trace_fact(FactKind::presence, "shimcache", entry.path, {}, std::move(record)));
  }
  for (const Error& problem : cache->problems)
    context.note({problem.code, place + problem.what, problem.offset, problem.detail});
}

Result<void> run(ModuleContext& context) {
  return each_trace_hive(context, {HiveRole::system}, [&](RegistryHive& hive) {
    each_control_set(hive, [&](RegistryKey& set, bool is_current) {
      for (const std::string_view name : {"AppCompatCache", "AppCompatibility"}) {
        const auto key = set.open("Control\\Session Manager\\" + std::string{name});
        if (!key) continue;
        const auto value = (*key)->value("AppCompatCache");
        if (value) read_value(context, hive, **key, *value, set, is_current);
      }
    });
  });
}

}  // namespace

extern const ModuleSpec shimcache;
const ModuleSpec shimcache{"shimcache",
                           "The application compatibility cache: programs that Windows looked at, "
                           "with the time of their last change.",
                           kKinds,
                           kReferences,
                           {},
                           run};

}  // namespace hozen::modules
