// Hostile and odd trees that only a POSIX file system can hold.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

#include "collector/base/bytes.h"
#include "collector/source/folder_source.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using Names = std::vector<std::string>;

EvidencePath path(std::string_view text) { return *EvidencePath::parse(text); }

std::unique_ptr<EvidenceSource> open_source(const TempFolder& folder) {
  auto source = make_folder_source(folder.text());
  if (!source) ADD_FAILURE() << source.error().text();
  return *std::move(source);
}

std::string content_of(EvidenceSource& source, const EvidencePath& file) {
  auto opened = source.open(file);
  if (!opened) return "error: " + opened.error().text();
  const auto bytes = read_all(**opened, 1 << 20);
  return bytes ? std::string{Bytes{*bytes}.chars()} : "error: " + bytes.error().text();
}

struct Walk {
  std::vector<FileInfo> entries;
  Names problems;
  Names names() const {
    Names names;
    for (const FileInfo& info : entries) names.push_back(info.path.text());
    return names;
  }
};

Walk walk(EvidenceSource& source, const EvidencePath& folder) {
  Walk walk;
  const auto result = source.walk(
      folder,
      [&](const FileInfo& info) {
        walk.entries.push_back(info);
        return Visit::enter;
      },
      [&](const EvidencePath& where, const Error& error) {
        walk.problems.push_back(where.text() + ": " + error.text());
      });
  if (!result) walk.problems.push_back(result.error().text());
  return walk;
}

void link(const TempFolder& folder, const std::string& name, const std::string& target) {
  ASSERT_EQ(::symlink(target.c_str(), (folder.text() + "/" + name).c_str()), 0);
}

TEST(FolderSourcePosix, LinksAreListedAndNeverLeadOutOfTheTree) {
  const TempFolder folder;
  folder.write("Users/alice/a.txt", "a");
  link(folder, "Users/etc", "/etc");
  link(folder, "Users/passwd", "/etc/passwd");
  link(folder, "Users/up", "../../../../../etc");
  link(folder, "Users/self", "self");
  link(folder, "Users/loop", ".");
  const auto source = open_source(folder);

  const Walk all = walk(*source, path("C:\\Users"));
  EXPECT_EQ(all.problems, Names{});
  EXPECT_EQ(all.names(),
            (Names{"C:\\Users\\alice", "C:\\Users\\alice\\a.txt", "C:\\Users\\etc",
                   "C:\\Users\\loop", "C:\\Users\\passwd", "C:\\Users\\self", "C:\\Users\\up"}));
  for (const FileInfo& info : all.entries)
    EXPECT_EQ(info.is_link, info.path.name() != "alice" && info.path.name() != "a.txt")
        << info.path.text();
  EXPECT_EQ(source->stat(path("C:\\Users\\up"))->link_target, "../../../../../etc");
  EXPECT_EQ(source->stat(path("C:\\Users\\alice"))->link_target, std::nullopt);

  for (const char* outside : {"C:\\Users\\etc\\passwd", "C:\\Users\\up\\passwd"}) {
    const auto info = source->stat(path(outside));
    ASSERT_FALSE(info.has_value()) << outside;
    EXPECT_EQ(info.error().code, Errc::unsupported) << outside;
  }
  EXPECT_EQ(source->open(path("C:\\Users\\passwd")).error().code, Errc::unsupported);
  EXPECT_EQ(source->open(path("C:\\Users\\etc")).error().code, Errc::unsupported);
  EXPECT_EQ(walk(*source, path("C:\\Users\\etc")).entries.size(), 0u);
}

