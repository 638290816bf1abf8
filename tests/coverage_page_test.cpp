// docs/coverage.md promises something for each line of the threat reports: that the modules, rules
// and tests it names are there.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "collector/module/module.h"
#include "tests/builders/file_text.h"

namespace hozen {
namespace {

namespace fs = std::filesystem;

fs::path source_dir() {
  const char* dir = std::getenv("HOZEN_SOURCE_DIR");
  return dir != nullptr ? fs::path{dir} : fs::current_path();
}

struct Line {
  std::string text;
  std::vector<std::string> cells{};
};

/// Rows of the tables: what the report says, owed, modules, rules, tests.
std::vector<Line> rows() {
  std::vector<Line> found;
  std::istringstream page{test::file_text(source_dir() / "docs/coverage.md")};
  for (std::string text; std::getline(page, text);) {
    if (!text.starts_with("| ") || text.starts_with("| what ")) continue;
    Line line{text};
    std::istringstream cells{text.substr(1)};
    for (std::string cell; std::getline(cells, cell, '|');) line.cells.push_back(cell);
    found.push_back(line);
  }
  return found;
}

/// What stands in `code` in a cell.
std::vector<std::string> quoted(const std::string& cell) {
  static const std::regex kQuoted{"`([^`]+)`"};
  std::vector<std::string> names;
  for (std::sregex_iterator at{cell.begin(), cell.end(), kQuoted}, end; at != end; ++at)
    names.push_back((*at)[1]);
  return names;
}

/// All sources below `folder` in one text.
std::string sources(const char* folder) {
  std::string all;
  for (const auto& entry : fs::recursive_directory_iterator(source_dir() / folder)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".cpp" || extension == ".h" || extension == ".inc" || extension == ".tsv")
      all += test::file_text(entry.path());
  }
  return all;
}

std::set<std::string> tests_there() {
  static const std::regex kTest{R"(TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\))"};
  const std::string all = sources("tests");
  std::set<std::string> names;
  for (std::sregex_iterator at{all.begin(), all.end(), kTest}, end; at != end; ++at)
    names.insert((*at)[1].str() + "." + (*at)[2].str());
  return names;
}

TEST(CoveragePage, EachRowSaysWhatShowsItOrThatNothingDoesYet) {
  const auto lines = rows();
  ASSERT_GE(lines.size(), 18u) << "fewer rows than the reports have lines";
  for (const Line& line : lines) {
    ASSERT_EQ(line.cells.size(), 5u) << line.text;
    const bool later = line.cells[2].find("not yet") != std::string::npos;
    EXPECT_TRUE(later || !quoted(line.cells[2]).empty()) << line.text;
    EXPECT_TRUE(later || !quoted(line.cells[4]).empty()) << line.text;
  }
}

TEST(CoveragePage, NamesModulesRulesAndTestsThatAreThere) {
  const auto known_tests = tests_there();
  const std::string code = sources("collector") + sources("modules") + sources("tests");
  for (const Line& line : rows()) {
    ASSERT_EQ(line.cells.size(), 5u) << line.text;
    for (const std::string& name : quoted(line.cells[2])) {
      const auto modules = all_modules();
      EXPECT_TRUE(std::any_of(modules.begin(), modules.end(),
                              [&](const ModuleSpec* module) { return module->name == name; }))
          << name << " is no module: " << line.text;
    }
    for (const std::string& rule : quoted(line.cells[3])) {
      const std::string own = rule.substr(rule.find('.') + 1);
      EXPECT_TRUE(code.find('"' + rule + '"') != std::string::npos ||
                  code.find('"' + own + '"') != std::string::npos)
          << rule << " is no rule: " << line.text;
    }
    for (const std::string& test : quoted(line.cells[4]))
      EXPECT_TRUE(known_tests.contains(test)) << test << " is no test: " << line.text;
  }
}

}  // namespace
}  // namespace hozen
