// Shares of a server, and who used them: counted from events, judged by what stands out.
#include <gmock/gmock.h>

#include "tests/builders/security_builder.h"
#include "tests/modules/judge_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec event_logs, file_server;
}  // namespace modules
namespace {

using builders::EvtxBuilder;
using builders::EvtxEvent;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kShares = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\LanmanServer\\Shares";

EvtxEvent touched(double seconds, const std::string& name, const std::string& user = "eve",
                  const std::string& address = "10.0.0.66", const std::string& mask = "0x1",
                  const std::string& share = "\\\\*\\Data") {
  return text_event("Security", 5145, seconds,
                    {{"SubjectUserName", user},
                     {"SubjectDomainName", "CORP"},
                     {"IpAddress", address},
                     {"ShareName", share},
                     {"RelativeTargetName", name},
                     {"AccessMask", mask}});
}

class FileServerTest : public testing::Test {
 protected:
  void add(const EvtxEvent& event) { events.push_back(event); }
  void read(double from, int count, const std::string& user, const std::string& address) {
    for (int i = 0; i < count; ++i)
      add(touched(from + i * 0.5, "f" + std::to_string(i), user, address));
  }
  ModuleRun judge() {
    EvtxBuilder log;
    constexpr std::size_t kFitIntoAChunk = 80;
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (i != 0 && i % kFitIntoAChunk == 0) log.new_chunk();
      log.event(events[i]);
    }
    windows.file("C:\\Windows\\System32\\winevt\\Logs\\Security.evtx", "").bytes = log.bytes();
    return run_and_judge({&modules::event_logs, &modules::file_server}, windows);
  }
  static std::vector<const Finding*> all_of(const ModuleRun& run) {
    std::vector<const Finding*> found;
    for (const Finding& finding : run.context->findings)
      if (finding.rule.starts_with("file_server.")) found.push_back(&finding);
    return found;
  }
  std::vector<EvtxEvent> events;
  fake::FakeWindows windows;
};

TEST_F(FileServerTest, TellsSharesWithTheirRights) {
  windows.value(kShares, "Data",
                fake::multi_sz({"CSCFlags=0", "MaxUses=4294967295", "Path=D:\\Data", "Remark=all",
                                "ShareName=Data", "Type=0"}));
  windows.value(kShares, "Odd", fake::multi_sz({"=", "Type=x"}));
  windows.value(kShares + "\\Security", "Odd", fake::binary(builders::SecurityBytes(3)));
  windows.value(kShares + "\\Security", "Data",
                fake::binary(builders::SecurityBuilder{}
                                 .owner("S-1-5-32-544")
                                 .allow("S-1-1-0", 0x1F01FF)
                                 .deny("S-1-5-21-1-2-3-1001", 0x1200A9)
                                 .bytes()));
  const ModuleRun run = judge();
  const auto shares = records_of(run, "file_share");
  ASSERT_THAT(shares, SizeIs(2));
  EXPECT_EQ((*shares[0])["name"], "Data");
  EXPECT_EQ((*shares[0])["path"], "D:\\Data");
  EXPECT_EQ((*shares[0])["max_users"], "4294967295");
  EXPECT_EQ((*shares[0])["is_open"], "true");
  EXPECT_EQ(shares[0]->json_of("access"), R"(["S-1-1-0 full","S-1-5-21-1-2-3-1001 not read"])");
  EXPECT_EQ((*shares[1]).json_of("security_descriptor"), "null");
  EXPECT_EQ((*shares[1])["security_descriptor_absent"], "unparsable");
  EXPECT_THAT(run.context->findings, IsEmpty());
}

TEST_F(FileServerTest, CountsWhoUsedWhat) {
  add(text_event("Security", 5140, 0,
                 {{"SubjectUserName", "eve"},
                  {"SubjectDomainName", "CORP"},
                  {"IpAddress", "::ffff:10.0.0.66"},
                  {"ShareName", "\\\\*\\Data"}}));
  add(touched(1, "a.txt"));
  add(touched(2, "A.TXT"));
  add(touched(3600, "b.txt", "eve", "10.0.0.66", "0x2"));
  add(touched(3601, "b.txt", "eve", "10.0.0.66", "0x10080"));
  add(touched(5, "c.txt", "bob"));
  add(touched(6, "svcctl", "eve", "10.0.0.66", "0x3", "\\\\*\\IPC$"));
  add(text_event("Security", 4663, 7,
                 {{"SubjectUserName", "eve"},
                  {"SubjectDomainName", "CORP"},
                  {"ObjectType", "File"},
                  {"ObjectName", "D:\\Data\\Sales\\2024\\a.txt"},
                  {"AccessMask", "0x1"}}));
  const ModuleRun run = judge();
  const auto uses = records_of(run, "share_use");
  ASSERT_THAT(uses, SizeIs(3));
  const auto* eve = run.context->record({{"account", "CORP\\eve"}, {"share", "\\\\*\\Data"}});
  ASSERT_NE(eve, nullptr);
  EXPECT_EQ((*eve)["address"], "10.0.0.66");
  EXPECT_EQ((*eve)["events"], "5");
  EXPECT_EQ((*eve)["reads"], "2");
  EXPECT_EQ((*eve)["writes"], "1");
  EXPECT_EQ((*eve)["deletions"], "1");
  EXPECT_EQ((*eve)["names"], "2");
  EXPECT_EQ(time_of(*eve, "first_event"), text_event("", 0, 0, {}).time);
  EXPECT_EQ(time_of(*eve, "last_event"), text_event("", 0, 3601, {}).time);
  EXPECT_THAT(eve->json_of("busiest_hours"), HasSubstr(": 2\""));
  ASSERT_NE(run.context->record({{"folder", "D:\\Data\\Sales"}, {"reads", "1"}}), nullptr);
  EXPECT_THAT(all_of(run), IsEmpty());
}

