// Traces of execution in real hives and files, against what other parsers' tests say of them.
#include <algorithm>
#include <map>
#include <set>

#include "collector/base/text.h"
#include "collector/formats/recent_file_cache.h"
#include "tests/modules/execution_cases.h"
#include "tests/real/real_evidence.h"

namespace hozen {
namespace modules {
extern const ModuleSpec amcache;
extern const ModuleSpec run_mru;
extern const ModuleSpec typed_paths;
extern const ModuleSpec userassist;
}  // namespace modules
namespace real {
namespace {

constexpr std::string_view kAmcache = "C:\\Windows\\AppCompat\\Programs\\Amcache.hve";

ModuleRun run_amcache(std::string_view name, const std::vector<std::string>& logs = {}) {
  fake::FakeWindows windows;
  windows.file(kAmcache, "").bytes = evidence(name);
  for (const std::string& log : logs)
    windows.file(std::string{kAmcache} + log, "").bytes = evidence(std::string{name} + log);
  return run_module(modules::amcache, windows);
}

std::map<std::string, int> layouts_of(const ModuleRun& run) {
  std::map<std::string, int> counts;
  for (const auto* record : records_of(run, "amcache_file")) ++counts[(*record)["layout"]];
  return counts;
}

TEST_F(RealEvidence, AmcacheOfBothLayouts) {
  const ModuleRun run = run_amcache("hives/regipy/amcache.hve.xz");
  const auto counts = layouts_of(run);
  EXPECT_EQ(counts.at("file"), 1120);  // with the others 1,367, as regipy has it
  EXPECT_EQ(counts.at("inventory"), 247);
  const auto* dll = run.context->record({{"sha1", "056f4b9d9ec9b5dc548e1b460da889e44089d76f"}});
  ASSERT_NE(dll, nullptr);
  EXPECT_TRUE(equals_fold((*dll)["name"], "TPVMMondeu.dll")) << (*dll)["name"];
  const auto* program = run.context->record({{"sha1", "82274eef0911a948f91425f5e5b0e730517fe75e"}});
  ASSERT_NE(program, nullptr);
  EXPECT_EQ((*program)["created"], "2017-08-01T12:43:35.1772758Z");
  EXPECT_EQ((*program)["linked"], "1992-06-19T22:22:17.0000000Z");
  // Its logs are not there.
  ASSERT_EQ(run.context->notes.size(), 1u);
  EXPECT_TRUE(run.context->notes[0].what.ends_with("dirty, no transaction log that fits"));
}

TEST_F(RealEvidence, AmcacheOfWindows10) {
  const ModuleRun run = run_amcache("hives/plaso/win10-Amcache.hve.xz");
  EXPECT_EQ(layouts_of(run).at("inventory"), 30);
  const auto* svchost = run.context->record({{"sha1", "75c5a97f521f760e32a4a9639a653eed862e9c61"}});
  ASSERT_NE(svchost, nullptr);
  EXPECT_EQ((*svchost)["name"], "svchost.exe");
  EXPECT_EQ((*svchost)["linked"], "1997-01-10T22:26:24.0000000Z");
  EXPECT_EQ(time_of(*svchost, "key_last_written").iso8601(), "2019-12-17T05:30:28.2416496Z");
}

TEST_F(RealEvidence, AmcacheOfAnAttackedHostIsReplayed) {
  const std::string name = "amcache/museum/Win10/APTSimulatorVM/Amcache.hve";
  EXPECT_EQ(layouts_of(run_amcache(name)).at("inventory"), 123);
  const ModuleRun run = run_amcache(name, {".LOG1", ".LOG2"});
  EXPECT_EQ(layouts_of(run).at("inventory"), 124);
  for (const Error& note : run.context->notes) ADD_FAILURE() << note.text();
}

TEST_F(RealEvidence, RecentFileCacheOfWindows7) {
  const auto bytes = evidence("recentfilecache/RecentFileCache.bcf");
  const auto cache = parse_recent_file_cache(Bytes{bytes});
  ASSERT_TRUE(cache);
  EXPECT_TRUE(cache->problems.empty());
  ASSERT_EQ(cache->entries.size(), 6u);
  EXPECT_NE(cache->entries[1].path.find("wipesvc.exe"), std::string::npos);
  EXPECT_EQ(cache->entries[5].path, "c:\\windows\\bcuninstall.exe");
  const auto other = evidence("recentfilecache/NotARecentFileCache.bcf");
  EXPECT_EQ(parse_recent_file_cache(Bytes{other}).error().code, Errc::malformed);
}

fake::FakeWindows user_of(std::string_view hive) {
  fake::FakeWindows windows;
  windows.user("tony");
  windows.hive_bytes("HKU\\tony", evidence(hive));
  return windows;
}

TEST_F(RealEvidence, UserAssistOfAUser) {
  const ModuleRun run = run_module(modules::userassist, user_of("hives/regipy/NTUSER.DAT.xz"));
  const auto found = records_of(run, "userassist");
  // The two lists hold 33 binary values (reglookup finds as many). Four are no programs:
  // UEME_CTLSESSION and UEME_CTLCUACount:ctor, each in both. What others count as 62 entries is
  // twice the 31 values that are not UEME_CTLSESSION.
  EXPECT_EQ(found.size(), 29u);
  const auto has = [&](std::string_view name, std::string_view count, std::string_view time) {
    return std::ranges::any_of(found, [&](const fake::Record* record) {
      return (*record)["name"].find(name) != std::string::npos && (*record)["run_count"] == count &&
             (*record)["last_run"].starts_with(time);
    });
  };
  EXPECT_TRUE(has("EXCEL", "4", "2012-04-04T15:43:14.785"));
  EXPECT_TRUE(has("Remote", "8", "2012-04-03T22:06:58.124282"));
}

TEST_F(RealEvidence, WhatAUserEntered) {
  const std::string_view hive = "hives/regipy/NTUSER_with_winscp.DAT.xz";
  const ModuleRun typed = run_module(modules::run_mru, user_of(hive));
  // 19 values, of which one is the order.
  EXPECT_EQ(records_of(typed, "run_mru").size(), 18u);
  const ModuleRun paths = run_module(modules::typed_paths, user_of(hive));
  EXPECT_EQ(std::ranges::count_if(
                records_of(paths, "typed_path"),
                [](const fake::Record* record) { return (*record)["place"] == "explorer"; }),
            7);
}

}  // namespace
}  // namespace real
}  // namespace hozen
