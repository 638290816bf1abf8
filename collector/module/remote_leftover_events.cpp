#include "collector/module/remote_leftover_events.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/installed_file.h"
#include "collector/module/lateral.h"

namespace hozen {
namespace {

constexpr int kStateWeight = 25, kChildWeight = 30;
constexpr std::size_t kMaxRecords = 20;
/// What is that near to a use is not left over.
constexpr std::uint64_t kAfter = 5 * lateral::kMinute, kBefore = lateral::kMinute;

std::string event_text(const Fact& fact) {
  if (fact.values["source"] == "live") return " while this was collected";
  return " (event " + std::to_string(fact.event_id) + ")";
}

std::string state_text(const Fact& fact) {
  const std::string name = "the service " + fact.subject;
  const std::string said = "'" + std::string{fact.values["param2"]} + "'";
  switch (fact.event_id) {
    case 7036:
      return "The service manager told that " + name + " is " + said + event_text(fact);
    case 7035:
      return "The service manager sent " + name + " the control " + said + event_text(fact);
    case 4674:
      return "Somebody opened " + name + event_text(fact);
    default:
      return "The service manager told of " + name + event_text(fact);
  }
}

std::string opened_text(const Fact& fact) {
  const std::string_view address = lateral::plain_address(fact.values["IpAddress"]);
  return "The file " + fact.subject +
         " of the share ADMIN$ was opened without the right to write, as for deleting it," +
         (address.empty() ? std::string{} : " from " + std::string{address}) + " by " +
         lateral::account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]) +
         event_text(fact);
}

std::string_view other_side(const Fact& fact) {
  const bool here = equals_fold(fact.values["Initiated"], "false");
  return fact.values[here ? "SourceIp" : "DestinationIp"];
}

/// NAME of "HKLM\\System\\CurrentControlSet\\Services\\NAME\\..."; "" for others.
std::string_view service_in(std::string_view key) {
  constexpr std::string_view kServices = "\\Services\\";
  for (std::size_t i = key.find('\\'); i != std::string_view::npos; i = key.find('\\', i + 1)) {
    if (!starts_with_fold(key.substr(i), kServices)) continue;
    const std::string_view name = key.substr(i + kServices.size());
    return name.substr(0, name.find('\\'));
  }
  return {};
}

class Loose {
 public:
  Loose(const FactBook& book, std::span<const RemoteUse> uses, const ToolOfProgram& tool_of_program)
      : book_{book}, uses_{uses}, ask_{tool_of_program} {
    for (const RemoteUse& use : uses) told_.insert(use.records.begin(), use.records.end());
  }

  std::vector<LooseEvents> find() {
    add_states();
    add_keys();
    add_processes();
    add_connections();
    add_shares();
    std::vector<LooseEvents> found;
    found.reserve(events_.size());
    for (auto& [what, events] : events_) found.push_back(std::move(events));
    std::stable_sort(found.begin(), found.end(), [](const LooseEvents& a, const LooseEvents& b) {
      return *a.times.begin() < *b.times.begin();
    });
    return found;
  }

 private:
  void add_states() {
    for (const Fact& fact : book_.facts(FactKind::service_state)) {
      const RemoteTool* tool = tool_of_service(fact.subject);
      if (tool == nullptr || lateral::is_refused(fact)) continue;
      add({tool, fold_case(fact.subject), state_text(fact), kStateWeight, Family::registry_state},
          fact);
    }
  }

  void add_keys() {
    for (const Fact& fact : book_.facts(FactKind::registry)) {
      const std::string_view name = service_in(fact.subject);
      const RemoteTool* tool = name.empty() ? nullptr : tool_of_service(name);
      if (tool != nullptr)
        add({tool, fold_case(name),
             "The key of its service was changed: " + fact.subject + event_text(fact), kStateWeight,
             Family::registry_state},
            fact);
    }
  }

