// Tools of administrators and intruders in traces of programs that ran or were there.
#include <gmock/gmock.h>

#include "tests/builders/prefetch_builder.h"
#include "tests/modules/judge_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec dual_use_tools, event_logs, powershell_history, prefetch, shimcache;
}  // namespace modules
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DualUseToolsTest : public testing::Test {
 protected:
  void prefetch_of(const std::string& path, const std::string& name) {
    builders::PrefetchBuilder file{30};
    file.program("\\DEVICE\\HARDDISKVOLUME2" + path, name).run(fake::at(20)).run(fake::at(10));
    windows.file("C:\\Windows\\Prefetch\\" + name + "-11111111.pf", "").bytes = file.bytes();
  }
  ModuleRun judge() {
    return run_and_judge({&modules::event_logs, &modules::prefetch, &modules::dual_use_tools},
                         windows);
  }
  fake::FakeWindows windows;
};

TEST_F(DualUseToolsTest, AScannerIsToldWithItsRuns) {
  prefetch_of("\\TMP\\NBTSCAN.EXE", "NBTSCAN.EXE");
  const ModuleRun run = judge();
  ASSERT_EQ(run.context->findings.size(), 1u);
  const Finding& finding = run.context->findings[0];
  EXPECT_EQ(finding.rule, "dual_use_tools.found");
  EXPECT_EQ(severity_of(finding), Severity::medium);
  EXPECT_THAT(finding.attack, Contains("T1046"));
  EXPECT_THAT(story_of(finding), HasSubstr("ran at " + fake::at(20).iso8601()));
  EXPECT_THAT(story_of(finding), HasSubstr("ran at " + fake::at(10).iso8601()));
  EXPECT_THAT(finding.not_checked, Contains(HasSubstr("only its name was seen")));
  const fake::Record& row = *records_of(run, "dual_use_tool").at(0);
  EXPECT_EQ(row["tool"], "NBTscan");
  EXPECT_EQ(row["traces"], "2");
  EXPECT_EQ(time_of(row, "last_run"), fake::at(20));
  EXPECT_THAT(finding.why[0].records, Contains(row.id));
}

TEST_F(DualUseToolsTest, OrdinaryProgramsAreNone) {
  prefetch_of("\\WINDOWS\\SYSTEM32\\NOTEPAD.EXE", "NOTEPAD.EXE");
  prefetch_of("\\WINDOWS\\SYSTEM32\\NET.EXE", "NET.EXE");
  prefetch_of("\\PROGRAM FILES\\NCATALOG\\NCATALOG.EXE", "NCATALOG.EXE");
  const ModuleRun run = judge();
  EXPECT_THAT(run.context->findings, IsEmpty());
  EXPECT_THAT(records_of(run, "dual_use_tool"), IsEmpty());
}

TEST_F(DualUseToolsTest, AnotherNameIsSeenByTheVersionResource) {
  builders::EvtxBuilder log;
  log.event(text_event("Microsoft-Windows-Sysmon/Operational", 1, 0,
                       {{"Image", "C:\\TMP\\svch.exe"},
                        {"CommandLine", "svch.exe -ma lsass.exe"},
                        {"OriginalFileName", "procdump"},
                        {"Description", "Sysinternals process dump utility"},
                        {"User", "PC\\eve"}}));
  windows.file("C:\\Windows\\System32\\winevt\\Logs\\x.evtx", "").bytes = log.bytes();
  const ModuleRun run = judge();
  const auto found = findings_of(run, "dual_use_tools.renamed");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(severity_of(*found[0]), Severity::high);
  EXPECT_THAT(story_of(*found[0]), HasSubstr("svch.exe -ma lsass.exe"));
  EXPECT_THAT(found[0]->attack, Contains("T1036.003"));
  EXPECT_EQ(records_of(run, "dual_use_tool").at(0)->json_of("users"), R"(["PC\\eve"])");
}

TEST_F(DualUseToolsTest, ANameThatTellsTheToolIsNoOther) {
  builders::EvtxBuilder log;
  const auto ran = [&](const char* image, const char* original, const char* about) {
    log.event(text_event("Microsoft-Windows-Sysmon/Operational", 1, 0,
                         {{"Image", image},
                          {"CommandLine", image},
                          {"OriginalFileName", original},
                          {"Description", about}}));
  };
  ran("C:\\T\\procdump64a.exe", "procdump", "Sysinternals process dump utility");
  ran("C:\\D\\netscan_setup.exe", "", "SoftPerfect Network Scanner Setup");
  ran("C:\\D\\nmap-7.93-setup.exe", "nmap-7.93-setup.exe", "Nmap installer");
  ran("C:\\D\\MEGAsyncSetup64.exe", "MEGAsyncSetup.exe", "MEGAsync");
  ran("C:\\D\\setup.exe", "", "Advanced IP Scanner Setup");
  windows.file("C:\\Windows\\System32\\winevt\\Logs\\x.evtx", "").bytes = log.bytes();
  const ModuleRun run = judge();
  EXPECT_THAT(findings_of(run, "dual_use_tools.renamed"), IsEmpty());
  EXPECT_EQ(run.context->findings.size(), 5u);
  for (const Finding& finding : run.context->findings)
    EXPECT_EQ(severity_of(finding), Severity::low) << finding.subject;
}

