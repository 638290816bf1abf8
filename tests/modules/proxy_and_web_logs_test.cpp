// Access logs of web servers and proxies: where they are found, and what their lines tell.
#include <array>

#include "collector/base/bytes.h"
#include "collector/base/crc32.h"
#include "collector/module/web_places.h"
#include "collector/module/web_traffic.h"
#include "tests/builders/gzip_builder.h"
#include "tests/modules/web_cases.h"

namespace hozen {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ProxyAndWebLogsTest : public testing::Test {
 protected:
  void log(const std::string& path, const std::string& content) {
    windows.file(path, content).facts.si.modified = fake::default_time();
  }
  void iis(const std::vector<IisLine>& lines) {
    std::string content{kIisHead};
    for (const IisLine& line : lines) content += line.text();
    log("C:\\inetpub\\logs\\LogFiles\\W3SVC1\\u_ex240220.log", content);
  }
  /// Lines of Squid, one for each text "client METHOD URL bytes", `step` seconds apart.
  void squid(const std::vector<std::string>& requests, double step = 60, double jitter = 0) {
    std::string content;
    double time = 1'709'000'000;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      std::array<char, 32> text{};
      std::snprintf(text.data(), text.size(), "%.3f", time);
      const std::size_t space = requests[i].find(' ');
      content += std::string{text.data()} + " 10 " + requests[i].substr(0, space) +
                 " TCP_MISS/200 100 " + requests[i].substr(space + 1) +
                 " - HIER_DIRECT/192.0.2.1 text/html\n";
      time += step + (i % 2 == 0 ? jitter : -jitter);
    }
    log("C:\\Squid\\var\\log\\squid\\access.log", content);
  }
  ModuleRun judge() { return run_and_judge({&modules::proxy_and_web_logs}, windows); }
  fake::FakeWindows windows;
};

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

/// "name=<first><crc><kind>tail" as Datper makes it.
std::string datper_query(const std::string& first, bool right = true) {
  std::array<char, 16> sum{};
  std::snprintf(sum.data(), sum.size(), "%08x",
                crc32_of(bytes_of(first).span()) + (right ? 0u : 1u));
  return "abcd=" + first + sum.data() + "1qwzx";
}

TEST_F(ProxyAndWebLogsTest, DatperIsKnownByItsChecksum) {
  squid({"10.0.0.7 GET http://www.example.net/a/index.php?" + datper_query("0a1b2c3d"),
         "10.0.0.7 GET http://www.example.net/a/index.php?" + datper_query("11223344")});
  const ModuleRun run = judge();
  const auto found = findings_of(run, "proxy_and_web_logs.datper");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(severity_of(*found[0]), Severity::high);
  EXPECT_THAT(story_of(*found[0]), HasSubstr("2 such requests"));
  EXPECT_THAT(found[0]->subject, HasSubstr("10.0.0.7 to www.example.net"));
  const auto rows = records_of(run, "web_request");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(found[0]->why[0].records, Contains(rows[0]->id));
  EXPECT_EQ((*rows[1])["line"], "2");
}

TEST_F(ProxyAndWebLogsTest, WhatOnlyLooksLikeDatperIsNot) {
  for (const std::string& query :
       {datper_query("0a1b2c3d", false), "abcd=" + std::string(17, '1') + "x",
        "ab=" + datper_query("0a1b2c3d").substr(5),
        "abcdefghi=" + datper_query("0a1b2c3d").substr(5), datper_query("0a1b2c3d").substr(0, 22),
        "abcd=" + datper_query("0A1B2C3D").substr(5)}) {
    web_log::Request request;
    request.query = query;
    EXPECT_FALSE(is_datper(request)) << query;
  }
  const std::string query = datper_query("0a1b2c3d");
  web_log::Request request;
  request.query = query;
  EXPECT_TRUE(is_datper(request));
}

std::vector<std::string> turns(const std::string& request, std::size_t count) {
  return std::vector<std::string>(count, request);
}

TEST_F(ProxyAndWebLogsTest, ARhythmAloneIsLow) {
  squid(turns("10.0.0.7 GET http://www.example.net/poll", 40), 60, 2);
  const ModuleRun run = judge();
  const auto found = findings_of(run, "proxy_and_web_logs.traffic");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(severity_of(*found[0]), Severity::low);
  EXPECT_THAT(story_of(*found[0]), HasSubstr("40 times, every 60.1 seconds"));
}

