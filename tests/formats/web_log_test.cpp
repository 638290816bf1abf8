// Access logs of web servers and proxies, line by line.
#include "collector/formats/web_log.h"

#include <gmock/gmock.h>

#include <map>

#include "collector/base/text.h"
#include "tests/builders/gzip_builder.h"

namespace hozen::web_log {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// What a line says, as one text: what is absent is not in it.
std::string told(const Request& r) {
  std::string text = r.time.is_set() ? r.time.iso8601() : std::string{"-"};
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) text += " " + std::string{name} + "=" + std::string{value};
  };
  const auto add_number = [&](std::string_view name, const auto& value) {
    if (value) add(name, std::to_string(*value));
  };
  add("zone", to_text(r.zone));
  add("client", r.client);
  add("user", r.user);
  add("method", r.method);
  add("scheme", r.scheme);
  add("host", r.host);
  add_number("port", r.port);
  add("path", r.path);
  add("query", r.query);
  add_number("status", r.status);
  add_number("sent", r.response_bytes);
  add_number("received", r.request_bytes);
  add("agent", r.user_agent);
  add("referer", r.referer);
  add("server", r.server);
  add("forwarded", r.forwarded);
  add("mailbox", r.mailbox);
  add("action", r.action);
  add("unparsed", r.unparsed);
  return text;
}

struct Reading {
  std::vector<std::string> lines;
  std::vector<std::uint64_t> numbers, offsets;
  Summary summary;
};

Result<Reading> read_bytes(std::vector<std::byte> bytes, const Options& options = {}) {
  MemorySource file{std::move(bytes)};
  Reading reading;
  HOZEN_TRY(reading.summary, read(file, options, [&](const Request& request) {
              reading.lines.push_back(told(request));
              reading.numbers.push_back(request.line);
              reading.offsets.push_back(request.offset);
              return true;
            }));
  return reading;
}

std::vector<std::byte> bytes(std::string_view text) {
  const auto span = bytes_of(text).span();
  return {span.begin(), span.end()};
}

Reading read_text(std::string_view text, const Options& options = {}) {
  auto reading = read_bytes(bytes(text), options);
  if (reading) return *std::move(reading);
  ADD_FAILURE() << reading.error().text();
  return {};
}

struct OneLine {
  const char* name;
  Format format;
  std::string log, expected;
};
class OneLineTest : public testing::TestWithParam<OneLine> {};

TEST_P(OneLineTest, SaysWhatItHas) {
  const Reading reading = read_text(GetParam().log);
  EXPECT_EQ(reading.summary.format, GetParam().format);
  EXPECT_THAT(reading.lines, ElementsAre(GetParam().expected));
  EXPECT_EQ(reading.summary.damaged, 0u);
  EXPECT_TRUE(looks_like_web_log(bytes(GetParam().log)));
}

const std::string kIis =
    "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n"
    "#Date: 2024-03-01 00:00:01\n"
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
    "cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status sc-bytes cs-bytes\n";

