#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/modules/lateral_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec rdp;
}  // namespace modules
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kSessions =
    "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational";
constexpr std::string_view kConnections =
    "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational";
constexpr std::string_view kCore = "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational";
constexpr std::string_view kClient = "Microsoft-Windows-TerminalServices-RDPClient/Operational";

ModuleRun judge(EventWorld& world) { return world.run(modules::rdp); }

Texts session(const std::string& user, const std::string& id, const std::string& address) {
  return {{"User", user}, {"SessionID", id}, {"Address", address}};
}
Texts accepted(const std::string& address) {
  return {{"Param1", "eve"}, {"Param2", "CORP"}, {"Param3", address}};
}
Texts logon(const std::string& address) {
  return {{"TargetUserName", "eve"},
          {"TargetDomainName", "CORP"},
          {"LogonType", "10"},
          {"TargetLogonId", "0x55"},
          {"IpAddress", address}};
}

TEST(RdpModule, JoinsASessionFromAllItsEvents) {
  EventWorld world;
  world.add(kConnections, 1149, 0, accepted("10.0.0.5"))
      .security(4624, 2, logon("10.0.0.5"))
      .add(kSessions, 21, 3, session("CORP\\eve", "2", "10.0.0.5"))
      .add(kSessions, 22, 4, session("CORP\\eve", "2", "10.0.0.5"))
      .add(kSessions, 24, 600, session("CORP\\eve", "2", "10.0.0.5"))
      .add(kSessions, 25, 1000, session("CORP\\eve", "2", "10.0.0.6"))
      .security(4778, 1000.5,
                {{"AccountName", "eve"},
                 {"AccountDomain", "CORP"},
                 {"ClientName", "PC7"},
                 {"ClientAddress", "10.0.0.6"}})
      .add(kSessions, 23, 2000, {{"User", "CORP\\eve"}, {"SessionID", "2"}});
  const ModuleRun run = judge(world);
  const auto rows = records_of(run, "rdp_session");
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ((*rows[0])["account"], "CORP\\eve");
  EXPECT_EQ((*rows[0])["session_id"], "2");
  EXPECT_EQ((*rows[0])["source_address"], "10.0.0.6");
  EXPECT_EQ((*rows[0])["client_name"], "PC7");
  EXPECT_EQ((*rows[0])["logon_id"], "0x55");
  EXPECT_EQ((*rows[0])["connections"], "2");
  EXPECT_EQ(rows[0]->json_of("missing"), "[]");
  EXPECT_EQ(time_of(*rows[0], "started"), EventWorld::moment(0));
  EXPECT_EQ(time_of(*rows[0], "ended"), EventWorld::moment(2000));
  EXPECT_THAT(rules_of(run), ElementsAre("rdp.session info"));
}

TEST(RdpModule, TheNextSessionOfThatNumberIsAnother) {
  EventWorld world;
  for (const int start : {0, 5000})
    world.add(kSessions, 21, start, session("CORP\\eve", "2", "10.0.0.5"))
        .add(kSessions, 23, start + 100, {{"User", "CORP\\eve"}, {"SessionID", "2"}});
  const ModuleRun run = judge(world);
  EXPECT_THAT(records_of(run, "rdp_session"), SizeIs(2));
  ASSERT_THAT(rules_of(run), ElementsAre("rdp.session info"));
  EXPECT_THAT(run.context->findings[0].why[0].fact, HasSubstr("came from 10.0.0.5 2 times"));
}

TEST(RdpModule, SessionsAtTheScreenAreNone) {
  EventWorld world;
  world.add(kSessions, 21, 200, session("PC\\bob", "3", "ローカル"))
      .add(kSessions, 21, 300, session("PC\\bob", "4", "LOKAL"))
      .add(kSessions, 21, 0, session("PC\\bob", "1", "LOCAL"))
      .add(kSessions, 24, 50, session("PC\\bob", "1", "LOCAL"))
      .add(kSessions, 23, 60, {{"User", "PC\\bob"}, {"SessionID", "1"}});
  const ModuleRun run = judge(world);
  EXPECT_THAT(records_of(run, "rdp_session"), IsEmpty());
  EXPECT_THAT(rules_of(run), IsEmpty());
}

