// Permanent subscriptions of WMI, for remote_action.h: events 5861 of WMI-Activity and 19 to 21 of
// Sysmon.
#include <algorithm>
#include <map>

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
    // What is recovered adds to what is live and never replaces it.
    for (const bool recovered : {false, true})
      for (const Fact& fact : book_.facts(FactKind::wmi)) {
        if (is_recovered(fact) != recovered) continue;
        if (fact.event_id == 5861) add_binding(fact);
        if (fact.event_id == 20) add_consumer(fact);
      }
    for (const Fact& fact : book_.facts(FactKind::wmi))
      if (fact.event_id == 19 || fact.event_id == 21) add_rest(fact);
    std::vector<RemoteAction> found;
    found.reserve(actions_.size());
    for (auto& [name, action] : actions_) found.push_back(std::move(action));
    return found;
  }

 private:
  RemoteAction* action_of(const std::string& name) {
    const std::string key = fold_case(name);
    if (!actions_.contains(key) && actions_.size() >= kMaxActions) return nullptr;
    RemoteAction& action = actions_.try_emplace(key).first->second;
    if (!action.rule.empty()) return &action;
    action.rule = "wmi_subscription";
    action.title = "A permanent subscription of WMI runs something when an event happens";
    action.name = name;
    action.attack = {"T1546.003"};
    action.benign = {"Software of manufacturers and management tools set up such subscriptions."};
    action.missing = {"Whether it is still set up: the repository of WMI (OBJECTS.DATA) tells."};
    return &action;
  }

  /// What both logs tell of a consumer: 45 points for one that runs something.
  static int weight_of(const RemoteAction& action, const Consumer& consumer) {
    if (!action.why.empty()) return 0;
    if (is_left_test(consumer)) return 5;
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
                "It runs" + (consumer.engine.empty() ? "" : " (" + consumer.engine + ")") + ": " +
                    consumer.command,
                is_first && !known && is_telling_text(consumer.command) ? telling : 0,
                Family::command_line);
  }

  void add_binding(const Fact& fact) {
    const std::string_view cause = fact.values["PossibleCause"];
    const Consumer consumer = consumer_of(fact.values["CONSUMER"], cause);
    if (is_windows_own(consumer)) return;
    RemoteAction* action = action_of(consumer.name);
    if (action == nullptr) return;
    const bool first = action->why.empty();
    tell_with_place(*action, fact,
                    "The consumer " + consumer.name + " (" + consumer.type +
                        ") was bound to the filter " + text_of(fact.values["ESS"]) + at(fact.time),
                    weight_of(*action, consumer));
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
    RemoteAction* action = action_of(consumer.name);
    if (action == nullptr) return;
    if (action->account.empty()) action->account = fact.values["User"];
    tell_with_place(*action, fact,
                    text_of(fact.values["User"]) + " - consumer " + consumer.name + " (" +
                        consumer.type + ") " + to_lower_ascii(fact.values["Operation"]) +
                        at(fact.time),
                    weight_of(*action, consumer));
    tell_command(*action, fact, consumer, 20);
  }

  /// The filter and the binding of a consumer that is told already.
  void add_rest(const Fact& fact) {
    for (auto& [key, action] : actions_) {
      const bool binding =
          fact.event_id == 21 && contains_fold(fact.values["Consumer"], action.name);
      const bool filter =
          fact.event_id == 19 && lateral::apart(action.first, fact.time) <= 10 * lateral::kMinute;
      if (binding)
        action.tell(fact,
                    "It was bound: " + text_of(fact.values["Consumer"]) + " to " +
                        text_of(fact.values["Filter"]) + at(fact.time) + ".",
                    0, Family::content);
      else if (filter)
        action.tell(fact,
                    "The filter " + unquoted(fact.values["Name"]) + " was " +
                        to_lower_ascii(fact.values["Operation"]) + at(fact.time) + ": " +
                        unquoted(fact.values["Query"]),
                    0, Family::content);
    }
  }

  const FactBook& book_;
  std::map<std::string, RemoteAction> actions_;
};

}  // namespace

std::vector<RemoteAction> find_wmi_subscriptions(const FactBook& book) {
  return Subscriptions{book}.find();
}

}  // namespace hozen
