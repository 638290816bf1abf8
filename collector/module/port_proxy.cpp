// Source: Microsoft, "netsh interface portproxy commands". Windows keeps each port as a value below
// Services\PortProxy\<v4tov4 ...>\tcp: "address/port" = "address/port".
#include "collector/module/port_proxy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/command_line_words.h"
#include "collector/module/credential_signs.h"
#include "collector/module/lateral.h"
#include "collector/module/packing.h"
#include "collector/module/shell_commands.h"

namespace hozen {
namespace {

using lateral::at;
using lateral::kMinute;
using lateral::kSecond;
using lateral::text_of;
using Text = std::string_view;

/// Ports and commands of each that are told: a log can be made to hold any number.
constexpr std::size_t kMaxFindings = 500, kMaxTold = 20;
/// That there is such a port at all: developers and administrators set some up.
constexpr int kThereIsOne = 25;

constexpr Text kWays[] = {"v4tov4", "v4tov6", "v6tov4", "v6tov6"};

/// netsh takes the beginning of a word for it.
bool means(Text word, Text whole) { return !word.empty() && starts_with_fold(whole, word); }

struct Ends {
  std::string listen_port, connect_address, connect_port, listen_address;
};

/// Named or in this order; names may be cut where they are still told apart.
void take(Ends& ends, Text word, std::size_t& position) {
  const std::array<std::pair<Text, std::string*>, 4> all{{{"listenport", &ends.listen_port},
                                                          {"connectaddress", &ends.connect_address},
                                                          {"connectport", &ends.connect_port},
                                                          {"listenaddress", &ends.listen_address}}};
  const std::size_t equals = word.find('=');
  if (equals == Text::npos) {
    if (position < all.size()) *all.at(position++).second = text_of(word);
    return;
  }
  constexpr std::size_t kShortest = 7;  // "listenp"
  for (const auto& [name, value] : all)
    if (equals >= kShortest && starts_with_fold(name, word.substr(0, equals)))
      *value = text_of(word.substr(equals + 1));
}

Text address_of(Text end) { return end.substr(0, end.rfind('/')); }
Text port_of(Text end) {
  const std::size_t slash = end.rfind('/');
  return slash == Text::npos ? Text{} : end.substr(slash + 1);
}

bool is_own(Text address) {
  return address.empty() || address.starts_with("127.") || address == "::1" || address == "*" ||
         address == "0.0.0.0" || equals_fold(address, "localhost");
}
/// Of a script: where it leads is not told, as in those that open ports of WSL.
bool is_variable(Text address) { return address.find_first_of("$%") != Text::npos; }
/// Where Windows puts its own virtual machines (WSL, Hyper-V's default switch): 172.16.0.0/12.
bool is_virtual_machine(Text address) {
  constexpr Text kBegin = "172.";
  constexpr int kFirst = 16, kLast = 31;
  if (!address.starts_with(kBegin)) return false;
  address.remove_prefix(kBegin.size());
  int second = 0;
  const auto read = std::from_chars(address.data(), address.data() + address.size(), second);
  return read.ec == std::errc{} && second >= kFirst && second <= kLast;
}

/// reg add HKLM\...\PortProxy\v4tov4\tcp /v 0.0.0.0/8080 /d 10.0.0.5/3389, and New-ItemProperty
/// -Path ... -Name ... -Value ...
std::optional<PortProxy> value_written(const std::vector<std::string>& words) {
  constexpr Text kKey = "\\PortProxy\\";
  const bool is_key = std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return contains_fold(word, kKey) && ends_with_fold(word, "\\tcp");
  });
  if (!is_key) return std::nullopt;
  PortProxy found;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    constexpr Text kNames[] = {"/v", "-v", "-name"}, kValues[] = {"/d", "-d", "-value"};
    if (command_line::is_one_of(words[i], kNames)) found.listen = words[i + 1];
    if (command_line::is_one_of(words[i], kValues)) found.connect = words[i + 1];
  }
  // Each end has its port.
  const bool is_whole =
      found.listen.find('/') != Text::npos && found.connect.find('/') != Text::npos;
  return is_whole ? std::optional{std::move(found)} : std::nullopt;
}