TEST(RdpModule, ALoopbackAddressIsATunnel) {
  EventWorld world;
  world.security(4624, 0, logon("127.0.0.1"));
  const ModuleRun run = judge(world);
  ASSERT_THAT(rules_of(run), ElementsAre("rdp.tunnel medium"));
  EXPECT_THAT(run.context->findings[0].not_checked, SizeIs(2));
  EventWorld six;
  six.add(kConnections, 1149, 0, accepted("::1"));
  EXPECT_THAT(rules_of(judge(six)), ElementsAre("rdp.tunnel medium"));
}

TEST(RdpModule, RefusedConnectionsAndASessionAfterThem) {
  EventWorld world;
  for (int i = 0; i < 12; ++i)
    world.add(kCore, 131, i, {{"ConnType", "TCP"}, {"ClientIP", "8.8.4.4:5000"}})
        .add(kCore, 140, i, {{"IPString", "8.8.4.4"}});
  EXPECT_THAT(rules_of(judge(world)), ElementsAre("rdp.refused low"));
  world.add(kSessions, 21, 50, session("CORP\\eve", "2", "8.8.4.4"));
  EXPECT_THAT(rules_of(judge(world)), ElementsAre("rdp.session high", "rdp.refused low"));
  EventWorld few;
  for (int i = 0; i < 4; ++i) few.add(kCore, 140, i, {{"IPString", "10.0.0.9"}});
  EXPECT_THAT(rules_of(judge(few)), IsEmpty());
}

Texts set(const std::string& key, const std::string& details, const std::string& image) {
  return {{"EventType", "SetValue"},
          {"TargetObject", "HKLM\\System\\CurrentControlSet\\" + key},
          {"Details", details},
          {"Image", "C:\\Windows\\System32\\" + image}};
}
constexpr const char* kDeny = "Control\\Terminal Server\\fDenyTSConnections";

TEST(RdpModule, SettingsOfOneProgramAreOneFinding) {
  EventWorld world;
  world.sysmon(13, 0, set(kDeny, "DWORD (0x00000000)", "reg.exe"))
      .sysmon(13, 5, set("Services\\TermService\\Parameters\\ServiceDll", "C:\\x.dll", "reg.exe"))
      .sysmon(1, 9,
              {{"Image", "C:\\Windows\\System32\\netsh.exe"},
               {"CommandLine", "netsh advfirewall firewall add rule localport=3389"}});
  const ModuleRun run = judge(world);
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(run.context->findings[0].rule, "rdp.settings");
  EXPECT_THAT(run.context->findings[0].why, SizeIs(3));
  EventWorld dialog;
  dialog.sysmon(13, 0, set(kDeny, "DWORD (0x00000000)", "SystemSettingsAdminFlows.exe"));
  EXPECT_THAT(rules_of(judge(dialog)), ElementsAre("rdp.settings low"));
  EventWorld other;
  other.sysmon(13, 0, set(kDeny, "DWORD (0x00000001)", "reg.exe"))
      .sysmon(13, 1,
              set("Services\\TermService\\Parameters\\ServiceDll",
                  "%SystemRoot%\\System32\\termsrv.dll", "reg.exe"))
      .sysmon(13, 2, set("Control\\Terminal Server\\Other", "x", "reg.exe"));
  EXPECT_THAT(rules_of(judge(other)), IsEmpty());
}

TEST(RdpModule, ForwardedPorts) {
  EventWorld world;
  world.sysmon(13, 0,
               set("Services\\PortProxy\\v4tov4\\tcp\\0.0.0.0/8001", "10.0.0.1/3389", "netsh.exe"));
  EXPECT_THAT(rules_of(judge(world)), ElementsAre("rdp.port_forward medium"));
}

