// What EXPECTATIONS.md 1b says of the edge cases that M. Suhanov's tests are made of.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "collector/base/text.h"
#include "collector/formats/regf.h"
#include "collector/formats/regf_log.h"
#include "tests/formats/regf_walk.h"
#include "tests/real/real_evidence.h"

namespace hozen::regf {
namespace {

class RegfEdge : public real::RealEvidence {
 protected:
  static std::vector<std::byte> bytes_of_file(const std::string& name) {
    return real::evidence("hives/yarp/" + name);
  }
  static std::unique_ptr<Hive> open(const std::string& name,
                                    const std::vector<std::string>& logs = {}) {
    std::vector<Log> read;
    for (const std::string& log : logs)
      read.push_back({bytes_of_file(log), log.substr(log.size() - 4)});
    return open_hive(bytes_of_file(name), std::move(read));
  }
};

std::string text_of(const Value& value) { return wtf8_from_utf16le(Bytes{value.data}, true); }

std::string text_of(const Key& key, std::string_view name) {
  const auto value = key.value(name);
  return value ? text_of(*value) : "(absent)";
}

bool same_bins(const std::vector<std::byte>& a, const std::vector<std::byte>& b) {
  return Bytes{a}.tail(kBaseBlockBytes).chars() == Bytes{b}.tail(kBaseBlockBytes).chars();
}

TEST_F(RegfEdge, EmptyHive) {
  const auto hive = open("EmptyHive");
  EXPECT_EQ(tree_of(*hive).size(), 1u);
  EXPECT_EQ(hive->base_block().last_written.iso8601().substr(0, 19), "2017-03-04T16:37:31");
}

TEST_F(RegfEdge, BigDataHive) {
  const auto hive = open("BigDataHive");
  const auto read = *hive->root()->find("key_with_bigdata");
  EXPECT_EQ(read.value("")->data, std::vector<std::byte>(16345, std::byte{'1'}));
  EXPECT_EQ(read.value("V")->data, std::vector<std::byte>(81725, std::byte{'2'}));
}

TEST_F(RegfEdge, ManySubkeysHive) {
  const auto hive = open("ManySubkeysHive");
  const auto key = *hive->root()->find("key_with_many_subkeys");
  const auto names = subkeys_of(key);
  const std::set<std::string> distinct{names.begin(), names.end()};
  EXPECT_EQ(names.size(), 5000u);
  for (int i = 1; i <= 5000; ++i) EXPECT_TRUE(distinct.contains(std::to_string(i))) << i;
  EXPECT_TRUE(hive->root()->find("Key_With_Many_Subkeys\\2119\\FIND_me"));
}

TEST_F(RegfEdge, GarbageHive) {
  const auto hive = open("GarbageHive");
  EXPECT_EQ(hive->base_block().bins_size, 4096u);
  EXPECT_EQ(hive->effective_bins_size(), 4096u);
  EXPECT_EQ(hive->bytes().size() % 512, 7u) << "garbage behind";
  EXPECT_EQ(tree_of(*hive), tree_of(*open("EmptyHive")));
  EXPECT_EQ(hive->problem_count(), 1u) << problem_text(*hive);
}

TEST_F(RegfEdge, DuplicateSubkeysHiveReportsCorruption) {
  const auto hive = open("DuplicateSubkeysHive");
  EXPECT_EQ(tree_of(*hive).size(), 5002u) << "two keys share one path";
  EXPECT_TRUE(has_problem(*hive, "two keys of one name", Errc::malformed));
}

TEST_F(RegfEdge, BadListHiveReportsCorruption) {
  const auto hive = open("BadListHive");
  const auto tree = tree_of(*hive);
  EXPECT_TRUE(tree.contains("3\\subkey"));
  EXPECT_EQ(tree.size(), 6u);
  EXPECT_TRUE(has_problem(*hive, "key of another parent", Errc::malformed));
  EXPECT_EQ(hive->problems().front().key_path, "2");
  // Key 2's list names the cell whose parent field, and parent's list, say 3\subkey. Its own lost
  // subkey is recovered.
  std::set<std::string> deleted;
  hive->each_deleted([&](const DeletedKey& key) { deleted.insert(key.path); },
                     [](const DeletedValue&) {});
  EXPECT_TRUE(deleted.contains("2\\subkey"));
}

TEST_F(RegfEdge, NewDirtyHive1BeforeReplay) {
  const auto hive = open("NewDirtyHive1/NewDirtyHive");
  EXPECT_EQ(hive->state(), State::dirty);
  const auto tree = tree_of(*hive);
  for (const std::string_view path : {"Key1", "Key2\\Key2_1", "Key2\\Key2_2"})
    EXPECT_TRUE(tree.contains(std::string{path})) << path;
  EXPECT_EQ(hive->root()->find("Key1")->value("")->data.size(), 2 * 6001u) << "with its NUL";
  EXPECT_EQ(text_of(*hive->root()->find("Key2"), "v"), "testTEST");
}

TEST_F(RegfEdge, NewDirtyHive1AfterReplayIsWhatWindows10MadeOfIt) {
  const auto recovered = bytes_of_file("NewDirtyHive1/RecoveredHive_Windows10");
  const std::string log1 = "NewDirtyHive1/NewDirtyHive.LOG1",
                    log2 = "NewDirtyHive1/NewDirtyHive.LOG2";
  for (const auto& logs : {std::vector<std::string>{log1, log2}, {log2, log1}}) {
    const auto hive = open("NewDirtyHive1/NewDirtyHive", logs);
    EXPECT_EQ(hive->state(), State::replayed);
    ASSERT_TRUE(hive->replay());
    EXPECT_EQ(hive->replay()->entries_applied, 4u);
    EXPECT_EQ(hive->replay()->logs_used, 2u);
    EXPECT_TRUE(same_bins(hive->bytes(), recovered));
    const auto tree = tree_of(*hive);
    EXPECT_EQ(tree.size(), 5u);
    for (const std::string_view path : {"Key3", "Key3\\Key3_1", "Key3\\Key3_2", "Key3\\Key3_3"})
      EXPECT_TRUE(tree.contains(std::string{path})) << path;
    EXPECT_EQ(hive->root()->find("Key3")->value("")->data.size(), 2 * 1441u);
    EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
  }
}

TEST_F(RegfEdge, NewDirtyHive2TakesTheSecondLogOnly) {
  const auto hive = open("NewDirtyHive2/NewDirtyHive",
                         {"NewDirtyHive2/NewDirtyHive.LOG1", "NewDirtyHive2/NewDirtyHive.LOG2"});
  ASSERT_TRUE(hive->replay());
  EXPECT_EQ(hive->replay()->logs_used, 1u);
  EXPECT_EQ(hive->replay()->entries_applied, 3u);
  EXPECT_EQ(hive->replay()->last_sequence, 5u);
  const auto base = read_base_block(Bytes{hive->bytes()});
  EXPECT_EQ(base->sequence1, 5u);
  EXPECT_EQ(base->sequence2, 5u);
  EXPECT_TRUE(base->checksum_ok);
}

TEST_F(RegfEdge, OldDirtyHiveAfterReplayIsWhatWindows7MadeOfIt) {
  const auto hive = open("OldDirtyHive/OldDirtyHive", {"OldDirtyHive/OldDirtyHive.LOG1"});
  EXPECT_EQ(hive->state(), State::replayed);
  const auto root = *hive->root();
  EXPECT_FALSE(root.find("key_with_many_subkeys\\1"));
  EXPECT_TRUE(root.find("key_with_many_subkeys\\5000\\find_me_in_log"));
  const auto value = root.find("key_with_many_subkeys\\4500")->value("v");
  EXPECT_EQ(value->type, 7u);
  EXPECT_EQ(wtf8_from_utf16le(Bytes{value->data}), (std::string{"a\0bb\0ccc\0\0", 10}));
  // Byte for byte the bins that Windows 7 wrote, but for what it changed after the replay: the time
  // in the first hbin (that of its own writing, as in its base block), and the length of the
  // longest value name of key 4500, which the log has as 24 and Windows corrected to the 2 bytes of
  // "v".
  const auto ours = hive->bytes();
  auto theirs = bytes_of_file("OldDirtyHive/RecoveredHive_Windows7");
  constexpr std::size_t kBinTime = kBaseBlockBytes + 20;
  const std::size_t longest_name = root.find("key_with_many_subkeys\\4500")->file_offset() + 4 + 60;
  EXPECT_EQ(Bytes{theirs}.get<std::uint64_t>(kBinTime),
            read_base_block(Bytes{theirs})->last_written.ticks);
  EXPECT_EQ(Bytes{ours}.get<std::uint32_t>(longest_name), 24u);
  EXPECT_EQ(Bytes{theirs}.get<std::uint32_t>(longest_name), 2u);
  std::copy_n(ours.begin() + kBinTime, 8, theirs.begin() + kBinTime);
  theirs[longest_name] = ours[longest_name];
  EXPECT_TRUE(same_bins(ours, theirs));
}

TEST_F(RegfEdge, BadBaseBlockHiveIsRepairedByItsLog) {
  const auto hive =
      open("BadBaseBlockHive/BadBaseBlockHive", {"BadBaseBlockHive/BadBaseBlockHive.LOG1"});
  EXPECT_EQ(hive->state(), State::replayed);
  EXPECT_EQ(hive->base_block().minor, 1u);
  EXPECT_FALSE(hive->base_block().checksum_ok);
  EXPECT_EQ(read_base_block(Bytes{hive->bytes()})->minor, 3u);
  EXPECT_TRUE(hive->root()->find("key_with_many_subkeys\\5000\\find_me_in_log"));
  EXPECT_EQ(hive->problem_count(), 0u) << problem_text(*hive);
}

// The table says that its cells cannot be reached without the log, as Windows would have it. We
// read them and say that the base block is not to be trusted: only that block is damaged, and what
// lies behind it is, byte for byte, the hive of which it is a copy.
TEST_F(RegfEdge, BadBaseBlockHiveWithoutItsLogIsReadAsCorrupt) {
  const auto bytes = bytes_of_file("BadBaseBlockHive/BadBaseBlockHive");
  ASSERT_TRUE(same_bins(bytes, bytes_of_file("OldDirtyHive/OldDirtyHive")));
  const auto hive = open_hive(bytes);
  EXPECT_EQ(hive->state(), State::corrupt);
  EXPECT_TRUE(has_problem(*hive, "version of the base block", Errc::unsupported));
  EXPECT_TRUE(has_problem(*hive, "checksum of the base block", Errc::malformed));
  EXPECT_EQ(tree_of(*hive), tree_of(*open("OldDirtyHive/OldDirtyHive")));
}

TEST_F(RegfEdge, BadLogHivesStayAsTheyWere) {
  const std::map<std::string, std::vector<std::string>> logs{
      {"BadLogHive1/BadLogHive", {"BadLogHive1/BadLogHive.LOG1"}},
      {"BadLogHive2/BadLogHive", {"BadLogHive2/BadLogHive.LOG1"}},
      {"BadLogHive3/BadLogHive", {"BadLogHive3/BadLogHive.LOG1", "BadLogHive3/BadLogHive.LOG2"}}};
  for (const auto& [name, files] : logs) {
    const auto before = bytes_of_file(name);
    const auto hive = open(name, files);
    EXPECT_EQ(hive->state(), State::dirty) << name;
    EXPECT_FALSE(hive->replay()) << name;
    EXPECT_EQ(hive->bytes(), before) << name;
    EXPECT_EQ(hive->problem_count(), files.size()) << name;
  }
}

TEST_F(RegfEdge, RecoveredHivesNeedNoReplay) {
  const std::map<std::string, std::string> logs{
      {"NewDirtyHive1/RecoveredHive_Windows10", "NewDirtyHive1/NewDirtyHive.LOG2"},
      {"OldDirtyHive/RecoveredHive_Windows7", "OldDirtyHive/OldDirtyHive.LOG1"}};
  for (const auto& [name, log] : logs) {
    const auto hive = open(name, {log});
    EXPECT_EQ(hive->state(), State::clean) << name;
    EXPECT_FALSE(hive->replay()) << name;
    EXPECT_EQ(hive->bytes(), bytes_of_file(name)) << name;
  }
}

TEST_F(RegfEdge, UnicodeHive) {
  const auto hive = open("UnicodeHive");
  EXPECT_TRUE(tree_of(*hive).contains(
      "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82\\\xD0\x9A\xD0\xBB\xD1\x8E\xD1\x87"));
  EXPECT_TRUE(hive->root()->find(
      "\xD0\xBF\xD0\xA0\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82\\\xD0\xBA\xD0\x9B\xD1\x8E\xD1\x87"));
}

TEST_F(RegfEdge, ExtendedAsciiHive) {
  const auto hive = open("ExtendedASCIIHive");
  const auto key = hive->root()->find("\xC3\xABigenaardig");
  ASSERT_TRUE(key);
  EXPECT_TRUE(key->has_latin1_name());
  EXPECT_EQ(text_of(*key, "\xC3\xABigenaardig"), "\xC3\xABigenaardig");
}

TEST_F(RegfEdge, OrderOfUpcaseHiveAndPairHive) {
  const std::string eszett{"\xC3\x9F\x32"};
  EXPECT_EQ(subkeys_of(*open("UpcaseHive")->root()),
            std::vector<std::string>({"ss1", "SS3", eszett}));
  EXPECT_EQ(subkeys_of(*open("PairHive")->root()),
            std::vector<std::string>({"ss1", "SS3", "\xF0\x90\x90\x80"}));
}

TEST_F(RegfEdge, NamesOfBogusKeyNamesHive) {
  EXPECT_EQ(subkeys_of(*open("BogusKeyNamesHive")->root()),
            std::vector<std::string>({"testnew\r\nne", std::string{"testnu\0l", 8}}));
}

TEST_F(RegfEdge, MultiSzHive) {
  const auto hive = open("MultiSzHive");
  const auto key = hive->root()->find("key");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->value("1")->type, 7u);
  EXPECT_LE(key->value("1")->data.size(), 4u);
  const std::string expected =
      "\xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82" + std::string(1, '\0') +
      "\xD0\xBA\xD0\xB0\xD0\xBA \xD0\xB4\xD0\xB5\xD0\xBB\xD0\xB0?" + std::string(2, '\0');
  EXPECT_EQ(wtf8_from_utf16le(Bytes{key->value("2")->data}), expected);
}

TEST_F(RegfEdge, DeletedDataHive) {
  const auto hive = open("DeletedDataHive");
  std::vector<DeletedKey> keys;
  std::map<std::string, DeletedValue> values;
  hive->each_deleted([&](const DeletedKey& key) { keys.push_back(key); },
                     [&](const DeletedValue& value) { values[value.value.name] = value; });
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys[0].path, "456");
  EXPECT_TRUE(keys[0].parent_known);
  ASSERT_EQ(values.size(), 2u);
  EXPECT_EQ(text_of(values["v2"].value), "456");
  EXPECT_EQ(values["v2"].key_path, "123");
  EXPECT_EQ(text_of(values["v"].value), "123456");
  EXPECT_EQ(values["v"].key_path, "456");
}