TEST_F(ProxyAndWebLogsTest, ARhythmWithOtherSignsIsMore) {
  std::string content;
  for (int i = 0; i < 30; ++i) {
    std::array<char, 256> line{};
    std::snprintf(
        line.data(), line.size(),
        "10.0.0.7 - - [20/Feb/2024:%02d:%02d:00 +0000] \"POST http://192.0.2.9/p HTTP/1.1\" "
        "200 1 \"-\" \"WinHTTP Example/1.0\" TCP_MISS:HIER_DIRECT\n",
        i / 6, i % 6 * 10);
    content += line.data();
  }
  log("C:\\Squid\\var\\log\\squid\\access.log", content);
  const ModuleRun run = judge();
  const auto found = findings_of(run, "proxy_and_web_logs.traffic");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(severity_of(*found[0]), Severity::medium);
  EXPECT_EQ(score_of(*found[0]), 60);
  EXPECT_THAT(story_of(*found[0]), HasSubstr("an address without a name"));
}

TEST_F(ProxyAndWebLogsTest, OrdinaryTrafficIsQuiet) {
  squid(turns("10.0.0.7 GET http://www.example.net/poll", 19));  // too few
  EXPECT_THAT(judge().context->findings, IsEmpty());
  squid(turns("10.0.0.7 GET http://www.example.net/poll", 60), 60, 30);  // uneven
  EXPECT_THAT(judge().context->findings, IsEmpty());
  squid(turns("10.0.0.7 GET http://au.download.windowsupdate.com/x", 60));
  EXPECT_THAT(judge().context->findings, IsEmpty());
  squid(turns("10.0.0.7 GET http://intranet/monitor", 60));
  EXPECT_THAT(judge().context->findings, IsEmpty());
  squid(turns("10.0.0.7 GET http://172.20.1.1/monitor", 60));
  EXPECT_THAT(judge().context->findings, IsEmpty());
  squid(turns("10.0.0.7 GET http://www.example.net/a.js", 60), 1);  // a page's parts
  EXPECT_THAT(judge().context->findings, IsEmpty());
  std::vector<std::string> many;  // what three clients ask in turn is no rarity
  for (int i = 0; i < 90; ++i)
    many.push_back("10.0.0." + std::to_string(i % 3) + " GET http://www.example.net/poll");
  squid(many, 20);
  EXPECT_THAT(judge().context->findings, IsEmpty());
  EXPECT_THAT(records_of(judge(), "web_request"), IsEmpty());
}

TEST_F(ProxyAndWebLogsTest, APauseDoesNotBreakARhythm) {
  std::string content;
  for (int day = 0; day < 3; ++day)
    for (int i = 0; i < 30; ++i)
      content += std::to_string(1'709'000'000 + day * 86'400 + i * 60) +
                 ".000 10 10.0.0.7 TCP_MISS/200 100 GET http://www.example.net/p - X/- -\n";
  log("C:\\Squid\\var\\log\\squid\\access.log", content);
  EXPECT_EQ(judge().context->findings.size(), 1u);
}

TEST_F(ProxyAndWebLogsTest, MuchThatIsSentToARareHostIsTold) {
  const auto blue_coat = [&](std::uint64_t bytes, std::string_view host, int clients) {
    std::string content =
        "#Fields: date time c-ip cs-method cs-uri-scheme cs-host cs-uri-path sc-status cs-bytes\n";
    for (int i = 0; i < 6; ++i)
      content += "2024-02-20 12:00:0" + std::to_string(i) + " 10.0.0." +
                 std::to_string(i % clients) + " POST https " + std::string{host} + " /up 200 " +
                 std::to_string(bytes) + "\n";
    log("C:\\proxy\\SG_main.log", content);
    return judge();
  };
  const ModuleRun run = blue_coat(20u << 20, "files.example.net", 1);
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::low);
  EXPECT_THAT(run.context->findings[0].attack, Contains("T1567"));
  EXPECT_THAT(blue_coat(1000, "files.example.net", 1).context->findings, IsEmpty());
  EXPECT_THAT(blue_coat(20u << 20, "contoso.sharepoint.com", 1).context->findings, IsEmpty());
  EXPECT_THAT(blue_coat(60u << 20, "files.example.net", 3).context->findings, IsEmpty());
}

