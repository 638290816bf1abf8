// Reading a volume below its file system, on a file that stands for the device.
#include <gtest/gtest.h>

#include <array>
#include <fstream>

#include "collector/base/native_win32.h"
#include "collector/source/raw_files_win32.h"
#include "collector/source/raw_volume_win32.h"
#include "tests/builders/ntfs_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using builders::NtfsBuilder;
using builders::NtfsBytes;
using win32::RawFiles;

class RawFilesTest : public testing::Test {
 protected:
  /// Writes the volume into a file and gives the path of that as a device.
  std::wstring device(const NtfsBytes& volume) {
    const auto path = folder.path() / "volume.dd";
    std::ofstream{path, std::ios::binary} << Bytes{volume}.chars();
    return L"\\\\?\\" + path.wstring();
  }
  RawFiles files(const NtfsBytes& volume, const std::string& file_system = "NTFS") {
    return RawFiles{{{"X:", device(volume)}}, {{"X:", std::nullopt, file_system, std::nullopt}}};
  }
  static std::string text_of(const Result<std::unique_ptr<ByteSource>>& content) {
    EXPECT_TRUE(content) << content.error().text();
    if (!content) return {};
    const auto bytes = read_all(**content, 1 << 20);
    EXPECT_TRUE(bytes);
    return bytes ? std::string{Bytes{*bytes}.chars()} : std::string{};
  }

  TempFolder folder;
};

TEST_F(RawFilesTest, ReadsAVolumeAtAnyPlaceAndLength) {
  NtfsBytes volume = NtfsBuilder{}.volume();
  for (std::size_t i = 0; i < volume.size(); i += 512) volume[i + 100] = std::byte(i / 512);
  const auto raw = open_raw_volume(device(volume));
  ASSERT_TRUE(raw) << raw.error().text();
  ASSERT_EQ((*raw)->size(), volume.size());
  for (const auto& [offset, length] : {std::pair<std::size_t, std::size_t>{0, 1},
                                       {511, 3},
                                       {4095, 4098},
                                       {100'001, 77'777},
                                       {volume.size() - 3, 3}}) {
    std::vector<std::byte> part(length);
    ASSERT_TRUE((*raw)->read(offset, part)) << offset;
    EXPECT_TRUE(
        std::equal(part.begin(), part.end(), volume.begin() + static_cast<std::ptrdiff_t>(offset)))
        << offset;
  }
  std::array<std::byte, 8> past{};
  EXPECT_EQ(*(*raw)->read_some(volume.size(), past), 0u);
  EXPECT_EQ(*(*raw)->read_some(volume.size() - 3, past), 3u);
}

TEST_F(RawFilesTest, SaysWhatIsNotThereOrNoVolume) {
  const auto absent = open_raw_volume(L"\\\\.\\no such volume");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, Errc::io);
  const auto zeros = open_raw_volume(device(NtfsBytes(8192)));
  ASSERT_TRUE(zeros) << "there are bytes to be copied";
  EXPECT_EQ((*zeros)->size(), 8192u);
  RawFiles raw = files(NtfsBytes(8192));
  EXPECT_FALSE(raw.open(EvidencePath{"X:"} / "$MFT"));
  const auto remarks = raw.take_remarks();
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_EQ(remarks[0].what, "volume X:");
  EXPECT_NE(remarks[0].detail.find("cannot be read: "), std::string::npos) << remarks[0].text();
  EXPECT_TRUE(raw.take_remarks().empty());
}

TEST_F(RawFilesTest, TellsTheDamageOfAVolume) {
  NtfsBuilder disk;
  disk.file(disk.root(), "a.txt", "content");
  NtfsBytes volume = disk.volume();
  RawFiles sound = files(volume);
  EXPECT_TRUE(sound.open(EvidencePath{"X:"} / "$MFT"));
  EXPECT_TRUE(sound.take_remarks().empty());
  volume.resize(volume.size() - 4096);  // the device ends early
  RawFiles cut = files(volume);
  EXPECT_TRUE(cut.open(EvidencePath{"X:"} / "$MFT"));
  EXPECT_EQ(cut.take_remarks().size(), 1u);
}

