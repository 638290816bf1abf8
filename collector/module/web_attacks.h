// Requests that use weaknesses of web servers, by what stands in the line.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "collector/formats/web_log.h"

namespace hozen {

/// One kind. Alternatives are separated by `|`; "" demands nothing. All but `agent` are looked for
/// in decoded text in lower case.
struct WebAttack {
  std::string_view id;
  std::string_view methods;   ///< "POST|PUT"
  std::string_view path;      ///< in the path
  std::string_view text;      ///< in path, question mark and query
  std::string_view also;      ///< the same, besides `text`
  std::string_view path_end;  ///< the path ends so
  int answered = 0;           ///< weight where the server answered with 2xx
  int refused = 0;            ///< where it did not
  std::string_view attack;    ///< ATT&CK technique
  std::string_view meaning;   ///< "an attempt at …"
};

/// A request with its texts made comparable.
struct SeenRequest {
  const web_log::Request* request = nullptr;
  std::string path, text, headers;  ///< decoded, lower case; `headers`: agent and referer
};
SeenRequest seen_request(const web_log::Request& request);

/// The gravest kind that the request is of; nullptr when it is none.
const WebAttack* attack_of(const SeenRequest& seen);
std::span<const WebAttack> all_web_attacks();

/// "1 time", "2 times".
inline std::string times_text(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " time" : " times");
}
/// %HH decoded, twice where that gives others; + as space.
std::string decoded_request_text(std::string_view text);
/// Path of the page that a client says it came from, decoded, in lower case; "" when it says none.
std::string path_of_referer(std::string_view referer);
/// Whether `text` contains one of the alternatives.
bool contains_any(std::string_view text, std::string_view alternatives);
/// 2xx.
bool is_answered(const web_log::Request& request);
/// Extension of a script that a server runs (".aspx"), by a path in lower case; "" for others.
std::string_view script_extension(std::string_view path);
/// The script that a path calls: all of it, or what stands before what a script is handed in its
/// path ("/a.aspx/x", "/a.aspx;.jpg"); "" for other paths.
std::string_view called_script(std::string_view path);
/// Whether something behind the script makes the path look as that of a picture or style.
bool is_named_as_file(std::string_view path);

}  // namespace hozen
