// Access logs of web servers and proxies: where they are found, and how they are told.
#include "collector/module/web_places.h"
#include "tests/builders/gzip_builder.h"
#include "tests/modules/web_cases.h"

namespace hozen {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(ProxyAndWebLogsTest, NothingIsReadWhereNoServerIs) {
  windows.file("C:\\Windows\\System32\\LogFiles\\Firewall\\pfirewall.log",
               "#Version: 1.5\n#Fields: date time action\n");
  const ModuleRun run = judge();
  EXPECT_THAT(run.context->records, IsEmpty());
  EXPECT_THAT(run.context->findings, IsEmpty());
  EXPECT_THAT(run.context->notes, IsEmpty());
}

TEST_F(ProxyAndWebLogsTest, LogsAreWhereTheConfigurationsSay) {
  windows.volume("D:");
  const std::string line = std::string{kIisHead} + IisLine{}.text();
  const std::string clf = "10.0.0.1 - - [01/Mar/2024:12:00:00 +0900] \"GET / HTTP/1.1\" 200 1\n";
  windows.file(kIisConfigFile, iis_config());
  windows.file("C:\\Apache24\\conf\\httpd.conf",
               "Define SRVROOT \"D:/web\"\nServerRoot \"${SRVROOT}\"\n#CustomLog no.log\n"
               "  CustomLog \"logs/site.log\" combined\n"
               "CustomLog \"|bin/rotatelogs.exe D:/rotated/a.%Y.log 86400\" common\n");
  windows.file("C:\\nginx\\conf\\nginx.conf",
               "http { \n access_log E:\\none.log;\n"
               " access_log  other/n.log main;\n}\n");
  windows.file("C:\\Squid\\etc\\squid\\squid.conf",
               "access_log daemon:/cygdrive/d/squid/access.log squid\n");
  windows.value("HKLM\\SOFTWARE\\Microsoft\\ExchangeServer\\v15\\Setup", "MsiInstallPath",
                fake::sz("D:\\Exchange\\"));
  log("D:\\Logs\\W3SVC1\\u_ex1.log", line);
  log("C:\\inetpub\\logs\\LogFiles\\W3SVC2\\u_ex2.log", line);
  log("C:\\Windows\\System32\\LogFiles\\HTTPERR\\httperr1.log", line);
  log("D:\\web\\logs\\site.log", clf);
  log("D:\\web\\logs\\site.log.1", clf);
  log("D:\\web\\logs\\error.log", "x");
  log("D:\\rotated\\a.2024.log", clf);
  log("C:\\nginx\\other\\n.log", clf);
  log("D:\\squid\\access.log.0", clf);
  log("D:\\Exchange\\Logging\\HttpProxy\\Owa\\HttpProxy_1.LOG", line);
  log("C:\\var\\log\\squid\\access.log", clf);
  log("C:\\Users\\bob\\access.log", clf);  // nobody says so
  const ModuleRun run = judge();
  std::set<std::string> paths;
  for (const fake::Record* record : records_of(run, "web_log")) paths.insert((*record)["path"]);
  EXPECT_THAT(
      paths,
      testing::UnorderedElementsAre(
          "D:\\Logs\\W3SVC1\\u_ex1.log", "C:\\inetpub\\logs\\LogFiles\\W3SVC2\\u_ex2.log",
          "C:\\Windows\\System32\\LogFiles\\HTTPERR\\httperr1.log", "D:\\web\\logs\\site.log",
          "D:\\web\\logs\\site.log.1", "D:\\rotated\\a.2024.log", "C:\\nginx\\other\\n.log",
          "D:\\squid\\access.log.0", "D:\\Exchange\\Logging\\HttpProxy\\Owa\\HttpProxy_1.LOG",
          "C:\\var\\log\\squid\\access.log"));
  EXPECT_TRUE(run.context->has_collected(kIisConfigFile));
  EXPECT_TRUE(run.context->has_collected("D:\\web\\logs\\site.log"));
  EXPECT_THAT(records_of(run, "web_request"), IsEmpty());
}

TEST_F(ProxyAndWebLogsTest, ALogIsARecordWithWhatItHolds) {
  log("C:\\inetpub\\logs\\LogFiles\\W3SVC1\\u_ex1.log",
      std::string{kIisHead} + IisLine{.second = 5}.text() + "damaged\n" +
          IisLine{.second = 9}.text());
  const ModuleRun run = judge();
  const fake::Record& row = *records_of(run, "web_log").at(0);
  EXPECT_EQ(row["format"], "w3c");
  EXPECT_EQ(row["requests"], "2");
  EXPECT_EQ(row["damaged_lines"], "1");
  EXPECT_EQ(row["zone"], "utc");
  EXPECT_EQ(time_of(row, "first_request").iso8601(), "2024-02-20T00:00:05.0000000Z");
  EXPECT_EQ(time_of(row, "last_request").iso8601(), "2024-02-20T00:00:09.0000000Z");
  EXPECT_THAT(run.context->notes.at(0).text(), HasSubstr("line 4"));
}

TEST_F(ProxyAndWebLogsTest, LocalTimesAreThoseOfTheHost) {
  windows.value("HKLM\\SYSTEM\\CurrentControlSet\\Control\\TimeZoneInformation", "ActiveTimeBias",
                fake::dword(static_cast<std::uint32_t>(-540)));
  log("C:\\InterSafe\\logs\\InterSafe_http.log",
      "2024/03/01 12:00:00 HTTP 10.0.0.1 g u - Allowed - 200 example.net 0 0 0\n");
  const ModuleRun run = judge();
  EXPECT_EQ(time_of(*records_of(run, "web_log").at(0), "first_request").iso8601(),
            "2024-03-01T03:00:00.0000000Z");
  EXPECT_EQ(local_offset_of("Tokyo Standard Time (UTC+09:00)"), 540);
  EXPECT_EQ(local_offset_of("UTC-03:30"), -210);
  EXPECT_FALSE(local_offset_of("Tokyo Standard Time"));
}

TEST_F(ProxyAndWebLogsTest, OldLogsAreLeftOutAndToldOf) {
  log("C:\\inetpub\\logs\\LogFiles\\W3SVC1\\u_ex1.log", std::string{kIisHead} + IisLine{}.text());
  windows.file("C:\\inetpub\\logs\\LogFiles\\W3SVC1\\u_ex0.log", std::string{kIisHead})
      .facts.si.modified = fake::at(-100 * 86'400);
  const ModuleRun run = judge();
  EXPECT_EQ(records_of(run, "web_log").size(), 1u);
  EXPECT_THAT(run.context->notes.at(0).text(), HasSubstr("1 access logs older than 90 days"));
}

TEST_F(ProxyAndWebLogsTest, LogsOfProxiesLieOnEveryVolumeAndBelowBothProgramFolders) {
  windows.volume("D:");
  const std::string line = std::string{kIisHead} + IisLine{}.text();
  const std::set<std::string> logs = {
      "C:\\SG_main.log",
      "D:\\SG_main.log",
      "D:\\proxy\\bluecoat\\SG_main.log.gz",
      "C:\\Program Files\\Digital Arts\\i-FILTER\\logs\\access\\access.log0000",
      "C:\\Program Files (x86)\\Digital Arts\\i-FILTER Ver.10\\logs\\block\\block.log0000",
      "D:\\i-FILTER\\logs\\block\\20261006_block.log0001",
      "C:\\Program Files\\InterSafe\\logs\\InterSafe_http.log",
      "D:\\InterSafe\\logs\\InterSafe_http.log",
      "D:\\ALSI\\x\\InterSafe_http.log",
      "C:\\Program Files\\Microsoft ISA Server\\ISALogs\\x.w3c",
      "C:\\Program Files\\Squid\\var\\log\\access.log",
      "D:\\Squid\\var\\log\\squid\\access.log",
      "D:\\logs\\aclog.20261120",
      "D:\\own\\a.log"};
  for (const std::string& path : logs) log(path, line);
  windows.file("D:\\Squid\\etc\\squid\\squid.conf", "access_log stdio:D:/own/a.log squid\n");
  log("D:\\i-FILTER\\conf\\setup.log", line);
  log("C:\\Users\\bob\\SG_main.log", line);
  log("D:\\a\\b\\c\\d\\SG_main.log", line);
  const ModuleRun run = judge();
  std::set<std::string> paths;
  for (const fake::Record* record : records_of(run, "web_log")) paths.insert((*record)["path"]);
  EXPECT_EQ(paths, logs);
}

TEST_F(ProxyAndWebLogsTest, LogsOfNoKnownFormatAreToldOf) {
  for (const char* name : {"a.log", "b.log"})
    log("C:\\inetpub\\logs\\LogFiles\\W3SVC1\\" + std::string{name}, "something else\n");
  const ModuleRun run = judge();
  ASSERT_EQ(run.context->notes.size(), 1u);
  EXPECT_THAT(run.context->notes[0].text(), HasSubstr("2 files among access logs"));
}

TEST_F(ProxyAndWebLogsTest, PackedLogsAreReadAndUnknownOnesToldAsSuch) {
  const auto packed = builders::gzip_of(std::string{kIisHead} + IisLine{}.text());
  windows.file("C:\\inetpub\\logs\\LogFiles\\W3SVC1\\a.log.gz", "").bytes = packed;
  windows.file("C:\\inetpub\\logs\\LogFiles\\W3SVC1\\b.log", "something else\n");
  const ModuleRun run = judge();
  const auto rows = records_of(run, "web_log");
  ASSERT_EQ(rows.size(), 2u);
  for (const fake::Record* row : rows)
    EXPECT_EQ((*row)["path"].ends_with(".gz") ? "1" : "null", row->json_of("requests"));
}

}  // namespace
}  // namespace hozen
