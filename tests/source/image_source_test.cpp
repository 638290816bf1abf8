#include "collector/source/image_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "collector/base/bytes.h"
#include "tests/builders/disk_builder.h"
#include "tests/builders/ntfs_builder.h"
#include "tests/builders/regf_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using builders::DiskBuilder;
using builders::guid_of;
using builders::NtfsBuilder;
using builders::NtfsBytes;
using builders::RegfBuilder;
using ::testing::HasSubstr;
using Names = std::vector<std::string>;

constexpr std::uint32_t kSector = 512;
constexpr std::uint32_t kSignature = 0x1234ABCD;
constexpr const char* kUnique = "{11111111-2222-3333-4444-555555555555}";

EvidencePath path(std::string_view text) { return *EvidencePath::parse(text); }

std::vector<std::byte> device_of_mbr(std::uint64_t offset) {
  std::vector<std::byte> value(12);
  std::memcpy(value.data(), &kSignature, 4);
  std::memcpy(value.data() + 4, &offset, 8);
  return value;
}

std::vector<std::byte> device_of_gpt(std::string_view guid) {
  std::vector<std::byte> value(24);
  std::memcpy(value.data(), "DMIO:ID:", 8);
  const Guid id = guid_of(guid);
  std::memcpy(value.data() + 8, id.bytes.data(), 16);
  return value;
}

struct Letter {
  std::string value;
  std::vector<std::byte> device;
};

/// A volume with one file that says which it is; with a Windows when it has letters to tell.
NtfsBytes volume(const std::string& mark, const std::vector<Letter>& letters = {},
                 bool windows = false) {
  NtfsBuilder builder{64};
  builder.file(builder.root(), "mark", mark);
  if (windows || !letters.empty()) {
    const auto folder = builder.folder(builder.root(), "Windows");
    const auto system32 = builder.folder(folder, "System32");
    const auto config = builder.folder(system32, "config");
    if (!letters.empty()) {
      RegfBuilder hive;
      hive.key("MountedDevices");
      for (const Letter& letter : letters) hive.value(letter.value, 3, letter.device);
      builder.file(config, "SYSTEM", Bytes{hive.bytes()}.chars());
    }
  }
  return builder.volume();
}

class ImageSource : public testing::Test {
 protected:
  Result<std::unique_ptr<EvidenceSource>> try_open(const std::vector<std::byte>& image,
                                                   std::optional<std::uint32_t> partition = {}) {
    const auto file = folder.write("image.dd", Bytes{image}.chars());
    return make_image_source({file.string(), partition});
  }
  std::unique_ptr<EvidenceSource> open(const std::vector<std::byte>& image,
                                       std::optional<std::uint32_t> partition = {}) {
    auto source = try_open(image, partition);
    EXPECT_TRUE(source) << source.error().text();
    return source ? *std::move(source) : nullptr;
  }
  static std::string content(EvidenceSource& source, std::string_view asked) {
    const auto opened = source.open(path(asked));
    if (!opened) return "error: " + opened.error().text();
    const auto bytes = read_all(**opened, 1 << 20);
    return bytes ? std::string{Bytes{*bytes}.chars()} : "error: " + bytes.error().text();
  }
  static Names names(EvidenceSource& source) {
    Names names;
    for (const VolumeInfo& info : source.volumes()) names.push_back(info.name);
    return names;
  }

  TempFolder folder;
};

TEST_F(ImageSource, IsABareVolume) {
  const auto bytes = volume("bare");
  const auto source = open(bytes);
  EXPECT_EQ(source->kind(), "image");
  EXPECT_EQ(source->method(), "raw_ntfs");
  EXPECT_THAT(source->describe(), HasSubstr("image.dd"));
  ASSERT_EQ(names(*source), Names{"volume1"});
  const VolumeInfo& info = source->volumes()[0];
  EXPECT_EQ(info.serial, "70EC-FA33");
  EXPECT_EQ(info.file_system, "NTFS");
  EXPECT_EQ(info.size_bytes, bytes.size());
  EXPECT_FALSE(info.partition);
  EXPECT_EQ(content(*source, "volume1\\MARK"), "bare");
  EXPECT_TRUE(source->take_remarks().empty());
  EXPECT_EQ(try_open(bytes, 1).error().code, Errc::not_found);
}

TEST_F(ImageSource, OfAWindowsWithoutLettersIsC) {
  const auto source = open(volume("system", {}, true));
  EXPECT_EQ(names(*source), Names{"C:"});
  EXPECT_EQ(content(*source, "C:\\mark"), "system");
}

