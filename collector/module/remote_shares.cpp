// Shares, remote control of services and the registry, commands against other hosts, and permanent
// subscriptions of WMI, for remote_action.h.
#include <algorithm>
#include <map>
#include <optional>

#include "collector/base/text.h"
#include "collector/module/lateral.h"
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

struct Consumer {
  std::string type, name;
};
/// `ActiveScriptEventConsumer="KillProcess"`
Consumer consumer_of(std::string_view text) {
  const std::size_t equal = text.find('=');
  if (equal == std::string_view::npos) return {std::string{text}, {}};
  return {text_of(trim(text.substr(0, equal))), unquoted(text.substr(equal + 1))};
}

/// The text of an event without its line ends.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (!space) line += c;
    if (space && !line.empty() && line.back() != ' ') line += ' ';
  }
  return line;
}

/// What Windows and its own test tool set up.
bool is_windows_own(const Consumer& consumer, std::string_view filter, std::string_view cause) {
  return (consumer.type == "NTEventLogEventConsumer" && consumer.name == "SCM Event Log Consumer" &&
          filter == "SCM Event Log Filter") ||
         (consumer.name == "BVTConsumer" && filter == "BVTFilter" &&
          contains_fold(cause, "KernCap.vbs"));
}

bool is_telling_text(std::string_view text) {
  constexpr std::string_view kParts[] = {"powershell", "-enc",        "http://",    "https://",
                                         "wscript",    "mshta",       "rundll32",   "regsvr32",
                                         "\\Temp\\",   "\\AppData\\", "FromBase64", "cmd.exe"};
  return std::any_of(std::begin(kParts), std::end(kParts),
                     [&](std::string_view part) { return contains_fold(text, part); });
}

