#include <gmock/gmock.h>

#include "collector/module/remote_access_logs.h"
#include "tests/modules/judge_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec event_logs, remote_access;
}  // namespace modules
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class RemoteAccess : public testing::Test {
 protected:
  void process(const std::string& image, const std::string& line, const std::string& about = {}) {
    log_.event(text_event("Microsoft-Windows-Sysmon/Operational", 1, 0,
                          {{"Image", image}, {"CommandLine", line}, {"Description", about}}));
  }
  void service(const std::string& name, const std::string& path) {
    log_.event(text_event("System", 7045, 1, {{"ServiceName", name}, {"ImagePath", path}},
                          "Service Control Manager"));
  }
  const ModuleRun& judge() {
    windows.file("C:\\Windows\\System32\\winevt\\Logs\\x.evtx", "").bytes = log_.bytes();
    run_.emplace(run_and_judge({&modules::event_logs, &modules::remote_access}, windows));
    return *run_;
  }
  fake::FakeWindows windows;

 private:
  builders::EvtxBuilder log_;
  std::optional<ModuleRun> run_;
};

TEST_F(RemoteAccess, AnInstalledOneIsAtMostLow) {
  process("C:\\Program Files (x86)\\TeamViewer\\TeamViewer.exe", "TeamViewer.exe");
  service("TeamViewer", "\"C:\\Program Files (x86)\\TeamViewer\\TeamViewer_Service.exe\"");
  windows.file("C:\\Program Files (x86)\\TeamViewer\\Connections_incoming.txt",
               "123456789\tHELPDESK\t01-03-2024 10:00:00\t01-03-2024 10:05:00\talice\t"
               "RemoteControl\t{1}\n");
  const ModuleRun& run = judge();
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::low);
  const fake::Record& row = *records_of(run, "remote_access_connection").at(0);
  EXPECT_EQ(row["peer"], "123456789");
  EXPECT_EQ(row["peer_name"], "HELPDESK");
  EXPECT_EQ(row["account"], "alice");
  EXPECT_EQ(time_of(row, "started").iso8601(), "2024-03-01T10:00:00.0000000Z");
  EXPECT_EQ(time_of(row, "ended").iso8601(), "2024-03-01T10:05:00.0000000Z");
}

TEST_F(RemoteAccess, ANameAloneIsInfo) {
  process("C:\\Program Files\\AnyDesk\\AnyDesk.exe", "AnyDesk.exe");
  ASSERT_THAT(judge().context->findings, SizeIs(1));
  EXPECT_EQ(severity_of(judge().context->findings[0]), Severity::info);
}

TEST_F(RemoteAccess, BroughtAlongWithAPasswordIsHigh) {
  windows.user("eve");
  process("C:\\Windows\\Temp\\AnyDesk.exe", "AnyDesk.exe --silent --permanent-password hunter2");
  service("AnyDesk", "\"C:\\Windows\\Temp\\AnyDesk.exe\" --service");
  windows.file("C:\\ProgramData\\AnyDesk\\connection_trace.txt",
               "Incoming    2022-09-28, 12:25    Passwd    442226597    442226597\n");
  const ModuleRun& run = judge();
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::high);
  EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("connection_trace.txt"));
  EXPECT_THAT(story_of(run.context->findings[0]), Not(HasSubstr("hunter2")));
  EXPECT_EQ((*records_of(run, "remote_access_connection").at(0))["time_text"], "2022-09-28, 12:25");
  EXPECT_THAT(records_of(run, "remote_access_connection").at(0)->timestamps,
              Not(testing::Contains(testing::Key("started"))));
}

TEST_F(RemoteAccess, FromDownloadsWithOneSessionOfTheHelpDeskIsLow) {
  windows.user("eve");
  process("C:\\Users\\eve\\Downloads\\TeamViewer_Setup.exe", "TeamViewer_Setup.exe");
  process("C:\\Users\\eve\\AppData\\Local\\Temp\\TeamViewer\\TeamViewer.exe", "TeamViewer.exe");
  service("TeamViewer", "\"C:\\Program Files\\TeamViewer\\TeamViewer_Service.exe\"");
  windows.file("C:\\Program Files\\TeamViewer\\Connections_incoming.txt",
               "123456789\tHELPDESK\t01-03-2024 10:00:00\t01-03-2024 10:05:00\talice\t"
               "RemoteControl\t{1}\n");
  ASSERT_THAT(judge().context->findings, SizeIs(1));
  EXPECT_EQ(severity_of(judge().context->findings[0]), Severity::low);
}

