#include <gtest/gtest.h>
#include <windows.h>

#include "collector/base/text.h"
#include "collector/source/file_details_win32.h"
#include "collector/source/win32_files_win32.h"
#include "tests/builders/planted_win32.h"

namespace hozen::win32 {
namespace {

constexpr std::uint64_t kSomeTime = 133'000'000'000'000'000;  // 2022-06-18

/// A planted folder seen as volume "C:".
class Win32Files : public testing::Test {
 protected:
  Tree tree(std::vector<std::string> below = {}) const {
    return Tree{{Mount{"C:", planted_.wide(), std::move(below), {}}}, false};
  }
  static EvidencePath path(std::string_view text) {
    auto parsed = EvidencePath::parse(text);
    EXPECT_TRUE(parsed) << text;
    return *parsed;
  }
  static std::string content(Tree& tree, const EvidencePath& file) {
    auto opened = tree.open(file);
    if (!opened) return opened.error().text();
    auto bytes = read_all(**opened, 1 << 20);
    return bytes ? std::string{Bytes{*bytes}.chars()} : bytes.error().text();
  }
  static std::vector<std::string> names_below(Tree& tree, const EvidencePath& folder) {
    std::vector<std::string> names;
    auto walked = tree.walk(
        folder,
        [&](const FileInfo& info) {
          names.push_back(info.path.text());
          return Visit::enter;
        },
        [&](const EvidencePath& at, const Error& error) {
          names.push_back(at.text() + ": " + error.text());
        });
    if (!walked) names.push_back(walked.error().text());
    std::sort(names.begin(), names.end());
    return names;
  }

  planted::Folder planted_;
};

TEST_F(Win32Files, ReadsAFileInAnyCaseAndTellsTheStoredSpelling) {
  planted_.file("Users\\Alice\\Note.TXT", "hello");
  Tree files = tree();
  EXPECT_EQ(content(files, path("C:\\uSERS\\alice\\note.txt")), "hello");
  const auto info = files.stat(path("c:\\USERS\\alice\\NOTE.txt"));
  ASSERT_TRUE(info) << info.error().text();
  EXPECT_EQ(info->path.text(), "C:\\Users\\Alice\\Note.TXT");
  EXPECT_EQ(info->size, 5u);
  EXPECT_FALSE(info->is_directory);
  EXPECT_FALSE(info->is_link);
  EXPECT_EQ(info->link_count, 1u);
}

TEST_F(Win32Files, TellsTimesAttributesAndOwner) {
  planted_.file("a.bin", "x");
  planted::set_times(planted_.wide("a.bin"), kSomeTime, kSomeTime + 2, kSomeTime + 1);
  SetFileAttributesW(planted_.wide("a.bin").c_str(), FILE_ATTRIBUTE_READONLY);
  Tree files = tree();
  const auto info = files.stat(path("C:\\a.bin"));
  ASSERT_TRUE(info) << info.error().text();
  EXPECT_EQ(info->si.modified.ticks, kSomeTime + 1);
  EXPECT_EQ(info->si.accessed.ticks, kSomeTime + 2);
  EXPECT_TRUE(info->si.created.is_set());
  EXPECT_TRUE(info->si.changed.is_set());
  EXPECT_NE(info->attributes.value_or(0) & kAttributeReadOnly, 0u);
  ASSERT_TRUE(info->owner_sid);
  EXPECT_TRUE(info->owner_sid->starts_with("S-1-")) << *info->owner_sid;
  ASSERT_TRUE(info->file_reference);
}

// That the time of access stays cannot be seen under Wine: the file system below decides.
TEST_F(Win32Files, AskingToKeepTimesOfAccessWritesNothing) {
  planted_.file("a.bin", "x");
  planted::set_times(planted_.wide("a.bin"), kSomeTime, kSomeTime + 2, kSomeTime + 1);
  Tree files{{Mount{"C:", planted_.wide(), {}, {}}}, true};
  const auto before = files.stat(path("C:\\a.bin"));
  EXPECT_EQ(content(files, path("C:\\a.bin")), "x");
  const auto after = files.stat(path("C:\\a.bin"));
  ASSERT_TRUE(before);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->si.modified, before->si.modified);
  EXPECT_EQ(after->si.changed, before->si.changed);
}

TEST_F(Win32Files, ReadsNamesInAnyScript) {
  planted_.file("証拠\\報告書 😀.txt", "japanese");
  Tree files = tree();
  EXPECT_EQ(content(files, path("C:\\証拠\\報告書 😀.txt")), "japanese");
  EXPECT_EQ(names_below(files, path("C:\\")),
            (std::vector<std::string>{"C:\\証拠", "C:\\証拠\\報告書 😀.txt"}));
}

TEST_F(Win32Files, ReadsPathsOfAnyLength) {
  std::string name;
  for (int i = 0; i < 6; ++i) name += std::string(100, static_cast<char>('a' + i)) + "\\";
  name += "deep.txt";
  planted_.file(name, "deep");
  Tree files = tree();
  EXPECT_EQ(content(files, path("C:\\" + name)), "deep");
  EXPECT_EQ(names_below(files, path("C:\\")).back(), "C:\\" + name);
}

TEST_F(Win32Files, SaysWhyALockedFileCannotBeRead) {
  planted_.file("locked.dat", "secret");
  const planted::Held held{planted_.wide("locked.dat")};
  Tree files = tree();
  const auto opened = files.open(path("C:\\locked.dat"));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::io);
  EXPECT_EQ(opened.error().detail, "NtCreateFile: status 0xc0000043");
  const auto info = files.stat(path("C:\\locked.dat"));
  ASSERT_TRUE(info) << info.error().text();
  EXPECT_EQ(info->size, 6u);
}