const OneLine kLines[] = {
    {"common", Format::ncsa,
     "10.0.0.1 - frank [01/Mar/2024:12:00:00 -0700] \"GET /a.gif?b=c HTTP/1.0\" 200 2326\n",
     "2024-03-01T19:00:00.0000000Z zone=in_line client=10.0.0.1 user=frank method=GET path=/a.gif "
     "query=b=c status=200 sent=2326"},
    {"combined", Format::ncsa,
     "10.0.0.1 - - [01/Mar/2024:12:00:00 +0900] \"POST /a HTTP/1.1\" 404 - \"http://r/\" "
     "\"Mozilla/5.0 "
     "(x)\"\n",
     "2024-03-01T03:00:00.0000000Z zone=in_line client=10.0.0.1 method=POST path=/a status=404 "
     "agent=Mozilla/5.0 (x) referer=http://r/"},
    {"virtual_host", Format::ncsa,
     "www.example.net:443 10.0.0.1 - - [01/Mar/2024:12:00:00 +0000] \"GET / HTTP/1.1\" 200 1\n",
     "2024-03-01T12:00:00.0000000Z zone=in_line client=10.0.0.1 method=GET host=www.example.net "
     "port=443 path=/ status=200 sent=1"},
    {"user_with_spaces", Format::ncsa,
     "::1 - John Q. Public [01/Mar/2024:12:00:00 +0000] \"GET / HTTP/1.1\" 200 1\n",
     "2024-03-01T12:00:00.0000000Z zone=in_line client=::1 user=John Q. Public method=GET path=/ "
     "status=200 sent=1"},
    {"quotes_in_the_request", Format::ncsa,
     "10.0.0.1 - - [01/Mar/2024:12:00:00 +0000] \"GET /?a=\"b\" c\" HTTP/1.0\" 404 9\n",
     "2024-03-01T12:00:00.0000000Z zone=in_line client=10.0.0.1 method=GET path=/ query=a=\"b\" "
     "c\" "
     "status=404 sent=9"},
    {"no_http", Format::ncsa,
     "10.0.0.1 - - [01/Mar/2024:12:00:00 +0000] \"\\x16\\x03\" 400 226 \"-\" \"-\"\n",
     "2024-03-01T12:00:00.0000000Z zone=in_line client=10.0.0.1 status=400 sent=226 "
     "unparsed=\\x16\\x03"},
    {"squid_combined", Format::ncsa,
     "10.0.0.1 - bob [01/Mar/2024:12:00:00 +0900] \"GET http://example.net/x?y HTTP/1.1\" 200 12 "
     "\"-\" \"a\" TCP_MISS:HIER_DIRECT\n",
     "2024-03-01T03:00:00.0000000Z zone=in_line client=10.0.0.1 user=bob method=GET scheme=http "
     "host=example.net path=/x query=y status=200 sent=12 agent=a action=TCP_MISS:HIER_DIRECT"},
    {"squid", Format::squid,
     "1709294400.250   921 10.0.0.1 TCP_MISS/200 507 POST "
     "http://u:p@example.net:8080/x?a=http://b/ "
     "bob HIER_DIRECT/192.0.2.1 text/html\n",
     "2024-03-01T12:00:00.2500000Z zone=utc client=10.0.0.1 user=bob method=POST scheme=http "
     "host=example.net port=8080 path=/x query=a=http://b/ status=200 sent=507 action=TCP_MISS"},
    {"squid_tunnel", Format::squid,
     "1709294400.000 5 2001:db8::1 TCP_TUNNEL/200 39 CONNECT [2001:db8::2]:443 - HIER_DIRECT/x -\n",
     "2024-03-01T12:00:00.0000000Z zone=utc client=2001:db8::1 method=CONNECT host=[2001:db8::2] "
     "port=443 status=200 sent=39 action=TCP_TUNNEL"},
    {"squid_without_answer", Format::squid,
     "1709294400.000 5 10.0.0.1 NONE/000 0 GET http://example.net/ - HIER_NONE/- -\n",
     "2024-03-01T12:00:00.0000000Z zone=utc client=10.0.0.1 method=GET scheme=http "
     "host=example.net "
     "path=/ sent=0 action=NONE"},
    {"i_filter_access", Format::i_filter_access,
     "Mar 1 12:00:01 4872 1000/01/ - - 192.0.2.1 10.0.0.1 - user01 [01/Mar/2024:12:00:00 +0900] "
     "503 "
     "0 1207 block 63 87 87/127/151 -1 0 1518 0 group01 - 0 - \"GET https://example.net/sw.js "
     "HTTP/1.1\" - Mozilla%2F5.0+%28x%29 text%2Fhtml A667FEFF\n",
     "2024-03-01T03:00:00.0000000Z zone=in_line client=10.0.0.1 user=user01 method=GET "
     "scheme=https "
     "host=example.net path=/sw.js status=503 agent=Mozilla/5.0 (x) action=block"},
    {"i_filter_access_old", Format::i_filter_access,
     "Mar 1 12:00:01 5207 104/01/ 192.0.2.1:8000 10.0.0.1 - user01 [01/Mar/2024:12:00:00 +0900] "
     "\"GET http://example.net/ HTTP/1.1\" \"http://example.net/s\" Mozilla%2F4.0 200 0 886\n",
     "2024-03-01T03:00:00.0000000Z zone=in_line client=10.0.0.1 user=user01 method=GET scheme=http "
     "host=example.net path=/ status=200 agent=Mozilla/4.0 referer=http://example.net/s"},
    {"i_filter_block", Format::i_filter_block,
     "4582 10.0.0.1 user000 group 7 01/Mar/2024:12:00:00 +0900 http://example.net/ block 43 3 99\n",
     "2024-03-01T03:00:00.0000000Z zone=in_line client=10.0.0.1 user=user000 scheme=http "
     "host=example.net path=/ action=block"},
    {"intersafe", Format::intersafe,
     "2024/03/01 12:00:00 HTTP 10.0.0.1 group user - Blocked - 403 example.net 0 15 0 - - match "
     "a\\b a\\b - - http://example.net/x HTTP/1.1 GET http://example.net/\n",
     "2024-03-01T12:00:00.0000000Z zone=assumed_local client=10.0.0.1 user=user method=GET "
     "scheme=http host=example.net path=/x status=403 received=15 referer=http://example.net/ "
     "action=Blocked"},
    {"intersafe_without_url", Format::intersafe,
     "2024/03/"
     "01\t12:00:00\tHTTPS\t10.0.0.1\tg\\h\tuser\t-\tAllowed\t-\t200\texample.net\t60\t3260\t"
     "7490\t-\n",
     "2024-03-01T12:00:00.0000000Z zone=assumed_local client=10.0.0.1 user=user host=example.net "
     "status=200 sent=7490 received=3260 action=Allowed"},
    {"iis", Format::w3c,
     kIis + "2024-03-01 12:00:00 192.0.2.1 POST /a.aspx x=1&y=2 443 DOM\\u 10.0.0.1 "
            "Mozilla/5.0+(a;+b) https://example.net/ 200 0 0 10 20\n",
     "2024-03-01T12:00:00.0000000Z zone=utc client=10.0.0.1 user=DOM\\u method=POST port=443 "
     "path=/a.aspx query=x=1&y=2 status=200 sent=10 received=20 agent=Mozilla/5.0 (a; b) "
     "referer=https://example.net/ server=192.0.2.1"},
    {"iis_with_a_quote", Format::w3c,
     kIis + "2024-03-01 12:00:00 192.0.2.1 GET /a \"x 443 - 10.0.0.1 \"a+b\" - 200 0 0 1 2\n",
     "2024-03-01T12:00:00.0000000Z zone=utc client=10.0.0.1 method=GET port=443 path=/a query=\"x "
     "status=200 sent=1 received=2 agent=a b server=192.0.2.1"},
    {"date_in_the_head_alone", Format::w3c,
     "#Date: 2024-03-01 00:00:00\n#Fields: time c-ip cs-method cs-uri-stem sc-status\n"
     "12:00:00 10.0.0.1 GET /a 200\n",
     "2024-03-01T12:00:00.0000000Z zone=utc client=10.0.0.1 method=GET path=/a status=200"},
    {"no_date_at_all", Format::w3c,
     "#Fields: time c-ip cs-method cs-uri-stem sc-status\n12:00:00 10.0.0.1 GET /a 200\n",
     "- zone=none client=10.0.0.1 method=GET path=/a status=200"},
    {"http_sys", Format::w3c,
     "#Software: Microsoft HTTP API 2.0\n#Fields: date time c-ip c-port s-ip s-port cs-version "
     "cs-method cs-uri sc-status s-siteid s-reason s-queuename\n"
     "2024-03-01 12:00:00 10.0.0.1 50123 192.0.2.1 80 HTTP/1.1 GET /a?b 400 1 URL -\n",
     "2024-03-01T12:00:00.0000000Z zone=utc client=10.0.0.1 method=GET port=80 path=/a query=b "
     "status=400 server=192.0.2.1 action=URL"},
    {"blue_coat", Format::w3c,
     "#Software: SGOS 6.5.10.4\n#Fields: gmttime c-ip cs-username cs-categories sc-status s-action "
     "cs-method cs-uri-scheme cs-host cs-uri-port cs-uri-path cs-uri-query cs(User-Agent) sc-bytes "
     "cs-bytes\n[01/03/2024:12:00:00 GMT] 10.0.0.1 user \"Technology;Web Mail\" 200 TCP_MISS POST "
     "http example.net 80 /a.php ?x=1 \"Mozilla/5.0 (a; b)\" 1000 5000\n",
     "2024-03-01T12:00:00.0000000Z zone=in_line client=10.0.0.1 user=user method=POST scheme=http "
     "host=example.net port=80 path=/a.php query=x=1 status=200 sent=1000 received=5000 "
     "agent=Mozilla/5.0 (a; b) action=TCP_MISS"},
    {"tmg", Format::w3c,
     "#Software: Microsoft Forefront "
     "TMG\n#Fields:\tc-ip\tcs-username\tc-agent\tdate\ttime\tr-host\t"
     "s-operation\tcs-uri\tsc-status\n10.0.0.1\tDOM\\u\tMozilla/4.0 (a)\t2024-03-01\t12:00:00\t"
     "example.net\tGET\thttp://example.net/x?y\t200\n",
     "2024-03-01T12:00:00.0000000Z zone=utc client=10.0.0.1 user=DOM\\u method=GET scheme=http "
     "host=example.net path=/x query=y status=200 agent=Mozilla/4.0 (a)"},
    {"exchange", Format::exchange,
     "\xEF\xBB\xBF"
     "DateTime,ClientIpAddress,Method,UrlHost,UrlStem,AuthenticatedUser,AnchorMailbox,"
     "UserAgent,HttpStatus,GenericErrors\n#Software: Microsoft Exchange Server\n"
     "#Fields: DateTime,ClientIpAddress,Method,UrlHost,UrlStem,AuthenticatedUser,AnchorMailbox,"
     "UserAgent,HttpStatus,GenericErrors\n"
     "2024-03-01T12:00:00.500Z,10.0.0.1,POST,m.example.net,/ecp/y.js,,ServerInfo~a,\"b, c\",200,\n",
     "2024-03-01T12:00:00.5000000Z zone=in_line client=10.0.0.1 method=POST host=m.example.net "
     "path=/ecp/y.js status=200 agent=b, c mailbox=ServerInfo~a"},
    {"generic", Format::generic,
     "2024-03-01T12:00:00+09:00 fw01 10.0.0.1 GET http://example.net/x HTTP/1.1 200 "
     "\"Mozilla/5.0\"\n",
     "2024-03-01T03:00:00.0000000Z zone=in_line client=10.0.0.1 method=GET scheme=http "
     "host=example.net path=/x status=200 agent=Mozilla/5.0"},
    {"generic_epoch", Format::generic, "1709294400 10.0.0.1 \"GET /x HTTP/1.1\" 200\n",
     "2024-03-01T12:00:00.0000000Z zone=in_line client=10.0.0.1 method=GET path=/x status=200"},
};
INSTANTIATE_TEST_SUITE_P(WebLog, OneLineTest, testing::ValuesIn(kLines),
                         [](const auto& line) { return std::string{line.param.name}; });

