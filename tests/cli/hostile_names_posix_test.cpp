// Names that a file system can hold and others cannot, through the whole program: collected,
// verified and unpacked with their content and their original path.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "collector/base/hash.h"
#include "collector/base/text.h"
#include "collector/engine/bundle_reader.h"
#include "collector/source/host_name.h"
#include "tests/builders/file_text.h"
#include "tests/builders/json.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using test::Json;
namespace fs = std::filesystem;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span{text});
}

std::vector<std::string> hostile_names() {
  std::vector<std::string> names{"...",
                                 "..name",
                                 "name..",
                                 "name. . .",
                                 " leading",
                                 "trailing ",
                                 "C:",
                                 "a:stream",
                                 "CON",
                                 "con.txt",
                                 "LPT1.log",
                                 "COM\xC2\xB9",
                                 "NUL.tar.gz",
                                 "CLOCK$",
                                 "a<b>c|d?e*",
                                 "quote\"'",
                                 "back\\slash",
                                 "%41",
                                 "%~0123456789abcdef",
                                 "\x01\x1F",
                                 "tab\tname",
                                 "line\nname",
                                 "bell\a",
                                 "\x7F",
                                 "\xC2\x85",
                                 "\xE2\x80\xAEgnp.exe",
                                 "-rf",
                                 "$(touch x)",
                                 "`id`",
                                 "Twin",
                                 "twin",
                                 "TWIN",
                                 "\xED\xA0\x80lone",
                                 "\xED\xB0\x80",
                                 "\xFF\xFE\xFF",
                                 "\xC3("};
  std::string japanese;
  for (int i = 0; i < 85; ++i) japanese += "\xE4\xBF\x9D";  // 255 bytes, all that fits
  names.push_back(japanese);
  names.push_back(std::string(255, 'x'));
  return names;
}

TEST(HostileNames, SurviveCollectionVerificationAndUnpacking) {
  if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
  TempFolder folder;
  const fs::path top = folder.path();
  fs::create_directories(top / "root/C/Windows/System32/config");
  std::map<std::string, std::string> planted;  // content by exact name
  for (const auto& name : hostile_names()) {
    const std::string content = "content of " + std::to_string(planted.size());
    const fs::path directory = top / "root/C/names" / fs::path{name};
    fs::create_directories(directory);
    std::ofstream{directory / fs::path{name}, std::ios::binary} << content;
    planted[name] = content;
  }
  ASSERT_EQ(planted.size(), hostile_names().size());
  folder.write("all.xml",
               "<profile version=\"1\" summary=\"s\"><target category=\"a\" reason=\"b\"><path>"
               "%EveryVolume%\\**</path></target></profile>");
  const auto run = [&](const std::vector<std::string>& arguments) {
    return test::run_program(arguments, folder.text());
  };
  const auto collected =
      run({"collect", "--root", "root", "--profile", "all.xml", "--output", "b.zip"});
  EXPECT_EQ(collected.exit_code, 1) << collected.error;  // there is no Windows in it
  EXPECT_EQ(run({"verify", "b.zip"}).exit_code, 0);
  EXPECT_EQ(run({"extract", "b.zip", "out"}).exit_code, 0);

  const std::string bundle = test::file_text(top / "b.zip");
  const auto bytes = bytes_of(bundle);
  MemorySource source{{bytes.begin(), bytes.end()}};
  std::map<std::string, std::string> restored;
  auto reader = BundleReader::open(source);
  ASSERT_TRUE(reader);
  ASSERT_TRUE(reader->each_line("artifacts", [&](std::string_view line) {
    const Json row = test::parse_json(line);
    if (!row.contains("entry")) return Result<void>{};
    // The exact path: its text, or where it is no Unicode its UTF-16 units.
    std::string path = row["path"];
    if (row.contains("path_utf16")) {
      const std::string hex = row["path_utf16"];
      std::u16string units;
      for (std::size_t at = 0; at + 4 <= hex.size(); at += 4)
        units += static_cast<char16_t>(std::stoul(hex.substr(at, 2), nullptr, 16) |
                                       std::stoul(hex.substr(at + 2, 2), nullptr, 16) << 8);
      path = wtf8_from_utf16(units);
    }
    const std::string prefix = "C:\\names\\";
    if (!path.starts_with(prefix)) return Result<void>{};
    // Folder and file have the same name.
    const std::string rest = path.substr(prefix.size());
    const std::string spelled = rest.substr(0, rest.size() / 2);
    EXPECT_EQ(rest, spelled + "\\" + spelled);
    std::string name = host_from_name(spelled);
    restored[name] = row["sha256"];
    return Result<void>{};
  }));
  std::multiset<std::string> expected, unpacked;
  for (const auto& [name, content] : planted) {
    expected.insert(content);
    EXPECT_EQ(restored[name], to_hex(sha256(bytes_of(content)))) << testing::PrintToString(name);
  }
  EXPECT_EQ(restored.size(), planted.size());
  for (const auto& entry : fs::recursive_directory_iterator{top / "out"})
    if (entry.is_regular_file()) unpacked.insert(test::file_text(entry.path()));
  EXPECT_EQ(unpacked, expected);

  std::set<std::string> beside;
  for (const auto& entry : fs::directory_iterator{top}) beside.insert(entry.path().filename());
  EXPECT_EQ(beside, (std::set<std::string>{"all.xml", "b.zip", "b.zip.seal", "out", "root"}));
}

}  // namespace
}  // namespace hozen
