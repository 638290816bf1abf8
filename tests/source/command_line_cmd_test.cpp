#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "tests/source/resolver_machine.h"

namespace hozen {
namespace {

struct CmdCase {
  const char* command_line;
  const char* hosts;
  const char* payload;
  const char* arguments = "";
  const char* others = "";
  const char* flags = "";
};

void PrintTo(const CmdCase& cmd, std::ostream* out) { *out << cmd.command_line; }

class CmdLine : public testing::TestWithParam<CmdCase> {
 protected:
  CmdLine() {
    for (const char* file :
         {"C:\\TMP\\p.exe", "C:\\Prog Dir\\a.exe", "C:\\Prog Dir\\b.exe", "C:\\TMP\\t.bat",
          "C:\\TMP\\x.dll", "C:\\TMP\\echoupd.exe", "C:\\TMP\\echo.exe"}) {
      machine_.add(file);
    }
  }
  ResolverMachine machine_;
};

TEST_P(CmdLine, NamesWhatItRuns) {
  const CmdCase& expected = GetParam();
  const ResolvedCommand command = machine_.resolve(expected.command_line);
  EXPECT_EQ(host_names(command), expected.hosts);
  EXPECT_EQ(command.payload, expected.payload) << joined(command.steps);
  EXPECT_EQ(command.payload_arguments, expected.arguments);
  EXPECT_EQ(joined(command.other_commands), expected.others);
  EXPECT_EQ(joined(command.flags), expected.flags);
}

INSTANTIATE_TEST_SUITE_P(
    Switches, CmdLine,
    testing::Values(CmdCase{R"(cmd /c C:\TMP\p.exe -x)", "cmd.exe", R"(C:\TMP\p.exe)", "-x"},
                    CmdCase{R"(cmd.exe /cC:\TMP\p.exe)", "cmd.exe", R"(C:\TMP\p.exe)"},
                    CmdCase{R"(cmd/c C:\TMP\p.exe)", "cmd.exe", R"(C:\TMP\p.exe)"},
                    CmdCase{R"(cmd /d /q /v:on /e:off/c C:\TMP\p.exe)", "cmd.exe",
                            R"(C:\TMP\p.exe)"},
                    CmdCase{R"(%ComSpec% /K "C:\TMP\t.bat")", "cmd.exe", R"(C:\TMP\t.bat)"},
                    CmdCase{R"(%COMSPEC% /b /r C:\TMP\p.exe)", "cmd.exe", R"(C:\TMP\p.exe)"},
                    CmdCase{"cmd.exe", "", ""}, CmdCase{"cmd /q", "", ""},
                    CmdCase{"cmd /c", "", ""}));

INSTANTIATE_TEST_SUITE_P(
    Quotes, CmdLine,
    testing::Values(
        CmdCase{R"(cmd /c "C:\Prog Dir\a.exe")", "cmd.exe", R"(C:\Prog Dir\a.exe)"},
        CmdCase{R"(cmd /c "start C:\TMP\p.exe")", "cmd.exe", R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /c "start /min C:\TMP\p.exe")", "cmd.exe", R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /c "call C:\TMP\t.bat")", "cmd.exe", R"(C:\TMP\t.bat)"},
        CmdCase{R"(cmd /c "C:\TMP\p.exe C:\TMP\t.bat")", "cmd.exe", R"(C:\TMP\p.exe)",
                R"(C:\TMP\t.bat)"},
        CmdCase{R"(cmd /c "powershell -w hidden -f C:\TMP\b.ps1")", "cmd.exe powershell.exe",
                R"(C:\TMP\b.ps1)", "", "", "hidden_window"},
        CmdCase{R"(cmd /c "C:\Prog Dir\a.exe" -x)", "cmd.exe", R"(C:\Prog Dir\a.exe)", "-x"},
        CmdCase{R"(cmd /c ""C:\Prog Dir\a.exe" "y z"")", "cmd.exe", R"(C:\Prog Dir\a.exe)",
                R"("y z")"},
        CmdCase{R"(cmd /s /c "C:\TMP\p.exe -a")", "cmd.exe", R"(C:\TMP\p.exe)", "-a"},
        CmdCase{R"(cmd /c "C:\TMP\p.exe & C:\TMP\t.bat")", "cmd.exe", R"(C:\TMP\p.exe)", "",
                R"(C:\TMP\t.bat)"},
        CmdCase{R"(cmd /c "C:\TMP\p.exe)", "cmd.exe", R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /c C:\TMP\p.exe "a & b")", "cmd.exe", R"(C:\TMP\p.exe)", R"("a & b")"}));