TEST(RdpModule, ForwardedPortsByTheirCommands) {
  const auto ran = [](const std::string& line, bool with_event = false) {
    EventWorld world;
    world.sysmon(1, 0, {{"Image", "C:\\T\\n.exe"}, {"CommandLine", line}, {"User", "CORP\\eve"}});
    world.security(4688, 1,
                   {{"NewProcessName", "C:\\Windows\\System32\\cmd.exe"},
                    {"CommandLine", "cmd /c \"" + line + "\""}});
    if (with_event)
      world.sysmon(13, 2,
                   set("Services\\PortProxy\\v4tov4\\tcp\\*/8080", "10.0.0.5/3389", "x.exe"));
    const ModuleRun run = judge(world);
    std::string found;
    for (const Finding& finding : run.context->findings)
      found += std::string{to_text(severity_of(finding))} + " " + finding.subject + " " +
               std::to_string(finding.why.size());
    return found;
  };
  const std::string kCommand = "n.exe interface portproxy add v4tov4 listenport=";
  EXPECT_THAT(ran(kCommand + "8080 connectaddress=10.0.0.5 connectport=3389"),
              ::testing::StartsWith("medium */8080 to 10.0.0.5/3389"));
  EXPECT_THAT(ran(kCommand + "8080 connectaddress=10.0.0.5 connectport=3389"),
              ::testing::EndsWith(" 4"));
  EXPECT_THAT(ran(kCommand + "8080 connectaddress=10.0.0.5 connectport=3389", true),
              ::testing::EndsWith(" 3"));  // told once, by the event
  EXPECT_THAT(ran(kCommand + "443 connectaddress=203.0.113.9"), ::testing::StartsWith("medium"));
  EXPECT_THAT(ran(kCommand + "3000 connectaddress=172.20.1.2"), ::testing::StartsWith("low"));
  EXPECT_THAT(ran(kCommand + "3000 connectaddress=127.0.0.1 connectport=80"),
              ::testing::StartsWith("low"));
  EXPECT_EQ(ran("n.exe interface portproxy delete v4tov4 listenport=8080"), "");
}

Texts process(const std::string& name, const std::string& command, const std::string& parent,
              const std::string& user = "CORP\\eve") {
  return {{"Image", "C:\\Windows\\System32\\" + name},
          {"CommandLine", command},
          {"ParentImage", "C:\\Windows\\" + parent},
          {"User", user}};
}

TEST(RdpModule, ProgramsThatTakeWatchOrStartSessions) {
  EventWorld world;
  world
      .sysmon(1, 0,
              process("tscon.exe", "tscon 2 /dest:rdp-tcp#1", "cmd.exe", "NT AUTHORITY\\SYSTEM"))
      .sysmon(1, 1, process("mstsc.exe", "mstsc /shadow:2 /noConsentPrompt", "cmd.exe"))
      .sysmon(1, 2, process("mstsc.exe", "mstsc /v:srv", "mshta.exe"));
  EXPECT_THAT(rules_of(judge(world)), ElementsAre("rdp.session_taken high", "rdp.shadowing medium",
                                                  "rdp.client_started medium"));
  EventWorld users;
  users.sysmon(1, 0, process("tscon.exe", "tscon 1 /dest:console", "cmd.exe"))
      .sysmon(1, 1, process("mstsc.exe", "mstsc", "explorer.exe"));
  EXPECT_THAT(rules_of(judge(users)), ElementsAre("rdp.session_taken low"));
  EventWorld service;
  service.add("System", 7045, 0,
              {{"ServiceName", "x"}, {"ImagePath", "cmd.exe /k tscon 2 /dest:rdp-tcp#3"}});
  EXPECT_THAT(rules_of(judge(service)), ElementsAre("rdp.session_taken high"));
}

Texts connection(const std::string& image, const std::string& to, const std::string& initiated) {
  return {{"Image", image},
          {"DestinationIp", to},
          {"DestinationPort", "3389"},
          {"SourceIp", "10.0.0.5"},
          {"Initiated", initiated}};
}