TEST_F(ProxyAndWebLogsTest, ATunnelOfManyBytesIsTold) {
  const auto tunnel = [&](std::uint64_t bytes) {
    std::string content =
        "#Fields: date time c-ip cs-method cs-uri-scheme cs-host cs-uri-path sc-status cs-bytes\n";
    for (int i = 0; i < 6; ++i)
      content += "2024-02-20 12:00:0" + std::to_string(i * i % 10) +
                 " 10.0.0.1 CONNECT tcp files.example.net - 200 " + std::to_string(bytes) + "\n";
    log("C:\\proxy\\SG_main.log", content);
    return judge();
  };
  const ModuleRun run = tunnel(1'000'000'000);
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::low);
  EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("6000000000 bytes with CONNECT"));
  EXPECT_THAT(tunnel(20u << 20).context->findings, IsEmpty());
}

TEST_F(ProxyAndWebLogsTest, AnAgentThatSendsInTurnIsLow) {
  std::string content =
      "#Fields: date time c-ip cs-method cs-uri-scheme cs-host cs-uri-path sc-status cs-bytes\n";
  for (int i = 0; i < 200; ++i)
    content += "2024-02-20 " + clock_of(i * 300) +
               " 10.0.0.1 POST https collect.example.net /v1 200 400000\n";
  log("C:\\proxy\\SG_main.log", content);
  const ModuleRun run = judge();
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::low);
  EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("80000000 bytes with POST and PUT"));
}

TEST_F(ProxyAndWebLogsTest, AbsoluteUrlsInAServersLogAreItsOwnRequests) {
  const std::string begin = "203.0.113.9 - - [20/Feb/2024:12:00:00 +0000] \"";
  const std::string rest = " HTTP/1.1\" 200 1 \"-\" \"Mozilla/5.0\"\n";
  const std::string evil = begin + "GET http://www.example.jp/a.php?c=whoami" + rest;
  std::string own, proxied;
  for (int i = 0; i < 20; ++i) {
    own += begin + "GET /index.html" + rest;
    proxied += begin + "GET http://www.example.jp/index.html" + rest;
  }
  log("C:\\Apache24\\logs\\access.log", own + evil);
  EXPECT_EQ(findings_of(judge(), "proxy_and_web_logs.command_in_query").size(), 1u);
  log("C:\\Apache24\\logs\\access.log", proxied + evil);
  EXPECT_THAT(judge().context->findings, IsEmpty());
}

TEST_F(ProxyAndWebLogsTest, APasswordInACommandIsNotTold) {
  for (const char* query :
       {"c=net+user+adm+S3cretPw!+/add", "c=net%20user%20adm%20S3cretPw!%20/add",
        "x=1&cmd=net+user+adm+S3cretPw!+/add"}) {
    iis({{.path = "/shell.aspx", .query = query}});
    const ModuleRun run = judge();
    ASSERT_EQ(run.context->findings.size(), 1u) << query;
    EXPECT_THAT(story_of(run.context->findings[0]), Not(HasSubstr("S3cret"))) << query;
    EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("net user adm ")) << query;
    EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("answered 1 time,")) << query;
  }
  iis({{.path = "/shell.aspx", .query = "c=net+user+/domain"}});
  EXPECT_THAT(story_of(judge().context->findings.at(0)), HasSubstr("?c=net+user+/domain"));
}

TEST_F(ProxyAndWebLogsTest, AgentsOfIntrudersAreTold) {
  EXPECT_NE(odd_agent("Mozilla/4.08 (Charon; Inferno)"), nullptr);
  EXPECT_NE(odd_agent("User-Agent: Mozilla/5.0"), nullptr);
  for (const std::string_view agent :
       {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:109.0) Gecko/20100101 Firefox/115.0",
        "Microsoft-CryptoAPI/10.0", "Microsoft BITS/7.8", "curl/8.0.1", "python-requests/2.31",
        "Windows-Update-Agent/10.0.10011.16384 Client-Protocol/2.50", ""})
    EXPECT_EQ(odd_agent(agent), nullptr) << agent;
}