TEST(FolderSourcePosix, ALinkOnTheWayIsFollowedInsideTheTree) {
  const TempFolder folder;
  folder.write("Users/alice/a.txt", "a");
  link(folder, "Documents and Settings", "Users");
  link(folder, "Users/Default User", "../Documents and Settings/alice");
  const auto source = open_source(folder);
  const auto info = source->stat(path("C:\\documents and settings\\default user\\A.TXT"));
  ASSERT_TRUE(info.has_value()) << info.error().text();
  EXPECT_EQ(info->path.text(), "C:\\Users\\alice\\a.txt");
  EXPECT_EQ(content_of(*source, path("C:\\Documents and Settings\\alice\\a.txt")), "a");
  EXPECT_EQ(walk(*source, path("C:\\Documents and Settings")).names(),
            (Names{"C:\\Users\\alice", "C:\\Users\\alice\\a.txt", "C:\\Users\\Default User"}));
}

TEST(FolderSourcePosix, TheRootItselfMayBeALinkButAVolumeFolderMayNot) {
  const TempFolder folder;
  folder.write("real/Users/alice/a.txt", "a");
  link(folder, "root", "real");
  const auto source = make_folder_source(folder.text() + "/root/");
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(content_of(**source, path("C:\\Users\\alice\\a.txt")), "a");
  const TempFolder volumes;
  volumes.write("D/x.txt", "x");
  link(volumes, "C", "/");
  const auto outside = open_source(volumes);
  ASSERT_EQ(outside->volumes().size(), 1u);
  EXPECT_EQ(outside->volumes()[0].name, "D:");
}

TEST(FolderSourcePosix, LoopsOfLinksEnd) {
  const TempFolder folder;
  folder.make_folder("Users");
  link(folder, "Users/a", "b");
  link(folder, "Users/b", "a");
  link(folder, "Users/deeper", "deeper/deeper");
  const auto source = open_source(folder);
  for (const char* text : {"C:\\Users\\a\\x", "C:\\Users\\deeper\\x"})
    EXPECT_EQ(source->stat(path(text)).error().code, Errc::limit) << text;
  EXPECT_EQ(walk(*source, path("C:\\Users\\a")).entries.size(), 0u);
}

TEST(FolderSourcePosix, PipesSocketsAndDevicesAreListedAndNeverOpened) {
  const TempFolder folder;
  folder.make_folder("Users");
  ASSERT_EQ(::mkfifo((folder.text() + "/Users/pipe").c_str(), 0600), 0);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string where = folder.text() + "/Users/socket";
  ASSERT_LT(where.size(), sizeof address.sun_path);
  std::memcpy(address.sun_path, where.c_str(), where.size() + 1);
  ASSERT_EQ(
      ::bind(fd, static_cast<const sockaddr*>(static_cast<const void*>(&address)), sizeof address),
      0);
  ::close(fd);
  const bool device =
      ::mknod((folder.text() + "/Users/device").c_str(), S_IFCHR | 0600, 0x103) == 0;
  const auto source = open_source(folder);
  EXPECT_EQ(walk(*source, path("C:\\Users")).entries.size(), device ? 3u : 2u);
  for (const char* name : {"pipe", "socket", "device"}) {
    if (!device && std::string_view{name} == "device") continue;
    const auto opened = source->open(path("C:\\Users") / name);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, Errc::unsupported) << opened.error().text();
  }
}

TEST(FolderSourcePosix, NamesThatAreNoTextAreListedAndCanBeOpened) {
  const TempFolder folder;
  folder.write("Users/plain", "");
  const Names hosts{"k\xE4se", "a\\..\\b", "C:", "x\xED\xA0\x80", "\xFF\xFE", "new\nline"};
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const int fd = ::open((folder.text() + "/Users/" + hosts[i]).c_str(), O_WRONLY | O_CREAT, 0600);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(::write(fd, "0123456789", i + 1), static_cast<ssize_t>(i + 1));
    ::close(fd);
  }
  const auto source = open_source(folder);
  const Walk all = walk(*source, path("C:\\Users"));
  EXPECT_EQ(all.entries.size(), hosts.size() + 1);
  std::size_t marked = 0;
  for (const FileInfo& info : all.entries) {
    if (info.host_name_hex) ++marked;
    const auto found = source->stat(info.path);
    ASSERT_TRUE(found.has_value()) << found.error().text();
    EXPECT_EQ(found->path, info.path);
    EXPECT_EQ(found->host_name_hex, info.host_name_hex);
    EXPECT_EQ(content_of(*source, info.path).size(), info.size);
    // What goes through the text of a record finds the same file again.
    EXPECT_EQ(source->stat(*EvidencePath::parse(info.path.text()))->path, info.path);
  }
  EXPECT_EQ(marked, 4u);  // all but "x\xED\xA0\x80" and "new\nline"
  EXPECT_EQ(source->stat(path("C:\\Users\\a\\..\\b")).error().code, Errc::not_found);
}

