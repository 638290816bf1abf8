#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/module/lateral.h"
#include "tests/modules/lateral_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec remote_logons;
}  // namespace modules
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Texts logon(const std::string& account, const std::string& address, const Texts& more = {}) {
  Texts texts = more;
  for (const auto& [name, value] : Texts{{"TargetUserName", account},
                                         {"TargetDomainName", "CORP"},
                                         {"TargetUserSid", "S-1-5-21-1-2-3-1001"},
                                         {"LogonType", "3"},
                                         {"LogonProcessName", "Kerberos"},
                                         {"AuthenticationPackageName", "Kerberos"},
                                         {"IpAddress", address}})
    if (std::none_of(more.begin(), more.end(),
                     [&known = name](const auto& one) { return one.first == known; }))
      texts.emplace_back(name, value);
  return texts;
}
Texts refused(const std::string& account, const std::string& address) {
  return logon(account, address, {{"Status", "0xc000006d"}, {"SubStatus", "0xc000006a"}});
}

ModuleRun judge(EventWorld& world) { return world.run(modules::remote_logons); }

TEST(RemoteLogons, CountsWhatIsAlike) {
  EventWorld world;
  for (int i = 0; i < 3; ++i) world.security(4624, 10 * i, logon("eve", "10.0.0.5"));
  world.security(4625, 40, refused("EVE", "10.0.0.5")).security(4624, 50, logon("bob", "10.0.0.6"));
  world.security(4624, 60, logon("PC$", "10.0.0.7"));
  const ModuleRun run = judge(world);
  const auto rows = records_of(run, "remote_logon");
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ((*rows[1])["account"], "CORP\\eve");
  EXPECT_EQ((*rows[1])["source_address"], "10.0.0.5");
  EXPECT_EQ((*rows[1])["succeeded"], "3");
  EXPECT_EQ((*rows[1])["refused"], "1");
  EXPECT_EQ(rows[1]->json_of("status"), R"(["0xc000006a"])");
  EXPECT_EQ(time_of(*rows[1], "first"), EventWorld::moment(0));
  EXPECT_EQ(time_of(*rows[1], "last"), EventWorld::moment(40));
  EXPECT_EQ((*rows[2])["machine_account"], "true");
  EXPECT_THAT(rules_of(run), IsEmpty());
}

TEST(RemoteLogons, LogonsAtTheHostItselfAreNoRows) {
  EventWorld world;
  world.security(4624, 0, logon("eve", "127.0.0.1", {{"LogonType", "2"}}))
      .security(4624, 1, logon("eve", "-", {{"LogonType", "7"}}))
      .security(4624, 2, logon("svc", "10.0.0.1", {{"LogonType", "5"}}));
  const ModuleRun run = judge(world);
  EXPECT_THAT(records_of(run, "remote_logon"), IsEmpty());
  EXPECT_THAT(rules_of(run), IsEmpty());
}

Texts other_credentials() {
  return logon("eve", "::1",
               {{"LogonType", "9"}, {"LogonProcessName", "seclogo"}, {"TargetLogonId", "0x77"}});
}

TEST(RemoteLogons, OtherCredentialsForTheNetworkAreTold) {
  EventWorld world;
  world.security(4624, 0, other_credentials())
      .security(4688, 1, {{"NewProcessName", "C:\\Windows\\cmd.exe"}, {"TargetLogonId", "0x77"}});
  const ModuleRun run = judge(world);
  EXPECT_THAT(rules_of(run), ElementsAre("remote_logons.other_credentials medium"));
  const Finding& finding = run.context->findings[0];
  ASSERT_THAT(finding.why, SizeIs(2));
  EXPECT_THAT(finding.why[0].fact, HasSubstr("CORP\\eve opened a logon session (0x77)"));
  EXPECT_THAT(finding.why[0].records, SizeIs(1));
  EXPECT_THAT(finding.why[1].fact, HasSubstr("cmd.exe was started"));
}

TEST(RemoteLogons, RunasExplainsOtherCredentials) {
  EventWorld world;
  world.security(4688, 0, {{"NewProcessName", "C:\\Windows\\System32\\runas.exe"}})
      .security(4624, 5, other_credentials());
  EXPECT_THAT(rules_of(judge(world)), ElementsAre("remote_logons.other_credentials low"));
  EventWorld other;
  other.security(4624, 5,
                 logon("eve", "::1", {{"LogonType", "9"}, {"LogonProcessName", "Advapi"}}));
  EXPECT_THAT(rules_of(judge(other)), IsEmpty());
}

