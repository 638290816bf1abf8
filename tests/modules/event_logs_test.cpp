#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/builders/evtx_builder.h"
#include "tests/modules/execution_cases.h"
#include "tests/modules/judge_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec event_logs;
}  // namespace modules
namespace {

using builders::evtx_number;
using builders::evtx_text;
using builders::EvtxBuilder;
using builders::EvtxEvent;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kSystem = "C:\\Windows\\System32\\winevt\\Logs\\System.evtx";
constexpr std::string_view kSecurity = "C:\\Windows\\System32\\winevt\\Logs\\Security.evtx";

EvtxEvent service(const std::string& name) {
  return {.data = {{"ServiceName", evtx_text(name)}, {"StartType", evtx_text("demand start")}}};
}

class EventLogsTest : public testing::Test {
 protected:
  ModuleRun run(std::string_view path, const builders::EvtxBytes& log) {
    windows.file(path, "").bytes = log;
    return run_and_judge({&modules::event_logs}, windows);
  }
  static std::vector<std::string> rules(const ModuleRun& run) {
    std::vector<std::string> rules;
    for (const Finding& finding : run.context->findings) rules.push_back(finding.rule);
    return rules;
  }
  fake::FakeWindows windows;
};

TEST_F(EventLogsTest, TellsTheEventsThatMatter) {
  EvtxBuilder log;
  log.event(service("PSEXESVC"));
  log.event({.event_id = 9999, .data = {{"a", evtx_text("b")}}});
  log.event({.event_id = 7036, .data = {{"", evtx_text("x")}, {"", evtx_text("y")}}});
  const ModuleRun ran = run(kSystem, log.bytes());
  const auto events = records_of(ran, "event");
  ASSERT_EQ(events.size(), 2u);
  const fake::Record& first = *events[0];
  EXPECT_EQ(first["log"], kSystem);
  EXPECT_EQ(first["channel"], "System");
  EXPECT_EQ(first["provider"], "Service Control Manager");
  EXPECT_EQ(first["event_id"], "7045");
  EXPECT_EQ(first["record_id"], "1");
  EXPECT_EQ(first["topic"], "service");
  EXPECT_EQ(first["computer"], "PC");
  EXPECT_EQ(first["place"], "live");
  EXPECT_EQ(first.json_of("data"), R"({"ServiceName":"PSEXESVC","StartType":"demand start"})");
  EXPECT_EQ(time_of(first, "event_time"), FileTime{133'000'000'000'000'000});
  EXPECT_EQ(events[1]->json_of("data"), R"({"param1":"x","param2":"y"})");
  const auto logs = records_of(ran, "event_log");
  ASSERT_EQ(logs.size(), 1u);
  EXPECT_EQ((*logs[0])["records"], "3");
  EXPECT_EQ((*logs[0])["events_told"], "2");
  EXPECT_EQ((*logs[0])["missing_records"], "0");
  EXPECT_EQ((*logs[0])["channel"], "System");
  EXPECT_TRUE(ran.context->has_collected(kSystem));
  EXPECT_THAT(ran.context->notes, IsEmpty());
  EXPECT_THAT(ran.context->findings, IsEmpty());
}

TEST_F(EventLogsTest, AnotherLogsEventOfThatNumberIsNotMeant) {
  EvtxEvent event = service("x");
  event.channel = "Some-Provider/Operational";
  const ModuleRun ran = run(kSystem, EvtxBuilder{}.event(event).bytes());
  EXPECT_THAT(records_of(ran, "event"), IsEmpty());
}

TEST_F(EventLogsTest, TellsWhoClearedALog) {
  EvtxBuilder log;
  log.event(
      {.provider = "Microsoft-Windows-Eventlog",
       .event_id = 1102,
       .channel = "Security",
       .data = {{"SubjectUserName", evtx_text("eve")}, {"SubjectDomainName", evtx_text("CORP")}},
       .section = "UserData"});
  const ModuleRun ran = run(kSecurity, log.bytes());
  ASSERT_EQ(ran.context->findings.size(), 1u);
  const Finding& finding = ran.context->findings[0];
  EXPECT_EQ(finding.rule, "event_logs.cleared");
  EXPECT_EQ(finding.subject, "Security");
  EXPECT_EQ(severity_of(finding), Severity::medium);
  EXPECT_THAT(finding.why[0].fact, HasSubstr("by CORP\\eve at 2022-"));
  EXPECT_EQ(finding.why[0].records, std::vector<std::string>{records_of(ran, "event")[0]->id});
}

TEST_F(EventLogsTest, AClearedLogOfLittleUseIsLow) {
  EvtxBuilder log;
  for (const char* channel : {"Microsoft-Windows-Foo/Operational", "Application"})
    log.event({.event_id = 104, .data = {{"Channel", evtx_text(channel)}}, .section = "UserData"});
  const ModuleRun ran = run(kSystem, log.bytes());
  ASSERT_EQ(ran.context->findings.size(), 2u);
  EXPECT_EQ(severity_of(ran.context->findings[0]), Severity::low);
  EXPECT_EQ(severity_of(ran.context->findings[1]), Severity::medium);
}

TEST_F(EventLogsTest, FindsRecordsThatAreMissing) {
  EvtxBuilder log;
  for (const std::uint64_t id : {10u, 11u, 15u, 16u}) {
    EvtxEvent event = service("x");
    event.record_id = id;
    log.event(event);
  }
  const ModuleRun ran = run(kSystem, log.bytes());
  EXPECT_THAT(rules(ran), ElementsAre("event_logs.missing_records"));
  EXPECT_EQ(severity_of(ran.context->findings[0]), Severity::low);
  const fake::Record& row = *records_of(ran, "event_log")[0];
  EXPECT_EQ(row["missing_records"], "3");
  EXPECT_EQ(row.json_of("gaps"), R"(["12-14"])");
  EXPECT_EQ(row["first_record"], "10");
}

TEST_F(EventLogsTest, OfADamagedLogDamageMayBeWhy) {
  EvtxBuilder log;
  for (const std::uint64_t id : {10u, 15u}) {
    EvtxEvent event = service("x");
    event.record_id = id;
    log.event(event);
  }
  log.set_u32(4096 + 512 + 40, 0xFFFF'FFFF);
  const ModuleRun ran = run(kSystem, log.bytes());
  ASSERT_THAT(rules(ran), ElementsAre("event_logs.missing_records"));
  EXPECT_EQ(score_of(ran.context->findings[0]), 15);
  EXPECT_THAT(ran.context->findings[0].why[0].fact, HasSubstr("may be why"));
  EXPECT_FALSE(ran.context->notes.empty());
}

TEST_F(EventLogsTest, TellsRecordsThatTheLogDoesNotCount) {
  EvtxBuilder log;
  log.event(service("kept")).event(service("left")).free_at_last(1);
  const ModuleRun ran = run(kSystem, log.bytes());
  const auto events = records_of(ran, "event");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ((*events[1])["place"], "slack");
  EXPECT_EQ((*records_of(ran, "event_log")[0])["recovered"], "1");
}

TEST_F(EventLogsTest, TellsTimesThatGoBack) {
  EvtxBuilder log;
  constexpr std::uint64_t kHour = 3600 * kTicksPerSecond;
  for (const std::uint64_t ticks : {10 * kHour, 8 * kHour, 11 * kHour}) {
    EvtxEvent event = service("x");
    event.time = FileTime{133'000'000'000'000'000 + ticks};
    log.event(event);
  }
  const ModuleRun ran = run(kSystem, log.bytes());
  EXPECT_EQ((*records_of(ran, "event_log")[0])["times_backwards"], "1");
}

TEST_F(EventLogsTest, RepeatedNamesKeepAllTheirValues) {
  EvtxBuilder log;
  log.event(
      {.data = {{"a", evtx_text("1")}, {"b", evtx_number(0x08, 7, 4)}, {"a", evtx_text("2")}}});
  const ModuleRun ran = run(kSystem, log.bytes());
  ASSERT_EQ(records_of(ran, "event").size(), 1u);
  EXPECT_EQ(records_of(ran, "event")[0]->json_of("data"), R"({"a":["1","2"],"b":7})");
}

TEST_F(EventLogsTest, WhatIsNoLogIsToldAndPreserved) {
  const ModuleRun ran = run(kSystem, builders::EvtxBytes(100, std::byte{'x'}));
  EXPECT_THAT(records_of(ran, "event_log"), IsEmpty());
  ASSERT_EQ(ran.context->notes.size(), 1u);
  EXPECT_THAT(ran.context->notes[0].text(), HasSubstr("System.evtx"));
  EXPECT_TRUE(ran.context->has_collected(kSystem));
}

}  // namespace
}  // namespace hozen