TEST(FolderSourcePosix, OfNamesEqualButForCaseTheExactOneWinsAndAllAreListed) {
  const TempFolder folder;
  folder.write("Users/File", "1");
  folder.write("Users/FILE", "22");
  folder.write("Users/file", "333");
  folder.write("Users/Dir/x", "upper");
  folder.write("Users/dir/x", "lower");
  const auto source = open_source(folder);
  EXPECT_EQ(content_of(*source, path("C:\\Users\\File")), "1");
  EXPECT_EQ(content_of(*source, path("C:\\Users\\FILE")), "22");
  EXPECT_EQ(content_of(*source, path("C:\\Users\\file")), "333");
  EXPECT_EQ(content_of(*source, path("C:\\Users\\fILE")), "22");  // the first in byte order
  EXPECT_EQ(content_of(*source, path("C:\\Users\\Dir\\x")), "upper");
  EXPECT_EQ(content_of(*source, path("C:\\Users\\dir\\x")), "lower");
  EXPECT_EQ(walk(*source, path("C:\\Users")).entries.size(), 7u);
}

Names texts(const std::vector<EvidencePath>& paths) {
  Names names;
  for (const EvidencePath& each : paths) names.push_back(each.text());
  return names;
}

Names remarks_of(EvidenceSource& source) {
  Names names;
  for (const Error& error : source.take_remarks()) names.push_back(error.text());
  return names;
}

TEST(FolderSourcePosix, AFolderThatLacksTheRestOfAPathGivesWayToItsTwin) {
  const TempFolder folder;
  folder.write("Users/alice/a.txt", "a");
  folder.write("users/zed/z.txt", "z");
  folder.write("USERS/zed", "a file, no folder");
  const auto source = open_source(folder);
  const auto info = source->stat(path("C:\\Users\\Zed\\z.txt"));
  ASSERT_TRUE(info.has_value()) << info.error().text();
  EXPECT_EQ(info->path.text(), "C:\\users\\zed\\z.txt");
  EXPECT_EQ(content_of(*source, path("C:\\users\\alice\\A.txt")), "a");
  EXPECT_EQ(source->stat(path("C:\\Users\\nobody")).error().code, Errc::not_found);
  EXPECT_EQ(walk(*source, path("C:\\users\\alice")).names(), Names{"C:\\Users\\alice\\a.txt"});
  EXPECT_EQ(remarks_of(*source), Names{});
}

TEST(FolderSourcePosix, APathThatMeansSeveralEntriesIsRemarkedOnce) {
  const TempFolder folder;
  folder.write("Users/File", "1");
  folder.write("Users/FILE", "22");
  const auto source = open_source(folder);
  EXPECT_TRUE(source->stat(path("C:\\Users\\File")).has_value());
  EXPECT_EQ(remarks_of(*source), Names{});
  EXPECT_EQ(content_of(*source, path("C:\\Users\\fILE")), "22");
  EXPECT_TRUE(source->stat(path("C:\\Users\\fILE")).has_value());
  const Names remarks = remarks_of(*source);
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_NE(remarks[0].find("C:\\Users\\FILE is taken, not C:\\Users\\File"), std::string::npos)
      << remarks[0];
}

