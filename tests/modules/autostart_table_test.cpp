// Proves that every row of modules/persistence/locations.inc is read: for each, an entry is planted
// at every place it stands for (native, 32-bit copy, each user, each control set), and a record
// must come out.
#include <gtest/gtest.h>

#include <set>

#include "collector/base/text.h"
#include "collector/module/asep_reader.h"
#include "tests/modules/persistence_cases.h"

namespace hozen {
namespace {

constexpr std::string_view kGuid = "{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}";

struct Planted {
  const AsepLocation* location;
  std::string key, value;  ///< as a fake machine takes them
  std::string bitness;
};

/// Value names that stand for the patterns of a row.
std::vector<std::string> concrete_values(const AsepLocation& location) {
  std::vector<std::string> names;
  for (auto name : split_outside_braces(location.values, ';')) {
    if (name.starts_with('!')) continue;
    if (name == "@" || name == "#") name.clear();
    if (name == "*") name = "Planted";
    for (auto at = name.find('*'); at != std::string::npos; at = name.find('*'))
      name.replace(at, 1, "x");
    names.push_back(name);
  }
  return names;
}

fake::Data data_for(const AsepLocation& location) {
  switch (location.kind) {
    case K::flag:
      return fake::dword(0);
    case K::clsid:
      return fake::sz(kGuid);
    case K::file_operations:
    case K::path_list:
    case K::native_list:
      return fake::multi_sz({"C:\\Planted\\a.exe", "C:\\Planted\\b.exe"});
    case K::account: {
      std::vector<std::byte> f(0x50);
      f[0x30] = std::byte{0xF4};
      f[0x31] = std::byte{0x01};
      return fake::binary(f);
    }
    case K::winsock_item:
      return fake::binary(fake::bytes_from(std::string{"C:\\Planted\\sock.dll"} + '\0' + "rest"));
    default:
      return fake::sz("C:\\Planted\\a.exe");
  }
}

void add_places(const AsepLocation& location, std::vector<Planted>& planted) {
  for (const auto& key : concrete_keys(location.key))
    for (const auto& value : concrete_values(location)) {
      const auto add = [&](const std::string& place, bool wow64) {
        planted.push_back({&location, place, value, wow64 ? "wow64" : "native"});
      };
      const auto users = [](const std::function<void(const std::string&)>& each) {
        for (const auto* user : {"HKU\\alice", "HKU\\bob", "HKU\\.DEFAULT"}) each(user);
      };
      const bool software = location.hive == H::software || location.hive == H::software_and_user;
      if (software) add("HKLM\\SOFTWARE\\" + key, false);
      if (software && location.wow64) add("HKLM\\SOFTWARE\\WOW6432Node\\" + key, true);
      if (location.hive == H::software_and_user)
        users([&](const std::string& user) {
          add(user + "\\Software\\" + key, false);
          if (location.wow64) add(user + "\\Software\\WOW6432Node\\" + key, true);
        });
      if (location.hive == H::user)
        users([&](const std::string& user) { add(user + "\\" + key, false); });
      if (location.hive == H::machine_classes || location.hive == H::classes) {
        add("HKLM\\SOFTWARE\\Classes\\" + key, false);
        if (location.wow64) add("HKLM\\SOFTWARE\\Classes\\WOW6432Node\\" + key, true);
      }
      if (location.hive == H::user_classes || location.hive == H::classes) {
        for (const auto* user : {"HKU\\alice_Classes", "HKU\\bob_Classes"}) {
          add(std::string{user} + "\\" + key, false);
          if (location.wow64) add(std::string{user} + "\\WOW6432Node\\" + key, true);
        }
        add("HKU\\.DEFAULT\\Software\\Classes\\" + key, false);
      }
      if (location.hive == H::control_set)
        for (const auto* set : {"ControlSet001", "ControlSet002"})
          add("HKLM\\SYSTEM\\" + std::string{set} + "\\" + key, false);
      if (location.hive == H::system) add("HKLM\\SYSTEM\\" + key, false);
      if (location.hive == H::sam) add("HKLM\\SAM\\" + key, false);
    }
}

/// HKU\alice as the records spell it.
std::string as_mounted(const fake::FakeWindows& windows, std::string key) {
  for (const auto* user : {"alice", "bob"}) {
    const std::string name = "HKU\\" + std::string{user};
    if (key.starts_with(name)) return "HKU\\" + windows.sid_of(user) + key.substr(name.size());
  }
  return key;
}

std::string identity(std::string_view location, std::string_view key, std::string_view value,
                     std::string_view bitness) {
  return fold_case(std::string{location} + " | " + std::string{key} + " | " + std::string{value} +
                   " | " + std::string{bitness});
}

fake::FakeWindows two_users() {
  fake::FakeWindows windows;
  windows.user("alice").user("bob");
  return windows;
}

void expect_every_row_read(M module, const ModuleSpec& spec) {
  std::vector<Planted> planted;
  for (const auto& location : kTestLocations)
    if (location.module == module && location.hive != H::file) add_places(location, planted);
  fake::FakeWindows windows = two_users();
  for (const auto& one : planted) windows.value(one.key, one.value, data_for(*one.location));

  const ModuleRun run = run_module(spec, windows);
  std::set<std::string> seen;
  for (const auto& record : run.context->records)
    seen.insert(identity(record["location"], record["key_path"],
                         record.json_of("value_name") == "null" ? "" : record["value_name"],
                         record["bitness"]));
  std::size_t missing = 0;
  for (const auto& one : planted) {
    const std::string wanted =
        identity(one.location->id, as_mounted(windows, one.key), one.value, one.bitness);
    if (!seen.contains(wanted) && ++missing < 20) ADD_FAILURE() << "no record for " << wanted;
  }
  EXPECT_EQ(missing, 0u) << "of " << planted.size();
  for (const auto& note : run.context->notes) ADD_FAILURE() << note.text();
}

TEST(AutostartTable, EveryRegistryRowOfAutostartsIsRead) {
  expect_every_row_read(M::autostarts, modules::autostarts);
}

TEST(AutostartTable, EveryRegistryRowOfRunKeysIsRead) {
  expect_every_row_read(M::run_keys, modules::run_keys);
}

/// Paths of a file row on the fake machine.
std::vector<std::string> concrete_paths(std::string_view patterns) {
  std::vector<std::string> paths;
  for (auto path : concrete_keys(patterns)) {
    const std::pair<const char*, const char*> variables[] = {
        {"%SystemRoot%", "C:\\Windows"},
        {"%SystemDrive%", "C:"},
        {"%ProgramFiles%", "C:\\Program Files"},
        {"%ProgramData%", "C:\\ProgramData"},
        {"%ALLUSERSPROFILE%", "C:\\ProgramData"},
        {"%APPDATA%", "C:\\Users\\alice\\AppData\\Roaming"},
        {"%LOCALAPPDATA%", "C:\\Users\\alice\\AppData\\Local"},
        {"%USERPROFILE%", "C:\\Users\\alice"}};
    for (const auto& [name, folder] : variables)
      if (path.starts_with(name)) path = folder + path.substr(std::string_view{name}.size());
    paths.push_back(path);
  }
  return paths;
}

void expect_every_file_read(M module, const ModuleSpec& spec) {
  fake::FakeWindows windows = two_users();
  std::vector<std::pair<std::string, std::string>> planted;
  const std::vector<std::byte> hive = windows.hive_image("HKU\\alice");
  for (const auto& location : kTestLocations) {
    if (location.module != module || location.hive != H::file) continue;
    for (const auto& path : concrete_paths(location.key)) {
      if (location.id == "mandatory_profile") {
        windows.file(path, "").bytes = hive;
      } else if (location.kind == K::web_config_file) {
        windows.file(path, "<configuration/>");
      } else {
        windows.file(path, "load=C:\\Planted\\a.exe\r\n");
      }
      planted.emplace_back(location.id, path);
    }
  }
  const ModuleRun run = run_module(spec, windows);
  for (const auto& [location, path] : planted) {
    const bool found =
        std::any_of(run.context->records.begin(), run.context->records.end(),
                    [&, &id = location, &where = path](const auto& record) {
                      return record["location"] == id && equals_fold(record["path"], where);
                    });
    EXPECT_TRUE(found) << location << " " << path;
    EXPECT_TRUE(run.context->has_collected(path)) << path;
  }
  for (const auto& note : run.context->notes) ADD_FAILURE() << note.text();
}

TEST(AutostartTable, EveryFileRowOfAutostartsIsRead) {
  expect_every_file_read(M::autostarts, modules::autostarts);
}

TEST(AutostartTable, EveryFileRowOfRunKeysIsRead) {
  expect_every_file_read(M::run_keys, modules::run_keys);
}

TEST(AutostartTable, RowsAreWellFormed) {
  std::set<std::string_view> ids;
  for (const auto& row : kTestLocations) {
    EXPECT_TRUE(ids.insert(row.id).second) << row.id << " stands twice";
    for (const char c : row.id)
      EXPECT_TRUE((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') << row.id;
    EXPECT_FALSE(row.name.empty()) << row.id;
    EXPECT_TRUE(row.meaning.ends_with('.')) << row.id;
    for (const auto& pattern : split_patterns(row.key))
      EXPECT_TRUE(is_key_pattern(pattern)) << row.id << ": " << pattern;
    EXPECT_TRUE(row.hive == H::file || !row.values.empty()) << row.id;
    for (const auto& one : split_outside_braces(row.defaults, '|')) {
      const auto equals = one.find('=');
      EXPECT_TRUE(one.empty() || equals != std::string::npos) << row.id << ": " << one;
      EXPECT_TRUE(equals == std::string::npos ||
                  is_default_pattern(std::string_view{one}.substr(equals + 1)))
          << row.id << ": " << one;
    }
  }
}

TEST(AutostartTable, FindingsMayCarryTheTechniqueOfEachRow) {
  for (const auto& row : kTestLocations) {
    if (row.module == M::services) continue;
    const auto& spec = row.module == M::run_keys ? modules::run_keys : modules::autostarts;
    for (const auto& id : split_patterns(row.attack))
      EXPECT_TRUE(id.empty() ||
                  std::find(spec.attack.begin(), spec.attack.end(), id) != spec.attack.end())
          << row.id << " " << id;
  }
}

}  // namespace
}  // namespace hozen
