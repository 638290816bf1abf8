#include "collector/formats/ntfs_index.h"

#include <gtest/gtest.h>

#include "tests/builders/ntfs_side_builder.h"
#include "tests/formats/ntfs_index_walk.h"

namespace hozen::ntfs {
namespace {

using namespace builders;
using Lines = std::vector<std::string>;

IndexListBuilder two_names() {
  return IndexListBuilder{}.name(40, u"a.txt").name(41, u"b.txt").end();
}

DirectoryIndex open(const IndexParts& parts) {
  auto index = DirectoryIndex::open(parts);
  EXPECT_TRUE(index);
  return *std::move(index);
}

TEST(NtfsIndexRoot, TellsBlocksAndTheUnitOfTheirNumbers) {
  struct Case {
    std::uint32_t block;
    std::uint8_t clusters;
    std::uint32_t unit;
  };
  for (const Case& test : {Case{4096, 1, 4096}, Case{4096, 8, 512}, Case{65536, 128, 512},
                           Case{4096, 0, 0}, Case{4096, 3, 0}, Case{4096, 16, 0}, Case{4000, 1, 0},
                           Case{256, 1, 0}, Case{131072, 1, 0}}) {
    const NtfsBytes bytes = ntfs_index_root(two_names(), true, test.block, test.clusters);
    const auto root = parse_index_root(Bytes{bytes});
    ASSERT_TRUE(root);
    EXPECT_EQ(root->block_bytes, test.block);
    EXPECT_EQ(root->vcn_bytes, test.unit) << test.block << " " << int{test.clusters};
    EXPECT_TRUE(root->has_blocks);
    EXPECT_EQ(root->collation, 1u);
  }
}

TEST(NtfsIndexRoot, OtherIndexesAndShortValuesAreErrors) {
  NtfsBytes bytes = ntfs_index_root(two_names());
  for (std::size_t size = 0; size < 32; ++size) {
    const auto root = parse_index_root(Bytes{std::span{bytes}.first(size)});
    ASSERT_FALSE(root);
    EXPECT_EQ(root.error().code, Errc::truncated);
  }
  put_u32(bytes, 0, 0);  // $SII: keyed by no attribute
  const auto other = parse_index_root(Bytes{bytes, 500});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::unsupported);
  EXPECT_EQ(other.error().offset, 500u);
}

TEST(NtfsIndex, VisitsRootThenBlocks) {
  const NtfsBytes root_bytes = ntfs_index_root(IndexListBuilder{}.name(50, u"m", 0).end(1), true);
  MemorySource blocks{
      joined({ntfs_index_block({.vcn = 0}, two_names()),
              ntfs_index_block({.vcn = 1}, IndexListBuilder{}.name(60, u"z").end())})};
  auto index = open({.root = *parse_index_root(Bytes{root_bytes}), .blocks = &blocks});
  EXPECT_EQ(index.block_bytes(), 4096u);
  EXPECT_EQ(index_lines(index, false),
            (Lines{"root in_use m 50", "in_use a.txt 40", "in_use b.txt 41", "in_use z 60"}));
  EXPECT_EQ(index.problems().count(), 0u);
}

TEST(NtfsIndex, EntryHasItsPlaceAndKey) {
  MemorySource blocks{joined(
      {NtfsBytes(4096),
       ntfs_index_block(
           {.vcn = 1},
           IndexListBuilder{}.entry(ntfs_reference(70, 9), {.name = u"x", .size = 12}).end())})};
  auto index = open({.blocks = &blocks, .block_bytes = 4096});
  int visits = 0;
  index.each_entry([&](const IndexEntry& entry) {
    ++visits;
    EXPECT_EQ(entry.file, (FileReference{70, 9}));
    EXPECT_EQ(entry.name.size_bytes, 12u);
    EXPECT_EQ(entry.name.parent, (FileReference{5, 5}));
    EXPECT_EQ(entry.offset, 4096u + 64u);
    return true;
  });
  EXPECT_EQ(visits, 1);
  EXPECT_EQ(index.problems().count(), 0u);
}

TEST(NtfsIndex, EveryBlockSizeIsReadAndDetected) {
  for (std::uint32_t size = 512; size <= 65'536; size *= 2) {
    // The list crosses the strides' ends: 20 names of more than 96 bytes where they fit.
    IndexListBuilder list;
    const unsigned count = size == 512 ? 3 : 8;
    for (unsigned i = 0; i < count; ++i) list.name(100 + i, std::u16string(10, char16_t(u'a' + i)));
    MemorySource blocks{ntfs_index_block({.bytes = size}, list.end())};
    EXPECT_EQ(detect_index_block_size(blocks), size);
    auto index = open({.blocks = &blocks});
    EXPECT_EQ(index_lines(index, false).size(), count) << size;
    EXPECT_EQ(index.problems().count(), 0u);
  }
}

TEST(NtfsIndex, DetectionPassesOverBlocksWithoutSignature) {
  MemorySource later{joined({NtfsBytes(8192), ntfs_index_block({}, two_names())})};
  EXPECT_EQ(detect_index_block_size(later), 4096u);
  NtfsBytes bytes = ntfs_index_block({}, two_names());
  put_u32(bytes, 32, 8192 - 24);  // the node says 8192, the update sequence array 4096
  MemorySource contradiction{bytes}, zeros{NtfsBytes(8192)}, nothing{NtfsBytes{}};
  EXPECT_EQ(detect_index_block_size(contradiction), std::nullopt);
  EXPECT_EQ(detect_index_block_size(nothing), std::nullopt);
  const auto index = DirectoryIndex::open({.blocks = &zeros});
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().code, Errc::malformed);
  EXPECT_TRUE(DirectoryIndex::open({.blocks = &nothing}));
}

