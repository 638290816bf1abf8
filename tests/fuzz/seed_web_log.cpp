// Seeds of fuzz_web_log.
#include <fstream>
#include <string>
#include <string_view>

#include "collector/base/bytes.h"
#include "collector/base/text.h"
#include "tests/builders/gzip_builder.h"

namespace {

struct Seed {
  std::string_view name, text;
};
constexpr Seed kSeeds[] = {
    {"ncsa",
     "www.example.net:443 10.0.0.1 - John Q [01/Mar/2024:12:00:00 +0900] \"GET "
     "http://a:1/x?y=\"z\" "
     "HTTP/1.1\" 200 12 \"http://r/\" \"Mozilla/5.0 (\\\"x\\\")\" TCP_MISS:HIER_DIRECT\n"
     "::1 - - [01/Mar/2024:12:00:00 +0900] \"\\x16\" 400 - \"-\" \"-\"\n"},
    {"squid",
     "1709294400.250 921 10.0.0.1 TCP_MISS/200 507 POST http://u:p@example.net:8080/x?a bob X/- -\n"
     "1709294400.250 9 10.0.0.1 NONE/000 0 CONNECT [::1]:443 - X/- -\n"},
    {"w3c",
     "#Software: Microsoft Internet Information Services 10.0\n#Date: 2024-03-01 00:00:01\n"
     "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
     "cs(User-Agent) cs(Referer) sc-status sc-bytes cs-bytes\n"
     "2024-03-01 12:00:00 192.0.2.1 POST /a.aspx \"x 443 D\\u 10.0.0.1 A+(b) - 200 1 2\n"
     "#Fields: time gmttime x-timestamp timestamp cs-uri cs-host\n"
     "12:00:00 [01/03/2024:12:00:00 GMT] 2024-03-01T12:00:00Z 1709294400.1 http://a/b \"c d\"\n"},
    {"exchange",
     "DateTime,Method\n#Fields: DateTime,Method,UrlStem,AnchorMailbox,UserAgent,E\n"
     "2024-03-01T12:00:00.500Z,POST,/ecp/y.js,ServerInfo~a,\"b, \"\"c\",\n"},
    {"tmg",
     "#Fields:\tc-ip\tcs-username\tdate\ttime\tcs-uri\n10.0.0.1\tu\t2024-03-01\t12:00:00\thttp://a/"
     "\n"},
    {"i_filter",
     "Mar 1 12:00:01 4872 1000/01/ - - 192.0.2.1 10.0.0.1 - u [01/Mar/2024:12:00:00 +0900] 503 0 "
     "1207 block 63 \"GET https://example.net/sw.js HTTP/1.1\" - Mozilla%2F5.0+x text%2Fhtml A6\n"},
    {"i_filter_block",
     "4582 10.0.0.1 user000 group 7 01/Mar/2024:12:00:00 +0900 http://example.net/ block 43 3 "
     "99\n"},
    {"intersafe",
     "2024/03/01 12:00:00 HTTP 10.0.0.1 \xE7\xB5\x84 user - Blocked - 403 example.net 0 15 7 - - m "
     "a\\b a\\b - - http://example.net/x HTTP/1.1 GET http://example.net/\n"},
    {"generic",
     "2024-03-01 12:00:00 fw 10.0.0.1 \"GET http://example.net/x HTTP/1.1\" 200 \"Mozilla/5.0\"\n"},
    {"cp932",
     "10.0.0.1 - \x95\xF1\x8D\x90 [01/Mar/2024:12:00:00 +0900] \"GET / HTTP/1.1\" 200 1\n"},
};

bool write(const std::string& path, std::string_view bytes) {
  std::ofstream file{path, std::ios::binary};
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = std::string{argv[1]} + "/";
  bool written = true;
  for (const Seed& seed : kSeeds) {
    const std::string name{seed.name};
    const auto packed = hozen::builders::gzip_of(seed.text);
    std::string wide = "\xFF\xFE";
    for (const char16_t unit : hozen::utf16_from_wtf8(seed.text)) {
      wide += static_cast<char>(unit & 0xFF);
      wide += static_cast<char>(unit >> 8);
    }
    written = write(folder + name, seed.text) &&
              write(folder + name + ".gz", hozen::Bytes{packed}.chars()) &&
              write(folder + name + ".utf16", wide) && written;
  }
  return written ? 0 : 1;
}
