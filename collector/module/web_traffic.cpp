#include "collector/module/web_traffic.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "collector/base/bytes.h"
#include "collector/base/crc32.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr OddAgent kAgents[] = {
#include "collector/module/web_agents.inc"
};
constexpr std::string_view kUsualHosts[] = {
#include "collector/module/web_usual_hosts.inc"
};

/// Bytes that a client sent one host with POST and PUT.
constexpr std::uint64_t kLargeUpload = 50u << 20;
/// The same by CONNECT, where all that is encrypted goes.
constexpr std::uint64_t kLargeTunnel = 500u << 20;
/// Requests of a rhythm, and how even it has to be (chapter 13 of the specification, PL02).
constexpr std::uint64_t kMinTurns = 20;
constexpr double kMaxSpread = 0.1, kMinMean = 5, kMaxMean = 6 * 3600;
/// A distance so many times the mean is a pause: the machine was off.
constexpr double kPause = 5;
constexpr std::size_t kMaxLines = 5, kMaxFindings = 100;
/// Clients of a host that is still rare.
constexpr std::size_t kRareClients = 2;
constexpr std::size_t kDatperHex = 8;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string_view client_of(const std::string& key) {
  return std::string_view{key}.substr(0, key.find('\0'));
}
std::string_view host_of(const std::string& key) {
  const std::size_t at = key.find('\0') + 1;
  return std::string_view{key}.substr(at, key.find('\0', at) - at);
}

bool is_ip(std::string_view host) {
  if (host.starts_with('[')) return true;
  return !host.empty() && host.find_first_not_of("0123456789.") == host.npos &&
         std::count(host.begin(), host.end(), '.') == 3;
}

std::string number_text(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

std::string span_text(FileTime first, FileTime last) {
  if (!first.is_set()) return {};
  return ", " + first.iso8601() + (last == first ? "" : " to " + last.iso8601());
}

}  // namespace

bool is_datper(const web_log::Request& request) {
  const std::string_view query = request.query;
  const std::size_t equal = query.find('=');
  if (equal < 3 || equal > 8 || equal == query.npos ||
      query.size() < equal + 1 + 2 * kDatperHex + 2)
    return false;
  for (const char c : query.substr(0, equal))
    if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z')) return false;
  const std::string_view value = query.substr(equal + 1);
  const std::string_view first = value.substr(0, kDatperHex),
                         second = value.substr(kDatperHex, kDatperHex);
  const char kind = value[2 * kDatperHex];
  if (!is_hex(first) || !is_hex(second) || (kind != '1' && kind != '2')) return false;
  std::array<char, 16> sum{};
  std::snprintf(sum.data(), sum.size(), "%08x", crc32_of(bytes_of(first).span()));
  return second == sum.data();
}

const OddAgent* odd_agent(std::string_view agent) {
  if (agent.empty()) return nullptr;
  for (const OddAgent& odd : kAgents)
    if (glob_match_fold(odd.pattern, agent)) return &odd;
  return nullptr;
}

bool is_usual_host(std::string_view host) {
  // Names without a dot, and addresses of private networks, are within.
  if (host.find('.') == host.npos && !host.starts_with('[')) return true;
  if (is_ip(host)) {
    constexpr std::string_view kWithin[] = {"10.", "127.", "192.168.", "169.254."};
    for (const std::string_view prefix : kWithin)
      if (host.starts_with(prefix)) return true;
    if (host.starts_with("172.")) {
      const std::string_view second = host.substr(4, host.find('.', 4) - 4);
      return second.size() == 2 && second >= "16" && second <= "31";
    }
    return false;
  }
  const std::string dotted = "." + std::string{host};
  for (const std::string_view usual : kUsualHosts)
    if (ends_with_fold(dotted, usual.substr(1))) return true;
  return ends_with_fold(host, ".local") || ends_with_fold(host, ".lan");
}

void WebTraffic::Host::add(std::string_view client) {
  const std::size_t hash = std::hash<std::string_view>{}(client);
  for (std::size_t i = 0; i < count; ++i)
    if (clients.at(i) == hash) return;
  if (count < clients.size()) clients.at(count++) = hash;
}

/// Welford's way to the mean and the squares of the distances from it.
void WebTraffic::Rhythm::take(FileTime time) {
  if (!last.is_set()) {
    first = last = time;
    return;
  }
  if (time < last) return;
  const double distance =
      static_cast<double>(time.ticks - last.ticks) / static_cast<double>(kTicksPerSecond);
  if (count >= 3 && distance > kPause * std::max(mean, 1.0)) {
    end();
    first = last = time;
    return;
  }
  last = time;
  ++count;
  const double before = distance - mean;
  mean += before / static_cast<double>(count);
  squares += before * (distance - mean);
}