TEST_F(RegfEdge, HealedHiveHoldsALostSubtree) {
  const auto hive = open("HealedHive");
  std::vector<std::string> keys;
  std::vector<DeletedValue> values;
  hive->each_deleted([&](const DeletedKey& key) { keys.push_back(key.path); },
                     [&](const DeletedValue& value) { values.push_back(value); });
  EXPECT_EQ(keys, std::vector<std::string>{"cccc"});
  ASSERT_EQ(values.size(), 1u);
  EXPECT_EQ(values[0].key_path, "cccc");
  EXPECT_EQ(values[0].value.name, "123");
  EXPECT_EQ(text_of(values[0].value), "test");
}

TEST_F(RegfEdge, TruncatedHive) {
  const auto hive = open("TruncatedHive");
  EXPECT_EQ(hive->bytes().size(), 12288u);
  EXPECT_EQ(hive->state(), State::corrupt);
  EXPECT_TRUE(has_problem(*hive, "hive bins", Errc::truncated));
  ASSERT_TRUE(hive->root());
  EXPECT_TRUE(hive->root()->find("key_with_many_subkeys"));
  std::set<std::string> numbered;
  hive->each_deleted([&](const DeletedKey& key) { numbered.insert(key.path); },
                     [](const DeletedValue&) {});
  EXPECT_TRUE(numbered.contains("key_with_many_subkeys\\1"));
  EXPECT_GT(numbered.size(), 50u);
}

TEST_F(RegfEdge, EffectiveSizeHive) {
  const auto hive = open("EffectiveSizeHive");
  EXPECT_EQ(hive->base_block().bins_size, 4096u);
  EXPECT_EQ(hive->effective_bins_size(), 487424u);
  EXPECT_EQ(tree_of(*hive), tree_of(*open("ManySubkeysHive")));
}

TEST_F(RegfEdge, HivesThatMustLoadWhole) {
  for (const std::string name : {"OffHive", "SqliteHive", "CompHive"}) {
    const auto hive = open(name);
    read_everything(*hive);
    EXPECT_EQ(hive->state(), State::clean) << name;
    EXPECT_EQ(hive->problem_count(), 0u) << name << "\n" << problem_text(*hive);
  }
}

}  // namespace
}  // namespace hozen::regf
