// What calls of a script say: its place, who called it and how.
#include <algorithm>

#include "collector/base/text.h"
#include "collector/module/web_script_use.h"

namespace hozen {
namespace {

/// Answered POSTs, and GETs with coded text, without which calls say nothing.
constexpr std::uint64_t kMinPosts = 3, kMinCodedGets = 2, kMinLongGets = 3, kMinBurst = 5;
/// Days on which somebody within calls a page that he has for it.
constexpr std::uint64_t kRoutineDays = 3;
/// What a name behind that of the script says, and an application that was put there just before.
constexpr int kNamedAsFile = 20, kDeployed = 35;

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

/// What servers show of a folder; programs put empty ones where files are uploaded.
bool is_index_page(std::string_view path) {
  constexpr std::string_view kNames =
      "/index.php|/index.asp|/index.aspx|/index.jsp|/index.cfm|"
      "/index.phtml|/default.asp|/default.aspx|/default.php";
  const std::string_view name = path.substr(std::min(path.rfind('/'), path.size()));
  std::string_view names = kNames;
  while (!names.empty()) {
    const std::size_t end = std::min(names.find('|'), names.size());
    if (name == names.substr(0, end)) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

/// The calls of one script, as its fact has them.
struct Calls {
  explicit Calls(const Fact& fact) : use{fact} {}
  std::uint64_t count(std::string_view name) const { return number(use.values[name]); }
  bool is(std::string_view name) const { return !use.values[name].empty(); }

  const Fact& use;
  std::uint64_t posts = count("answered_posts"), requests = count("requests");
  bool is_deployed = is("deployed_by");
  /// Each says that it came from a page of the script, and none ever asked for that page.
  bool is_from_nowhere =
      posts >= kMinPosts && count("posts") == requests && count("from_itself") == requests;
  bool has_referer = count("with_referer") != 0 && !is_from_nowhere;
  bool as_shells_are = count("clients") <= 2 && !has_referer;
  /// Nobody asked for the page itself; one client from outside, and soon done.
  bool is_burst = count("clients") == 1 && count("posts") == requests && posts >= kMinBurst &&
                  is("within_an_hour") && !is("from_within");
};

/// Whether it is called as ordinary pages of its place are.
bool is_ordinary_call(const Calls& calls, const OddPlace& place) {
  const bool is_no_place = place.weight >= kNoPlaceForScripts;
  const bool coded =
      calls.count("coded_gets") >= kMinCodedGets || calls.count("long_gets") >= kMinLongGets;
  if (calls.is_deployed)
    return !calls.as_shells_are || calls.use.values["with_user"] != "0" ||
           calls.posts + calls.count("query_gets") == 0;
  // Where no script lies at all it is enough that there is one.
  if (calls.posts == 0 && !coded && place.weight < kNoScriptAtAll) return true;
  // Where none of a site lies, neither counts: a client says what it likes about the page that it
  // came from, and has as many addresses as it likes.
  if (!is_no_place && !calls.as_shells_are) return true;
  if (place.weight == kNamedAsFile && calls.posts < kMinPosts) return true;
  const std::string& path = calls.use.subject;
  return place.weight == 0 && (calls.posts < kMinPosts || calls.posts * 2 < calls.requests ||
                               calls.use.values["with_user"] != "0" || !calls.is("tells_referer") ||
                               is_called_by_machines(path) || is_service(path));
}

/// What explains the calls, as far as the log can tell, and was not looked at.
bool has_innocent_explanation(const Calls& calls, const OddPlace& place) {
  const std::string& path = calls.use.subject;
  if (calls.is_deployed) return is_called_by_machines(path);
  if (place.weight == 0) return true;
  if (calls.posts == 0 && calls.count("coded_gets") < kMinCodedGets && calls.is("answers_anything"))
    return true;
  if (place.weight >= kNoPlaceForScripts) return false;
  if (calls.posts == 0 && calls.count("coded_gets") < kMinCodedGets) return true;
  constexpr std::string_view kWorkFolders = "/backup/|/temp/|/tmp/";
  const bool is_within = calls.is("from_within");
  return is_called_by_machines(path) || (!calls.is("tells_referer") && !calls.is_burst) ||
         // Where the answers differ it does something.
         (is_index_page(path) && calls.count("sizes") < ScriptUse{}.sizes.size()) ||
         (is_within && (calls.count("days") >= kRoutineDays || contains_any(path, kWorkFolders)));
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

Why script_use_why(const Fact& use) {
  const auto value = [&](std::string_view name) { return std::string{use.values[name]}; };
  Why why;
  why.family = Family::time;
  why.fact = use.subject + " was asked for " + times_text(number(value("requests"))) + " by " +
             value("client_names") + ", " + value("answered_posts") +
             " of them with POST and answered";
  if (number(value("long_gets")) != 0)
    why.fact += ", " + value("long_gets") + " with a long coded value in the address and answered";
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
  const Calls calls{use};
  const OddPlace place = odd_script_place(use.subject);
  if (is_ordinary_call(calls, place)) return std::nullopt;
  Finding finding;
  finding.rule = "proxy_and_web_logs.script_use";
  finding.title = "A script of a web server is called as web shells are";
  finding.subject = use.subject;
  finding.attack = {"T1505.003"};
  Why why = script_use_why(use);
  const bool is_told = calls.posts != 0 || calls.count("coded_gets") != 0 || calls.is_deployed;
  why.weight = !is_told ? 0 : calls.as_shells_are ? 20 : 10;
  if (calls.is("tells_referer") && calls.count("with_referer") == 0)
    why.fact += " Nobody came to it from a page.";
  const std::vector<std::string> records = why.records;
  finding.why.push_back(std::move(why));
  if (place.weight != 0)
    finding.why.push_back(
        {"The place of " + use.subject + " is odd: " + std::string{place.meaning} + ".",
         place.weight, Family::location, records});
  if (calls.is_deployed)
    finding.why.push_back({std::string{use.values["deployed_by"]} +
                               " had put something onto the server through Tomcat's manager within "
                               "a day before, and was the first to call this page.",
                           kDeployed, Family::content, records});
  if (calls.is_from_nowhere && place.weight < kNoPlaceForScripts)
    finding.why.push_back(
        {"All of these POSTs say that they came from the page of the script itself, for which "
         "nobody asked.",
         15, Family::content, records});
  if (const auto since = use.values["new_since"]; !since.empty())
    finding.why.push_back(
        {"It was called first long after the logs begin (" + std::string{since} + ").", 10,
         Family::time, records});
  if (!calls.is("tells_referer"))
    finding.not_checked.emplace_back("Where the clients came from: the log has no such column.");
  finding.not_checked.emplace_back(
      "The script itself, where the module web_shells did not find it: it may be gone.");
  finding.benign = {
      "Programs call scripts so too: interfaces of partners, apps, tests of the site."};
  finding.next = {"Read the script, and what else these clients asked for: " +
                  std::string{use.values["client_names"]} + "."};
  finding.innocent_explanation_unchecked = has_innocent_explanation(calls, place);
  return finding;
}

}  // namespace hozen
