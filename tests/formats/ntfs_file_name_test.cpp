#include "collector/formats/ntfs_file_name.h"

#include <gtest/gtest.h>

#include "collector/base/text.h"
#include "tests/builders/ntfs_side_builder.h"

namespace hozen::ntfs {
namespace {

using builders::ntfs_file_name;
using builders::NtfsBytes;

TEST(NtfsReference, TakesNumberAndSequenceApart) {
  constexpr std::uint64_t kValue = 0x0102'A3A4'A5A6'A7A8;
  const auto reference = FileReference::from_u64(kValue);
  EXPECT_EQ(reference.record, 0xA3A4'A5A6'A7A8u);
  EXPECT_EQ(reference.sequence, 0x0102);
  EXPECT_EQ(reference.to_u64(), kValue);
  EXPECT_EQ(FileReference::from_u64(~0ULL).to_u64(), ~0ULL);
  EXPECT_FALSE(reference == FileReference::from_u64(kValue + 1));
}

TEST(NtfsFileName, ReadsEveryField) {
  const NtfsBytes body = ntfs_file_name({.name = u"größe.txt",
                                         .name_space = 3,
                                         .parent = 0x0007'0000'0000'0029,
                                         .created = {1},
                                         .modified = {2},
                                         .record_changed = {3},
                                         .accessed = {4},
                                         .allocated = 4096,
                                         .size = 4000,
                                         .flags = 0x1000'0020,
                                         .tag = 0xA000'0003});
  const auto name = parse_file_name(Bytes{body});
  ASSERT_TRUE(name);
  EXPECT_EQ(name->parent, (FileReference{0x29, 7}));
  EXPECT_EQ(name->created.ticks, 1u);
  EXPECT_EQ(name->modified.ticks, 2u);
  EXPECT_EQ(name->record_changed.ticks, 3u);
  EXPECT_EQ(name->accessed.ticks, 4u);
  EXPECT_EQ(name->allocated_bytes, 4096u);
  EXPECT_EQ(name->size_bytes, 4000u);
  EXPECT_EQ(name->flags, 0x1000'0020u);
  EXPECT_TRUE(name->is_directory());
  EXPECT_EQ(name->ea_or_reparse_tag, 0xA000'0003u);
  EXPECT_EQ(name->name_space, NameSpace::win32_and_dos);
  EXPECT_EQ(to_text(name->name_space), "win32_and_dos");
  EXPECT_EQ(name->name, "größe.txt");
  EXPECT_EQ(file_name_bytes(Bytes{body}), body.size());
}

TEST(NtfsFileName, KeepsLoneSurrogatesNulsAndUnknownNameSpaces) {
  const std::u16string odd{u'a', 0xD800, 0, u'b'};
  const auto name = parse_file_name(Bytes{ntfs_file_name({.name = odd, .name_space = 9})});
  ASSERT_TRUE(name);
  EXPECT_EQ(utf16_from_wtf8(name->name), odd);
  EXPECT_EQ(static_cast<int>(name->name_space), 9);
  EXPECT_EQ(to_text(name->name_space), "");
}

TEST(NtfsFileName, EmptyAndLongestNames) {
  const auto empty = parse_file_name(Bytes{ntfs_file_name({})});
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->name, "");
  const NtfsBytes body = ntfs_file_name({.name = std::u16string(kMaxNameUnits, u'x')});
  EXPECT_EQ(body.size(), 576u);
  const auto longest = parse_file_name(Bytes{body});
  ASSERT_TRUE(longest);
  EXPECT_EQ(longest->name, std::string(kMaxNameUnits, 'x'));
}

TEST(NtfsFileName, TruncatedAtEveryLengthIsAnErrorWithItsOffset) {
  const NtfsBytes whole = ntfs_file_name({.name = u"ab"});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto name = parse_file_name(Bytes{std::span{whole}.first(size), 1000});
    ASSERT_FALSE(name) << size;
    EXPECT_EQ(name.error().code, Errc::truncated);
    EXPECT_GE(name.error().offset.value_or(0), 1000u);
  }
  EXPECT_EQ(file_name_bytes(Bytes{std::span{whole}.first(64)}), 0u);
}

}  // namespace
}  // namespace hozen::ntfs