const std::string kLine = "10.0.0.1 - - [01/Mar/2024:12:00:00 +0000] \"GET /a HTTP/1.1\" 200 1\n";

TEST(WebLog, ColumnsMayChangeMidFile) {
  const Reading reading = read_text(
      "#Fields: date time c-ip cs-uri-stem\n2024-03-01 12:00:00 10.0.0.1 /a\n"
      "#Fields: cs-uri-stem time date c-ip\n/b 12:00:01 2024-03-01 10.0.0.2\n");
  EXPECT_THAT(reading.lines,
              ElementsAre("2024-03-01T12:00:00.0000000Z zone=utc client=10.0.0.1 path=/a",
                          "2024-03-01T12:00:01.0000000Z zone=utc client=10.0.0.2 path=/b"));
  EXPECT_THAT(reading.numbers, ElementsAre(2u, 4u));
}

TEST(WebLog, ALineWithOtherColumnsIsDamagedAndNamed) {
  const Reading reading = read_text(
      "#Fields: date time c-ip cs-uri-stem\n2024-03-01 12:00:00 10.0.0.1\n"
      "2024-03-01 12:00:00 10.0.0.1 /a b\n2024-03-01 12:00:00 10.0.0.1 /c\n");
  EXPECT_EQ(reading.lines.size(), 1u);
  EXPECT_EQ(reading.summary.damaged, 2u);
  ASSERT_EQ(reading.summary.problems.size(), 2u);
  EXPECT_EQ(reading.summary.problems[0].what, "line 2");
  EXPECT_EQ(reading.summary.problems[0].offset, 36u);
}

