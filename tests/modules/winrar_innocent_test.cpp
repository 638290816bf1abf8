// Packing that is nobody's staging: what the module winrar tells low or not at all.
#include <gmock/gmock.h>

#include "tests/modules/packing_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec winrar;
}  // namespace modules
namespace {

using fake::at;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kMiB = 1U << 20U;

ModuleRun judge_winrar(std::vector<Fact> facts) {
  return judge_facts(modules::winrar, std::move(facts));
}

TEST(WinRarInnocent, AnArchiveThatAnInstallerLeavesInAFolderOfWindowsIsLow) {
  const auto run = judge_winrar(
      {usn_fact("created", at(0), "C:\\ProgramData\\x.7z"),
       usn_fact("deleted", at(9), "C:\\ProgramData\\x.7z", {{"created", at(0).iso8601()}})});
  EXPECT_LE(highest(run), Severity::low) << fake::summary_of(run.context->findings);
  EXPECT_THAT(run.context->findings, SizeIs(1));
}

TEST(WinRarInnocent, SeveralArchivesThatOnlyLieThereAreLeftToTheModuleArchives) {
  const FactTexts place{{"place", "perf_logs"}};
  const auto run = judge_winrar({archive_fact(at(0), "C:\\PerfLogs\\1.rar", kMiB, place),
                                 archive_fact(at(9), "C:\\PerfLogs\\2.rar", kMiB, place)});
  EXPECT_THAT(run.context->findings, IsEmpty()) << fake::summary_of(run.context->findings);
}

TEST(WinRarInnocent, NightlyArchivesOfAWebServerAreARoutine) {
  std::vector<Fact> facts;
  facts.reserve(30);
  for (int day = 0; day < 30; ++day)
    facts.push_back(process_fact(at(day * kDaySeconds), "C:\\Program Files\\7-Zip\\7z.exe",
                                 "7z a -ir!*.log -sdel D:\\Archive\\iis-" + std::to_string(day) +
                                     ".7z C:\\inetpub\\logs\\LogFiles"));
  const auto run = judge_winrar(std::move(facts));
  EXPECT_LE(highest(run), Severity::low) << fake::summary_of(run.context->findings);
}

TEST(WinRarInnocent, ABackupThatIsCopiedToAStoreIsLow) {
  const auto run =
      judge_winrar({process_fact(at(0), "C:\\Program Files\\7-Zip\\7z.exe",
                                 "7z a -mhe=on -pX D:\\Backup\\db-20220618.7z D:\\SQLDump"),
                    process_fact(at(60), "C:\\Windows\\System32\\cmd.exe",
                                 "cmd /c copy D:\\Backup\\db-20220618.7z \\\\nas01\\backup")});
  EXPECT_LE(highest(run), Severity::low) << fake::summary_of(run.context->findings);
}

TEST(WinRarInnocent, VolumesThatWereFetchedOrUnpackedAreLow) {
  std::vector<Fact> facts;
  for (int i = 1; i <= 4; ++i) {
    const std::string part = std::to_string(i);
    facts.push_back(
        archive_fact(at(i), "C:\\Temp\\game.part" + part + ".rar", 100 * kMiB, {{"volume", "1"}}));
    const std::string office = "C:\\Windows\\Temp\\office.7z.00" + part;
    facts.push_back(usn_fact("created", at(i), office));
    facts.push_back(usn_fact("deleted", at(900 + i), office, {{"created", at(i).iso8601()}}));
    facts.push_back(archive_fact(at(i), "C:\\Users\\Public\\setup\\data.r0" + part, 9 * kMiB));
  }
  const auto run = judge_winrar(std::move(facts));
  EXPECT_LE(highest(run), Severity::low) << fake::summary_of(run.context->findings);
}

TEST(WinRarInnocent, ACollectorOfLogsIsNotHigh) {
  const auto pack = [](const std::string& archive, const std::string& what) {
    return judge_winrar({process_fact(at(0), "C:\\Windows\\Temp\\V\\7za.exe",
                                      "7za.exe a C:\\Windows\\Temp\\V\\" + archive + " " + what)});
  };
  EXPECT_LE(highest(pack("l.zip", "C:\\ProgramData\\V\\*.log")), Severity::low);
  EXPECT_EQ(highest(pack("l.7z", "C:\\ProgramData\\V\\*.log")), Severity::medium);
  EXPECT_GE(highest(pack("l.7z", "-mhe -pX D:\\HR\\*.docx")), Severity::high);
}

TEST(WinRarInnocent, ArchivesOfUsersAreSilent) {
  const auto run = judge_winrar(
      {process_fact(at(0), "C:\\Program Files\\WinRAR\\WinRAR.exe",
                    "\"C:\\Program Files\\WinRAR\\WinRAR.exe\" a -ep1 "
                    "C:\\Users\\eve\\Desktop\\photos.rar C:\\Users\\eve\\Pictures"),
       archive_fact(at(1), "C:\\Users\\eve\\Desktop\\photos.rar", 50 * kMiB, {{"encrypted", "no"}}),
       archive_fact(at(1), "C:\\Users\\eve\\Downloads\\game.part1.rar", 100 * kMiB,
                    {{"volume", "1"}}),
       archive_fact(at(1), "C:\\Users\\eve\\Downloads\\game.part2.rar", 100 * kMiB,
                    {{"volume", "1"}}),
       archive_fact(at(1), "C:\\Users\\eve\\AppData\\Local\\Temp\\setup.7z", 9 * kMiB),
       usn_fact("created", at(2), "C:\\Users\\eve\\Downloads\\x.zip"),
       usn_fact("deleted", at(9), "C:\\Users\\eve\\Downloads\\x.zip",
                {{"created", at(2).iso8601()}}),
       usn_fact("created", at(2), "C:\\Windows\\Temp\\a.zip"),
       usn_fact("deleted", at(9), "C:\\Windows\\Temp\\a.zip", {{"created", at(2).iso8601()}}),
       usn_fact("created", at(2), "C:\\ProgramData\\logs.zip"),
       hand_made(FactKind::archive_trace, at(3), "C:\\Users\\eve\\Downloads\\x.rar", "h-1",
                 {{"source", "winrar"}, {"user", "eve"}, {"act", "archive_opened"}})});
  EXPECT_THAT(run.context->findings, IsEmpty()) << fake::summary_of(run.context->findings);
}

TEST(WinRarInnocent, BackupsAreLowAtTheMost) {
  std::vector<Fact> facts;
  for (int day = 0; day < 7; ++day) {
    const std::string date = "2024-03-0" + std::to_string(day + 1);
    facts.push_back(process_fact(at(day * kDaySeconds), "C:\\Program Files\\7-Zip\\7z.exe",
                                 "7z a -pS3cret -mhe -v1g D:\\Backup\\" + date + ".7z D:\\Data"));
    facts.push_back(process_fact(at(day * kDaySeconds + 600), "C:\\Tools\\rclone.exe",
                                 "rclone copy D:\\Backup\\" + date + ".7z.001 offsite:b"));
  }
  const auto run = judge_winrar(std::move(facts));
  EXPECT_LE(highest(run), Severity::low) << fake::summary_of(run.context->findings);
  EXPECT_THAT(run.context->findings, SizeIs(1));
}

TEST(WinRarInnocent, AnAdministratorsEncryptedArchiveIsLow) {
  const auto run = judge_winrar({process_fact(
      at(0), "C:\\Tools\\rar.exe", "rar a -hpX -v100m D:\\Transfer\\customer.rar D:\\Customer")});
  EXPECT_LE(highest(run), Severity::low) << fake::summary_of(run.context->findings);
}

TEST(WinRarInnocent, WhatProgramsAndWindowsPackForThemselvesIsSilent) {
  const auto run = judge_winrar(
      {process_fact(
           at(0), "C:\\Users\\eve\\App\\7za.exe",
           "7za a C:\\Users\\eve\\AppData\\Local\\Temp\\crash.7z C:\\Users\\eve\\App\\logs"),
       process_fact(at(0), "C:\\Windows\\System32\\makecab.exe",
                    "makecab C:\\Windows\\Logs\\CBS\\CbsPersist.log C:\\Windows\\Logs\\CBS\\x.cab"),
       process_fact(at(0), "C:\\Windows\\System32\\tar.exe", "tar -czf D:\\src\\x.tgz D:\\src\\x"),
       hand_made(
           FactKind::script, at(0), "", "s-1",
           {{"ScriptBlockText", "Compress-Archive -Path C:\\logs -DestinationPath D:\\l.zip"}})});
  EXPECT_THAT(run.context->findings, IsEmpty()) << fake::summary_of(run.context->findings);
}

TEST(WinRarInnocent, WhatUnpacksIsNone) {
  const auto run = judge_winrar(
      {process_fact(at(0), "C:\\Windows\\Temp\\unrar.exe", "unrar x -hpX C:\\PerfLogs\\1.rar"),
       process_fact(at(0), "C:\\Windows\\Temp\\7z.exe", "7z x -pX C:\\Windows\\Temp\\1.7z")});
  EXPECT_THAT(run.context->findings, IsEmpty()) << fake::summary_of(run.context->findings);
}

}  // namespace
}  // namespace hozen
