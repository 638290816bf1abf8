#include "collector/module/web_script_use.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::size_t kMaxFacts = 2000, kMaxLines = 5;
/// A script that is called first so long after the logs begin is new.
constexpr std::uint64_t kNewTicks = 7 * (24 * (3600 * kTicksPerSecond));
/// From this weight on no script of a site lies in such a place.
constexpr int kNoPlaceForScripts = 30;
/// Answered POSTs, and GETs with coded text, without which calls say nothing.
constexpr std::uint64_t kMinPosts = 3, kMinCodedGets = 2;
/// What a name behind that of the script says.
constexpr int kNamedAsFile = 20;

/// Pages of Exchange's owa\auth and ecp\auth (2010 to 2019).
constexpr std::string_view kExchangePages =
    "/logon.aspx|/errorfe.aspx|/error.aspx|/error2.aspx|/signout.aspx|/logoff.aspx|/"
    "expiredpassword.aspx|"
    "/redirsuiteserviceproxy.aspx|/outlookcn.aspx|/timeoutlogoff.aspx|/timeoutlogout.aspx|"
    "/casredirect.aspx|/sessiontimeout.aspx|/getidtoken.aspx|/frowny.aspx|/owalogon.asp|/"
    "lrperrors.aspx";
/// What scripts are called that take files of partners and of other servers.
constexpr std::string_view kMachineOwnNames =
    "upload|receiv|recv|convert|captcha|thumb|resiz|crop|barcode|qrcode|ocr";
/// Scripts that machines call: with POST, without a page before it, a few of them.
constexpr std::string_view kMachineNames =
    "cron|xmlrpc|ajax|hook|callback|notify|ipn|/"
    "api|sync|soap|rpc|service|agent|webres|autodiscover|"
    "/ews/|/wsus|gateway|endpoint|import|export|report|login|logon|auth|token|graphql|ping|"
    "heartbeat|status|health|monitor|reportserver|powershell|sdk|/ws";

bool is_called_by_machines(std::string_view path) {
  // A folder of uploads is none: the script's own name has to say so.
  return contains_any(path, kMachineNames) ||
         contains_any(path.substr(std::min(path.rfind('/'), path.size())), kMachineOwnNames);
}

/// What programs call and no page.
bool is_service(std::string_view path) { return path.ends_with(".asmx") || path.ends_with(".svc"); }

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  for (const char c : text)
    if (c >= '0' && c <= '9' && value < 1'000'000'000'000)
      value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return value;
}

bool is_local(const web_log::Request& request) {
  return request.client == "::1" || request.client.starts_with("127.") ||
         (!request.server.empty() && request.client == request.server);
}

void add_client(ScriptUse& use, std::string_view client) {
  for (std::size_t i = 0; i < use.client_count; ++i)
    if (use.clients.at(i) == client) return;
  if (use.client_count < use.clients.size()) use.clients.at(use.client_count++) = client;
}

/// Where no script of a site lies, more clients are few: addresses are changed at will.
bool is_of_few(const ScriptUse& use, const OddPlace& place) {
  return use.client_count <
         (place.weight >= kNoPlaceForScripts ? ScriptUse::kClients : ScriptUse::kFew);
}

std::string clients_of(const ScriptUse& use) {
  std::string text;
  for (std::size_t i = 0; i < use.client_count; ++i)
    (text += text.empty() ? "" : ", ") += use.clients.at(i);
  return text;
}

/// Six bits of a character of Base64, also of that for addresses; 64 for others.
unsigned base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a') + 26u;
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0') + 52u;
  if (c == '+' || c == '-' || c == ' ') return 62;
  return c == '/' || c == '_' ? 63 : 64;
}

/// Whether a value is readable text in Base64 that has what commands have: a blank, a slash or a
/// backslash. Tokens are of random bytes.
bool is_coded_text(std::string_view value) {
  constexpr std::size_t kShortest = 8, kLongest = 8192;
  while (value.ends_with('=')) value.remove_suffix(1);
  if (value.size() < kShortest || value.size() > kLongest) return false;
  unsigned bits = 0, have = 0;
  bool has_blank = false;
  for (const char c : value) {
    const unsigned six = base64_value(c);
    if (six == 64) return false;
    bits = (bits << 6 | six) & 0xFFFFu;
    have += 6;
    if (have < 8) continue;
    have -= 8;
    const unsigned byte = bits >> have & 0xFFu;
    if (byte < 0x20 || byte > 0x7E) return false;
    has_blank = has_blank || byte == ' ' || byte == '\\' || byte == '/';
  }
  return has_blank;
}