TEST_F(RawFilesTest, OpensFilesByTheirRecord) {
  NtfsBuilder disk;
  const auto held = disk.file(disk.root(), "held.txt", "held by another program");
  disk.stream(held, "ads", "a stream");
  RawFiles raw = files(disk.volume());
  FileInfo info;
  info.path = EvidencePath{"X:"} / "held.txt";
  info.file_reference = held.to_u64();
  const auto content = raw.open(info, info.path);
  EXPECT_EQ(text_of(content), "held by another program");
  EXPECT_EQ((*content)->method(), "raw_ntfs");
  EXPECT_EQ(text_of(raw.open(info, info.path.with_stream("ADS"))), "a stream");
  EXPECT_EQ(raw.open(info, info.path.with_stream("none")).error().code, Errc::not_found);
}

TEST_F(RawFilesTest, DoesNotTakeAnotherFileForTheOneMeant) {
  NtfsBuilder disk;
  const auto gone = disk.file(disk.root(), "gone.txt", "deleted");
  disk.remove(gone);
  const auto used = disk.file(disk.root(), "used.txt", "x");
  RawFiles raw = files(disk.volume());
  FileInfo info;
  info.path = EvidencePath{"X:"} / "a.txt";
  info.file_reference = gone.to_u64();
  EXPECT_EQ(raw.open(info, info.path).error().code, Errc::malformed);
  info.file_reference = ntfs::FileReference{used.record, 9}.to_u64();
  EXPECT_EQ(raw.open(info, info.path).error().code, Errc::malformed);
  // File systems that do not tell sequence numbers.
  info.file_reference = used.record;
  EXPECT_EQ(text_of(raw.open(info, info.path)), "x");
  info.file_reference.reset();
  EXPECT_EQ(raw.open(info, info.path).error().code, Errc::unsupported);
}

TEST_F(RawFilesTest, FindsTheFilesOfNtfsItself) {
  const NtfsBuilder disk;
  RawFiles raw = files(disk.volume());
  const EvidencePath table = EvidencePath{"X:"} / "$mft";
  EXPECT_EQ(text_of(raw.open(table)).size(), disk.table().size());
  const auto info = raw.stat(table);
  ASSERT_TRUE(info) << info.error().text();
  EXPECT_EQ(info->size, disk.table().size());
  EXPECT_EQ(raw.stat(EvidencePath{"X:"} / "$Extend" / "$UsnJrnl").error().code, Errc::not_found);
  EXPECT_EQ(raw.stat(EvidencePath{"X:"} / "$WinREAgent").error().code, Errc::not_found);
  EXPECT_EQ(raw.stat(EvidencePath{"Y:"} / "$MFT").error().code, Errc::not_found);
}

TEST_F(RawFilesTest, ReadsDeletedFiles) {
  NtfsBuilder disk;
  const auto gone = disk.file(disk.root(), "gone.txt", std::string(3000, 'g'));
  disk.remove(gone).bitmap({});
  RawFiles raw = files(disk.volume());
  EXPECT_TRUE(raw.reads_deleted("x:"));
  EXPECT_FALSE(raw.reads_deleted("Y:"));
  DeletedFile file{EvidencePath{"X:"} / "gone.txt", ntfs::FileReference{gone.record, 2}.to_u64()};
  auto found = raw.open_deleted(file);
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->state, DeletedState::free);
  ASSERT_TRUE(found->content);
  EXPECT_EQ(found->content->method(), "raw_ntfs");
  EXPECT_EQ(read_all(*found->content, 1 << 20)->size(), 3000u);
  file.file_reference = gone.to_u64();
  EXPECT_EQ(raw.open_deleted(file).error().code, Errc::malformed);
}

TEST_F(RawFilesTest, LeavesOtherFileSystemsAlone) {
  const NtfsBuilder disk;
  RawFiles raw = files(disk.volume(), "FAT32");
  EXPECT_EQ(raw.open(EvidencePath{"X:"} / "$MFT").error().code, Errc::not_found);
}

}  // namespace
}  // namespace hozen
