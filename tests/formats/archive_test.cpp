// Lists of archives of every format, their damage, and what they say of themselves.
#include "collector/formats/archive.h"

#include <gmock/gmock.h>

#include "collector/base/text.h"
#include "tests/builders/archive_builder.h"
#include "tests/builders/pe_builder.h"
#include "tests/builders/rar_builder.h"

namespace hozen::archive {
namespace {

using namespace builders;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Even seconds: DOS times have no others.
constexpr FileTime kModified{133'500'000'020'000'000}, kCreated{133'400'000'001'234'567};

struct Listing {
  Archive archive{};
  std::vector<Entry> entries{};
  std::optional<Error> error{};
};

Listing list(const ArchiveBytes& bytes) {
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

std::vector<std::string> problems_of(const Listing& listing) {
  std::vector<std::string> texts;
  for (const Error& problem : listing.archive.problems) texts.push_back(problem.text());
  return texts;
}

std::vector<std::string> names_of(const Listing& listing) {
  std::vector<std::string> names;
  for (const Entry& entry : listing.entries) names.push_back(entry.name);
  return names;
}

ArchivedFile report() { return {"docs/報告書.xls", 40, kModified, false, false, ""}; }
ArchivedFile folder() { return {"docs", 0, kModified, true, false, ""}; }

struct Case {
  std::string name;
  Format format;
  ArchiveBytes bytes;
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  cases.push_back({"Zip", Format::zip, ZipArchive{}.file(folder()).file(report()).bytes()});
  cases.push_back(
      {"Zip64", Format::zip, ZipArchive{}.zip64().file(folder()).file(report()).bytes()});
  cases.push_back(
      {"SevenZip", Format::seven_zip, SevenZipArchive{}.file(folder()).file(report()).bytes()});
  cases.push_back({"Arj", Format::arj, ArjArchive{}.file(folder()).file(report()).bytes()});
  for (const auto& [name, kind] :
       {std::pair{"Ustar", TarArchive::Kind::ustar}, std::pair{"GnuTar", TarArchive::Kind::gnu},
        std::pair{"Pax", TarArchive::Kind::pax}})
    cases.push_back({name, Format::tar, TarArchive{kind}.file(folder()).file(report()).bytes()});
  return cases;
}

TEST(Archive, EachFormatTellsFolderAndFile) {
  for (const Case& one : all_cases()) {
    SCOPED_TRACE(one.name);
    const Listing listing = list(one.bytes);
    ASSERT_FALSE(listing.error);
    EXPECT_THAT(problems_of(listing), IsEmpty());
    EXPECT_EQ(listing.archive.format, one.format);
    EXPECT_EQ(listing.archive.names, Names::read);
    EXPECT_EQ(listing.archive.has_end, true);
    EXPECT_EQ(listing.archive.entries, 2u);
    EXPECT_EQ(listing.archive.unpacked_bytes, 40u);
    EXPECT_FALSE(listing.archive.any_encrypted || listing.archive.headers_encrypted ||
                 listing.archive.is_volume);
    ASSERT_EQ(listing.entries.size(), 2u);
    EXPECT_EQ(listing.entries[0].name, "docs");
    EXPECT_TRUE(listing.entries[0].is_directory);
    const Entry& file = listing.entries[1];
    if (one.format != Format::arj) {
      EXPECT_EQ(file.name, "docs/報告書.xls");
    }
    EXPECT_FALSE(file.is_directory);
    EXPECT_EQ(file.size, 40u);
    EXPECT_EQ(file.modified, kModified);
    EXPECT_EQ(file.times_are_local, one.format == Format::zip || one.format == Format::arj);
    if (one.format != Format::tar) {
      EXPECT_EQ(file.crc, 0xE9EC'3DB1u);  // of 40 zeros
    }
  }
}

TEST(Archive, TheBytesOfACutArchiveAreNeverTrusted) {
  auto cases = all_cases();
  cases.push_back({"Cab", Format::cab, CabArchive{}.file(report()).bytes()});
  cases.push_back({"CabVolume", Format::cab,
                   CabArchive{}.reserve().volume(1, "a", "b").file(report()).bytes()});
  cases.push_back({"Gzip", Format::gzip, gzip_archive("a.txt", kModified)});
  for (const unsigned level : {0u, 1u, 2u, 3u})
    cases.push_back({"Lzh", Format::lzh, LzhArchive{level}.file(folder()).file(report()).bytes()});
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    for (std::size_t size = 0; size < one.bytes.size(); ++size) {
      MemorySource file{{one.bytes.begin(), one.bytes.begin() + static_cast<std::ptrdiff_t>(size)}};
      std::vector<std::string> names;
      const auto archive = read(file, Found{one.format, 0}, [&](const Entry& entry) {
        names.push_back(entry.name);
        EXPECT_LT(entry.offset, size);
        return true;
      });
      ASSERT_TRUE(archive) << size;
      EXPECT_LE(archive->end, size);
      // An end may be lacking, and of its two blocks one is enough.
      const bool is_tar_without_end =
          one.format == Format::tar && (size % 512 == 0 || size > one.bytes.size() - 512);
      const bool lacks_checksums_only = one.format == Format::gzip && size >= 16;
      const bool says = !archive->problems.empty() || archive->has_end == false;
      EXPECT_TRUE(says || is_tar_without_end || lacks_checksums_only) << size;
    }
  }
}

TEST(Archive, WhatIsNoneIsNotFound) {
  for (const std::string_view text : {"", "P", "PK", "a text that is longer than a signature"}) {
    const auto bytes = bytes_of(text).span();
    const Listing listing = list({bytes.begin(), bytes.end()});
    ASSERT_TRUE(listing.error);
    EXPECT_EQ(listing.error->code, Errc::not_found);
  }
}

TEST(Archive, TheVisitorEndsTheReading) {
  for (const Case& one : all_cases()) {
    MemorySource file{one.bytes};
    int count = 0;
    ASSERT_TRUE(read(file, [&](const Entry&) { return ++count < 1; }));
    EXPECT_EQ(count, 1) << one.name;
  }
}

TEST(Archive, RarHasTheSameWay) {
  RarFile file;
  file.name = "../a.doc";
  file.size = 4096;
  file.packed = 100;
  file.encrypted = true;
  const Listing listing =
      list(RarBuilder{RarBuilder::Generation::rar5}.volume(2, true).file(file).bytes());
  EXPECT_EQ(listing.archive.format, Format::rar);
  EXPECT_EQ(listing.archive.version, "5-7");
  EXPECT_TRUE(listing.archive.is_volume && listing.archive.any_encrypted);
  EXPECT_EQ(listing.archive.volume_number, 2u);
  EXPECT_THAT(names_of(listing), ElementsAre("../a.doc"));
  const Listing hidden = list(RarBuilder{RarBuilder::Generation::rar4}.encrypt_headers().bytes());
  EXPECT_EQ(hidden.archive.names, Names::encrypted);
  EXPECT_TRUE(hidden.archive.headers_encrypted);
}

TEST(Archive, IsFoundBehindAProgram) {
  const auto program = PeBuilder{}.bytes();
  RarFile rar_file;
  rar_file.name = "a.doc";
  const std::vector<std::pair<Format, ArchiveBytes>> archives{
      {Format::rar, RarBuilder{RarBuilder::Generation::rar5}.file(rar_file).bytes()},
      {Format::seven_zip, SevenZipArchive{}.file(report()).bytes()},
      {Format::zip, ZipArchive{}.file(report()).bytes()},
      {Format::cab, CabArchive{}.file(report()).bytes()}};
  for (const auto& [format, archive] : archives) {
    SCOPED_TRACE(std::string{to_text(format)});
    ArchiveBytes whole = program;
    const std::string_view configuration = ";!@Install@!UTF-8!\r\n";
    const auto text = bytes_of(configuration).span();
    whole.insert(whole.end(), text.begin(), text.end());
    const std::size_t begin = whole.size();
    whole.insert(whole.end(), archive.begin(), archive.end());
    const Listing listing = list(whole);
    ASSERT_FALSE(listing.error);
    EXPECT_EQ(listing.archive.format, format);
    EXPECT_EQ(listing.archive.offset, begin);
    ASSERT_EQ(listing.entries.size(), 1u);
    EXPECT_GT(listing.entries[0].offset, begin);
    EXPECT_THAT(problems_of(listing), IsEmpty());
  }
  MemorySource alone{program};
  EXPECT_EQ(find(alone)->format, Format::none);
}

TEST(Archive, AProgramThatHoldsASignatureIsNone) {
  ArchiveBytes whole = PeBuilder{}.bytes();
  const auto text = bytes_of("Rar!\x1A\x07 7z\xBC\xAF\x27\x1C and no header behind it").span();
  whole.insert(whole.end(), text.begin(), text.end());
  MemorySource file{whole};
  EXPECT_EQ(find(file)->format, Format::none);
}

TEST(ZipListing, EncryptionIsToldAsItIs) {
  ArchivedFile plain = report(), classic = report();
  classic.encrypted = true;
  const Listing listing =
      list(ZipArchive{}.file(plain).file(classic).file(plain).aes().file(plain).strong().bytes());
  ASSERT_EQ(listing.entries.size(), 4u);
  EXPECT_TRUE(listing.archive.any_encrypted);
  EXPECT_EQ(listing.entries[0].method, "stored");
  EXPECT_FALSE(listing.entries[0].is_encrypted);
  EXPECT_EQ(listing.entries[1].method, "stored+zipcrypto");
  EXPECT_EQ(listing.entries[2].method, "stored+aes");
  EXPECT_FALSE(listing.entries[2].crc) << "AE-2 keeps none";
  EXPECT_EQ(listing.entries[3].method, "stored+strong");
  const Listing hidden = list(ZipArchive{}.encrypted_directory().file(plain).bytes());
  EXPECT_TRUE(hidden.archive.headers_encrypted);
  EXPECT_EQ(hidden.archive.names, Names::encrypted);
  EXPECT_THAT(hidden.entries, IsEmpty());
}

TEST(ZipListing, NamesAreReadInTheirCodePage) {
  const auto only = [](const ZipArchive& zip) { return list(zip.bytes()).entries.at(0); };
  const auto japanese = only(ZipArchive{}.file(report()).raw_name("\x95\xF1\x8D\x90.doc"));
  EXPECT_EQ(japanese.name, "報告.doc");
  EXPECT_EQ(japanese.name_encoding, NameEncoding::assumed_cp932);
  EXPECT_EQ(to_hex(japanese.name_bytes), "95f18d902e646f63");
  const auto western = only(ZipArchive{}.file(report()).raw_name("B\x81 cher.doc"));
  EXPECT_EQ(western.name, "Bü cher.doc");
  EXPECT_EQ(western.name_encoding, NameEncoding::assumed_cp437);
  const auto unix_name =
      only(ZipArchive{}.made_on_unix().file(report()).raw_name("\xE5\xA0\xB1.doc"));
  EXPECT_EQ(unix_name.name, "報.doc");
  EXPECT_EQ(unix_name.name_encoding, NameEncoding::unicode);
  const auto beside = only(ZipArchive{}.file(report()).raw_name("__.doc").unicode_path("報告.doc"));
  EXPECT_EQ(beside.name, "報告.doc");
  const auto back = only(ZipArchive{}.file(report()).raw_name("..\\a\\b.doc"));
  EXPECT_EQ(back.name, "../a/b.doc");
  EXPECT_EQ(back.name_encoding, NameEncoding::ascii);
}

TEST(ZipListing, TimesOfExtraFieldsAreUtc) {
  const Entry ntfs = list(ZipArchive{}.file(report()).ntfs_times(kCreated).bytes()).entries.at(0);
  EXPECT_EQ(ntfs.created, kCreated);
  EXPECT_EQ(ntfs.accessed, kModified);
  EXPECT_FALSE(ntfs.times_are_local);
  const Entry unix_time = list(ZipArchive{}.file(report()).unix_time().bytes()).entries.at(0);
  EXPECT_EQ(unix_time.modified, kModified);
  EXPECT_FALSE(unix_time.times_are_local);
}

TEST(ZipListing, VolumesSayWhatTheyAre) {
  const Listing last = list(ZipArchive{}.last_of_volumes(3).file(report()).bytes());
  EXPECT_TRUE(last.archive.is_volume);
  EXPECT_EQ(last.archive.volume_number, 3u);
  EXPECT_EQ(last.archive.has_next_volume, false);
  const Listing first = list(ZipArchive{}.first_of_volumes().file(report()).bytes());
  EXPECT_TRUE(first.archive.is_volume);
  EXPECT_EQ(first.archive.is_first_volume, true);
  EXPECT_EQ(first.archive.has_end, false);
  EXPECT_THAT(problems_of(first), IsEmpty());
  EXPECT_THAT(names_of(first), ElementsAre("docs/報告書.xls"));
}

TEST(ZipListing, AnEndRecordThatStatesAPartIsNotBelievedAgainstTheFile) {
  const Listing whole = list(ZipArchive{}.states_volume(3).file(report()).bytes());
  EXPECT_FALSE(whole.archive.is_volume);
  EXPECT_EQ(whole.archive.volume_number, std::nullopt);
  EXPECT_EQ(whole.archive.has_next_volume, std::nullopt);
  EXPECT_THAT(problems_of(whole), ElementsAre(HasSubstr("it states to be that of part 3, from 0")));
  EXPECT_THAT(names_of(whole), ElementsAre("docs/報告書.xls"));
  // One file that begins elsewhere is enough.
  ArchiveBytes bytes = ZipArchive{}.states_volume(3).file(report()).file(report()).bytes();
  bytes[0] = std::byte{0x11};
  EXPECT_TRUE(list(bytes).archive.is_volume);
}

TEST(ZipListing, ALastVolumeWithoutASignatureIsFoundByItsEnd) {
  ArchiveBytes bytes = ZipArchive{}.last_of_volumes(1).file(report()).bytes();
  bytes[0] = std::byte{0x11};  // the middle of a file
  const Listing listing = list(bytes);
  ASSERT_FALSE(listing.error);
  EXPECT_THAT(names_of(listing), ElementsAre("docs/報告書.xls"));
  // Of an archive that is no volume something stands at the beginning.
  bytes = ZipArchive{}.file(report()).bytes();
  bytes[0] = std::byte{0x11};
  EXPECT_TRUE(list(bytes).error);
}

TEST(ZipListing, CommentAndEmptyArchive) {
  EXPECT_EQ(list(ZipArchive{}.comment("made by a test PK\x05\x06").file(report()).bytes())
                .archive.comment,
            "made by a test PK\x05\x06");
  const Listing empty = list(ZipArchive{}.bytes());
  ASSERT_FALSE(empty.error);
  EXPECT_EQ(empty.archive.format, Format::zip);
  EXPECT_THAT(problems_of(empty), IsEmpty());
}

TEST(ZipListing, ACountThatIsNotTrueIsToldAndNotBelieved) {
  ArchiveBytes bytes = ZipArchive{}.zip64().file(report()).bytes();
  const std::size_t record = bytes.size() - 22 - 20 - 56;
  for (std::size_t i = 0; i < 8; ++i) bytes[record + 32 + i] = std::byte{0xFF};
  const Listing listing = list(bytes);
  EXPECT_EQ(listing.entries.size(), 1u);
  EXPECT_THAT(problems_of(listing), ElementsAre(HasSubstr("entries are told")));
}

TEST(SevenZipListing, HeadersThatCannotBeReadSayWhy) {
  const Listing packed = list(SevenZipArchive{}.file(report()).packed_header().bytes());
  EXPECT_EQ(packed.archive.names, Names::packed);
  EXPECT_FALSE(packed.archive.headers_encrypted);
  EXPECT_THAT(problems_of(packed), IsEmpty());
  const Listing encrypted = list(SevenZipArchive{}.file(report()).encrypted_header().bytes());
  EXPECT_EQ(encrypted.archive.names, Names::encrypted);
  EXPECT_TRUE(encrypted.archive.headers_encrypted);
  const Listing data = list(SevenZipArchive{}.file(report()).file(folder()).encrypt().bytes());
  ASSERT_EQ(data.entries.size(), 2u);
  EXPECT_TRUE(data.entries[0].is_encrypted && data.archive.any_encrypted);
  EXPECT_FALSE(data.entries[1].is_encrypted);
  EXPECT_EQ(data.entries[0].method, "aes256");
}

TEST(SevenZipListing, SizesOfASolidFolderAreParted) {
  ArchivedFile empty = report(), other = report();
  empty.size = 0;
  empty.name = "empty";
  other.size = 7;
  other.name = "other";
  const Listing listing =
      list(SevenZipArchive{}.file(report()).file(empty).file(folder()).file(other).bytes());
  EXPECT_THAT(problems_of(listing), IsEmpty());
  EXPECT_TRUE(listing.archive.is_solid);
  ASSERT_EQ(listing.entries.size(), 4u);
  EXPECT_EQ(listing.entries[0].size, 40u);
  EXPECT_EQ(listing.entries[1].size, 0u);
  EXPECT_FALSE(listing.entries[1].is_directory);
  EXPECT_TRUE(listing.entries[2].is_directory);
  EXPECT_EQ(listing.entries[3].size, 7u);
}

TEST(SevenZipListing, LoneSurrogatesAndTimesAtTheirEndsAreKept) {
  ArchivedFile early = report(), late = report();
  early.name = "\xED\xA0\x80.doc";
  early.modified = {};
  late.modified = FileTime{UINT64_MAX};
  const Listing listing = list(SevenZipArchive{}.file(early).file(late).bytes());
  ASSERT_EQ(listing.entries.size(), 2u);
  EXPECT_EQ(listing.entries[0].name, "\xED\xA0\x80.doc");
  EXPECT_FALSE(listing.entries[0].modified.is_set());
  EXPECT_EQ(listing.entries[1].modified.ticks, UINT64_MAX);
}

TEST(SevenZipListing, HugeCountsAndAWrongChecksumAreProblems) {
  const Listing many = list(SevenZipArchive{}.file(report()).file_count(0xFFFF'FFFF).bytes());
  EXPECT_THAT(problems_of(many), ElementsAre(HasSubstr("7z files")));
  ArchiveBytes bytes = SevenZipArchive{}.file(report()).bytes();
  bytes[8] ^= std::byte{1};
  EXPECT_THAT(problems_of(list(bytes)), ElementsAre(HasSubstr("checksum")));
}

TEST(SevenZipListing, AFirstVolumeLacksItsHeader) {
  ArchiveBytes bytes = SevenZipArchive{}.file(report()).bytes();
  bytes.resize(50);
  const Listing listing = list(bytes);
  EXPECT_EQ(listing.archive.has_end, false);
  EXPECT_GT(listing.archive.missing_bytes.value_or(0), 0u);
  EXPECT_THAT(problems_of(listing), ElementsAre(HasSubstr("first of several volumes")));
}

TEST(CabListing, FilesVolumesAndReservedBytes) {
  ArchivedFile second = report();
  second.name = "a\\b.txt";
  const Listing listing = list(CabArchive{}.file(report()).file(second).bytes());
  EXPECT_THAT(problems_of(listing), IsEmpty());
  EXPECT_EQ(listing.archive.version, "1.3");
  EXPECT_THAT(names_of(listing), ElementsAre("docs/報告書.xls", "a/b.txt"));
  EXPECT_EQ(listing.entries[0].modified, kModified);
  EXPECT_EQ(listing.entries[0].size, 40u);
  EXPECT_EQ(listing.entries[0].method, "stored");
  EXPECT_FALSE(listing.archive.is_volume);

  const Listing volume =
      list(CabArchive{}.reserve().volume(1, "d1.cab", "d3.cab").file(report()).bytes());
  EXPECT_THAT(problems_of(volume), IsEmpty());
  EXPECT_TRUE(volume.archive.is_volume);
  EXPECT_EQ(volume.archive.volume_number, 1u);
  EXPECT_EQ(volume.archive.set_number, 4711u);
  EXPECT_EQ(volume.archive.previous_volume, "d1.cab");
  EXPECT_EQ(volume.archive.next_volume, "d3.cab");
  ASSERT_EQ(volume.entries.size(), 1u);
  EXPECT_TRUE(volume.entries[0].continues_before && volume.entries[0].continues_after);

  const Listing ansi = list(CabArchive{}.file(report()).raw_name("\x95\xF1\x8D\x90.doc").bytes());
  EXPECT_THAT(names_of(ansi), ElementsAre("報告.doc"));
}

TEST(ArjListing, GarbledFilesVolumesAndComments) {
  ArchivedFile garbled = report();
  garbled.name = "a.doc";
  garbled.encrypted = true;
  const Listing listing =
      list(ArjArchive{}.comment("note").continued().more_volumes().file(garbled).bytes());
  EXPECT_THAT(problems_of(listing), IsEmpty());
  EXPECT_EQ(listing.archive.comment, "note");
  EXPECT_EQ(listing.archive.original_name, "made.arj");
  EXPECT_TRUE(listing.archive.is_volume && listing.archive.any_encrypted);
  EXPECT_EQ(listing.archive.has_next_volume, true);
  EXPECT_EQ(listing.archive.is_first_volume, false);
  ASSERT_EQ(listing.entries.size(), 1u);
  EXPECT_TRUE(listing.entries[0].continues_before && listing.entries[0].continues_after);
}

TEST(ArjListing, AWrongChecksumEndsTheListing) {
  ArchiveBytes bytes = ArjArchive{}.file(folder()).file(report()).bytes();
  bytes[Bytes{bytes}.chars().rfind("docs/") + 1] ^= std::byte{1};
  const Listing listing = list(bytes);
  EXPECT_THAT(names_of(listing), ElementsAre("docs"));
  EXPECT_THAT(problems_of(listing), ElementsAre(HasSubstr("ARJ header")));
  bytes = ArjArchive{}.file(folder()).bytes();
  bytes[Bytes{bytes}.chars().find("made.arj")] ^= std::byte{1};
  EXPECT_TRUE(list(bytes).error) << "two bytes alone are none";
}

TEST(LzhListing, EachLevelTellsFolderAndFile) {
  for (const unsigned level : {0u, 1u, 2u, 3u}) {
    SCOPED_TRACE(level);
    const ArchivedFile file{"docs/a.doc", 40, kModified, false, false, ""};
    const ArchiveBytes bytes =
        LzhArchive{level}.file(folder()).file(file).raw_name("docs/\x95\xF1\x8D\x90.doc").bytes();
    const Listing listing = list(bytes);
    ASSERT_FALSE(listing.error);
    EXPECT_THAT(problems_of(listing), IsEmpty());
    EXPECT_EQ(listing.archive.format, Format::lzh);
    EXPECT_EQ(listing.archive.end, bytes.size());
    EXPECT_EQ(listing.archive.has_end, true);
    EXPECT_THAT(names_of(listing), ElementsAre("docs", "docs/報告.doc"));
    EXPECT_TRUE(listing.entries[0].is_directory);
    const Entry& entry = listing.entries[1];
    EXPECT_EQ(entry.name_encoding, NameEncoding::assumed_cp932);
    EXPECT_EQ(entry.size, 40u);
    EXPECT_EQ(entry.packed_size, 40u);
    EXPECT_EQ(entry.modified, kModified);
    EXPECT_EQ(entry.times_are_local, level < 2);
    EXPECT_EQ(entry.method, "lh0");
    EXPECT_TRUE(entry.checksum_ok);
  }
}

TEST(LzhListing, AHeaderThatGoesBeyondTheFileEndsTheListing) {
  ArchiveBytes bytes = LzhArchive{2}.file(folder()).bytes();
  bytes[1] = std::byte{0x7F};  // its size
  const Listing listing = list(bytes);
  EXPECT_EQ(listing.entries.size(), 1u);
  EXPECT_LE(listing.archive.end, bytes.size());
  EXPECT_THAT(problems_of(listing), ElementsAre(HasSubstr("LZH file data")));
}

TEST(LzhListing, AMethodThatIsNoTextEndsTheListing) {
  ArchiveBytes bytes = LzhArchive{2}.file(folder()).bytes();
  bytes[5] = std::byte{0xA6};
  const Listing listing = list(bytes);
  EXPECT_EQ(listing.archive.format, Format::lzh);
  EXPECT_THAT(listing.entries, IsEmpty());
  EXPECT_THAT(problems_of(listing), ElementsAre(HasSubstr("LZH header")));
}

TEST(TarListing, LongNamesOfEachKind) {
  ArchivedFile file = report();
  file.name = std::string(90, 'a') + "/" + std::string(60, 'b');
  for (const auto kind : {TarArchive::Kind::ustar, TarArchive::Kind::gnu, TarArchive::Kind::pax}) {
    const Listing listing = list(TarArchive{kind}.file(file).file(report()).bytes());
    EXPECT_THAT(problems_of(listing), IsEmpty());
    EXPECT_THAT(names_of(listing), ElementsAre(file.name, "docs/報告書.xls"));
  }
}

TEST(TarListing, LinksOwnersAndTimesOfPax) {
  ArchivedFile link = report();
  link.link = "/etc/passwd";
  link.modified = FileTime{133'500'000'012'345'678};
  const Listing listing = list(TarArchive{TarArchive::Kind::pax}.file(link).without_end().bytes());
  ASSERT_EQ(listing.entries.size(), 1u);
  EXPECT_EQ(listing.entries[0].link, rar::LinkKind::unix_link);
  EXPECT_EQ(listing.entries[0].link_target, "/etc/passwd");
  EXPECT_EQ(listing.entries[0].user, "alice");
  EXPECT_EQ(listing.entries[0].uid, 1000u);
  EXPECT_EQ(listing.entries[0].modified, link.modified);
  EXPECT_EQ(listing.archive.version, "pax");
  EXPECT_EQ(listing.archive.has_end, false);
}

TEST(TarListing, AWrongChecksumEndsTheListing) {
  ArchiveBytes bytes = TarArchive{TarArchive::Kind::ustar}.file(folder()).file(report()).bytes();
  bytes[512] ^= std::byte{1};
  const Listing listing = list(bytes);
  EXPECT_THAT(names_of(listing), ElementsAre("docs"));
  EXPECT_THAT(problems_of(listing), ElementsAre(HasSubstr("checksum")));
}

TEST(GzipListing, TellsTheNameThatWasPacked) {
  const Listing listing = list(gzip_archive("dump.sql", kModified));
  ASSERT_EQ(listing.entries.size(), 1u);
  EXPECT_EQ(listing.entries[0].name, "dump.sql");
  EXPECT_EQ(listing.entries[0].modified, kModified);
  const Listing nameless = list(gzip_archive("", kModified));
  EXPECT_EQ(nameless.archive.names, Names::not_supported);
  EXPECT_THAT(nameless.entries, IsEmpty());
}

}  // namespace
}  // namespace hozen::archive