TEST(WebLog, LogsOfOtherThingsAreNone) {
  for (const std::string_view text :
       {"", "\n\n", "hello\nworld\n",
        "#Version: 1.5\n#Fields: date time action protocol src-ip\n2024-03-01 12:00:00 DROP TCP "
        "x\n",
        "[01/Mar/2024:12:00:00 +0000] starting\n", "GET / HTTP/1.1\nHost: example.net\n"}) {
    const auto reading = read_bytes(bytes(text));
    ASSERT_FALSE(reading) << text;
    EXPECT_EQ(reading.error().code, Errc::unsupported) << text;
    EXPECT_FALSE(looks_like_web_log(bytes(text)));
  }
}

TEST(WebLog, MostLinesHaveToBeUnderstoodWhereNothingSaysThatItIsALog) {
  EXPECT_TRUE(looks_like_web_log(bytes(kLine + "garbage\n")));
  EXPECT_FALSE(looks_like_web_log(bytes(kLine + "garbage\ngarbage\n")));
  EXPECT_TRUE(looks_like_web_log(bytes(kLine + kLine.substr(0, 20))));  // a file's beginning
}

TEST(WebLog, LinesOfBracketsAndQuotesAreReadInOnePass) {
  // Looked at from each bracket or quote anew, these take minutes.
  constexpr std::size_t kMarks = 30'000;
  std::string brackets, quotes;
  for (std::size_t i = 0; i < kMarks; ++i) {
    brackets += "[[[";
    quotes += "\"x ";
  }
  std::string log = kLine, columns = "#Fields: date time c-ip cs-uri-stem\n";
  for (int i = 0; i < 100; ++i) {
    log += brackets + "\n";
    columns += quotes + "\n";
  }
  EXPECT_EQ(read_text(log + kLine).lines.size(), 2u);
  EXPECT_EQ(read_text(columns + "2024-03-01 12:00:00 10.0.0.1 /a\n").lines.size(), 1u);
}

