// Calls of scripts of web servers, as the logs of the module proxy_and_web_logs tell.
#include <algorithm>

#include "tests/modules/web_cases.h"

namespace hozen {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

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
      {{.path = "/aspnet_client/a6.aspx", .query = "c=ZGlyIGM6XA=="}, one, "mediummedium"},
      {{.method = "POST", .path = "/aspnet_client/a.asmx"}, one, "medium"},
      {{.method = "POST", .path = "/uploads/a15.cer"}, one, "medium"},
      {{.method = "POST", .path = "/uploads/a12.aspx;.jpg"}, one, "medium"},
      {{.method = "POST", .path = "/portal/a11.aspx/x.css"}, one, "medium"},
      // No page of anybody lies there, and it was asked for.
      {{.path = "/aspnet_client/a.aspx", .query = "d=pu9N1sKfYw2kz8qLxg"}, one, "medium"},
      {{.path = "/aspnet_client/system_web/a.aspx"}, one, "medium"},
      // What is ordinary.
      {{.method = "POST", .path = "/owa/auth/logon.aspx", .referer = page}, three, ""},
      {{.method = "POST", .path = "/owa/auth/custom.aspx", .referer = page}, many, ""},
      {{.path = "/owa/auth/custom.aspx", .query = "url=https%3a%2f%2fmail&reason=0"}, one, ""},
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
      {{.path = "/aspnet_client/system_web/4_0_30319/crystalreportviewers13/x.aspx"}, one, ""},
      {{.method = "POST", .path = "/uploads/index.php"}, one, "low"},
      {{.method = "POST", .path = "/wp-content/uploads/wpforms/index.php"}, one, "low"},
      {{.method = "POST", .path = "/backup/start.php"}, {"10.0.0.24"}, "low"},
      {{.method = "POST", .path = "/backup/start.php"}, one, "medium"},
      {{.method = "POST", .path = "/wp-load.php"}, one, "low"},
      {{.path = "/uploads/photo.jpg", .query = "w=300&t=ZGlyIGM6XA=="}, one, ""},
      {{.path = "/thumb.php/photo.jpg", .query = "w=300"}, one, ""},
      {{.path = "/web.config", .status = 404}, one, ""},
      {{.path = "/web.config", .status = 403}, one, ""},
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

/// Severity of the only finding, "" for none; the log's own columns.
struct OwnLog {
  std::string fields, lines;
};

class ScriptUseTest : public ProxyAndWebLogsTest {
 protected:
  std::string judged(const OwnLog& own) {
    log("C:\\inetpub\\logs\\LogFiles\\W3SVC1\\u_ex240220.log",
        "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time " +
            own.fields + "\n" + own.lines);
    last_ = judge();
    std::string found;
    for (const Finding& finding : last_.context->findings)
      found += finding.rule.substr(finding.rule.find('.') + 1) + " " +
               std::string{to_text(severity_of(finding))};
    return found;
  }
  std::string judged(const std::vector<IisLine>& lines) {
    std::string text;
    for (const IisLine& line : lines) text += line.text();
    return judged(OwnLog{
        "cs-method cs-uri-stem cs-uri-query cs-username c-ip cs(User-Agent) cs(Referer) sc-status",
        text});
  }
  std::string story() const { return story_of(last_.context->findings.at(0)); }

