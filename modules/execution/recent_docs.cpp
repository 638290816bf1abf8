// Documents and folders that a user opened in Explorer (RecentDocs), files chosen in dialogs to
// open and save (OpenSavePidlMRU), and the program and folder of each dialog (LastVisitedPidlMRU).
// It proves that this user opened or chose them; the key's last write is the time of the first one
// in the order.
#include <array>
#include <map>
#include <string>

#include "collector/base/text.h"
#include "collector/formats/shell_item.h"
#include "collector/module/cells.h"
#include "collector/module/execution_registry.h"

namespace hozen::modules {
namespace {

struct Row {
  std::string name, path, program, list, group;
  std::optional<std::uint64_t> position{};
};

using F = Field<Row>;
constexpr std::array kFields{
    F{{"name", "Name of the file or folder, or the last part of the path."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.name); }},
    F{{"path", "Path or location, where the entry holds it."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.path); }},
    F{{"program", "Program whose dialog it was (last_visited)."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.program, Absent::not_applicable); }},
    F{{"proves", "What the entry is evidence of: `use` of the file or folder by this user."},
      [](const Row&, Cell& c) { c.text("use"); }},
    F{{"list", "List that holds it: recent_docs, open_save or last_visited."},
      [](const Row& r, Cell& c) { c.text(r.list); }},
    F{{"group", "Extension that the list is of; absent for all."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.group); }},
    F{{"position", "Place in the order of use, 0 for the last one."},
      [](const Row& r, Cell& c) { number_or_absent(c, r.position); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kRecentDoc{"recent_doc", "One file or folder that a user opened or chose.", kColumns,
                          "Recent documents: {path|name}"};
constexpr std::array kKinds{kRecentDoc};

constexpr std::string_view kReferences[] = {
    "https://github.com/libyal/winreg-kb/blob/main/docs/sources/explorer-keys/"
    "Most-recently-used.md",
    "https://github.com/libyal/libfwsi/blob/main/documentation/"
    "Windows%20Shell%20Item%20format.asciidoc"};

constexpr std::string_view kExplorer = "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\";
constexpr std::string_view kOrder = "MRUListEx";

/// Place of each value, by its number.
std::map<std::string, std::uint64_t> order_of(RegistryKey& key) {
  std::map<std::string, std::uint64_t> places;
  const auto value = key.value(kOrder);
  if (!value) return places;
  constexpr std::uint32_t kEnd = 0xFFFF'FFFF;
  const Bytes data{value->data};
  for (std::uint64_t at = 0; at + 4 <= data.size(); at += 4) {
    const std::uint32_t number = data.get<std::uint32_t>(at).value_or(kEnd);
    if (number == kEnd) break;
    places.try_emplace(std::to_string(number), at / 4);
  }
  return places;
}

/// Text up to its NUL, and what follows that.
std::pair<std::string, Bytes> text_and_rest(Bytes data) {
  std::uint64_t at = 0;
  while (data.get<std::uint16_t>(at).value_or(0) != 0) at += 2;
  return {wtf8_from_utf16le(data.head(at)), data.tail(at + 2)};
}

/// A location as its list of items tells it.
std::string location_of(Bytes items) {
  const ShellItemList list = parse_shell_items(items);
  if (!list.path.empty()) return list.path;
  std::string text;
  for (const ShellItem& item : list.items) {
    if (item.name.text.empty()) continue;
    text += (text.empty() ? "" : "\\") + item.name.text;
  }
  return text;
}

void fill(Row& row, Bytes data) {
  if (row.list == "open_save") {
    row.path = location_of(data);
  } else {
    const auto [text, rest] = text_and_rest(data);
    if (row.list == "recent_docs") {
      row.name = text;
      return;
    }
    row.program = text;
    row.path = location_of(rest);
  }
  row.name = row.path.substr(row.path.rfind('\\') + 1);
}

void read_key(ModuleContext& context, RegistryHive& hive, RegistryKey& key, const Row& base) {
  const auto places = order_of(key);
  each_value(context, key, [&](const RegistryValue& value) {
    if (equals_fold(value.name, kOrder) || value.data.empty()) return;
    Row row = base;
    if (const auto at = places.find(value.name); at != places.end()) row.position = at->second;
    fill(row, Bytes{value.data});
    if (row.name.empty() && row.path.empty() && row.program.empty()) return;
    Envelope envelope = key_envelope(hive, key, &value);
    if (row.position == 0u) envelope.timestamps.emplace_back("last_used", key.last_written());
    context.emit(kRecentDoc, kFields, row, envelope);
  });
}

/// The list of all, and one for each extension below it.
void read_list(ModuleContext& context, RegistryHive& hive, std::string_view place,
               std::string_view list) {
  const auto key = key_at(hive, std::string{kExplorer}.append(place));
  if (!key) return;
  Row base;
  base.list = list;
  read_key(context, hive, *key, base);
  each_subkey(context, *key, [&](RegistryKey& group) {
    base.group = group.name();
    read_key(context, hive, group, base);
  });
}

Result<void> run(ModuleContext& context) {
  return each_trace_hive(
      context, {HiveRole::user, HiveRole::default_user}, [&](RegistryHive& hive) {
        read_list(context, hive, "RecentDocs", "recent_docs");
        read_list(context, hive, "ComDlg32\\OpenSavePidlMRU", "open_save");
        read_list(context, hive, "ComDlg32\\LastVisitedPidlMRU", "last_visited");
        read_list(context, hive, "ComDlg32\\LastVisitedPidlMRULegacy", "last_visited");
      });
}

}  // namespace

extern const ModuleSpec recent_docs;
const ModuleSpec recent_docs{"recent_docs",
                             "Files and folders that every user opened, or chose in dialogs.",
                             kKinds,
                             kReferences,
                             {},
                             run};

}  // namespace hozen::modules
