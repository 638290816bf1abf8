// ZeroLogon on a domain controller, told by events, netlogon.log and the registry.
#include <gmock/gmock.h>

#include "tests/modules/judge_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec event_logs, zerologon;
}  // namespace modules
namespace {

using builders::EvtxBuilder;
using builders::EvtxEvent;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::string_view kParameters =
    "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Netlogon\\Parameters";

EvtxEvent refused(double seconds, const std::string& computer, std::uint16_t id = 5805) {
  return text_event("System", id, seconds, {{"param1", computer}, {"param2", "%%5"}}, "NETLOGON");
}
EvtxEvent changed(double seconds, const std::string& account, const std::string& by_sid,
                  const std::string& password = "3/1/2024 12:00:00 PM") {
  return text_event("Security", 4742, seconds,
                    {{"TargetUserName", account},
                     {"TargetDomainName", "CORP"},
                     {"SubjectUserSid", by_sid},
                     {"SubjectUserName", by_sid == "S-1-5-7" ? "ANONYMOUS LOGON" : "DC7$"},
                     {"PasswordLastSet", password}});
}
EvtxEvent logged_on(double seconds, const std::string& account, const std::string& sid,
                    const std::string& address) {
  return text_event("Security", 4624, seconds,
                    {{"TargetUserSid", sid},
                     {"TargetUserName", account},
                     {"LogonType", "3"},
                     {"AuthenticationPackageName", "NTLM"},
                     {"IpAddress", address}});
}
std::string tries(int count, const std::string& name, const std::string& flags, bool succeeds) {
  std::string text;
  const std::string time = "02/29 20:00:0";
  for (int i = 0; i < count; ++i)
    text += time + "1 [SESSION] [9] CORP: NetrServerAuthenticate entered: " + name +
            " (10.0.0.66) on account " + name + "$ (Negot: " + flags + ")\r\n" + time +
            "1 [CRITICAL] [9] CORP: NetrServerAuthenticate: Failed to authenticate " + name +
            " on account " + name + "$\r\n";
  if (succeeds)
    text += time + "2 [SESSION] [9] CORP: NetrServerAuthenticate returns Success: " + name +
            " on account " + name + "$ (Negot: " + flags + ")\r\n";
  return text;
}

class ZeroLogonTest : public testing::Test {
 protected:
  void log(const std::string& name, const std::vector<EvtxEvent>& events) {
    EvtxBuilder log;
    for (EvtxEvent event : events) {
      event.computer = "dc7.corp.example";
      log.event(event);
    }
    windows.file("C:\\Windows\\System32\\winevt\\Logs\\" + name + ".evtx", "").bytes = log.bytes();
  }
  ModuleRun judge() { return run_and_judge({&modules::event_logs, &modules::zerologon}, windows); }
  static std::vector<const Finding*> all_of(const ModuleRun& run) {
    std::vector<const Finding*> found;
    for (const Finding& finding : run.context->findings)
      if (finding.rule.starts_with("zerologon.")) found.push_back(&finding);
    return found;
  }
  fake::FakeWindows windows;
};

TEST_F(ZeroLogonTest, ThePasswordOfTheOwnAccountSetByNobodyIsHigh) {
  log("Security", {changed(0, "DC7$", "S-1-5-7")});
  const ModuleRun run = judge();
  const auto found = findings_of(run, "zerologon.password_set");
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(severity_of(*found[0]), Severity::high);
  EXPECT_THAT(found[0]->attack, Contains("T1210"));
  EXPECT_THAT(found[0]->not_checked, Contains(HasSubstr("From where")));
}

TEST_F(ZeroLogonTest, TellsTheWholeStory) {
  log("Security", {logged_on(8, "ANONYMOUS LOGON", "S-1-5-7", "10.0.0.66"),
                   changed(10, "DC7$", "S-1-5-7"), logged_on(40, "DC7$", "S-1-5-18", "10.0.0.66")});
  log("System", {refused(5, "DC7")});
  const ModuleRun run = judge();
  ASSERT_THAT(all_of(run), SizeIs(1)) << fake::summary_of(run.context->findings);
  const Finding& finding = *all_of(run)[0];
  EXPECT_EQ(severity_of(finding), Severity::critical);
  EXPECT_THAT(story_of(finding),
              HasSubstr("anonymous logons over the network came from 10.0.0.66"));
  EXPECT_THAT(story_of(finding), HasSubstr("in the name of DC7, this host itself"));
  EXPECT_THAT(story_of(finding), HasSubstr("DC7$ was logged on with NTLM from 10.0.0.66"));
}

TEST_F(ZeroLogonTest, ComputersThatChangeTheirPasswordsAreNormal) {
  log("Security",
      {changed(0, "DC7$", "S-1-5-18"), changed(30 * 86'400.0, "DC7$", "S-1-5-18"),
       changed(1, "WS1$", "S-1-5-7"), changed(2, "DC8$", "S-1-5-7"),
       changed(3, "DC7$", "S-1-5-7", "-"), logged_on(2, "WS1$", "S-1-5-21-1", "10.0.0.1")});
  const ModuleRun run = judge();
  EXPECT_THAT(all_of(run), IsEmpty()) << fake::summary_of(run.context->findings);
}

TEST_F(ZeroLogonTest, ARefusedChannelInTheOwnNameIsMedium) {
  log("System", {refused(0, "DC7")});
  const ModuleRun run = judge();
  const auto found = findings_of(run, "zerologon.refused_channels");
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(severity_of(*found[0]), Severity::medium);
  EXPECT_THAT(found[0]->attack, Contains("T1210"));
}

TEST_F(ZeroLogonTest, ComputersOfRestoredSnapshotsAreNoMoreThanLow) {
  std::vector<EvtxEvent> events;
  for (int i = 0; i < 30; ++i) events.push_back(refused(i, "WS" + std::to_string(i)));
  for (int i = 0; i < 5; ++i) events.push_back(refused(100 + i * 900, "WS77", 5723));
  log("System", events);
  EXPECT_THAT(all_of(judge()), IsEmpty());
  for (int i = 0; i < 12; ++i) events.push_back(refused(9000 + i, "WS77"));
  log("System", events);
  const ModuleRun run = judge();
  ASSERT_THAT(all_of(run), SizeIs(1));
  EXPECT_EQ(severity_of(*all_of(run)[0]), Severity::low);
}

TEST_F(ZeroLogonTest, TheNameOfAToolIsMedium) {
  log("System", {refused(0, "kali"), refused(1, "KALININGRAD1")});
  const ModuleRun run = judge();
  ASSERT_THAT(all_of(run), SizeIs(1));
  EXPECT_EQ(severity_of(*all_of(run)[0]), Severity::medium);
  EXPECT_EQ(all_of(run)[0]->subject, "kali");
}

TEST_F(ZeroLogonTest, WeakChannelsThatAreAllowedAreLowAndDeniedOnesSayNothing) {
  log("System", {refused(0, "NAS1$", 5829), refused(1, "NAS1$", 5829), refused(2, "OLD$", 5827)});
  const ModuleRun run = judge();
  ASSERT_THAT(all_of(run), SizeIs(1));
  EXPECT_EQ(all_of(run)[0]->rule, "zerologon.weak_channels");
  EXPECT_EQ(severity_of(*all_of(run)[0]), Severity::low);
  EXPECT_THAT(story_of(*all_of(run)[0]), HasSubstr("2 connections of NAS1$"));
  log("System", {refused(2, "DC7$", 5827)});
  EXPECT_THAT(findings_of(judge(), "zerologon.own_channel_denied"), SizeIs(1));
}

TEST_F(ZeroLogonTest, NetlogonLogTellsTheAttack) {
  log("System", {});
  windows.value("HKLM\\SYSTEM\\CurrentControlSet\\Control\\TimeZoneInformation", "ActiveTimeBias",
                fake::dword(static_cast<std::uint32_t>(-540)));
  windows.file("C:\\Windows\\debug\\netlogon.bak", tries(40, "DC7", "212fffff", true));
  log("Security", {changed(0, "DC8$", "S-1-5-7")});  // tells the host's name
  const ModuleRun run = judge();
  const auto records = records_of(run, "netlogon_burst");
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ((*records[0])["first_local"], "2024-02-29 20:00:01");
  EXPECT_EQ(time_of(*records[0], "first_try").iso8601(), "2024-02-29T11:00:01.0000000Z");
  EXPECT_THAT((*records[0])["time_assumption"], HasSubstr("540 minutes"));
  EXPECT_EQ((*records[0])["attempts"], "40");
  const auto found = findings_of(run, "zerologon.guessed_channel");
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(severity_of(*found[0]), Severity::high);
  EXPECT_THAT(found[0]->not_checked, Contains(HasSubstr("year")));
}

TEST_F(ZeroLogonTest, AComputerOutOfStepInNetlogonLogIsLow) {
  windows.file("C:\\Windows\\debug\\netlogon.log", tries(40, "WS5", "612fffff", false));
  const ModuleRun run = judge();
  const auto found = findings_of(run, "zerologon.guessed_channel");
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(severity_of(*found[0]), Severity::low);
}

TEST_F(ZeroLogonTest, NetlogonLogInUtf16IsRead) {
  const std::string text = tries(40, "DC7", "212fffff", true);
  auto& bytes = windows.file("C:\\Windows\\debug\\netlogon.log", "").bytes;
  bytes = {std::byte{0xFF}, std::byte{0xFE}};
  for (const char c : text) {
    bytes.push_back(static_cast<std::byte>(c));
    bytes.push_back(std::byte{0});
  }
  EXPECT_THAT(records_of(judge(), "netlogon_burst"), SizeIs(1));
}

TEST_F(ZeroLogonTest, TheEndOfALargeLogIsRead) {
  const std::string text = tries(40, "DC7", "212fffff", true);
  auto& bytes = windows.file("C:\\Windows\\debug\\netlogon.log", "").bytes;
  bytes.assign((64u << 20) + 333, std::byte{'.'});
  for (std::size_t at = 0; at < bytes.size(); at += 200) bytes[at] = std::byte{'\n'};
  bytes.push_back(std::byte{'\n'});
  for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
  const ModuleRun run = judge();
  EXPECT_THAT(records_of(run, "netlogon_burst"), SizeIs(1));
  EXPECT_THAT(run.context->notes, Not(IsEmpty()));
}

TEST_F(ZeroLogonTest, SettingsCountOnDomainControllersOnly) {
  windows.value(kParameters, "FullSecureChannelProtection", fake::dword(0));
  windows.value(kParameters, "VulnerableChannelAllowList", fake::sz("O:BAG:BAD:(A;;RC;;;WD)"));
  windows.value(kParameters, "DBFlag", fake::sz("0x2080ffff"));
  const ModuleRun member = judge();
  EXPECT_THAT(all_of(member), IsEmpty());
  ASSERT_THAT(records_of(member, "netlogon_settings"), SizeIs(1));
  EXPECT_EQ((*records_of(member, "netlogon_settings")[0])["debug_flags"], "545325055");
  windows.value("HKLM\\SYSTEM\\CurrentControlSet\\Control\\ProductOptions", "ProductType",
                fake::sz("LanmanNT"));
  windows.value("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", "CurrentBuildNumber",
                fake::sz("14393"));
  windows.value("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", "UBR", fake::dword(3808));
  const ModuleRun run = judge();
  ASSERT_THAT(all_of(run), SizeIs(1));
  EXPECT_EQ(all_of(run)[0]->why.size(), 3u);
  EXPECT_EQ(severity_of(*all_of(run)[0]), Severity::low) << "open to it is not attacked";
  windows.value("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", "UBR", fake::dword(3866));
  windows.value(kParameters, "FullSecureChannelProtection", fake::dword(1));
  windows.value(kParameters, "VulnerableChannelAllowList", fake::sz(""));
  EXPECT_THAT(all_of(judge()), IsEmpty());
}

}  // namespace
}  // namespace hozen
