// Places and files of domain controllers, DNS and DHCP servers, and changes of the directory.
#include <gmock/gmock.h>

#include "collector/module/sysvol_files.h"
#include "tests/modules/judge_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec domain_controller, event_logs;
}  // namespace modules
namespace {

using builders::EvtxBuilder;
using builders::EvtxEvent;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::string kServices = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\";

class DomainControllerTest : public testing::Test {
 protected:
  void log(const std::vector<EvtxEvent>& events) {
    EvtxBuilder log;
    for (const EvtxEvent& event : events) log.event(event);
    windows.file("C:\\Windows\\System32\\winevt\\Logs\\Security.evtx", "").bytes = log.bytes();
  }
  ModuleRun judge() {
    return run_and_judge({&modules::event_logs, &modules::domain_controller}, windows);
  }
  ModuleRun run(const std::map<std::string, std::string, std::less<>>& options = {}) {
    ModuleRun run{windows.machine(), nullptr};
    run.context = std::make_unique<fake::Context>(run.machine);
    run.context->options = options;
    EXPECT_TRUE(modules::domain_controller.run(*run.context));
    return run;
  }
  static const fake::Record* place(const ModuleRun& run, std::string_view role) {
    return run.context->record({{"role", role}});
  }
  static std::vector<const Finding*> all_of(const ModuleRun& run) {
    std::vector<const Finding*> found;
    for (const Finding& finding : run.context->findings)
      if (finding.rule.starts_with("domain_controller.")) found.push_back(&finding);
    return found;
  }
  fake::FakeWindows windows;
};

// ---- places

TEST_F(DomainControllerTest, TakesFilesFromWhereTheRegistrySaysTheyLie) {
  windows.volume("D:");
  windows.value(kServices + "DHCPServer\\Parameters", "DhcpLogFilePath",
                fake::sz("D:\\dhcp\\logs"));
  windows.value(kServices + "DNS\\Parameters", "LogFilePath", fake::sz("D:\\dns\\queries.log"));
  windows.value(kServices + "NTDS\\Parameters", "DSA Database file", fake::sz("D:\\AD\\ntds.dit"));
  windows.value(kServices + "Netlogon\\Parameters", "SysVol", fake::sz("D:\\SYSVOL\\sysvol"));
  windows.file("D:\\dhcp\\logs\\DhcpSrvLog-Mon.log", "");
  windows.file("D:\\dhcp\\logs\\unrelated.txt", "");
  windows.file("D:\\dns\\queries.log", "x");
  windows.file("D:\\dns\\queries-2024.log", "rolled over");
  windows.file("D:\\AD\\ntds.dit", "secrets");
  windows.file("D:\\SYSVOL\\sysvol\\corp.example\\scripts\\logon.bat", "net use");
  windows.file("C:\\Windows\\debug\\NetSetup.LOG", "joined");
  const ModuleRun run = this->run();
  EXPECT_TRUE(run.context->has_collected("D:\\dhcp\\logs\\DhcpSrvLog-Mon.log"));
  EXPECT_FALSE(run.context->has_collected("D:\\dhcp\\logs\\unrelated.txt"));
  EXPECT_TRUE(run.context->has_collected("D:\\dns\\queries.log"));
  EXPECT_TRUE(run.context->has_collected("D:\\dns\\queries-2024.log"));
  EXPECT_FALSE(run.context->has_collected("D:\\AD\\ntds.dit"));
  EXPECT_TRUE(run.context->has_collected("D:\\SYSVOL\\sysvol\\corp.example\\scripts\\logon.bat"));
  EXPECT_TRUE(run.context->has_collected("C:\\Windows\\debug\\NetSetup.LOG"));
  const fake::Record* database = place(run, "ntds_database");
  ASSERT_NE(database, nullptr);
  EXPECT_EQ((*database)["path"], "D:\\AD\\ntds.dit");
  EXPECT_EQ((*database)["is_usual"], "false");
  EXPECT_EQ((*database)["is_there"], "true");
  EXPECT_EQ((*database)["collected"], "0");
}

TEST_F(DomainControllerTest, TakesTheDatabaseOnlyWhenTheProfileSaysSo) {
  windows.file("C:\\Windows\\NTDS\\ntds.dit", "secrets");
  windows.file("C:\\Windows\\NTDS\\edb.log", "secrets");
  EXPECT_FALSE(run().context->has_collected("C:\\Windows\\NTDS\\ntds.dit"));
  EXPECT_FALSE(run().context->has_collected("C:\\Windows\\NTDS\\edb.log"));
  const ModuleRun with = run({{"database", "on"}});
  EXPECT_TRUE(with.context->has_collected("C:\\Windows\\NTDS\\ntds.dit"));
  EXPECT_TRUE(with.context->has_collected("C:\\Windows\\NTDS\\edb.log"));
}

TEST_F(DomainControllerTest, TakesTheNewestFilesUpToTheLimit) {
  for (int i = 0; i < 210; ++i) {
    auto& entry = windows.file("C:\\Windows\\debug\\dcpromo" + std::to_string(i) + ".log", "x");
    entry.facts.si.modified = fake::at(i);
  }
  const ModuleRun run = this->run();
  EXPECT_TRUE(run.context->has_collected("C:\\Windows\\debug\\dcpromo209.log"));
  EXPECT_FALSE(run.context->has_collected("C:\\Windows\\debug\\dcpromo0.log"));
  const fake::Record* debug = place(run, "debug_logs");
  ASSERT_NE(debug, nullptr);
  EXPECT_EQ((*debug)["files"], "210");
  EXPECT_EQ((*debug)["collected"], "200");
  EXPECT_EQ((*debug)["left_out"], "10");
  EXPECT_THAT(run.context->notes, Not(IsEmpty())) << "what is left out is told";
}

TEST_F(DomainControllerTest, LeavesOutLogsThatAreYearsOldWhateverAnotherIsDated) {
  windows.file("C:\\Windows\\System32\\dhcp\\DhcpSrvLog-Mon.log", "");
  windows.file("C:\\Windows\\System32\\dhcp\\DhcpSrvLog-Tue.log", "").facts.si.modified =
      FileTime{fake::default_time().ticks - 800 * 86'400 * kTicksPerSecond};
  windows.file("C:\\Windows\\System32\\dhcp\\DhcpSrvLog-Wed.log", "").facts.si.modified =
      FileTime{fake::default_time().ticks + 9'000 * 86'400 * kTicksPerSecond};
  const ModuleRun run = this->run();
  EXPECT_TRUE(run.context->has_collected("C:\\Windows\\System32\\dhcp\\DhcpSrvLog-Mon.log"));
  EXPECT_FALSE(run.context->has_collected("C:\\Windows\\System32\\dhcp\\DhcpSrvLog-Tue.log"));
}

TEST_F(DomainControllerTest, APlaceThatIsNotThereIsToldAndAnOddOneIsNoFault) {
  windows.value(kServices + "DHCPServer\\Parameters", "DhcpLogFilePath", fake::sz("E:\\gone"));
  windows.value(kServices + "DNS\\Parameters", "LogFilePath", fake::sz("\\\\server\\share\\x.log"));
  const ModuleRun run = this->run();
  EXPECT_EQ((*place(run, "dhcp_logs"))["is_there"], "false");
  EXPECT_EQ(place(run, "dns_log")->json_of("path"), "null");
}

TEST_F(DomainControllerTest, AWorkstationHasNoneOfIt) {
  const ModuleRun run = this->run();
  EXPECT_THAT(run.context->findings, IsEmpty());
  EXPECT_THAT(records_of(run, "dhcp_event"), IsEmpty());
  EXPECT_THAT(records_of(run, "sysvol_file"), IsEmpty());
}

// ---- DHCP

TEST_F(DomainControllerTest, TellsTheLinesOfDhcpLogs) {
  windows.value("HKLM\\SYSTEM\\CurrentControlSet\\Control\\TimeZoneInformation", "ActiveTimeBias",
                fake::dword(static_cast<std::uint32_t>(-540)));
  windows.file("C:\\Windows\\System32\\dhcp\\DhcpSrvLog-Fri.log",
               "\t\tMicrosoft DHCP Service Activity Log\r\n\r\nEvent ID  Meaning\r\n"
               "00\tThe log was started.\r\n\r\n"
               "ID,Date,Time,Description,IP Address,Host Name,MAC Address,User Name\r\n"
               "24,03/01/24,00:00:21,Database Cleanup Begin,,,,,0,6,,,,,,,,,0\r\n"
               "10,03/01/24,09:15:00,Assign,10.0.0.66,kali,0800270000AA,,9,0,,,,,,,,,0\r\n"
               "11,13/45/24,09:15:00,Renew,10.0.0.1,x,00,\r\n10,03/01/24\r\n");
  const ModuleRun run = this->run();
  EXPECT_TRUE(std::any_of(run.context->notes.begin(), run.context->notes.end(),
                          [](const Error& note) {
                            return note.what.find("2 lines of events whose date is not MM/DD/YY") !=
                                   std::string::npos;
                          }))
      << "what cannot be read is told";
  const auto events = records_of(run, "dhcp_event");
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ((*events[1])["event_id"], "10");
  EXPECT_EQ((*events[1])["host"], "kali");
  EXPECT_EQ((*events[1])["address"], "10.0.0.66");
  EXPECT_EQ((*events[1])["hardware_address"], "0800270000AA");
  EXPECT_EQ((*events[1])["local_time"], "2024-03-01 09:15:00");
  EXPECT_EQ((*events[1])["line"], "8");
  EXPECT_EQ(time_of(*events[1], "told").iso8601(), "2024-03-01T00:15:00.0000000Z");
}

TEST_F(DomainControllerTest, WithoutATimeZoneALineHasNoTimeInUtc) {
  windows.remove_value("HKLM\\SYSTEM\\CurrentControlSet\\Control\\TimeZoneInformation",
                       "ActiveTimeBias");
  windows.file("C:\\Windows\\System32\\dhcp\\DhcpV6SrvLog-Fri.log",
               "11000,03/01/24,09:15:00,Solicit,fe80::1,pc,7,14,0001\r\n");
  const ModuleRun run = this->run();
  ASSERT_THAT(records_of(run, "dhcp_event"), SizeIs(1));
  const fake::Record& event = *records_of(run, "dhcp_event")[0];
  EXPECT_THAT(event.timestamps, IsEmpty());
  EXPECT_EQ(event.json_of("hardware_address"), "null") << "an error code stands there";
}

// ---- SYSVOL

TEST(SysvolFiles, CountsPasswordsThatHaveAValue) {
  EXPECT_EQ(count_cpasswords(R"(<Properties cpassword="" userName="a"/>)"), 0u);
  EXPECT_EQ(count_cpasswords(R"(<P cpassword="AAAA"/><P CPASSWORD = 'BBBB'/>)"), 2u);
  EXPECT_EQ(count_cpasswords("cpassword"), 0u);
  EXPECT_EQ(count_cpasswords("cpassword=\"AAAA"), 0u);
  EXPECT_EQ(count_cpasswords("cpassword=\" \""), 0u);
}

TEST_F(DomainControllerTest, APasswordInAPolicyIsLowAndNeverTold) {
  const std::string folder =
      "C:\\Windows\\SYSVOL\\sysvol\\corp\\Policies\\{1}\\Machine\\Preferences\\";
  windows.file(
      folder + "Groups\\Groups.xml",
      R"(<Groups><User name="x"><Properties cpassword="SeCrEtVaLuE1" userName="adm"/></User></Groups>)");
  windows.file(folder + "Drives\\Drives.xml", "<Drives cpassword=\"\"/>");
  const ModuleRun run = this->run();
  ASSERT_THAT(all_of(run), SizeIs(1));
  const Finding& finding = *all_of(run)[0];
  EXPECT_EQ(finding.rule, "domain_controller.gpp_password");
  EXPECT_EQ(severity_of(finding), Severity::low);
  EXPECT_THAT(finding.attack, Contains("T1552.006"));
  EXPECT_THAT(story_of(finding), Not(HasSubstr("SeCrEtVaLuE1")));
  for (const fake::Record& record : run.context->records)
    EXPECT_THAT(record.json, Not(HasSubstr("SeCrEtVaLuE1")));
  EXPECT_EQ((*run.context->record({{"path", folder + "Groups\\Groups.xml"}}))["passwords"], "1");
}

TEST_F(DomainControllerTest, TellsRecentFilesOfSysvol) {
  windows.file("C:\\Windows\\SYSVOL\\sysvol\\corp\\scripts\\old.vbs", "x").facts.si.modified =
      FileTime{fake::default_time().ticks - 90 * 86'400 * kTicksPerSecond};
  windows.file("C:\\Windows\\SYSVOL\\sysvol\\corp\\scripts\\new.docx", "x");
  const ModuleRun run = this->run();
  const auto files = records_of(run, "sysvol_file");
  ASSERT_THAT(files, SizeIs(2));
  EXPECT_EQ((*files[0])["is_recent"], "true");
  EXPECT_EQ((*files[0])["file_kind"], "other");
  EXPECT_EQ((*files[1])["file_kind"], "script");
  EXPECT_EQ((*files[1])["is_recent"], "false");
}

// ---- settings and events

TEST_F(DomainControllerTest, TheAccountForRestoringThatMayAlwaysLogOnIsMedium) {
  const std::string control = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\";
  windows.value(control + "Lsa", "DsrmAdminLogonBehavior", fake::dword(2));
  EXPECT_THAT(all_of(run()), IsEmpty()) << "means nothing but on a domain controller";
  windows.value(control + "ProductOptions", "ProductType", fake::sz("LanmanNT"));
  const ModuleRun with = run();
  ASSERT_THAT(all_of(with), SizeIs(1));
  EXPECT_EQ(severity_of(*all_of(with)[0]), Severity::medium);
  windows.value(control + "Lsa", "DsrmAdminLogonBehavior", fake::dword(1));
  EXPECT_THAT(all_of(run()), IsEmpty());
}

const std::string kDomain = "S-1-5-21-7-8-9";

EvtxEvent account(std::uint16_t id, double seconds, const std::string& name, const std::string& sid,
                  const std::string& by = "boss", const std::string& by_sid = kDomain + "-1100",
                  std::vector<std::pair<std::string, std::string>> more = {}) {
  std::vector<std::pair<std::string, std::string>> values{
      {"TargetUserName", name},   {"TargetDomainName", "CORP"}, {"TargetSid", sid},
      {"SubjectUserSid", by_sid}, {"SubjectUserName", by},      {"SubjectDomainName", "CORP"}};
  values.insert(values.end(), more.begin(), more.end());
  return text_event("Security", id, seconds, values);
}
EvtxEvent member(std::uint16_t id, double seconds, const std::string& group, const std::string& sid,
                 const std::string& by = "boss", const std::string& by_sid = kDomain + "-1100") {
  return account(id, seconds, "group", group, by, by_sid,
                 {{"MemberSid", sid}, {"MemberName", "CN=eve,DC=corp"}});
}
const std::string kAdmins = kDomain + "-512", kEve = kDomain + "-2222";

TEST_F(DomainControllerTest, ANewAdministratorIsLowAndAShortOneMore) {
  log({member(4728, 0, kAdmins, kEve)});
  ModuleRun run = judge();
  ASSERT_THAT(all_of(run), SizeIs(1));
  EXPECT_EQ(severity_of(*all_of(run)[0]), Severity::low);
  log({account(4720, 0, "eve", kEve), member(4728, 5, kAdmins, kEve)});
  run = judge();
  ASSERT_THAT(all_of(run), SizeIs(1));
  EXPECT_EQ(severity_of(*all_of(run)[0]), Severity::medium);
  EXPECT_EQ(all_of(run)[0]->subject, "CORP\\eve");
  EXPECT_THAT(all_of(run)[0]->attack, Contains("T1136.002"));
  log({account(4720, 0, "eve", kEve), member(4728, 5, kAdmins, kEve),
       member(4729, 600, kAdmins, kEve), account(4726, 700, "eve", kEve)});
  run = judge();
  ASSERT_THAT(all_of(run), SizeIs(1));
  EXPECT_EQ(severity_of(*all_of(run)[0]), Severity::high);
}

TEST_F(DomainControllerTest, SetupAndRoutineMakeNoNoise) {
  log({account(4720, 0, "user", kEve, "PC$", "S-1-5-18"),
       member(4732, 1, "S-1-5-32-544", kEve, "PC$", "S-1-5-18"),
       member(4732, 2, "S-1-5-32-544", kAdmins, "PC$", "S-1-5-18"),
       member(4732, 3, "S-1-5-32-545", kEve), member(4728, 4, kDomain + "-1234", kEve)});
  EXPECT_THAT(all_of(judge()), IsEmpty());
  std::vector<EvtxEvent> events;
  for (int day = 0; day < 4; ++day) {
    events.push_back(member(4728, day * 86'400.0, kAdmins, kEve));
    events.push_back(member(4729, day * 86'400.0 + 3600, kAdmins, kEve));
  }
  log(events);
  EXPECT_THAT(all_of(judge()), IsEmpty()) << "an administrator for an hour, every day";
}

TEST_F(DomainControllerTest, ThePasswordForRestoringIsLow) {
  log({text_event("Security", 4794, 0,
                  {{"SubjectUserName", "boss"}, {"Workstation", "DC1"}, {"Status", "0x0"}})});
  const ModuleRun run = judge();
  ASSERT_THAT(all_of(run), SizeIs(1));
  EXPECT_EQ(severity_of(*all_of(run)[0]), Severity::low);
  EXPECT_THAT(story_of(*all_of(run)[0]), HasSubstr("from DC1"));
}

TEST_F(DomainControllerTest, SidHistoryCountsByWhoseItIs) {
  const auto history = [](const std::string& sid) {
    return account(4738, 0, "eve", kEve, "boss", kDomain + "-1100",
                   {{"SidHistory", "\r\n\t\t%{" + sid + "}"}});
  };
  const std::pair<std::string, Severity> cases[] = {{"S-1-5-21-1-2-3-1105", Severity::low},
                                                    {"S-1-5-21-1-2-3-512", Severity::high},
                                                    {kDomain + "-1105", Severity::medium},
                                                    {kDomain + "-500", Severity::critical}};
  for (const auto& [sid, severity] : cases) {
    log({history(sid)});
    const ModuleRun run = judge();
    ASSERT_THAT(all_of(run), SizeIs(1)) << sid;
    EXPECT_EQ(severity_of(*all_of(run)[0]), severity) << sid;
  }
  log({account(4738, 0, "eve", kEve, "boss", "S-1-5-21-1", {{"SidHistory", "-"}})});
  EXPECT_THAT(all_of(judge()), IsEmpty());
}

TEST_F(DomainControllerTest, ManyAccountsAtOnceAreLow) {
  std::vector<EvtxEvent> events;
  for (int i = 0; i < 19; ++i)
    events.push_back(account(4726, i, "u" + std::to_string(i), kDomain + "-3" + std::to_string(i)));
  log(events);
  EXPECT_THAT(all_of(judge()), IsEmpty());
  events.push_back(account(4726, 30, "u", kDomain + "-9"));
  log(events);
  const ModuleRun run = judge();
  ASSERT_THAT(all_of(run), SizeIs(1));
  EXPECT_EQ(severity_of(*all_of(run)[0]), Severity::low);
  EXPECT_THAT(story_of(*all_of(run)[0]), HasSubstr("deleted 20 accounts"));
}

EvtxEvent object(double seconds, const std::string& name, const std::string& type,
                 const std::string& attribute, const std::string& by = "boss",
                 const std::string& value = "x", const std::string& operation = "%%14674") {
  return text_event("Security", 5136, seconds,
                    {{"SubjectUserName", by},
                     {"SubjectDomainName", "CORP"},
                     {"ObjectDN", name},
                     {"ObjectClass", type},
                     {"AttributeLDAPDisplayName", attribute},
                     {"AttributeValue", value},
                     {"OperationType", operation}});
}

struct ObjectCase {
  std::string name, type, attribute, by, rule;
  Severity severity = Severity::info;
};

TEST_F(DomainControllerTest, ObjectsByWhichOthersBecomeAdministrators) {
  const std::string pc = "CN=WS1,CN=Computers,DC=corp", user = "CN=eve,CN=Users,DC=corp";
  const ObjectCase cases[] = {
      {"CN=AdminSDHolder,CN=System,DC=corp", "container", "nTSecurityDescriptor", "boss",
       "admin_holder", Severity::medium},
      {"CN=AdminSDHolder,CN=System,DC=corp", "container", "description", "boss", "", {}},
      {pc, "computer", "msDS-AllowedToActOnBehalfOfOtherIdentity", "boss", "delegation",
       Severity::low},
      {pc, "computer", "msDS-AllowedToActOnBehalfOfOtherIdentity", "WS1$", "delegation",
       Severity::medium},
      {pc, "computer", "msDS-KeyCredentialLink", "boss", "key_credential", Severity::medium},
      {pc, "computer", "msDS-KeyCredentialLink", "WS1$", "", {}},
      {user, "user", "msDS-KeyCredentialLink", "MSOL_1234", "", {}},
      {user, "user", "msDS-KeyCredentialLink", "boss", "key_credential", Severity::low},
      {user, "user", "servicePrincipalName", "boss", "service_name", Severity::low},
      {pc, "computer", "servicePrincipalName", "WS1$", "", {}}};
  for (const ObjectCase& one : cases) {
    log({object(0, one.name, one.type, one.attribute, one.by),
         object(1, one.name, one.type, one.attribute, one.by)});
    const ModuleRun run = judge();
    ASSERT_THAT(all_of(run), SizeIs(one.rule.empty() ? 0 : 1)) << one.attribute << one.by;
    if (one.rule.empty()) continue;
    EXPECT_EQ(all_of(run)[0]->rule, "domain_controller." + one.rule);
    EXPECT_EQ(severity_of(*all_of(run)[0]), one.severity) << one.attribute << one.by;
  }
}

TEST_F(DomainControllerTest, DelegationToAComputerMadeTheSameDayIsMedium) {
  log({account(4741, 0, "NEW1$", kDomain + "-4000"),
       object(60, "CN=DC1,DC=corp", "computer", "msDS-AllowedToActOnBehalfOfOtherIdentity")});
  const ModuleRun run = judge();
  ASSERT_THAT(all_of(run), SizeIs(1));
  EXPECT_EQ(severity_of(*all_of(run)[0]), Severity::medium);
  EXPECT_THAT(story_of(*all_of(run)[0]), HasSubstr("NEW1$"));
}

TEST_F(DomainControllerTest, ARemovedValueGivesNobodyAnything) {
  log({object(0, "CN=DC1,DC=corp", "computer", "msDS-KeyCredentialLink", "boss", "x", "%%14675")});
  EXPECT_THAT(all_of(judge()), IsEmpty());
}

TEST_F(DomainControllerTest, ADomainControllerForAMomentIsDcShadow) {
  const auto names = [](double seconds, const std::string& text) {
    return account(4742, seconds, "WS1$", kDomain + "-5000", "boss", kDomain + "-500",
                   {{"ServicePrincipalNames", text}});
  };
  const std::string service = "E3514235-4B06-11D1-AB04-00C04FC2DCD2/1/corp";
  log({names(0, "HOST/WS1\r\n" + service), names(5, "HOST/WS1")});
  const ModuleRun run = judge();
  ASSERT_THAT(all_of(run), SizeIs(1));
  EXPECT_EQ(all_of(run)[0]->rule, "domain_controller.shadow");
  EXPECT_EQ(severity_of(*all_of(run)[0]), Severity::high);
  log({names(0, "GC/WS1\r\n" + service), names(5, "HOST/WS1\r\n" + service)});
  EXPECT_THAT(all_of(judge()), SizeIs(1)) << "the catalog's name goes first";
  log({names(0, "HOST/WS1\r\n" + service), names(5, "GC/WS1\r\n" + service)});
  EXPECT_THAT(all_of(judge()), IsEmpty()) << "a promotion";
}

TEST_F(DomainControllerTest, ChangedPoliciesAreOneLineAnAccount) {
  const std::string policy = "CN={1},CN=Policies,CN=System,DC=corp";
  log({object(0, policy, "groupPolicyContainer", "versionNumber"),
       object(1, policy, "groupPolicyContainer", "displayName")});
  ModuleRun run = judge();
  ASSERT_THAT(all_of(run), SizeIs(1));
  EXPECT_EQ(severity_of(*all_of(run)[0]), Severity::info);
  log({object(0, policy, "groupPolicyContainer", "gPCMachineExtensionNames", "boss",
              "[{00000000-0000-0000-0000-000000000000}{AADCED64-746C-4633-A97C-D61349046527}]")});
  run = judge();
  ASSERT_THAT(all_of(run), SizeIs(1));
  EXPECT_EQ(severity_of(*all_of(run)[0]), Severity::low);
}

}  // namespace
}  // namespace hozen
