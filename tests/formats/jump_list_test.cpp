#include "collector/formats/jump_list.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/builders/jump_list_builder.h"
#include "tests/builders/lnk_builder.h"

namespace hozen {
namespace {

using builders::compound_file;
using builders::custom_destinations;
using builders::dest_list;
using builders::ListBytes;
using builders::LnkBuilder;

constexpr FileTime kTime{132'000'000'000'000'001};

ListBytes link(std::string_view path) { return LnkBuilder{}.local_path(path).bytes(); }

ListBytes automatic(std::uint32_t version) {
  return compound_file({{"1", link("C:\\a.txt")},
                        {"a", link("C:\\b.txt")},
                        {"c", link("C:\\left.txt")},
                        {"DestList", dest_list(version, {{.number = 10,
                                                          .path = "C:\\b.txt",
                                                          .host = "pc1",
                                                          .last_used = kTime,
                                                          .is_pinned = true,
                                                          .use_count = 7},
                                                         {.number = 1, .path = "C:\\a.txt"}})}});
}

class EachDestListVersion : public testing::TestWithParam<std::uint32_t> {};

TEST_P(EachDestListVersion, OfAutomaticListsIsRead) {
  const ListBytes file = automatic(GetParam());
  const auto list = parse_automatic_destinations(Bytes{file});
  ASSERT_TRUE(list) << list.error().text();
  EXPECT_TRUE(list->problems.empty());
  EXPECT_EQ(list->version, GetParam());
  EXPECT_EQ(list->stated_entries, 2u);
  ASSERT_EQ(list->entries.size(), 3u);
  const JumpListEntry& first = list->entries[0];
  ASSERT_TRUE(first.destination && first.link);
  EXPECT_EQ(first.destination->path, "C:\\b.txt");
  EXPECT_EQ(first.destination->host_name, "pc1");
  EXPECT_EQ(first.destination->number, 10u);
  EXPECT_EQ(first.destination->last_used, kTime);
  EXPECT_TRUE(first.destination->is_pinned);
  EXPECT_EQ(first.destination->use_count,
            GetParam() == 1 ? std::nullopt : std::optional<std::uint32_t>{7});
  EXPECT_EQ(target_of(*first.link).path, "C:\\b.txt");
  EXPECT_EQ(target_of(*list->entries[1].link).path, "C:\\a.txt");
  EXPECT_FALSE(list->entries[1].destination->is_pinned);
  // DestList does not name it: it was taken out of the list.
  EXPECT_FALSE(list->entries[2].destination);
  EXPECT_EQ(target_of(*list->entries[2].link).path, "C:\\left.txt");
}

INSTANTIATE_TEST_SUITE_P(JumpList, EachDestListVersion, testing::Values(1u, 3u, 4u));

TEST(JumpList, WithALongStreamIsRead) {
  std::vector<builders::DestListItem> items(60, {.number = 1, .path = std::string(60, 'x')});
  const ListBytes file = compound_file({{"DestList", dest_list(4, items)}, {"1", link("C:\\a")}});
  const auto list = parse_automatic_destinations(Bytes{file});
  ASSERT_TRUE(list);
  EXPECT_EQ(list->entries.size(), 60u);
  EXPECT_TRUE(list->problems.empty());
}

TEST(JumpList, WithoutDestListKeepsItsShortcuts) {
  const ListBytes file = compound_file({{"1", link("C:\\a.txt")}});
  const auto list = parse_automatic_destinations(Bytes{file});
  ASSERT_TRUE(list);
  EXPECT_EQ(list->entries.size(), 1u);
  EXPECT_EQ(list->problems.size(), 1u);
}

TEST(JumpList, IsAnErrorOrKeepsWhatThereIsAtEachLength) {
  const ListBytes whole = automatic(4);
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    const auto list = parse_automatic_destinations(Bytes{std::span{whole}.first(size)});
    if (list) {
      EXPECT_LE(list->entries.size(), 3u);
    }
  }
}

TEST(JumpList, WithACycleOfSectorsEnds) {
  ListBytes file = automatic(4);
  // Every number of the table leads to sector 0.
  const std::size_t table = file.size() - 512;
  for (std::size_t at = table; at < file.size(); at += 4) {
    constexpr std::uint32_t kFirst = 0;
    std::memcpy(file.data() + at, &kFirst, sizeof kFirst);
  }
  const auto list = parse_automatic_destinations(Bytes{file});
  EXPECT_TRUE(!list || !list->problems.empty());
}

TEST(JumpList, WithALyingCountEndsWhereTheStreamDoes) {
  ListBytes stream = dest_list(4, {{.number = 1, .path = "a"}});
  constexpr std::uint32_t kMany = 0xFFFF'FFFF;
  std::memcpy(stream.data() + 4, &kMany, sizeof kMany);
  const auto list = parse_dest_list(Bytes{stream});
  ASSERT_TRUE(list);
  EXPECT_EQ(list->entries.size(), 1u);
  EXPECT_EQ(list->problems.size(), 1u);
  EXPECT_EQ(parse_dest_list(Bytes{}).error().code, Errc::truncated);
  EXPECT_EQ(parse_dest_list(Bytes{dest_list(9, {})}).error().code, Errc::unsupported);
}

TEST(JumpList, OfCustomDestinationsIsRead) {
  const ListBytes file = custom_destinations(
      {{"Websites", {link("C:\\a.txt"), link("C:\\b.txt")}}, {"", {link("C:\\c.exe")}}});
  EXPECT_TRUE(looks_like_custom_destinations(Bytes{file}));
  const auto list = parse_custom_destinations(Bytes{file});
  ASSERT_TRUE(list) << list.error().text();
  EXPECT_TRUE(list->problems.empty());
  ASSERT_EQ(list->entries.size(), 3u);
  EXPECT_EQ(list->entries[0].category, "Websites");
  EXPECT_EQ(target_of(*list->entries[1].link).path, "C:\\b.txt");
  EXPECT_EQ(list->entries[2].category, "tasks");
  EXPECT_EQ(list->entries[2].position, 2u);
}

TEST(JumpList, OfCustomDestinationsSurvivesDamage) {
  ListBytes file = custom_destinations({{"A", {link("C:\\a.txt")}}, {"", {link("C:\\c.exe")}}});
  file[12] = std::byte{9};  // no kind of category
  file[16] = std::byte{9};
  const auto list = parse_custom_destinations(Bytes{file});
  if (list) {
    EXPECT_EQ(list->entries.size(), 2u);
    EXPECT_FALSE(list->problems.empty());
  }
  const ListBytes whole = custom_destinations({{"A", {link("C:\\a.txt")}}});
  for (std::size_t size = 0; size < whole.size(); ++size)
    (void)parse_custom_destinations(Bytes{std::span{whole}.first(size)});
  EXPECT_EQ(parse_custom_destinations(Bytes{}).error().code, Errc::malformed);
}

TEST(JumpList, MayBeEmpty) {
  const auto custom = parse_custom_destinations(Bytes{custom_destinations({})});
  ASSERT_TRUE(custom);
  EXPECT_TRUE(custom->entries.empty());
  const ListBytes file = compound_file({{"DestList", dest_list(4, {})}});
  const auto list = parse_automatic_destinations(Bytes{file});
  ASSERT_TRUE(list) << list.error().text();
  EXPECT_TRUE(list->entries.empty());
}

}  // namespace
}  // namespace hozen
