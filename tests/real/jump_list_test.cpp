// Real jump lists against libolecf 20181231 (facts/jumplists.tsv) and what other parsers' tests
// say.
#include "collector/formats/jump_list.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/formats/compound_file.h"
#include "tests/real/real_evidence.h"

namespace hozen::real {
namespace {

/// How often the class of shortcuts stands in the file.
std::size_t classes_in(std::string_view text) {
  constexpr std::string_view kClass{"\x01\x14\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46", 16};
  std::size_t count = 0;
  for (std::size_t at = text.find(kClass); at != text.npos; at = text.find(kClass, at + 1)) ++count;
  return count;
}

TEST_F(RealEvidence, JumpListsHaveTheStreamsAndEntriesThatOthersFind) {
  int automatic = 0, custom = 0;
  for (const Row& row : facts("jumplists.tsv")) {
    const auto bytes = evidence(row[0]);
    const Bytes file{bytes};
    if (row[1] == "automatic") {
      const auto compound = CompoundFile::open(file);
      ASSERT_TRUE(compound) << row[0] << ": " << compound.error().text();
      std::vector<std::string> names;
      for (const CompoundStream& stream : compound->streams()) names.push_back(stream.name);
      std::ranges::sort(names);
      std::string joined;
      for (const std::string& name : names) joined += (joined.empty() ? "" : " ") + name;
      std::vector<std::string> expected;
      std::string one;
      for (const char c : row[5] + ' ')
        if (c == ' ')
          expected.push_back(std::exchange(one, {}));
        else
          one += c;
      std::ranges::sort(expected);
      EXPECT_EQ(names, expected) << row[0];
      const auto list = parse_automatic_destinations(file);
      ASSERT_TRUE(list) << row[0];
      for (const Error& problem : list->problems) ADD_FAILURE() << row[0] << problem.text();
      // The stream DestList of a list in which nothing was yet is empty.
      EXPECT_EQ(list->version == 0 ? "" : std::to_string(list->version), row[3]) << row[0];
      EXPECT_EQ(list->version == 0 ? "" : std::to_string(list->stated_entries), row[4]) << row[0];
      const auto links = std::ranges::count_if(
          list->entries, [](const JumpListEntry& entry) { return entry.link.has_value(); });
      EXPECT_EQ(std::to_string(links), row[2]) << row[0];
      ++automatic;
    } else if (const auto list = parse_custom_destinations(file)) {
      for (const Error& problem : list->problems) ADD_FAILURE() << row[0] << problem.text();
      // Each shortcut stands behind its class, with which it begins again.
      EXPECT_EQ(2 * list->entries.size(), classes_in(file.chars())) << row[0];
      for (const JumpListEntry& entry : list->entries) {
        EXPECT_TRUE(entry.link) << row[0];
        if (entry.link) {
          EXPECT_EQ(entry.link->trailing_bytes, 0u) << row[0];
        }
      }
      ++custom;
    } else {
      EXPECT_TRUE(row[0].ends_with(".pf")) << row[0];  // a prefetch file among them
    }
  }
  EXPECT_EQ(automatic, 7);
  EXPECT_EQ(custom, 6);
}

TEST_F(RealEvidence, JumpListOfExplorerTellsWhatWasOpened) {
  const auto bytes = evidence("jumplists/ericz/Win7/1b4dd67f29cb1962.automaticDestinations-ms");
  const auto list = parse_automatic_destinations(Bytes{bytes});
  ASSERT_TRUE(list);
  ASSERT_EQ(list->entries.size(), 4u);
  bool has_videos = false;
  for (const JumpListEntry& entry : list->entries) {
    EXPECT_EQ(entry.destination->host_name, "win7x64");
    has_videos |= entry.destination->path.ends_with("\\Videos.library-ms") ||
                  (entry.link && target_of(*entry.link).path.ends_with("\\Videos.library-ms"));
  }
  EXPECT_TRUE(has_videos);

  const auto other = evidence("jumplists/plaso/1b4dd67f29cb1962.automaticDestinations-ms");
  const auto plaso = parse_automatic_destinations(Bytes{other});
  ASSERT_TRUE(plaso);
  EXPECT_EQ(plaso->entries.size(), 7u);
  const auto found = std::ranges::find_if(plaso->entries, [](const JumpListEntry& entry) {
    return entry.destination->last_used.iso8601() == "2015-08-29T15:32:44.0343008Z";
  });
  ASSERT_NE(found, plaso->entries.end());
  EXPECT_EQ(found->destination->path, "C:\\Users\\bperry\\Downloads");
  EXPECT_EQ(found->destination->host_name, "student-pc1");
}

TEST_F(RealEvidence, CustomListOfControlPanelHasItsArguments) {
  const auto bytes = evidence("jumplists/plaso/5afe4de1b92fc382.customDestinations-ms");
  const auto list = parse_custom_destinations(Bytes{bytes});
  ASSERT_TRUE(list);
  const auto found = std::ranges::find_if(list->entries, [](const JumpListEntry& entry) {
    return entry.link && entry.link->arguments &&
           entry.link->arguments->text.ends_with("/name Microsoft.Display");
  });
  EXPECT_NE(found, list->entries.end());
}

}  // namespace
}  // namespace hozen::real
