#include "collector/formats/pe_resource.h"

#include <gtest/gtest.h>

#include "collector/base/text.h"
#include "collector/formats/pe_version.h"
#include "tests/builders/pe_builder.h"

namespace hozen::pe {
namespace {

using builders::PeBuilder;
using builders::PeBytes;

struct Opened {
  explicit Opened(PeBytes bytes) : file{std::move(bytes)} {}
  explicit Opened(const PeBuilder& builder) : Opened{builder.bytes()} {}
  MemorySource file;
  Result<Image> image = Image::open(file);

  Image& operator*() { return *image; }
  Image* operator->() { return &*image; }
  std::size_t root() {
    return image->locate(image->directory(Directory::resources).rva)->file_offset;
  }
};

void set_u32(PeBytes& bytes, std::size_t offset, std::uint32_t value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

PeBuilder sample() {
  return PeBuilder{}
      .version_numbers({10, 0, 19041, 546}, {10, 0, 1, 2})
      .version_string("CompanyName", "Éxample 会社")
      .version_string("OriginalFilename", "PsExec.exe")
      .version_string("Empty", "")
      .version_string("OriginalFilename", "other.exe", "041104b0")
      .manifest("\xEF\xBB\xBF<assembly/>")
      .resource(10, 5, 0, "data");
}

TEST(PeResources, AreListedWithTypeNameAndLanguage) {
  Opened opened{sample()};
  const Resources all = list_resources(*opened);
  EXPECT_TRUE(all.problems.empty());
  ASSERT_EQ(all.entries.size(), 3u);
  EXPECT_EQ(all.entries[0].type.id, 10);
  EXPECT_EQ(all.entries[0].name.id, 5);
  EXPECT_EQ(all.entries[0].language, 0);
  EXPECT_EQ(all.entries[1].type.id, resource_type::kVersion);
  EXPECT_EQ(all.entries[1].language, 0x409);
  const auto bytes = read_resource(*opened, all.entries[0]);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(Bytes{*bytes}.chars(), "data");
  const Resources some = list_resources(*opened, 10);
  ASSERT_EQ(some.entries.size(), 1u);
}

TEST(PeResources, MayHaveNamesOfText) {
  // The name of the type is the text at the data of the resource: its length and its characters.
  PeBytes bytes = PeBuilder{}.resource(10, 5, 0, std::string{"\x02\0a\0b\0", 6}).bytes();
  Opened plain{bytes};
  const Resources before = list_resources(*plain);
  const std::uint32_t root = plain->directory(Directory::resources).rva;
  set_u32(bytes, plain.root() + 16, 0x8000'0000 | (before.entries[0].rva - root));
  Opened opened{bytes};
  const Resources named = list_resources(*opened);
  ASSERT_EQ(named.entries.size(), 1u);
  EXPECT_EQ(named.entries[0].type.text, "ab");
  EXPECT_TRUE(list_resources(*opened, 10).entries.empty());
}

TEST(PeResources, ThatLeadBackToTheRootEnd) {
  PeBytes bytes = sample().bytes();
  const std::size_t root = Opened{bytes}.root();
  for (const std::size_t entry : {0u, 1u, 2u})
    set_u32(bytes, root + 16 + 8 * entry + 4, 0x8000'0000);
  Opened opened{bytes};
  const Resources all = list_resources(*opened);
  EXPECT_TRUE(all.entries.empty());
  EXPECT_EQ(all.problems.size(), 27u);  // three entries on each of three levels
  EXPECT_EQ(all.problems[0].what, "resource below a language");
}

TEST(PeResources, ThatFanOutAreCut) {
  // Entries that all lead to the root, which has as many as fit.
  std::string folder{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 16};
  for (int i = 0; i < 65'535; ++i) folder += std::string{"\x10\0\0\0\0\0\0\x80", 8};
  PeBuilder builder = PeBuilder{}.section("r", folder);
  Opened plain{builder};
  Opened opened{builder.set_u32(PeBuilder::kOptionalOffset + 128, plain->sections().back().rva)};
  const Resources all = list_resources(*opened);
  EXPECT_TRUE(all.entries.empty());
  EXPECT_LE(all.problems.size(), kMaxProblems);
  std::vector<Error> problems;
  EXPECT_FALSE(read_version_info(*opened, problems));
  EXPECT_FALSE(problems.empty());
}

TEST(PeResources, WithALeafWhereAFolderIsToBeAreAProblem) {
  PeBytes bytes = PeBuilder{}.resource(10, 5, 0, "data").bytes();
  set_u32(bytes, Opened{bytes}.root() + 20, 16);
  Opened opened{bytes};
  const Resources all = list_resources(*opened);
  EXPECT_TRUE(all.entries.empty());
  ASSERT_EQ(all.problems.size(), 1u);
  EXPECT_EQ(all.problems[0].code, Errc::malformed);
}

TEST(PeResources, LargerThanTheirFileAreNotRead) {
  Opened opened{sample()};
  Resource resource = list_resources(*opened).entries[0];
  resource.size_bytes = kMaxResourceBytes + 1;
  EXPECT_EQ(read_resource(*opened, resource).error().code, Errc::limit);
  resource.size_bytes = kMaxResourceBytes;
  EXPECT_EQ(read_resource(*opened, resource).error().code, Errc::truncated);
  resource.rva = UINT32_MAX;
  EXPECT_EQ(read_resource(*opened, resource).error().code, Errc::truncated);
}

TEST(PeManifest, IsText) {
  std::vector<Error> problems;
  Opened utf8{sample()};
  EXPECT_EQ(read_manifest(*utf8, problems), "<assembly/>");
  Opened utf16{PeBuilder{}.manifest(std::string{"\xFF\xFE<\0a\0", 6})};
  EXPECT_EQ(read_manifest(*utf16, problems), "<a");
  Opened none{PeBuilder{}};
  EXPECT_EQ(read_manifest(*none, problems), "");
  EXPECT_TRUE(problems.empty());
}

TEST(PeVersion, HasNumbersAndTextsOfEachLanguage) {
  Opened opened{sample()};
  std::vector<Error> problems;
  const auto version = read_version_info(*opened, problems);
  ASSERT_TRUE(version);
  EXPECT_TRUE(problems.empty());
  EXPECT_TRUE(version->problems.empty());
  ASSERT_TRUE(version->fixed);
  EXPECT_EQ(version_text(version->fixed->file), "10.0.19041.546");
  EXPECT_EQ(version_text(version->fixed->product), "10.0.1.2");
  EXPECT_EQ(version->fixed->flags, FixedVersion::kDebug);
  EXPECT_EQ(version->fixed->type, 1u);
  ASSERT_EQ(version->tables.size(), 2u);
  EXPECT_EQ(version->tables[0].language, "040904b0");
  ASSERT_EQ(version->tables[0].strings.size(), 3u);
  EXPECT_EQ(version->tables[0].strings[0].value, "Éxample 会社");
  EXPECT_EQ(version->tables[0].strings[2].value, "");
  EXPECT_EQ(version->tables[1].strings[0].value, "other.exe");
  EXPECT_EQ(version->translations, (std::vector<std::uint32_t>{0x04B0'0409, 0x04B0'0411}));
  EXPECT_EQ(version->find("originalfilename"), "PsExec.exe");
  EXPECT_EQ(version->find("Nothing"), "");
}

TEST(PeVersion, OfSeveralResourcesIsPutTogether) {
  const PeBytes other =
      PeBuilder{}.version_string("Comments", "second", "040704b0").version_resource();
  Opened opened{sample().resource(16, 1, 0x407, Bytes{other}.chars())};
  std::vector<Error> problems;
  const auto version = read_version_info(*opened, problems);
  ASSERT_TRUE(version);
  EXPECT_EQ(version->tables.size(), 3u);
  EXPECT_EQ(version->find("Comments"), "second");
  EXPECT_EQ(version->find("OriginalFilename"), "PsExec.exe");
  ASSERT_TRUE(version->fixed);
}

TEST(PeVersion, CutAtEveryByteIsAnErrorOrLessThanTheWhole) {
  const PeBytes whole = sample().version_resource();
  const auto all = parse_version_info(Bytes{whole});
  ASSERT_TRUE(all);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto version = parse_version_info(Bytes{whole}.head(size));
    if (!version) continue;
    std::size_t strings = 0;
    for (const VersionTable& table : version->tables) strings += table.strings.size();
    EXPECT_LE(strings, 4u) << size;
    EXPECT_TRUE(strings < 4 || version->translations.size() <= 2) << size;
  }
  EXPECT_EQ(parse_version_info(Bytes{}).error().code, Errc::malformed);
}

TEST(PeVersion, WithAnyByteChangedEnds) {
  PeBytes bytes = sample().version_resource();
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (const std::byte value : {std::byte{0}, std::byte{1}, std::byte{0xFF}}) {
      const std::byte was = std::exchange(bytes[at], value);
      (void)parse_version_info(Bytes{bytes});
      bytes[at] = was;
    }
}

TEST(PeVersion, WithoutLengthsEnds) {
  PeBytes bytes = sample().version_resource();
  // The length of the first block below the root: behind the numbers.
  const std::size_t block = 40 + 52;
  ASSERT_EQ(Bytes{bytes}.get<std::uint16_t>(block + 6), u'S');
  bytes[block] = bytes[block + 1] = std::byte{0};
  const auto version = parse_version_info(Bytes{bytes});
  ASSERT_TRUE(version);
  EXPECT_TRUE(version->fixed);
  EXPECT_TRUE(version->tables.empty());
}

TEST(PeVersion, HasLoneSurrogatesAndTextsWithoutTheirNul) {
  PeBytes bytes = PeBuilder{}.version_string("Name", "ab").version_resource();
  const std::size_t value = Bytes{bytes}.chars().find(std::string_view{"a\0b\0", 4});
  bytes[value + 1] = std::byte{0xD8};  // a becomes U+D861, alone
  bytes[value + 4] = std::byte{'c'};   // no NUL
  const auto version = parse_version_info(Bytes{bytes});
  ASSERT_TRUE(version);
  EXPECT_EQ(version->find("Name"), wtf8_from_utf16(u"\xD861"
                                                   u"bc"));
}

}  // namespace
}  // namespace hozen::pe
