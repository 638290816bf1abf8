#include <gtest/gtest.h>

#include "tests/builders/fake_context.h"
#include "tests/builders/ntfs_builder.h"
#include "tests/builders/ntfs_side_builder.h"

namespace hozen {
namespace modules {
extern const ModuleSpec ntfs_metadata;
}  // namespace modules
namespace {

using builders::NtfsBuilder;
using builders::NtfsBytes;
namespace type = ntfs::attribute_type;

constexpr std::size_t kMirrorBytes = 4 * 1024;

/// A volume called "Data" of NTFS 3.1 with these flags.
NtfsBuilder volume_with_flags(std::uint16_t flags) {
  NtfsBuilder disk;
  NtfsBytes information(12);
  information[8] = std::byte{3};
  information[9] = std::byte{1};
  builders::put_u16(information, 10, flags);
  disk.record({ntfs::record_number::kVolume, 3})
      .resident({type::kVolumeName,
                 "",
                 {std::byte{'D'}, {}, std::byte{'a'}, {}, std::byte{'t'}, {}, std::byte{'a'}, {}}})
      .resident({type::kVolumeInformation, "", information});
  return disk;
}

class NtfsMetadataTest : public testing::Test {
 protected:
  void add(const NtfsBuilder& disk) {
    source.add_volume({"D:", std::nullopt, "NTFS", {}});
    const NtfsBytes whole = disk.volume(), table = disk.table();
    const auto head = [](const NtfsBytes& bytes, std::size_t size) {
      return NtfsBytes{bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
    };
    source.add_file(root / "$Boot", head(whole, 8192));
    source.add_file(root / "$MFT", table);
    source.add_file(root / "$MFTMirr", head(table, kMirrorBytes));
  }
  const fake::Record& run() {
    static const fake::Record none;
    EXPECT_TRUE(modules::ntfs_metadata.run(context));
    EXPECT_EQ(context.records.size(), 1u);
    return context.records.empty() ? none : context.records[0];
  }

  EvidencePath root{"D:"};
  fake::FakeSource source;
  fake::Context context{source, nullptr};
};

TEST_F(NtfsMetadataTest, TellsGeometryNameAndState) {
  add(volume_with_flags(0));
  const fake::Record& record = run();
  EXPECT_EQ(record.kind, "ntfs_volume");
  EXPECT_EQ(record["volume"], "D:");
  EXPECT_EQ(record["label"], "Data");
  EXPECT_EQ(record["ntfs_version"], "3.1");
  EXPECT_EQ(record["dirty"], "false");
  EXPECT_EQ(record["serial"], "1122334470ecfa33");
  EXPECT_EQ(record["sector_bytes"], "512");
  EXPECT_EQ(record["cluster_bytes"], "1024");
  EXPECT_EQ(record["record_bytes"], "1024");
  EXPECT_EQ(record["mft_cluster"], "16");
  EXPECT_EQ(record["mft_mirror_is_same"], "true");
  EXPECT_EQ(record.json_of("usn_journal_max_bytes"), "null");
  ASSERT_FALSE(record.timestamps.empty());
  EXPECT_EQ(record.timestamps[0].first, "created");
  EXPECT_TRUE(record.timestamps[0].second.is_set());
  EXPECT_TRUE(context.notes.empty());
}

TEST_F(NtfsMetadataTest, PreservesTheBooksThatAreThere) {
  add(volume_with_flags(0));
  run();
  EXPECT_TRUE(context.has_collected("D:\\$Boot"));
  EXPECT_TRUE(context.has_collected("D:\\$MFT"));
  EXPECT_TRUE(context.has_collected("D:\\$MFTMirr"));
  EXPECT_FALSE(context.has_collected("D:\\$LogFile"));
}

TEST_F(NtfsMetadataTest, PreservesWhatTheIndexOfExtendNames) {
  add(volume_with_flags(0));
  const EvidencePath extend = root / "$Extend";
  builders::IndexListBuilder first, second;
  first.name(24, u"$Quota").name(25, u"$UsnJrnl").name(27, u"$New").name(28, u"$Gone");
  first.entry(builders::ntfs_reference(26, 1), {.name = u"$RmMetadata", .flags = 0x1000'0000});
  first.end();
  second.name(30, u"$TxfLog.blf");
  // A folder that says to hold itself.
  second.entry(builders::ntfs_reference(26, 1), {.name = u"$Loop", .flags = 0x1000'0000});
  second.end();
  source.add_folder(extend).streams["$I30:$INDEX_ROOT"] = builders::ntfs_index_root(first);
  source.add_folder(extend / "$RmMetadata").streams["$I30:$INDEX_ROOT"] =
      builders::ntfs_index_root(second);
  source.add_file(extend / "$Quota", {}).streams["$O:$INDEX_ROOT"] = NtfsBytes(8);
  source.add_file(extend / "$UsnJrnl", {}).streams["$J"] = NtfsBytes(8);
  source.add_file(extend / "$New", {}).streams["$Config"] = NtfsBytes(8);
  source.add_file(extend / "$RmMetadata" / "$TxfLog.blf", NtfsBytes(8));
  source.find(root / "$MFT")->streams[":$BITMAP"] = NtfsBytes(8);
  run();
  EXPECT_TRUE(context.has_collected("D:\\$Extend\\$Quota:$O:$INDEX_ROOT"));
  EXPECT_FALSE(context.has_collected("D:\\$Extend\\$Quota")) << "it has no content";
  EXPECT_TRUE(context.has_collected("D:\\$Extend\\$UsnJrnl:$J"));
  EXPECT_TRUE(context.has_collected("D:\\$Extend\\$New:$Config"));
  EXPECT_TRUE(context.has_collected("D:\\$Extend\\$RmMetadata\\$TxfLog.blf"));
  EXPECT_TRUE(context.has_collected("D:\\$MFT::$BITMAP"));
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_NE(context.notes[0].text().find("$Gone"), std::string::npos);
}

TEST_F(NtfsMetadataTest, PreservesNotMoreOfExtendThanHonestOnesHave) {
  add(volume_with_flags(0));
  builders::IndexListBuilder list;
  for (std::uint64_t i = 0; i < 600; ++i)
    list.name(100 + i, u"f" + std::u16string(1, static_cast<char16_t>(u'a' + i % 20)));
  list.end();
  source.add_folder(root / "$Extend").streams["$I30:$INDEX_ROOT"] = builders::ntfs_index_root(list);
  for (char c = 'a'; c < 'a' + 20; ++c)
    source.add_file(root / "$Extend" / (std::string{"f"} + c), NtfsBytes(8));
  run();
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_EQ(context.notes[0].what, "D:\\$Extend: 100 further files are left out");
}

TEST_F(NtfsMetadataTest, SaysThatAVolumeWasNotTakenDownInOrder) {
  add(volume_with_flags(1));
  EXPECT_EQ(run()["dirty"], "true");
}

TEST_F(NtfsMetadataTest, NoticesAMirrorThatDiffers) {
  add(volume_with_flags(0));
  source.find(root / "$MFTMirr")->bytes[2000] ^= std::byte{1};
  EXPECT_EQ(run()["mft_mirror_is_same"], "false");
}

TEST_F(NtfsMetadataTest, ReadsTheLimitsOfTheJournal) {
  add(volume_with_flags(0));
  NtfsBytes limits(32);
  builders::put_u64(limits, 0, 33'554'432);
  builders::put_u64(limits, 16, builders::kNtfsTime.ticks);
  builders::put_u64(limits, 24, 65'536);
  source.add_file(root / "$Extend" / "$UsnJrnl", {}).streams["$Max"] = limits;
  const fake::Record& record = run();
  EXPECT_EQ(record["usn_journal_max_bytes"], "33554432");
  EXPECT_EQ(record["usn_journal_lowest_usn"], "65536");
  EXPECT_EQ(record.timestamps.back().first, "journal_created");
  EXPECT_EQ(record.timestamps.back().second, builders::kNtfsTime);
}

TEST_F(NtfsMetadataTest, NotesWhatIsDamagedAndTellsTheRest) {
  add(volume_with_flags(0));
  source.find(root / "$Boot")->bytes.assign(8192, std::byte{0});
  const fake::Record& record = run();
  EXPECT_EQ(record.json_of("cluster_bytes"), "null");
  EXPECT_EQ(record["label"], "Data");
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_EQ(context.notes[0].what, "D:\\: ntfs boot sector signature");
}

TEST_F(NtfsMetadataTest, TellsGeometryByWhichTheTableIsFound) {
  const NtfsBuilder disk = volume_with_flags(0);
  add(disk);
  NtfsBytes whole = disk.volume();
  whole[13] = std::byte{16};
  source.find(root / "$Boot")->bytes[13] = std::byte{16};
  source.volume_bytes["D:"] = [&]() -> Result<std::unique_ptr<ByteSource>> {
    return std::unique_ptr<ByteSource>{std::make_unique<MemorySource>(whole)};
  };
  EXPECT_EQ(run()["cluster_bytes"], "1024");
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_EQ(context.notes[0].what, "D:\\: ntfs boot sector");
}

TEST_F(NtfsMetadataTest, PreservesBothPartsOfIndexes) {
  add(volume_with_flags(0));
  auto& file = source.add_file(root / "$Extend" / "$ObjId", {});
  file.streams["$O:$INDEX_ROOT"] = NtfsBytes(8);
  file.streams["$O:$INDEX_ALLOCATION"] = NtfsBytes(8);
  run();
  EXPECT_TRUE(context.has_collected("D:\\$Extend\\$ObjId:$O:$INDEX_ROOT"));
  EXPECT_TRUE(context.has_collected("D:\\$Extend\\$ObjId:$O:$INDEX_ALLOCATION"));
}

TEST_F(NtfsMetadataTest, IsSilentWhereTheBooksCannotBeSeen) {
  source.add_volume({"D:", std::nullopt, "NTFS", {}});
  source.add_folder(root / "Windows");
  EXPECT_TRUE(modules::ntfs_metadata.run(context));
  EXPECT_TRUE(context.records.empty());
  EXPECT_TRUE(context.notes.empty());
  EXPECT_TRUE(context.artifacts.empty());
}

}  // namespace
}  // namespace hozen
