// Values AppCompatCache of real hives, against what the tests of other parsers say of them.
#include "collector/formats/shimcache.h"

#include <algorithm>

#include "collector/base/text.h"
#include "tests/modules/execution_cases.h"
#include "tests/real/real_evidence.h"

namespace hozen {
namespace modules {
extern const ModuleSpec shimcache;
}  // namespace modules
namespace real {
namespace {

class ShimCacheEvidence : public RealEvidence {
 protected:
  void read(std::string_view name) {
    const auto data = evidence("shimcache/" + std::string{name});
    const auto result = parse_shimcache(Bytes{data});
    ASSERT_TRUE(result) << result.error().text();
    cache = *result;
    for (const Error& problem : cache.problems) ADD_FAILURE() << problem.text();
  }
  void expect(std::size_t index, std::string_view name, std::size_t path_bytes) {
    ASSERT_LT(index, cache.entries.size());
    const std::string& path = cache.entries[index].path;
    EXPECT_TRUE(ends_with_fold(path, name)) << path;
    EXPECT_EQ(2 * utf16_length(path), path_bytes) << path;
  }
  ShimCache cache;
};

TEST_F(ShimCacheEvidence, OfWindows10) {
  read("Win10Creators.bin");
  EXPECT_EQ(cache.form, ShimCacheForm::windows_10_1703);
  EXPECT_EQ(cache.entries.size(), 506u);
  EXPECT_EQ(cache.stated_count, 506u);
  expect(0, "nvstreg.exe", 126);
  expect(7, "ISBEW64.exe", 166);
  expect(349, "SLUI.exe", 56);
}

TEST_F(ShimCacheEvidence, OfWindows7) {
  read("win7x64.bin");
  EXPECT_EQ(cache.form, ShimCacheForm::windows_7);
  EXPECT_TRUE(cache.is_64_bit);
  EXPECT_EQ(cache.entries.size(), 304u);
  expect(0, "wuauclt.exe", 70);
  EXPECT_EQ(cache.entries[0].executed(), std::optional{true});
  expect(7, "chrome.exe", 126);
  EXPECT_EQ(cache.entries[7].executed(), std::optional{false});
  EXPECT_TRUE(ends_with_fold(cache.entries[34].path, "GoogleUpdateSetup.exe"));
  EXPECT_TRUE(cache.entries[34].file_modified.iso8601().starts_with("2015-01-28T21:47:00"));
  expect(301, "reg.exe", 62);
}

TEST_F(ShimCacheEvidence, OfWindows81) {
  read("Win81.bin");
  EXPECT_EQ(cache.form, ShimCacheForm::windows_8_1);
  EXPECT_EQ(cache.entries.size(), 1024u);
  expect(0, "java.exe", 94);
  expect(1011, "osTriage2.exe", 98);
  expect(1023, "setup.exe", 170);
  EXPECT_EQ(cache.entries[1023].executed(), std::optional{true});
}

// The others list the entries as they lie there; ours are in the order of the list of their use.
TEST_F(ShimCacheEvidence, OfWindowsXp) {
  read("WinXPx86.bin");
  EXPECT_EQ(cache.entries.size(), 17u);
  auto by_place = cache.entries;
  std::ranges::sort(by_place, {}, &ShimCacheEntry::offset);
  EXPECT_TRUE(by_place[0].path.ends_with("msoobe.exe"));
  EXPECT_TRUE(by_place[2].path.ends_with("agentsvr.exe"));
  EXPECT_TRUE(by_place[8].path.ends_with("NETSHELL.dll"));
  EXPECT_TRUE(std::ranges::is_sorted(cache.entries, std::greater{}, &ShimCacheEntry::updated));
}

TEST_F(ShimCacheEvidence, OfBothControlSetsOfAHive) {
  fake::FakeWindows windows;
  windows.hive_bytes("HKLM\\SYSTEM", evidence("hives/regipy/SYSTEM.xz"));
  const ModuleRun run = run_module(modules::shimcache, windows);
  const auto found = records_of(run, "shimcache");
  EXPECT_EQ(found.size(), 660u);
  EXPECT_EQ(
      std::ranges::count_if(
          found, [](const auto* record) { return (*record)["control_set"] == "ControlSet001"; }),
      330);
  const auto* mfeann =
      run.context->record({{"executed", "true"}, {"control_set", "ControlSet001"}});
  ASSERT_NE(mfeann, nullptr);
  bool has_mfeann = false;
  for (const auto* record : found)
    has_mfeann |= ends_with_fold((*record)["path"], "mfeann.exe") &&
                  (*record)["file_modified"].starts_with("2011-01-12T12:08:00") &&
                  (*record)["executed"] == "true";
  EXPECT_TRUE(has_mfeann);
  EXPECT_TRUE(run.context->notes.empty());
}

}  // namespace
}  // namespace real
}  // namespace hozen
