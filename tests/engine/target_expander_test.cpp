#include "collector/engine/target_expander.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "collector/source/ntfs_tree.h"
#include "collector/source/tree_source.h"
#include "tests/builders/fake_windows.h"
#include "tests/builders/ntfs_builder.h"
#include "tests/builders/reparse_builder.h"
#include "tests/engine/fake_bundle.h"

namespace hozen {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class NoProgress final : public ProgressListener {
 public:
  void update(const ProgressState&) override {}
};

/// Expands one pattern over a machine and collects what it names.
class TargetExpanderTest : public ::testing::Test {
 protected:
  std::vector<std::string> expand(const std::string& pattern, bool streams = false) {
    machine = windows.machine();
    if (change) change(*machine.source);
    BundleFeed feed{bundle, stop};
    const RunStop run_stop{stop, 0};
    ProgressState progress;
    NoProgress listener;
    ArtifactStore store{*machine.source, Limits{}, run_stop, progress, listener};
    store.open(feed);
    TargetExpander expander{*machine.source, {machine.registry.get()}, [this](const Error& error) {
                              problems.push_back(error.text());
                            }};
    FileTarget target;
    target.pattern = *parse_path_pattern(pattern);
    target.category = "logs";
    target.reason = "Because.";
    target.streams = streams;
    expander.expand(target, store, stop.get_token());
    store.drain(Priority::bulk);
    feed.settle();
    missing = store.counts().missing;
    std::vector<std::string> paths;
    for (const auto& file : bundle.files) paths.push_back(file.path);
    return paths;
  }