/// Two volumes of NTFS, one of FAT, one that is encrypted, one of nothing.
DiskBuilder mbr_disk(const NtfsBytes& first, const NtfsBytes& second) {
  const auto sectors = static_cast<std::uint32_t>(first.size() / kSector);
  DiskBuilder disk{8 << 20};
  disk.mbr(kSignature)
      .primary(1, 0x07, 2048, sectors)
      .primary(2, 0x0C, 4096, 100)
      .extended(3, 5000, 8000)
      .logical(0x07, 5100, static_cast<std::uint32_t>(second.size() / kSector))
      .logical(0x07, 9000, 100)
      .logical(0x07, 9500, 100)
      .put(2048 * kSector, first)
      .put(4096 * kSector, builders::boot_sector(VolumeKind::fat32))
      .put(5100 * kSector, second)
      .put(9000 * kSector, builders::boot_sector(VolumeKind::bitlocker));
  return disk;
}

TEST_F(ImageSource, OfADiskHoldsItsVolumesAndNamesTheRest) {
  const auto source = open(mbr_disk(volume("first"), volume("second")).bytes());
  ASSERT_EQ(names(*source), (Names{"volume1", "volume5", "volume2", "volume6", "volume7"}));
  EXPECT_EQ(content(*source, "volume1\\mark"), "first");
  EXPECT_EQ(content(*source, "volume5\\mark"), "second");
  EXPECT_EQ(source->volumes()[1].offset_bytes, 5100u * kSector);
  EXPECT_EQ(source->volumes()[1].partition, 5u);
  for (const std::size_t i : {2u, 3u}) {
    const VolumeInfo& info = source->volumes()[i];
    ASSERT_TRUE(info.unreadable) << info.name;
    EXPECT_EQ(info.unreadable->code, Errc::unsupported);
    EXPECT_THAT(info.unreadable->what, HasSubstr("partition " + std::to_string(*info.partition)));
    EXPECT_FALSE(info.unreadable->detail.empty());
  }
  EXPECT_THAT(source->volumes()[3].unreadable->text(), HasSubstr("BitLocker"));
}

TEST_F(ImageSource, TakesLettersFromTheWindowsOnIt) {
  const auto system = volume("system", {{"\\DosDevices\\C:", device_of_mbr(5100 * kSector)},
                                        {"\\DosDevices\\E:", device_of_mbr(2048 * kSector)}});
  const auto source = open(mbr_disk(volume("data"), system).bytes());
  EXPECT_EQ(names(*source), (Names{"E:", "C:", "volume2", "volume6", "volume7"}));
  EXPECT_EQ(content(*source, "c:\\mark"), "system");
  EXPECT_EQ(content(*source, "E:\\mark"), "data");
}

TEST_F(ImageSource, GivesTheBytesOfEveryVolumeUnderItsName) {
  const auto system = volume("system", {{"\\DosDevices\\C:", device_of_mbr(5100 * kSector)},
                                        {"\\DosDevices\\E:", device_of_mbr(2048 * kSector)}});
  const auto data = volume("data");
  const auto source = open(mbr_disk(data, system).bytes());
  const auto bytes_of = [&](const std::string& name) {
    const auto opened = source->open_volume(name);
    EXPECT_TRUE(opened) << name;
    auto bytes = opened ? read_all(**opened, 8 << 20) : opened.error();
    return bytes ? *bytes : std::vector<std::byte>{};
  };
  EXPECT_EQ(bytes_of("C:"), system);
  EXPECT_EQ(bytes_of("E:"), data);
  // Volumes that cannot be read as file systems.
  EXPECT_EQ(bytes_of("volume2").size(), 100 * kSector);
  EXPECT_THAT(std::string{Bytes{bytes_of("volume6")}.chars()}, HasSubstr("-FVE-FS-"));
  EXPECT_EQ(source->open_volume("volume1").error().code, Errc::not_found);
}

TEST_F(ImageSource, OfADiskWithNothingToReadTellsWhatWasInTheWay) {
  DiskBuilder disk{8 << 20};
  disk.mbr(kSignature).extended(1, 2048, 8000);
  const auto none = try_open(disk.wipe(2048 * kSector, kSector).bytes());
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().detail, HasSubstr("it holds no volume: extended boot record"));
  DiskBuilder other{8 << 20};
  other.mbr(kSignature).primary(1, 0x07, 2048, 100'000);
  const auto cut = try_open(other.bytes());
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().detail, HasSubstr("nothing but zeros"));
  EXPECT_THAT(cut.error().detail, HasSubstr("the image ends before it"));
}

