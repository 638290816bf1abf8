#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/builders/fake_context.h"
#include "tests/builders/ntfs_builder.h"
#include "tests/builders/ntfs_side_builder.h"
#include "tests/builders/sparse_volume.h"

namespace hozen {
namespace modules {
extern const ModuleSpec volume_copy;
}  // namespace modules
namespace {

using test::SparseVolume;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kMiB = 1u << 20, kPart = 64 * kMiB, kCluster = 4096;
/// Where $MFT lies, and how large it is: 32 records of 1024 bytes.
constexpr std::uint64_t kTableLcn = 100, kTableClusters = 8,
                        kTableBytes = kTableClusters * kCluster;

class VolumeCopyTest : public testing::Test {
 protected:
  /// Three parts and a bit; only boot sectors and a file table are in it.
  VolumeCopyTest() {
    volume.size = 3 * kPart + 512;
    std::vector<std::byte> boot(512);
    const auto put = [&](std::size_t at, std::string_view text) {
      for (const char c : text) boot[at++] = static_cast<std::byte>(c);
    };
    put(3, "NTFS    ");
    builders::put_u16(boot, 11, 512);
    boot[13] = std::byte{8};
    builders::put_u64(boot, 40, 3 * kPart / 512);
    builders::put_u64(boot, 48, kTableLcn);
    builders::put_u64(boot, 56, 8);
    boot[64] = std::byte{0xF6};
    boot[68] = std::byte{1};
    put(510, "\x55\xAA");
    volume.put(0, boot);
    volume.put(3 * kPart, boot);
    bitmap.resize(3 * kPart / kCluster / 8);
    use(0);
    for (std::uint64_t i = 0; i < kTableClusters; ++i) use((kTableLcn + i) * kCluster);
    source.volume_bytes["C:"] = [this]() -> Result<std::unique_ptr<ByteSource>> {
      return std::unique_ptr<ByteSource>{std::make_unique<test::SparseSource>(volume)};
    };
  }
  /// The cluster that begins there is in use.
  void use(std::uint64_t offset) {
    bitmap[offset / kCluster / 8] |= std::byte{1} << static_cast<int>(offset / kCluster % 8);
  }
  const fake::Context::CopiedVolume& run() {
    static const fake::Context::CopiedVolume none;
    source.add_volume({"C:", std::nullopt, "NTFS", {}});
    if (!bitmap.empty()) source.add_file(EvidencePath{"C:"} / "$Bitmap", bitmap);
    if (has_table) put_table();
    const auto done = modules::volume_copy.run(context);
    EXPECT_TRUE(done);
    return context.copies.empty() ? none : context.copies[0];
  }
  /// With a file on `file_cluster`.
  void put_table() {
    builders::NtfsRecordBuilder table, file;
    table.non_resident({.runs = {{0, kTableLcn, kTableClusters}},
                        .size = kTableBytes,
                        .initialized = kTableBytes,
                        .allocated = kTableBytes});
    file.non_resident({.runs = {{0, file_cluster, 1}},
                       .size = kCluster,
                       .initialized = kCluster,
                       .allocated = kCluster});
    constexpr std::uint64_t kInCluster = kCluster / 1024, kFile = 24;
    volume.put(kTableLcn * kCluster, table.bytes(0));
    auto bytes = file.bytes(kFile);
    if (file_is_bad) std::fill_n(bytes.begin(), 4, std::byte{'B'});
    if (file_is_torn) bytes.back() ^= std::byte{1};
    volume.put((kTableLcn + kFile / kInCluster) * kCluster, bytes);
  }
  const fake::Record& end() { return context.records.back(); }