INSTANTIATE_TEST_SUITE_P(
    Language, CmdLine,
    testing::Values(
        CmdCase{R"(cmd /c cd /d C:\TMP && p.exe -x)", "cmd.exe", R"(C:\TMP\p.exe)", "-x"},
        CmdCase{R"(cmd /c echo off & set a=1 & C:\TMP\p.exe | more)", "cmd.exe", R"(C:\TMP\p.exe)",
                "", "more"},
        CmdCase{R"(cmd /c ping -n 5 127.0.0.1 >nul & C:\TMP\p.exe)", "cmd.exe", R"(C:\TMP\p.exe)",
                "", "ping -n 5 127.0.0.1"},
        CmdCase{R"(cmd /c timeout 5)", "cmd.exe", R"(C:\Windows\System32\timeout.exe)", "5"},
        CmdCase{R"(cmd /c C:\TMP\p.exe > C:\TMP\o.txt 2>&1)", "cmd.exe", R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /c C:\TMP\p.exe a>"C:\a b.txt" c)", "cmd.exe", R"(C:\TMP\p.exe)", "a  c"},
        CmdCase{R"(cmd /c start "" /b "C:\Prog Dir\a.exe" -y)", "cmd.exe", R"(C:\Prog Dir\a.exe)",
                "-y"},
        CmdCase{R"(cmd /c start "my title" /min /d C:\TMP p.exe)", "cmd.exe", R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /c start /min /low "" C:\TMP\p.exe)", "cmd.exe", R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /c start C:\TMP\p.exe)", "cmd.exe", R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /c call C:\TMP\t.bat x)", "cmd.exe", R"(C:\TMP\t.bat)", "x"},
        CmdCase{R"(cmd /c @C:\TMP\p.exe)", "cmd.exe", R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /c (C:\TMP\p.exe))", "cmd.exe", R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /c if exist C:\x C:\TMP\p.exe)", "cmd.exe", R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /c if /i not "%a%"=="b" (C:\TMP\p.exe -q) else (calc))", "cmd.exe",
                R"(C:\TMP\p.exe)", "-q", "calc"},
        CmdCase{R"(cmd /c if exist x (C:\TMP\p.exe & C:\TMP\t.bat) else if y==z (C:\TMP\q.exe))",
                "cmd.exe", R"(C:\TMP\p.exe)", "", R"(C:\TMP\t.bat, C:\TMP\q.exe)"},
        CmdCase{R"(cmd /c "C:\Prog Dir\a.exe" && C:\TMP\p.exe || C:\TMP\t.bat)", "cmd.exe",
                R"(C:\Prog Dir\a.exe)", "", R"(C:\TMP\p.exe, C:\TMP\t.bat)"},
        CmdCase{R"(cmd /c schtasks /run /tn x & C:\TMP\p.exe)", "cmd.exe schtasks.exe", "x", "",
                R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /c for %%i in (1,2) do C:\TMP\p.exe %%i)", "cmd.exe", R"(C:\TMP\p.exe)", "1",
                R"(C:\TMP\p.exe 2)"},
        CmdCase{R"(cmd /c for /f %i in ('nslookup x') do C:\TMP\p.exe)", "cmd.exe",
                R"(C:\TMP\p.exe)", "", "nslookup x"},
        CmdCase{R"(cmd /c echo hello)", "cmd.exe", "echo hello"},
        CmdCase{R"(cmd /c del C:\x)", "cmd.exe", R"(del C:\x)"},
        CmdCase{R"(cmd /c C:\T^MP\p.e^xe)", "cmd.exe", R"(C:\TMP\p.exe)", "", "", "obfuscated"},
        CmdCase{R"(cmd /c C:\TMP\p.exe a^&b)", "cmd.exe", R"(C:\TMP\p.exe)", "a&b"},
        CmdCase{R"(cmd /v /c set x=C:\TMP\p&& !x!.exe)", "cmd.exe", R"(C:\TMP\p.exe)", "", "",
                "obfuscated"},
        CmdCase{R"(cmd /v /c !none!.exe)", "cmd.exe", "!none!.exe", "", "", "obfuscated"},
        CmdCase{R"(cmd /c echo Hello! Bye!)", "cmd.exe", "echo Hello! Bye!"},
        CmdCase{"cmd /c rundll32 C:\\TMP\\x.dll,a", "cmd.exe rundll32.exe", R"(C:\TMP\x.dll)"},
        CmdCase{R"(cmd /c cmd /c cmd /c C:\TMP\p.exe)", "cmd.exe cmd.exe cmd.exe",
                R"(C:\TMP\p.exe)"},
        CmdCase{R"(%COMSPEC% /b /c start /b /min powershell.exe -nop -w hidden -noni -c "dir")",
                "cmd.exe powershell.exe", "dir", "", "",
                "no_profile, hidden_window, non_interactive"}));