TEST_F(DualUseToolsTest, ATunnelOrACopierByItsNameAloneIsLow) {
  prefetch_of("\\TOOLS\\NGROK.EXE", "NGROK.EXE");
  prefetch_of("\\CYGWIN64\\BIN\\NC.EXE", "NC.EXE");
  prefetch_of("\\PROGRAM FILES\\RCLONE\\RCLONE.EXE", "RCLONE.EXE");
  const ModuleRun run = judge();
  EXPECT_EQ(run.context->findings.size(), 3u);
  for (const Finding& finding : run.context->findings)
    EXPECT_EQ(severity_of(finding), Severity::low) << finding.subject;
}

TEST_F(DualUseToolsTest, ANameThatNoOtherProgramHasIsEnough) {
  prefetch_of("\\T\\MIMIKATZ.EXE", "MIMIKATZ.EXE");
  EXPECT_EQ(severity_of(judge().context->findings.at(0)), Severity::high);
}

TEST_F(DualUseToolsTest, ATunnelIsLeftToTheModuleOfSshClients) {
  builders::EvtxBuilder log;
  const auto ran = [&](const char* image, const char* line) {
    log.event(text_event("Microsoft-Windows-Sysmon/Operational", 1, 0,
                         {{"Image", image}, {"CommandLine", line}, {"OriginalFileName", "Plink"}}));
  };
  ran("C:\\T\\a.exe", "a.exe -R 3389:127.0.0.1:3389 u@203.0.113.7");
  ran("C:\\T\\b.exe", "b.exe u@203.0.113.7");
  windows.file("C:\\Windows\\System32\\winevt\\Logs\\x.evtx", "").bytes = log.bytes();
  const ModuleRun run = judge();
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(run.context->findings[0].subject, "C:\\T\\b.exe");
  EXPECT_EQ(records_of(run, "dual_use_tool").size(), 2u);
}

TEST_F(DualUseToolsTest, ToolsTypedIntoPowerShellAreTold) {
  const auto typed = [](const std::string& lines) {
    fake::FakeWindows host;
    host.user("eve");
    host.file(
        "C:\\Users\\eve\\AppData\\Roaming\\Microsoft\\Windows\\PowerShell\\PSReadLine\\"
        "ConsoleHost_history.txt",
        lines + "\n");
    return run_and_judge({&modules::powershell_history, &modules::dual_use_tools}, host);
  };
  for (const char* line :
       {"nbtscan.exe 10.0.0.0/24", "C:\\T\\fscan.exe -h 10.0.0.0/16",
        "dsquery * -limit 0 > C:\\PerfLogs\\1.txt",
        "cd C:\\T; .\\adfind.exe -f objectcategory=person", "& 'C:\\a b\\SharpHound.exe' -c All",
        "Start-Process nbtscan -ArgumentList '10.0.0.0/24'"}) {
    const ModuleRun run = typed(line);
    ASSERT_EQ(run.context->findings.size(), 1u) << line;
    const Finding& finding = run.context->findings[0];
    EXPECT_GE(severity_of(finding), Severity::medium) << line;
    EXPECT_THAT(story_of(finding), HasSubstr("typed into PowerShell: "));
    const bool is_sent = std::string_view{line}.find('>') != std::string_view::npos;
    EXPECT_EQ(story_of(finding).find("> C:\\PerfLogs\\1.txt") != std::string::npos, is_sent);
    EXPECT_THAT(finding.not_checked, Contains(HasSubstr("that a line was typed")));
    EXPECT_EQ(records_of(run, "dual_use_tool").at(0)->json_of("users"), R"(["eve"])");
  }
  for (const char* line : {"Get-Command nbtscan.exe", "cd C:\\nbtscan", "dir nbtscan.exe",
                           "Invoke-WebRequest https://example.org/nbtscan.exe -OutFile n.zip",
                           "Test-NetConnection 10.0.0.1 -Port 443"})
    EXPECT_THAT(typed(line).context->findings, IsEmpty()) << line;
}

