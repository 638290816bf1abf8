#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/source/ntfs_tree.h"
#include "collector/source/tree_source.h"
#include "tests/builders/fake_context.h"
#include "tests/builders/ntfs_builder.h"

namespace hozen {
namespace modules {
extern const ModuleSpec deleted_files;
}  // namespace modules
namespace {

using builders::NtfsBuilder;
using builders::NtfsRecordBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string varied(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += "line " + std::to_string(i * i) + "\n";
  text.resize(size);
  return text;
}

/// An image of one volume, and a profile that wants what contains "evil" in its path.
class DeletedFilesTest : public testing::Test {
 protected:
  void run(const std::vector<ntfs::Run>& in_use = {}) {
    if (!without_bitmap) disk.bitmap(in_use);
    NtfsMount mount{"C:", std::make_shared<MemorySource>(disk.volume())};
    mount.ntfs = *ntfs::Volume::open(mount.bytes);
    std::vector<NtfsMount> mounts;
    mounts.push_back(std::move(mount));
    auto tree = open_ntfs_tree(std::move(mounts));
    std::vector<VolumeInfo> volumes{tree->volume_info({"C:"})};
    source = make_tree_source({"image", "disk.dd", "raw_ntfs"}, std::move(tree), volumes, {});
    context.emplace(*source, nullptr);
    context->target = [this](const EvidencePath& path, KnownPath known) {
      if (known == KnownPath::name) names_asked.push_back(path.text());
      return path.text().find("evil") == std::string::npos
                 ? std::nullopt
                 : std::optional<TargetMatch>{{"programs", "Tools", Priority::normal, 100}};
    };
    ASSERT_TRUE(modules::deleted_files.run(*context));
  }
  const fake::Record& of_path(std::string_view path) {
    static const fake::Record none;
    const fake::Record* const found = context->record({{"path", path}});
    EXPECT_NE(found, nullptr) << path;
    return found != nullptr ? *found : none;
  }

