// Permanent subscriptions of WMI, for remote_action.h: events 5861 of WMI-Activity and 19 to 21 of
// Sysmon.
#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/lateral.h"
#include "collector/module/mof_text.h"
#include "collector/module/remote_action.h"

namespace hozen {
namespace {

using lateral::at;
using lateral::text_of;

/// `\"Evil\"`, ` "Evil"`: Sysmon writes values of WMI as they stand in MOF.
std::string unquoted(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"'))
    text = text.substr(1, text.size() - 2);
  return std::string{text};
}

/// The text of an event without its line ends.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (!space) line += c;
    if (space && !line.empty() && line.back() != ' ') line += ' ';
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

/// Two logs write a command with and without escapes: letters and digits alone, without those of
/// escapes.
std::string canonical(std::string_view text) {
  std::string bare;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size() &&
                        (text[i + 1] == 'n' || text[i + 1] == 'r' || text[i + 1] == 't');
    if (escape) ++i;
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool kept = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                      (byte >= 'a' && byte <= 'z') || byte >= 0x80;
    if (kept && !escape) bare += text[i];
  }
  return fold_case(bare);
}

/// Whether two canonical commands may be one, of which a log may tell a part.
bool may_be_one(std::string_view a, std::string_view b) {
  constexpr std::size_t kLong = 200;
  if (a.size() < b.size()) std::swap(a, b);
  return a.find(b) != std::string_view::npos ||
         (b.size() >= kLong && a.substr(0, kLong) == b.substr(0, kLong));
}

/// The name in a path of WMI: `"CommandLineEventConsumer.Name=\"Evil\""`; a bare name is itself.
std::string name_in_path(std::string_view path) {
  const std::string_view whole = trim(path);
  const bool escaped = whole.size() >= 2 && whole.starts_with('"') && whole.ends_with('"');
  std::string text = unquoted(path);
  constexpr std::string_view kName = ".Name=";
  const std::size_t at = text.find(kName);
  if (at == std::string::npos) return text;
  std::string name;
  for (std::size_t i = at + kName.size(); i < text.size(); ++i) {
    if (escaped && text[i] == '\\' && i + 1 < text.size()) ++i;
    name += text[i];
  }
  return unquoted(name);
}

struct Consumer {
  std::string type, name;
  std::string command{};    ///< program or script
  std::string engine{};     ///< of a script
  std::string folder{};     ///< that the program works in
  bool is_program = false;  ///< it runs something
};

/// The consumer of PossibleCause, which holds the filter before it.
Consumer with_mof(Consumer consumer, std::string_view cause) {
  for (const MofInstance& one : parse_mof_instances(cause)) {
    if (equals_fold(one.class_name, "__EventFilter")) continue;
    std::string command;
    for (const char* name :
         {"ExecutablePath", "CommandLineTemplate", "ScriptFileName", "ScriptText"})
      if (const std::string_view value = one[name]; !value.empty())
        command += (command.empty() ? "" : " ") + one_line(value);
    if (command.empty()) continue;
    consumer.command = std::move(command);
    consumer.engine = one["ScriptingEngine"];
    consumer.folder = one["WorkingDirectory"];
  }
  consumer.is_program = !consumer.command.empty() || contains_fold(consumer.type, "CommandLine") ||
                        contains_fold(consumer.type, "ActiveScript");
  return consumer;
}

/// `ActiveScriptEventConsumer="KillProcess"`
Consumer consumer_of(std::string_view text, std::string_view cause) {
  const std::size_t equal = text.find('=');
  if (equal == std::string_view::npos) return with_mof({std::string{text}, {}}, cause);
  return with_mof({text_of(trim(text.substr(0, equal))), unquoted(text.substr(equal + 1))}, cause);
}

/// Windows' own consumer only writes into a log; one that runs something is another.
bool is_windows_own(const Consumer& consumer) {
  return !consumer.is_program && consumer.name == "SCM Event Log Consumer" &&
         (consumer.type == "NTEventLogEventConsumer" || consumer.type == "NT Event Log" ||
          consumer.type == "Event Log");
}

/// What Windows 7 and Server 2008 R2 were delivered with, to the letter: its script is not there.
bool is_left_test(const Consumer& consumer) {
  const bool folder = consumer.folder.empty() || consumer.folder == "C:\\tools\\kernrate";
  return consumer.name == "BVTConsumer" && consumer.command == "cscript KernCap.vbs" && folder;
}

bool is_telling_text(std::string_view text) {
  constexpr std::string_view kParts[] = {"powershell", "-enc",        "http://",    "https://",
                                         "wscript",    "mshta",       "rundll32",   "regsvr32",
                                         "\\Temp\\",   "\\AppData\\", "FromBase64", "cmd.exe"};
  return std::any_of(std::begin(kParts), std::end(kParts),
                     [&](std::string_view part) { return contains_fold(text, part); });
}

bool is_deletion(const Fact& fact) { return equals_fold(fact.values["Operation"], "Deleted"); }
bool is_recovered(const Fact& fact) { return fact.values["Place"] == "recovered"; }

/// Names in a recovered record may be damaged, which is said where no other record says the same.
void tell_with_place(RemoteAction& action, const Fact& fact, const std::string& sentence,
                     int weight) {
  const bool known = std::any_of(action.why.begin(), action.why.end(),
                                 [&](const Why& why) { return why.fact == sentence + "."; });
  const bool damaged = is_recovered(fact) && !known;
  action.tell(fact,
              sentence + (damaged ? ", by a record that was recovered, and may be damaged." : "."),
              weight, Family::content);
}

class Subscriptions {
 public:
  explicit Subscriptions(const FactBook& book) : book_{book} {}
  std::vector<RemoteAction> find() {
    // What is recovered adds to what is live and never replaces it; what was deleted was set up
    // before.
    for (const bool recovered : {false, true})
      for (const Fact& fact : book_.facts(FactKind::wmi)) {
        if (is_recovered(fact) != recovered || is_deletion(fact)) continue;
        if (fact.event_id == 5861) add_binding(fact);
        if (fact.event_id == 20) add_consumer(fact);
      }
    each(20, [&](const Fact& fact) {
      if (is_deletion(fact)) add_consumer(fact);
    });
    each(21, [&](const Fact& fact) { add_sysmon_binding(fact); });
    each(19, [&](const Fact& fact) { add_filter(fact); });
    std::vector<RemoteAction> found;
    for (const auto& [name, all] : by_name_)
      for (Subscription* one : all) found.push_back(std::move(one->action));
    return found;
  }