TEST_F(DualUseToolsTest, CopiersOfPuttyUnderOtherNames) {
  const auto ran = [](const char* image, const char* original, const char* about) {
    fake::FakeWindows host;
    builders::EvtxBuilder log;
    log.event(text_event("Microsoft-Windows-Sysmon/Operational", 1, 0,
                         {{"Image", image},
                          {"CommandLine", std::string{image} + " -batch root@203.0.113.9"},
                          {"OriginalFileName", original},
                          {"Description", about}}));
    host.file("C:\\Windows\\System32\\winevt\\Logs\\x.evtx", "").bytes = log.bytes();
    const ModuleRun run = run_and_judge({&modules::event_logs, &modules::dual_use_tools}, host);
    return fake::summary_of(run.context->findings);
  };
  EXPECT_EQ(ran("C:\\PerfLogs\\x.exe", "PSCP", "Command-line SCP/SFTP client"),
            "dual_use_tools.renamed medium 60 C:\\PerfLogs\\x.exe\n");
  EXPECT_EQ(ran("C:\\PerfLogs\\x.exe", "", "Command-line interactive SFTP client"),
            "dual_use_tools.renamed medium 60 C:\\PerfLogs\\x.exe\n");
  EXPECT_EQ(ran("C:\\PerfLogs\\x.exe", "PuTTY", "SSH, Telnet, Rlogin, and SUPDUP client"),
            "dual_use_tools.renamed medium 40 C:\\PerfLogs\\x.exe\n");
  EXPECT_EQ(ran("C:\\T\\psftp.exe", "", ""), "dual_use_tools.found low 25 C:\\T\\psftp.exe\n");
  EXPECT_EQ(ran("C:\\T\\pscp.exe", "PSCP", ""), "dual_use_tools.found low 25 C:\\T\\pscp.exe\n");
  // What administrators have on their desktops under its name, or one that tells it.
  for (const char* name : {"C:\\T\\putty.exe", "C:\\T\\putty-64bit-0.81.exe", "C:\\T\\PuTTYNG.exe",
                           "C:\\T\\PuTTY_0.70_en.exe"})
    EXPECT_EQ(ran(name, "PuTTY", "SSH, Telnet, Rlogin, and SUPDUP client"), "");
  EXPECT_EQ(ran("C:\\T\\TortoisePlink.exe", "TortoisePlink", "Command-line SSH client"), "");
}

TEST_F(DualUseToolsTest, ToolsUnderOtherNamesByTheirArguments) {
  const auto ran = [](const std::string& line) {
    fake::FakeWindows host;
    builders::EvtxBuilder log;
    log.event(
        text_event("Microsoft-Windows-Sysmon/Operational", 1, 0,
                   {{"Image", "C:\\T\\" + line.substr(0, line.find(' '))}, {"CommandLine", line}}));
    host.file("C:\\Windows\\System32\\winevt\\Logs\\x.evtx", "").bytes = log.bytes();
    const ModuleRun run = run_and_judge({&modules::event_logs, &modules::dual_use_tools}, host);
    std::string found;
    for (const Finding& finding : run.context->findings)
      found += std::string{finding.title.substr(0, finding.title.find(','))} + " " +
               std::string{to_text(severity_of(finding))};
    return found;
  };
  EXPECT_EQ(ran("c.exe client 203.0.113.9:443 R:1080:socks"), "Chisel under another name medium");
  EXPECT_EQ(ran("c.exe client --fingerprint x https://h.example R:0.0.0.0:3389:127.0.0.1:3389"),
            "Chisel under another name medium");
  EXPECT_EQ(ran("c.exe server -p 8080 --reverse"), "Chisel under another name medium");
  EXPECT_EQ(ran("f.exe -h 10.0.0.0/16 -nopoc -np"), "fscan under another name medium");
  EXPECT_EQ(ran("csvde.exe -f C:\\windows\\web\\u.log"), "Csvde medium");
  EXPECT_EQ(ran("csvde.exe -f C:\\Users\\eve\\Documents\\users.csv"), "");
  EXPECT_EQ(ran("csvde.exe -f C:\\Windows\\Temp\\users.csv"), "Csvde low");
  EXPECT_EQ(ran("csvde.exe -i -f C:\\Windows\\Temp\\users.log"), "");
  EXPECT_EQ(ran("sync.exe client 10.0.0.5:443 D:\\data"), "");
  EXPECT_EQ(ran("java.exe server -p 8080 --config x.yml"), "");
  EXPECT_EQ(ran("psql.exe -h 10.0.0.5 -U app -np"), "");
  EXPECT_EQ(ran("ping.exe -h 10.0.0.5"), "");
}

