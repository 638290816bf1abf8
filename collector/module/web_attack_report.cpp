#include "collector/module/web_attack_report.h"

#include <algorithm>
#include <set>

#include "collector/base/text.h"
#include "collector/module/lateral.h"
#include "collector/module/passwords.h"

namespace hozen {
namespace {

constexpr std::size_t kMaxActs = 2000, kMaxLines = 5, kMaxClients = 20;
/// From this weight on each client is a finding of its own.
constexpr int kOwnFinding = 40;
constexpr std::size_t kMaxExample = 300;
constexpr int kAttemptsWeight = 15;

/// A server that answers one client so many kinds of attacks answers anything, perhaps: a page of
/// its own for what it does not have. Kinds that ask for nothing but a page are doubtful then.
constexpr std::size_t kManyKinds = 4;
constexpr int kSureKind = 60;
/// Requests among which a server that says of anything that it is not there has said so once.
constexpr std::uint64_t kManyRequests = 100;
bool asks_for_a_page(const WebAttack& attack) {
  return attack.methods.empty() && attack.answered < kSureKind;
}

/// What was written was written where the server says so; all else may have worked where it was
/// answered.
bool may_have_worked(const WebAttack& attack, const web_log::Request& request) {
  if (attack.methods.starts_with("PUT")) return request.status == 201u || request.status == 204u;
  return is_answered(request);
}

/// As written; where it hands a password, decoded and without it.
std::string without_passwords_of(std::string_view parameter) {
  // What is to be told needs no more, and its end is cut.
  constexpr std::size_t kReach = 4096;
  parameter = parameter.substr(0, kReach);
  const std::string decoded = decoded_request_text(parameter);
  const std::size_t value = std::min(decoded.find('='), decoded.size() - 1) + 1;
  std::string masked = without_passwords(decoded);
  if (masked == decoded)
    masked = decoded.substr(0, value) + without_passwords(decoded.substr(value));
  if (masked == decoded) return std::string{parameter};
  for (char& c : masked)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return to_wtf8_lossy(masked);
}

std::string example_of(const web_log::Request& request) {
  std::string text{request.method};
  (text += text.empty() ? "" : " ") += request.path;
  std::string_view query = request.query;
  for (char mark = '?'; !query.empty() && text.size() <= kMaxExample; mark = '&') {
    const std::size_t end = std::min(query.find('&'), query.size());
    text += mark;
    if (end != 0) text += without_passwords_of(query.substr(0, end));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  if (text.size() > kMaxExample) {
    text.resize(kMaxExample);
    text += "…";
  }
  return text;
}

std::string span_of(FileTime first, FileTime last) {
  if (!first.is_set()) return {};
  return ", " + first.iso8601() + (last == first ? "" : " to " + last.iso8601());
}

Finding new_finding(const std::string& subject) {
  Finding finding;
  finding.subject = subject;
  finding.not_checked = {
      "Whether it worked: the log does not tell what the server did, an answer of 200 may be an "
      "ordinary page, and what was sent in a POST is in no log."};
  finding.benign = {
      "Scanners of the house, and tests that were ordered. What stands on the internet is tried "
      "by everybody."};
  return finding;
}

}  // namespace

void AttackReport::take(const SeenRequest& seen) {
  if (seen.request->is_proxied()) return;
  ++requests_;
  if (seen.request->status == 404u) ++not_found_;
  const WebAttack* const attack = attack_of(seen);
  if (attack == nullptr) return;
  add(may_have_worked(*attack, *seen.request) ? answered_ : refused_, *attack, *seen.request);
}

void AttackReport::add(Acts& acts, const WebAttack& attack, const web_log::Request& request) {
  const std::pair key{&attack, std::string{request.client}};
  auto found = acts.find(key);
  if (found == acts.end()) {
    if (acts.size() >= kMaxActs) {
      ++(&acts == &answered_ ? left_out_ : refused_more_);
      return;
    }
    found = acts.try_emplace(key).first;
    found->second.example = example_of(request);
    found->second.first = request.time;
  }
  Act& act = found->second;
  ++act.requests;
  const std::string page = path_of_referer(request.referer);
  if (!page.empty() && page != to_lower_ascii(request.path)) ++act.from_pages;
  if (request.time.is_set()) {
    if (!act.first.is_set() || request.time < act.first) act.first = request.time;
    act.last = std::max(act.last, request.time);
  }
  const bool wanted = &acts == &answered_ ? act.records.size() < kMaxLines : act.records.empty();
  if (wanted) add_record(act.records, record_(request));
}

std::vector<Finding> AttackReport::findings() const {
  std::vector<Finding> found;
  std::map<const WebAttack*, Finding> weak;
  std::map<std::string_view, std::size_t> kinds;  // by client
  for (const auto& [key, act] : answered_)
    kinds[key.second] += asks_for_a_page(*key.first) ? 1u : 0u;
  for (const auto& [key, act] : answered_) {
    const auto& [attack, client] = key;
    const std::string fact = client + " sent " + std::string{attack->meaning} + ": " + act.example +
                             "; answered " + times_text(act.requests) +
                             span_of(act.first, act.last) + ".";
    if (attack->answered >= kOwnFinding) {
      Finding finding = new_finding(client);
      finding.rule = "proxy_and_web_logs." + std::string{attack->id};
      finding.title = "A web server answered an attack: " + std::string{attack->id};
      finding.why.push_back({fact, attack->answered, Family::content, act.records});
      finding.attack = {std::string{attack->attack}};
      finding.next = {"What the server wrote and started from then on, and what else " + client +
                      " asked for."};
      if (asks_for_a_page(*attack) && kinds[client] >= kManyKinds) {
        finding.benign.emplace_back(
            "The server answered this client other kinds of attacks too: it may answer anything.");
        finding.innocent_explanation_unchecked = true;
      }
      if (attack->id == "command_in_query" && act.from_pages == act.requests &&
          !lateral::is_public_address(client)) {
        finding.benign.emplace_back(
            "Each came from another page, by a client within: pages of administrators show what "
            "runs on a server so.");
        finding.innocent_explanation_unchecked = true;
      }
      if (attack->id == "traversal" && requests_ >= kManyRequests && not_found_ == 0) {
        finding.benign.emplace_back(
            "The server says of nothing that it is not there (no answer of 404 in these logs): it "
            "may answer anything.");
        finding.innocent_explanation_unchecked = true;
      }
      found.push_back(std::move(finding));
      continue;
    }
    auto at = weak.find(attack);
    if (at == weak.end()) {
      at = weak.try_emplace(attack, new_finding(std::string{attack->id})).first;
      at->second.rule = "proxy_and_web_logs." + std::string{attack->id};
      at->second.title =
          "Requests that look for a weakness were answered: " + std::string{attack->id};
      at->second.attack = {std::string{attack->attack}};
      at->second.next = {"The answers' sizes and the server's own log at these times."};
      at->second.innocent_explanation_unchecked = true;
    }
    auto& why = at->second.why;
    if (why.size() < kMaxClients)
      why.push_back({fact, why.empty() ? attack->answered : 0, Family::content, act.records});
  }
  for (auto& [attack, finding] : weak) found.push_back(std::move(finding));
  if (refused_.empty()) return found;
  Finding attempts = new_finding("web server");
  attempts.rule = "proxy_and_web_logs.attempts";
  attempts.title = "Attacks on a web server that it did not answer with success";
  attempts.innocent_explanation_unchecked = true;
  attempts.next = {"Whether the same clients were answered elsewhere or later."};
  std::set<std::string_view> techniques;
  std::uint64_t requests = 0;
  for (const auto& [key, act] : refused_) {
    requests += act.requests;
    techniques.insert(key.first->attack);
    if (attempts.why.size() < kMaxClients)
      attempts.why.push_back(
          {key.second + " sent " + std::string{key.first->meaning} + ": " + act.example + "; " +
               times_text(act.requests) + span_of(act.first, act.last) + ".",
           attempts.why.empty() ? kAttemptsWeight : 0, Family::content, act.records});
  }
  attempts.why.push_back(
      {"Such requests in all: " + std::to_string(requests) +
           "; clients and kinds: " + std::to_string(refused_.size()) +
           (refused_more_ == 0 ? std::string{}
                               : ", and " + std::to_string(refused_more_) + " of others") +
           ".",
       0,
       Family::content,
       {}});
  for (const std::string_view technique : techniques) attempts.attack.emplace_back(technique);
  found.push_back(std::move(attempts));
  return found;
}

}  // namespace hozen
