#include "collector/engine/recover.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "collector/engine/bundle_reader.h"
#include "collector/engine/extract.h"
#include "collector/engine/report/read_bundle.h"
#include "collector/engine/report/summary.h"
#include "collector/engine/verify.h"
#include "tests/builders/bundle_builder.h"
#include "tests/builders/fake_windows.h"
#include "tests/builders/memory_sink.h"
#include "tests/engine/run_bundle.h"

namespace hozen {
namespace {

using test::BorrowedSource;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr FileTime kNow{134'000'000'000'000'000};

struct Recovered {
  Remainder remainder;
  std::vector<std::byte> bytes;
  Sha256Digest seal{};
};

Result<Recovered> recover(std::span<const std::byte> left) {
  const std::vector<std::byte> copy{left.begin(), left.end()};
  BorrowedSource source{copy};
  Recovered recovered;
  HOZEN_TRY(recovered.remainder, examine_remainder(source));
  ManifestRecovery recovery;
  recovery.tool.name = "hozen";
  recovery.time = kNow;
  recovery.given = "X.zip.partial";
  test::MemorySink sink;
  HOZEN_TRY(recovered.seal,
            write_recovered(source, recovered.remainder,
                            recovered_manifest(recovered.remainder, recovery), sink));
  recovered.bytes = std::move(sink.bytes);
  return recovered;
}

/// A whole run over a made machine: every form of an entry, one streamed.
const test::RunBundle& whole_run() {
  static const test::RunBundle run = [] {
    fake::FakeWindows windows;
    windows.value("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run", "a",
                  fake::sz("C:\\Users\\Public\\a.exe"));
    std::string large(2'500'000, 'x');
    for (std::size_t i = 0; i < large.size(); i += 97) large[i] = static_cast<char>('a' + i % 23);
    windows.file("C:\\Users\\Public\\a.exe", large);
    windows.file("C:\\Windows\\b.log", std::string(5000, 'b'));
    test::RunSetup setup;
    setup.modules = {all_modules().begin(), all_modules().end()};
    const auto text = embedded_profile_text(embedded_profiles(), "triage");
    ProfileReading reading = read_profiles(std::vector<ProfileText>{*text}, embedded_profiles(),
                                           known_modules(all_modules()));
    setup.options.profile = std::move(reading.profile);
    const auto source = windows.source();
    return test::run_bundle(*source, setup);
  }();
  return run;
}

/// Where the entries of a bundle end, manifest.json included.
std::vector<std::uint64_t> ends_of(const std::vector<std::byte>& bytes) {
  BorrowedSource source{bytes};
  std::vector<std::uint64_t> ends;
  for (std::uint64_t offset = 0;;) {
    const auto walked = walk_zip_entry(source, offset, ~std::uint64_t{0});
    if (!walked) return ends;
    ends.push_back(offset = walked->next_offset);
  }
}

void expect_intact(const Recovered& recovered) {
  BorrowedSource source{recovered.bytes};
  const auto report = verify_bundle(source);
  ASSERT_TRUE(report);
  ASSERT_TRUE(report->intact()) << report->problems[0].text();
  EXPECT_EQ(*report->seal, recovered.seal);
}

TEST(Recover, KeepsEveryEntryThatWasWrittenWhole) {
  const auto& whole = whole_run().bytes;
  const auto ends = ends_of(whole);
  ASSERT_GT(ends.size(), 10u);
  std::vector<std::uint64_t> cuts;
  for (std::size_t i = 0; i + 1 < ends.size(); ++i)
    for (const std::uint64_t cut : {ends[i] - 1, ends[i], ends[i] + 1, ends[i] + 40})
      cuts.push_back(cut);
  std::mt19937 random{3};
  for (int i = 0; i < 40; ++i)
    cuts.push_back(ends[0] + random() % (ends[ends.size() - 2] - ends[0]));
  for (const std::uint64_t cut : cuts) {
    std::size_t kept = 0;
    while (ends[kept] <= cut) ++kept;
    if (kept == 0) continue;  // start.json itself
    const auto recovered = recover(std::span{whole}.first(cut));
    ASSERT_TRUE(recovered) << cut << ": " << recovered.error().text();
    EXPECT_EQ(recovered->remainder.entries.size(), kept) << cut;
    EXPECT_EQ(recovered->remainder.used, ends[kept - 1]);
    EXPECT_EQ(recovered->remainder.fault.has_value(), cut != ends[kept - 1]) << cut;
    EXPECT_TRUE(!recovered->remainder.fault || recovered->remainder.is_cut) << cut;
    EXPECT_TRUE(std::equal(whole.begin(),
                           whole.begin() + static_cast<std::ptrdiff_t>(ends[kept - 1]),
                           recovered->bytes.begin()));
    expect_intact(*recovered);
  }
}

TEST(Recover, SaysThatTheRunWasInterruptedAndWhatIsMissing) {
  const auto& whole = whole_run().bytes;
  // Behind the records of the first module: the second did not run.
  BorrowedSource source{whole};
  const auto reader = BundleReader::open(source);
  ASSERT_TRUE(reader);
  const auto* entry = reader->find("records/steps.jsonl");
  ASSERT_NE(entry, nullptr);
  const auto recovered = recover(std::span{whole}.first(
      static_cast<std::size_t>(entry->data_offset + entry->facts.stored_size)));
  ASSERT_TRUE(recovered);
  BorrowedSource bundle{recovered->bytes};
  const auto read = BundleReader::open(bundle);
  ASSERT_TRUE(read);
  const Manifest& manifest = read->manifest();
  EXPECT_EQ(manifest.collection.outcome, RunOutcome::interrupted);
  EXPECT_FALSE(manifest.collection.finished.is_set());
  EXPECT_FALSE(manifest.collection.id.empty());
  ASSERT_TRUE(manifest.recovery);
  EXPECT_EQ(manifest.recovery->given, "X.zip.partial");
  EXPECT_EQ(manifest.recovery->time, kNow);
  const auto first = whole_run().rows("records/steps").at(0);
  EXPECT_THAT(manifest.recovery->missing,
              Not(Contains("module " + first["name"].get<std::string>())));
  const auto second = whole_run().rows("records/steps").at(1);
  EXPECT_THAT(manifest.recovery->missing, Contains("module " + second["name"].get<std::string>()));
  EXPECT_THAT(manifest.recovery->missing, Contains("findings"));
  EXPECT_THAT(manifest.recovery->missing, Contains("files of priority high"));
  const auto summary = read_bundle_summary(bundle);
  ASSERT_TRUE(summary);
  const std::string text = summary_text(*summary, 5);
  EXPECT_THAT(text, ::testing::HasSubstr("nothing is known of that"));
  EXPECT_THAT(text, ::testing::HasSubstr("files of priority high"));
}

TEST(Recover, ARunThatWasThroughIsTheSameBundleAgain) {
  const auto& whole = whole_run().bytes;
  const auto ends = ends_of(whole);
  for (const std::size_t size :
       {whole.size(), whole.size() - 1, whole.size() - 30, static_cast<std::size_t>(ends.back())}) {
    const auto recovered = recover(std::span{whole}.first(size));
    ASSERT_TRUE(recovered);
    EXPECT_TRUE(recovered->remainder.manifest_json) << size;
    EXPECT_THAT(recovered->remainder.missing, IsEmpty());
    EXPECT_TRUE(recovered->bytes == whole) << size;
  }
}

TEST(Recover, CountsWhatStandsBehindTheBundle) {
  const auto& whole = whole_run().bytes;
  EXPECT_EQ(recover(whole)->remainder.behind, 0u);
  EXPECT_EQ(recover(std::span{whole}.first(whole.size() - 1))->remainder.behind, 0u);
  auto twice = whole;
  twice.insert(twice.end(), whole.begin(), whole.end());
  auto recovered = recover(twice);
  ASSERT_TRUE(recovered);
  EXPECT_EQ(recovered->remainder.behind, whole.size());
  EXPECT_TRUE(recovered->bytes == whole);
  // Without an end of its own.
  std::vector<std::byte> cut{whole.begin(),
                             whole.begin() + static_cast<std::ptrdiff_t>(ends_of(whole).back())};
  cut.resize(cut.size() + 100, std::byte{'x'});
  recovered = recover(cut);
  ASSERT_TRUE(recovered);
  EXPECT_EQ(recovered->remainder.behind, 100u);
  EXPECT_TRUE(recovered->bytes == whole);
}

TEST(Recover, StopsAtDamageAndSaysSo) {
  const auto& whole = whole_run().bytes;
  const auto ends = ends_of(whole);
  for (std::size_t i = 1; i + 1 < ends.size(); ++i) {
    for (const std::uint64_t at : {ends[i - 1] + 2, ends[i - 1] + 11, ends[i] - 1}) {
      auto damaged = whole;
      damaged[static_cast<std::size_t>(at)] ^= std::byte{0x10};
      const auto recovered = recover(damaged);
      ASSERT_TRUE(recovered);
      // Some bits only the manifest knows: then it is what does not fit.
      EXPECT_TRUE(recovered->remainder.fault) << at;
      EXPECT_FALSE(recovered->remainder.is_cut) << at;
      EXPECT_FALSE(recovered->remainder.manifest_json);
      expect_intact(*recovered);
    }
  }
}

TEST(Recover, AChangedLengthInTheMiddleIsDamageAndNoCut) {
  const auto& whole = whole_run().bytes;
  const auto ends = ends_of(whole);
  auto damaged = whole;
  constexpr std::size_t kNameLength = 26, kStoredSize = 18;
  for (const std::size_t field : {kNameLength, kStoredSize}) {
    damaged = whole;
    const auto header = static_cast<std::size_t>(ends[2]);
    damaged[header + field] = damaged[header + field + 1] = std::byte{0xFE};
    const auto recovered = recover(damaged);
    ASSERT_TRUE(recovered);
    EXPECT_TRUE(recovered->remainder.fault) << field;
    EXPECT_FALSE(recovered->remainder.is_cut) << field;
  }
}

/// The bundle without its manifest and what is behind, and where its entries begin.
std::pair<std::vector<std::byte>, std::vector<std::uint64_t>> unfinished_run() {
  auto bytes = whole_run().bytes;
  auto ends = ends_of(bytes);
  ends.pop_back();
  bytes.resize(static_cast<std::size_t>(ends.back()));
  ends.insert(ends.begin(), 0);
  ends.pop_back();
  return {std::move(bytes), std::move(ends)};
}

TEST(Recover, FindsADamagedNameWhateverItNames) {
  const auto [bytes, begins] = unfinished_run();
  constexpr std::size_t kHeaderBytes = 30;
  for (std::size_t i = 1; i < begins.size(); ++i) {
    auto damaged = bytes;
    // A letter becomes its neighbour: still a name that could be.
    damaged[static_cast<std::size_t>(begins[i]) + kHeaderBytes + 9] ^= std::byte{1};
    const auto recovered = recover(damaged);
    ASSERT_TRUE(recovered) << i;
    ASSERT_TRUE(recovered->remainder.fault) << i;
    EXPECT_FALSE(recovered->remainder.is_cut) << i;
    EXPECT_EQ(recovered->remainder.used, begins[i]) << recovered->remainder.fault->text();
    expect_intact(*recovered);
  }
}

TEST(Recover, TakesNothingThatIsNotTheBeginningOfARun) {
  const auto refused = [](std::span<const std::byte> bytes) { return !recover(bytes).has_value(); };
  EXPECT_TRUE(refused({}));
  EXPECT_TRUE(refused(test::random_bytes(5000, 1)));
  EXPECT_TRUE(refused(test::BundleBuilder{}.entry("a.txt", "x").bytes()));
  EXPECT_TRUE(refused(test::BundleBuilder{}.entry("start.json", "{}").bytes()));
  EXPECT_TRUE(refused(std::span{whole_run().bytes}.first(20)));
}

TEST(Recover, CountsEvidenceWhoseRowWasLostAndKeepsIt) {
  const auto& run = whole_run();
  BorrowedSource source{run.bytes};
  const auto reader = BundleReader::open(source);
  std::uint64_t cut = 0, evidence = 0;
  for (const auto& entry : reader->entries()) {
    if (entry.facts.name.starts_with("artifacts")) break;
    evidence += entry.facts.name.starts_with("evidence/") ? 1u : 0u;
    cut = entry.data_offset + entry.facts.stored_size +
          zip_descriptor_bytes(entry.facts.method, entry.facts.size);
  }
  ASSERT_GT(evidence, 0u);
  const auto recovered = recover(std::span{run.bytes}.first(static_cast<std::size_t>(cut)));
  ASSERT_TRUE(recovered);
  EXPECT_EQ(recovered->remainder.entries_without_row, evidence);
}

}  // namespace
}  // namespace hozen