bool has_coded_text(std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view one = query.substr(0, end);
    const std::size_t equal = one.find('=');
    if (equal != one.npos && is_coded_text(decoded_request_text(one.substr(equal + 1))))
      return true;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

/// How a call's script is kept: by itself where what stands behind it is only handed to it; "" for
/// what is no call of a script, or one as frameworks have them ("/index.php/news/1").
std::string_view kept_path(std::string_view path) {
  const std::string_view script = called_script(path);
  if (script.size() == path.size() || script.empty()) return script;
  if (is_named_as_file(path))
    return path[script.size()] == ';' || odd_script_place(script).weight == 0 ? path : script;
  return odd_script_place(script).weight != 0 ? script : std::string_view{};
}

}  // namespace

OddPlace odd_script_place(std::string_view path) {
  // Crystal Reports brings pages of its own.
  if (path.find("/aspnet_client/") != path.npos && path.find("/crystalreport") != path.npos)
    return {25, "aspnet_client holds files for browsers, and pages of Crystal Reports alone"};
  if (path.find("/aspnet_client/") != path.npos)
    return {40, "aspnet_client holds files for browsers, no pages"};
  if (path.find("/owa/auth/") != path.npos || path.find("/ecp/auth/") != path.npos) {
    const std::string_view name = path.substr(path.rfind('/'));
    std::string_view pages = kExchangePages;
    while (!pages.empty()) {
      const std::size_t end = std::min(pages.find('|'), pages.size());
      if (name == pages.substr(0, end)) return {};
      pages.remove_prefix(std::min(end + 1, pages.size()));
    }
    return {35, "it is none of Exchange's pages that are known in that folder"};
  }
  constexpr std::string_view kData =
      "/images/|/image/|/img/|/pics/|/photos/|/css/|/fonts/|/upload/|/uploads/|/uploadfiles/|"
      "/userfiles/|/attachments/|/temp/|/tmp/|/backup/";
  if (contains_any(path, kData)) return {25, "the folder is one for pictures, styles or uploads"};
  if (is_named_as_file(path))
    return {kNamedAsFile, "behind the script stands the name of a picture or style"};
  return {};
}

void ScriptUses::take(const SeenRequest& seen) {
  const web_log::Request& request = *seen.request;
  if (request.time.is_set() && (!first_.is_set() || request.time < first_)) first_ = request.time;
  if (request.is_proxied() || is_local(request)) return;
  const std::string path{kept_path(seen.path)};
  if (path.empty()) return;
  auto found = uses_.find(path);
  if (found == uses_.end()) {
    // What was asked for and is not there is no script.
    if (!is_answered(request)) return;
    if (uses_.size() >= kMaxScripts) {
      ++left_out_;
      return;
    }
    found = uses_.try_emplace(path).first;
  }
  ScriptUse& use = found->second;
  ++use.requests;
  add_client(use, request.client);
  use.tells_referer = use.tells_referer || request.tells_referer;
  if (!request.referer.empty()) ++use.with_referer;
  if (!request.user.empty()) ++use.with_user;
  if (request.time.is_set()) {
    if (!use.first.is_set()) {
      use.first = request.time;
      use.first_client = request.client;
    }
    use.last = std::max(use.last, request.time);
    use.last_client = request.client;
  }
  const bool is_post = request.method == "POST";
  if (is_post) ++use.posts;
  if (!is_answered(request) || (!is_post && request.query.empty())) return;
  const OddPlace place = odd_script_place(path);
  if (!is_post && (place.weight < kNoPlaceForScripts || !has_coded_text(request.query))) return;
  ++(is_post ? use.answered_posts : use.coded_gets);
  // Not of pages that many use: no line of them is needed.
  if (use.records.size() < kMaxLines && is_of_few(use, place) &&
      (use.with_referer == 0 || place.weight != 0))
    add_record(use.records, record_(request));
}

std::vector<Fact> ScriptUses::facts() const {
  std::vector<const std::pair<const std::string, ScriptUse>*> few;
  for (const auto& entry : uses_)
    if (is_of_few(entry.second, odd_script_place(entry.first))) few.push_back(&entry);
  // Those with answered POSTs first, so that what is left out matters least.
  std::sort(few.begin(), few.end(), [](const auto* a, const auto* b) {
    const bool first = a->second.answered_posts + a->second.coded_gets != 0;
    const bool second = b->second.answered_posts + b->second.coded_gets != 0;
    return first != second ? first : a->first < b->first;
  });
  if (few.size() > kMaxFacts) few.resize(kMaxFacts);
  std::vector<Fact> facts;
  for (const auto* entry : few) {
    const ScriptUse& use = entry->second;
    Fact fact;
    fact.kind = FactKind::network;
    fact.time = use.first;
    fact.subject = entry->first;
    fact.values.add("what", kWebRequests);
    const auto add = [&](std::string_view name, std::uint64_t value) {
      fact.values.add(name, std::to_string(value));
    };
    add("requests", use.requests);
    add("posts", use.posts);
    add("answered_posts", use.answered_posts);
    add("coded_gets", use.coded_gets);
    add("with_referer", use.with_referer);
    add("with_user", use.with_user);
    add("clients", use.client_count);
    fact.values.add("client_names", clients_of(use));
    fact.values.add("first_client", use.first_client);
    fact.values.add("last_client", use.last_client);
    if (use.first.is_set()) fact.values.add("first", use.first.iso8601());
    if (use.last.is_set()) fact.values.add("last", use.last.iso8601());
    if (use.tells_referer) fact.values.add("tells_referer", "1");
    if (use.first.is_set() && use.first.ticks - first_.ticks > kNewTicks)
      fact.values.add("new_since", first_.iso8601());
    std::string records;
    for (const std::string& record : use.records) records += record + "\n";
    fact.values.add("records", records);
    if (!use.records.empty()) fact.record = use.records.front();
    facts.push_back(std::move(fact));
  }
  return facts;
}

