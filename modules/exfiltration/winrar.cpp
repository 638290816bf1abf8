// WinRAR and 7-Zip: what they remember of the archives that each user opened and made with them,
// and, when everything is read, what was packed to be taken away. The lists are of the windowed
// programs: rar.exe and 7z.exe on a command line write none. An entry proves that this user's
// program had that archive or folder; the key's last write is the time of the first entry alone.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/cells.h"
#include "collector/module/execution_registry.h"
#include "collector/module/packing.h"
#include "collector/module/packing_story.h"

namespace hozen::modules {
namespace {

/// One entry of a list.
struct HistoryRow {
  std::string_view program;
  std::string list, entry, value_name;
  std::string_view proves;
  std::optional<std::uint64_t> position{};
  bool deleted = false;
};

using H = Field<HistoryRow>;
constexpr std::array kHistoryFields{
    H{{"program", "Whose list it is: WinRAR or 7-Zip."},
      [](const HistoryRow& r, Cell& c) { c.text(r.program); }},
    H{{"list", "The list: its key below that of the program, or its value."},
      [](const HistoryRow& r, Cell& c) { c.text(r.list); }},
    H{{"proves",
       "What the entry is evidence of: `archive_opened`, `archive_name_given`, `folder_given`, "
       "`entered`."},
      [](const HistoryRow& r, Cell& c) { c.text(r.proves); }},
    H{{"entry", "Path or text as the program kept it."},
      [](const HistoryRow& r, Cell& c) { c.text(r.entry); }},
    H{{"position", "Place in the list, 0 for the last one used."},
      [](const HistoryRow& r, Cell& c) { number_or_absent(c, r.position); }},
    H{{"value_name", "Name of the value."},
      [](const HistoryRow& r, Cell& c) { c.text(r.value_name); }},
    H{{"deleted", "Whether it was recovered from free cells of the hive."},
      [](const HistoryRow& r, Cell& c) { c.boolean(r.deleted); }},
};
constexpr auto kHistoryColumns = columns_of(kHistoryFields);
constexpr Kind kHistory{"archiver_history",
                        "One archive, folder or text that WinRAR or 7-Zip remembers of a user.",
                        kHistoryColumns, "{program} {list}: {entry}"};

/// What it is set up with.
struct SettingRow {
  std::string_view program;
  std::string key, name;
  std::optional<std::string> value{};
  bool is_secret = false, deleted = false;
};

using S = Field<SettingRow>;
constexpr std::array kSettingFields{
    S{{"program", "Whose setting it is: WinRAR or 7-Zip."},
      [](const SettingRow& r, Cell& c) { c.text(r.program); }},
    S{{"key", "Key below that of the program."},
      [](const SettingRow& r, Cell& c) { c.text(r.key); }},
    S{{"name", "Name of the value."}, [](const SettingRow& r, Cell& c) { c.text(r.name); }},
    S{{"value", "Its text or number; other data in hex, the first bytes."},
      [](const SettingRow& r, Cell& c) {
        c.optional_text(r.value, r.is_secret ? Absent::not_applicable : Absent::unparsable);
      }},
    S{{"is_secret", "Whether it holds a password: then its value is not written."},
      [](const SettingRow& r, Cell& c) { c.boolean(r.is_secret); }},
    S{{"deleted", "Whether it was recovered from free cells of the hive."},
      [](const SettingRow& r, Cell& c) { c.boolean(r.deleted); }},
};
constexpr auto kSettingColumns = columns_of(kSettingFields);
constexpr Kind kSetting{"archiver_setting",
                        "One setting of WinRAR or 7-Zip that tells how it is used.",
                        kSettingColumns, "{program} {key}\\{name}[: {value}]"};
constexpr std::array kKinds{kHistory, kSetting};

constexpr std::string_view kReferences[] = {
    "https://www.win-rar.com/fileadmin/winrar-versions/winrar/winrar-help.html",
    "https://github.com/keydet89/RegRipper3.0/blob/master/plugins/winrar.pl",
    "https://github.com/ip7z/7zip/blob/main/CPP/7zip/UI/Common/ZipRegistry.cpp",
    "https://github.com/ForensicArtifacts/artifacts/blob/main/artifacts/data/applications.yaml"};
constexpr std::string_view kAttack[] = {"T1036.003", "T1036.008", "T1041",     "T1070.004",
                                        "T1074.001", "T1546",     "T1560.001", "T1567"};

constexpr int kMaxDepth = 4;
/// Texts of one binary list.
constexpr std::size_t kMaxListed = 1000;
constexpr std::size_t kMaxShownBytes = 64;

struct Place {
  RegistryHive& hive;
  std::string_view program;
  std::string key;    ///< below that of the program
  Envelope envelope;  ///< of the value
  FileTime written{};
  bool deleted = false;
};

/// A place for a password: PasswordData of a profile, and whatever else is called so. Numbers are
/// choices ("WipeIfPassword").
bool is_secret(std::string_view key, const RegistryValue& value) {
  return !value.number() && (contains_fold(value.name, "pass") || contains_fold(key, "pass"));
}

bool is_empty(const RegistryValue& value) {
  return std::all_of(value.data.begin(), value.data.end(),
                     [](std::byte byte) { return byte == std::byte{0}; });
}

void tell_entry(ModuleContext& context, const Place& place, HistoryRow row) {
  row.program = place.program;
  row.deleted = place.deleted;
  Envelope envelope = place.envelope;
  const bool is_last = row.position == 0U && !place.deleted;
  if (is_last) envelope.timestamps.emplace_back("used", place.written);
  const std::string record = context.emit(kHistory, kHistoryFields, row, envelope);
  if (row.proves != "archive_opened" && row.proves != "archive_name_given") return;
  Fact fact = trace_fact(FactKind::archive_trace, to_lower_ascii(place.program), row.entry,
                         is_last ? place.written : FileTime{}, record);
  fact.values.add("list", row.list);
  fact.values.add("user", envelope.user_name);
  if (row.position) fact.values.add("order", std::to_string(*row.position));
  fact.values.add("act", row.proves);
  if (place.deleted) fact.values.add("deleted", "1");
  context.state(std::move(fact));
}

/// What the entries of a list of WinRAR say.
std::string_view proof_of(std::string_view key) {
  if (equals_fold(key, "ArcHistory")) return "archive_opened";
  if (ends_with_fold(key, "\\ArcName")) return "archive_name_given";
  if (ends_with_fold(key, "\\ExtrPath")) return "folder_given";
  return "entered";
}

std::optional<std::uint64_t> position_of(std::string_view name) {
  constexpr std::size_t kMostDigits = 6;
  if (name.empty() || name.size() > kMostDigits) return std::nullopt;
  std::uint64_t number = 0;
  for (const char digit : name) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return number;
}

/// REG_BINARY of texts behind one another, each UTF-16LE with its NUL: 7-Zip's ArcHistory,
/// PathHistory, FolderHistory and CopyHistory, the last used first.
void tell_texts(ModuleContext& context, const Place& place, const RegistryValue& value) {
  const std::string list = place.key + "\\" + value.name;
  const std::string_view proves =
      equals_fold(value.name, "ArcHistory") ? "archive_opened" : "folder_given";
  Bytes rest{value.data};
  for (std::size_t i = 0; i < kMaxListed && rest.size() >= 2; ++i) {
    const std::string text = wtf8_from_utf16le(rest, true);
    const std::size_t used = static_cast<std::size_t>(utf16_length(text)) * 2 + 2;
    if (!text.empty()) tell_entry(context, place, {{}, list, text, value.name, proves, i});
    rest = rest.tail(used);
  }
}

void tell_setting(ModuleContext& context, const Place& place, const RegistryValue& value) {
  SettingRow row{place.program, place.key, value.name};
  row.deleted = place.deleted;
  row.is_secret = is_secret(place.key, value);
  if (!row.is_secret) {
    // CmdSwitches of a profile may have them too.
    if (const auto text = value.text()) row.value = packing::without_archive_passwords(*text);
    if (!row.value && value.number()) row.value = std::to_string(*value.number());
    if (!row.value)
      row.value = to_hex(std::span{value.data}.first(std::min(value.data.size(), kMaxShownBytes)));
  }
  const std::string record = context.emit(kSetting, kSettingFields, row, place.envelope);
  judge_archiver_setting(context, {place.program, place.key, value.name, row.value, row.is_secret},
                         place.envelope.user_name, record);
}

/// What tells how archives are made, and not how the window looks. Profiles have 75 values each,
/// nearly all of them as they always are.
bool is_winrar_setting(std::string_view key, const RegistryValue& value) {
  if (is_secret(key, value)) return !is_empty(value);
  if (starts_with_fold(key, "Profiles")) {
    constexpr std::string_view kTelling[] = {
        "Name",       "ExclNames",      "CmtFile",    "VolumeSize",  "Move",    "ArcWipe",
        "Background", "EncryptHeaders", "EmailArcTo", "CmdSwitches", "ArcName", "FileTimeMode"};
    const bool telling =
        std::any_of(std::begin(kTelling), std::end(kTelling),
                    [&](std::string_view known) { return equals_fold(known, value.name); });
    return telling && !is_empty(value);
  }
  for (const std::string_view known : {"General", "Viewer", "VirusScan", "Interface\\Comment", ""})
    if (equals_fold(key, known)) return true;
  return false;
}

void tell_value(ModuleContext& context, const Place& place, const RegistryValue& value) {
  if (place.program == "7-Zip") {
    if (value.type == static_cast<std::uint32_t>(RegType::binary) &&
        ends_with_fold(value.name, "History"))
      return tell_texts(context, place, value);
    const bool path =
        starts_with_fold(value.name, "Path") || starts_with_fold(value.name, "PanelPath");
    if (path && value.text() && !value.text()->empty()) return tell_setting(context, place, value);
    return;
  }
  if (const auto text = value.text();
      text && (equals_fold(place.key, "ArcHistory") ||
               starts_with_fold(place.key, "DialogEditHistory\\"))) {
    const auto position = position_of(value.name);
    return tell_entry(context, place,
                      {{}, place.key, *text, value.name, proof_of(place.key), position});
  }
  if (place.key == "SFX" && value.text())
    return tell_entry(context, place, {{}, "SFX", *value.text(), value.name, "folder_given", {}});
  if (is_winrar_setting(place.key, value) && !value.name.empty())
    tell_setting(context, place, value);
}

void read_key(ModuleContext& context, RegistryHive& hive, RegistryKey& key,
              std::string_view program, const std::string& below, int depth) {
  each_value(context, key, [&](const RegistryValue& value) {
    tell_value(context, {hive, program, below, key_envelope(hive, key, &value), key.last_written()},
               value);
  });
  if (depth >= kMaxDepth) return;
  each_subkey(context, key, [&](RegistryKey& subkey) {
    read_key(context, hive, subkey, program,
             below.empty() ? subkey.name() : below + "\\" + subkey.name(), depth + 1);
  });
}

struct Root {
  std::string_view path, program, below;
};
constexpr Root kRoots[] = {{"Software\\WinRAR", "WinRAR", ""},
                           {"Software\\WinRAR SFX", "WinRAR", "SFX"},
                           {"Software\\7-Zip", "7-Zip", ""}};

/// Values and keys that were deleted: clearing the history leaves them in the hive.
void read_deleted(ModuleContext& context, RegistryHive& hive) {
  if (!hive.each_deleted_value) return;
  std::size_t count = 0;
  hive.each_deleted_value(
      [&](const std::string& path, FileTime written, const RegistryValue& value) {
        if (context.stop().stop_requested() || count >= kMaxTraceValues) return;
        for (const Root& root : kRoots) {
          const std::string start = hive.mount + "\\" + std::string{root.path};
          if (!starts_with_fold(path, start)) continue;
          const std::string_view rest = std::string_view{path}.substr(start.size());
          if (!rest.empty() && rest[0] != '\\') continue;
          ++count;
          Place place{hive, root.program, std::string{rest.empty() ? root.below : rest.substr(1)},
                      {},   written,      true};
          place.envelope.origin = {hive.artifact, path, value.offset};
          if (written.is_set()) place.envelope.timestamps.emplace_back("key_last_written", written);
          if (hive.user != nullptr) {
            place.envelope.user_sid = hive.user->sid;
            place.envelope.user_name = hive.user->name;
          }
          tell_value(context, place, value);
        }
      });
}

Result<void> run(ModuleContext& context) {
  HOZEN_CHECK(each_trace_hive(context, {HiveRole::software}, [&](RegistryHive& hive) {
    for (const std::string_view place : {"WinRAR", "WOW6432Node\\WinRAR"})
      if (const auto key = key_at(hive, place))
        read_key(context, hive, *key, "WinRAR", "", kMaxDepth);
  }));
  return each_trace_hive(
      context, {HiveRole::user, HiveRole::default_user}, [&](RegistryHive& hive) {
        for (const Root& root : kRoots)
          if (const auto key = key_at(hive, root.path))
            read_key(context, hive, *key, root.program, std::string{root.below}, 0);
        read_deleted(context, hive);
      });
}

Result<void> judge(ModuleContext& context) {
  report_packing(context);
  return {};
}

}  // namespace

extern const ModuleSpec winrar;
const ModuleSpec winrar{"winrar",
                        "What WinRAR and 7-Zip remember of archives, for every user, and what was "
                        "packed to be taken away, from all evidence.",
                        kKinds,
                        kReferences,
                        kAttack,
                        run,
                        {},
                        false,
                        judge};

}  // namespace hozen::modules