TEST_F(ProxyAndWebLogsTest, AgentsThatAskUsualHostsAreQuiet) {
  const auto asked = [&](std::string_view host) {
    log("C:\\proxy\\SG_main.log",
        "#Fields: date time c-ip cs-method cs-uri-scheme cs-host cs-uri-path sc-status "
        "cs(User-Agent)\n2024-02-20 12:00:00 10.0.0.1 GET http " +
            std::string{host} + " /x 200 \"CertUtil URL Agent\"\n");
    return judge();
  };
  EXPECT_THAT(asked("ctldl.windowsupdate.com").context->findings, IsEmpty());
  EXPECT_EQ(asked("files.example.net").context->findings.size(), 1u);
}

TEST_F(ProxyAndWebLogsTest, ProxyShellThatWasAnsweredIsTold) {
  iis({{.path = "/autodiscover/autodiscover.json",
        .query = "@evil.example/mapi/nspi?&Email=autodiscover/autodiscover.json%3F@evil.example"},
       {.path = "/autodiscover/autodiscover.json",
        .query = "a=b@c/powershell",
        .client = "203.0.113.6",
        .status = 401}});
  const ModuleRun run = judge();
  const auto found = findings_of(run, "proxy_and_web_logs.proxyshell");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(severity_of(*found[0]), Severity::medium);
  EXPECT_EQ(found[0]->subject, "203.0.113.5");
  const auto attempts = findings_of(run, "proxy_and_web_logs.attempts");
  ASSERT_EQ(attempts.size(), 1u);
  EXPECT_EQ(severity_of(*attempts[0]), Severity::low);
  EXPECT_THAT(story_of(*attempts[0]), HasSubstr("203.0.113.6"));
}

TEST_F(ProxyAndWebLogsTest, ProxyLogonIsInExchangesOwnLog) {
  windows.value("HKLM\\SOFTWARE\\Microsoft\\ExchangeServer\\v15\\Setup", "MsiInstallPath",
                fake::sz("C:\\Exchange"));
  const std::string head =
      "#Fields: "
      "DateTime,ClientIpAddress,Method,UrlStem,AuthenticatedUser,AnchorMailbox,HttpStatus\n";
  const std::string evil =
      "2024-02-20T12:00:00.000Z,203.0.113.5,POST,/ecp/default.flt,,ServerInfo~a]@ex:444/mapi/"
      ",200\n";
  const std::string good =
      "2024-02-20T12:00:00.000Z,203.0.113.5,POST,/owa/x,DOM\\u,ServerInfo~a]@ex:444/mapi/,200\n"
      "2024-02-20T12:00:00.000Z,203.0.113.5,GET,/owa/x,,SMTP~u@example.net,200\n";
  log("C:\\Exchange\\Logging\\HttpProxy\\Ecp\\a.log", head + good);
  EXPECT_THAT(judge().context->findings, IsEmpty());
  log("C:\\Exchange\\Logging\\HttpProxy\\Ecp\\a.log", head + good + evil);
  const ModuleRun run = judge();
  const auto found = findings_of(run, "proxy_and_web_logs.proxylogon");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(severity_of(*found[0]), Severity::high);
}

