// Copies of volumes on their way into a bundle and out of it again, whole or cut.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "collector/base/text.h"
#include "collector/engine/extract.h"
#include "collector/engine/recover.h"
#include "collector/engine/report/read_bundle.h"
#include "collector/engine/verify.h"
#include "collector/formats/ntfs_boot.h"
#include "tests/builders/bundle_builder.h"
#include "tests/builders/fake_source.h"
#include "tests/builders/file_text.h"
#include "tests/builders/ntfs_builder.h"
#include "tests/builders/sparse_volume.h"
#include "tests/builders/temp_folder.h"
#include "tests/engine/run_bundle.h"

namespace hozen {
namespace {

using test::BorrowedSource;
using test::BundleBuilder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A volume of four parts of unequal size, the third not in use.
class VolumeImageTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kSecond = 3'000'000, kFourth = 9'000'000, kSize = 9'100'000;

  VolumeImageTest() : volume(kSize) {
    const auto fill = [&](std::uint64_t from, std::uint64_t to,
                          const std::vector<std::byte>& with) {
      std::copy_n(with.begin(), to - from, volume.begin() + static_cast<std::ptrdiff_t>(from));
    };
    fill(0, kSecond - 500'000, test::random_bytes(kSecond, 1));
    fill(kSecond, kSecond + 2'000'000, test::compressible_bytes(2'000'000, 2));
    fill(kFourth, kSize, test::random_bytes(kSize - kFourth, 3));
  }

  std::span<const std::byte> piece(std::uint64_t from, std::uint64_t to) const {
    return std::span{volume}.subspan(static_cast<std::size_t>(from),
                                     static_cast<std::size_t>(to - from));
  }
  /// The parts of `volume`, with the records that the module writes; the last one only
  /// `to_the_end`.
  void add_copy(BundleBuilder& builder, bool to_the_end) {
    builder.entry("start.json", "{}");
    builder.line("records/volume_copy", R"({"kind":"volume_copy","volume":"C:","size":9100000})"
                                        "\n");
    auto writer = builder.writer().start_volume("C:");
    ASSERT_TRUE(writer);
    const std::pair<std::uint64_t, std::uint64_t> parts[] = {
        {0, kSecond}, {kSecond, 6'000'000}, {kFourth, kSize}};
    for (const auto& [from, to] : parts) {
      if (to == kSize && !to_the_end) return;
      const auto bytes = piece(from, to);
      MemorySource source{{bytes.begin(), bytes.end()}};
      const auto stored = (*writer)->add(from, source, FileTime{});
      ASSERT_TRUE(stored);
      EXPECT_EQ(stored->sha256, sha256(bytes));
      EXPECT_EQ(stored->size, to - from);
    }
    const auto whole = (*writer)->finish(kSize);
    ASSERT_TRUE(whole);
    EXPECT_EQ(*whole, sha256(volume)) << "gaps are zeros";
    builder.line("records/volume_copy",
                 R"({"kind":"volume_copy_end","volume":"C:","size":9100000,"complete":true,)"
                 R"("unreadable_bytes":0,"sha256":")" +
                     (recorded.empty() ? to_hex(std::span{*whole}) : recorded) + "\"}\n");
  }
  ExtractResult extract(const std::vector<std::byte>& bundle, std::vector<std::string> only = {}) {
    BorrowedSource source{bundle};
    const auto reader = BundleReader::open(source);
    EXPECT_TRUE(reader);
    auto result = extract_evidence(*reader, {folder.text() + "/out", std::move(only)});
    EXPECT_TRUE(result) << result.error().text();
    return result ? *result : ExtractResult{};
  }
  std::string image() const { return test::file_text(folder.path() / "out" / "C.raw"); }
  std::string text(std::uint64_t from, std::uint64_t to) const {
    return std::string{Bytes{piece(from, to)}.chars()};
  }