TEST_F(Win32Files, DistinguishesMissingFromUnreadable) {
  planted_.file("file.txt", "x");
  Tree files = tree();
  EXPECT_EQ(files.stat(path("C:\\none.txt")).error().code, Errc::not_found);
  EXPECT_EQ(files.stat(path("C:\\none\\none.txt")).error().code, Errc::not_found);
  EXPECT_EQ(files.stat(path("C:\\file.txt\\none.txt")).error().code, Errc::not_found);
  EXPECT_EQ(files.stat(path("D:\\file.txt")).error().code, Errc::not_found);
  EXPECT_EQ(files.open(path("C:\\none.txt")).error().code, Errc::not_found);
  EXPECT_EQ(files.open(path("C:\\")).error().code, Errc::unsupported);
}

TEST_F(Win32Files, WalksFoldersBeforeTheirContentsAndObeysTheVisitor) {
  planted_.file("a\\1.txt", "");
  planted_.file("a\\b\\2.txt", "");
  planted_.file("c\\3.txt", "");
  Tree files = tree();
  EXPECT_EQ(names_below(files, path("C:\\")),
            (std::vector<std::string>{"C:\\a", "C:\\a\\1.txt", "C:\\a\\b", "C:\\a\\b\\2.txt",
                                      "C:\\c", "C:\\c\\3.txt"}));
  std::vector<std::string> seen;
  const auto no_problem = [](const EvidencePath&, const Error& error) { FAIL() << error.text(); };
  ASSERT_TRUE(files.walk(
      path("C:\\"),
      [&](const FileInfo& info) {
        seen.push_back(info.path.text());
        return info.path.name() == "b" ? Visit::skip : Visit::enter;
      },
      no_problem));
  EXPECT_EQ(std::count(seen.begin(), seen.end(), "C:\\a\\b\\2.txt"), 0);
  int count = 0;
  ASSERT_TRUE(files.walk(
      path("C:\\"),
      [&](const FileInfo&) {
        ++count;
        return Visit::stop;
      },
      no_problem));
  EXPECT_EQ(count, 1);
}

TEST_F(Win32Files, ListsFoldersOfMoreThanOneBuffer) {
  for (int i = 0; i < 600; ++i)
    planted_.file("n\\" + std::to_string(10000 + i) + std::string(150, 'x'), "");
  Tree files = tree();
  EXPECT_EQ(names_below(files, path("C:\\n")).size(), 600u);
}

