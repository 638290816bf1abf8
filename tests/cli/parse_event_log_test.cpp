// hozen parse over event logs, as a user runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "collector/base/bytes.h"
#include "tests/builders/evtx_builder.h"
#include "tests/builders/json.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using namespace builders;
using test::Json;
using ::testing::HasSubstr;

class ParseEventLog : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
  }
  void write(const std::string& name, const EvtxBytes& bytes) {
    std::ofstream file{folder.path() / name, std::ios::binary};
    file << Bytes{bytes}.chars();
  }
  test::Ended parse(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "parse");
    return test::run_program(arguments, folder.text());
  }
  TempFolder folder;
};

TEST_F(ParseEventLog, PrintsItFromHeadToEnd) {
  write("System.evtx",
        EvtxBuilder{}
            .event({.data = {{"ServiceName", evtx_text("PSEXESVC")}, {"", evtx_text("x")}}})
            .event({})
            .free_at_last(1)
            .bytes());
  const test::Ended ended = parse({"System.evtx"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  EXPECT_EQ(ended.error, "");
  const auto records = test::parse_json_lines(ended.output);
  ASSERT_EQ(records.size(), 5u);
  EXPECT_EQ(records[0].at("kind"), "event_log");
  EXPECT_EQ(records[0].at("version"), "3.1");
  EXPECT_EQ(records[0].at("checksum_ok"), true);
  const Json& event = records[1];
  EXPECT_EQ(event.at("kind"), "event");
  EXPECT_THAT(event.at("source").get<std::string>(), HasSubstr("System.evtx"));
  EXPECT_EQ(event.at("record_id"), 1);
  EXPECT_EQ(event.at("time_created"), "2022-06-18T04:26:40.0000000Z");
  EXPECT_EQ(event.at("written"), "2022-06-18T04:26:40.0000000Z");
  EXPECT_EQ(event.at("provider"), "Service Control Manager");
  EXPECT_EQ(event.at("event_id"), 7045);
  EXPECT_EQ(event.at("channel"), "System");
  EXPECT_EQ(event.at("computer"), "PC");
  EXPECT_EQ(event.at("recovered"), false);
  EXPECT_EQ(event.at("offset"), 4096 + 512);
  EXPECT_EQ(event.at("data"), test::parse_json(R"({"ServiceName":"PSEXESVC","param1":"x"})"));
  EXPECT_EQ(event.at("EventData"), event.at("data"));
  EXPECT_EQ(event.at("System").at("EventID"), 7045);
  EXPECT_EQ(records[2].at("recovered"), true);
  EXPECT_EQ(records[2].at("place"), "slack");
  EXPECT_EQ(records[3].at("kind"), "event_log_chunk");
  EXPECT_EQ(records[3].at("records_checksum_ok"), true);
  EXPECT_EQ(records[4].at("kind"), "event_log_end");
  EXPECT_EQ(records[4].at("records"), 1);
  EXPECT_EQ(records[4].at("recovered"), 1);
  EXPECT_EQ(records[4].at("problems"), 0);
}

TEST_F(ParseEventLog, TellsDamageAndReadsOn) {
  auto log = EvtxBuilder{}.event({}).raw_record(EvtxBytes(40, std::byte{0x7F})).event({});
  write("log", log.bytes());
  const test::Ended ended = parse({"log"});
  EXPECT_EQ(ended.exit_code, 1);
  const auto records = test::parse_json_lines(ended.output);
  ASSERT_EQ(records.size(), 7u);
  EXPECT_EQ(records[2].at("record_id"), 2);
  EXPECT_EQ(records[2].at("damaged"), true);
  EXPECT_TRUE(records[2].at("data").is_null());
  EXPECT_EQ(records[3].at("kind"), "problem");
  EXPECT_EQ(records[3].at("reason"), "malformed");
  EXPECT_EQ(records[4].at("record_id"), 3);
  EXPECT_EQ(records[6].at("problems"), 1);
}

TEST_F(ParseEventLog, PrintsXmlOfSeveralLogsAsOneDocument) {
  write("a", EvtxBuilder{}.event({.data = {{"x", evtx_text("a-->b")}}}).bytes());
  write("b", EvtxBuilder{}.event({}).event({}).free_at_last(1).bytes());
  const test::Ended ended = parse({"--xml", "a", "b"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  EXPECT_TRUE(ended.output.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Events>\n"));
  EXPECT_TRUE(ended.output.ends_with("</Event>\n</Events>\n"));
  EXPECT_THAT(ended.output, HasSubstr("<Data Name=\"x\">a--&gt;b</Data></EventData></Event>\n"));
  EXPECT_THAT(ended.output, HasSubstr("<!-- recovered (slack): record 2 at offset"));
}

TEST_F(ParseEventLog, XmlIsForEventLogsOnly) {
  write("text", EvtxBytes(100, std::byte{'a'}));
  EXPECT_EQ(parse({"--xml", "text"}).exit_code, 2);
}

TEST_F(ParseEventLog, AHostileRecordDoesNotFillTheDisk) {
  // One text of 20 KiB, 200 times in one template, in 20 records.
  EvtxElement data{"EventData", {}, {}};
  for (int i = 0; i < 200; ++i)
    data.content.push_back(evtx_element({"A", {}, {evtx_substitution(0)}}));
  EvtxBuilder log;
  const EvtxElement event{"Event", {}, {evtx_element(std::move(data))}};
  log.record(event, {evtx_text(std::string(20000, 'x'))});
  write("log", log.bytes());
  const test::Ended ended = parse({"log"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_LT(ended.output.size(), 4u << 20);
  const auto records = test::parse_json_lines(ended.output);
  EXPECT_EQ(records[2].at("reason"), "limit");
}

}  // namespace
}  // namespace hozen