void WebTraffic::Rhythm::end() {
  if (count + 1 >= kMinTurns && mean >= kMinMean && mean <= kMaxMean) {
    const double spread = std::sqrt(squares / static_cast<double>(count)) / mean;
    if (spread < kMaxSpread && count > best.count) best = {count, mean, spread, first, last};
  }
  count = 0;
  mean = squares = 0;
}

WebTraffic::Pair* WebTraffic::pair_of(std::string_view client, std::string_view host,
                                      std::size_t room) {
  key_.assign(client);
  key_ += '\0';
  key_ += to_lower_ascii(host);
  const auto found = pairs_.find(key_);
  if (found != pairs_.end()) return &found->second;
  if (pairs_.size() >= room) {
    ++left_out_;
    return nullptr;
  }
  return &pairs_[key_];
}

void WebTraffic::take(const web_log::Request& request) {
  if (request.client.empty() || request.host.empty()) return;
  const bool datper = is_datper(request);
  if (!datper && !request.is_proxied()) return;
  const bool usual = is_usual_host(request.host);
  const bool odd = !usual && odd_agent(request.user_agent) != nullptr;
  const bool sends =
      !usual && request.request_bytes.value_or(0) != 0 &&
      (request.method == "POST" || request.method == "PUT" || request.method == "CONNECT");
  if (datper || odd || sends) {
    // Those who only send leave room for the others.
    Pair* const pair =
        pair_of(request.client, request.host, datper || odd ? 2 * kMaxPairs : kMaxPairs);
    if (pair != nullptr) {
      if (!pair->first.is_set()) pair->first = request.time;
      pair->last = std::max(pair->last, request.time);
      if (datper) take_datper(request, *pair);
      if (odd) take_agent(request, *pair);
      if (sends) take_upload(request, *pair);
    }
  }
  if (!usual) take_rhythm(request);
}

void WebTraffic::take_rhythm(const web_log::Request& request) {
  std::string host = to_lower_ascii(request.host);
  auto known = hosts_.find(host);
  if (known == hosts_.end()) {
    if (hosts_.size() >= kMaxHosts) {
      ++left_out_;
      return;
    }
    known = hosts_.try_emplace(host).first;
  }
  known->second.add(request.client);
  // What many ask is told of nobody.
  if (!request.time.is_set() || known->second.count > kRareClients) return;
  key_.assign(request.client);
  key_ += '\0';
  key_ += host;
  key_ += '\0';
  key_ += request.path;
  auto found = rhythms_.find(key_);
  if (found == rhythms_.end()) {
    if (rhythms_.size() >= kMaxRhythms) make_room(request.time);
    if (rhythms_.size() >= kMaxRhythms) {
      ++left_out_;
      return;
    }
    found = rhythms_.try_emplace(key_).first;
  }
  found->second.take(request.time);
}

/// Forgets paths that were asked for a few times and not since an hour, and those of hosts that
/// many ask by now.
void WebTraffic::make_room(FileTime now) {
  constexpr std::size_t kBetween = kMaxRhythms / 10;
  if (refused_ != 0 && ++refused_ < kBetween) return;
  const std::uint64_t hour = 3600 * kTicksPerSecond;
  std::erase_if(rhythms_, [&](const auto& entry) {
    const Rhythm& rhythm = entry.second;
    return rhythm.best.count == 0 &&
           ((rhythm.count + 1 < kMinTurns && rhythm.last.ticks + hour < now.ticks) ||
            !is_rare(host_of(entry.first)));
  });
  refused_ = rhythms_.size() >= kMaxRhythms ? 1 : 0;
}

void WebTraffic::take_datper(const web_log::Request& request, Pair& pair) {
  ++pair.datper;
  if (pair.datper_records.size() >= kMaxLines) return;
  if (pair.example.empty())
    pair.example = std::string{request.path} + "?" + std::string{request.query.substr(0, 80)};
  add_record(pair.datper_records, record_(request));
}

void WebTraffic::take_agent(const web_log::Request& request, Pair& pair) {
  ++pair.odd;
  pair.agent = odd_agent(request.user_agent);
  if (pair.odd_records.size() < kMaxLines) add_record(pair.odd_records, record_(request));
}

void WebTraffic::take_upload(const web_log::Request& request, Pair& pair) {
  (request.method == "CONNECT" ? pair.tunnelled : pair.uploaded) +=
      request.request_bytes.value_or(0);
  if ((pair.uploaded >= kLargeUpload || pair.tunnelled >= kLargeTunnel) &&
      pair.upload_records.empty())
    add_record(pair.upload_records, record_(request));
}