  std::vector<std::byte> volume;
  std::string recorded;  ///< instead of the right SHA-256
  TempFolder folder;
};

TEST_F(VolumeImageTest, IsTheVolumeAgain) {
  BundleBuilder builder;
  add_copy(builder, true);
  const auto bundle = builder.bytes();
  BorrowedSource source{bundle};
  const auto report = verify_bundle(source);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->intact());
  const ExtractResult result = extract(bundle);
  ASSERT_EQ(result.volumes.size(), 1u);
  EXPECT_EQ(result.matched, 1u);
  const RestoredVolume& restored = result.volumes[0];
  EXPECT_EQ(restored.volume, "C:");
  EXPECT_EQ(restored.written, "C.raw");
  EXPECT_EQ(restored.size, kSize);
  EXPECT_EQ(restored.parts, 3u);
  EXPECT_EQ(restored.sha256, sha256(volume));
  EXPECT_FALSE(restored.damaged);
  EXPECT_THAT(restored.problems, IsEmpty());
  EXPECT_TRUE(image() == text(0, kSize));
}

TEST_F(VolumeImageTest, IsLeftOutWhereItIsNotAskedFor) {
  BundleBuilder builder;
  add_copy(builder, true);
  const auto bundle = builder.bytes();
  EXPECT_EQ(extract(bundle, {"*.evtx"}).matched, 0u);
  EXPECT_EQ(extract(bundle, {"c:"}).volumes.size(), 1u);
}

TEST_F(VolumeImageTest, TellsThatTheCopyHasNoEnd) {
  BundleBuilder builder;
  add_copy(builder, false);
  const ExtractResult result = extract(builder.bytes());
  ASSERT_EQ(result.volumes.size(), 1u);
  EXPECT_FALSE(result.volumes[0].damaged);
  ASSERT_EQ(result.volumes[0].problems.size(), 1u);
  EXPECT_THAT(result.volumes[0].problems[0].text(), HasSubstr("the run ended before"));
  EXPECT_THAT(result.volumes[0].problems[0].text(), HasSubstr("bytes 6000000+3100000 are missing"));
  const std::string written = image();
  EXPECT_EQ(written.size(), kSize);
  EXPECT_TRUE(written.substr(0, kFourth) == text(0, kFourth));
  EXPECT_EQ(written.find_first_not_of('\0', kFourth), std::string::npos);
}

TEST_F(VolumeImageTest, KeepsTheOtherPartsOfADamagedCopy) {
  BundleBuilder builder;
  add_copy(builder, true);
  auto bundle = builder.bytes();
  // Random content lies in the bundle as it is: some bytes of the first part.
  const auto at = std::search(bundle.begin(), bundle.end(), volume.begin() + 1'000'000,
                              volume.begin() + 1'000'100);
  ASSERT_NE(at, bundle.end());
  *at ^= std::byte{1};
  const ExtractResult result = extract(bundle);
  ASSERT_EQ(result.volumes.size(), 1u);
  EXPECT_TRUE(result.volumes[0].damaged);
  EXPECT_THAT(result.volumes[0].problems[0].text(), HasSubstr("volumes/C/0000000000000000.raw"));
  EXPECT_THAT(result.volumes[0].problems[0].text(),
              HasSubstr("bytes 0+3000000 of C.raw may be wrong (MiB 0 to 2)"));
  const std::string written = image();
  EXPECT_TRUE(written.substr(kSecond) == text(kSecond, kSize));
}

TEST_F(VolumeImageTest, TellsAnotherImageThanWasRecorded) {
  recorded = std::string(64, 'a');
  BundleBuilder builder;
  add_copy(builder, true);
  const ExtractResult result = extract(builder.bytes());
  ASSERT_EQ(result.volumes.size(), 1u);
  EXPECT_TRUE(result.volumes[0].damaged);
  EXPECT_THAT(result.volumes[0].problems[0].text(), HasSubstr("another SHA-256"));
}

