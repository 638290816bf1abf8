// hozen parse over archives.
#include <gtest/gtest.h>

#include <fstream>

#include "collector/base/bytes.h"
#include "tests/builders/archive_builder.h"
#include "tests/builders/json.h"
#include "tests/builders/program.h"
#include "tests/builders/rar_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using namespace builders;
using test::Ended;
using test::Json;

class ParseArchiveTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
  }
  Ended parse(const RarBytes& bytes, std::vector<std::string> arguments) {
    std::ofstream file{folder.path() / arguments.back(), std::ios::binary};
    file << Bytes{bytes}.chars();
    file.close();
    arguments.insert(arguments.begin(), "parse");
    Ended ended = test::run_program(arguments, folder.text());
    records = test::parse_json_lines(ended.output);
    return ended;
  }
  static RarBuilder archive() {
    RarFile file;
    file.name = "../docs/報告.xls";
    file.size = 4096;
    file.packed = 100;
    file.modified = {133'500'000'012'345'678};
    file.streams = {":Zone.Identifier"};
    return RarBuilder{RarBuilder::Generation::rar5}.file(file);
  }

  TempFolder folder;
  std::vector<Json> records;
};

TEST_F(ParseArchiveTest, PrintsEntriesAndTheArchive) {
  const Ended ended = parse(archive().bytes(), {"a.dat"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0]["kind"], "archive_entry");
  EXPECT_EQ(records[0]["name"], "../docs/報告.xls");
  EXPECT_EQ(records[0]["modified"], "2024-01-17T21:20:01.2345678Z");
  EXPECT_NE(ended.output.find(R"("streams":[{"name":":Zone.Identifier","size_bytes":5}])"),
            std::string::npos);
  EXPECT_EQ(records[1]["kind"], "archive");
  EXPECT_EQ(records[1]["version"], "5-7");
}

TEST_F(ParseArchiveTest, FindsAnArchiveBehindAProgramWhenItIsAskedFor) {
  RarBytes program(300);
  program[0] = std::byte{'M'};
  program[1] = std::byte{'Z'};
  const Ended ended =
      parse(archive().behind(program).bytes(), {"--format", "archive", "setup.exe"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  ASSERT_EQ(records.size(), 2u);
  EXPECT_NE(ended.output.find(R"("offset":300,)"), std::string::npos);
}

TEST_F(ParseArchiveTest, PrintsEveryFormatWhateverItIsCalled) {
  const ArchivedFile file{"docs/報告.xls", 40, {133'500'000'020'000'000}, false, false, ""};
  const std::vector<std::pair<std::string, ArchiveBytes>> archives{
      {"zip", ZipArchive{}.file(file).bytes()},
      {"7z", SevenZipArchive{}.file(file).bytes()},
      {"cab", CabArchive{}.file(file).bytes()},
      {"tar", TarArchive{TarArchive::Kind::pax}.file(file).bytes()}};
  for (const auto& [format, bytes] : archives) {
    SCOPED_TRACE(format);
    const Ended ended = parse(bytes, {"a.txt"});
    EXPECT_EQ(ended.exit_code, 0) << ended.error;
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(records[0]["name"], "docs/報告.xls");
    EXPECT_EQ(records[0]["size_bytes"], 40);
    EXPECT_EQ(records[0]["modified"], "2024-01-17T21:20:02.0000000Z");
    EXPECT_EQ(records[1]["kind"], "archive");
    EXPECT_EQ(records[1]["format"], format);
    EXPECT_EQ(records[1]["entries"], 1);
  }
}

TEST_F(ParseArchiveTest, SaysWhyNamesAreNotThere) {
  const Ended ended = parse(
      SevenZipArchive{}.file({"a", 1, {}, false, false, ""}).encrypted_header().bytes(), {"a.bin"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0]["names"], "encrypted");
  EXPECT_EQ(records[0]["headers_encrypted"], true);
}

TEST_F(ParseArchiveTest, SaysThatACutArchiveIsCut) {
  RarBytes bytes = archive().bytes();
  bytes.resize(bytes.size() - 80);
  const Ended ended = parse(bytes, {"a.rar"});
  EXPECT_EQ(ended.exit_code, 1);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[2]["kind"], "problem");
}

}  // namespace
}  // namespace hozen
