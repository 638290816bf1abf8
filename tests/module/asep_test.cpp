// The language of the table of autostart locations, and the parsers behind its kinds.
#include "collector/module/asep.h"

#include <gtest/gtest.h>

#include "collector/module/asep_elements.h"
#include "collector/module/asep_files.h"
#include "collector/module/class_table.h"
#include "tests/builders/fake_windows.h"

namespace hozen {
namespace {

using Texts = std::vector<std::string>;

TEST(AsepPattern, SplitsAndMultipliesOutWhatSpansComponents) {
  EXPECT_EQ(split_patterns("A\\B;C"), (Texts{"A\\B", "C"}));
  EXPECT_EQ(split_patterns("A{,\\*}"), (Texts{"A\\*", "A"}));
  EXPECT_EQ(split_patterns("{a,b}\\c"), Texts{"{a,b}\\c"});  // alternatives of one component stay
  EXPECT_EQ(split_patterns("CLSID\\{0-1}\\x"), Texts{"CLSID\\{0-1}\\x"});  // a GUID is a name
}

TEST(AsepPattern, MatchesOneComponent) {
  EXPECT_TRUE(matches_component("Run", "RUN"));
  EXPECT_TRUE(matches_component("*", "anything"));
  EXPECT_TRUE(matches_component("CryptSIPDll*", "CryptSIPDllGetSignedDataMsg"));
  EXPECT_TRUE(matches_component("{Logon,Logoff}", "logoff"));
  EXPECT_TRUE(matches_component("[*]", "*"));
  EXPECT_FALSE(matches_component("[*]", "x"));
  EXPECT_FALSE(matches_component("{Logon,Logoff}", "Startup"));
  EXPECT_FALSE(matches_component("Run", "RunOnce"));
}

TEST(AsepPattern, MatchesValueNames) {
  EXPECT_TRUE(matches_value("Load;Run", "run"));
  EXPECT_TRUE(matches_value("@", ""));
  EXPECT_TRUE(matches_value("*", ""));
  EXPECT_TRUE(matches_value("COR_PROFILER_PATH*", "COR_PROFILER_PATH_64"));
  EXPECT_FALSE(matches_value("@;Exec", "Other"));
  EXPECT_FALSE(matches_value("Load;Run", ""));
  EXPECT_TRUE(matches_value("*;!Folder", "Folder2"));
  EXPECT_FALSE(matches_value("*;!Folder;!Other", "folder"));
  EXPECT_FALSE(matches_value("!Folder;*", "FOLDER"));
}

TEST(AsepPattern, KnowsWhatIsWellFormed) {
  for (const auto* good : {"A", "A\\*\\{b,c}", "CLSID\\{0-1}\\x"})
    EXPECT_TRUE(is_key_pattern(good)) << good;
  for (const auto* bad : {"", "\\A", "A\\", "A\\\\B", "A{b", "A}b{", "{a,{b}}"})
    EXPECT_FALSE(is_key_pattern(bad)) << bad;
}

TEST(ClassTables, FindsGuidsInText) {
  constexpr std::string_view kText = "{083863F1-70DE-11D0-BD40-00A0C911CE86}";
  for (const auto* text :
       {"{083863f1-70de-11d0-bd40-00a0c911ce86}", "083863F1-70DE-11D0-BD40-00A0C911CE86",
        " clsid:{083863F1-70DE-11D0-BD40-00A0C911CE86} x",
        "{x} {083863F1-70DE-11D0-BD40-00A0C911CE86}"}) {
    const auto guid = find_guid(text);
    ASSERT_TRUE(guid.has_value()) << text;
    EXPECT_EQ(guid->text(), kText);
  }
  const std::string whole{kText};
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(find_guid(whole.substr(0, length))) << length;
  for (const auto* text : {"", "{}", "{083863F1-70DE-11D0-BD40-00A0C911CE8G}",
                           "{083863F1170DE-11D0-BD40-00A0C911CE86}"})
    EXPECT_FALSE(find_guid(text)) << text;
}

TEST(ClassTables, ReadsServersAndProgramIds) {
  const std::string classes = "HKLM\\SOFTWARE\\Classes\\";
  const std::string guid = "{083863F1-70DE-11D0-BD40-00A0C911CE8";
  fake::FakeWindows windows;
  windows.value(classes + "CLSID\\" + guid + "1}\\InprocServer32", "", fake::sz("one.dll"))
      .value(classes + "CLSID\\" + guid + "2}\\LocalServer32", "", fake::sz("two.exe -x"))
      .value(classes + "CLSID\\" + guid + "3}\\InprocServer32", "",
             fake::sz("C:\\Windows\\System32\\mscoree.dll"))
      .value(classes + "CLSID\\" + guid + "3}\\InprocServer32", "CodeBase",
             fake::sz("file:///C:/x/net.dll"))
      .key(classes + "CLSID\\" + guid + "4}")
      .value(classes + "Vendor.Thing\\CLSID", "", fake::sz(guid + "1}"));
  fake::Machine machine = windows.machine();
  ClassTable table;
  ASSERT_TRUE(machine.registry->each_hive(
      {HiveRole::software},
      [&](RegistryHive& hive) {
        auto key = hive.root->open("Classes");
        table.add_classes(**key);
        table.add_program_ids(**key);
        return true;
      },
      [](const EvidencePath&, HiveRole, const Error&) { FAIL(); }));
  table.finish();
  EXPECT_EQ(table.size(), 3u);
  EXPECT_EQ(table.find(*find_guid(guid + "1}"))->text, "one.dll");
  EXPECT_EQ(table.find(*find_guid(guid + "2}"))->kind, ServerKind::program);
  EXPECT_EQ(table.find(*find_guid(guid + "3}"))->text, "C:\\x\\net.dll");
  EXPECT_FALSE(table.find(*find_guid(guid + "4}")));
  EXPECT_EQ(table.class_of_program_id("VENDOR.thing"), find_guid(guid + "1}"));
  EXPECT_FALSE(table.class_of_program_id("Vendor.Other"));
}

TEST(AsepElements, UnusualServersAreThoseOutsideOfProtectedFolders) {
  const EvidencePath windows = *EvidencePath::parse("C:\\Windows");
  for (const auto* ordinary :
       {"shell32.dll", "C:\\Windows\\System32\\a.dll", "\"C:\\Program Files\\v\\a.exe\" /x",
        "C:\\PROGRA~2\\v\\a.dll", "C:\\Windows\\SysWOW64\\x\\a.dll", ""})
    EXPECT_FALSE(is_unusual_server(ordinary, windows)) << ordinary;
  for (const auto* unusual :
       {"C:\\Users\\a\\x.dll", "\"D:\\x\\a.exe\" -e", "\\\\srv\\x\\a.dll",
        "C:\\Windows\\System32\\spool\\drivers\\color\\a.dll", "C:\\Windows\\Temp\\a.dll"})
    EXPECT_TRUE(is_unusual_server(unusual, windows)) << unusual;
}

TEST(IniSettings, AreReadInBothEncodings) {
  const std::string text =
      "; load=no\r\n[windows]\r\n load = a.exe \r\nrunner=x\nrun=b.exe\r\nshell";
  const std::vector<IniSetting> expected{{"windows", "load", "a.exe"}, {"windows", "run", "b.exe"}};
  EXPECT_EQ(ini_settings(fake::bytes_from(text), "load;run;shell"), expected);
  std::vector<std::byte> wide{std::byte{0xFF}, std::byte{0xFE}};
  for (const char c : text) {
    wide.push_back(static_cast<std::byte>(c));
    wide.push_back(std::byte{0});
  }
  EXPECT_EQ(ini_settings(wide, "load;run;shell"), expected);
  EXPECT_TRUE(ini_settings({}, "load").empty());
}

TEST(FilePatterns, NameUserFolders) {
  EXPECT_TRUE(is_user_pattern("%APPDATA%\\x"));
  EXPECT_TRUE(is_user_pattern("%userprofile%\\x"));
  EXPECT_FALSE(is_user_pattern("%ProgramData%\\x"));
}

TEST(AccountNumber, StandsAtItsOffset) {
  std::vector<std::byte> f(0x34);
  f[0x30] = std::byte{0xF4};
  f[0x31] = std::byte{0x01};
  EXPECT_EQ(account_number(f), 500u);
  f.pop_back();
  EXPECT_FALSE(account_number(f));
}

}  // namespace
}  // namespace hozen
