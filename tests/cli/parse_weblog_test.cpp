// hozen parse over access logs.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/builders/json.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using test::Ended;
using test::Json;

class ParseWebLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
  }
  Ended parse(std::string_view text, std::vector<std::string> arguments) {
    std::ofstream file{folder.path() / arguments.back(), std::ios::binary};
    file << text;
    file.close();
    arguments.insert(arguments.begin(), "parse");
    Ended ended = test::run_program(arguments, folder.text());
    records = test::parse_json_lines(ended.output);
    return ended;
  }
  static constexpr std::string_view kLine =
      "10.0.0.1 - - [01/Mar/2024:12:00:00 +0900] \"GET /a?b=c HTTP/1.1\" 200 5\n";

  TempFolder folder;
  std::vector<Json> records;
};

TEST_F(ParseWebLogTest, PrintsLinesAndTheLog) {
  const Ended ended = parse(kLine, {"access.log"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0]["kind"], "web_request");
  EXPECT_EQ(records[0]["time"], "2024-03-01T03:00:00.0000000Z");
  EXPECT_EQ(records[0]["path"], "/a");
  EXPECT_EQ(records[0]["query"], "b=c");
  EXPECT_EQ(records[0]["status"], 200);
  EXPECT_TRUE(records[0]["account"].is_null());
  EXPECT_EQ(records[1]["kind"], "web_log");
  EXPECT_EQ(records[1]["format"], "ncsa");
  EXPECT_EQ(records[1]["requests"], 1);
}

TEST_F(ParseWebLogTest, TellsDamage) {
  const Ended ended = parse(std::string{kLine} + "garbage\n", {"access.log"});
  EXPECT_EQ(ended.exit_code, 1);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[2]["kind"], "problem");
  EXPECT_EQ(records[2]["what"], "line 2");
}

TEST_F(ParseWebLogTest, OtherTextIsOfNoFormat) {
  EXPECT_EQ(parse("hello\nworld\n", {"a.txt"}).exit_code, 2);
  EXPECT_EQ(parse("hello\nworld\n", {"--format", "web_log", "a.txt"}).exit_code, 1);
}

}  // namespace
}  // namespace hozen
