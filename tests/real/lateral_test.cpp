// Logons, remote desktop, tasks, WMI and shares in real logs: what each attack must yield, and a
// clean host that must yield nothing.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/builders/temp_folder.h"
#include "tests/modules/lateral_cases.h"
#include "tests/real/real_evidence.h"

namespace hozen {
namespace modules {
extern const ModuleSpec remote_logons;
extern const ModuleSpec rdp;
extern const ModuleSpec remote_tasks_and_wmi;
}  // namespace modules
namespace real {
namespace {

const ModuleSpec* const kModules[] = {&modules::remote_logons, &modules::rdp,
                                      &modules::remote_tasks_and_wmi};

class RealLateral : public RealEvidence {
 protected:
  /// "rule severity" of all three modules.
  static std::vector<std::string> judge(const fake::FakeWindows& windows) {
    ModuleRun run = run_module(modules::event_logs, windows);
    run.context->findings.clear();
    run.context->stated.settle();
    for (const ModuleSpec* module : kModules) EXPECT_TRUE(module->judge(*run.context));
    return rules_of(run);
  }
  static std::vector<std::string> judge_log(std::string_view name) {
    fake::FakeWindows windows;
    windows.file("C:\\Windows\\System32\\winevt\\Logs\\x.evtx", "").bytes = evidence(name);
    return judge(windows);
  }
  static std::vector<std::string> judge_archive(const std::string& archive) {
    TempFolder folder;
    const std::string command =
        "7z x -y -o'" + folder.text() + "' '" + testdata_path(archive) + "' >/dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0);
    fake::FakeWindows windows;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder.path()}) {
      if (entry.path().extension() != ".evtx") continue;
      std::ifstream file{entry.path(), std::ios::binary};
      const std::string content{std::istreambuf_iterator<char>{file}, {}};
      const auto bytes = bytes_of(content).span();
      windows.file("C:\\Windows\\System32\\winevt\\Logs\\" + entry.path().filename().string(), "")
          .bytes.assign(bytes.begin(), bytes.end());
    }
    return judge(windows);
  }
};

bool has_7z() { return std::system("command -v 7z >/dev/null 2>&1") == 0; }

TEST_F(RealLateral, CleanHostRaisesNothing) {
  if (!has_7z()) GTEST_SKIP() << "the program 7z is not installed (package p7zip-full)";
  EXPECT_EQ(judge_archive("evtx-sets/museum/Win10/RathbunVM/RathbunVM_W10EventLogs.7z"),
            std::vector<std::string>{});
}

TEST_F(RealLateral, AttackedHostYieldsItsSubscription) {
  if (!has_7z()) GTEST_SKIP() << "the program 7z is not installed (package p7zip-full)";
  EXPECT_EQ(judge_archive("evtx-sets/museum/Win10/APTSimulatorVM/APTSimulatorVM_EventLogs.7z"),
            std::vector<std::string>{"remote_tasks_and_wmi.wmi_subscription medium"});
}

struct Expected {
  const char* log;
  std::string_view rule;
};
constexpr Expected kExpected[] = {
    {"attack-samples/Lateral Movement/LM_4624_mimikatz_sekurlsa_pth_source_machine.evtx",
     "remote_logons.other_credentials medium"},
    {"attack-samples/Credential Access/kerberos_pwd_spray_4771.evtx",
     "remote_logons.password_spraying medium"},
    {"attack-samples/Lateral Movement/LM_WMIC_4648_rpcss.evtx",
     "remote_logons.explicit_credentials medium"},
    {"attack-samples/Command and Control/DE_RDP_Tunneling_4624.evtx", "rdp.tunnel medium"},
    {"attack-samples/Command and Control/tunna_iis_rdp_smb_tunneling_sysmon_3.evtx",
     "rdp.tunnel_connection medium"},
    {"attack-samples/Defense Evasion/de_portforward_netsh_rdp_sysmon_13_1.evtx",
     "rdp.port_forward high"},
    {"attack-samples/Defense Evasion/sysmon_13_rdp_settings_tampering.evtx", "rdp.settings high"},
    {"attack-samples/Lateral Movement/LM_sysmon_3_12_13_1_SharpRDP.evtx",
     "rdp.typed_commands medium"},
    {"attack-samples/Lateral Movement/LM_tsclient_startup_folder.evtx",
     "rdp.file_from_session medium"},
    {"velociraptor/RDPAuth_LocalSessionManager.evtx", "rdp.session info"},
    {"attack-samples/Lateral Movement/LM_ScheduledTask_ATSVC_target_host.evtx",
     "remote_tasks_and_wmi.task_atexec critical"},
    {"attack-samples/Execution/temp_scheduled_task_4698_4699.evtx",
     "remote_tasks_and_wmi.task_atexec high"},
    {"attack-samples/Lateral Movement/LM_WMI_4624_4688_TargetHost.evtx",
     "remote_tasks_and_wmi.wmi_process medium"},
    {"attack-samples/Lateral Movement/LM_winrm_exec_sysmon_1_winrshost.evtx",
     "remote_tasks_and_wmi.winrm medium"},
    {"attack-samples/Persistence/sysmon_20_21_1_CommandLineEventConsumer.evtx",
     "remote_tasks_and_wmi.wmi_subscription medium"},
    {"attack-samples/Lateral Movement/LM_NewShare_Added_Sysmon_12_13.evtx",
     "remote_tasks_and_wmi.new_share low"},
    {"attack-samples/Lateral Movement/LM_Remote_Service01_5145_svcctl.evtx",
     "remote_tasks_and_wmi.service_control low"},
    {"attack-samples/Lateral Movement/lateral_movement_startup_3_11.evtx",
     "remote_tasks_and_wmi.startup_file medium"}};

TEST_F(RealLateral, EachAttackYieldsItsFinding) {
  for (const Expected& expected : kExpected) {
    const auto rules = judge_log("evtx/" + std::string{expected.log});
    EXPECT_NE(std::find(rules.begin(), rules.end(), expected.rule), rules.end())
        << expected.log << " has no " << expected.rule;
  }
}

}  // namespace
}  // namespace real
}  // namespace hozen
