#include "collector/source/folder_source.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "collector/base/bytes.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

EvidencePath path(std::string_view text) { return *EvidencePath::parse(text); }

std::unique_ptr<EvidenceSource> open_source(const TempFolder& folder) {
  auto source = make_folder_source(folder.text());
  if (!source) {
    ADD_FAILURE() << source.error().text();
    return nullptr;
  }
  return *std::move(source);
}

std::vector<std::string> volumes_of(const TempFolder& folder) {
  std::vector<std::string> names;
  const auto source = open_source(folder);
  for (const VolumeInfo& volume : source->volumes()) names.push_back(volume.name);
  return names;
}

std::string content_of(EvidenceSource& source, std::string_view file) {
  auto opened = source.open(path(file));
  if (!opened) return "error: " + opened.error().text();
  const auto bytes = read_all(**opened, 1 << 20);
  if (!bytes) return "error: " + bytes.error().text();
  return std::string{Bytes{*bytes}.chars()};
}

std::vector<std::string> walked(EvidenceSource& source, std::string_view folder) {
  std::vector<std::string> names;
  const auto result = source.walk(
      path(folder),
      [&](const FileInfo& info) {
        names.push_back(info.path.text());
        return Visit::enter;
      },
      [&](const EvidencePath& where, Error error) {
        names.push_back("problem " + where.text() + ": " + error.text());
      });
  if (!result) names.push_back("error: " + result.error().text());
  return names;
}

using Names = std::vector<std::string>;

TEST(FolderSource, ARootThatHoldsWindowsIsDriveC) {
  const TempFolder folder;
  folder.write("Windows/System32/config/SYSTEM", "s");
  folder.make_folder("D");
  EXPECT_EQ(volumes_of(folder), Names{"C:"});
}

TEST(FolderSource, ACopiedWindowsFolderIsSeenAsCWindows) {
  const TempFolder folder;
  folder.write("System32/config/SYSTEM", "s");
  const auto source = open_source(folder);
  ASSERT_EQ(source->volumes().size(), 1u);
  EXPECT_EQ(source->volumes()[0].name, "C:");
  EXPECT_EQ(content_of(*source, "C:\\windows\\system32\\CONFIG\\system"), "s");
  EXPECT_TRUE(source->stat(path("C:\\"))->is_directory);
  EXPECT_TRUE(source->stat(path("C:\\WINDOWS"))->is_directory);
  EXPECT_EQ(source->stat(path("C:\\System32")).error().code, Errc::not_found);
  EXPECT_EQ(walked(*source, "C:\\"),
            (Names{"C:\\Windows", "C:\\Windows\\System32", "C:\\Windows\\System32\\config",
                   "C:\\Windows\\System32\\config\\SYSTEM"}));
}

TEST(FolderSource, FoldersNamedLikeVolumesAreVolumes) {
  const TempFolder folder;
  folder.write("C/Windows/System32/config/SYSTEM", "s");
  folder.write("d/data.txt", "d");
  folder.write("volume3/x", "3");
  folder.write("notes/readme.txt", "n");
  EXPECT_EQ(volumes_of(folder), (Names{"C:", "D:", "volume3"}));
  const auto source = open_source(folder);
  EXPECT_EQ(content_of(*source, "D:\\DATA.TXT"), "d");
  EXPECT_EQ(content_of(*source, "volume3\\x"), "3");
  EXPECT_EQ(source->stat(path("E:\\x")).error().code, Errc::not_found);
}

TEST(FolderSource, OneVolumeFolderAloneIsEnoughWhenNothingElseIsThere) {
  const TempFolder folder;
  folder.write("E/data.txt", "e");
  EXPECT_EQ(volumes_of(folder), Names{"E:"});
}

TEST(FolderSource, AnythingElseIsAVolumeWithoutLetter) {
  const TempFolder folder;
  folder.write("photos/a.jpg", "a");
  folder.make_folder("c");
  EXPECT_EQ(volumes_of(folder), Names{"volume1"});
  const TempFolder profile;
  profile.write("Users/alice/NTUSER.DAT", "n");
  EXPECT_EQ(volumes_of(profile), Names{"C:"});
}