  NtfsBuilder disk;
  bool without_bitmap = false;
  std::unique_ptr<EvidenceSource> source;
  std::optional<fake::Context> context;
  std::vector<std::string> names_asked;
};

TEST_F(DeletedFilesTest, RecoversWhatTheProfileNames) {
  const auto users = disk.folder(disk.root(), "Users");
  const auto evil = disk.file(users, "evil.exe", varied(3000));
  const auto other = disk.file(users, "other.exe", varied(3000));
  disk.file(users, "evil kept.exe", varied(3000));
  disk.remove(evil).remove(other);
  run();
  ASSERT_EQ(context->records.size(), 1u);
  const fake::Record& record = of_path("C:\\Users\\evil.exe");
  EXPECT_EQ(record.kind, "deleted_file");
  EXPECT_EQ(record["state"], "free");
  EXPECT_EQ(record["path_state"], "exact");
  EXPECT_EQ(record["volume"], "C:");
  EXPECT_EQ(record["mft_record"], std::to_string(evil.record));
  EXPECT_EQ(record["sequence"], "2");
  EXPECT_EQ(record["size"], "3000");
  EXPECT_EQ(record["clusters"], "3");
  EXPECT_EQ(record["clusters_reused"], "0");
  EXPECT_EQ(record["possibly_overwritten"], "true");
  EXPECT_EQ(record.json_of("also_claimed_by"), "[]");
  EXPECT_EQ(record["target_category"], "programs");
  EXPECT_EQ(record["target_reason"], "Tools");
  EXPECT_THAT(record.json_of("si"), HasSubstr("1970-01-01T00:00:00.0000000Z"));
  EXPECT_THAT(record.json_of("fn"), HasSubstr("created"));
  EXPECT_EQ(record.offset, std::optional<std::uint64_t>{evil.record * 1024});
  ASSERT_EQ(context->artifacts.size(), 2u);
  EXPECT_EQ(record["content_artifact"], "0");
  ASSERT_TRUE(context->artifacts[0].deleted);
  EXPECT_EQ(context->artifacts[0].deleted->record(), evil.record);
  EXPECT_EQ(context->artifacts[0].reason, "Tools");
  EXPECT_EQ(context->artifacts[1].path.text(), "C:\\$MFT");
  EXPECT_EQ(record.artifact, std::optional<std::uint32_t>{1});
  EXPECT_TRUE(context->notes.empty());
}

TEST_F(DeletedFilesTest, TellsWhatCannotBeRecoveredAndDoesNotPreserveIt) {
  const auto part = disk.file(disk.root(), "evil part", varied(4000));
  const std::uint64_t lcn = disk.store("x").front().lcn - 4;
  const auto empty = disk.file(disk.root(), "evil empty", "");
  const auto resident = disk.file(disk.root(), "evil small", "content");
  NtfsRecordBuilder bare;
  bare.name(disk.root(), "evil lost").flags(0);
  bare.non_resident({ntfs::attribute_type::kData, "", {}, 9000, 9000, 9216});
  disk.add(std::move(bare));
  disk.remove(part).remove(empty).remove(resident);
  NtfsRecordBuilder owner;
  owner.name(disk.root(), "owner").non_resident({.runs = {{0, lcn + 1, 2}}, .size = 2048});
  disk.add(std::move(owner));
  run({{0, lcn + 1, 2}});
  const fake::Record& cut = of_path("C:\\evil part");
  EXPECT_EQ(cut["state"], "partly_overwritten");
  EXPECT_EQ(cut["clusters"], "4");
  EXPECT_EQ(cut["clusters_reused"], "2");
  EXPECT_EQ(cut["content_artifact_absent"], "not_applicable");
  EXPECT_EQ(cut["possibly_overwritten_absent"], "not_applicable");
  EXPECT_EQ(of_path("C:\\evil empty")["state"], "empty");
  EXPECT_EQ(of_path("C:\\evil lost")["state"], "place_unknown");
  const fake::Record& small = of_path("C:\\evil small");
  EXPECT_EQ(small["state"], "resident");
  EXPECT_EQ(small["possibly_overwritten"], "false");
  EXPECT_EQ(small["clusters_absent"], "not_applicable");
  std::size_t preserved = 0;
  for (const auto& artifact : context->artifacts) preserved += artifact.deleted ? 1u : 0u;
  EXPECT_EQ(preserved, 1u);
}

TEST_F(DeletedFilesTest, RecoversWhatTheBitmapCallsUsedAndNoFileHas) {
  const std::uint64_t lcn = disk.store("x").front().lcn + 1;
  disk.remove(disk.file(disk.root(), "evil", varied(2000)));
  run({{0, lcn, 1}});
  const fake::Record& record = of_path("C:\\evil");
  EXPECT_EQ(record["state"], "unclaimed");
  EXPECT_EQ(record["clusters"], "2");
  EXPECT_EQ(record["clusters_reused"], "1");
  EXPECT_EQ(record["possibly_overwritten"], "true");
  EXPECT_THAT(record["problem"], HasSubstr("no file has them"));
  EXPECT_EQ(record["content_artifact"], "0");
  ASSERT_EQ(context->artifacts.size(), 2u);
  EXPECT_TRUE(context->artifacts[0].deleted);
}

TEST_F(DeletedFilesTest, MarksFilesThatLayOnTheSameClusters) {
  const auto runs = disk.store(varied(3000));
  const auto claim = [&](const std::string& name, std::uint64_t skip) {
    NtfsRecordBuilder record;
    record.name(disk.root(), name).flags(0);
    record.non_resident(
        {ntfs::attribute_type::kData, "", {{0, runs[0].lcn + skip, 1}}, 1000, 1000, 1024});
    return disk.add(std::move(record)).record;
  };
  const auto first = claim("evil one", 0), second = claim("no target's", 0);
  claim("evil alone", 2);
  run();
  EXPECT_EQ(of_path("C:\\evil one").json_of("also_claimed_by"), "[" + std::to_string(second) + "]");
  EXPECT_EQ(of_path("C:\\evil alone").json_of("also_claimed_by"), "[]");
  EXPECT_EQ(of_path("C:\\evil one")["mft_record"], std::to_string(first));
}

TEST_F(DeletedFilesTest, DoesNotBelieveABitmapThatAFileInUseContradicts) {
  const auto runs = disk.store(varied(3000));
  const auto add = [&](const std::string& name, std::uint16_t flags) {
    NtfsRecordBuilder record;
    record.name(disk.root(), name).flags(flags);
    record.non_resident({ntfs::attribute_type::kData, "", {{0, runs[0].lcn, 1}}, 1000, 1000, 1024});
    return disk.add(std::move(record)).record;
  };
  add("evil one", 0);
  const auto in_use = std::to_string(add("holder", ntfs::FileRecord::kInUse));
  run();
  const auto& record = of_path("C:\\evil one");
  EXPECT_EQ(record["state"], "contradicted");
  EXPECT_EQ(record.json_of("also_claimed_by"), "[" + in_use + "]");
  EXPECT_THAT(record["problem"], testing::HasSubstr("file record " + in_use + ", in use"));
  EXPECT_EQ(record["possibly_overwritten"], "true");
}

TEST_F(DeletedFilesTest, HoldsEachStreamAgainstTheOthersByItself) {
  const auto file = disk.file(disk.root(), "evil", varied(2000));
  disk.stream(file, "big", varied(3000)).stream(file, "res", "small");
  disk.remove(file);
  NtfsRecordBuilder other;
  other.name(disk.root(), "other").flags(0);
  // The first clusters that were given away: those of the unnamed stream.
  const auto runs = disk.store(std::string(1000, 'x'));
  const std::uint64_t first = runs[0].lcn - 5;
  other.non_resident({ntfs::attribute_type::kData, "", {{0, first, 2}}, 2000, 2000, 2048});
  const auto claimant = disk.add(std::move(other)).record;
  run();
  EXPECT_EQ(of_path("C:\\evil").json_of("also_claimed_by"), "[" + std::to_string(claimant) + "]");
  EXPECT_EQ(of_path("C:\\evil:big").json_of("also_claimed_by"), "[]");
  EXPECT_EQ(of_path("C:\\evil:res").json_of("also_claimed_by"), "[]");
}

TEST_F(DeletedFilesTest, TakesStreamsOfFoldersAndStreamsThatDifferInCaseOnly) {
  const auto folder = disk.folder(disk.root(), "evil");
  disk.stream(folder, "hidden", "in a folder");
  const auto file = disk.file(disk.root(), "evil too", "x");
  disk.stream(file, "A", "first").stream(file, "a", "second");
  disk.remove(folder).remove(file);
  run();
  EXPECT_EQ(of_path("C:\\evil:hidden")["state"], "resident");
  EXPECT_EQ(of_path("C:\\evil too:A")["size"], "5");
  EXPECT_EQ(of_path("C:\\evil too:a")["size"], "6");
  EXPECT_EQ(context->record({{"path", "C:\\evil"}}), nullptr);
}

TEST_F(DeletedFilesTest, NotesThatTheBitmapCannotBeRead) {
  disk.remove(disk.file(disk.root(), "evil", varied(2000)));
  without_bitmap = true;
  run();
  EXPECT_EQ(of_path("C:\\evil")["state"], "unreadable");
  ASSERT_EQ(context->notes.size(), 1u);
  EXPECT_THAT(context->notes[0].text(), testing::HasSubstr("1 deleted files could not be looked"));
}

TEST_F(DeletedFilesTest, AsksForLostFilesByTheirNames) {
  const auto lost = disk.file({99, 1}, "evil.exe", "x");
  const auto folder = disk.folder(disk.root(), "evil folder");
  const auto inside = disk.file(folder, "in.txt", "y");
  disk.remove(lost).remove(inside).remove(folder);
  run();
  EXPECT_THAT(names_asked, ElementsAre("C:\\$Orphan\\evil.exe"));
  EXPECT_EQ(of_path("C:\\$Orphan\\evil.exe")["path_state"], "orphan");
  EXPECT_EQ(of_path("C:\\evil folder\\in.txt")["path_state"], "deleted_parent");
  EXPECT_EQ(context->records.size(), 2u);  // folders have no content
}

TEST_F(DeletedFilesTest, SaysHowManyPatternsOfFoldersCouldNotBeHeldAgainst) {
  const auto first = disk.file({99, 1}, "plain.txt", "x"),
             second = disk.file({99, 1}, "b.txt", "y");
  const auto named = disk.file({99, 1}, "evil.exe", "z"), known = disk.file(disk.root(), "k", "x");
  const auto folder = disk.folder({99, 1}, "folder");
  disk.remove(first).remove(second).remove(named).remove(known).remove(folder);
  run();
  ASSERT_EQ(context->records.size(), 2u);
  EXPECT_EQ(context->records[1].kind, "deleted_files_unplaced");
  EXPECT_EQ(context->records[1]["volume"], "C:");
  EXPECT_EQ(context->records[1]["files"], "2") << "neither the one that a name found, nor folders";
}

TEST_F(DeletedFilesTest, AsksForStreamsAndFurtherNames) {
  const auto file = disk.file(disk.root(), "a.txt", "x");
  disk.stream(file, "evil", "hidden").hard_link(file, disk.root(), "evil.txt");
  disk.remove(file);
  run();
  // Of each stream the first path that is wanted.
  EXPECT_EQ(of_path("C:\\a.txt:evil")["size"], "6");
  EXPECT_EQ(of_path("C:\\evil.txt")["size"], "1");
  EXPECT_EQ(context->records.size(), 2u);
}

TEST_F(DeletedFilesTest, TakesAnotherNameWhereThatIsWanted) {
  const auto file = disk.file(disk.root(), "a.txt", "x");
  disk.hard_link(file, disk.root(), "evil.txt").remove(file);
  run();
  EXPECT_EQ(of_path("C:\\evil.txt")["state"], "resident");
}

TEST_F(DeletedFilesTest, SaysWhatIsWrongWithARecord) {
  NtfsRecordBuilder cloud;
  cloud.standard(FileTime{1}, kAttributeReparsePoint).name(disk.root(), "evil link").flags(0);
  builders::NtfsBytes point(8);
  point[0] = std::byte{0x0C};  // 0xA000000C: a symbolic link
  point[3] = std::byte{0xA0};
  cloud.resident({ntfs::attribute_type::kReparsePoint, "", point});
  cloud.resident({ntfs::attribute_type::kData, "", {}});
  disk.add(std::move(cloud));
  run();
  const fake::Record& record = of_path("C:\\evil link");
  EXPECT_EQ(record["state"], "unreadable");
  EXPECT_THAT(record["problem"], HasSubstr("a link"));
}

TEST_F(DeletedFilesTest, NotesHowManyItLeavesOut) {
  constexpr std::size_t kMany = 20'003;
  disk = NtfsBuilder{kMany + 100};
  for (std::size_t i = 0; i < kMany; ++i)
    disk.remove(disk.file(disk.root(), "evil" + std::to_string(i), "x"));
  run();
  EXPECT_EQ(context->records.size(), 20'000u);
  ASSERT_EQ(context->notes.size(), 1u);
  EXPECT_EQ(context->notes[0].code, Errc::limit);
  EXPECT_EQ(context->notes[0].what, "C:\\$MFT: 3 further deleted files that targets name");
}

TEST_F(DeletedFilesTest, IsSilentWhereNothingCanBeRecovered) {
  // A copy of a file table in a folder is no volume.
  fake::FakeSource folder;
  const auto file = disk.file(disk.root(), "evil", "x");
  disk.remove(file);
  folder.add_volume({"C:", std::nullopt, "NTFS", {}});
  folder.add_file(EvidencePath{"C:"} / "$MFT", disk.table());
  fake::Context silent{folder, nullptr};
  ASSERT_TRUE(modules::deleted_files.run(silent));
  EXPECT_THAT(silent.records, IsEmpty());
  EXPECT_THAT(silent.notes, IsEmpty());
  EXPECT_THAT(silent.artifacts, IsEmpty());
}

}  // namespace
}  // namespace hozen
