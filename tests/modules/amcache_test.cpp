#include <gtest/gtest.h>

#include "tests/builders/regf_builder.h"
#include "tests/modules/execution_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec amcache;
}  // namespace modules
namespace {

using builders::RegfBuilder;

constexpr std::string_view kHive = "C:\\Windows\\AppCompat\\Programs\\Amcache.hve";
const std::string kSha1(40, 'a');
const std::string kFileId = "0000" + kSha1;

RegfBuilder old_layout() {
  return RegfBuilder{}
      .key("Root\\File\\{11111111-2222-3333-4444-555555555555}\\100002a3b")
      .value("15", fake::sz("C:\\Temp\\a.exe"))
      .value("0", fake::sz("Tool"))
      .value("1", fake::sz("Maker"))
      .value("5", fake::sz("1.2"))
      .value("6", fake::dword(70'000))
      .value("f", fake::dword(1'700'000'000))
      .value("11", fake::qword(fake::at(-50).ticks))
      .value("12", fake::qword(fake::at(-60).ticks))
      .value("100", fake::sz("0006abc"))
      .value("101", fake::sz(kFileId))
      .written_at(fake::at(30));
}

RegfBuilder new_layout() {
  return RegfBuilder{}
      .key("Root\\InventoryApplicationFile\\b.exe|1234")
      .value("LowerCaseLongPath", fake::sz("c:\\temp\\b.exe"))
      .value("Name", fake::sz("b.exe"))
      .value("OriginalFileName", fake::sz("rar.exe"))
      .value("FileId", fake::sz(kFileId))
      .value("LinkDate", fake::sz("03/01/2024 12:00:00"))
      .value("Size", fake::qword(5'000'000'000))
      .value("Usn", fake::qword(77))
      .value("IsOsComponent", fake::dword(0))
      .value("BinaryType", fake::sz("pe64_amd64"))
      .written_at(fake::at(31));
}

ModuleRun run_on(const RegfBuilder& hive) {
  fake::FakeWindows windows;
  windows.file(kHive, "").bytes = hive.bytes();
  return run_module(modules::amcache, windows);
}

TEST(AmcacheModule, ReadsTheLayoutOfWindows8) {
  const ModuleRun run = run_on(old_layout());
  const auto found = records_of(run, "amcache_file");
  ASSERT_EQ(found.size(), 1u);
  const fake::Record& record = *found[0];
  EXPECT_EQ(record["path"], "C:\\Temp\\a.exe");
  EXPECT_EQ(record["name"], "a.exe");
  EXPECT_EQ(record["proves"], "presence");
  EXPECT_EQ(record["sha1"], kSha1);
  EXPECT_EQ(record["size"], "70000");
  EXPECT_EQ(record["product"], "Tool");
  EXPECT_EQ(record["publisher"], "Maker");
  EXPECT_EQ(record["version"], "1.2");
  EXPECT_EQ(record["linked"], "2023-11-14T22:13:20.0000000Z");
  EXPECT_EQ(record["modified"], fake::at(-50).iso8601());
  EXPECT_EQ(record["created"], fake::at(-60).iso8601());
  EXPECT_EQ(record["program_id"], "0006abc");
  EXPECT_EQ(record["volume"], "{11111111-2222-3333-4444-555555555555}");
  EXPECT_EQ(record["layout"], "file");
  EXPECT_EQ(record.key, "Root\\File\\{11111111-2222-3333-4444-555555555555}\\100002a3b");
  EXPECT_EQ(time_of(record, "key_last_written"), fake::at(30));
  EXPECT_EQ(time_of(record, "file_created"), fake::at(-60));
  EXPECT_TRUE(record.offset.has_value());
  EXPECT_TRUE(run.context->has_collected(kHive));
  EXPECT_TRUE(run.context->notes.empty());
}

TEST(AmcacheModule, ReadsTheInventoryOfWindows10) {
  const ModuleRun run = run_on(new_layout());
  const auto found = records_of(run, "amcache_file");
  ASSERT_EQ(found.size(), 1u);
  const fake::Record& record = *found[0];
  EXPECT_EQ(record["path"], "c:\\temp\\b.exe");
  EXPECT_EQ(record["original_name"], "rar.exe");
  EXPECT_EQ(record["sha1"], kSha1);
  EXPECT_EQ(record["size"], "5000000000");
  EXPECT_EQ(record["usn"], "77");
  EXPECT_EQ(record["is_os_component"], "false");
  EXPECT_EQ(record["linked"], "2024-03-01T12:00:00.0000000Z");
  EXPECT_EQ(record.json_of("modified"), "null");
  EXPECT_EQ(record["layout"], "inventory");
  EXPECT_EQ(time_of(record, "file_linked"), fake::default_time());
}

TEST(AmcacheModule, ReadsDriversAndEverythingElse) {
  const ModuleRun run = run_on(RegfBuilder{}
                                   .key("Root\\InventoryDriverBinary\\c:/windows/x.sys")
                                   .value("DriverName", fake::sz("x.sys"))
                                   .value("DriverId", fake::sz(kFileId))
                                   .value("DriverSigned", fake::dword(0))
                                   .value("Service", fake::sz("xsvc"))
                                   .value("DriverTimeStamp", fake::dword(1'700'000'000))
                                   .value("DriverLastWriteTime", fake::sz("03/01/2024 12:00:00"))
                                   .key("Root\\InventoryApplicationShortcut\\1")
                                   .value("ShortcutPath", fake::sz("C:\\a.lnk"))
                                   .value("List", fake::multi_sz({"a", "b"}))
                                   .value("Raw", fake::binary("01 02")));
  const auto drivers = records_of(run, "amcache_driver");
  ASSERT_EQ(drivers.size(), 1u);
  EXPECT_EQ((*drivers[0])["path"], "c:/windows/x.sys");
  EXPECT_EQ((*drivers[0])["sha1"], kSha1);
  EXPECT_EQ((*drivers[0])["is_signed"], "false");
  EXPECT_EQ((*drivers[0])["service"], "xsvc");
  EXPECT_EQ((*drivers[0])["linked"], "2023-11-14T22:13:20.0000000Z");
  EXPECT_EQ((*drivers[0])["modified"], fake::default_time().iso8601());
  const auto others = records_of(run, "amcache_entry");
  ASSERT_EQ(others.size(), 1u);
  EXPECT_EQ((*others[0])["category"], "InventoryApplicationShortcut");
  EXPECT_EQ((*others[0])["name"], "1");
  EXPECT_EQ(others[0]->json_of("values"),
            R"({"ShortcutPath":"C:\\a.lnk","List":"a|b","Raw":"0102"})");
}

TEST(AmcacheModule, ReplaysTheLogsBesideTheHive) {
  const auto before = new_layout().sequences(2, 1).bytes();
  const auto after = new_layout()
                         .sequences(2, 1)
                         .key("Root\\InventoryApplicationFile\\c.exe|1")
                         .value("Name", fake::sz("c.exe"))
                         .bytes();
  fake::FakeWindows windows;
  windows.file(kHive, "").bytes = before;
  windows.file(std::string{kHive} + ".LOG1", "").bytes = builders::log_new(before, {after}, 1);
  const ModuleRun run = run_module(modules::amcache, windows);
  EXPECT_EQ(records_of(run, "amcache_file").size(), 2u);
  EXPECT_TRUE(run.context->has_collected(std::string{kHive} + ".LOG1"));
}

TEST(AmcacheModule, NotesWhatIsNoInventory) {
  EXPECT_FALSE(run_on(RegfBuilder{}.key("Other")).context->notes.empty());
  fake::FakeWindows windows;
  windows.file(kHive, "no hive");
  const ModuleRun run = run_module(modules::amcache, windows);
  EXPECT_TRUE(run.context->records.empty());
  EXPECT_FALSE(run.context->notes.empty());
}

}  // namespace
}  // namespace hozen
