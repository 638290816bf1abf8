// The images of the test data: what is found on them, from the file to the volume.
#include <memory>

#include "collector/formats/partition_table.h"
#include "collector/formats/volume_kind.h"
#include "collector/source/image_file.h"
#include "collector/source/section_source.h"
#include "tests/real/real_evidence.h"

namespace hozen {
namespace {

using RealImages = real::RealEvidence;

std::string kind_of(ByteSource& volume) {
  const auto head = read_volume_kind(volume);
  return head ? std::string{to_text(head->kind)} : head.error().text();
}

TEST_F(RealImages, HaveAnMbrWhosePartitionIsLongerThanTheImage) {
  auto opened = open_image_file(testdata_path("ntfs/grr_ntfs_img.dd"));
  ASSERT_TRUE(opened) << opened.error().text();
  const std::shared_ptr<ByteSource> image = *std::move(opened);
  EXPECT_EQ(image->size(), 2'129'408u);
  const auto table = read_partition_table(*image);
  EXPECT_EQ(to_text(table.kind), "mbr");
  EXPECT_EQ(table.disk_id(), "0x13231194");
  ASSERT_EQ(table.partitions.size(), 1u);
  const Partition& part = table.partitions[0];
  EXPECT_EQ(part.type_id, "0x07");
  EXPECT_EQ(part.offset_bytes, 63u * 512);
  EXPECT_EQ(part.size_bytes, 160'587u * 512);
  EXPECT_TRUE(part.is_cut());
  EXPECT_EQ(part.available_bytes, 2'129'408u - 63 * 512);
  ASSERT_EQ(table.problems.size(), 1u);
  EXPECT_EQ(table.problems[0].code, Errc::truncated);
  SectionSource volume{image, part.offset_bytes, part.size_bytes};
  EXPECT_EQ(volume.size(), part.available_bytes);
  EXPECT_EQ(kind_of(volume), "ntfs");
}

TEST_F(RealImages, AreABareVolume) {
  auto image = open_image_file(testdata_path("ntfs/colinfinck_testfs1.dd"));
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ(to_text(read_partition_table(**image).kind), "none");
  EXPECT_EQ(kind_of(**image), "ntfs");
}

TEST_F(RealImages, HaveBootSectorsOfLargeSectors) {
  for (const char* const name : {"ntfs/dfir_ntfs/512.boot", "ntfs/dfir_ntfs/4k.boot"}) {
    MemorySource boot{testdata(name)};
    EXPECT_EQ(kind_of(boot), "ntfs") << name;
    EXPECT_EQ(to_text(read_partition_table(boot).kind), "none") << name;
  }
  MemorySource museum{testdata("ntfs/museum/Boot/Win10/APTSimulatorVM/$Boot")};
  EXPECT_EQ(kind_of(museum), "ntfs");
}

TEST_F(RealImages, AreRefusedWhenTheyAreNotRaw) {
  const auto ewf = open_image_file(testdata_path("ntfs/velociraptor_test.ntfs.dd.E01"));
  ASSERT_FALSE(ewf);
  EXPECT_EQ(ewf.error().code, Errc::unsupported);
  EXPECT_NE(ewf.error().text().find("ewfexport"), std::string::npos);
  const auto gzip = open_image_file(testdata_path("ntfs/dfir_ntfs/fat12.raw.gz"));
  ASSERT_FALSE(gzip);
  EXPECT_NE(gzip.error().text().find("gzip -d"), std::string::npos);
}

}  // namespace
}  // namespace hozen