TEST(FolderSourcePosix, EverySpellingOfAPathIsGiven) {
  const TempFolder folder;
  folder.write("Users/zed/Dir/x", "1");
  folder.write("Users/zed/dir/X", "2");
  folder.write("users/zed/DIR/x", "3");
  link(folder, "Docs", "users");
  const auto source = open_source(folder);
  EXPECT_EQ(texts(source->spellings(path("C:\\Users\\zed\\dir\\x"), 0)),
            (Names{"C:\\Users\\zed\\dir\\X", "C:\\Users\\zed\\Dir\\x", "C:\\users\\zed\\DIR\\x"}));
  EXPECT_EQ(texts(source->spellings(path("C:\\users\\zed\\dir\\x"), 2)),
            Names{"C:\\users\\zed\\DIR\\x"});
  EXPECT_EQ(texts(source->spellings(path("C:\\Docs\\zed\\dir"), 0)),
            (Names{"C:\\users\\zed\\DIR", "C:\\Users\\zed\\dir", "C:\\Users\\zed\\Dir"}));
  EXPECT_EQ(texts(source->spellings(path("C:\\"), 0)), Names{"C:\\"});
  EXPECT_EQ(texts(source->spellings(path("C:\\nothing"), 0)), Names{});
  // Where it cannot be found out, who uses the path hears why.
  link(folder, "out", "/etc");
  const auto again = open_source(folder);
  EXPECT_EQ(texts(again->spellings(path("C:\\out\\x"), 0)), Names{"C:\\out\\x"});
  EXPECT_EQ(texts(source->spellings(path("C:\\nothing\\x"), 1)), Names{});
}

TEST(FolderSourcePosix, KeysTellEntriesApartThatDifferInCaseOnly) {
  const TempFolder folder;
  folder.write("Users/File", "1");
  folder.write("Users/FILE", "2");
  folder.write("Users/one.txt", "3");
  const auto source = open_source(folder);
  const auto key = [&](std::string_view text) { return source->key(path(text)); };
  EXPECT_EQ(key("C:\\Users\\one.txt"), key("c:\\USERS\\ONE.TXT"));
  EXPECT_EQ(key("C:\\Users\\nothing"), key("c:\\users\\NOTHING"));
  EXPECT_NE(key("C:\\Users\\File"), key("C:\\Users\\FILE"));
  EXPECT_EQ(key("C:\\Users\\File"), key("C:\\USERS\\File"));
  EXPECT_EQ(key("C:\\Users\\fiLE"), key("C:\\Users\\FILE"));  // what such a path opens
  EXPECT_NE(key("C:\\Users\\File:a"), key("C:\\Users\\File"));
  EXPECT_EQ(key("C:\\Users\\File:a"), key("C:\\Users\\File:A"));
  EXPECT_EQ(remarks_of(*source), Names{});
}

TEST(FolderSourcePosix, CountlessSpellingsOfEachFolderEndInALimit) {
  const TempFolder folder;
  // 2^9 spellings of one name, and 8 folders inside each other in 2 spellings each.
  for (unsigned bits = 0; bits < 512; ++bits) {
    std::string name = "aaaaaaaaa";
    for (unsigned i = 0; i < 9; ++i)
      if ((bits >> i & 1) != 0) name[i] = 'A';
    folder.write("Users/" + name + "/x", "x");
  }
  const auto make = [&](const auto& self, const std::string& at, int depth) -> void {
    folder.make_folder(at);
    if (depth == 0) return;
    self(self, at + "/d", depth - 1);
    self(self, at + "/D", depth - 1);
  };
  make(make, "Users/deep", 8);
  const auto source = open_source(folder);
  EXPECT_EQ(walk(*source, path("C:\\Users")).problems, Names{});
  const auto none = source->stat(path("C:\\Users\\aaaaaaaaa\\y"));
  EXPECT_EQ(none.error().code, Errc::limit);
  EXPECT_TRUE(source->stat(path("C:\\Users\\aaaaaaaaa\\x")).has_value());
  EXPECT_EQ(source->stat(path("C:\\Users\\deep\\d\\d\\d\\d\\d\\d\\d\\d\\y")).error().code,
            Errc::limit);
  EXPECT_EQ(remarks_of(*source), Names{});
  EXPECT_EQ(source->spellings(path("C:\\Users\\aaaaaaaaa"), 0).size(), 256u);
  EXPECT_EQ(remarks_of(*source).size(), 1u);
}

