#include "collector/formats/ntfs_secure.h"

#include <gtest/gtest.h>

#include "tests/builders/ntfs_side_builder.h"

namespace hozen::ntfs {
namespace {

using namespace builders;
using Lines = std::vector<std::string>;

constexpr std::size_t kPart = 0x40000;

/// "id copy offset" of every entry; the problems are put into `problems`.
Lines lines_of(const NtfsBytes& bytes, Problems& problems) {
  MemorySource sds{bytes};
  Lines lines;
  each_security_entry(sds, problems, [&](const SecurityEntry& entry) {
    lines.push_back(std::to_string(entry.id) + " " + std::string{to_text(entry.copy)} + " " +
                    std::to_string(entry.offset));
    return true;
  });
  return lines;
}

SecureBuilder three() {
  return SecureBuilder{}
      .add(256, small_descriptor(18))
      .add(257, small_descriptor(19))
      .add(258, small_descriptor(20));
}

/// A descriptor of `size` bytes.
NtfsBytes large_descriptor(std::size_t size, std::uint8_t fill) {
  NtfsBytes bytes = small_descriptor(fill);
  bytes.resize(size, std::byte{fill});
  return bytes;
}

TEST(NtfsSecure, HashIsTheSumRotatedByThree) {
  // 0x80000001 rotated left by three is 12 (0xC); 12 + 5 = 17.
  const NtfsBytes words{std::byte{1}, std::byte{0}, std::byte{0}, std::byte{0x80},
                        std::byte{5}, std::byte{0}, std::byte{0}, std::byte{0}};
  EXPECT_EQ(security_hash(Bytes{words}), 17u);
  EXPECT_EQ(security_hash(Bytes{}), 0u);
  EXPECT_EQ(security_hash(Bytes{words}.head(7)), 0x8000'0001u);
}

TEST(NtfsSecure, VisitsEntriesWithTheirDescriptors) {
  Problems problems;
  EXPECT_EQ(lines_of(three().bytes(), problems),
            (Lines{"256 first 0", "257 first 64", "258 first 128"}));
  EXPECT_EQ(problems.count(), 0u);
  MemorySource sds{three().bytes()};
  int visits = 0;
  each_security_entry(sds, problems, [&](const SecurityEntry& entry) {
    EXPECT_EQ(entry.descriptor.base(), entry.offset + 20);
    const auto bytes = entry.descriptor.span();
    EXPECT_EQ((NtfsBytes{bytes.begin(), bytes.end()}), small_descriptor(18));
    return ++visits > 1;
  });
  EXPECT_EQ(visits, 1);
}

TEST(NtfsSecure, PartsFollowBehindTheCopiesOfOthers) {
  SecureBuilder builder;
  for (std::uint32_t id = 0; id < 9; ++id)
    builder.add(256 + id, large_descriptor(65'000, static_cast<std::uint8_t>(id)));
  // Four fit into a part.
  Problems problems;
  const Lines lines = lines_of(builder.bytes(), problems);
  ASSERT_EQ(lines.size(), 9u);
  EXPECT_EQ(lines[3], "259 first " + std::to_string(builder.offset_of(3)));
  EXPECT_EQ(lines[4], "260 first " + std::to_string(2 * kPart));
  EXPECT_EQ(lines[8], "264 first " + std::to_string(4 * kPart));
  EXPECT_EQ(problems.count(), 0u);
}

TEST(NtfsSecure, DamagedFirstCopyIsReadFromTheMirror) {
  for (const std::size_t at : {0u, 4u, 8u, 16u, 20u, 40u, 48u}) {
    NtfsBytes bytes = three().bytes();
    put_u32(bytes, 64 + at, 0xDEAD'BEEF);
    Problems problems;
    EXPECT_EQ(
        lines_of(bytes, problems),
        (Lines{"256 first 0", at == 4 ? "3735928559 first 64" : "257 mirror 64", "258 first 128"}))
        << at;  // the id is not part of the hash
    EXPECT_EQ(problems.count(), at == 4 ? 0u : 1u);
  }
}

TEST(NtfsSecure, WipedFirstPartIsReadFromTheMirror) {
  NtfsBytes bytes = three().bytes();
  std::fill(bytes.begin(), bytes.begin() + kPart, std::byte{0});
  Problems problems;
  EXPECT_EQ(lines_of(bytes, problems), (Lines{"256 mirror 0", "257 mirror 64", "258 mirror 128"}));
  EXPECT_EQ(problems.count(), 3u);
}

TEST(NtfsSecure, DamageInBothCopiesOfADescriptorIsMarked) {
  NtfsBytes bytes = three().bytes();
  for (const std::size_t part : {std::size_t{0}, kPart}) put_u32(bytes, part + 64 + 48, 1);
  Problems problems;
  EXPECT_EQ(lines_of(bytes, problems), (Lines{"256 first 0", "257 damaged 64", "258 first 128"}));
  ASSERT_EQ(problems.count(), 1u);
  EXPECT_EQ(problems.kept()[0].offset, 64u);
}

TEST(NtfsSecure, DamageInBothHeadersIsPassedOver) {
  for (const std::size_t field : {8u, 16u}) {
    NtfsBytes bytes = three().bytes();
    for (const std::size_t part : {std::size_t{0}, kPart})
      put_u32(bytes, part + 64 + field, 0xFFFF'FFFF);
    Problems problems;
    EXPECT_EQ(lines_of(bytes, problems), (Lines{"256 first 0", "258 first 128"}));
    ASSERT_EQ(problems.count(), 1u);
    EXPECT_EQ(problems.kept()[0].offset, 64u);
    EXPECT_EQ(problems.kept()[0].detail, "64 bytes");
  }
}

TEST(NtfsSecure, StreamWithoutMirrorIsReadToItsEnd) {
  const NtfsBytes whole = three().bytes();
  for (std::size_t size = 0; size <= 180; ++size) {
    Problems problems;
    const Lines lines =
        lines_of({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}, problems);
    const std::size_t expected = size >= 180 ? 3 : (size >= 116 ? 2 : (size >= 52 ? 1 : 0));
    EXPECT_EQ(lines.size(), expected) << size;
  }
}

TEST(NtfsSecure, GarbageIsOneProblemForEachPart) {
  NtfsBytes bytes(5 * kPart, std::byte{0xAB});
  Problems problems;
  EXPECT_TRUE(lines_of(bytes, problems).empty());
  EXPECT_EQ(problems.count(), 3u);
}

TEST(NtfsSecure, OverlappingHeadersAreNotAllHashed) {
  // Every 16 bytes a header of its place whose descriptor reaches far: hash and size share a word.
  NtfsBytes bytes(64 * kPart);
  for (std::size_t at = 0; at + 20 < bytes.size(); at += 16) {
    put_u32(bytes, at, 100'000);
    put_u64(bytes, at + 8, at % kPart == 0 ? 1 : at);  // each part begins with damage
  }
  Problems problems;
  EXPECT_TRUE(lines_of(bytes, problems).empty());
  EXPECT_EQ(problems.count(), 32u);
}

TEST(NtfsSecureTable, FindsDescriptorsById) {
  MemorySource sds{three().bytes()};
  Problems problems;
  const auto table = SecurityTable::build(sds, problems);
  EXPECT_EQ(table.size(), 3u);
  EXPECT_TRUE(table.contains(257));
  const auto found = table.read(sds, 257);
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, small_descriptor(19));
  for (const std::uint32_t id : {0u, 255u, 259u, ~0u}) {
    EXPECT_FALSE(table.contains(id));
    const auto missing = table.read(sds, id);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Errc::not_found);
  }
}

TEST(NtfsSecureTable, TakesTheWholeOneOfTwo) {
  NtfsBytes bytes = SecureBuilder{}
                        .add(300, small_descriptor(1))
                        .add(300, small_descriptor(2))
                        .add(300, small_descriptor(3))
                        .add(299, small_descriptor(4))
                        .bytes();
  for (const std::size_t part : {std::size_t{0}, kPart}) put_u32(bytes, part + 48, 99);
  MemorySource sds{bytes};
  Problems problems;
  const auto table = SecurityTable::build(sds, problems);
  EXPECT_EQ(table.size(), 2u);
  EXPECT_EQ(*table.read(sds, 300), small_descriptor(2));
  EXPECT_EQ(*table.read(sds, 299), small_descriptor(4));
}

TEST(NtfsSecureTable, ReadsFromTheMirror) {
  NtfsBytes bytes = three().bytes();
  put_u32(bytes, 64 + 48, 99);
  MemorySource sds{bytes};
  Problems problems;
  const auto table = SecurityTable::build(sds, problems);
  EXPECT_EQ(*table.read(sds, 257), small_descriptor(19));
}

}  // namespace
}  // namespace hozen::ntfs