TEST_F(ProxyAndWebLogsTest, AttacksByWhatStandsInTheLine) {
  struct Case {
    IisLine line;
    std::string rule;
    Severity severity;
  };
  const Case cases[] = {
      {{.path = "/a.aspx", .query = "id=1%27%20UNION%20SELECT%20name"}, "sql", Severity::low},
      {{.path = "/a.aspx", .query = "x=$%7Bjndi:ldap://a/b%7D"}, "log4shell", Severity::low},
      {{.path = "/", .agent = "${jndi:ldap://a/b}"}, "log4shell", Severity::low},
      {{.path = "/x/..%5c..%5cwindows/win.ini"}, "traversal", Severity::medium},
      {{.path = "/show.aspx", .query = "f=../../../windows/win.ini"},
       "traversal_in_query",
       Severity::low},
      {{.path = "/img/e.php", .query = "c=net+user+/domain"}, "command_in_query", Severity::medium},
      {{.path = "/img/e.aspx", .query = "c=whoami", .status = 404}, "attempts", Severity::low},
      {{.method = "PUT", .path = "/x.jsp/", .status = 201}, "tomcat_put", Severity::medium},
      {{.method = "PUT", .path = "/x.aspx", .status = 201}, "script_written", Severity::medium},
      {{.method = "POST", .path = "/ecp/y.js"}, "proxylogon_page", Severity::medium},
      {{.path = "/human2.aspx"}, "moveit_shell", Severity::low},
      {{.method = "PUT", .path = "/x.jsp/", .status = 200}, "attempts", Severity::low},
  };
  for (const Case& one : cases) {
    iis({one.line});
    const ModuleRun run = judge();
    ASSERT_EQ(run.context->findings.size(), 1u) << one.line.text();
    EXPECT_EQ(run.context->findings[0].rule, "proxy_and_web_logs." + one.rule);
    EXPECT_EQ(severity_of(run.context->findings[0]), one.severity) << one.line.text();
    EXPECT_THAT(run.context->findings[0].why[0].records, Not(IsEmpty()));
  }
}

TEST_F(ProxyAndWebLogsTest, AServerThatAnswersAnythingIsNotAttackedWithSuccess) {
  iis({{.path = "/x/..%5c..%5cwindows/win.ini"},
       {.path = "/e.php", .query = "c=whoami"},
       {.path = "/vendor/phpunit/eval-stdin.php"},
       {.path = "/a.aspx", .query = "x=$%7Bjndi:ldap://a/b%7D"}});
  const ModuleRun run = judge();
  EXPECT_EQ(run.context->findings.size(), 4u);
  for (const Finding& finding : run.context->findings)
    EXPECT_EQ(severity_of(finding), Severity::low) << finding.rule;
}

TEST_F(ProxyAndWebLogsTest, OrdinaryRequestsAreNoAttacks) {
  iis({{.path = "/autodiscover/autodiscover.json",
        .query = "Email=bob%40example.net&Protocol=ActiveSync&RedirectCount=1"},
       {.path = "/autodiscover/autodiscover.json/v1.0/bob@example.net",
        .query = "Protocol=Powershell"},
       {.path = "/ecp/15.1.2106/scripts/common.js"},
       {.method = "POST", .path = "/ecp/DDI/DDIService.svc/SetObject", .query = "schema=X"},
       {.path = "/search.aspx", .query = "q=how+to+select+a+union"},
       {.path = "/search.aspx", .query = "q=sql+union+select+tutorial"},
       {.path = "/search.aspx", .query = "q=powershell+tutorial"},
       {.path = "/docs/windows/system32-explained.html"},
       {.path = "/a.aspx", .query = "returnUrl=%2F..%2Fhome"},
       {.method = "PUT", .path = "/dav/report.docx", .status = 201},
       {.path = "/_layouts/15/ToolPane.aspx", .query = "DisplayMode=Edit"},
       {.method = "POST", .path = "/powershell", .query = "PSVersion=5.1"},
       {.path = "/wiki/index.php", .query = "title=ipconfig"},
       {.path = "/wiki/index.php", .query = "search=net+user"},
       {.path = "/redmine/index.php", .query = "view=tasklist"},
       {.path = "/redmine/index.php", .query = "module=quser"},
       {.method = "PUT", .path = "/api/users.php", .status = 201},
       {.method = "PUT", .path = "/app/v1/users.php", .status = 204}});
  const ModuleRun run = judge();
  EXPECT_THAT(run.context->findings, IsEmpty()) << fake::summary_of(run.context->findings);
}

std::vector<IisLine> visitors(const std::string& path, int count) {
  std::vector<IisLine> lines;
  for (int i = 0; i < count; ++i)
    lines.push_back({.path = path,
                     .client = "198.51.100." + std::to_string(i),
                     .day = 1,
                     .second = i * 60,
                     .referer = "https://www.example.net/"});
  return lines;
}