TEST(FolderSource, ARootThatIsNoFolderIsRefused) {
  const TempFolder folder;
  folder.write("file", "x");
  EXPECT_FALSE(make_folder_source(folder.text() + "/file").has_value());
  const auto missing = make_folder_source(folder.text() + "/missing");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, Errc::not_found);
}

TEST(FolderSource, FindsWithoutCaseAndAnswersAsStored) {
  const TempFolder folder;
  folder.write("Windows/System32/Drivers/etc/Hosts", "127.0.0.1");
  const auto source = open_source(folder);
  const auto info = source->stat(path("c:/WINDOWS/system32/DRIVERS/ETC/hosts"));
  ASSERT_TRUE(info.has_value()) << info.error().text();
  EXPECT_EQ(info->path.text(), "C:\\Windows\\System32\\Drivers\\etc\\Hosts");
  EXPECT_EQ(info->size, 9u);
  EXPECT_FALSE(info->is_directory);
  EXPECT_TRUE(info->si.modified.is_set());
  EXPECT_EQ(source->stat(path("C:\\Windows\\System32\\Drivers\\etc\\Hosts\\x")).error().code,
            Errc::not_found);
  EXPECT_EQ(source->open(path("C:\\Windows")).error().code, Errc::unsupported);
  EXPECT_EQ(source->open(path("C:\\nothing")).error().code, Errc::not_found);
}

TEST(FolderSource, WalksEveryEntryAndFoldersBeforeTheirContents) {
  const TempFolder folder;
  folder.write("Users/b/2", "");
  folder.write("Users/B1/1", "");
  folder.write("Users/a", "");
  const auto source = open_source(folder);
  const Names names = walked(*source, "C:\\Users");
  const auto place = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) - names.begin();
  };
  EXPECT_LT(place("C:\\Users\\b"), place("C:\\Users\\b\\2"));
  EXPECT_LT(place("C:\\Users\\B1"), place("C:\\Users\\B1\\1"));
  Names sorted = names;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, (Names{"C:\\Users\\B1", "C:\\Users\\B1\\1", "C:\\Users\\a", "C:\\Users\\b",
                           "C:\\Users\\b\\2"}));
  EXPECT_EQ(walked(*source, "C:\\Users\\a").size(), 1u);  // the error: not a folder
}

TEST(FolderSource, WalkSkipsAndStopsWhenTold) {
  const TempFolder folder;
  folder.write("Users/a/1", "");
  folder.write("Users/b/2", "");
  folder.write("Users/c", "");
  const auto source = open_source(folder);
  Names names;
  const auto visit = [&](const FileInfo& info) {
    names.emplace_back(info.path.name());
    if (info.path.name() == "b") return Visit::stop;
    return Visit::skip;
  };
  ASSERT_TRUE(
      source->walk(path("C:\\Users"), visit, [](const EvidencePath&, Error) {}).has_value());
  EXPECT_EQ(names, (Names{"a", "b"}));
}

TEST(FolderSource, TheCallbackMayUseTheSource) {
  const TempFolder folder;
  folder.write("Users/a/1", "one");
  const auto source = open_source(folder);
  std::string content;
  const auto visit = [&](const FileInfo& info) {
    if (!info.is_directory) content = content_of(*source, info.path.text());
    return Visit::enter;
  };
  ASSERT_TRUE(source->walk(path("C:\\"), visit, [](const EvidencePath&, Error) {}).has_value());
  EXPECT_EQ(content, "one");
}

TEST(FolderSource, ReadsAFileThatGrowsAndOneThatShrinksToItsRealEnd) {
  const TempFolder folder;
  const auto file = folder.write("Users/log.txt", "12345");
  const auto source = open_source(folder);
  const auto opened = source->open(path("C:\\Users\\log.txt"));
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ((*opened)->size(), 5u);
  folder.write("Users/log.txt", "1234567");
  EXPECT_EQ(read_all(**opened, 100)->size(), 7u);
  folder.write("Users/log.txt", "12");
  EXPECT_EQ(read_all(**opened, 100)->size(), 2u);
  std::byte byte{};
  EXPECT_EQ(*(*opened)->read_some(1000, {&byte, 1}), 0u);
}

}  // namespace
}  // namespace hozen