TEST_F(DualUseToolsTest, TunnelsUnderOtherNamesByTheirArguments) {
  const auto ran = [](const std::string& line) {
    fake::FakeWindows host;
    builders::EvtxBuilder log;
    log.event(
        text_event("Microsoft-Windows-Sysmon/Operational", 1, 0,
                   {{"Image", "C:\\T\\" + line.substr(0, line.find(' '))}, {"CommandLine", line}}));
    host.file("C:\\Windows\\System32\\winevt\\Logs\\x.evtx", "").bytes = log.bytes();
    const ModuleRun run = run_and_judge({&modules::event_logs, &modules::dual_use_tools}, host);
    std::string found;
    for (const Finding& finding : run.context->findings)
      found += std::string{finding.title.substr(0, finding.title.find(','))} + " " +
               std::string{to_text(severity_of(finding))};
    return found;
  };
  EXPECT_EQ(ran("a.exe -slave 203.0.113.9 51 127.0.0.1 3389"), "HTran under another name medium");
  EXPECT_EQ(ran("a.exe -p -listen 51 3389"), "HTran under another name medium");
  EXPECT_EQ(ran("a.exe -tran 53 10.0.0.5 3389"), "HTran under another name medium");
  EXPECT_EQ(ran("a.exe -m 3 -h1 203.0.113.9 -p1 51 -h2 127.0.0.1 -p2 3389"),
            "HTran under another name medium");
  EXPECT_EQ(ran("htran.exe -tran 53 10.0.0.5 3389"), "HTran low");  // by its name
  EXPECT_EQ(ran("a.exe -s rssocks -d 203.0.113.9 -e 8888"), "EarthWorm under another name medium");
  EXPECT_EQ(ran("a.exe -s lcx_tran -l 1080 -f 10.0.0.5 -g 3389"),
            "EarthWorm under another name medium");
  EXPECT_EQ(ran("a.exe -L=socks5://:1080"), "gost under another name medium");
  EXPECT_EQ(ran("a.exe -L socks5://:1080 -F relay+wss://203.0.113.9:443"),
            "gost under another name medium");
  EXPECT_EQ(ran("a.exe -L=:8080 -F=https://203.0.113.9:443"), "gost under another name medium");
  EXPECT_EQ(ran("a.exe -c C:\\ProgramData\\frpc.ini"), "frp under another name medium");
  EXPECT_EQ(ran("a.exe -server=203.0.113.9:8024 -vkey=x"), "npc under another name medium");
  EXPECT_EQ(ran("a.exe -f (objectcategory=person)"), "AdFind under another name medium");
  EXPECT_EQ(ran("a.exe -sc trustdmp"), "AdFind under another name medium");
  for (const char* line :
       {"curl.exe -L https://example.org/a.zip", "curl.exe -L -F=https://example.org/a",
        "ssh.exe -L 8080:db01:80 -F config u@h", "tail.exe -s 5 -f a.log", "x.exe -listen 8080",
        "x.exe -m 3 -p1 a -p2 b", "sc.exe -slave db01", "python.exe -m 3", "x.exe -c my.ini",
        "x.exe -server=a -user=b", "aria2c.exe -L=debug", "docker.exe -L tcp://:2375",
        "x.exe -LC:\\a -F http://203.0.113.9", "x.exe -L -F=http://203.0.113.9"})
    EXPECT_EQ(ran(line), "") << line;
}

