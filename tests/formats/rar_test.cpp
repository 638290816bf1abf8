#include "collector/formats/rar.h"

#include <gtest/gtest.h>

#include "tests/builders/rar_builder.h"

namespace hozen::rar {
namespace {

using builders::RarBuilder;
using builders::RarBytes;
using builders::RarFile;
using Generation = RarBuilder::Generation;

constexpr FileTime kModified{133'500'000'012'345'678}, kCreated{133'400'000'001'234'567};

struct Listing {
  Archive archive{};
  std::vector<Entry> entries{};
  std::optional<Error> error{};
};

Listing list(const RarBytes& bytes) {
  MemorySource file{bytes};
  Listing out;
  auto archive = read(file, [&](const Entry& entry) {
    out.entries.push_back(entry);
    return true;
  });
  if (archive)
    out.archive = *std::move(archive);
  else
    out.error = archive.error();
  return out;
}

RarFile report_file() {
  RarFile file;
  file.name = "docs/報告書.xls";
  file.size = 4096;
  file.packed = 100;
  file.crc = 0x12345678;
  file.modified = kModified;
  file.created = kCreated;
  file.streams = {":Zone.Identifier"};
  return file;
}

class BothGenerations : public testing::TestWithParam<Generation> {
 protected:
  RarBuilder builder() const { return RarBuilder{GetParam()}; }
};

INSTANTIATE_TEST_SUITE_P(Rar, BothGenerations, testing::Values(Generation::rar4, Generation::rar5),
                         [](const auto& generation) {
                           return generation.param == Generation::rar4 ? "Rar4" : "Rar5";
                         });

TEST_P(BothGenerations, FilesHaveTheirFields) {
  RarFile folder;
  folder.name = "docs";
  folder.directory = true;
  const auto bytes = builder().comment("made by a test").file(report_file()).file(folder).bytes();
  const Listing listing = list(bytes);
  ASSERT_FALSE(listing.error);
  for (const Error& problem : listing.archive.problems) ADD_FAILURE() << problem.text();
  EXPECT_EQ(listing.archive.comment, "made by a test");
  EXPECT_TRUE(listing.archive.has_end);
  EXPECT_EQ(listing.archive.has_next_volume, false);
  EXPECT_EQ(listing.archive.end, bytes.size());
  EXPECT_EQ(listing.archive.entries, 2u);
  ASSERT_EQ(listing.entries.size(), 2u);
  const Entry& file = listing.entries[0];
  EXPECT_EQ(file.name, "docs/報告書.xls");
  EXPECT_EQ(file.size, 4096u);
  EXPECT_EQ(file.packed_size, 100u);
  EXPECT_EQ(file.crc, 0x12345678u);
  EXPECT_EQ(file.method, 3);
  EXPECT_EQ(file.modified, kModified);
  EXPECT_EQ(file.created, kCreated);
  EXPECT_FALSE(file.accessed.is_set());
  EXPECT_EQ(file.times_are_local, GetParam() == Generation::rar4);
  EXPECT_EQ(host_os_text(listing.archive.version, file.host_os), "windows");
  ASSERT_EQ(file.streams.size(), 1u);
  EXPECT_EQ(file.streams[0].name, ":Zone.Identifier");
  EXPECT_EQ(file.streams[0].size, 5u);
  EXPECT_FALSE(file.is_directory || file.is_encrypted);
  EXPECT_TRUE(listing.entries[1].is_directory);
}

TEST_P(BothGenerations, AnArchiveWithEncryptedHeadersSaysSo) {
  const Listing listing = list(builder().encrypt_headers().bytes());
  ASSERT_FALSE(listing.error);
  EXPECT_TRUE(listing.archive.headers_encrypted);
  EXPECT_TRUE(listing.archive.problems.empty());
  EXPECT_TRUE(listing.entries.empty());
}

TEST_P(BothGenerations, EncryptedFilesStillHaveNames) {
  RarFile file = report_file();
  file.encrypted = true;
  const Listing listing = list(builder().file(file).bytes());
  ASSERT_EQ(listing.entries.size(), 1u);
  EXPECT_TRUE(listing.entries[0].is_encrypted);
  EXPECT_EQ(listing.entries[0].name, "docs/報告書.xls");
  EXPECT_EQ(listing.entries[0].modified, kModified);
  EXPECT_EQ(listing.entries[0].crc_is_keyed, GetParam() == Generation::rar5);
}

TEST_P(BothGenerations, VolumesSayWhichTheyAre) {
  RarFile file = report_file();
  file.before = file.after = true;
  const Listing listing = list(builder().volume(2, true).file(file).bytes());
  EXPECT_TRUE(listing.archive.is_volume);
  EXPECT_EQ(listing.archive.is_first_volume, false);
  EXPECT_EQ(listing.archive.volume_number, 2u);
  EXPECT_EQ(listing.archive.has_next_volume, true);
  ASSERT_EQ(listing.entries.size(), 1u);
  EXPECT_TRUE(listing.entries[0].continues_before);
  EXPECT_TRUE(listing.entries[0].continues_after);

  const Listing first = list(builder().volume(0, true).bytes());
  EXPECT_EQ(first.archive.is_first_volume, true);
}

TEST_P(BothGenerations, AnArchiveBehindAProgramIsFound) {
  RarBytes program(70'000, std::byte{0x11});
  program[0] = std::byte{'M'};
  program[1] = std::byte{'Z'};
  // A program that knows the signature: no header follows it.
  const std::string_view signature{"Rar!\x1A\x07\x00", 7};
  for (std::size_t i = 0; i < signature.size(); ++i)
    program[5000 + i] = static_cast<std::byte>(signature[i]);
  const Listing listing = list(builder().file(report_file()).behind(program).bytes());
  ASSERT_FALSE(listing.error);
  EXPECT_EQ(listing.archive.offset, 70'000u);
  EXPECT_EQ(listing.entries.size(), 1u);
  const Listing none = list(program);
  ASSERT_TRUE(none.error);
  EXPECT_EQ(none.error->code, Errc::not_found);
}

TEST_P(BothGenerations, ACutArchiveGivesWhatIsThereAndSaysThatItIsCut) {
  const auto whole = builder().file(report_file()).file(report_file()).bytes();
  std::size_t most = 0;
  for (std::size_t size = 8; size < whole.size(); ++size) {
    const Listing listing =
        list({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
    ASSERT_FALSE(listing.error) << size;
    EXPECT_LE(listing.entries.size(), 2u);
    EXPECT_GE(listing.entries.size(), most);
    most = listing.entries.size();
    EXPECT_FALSE(listing.archive.has_end);
    EXPECT_LE(listing.archive.end, size);
  }
  EXPECT_EQ(most, 2u);
}

TEST_P(BothGenerations, ADamagedHeaderIsToldAndMarked) {
  auto bytes = builder().file(report_file()).file(report_file()).bytes();
  const Listing sound = list(bytes);
  bytes[static_cast<std::size_t>(sound.entries[0].offset) + 16] ^= std::byte{1};
  const Listing listing = list(bytes);
  ASSERT_EQ(listing.archive.problems.size(), 1u);
  EXPECT_EQ(listing.archive.problems[0].code, Errc::malformed);
  EXPECT_EQ(listing.archive.problems[0].offset, sound.entries[0].offset);
  ASSERT_EQ(listing.entries.size(), 2u);
  EXPECT_FALSE(listing.entries[0].checksum_ok);
  EXPECT_TRUE(listing.entries[1].checksum_ok);
}

TEST_P(BothGenerations, NamesThatLeadOutAreOnlyNames) {
  RarFile file;
  file.name = "../../Windows/evil.exe";
  const Listing listing = list(builder().file(file).bytes());
  ASSERT_EQ(listing.entries.size(), 1u);
  EXPECT_EQ(listing.entries[0].name, "../../Windows/evil.exe");
}

TEST_P(BothGenerations, TheVisitorEndsTheReading) {
  const auto bytes = builder().file(report_file()).file(report_file()).bytes();
  MemorySource file{bytes};
  int seen = 0;
  const auto archive = read(file, [&](const Entry&) { return ++seen < 1; });
  ASSERT_TRUE(archive);
  EXPECT_EQ(seen, 1);
  EXPECT_FALSE(archive->has_end);
}

TEST(Rar5, LinksOwnersAndTheFirstNameOfTheArchive) {
  RarFile file = report_file();
  file.link = "..\\secret";
  file.user = "alice";
  const Listing listing =
      list(RarBuilder{Generation::rar5}.made_as("C:\\t\\a.rar", kCreated).file(file).bytes());
  EXPECT_EQ(listing.archive.original_name, "C:\\t\\a.rar");
  EXPECT_EQ(listing.archive.created, kCreated);
  ASSERT_EQ(listing.entries.size(), 1u);
  EXPECT_EQ(listing.entries[0].link, LinkKind::windows_link);
  EXPECT_EQ(listing.entries[0].link_target, "..\\secret");
  EXPECT_EQ(listing.entries[0].user, "alice");
}

TEST(Rar5, ANumberOfMoreThan64BitsEndsTheArchive) {
  RarBytes bytes = RarBuilder{Generation::rar5}.bytes();
  bytes.resize(8 + 4);
  bytes.insert(bytes.end(), 12, std::byte{0xFF});
  const Listing listing = list(bytes);
  ASSERT_EQ(listing.archive.problems.size(), 1u);
  EXPECT_EQ(listing.archive.problems[0].code, Errc::malformed);
}

TEST(Rar4, FilesBeyond4GiBHaveTheirSizes) {
  RarFile file = report_file();
  file.size = std::uint64_t{5} << 32;
  file.streams.clear();
  const Listing listing = list(RarBuilder{Generation::rar4}.file(file).bytes());
  ASSERT_EQ(listing.entries.size(), 1u);
  EXPECT_EQ(listing.entries[0].size, std::uint64_t{5} << 32);
  EXPECT_EQ(listing.entries[0].packed_size, 100u);
}

TEST(Rar4, OlderArchivesAreNamed) {
  RarBytes bytes(20);
  const std::string_view signature = "RE~^";
  for (std::size_t i = 0; i < signature.size(); ++i)
    bytes[i] = static_cast<std::byte>(signature[i]);
  const Listing listing = list(bytes);
  ASSERT_TRUE(listing.error);
  EXPECT_EQ(listing.error->code, Errc::unsupported);
}

}  // namespace
}  // namespace hozen::rar