Finding begun(const PortProxy& proxy, FileTime time) {
  Finding finding;
  finding.rule = "rdp.port_forward";
  finding.title = "A port is forwarded to another host";
  finding.subject = proxy.listen + " to " + proxy.connect +
                    (proxy.host.empty() ? "" : " on " + proxy.host) + at(time);
  finding.attack = {"T1090.001", "T1572"};
  finding.benign = {"Developers and virtual machines (WSL) forward ports to this host itself."};
  return finding;
}

class Proxies {
 public:
  explicit Proxies(const FactBook& book) : book_{book} {}

  std::vector<Finding> judge() {
    for (const Fact& fact : book_.facts(FactKind::registry)) event(fact);
    for (const FactKind kind :
         {FactKind::process, FactKind::script, FactKind::task, FactKind::service})
      for (const Fact& fact : book_.facts(kind)) command(fact);
    for (auto& [key, finding] : commands_)
      if (findings_.size() < kMaxFindings) findings_.push_back(std::move(finding));
    return std::move(findings_);
  }

 private:
  static std::string key_of(const PortProxy& proxy) {
    return fold_case(proxy.listen + ">" + proxy.connect + ">" + proxy.host);
  }

  void event(const Fact& fact) {
    if (fact.event_id != 13 || !contains_fold(fact.subject, "\\PortProxy\\")) return;
    const PortProxy proxy{text_of(fact.subject.substr(fact.subject.rfind('\\') + 1)),
                          text_of(fact.values["Details"]),
                          {}};
    told_[key_of(proxy)].insert(fact.time.ticks);
    if (findings_.size() >= kMaxFindings) return;
    Finding finding = begun(proxy, fact.time);
    finding.why.push_back({text_of(fact.values["Image"]) + " made Windows forward " + proxy.listen +
                               " to " + proxy.connect + at(fact.time) + " (" + fact.subject + ").",
                           kThereIsOne,
                           Family::registry_state,
                           {fact.record}});
    add_signs(finding, proxy, fact.record);
    for (const Fact& start : book_.between(FactKind::process, lateral::earlier(fact.time, kMinute),
                                           lateral::later(fact.time, kSecond)))
      if (equals_fold(lateral::file_name(start.subject), "netsh.exe") &&
          finding.why.size() < kMaxTold)
        finding.why.push_back({text_of(start.values["User"]) + " ran " +
                                   text_of(start.values["CommandLine"]) + at(start.time) + ".",
                               0,
                               Family::command_line,
                               {start.record}});
    findings_.push_back(std::move(finding));
  }

  void command(const Fact& fact) {
    const packing::CommandLine line = packing::line_of(fact);
    const std::string lower = to_lower_ascii(line.text);
    if (std::none_of(std::begin(kWays), std::end(kWays),
                     [&](Text way) { return lower.find(way) != std::string::npos; }))
      return;
    each_shell_command(line.text, [&](const ShellCommand& one) {
      auto proxy = port_proxy_in(one.words);
      if (!proxy) return;
      if (proxy->host.empty()) proxy->host = one.host;
      tell(fact, *proxy, line);
    });
  }

  void tell(const Fact& fact, const PortProxy& proxy, const packing::CommandLine& line) {
    const std::string key = key_of(proxy);
    if (is_told(key, fact.time)) return;
    if (!commands_.contains(key) && commands_.size() >= kMaxFindings) return;
    const auto [found, is_new] = commands_.try_emplace(key);
    Finding& finding = found->second;
    if (is_new) {
      finding = begun(proxy, fact.time);
      finding.not_checked = {"Whether the port was passed on: the command may have been refused."};
      finding.next = {
          "The registry key Services\\PortProxy, and connections to both ends in that time."};
    }
    if (finding.why.size() >= kMaxTold) return;
    const std::string user = packing::user_of(fact);
    finding.why.push_back({(user.empty() ? "Somebody" : user) + " gave this command" +
                               at(fact.time) + " (" + line.source +
                               "): " + credentials::shortened(line.text) + ".",
                           is_new ? kThereIsOne : 0,
                           Family::command_line,
                           {fact.record}});
    if (is_new) add_signs(finding, proxy, fact.record);
  }