Texts ntlm(const std::string& account, const std::string& key_length, const std::string& sid) {
  return logon(account, "10.0.0.5",
               {{"AuthenticationPackageName", "NTLM"},
                {"LogonProcessName", "NtLmSsp "},
                {"KeyLength", key_length},
                {"TargetUserSid", sid}});
}

TEST(RemoteLogons, NtlmWithoutASessionKeyIsAHintOnly) {
  EventWorld world;
  world.security(4624, 0, ntlm("eve", "0", "S-1-5-21-1-2-3-1001"))
      .security(4624, 1, ntlm("bob", "128", "S-1-5-21-1-2-3-1002"))
      .security(4624, 2, ntlm("ANONYMOUS LOGON", "0", "S-1-5-7"));
  EXPECT_THAT(rules_of(judge(world)), ElementsAre("remote_logons.ntlm_without_session_key low"));
}

TEST(RemoteLogons, ManyAccountsFromOneSourceAreSprayed) {
  EventWorld world;
  for (int i = 0; i < 8; ++i)
    world.security(4771, i,
                   {{"TargetUserName", "user" + std::to_string(i)},
                    {"Status", "0x18"},
                    {"IpAddress", "::ffff:10.0.0.5"}});
  world.security(4624, 60, logon("user3", "10.0.0.5"));
  const ModuleRun run = judge(world);
  EXPECT_THAT(rules_of(run), ElementsAre("remote_logons.password_spraying high"));
  const Finding& finding = run.context->findings[0];
  EXPECT_THAT(finding.subject, HasSubstr("10.0.0.5 at 2022-"));
  EXPECT_THAT(finding.why[0].fact, HasSubstr("8 logons from 10.0.0.5 were refused"));
  EXPECT_THAT(finding.why[1].fact, HasSubstr("CORP\\user3 was logged on (type 3, Kerberos)"));
}

Texts refused_here(const std::string& account, const std::string& type,
                   const std::string& address) {
  Texts texts = refused(account, address);
  for (auto& [name, value] : texts)
    if (name == "LogonType") value = type;
  return texts;
}

TEST(RemoteLogons, MistypingAtTheScreenAndServicesWithOldPasswordsAreEverydays) {
  EventWorld world;
  for (int i = 0; i < 12; ++i) {
    const std::string user = "user" + std::to_string(i);
    world.security(4625, 60 * i, refused_here(user, "2", "127.0.0.1"))
        .security(4625, 60 * i + 1, refused_here("svc" + std::to_string(i), "5", "-"));
  }
  EXPECT_THAT(rules_of(judge(world)), IsEmpty());
  EventWorld program;
  for (int i = 0; i < 120; ++i)
    program.security(4625, i, refused_here("u" + std::to_string(i % 10), "2", "::1"));
  const ModuleRun run = judge(program);
  EXPECT_THAT(rules_of(run), ElementsAre("remote_logons.password_spraying medium"));
  EXPECT_THAT(run.context->findings[0].subject, HasSubstr("this host itself"));
}

TEST(RemoteLogons, ManyAttemptsOnOneAccountAreGuesses) {
  EventWorld world;
  for (int i = 0; i < 12; ++i) world.security(4625, i, refused("eve", "10.0.0.5"));
  EXPECT_THAT(rules_of(judge(world)), ElementsAre("remote_logons.password_guessing low"));
  world.security(4624, 60, logon("eve", "10.0.0.5"));
  EXPECT_THAT(rules_of(judge(world)), ElementsAre("remote_logons.password_guessing medium"));
}

TEST(RemoteLogons, FewRefusalsAndThoseFarApartAreEverydays) {
  EventWorld world;
  for (int i = 0; i < 20; ++i) world.security(4625, 4000 * i, refused("eve", "10.0.0.5"));
  for (int i = 0; i < 4; ++i) world.security(4625, i, refused("u" + std::to_string(i), "10.0.0.6"));
  world.security(4624, 20, logon("u1", "10.0.0.6"));
  // One attempt that two events tell is one.
  for (int i = 0; i < 9; ++i)
    world.security(4625, i, refused("bob", "10.0.0.7"))
        .security(4776, i,
                  {{"TargetUserName", "bob"}, {"Workstation", ""}, {"Status", "0xc000006a"}});
  EXPECT_THAT(rules_of(judge(world)), IsEmpty());
}

