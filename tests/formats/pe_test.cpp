#include "collector/formats/pe.h"

#include <gtest/gtest.h>

#include "collector/base/text.h"
#include "collector/formats/pe_details.h"
#include "collector/formats/pe_exports.h"
#include "collector/formats/pe_imports.h"
#include "collector/formats/pe_version.h"
#include "tests/builders/pe_builder.h"

namespace hozen::pe {
namespace {

using builders::PeBuilder;
using builders::PeBytes;

constexpr Guid kGuid{{std::byte{1}, std::byte{2}, std::byte{3}}};

/// An image with the bytes that it reads.
struct Opened {
  explicit Opened(PeBytes bytes) : file{std::move(bytes)} {}
  explicit Opened(const PeBuilder& builder) : Opened{builder.bytes()} {}
  MemorySource file;
  Result<Image> image = Image::open(file);

  Image& operator*() { return *image; }
  Image* operator->() { return &*image; }
};

PeBuilder sample(bool is_64) {
  return PeBuilder{is_64}
      .dll()
      .import("KERNEL32.dll", {"CreateFileW", "#35"})
      .import("WS2_32.dll", {"#3", "#999"})
      .delay_import("ole32.dll", {"CoInitialize"})
      .export_library("sample.dll", 10)
      .exported("Own")
      .exported("Alloc", "NTDLL.RtlAllocateHeap")
      .exported("")
      .version_numbers({1, 2, 3, 4}, {5, 6, 7, 8})
      .version_string("OriginalFilename", "sample.dll")
      .manifest("<assembly/>")
      .pdb("C:\\src\\sample.pdb", kGuid, 3)
      .tls_callbacks(2)
      .clr("v4.0.30319")
      .rich()
      .overlay("behind")
      .certificate(20)
      .certificate(4);
}

/// Everything that can be read of an image.
std::vector<Error> read_all_of(Image& image) {
  std::vector<Error> problems = image.problems();
  const auto add = [&](const std::vector<Error>& more) {
    problems.insert(problems.end(), more.begin(), more.end());
  };
  add(read_imports(image).problems);
  add(read_delay_imports(image).problems);
  if (const auto exports = read_exports(image)) add(exports->problems);
  if (const auto version = read_version_info(image, problems)) add(version->problems);
  (void)read_manifest(image, problems);
  add(read_debug(image).problems);
  (void)read_rich_header(image);
  (void)count_tls_callbacks(image, problems);
  if (const auto table = read_certificates(image)) add(table->problems);
  (void)read_clr_header(image, problems);
  return problems;
}

class EachPeForm : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Pe, EachPeForm, testing::Bool());

TEST_P(EachPeForm, HasItsHeaders) {
  Opened opened{sample(GetParam())};
  ASSERT_TRUE(opened.image) << opened.image.error().text();
  const Headers& headers = opened->headers();
  EXPECT_EQ(headers.is_64, GetParam());
  EXPECT_EQ(machine_text(headers.machine), GetParam() ? "amd64" : "i386");
  EXPECT_TRUE(headers.is_dll());
  EXPECT_EQ(headers.compiled().iso8601(), "2017-07-14T02:40:00.0000000Z");
  EXPECT_EQ(subsystem_text(headers.subsystem), "windows_console");
  EXPECT_EQ(headers.image_base, GetParam() ? 0x1'8000'0000u : 0x1000'0000u);
  EXPECT_EQ(headers.entry_point, 0x1000u);
  EXPECT_EQ(headers.checksum, 0xABCDu);
  EXPECT_EQ(headers.linker_major, 14);
  ASSERT_EQ(opened->sections().size(), 3u);
  EXPECT_EQ(opened->sections()[0].name, ".text");
  EXPECT_EQ(opened->sections()[0].rva, 0x1000u);
  EXPECT_EQ(opened->sections()[0].raw_offset, 0x400u);
  EXPECT_EQ(opened->headers().image_size, opened->sections()[2].rva + 0x1000);
  EXPECT_TRUE(read_all_of(*opened).empty());
}

TEST_P(EachPeForm, HasItsImportsAndTheirHash) {
  Opened opened{sample(GetParam())};
  const Imports imports = read_imports(*opened);
  ASSERT_EQ(imports.libraries.size(), 2u);
  EXPECT_EQ(imports.libraries[0].name, "KERNEL32.dll");
  ASSERT_EQ(imports.libraries[0].functions.size(), 2u);
  EXPECT_EQ(imports.libraries[0].functions[0].name, "CreateFileW");
  EXPECT_FALSE(imports.libraries[0].functions[0].ordinal);
  EXPECT_EQ(imports.libraries[0].functions[1].ordinal, 35);
  const Imports delayed = read_delay_imports(*opened);
  ASSERT_EQ(delayed.libraries.size(), 1u);
  EXPECT_EQ(delayed.libraries[0].name, "ole32.dll");
  ASSERT_EQ(delayed.libraries[0].functions.size(), 1u);
  EXPECT_EQ(delayed.libraries[0].functions[0].name, "CoInitialize");
  // md5sum of kernel32.createfilew,kernel32.ord35,ws2_32.closesocket,ws2_32.ord999
  const auto hash = import_hash(imports);
  ASSERT_TRUE(hash);
  EXPECT_EQ(to_hex(*hash), "90e5f7b2042009ecadcf2792606e6b4c");
}

TEST_P(EachPeForm, HasImportsOfOldLinkers) {
  Opened opened{sample(GetParam()).absolute_delay_imports().without_name_tables()};
  const Imports imports = read_imports(*opened);
  ASSERT_EQ(imports.libraries.size(), 2u);
  EXPECT_EQ(imports.libraries[0].functions.size(), 2u);
  const Imports delayed = read_delay_imports(*opened);
  if (GetParam()) return;  // there were none of 64 bits: their addresses have 32
  ASSERT_EQ(delayed.libraries.size(), 1u);
  ASSERT_EQ(delayed.libraries[0].functions.size(), 1u);
  EXPECT_EQ(delayed.libraries[0].functions[0].name, "CoInitialize");
  EXPECT_TRUE(read_all_of(*opened).empty());
}

TEST_P(EachPeForm, HasItsExports) {
  Opened opened{sample(GetParam())};
  const auto exports = read_exports(*opened);
  ASSERT_TRUE(exports);
  EXPECT_EQ(exports->library, "sample.dll");
  ASSERT_EQ(exports->functions.size(), 3u);
  EXPECT_EQ(exports->functions[0].name, "Alloc");
  EXPECT_EQ(exports->functions[0].ordinal, 11u);
  EXPECT_EQ(exports->functions[0].forwarder, "NTDLL.RtlAllocateHeap");
  EXPECT_EQ(exports->functions[1].name, "Own");
  EXPECT_EQ(exports->functions[1].ordinal, 10u);
  EXPECT_EQ(exports->functions[1].rva, 0x1000u);
  EXPECT_EQ(exports->functions[1].forwarder, "");
  EXPECT_EQ(exports->functions[2].name, "");
  EXPECT_EQ(exports->functions[2].ordinal, 12u);
}

TEST_P(EachPeForm, HasItsDetails) {
  Opened opened{sample(GetParam())};
  const DebugInfo debug = read_debug(*opened);
  EXPECT_EQ(debug.pdb_path, "C:\\src\\sample.pdb");
  EXPECT_EQ(debug.guid, kGuid);
  EXPECT_EQ(debug.age, 3u);
  EXPECT_FALSE(debug.is_reproducible);
  const auto rich = read_rich_header(*opened);
  ASSERT_TRUE(rich);
  EXPECT_EQ(rich->file_offset, 0x80u);
  EXPECT_TRUE(rich->key_matches);
  ASSERT_EQ(rich->entries.size(), 2u);
  EXPECT_EQ(rich->entries[0].product, 0x104);
  EXPECT_EQ(rich->entries[0].build, 0x6D8F);
  EXPECT_EQ(rich->entries[1].count, 41u);
  std::vector<Error> problems;
  EXPECT_EQ(count_tls_callbacks(*opened, problems), 2u);
  const auto clr = read_clr_header(*opened, problems);
  ASSERT_TRUE(clr);
  EXPECT_EQ(clr->runtime_major, 2);
  EXPECT_EQ(clr->metadata_version, "v4.0.30319");
  const auto certificates = read_certificates(*opened);
  ASSERT_TRUE(certificates);
  ASSERT_EQ(certificates->entries.size(), 2u);
  EXPECT_EQ(certificates->entries[0].size_bytes, 28u);
  EXPECT_EQ(certificates->entries[1].type, 2);
  EXPECT_EQ(certificates->entries[1].revision, 0x200);
  const auto overlay = opened->overlay();
  ASSERT_TRUE(overlay);
  EXPECT_EQ(overlay->data_bytes, 8u);  // filled up to the certificates
  EXPECT_EQ(overlay->size_bytes, 8u + 32 + 16);
  EXPECT_EQ(overlay->offset + overlay->size_bytes, opened->file_size());
}

TEST_P(EachPeForm, WithoutAnythingHasNothing) {
  Opened opened{PeBuilder{GetParam()}};
  ASSERT_TRUE(opened.image);
  EXPECT_TRUE(read_imports(*opened).libraries.empty());
  EXPECT_FALSE(import_hash(read_imports(*opened)));
  EXPECT_FALSE(read_exports(*opened));
  EXPECT_FALSE(read_certificates(*opened));
  EXPECT_FALSE(read_rich_header(*opened));
  EXPECT_FALSE(opened->overlay());
  EXPECT_TRUE(read_all_of(*opened).empty());
}

TEST_P(EachPeForm, CutAtEveryByteIsAnErrorOrHasProblems) {
  const PeBytes whole = sample(GetParam()).bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Opened opened{sample(GetParam()).truncate_at(size)};
    if (!opened.image) continue;
    EXPECT_FALSE(read_all_of(*opened).empty()) << size;
  }
}

TEST_P(EachPeForm, WithAnyByteChangedEnds) {
  PeBytes bytes = sample(GetParam()).bytes();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const std::byte value : {std::byte{0}, std::byte{0xFF}}) {
      const std::byte was = std::exchange(bytes[at], value);
      Opened opened{bytes};
      if (opened.image) (void)read_all_of(*opened);
      bytes[at] = was;
    }
  }
}

