#include "collector/module/web_attacks.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/module/coded_text.h"

namespace hozen {
namespace {

constexpr WebAttack kAttacks[] = {
#include "collector/module/web_attacks.inc"
};

/// Exchange followed a mailbox that is a server and a path of it, for someone who had not logged on
/// (Microsoft, "HAFNIUM targeting Exchange Servers", 2021-03-02).
constexpr WebAttack kProxyLogon{
    "proxylogon",
    "",
    "",
    "",
    "",
    "",
    70,
    40,
    "T1190",
    "a request that made Exchange ask another part of itself, without an account (ProxyLogon, "
    "CVE-2021-26855)"};

/// As China Chopper and its kin hand pieces of programs on (antSword, by GET).
constexpr WebAttack kCodedCommand{
    "coded_command",
    "",
    "",
    "",
    "",
    "",
    45,
    15,
    "T1505.003",
    "a command of the system, or a piece of a program, in Base64 handed to a script"};

unsigned hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10u;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10u;
  return 16;
}

/// Lower case of what stands in a request.
std::string decoded(std::string_view text) { return to_lower_ascii(decoded_request_text(text)); }

bool ends_with_any(std::string_view text, std::string_view alternatives) {
  while (!alternatives.empty()) {
    const std::size_t end = std::min(alternatives.find('|'), alternatives.size());
    if (text.ends_with(alternatives.substr(0, end))) return true;
    alternatives.remove_prefix(std::min(end + 1, alternatives.size()));
  }
  return false;
}

bool equals_any(std::string_view text, std::string_view alternatives) {
  while (!alternatives.empty()) {
    const std::size_t end = std::min(alternatives.find('|'), alternatives.size());
    if (text == alternatives.substr(0, end)) return true;
    alternatives.remove_prefix(std::min(end + 1, alternatives.size()));
  }
  return false;
}

/// Parameters whose value is what somebody reads or looks for.
constexpr std::string_view kReadingNames =
    "title|view|q|query|search|s|keyword|keywords|term|topic|page|article|tag|subject|name|text|"
    "word|words|wd|kw|tab|section|category|cat|id|p|doc|file|help|target|redirect|url|returnurl";
/// Those of web shells; a name of a command alone may be anything elsewhere.
constexpr std::string_view kCommandNames =
    "c|cmd|command|commands|exec|execute|run|x|e|shell|sh|code|pass|password|0|1|a|z|z0|z1|z2";

/// Name of the parameter whose `=` stands at `equal`.
std::string_view name_before(std::string_view text, std::size_t equal) {
  const std::size_t before = text.substr(0, equal).find_last_of("?&;");
  return before == text.npos ? std::string_view{} : text.substr(before + 1, equal - before - 1);
}

/// Whether one of the commands is the value of a parameter that may hand commands on: a wiki has
/// pages about them too.
bool hands_command(std::string_view text, std::string_view commands) {
  while (!commands.empty()) {
    const std::size_t end = std::min(commands.find('|'), commands.size());
    const std::string_view command = commands.substr(0, end);
    for (std::size_t at = text.find(command); at != text.npos; at = text.find(command, at + 1)) {
      if (command.front() != '=') return true;
      const std::string_view name = name_before(text, at);
      const bool with_more = command.find_first_of(" .") != command.npos ||
                             text.substr(at + command.size()).starts_with(" /");
      if (with_more ? !equals_any(name, kReadingNames) : equals_any(name, kCommandNames))
        return true;
    }
    commands.remove_prefix(std::min(end + 1, commands.size()));
  }
  return false;
}

/// An address of an interface: PUT writes what it holds, no file.
bool is_interface_path(std::string_view path) {
  if (contains_any(path, "/api/|/rest/|/odata/|/graphql/|/services/")) return true;
  for (std::size_t at = path.find("/v"); at != path.npos; at = path.find("/v", at + 1)) {
    const std::size_t slash = path.find('/', at + 2);
    if (slash == path.npos || slash == at + 2) continue;
    const std::string_view version = path.substr(at + 2, slash - at - 2);
    if (version.find_first_not_of("0123456789.") == version.npos) return true;
  }
  return false;
}

bool is_of(const WebAttack& attack, const SeenRequest& seen) {
  if (!attack.methods.empty() && !equals_any(seen.request->method, attack.methods)) return false;
  if (!attack.path.empty() && !contains_any(seen.path, attack.path)) return false;
  if (!attack.path_end.empty() && !ends_with_any(seen.path, attack.path_end)) return false;
  const bool in_headers = attack.id == "log4shell" || attack.id == "ognl";
  const bool is_by_account = attack.id == "script_written_by_account";
  if ((is_by_account || attack.id == "script_written") &&
      (is_interface_path(seen.path) || is_by_account == seen.request->user.empty()))
    return false;
  if (attack.id == "command_in_query" && !hands_command(seen.text, attack.text)) return false;
  if (!attack.text.empty() && !contains_any(seen.text, attack.text) &&
      !(in_headers && contains_any(seen.headers, attack.text)))
    return false;
  return attack.also.empty() || contains_any(seen.text, attack.also);
}

bool hands_coded_command(const SeenRequest& seen) {
  if (seen.request->query.empty() || called_script(seen.path).empty()) return false;
  return coded_text::any_value(seen.request->query,
                               [](std::string_view name, std::string_view value) {
                                 const std::string text = coded_text::readable_parameter(value);
                                 // What somebody looks for is told by its words alone where it is
                                 // no program.
                                 return !text.empty() && coded_text::is_command(text) &&
                                        (text.find('(') != std::string::npos ||
                                         !equals_any(to_lower_ascii(name), kReadingNames));
                               });
}

bool is_proxylogon(const web_log::Request& request) {
  return request.user.empty() && request.mailbox.starts_with("ServerInfo~") &&
         request.mailbox.find('/') != std::string_view::npos;
}

}  // namespace