TEST(RdpModule, ProgramsThatConnectToThisHostsOwnDesktop) {
  EventWorld world;
  world.sysmon(3, 0, connection("C:\\x\\w3wp.exe", "127.0.0.1", "true"))
      .sysmon(3, 1, connection("C:\\x\\w3wp.exe", "127.0.0.1", "true"))
      .sysmon(3, 2, connection("C:\\x\\svchost.exe", "127.0.0.1", "true"))
      .sysmon(3, 3, connection("C:\\x\\mstsc.exe", "10.0.0.1", "true"));
  const ModuleRun run = judge(world);
  ASSERT_THAT(rules_of(run), ElementsAre("rdp.tunnel_connection medium"));
  EXPECT_THAT(run.context->findings[0].why, SizeIs(2));
}

TEST(RdpModule, CommandsTypedAtOnce) {
  const auto typed = [](double seconds) {
    EventWorld world;
    world.sysmon(3, 0, connection("C:\\Windows\\System32\\svchost.exe", "10.0.0.1", "false"))
        .sysmon(13, seconds,
                {{"TargetObject",
                  "HKU\\S\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\"
                  "RunMRU\\a"},
                 {"Details", "cmd.exe\\1"}});
    return rules_of(judge(world));
  };
  EXPECT_THAT(typed(6), ElementsAre("rdp.typed_commands medium"));
  EXPECT_THAT(typed(60), IsEmpty());
}

TEST(RdpModule, FilesThatASessionPutIntoStartup) {
  const auto wrote = [](const std::string& path) {
    EventWorld world;
    world.sysmon(11, 0, {{"Image", "C:\\Windows\\System32\\mstsc.exe"}, {"TargetFilename", path}});
    return rules_of(judge(world));
  };
  EXPECT_THAT(wrote("C:\\Users\\a\\Start Menu\\Programs\\Startup\\x.exe"),
              ElementsAre("rdp.file_from_session medium"));
  EXPECT_THAT(wrote("C:\\Users\\a\\Documents\\x.exe"), IsEmpty());
}

TEST(RdpModule, TellsWhereUsersWent) {
  EventWorld world;
  world.add(kClient, 1024, 0, {{"Name", "Server Name"}, {"Value", "srv"}})
      .add(kClient, 1024, 9, {{"Name", "Server Name"}, {"Value", "SRV"}});
  world.windows.user("alice");
  const std::string key = "HKU\\alice\\Software\\Microsoft\\Terminal Server Client\\";
  world.windows.value(key + "Default", "MRU0", fake::sz("10.0.0.9"), fake::at(5));
  world.windows.value(key + "Default", "MRU1", fake::sz("old"), fake::at(5));
  world.windows.value(key + "Servers\\10.0.0.9", "UsernameHint", fake::sz("CORP\\admin"),
                      fake::at(6));
  const ModuleRun run = judge(world);
  const auto rows = records_of(run, "rdp_destination");
  ASSERT_THAT(rows, SizeIs(4));
  const fake::Record* last = run.context->record({{"seen_in", "Default"}, {"position", "0"}});
  ASSERT_NE(last, nullptr);
  EXPECT_EQ((*last)["host"], "10.0.0.9");
  EXPECT_EQ(last->user_name, "alice");
  EXPECT_EQ(time_of(*last, "entered"), fake::at(5));
  const fake::Record* server = run.context->record({{"seen_in", "Servers"}});
  ASSERT_NE(server, nullptr);
  EXPECT_EQ((*server)["user_hint"], "CORP\\admin");
  EXPECT_EQ(time_of(*server, "key_last_written"), fake::at(6));
  const fake::Record* event = run.context->record({{"seen_in", "event 1024"}});
  ASSERT_NE(event, nullptr);
  EXPECT_EQ((*event)["times"], "2");
  EXPECT_THAT(rules_of(run), IsEmpty());
}

}  // namespace
}  // namespace hozen
