#include "collector/module/shell_commands.h"

#include <gmock/gmock.h>

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// "word|word" of each command, "host!" in front where there is one.
std::vector<std::string> commands_of(std::string_view line) {
  std::vector<std::string> all;
  each_shell_command(line, [&](const ShellCommand& one) {
    std::string text = one.host.empty() ? std::string{} : one.host + "!";
    for (std::size_t i = 0; i < one.words.size(); ++i) text += (i == 0 ? "" : "|") + one.words[i];
    all.push_back(text);
  });
  return all;
}

struct LineCase {
  std::string_view line;
  std::string_view command;  ///< the last
};
class ShellLines : public testing::TestWithParam<LineCase> {};
TEST_P(ShellLines, AreDividedAndOpened) {
  const auto all = commands_of(GetParam().line);
  ASSERT_FALSE(all.empty()) << GetParam().line;
  EXPECT_EQ(all.back(), GetParam().command) << GetParam().line;
}
INSTANTIATE_TEST_SUITE_P(
    Output, ShellLines,
    testing::Values(LineCase{"cmd /c rar a o.rar D:\\d > \\\\nas\\log.txt", "rar|a|o.rar|D:\\d"},
                    LineCase{"rar a o.rar D:\\d >nul 2>&1", "rar|a|o.rar|D:\\d"},
                    LineCase{"rar a o.rar D:\\d 1> \\\\127.0.0.1\\ADMIN$\\__1 2>&1",
                             "rar|a|o.rar|D:\\d"},
                    LineCase{"rar a o.rar D:\\d >> \"C:\\my log\\b.log\"", "rar|a|o.rar|D:\\d"},
                    LineCase{"rar a o2>x.log", "rar|a|o2"},
                    LineCase{"echo \"a > b\"", "echo|a > b"}, LineCase{"a *> x; b c", "b|c"},
                    LineCase{"echo -> x", "echo|->|x"}));
INSTANTIATE_TEST_SUITE_P(
    Starters, ShellLines,
    testing::Values(
        LineCase{"Start-Process C:\\p\\rar.exe -ArgumentList \"a -hpx C:\\p\\o.rar C:\\d\"",
                 "C:\\p\\rar.exe|a|-hpx|C:\\p\\o.rar|C:\\d"},
        LineCase{"saps -FilePath rar.exe -Args 'a','o.rar','C:\\d' -WindowStyle Hidden",
                 "rar.exe|a|o.rar|C:\\d"},
        LineCase{"Start-Process rar.exe -ArgumentList 'a', 'o.rar' -Wait", "rar.exe|a|o.rar"},
        LineCase{"schtasks /create /tn t /tr \"C:\\p\\rar.exe a o.rar\" /sc once /st 00:00",
                 "C:\\p\\rar.exe|a|o.rar"},
        LineCase{"schtasks /create /s SRV7 /tn t /tr \"rar a o.rar\" /sc once", "SRV7!rar|a|o.rar"},
        LineCase{"for /r C:\\HR %f in (*.pdf) do @C:\\p\\a.exe a o.rar \"%f\"",
                 "C:\\p\\a.exe|a|o.rar|%f"},
        LineCase{"forfiles /p C:\\HR /c \"cmd /c rar a o.rar @file\"", "rar|a|o.rar|@file"},
        LineCase{"at \\\\10.0.0.5 02:00 C:\\p\\rar.exe a o.rar", "10.0.0.5!C:\\p\\rar.exe|a|o.rar"},
        LineCase{"start \"\" /b rar.exe a o.rar", "rar.exe|a|o.rar"},
        // "rar a o.rar" in UTF-16LE
        LineCase{"powershell -nop -w hidden -enc cgBhAHIAIABhACAAbwAuAHIAYQByAA==", "rar|a|o.rar"},
        LineCase{"psexec \\\\srv9 -s cmd /c rar a o.rar", "srv9!rar|a|o.rar"}));
INSTANTIATE_TEST_SUITE_P(
    FurtherStarters, ShellLines,
    testing::Values(
        LineCase{"iex \"rar a o.rar C:\\d\"", "rar|a|o.rar|C:\\d"},
        LineCase{"Invoke-Expression -Command 'rar a o.rar C:\\d'", "rar|a|o.rar|C:\\d"},
        LineCase{"iex \"& 'C:\\a b\\rar.exe' a o.rar\"", "C:\\a b\\rar.exe|a|o.rar"},
        LineCase{"$c = \"rar a o.rar\"; iex $c", "rar|a|o.rar"},
        LineCase{"'rar a o.rar' | iex", "rar|a|o.rar"},
        LineCase{"runas /noprofile /user:CORP\\adm \"cmd /c rar a o.rar C:\\d\"",
                 "rar|a|o.rar|C:\\d"},
        LineCase{"wmic process call create \"rar a o.rar C:\\d\"", "rar|a|o.rar|C:\\d"},
        LineCase{"wmic /node:\"srv9\" process call create 'cmd.exe /c rar a o.rar'",
                 "srv9!rar|a|o.rar"},
        LineCase{"Invoke-WmiMethod -ComputerName srv9 -Class Win32_Process -Name Create "
                 "-ArgumentList \"rar a o.rar\"",
                 "srv9!rar|a|o.rar"},
        LineCase{"Invoke-CimMethod -ClassName Win32_Process -MethodName Create -Arguments "
                 "@{CommandLine=\"rar a o.rar\"}",
                 "rar|a|o.rar"},
        LineCase{"icm -cn srv9 { rar a o.rar C:\\d }", "srv9!rar|a|o.rar|C:\\d"},
        LineCase{"Invoke-Command -ScriptBlock {rar a o.rar}", "rar|a|o.rar"}));