 private:
  /// One that was set up, or of which only the removal is told.
  struct Subscription {
    RemoteAction action{"", ""};
    std::string command{};  ///< canonical
    bool is_removal = false;
    std::set<std::string> filters{};  ///< that it was bound to, in one case
  };
  /// Those of one name that are told apart.
  static constexpr std::size_t kMaxOfName = 100;

  template <class Take>
  void each(std::uint32_t event_id, const Take& take) const {
    for (const Fact& fact : book_.facts(FactKind::wmi))
      if (fact.event_id == event_id) take(fact);
  }

  /// What the event is of: consumers of one name that run something else or are another account's
  /// are others. nullptr where there are too many.
  Subscription* subscription_of(const Consumer& consumer, const Fact& fact) {
    const std::string command = canonical(consumer.command);
    const bool removal = is_deletion(fact);
    Subscription* found = nullptr;
    auto rank = [&](const Subscription& one) {
      return std::tuple{!one.is_removal, one.command == command, one.action.first <= fact.time,
                        one.action.first};
    };
    for (Subscription* one : by_name_[fold_case(consumer.name)]) {
      if (one->is_removal != removal && (!removal || fact.time < one->action.first)) continue;
      const bool other = !removal && !one->action.account.empty() && !fact.values["User"].empty() &&
                         !lateral::same_account(one->action.account, fact.values["User"]);
      if (other || !may_be_one(one->command, command)) continue;
      if (found == nullptr || rank(*found) < rank(*one)) found = one;
    }
    if (found == nullptr) found = new_subscription(consumer.name, removal);
    if (found != nullptr && found->command.empty()) found->command = command;
    return found;
  }

  Subscription* new_subscription(const std::string& name, bool removal) {
    auto& others = by_name_[fold_case(name)];
    if (others.size() >= kMaxOfName || all_.size() >= kMaxActions) return nullptr;
    others.push_back(&all_.emplace_back());
    others.back()->is_removal = removal;
    RemoteAction& action = others.back()->action;
    action.rule = removal ? "wmi_subscription_removed" : "wmi_subscription";
    action.title = removal ? "A permanent subscription of WMI was removed"
                           : "A permanent subscription of WMI runs something when an event happens";
    action.name = name;
    action.attack = {"T1546.003"};
    if (removal) {
      action.benign = {"Whoever cleans up, and software that is updated or taken off, removes it."};
      action.missing = {
          "Who set it up and when: no event (Sysmon 20, WMI-Activity 5861) of that is told."};
    } else {
      action.benign = {"Software of manufacturers and management tools set up such subscriptions."};
      action.missing = {"Whether it is still set up: the repository of WMI (OBJECTS.DATA) tells."};
    }
    return others.back();
  }