TEST(FolderSourcePosix, ASecondFolderForAVolumeIsRemarked) {
  const TempFolder folder;
  folder.write("C/Windows/x", "1");
  folder.write("c/Users/y", "2");
  const auto source = open_source(folder);
  ASSERT_EQ(source->volumes().size(), 1u);
  const Names remarks = remarks_of(*source);
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_NE(remarks[0].find("another folder of the root stands for C:"), std::string::npos);
}

TEST(FolderSourcePosix, ALinkInThePlaceOfAVolumeIsRemarked) {
  const TempFolder folder, elsewhere;
  elsewhere.write("evil.exe", "MZ");
  folder.write("C/Windows/x", "1");
  std::filesystem::create_directory_symlink(elsewhere.path(), folder.path() / "D");
  const auto source = open_source(folder);
  ASSERT_EQ(source->volumes().size(), 1u);
  const Names remarks = remarks_of(*source);
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_NE(remarks[0].find("volume D:"), std::string::npos) << remarks[0];
  EXPECT_NE(remarks[0].find("is a link"), std::string::npos) << remarks[0];
}

TEST(FolderSourcePosix, ALinkAsTheOnlyVolumeIsRemarked) {
  const TempFolder folder, elsewhere;
  elsewhere.write("Windows/x", "1");
  std::filesystem::create_directory_symlink(elsewhere.path(), folder.path() / "C");
  const auto source = open_source(folder);
  EXPECT_EQ(remarks_of(*source).size(), 1u);
}

TEST(FolderSourcePosix, FindsEveryFileOfALargeFolderQuickly) {
  const TempFolder folder;
  constexpr int kFiles = 20'000;
  folder.make_folder("Users");
  for (int i = 0; i < kFiles; ++i) {
    const std::string name = folder.text() + "/Users/File" + std::to_string(i);
    ::close(::open(name.c_str(), O_WRONLY | O_CREAT, 0600));
  }
  const auto source = open_source(folder);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kFiles; ++i)
    ASSERT_TRUE(source->stat(path("C:\\USERS\\FILE" + std::to_string(i))).has_value()) << i;
  // A scan of the folder for each lookup would take minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{30});
  EXPECT_EQ(walk(*source, path("C:\\Users")).entries.size(), static_cast<std::size_t>(kFiles));
}

TEST(FolderSourcePosix, LongNamesAndPathsBeyondThoseOfTheSystemAreReached) {
  const TempFolder folder;
  folder.make_folder("Users");
  constexpr int kLevels = 100;
  const std::string name(255,
                         'n');  // 100 of them make a path of 25,600 bytes; the system takes 4,096
  int at = ::open((folder.text() + "/Users").c_str(), O_DIRECTORY);
  EvidencePath deepest = path("C:\\Users");
  for (int level = 0; level < kLevels; ++level) {
    ASSERT_EQ(::mkdirat(at, name.c_str(), 0700), 0);
    const int below = ::openat(at, name.c_str(), O_DIRECTORY);
    ::close(at);
    at = below;
    deepest = deepest / name;
  }
  const int file = ::openat(at, "end.txt", O_WRONLY | O_CREAT, 0600);
  ASSERT_EQ(::write(file, "end", 3), 3);
  ::close(file);
  const int second = ::open((folder.text() + "/Users/zz").c_str(), O_WRONLY | O_CREAT, 0600);
  ::close(second);
  ::close(at);

  const auto source = open_source(folder);
  EXPECT_EQ(content_of(*source, deepest / "END.TXT"), "end");
  const Walk all = walk(*source, path("C:\\"));
  EXPECT_EQ(all.problems, Names{});
  // Users, the levels, end.txt, and zz: read after coming back through folders that had been
  // closed.
  ASSERT_EQ(all.entries.size(), kLevels + 3u);
  EXPECT_EQ(all.entries.back().path.text(), "C:\\Users\\zz");
}

