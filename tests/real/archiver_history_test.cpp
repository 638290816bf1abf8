// What WinRAR and 7-Zip remember in real hives, against what other tools found there.
#include <gmock/gmock.h>

#include <set>

#include "collector/base/text.h"
#include "tests/modules/execution_cases.h"
#include "tests/real/real_evidence.h"

namespace hozen {
namespace modules {
extern const ModuleSpec winrar;
}  // namespace modules
namespace real {
namespace {

using Entries = std::set<std::string>;  // "list position entry time of the key"

/// Those of WinRAR, by our module.
Entries entries_of(const ModuleRun& run) {
  Entries entries;
  for (const fake::Record* record : records_of(run, "archiver_history"))
    if ((*record)["program"] == "WinRAR" && (*record)["deleted"] == "false" &&
        (*record)["list"] != "SFX")
      entries.insert((*record)["list"] + " " + (*record)["position"] + " " + (*record)["entry"] +
                     " " + time_of(*record, "key_last_written").iso8601());
  return entries;
}

/// The same out of the table of facts, which another parser wrote.
Entries expected_of(std::string_view hive) {
  constexpr std::string_view kRoot = "Software\\WinRAR\\";
  Entries entries;
  for (const Row& row : facts("hive_values.tsv")) {
    if (row[0] != hive || !starts_with_fold(row[1], kRoot) || row[2] == "(key)") continue;
    const std::string list = row[1].substr(kRoot.size());
    if (!starts_with_fold(list, "ArcHistory") && !starts_with_fold(list, "DialogEditHistory"))
      continue;
    entries.insert(list + " " + row[2] + " " + row[3] + " " + row[5]);
  }
  return entries;
}

ModuleRun run_hive(std::string_view hive) {
  fake::FakeWindows windows;
  windows.user("tony");
  windows.hive_bytes("HKU\\tony", evidence(hive));
  return run_module(modules::winrar, windows);
}

class ArchiverHistory : public RealEvidence {};

TEST_F(ArchiverHistory, OfAUserIsWhatOtherToolsFound) {
  constexpr std::string_view kHive = "hives/regipy/NTUSER.DAT.xz";
  const ModuleRun run = run_hive(kHive);
  const Entries expected = expected_of(kHive);
  EXPECT_EQ(expected.size(), 6U);
  EXPECT_EQ(entries_of(run), expected);
  EXPECT_TRUE(run.context->findings.empty());
}

TEST_F(ArchiverHistory, OfAnotherUserWithSevenZip) {
  constexpr std::string_view kHive = "hives/regipy/NTUSER_with_winscp.DAT.xz";
  const ModuleRun run = run_hive(kHive);
  const Entries expected = expected_of(kHive);
  EXPECT_EQ(expected.size(), 5U);
  EXPECT_EQ(entries_of(run), expected);
  const auto* unpacked = run.context->record({{"list", "SFX"}});
  ASSERT_NE(unpacked, nullptr);
  EXPECT_EQ((*unpacked)["entry"], "C:\\Program Files\\WinRAR");
  EXPECT_EQ((*unpacked)["value_name"], "C%%Program Files%WinRAR");
  // FolderHistory of 248 bytes, UTF-16: read by eye out of the hive.
  std::vector<std::string> folders;
  for (const fake::Record* record : records_of(run, "archiver_history"))
    if ((*record)["list"] == "FM\\FolderHistory") folders.push_back((*record)["entry"]);
  ASSERT_FALSE(folders.empty());
  std::size_t bytes = 0;
  for (const std::string& folder : folders) {
    EXPECT_TRUE(folder.starts_with("C:\\")) << folder;
    bytes += static_cast<std::size_t>(utf16_length(folder)) * 2 + 2;
  }
  EXPECT_EQ(bytes, 248U);
}

}  // namespace
}  // namespace real
}  // namespace hozen
