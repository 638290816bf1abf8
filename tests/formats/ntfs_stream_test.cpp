#include "collector/formats/ntfs_stream.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/builders/compression_builder.h"

namespace hozen::ntfs {
namespace {

using Data = std::vector<std::byte>;

constexpr std::size_t kCluster = 512, kUnit = 16 * kCluster;

Data noise(std::size_t size, unsigned seed) {
  std::mt19937 random{seed};
  Data data(size);
  for (std::byte& b : data) b = static_cast<std::byte>(random());
  return data;
}

/// A volume of clusters that all differ, and what was put on it.
class Disk {
 public:
  explicit Disk(std::size_t clusters) : bytes_{noise(clusters * kCluster, 1)} {}
  void put(std::uint64_t lcn, const Data& data) {
    std::copy(data.begin(), data.end(),
              bytes_.begin() + static_cast<std::ptrdiff_t>(lcn * kCluster));
  }
  Data clusters(std::uint64_t lcn, std::uint64_t count) const {
    const auto first = bytes_.begin() + static_cast<std::ptrdiff_t>(lcn * kCluster);
    return {first, first + static_cast<std::ptrdiff_t>(count * kCluster)};
  }
  RunSource open(StreamLayout layout) const {
    return {std::make_shared<MemorySource>(bytes_), kCluster, std::move(layout)};
  }

 private:
  Data bytes_;
};

Data joined(const std::vector<Data>& parts) {
  Data whole;
  for (const Data& part : parts) whole.insert(whole.end(), part.begin(), part.end());
  return whole;
}

/// Reads of all kinds give what the whole is.
void expect_content(RunSource& source, const Data& whole) {
  ASSERT_EQ(source.size(), whole.size());
  Data out(whole.size() + 10);
  const auto all = source.read_some(0, out);
  ASSERT_TRUE(all) << all.error().text();
  EXPECT_EQ(*all, whole.size()) << "less only at the end";
  out.resize(whole.size());
  EXPECT_TRUE(out == whole);
  std::mt19937 random{7};
  for (int i = 0; i < 300; ++i) {
    const std::size_t from = random() % (whole.size() + 1);
    Data part(random() % 2000);
    const auto count = source.read_some(from, part);
    ASSERT_TRUE(count) << count.error().text();
    ASSERT_EQ(*count, std::min(part.size(), whole.size() - from));
    EXPECT_TRUE(std::equal(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(*count),
                           whole.begin() + static_cast<std::ptrdiff_t>(from)))
        << from;
  }
  EXPECT_EQ(*source.read_some(whole.size(), out), 0u);
  EXPECT_EQ(*source.read_some(~std::uint64_t{0}, out), 0u);
}

TEST(NtfsStream, JoinsItsRuns) {
  const Disk disk{64};
  RunSource source = disk.open({.runs = {{0, 40, 2}, {2, kSparseLcn, 3}, {5, 3, 1}, {6, 41, 4}},
                                .size_bytes = 9 * kCluster + 17,
                                .initialized_bytes = 9 * kCluster + 17});
  Data whole =
      joined({disk.clusters(40, 2), Data(3 * kCluster), disk.clusters(3, 1), disk.clusters(41, 4)});
  whole.resize(9 * kCluster + 17);
  expect_content(source, whole);
}

TEST(NtfsStream, IsZerosBehindWhatWasWritten) {
  const Disk disk{64};
  RunSource source =
      disk.open({.runs = {{0, 10, 8}}, .size_bytes = 8 * kCluster, .initialized_bytes = 1000});
  Data whole = disk.clusters(10, 8);
  std::fill(whole.begin() + 1000, whole.end(), std::byte{0});
  expect_content(source, whole);
  RunSource nothing =
      disk.open({.runs = {{0, kSparseLcn, 6}}, .size_bytes = 3000, .initialized_bytes = 0});
  expect_content(nothing, Data(3000));
}

TEST(NtfsStream, HasNothingBehindItsClustersWhateverSizeItSays) {
  const Disk disk{64};
  RunSource source = disk.open(
      {.runs = {{0, 10, 2}}, .size_bytes = 1ull << 40, .initialized_bytes = 2 * kCluster});
  Data out(4 * kCluster);
  EXPECT_EQ(*source.read_some(0, out), 2 * kCluster);
  const auto behind = source.read_some(2 * kCluster, out);
  ASSERT_FALSE(behind);
  EXPECT_EQ(behind.error().code, Errc::malformed);
  RunSource none = disk.open({.runs = {}, .size_bytes = 3000, .initialized_bytes = 0});
  EXPECT_FALSE(none.read_some(0, out));
}

TEST(NtfsStream, GivesWhatLiesBeforeAHoleThatIsAnError) {
  const Disk disk{64};
  RunSource source = disk.open({.runs = {{0, 40, 1}, {3, 50, 1}},
                                .size_bytes = 4 * kCluster,
                                .initialized_bytes = 4 * kCluster});
  Data out(4 * kCluster);
  EXPECT_EQ(*source.read_some(0, out), kCluster);
  const auto hole = source.read_some(kCluster, out);
  ASSERT_FALSE(hole);
  EXPECT_EQ(hole.error().code, Errc::malformed);
  EXPECT_EQ(hole.error().offset, kCluster);
  EXPECT_EQ(*source.read_some(3 * kCluster, out), kCluster);
}

TEST(NtfsStream, OfAVolumeThatIsCutGivesWhatIsThere) {
  const Disk disk{20};
  RunSource source = disk.open(
      {.runs = {{0, 18, 10}}, .size_bytes = 10 * kCluster, .initialized_bytes = 10 * kCluster});
  Data out(10 * kCluster);
  EXPECT_EQ(*source.read_some(0, out), 2 * kCluster);
  const auto behind = source.read_some(2 * kCluster, out);
  ASSERT_FALSE(behind);
  EXPECT_EQ(behind.error().code, Errc::truncated);
  EXPECT_EQ(behind.error().offset, 20 * kCluster);
}

/// A volume of which one sector cannot be read.
class BadSector final : public ByteSource {
 public:
  BadSector(Data bytes, std::uint64_t bad) : bytes_{std::move(bytes)}, bad_{bad} {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= bad_ && offset < bad_ + kCluster) return Error{Errc::io, "disk", offset, "bad"};
    if (offset < bad_)
      out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), bad_ - offset)));
    return bytes_.read_some(offset, out);
  }

 private:
  MemorySource bytes_;
  std::uint64_t bad_;
};

