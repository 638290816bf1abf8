#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/lateral.h"
#include "collector/module/remote_use.h"

namespace hozen {
namespace {

/// Each word, without the quotes around it, and where it begins.
template <class Visit>
void each_word(std::string_view line, const Visit& visit) {
  for (std::size_t at = 0; at < line.size();) {
    if (line[at] == ' ' || line[at] == '\t') {
      ++at;
      continue;
    }
    const bool quoted = line[at] == '"';
    const std::size_t begin = quoted ? at + 1 : at;
    const std::size_t end = std::min(line.find_first_of(quoted ? "\"" : " \t", begin), line.size());
    visit(line.substr(begin, end - begin), at);
    at = quoted ? end + 1 : end;
  }
}

/// Whether a word belongs to the flag before it. Microsoft, "PsExec"; Power Admin, "PAExec".
bool has_value(std::string_view flag, std::string_view next) {
  constexpr std::string_view kWithValue[] = {"u",     "p",    "n",  "w",   "r",  "a", "g",
                                             "clist", "csrc", "lo", "rlo", "to", "p@"};
  // The session behind -i may be left out.
  if (flag == "i")
    return !next.empty() && next.find_first_not_of("0123456789") == std::string_view::npos;
  return std::find(std::begin(kWithValue), std::end(kWithValue), flag) != std::end(kWithValue);
}

/// The hosts of "\\a,b,c"; none when it is a path, "\\a\share\file".
std::vector<std::string> hosts_in(std::string_view list) {
  constexpr std::size_t kMaxHosts = 1'000;
  std::vector<std::string> hosts;
  if (!list.starts_with("\\\\")) return hosts;
  while (!list.empty() && hosts.size() < kMaxHosts) {
    const std::size_t end = std::min(list.find(','), list.size());
    std::string_view host = list.substr(0, end);
    while (host.starts_with('\\')) host.remove_prefix(1);
    if (host.find('\\') != std::string_view::npos) return {};
    if (!host.empty()) hosts.emplace_back(host);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return hosts;
}

/// Security and Sysmon tell the same start, each once.
bool join_other_log(std::vector<RemoteStart>& starts, const RemoteStart& start) {
  for (auto known = starts.rbegin(); known != starts.rend(); ++known) {
    if (lateral::apart(known->time, start.time) > remote_use::kJitter) break;
    if (known->event_id == start.event_id || known->records.size() > 1 ||
        !equals_fold(known->image, start.image) ||
        known->command.target() != start.command.target() ||
        known->command.command != start.command.command)
      continue;
    known->records.push_back(start.records.front());
    known->renamed = known->renamed || start.renamed;
    return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> command_words(std::string_view command_line) {
  std::vector<std::string> words;
  each_word(command_line, [&](std::string_view word, std::size_t) { words.emplace_back(word); });
  return words;
}

std::string ClientCommand::target() const {
  std::string text = target_file.empty() ? std::string{} : "@" + target_file;
  for (const std::string& one : targets) text += (text.empty() ? "" : ", ") + one;
  return text;
}

bool ClientCommand::is_for_this_host(std::span<const std::string> own) const {
  if (targets.empty()) return target_file.empty();
  return std::any_of(targets.begin(), targets.end(),
                     [&](const std::string& one) { return lateral::is_one_of_own(one, own); });
}

bool ClientCommand::is_for_others(std::span<const std::string> own) const {
  return !target_file.empty() ||
         std::any_of(targets.begin(), targets.end(),
                     [&](const std::string& one) { return !lateral::is_one_of_own(one, own); });
}

ClientCommand client_command(std::string_view command_line) {
  std::vector<std::string_view> words;
  std::vector<std::size_t> places;
  each_word(command_line, [&](std::string_view word, std::size_t place) {
    words.push_back(word);
    places.push_back(place);
  });
  ClientCommand found;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const std::string_view next = i + 1 < words.size() ? words[i + 1] : std::string_view{};
    const bool has_target = !found.targets.empty() || !found.target_file.empty();
    std::vector<std::string> hosts = has_target ? std::vector<std::string>{} : hosts_in(word);
    if (!hosts.empty()) {
      found.targets = std::move(hosts);
    } else if (!has_target && word.size() > 1 && word.starts_with('@')) {
      found.target_file = std::string{word.substr(1)};
    } else if (word.size() > 1 && (word[0] == '-' || word[0] == '/')) {
      const std::string flag = to_lower_ascii(word.substr(1));
      if (flag == "s") found.as_system = true;
      if (flag == "u") found.account = std::string{next};
      i += has_value(flag, next) ? 1u : 0u;
    } else {
      found.command = std::string{command_line.substr(places[i])};
      break;
    }
  }
  return found;
}

std::vector<RemoteStart> find_remote_starts(const FactBook& book) {
  std::vector<RemoteStart> starts;
  std::set<std::tuple<std::uint64_t, std::uint32_t, std::string>> seen;
  for (const Fact& fact : book.facts(FactKind::process)) {
    const std::string_view name = lateral::file_name(fact.subject);
    const bool named = is_client_name(name);
    const bool is_client = psexec_part(fact.values["OriginalFileName"],
                                       fact.values["Description"]) == PsExecPart::client;
    if (!named && !is_client) continue;
    RemoteStart start;
    start.command = client_command(fact.values["CommandLine"]);
    if (!start.command.is_for_others(book.names())) continue;
    if (!seen.emplace(fact.time.ticks, fact.event_id, fact.subject).second) continue;
    start.time = fact.time;
    start.event_id = fact.event_id;
    start.records = {fact.record};
    start.image = fact.subject;
    start.renamed = !starts_with_fold(name, "psexec") && !starts_with_fold(name, "paexec");
    start.account = std::string{fact.values["User"]};
    if (start.account.empty())
      start.account =
          lateral::account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]);
    if (!join_other_log(starts, start)) starts.push_back(std::move(start));
  }
  return starts;
}

}  // namespace hozen
