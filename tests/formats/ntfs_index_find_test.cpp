// Names found through the tree, and trees that are broken or malicious.
#include <gtest/gtest.h>

#include "tests/builders/ntfs_side_builder.h"
#include "tests/formats/ntfs_index_walk.h"

namespace hozen::ntfs {
namespace {

using namespace builders;

/// b | d | f over {a}, {c}, {e, E2}, {g}: blocks of 512-byte units.
struct Tree {
  NtfsBytes root_bytes = ntfs_index_root(
      IndexListBuilder{}.name(11, u"b.TXT", 0).name(13, u"d.txt", 8).name(15, u"f.txt", 16).end(24),
      true, 4096, 8);
  NtfsBytes block_bytes =
      joined({ntfs_index_block({.vcn = 0}, IndexListBuilder{}.name(10, u"a.txt").end()),
              ntfs_index_block({.vcn = 8}, IndexListBuilder{}.name(12, u"c.txt").end()),
              ntfs_index_block({.vcn = 16}, IndexListBuilder{}.name(14, u"E").name(17, u"e").end()),
              ntfs_index_block({.vcn = 24}, IndexListBuilder{}.name(16, u"g.txt").end())});

  std::optional<std::uint64_t> find(std::string_view name) {
    CountingSource blocks{block_bytes};
    blocks.refuse_at = refuse_at;
    auto index =
        DirectoryIndex::open({.root = *parse_index_root(Bytes{root_bytes}), .blocks = &blocks});
    const auto entry = index->find_entry(name, fold_ascii);
    bytes_read = blocks.bytes_read;
    problems = index->problems().count();
    if (!entry) return std::nullopt;
    return entry->file->record;
  }