class Subscriptions {
 public:
  explicit Subscriptions(const FactBook& book) : book_{book} {}
  std::vector<RemoteAction> find() {
    for (const Fact& fact : book_.facts(FactKind::wmi)) {
      if (fact.event_id == 5861) add_binding(fact);
      if (fact.event_id == 20) add_consumer(fact);
    }
    for (const Fact& fact : book_.facts(FactKind::wmi))
      if (fact.event_id == 19 || fact.event_id == 21) add_rest(fact);
    std::vector<RemoteAction> found;
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

  void add_binding(const Fact& fact) {
    const Consumer consumer = consumer_of(fact.values["CONSUMER"]);
    const std::string_view filter = fact.values["ESS"], cause = fact.values["PossibleCause"];
    if (is_windows_own(consumer, filter, cause)) return;
    RemoteAction* action = action_of(consumer.name);
    if (action == nullptr) return;
    const bool runs =
        contains_fold(consumer.type, "CommandLine") || contains_fold(consumer.type, "ActiveScript");
    const bool first = action->why.empty();
    action->command = one_line(cause);
    action->tell(fact,
                 "The consumer " + consumer.name + " (" + consumer.type +
                     ") was bound to the filter " + text_of(filter) + at(fact.time) + ".",
                 !first ? 0
                 : runs ? 45
                        : 15,
                 Family::content);
    if (first && runs)
      action->tell(fact, "The event holds the subscription: " + one_line(cause),
                   is_telling_text(cause) ? 30 : 0, Family::command_line);
  }

  void add_consumer(const Fact& fact) {
    const std::string name = unquoted(fact.values["Name"]);
    const std::string_view type = fact.values["Type"], runs = fact.values["Destination"];
    if (name == "SCM Event Log Consumer" || name == "BVTConsumer") return;
    RemoteAction* action = action_of(name);
    if (action == nullptr) return;
    const bool first = action->why.empty();
    const bool program = contains_fold(type, "Command") || contains_fold(type, "Script");
    action->account = fact.values["User"];
    action->command = unquoted(runs);
    action->tell(fact,
                 text_of(fact.values["User"]) + " - consumer " + name + " (" + text_of(type) +
                     ") " + to_lower_ascii(fact.values["Operation"]) + at(fact.time) +
                     ", which runs " + unquoted(runs) + ".",
                 !first    ? 0
                 : program ? 45
                           : 15,
                 Family::content);
    if (first && program && is_telling_text(runs))
      action->tell(fact,
                   "That is a shell, a script host, or comes from a folder that everybody may "
                   "write to.",
                   20, Family::command_line);
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

class Shares {
 public:
  explicit Shares(const FactBook& book) : book_{book} {}
  std::vector<RemoteAction> find() {
    for (const Fact& fact : book_.facts(FactKind::share)) {
      if (fact.event_id == 5145 && equals_fold(fact.subject, "svcctl")) pipe(fact, true);
      if (fact.event_id == 5145 && equals_fold(fact.subject, "winreg")) pipe(fact, false);
      if (fact.event_id == 5142) new_share(fact, fact.values["ShareName"]);
    }
    for (const Fact& fact : book_.facts(FactKind::registry)) registry(fact);
    for (const Fact& fact : book_.facts(FactKind::file)) startup(fact);
    for (const Fact& fact : book_.facts(FactKind::process)) command(fact);
    std::vector<RemoteAction> found;
    for (auto& [name, action] : actions_) found.push_back(std::move(action));
    return found;
  }

 private:
  RemoteAction* action_of(const std::string& key, std::string_view rule, std::string_view title) {
    if (!actions_.contains(key) && actions_.size() >= kMaxActions) return nullptr;
    RemoteAction& action = actions_.try_emplace(key).first->second;
    action.rule = rule;
    action.title = title;
    return &action;
  }

  /// Where a service was installed then, the use is told by the module psexec.
  void pipe(const Fact& fact, bool services) {
    const std::string who =
        lateral::account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]);
    if (lateral::is_local_address(fact.values["IpAddress"])) return;
    if (services && !book_
                         .between(FactKind::service, lateral::earlier(fact.time, lateral::kMinute),
                                  lateral::later(fact.time, lateral::kMinute))
                         .empty())
      return;
    RemoteAction* action = action_of(
        (services ? "svcctl " : "winreg ") + fold_case(who) + text_of(fact.values["IpAddress"]),
        services ? "service_control" : "remote_registry",
        services ? "Services of this host were controlled from another"
                 : "The registry of this host was opened from another");
    if (action == nullptr) return;
    action->name = services ? "svcctl" : "winreg";
    action->account = who;
    action->address = lateral::plain_address(fact.values["IpAddress"]);
    action->attack = {services ? "T1569.002" : "T1112", "T1021.002"};
    action->benign = {"Consoles of administrators, inventory and monitoring do that all day."};
    action->missing = {"What was done: services installed (System 7045) or changed, keys written."};
    action->tell(fact,
                 who + " opened the pipe " + action->name + " from " + action->address +
                     at(fact.time) + " with the rights " + text_of(fact.values["AccessMask"]) + ".",
                 action->why.empty() ? 20 : 0, Family::content);
  }

  void new_share(const Fact& fact, std::string_view share) {
    const std::string name{lateral::file_name(share)};
    if (name.empty() || equals_fold(name, "IPC$") || equals_fold(name, "ADMIN$")) return;
    const bool vbs = equals_fold(name, "WMI_SHARE");
    RemoteAction* action =
        action_of("share " + fold_case(name), "new_share", "A folder of this host was shared");
    if (action == nullptr) return;
    action->name = name;
    action->attack = {"T1021.002"};
    if (vbs) action->attack.emplace_back("T1047");
    action->benign = {"Administrators share folders."};
    const std::string by{fact.values["SubjectUserName"].empty() ? fact.values["Image"]
                                                                : fact.values["SubjectUserName"]};
    action->account = fact.values["SubjectUserName"];
    action->tell(fact,
                 "The share " + name + " was made" + at(fact.time) +
                     (by.empty() ? "" : " by " + by) +
                     (fact.values["ShareLocalPath"].empty()
                          ? "."
                          : " of " + text_of(fact.values["ShareLocalPath"]) + "."),
                 action->why.empty() ? 30 : 0, Family::content);
    if (vbs && action->why.size() == 1)
      action->tell(fact, "WMIEXEC.vbs makes a share of this name for what its commands print.", 50,
                   Family::name);
  }

  void registry(const Fact& fact) {
    constexpr std::string_view kKey = "\\LanmanServer\\Shares\\";
    if (fact.event_id != 13 || !contains_fold(fact.subject, kKey) ||
        contains_fold(fact.subject, "\\Shares\\Security\\"))
      return;
    new_share(fact, fact.subject);
  }

  /// The kernel writes files for other hosts (SMB) in its own name.
  void startup(const Fact& fact) {
    if (fact.event_id != 11 || !equals_fold(fact.values["Image"], "System") ||
        !contains_fold(fact.subject, "\\Programs\\Startup\\") ||
        ends_with_fold(fact.subject, "desktop.ini"))
      return;
    RemoteAction* action = action_of("startup " + fold_case(fact.subject), "startup_file",
                                     "Another host put a file into a Startup folder here");
    if (action == nullptr) return;
    action->name = fact.subject;
    action->attack = {"T1021.002", "T1547.001"};
    action->benign = {"Profiles that a server keeps are written so at logon."};
    action->tell(fact,
                 "The kernel wrote " + fact.subject + at(fact.time) +
                     ": that is how a file comes over a share.",
                 action->why.empty() ? 45 : 0, Family::location);
    for (const Fact& one :
         book_.between(FactKind::network, lateral::earlier(fact.time, lateral::kMinute),
                       lateral::later(fact.time, lateral::kMinute)))
      if (one.values["DestinationPort"] == "445" && equals_fold(one.values["Initiated"], "false") &&
          action->address.empty()) {
        action->address = one.values["SourceIp"];
        action->host = one.values["SourceHostname"];
        action->tell(one,
                     "A connection to port 445 came from " + action->address + " (" + action->host +
                         ")" + at(one.time) + ".",
                     15, Family::time);
      }
  }

  struct Command {
    std::string_view program, part, second;
    int weight;
    std::string_view technique;
  };

  /// What was run here to act on another host.
  void command(const Fact& fact) {
    constexpr Command kCommands[] = {
        {"wmic.exe", "/node:", "", 40, "T1047"},
        {"schtasks.exe", "/s ", "/create", 35, "T1053.005"},
        {"schtasks.exe", "/s ", "/run", 35, "T1053.005"},
        {"at.exe", " \\\\", "", 35, "T1053.002"},
        {"sc.exe", " \\\\", "", 30, "T1569.002"},
        {"winrs.exe", "-r:", "", 35, "T1021.006"},
        {"winrs.exe", "/r:", "", 35, "T1021.006"},
        {"powershell.exe", "Invoke-Command", "-ComputerName", 25, "T1021.006"},
        {"powershell.exe", "Enter-PSSession", "", 25, "T1021.006"},
        {"powershell.exe", "Invoke-WmiMethod", "-ComputerName", 35, "T1047"},
        {"reg.exe", " add \\\\", "", 30, "T1112"},
        {"reg.exe", " add \"\\\\", "", 30, "T1112"},
        {"net.exe", "use", "$", 20, "T1021.002"}};
    const std::string_view line = fact.values["CommandLine"];
    for (const Command& known : kCommands) {
      if (!equals_fold(lateral::file_name(fact.subject), known.program) ||
          !contains_fold(line, known.part) || !contains_fold(line, known.second) ||
          contains_fold(line, "/node:localhost") || contains_fold(line, "127.0.0.1"))
        continue;
      const std::string user{fact.values["User"].empty() ? fact.values["SubjectUserName"]
                                                         : fact.values["User"]};
      RemoteAction* action =
          action_of("used " + text_of(known.program) + fold_case(user), "used_from_here",
                    "A tool of Windows was used against another host");
      if (action == nullptr) return;
      action->name = known.program;
      action->account = user;
      if (action->command.empty()) action->command = line;
      action->attack = {text_of(known.technique)};
      action->benign = {"Administrators use it: is the account one of theirs?"};
      return action->tell(fact, user + " ran" + at(fact.time) + ": " + text_of(line),
                          action->why.empty() ? known.weight : 0, Family::command_line);
    }
  }

  const FactBook& book_;
  std::map<std::string, RemoteAction> actions_;
};

}  // namespace

std::vector<RemoteAction> find_wmi_subscriptions(const FactBook& book) {
  return Subscriptions{book}.find();
}
std::vector<RemoteAction> find_share_actions(const FactBook& book) { return Shares{book}.find(); }

}  // namespace hozen
