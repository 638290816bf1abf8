// Services and drivers of the real SYSTEM hives: Windows 7 (x86), Windows 10 1709 (x64, dirty, with
// both logs), Windows XP (damaged).
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/builders/fake_context.h"
#include "tests/builders/real_windows.h"
#include "tests/real/real_evidence.h"

namespace hozen {
namespace modules {
extern const ModuleSpec services;
}  // namespace modules
namespace real {
namespace {

/// Of a Windows XP; libregf and others refuse the hive.
fake::FakeWindows windows_xp() {
  fake::FakeWindows windows{{.windows_folder = "WINDOWS",
                             .product = "Microsoft Windows XP",
                             .build = 2600,
                             .is_64_bit = false}};
  windows.hive_bytes("HKLM\\SYSTEM", evidence("hives/regipy/corrupted_system_hive"));
  return windows;
}

class RealServices : public RealEvidence {
 protected:
  void run(const fake::FakeWindows& windows) {
    machine_ = windows.machine();
    context_ = std::make_unique<fake::Context>(machine_);
    EXPECT_TRUE(modules::services.run(*context_).has_value());
  }

  /// Records of one control set.
  std::size_t services_of(std::string_view control_set) const {
    return count([&](const fake::Record& record) {
      return record["control_set"] == control_set && record["deleted"] == "false";
    });
  }

  template <class Test>
  std::size_t count(Test passes) const {
    return static_cast<std::size_t>(std::count_if(
        context_->records.begin(), context_->records.end(),
        [&](const auto& record) { return record.kind == "service" && passes(record); }));
  }

  const fake::Record& record(std::string_view name) const {
    const auto* found = context_->record({{"name", name}});
    EXPECT_NE(found, nullptr) << name;
    static const fake::Record kNone;
    return found != nullptr ? *found : kNone;
  }

  /// Findings at `lowest` or above: rule, severity, name of the service.
  std::string findings_from(Severity lowest) const {
    std::string text;
    for (const auto& finding : context_->findings) {
      if (severity_of(finding) < lowest) continue;
      const std::string key = finding.subject.substr(0, finding.subject.find(" -> "));
      text += finding.rule + " " + std::string{to_text(severity_of(finding))} + " " +
              key.substr(key.rfind('\\') + 1) + "\n";
    }
    return text;
  }

