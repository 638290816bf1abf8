#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/builders/fake_context.h"
#include "tests/builders/ntfs_builder.h"

namespace hozen {
namespace modules {
extern const ModuleSpec time_anomalies;
}  // namespace modules
namespace {

using builders::NtfsBuilder;
using builders::NtfsRecordBuilder;
using ntfs::FileReference;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kSecond = kTicksPerSecond, kDay = 86'400 * kSecond;
constexpr FileTime kOld{150'000 * kDay};              ///< 2011, a whole even second
constexpr FileTime kNamed{153'000 * kDay + 1234567};  ///< 2019, as a clock gives it
constexpr FileTime kReference{153'100 * kDay};

constexpr FileTime later(FileTime time, std::uint64_t ticks) { return {time.ticks + ticks}; }

/// As a tool sets them: whole seconds that no archive holds.
constexpr Times kSet{kOld, later(kOld, 3 * kSecond), kNamed, later(kOld, 5 * kSecond)};
/// As an archive brings them along.
constexpr Times kUnpacked{kOld, kOld, kNamed, kNamed};

class TimeAnomaliesTest : public testing::Test {
 protected:
  TimeAnomaliesTest() { context.reference = kReference; }

  FileReference put(FileReference folder, const std::string& name, const Times& si,
                    FileTime named = kNamed) {
    return disk.add(
        NtfsRecordBuilder{}.standard(si).name(folder, name, ntfs::NameSpace::win32_and_dos, named));
  }
  /// A file that nothing is wrong with.
  FileReference ordinary(const std::string& name, FileTime time = kNamed) {
    return put(disk.root(), name, {time, time, time, time}, time);
  }
  FileReference system32() { return disk.folder(disk.folder(disk.root(), "Windows"), "System32"); }
  void run() {
    source.add_volume({"C:", std::nullopt, "NTFS", {}});
    source.add_file(EvidencePath{"C:"} / "$MFT", disk.table());
    ASSERT_TRUE(modules::time_anomalies.run(context));
  }
  std::string signs_of(std::string_view path) const {
    const fake::Record* const found = context.record({{"path", path}});
    return found == nullptr ? "none" : found->json_of("signs");
  }
  std::vector<std::string> facts() const {
    std::vector<std::string> texts;
    for (const Finding& finding : context.findings)
      for (const Why& why : finding.why) texts.push_back(why.fact);
    return texts;
  }
  bool has_fact(std::string_view part) const {
    const auto all = facts();
    return std::any_of(all.begin(), all.end(), [&](const std::string& fact) {
      return fact.find(part) != std::string::npos;
    });
  }

  NtfsBuilder disk;
  fake::FakeSource source;
  fake::Context context{source, nullptr};
};

TEST_F(TimeAnomaliesTest, FindsAProgramWhoseTimesWereSet) {
  const auto temp = disk.folder(disk.root(), "Temp");
  ordinary("other.exe");
  const auto file = put(temp, "svch0st.exe", kSet);
  run();
  ASSERT_THAT(context.records, SizeIs(1));
  const fake::Record& record = context.records[0];
  EXPECT_EQ(record.kind, "time_anomaly");
  EXPECT_EQ(record["path"], "C:\\Temp\\svch0st.exe");
  EXPECT_EQ(record["path_state"], "exact");
  EXPECT_EQ(record.json_of("signs"), R"(["created_before_name","all_times_set"])");
  EXPECT_EQ(record["mft_record"], std::to_string(file.record));
  EXPECT_EQ(record["allocated"], "true");
  EXPECT_EQ(record["alike_in_folder"], "1");
  EXPECT_EQ(record["named"], kNamed.iso8601());
  EXPECT_THAT(record.json_of("si"), HasSubstr(kOld.iso8601()));
  EXPECT_THAT(record.json_of("fn"), HasSubstr(kNamed.iso8601()));
  EXPECT_EQ(record.offset, std::optional<std::uint64_t>{file.record * 1024});
  EXPECT_EQ(record.artifact, std::optional<std::uint32_t>{0});
  ASSERT_THAT(context.findings, SizeIs(1));
  const Finding& finding = context.findings[0];
  EXPECT_EQ(finding.rule, "time_anomalies.times_set_back");
  EXPECT_EQ(finding.subject, "C:\\Temp\\svch0st.exe");
  EXPECT_EQ(severity_of(finding), Severity::medium);
  EXPECT_THAT(finding.attack, ElementsAre("T1070.006"));
  for (const Why& why : finding.why) EXPECT_THAT(why.records, ElementsAre(record.id));
  EXPECT_THAT(finding.benign, testing::Not(IsEmpty()));
  EXPECT_THAT(finding.not_checked, testing::Not(IsEmpty()));
  EXPECT_TRUE(context.has_collected("C:\\Temp\\svch0st.exe"));
  EXPECT_TRUE(context.has_collected("C:\\$MFT"));
  EXPECT_THAT(context.notes, IsEmpty());
}

TEST_F(TimeAnomaliesTest, AFileFromAnArchiveStaysLow) {
  put(disk.root(), "tool.exe", kUnpacked);
  const FileTime even = later(kOld, 2 * kSecond), odd = later(kOld, 3 * kSecond);
  put(disk.root(), "zip.exe", {even, even, kNamed, even});
  put(disk.folder(disk.root(), "tar"), "zip with access times.exe",
      {odd, odd, kNamed, later(odd, kDay)});
  run();
  ASSERT_THAT(context.findings, SizeIs(3));
  for (const Finding& finding : context.findings) EXPECT_EQ(severity_of(finding), Severity::low);
}

TEST_F(TimeAnomaliesTest, OrdinaryFilesAreNotTold) {
  ordinary("new.exe");
  // A copy from NTFS keeps 100 ns; a name of whole seconds was copied when the file was renamed.
  put(disk.root(), "copied.exe", {later(kOld, 1), later(kOld, 2), kNamed, kNamed});
  put(disk.root(), "renamed.exe", kSet, kOld);
  put(disk.root(), "renamed later.exe", kSet, later(kOld, kDay));
  disk.folder(disk.root(), "folder");
  // Made under two names, the earlier of which is as old as the file says.
  const auto linked = put(disk.root(), "linked.exe", kSet);
  disk.record(linked).name(disk.root(), "first.exe", ntfs::NameSpace::win32, later(kOld, 1));
  run();
  EXPECT_THAT(context.records, IsEmpty());
  EXPECT_THAT(context.findings, IsEmpty());
}

TEST_F(TimeAnomaliesTest, FoldersAndDocumentsMakeNoFinding) {
  NtfsRecordBuilder folder;
  folder.flags(ntfs::FileRecord::kInUse | ntfs::FileRecord::kDirectory);
  disk.add(folder.standard(kSet).name(disk.root(), "folder.exe", ntfs::NameSpace::win32_and_dos,
                                      kNamed));
  put(disk.root(), "report.docx", kSet);
  run();
  EXPECT_EQ(signs_of("C:\\folder.exe"), "none");
  EXPECT_EQ(signs_of("C:\\report.docx"), R"(["created_before_name","all_times_set"])");
  EXPECT_THAT(context.findings, IsEmpty());
}

TEST_F(TimeAnomaliesTest, TimesInTheFuture) {
  const FileTime future = later(kReference, 400 * kDay + 7);
  put(disk.root(), "future.exe", {kNamed, future, kNamed, kNamed});
  put(disk.root(), "tomorrow.exe", {kNamed, later(kReference, kDay / 2), kNamed, kNamed});
  put(disk.root(), "wrong clock.exe", {future, future, future, future}, future);
  run();
  EXPECT_EQ(signs_of("C:\\future.exe"), R"(["in_future"])");
  EXPECT_THAT(context.records, SizeIs(1));
  ASSERT_THAT(context.findings, SizeIs(1));
  EXPECT_EQ(context.findings[0].rule, "time_anomalies.in_future");
  EXPECT_EQ(severity_of(context.findings[0]), Severity::low);
}

TEST_F(TimeAnomaliesTest, ADoubtfulReferenceMeasuresNothing) {
  const FileTime future = later(kReference, 400 * kDay + 7);
  for (int i = 0; i < 20; ++i) ordinary("f" + std::to_string(i) + ".exe", future);
  put(disk.root(), "future.exe", {kNamed, future, kNamed, kNamed});
  run();
  EXPECT_THAT(context.records, IsEmpty());
  ASSERT_THAT(context.notes, SizeIs(1));
  EXPECT_THAT(context.notes[0].what,
              HasSubstr("20 files have names made after the reference time"));
}

TEST_F(TimeAnomaliesTest, OlderThanTheVolumeAddsToOtherSignsOnly) {
  const FileTime formatted = later(kOld, 100 * kDay);
  disk.record({ntfs::record_number::kVolume, 3}) =
      NtfsRecordBuilder{}.sequence(3).standard(formatted).name(disk.root(), "$Volume");
  put(disk.root(), "set.exe", kSet);
  put(disk.root(), "from the image.exe", {later(kOld, 1), later(kOld, 2), kNamed, kNamed});
  run();
  EXPECT_EQ(signs_of("C:\\set.exe"),
            R"(["created_before_name","all_times_set","created_before_volume"])");
  EXPECT_THAT(context.records, SizeIs(1)) << "Windows' own files are all older than the volume";
  EXPECT_TRUE(has_fact("created before its volume was"));
}

TEST_F(TimeAnomaliesTest, AVolumeThatIsOlderAddsNothing) {
  put(disk.root(), "set.exe", kSet);
  run();
  EXPECT_EQ(signs_of("C:\\set.exe"), R"(["created_before_name","all_times_set"])");
  EXPECT_FALSE(has_fact("created before its volume was"));
}

TEST_F(TimeAnomaliesTest, LyingAmongNewerRecordsAddsToOtherSignsOnly) {
  for (int i = 0; i < 4; ++i) ordinary("n" + std::to_string(i));
  put(disk.root(), "set.exe", kSet);
  put(disk.root(), "old.exe", {later(kOld, 1), later(kOld, 2), kNamed, kNamed});
  run();
  EXPECT_EQ(signs_of("C:\\set.exe"),
            R"(["created_before_name","all_times_set","among_newer_records"])");
  EXPECT_THAT(context.records, SizeIs(1));
  EXPECT_TRUE(has_fact("lies among those of files made later"));
}

TEST_F(TimeAnomaliesTest, LyingAmongOldRecordsAddsNothing) {
  for (int i = 0; i < 4; ++i) ordinary("n" + std::to_string(i), later(kOld, 7));
  put(disk.root(), "set.exe", kSet);
  run();
  EXPECT_EQ(signs_of("C:\\set.exe"), R"(["created_before_name","all_times_set"])");
}

TEST_F(TimeAnomaliesTest, FindsTimesTakenFromASystemFile) {
  const auto folder = system32();
  const Times system{later(kOld, 7), later(kOld, 9), kNamed, kNamed};
  put(folder, "kernel32.dll", system, later(kOld, kDay));
  put(disk.folder(disk.folder(disk.root(), "WinNT"), "SysWOW64"), "kernel32.dll", system);
  put(folder, "user32.dll", {later(kOld, 8), later(kOld, 9), kNamed, kNamed}, later(kOld, kDay));
  put(disk.root(), "winupd.exe", system);
  put(folder, "svcx.dll", {later(kOld, 8), later(kOld, 9), kNamed, kNamed});
  put(disk.root(), "notes.txt", system);
  run();
  EXPECT_THAT(context.records, SizeIs(2));
  const fake::Record* const record = context.record({{"path", "C:\\winupd.exe"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->json_of("signs"), R"(["times_of_system_file"])");
  EXPECT_EQ((*record)["same_times_as"], "System32\\kernel32.dll");
  EXPECT_EQ(signs_of("C:\\Windows\\System32\\svcx.dll"), R"(["times_of_system_file"])");
  ASSERT_THAT(context.findings, SizeIs(2));
  for (const Finding& finding : context.findings) EXPECT_EQ(severity_of(finding), Severity::medium);
  EXPECT_TRUE(has_fact("same 100 ns as System32\\kernel32.dll"));
}

TEST_F(TimeAnomaliesTest, CopiesOfSystemFilesAreNoSign) {
  const auto folder = system32();
  const auto other = disk.folder(disk.root(), "other");
  const Times system{later(kOld, 7), later(kOld, 9), kNamed, kNamed};
  put(folder, "kernel32.dll", system, later(kOld, kDay));
  put(other, "Kernel32.dll", system);
  put(other, "installed with it.dll", system, later(kOld, kDay + 60 * kSecond));
  // Times that several have, and another System32 than Windows'.
  const Times shared{later(kOld, 17), later(kOld, 19), kNamed, kNamed};
  put(folder, "a.dll", shared, later(kOld, kDay));
  put(folder, "b.dll", shared, later(kOld, kDay));
  put(other, "c.dll", shared);
  const Times elsewhere{later(kOld, 27), later(kOld, 29), kNamed, kNamed};
  put(disk.folder(disk.folder(other, "x"), "System32"), "d.dll", elsewhere, later(kOld, kDay));
  put(other, "e.dll", elsewhere);
  run();
  EXPECT_THAT(context.records, SizeIs(0));
}

TEST_F(TimeAnomaliesTest, TellsAnUnpackedFolderOnceAndQuietly) {
  const auto folder = disk.folder(disk.root(), "tools");
  for (std::uint64_t i = 0; i < 5; ++i) {
    const FileTime own = later(kOld, 2 * i * kSecond);
    put(folder, "t" + std::to_string(i) + ".exe", {own, own, kNamed, kNamed},
        later(kNamed, i * kSecond));
  }
  put(folder, "readme.txt", kUnpacked);
  run();
  EXPECT_THAT(context.records, SizeIs(6));
  ASSERT_THAT(context.findings, SizeIs(1));
  const Finding& finding = context.findings[0];
  EXPECT_EQ(finding.rule, "time_anomalies.many_files");
  EXPECT_THAT(finding.subject, HasSubstr("C:\\tools, "));
  EXPECT_EQ(severity_of(finding), Severity::info);
  EXPECT_THAT(finding.why.at(0).fact, HasSubstr("6 files, 5 of them programs"));
  EXPECT_THAT(finding.why.at(0).records, SizeIs(5));
  EXPECT_FALSE(context.has_collected("C:\\tools\\t0.exe"));
}

TEST_F(TimeAnomaliesTest, TellsAnInstallerOfManyFoldersOnce) {
  for (int i = 0; i < 12; ++i)
    put(disk.folder(disk.root(), "d" + std::to_string(i)), "x.dll", kUnpacked);
  run();
  EXPECT_THAT(context.records, SizeIs(12));
  ASSERT_THAT(context.findings, SizeIs(1));
  EXPECT_THAT(context.findings[0].subject, HasSubstr("C:, "));
}

TEST_F(TimeAnomaliesTest, AFolderOfDocumentsMakesNoFinding) {
  for (int i = 0; i < 12; ++i) put(disk.root(), std::to_string(i) + ".jpg", kUnpacked);
  run();
  EXPECT_THAT(context.records, SizeIs(12));
  EXPECT_THAT(context.findings, IsEmpty());
}

TEST_F(TimeAnomaliesTest, AFewWhoseTimesWereSetDoNotHideEachOther) {
  const auto folder = disk.folder(disk.root(), "tools");
  for (std::uint64_t i = 0; i < 3; ++i) {
    const FileTime own = later(kOld, (1 + 2 * i) * kSecond);
    put(folder, "t" + std::to_string(i) + ".exe", {own, own, kNamed, own},
        later(kNamed, i * 300 * kSecond));
  }
  put(folder, "set.exe", kSet);
  run();
  ASSERT_THAT(context.findings, SizeIs(4));
  for (const Finding& finding : context.findings)
    EXPECT_EQ(severity_of(finding), Severity::medium) << finding.rule;
}

TEST_F(TimeAnomaliesTest, ManyWhoseTimesWereSetAreToldAsOneAndNotQuietly) {
  const auto folder = disk.folder(disk.root(), "tools");
  for (std::uint64_t i = 0; i < 12; ++i) put(folder, "t" + std::to_string(i) + ".exe", kSet);
  put(folder, "unpacked.exe", kUnpacked);
  run();
  ASSERT_THAT(context.findings, SizeIs(2));
  const Finding& set = context.findings[1];
  EXPECT_EQ(set.rule, "time_anomalies.many_files");
  EXPECT_EQ(severity_of(set), Severity::medium);
  EXPECT_THAT(set.why.at(0).fact, HasSubstr("12 files, 12 of them programs"));
}

TEST_F(TimeAnomaliesTest, ATypedTimeIsFoundAloneAndQuietInACrowd) {
  const FileTime minute = later(kOld, 60 * kSecond);
  put(disk.folder(disk.root(), "a"), "typed.exe", {minute, minute, kNamed, minute});
  const auto folder = disk.folder(disk.root(), "archive of one time");
  const FileTime then = later(kNamed, 5 * kDay);
  for (const char* const name : {"a.exe", "b.exe", "c.exe"})
    put(folder, name, {minute, minute, then, minute}, then);
  run();
  ASSERT_THAT(context.findings, SizeIs(2));
  EXPECT_EQ(severity_of(context.findings[0]), Severity::medium) << context.findings[0].subject;
  EXPECT_LE(severity_of(context.findings[1]), Severity::low);
}

TEST_F(TimeAnomaliesTest, AZipWithAccessTimesStaysQuiet) {
  const auto folder = disk.folder(disk.root(), "build");
  for (std::uint64_t i = 0; i < 12; ++i) {
    const FileTime own = later(kOld, (1 + i) * kSecond), read = later(own, i % 3 * kSecond);
    put(folder, "t" + std::to_string(i) + ".exe", {own, own, kNamed, read});
  }
  run();
  ASSERT_THAT(context.findings, SizeIs(1));
  EXPECT_LE(severity_of(context.findings[0]), Severity::low);
}

TEST_F(TimeAnomaliesTest, OneWhoseTimesWereSetDoesNotHideAmongUnpackedOnes) {
  for (int i = 0; i < 5; ++i) put(disk.root(), "t" + std::to_string(i) + ".exe", kUnpacked);
  put(disk.root(), "set.exe", kSet);
  run();
  ASSERT_THAT(context.findings, SizeIs(2));
  EXPECT_EQ(context.findings[0].subject, "C:\\set.exe");
  EXPECT_EQ(severity_of(context.findings[0]), Severity::medium);
}

TEST_F(TimeAnomaliesTest, FilesOfOtherTimesAreNoCrowd) {
  for (std::uint64_t i = 0; i < 4; ++i)
    put(disk.root(), "t" + std::to_string(i) + ".exe", kUnpacked, later(kNamed, i * kDay));
  run();
  EXPECT_THAT(context.findings, SizeIs(4));
}

TEST_F(TimeAnomaliesTest, TellsDeletedPrograms) {
  const auto file = put(disk.root(), "gone.exe", kSet);
  disk.remove(file);
  run();
  ASSERT_THAT(context.findings, SizeIs(1));
  EXPECT_THAT(context.findings[0].title, HasSubstr("(deleted)"));
  EXPECT_EQ(context.records.at(0)["allocated"], "false");
  EXPECT_FALSE(context.has_collected("C:\\gone.exe"));
}

TEST_F(TimeAnomaliesTest, ATornRecordProvesNothing) {
  const auto file = put(disk.root(), "torn.exe", kSet);
  auto table = disk.table();
  table[file.record * 1024 + 1022] ^= std::byte{1};
  source.add_volume({"C:", std::nullopt, "NTFS", {}});
  source.add_file(EvidencePath{"C:"} / "$MFT", std::move(table));
  ASSERT_TRUE(modules::time_anomalies.run(context));
  EXPECT_THAT(context.records, IsEmpty());
  ASSERT_THAT(context.notes, SizeIs(1));
  EXPECT_THAT(context.notes[0].what, HasSubstr("1 damaged file records"));
}

TEST_F(TimeAnomaliesTest, FindingsAreLimitedRecordsGoOn) {
  NtfsBuilder large{1024};
  std::swap(disk, large);
  for (std::uint64_t i = 0; i < 230; ++i)
    put(disk.root(), "t" + std::to_string(i) + ".exe", kUnpacked, later(kNamed, i * kDay / 4));
  run();
  EXPECT_THAT(context.records, SizeIs(230));
  EXPECT_THAT(context.findings, SizeIs(200));
  ASSERT_THAT(context.notes, SizeIs(1));
  EXPECT_THAT(context.notes[0].what, HasSubstr("30 more programs, without findings"));
}

TEST_F(TimeAnomaliesTest, IsSilentWhereTheTableCannotBeSeen) {
  source.add_volume({"C:", std::nullopt, "NTFS", {}});
  ASSERT_TRUE(modules::time_anomalies.run(context));
  EXPECT_THAT(context.records, IsEmpty());
  EXPECT_THAT(context.notes, IsEmpty());
}

TEST_F(TimeAnomaliesTest, EndsWhenItIsStopped) {
  for (int i = 0; i < 20; ++i) put(disk.root(), "t" + std::to_string(i) + ".exe", kSet);
  context.stopper.request_stop();
  run();
  EXPECT_LE(context.records.size(), 1u);
}

}  // namespace
}  // namespace hozen