INSTANTIATE_TEST_SUITE_P(
    Variables, CmdLine,
    testing::Values(
        CmdCase{R"(cmd /c %TEMP:~0,3%TMP\p.exe)", "cmd.exe", R"(C:\TMP\p.exe)", "", "",
                "obfuscated"},
        CmdCase{R"(cmd /c C:\TMP\%TEMP:~-10,0%p.exe)", "cmd.exe", R"(C:\TMP\p.exe)", "", "",
                "obfuscated"},
        CmdCase{R"(cmd /c C:\TMP\%TEMP:~500%p.exe %TEMP:~-4%%temp:~ -4 , -2 %)", "cmd.exe",
                R"(C:\TMP\p.exe)", "TempTe", "", "obfuscated"},
        CmdCase{R"(cmd /c C:\TMP\p.exe %TEMP:~-500,2% %TEMP:~,2% %TEMP:~2,-2%)", "cmd.exe",
                R"(C:\TMP\p.exe)", R"(C: C: \Users\ann\AppData\Local\Te)", "", "obfuscated"},
        CmdCase{R"(cmd /c C:\TMP\%SystemRoot:c:\windows=%p.exe)", "cmd.exe", R"(C:\TMP\p.exe)", "",
                "", "obfuscated"},
        CmdCase{R"(cmd /c C:\TMP\p.exe %ProgramData:A=4% %ProgramData:*progr=x%)", "cmd.exe",
                R"(C:\TMP\p.exe)", R"(C:\Progr4mD4t4 xamData)", "", "obfuscated"},
        CmdCase{R"(cmd /c C:\TMP\p.exe %TEMP:nothere=x%)", "cmd.exe", R"(C:\TMP\p.exe)",
                R"(C:\Users\ann\AppData\Local\Temp)", "", "obfuscated"},
        CmdCase{R"(cmd /c C:\TMP\%NONE:~-10,0%e.exe)", "cmd.exe", R"(C:\TMP\%NONE:~-10,0%e.exe)",
                "", "", "obfuscated"},
        CmdCase{R"(cmd /c C:\TMP\p.exe & C:\TMP\%NONE:a=b%e.exe)", "cmd.exe", R"(C:\TMP\p.exe)", "",
                R"(C:\TMP\%NONE:a=b%e.exe)", "obfuscated"},
        CmdCase{R"(cmd /c for %i in (C:\x=y) do C:\TMP\p.exe %i)", "cmd.exe", R"(C:\TMP\p.exe)",
                R"(C:\x)", R"(C:\TMP\p.exe y)"},
        CmdCase{R"(cmd /c C:\TMP\p.exe 50%:~ %)", "cmd.exe", R"(C:\TMP\p.exe)", "50%:~ %"},
        CmdCase{R"(cmd /c C:\TMP\p.exe:x)", "cmd.exe", R"(C:\TMP\p.exe:x)", "", "",
                "alternate_data_stream"}));

INSTANTIATE_TEST_SUITE_P(
    Names, CmdLine,
    testing::Values(
        CmdCase{R"(cmd /c cd /d C:\TMP & echoupd.exe)", "cmd.exe", R"(C:\TMP\echoupd.exe)"},
        CmdCase{R"(cmd /c C:\TMP\p.exe & settle.exe)", "cmd.exe", R"(C:\TMP\p.exe)", "",
                "settle.exe"},
        CmdCase{R"(cmd /c echo. & echo(x & echo:y & cd\ & dir/b & rd/s/q x & C:\TMP\p.exe)",
                "cmd.exe", R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /c echo.p.exe)", "cmd.exe", "echo.p.exe"},
        CmdCase{R"(cmd /c cd /d C:\TMP & echo.exe)", "cmd.exe", R"(C:\TMP\echo.exe)"},
        CmdCase{R"(cmd /c cdC:\TMP\p.exe)", "cmd.exe", R"(cdC:\TMP\p.exe)", "", "",
                "relative_path"},
        CmdCase{R"(cmd /c;C:\TMP\p.exe -x)", "cmd.exe", R"(C:\TMP\p.exe)", "-x"},
        CmdCase{R"(cmd /c =C:\TMP\p.exe)", "cmd.exe", R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /c , ;@(;C:\TMP\p.exe))", "cmd.exe", R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /c C:\TMP\t.bat & ,C:\TMP\p.exe)", "cmd.exe", R"(C:\TMP\t.bat)", "",
                R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /c C:\TMP\p.exe,a;b)", "cmd.exe", R"(C:\TMP\p.exe)", ",a;b"},
        CmdCase{R"(cmd /c call,C:\TMP\p.exe)", "cmd.exe", R"(C:\TMP\p.exe)"}));

