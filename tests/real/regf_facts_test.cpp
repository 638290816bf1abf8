// Every row of facts/hives.tsv and facts/hive_values.tsv about hives and logs. Where our reading
// differs from the table, the row is named here and the test that it belongs to shows why.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <span>

#include "collector/base/text.h"
#include "collector/formats/regf.h"
#include "tests/real/real_evidence.h"

namespace hozen::regf {
namespace {

using real::Row;

enum Column : std::size_t {
  path,
  size,
  version,
  type,
  sequences,
  state,
  checksum,
  written,
  embedded,
  root,
  keys,
  values
};

class RegfFacts : public real::RealEvidence {};

std::string type_text(std::uint32_t type) {
  if (type == 0) return "primary";
  return type == 6 ? "log-new" : "log-old";
}

std::string time_text(FileTime time) { return time.is_set() ? time.iso8601() : ""; }

/// Rows of hives.tsv whose counts or state are not those of the table, and why.
const std::map<std::string, std::string> kDiffering{
    // The peer stops at the damaged header of the second bin; its cells are reached by offset, and
    // the tree equals that of the sound copy: RegfReal.ABadBinHeaderHidesNoKey.
    {"hives/ericz/SAMBadHBinHeader", "keys state"},
    // A key listed by a second parent is not read twice: RegfReal.BadListHiveIsReportedNotCrashed.
    {"hives/yarp/BadListHive", "keys"},
    // Walks for ever in the peer: RegfReal.ACyclicHiveEndsWithAProblem.
    {"hives/artemis/NTUSER_Bad.DAT", "keys"},
    // The peer cannot open these; RegfReal reads what they hold.
    {"hives/regipy/corrupted_system_hive.xz", "keys state root"},
    {"hives/yarp/BadBaseBlockHive/BadBaseBlockHive", "keys state root"},
    {"hives/yarp/EffectiveSizeHive", "keys root"},
    {"hives/yarp/GarbageHive", "keys root"},
    {"hives/yarp/TruncatedHive", "keys state root"},
};

bool differs(const std::string& hive, const std::string& what) {
  const auto row = kDiffering.find(hive);
  return row != kDiffering.end() && row->second.find(what) != std::string::npos;
}

struct Counts {
  std::uint64_t keys = 0, values = 0;
};

void count(const Key& key, Counts& counts) {
  ++counts.keys;
  key.visit_values([&](const ValueView&) { return ++counts.values != 0; });
  key.each_subkey([&](const Key& subkey) {
    count(subkey, counts);
    return true;
  });
}

void expect_base_block(const Row& row, const BaseBlock& base) {
  EXPECT_EQ(std::to_string(base.major) + "." + std::to_string(base.minor), row[version]);
  EXPECT_EQ(type_text(base.type), row[type]);
  EXPECT_EQ(std::to_string(base.sequence1) + "/" + std::to_string(base.sequence2), row[sequences]);
  EXPECT_EQ(base.checksum_ok ? "ok" : "BAD", row[checksum]);
  EXPECT_EQ(time_text(base.last_written), row[written]);
  EXPECT_EQ(base.embedded_name, row[embedded]);
}

void expect_hive(const Row& row, const std::vector<std::byte>& bytes) {
  const auto opened = Hive::open(bytes);
  ASSERT_TRUE(opened) << opened.error().text();
  const Hive& hive = **opened;
  EXPECT_EQ(to_text(hive.state()), differs(row[path], "state") ? "corrupt" : row[state]);
  if (!differs(row[path], "root")) {
    EXPECT_EQ(hive.root()->name(), row[root]);
  }
  if (differs(row[path], "keys")) return;
  Counts counts;
  count(*hive.root(), counts);
  EXPECT_EQ(std::to_string(counts.keys), row[keys]);
  EXPECT_EQ(std::to_string(counts.values), row[values].substr(0, row[values].find(' ')));
}

TEST_F(RegfFacts, EveryHiveAndLogHasTheStateNumbersAndCountsOfTheTable) {
  std::size_t hives = 0, logs = 0, others = 0;
  for (const Row& row : real::facts("hives.tsv")) {
    SCOPED_TRACE(row[path]);
    const auto bytes = real::evidence(row[path]);
    ASSERT_EQ(std::to_string(bytes.size()), row[size]);
    const auto base = read_base_block(Bytes{bytes});
    if (row[version].starts_with("not regf")) {
      EXPECT_FALSE(base);
      EXPECT_EQ(Hive::open(bytes).error().code, Errc::malformed);
      ++others;
      continue;
    }
    ASSERT_TRUE(base);
    expect_base_block(row, *base);
    if (row[type] == "primary") {
      expect_hive(row, bytes);
      ++hives;
    } else {
      const auto hive = Hive::open(bytes);
      ASSERT_FALSE(hive);
      EXPECT_EQ(hive.error().code, Errc::unsupported);
      ++logs;
    }
  }
  EXPECT_EQ(others, 2u);
  EXPECT_EQ(hives, 56u);
  EXPECT_EQ(logs, 19u);
}

/// The data as the table writes it.
std::string data_text(const Value& value) {
  const Bytes data{value.data};
  switch (value.type) {
    case 1:
    case 2:
      return wtf8_from_utf16le(data, true);
    case 4:
      return std::to_string(data.get<std::int32_t>(0).value_or(0));
    default: {
      constexpr std::size_t kShown = 48;
      const std::string more = data.size() > kShown ? "..." : "";
      return "hex:" + to_hex(data.head(kShown).span()) + more + " (" + std::to_string(data.size()) +
             " bytes)";
    }
  }
}

std::string value_type_text(std::uint32_t number) {
  static const std::map<std::uint32_t, std::string> kNames{
      {1, "REG_SZ"}, {2, "REG_EXPAND_SZ"}, {3, "REG_BINARY"}, {4, "REG_DWORD"}};
  const auto name = kNames.find(number);
  return name == kNames.end() ? std::to_string(number) : name->second;
}

TEST_F(RegfFacts, EveryListedKeyAndValueIsThereWithItsDataAndTime) {
  std::map<std::string, std::unique_ptr<Hive>> hives;
  std::size_t checked = 0;
  for (const Row& row : real::facts("hive_values.tsv")) {
    SCOPED_TRACE(row[0] + " " + row[1] + " " + row[2]);
    if (!hives.contains(row[0])) {
      auto hive = Hive::open(real::evidence(row[0]));
      ASSERT_TRUE(hive) << hive.error().text();
      hives.clear();  // rows of one hive stand together
      hives[row[0]] = *std::move(hive);
    }
    const auto key = hives[row[0]]->root()->find(row[1]);
    ASSERT_TRUE(key);
    EXPECT_EQ(time_text(key->last_written()), row[5]);
    ++checked;
    if (row[2] == "(key)") {
      EXPECT_EQ(std::to_string(key->stated_values()) + " values, " +
                    std::to_string(key->stated_subkeys()) + " subkeys",
                row[3]);
      continue;
    }
    const auto value = key->value(row[2] == "(default)" ? "" : row[2]);
    ASSERT_TRUE(value);
    EXPECT_EQ(value_type_text(value->type), row[4]);
    EXPECT_EQ(data_text(*value), row[3]);
    EXPECT_FALSE(value->incomplete);
  }
  EXPECT_EQ(checked, 427u);
}

}  // namespace
}  // namespace hozen::regf
