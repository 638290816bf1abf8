// hozen parse as a user runs it: records of registry hives, logs beside them, exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "collector/base/bytes.h"
#include "tests/builders/json.h"
#include "tests/builders/ntfs_builder.h"
#include "tests/builders/program.h"
#include "tests/builders/regf_builder.h"
#include "tests/builders/task_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using namespace builders;
using test::Ended;
using test::Json;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr FileTime kTime{132'000'000'000'000'000};

class ParseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
  }
  void write(const std::string& name, const std::vector<std::byte>& bytes) {
    std::ofstream file{folder.path() / name, std::ios::binary};
    file << Bytes{bytes}.chars();
  }
  /// Runs `hozen parse` and keeps its records.
  Ended parse(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "parse");
    Ended ended = test::run_program(arguments, folder.text());
    records = test::parse_json_lines(ended.output);
    return ended;
  }
  std::vector<Json> of_kind(std::string_view kind) const {
    std::vector<Json> found;
    for (const Json& record : records)
      if (record.at("kind") == kind) found.push_back(record);
    return found;
  }
  Json value(std::string_view name) const {
    for (const Json& record : of_kind("registry_value"))
      if (record.at("name") == name) return record;
    return {};
  }

  TempFolder folder;
  std::vector<Json> records;
};