  std::uint64_t bytes_read = 0, problems = 0;
  std::optional<std::uint64_t> refuse_at{};
};

TEST(NtfsIndexFind, DescendsToEveryName) {
  Tree tree;
  const std::vector<std::pair<std::string_view, std::uint64_t>> names = {
      {"a.txt", 10}, {"b.TXT", 11}, {"b.txt", 11}, {"C.TXT", 12}, {"d.txt", 13},
      {"E", 14},     {"e", 17},     {"f.txt", 15}, {"g.txt", 16}};
  for (const auto& [name, record] : names) {
    EXPECT_EQ(tree.find(name), record) << name;
    EXPECT_LE(tree.bytes_read, 4096u) << name;
    EXPECT_EQ(tree.problems, 0u);
  }
  for (const char* const name : {"", "a", "a.txt.x", "b", "cc", "h", "\xED\xA0\x80"})
    EXPECT_EQ(tree.find(name), std::nullopt) << name;
}

TEST(NtfsIndexFind, RootIsFoundWithoutReading) {
  Tree tree;
  EXPECT_EQ(tree.find("d.txt"), 13u);
  EXPECT_EQ(tree.bytes_read, 0u);
}

TEST(NtfsIndexFind, TellsWhereTheEntryLies) {
  Tree tree;
  MemorySource blocks{tree.block_bytes};
  auto index = DirectoryIndex::open(
      {.root = *parse_index_root(Bytes{tree.root_bytes, 700}), .blocks = &blocks});
  const auto in_block = index->find_entry("c.txt", fold_ascii);
  ASSERT_TRUE(in_block);
  EXPECT_EQ(index_line(*in_block), "in_use c.txt 12");
  EXPECT_EQ(in_block->offset, 4096u + 64u);
  const auto in_root = index->find_entry("b.txt", fold_ascii);
  ASSERT_TRUE(in_root);
  EXPECT_EQ(index_line(*in_root), "root in_use b.TXT 11");
  EXPECT_EQ(in_root->offset, 700u + 32u);
}

TEST(NtfsIndexFind, DamagedTreesAreSearchedWhole) {
  const auto damaged = [](auto damage) {
    Tree tree;
    damage(tree);
    EXPECT_EQ(tree.find("e"), 17u);
    EXPECT_EQ(tree.find("E"), 14u);
    return tree.find("nothing") == std::nullopt;
  };
  // The third sub-node leads to the first block, behind the end, between blocks, far away.
  const std::size_t third = 32 + 3 * 104 - 8;
  for (const std::uint64_t vcn : {32ULL, 1ULL, ~0ULL, ~0ULL / 512})
    EXPECT_TRUE(damaged([&](Tree& tree) { put_u64(tree.root_bytes, third, vcn); })) << vcn;
  // Its number is not that of its place.
  EXPECT_TRUE(damaged([](Tree& tree) { put_u64(tree.block_bytes, 2 * 4096 + 16, 0); }));
  // Torn: the names are before the tear.
  EXPECT_TRUE(damaged([](Tree& tree) { put_u16(tree.block_bytes, 2 * 4096 + 4094, 9); }));
  // The unit of the numbers is not known.
  EXPECT_TRUE(damaged([](Tree& tree) { tree.root_bytes[12] = std::byte{3}; }));
}

TEST(NtfsIndexFind, BlockOfAnotherPlaceIsNotTakenForTheSubnode) {
  Tree tree;
  const auto block = [&](std::size_t number) {
    return tree.block_bytes.begin() + static_cast<std::ptrdiff_t>(number * 4096);
  };
  std::swap_ranges(block(2), block(3), block(3));  // e and E lie where g should
  EXPECT_EQ(tree.find("e"), 17u);
  EXPECT_EQ(tree.find("g.txt"), 16u);
}

TEST(NtfsIndexFind, SelfReferenceEnds) {
  Tree tree;
  tree.block_bytes =
      ntfs_index_block({.vcn = 0}, IndexListBuilder{}.name(10, u"m", 0).end(0));  // leads to itself
  EXPECT_EQ(tree.find("a"), std::nullopt);
  EXPECT_EQ(tree.find("M"), 10u);
  EXPECT_LE(tree.bytes_read, (kMaxIndexDepth + 4) * 4096u);
}

TEST(NtfsIndexFind, WorksWithoutRoot) {
  Tree tree;
  MemorySource blocks{tree.block_bytes};
  auto index = DirectoryIndex::open({.blocks = &blocks});
  const auto entry = index->find_entry("G.txt", fold_ascii);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->file->record, 16u);
}

TEST(NtfsIndexHostile, UnreadableBlockIsAProblemAndTheOthersAreRead) {
  Tree tree;
  CountingSource blocks{tree.block_bytes};
  blocks.refuse_at = 4096 + 100;
  auto index = DirectoryIndex::open({.blocks = &blocks, .block_bytes = 4096});
  EXPECT_EQ(index_lines(*index, true).size(), 4u);
  ASSERT_EQ(index->problems().count(), 1u);
  EXPECT_EQ(index->problems().kept()[0].code, Errc::io);
  EXPECT_EQ(index->problems().kept()[0].offset, 4096u);
  tree.refuse_at = 4096 + 100;
  EXPECT_EQ(tree.find("c.txt"), std::nullopt);
  EXPECT_EQ(tree.find("g.txt"), 16u);
  EXPECT_EQ(tree.find("nothing"), std::nullopt);
}

TEST(NtfsIndexHostile, SizeThatIsNotTrueEndsWithTheBytes) {
  CountingSource blocks{Tree{}.block_bytes};
  blocks.claimed = ~0ULL;
  auto index = DirectoryIndex::open({.blocks = &blocks, .block_bytes = 4096});
  EXPECT_EQ(index_lines(*index, false).size(), 5u);
  EXPECT_EQ(index->problems().count(), 2u);  // the cap, the end
  EXPECT_LE(blocks.bytes_read, 200'000u);
}

TEST(NtfsIndexHostile, BrokenListIsReadUpToTheDamageAndCarvedBehind) {
  NtfsBytes bytes = ntfs_index_block(
      {}, IndexListBuilder{}.name(1, u"one").name(2, u"two").name(3, u"three").end());
  put_u16(bytes, 64 + 88 + 8, 0);  // the second entry's length
  MemorySource blocks{bytes};
  auto index = DirectoryIndex::open({.blocks = &blocks});
  EXPECT_EQ(index_lines(*index, true),
            (std::vector<std::string>{"in_use one 1", "damaged two ?", "damaged three 3"}));
  ASSERT_EQ(index->problems().count(), 1u);
  EXPECT_EQ(index->problems().kept()[0].offset, 64u + 88u);
}

TEST(NtfsIndexHostile, BlockWithoutSignatureIsCarved) {
  NtfsBytes bytes = ntfs_index_block({}, IndexListBuilder{}.name(1, u"one").end());
  put_u32(bytes, 0, 0x44414142);  // "BAAD"
  MemorySource blocks{bytes};
  auto index = DirectoryIndex::open({.blocks = &blocks, .block_bytes = 4096});
  EXPECT_EQ(index_lines(*index, true), (std::vector<std::string>{"damaged one 1"}));
  EXPECT_EQ(index->problems().count(), 1u);
}

TEST(NtfsIndexHostile, AnyWordOfTheHeadersMayBeAnything) {
  const NtfsBytes whole =
      ntfs_index_block({}, IndexListBuilder{}.name(1, u"one", 0).name(2, u"two", 1).end(2));
  const NtfsBytes root = ntfs_index_root(IndexListBuilder{}.name(1, u"one", 0).end(0), true);
  for (std::size_t at = 0; at < 512; at += 2)
    for (const unsigned value : {0u, 1u, 0x7FFFu, 0xFFF8u, 0xFFFFu}) {
      const auto word = static_cast<std::uint16_t>(value);
      NtfsBytes bytes = whole, root_bytes = root;
      put_u16(bytes, at, word);
      if (at + 2 <= root.size()) put_u16(root_bytes, at, word);
      MemorySource blocks{bytes};
      const auto parsed = parse_index_root(Bytes{root_bytes});
      IndexParts parts{.blocks = &blocks, .block_bytes = 4096};
      if (parsed) parts.root = *parsed;
      auto index = DirectoryIndex::open(parts);
      ASSERT_TRUE(index);
      EXPECT_LE(index_lines(*index, true).size(), 4096u / 66);
      index->find_entry("two", fold_ascii);
    }
}

TEST(NtfsIndexHostile, EveryLengthOfAnIndexIsReadToItsEnd) {
  const Tree tree;
  for (std::size_t size = 0; size <= tree.root_bytes.size(); ++size) {
    const auto root = parse_index_root(Bytes{std::span{tree.root_bytes}.first(size)});
    if (!root) continue;
    auto index = DirectoryIndex::open({.root = *root});
    const std::size_t lines = index_lines(*index, false).size();
    EXPECT_EQ(index->problems().count() == 0, size == tree.root_bytes.size()) << size;
    EXPECT_LE(lines, 3u);
  }
  for (const std::size_t size : {1u, 511u, 4095u, 4097u, 8191u}) {
    MemorySource blocks{
        {tree.block_bytes.begin(), tree.block_bytes.begin() + static_cast<std::ptrdiff_t>(size)}};
    auto index = DirectoryIndex::open({.blocks = &blocks, .block_bytes = 4096});
    EXPECT_EQ(index_lines(*index, true).size(), size / 4096) << size;
    EXPECT_EQ(index->problems().count(), 1u) << size;
  }
}

}  // namespace
}  // namespace hozen::ntfs
