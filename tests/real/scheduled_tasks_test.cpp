// The module over what Windows wrote: the task files of a virtual machine on which APTSimulator
// ran, and a hive with nine tasks of a Windows 10 and five made ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "collector/base/text.h"
#include "tests/builders/fake_context.h"
#include "tests/real/real_evidence.h"

namespace hozen {
namespace modules {
extern const ModuleSpec scheduled_tasks;
}  // namespace modules
namespace real {
namespace {

class RealScheduledTasks : public RealEvidence {
 protected:
  void add_files() {
    constexpr std::string_view kRoot = "tasks/win10_APTSimulatorVM/APTSimulatorVM";
    for (const Row& row : facts("tasks.tsv")) {
      std::string path = "C:\\Windows\\System32\\Tasks" + row[0].substr(kRoot.size());
      std::replace(path.begin(), path.end(), '/', '\\');
      windows.file(path, "").bytes = evidence(row[0]);
    }
  }
  void add_hive() {
    windows.hive_bytes("HKLM\\SOFTWARE", evidence("hives/synthetic/SOFTWARE_taskcache"));
  }
  void run() {
    machine = windows.machine();
    context = std::make_unique<fake::Context>(machine);
    EXPECT_TRUE(modules::scheduled_tasks.run(*context));
  }
  std::map<std::string, std::string> states() const {
    std::map<std::string, std::string> found;
    for (const auto& record : context->records) found[record["task_path"]] = record["state"];
    return found;
  }
  /// "rule severity score subject" of findings at `severity` or above.
  std::string findings_from(Severity severity) const {
    std::vector<Finding> found;
    for (const auto& finding : context->findings)
      if (severity_of(finding) >= severity) found.push_back(finding);
    return fake::summary_of(found);
  }

  fake::FakeWindows windows;
  fake::Machine machine;
  std::unique_ptr<fake::Context> context;
};

TEST_F(RealScheduledTasks, OfTheFilesAloneOnlyGameOverIsAboveLow) {
  add_files();
  windows.without_hive("HKLM\\SOFTWARE");
  run();
  EXPECT_EQ(context->records.size(), 202u);
  for (const auto& record : context->records) {
    EXPECT_EQ(record["state"], "file_only") << record["task_path"];
    EXPECT_EQ(record.json_of("not_compared"),
              R"(["registry","hash","crc","actions","principal","enabled"])");
    EXPECT_EQ(record["default_value"],
              starts_with_fold(record["task_path"], "\\Microsoft\\") ? "true" : "false")
        << record["task_path"];
  }
  const std::string above = findings_from(Severity::medium);
  EXPECT_EQ(std::count(above.begin(), above.end(), '\n'), 1) << above;
  const Finding* game_over = context->finding("scheduled_tasks.credential_tool");
  ASSERT_NE(game_over, nullptr);
  EXPECT_NE(game_over->subject.find("\\GameOver -> C:\\TMP\\mim.exe"), std::string::npos);
  EXPECT_GE(severity_of(*game_over), Severity::medium);
  const auto& left = game_over->not_checked;
  EXPECT_TRUE(std::any_of(left.begin(), left.end(), [](const std::string& text) {
    return text.find("TaskCache was not there") != std::string::npos;
  }));
  // What is low or info for the other 201: programs in the profile of a user, and nothing else.
  EXPECT_EQ(context->notes.size(), 0u);
  for (const auto& finding : context->findings)
    EXPECT_TRUE(&finding == game_over || finding.subject.starts_with("\\OneDrive"))
        << fake::summary_of(context->findings);
}

TEST_F(RealScheduledTasks, ExactlyTheMadeTasksAreHiddenOrphanedOrGhosts) {
  add_hive();
  run();
  EXPECT_EQ(context->records.size(), 14u);
  const std::map<std::string, std::string> made{
      {"\\GameOver", "visible"},
      {"\\WinUpdateHidden", "hidden"},
      {"\\Microsoft\\Windows\\Wininet\\IdxZero", "hidden"},
      {"\\OrphanNoTree", "orphaned"},
      {"\\GhostNoTasksKey", "ghost"}};
  for (const auto& [path, state] : states())
    EXPECT_EQ(state, made.contains(path) ? made.at(path) : "visible") << path;
  for (const auto& [path, state] : made) EXPECT_TRUE(states().contains(path)) << path;
  EXPECT_EQ(context->notes.size(), 0u);
  std::set<std::string> subjects;
  for (const auto& finding : context->findings)
    if (severity_of(finding) >= Severity::medium)
      subjects.insert(finding.rule + " " + finding.subject.substr(0, finding.subject.find(" ->")));
  EXPECT_EQ(subjects, (std::set<std::string>{
                          "scheduled_tasks.credential_tool \\GameOver",
                          "scheduled_tasks.no_security_descriptor \\WinUpdateHidden",
                          "scheduled_tasks.index_removed \\Microsoft\\Windows\\Wininet\\IdxZero",
                          "scheduled_tasks.powershell_evasion \\OrphanNoTree"}))
      << fake::summary_of(context->findings);
  ASSERT_NE(context->finding("scheduled_tasks.ghost_entry"), nullptr);
}

TEST_F(RealScheduledTasks, FilesAndHiveTogetherAreComparedTaskByTask) {
  add_files();
  add_hive();
  run();
  // Of 14 and 202, nine of Windows and GameOver are in both.
  EXPECT_EQ(context->records.size(), 206u);
  std::map<std::string, int> hashes, crcs, actions;
  for (const auto& record : context->records) {
    ++hashes[record.json_of("hash_match")];
    ++crcs[record.json_of("crc_match")];
    ++actions[record.json_of("actions_match")];
  }
  // The files are of another machine and month: those that are the same have the same digests.
  EXPECT_EQ(hashes["true"], 7);
  EXPECT_EQ(hashes["false"], 3);  // two of later versions, and that of the made GameOver
  EXPECT_EQ(crcs["true"], 5);
  EXPECT_EQ(actions["false"], 0);
  EXPECT_GE(actions["true"], 6);
}

}  // namespace
}  // namespace real
}  // namespace hozen
