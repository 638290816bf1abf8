// Who opened lsass, and what tools leave on the host.
#include "tests/builders/minidump_builder.h"
#include "tests/builders/regf_builder.h"
#include "tests/modules/credential_cases.h"

namespace hozen {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kPowerShell =
    "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";

TEST_F(CredentialTest, AToolThatOpensLsassManyTimesIsOneFinding) {
  for (int i = 0; i < 100; ++i) opened("C:\\Users\\eve\\Desktop\\mimikatz.exe", "0x1010", i);
  const Finding& finding = only();
  EXPECT_EQ(finding.rule, "credential_theft.lsass_access");
  EXPECT_EQ(severity_of(finding), Severity::critical);
  EXPECT_THAT(story_of(finding), HasSubstr("opened lsass 100 times between"));
  EXPECT_THAT(story_of(finding), HasSubstr("0x1010"));
  EXPECT_EQ(finding.why[0].records.size(), 10u);
  EXPECT_THAT(finding.attack, Contains("T1003.001"));
}

TEST_F(CredentialTest, WhatWindowsAndAntivirusProgramsDoIsQuiet) {
  opened("C:\\Windows\\System32\\svchost.exe", "0x1410");
  opened("C:\\Windows\\System32\\csrss.exe", "0x1fffff");
  opened("C:\\Windows\\System32\\wbem\\WmiPrvSE.exe", "0x1410");
  opened("C:\\Windows\\System32\\taskmgr.exe", "0x1410");
  opened("C:\\Windows\\Sysmon64.exe", "0x1410");
  opened("C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.1\\MsMpEng.exe", "0x1fffff");
  opened("C:\\Program Files\\CrowdStrike\\CSFalconService.exe", "0x1fffff");
  opened("C:\\Program Files (x86)\\Google\\Update\\GoogleUpdate.exe", "0x1410");
  opened("C:\\Users\\eve\\a.exe", "0x1000");
  EXPECT_THAT(found(), IsEmpty());
}

struct AccessCase {
  const char *image, *mask, *trace;
  std::vector<std::string> expected;
};
class LsassAccess : public CredentialTest, public testing::WithParamInterface<AccessCase> {};
TEST_P(LsassAccess, IsWeighed) {
  opened(GetParam().image, GetParam().mask, 0, GetParam().trace);
  EXPECT_EQ(found(), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    All, LsassAccess,
    testing::Values(
        AccessCase{kPowerShell, "0x1010", "", {"lsass_access high"}},
        AccessCase{"C:\\Users\\eve\\AppData\\Local\\Discord\\Update.exe",
                   "0x1410",
                   "",
                   {"lsass_access low"}},
        AccessCase{"C:\\Program Files\\Agent\\agent.exe", "0x1010", "", {"lsass_access low"}},
        AccessCase{"C:\\Program Files\\Agent\\agent.exe",
                   "0x1fffff",
                   "a+1|UNKNOWN(01)",
                   {"lsass_access medium"}},
        AccessCase{"C:\\Windows\\System32\\svchost.exe",
                   "0x1fffff",
                   "a+1|UNKNOWN(01)",
                   {"lsass_access low"}},
        AccessCase{"C:\\Windows\\System32\\notepad.exe", "0x1010", "", {"lsass_access low"}},
        AccessCase{"C:\\Windows\\Temp\\a.exe",
                   "0x1010",
                   "a+1|C:\\Windows\\System32\\dbgcore.dll+6ce",
                   {"lsass_access high"}},
        // The image of a service that a library of a user was loaded into.
        AccessCase{"C:\\Windows\\System32\\svchost.exe",
                   "0x1fffff",
                   "C:\\Users\\Public\\a.dll+12|C:\\Windows\\SYSTEM32\\ntdll.dll+1",
                   {"lsass_access low"}},
        AccessCase{
            "\\\\10.0.0.5\\share\\a.exe", "0x1038", "a+1|UNKNOWN(01)", {"lsass_access high"}}));

INSTANTIATE_TEST_SUITE_P(
    Agents, LsassAccess,
    testing::Values(
        AccessCase{"C:\\Windows\\LTSvc\\LTSVC.exe", "0x1010", "", {"lsass_access low"}},
        AccessCase{
            "C:\\$WINDOWS.~BT\\Sources\\SetupHost.exe", "0x1fffff", "", {"lsass_access low"}},
        AccessCase{"C:\\ProgramData\\Symantec\\agent.exe", "0x1478", "", {"lsass_access low"}},
        AccessCase{"C:\\ProgramData\\chocolatey\\lib\\procexp\\tools\\procexp64.exe",
                   "0x1010",
                   "",
                   {"lsass_access low"}},
        AccessCase{
            "C:\\Windows\\LTSvc\\a.exe", "0x1fffff", "a+1|UNKNOWN(01)", {"lsass_access medium"}},
        AccessCase{"C:\\ProgramData\\x\\a.exe", "0x1010", "", {"lsass_access medium"}},
        AccessCase{"C:\\Windows\\a.exe", "0x1010", "", {"lsass_access medium"}}));

TEST_F(CredentialTest, StartAndDumpAreToldWithTheAccess) {
  process("C:\\Users\\eve\\pd.exe", "pd.exe -accepteula -ma lsass.exe x.dmp", 0,
          {{"OriginalFileName", "procdump"}});
  opened("C:\\Users\\eve\\pd.exe", "0x1fffff", 1, "a+1|C:\\Windows\\System32\\dbghelp.dll+6ce");
  wrote("C:\\Users\\eve\\pd.exe", "C:\\Users\\eve\\lsass.dmp", 2);
  const Finding& finding = only();
  EXPECT_EQ(severity_of(finding), Severity::critical);
  EXPECT_THAT(story_of(finding), HasSubstr("pd.exe -accepteula -ma lsass.exe"));
  EXPECT_THAT(story_of(finding), HasSubstr("its version resource calls it procdump"));
  EXPECT_THAT(story_of(finding), HasSubstr("It wrote C:\\Users\\eve\\lsass.dmp"));
  EXPECT_THAT(story_of(finding), HasSubstr("through dbghelp.dll"));
}

TEST_F(CredentialTest, ADumpThatIsThereStillIsToldOnce) {
  opened("C:\\T\\a.exe", "0x1fffff");
  wrote("C:\\T\\a.exe", "C:\\Windows\\Temp\\lsass.dmp", 2);
  windows.file("C:\\Windows\\Temp\\lsass.dmp", "").bytes =
      builders::minidump({"C:\\Windows\\System32\\lsasrv.dll"});
  EXPECT_THAT(story_of(only()), HasSubstr("lsasrv.dll is among its modules"));
}

TEST_F(CredentialTest, TwoNumbersOfLsassAreTold) {
  opened("C:\\T\\a.exe", "0x1fffff");
  event(kSysmon, 10, 1,
        {{"SourceProcessId", "4711"},
         {"SourceImage", "C:\\T\\a.exe"},
         {"TargetProcessId", "30096"},
         {"TargetImage", "C:\\Windows\\system32\\lsass.exe"},
         {"GrantedAccess", "0x1fffff"}});
  EXPECT_THAT(story_of(only()), HasSubstr("differ (30096, 600)"));
}

TEST_F(CredentialTest, ThreadsInLsassAndInPasswordManagers) {
  const auto thread = [&](const std::string& source, const std::string& target) {
    event(kSysmon, 8, 0,
          {{"SourceImage", source}, {"SourceProcessId", "1"}, {"TargetImage", target}});
  };
  thread("C:\\Users\\eve\\a.exe", "C:\\Windows\\System32\\lsass.exe");
  thread("C:\\Windows\\System32\\csrss.exe", "C:\\Windows\\System32\\lsass.exe");
  thread(kPowerShell, "C:\\Program Files\\KeePass Password Safe 2\\KeePass.exe");
  thread(kPowerShell, "C:\\Windows\\notepad.exe");
  EXPECT_THAT(found(), testing::UnorderedElementsAre("lsass_access high", "password_manager high"));
}

TEST_F(CredentialTest, AnAuditOfUsersCountsAndOneOfTheSystemDoesNot) {
  const auto audit = [&](const std::string& user, const std::string& sid, const std::string& image,
                         bool refused = false) {
    auto one =
        text_event("Security", 4656, 0,
                   {{"SubjectUserSid", sid},
                    {"SubjectUserName", user},
                    {"SubjectDomainName", "PC"},
                    {"ObjectType", "Process"},
                    {"ObjectName", "\\Device\\HarddiskVolume1\\Windows\\System32\\lsass.exe"},
                    {"AccessMask", "0x1f3fff"},
                    {"ProcessName", image}});
    if (refused) one.keywords = 0x8010'0000'0000'0000;
    return one;
  };
  builders::EvtxBuilder log;
  log.event(audit("PC$", "S-1-5-18", "C:\\T\\a.exe"));
  log.event(audit("WEB$", "S-1-5-21-1-2-3-1105", "C:\\T\\b.exe"));
  log.event(audit("eve", "S-1-5-21-1-2-3-1001", "C:\\Windows\\System32\\cscript.exe"));
  log.event(audit("eve", "S-1-5-21-1-2-3-1001", "C:\\Users\\eve\\c.exe", true));
  windows.file("C:\\Windows\\System32\\winevt\\Logs\\y.evtx", "").bytes = log.bytes();
  const Finding& finding = only();
  EXPECT_EQ(finding.subject, "C:\\Windows\\System32\\cscript.exe");
  EXPECT_EQ(severity_of(finding), Severity::high);
  EXPECT_THAT(story_of(finding), HasSubstr("as PC\\eve"));
}

TEST_F(CredentialTest, ASecondLsassIsTold) {
  process("C:\\Windows\\System32\\lsass.exe", "", 0);
  process("C:\\Windows\\System32\\lsass.exe", "", 1);
  EXPECT_THAT(found(), ElementsAre("lsass_copy high", "lsass_copy high"));
}

TEST_F(CredentialTest, TheLsassOfWindowsIsNone) {
  event(kSysmon, 1, 0,
        {{"Image", "C:\\Windows\\System32\\lsass.exe"},
         {"ParentImage", "C:\\Windows\\System32\\wininit.exe"}});
  event(kSysmon, 1, 0, {{"Image", "C:\\Windows\\System32\\lsass.exe"}, {"ParentImage", "?"}});
  EXPECT_THAT(found(), IsEmpty());
}

// ---- what is left

TEST_F(CredentialTest, FilesOfToolsAreTold) {
  wrote("C:\\Windows\\system32\\lsass.exe", "C:\\Windows\\System32\\mimilsa.log");
  wrote("C:\\T\\a.exe", "C:\\T\\[0;3e7]-2-0-40e00000-PC$@krbtgt-X.kirbi");
  wrote("C:\\Windows\\System32\\werfault.exe",
        "C:\\ProgramData\\Microsoft\\Windows\\WER\\Temp\\lsass.exe.1.mdmp");
  wrote("C:\\T\\a.exe", "C:\\T\\ntds.dit");
  wrote("C:\\Windows\\System32\\ntdsutil.exe", "C:\\Windows\\NTDS\\ntds.dit");
  wrote("C:\\T\\a.exe", "C:\\T\\notes.dmp");
  EXPECT_THAT(found(),
              testing::UnorderedElementsAre("file high", "file high", "file low", "file medium"));
}

TEST_F(CredentialTest, ADumpOfLsassIsKnownUnderAnyName) {
  windows.user("eve");
  const std::vector<std::string> lsass{"C:\\Windows\\System32\\lsass.exe",
                                       "C:\\Windows\\System32\\lsasrv.dll"};
  windows.file("C:\\Users\\eve\\Downloads\\holiday.png", "").bytes =
      builders::minidump(lsass, 1'577'836'800, 1'100'000);
  windows.file("C:\\Windows\\Temp\\other.dmp", "").bytes =
      builders::minidump({"C:\\a.exe"}, 1'577'836'800, 1'100'000);
  windows.file("C:\\Windows\\Temp\\text.log", std::string(1'100'000, 'x'));
  const Finding& finding = only();
  EXPECT_EQ(finding.rule, "credential_theft.file");
  EXPECT_EQ(finding.subject, "C:\\Users\\eve\\Downloads\\holiday.png");
  EXPECT_EQ(severity_of(finding), Severity::high);
  EXPECT_THAT(story_of(finding), HasSubstr("a memory dump of lsass, of 2020-01-01T00:00:00"));
  const ModuleRun& run = judge();
  EXPECT_TRUE(run.context->has_collected("C:\\Users\\eve\\Downloads\\holiday.png"));
  EXPECT_FALSE(run.context->has_collected("C:\\Windows\\Temp\\other.dmp"));
  EXPECT_EQ(records_of(run, "credential_file").size(), 1u);
}

TEST_F(CredentialTest, DumpsInOtherFoldersAreTold) {
  windows.user("eve");
  for (const char* path : {"C:\\Windows\\System32\\lsass_632.dmp", "C:\\Intel\\lsass.dmp",
                           "C:\\inetpub\\lsass.dmp", "C:\\Users\\eve\\Desktop\\x\\lsass.dmp"})
    windows.file(path, "xxxx");
  EXPECT_EQ(found(), std::vector<std::string>(4, "file medium"));
  EXPECT_THAT(story_of(judge().context->findings[0]), HasSubstr(" is there"));
}

TEST_F(CredentialTest, NamesThatOnlyHoldLsassAreNone) {
  windows.user("eve");
  windows.file("C:\\Users\\eve\\Downloads\\SkillsAssessment.zip", "xxxx");
  windows.file("C:\\Users\\eve\\Documents\\sam.bak", "random");
  wrote("C:\\T\\a.exe", "C:\\T\\SkillsAssessment.dmp");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CredentialTest, CopiesOfHivesByNameAndFirstBytes) {
  windows.user("eve");
  windows.file("C:\\Users\\eve\\Documents\\sam.bak", "regf....");
  const Finding& finding = only();
  EXPECT_EQ(finding.title, "A copy of a hive with password hashes");
  EXPECT_EQ(severity_of(finding), Severity::medium);
}

TEST_F(CredentialTest, CopiesOfHivesAreKnownUnderAnyName) {
  // By the name in the head, and by their keys where that is another or none (reg save).
  windows.file("C:\\PerfLogs\\s", "").bytes =
      builders::RegfBuilder{}
          .embedded_name("\\SystemRoot\\System32\\Config\\SAM")
          .key("Any")
          .bytes();
  windows.file("C:\\Windows\\Temp\\sam", "").bytes =
      builders::RegfBuilder{}.key("SAM\\Domains\\Account\\Users").bytes();
  windows.file("C:\\IFM\\registry\\SECURITY", "").bytes =
      builders::RegfBuilder{}.key("Policy\\PolEKList").bytes();
  EXPECT_EQ(found(), std::vector<std::string>(3, "file medium"));
  for (const Finding& finding : judge().context->findings) {
    EXPECT_EQ(finding.title, "A copy of a hive with password hashes");
    EXPECT_THAT(finding.attack, Contains("T1003.002"));
    EXPECT_THAT(finding.not_checked, Contains(HasSubstr("Whether the hashes in it were read")));
  }
}

TEST_F(CredentialTest, OtherHivesAreNoCopies) {
  windows.file("C:\\PerfLogs\\s", "").bytes = builders::RegfBuilder{}
                                                  .embedded_name("\\??\\C:\\Users\\eve\\ntuser.dat")
                                                  .key("Software\\Domains")
                                                  .bytes();
  windows.file("C:\\IFM\\registry\\SYSTEM", "").bytes =
      builders::RegfBuilder{}.key("ControlSet001\\Policy").bytes();
  windows.file("C:\\Game\\registry\\SECURITY", std::string(4096, 'x'));
  windows.file("C:\\Windows\\Temp\\sam", std::string(8192, 'r'));
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CredentialTest, DatabasesAndDumpsInFoldersOfTheDriveAreTold) {
  windows.file("C:\\Backup\\ntds.dit", "xxxx");
  windows.file("C:\\PerfLogs\\n\\Active Directory.d\\ntds.dit", "xxxx");  // too deep to be seen
  windows.file("C:\\Windows\\System32\\ntds.dit", "xxxx");  // each server has it there
  windows.file("C:\\Windows\\NTDS\\ntds.dit", "xxxx");
  windows.file("C:\\inetpub\\wwwroot\\l.dmp", "").bytes =
      builders::minidump({"C:\\Windows\\System32\\lsasrv.dll"}, 0, 1'100'000);
  windows.file("C:\\Dumps\\app.dmp", "").bytes =
      builders::minidump({"C:\\a.exe"}, 1'577'836'800, 1'100'000);
  EXPECT_THAT(found(), testing::UnorderedElementsAre("file medium", "file high"));
  std::string story;
  for (const Finding& finding : judge().context->findings) story += story_of(finding);
  // A dump whose head has no time tells none.
  EXPECT_THAT(story, HasSubstr("is a memory dump of lsass: lsasrv.dll"));
  EXPECT_THAT(story, Not(HasSubstr("1601")));
  EXPECT_THAT(story, Not(HasSubstr("1970")));
}

TEST_F(CredentialTest, TicketsAreNotCalledDumps) {
  windows.user("eve");
  windows.file("C:\\Users\\eve\\Documents\\a.kirbi", "\x76\x82\x05\x10ticket");
  const Finding& ticket = only();
  EXPECT_EQ(ticket.title, "A file with Kerberos tickets lies here");
  EXPECT_THAT(ticket.attack, Contains("T1558"));
  EXPECT_THAT(ticket.not_checked, Contains(HasSubstr("Whose tickets")));
}

TEST_F(CredentialTest, CachesOfTicketsCountByTheirContent) {
  windows.user("eve");
  windows.file("C:\\Users\\eve\\Documents\\b.ccache", "no cache of Kerberos");
  EXPECT_THAT(found(), IsEmpty());
  windows.file("C:\\PerfLogs\\adm.ccache", std::string("\x05\x04\x00\x0c", 4) + "rest");
  EXPECT_EQ(found(), std::vector<std::string>{"file medium"});
  EXPECT_EQ(only().title, "A file with Kerberos tickets lies here");
}

TEST_F(CredentialTest, ADamagedDumpIsNoted) {
  windows.file("C:\\Windows\\Temp\\lsass.dmp", "MDMP");
  EXPECT_EQ(found(), std::vector<std::string>{"file medium"});
  EXPECT_FALSE(judge().context->notes.empty());
}

TEST_F(CredentialTest, TheDriverOfMimikatzIsOneFinding) {
  event("System", 7045, 0, {{"ServiceName", "mimidrv"}, {"ImagePath", "C:\\T\\mimidrv.sys"}},
        "Service Control Manager");
  event(kSysmon, 13, 0,
        {{"EventType", "SetValue"},
         {"TargetObject", "HKLM\\System\\CurrentControlSet\\Services\\mimidrv\\ImagePath"},
         {"Details", "\\??\\C:\\T\\mimidrv.sys"}});
  event("System", 7045, 0, {{"ServiceName", "other"}, {"ImagePath", "C:\\T\\o.sys"}},
        "Service Control Manager");
  const Finding& finding = only();
  EXPECT_EQ(finding.rule, "credential_theft.mimikatz_driver");
  EXPECT_EQ(severity_of(finding), Severity::high);
  EXPECT_EQ(finding.why.size(), 2u);
}

TEST_F(CredentialTest, LoadsOfMimikatzAndIntoLsass) {
  const auto load = [&](std::uint16_t id, const std::string& path, const std::string& signer,
                        const std::string& image, const std::string& is_signed = "true") {
    event(kSysmon, id, 0,
          {{"Image", image},
           {"ImageLoaded", path},
           {"Signed", is_signed},
           {"Signature", signer},
           {"SignatureStatus", is_signed == "true" ? "Valid" : "Unavailable"}});
  };
  load(6, "C:\\T\\x.sys", "Open Source Developer, Benjamin Delpy", "");
  load(7, "C:\\Windows\\System32\\ssp.dll", "", "C:\\Windows\\System32\\lsass.exe", "false");
  load(7, "C:\\Users\\Public\\ssp.dll", "", "C:\\Windows\\System32\\lsass.exe", "false");
  load(7, "C:\\Program Files\\Token\\ap.dll", "Token Inc", "C:\\Windows\\System32\\lsass.exe");
  load(7, "C:\\Users\\Public\\a.dll", "", "C:\\Users\\Public\\a.exe", "false");
  EXPECT_THAT(found(), testing::UnorderedElementsAre("mimikatz_loaded high", "loaded_by_lsass low",
                                                     "loaded_by_lsass high"));
}

TEST_F(CredentialTest, ChangesOfSettings) {
  const auto set = [&](const std::string& key, const std::string& data) {
    event(kSysmon, 13, 0,
          {{"EventType", "SetValue"},
           {"TargetObject", key},
           {"Details", data},
           {"Image", "C:\\Windows\\System32\\reg.exe"}});
  };
  set("HKLM\\System\\CurrentControlSet\\Control\\SecurityProviders\\WDigest\\UseLogonCredential",
      "DWORD (0x00000001)");
  set("HKLM\\System\\CurrentControlSet\\Control\\Lsa\\RunAsPPL", "DWORD (0x00000001)");
  EXPECT_EQ(found(), std::vector<std::string>{"setting_changed medium"});
}

TEST_F(CredentialTest, DetectionsOfToolsAreOneFindingForEachThreat) {
  const auto detected = [&](std::uint16_t id, const std::string& name, const std::string& path) {
    event("Microsoft-Windows-Windows Defender/Operational", id, 0,
          {{"Threat Name", name}, {"Path", path}, {"Detection User", "PC\\eve"}});
  };
  detected(1116, "HackTool:Win64/Mikatz!dha", "file:_C:\\T\\m.exe");
  detected(1117, "HackTool:Win64/Mikatz!dha", "file:_C:\\T\\m.exe");
  detected(1116, "HackTool:Win32/AutoKMS", "file:_C:\\T\\kms.exe");
  detected(1116, "HackTool:JS/Jsprat", "file:_C:\\T\\b.jsp");
  detected(1116, "Behavior:Win32/LsassDump.A", "behavior:_pid:4711");
  detected(1116, "PUA:Win32/Toolbar", "file:_C:\\T\\t.exe");
  EXPECT_THAT(found(), testing::UnorderedElementsAre("detection medium", "detection low",
                                                     "detection medium", "detection high"));
  const Finding* mimikatz = nullptr;
  for (const Finding& finding : judge().context->findings)
    if (finding.subject == "HackTool:Win64/Mikatz!dha") mimikatz = &finding;
  ASSERT_NE(mimikatz, nullptr);
  EXPECT_EQ(mimikatz->why.size(), 1u);
  EXPECT_THAT(mimikatz->attack, Contains("T1003"));
  EXPECT_THAT(story_of(*mimikatz), HasSubstr("C:\\T\\m.exe"));
}

TEST_F(CredentialTest, SettingsOfTheRegistry) {
  const std::string lsa = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa";
  windows.value(lsa, "RunAsPPL", fake::dword(0));
  windows.value(lsa, "DisableRestrictedAdmin", fake::dword(0));
  EXPECT_THAT(found(), testing::UnorderedElementsAre("setting low", "setting low"));
  EXPECT_EQ(records_of(judge(), "credential_setting").size(), 2u);
}

TEST_F(CredentialTest, SoundSettingsAreQuiet) {
  const std::string lsa = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa";
  windows.value(lsa, "RunAsPPL", fake::dword(2));
  windows.value(lsa, "DisableRestrictedAdmin", fake::dword(1));
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CredentialTest, APasswordInAPolicyIsLow) {
  const std::string folder =
      "C:\\ProgramData\\Microsoft\\Group Policy\\History\\{1}\\Machine\\Preferences\\";
  windows.file(folder + "Groups\\Groups.xml", R"(<P userName="adm" cpassword="j1Uyj3Vx8TY9"/>)");
  windows.file(folder + "Drives\\Drives.xml", R"(<P userName="adm" cpassword=""/>)");
  const Finding& finding = only();
  EXPECT_EQ(severity_of(finding), Severity::low);
  EXPECT_THAT(finding.subject, HasSubstr("Groups.xml"));
  EXPECT_THAT(story_of(finding), Not(HasSubstr("j1Uyj3Vx8TY9")));
}

}  // namespace
}  // namespace hozen
