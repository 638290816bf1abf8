#include "collector/formats/ntfs_boot_search.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "collector/formats/ntfs_volume.h"
#include "tests/builders/ntfs_builder.h"

namespace hozen::ntfs {
namespace {

using builders::NtfsBuilder;
using builders::NtfsBytes;

/// A volume whose boot sector is destroyed, with `tail` bytes of something else behind it.
NtfsBytes damaged_volume(std::size_t tail) {
  NtfsBuilder builder{64};
  builder.file(builder.root(), "small", "content");
  NtfsBytes bytes = builder.volume();
  std::fill_n(bytes.begin(), 512, std::byte{0});
  bytes.resize(bytes.size() + tail, std::byte{'x'});
  return bytes;
}

std::vector<std::uint64_t> copies_in(const NtfsBytes& bytes) {
  MemorySource source{bytes};
  std::vector<std::uint64_t> offsets;
  each_boot_copy(source, [&](const BootSector&, std::uint64_t offset) {
    offsets.push_back(offset);
    return true;
  });
  return offsets;
}

TEST(NtfsBootSearch, FindsTheCopyInTheLastSectorOfEverySize) {
  const NtfsBytes volume = damaged_volume(0);
  const NtfsBytes sector(volume.end() - 512, volume.end());
  for (const std::size_t size : {512u, 1024u, 2048u, 4096u}) {
    NtfsBytes bytes(1 << 20);
    std::copy(sector.begin(), sector.end(), bytes.end() - static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(copies_in(bytes), std::vector<std::uint64_t>{bytes.size() - size});
  }
}

TEST(NtfsBootSearch, FindsTheCopyAtTheEndOfAVolumeInALongerPartition) {
  for (const std::size_t tail : {512u, 5000u, 3u << 20}) {
    const NtfsBytes bytes = damaged_volume(tail);
    EXPECT_EQ(copies_in(bytes), std::vector<std::uint64_t>{bytes.size() - tail - 512}) << tail;
    const auto volume = Volume::open(std::make_shared<MemorySource>(bytes));
    ASSERT_TRUE(volume) << tail;
    EXPECT_TRUE((*volume)->read_file(24));
    ASSERT_EQ((*volume)->problems().size(), 1u);
    EXPECT_NE((*volume)->problems()[0].detail.find(std::to_string(bytes.size() - tail - 512)),
              std::string::npos);
  }
}

TEST(NtfsBootSearch, TakesNoneThatLiesWhereItsVolumeDoesNotEnd) {
  NtfsBytes bytes = damaged_volume(4096);
  bytes.insert(bytes.begin(), 512, std::byte{0});
  EXPECT_TRUE(copies_in(bytes).empty());
}

TEST(NtfsBootSearch, LooksNoFurtherThanItSays) {
  constexpr std::size_t kFar = std::size_t{kBootSearchBytes};
  EXPECT_EQ(copies_in(damaged_volume(kFar - 512)).size(), 1u);
  EXPECT_TRUE(copies_in(damaged_volume(kFar)).empty());
}

TEST(NtfsBootSearch, EndsWhenItIsTold) {
  const NtfsBytes volume = damaged_volume(0);
  const NtfsBytes sector(volume.end() - 512, volume.end());
  NtfsBytes bytes = damaged_volume(8192);
  std::copy(sector.begin(), sector.end(), bytes.end() - 512);
  MemorySource source{bytes};
  int visits = 0;
  each_boot_copy(source, [&](const BootSector&, std::uint64_t) { return ++visits < 1; });
  EXPECT_EQ(visits, 1);
  EXPECT_EQ(copies_in(bytes).size(), 2u);
  EXPECT_TRUE(copies_in({}).empty());
  EXPECT_TRUE(copies_in(NtfsBytes(512)).empty());
}

/// Bytes of which the last ones cannot be read.
class BadEnd final : public ByteSource {
 public:
  explicit BadEnd(NtfsBytes bytes) : inner_{std::move(bytes)} {}
  std::uint64_t size() const override { return inner_.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset + out.size() > size() - 512) return Error{Errc::io, "sector", offset};
    return inner_.read_some(offset, out);
  }

 private:
  MemorySource inner_;
};

TEST(NtfsBootSearch, PassesOverWhatCannotBeRead) {
  BadEnd source{damaged_volume(4 << 20)};
  int visits = 0;
  each_boot_copy(source, [&](const BootSector&, std::uint64_t) { return ++visits != 0; });
  EXPECT_EQ(visits, 1);
}

}  // namespace
}  // namespace hozen::ntfs