TEST(PeImage, SaysWhatElseItIs) {
  EXPECT_EQ(Opened{PeBytes{}}.image.error().code, Errc::malformed);
  EXPECT_EQ(Opened{PeBuilder{}.set_u16(0, 0)}.image.error().code, Errc::malformed);
  const Opened ne{PeBuilder{}.set_u32(PeBuilder::kPeOffset, 0x454E)};
  EXPECT_EQ(ne.image.error().code, Errc::unsupported);
  EXPECT_EQ(ne.image.error().detail, "NE");
  EXPECT_EQ(Opened{PeBuilder{}.set_u16(PeBuilder::kOptionalOffset, 0x107)}.image.error().code,
            Errc::unsupported);
  EXPECT_EQ(Opened{PeBuilder{}.set_u16(PeBuilder::kOptionalOffset, 1)}.image.error().code,
            Errc::malformed);
  EXPECT_EQ(Opened{PeBuilder{}.set_u32(0x3C, UINT32_MAX)}.image.error().code, Errc::truncated);
}

TEST(PeImage, IsToldByItsHead) {
  const PeBytes bytes = PeBuilder{}.bytes();
  EXPECT_TRUE(looks_like_pe(Bytes{bytes}));
  EXPECT_TRUE(looks_like_pe(Bytes{bytes}.head(0x80)));  // the rest may follow
  EXPECT_FALSE(looks_like_pe(Bytes{bytes}.head(0x20)));
  const PeBytes dos = PeBuilder{}.set_u32(0x3C, 0).bytes();
  EXPECT_FALSE(looks_like_pe(Bytes{dos}));
}