TEST_F(VolumeImageTest, IsNotUnfinishedWhereOnlyTheRecordOfItsEndIsMissing) {
  const std::string part(2000, 'x');
  const ExtractResult result =
      extract(BundleBuilder{}
                  .entry("volumes/C/0000000000000000.raw", part)
                  .line("records/volume_copy", R"({"kind":"volume_copy","volume":"C:","size":2000})"
                                               "\n")
                  .bytes());
  ASSERT_EQ(result.volumes.size(), 1u);
  EXPECT_THAT(result.volumes[0].problems, IsEmpty());
}

TEST_F(VolumeImageTest, NamesPlacesThatAreMissingAndThoseThatCouldNotBeRead) {
  BundleBuilder builder;
  builder.entry("volumes/C/0000000000000000.raw", std::string(2000, 'x'));
  const auto row = [&](std::string_view entry, std::string_view offset, const std::string& places,
                       std::string_view more) {
    builder.line("records/volume_copy",
                 R"({"kind":"volume_part","volume":"C:","size":2000,"entry":")" +
                     std::string{entry} + R"(","offset":)" + std::string{offset} +
                     R"(,"unreadable":[)" + places + R"(],"more_unreadable":)" + std::string{more} +
                     "}\n");
  };
  std::string places;
  for (int i = 0; i < 150; ++i) places += (i == 0 ? "\"" : ",\"") + std::to_string(i * 8) + "+4\"";
  row("volumes/C/0000000000000000.raw", "0", places, "7");
  row("volumes/C/00000000000007d0.raw", "2000", "", "0");
  builder.line("records/volume_copy",
               R"({"kind":"volume_copy_end","volume":"C:","size":4000,"complete":false,)"
               R"("unreadable_bytes":628})"
               "\n");
  const ExtractResult result = extract(builder.bytes());
  ASSERT_EQ(result.volumes.size(), 1u);
  ASSERT_EQ(result.volumes[0].problems.size(), 3u);
  EXPECT_THAT(result.volumes[0].problems[0].text(), HasSubstr("bytes 2000+2000 are missing"));
  EXPECT_THAT(result.volumes[0].problems[1].text(), HasSubstr("zeros: 2000+2000)"));
  EXPECT_THAT(result.volumes[0].problems[2].text(), HasSubstr("628 bytes could not be read"));
  EXPECT_THAT(result.volumes[0].problems[2].text(), HasSubstr("784+4, 792+4 and 57 more"));
}

TEST_F(VolumeImageTest, SaysWhatToDoWhereTheImageIsThereAlready) {
  BundleBuilder builder;
  add_copy(builder, true);
  const auto bundle = builder.bytes();
  extract(bundle);
  const ExtractResult again = extract(bundle);
  ASSERT_EQ(again.volumes.size(), 1u);
  ASSERT_EQ(again.volumes[0].problems.size(), 1u);
  EXPECT_THAT(again.volumes[0].problems[0].text(), HasSubstr("unpack into another folder"));
}

TEST_F(VolumeImageTest, TellsACopyWithoutAPart) {
  BundleBuilder builder;
  builder.entry("start.json", "{}");
  builder.line("records/volume_copy", R"({"kind":"volume_copy","volume":"C:","size":9100000})"
                                      "\n");
  const ExtractResult result = extract(builder.bytes());
  ASSERT_EQ(result.volumes.size(), 1u);
  EXPECT_EQ(result.volumes[0].size, 0u);
  ASSERT_EQ(result.volumes[0].problems.size(), 1u);
  EXPECT_THAT(result.volumes[0].problems[0].text(), HasSubstr("no part of it"));
}

TEST_F(VolumeImageTest, RefusesSizesThatContradictTheParts) {
  for (const char* const size : {"512", "18446744073709551615", "1125899906842624"}) {
    BundleBuilder builder;
    builder.entry("start.json", "{}");
    builder.entry("volumes/C/0000000000000000.raw", std::string(2000, 'x'));
    builder.line("records/volume_copy",
                 R"({"kind":"volume_copy_end","volume":"C:","complete":true,"size":)" +
                     std::string{size} + ",\"sha256\":\"" + std::string(64, 'a') + "\"}\n");
    const ExtractResult result = extract(builder.bytes());
    ASSERT_EQ(result.volumes.size(), 1u);
    EXPECT_TRUE(result.volumes[0].damaged) << size;
    std::filesystem::remove_all(folder.path() / "out");
  }
}

