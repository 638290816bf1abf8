#include "collector/engine/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "collector/base/text.h"
#include "collector/engine/bundle_reader.h"
#include "tests/builders/bundle_builder.h"
#include "tests/builders/sanitized.h"

namespace hozen {
namespace {

using test::BorrowedSource;
using test::BundleBuilder;
using testing::HasSubstr;

std::vector<std::byte> sample() {
  BundleBuilder builder;
  return add_sample(builder).bytes();
}

VerifyReport verify(const std::vector<std::byte>& bytes, std::size_t max_problems = 1000) {
  BorrowedSource source{bytes};
  auto report = verify_bundle(source, {max_problems});
  EXPECT_TRUE(report);
  return report ? *report : VerifyReport{};
}

/// The first problem as text, "" when there is none.
std::string first_problem(const std::vector<std::byte>& bytes) {
  const VerifyReport report = verify(bytes);
  return report.problems.empty() ? "" : report.problems[0].text();
}

/// Every byte of a bundle that is part of an entry's data, manifest.json aside.
std::vector<bool> data_bytes(const std::vector<std::byte>& bytes) {
  BorrowedSource source{bytes};
  const auto reader = BundleReader::open(source);
  std::vector<bool> is_data(bytes.size());
  for (const auto& entry : reader->entries())
    for (std::uint64_t i = 0; i < entry.facts.stored_size; ++i)
      is_data[static_cast<std::size_t>(entry.data_offset + i)] = true;
  return is_data;
}

void flip(std::vector<std::byte>& bytes, std::size_t bit) {
  bytes[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
}

std::size_t find(const std::vector<std::byte>& bytes, std::string_view text, std::size_t from = 0) {
  return bytes_of({static_cast<const char*>(static_cast<const void*>(bytes.data())), bytes.size()})
      .chars()
      .find(text, from);
}

TEST(Verify, AcceptsWhatTheWriterWrote) {
  for (const DeflateEncoder encoder : {DeflateEncoder::fastest, DeflateEncoder::zlib}) {
    BundleBuilder builder{{2, encoder}};
    const auto bytes = add_sample(builder).bytes();
    const VerifyReport report = verify(bytes);
    for (const VerifyProblem& problem : report.problems) ADD_FAILURE() << problem.text();
    EXPECT_EQ(report.seal, builder.seal());
    EXPECT_EQ(report.entries, 10u);
    EXPECT_EQ(report.artifacts, 5u);
    EXPECT_EQ(report.manifest->collection.id, "0001");
  }
}

TEST(Verify, NamesEveryFlippedBitOutsideOfData) {
  auto bytes = sample();
  const std::vector<bool> is_data = data_bytes(bytes);
  std::size_t flipped = 0;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    if (is_data[bit / 8]) continue;
    // Each byte at least, in a turn of its bits.
    if (test::kSanitized && bit % 8 != bit / 8 % 8) continue;
    flip(bytes, bit);
    const VerifyReport report = verify(bytes, 1);
    flip(bytes, bit);
    ++flipped;
    ASSERT_FALSE(report.problems.empty()) << "bit " << bit;
    ASSERT_FALSE(report.problems[0].where.empty());
  }
  EXPECT_GT(flipped, test::kSanitized ? 3'750u : 30'000u);
}

TEST(Verify, NamesFlippedBitsOfData) {
  auto bytes = sample();
  const std::vector<bool> is_data = data_bytes(bytes);
  BorrowedSource source{bytes};
  const auto reader = BundleReader::open(source);
  std::mt19937 random{1};
  for (unsigned tries = 0; tries < 1000;) {
    const std::size_t bit = random() % (bytes.size() * 8);
    if (!is_data[bit / 8]) continue;
    ++tries;
    flip(bytes, bit);
    const VerifyReport report = verify(bytes, 1);
    flip(bytes, bit);
    ASSERT_EQ(report.problems.size(), 1u) << "bit " << bit;
    const auto& problem = report.problems[0];
    ASSERT_LE(problem.offset, bit / 8);
    ASSERT_GT(problem.offset + problem.length, bit / 8) << problem.text();
  }
}

TEST(Verify, NamesTheFieldThatWasChanged) {
  auto bytes = sample();
  bytes[8] ^= std::byte{8};
  EXPECT_THAT(first_problem(bytes), HasSubstr("local header of start.json: its method"));
  bytes = sample();
  bytes.back() ^= std::byte{1};
  EXPECT_THAT(first_problem(bytes), HasSubstr("end record: its comment length"));
  bytes = sample();
  const std::size_t central = find(bytes, "PK\x01\x02");
  bytes[central + 16] ^= std::byte{1};
  EXPECT_THAT(first_problem(bytes), HasSubstr("directory header of start.json: its CRC"));
  bytes = sample();
  bytes[14] ^= std::byte{1};
  EXPECT_THAT(first_problem(bytes), HasSubstr("local header of start.json: its CRC"));
  bytes = sample();
  const std::size_t descriptor = find(bytes, "PK\x07\x08");
  bytes[descriptor + 5] ^= std::byte{1};
  EXPECT_THAT(first_problem(bytes), HasSubstr("data descriptor of evidence/C/Windows/System32"));
}

TEST(Verify, FindsUnusedBitsAtTheEndOfADeflateStream) {
  // The last byte of a deflated entry ends in padding that no unzip program looks at.
  auto bytes = sample();
  BorrowedSource source{bytes};
  const auto reader = BundleReader::open(source);
  const auto* entry = reader->find("evidence/C/Windows/notes.txt");
  ASSERT_NE(entry, nullptr);
  ASSERT_EQ(entry->facts.method, 8);
  unsigned unused = 0;
  for (unsigned bit = 0; bit < 8; ++bit) {
    const std::size_t at =
        static_cast<std::size_t>(entry->data_offset + entry->facts.stored_size - 1) * 8 + bit;
    flip(bytes, at);
    const std::string problem = first_problem(bytes);
    EXPECT_THAT(problem, HasSubstr("stored_sha256"));
    if (problem.find("right content") != std::string::npos) ++unused;
    flip(bytes, at);
  }
  EXPECT_GT(unused, 0u);
}

TEST(Verify, FindsBytesThatBelongToNothing) {
  const auto bytes = sample();
  const std::vector<std::byte> extra(5, std::byte{0x50});
  const auto with = [&](std::size_t at) {
    auto changed = bytes;
    changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(at), extra.begin(), extra.end());
    return changed;
  };
  EXPECT_THAT(first_problem(with(0)), HasSubstr("before the local header of start.json"));
  EXPECT_THAT(first_problem(with(bytes.size())), HasSubstr("behind the end record"));
  BorrowedSource source{bytes};
  const auto reader = BundleReader::open(source);
  for (const auto& entry : reader->entries()) {
    const auto report = verify(with(static_cast<std::size_t>(entry.header_offset)));
    ASSERT_EQ(report.problems.size(), 1u) << entry.facts.name;
    EXPECT_EQ(report.problems[0].where, "before the local header of " + entry.facts.name);
    EXPECT_EQ(report.problems[0].length, 5u);
  }
}

TEST(Verify, FindsMissingBytes) {
  const auto bytes = sample();
  // Every length near both ends, and some between.
  const auto step = [&](std::size_t cut) {
    return cut < 200 || cut + 600 > bytes.size() ? std::size_t{1} : std::size_t{97};
  };
  for (std::size_t cut = 0; cut < bytes.size(); cut += step(cut)) {
    const std::vector<std::byte> shorter(bytes.begin(),
                                         bytes.begin() + static_cast<std::ptrdiff_t>(cut));
    ASSERT_FALSE(verify(shorter, 1).intact()) << cut;
  }
  auto gap = bytes;
  gap.erase(gap.begin() + 100, gap.begin() + 110);
  EXPECT_FALSE(verify(gap).intact());
}

TEST(Verify, SaysWhenThereIsNoManifest) {
  BundleBuilder builder;
  add_sample(builder);
  ASSERT_TRUE(builder.writer().settle());
  EXPECT_THAT(first_problem(builder.sink().bytes), HasSubstr("interrupted run"));
  EXPECT_FALSE(verify({}).intact());
  EXPECT_FALSE(verify(test::random_bytes(10'000, 1)).intact());
}

TEST(Verify, HoldsArtifactRowsAgainstEntries) {
  const std::string good =
      "{\"path\":\"C:\\\\a\",\"entry\":\"evidence/C/a\",\"stored\":1,\"sha256\":\"" +
      to_hex(sha256(std::as_bytes(std::span{"x", 1}))) + "\"}\n";
  const auto problem = [](const std::string& row) {
    BundleBuilder builder;
    MemorySource content{test::to_bytes("x")};
    EXPECT_TRUE(builder.writer().add_file(*EvidencePath::parse("C:\\a"), content, test::kBundleTime,
                                          test::kNoLimit));
    return first_problem(builder.line("artifacts", row).bytes());
  };
  EXPECT_EQ(problem(good), "");
  std::string row = good;
  row.replace(row.find("/C/a"), 4, "/C/b");
  EXPECT_THAT(problem(row), HasSubstr("row 1 names evidence/C/b, which is not in the bundle"));
  row = good;
  row.replace(row.find("\"sha256\":\"") + 10, 1,
              good.find("\"sha256\":\"2") != std::string::npos ? "3" : "2");
  EXPECT_THAT(problem(row), HasSubstr("another SHA-256"));
  row = good;
  row.replace(row.find(":1,"), 3, ":2,");
  EXPECT_THAT(problem(row), HasSubstr("another size"));
  EXPECT_THAT(problem("not json\n"), HasSubstr("row of artifacts.jsonl"));
  EXPECT_EQ(problem("{\"path\":\"C:\\\\gone\",\"outcome\":\"missing\",\"stored\":0}\n"), "");
}

TEST(Verify, AcceptsAnEditedBundleButNotItsSeal) {
  // An entry is replaced and everything made consistent again: what a seal kept elsewhere is for.
  BundleBuilder builder, edited;
  builder.entry("start.json", "{}\n").entry("ticket.md", "Something is wrong.\n").bytes();
  const auto bytes =
      edited.entry("start.json", "{}\n").entry("ticket.md", "All is well.\n").bytes();
  const VerifyReport report = verify(bytes);
  EXPECT_TRUE(report.intact());
  EXPECT_NE(report.seal, builder.seal());
}

TEST(Verify, EndsAtTheCapOfProblems) {
  auto bytes = sample();
  for (std::size_t i = 0; i + 22 < bytes.size() / 2; i += 50) bytes[i] ^= std::byte{1};
  const VerifyReport report = verify(bytes, 3);
  EXPECT_EQ(report.problems.size(), 3u);
  EXPECT_TRUE(report.ended_early);
}

TEST(Verify, PrintsNoControlCharacters) {
  const VerifyProblem problem{"data of \x1b[2J", "bad\nline", 0, 0};
  EXPECT_EQ(problem.text().find('\x1b'), std::string::npos);
  EXPECT_EQ(problem.text().find('\n'), std::string::npos);
}

}  // namespace
}  // namespace hozen
