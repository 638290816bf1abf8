// A machine with a web server, and logs of it.
#pragma once

#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "tests/modules/judge_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec proxy_and_web_logs, web_shells;
}  // namespace modules

inline std::string day_of(int day) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "2024-02-%02d", day);
  return text.data();
}
inline std::string clock_of(int second) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%02d:%02d:%02d", second / 3600, second / 60 % 60,
                second % 60);
  return text.data();
}

constexpr std::string_view kIisHead =
    "#Software: Microsoft Internet Information Services 10.0\n"
    "#Fields: date time cs-method cs-uri-stem cs-uri-query cs-username c-ip cs(User-Agent) "
    "cs(Referer) sc-status\n";

/// A line below kIisHead.
struct IisLine {
  std::string method = "GET", path = "/default.aspx", query = "-", client = "203.0.113.5";
  int status = 200;
  int day = 20, second = 0;
  std::string referer = "-", user = "-", agent = "Mozilla/5.0";
  std::string text() const {
    return day_of(day) + " " + clock_of(second) + " " + method + " " + path + " " + query + " " +
           user + " " + client + " " + agent + " " + referer + " " + std::to_string(status) + "\n";
  }
};

constexpr const char* kIisConfigFile =
    "C:\\Windows\\System32\\inetsrv\\config\\applicationHost.config";

/// Default Web Site in C:\inetpub\wwwroot with its logs in D:\Logs, and a shop in D:\shop.
inline std::string iis_config() {
  return R"(<?xml version="1.0"?><configuration><system.applicationHost><sites>
    <site name="Default Web Site" id="1"><application path="/">
      <virtualDirectory path="/" physicalPath="%SystemDrive%\inetpub\wwwroot"/></application>
      <application path="/shop"><virtualDirectory path="/" physicalPath="D:\shop"/></application>
      <logFile directory="D:\Logs"/></site>
    <siteDefaults><logFile directory="%SystemDrive%\inetpub\logs\LogFiles"/></siteDefaults>
    </sites></system.applicationHost></configuration>)";
}

/// Who came to a page from another one of the site.
inline std::vector<IisLine> visitors(const std::string& path, int count) {
  std::vector<IisLine> lines;
  for (int i = 0; i < count; ++i)
    lines.push_back({.path = path,
                     .client = "198.51.100." + std::to_string(i),
                     .day = 1,
                     .second = i * 60,
                     .referer = "https://www.example.net/"});
  return lines;
}

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

}  // namespace hozen