INSTANTIATE_TEST_SUITE_P(
    Titles, CmdLine,
    testing::Values(
        CmdCase{R"(cmd /c start "C:\Windows\System32\notepad.exe" C:\TMP\p.exe)", "cmd.exe",
                R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /c start /min "notepad.exe" "C:\Prog Dir\a.exe" -y)", "cmd.exe",
                R"(C:\Prog Dir\a.exe)", "-y"},
        CmdCase{R"(cmd /c start "" "C:\Prog Dir\a" x)", "cmd.exe", R"(C:\Prog Dir\a.exe)", "x"},
        CmdCase{R"(cmd /c start "C:\Prog Dir\a.exe")", "cmd.exe", R"(C:\Prog Dir\a.exe)"}));

INSTANTIATE_TEST_SUITE_P(
    Loops, CmdLine,
    testing::Values(
        CmdCase{R"(cmd /c for %i in (C:\TMP\p.exe) do %i)", "cmd.exe", R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /c for %i in ("C:\Prog Dir\a.exe") do @start "" %i -y)", "cmd.exe",
                R"(C:\Prog Dir\a.exe)", "-y"},
        CmdCase{R"(cmd /c for %i in (a b) do "C:\Prog Dir\%~i.exe")", "cmd.exe",
                R"(C:\Prog Dir\a.exe)", "", R"("C:\Prog Dir\b.exe")"},
        CmdCase{R"(cmd /c for %i in (C:\TMP\x.dll) do rundll32 %i,Go)", "cmd.exe rundll32.exe",
                R"(C:\TMP\x.dll)"},
        CmdCase{R"(cmd /c for /f %i in ("C:\TMP\p.exe x") do %i)", "cmd.exe", R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /c for /f "tokens=2" %i in ("a b") do %i)", "cmd.exe", "%i"},
        CmdCase{R"(cmd /c for %i in (C:\TMP\*.exe) do %i)", "cmd.exe", "%i"},
        CmdCase{R"(cmd /c for /l %i in (1,1,5) do C:\TMP\p.exe %i)", "cmd.exe", R"(C:\TMP\p.exe)",
                "%i"},
        CmdCase{R"(cmd /c for /f %i in ('C:\TMP\p.exe') do %i)", "cmd.exe", R"(C:\TMP\p.exe)", "",
                "%i"}));

INSTANTIATE_TEST_SUITE_P(
    SetInTheLine, CmdLine,
    testing::Values(
        CmdCase{R"(cmd /c set x=C:\TMP\p.exe&&call %x% -a)", "cmd.exe", R"(C:\TMP\p.exe)", "-a", "",
                "obfuscated"},
        CmdCase{R"(cmd /c set "x=C:\TMP" & set y=p.exe& call start %x%\%y%)", "cmd.exe",
                R"(C:\TMP\p.exe)", "", "", "obfuscated"},
        CmdCase{R"(cmd /c set x=C:\TMP\pXXX.exe&call %x:XXX=%)", "cmd.exe", R"(C:\TMP\p.exe)", "",
                "", "obfuscated"},
        CmdCase{R"(cmd /c set x=C:\TMP\p.exe& cmd /c %x%)", "cmd.exe cmd.exe", R"(C:\TMP\p.exe)"},
        CmdCase{R"(cmd /v:on /c "set a=C:\TMP\&set b=p&!a!!b!.exe -q")", "cmd.exe",
                R"(C:\TMP\p.exe)", "-q", "", "obfuscated"},
        CmdCase{R"(cmd /c set x=1 & call C:\TMP\t.bat)", "cmd.exe", R"(C:\TMP\t.bat)"}));

