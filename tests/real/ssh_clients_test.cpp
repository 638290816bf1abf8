// PuTTY and WinSCP in a real hive, against libregf's reading of it (EXPECTATIONS.md, 1a).
#include <algorithm>

#include "tests/modules/execution_cases.h"
#include "tests/real/real_evidence.h"

namespace hozen {
namespace modules {
extern const ModuleSpec ssh_clients;
}  // namespace modules
namespace real {
namespace {

ModuleRun run_over(std::string_view hive) {
  fake::FakeWindows windows;
  windows.user("tony");
  windows.hive_bytes("HKU\\tony", evidence(hive));
  return run_module(modules::ssh_clients, windows);
}

std::vector<std::string> hosts_of(const ModuleRun& run, const std::string& program,
                                  const std::string& entry) {
  std::vector<std::string> hosts;
  for (const auto* record : records_of(run, "ssh_client_entry"))
    if ((*record)["program"] == program && (*record)["entry"] == entry &&
        (*record)["deleted"] == "false")
      hosts.push_back((*record)["name"] + "|" + (*record)["host"] + "|" + (*record)["port"]);
  std::sort(hosts.begin(), hosts.end());
  return hosts;
}

TEST_F(RealEvidence, PuttyAndWinScpOfOneUser) {
  const ModuleRun run = run_over("hives/regipy/NTUSER_with_winscp.DAT.xz");
  const std::string end = ".us-east-2.compute.amazonaws.com";
  EXPECT_EQ(hosts_of(run, "PuTTY", "host_key"),
            (std::vector<std::string>{
                "null|ec2-18-219-161-182" + end + "|22", "null|ec2-18-221-26-44" + end + "|22",
                "null|ec2-18-223-169-50" + end + "|22", "null|ec2-3-134-95-146" + end + "|22"}));
  EXPECT_EQ(hosts_of(run, "PuTTY", "session"),
            std::vector<std::string>{"centos|ec2-18-221-26-44" + end + "|22"});
  EXPECT_EQ(hosts_of(run, "PuTTY", "recent").size(), 1u);
  const auto* key = run.context->record({{"entry", "host_key"}, {"program", "PuTTY"}});
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(time_of(*key, "key_last_written").iso8601(), "2022-05-17T14:32:52.0523354Z");
  EXPECT_EQ(key->user_name, "tony");
  // regipy counts two saved sessions, one of them of the defaults.
  const auto sessions = hosts_of(run, "WinSCP", "session");
  EXPECT_EQ(sessions.size(), 2u);
  const auto* defaults = run.context->record({{"program", "WinSCP"}, {"name", "Default Settings"}});
  ASSERT_NE(defaults, nullptr);
  EXPECT_EQ(time_of(*defaults, "key_last_written").iso8601().substr(0, 23),
            "2022-04-25T09:53:58.125");
  EXPECT_EQ(hosts_of(run, "WinSCP", "directory").size(), 1u);
  EXPECT_TRUE(run.context->findings.empty());
}

TEST_F(RealEvidence, AUserWithoutSshClientsHasNone) {
  const ModuleRun run = run_over("hives/regipy/NTUSER.DAT.xz");
  EXPECT_TRUE(records_of(run, "ssh_client_entry").empty());
}

}  // namespace
}  // namespace real
}  // namespace hozen