TEST_F(RemoteAccess, DeployedWithAPasswordIsLow) {
  process("C:\\Windows\\ccmcache\\1a\\AnyDesk.exe",
          "AnyDesk.exe --install C:\\x --silent --set-password");
  service("AnyDesk", "\"C:\\Program Files (x86)\\AnyDesk\\AnyDesk.exe\" --service");
  ASSERT_THAT(judge().context->findings, SizeIs(1));
  EXPECT_EQ(severity_of(judge().context->findings[0]), Severity::low);
}

TEST_F(RemoteAccess, InTheRootOfSharedDataItIsMedium) {
  process("C:\\ProgramData\\AnyDesk.exe",
          "AnyDesk.exe --install C:\\ProgramData\\AnyDesk --silent --set-password");
  service("AnyDesk", "\"C:\\ProgramData\\AnyDesk\\AnyDesk.exe\" --service");
  ASSERT_THAT(judge().context->findings, SizeIs(1));
  EXPECT_GE(severity_of(judge().context->findings[0]), Severity::medium);
}

TEST_F(RemoteAccess, OneUnderAnotherNameIsKnownByItsVersion) {
  process("C:\\Users\\eve\\svc.exe", "svc.exe", "AnyDesk");
  ASSERT_THAT(judge().context->findings, SizeIs(1));
  EXPECT_EQ(severity_of(judge().context->findings[0]), Severity::medium);
  EXPECT_THAT(judge().context->findings[0].attack, testing::Contains("T1036.003"));
}

TEST_F(RemoteAccess, HelpersOfInstalledOnesAreInfo) {
  process("C:\\Program Files (x86)\\Splashtop\\Server\\DataProxy.exe", "DataProxy.exe",
          "Splashtop Data Proxy");
  EXPECT_EQ(severity_of(judge().context->findings.at(0)), Severity::info);
}

TEST_F(RemoteAccess, ProgramsOfOtherNamesAreNone) {
  process("C:\\Program Files\\Desk\\desk.exe", "desk.exe --password x", "Any document viewer");
  service("Mesh", "C:\\Windows\\System32\\mesh.exe");
  EXPECT_THAT(judge().context->findings, IsEmpty());
}

TEST(RemoteAccessLogs, LinesOfAnyDesksTrace) {
  const auto found = remote_access::parse_anydesk_trace(
      "   info 2022-09-28 12:25:26.346       back   2796   5416   app.backend_session - Incoming "
      "session request: kali (442226597)\n"
      "   info 2022-09-28 12:25:27.346       back   2796   5416   anynet.any_socket - Logged in "
      "from 203.0.113.7:34552 on relay 0b1a.\n  info other\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].peer, "442226597");
  EXPECT_EQ(found[0].peer_name, "kali");
  EXPECT_EQ(found[0].started.iso8601(), "2022-09-28T12:25:26.0000000Z");
  EXPECT_EQ(found[1].peer, "203.0.113.7:34552");
  EXPECT_EQ(found[1].line, 2u);
}

TEST(RemoteAccessLogs, BrokenLinesAreLeftOut) {
  EXPECT_THAT(
      remote_access::parse_teamviewer("1\ta\t99-99-2024 10:00:00\t\tu\n1\t\n\t\t\t\t\n", true),
      IsEmpty());
  EXPECT_THAT(remote_access::parse_anydesk_connections("Incoming 2022\nx y z a b\n"), IsEmpty());
  EXPECT_EQ(remote_access::parse_anydesk_trace("Logged in from").size(), 0u);
  const auto cut = remote_access::parse_anydesk_trace("Incoming session request: ");
  ASSERT_EQ(cut.size(), 1u);
  EXPECT_FALSE(cut[0].started.is_set());
}

}  // namespace
}  // namespace hozen