TEST(NtfsStream, TellsWhereReadingGoesOn) {
  const Disk disk{64};
  const auto layout = [](std::vector<ntfs::Run> runs, std::uint64_t clusters,
                         std::uint32_t unit = 0) {
    return StreamLayout{std::move(runs), clusters * kCluster, clusters * kCluster, unit};
  };
  RunSource lost = disk.open(layout({{0, 40, 1}, {3, 50, 1}}, 6));
  EXPECT_EQ(lost.resumes_at(kCluster + 7), 3 * kCluster) << "the next run";
  EXPECT_EQ(lost.resumes_at(4 * kCluster), lost.size()) << "nothing follows";

  RunSource cut = disk.open(layout({{0, 60, 8}, {8, 10, 1}}, 9));
  EXPECT_EQ(cut.resumes_at(4 * kCluster), 8 * kCluster) << "the rest of the run lies nowhere";

  RunSource units = disk.open(layout({{0, 1, 4}, {16, 8, 4}, {32, 20, 4}}, 48, 16));
  EXPECT_EQ(units.resumes_at(100), 16 * kCluster) << "the next unit";
  RunSource lost_units = disk.open(layout({{0, 1, 4}, {50, 20, 4}}, 80, 16));
  EXPECT_EQ(lost_units.resumes_at(16 * kCluster), 48 * kCluster) << "the next unit with clusters";

  // Clusters 8 to 15 are the second 4096 bytes of the volume.
  RunSource bad{std::make_shared<BadSector>(disk.clusters(0, 64), 9 * kCluster), kCluster,
                layout({{0, 6, 8}, {8, 20, 1}}, 9)};
  Data out(9 * kCluster);
  EXPECT_EQ(*bad.read_some(0, out), 3 * kCluster);
  EXPECT_EQ(bad.resumes_at(3 * kCluster), 8 * kCluster) << "the run ends before the 4096 bytes do";
  RunSource within{std::make_shared<BadSector>(disk.clusters(0, 64), 9 * kCluster), kCluster,
                   layout({{0, 6, 20}}, 20)};
  EXPECT_EQ(within.resumes_at(3 * kCluster), 10 * kCluster);
}

TEST(NtfsStream, OfHugeHolesIsReadToItsEnd) {
  const Disk disk{4};
  constexpr std::uint64_t kHole = std::uint64_t{1} << 55;  // 2^64 bytes
  RunSource source = disk.open({.runs = {{0, kSparseLcn, kHole}},
                                .size_bytes = ~std::uint64_t{0},
                                .initialized_bytes = ~std::uint64_t{0}});
  Data out(1000, std::byte{1});
  EXPECT_EQ(*source.read_some(0, out), 1000u);
  EXPECT_TRUE(out == Data(1000));
  EXPECT_EQ(*source.read_some(~std::uint64_t{0} - 10, out), 10u);
}