Why script_use_why(const Fact& use) {
  const auto value = [&](std::string_view name) { return std::string{use.values[name]}; };
  Why why;
  why.family = Family::time;
  why.fact = use.subject + " was asked for " + times_text(number(value("requests"))) + " by " +
             value("client_names") + ", " + value("answered_posts") +
             " of them with POST and answered";
  if (number(value("coded_gets")) != 0)
    why.fact += ", " + value("coded_gets") + " with text in Base64 in the address and answered";
  if (!value("first").empty())
    why.fact += "; first at " + value("first") + " by " + value("first_client") + ", last at " +
                value("last") + " by " + value("last_client");
  why.fact += ".";
  std::string_view records = use.values["records"];
  while (!records.empty()) {
    const std::size_t end = records.find('\n');
    why.records.emplace_back(records.substr(0, end));
    records.remove_prefix(std::min(end == records.npos ? end : end + 1, records.size()));
  }
  return why;
}

std::optional<Finding> judge_script_use(const Fact& use) {
  const std::uint64_t posts = number(use.values["answered_posts"]);
  const std::uint64_t requests = number(use.values["requests"]);
  const OddPlace place = odd_script_place(use.subject);
  // Where no script of a site lies, neither counts: a client says what it likes about the page that
  // it came from, and has as many addresses as it likes.
  const bool is_no_place = place.weight >= kNoPlaceForScripts;
  const bool has_referer = use.values["with_referer"] != "0";
  const bool as_shells_are = number(use.values["clients"]) <= 2 && !has_referer;
  const bool coded = number(use.values["coded_gets"]) >= kMinCodedGets;
  if ((posts == 0 && !coded) || (!is_no_place && !as_shells_are)) return std::nullopt;
  if (place.weight == kNamedAsFile && posts < kMinPosts) return std::nullopt;
  const bool ordinary = place.weight == 0;
  if (ordinary && (posts < kMinPosts || posts * 2 < requests || use.values["with_user"] != "0" ||
                   use.values["tells_referer"].empty() || is_called_by_machines(use.subject) ||
                   is_service(use.subject)))
    return std::nullopt;
  Finding finding;
  finding.rule = "proxy_and_web_logs.script_use";
  finding.title = "A script of a web server is called as web shells are";
  finding.subject = use.subject;
  finding.attack = {"T1505.003"};
  Why calls = script_use_why(use);
  calls.weight = as_shells_are ? 20 : 10;
  if (!use.values["tells_referer"].empty() && !has_referer)
    calls.fact += " Nobody came to it from a page.";
  const std::vector<std::string> records = calls.records;
  finding.why.push_back(std::move(calls));
  if (!ordinary)
    finding.why.push_back(
        {"The place of " + use.subject + " is odd: " + std::string{place.meaning} + ".",
         place.weight, Family::location, records});
  if (const auto since = use.values["new_since"]; !since.empty())
    finding.why.push_back(
        {"It was called first long after the logs begin (" + std::string{since} + ").", 10,
         Family::time, records});
  if (use.values["tells_referer"].empty())
    finding.not_checked.emplace_back("Where the clients came from: the log has no such column.");
  finding.not_checked.emplace_back(
      "The script itself, where the module web_shells did not find it: it may be gone.");
  finding.benign = {
      "Programs call scripts so too: interfaces of partners, apps, tests of the site."};
  finding.next = {"Read the script, and what else these clients asked for: " +
                  std::string{use.values["client_names"]} + "."};
  // Where the log has no column for it, nobody knows whether they came from a page.
  finding.innocent_explanation_unchecked =
      ordinary || (place.weight < kNoPlaceForScripts &&
                   (use.values["tells_referer"].empty() || is_called_by_machines(use.subject)));
  return finding;
}

}  // namespace hozen
