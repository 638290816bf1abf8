// What the NTFS tree tells of deleted files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/base/text.h"
#include "collector/formats/wof.h"
#include "collector/source/deleted_file.h"
#include "collector/source/ntfs_deleted.h"
#include "tests/builders/compression_builder.h"
#include "tests/source/ntfs_trees.h"

namespace hozen {
namespace {

using namespace ntfs_trees;
using builders::NtfsRecordBuilder;
using ntfs::FileReference;
using ::testing::HasSubstr;
using ::testing::Not;
namespace type = ntfs::attribute_type;

std::string varied(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += "line " + std::to_string(i * i) + "\n";
  text.resize(size);
  return text;
}

std::uint64_t after_removal(FileReference file) {
  return FileReference{file.record, static_cast<std::uint16_t>(file.sequence + 1)}.to_u64();
}

std::string text_of(const DeletedContent& found) {
  if (!found.content) return "(nothing)";
  const auto bytes = read_all(*found.content, 1 << 20);
  return bytes ? std::string{Bytes{*bytes}.chars()} : "error: " + bytes.error().text();
}

class NtfsDeleted : public testing::Test {
 protected:
  /// What is left of `file` after it was deleted, with these clusters in use.
  Result<DeletedContent> left(FileReference file, std::string_view name,
                              const std::vector<ntfs::Run>& in_use = {}) {
    disk.remove(file).bitmap(in_use);
    if (!in_use.empty() && has_owner) {
      NtfsRecordBuilder owner;
      owner.standard(FileTime{1}).name(disk.root(), "owner");
      disk.add(std::move(owner.non_resident({.runs = in_use, .size = 1024, .initialized = 1024})));
    }
    tree = tree_of(disk);
    EXPECT_TRUE(tree->reads_deleted("c:"));
    EXPECT_FALSE(tree->reads_deleted("D:"));
    return tree->open_deleted({path(name), after_removal(file)});
  }

  NtfsBuilder disk;
  bool has_owner = true;
  std::unique_ptr<NtfsFileTree> tree;
};

TEST_F(NtfsDeleted, ReadsWhatLiesInTheRecord) {
  const auto file = disk.file(disk.root(), "small.txt", "content");
  const auto found = left(file, "C:\\small.txt");
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->state, DeletedState::resident);
  EXPECT_EQ(text_of(*found), "content");
  EXPECT_EQ(found->clusters, 0u);
  EXPECT_TRUE(found->info.deleted);
  EXPECT_FALSE(found->info.possibly_overwritten);
  EXPECT_EQ(found->info.size, 7u);
  EXPECT_EQ(found->info.path.text(), "C:\\small.txt");
  EXPECT_EQ(found->info.file_reference, after_removal(file));
  EXPECT_FALSE(found->problem);
}

TEST_F(NtfsDeleted, ReadsFreeClustersAndSaysThatTheyMayBeAnothers) {
  const auto file = disk.fragmented(disk.root(), "large.txt", varied(5000));
  const auto found = left(file, "C:\\large.txt");
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->state, DeletedState::free);
  EXPECT_EQ(text_of(*found), varied(5000));
  EXPECT_EQ(found->clusters, 5u);
  EXPECT_EQ(found->clusters_reused, 0u);
  EXPECT_EQ(found->ranges.size(), 5u);
  EXPECT_TRUE(found->info.possibly_overwritten);
}

TEST_F(NtfsDeleted, GivesNothingOfWhatOthersHave) {
  const auto content = varied(4000);
  const std::uint64_t lcn = disk.store(content).front().lcn + 4;
  const auto part = disk.file(disk.root(), "part.txt", content);
  const auto found = left(part, "C:\\part.txt", {{0, lcn + 2, 1}, {1, lcn + 9, 5}});
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->state, DeletedState::partly_overwritten);
  EXPECT_EQ(found->clusters, 4u);
  EXPECT_EQ(found->clusters_reused, 1u);
  EXPECT_EQ(text_of(*found), "(nothing)");
}