TEST_F(VolumeImageTest, RefusesPartsThatNoRunWrites) {
  BundleBuilder builder;
  const std::string part(2000, 'x');
  const ExtractResult result = extract(builder.entry("volumes/C/0000000000000000.raw", part)
                                           .entry("volumes/C/0000000000000400.raw", part)
                                           .entry("volumes/C/7fffffffffffffff.raw", part)
                                           .entry("volumes/D/000000000000000G.raw", part)
                                           .entry("volumes/0000000000000000.raw", part)
                                           .bytes());
  ASSERT_EQ(result.volumes.size(), 1u);
  EXPECT_TRUE(result.volumes[0].damaged);
  EXPECT_EQ(result.volumes[0].parts, 1u);
  EXPECT_EQ(image(), part);
}

/// A run over a volume of three parts, in memory.
class VolumeRunTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kPart = 64u << 20;
  VolumeRunTest() {
    volume.size = 2 * kPart + 10'000;
    for (const std::uint64_t offset : {std::uint64_t{0}, kPart - 4096, kPart + 8192, 2 * kPart})
      volume.put(offset, test::random_bytes(4096, static_cast<unsigned>(offset / 4096 + 1)));
    source.add_volume({"D:", std::nullopt, "FAT32", Error{Errc::unsupported, "volume D:"}});
    source.volume_bytes["D:"] = [this]() -> Result<std::unique_ptr<ByteSource>> {
      return std::unique_ptr<ByteSource>{std::make_unique<test::SparseSource>(volume)};
    };
    setup.modules = {all_modules().begin(), all_modules().end()};
    setup.options.profile.modules = {{"volume_copy", Priority::bulk}};
    setup.options.profile.limits.max_total_bytes = 1ull << 40;
  }
  /// What the volume holds between `from` and `to`, a few bytes of each page.
  static std::string sample(const std::string& image, std::uint64_t from, std::uint64_t to) {
    std::string taken;
    for (std::uint64_t at = from; at < to; at += 4096) taken += image.substr(at, 8);
    return taken;
  }

  test::SparseVolume volume;
  fake::FakeSource source;
  test::RunSetup setup;
  TempFolder folder;
};

TEST_F(VolumeRunTest, GivesAllWholePartsOfABundleThatWasCut) {
  const test::RunBundle run = test::run_bundle(source, setup);
  ASSERT_FALSE(run.error);
  EXPECT_EQ(run.result.summary.volume_parts, 3u);
  EXPECT_EQ(run.result.summary.volume_bytes, volume.size);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ends;  // in the bundle; offset of the part
  {
    BorrowedSource whole{run.bytes};
    for (std::uint64_t at = 0;;) {
      const auto walked = walk_zip_entry(whole, at, ~std::uint64_t{0});
      if (!walked) break;
      at = walked->next_offset;
      if (walked->local.name.starts_with("volumes/")) ends.emplace_back(at, ends.size() * kPart);
    }
  }
  ASSERT_EQ(ends.size(), 3u);
  std::mt19937 random{7};
  const std::uint64_t first = ends[0].first - 3000;
  for (int i = 0; i < 6; ++i) {
    const std::uint64_t cut =
        i == 0 ? ends[1].first : first + random() % (run.bytes.size() - first);
    const std::vector<std::byte> rest{run.bytes.begin(),
                                      run.bytes.begin() + static_cast<std::ptrdiff_t>(cut)};
    BorrowedSource partial{rest};
    const auto remainder = examine_remainder(partial);
    ASSERT_TRUE(remainder) << cut << ": " << remainder.error().text();
    test::MemorySink sink;
    ASSERT_TRUE(write_recovered(partial, *remainder, recovered_manifest(*remainder, {}), sink));
    BorrowedSource recovered{sink.bytes};
    const auto reader = BundleReader::open(recovered);
    ASSERT_TRUE(reader);
    const std::string out = folder.text() + "/" + std::to_string(i);
    const auto result = extract_evidence(*reader, {out, {}});
    ASSERT_TRUE(result);
    const auto whole_parts = static_cast<std::uint64_t>(
        std::count_if(ends.begin(), ends.end(), [&](const auto& end) { return end.first <= cut; }));
    // And what is whole of the next one.
    const std::uint64_t parts = whole_parts + (remainder->ending.empty() ? 0u : 1u);
    if (parts == 0) {
      EXPECT_THAT(result->volumes, IsEmpty()) << cut;
      continue;
    }
    ASSERT_EQ(result->volumes.size(), 1u) << cut;
    EXPECT_EQ(result->volumes[0].parts, parts) << cut;
    const std::string image = test::file_text(std::filesystem::path{out} / "D.raw");
    for (const auto& [page, bytes] : volume.pages) {
      const bool kept = page * 4096 < whole_parts * kPart;
      if (kept) {
        EXPECT_EQ(image.substr(page * 4096, 4096), Bytes{bytes}.chars()) << cut << ' ' << page;
      }
    }
    std::filesystem::remove_all(out);
  }
}

