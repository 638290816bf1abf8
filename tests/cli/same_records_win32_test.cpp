// One description of services and tasks, planted in the running system and laid out as a folder
// with hives: both collections must give the same records.
#include <gtest/gtest.h>
#include <windows.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "collector/base/native_win32.h"
#include "collector/base/text.h"
#include "collector/engine/bundle_reader.h"
#include "tests/builders/fake_windows.h"
#include "tests/builders/file_text.h"
#include "tests/builders/json.h"
#include "tests/builders/planted_win32.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"
#include "tests/modules/task_machine.h"

namespace hozen::cli {
namespace {

namespace fs = std::filesystem;
using test::Json;

constexpr std::string_view kServices = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\";

/// What is planted goes into both machines; it leaves the running one with this object.
class Twins {
 public:
  Twins() = default;
  ~Twins() {
    for (const auto& key : keys_) RegDeleteTreeW(HKEY_LOCAL_MACHINE, below_machine(key).c_str());
    for (const auto& file : files_) DeleteFileW(wide_from_wtf8(file).c_str());
  }
  Twins(const Twins&) = delete;
  Twins& operator=(const Twins&) = delete;

  /// `own` is removed at the end with all below it.
  void key(const std::string& own) { keys_.push_back(own); }
  void value(const std::string& key, const std::string& name, const fake::Data& data) {
    EXPECT_EQ(RegSetKeyValueW(HKEY_LOCAL_MACHINE, below_machine(key).c_str(),
                              wide_from_wtf8(name).c_str(), data.type, data.bytes.data(),
                              static_cast<DWORD>(data.bytes.size())),
              ERROR_SUCCESS)
        << key;
    values_.push_back({key, name, data});
  }
  void file(const std::string& path, const std::vector<std::byte>& content) {
    const fs::path native{wide_from_wtf8(path)};
    std::error_code ignored;
    fs::create_directories(native.parent_path(), ignored);
    std::ofstream{native, std::ios::binary} << Bytes{content}.chars();
    const std::uint64_t ticks = fake::default_time().ticks;
    planted::set_times(native.native(), ticks, ticks, ticks);
    files_.push_back(path);
    windows_.file(path, "").bytes = content;
  }
  /// A file that both have anyway.
  void usual(const std::string& path) { windows_.program(path); }
  /// Keys of the folder's hives have the times that the running system gave its own.
  void write_to(const fs::path& folder) {
    for (const auto& one : values_) windows_.value(one.key, one.name, one.data, written(one.key));
    EXPECT_TRUE(windows_.write_to(wtf8_from_wide(folder.native())));
  }

 private:
  struct Planted {
    std::string key, name;
    fake::Data data;
  };
  static std::wstring below_machine(const std::string& key) {
    return wide_from_wtf8(key.substr(std::string_view{"HKLM\\"}.size()));
  }
  static FileTime written(const std::string& key) {
    HKEY handle = nullptr;
    FILETIME time{};
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, below_machine(key).c_str(), 0, KEY_READ, &handle) != 0)
      return {};
    RegQueryInfoKeyW(handle, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                     nullptr, nullptr, &time);
    RegCloseKey(handle);
    return FileTime{std::uint64_t{time.dwHighDateTime} << 32 | time.dwLowDateTime};
  }

  fake::FakeWindows windows_;
  std::vector<Planted> values_;
  std::vector<std::string> keys_, files_;
};

void plant_service(Twins& twins, const std::string& name, const std::string& image,
                   std::uint32_t type) {
  const std::string key = std::string{kServices} + name;
  twins.key(key);
  twins.value(key, "ImagePath", fake::expand_sz(image));
  twins.value(key, "Type", fake::dword(type));
  twins.value(key, "Start", fake::dword(3));
  twins.value(key, "ErrorControl", fake::dword(1));
  twins.value(key, "ObjectName", fake::sz("LocalSystem"));
}

void plant_task(Twins& twins, const TaskSpec& spec, const std::string& id, bool described) {
  const std::string tree = std::string{kCache} + "Tree" + spec.path;
  const std::string task = std::string{kCache} + "Tasks\\" + id;
  twins.key(tree);
  twins.key(task);
  const auto xml = TaskMachine::xml_of(spec);
  twins.file(TaskMachine::file_of(spec.path), xml);
  twins.value(tree, "Id", fake::sz(id));
  twins.value(tree, "Index", fake::dword(3));
  if (described) twins.value(tree, "SD", TaskMachine::data(task_descriptor()));
  const auto digest = sha256(hashed_part(Bytes{xml}).span());
  builders::ActionsBuilder actions;
  actions.exec(spec.command, spec.arguments);
  twins.value(task, "Path", fake::sz(spec.path));
  twins.value(task, "Hash", TaskMachine::data({digest.begin(), digest.end()}));
  twins.value(task, "Actions", TaskMachine::data(actions.bytes()));
  twins.value(task, "Triggers",
              TaskMachine::data(builders::TriggersBuilder{}
                                    .flags(spec.flags)
                                    .crc(task_crc32(Bytes{xml}))
                                    .logon()
                                    .bytes()));
  twins.value(task, "DynamicInfo",
              TaskMachine::data(builders::dynamic_info(fake::at(10), fake::at(20), 0, nullptr)));
}

