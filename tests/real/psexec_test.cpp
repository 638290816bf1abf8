// Uses of PsExec on an attacked host, on a clean one, and in logs of single attacks.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "collector/base/text.h"
#include "tests/builders/temp_folder.h"
#include "tests/modules/judge_cases.h"
#include "tests/real/real_evidence.h"

namespace hozen {
namespace modules {
extern const ModuleSpec clock_changes, dual_use_tools, event_logs, prefetch, psexec;
}  // namespace modules
namespace real {
namespace {

using ::testing::HasSubstr;

class RealPsExec : public RealEvidence {
 protected:
  /// Puts what an archive holds into a folder of Windows.
  void unpack(const std::string& archive, const std::string& extension, const std::string& folder) {
    if (std::system("command -v 7z >/dev/null 2>&1") != 0)
      GTEST_SKIP() << "the program 7z is not installed (package p7zip-full)";
    TempFolder unpacked;
    const std::string command =
        "7z x -y -o'" + unpacked.text() + "' '" + testdata_path(archive) + "' >/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    for (const auto& entry : std::filesystem::recursive_directory_iterator{unpacked.path()}) {
      if (entry.path().extension() != extension) continue;
      std::ifstream file{entry.path(), std::ios::binary};
      const std::string content{std::istreambuf_iterator<char>{file}, {}};
      const auto bytes = bytes_of(content).span();
      windows.file("C:\\Windows\\" + folder + "\\" + entry.path().filename().string(), "")
          .bytes.assign(bytes.begin(), bytes.end());
    }
  }
  ModuleRun judge() const {
    return run_and_judge({&modules::event_logs, &modules::prefetch, &modules::psexec}, windows);
  }
  fake::FakeWindows windows;
};

TEST_F(RealPsExec, EachUseOnTheAttackedHostIsOneFindingAndHasItsRun) {
  unpack("evtx-sets/museum/Win10/APTSimulatorVM/APTSimulatorVM_EventLogs.7z", ".evtx",
         "System32\\winevt\\Logs");
  if (IsSkipped()) return;
  for (const auto& entry : std::filesystem::directory_iterator{
           testdata_path("prefetch-sets/museum/Win10/APTSimulatorVM")})
    unpack("prefetch-sets/museum/Win10/APTSimulatorVM/" + entry.path().filename().string(), ".pf",
           "Prefetch");
  const ModuleRun run = judge();
  const auto uses = findings_of(run, "psexec.use");
  ASSERT_EQ(uses.size(), 7u);
  for (const Finding* use : uses) {
    EXPECT_GE(severity_of(*use), Severity::medium);
    EXPECT_THAT(story_of(*use), HasSubstr("The service 'PsExec' with the program"));
    EXPECT_THAT(story_of(*use), HasSubstr("The prefetch file of"));
    EXPECT_THAT(story_of(*use), HasSubstr("C:\\TMP\\p.exe, which is PsExec"));
  }
  std::map<std::string, std::string> runs;  // time of the service: run
  for (const auto* record : records_of(run, "remote_execution")) {
    EXPECT_EQ((*record)["renamed"], "false") << "7045 has the display name";
    runs[time_of(*record, "started").iso8601().substr(11, 12)] = (*record)["prefetch_run"];
    EXPECT_EQ((*record)["account"], "DESKTOP-TMKU40H\\TestUser");
  }
  EXPECT_EQ(runs.size(), 7u);
  EXPECT_EQ(runs["20:41:24.319"], "2022-03-10T20:41:24.3197924Z");
  EXPECT_EQ(runs["19:57:43.665"], "2022-03-10T19:57:43.6811074Z");
  for (const auto& [started, ran] : runs) EXPECT_NE(ran, "") << started;
  for (const Finding& finding : run.context->findings)
    EXPECT_EQ(finding.rule, "psexec.use") << finding.rule << " " << finding.subject;
}

/// The attacked host as it would be with its logs cleared.
TEST_F(RealPsExec, RunsWithoutLogsAreOneFinding) {
  for (const auto& entry : std::filesystem::directory_iterator{
           testdata_path("prefetch-sets/museum/Win10/APTSimulatorVM")})
    unpack("prefetch-sets/museum/Win10/APTSimulatorVM/" + entry.path().filename().string(), ".pf",
           "Prefetch");
  if (IsSkipped()) return;
  const ModuleRun run = judge();
  const auto left = findings_of(run, "psexec.leftover");
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0]->subject, "PSEXESVC: 7 runs, the last at 2022-03-10T20:41:24.3197924Z");
  EXPECT_EQ(severity_of(*left[0]), Severity::medium);
}

/// All 62 tools of this user have keys of the same second (hives.tsv, EXPECTATIONS.md 1a): nobody
/// ran them all.
TEST_F(RealPsExec, LicencesThatAScriptSetProveNoRun) {
  windows.user("tony").hive_bytes("HKU\\tony", evidence("hives/regipy/NTUSER_with_winscp.DAT.xz"));
  const ModuleRun run = judge();
  const auto rows = records_of(run, "sysinternals_eula");
  ASSERT_GE(rows.size(), 50u);
  for (const auto* row : rows) {
    EXPECT_EQ((*row)["accepted"], "1");
    EXPECT_EQ((*row)["proves"], "licence");
  }
  const auto found = findings_of(run, "psexec.licence");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(severity_of(*found[0]), Severity::info);
}

