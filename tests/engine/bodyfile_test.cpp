#include "collector/engine/bodyfile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/base/json_text.h"
#include "tests/builders/bundle_builder.h"

namespace hozen {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string times(std::string_view day) {
  const std::string text{day};
  return R"({"created":")" + text + R"(T00:00:01.9999999Z","modified":")" + text +
         R"(T00:00:02.0000000Z","changed":")" + text + R"(T00:00:03.0000000Z","accessed":")" +
         text + R"(T00:00:04.0000000Z"})";
}

std::string record(std::string_view path, std::string_view more, bool allocated = true) {
  std::string line = R"({"record":"file_table-1","kind":"file","path":)";
  append_json_string(line, path);
  return line + R"(,"mft_record":64,"directory":false,"size":12,"attributes":32,"allocated":)" +
         (allocated ? "true" : "false") + std::string{more} + "}";
}

std::string lines_of(std::string_view line) {
  std::string out;
  EXPECT_EQ(append_bodyfile_lines(out, line), BodyfileRecord::file) << line;
  return out;
}

/// The column `name` of the only line of a file with this path.
std::string name_of(std::string_view path) {
  const std::string line = lines_of(record(path, ""));
  const auto end = line.find('|', 2);
  return line.substr(2, end - 2);
}

constexpr std::string_view kTimes2020 = "|1577836804|1577836802|1577836803|1577836801\n";
constexpr std::string_view kTimes2021 = "|1609459204|1609459202|1609459203|1609459201\n";

TEST(Bodyfile, ShowsBothSetsOfTimesStreamsAndLinks) {
  const std::string got = lines_of(
      record("C:\\a\\b.txt", R"(,"si":)" + times("2020-01-01") + R"(,"fn":)" + times("2021-01-01") +
                                 R"(,"streams":[{"name":"ads","size":5}],)"
                                 R"("other_paths":["C:\\c"])"));
  const std::string mode = "|64|r/rrwxrwxrwx|0|0|", si{kTimes2020};
  EXPECT_EQ(got, "0|C:/a/b.txt" + mode + "12" + si +              //
                     "0|C:/a/b.txt:ads" + mode + "5" + si +       //
                     "0|C:/a/b.txt ($FILE_NAME)" + mode + "12" +  //
                     std::string{kTimes2021} +                    //
                     "0|C:/c" + mode + "12" + si);
}

TEST(Bodyfile, MarksWhatIsDeletedAsFlsDoes) {
  const std::string got = lines_of(record(
      "C:\\$Orphan\\x", R"(,"fn":)" + times("2021-01-01") + R"(,"streams":[{"name":"s"}])", false));
  EXPECT_THAT(got, HasSubstr("0|C:/$Orphan/x (deleted)|64|-/rrwxrwxrwx|"));
  EXPECT_THAT(got, HasSubstr("0|C:/$Orphan/x:s (deleted)|"));
  EXPECT_THAT(got, HasSubstr("0|C:/$Orphan/x ($FILE_NAME) (deleted)|"));
}

TEST(Bodyfile, TellsFoldersAndReadOnlyFiles) {
  EXPECT_EQ(lines_of(R"({"kind":"file","path":"C:\\","mft_record":5,"directory":true,)"
                     R"("allocated":true,"attributes":1,"size":null})"),
            "0|C:/|5|d/dr-xr-xr-x|0|0|0|0|0|0|0\n");
}

TEST(Bodyfile, NamesARecordWithoutNameByItsNumber) {
  const std::string nameless = R"({"kind":"file","path":null,"mft_record":70,"allocated":false,)";
  EXPECT_EQ(lines_of(nameless + R"("directory":false,"si":)" + times("2020-01-01") + "}"),
            "0|$Orphan/OrphanFile-70 (deleted)|70|-/rrwxrwxrwx|0|0|0" + std::string{kTimes2020});
  EXPECT_EQ(lines_of(nameless + R"("si":null,"fn":null})"), "");
}

TEST(Bodyfile, TimesThatMactimeCannotSortAreNone) {
  const auto seconds = [](const std::string& time) {
    const std::string line = lines_of(record("C:\\a", R"(,"si":{"created":")" + time + R"("})"));
    return line.substr(line.rfind('|') + 1);
  };
  EXPECT_EQ(seconds("1969-12-31T23:59:59.9999999Z"), "0\n");
  EXPECT_EQ(seconds("1601-01-01T00:00:00.0000001Z"), "0\n");
  EXPECT_EQ(seconds("1970-01-01T00:00:01.0000000Z"), "1\n");
  EXPECT_EQ(seconds("2286-11-20T17:46:39.9999999Z"), "9999999999\n");
  EXPECT_EQ(seconds("2286-11-20T17:46:40.0000000Z"), "0\n");
  EXPECT_EQ(seconds("30828-09-14T02:48:05.4775807Z"), "0\n");
}

