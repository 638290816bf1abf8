// Shortcuts whose parts name different targets, and those whose parts only write one differently.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/module/shortcut.h"
#include "tests/builders/lnk_builder.h"
#include "tests/modules/persistence_cases.h"

namespace hozen {
namespace {

using builders::LnkBuilder;
using ::testing::HasSubstr;

constexpr std::uint32_t kEnvironment = 0xA0000001, kInstaller = 0xA0000006;
const std::string kStartup =
    "C:\\Users\\alice\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup\\";
const std::string kEvil = "C:\\Users\\Public\\evil.exe";
const std::string kNotepad = "C:\\Windows\\notepad.exe";

fake::FakeWindows machine() {
  fake::FakeWindows windows;
  windows.user("alice");
  windows.program(kNotepad);
  windows.program("C:\\Program Files\\Vendor\\agent.exe");
  return windows;
}

void add(fake::FakeWindows& windows, const std::string& name, const LnkBuilder& link) {
  windows.file(kStartup + name, "").bytes = link.bytes();
}

/// An ID list of folders and, last, a file.
LnkBuilder listed(LnkBuilder link, const std::vector<std::string>& path) {
  link.computer().drive("C:\\");
  for (std::size_t i = 0; i < path.size(); ++i)
    link.file({.short_name = "x", .long_name = path[i], .directory = i + 1 < path.size()});
  return link;
}

LnkBuilder with_environment(LnkBuilder link, const std::string& text, std::uint32_t flags) {
  return link.flags(flags).text_block(kEnvironment, text, text);
}

const Finding* difference(const ModuleRun& run) {
  return run.context->finding("run_keys.shortcut_targets_differ");
}

TEST(ShortcutTargets, ThatDifferAreAllRecordedPreservedAndJudged) {
  const auto to_notepad = LnkBuilder{}.local_path(kNotepad);
  const std::pair<std::string, LnkBuilder> cases[] = {
      {"id_list: " + kEvil, listed(to_notepad, {"Users", "Public", "evil.exe"})},
      {"environment: %PUBLIC%\\\\evil.exe",
       with_environment(to_notepad, "%PUBLIC%\\evil.exe", link_flag::kHasExpString)},
      {"environment: %PUBLIC%\\\\evil.exe",
       with_environment(listed(to_notepad, {"Windows", "notepad.exe"}), "%PUBLIC%\\evil.exe", 0)},
      {"vista_id_list: " + kEvil,
       listed(LnkBuilder{}.local_path(kNotepad), {"Users", "Public", "evil.exe"}).list_block()},
  };
  for (const auto& [target, link] : cases) {
    fake::FakeWindows windows = machine();
    windows.program(kEvil);
    add(windows, "x.lnk", link);
    const ModuleRun run = run_module(modules::run_keys, windows);
    EXPECT_TRUE(run.context->has_collected(kEvil)) << target;
    EXPECT_TRUE(run.context->has_collected(kNotepad)) << target;
    const Finding* finding = difference(run);
    ASSERT_NE(finding, nullptr) << target << fake::summary_of(run.context->findings);
    EXPECT_GE(severity_of(*finding), Severity::medium) << target;
    const auto* record = run.context->record({{"path", kStartup + "x.lnk"}});
    ASSERT_NE(record, nullptr);
    EXPECT_THAT(record->json_of("shortcut_targets"), HasSubstr("evil.exe")) << target;
    EXPECT_THAT(record->json_of("shortcut_targets"), HasSubstr("notepad.exe")) << target;
  }
}

TEST(ShortcutTargets, WindowsLooksAtTheEnvironmentThenAtTheIdList) {
  fake::FakeWindows windows = machine();
  windows.program(kEvil);
  const auto to_notepad = LnkBuilder{}.local_path(kNotepad);
  add(windows, "list.lnk", listed(to_notepad, {"Users", "Public", "evil.exe"}));
  add(windows, "gone.lnk", listed(to_notepad, {"Users", "Public", "gone.exe"}));
  add(windows, "first.lnk",
      with_environment(listed(to_notepad, {"Windows", "notepad.exe"}), "%PUBLIC%\\evil.exe",
                       link_flag::kHasExpString));
  const ModuleRun run = run_module(modules::run_keys, windows);
  const std::pair<const char*, std::string> cases[] = {
      {"list.lnk", kEvil}, {"gone.lnk", kNotepad}, {"first.lnk", kEvil}};
  for (const auto& [name, target] : cases) {
    const auto* record = run.context->record({{"path", kStartup + name}});
    ASSERT_NE(record, nullptr);
    EXPECT_EQ((*record)["target"], target) << name;
    EXPECT_EQ((*record)["image"], target) << name;
  }
}

TEST(ShortcutTargets, WrittenDifferentlyAreOne) {
  const std::string agent = "C:\\Program Files\\Vendor\\agent.exe";
  const std::vector<std::string> parts = {"Program Files", "Vendor", "agent.exe"};
  const std::pair<const char*, LnkBuilder> cases[] = {
      {"case.lnk", listed(LnkBuilder{}.local_path("c:\\PROGRAM FILES\\vendor\\AGENT.EXE"), parts)},
      {"short.lnk", listed(LnkBuilder{}.local_path("C:\\PROGRA~1\\Vendor\\agent.exe"), parts)},
      {"variable.lnk",
       with_environment(listed(LnkBuilder{}.local_path(agent), parts),
                        "%ProgramFiles%\\Vendor\\agent.exe", link_flag::kHasExpString)},
      {"unknown.lnk",
       with_environment(listed(LnkBuilder{}.local_path(agent), parts),
                        "%VendorRoot%\\Vendor\\agent.exe", link_flag::kHasExpString)},
      {"moved.lnk", listed(LnkBuilder{}.local_path("D:\\Old\\agent.exe"), parts)},
      {"updated.lnk", listed(LnkBuilder{}.local_path("C:\\Program Files\\Old\\agent.exe"), parts)},
      {"mapped.lnk", LnkBuilder{}
                         .computer()
                         .drive("Z:\\")
                         .file({"A", "agent.exe"})
                         .share("\\\\server\\share", "Z:", "agent.exe")},
      {"shared.lnk", listed(LnkBuilder{}
                                .local_path("C:\\Program Files\\Vendor\\", "agent.exe")
                                .share("\\\\pc\\programs", "", "agent.exe"),
                            parts)},
      {"root.lnk", LnkBuilder{}.computer().drive("C:\\").local_path(agent)},
      {"installer.lnk", listed(LnkBuilder{}.local_path(agent), parts)
                            .text_block(kInstaller, "w_1^VX!!!!", "w_1^VX!!!!")
                            .relative_path("..\\other.exe")},
  };
  for (const auto& [name, link] : cases) {
    fake::FakeWindows windows = machine();
    add(windows, name, link);
    const ModuleRun run = run_module(modules::run_keys, windows);
    EXPECT_EQ(difference(run), nullptr) << name << fake::summary_of(run.context->findings);
    for (const auto& finding : run.context->findings)
      EXPECT_LT(severity_of(finding), Severity::medium) << name << finding.subject;
  }
}

TEST(ShortcutTargets, OfTheSameNameInTwoFoldersWeighLess) {
  fake::FakeWindows windows = machine();
  windows.program("C:\\Program Files\\Vendor 2\\agent.exe");
  add(windows, "two.lnk",
      listed(LnkBuilder{}.local_path("C:\\Program Files\\Vendor\\agent.exe"),
             {"Program Files", "Vendor 2", "agent.exe"}));
  const ModuleRun run = run_module(modules::run_keys, windows);
  ASSERT_NE(difference(run), nullptr);
  EXPECT_EQ(severity_of(*difference(run)), Severity::low);
}

TEST(ShortcutTargets, AShareThatOnlyTheIdListNamesIsNoMappedDrive) {
  fake::FakeWindows windows = machine();
  add(windows, "share.lnk",
      LnkBuilder{}.network("\\\\198.51.100.7\\s").file({"N", "notepad.exe"}).local_path(kNotepad));
  EXPECT_NE(difference(run_module(modules::run_keys, windows)), nullptr);
}

TEST(ShortcutTargets, OfAnAddressFileAreItsSectionsAddresses) {
  fake::FakeWindows windows = machine();
  windows.program(kEvil);
  const auto address = [](const std::string& section, const std::string& text) {
    return "[" + section + "]\r\nURL=" + text + "\r\n";
  };
  windows.file(kStartup + "two.url",
               address("InternetShortcut", kNotepad) + address("InternetShortcut.W", kEvil));
  windows.file(kStartup + "one.url",
               address("InternetShortcut", "https://www.example/?") +
                   address("InternetShortcut.W", "https://www.example/+MEI-"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_TRUE(run.context->has_collected(kEvil));
  ASSERT_NE(difference(run), nullptr);
  EXPECT_THAT(difference(run)->subject, HasSubstr("two.url"));
  for (const auto& finding : run.context->findings) {
    if (finding.subject.find("one.url") == std::string::npos) continue;
    EXPECT_NE(finding.rule, "run_keys.shortcut_targets_differ");
  }
  const auto* one = run.context->record({{"path", kStartup + "one.url"}});
  ASSERT_NE(one, nullptr);
  EXPECT_THAT(one->json_of("shortcut_targets"), HasSubstr("https://www.example/\u3042"));
}

TEST(ShortcutTargets, ThatARunKeysShortcutNamesAreComparedToo) {
  fake::FakeWindows windows = machine();
  windows.program(kEvil);
  const std::string file = "C:\\Program Files\\Vendor\\x.lnk";
  windows.file(file, "").bytes =
      listed(LnkBuilder{}.local_path(kNotepad), {"Users", "Public", "evil.exe"}).bytes();
  windows.value("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run", "V",
                fake::sz('"' + file + '"'));
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_NE(difference(run), nullptr) << fake::summary_of(run.context->findings);
  EXPECT_TRUE(run.context->has_collected(kEvil));
}

}  // namespace
}  // namespace hozen
