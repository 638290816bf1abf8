#include "collector/formats/ntfs_fixup.h"

#include <gtest/gtest.h>

#include "tests/builders/ntfs_side_builder.h"

namespace hozen::ntfs {
namespace {

using builders::NtfsBytes;
using builders::put_u16;

constexpr std::size_t kArray = 40;

/// Two strides that end with number 7; the words that belong there are 0x1111 and 0x2222.
NtfsBytes guarded_block() {
  NtfsBytes block(1024, std::byte{0xEE});
  put_u16(block, 4, kArray);
  put_u16(block, 6, 3);
  put_u16(block, kArray, 7);
  put_u16(block, kArray + 2, 0x1111);
  put_u16(block, kArray + 4, 0x2222);
  put_u16(block, 510, 7);
  put_u16(block, 1022, 7);
  return block;
}

TEST(NtfsFixup, PutsTheLastWordsOfStridesBack) {
  NtfsBytes block = guarded_block(), expected = block;
  EXPECT_EQ(apply_fixup(block), Fixup::intact);
  put_u16(expected, 510, 0x1111);
  put_u16(expected, 1022, 0x2222);
  EXPECT_EQ(block, expected);
}

TEST(NtfsFixup, TornStrideStaysAndTheOthersArePutBack) {
  NtfsBytes block = guarded_block();
  put_u16(block, 510, 6);
  NtfsBytes expected = block;
  put_u16(expected, 1022, 0x2222);
  EXPECT_EQ(apply_fixup(block), Fixup::torn);
  EXPECT_EQ(block, expected);
}

TEST(NtfsFixup, ArrayThatDoesNotFitChangesNothing) {
  struct Case {
    std::uint16_t offset, count;
  };
  for (const Case& test : {Case{kArray, 0}, Case{kArray, 2}, Case{kArray, 4}, Case{kArray, 0xFFFF},
                           Case{0, 3}, Case{6, 3}, Case{41, 3}, Case{506, 3}, Case{0xFFFE, 3}}) {
    NtfsBytes block = guarded_block();
    put_u16(block, 4, test.offset);
    put_u16(block, 6, test.count);
    const NtfsBytes before = block;
    EXPECT_EQ(apply_fixup(block), Fixup::malformed) << test.offset << " " << test.count;
    EXPECT_EQ(block, before);
  }
}

TEST(NtfsFixup, ArrayMayEndRightBeforeTheFirstGuardedWord) {
  NtfsBytes block(1024);
  put_u16(block, 4, 504);
  put_u16(block, 6, 3);
  put_u16(block, 508, 0x2222);
  EXPECT_EQ(apply_fixup(block), Fixup::intact);
  EXPECT_EQ(block[1022], std::byte{0x22});
}

TEST(NtfsFixup, BlockMustBeWholeStrides) {
  for (const std::size_t size : {0u, 1u, 7u, 8u, 511u, 513u, 1023u}) {
    NtfsBytes block(size);
    EXPECT_EQ(apply_fixup(block), Fixup::malformed) << size;
  }
}

}  // namespace
}  // namespace hozen::ntfs