  fake::FakeWindows windows;
  std::function<void(fake::FakeSource&)> change;
  fake::Machine machine;
  fake::FakeBundle bundle;
  std::stop_source stop;
  std::vector<std::string> problems;
  std::uint64_t missing = 0;
};

TEST_F(TargetExpanderTest, TakesFilesOfTheWindowsFolder) {
  windows.file("C:\\Windows\\System32\\winevt\\Logs\\System.evtx", "1");
  windows.file("C:\\Windows\\System32\\winevt\\Logs\\old\\Security.evtx", "2");
  windows.file("C:\\Windows\\System32\\winevt\\Logs\\readme.txt", "3");
  EXPECT_THAT(expand("%SystemRoot%\\SYSTEM32\\winevt\\logs\\*.EVTX"),
              UnorderedElementsAre("C:\\Windows\\System32\\winevt\\Logs\\System.evtx"));
  EXPECT_THAT(problems, IsEmpty());
}

TEST_F(TargetExpanderTest, GoesDownAnyNumberOfFolders) {
  windows.file("C:\\Windows\\System32\\Tasks\\a", "1");
  windows.file("C:\\Windows\\System32\\Tasks\\Microsoft\\Windows\\b", "2");
  EXPECT_THAT(expand("%SystemRoot%\\System32\\Tasks\\**"),
              UnorderedElementsAre("C:\\Windows\\System32\\Tasks\\a",
                                   "C:\\Windows\\System32\\Tasks\\Microsoft\\Windows\\b"));
}

TEST_F(TargetExpanderTest, TakesEveryUserOldLayoutAndOrphanIncluded) {
  windows.user("alice");
  windows.user("\u5C71\u7530");
  windows.user("old", {.xp_layout = true});
  windows.user("gone", {.in_profile_list = false});
  windows.file("C:\\Users\\alice\\AppData\\Roaming\\x.txt", "1");
  windows.file("C:\\Users\\\u5C71\u7530\\AppData\\Roaming\\x.txt", "2");
  windows.file("C:\\Documents and Settings\\old\\Application Data\\x.txt", "3");
  windows.file("C:\\Users\\gone\\AppData\\Roaming\\x.txt", "4");
  EXPECT_THAT(expand("%AppData%\\*.txt"),
              UnorderedElementsAre("C:\\Users\\alice\\AppData\\Roaming\\x.txt",
                                   "C:\\Users\\\u5C71\u7530\\AppData\\Roaming\\x.txt",
                                   "C:\\Documents and Settings\\old\\Application Data\\x.txt",
                                   "C:\\Users\\gone\\AppData\\Roaming\\x.txt"));
}

TEST_F(TargetExpanderTest, TakesFoldersOfUsersWithoutHiveAndAppData) {
  windows.file("C:\\Users\\ghost\\Documents\\WindowsPowerShell\\profile.ps1", "1");
  windows.file("C:\\Documents and Settings\\older\\x\\profile.ps1", "2");
  windows.file("C:\\Users\\Public\\profile.ps1", "nobody's");
  windows.file("C:\\Users\\profile.ps1", "in no folder");
  windows.volume("D:");
  windows.file("D:\\Users\\music\\profile.ps1", "on a volume without Windows");
  EXPECT_THAT(expand("%UserProfile%\\**\\profile.ps1"),
              UnorderedElementsAre("C:\\Users\\ghost\\Documents\\WindowsPowerShell\\profile.ps1",
                                   "C:\\Documents and Settings\\older\\x\\profile.ps1"));
}

TEST_F(TargetExpanderTest, TakesEveryVolume) {
  windows.volume("D:");
  windows.file("C:\\$Recycle.Bin\\S-1-5-21-1\\$IABCDEF.txt", "1");
  windows.file("D:\\$Recycle.Bin\\S-1-5-21-1\\$IABCDEF.txt", "2");
  windows.file("D:\\$Recycle.Bin\\S-1-5-21-1\\$RABCDEF.txt", "3");
  EXPECT_THAT(expand("%EveryVolume%\\$Recycle.Bin\\**\\$I*"),
              UnorderedElementsAre("C:\\$Recycle.Bin\\S-1-5-21-1\\$IABCDEF.txt",
                                   "D:\\$Recycle.Bin\\S-1-5-21-1\\$IABCDEF.txt"));
}

TEST_F(TargetExpanderTest, SaysThatANamedFileIsMissingButNotThatAPatternMatchesNothing) {
  EXPECT_THAT(expand("%SystemRoot%\\nothing.log"), IsEmpty());
  EXPECT_EQ(missing, 1u);
  EXPECT_THAT(bundle.streams["artifacts"], ::testing::HasSubstr("\"outcome\":\"missing\""));
  bundle.streams.clear();
  EXPECT_THAT(expand("%SystemRoot%\\nothing\\*.log"), IsEmpty());
  EXPECT_EQ(missing, 0u);
  EXPECT_THAT(expand("Q:\\nothing.log"), IsEmpty());
  EXPECT_EQ(missing, 1u);
  bundle.streams.clear();
  EXPECT_THAT(expand("%ProgramFiles(x86)%\\Agent\\agent.log"), IsEmpty());
  EXPECT_EQ(missing, 1u);
  EXPECT_THAT(bundle.streams["artifacts"],
              ::testing::HasSubstr("C:\\\\Program Files (x86)\\\\Agent\\\\agent.log"));
  bundle.streams.clear();
  EXPECT_THAT(expand("Q:\\folder\\*.log"), IsEmpty());
  EXPECT_EQ(missing, 0u);
  EXPECT_THAT(problems, IsEmpty());
}

TEST_F(TargetExpanderTest, TakesAlternateStreamsWhereAskedFor) {
  windows.file("C:\\Windows\\a.exe", "x").streams["Zone.Identifier"] = fake::bytes_from("z");
  EXPECT_THAT(expand("%SystemRoot%\\a.exe", true),
              UnorderedElementsAre("C:\\Windows\\a.exe", "C:\\Windows\\a.exe:Zone.Identifier"));
  bundle.files.clear();
  EXPECT_THAT(expand("%SystemRoot%\\*.exe:zone*"),
              UnorderedElementsAre("C:\\Windows\\a.exe:Zone.Identifier"));
  bundle.files.clear();
  EXPECT_THAT(expand("%SystemRoot%\\a.exe:Zone.Identifier"),
              UnorderedElementsAre("C:\\Windows\\a.exe:Zone.Identifier"));
}

TEST_F(TargetExpanderTest, TakesAlternateStreamsOfFoldersToo) {
  windows.file("C:\\Tools\\a.exe", "x");
  change = [](fake::FakeSource& source) {
    source.add_folder(EvidencePath{"C:"} / "Tools").streams["hidden.exe"] = fake::bytes_from("z");
  };
  EXPECT_THAT(expand("%SystemDrive%\\Tools\\**", true), UnorderedElementsAre("C:\\Tools\\a.exe"));
  bundle.files.clear();
  EXPECT_THAT(expand("%SystemDrive%\\T*\\**"), UnorderedElementsAre("C:\\Tools\\a.exe"));
  bundle.files.clear();
  EXPECT_THAT(expand("%SystemDrive%\\T*", true), UnorderedElementsAre("C:\\Tools:hidden.exe"));
  bundle.files.clear();
  EXPECT_THAT(expand("%SystemDrive%\\**:*.exe"), UnorderedElementsAre("C:\\Tools:hidden.exe"));
}

TEST_F(TargetExpanderTest, TakesManyStreamsOfAFileWithManyNamesOnce) {
  change = [](fake::FakeSource& source) {
    const auto add = [&](const char* name, std::uint32_t links, std::uint64_t reference) {
      fake::Entry& file = source.add_file(EvidencePath{"C:"} / "Tools" / name, {});
      for (int i = 0; i < 600; ++i) file.streams[std::to_string(i)] = {};
      file.facts.link_count = links;
      file.facts.file_reference = reference;
    };
    add("a", 2, 70);
    add("b", 2, 70);
    add("one", 1, 71);
    add("other", 2, 72);
  };
  const auto paths = expand("%SystemDrive%\\Tools\\*", true);
  EXPECT_EQ(paths.size(), 4u + 3 * 600);
  EXPECT_THAT(paths, Contains("C:\\Tools\\a:599"));
  EXPECT_THAT(paths, Contains("C:\\Tools\\b"));
  EXPECT_THAT(paths, Contains("C:\\Tools\\one:599"));
  EXPECT_THAT(paths, Contains("C:\\Tools\\other:599"));
  EXPECT_THAT(paths, Not(Contains("C:\\Tools\\b:1")));
  EXPECT_EQ(problems.size(), 2u);
  EXPECT_THAT(problems, Contains(::testing::HasSubstr("by this name")));
}

TEST_F(TargetExpanderTest, DoesNotFollowLinks) {
  windows.folder("C:\\Loop").file("C:\\Loop\\x.txt", "1");
  windows.entry("C:\\Loop").facts.is_link = true;
  EXPECT_THAT(expand("C:\\**\\x.txt"), IsEmpty());
  EXPECT_THAT(expand("C:\\Loop\\*.txt"), IsEmpty());
}

TEST_F(TargetExpanderTest, SaysWhichFolderCouldNotBeListed) {
  windows.folder("C:\\Windows\\Prefetch");
  windows.entry("C:\\Windows\\Prefetch").unreadable =
      Error{Errc::io, "C:\\Windows\\Prefetch", {}, "error 5"};
  EXPECT_THAT(expand("%SystemRoot%\\Prefetch\\*.pf"), IsEmpty());
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_THAT(problems[0], ::testing::HasSubstr("error 5"));
}

TEST_F(TargetExpanderTest, SaysWhichFolderAboveTheWildcardsCouldNotBeEntered) {
  windows.file("C:\\Shut\\Logs\\Old\\a.log", "1");
  windows.entry("C:\\Shut").closed = Error{Errc::io, "C:\\Shut", {}, "error 5"};
  EXPECT_THAT(expand("C:\\Shut\\Logs\\Old\\*.log"), IsEmpty());
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_THAT(problems[0], ::testing::HasSubstr("C:\\Shut\\Logs\\Old"));
  EXPECT_THAT(problems[0], ::testing::HasSubstr("error 5"));
}

TEST_F(TargetExpanderTest, SaysThatAUsersFolderCouldNotBeEntered) {
  windows.user("alice");
  windows.file("C:\\Users\\alice\\AppData\\Roaming\\a.log", "1");
  windows.entry("C:\\Users\\alice").closed = Error{Errc::io, "C:\\Users\\alice", {}, "error 5"};
  EXPECT_THAT(expand("%AppData%\\*.log"), IsEmpty());
  EXPECT_THAT(problems, ::testing::Contains(::testing::HasSubstr("alice\\AppData\\Roaming")));
}

TEST_F(TargetExpanderTest, AFolderThatIsNotThereIsNoProblem) {
  windows.file("C:\\Shut\\file", "1");
  EXPECT_THAT(expand("C:\\Shut\\Logs\\Old\\*.log"), IsEmpty());
  EXPECT_THAT(expand("C:\\Shut\\file\\*.log"), IsEmpty());
  EXPECT_THAT(expand("%AppData%\\*.log"), IsEmpty());
  EXPECT_THAT(problems, IsEmpty());
}

TEST_F(TargetExpanderTest, EndsWhenTheRunIsStopped) {
  windows.file("C:\\Windows\\a.exe", "x");
  stop.request_stop();
  EXPECT_THAT(expand("%SystemRoot%\\*.exe"), IsEmpty());
}

/// A volume whose run is stopped once so many files and streams of it were asked for.
class StoppedTree final : public FileTree {
 public:
  StoppedTree(std::unique_ptr<FileTree> tree, std::stop_source stop, int after)
      : tree_{std::move(tree)}, stop_{std::move(stop)}, left_{after} {}
  Result<FileInfo> stat(const EvidencePath& path) override { return tree_->stat(path); }
  Result<EvidencePath> real_folder(const EvidencePath& path) override {
    return tree_->real_folder(path);
  }
  Result<void> walk(const EvidencePath& directory,
                    const std::function<Visit(const FileInfo&)>& visit,
                    const std::function<void(const EvidencePath&, Error)>& problem) override {
    return tree_->walk(directory, visit, problem);
  }
  Result<std::unique_ptr<ByteSource>> open(const EvidencePath& path) override {
    return tree_->open(path);
  }
  std::string key(const EvidencePath& path) override {
    if (path.components().size() > 1 && --left_ == 0) stop_.request_stop();
    return tree_->key(path);
  }
  VolumeInfo volume_info(const TreeMount& mount) override { return tree_->volume_info(mount); }

