// hozen timeline as a user runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "collector/base/bytes.h"
#include "tests/builders/bundle_builder.h"
#include "tests/builders/file_text.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using test::Ended;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kRecord =
    R"({"kind":"file","path":"C:\\a","mft_record":64,"allocated":true,"directory":false,"size":1,)"
    R"("attributes":32,"si":{"created":"2020-01-01T00:00:00.0000000Z"}})"
    "\n";
constexpr std::string_view kLine = "0|C:/a|64|r/rrwxrwxrwx|0|0|1|0|0|0|1577836800\n";

class TimelineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
    builder.entry("start.json", "{}\n");
  }
  void write(const std::vector<std::byte>& bytes) {
    std::ofstream file{folder.path() / "b.zip", std::ios::binary};
    file << Bytes{bytes}.chars();
  }
  Ended run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "timeline");
    return test::run_program(arguments, folder.text());
  }

  TempFolder folder;
  test::BundleBuilder builder;
};

TEST_F(TimelineTest, PrintsABodyFile) {
  write(builder.entry("records/file_table.jsonl", kRecord).bytes());
  const Ended ended = run({"--format", "bodyfile", "b.zip"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  EXPECT_EQ(ended.output, kLine) << "the same bytes on every system";
  EXPECT_THAT(ended.error, IsEmpty());
  EXPECT_EQ(run({"--format", "bodyfile", "--output", "-", "b.zip"}).output, kLine);
}

TEST_F(TimelineTest, WritesItIntoANewFile) {
  write(builder.entry("records/file_table.jsonl", kRecord).bytes());
  const Ended ended = run({"--format", "bodyfile", "--output", "body.txt", "b.zip"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  EXPECT_THAT(ended.output, IsEmpty());
  EXPECT_EQ(test::file_text(folder.path() / "body.txt"), kLine);
  const Ended again = run({"--format", "bodyfile", "--output", "body.txt", "b.zip"});
  EXPECT_EQ(again.exit_code, 5) << "nothing is overwritten";
  EXPECT_THAT(again.error, HasSubstr("body.txt"));
  EXPECT_EQ(run({"--format", "bodyfile", "--output", "none/x", "b.zip"}).exit_code, 5);
}

TEST_F(TimelineTest, SaysWhichFormatsThereAre) {
  write(builder.entry("records/file_table.jsonl", kRecord).bytes());
  const Ended unknown = run({"--format", "xlsx", "b.zip"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.error, HasSubstr("bodyfile"));
  const Ended none = run({"b.zip"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.error, HasSubstr("--format"));
  EXPECT_EQ(run({"--format", "bodyfile"}).exit_code, 2);
}

TEST_F(TimelineTest, SaysWhenThereIsNoFileTable) {
  write(builder.bytes());
  const Ended ended = run({"--format", "bodyfile", "--output", "body.txt", "b.zip"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.error, HasSubstr("no file table"));
  EXPECT_THAT(ended.error, HasSubstr("profile full"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "body.txt"));
  EXPECT_EQ(run({"--format", "bodyfile", "none.zip"}).exit_code, 4);
  folder.write("text", "no bundle");
  EXPECT_EQ(run({"--format", "bodyfile", "text"}).exit_code, 4);
}

TEST_F(TimelineTest, SaysWhatIsDamaged) {
  std::vector<std::byte> bytes =
      builder.entry("records/file_table.jsonl", std::string{kRecord} + "{}\n").bytes();
  write(bytes);
  const Ended odd = run({"--format", "bodyfile", "b.zip"});
  EXPECT_EQ(odd.exit_code, 1);
  EXPECT_THAT(odd.error, HasSubstr("1 line of the file table could not be read"));
  EXPECT_EQ(odd.output, kLine);
  const std::string_view name = "records/file_table.jsonl";
  const auto at = Bytes{bytes}.chars().find(name);
  ASSERT_NE(at, std::string_view::npos);
  bytes[at + name.size() + 100] ^= std::byte{1};
  write(bytes);
  const Ended changed = run({"--format", "bodyfile", "b.zip"});
  EXPECT_EQ(changed.exit_code, 6);
  EXPECT_THAT(changed.error, HasSubstr("damaged, read as far as it goes"));
  EXPECT_THAT(changed.error, HasSubstr(name));
}

constexpr std::string_view kTimed =
    R"({"record":"lnk-1","kind":"lnk","timestamps":{"target_created":"2020-01-01T00:00:00.0000000Z"},)"
    R"("user":{"name":"alice"},"path":"=cmd.lnk","target":"C:\\a \"b\".exe"})";
constexpr std::string_view kEntry =
    R"({"datetime":"2020-01-01T00:00:00.0000000Z","timestamp_desc":"target_created",)"
    R"("message":"Shortcut =cmd.lnk to C:\\a \"b\".exe","record":"lnk-1","kind":"lnk","user":"alice"})";

TEST_F(TimelineTest, WritesTheTimelineOfTheBundleOrMakesItOfTheRecords) {
  write(builder.line("timeline", kEntry).line("records/lnk", kTimed).bytes());
  const Ended kept = run({"--format", "jsonl", "b.zip"});
  EXPECT_EQ(kept.exit_code, 0) << kept.error;
  EXPECT_EQ(kept.output, std::string{kEntry} + "\n");
  test::BundleBuilder older;
  older.entry("start.json", "{}\n").line("records/lnk", kTimed);
  write(older.bytes());
  const Ended made = run({"--format", "jsonl", "--output", "t.jsonl", "b.zip"});
  EXPECT_EQ(made.exit_code, 0) << made.error;
  EXPECT_EQ(test::file_text(folder.path() / "t.jsonl"), std::string{kEntry} + "\n");
}

TEST_F(TimelineTest, WritesCsv) {
  write(builder.line("timeline", kEntry).bytes());
  const Ended ended = run({"--format", "csv", "b.zip"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  EXPECT_EQ(ended.output,
            "datetime,timestamp_desc,message,record,kind,user\n"
            "\"2020-01-01T00:00:00.0000000Z\",\"target_created\","
            "\"Shortcut =cmd.lnk to C:\\a \"\"b\"\".exe\",\"lnk-1\",\"lnk\",\"alice\"\n");
}

TEST_F(TimelineTest, WritesNoEntriesWithoutTimes) {
  write(builder.bytes());
  const Ended none = run({"--format", "jsonl", "b.zip"});
  EXPECT_EQ(none.exit_code, 0) << none.error;
  EXPECT_THAT(none.output, IsEmpty());
}

TEST_F(TimelineTest, SaysWhichRecordsCannotBeRead) {
  write(builder.entry("records/lnk.jsonl", std::string{kTimed} + "\nno json\n").bytes());
  const Ended ended = run({"--format", "jsonl", "b.zip"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.error, HasSubstr("1 line of the timeline could not be read"));
  EXPECT_EQ(ended.output, std::string{kEntry} + "\n");
}

}  // namespace
}  // namespace hozen