TEST(WebLog, ATimeIsFoundBehindOtherBrackets) {
  const Reading reading =
      read_text("[x] 10.0.0.1 - [y [01/Mar/2024:12:00:00 +0000] \"GET /a HTTP/1.1\" 200 1\n");
  ASSERT_EQ(reading.lines.size(), 1u);
  EXPECT_THAT(reading.lines[0], HasSubstr("2024-03-01T12:00:00.0000000Z"));
}

TEST(WebLog, OffsetsAreThoseOfTheLines) {
  const Reading reading = read_text("garbage\r\n" + kLine + "\n" + kLine);
  EXPECT_THAT(reading.numbers, ElementsAre(2u, 4u));
  EXPECT_THAT(reading.offsets, ElementsAre(9u, 10u + kLine.size()));
  EXPECT_EQ(reading.summary.damaged, 1u);
}

TEST(WebLog, LocalTimesTakeTheOffsetThatIsAssumed) {
  const std::string log =
      "2024/03/01 12:00:00 HTTP 10.0.0.1 g u - Allowed - 200 example.net 0 0 0\n";
  EXPECT_THAT(read_text(log, {540}).lines.at(0), HasSubstr("2024-03-01T03:00:00.0000000Z"));
  EXPECT_EQ(read_text(log).summary.zone, Zone::assumed_local);
  // Lines that say their own offset are not moved.
  EXPECT_THAT(read_text(kLine, {540}).lines.at(0), HasSubstr("2024-03-01T12:00:00.0000000Z"));
}

TEST(WebLog, FirstAndLastAreTheEarliestAndTheLatest) {
  std::string later = kLine, earlier = kLine;
  later.replace(later.find("12:00:00"), 8, "13:00:00");
  earlier.replace(earlier.find("12:00:00"), 8, "11:00:00");
  const Summary summary = read_text(kLine + later + earlier).summary;
  EXPECT_EQ(summary.first.iso8601(), "2024-03-01T11:00:00.0000000Z");
  EXPECT_EQ(summary.last.iso8601(), "2024-03-01T13:00:00.0000000Z");
}

