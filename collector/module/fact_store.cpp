#include "collector/module/fact_store.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include "collector/base/text.h"

namespace hozen {
namespace {

/// Of the host's own logs, whose names are looked for one by one.
constexpr std::size_t kMaxOwnLogs = 1024;

/// A string of up to 15 bytes needs no memory of its own.
std::size_t heap_bytes(std::size_t size) { return size > 15 ? size + 16 : 0; }

bool is_bare(std::string_view name) { return name.find('.') == std::string_view::npos; }

}  // namespace

std::size_t FactStore::bytes_of_fact(const Fact& fact) {
  return sizeof(Fact) + heap_bytes(fact.record.size()) + heap_bytes(fact.subject.size()) +
         heap_bytes(fact.values.bytes());
}

FactStore::Computer FactStore::computer_of(std::string_view name, bool is_own) {
  const auto known = std::find_if(names_.begin() + 1, names_.end(),
                                  [&](const std::string& one) { return equals_fold(one, name); });
  const auto found = static_cast<Computer>(known - names_.begin());
  if (known == names_.end() && names_.size() <= kMaxComputers + (is_own ? kMaxOwnLogs : 0)) {
    names_.emplace_back(name);
    leaders_.push_back(found);
    own_events_.push_back(0);
    events_.push_back(0);
  }
  return found;
}

FactStore::Computer FactStore::leader_of(Computer computer) const {
  while (leaders_[computer] != computer) computer = leaders_[computer];
  return computer;
}

void FactStore::note_own_log(Computer computer, std::string_view log) {
  ++own_events_[computer];
  const auto known = std::find_if(own_logs_.begin(), own_logs_.end(),
                                  [&](const auto& one) { return one.first == log; });
  if (known == own_logs_.end()) {
    if (own_logs_.size() < kMaxOwnLogs) own_logs_.emplace_back(log, computer);
    return;
  }
  leaders_[leader_of(computer)] = leader_of(known->second);
}

void FactStore::add(Fact fact, const FactOrigin& origin) {
  const auto kind = static_cast<std::size_t>(fact.kind);
  Computer computer = 0;
  if (!origin.computer.empty()) {
    computer = computer_of(origin.computer, !origin.own_log.empty());
    if (computer >= names_.size()) {
      ++refused_;
      ++left_out_.all.at(kind);
      ++left_out_.beside.at(kind);
      return;
    }
    ++events_[computer];
    if (!origin.own_log.empty()) note_own_log(computer, origin.own_log);
  }
  Shelf& shelf = stated_.at(kind);
  std::size_t& bytes = bytes_.at(kind);
  bytes += bytes_of_fact(fact);
  shelf.push_back({std::move(fact), computer, origin.number, origin.recovered});
  while (bytes > limit_) {
    bytes -= bytes_of_fact(shelf.front().fact);
    put_away(shelf.front());
    shelf.pop_front();
  }
}

/// The leader of the names of the host: what the registry calls it, else what most events of its
/// own logs call it; where neither is known, what most events have.
FactStore::Computer FactStore::find_own(std::string_view host_name) const {
  for (const bool any : {false, true})
    for (Computer i = 1; i < names_.size(); ++i)
      if ((any || own_events_[i] != 0) && is_same_computer(host_name, names_[i]))
        return leader_of(i);
  for (const auto* counts : {&own_events_, &events_}) {
    std::vector<std::uint64_t> sums(names_.size());
    for (Computer i = 1; i < names_.size(); ++i) sums[leader_of(i)] += (*counts)[i];
    const auto most = std::max_element(sums.begin(), sums.end());
    if (*most != 0) return static_cast<Computer>(most - sums.begin());
    // The name is known, and no log is the host's own: all are of others.
    if (!host_name.empty()) break;
  }
  return 0;
}

void FactStore::join_bare_names() {
  for (Computer bare = 1; bare < names_.size(); ++bare) {
    if (!is_bare(names_[bare])) continue;
    std::set<Computer> full;
    for (Computer i = 1; i < names_.size(); ++i)
      if (!is_bare(names_[i]) && is_same_computer(names_[bare], names_[i]))
        full.insert(leader_of(i));
    if (full.size() == 1) leaders_[leader_of(bare)] = *full.begin();
  }
}

/// The facts of the computers that have this leader, out of those stated. To the host's own belong
/// those of no computer; `host_name` is what else it is called.
ComputerFacts FactStore::take(Computer leader, std::string_view host_name, bool is_own) {
  std::vector<bool> computers(names_.size());
  computers[0] = is_own;
  std::vector<std::string> names;
  if (!host_name.empty()) names.emplace_back(host_name);
  std::string name;
  for (Computer i = 1; i < names_.size(); ++i) {
    computers[i] = leader_of(i) == leader;
    if (!computers[i]) continue;
    names.push_back(names_[i]);
    if (name.empty() || (is_bare(name) && !is_bare(names_[i]))) name = names_[i];
  }
  ComputerFacts::Shelves shelves;
  for (std::size_t kind = 0; kind < kFactKinds; ++kind) {
    std::vector<Stated*> chosen;
    for (Stated& one : stated_.at(kind))
      if (computers[one.computer]) chosen.push_back(&one);
    std::stable_sort(chosen.begin(), chosen.end(),
                     [](const Stated* a, const Stated* b) { return a->fact.time < b->fact.time; });
    // An event twice: its number, time and kind are the same. What the log counts goes before what
    // is left in slack.
    std::vector<std::size_t> order(chosen.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto key = [&](std::size_t i) {
      const Stated& one = *chosen[i];
      return std::tuple{one.fact.time.ticks, one.number, one.fact.event_id};
    };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::tuple{key(a), chosen[a]->recovered} < std::tuple{key(b), chosen[b]->recovered};
    });
    for (std::size_t i = 1; i < order.size(); ++i) {
      if (chosen[order[i]]->number == 0 || key(order[i]) != key(order[i - 1])) continue;
      chosen[order[i]] = nullptr;
      order[i] = order[i - 1];
    }
    auto& shelf = shelves.at(kind);
    for (Stated* one : chosen)
      if (one != nullptr) shelf.push_back(std::move(one->fact));
  }
  if (is_own) name.clear();
  return {std::move(name), std::move(names), std::move(shelves), left_out_};
}

void FactStore::settle(std::string_view host_name) {
  bring_back();
  join_bare_names();
  const Computer own = find_own(host_name);
  own_ = take(own, host_name, true);
  for (Computer i = 1; i < names_.size(); ++i)
    if (leader_of(i) == i && i != own) others_.push_back(take(i, {}, false));
  for (Shelf& shelf : stated_) shelf.clear();
}

}  // namespace hozen