TEST_F(DualUseToolsTest, ListsOfTheDirectoryByWhereTheyAreWritten) {
  const auto ran = [](const std::string& line, const std::string& folder) {
    fake::FakeWindows host;
    builders::EvtxBuilder log;
    log.event(text_event("Microsoft-Windows-Sysmon/Operational", 1, 0,
                         {{"Image", "C:\\Windows\\System32\\" + line.substr(0, line.find(' '))},
                          {"CommandLine", line},
                          {"CurrentDirectory", folder}}));
    host.file("C:\\Windows\\System32\\winevt\\Logs\\x.evtx", "").bytes = log.bytes();
    const ModuleRun run = run_and_judge({&modules::event_logs, &modules::dual_use_tools}, host);
    std::string found;
    for (const Finding& finding : run.context->findings)
      found += std::string{finding.title.substr(0, finding.title.find(','))} + " " +
               std::string{to_text(severity_of(finding))};
    return found;
  };
  EXPECT_EQ(ran("csvde.exe -f u.csv", "C:\\PerfLogs\\"), "Csvde medium");
  EXPECT_EQ(ran("csvde.exe -f C:\\Users\\Public\\u.dat", ""), "Csvde medium");
  EXPECT_EQ(ran("csvde.exe -f C:\\Users\\Public\\u.csv", ""), "Csvde low");
  EXPECT_EQ(ran("csvde.exe -f C:\\temp\\1.txt", ""), "Csvde low");
  EXPECT_EQ(ran("csvde.exe -f D:\\ad\\1.csv", ""), "Csvde low");
  EXPECT_EQ(ran("csvde.exe -f u.csv", "D:\\ad"), "Csvde low");
  EXPECT_EQ(ran("csvde.exe -f u.csv", ""), "");
  EXPECT_EQ(ran("csvde.exe -f u.csv", "C:\\Users\\eve\\Documents\\"), "");
  EXPECT_EQ(ran("ldifde.exe -f C:\\ProgramData\\Intel\\a.log -r (objectClass=user)", ""),
            "LDIFDE medium");
  EXPECT_EQ(ran("ldifde.exe /f %windir%\\tracing\\a.log", ""), "LDIFDE medium");
  EXPECT_EQ(ran("ldifde.exe -i -f C:\\PerfLogs\\schema.ldf", ""), "");
  EXPECT_EQ(ran("cmd.exe /c dsquery * -limit 0 -attr * > C:\\PerfLogs\\1.txt", ""),
            "Dsquery medium");
  EXPECT_EQ(ran("cmd.exe /c dsquery user -limit 0 > C:\\Users\\Public\\1.dat", ""),
            "Dsquery medium");
  EXPECT_EQ(ran("cmd.exe /c dsquery user -limit 0 > C:\\Users\\eve\\users.txt", ""), "");
  EXPECT_EQ(ran("cmd.exe /c dsquery user -name eve > C:\\PerfLogs\\1.txt", ""), "");
}

TEST_F(DualUseToolsTest, UsesOfPrivilegesTellWhatRanOutsideTheUsualFolders) {
  builders::EvtxBuilder log;
  const auto used = [&](const char* image, const char* privilege) {
    log.event(text_event(
        "Security", 4673, 0,
        {{"SubjectUserName", "eve"}, {"PrivilegeList", privilege}, {"ProcessName", image}}));
  };
  used("C:\\Tools\\mimikatz.exe", "SeTcbPrivilege");
  used("C:\\Program Files\\Nmap\\nmap.exe", "SeTcbPrivilege");
  used("C:\\Tools\\nbtscan.exe", "SeChangeNotifyPrivilege");
  windows.file("C:\\Windows\\System32\\winevt\\Logs\\x.evtx", "").bytes = log.bytes();
  const ModuleRun run = judge();
  ASSERT_EQ(findings_of(run, "dual_use_tools.found").size(), 1u);
  EXPECT_THAT(story_of(*findings_of(run, "dual_use_tools.found")[0]),
              HasSubstr("privilege_use: C:\\Tools\\mimikatz.exe ran at"));
}

TEST_F(DualUseToolsTest, CommandsThatTheModulePsExecTellsAreNotRepeated) {
  const auto process = [](double seconds, const char* line, const char* parent) {
    return text_event("Microsoft-Windows-Sysmon/Operational", 1, seconds,
                      {{"Image", "C:\\TMP\\procdump.exe"},
                       {"CommandLine", line},
                       {"ProcessId", std::to_string(seconds)},
                       {"ParentImage", parent},
                       {"User", "PC\\eve"}});
  };
  builders::EvtxBuilder log;
  log.event(text_event("System", 7045, 0,
                       {{"ServiceName", "PSEXESVC"},
                        {"ImagePath", "%SystemRoot%\\PSEXESVC.exe"},
                        {"StartType", "demand start"}},
                       "Service Control Manager"))
      .event(process(1, "procdump -ma lsass.exe", "C:\\Windows\\PSEXESVC.exe"))
      .event(process(900, "procdump -ma other.exe", "C:\\Windows\\explorer.exe"));
  windows.file("C:\\Windows\\System32\\winevt\\Logs\\x.evtx", "").bytes = log.bytes();
  const ModuleRun run = judge();
  const std::string story = story_of(*findings_of(run, "dual_use_tools.found").at(0));
  EXPECT_THAT(story, ::testing::Not(HasSubstr("lsass")));
  EXPECT_THAT(story, HasSubstr("in a use of PsExec that the module psexec tells"));
  EXPECT_THAT(story, HasSubstr("(procdump -ma other.exe)"));
}

}  // namespace
}  // namespace hozen