 private:
  std::unique_ptr<FileTree> tree_;
  std::stop_source stop_;
  int left_;
};

NtfsMount mount_of(const builders::NtfsBuilder& disk) {
  NtfsMount mount{"C:", std::make_shared<MemorySource>(disk.volume())};
  mount.ntfs = *ntfs::Volume::open(mount.bytes);
  return mount;
}

/// That a link does not lead to a folder is no fault: Windows has such links.
TEST(TargetExpanderOfAVolume, PassesLinksToFilesSilently) {
  builders::NtfsBuilder disk;
  const auto folder = disk.folder(disk.root(), "f");
  disk.file(folder, "a", "x");
  disk.link(folder, "link", builders::symbolic_link("a", true), false);
  disk.link(folder, "loop", builders::symbolic_link("loop", true), false);
  std::vector<NtfsMount> mounts;
  mounts.push_back(mount_of(disk));
  const auto source =
      make_tree_source({"image", "disk.dd", "raw_ntfs"}, open_ntfs_tree(std::move(mounts)),
                       {VolumeInfo{"C:", std::nullopt, "NTFS", std::nullopt}}, {});
  std::stop_source stop;
  const RunStop run_stop{stop, 0};
  ProgressState progress;
  NoProgress listener;
  ArtifactStore store{*source, Limits{}, run_stop, progress, listener};
  std::vector<std::string> problems;
  TargetExpander expander{
      *source, {}, [&](const Error& error) { problems.push_back(error.text()); }};
  FileTarget target;
  target.pattern = *parse_path_pattern("C:\\**\\a");
  expander.expand(target, store, stop.get_token());
  EXPECT_EQ(store.queued(), 1u);
  EXPECT_THAT(problems, ElementsAre(::testing::HasSubstr("loop")));
}

TEST(TargetExpanderOfAVolume, EndsBetweenTwoStreamsOfAFile) {
  builders::NtfsBuilder disk;
  const auto folder = disk.folder(disk.root(), "f");
  const auto file = disk.file(folder, "a", "x");
  for (int i = 0; i < 9; ++i) disk.stream(file, "s" + std::to_string(i), "y");
  std::vector<NtfsMount> mounts;
  mounts.push_back(mount_of(disk));
  std::stop_source stop;
  constexpr int kAsked = 5;
  const auto source = make_tree_source(
      {"image", "disk.dd", "raw_ntfs"},
      std::make_unique<StoppedTree>(open_ntfs_tree(std::move(mounts)), stop, kAsked),
      {VolumeInfo{"C:", std::nullopt, "NTFS", std::nullopt}}, {});
  const RunStop run_stop{stop, 0};
  ProgressState progress;
  NoProgress listener;
  ArtifactStore store{*source, Limits{}, run_stop, progress, listener};
  TargetExpander expander{*source, {}, [](const Error&) {}};
  FileTarget target;
  target.streams = true;
  target.pattern = *parse_path_pattern("C:\\f\\*");
  expander.expand(target, store, stop.get_token());
  EXPECT_EQ(store.queued(), std::size_t{kAsked});
}

}  // namespace
}  // namespace hozen
