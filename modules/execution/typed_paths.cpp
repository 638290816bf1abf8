// Places that a user typed (or pasted) into the address bar of Explorer (TypedPaths) and of
// Internet Explorer (TypedURLs). It proves that this user entered them; the first is the last one,
// entered about when the key was last written. TypedURLsTime has the time of each.
#include <array>
#include <charconv>
#include <string>

#include "collector/base/text.h"
#include "collector/module/cells.h"
#include "collector/module/execution_registry.h"

namespace hozen::modules {
namespace {

struct Row {
  std::string text, place;
  std::uint32_t number = 0;
  FileTime entered{};
};

using F = Field<Row>;
constexpr std::array kFields{
    F{{"text", "What was entered."}, [](const Row& r, Cell& c) { c.text(r.text); }},
    F{{"proves", "What the entry is evidence of: `entered`, by this user."},
      [](const Row&, Cell& c) { c.text("entered"); }},
    F{{"place", "Where: explorer or internet_explorer."},
      [](const Row& r, Cell& c) { c.text(r.place); }},
    F{{"number", "Number in the value's name: 1 is the last one entered."},
      [](const Row& r, Cell& c) { c.number(r.number); }},
    F{{"entered", "When it was entered, where Windows keeps that."},
      [](const Row& r, Cell& c) { time_or_absent(c, r.entered); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kTypedPath{"typed_path", "One place that a user entered into an address bar.",
                          kColumns, "Typed into an address bar: {text}"};
constexpr std::array kKinds{kTypedPath};

constexpr std::string_view kReferences[] = {
    "https://github.com/ForensicArtifacts/artifacts/blob/main/artifacts/data/windows.yaml",
    "https://github.com/EricZimmerman/RegistryPlugins"};

struct Place {
  std::string_view key, times, name;
};
constexpr Place kPlaces[] = {
    {"Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\TypedPaths", "", "explorer"},
    {"Software\\Microsoft\\Internet Explorer\\TypedURLs",
     "Software\\Microsoft\\Internet Explorer\\TypedURLsTime", "internet_explorer"},
};

/// The number of "url12"; 0 for another name.
std::uint32_t number_of(std::string_view name) {
  constexpr std::string_view kPrefix = "url";
  if (!starts_with_fold(name, kPrefix)) return 0;
  name.remove_prefix(kPrefix.size());
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
  return failed == std::errc{} && end == name.data() + name.size() ? number : 0;
}

void read_place(ModuleContext& context, RegistryHive& hive, const Place& place) {
  const auto key = key_at(hive, place.key);
  if (!key) return;
  const auto times = place.times.empty() ? nullptr : key_at(hive, place.times);
  each_value(context, *key, [&](const RegistryValue& value) {
    const auto text = value.text();
    Row row{text.value_or(""), std::string{place.name}, number_of(value.name), {}};
    if (!text || row.number == 0) return;
    if (times != nullptr)
      if (const auto time = times->value(value.name))
        row.entered = FileTime{Bytes{time->data}.get<std::uint64_t>(0).value_or(0)};
    Envelope envelope = key_envelope(hive, *key, &value);
    const FileTime entered =
        !row.entered.is_set() && row.number == 1 ? key->last_written() : row.entered;
    if (entered.is_set()) envelope.timestamps.emplace_back("entered", entered);
    context.emit(kTypedPath, kFields, row, envelope);
  });
}

Result<void> run(ModuleContext& context) {
  return each_trace_hive(context, {HiveRole::user, HiveRole::default_user},
                         [&](RegistryHive& hive) {
                           for (const Place& place : kPlaces) read_place(context, hive, place);
                         });
}

}  // namespace

extern const ModuleSpec typed_paths;
const ModuleSpec typed_paths{"typed_paths",
                             "Places that every user entered into the address bars of Explorer and "
                             "Internet Explorer.",
                             kKinds,
                             kReferences,
                             {},
                             run};

}  // namespace hozen::modules