TEST_F(FileServerTest, WhatWasRefusedIsNotRead) {
  EvtxEvent refused = touched(0, "a.txt");
  refused.keywords = std::uint64_t{1} << 52u;
  add(refused);
  const ModuleRun run = judge();
  ASSERT_THAT(records_of(run, "share_use"), SizeIs(1));
  EXPECT_EQ((*records_of(run, "share_use")[0])["refused"], "1");
  EXPECT_EQ((*records_of(run, "share_use")[0])["reads"], "0");
}

TEST_F(FileServerTest, ManyReadsThatStandOutFromAllOthers) {
  for (const char* user : {"amy", "bob", "cid"})
    for (int hour = 0; hour < 4; ++hour) read(hour * 3600, 20, user, "10.0.0.1");
  read(0, 2500, "eve", "10.0.0.66");
  const ModuleRun run = judge();
  ASSERT_THAT(all_of(run), SizeIs(1));
  EXPECT_EQ(all_of(run)[0]->rule, "file_server.mass_read");
  EXPECT_EQ(severity_of(*all_of(run)[0]), Severity::low);
  EXPECT_EQ(all_of(run)[0]->subject, "CORP\\eve from 10.0.0.66");
  EXPECT_THAT(all_of(run)[0]->attack, Contains("T1039"));
}

TEST_F(FileServerTest, ManyReadsThatStandOutFromTheOwnDaysTooAreMedium) {
  for (const char* user : {"amy", "bob", "cid", "eve"})
    for (int hour = 0; hour < 12; ++hour) read(hour * 3600, 10, user, "10.0.0.66");
  read(20 * 3600, 2500, "eve", "10.0.0.66");
  const ModuleRun run = judge();
  ASSERT_THAT(all_of(run), SizeIs(1));
  EXPECT_EQ(severity_of(*all_of(run)[0]), Severity::medium);
}

TEST_F(FileServerTest, OneNightIsOneWhereTheDayOfUtcEnds) {
  for (int day = 0; day < 8; ++day)
    for (const char* user : {"amy", "bob", "cid", "eve"})
      read(day * 86'400.0, 5, user, "10.0.0.66");
  read(19 * 3600.0, 2500, "eve", "10.0.0.66");  // 23:26 UTC
  read(20 * 3600.0, 2500, "eve", "10.0.0.66");
  EXPECT_THAT(all_of(judge()), SizeIs(1));
  read(3 * 86'400.0 + 19 * 3600, 2500, "eve", "10.0.0.66");
  EXPECT_THAT(all_of(judge()), SizeIs(1)) << "a second night";
}

TEST_F(FileServerTest, BackupsComputersAndBusySharesAreQuiet) {
  const auto others = [&] {
    for (const char* user : {"amy", "bob", "cid"}) read(0, 5, user, "10.0.0.1");
  };
  others();
  for (int day = 0; day < 2; ++day) read(day * 86'400.0, 2500, "backup", "10.0.0.5");
  EXPECT_THAT(all_of(judge()), IsEmpty()) << "every day";
  events.clear();
  others();
  read(0, 2500, "AVSERVER$", "10.0.0.6");
  EXPECT_THAT(all_of(judge()), IsEmpty()) << "a computer";
  events.clear();
  for (const char* user : {"amy", "bob", "cid", "eve"}) read(0, 2100, user, "10.0.0.1");
  EXPECT_THAT(all_of(judge()), IsEmpty()) << "everybody does";
  events.clear();
  read(0, 2500, "eve", "10.0.0.66");
  EXPECT_THAT(all_of(judge()), IsEmpty()) << "nothing to stand out from";
}

TEST_F(FileServerTest, ProbesOfAScannerAreTold) {
  add(touched(0, "delete.me", "eve", "10.0.0.66", "0x2"));
  EXPECT_EQ(severity_of(*all_of(judge()).at(0)), Severity::low);
  add(touched(1, "x\\DELETE.ME", "eve", "10.0.0.66", "0x10080", "\\\\*\\Other"));
  add(touched(2, "delete.me", "bob", "10.0.0.1", "0x1"));
  add(touched(2, "undelete.me", "bob", "10.0.0.1", "0x2"));
  const ModuleRun run = judge();
  ASSERT_THAT(all_of(run), SizeIs(1));
  EXPECT_EQ(severity_of(*all_of(run)[0]), Severity::medium);
  EXPECT_THAT(story_of(*all_of(run)[0]), HasSubstr("\\\\*\\Data"));
}

TEST_F(FileServerTest, AFileThatAScannerLeftIsToldAndTaken) {
  windows.volume("D:");
  windows.file("D:\\Data\\delete.me", "");
  windows.value(kShares, "Data", fake::multi_sz({"Path=D:\\Data", "Type=0"}));
  const ModuleRun run = judge();
  ASSERT_THAT(all_of(run), SizeIs(1));
  EXPECT_EQ(severity_of(*all_of(run)[0]), Severity::low);
  EXPECT_TRUE(run.context->has_collected("D:\\Data\\delete.me"));
}

}  // namespace
}  // namespace hozen
