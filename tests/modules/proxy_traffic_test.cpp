// What clients behind a proxy did, as the logs of the module proxy_and_web_logs tell.
#include "collector/base/bytes.h"
#include "collector/base/crc32.h"
#include "collector/module/web_traffic.h"
#include "tests/modules/web_cases.h"

namespace hozen {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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

}  // namespace
}  // namespace hozen