  /// By an event of that minute, which has more to say.
  bool is_told(const std::string& key, FileTime time) const {
    const auto known = told_.find(key);
    if (known == told_.end() || !time.is_set()) return false;
    return std::any_of(known->second.begin(), known->second.end(), [&](std::uint64_t ticks) {
      return lateral::apart(FileTime{ticks}, time) <= kMinute;
    });
  }

  static void add_signs(Finding& finding, const PortProxy& proxy, const std::string& record) {
    for (Why& why : port_proxy_signs(proxy.listen, proxy.connect, true)) {
      why.records = {record};
      finding.why.push_back(std::move(why));
    }
  }

  const FactBook& book_;
  std::map<std::string, std::set<std::uint64_t>> told_;  // times of events, by key_of()
  std::map<std::string, Finding> commands_;
  std::vector<Finding> findings_;
};

}  // namespace

std::optional<PortProxy> port_proxy_in(const std::vector<std::string>& words) {
  if (auto written = value_written(words)) return written;
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (!command_line::is_one_of(words[i], kWays)) continue;
    const bool sets = means(words[i - 1], "add") || means(words[i - 1], "set");
    // "netsh -c "interface portproxy" add ..." has both words as one.
    const bool is_proxy =
        means(words[i - 2], "portproxy") || ends_with_fold(words[i - 2], " portproxy");
    if (!sets || !is_proxy) continue;
    Ends ends;
    std::size_t position = 0;
    for (std::size_t k = i + 1; k < words.size(); ++k) take(ends, words[k], position);
    if (ends.listen_port.empty()) return std::nullopt;
    if (ends.connect_port.empty()) ends.connect_port = ends.listen_port;
    if (ends.listen_address.empty()) ends.listen_address = "*";
    PortProxy found{ends.listen_address + "/" + ends.listen_port,
                    ends.connect_address + "/" + ends.connect_port,
                    {}};
    for (std::size_t k = 1; k + 1 < i; ++k)
      if (equals_fold(words[k], "-r")) found.host = words[k + 1];
    return found;
  }
  return std::nullopt;
}

std::vector<Why> port_proxy_signs(Text listen, Text connect, bool any_host) {
  constexpr int kPublic = 25, kHost = 15, kPort = 20;
  std::vector<Why> signs;
  const Text address = address_of(connect);
  if (lateral::is_public_address(address))
    signs.push_back(
        {text_of(address) + " is an address of the internet.", kPublic, Family::location, {}});
  else if (any_host && !is_own(address) && !is_virtual_machine(address) && !is_variable(address))
    signs.push_back({text_of(address) + " is another host.", kHost, Family::location, {}});
  constexpr std::pair<Text, Text> kPorts[] = {
      {"3389", "remote desktop"}, {"445", "shares"}, {"139", "shares"}, {"5985", "WinRM"},
      {"5986", "WinRM"},          {"22", "SSH"},     {"135", "RPC"},    {"5900", "VNC"}};
  for (const auto& [port, what] : kPorts)
    if (port == port_of(connect) || port == port_of(listen)) {
      signs.push_back({"Port " + text_of(port) + " is that of " + text_of(what) + ".",
                       kPort,
                       Family::content,
                       {}});
      break;
    }
  return signs;
}

std::vector<Finding> judge_port_proxies(const FactBook& book) { return Proxies{book}.judge(); }

}  // namespace hozen