TEST(NtfsIndex, DeletedEntriesAreCarvedFromBlocksAndRoot) {
  // Of c the key alone is left: the end of the list stands where its header was.
  IndexListBuilder deleted;
  deleted.name(1, u"a").name(2, u"c").delete_last();
  MemorySource blocks{ntfs_index_block({}, deleted)};
  const NtfsBytes root_bytes = ntfs_index_root(deleted);
  auto index = open({.root = *parse_index_root(Bytes{root_bytes}), .blocks = &blocks});
  EXPECT_EQ(index_lines(index, false), (Lines{"root in_use a 1", "in_use a 1"}));
  EXPECT_EQ(index_lines(index, true),
            (Lines{"root in_use a 1", "root slack c ?", "in_use a 1", "slack c ?"}));
  EXPECT_EQ(index.problems().count(), 0u);
}

TEST(NtfsIndex, WholeEntriesBehindTheListKeepTheirReference) {
  NtfsBytes block = ntfs_index_block({}, two_names());
  const NtfsBytes old = IndexListBuilder{}.name(77, u"old.txt").bytes();
  std::copy(old.begin(), old.end(), block.begin() + 1024);
  MemorySource blocks{block};
  auto index = open({.blocks = &blocks});
  EXPECT_EQ(index_lines(index, true),
            (Lines{"in_use a.txt 40", "in_use b.txt 41", "slack old.txt 77"}));
  index.each_entry_with_deleted([&](const IndexEntry& entry) {
    EXPECT_EQ(entry.offset == 1024, entry.state == EntryState::slack);
    return true;
  });
}

TEST(NtfsIndex, BlocksThatAreFreeInTheBitmapAreOnlyRemains) {
  MemorySource blocks{
      joined({ntfs_index_block({.vcn = 0}, two_names()),
              ntfs_index_block({.vcn = 1}, IndexListBuilder{}.name(9, u"x").end()),
              ntfs_index_block({.vcn = 2}, IndexListBuilder{}.name(8, u"y").end())})};
  const NtfsBytes bits{std::byte{0b101}};
  auto index = open({.blocks = &blocks, .bitmap = Bytes{bits}});
  EXPECT_EQ(index_lines(index, false), (Lines{"in_use a.txt 40", "in_use b.txt 41", "in_use y 8"}));
  EXPECT_EQ(index_lines(index, true),
            (Lines{"in_use a.txt 40", "in_use b.txt 41", "unused_block x 9", "in_use y 8"}));
  auto none = open({.blocks = &blocks, .bitmap = Bytes{}});  // shorter than the blocks
  EXPECT_TRUE(index_lines(none, false).empty());
  EXPECT_EQ(index_lines(none, true).size(), 4u);
}