TEST(PeImage, WithMoreSectionsThanThereAreHasThoseThatAre) {
  Opened opened{PeBuilder{}.set_u16(PeBuilder::kPeOffset + 6, 0xFFFF)};
  ASSERT_TRUE(opened.image);
  EXPECT_LE(opened->sections().size(), kMaxSections);
  EXPECT_EQ(opened->headers().stated_sections, 0xFFFF);
  ASSERT_FALSE(opened->problems().empty());
  EXPECT_EQ(opened->problems()[0].code, Errc::limit);
}

TEST(PeImage, ReadsZerosWhereTheLoaderHasThem) {
  Opened opened{PeBuilder{}.section(".bss", "x", 0x1800)};
  const Section& section = opened->sections().back();
  EXPECT_EQ(section.name, ".bss");
  std::array<std::byte, 4> bytes{};
  ASSERT_TRUE(opened->read(section.rva, bytes, "x"));
  EXPECT_EQ(bytes[0], std::byte{'x'});
  bytes.fill(std::byte{1});
  ASSERT_TRUE(opened->read(section.rva + 0x1000, bytes, "x"));
  EXPECT_EQ(bytes, (std::array<std::byte, 4>{}));
  EXPECT_TRUE(opened->read(section.rva + 0x1FFC, bytes, "x"));
  EXPECT_EQ(opened->read(section.rva + 0x1FFD, bytes, "x").error().code, Errc::truncated);
  EXPECT_EQ(opened->read(UINT32_MAX, bytes, "x").error().code, Errc::truncated);
  EXPECT_EQ(*opened->read_name(section.rva, "x"), "x");
  // Headers lie where they lie in the file.
  ASSERT_TRUE(opened->read(0, bytes, "x"));
  EXPECT_EQ(bytes[0], std::byte{'M'});
}