/// Numbers of artifacts depend on what else was asked for before: only how many there are counts.
/// Wine has no ControlSet001, and spells the folders of Windows its own way.
std::string comparable(Json record) {
  for (const char* member : {"record", "source", "view", "control_set", "control_set_absent"})
    record.erase(member);
  for (auto& [name, value] : record.items()) {
    if (name.ends_with("_artifact") && value.is_number()) value = "a file";
    if (name.ends_with("_artifacts") && value.is_array()) value = value.size();
  }
  std::string text = fold_case(test::dumped(record, 1));
  const std::string numbered = fold_case("\\\\ControlSet001\\\\");
  const std::string current = fold_case("\\\\CurrentControlSet\\\\");
  for (auto at = text.find(numbered); at != std::string::npos; at = text.find(numbered))
    text.replace(at, numbered.size(), current);
  return text;
}

/// Records that name one of `names`, each once.
std::set<std::string> records_of(const fs::path& bundle, const std::vector<std::string>& names) {
  std::set<std::string> records;
  const std::string content = test::file_text(bundle);
  const auto bytes = std::as_bytes(std::span{content});
  MemorySource source{{bytes.begin(), bytes.end()}};
  const auto reader = BundleReader::open(source);
  EXPECT_TRUE(reader) << reader.error().text();
  if (!reader) return records;
  for (const char* stream : {"records/services", "records/scheduled_tasks"}) {
    const auto read = reader->each_line(stream, [&](std::string_view line) {
      Json record = test::parse_json(line);
      const std::string name = record.value("task_path", record.value("name", ""));
      // The service manager was asked on the running system only.
      if (std::find(names.begin(), names.end(), name) == names.end() ||
          record["kind"] == "live_service")
        return Result<void>{};
      records.insert(comparable(std::move(record)));
      return Result<void>{};
    });
    EXPECT_TRUE(read) << read.error().text();
  }
  return records;
}

TEST(SameRecords, ServicesAndTasksOfARunningSystemAndOfAFolder) {
  if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
  TempFolder folder;
  Twins twins;
  twins.usual("C:\\Windows\\System32\\svchost.exe");
  twins.file("C:\\HozenSame\\service.exe", fake::bytes_from("MZ service"));
  twins.file("C:\\HozenSame\\task.exe", fake::bytes_from("MZ task"));
  twins.file("C:\\Windows\\System32\\hozensame.dll", fake::bytes_from("MZ library"));
  plant_service(twins, "HozenSameService", "C:\\HozenSame\\service.exe -run", 0x10);
  plant_service(twins, "Dnscache", "%SystemRoot%\\System32\\svchost.exe -k NetworkService", 0x20);
  twins.value(std::string{kServices} + "Dnscache\\Parameters", "ServiceDll",
              fake::expand_sz("%SystemRoot%\\System32\\hozensame.dll"));
  plant_task(twins, {.path = "\\HozenSame", .command = "C:\\HozenSame\\task.exe"},
             TaskMachine::guid(1), true);
  plant_task(twins, {.path = "\\HozenSameHidden", .command = "C:\\HozenSame\\task.exe"},
             TaskMachine::guid(2), false);
  const fs::path root = folder.make_folder("root");
  twins.write_to(root);

  const auto collect = [&](const char* name, std::vector<std::string> options) {
    const fs::path bundle = folder.path() / name;
    std::vector<std::string> arguments{
        "collect",         "--progress", "none",
        "--module",        "services",   "--module",
        "scheduled_tasks", "--output",   wtf8_from_wide(bundle.native())};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const test::Ended ended = test::run_program(arguments, folder.text());
    EXPECT_TRUE(ended.exit_code == 0 || ended.exit_code == 1) << ended.exit_code << ended.error;
    return records_of(bundle, {"HozenSameService", "Dnscache", "\\HozenSame", "\\HozenSameHidden"});
  };
  const auto live = collect("live.zip", {});
  const auto offline = collect("folder.zip", {"--root", wtf8_from_wide(root.native())});
  EXPECT_EQ(live.size(), 4u);
  EXPECT_EQ(live, offline);
}

}  // namespace
}  // namespace hozen::cli
