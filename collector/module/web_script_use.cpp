#include "collector/module/web_script_use.h"

#include <algorithm>
#include <span>

#include "collector/base/text.h"
#include "collector/module/coded_text.h"
#include "collector/module/lateral.h"

namespace hozen {
namespace {

constexpr std::size_t kMaxFacts = 2000, kMaxLines = 5;
constexpr std::uint64_t kHour = 3600 * kTicksPerSecond, kDay = 24 * kHour;
/// A script that is called first so long after the logs begin is new.
constexpr std::uint64_t kNewTicks = 7 * kDay;
/// A server that never says that something is not there, among so many answers, may say of anything
/// that it is.
constexpr std::uint64_t kManyAnswers = 100;

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

/// How a call's script is kept: by itself where what stands behind it is only handed to it; "" for
/// what is no call of a script, or one as frameworks have them ("/index.php/news/1").
std::string_view kept_path(std::string_view path) {
  const std::string_view script = called_script(path);
  if (script.size() == path.size() || script.empty()) return script;
  if (is_named_as_file(path))
    return path[script.size()] == ';' || odd_script_place(script).weight == 0 ? path : script;
  return odd_script_place(script).weight != 0 ? script : std::string_view{};
}

/// "/app" of "/app/a/b.jsp"; "" for what lies in no folder.
std::string first_folder(std::string_view path) {
  const std::size_t end = path.find('/', 1);
  return end == path.npos ? std::string{} : std::string{path.substr(0, end)};
}

bool is_java_page(std::string_view path) {
  return path.ends_with(".jsp") || path.ends_with(".jspx");
}

/// Of coded text in an address only what may be a command counts where pages hand each other paths.
bool has_coded_text(std::string_view query, bool any) {
  return coded_text::any_value(query, [&](std::string_view, std::string_view value) {
    const std::string text = coded_text::readable_parameter(value);
    return !text.empty() &&
           (any ? coded_text::may_be_command(text) : coded_text::is_no_address(text));
  });
}
bool has_long_code(std::string_view query) {
  return coded_text::any_value(query, [](std::string_view, std::string_view value) {
    return coded_text::is_long_code(decoded_request_text(value));
  });
}

void count_call(ScriptUse& use, const SeenRequest& seen, std::string_view path) {
  const web_log::Request& request = *seen.request;
  ++use.requests;
  add_client(use, request.client);
  use.tells_referer = use.tells_referer || request.tells_referer;
  const bool is_post = request.method == "POST";
  if (is_post) ++use.posts;
  if (!request.referer.empty()) {
    ++use.with_referer;
    if (is_post && path_of_referer(request.referer) == path) ++use.from_itself;
  }
  if (!request.user.empty()) ++use.with_user;
  if (!request.time.is_set()) return;
  if (!use.first.is_set()) {
    use.first = request.time;
    use.first_client = request.client;
  }
  if (use.days == 0 || request.time.ticks / kDay > use.last.ticks / kDay) ++use.days;
  use.last = std::max(use.last, request.time);
  use.last_client = request.client;
}

void add_size(ScriptUse& use, const web_log::Request& request) {
  if (!request.response_bytes || use.size_count >= use.sizes.size()) return;
  const std::span known{use.sizes.data(), use.size_count};
  if (std::find(known.begin(), known.end(), *request.response_bytes) == known.end())
    use.sizes.at(use.size_count++) = *request.response_bytes;
}

}  // namespace

/// POST /manager/html/upload, PUT /manager/text/deploy?path=/app. Source: Apache Tomcat, "Manager
/// App How-To".
void ScriptUses::take_deployment(const SeenRequest& seen) {
  constexpr std::string_view kPaths =
      "/manager/html/upload|/manager/html/deploy|/manager/text/deploy";
  if (!contains_any(seen.path, kPaths) || deployments_.size() >= kMaxDeployments) return;
  if (!is_answered(*seen.request) || !seen.request->time.is_set()) return;
  Deployment one{std::string{seen.request->client}, {}, seen.request->time};
  (void)coded_text::any_value(seen.request->query,
                              [&](std::string_view name, std::string_view value) {
                                if (name != "path" && name != "deployPath") return false;
                                one.folder = to_lower_ascii(decoded_request_text(value));
                                return true;
                              });
  deployments_.push_back(std::move(one));
}

/// Who put the application of a page there within a day before its first call, and called it.
std::string ScriptUses::deployer_of(const std::string& path,
                                    const web_log::Request& request) const {
  const std::string folder = first_folder(path);
  if (deployments_.empty() || folder.empty() || !is_java_page(path) || !request.time.is_set() ||
      folder == "/manager" || folder == "/host-manager" || folders_.contains(folder))
    return {};
  for (const Deployment& one : deployments_) {
    const bool is_before = one.time <= request.time && request.time.ticks - one.time.ticks <= kDay;
    const bool is_it = one.folder.empty() || one.folder == folder;
    if (is_before && is_it && one.client == request.client) return one.client;
  }
  return {};
}

void ScriptUses::take(const SeenRequest& seen) {
  const web_log::Request& request = *seen.request;
  if (request.time.is_set() && (!first_.is_set() || request.time < first_)) first_ = request.time;
  if (request.is_proxied() || is_local(request)) return;
  if (request.status == 404u) ++not_found_;
  if (is_answered(request)) ++answered_;
  take_deployment(seen);
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
    found->second.deployed_by = deployer_of(path, request);
    // One whole application may have several such pages.
    if (found->second.deployed_by.empty()) folders_.insert(first_folder(path));
  }
  ScriptUse& use = found->second;
  count_call(use, seen, path);
  const bool is_post = request.method == "POST";
  if (!is_answered(request) || (!is_post && request.query.empty())) return;
  const OddPlace place = odd_script_place(path);
  const bool is_odd = place.weight != 0 || !use.deployed_by.empty();
  if (is_post) {
    ++use.answered_posts;
    add_size(use, request);
  } else {
    if (!is_odd) return;
    ++use.query_gets;
    if (has_coded_text(request.query, place.weight >= kNoPlaceForScripts))
      ++use.coded_gets;
    else if (has_long_code(request.query))
      ++use.long_gets;
    else if (place.weight < kNoPlaceForScripts && use.deployed_by.empty())
      return;
  }
  // Not of pages that many use: no line of them is needed.
  if (use.records.size() < kMaxLines && is_of_few(use, place) &&
      (use.with_referer == 0 || place.weight != 0))
    add_record(use.records, record_(request));
}