TEST_F(Win32Files, ListingTellsWhatStatTells) {
  planted_.file("x\\a.bin", "12345");
  planted::set_times(planted_.wide("x\\a.bin"), kSomeTime, kSomeTime + 2, kSomeTime + 1);
  Tree files = tree();
  const auto info = files.stat(path("C:\\x\\a.bin"));
  ASSERT_TRUE(info);
  ASSERT_TRUE(files.walk(
      path("C:\\x"),
      [&](const FileInfo& listed) {
        EXPECT_EQ(listed.path, info->path);
        EXPECT_EQ(listed.size, info->size);
        EXPECT_EQ(listed.attributes, info->attributes);
        EXPECT_EQ(listed.file_reference, info->file_reference);
        EXPECT_EQ(listed.si.created, info->si.created);
        EXPECT_EQ(listed.si.modified, info->si.modified);
        EXPECT_EQ(listed.si.changed, info->si.changed);
        EXPECT_EQ(listed.si.accessed, info->si.accessed);
        return Visit::enter;
      },
      [](const EvidencePath&, const Error& error) { FAIL() << error.text(); }));
}

TEST_F(Win32Files, SeesACopiedWindowsFolderBelowItsPath) {
  planted_.file("System32\\config\\SYSTEM", "hive");
  Tree files = tree({"Windows"});
  EXPECT_EQ(content(files, path("C:\\Windows\\System32\\config\\SYSTEM")), "hive");
  const auto root = files.stat(path("C:\\"));
  ASSERT_TRUE(root) << root.error().text();
  EXPECT_TRUE(root->is_directory);
  const auto windows = files.stat(path("C:\\windows"));
  ASSERT_TRUE(windows) << windows.error().text();
  EXPECT_TRUE(windows->is_directory);
  EXPECT_EQ(files.stat(path("C:\\Users")).error().code, Errc::not_found);
  EXPECT_EQ(names_below(files, path("C:\\")).front(), "C:\\Windows");
  EXPECT_EQ(names_below(files, path("C:\\")).size(), 4u);
}

// Reparse points cannot be made under Wine; what decides about them is this.
TEST(FileDetails, OnlyNameSurrogatesStandForAnotherFile) {
  constexpr std::uint32_t kLink = kAttributeReparsePoint;
  constexpr std::uint32_t kFolderLink = kAttributeReparsePoint | kAttributeDirectory;
  EXPECT_TRUE(stands_for_another(kFolderLink, 0xA0000003));  // junction
  EXPECT_TRUE(stands_for_another(kLink, 0xA000000C));        // symbolic link
  EXPECT_TRUE(stands_for_another(kLink, 0xA000001D));        // link of WSL
  EXPECT_TRUE(stands_for_another(kFolderLink, 0));           // not told: better not entered
  EXPECT_FALSE(stands_for_another(kLink, 0));
  EXPECT_FALSE(stands_for_another(kLink, 0x80000017));        // compressed by WOF
  EXPECT_FALSE(stands_for_another(kLink, 0x80000013));        // deduplicated
  EXPECT_FALSE(stands_for_another(kFolderLink, 0x9000101A));  // cloud folder
  EXPECT_FALSE(stands_for_another(kAttributeDirectory, 0xA0000003));
}

TEST_F(Win32Files, AFailedReadOfOneFileDoesNotSpoilTheNext) {
  planted_.file("a\\one.txt", "1");
  planted_.file("a\\two.txt", "2");
  planted_.file("b\\one.txt", "3");
  Tree files = tree();
  EXPECT_EQ(content(files, path("C:\\a\\one.txt")), "1");
  EXPECT_FALSE(files.open(path("C:\\a\\none\\x")));
  EXPECT_EQ(content(files, path("C:\\a\\two.txt")), "2");
  EXPECT_EQ(content(files, path("C:\\b\\one.txt")), "3");
  EXPECT_EQ(content(files, path("C:\\a\\one.txt")), "1");
}

}  // namespace
}  // namespace hozen::win32