  SparseVolume volume;
  std::vector<std::byte> bitmap;
  std::uint64_t file_cluster = 0;
  bool has_table = true, file_is_bad = false, file_is_torn = false;
  fake::FakeSource source;
  fake::Context context{source, nullptr};
};

TEST_F(VolumeCopyTest, CopiesClustersInUseAndNothingElse) {
  const std::uint64_t used = 2 * kPart + 7 * kCluster, free = used + kCluster;
  volume.fill(used, std::byte{1});
  volume.fill(free, std::byte{2});
  use(used);
  const auto& copy = run();
  EXPECT_EQ(copy.volume, "C:");
  // Nothing in the second part is in use; behind the last cluster lies the copy of the boot sector.
  EXPECT_THAT(copy.parts,
              ElementsAre(std::pair{std::uint64_t{0}, kPart}, std::pair{2 * kPart, kPart},
                          std::pair{3 * kPart, std::uint64_t{512}}));
  EXPECT_TRUE(copy.pages.contains(0));
  EXPECT_TRUE(copy.pages.contains(used / kCluster));
  EXPECT_FALSE(copy.pages.contains(free / kCluster));
  EXPECT_EQ(copy.used_bytes, (2 + kTableClusters) * kCluster + 512);
  EXPECT_EQ(copy.finished, volume.size);
  EXPECT_EQ(volume.bytes_read, copy.used_bytes + 512 + 1024 + kTableBytes)
      << "and the boot sector and the file table, to know it";
  ASSERT_EQ(context.records.size(), 5u);
  EXPECT_EQ(context.records[0].kind, "volume_copy");
  EXPECT_EQ(context.records[0]["clusters"], "used");
  EXPECT_EQ(context.records[0]["cluster_bytes"], "4096");
  EXPECT_EQ(context.records[2]["offset"], std::to_string(2 * kPart));
  EXPECT_EQ(context.records[2]["used_bytes"], "4096");
  EXPECT_EQ(end().kind, "volume_copy_end");
  EXPECT_EQ(end()["parts"], "3");
  EXPECT_EQ(end()["complete"], "true");
  EXPECT_THAT(context.notes, IsEmpty());
}

TEST_F(VolumeCopyTest, CopiesFreeClustersWhereTheProfileSaysSo) {
  context.options["clusters"] = "all";
  volume.fill(kPart + kCluster, std::byte{2});
  const auto& copy = run();
  EXPECT_EQ(copy.parts.size(), 4u);
  EXPECT_TRUE(copy.pages.contains(kPart / kCluster + 1));
  EXPECT_EQ(context.records[0]["clusters"], "all");
  EXPECT_EQ(copy.used_bytes, volume.size);
}

TEST_F(VolumeCopyTest, TakesEverythingWhereNobodyKnowsWhatIsInUse) {
  bitmap.clear();
  const auto& copy = run();
  EXPECT_EQ(copy.parts.size(), 4u);
  EXPECT_EQ(context.records[0]["clusters"], "all");
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_THAT(context.notes[0].text(), HasSubstr("all are copied"));
}

TEST_F(VolumeCopyTest, TakesClustersOfFilesThatTheBitmapCallsFree) {
  file_cluster = kPart / kCluster + 3;
  volume.fill(kPart + 3 * kCluster, std::byte{4});
  volume.fill(kPart + 4 * kCluster, std::byte{5});
  const auto& copy = run();
  EXPECT_TRUE(copy.pages.contains(file_cluster));
  EXPECT_FALSE(copy.pages.contains(file_cluster + 1));
  EXPECT_EQ(context.records[0]["clusters"], "used");
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_THAT(context.notes[0].text(), HasSubstr("calls clusters of files free: malformed (1 of"));
}

TEST_F(VolumeCopyTest, TakesEverythingWhereTheBitmapCannotBeHeldAgainstTheTable) {
  has_table = false;
  EXPECT_EQ(run().parts.size(), 4u);
  EXPECT_EQ(context.records[0]["clusters"], "all");
  EXPECT_EQ(context.notes.size(), 1u);
}

TEST_F(VolumeCopyTest, TakesEverythingWhereARecordCannotBeRead) {
  file_is_bad = true;
  EXPECT_EQ(run().parts.size(), 4u);
  EXPECT_EQ(context.records[0]["clusters"], "all");
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_THAT(context.notes[0].text(), HasSubstr("cannot be held against the file table"));
}

TEST_F(VolumeCopyTest, KnowsClustersByTheBootSectorThatTheSourceUses) {
  const std::uint64_t used = 2 * kPart + 7 * kCluster;
  volume.fill(used, std::byte{1});
  use(used);
  for (const auto& [at, value] : {std::pair{13, 16}, std::pair{64, 0xF5}}) {
    auto& byte = volume.pages[0][static_cast<std::size_t>(at)];
    const std::byte right = std::exchange(byte, static_cast<std::byte>(value));
    context.copies.clear();
    context.records.clear();
    EXPECT_TRUE(run().pages.contains(used / kCluster)) << at;
    EXPECT_EQ(context.records[0]["cluster_bytes"], "4096") << at;
    byte = right;
  }
}

TEST_F(VolumeCopyTest, TellsAVolumeThatEndsBeforeItsBootSectorSays) {
  volume.size = 2 * kPart;
  run();
  EXPECT_EQ(end()["complete"], "false");
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_THAT(context.notes[0].text(), HasSubstr("the volume ends early"));
}

TEST_F(VolumeCopyTest, TakesWhatAShortBitmapDoesNotCover) {
  bitmap.resize(kPart / kCluster / 8);
  volume.fill(2 * kPart, std::byte{3});
  const auto& copy = run();
  EXPECT_EQ(copy.parts.size(), 4u);
  EXPECT_TRUE(copy.pages.contains(2 * kPart / kCluster));
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_THAT(context.notes[0].text(), HasSubstr("$Bitmap is shorter than the volume"));
  EXPECT_THAT(context.notes[0].text(), HasSubstr("of 32768 clusters"));
}

TEST_F(VolumeCopyTest, TakesEverythingWhereARecordIsTorn) {
  file_is_torn = true;
  EXPECT_EQ(run().parts.size(), 4u);
  EXPECT_EQ(context.records[0]["clusters"], "all");
}

TEST_F(VolumeCopyTest, TakesWhatLiesBeforeABadSectorWhereALargeReadFailsAsAWhole) {
  for (std::uint64_t cluster = 0; cluster < 32; ++cluster) {
    use(cluster * kCluster);
    if (cluster != 0) volume.fill(cluster * kCluster, std::byte{1});
  }
  volume.bad[29 * kCluster] = 29 * kCluster + 512;
  volume.fails_whole = true;
  const auto& copy = run();
  EXPECT_TRUE(copy.pages.contains(28));
  EXPECT_FALSE(copy.pages.contains(29));
  EXPECT_TRUE(copy.pages.contains(30));
  EXPECT_EQ(context.records[1].json_of("unreadable"), "[\"118784+4096\"]");
}

TEST_F(VolumeCopyTest, TellsThatThereAreMoreBadPlacesThanItLists) {
  context.options["clusters"] = "all";
  for (std::uint64_t i = 0; i < 1500; ++i)
    volume.bad[(1000 + 2 * i) * kCluster] = (1001 + 2 * i) * kCluster;
  run();
  EXPECT_EQ(context.records[1]["more_unreadable"], "500");
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_THAT(context.notes[0].text(), HasSubstr("in 1500 places, of which the record lists 1000"));
}

TEST_F(VolumeCopyTest, CopiesNothingOnceTheRunIsToStop) {
  context.stopper.request_stop();
  EXPECT_THAT(run().parts, IsEmpty());
  EXPECT_THAT(context.records, IsEmpty());
}

TEST_F(VolumeCopyTest, WritesZerosForBadSectorsAndTellsWhere) {
  volume.fill(8 * kCluster, std::byte{1});
  volume.fill(11 * kCluster, std::byte{2});
  for (std::uint64_t cluster = 8; cluster < 12; ++cluster) use(cluster * kCluster);
  volume.bad[9 * kCluster] = 11 * kCluster;
  const auto& copy = run();
  EXPECT_TRUE(copy.pages.contains(8));
  EXPECT_FALSE(copy.pages.contains(9));
  EXPECT_TRUE(copy.pages.contains(11));
  EXPECT_EQ(context.records[1].json_of("unreadable"),
            "[\"" + std::to_string(9 * kCluster) + "+8192\"]");
  EXPECT_EQ(end()["unreadable_bytes"], "8192");
  EXPECT_EQ(end()["complete"], "false");
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_THAT(context.notes[0].text(), HasSubstr("8192 bytes cannot be read"));
}

TEST_F(VolumeCopyTest, EndsWhereTheRunTakesNoMore) {
  context.options["clusters"] = "all";
  context.most_parts = 2;
  const auto& copy = run();
  EXPECT_EQ(copy.parts.size(), 2u);
  EXPECT_FALSE(copy.finished);
  EXPECT_EQ(end()["complete"], "false");
  EXPECT_EQ(end().json_of("sha256"), "null");
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_THAT(context.notes[0].text(), HasSubstr("the copy ends"));
}

TEST_F(VolumeCopyTest, TellsThatAFolderIsNoVolume) {
  source.volume_bytes.clear();
  run();
  EXPECT_THAT(context.records, IsEmpty());
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_THAT(context.notes[0].text(), HasSubstr("no volume, but files"));
}

TEST_F(VolumeCopyTest, SaysNothingOfADriveThatIsKnownToBeEmpty) {
  source.volume_bytes.clear();
  source.add_volume({"D:", std::nullopt, "", Error{Errc::io, "volume D:", {}, "no medium"}});
  context.options["volumes"] = "every";
  source.volume_bytes["C:"] = [this]() -> Result<std::unique_ptr<ByteSource>> {
    return std::unique_ptr<ByteSource>{std::make_unique<test::SparseSource>(volume)};
  };
  run();
  EXPECT_THAT(context.notes, IsEmpty());
}

TEST_F(VolumeCopyTest, TellsAVolumeThatCannotBeOpened) {
  source.volume_bytes["C:"] = []() -> Result<std::unique_ptr<ByteSource>> {
    return Error{Errc::io, "open volume", {}, "CreateFileW: access denied"};
  };
  run();
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_THAT(context.notes[0].text(), HasSubstr("access denied"));
}

TEST_F(VolumeCopyTest, TakesOnlyVolumesWithAWindowsWhereTheProfileSaysSo) {
  context.options["volumes"] = "system";
  run();
  EXPECT_THAT(context.records, IsEmpty());
}

TEST_F(VolumeCopyTest, CopiesVolumesOfOtherKindsWhole) {
  source.add_volume({"volume2", std::nullopt, "FAT32",
                     Error{Errc::unsupported, "volume", {}, "not a volume of NTFS"}});
  SparseVolume fat;
  fat.size = kMiB;
  source.volume_bytes["volume2"] = [&]() -> Result<std::unique_ptr<ByteSource>> {
    return std::unique_ptr<ByteSource>{std::make_unique<test::SparseSource>(fat)};
  };
  run();
  ASSERT_EQ(context.copies.size(), 2u);
  const auto& copy = context.copies[0].volume == "volume2" ? context.copies[0] : context.copies[1];
  EXPECT_THAT(copy.parts, ElementsAre(std::pair{std::uint64_t{0}, kMiB}));
}

}  // namespace
}  // namespace hozen