TEST_F(ProxyAndWebLogsTest, AScriptThatOneClientPostsToIsTold) {
  std::vector<IisLine> lines = visitors("/default.aspx", 30);
  for (int i = 0; i < 4; ++i)
    lines.push_back(
        {.method = "POST", .path = "/aspnet_client/system_web/x.aspx", .day = 20, .second = i});
  iis(lines);
  const ModuleRun run = judge();
  const auto found = findings_of(run, "proxy_and_web_logs.script_use");
  ASSERT_EQ(found.size(), 1u) << fake::summary_of(run.context->findings);
  EXPECT_EQ(severity_of(*found[0]), Severity::high);
  EXPECT_EQ(found[0]->subject, "/aspnet_client/system_web/x.aspx");
  EXPECT_THAT(story_of(*found[0]), HasSubstr("by 203.0.113.5, 4 of them with POST and answered"));
  EXPECT_THAT(story_of(*found[0]), HasSubstr("long after the logs begin"));
  EXPECT_EQ(records_of(run, "web_request").size(), 4u);
}

TEST_F(ProxyAndWebLogsTest, AFolderOfUploadsIsNoNameOfAMachinesScript) {
  const auto posted = [&](const std::string& path) {
    std::vector<IisLine> lines = visitors("/default.aspx", 30);
    for (int i = 0; i < 4; ++i)
      lines.push_back({.method = "POST", .path = path, .day = 20, .second = i});
    iis(lines);
    return judge();
  };
  const ModuleRun run = posted("/uploads/banner.aspx");
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::medium);
  const ModuleRun tool = posted("/images/upload.aspx");
  ASSERT_EQ(tool.context->findings.size(), 1u);
  EXPECT_EQ(severity_of(tool.context->findings[0]), Severity::low);
}

/// What a script's calls are told as: `count` of them beside the visitors of the site.
struct ScriptCalls {
  IisLine line;
  std::vector<std::string> clients;
  std::string severity;
};

TEST_F(ProxyAndWebLogsTest, CallsOfScriptsByPlacePageAndClients) {
  const std::vector<std::string> one{"203.0.113.5"},
      three{"203.0.113.5", "198.51.100.7", "192.0.2.3"}, many = [] {
        std::vector<std::string> all;
        for (int i = 0; i < 20; ++i) all.push_back("192.0.2." + std::to_string(i));
        return all;
      }();
  const std::string page = "https://mail.example.net/";
  const ScriptCalls cases[] = {
      // A client says what it likes about where it came from, and has many addresses.
      {{.method = "POST", .path = "/aspnet_client/system_web/a1.aspx", .referer = page},
       one,
       "medium"},
      {{.method = "POST",
        .path = "/aspnet_client/a2.aspx",
        .referer = page + "aspnet_client/a2.aspx"},
       one,
       "medium"},
      {{.method = "POST", .path = "/aspnet_client/a3.aspx"}, three, "medium"},
      {{.method = "POST", .path = "/owa/auth/a4.aspx", .referer = page}, three, "medium"},
      {{.path = "/aspnet_client/a6.aspx", .query = "c=ZGlyIGM6XA=="}, one, "medium"},
      {{.method = "POST", .path = "/aspnet_client/a.asmx"}, one, "medium"},
      {{.method = "POST", .path = "/uploads/a15.cer"}, one, "medium"},
      {{.method = "POST", .path = "/uploads/a12.aspx;.jpg"}, one, "medium"},
      {{.method = "POST", .path = "/portal/a11.aspx/x.css"}, one, "medium"},
      // What is ordinary.
      {{.method = "POST", .path = "/owa/auth/logon.aspx", .referer = page}, three, ""},
      {{.method = "POST", .path = "/owa/auth/custom.aspx", .referer = page}, many, ""},
      {{.path = "/owa/auth/custom.aspx", .query = "url=https%3a%2f%2fmail&reason=0"}, one, ""},
      {{.path = "/aspnet_client/a.aspx", .query = "d=pu9N1sKfYw2kz8qLxg"}, one, ""},
      {{.method = "POST",
        .path = "/aspnet_client/system_web/4_0_30319/crystalreportviewers13/x.aspx",
        .referer = page},
       one,
       ""},
      {{.method = "POST", .path = "/uploads/x.aspx", .referer = page}, one, ""},
      {{.method = "POST", .path = "/svc/orders.asmx"}, one, ""},
      {{.method = "POST", .path = "/svc/orders.svc"}, one, ""},
      {{.method = "POST", .path = "/index.php/news/1"}, one, ""},
      {{.method = "POST", .path = "/default.aspx/GetRows"}, one, ""},
      {{.method = "POST", .path = "/upload/receive.aspx"}, one, "low"},
      {{.method = "POST", .path = "/img/convert.php"}, one, "low"},
      {{.method = "POST", .path = "/images/captcha.aspx"}, one, "low"},
  };
  for (const ScriptCalls& calls : cases) {
    std::vector<IisLine> lines = visitors("/default.aspx", 30);
    for (std::size_t i = 0; i < 20; ++i) {
      IisLine line = calls.line;
      line.client = calls.clients[i % calls.clients.size()];
      line.day = 1;
      line.second = static_cast<int>(i);
      lines.push_back(line);
    }
    iis(lines);
    const ModuleRun run = judge();
    std::string found;
    for (const Finding& finding : run.context->findings)
      found += std::string{to_text(severity_of(finding))};
    EXPECT_EQ(found, calls.severity)
        << calls.line.text() << fake::summary_of(run.context->findings);
  }
}