TEST(PeImage, RoundsOffsetsOfSectionsDownAsTheLoaderDoes) {
  constexpr std::size_t kSections = PeBuilder::kOptionalOffset + 240;
  Opened opened{PeBuilder{}.set_u32(kSections + 20, 0x4FF)};
  const auto place = opened->locate(0x1001);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->file_offset, 0x401u);
}

TEST(PeImage, OfSmallAlignmentLiesAsInTheFile) {
  Opened opened{PeBuilder{}
                    .set_u32(PeBuilder::kOptionalOffset + 32, 16)
                    .set_u16(PeBuilder::kPeOffset + 6, 0)};
  const auto place = opened->locate(0x450);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->file_offset, 0x450u);
}

TEST(PeImage, TellsTheEntropyOfASection) {
  std::string all;
  for (int i = 0; i < 512; ++i) all += static_cast<char>(i);
  Opened opened{PeBuilder{}.section("all", all).section("none", "", 16)};
  const auto& sections = opened->sections();
  EXPECT_DOUBLE_EQ(**section_entropy(*opened, sections[2]), 8.0);
  EXPECT_FALSE(*section_entropy(*opened, sections[3]));
}

TEST(PeImports, ThatNeverEndAreCut) {
  // Each descriptor lies in zeros' place but one: the table of names is the code, which has no end.
  std::string names;
  for (int i = 0; i < 40'000; ++i) names += std::string{"\x01\0\0\0\0\0\0\x80", 8};
  std::string descriptors;
  Opened plain{PeBuilder{}.section("n", names)};
  const std::uint32_t rva = plain->sections().back().rva;
  for (int i = 0; i < 10; ++i) {
    const std::uint32_t fields[] = {rva, 0, 0, 0x2000, rva};
    descriptors += Bytes{std::as_bytes(std::span{fields})}.chars();
  }
  const std::uint32_t table = rva + 320'000 / 4096 * 4096 + 4096;
  Opened opened{PeBuilder{}
                    .section("n", names)
                    .section("d", descriptors)
                    .set_u32(PeBuilder::kOptionalOffset + 120, table)};
  ASSERT_EQ(opened->sections().back().rva, table);
  const Imports imports = read_imports(*opened);
  std::size_t functions = 0;
  for (const ImportedLibrary& library : imports.libraries) functions += library.functions.size();
  EXPECT_EQ(imports.libraries.size(), 10u);
  EXPECT_EQ(functions, kMaxImports);
  ASSERT_FALSE(imports.problems.empty());
  EXPECT_EQ(imports.problems[0].code, Errc::limit);
}

TEST(PeExports, OfHugeCountsAreThoseThatThereAre) {
  PeBytes bytes = sample(true).bytes();
  Opened whole{bytes};
  const auto directory = whole->locate(whole->directory(Directory::exports).rva);
  ASSERT_TRUE(directory);
  for (const std::size_t field : {20u, 24u}) {
    PeBytes damaged = bytes;
    const std::uint32_t huge = UINT32_MAX;
    std::memcpy(damaged.data() + directory->file_offset + field, &huge, sizeof huge);
    Opened opened{damaged};
    const auto exports = read_exports(*opened);
    ASSERT_TRUE(exports);
    EXPECT_FALSE(exports->problems.empty());
    // Nothing of what lies behind the tables is taken for a function ("MZ" for a name).
    ASSERT_EQ(exports->functions.size(), 2u);
    EXPECT_EQ(exports->functions[0].name, "Alloc");
    EXPECT_EQ(exports->functions[1].name, "Own");
  }
}

TEST(PeNames, LongerThanTheyCanBeAreAProblem) {
  Opened opened{PeBuilder{}.import(std::string(kMaxNameBytes + 1, 'a'), {"b"})};
  const Imports imports = read_imports(*opened);
  ASSERT_EQ(imports.libraries.size(), 1u);
  EXPECT_EQ(imports.libraries[0].name, "");
  ASSERT_EQ(imports.problems.size(), 1u);
  EXPECT_EQ(imports.problems[0].code, Errc::limit);
}

TEST(PeNames, AreUtf8OrLatin1) {
  EXPECT_EQ(name_text("plain"), "plain");
  EXPECT_EQ(name_text("\xC3\xA4"), "\xC3\xA4");
  EXPECT_EQ(name_text("\xE4"), "\xC3\xA4");
}

TEST(PeImportHash, KnowsNumbersOfWellKnownLibraries) {
  EXPECT_EQ(ordinal_name("ws2_32.dll", 115), "wsastartup");
  EXPECT_EQ(ordinal_name("wsock32.dll", 1), "accept");
  EXPECT_EQ(ordinal_name("oleaut32.dll", 2), "sysallocstring");
  EXPECT_EQ(ordinal_name("oleaut32.dll", 443), "unregistertypelibforuser");
  EXPECT_EQ(ordinal_name("ws2_32.dll", 100), "");
  EXPECT_EQ(ordinal_name("kernel32.dll", 1), "");
}

TEST(PeDebug, AnOldPdbHasATimeAndNoGuid) {
  Opened opened{PeBuilder{}.old_pdb("C:\\old\\a.pdb", 0x3B7D8410, 7)};
  const DebugInfo debug = read_debug(*opened);
  EXPECT_EQ(debug.pdb_path, "C:\\old\\a.pdb");
  EXPECT_EQ(debug.age, 7u);
  EXPECT_FALSE(debug.guid);
  EXPECT_TRUE(debug.problems.empty());
}

TEST(PeDebug, TellsThatTimesAreHashes) {
  Opened opened{PeBuilder{}.pdb("a.pdb", kGuid, 1).reproducible()};
  const DebugInfo debug = read_debug(*opened);
  EXPECT_TRUE(debug.is_reproducible);
  EXPECT_EQ(debug.entries.size(), 2u);
  EXPECT_EQ(debug.pdb_path, "a.pdb");
}

TEST(PeRich, ThatWasMovedDoesNotMatchItsKey) {
  Opened opened{PeBuilder{}.rich().set_u16(0x40, 0x1234)};
  const auto rich = read_rich_header(*opened);
  ASSERT_TRUE(rich);
  EXPECT_FALSE(rich->key_matches);
}

TEST(PeCertificates, WithoutALengthEnd) {
  PeBytes bytes = PeBuilder{}.certificate(8).certificate(8).bytes();
  Opened whole{bytes};
  const auto offset = read_certificates(*whole)->file_offset;
  for (const std::uint32_t length : {0u, 7u, 100u, UINT32_MAX}) {
    std::memcpy(bytes.data() + offset + 16, &length, sizeof length);
    Opened opened{bytes};
    const auto table = read_certificates(*opened);
    ASSERT_TRUE(table);
    EXPECT_EQ(table->entries.size(), 1u);
    ASSERT_EQ(table->problems.size(), 1u);
    EXPECT_EQ(table->problems[0].code, Errc::malformed);
    EXPECT_EQ(table->problems[0].offset, offset + 16);
  }
}

}  // namespace
}  // namespace hozen::pe