TEST(NtfsIndex, EachBlockHasItsBit) {
  std::vector<NtfsBytes> parts;
  for (unsigned i = 0; i < 18; ++i)
    parts.push_back(
        ntfs_index_block({.vcn = i, .bytes = 512}, IndexListBuilder{}.name(100 + i, u"x").end()));
  MemorySource blocks{joined(parts)};
  const NtfsBytes bits{std::byte{0b1000'0001}, std::byte{0b0000'0010}, std::byte{0b10}};
  auto index = open({.blocks = &blocks, .bitmap = Bytes{bits}});
  EXPECT_EQ(index_lines(index, false),
            (Lines{"in_use x 100", "in_use x 107", "in_use x 109", "in_use x 117"}));
}

TEST(NtfsIndex, VisitsEndWhenTheVisitorSaysSo) {
  MemorySource blocks{
      joined({ntfs_index_block({}, two_names()), ntfs_index_block({}, two_names())})};
  const NtfsBytes root_bytes = ntfs_index_root(two_names());
  auto index = open({.root = *parse_index_root(Bytes{root_bytes}), .blocks = &blocks});
  for (int wanted = 1; wanted <= 6; ++wanted) {
    int visits = 0;
    index.each_entry_with_deleted([&](const IndexEntry&) { return ++visits < wanted; });
    EXPECT_EQ(visits, wanted);
  }
}

TEST(NtfsCarve, TakesOnlyWhatCanBeAnEntry) {
  const auto carved = [](const FileNameSpec& spec) {
    const NtfsBytes area = joined({NtfsBytes(8, std::byte{0xFF}), ntfs_file_name(spec)});
    int count = 0;
    carve_index_entries(Bytes{area}, [&](const IndexEntry&) { return ++count > 0; });
    return count == 1;
  };
  EXPECT_TRUE(carved({.name = u"a"}));
  EXPECT_TRUE(carved({.name = u"日本"}));
  EXPECT_FALSE(carved({.name = u""}));
  EXPECT_FALSE(carved({.name = u"a", .name_space = 4}));
  EXPECT_FALSE(carved({.name = u"a/b"}));
  EXPECT_FALSE(carved({.name = u"a\x01"}));
  EXPECT_FALSE(carved({.name = u"a", .parent = ntfs_reference(5, 0)}));
  EXPECT_FALSE(carved({.name = u"a", .parent = ntfs_reference(4, 4)}));
  EXPECT_FALSE(carved({.name = u"a", .created = {0}}));
  EXPECT_FALSE(carved({.name = u"a", .modified = {~0ULL}}));
  EXPECT_FALSE(carved({.name = u"a", .record_changed = {1}}));
  EXPECT_FALSE(carved({.name = u"a", .accessed = {1}}));
  EXPECT_FALSE(carved({.name = u"a", .allocated = 4097}));
  EXPECT_FALSE(carved({.name = u"a", .size = ~0ULL}));
  EXPECT_FALSE(carved({.name = u"a", .flags = 0x8000'0000}));
}

TEST(NtfsCarve, HeaderThatFitsMakesUpForTimesThatWereSet) {
  const NtfsBytes area =
      IndexListBuilder{}
          .entry(ntfs_reference(7, 3), {.name = u"stomped", .created = {0}, .modified = {0}})
          .bytes();
  Lines lines;
  EXPECT_TRUE(carve_index_entries(Bytes{area}, [&](const IndexEntry& entry) {
    lines.push_back(index_line(entry));
    return true;
  }));
  EXPECT_EQ(lines, (Lines{"slack stomped 7"}));
}

TEST(NtfsCarve, HeaderThatDoesNotFitIsNoReference) {
  const NtfsBytes whole = IndexListBuilder{}.name(7, u"name").bytes();
  struct Case {
    std::size_t offset;
    std::uint16_t value;
  };
  for (const Case& test : {Case{6, 0}, Case{8, 88}, Case{10, 75}, Case{12, 2}, Case{14, 1}}) {
    NtfsBytes area = whole;
    put_u16(area, test.offset, test.value);
    Lines lines;
    carve_index_entries(Bytes{area, 1000}, [&](const IndexEntry& entry) {
      lines.push_back(index_line(entry) + " " + std::to_string(entry.offset));
      return true;
    });
    EXPECT_EQ(lines, (Lines{"slack name ? 1016"})) << test.offset;
  }
}

}  // namespace
}  // namespace hozen::ntfs
