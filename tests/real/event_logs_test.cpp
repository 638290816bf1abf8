// Event logs of two whole hosts: the clean one must raise nothing, of the attacked one the events
// that tell the story must come out.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "collector/base/text.h"
#include "tests/builders/temp_folder.h"
#include "tests/modules/execution_cases.h"
#include "tests/modules/judge_cases.h"
#include "tests/real/real_evidence.h"

namespace hozen {
namespace modules {
extern const ModuleSpec event_logs;
}  // namespace modules
namespace real {
namespace {

/// The module over all logs of an archive, as if they lay in the folder of Windows.
class RealEventLogs : public RealEvidence {
 protected:
  void look_at(const std::string& archive) {
    if (std::system("command -v 7z >/dev/null 2>&1") != 0)
      GTEST_SKIP() << "the program 7z is not installed (package p7zip-full)";
    TempFolder folder;
    const std::string command =
        "7z x -y -o'" + folder.text() + "' '" + testdata_path(archive) + "' >/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    fake::FakeWindows windows;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder.path()}) {
      if (entry.path().extension() != ".evtx") continue;
      ++logs;
      std::ifstream file{entry.path(), std::ios::binary};
      const std::string content{std::istreambuf_iterator<char>{file}, {}};
      const auto bytes = bytes_of(content).span();
      windows.file("C:\\Windows\\System32\\winevt\\Logs\\" + entry.path().filename().string(), "")
          .bytes.assign(bytes.begin(), bytes.end());
    }
    run.emplace(run_and_judge({&modules::event_logs}, windows));
    for (const auto* record : records_of(*run, "event"))
      ++events[(*record)["channel"] + " " + (*record)["event_id"] +
               ((*record)["place"] == "live" ? "" : " recovered")];
  }
  int count(const std::string& event) const {
    const auto found = events.find(event);
    return found == events.end() ? 0 : found->second;
  }
  std::size_t above_low() const {
    return static_cast<std::size_t>(
        std::count_if(run->context->findings.begin(), run->context->findings.end(),
                      [](const Finding& f) { return severity_of(f) > Severity::low; }));
  }

  std::size_t logs = 0;
  std::optional<ModuleRun> run;
  std::map<std::string, int> events;
};

TEST_F(RealEventLogs, CleanHostRaisesNothing) {
  look_at("evtx-sets/museum/Win10/RathbunVM/RathbunVM_W10EventLogs.7z");
  if (!run) return;
  EXPECT_EQ(logs, 109u);
  EXPECT_EQ(records_of(*run, "event_log").size(), 109u);
  for (const Finding& finding : run->context->findings)
    EXPECT_LE(severity_of(finding), Severity::low) << finding.rule << " " << finding.subject;
  for (const Error& note : run->context->notes) ADD_FAILURE() << note.text();
  EXPECT_GT(events.size(), 50u);
}

TEST_F(RealEventLogs, AttackedHostTellsItsStory) {
  look_at("evtx-sets/museum/Win10/APTSimulatorVM/APTSimulatorVM_EventLogs.7z");
  if (!run) return;
  EXPECT_EQ(count("System 7045"), 33);
  EXPECT_EQ(count("Security 4624"), 227);
  EXPECT_EQ(count("Security 4672"), 216);
  EXPECT_EQ(count("Security 4688"), 34);
  EXPECT_EQ(count("Microsoft-Windows-Sysmon/Operational 1"), 681);
  EXPECT_EQ(count("Microsoft-Windows-Sysmon/Operational 5"), 719);
  EXPECT_EQ(count("Microsoft-Windows-WMI-Activity/Operational 5861"), 3);
  std::vector<std::string> uses;
  for (const auto* record : records_of(*run, "event"))
    if ((*record)["event_id"] == "7045" &&
        record->json_of("data").find("\"ServiceName\":\"PsExec\"") != std::string::npos)
      uses.push_back(time_of(*record, "event_time").iso8601().substr(11, 12));
  EXPECT_EQ(uses, (std::vector<std::string>{"19:57:43.665", "19:57:46.114", "19:57:46.454",
                                            "19:57:50.854", "19:57:51.204", "19:57:55.597",
                                            "20:41:24.319"}));
  EXPECT_EQ(above_low(), 0u) << "no log was cleared there";
}

TEST_F(RealEvidence, EveryClearingInTheAttackLogsIsFound) {
  std::map<std::string, std::size_t> clearings;
  for (const Row& row : facts("evtx_key_events.tsv"))
    if (row[3] == "Microsoft-Windows-Eventlog" && (row[2] == "1102" || row[2] == "104"))
      ++clearings[row[0]];
  EXPECT_GT(clearings.size(), 15u);
  for (const auto& [name, count] : clearings) {
    fake::FakeWindows windows;
    windows.file("C:\\Windows\\System32\\winevt\\Logs\\x.evtx", "").bytes = evidence(name);
    const ModuleRun run = run_and_judge({&modules::event_logs}, windows);
    const auto found = std::count_if(
        run.context->findings.begin(), run.context->findings.end(), [](const Finding& finding) {
          return finding.rule == "event_logs.cleared" && severity_of(finding) == Severity::medium;
        });
    EXPECT_EQ(static_cast<std::size_t>(found), count) << name;
  }
}

}  // namespace
}  // namespace real
}  // namespace hozen
