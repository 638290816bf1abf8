// Volumes that lie or are damaged, read as a tree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "tests/builders/ntfs_side_builder.h"
#include "tests/builders/reparse_builder.h"
#include "tests/source/ntfs_trees.h"

namespace hozen {
namespace {

using namespace ntfs_trees;
using builders::junction;
using builders::NtfsRecordBuilder;
using builders::symbolic_link;
using ntfs::FileReference;
using ntfs::NameSpace;

constexpr std::uint32_t kReparse = 0x400;

TEST(NtfsTreeHostile, LoopsOfLinksAreALimit) {
  NtfsBuilder builder;
  builder.link(builder.root(), "a", junction("\\??\\C:\\b"));
  builder.link(builder.root(), "b", junction("\\??\\C:\\a"));
  builder.link(builder.root(), "self", symbolic_link("self\\self", true));
  const auto tree = tree_of(builder);
  EXPECT_EQ(stored(*tree, "C:\\a\\x"), "limit");
  EXPECT_EQ(stored(*tree, "C:\\self\\x"), "limit");
  EXPECT_EQ(tree->real_folder(path("C:\\a")).error().code, Errc::limit);
}

TEST(NtfsTreeHostile, LoopsThatForkAtEachStepEnd) {
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

TEST(NtfsTreeHostile, PathsAsDeepAsAnyAreLookedUpWithoutDeepCalls) {
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

TEST(NtfsTreeHostile, FoldersThatATableListsTwiceAreEnteredOnce) {
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

TEST(NtfsTreeHostile, FlagOfAReparsePointThatIsNotThereHidesNothing) {
  NtfsBuilder builder;
  NtfsRecordBuilder record;
  record.standard(FileTime{1}, kReparse).name(builder.root(), "f");
  record.resident({ntfs::attribute_type::kData, "", NtfsBytes(3, std::byte{'x'})});
  builder.add(record);
  const auto tree = tree_of(builder);
  EXPECT_EQ(content(*tree, "C:\\f"), "xxx");
  EXPECT_FALSE(tree->stat(path("C:\\f"))->is_link);
}

TEST(NtfsTreeHostile, DamageIsTold) {
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
  ASSERT_EQ(remarks.size(), 4u);
  EXPECT_EQ(remarks[0].what, "C:\\torn: ntfs file record whose fixup does not match");
  EXPECT_EQ(remarks[1].what, "volume C:: 1 ntfs file records whose fixup does not match");
  EXPECT_EQ(remarks[2].what, "volume C:: 1 ntfs file records that cannot be read");
  EXPECT_EQ(remarks[3].what,
            "volume C:: 1 ntfs names of files in use to which the root does not lead: what lies "
            "below folders that are not there is found below $Orphan");
  EXPECT_EQ(content(*tree, "C:\\$Orphan\\lost"), "x");
  EXPECT_TRUE(tree->take_remarks().empty()) << "each once";
}

TEST(NtfsTreeHostile, VolumeWithLostRecordsIsNotWhole) {
  NtfsBuilder builder;
  const auto file = builder.file(builder.root(), "file", "x");
  EXPECT_TRUE(tree_of(builder)->volume_info({"C:"}).is_whole);
  NtfsBytes bytes = builder.volume();
  std::memcpy(&bytes[builder.mft_offset() + file.record * 1024], "BAAD", 4);
  EXPECT_FALSE(tree_of(bytes)->volume_info({"C:"}).is_whole);
}

/// A volume whose folder `Users` has an index that names `lost`, the record of which is destroyed.
NtfsBytes volume_with_lost_record(bool huge_index) {
  NtfsBuilder builder;
  const auto folder = builder.folder(builder.root(), "Users");
  const auto lost = builder.file(folder, "lost", "x");
  builders::IndexListBuilder list;
  list.entry(lost.to_u64(), {.name = u"Lost", .parent = folder.to_u64()}).end();
  builder.record(folder).resident(
      {ntfs::attribute_type::kIndexRoot, "$I30", builders::ntfs_index_root(list, huge_index)});
  if (huge_index) {
    constexpr std::uint64_t kClusters = std::uint64_t{1} << 40;
    builder.record(folder).non_resident({ntfs::attribute_type::kIndexAllocation,
                                         "$I30",
                                         {{0, ntfs::kSparseLcn, kClusters}},
                                         kClusters * 1024,
                                         kClusters * 1024,
                                         0});
  }
  NtfsBytes bytes = builder.volume();
  std::memcpy(&bytes[builder.mft_offset() + lost.record * 1024], "BAAD", 4);
  return bytes;
}

TEST(NtfsTreeHostile, FileThatOnlyItsFolderNamesIsNotSaidToBeAbsent) {
  const auto tree = tree_of(volume_with_lost_record(false));
  EXPECT_EQ(stored(*tree, "C:\\Users\\LOST"), "malformed");
  EXPECT_EQ(stored(*tree, "C:\\Users\\other"), "not_found");
}

TEST(NtfsTreeHostile, IndexThatSaysItIsHugeIsNotReadAtEachLookup) {
  const auto tree = tree_of(volume_with_lost_record(true));
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(stored(*tree, "C:\\Users\\other" + std::to_string(i)), "not_found");
  EXPECT_EQ(stored(*tree, "C:\\Users\\lost"), "malformed") << "its root was read";
}

/// An attribute list with one entry for each of `records`, of $DATA from these VCNs on.
NtfsBytes data_list(const std::vector<std::pair<std::uint64_t, FileReference>>& pieces) {
  NtfsBytes list;
  for (const auto& [vcn, record] : pieces) {
    NtfsBytes entry(32);
    const std::uint32_t type = ntfs::attribute_type::kData;
    const std::uint64_t reference = record.to_u64();
    std::memcpy(&entry[0], &type, 4);
    entry[4] = std::byte{32};
    entry[7] = std::byte{26};
    std::memcpy(&entry[8], &vcn, 8);
    std::memcpy(&entry[16], &reference, 8);
    list.insert(list.end(), entry.begin(), entry.end());
  }
  return list;
}

TEST(NtfsTreeHostile, FileWithoutItsBeginningIsNotAnEmptyOne) {
  for (const bool first_is_lost : {false, true}) {
    NtfsBuilder builder;
    NtfsRecordBuilder base;
    base.standard(FileTime{1}).name(builder.root(), "log.evtx");
    const auto file = builder.add(base);
    const auto runs = builder.store(std::string(4096, 'a') + std::string(4096, 'b'));
    NtfsRecordBuilder head, tail;
    head.base(file).non_resident(
        {ntfs::attribute_type::kData, "", {{0, runs[0].lcn, 4}}, 8192, 8192, 8192});
    NtfsRecordBuilder::NonResident rest{ntfs::attribute_type::kData, "", {{4, runs[0].lcn + 4, 4}}};
    rest.first_vcn = 4;
    tail.base(file).non_resident(rest);
    const auto first = builder.add(head), second = builder.add(tail);
    builder.record(file).resident(
        {ntfs::attribute_type::kAttributeList, "", data_list({{0, first}, {4, second}})});
    EXPECT_EQ(content(*tree_of(builder), "C:\\log.evtx").size(), 8192u);
    NtfsBytes bytes = builder.volume();
    const auto lost = first_is_lost ? first : second;
    std::memcpy(&bytes[builder.mft_offset() + lost.record * 1024], "BAAD", 4);
    const auto tree = tree_of(bytes);
    const auto opened = tree->open(path("C:\\log.evtx"));
    if (first_is_lost) {
      ASSERT_FALSE(opened);
      EXPECT_EQ(opened.error().code, Errc::malformed) << opened.error().text();
    } else {
      ASSERT_TRUE(opened) << opened.error().text();
      EXPECT_FALSE(read_all(**opened, 1 << 20)) << "its end is not zeros";
    }
    bool told = false;
    for (const Error& remark : tree->take_remarks())
      told = told || remark.what.starts_with("C:\\log.evtx: ");
    EXPECT_NE(told, first_is_lost) << "one that cannot be opened has its outcome";
  }
}

TEST(NtfsTreeHostile, StreamsInRecordsThatAreLostAreNotSaidToBeAbsent) {
  NtfsBuilder builder;
  const auto file = builder.file(builder.root(), "file", "x");
  NtfsRecordBuilder extension;
  extension.base(file).resident({ntfs::attribute_type::kData, "ads", {std::byte{1}}});
  const auto other = builder.add(extension);
  builder.record(file).resident(
      {ntfs::attribute_type::kAttributeList, "", data_list({{0, file}, {0, other}})});
  NtfsBytes bytes = builder.volume();
  EXPECT_EQ(tree_of(bytes)->stat(path("C:\\file"))->streams, Names{"ads"});
  std::memcpy(&bytes[builder.mft_offset() + other.record * 1024], "BAAD", 4);
  const auto tree = tree_of(bytes);
  EXPECT_EQ(tree->open(path("C:\\file:ads")).error().code, Errc::malformed);
}

TEST(NtfsTreeHostile, FilesInUseWithoutANameAreTold) {
  NtfsBuilder builder;
  NtfsRecordBuilder nameless;
  nameless.standard(FileTime{1}).resident({ntfs::attribute_type::kData, "", {std::byte{1}}});
  builder.add(nameless);
  const auto tree = tree_of(builder);
  const auto remarks = tree->take_remarks();
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_EQ(remarks[0].what, "volume C:: 1 ntfs files in use without a name");
}

TEST(NtfsTreeHostile, FolderFullOfOneNameIsLookedUpInBoundedTime) {
  NtfsBuilder builder{3100};
  for (int i = 0; i < 3000; ++i) {
    NtfsRecordBuilder record;
    record.standard(FileTime{1});
    for (int link = 0; link < 5; ++link) record.name(builder.root(), "Windows", NameSpace::dos);
    record.name(builder.root(), "long " + std::to_string(i), NameSpace::win32);
    builder.add(record);
  }
  const auto tree = tree_of(builder);
  for (int i = 0; i < 200; ++i) {
    EXPECT_FALSE(tree->stat(path("C:\\Windows\\x")));
    EXPECT_LE(tree->spellings(path("C:\\Windows"), 0).size(), 257u);
  }
  EXPECT_EQ(stored(*tree, "C:\\long 2999"), "C:\\long 2999");
}

TEST(NtfsTreeHostile, RootWhoseRecordIsDamagedStillHoldsItsEntries) {
  NtfsBuilder builder;
  const auto folder = builder.folder(builder.root(), "Windows");
  builder.file(folder, "f", "content");
  NtfsBytes bytes = builder.volume();
  std::memcpy(&bytes[builder.mft_offset() + ntfs::record_number::kRoot * 1024], "BAAD", 4);
  const auto tree = tree_of(bytes);
  EXPECT_EQ(content(*tree, "C:\\Windows\\f"), "content");
  EXPECT_EQ(walk(*tree, "C:\\").names, (Names{"C:\\Windows", "C:\\Windows\\f"}));
  EXPECT_EQ(tree->take_remarks().size(), 2u);  // a record is damaged, and which
}

TEST(NtfsTreeHostile, FilesOfNtfsItselfAreFoundWithoutTheirRecords) {
  NtfsBuilder builder;
  const auto folder = builder.folder(builder.root(), "Windows");
  builder.file(folder, "f", "content");
  NtfsBytes bytes = builder.volume();
  const std::string table = content(*tree_of(bytes), "C:\\$MFT");
  const auto wipe = [&](std::uint64_t record) {
    const auto at =
        bytes.begin() + static_cast<std::ptrdiff_t>(builder.mft_offset() + record * 1024);
    std::fill_n(at, 1024, std::byte{0});
  };
  for (const auto record :
       {ntfs::record_number::kMft, ntfs::record_number::kRoot, ntfs::record_number::kBoot})
    wipe(record);
  const auto tree = tree_of(bytes);
  // By $MFTMirr.
  EXPECT_EQ(content(*tree, "C:\\$MFT").substr(1024, 1024), table.substr(1024, 1024));
  EXPECT_EQ(content(*tree, "C:\\Windows\\f"), "content");
  const auto boot = tree->stat(path("C:\\$Boot"));
  ASSERT_FALSE(boot);
  EXPECT_EQ(boot.error().code, Errc::malformed);
  std::string told;
  for (const Error& remark : tree->take_remarks()) told += remark.text() + "\n";
  EXPECT_NE(told.find("lost: 0, 5, 7"), std::string::npos) << told;
}

TEST(NtfsTreeHostile, FileTableIsNoLargerThanItsVolume) {
  NtfsBuilder builder;
  builder.file(builder.root(), "f", "content");
  NtfsBytes bytes = builder.volume();
  const std::uint64_t size = tree_of(bytes)->stat(path("C:\\$MFT"))->size;
  // Wherever the size of the table stands in its record, it says something else.
  const auto record = static_cast<std::size_t>(builder.mft_offset());
  for (std::size_t at = record; at + 8 <= record + 510; at += 8) {
    std::uint64_t value = 0;
    std::memcpy(&value, &bytes[at], 8);
    if (value == size) bytes[at + 6] = std::byte{1};
  }
  const auto tree = tree_of(bytes);
  EXPECT_LE(tree->stat(path("C:\\$MFT"))->size, bytes.size());
  EXPECT_LE((*tree->open(path("C:\\$MFT")))->size(), bytes.size());
  EXPECT_FALSE(tree->take_remarks().empty());
}

TEST(NtfsTreeHostile, StreamsThatDifferInCaseOnlyAreSeveral) {
  NtfsBuilder builder;
  const auto file = builder.file(builder.root(), "f", "x");
  builder.stream(file, "Evil", "first").stream(file, "evil", "second one").stream(file, "b", "b");
  const auto tree = tree_of(builder.volume());
  EXPECT_EQ(content(*tree, "C:\\f:Evil"), "first");
  EXPECT_EQ(content(*tree, "C:\\f:evil"), "second one");
  EXPECT_EQ(content(*tree, "C:\\f:EVIL"), "first");
  EXPECT_EQ(tree->stat(path("C:\\f:evil"))->size, 10u);
  EXPECT_EQ(tree->stat(path("C:\\f:evil"))->path.text(), "C:\\f:evil");
  EXPECT_NE(tree->key(path("C:\\f:Evil")), tree->key(path("C:\\f:evil")));
  EXPECT_EQ(tree->key(path("C:\\F:B")), tree->key(path("C:\\f:b")));
}

TEST(NtfsTreeHostile, NamesThatWindowsCouldNotOpenAreFoundAsListed) {
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

bool is_told(NtfsFileTree& tree, std::string_view text) {
  for (const Error& remark : tree.take_remarks())
    if (remark.text().find(text) != std::string::npos) return true;
  return false;
}

TEST(NtfsTreeHostile, WhatTheRootDoesNotLeadToLiesBelowAnOrphanFolder) {
  NtfsBuilder builder;
  const auto bob = builder.folder({9999, 1}, "bob");
  builder.file(builder.folder(bob, "deep"), "kept", "content");
  builder.file({24, 77}, "of an older folder", "x");
  const auto tree = tree_of(builder);
  EXPECT_EQ(content(*tree, "C:\\$orphan\\BOB\\deep\\kept"), "content");
  EXPECT_EQ(walk(*tree, "C:\\").names,
            (Names{"C:\\$Orphan", "C:\\$Orphan\\bob", "C:\\$Orphan\\bob\\deep",
                   "C:\\$Orphan\\bob\\deep\\kept", "C:\\$Orphan\\of an older folder"}));
  EXPECT_TRUE(tree->stat(path("C:\\$Orphan"))->is_directory);
  EXPECT_TRUE(tree->stat(path("C:\\$Orphan\\bob"))->fn.has_value());
  EXPECT_EQ(tree->open(path("C:\\$Orphan")).error().code, Errc::unsupported);
  EXPECT_TRUE(is_told(*tree, " 4 ntfs names of files in use to which the root does not lead"));
}

TEST(NtfsTreeHostile, FoldersThatLieBelowThemselvesAreFound) {
  NtfsBuilder builder;
  const auto hanging = builder.folder({27, 1}, "hanging");  // a third one below the loop
  const auto a = builder.folder({26, 1}, "a");
  const auto b = builder.folder({27, 1}, "b");
  const auto c = builder.folder(a, "c");
  ASSERT_EQ(b.record, 26u);
  ASSERT_EQ(c.record, 27u);
  builder.file(hanging, "far", "far");
  builder.file(b, "deep", "content");
  builder.file(builder.folder(builder.root(), "sound"), "file", "x");
  const auto tree = tree_of(builder);
  const Walk all = walk(*tree, "C:\\");
  EXPECT_TRUE(all.problems.empty());
  std::size_t files = 0;
  for (const FileInfo& info : all.entries) files += info.is_directory ? 0u : 1u;
  EXPECT_EQ(files, 3u);
  EXPECT_EQ(all.names.size(), 9u) << "each once: eight entries and the folder of orphans";
  EXPECT_TRUE(is_told(*tree, " 6 ntfs names of files in use to which the root does not lead"));
}

TEST(NtfsTreeHostile, RecordThatNamesABaseByMistakeIsAFile) {
  NtfsBuilder builder;
  const auto file = builder.file(builder.root(), "f", "content");
  builder.record(file).base({0x5100'0000, 0});
  const auto tree = tree_of(builder);
  EXPECT_EQ(content(*tree, "C:\\f"), "content");
  EXPECT_TRUE(is_told(*tree, "names another as its base"));
}

TEST(NtfsTreeHostile, RecordsThatExtendNothingAreTold) {
  NtfsBuilder builder;
  NtfsRecordBuilder extension;
  builder.add(extension.base({3000, 1}).name(builder.root(), "gone"));
  EXPECT_TRUE(is_told(*tree_of(builder), "1 ntfs file records extend files that are not there"));
}

TEST(NtfsTreeHostile, StreamsOfAnEmptiedAttributeListAreFound) {
  NtfsBuilder builder;
  const auto file = builder.file(builder.root(), "file", "x");
  NtfsRecordBuilder extension;
  builder.add(
      extension.base(file).resident({ntfs::attribute_type::kData, "ads", {std::byte{'s'}}}));
  NtfsRecordBuilder freed;
  builder.add(freed.base(file).flags(0).resident({ntfs::attribute_type::kData, "old", {}}));
  builder.record(file).resident({ntfs::attribute_type::kAttributeList, "", NtfsBytes(64)});
  const auto tree = tree_of(builder);
  EXPECT_EQ(tree->stat(path("C:\\file"))->streams, Names{"ads"});
  EXPECT_EQ(content(*tree, "C:\\file:ads"), "s");
  EXPECT_TRUE(is_told(*tree, "C:\\file"));
}

TEST(NtfsTreeHostile, AttributeThatCannotBeReadIsNotSaidToBeAbsent) {
  NtfsBuilder builder;
  const auto file = builder.file(builder.root(), "f", "content");
  NtfsBytes bytes = builder.volume();
  const std::size_t record = builder.mft_offset() + file.record * 1024;
  for (std::size_t at = record + 56; at < record + 1024; at += 8)
    if (bytes[at] == std::byte{0x80} && bytes[at + 1] == std::byte{0}) {
      bytes[at + 4] = std::byte{0x59};
      break;
    }
  const auto tree = tree_of(bytes);
  EXPECT_EQ(tree->open(path("C:\\f")).error().code, Errc::malformed);
  EXPECT_TRUE(is_told(*tree, "1 ntfs files in use with damage in their records"));
}

TEST(NtfsTreeHostile, NameWithAColonIsNoStream) {
  NtfsBuilder builder;
  builder.stream(builder.file(builder.root(), "notes.txt", "x"), "ads", "stream");
  builder.file(builder.root(), "notes.txt:ads", "file");
  const auto tree = tree_of(builder);
  const EvidencePath stream = path("C:\\notes.txt:ads");
  const EvidencePath file = EvidencePath{"C:"}.child("notes.txt:ads");
  EXPECT_NE(tree->key(stream), tree->key(file));
  EXPECT_NE(tree->key(file), tree->key(file.with_stream("ads")));
  EXPECT_EQ(tree->key(file), tree->key(EvidencePath{"C:"}.child("Notes.txt:ADS")));
}

TEST(NtfsTreeHostile, ContentThatIsHereIsGivenWhateverAReparsePointSays) {
  NtfsBuilder builder;
  const auto put = [&](const char* name, std::uint32_t tag, std::uint32_t attributes) {
    NtfsRecordBuilder record;
    record.standard(FileTime{1}, attributes | kReparse).name(builder.root(), name);
    record.resident(
        {ntfs::attribute_type::kReparsePoint, "", builders::reparse_point(tag, NtfsBytes(8))});
    record.resident({ntfs::attribute_type::kData, "", NtfsBytes(3, std::byte{'x'})});
    builder.add(record);
  };
  put("dedup", 0x80000013, 0);
  put("cloud", 0x9000301A, kAttributeRecallOnDataAccess);
  put("offline", 0x00004711, kAttributeOffline);
  put("surrogate", 0xA0004711, 0);
  put("wof", 0x80000017, 0);
  const auto tree = tree_of(builder);
  for (const char* const name : {"dedup", "cloud", "offline", "surrogate", "wof"}) {
    const std::string file = std::string{"C:\\"} + name;
    EXPECT_EQ(content(*tree, file), "xxx") << name;
    EXPECT_FALSE(tree->stat(path(file))->is_link) << name;
    EXPECT_TRUE(is_told(*tree, file)) << name;
  }
}

TEST(NtfsTreeHostile, PartsOfAnIndexAreOpenedByTheirNames) {
  NtfsBuilder builder;
  const auto file = builder.file(builder.root(), "$ObjId", "");
  builder.record(file).resident(
      {ntfs::attribute_type::kIndexRoot, "$O", NtfsBytes(4, std::byte{'r'})});
  builder.record(file).resident(
      {ntfs::attribute_type::kIndexAllocation, "$O", NtfsBytes(2, std::byte{'b'})});
  const auto tree = tree_of(builder);
  const EvidencePath whole = path("C:\\$ObjId");
  const auto size_of = [&](std::string_view stream) {
    const auto info = tree->stat(whole.with_stream(stream));
    return info ? std::to_string(info->size) : std::string{to_text(info.error().code)};
  };
  EXPECT_EQ(size_of("$O:$INDEX_ROOT"), "4");
  EXPECT_EQ(size_of("$O:$INDEX_ALLOCATION"), "2");
  EXPECT_EQ(size_of("$O"), "not_found");
  EXPECT_EQ(size_of("$R:$INDEX_ROOT"), "not_found");
}

TEST(NtfsTreeHostile, EntriesOfTheVerySameNameAreTold) {
  NtfsBuilder builder;
  builder.file(builder.root(), "same", "first");
  builder.file(builder.root(), "same", "second");
  builder.file(builder.root(), "Same", "other");
  const auto tree = tree_of(builder);
  EXPECT_EQ(content(*tree, "C:\\Same"), "other");
  EXPECT_FALSE(is_told(*tree, "this very name"));
  EXPECT_EQ(content(*tree, "C:\\same"), "first");
  EXPECT_TRUE(is_told(*tree, "as in same<25>"));
}

TEST(NtfsTreeHostile, EachOfTheVerySameNameIsReadByItsRecord) {
  NtfsBuilder builder;
  const auto folder = builder.folder(builder.root(), "f");
  builder.file(folder, "same.txt", "first");
  const auto second = builder.file(folder, "same.txt", "second");
  builder.stream(second, "s", "its stream").hard_link(second, folder, "more");
  builder.file(folder, "same.txt", "third");
  builder.file(folder, "Same.txt", "other");
  builder.file(folder, "alone.txt", "alone");
  builder.file(folder, "odd<26>.txt", "named so");
  const auto tree = tree_of(builder);
  EXPECT_EQ(content(*tree, "C:\\f\\same.txt"), "first");
  EXPECT_EQ(content(*tree, "C:\\f\\same<26>.txt"), "second");
  EXPECT_EQ(content(*tree, "C:\\F\\SAME<27>.TXT"), "third");
  EXPECT_EQ(content(*tree, "C:\\f\\same<26>.txt:s"), "its stream");
  EXPECT_EQ(content(*tree, "C:\\f\\odd<26>.txt"), "named so");
  for (const char* const none : {"same<25>.txt", "same<28>.txt", "same.txt<26>", "same<>.txt",
                                 "same<026>.txt", "alone<29>.txt", "more<26>", "same<x>.txt"})
    EXPECT_EQ(stored(*tree, std::string{"C:\\f\\"} + none), "not_found") << none;
  const auto info = tree->stat(path("C:\\f\\same<26>.txt"));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->path.text(), "C:\\f\\same<26>.txt");
  EXPECT_EQ(info->file_reference, second.to_u64());
  EXPECT_TRUE(info->fn);
  const Walk all = walk(*tree, "C:\\f");
  EXPECT_THAT(all.names, testing::UnorderedElementsAre("C:\\f\\same.txt", "C:\\f\\same<26>.txt",
                                                       "C:\\f\\same<27>.txt", "C:\\f\\Same.txt",
                                                       "C:\\f\\alone.txt", "C:\\f\\odd<26>.txt",
                                                       "C:\\f\\more"));
  for (const FileInfo& entry : all.entries) EXPECT_TRUE(entry.fn) << entry.path.text();
  EXPECT_THAT(texts(tree->spellings(path("C:\\f\\SAME.TXT"), 0)),
              testing::UnorderedElementsAre("C:\\f\\same.txt", "C:\\f\\same<26>.txt",
                                            "C:\\f\\same<27>.txt", "C:\\f\\Same.txt"));
  std::set<std::string> keys;
  for (const std::string& name : all.names) keys.insert(tree->key(path(name)));
  EXPECT_EQ(keys.size(), all.names.size());
}

TEST(NtfsTreeHostile, FoldersOfTheVerySameNameAreBothEntered) {
  NtfsBuilder builder;
  const auto first = builder.folder(builder.root(), "f"),
             other = builder.folder(builder.root(), "f");
  builder.file(first, "x", "in the first");
  builder.file(other, "x", "in the other");
  builder.file(other, "y", "there only");
  const auto tree = tree_of(builder);
  EXPECT_THAT(walk(*tree, "C:\\").names,
              testing::UnorderedElementsAre("C:\\f", "C:\\f\\x", "C:\\f<25>", "C:\\f<25>\\x",
                                            "C:\\f<25>\\y"));
  EXPECT_EQ(content(*tree, "C:\\f\\x"), "in the first");
  EXPECT_EQ(content(*tree, "C:\\f<25>\\x"), "in the other");
  EXPECT_EQ(content(*tree, "C:\\f\\y"), "there only");
  EXPECT_EQ(tree->key(path("C:\\f\\y")), tree->key(path("C:\\f<25>\\y")));
}

TEST(NtfsTreeHostile, OrphansOfOneNameAreAllRead) {
  NtfsBuilder builder;
  builder.file({99, 1}, "desktop.ini", "one");
  builder.file({98, 1}, "desktop.ini", "two");
  const auto tree = tree_of(builder);
  EXPECT_EQ(content(*tree, "C:\\$Orphan\\desktop.ini"), "one");
  EXPECT_EQ(content(*tree, "C:\\$Orphan\\desktop<25>.ini"), "two");
}

TEST(NtfsTreeHostile, FileThatIsCalledAFolderIsAFile) {
  NtfsBuilder builder;
  const auto file = builder.file(builder.root(), "f", "content");
  builder.record(file).flags(ntfs::FileRecord::kInUse | ntfs::FileRecord::kDirectory);
  const auto tree = tree_of(builder);
  EXPECT_FALSE(tree->stat(path("C:\\f"))->is_directory);
  EXPECT_EQ(content(*tree, "C:\\f"), "content");
  EXPECT_TRUE(is_told(*tree, "calls it a folder"));
}

/// Counts reads that touch one place.
class CountingSource final : public ByteSource {
 public:
  CountingSource(NtfsBytes bytes, std::uint64_t place) : inner_{std::move(bytes)}, place_{place} {}
  std::uint64_t size() const override { return inner_.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset <= place_ && place_ - offset < out.size()) ++reads;
    return inner_.read_some(offset, out);
  }
  int reads = 0;

 private:
  MemorySource inner_;
  const std::uint64_t place_;
};

TEST(NtfsTreeHostile, FileOfManyNamesAndStreamsIsReadOnce) {
  NtfsBuilder builder;
  const auto file = builder.file(builder.root(), "n0", "x");
  FileReference last{};
  for (int record = 0; record < 30; ++record) {
    NtfsRecordBuilder extension;
    extension.base(file);
    for (int i = 1; i <= 4; ++i) {
      const std::string number = std::to_string(record * 4 + i);
      extension.name(builder.root(), "n" + number, NameSpace::win32);
      extension.resident({ntfs::attribute_type::kData, "s" + number, {std::byte{'s'}}});
    }
    last = builder.add(extension);
  }
  NtfsMount counted{"C:"};
  const auto bytes =
      std::make_shared<CountingSource>(builder.volume(), builder.mft_offset() + last.record * 1024);
  counted.bytes = bytes;
  counted.ntfs = *ntfs::Volume::open(bytes);
  std::vector<NtfsMount> mounts;
  mounts.push_back(std::move(counted));
  const auto tree = open_ntfs_tree(std::move(mounts));
  tree->take_remarks();
  bytes->reads = 0;
  const Walk all = walk(*tree, "C:\\");
  ASSERT_EQ(all.entries.size(), 121u);
  std::set<std::string> keys;
  for (const FileInfo& entry : all.entries) {
    ASSERT_EQ(entry.streams.size(), 120u);
    EXPECT_EQ(entry.link_count, 121u);
    EXPECT_EQ(content(*tree, entry.path.text()), "x");
    for (const std::string& stream : entry.streams) {
      const EvidencePath whole = entry.path.with_stream(stream);
      keys.insert(tree->key(whole));
      EXPECT_EQ(tree->stat(whole)->size, 1u);
      EXPECT_EQ(content(*tree, whole.text()), "s");
    }
  }
  EXPECT_EQ(keys.size(), 121u * 120);
  EXPECT_EQ(bytes->reads, 1);
  EXPECT_EQ(tree->take_remarks().size(), 1u) << "its problem is one, whatever it is called";
}

TEST(NtfsTreeHostile, FilesWithThousandsOfNamesInCommonAreToldApart) {
  NtfsBuilder builder{1024};
  const auto folder = builder.folder(builder.root(), "f");
  const FileReference files[] = {builder.file(folder, "n", "first"),
                                 builder.file(folder, "n", "second")};
  for (int record = 0; record < 250; ++record)
    for (const FileReference file : files) {
      NtfsRecordBuilder extension;
      extension.base(file);
      for (int i = 0; i < 7; ++i)
        extension.name(folder, "n" + std::to_string(record * 7 + i) + ".txt", NameSpace::win32);
      builder.add(extension);
    }
  const auto tree = tree_of(builder);
  const auto marked = [&](std::string_view name, std::size_t file, std::string_view end) {
    return "C:\\f\\" + std::string{name} + '<' + std::to_string(files[file].record) + '>' +
           std::string{end};
  };
  std::size_t entries = 0;
  EXPECT_TRUE(tree->walk(
      path("C:\\f"), [&](const FileInfo&) { return ++entries, Visit::skip; },
      [](const EvidencePath&, const Error&) {}));
  EXPECT_EQ(entries, 2u * 1751);
  for (const int number : {0, 875, 1749}) {
    const std::string name = "n" + std::to_string(number);
    EXPECT_EQ(content(*tree, "C:\\f\\" + name + ".txt"), "first");
    EXPECT_EQ(content(*tree, marked(name, 1, ".txt")), "second");
    EXPECT_EQ(stored(*tree, marked(name, 0, ".txt")), "not_found");
  }
}

}  // namespace
}  // namespace hozen