  /// What both logs tell of a consumer: 45 points for one that runs something, 20 for one that did.
  static int weight_of(const Subscription& one, const Consumer& consumer) {
    if (!one.action.why.empty()) return 0;
    if (is_left_test(consumer)) return 5;
    if (one.is_removal) return consumer.is_program ? 20 : 10;
    return consumer.is_program ? 45 : 15;
  }
  static void tell_command(RemoteAction& action, const Fact& fact, const Consumer& consumer,
                           int telling) {
    if (consumer.command.empty()) return;
    const bool is_first = action.command.empty();
    if (is_first) action.command = consumer.command;
    const bool known = is_left_test(consumer);
    if (known)
      action.benign = {
          "Windows 7 and Server 2008 R2 were delivered with this one, left from a test; its "
          "script, "
          "KernCap.vbs in the folder C:\\tools\\kernrate, is not there. Look whether it is."};
    action.tell(fact,
                (is_deletion(fact) ? "It ran" : "It runs") +
                    (consumer.engine.empty() ? "" : " (" + consumer.engine + ")") + ": " +
                    consumer.command,
                is_first && !known && is_telling_text(consumer.command) ? telling : 0,
                Family::command_line);
  }

  void add_binding(const Fact& fact) {
    const std::string_view cause = fact.values["PossibleCause"];
    const Consumer consumer = consumer_of(fact.values["CONSUMER"], cause);
    if (is_windows_own(consumer)) return;
    Subscription* one = subscription_of(consumer, fact);
    if (one == nullptr) return;
    RemoteAction* action = &one->action;
    const bool first = action->why.empty();
    one->filters.insert(fold_case(name_in_path(fact.values["ESS"])));
    tell_with_place(*action, fact,
                    "The consumer " + consumer.name + " (" + consumer.type +
                        ") was bound to the filter " + text_of(fact.values["ESS"]) + at(fact.time),
                    weight_of(*one, consumer));
    tell_command(*action, fact, consumer, 30);
    if (cause.empty()) return;
    // What could not be read out of it may be the command.
    const bool telling =
        first && consumer.is_program && consumer.command.empty() && is_telling_text(cause);
    action->tell(fact, "The event holds the subscription: " + one_line(cause), telling ? 30 : 0,
                 Family::command_line);
  }

  void add_consumer(const Fact& fact) {
    Consumer consumer{text_of(fact.values["Type"]), unquoted(fact.values["Name"])};
    consumer.is_program =
        contains_fold(consumer.type, "Command") || contains_fold(consumer.type, "Script");
    if (is_windows_own(consumer)) return;
    consumer.command = one_line(unquoted(fact.values["Destination"]));
    Subscription* one = subscription_of(consumer, fact);
    if (one == nullptr) return;
    RemoteAction* action = &one->action;
    if (action->account.empty()) action->account = fact.values["User"];
    tell_with_place(*action, fact,
                    text_of(fact.values["User"]) + " - consumer " + consumer.name + " (" +
                        consumer.type + ") " + to_lower_ascii(fact.values["Operation"]) +
                        at(fact.time),
                    weight_of(*one, consumer));
    tell_command(*action, fact, consumer, one->is_removal ? 10 : 20);
  }

  /// The binding of a consumer that is told already.
  void add_sysmon_binding(const Fact& fact) {
    const auto known = by_name_.find(fold_case(name_in_path(fact.values["Consumer"])));
    if (known == by_name_.end() || known->second.empty()) return;
    // It is of the consumer that was there then.
    const FileTime until = lateral::later(fact.time, 10 * lateral::kMinute);
    auto rank = [&](const Subscription* one) {
      return std::tuple{!one->is_removal, one->action.first <= until, one->action.first};
    };
    Subscription* one = *std::max_element(
        known->second.begin(), known->second.end(),
        [&](const Subscription* a, const Subscription* b) { return rank(a) < rank(b); });
    one->filters.insert(fold_case(name_in_path(fact.values["Filter"])));
    const bool removed = is_deletion(fact);
    one->action.tell(fact,
                     (removed ? "It was unbound: " : "It was bound: ") +
                         text_of(fact.values["Consumer"]) + (removed ? " from " : " to ") +
                         text_of(fact.values["Filter"]) + at(fact.time) + ".",
                     0, Family::content);
  }

  /// The filter that a consumer was bound to; where no binding is told one of the same account and
  /// minutes, which may be another's.
  void add_filter(const Fact& fact) {
    const std::string name = unquoted(fact.values["Name"]);
    const std::string key = fold_case(name);
    for (Subscription& one : all_) {
      const bool bound = one.filters.contains(key);
      const bool perhaps = one.filters.empty() &&
                           lateral::same_account(one.action.account, fact.values["User"]) &&
                           lateral::apart(one.action.first, fact.time) <= 10 * lateral::kMinute;
      if (!bound && !perhaps) continue;
      one.action.tell(
          fact,
          (bound ? "The filter " : "Perhaps of it, by account and time alone: the filter ") + name +
              " was " + to_lower_ascii(fact.values["Operation"]) + at(fact.time) + ": " +
              unquoted(fact.values["Query"]),
          0, bound ? Family::content : Family::time);
    }
  }

  const FactBook& book_;
  std::deque<Subscription> all_;
  std::map<std::string, std::vector<Subscription*>> by_name_;
};

}  // namespace

std::vector<RemoteAction> find_wmi_subscriptions(const FactBook& book) {
  return Subscriptions{book}.find();
}

}  // namespace hozen