TEST(Bodyfile, NoNameBreaksOrForgesALine) {
  EXPECT_EQ(name_of("C:\\a|b"), "C:/a%7Cb");
  EXPECT_EQ(name_of("C:\\a\n0|forged"), "C:/a\\u{000A}0%7Cforged");
  EXPECT_EQ(name_of(std::string{"C:\\a\0b", 6}), "C:/a\\u{0000}b");
  EXPECT_EQ(name_of("C:\\\xE2\x80\xAE"
                    "fdp.exe"),
            "C:/\\u{202E}fdp.exe");
  // mactime reads %XX back, wherever it stands.
  EXPECT_EQ(name_of("C:\\%41"), "C:/%2541");
  EXPECT_EQ(name_of("C:\\%7c%7C%"), "C:/%257c%257C%");
  EXPECT_EQ(name_of("C:\\100% sure%2"), "C:/100% sure%2");
}

TEST(Bodyfile, TakesOnlyRecordsOfFiles) {
  std::string out;
  EXPECT_EQ(append_bodyfile_lines(out, "{"), BodyfileRecord::unreadable);
  EXPECT_EQ(append_bodyfile_lines(out, R"({"kind":"file_table"})"), BodyfileRecord::other);
  EXPECT_EQ(append_bodyfile_lines(out, R"({"kind":"file","path":"C:\\a"})"),
            BodyfileRecord::unreadable);
  EXPECT_EQ(append_bodyfile_lines(out, R"({"mft_record":1})"), BodyfileRecord::unreadable);
  EXPECT_EQ(append_bodyfile_lines(out, "[1]"), BodyfileRecord::unreadable);
  EXPECT_EQ(out, "");
}

struct Written {
  std::string text;
  Result<BodyfileCounts> counts = BodyfileCounts{};
};

Written written(std::vector<std::byte> bytes) {
  MemorySource source{std::move(bytes)};
  const auto bundle = BundleReader::open(source);
  EXPECT_TRUE(bundle);
  Written result;
  result.counts = write_bodyfile(*bundle, [&](std::string_view lines) {
    result.text += lines;
    return Result<void>{};
  });
  EXPECT_TRUE(result.counts);
  return result;
}

TEST(Bodyfile, ReadsEverySegment) {
  test::BundleBuilder builder;
  builder.entry("records/file_table.2.jsonl", record("C:\\second", "") + "\nno record\n");
  builder.entry("records/file_table.jsonl", record("C:\\first", "") + "\n");
  const Written got = written(builder.bytes());
  EXPECT_EQ(got.counts->files, 2u);
  EXPECT_EQ(got.counts->unreadable, 1u);
  EXPECT_THAT(got.counts->damaged, SizeIs(0));
  EXPECT_LT(got.text.find("C:/first"), got.text.find("C:/second"));
}

TEST(Bodyfile, RecordsWithoutANameAreOfTheirVolume) {
  test::BundleBuilder builder;
  const auto nameless = [](int artifact) {
    return R"({"kind":"file","source":{"artifact":)" + std::to_string(artifact) +
           R"(},"path":null,"mft_record":23,"allocated":false,"si":{"created":"2020-01-01T00:00:00Z"}})"
           "\n";
  };
  builder.entry("artifacts.jsonl", R"({"id":4,"path":"C:\\$MFT"})"
                                   "\n"
                                   R"({"id":5,"path":"volume2:\\$MFT"})"
                                   "\n"
                                   R"({"id":6,"path":"C:\\a\\$MFT"})"
                                   "\n");
  builder.entry("records/file_table.jsonl", nameless(4) + nameless(5) + nameless(6));
  const std::string text = written(builder.bytes()).text;
  EXPECT_THAT(text, HasSubstr("0|C:/$Orphan/OrphanFile-23 (deleted)|"));
  EXPECT_THAT(text, HasSubstr("0|volume2:/$Orphan/OrphanFile-23 (deleted)|"));
  EXPECT_THAT(text, HasSubstr("0|$Orphan/OrphanFile-23 (deleted)|"));
}

TEST(Bodyfile, ReadsOnBehindADamagedSegment) {
  test::BundleBuilder builder;
  builder.entry("records/file_table.jsonl", record("C:\\first", "") + "\n");
  builder.entry("records/file_table.2.jsonl", record("C:\\second", "") + "\n");
  std::vector<std::byte> bytes = builder.bytes();
  const std::string_view name = "records/file_table.jsonl";
  const auto at = Bytes{bytes}.chars().find(name);
  ASSERT_NE(at, std::string_view::npos);
  bytes[at + name.size() + 50] ^= std::byte{1};
  const Written got = written(std::move(bytes));
  ASSERT_THAT(got.counts->damaged, SizeIs(1));
  EXPECT_THAT(got.counts->damaged[0].text(), HasSubstr("records/file_table.jsonl"));
  EXPECT_THAT(got.text, HasSubstr("C:/second"));
}

TEST(Bodyfile, EndsWhenTheLinesCannotBeWritten) {
  test::BundleBuilder builder;
  builder.entry("records/file_table.jsonl", record("C:\\first", "") + "\n");
  MemorySource source{builder.bytes()};
  const auto bundle = BundleReader::open(source);
  ASSERT_TRUE(bundle);
  const auto counts = write_bodyfile(*bundle, [](std::string_view) -> Result<void> {
    return Error{Errc::io, "full"};
  });
  ASSERT_FALSE(counts);
  EXPECT_EQ(counts.error().code, Errc::io);
}

}  // namespace
}  // namespace hozen