TEST(CmdVariables, AnUnknownOneIsNoStream) {
  const ResolvedCommand command =
      ResolverMachine{}.resolve(R"(cmd.exe /c C:\x.exe & C:\TMP\%NONE:~-10,0%e.exe)");
  ASSERT_EQ(command.others.size(), 1u);
  for (const auto* one : {&command, &command.others.front()}) {
    EXPECT_FALSE(one->has_flag("alternate_data_stream")) << joined(one->steps);
    EXPECT_TRUE(!one->target_path() || one->target_path()->stream().empty());
  }
}

TEST(CmdVariables, ManyAreNoTroubleAndEnd) {
  ResolverMachine machine;
  machine.environment.set("BIG", std::string(30'000, 'a'));
  for (const char* reference : {"%BIG%", "%BIG:~0,0%", "%BIG:a=aaaaaaaaaaaaaaaa%", "%BIG:~"}) {
    std::string line = "cmd /c cmd /c cmd /c C:\\TMP\\p.exe ";
    for (int i = 0; i < 5000; ++i) line += reference;
    EXPECT_LE(machine.resolve(line).payload_arguments.size(), 1'000'000u) << reference;
  }
}

TEST(CmdVariables, ThatTheLineSetsCannotGrowWithoutEnd) {
  const std::string big(10'000, 'a');
  std::string doubling = "cmd /v:on /c set x=" + big, loop = "cmd /c for %i in (" + big + ") do ";
  for (int i = 0; i < 40; ++i) doubling += "&set x=!x!!x!";
  for (int i = 0; i < 5'000; ++i) loop += "%i";
  for (const std::string& line : {doubling + "&!x!", loop}) {
    const ResolvedCommand command = ResolverMachine{}.resolve(line);
    EXPECT_LE(command.payload.size(), 1'000'000u);
  }
}

TEST(OtherCommands, AreResolvedLikeTheFirst) {
  ResolverMachine machine;
  machine.add("C:\\TMP\\a.exe").add("C:\\TMP\\p.exe").add("C:\\TMP\\x.dll");
  const ResolvedCommand command = machine.resolve(
      R"(cmd /c C:\TMP\a.exe && cd /d C:\TMP & p.exe -x | rundll32 x.dll,Go & cmd /c )"
      R"("timeout 3 & C:\gone.exe")");
  ASSERT_EQ(joined(command.other_commands),
            R"(p.exe -x, rundll32 x.dll,Go, cmd /c "timeout 3 & C:\gone.exe", timeout 3)");
  ASSERT_EQ(command.others.size(), 4u);
  EXPECT_EQ(command.others[0].image, "C:\\TMP\\p.exe");
  EXPECT_EQ(command.others[0].arguments, "-x");
  EXPECT_EQ(command.others[1].payload, "C:\\TMP\\x.dll");
  EXPECT_EQ(host_names(command.others[1]), "rundll32.exe");
  EXPECT_EQ(command.others[2].payload, "C:\\gone.exe");
  EXPECT_EQ(command.others[2].payload_existence, Existence::missing);
  for (const auto& other : command.others) EXPECT_TRUE(other.others.empty());
}

TEST(OtherCommands, OfAShellInsideStandInTheSameList) {
  ResolverMachine machine;
  machine.add("C:\\TMP\\a.exe").add("C:\\TMP\\b.exe").add("C:\\TMP\\c.exe");
  const ResolvedCommand command =
      machine.resolve(R"(cmd /c C:\TMP\a.exe & powershell -c "C:\TMP\b.exe; C:\TMP\c.exe -z")");
  ASSERT_EQ(command.others.size(), 2u) << joined(command.other_commands);
  EXPECT_EQ(command.others[0].payload, "C:\\TMP\\b.exe");
  EXPECT_EQ(command.others[1].image, "C:\\TMP\\c.exe");
  EXPECT_EQ(command.others[1].arguments, "-z");
}

TEST(OtherCommands, BeyondTheLimitAreFlagged) {
  std::string line = "cmd /c C:\\TMP\\p.exe";
  for (int i = 0; i < 100; ++i) line += " & C:\\TMP\\p.exe";
  const ResolvedCommand command = ResolverMachine{}.resolve(line);
  EXPECT_LE(command.others.size(), 32u);
  EXPECT_TRUE(command.has_flag("nesting_limit"));
}

TEST(CommandLineLimits, TheInnermostOfManyShellsIsStillFound) {
  for (const int depth : {9, 12, 16, 40}) {
    std::string line = "C:\\TMP\\p.exe -x";
    for (int i = 0; i < depth; ++i) line.insert(0, "cmd /c ");
    const ResolvedCommand command = ResolverMachine{}.add("C:\\TMP\\p.exe").resolve(line);
    EXPECT_EQ(command.payload, "C:\\TMP\\p.exe") << depth;
    EXPECT_EQ(command.hosts.size(), 8u);
    EXPECT_TRUE(command.has_flag("nesting_limit")) << depth;
  }
  std::string line = "powershell -w hidden -c dir";
  for (int i = 0; i < 12; ++i) line.insert(0, "cmd /c ");
  EXPECT_EQ(ResolverMachine{}.resolve(line).hosts.back().name, "powershell.exe");
}

TEST(CommandLineLimits, NestingEnds) {
  std::string line = "C:\\TMP\\p.exe";
  for (int i = 0; i < 5000; ++i) line.insert(0, "cmd /c ");
  const ResolvedCommand command = ResolverMachine{}.resolve(line);
  EXPECT_EQ(command.hosts.size(), 8u);
  EXPECT_TRUE(command.has_flag("nesting_limit"));
}

TEST(CommandLineLimits, LongestCommandLineIsTakenWhole) {
  const std::string line = "C:\\TMP\\p.exe " + std::string(32'767 - 13, 'a');
  const ResolvedCommand command = ResolverMachine{}.add("C:\\TMP\\p.exe").resolve(line);
  EXPECT_EQ(command.image, "C:\\TMP\\p.exe");
  EXPECT_EQ(command.arguments.size(), 32'767u - 13);
  EXPECT_FALSE(command.has_flag("overlong"));
}

TEST(CommandLineLimits, AnOverlongOneIsCutAtACharacter) {
  std::string line = "C:\\TMP\\p.exe ";
  while (line.size() < 200'000) line += "あ";
  const ResolvedCommand command = ResolverMachine{}.add("C:\\TMP\\p.exe").resolve(line);
  EXPECT_EQ(command.image, "C:\\TMP\\p.exe");
  EXPECT_TRUE(command.has_flag("overlong"));
  EXPECT_TRUE(is_utf8(command.expanded));
  EXPECT_LE(command.expanded.size(), 98'301u);
}

TEST(CommandLineLimits, LongHostileTextsEndQuickly) {
  const ResolverMachine machine;
  const auto begin = std::chrono::steady_clock::now();
  for (const char* prefix : {"", "C:\\", "\"", "cmd /c ", "powershell -c ", "powershell -enc ",
                             "rundll32 ", "mshta ", "\\\\?\\", "C:\\PROGRA~1\\"}) {
    for (const char* unit : {"a ", "\\a b", "\"", "%", "%a%", "^", "& ", "(", ".. ", "\\\\x ", "\\",
                             "/", "http://x ", "$env:a", "call ", "start ", "~1 ", ","}) {
      std::string line = prefix;
      while (line.size() < 32'767) line += unit;
      machine.resolve(line);
    }
  }
  const auto taken = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(std::chrono::duration_cast<std::chrono::seconds>(taken).count(), 60);
}

TEST(CommandLineLimits, RandomTextsNeverCrash) {
  constexpr std::string_view kParts[] = {
      "cmd",   " /c ",         "\"",     " ",    "C:\\", "\\",    "/",   "rundll32 ",
      ",",     "powershell",   "-enc",   "QQA=", "&",    "|",     "^",   "%windir%",
      "%",     "\\\\?\\",      "\\??\\", ".exe", ":",    "{",     "(",   "('",
      "') do", "start ",       "if ",    "for ", ">",    "<",     "-i:", "http://",
      "あ",    "\xED\xA0\x80", "\xFF",   "~1",   "!",    "$env:", "\n",  "'"};
  const ResolverMachine machine;
  std::mt19937 random{9};
  for (int i = 0; i < 5'000; ++i) {
    std::string line;
    for (std::size_t n = random() % 14; n > 0; --n) line += kParts[random() % std::size(kParts)];
    const ResolvedCommand command = machine.resolve(line);
    ASSERT_LE(command.hosts.size(), 9u);
    resolve_dll(line, machine.context());
    split_command_list(line, true);
  }
}

TEST(CmdLoops, ABracketInTheListIsPassed) {
  const ResolverContext context;
  for (const char* line : {"cmd /c for %i in ('a (b') do c", "cmd /c for %i in ((a b) do %i",
                           "cmd /c for %i in (a ( ( b) do %i"})
    EXPECT_FALSE(resolve_command_line(line, context).image.empty()) << line;
}

}  // namespace
}  // namespace hozen