TEST(FolderSourcePosix, AFolderThatCannotBeListedIsAProblemAndTheRestIsRead) {
  const TempFolder folder;
  folder.write("Users/a/x", "");
  folder.write("Users/b/x", "");
  ASSERT_EQ(::chmod((folder.text() + "/Users/a").c_str(), 0), 0);
  constexpr uid_t kNobody = 65534;  // root may list every folder
  const bool was_root = ::geteuid() == 0;
  if (was_root && ::seteuid(kNobody) != 0) GTEST_SKIP() << "cannot become an unprivileged user";
  const auto source = open_source(folder);
  const Walk all = walk(*source, path("C:\\Users"));
  const auto hidden = source->stat(path("C:\\Users\\a\\x"));
  const auto deeper = source->stat(path("C:\\Users\\a\\x\\y\\z"));
  const auto spellings = source->spellings(path("C:\\Users\\a\\x\\y"), 1);
  const auto remarks = source->take_remarks();
  if (was_root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  ::chmod((folder.text() + "/Users/a").c_str(), 0700);
  EXPECT_EQ(all.names(), (Names{"C:\\Users\\a", "C:\\Users\\b", "C:\\Users\\b\\x"}));
  ASSERT_EQ(all.problems.size(), 1u);
  EXPECT_EQ(hidden.error().code, Errc::io);
  EXPECT_EQ(deeper.error().code, Errc::io);
  ASSERT_EQ(spellings.size(), 1u);
  EXPECT_EQ(spellings[0].text(), "C:\\Users\\a\\x\\y");
  // Also where whoever asked took it for "not there"; once.
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_EQ(remarks[0].what, "folder C:\\Users\\a");
}

TEST(FolderSourcePosix, AVolumeThatCannotBeEnteredIsToldAndTheOthersAreRead) {
  const TempFolder folder;
  folder.write("C/Windows/System32/x", "");
  folder.write("D/data/y", "");
  ASSERT_EQ(::chmod((folder.text() + "/D").c_str(), 0), 0);
  constexpr uid_t kNobody = 65534;
  const bool was_root = ::geteuid() == 0;
  if (was_root && ::seteuid(kNobody) != 0) GTEST_SKIP() << "cannot become an unprivileged user";
  const auto source = make_folder_source(folder.text());
  const bool has_x = source && (*source)->stat(path("C:\\Windows\\System32\\x")).has_value();
  if (was_root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  ::chmod((folder.text() + "/D").c_str(), 0700);
  ASSERT_TRUE(source) << source.error().text();
  EXPECT_TRUE(has_x);
  ASSERT_EQ((*source)->volumes().size(), 2u);
  for (const VolumeInfo& volume : (*source)->volumes())
    EXPECT_EQ(volume.unreadable.has_value(), volume.name == "D:");
}

TEST(FolderSourcePosix, TimesOfAccessStayAndOnlyModifiedIsEvidence) {
  const TempFolder folder;
  const auto file = folder.write("Users/a.txt", "a");
  const timespec times[2]{{1'000'000'000, 0}, {1'200'000'000, 123'456'700}};
  ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
  const auto source = open_source(folder);
  EXPECT_EQ(content_of(*source, path("C:\\Users\\a.txt")), "a");
  const auto info = source->stat(path("C:\\Users\\a.txt"));
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->si.modified, filetime_from_unix(1'200'000'000, 123'456'700));
  EXPECT_FALSE(info->si.created.is_set());
  EXPECT_FALSE(info->si.changed.is_set());
  EXPECT_FALSE(info->si.accessed.is_set());
  EXPECT_FALSE(info->attributes.has_value());
  struct ::stat after {};
  ASSERT_EQ(::stat(file.c_str(), &after), 0);
  EXPECT_EQ(after.st_atim.tv_sec, 1'000'000'000);
}

}  // namespace
}  // namespace hozen