  ModuleRun last_{fake::FakeWindows{}.machine(), nullptr};
};

TEST_F(ScriptUseTest, ARoutineOfSomebodyWithinIsLow) {
  const auto called = [&](const std::string& client, int days) {
    std::vector<IisLine> lines = visitors("/default.aspx", 30);
    for (int i = 0; i < 8; ++i)
      lines.push_back({.method = "POST",
                       .path = "/uploads/nightly.aspx",
                       .client = client,
                       .day = 1 + i % days,
                       .second = 3000 + i});
    std::stable_sort(lines.begin(), lines.end(),
                     [](const IisLine& a, const IisLine& b) { return a.day < b.day; });
    return judged(lines);
  };
  EXPECT_EQ(called("10.0.0.24", 4), "script_use low");
  EXPECT_EQ(called("10.0.0.24", 1), "script_use medium");
  EXPECT_EQ(called("203.0.113.24", 4), "script_use medium");
}

TEST_F(ScriptUseTest, AnIndexPageWhoseAnswersDifferDoesSomething) {
  const auto answered = [&](int sizes) {
    std::string lines;
    for (int i = 0; i < 20; ++i)
      lines += day_of(20) + " " + clock_of(i) + " POST /uploads/index.php - 203.0.113.5 - 200 " +
               std::to_string(500 + i % sizes) + "\n";
    return judged(
        OwnLog{"cs-method cs-uri-stem cs-uri-query c-ip cs(Referer) sc-status sc-bytes", lines});
  };
  EXPECT_EQ(answered(1), "script_use low");
  EXPECT_EQ(answered(2), "script_use low");
  EXPECT_EQ(answered(5), "script_use medium");
}

TEST_F(ScriptUseTest, PostsOfOneClientInAShortTimeNeedNoColumnOfReferers) {
  const auto posted = [&](const std::string& client, int step, const std::string& more = "") {
    std::string lines;
    for (int i = 0; i < 6; ++i)
      lines +=
          day_of(20) + " " + clock_of(i * step) + " POST /uploads/b.aspx - " + client + " 200\n";
    return judged(OwnLog{"cs-method cs-uri-stem cs-uri-query c-ip sc-status", lines + more});
  };
  EXPECT_EQ(posted("203.0.113.5", 60), "script_use medium");
  EXPECT_EQ(posted("203.0.113.5", 3600), "script_use low");  // now and then
  EXPECT_EQ(posted("10.0.0.5", 60), "script_use low");
  // A form is fetched before it is sent.
  EXPECT_EQ(
      posted("203.0.113.5", 60, day_of(20) + " 01:00:00 GET /uploads/b.aspx - 203.0.113.5 200\n"),
      "script_use low");
}

TEST_F(ScriptUseTest, APageThatNobodyAskedForIsNoPlaceToComeFrom) {
  const auto posted = [&](const std::string& path, const std::string& referer, bool is_fetched) {
    std::vector<IisLine> lines = visitors("/default.aspx", 30);
    if (is_fetched) lines.push_back({.path = path});
    for (int i = 1; i < 5; ++i)
      lines.push_back({.method = "POST", .path = path, .second = i, .referer = referer});
    return judged(lines);
  };
  const std::string host = "https://www.example.net";
  EXPECT_EQ(posted("/uploads/b.aspx", host + "/Uploads/b.aspx?x=1", false), "script_use high");
  EXPECT_THAT(story(), HasSubstr("the page of the script itself, for which nobody asked"));
  EXPECT_EQ(posted("/uploads/b.aspx", host + "/uploads/b.aspx", true), "");
  EXPECT_EQ(posted("/uploads/b.aspx", host + "/form.aspx", false), "");
  EXPECT_EQ(posted("/news/b.aspx", host + "/news/b.aspx", false), "script_use low");
}

TEST_F(ScriptUseTest, PagesOfAnApplicationThatWasPutOntoTomcatByTheirCaller) {
  const auto called = [&](const IisLine& deployment, IisLine call, int times = 3) {
    std::vector<IisLine> lines = visitors("/shop/list.jsp", 30);
    lines.push_back(deployment);
    for (int i = 0; i < times; ++i) {
      call.second = 2000 + i;
      lines.push_back(call);
    }
    return judged(lines);
  };
  const IisLine upload{.method = "POST", .path = "/manager/html/upload", .second = 1900},
      put{.method = "PUT",
          .path = "/manager/text/deploy",
          .query = "path=/x&update=true",
          .second = 1900};
  const IisLine call{.path = "/x/s.jsp", .query = "a=1"};
  EXPECT_EQ(called(upload, call), "script_use medium");
  EXPECT_THAT(story(), HasSubstr("through Tomcat's manager"));
  EXPECT_EQ(called(put, call), "script_use medium");
  EXPECT_EQ(called(put, {.method = "POST", .path = "/x/a/s.jsp"}, 1), "script_use medium");
  // Another application, another client, one refused, a browser, one that was in use before.
  EXPECT_EQ(called(put, {.path = "/y/s.jsp", .query = "a=1"}), "");
  EXPECT_EQ(called(put, {.path = "/x/s.jsp", .query = "a=1", .client = "203.0.113.6"}), "");
  IisLine refused = put;
  refused.status = 401;
  EXPECT_EQ(called(refused, call), "");
  IisLine browser = call;
  browser.referer = "https://www.example.net/x/";
  EXPECT_EQ(called(put, browser), "");
  EXPECT_EQ(called(upload, {.path = "/shop/s.jsp", .query = "a=1"}), "");
  EXPECT_EQ(called(put, {.path = "/x/health.jsp", .query = "a=1"}), "script_use low");
}

TEST_F(ScriptUseTest, CommandsAndProgramsInBase64ByGet) {
  const auto asked = [&](const std::string& path, const std::string& query) {
    std::vector<IisLine> lines = visitors("/default.aspx", 30);
    lines.push_back({.path = "/no.aspx", .status = 404});
    for (int i = 0; i < 3; ++i) lines.push_back({.path = path, .query = query, .second = i});
    return judged(lines);
  };
  // whoami; net user /domain; @ini_set("display_errors","0");echo 1;
  EXPECT_EQ(asked("/news/a.php", "c=d2hvYW1p"), "coded_command medium");
  EXPECT_EQ(asked("/news/a.aspx", "id=bmV0IHVzZXIgL2RvbWFpbg%3D%3D"), "");  // what is looked for
  EXPECT_EQ(asked("/news/a.aspx", "z=bmV0IHVzZXIgL2RvbWFpbg%3D%3D"), "coded_command medium");
  EXPECT_EQ(asked("/news/a.php", "id=QGluaV9zZXQoImRpc3BsYXlfZXJyb3JzIiwiMCIpO2VjaG8gMTs="),
            "coded_command medium");
  for (const char* query :
       {"r=aHR0cHM6Ly93d3cuZXhhbXBsZS5uZXQv", "q=aG93IHRvIHVzZSBwb3dlcnNoZWxs", "lang=japanese",
        "t=pu9N1sKfYw2kz8qLxgpu9N1sKfYw2kz8qLxg", "s=eyJhIjoiYiBjIn0="})
    EXPECT_EQ(asked("/news/a.php", query), "") << query;
  EXPECT_EQ(asked("/news/list.html", "c=d2hvYW1p"), "");
  // A long value that may be anything says something only where no script lies.
  const std::string coded = "d=" + std::string(60, 'A') + std::string(40, 'x') + "9";
  EXPECT_EQ(asked("/owa/auth/a.aspx", coded), "script_use medium");
  EXPECT_EQ(asked("/uploads/a.aspx", coded), "script_use low");
  EXPECT_EQ(asked("/news/a.aspx", coded), "");
}

TEST_F(ScriptUseTest, AServerThatAnswersAnythingHasNoPages) {
  std::vector<IisLine> lines = visitors("/default.aspx", 30);
  for (const char* name : {"a", "b", "c", "d", "e"})
    lines.push_back({.path = "/aspnet_client/" + std::string{name} + ".aspx"});
  EXPECT_EQ(judged(lines),
            "script_use lowscript_use lowscript_use lowscript_use lowscript_use low");
}

}  // namespace
}  // namespace hozen
