// Entries whose file follows from something else: the user who logs on, or a shortcut.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/module/rules.h"
#include "tests/builders/lnk_builder.h"
#include "tests/modules/persistence_cases.h"

namespace hozen {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kRun = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run";
const std::string kOfAlice = "C:\\Users\\alice\\AppData\\Roaming\\y.exe";
const std::string kOfBob = "C:\\Users\\bob\\AppData\\Roaming\\y.exe";

fake::FakeWindows machine() {
  fake::FakeWindows windows;
  windows.user("alice");
  windows.user("bob");
  return windows;
}

const fake::Record& only_record(const ModuleRun& run) {
  const auto* record = run.context->record({{"value_name", "V"}});
  EXPECT_NE(record, nullptr);
  static const fake::Record kNone;
  return record != nullptr ? *record : kNone;
}

int score_of_run(const ModuleRun& run) {
  const Finding* finding = run.context->finding("run_keys.writable_location");
  return finding != nullptr ? score_of(*finding) : 0;
}

TEST(FoldersOfUsers, HoldEntriesWithoutAHiveToo) {
  constexpr std::string_view kProfile = "\\Documents\\WindowsPowerShell\\profile.ps1";
  fake::FakeWindows windows = machine();
  fake::FakeWindows old{{.windows_folder = "Windows.old\\Windows"}};
  windows.merge(old);
  for (const std::string folder : {"C:\\Users\\ghost", "C:\\Windows.old\\Users\\older"})
    windows.file(folder + std::string{kProfile}, "iex x");
  const ModuleRun run = run_module(modules::autostarts, windows);
  const auto* ghost = run.context->record({{"path", "C:\\Users\\ghost" + std::string{kProfile}}});
  ASSERT_NE(ghost, nullptr);
  EXPECT_TRUE(run.context->has_collected("C:\\Users\\ghost" + std::string{kProfile}));
  EXPECT_EQ((*ghost)["installation"], "null");
  const auto* older =
      run.context->record({{"path", "C:\\Windows.old\\Users\\older" + std::string{kProfile}}});
  ASSERT_NE(older, nullptr);
  EXPECT_EQ((*older)["installation"], "C:\\Windows.old\\Windows");
}

TEST(MachineEntries, AreResolvedForEachUserWhoseFolderTheyMean) {
  for (const char* command : {"%APPDATA%\\y.exe", "cmd /c start %appdata%\\y.exe",
                              "powershell -c \"& $env:APPDATA\\y.exe\""}) {
    fake::FakeWindows windows = machine();
    windows.program(kOfBob);
    windows.value(kRun, "V", fake::sz(command));
    const ModuleRun run = run_module(modules::run_keys, windows);
    EXPECT_TRUE(run.context->has_collected(kOfBob)) << command;
    EXPECT_THAT(only_record(run).json, HasSubstr("Users\\\\bob\\\\AppData")) << command;
    EXPECT_THAT(only_record(run).json, HasSubstr("as bob")) << command;
    EXPECT_FALSE(run.context->findings.empty()) << command;
  }
}

TEST(MachineEntries, ThatSeveralUsersHaveAreAllPreservedAndJudgedOnce) {
  fake::FakeWindows windows = machine();
  windows.program(kOfBob);
  windows.value(kRun, "V", fake::sz("%APPDATA%\\y.exe"));
  const int score = score_of_run(run_module(modules::run_keys, windows));
  EXPECT_GT(score, 0);
  windows.program(kOfAlice);
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_TRUE(run.context->has_collected(kOfAlice));
  EXPECT_TRUE(run.context->has_collected(kOfBob));
  EXPECT_EQ(score_of_run(run), score);
}

TEST(MachineEntries, OfTheMachineAloneStayAsTheyAre) {
  fake::FakeWindows windows = machine();
  windows.program("C:\\Program Files\\V\\v.exe");
  windows.value(kRun, "V", fake::sz("%ProgramFiles%\\V\\v.exe"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_EQ(only_record(run)["target"], "C:\\Program Files\\V\\v.exe");
  EXPECT_EQ(only_record(run).json.find("as alice"), std::string::npos);
}

TEST(MachineEntries, ThatNoUserHasNameTheUsersPlaceNotTheMachines) {
  fake::FakeWindows windows = machine();
  windows.value(kRun, "V", fake::sz("%TEMP%\\x.exe"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_THAT(only_record(run)["target"], HasSubstr("Users"));
}

TEST(Shortcuts, ThatARunKeyNamesAreFollowed) {
  fake::FakeWindows windows = machine();
  const std::string link = "C:\\Program Files\\V\\x.lnk";
  const auto shortcut = builders::LnkBuilder{}
                            .computer()
                            .drive("C:\\")
                            .local_path("C:\\Users\\Public\\payload.exe")
                            .arguments("-x")
                            .bytes();
  std::string content;
  for (const std::byte byte : shortcut) content += static_cast<char>(byte);
  windows.file(link, content);
  windows.program("C:\\Users\\Public\\payload.exe");
  windows.value(kRun, "V", fake::sz('"' + link + '"'));
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_TRUE(run.context->has_collected(link));
  EXPECT_TRUE(run.context->has_collected("C:\\Users\\Public\\payload.exe"));
  EXPECT_EQ(only_record(run)["target"], link);
  EXPECT_THAT(only_record(run).json_of("other_targets"), HasSubstr("payload.exe"));
  EXPECT_GT(score_of_run(run), 0);
}

TEST(Shortcuts, ThatLeadToShortcutsAreFollowedButNotInCircles) {
  fake::FakeWindows windows = machine();
  const std::string folder = "C:\\Program Files\\V\\";
  const auto link_to = [&](const std::string& name, const std::string& target) {
    windows.file(folder + name, "").bytes =
        builders::LnkBuilder{}.local_path(target).arguments("-" + name).bytes();
  };
  link_to("a.lnk", folder + "b.lnk");
  link_to("b.lnk", "C:\\Users\\Public\\payload.exe");
  link_to("c.lnk", folder + "c.lnk");
  windows.program("C:\\Users\\Public\\payload.exe");
  windows.value(kRun, "V", fake::sz('"' + folder + "a.lnk\""));
  windows.value(kRun, "W", fake::sz('"' + folder + "c.lnk\""));
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_TRUE(run.context->has_collected("C:\\Users\\Public\\payload.exe"));
  EXPECT_THAT(only_record(run).json_of("other_targets"), HasSubstr("payload.exe"));
}

TEST(Shortcuts, ThatCannotBeReadAreAProblem) {
  fake::FakeWindows windows = machine();
  const std::string link = "C:\\Program Files\\V\\x.lnk";
  windows.file(link, "no shortcut");
  windows.value(kRun, "V", fake::sz('"' + link + '"'));
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_FALSE(run.context->notes.empty());
}

TEST(Debugger, IsReadWhateverTypeItsValueHas) {
  fake::FakeWindows windows = machine();
  std::vector<std::byte> text;
  for (const char c : std::string{"cmd.exe"}) {
    text.push_back(static_cast<std::byte>(c));
    text.push_back(std::byte{0});
  }
  windows.value(
      "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution "
      "Options\\osk.exe",
      "Debugger", fake::binary(text));
  const ModuleRun run = run_module(modules::autostarts, windows);
  const Finding* finding = run.context->finding("autostarts.accessibility_debugger");
  ASSERT_NE(finding, nullptr);
  EXPECT_GE(severity_of(*finding), Severity::high);
}

TEST(ShortNames, OfProgramFilesAreNoUnusualFolder) {
  const EvidencePath windows = EvidencePath{"C:"} / "Windows";
  for (const char* path : {"C:\\PROGRA~1\\V\\v.exe", "C:\\progra~2\\V\\v.exe"}) {
    EXPECT_EQ(writable_because(*EvidencePath::parse(path), windows), std::nullopt) << path;
    EXPECT_TRUE(is_program_files(*EvidencePath::parse(path), windows)) << path;
  }
  EXPECT_NE(writable_because(*EvidencePath::parse("C:\\EVIL~1\\v.exe"), windows), std::nullopt);
}

}  // namespace
}  // namespace hozen
