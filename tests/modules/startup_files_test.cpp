// Shortcuts and address files in Startup folders, whatever their form and size, and what a browser
// leaves in RunOnce.
#include <gtest/gtest.h>

#include "collector/module/shortcut.h"
#include "tests/builders/lnk_builder.h"
#include "tests/modules/persistence_cases.h"

namespace hozen {
namespace {

constexpr std::string_view kUserRun =
    "HKU\\alice\\Software\\Microsoft\\Windows\\CurrentVersion\\Run";
constexpr std::string_view kStartup =
    "C:\\Users\\alice\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup\\";

fake::FakeWindows one_user() {
  fake::FakeWindows windows;
  windows.user("alice");
  windows.program("C:\\Program Files\\Vendor\\agent.exe");
  return windows;
}

fake::Entry& shortcut(fake::FakeWindows& windows, std::string_view name,
                      const builders::LnkBytes& bytes) {
  fake::Entry& entry = windows.file(std::string{kStartup} + std::string{name}, "");
  entry.bytes = bytes;
  return entry;
}

TEST(RunKeys, AnAddressFileLeadsToTheAddressOfItsOwnSection) {
  fake::FakeWindows windows = one_user();
  windows.program("C:\\Users\\Public\\evil.exe");
  const std::string address = "[internetshortcut]\r\nURL=file:///C:/Users/Public/evil.exe\r\n";
  windows.file(std::string{kStartup} + "decoy.url",
               "URL=C:\\a.exe\r\n[X]\r\nURL=C:\\Windows\\notepad.exe\r\n" + address);
  windows.file(std::string{kStartup} + "marked.url", "\xEF\xBB\xBF" + address);
  windows.file(std::string{kStartup} + "none.url", "[X]\r\nURL=C:\\Windows\\notepad.exe\r\n");
  const ModuleRun run = run_module(modules::run_keys, windows);
  for (const char* name : {"decoy.url", "marked.url"}) {
    const auto* record = run.context->record({{"path", std::string{kStartup} + name}});
    ASSERT_NE(record, nullptr);
    EXPECT_EQ((*record)["target"], "C:\\Users\\Public\\evil.exe") << name;
  }
  EXPECT_TRUE(run.context->has_collected("C:\\Users\\Public\\evil.exe"));
  const auto* none = run.context->record({{"path", std::string{kStartup} + "none.url"}});
  ASSERT_NE(none, nullptr);
  EXPECT_EQ((*none)["target"], std::string{kStartup} + "none.url");
}

TEST(RunKeys, AShortcutIsReadHoweverMuchStandsBehindIt) {
  fake::FakeWindows windows = one_user();
  windows.program("C:\\Users\\Public\\evil.exe");
  auto link = builders::LnkBuilder{}
                  .local_path("C:\\Windows\\System32\\cmd.exe")
                  .arguments("/c C:\\Users\\Public\\evil.exe")
                  .bytes();
  const std::size_t end = link.size();
  link.resize(kMaxShortcutBytes + 4096, std::byte{0x4D});
  shortcut(windows, "padded.lnk", link);
  const std::string address = "[InternetShortcut]\r\nURL=file:///C:/Users/Public/evil.exe\r\n";
  windows.file(std::string{kStartup} + "padded.url", address + std::string(kMaxShortcutBytes, ';'));
  const ModuleRun run = run_module(modules::run_keys, windows);
  for (const char* name : {"padded.lnk", "padded.url"}) {
    const auto* record = run.context->record({{"path", std::string{kStartup} + name}});
    ASSERT_NE(record, nullptr);
    EXPECT_EQ((*record)["target"], "C:\\Users\\Public\\evil.exe") << name;
  }
  const std::string behind = std::to_string(link.size() - end) + " bytes";
  int found = 0;
  for (const auto& finding : run.context->findings) {
    EXPECT_EQ(finding.rule, "run_keys.shortcut_payload");
    EXPECT_GE(severity_of(finding), Severity::medium);
    for (const auto& why : finding.why) found += why.fact.find(behind) != std::string::npos;
  }
  EXPECT_EQ(found, 1) << fake::summary_of(run.context->findings);
  EXPECT_EQ(run.context->findings.size(), 2u);
}

TEST(RunKeys, AShortcutOfUsualSizeCarriesNothing) {
  fake::FakeWindows windows = one_user();
  shortcut(windows, "icons.lnk",
           builders::LnkBuilder{}
               .local_path("C:\\Program Files\\Vendor\\agent.exe")
               .block(0xA0000009, builders::LnkBytes(60'000))
               .bytes());
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_EQ(fake::summary_of(run.context->findings), "");
}

TEST(RunKeys, ABrowserThatAskedToBeStartedAgainIsLow) {
  const std::string edge = "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe";
  const std::string flags = " --flag-switches-begin --flag-switches-end --restore-last-session " +
                            std::string(250, '-') + " --single-argument https://www.example/news";
  struct Case {
    const char* name;
    std::string command;
    Severity severity;
  };
  const Case cases[] = {
      {"Application Restart #0", edge + flags, Severity::low},
      {"Application Restart #12", '"' + edge + '"' + flags, Severity::low},
      {"Updater", edge + flags, Severity::medium},
      {"Application Restart #0", "C:\\Users\\Public\\msedge.exe" + flags, Severity::high},
      {"Application Restart #0", "\"C:\\Program Files\\Vendor\\agent.exe\"" + flags,
       Severity::medium},
      {"Application Restart #0", edge + " https://www.example/ " + flags, Severity::medium},
      {"Application Restart #0", edge + flags + " --load-extension=C:\\x", Severity::medium},
      {"Application Restart #0", "cmd /c " + edge + flags, Severity::medium},
  };
  for (const Case& one : cases) {
    fake::FakeWindows windows = one_user();
    windows.program(edge);
    windows.program("C:\\Users\\Public\\msedge.exe");
    windows.value(std::string{kUserRun} + "Once", one.name, fake::sz(one.command));
    const ModuleRun run = run_module(modules::run_keys, windows);
    ASSERT_EQ(run.context->findings.size(), 1u) << one.name << one.command;
    EXPECT_EQ(severity_of(run.context->findings[0]), one.severity) << one.name << one.command;
    EXPECT_NE(score_of(run.context->findings[0]), 0);
  }
}

}  // namespace
}  // namespace hozen