/// "報告" as the account.
std::string line_of(std::string_view user) {
  return "10.0.0.1 - " + std::string{user} +
         " [01/Mar/2024:12:00:00 +0000] \"GET / HTTP/1.1\" 200 1\n";
}

TEST(WebLogEncoding, IsFoundOutFromTheLines) {
  struct Case {
    std::string bytes, user;
    Encoding encoding;
  };
  const Case cases[] = {
      {"\xE5\xA0\xB1\xE5\x91\x8A", "報告", Encoding::utf8},
      {"\x95\xF1\x8D\x90", "報告", Encoding::cp932},
      {"\xCA\xF3\xB9\xF0", "\\xCA\\xF3\\xB9\\xF0", Encoding::euc_jp},
      {"J\xFCrgen", "Jürgen", Encoding::windows1252},
      {"a\x81", "a\\x81", Encoding::unknown},
  };
  for (const Case& one : cases) {
    const Reading reading = read_text(kLine + line_of(one.bytes));
    ASSERT_EQ(reading.lines.size(), 2u);
    EXPECT_THAT(reading.lines[1], HasSubstr(" user=" + one.user + " "));
    EXPECT_EQ(reading.summary.encoding, one.encoding) << one.user;
    EXPECT_FALSE(reading.summary.mixed_encodings);
  }
  EXPECT_TRUE(read_text(line_of("\xE5\xA0\xB1") + line_of("J\xFC")).summary.mixed_encodings);
}

TEST(WebLogEncoding, Utf16InEitherOrder) {
  const std::string text = line_of("報告") + line_of("b");
  std::string little = "\xFF\xFE", big = "\xFE\xFF", bare;
  for (const char16_t unit : utf16_from_wtf8(text)) {
    const char low = static_cast<char>(unit & 0xFF), high = static_cast<char>(unit >> 8);
    little += {low, high};
    big += {high, low};
    bare += {low, high};
  }
  for (const std::string& log : {little, big, bare}) {
    const Reading reading = read_text(log);
    ASSERT_EQ(reading.lines.size(), 2u);
    EXPECT_THAT(reading.lines[0], HasSubstr(" user=報告 "));
    EXPECT_EQ(reading.summary.encoding, Encoding::utf16);
  }
}

TEST(WebLog, NulsBehindTheLastLineAreNoDamage) {
  const Reading reading = read_text(kLine + std::string(3000, '\0'));
  EXPECT_EQ(reading.lines.size(), 1u);
  EXPECT_EQ(reading.summary.damaged, 0u);
}

TEST(WebLog, ALineThatIsTooLongIsCutAndNamed) {
  std::string longer = kLine;
  longer.insert(longer.find("/a"), "/" + std::string(2'000'000, 'b'));
  const Reading reading = read_text(kLine + longer + kLine);
  EXPECT_EQ(reading.lines.size(), 2u);  // the end, without which it is no request, is missing
  EXPECT_THAT(reading.numbers, ElementsAre(1u, 3u));
  EXPECT_EQ(reading.summary.cut, 1u);
  EXPECT_THAT(reading.summary.problems.at(0).what, HasSubstr("line 2 is too long"));
  EXPECT_EQ(reading.offsets.at(1), kLine.size() + longer.size());
}

TEST(WebLog, ListedProblemsAreBounded) {
  std::string log = kLine;
  for (int i = 0; i < 300; ++i) log += "garbage\n";
  const Reading reading = read_text(log);
  EXPECT_EQ(reading.summary.damaged, 300u);
  EXPECT_EQ(reading.summary.problems.size(), kMaxListedProblems);
}

TEST(WebLog, EveryCutOfALogIsRead) {
  const std::string log = kIis +
                          "2024-03-01 12:00:00 192.0.2.1 POST /a.aspx \"x=1 443 - 10.0.0.1 "
                          "Mozilla/5.0 https://example.net/ 200 0 0 10 20\n";
  for (const std::string& whole : {log, kLines[7].log, kLines[10].log, kLines[12].log,
                                   kLines[13].log, kLines[20].log, kLines[22].log}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto reading = read_bytes(bytes(std::string_view{whole}.substr(0, size)));
      if (reading) {
        EXPECT_LE(reading->lines.size(), 1u);
      }
    }
  }
}

