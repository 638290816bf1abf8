// Commands and scripts that take credentials, the directory's secrets, hives saved from afar.
#include "tests/modules/credential_cases.h"

namespace hozen {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct CommandCase {
  const char* line;
  std::vector<std::string> expected;
};
class CredentialCommand : public CredentialTest, public testing::WithParamInterface<CommandCase> {};
TEST_P(CredentialCommand, IsJudged) {
  process("C:\\T\\a.exe", GetParam().line);
  EXPECT_EQ(found(), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Taking, CredentialCommand,
    testing::Values(
        CommandCase{"a.exe \"privilege::debug\" \"SEKURLSA::logonPasswords\" exit",
                    {"tool_commands high"}},
        CommandCase{"cmd /c a.exe sek^urls^a::logonpasswords", {"tool_commands high"}},
        CommandCase{"rundll32 C:\\windows\\System32\\comsvcs.dll, MiniDump 624 C:\\T\\l.bin full",
                    {"memory_dump high"}},
        CommandCase{"rundll32.exe comsvcs.dll,#24 624 C:\\T\\l.bin full", {"memory_dump high"}},
        CommandCase{"x.exe -accepteula -ma lsass.exe out", {"memory_dump high"}},
        CommandCase{"rdrleakdiag.exe /p 624 /o C:\\T /fullmemdmp /wait 1", {"memory_dump medium"}},
        CommandCase{"reg  save  HKLM\\SAM C:\\T\\s", {"hive_copy medium"}},
        CommandCase{"reg.exe save \"HKLM\\SECURITY\" C:\\T\\s", {"hive_copy medium"}},
        CommandCase{"reg save hklm\\system C:\\T\\y", {"hive_copy low"}},
        CommandCase{"ntdsutil \"ac i ntds\" \"ifm\" \"create full c:\\T\" q q",
                    {"directory_copy medium"}},
        CommandCase{"esentutl.exe /y /vss C:\\Windows\\NTDS\\ntds.dit /d C:\\T\\n",
                    {"directory_copy high"}},
        CommandCase{
            "cmd /c copy \\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy1\\Windows\\NTDS"
            "\\NTDS.dit C:\\T",
            {"directory_copy high"}},
        CommandCase{"esentutl.exe /y C:\\Windows\\System32\\config\\SAM /d C:\\T\\s /vss",
                    {"hive_copy high"}},
        CommandCase{"icacls C:\\Windows\\System32\\config\\SAM", {"hive_copy low"}},
        CommandCase{"ntdsutil snapshot \"activate instance ntds\" create quit quit",
                    {"directory_copy low"}},
        CommandCase{"vssadmin create shadow /for=C:", {"shadow_copy low"}},
        CommandCase{"findstr /s /i cpassword \\\\corp\\sysvol\\corp\\policies\\*.xml",
                    {"stored_passwords medium"}},
        CommandCase{
            "reg add HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\WDigest /v "
            "UseLogonCredential /t REG_DWORD /d 1 /f",
            {"setting_command medium"}},
        CommandCase{"tasklist /fi \"imagename eq lsass.exe\"", {"lsass_lookup low"}}));
INSTANTIATE_TEST_SUITE_P(
    TakingInOtherWords, CredentialCommand,
    testing::Values(
        CommandCase{"reg save \\\\dc01\\HKLM\\SAM \\\\fs\\t\\s", {"hive_copy medium"}},
        CommandCase{"ntdsutil \"ac in ntds\" i \"cr fu c:\\x\" q q", {"directory_copy medium"}},
        CommandCase{"robocopy C:\\Windows\\System32\\config C:\\x SAM SYSTEM /b",
                    {"hive_copy high"}},
        CommandCase{"copy C:\\Windows\\Repair\\SAM C:\\x", {"hive_copy high"}},
        CommandCase{"rundll32 comsvcs.dll #-65512 632 C:\\t full", {"memory_dump high"}},
        CommandCase{"rundll32 comsvcs.dll,#65560 632 C:\\t full", {"memory_dump high"}},
        CommandCase{"C:\\x\\laZagne.exe all", {"tool_commands medium"}},
        CommandCase{"cmd /c pwdump8.exe", {"tool_commands medium"}},
        CommandCase{"gsecdump -a", {"tool_commands medium"}},
        CommandCase{"a.exe kerberos::list /export", {"tool_commands high"}},
        CommandCase{"a.exe token::elevate vault::cred", {"tool_commands high"}},
        CommandCase{"a.exe sekurlsa::logonpasswords exit | findstr NTLM", {"tool_commands high"}},
        CommandCase{"procdump -ma -accepteula lsass.exe o", {"memory_dump high"}},
        CommandCase{"Set-ItemProperty -Path HKLM:\\x\\WDigest -Name UseLogonCredential -Value 1",
                    {"setting_command medium"}}));
INSTANTIATE_TEST_SUITE_P(
    ZeroLogonAndWholeFolders, CredentialCommand,
    testing::Values(
        CommandCase{"SharpZeroLogon.exe dc01.corp.local", {"tool_commands medium"}},
        CommandCase{"python zerologon_tester.py DC01 10.0.0.1", {"tool_commands medium"}},
        CommandCase{"python3 cve-2020-1472-exploit.py DC01 10.0.0.1", {"tool_commands medium"}},
        CommandCase{"py C:\\T\\set_empty_pw.py DC01 10.0.0.1", {"tool_commands medium"}},
        CommandCase{"notepad set_empty_pw.py", {"tool_commands low"}},
        CommandCase{"chrome.exe https://www.google.com/search?q=sekurlsa::logonpasswords",
                    {"tool_commands low"}},
        CommandCase{"chrome.exe sekurlsa::logonpasswords exit", {"tool_commands high"}},
        CommandCase{"Code.exe C:\\src\\zerologon_tester.py", {"tool_commands low"}},
        CommandCase{"git clone https://example.org/zerologon_tester", {"tool_commands low"}},
        CommandCase{"Get-Content C:\\docs\\zerologon-report.txt", {}},
        CommandCase{"robocopy C:\\Windows\\System32\\config C:\\PerfLogs\\c /b",
                    {"hive_copy medium"}},
        CommandCase{"robocopy \"C:\\Windows\\System32\\config\" C:\\Users\\Public\\c /zb",
                    {"hive_copy medium"}},
        CommandCase{"robocopy C:\\Windows\\System32\\config D:\\bk\\config /b /e",
                    {"hive_copy low"}},
        CommandCase{"robocopy C:\\Windows\\System32\\config C:\\PerfLogs\\c *.evt", {}},
        CommandCase{"docker run --name secretsdump-test busybox", {"tool_commands low"}},
        CommandCase{"sqldumper 4120 0 0x01100 0 C:\\dumps", {"memory_dump low"}},
        CommandCase{"reg add HKLM\\x\\Lsa /v DisableRestrictedAdmin /t REG_DWORD /d 0 /f",
                    {"setting_command low"}}));
INSTANTIATE_TEST_SUITE_P(
    OfDevelopersAndAdministrators, CredentialCommand,
    testing::Values(
        CommandCase{"copy C:\\app\\config\\sample.ini C:\\app\\config\\app.ini", {}},
        CommandCase{"Copy-Item D:\\inetpub\\app\\config\\saml.config E:\\backup\\", {}},
        CommandCase{"xcopy D:\\site\\config\\samesite.config E:\\ /y", {}},
        CommandCase{"copy D:\\site\\config\\sam.config E:\\", {}},
        CommandCase{"cargo test event::drop_handler", {}},
        CommandCase{"cargo test event::drop", {}}, CommandCase{"cargo test kerberos::list", {}},
        CommandCase{"php artisan test --filter event::dropped", {}},
        CommandCase{"Select-String -Path .\\*.csv -Pattern 'sekurlsa::'", {"tool_commands low"}},
        CommandCase{"pip install pypykatz", {"tool_commands low"}},
        CommandCase{"python -m pytest tests/test_secretsdump.py", {}},
        CommandCase{"git clone https://example.org/lazagne.exe", {}},
        CommandCase{"robocopy C:\\ E:\\mirror /mir /xf pagefile.sys ntds.dit", {}},
        CommandCase{
            "Add-MpPreference -ExclusionPath \"C:\\Windows\\NTDS\\ntds.dit\",\"C:\\Backup\\copy\"",
            {}},
        CommandCase{"dir C:\\Windows\\ntds\\ntds.dit ; vssadmin list writers", {}},
        CommandCase{"wbadmin start backup -backupTarget:E: -include:C:\\Windows\\NTDS\\ntds.dit",
                    {"directory_copy low"}},
        CommandCase{"findstr /s /i lsass *.dmp", {"lsass_lookup low"}},
        CommandCase{"Add-MpPreference -AttackSurfaceReductionOnlyExclusions "
                    "C:\\Windows\\System32\\lsass.exe -mp",
                    {}},
        CommandCase{"reg query \"HKLM\\x\\SilentProcessExit\\lsass.exe\"", {}},
        CommandCase{"Set-ItemProperty -Path HKLM:\\x\\WDigest -Name UseLogonCredential -Value 0; "
                    "Restart-Computer -Delay 15",
                    {}},
        CommandCase{"reg add HKLM\\x\\WDigest /v UseLogonCredential /t REG_DWORD /d 0 /f", {}},
        CommandCase{"rundll32.exe comsvcs.dll,#240", {}}));
INSTANTIATE_TEST_SUITE_P(
    Ordinary, CredentialCommand,
    testing::Values(CommandCase{"reg query HKLM\\SAM", {}},
                    CommandCase{"reg save HKLM\\SOFTWARE\\Vendor C:\\T\\v.hiv", {}},
                    CommandCase{"rundll32.exe C:\\Windows\\System32\\comsvcs.dll,Install", {}},
                    CommandCase{"procdump -ma w3wp.exe", {}},
                    CommandCase{"robocopy C:\\Windows\\System32\\config\\samples D:\\b", {}},
                    CommandCase{"ntdsutil \"activate instance ntds\" files info q q", {}},
                    CommandCase{"vssadmin list shadows", {}},
                    CommandCase{"ntdsutil snapshot \"list all\" quit quit", {}},
                    CommandCase{"esentutl /g C:\\Windows\\NTDS\\ntds.dit", {}},
                    CommandCase{"g++ -c std::copy", {}}));

TEST_F(CredentialTest, CommandsOfOneAccountAreOneFinding) {
  process("C:\\T\\a.exe", "reg save hklm\\sam a", 0);
  process("C:\\T\\a.exe", "reg save hklm\\system b", 1);
  process("C:\\T\\a.exe", "reg save hklm\\security c", 2);
  const Finding& finding = only();
  EXPECT_EQ(severity_of(finding), Severity::high);
  EXPECT_EQ(finding.subject, "PC\\eve");
  EXPECT_EQ(finding.why.size(), 3u);
}

TEST_F(CredentialTest, OrdinaryCommandsDoNotAddUp) {
  process("C:\\T\\a.exe", "vssadmin create shadow /for=C:", 0);
  process("C:\\T\\a.exe", "mklink /d C:\\s \\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy12\\",
          1);
  process("C:\\T\\a.exe", "dir C:\\Windows\\System32\\config\\SAM", 2);
  process("C:\\T\\a.exe", "reg save HKLM\\SYSTEM C:\\b\\system.hiv", 3);
  EXPECT_THAT(found(), testing::UnorderedElementsAre("shadow_copy low", "hive_copy low"));
}

TEST_F(CredentialTest, WordsInScriptsCountByTheirNumber) {
  script("Write-Host 'sekurlsa::'");
  EXPECT_EQ(found(), std::vector<std::string>{"tool_commands medium"});
  script("Invoke-Mimikatz -DumpCreds; 'lsadump::sam'");
  EXPECT_EQ(found(), std::vector<std::string>{"tool_commands high"});
}

TEST_F(CredentialTest, ScriptsThatOnlyLookForWordsOrHaveWeakOnesAreNone) {
  script("Select-String -Path *.log -Pattern 'sekurlsa::|lsadump::'");
  script("use kerberos::list;\ncall event::drop\n");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CredentialTest, WordsBehindTheBeginningOfAScriptAreFound) {
  script("#" + std::string(9000, 'x') + "\nInvoke-Mimikatz; lsadump::lsa");
  EXPECT_EQ(found(), std::vector<std::string>{"tool_commands high"});
  EXPECT_THAT(story_of(only()), HasSubstr("C:\\x.ps1 (words: lsadump::, invoke-mimikatz)"));
}

TEST_F(CredentialTest, ScriptsOfDefenderAreNone) {
  script("'sekurlsa::','lsadump::'",
         "C:\\ProgramData\\Microsoft\\Windows Defender Advanced Threat "
         "Protection\\DataCollection\\a.ps1");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CredentialTest, CommandsTypedIntoPowerShellCount) {
  windows.user("eve");
  windows.file(
      "C:\\Users\\eve\\AppData\\Roaming\\Microsoft\\Windows\\PowerShell\\PSReadLine\\"
      "ConsoleHost_history.txt",
      "dir\nreg save hklm\\sam C:\\T\\s\n");
  const ModuleRun run =
      run_and_judge({&modules::powershell_history, &modules::credential_theft}, windows);
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(run.context->findings[0].rule, "credential_theft.hive_copy");
  EXPECT_EQ(run.context->findings[0].subject, "eve");
  EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("typed into PowerShell"));
}

// ---- Active Directory

class Replication : public CredentialTest {
 protected:
  void used(const std::string& user, const std::string& right,
            const std::string& sid = "S-1-5-21-1") {
    event("Security", 4662, 0,
          {{"SubjectUserSid", sid},
           {"SubjectUserName", user},
           {"SubjectDomainName", "CORP"},
           {"SubjectLogonId", "0xabc"},
           {"ObjectName", "%{1}"},
           {"AccessMask", "0x100"},
           {"Properties", "%%7688\n\t\t{" + right + "}\n"}});
  }
  static constexpr const char* kAll = "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2";
  static constexpr const char* kSome = "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2";
};

TEST_F(Replication, ByAUserIsHighAndSaysFromWhere) {
  event("Security", 4624, -5,
        {{"TargetUserName", "eve"},
         {"TargetDomainName", "CORP"},
         {"TargetLogonId", "0xabc"},
         {"LogonType", "3"},
         {"IpAddress", "10.0.0.9"}});
  for (int i = 0; i < 3; ++i) used("eve", kAll);
  const Finding& finding = only();
  EXPECT_EQ(finding.rule, "credential_theft.dcsync");
  EXPECT_EQ(severity_of(finding), Severity::high);
  EXPECT_THAT(story_of(finding), HasSubstr("10.0.0.9"));
  EXPECT_THAT(story_of(finding), HasSubstr("3 times"));
  EXPECT_THAT(finding.attack, Contains("T1003.006"));
}
TEST_F(Replication, ByControllersIsOrdinary) {
  used("DC2$", kAll);
  used("SYSTEM", kAll, "S-1-5-18");
  EXPECT_THAT(found(), IsEmpty());
}
TEST_F(Replication, BySynchronisersAndWithoutSecretsIsLow) {
  used("MSOL_0123456789ab", kAll);
  used("sharepoint", kSome);
  EXPECT_THAT(found(), testing::ElementsAre("dcsync low", "dcsync low"));
}

TEST_F(CredentialTest, CopiesOfTheDatabaseThatItsEngineTells) {
  const auto database = [&](std::uint16_t id, const std::string& path) {
    event("Application", id, 0, {{"", "NTDS"}, {"", "3392"}, {"", "2"}, {"", path}}, "ESENT");
  };
  database(325, "C:\\Windows\\NTDS\\ntds.dit");
  database(326, "C:\\ProgramData\\x\\Windows.edb");
  EXPECT_THAT(found(), IsEmpty());
  database(325, "C:\\Users\\bob\\Active Directory\\ntds.dit");
  database(327, "C:\\Users\\bob\\Active Directory\\ntds.dit");
  database(326, "C:\\$SNAP_2019_VOLUMEC$\\Windows\\NTDS\\ntds.dit");
  EXPECT_EQ(found(), std::vector<std::string>{"directory_copy high"});
  EXPECT_THAT(story_of(only()), HasSubstr("in a shadow copy"));
}

TEST_F(CredentialTest, TheDatabaseThatAControllersRegistryNamesIsNoCopy) {
  windows.value("HKLM\\SYSTEM\\CurrentControlSet\\Services\\NTDS\\Parameters", "DSA Database file",
                fake::sz("E:\\ADDATA\\x\\ntds.dit"));
  event("Application", 326, 0, {{"", "NTDS"}, {"", "1"}, {"", "E:\\addata\\x\\ntds.dit"}}, "ESENT");
  wrote("C:\\Windows\\System32\\lsass.exe", "E:\\ADDATA\\x\\ntds.dit");
  EXPECT_THAT(found(), IsEmpty());
  event("Application", 326, 0, {{"", "NTDS"}, {"", "1"}, {"", "E:\\copy\\x\\ntds.dit"}}, "ESENT");
  EXPECT_THAT(only().title, HasSubstr("was opened or closed"));
}

TEST_F(CredentialTest, AShadowCopyOfTheDatabaseAloneIsLow) {
  event("Application", 326, 0,
        {{"", "NTDS"}, {"", "1"}, {"", "C:\\$SNAP_2019_VOLUMEC$\\Windows\\NTDS\\ntds.dit"}},
        "ESENT");
  EXPECT_EQ(found(), std::vector<std::string>{"directory_copy low"});
}

TEST_F(CredentialTest, HivesThatWereSavedFromAfar) {
  const auto share = [&](const std::string& user, const std::string& name,
                         const std::string& file) {
    event("Security", 5145, 0,
          {{"SubjectUserName", user},
           {"SubjectDomainName", "CORP"},
           {"IpAddress", "10.0.0.9"},
           {"ShareName", "\\\\*\\" + name},
           {"RelativeTargetName", file},
           {"AccessMask", "0x2"}});
  };
  share("adm", "IPC$", "winreg");
  share("adm", "C$", "Users\\notes.txt");
  share("adm", "C$", "Users\\SYSTEM");
  share("bob", "C$", "Users\\SAM");
  share("bob", "C$", "Users\\SECURITY");
  EXPECT_THAT(found(), IsEmpty());
  share("adm", "C$", "Users\\SAM");
  const Finding& finding = only();
  EXPECT_EQ(finding.rule, "credential_theft.remote_hives");
  EXPECT_EQ(severity_of(finding), Severity::high);
  EXPECT_THAT(story_of(finding), HasSubstr("10.0.0.9"));
}

TEST_F(CredentialTest, ImpacketsNamesOfSavedHives) {
  const auto share = [&](const std::string& file) {
    event("Security", 5145, 0,
          {{"SubjectUserName", "adm"},
           {"SubjectDomainName", "CORP"},
           {"IpAddress", "10.0.0.9"},
           {"ShareName", "\\\\*\\ADMIN$"},
           {"RelativeTargetName", file}});
  };
  event("Security", 5145, 0,
        {{"SubjectUserName", "adm"},
         {"SubjectDomainName", "CORP"},
         {"ShareName", "\\\\*\\IPC$"},
         {"RelativeTargetName", "winreg"}});
  share("System32\\aBcDeFgH.tmp");
  EXPECT_THAT(found(), IsEmpty());
  share("System32\\QwErTzUi.tmp");
  EXPECT_EQ(found(), std::vector<std::string>{"remote_hives high"});
}

}  // namespace
}  // namespace hozen