TEST_F(RealPsExec, TheCleanHostHasNone) {
  unpack("evtx-sets/museum/Win10/RathbunVM/RathbunVM_W10EventLogs.7z", ".evtx",
         "System32\\winevt\\Logs");
  if (IsSkipped()) return;
  const ModuleRun run = judge();
  EXPECT_TRUE(records_of(run, "remote_execution").empty());
  for (const Finding& finding : run.context->findings)
    EXPECT_LE(severity_of(finding), Severity::low) << finding.rule << " " << finding.subject;
}

/// prefetch.tsv and EXPECTATIONS.md, section 0: what ran on that host, when, and how often.
TEST_F(RealPsExec, ScannersOnTheAttackedHostAreFoundWithTheirRuns) {
  for (const auto& entry : std::filesystem::directory_iterator{
           testdata_path("prefetch-sets/museum/Win10/APTSimulatorVM")})
    unpack("prefetch-sets/museum/Win10/APTSimulatorVM/" + entry.path().filename().string(), ".pf",
           "Prefetch");
  if (IsSkipped()) return;
  const ModuleRun run = run_and_judge({&modules::prefetch, &modules::dual_use_tools}, windows);
  const auto found = findings_of(run, "dual_use_tools.found");
  std::map<std::string, const Finding*> by_tool;
  const auto rows = records_of(run, "dual_use_tool");
  ASSERT_EQ(rows.size(), found.size());
  for (std::size_t i = 0; i < rows.size(); ++i) by_tool[fold_case((*rows[i])["file"])] = found[i];
  ASSERT_EQ(by_tool.count("NBTSCAN.EXE"), 1u) << fake::summary_of(run.context->findings);
  const Finding& scanner = *by_tool["NBTSCAN.EXE"];
  EXPECT_GE(severity_of(scanner), Severity::medium);
  EXPECT_THAT(scanner.attack, ::testing::Contains("T1046"));
  EXPECT_THAT(story_of(scanner), HasSubstr("2022-03-10T20:38:01.2416463Z"));
}

TEST_F(RealPsExec, TheClockOfTheCleanHostWasMovedByNoUser) {
  unpack("evtx-sets/museum/Win10/RathbunVM/RathbunVM_W10EventLogs.7z", ".evtx",
         "System32\\winevt\\Logs");
  if (IsSkipped()) return;
  const ModuleRun run = run_and_judge({&modules::event_logs, &modules::clock_changes}, windows);
  EXPECT_FALSE(records_of(run, "clock_change").empty());
  EXPECT_TRUE(findings_of(run, "clock_changes.set").empty());
  for (const auto* change : records_of(run, "clock_change"))
    EXPECT_NE((*change)["changed_by"], "program") << change->json;
}

struct AttackLog {
  const char* path;
  const char* rule;
  std::size_t count;
  Severity at_least;
  const char* story;
};
constexpr AttackLog kAttackLogs[] = {
    {"evtx/hayabusa/EVTX-to-MITRE-Attack/TA0003-Persistence/T1543.003-Create or Modify System "
     "Process-Windows Service/ID7045-7036 PSexec service installation.evtx",
     "psexec.use", 1, Severity::medium, "2021-04-21T09:27:56.0825092Z"},
    {"evtx/attack-samples/Lateral Movement/LM_Remote_Service02_7045.evtx", "psexec.clone_use", 3,
     Severity::medium, "cmd.exe"},
    {"evtx/attack-samples/Privilege Escalation/System_7045_namedpipe_privesc.evtx",
     "psexec.clone_use", 1, Severity::high, "WinPwnagePipe"},
    {"evtx/attack-samples/Defense Evasion/DE_renamed_psexec_service_sysmon_17_18.evtx",
     "psexec.use", 1, Severity::high, "MSEDGEWIN10, and the process there, 8116"},
    {"evtx/attack-samples/Lateral Movement/LM_sysmon_psexec_smb_meterpreter.evtx",
     "psexec.clone_use", 1, Severity::high, "'hello'"},
    {"evtx/attack-samples/Privilege Escalation/sysmon_privesc_psexec_dwell.evtx", "psexec.use", 1,
     Severity::high, "was made by another program, C:\\Users\\Public\\psexecprivesc.exe"},
    {"evtx/sigma/rules/windows/registry/registry_set/registry_set_pua_sysinternals_execution_via_"
     "eula/25ffa65d-76d8-4da5-a832-3f2b0136e133.evtx",
     "psexec.tool_of_sysinternals", 1, Severity::low, "PsService"},
};

TEST_F(RealPsExec, LogsOfSingleAttacksAreTold) {
  for (const AttackLog& log : kAttackLogs) {
    windows = fake::FakeWindows{};
    windows.file("C:\\Windows\\System32\\winevt\\Logs\\x.evtx", "").bytes = evidence(log.path);
    const ModuleRun run = judge();
    const auto found = findings_of(run, log.rule);
    ASSERT_EQ(found.size(), log.count) << log.path << "\n"
                                       << fake::summary_of(run.context->findings);
    EXPECT_GE(severity_of(*found[0]), log.at_least) << log.path;
    EXPECT_THAT(story_of(*found[0]), HasSubstr(log.story)) << log.path;
  }
}

}  // namespace
}  // namespace real
}  // namespace hozen