TEST_F(ImageSource, OfNoFileSystemWeReadIsOpenedWhereBytesAreWanted) {
  std::vector<std::byte> image = builders::boot_sector(VolumeKind::bitlocker);
  image.resize(1 << 20);
  EXPECT_EQ(try_open(image).error().code, Errc::unsupported);
  ImageChoice choice{(folder.path() / "image.dd").string()};
  choice.bytes_are_enough = true;
  const auto source = make_image_source(choice);
  ASSERT_TRUE(source) << source.error().text();
  ASSERT_EQ((*source)->volumes().size(), 1u);
  EXPECT_TRUE((*source)->volumes()[0].unreadable);
  EXPECT_EQ((*(*source)->open_volume("volume1"))->size(), image.size());
}

TEST_F(ImageSource, DamagedBootSectorThatCanBeReadGivesWayToItsCopy) {
  NtfsBytes bytes = volume("mark");
  // A copy behind the volume, as Windows has it.
  const NtfsBytes boot{bytes.begin(), bytes.begin() + 512};
  bytes.insert(bytes.end(), boot.begin(), boot.end());
  for (const std::size_t at : {std::size_t{48}, std::size_t{64}}) {
    NtfsBytes damaged = bytes;
    damaged[at] ^= at == 64 ? std::byte{1} : std::byte{0x80};
    const auto source = open(damaged);
    ASSERT_TRUE(source) << at;
    EXPECT_EQ(content(*source, "volume1\\mark"), "mark") << at;
    EXPECT_FALSE(source->take_remarks().empty()) << at;
  }
}

TEST_F(ImageSource, VolumeOfAWindowsWhoseHiveSaysNothingIsC) {
  const auto source = open(mbr_disk(volume("data"), volume("system", {}, true)).bytes());
  EXPECT_EQ(names(*source), (Names{"volume1", "C:", "volume2", "volume6", "volume7"}));
}

TEST_F(ImageSource, TwoVolumesNeverHaveOneName) {
  const std::vector<Letter> letters{{"\\DosDevices\\C:", device_of_mbr(5100 * kSector)}};
  const auto source = open(mbr_disk(volume("other", {}, true), volume("system", letters)).bytes());
  EXPECT_EQ(names(*source), (Names{"volume1", "C:", "volume2", "volume6", "volume7"}));
  EXPECT_EQ(content(*source, "C:\\mark"), "system");
}

TEST_F(ImageSource, OfOnePartitionHoldsThatOne) {
  const auto image = mbr_disk(volume("first"), volume("second")).bytes();
  const auto source = open(image, 5);
  EXPECT_EQ(names(*source), Names{"volume5"});
  EXPECT_EQ(content(*source, "volume5\\mark"), "second");
  const auto absent = try_open(image, 9);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, Errc::not_found);
  EXPECT_THAT(absent.error().text(), HasSubstr("partition 5"));
  const auto fat = try_open(image, 2);
  ASSERT_FALSE(fat);
  EXPECT_EQ(fat.error().code, Errc::unsupported);
  EXPECT_THAT(fat.error().text(), HasSubstr("partition 2"));
}

/// The Windows that says how it is called lies on another partition.
TEST_F(ImageSource, OfOnePartitionTakesItsLetterFromTheWindowsOfAnother) {
  const std::vector<Letter> letters{{"\\DosDevices\\C:", device_of_mbr(5100 * kSector)},
                                    {"\\DosDevices\\E:", device_of_mbr(2048 * kSector)}};
  const auto image = mbr_disk(volume("data"), volume("system", letters)).bytes();
  const auto all = open(image);
  EXPECT_EQ(names(*all), (Names{"E:", "C:", "volume2", "volume6", "volume7"}));
  const auto first = open(image, 1);
  EXPECT_EQ(names(*first), Names{"E:"});
  EXPECT_EQ(content(*first, "E:\\mark"), "data");
  EXPECT_FALSE(first->stat(EvidencePath{"C:"} / "mark"));
}

TEST_F(ImageSource, OfAGptDiskTakesLettersByGuid) {
  const auto bytes = volume("system", {{"\\DosDevices\\C:", device_of_gpt(kUnique)}});
  const std::uint64_t last = 2048 + bytes.size() / kSector - 1;
  const auto source = open(DiskBuilder{8 << 20}
                               .gpt(guid_of("{00000001-0000-0000-0000-000000000000}"))
                               .entry({.type = builders::kEfiSystem, .first = 100, .last = 400})
                               .entry({.unique = guid_of(kUnique), .first = 2048, .last = last})
                               .put(100 * kSector, builders::boot_sector(VolumeKind::fat32))
                               .put(2048 * kSector, bytes)
                               .bytes());
  EXPECT_EQ(names(*source), (Names{"C:", "volume1"}));
  EXPECT_EQ(content(*source, "C:\\mark"), "system");
}

