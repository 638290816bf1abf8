#include "collector/formats/shell_item.h"

#include <gtest/gtest.h>

#include <array>

#include "collector/formats/lnk.h"
#include "tests/builders/lnk_builder.h"

namespace hozen {
namespace {

using builders::filled_guid;
using builders::LnkBuilder;
using builders::LnkBytes;
using Entry = LnkBuilder::FileEntry;

ShellItemList items_of(const LnkBuilder& builder) {
  const LnkBytes bytes = builder.bytes();
  const auto link = parse_lnk(Bytes{bytes});
  return link && link->id_list ? *link->id_list : ShellItemList{};
}

TEST(ShellItem, ReadsLongNamesOfEveryVersion) {
  for (const std::uint16_t version : std::array<std::uint16_t, 4>{3, 7, 8, 9}) {
    const ShellItemList list =
        items_of(LnkBuilder{}.computer().drive("D:\\").file({.short_name = "LONGNA~1.TXT",
                                                             .long_name = "Long 名前.txt",
                                                             .version = version,
                                                             .reference = 0x00050000000000AA,
                                                             .date = 0x4653,
                                                             .time = 0x6000,
                                                             .size = 99}));
    ASSERT_EQ(list.items.size(), 3u);
    const ShellItem& item = list.items[2];
    EXPECT_EQ(item.name.text, "Long 名前.txt") << version;
    EXPECT_EQ(item.name.encoding, TextEncoding::utf16);
    EXPECT_EQ(item.short_name.text, "LONGNA~1.TXT");
    EXPECT_EQ(item.size, 99u);
    EXPECT_EQ(item.attributes, 0x20u);
    EXPECT_FALSE(item.is_directory);
    EXPECT_EQ(item.modified.iso8601(), "2015-02-19T12:00:00.0000000Z");
    EXPECT_EQ(item.created, item.modified);
    EXPECT_EQ(item.accessed, item.modified);
    EXPECT_EQ(item.file_reference.has_value(), version >= 7);
    EXPECT_EQ(list.path, "D:\\Long 名前.txt");
    EXPECT_TRUE(list.is_file_path);
  }
}

TEST(ShellItem, TakesTheOnlyNameWithoutAnExtension) {
  const ShellItemList list = items_of(LnkBuilder{}
                                          .computer()
                                          .drive("C:\\")
                                          .file({.short_name = "dir", .directory = true})
                                          .file({.short_name = "\x93\xFA\x96\x7B.txt"})
                                          .file({.short_name = "日本", .unicode = true}));
  EXPECT_EQ(list.path, "C:\\dir\\日本.txt\\日本");
  EXPECT_EQ(list.items[3].name.encoding, TextEncoding::assumed_cp932);
  EXPECT_TRUE(list.items[2].is_directory);
}

TEST(ShellItem, ReadsSharesAndTheirFiles) {
  const ShellItemList list = items_of(LnkBuilder{}
                                          .root(filled_guid(3))
                                          .network("\\\\srv")
                                          .network("\\\\srv\\share")
                                          .file({.short_name = "a.exe"}));
  EXPECT_EQ(list.path, "\\\\srv\\share\\a.exe");
  EXPECT_EQ(list.items[1].kind, ShellItemKind::network);
}

TEST(ShellItem, ReadsFilesInsideOfOtherFolders) {
  const ShellItemList list = items_of(LnkBuilder{}
                                          .root(filled_guid(5))
                                          .file({.short_name = "DOCUME~1",
                                                 .long_name = "Documents",
                                                 .directory = true,
                                                 .delegate = true}));
  EXPECT_EQ(list.path, "::{05050505-0505-0505-0505-050505050505}\\Documents");
  EXPECT_FALSE(list.is_file_path);
}

TEST(ShellItem, AnUnknownItemBreaksThePathAndSaysSo) {
  const ShellItemList list = items_of(LnkBuilder{}
                                          .computer()
                                          .drive("C:\\")
                                          .item(LnkBytes(30, std::byte{0x00}))
                                          .file({.short_name = "x"}));
  EXPECT_EQ(list.path, "C:\\?\\x");
  EXPECT_FALSE(list.is_file_path);
  EXPECT_EQ(list.items[2].kind, ShellItemKind::other);
}

TEST(ShellItem, EmptyListsHaveNoPath) {
  LnkBytes terminator(2);
  EXPECT_TRUE(parse_shell_items(Bytes{terminator}).problems.empty());
  EXPECT_FALSE(parse_shell_items(Bytes{terminator}).is_file_path);
  EXPECT_FALSE(parse_shell_items(Bytes{}).problems.empty());
}

TEST(ShellItem, EveryShorterListSaysSo) {
  const LnkBuilder builder =
      LnkBuilder{}.computer().drive("C:\\").file({.short_name = "A~1", .long_name = "abc"});
  const LnkBytes bytes = builder.bytes();
  const std::size_t begin = builder.id_list_offset() + 2;
  const std::size_t end = builder.link_info_offset();
  for (std::size_t length = 0; begin + length < end; ++length) {
    const ShellItemList list = parse_shell_items(Bytes{bytes}.tail(begin).head(length));
    ASSERT_FALSE(list.problems.empty()) << length;
    ASSERT_FALSE(list.is_file_path) << length;
  }
}

TEST(ShellItem, EveryShorterItemIsReadAsFarAsItGoes) {
  // Each item with its own size cut: the list stays whole, the item is short.
  const LnkBuilder whole = LnkBuilder{}.file({.short_name = "A~1", .long_name = "abc"});
  const LnkBytes bytes = whole.bytes();
  const auto item = Bytes{bytes}.slice(
      whole.id_list_offset() + 4, whole.link_info_offset() - whole.id_list_offset() - 6, "item");
  ASSERT_TRUE(item);
  for (std::size_t length = 1; length < item->size(); ++length) {
    const auto part = item->head(length).span();
    const ShellItemList list = items_of(LnkBuilder{}.item({part.begin(), part.end()}));
    ASSERT_EQ(list.items.size(), 1u) << length;
    ASSERT_TRUE(list.problems.empty()) << length;
  }
}

TEST(ShellItem, ManyItemsEndAtTheCap) {
  LnkBuilder builder;
  for (std::size_t i = 0; i < kMaxShellItems + 5; ++i) builder.item(LnkBytes(1, std::byte{0x31}));
  const ShellItemList list = items_of(builder);
  EXPECT_EQ(list.items.size(), kMaxShellItems);
  ASSERT_EQ(list.problems.size(), 1u);
  EXPECT_EQ(list.problems[0].code, Errc::limit);
}

TEST(ShellItem, ExtensionOffsetsOutsideTheItemAreIgnored) {
  for (const std::uint16_t offset :
       {std::uint16_t{0xFFFF}, std::uint16_t{0xFFFC}, std::uint16_t{4}}) {
    LnkBuilder builder = LnkBuilder{}.file({.short_name = "A~1", .long_name = "abc"});
    builder.set_u16(builder.link_info_offset() - 4, offset);
    EXPECT_EQ(items_of(builder).items[0].name.text, "abc");  // found behind the name
  }
}

}  // namespace
}  // namespace hozen
