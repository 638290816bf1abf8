#include "collector/source/ntfs_tree.h"

#include <gtest/gtest.h>

#include <cstring>

#include "collector/formats/reparse_point.h"
#include "collector/formats/wof.h"
#include "tests/builders/compression_builder.h"
#include "tests/builders/ntfs_builder.h"
#include "tests/builders/reparse_builder.h"

namespace hozen {
namespace {

using builders::junction;
using builders::NtfsBuilder;
using builders::NtfsBytes;
using builders::NtfsRecordBuilder;
using builders::reparse_point;
using builders::symbolic_link;
using ntfs::FileReference;
using ntfs::NameSpace;
using Names = std::vector<std::string>;

constexpr std::uint32_t kReparse = 0x400;

EvidencePath path(std::string_view text) { return *EvidencePath::parse(text); }

NtfsMount mount(const std::string& name, NtfsBytes bytes) {
  NtfsMount made{name, std::make_shared<MemorySource>(std::move(bytes))};
  auto volume = ntfs::Volume::open(made.bytes);
  EXPECT_TRUE(volume) << volume.error().text();
  made.ntfs = *std::move(volume);
  return made;
}

std::unique_ptr<NtfsFileTree> tree_of(NtfsBytes bytes) {
  std::vector<NtfsMount> mounts;
  mounts.push_back(mount("C:", std::move(bytes)));
  return open_ntfs_tree(std::move(mounts));
}
std::unique_ptr<NtfsFileTree> tree_of(const NtfsBuilder& builder) {
  return tree_of(builder.volume());
}

std::string stored(FileTree& tree, std::string_view asked) {
  const auto info = tree.stat(path(asked));
  return info ? info->path.text() : std::string{to_text(info.error().code)};
}

std::string content(FileTree& tree, std::string_view asked) {
  auto opened = tree.open(path(asked));
  if (!opened) return "error: " + opened.error().text();
  const auto bytes = read_all(**opened, 1 << 20);
  return bytes ? std::string{Bytes{*bytes}.chars()} : "error: " + bytes.error().text();
}

struct Walk {
  std::vector<FileInfo> entries;
  Names names, problems;
};

Walk walk(FileTree& tree, std::string_view folder, Visit answer = Visit::enter) {
  Walk walk;
  const auto done = tree.walk(
      path(folder),
      [&](const FileInfo& info) {
        walk.names.push_back(info.path.text());
        walk.entries.push_back(info);
        (void)tree.stat(info.path);  // whoever is told may ask for more
        return answer;
      },
      [&](const EvidencePath& where, const Error& error) {
        (void)tree.stat(where);
        walk.problems.push_back(where.text() + ": " + error.detail);
      });
  if (!done) walk.problems.push_back(done.error().text());
  return walk;
}

Names texts(const std::vector<EvidencePath>& paths) {
  Names names;
  for (const EvidencePath& p : paths) names.push_back(p.text());
  return names;
}

TEST(NtfsTree, FindsEntriesInAnyCase) {
  NtfsBuilder builder;
  const auto folder = builder.folder(builder.root(), "Größe");
  builder.file(folder, "File.TXT", "content");
  const auto tree = tree_of(builder);
  EXPECT_EQ(stored(*tree, "c:\\GRÖSSE\\x"), "not_found");
  EXPECT_EQ(stored(*tree, "c:\\GRÖßE\\file.txt"), "C:\\Größe\\File.TXT");
  EXPECT_EQ(content(*tree, "C:\\größe\\FILE.txt"), "content");
  EXPECT_EQ(stored(*tree, "C:\\Größe\\File.TXT\\below"), "not_found");
  EXPECT_EQ(stored(*tree, "D:\\Größe"), "not_found");
  EXPECT_EQ(stored(*tree, "C:\\"), "C:\\");
  EXPECT_TRUE(tree->stat(path("C:\\"))->is_directory);
}

TEST(NtfsTree, TellsWhatTheRecordSays) {
  NtfsBuilder builder;
  NtfsRecordBuilder record;
  record.sequence(6).standard(FileTime{132'000'000'000'000'000}, 0x21);
  record.name(builder.root(), "LONGNA~1.TXT", NameSpace::dos);
  record.name(builder.root(), "long name.txt", NameSpace::win32, FileTime{77});
  const auto file = builder.add(record);
  const auto folder = builder.folder(builder.root(), "folder");
  builder.hard_link(file, folder, "other name");
  builder.stream(file, "", std::string(3000, 'x')).stream(file, "ads", "12345");
  const auto tree = tree_of(builder);
  const auto info = tree->stat(path("C:\\long name.txt"));
  ASSERT_TRUE(info) << info.error().text();
  EXPECT_EQ(info->size, 3000u);
  EXPECT_EQ(info->attributes, 0x21u);
  EXPECT_EQ(info->si.modified.ticks, 132'000'000'000'000'000u);
  EXPECT_EQ(info->fn->created.ticks, 77u);
  EXPECT_EQ(info->file_reference, (FileReference{file.record, 6}.to_u64()));
  EXPECT_EQ(info->link_count, 2u) << "without the short name";
  EXPECT_EQ(info->streams, Names{"ads"});
  EXPECT_EQ(info->disk_offset, (16 + 256) * 1024u);
  EXPECT_EQ(tree->stat(path("C:\\folder\\OTHER name"))->fn->created.ticks, 1u)
      << "of the name that was used";
  EXPECT_TRUE(*tree->stat(path("C:\\folder"))->attributes & kAttributeDirectory);
}

TEST(NtfsTree, ShortNamesLeadToTheLongOneAndAreNotListed) {
  NtfsBuilder builder;
  const auto folder = builder.folder(builder.root(), "Program Files");
  builder.hard_link(folder, builder.root(), "PROGRA~1", NameSpace::dos);
  const auto file = builder.file(folder, "long file.txt", "x");
  builder.hard_link(file, folder, "LONGFI~1.TXT", NameSpace::dos);
  const auto tree = tree_of(builder);
  EXPECT_EQ(stored(*tree, "C:\\progra~1\\longfi~1.txt"), "C:\\Program Files\\long file.txt");
  EXPECT_EQ(walk(*tree, "C:\\").names,
            (Names{"C:\\Program Files", "C:\\Program Files\\long file.txt"}));
  EXPECT_TRUE(tree->take_remarks().empty());
}

TEST(NtfsTree, FilesOfNtfsItselfAreFoundAndNotListed) {
  NtfsBuilder builder;
  const auto extend = FileReference{11, 11};
  const auto journal = builder.file(extend, "$UsnJrnl", "");
  builder.stream(journal, "$J", "journal");
  builder.file(builder.root(), "a", "");
  const auto tree = tree_of(builder);
  EXPECT_EQ(stored(*tree, "C:\\$mft"), "C:\\$MFT");
  EXPECT_EQ(content(*tree, "C:\\$MFT").substr(0, 4), "FILE");
  EXPECT_EQ(content(*tree, "C:\\$Extend\\$UsnJrnl:$J"), "journal");
  EXPECT_EQ(walk(*tree, "C:\\").names, Names{"C:\\a"});
  EXPECT_EQ(walk(*tree, "C:\\$Extend").names, Names{"C:\\$Extend\\$UsnJrnl"});
}

TEST(NtfsTree, StreamsAreFoundInAnyCase) {
  NtfsBuilder builder;
  const auto file = builder.file(builder.root(), "f", "main");
  builder.stream(file, "Zone.Identifier", "zone");
  const auto folder = builder.folder(builder.root(), "d");
  builder.stream(folder, "hidden", "in a folder");
  const auto tree = tree_of(builder);
  EXPECT_EQ(content(*tree, "C:\\f:zone.identifier"), "zone");
  const auto info = tree->stat(path("C:\\F:ZONE.identifier"));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->path.text(), "C:\\f:Zone.Identifier");
  EXPECT_EQ(info->size, 4u);
  EXPECT_EQ(content(*tree, "C:\\d:hidden"), "in a folder");
  EXPECT_FALSE(tree->stat(path("C:\\d:hidden"))->is_directory);
  EXPECT_EQ(stored(*tree, "C:\\f:none"), "not_found");
  EXPECT_EQ(tree->open(path("C:\\d")).error().code, Errc::unsupported);
}

TEST(NtfsTree, WalkGivesFoldersBeforeTheirContentsInOrder) {
  NtfsBuilder builder;
  const auto b = builder.folder(builder.root(), "b");
  builder.file(b, "2", "");
  builder.file(b, "1", "");
  const auto a = builder.folder(b, "A");
  builder.file(a, "x", "");
  builder.file(builder.root(), "C", "");
  builder.remove(builder.file(b, "deleted", ""));
  const auto tree = tree_of(builder);
  EXPECT_EQ(walk(*tree, "C:\\").names,
            (Names{"C:\\b", "C:\\b\\1", "C:\\b\\2", "C:\\b\\A", "C:\\b\\A\\x", "C:\\C"}));
  EXPECT_EQ(walk(*tree, "C:\\", Visit::skip).names, (Names{"C:\\b", "C:\\C"}));
  EXPECT_EQ(walk(*tree, "C:\\", Visit::stop).names, Names{"C:\\b"});
  EXPECT_EQ(walk(*tree, "C:\\c").problems.size(), 1u) << "not a folder";
  EXPECT_EQ(walk(*tree, "C:\\none").problems.size(), 1u);
}

TEST(NtfsTree, LinksAreFollowedOnTheWayOnly) {
  NtfsBuilder builder;
  const auto users = builder.folder(builder.root(), "Users");
  const auto folder = builder.folder(users, "folder");
  builder.file(folder, "f", "content");
  builder.link(builder.root(), "Documents and Settings", junction("\\??\\C:\\Users"));
  builder.link(users, "relative", symbolic_link("folder", true));
  builder.link(users, "up", symbolic_link("..\\Users\\folder", true));
  builder.link(users, "rooted", symbolic_link("\\users\\FOLDER", true));
  builder.link(users, "file link", symbolic_link("folder\\f", true), false);
  builder.link(builder.root(), "outside", junction("\\??\\D:\\x"));
  builder.link(builder.root(), "unc", symbolic_link("\\??\\UNC\\server\\share", false));
  const auto tree = tree_of(builder);
  EXPECT_EQ(stored(*tree, "C:\\documents and settings\\FOLDER\\F"), "C:\\Users\\folder\\f");
  for (const char* const way : {"relative", "up", "rooted"})
    EXPECT_EQ(content(*tree, std::string{"C:\\Users\\"} + way + "\\f"), "content") << way;
  const auto link = tree->stat(path("C:\\Documents and Settings"));
  ASSERT_TRUE(link);
  EXPECT_TRUE(link->is_link);
  EXPECT_EQ(link->link_target, "\\??\\C:\\Users");
  EXPECT_EQ(link->reparse_tag, kReparseTagMountPoint);
  EXPECT_EQ(tree->open(path("C:\\Users\\file link")).error().code, Errc::unsupported);
  EXPECT_EQ(stored(*tree, "C:\\outside\\y"), "not_found");
  EXPECT_EQ(stored(*tree, "C:\\unc\\y"), "unsupported");
  EXPECT_EQ(tree->real_folder(path("C:\\Documents and Settings\\up"))->text(), "C:\\Users\\folder");
  const Walk all = walk(*tree, "C:\\");
  EXPECT_TRUE(all.problems.empty());
  EXPECT_EQ(all.names.size(), 10u) << "nothing behind a link";
  EXPECT_EQ(walk(*tree, "C:\\Documents and Settings").names.front(), "C:\\Users\\file link")
      << "what is asked for is where it leads";
}

TEST(NtfsTree, LoopsOfLinksAreALimit) {
  NtfsBuilder builder;
  builder.link(builder.root(), "a", junction("\\??\\C:\\b"));
  builder.link(builder.root(), "b", junction("\\??\\C:\\a"));
  builder.link(builder.root(), "self", symbolic_link("self\\self", true));
  const auto tree = tree_of(builder);
  EXPECT_EQ(stored(*tree, "C:\\a\\x"), "limit");
  EXPECT_EQ(stored(*tree, "C:\\self\\x"), "limit");
  EXPECT_EQ(tree->real_folder(path("C:\\a")).error().code, Errc::limit);
}

TEST(NtfsTree, LoopsThatForkAtEachStepEnd) {
  NtfsBuilder builder;
  // Every name on the way has two entries, and each leads back to both.
  builder.link(builder.root(), "loop", junction("\\??\\C:\\loop\\LOOP"));
  builder.link(builder.root(), "LOOP", junction("\\??\\C:\\loop\\LOOP"));
  const auto folder = builder.folder(builder.root(), "again");
  builder.hard_link(folder, folder, "again", NameSpace::posix);
  builder.hard_link(folder, folder, "AGAIN", NameSpace::posix);
  const auto tree = tree_of(builder);
  EXPECT_EQ(stored(*tree, "C:\\Loop\\x"), "limit");
  EXPECT_TRUE(tree->spellings(path("C:\\Loop\\x"), 0).size() <= 1);
  std::string deep = "C:";
  for (int i = 0; i < 2000; ++i) deep += "\\Again";
  EXPECT_EQ(stored(*tree, deep + "\\none"), "limit");
  (void)tree->key(path(deep));
  EXPECT_LE(tree->spellings(path(deep), 0).size(), kMaxSpellings);
  EXPECT_LE(tree->spellings(path(deep), 3).size(), kMaxSpellings);
}

TEST(NtfsTree, PathsAsDeepAsAnyAreLookedUpWithoutDeepCalls) {
  constexpr int kLevels = 4000;
  NtfsBuilder builder{kLevels + 100};
  auto folder = builder.root();
  std::string asked = "C:";
  for (int i = 0; i < kLevels; ++i) {
    folder = builder.folder(folder, "d");
    asked += "\\D";
  }
  builder.file(folder, "f", "at the bottom");
  const auto tree = tree_of(builder);
  EXPECT_EQ(content(*tree, asked + "\\f"), "at the bottom");
  std::string beyond = asked;
  for (int i = 0; i < 200; ++i) beyond += "\\x";
  EXPECT_EQ(stored(*tree, beyond), "limit");
  std::size_t entries = 0;
  const auto walked = tree->walk(
      path("C:\\"), [&](const FileInfo&) { return ++entries, Visit::enter; },
      [](const EvidencePath&, const Error&) {});
  EXPECT_TRUE(walked);
  EXPECT_EQ(entries, kLevels + 1u);
}

TEST(NtfsTree, FoldersThatATableListsTwiceAreEnteredOnce) {
  NtfsBuilder builder;
  // Thirty folders, each below the one before under two names: 2^30 ways to the last.
  auto folder = builder.root();
  for (int i = 0; i < 30; ++i) {
    const auto next = builder.folder(folder, "a");
    builder.hard_link(next, folder, "b");
    folder = next;
  }
  const auto cycle = builder.folder(builder.root(), "cycle");
  builder.hard_link(cycle, cycle, "inside");
  const auto tree = tree_of(builder);
  const Walk all = walk(*tree, "C:\\");
  EXPECT_EQ(all.names.size(), 30u * 2 + 2);
  EXPECT_EQ(all.problems.size(), 31u);
  EXPECT_EQ(all.problems.back(),
            "C:\\cycle\\inside: a folder that is listed in more than one place");
}

TEST(NtfsTree, EntriesThatDifferInCaseOnlyAreToldApart) {
  NtfsBuilder builder;
  const auto upper = builder.folder(builder.root(), "Folder");
  const auto lower = builder.folder(builder.root(), "folder");
  builder.file(upper, "both", "upper");
  builder.file(lower, "both", "lower");
  builder.file(lower, "only", "of lower");
  builder.file(lower, "ONLY", "of LOWER");
  const auto tree = tree_of(builder);
  EXPECT_EQ(content(*tree, "C:\\folder\\both"), "lower");
  EXPECT_EQ(content(*tree, "C:\\Folder\\both"), "upper");
  EXPECT_TRUE(tree->take_remarks().empty());
  EXPECT_EQ(content(*tree, "C:\\FOLDER\\both"), "upper") << "the first in order";
  const auto remarks = tree->take_remarks();
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_NE(remarks[0].detail.find("C:\\folder\\both"), std::string::npos) << remarks[0].detail;
  EXPECT_EQ(content(*tree, "C:\\Folder\\only"), "of lower") << "where the rest of the path is";
  EXPECT_EQ(texts(tree->spellings(path("C:\\FOLDER\\BOTH"), 0)),
            (Names{"C:\\Folder\\both", "C:\\folder\\both"}));
  EXPECT_EQ(texts(tree->spellings(path("C:\\folder\\Only"), 1)),
            (Names{"C:\\folder\\ONLY", "C:\\folder\\only"}));
  EXPECT_TRUE(tree->spellings(path("C:\\none"), 0).empty());
  EXPECT_NE(tree->key(path("C:\\Folder\\both")), tree->key(path("C:\\folder\\both")));
  EXPECT_EQ(tree->key(path("C:\\$MFT")), tree->key(path("C:\\$mft")));
  EXPECT_EQ(walk(*tree, "C:\\").names.size(), 6u);
}

TEST(NtfsTree, WhatWindowsCompressedAsAWholeIsGivenAsItWas) {
  NtfsBuilder builder;
  std::string text;
  for (int i = 0; text.size() < 20'000; ++i) text += "line " + std::to_string(i % 90) + "\n";
  const auto packed = builders::wof_stream(bytes_of(text).span(), WofAlgorithm::xpress4k);
  const auto file =
      builder.link(builder.root(), "w.dll", builders::wof_reparse_point(1, 2, 1, 0), false);
  builder.record(file).non_resident({.runs = {{0, ntfs::kSparseLcn, 20}},
                                     .size = text.size(),
                                     .initialized = 0,
                                     .flags = ntfs::kAttributeSparse});
  builder.stream(file, "WofCompressedData", Bytes{packed}.chars()).stream(file, "ads", "x");
  const auto wim =
      builder.link(builder.root(), "wim.dll", builders::wof_reparse_point(1, 1, 1, 0), false);
  builder.stream(wim, "", "");
  const auto tree = tree_of(builder);
  EXPECT_TRUE(content(*tree, "C:\\w.dll") == text);
  const auto info = tree->stat(path("C:\\w.dll"));
  EXPECT_EQ(info->size, text.size());
  EXPECT_EQ(info->streams, Names{"ads"}) << "the packed one is not one of the user";
  EXPECT_FALSE(info->is_link);
  EXPECT_EQ(tree->open(path("C:\\wim.dll")).error().code, Errc::unsupported);
  EXPECT_EQ(tree->open(path("C:\\wim.dll")).error().what, "C:\\wim.dll");
}

TEST(NtfsTree, ContentThatLiesElsewhereIsRefused) {
  NtfsBuilder builder;
  const auto put = [&](const char* name, std::uint32_t tag, std::uint32_t attributes) {
    NtfsRecordBuilder record;
    record.standard(FileTime{1}, attributes).name(builder.root(), name);
    record.resident({ntfs::attribute_type::kReparsePoint, "", reparse_point(tag, NtfsBytes(8))});
    record.resident({ntfs::attribute_type::kData, "", NtfsBytes(3, std::byte{'x'})});
    builder.add(record);
  };
  put("dedup", 0x80000013, kReparse);
  put("cloud", 0x9000301A, kReparse | kAttributeRecallOnDataAccess);
  put("offline", 0x9000001A, kReparse | kAttributeOffline);
  put("kept", 0x9000301A, kReparse);
  put("unknown", 0x80001234, kReparse);
  put("flag not set", 0x80000013, 0x20);
  const auto tree = tree_of(builder);
  for (const char* const name : {"dedup", "cloud", "offline"}) {
    const auto opened = tree->open(path(std::string{"C:\\"} + name));
    ASSERT_FALSE(opened) << name;
    EXPECT_EQ(opened.error().code, Errc::unsupported);
    EXPECT_FALSE(opened.error().detail.empty());
  }
  for (const char* const name : {"kept", "unknown", "flag not set"})
    EXPECT_EQ(content(*tree, std::string{"C:\\"} + name), "xxx") << name;
}

TEST(NtfsTree, FlagOfAReparsePointThatIsNotThereHidesNothing) {
  NtfsBuilder builder;
  NtfsRecordBuilder record;
  record.standard(FileTime{1}, kReparse).name(builder.root(), "f");
  record.resident({ntfs::attribute_type::kData, "", NtfsBytes(3, std::byte{'x'})});
  builder.add(record);
  const auto tree = tree_of(builder);
  EXPECT_EQ(content(*tree, "C:\\f"), "xxx");
  EXPECT_FALSE(tree->stat(path("C:\\f"))->is_link);
}

TEST(NtfsTree, DamageIsTold) {
  NtfsBuilder builder;
  const auto torn = builder.file(builder.root(), "torn", "content");
  const auto bad = builder.folder(builder.root(), "bad");
  builder.file(bad, "lost", "x");
  NtfsBytes bytes = builder.volume();
  const auto at = [&](FileReference file) { return builder.mft_offset() + file.record * 1024; };
  bytes[at(torn) + 1023] ^= std::byte{1};
  std::memcpy(&bytes[at(bad)], "BAAD", 4);
  const auto tree = tree_of(bytes);
  EXPECT_EQ(content(*tree, "C:\\torn"), "content");
  EXPECT_EQ(stored(*tree, "C:\\bad"), "not_found");
  const auto remarks = tree->take_remarks();
  ASSERT_EQ(remarks.size(), 3u);
  EXPECT_EQ(remarks[0].what, "volume C:: 1 ntfs file records whose fixup does not match");
  EXPECT_EQ(remarks[1].what, "volume C:: 1 ntfs file records that cannot be read");
  EXPECT_EQ(remarks[2].what, "volume C:: 1 ntfs files in use whose folder is not there");
  EXPECT_TRUE(tree->take_remarks().empty()) << "each once";
}

TEST(NtfsTree, RootWhoseRecordIsDamagedStillHoldsItsEntries) {
  NtfsBuilder builder;
  const auto folder = builder.folder(builder.root(), "Windows");
  builder.file(folder, "f", "content");
  NtfsBytes bytes = builder.volume();
  std::memcpy(&bytes[builder.mft_offset() + 5 * 1024], "BAAD", 4);
  const auto tree = tree_of(bytes);
  EXPECT_EQ(content(*tree, "C:\\Windows\\f"), "content");
  EXPECT_EQ(walk(*tree, "C:\\").names, (Names{"C:\\Windows", "C:\\Windows\\f"}));
  EXPECT_EQ(tree->take_remarks().size(), 1u);
}

TEST(NtfsTree, NamesThatWindowsCouldNotOpenAreFoundAsListed) {
  NtfsBuilder builder;
  const Names odd{"a\xED\xA0\x80",
                  "dot.",
                  "sp ",
                  "con",
                  "..",
                  "sl/ash",
                  "co:lon",
                  "back\\slash",
                  std::string{"nul\0x", 5},
                  std::string(240, 'n')};
  for (const std::string& name : odd) {
    NtfsRecordBuilder record;
    const auto text = bytes_of(name).span();
    record.standard(FileTime{1}).name(builder.root(), name, NameSpace::posix);
    builder.add(record.resident({ntfs::attribute_type::kData, "", {text.begin(), text.end()}}));
  }
  const auto tree = tree_of(builder);
  for (const std::string& name : odd) {
    const auto opened = tree->open(path("C:\\").child(name));
    ASSERT_TRUE(opened) << name;
    const auto bytes = read_all(**opened, 1000);
    EXPECT_EQ(Bytes{*bytes}.chars(), name);
  }
}

TEST(NtfsTree, HoldsSeveralVolumes) {
  NtfsBuilder first, second;
  const auto folder = second.folder(second.root(), "x");
  second.file(folder, "f", "on D:");
  first.link(first.root(), "link", junction("\\??\\D:\\x"));
  std::vector<NtfsMount> mounts;
  mounts.push_back(mount("C:", first.volume()));
  mounts.push_back(mount("volume2", second.volume()));
  const auto tree = open_ntfs_tree(std::move(mounts));
  EXPECT_EQ(stored(*tree, "C:\\link\\f"), "not_found");
  tree->rename_volume("volume2", "D:");
  EXPECT_EQ(content(*tree, "C:\\link\\f"), "on D:");
  EXPECT_EQ(stored(*tree, "volume2\\x"), "not_found");
  EXPECT_EQ(tree->volume_info({"D:"}).serial, "70EC-FA33");
}

}  // namespace
}  // namespace hozen
