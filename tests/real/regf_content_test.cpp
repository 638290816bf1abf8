// What EXPECTATIONS.md 1a says of the hives themselves.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <span>

#include "collector/base/sid.h"
#include "collector/base/text.h"
#include "collector/formats/regf.h"
#include "tests/formats/regf_walk.h"
#include "tests/real/real_evidence.h"

namespace hozen::regf {
namespace {

class RegfReal : public real::RealEvidence {
 protected:
  std::unique_ptr<Hive> open(std::string_view name, const std::vector<std::string>& logs = {}) {
    std::vector<Log> read;
    for (const std::string& log : logs) read.push_back({real::evidence("hives/" + log), log});
    return open_hive(real::evidence("hives/" + std::string{name}), std::move(read));
  }
};

std::string text_of(const Key& key, std::string_view name) {
  const auto value = key.value(name);
  return value ? wtf8_from_utf16le(Bytes{value->data}, true) : "(absent)";
}

std::map<std::uint32_t, std::uint64_t> types_of(const Hive& hive) {
  std::map<std::uint32_t, std::uint64_t> types;
  const auto visit = [&](const auto& self, const Key& key) -> void {
    key.visit_values([&](const ValueView& value) { return ++types[value.type] != 0; });
    key.each_subkey([&](const Key& subkey) {
      self(self, subkey);
      return true;
    });
  };
  visit(visit, *hive.root());
  return types;
}

/// Keys by path, their times and what of their values the peer compares: (name, data) without those
/// whose data is nothing (0, "", no bytes); each string of a list by itself.
struct KeyContent {
  FileTime last_written{};
  std::set<std::pair<std::string, std::string>> values{};
};
using Content = std::map<std::string, KeyContent>;

void add_value(KeyContent& key, const Value& value) {
  const Bytes data{value.data};
  const bool is_number = value.type == 4 || value.type == 5 || value.type == 11;
  const bool is_zero = std::all_of(value.data.begin(), value.data.end(),
                                   [](std::byte b) { return b == std::byte{0}; });
  if (value.type == 7) {
    std::string text = wtf8_from_utf16le(data);
    for (std::size_t end = 0; (end = text.find('\0')) != std::string::npos; text.erase(0, end + 1))
      if (end != 0) key.values.insert({value.name, text.substr(0, end)});
  } else if (value.type == 1 || value.type == 2) {
    const std::string text = wtf8_from_utf16le(data, true);
    if (!text.empty()) key.values.insert({value.name, text});
  } else if (!data.empty() && !(is_number && is_zero)) {
    key.values.insert({value.name, std::string{data.chars()}});
  }
}

Content content_of(const Hive& hive) {
  Content content;
  const auto visit = [&](const auto& self, const Key& key) -> void {
    KeyContent& here = content[fold_case(key.path())];
    here.last_written = key.last_written();
    key.each_value([&](const Value& value) {
      add_value(here, value);
      return true;
    });
    key.each_subkey([&](const Key& subkey) {
      self(self, subkey);
      return true;
    });
  };
  visit(visit, *hive.root());
  return content;
}

/// How the peer counts: keys that one of the two has, and values of keys of different times whose
/// name one of the two has.
struct Differences {
  std::size_t keys = 0;
  std::size_t values = 0;
};

std::size_t values_only_in(const KeyContent& one, const KeyContent& other) {
  std::set<std::string> names;
  for (const auto& [name, data] : other.values) names.insert(name);
  return static_cast<std::size_t>(
      std::count_if(one.values.begin(), one.values.end(),
                    [&](const auto& value) { return !names.contains(value.first); }));
}

Differences differences(const Content& before, const Content& after) {
  Differences result;
  for (const auto& [path, key] : before) result.keys += after.contains(path) ? 0u : 1u;
  for (const auto& [path, key] : after) {
    const auto old = before.find(path);
    if (old == before.end())
      ++result.keys;
    else if (old->second.last_written != key.last_written)
      result.values += values_only_in(old->second, key) + values_only_in(key, old->second);
  }
  return result;
}

/// Writes the pages of every entry of a log, whatever its sequence.
void write_pages(std::vector<std::byte>& hive, const std::vector<std::byte>& log) {
  const Bytes file{log};
  for (std::uint64_t at = 512; file.tail(at).head(4).chars() == "HvLE";) {
    const std::uint32_t pages = *file.get<std::uint32_t>(at + 20);
    std::uint64_t data = at + 40 + std::uint64_t{pages} * 8;
    for (std::uint64_t i = 0; i < pages; ++i) {
      const std::uint64_t offset = kBaseBlockBytes + *file.get<std::uint32_t>(at + 40 + 8 * i);
      const std::uint32_t size = *file.get<std::uint32_t>(at + 44 + 8 * i);
      if (hive.size() < offset + size) hive.resize(offset + size);
      const auto page = file.tail(data).head(size).span();
      std::copy(page.begin(), page.end(), hive.begin() + static_cast<std::ptrdiff_t>(offset));
      data += size;
    }
    std::copy_n(log.begin() + static_cast<std::ptrdiff_t>(at) + 16, 4, hive.begin() + 40);
    at += *file.get<std::uint32_t>(at + 4);
  }
}

TEST_F(RegfReal, NtuserOfVibranium) {
  const auto hive = open("regipy/NTUSER.DAT.xz");
  EXPECT_EQ(hive->state(), State::clean);
  EXPECT_EQ(hive->base_block().bins_size, 733184u);
  EXPECT_EQ(hive->effective_bins_size(), 733184u);
  EXPECT_EQ(hive->base_block().checksum, 476614345u);
  const auto root = *hive->root();
  EXPECT_EQ(root.name(), "CMI-CreateHive{6A1C4018-979D-4291-A7DC-7AED1C75B67C}");
  EXPECT_EQ(subkeys_of(root).size(), 11u);
  const std::map<std::uint32_t, std::uint64_t> expected{{0, 141},  {1, 1636}, {2, 93}, {3, 531},
                                                        {4, 1336}, {7, 303},  {11, 54}};
  EXPECT_EQ(types_of(*hive), expected);
  const auto run = root.find("Software\\Microsoft\\Windows\\CurrentVersion\\Run");
  ASSERT_TRUE(run);
  EXPECT_EQ(run->last_written().iso8601().substr(0, 26), "2012-04-03T21:19:54.837716");
  EXPECT_EQ(run->value("Sidebar")->type, 2u);
  EXPECT_EQ(text_of(*run, "Sidebar"), "%ProgramFiles%\\Windows Sidebar\\Sidebar.exe /autoRun");
  EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
}

TEST_F(RegfReal, SecurityOfTheRunKey) {
  const auto hive = open("regipy/NTUSER.DAT.xz");
  const auto run = hive->root()->find("Software\\Microsoft\\Windows\\CurrentVersion\\Run");
  const auto descriptor = run->security_descriptor();
  ASSERT_TRUE(descriptor);
  const std::uint32_t owner = *descriptor->get<std::uint32_t>(4);
  const std::uint32_t dacl = *descriptor->get<std::uint32_t>(16);
  EXPECT_EQ(*parse_sid(descriptor->tail(owner)), "S-1-5-18");
  const std::uint16_t entries = *descriptor->get<std::uint16_t>(dacl + 4);
  EXPECT_EQ(entries, 4u);
  std::vector<std::string> sids;
  std::uint64_t at = dacl + 8;
  for (int i = 0; i < entries; ++i) {
    sids.push_back(*parse_sid(descriptor->tail(at + 8)));
    at += *descriptor->get<std::uint16_t>(at + 2);
  }
  EXPECT_TRUE(sids[0].ends_with("-1673")) << sids[0];
  EXPECT_EQ(sids[1], "S-1-5-18");
  EXPECT_EQ(sids[2], "S-1-5-32-544");
  EXPECT_EQ(sids[3], "S-1-5-12");
}

TEST_F(RegfReal, NtuserModifiedAgainstTheOriginal) {
  const auto before = open("regipy/NTUSER.DAT.xz");
  const auto after = open("regipy/NTUSER_modified.DAT.xz");
  const Differences difference = differences(content_of(*before), content_of(*after));
  EXPECT_EQ(difference.keys, 6u);
  EXPECT_EQ(difference.values, 1u);
  const auto run = after->root()->find("Software\\Microsoft\\Windows\\CurrentVersion\\Run");
  EXPECT_EQ(text_of(*run, "not_a_malware"), "c:\\temp\\legitimate_binary.exe");
  EXPECT_EQ(run->last_written().iso8601().substr(0, 23), "2019-02-11T19:45:25.516");
}

TEST_F(RegfReal, ADirtyHiveWithoutLogsIsReadAndSaidToBeDirty) {
  const auto hive = open("regipy/NTUSER_with_winscp.DAT.xz");
  EXPECT_EQ(hive->state(), State::dirty);
  EXPECT_FALSE(hive->replay());
  EXPECT_EQ(hive->base_block().sequence1, 5161u);
  EXPECT_EQ(hive->base_block().sequence2, 5160u);
  const auto root = *hive->root();
  EXPECT_EQ(subkeys_of(*root.find("Software\\Sysinternals")).size(), 62u);
  const auto run = root.find("Software\\Microsoft\\Windows\\CurrentVersion\\Run");
  EXPECT_EQ(tree_of(*hive)[run->path()].size(), 5u);
  EXPECT_TRUE(run->value(""));
  EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
}

TEST_F(RegfReal, SystemOfWindows7) {
  const auto hive = open("regipy/SYSTEM.xz");
  const auto root = *hive->root();
  ASSERT_TRUE(root.find("ControlSet001\\Services"));
  EXPECT_EQ(root.find("ControlSet001\\Services")->name(), "services");
  EXPECT_EQ(root.find("ControlSet001\\Services")->stated_subkeys(), 467u);
  EXPECT_EQ(root.find("ControlSet002\\Services")->stated_subkeys(), 466u);
  EXPECT_EQ(subkeys_of(*root.find("ControlSet001\\Services")).size(), 467u);
  EXPECT_EQ(
      text_of(*root.find("ControlSet001\\Control\\ComputerName\\ComputerName"), "ComputerName"),
      "WKS-WIN732BITA");
  EXPECT_EQ(
      text_of(*root.find("ControlSet002\\Control\\ComputerName\\ComputerName"), "ComputerName"),
      "WIN-V5T3CSP8U4H");
  EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
}

TEST_F(RegfReal, BothLogsOfSystemB) {
  const auto before = open("regipy/SYSTEM_B.xz");
  EXPECT_EQ(before->state(), State::dirty);
  EXPECT_EQ(before->root()->find("ControlSet001\\Services")->stated_subkeys(), 655u);
  const Content old = content_of(*before);
  const std::vector<std::vector<std::string>> orders{
      {"regipy/SYSTEM_B.LOG1.xz", "regipy/SYSTEM_B.LOG2.xz"},
      {"regipy/SYSTEM_B.LOG2.xz", "regipy/SYSTEM_B.LOG1.xz"}};
  for (const auto& logs : orders) {
    const auto after = open("regipy/SYSTEM_B.xz", logs);
    EXPECT_EQ(after->state(), State::replayed);
    ASSERT_TRUE(after->replay());
    EXPECT_EQ(after->replay()->pages_applied, 315u);
    EXPECT_EQ(after->replay()->logs_used, 2u);
    EXPECT_EQ(after->replay()->last_sequence, 2130u);
    EXPECT_EQ(differences(old, content_of(*after)).keys, 2472u);
    EXPECT_EQ(after->problem_count(), 0u) << problem_text(*after);
  }
}

// The table has 2458 new keys where we have 2472. Its peer writes the pages of LOG2 (entries 2111
// to 2130) first and those of LOG1 (2107 to 2110) over them. Done so, the count is the table's, and
// the hive is broken; in the order of the sequences it is whole. (So its count of values, 53, is
// that of a broken tree too.)
TEST_F(RegfReal, LogsOfSystemBInTheWrongOrderBreakTheHive) {
  auto bytes = real::evidence("hives/regipy/SYSTEM_B.xz");
  const Content old = content_of(*open_hive(bytes));
  write_pages(bytes, real::evidence("hives/regipy/SYSTEM_B.LOG2.xz"));
  write_pages(bytes, real::evidence("hives/regipy/SYSTEM_B.LOG1.xz"));
  const auto broken = open_hive(bytes);
  EXPECT_EQ(differences(old, content_of(*broken)).keys, 2458u);
  EXPECT_TRUE(has_problem(*broken, "subkey list", Errc::malformed));
  EXPECT_GT(broken->problem_count(), 10u);
}

TEST_F(RegfReal, TheFirstLogOfTransactionsNtuser) {
  const auto before = open("regipy/transactions_NTUSER.DAT.xz");
  EXPECT_EQ(before->state(), State::dirty);
  const auto after =
      open("regipy/transactions_NTUSER.DAT.xz", {"regipy/transactions_ntuser.dat.log1.xz"});
  ASSERT_TRUE(after->replay());
  EXPECT_EQ(after->replay()->pages_applied, 132u);
  const Differences difference = differences(content_of(*before), content_of(*after));
  EXPECT_EQ(difference.keys, 527u);
  EXPECT_EQ(difference.values, 60u);
  const auto international = after->root()->find("Control Panel\\International");
  EXPECT_EQ(subkeys_of(*international),
            (std::vector<std::string>{"Geo", "User Profile", "User Profile System Backup",
                                      "\xF0\x9F\x8C\x8E\xF0\x9F\x8C\x8F\xF0\x9F\x8C\x8D"}));
  // The second log is older than the hive: giving it changes nothing.
  const auto with_both =
      open("regipy/transactions_NTUSER.DAT.xz",
           {"regipy/transactions_ntuser.dat.log1.xz", "regipy/transactions_ntuser.dat.log2.xz"});
  EXPECT_EQ(with_both->bytes(), after->bytes());
}

TEST_F(RegfReal, AmcacheOfRegipy) {
  const auto hive = open("regipy/amcache.hve.xz");
  const std::map<std::uint32_t, std::uint64_t> expected{
      {1, 14433}, {3, 56}, {4, 1656}, {7, 140}, {11, 1254}};
  EXPECT_EQ(types_of(*hive), expected);
  EXPECT_EQ(hive->root()->find("Root\\Programs")->stated_subkeys(), 26u);
  EXPECT_EQ(hive->root()->find("Root\\InventoryApplicationFile")->stated_subkeys(), 247u);
}

TEST_F(RegfReal, AmcacheOfPlasoAndOfTheAttackedHost) {
  EXPECT_EQ(open("plaso/win10-Amcache.hve")
                ->root()
                ->find("Root\\InventoryApplicationFile")
                ->stated_subkeys(),
            30u);
  const std::string host = "../amcache/museum/Win10/APTSimulatorVM/Amcache.hve";
  const auto before = open(host);
  EXPECT_EQ(before->state(), State::dirty);
  EXPECT_EQ(before->root()->find("Root\\InventoryApplicationFile")->stated_subkeys(), 123u);
  const auto after = open(host, {host + ".LOG1", host + ".LOG2"});
  EXPECT_EQ(after->state(), State::replayed);
  EXPECT_EQ(after->replay()->entries_applied, 4u);
  EXPECT_EQ(after->replay()->last_sequence, 39u) << "an entry of an earlier round lies behind";
  const auto server = open("../amcache/museum/Win2012R2/StolenSzechuan/Amcache.hve");
  EXPECT_EQ(server->state(), State::clean);
  EXPECT_EQ(server->root()->find("Root\\Programs")->stated_subkeys(), 3u);
}

TEST_F(RegfReal, AutostartsOfPlasosUsers) {
  const std::string current = "Software\\Microsoft\\Windows\\CurrentVersion\\";
  const auto tests = open("plaso/NTUSER-RunTests.DAT");
  const auto run = *tests->root()->find(current + "Run");
  const auto once = *tests->root()->find(current + "RunOnce");
  EXPECT_TRUE(run.value("Sidebar"));
  EXPECT_EQ(text_of(once, "mctadmin"), "C:\\Windows\\System32\\mctadmin.exe");
  EXPECT_EQ(run.last_written().iso8601(), "2012-04-05T17:03:53.9920616Z");
  EXPECT_EQ(once.last_written(), run.last_written());
  const auto win7 = open("plaso/NTUSER-WIN7.DAT");
  const auto run7 = *win7->root()->find(current + "Run");
  EXPECT_TRUE(run7.value("Google Update"));
  EXPECT_TRUE(run7.value("Skype"));
  EXPECT_EQ(run7.last_written().iso8601(), "2011-08-25T21:51:37.6819287Z");
}

TEST_F(RegfReal, ADamagedSubkeyListLosesOneKey) {
  EXPECT_EQ(tree_of(*open("plaso/100_sub_keys.hiv")).size(), 101u);
  const auto hive = open("plaso/corrupt_sub_key_list.hiv");
  EXPECT_EQ(tree_of(*hive).size(), 100u);
  EXPECT_EQ(hive->problem_count(), 1u) << problem_text(*hive);
}

TEST_F(RegfReal, ACorruptedSystemHiveStillGivesItsServices) {
  const auto hive = open("regipy/corrupted_system_hive.xz");
  EXPECT_EQ(hive->state(), State::corrupt);
  const auto services = hive->root()->find("ControlSet001\\Services");
  ASSERT_TRUE(services);
  ASSERT_FALSE(subkeys_of(*services).empty());
  EXPECT_EQ(subkeys_of(*services).front(), "Abiosdsk");
  const auto first = *services->subkey("Abiosdsk");
  EXPECT_EQ(first.last_written().iso8601(), "2008-10-21T17:48:29.3281250Z")
      << "the table's peer rounds to ...124";
  EXPECT_EQ(text_of(first, "Group"), "Primary disk");
  const std::map<std::string, std::uint32_t> numbers{
      {"ErrorControl", 0}, {"Start", 4}, {"Tag", 3}, {"Type", 1}};
  for (const auto& [name, number] : numbers)
    EXPECT_EQ(Bytes{first.value(name)->data}.get<std::uint32_t>(0), number) << name;
  EXPECT_GT(read_everything(*hive), 1000u);
  EXPECT_GT(hive->problem_count(), 0u);
}

TEST_F(RegfReal, ABootConfiguration) {
  const auto hive = open("regipy/BCD.xz");
  std::multiset<std::string> descriptions;
  hive->root()->find("Objects")->each_subkey([&](const Key& object) {
    if (const auto element = object.find("Elements\\12000004"))
      descriptions.insert(text_of(*element, "Element"));
    return true;
  });
  for (const std::string_view name : {"Linux Boot Manager", "UEFI OS", "Windows Resume Application",
                                      "Windows 10", "Windows Recovery Environment"})
    EXPECT_TRUE(descriptions.contains(std::string{name})) << name;
  EXPECT_EQ(descriptions.count("Windows Boot Manager"), 2u);
}

TEST_F(RegfReal, TheDefaultUserOfWindows10) {
  const auto hive = open("artemis/NTUSER.DAT");
  EXPECT_EQ(hive->base_block().sequence1, 20u);
  EXPECT_EQ(hive->base_block().last_written.ticks, 0u);
  EXPECT_EQ(hive->effective_bins_size(), 196608u);
  const std::string current = "Software\\Microsoft\\Windows\\CurrentVersion\\";
  EXPECT_TRUE(hive->root()->find(current + "Run")->value("OneDriveSetup"));
  EXPECT_TRUE(hive->root()->find(current + "RunOnce")->value("WAB Migrate"));
}

TEST_F(RegfReal, ACyclicHiveEndsWithAProblem) {
  const auto hive = open("artemis/NTUSER_Bad.DAT");
  const auto tree = tree_of(*hive);
  EXPECT_TRUE(has_problem(*hive, "key of another parent", Errc::malformed));
  // All of the sound copy but the subtree whose place in the list the cycle took.
  auto sound = tree_of(*open("artemis/NTUSER.DAT"));
  std::erase_if(sound, [&](const auto& key) { return tree.contains(key.first); });
  ASSERT_EQ(sound.size(), 1u);
  EXPECT_EQ(sound.begin()->first,
            "Console\\%SystemRoot%_System32_WindowsPowerShell_v1.0_powershell.exe");
  bool recovered = false;
  hive->each_deleted([&](const DeletedKey& key) { recovered |= key.path == sound.begin()->first; },
                     [](const DeletedValue&) {});
  EXPECT_TRUE(recovered) << "the key itself still lies in the hive";
}

TEST_F(RegfReal, WhatIsNoHiveIsRefused) {
  for (const std::string_view name : {"hives/dfwinreg/USER.DAT", "hives/ericz/NotAHive"}) {
    const auto hive = Hive::open(real::evidence(name));
    ASSERT_FALSE(hive);
    EXPECT_EQ(hive.error().code, Errc::malformed);
  }
}

TEST_F(RegfReal, SamIsReadWithoutAProblem) {
  const auto bytes = real::evidence("hives/ericz/SAM");
  const auto hive = open_hive(bytes);
  read_everything(*hive);
  EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
  EXPECT_EQ(hive->effective_bins_size(), hive->base_block().bins_size);
}

TEST_F(RegfReal, ABadBinHeaderHidesNoKey) {
  const auto hive = open("ericz/SAMBadHBinHeader");
  EXPECT_EQ(hive->state(), State::corrupt);
  EXPECT_EQ(tree_of(*hive), tree_of(*open("ericz/SAM")));
  EXPECT_TRUE(has_problem(*hive, "hbin header", Errc::malformed));
}

TEST_F(RegfReal, TestHiveOfNtHive) {
  const auto hive = open("nt-hive/testhive");
  const auto root = *hive->root();
  std::set<std::string> names;
  for (const std::string& name : subkeys_of(*root.find("subkey-test")))
    names.insert(to_lower_ascii(name));
  EXPECT_EQ(names.size(), 512u);
  for (int i = 0; i < 512; ++i) EXPECT_TRUE(names.contains("key" + std::to_string(i))) << i;
  std::multiset<std::size_t> sizes;
  root.find("big-data-test")->each_value([&](const Value& value) {
    sizes.insert(value.data.size());
    EXPECT_EQ(std::set<std::byte>(value.data.begin(), value.data.end()).size(), 1u) << value.name;
    return true;
  });
  EXPECT_EQ(sizes, (std::multiset<std::size_t>{16343, 16344, 16345}));
  std::set<std::string> long_texts, lists;
  root.find("data-test")->each_value([&](const Value& value) {
    const std::string text = wtf8_from_utf16le(Bytes{value.data});
    if (value.type == 7) lists.insert(text);
    return true;
  });
  EXPECT_TRUE(lists.contains(std::string{"multi-sz-test\0line2\0\0", 21}));
  std::string repeated;
  for (int i = 0; i < 820; ++i) repeated += "0123456789";
  EXPECT_TRUE(lists.contains(repeated + '\0' + "0123456789" + '\0' + '\0'));
  const auto names_key = *root.find("character-encoding-test");
  EXPECT_TRUE(names_key.subkey("\xC3\xA4\xC3\xB6\xC3\xBC")->has_latin1_name());
  const auto full_width = names_key.subkey("\xEF\xBC\xA1"), same = names_key.subkey("\xEF\xBD\x81");
  ASSERT_TRUE(full_width && same);
  EXPECT_EQ(full_width->file_offset(), same->file_offset());
  const auto upper = names_key.subkey("\xF0\x90\x90\x90"),
             lower = names_key.subkey("\xF0\x90\x90\xB8");
  EXPECT_TRUE(!upper || !lower || upper->file_offset() != lower->file_offset());
  EXPECT_TRUE(upper || lower);
  EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
}

TEST_F(RegfReal, NamesOfHivexSpecial) {
  const auto hive = open("hivex/special");
  EXPECT_EQ(subkeys_of(*hive->root()),
            (std::vector<std::string>{"abcd_\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F", "weird\xE2\x84\xA2",
                                      std::string{"zero\0key", 8}}));
}

TEST_F(RegfReal, ARootKeyWithoutItsFlagIsStillTheRoot) {
  EXPECT_EQ(tree_of(*open("ericz/SECURITYNoRoot")).size(), 8u);
}

}  // namespace
}  // namespace hozen::regf