/// Units of 16 clusters, 8 KiB: one compressed, one a hole, one stored, one of few bytes.
struct Compressed {
  Disk disk{128};
  Data whole;
  StreamLayout layout;

  Compressed() {
    Data text(8192);
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<std::byte>(i / 40);
    const Data packed = builders::lznt1(text, builders::Lznt1Chunks::matches);
    const std::uint64_t clusters = (packed.size() + kCluster - 1) / kCluster;
    EXPECT_LT(clusters, 16u);
    Data padded = packed;
    padded.resize(clusters * kCluster);
    disk.put(20, padded);
    const Data end(100, std::byte{'x'});
    Data packed_end = builders::lznt1(end, builders::Lznt1Chunks::matches);
    packed_end.resize(kCluster);
    disk.put(60, packed_end);
    layout.runs = {{0, 20, clusters}, {clusters, kSparseLcn, 32 - clusters},
                   {32, 70, 10},      {42, 100, 6},
                   {48, 60, 1},       {49, kSparseLcn, 15}};
    layout.unit_clusters = 16;
    layout.size_bytes = layout.initialized_bytes = 48 * kCluster + 100;
    whole = joined({text, Data(8192), disk.clusters(70, 10), disk.clusters(100, 6), end});
  }
};

TEST(NtfsStream, DecompressesUnitByUnit) {
  const Compressed file;
  RunSource source = file.disk.open(file.layout);
  expect_content(source, file.whole);
}

TEST(NtfsStream, DamageOfAUnitIsOfThatUnitOnly) {
  Compressed file;
  file.disk.put(20, Data(kCluster, std::byte{0x12}));  // no chunk begins so
  RunSource source = file.disk.open(file.layout);
  Data out(100);
  const auto damaged = source.read_some(10, out);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, Errc::malformed);
  EXPECT_EQ(damaged.error().offset, 0u);
  EXPECT_EQ(*source.read_some(2 * kUnit, out), 100u);
  EXPECT_TRUE(std::equal(out.begin(), out.end(), file.whole.begin() + 2 * kUnit));
  EXPECT_FALSE(source.read_some(10, out)) << "and it stays so";
  EXPECT_EQ(source.resumes_at(10), 8192u);
}

TEST(NtfsStream, DamageOfAChunkIsOfThatChunkOnly) {
  // Two stored chunks of 4096 bytes, with one between them whose match leads before its start.
  const Data first = noise(4096, 3), last = noise(4096, 4);
  const auto chunk = [](unsigned header, const Data& data) {
    Data bytes{static_cast<std::byte>(header & 0xFF), static_cast<std::byte>(header >> 8)};
    bytes.insert(bytes.end(), data.begin(), data.end());
    return bytes;
  };
  const Data bad{std::byte{0x01}, std::byte{0}, std::byte{0x10}};
  Disk disk{64};
  Data unit = joined({chunk(0x3FFF, first), chunk(0xB002, bad), chunk(0x3FFF, last)});
  unit.resize(30 * kCluster);
  disk.put(2, unit);
  RunSource source = disk.open({.runs = {{0, 2, 30}, {30, kSparseLcn, 2}},
                                .size_bytes = 16384,
                                .initialized_bytes = 16384,
                                .unit_clusters = 32});
  Data out(16384);
  EXPECT_EQ(*source.read_some(0, out), 4096u);
  EXPECT_TRUE(std::equal(first.begin(), first.end(), out.begin()));
  const auto damaged = source.read_some(5000, out);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().offset, 4096u);
  EXPECT_EQ(source.resumes_at(5000), 8192u);
  EXPECT_EQ(*source.read_some(8192, out), 8192u);
  EXPECT_TRUE(std::equal(last.begin(), last.end(), out.begin()));
  EXPECT_TRUE(std::all_of(out.begin() + 4096, out.begin() + 8192,
                          [](std::byte b) { return b == std::byte{0}; }));
}

TEST(NtfsStream, RefusesUnitsThatNoWindowsMakes) {
  RunSource source{
      std::make_shared<MemorySource>(Data(4096)),
      65'536,
      {.runs = {{0, 0, 256}}, .size_bytes = 100, .initialized_bytes = 100, .unit_clusters = 256}};
  Data out(10);
  const auto read = source.read_some(0, out);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::unsupported);
}

}  // namespace
}  // namespace hozen::ntfs
