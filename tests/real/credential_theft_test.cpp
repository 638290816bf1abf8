// Stolen credentials in real logs: what each attack must yield, and a clean host that must yield
// nothing.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/builders/temp_folder.h"
#include "tests/modules/judge_cases.h"
#include "tests/real/real_evidence.h"

namespace hozen {
namespace modules {
extern const ModuleSpec credential_theft;
extern const ModuleSpec event_logs;
}  // namespace modules
namespace real {
namespace {

class RealCredentials : public RealEvidence {
 protected:
  static std::vector<std::string> judge(const fake::FakeWindows& windows) {
    ModuleRun run = run_and_judge({&modules::event_logs, &modules::credential_theft}, windows);
    std::vector<std::string> found;
    for (const Finding& finding : run.context->findings)
      if (finding.rule.starts_with("credential_theft."))
        found.push_back(finding.rule.substr(17) + " " + std::string{to_text(severity_of(finding))});
    return found;
  }
  static std::vector<std::string> judge_log(const std::string& name) {
    fake::FakeWindows windows;
    windows.file("C:\\Windows\\System32\\winevt\\Logs\\x.evtx", "").bytes =
        evidence("evtx/" + name);
    return judge(windows);
  }
};

struct Expected {
  const char* log;
  std::vector<std::string> found;
};
TEST_F(RealCredentials, LogsOfSingleAttacks) {
  const std::string access = "attack-samples/Credential Access/";
  const std::vector<Expected> expected{
      {"CA_DCSync_4662.evtx", {"dcsync high"}},
      {"CA_Mimikatz_Memssp_Default_Logs_Sysmon_11.evtx", {"file high"}},
      {"CA_hashdump_4663_4656_lsass_access.evtx", {"lsass_access high"}},
      {"babyshark_mimikatz_powershell.evtx", {"lsass_access high"}},
      {"dc_applog_ntdsutil_dfir_325_326_327.evtx", {"directory_copy high"}},
      {"remote_sam_registry_access_via_backup_operator_priv.evtx", {"remote_hives high"}},
      {"sysmon_10_11_lsass_memdump.evtx", {"lsass_access critical", "lsass_access high"}},
      {"sysmon_10_lsass_mimikatz_sekurlsa_logonpasswords.evtx", {"lsass_access critical"}},
      {"kerberos_pwd_spray_4771.evtx", {}},
      {"MSSQL_multiple_failed_logon_EventID_18456.evtx", {}}};
  for (const Expected& one : expected)
    EXPECT_THAT(judge_log(access + one.log), testing::UnorderedElementsAreArray(one.found))
        << one.log;
}

TEST_F(RealCredentials, CleanHostRaisesNothing) {
  if (std::system("command -v 7z >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "the program 7z is not installed (package p7zip-full)";
  TempFolder folder;
  const std::string command =
      "7z x -y -o'" + folder.text() + "' '" +
      testdata_path("evtx-sets/museum/Win10/RathbunVM/RathbunVM_W10EventLogs.7z") + "' >/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  fake::FakeWindows windows;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder.path()}) {
    if (entry.path().extension() != ".evtx") continue;
    std::ifstream file{entry.path(), std::ios::binary};
    const std::string content{std::istreambuf_iterator<char>{file}, {}};
    const auto bytes = bytes_of(content).span();
    windows.file("C:\\Windows\\System32\\winevt\\Logs\\" + entry.path().filename().string(), "")
        .bytes.assign(bytes.begin(), bytes.end());
  }
  EXPECT_EQ(judge(windows), std::vector<std::string>{});
}

}  // namespace
}  // namespace real
}  // namespace hozen