TEST(WebLogGzip, MembersAreReadOneBehindTheOther) {
  std::vector<std::byte> packed = builders::gzip_of(kLine);
  const auto second = builders::gzip_of(kLine + kLine);
  packed.insert(packed.end(), second.begin(), second.end());
  packed.resize(packed.size() + 500);  // padding of a tape or a copy
  const auto reading = read_bytes(packed);
  ASSERT_TRUE(reading) << reading.error().text();
  EXPECT_EQ(reading->lines.size(), 3u);
  EXPECT_TRUE(reading->summary.packed);
  EXPECT_THAT(reading->summary.problems, IsEmpty());
  EXPECT_THAT(reading->offsets, ElementsAre(0u, kLine.size(), 2 * kLine.size()));
  EXPECT_TRUE(looks_like_web_log(packed));
}

TEST(WebLogGzip, WhatIsCutOffIsReadAsFarAsItGoes) {
  std::string log;
  for (int i = 0; i < 500; ++i) {
    std::string line = kLine;
    line.insert(line.find("/a"), "/" + std::to_string(i * 7919));
    log += line;
  }
  std::vector<std::byte> packed = builders::gzip_of(log);
  packed.resize(packed.size() / 2);
  const auto reading = read_bytes(packed);
  ASSERT_TRUE(reading);
  EXPECT_GT(reading->lines.size(), 100u);
  EXPECT_LT(reading->lines.size(), 400u);
  ASSERT_EQ(reading->summary.problems.size(), 1u);
  EXPECT_EQ(reading->summary.problems[0].code, Errc::truncated);
}

TEST(WebLogGzip, WhatGrowsTooMuchIsLeft) {
  std::string log;
  while (log.size() < 8u << 20) log += kLine;
  const auto reading = read_bytes(builders::gzip_of(log));
  ASSERT_TRUE(reading);
  EXPECT_LT(reading->summary.unpacked_bytes, 4u << 20);
  EXPECT_EQ(reading->summary.problems.at(0).code, Errc::limit);
  EXPECT_FALSE(read_bytes(builders::gzip_of(std::string(64u << 20, '\0'))));
}

TEST(WebLogGzip, DamageIsNamed) {
  std::string log;
  for (int i = 0; i < 3000; ++i) log += line_of(std::to_string(i * 7919));
  std::vector<std::byte> packed = builders::gzip_of(log);
  for (std::size_t i = 0; i < 64; ++i) packed[packed.size() / 2 + i] = std::byte{0xFF};
  const auto reading = read_bytes(packed);
  ASSERT_TRUE(reading);
  EXPECT_FALSE(reading->summary.problems.empty());
}

TEST(WebLogTime, OnlyTimesThatThereAre) {
  EXPECT_TRUE(parse_clf_time("29/Feb/2024:23:59:60 +0000"));
  EXPECT_FALSE(parse_clf_time("29/Feb/2023:00:00:00 +0000"));
  EXPECT_FALSE(parse_clf_time("31/Jan/2024:24:00:00 +0000"));
  EXPECT_FALSE(parse_clf_time("00/Jan/2024:00:00:00 +0000"));
  EXPECT_FALSE(parse_clf_time("01/anF/2024:00:00:00 +0000"));
  EXPECT_FALSE(parse_clf_time("01/Jan/2024:00:00:00 +9900"));
  EXPECT_FALSE(parse_clf_time("01/Jan/2024"));
  EXPECT_FALSE(parse_day_and_time("2024-03/01", "00:00:00"));
  EXPECT_FALSE(parse_epoch("1709294400x"));
  EXPECT_FALSE(parse_epoch("17092944000000"));
  EXPECT_EQ(parse_iso_time("2024-03-01 12:00:00.1234567Z")->time.iso8601(),
            "2024-03-01T12:00:00.1234567Z");
  EXPECT_EQ(parse_clf_time("01/Jan/2024:00:00:00 +1400")->time.iso8601(),
            "2023-12-31T10:00:00.0000000Z");
  EXPECT_FALSE(parse_clf_time("01/Jan/2024:00:00:00")->has_offset);
}

}  // namespace
}  // namespace hozen::web_log
