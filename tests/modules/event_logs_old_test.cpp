// The module event_logs over logs of Windows XP and before, and the rules that join their events.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/builders/evt_builder.h"
#include "tests/modules/judge_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec event_logs, psexec, remote_logons;
}  // namespace modules
namespace {

using builders::evt_sid;
using builders::EvtBuilder;
using builders::EvtEvent;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kConfig = "C:\\Windows\\System32\\config\\";
constexpr std::string_view kEventlog = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Eventlog";
constexpr std::uint32_t kStart = 1'086'000'000;  // 2004-05-31T10:40:00Z

EvtEvent audit(std::uint32_t id, std::vector<std::string> strings, std::uint32_t seconds = 0) {
  return {.source = "Security",
          .computer = "XP-1",
          .event_id = id,
          .type = 8,
          .strings = std::move(strings),
          .generated = kStart + seconds};
}
/// As Windows XP writes it, from the host `client`.
EvtEvent network_logon(const std::string& user, const std::string& client,
                       std::uint32_t seconds = 0) {
  return audit(540, {user, "CORP", "(0x0,0x1234)", "3", "NtLmSsp ", "NTLM", client, "{0}"},
               seconds);
}

class OldEventLogs : public testing::Test {
 protected:
  void log(std::string_view name, const EvtBuilder& log) {
    windows.file(std::string{kConfig} + std::string{name}, "").bytes = log.bytes();
  }
  ModuleRun run() { return run_and_judge({&modules::event_logs}, windows); }
  ModuleRun judge(const ModuleSpec& rules) {
    return run_and_judge({&modules::event_logs, &rules}, windows);
  }
  static std::vector<std::string> rules(const ModuleRun& run) {
    std::vector<std::string> rules;
    for (const Finding& finding : run.context->findings) rules.push_back(finding.rule);
    return rules;
  }
  fake::FakeWindows windows;
};

TEST_F(OldEventLogs, TellsTheEventsThatMatter) {
  EvtEvent logon = audit(528, {"eve", "CORP", "(0x0,0x1)", "10", "User32", "Negotiate", "XP-1"});
  logon.sid = evt_sid({21, 1, 2, 3, 500});
  logon.data = {std::byte{0xAB}};
  log("SecEvent.Evt", EvtBuilder{}.event(logon).event(audit(9999, {})));
  const ModuleRun ran = run();
  const auto events = records_of(ran, "event");
  ASSERT_EQ(events.size(), 1u);
  const fake::Record& event = *events[0];
  EXPECT_EQ(event["log"], std::string{kConfig} + "SecEvent.Evt");
  EXPECT_EQ(event["channel"], "Security");
  EXPECT_EQ(event["provider"], "Security");
  EXPECT_EQ(event["event_id"], "528");
  EXPECT_EQ(event["record_id"], "1");
  EXPECT_EQ(event["topic"], "logon");
  EXPECT_EQ(event["computer"], "XP-1");
  EXPECT_EQ(event["user_sid"], "S-1-5-21-1-2-3-500");
  EXPECT_EQ(event["place"], "live");
  EXPECT_EQ(event["audit"], "success");
  EXPECT_EQ(event.json_of("data"),
            R"j({"TargetUserName":"eve","TargetDomainName":"CORP","TargetLogonId":"(0x0,0x1)",)j"
            R"j("LogonType":"10","LogonProcessName":"User32",)j"
            R"j("AuthenticationPackageName":"Negotiate","WorkstationName":"XP-1",)j"
            R"j("Binary":"ab"})j");
  EXPECT_EQ(time_of(event, "event_time").iso8601(), "2004-05-31T10:40:00.0000000Z");
  const auto logs = records_of(ran, "event_log");
  ASSERT_EQ(logs.size(), 1u);
  EXPECT_EQ((*logs[0])["format"], "evt");
  EXPECT_EQ((*logs[0])["channel"], "Security");
  EXPECT_EQ((*logs[0])["records"], "2");
  EXPECT_EQ((*logs[0])["events_told"], "1");
  EXPECT_EQ((*logs[0])["missing_records"], "0");
  EXPECT_EQ((*logs[0])["sha256"].size(), 64u);
  EXPECT_TRUE(ran.context->has_collected(std::string{kConfig} + "SecEvent.Evt"));
  EXPECT_THAT(ran.context->notes, IsEmpty());
  EXPECT_THAT(ran.context->findings, IsEmpty());
}

TEST_F(OldEventLogs, StringsOfAnotherCountHaveNoNames) {
  log("SecEvent.Evt", EvtBuilder{}.event(audit(528, {"eve", "CORP"})));
  const ModuleRun ran = run();
  EXPECT_EQ(records_of(ran, "event").at(0)->json_of("data"), R"({"param1":"eve","param2":"CORP"})");
}

TEST_F(OldEventLogs, TheSameNumberInAnotherLogIsNotMeant) {
  log("AppEvent.Evt", EvtBuilder{}.event(audit(528, {})));
  log("SecEvent.Evt", EvtBuilder{}.event(audit(4624, {})));
  log("SysEvent.Evt", EvtBuilder{}.event({.event_id = 0x4000'1B7C, .strings = {"x", "y"}}));
  log("Unknown.evt", EvtBuilder{}.event(audit(528, {})));
  const ModuleRun ran = run();
  const auto events = records_of(ran, "event");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ((*events[0])["event_id"], "7036");
  EXPECT_EQ((*events[0])["topic"], "service");
  EXPECT_EQ((*events[0])["audit"], "null");
  EXPECT_EQ(records_of(ran, "event_log").size(), 4u);
}

TEST_F(OldEventLogs, TheRegistrySaysWhichLogAFileIs) {
  windows.value(std::string{kEventlog} + "\\Security", "File", fake::expand_sz("D:\\logs\\a.bin"));
  windows.value(std::string{kEventlog} + "\\System", "File",
                fake::expand_sz("%SystemRoot%\\System32\\config\\other.evt"));
  windows.value(std::string{kEventlog} + "\\None", "File", fake::sz("D:\\logs\\not there.evt"));
  windows.volume("D:");
  windows.file("D:\\logs\\a.bin", "").bytes = EvtBuilder{}.event(audit(512, {})).bytes();
  log("other.evt", EvtBuilder{}.event({.strings = {"x", "y"}}));
  const ModuleRun ran = run();
  const auto events = records_of(ran, "event");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ((*events[0])["channel"], "System");
  EXPECT_EQ((*events[1])["channel"], "Security");
  EXPECT_EQ((*events[1])["log"], "D:\\logs\\a.bin");
  EXPECT_EQ((*events[1])["topic"], "start");
  EXPECT_THAT(ran.context->notes, IsEmpty());
}

TEST_F(OldEventLogs, TellsWhoClearedTheLog) {
  log("SecEvent.Evt", EvtBuilder{}.event(audit(517, {"SYSTEM", "NT AUTHORITY", "(0x0,0x3E7)", "eve",
                                                     "CORP", "(0x0,0x1)"})));
  const ModuleRun ran = run();
  ASSERT_EQ(ran.context->findings.size(), 1u);
  const Finding& finding = ran.context->findings[0];
  EXPECT_EQ(finding.rule, "event_logs.cleared");
  EXPECT_EQ(finding.subject, "Security");
  EXPECT_THAT(finding.why[0].fact, HasSubstr("by CORP\\eve at 2004-"));
  EXPECT_EQ(finding.why[0].records, std::vector<std::string>{records_of(ran, "event")[0]->id});
}

TEST_F(OldEventLogs, FindsRecordsThatAreMissing) {
  EvtBuilder builder;
  for (const std::uint32_t number : {10u, 11u, 15u}) {
    EvtEvent event = audit(528, {});
    event.record_number = number;
    builder.event(event);
  }
  // Who takes records away corrects what counts them.
  builder.set_u32(builder.end_offset() + 28, 13).set_u32(24, 13);
  log("SecEvent.Evt", builder);
  const ModuleRun ran = run();
  EXPECT_THAT(rules(ran), ElementsAre("event_logs.missing_records"));
  EXPECT_EQ(records_of(ran, "event_log")[0]->json_of("gaps"), R"(["12-14"])");
}

TEST_F(OldEventLogs, WhatADamagedRecordHeldIsNotMissing) {
  EvtBuilder builder;
  for (int i = 0; i < 4; ++i) builder.event(audit(528, {}));
  builder.fill(builder.record_offset(1), builder.record_bytes(1), 0x55);
  log("SecEvent.Evt", builder);
  const ModuleRun ran = run();
  EXPECT_THAT(rules(ran), IsEmpty());
  EXPECT_FALSE(ran.context->notes.empty());
  const auto events = records_of(ran, "event");
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ((*events[1])["place"], "behind_damage");
}

TEST_F(OldEventLogs, TellsRecordsThatTheLogDoesNotCount) {
  EvtBuilder builder;
  for (int i = 0; i < 4; ++i) builder.event(audit(528, {}));
  log("SecEvent.Evt", builder.cleared().event(audit(528, {})));
  const ModuleRun ran = run();
  const auto events = records_of(ran, "event");
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ((*events[1])["place"], "slack");
  EXPECT_EQ((*records_of(ran, "event_log")[0])["recovered"], "2");
}

TEST_F(OldEventLogs, PsExecOnAnOldHostIsSeen) {
  log("SecEvent.Evt",
      EvtBuilder{}
          .event(network_logon("adm", "WS-07", 9))
          .event(audit(601,
                       {"PSEXESVC", "%SystemRoot%\\PSEXESVC.EXE", "16", "3", "LocalSystem", "adm",
                        "CORP", "(0x0,0x1234)"},
                       10))
          .event(audit(592,
                       {"800", "C:\\WINDOWS\\PSEXESVC.EXE", "700", "XP-1$", "CORP", "(0x0,0x3E7)"},
                       11)));
  log("SysEvent.Evt", EvtBuilder{}.event({.computer = "XP-1",
                                          .event_id = 0x4000'1B7C,
                                          .strings = {"PSEXESVC", "running"},
                                          .generated = kStart + 11}));
  const ModuleRun ran = judge(modules::psexec);
  const auto uses = records_of(ran, "remote_execution");
  ASSERT_EQ(uses.size(), 1u);
  EXPECT_EQ((*uses[0])["tool"], "PsExec");
  EXPECT_EQ((*uses[0])["account"], "CORP\\adm");
  EXPECT_EQ((*uses[0])["source_host"], "WS-07");
  const auto found = findings_of(ran, "psexec.use");
  ASSERT_EQ(found.size(), 1u);
  std::string story;
  for (const Why& why : found[0]->why) story += why.fact + "\n";
  EXPECT_THAT(story, AllOf(HasSubstr("was installed at 2004-05-31T10:40:10"),
                           HasSubstr("PSEXESVC.EXE was started at 2004-05-31T10:40:11"),
                           HasSubstr("The service said 'running'"),
                           HasSubstr("CORP\\adm was logged on (type 3, NTLM)")));
}

TEST_F(OldEventLogs, LogonsFromAfarAreCounted) {
  log("SecEvent.Evt", EvtBuilder{}.event(network_logon("adm", "WS-07")));
  const ModuleRun ran = judge(modules::remote_logons);
  const auto logons = records_of(ran, "remote_logon");
  ASSERT_EQ(logons.size(), 1u);
  EXPECT_EQ((*logons[0])["source_host"], "WS-07");
  EXPECT_EQ((*logons[0])["account"], "CORP\\adm");
  EXPECT_EQ((*logons[0])["succeeded"], "1");
  EXPECT_EQ((*logons[0])["no_session_key"], "false");
}

TEST_F(OldEventLogs, AnInstallationThatFailedIsNoUse) {
  EvtEvent failed = audit(601, {"PSEXESVC", "%SystemRoot%\\PSEXESVC.EXE", "16", "3", "LocalSystem",
                                "adm", "CORP", "(0x0,0x1234)"});
  failed.type = 16;
  log("SecEvent.Evt", EvtBuilder{}.event(failed));
  const ModuleRun ran = judge(modules::psexec);
  EXPECT_THAT(records_of(ran, "remote_execution"), IsEmpty());
  EXPECT_EQ((*records_of(ran, "event").at(0))["audit"], "failure");
}

TEST_F(OldEventLogs, LogonsAtTheHostItselfAreNoRemoteOnes) {
  log("SecEvent.Evt",
      EvtBuilder{}
          .event(network_logon("eve", "XP-1"))
          .event(network_logon("eve", "\\\\xp-1"))
          .event(audit(528, {"eve", "CORP", "(0x0,0x1)", "2", "User32", "x", "XP-1"})));
  EXPECT_THAT(records_of(judge(modules::remote_logons), "remote_logon"), IsEmpty());
}

TEST_F(OldEventLogs, RefusedLogonsTellTheirNumbers) {
  EvtBuilder builder{16384};
  for (std::uint32_t i = 0; i < 60; ++i) {
    EvtEvent refused = audit(529, {"adm", "CORP", "3", "NtLmSsp", "NTLM", "WS-66"}, i);
    refused.type = 16;
    builder.event(refused);
  }
  log("SecEvent.Evt", builder);
  const ModuleRun ran = judge(modules::remote_logons);
  const auto logons = records_of(ran, "remote_logon");
  ASSERT_EQ(logons.size(), 1u);
  EXPECT_EQ((*logons[0])["refused"], "60");
  EXPECT_EQ(logons[0]->json_of("status"), R"(["event 529"])");
  EXPECT_THAT(rules(ran), Contains("remote_logons.password_guessing"));
}

}  // namespace
}  // namespace hozen
