// hozen parse over event logs of Windows 2000 to Server 2003, as a user runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "collector/base/bytes.h"
#include "tests/builders/evt_builder.h"
#include "tests/builders/json.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using builders::evt_sid;
using builders::EvtBuilder;
using builders::EvtBytes;
using builders::EvtEvent;
using test::Json;
using ::testing::HasSubstr;
using ::testing::Not;

class ParseEvt : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
  }
  void write(const std::string& name, const EvtBytes& bytes) {
    std::ofstream file{folder.path() / name, std::ios::binary};
    file << Bytes{bytes}.chars();
  }
  test::Ended parse(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "parse");
    return test::run_program(arguments, folder.text());
  }
  TempFolder folder;
};

EvtEvent logon() {
  return {.source = "Security",
          .computer = "XP-1",
          .event_id = 528,
          .type = 8,
          .category = 2,
          .strings = {"eve", "CORP", "(0x0,0x1)", "10", "User32  ", "Negotiate", "XP-1"},
          .sid = evt_sid({21, 1, 2, 3, 500}),
          .data = {std::byte{0xAB}}};
}

TEST_F(ParseEvt, PrintsItFromHeadToEnd) {
  EvtBuilder log;
  for (int i = 0; i < 4; ++i) log.event({.event_id = 0x4000'1B7C, .strings = {"old"}});
  write("SecEvent.Evt", log.cleared().event(logon()).bytes());
  const test::Ended ended = parse({"SecEvent.Evt"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  const auto records = test::parse_json_lines(ended.output);
  ASSERT_EQ(records.size(), 4u) << ended.output;
  EXPECT_EQ(records[0].at("kind"), "event_log");
  EXPECT_EQ(records[0].at("format"), "evt");
  EXPECT_EQ(records[0].at("version"), "1.1");
  EXPECT_EQ(records[0].at("end_record_found"), true);
  EXPECT_EQ(records[0].at("dirty"), false);
  const Json& event = records[1];
  EXPECT_EQ(event.at("kind"), "event");
  EXPECT_EQ(event.at("record_id"), 1);
  EXPECT_EQ(event.at("time_created"), "2004-05-31T10:40:00.0000000Z");
  EXPECT_EQ(event.at("provider"), "Security");
  EXPECT_EQ(event.at("event_id"), 528);
  EXPECT_EQ(event.at("channel"), nullptr);
  EXPECT_EQ(event.at("computer"), "XP-1");
  EXPECT_EQ(event.at("type"), "success_audit");
  EXPECT_EQ(event.at("user_sid"), "S-1-5-21-1-2-3-500");
  EXPECT_EQ(event.at("recovered"), false);
  EXPECT_EQ(event.at("offset"), 48);
  EXPECT_EQ(event.at("data"),
            test::parse_json(R"j({"TargetUserName":"eve","TargetDomainName":"CORP",)j"
                             R"j("TargetLogonId":"(0x0,0x1)","LogonType":"10",)j"
                             R"j("LogonProcessName":"User32  ",)j"
                             R"j("AuthenticationPackageName":"Negotiate",)j"
                             R"j("WorkstationName":"XP-1","Binary":"ab"})j"));
  EXPECT_EQ(event.at("System").at("EventID"), 528);
  EXPECT_EQ(event.at("System").at("Security").at("UserID"), "S-1-5-21-1-2-3-500");
  EXPECT_EQ(records[2].at("recovered"), true);
  EXPECT_EQ(records[2].at("place"), "slack");
  EXPECT_EQ(records[2].at("event_id"), 7036);
  EXPECT_EQ(records[2].at("qualifiers"), 0x4000);
  EXPECT_EQ(records[2].at("data"), test::parse_json(R"({"param1":"old"})"));
  EXPECT_EQ(records[3].at("kind"), "event_log_end");
  EXPECT_EQ(records[3].at("records"), 1);
  EXPECT_EQ(records[3].at("recovered"), 1);
  EXPECT_EQ(records[3].at("problems"), 0);
}

TEST_F(ParseEvt, TellsDamageAndReadsOn) {
  EvtBuilder log;
  for (int i = 0; i < 3; ++i) log.event({});
  log.fill(log.record_offset(1), 60, 0xFF);
  write("log", log.bytes());
  const test::Ended ended = parse({"log"});
  EXPECT_EQ(ended.exit_code, 1);
  const auto records = test::parse_json_lines(ended.output);
  ASSERT_EQ(records.size(), 5u) << ended.output;
  EXPECT_EQ(records[2].at("kind"), "problem");
  EXPECT_EQ(records[2].at("offset"), log.record_offset(1));
  EXPECT_EQ(records[3].at("place"), "behind_damage");
}

TEST_F(ParseEvt, WritesXmlAsWindowsDoes) {
  EvtEvent event = logon();
  event.strings[0] = "a<b";
  write("log.evt", EvtBuilder{}.event(event).bytes());
  const test::Ended ended = parse({"--xml", "log.evt"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  EXPECT_THAT(ended.output, HasSubstr("<Provider Name=\"Security\"/><EventID Qualifiers=\"0\">528"
                                      "</EventID><Level>0</Level><Task>2</Task>"));
  EXPECT_THAT(ended.output, HasSubstr("<Security UserID=\"S-1-5-21-1-2-3-500\"/></System>"
                                      "<EventData><Data>a&lt;b</Data><Data>CORP</Data>"));
  EXPECT_THAT(ended.output, HasSubstr("<Binary>ab</Binary></EventData></Event>"));
  EXPECT_THAT(ended.output, Not(HasSubstr("problem")));
}

}  // namespace
}  // namespace hozen