TEST_F(ImageSource, VolumeThatIsDamagedIsNamedAndTheOthersAreRead) {
  auto damaged = volume("damaged");
  std::fill(damaged.begin() + 8 * 1024, damaged.begin() + 17 * 1024, std::byte{0});
  const auto source = open(mbr_disk(damaged, volume("second")).bytes());
  EXPECT_EQ(names(*source), (Names{"volume5", "volume1", "volume2", "volume6", "volume7"}));
  EXPECT_EQ(source->volumes()[1].file_system, "NTFS");
  EXPECT_EQ(source->volumes()[1].unreadable->code, Errc::malformed);
  const auto alone = try_open(damaged);
  ASSERT_FALSE(alone);
  EXPECT_THAT(alone.error().text(), HasSubstr("no volume that can be read"));
}

TEST_F(ImageSource, VolumeThatWasWipedIsNamed) {
  const auto source = open(mbr_disk(volume("first"), NtfsBytes(64 * 1024)).bytes());
  EXPECT_EQ(names(*source), (Names{"volume1", "volume2", "volume5", "volume6", "volume7"}));
  EXPECT_EQ(source->volumes()[2].unreadable->code, Errc::unsupported);
  EXPECT_EQ(source->volumes()[2].file_system, "empty");
}

TEST_F(ImageSource, SaysThatLettersAreGuessedWhereTheHiveCannotBeRead) {
  NtfsBuilder builder{64};
  const auto windows = builder.folder(builder.root(), "Windows");
  const auto config = builder.folder(builder.folder(windows, "System32"), "config");
  // A hive that says it has a gigabyte, and has no cluster.
  builders::NtfsRecordBuilder huge;
  huge.standard(FileTime{1}).name(config, "SYSTEM");
  const std::uint64_t clusters = 1u << 20;
  huge.non_resident({ntfs::attribute_type::kData,
                     "",
                     {{0, ntfs::kSparseLcn, clusters}},
                     clusters * 1024,
                     clusters * 1024,
                     0});
  builder.add(huge);
  const auto source = open(mbr_disk(volume("data"), builder.volume()).bytes());
  EXPECT_EQ(names(*source), (Names{"volume1", "C:", "volume2", "volume6", "volume7"}));
  bool told = false;
  for (const Error& remark : source->take_remarks())
    told = told || remark.detail.starts_with("drive letters are guessed");
  EXPECT_TRUE(told);
}

TEST_F(ImageSource, IsReadFromItsParts) {
  const auto image = mbr_disk(volume("first"), volume("second")).bytes();
  const std::size_t cut = 3'000'064;
  const Bytes whole{image};
  const auto first = folder.write("split.001", whole.head(cut).chars());
  folder.write("split.002", whole.tail(cut).head(cut).chars());
  folder.write("split.003", whole.tail(2 * cut).chars());
  const auto source = make_image_source({first.string(), {}});
  ASSERT_TRUE(source) << source.error().text();
  EXPECT_EQ(content(**source, "volume5\\mark"), "second");
}

TEST_F(ImageSource, OfNothingIsRefused) {
  const auto empty = try_open(std::vector<std::byte>(1 << 20));
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, Errc::unsupported);
  EXPECT_THAT(empty.error().what, HasSubstr("image.dd"));
  EXPECT_EQ(make_image_source({(folder.path() / "absent").string(), {}}).error().code,
            Errc::not_found);
  const auto locked = try_open(builders::boot_sector(VolumeKind::bitlocker));
  ASSERT_FALSE(locked);
  EXPECT_THAT(locked.error().text(), HasSubstr("BitLocker"));
}

TEST_F(ImageSource, EveryCutOfItsEndIsSurvived) {
  const auto image = mbr_disk(volume("first"), volume("second")).bytes();
  for (std::size_t size = 512; size < image.size(); size += 60'001) {
    const auto source =
        try_open({image.begin(), image.begin() + static_cast<std::ptrdiff_t>(size)});
    if (!source) continue;
    for (const VolumeInfo& info : (*source)->volumes())
      if (!info.unreadable) (void)content(**source, info.name + "\\mark");
  }
}

}  // namespace
}  // namespace hozen