TEST_F(ParseTest, PrintsAHiveFromHeadToEnd) {
  auto builder = RegfBuilder{}
                     .embedded_name("SOFTWARE")
                     .key("Run")
                     .value("x", sz("C:\\a.exe"))
                     .written_at(kTime);
  write("HIVE", builder.bytes());
  const Ended ended = parse({"HIVE"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  EXPECT_THAT(ended.error, IsEmpty());
  ASSERT_EQ(records.size(), 5u);
  const Json& head = records.front();
  EXPECT_EQ(head.at("kind"), "registry_hive");
  EXPECT_THAT(head.at("source").get<std::string>(), HasSubstr("HIVE"));
  EXPECT_EQ(head.at("state"), "clean");
  EXPECT_EQ(head.at("sequence1"), 1);
  EXPECT_EQ(head.at("sequence2"), 1);
  EXPECT_EQ(head.at("version"), "1.5");
  EXPECT_EQ(head.at("embedded_name"), "SOFTWARE");
  EXPECT_EQ(records[1].at("path"), "");
  EXPECT_EQ(records[2].at("path"), "Run");
  EXPECT_EQ(records[2].at("last_written"), "2019-04-17T18:40:00.0000000Z");
  EXPECT_EQ(records[2].at("deleted"), false);
  EXPECT_EQ(records[2].at("offset").get<std::uint64_t>() + 4, builder.offset_of_key("Run"));
  EXPECT_EQ(records[3].at("key"), "Run");
  EXPECT_EQ(records[3].at("name"), "x");
  EXPECT_EQ(records[3].at("type"), "REG_SZ");
  EXPECT_EQ(records[3].at("data"), "C:\\a.exe");
  EXPECT_EQ(records[3].at("offset").get<std::uint64_t>() + 4, builder.offset_of_value("Run", "x"));
  const Json& end = records.back();
  EXPECT_EQ(end.at("kind"), "registry_hive_end");
  EXPECT_EQ(end.at("keys"), 2);
  EXPECT_EQ(end.at("values"), 1);
  EXPECT_EQ(end.at("deleted_keys"), 0);
  EXPECT_EQ(end.at("deleted_values"), 0);
  EXPECT_EQ(end.at("problems"), 0);
}

TEST_F(ParseTest, WritesDataAsWhatItIs) {
  write("HIVE", RegfBuilder{}
                    .key("K")
                    .value("expand", expand_sz("%TEMP%"))
                    .value("multi", multi_sz({"one", "", "three"}))
                    .value("no strings", multi_sz({}))
                    .value("dword", dword(0xFFFFFFFF))
                    .value("be", dword_big_endian(0x01020304))
                    .value("qword", qword(0x8000000000000001))
                    .value("short", raw_data(4, binary("0102").bytes))
                    .value("binary", binary("00ff10"))
                    .value("odd type", raw_data(0xFFFF0012, binary("41").bytes))
                    .value("none", none())
                    .bytes());
  EXPECT_EQ(parse({"HIVE"}).exit_code, 0);
  EXPECT_EQ(value("expand").at("data"), "%TEMP%");
  EXPECT_EQ(value("multi").at("data"), Json::array({"one", "", "three"}));
  EXPECT_EQ(value("no strings").at("data"), Json::array());
  EXPECT_EQ(value("dword").at("data"), 0xFFFFFFFFu);
  EXPECT_EQ(value("be").at("data"), 0x01020304u);
  EXPECT_EQ(value("qword").at("data"), 0x8000000000000001u);
  EXPECT_EQ(value("short").at("data"), "0102");
  EXPECT_EQ(value("binary").at("data"), "00ff10");
  EXPECT_EQ(value("odd type").at("type"), "REG_0xFFFF0012");
  EXPECT_EQ(value("none").at("type"), "REG_NONE");
  EXPECT_EQ(value("none").at("data"), "");
}

TEST_F(ParseTest, LosesNothingOfTextThatHidesOrIsNoText) {
  write("HIVE", RegfBuilder{}
                    .key("K")
                    .value("hidden", raw_data(1, utf16le(std::string{"seen\0hidden", 11})))
                    .value("odd", raw_data(1, binary("410042").bytes))
                    .value("lone", raw_data(1, binary("00d8").bytes))
                    .value("plain", sz("text"))
                    .bytes());
  EXPECT_EQ(parse({"HIVE"}).exit_code, 0);
  EXPECT_EQ(value("hidden").at("data"), "seen");
  EXPECT_EQ(value("hidden").at("data_hex"),
            "7300650065006e00000068006900640064006500"
            "6e00");
  EXPECT_EQ(value("odd").at("data"), "A");
  EXPECT_EQ(value("odd").at("data_hex"), "410042");
  EXPECT_EQ(value("lone").at("data"), "\uFFFD");
  EXPECT_EQ(value("lone").at("data_hex"), "00d8");
  EXPECT_FALSE(value("plain").contains("data_hex"));
}

TEST_F(ParseTest, KeepsNamesThatJsonCannotHold) {
  const std::string lone = "\xED\xA0\x80";
  write("HIVE", RegfBuilder{}
                    .key_at({"a" + lone, "line\n\"\\\\", std::string{"nul\0x", 5}})
                    .value("v" + lone, dword(1))
                    .bytes());
  EXPECT_EQ(parse({"HIVE"}).exit_code, 0);
  const auto keys = of_kind("registry_key");
  EXPECT_EQ(keys[1].at("path"), "a\uFFFD");
  EXPECT_EQ(keys[1].at("path_utf16"), "610000d8");
  EXPECT_EQ(keys[2].at("path"), "a\uFFFD\\line\n\"\\\\");
  EXPECT_EQ(keys[3].at("path"), ("a\uFFFD\\line\n\"\\\\\\" + std::string{"nul\0x", 5}));
  const Json found = of_kind("registry_value")[0];
  EXPECT_EQ(found.at("key"), keys[3].at("path"));
  EXPECT_EQ(found.at("key_utf16"), keys[3].at("path_utf16"));
  EXPECT_EQ(found.at("name"), "v\uFFFD");
  EXPECT_EQ(found.at("name_utf16"), "760000d8");
}

TEST_F(ParseTest, NamesClassesAndLinks) {
  write(
      "HIVE",
      RegfBuilder{}.key("K").class_name("secret").key("L").symbolic_link("\\Registry\\M").bytes());
  EXPECT_EQ(parse({"HIVE"}).exit_code, 0);
  const auto keys = of_kind("registry_key");
  EXPECT_EQ(keys[1].at("class_name"), "secret");
  EXPECT_FALSE(keys[1].contains("symbolic_link"));
  EXPECT_EQ(keys[2].at("symbolic_link"), true);
  EXPECT_EQ(value("SymbolicLinkValue").at("type"), "REG_LINK");
  EXPECT_EQ(value("SymbolicLinkValue").at("data"), "\\Registry\\M");
}

TEST_F(ParseTest, MarksWhatWasDeleted) {
  write("HIVE", RegfBuilder{}
                    .key("Run")
                    .value("kept", dword(1))
                    .value("gone", sz("C:\\gone.exe"))
                    .deleted_value()
                    .key("Run\\Lost")
                    .value("v", dword(3))
                    .deleted()
                    .bytes());
  EXPECT_EQ(parse({"HIVE"}).exit_code, 0);
  const Json gone = value("gone");
  EXPECT_EQ(gone.at("deleted"), true);
  EXPECT_EQ(gone.at("key"), "Run");
  EXPECT_EQ(gone.at("data"), "C:\\gone.exe");
  const Json lost = of_kind("registry_key").back();
  EXPECT_EQ(lost.at("path"), "Run\\Lost");
  EXPECT_EQ(lost.at("deleted"), true);
  EXPECT_EQ(lost.at("parent_known"), true);
  EXPECT_EQ(records.back().at("deleted_keys"), 1);
  EXPECT_EQ(records.back().at("deleted_values"), 2);
  EXPECT_EQ(records.back().at("keys"), 2);
}

class ParseLogs : public ParseTest {
 protected:
  std::vector<std::byte> before =
      RegfBuilder{}.sequences(6, 5).key("K").value("v", dword(1)).bytes();
  std::vector<std::byte> log =
      log_new(before, {RegfBuilder{}.key("K").value("v", dword(2)).bytes()}, 5);
};

TEST_F(ParseLogs, AreFoundBesideTheHiveInAnyCase) {
  for (const std::string name : {"HIVE.LOG1", "hive.log2", "Hive.Log"}) {
    write("HIVE", before);
    write(name, log);
    const Ended ended = parse({"HIVE"});
    EXPECT_EQ(ended.exit_code, 0) << name;
    EXPECT_THAT(ended.error, IsEmpty()) << name;
    EXPECT_EQ(records.front().at("state"), "replayed") << name;
    EXPECT_EQ(records.front().at("replay").at("entries"), 1) << name;
    EXPECT_EQ(value("v").at("data"), 2) << name;
    std::filesystem::remove(folder.path() / name);
  }
}

TEST_F(ParseLogs, AreLeftAloneWhenAskedTo) {
  write("HIVE", before);
  write("HIVE.LOG1", log);
  EXPECT_EQ(parse({"--no-logs", "HIVE"}).exit_code, 0);
  EXPECT_EQ(records.front().at("state"), "dirty");
  EXPECT_EQ(value("v").at("data"), 1);
}

TEST_F(ParseLogs, ThatAreMissingAreToldOnStandardError) {
  write("HIVE", before);
  const Ended ended = parse({"HIVE"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(records.front().at("state"), "dirty");
  EXPECT_THAT(ended.error, HasSubstr("no transaction log lies beside it"));
}

TEST_F(ParseLogs, ThatAreDamagedAreAProblem) {
  write("HIVE", before);
  log[508] ^= std::byte{1};
  write("HIVE.LOG1", log);
  EXPECT_EQ(parse({"HIVE"}).exit_code, 1);
  EXPECT_EQ(records.front().at("state"), "dirty");
  ASSERT_EQ(of_kind("problem").size(), 1u);
  EXPECT_EQ(of_kind("problem")[0].at("reason"), "malformed");
  EXPECT_EQ(value("v").at("data"), 1);
}

TEST_F(ParseTest, PrintsWhatADamagedHiveHoldsAndItsProblems) {
  auto builder = RegfBuilder{}.key("A\\B").value("v", sz("text of it")).key("C");
  builder.set_u32(builder.offset_of_value("A\\B", "v") + 8, 0x7FFFFFF0);
  write("HIVE", builder.bytes());
  const Ended ended = parse({"HIVE"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_EQ(of_kind("registry_key").size(), 4u);
  EXPECT_EQ(value("v").at("incomplete"), true);
  EXPECT_EQ(value("v").at("stated_size"), 22);
  const auto problems = of_kind("problem");
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems[0].at("what"), "value data");
  EXPECT_EQ(problems[0].at("reason"), "truncated");
  EXPECT_EQ(problems[0].at("key"), "A\\B");
  EXPECT_EQ(records.back().at("problems"), problems.size());
  EXPECT_EQ(records.back().at("kind"), "registry_hive_end");
}

TEST_F(ParseTest, SaysWhatIsNoHiveAndWhichFormatsAreKnown) {
  write("text", sz("no hive").bytes);
  const Ended ended = parse({"text"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.output, IsEmpty());
  EXPECT_THAT(ended.error, HasSubstr("registry_hive"));
  EXPECT_EQ(parse({"--format", "registry_hive", "text"}).exit_code, 1);
  EXPECT_EQ(of_kind("problem").size(), 1u);
  const Ended unknown = parse({"--format", "nonsense", "text"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.error, HasSubstr("registry_hive"));
}

TEST_F(ParseTest, SaysThatNothingIsInAJournalOrASecurityStream) {
  write("zeros", std::vector<std::byte>(8192));
  write("empty", {});
  for (const char* const format : {"usn_journal", "ntfs_security"})
    for (const char* const file : {"zeros", "empty"}) {
      EXPECT_EQ(parse({"--format", format, file}).exit_code, 1) << format << ' ' << file;
      EXPECT_EQ(of_kind("problem").size(), 1u) << format << ' ' << file;
    }
}

TEST_F(ParseTest, SaysWhatCannotBeRead) {
  EXPECT_EQ(parse({"absent"}).exit_code, 4);
  EXPECT_EQ(parse({"."}).exit_code, 4);
}

TEST_F(ParseTest, ALogByItselfIsAProblemThatSaysSo) {
  const auto hive = RegfBuilder{}.bytes();
  write("HIVE.LOG1", log_new(hive, {hive}, 1));
  EXPECT_EQ(parse({"HIVE.LOG1"}).exit_code, 1);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_THAT(records[0].at("what").get<std::string>(), HasSubstr("transaction log"));
}

TEST_F(ParseTest, ReadsAllOfSeveralFilesAndTellsTheGravest) {
  write("one", RegfBuilder{}.bytes());
  write("two", RegfBuilder{}.bytes());
  EXPECT_EQ(parse({"one", "absent", "two"}).exit_code, 4);
  EXPECT_EQ(of_kind("registry_hive_end").size(), 2u);
}

TEST_F(ParseTest, NamesInBracketsAreNamesLikeAnyOther) {
  std::vector<std::string> names{"[1]", "[a,b]", "[", "{}", "%%"};
#ifndef _WIN32  // Windows takes no control character in a name
  names.emplace_back("\x01[x]");
#endif
  for (const std::string& name : names) {
    write(name, RegfBuilder{}.key("K").bytes());
    EXPECT_EQ(parse({name}).exit_code, 0) << name;
    ASSERT_FALSE(records.empty()) << name;
    // The whole path on Windows.
    EXPECT_THAT(records.front().at("source").get<std::string>(), EndsWith(name));
  }
  EXPECT_EQ(parse({"[1]", "[a,b]"}).exit_code, 0);
  EXPECT_EQ(of_kind("registry_hive_end").size(), 2u);
}

TEST_F(ParseTest, APathThatNoWindowsCouldOpenIsNotFollowed) {
  std::vector<std::string> path(400, std::string(600, 'p'));
  write("HIVE", RegfBuilder{}.key_at(path).bytes());
  const Ended ended = parse({"HIVE"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_EQ(of_kind("problem").at(0).at("reason"), "limit");
  EXPECT_LT(of_kind("registry_key").size(), 400u);
}

/// The fields that docs/records.md lists for a kind of `hozen parse`.
/// Under this heading of the documentation.
std::set<std::string> documented_fields(const std::string& heading) {
  const char* const source = std::getenv("HOZEN_SOURCE_DIR");
  const std::filesystem::path root = source != nullptr ? source : ".";
  std::ifstream page{root / "docs" / "records.md"};
  std::set<std::string> fields{"kind", "source"};
  bool parse = false, inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) parse = line == "## What `hozen parse` prints";
    if (line.starts_with("#")) inside = parse && line == "### " + heading;
    if (!inside || !line.starts_with("| `")) continue;
    const std::string names = line.substr(0, line.find('|', 1));
    for (std::size_t at = names.find('`'); at != std::string::npos; at = names.find('`', at)) {
      const std::size_t end = names.find('`', at + 1);
      fields.insert(names.substr(at + 1, end - at - 1));
      at = end + 1;
    }
  }
  return fields;
}

TEST_F(ParseTest, EveryFieldIsDocumentedAndEveryDocumentedFieldExists) {
  const auto everything = [] {
    return RegfBuilder{}
        .key("K")
        .class_name("c")
        .value("a", raw_data(1, binary("410042").bytes))
        .value("gone", dword(1))
        .deleted_value()
        .key("L")
        .symbolic_link("x")
        .key("D")
        .deleted();
  };
  auto damaged = everything();
  damaged.set_u32(damaged.offset_of_value("K", "a") + 4, 100);
  write("damaged", damaged.bytes());
  const auto before = everything().sequences(2, 1).bytes();
  write("dirty", before);
  write("dirty.LOG1", log_new(before, {everything().key("New").bytes()}, 1));
  // Its problem has a detail: what was read instead.
  auto volume = builders::NtfsBuilder{}.volume();
  volume.insert(volume.end(), volume.begin(), volume.begin() + 512);
  std::fill_n(volume.begin(), 512, std::byte{0});
  write("volume", volume);
  parse({"damaged", "dirty", "volume"});
  for (const std::string kind :
       {"registry_hive", "registry_key", "registry_value", "problem", "registry_hive_end"}) {
    std::set<std::string> printed;
    for (const Json& record : of_kind(kind))
      for (const auto& [field, content] : record.items()) printed.insert(field);
    EXPECT_EQ(printed, documented_fields("`" + kind + "`")) << kind;
  }
}

/// The fields of the first record of this kind, without the reasons of absent ones.
std::set<std::string> fields_of(const Json& record) {
  std::set<std::string> fields;
  for (const auto& [field, content] : record.items())
    if (!field.ends_with("_absent")) fields.insert(field);
  return fields;
}

TEST_F(ParseTest, PrintsADefinitionOfAScheduledTask) {
  TaskXmlText task{.uri = "\\a\\b", .settings = "<Hidden>true</Hidden><Priority>7</Priority>"};
  write("task",
        task.exec("C:\\a.exe", "-x <y>").com("{84F0FAE1-C27B-4F6F-807B-28CF6F96287D}").bytes());
  const Ended ended = parse({"task"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  ASSERT_EQ(records.size(), 1u);
  const Json& record = records[0];
  EXPECT_EQ(record.at("kind"), "scheduled_task");
  EXPECT_EQ(record.at("format"), "task_xml");
  EXPECT_THAT(record.at("source").get<std::string>(), HasSubstr("task"));
  EXPECT_EQ(record.at("encoding"), "utf-16le");
  EXPECT_EQ(record.at("uri"), "\\a\\b");
  EXPECT_EQ(record.at("hidden"), true);
  EXPECT_EQ(record.at("enabled"), nullptr);
  EXPECT_EQ(record.at("enabled_absent"), "not_present");
  EXPECT_EQ(record.at("principals").at(0).at("user"), "S-1-5-18");
  EXPECT_EQ(record.at("principal"), record.at("principals").at(0));
  EXPECT_EQ(record.at("triggers").at(0).at("type"), "LogonTrigger");
  EXPECT_EQ(record.at("actions").at(0).at("arguments"), "-x <y>");
  EXPECT_EQ(record.at("actions").at(1).at("type"), "com_handler");
  EXPECT_EQ(record.at("settings").at(1), "Priority=7");
  EXPECT_EQ(fields_of(record), documented_fields("`scheduled_task` from task XML"));
}

TEST_F(ParseTest, PrintsAJobFile) {
  write("At1.job", JobText{.author = "NetScheduleJobAdd", .flags = 0x204}.bytes());
  const Ended ended = parse({"At1.job"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].at("kind"), "scheduled_task");
  EXPECT_EQ(records[0].at("format"), "job_file");
  EXPECT_EQ(records[0].at("actions").at(0).at("type"), "exec");
  EXPECT_EQ(records[0].at("actions").at(0).at("command"), records[0].at("application"));
  EXPECT_EQ(records[0].at("principal"), nullptr);
  EXPECT_EQ(records[0].at("author"), "NetScheduleJobAdd");
  EXPECT_EQ(records[0].at("hidden"), true);
  EXPECT_EQ(records[0].at("enabled"), false);
  EXPECT_EQ(records[0].at("triggers").size(), 1u);
  EXPECT_EQ(fields_of(records[0]), documented_fields("`scheduled_task` from a .job file"));
}

TEST_F(ParseTest, DamageOfATaskIsAProblemAndOne) {
  auto bytes = TaskXmlText{}.exec("C:\\a.exe").bytes();
  bytes.resize(bytes.size() - 40);
  write("cut", bytes);
  EXPECT_EQ(parse({"cut"}).exit_code, 1);
  EXPECT_EQ(of_kind("scheduled_task").at(0).at("actions").at(0).at("command"), "C:\\a.exe");
  EXPECT_FALSE(of_kind("problem").empty());
  auto job = JobText{}.bytes();
  job.resize(80);
  write("cut.job", job);
  EXPECT_EQ(parse({"cut.job"}).exit_code, 1);
  write("other", {std::byte{'x'}});
  EXPECT_EQ(parse({"--format", "task_xml", "other"}).exit_code, 1);
  EXPECT_EQ(of_kind("problem").at(0).at("reason"), "malformed");
}

}  // namespace
}  // namespace hozen