Fact ScriptUses::fact_of(const std::string& path, const ScriptUse& use) const {
  Fact fact;
  fact.kind = FactKind::network;
  fact.time = use.first;
  fact.subject = path;
  fact.values.add("what", kWebRequests);
  const auto add = [&](std::string_view name, std::uint64_t value) {
    fact.values.add(name, std::to_string(value));
  };
  add("requests", use.requests);
  add("posts", use.posts);
  add("answered_posts", use.answered_posts);
  add("coded_gets", use.coded_gets);
  add("long_gets", use.long_gets);
  add("query_gets", use.query_gets);
  add("with_referer", use.with_referer);
  add("from_itself", use.from_itself);
  add("with_user", use.with_user);
  add("clients", use.client_count);
  add("days", use.days);
  add("sizes", use.size_count);
  fact.values.add("client_names", clients_of(use));
  fact.values.add("first_client", use.first_client);
  fact.values.add("last_client", use.last_client);
  fact.values.add("deployed_by", use.deployed_by);
  if (use.first.is_set()) fact.values.add("first", use.first.iso8601());
  if (use.last.is_set()) fact.values.add("last", use.last.iso8601());
  const auto flag = [&](std::string_view name, bool is_set) {
    if (is_set) fact.values.add(name, "1");
  };
  flag("tells_referer", use.tells_referer);
  flag("within_an_hour", use.first.is_set() && use.last.ticks - use.first.ticks <= kHour);
  const auto end = use.clients.begin() + static_cast<std::ptrdiff_t>(use.client_count);
  flag("from_within", std::none_of(use.clients.begin(), end, [](const std::string& client) {
         return lateral::is_public_address(client);
       }));
  constexpr std::uint64_t kMostFetched = 3;
  flag("answers_anything",
       (answered_ >= kManyAnswers && not_found_ == 0) || only_fetched_ > kMostFetched);
  if (use.first.is_set() && use.first.ticks - first_.ticks > kNewTicks)
    fact.values.add("new_since", first_.iso8601());
  std::string records;
  for (const std::string& record : use.records) records += record + "\n";
  fact.values.add("records", records);
  if (!use.records.empty()) fact.record = use.records.front();
  return fact;
}

std::vector<Fact> ScriptUses::facts() {
  std::vector<const std::pair<const std::string, ScriptUse>*> few;
  only_fetched_ = 0;
  for (const auto& entry : uses_) {
    const OddPlace place = odd_script_place(entry.first);
    if (place.weight >= kNoScriptAtAll && entry.second.posts == 0) ++only_fetched_;
    if (is_of_few(entry.second, place)) few.push_back(&entry);
  }
  // Those with answered POSTs first, so that what is left out matters least.
  std::sort(few.begin(), few.end(), [](const auto* a, const auto* b) {
    const bool first = a->second.answered_posts + a->second.coded_gets != 0;
    const bool second = b->second.answered_posts + b->second.coded_gets != 0;
    return first != second ? first : a->first < b->first;
  });
  if (few.size() > kMaxFacts) few.resize(kMaxFacts);
  std::vector<Fact> facts;
  facts.reserve(few.size());
  for (const auto* entry : few) facts.push_back(fact_of(entry->first, entry->second));
  return facts;
}

}  // namespace hozen
