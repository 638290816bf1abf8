// Where the configuration of Apache, nginx, Squid and Tomcat says that logs go and files lie.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hozen {

struct WebConfig {
  std::vector<std::string> logs;   ///< files, or names that end in a folder's separator
  std::vector<std::string> roots;  ///< folders that are handed out
};

/// Paths are as written, with slashes; relative ones are put behind `prefix`, the folder that the
/// server runs in ("C:/nginx"), or what the file says of it. At most 1,000 of each.
WebConfig read_web_config(std::string_view text, std::string_view prefix);
/// Of Tomcat's server.xml.
WebConfig read_tomcat_config(std::span<const std::byte> file, std::string_view prefix);

}  // namespace hozen