TEST_F(VolumeRunTest, GivesTheWholeBlocksOfAPartThatWasBeingWritten) {
  constexpr std::uint64_t kBlock = 1u << 20, kBlocks = 6;
  // Some that compress and some that do not.
  for (std::uint64_t block = 0; block < kBlocks; ++block) {
    const auto bytes =
        block % 2 == 0 ? test::random_bytes(kBlock, 9) : test::compressible_bytes(kBlock, 9);
    for (std::uint64_t at = 0; at < kBlock; at += 4096)
      volume.put(block * kBlock + at, std::span{bytes}.subspan(at, 4096));
  }
  const test::RunBundle run = test::run_bundle(source, setup);
  ASSERT_FALSE(run.error);
  BorrowedSource all{run.bytes};
  std::uint64_t begin = 0, end = 0;  // of the data of the first part
  for (std::uint64_t at = 0; end == 0;) {
    const auto walked = walk_zip_entry(all, at, ~std::uint64_t{0});
    ASSERT_TRUE(walked);
    at = walked->next_offset;
    if (walked->local.name.starts_with("volumes/")) {
      begin = walked->local.data_offset;
      end = begin + walked->data.stored_size;
    }
  }
  std::uint64_t last = 0;
  for (const std::uint64_t cut : {begin + 10, begin + kBlock + 100, begin + 2 * kBlock,
                                  begin + 3 * kBlock, end - 1, end, end + 7}) {
    const std::vector<std::byte> rest{run.bytes.begin(),
                                      run.bytes.begin() + static_cast<std::ptrdiff_t>(cut)};
    BorrowedSource partial{rest};
    const auto remainder = examine_remainder(partial);
    ASSERT_TRUE(remainder) << cut;
    EXPECT_TRUE(remainder->is_cut);
    test::MemorySink sink;
    ASSERT_TRUE(write_recovered(partial, *remainder, recovered_manifest(*remainder, {}), sink));
    BorrowedSource recovered{sink.bytes};
    const auto report = verify_bundle(recovered);
    ASSERT_TRUE(report);
    ASSERT_TRUE(report->intact()) << cut << ": " << report->problems[0].text();
    const auto& entry = remainder->entries.back().facts;
    const std::uint64_t kept = entry.name.starts_with("volumes/") ? entry.size : 0;
    EXPECT_GE(kept, last) << cut;
    last = kept;
    EXPECT_EQ(kept == 0, cut < begin + 2 * kBlock - 500'000) << cut;
    EXPECT_EQ(kept != 0, !remainder->ending.empty()) << cut;
    if (kept == 0) continue;
    const auto reader = BundleReader::open(recovered);
    ASSERT_TRUE(reader);
    const std::string out = folder.text() + "/" + std::to_string(cut);
    const auto result = extract_evidence(*reader, {out, {}});
    ASSERT_TRUE(result);
    ASSERT_EQ(result->volumes.size(), 1u);
    EXPECT_FALSE(result->volumes[0].damaged);
    ASSERT_FALSE(result->volumes[0].problems.empty()) << "it is told that more is missing";
    const std::string image = test::file_text(std::filesystem::path{out} / "D.raw");
    ASSERT_GE(image.size(), kept);
    for (const auto& [page, bytes] : volume.pages) {
      if ((page + 1) * 4096 <= kept) {
        EXPECT_TRUE(image.substr(page * 4096, 4096) == Bytes{bytes}.chars()) << cut << ' ' << page;
      }
    }
    std::filesystem::remove_all(out);
  }
  EXPECT_GE(last, kPart - kBlock) << "all but the last block of the part";
}

TEST_F(VolumeRunTest, GivesTheWholeBlocksBeforeADamage) {
  constexpr std::uint64_t kBlock = 1u << 20, kBlocks = 6;
  std::string content;
  for (std::uint64_t block = 0; block < kBlocks; ++block) {
    const auto bytes = block % 2 == 0
                           ? test::random_bytes(kBlock, static_cast<unsigned>(9 + block))
                           : test::compressible_bytes(kBlock, static_cast<unsigned>(9 + block));
    content += Bytes{bytes}.chars();
    for (std::uint64_t at = 0; at < kBlock; at += 4096)
      volume.put(block * kBlock + at, std::span{bytes}.subspan(at, 4096));
  }
  const test::RunBundle run = test::run_bundle(source, setup);
  ASSERT_FALSE(run.error);
  BorrowedSource all{run.bytes};
  std::uint64_t begin = 0;
  for (std::uint64_t at = 0; begin == 0;) {
    const auto walked = walk_zip_entry(all, at, ~std::uint64_t{0});
    ASSERT_TRUE(walked);
    at = walked->next_offset;
    if (walked->local.name.starts_with("volumes/")) begin = walked->local.data_offset;
  }
  // Inside the fourth, a stored and a packed block before it.
  const std::string stored = content.substr(4 * kBlock, 64);
  const auto fifth = static_cast<std::uint64_t>(
      std::search(run.bytes.begin(), run.bytes.end(), stored.begin(), stored.end(),
                  [](std::byte a, char b) { return a == static_cast<std::byte>(b); }) -
      run.bytes.begin());
  ASSERT_LT(fifth, run.bytes.size());
  const auto tail_of = [](std::string_view kind) {
    // As many as make a stored block full, and the header of the next one begin.
    if (kind == "few zeros") return std::vector<std::byte>(65'535 - 100 + 2);
    return kind == "zeros" ? std::vector<std::byte>(kBlock) : test::random_bytes(kBlock, 77);
  };
  for (const std::string_view kind : {"zeros", "few zeros", "random", "header"})
    for (const std::uint64_t cut :
         {fifth + 100, fifth + 70'000, fifth + 500'000, fifth + kBlock - 10}) {
      std::vector<std::byte> bytes = run.bytes;
      if (kind == "header") {
        bytes[fifth - 1] ^= std::byte{1};  // of the length of a stored block
      } else {
        bytes.resize(static_cast<std::size_t>(cut));
        const auto tail = tail_of(kind);
        bytes.insert(bytes.end(), tail.begin(), tail.end());
      }
      BorrowedSource partial{bytes};
      const auto remainder = examine_remainder(partial);
      ASSERT_TRUE(remainder);
      EXPECT_TRUE(remainder->fault);
      test::MemorySink sink;
      ASSERT_TRUE(write_recovered(partial, *remainder, recovered_manifest(*remainder, {}), sink));
      BorrowedSource recovered{sink.bytes};
      const auto report = verify_bundle(recovered);
      ASSERT_TRUE(report && report->intact()) << kind << cut;
      const auto& entry = remainder->entries.back().facts;
      ASSERT_TRUE(entry.name.starts_with("volumes/")) << kind << cut;
      EXPECT_GE(entry.size, 4 * kBlock) << kind << cut;
      const auto reader = BundleReader::open(recovered);
      ASSERT_TRUE(reader);
      std::string kept;
      ASSERT_TRUE(reader->read(*reader->find(entry.name),
                               [&](std::span<const std::byte> piece) -> Result<void> {
                                 kept += Bytes{piece}.chars();
                                 return {};
                               }));
      EXPECT_TRUE(kept == content.substr(0, kept.size())) << kind << cut << ": made up";
    }
}

TEST_F(VolumeImageTest, HasTheSizeOfItsBootSectorWhereNoRecordTellsOne) {
  builders::NtfsBuilder disk;
  const auto bytes = disk.volume();
  const std::string head{Bytes{bytes}.head(8192).chars()};
  const auto boot = ntfs::read_boot_sector(Bytes{bytes});
  ASSERT_TRUE(boot);
  const ExtractResult result =
      extract(BundleBuilder{}.entry("volumes/C/0000000000000000.raw", head).bytes());
  ASSERT_EQ(result.volumes.size(), 1u);
  EXPECT_EQ(result.volumes[0].size, boot->volume_bytes() + boot->sector_bytes);
  EXPECT_EQ(image(), head + std::string(result.volumes[0].size - head.size(), '\0'));
  ASSERT_EQ(result.volumes[0].problems.size(), 1u);
  EXPECT_THAT(result.volumes[0].problems[0].text(),
              HasSubstr("bytes 8192+" + std::to_string(result.volumes[0].size - 8192) +
                        " are missing and are zeros"));
}

TEST_F(VolumeImageTest, SaysWhereItEndsWhenNothingTellsItsSize) {
  const ExtractResult result =
      extract(BundleBuilder{}.entry("volumes/C/0000000000000000.raw", "no boot sector").bytes());
  ASSERT_EQ(result.volumes.size(), 1u);
  EXPECT_EQ(image(), "no boot sector");
  ASSERT_EQ(result.volumes[0].problems.size(), 1u);
  EXPECT_THAT(result.volumes[0].problems[0].text(), HasSubstr("ends behind the last part"));
}

TEST_F(VolumeRunTest, KeepsToTheLimitOfBytes) {
  setup.options.profile.limits.max_total_bytes = kPart + 100;
  const test::RunBundle run = test::run_bundle(source, setup);
  ASSERT_FALSE(run.error);
  EXPECT_EQ(run.result.summary.volume_parts, 1u);
  EXPECT_EQ(run.result.summary.manifest.collection.outcome, RunOutcome::with_errors);
  const auto rows = run.rows("records/volume_copy");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[2]["complete"], false);
  bool told = false;
  for (const auto& row : run.rows("records/problems"))
    told = told || row.dump().find("the copy ends") != std::string::npos;
  EXPECT_TRUE(told);
}

TEST_F(VolumeRunTest, ComesBehindTheFilesOfTheProfile) {
  volume.size = 20'000;
  source.add_file(*EvidencePath::parse("C:\\a.txt"), test::to_bytes("a"));
  FileTarget target;
  target.pattern = *parse_path_pattern("C:\\a.txt");
  target.category = "c";
  target.priority = Priority::bulk;
  setup.options.profile.targets.push_back(target);
  const test::RunBundle run = test::run_bundle(source, setup);
  const auto place = [&](std::string_view name) {
    return std::find(run.order.begin(), run.order.end(), name) - run.order.begin();
  };
  EXPECT_LT(place("evidence/C/a.txt"), place("volumes/D/0000000000000000.raw"));
  EXPECT_LT(place("volumes/D/0000000000000000.raw"), std::ssize(run.order));
  MemorySource bundle{run.bytes};
  const auto read = read_bundle_summary(bundle);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->volume_parts, 1u);
  EXPECT_EQ(read->volume_bytes, volume.size);
}

}  // namespace
}  // namespace hozen
