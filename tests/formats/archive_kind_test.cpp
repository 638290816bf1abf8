#include "collector/formats/archive_kind.h"

#include <gtest/gtest.h>

#include "tests/builders/archive_builder.h"

namespace hozen::archive {
namespace {

using namespace builders;

Format format_of(std::string_view text) { return archive::format_of(bytes_of(text)); }

TEST(ArchiveKind, SignaturesThatAreLongEnough) {
  using namespace std::string_view_literals;
  EXPECT_EQ(format_of("Rar!\x1A\x07\x00"sv), Format::rar);
  EXPECT_EQ(format_of("Rar!\x1A\x07\x01\x00"sv), Format::rar);
  EXPECT_EQ(format_of("Rar!\x1A\x07\x02\x00"sv), Format::none);
  EXPECT_EQ(format_of("RE~^"sv), Format::old_rar);
  EXPECT_EQ(format_of("7z\xBC\xAF\x27\x1C\x00\x04"sv), Format::seven_zip);
  EXPECT_EQ(format_of("\xFD"
                      "7zXZ\x00"sv),
            Format::xz);
  EXPECT_EQ(format_of("\x28\xB5\x2F\xFD"sv), Format::zstd);
  EXPECT_EQ(format_of("1234567**ACE**"sv), Format::ace);
  EXPECT_EQ(format_of("GCAX"sv), Format::gca);
}

TEST(ArchiveKind, ZipWithItsForms) {
  using namespace std::string_view_literals;
  const ArchivedFile file{"a", 0, {}, false, false, ""};
  EXPECT_EQ(archive::format_of(Bytes{ZipArchive{}.file(file).bytes()}), Format::zip);
  EXPECT_EQ(archive::format_of(Bytes{ZipArchive{}.bytes()}), Format::zip) << "empty";
  EXPECT_EQ(archive::format_of(Bytes{ZipArchive{}.first_of_volumes().file(file).bytes()}),
            Format::zip);
  EXPECT_EQ(format_of("PK\x03\x04 is a text of which the version makes no sense"sv), Format::zip)
      << "0x20: 3.2";
  EXPECT_EQ(format_of("PK\x03\x04zzzzzzzzzzzzzzzzzzzzzzzzzzzz"sv), Format::none);
  EXPECT_EQ(format_of("PK\x05\x06"sv), Format::none) << "no room for an end record";
}

TEST(ArchiveKind, TwoBytesAloneAreNotBelieved) {
  using namespace std::string_view_literals;
  EXPECT_EQ(format_of("\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\x03"sv), Format::gzip);
  EXPECT_EQ(format_of("\x1F\x8B\x08\xFF\x00\x00\x00\x00\x00\x03"sv), Format::none);
  EXPECT_EQ(format_of("\x1F\x8B\x09\x00\x00\x00\x00\x00\x00\x03"sv), Format::none);
  EXPECT_EQ(format_of("\x1F\x8B"sv), Format::none);
  EXPECT_EQ(format_of("BZh91AY&SY"sv), Format::bzip2);
  EXPECT_EQ(format_of("BZh9 is a text"sv), Format::none);
  EXPECT_EQ(format_of("BZh01AY&SY"sv), Format::none);
  std::string arj(600, 'x');
  arj.replace(0, 2, "\x60\xEA");
  EXPECT_EQ(format_of(arj), Format::none);
  EXPECT_EQ(archive::format_of(Bytes{ArjArchive{}.bytes()}), Format::arj);
}

TEST(ArchiveKind, LzhByItsChecksum) {
  using namespace std::string_view_literals;
  // Size 22, checksum, -lh5-, sizes, time, attribute, level 0, name "a", CRC.
  std::string header{
      "\x17\x00-lh5-\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x20\x00\x01"
      "a\x00\x00",
      25};
  unsigned sum = 0;
  for (std::size_t i = 2; i < 25; ++i) sum += static_cast<unsigned char>(header[i]);
  header[1] = static_cast<char>(sum & 0xFF);
  EXPECT_EQ(format_of(header), Format::lzh);
  header[1] = static_cast<char>(header[1] + 1);
  EXPECT_EQ(format_of(header), Format::none);
}

TEST(ArchiveKind, LzhOfEachLevel) {
  for (const unsigned level : {0u, 1u, 2u, 3u})
    EXPECT_EQ(
        archive::format_of(Bytes{LzhArchive{level}.file({"a", 0, {}, false, false, ""}).bytes()}),
        Format::lzh)
        << level;
}

TEST(ArchiveKind, TarByItsChecksum) {
  ArchiveBytes bytes =
      TarArchive{TarArchive::Kind::gnu}.file({"a", 0, {}, false, false, ""}).bytes();
  EXPECT_EQ(archive::format_of(Bytes{bytes}), Format::tar);
  bytes[0] ^= std::byte{1};
  EXPECT_EQ(archive::format_of(Bytes{bytes}), Format::none);
}

TEST(ArchiveKind, CabByItsFields) {
  ArchiveBytes bytes = CabArchive{}.file({"a", 1, {}, false, false, ""}).bytes();
  EXPECT_EQ(archive::format_of(Bytes{bytes}), Format::cab);
  bytes[25] = std::byte{9};
  EXPECT_EQ(archive::format_of(Bytes{bytes}), Format::none);
}

TEST(ArchiveKind, IsoIsFoundInItsSector) {
  std::vector<std::byte> disk(0x8800);
  MemorySource none{disk};
  EXPECT_FALSE(*is_iso(none));
  const auto text = bytes_of(
                        "\x01"
                        "CD001")
                        .span();
  std::copy(text.begin(), text.end(), disk.begin() + 0x8000);
  MemorySource iso{disk};
  EXPECT_TRUE(*is_iso(iso));
  MemorySource empty{{}};
  EXPECT_FALSE(*is_iso(empty));
}

}  // namespace
}  // namespace hozen::archive