TEST_F(ProxyAndWebLogsTest, AnAccountThatWritesScriptsIsLow) {
  iis({{.method = "PUT", .path = "/dav/site/page.aspx", .status = 201, .user = "CORP\\web"},
       {.method = "PUT", .path = "/cms/content/index.php", .status = 204, .user = "CORP\\web"}});
  const ModuleRun run = judge();
  EXPECT_EQ(fake::summary_of(run.context->findings),
            "proxy_and_web_logs.script_written_by_account low 30 script_written_by_account\n");
}

TEST_F(ProxyAndWebLogsTest, AServerThatFindsEverythingMayAnswerATraversalToo) {
  const auto asked = [&](int status) {
    std::vector<IisLine> lines;
    for (int i = 0; i < 4; ++i)
      for (const IisLine& line : visitors("/default.aspx", 30)) lines.push_back(line);
    lines.push_back({.path = "/no", .status = status});
    lines.push_back({.path = "/cgi-bin/.%2e/.%2e/.%2e/.%2e/etc/passwd"});
    iis(lines);
    const ModuleRun run = judge();
    return fake::summary_of(run.context->findings);
  };
  EXPECT_EQ(asked(200), "proxy_and_web_logs.traversal low 40 203.0.113.5\n");
  EXPECT_EQ(asked(404), "proxy_and_web_logs.traversal medium 40 203.0.113.5\n");
}

TEST_F(ProxyAndWebLogsTest, InAnOrdinaryPlaceItStaysLow) {
  std::vector<IisLine> lines = visitors("/default.aspx", 30);
  for (int i = 0; i < 4; ++i)
    lines.push_back({.method = "POST", .path = "/news/x.aspx", .second = i});
  iis(lines);
  const ModuleRun run = judge();
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::low);
}

TEST_F(ProxyAndWebLogsTest, OrdinaryCallsOfScriptsAreQuiet) {
  std::vector<IisLine> lines = visitors("/contact.aspx", 30);
  const auto post = [&](std::string path, std::string client, std::string referer,
                        std::string user) {
    for (int i = 0; i < 5; ++i)
      lines.push_back({.method = "POST",
                       .path = path,
                       .client = client,
                       .second = i,
                       .referer = referer,
                       .user = user});
  };
  post("/contact.aspx", "203.0.113.5", "https://www.example.net/contact.aspx", "-");
  post("/admin/edit.aspx", "203.0.113.5", "https://www.example.net/admin/", "-");
  post("/wp-cron.php", "203.0.113.9", "-", "-");
  post("/payment/notify.php", "203.0.113.9", "-", "-");
  post("/tool.aspx", "127.0.0.1", "-", "-");
  post("/intranet/save.aspx", "10.0.0.5", "-", "DOM\\bob");
  post("/gone.aspx", "203.0.113.9", "-", "-");
  for (std::size_t i = lines.size() - 5; i < lines.size(); ++i) lines[i].status = 404;
  post("/owa/auth/logon.aspx", "203.0.113.9", "-", "-");
  iis(lines);
  const ModuleRun run = judge();
  EXPECT_THAT(run.context->findings, IsEmpty()) << fake::summary_of(run.context->findings);
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
