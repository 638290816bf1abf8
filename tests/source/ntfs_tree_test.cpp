#include "collector/source/ntfs_tree.h"

#include <gtest/gtest.h>

#include "collector/formats/reparse_point.h"
#include "collector/formats/wof.h"
#include "tests/builders/compression_builder.h"
#include "tests/builders/reparse_builder.h"
#include "tests/source/ntfs_trees.h"

namespace hozen {
namespace {

using namespace ntfs_trees;
using builders::junction;
using builders::NtfsRecordBuilder;
using builders::reparse_point;
using builders::symbolic_link;
using ntfs::FileReference;
using ntfs::NameSpace;

constexpr std::uint32_t kReparse = 0x400;

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

TEST(NtfsTree, KnowsWhatWasAskedForLast) {
  NtfsBuilder builder;
  builder.file(builder.root(), "one", "content");
  builder.file(builder.root(), "other", "content");
  const auto tree = tree_of(builder);
  EXPECT_FALSE(tree->is_untouched(path("C:\\one"))) << "nobody asked for it";
  ASSERT_TRUE(tree->stat(path("C:\\one")));
  EXPECT_EQ(content(*tree, "C:\\one"), "content");
  EXPECT_TRUE(tree->is_untouched(path("C:\\one")));
  EXPECT_FALSE(tree->is_untouched(path("C:\\other")));
  ASSERT_TRUE(tree->stat(path("C:\\other")));
  ASSERT_TRUE(tree->open(path("C:\\one")));
  EXPECT_FALSE(tree->is_untouched(path("C:\\one"))) << "other facts came between";
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

TEST(NtfsTree, TimesOfANameAreThoseItHasInThatFolder) {
  NtfsBuilder builder;
  const auto one = builder.folder(builder.root(), "System32");
  const auto other = builder.folder(builder.root(), "WinSxS");
  NtfsRecordBuilder record;
  record.standard(FileTime{1});
  record.name(one, "same.exe", NameSpace::win32_and_dos, FileTime{11});
  record.name(other, "same.exe", NameSpace::win32_and_dos, FileTime{22});
  builder.add(record);
  const auto tree = tree_of(builder);
  EXPECT_EQ(tree->stat(path("C:\\System32\\same.exe"))->fn->created.ticks, 11u);
  EXPECT_EQ(tree->stat(path("C:\\WinSxS\\same.exe"))->fn->created.ticks, 22u);
  const Walk walked = walk(*tree, "C:\\");
  ASSERT_EQ(walked.entries.size(), 4u);
  EXPECT_EQ(walked.entries[1].fn->created.ticks, 11u);
  EXPECT_EQ(walked.entries[3].fn->created.ticks, 22u);
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
  // A pattern that names the folder reaches what lies in it.
  builder.file(builder.folder(extend, "$Deleted"), "0001000000000040", "was open when deleted");
  EXPECT_EQ(walk(*tree_of(builder), "C:\\$Extend\\$Deleted").names,
            Names{"C:\\$Extend\\$Deleted\\0001000000000040"});
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
  const auto put = [&](const char* name, std::uint32_t tag, std::uint32_t attributes,
                       bool is_here = false) {
    NtfsRecordBuilder record;
    record.standard(FileTime{1}, attributes).name(builder.root(), name);
    record.resident({ntfs::attribute_type::kReparsePoint, "", reparse_point(tag, NtfsBytes(8))});
    if (is_here) record.resident({ntfs::attribute_type::kData, "", NtfsBytes(3, std::byte{'x'})});
    if (!is_here) record.non_resident({.runs = {{0, ntfs::kSparseLcn, 1}}, .size = 3});
    builder.add(record);
  };
  put("dedup", 0x80000013, kReparse);
  put("cloud", 0x9000301A, kReparse | kAttributeRecallOnDataAccess);
  put("offline", 0x9000001A, kReparse | kAttributeOffline);
  put("kept", 0x9000301A, kReparse, true);
  put("unknown", 0x80001234, kReparse, true);
  put("flag not set", 0x80000013, 0x20, true);
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

TEST(NtfsTree, HolesOfACloudFileAreNoZeros) {
  NtfsBuilder builder;
  const auto put = [&](const char* name, std::vector<ntfs::Run> runs, std::uint16_t flags,
                       std::uint32_t attributes = 0) {
    std::uint64_t clusters = 0;
    for (ntfs::Run& run : runs) {
      run.vcn = clusters;
      clusters += run.clusters;
      if (!run.is_sparse()) run.lcn = builder.store(std::string(1024, 'x')).front().lcn;
    }
    NtfsRecordBuilder record;
    record.standard(FileTime{1}, kReparse | attributes).name(builder.root(), name);
    record.resident(
        {ntfs::attribute_type::kReparsePoint, "", reparse_point(0x9000601A, NtfsBytes(8))});
    const std::uint64_t size = clusters * 1024 - 24;
    const auto unit = static_cast<std::uint16_t>(flags == 1 ? 2 : 0);
    record.non_resident({.runs = runs,
                         .size = size,
                         .initialized = size,
                         .allocated = clusters * 1024,
                         .flags = flags,
                         .unit_log2 = unit});
    builder.add(record);
  };
  constexpr ntfs::Run kHere{0, 0, 1};
  constexpr ntfs::Run kHole{0, ntfs::kSparseLcn, 1};
  put("nothing", {kHole, kHole}, ntfs::kAttributeSparse);
  put("all", {kHere, kHere}, 0, kAttributeRecallOnDataAccess);
  put("middle", {kHere, kHole, kHole, kHere}, ntfs::kAttributeSparse);
  put("end", {kHere, kHole}, ntfs::kAttributeSparse, kAttributeRecallOnDataAccess);
  // Four clusters are packed into one: their holes are none of the content.
  put("packed", {kHere, kHole, kHole, kHole, kHole, kHole, kHole, kHole}, 1);
  const auto tree = tree_of(builder);
  EXPECT_EQ(tree->open(path("C:\\nothing")).error().code, Errc::unsupported);
  EXPECT_EQ(content(*tree, "C:\\all"), std::string(2024, 'x'));
  std::vector<std::byte> bytes(4072);
  for (const char* const name : {"middle", "end"}) {
    const auto opened = tree->open(path(std::string{"C:\\"} + name));
    ASSERT_TRUE(opened) << name;
    EXPECT_EQ(*(*opened)->read_some(0, bytes), 1024u) << name;
    const auto behind = (*opened)->read_some(1024, bytes);
    ASSERT_FALSE(behind) << name;
    EXPECT_EQ(behind.error().code, Errc::unsupported);
    EXPECT_EQ(behind.error().offset, 1024u);
  }
  const auto middle = tree->open(path("C:\\middle"));
  EXPECT_FALSE((*middle)->read_some(3071, bytes));
  EXPECT_EQ(*(*middle)->read_some(3072, bytes), 1000u) << "what lies here behind the hole";
  const auto packed = tree->open(path("C:\\packed"));
  EXPECT_EQ((*packed)->read_some(1024, bytes).error().code, Errc::malformed)
      << "what the unit holds: x is no compressed content";
  const auto refused = (*packed)->read_some(4096, bytes);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unsupported);
}

TEST(NtfsTree, GivesExtendedAttributesAsAStream) {
  NtfsBuilder builder;
  const auto file = builder.file(builder.root(), "f", "x");
  builder.record(file).resident({ntfs::attribute_type::kEa, "", NtfsBytes(20, std::byte{'e'})});
  const auto tree = tree_of(builder);
  EXPECT_EQ(content(*tree, "C:\\f"), "x");
  const auto opened = tree->open(path("C:\\f").with_stream(":$EA"));
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->size(), 20u);
  EXPECT_FALSE(tree->open(path("C:\\f").with_stream("$EA"))) << "a stream of that name";
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
