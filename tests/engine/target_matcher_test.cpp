#include "collector/engine/target_matcher.h"

#include <gtest/gtest.h>

#include "tests/builders/fake_windows.h"

namespace hozen {
namespace {

class TargetMatcherTest : public ::testing::Test {
 protected:
  FileTarget& add(const std::string& pattern, const std::string& reason = "Because.",
                  Priority priority = Priority::normal) {
    FileTarget target;
    target.pattern = *parse_path_pattern(pattern);
    target.category = "logs";
    target.reason = reason;
    target.priority = priority;
    return targets.emplace_back(std::move(target));
  }
  std::optional<TargetMatch> find(const std::string& path, KnownPath known = KnownPath::whole) {
    const fake::Machine machine = windows.machine();
    const TargetExpander expander{*machine.source, {machine.registry.get()}, [](const Error&) {}};
    return TargetMatcher{targets, expander}.find(*EvidencePath::parse(path), known);
  }
  bool finds(const std::string& path, KnownPath known = KnownPath::whole) {
    return find(path, known).has_value();
  }

  fake::FakeWindows windows;
  std::vector<FileTarget> targets;
};

TEST_F(TargetMatcherTest, FindsWhatAPatternNamesWhetherItIsThereOrNot) {
  add("%SystemRoot%\\System32\\winevt\\Logs\\*.evtx");
  EXPECT_TRUE(finds("C:\\Windows\\System32\\winevt\\Logs\\Security.evtx"));
  EXPECT_TRUE(finds("C:\\WINDOWS\\system32\\WINEVT\\logs\\gone.EVTX"));
  EXPECT_FALSE(finds("C:\\Windows\\System32\\winevt\\Logs\\deep\\gone.evtx"));
  EXPECT_FALSE(finds("C:\\Windows\\System32\\winevt\\Logs\\gone.txt"));
  EXPECT_FALSE(finds("D:\\Windows\\System32\\winevt\\Logs\\gone.evtx"));
  EXPECT_FALSE(finds("C:\\"));
}

TEST_F(TargetMatcherTest, KnowsVolumesAndAnyNumberOfFolders) {
  add("%EveryVolume%\\$Recycle.Bin\\**\\$R*");
  add("D:\\Logs\\**");
  EXPECT_TRUE(finds("C:\\$Recycle.Bin\\S-1-5\\$RABC.exe"));
  EXPECT_TRUE(finds("D:\\Logs\\a\\b"));
  EXPECT_FALSE(finds("C:\\Logs\\a\\b"));
}

TEST_F(TargetMatcherTest, KnowsUsersThatAreGone) {
  windows.user("alice");
  add("%UserProfile%\\Downloads\\**");
  add("%LocalAppData%\\Temp\\*.exe");
  EXPECT_TRUE(finds("C:\\Users\\alice\\Downloads\\a.zip"));
  EXPECT_TRUE(finds("C:\\Users\\gone\\Downloads\\x\\a.zip"));
  EXPECT_TRUE(finds("C:\\Users\\gone\\AppData\\Local\\Temp\\a.exe"));
  EXPECT_TRUE(
      finds("C:\\Documents and Settings\\gone\\Local Settings\\Application Data\\Temp\\a.exe"));
  EXPECT_FALSE(finds("C:\\Users\\gone\\AppData\\Roaming\\Temp\\a.exe"));
  EXPECT_FALSE(finds("C:\\gone\\Downloads\\a.zip"));
}

TEST_F(TargetMatcherTest, TellsStreamsFromFiles) {
  add("%SystemDrive%\\a\\*").streams = true;
  add("%SystemDrive%\\b\\*");
  add("%SystemDrive%\\c\\*:Zone*");
  EXPECT_TRUE(finds("C:\\a\\f") && finds("C:\\a\\f:s"));
  EXPECT_TRUE(finds("C:\\b\\f"));
  EXPECT_FALSE(finds("C:\\b\\f:s"));
  EXPECT_TRUE(finds("C:\\c\\f:Zone.Identifier"));
  EXPECT_FALSE(finds("C:\\c\\f") || finds("C:\\c\\f:other"));
}

TEST_F(TargetMatcherTest, TakesTheMostDemandingOfSeveral) {
  add("%SystemDrive%\\a\\*", "Ordinary.").max_file_bytes = 1000;
  add("%SystemDrive%\\a\\*.exe", "Valuable.", Priority::high).max_file_bytes = 10;
  const auto match = find("C:\\a\\f.exe");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->reason, "Valuable.");
  EXPECT_EQ(match->priority, Priority::high);
  EXPECT_EQ(match->max_file_bytes, 1000u);
  add("%SystemDrive%\\a\\f*", "Whole.", Priority::bulk);
  EXPECT_EQ(find("C:\\a\\f.exe")->max_file_bytes, 0u);
}

TEST_F(TargetMatcherTest, FindsByNameWhereAPatternHasOne) {
  add("%SystemRoot%\\System32\\winevt\\Logs\\*.evtx");
  add("%SystemDrive%\\Temp\\**");
  add("%SystemDrive%\\x\\*.*");
  add("D:\\own\\tool?.exe");
  EXPECT_TRUE(finds("C:\\$Orphan\\gone.evtx", KnownPath::name));
  EXPECT_FALSE(finds("C:\\$Orphan\\gone.txt", KnownPath::name));
  EXPECT_TRUE(finds("D:\\$Orphan\\tool1.exe", KnownPath::name));
  EXPECT_FALSE(finds("C:\\$Orphan\\tool1.exe", KnownPath::name));
  EXPECT_FALSE(finds("C:\\$Orphan\\gone.evtx"));
}

TEST_F(TargetMatcherTest, AWholeVolumeHasFilesOfFoldersThatAreNotKnown) {
  add("D:\\**");
  add("%SystemDrive%\\Temp\\**");
  EXPECT_TRUE(finds("D:\\$Orphan\\gone.txt", KnownPath::name));
  EXPECT_FALSE(finds("D:\\$Orphan\\gone.txt:stream", KnownPath::name));
  EXPECT_FALSE(finds("C:\\$Orphan\\gone.txt", KnownPath::name));
  add("%EveryVolume%\\**").streams = true;
  EXPECT_TRUE(finds("C:\\$Orphan\\gone.txt", KnownPath::name));
  EXPECT_TRUE(finds("C:\\$Orphan\\gone.txt:stream", KnownPath::name));
}

}  // namespace
}  // namespace hozen
