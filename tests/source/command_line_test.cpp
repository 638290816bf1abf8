#include "collector/source/command_line.h"

#include <gtest/gtest.h>

#include "tests/source/resolver_machine.h"

namespace hozen {
namespace {

using testing::TestWithParam;

struct ImageCase {
  const char* command_line;
  const char* image;
  Existence existence;
  const char* arguments;
  const char* flags = "";
};

void PrintTo(const ImageCase& image, std::ostream* out) { *out << image.command_line; }

class CommandLineImage : public TestWithParam<ImageCase> {
 protected:
  CommandLineImage() {
    for (const char* file :
         {"C:\\Program Files\\Docker\\Docker\\Docker Desktop.exe",
          "C:\\Program Files\\Windows Sidebar\\Sidebar.exe",
          "C:\\Users\\tony\\AppData\\Local\\Microsoft\\OneDrive\\OneDrive.exe", "C:\\TMP\\p.exe",
          "C:\\Program Files\\Ditto\\Ditto.exe", "C:\\Tools Dir\\tool.exe",
          "C:\\データ\\更新 プログラム\\起動.exe", "C:\\run\\script.vbs", "C:\\run\\noext",
          "C:\\a\\f.txt:hidden.exe", "C:\\Windows\\System32\\drivers\\x.sys",
          "C:\\run\\bad\xED\xA0\x80name.exe", "C:\\run\\job.cmd"}) {
      machine_.add(file);
    }
  }
  ResolverMachine machine_;
};

TEST_P(CommandLineImage, IsFoundWithItsArguments) {
  const ImageCase& expected = GetParam();
  const ResolvedCommand command = machine_.resolve(expected.command_line);
  EXPECT_EQ(command.image, expected.image);
  EXPECT_EQ(command.image_existence, expected.existence) << to_text(command.image_existence);
  EXPECT_EQ(command.arguments, expected.arguments);
  EXPECT_EQ(joined(command.flags), expected.flags);
  EXPECT_TRUE(command.hosts.empty()) << host_names(command);
  EXPECT_FALSE(command.steps.empty());
}

constexpr Existence kExists = Existence::exists;
constexpr Existence kMissing = Existence::missing;
constexpr Existence kUnknown = Existence::unknown;

INSTANTIATE_TEST_SUITE_P(
    RunValues, CommandLineImage,
    testing::Values(
        ImageCase{R"("C:\Users\tony\AppData\Local\Microsoft\OneDrive\OneDrive.exe" /background)",
                  R"(C:\Users\tony\AppData\Local\Microsoft\OneDrive\OneDrive.exe)", kExists,
                  "/background"},
        ImageCase{R"(C:\Program Files\Docker\Docker\Docker Desktop.exe -Autostart)",
                  R"(C:\Program Files\Docker\Docker\Docker Desktop.exe)", kExists, "-Autostart",
                  "unquoted_path"},
        ImageCase{R"(%ProgramFiles%\Windows Sidebar\Sidebar.exe /autoRun)",
                  R"(C:\Program Files\Windows Sidebar\Sidebar.exe)", kExists, "/autoRun",
                  "unquoted_path"},
        ImageCase{R"(C:\Program Files\Ditto\Ditto.exe)", R"(C:\Program Files\Ditto\Ditto.exe)",
                  kExists, "", "unquoted_path"},
        ImageCase{R"(C:\TMP\p.exe -s \\10.34.2.3 'net user' > C:\TMP\o2.txt)", R"(C:\TMP\p.exe)",
                  kExists, R"(-s \\10.34.2.3 'net user' > C:\TMP\o2.txt)", "unc_argument"},
        ImageCase{R"("C:\Users\nfury\AppData\Local\Google\Update\GoogleUpdate.exe" /c)",
                  R"(C:\Users\nfury\AppData\Local\Google\Update\GoogleUpdate.exe)", kMissing, "/c"},
        ImageCase{R"(C:\Windows\SysWOW64\OneDriveSetup.exe /thfirstsetup)",
                  R"(C:\Windows\SysWOW64\OneDriveSetup.exe)", kMissing, "/thfirstsetup"},
        ImageCase{R"("C:\Program Files (x86)\Skype\Phone\Skype.exe" /nosplash /minimized)",
                  R"(C:\Program Files (x86)\Skype\Phone\Skype.exe)", kMissing,
                  "/nosplash /minimized"},
        ImageCase{R"(%ProgramFiles%\Windows Mail\wab.exe /Upgrade)",
                  R"(C:\Program Files\Windows Mail\wab.exe)", kMissing, "/Upgrade",
                  "unquoted_path"}));

INSTANTIATE_TEST_SUITE_P(
    Quotes, CommandLineImage,
    testing::Values(
        ImageCase{R"("C:\TMP\p.exe"-x)", R"(C:\TMP\p.exe)", kExists, "-x"},
        ImageCase{R"("C:\TMP\p.exe)", R"(C:\TMP\p.exe)", kExists, "", "unterminated_quote"},
        ImageCase{R"("C:\TMP\p.exe -a)", R"(C:\TMP\p.exe)", kExists, "-a",
                  "unterminated_quote, quoted_arguments"},
        ImageCase{R"("C:\TMP\gone thing.bin" /run)", R"(C:\TMP\gone thing.bin)", kMissing, "/run"},
        ImageCase{R"("C:\TMP\p.exe -a -b" -c)", R"(C:\TMP\p.exe)", kExists, "-a -b -c",
                  "quoted_arguments"},
        ImageCase{R"(""C:\TMP\p.exe"" -a)", R"(C:\TMP\p.exe)", kExists, "\" -a"},
        ImageCase{"\"\"", "", kUnknown, "", ""},
        ImageCase{"\"\"\"", "", kUnknown, "", "unterminated_quote"},
        ImageCase{R"(C:\)", R"(C:\)", kUnknown, "", ""},
        ImageCase{R"("C:\Windows\")", R"(C:\Windows\)", kUnknown, "", ""},
        ImageCase{"\"", "", kUnknown, "", "unterminated_quote"},
        ImageCase{R"(C:\TMP\p.exe "a b" c)", R"(C:\TMP\p.exe)", kExists, R"("a b" c)"},
        ImageCase{R"("C:\TMP\p.exe ")", R"(C:\TMP\p.exe)", kExists, ""},
        ImageCase{R"("C:\TMP\p.exe.. ")", R"(C:\TMP\p.exe)", kExists, "",
                  "trailing_dot_or_space"}));

INSTANTIATE_TEST_SUITE_P(
    NtForms, CommandLineImage,
    testing::Values(
        ImageCase{R"(\??\C:\TMP\p.exe -x)", R"(C:\TMP\p.exe)", kExists, "-x"},
        ImageCase{R"(\\?\C:\TMP\p.exe)", R"(C:\TMP\p.exe)", kExists, ""},
        ImageCase{R"(\\.\C:\TMP\p.exe)", R"(C:\TMP\p.exe)", kExists, ""},
        ImageCase{R"(\DosDevices\c:\TMP\p.exe)", R"(C:\TMP\p.exe)", kExists, ""},
        ImageCase{R"(\SystemRoot\System32\drivers\x.sys)", R"(C:\Windows\System32\drivers\x.sys)",
                  kExists, ""},
        ImageCase{R"(\\?\UNC\srv\share\x.exe)", R"(\\srv\share\x.exe)", kUnknown, "", "unc_path"},
        ImageCase{R"(\??\UNC\srv\share\x.exe -a)", R"(\\srv\share\x.exe)", kUnknown, "-a",
                  "unc_path"},
        ImageCase{R"(\Device\Mup\srv\share\x.exe)", R"(\\srv\share\x.exe)", kUnknown, "",
                  "unc_path"},
        ImageCase{R"(\\?\GLOBALROOT\Device\HarddiskVolume3\x.exe)",
                  R"(\Device\HarddiskVolume3\x.exe)", kUnknown, "", "device_path"},
        ImageCase{R"(\Device\HarddiskVolume3\Windows\x.exe -y)",
                  R"(\Device\HarddiskVolume3\Windows\x.exe)", kUnknown, "-y", "device_path"},
        ImageCase{R"(\\?\Volume{12345678-0000-0000-0000-100000000000}\x.exe)",
                  R"(\\?\Volume{12345678-0000-0000-0000-100000000000}\x.exe)", kUnknown, "",
                  "device_path"},
        ImageCase{R"(\TMP\p.exe)", R"(C:\TMP\p.exe)", kExists, "", "relative_path"},
        ImageCase{R"(C:TMP\p.exe)", R"(C:\TMP\p.exe)", kExists, "", "relative_path"},
        ImageCase{"C:/TMP/p.exe -x", R"(C:\TMP\p.exe)", kExists, "-x"},
        ImageCase{R"(C:\TMP\..\TMP\.\p.exe)", R"(C:\TMP\p.exe)", kExists, ""},
        ImageCase{R"(D:\x.exe -q)", R"(D:\x.exe)", kUnknown, "-q"}));

INSTANTIATE_TEST_SUITE_P(
    NetworkAndStreams, CommandLineImage,
    testing::Values(
        ImageCase{R"(\\10.0.0.5\share\a.exe /s)", R"(\\10.0.0.5\share\a.exe)", kUnknown, "/s",
                  "unc_path"},
        ImageCase{R"(\\evil.example@SSL\DavWWWRoot\a.exe)",
                  R"(\\evil.example@SSL\DavWWWRoot\a.exe)", kUnknown, "", "unc_path, webdav"},
        ImageCase{R"(\\localhost\C$\TMP\p.exe)", R"(C:\TMP\p.exe)", kExists, "", "unc_path"},
        ImageCase{"https://evil.example/a.hta x", "https://evil.example/a.hta", kUnknown, "x",
                  "url"},
        ImageCase{"file:///C:/TMP/p.exe", R"(C:\TMP\p.exe)", kExists, ""},
        ImageCase{"file://srv/share/p.exe", R"(\\srv\share\p.exe)", kUnknown, "", "unc_path"},
        ImageCase{R"(C:\a\f.txt:hidden.exe)", R"(C:\a\f.txt:hidden.exe)", kExists, "",
                  "alternate_data_stream"},
        ImageCase{R"(C:\TMP\p.exe http://x.example/)", R"(C:\TMP\p.exe)", kExists,
                  "http://x.example/", "url_argument"},
        ImageCase{R"(C:\TMP\p.exe --u="\\srv\x")", R"(C:\TMP\p.exe)", kExists, R"(--u="\\srv\x")",
                  "unc_argument"},
        ImageCase{R"(C:\TMP\p.exe \\.\pipe\x)", R"(C:\TMP\p.exe)", kExists, R"(\\.\pipe\x)"}));

INSTANTIATE_TEST_SUITE_P(
    Search, CommandLineImage,
    testing::Values(
        ImageCase{"notepad", R"(C:\Windows\System32\notepad.exe)", kExists, ""},
        ImageCase{"NOTEPAD.EXE a.txt", R"(C:\Windows\System32\NOTEPAD.EXE)", kExists, "a.txt"},
        ImageCase{"explorer.exe", R"(C:\Windows\explorer.exe)", kExists, ""},
        ImageCase{"tool -x", R"(C:\Tools Dir\tool.exe)", kExists, "-x"},
        ImageCase{"more file", R"(C:\Windows\System32\more.com)", kExists, "file"},
        ImageCase{"nope.exe -x", "nope.exe", kMissing, "-x"},
        ImageCase{R"(sub\nope.exe -x)", R"(sub\nope.exe)", kMissing, "-x", "relative_path"},
        ImageCase{R"(System32\notepad.exe)", R"(C:\Windows\System32\notepad.exe)", kExists, "",
                  "relative_path"},
        ImageCase{R"(C:\run\job)", R"(C:\run\job.cmd)", kExists, ""},
        ImageCase{R"(C:\run\script.vbs -x)", R"(C:\run\script.vbs)", kExists, "-x"},
        ImageCase{R"(C:\run\noext arg)", R"(C:\run\noext)", kExists, "arg"},
        ImageCase{R"(C:\nothing\there abc)", R"(C:\nothing\there.exe)", kMissing, "abc"},
        ImageCase{R"(C:\nothing there\at all -x y)", R"(C:\nothing there\at.exe)", kMissing,
                  "all -x y", "unquoted_path"}));

INSTANTIATE_TEST_SUITE_P(
    Text, CommandLineImage,
    testing::Values(
        ImageCase{"C:\\データ\\更新 プログラム\\起動.exe /常駐",
                  "C:\\データ\\更新 プログラム\\起動.exe", kExists, "/常駐", "unquoted_path"},
        ImageCase{"  C:\\TMP\\p.exe\t ", R"(C:\TMP\p.exe)", kExists, ""},
        ImageCase{"C:\\run\\bad\xED\xA0\x80name.exe", "C:\\run\\bad\xED\xA0\x80name.exe", kExists,
                  "", "lone_surrogate"},
        ImageCase{"C:\\TMP\\\u202Eexe.p", "C:\\TMP\\\u202Eexe.p", kMissing, "",
                  "hidden_characters"},
        ImageCase{"C:\\TMP\\p.exe a\x01"
                  "b",
                  R"(C:\TMP\p.exe)", kExists,
                  "a\x01"
                  "b",
                  "control_characters"},
        ImageCase{R"(%NoSuchThing%\x.exe -a)", R"(%NoSuchThing%\x.exe)", kUnknown, "-a"}));

TEST(CommandLine, AnEmptyOneIsSaidToBe) {
  const ResolvedCommand command = ResolverMachine{}.resolve(std::string_view{" \0\t", 3});
  EXPECT_EQ(command.image, "");
  EXPECT_EQ(command.steps, (std::vector<std::string>{"empty"}));
}

TEST(CommandLine, NamesUnknownVariables) {
  const ResolvedCommand command = ResolverMachine{}.resolve("%Nope%\\a.exe %TEMP%");
  EXPECT_EQ(command.unknown_variables, (std::vector<std::string>{"Nope"}));
  EXPECT_EQ(command.expanded, "%Nope%\\a.exe C:\\Users\\ann\\AppData\\Local\\Temp");
}

TEST(CommandLine, WorksWithoutAnyContext) {
  const ResolvedCommand command = resolve_command_line("C:\\Program Files\\a b\\c.exe -x", {});
  EXPECT_EQ(command.image, "C:\\Program Files\\a b\\c.exe");
  EXPECT_EQ(command.image_existence, Existence::unknown);
  EXPECT_EQ(command.arguments, "-x");
  EXPECT_EQ(resolve_command_line("foo %x%", {}).image, "foo");
  EXPECT_EQ(resolve_command_line("system32\\a.exe", {}).image, "system32\\a.exe");
}

TEST(UnquotedPath, ListsWhatComesFirst) {
  ResolverMachine machine;
  machine.add("C:\\Program Files\\My App\\run me.exe");
  const ResolvedCommand command =
      machine.resolve("C:\\Program Files\\My App\\run me.exe --go C:\\x y.exe");
  ASSERT_EQ(command.earlier_candidates.size(), 3u);
  EXPECT_EQ(command.earlier_candidates[0].path, "C:\\Program.exe");
  EXPECT_EQ(command.earlier_candidates[1].path, "C:\\Program Files\\My.exe");
  EXPECT_EQ(command.earlier_candidates[2].path, "C:\\Program Files\\My App\\run.exe");
  EXPECT_EQ(command.earlier_candidates[0].existence, Existence::missing);
  EXPECT_EQ(command.arguments, "--go C:\\x y.exe");
  EXPECT_FALSE(command.has_flag("unquoted_path_hijack"));
}

TEST(UnquotedPath, AnEarlierFileWinsAndIsReported) {
  ResolverMachine machine;
  machine.add("C:\\Program Files\\App\\a.exe").add("C:\\Program.exe");
  const ResolvedCommand command = machine.resolve("C:\\Program Files\\App\\a.exe -x");
  EXPECT_EQ(command.image, "C:\\Program.exe");
  EXPECT_EQ(command.arguments, "Files\\App\\a.exe -x");
  ASSERT_EQ(command.earlier_candidates.size(), 1u);
  EXPECT_EQ(command.earlier_candidates[0].existence, Existence::exists);
  EXPECT_TRUE(command.has_flag("unquoted_path_hijack"));
}

TEST(UnquotedPath, AProgramWithAFileArgumentIsNoHijack) {
  ResolverMachine machine;
  machine.add("C:\\tools\\run.exe");
  for (const char* line : {"C:\\tools\\run C:\\x\\y.exe", "C:\\tools\\run y.exe",
                           "C:\\tools\\run /i x\\y.exe", "C:\\tools\\run -f x\\y.exe"}) {
    const ResolvedCommand command = machine.resolve(line);
    EXPECT_EQ(command.image, "C:\\tools\\run.exe") << line;
    EXPECT_TRUE(command.earlier_candidates.empty()) << line;
    EXPECT_EQ(joined(command.flags), "") << line;
  }
}

TEST(UnquotedPath, QuotedOnesHaveNoCandidates) {
  EXPECT_TRUE(
      ResolverMachine{}.resolve("\"C:\\Program Files\\App\\a.exe\" -x").earlier_candidates.empty());
}

TEST(AppPaths, AreUsedForShellExecuteOnly) {
  ResolverMachine machine;
  machine.add("C:\\Apps\\my app\\app.exe");
  machine.app_paths["APP.EXE"] = "\"C:\\Apps\\my app\\app.exe\"";
  EXPECT_EQ(machine.resolve("app -x").image, "C:\\Apps\\my app\\app.exe");
  EXPECT_EQ(machine.resolve("app.exe").image, "C:\\Apps\\my app\\app.exe");
  ResolverContext context = machine.context();
  context.shell_execute = false;
  EXPECT_EQ(resolve_command_line("app -x", context).image, "app");
  machine.app_paths["APP.EXE"] = "";
  EXPECT_EQ(machine.resolve("app -x").image_existence, Existence::missing);
}

TEST(Drivers, RelativePathsAreBelowSystemRoot) {
  ResolverMachine machine;
  machine.add("C:\\Windows\\System32\\drivers\\x.sys");
  ResolverContext context = machine.context();
  context.driver = true;
  context.shell_execute = false;
  const ResolvedCommand command = resolve_command_line("system32\\DRIVERS\\x.sys", context);
  EXPECT_EQ(command.image, "C:\\Windows\\system32\\DRIVERS\\x.sys");
  EXPECT_EQ(command.image_existence, Existence::exists);
  EXPECT_FALSE(command.has_flag("relative_path"));
}

TEST(ShortNames, AreGuessedOnlyWhenTheFileExists) {
  ResolverMachine machine;
  machine.add("C:\\Program Files (x86)\\App\\a.exe");
  const ResolvedCommand found = machine.resolve("C:\\PROGRA~2\\App\\a.exe /x");
  EXPECT_EQ(found.image, "C:\\Program Files (x86)\\App\\a.exe");
  EXPECT_EQ(found.arguments, "/x");
  EXPECT_EQ(joined(found.flags), "short_name");
  const ResolvedCommand other = machine.resolve("C:\\PROGRA~1\\LONGNA~1\\a.exe");
  EXPECT_EQ(other.image_existence, Existence::unknown);
}

struct Wow64Case {
  const char* name;
  bool shell_execute;
  bool in_system32, in_syswow64;
  const char* command_line;
  const char* image;
  bool both;
};
class Wow64 : public TestWithParam<Wow64Case> {};

TEST_P(Wow64, Redirection) {
  const Wow64Case& expected = GetParam();
  ResolverMachine machine;
  if (expected.in_system32) machine.add("C:\\Windows\\System32\\sub\\a.exe");
  if (expected.in_syswow64) machine.add("C:\\Windows\\SysWOW64\\sub\\a.exe");
  ResolverContext context = machine.context();
  context.wow64 = true;
  context.shell_execute = expected.shell_execute;
  const ResolvedCommand command = resolve_command_line(expected.command_line, context);
  EXPECT_EQ(command.image, expected.image);
  EXPECT_EQ(command.wow64_path.has_value(), expected.both);
}

INSTANTIATE_TEST_SUITE_P(
    , Wow64,
    testing::Values(
        Wow64Case{"explorer_takes_the_literal_path", true, true, false,
                  "C:\\Windows\\System32\\sub\\a.exe", "C:\\Windows\\System32\\sub\\a.exe", false},
        Wow64Case{"explorer_then_the_copy", true, false, true, "%SystemRoot%\\System32\\sub\\a.exe",
                  "C:\\Windows\\SysWOW64\\sub\\a.exe", false},
        Wow64Case{"explorer_both", true, true, true, "C:\\Windows\\System32\\sub\\a.exe",
                  "C:\\Windows\\System32\\sub\\a.exe", true},
        Wow64Case{"program_takes_the_copy", false, true, true, "C:\\Windows\\System32\\sub\\a.exe",
                  "C:\\Windows\\SysWOW64\\sub\\a.exe", false},
        Wow64Case{"program_exempt_folder", false, true, true,
                  "C:\\Windows\\System32\\drivers\\etc\\a.exe",
                  "C:\\Windows\\System32\\drivers\\etc\\a.exe", false},
        Wow64Case{"similar_folder_is_not_exempt", false, true, true,
                  "C:\\Windows\\System32\\spoolers\\a.exe",
                  "C:\\Windows\\SysWOW64\\spoolers\\a.exe", false},
        Wow64Case{"sysnative", false, true, true, "C:\\Windows\\Sysnative\\sub\\a.exe",
                  "C:\\Windows\\System32\\sub\\a.exe", false},
        Wow64Case{"program_files", false, false, false, "\"%ProgramFiles%\\x.exe\"",
                  "C:\\Program Files (x86)\\x.exe", false},
        Wow64Case{"explorer_program_files", true, false, false, "\"%ProgramFiles%\\x.exe\"",
                  "C:\\Program Files\\x.exe", false}),
    [](const auto& test) { return test.param.name; });

TEST(ResolveDll, LooksInSystem32First) {
  ResolverMachine machine;
  machine.add("C:\\Windows\\System32\\scecli.dll").add("C:\\Tools Dir\\evil.dll");
  const ResolverContext context = machine.context();
  EXPECT_EQ(resolve_dll("scecli", context).image, "C:\\Windows\\System32\\scecli.dll");
  EXPECT_EQ(resolve_dll("SCECLI.dll", context).image_existence, Existence::exists);
  const ResolvedCommand outside = resolve_dll("evil.dll", context);
  EXPECT_EQ(outside.image, "C:\\Tools Dir\\evil.dll");
  EXPECT_TRUE(outside.has_flag("outside_system32"));
  const ResolvedCommand missing = resolve_dll("nope", context);
  EXPECT_EQ(missing.image, "nope");
  EXPECT_EQ(missing.image_existence, Existence::missing);
  EXPECT_EQ(resolve_dll("\"C:\\Tools Dir\\evil\"", context).image, "C:\\Tools Dir\\evil.dll");
  EXPECT_EQ(resolve_dll("%SystemRoot%\\system32\\scecli.dll", context).image_existence,
            Existence::exists);
  EXPECT_EQ(resolve_dll("name.with.dots", context).image, "name.with.dots");
  EXPECT_EQ(resolve_dll("", context).image, "");
}

TEST(ResolveDll, A32BitLoaderSeesSysWow64) {
  ResolverMachine machine;
  machine.add("C:\\Windows\\System32\\a.dll").add("C:\\Windows\\SysWOW64\\a.dll");
  ResolverContext context = machine.context();
  context.wow64 = true;
  context.shell_execute = false;
  EXPECT_EQ(resolve_dll("a.dll", context).image, "C:\\Windows\\SysWOW64\\a.dll");
  EXPECT_FALSE(resolve_dll("a.dll", context).has_flag("outside_system32"));
  EXPECT_EQ(resolve_dll("C:\\Windows\\system32\\a.dll", context).image,
            "C:\\Windows\\SysWOW64\\a.dll");
}

struct ListCase {
  const char* text;
  bool spaces;
  std::vector<std::string> elements;
};
class CommandList : public TestWithParam<ListCase> {};
TEST_P(CommandList, Splits) {
  EXPECT_EQ(split_command_list(GetParam().text, GetParam().spaces), GetParam().elements);
}
INSTANTIATE_TEST_SUITE_P(
    , CommandList,
    testing::Values(
        ListCase{
            "C:\\Windows\\system32\\userinit.exe,", false, {"C:\\Windows\\system32\\userinit.exe"}},
        ListCase{"C:\\Windows\\system32\\userinit.exe, \"C:\\a,b\\x.exe\" -q , y.exe",
                 false,
                 {"C:\\Windows\\system32\\userinit.exe", "\"C:\\a,b\\x.exe\" -q", "y.exe"}},
        ListCase{"a.dll b.dll,c.dll", true, {"a.dll", "b.dll", "c.dll"}},
        ListCase{"\"C:\\a b.dll\" c", true, {"\"C:\\a b.dll\"", "c"}},
        ListCase{"a b", false, {"a b"}}, ListCase{"", false, {}}, ListCase{" ,, , ", true, {}},
        ListCase{"\"open,never closed", false, {"\"open,never closed"}}));

}  // namespace
}  // namespace hozen