std::string decoded_request_text(std::string_view text) {
  std::string out{text};
  for (int round = 0; round < 2 && out.find('%') != out.npos; ++round) {
    std::string next;
    next.reserve(out.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      const bool coded = out[i] == '%' && out.size() - i > 2 && hex_value(out[i + 1]) < 16 &&
                         hex_value(out[i + 2]) < 16;
      next +=
          coded ? static_cast<char>(hex_value(out[i + 1]) * 16 + hex_value(out[i + 2])) : out[i];
      if (coded) i += 2;
    }
    out = std::move(next);
  }
  std::replace(out.begin(), out.end(), '+', ' ');
  return out;
}

std::string path_of_referer(std::string_view referer) {
  const std::size_t scheme = referer.find("://");
  if (scheme == referer.npos) return {};
  const std::size_t begin = referer.find('/', scheme + 3);
  if (begin == referer.npos) return "/";
  const std::string_view path = referer.substr(begin);
  return to_lower_ascii(decoded_request_text(path.substr(0, path.find_first_of("?#"))));
}

bool contains_any(std::string_view text, std::string_view alternatives) {
  while (!alternatives.empty()) {
    const std::size_t end = std::min(alternatives.find('|'), alternatives.size());
    if (text.find(alternatives.substr(0, end)) != text.npos) return true;
    alternatives.remove_prefix(std::min(end + 1, alternatives.size()));
  }
  return false;
}

bool is_answered(const web_log::Request& request) {
  return request.status && *request.status >= 200 && *request.status < 300;
}

std::string_view script_extension(std::string_view path) {
  constexpr std::string_view kExtensions[] = {".aspx", ".asp",  ".ashx", ".php",
                                              ".jsp",  ".jspx", ".cfm",  ".phtml",
                                              ".asmx", ".svc",  ".cer",  ".cshtml"};
  constexpr std::size_t kLongest = 7;
  path.remove_prefix(path.size() - std::min(path.size(), kLongest));
  const std::size_t dot = path.rfind('.');
  if (dot == path.npos) return {};
  for (const std::string_view extension : kExtensions)
    if (path.substr(dot) == extension) return extension;
  return {};
}

std::string_view called_script(std::string_view path) {
  for (std::size_t end = path.find_first_of("/;", 1); end != path.npos;
       end = path.find_first_of("/;", end + 1))
    if (!script_extension(path.substr(0, end)).empty()) return path.substr(0, end);
  return script_extension(path).empty() ? std::string_view{} : path;
}

bool is_named_as_file(std::string_view path) {
  const std::string_view script = called_script(path);
  const std::string_view behind = path.substr(script.size());
  return !script.empty() && !behind.empty() &&
         ends_with_any(behind, ".css|.js|.png|.jpg|.jpeg|.gif|.ico|.bmp|.txt|.woff|.flt");
}

SeenRequest seen_request(const web_log::Request& request) {
  SeenRequest seen{&request, decoded(request.path), {}, {}};
  seen.text = seen.path;
  if (!request.query.empty()) (seen.text += '?') += decoded(request.query);
  if (request.user_agent.find("${") != std::string_view::npos ||
      request.user_agent.find("%{") != std::string_view::npos ||
      request.referer.find('{') != std::string_view::npos)
    seen.headers = decoded(request.user_agent) + " " + decoded(request.referer);
  return seen;
}

const WebAttack* attack_of(const SeenRequest& seen) {
  if (is_proxylogon(*seen.request)) return &kProxyLogon;
  const WebAttack* found = nullptr;
  for (const WebAttack& attack : kAttacks)
    if ((found == nullptr || attack.answered > found->answered) && is_of(attack, seen))
      found = &attack;
  if ((found == nullptr || kCodedCommand.answered > found->answered) && hands_coded_command(seen))
    found = &kCodedCommand;
  return found;
}

std::span<const WebAttack> all_web_attacks() { return kAttacks; }

}  // namespace hozen
