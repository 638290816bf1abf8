// The project's table of autostart locations against the table of facts it was made from
// (spec/asep.tsv beside the real artifacts): no key, value, technique or 32-bit copy may be
// forgotten.
#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include "collector/base/text.h"
#include "tests/modules/persistence_cases.h"

namespace hozen {
namespace {

struct Fact {
  std::string location, hive, key, values, kind, attack;
  bool wow64 = false;
};

std::string facts_file() {
  const char* testdata = std::getenv("HOZEN_TESTDATA");
  return (testdata != nullptr ? std::string{testdata} : std::string{"../shared/testdata"}) +
         "/../spec/asep.tsv";
}

std::vector<Fact> read_facts() {
  std::vector<Fact> facts;
  std::ifstream file{facts_file()};
  std::string line;
  std::getline(file, line);  // column names
  while (std::getline(file, line)) {
    std::vector<std::string> columns(1);
    for (const char c : line) {
      if (c == '\t') {
        columns.emplace_back();
      } else {
        columns.back() += c;
      }
    }
    columns.resize(9);
    facts.push_back({columns[0], columns[1], columns[2], columns[3], columns[4], columns[5],
                     columns[6] == "Y"});
  }
  return facts;
}

/// Rows of the project that hold the place a fact speaks of: the hive fits, and the fixed parts of
/// the keys agree.
bool same_hive(const AsepLocation& row, const std::string& hive) {
  if (hive == "SOFTWARE")
    return row.hive == H::software || row.hive == H::software_and_user ||
           row.hive == H::machine_classes || row.hive == H::classes;
  if (hive == "HKU") return row.hive == H::user || row.hive == H::software_and_user;
  if (hive == "HKU_Classes") return row.hive == H::user_classes || row.hive == H::classes;
  if (hive == "SYSTEM") return row.hive == H::control_set || row.hive == H::system;
  if (hive == "SAM") return row.hive == H::sam;
  return hive == "FILE" && row.hive == H::file;
}

/// The facts' own spellings of wildcards in the table's.
std::string in_table_spelling(std::string key) {
  const std::pair<std::string_view, std::string_view> spellings[] = {
      {"{*}", "*"},
      {"%08X", "*"},
      {"win32|win64", "{win32,win64}"},
      {"Catalog_Entries[64]", "Catalog_Entries*"},
      {"{ContextMenuHandlers,...}", "ContextMenuHandlers"}};
  for (const auto& [theirs, ours] : spellings)
    if (const auto at = key.find(theirs); at != std::string::npos)
      key.replace(at, theirs.size(), ours);
  return key;
}

/// The key as the project writes it: below the root that its hive column means.
std::string in_project_form(const AsepLocation& row, std::string key) {
  for (const auto* prefix : {"CurrentControlSet\\", "Classes\\"})
    if (starts_with_fold(key, prefix) &&
        (row.hive == H::control_set || row.hive == H::machine_classes || row.hive == H::classes))
      key.erase(0, std::string_view{prefix}.size());
  if (row.hive == H::software_and_user && starts_with_fold(key, "Software\\")) key.erase(0, 9);
  return key;
}

/// Every concrete key of the fact is matched by a row: compared after multiplying out both.
bool key_is_covered(const Fact& fact, const std::string& key,
                    std::vector<const AsepLocation*>& rows) {
  bool covered = false;
  for (const auto& row : kTestLocations) {
    if (!same_hive(row, fact.hive)) continue;
    const std::string wanted = fold_case(in_project_form(row, key));
    for (const auto& pattern : split_outside_braces(row.key, ';'))
      for (auto own : multiply_out(pattern)) {
        for (auto at = own.find("[*]"); at != std::string::npos; at = own.find("[*]"))
          own.replace(at, 3, "*");
        const std::string folded = fold_case(own);
        const bool same = folded == wanted || folded.starts_with(wanted + "\\") ||
                          wanted.starts_with(folded + "\\");
        if (!same) continue;
        covered = true;
        rows.push_back(&row);
      }
  }
  return covered;
}

/// Names of values in the free text of the facts' column, without words that describe.
std::set<std::string> value_names(const std::string& text) {
  static const std::set<std::string> kWords{"subkeys",
                                            "subkey",
                                            "values",
                                            "value",
                                            "name",
                                            "CLSID",
                                            "path",
                                            "or",
                                            "and",
                                            "+",
                                            "filter",
                                            "GUID",
                                            "exe",
                                            "sdb",
                                            "first",
                                            "bytes",
                                            "ASCII",
                                            "DLL",
                                            "MAX_PATH",
                                            "default",
                                            "REG_MULTI_SZ",
                                            "group",
                                            "services",
                                            "at",
                                            "RID",
                                            "load",
                                            "where",
                                            "exists",
                                            "Protocol",
                                            "URL",
                                            "N",
                                            "F",
                                            "V",
                                            "0x30",
                                            "ProgID",
                                            "last",
                                            "Logon",
                                            "Logoff",
                                            "Startup",
                                            "Shutdown",
                                            "BackupPath",
                                            "CleanupPath",
                                            "DefragPath",
                                            "Toolbar",
                                            "Extensions",
                                            "Explorer",
                                            "Bars",
                                            "URLSearchHooks",
                                            "MenuExt",
                                            "shell",
                                            "open",
                                            "command",
                                            "Custom",
                                            "InstalledSDB",
                                            "Minimal",
                                            "Network",
                                            "Services",
                                            "NetworkProvider",
                                            "Trusted",
                                            "Documents",
                                            "TrustRecords",
                                            "Parameters",
                                            "Depend"};
  std::set<std::string> names;
  std::string word;
  for (const char c : text + " ") {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || c == '-') {
      word += c;
      continue;
    }
    if (word.size() > 2 && !kWords.contains(word)) names.insert(word);
    word.clear();
  }
  return names;
}

/// Values that are read with the entry beside which they stand, not as entries of their own.
const std::set<std::string> kReadBeside{"LoadBehavior", "Manifest", "ProviderPath"};

class AsepCoverage : public testing::Test {
 protected:
  void SetUp() override {
    facts_ = read_facts();
    if (facts_.empty()) GTEST_SKIP() << "no table of facts at " << facts_file();
  }
  std::vector<Fact> facts_;
};

TEST_F(AsepCoverage, EveryFactHasARow) {
  EXPECT_EQ(facts_.size(), 186u);
  for (const auto& fact : facts_) {
    std::vector<const AsepLocation*> rows;
    if (fact.hive == "FILE") continue;  // see EveryFileOfTheFactsHasARow
    for (const auto& key : multiply_out(in_table_spelling(fact.key))) {
      EXPECT_TRUE(key_is_covered(fact, key, rows))
          << fact.location << " | " << fact.hive << " | " << key;
    }
    if (rows.empty()) continue;
    std::string values, attack;
    bool wow64 = false;
    for (const auto* row : rows) {
      values += std::string{row->values} + ";" + std::string{row->key} + ";";
      attack += std::string{row->attack} + ";";
      wow64 = wow64 || row->wow64;
    }
    const bool any_value =
        std::any_of(rows.begin(), rows.end(), [](const auto* row) { return row->values == "*"; });
    for (const auto& name : value_names(fact.values))
      EXPECT_TRUE(any_value || kReadBeside.contains(name) ||
                  fold_case(values).find(fold_case(name)) != std::string::npos)
          << fact.location << " | value " << name << " | rows say " << values;
    for (const auto& id : split_outside_braces(fact.attack, ';'))
      EXPECT_NE(attack.find(id), std::string::npos) << fact.location << " | " << id;
    EXPECT_TRUE(wow64 || !fact.wow64) << fact.location << " has a 32-bit copy";
  }
}

/// File names and folders of a path pattern, in lower case: what a row must name again.
std::set<std::string> path_words(const std::string& text) {
  std::set<std::string> words;
  for (const auto& path : split_outside_braces(text, ';'))
    for (const auto& one : split_outside_braces(path, ','))
      for (const auto& whole : multiply_out(one))
        for (const auto& component : split_outside_braces(whole, '\\')) {
          const std::string word = to_lower_ascii(trim(component));
          if (word.size() > 2 && word.front() != '%') words.insert(word);
        }
  return words;
}

TEST_F(AsepCoverage, EveryFileOfTheFactsHasARow) {
  std::set<std::string> own;
  for (const auto& row : kTestLocations)
    if (row.hive == H::file)
      for (const auto& word : path_words(std::string{row.key})) own.insert(word);
  for (const auto& fact : facts_) {
    if (fact.hive != "FILE") continue;
    for (const auto& word : path_words(fact.key))
      EXPECT_TRUE(own.contains(word)) << fact.location << " | " << word;
  }
}

}  // namespace
}  // namespace hozen