INSTANTIATE_TEST_SUITE_P(
    NoStarters, ShellLines,
    testing::Values(LineCase{"wmic process list brief", "wmic|process|list|brief"},
                    LineCase{"iex", "iex"}, LineCase{"runas /user:a", "runas|/user:a"},
                    LineCase{"Invoke-WmiMethod -Class Win32_Product -Name Install -ArgumentList x",
                             "Invoke-WmiMethod|-Class|Win32_Product|-Name|Install|-ArgumentList|"
                             "x"},
                    LineCase{"icm -cn srv9 -FilePath a.ps1", "srv9!icm|-cn|srv9|-FilePath|a.ps1"}));
INSTANTIATE_TEST_SUITE_P(Others, ShellLines,
                         testing::Values(LineCase{"schtasks /query /fo list",
                                                  "schtasks|/query|/fo|list"},
                                         LineCase{"powershell -ExecutionPolicy Bypass -File a.ps1",
                                                  "powershell|-ExecutionPolicy|Bypass|-File|a.ps1"},
                                         LineCase{"powershell -enc !!!!", "powershell|-enc|!!!!"},
                                         LineCase{"set /a x=1", "set|/a|x=1"}));
INSTANTIATE_TEST_SUITE_P(Variables, ShellLines,
                         testing::Values(LineCase{"$dst=\"C:\\p\\1.rar\"\nrar a $dst $dst2 $src",
                                                  "rar|a|C:\\p\\1.rar|$dst2|$src"},
                                         LineCase{"set A=C:\\p& rar a %a%\\o.rar",
                                                  "rar|a|C:\\p\\o.rar"}));

TEST(ShellCommands, KnowTheFileThatOutputIsSentTo) {
  const auto output_of = [](std::string_view line) {
    std::string output;
    each_shell_command(line, [&](const ShellCommand& one) { output = one.output; });
    return output;
  };
  EXPECT_EQ(output_of("dsquery * -limit 0 > C:\\p\\o.txt"), "C:\\p\\o.txt");
  EXPECT_EQ(output_of("cmd /c dsquery * >> \"C:\\a & b\\o.txt\" 2>&1"), "C:\\a & b\\o.txt");
  EXPECT_EQ(output_of("cmd /c \"dsquery * > o.txt\""), "o.txt");
  EXPECT_EQ(output_of("set D=C:\\p& dsquery * >%D%\\o.txt"), "C:\\p\\o.txt");
  EXPECT_EQ(output_of("a > x.txt & b"), "");
  EXPECT_EQ(output_of("a\x1e\x1f b"), "");
}

std::vector<std::string> folders_of(std::string_view line) {
  std::vector<std::string> all;
  each_shell_command(line, [&](const ShellCommand& one) { all.push_back(one.folder); });
  return all;
}

TEST(ShellCommands, KnowTheFolderThatTheLineChangedTo) {
  EXPECT_THAT(folders_of("cd /d C:\\PerfLogs & rar a o.rar"),
              ElementsAre("C:\\PerfLogs", "C:\\PerfLogs"));
  EXPECT_THAT(folders_of("pushd \\\\srv\\c$\\HR && x && popd && y"),
              ElementsAre("\\\\srv\\c$\\HR", "\\\\srv\\c$\\HR", "", ""));
  EXPECT_THAT(folders_of("Set-Location C:\\a\\b; cd ..; x"),
              ElementsAre("C:\\a\\b", "C:\\a", "C:\\a"));
  EXPECT_THAT(folders_of("cd sub & x"), ElementsAre("sub", "sub"));
}

TEST(ShellCommands, KnowWhatAPipeBeginsWith) {
  std::vector<std::string> input;
  each_shell_command("gci C:\\HR | sort | Compress-Archive -DestinationPath x.zip",
                     [&](const ShellCommand& one) { input = one.input; });
  EXPECT_THAT(input, ElementsAre("gci", "C:\\HR"));
  each_shell_command("a | b & c", [&](const ShellCommand& one) { input = one.input; });
  EXPECT_THAT(input, IsEmpty());
}

}  // namespace
}  // namespace hozen
