// The links of the test data, compared with what liblnk 20181227 says of them (facts/lnk.tsv).
#include "collector/formats/lnk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "collector/base/text.h"
#include "collector/module/shortcut.h"
#include "tests/builders/testdata.h"
#include "tests/modules/persistence_cases.h"

namespace hozen {
namespace {

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> fields;
  std::istringstream in{line};
  for (std::string field; std::getline(in, field, separator);) fields.push_back(field);
  return fields;
}

/// The rows of the table, by column name.
std::vector<std::map<std::string, std::string>> rows() {
  const auto bytes = testdata("facts/lnk.tsv");
  std::istringstream in{std::string{Bytes{bytes}.chars()}};
  std::string line;
  std::getline(in, line);
  const auto names = split(line, '\t');
  std::vector<std::map<std::string, std::string>> out;
  while (std::getline(in, line)) {
    const auto fields = split(line, '\t');
    std::map<std::string, std::string> row;
    for (std::size_t i = 0; i < names.size(); ++i)
      row[names[i]] = i < fields.size() ? fields[i] : "";
    out.push_back(std::move(row));
  }
  return out;
}

std::string text_of(const std::optional<DecodedText>& text) { return text ? text->text : ""; }
std::string time_of(FileTime time) { return time.is_set() ? time.iso8601() : ""; }

std::map<std::string, std::string> ours(const Link& link) {
  std::map<std::string, std::string> row;
  if (link.info) {
    row["local_path"] = text_of(link.info->local_path());
    row["network_path"] = text_of(link.info->network_path());
    if (link.info->volume) {
      char serial[16];
      std::snprintf(serial, sizeof serial, "%08X", link.info->volume->serial);
      row["drive_serial"] = serial;
      row["volume_label"] = link.info->volume->label.text;
    }
  }
  row["arguments"] = text_of(link.arguments);
  row["working_dir"] = text_of(link.working_directory);
  row["relative_path"] = text_of(link.relative_path);
  row["target_created"] = time_of(link.created);
  row["target_modified"] = time_of(link.modified);
  row["target_accessed"] = time_of(link.accessed);
  row["target_size"] = link.target_size == 0 ? "" : std::to_string(link.target_size);
  if (link.tracker) row["machine_id"] = link.tracker->machine_id.text;
  return row;
}

class RealLinks : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = why_no_testdata()) GTEST_SKIP() << *why;
  }
};

TEST_F(RealLinks, SayWhatLiblnkSays) {
  const auto table = rows();
  ASSERT_EQ(table.size(), 177u);
  for (auto row : table) {
    const std::string path = row["path"];
    const auto bytes = testdata(path);
    const auto link = parse_lnk(Bytes{bytes});
    if (row["local_path"].starts_with("ERR")) {
      EXPECT_FALSE(link) << path;
      continue;
    }
    ASSERT_TRUE(link) << path << ": " << link.error().text();
    auto mine = ours(*link);
    for (const auto& [column, value] : row) {
      if (column == "path") continue;
      EXPECT_EQ(mine[column], value) << path << ' ' << column;
    }
    for (const Error& problem : link->problems) ADD_FAILURE() << path << ": " << problem.text();
  }
}

// Two independent places of a link say where its target is.
TEST_F(RealLinks, IdListsAgreeWithLinkInfo) {
  int compared = 0;
  for (auto row : rows()) {
    const auto bytes = testdata(row["path"]);
    const auto link = parse_lnk(Bytes{bytes});
    if (!link || !link->id_list || !link->info) continue;
    const auto local = link->info->local_path();
    if (!local || !link->id_list->is_file_path) continue;
    EXPECT_TRUE(equals_fold(local->text, link->id_list->path))
        << row["path"] << ": " << local->text << " and " << link->id_list->path;
    ++compared;
  }
  EXPECT_EQ(compared, 86);
}

TEST_F(RealLinks, NameTheVolumeAndTheNetworkCardOfTheirMaker) {
  const auto bytes = testdata("lnk/plaso/NeroInfoTool.lnk");
  const auto link = parse_lnk(Bytes{bytes});
  ASSERT_TRUE(link && link->tracker && link->info && link->info->volume);
  EXPECT_EQ(target_of(*link).path,
            "C:\\Program Files (x86)\\Nero\\Nero 9\\Nero InfoTool\\InfoTool.exe");
  EXPECT_EQ(link->tracker->file.text(), "{958705B5-0D19-11DF-9FE4-705AB616A5F3}");
  EXPECT_EQ(link->tracker->file.mac_address(), "70:5a:b6:16:a5:f3");
  EXPECT_EQ(link->info->volume->label.text, "OS");
}

// No shortcut that Windows made says two things, and none carries data of its own.
TEST_F(RealLinks, HaveTargetsThatAgree) {
  fake::FakeWindows windows;
  windows.user("alice");
  const std::string folder =
      "C:\\Users\\alice\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup\\";
  int links = 0, several = 0;
  for (auto row : rows()) {
    const auto bytes = testdata(row["path"]);
    const std::string name = folder + std::to_string(++links) + ".lnk";
    windows.file(name, "").bytes = bytes;
    const auto shortcut = read_shortcut(*EvidencePath::parse(name), Bytes{bytes}, bytes.size());
    if (!shortcut) continue;
    several += std::count_if(shortcut->targets.begin(), shortcut->targets.end(),
                             [](const ShortcutTarget& target) { return target.is_path; }) > 1;
  }
  const ModuleRun run = run_module(modules::run_keys, windows);
  EXPECT_EQ(links, 177);
  EXPECT_GE(several, 86) << "shortcuts that name their target twice or more";
  for (const auto& finding : run.context->findings)
    for (const auto& why : finding.why) {
      EXPECT_EQ(why.fact.find("other parts of it"), std::string::npos) << why.fact;
      EXPECT_EQ(why.fact.find("no part of the shortcut"), std::string::npos) << why.fact;
    }
}

// A western Windows XP wrote these names in code page 1252; nothing in the link says so.
TEST_F(RealLinks, AccentsAreReadAsAssumed) {
  const auto bytes = testdata("lnk/ericz/Misc/native.xp.15.test");
  const auto link = parse_lnk(Bytes{bytes});
  ASSERT_TRUE(link && link->info);
  const auto local = link->info->local_path();
  ASSERT_TRUE(local);
  EXPECT_EQ(local->encoding, TextEncoding::assumed_windows1252);
  EXPECT_TRUE(local->text.ends_with("\\Échantillons d'images")) << local->text;
}

}  // namespace
}  // namespace hozen
