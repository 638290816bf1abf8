// Every module is documented, tested and in a profile, and docs/records.md says what the code says.
// HOZEN_REGENERATE=1 writes the generated part of docs/records.md anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>

#include "collector/engine/embedded_profiles.h"
#include "collector/engine/timeline_message.h"
#include "collector/module/asep.h"
#include "collector/module/module.h"
#include "tests/builders/file_text.h"

namespace hozen {
namespace {

namespace fs = std::filesystem;

using H = AsepHive;
using K = AsepKind;
using M = AsepModule;
constexpr AsepLocation kLocations[] = {
#include "modules/persistence/locations.inc"
};

constexpr std::string_view kBegin =
    "<!-- Written by tests/catalog_test.cpp from the code (HOZEN_REGENERATE=1). -->\n";
constexpr std::string_view kEnd = "<!-- End of the generated part. -->\n";

fs::path source_dir() {
  const char* dir = std::getenv("HOZEN_SOURCE_DIR");
  return dir != nullptr ? fs::path{dir} : fs::current_path();
}

/// A capital letter, a full stop at the end and nowhere before.
bool is_one_sentence(std::string_view text) {
  static const std::regex kSentence{R"([A-Z0-9'][^\n]*[^.\s]\.)"};
  static const std::regex kTwo{R"([a-z)]\. [A-Z])"};
  const std::string copy{text};
  return std::regex_match(copy, kSentence) && !std::regex_search(copy, kTwo);
}

bool is_snake_case(std::string_view name) {
  static const std::regex kName{"[a-z][a-z0-9]*(_[a-z0-9]+)*"};
  return std::regex_match(std::string{name}, kName);
}

TEST(Catalog, EachModuleIsNamedAsItsFileAndHasATest) {
  ASSERT_FALSE(all_modules().empty());
  std::set<std::string> stems;
  for (const auto& entry : fs::recursive_directory_iterator(source_dir() / "modules"))
    if (entry.path().extension() == ".cpp") stems.insert(entry.path().stem().string());
  EXPECT_EQ(stems.size(), all_modules().size());
  for (const auto* module : all_modules()) {
    EXPECT_TRUE(stems.contains(std::string{module->name})) << module->name;
    EXPECT_TRUE(
        fs::exists(source_dir() / "tests/modules" / (std::string{module->name} + "_test.cpp")))
        << module->name;
  }
}

TEST(Catalog, SummariesKindsAndColumnsAreOneSentenceEach) {
  std::set<std::string_view> kinds;
  for (const auto* module : all_modules()) {
    EXPECT_TRUE(is_one_sentence(module->summary)) << module->name << ": " << module->summary;
    EXPECT_FALSE(module->kinds.empty()) << module->name;
    for (const auto& kind : module->kinds) {
      EXPECT_TRUE(is_snake_case(kind.name)) << kind.name;
      EXPECT_TRUE(kinds.insert(kind.name).second) << kind.name << " is a kind of two modules";
      EXPECT_TRUE(is_one_sentence(kind.description)) << kind.name << ": " << kind.description;
      std::set<std::string_view> columns{"record",     "kind",       "source", "view",
                                         "timestamps", "other_host", "user"};
      for (const auto& column : kind.columns) {
        EXPECT_TRUE(is_snake_case(column.name)) << kind.name << "." << column.name;
        EXPECT_TRUE(columns.insert(column.name).second)
            << kind.name << "." << column.name << " twice";
        EXPECT_TRUE(is_one_sentence(column.description))
            << kind.name << "." << column.name << ": " << column.description;
      }
    }
  }
}

TEST(Catalog, EachKindHasAMessageOfItsColumns) {
  for (const auto* module : all_modules())
    for (const auto& kind : module->kinds) {
      EXPECT_FALSE(kind.message.empty()) << kind.name;
      const auto is_column = [&](std::string_view name) {
        return std::any_of(kind.columns.begin(), kind.columns.end(),
                           [&](const Column& column) { return column.name == name; });
      };
      std::size_t columns = 0;
      const auto each = [&](std::string_view name) {
        ++columns;
        EXPECT_TRUE(is_column(name)) << kind.name << "." << name;
      };
      EXPECT_TRUE(each_message_column(kind.message, each)) << kind.message;
      EXPECT_NE(columns, 0u) << kind.name;
      for (const auto& name : kind.times) EXPECT_TRUE(is_column(name)) << kind.name << "." << name;
    }
}

TEST(Catalog, EachModuleSaysWhereItsFactsAreFrom) {
  for (const auto* module : all_modules()) {
    EXPECT_FALSE(module->references.empty()) << module->name;
    for (const auto& reference : module->references)
      EXPECT_TRUE(reference.starts_with("https://")) << module->name << ": " << reference;
  }
}

TEST(Catalog, TechniquesHaveTheFormOfAttck) {
  static const std::regex kTechnique{R"(T\d{4}(\.\d{3})?)"};
  for (const auto* module : all_modules()) {
    std::set<std::string_view> seen;
    for (const auto& id : module->attack) {
      EXPECT_TRUE(std::regex_match(std::string{id}, kTechnique)) << module->name << ": " << id;
      EXPECT_TRUE(seen.insert(id).second) << module->name << ": " << id << " twice";
    }
  }
}

TEST(Catalog, EachModuleIsInAProfile) {
  for (const auto* module : all_modules()) {
    bool named = false;
    for (const auto& profile : embedded_profiles())
      named = named || profile.xml.find("<module name=\"" + std::string{module->name} + "\"") !=
                           std::string_view::npos;
    EXPECT_TRUE(named) << module->name;
  }
}

// ---- docs/records.md
// --------------------------------------------------------------------------------

std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? "\\|" : std::string(1, c);
  return escaped;
}

std::string code(std::string_view text) { return "`" + cell(text) + "`"; }

std::string_view root_of(H hive) {
  switch (hive) {
    case H::software:
      return "HKLM\\SOFTWARE";
    case H::user:
      return "HKU\\<SID>";
    case H::software_and_user:
      return "HKLM\\SOFTWARE, HKU\\<SID>\\Software";
    case H::control_set:
      return "HKLM\\SYSTEM\\ControlSet<nnn>";
    case H::system:
      return "HKLM\\SYSTEM";
    case H::sam:
      return "HKLM\\SAM";
    case H::machine_classes:
      return "HKLM\\SOFTWARE\\Classes";
    case H::user_classes:
      return "HKU\\<SID>_Classes";
    case H::classes:
      return "HKLM\\SOFTWARE\\Classes, HKU\\<SID>_Classes";
    case H::file:
      break;
  }
  return "files";
}

void append_modules(std::string& text) {
  for (const auto* module : all_modules()) {
    text += "## " + std::string{module->name} + "\n\n" + std::string{module->summary} + "\n";
    for (const auto& kind : module->kinds) {
      text += "\n### `" + std::string{kind.name} + "`\n\n" + std::string{kind.description} +
              "\n\n| field | meaning |\n|---|---|\n";
      for (const auto& column : kind.columns)
        text += "| " + code(column.name) + " | " + cell(column.description) + " |\n";
    }
    text += "\n";
  }
}

void append_locations(std::string& text) {
  text +=
      "## Autostart locations\n\nWhat `location` may say. In keys and paths `*` is any one "
      "component, `**` all below, "
      "`[*]` the name \"*\", `{a,b}` alternatives, `;` parts whole keys. In values `*` is any "
      "name, `@` the default value, "
      "`#` the key itself, `[section]name` a setting of a file in that section only. Services and "
      "drivers (`Services\\*` of each control set) are records of "
      "their "
      "own kind: see the module services.\n\n| location | name | below | key or path | values | "
      "32-bit copy | "
      "ATT&CK | what happens |\n"
      "|---|---|---|---|---|---|---|---|\n";
  for (const auto& row : kLocations) {
    if (row.module == M::services) continue;
    text += "| " + code(row.id) + " | " + cell(row.name) + " | " + cell(root_of(row.hive)) + " | " +
            code(row.key) + " | " + (row.values.empty() ? "" : code(row.values)) + " | " +
            (row.wow64 ? "yes" : "") + " | " + cell(row.attack) + " | " + cell(row.meaning) +
            " |\n";
  }
}

std::string generated_part() {
  std::string text{kBegin};
  text += "\n";
  append_modules(text);
  append_locations(text);
  return text + "\n" + std::string{kEnd};
}

TEST(Catalog, RecordsPageSaysWhatTheCodeSays) {
  const fs::path page = source_dir() / "docs/records.md";
  std::string text = test::file_text(page);
  const auto begin = text.find(kBegin);
  const auto end = text.find(kEnd);
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos && begin < end) << page;
  const std::string wanted = generated_part();
  const std::string found = text.substr(begin, end + kEnd.size() - begin);
  if (std::getenv("HOZEN_REGENERATE") != nullptr) {
    text.replace(begin, found.size(), wanted);
    std::ofstream{page, std::ios::binary} << text;
    return;
  }
  EXPECT_EQ(found, wanted) << "run this test with HOZEN_REGENERATE=1 and read the difference";
}

}  // namespace
}  // namespace hozen