TEST_F(NtfsDeleted, TellsWhenAllOfItIsOverwritten) {
  const std::uint64_t lcn = disk.store("x").front().lcn + 1;
  const auto file = disk.file(disk.root(), "f", varied(2000));
  const auto found = left(file, "C:\\f", {{0, lcn, 2}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, DeletedState::overwritten);
  EXPECT_EQ(found->clusters_reused, 2u);
}

TEST_F(NtfsDeleted, GivesWhatTheBitmapCallsUsedAndNoFileHas) {
  has_owner = false;
  const std::uint64_t lcn = disk.store("x").front().lcn + 1;
  const auto file = disk.file(disk.root(), "f", varied(2000));
  const auto found = left(file, "C:\\f", {{0, lcn, 2}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, DeletedState::unclaimed);
  EXPECT_EQ(text_of(*found), varied(2000));
  EXPECT_TRUE(found->info.possibly_overwritten);
  ASSERT_TRUE(found->problem);
  EXPECT_THAT(found->problem->text(), HasSubstr("no file has them"));
  EXPECT_THAT(found->problem->text(), Not(HasSubstr("could not")));
}

TEST_F(NtfsDeleted, SaysThatARecordWhichCannotBeReadMayHaveItsClusters) {
  has_owner = false;
  const std::uint64_t lcn = disk.store("x").front().lcn + 1;
  const auto file = disk.file(disk.root(), "f", varied(2000));
  NtfsRecordBuilder bad;
  bad.standard(FileTime{1}).name(disk.root(), "bad");
  disk.add(std::move(bad.non_resident({.runs = {{0, std::uint64_t{1} << 40, 1}}, .size = 1024})));
  const auto found = left(file, "C:\\f", {{0, lcn, 1}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, DeletedState::unclaimed);
  ASSERT_TRUE(found->problem);
  EXPECT_THAT(found->problem->text(), HasSubstr("could not may have them"));
}

TEST_F(NtfsDeleted, BelievesTheBitmapWhereAnyOfItsRangesHasAnOwner) {
  const auto file = disk.fragmented(disk.root(), "f", varied(3000));
  NtfsBuilder before = disk;
  before.remove(file).bitmap({});
  tree = tree_of(before);
  const auto free = tree->open_deleted({path("C:\\f"), after_removal(file)});
  ASSERT_TRUE(free && free->ranges.size() == 3);
  NtfsRecordBuilder owner;
  owner.name(disk.root(), "owner").non_resident({.runs = {{0, free->ranges[2].first, 1}}});
  disk.add(std::move(owner));
  disk.remove(file).bitmap({{0, free->ranges[0].first, 1}});
  tree = tree_of(disk);
  const auto found = tree->open_deleted({path("C:\\f"), after_removal(file)});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, DeletedState::partly_overwritten);
  EXPECT_EQ(text_of(*found), "(nothing)");
}

TEST_F(NtfsDeleted, BelievesTheBitmapOfAVolumeThatIsInUse) {
  const std::uint64_t lcn = disk.store("x").front().lcn + 1;
  const auto file = disk.file(disk.root(), "f", varied(2000));
  disk.remove(file).bitmap({{0, lcn, 2}});
  NtfsVolumeFiles files{mount("C:", disk.volume()).ntfs};
  const DeletedFile asked{path("C:\\f"), after_removal(file)};
  EXPECT_EQ(open_deleted(files, asked, VolumeUse::none)->state, DeletedState::unclaimed);
  EXPECT_EQ(open_deleted(files, asked, VolumeUse::running)->state, DeletedState::overwritten);
}

TEST_F(NtfsDeleted, ClustersBehindTheContentDoNotMatter) {
  NtfsRecordBuilder record;
  record.standard(FileTime{1}).name(disk.root(), "ahead");
  const auto runs = disk.store(varied(4000));
  record.non_resident({type::kData, "", runs, 1500, 1500, 4096});
  const auto found = left(disk.add(std::move(record)), "C:\\ahead", {{0, runs[0].lcn + 2, 2}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, DeletedState::free);
  EXPECT_EQ(found->clusters, 2u);
  EXPECT_EQ(text_of(*found), varied(1500));
}

TEST_F(NtfsDeleted, TellsEmptyFilesAndThoseWhosePlaceIsGone) {
  const auto empty = disk.file(disk.root(), "empty", "");
  NtfsRecordBuilder lost;
  lost.standard(FileTime{1}).name(disk.root(), "lost").flags(0);
  lost.non_resident({type::kData, "", {}, 5000, 5000, 8192});
  const auto gone = disk.add(std::move(lost));
  NtfsRecordBuilder half;
  half.standard(FileTime{1}).name(disk.root(), "half").flags(0);
  half.non_resident({type::kData, "", disk.store(varied(1024)), 5000, 5000, 8192});
  const auto cut = disk.add(std::move(half));
  NtfsRecordBuilder bare;
  bare.standard(FileTime{1}).name(disk.root(), "bare").flags(0);
  const auto without = disk.add(std::move(bare));
  const auto found = left(empty, "C:\\empty");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, DeletedState::empty);
  EXPECT_EQ(tree->open_deleted({path("C:\\lost"), gone.to_u64()})->state,
            DeletedState::place_unknown);
  const auto rest = tree->open_deleted({path("C:\\half"), cut.to_u64()});
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->state, DeletedState::place_unknown);
  EXPECT_EQ(rest->clusters, 1u);
  EXPECT_FALSE(rest->content);
  const auto nothing = tree->open_deleted({path("C:\\bare"), without.to_u64()});
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, Errc::not_found);
}

