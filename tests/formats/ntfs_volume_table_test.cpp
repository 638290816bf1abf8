// How a volume finds a file table of several pieces, some of which are lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "collector/formats/ntfs_bitmap_check.h"
#include "collector/formats/ntfs_table.h"
#include "collector/formats/ntfs_volume.h"
#include "tests/builders/ntfs_builder.h"

namespace hozen::ntfs {
namespace {

using builders::NtfsBuilder;
using builders::NtfsBytes;
using builders::NtfsRecordBuilder;
namespace type = attribute_type;

constexpr std::uint64_t kRecord = 1024;
constexpr std::uint64_t kFirst = 28, kSecond = 36, kEnd = 44;  // where the pieces begin and end
constexpr std::uint64_t kSecondPiece = 13, kThirdPiece = 14;   // reserved records, in the first

template <class T>
void put(NtfsBytes& bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

/// The records of a table in three pieces, with a file in each record from 24 on.
class PiecedTable {
 public:
  PiecedTable() {
    for (std::uint64_t number = 24; number < kEnd; ++number)
      builder_.file(builder_.root(), "f" + std::to_string(number), "content");
    NtfsBytes list(3 * 32);
    const auto entry = [&](std::size_t at, std::uint64_t vcn, std::uint64_t record) {
      put(list, at, std::uint32_t{type::kData});
      put(list, at + 4, std::uint16_t{32});
      put(list, at + 7, std::uint8_t{26});
      put(list, at + 8, vcn);
      put(list, at + 16, FileReference{record, 1}.to_u64());
    };
    entry(0, 0, 0);
    entry(32, kFirst, kSecondPiece);
    entry(64, kSecond, kThirdPiece);
    NtfsRecordBuilder first;
    first.name({5, 5}, "$MFT").resident({type::kAttributeList, "", list});
    first.non_resident({.runs = {{0, NtfsBuilder::kMftLcn, kFirst}},
                        .size = kEnd * kRecord,
                        .initialized = kEnd * kRecord});
    bytes_ = builder_.volume();
    place(0, first);
    std::copy_n(at(0), kRecord, bytes_.begin() + NtfsBuilder::kMirrorLcn * 1024);
    place_piece(kSecondPiece, kFirst, kSecond);
    place_piece(kThirdPiece, kSecond, kEnd);
  }
  NtfsBytes without(std::uint64_t record) const {
    NtfsBytes bytes = bytes_;
    std::fill_n(bytes.begin() + (at(record) - bytes_.begin()), kRecord, std::byte{0});
    return bytes;
  }
  const NtfsBytes& whole() const { return bytes_; }

 private:
  NtfsBytes::iterator at(std::uint64_t record) {
    return bytes_.begin() + static_cast<std::ptrdiff_t>(builder_.mft_offset() + record * kRecord);
  }
  NtfsBytes::const_iterator at(std::uint64_t record) const {
    return bytes_.begin() + static_cast<std::ptrdiff_t>(builder_.mft_offset() + record * kRecord);
  }
  void place(std::uint64_t number, const NtfsRecordBuilder& record) {
    const NtfsBytes made = record.bytes(number);
    std::copy(made.begin(), made.end(), at(number));
  }
  void place_piece(std::uint64_t number, std::uint64_t vcn, std::uint64_t end) {
    NtfsRecordBuilder extension;
    extension.base({0, 1});
    extension.non_resident(
        {.runs = {{vcn, NtfsBuilder::kMftLcn + vcn, end - vcn}}, .first_vcn = vcn});
    place(number, extension);
  }

  NtfsBuilder builder_{64};
  NtfsBytes bytes_;
};

std::shared_ptr<Volume> opened(NtfsBytes bytes) {
  auto volume = Volume::open(std::make_shared<MemorySource>(std::move(bytes)));
  EXPECT_TRUE(volume) << volume.error().text();
  return volume ? *volume : nullptr;
}

std::string told(const Volume& volume, std::string_view part) {
  for (const Error& problem : volume.problems())
    if (problem.what.find(part) != std::string::npos) return problem.what;
  return "";
}

/// What became of each record: `+` read, `-` not there, `!` cannot be read.
std::string states(Volume& volume) {
  std::string states;
  std::vector<std::byte> buffer;
  for (std::uint64_t number = 24; number < volume.record_count(); ++number) {
    const auto slot = volume.read_record(number, buffer);
    states += !slot ? '!' : slot->state == SlotState::record ? '+' : '-';
  }
  return states;
}

TEST(NtfsVolumeTable, IsReadInThreePieces) {
  const auto volume = opened(PiecedTable{}.whole());
  EXPECT_TRUE(volume->problems().empty());
  EXPECT_EQ(states(*volume), std::string(kEnd - 24, '+'));
}

TEST(NtfsVolumeTable, BehindALostPieceIsReadAllTheSame) {
  const auto volume = opened(PiecedTable{}.without(kSecondPiece));
  EXPECT_EQ(states(*volume), std::string(kFirst - 24, '+') + std::string(kSecond - kFirst, '!') +
                                 std::string(kEnd - kSecond, '+'));
  EXPECT_EQ(told(*volume, "cannot be read"), "ntfs file records 28 to 35 cannot be read");
  const auto file = volume->read_file(kEnd - 1);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->best_name()->name, "f43");
  FileTable table{volume->mft(), volume->boot().record_bytes};
  std::vector<std::string> problems;
  table.index([&](const Error& problem) { problems.push_back(problem.what); });
  ASSERT_EQ(problems.size(), 1u) << "one range";
  EXPECT_EQ(problems[0], "ntfs file records 28 to 35: ntfs stream: no clusters known here");
  EXPECT_EQ(table.counts().malformed, kSecond - kFirst) << "never unused";
  const auto whole = opened(PiecedTable{}.whole());
  FileTable all{whole->mft(), whole->boot().record_bytes};
  all.index([](const Error& problem) { ADD_FAILURE() << problem.text(); });
  EXPECT_EQ(table.counts().files_in_use, all.counts().files_in_use - (kSecond - kFirst));
}

TEST(NtfsVolumeTable, WhoseLastPieceIsLostEndsWithRecordsThatCannotBeRead) {
  const auto volume = opened(PiecedTable{}.without(kThirdPiece));
  EXPECT_EQ(states(*volume), std::string(kSecond - 24, '+') + std::string(kEnd - kSecond, '!'));
  EXPECT_EQ(told(*volume, "cannot be read"), "ntfs file records 36 to 43 cannot be read");
  EXPECT_EQ(told(*volume, "larger"), "");
}

TEST(NtfsVolumeTable, WithALostPieceIsNotHeldAgainstTheBitmap) {
  for (const std::uint64_t lost : {kSecondPiece, kThirdPiece}) {
    const auto volume = opened(PiecedTable{}.without(lost));
    const BootSector& boot = volume->boot();
    const auto used = list_used_clusters(volume->mft(), boot.record_bytes, boot.total_clusters());
    ASSERT_TRUE(used);
    EXPECT_FALSE(used->is_whole) << lost;
    const auto found = find_unmarked_clusters(
        volume->mft(), boot.record_bytes,
        std::make_unique<MemorySource>(NtfsBytes(1000, std::byte{0xFF})), boot.total_clusters());
    ASSERT_FALSE(found) << lost;
    EXPECT_EQ(found.error().code, Errc::malformed);
  }
}

}  // namespace
}  // namespace hozen::ntfs