  void add_processes() {
    for (const Fact& fact : book_.facts(FactKind::process)) {
      std::string_view parent = fact.values["ParentImage"];
      if (parent.empty()) parent = fact.values["ParentProcessName"];
      const RemoteTool* tool = tool_of_program(parent);
      const std::string_view line = fact.values["CommandLine"];
      if (tool != nullptr)
        add({tool, image_stem(parent),
             "Its program " + std::string{parent} +
                 " ran: " + (line.empty() ? fact.subject : std::string{line}),
             kChildWeight, Family::command_line},
            fact);
    }
  }

  void add_connections() {
    for (const Fact& fact : book_.facts(FactKind::network))
      if (const RemoteTool* tool = tool_of_program(fact.subject); tool != nullptr)
        add({tool, image_stem(fact.subject),
             "Its program " + fact.subject + " had a connection with " +
                 std::string{other_side(fact)} + event_text(fact),
             kStateWeight, Family::location},
            fact);
  }

  /// Files of ADMIN$ opened without the right to write, as for deleting them: what can write begins
  /// a use.
  void add_shares() {
    for (const Fact& fact : book_.facts(FactKind::share)) {
      if (fact.event_id != 5145 || lateral::is_refused(fact) || told_.contains(fact.record) ||
          !equals_fold(lateral::file_name(fact.values["ShareName"]), "ADMIN$") ||
          is_write_mask(fact.values["AccessMask"]))
        continue;
      const bool key = host_of_key_file(fact.subject).has_value();
      const RemoteTool* tool =
          key ? tool_of_service("PSEXESVC") : tool_of_program("C:\\Windows\\" + fact.subject);
      if (tool == nullptr) continue;
      keep({tool, key ? "PSEXESVC" : image_stem(fact.subject), opened_text(fact), kStateWeight,
            Family::location},
           fact);
    }
  }

  void add(const LooseEvents& of_kind, const Fact& fact) {
    if (!told_.contains(fact.record) && !is_near(of_kind.name, fact.time)) keep(of_kind, fact);
  }

  void keep(const LooseEvents& of_kind, const Fact& fact) {
    LooseEvents& events = events_.try_emplace(of_kind.what, of_kind).first->second;
    events.times.insert(fact.time);
    if (events.records.size() < kMaxRecords) events.records.push_back(fact.record);
  }

  /// Whether a use of that service or program began then.
  bool is_near(std::string_view name, FileTime time) const {
    const FileTime first = lateral::earlier(time, kAfter), last = lateral::later(time, kBefore);
    auto use = std::partition_point(uses_.begin(), uses_.end(),
                                    [&](const RemoteUse& one) { return one.started < first; });
    for (; use != uses_.end() && use->started <= last; ++use)
      if (use->stem == name || equals_fold(use->service, name)) return true;
    return false;
  }

  // The same services and programs come again and again: each is looked at once.
  const RemoteTool* tool_of_service(std::string_view name) {
    const auto [place, is_new] = services_.try_emplace(fold_case(name), nullptr);
    if (!is_new) return place->second;
    const auto known = remote_service(name, {}, ServiceStart::unknown);
    if (known && known->command.empty() && !known->is_random) place->second = known->tool;
    return place->second;
  }
  const RemoteTool* tool_of_program(std::string_view path) {
    const auto [place, is_new] = programs_.try_emplace(fold_case(path), nullptr);
    if (is_new) place->second = ask_(path);
    return place->second;
  }

  const FactBook& book_;
  std::span<const RemoteUse> uses_;
  const ToolOfProgram& ask_;
  std::set<std::string> told_;  // records of uses
  std::map<std::string, const RemoteTool*> services_, programs_;
  std::map<std::string, LooseEvents> events_;  // by what they tell
};

}  // namespace

std::vector<LooseEvents> find_loose_events(const FactBook& book, std::span<const RemoteUse> uses,
                                           const ToolOfProgram& tool_of_program) {
  return Loose{book, uses, tool_of_program}.find();
}

}  // namespace hozen