Texts credentials(const std::string& process, const std::string& target) {
  return {{"SubjectUserName", "eve"},
          {"SubjectDomainName", "CORP"},
          {"TargetUserName", "admin"},
          {"TargetDomainName", "CORP"},
          {"TargetServerName", target},
          {"TargetInfo", "host/" + target},
          {"ProcessName", "C:\\Windows\\System32\\" + process}};
}

TEST(RemoteLogons, CredentialsThatProgramsUseAgainstOthers) {
  EventWorld world;
  world.security(4648, 0, credentials("wbem\\WMIC.exe", "srv1"))
      .security(4648, 1, credentials("wbem\\WMIC.exe", "srv2"))
      .security(4648, 2, credentials("powershell.exe", "srv1"))
      .security(4648, 3, credentials("inetsrv\\w3wp.exe", "localhost"));
  const ModuleRun run = judge(world);
  EXPECT_THAT(rules_of(run), ElementsAre("remote_logons.explicit_credentials medium",
                                         "remote_logons.explicit_credentials low",
                                         "remote_logons.explicit_credentials medium"));
  EXPECT_THAT(run.context->findings[2].why, SizeIs(2));
  EXPECT_THAT(run.context->findings[2].why[0].fact, HasSubstr("for srv1 (host/srv1)"));
  EXPECT_THAT(records_of(run, "explicit_credentials"), SizeIs(4));
}

TEST(RemoteLogons, CredentialsThatWindowsUses) {
  EventWorld world;
  world.security(4648, 0, credentials("winlogon.exe", "localhost"))
      .security(4648, 1, credentials("lsass.exe", "srv1"))
      .security(4648, 2, credentials("powershell.exe", "localhost"));
  const ModuleRun run = judge(world);
  EXPECT_THAT(rules_of(run), IsEmpty());
  EXPECT_THAT(records_of(run, "explicit_credentials"), SizeIs(1));
}

TEST(RemoteLogons, CredentialsForTheHostItselfAreForNoOther) {
  EventWorld world;
  world.security(4648, 0, credentials("powershell.exe", "pc"))
      .security(4648, 1, credentials("powershell.exe", "PC.corp.example"));
  const ModuleRun run = judge(world);
  EXPECT_THAT(rules_of(run), IsEmpty());
  EXPECT_THAT(records_of(run, "explicit_credentials"), SizeIs(2));
}

TEST(RemoteLogons, AddressesOfTheInternet) {
  EventWorld world;
  world.security(4624, 0, logon("eve", "8.8.4.4")).security(4624, 1, logon("bob", "8.8.4.4"));
  const ModuleRun run = judge(world);
  EXPECT_THAT(rules_of(run), ElementsAre("remote_logons.public_address low"));
  EXPECT_THAT(run.context->findings[0].why[0].fact, HasSubstr("2 logons came from 8.8.4.4"));
}

TEST(Lateral, Addresses) {
  for (const char* text :
       {"8.8.8.8", "172.32.0.1", "2001:db8::1", "8.8.8.8:3389", "::ffff:9.9.9.9", "[2a00::1]:3389"})
    EXPECT_TRUE(lateral::is_public_address(text)) << text;
  for (const char* text : {"", "-", "LOCAL", "PC", "10.1.1.1", "172.16.0.1", "192.168.1.1:80",
                           "127.0.0.1", "169.254.1.1", "100.64.0.1", "fe80::1", "fd00::1", "::1",
                           "::ffff:10.0.0.1", "1.2.3", "256.1.1.1", "1.2.3.4.5", "224.0.0.1"})
    EXPECT_FALSE(lateral::is_public_address(text)) << text;
  EXPECT_EQ(lateral::without_port("10.0.0.1:3389"), "10.0.0.1");
  EXPECT_EQ(lateral::without_port("[::1]:3389"), "::1");
  EXPECT_EQ(lateral::without_port("::1"), "::1");
  EXPECT_TRUE(lateral::is_own_host("\\\\localhost", "pc"));
  EXPECT_TRUE(lateral::is_own_host("PC", "pc.corp.example"));
  EXPECT_FALSE(lateral::is_own_host("10.0.0.1", "10.example"));
  EXPECT_FALSE(lateral::is_own_host("srv", ""));
}

}  // namespace
}  // namespace hozen