bool WebTraffic::is_rare(std::string_view host) const {
  const auto found = hosts_.find(std::string{host});
  return found != hosts_.end() && found->second.count <= kRareClients;
}

Finding WebTraffic::finding_of(const std::string& key, const Pair& pair, const std::string* path,
                               const Turns* turns) {
  const std::string client{client_of(key)}, host{host_of(key)};
  Finding finding;
  finding.subject = client + " to " + host;
  finding.attack = {"T1071.001"};
  const std::string span = span_text(pair.first, pair.last);
  if (pair.datper != 0) {
    finding.rule = "proxy_and_web_logs.datper";
    finding.title = "Requests as the backdoor Datper makes them";
    finding.why.push_back(
        {client + " asked " + host + " for " + pair.example +
             ": the second half of the value is the CRC-32 of the first, as Datper's is; " +
             std::to_string(pair.datper) + " such requests" + span + ".",
         80, Family::content, pair.datper_records});
  }
  if (pair.agent != nullptr)
    finding.why.push_back({std::to_string(pair.odd) + " requests of " + client + " to " + host +
                               " have the user agent \"" + std::string{pair.agent->pattern} +
                               "\": " + std::string{pair.agent->meaning} + ".",
                           25, Family::name, pair.odd_records});
  const bool tunnel = pair.tunnelled >= kLargeTunnel;
  if ((pair.uploaded >= kLargeUpload || tunnel) && is_rare(host)) {
    finding.attack.emplace_back("T1567");
    // What is sent in turn is one behaviour, of agents too: it counts once.
    const int weight = turns == nullptr ? 25 : 0;
    finding.why.push_back({client + " sent " + host + " " +
                               std::to_string(tunnel ? pair.tunnelled : pair.uploaded) +
                               " bytes with " + (tunnel ? "CONNECT" : "POST and PUT") + span +
                               "; at most two clients asked that host.",
                           weight, Family::content, pair.upload_records});
  }
  if (turns != nullptr && path != nullptr)
    finding.why.push_back(
        {client + " asked " + host + (path->empty() ? "" : " for " + *path) + " " +
             std::to_string(turns->count + 1) + " times, every " + number_text(turns->mean_s) +
             " seconds (deviation " + number_text(turns->spread * 100) + " %)" +
             span_text(turns->first, turns->last) + "; at most two clients asked that host.",
         25,
         Family::time,
         {}});
  if (!finding.why.empty() && is_ip(host))
    finding.why.push_back({"The host is an address without a name.", 10, Family::location, {}});
  if (finding.rule.empty()) {
    finding.rule = "proxy_and_web_logs.traffic";
    finding.title = "A client asked a host as programs of intruders do";
  }
  finding.not_checked = {"The program on the client that asked; the proxy does not know it."};
  finding.benign = {
      "Updaters, monitoring and programs of the house ask in turn and send much too: what is " +
      host + ", and whose?"};
  finding.next = {"The client " + client + ": what asks that host, since when; and who else asks " +
                  host + "."};
  return finding;
}

std::vector<Finding> WebTraffic::findings() {
  std::unordered_map<std::string, std::pair<std::string, Turns>> turns;  // by pair: path, turns
  for (auto& [key, rhythm] : rhythms_) {
    rhythm.end();
    if (rhythm.best.count == 0 || !is_rare(host_of(key))) continue;
    const std::size_t path = key.find('\0', key.find('\0') + 1);
    auto& best = turns[key.substr(0, path)];
    if (rhythm.best.count > best.second.count) best = {key.substr(path + 1), rhythm.best};
  }
  std::vector<Finding> found;
  const auto tell = [&](const std::string& key, const Pair& pair) {
    const auto turn = turns.find(key);
    Finding finding = turn == turns.end()
                          ? finding_of(key, pair, nullptr, nullptr)
                          : finding_of(key, pair, &turn->second.first, &turn->second.second);
    if (!finding.why.empty()) found.push_back(std::move(finding));
  };
  for (const auto& [key, pair] : pairs_) tell(key, pair);
  for (const auto& [key, turn] : turns)
    if (!pairs_.contains(key)) tell(key, Pair{});
  std::sort(found.begin(), found.end(), [](const Finding& a, const Finding& b) {
    return score_of(a) != score_of(b) ? score_of(a) > score_of(b) : a.subject < b.subject;
  });
  if (found.size() > kMaxFindings) {
    left_out_ += found.size() - kMaxFindings;
    found.resize(kMaxFindings);
  }
  return found;
}

}  // namespace hozen
