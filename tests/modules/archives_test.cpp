// Archives in folders where data is gathered: what is found, and what stays quiet.
#include <gmock/gmock.h>

#include "collector/module/archive_extension.h"
#include "tests/builders/archive_builder.h"
#include "tests/builders/fake_context.h"
#include "tests/builders/pe_builder.h"
#include "tests/builders/rar_builder.h"

namespace hozen {
namespace modules {
extern const ModuleSpec archives;
}  // namespace modules
namespace {

using namespace builders;
using archive::Format;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::uint64_t kMiB = 1u << 20;
constexpr FileTime kModified{133'500'000'020'000'000};

ArchiveBytes rar(std::uint64_t bytes = kMiB) {
  RarFile file;
  file.name = "share/設計図.dwg";
  file.size = file.packed = bytes;
  return RarBuilder{RarBuilder::Generation::rar5}.file(file).bytes();
}

/// Nothing can be read behind its first headers.
ArchiveBytes hidden_rar(std::uint64_t bytes = 2 * kMiB) {
  ArchiveBytes archive = RarBuilder{RarBuilder::Generation::rar5}.encrypt_headers().bytes();
  archive.resize(static_cast<std::size_t>(bytes));
  return archive;
}

ArchivedFile document(std::uint64_t bytes = 100, bool encrypted = false) {
  return {"docs/report.doc", bytes, kModified, false, encrypted, ""};
}
ArchiveBytes zip(std::uint64_t bytes = 100, bool encrypted = false) {
  return ZipArchive{}.file(document(bytes, encrypted)).bytes();
}

class ArchivesTest : public testing::Test {
 protected:
  ArchivesTest() { windows.user("alice"); }

  void add(std::string_view path, ArchiveBytes bytes) {
    windows.file(path, "").bytes = std::move(bytes);
  }
  void run() {
    machine = windows.machine();
    context = std::make_unique<fake::Context>(machine);
    ASSERT_TRUE(modules::archives.run(*context));
    context->stated.settle();
    ASSERT_TRUE(modules::archives.judge(*context));
  }
  const Finding* finding_of(std::string_view path) const {
    for (const Finding& finding : context->findings)
      if (finding.subject == path) return &finding;
    return nullptr;
  }
  const fake::Record* record_of(const std::string& path) const {
    return context->record({{"path", path}});
  }
  std::span<const Fact> facts() const { return context->stated.facts(FactKind::archive); }

  fake::FakeWindows windows;
  fake::Machine machine;
  std::unique_ptr<fake::Context> context;
};

TEST_F(ArchivesTest, ARecordAndAFactTellWhatIsInIt) {
  add("C:\\Users\\alice\\Desktop\\backup.rar", rar());
  run();
  const fake::Record* record = record_of("C:\\Users\\alice\\Desktop\\backup.rar");
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["format"], "rar");
  EXPECT_EQ((*record)["place"], "personal");
  EXPECT_EQ((*record)["encrypted"], "no");
  EXPECT_EQ((*record)["extension_matches"], "true");
  EXPECT_EQ((*record)["entries"], "1");
  EXPECT_EQ(record->json_of("first_names"), R"(["share/設計図.dwg"])");
  EXPECT_EQ(record->user_name, "alice");
  EXPECT_THAT(context->findings, IsEmpty());
  EXPECT_FALSE(context->has_collected("C:\\Users\\alice\\Desktop\\backup.rar"));
  ASSERT_EQ(facts().size(), 1u);
  const Fact& fact = facts()[0];
  EXPECT_EQ(fact.subject, "C:\\Users\\alice\\Desktop\\backup.rar");
  EXPECT_EQ(fact.record, record->id);
  EXPECT_EQ(fact.time, fake::default_time());
  EXPECT_EQ(fact.values["format"], "rar");
  EXPECT_EQ(fact.values["encrypted"], "no");
  EXPECT_EQ(fact.values["set"], "backup");
  EXPECT_EQ(fact.values["files"], "1");
  EXPECT_EQ(fact.values["names"], "share/設計図.dwg");
  EXPECT_EQ(fact.values["extension"], "");
  EXPECT_EQ(fact.values["volume"], "");
}

TEST_F(ArchivesTest, AnEncryptedArchiveCalledAsAPictureIsTold) {
  const std::string path = "C:\\PerfLogs\\Admin\\1.jpg";
  add(path, hidden_rar());
  run();
  const Finding* finding = finding_of(path);
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->rule, "archives.disguised");
  EXPECT_EQ(severity_of(*finding), Severity::high);
  EXPECT_THAT(finding->attack, Contains("T1036.008"));
  EXPECT_THAT(finding->why[0].records, ElementsAre(record_of(path)->id));
  EXPECT_TRUE(context->has_collected(path));
  EXPECT_EQ(facts()[0].values["extension"], "lies");
  EXPECT_EQ(facts()[0].values["encrypted"], "headers");
}

TEST_F(ArchivesTest, WithEncryptedNamesAndItsOwnNameItIsNothing) {
  add("C:\\Users\\alice\\Documents\\family.rar", hidden_rar());
  run();
  EXPECT_THAT(context->findings, IsEmpty());
  EXPECT_TRUE(context->has_collected("C:\\Users\\alice\\Documents\\family.rar"));
}

TEST_F(ArchivesTest, DataOfAProgramUnderANameOfItsOwnIsLow) {
  add("C:\\Users\\alice\\AppData\\Local\\Game\\level.dat", rar(2 * kMiB));
  run();
  const Finding* finding = finding_of("C:\\Users\\alice\\AppData\\Local\\Game\\level.dat");
  ASSERT_NE(finding, nullptr);
  EXPECT_LE(severity_of(*finding), Severity::low);
}

TEST_F(ArchivesTest, SmallOrPlainZipUnderAnotherNameIsNothing) {
  add("C:\\Users\\alice\\AppData\\Local\\Game\\level.dat", rar(1000));
  add("C:\\Users\\alice\\AppData\\Local\\Game\\textures.pak", zip(3 * kMiB));
  add("C:\\Users\\alice\\AppData\\Local\\Game\\words.bin",
      SevenZipArchive{}.file(document()).bytes());
  run();
  EXPECT_THAT(context->findings, IsEmpty());
  EXPECT_EQ(facts().size(), 3u);
}

TEST_F(ArchivesTest, FilesInAZipThatAreEncryptedCountAsHidden) {
  add("C:\\Users\\Public\\Music\\a.log", zip(2 * kMiB, true));
  run();
  const Finding* finding = finding_of("C:\\Users\\Public\\Music\\a.log");
  ASSERT_NE(finding, nullptr);
  EXPECT_GE(severity_of(*finding), Severity::medium);
  EXPECT_EQ(facts()[0].values["encrypted"], "files");
}

TEST_F(ArchivesTest, AnArchiveInAFolderOfWindowsIsTold) {
  add("C:\\Windows\\Help\\help.rar", rar(1000));
  add("C:\\Windows\\debug\\logs.zip", zip());
  run();
  const Finding* foreign = finding_of("C:\\Windows\\Help\\help.rar");
  ASSERT_NE(foreign, nullptr);
  EXPECT_EQ(foreign->rule, "archives.odd_place");
  EXPECT_EQ(severity_of(*foreign), Severity::medium);
  const Finding* plain = finding_of("C:\\Windows\\debug\\logs.zip");
  ASSERT_NE(plain, nullptr);
  EXPECT_EQ(severity_of(*plain), Severity::low);
}

TEST_F(ArchivesTest, OrdinaryPlacesAreNone) {
  add("C:\\Windows\\Temp\\cab_1234_5", CabArchive{}.file(document()).bytes());
  add("C:\\Windows\\Temp\\setup\\data.zip", zip());
  add("C:\\Users\\alice\\AppData\\Local\\Temp\\7zS1\\app.7z",
      SevenZipArchive{}.file(document(2 * kMiB)).bytes());
  add("C:\\Users\\alice\\Downloads\\tool.zip", zip(100, true));
  add("C:\\ProgramData\\Vendor\\update.zip", zip());
  add("C:\\tools.7z", SevenZipArchive{}.file(document()).bytes());
  run();
  EXPECT_THAT(context->findings, IsEmpty());
  EXPECT_EQ(facts().size(), 6u);
}

TEST_F(ArchivesTest, WhatUsersDeleteLiesInTheRecycleBinUnderItsNames) {
  const std::string bin = "C:\\$Recycle.Bin\\S-1-5-21-1-2-3-1001\\";
  add(bin + "$R1A2B3C.rar", rar(1000));
  add(bin + "a.rar", rar(1000));
  run();
  EXPECT_EQ(finding_of(bin + "$R1A2B3C.rar"), nullptr);
  const Finding* finding = finding_of(bin + "a.rar");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(severity_of(*finding), Severity::medium);
}

TEST_F(ArchivesTest, FindingsHaveALimitThatIsTold) {
  for (int i = 0; i < 520; ++i)
    add("C:\\PerfLogs\\backup" + std::to_string(i) + "\\data.rar", rar());
  run();
  EXPECT_EQ(context->findings.size(), 500u);
  EXPECT_EQ(context->notes.size(), 1u);
}

TEST_F(ArchivesTest, VolumesOfOneSetAreToldByTheirStory) {
  for (const char number : {'1', '2', '3'}) {
    const std::string name = std::string{"C:\\Windows\\Media\\m.part"} + number + ".rar";
    RarFile file;
    file.name = "a";
    file.packed = file.size = 100;
    file.after = true;
    add(name, RarBuilder{RarBuilder::Generation::rar5}
                  .volume(static_cast<std::uint64_t>(number - '1'), true)
                  .file(file)
                  .bytes());
  }
  run();
  EXPECT_THAT(context->findings, IsEmpty());  // winrar tells them
  ASSERT_EQ(facts().size(), 3u);
  EXPECT_EQ(facts()[2].values["set"], "m");
  EXPECT_EQ(facts()[2].values["volume"], "1");
  EXPECT_EQ(facts()[2].values["volume_number"], "2");
  EXPECT_TRUE(context->has_collected("C:\\Windows\\Media\\m.part2.rar"));
}

TEST_F(ArchivesTest, AFirstPieceOfSevenZipIsAVolumeByItsName) {
  ArchiveBytes bytes = SevenZipArchive{}.file(document(1000)).bytes();
  bytes.resize(500);
  add("C:\\Users\\alice\\Documents\\a.7z.001", std::move(bytes));
  run();
  ASSERT_EQ(facts().size(), 1u);
  EXPECT_EQ(facts()[0].values["volume"], "1");
  EXPECT_EQ(facts()[0].values["volume_number"], "0");
  EXPECT_EQ(facts()[0].values["encrypted"], "unknown");
  EXPECT_THAT(context->notes, Not(IsEmpty()));
}

TEST_F(ArchivesTest, DocumentsAndPackagesMadeOfZipAreNotArchives) {
  ArchivedFile part = document();
  part.name = "[Content_Types].xml";
  add("C:\\Users\\alice\\Documents\\a.docx", ZipArchive{}.file(part).bytes());
  add("C:\\Users\\alice\\Documents\\lib.jar", zip());
  add("C:\\Users\\alice\\Documents\\b.xlsx", zip());               // no workbook
  add("C:\\Users\\alice\\Documents\\c.jar", zip(2 * kMiB, true));  // encrypted
  run();
  EXPECT_EQ(record_of("C:\\Users\\alice\\Documents\\a.docx"), nullptr);
  EXPECT_EQ(record_of("C:\\Users\\alice\\Documents\\lib.jar"), nullptr);
  EXPECT_NE(record_of("C:\\Users\\alice\\Documents\\b.xlsx"), nullptr);
  EXPECT_NE(record_of("C:\\Users\\alice\\Documents\\c.jar"), nullptr);
  EXPECT_THAT(context->findings, IsEmpty());
}

TEST_F(ArchivesTest, SelfExtractingProgramsAreRecordedWithoutAFinding) {
  ArchiveBytes bytes = PeBuilder{}.bytes();
  const ArchiveBytes inside = rar(2 * kMiB);
  bytes.insert(bytes.end(), inside.begin(), inside.end());
  add("C:\\Windows\\setup.exe", std::move(bytes));
  add("C:\\Windows\\plain.exe", PeBuilder{}.bytes());
  run();
  EXPECT_THAT(context->findings, IsEmpty());
  ASSERT_EQ(facts().size(), 1u);
  EXPECT_EQ(facts()[0].values["sfx"], "1");
  EXPECT_EQ(facts()[0].values["extension"], "");
}

TEST_F(ArchivesTest, CompressedStreamsOfCachesAreLeftOut) {
  add("C:\\Users\\alice\\AppData\\Local\\App\\entry", gzip_archive("", kModified));
  ArchiveBytes large = gzip_archive("dump.sql", kModified);
  large.resize(100'000);
  add("C:\\inetpub\\wwwroot\\d.txt", std::move(large));
  run();
  ASSERT_EQ(facts().size(), 1u);
  EXPECT_EQ(facts()[0].values["names"], "dump.sql");
  EXPECT_THAT(context->findings, IsEmpty());
}

TEST_F(ArchivesTest, PlaceholdersQuarantinesAndDeepFoldersAreNotRead) {
  windows.file("C:\\Users\\alice\\Documents\\cloud.zip", "").bytes = zip();
  windows.entry("C:\\Users\\alice\\Documents\\cloud.zip").facts.attributes =
      kAttributeRecallOnDataAccess;
  add("C:\\ProgramData\\Microsoft\\Windows Defender\\q.zip", zip());
  add("C:\\Users\\alice\\Documents\\1\\2\\3\\4\\deep.zip", zip());
  run();
  EXPECT_THAT(facts(), IsEmpty());
}

TEST_F(ArchivesTest, WhatCannotBeReadIsNoted) {
  windows.file("C:\\Users\\alice\\Documents\\a.zip", "a text that is long enough").unreadable =
      Error{Errc::io, "file", {}, "denied"};
  run();
  ASSERT_EQ(context->notes.size(), 1u);
  EXPECT_THAT(context->notes[0].text(), HasSubstr("could not be looked at"));
}

TEST_F(ArchivesTest, ADamagedArchiveIsNotedAndKept) {
  ArchiveBytes bytes = zip(1000);
  bytes.resize(bytes.size() - 30);
  add("C:\\Users\\alice\\Downloads\\a.zip", std::move(bytes));
  run();
  ASSERT_EQ(facts().size(), 1u);
  EXPECT_EQ(facts()[0].values["files"], "1");
  EXPECT_THAT(context->notes, Not(IsEmpty()));
  EXPECT_EQ((*record_of("C:\\Users\\alice\\Downloads\\a.zip"))["listed_whole"], "false");
}

TEST_F(ArchivesTest, RootsOfVolumesAndFoldersThereAreLookedInto) {
  windows.volume("D:");
  add("D:\\x.rar", rar(1000));
  add("D:\\work\\y.rar", rar(1000));
  add("D:\\work\\deep\\z.rar", rar(1000));
  run();
  EXPECT_EQ(facts().size(), 2u);
}

TEST_F(ArchivesTest, FlatFoldersOfWindowsAndUsersAreLookedInto) {
  for (const char* folder :
       {"C:\\Windows\\System32", "C:\\Windows\\SysWOW64", "C:\\Windows\\Tasks",
        "C:\\Windows\\System32\\Tasks", "C:\\Windows\\System32\\spool\\PRINTERS",
        "C:\\Windows\\IME", "C:\\Windows\\Cursors", "C:\\Windows\\Web", "C:\\Users\\alice",
        "C:\\Users\\alice\\Music", "C:\\Users\\alice\\Pictures", "C:\\Users\\alice\\Videos"}) {
    add(std::string{folder} + "\\x.rar", rar(1000));
    add(std::string{folder} + "\\deeper\\y.rar", rar(1000));
  }
  run();
  EXPECT_EQ(facts().size(), 12u);
  ASSERT_NE(finding_of("C:\\Windows\\System32\\x.rar"), nullptr);
  EXPECT_EQ(finding_of("C:\\Users\\alice\\Music\\x.rar"), nullptr);
}

TEST_F(ArchivesTest, WhatWaitsToBePrintedIsAtMostLow) {
  add("C:\\Windows\\System32\\spool\\PRINTERS\\00002.SPL", zip(2 * kMiB));
  run();
  for (const Finding& finding : context->findings)
    EXPECT_LE(severity_of(finding), Severity::low) << finding.subject;
}

TEST(ArchiveNames, ExtensionsFitOrNot) {
  using N = ExtensionFit;
  EXPECT_EQ(extension_fit(Format::rar, "a.part01.RAR"), N::archive);
  EXPECT_EQ(extension_fit(Format::rar, "a.r00"), N::archive);
  EXPECT_EQ(extension_fit(Format::seven_zip, "a.7z.001"), N::archive);
  EXPECT_EQ(extension_fit(Format::zip, "a.rar"), N::archive) << "a mistake, no disguise";
  EXPECT_EQ(extension_fit(Format::zip, "報告.DOCX"), N::container);
  EXPECT_EQ(extension_fit(Format::rar, "a.docx"), N::other) << "Office makes ZIP";
  EXPECT_EQ(extension_fit(Format::cab, "kb1.msu"), N::container);
  EXPECT_EQ(extension_fit(Format::cab, "driver.sy_"), N::container);
  EXPECT_EQ(extension_fit(Format::rar, "a.jpg"), N::other);
  EXPECT_EQ(extension_fit(Format::rar, "cert.p12"), N::other);
  EXPECT_EQ(extension_fit(Format::rar, "video.h264"), N::neutral);
  EXPECT_EQ(extension_fit(Format::rar, "a.dat"), N::neutral);
  EXPECT_EQ(extension_fit(Format::rar, "a"), N::neutral);
  EXPECT_EQ(extension_fit(Format::rar, ".rar"), N::neutral);
}

TEST(ArchiveNames, VolumesOfASet) {
  EXPECT_EQ(volume_set("a.part03.rar"), "a");
  EXPECT_EQ(volume_set("a.r00"), "a");
  EXPECT_EQ(volume_set("a.rar"), "a");
  EXPECT_EQ(volume_set("a.7z.001"), "a");
  EXPECT_EQ(volume_set("a.z01"), "a");
  EXPECT_EQ(volume_set("a.b.zip"), "a.b");
  EXPECT_EQ(volume_set("a.tar.gz"), "a");
  EXPECT_EQ(volume_in_name("a.part03.rar"), 2u);
  EXPECT_EQ(volume_in_name("a.part00.rar"), std::nullopt);
  EXPECT_EQ(volume_in_name("a.r00"), 1u);
  EXPECT_EQ(volume_in_name("a.s00"), 101u);
  EXPECT_EQ(volume_in_name("a.z01"), 0u);
  EXPECT_EQ(volume_in_name("a.7z.002"), 1u);
  EXPECT_EQ(volume_in_name("a.rar"), std::nullopt);
}

}  // namespace
}  // namespace hozen