TEST_F(NtfsDeleted, ReadsStreamsByTheirNames) {
  const auto file = disk.file(disk.root(), "f.exe", "program");
  disk.stream(file, "Zone.Identifier", "[ZoneTransfer]").stream(file, "big", varied(3000));
  const auto found = left(file, "C:\\f.exe:zone.identifier");
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(text_of(*found), "[ZoneTransfer]");
  EXPECT_EQ(found->state, DeletedState::resident);
  const auto big = tree->open_deleted({path("C:\\f.exe:big"), after_removal(file)});
  ASSERT_TRUE(big);
  EXPECT_EQ(big->state, DeletedState::free);
  EXPECT_EQ(text_of(*big), varied(3000));
  EXPECT_FALSE(tree->open_deleted({path("C:\\f.exe:none"), after_removal(file)}));
}

TEST_F(NtfsDeleted, ReadsCompressedSparseAndCompactedContent) {
  const std::string text = varied(20'000);
  const auto packed =
      builders::lznt1(bytes_of(text).span().first(16'384), builders::Lznt1Chunks::matches);
  NtfsRecordBuilder compressed;
  compressed.standard(FileTime{1}).name(disk.root(), "packed").flags(0);
  auto runs = disk.store(Bytes{packed}.chars());
  const std::uint64_t used = runs[0].clusters;
  runs.push_back({used, ntfs::kSparseLcn, 16 - used});
  const auto rest = disk.store(text.substr(16'384));
  runs.push_back({16, rest[0].lcn, rest[0].clusters});
  compressed.non_resident({type::kData, "", runs, 20'000, 20'000, 32'768, 0, 1, 4});
  const auto lznt1 = disk.add(std::move(compressed));
  NtfsRecordBuilder wof;
  wof.standard(FileTime{1}, kAttributeReparsePoint).name(disk.root(), "compact").flags(0);
  wof.resident({type::kReparsePoint, "", builders::wof_reparse_point(1, 2, 1, 0)});
  wof.non_resident({type::kData, "", {{0, ntfs::kSparseLcn, 20}}, 20'000, 20'000, 0, 0, 0x8000});
  const auto stream = builders::wof_stream(bytes_of(text).span(), WofAlgorithm::xpress4k);
  wof.non_resident({type::kData, "WofCompressedData", disk.store(Bytes{stream}.chars()),
                    stream.size(), stream.size(), stream.size()});
  const auto compact = disk.add(std::move(wof));
  NtfsRecordBuilder holes;
  holes.standard(FileTime{1}).name(disk.root(), "sparse").flags(0);
  const auto end = disk.store("end");
  holes.non_resident({type::kData,
                      "",
                      {{0, ntfs::kSparseLcn, 3}, {3, end[0].lcn, 1}},
                      3075,
                      3075,
                      4096,
                      0,
                      0x8000});
  const auto sparse = disk.add(std::move(holes));
  disk.bitmap({});
  tree = tree_of(disk);
  const auto first = tree->open_deleted({path("C:\\packed"), lznt1.to_u64()});
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(first->state, DeletedState::free);
  EXPECT_EQ(first->clusters, used + rest[0].clusters);
  EXPECT_EQ(text_of(*first), text);
  const auto second = tree->open_deleted({path("C:\\compact"), compact.to_u64()});
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_EQ(second->state, DeletedState::free);
  EXPECT_GT(second->clusters, 0u);
  EXPECT_EQ(text_of(*second), text);
  const auto third = tree->open_deleted({path("C:\\sparse"), sparse.to_u64()});
  ASSERT_TRUE(third) << third.error().text();
  EXPECT_EQ(third->clusters, 1u);
  EXPECT_EQ(text_of(*third), std::string(3072, '\0') + "end");
}

TEST_F(NtfsDeleted, JoinsTheRecordsThatExtendedIt) {
  // The base record was freed: its number is raised, what extends it names the old one.
  const auto runs = disk.store(varied(3000));
  NtfsRecordBuilder base;
  base.standard(FileTime{1}).name(disk.root(), "f").flags(0).sequence(8);
  builders::NtfsBytes list(64);
  const auto entry = [&](std::size_t at, std::uint64_t vcn, FileReference record) {
    const auto put = [&](std::size_t offset, std::uint64_t value, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i)
        list[at + offset + i] = static_cast<std::byte>(value >> (8 * i));
    };
    put(0, type::kData, 4), put(4, 32, 2), put(6, 0x1A00, 2), put(8, vcn, 8);
    put(16, record.to_u64(), 8);
  };
  const std::uint64_t number = 24;
  entry(0, 0, {number, 7});
  entry(32, 1, {number + 1, 3});
  base.resident({type::kAttributeList, "", list});
  base.non_resident({type::kData, "", {{0, runs[0].lcn, 1}}, 3000, 3000, 3072});
  ASSERT_EQ(disk.add(std::move(base)).record, number);
  NtfsRecordBuilder piece;
  piece.base({number, 7}).flags(0).sequence(4);
  NtfsRecordBuilder::NonResident data{type::kData, "", {{1, runs[0].lcn + 1, 2}}};
  data.first_vcn = 1;
  piece.non_resident(data);
  const auto second = disk.add(std::move(piece));
  disk.bitmap({});
  tree = tree_of(disk);
  const auto found = tree->open_deleted({path("C:\\f"), FileReference{number, 8}.to_u64()});
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->state, DeletedState::free);
  EXPECT_EQ(text_of(*found), varied(3000));
  // Another file's by now: that part's place is not known.
  disk.record(second).base({number, 5});
  tree = tree_of(disk);
  EXPECT_EQ(tree->open_deleted({path("C:\\f"), FileReference{number, 8}.to_u64()})->state,
            DeletedState::place_unknown);
}

TEST_F(NtfsDeleted, FindsAPieceThatTheAttributeListLost) {
  const auto runs = disk.store(varied(3000));
  NtfsRecordBuilder base;
  base.standard(FileTime{1}).name(disk.root(), "f").flags(0).sequence(8);
  base.non_resident({type::kData, "", {{0, runs[0].lcn, 1}}, 3000, 3000, 3072});
  const auto file = disk.add(std::move(base));
  NtfsRecordBuilder piece;
  piece.base({file.record, 7}).flags(0);
  NtfsRecordBuilder::NonResident data{type::kData, "", {{1, runs[0].lcn + 1, 2}}};
  data.first_vcn = 1;
  piece.non_resident(data);
  const auto second = disk.add(std::move(piece));
  disk.bitmap({});
  tree = tree_of(disk);
  DeletedFile asked{path("C:\\f"), file.to_u64()};
  EXPECT_EQ(tree->open_deleted(asked)->state, DeletedState::place_unknown);
  asked.extensions = {second.record, 5};
  const auto found = tree->open_deleted(asked);
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(text_of(*found), varied(3000));
  ASSERT_TRUE(found->problem);
  EXPECT_THAT(found->problem->text(), HasSubstr("attribute list"));
}

TEST_F(NtfsDeleted, RefusesARecordThatHoldsAnotherFile) {
  const auto file = disk.file(disk.root(), "f", "x");
  const auto other = disk.file(disk.root(), "g", "x");
  ASSERT_TRUE(left(file, "C:\\f"));
  for (const std::uint64_t reference : {file.to_u64(), other.to_u64()}) {
    const auto found = tree->open_deleted({path("C:\\f"), reference});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Errc::malformed);
    EXPECT_THAT(found.error().text(), HasSubstr("another file"));
  }
  EXPECT_FALSE(tree->open_deleted({path("C:\\f"), 9999}));
  EXPECT_FALSE(tree->open_deleted({path("D:\\f"), after_removal(file)}));
  const auto high = tree->open_deleted({path("C:\\f"), std::uint64_t{1} << 40});
  ASSERT_FALSE(high);
  EXPECT_EQ(high.error().code, Errc::unsupported);
}

TEST_F(NtfsDeleted, WithoutABitmapNothingIsCalledFree) {
  const auto file = disk.file(disk.root(), "large", varied(3000));
  disk.remove(file);
  tree = tree_of(disk);
  EXPECT_FALSE(tree->open_deleted({path("C:\\large"), after_removal(file)}));
}

}  // namespace
}  // namespace hozen
