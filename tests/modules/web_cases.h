// A machine with a web server, and logs of it.
#pragma once

#include <gmock/gmock.h>

#include <cstdio>
#include <string>
#include <string_view>

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

}  // namespace hozen
