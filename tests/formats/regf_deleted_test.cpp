// Keys and values outside the tree: free cells, slack, behind the bins, cells that nothing lists.
#include <gtest/gtest.h>

#include <algorithm>

#include "collector/formats/regf.h"
#include "tests/builders/regf_builder.h"
#include "tests/formats/regf_walk.h"

namespace hozen::regf {
namespace {

using namespace builders;

struct Deleted {
  std::vector<DeletedKey> keys;
  std::vector<DeletedValue> values;

  const DeletedKey* key(std::string_view path) const {
    for (const DeletedKey& found : keys)
      if (found.path == path) return &found;
    return nullptr;
  }
  const DeletedValue* value(std::string_view name) const {
    for (const DeletedValue& found : values)
      if (found.value.name == name) return &found;
    return nullptr;
  }
};

Deleted deleted_of(const Hive& hive) {
  Deleted all;
  hive.each_deleted([&](const DeletedKey& key) { all.keys.push_back(key); },
                    [&](const DeletedValue& value) { all.values.push_back(value); });
  return all;
}

constexpr FileTime kTime{132'000'000'000'000'000};

std::vector<std::byte> many_bytes(std::size_t size) {
  return std::vector<std::byte>(size, std::byte{0xC3});
}

TEST(RegfDeleted, NothingInASoundHive) {
  const auto hive = open_hive(RegfBuilder{}.key("A\\B").value("x", sz("text")).bytes());
  const Deleted found = deleted_of(*hive);
  EXPECT_TRUE(found.keys.empty());
  EXPECT_TRUE(found.values.empty());
}

TEST(RegfDeleted, AKeyWithItsPathTimeAndValues) {
  const auto builder = RegfBuilder{}
                           .key("Software\\Run")
                           .value("left", sz("stays"))
                           .key("Software\\Run\\Evil")
                           .value("path", sz("C:\\evil.exe"))
                           .value("n", dword(5))
                           .written_at(kTime)
                           .deleted();
  const auto hive = open_hive(builder.bytes());
  EXPECT_EQ(tree_of(*hive).size(), 3u);
  const Deleted found = deleted_of(*hive);
  ASSERT_EQ(found.keys.size(), 1u);
  EXPECT_EQ(found.keys[0].path, "Software\\Run\\Evil");
  EXPECT_TRUE(found.keys[0].parent_known);
  EXPECT_EQ(found.keys[0].last_written, kTime);
  EXPECT_EQ(found.keys[0].file_offset + 4, builder.offset_of_key("Software\\Run\\Evil"));
  ASSERT_EQ(found.values.size(), 2u);
  const DeletedValue* path = found.value("path");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->key_path, "Software\\Run\\Evil");
  EXPECT_TRUE(path->key_known);
  EXPECT_EQ(path->key_last_written, kTime);
  EXPECT_EQ(path->value.type, 1u);
  EXPECT_EQ(path->value.data, sz("C:\\evil.exe").bytes);
  EXPECT_TRUE(path->value.deleted);
  EXPECT_FALSE(path->value.incomplete);
  EXPECT_EQ(found.value("n")->value.data, dword(5).bytes);
}

TEST(RegfDeleted, ATreeOfKeysOneBelowTheOther) {
  const auto hive = open_hive(
      RegfBuilder{}.key("A\\B\\C\\D").value("v", sz("deep text")).key("A\\B").deleted().bytes());
  const Deleted found = deleted_of(*hive);
  EXPECT_EQ(found.keys.size(), 3u);
  ASSERT_TRUE(found.key("A\\B\\C\\D"));
  EXPECT_TRUE(found.key("A\\B\\C\\D")->parent_known);
  EXPECT_EQ(found.value("v")->key_path, "A\\B\\C\\D");
}

TEST(RegfDeleted, AValueOfALiveKeyBelongsToIt) {
  const auto hive = open_hive(RegfBuilder{}
                                  .key("Run")
                                  .value("a", sz("first value"))
                                  .value("gone", sz("C:\\gone.exe"))
                                  .deleted_value()
                                  .value("b", sz("last value"))
                                  .written_at(kTime)
                                  .bytes());
  EXPECT_EQ(tree_of(*hive)["Run"], (std::vector<std::string>{"a", "b"}));
  const Deleted found = deleted_of(*hive);
  ASSERT_EQ(found.values.size(), 1u);
  EXPECT_EQ(found.values[0].key_path, "Run");
  EXPECT_TRUE(found.values[0].key_known);
  EXPECT_EQ(found.values[0].key_last_written, kTime);
  EXPECT_EQ(found.values[0].value.name, "gone");
  EXPECT_EQ(found.values[0].value.data, sz("C:\\gone.exe").bytes);
}

TEST(RegfDeleted, BigDataWhoseSegmentsAreAllThere) {
  const auto data = many_bytes(50'000);
  const auto hive =
      open_hive(RegfBuilder{}.key("K").value("big", binary(data)).deleted_value().bytes());
  const Deleted found = deleted_of(*hive);
  ASSERT_TRUE(found.value("big"));
  EXPECT_EQ(found.value("big")->value.data, data);
}

TEST(RegfDeleted, DataThatALiveCellHasTakenIsNotShown) {
  auto builder = RegfBuilder{}
                     .key("K")
                     .value("live", sz("somebody else's text"))
                     .value("gone", sz("its own text, lost"))
                     .deleted_value();
  const auto bytes = builder.bytes();
  const auto live_data =
      static_cast<std::uint32_t>(builder.offset_of_data("K", "live") - 4 - kBaseBlockBytes);
  const auto hive =
      open_hive(builder.set_u32(builder.offset_of_value("K", "gone") + 8, live_data).bytes());
  const Deleted found = deleted_of(*hive);
  ASSERT_TRUE(found.value("gone"));
  EXPECT_TRUE(found.value("gone")->value.data.empty());
  EXPECT_TRUE(found.value("gone")->value.incomplete);
}

TEST(RegfDeleted, CellsThatAreAllocatedButListedNowhere) {
  const auto hive = open_hive(
      RegfBuilder{}.key("A\\lost").value("v", sz("kept by nobody")).unlisted().key("A\\B").bytes());
  const Deleted found = deleted_of(*hive);
  ASSERT_TRUE(found.key("A\\lost"));
  EXPECT_EQ(found.value("v")->key_path, "A\\lost");
}

TEST(RegfDeleted, KeysInTheSlackOfAnAllocatedCell) {
  // A value's data cell that once held more: its tail is an old key node, 8-aligned as cells are.
  auto builder = RegfBuilder{}.key("Old").written_at(kTime);
  const auto donor = builder.bytes();
  const std::uint64_t nk = builder.offset_of_key("Old") - 4;
  std::vector<std::byte> data(44 + 88, std::byte{0x20});  // 44 and the size field: 48 bytes
  std::copy_n(donor.begin() + static_cast<std::ptrdiff_t>(nk), 88, data.begin() + 44);
  auto host = RegfBuilder{}.key("Host").value("v", binary(data));
  host.set_u32(host.offset_of_value("Host", "v") + 4, 44);
  const auto hive = open_hive(host.bytes());
  EXPECT_EQ(hive->root()->find("Host")->value("v")->data.size(), 44u);
  const Deleted found = deleted_of(*hive);
  ASSERT_EQ(found.keys.size(), 1u) << "parent: the root's cell, the same in both hives";
  EXPECT_EQ(found.keys[0].path, "Old");
  EXPECT_EQ(found.keys[0].last_written, kTime);
}

TEST(RegfDeleted, KeysBehindTheLastBin) {
  auto builder = RegfBuilder{}.key("Old").written_at(kTime);
  const auto donor = builder.bytes();
  const auto hive = open_hive(
      RegfBuilder{}.key("New").behind_the_bins({donor.begin() + 4096, donor.end()}).bytes());
  EXPECT_EQ(hive->effective_bins_size(), 4096u);
  EXPECT_TRUE(deleted_of(*hive).key("Old"));
}

TEST(RegfDeleted, AKeyWhoseParentIsGoneKeepsItsName) {
  auto builder = RegfBuilder{}.key("A\\B").deleted();
  builder.set_u32(builder.offset_of_key("A\\B") + 16, 0x18);  // no cell begins there
  const Deleted found = deleted_of(*open_hive(builder.bytes()));
  ASSERT_EQ(found.keys.size(), 1u);
  EXPECT_EQ(found.keys[0].path, "$deleted\\B");
  EXPECT_FALSE(found.keys[0].parent_known);
}

TEST(RegfDeleted, ParentsThatFormACycleEnd) {
  auto builder = RegfBuilder{}.key("A\\B\\C").key("A\\B").deleted();
  const auto c = static_cast<std::uint32_t>(builder.offset_of_key("A\\B\\C") - 4 - kBaseBlockBytes);
  builder.set_u32(builder.offset_of_key("A\\B") + 16, c);
  const Deleted found = deleted_of(*open_hive(builder.bytes()));
  EXPECT_EQ(found.keys.size(), 2u);
  for (const DeletedKey& key : found.keys) EXPECT_FALSE(key.parent_known);
}

TEST(RegfDeleted, WhatCannotBeAKeyOrValueIsNotOne) {
  // The signatures alone, in a free cell full of other bytes.
  auto builder = RegfBuilder{}.key("K").value("v", binary(many_bytes(4000))).deleted_value();
  const std::uint64_t data = builder.offset_of_data("K", "v");
  for (std::uint64_t at = data + 4; at + 80 < data + 4000; at += 80)
    builder.set_u16(at, at % 160 < 80 ? 0x6B6E : 0x6B76);
  const Deleted found = deleted_of(*open_hive(builder.bytes()));
  EXPECT_TRUE(found.keys.empty());
  EXPECT_EQ(found.values.size(), 1u);
}

TEST(RegfDeleted, IsTheSameWhetherTheTreeWasReadBeforeOrNot) {
  const auto bytes = RegfBuilder{}
                         .key("A\\B")
                         .value("x", sz("some text"))
                         .value("y", sz("some other text"))
                         .deleted_value()
                         .key("A\\C\\D")
                         .value("z", sz("text"))
                         .key("A\\C")
                         .deleted()
                         .bytes();
  const auto fresh = open_hive(bytes);
  const auto read = open_hive(bytes);
  (void)tree_of(*read);
  const Deleted a = deleted_of(*fresh), b = deleted_of(*read), again = deleted_of(*read);
  EXPECT_EQ(a.keys.size(), 2u);
  EXPECT_EQ(a.values.size(), 2u);
  EXPECT_EQ(b.keys.size(), a.keys.size());
  EXPECT_EQ(b.values.size(), a.values.size());
  EXPECT_EQ(again.values.size(), a.values.size());
}

}  // namespace
}  // namespace hozen::regf
