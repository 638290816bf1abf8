// The two modules over autostart locations, on a Windows volume laid out from real hives.
#include <gtest/gtest.h>

#include "tests/builders/fake_context.h"
#include "tests/builders/real_windows.h"
#include "tests/builders/testdata.h"

namespace hozen {
namespace modules {
extern const ModuleSpec run_keys;
extern const ModuleSpec autostarts;
}  // namespace modules
namespace {

class RealAutostarts : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = why_no_testdata()) GTEST_SKIP() << *why;
  }

  void run(const fake::FakeWindows& windows) {
    machine_ = windows.machine();
    context_ = std::make_unique<fake::Context>(machine_);
    EXPECT_TRUE(modules::run_keys.run(*context_).has_value());
    EXPECT_TRUE(modules::autostarts.run(*context_).has_value());
  }

  fake::Machine machine_;
  std::unique_ptr<fake::Context> context_;
};

/// Rules at medium or above, for hosts of unknown history: each stands here with its reason, or the
/// test fails.
std::string above_low(const fake::Context& context) {
  std::string text;
  for (const auto& finding : context.findings)
    if (severity_of(finding) > Severity::low) text += finding.rule + " " + finding.subject + "\n";
  return text;
}

TEST_F(RealAutostarts, OrdinaryEntriesOfWorkingMachinesStayAtLow) {
  run(real_windows());
  EXPECT_GT(context_->records.size(), 600u);
  EXPECT_EQ(above_low(*context_), "");
  EXPECT_TRUE(context_->notes.empty());
}

TEST_F(RealAutostarts, TheSecondInstallationToo) {
  run(real_second_windows());
  EXPECT_GT(context_->records.size(), 200u);
  EXPECT_EQ(above_low(*context_), "");
}

TEST_F(RealAutostarts, BothControlSetsAreRecordedAndOneIsCurrent) {
  run(real_windows());
  std::map<std::string, int> counts;
  for (const auto& record : context_->records)
    if (record.json_of("control_set") != "null")
      ++counts[record["control_set"] + " " + record["current_control_set"]];
  EXPECT_EQ(counts.size(), 2u);
  EXPECT_GT(counts["1 true"], 250);
  EXPECT_GT(counts["2 false"], 250);
}

TEST_F(RealAutostarts, TheAddedRunValueOfTheModifiedHiveIsFound) {
  run(real_windows());
  const auto* record = context_->record({{"value_name", "not_a_malware"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["data"], "c:\\temp\\legitimate_binary.exe");
  EXPECT_EQ((*record)["target"], "C:\\temp\\legitimate_binary.exe");
  ASSERT_FALSE(record->timestamps.empty());
  EXPECT_EQ(record->timestamps[0].first, "key_last_written");
  EXPECT_TRUE(record->timestamps[0].second.iso8601().starts_with("2019-02-11T19:45:25.516"));
  const auto* finding = context_->finding("run_keys.writable_location");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(severity_of(*finding), Severity::low);
}

TEST_F(RealAutostarts, RunValuesOfEveryUserAreRecorded) {
  run(real_windows());
  std::map<std::string, int> counts;
  for (const auto& record : context_->records)
    if (record["location"] == "run") ++counts[record.user_name];
  EXPECT_EQ(counts["tony"], 5);  // one of them an empty default value
  EXPECT_EQ(counts["nfury"], 2);
  EXPECT_EQ(counts["former"], 2);
  EXPECT_EQ(counts["SYSTEM"], 1);
}

TEST_F(RealAutostarts, TheMadeEntriesOfTheSyntheticHiveAreFound) {
  fake::FakeWindows windows;
  windows.hive_bytes("HKLM\\SOFTWARE", testdata("hives/synthetic/SOFTWARE_taskcache"));
  run(windows);
  const auto* sethc = context_->finding("autostarts.accessibility_debugger");
  ASSERT_NE(sethc, nullptr);
  EXPECT_EQ(severity_of(*sethc), Severity::high);
  EXPECT_NE(sethc->subject.find("sethc.exe"), std::string::npos);
  const Finding* update = nullptr;
  for (const auto& finding : context_->findings) {
    if (finding.subject.find("UpdateSvc") != std::string::npos) update = &finding;
    const bool ordinary = finding.subject.find("SecurityHealth") != std::string::npos;
    EXPECT_TRUE(!ordinary || severity_of(finding) <= Severity::low) << finding.subject;
  }
  ASSERT_NE(update, nullptr);
  EXPECT_EQ(severity_of(*update), Severity::medium) << score_of(*update);
}

/// Hives of every kind and damage, each taken for a machine's and for a user's.
TEST_F(RealAutostarts, AnyHiveIsReadToItsEnd) {
  for (const auto* hive :
       {"hives/artemis/NTUSER_Bad.DAT", "hives/yarp/BadListHive", "hives/yarp/BogusKeyNamesHive",
        "hives/yarp/DuplicateSubkeysHive", "hives/yarp/TruncatedHive", "hives/yarp/ManySubkeysHive",
        "hives/regipy/corrupted_system_hive", "hives/ericz/SAMBadHBinHeader",
        "hives/ericz/NotAHive", "hives/plaso/corrupt_sub_key_list.hiv",
        "hives/regipy/amcache.hve"}) {
    const auto bytes = testdata(hive);
    for (const auto* mount : {"HKLM\\SYSTEM", "HKLM\\SOFTWARE", "HKLM\\SAM"}) {
      fake::FakeWindows windows;
      windows.hive_bytes(mount, bytes);
      run(windows);
    }
    fake::FakeWindows windows;
    windows.user("alice").hive_bytes("HKU\\alice", bytes).hive_bytes("HKU\\alice_Classes", bytes);
    run(windows);
  }
}

}  // namespace
}  // namespace hozen