  fake::Machine machine_;
  std::unique_ptr<fake::Context> context_;
};

TEST_F(RealServices, EveryServiceOfBothControlSetsIsListed) {
  run(real_windows());
  EXPECT_EQ(services_of("1"), 467u);
  EXPECT_EQ(services_of("2"), 466u);
  EXPECT_TRUE(context_->notes.empty());
}

TEST_F(RealServices, ADirtyHiveIsListedBeforeAndAfterItsLogs) {
  fake::FakeWindows without_logs{{.volume = "D:"}};
  without_logs.hive_bytes("HKLM\\SYSTEM", evidence("hives/regipy/SYSTEM_B"));
  run(without_logs);
  EXPECT_EQ(services_of("1"), 655u);
  run(real_second_windows());
  EXPECT_EQ(services_of("1"), 656u);
  EXPECT_TRUE(context_->notes.empty());
}

TEST_F(RealServices, ADamagedHiveOfXpIsListed) {
  run(windows_xp());
  EXPECT_EQ(services_of("1"), 198u);
  const fake::Record& first = record("Abiosdsk");
  EXPECT_EQ(first["error_control"], "0");
  EXPECT_EQ(first["group"], "Primary disk");
  EXPECT_EQ(first["start"], "4");
  EXPECT_EQ(first["tag"], "3");
  EXPECT_EQ(first["type"], "1");
  // Others print 29.328124: they count in floating point.
  EXPECT_EQ(first.timestamps.at(0).second.iso8601(), "2008-10-21T17:48:29.3281250Z");
}

// The history of these machines is not known: what is medium or more stands here, and why.
TEST_F(RealServices, WhatIsMediumOrMoreIsKnown) {
  run(real_windows());
  EXPECT_EQ(findings_from(Severity::medium), "");
  run(real_second_windows());
  // FTK Imager's driver for a memory image, started from a user's Temp folder.
  EXPECT_EQ(findings_from(Severity::medium), "services.driver_elsewhere medium ad_driver\n");
  run(windows_xp());
  // The driver of the FU rootkit, on a researcher's desktop.
  EXPECT_EQ(findings_from(Severity::medium), "services.driver_elsewhere medium msdirectx\n");
}

TEST_F(RealServices, WhatIsLowIsNoServiceOfWindows) {
  run(real_windows());
  EXPECT_EQ(findings_from(Severity::low),
            "services.driver_elsewhere low Mnemosyne\n"  // F-Response's memory driver
            "services.psexec_service low PSEXESVC\n"
            "services.driver_elsewhere low VMMEMCTL\n"
            "services.driver_elsewhere low vmrawdsk\n"
            "services.interactive_system_service low VMTools\n");
  run(real_second_windows());
  EXPECT_EQ(findings_from(Severity::low),
            "services.driver_elsewhere medium ad_driver\n"
            "services.failure_command low NVDisplay.ContainerLocalSystem\n");
}

TEST_F(RealServices, ServicesOfWindowsAreWhatTheTableSays) {
  for (int machine = 0; machine < 3; ++machine) {
    run(machine == 0 ? real_windows() : machine == 1 ? real_second_windows() : windows_xp());
    EXPECT_EQ(count([](const auto& record) { return record["inbox"] == "differs"; }), 0u);
    EXPECT_GT(count([](const auto& record) { return record["inbox"] == "usual"; }), 120u);
    // Every service that runs in svchost.exe is one of Windows on these machines.
    EXPECT_EQ(count([](const auto& record) {
                return record["service_dll"] != "null" && record["inbox"] == "unknown" &&
                       record["type"] != "null";
              }),
              0u);
  }
}

TEST_F(RealServices, LibrariesFailureActionsAndTriggersAreRead) {
  run(real_second_windows());
  EXPECT_EQ(record("wuauserv")["service_dll"], "%systemroot%\\system32\\wuaueng.dll");
  EXPECT_EQ(record("wuauserv")["service_main"], "WUServiceMain");
  EXPECT_EQ(record("MSiSCSI")["failure_command"], "customScript.cmd");
  EXPECT_EQ(record("AJRouter").json_of("triggers"),
            "[{\"type\":\"network_endpoint\",\"type_number\":6,\"action\":\"start\",\"subtype\":\""
            "{1F81D131-3FAC-4537-9E0C-7E7B0C2F4B55}\",\"meaning\":\"named_pipe\",\"data\":["
            "\"ProtectedPrefix\\\\LocalService\\\\MSAJPipe\"]}]");
  EXPECT_EQ(record("luafv").json_of("filter_instances"),
            "[{\"name\":\"luafv\",\"altitude\":\"135000\",\"flags\":0}]");
  EXPECT_EQ(count([](const auto& record) { return record.json_of("failure_actions") != "null"; }),
            196u);
  EXPECT_EQ(count([](const auto& record) { return record.json_of("security") != "null"; }), 158u);
}

/// Hives of every kind and damage, each taken for SYSTEM and for SOFTWARE.
TEST_F(RealServices, AnyHiveIsReadToItsEnd) {
  for (const auto* hive :
       {"hives/yarp/BadListHive", "hives/yarp/BogusKeyNamesHive", "hives/yarp/TruncatedHive",
        "hives/regipy/corrupted_system_hive", "hives/ericz/NotAHive",
        "hives/plaso/corrupt_sub_key_list.hiv", "hives/artemis/NTUSER_Bad.DAT"})
    for (const auto* mount : {"HKLM\\SYSTEM", "HKLM\\SOFTWARE"}) {
      fake::FakeWindows windows;
      windows.hive_bytes(mount, evidence(hive));
      run(windows);
    }
}

}  // namespace
}  // namespace real
}  // namespace hozen
